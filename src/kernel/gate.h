/*
 * gate.h: what a cell does to one row after its products. The equations are
 * in docs/EQUATIONS.md; LSTM: Hochreiter & Schmidhuber 1997, Gers et al. 2000
 * and 2002 (peepholes); GRU: Cho et al. 2014.
 */
#ifndef KERNEL_GATE_H
#define KERNEL_GATE_H

#include "kernel/vec_math.h"

/* A bound on the argument of sigmoid and tanh. Their derivatives are computed
 * from the result y and are 0 where the argument was at its bound, that is
 * where y equals the bound's own result. */
typedef struct clipping {
    bool finite;                  /* there is a bound */
    vf low, high;                 /* of the argument */
    vf sigmoid_low, sigmoid_high; /* their results */
    vf tanh_high;
} clipping;

INLINE clipping clipping_make(float clip)
{
    clipping s = {.finite = clip < __builtin_inff(),
                  .low = vf_set(-clip),
                  .high = vf_set(clip),
                  .sigmoid_low = vf_set(0),
                  .sigmoid_high = vf_set(1),
                  .tanh_high = vf_set(1)};
    if (!s.finite) return s;

    /* computed as the gates are, so that they compare as equal */
    s.sigmoid_low = vf_sigmoid(s.low);
    s.sigmoid_high = vf_sigmoid(s.high);
    s.tanh_high = vf_tanh(s.high);
    return s;
}

INLINE vf clipped_sigmoid(const clipping *s, vf a)
{
    return vf_sigmoid(vf_bound(s->low, s->high, a));
}
INLINE vf clipped_tanh(const clipping *s, vf a)
{
    return vf_tanh(vf_bound(s->low, s->high, a));
}

/* y (1 - y) and 1 - y^2, each rounded once; NaN stays NaN. */
INLINE vf sigmoid_derivative(const clipping *s, vf y)
{
    vf dy = vf_fma(-y, y, y), zero = vf_set(0);
    dy = vf_select(vf_reaches(y, s->sigmoid_high), zero, dy);
    return vf_select(vf_reaches(s->sigmoid_low, y), zero, dy);
}
INLINE vf tanh_derivative(const clipping *s, vf y)
{
    vf dy = vf_fma(-y, y, vf_set(1));
    return vf_select(vf_reaches(vf_abs(y), s->tanh_high), vf_set(0), dy);
}

static const lstm_variant lstm_plain = {.clip = __builtin_inff()};

/* Rows that a gate function takes at once, at most: the operations on one row
 * alone would wait for each other. rows is a constant where these are used. */
enum { LSTM_ROWS = 2, GRU_ROWS = 4, OUTPUT_ROWS = 4 };

/* The gates and the cell of a plain LSTM for a vector of units of each row. all
 * holds the sums into i f o g, gate by gate, and receives the gates; c the old
 * cell and receives the new one. */
INLINE void lstm_cells(size_t rows, vf *all, vf *c)
{
    vf *g = all + 3 * rows, a[LSTM_ROWS];
    UNROLL
    for (size_t m = 0; m < rows; m++)
        a[m] = g[m];

    /* their activations; one operation of all before the next of any. The
     * quotients in the order in which they are needed: they take their turns */
    vf_gate_exp(3 * rows, 4 * rows, all);
    UNROLL
    for (size_t m = 0; m < rows; m++)
        all[m] = 1 / all[m];
    UNROLL
    for (size_t m = 0; m < rows; m++)
        g[m] = vf_sign(g[m] / (g[m] + 2), a[m]);
    UNROLL
    for (size_t k = rows; k < 3 * rows; k++)
        all[k] = 1 / all[k];

    /* c = f c_prev + i g */
    UNROLL
    for (size_t m = 0; m < rows; m++)
        c[m] = vf_fma(all[rows + m], c[m], all[m] * g[m]);
}

/* h = o tanh(c). */
INLINE void lstm_outputs(size_t rows, const vf *o, const vf *c, vf *h)
{
    vf e[OUTPUT_ROWS];
    UNROLL
    for (size_t m = 0; m < rows; m++)
        e[m] = c[m];

    vf_gate_exp(0, rows, e);
    UNROLL
    for (size_t m = 0; m < rows; m++)
        h[m] = o[m] * vf_sign(e[m] / (e[m] + 2), c[m]);
}

