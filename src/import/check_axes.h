/*
 * check_axes.h: arrays as other frameworks have them, whose axes of size one
 * are more or fewer than those that a model takes and gives.
 */
#ifndef IMPORT_CHECK_AXES_H
#define IMPORT_CHECK_AXES_H

#include "format/tensor.h"

/* The shape that x is read in, of rank axes + 1 or axes: axes is 2 where a step
 * has I numbers, 1 for tokens. An axis of one may be missing behind steps of
 * one number, and others too many if it does not matter which go. The rank that
 * is returned is not one of the two where nothing fits. */
size_t axes_of_input(const named_tensor *x, size_t axes, size_t I,
                     size_t *shape);

/* True if y has that shape but for axes of size one: its numbers are the same,
 * in the same order. */
bool axes_alike(const named_tensor *y, const size_t *shape, size_t rank);

#endif
