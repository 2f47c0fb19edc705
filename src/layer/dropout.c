/*
 * dropout.c: each unit is 0 with chance p, else 1 / (1 - p) times itself
 * (Srivastava et al. 2014, inverted as in torch.nn.Dropout); with one mask for
 * all steps it is the variational kind (Gal & Ghahramani 2016). Only while
 * training.
 */
#include <string.h>

#include "layer/layer.h"
#include "layer/mask.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    (void)plan;
    l->O = l->I;
    return ELMAN_OK;
}

static void lay_out(const layer *l, arena *a, size_t T, size_t B, bool training,
                    bool keep, layer_state *s)
{
    (void)keep;
    if (training)
        s->mask = arena_take(a, l->config.variational ? B : T * B,
                             l->O * sizeof(float));
}

/* Row (t,b) of the mask. */
static float *mask_row(const layer *l, const pass *p, const layer_state *s,
                       size_t row)
{
    return s->mask + (l->config.variational ? row % p->B : row) * l->O;
}

static void draw(const layer *l, const pass *p, layer_state *s)
{
    mask_key key = {p->training->seed, p->training->draw, l->number,
                    MASK_DROPOUT};
    float p_keep = 1 - l->config.dropout;
    float scale = p_keep > 0 ? 1 / p_keep : 0;

    /* the same mask in all steps, or one for each */
    size_t steps = l->config.variational ? 1 : p->T;
    for (size_t row = 0; row < steps * p->B; row++) {
        size_t t = row / p->B, b = row % p->B;
        uint64_t step =
            l->config.variational ? MASK_EVERY_STEP : p->steps_before[b] + t;
        mask_fill(&key, p->ids[b], step, p_keep, scale, l->O,
                  s->mask + row * l->O);
    }
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    rows_clear(p, l->O, s->y);
    if (p->training) draw(l, p, s);

    for (size_t r = 0; r < p->row_count; r++) {
        size_t at = p->rows[r] * l->O;
        if (p->training)
            p->k->multiply(l->O, x + at, mask_row(l, p, s, p->rows[r]),
                           s->y + at);
        else memcpy(s->y + at, x + at, l->O * sizeof *x);
    }
}

void layer_dropout_backward(const layer *l, const pass *p, layer_state *s,
                            const float *x, float *dx)
{
    (void)x;
    if (!dx) return;
    rows_clear(p, l->I, dx);

    for (size_t r = 0; r < p->row_count; r++) {
        size_t at = p->rows[r] * l->O;
        p->k->multiply(l->O, s->dy + at, mask_row(l, p, s, p->rows[r]),
                       dx + at);
    }
}

const layer_kind layer_dropout = {
    .plan = plan,
    .lay_out = lay_out,
    .forward = forward,
};
