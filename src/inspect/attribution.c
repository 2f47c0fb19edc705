/*
 * attribution.c: which steps and features of an input decided an answer: what
 * is asked, the passes, and the sums. The methods are in attribution_path.c and
 * attribution_occlusion.c.
 *
 * The model is quiet. Of one that reads tokens the first layer becomes the
 * identity, and the rows of its table are the input: so gradients exist, and
 * what a token does is the sum over its row. Steps after the explained one are
 * left out where no layer reads backwards.
 *
 * A config that leaves the points open gets as many as it needs: 16 at first.
 * The gradient of a trained network may be chaotic between its input and the
 * baseline: a character model's over 256 steps came to a gap of 917 for an
 * answer of 3.7, and no number of points helped. So after that steps are fewer
 * as points are more: those before stay as they are, in the baseline too.
 */
#include "inspect/attribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/thread.h"
#include "inspect/attribution_parts.h"
#include "inspect/quiet.h"

/* Points of the integral to begin with, and at least where they do not do;
 * steps that are worth most points, and points times steps of an attempt; the
 * parts of what the steps come to that the gap may be for an attempt to do. */
enum { FEW_POINTS = 16, MANY_POINTS = 64, MOST_POINTS = 4096 };
enum { SHORT = 32, WORK = 1 << 14 };
#define SMALL_GAP 1e-3
#define LARGE_GAP 1e-2

/* ---- What is asked ------------------------------------------------------ */

static elman_status check_config(const elman_model *m, const elman_batch *batch,
                                 const elman_attribution_config *config)
{
    size_t outputs = m->layers[m->layer_count - 1].O;
    if ((unsigned)config->kind > ELMAN_ATTRIBUTION_OCCLUSION)
        return failure(ELMAN_BAD_VALUE, "kind is %d, expected 0 to %d",
                       (int)config->kind, ELMAN_ATTRIBUTION_OCCLUSION);

    /* what they count from 0, and from 1 */
    if (config->sequence >= batch->B)
        return failure(ELMAN_BAD_VALUE,
                       "sequence is %zu, expected less than the batch's B %zu",
                       config->sequence, batch->B);
    if (config->output > outputs)
        return failure(ELMAN_BAD_VALUE,
                       "output is %zu, expected 1 to the model's %zu, or 0 for "
                       "the largest",
                       config->output, outputs);

    /* how it is done */
    if (config->points > MOST_POINTS)
        return failure(ELMAN_BAD_VALUE,
                       "points is %zu, expected 1 to %d, or 0 for as many as "
                       "are needed",
                       config->points, MOST_POINTS);
    if (config->threads < 0 || config->threads > THREADS_MAX)
        return failure(ELMAN_BAD_VALUE, "threads is %d, expected 0 to %d",
                       config->threads, THREADS_MAX);
    return ELMAN_OK;
}

/* The length of the sequence, and the step that is explained. */
static elman_status choose_step(attribution_run *run, const elman_batch *batch,
                                const elman_attribution_config *config)
{
    size_t b = config->sequence;
    size_t length = batch->lengths ? batch->lengths[b] : batch->T;
    if (length == 0 || length > batch->T)
        return failure(ELMAN_BAD_VALUE,
                       "sequence %zu has %zu steps, expected 1 to the batch's "
                       "T %zu",
                       b, length, batch->T);

    bool per_sequence = run->model->info.per_sequence;
    if (!per_sequence && config->step > length)
        return failure(ELMAN_BAD_VALUE,
                       "step is %zu, expected 1 to the sequence's %zu, or 0 "
                       "for the last",
                       config->step, length);

    /* what comes later matters only where something reads backwards */
    run->shown.T = run->T = length;
    run->shown.step =
        (per_sequence || config->step == 0 ? length : config->step) - 1;
    if (run->model->info.streams) run->T = run->shown.step + 1;
    return ELMAN_OK;
}

/* Makes the view of the model that is run. */
static elman_status create_model(attribution_run *run, const elman_model *m)
{
    TRY(quiet_create(m, &run->model));
    elman_model *view = run->model;
    view->config.batch_first = false;
    run->embeds = m->info.vocabulary > 0;
    run->I = run->embeds ? m->layers->O : m->config.input_size;
    run->shown.I = run->embeds ? 1 : run->I;
    if (!run->embeds) return ELMAN_OK;

    view->config.input_size = view->info.input_size = run->I;
    view->info.vocabulary = 0;
    layer *first = view->layers;
    first->kind = &layer_activation;
    first->I = run->I;
    first->config.kind = ELMAN_ACTIVATION;
    first->config.activation =
        (elman_activation){ELMAN_ACTIVATION_AFFINE, 1, 0};
    return ELMAN_OK;
}

