/* evaluate.c: forward, loss and sums, window by window. */
#include "learn/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/encoding.h"
#include "data/hash.h"
#include "model/hash.h"
#include "share/share.h"

/* ---- Does it fit? ------------------------------------------------------- */

elman_status evaluate_check(const elman_model *m, const elman_dataset *dataset,
                            const elman_loss_config *loss)
{
    const elman_encoding *e = dataset_encoding(dataset);
    size_t O = encoding_outputs(e);
    bool one = encoding_per_sequence(e);
    bool is_text = e->task == ELMAN_TASK_LANGUAGE;
    bool classes =
        is_text || e->task == ELMAN_TASK_CLASSIFY || e->task == ELMAN_TASK_TAG;

    /* inputs and outputs */
    if (is_text ? m->info.vocabulary != e->vocabulary
                : m->info.input_size != e->input_size)
        return failure(ELMAN_BAD_VALUE,
                       "the model reads %zu %s, but the data has %zu",
                       is_text ? m->info.vocabulary : m->info.input_size,
                       is_text ? "tokens" : "inputs per step",
                       is_text ? e->vocabulary : e->input_size);
    if (m->info.output_size != O)
        return failure(ELMAN_BAD_VALUE,
                       "the model has %zu outputs, but the data asks for %zu",
                       m->info.output_size, O);
    if (model_outputs(m) != 1)
        return failure(ELMAN_BAD_VALUE,
                       "merge none gives two outputs, but the data has one "
                       "target");

    /* where there is a target, and of which type */
    if (m->info.per_sequence != one)
        return failure(ELMAN_BAD_VALUE,
                       "the model gives one output per %s, but the data has "
                       "one target per %s",
                       m->info.per_sequence ? "sequence" : "step",
                       one ? "sequence" : "step");
    if (m->info.output_steps &&
        dataset_longest(dataset) != m->info.output_steps)
        return failure(ELMAN_BAD_VALUE,
                       "the model answers with %zu steps for each sequence, "
                       "but the longest of the data has %zu: expected as many",
                       m->info.output_steps, dataset_longest(dataset));
    if (classes != (loss->kind == ELMAN_LOSS_CROSS_ENTROPY))
        return failure(ELMAN_BAD_VALUE,
                       "the targets are %s, which this loss does not take",
                       classes ? "classes" : "values");

    /* batches are whole: each divides by its own targets */
    if (loss->divisor > 0)
        return failure(ELMAN_BAD_VALUE,
                       "divisor is %g, expected 0: it is for passes that are "
                       "parts of a batch",
                       loss->divisor);

    return loss_check(loss, O);
}

/* ---- Several ranks ------------------------------------------------------ */

/* The leaves of a window on all ranks. */
typedef struct shared_leaves {
    stretch own; /* this rank's */
    size_t count;
    double *values;    /* (count) of one thing */
    metric_sums *sums; /* (count) */
} shared_leaves;

static void shared_release(shared_leaves *all)
{
    free(all->values);
    free(all->sums);
}

/* The weight of all ranks' rows becomes the divisor of this rank's losses. */
static elman_status shared_open(const evaluation *on, const window *w,
                                const elman_batch *shape,
                                elman_loss_config *config, shared_leaves *all)
{
    size_t O = on->model->info.output_size;
    loss_rows rows = {.shape = shape, .O = O};
    *all = (shared_leaves){.count = deal_leaf_count(w->whole, config->block)};
    all->own = share_own_leaves(on->share, all->count);
    all->values = calloc(all->count + 1, sizeof *all->values);
    all->sums = calloc(all->count + 1, sizeof *all->sums);
    if (!all->values || !all->sums)
        return failure(ELMAN_NO_MEMORY, "no memory to train with");

    if (shape->B)
        TRY(loss_leaf_weights(config, &rows, &w->target,
                              all->values + all->own.begin));
    TRY(share_collect_leaves(on->share, all->values, all->count,
                             sizeof *all->values));
    double_tree weight = {0};
    for (size_t i = 0; i < all->count; i++)
        tree_add(&weight, all->values[i]);
    config->divisor = tree_sum(&weight);
    return ELMAN_OK;
}

/* The sums of this rank's leaves. */
static void shared_fill(const shared_leaves *all, const row_losses *losses,
                        const outcome *o)
{
    metric_sums *own = all->sums + all->own.begin;
    double *values = all->values + all->own.begin;
    metrics_list_leaves(o, own);
    for (size_t i = 0; i < all->own.end - all->own.begin; i++)
        own[i].weight = values[i];
    loss_leaf_sums(&losses->job, losses->values + losses->context, values);
    for (size_t i = 0; i < all->own.end - all->own.begin; i++)
        own[i].loss = values[i];
}

