/* shared_leaves.c: see shared_leaves.h. */
#include "learn/shared_leaves.h"

#include <stdlib.h>

void shared_leaves_release(shared_leaves *all)
{
    free(all->told);
    free(all->sums);
}

elman_status shared_leaves_open(const evaluation *on, const window *w,
                                const elman_batch *shape,
                                elman_loss_config *config, shared_leaves *all)
{
    size_t O = on->model->info.output_size;
    loss_rows rows = {.shape = shape, .O = O};
    *all = (shared_leaves){.count = deal_leaf_count(w->whole, config->block)};
    all->own = share_own_leaves(on->share, all->count);
    all->told = calloc(all->count + 1, sizeof *all->told);
    all->sums = calloc(all->count + 1, sizeof *all->sums);
    if (!all->told || !all->sums)
        return failure(ELMAN_NO_MEMORY, "no memory to train with");

    /* weights, and with them whether rank 0 leaves this evaluation */
    all->values = all->told + 1;
    bool first = on->share->rank == 0;
    if (first && evaluation_stops(on)) *all->told = 1;
    if (shape->B)
        TRY(loss_leaf_weights(config, &rows, &w->target,
                              all->values + all->own.begin));
    if (on->stop)
        TRY(share_collect_told(on->share, all->told, all->count,
                               sizeof *all->told));
    else
        TRY(share_collect_leaves(on->share, all->values, all->count,
                                 sizeof *all->values));
    if (*all->told != 0) return evaluation_left();

    double_tree weight = {0};
    for (size_t i = 0; i < all->count; i++)
        tree_add(&weight, all->values[i]);
    config->divisor = tree_sum(&weight);
    return ELMAN_OK;
}

metric_sums *shared_leaves_fill(const shared_leaves *all,
                                const row_losses *losses, const outcome *o)
{
    metric_sums *own = all->sums + all->own.begin;
    double *values = all->values + all->own.begin;
    metrics_list_leaves(o, own);
    for (size_t i = 0; i < all->own.end - all->own.begin; i++)
        own[i].weight = values[i];
    loss_leaf_sums(&losses->job, losses->values + losses->context, values);
    for (size_t i = 0; i < all->own.end - all->own.begin; i++)
        own[i].loss = values[i];
    return own;
}

elman_status shared_leaves_close(const evaluation *on, const shared_leaves *all,
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
