/*
 * cell_part.h: what a value is made of, as far as it may be a part of a cell
 * that is written out: products with weights, sums, functions of each number,
 * products of those. All of it is looked at feature by feature, so a slice of a
 * sum is the sum of slices.
 */
#ifndef TRACE_CELL_PART_H
#define TRACE_CELL_PART_H

#include "trace/cell_scope.h"

typedef enum part_kind {
    PART_LEAF,     /* a value that is not looked into */
    PART_NUMBERS,  /* a tensor: a bias, or one number */
    PART_PRODUCT,  /* a times a weight */
    PART_FUNCTION, /* of a */
    PART_TIMES,    /* a times b */
    PART_PLUS,     /* a plus b */
    PART_MINUS,    /* a minus b */
    PART_JOIN,     /* features of a, then of b */
    PART_CELL      /* an output of an RNN, GRU or LSTM of one step */
} part_kind;

struct cell_part {
    part_kind kind;
    const char *name;    /* of a leaf's value, a tensor, a weight */
    size_t first, count; /* features that are taken; count 0: all of them */
    size_t features;     /* all of a leaf; 0: unknown */
    size_t row, rows;    /* features of a that the weight's rows are for; rows
                            0: all */
    bool transposed;     /* the weight is (O,I), not (I,O) */
    bool one;            /* a tensor of one number: */
    double number;
    bool of_product; /* a tensor that is the bias of what it is added to */
    elman_activation function;
    const cell_part *a, *b;
    const onnx_node *node; /* of a cell, and */
    size_t output;
    size_t depth;     /* of parts in each other */
    size_t rank;      /* of the value; 0: unknown */
    const char *made; /* the first value that is this */
};

/* What a value is made of; NULL where there is no memory. */
const cell_part *part_of(cell_scope *s, const char *name);

/* A new one. */
const cell_part *part_add(cell_scope *s, const cell_part *part);

/* Features from first on of a part; NULL: they cannot be told. */
const cell_part *part_features(cell_scope *s, const cell_part *of, size_t first,
                               size_t count);

/* How many features it has; 0: unknown. */
size_t part_count(const cell_part *p);

/* The value that the products of a linear layer read; NULL: it is none. */
const char *part_linear(const cell_part *p);

/* Whether two parts are the same numbers. */
bool part_same(const cell_part *a, const cell_part *b);

#endif