/* Both. */
INLINE void lstm_gates(size_t rows, vf *all, vf *c, vf *h)
{
    lstm_cells(rows, all, c);
    lstm_outputs(rows, all + 2 * rows, c, h);
}

/* Where the gates of lstm_gates stand among those of a cell, i f g o. */
static const size_t lstm_block[] = {0, 1, 3, 2};

/* The plain LSTM, n units from j on. If n > VLEN, only the first VLEN. */
INLINE void lstm_plain_units(size_t rows, size_t H, size_t j, size_t n,
                             const float *const *c_prev, float *const *gate,
                             float *const *c, float *const *h)
{
    vf all[4 * LSTM_ROWS], c_new[LSTM_ROWS], h_new[LSTM_ROWS];

    /* the sums, gate by gate */
    UNROLL
    for (size_t m = 0; m < rows; m++)
        c_new[m] = vf_load(c_prev[m] + j, n);
    UNROLL
    for (size_t b = 0; b < 4; b++) {
        UNROLL
        for (size_t m = 0; m < rows; m++)
            all[b * rows + m] = vf_load(gate[m] + lstm_block[b] * H + j, n);
    }

    lstm_gates(rows, all, c_new, h_new);

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        UNROLL
        for (size_t b = 0; b < 4; b++)
            vf_store(gate[m] + lstm_block[b] * H + j, all[b * rows + m], n);
        vf_store(c[m] + j, c_new[m], n);
        vf_store(h[m] + j, h_new[m], n);
    }
}

/* The first half of that for one row: the gates and the cell. */
INLINE void lstm_cell_units(size_t H, size_t j, size_t n, const float *c_prev,
                            float *gate, float *c)
{
    vf all[4], cell = vf_load(c_prev + j, n);
    UNROLL
    for (size_t b = 0; b < 4; b++)
        all[b] = vf_load(gate + lstm_block[b] * H + j, n);
    lstm_cells(1, all, &cell);

    UNROLL
    for (size_t b = 0; b < 4; b++)
        vf_store(gate + lstm_block[b] * H + j, all[b], n);
    vf_store(c + j, cell, n);
}

/* And the second half. */
INLINE void lstm_output_units(size_t rows, size_t H, size_t j, size_t n,
                              float *const *gate, float *const *c,
                              float *const *h)
{
    vf o[OUTPUT_ROWS], cell[OUTPUT_ROWS], out[OUTPUT_ROWS];
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        o[m] = vf_load(gate[m] + 3 * H + j, n);
        cell[m] = vf_load(c[m] + j, n);
    }
    lstm_outputs(rows, o, cell, out);

    UNROLL
    for (size_t m = 0; m < rows; m++)
        vf_store(h[m] + j, out[m], n);
}

/* The units [begin,end) of one row. */
INLINE void lstm_units(size_t H, size_t begin, size_t end,
                       const lstm_variant *variant, const float *c_prev,
                       float *gate, float *c, float *h)
{
    const lstm_variant with = *variant;
    const float *p = with.peephole;
    const clipping s = clipping_make(with.clip);
    const bool plain = !p && !with.coupled && !s.finite;

    for (size_t j = begin; j < end; j += VLEN) {
        const size_t n = end - j;
        if (plain) {
            lstm_plain_units(1, H, j, n, &c_prev, &gate, &c, &h);
            continue;
        }

        vf before = vf_load(c_prev + j, n);
        vf i = vf_load(gate + 0 * H + j, n);
        vf f = vf_load(gate + 1 * H + j, n);
        vf g = clipped_tanh(&s, vf_load(gate + 2 * H + j, n));
        vf o = vf_load(gate + 3 * H + j, n);

        /* i and f see the old c, o the new one */
        if (p) i = vf_fma(vf_load(p + 0 * H + j, n), before, i);
        i = clipped_sigmoid(&s, i);
        if (p) f = vf_fma(vf_load(p + 1 * H + j, n), before, f);
        f = with.coupled ? 1 - i : clipped_sigmoid(&s, f);
        vf c_new = vf_fma(f, before, i * g);
        if (p) o = vf_fma(vf_load(p + 2 * H + j, n), c_new, o);
        o = clipped_sigmoid(&s, o);

        vf_store(gate + 0 * H + j, i, n);
        vf_store(gate + 1 * H + j, f, n);
        vf_store(gate + 2 * H + j, g, n);
        vf_store(gate + 3 * H + j, o, n);
        vf_store(c + j, c_new, n);
        vf_store(h + j, o * vf_tanh(c_new), n);
    }
}

