/*
 * hand.c: the networks of mode head as somebody writes them by hand in C, for
 * `elman bench --peers`: plain loops over arrays whose sizes the compiler
 * knows, weights transposed, sums in whatever order it likes. It is built
 * twice (bench/run), both for the machine at hand:
 *
 *   exact   within 3 ulp, from exp by Cody and Waite's reduction and a
 *           polynomial; without -ffast-math, but with fused multiply-adds
 *   fast    FAST defined, with -ffast-math: a rational tanh good to 1e-4, as
 *           audio plug-ins have it
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "turns.h"

enum {
    INF = 1,
    TRAIN = 2,
    STREAM = 4,
    EXPONENTS = 8,
    FLOW = 16,
    HEAD = 32,
    WORDS = 64
};
enum { RNN_TANH, RNN_RELU, LSTM, GRU };
enum { MOST = 64, GATES = 4 * MOST };

/* One network at a time; rows of weights are (k,gates H). */
static float w_ih[MOST * GATES], w_hh[MOST * GATES], start[GATES];
static float start_n[MOST], w_out[MOST], start_out;
static float h[MOST], c[MOST], x[MOST], output;

/* ---- Functions ----------------------------------------------------------- */

#ifdef FAST

static inline float tanh_of(float a)
{
    a = a > 4.97f ? 4.97f : a < -4.97f ? -4.97f : a;
    const float q = a * a;
    return a * (135135.f + q * (17325.f + q * (378.f + q))) /
           (135135.f + q * (62370.f + q * (3150.f + q * 28.f)));
}

static inline float sigmoid_of(float a) { return .5f + .5f * tanh_of(.5f * a); }

#else

/* exp(a) - 1 for |a| < 88. */
static inline float exp_less_one(float a)
{
    /* a = n log 2 + r */
    const float shifted = a * 0x1.715476p+0f + 0x1.8p+23f;
    const float n = shifted - 0x1.8p+23f;
    const float r = a - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;

    float q = 0x1.6bebeap-10f;
    q = q * r + 0x1.1227f6p-7f;
    q = q * r + 0x1.555674p-5f;
    q = q * r + 0x1.5554bp-3f;
    q = q * r + 0x1.fffffep-2f;
    q = r * r * q + r;

    int32_t bits;
    float scale;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int32_t)((uint32_t)bits << 23) + 0x3f800000;
    memcpy(&scale, &bits, sizeof scale);
    return scale * q + (scale - 1);
}

static inline float tanh_of(float a)
{
    float size = fabsf(a);
    size = size < 10 ? size : 10;
    const float e = exp_less_one(2 * size);
    return copysignf(e / (e + 2), a);
}

static inline float sigmoid_of(float a)
{
    a = a < 87 ? a : 87;
    a = a > -87 ? a : -87;
    return 1 / (2 + exp_less_one(-a));
}

#endif

/* ---- A step -------------------------------------------------------------- */

#define INLINE static inline __attribute__((always_inline))

INLINE void add(int K, int N, const float *w, const float *a, float *sum)
{
    for (int k = 0; k < K; k++) {
        /* or gcc 12 unrolls 16 units, and then puts k into the lanes */
#pragma omp simd
        for (int n = 0; n < N; n++)
            sum[n] += w[k * N + n] * a[k];
    }
}

INLINE void lstm(int I, int H)
{
    float g[GATES];
    for (int n = 0; n < 4 * H; n++)
        g[n] = start[n];
    add(I, 4 * H, w_ih, x, g);
    add(H, 4 * H, w_hh, h, g);

    for (int i = 0; i < H; i++) {
        c[i] = sigmoid_of(g[H + i]) * c[i] +
               sigmoid_of(g[i]) * tanh_of(g[2 * H + i]);
        h[i] = sigmoid_of(g[3 * H + i]) * tanh_of(c[i]);
    }
}

INLINE void gru(int I, int H)
{
    float g[GATES], q[GATES];
    for (int n = 0; n < 3 * H; n++)
        g[n] = start[n];
    for (int n = 0; n < 3 * H; n++)
        q[n] = n < 2 * H ? 0 : start_n[n - 2 * H];
    add(I, 3 * H, w_ih, x, g);
    add(H, 3 * H, w_hh, h, q);

    for (int i = 0; i < H; i++) {
        const float r = sigmoid_of(g[i] + q[i]);
        const float z = sigmoid_of(g[H + i] + q[H + i]);
        const float n = tanh_of(g[2 * H + i] + r * q[2 * H + i]);
        h[i] = n + z * (h[i] - n);
    }
}

INLINE void rnn(int I, int H, int relu)
{
    float g[MOST];
    for (int n = 0; n < H; n++)
        g[n] = start[n];
    add(I, H, w_ih, x, g);
    add(H, H, w_hh, h, g);
    for (int i = 0; i < H; i++)
        h[i] = relu ? (g[i] > 0 ? g[i] : 0) : tanh_of(g[i]);
}

INLINE void step(int cell, int I, int H)
{
    if (cell == LSTM) lstm(I, H);
    else if (cell == GRU) gru(I, H);
    else rnn(I, H, cell == RNN_RELU);

    float sum = start_out;
    for (int i = 0; i < H; i++)
        sum += w_out[i] * h[i];
    output = sum;
}

/* A function for each shape, all of whose sizes are constants. */
#define W(name, family, cell, layers, directions, I, H, B, T, dx, modes, ...)  \
    static bool step_##name(void)                                              \
    {                                                                          \
        if ((modes) == HEAD) step(cell, (I) % (MOST + 1), (H) % (MOST + 1));   \
        return (modes) == HEAD;                                                \
    }
#include "../workloads.def"
#undef W

/* ---- Turns --------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*run)(void);
} shapes[] = {
#define W(name, ...) {#name, step_##name},
#include "../workloads.def"
#undef W
};

static void fill(size_t count, float *values)
{
    static uint32_t seed = 1;
    for (size_t n = 0; n < count; n++) {
        seed = seed * 1664525 + 1013904223; /* Numerical Recipes' */
        values[n] = ((float)(seed >> 8) / 16777216.0f - 0.5f) * 0.5f;
    }
}

static bool (*run)(void);

static bool run_once(void) { return run(); }

static bool prepare(const turn *t)
{
    if (strcmp(t->mode, "head") != 0 || t->threads != 1) return false;

    run = NULL;
    for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++)
        if (strcmp(shapes[n].name, t->name) == 0) run = shapes[n].run;

    fill(MOST * GATES, w_ih);
    fill(MOST * GATES, w_hh);
    fill(GATES, start);
    fill(MOST, start_n);
    fill(MOST, w_out);
    fill(MOST, x);
    memset(h, 0, sizeof h);
    memset(c, 0, sizeof c);
    return run != NULL;
}

int main(void)
{
    turns_serve(prepare, run_once);
    return 0;
}
