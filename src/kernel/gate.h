/*
 * gate.h: what a cell does to one row after its products. The equations are
 * those of docs/EQUATIONS.md; LSTM: Hochreiter & Schmidhuber 1997, Gers et al.
 * 2000 and 2002 (peepholes); GRU: Cho et al. 2014.
 */
#ifndef KERNEL_GATE_H
#define KERNEL_GATE_H

#include "kernel/vec_math.h"

/* Squashing with a bound on its argument, and the slope from the result y: 0
 * where the argument was at its bound, that is where y is at the bound's y. */
typedef struct squash {
    bool clips;                   /* the bound is finite */
    vf low, high;                 /* of the argument */
    vf sigmoid_low, sigmoid_high; /* their results */
    vf tanh_high;
} squash;

INLINE squash squash_make(float clip)
{
    squash s = {.clips = clip < __builtin_inff(),
                .low = vf_set(-clip),
                .high = vf_set(clip),
                .sigmoid_low = vf_set(0),
                .sigmoid_high = vf_set(1),
                .tanh_high = vf_set(1)};
    if (!s.clips) return s;
    s.sigmoid_low = vf_sigmoid(s.low);
    s.sigmoid_high = vf_sigmoid(s.high);
    s.tanh_high = vf_tanh(s.high);
    return s;
}

INLINE vf squash_sigmoid(const squash *s, vf a)
{
    return vf_sigmoid(vf_bound(s->low, s->high, a));
}
INLINE vf squash_tanh(const squash *s, vf a)
{
    return vf_tanh(vf_bound(s->low, s->high, a));
}

/* y (1 - y) and 1 - y^2, each rounded once; NaN stays NaN. */
INLINE vf sigmoid_slope(const squash *s, vf y)
{
    vf slope = vf_fma(-y, y, y), zero = vf_set(0);
    slope = vf_select(vf_reaches(y, s->sigmoid_high), zero, slope);
    return vf_select(vf_reaches(s->sigmoid_low, y), zero, slope);
}
INLINE vf tanh_slope(const squash *s, vf y)
{
    vf slope = vf_fma(-y, y, vf_set(1));
    return vf_select(vf_reaches(vf_abs(y), s->tanh_high), vf_set(0), slope);
}

static const lstm_variant lstm_plain = {.clip = __builtin_inff()};

/* Rows that a gate function takes at once, as each alone would wait for itself:
 * rows is a constant, 1 to these. */
enum { LSTM_ROWS = 2, GRU_ROWS = 4 };

/* The plain LSTM: units j to j + n - 1, n at most VLEN. */
INLINE void lstm_plain_units(size_t rows, size_t H, size_t j, size_t n,
                             const float *const *c_prev, float *const *gate,
                             float *const *c, float *const *h)
{
    /* i f o of all rows, then g */
    static const size_t block[] = {0, 1, 3, 2};
    vf all[4 * LSTM_ROWS], g[LSTM_ROWS], over[LSTM_ROWS], now[LSTM_ROWS];
    UNROLL
    for (size_t b = 0; b < 4; b++) {
        UNROLL
        for (size_t m = 0; m < rows; m++)
            all[b * rows + m] = vf_load(gate[m] + block[b] * H + j, n);
    }
    UNROLL
    for (size_t m = 0; m < rows; m++)
        g[m] = all[3 * rows + m];
    vf_squash(3 * rows, 4 * rows, all);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        over[m] = all[3 * rows + m];
        all[3 * rows + m] += 2;
    }
    vf_invert(2 * rows, rows, all);
    vf_invert(2 * rows, rows, all + 2 * rows);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        g[m] = vf_sign(over[m] * all[3 * rows + m], g[m]);
        now[m] =
            vf_fma(all[rows + m], vf_load(c_prev[m] + j, n), all[m] * g[m]);
        over[m] = now[m];
    }
    vf_squash(0, rows, over);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        vf tanh_c = vf_sign(over[m] / (over[m] + 2), now[m]);
        vf_store(gate[m] + 0 * H + j, all[m], n);
        vf_store(gate[m] + 1 * H + j, all[rows + m], n);
        vf_store(gate[m] + 2 * H + j, g[m], n);
        vf_store(gate[m] + 3 * H + j, all[2 * rows + m], n);
        vf_store(c[m] + j, now[m], n);
        vf_store(h[m] + j, all[2 * rows + m] * tanh_c, n);
    }
}

