/*
 * flow_last.c: one forward and one backward pass, starting from a gradient at
 * the last step alone (flow_backward.c). The norm of what arrives at each h,
 * against the number of steps it has travelled, shows whether it vanishes or
 * explodes (Bengio et al. 1994, Pascanu et al. 2013).
 */
#include "inspect/flow.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "inspect/flow_backward.h"
#include "inspect/quiet.h"

/* Without dropout, for a gradient should not depend on a draw; but with the
 * draws of zoneout, which are part of the path through time. */
static elman_status create_quiet(const elman_model *m, elman_model **quiet)
{
    TRY(quiet_create(m, quiet));
    for (size_t i = 0; i < m->layer_count; i++)
        (*quiet)->layers[i].quiet = false;
    return ELMAN_OK;
}

/* Puts 1 or -1 on each unit of the output where its sequence ends: random
 * signs, because equal gradients would vanish in a softmax. */
static void set_gradient(const elman_model *m, const elman_state *s)
{
    /* of two outputs the first */
    const layer *last = m->layers + m->layer_count - 1;
    bool both =
        last->cell && last->D == 2 && last->config.merge == ELMAN_MERGE_NONE;
    size_t O = last->O / (both ? 2 : 1);

    random_key key = {.purpose = RANDOM_TEST};
    float *dy = state_output_gradient(m, s);
    size_t T = m->info.per_sequence ? 1 : s->full.T, B = s->full.B;
    memset(dy, 0, T * B * last->O * sizeof *dy);

    for (size_t b = 0; b < B; b++) {
        size_t length = s->full.lengths[b];
        if (length == 0) continue;
        size_t row = (m->info.per_sequence ? 0 : length - 1) * B + b;
        for (size_t j = 0; j < O; j++)
            dy[row * O + j] = random_uniform(key, j) < 0.5f ? -1 : 1;
    }
}

/* The norms of dh (T,B,R), whose entries run in the order of reading: norms[k]
 * is k steps before the end, averaged over the sequences that reach so far. */
static void measure(const elman_state *s, const layer *l, const float *dh,
                    double *norms)
{
    size_t T = s->full.T, B = s->full.B;
    for (size_t k = 0; k < T; k++) {
        size_t sequences = 0;
        norms[k] = 0;

        for (size_t b = 0; b < B; b++) {
            size_t length = s->full.lengths[b];
            if (k >= length) continue;

            size_t entry = l->config.reverse ? k : length - 1 - k;
            norms[k] +=
                sqrt(s->full.k->sum_squares(l->R, dh + (entry * B + b) * l->R));
            sequences++;
        }

        if (sequences) norms[k] /= (double)sequences;
    }
}

static elman_status run(const elman_model *m, const layer *l,
                        const elman_batch *batch, double *norms)
{
    elman_state *s = NULL;
    const elman_state_config config = {.T = batch->T,
                                       .B = batch->B,
                                       .training = true,
                                       .keep_gradients = true,
                                       .passes = 1};
    TRY(state_create(m, &config, &s));

    elman_status status = model_forward(m, s, batch, NULL);
    if (!status) {
        set_gradient(m, s);
        status = flow_backward(m, s, l->config.reverse);
    }
    if (!status) {
        size_t index = (size_t)(l - m->layers);
        measure(s, l, s->layers[index].directions[0].kept.dh, norms);
    }
    state_destroy(s);
    return status;
}

elman_status flow_read(const elman_model *model, const elman_batch *batch,
                       size_t level, double *norms)
{
    if (level >= model->info.level_count)
        return failure(ELMAN_BAD_VALUE,
                       "level is %zu, expected less than the model's %zu "
                       "recurrent levels",
                       level, model->info.level_count);
    elman_model *quiet;
    TRY(create_quiet(model, &quiet));

    /* the layer of that level */
    const layer *l = quiet->layers;
    while (!l->cell || l->level != level)
        l++;

    elman_status status = run(quiet, l, batch, norms);
    quiet_destroy(quiet);
    return status;
}
