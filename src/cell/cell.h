/*
 * cell.h: one step. A cell takes the sums that the input gave its gates and
 * the memory of the step before, and gives the memory after; and the same
 * backward. Sequences, directions and masks are the layer's business.
 *
 * A step works on M rows (sequences) at once; each array below holds one row
 * pointer per row. M is at most CELL_ROWS.
 */
#ifndef CELL_CELL_H
#define CELL_CELL_H

#include "base/status.h"
#include "elman.h"
#include "kernel/kernel.h"

enum { CELL_ROWS = 64, CELL_PARTS = 2 };

/* The weights of one direction of one level, packed for product(). */
typedef struct cell_weights {
    size_t H, R;           /* hidden_size; width of h: proj_size or H */
    bool custom;           /* f is the config's, not all the cell's own */
    elman_activation f[3]; /* f g h, as the config's field says */
    float clip;            /* INFINITY if none */
    lstm_variant variant;
    const float *recurrent;     /* (G) weight_hh of a VECTOR, else NULL */
    bool fused;                 /* hh[0] is all of weight_hh */
    packed ih;                  /* weight_ih, as a fused step reads it */
    packed hh[CELL_PARTS];      /* else weight_hh by parts: (N,R) */
    packed hh_back[CELL_PARTS]; /* by parts, transposed: (R,N) */
    packed hr, hr_back;         /* weight_hr (R,H) and transposed; w NULL */
    const float *start;         /* (G) what each sum starts from: the biases */
    const float *bias_hn;       /* (H) GRU, reset after; zeros without bias */
} cell_weights;

/* Sequences at one step; forward writes gate, saved, c and h. */
typedef struct cell_rows {
    size_t M;
    int threads;  /* that may share a product, each with its own units */
    bool has_x;   /* fused: the sums are made from x, not in gate */
    bool has_sum; /* there is room for sums */
    const float *x[CELL_ROWS];      /* (I) */
    const float *h_prev[CELL_ROWS]; /* (R) */
    const float *h_in[CELL_ROWS];   /* (R) what enters the product: h_prev, or
                                       h_prev with units dropped */
    const float *c_prev[CELL_ROWS]; /* (H) LSTM */
    float *gate[CELL_ROWS];         /* (G) sums from the input; then gates */
    float *saved[CELL_ROWS];        /* (H) see struct cell_kind */
    float *sum[CELL_ROWS];          /* (G) custom: sums that became the gates */
    float *c[CELL_ROWS];            /* (H) LSTM */
    float *h[CELL_ROWS];            /* (R) */

    float *dh[CELL_ROWS];    /* (R) in: gradient at h. out: what goes to h_prev
                                besides the product */
    float *dh_in[CELL_ROWS]; /* (R) += gradient at h_in; may be dh */
    float *dc[CELL_ROWS]; /* (H) in: gradient at c from later; out: at c_prev */
    float *da[CELL_ROWS]; /* (G) gradient at the sums */
    float *dsaved[CELL_ROWS]; /* (H) gradient at saved */
    float *dgate[CELL_ROWS];  /* (G) for inspection */
} cell_rows;

/* The groups from begin to before end of a fused step. */
typedef void step_kernel(const fused_step *s, size_t begin, size_t end);

/* Steps of one sequence. */
typedef void stream_kernel(const stream_cell *s, const stream_run *r);

/* Which of a cell's functions a gate's sum goes through. */
enum { FUNCTION_F, FUNCTION_G, FUNCTION_H, FUNCTION_IDENTITY };

typedef struct cell_gate {
    const char *name;
    int function; /* FUNCTION_F or FUNCTION_G; FUNCTION_IDENTITY: the gate is
                     its sum */
} cell_gate;

