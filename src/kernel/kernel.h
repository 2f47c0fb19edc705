/*
 * kernel.h: arithmetic on arrays. Kernels see pointers and sizes: they report
 * no errors, allocate nothing and know no network. kernel.def lists every
 * kernel once with its contract; each ISA fills one table from that list.
 *
 * Every ISA gives the same bits (docs/NUMERICS.md).
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/exact.h"
#include "elman.h"

enum {
    LANES = 16,  /* logical lanes of a sum, whatever the register's width */
    PANEL = 16,  /* columns of a packed panel */
    NARROW = 16, /* a product of fewer columns and at least as many k is narrow:
                    it has more than one sum for each output */
    NARROW_SUMS = 4,   /* so many, one for each k mod NARROW_SUMS */
    CHAIN = 128,       /* terms of a chain; a longer sum of products is a sum of
                          chains, each from 0 */
    ROW_CHAIN = 16,    /* the same of what is summed row by row */
    GROUP_PANELS = 4,  /* panels side by side in packed weights, at most */
    OUTER_WIDTH = 256, /* columns of a gradient that are summed together */
    OUTER_SUMS = 16,   /* sums of outer products in a call, at most */
    STREAM_UNITS = CHAIN /* of a cell whose steps of one sequence have a kernel
                            of their own, which makes its sums in one chain */
};

/* Weights (gates H,K) in the order that pack() gives them. */
typedef struct packed {
    size_t gates, H, K;
    const float *w;
} packed;

/* Weights of at most so many bytes, read once or twice from one end to the
 * other, are fetched ahead by the processor itself, and a product leaves it to
 * that. 0 where it does not do it well enough. It decides no bit. */
extern atomic_size_t product_unaided;

/* Passed as the start of a product: every sum starts from 0. */
extern const float zeros[PANEL];

/* Variants of the LSTM of Hochreiter, Schmidhuber and Gers. */
typedef struct lstm_variant {
    const float *peephole; /* (3,H) for i f o, or NULL */
    float clip;            /* bound on the sums; INFINITY: none */
    bool coupled;          /* f = 1 - i */
} lstm_variant;

/* One step of a cell, for M rows (sequences) and H units. The sums into the
 * gates start from start (G) or, if that is NULL, from the contents of gate;
 * then ih times x is added, unless x is NULL, then hh times h_in. Each array
 * holds one row pointer per row. G is gates H. */
typedef struct fused_step {
    size_t M, H;
    const float *start;
    packed ih, hh;
    const float *const *x, *const *h_in;
    const float *const *h_prev, *const *c_prev; /* (H) */
    float *const *gate;                         /* (G) */
    float *const *q;                            /* (H) GRU: receives q */
    float *const *c, *const *h;                 /* (H) */
    const float *bias_hn;                       /* (H) GRU: q starts here */
    lstm_variant variant;                       /* clip is used by every cell */
    bool relu; /* Elman: relu instead of tanh */
} fused_step;

/* A cell of few units, for steps of one sequence at a time. G is gates H. */
typedef struct stream_cell {
    size_t H;
    packed ih, hh;        /* by gates, whatever H is; neither is narrow */
    const float *bias_hn; /* (H) GRU: q starts here */
    const float *hushed;  /* (1) inputs below it change no sum of a start */
    lstm_variant variant; /* clip is used by every cell */
    bool relu;            /* Elman: relu instead of tanh */
    bool plain;           /* there is no variant and no clip */
    float *gate, *q;      /* (G) (H) room; what is left there means nothing */
} stream_cell;

/* T steps of one sequence: arrays of step t are t times their step behind
 * those of the first. */
typedef struct stream_run {
    size_t T; /* at least 1 */
    size_t x_step, start_step, h_step, c_step;
    const float *x;     /* (I) or NULL: start has its part */
    const float *start; /* (G) what the sums begin with */
    float *h, *c;       /* (R) (H) memory, replaced */
    float *h_all;       /* (H) receives h of every step */
    float *c_all;       /* (H) and c */
    bool keeps_h;       /* h is not replaced: what h_all receives is something
                           else that the caller makes it of. T is 1 */
} stream_run;

/* The numbers of one optimizer step, rounded to float once. kernel.def says
 * which of them a rule reads. */
typedef struct update {
    float scale;        /* of the gradient: clipping by norm, sign */
    float clip_value;   /* bound on the scaled gradient; INFINITY: none */
    float weight_decay; /* times the weight, added to the gradient */
    float decay;        /* factor of the weight; 1: none */
    float rate;
    float momentum;
    float damped; /* 1 - dampening; 1 on the first step */
    float beta1, beta2;
    float rest1, rest2; /* 1 - beta1, 1 - beta2, computed in double, as
                           1 - 0.999f is off by 5e-5 */
    float root;         /* 1 / sqrt(1 - beta2^t); Keras: 1 */
    float alpha;
    float rest; /* 1 - alpha, computed in double */
    float epsilon;
    bool nesterov, centered, keras;
} update;

/* Where a sum over rows goes: a leaf of a gradient, or a part of one. */
typedef struct leaf_sum {
    float *to;   /* receives the sum */
    bool fresh;  /* its first chain starts from 0, not from what to holds */
    bool closed; /* it is complete: 0 is added, so that no -0 is left, and
                    then joins in order */
    size_t join_count;         /* 0 unless closed */
    const float *const *joins; /* never overlap to */
    size_t row, join_row;      /* of a matrix: floats from row to row of to, and
                                  of joins */
} leaf_sum;