/* Units first to last - 1 of one row. */
INLINE void lstm_units(size_t H, size_t first, size_t last,
                       const lstm_variant *variant, const float *c_prev,
                       float *gate, float *c, float *h)
{
    const lstm_variant with = *variant;
    const float *p = with.peephole;
    const squash s = squash_make(with.clip);
    const bool plain = !p && !with.coupled && !s.clips;

    for (size_t j = first; j < last; j += VLEN) {
        const size_t n = last - j;
        if (plain) {
            lstm_plain_units(1, H, j, n, &c_prev, &gate, &c, &h);
            continue;
        }
        vf before = vf_load(c_prev + j, n);
        vf i = vf_load(gate + 0 * H + j, n);
        vf f = vf_load(gate + 1 * H + j, n);
        vf g = squash_tanh(&s, vf_load(gate + 2 * H + j, n));
        vf o = vf_load(gate + 3 * H + j, n);

        if (p) i = vf_fma(vf_load(p + 0 * H + j, n), before, i);
        i = squash_sigmoid(&s, i);
        if (p) f = vf_fma(vf_load(p + 1 * H + j, n), before, f);
        f = with.coupled ? 1 - i : squash_sigmoid(&s, f);
        vf now = vf_fma(f, before, i * g);
        if (p) o = vf_fma(vf_load(p + 2 * H + j, n), now, o);
        o = squash_sigmoid(&s, o);

        vf_store(gate + 0 * H + j, i, n);
        vf_store(gate + 1 * H + j, f, n);
        vf_store(gate + 2 * H + j, g, n);
        vf_store(gate + 3 * H + j, o, n);
        vf_store(c + j, now, n);
        vf_store(h + j, o * vf_tanh(now), n);
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
    const squash s = squash_make(with.clip);

    for (size_t j = 0; j < H; j += VLEN) {
        const size_t n = H - j;
        vf before = vf_load(c_prev + j, n);
        vf i = vf_load(gate + 0 * H + j, n);
        vf f = vf_load(gate + 1 * H + j, n);
        vf g = vf_load(gate + 2 * H + j, n);
        vf o = vf_load(gate + 3 * H + j, n);
        vf k = vf_tanh(vf_fma(f, before, i * g));
        vf d_h = vf_load(dh + j, n);

        /* o, then c, which o sees through its peephole */
        vf da_o = d_h * k * sigmoid_slope(&s, o);
        vf d = vf_fma(d_h * o, vf_fma(-k, k, vf_set(1)), vf_load(dc + j, n));
        if (p) d = vf_fma(vf_load(p + 2 * H + j, n), da_o, d);

        /* i, f, g; a coupled f gives its part to i */
        vf slope = sigmoid_slope(&s, i), da_f = vf_set(0);
        vf da_i = d * (with.coupled ? g - before : g) * slope;
        if (!with.coupled) da_f = d * before * sigmoid_slope(&s, f);
        vf da_g = d * i * tanh_slope(&s, g);

        vf back = d * f;
        if (p) back = vf_fma(vf_load(p + 0 * H + j, n), da_i, back);
        if (p) back = vf_fma(vf_load(p + 1 * H + j, n), da_f, back);
        vf_store(da + 0 * H + j, da_i, n);
        vf_store(da + 1 * H + j, da_f, n);
        vf_store(da + 2 * H + j, da_g, n);
        vf_store(da + 3 * H + j, da_o, n);
        vf_store(dc + j, back, n);
    }
}

/* The GRU without clipping: units j to j + n - 1, n at most VLEN. */
INLINE void gru_plain_units(size_t rows, size_t H, size_t j, size_t n,
                            const float *const *q, const float *const *h_prev,
                            float *const *gate, float *const *h)
{
    vf all[2 * GRU_ROWS], a[GRU_ROWS], over[GRU_ROWS];
    vf *r = all, *z = all + rows;
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        r[m] = vf_load(gate[m] + 0 * H + j, n);
        z[m] = vf_load(gate[m] + 1 * H + j, n);
    }
    vf_squash(2 * rows, 2 * rows, all);
    vf_invert(2 * rows, rows, all);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        a[m] =
            vf_fma(r[m], vf_load(q[m] + j, n), vf_load(gate[m] + 2 * H + j, n));
        over[m] = a[m];
    }
    vf_squash(0, rows, over);
    UNROLL
    for (size_t m = 0; m < rows; m++) {
        vf g = vf_sign(over[m] / (over[m] + 2), a[m]);
        vf before = vf_load(h_prev[m] + j, n);
        vf_store(gate[m] + 0 * H + j, r[m], n);
        vf_store(gate[m] + 1 * H + j, z[m], n);
        vf_store(gate[m] + 2 * H + j, g, n);
        vf_store(h[m] + j, vf_fma(z[m], before - g, g), n);
    }
}

