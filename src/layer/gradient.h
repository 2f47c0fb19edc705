/*
 * gradient.h: the sums over rows that make the gradients of weights. Each is a
 * tree (base/tree.h) whose leaves are blocks of sequences, so that passes of
 * any number of blocks, threads and machines add up to the same bits.
 *
 *   chain    from 0, CHAIN rows of a leaf, in gradient order, or what is left;
 *            ROW_CHAIN for what is summed row by row
 *   leaf     the chains of one block of sequences, one after the other; a pass
 *            closes it, or leaves it open for a pass that continues it
 *   levels   the sums of 1, 2, 4 ... leaves that have joined so far
 *   total    what the levels add up to: what optimizers and views read
 *
 * A state that sums one pass at a time keeps no levels: it sums slice by slice
 * of a weight, with room for the levels of one slice, straight into the total.
 */
#ifndef LAYER_GRADIENT_H
#define LAYER_GRADIENT_H

#include "base/tree.h"
#include "layer/pass.h"

/* The most floats of a weight that are summed at once, but for a single row:
 * what stays in the second cache. */
enum { GRADIENT_SLICE = 1 << 18 };

/* A weight (N,K) is summed in slices of some rows, so many side by side. */
typedef struct gradient_shape {
    size_t K, rows, across;
} gradient_shape;
gradient_shape gradient_shape_of(size_t N, size_t K);

/* The first column of slice i of those side by side, or K. */
size_t gradient_shape_column(const gradient_shape *shape, size_t i);

/* The sum that a leaf of a pass belongs to: one of the nodes, or else all
 * leaves of the pass, whose total is NULL where it joins those before it. */
gradient_node gradient_node_at(const pass *p, size_t leaf);

/* A slice of a gradient while one thread sums it. */
typedef struct gradient_slice {
    const pass *p;
    const gradient_sums *sums;
    size_t offset; /* of its first element */
    float *level;  /* level k is at level + k * stride */
    size_t stride;
    size_t row, level_row; /* of a matrix: floats from row to row of the weight,
                              and of levels */
} gradient_slice;

/* The slice that begins at offset; thread is less than the pass's threads. */
gradient_slice gradient_slice_at(const pass *p, size_t offset, size_t thread);

/* The same of some columns of a weight (.,K). */
gradient_slice gradient_slice_of(const pass *p, size_t offset, size_t K,
                                 size_t columns, size_t thread);

/* Where a leaf goes that the pass closes; joins has room for TREE_LEVELS.
 * Leaves must follow each other. */
leaf_sum gradient_leaf(const gradient_slice *slice, size_t leaf,
                       const float **joins);

/* The same for one leaf of a part of the pass, whose sum goes to sum. The part
 * has count leaves, and leaf counts from its own first one. All parts have the
 * same power of two of leaves; only the last may have fewer. */
leaf_sum gradient_sub_leaf(const gradient_slice *slice, size_t leaf,
                           size_t count, float *sum, const float **joins);

/* Where a copy of that sum goes that has an offset of its own: NULL if no one
 * will read it. */
float *gradient_leaf_copy(const gradient_slice *slice, size_t leaf,
                          size_t offset);

/* Finishes n sums of a leaf that are complete but for what closing adds. */
void gradient_close(const leaf_sum *leaf, size_t n);

/* Some rows of a leaf, which add to one chain: numbers begin to before end in
 * the pass's order. */
typedef struct chain_rows {
    size_t begin, end;
    bool first; /* the chain starts with them, from 0 */
    bool last;  /* it is whole with them */
} chain_rows;

/* Goes on from rows to those of the next chain of a leaf, for chains of some
 * length; false if there are none. It starts from gradient_chains. */
chain_rows gradient_chains(const pass *p, size_t leaf);
bool gradient_next_chain(const pass *p, size_t leaf, size_t length,
                         chain_rows *rows);

/* The n sums of an open leaf at an offset: of whole chains, and of the chain
 * that is not whole. end_chain adds the one to the other. */
typedef struct open_leaf {
    float *whole, *chain;
} open_leaf;
open_leaf gradient_open_leaf(const pass *p, size_t leaf, size_t offset);
void gradient_end_chain(const pass *p, const open_leaf *leaf, size_t n);

/* Sums n elements at offset: add adds rows [begin,end) of the pass's order to
 * sums (n), one by one. On the calling thread. */
typedef void gradient_add(const void *context, size_t begin, size_t end,
                          float *sums);
void gradient_run(const pass *p, size_t offset, size_t n, gradient_add *add,
                  const void *context);

/* Whether sequence b begins with this pass, so that the gradient at its initial
 * state is one of this pass: it has had no steps. One that has none in this
 * pass either is counted with the first chunk of time: where nothing of its
 * block has begun before, and once for an open leaf. */
bool gradient_begins(const pass *p, size_t b);

/* The same for what has no steps: add adds sequences [begin,end), at most a
 * block of them, which are one chain. */
void gradient_run_sequences(const pass *p, size_t offset, size_t n,
                            gradient_add *add, const void *context);

#endif
