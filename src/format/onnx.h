/*
 * onnx.h: an ONNX model file as a graph of named values. Knows what the file
 * contains, not what an operator means.
 *
 * Source: onnx.proto of github.com/onnx/onnx (IR version 3 to 14).
 */
#ifndef FORMAT_ONNX_H
#define FORMAT_ONNX_H

#include "format/file.h"
#include "format/tensor.h"

typedef enum onnx_kind {
    ONNX_FLOAT,
    ONNX_INT,
    ONNX_STRING,
    ONNX_TENSOR,
    ONNX_FLOATS,
    ONNX_INTS,
    ONNX_STRINGS,
    ONNX_GRAPH, /* of at most ONNX_DEPTH inside each other */
    ONNX_OTHER  /* a deeper graph, a sparse tensor, a type: not supported */
} onnx_kind;

enum { ONNX_DEPTH = 4 };
typedef struct onnx_graph onnx_graph;

typedef struct onnx_attribute {
    const char *name;
    onnx_kind kind;
    float f;
    int64_t i;
    const char *s; /* zero-terminated */
    named_tensor t;
    size_t count; /* elements of the list */
    const float *floats;
    const int64_t *ints;
    const char *const *strings;
    const onnx_graph *g; /* a graph in it, whose outputs may lack a type */
} onnx_attribute;

typedef struct onnx_node {
    const char *name; /* "" if it has none */
    const char *op, *domain;
    size_t input_count, output_count, attribute_count;
    const char *const *inputs; /* "" where one is left out */
    const char *const *outputs;
    const onnx_attribute *attributes;
} onnx_node;

/* One dimension: a size, or -1 with the name of one that is free ("" if it has
 * none). */
typedef struct onnx_dimension {
    int64_t size;
    const char *symbol;
} onnx_dimension;

/* An input or output of the graph. */
typedef struct onnx_value {
    const char *name;
    element_type type;
    bool shaped; /* the file gives rank and dimensions */
    size_t rank;
    onnx_dimension dimensions[TENSOR_MAX_RANK];
} onnx_value;

struct onnx_graph {
    const char *name, *producer, *producer_version; /* the last may be NULL */
    int64_t ir_version, opset;                      /* opset of the domain "" */
    size_t node_count, initializer_count, input_count, output_count;
    const onnx_node *nodes;           /* (node_count) as in the file */
    const named_tensor *initializers; /* (initializer_count) */
    const onnx_value *inputs, *outputs;
    void *block; /* owner of everything above, if it was read */
};

/* Reads a model and checks what can be checked without knowing operators: every
 * size in 64 bits against the bytes of the file before anything is
 * allocated, element types that exist, names that are UTF-8 without zero bytes,
 * no initializer or node output of the same name twice. Memory stays within a
 * small multiple of the file. External data is read from files in the model's
 * own folder or below it, never through a link or "..". Messages name the file,
 * and the node or tensor. A source in memory has no folder. */
elman_status onnx_open(const byte_source *source, onnx_graph **graph);

/* The same from memory: bytes, malloc'ed, are freed by close or by the
 * failure. folder is where external data may lie, NULL: nowhere. */
elman_status onnx_parse(char *bytes, size_t size, const char *folder,
                        onnx_graph **graph);
void onnx_close(onnx_graph *graph);

/* What a file says of a value between its nodes; without shape if it says
 * nothing. Texts of it live as long as the graph. */
elman_status onnx_value_known(const onnx_graph *graph, const char *name,
                              onnx_value *value);

/* The element type that a number in the file means, or a failure that says
 * which type is not read. */
elman_status onnx_type_read(int32_t number, element_type *type);

/* The attribute of that name, or NULL. */
const onnx_attribute *onnx_find(const onnx_node *node, const char *name);

/* Replaces path by a model of graph (block is not used). Atomic: see
 * file.h. The bytes depend on nothing else. */
elman_status onnx_save(const onnx_graph *graph, const char *path);

#endif
