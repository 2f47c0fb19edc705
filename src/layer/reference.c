/*
 * reference.c: the layers that read one step at a time, in double.
 *
 *   linear      y = W x + b
 *   embedding   y = W[token]
 *   tanh, sigmoid, relu, softmax, log softmax   by their textbook formulas
 *   activation  y = f(x): cell/reference_activation.c
 *   layer norm  n = (x - mean) / sqrt(variance + eps), y = w n + b
 *   dropout     y = x mask, mask 0 or 1 / (1 - p)
 *   last        y = x at the last valid step, or where each direction ends
 */
#include "layer/reference.h"

#include "base/kind.h"

#include <math.h>
#include <string.h>

#include "base/real.h"

void reference_draw_mask(const reference_pass *p, const reference_draw *draw,
                         size_t n, double *mask)
{
    p->mask(p->context, draw, n, p->room);
    for (size_t j = 0; j < n; j++)
        mask[j] = (double)p->room[j];
}

/* ---- One row forward ---------------------------------------------------- */

static void linear_forward(const reference_layer *l, const double *weights,
                           const double *x, double *y)
{
    for (size_t o = 0; o < l->O; o++) {
        y[o] = l->bias < 0 ? 0 : weights[l->bias + (ptrdiff_t)o];
        for (size_t i = 0; i < l->I; i++)
            y[o] += weights[l->weight + (ptrdiff_t)(o * l->I + i)] * x[i];
    }
}

static void activation_forward(const reference_layer *l, const double *x,
                               double *y)
{
    for (size_t j = 0; j < l->O; j++)
        if (l->config.kind == ELMAN_TANH) y[j] = real_tanh(x[j]);
        else if (l->config.kind == ELMAN_ACTIVATION)
            y[j] = reference_activation(l->config.activation, x[j]);
        else if (l->config.kind == ELMAN_RELU) y[j] = real_max(x[j], 0);
        else y[j] = 1 / (1 + real_exp(-x[j]));
}

static void softmax_forward(size_t n, const double *x, double *y)
{
    double top = x[0], sum = 0;
    for (size_t j = 1; j < n; j++)
        top = real_max(top, x[j]);
    for (size_t j = 0; j < n; j++)
        sum += y[j] = real_exp(x[j] - top);
    for (size_t j = 0; j < n; j++)
        y[j] /= sum;
}

static void log_softmax_forward(size_t n, const double *x, double *y)
{
    double top = x[0], sum = 0;
    for (size_t j = 1; j < n; j++)
        top = real_max(top, x[j]);
    for (size_t j = 0; j < n; j++)
        sum += real_exp(x[j] - top);
    for (size_t j = 0; j < n; j++)
        y[j] = x[j] - top - real_log(sum);
}

/* x_hat (n); returns sqrt(variance + eps) */
static double normalize(const reference_layer *l, const double *x,
                        double *x_hat)
{
    size_t n = l->I;
    double eps = l->config.eps > 0 ? (double)l->config.eps : 1e-5;
    double mean = 0, variance = 0;

    for (size_t j = 0; j < n; j++)
        mean += x[j] / (double)n;
    for (size_t j = 0; j < n; j++)
        variance += (x[j] - mean) * (x[j] - mean) / (double)n;
    for (size_t j = 0; j < n; j++)
        x_hat[j] = (x[j] - mean) / sqrt(variance + eps);

    return sqrt(variance + eps);
}

static void norm_forward(const reference_layer *l, const double *weights,
                         const double *x, double *y)
{
    normalize(l, x, y);
    for (size_t j = 0; j < l->O; j++)
        y[j] = y[j] * weights[l->weight + (ptrdiff_t)j] +
               weights[l->bias + (ptrdiff_t)j];
}

static double l2_length(size_t n, const double *x)
{
    double squares = 0;
    for (size_t j = 0; j < n; j++)
        squares += x[j] * x[j];
    return sqrt(squares);
}

/* What a length is at least where it divides. */
static double l2_least(const reference_layer *l)
{
    return l->config.eps > 0 ? (double)l->config.eps : 1e-12;
}

static void l2_norm_forward(const reference_layer *l, const double *x,
                            double *y)
{
    double m = real_max(l2_least(l), l2_length(l->I, x));
    for (size_t j = 0; j < l->O; j++)
        y[j] = x[j] / m;
}

static void dropout_forward(const reference_layer *l, const reference_pass *p,
                            size_t t, size_t b, const double *x, double *y)
{
    double *mask = l->mask + (t * p->B + b) * l->O;
    float kept = 1 - l->config.dropout;
    reference_draw draw = {
        l->number, MASK_DROPOUT,
        b,         l->config.variational ? MASK_EVERY_STEP : (uint64_t)t,
        kept,      kept > 0 ? 1 / kept : 0};

    for (size_t j = 0; j < l->O; j++)
        mask[j] = 1;
    if (p->mask && l->config.dropout > 0)
        reference_draw_mask(p, &draw, l->O, mask);
    for (size_t j = 0; j < l->O; j++)
        y[j] = x[j] * mask[j];
}