/* ---- Input and baseline ------------------------------------------------- */

static elman_status write_tokens(attribution_run *run, const elman_model *m,
                                 const elman_batch *batch, size_t b)
{
    const float *table = parameter_values(m, m->parameters);
    for (size_t t = 0; t < run->T; t++) {
        size_t row =
            m->config.batch_first ? b * batch->T + t : t * batch->B + b;
        int32_t token = batch->tokens[row];
        if (token < 0 || (size_t)token >= m->info.vocabulary)
            return failure(ELMAN_BAD_VALUE,
                           "the token at t %zu, b %zu is %d, expected 0 to %zu",
                           t, b, token, m->info.vocabulary - 1);
        memcpy(run->x + t * run->I, table + (size_t)token * run->I,
               run->I * sizeof *run->x);
    }
    return ELMAN_OK;
}

/* The mean of the embeddings, one chain in double for each number. */
static void write_mean(attribution_run *run, const elman_model *m)
{
    const float *table = parameter_values(m, m->parameters);
    for (size_t i = 0; i < run->I; i++) {
        double sum = 0;
        for (size_t v = 0; v < m->info.vocabulary; v++)
            sum += (double)table[v * run->I + i];
        run->baseline[i] = (float)(sum / (double)m->info.vocabulary);
    }
}

static elman_status write_input(attribution_run *run, const elman_model *m,
                                const elman_batch *batch,
                                const elman_attribution_config *config)
{
    size_t b = config->sequence, I = run->I;
    if (config->baseline)
        memcpy(run->baseline, config->baseline, I * sizeof *run->baseline);
    else if (run->embeds) write_mean(run, m);
    if (run->embeds) return write_tokens(run, m, batch, b);

    for (size_t t = 0; t < run->T; t++) {
        size_t row =
            m->config.batch_first ? b * batch->T + t : t * batch->B + b;
        memcpy(run->x + t * I, batch->x + row * I, I * sizeof *run->x);
    }
    return ELMAN_OK;
}

/* ---- Passes ------------------------------------------------------------- */

/* Of so many numbers of each sequence of the state. */
static size_t memory_bytes(const attribution_run *run, size_t numbers)
{
    return run->rows * numbers * sizeof(float);
}

elman_status attribution_forward(attribution_run *run, size_t count)
{
    const elman_batch batch = {
        .T = run->T - run->begin, .B = count, .x = run->in};
    elman_state *state = run->state;
    state_reset(run->model, state);
    for (size_t b = 0; b < run->rows && run->begin; b++)
        state->position[b] = run->begin;
    if (run->begin) {
        const elman_model *m = run->model;
        memcpy(state->memory.h, run->h, memory_bytes(run, m->memory_h));
        memcpy(state->memory.c, run->c, memory_bytes(run, m->memory_c));
    }
    return model_forward(run->model, state, &batch, NULL);
}

/* Runs the steps before the first and keeps the memory after them. */
static elman_status run_before(attribution_run *run)
{
    size_t I = run->I;
    run->begin = 0;
    if (!run->model->info.streams || run->shown.first == 0) return ELMAN_OK;
    for (size_t t = 0; t < run->shown.first; t++)
        for (size_t b = 0; b < run->rows; b++)
            memcpy(run->in + (t * run->rows + b) * I, run->x + t * I,
                   I * sizeof *run->in);

    elman_state *state = run->state;
    const elman_batch batch = {
        .T = run->shown.first, .B = run->rows, .x = run->in};
    state_reset(run->model, state);
    TRY(model_forward(run->model, state, &batch, NULL));
    memcpy(run->h, state->memory.h, memory_bytes(run, run->model->memory_h));
    memcpy(run->c, state->memory.c, memory_bytes(run, run->model->memory_c));
    run->begin = run->shown.first;
    return ELMAN_OK;
}

size_t attribution_place(const attribution_run *run, size_t count, size_t b,
                         size_t output)
{
    const elman_model *m = run->model;
    size_t O = m->layers[m->layer_count - 1].O;
    if (m->info.per_sequence) return b * O + output;

    /* with merge none the two directions are blocks of their own */
    size_t width = O / model_outputs(m);
    size_t row = (run->shown.step - run->begin) * count + b;
    return (output / width * (run->T - run->begin) * count + row) * width +
           output % width;
}

