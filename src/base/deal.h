/*
 * deal.h: who has which part of a batch and of the weights, where several ranks
 * train one model. Each rank has a range of the leaves of a sum (base/tree.h)
 * and one slice of the weights; both follow from the numbers of leaves, weights
 * and ranks alone, so nobody has to ask.
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

/* The weights of one slice of n: whole blocks of so many, but for the end. */
stretch deal_slice(size_t n, size_t block, int size, int slice);

/* order[i] becomes the rank that owns slice i: ranks in the order of their
 * numbers read with the lowest bit first. So ranks that are near each other
 * have slices far apart, with as many of each other part of the ranks between:
 * halves of a sum, nearest rank first, end there. */
void deal_order(int size, int *order);

#endif
