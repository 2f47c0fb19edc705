/*
 * evaluate_window.c: one window forward, its loss and its sums: at once, some
 * steps at a time, or in the segments of a budget and back as well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/encoding.h"
#include "learn/evaluate.h"
#include "learn/shared_leaves.h"

enum { NAIVE_ROOM = 4096, UNIT_ROOM = 3 * 1024 };

/* The last value of each target before the forecast, for a batch; NULL where
 * the task has none, or too many. */
static const float *naive(const evaluation *on, const elman_batch *batch,
                          size_t targets, float room[NAIVE_ROOM])
{
    if (dataset_encoding(on->dataset)->task != ELMAN_TASK_FORECAST) return NULL;
    for (size_t b = 0; b < batch->B && (b + 1) * targets <= NAIVE_ROOM; b++)
        dataset_naive(on->dataset, on->part, batch->ids[b], room + b * targets);
    return batch->B * targets <= NAIVE_ROOM ? room : NULL;
}

/* Whether a forecast is compared with what the data says in its units. */
static bool needs_units(const elman_dataset *dataset)
{
    const elman_encoding *e = dataset_encoding(dataset);
    return e->task == ELMAN_TASK_FORECAST &&
           (dataset_transformed(dataset) || e->season);
}

/* The work of the forward just run, and of the pass back that follows. */
static double work_of(const evaluation *on, const window *w)
{
    uint64_t steps = 0;
    for (size_t b = 0; b < w->batch.B; b++)
        steps += w->batch.lengths ? w->batch.lengths[b] : w->batch.T;
    return model_flops(on->model, steps, on->backward);
}

/* Adds what came out of a window: rows of shape, after those of the context. */
static elman_status add_outcome(const evaluation *on, const window *w,
                                const elman_batch *shape,
                                const shared_leaves *all, metric_sums *sums)
{
    float room[NAIVE_ROOM];
    double fixed[UNIT_ROOM], *more = NULL;
    const elman_encoding *e = dataset_encoding(on->dataset);
    size_t O = on->model->info.output_size, context = on->losses->context;

    outcome o = {.loss_config = on->loss,
                 .encoding = e,
                 .shape = shape,
                 .O = O,
                 .y = on->losses->out ? on->losses->out + context * O : NULL,
                 .best = on->losses->best + context,
                 .target = &w->target,
                 .loss = on->losses->sum,
                 .weight = on->losses->job.weight,
                 .naive = naive(on, &w->batch, e->target_count, room),
                 .confusion = on->confusion,
                 .counts = on->counts};

    /* a forecast is compared in the data's units, with room for the values */
    if (needs_units(on->dataset)) {
        if (O > UNIT_ROOM / 3 && !(more = calloc(3 * O, sizeof *more)))
            return failure(ELMAN_NO_MEMORY, "no memory for %zu outputs", O);
        o.dataset = on->dataset;
        o.ids = w->batch.ids;
        o.room = more ? more : fixed;
    }

    metric_sums *own = sums;
    if (on->share) own = shared_leaves_fill(all, on->losses, &o);
    else metrics_add(sums, &o);
    own->steps += window_steps(w);
    own->flops += work_of(on, w);
    free(more);
    return ELMAN_OK;
}

/* The seconds of the loss that were spent inside the last layer's forward, by
 * all threads at once, belong to the loss and not to the layer. */
static void move_seconds(const elman_model *m, elman_state *s,
                         row_losses *losses)
{
    double spent = 1e-9 * (double)losses->nanoseconds / s->config.threads;
    s->seconds[m->layer_count - 1].forward -= spent;
    losses->seconds += spent;
}

/* The steps of a repeat meet targets of as many. */
static elman_status check_steps(const elman_model *m, const window *w)
{
    size_t want = m->info.output_steps;
    for (size_t b = 0; want && b < w->batch.B; b++) {
        size_t steps = w->lengths ? w->lengths[b] : w->batch.T;
        if (steps != want)
            return failure(ELMAN_BAD_VALUE,
                           "the model answers with %zu steps for each "
                           "sequence, but one of the data has %zu: expected as "
                           "many",
                           want, steps);
    }
    return ELMAN_OK;
}

/* Whether the state goes through the window in segments, and has no output of
 * all steps. */
static bool in_segments(const evaluation *on)
{
    return on->state->segments.plan.L && !on->model->info.per_sequence;
}

/* Takes the rows of some steps on the way back. */
static void take_steps(void *context, size_t first, size_t T, const float *y,
                       float *dy)
{
    const evaluation *on = context;
    size_t B = on->state->full.B;
    row_losses_take(on->losses, on->state->config.threads, first * B, T * B, y,
                    dy);
}

/* Forward and back, a segment at a time. */
static elman_status run_segments(const evaluation *on, const window *w,
                                 double *loss)
{
    const segment_taker taker = {take_steps, (void *)on};
    TRY(model_forward(on->model, on->state, &w->batch, NULL));
    TRY(model_backward_by(on->model, on->state, &taker, NULL));
    on->losses->out = on->losses->y;
    *loss = row_losses_close(on->losses);
    return ELMAN_OK;
}

