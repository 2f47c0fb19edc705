/*
 * keras_cell.h: what Keras's layers with cells share.
 */
#ifndef IMPORT_KERAS_CELL_H
#define IMPORT_KERAS_CELL_H

#include "import/keras_parts.h"

/* A cell of Keras, and where our gates are among its. */
typedef struct keras_cell {
    const char *class_name, *cell_name, *cell_word;
    elman_kind kind;
    size_t gates;
    size_t order[SLICE_BLOCKS];
    const char *how, *how_bias; /* for people */
    size_t functions;           /* f, g, h: how many of them it has */
} keras_cell;

/* A cell's settings, and where its weights are. */
typedef struct keras_unit {
    const keras_cell *cell;
    const json_node *config;
    const char *under;             /* "/cell" */
    size_t kernel_turn, bias_turn; /* which of the layer's kernels is its */
    size_t direction;
} keras_unit;

/* The cell of a layer's class, or of a cell's class alone; NULL if none. */
const keras_cell *keras_find_cell(const char *name, bool alone);

/* Fills in one direction of a layer of ours. *reads are the features that it
 * reads, 0 while unknown. */
elman_status keras_add_unit(keras_model *k, const keras_layer *l,
                            const keras_unit *u, elman_layer *made,
                            size_t *reads);

/* Refuses a Bidirectional, with the line that saves one of its directions. */
elman_status keras_refuse_directions(const keras_layer *l, const char *what);

/* What flows must be steps. */
elman_status keras_expect_sequence(const keras_model *k, const keras_layer *l);

/* Behind the last cell: all steps, or where each direction ends. */
elman_status keras_end_layer(keras_model *k, const keras_layer *l,
                             bool sequences, bool reverse, bool both);

#endif