/* Units first to last - 1 of one row. */
INLINE void gru_units(size_t H, size_t first, size_t last, float clip,
                      const float *q, const float *h_prev, float *gate,
                      float *h)
{
    const squash s = squash_make(clip);
    for (size_t j = first; j < last; j += VLEN) {
        const size_t left_over = last - j;
        if (!s.clips) {
            gru_plain_units(1, H, j, left_over, &q, &h_prev, &gate, &h);
            continue;
        }
        vf r = squash_sigmoid(&s, vf_load(gate + 0 * H + j, left_over));
        vf z = squash_sigmoid(&s, vf_load(gate + 1 * H + j, left_over));
        vf a = vf_load(gate + 2 * H + j, left_over);
        vf n = squash_tanh(&s, vf_fma(r, vf_load(q + j, left_over), a));
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

/* The part that both kinds of GRU share: da z and n, and dh becomes dh z;
 * returns da n. */
INLINE vf gru_back(size_t H, size_t j, const squash *s, const float *h_prev,
                   const float *gate, float *dh, float *da)
{
    const size_t left_over = H - j;
    vf z = vf_load(gate + 1 * H + j, left_over);
    vf n = vf_load(gate + 2 * H + j, left_over);
    vf d = vf_load(dh + j, left_over);
    vf before = vf_load(h_prev + j, left_over);
    vf da_n = d * (1 - z) * tanh_slope(s, n);

    vf_store(da + 1 * H + j, d * (before - n) * sigmoid_slope(s, z), left_over);
    vf_store(da + 2 * H + j, da_n, left_over);
    vf_store(dh + j, d * z, left_over);
    return da_n;
}

static void KERNEL(gru_backward)(size_t H, float clip, const float *q,
                                 const float *h_prev, const float *gate,
                                 float *dh, float *da, float *dq)
{
    const squash s = squash_make(clip);
    for (size_t j = 0; j < H; j += VLEN) {
        vf da_n = gru_back(H, j, &s, h_prev, gate, dh, da);
        vf r = vf_load(gate + j, H - j);
        vf dr = da_n * vf_load(q + j, H - j);
        vf_store(da + j, dr * sigmoid_slope(&s, r), H - j);
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
    const squash s = squash_make(clip);
    for (size_t j = 0; j < H; j += VLEN)
        gru_back(H, j, &s, h_prev, gate, dh, da);
}

static void KERNEL(gru_reset_backward)(size_t H, float clip, const float *drh,
                                       const float *h_prev, const float *gate,
                                       float *dh, float *da)
{
    const squash s = squash_make(clip);
    for (size_t j = 0; j < H; j += VLEN) {
        vf r = vf_load(gate + j, H - j), d = vf_load(drh + j, H - j);
        vf dr = d * vf_load(h_prev + j, H - j);
        vf_store(da + j, dr * sigmoid_slope(&s, r), H - j);
        vf_store(dh + j, vf_fma(d, r, vf_load(dh + j, H - j)), H - j);
    }
}

#endif
