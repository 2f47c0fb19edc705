/*
 * tree.h: the order in which long sums are taken. A leaf is the sum, from 0, of
 * the rows of one block of sequences: steps from the last to the first, in each
 * of them sequences ascending, as gradients go back. Leaves join as a binary
 * counter carries: leaf number n (from 0) takes up one level for each trailing
 * 1 of n and rests on the next.
 *
 *     leaf 0          level 0 = 0
 *     leaf 1          level 1 = 1 + 0
 *     leaf 2          level 0 = 2
 *     leaf 3          level 2 = (3 + 2) + (1 + 0)
 *
 * So rounding grows with the logarithm of the number of leaves, not with the
 * number (pairwise summation; Higham 1993, The accuracy of floating point
 * summation); no leaf waits for those before it, so any machine can begin with
 * its own; and the sum is the same in whatever passes the leaves come.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <stddef.h>
#include <stdint.h>

enum {
    TREE_BLOCK = 8,  /* sequences of a leaf where a config says 0 */
    TREE_LEVELS = 64 /* enough for as many leaves as can be counted */
};

/* One past the last sequence of the leaf that begins at sequence begin of B:
 * block sequences (0: TREE_BLOCK), or as many as are left. */
static inline size_t tree_leaf_end(size_t begin, size_t B, size_t block)
{
    if (block == 0) block = TREE_BLOCK;
    return B - begin > block ? begin + block : B;
}

/* How many levels leaf number count takes up, and so the level that it rests
 * on: the trailing ones of count. */
static inline size_t tree_carries(uint64_t count)
{
    size_t carries = 0;
    for (; count & 1; count >>= 1)
        carries++;
    return carries;
}

/* A sum of doubles; it starts as {0}. Level k holds the sum of 2^k leaves where
 * bit k of count is set, and nothing of use elsewhere. */
typedef struct double_tree {
    uint64_t count; /* leaves so far */
    double level[TREE_LEVELS];
} double_tree;

/* Joins a leaf. A leaf of -0 counts as +0, so that an empty leaf, a 0, changes
 * no sum that it joins. */
static inline void tree_add(double_tree *tree, double leaf)
{
    size_t carries = tree_carries(tree->count++);
    leaf += 0.0;
    for (size_t k = 0; k < carries; k++)
        leaf += tree->level[k];
    tree->level[carries] = leaf;
}

/* The sum of the leaves so far: what the levels hold, lowest first. 0 without
 * any. The tree stays as it is. */
static inline double tree_sum(const double_tree *tree)
{
    double sum = 0;
    const double *level = tree->level;
    for (uint64_t left = tree->count; left; left >>= 1, level++)
        if (left & 1) sum += *level;
    return sum;
}

#endif
