/*
 * ref.c: the definition of every kernel, one element at a time, in plain
 * double. It is written to be read and to check the others against; its bits
 * may differ from theirs.
 */
#include "kernel/ref_activation.h"
#include "kernel/ref_gate.h"

#include <string.h>

/* ---- Products ----------------------------------------------------------- */

/* Weight (n,k), from where pack() has put it. */
static double weight_at(const packed *w, size_t n, size_t k)
{
    if (packed_in_blocks(w))
        return (double)w->w[(k / NARROW_SUMS * NARROW_SUMS + n) * NARROW_SUMS +
                            k % NARROW_SUMS];
    if (packed_is_narrow(w)) return (double)w->w[k * PANEL + n];

    /* its group i, and the panel there */
    const size_t per_gate = packed_blocks(w->gates), all = packed_groups(w);
    const size_t gate = n / w->H, block = n % w->H / PANEL;
    const size_t i = block / per_gate;
    const size_t blocks =
        i + 1 < all ? per_gate : (w->H + PANEL - 1) / PANEL - i * per_gate;
    const size_t panel = block % per_gate * w->gates + gate;

    const float *group = w->w + i * per_gate * w->gates * PANEL * w->K;
    const size_t line = k * blocks * w->gates + panel;
    return (double)group[line * PANEL + n % w->H % PANEL];
}

/* sum plus row n of the weights times a. */
static double sum_at(const packed *w, size_t n, const float *a, double sum)
{
    for (size_t k = 0; k < w->K; k++)
        sum += (double)a[k] * weight_at(w, n, k);
    return sum;
}

/* Where output n of a product starts; c is the value already there. */
static double start_at(const float *start, size_t n, float c)
{
    if (!start) return (double)c;
    return start == zeros ? 0 : (double)start[n];
}

static void ref_product(size_t M, const packed *w, const float *start,
                        const float *const *a, float *const *c)
{
    for (size_t m = 0; m < M; m++)
        for (size_t n = 0; n < w->gates * w->H; n++)
            c[m][n] = (float)sum_at(w, n, a[m], start_at(start, n, c[m][n]));
}

static void ref_product_row(const packed *w, const float *start, const float *a,
                            float *c)
{
    ref_product(1, w, start, &a, &c);
}

/* What the sum at index i starts from, and what becomes of it. */
static double leaf_begin(const leaf_sum *leaf, size_t i)
{
    return leaf->fresh ? 0 : (double)leaf->to[i];
}

static float leaf_end(const leaf_sum *leaf, size_t i, double sum)
{
    if (leaf->closed) sum = (double)((float)sum + 0.0f);
    for (size_t j = 0; leaf->closed && j < leaf->join_count; j++)
        sum += (double)leaf->joins[j][i];
    return (float)sum;
}

static void ref_outer(const outer_product *o, size_t count, const size_t *row,
                      const leaf_sum *dw)
{
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < o->end - o->begin; n++)
            for (size_t k = 0; k < o->right - o->left; k++) {
                size_t at = n * dw[i].row + k, join = n * dw[i].join_row + k;
                double sum = leaf_begin(dw + i, at);
                for (size_t r = row[i]; r < row[i + 1]; r++)
                    sum += (double)o->da[r][o->begin + n] *
                           (double)o->x[r][o->left + k];
                dw[i].to[at] = leaf_end(dw + i, join, sum);
            }
}

static void ref_column_sum(size_t R, size_t begin, size_t end,
                           const float *const *da, const leaf_sum *db,
                           float *also)
{
    for (size_t n = begin; n < end; n++) {
        size_t at = n - begin;
        double sum = leaf_begin(db, at);
        for (size_t r = 0; r < R; r++)
            sum += (double)da[r][n];
        db->to[at] = leaf_end(db, at, sum);
        if (also) also[at] = db->to[at];
    }
}

/* ---- Steps of cells: unit by unit ---------------------------------------- */

