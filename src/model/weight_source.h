/*
 * weight_source.h: weights taken from tensors of any names, shapes and orders.
 *
 * Whoever knows a source (an ONNX graph, a state dict, a mapping file) says of
 * each parameter which slices of which tensors it is the sum of, and here that
 * sum is made.
 */
#ifndef MODEL_WEIGHT_SOURCE_H
#define MODEL_WEIGHT_SOURCE_H

#include "format/tensor.h"
#include "model/model.h"

enum { SLICE_BLOCKS = 4 };

/* The from of a slice that no tensor gives: a constant, mostly zero. */
#define FROM_NOTHING SIZE_MAX

/* A slice of a source's tensor that fills a parameter, or is one of several
 * that are added up to it. The parameter is seen as (rows, columns), its last
 * axis the columns; a vector is one column. Its rows are blocks of equal size,
 * one per gate where it has gates. Element (r,c) of block j is, counting from's
 * elements row-major,
 *
 *   offset + (order[j] * block + r) * row_step + c * column_step
 *
 * and is added to what the slices before have put there. A slice may fill some
 * rows and columns alone, which are then counted from the first of them. One
 * from nothing adds its constant. */
typedef struct tensor_slice {
    char parameter[sizeof((parameter *)0)->name]; /* rnn.weight_ih_l0 */
    size_t from; /* index among the source's tensors, or FROM_NOTHING */
    size_t offset, row_step, column_step;
    size_t blocks;              /* 1 to SLICE_BLOCKS */
    size_t order[SLICE_BLOCKS]; /* of from's blocks */
    size_t to_row, to_rows;     /* those it fills; 0 rows: all */
    size_t to_column, to_columns;
    double scale;    /* 0 means 1 */
    double constant; /* of one from nothing */
    const char *how; /* for people: literal text, or the import's */
} tensor_slice;

typedef struct weight_source {
    size_t tensor_count;
    const named_tensor *tensors; /* (tensor_count) of the source */
    size_t slice_count, slice_room;
    tensor_slice *slices; /* (slice_count); free() it */
} weight_source;

elman_status weights_add(weight_source *source, const tensor_slice *slice);

/* Each parameter must have a slice, and each slice a parameter. */
elman_status weights_check(const weight_source *source,
                           const elman_model *model);

/* Rows [begin,end) of a parameter, a vector's are its elements: the sums of its
 * slices, which must stay inside their tensors. */
elman_status weights_read(const weight_source *source, const parameter *p,
                          size_t begin, size_t end, double *values);

/* Checks, and fills a model that has no late copies. */
elman_status weights_fill(const weight_source *source, elman_model *model);

/* Floats that a config may ask for before these tensors are looked for: a small
 * multiple of what they hold, so that a header cannot take more memory than
 * that, and a file that lacks a tensor still gets the sentence that names it.
 */
size_t weight_limit(const named_tensor *tensors, size_t count);

/* Makes room for one more in a list (a pointer to its pointer) of count, of
 * which room are there. */
elman_status list_grow(void *list, size_t count, size_t *room, size_t bytes);

#endif