/* The answer, and that to the baseline: which output is explained. */
static elman_status answer(attribution_run *run)
{
    size_t I = run->I;
    for (size_t t = run->begin; t < run->T; t++) {
        float *in = run->in + 2 * (t - run->begin) * I;
        const float *x = run->x + t * I;
        memcpy(in, x, I * sizeof *in);
        memcpy(in + I, t < run->shown.first ? x : run->baseline,
               I * sizeof *in);
    }
    TRY(attribution_forward(run, 2));

    /* the largest one, unless it is chosen */
    const elman_model *m = run->model;
    const float *y = state_output(m, run->state);
    if (run->shown.output == SIZE_MAX) {
        run->shown.output = 0;
        for (size_t o = 1; o < m->layers[m->layer_count - 1].O; o++)
            if (y[attribution_place(run, 2, 0, o)] >
                y[attribution_place(run, 2, 0, run->shown.output)])
                run->shown.output = o;
    }
    size_t output = run->shown.output;
    run->shown.answer = (double)y[attribution_place(run, 2, 0, output)];
    run->shown.baseline_answer =
        (double)y[attribution_place(run, 2, 1, output)];
    return ELMAN_OK;
}

/* Steps, features and the gap from the values. Returns the gap as a part of
 * what the steps come to. */
static double add_up(attribution_run *run)
{
    elman_attribution *shown = &run->shown;
    double total = 0, size = 0;
    for (size_t t = 0; t < shown->T; t++) {
        const double *values = run->values + t * shown->I;
        for (size_t i = 0; i < shown->I; i++) {
            if (run->kind != ELMAN_ATTRIBUTION_OCCLUSION)
                run->steps[t] += values[i];
            run->features[i] += fabs(values[i]);
        }
        total += run->steps[t];
        size += fabs(run->steps[t]);
    }

    for (size_t i = 0; i < shown->I; i++)
        run->features[i] /= (double)shown->T;
    shown->gap = shown->answer - shown->baseline_answer - total;
    return shown->gap == 0 ? 0 : fabs(shown->gap) / size;
}

/* Whether what is left will do, or nothing can be changed. */
static bool will_do(const attribution_run *run, double gap)
{
    if (!run->adapts || !isfinite(gap) || gap <= SMALL_GAP) return true;
    return run->count > FEW_POINTS &&
           (gap <= LARGE_GAP || run->shown.first == run->shown.step);
}

/* Begins again: with more points; if those did not do either, or the gap was
 * wide, over fewer steps. */
static elman_status refine(attribution_run *run, double gap)
{
    size_t T = run->shown.T, I = run->shown.I;
    size_t steps = run->shown.step + 1 - run->shown.first, fewer = steps / 2;

    /* at first as many, or eight times fewer if that looks hopeless */
    if (run->count == FEW_POINTS) {
        fewer = steps;
        if (gap > 10 * LARGE_GAP && steps > SHORT)
            fewer = steps / 8 > SHORT ? steps / 8 : SHORT;
    }

    run->shown.first = run->shown.step + 1 - fewer;
    run->count = WORK / fewer;
    if (run->count < MANY_POINTS) run->count = MANY_POINTS;
    if (run->count > MOST_ADAPTED) run->count = MOST_ADAPTED;

    /* nothing is left of what was found */
    run->next = 0;
    run->left /= 2;
    memset(run->sums, 0, run->T * run->I * sizeof *run->sums);
    memset(run->values, 0, T * I * sizeof *run->values);
    memset(run->steps, 0, T * sizeof *run->steps);
    memset(run->features, 0, I * sizeof *run->features);

    attribution_rule(run->count, run->nodes, run->weights);
    TRY(run_before(run));
    return answer(run);
}

/* ---- The measurement ---------------------------------------------------- */

static void lay_out(attribution_run *run, arena *a)
{
    size_t I = run->I, T = run->shown.T, rows = 0, inputs = 0;
    if (!sizes_multiply(run->T, run->rows, 1, &rows) ||
        !sizes_multiply(rows, I, sizeof(float), &inputs))
        a->overflow = true;

    /* of the passes */
    run->x = arena_take(a, run->T, I * sizeof *run->x);
    run->baseline = arena_take(a, I, sizeof *run->baseline);
    run->in = arena_take(a, inputs, 1);
    run->dx = arena_take(a, inputs, 1);
    run->sums = arena_take(a, run->T, I * sizeof *run->sums);
    size_t points = run->adapts ? MOST_ADAPTED : run->count;
    run->nodes = arena_take(a, points, sizeof *run->nodes);
    run->weights = arena_take(a, points, sizeof *run->weights);
    if (run->adapts && run->model->info.streams) {
        run->h = arena_take(a, 1, memory_bytes(run, run->model->memory_h));
        run->c = arena_take(a, 1, memory_bytes(run, run->model->memory_c));
    }

    /* of the answer */
    run->shown.values = run->values =
        arena_take(a, T, run->shown.I * sizeof *run->values);
    run->shown.steps = run->steps = arena_take(a, T, sizeof *run->steps);
    run->shown.features = run->features =
        arena_take(a, run->shown.I, sizeof *run->features);
}

