/*
 * deal.h: who has which part of a batch and of the weights, where several ranks
 * train one model. Each rank has a range of the leaves of a sum (base/tree.h)
 * and one slice of the weights; both follow from the numbers of leaves,
 * weights, parts and ranks alone, so nobody has to ask.
 */
#ifndef BASE_DEAL_H
#define BASE_DEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/tree.h"

/* From begin to before end. */
typedef struct stretch {
    size_t begin, end;
} stretch;

/* Leaves that join before any other joins them: a node of the tree. Its number
 * of leaves is a power of two, and begin a multiple of it; but the last node of
 * a sum has all leaves that are left, and its sum is theirs, the levels added
 * up lowest first. */
typedef struct tree_node {
    size_t begin, leaves;
} tree_node;

/* A rank's leaves come to at most so many nodes. */
enum { DEAL_NODES = 3 };

/* How many consecutive leaves stay together when so many are dealt to size
 * ranks: a power of two, the least with which no rank has more than DEAL_NODES
 * nodes. */
size_t deal_unit(size_t leaves, int size);

/* The leaves of a rank; unit is deal_unit's. They follow those of the rank
 * before it, and may be none. */
stretch deal_leaves(size_t leaves, size_t unit, int size, int rank);

/* The sequences of a rank, of B in leaves of block sequences. */
stretch deal_sequences(size_t B, size_t block, int size, int rank);

/* The most sequences that it has of any batch of at most B. */
size_t deal_most_sequences(size_t B, size_t block, int size, int rank);

/* How many leaves B sequences are. */
size_t deal_leaf_count(size_t B, size_t block);

/* The nodes of a rank's leaves, of so many in all, ascending, and how many
 * there are. */
size_t deal_nodes(stretch own, size_t leaves, tree_node nodes[DEAL_NODES]);

/* A gradient is summed in so many parts at most. */
enum { DEAL_PARTS = 9 };

/* What one rank owns: a stretch of each part of the weights, ascending, none of
 * them empty. Each begins at a multiple of the block. */
typedef struct weight_slice {
    size_t count;
    stretch of[DEAL_PARTS];
} weight_slice;

/* The slice of whoever owns all n; how many weights a slice has; and its values
 * (so many) out of those of all, or back to where they are among them. */
weight_slice slice_of_all(size_t n);
size_t slice_size(const weight_slice *slice);
void slice_take(const weight_slice *slice, const float *all, float *own);
void slice_put(const weight_slice *slice, const float *own, float *all);

/* Where the slices of a part of the weights begin, and where the last one ends:
 * cuts (size + 1). Each is whole blocks of so many, but for the end; those that
 * have a block more are other ones in each part, so that in all slices are as
 * long. */
void deal_part(stretch weights, size_t block, int size, size_t part,
               size_t *cuts);

/* order[i] becomes the rank that owns slice i: ranks in the order of their
 * numbers read with the lowest bit first. So ranks that are near each other
 * have slices far apart, with as many of each other part of the ranks between:
 * halves of a sum, nearest rank first, end there. */
void deal_order(int size, int *order);

#endif
