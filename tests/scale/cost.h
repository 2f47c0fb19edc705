/*
 * cost.h: how long computing takes in the simulation. A rank is a machine of
 * 16 cores that do 100 GFLOP/s each, where one thread moves 10 GB/s and all of
 * them 100 GB/s; a block is 8 sequences of 64 steps.
 */
#ifndef SCALE_COST_H
#define SCALE_COST_H

#include <stddef.h>

/* Before all others: how slow this machine is. */
void cost_open(void);

/* So long; a slow machine takes longer. */
void cost_seconds(double seconds);

/* How much of what this machine computes has passed since begin. */
double cost_passed(double begin);

/* Until so long has passed since begin, of which none may be left. */
void cost_until(double begin, double seconds);

/* Forward and backward of so many blocks, at 6 operations for each weight and
 * step of a sequence. */
double cost_of_pass(size_t n, size_t blocks);
void cost_pass(size_t n, size_t blocks);

/* y += a, on one thread; it is really added in a check. */
void cost_add(size_t n, const float *a, float *y);

/* The squares of a gradient, and a step of Adam with packing, on all threads.
 */
void cost_squares(size_t n);
void cost_update(size_t n);

#endif