/* Steps first to first + T of a batch, with room for their lengths. */
static elman_batch slice_of(const elman_model *m, const elman_batch *whole,
                            size_t first, size_t T, size_t *lengths)
{
    elman_batch slice = *whole;
    size_t B = whole->B;
    slice.T = T;
    if (slice.tokens) slice.tokens += first * B;
    if (slice.x) slice.x += first * B * m->config.input_size;
    for (size_t b = 0; b < B; b++) {
        size_t length = whole->lengths ? whole->lengths[b] : whole->T;
        size_t left = length > first ? length - first : 0;
        lengths[b] = left < T ? left : T;
    }
    slice.lengths = lengths;
    return slice;
}

elman_status evaluate_slices(const elman_model *m, elman_state *s,
                             const elman_batch *in, size_t steps, float *room,
                             slice_taker *take, void *context)
{
    size_t T = in->T;
    size_t *lengths = calloc(in->B + 1, sizeof *lengths);
    elman_status status = ELMAN_OK;
    if (!lengths) return failure(ELMAN_NO_MEMORY, "no memory for a batch");

    /* y lies in the state, or in room where it keeps none */
    for (size_t first = 0; first < T && !status; first += steps) {
        size_t left = T - first;
        elman_batch slice =
            slice_of(m, in, first, left < steps ? left : steps, lengths);
        status = model_forward(m, s, &slice, room);
        if (!status)
            take(context, &slice, first, room ? room : state_output(m, s));
    }
    free(lengths);
    return status;
}

void evaluate_keep_ends(const elman_batch *slice, size_t first, size_t O,
                        const float *y, float *ends)
{
    for (size_t b = 0; b < slice->B; b++)
        if (slice->lengths[b] || first == 0)
            memcpy(ends + b * O, y + b * O, O * sizeof *y);
}

/* Of some steps their rows; of vectors per sequence the latest. */
static void take_slice(void *context, const elman_batch *slice, size_t first,
                       const float *y)
{
    const evaluation *on = context;
    size_t B = slice->B, O = on->model->info.output_size;
    if (on->model->info.per_sequence)
        evaluate_keep_ends(slice, first, O, y, on->losses->part);
    else
        row_losses_take(on->losses, on->state->config.threads, first * B,
                        slice->T * B, y, NULL);
}

/* How many steps of a window go forward at a time: as many as the state has
 * room for, or as the room beside one that keeps no outputs. */
static size_t slice_steps(const evaluation *on, const window *w)
{
    size_t most = on->state->config.T;
    if (!in_segments(on)) return most;
    size_t steps = on->losses->part_rows / w->batch.B;
    return steps < most ? steps : most;
}

/* Forward alone, some steps at a time. */
static elman_status run_slices(const evaluation *on, const window *w,
                               double *loss)
{
    row_losses *losses = on->losses;
    bool one = on->model->info.per_sequence;
    TRY(evaluate_slices(on->model, on->state, &w->batch, slice_steps(on, w),
                        in_segments(on) ? losses->part : NULL, take_slice,
                        (void *)on));

    if (one)
        row_losses_take(losses, on->state->config.threads, 0, w->batch.B,
                        losses->part, NULL);
    losses->out = one ? losses->part : losses->y;
    *loss = row_losses_close(losses);
    return ELMAN_OK;
}

/* Forward; the last layer hands over its rows as it makes them. */
static elman_status run_forward(const evaluation *on, const window *w,
                                const elman_batch *shape, size_t context,
                                const elman_loss_config *config, double *loss)
{
    const elman_model *m = on->model;
    elman_state *s = on->state;
    row_losses *losses = on->losses;
    losses->timed = s->seconds != NULL;
    TRY(row_losses_begin(losses, config, shape, m->info.output_size, &w->target,
                         context));
    if (in_segments(on) && on->backward) return run_segments(on, w, loss);
    if (in_segments(on) || w->batch.T > s->config.T)
        return run_slices(on, w, loss);
    TRY(model_forward_into(m, s, &w->batch, &losses->sink));

    double begin = losses->timed ? clock_seconds() : 0;
    *loss = row_losses_end(losses, s->config.threads, state_output(m, s),
                           state_output_gradient(m, s));
    if (!losses->timed) return ELMAN_OK;
    losses->seconds += clock_seconds() - begin;
    move_seconds(m, s, losses);
    return ELMAN_OK;
}

elman_status evaluate_window(const evaluation *on, const window *w,
                             metric_sums *sums, double *loss)
{
    /* rows with a target: the new steps, or one for each sequence */
    TRY(check_steps(on->model, w));
    bool one = on->model->info.per_sequence;
    size_t context = one ? 0 : w->context * w->batch.B;
    elman_batch shape = {.T = one ? 1 : w->batch.T - w->context,
                         .B = w->batch.B,
                         .lengths = one ? NULL : w->lengths};

    /* this rank's, if it has any, between the weight and the sums of all */
    shared_leaves all = {0};
    elman_loss_config config = *on->loss;
    elman_status status = ELMAN_OK;
    if (on->share) status = shared_leaves_open(on, w, &shape, &config, &all);
    if (!status && shape.B)
        status = run_forward(on, w, &shape, context, &config, loss);
    if (!status && shape.B) status = add_outcome(on, w, &shape, &all, sums);
    if (!status && on->share)
        status = shared_leaves_close(on, &all, config.divisor, sums, loss);
    shared_leaves_release(&all);
    return status;
}
