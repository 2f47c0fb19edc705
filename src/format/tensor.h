/*
 * tensor.h: a named array of numbers in a file of any format: what readers
 * return and importers take. Knows no model.
 */
#ifndef FORMAT_TENSOR_H
#define FORMAT_TENSOR_H

#include "base/status.h"

enum { TENSOR_MAX_RANK = 8 };

typedef enum element_type {
    ELEMENT_F32,
    ELEMENT_F64,
    ELEMENT_F16,
    ELEMENT_BF16,
    ELEMENT_I64,
    ELEMENT_I32,
    ELEMENT_I16,
    ELEMENT_I8,
    ELEMENT_U64,
    ELEMENT_U32,
    ELEMENT_U16,
    ELEMENT_U8,
    ELEMENT_BOOL,
    ELEMENT_TYPE_COUNT /* how many */
} element_type;

/* "F32" as safetensors writes it, "float32" for people, and the bytes of one
 * element. */
const char *element_code(element_type type);
const char *element_name(element_type type);
size_t element_bytes(element_type type);
bool element_is_float(element_type type);

typedef struct named_tensor {
    const char *name;
    element_type type;
    size_t rank;
    size_t shape[TENSOR_MAX_RANK];
    size_t count;     /* elements */
    const void *data; /* little-endian unless swapped. In a file that was read
                         it is not aligned: copy, do not cast */
    bool swapped;     /* big-endian */
    bool text;        /* the last axis are the characters of a text, zeros
                         behind it: U32 code points, or bytes */
    bool strided;     /* elements lie as stride says, else row-major */
    size_t stride[TENSOR_MAX_RANK]; /* elements between neighbours of an axis */
} named_tensor;

/* Sets count from rank and shape. False if the size in bytes of some type would
 * exceed a size, also of the other axes where one is of size 0: it would hide
 * them here, but not from those who multiply in another order. */
bool tensor_count_elements(named_tensor *tensor);

/* count elements from first on, in row-major order, as double: exact from
 * every type but 64-bit integers beyond 2^53. */
void tensor_doubles(const named_tensor *tensor, size_t first, size_t count,
                    double *values);

/* The same as 64-bit integers; floats are truncated towards zero, and a
 * value that does not fit becomes the nearest that does. */
void tensor_wholes(const named_tensor *tensor, size_t first, size_t count,
                   int64_t *values);

/* The same in their own type, row-major, little-endian and without gaps. */
void tensor_bytes(const named_tensor *tensor, size_t first, size_t count,
                  void *bytes);

/* All elements as float: exact from F16 and BF16, rounded from F64. Other
 * types are ELMAN_BAD_FORMAT. */
elman_status tensor_floats(const named_tensor *tensor, float *values);

/* Checks that a tensor has this type and shape; else ELMAN_BAD_FORMAT with a
 * sentence that names both. */
elman_status tensor_expect(const named_tensor *tensor, element_type type,
                           size_t rank, const size_t *shape);

/* A shape as "(3,4)"; truncated where it does not fit. */
void shape_print(size_t rank, const size_t *shape, size_t room, char *text);

#endif
