/*
 * tree_reference.h: the tree of base/tree.h, written down another way: from its
 * root, not leaf by leaf.
 */
#ifndef TESTS_TREE_REFERENCE_H
#define TESTS_TREE_REFERENCE_H

#include <stddef.h>

/* The sum of leaves first to first + 2^level - 1: of its two halves. */
static inline double half_by_half(const double *leaf, size_t first,
                                  size_t level)
{
    if (level == 0) return leaf[first];
    size_t half = (size_t)1 << (level - 1);
    return half_by_half(leaf, first + half, level - 1) +
           half_by_half(leaf, first, level - 1);
}

/* The sum of n leaves: the largest powers of two first, the last of them added
 * to the one before, and so on. */
static inline double reference_tree(const double *leaf, size_t n)
{
    double part[16], sum = 0;
    size_t parts = 0, first = 0;
    for (size_t k = 16; k-- > 0;)
        if (n >> k & 1) {
            part[parts++] = half_by_half(leaf, first, k);
            first += (size_t)1 << k;
        }
    while (parts-- > 0)
        sum += part[parts];
    return sum;
}

#endif
