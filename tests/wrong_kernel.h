/*
 * wrong_kernel.h: kernels of training that are wrong by a little, for tests of
 * what has to notice it.
 */
#ifndef TESTS_WRONG_KERNEL_H
#define TESTS_WRONG_KERNEL_H

#include "kernel/kernel.h"

static const train_kernels *right_kernels;

/* Right, but for one number, by a thousandth. */
static inline void wrong_outer(const outer_product *o, size_t count,
                               const size_t *row, const leaf_sum *dw)
{
    right_kernels->outer(o, count, row, dw);
    dw[count - 1].to[0] *= 1.001f;
}

/* right, but for its outer product. One at a time. */
static inline train_kernels wrong_kernels(const train_kernels *right)
{
    right_kernels = right;
    train_kernels wrong = *right;
    wrong.outer = wrong_outer;
    return wrong;
}

#endif
