/* flow_forward.c: a sequence forward, and what its losses begin with. */
#include "inspect/flow_forward.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/real.h"
#include "base/thread.h"
#include "learn/loss.h"

/* ---- Checks ------------------------------------------------------------- */

elman_status flow_check_batch(const elman_model *m, const elman_batch *batch)
{
    if (!batch->T || !batch->B)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has T %zu and B %zu, expected 1 or more of "
                       "both",
                       batch->T, batch->B);

    bool embeds = m->info.vocabulary > 0;
    if (embeds ? !batch->tokens : !batch->x)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has no %s, which the first layer reads",
                       embeds ? "tokens" : "x");

    for (size_t b = 0; b < batch->B; b++)
        if (flow_length(batch, b) > batch->T)
            return failure(ELMAN_BAD_VALUE,
                           "lengths[%zu] is %zu, expected 0 to T %zu", b,
                           batch->lengths[b], batch->T);
    return ELMAN_OK;
}

static elman_status check(const elman_model *m, const elman_batch *batch,
                          size_t sequence, int threads)
{
    if (!m->info.level_count)
        return failure(ELMAN_BAD_VALUE,
                       "the model has no recurrent layer, so no gradient goes "
                       "back through time in it");
    if (threads < 0 || threads > THREADS_MAX)
        return failure(ELMAN_BAD_VALUE, "threads is %d, expected 0 to %d",
                       threads, THREADS_MAX);

    TRY(flow_check_batch(m, batch));
    if (sequence >= batch->B)
        return failure(ELMAN_BAD_VALUE,
                       "sequence is %zu, expected less than the batch's %zu",
                       sequence, batch->B);
    if (!flow_length(batch, sequence))
        return failure(ELMAN_BAD_VALUE,
                       "sequence %zu of the batch has no steps, expected one "
                       "with some",
                       sequence);
    return ELMAN_OK;
}

/* ---- Life --------------------------------------------------------------- */

/* Copies the sequence. */
static elman_status take_input(const elman_model *m, flow_forward *f)
{
    const elman_batch *batch = f->batch;
    size_t I = m->config.input_size, T = f->T;
    if (I) f->x = calloc(T * I, sizeof *f->x);
    else f->tokens = calloc(T, sizeof *f->tokens);
    if (!f->x && !f->tokens)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu steps", T);

    for (size_t t = 0; t < T; t++) {
        size_t row = m->config.batch_first ? f->sequence * batch->T + t
                                           : t * batch->B + f->sequence;
        if (I) memcpy(f->x + t * I, batch->x + row * I, I * sizeof *f->x);
        else f->tokens[t] = batch->tokens[row];
    }
    return ELMAN_OK;
}

/* Which layers the gradients go through. */
static void find_layers(const elman_model *m, flow_forward *f)
{
    f->bottom = m->layer_count;
    for (size_t i = m->layer_count; i-- > 0;) {
        if (!m->layers[i].cell) continue;
        f->bottom = i;
        f->count += m->layers[i].D;
    }

    /* the layer below the one that makes one vector of all steps */
    f->top = m->layer_count - 1;
    while (model_per_sequence(m, f->top))
        f->top--;
    f->split &= m->info.per_sequence;
    f->spread = m->info.per_sequence && !f->split;
    f->losses = f->spread ? 1 : f->T;
}

static elman_status create(const elman_model *m, int threads, flow_forward *f)
{
    TRY(quiet_create(m, &f->quiet));
    find_layers(m, f);
    TRY(take_input(m, f));
    if (!(f->steps = calloc(f->T, sizeof *f->steps)))
        return failure(ELMAN_NO_MEMORY, "no memory for %zu steps", f->T);
    for (size_t t = 0; t < f->T; t++)
        f->steps[t] = t;

    size_t bytes;
    size_t width = m->layers[f->top].O;
    if (!sizes_multiply(f->T, width, sizeof *f->dy, &bytes) ||
        !(f->dy = block_create(bytes)))
        return failure(ELMAN_NO_MEMORY, "no memory for %zu gradients of %zu",
                       f->T, width);

    const elman_state_config config = {
        .T = f->T, .B = 1, .training = true, .passes = 1, .threads = threads};
    return state_create(f->quiet, &config, &f->state);
}

elman_status flow_forward_create(const elman_model *m, const elman_batch *batch,
                                 size_t sequence, bool split, int threads,
                                 flow_forward **forward)
{
    TRY(check(m, batch, sequence, threads));
    flow_forward *f = calloc(1, sizeof *f);
    if (!f) return failure(ELMAN_NO_MEMORY, "no memory for a measurement");

    f->batch = batch;
    f->sequence = sequence;
    f->split = split;
    f->T = flow_length(batch, sequence);
    elman_status status = create(m, threads, f);
    if (status) flow_forward_destroy(f);
    else *forward = f;
    return status;
}

void flow_forward_destroy(flow_forward *f)
{
    if (!f) return;
    state_destroy(f->state);
    quiet_destroy(f->quiet);
    block_destroy(f->dy);
    free(f->steps);
    free(f->x);
    free(f->tokens);
    free(f);
}

size_t flow_forward_index(const flow_forward *f, size_t i)
{
    size_t index = 0;
    for (size_t j = 0; j < i; j++)
        if (f->quiet->layers[j].cell) index += f->quiet->layers[j].D;
    return index;
}