/* The sums into unit j's gates, for row m. If q is given, the recurrent part of
 * the last gate goes there instead, from bias_hn on, as a GRU has it. */
static void unit_sums(const fused_step *s, size_t m, size_t j, float *sum,
                      float *q)
{
    const size_t gates = s->hh.gates * s->hh.H / s->H;
    for (size_t g = 0; g < gates; g++) {
        const size_t n = g * s->H + j;
        double a = start_at(s->start, n, s->gate[m][n]);
        if (s->x) a = sum_at(&s->ih, n, s->x[m], a);
        if (!q || g + 1 < gates) a = sum_at(&s->hh, n, s->h_in[m], a);
        else *q = (float)sum_at(&s->hh, n, s->h_in[m], (double)s->bias_hn[j]);
        sum[g] = (float)a;
    }
}

/* The first unit of a group, at most H. */
static size_t unit_begin(const fused_step *s, size_t group)
{
    const size_t j = group * packed_blocks(s->hh.gates) * PANEL;
    return j < s->H ? j : s->H;
}

static void ref_lstm_step(const fused_step *s, size_t begin, size_t end)
{
    for (size_t m = 0; m < s->M; m++)
        for (size_t j = unit_begin(s, begin); j < unit_begin(s, end); j++) {
            float gate[4], p[3] = {0};
            lstm_variant variant = s->variant;

            /* the variant with the peepholes of this unit alone */
            for (size_t g = 0; g < 3 && variant.peephole; g++)
                p[g] = variant.peephole[g * s->H + j];
            if (variant.peephole) variant.peephole = p;

            unit_sums(s, m, j, gate, NULL);
            ref_lstm_forward(1, &variant, s->c_prev[m] + j, gate, s->c[m] + j,
                             s->h[m] + j);
            for (size_t g = 0; g < 4; g++)
                s->gate[m][g * s->H + j] = gate[g];
        }
}

static void ref_gru_step(const fused_step *s, size_t begin, size_t end)
{
    for (size_t m = 0; m < s->M; m++)
        for (size_t j = unit_begin(s, begin); j < unit_begin(s, end); j++) {
            float gate[3], *q = s->q[m] + j;
            unit_sums(s, m, j, gate, q);
            ref_gru_forward(1, s->variant.clip, q, s->h_prev[m] + j, gate,
                            s->h[m] + j);
            for (size_t g = 0; g < 3; g++)
                s->gate[m][g * s->H + j] = gate[g];
        }
}

/* ---- Elementwise -------------------------------------------------------- */

static void ref_tanh_forward(size_t n, float clip, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)real_tanh(bounded((double)x[i], (double)clip));
}

static void ref_sigmoid_forward(size_t n, float clip, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)sigmoid(bounded((double)x[i], (double)clip));
}

static void ref_relu_forward(size_t n, float clip, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i] > clip ? clip : x[i];
}

static void ref_rnn_step(const fused_step *s, size_t begin, size_t end)
{
    for (size_t m = 0; m < s->M; m++)
        for (size_t j = unit_begin(s, begin); j < unit_begin(s, end); j++) {
            float a;
            unit_sums(s, m, j, &a, NULL);
            (s->relu ? ref_relu_forward : ref_tanh_forward)(1, s->variant.clip,
                                                            &a, &a);
            s->gate[m][j] = s->h[m][j] = a;
        }
}

/* ---- Steps of one sequence ------------------------------------------------
 */

