/* activation.c: functions elementwise, and softmax over features. */
#include <math.h>
#include <string.h>

#include "base/kind.h"
#include "layer/layer.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    (void)plan;
    l->O = l->I;
    return ELMAN_OK;
}

/* What rows need, for whichever thread works on them. */
typedef struct rows_context {
    const layer *l;
    const pass *p;
    layer_state *s;
    const float *x;
    float *dx;
} rows_context;

/* The function of a layer whose kind names it, or whose config does; 0 for
 * softmax. */
static elman_activation_kind function_of(const layer *l)
{
    switch ((int)l->config.kind) {
    case ELMAN_TANH:
        return ELMAN_ACTIVATION_TANH;
    case ELMAN_SIGMOID:
        return ELMAN_ACTIVATION_SIGMOID;
    case ELMAN_RELU:
        return ELMAN_ACTIVATION_RELU;
    case ELMAN_ACTIVATION:
        return l->config.activation.kind;
    default:
        return ELMAN_ACTIVATION_DEFAULT;
    }
}

static void forward_rows(const void *context, size_t begin, size_t end)
{
    const rows_context *at = context;
    const kernels *k = at->p->k;
    elman_activation_kind function = function_of(at->l);
    bool logarithm = at->l->config.kind == ELMAN_LOG_SOFTMAX;
    size_t O = at->l->O;

    /* row by row; three functions have kernels of their own */
    for (size_t r = begin; r < end; r++) {
        const float *x = at->x + at->p->rows[r] * O;
        float *y = at->s->y + at->p->rows[r] * O;

        switch (function) {
        case ELMAN_ACTIVATION_TANH:
            k->tanh_forward(O, INFINITY, x, y);
            break;
        case ELMAN_ACTIVATION_SIGMOID:
            k->sigmoid_forward(O, INFINITY, x, y);
            break;
        case ELMAN_ACTIVATION_RELU:
            k->relu_forward(O, INFINITY, x, y);
            break;
        case ELMAN_ACTIVATION_DEFAULT:
            if (logarithm) k->log_softmax(O, x, y);
            else k->softmax(O, x, y);
            break;
        default:
            k->activation_forward(O, &at->l->config.activation, INFINITY, x, y);
        }
    }
}

static void backward_rows(const void *context, size_t begin, size_t end)
{
    const rows_context *at = context;
    const train_kernels *k = kernels_train(at->p->k);
    elman_activation_kind function = function_of(at->l);
    bool logarithm = at->l->config.kind == ELMAN_LOG_SOFTMAX;
    size_t O = at->l->O;

    /* row by row; functions without kernels need x, all others y alone */
    for (size_t r = begin; r < end; r++) {
        const float *y = at->s->y + at->p->rows[r] * O;
        const float *dy = at->s->dy + at->p->rows[r] * O;
        const float *x = at->x + at->p->rows[r] * O;
        float *dx = at->dx + at->p->rows[r] * O;

        switch (function) {
        case ELMAN_ACTIVATION_TANH:
            k->tanh_backward(O, INFINITY, y, dy, dx);
            break;
        case ELMAN_ACTIVATION_SIGMOID:
            k->sigmoid_backward(O, INFINITY, y, dy, dx);
            break;
        case ELMAN_ACTIVATION_RELU:
            k->relu_backward(O, INFINITY, y, dy, dx);
            break;
        case ELMAN_ACTIVATION_DEFAULT:
            if (logarithm) k->log_softmax_backward(O, y, dy, dx);
            else k->softmax_backward(O, y, dy, dx);
            break;
        default:
            k->activation_backward(O, &at->l->config.activation, INFINITY, x,
                                   dy, dx);
        }
    }
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    rows_context at = {.l = l, .p = p, .s = s, .x = x};
    rows_clear(p, l->O, s->y);
    rows_run(p, 16 * l->I, forward_rows, &at);
}

void layer_activation_backward(const layer *l, const pass *p, layer_state *s,
                               const float *x, float *dx)
{
    if (!dx) return;
    rows_context at = {.l = l, .p = p, .s = s, .x = x, .dx = dx};
    rows_clear(p, l->I, dx);
    rows_run(p, 4 * l->I, backward_rows, &at);
}

const layer_kind layer_activation = {
    .plan = plan,
    .forward = forward,
};

static elman_status softmax_plan(layer *l, layer_plan *plan)
{
    l->O = l->I;
    plan->forward_features = l->O;
    return ELMAN_OK;
}

const layer_kind layer_softmax = {
    .plan = softmax_plan,
    .forward = forward,
};
