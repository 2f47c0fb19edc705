/* evaluate.c: forward, loss and sums, window by window. */
#include "learn/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/encoding.h"

/* ---- Does it fit? ------------------------------------------------------- */

elman_status evaluate_check(const elman_model *m, const elman_dataset *dataset,
                            const elman_loss_config *loss)
{
    const elman_encoding *e = dataset_encoding(dataset);
    size_t O = encoding_outputs(e);
    bool one = encoding_per_sequence(e);
    bool is_text = e->task == ELMAN_LANGUAGE;
    bool classes = is_text || e->task == ELMAN_CLASSIFY || e->task == ELMAN_TAG;
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
    if (m->info.per_sequence != one)
        return failure(ELMAN_BAD_VALUE,
                       "the model gives one output per %s, but the data has "
                       "one target per %s",
                       m->info.per_sequence ? "sequence" : "step",
                       one ? "sequence" : "step");
    if (classes != (loss->kind == ELMAN_CROSS_ENTROPY))
        return failure(ELMAN_BAD_VALUE,
                       "the targets are %s, which this loss does not take",
                       classes ? "classes" : "values");
    return loss_check(loss, O);
}

/* ---- One window --------------------------------------------------------- */

/* The last value of each target before the forecast, for a batch. */
static const float *naive(const elman_dataset *dataset, elman_part part,
                          const elman_batch *batch, size_t targets, float *room,
                          size_t capacity)
{
    if (dataset_encoding(dataset)->task != ELMAN_FORECAST) return NULL;
    for (size_t b = 0; b < batch->B && (b + 1) * targets <= capacity; b++)
        dataset_naive(dataset, part, batch->ids[b], room + b * targets);
    return batch->B * targets <= capacity ? room : NULL;
}

/* The seconds of the loss that were spent inside the last layer's forward, by
 * all threads side by side, are the loss's and not the layer's. */
static void move_seconds(const elman_model *m, elman_state *s,
                         row_losses *losses)
{
    double spent = 1e-9 * (double)losses->nanoseconds / s->config.threads;
    s->seconds[m->layer_count - 1].forward -= spent;
    losses->seconds += spent;
}

elman_status evaluate_window(const elman_model *m, elman_state *s,
                             const elman_dataset *dataset, elman_part part,
                             const elman_loss_config *config, const window *w,
                             row_losses *losses, metric_sums *sums,
                             uint64_t *confusion, double *loss)
{
    enum { ROOM = 4096 };
    float room[ROOM];
    const elman_encoding *e = dataset_encoding(dataset);
    bool one = m->info.per_sequence;
    size_t O = m->info.output_size, past = one ? 0 : w->context * w->batch.B;
    elman_batch shape = {.T = one ? 1 : w->batch.T - w->context,
                         .B = w->batch.B,
                         .lengths = one ? NULL : w->lengths};
    losses->timed = s->seconds != NULL;
    TRY(row_losses_begin(losses, config, &shape, O, &w->target, past));
    TRY(model_forward_into(m, s, &w->batch, &losses->sink));
    double begin = losses->timed ? clock_seconds() : 0;
    const float *y = state_output(m, s);
    *loss = row_losses_end(losses, s->config.threads, y,
                           state_output_gradient(m, s));
    outcome o = {.loss_config = config,
                 .encoding = e,
                 .shape = &shape,
                 .O = O,
                 .y = y + past * O,
                 .best = losses->best + past,
                 .target = &w->target,
                 .loss = *loss,
                 .weight = losses->job.weight,
                 .naive =
                     naive(dataset, part, &w->batch, e->targets, room, ROOM),
                 .confusion = confusion};
    metrics_add(sums, &o);
    if (!losses->timed) return ELMAN_OK;
    losses->seconds += clock_seconds() - begin;
    move_seconds(m, s, losses);
    return ELMAN_OK;
}

/* ---- A whole part ------------------------------------------------------- */

elman_status evaluate_all(const elman_model *m, elman_state *s,
                          const elman_dataset *dataset, elman_part part,
                          const elman_loss_config *config, windows *all,
                          row_losses *losses, metric_sums *sums,
                          uint64_t *confusion)
{
    window w;
    double loss;
    TRY(windows_reset(all, 0, 0, 0));
    for (;;) {
        TRY(windows_read(all, &w));
        if (w.ended) return ELMAN_OK;
        if (w.begins) state_reset(m, s);
        TRY(evaluate_window(m, s, dataset, part, config, &w, losses, sums,
                            confusion, &loss));
        for (size_t b = 0; b < w.batch.B; b++)
            sums->steps += s->full.lengths[b];
    }
}

elman_status evaluate(const elman_model *m, const elman_dataset *dataset,
                      elman_part part, const elman_trainer_config *config,
                      elman_metrics *metrics, uint64_t *confusion)
{
    const elman_encoding *e = dataset_encoding(dataset);
    bool is_text = e->task == ELMAN_LANGUAGE;
    metric_sums sums = {0};
    windows *all = NULL;
    elman_state *s = NULL;
    row_losses *losses = NULL;
    elman_loader_config loading = {
        .part = part,
        .batch_size = config->batch_size ? config->batch_size : DEFAULT_BATCH,
        .steps = DEFAULT_STEPS};
    elman_state_config shape = {.T = is_text ? DEFAULT_STEPS
                                             : dataset_longest(dataset),
                                .threads = config->threads};
    TRY(evaluate_check(m, dataset, &config->loss));
    if (dataset_size(dataset, part) == 0)
        return failure(ELMAN_BAD_VALUE, "that part of the data is empty");

    /* counted aside, for a failure leaves the caller's as it is */
    size_t cells = confusion ? e->classes * e->classes : 0;
    uint64_t *counts = cells ? calloc(cells, sizeof *counts) : NULL;
    if (cells && !counts)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu classes",
                       e->classes);

    elman_status status =
        windows_create(dataset, &loading, is_text ? DEFAULT_STEPS : 0, 0,
                       m->info.output_size, &all);
    if (!status) {
        shape.B = windows_width(all);
        status = state_create(m, &shape, &s);
    }
    if (!status) status = row_losses_create(s->config.T * s->config.B, &losses);
    if (!status)
        status = evaluate_all(m, s, dataset, part, &config->loss, all, losses,
                              &sums, counts);
    if (!status) {
        if (cells) memcpy(confusion, counts, cells * sizeof *counts);
        sums.flops = model_flops(m, sums.steps, false);
        *metrics = metrics_read(&sums, &config->loss, e);
    }
    free(counts);
    windows_destroy(all);
    state_destroy(s);
    row_losses_destroy(losses);
    return status;
}