static elman_status create_arrays(attribution_run *run)
{
    arena a = {0};
    lay_out(run, &a);
    run->block = a.overflow ? NULL : block_create(a.used);
    if (!run->block)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for an attribution over %zu steps of %zu "
                       "features",
                       run->T, run->I);
    a = (arena){.base = run->block};
    lay_out(run, &a);
    return ELMAN_OK;
}

/* Which points, or rows, there are; room for them, and the first numbers. */
static elman_status plan(attribution_run *run, const elman_model *m,
                         const elman_batch *batch,
                         const elman_attribution_config *config)
{
    TRY(create_model(run, m));
    TRY(choose_step(run, batch, config));
    if (run->embeds ? !batch->tokens : !batch->x)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has no %s, which the first layer reads",
                       run->embeds ? "tokens" : "x");

    bool occludes = run->kind == ELMAN_ATTRIBUTION_OCCLUSION;
    run->count = config->points ? config->points : FEW_POINTS;
    if (occludes) run->count = attribution_occlusions(run);
    if (run->kind == ELMAN_ATTRIBUTION_GRADIENT) run->count = 1;

    /* answers need two rows */
    bool integrates = run->kind == ELMAN_ATTRIBUTION_INTEGRATED;
    run->adapts = integrates && config->points == 0;
    run->rows = run->count < ATTRIBUTION_ROWS ? run->count : ATTRIBUTION_ROWS;
    if (run->rows < 2) run->rows = 2;
    const elman_state_config room = {.T = run->T,
                                     .B = run->rows,
                                     .training = !occludes,
                                     .passes = occludes ? 0 : 1,
                                     .threads = config->threads,
                                     .keep_steps = true};
    TRY(state_create(run->model, &room, &run->state));
    run->state->training.inputs_alone = true;
    TRY(create_arrays(run));

    run->nodes[0] = run->weights[0] = 1;
    if (integrates) attribution_rule(run->count, run->nodes, run->weights);
    run->shown.output = config->output ? config->output - 1 : SIZE_MAX;
    return write_input(run, m, batch, config);
}

elman_status attribution_begin(const elman_model *model,
                               const elman_batch *batch,
                               const elman_attribution_config *config,
                               elman_attribution **attribution)
{
    static const elman_attribution_config usual;
    if (!config) config = &usual;
    TRY(check_config(model, batch, config));

    attribution_run *run = calloc(1, sizeof *run);
    if (!run) return failure(ELMAN_NO_MEMORY, "no memory for an attribution");
    run->kind = config->kind;
    run->left = 1;
    elman_status status = plan(run, model, batch, config);
    if (status) attribution_end(&run->shown);
    else *attribution = &run->shown;
    return status;
}

/* Nobody knows how often it begins again: each time half of what is left. */
static double progress_of(const attribution_run *run)
{
    double part = ((double)run->next + 1) / ((double)run->count + 1);
    return run->adapts ? 1 - run->left * (1 - part / 2) : part;
}

elman_status attribution_step(elman_attribution *attribution)
{
    attribution_run *run = (attribution_run *)attribution;
    if (attribution->done) return ELMAN_OK;

    if (!run->state->ran) TRY(answer(run));
    else if (run->kind == ELMAN_ATTRIBUTION_OCCLUSION)
        TRY(attribution_leave_out(run));
    else TRY(attribution_follow_path(run));

    attribution->progress = progress_of(run);
    if (run->next < run->count) return ELMAN_OK;

    double gap = add_up(run);
    attribution->done = will_do(run, gap);
    if (!attribution->done) return refine(run, gap);
    attribution->progress = 1;
    return ELMAN_OK;
}

void attribution_end(elman_attribution *attribution)
{
    attribution_run *run = (attribution_run *)attribution;
    if (!run) return;
    state_destroy(run->state);
    quiet_destroy(run->model);
    block_destroy(run->block);
    free(run);
}
