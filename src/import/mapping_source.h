/*
 * mapping_source.h: what a parameter is made of: rectangles of tensors and of
 * constants, side by side. First parts are cut out of one tensor; a source
 * takes them up, joins them and turns them over; at last it fills a parameter,
 * or some of its gates. Messages name neither file nor parameter.
 */
#ifndef IMPORT_MAPPING_SOURCE_H
#define IMPORT_MAPPING_SOURCE_H

#include "import/import.h"
#include "import/mapping_gates.h"

enum { MOST_PARTS = 64, LONGEST_HOW = 160 };

/* ---- A part of one tensor ------------------------------------------------ */

/* Element (i,j..) is number offset + i step[0] + j step[1].. of the tensor. */
typedef struct tensor_part {
    size_t from, offset;
    size_t rank, shape[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK];
    char how[LONGEST_HOW]; /* "range 0 to 12, row 1, " */
} tensor_part;

/* From begin to before end, each step-th, as Python's slices. */
typedef struct slice_range {
    size_t begin, end, step;
} slice_range;

/* All of a tensor, which must hold floats. */
elman_status part_take(const elman_import *import, size_t from,
                       tensor_part *part);

/* Some of its elements, counted as they lie in the file: a vector. */
elman_status part_range(tensor_part *part, const slice_range *range);

/* The same elements in another shape; only right after the two above. */
elman_status part_reshape(tensor_part *part, size_t rank, const size_t *shape);

/* One of its first axis, which is gone then. */
elman_status part_row(tensor_part *part, size_t row);

/* Some of an axis, which field calls "rows" or "cols". */
elman_status part_slice(tensor_part *part, size_t axis, const char *field,
                        const slice_range *range);

/* ---- A source ------------------------------------------------------------ */

typedef struct source_part {
    size_t row, column;   /* of the source, its first */
    size_t rows, columns; /* how many */
    size_t from;          /* tensor, or FROM_NOTHING: a constant */
    size_t offset, row_step, column_step;
    double scale, constant;
    char how[LONGEST_HOW];
} source_part;

/* A vector has one column; rank 0: a constant of any shape. */
typedef struct mapping_source {
    size_t rank, rows, columns;
    size_t count;
    source_part parts[MOST_PARTS];
    const char *gates; /* the letters it has, in its order; NULL: all, ours */
    bool turned;       /* for messages */
} mapping_source;

/* Takes up a part of rank 1 or 2. */
elman_status source_take(const tensor_part *part, mapping_source *source);

/* A constant, of rank 0 to 2. */
elman_status source_constant(double value, size_t rank, const size_t *shape,
                             mapping_source *source);

/* Puts next behind the rows of source, or its columns if axis is 1; a source
 * without parts becomes next. */
elman_status source_join(mapping_source *source, const mapping_source *next,
                         size_t axis);
elman_status source_transpose(mapping_source *source);
void source_scale(mapping_source *source, double scale);

/* Adds slices for target, a parameter of import's config, of whose gates
 * covered (ELMAN_MAX_GATES) says which have been filled. added: it is one of
 * several that are added up. */
elman_status source_fill(elman_import *import, const mapping_source *source,
                         const parameter *target, bool added, bool *covered);

#endif
