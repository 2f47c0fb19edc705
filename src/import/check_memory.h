/* check_memory.h: what a pass begins with and what it leaves, compared with
 * another's. */
#ifndef IMPORT_CHECK_MEMORY_H
#define IMPORT_CHECK_MEMORY_H

#include "model/model.h"

/* The distance in units of the tolerance (rtol 1e-4, atol 1e-5). An infinity
 * must be met exactly, and a NaN is far from everything, even from a NaN, since
 * it would prove nothing. */
double check_distance(double got, double want);

/* Where what is left is farthest from what it should be. */
typedef struct memory_worst {
    double far;         /* 0 if nothing was compared */
    const layer *layer; /* of the model */
    bool cell;          /* c, else h */
    size_t direction, b, unit;
    double got, want;
} memory_worst;

/* The memory of from, NULL for none, becomes that of to. */
void memory_begin(const elman_state *from, elman_state *to);

/* What state remembers of each level against end, NULL for nothing; numbers of
 * end that are NaN are passed over. */
memory_worst memory_compare(const elman_state *end, const elman_state *state);

/* A sentence of it, how behind the number. */
void memory_describe(const elman_state *end, const memory_worst *worst,
                     const char *how, size_t room, char *text);

#endif