/* A part of outer products: columns [begin,end) of da, which are rows of the
 * matrix that is summed, and its columns [left,right), which are those of x. */
typedef struct outer_product {
    const float *const *da, *const *x;
    size_t begin, end, left, right;
} outer_product;

/* The kernels of an ISA: what forward passes need. */
typedef struct kernels {
    const char *isa;
#define K(result, name, arguments) result(*name) arguments;
#define K_TRAIN(result, name, arguments)
#include "kernel/kernel.def"
#undef K
#undef K_TRAIN
} kernels;

/* Those that training and measuring add. */
typedef struct train_kernels {
#define K(result, name, arguments)
#define K_TRAIN(result, name, arguments) result(*name) arguments;
#include "kernel/kernel.def"
#undef K
#undef K_TRAIN
} train_kernels;

/* The table in use: the fastest that this processor runs, or the one named by
 * ELMAN_ISA (ignored if unknown or not available here). NULL if it runs none of
 * those that were built; no model can be made then. */
const kernels *kernels_here(void);

/* What a call says where that is so. */
#define KERNELS_ABSENT                                                         \
    "this processor has none of the instruction sets that this elman is "      \
    "built for; build it with one that it has (ELMAN_ISAS)"

/* What training adds to that table. */
const train_kernels *kernels_train(const kernels *k);

/* All tables that this processor runs, slowest first, ended by NULL; ref is not
 * among them. */
const kernels *const *kernels_all(void);

/* The definition of every kernel, in plain double where it matters. Its bits
 * may differ from those of the others. */
extern const kernels kernels_ref;
extern const train_kernels train_kernels_ref;

/* Makes every later kernels_here() return table; NULL returns to the default.
 * For tests and the proof of equal bits. */
void kernels_use(const kernels *table);

/* The same for kernels_train(), whatever its table. For tests. */
void kernels_train_use(const train_kernels *table);

/* ---- Packed weights ----------------------------------------------------- */

/* Blocks of PANEL units that one group of panels holds of each gate. */
inline size_t packed_blocks(size_t gates)
{
    return gates == 1 ? GROUP_PANELS : gates == 2 ? GROUP_PANELS / 2 : 1;
}

inline bool packed_is_narrow(const packed *w)
{
    return w->gates * w->H < NARROW && w->K >= NARROW;
}

/* Whether a narrow weight is packed for lanes over columns and k. */
inline bool packed_in_blocks(const packed *w)
{
    return packed_is_narrow(w) && w->gates * w->H <= NARROW_SUMS;
}

/* Groups of panels of a packed weight; a narrow one is one group. */
inline size_t packed_groups(const packed *w)
{
    if (packed_is_narrow(w)) return 1;
    const size_t units = packed_blocks(w->gates) * PANEL;
    return (w->H + units - 1) / units;
}

/* Floats of a packed weight of gates blocks, H rows each; gates is at most
 * GROUP_PANELS. */
size_t packed_size(size_t gates, size_t H, size_t K);

/* Packs w for product() and the steps of cells; element (n,k), n < gates H, is
 * w[n * row + k * column].
 *
 *   not narrow   groups of panels; a panel is PANEL columns of one gate, and
 *                the gates of the same units are side by side; with fewer gates
 *                a group has more units:
 *                4 gates  packed[unit / 16][k][gate][unit % 16]
 *                1 gate   packed[n / 64][k][n % 64]
 *                The last panel of a gate is filled up with 0, the last group
 *                has only the panels it needs.
 *   narrow       as if it were one gate: packed[k][n], n filled up with 0
 *   in blocks    packed[k / 4][n][k % 4], n and k filled up with 0 to 4 */
void pack(size_t gates, size_t H, size_t K, const float *w, size_t row,
          size_t column, float *to);

/* The same for the groups [begin,end) only. Groups do not depend on each other;
 * a narrow weight is one group. */
void pack_groups(const packed *shape, const float *w, size_t row, size_t column,
                 size_t begin, size_t end, float *to);

/* Rows that are packed together: at most PANEL of one gate, whole and next to
 * each other. Parts are counted in the order of the rows, so one after another
 * they take a weight (gates H,K) as it stands in a file, and give it back. */
typedef struct packed_rows {
    size_t first, count;
} packed_rows;

size_t packed_parts(const packed *shape);
packed_rows packed_part(const packed *shape, size_t part);

/* Packs the rows (count,K) of a part into to, takes them out again, and tells
 * whether they are the same to the bit. Packing only moves numbers, so what
 * comes out is what went in. */
void pack_part(const packed *shape, size_t part, const float *rows, float *to);
void unpack_part(const packed *w, size_t part, float *rows);
bool packed_part_is(const packed *w, size_t part, const float *rows);

/* The same of all parts, whose rows (gates H,K) follow each other: faster, for
 * it reads what is packed from one end to the other. */
bool packed_is(const packed *w, const float *rows);

/* Packs what is packed in another shape, of as many rows and columns. */
void pack_again(const packed *from, const packed *shape, float *to);

/* Takes out count numbers of row n, from k on. */
void unpack_row(const packed *w, size_t n, size_t k, size_t count, float *to);

#endif