/* A kind of cell, and everything that is asked about it. The recurrent weight,
 * where it is a matrix, acts in parts: rows [0, split H) on h_in, and, if split
 * < gate_count, the rest as part 1, whose input and gradient may be others:
 *
 *                      saved (H)       part 1: gradient   times
 *   RNN, LSTM          -               -
 *   LSTM, projected    o tanh(c)       -
 *   GRU, reset after   q = W_hn h+b    dsaved             h_in
 *   GRU, reset before  r h_in          da                 saved
 */
typedef struct cell_kind {
    size_t gate_count;                /* G = gate_count H */
    cell_gate gates[ELMAN_MAX_GATES]; /* in the order of their blocks */
    size_t function_count;            /* of f g h: how many it has */
    elman_activation_kind own[3];     /* what they are unless the config says
                                         otherwise */
    elman_recurrence recurrence;
    bool has_cell;  /* has c as well as h */
    bool has_saved; /* it saves; a projected cell always does */

    /* MATRIX: */
    size_t split;            /* gates of part 0 */
    bool dsaved_is_gradient; /* of part 1 */
    bool saved_is_input;     /* of part 1 */

    /* The cell of the same kind that resets before the product, or NULL. */
    const struct cell_kind *reset_before;

    void (*forward)(const kernels *k, const cell_weights *w, cell_rows *r);
    /* The kernel that steps fused weights; NULL if there is none. */
    step_kernel *(*step)(const kernels *k);
    /* Likewise, for one sequence of few units. */
    stream_kernel *(*stream)(const kernels *k);
} cell_kind;

/* The way back through a kind of cell. */
typedef struct cell_gradients {
    /* Of the same kind that resets before the product, or NULL. */
    const struct cell_gradients *reset_before;

    void (*backward)(const kernels *k, const cell_weights *w, cell_rows *r);

    /* For inspection, before backward: dgate (G) from dh and dc; and in
     * total (H), which only a cell with c has, the whole gradient at c. */
    void (*gate_gradients)(const kernels *k, const cell_weights *w,
                           const cell_rows *r, size_t m, float *total);
} cell_gradients;

/* Products and steps on r's threads. */
void cell_product(const kernels *k, const cell_rows *r, const packed *w,
                  const float *start, float *const *a, float *const *c);
void cell_step_run(step_kernel *run, const cell_rows *r, const fused_step *s);

/* The count gates of row m from gate first on, from their sums by function i.
 * With custom functions the sums are kept if there is room. */
void cell_activate(const kernels *k, const cell_weights *w, const cell_rows *r,
                   size_t m, size_t first, size_t count, size_t i);

/* The same backward: da (count H) at the sums from d at those gates; da may be
 * d. */
void cell_activate_backward(const kernels *k, const cell_weights *w,
                            const cell_rows *r, size_t m, size_t first,
                            size_t count, size_t i, const float *d, float *da);

/* What a kernel's step needs, from w and r; h is what the gates write. */
fused_step fused_step_of(const cell_weights *w, const cell_rows *r,
                         float *const *h);

/* The same step of the rows from begin to before end alone. */
fused_step fused_step_rows(const fused_step *s, size_t begin, size_t end);

/* The cell of a recurrent layer; NULL for any other layer. */
const cell_kind *cell_for(const elman_layer *config);

/* The way back through it. */
const cell_gradients *cell_gradients_for(const elman_layer *config);

/* elman_kind_read. */
elman_status cell_read_kind(elman_kind kind, elman_kind_info *info);

/* Function k, of f g h, that a recurrent layer has unless its config says
 * otherwise; whether its config does so anywhere; and the function in use in a
 * direction. */
elman_activation cell_own_activation(const elman_layer *config, size_t k);
bool cell_is_custom(const elman_layer *config);
bool cell_needs_sums(const elman_layer *config);
elman_activation cell_activation(const elman_layer *config, size_t direction,
                                 size_t k);

/* cell_rnn, cell_lstm ... and cell_rnn_gradients ... */
#define CELL(value, NAME, word, ...)                                           \
    extern const cell_kind cell_##word;                                        \
    extern const cell_gradients cell_##word##_gradients;
#define LAYER(...)
#include "base/kind.def"

#endif