/* ---- One row backward: dx is written ------------------------------------ */

static void linear_backward(const reference_layer *l, const reference_pass *p,
                            const double *x, const double *dy, double *dx)
{
    memset(dx, 0, l->I * sizeof *dx);

    for (size_t o = 0; o < l->O; o++) {
        if (l->bias >= 0) p->gradients[l->bias + (ptrdiff_t)o] += dy[o];
        for (size_t i = 0; i < l->I; i++) {
            ptrdiff_t at = l->weight + (ptrdiff_t)(o * l->I + i);
            p->gradients[at] += dy[o] * x[i];
            dx[i] += p->weights[at] * dy[o];
        }
    }
}

static void activation_backward(const reference_layer *l, const double *x,
                                const double *y, const double *dy, double *dx)
{
    for (size_t j = 0; j < l->O; j++)
        if (l->config.kind == ELMAN_TANH) dx[j] = dy[j] * (1 - y[j] * y[j]);
        else if (l->config.kind == ELMAN_ACTIVATION)
            dx[j] = dy[j] *
                    reference_activation_derivative(l->config.activation, x[j]);
        else if (l->config.kind == ELMAN_RELU) dx[j] = y[j] > 0 ? dy[j] : 0;
        else dx[j] = dy[j] * y[j] * (1 - y[j]);
}

static void softmax_backward(size_t n, const double *y, const double *dy,
                             double *dx)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += y[j] * dy[j];
    for (size_t j = 0; j < n; j++)
        dx[j] = y[j] * (dy[j] - sum);
}

static void log_softmax_backward(size_t n, const double *y, const double *dy,
                                 double *dx)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += dy[j];
    for (size_t j = 0; j < n; j++)
        dx[j] = dy[j] - real_exp(y[j]) * sum;
}

/* With q = w dy: dx = (q - mean(q) - n mean(q n)) / std. dx holds n first. */
static void norm_backward(const reference_layer *l, const reference_pass *p,
                          const double *x, const double *dy, double *dx)
{
    double *dw = p->gradients + l->weight, *db = p->gradients + l->bias;
    const double *w = p->weights + l->weight;
    double std = normalize(l, x, dx), mean_q = 0, mean_qn = 0;

    for (size_t j = 0; j < l->I; j++) {
        dw[j] += dy[j] * dx[j];
        db[j] += dy[j];
        mean_q += w[j] * dy[j] / (double)l->I;
        mean_qn += w[j] * dy[j] * dx[j] / (double)l->I;
    }

    for (size_t j = 0; j < l->I; j++)
        dx[j] = (w[j] * dy[j] - mean_q - dx[j] * mean_qn) / std;
}

/* y = x / m: dm = -sum(dy x) / m^2 goes to x where m is its length. */
static void l2_norm_backward(const reference_layer *l, const double *x,
                             const double *dy, double *dx)
{
    double length = l2_length(l->I, x), m = real_max(l2_least(l), length);
    double dm = 0;
    for (size_t j = 0; j < l->I && !(length <= l2_least(l)); j++)
        dm -= dy[j] * x[j] / (m * m);

    for (size_t j = 0; j < l->I; j++)
        dx[j] = dy[j] / m + (dm == 0 ? 0 : dm * x[j] / length);
}

/* ---- ELMAN_LAST --------------------------------------------------------- */

/* The step that feature j of sequence b is taken from. */
static size_t last_step(const reference_layer *l, const reference_pass *p,
                        size_t b, size_t j)
{
    bool from_start =
        l->config.last == ELMAN_LAST_FINAL && j >= l->forward_features;
    return from_start ? 0 : p->lengths[b] - 1;
}

static void last_forward(const reference_layer *l, const reference_pass *p,
                         const double *x)
{
    for (size_t b = 0; b < p->B; b++)
        for (size_t j = 0; j < l->I && p->lengths[b]; j++)
            l->y[b * l->I + j] =
                x[(last_step(l, p, b, j) * p->B + b) * l->I + j];
}

static void last_backward(const reference_layer *l, const reference_pass *p,
                          double *dx)
{
    for (size_t b = 0; b < p->B; b++)
        for (size_t j = 0; j < l->I && p->lengths[b]; j++)
            dx[(last_step(l, p, b, j) * p->B + b) * l->I + j] =
                l->dy[b * l->I + j];
}

/* ---- ELMAN_REPEAT ------------------------------------------------------- */

static void repeat_forward(const reference_layer *l, const reference_pass *p,
                           const double *x)
{
    for (size_t t = 0; t < p->T; t++)
        for (size_t b = 0; b < p->B; b++)
            for (size_t j = 0; j < l->I; j++)
                l->y[(t * p->B + b) * l->I + j] =
                    t < p->lengths[b] ? x[b * l->I + j] : 0;
}