static void KERNEL(lstm_forward)(size_t H, const lstm_variant *variant,
                                 const float *c_prev, float *gate, float *c,
                                 float *h)
{
    lstm_units(H, 0, H, variant ? variant : &lstm_plain, c_prev, gate, c, h);
}

static void KERNEL(lstm_backward)(size_t H, const lstm_variant *variant,
                                  const float *c_prev, const float *gate,
                                  const float *dh, float *dc, float *da)
{
    const lstm_variant with = variant ? *variant : lstm_plain;
    const float *p = with.peephole;
    const clipping s = clipping_make(with.clip);

    for (size_t j = 0; j < H; j += VLEN) {
        const size_t n = H - j;
        vf before = vf_load(c_prev + j, n);
        vf i = vf_load(gate + 0 * H + j, n);
        vf f = vf_load(gate + 1 * H + j, n);
        vf g = vf_load(gate + 2 * H + j, n);
        vf o = vf_load(gate + 3 * H + j, n);
        vf tanh_c = vf_tanh(vf_fma(f, before, i * g));
        vf d_h = vf_load(dh + j, n);

        /* o, then c, which also feeds o through its peephole */
        vf da_o = d_h * tanh_c * sigmoid_derivative(&s, o);
        vf d_c = vf_fma(d_h * o, vf_fma(-tanh_c, tanh_c, vf_set(1)),
                        vf_load(dc + j, n));
        if (p) d_c = vf_fma(vf_load(p + 2 * H + j, n), da_o, d_c);

        /* i, f, g; if f = 1 - i, the gradient at f goes to i */
        vf di_da = sigmoid_derivative(&s, i), da_f = vf_set(0);
        vf da_i = d_c * (with.coupled ? g - before : g) * di_da;
        if (!with.coupled) da_f = d_c * before * sigmoid_derivative(&s, f);
        vf da_g = d_c * i * tanh_derivative(&s, g);

        /* c_prev, which also feeds i and f through their peepholes */
        vf d_before = d_c * f;
        if (p) d_before = vf_fma(vf_load(p + 0 * H + j, n), da_i, d_before);
        if (p) d_before = vf_fma(vf_load(p + 1 * H + j, n), da_f, d_before);

        vf_store(da + 0 * H + j, da_i, n);
        vf_store(da + 1 * H + j, da_f, n);
        vf_store(da + 2 * H + j, da_g, n);
        vf_store(da + 3 * H + j, da_o, n);
        vf_store(dc + j, d_before, n);
    }
}

/* A GRU without clipping, for a vector of units of each row. all holds the sums
 * into r and z and receives them; a the input's part of the candidate's sum and
 * receives that sum; q the recurrent part. */
INLINE void gru_sums(size_t rows, vf *all, const vf *q, vf *a)
{
    vf_gate_exp(2 * rows, 2 * rows, all);
    UNROLL
    for (size_t k = 0; k < 2 * rows; k++)
        all[k] = 1 / all[k];

    /* a_n + r q */
    UNROLL
    for (size_t m = 0; m < rows; m++)
        a[m] = vf_fma(all[m], q[m], a[m]);
}

/* a, the candidate's sum, becomes the candidate; h holds the old h and receives
 * n + z (h_prev - n). */