/* Adds the sums of all ranks' leaves. */
static elman_status shared_close(const evaluation *on, const shared_leaves *all,
                                 double divisor, metric_sums *sums,
                                 double *loss)
{
    metric_sums batch = {0};
    TRY(share_collect_leaves(on->share, all->sums, all->count,
                             sizeof *all->sums));
    metrics_add_leaves(&batch, on->loss, all->sums, all->count);
    metrics_join(sums, &batch);
    bool mean = on->loss->reduction == ELMAN_REDUCTION_MEAN;
    *loss = mean ? batch.loss / divisor : batch.loss;
    return ELMAN_OK;
}

/* ---- One window --------------------------------------------------------- */

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

    if (on->share) shared_fill(all, on->losses, &o);
    else metrics_add(sums, &o);
    metric_sums *own = on->share ? all->sums + all->own.begin : sums;
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
                             const elman_batch *in, float *room,
                             slice_taker *take, void *context)
{
    size_t T = in->T, steps = state_steps(s);
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

/* Forward alone, as many steps at a time as the state has room for. */
static elman_status run_slices(const evaluation *on, const window *w,
                               double *loss)
{
    row_losses *losses = on->losses;
    bool one = on->model->info.per_sequence;
    TRY(evaluate_slices(on->model, on->state, &w->batch,
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
    if (on->share) status = shared_open(on, w, &shape, &config, &all);
    if (!status && shape.B)
        status = run_forward(on, w, &shape, context, &config, loss);
    if (!status && shape.B) status = add_outcome(on, w, &shape, &all, sums);
    if (!status && on->share)
        status = shared_close(on, &all, config.divisor, sums, loss);
    shared_release(&all);
    return status;
}

/* ---- A whole part ------------------------------------------------------- */

elman_status evaluate_next(const evaluation *on, windows *all,
                           metric_tree *tree, window *w)
{
    TRY(windows_read(all, w));
    if (w->ended) return ELMAN_OK;
    if (w->begins) state_reset(on->model, on->state);

    double loss;
    metric_sums batch = {0};
    TRY(evaluate_window(on, w, &batch, &loss));
    metric_tree_add(tree, &batch);
    return ELMAN_OK;
}

elman_status evaluate_all(const evaluation *on, windows *all, metric_sums *sums)
{
    window w = {0};
    metric_tree tree = {0};
    TRY(windows_reset(all, 0, 0, 0));
    while (!w.ended)
        TRY(evaluate_next(on, all, &tree, &w));
    *sums = metric_tree_sum(&tree);
    return ELMAN_OK;
}

/* The most steps at a time that such a state has bytes for, 0 if not one. */
static size_t steps_for(const elman_model *m, elman_state_config c,
                        size_t bytes)
{
    size_t fits = 0, most = c.T;
    while (fits < most) {
        c.T = fits + (most - fits + 1) / 2;
        size_t size = state_size(m, &c);
        if (size && size <= bytes) fits = c.T;
        else most = c.T - 1;
    }
    return fits;
}

elman_status evaluation_state(const elman_model *m,
                              const elman_state_config *config, size_t bytes,
                              elman_state **state, size_t *part)
{
    elman_state_config c = *config;
    *part = 0;
    if (bytes && state_size(m, &c) > bytes) {
        if (m->info.streams) c.T = steps_for(m, c, bytes);
        if (!m->info.streams || !c.T) {
            c.T = m->info.streams ? 1 : config->T;
            return failure(
                ELMAN_BAD_VALUE,
                "budget (--memory) leaves %zu bytes to evaluate in, but a "
                "state of T %zu and B %zu takes %zu: expected a "
                "larger one",
                bytes, c.T, c.B, state_size(m, &c));
        }
        *part = c.B;
    }
    TRY(state_create(m, &c, state));
    (*state)->time_first = true;
    return ELMAN_OK;
}

elman_status evaluation_open(evaluation *on, const elman_trainer_config *config,
                             windows **all)
{
    bool is_text = dataset_encoding(on->dataset)->task == ELMAN_TASK_LANGUAGE;
    elman_loader_config loading = {
        .part = on->part,
        .batch_size = config->batch_size ? config->batch_size : DEFAULT_BATCH,
        .steps = DEFAULT_STEPS};
    TRY(windows_create(on->dataset, &loading, is_text ? DEFAULT_STEPS : 0, 0,
                       on->model->info.output_size, all));
    if (on->share)
        windows_deal(*all, on->loss->block, on->share->size, on->share->rank);

    elman_state_config shape = {.T = is_text ? DEFAULT_STEPS
                                             : dataset_longest(on->dataset),
                                .B = windows_width(*all),
                                .threads = config->threads,
                                .keep_steps = true};
    if (config->budget) shape.B = windows_widest(*all);
    size_t part, O = on->model->info.output_size;
    TRY(evaluation_state(on->model, &shape, config->budget, &on->state, &part));
    TRY(row_losses_create(shape.T * shape.B, &on->losses));
    bool values = on->loss->kind != ELMAN_LOSS_CROSS_ENTROPY;
    return part ? row_losses_keep(on->losses, O, values, part) : ELMAN_OK;
}

void evaluation_close(evaluation *on, windows *all)
{
    windows_destroy(all);
    state_destroy(on->state);
    row_losses_destroy(on->losses);
}

/* Whether all ranks are about to evaluate the same. */
static elman_status check_ranks(share *s, const elman_model *m,
                                const elman_dataset *dataset)
{
    enum { MODEL, DATA, HASHES };
    size_t ranks = (size_t)s->size;
    uint64_t *all = calloc(ranks * HASHES, sizeof *all);
    if (!all) return failure(ELMAN_NO_MEMORY, "no memory for %zu ranks", ranks);

    uint64_t *own = all + (size_t)s->rank * HASHES;
    own[MODEL] = model_hash(m);
    elman_status status = dataset_hash(dataset, own + DATA);
    if (!status) status = share_collect_each(s, all, HASHES * sizeof *all);
    for (size_t rank = 1; !status && rank < ranks; rank++)
        for (int i = 0; i < HASHES && !status; i++)
            if (all[rank * HASHES + (size_t)i] != all[i])
                status =
                    failure(ELMAN_BAD_VALUE,
                            "rank %zu has %s than rank 0: expected the "
                            "same files on all ranks",
                            rank, i == MODEL ? "another model" : "other data");
    free(all);
    return status;
}

/* What an evaluation counts, apart: a failure leaves the caller's as it is. */
static elman_status count_apart(evaluation *on, size_t classes, size_t cells)
{
    if (cells) on->confusion = calloc(cells, sizeof *on->confusion);
    if (classes) on->counts = calloc(classes, sizeof *on->counts);
    if ((!cells || on->confusion) && (!classes || on->counts)) return ELMAN_OK;
    return failure(ELMAN_NO_MEMORY, "no memory for %zu classes", classes);
}

/* Runs the whole part, on all ranks that there are. */
static elman_status run_part(evaluation *on, const elman_trainer_config *config,
                             size_t classes, size_t cells, metric_sums *sums)
{
    windows *all = NULL;
    elman_status status = count_apart(on, classes, cells);
    if (!status && on->share)
        status = check_ranks(on->share, on->model, on->dataset);
    if (!status) status = evaluation_open(on, config, &all);
    if (!status) status = evaluate_all(on, all, sums);
    if (!status && on->share && classes)
        status = share_add_counts(on->share, &on->counts->right,
                                  CLASS_COUNTS * classes);
    if (!status && on->share && cells)
        status = share_add_counts(on->share, on->confusion, cells);
    evaluation_close(on, all);
    return status;
}

elman_status evaluate(const elman_model *m, const elman_dataset *dataset,
                      elman_part part, const elman_trainer_config *config,
                      elman_metrics *metrics, uint64_t *confusion)
{
    const elman_encoding *e = dataset_encoding(dataset);
    TRY(evaluate_check(m, dataset, &config->loss));
    if (dataset_size(dataset, part) == 0)
        return failure(ELMAN_BAD_VALUE, "that part of the data is empty");

    elman_loss_config loss = config->loss;
    if (loss.block == 0) loss.block = TREE_BLOCK;
    evaluation on = {
        .model = m, .dataset = dataset, .part = part, .loss = &loss};
    if (config->transport) TRY(share_create(config->transport, &on.share));

    size_t cells = confusion ? e->class_count * e->class_count : 0;
    metric_sums sums = {0};
    elman_status status = run_part(&on, config, e->class_count, cells, &sums);
    if (!status) {
        if (cells) memcpy(confusion, on.confusion, cells * sizeof *confusion);
        sums.flops = model_flops(m, sums.steps, false);
        *metrics = metrics_read(&sums, &config->loss, e, on.counts);
    }

    share_destroy(on.share);
    free(on.confusion);
    free(on.counts);
    return status;
}
