/*
 * kernel.h: arithmetic on arrays. Pointers and sizes: no errors, no
 * allocation, no idea of a network. kernel.def lists every kernel once with
 * its contract; each ISA fills one table from that list.
 *
 * Every ISA gives the same bits (docs/NUMERICS.md).
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum {
    LANES = 16, /* logical lanes of a sum, whatever the register's width */
    PANEL = 16, /* columns of a packed panel */
    NARROW = 16 /* products with fewer columns use lanes over k, not chains */
};

/* What an LSTM may have beyond Hochreiter and Gers. */
typedef struct lstm_variant {
    const float *peephole; /* (3,H) for i f o, or NULL */
    float clip;            /* bound on the sums into the gates, INFINITY none */
    bool coupled;          /* f = 1 - i */
} lstm_variant;

/* The numbers of one optimizer step, rounded to float once; which of them a
 * rule reads stands at the rule in kernel.def. */
typedef struct update {
    float scale;        /* gradient times this first: clipping, sign */
    float clip_value;   /* then bounded by this, INFINITY none */
    float weight_decay; /* then plus this times the weight */
    float decay;        /* the weight times this first, 1 none */
    float rate;
    float momentum;
    float damped; /* 1 - dampening; 1 on the first step */
    float beta1, beta2;
    float rest1, rest2; /* 1 - beta1, 1 - beta2, made in double: 1 - 0.999f is
                           off by 5e-5 */
    float root;         /* 1 / sqrt(1 - beta2^t); Keras: 1 */
    float alpha;
    float rest; /* 1 - alpha, made in double */
    float epsilon;
    bool nesterov, centered, keras;
} update;

typedef struct kernels {
    const char *isa;
#define K(result, name, arguments) result(*name) arguments;
#include "kernel/kernel.def"
#undef K
} kernels;

/* The table in use: the best this processor runs, or ELMAN_ISA's choice
 * (an unknown or impossible one is ignored). */
const kernels *kernels_here(void);

/* All tables this processor runs, slowest first, ended by NULL; without ref. */
const kernels *const *kernels_all(void);

/* What every kernel means, in plain double where it matters. Not bound to the
 * bits of the others. */
extern const kernels kernels_ref;

/* Makes every later kernels_here() return table; NULL goes back to the choice
 * by processor. For tests and the proof of equal bits. */
void kernels_use(const kernels *table);

/* ---- Packed weights ----------------------------------------------------- */

/* Floats of a packed (N,K) weight. */
size_t packed_size(size_t N, size_t K);

/* Packs w, element (n,k) at w[n * row + k * column], for product().
 *
 *   N >= NARROW   panels of PANEL columns: packed[n / PANEL][k][n % PANEL],
 *                 the last one filled up with 0
 *   N <  NARROW   rows over k, filled up with 0 to a multiple of LANES:
 *                 packed[n][k]
 */
void pack(size_t N, size_t K, const float *w, size_t row, size_t column,
          float *packed);

#endif
