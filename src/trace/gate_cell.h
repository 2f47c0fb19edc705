/*
 * gate_cell.h: the parts of a step of an LSTM or a GRU that is written out, and
 * how they make a cell.
 */
#ifndef TRACE_GATE_CELL_H
#define TRACE_GATE_CELL_H

#include "trace/unrolled_step.h"

typedef enum gate_op {
    GATE_VIEW,     /* a view: of a step of the input, or a state */
    GATE_PRODUCT,  /* a times a weight, perhaps with a bias */
    GATE_FUNCTION, /* of a */
    GATE_TIMES,    /* a times b */
    GATE_PLUS,     /* a plus b */
    GATE_MINUS,    /* a minus b */
    GATE_REST      /* 1 minus a */
} gate_op;

struct gate_node {
    gate_op op;
    const gate_node *a, *b;
    const view *of;      /* VIEW, all features; */
    size_t first, count; /* those that are taken, of it or of a product */
    strides weight;      /* PRODUCT, (I,O), or (O,I) if transposed */
    bool transposed, biased;
    strides bias;
    elman_activation function;
};

/* What a cell is made of. */
struct gate_cell {
    elman_kind kind;
    size_t H, gate_count;
    size_t first[SLICE_BLOCKS]; /* column of each of our gates, as a block */
    elman_activation functions[3];
    const gate_node *x;           /* the step of the input */
    const gate_node *products[2]; /* of the state; reset before: of the gates,
                                    and of what the reset gate leaves */
    const gate_node *h, *c;       /* states before; c NULL: none */
    const gate_node *cell;        /* the new c */
    bool reset_before;
};

/* Whether node is what a cell gives; fills cell. */
bool gate_match(const gate_node *node, gate_cell *cell);

#endif