INLINE void gru_outputs(size_t rows, const vf *z, vf *a, vf *h)
{
    vf e[GRU_ROWS];
    UNROLL
    for (size_t m = 0; m < rows; m++)
        e[m] = a[m];

    vf_gate_exp(0, rows, e);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        a[m] = vf_sign(e[m] / (e[m] + 2), a[m]);
        h[m] = vf_fma(z[m], h[m] - a[m], a[m]);
    }
}

/* Both: a receives the candidate. */
INLINE void gru_gates(size_t rows, vf *all, const vf *q, vf *a, vf *h)
{
    gru_sums(rows, all, q, a);
    gru_outputs(rows, all + rows, a, h);
}

/* The GRU without clipping, n units from j on. If n > VLEN, only the first
 * VLEN. */
INLINE void gru_plain_units(size_t rows, size_t H, size_t j, size_t n,
                            const float *const *q, const float *const *h_prev,
                            float *const *gate, float *const *h)
{
    vf all[2 * GRU_ROWS], a[GRU_ROWS], h_new[GRU_ROWS], sum[GRU_ROWS];

    /* the sums, and the old h */
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        all[m] = vf_load(gate[m] + 0 * H + j, n);
        all[rows + m] = vf_load(gate[m] + 1 * H + j, n);
        a[m] = vf_load(gate[m] + 2 * H + j, n);
        sum[m] = vf_load(q[m] + j, n);
        h_new[m] = vf_load(h_prev[m] + j, n);
    }

    gru_gates(rows, all, sum, a, h_new);

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        vf_store(gate[m] + 0 * H + j, all[m], n);
        vf_store(gate[m] + 1 * H + j, all[rows + m], n);
        vf_store(gate[m] + 2 * H + j, a[m], n);
        vf_store(h[m] + j, h_new[m], n);
    }
}

/* The first half of that for one row: r, z and the candidate's sum. */
INLINE void gru_sum_units(size_t H, size_t j, size_t n, const float *q,
                          float *gate)
{
    vf all[2], a = vf_load(gate + 2 * H + j, n), sum = vf_load(q + j, n);
    all[0] = vf_load(gate + 0 * H + j, n);
    all[1] = vf_load(gate + 1 * H + j, n);
    gru_sums(1, all, &sum, &a);

    vf_store(gate + 0 * H + j, all[0], n);
    vf_store(gate + 1 * H + j, all[1], n);
    vf_store(gate + 2 * H + j, a, n);
}

/* And the second half. */
INLINE void gru_output_units(size_t rows, size_t H, size_t j, size_t n,
                             const float *const *h_prev, float *const *gate,
                             float *const *h)
{
    vf z[OUTPUT_ROWS], a[OUTPUT_ROWS], out[OUTPUT_ROWS];
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        z[m] = vf_load(gate[m] + 1 * H + j, n);
        a[m] = vf_load(gate[m] + 2 * H + j, n);
        out[m] = vf_load(h_prev[m] + j, n);
    }
    gru_outputs(rows, z, a, out);

    UNROLL
    for (size_t m = 0; m < rows; m++) {
        vf_store(gate[m] + 2 * H + j, a[m], n);
        vf_store(h[m] + j, out[m], n);
    }
}

/* The units [begin,end) of one row. */
INLINE void gru_units(size_t H, size_t begin, size_t end, float clip,
                      const float *q, const float *h_prev, float *gate,
                      float *h)
{
    const clipping s = clipping_make(clip);
    for (size_t j = begin; j < end; j += VLEN) {
        const size_t left_over = end - j;
        if (!s.finite) {
            gru_plain_units(1, H, j, left_over, &q, &h_prev, &gate, &h);
            continue;
        }

        /* step by step as in the equations */
        vf r = clipped_sigmoid(&s, vf_load(gate + 0 * H + j, left_over));
        vf z = clipped_sigmoid(&s, vf_load(gate + 1 * H + j, left_over));
        vf a = vf_load(gate + 2 * H + j, left_over);
        vf n = clipped_tanh(&s, vf_fma(r, vf_load(q + j, left_over), a));
        vf before = vf_load(h_prev + j, left_over);

        vf_store(gate + 0 * H + j, r, left_over);
        vf_store(gate + 1 * H + j, z, left_over);
        vf_store(gate + 2 * H + j, n, left_over);
        vf_store(h + j, vf_fma(z, before - n, n), left_over);
    }
}