static void stream_steps(const stream_cell *s, const stream_run *r,
                         void (*step)(const fused_step *s, size_t begin,
                                      size_t end))
{
    const float *h = r->h, *c = r->c, *x;
    float *gate = s->gate, *q = s->q, *c_now = r->c, *h_now;
    fused_step one = {.M = 1,
                      .H = s->H,
                      .ih = s->ih,
                      .hh = s->hh,
                      .x = r->x ? &x : NULL,
                      .h_in = &h,
                      .h_prev = &h,
                      .c_prev = &c,
                      .gate = &gate,
                      .q = &q,
                      .c = &c_now,
                      .h = &h_now,
                      .bias_hn = s->bias_hn,
                      .variant = s->variant,
                      .relu = s->relu};

    for (size_t t = 0; t < r->T; t++) {
        x = r->x ? r->x + t * r->x_step : NULL;
        one.start = r->start + t * r->start_step;
        h_now = r->h_all + t * r->h_step;
        step(&one, 0, packed_groups(&s->hh));

        /* the new memory */
        if (r->c) memcpy(r->c_all + t * r->c_step, r->c, s->H * sizeof(float));
        if (!r->keeps_h) memcpy(r->h, h_now, s->H * sizeof(float));
    }
}

static void ref_lstm_stream(const stream_cell *s, const stream_run *r)
{
    stream_steps(s, r, ref_lstm_step);
}

static void ref_gru_stream(const stream_cell *s, const stream_run *r)
{
    stream_steps(s, r, ref_gru_step);
}

static void ref_rnn_stream(const stream_cell *s, const stream_run *r)
{
    stream_steps(s, r, ref_rnn_step);
}

/* ---- Elementwise, backward ----------------------------------------------- */

static void ref_tanh_backward(size_t n, float clip, const float *y,
                              const float *dy, float *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = (float)((double)dy[i] *
                        tanh_derivative((double)y[i], (double)clip));
}

static void ref_sigmoid_backward(size_t n, float clip, const float *y,
                                 const float *dy, float *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = (float)((double)dy[i] *
                        sigmoid_derivative((double)y[i], (double)clip));
}

static void ref_relu_backward(size_t n, float clip, const float *y,
                              const float *dy, float *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] <= 0 || (isfinite(clip) && y[i] >= clip) ? 0 : dy[i];
}

static void ref_exp_forward(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)real_exp((double)x[i]);
}

static void ref_log_forward(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)real_log((double)x[i]);
}

static void ref_copy(size_t n, const float *from, float *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}

static void ref_multiply(size_t n, const float *a, const float *b, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] * b[i];
}

static void ref_add(size_t n, const float *a, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a[i];
}

static void ref_multiply_add(size_t n, const float *a, const float *b, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)((double)y[i] + (double)a[i] * (double)b[i]);
}

static void ref_add_scaled(size_t n, float s, const float *a, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)((double)y[i] + (double)s * (double)a[i]);
}

static void ref_blend(size_t n, const float *m, const float *a, const float *b,
                      float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)((double)m[i] * (double)a[i] +
                       (1 - (double)m[i]) * (double)b[i]);
}

/* ---- Sums --------------------------------------------------------------- */

static double ref_sum_squares(size_t n, const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static double ref_dot(size_t n, const float *x, const float *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static double ref_softmax(size_t n, const float *x, float *y)
{
    double most = -INFINITY, sum = 0;

    /* not fmax: gcc 12 for ARM crashes on a loop of it */
    for (size_t i = 0; i < n; i++)
        most = (double)x[i] > most ? (double)x[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += real_exp((double)x[i] - most);
    for (size_t i = 0; y && i < n; i++)
        y[i] = (float)(real_exp((double)x[i] - most) / sum);
    return most + real_log(sum);
}

static double ref_cross_entropy(size_t n, const float *x, float scale,
                                float *dx, size_t *best)
{
    /* the first that is not NaN, then any larger one */
    *best = 0;
    while (*best + 1 < n && isnan(x[*best]))
        ++*best;
    for (size_t i = *best + 1; i < n; i++)
        if (x[i] > x[*best]) *best = i;
    if (n && isnan(x[*best])) *best = 0;

    const double sum = ref_softmax(n, x, dx);
    for (size_t i = 0; dx && i < n; i++)
        dx[i] = (float)((double)dx[i] * (double)scale);
    return sum;
}

static void ref_softmax_backward(size_t n, const float *y, const float *dy,
                                 float *dx)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)y[i] * (double)dy[i];
    for (size_t i = 0; i < n; i++)
        dx[i] = (float)((double)y[i] * ((double)dy[i] - sum));
}

static void ref_log_softmax(size_t n, const float *x, float *y)
{
    const double sum = ref_softmax(n, x, NULL);
    for (size_t i = 0; i < n; i++)
        y[i] = (float)((double)x[i] - sum);
}

static void ref_log_softmax_backward(size_t n, const float *y, const float *dy,
                                     float *dx)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)dy[i];
    for (size_t i = 0; i < n; i++)
        dx[i] = (float)((double)dy[i] - real_exp((double)y[i]) * sum);
}

