/* evaluate.c: the windows of a part, one after the other. */
#include "learn/evaluate.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- A whole part ------------------------------------------------------- */

bool evaluation_stops(const evaluation *on)
{
    return on->stop && atomic_load(on->stop);
}

elman_status evaluation_left(void)
{
    return failure(ELMAN_STOPPED, "the evaluation was left before its end, as "
                                  "elman_trainer_stop asked");
}

elman_status evaluate_next(const evaluation *on, windows *all,
                           metric_tree *tree, window *w)
{
    TRY(windows_read(all, w));
    if (w->ended) return ELMAN_OK;
    if (!on->share && evaluation_stops(on)) return evaluation_left();
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

elman_status evaluate_check_ranks(share *s, const elman_model *m,
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

elman_status evaluate_shared(const elman_model *m, const elman_dataset *dataset,
                             elman_part part,
                             const elman_trainer_config *config, share *s,
                             const atomic_bool *stop, elman_metrics *metrics,
                             uint64_t *confusion)
{
    const elman_encoding *e = dataset_encoding(dataset);
    elman_loss_config loss = config->loss;
    if (loss.block == 0) loss.block = TREE_BLOCK;
    evaluation on = {.model = m,
                     .dataset = dataset,
                     .part = part,
                     .loss = &loss,
                     .share = s,
                     .stop = stop};

    size_t cells = confusion ? e->class_count * e->class_count : 0;
    metric_sums sums = {0};
    elman_status status = run_part(&on, config, e->class_count, cells, &sums);
    if (!status) {
        if (cells) memcpy(confusion, on.confusion, cells * sizeof *confusion);
        sums.flops = model_flops(m, sums.steps, false);
        *metrics = metrics_read(&sums, &config->loss, e, on.counts);
    }
    free(on.confusion);
    free(on.counts);
    return status;
}

elman_status evaluate(const elman_model *m, const elman_dataset *dataset,
                      elman_part part, const elman_trainer_config *config,
                      elman_metrics *metrics, uint64_t *confusion)
{
    TRY(evaluate_check(m, dataset, &config->loss));
    TRY(evaluate_check_part(dataset, part));
    share *s = NULL;
    if (config->transport) TRY(share_create(config->transport, &s));
    elman_status status = s ? evaluate_check_ranks(s, m, dataset) : ELMAN_OK;
    if (!status)
        status = evaluate_shared(m, dataset, part, config, s, NULL, metrics,
                                 confusion);
    share_destroy(s);
    return status;
}

elman_status evaluate_check_part(const elman_dataset *dataset, elman_part part)
{
    if (dataset_size(dataset, part)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "that part of the data is empty");
}