static void repeat_backward(const reference_layer *l, const reference_pass *p,
                            double *dx)
{
    for (size_t t = 0; t < p->T; t++)
        for (size_t b = 0; b < p->B; b++)
            for (size_t j = 0; j < l->I && t < p->lengths[b]; j++)
                dx[b * l->I + j] += l->dy[(t * p->B + b) * l->I + j];
}

/* ---- Any of them -------------------------------------------------------- */

static void row_forward(const reference_layer *l, const reference_pass *p,
                        size_t t, size_t b, const double *x, double *y)
{
    /* recurrent layers and ELMAN_LAST are not made of rows */
    switch (l->config.kind) {
    case ELMAN_LINEAR:
        linear_forward(l, p->weights, x, y);
        break;
    case ELMAN_EMBEDDING:
        memcpy(y,
               p->weights + l->weight + (size_t)p->tokens[t * p->B + b] * l->O,
               l->O * sizeof *y);
        break;

    case ELMAN_SOFTMAX:
        softmax_forward(l->O, x, y);
        break;
    case ELMAN_LOG_SOFTMAX:
        log_softmax_forward(l->O, x, y);
        break;
    case ELMAN_LAYER_NORM:
        norm_forward(l, p->weights, x, y);
        break;
    case ELMAN_L2_NORM:
        l2_norm_forward(l, x, y);
        break;
    case ELMAN_DROPOUT:
        dropout_forward(l, p, t, b, x, y);
        break;
    default:
        activation_forward(l, x, y);
    }
}

static void embedding_backward(const reference_layer *l,
                               const reference_pass *p, size_t row,
                               const double *dy)
{
    size_t token = (size_t)p->tokens[row];
    for (size_t j = 0; j < l->O; j++)
        p->gradients[l->weight + (ptrdiff_t)(token * l->O + j)] += dy[j];
}

static void row_backward(const reference_layer *l, const reference_pass *p,
                         size_t row, const double *x, double *dx)
{
    const double *y = l->y + row * l->O, *dy = l->dy + row * l->O;

    /* recurrent layers and ELMAN_LAST are not made of rows */
    switch (l->config.kind) {
    case ELMAN_LINEAR:
        linear_backward(l, p, x, dy, dx);
        break;
    case ELMAN_EMBEDDING:
        embedding_backward(l, p, row, dy);
        break;

    case ELMAN_SOFTMAX:
        softmax_backward(l->O, y, dy, dx);
        break;
    case ELMAN_LOG_SOFTMAX:
        log_softmax_backward(l->O, y, dy, dx);
        break;
    case ELMAN_LAYER_NORM:
        norm_backward(l, p, x, dy, dx);
        break;
    case ELMAN_L2_NORM:
        l2_norm_backward(l, x, dy, dx);
        break;
    case ELMAN_DROPOUT:
        for (size_t j = 0; j < l->O; j++)
            dx[j] = dy[j] * l->mask[row * l->O + j];
        break;
    default:
        activation_backward(l, x, y, dy, dx);
    }
}

void reference_layer_forward(reference_layer *l, const reference_pass *p,
                             const double *x)
{
    size_t apart = l->D == 2 && l->config.merge == ELMAN_MERGE_NONE;
    size_t width = apart ? 2 * l->directions[0].cell.R : l->O;
    memset(l->y, 0, p->T * p->B * width * sizeof *l->y);

    if (kind_is_recurrent(l->config.kind)) {
        reference_recurrent_forward(l, p, x);
        return;
    }
    if (l->config.kind == ELMAN_LAST) {
        last_forward(l, p, x);
        return;
    }
    if (l->config.kind == ELMAN_REPEAT) {
        repeat_forward(l, p, x);
        return;
    }
    if (l->config.kind == ELMAN_POOL) {
        reference_pool_forward(l, p, x);
        return;
    }

    for (size_t b = 0; b < p->B; b++)
        for (size_t t = 0; t < p->lengths[b]; t++)
            row_forward(l, p, t, b, x ? x + (t * p->B + b) * l->I : NULL,
                        l->y + (t * p->B + b) * l->O);
}

void reference_layer_backward(reference_layer *l, const reference_pass *p,
                              const double *x, double *dx)
{
    size_t T = l->config.kind == ELMAN_REPEAT ? 1 : p->T;
    if (dx) memset(dx, 0, T * p->B * l->I * sizeof *dx);

    if (kind_is_recurrent(l->config.kind)) {
        reference_recurrent_backward(l, p, x, dx);
        return;
    }
    if (l->config.kind == ELMAN_LAST) {
        last_backward(l, p, dx);
        return;
    }
    if (l->config.kind == ELMAN_REPEAT) {
        repeat_backward(l, p, dx);
        return;
    }
    if (l->config.kind == ELMAN_POOL) {
        reference_pool_backward(l, p, x, dx);
        return;
    }

    for (size_t b = 0; b < p->B; b++)
        for (size_t t = 0; t < p->lengths[b]; t++) {
            size_t row = t * p->B + b;
            row_backward(l, p, row, x ? x + row * l->I : NULL,
                         dx ? dx + row * l->I : NULL);
        }
}