static float ref_norm_forward(size_t n, float eps, const float *x,
                              const float *w, const float *b, float *x_hat,
                              float *y)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += ((double)x[i] - mean) * ((double)x[i] - mean) / (double)n;

    const double rstd = 1 / sqrt(variance + (double)eps);
    for (size_t i = 0; i < n; i++) {
        const double z = ((double)x[i] - mean) * rstd;
        x_hat[i] = (float)z;
        y[i] = (float)(z * (double)w[i] + (double)b[i]);
    }
    return (float)rstd;
}

static void ref_norm_backward(size_t n, float rstd, const float *x_hat,
                              const float *w, const float *dy, float *dx)
{
    double mean = 0, along = 0;
    for (size_t i = 0; i < n; i++) {
        const double g = (double)w[i] * (double)dy[i] / (double)n;
        mean += g;
        along += g * (double)x_hat[i];
    }
    for (size_t i = 0; i < n; i++) {
        const double g = (double)w[i] * (double)dy[i];
        dx[i] = (float)((double)rstd * (g - mean - (double)x_hat[i] * along));
    }
}

static double ref_length(size_t n, const float *x)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}

static void ref_l2_norm_forward(size_t n, float eps, const float *x, float *y)
{
    const double length = ref_length(n, x);
    const double by = length < (double)eps ? (double)eps : length;
    for (size_t i = 0; i < n; i++)
        y[i] = (float)((double)x[i] / by);
}

static void ref_l2_norm_backward(size_t n, float eps, const float *x,
                                 const float *dy, float *dx)
{
    const double length = ref_length(n, x);
    double along = 0;
    for (size_t i = 0; i < n && length > (double)eps; i++)
        along += (double)x[i] * (double)dy[i] / (length * length);

    const double by = length < (double)eps ? (double)eps : length;
    for (size_t i = 0; i < n; i++)
        dx[i] = (float)(((double)dy[i] - (double)x[i] * along) / by);
}

/* ---- Optimizers --------------------------------------------------------- */

/* Decays the weight; returns the gradient that the rule uses. */
static double pull(const update *u, double dp, double *p)
{
    *p *= (double)u->decay;
    return bounded((double)u->scale * dp, (double)u->clip_value) +
           (double)u->weight_decay * *p;
}

/* What a rule divides by: the square root of v with epsilon. */
static double root_of(const update *u, double v)
{
    const double epsilon = (double)u->epsilon;
    return u->keras ? sqrt(v + epsilon) : sqrt(v) + epsilon;
}

static void ref_sgd(size_t n, const update *u, const float *dp, float *buf,
                    float *p)
{
    const double rate = (double)u->rate, momentum = (double)u->momentum;
    for (size_t i = 0; i < n; i++) {
        double now = (double)p[i], g = pull(u, (double)dp[i], &now);
        double step = g;

        /* Keras moves the weight by buf itself, PyTorch by rate times it */
        if (buf && u->keras) {
            const double b = momentum * (double)buf[i] - rate * g;
            now += u->nesterov ? momentum * b - rate * g : b;
            step = 0;
            buf[i] = (float)b;
        } else if (buf) {
            const double b = momentum * (double)buf[i] + (double)u->damped * g;
            step = u->nesterov ? g + momentum * b : b;
            buf[i] = (float)b;
        }

        p[i] = (float)(now - rate * step);
    }
}