/* ---- What goes back ----------------------------------------------------- */

/* Steps of the output. */
static size_t answers_of(const flow_forward *f)
{
    return f->quiet->info.per_sequence ? 1 : f->T;
}

/* 1 or -1 on each of the outputs of a step (O), the same at each step: random
 * signs, because equal gradients would vanish in a softmax. */
static void put_signs(size_t answers, size_t O, float *dy)
{
    random_key key = {.purpose = RANDOM_TEST};
    for (size_t i = 0; i < answers; i++)
        for (size_t j = 0; j < O; j++)
            dy[i * O + j] = random_uniform(key, j) < 0.5f ? -1 : 1;
}

static elman_status put_output(size_t answers, size_t O, size_t output,
                               float *dy)
{
    if (output >= O)
        return failure(ELMAN_BAD_VALUE,
                       "output is %zu, expected less than the model's %zu",
                       output, O);
    memset(dy, 0, answers * O * sizeof *dy);
    for (size_t i = 0; i < answers; i++)
        dy[i * O + output] = 1;
    return ELMAN_OK;
}

/* The gradient of each step's part of the batch's loss. */
static elman_status put_loss(const flow_forward *f,
                             const elman_flow_config *config, size_t O,
                             float *dy)
{
    const elman_batch *batch = f->batch;
    if (!config->target || !config->loss)
        return failure(ELMAN_BAD_VALUE, "the source is a loss, but %s is NULL",
                       config->target ? "loss" : "target");
    if (model_outputs(f->quiet) > 1)
        return failure(ELMAN_BAD_VALUE,
                       "the source is a loss, but with merge none the model "
                       "has two outputs: expected another source");

    bool one = f->quiet->info.per_sequence;
    elman_batch shape = {
        .T = one ? 1 : batch->T,
        .B = batch->B,
        .lengths = one ? NULL : batch->lengths,
    };
    loss_job job;
    TRY(loss_begin(config->loss, &shape, O, config->target, &job));

    /* of this sequence alone, each answer's own part */
    const float *y = state_output(f->quiet, f->state);
    for (size_t i = 0; i < answers_of(f); i++) {
        uint32_t best;
        (void)loss_row(&job, i * batch->B + f->sequence, y + i * O, dy + i * O,
                       &best);
    }
    return ELMAN_OK;
}

static elman_status put(const flow_forward *f, const elman_flow_config *config,
                        size_t O, float *dy)
{
    switch (config->source) {
    case ELMAN_FLOW_SIGNS:
        put_signs(answers_of(f), O, dy);
        return ELMAN_OK;
    case ELMAN_FLOW_LOSS:
        return put_loss(f, config, O, dy);
    case ELMAN_FLOW_OUTPUT:
        return put_output(answers_of(f), O, config->output, dy);
    }
    return failure(ELMAN_BAD_VALUE, "source is %d, expected 0 to 2",
                   (int)config->source);
}

/* From the one vector of the sequence to all steps of the layer below, whose dy
 * is the state's own. */
static elman_status go_back(const flow_forward *f)
{
    const elman_model *m = f->quiet;
    elman_state *s = f->state;
    TRY(gradients_begin(s));
    for (size_t i = m->layer_count; i-- > f->top + 1;) {
        const layer *l = m->layers + i;
        layer_backward(l, l->per_sequence ? &s->tail : &s->full, s->layers + i,
                       s->layers[i - 1].y, s->layers[i - 1].dy);
    }
    gradients_end(s);
    return ELMAN_OK;
}

/* Lists the steps that get a part of the gradient, and moves their rows
 * together. A part of less than 2^-30 of the largest is none: it would fall
 * below what goes back (flow_rows.c) long before the others. */
static void list_parts(flow_forward *f)
{
    const kernels *k = f->state->full.k;
    size_t O = f->quiet->layers[f->top].O;
    double most = 0;
    for (size_t t = 0; t < f->T; t++)
        most = real_max(most, k->sum_squares(O, f->dy + t * O));

    f->losses = 0;
    for (size_t t = 0; t < f->T; t++) {
        const float *part = f->dy + t * O;
        double size = k->sum_squares(O, part);
        if (size == 0 || size < 0x1p-60 * most) continue;
        f->steps[f->losses] = t;
        memmove(f->dy + f->losses++ * O, part, O * sizeof *part);
    }
}

elman_status flow_forward_run(flow_forward *f, const elman_flow_config *config)
{
    const elman_model *m = f->quiet;
    const elman_batch batch = {
        .T = f->T, .B = 1, .x = f->x, .tokens = f->tokens};
    gradients_zero(f->state);
    state_reset(m, f->state);
    TRY(model_forward(m, f->state, &batch, NULL));

    size_t O = m->layers[m->layer_count - 1].O;
    if (!m->info.per_sequence) return put(f, config, O, f->dy);

    TRY(put(f, config, O, state_output_gradient(m, f->state)));
    TRY(go_back(f));
    memcpy(f->dy, f->state->layers[f->top].dy,
           f->T * m->layers[f->top].O * sizeof *f->dy);
    if (f->split) list_parts(f);
    return ELMAN_OK;
}