static void KERNEL(gru_forward)(size_t H, float clip, const float *q,
                                const float *h_prev, float *gate, float *h)
{
    gru_units(H, 0, H, clip, q, h_prev, gate, h);
}

/* Vectors of an Elman cell's units that advance together, at most. */
enum { RNN_VECTORS = 4 };

/* h of an Elman cell from its sums, both in y (count). */
INLINE void rnn_gates(size_t count, float clip, bool relu, vf *y)
{
    const vf low = vf_set(-clip), high = vf_set(clip);
    const bool bounded = relu || clip < __builtin_inff();
    vf a[RNN_VECTORS];

    /* the sums, bounded; relu is a bound at 0 */
    if (bounded) {
        UNROLL
        for (size_t i = 0; i < count; i++)
            y[i] = vf_bound(relu ? vf_set(0) : low, high, y[i]);
    }
    if (relu) return;

    UNROLL
    for (size_t i = 0; i < count; i++)
        a[i] = y[i];

    vf_gate_exp(0, count, y);
    UNROLL
    for (size_t i = 0; i < count; i++)
        y[i] = vf_sign(y[i] / (y[i] + 2), a[i]);
}

/* The part that both kinds of GRU share: writes da z and da n, turns dh into
 * dh z, and returns da n. */
INLINE vf gru_back(size_t H, size_t j, const clipping *s, const float *h_prev,
                   const float *gate, float *dh, float *da)
{
    const size_t left_over = H - j;
    vf z = vf_load(gate + 1 * H + j, left_over);
    vf n = vf_load(gate + 2 * H + j, left_over);
    vf d = vf_load(dh + j, left_over);
    vf before = vf_load(h_prev + j, left_over);
    vf da_n = d * (1 - z) * tanh_derivative(s, n);

    vf_store(da + 1 * H + j, d * (before - n) * sigmoid_derivative(s, z),
             left_over);
    vf_store(da + 2 * H + j, da_n, left_over);
    vf_store(dh + j, d * z, left_over);
    return da_n;
}

static void KERNEL(gru_backward)(size_t H, float clip, const float *q,
                                 const float *h_prev, const float *gate,
                                 float *dh, float *da, float *dq)
{
    const clipping s = clipping_make(clip);
    for (size_t j = 0; j < H; j += VLEN) {
        vf da_n = gru_back(H, j, &s, h_prev, gate, dh, da);
        vf r = vf_load(gate + j, H - j);
        vf dr = da_n * vf_load(q + j, H - j);
        vf_store(da + j, dr * sigmoid_derivative(&s, r), H - j);
        vf_store(dq + j, da_n * r, H - j);
    }
}

static void KERNEL(gru_mix)(size_t H, const float *h_prev, const float *gate,
                            float *h)
{
    for (size_t j = 0; j < H; j += VLEN) {
        vf z = vf_load(gate + 1 * H + j, H - j);
        vf n = vf_load(gate + 2 * H + j, H - j);
        vf_store(h + j, vf_fma(z, vf_load(h_prev + j, H - j) - n, n), H - j);
    }
}

static void KERNEL(gru_mix_backward)(size_t H, float clip, const float *h_prev,
                                     const float *gate, float *dh, float *da)
{
    const clipping s = clipping_make(clip);
    for (size_t j = 0; j < H; j += VLEN)
        gru_back(H, j, &s, h_prev, gate, dh, da);
}

static void KERNEL(gru_reset_backward)(size_t H, float clip, const float *drh,
                                       const float *h_prev, const float *gate,
                                       float *dh, float *da)
{
    const clipping s = clipping_make(clip);
    for (size_t j = 0; j < H; j += VLEN) {
        vf r = vf_load(gate + j, H - j), d = vf_load(drh + j, H - j);
        vf dr = d * vf_load(h_prev + j, H - j);
        vf_store(da + j, dr * sigmoid_derivative(&s, r), H - j);
        vf_store(dh + j, vf_fma(d, r, vf_load(dh + j, H - j)), H - j);
    }
}

#endif