static void ref_adam(size_t n, const update *u, const float *dp, float *m,
                     float *v, float *top, float *p)
{
    for (size_t i = 0; i < n; i++) {
        double now = (double)p[i], g = pull(u, (double)dp[i], &now);
        m[i] = (float)((double)m[i] + (double)u->rest1 * (g - (double)m[i]));
        v[i] =
            (float)((double)u->beta2 * (double)v[i] + (double)u->rest2 * g * g);
        if (top) top[i] = (float)real_max((double)top[i], (double)v[i]);

        const double square = top ? (double)top[i] : (double)v[i];
        const double root = sqrt(square) * (double)u->root;
        p[i] = (float)(now - (double)u->rate * (double)m[i] /
                                 (root + (double)u->epsilon));
    }
}

static void ref_adagrad(size_t n, const update *u, const float *dp, float *s,
                        float *p)
{
    for (size_t i = 0; i < n; i++) {
        double now = (double)p[i], g = pull(u, (double)dp[i], &now);
        s[i] = (float)((double)s[i] + g * g);
        p[i] = (float)(now - (double)u->rate * g / root_of(u, (double)s[i]));
    }
}

static void ref_rmsprop(size_t n, const update *u, const float *dp, float *v,
                        float *mean, float *buf, float *p)
{
    const double rate = (double)u->rate, rest = (double)u->rest;
    for (size_t i = 0; i < n; i++) {
        double now = (double)p[i], g = pull(u, (double)dp[i], &now);
        double square = (double)u->alpha * (double)v[i] + rest * g * g;
        v[i] = (float)square;

        /* centered: the variance instead of the mean square */
        if (u->centered) {
            const double middle = (double)u->alpha * (double)mean[i] + rest * g;
            mean[i] = (float)middle;
            square = real_max(0, square - middle * middle);
        }

        double step = g / root_of(u, square);
        if (buf) {
            step = (double)u->momentum * (double)buf[i] +
                   (u->keras ? rate * step : step);
            buf[i] = (float)step;
        }

        p[i] = (float)(now - (buf && u->keras ? step : rate * step));
    }
}

static void ref_lion(size_t n, const update *u, const float *dp, float *m,
                     float *p)
{
    for (size_t i = 0; i < n; i++) {
        double now = (double)p[i], g = pull(u, (double)dp[i], &now);
        const double mean = (double)m[i];
        const double step = (double)u->beta1 * mean + (double)u->rest1 * g;
        const double sign = step > 0 ? 1 : step < 0 ? -1 : step;

        m[i] = (float)((double)u->beta2 * mean + (double)u->rest2 * g);
        p[i] = (float)(now - (double)u->rate * sign);
    }
}

/* ---- The peak ----------------------------------------------------------- */

static double ref_peak(size_t rounds)
{
    volatile double sum = 1;
    for (size_t i = 0; i < rounds; i++)
        sum = sum * 0.5 + 0.5;
    return 2.0 * (double)rounds;
}

static double ref_peak_bf16(size_t rounds) { return 0.0 * (double)rounds; }

static double ref_peak_int8(size_t rounds) { return 0.0 * (double)rounds; }

static double ref_read(size_t rounds, size_t n, const float *x)
{
    volatile float seen;
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < n; i++)
            seen = x[i];
    (void)seen;
    return (double)rounds * (double)n * sizeof *x;
}

const kernels kernels_ref = {
    .isa = "ref",
#define K(result, name, arguments) .name = ref_##name,
#define K_TRAIN(result, name, arguments)
#include "kernel/kernel.def"
#undef K
#undef K_TRAIN
};

const train_kernels train_kernels_ref = {
#define K(result, name, arguments)
#define K_TRAIN(result, name, arguments) .name = ref_##name,
#include "kernel/kernel.def"
#undef K
#undef K_TRAIN
};
