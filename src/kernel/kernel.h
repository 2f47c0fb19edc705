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

#include "elman.h"

enum {
    LANES = 16,  /* logical lanes of a sum, whatever the register's width */
    PANEL = 16,  /* columns of a packed panel */
    NARROW = 16, /* products with fewer columns use lanes over k, not chains */
    GROUP_PANELS = 4 /* panels side by side in packed weights, at most */
};

/* Packed weights (gates H,K): what pack() made of them. */
typedef struct packed {
    size_t gates, H, K;
    const float *w;
} packed;

/* As the start of a product: every sum from 0. */
extern const float zeros[PANEL];

/* What an LSTM may have beyond Hochreiter and Gers. */
typedef struct lstm_variant {
    const float *peephole; /* (3,H) for i f o, or NULL */
    float clip;            /* bound on the sums into the gates, INFINITY none */
    bool coupled;          /* f = 1 - i */
} lstm_variant;

/* One step of a cell for M rows (sequences), H units. Its sums: from start (G)
 * or, if that is NULL, from what stands in gate; then ih times x, unless x is
 * NULL; then hh times h_in. Each array holds one row pointer per row. G is
 * gates H. */
typedef struct fused_step {
    size_t M, H;
    const float *start;
    packed ih, hh;
    const float *const *x, *const *h_in;
    const float *const *h_prev, *const *c_prev; /* (H) */
    float *const *gate;                         /* (G) */
    float *const *side;                         /* (H) GRU: q */
    float *const *c, *const *h;                 /* (H) */
    const float *bias_hn;                       /* (H) GRU: q starts there */
    lstm_variant variant;                       /* its clip is every cell's */
    bool relu;                                  /* Elman: not tanh */
} fused_step;

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

/* Blocks of PANEL units that a group of panels holds of each gate. */
inline size_t packed_blocks(size_t gates)
{
    return gates == 1 ? GROUP_PANELS : gates == 2 ? GROUP_PANELS / 2 : 1;
}

/* Groups of a packed weight; a narrow one is one group. */
inline size_t packed_groups(const packed *w)
{
    if (w->gates * w->H < NARROW) return 1;
    const size_t units = packed_blocks(w->gates) * PANEL;
    return (w->H + units - 1) / units;
}

/* Floats of a packed weight of gates blocks of H rows each, at most
 * GROUP_PANELS of them. */
size_t packed_size(size_t gates, size_t H, size_t K);

/* Packs w, element (n,k) at w[n * row + k * column], n below gates H, for
 * product() and the steps of cells.
 *
 *   gates H >= NARROW   groups of panels, each PANEL columns of one gate, the
 *                       gates of the same units side by side; with fewer gates
 *                       more units:
 *                       4 gates  packed[unit / 16][k][gate][unit % 16]
 *                       1 gate   packed[n / 64][k][n % 64]
 *                       the last panel of a gate is filled up with 0, the last
 *                       group has only the panels it needs
 *   gates H <  NARROW   rows over k, filled up with 0 to a multiple of LANES:
 *                       packed[n][k] */
void pack(size_t gates, size_t H, size_t K, const float *w, size_t row,
          size_t column, float *to);

/* The same for groups first to last - 1 alone, which need not know of each
 * other; a narrow weight is one group. */
void pack_groups(const packed *shape, const float *w, size_t row, size_t column,
                 size_t first, size_t last, float *to);

#endif
