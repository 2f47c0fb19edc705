/* shared_update.c: see shared_update.h. */
#include "learn/shared_update.h"

elman_status shared_prepare(share *s, const elman_model *m)
{
    size_t places[64], count = 0, most = sizeof places / sizeof *places;
    TRY(share_prepare(s, m->weight_count, OPTIMIZER_BLOCK));
    for (size_t i = 0; i < m->layer_count && count < most; i++)
        places[count++] = m->layers[i].first_weight;
    return share_cut(s, places, count, SHARED_PART);
}

static void complete(void *context, size_t place)
{
    share_reduce_complete(context, place);
}

elman_status shared_begin(share *s, size_t leaves, elman_state *state)
{
    stretch own = share_own_leaves(s, leaves);
    gradient_sums *sums = &state->training.sums;
    tree_node nodes[DEAL_NODES];
    sums->node_count = deal_nodes(own, leaves, nodes);

    /* the first is where one process has its total */
    for (size_t i = 0; i < sums->node_count; i++)
        sums->nodes[i] =
            (gradient_node){.begin = nodes[i].begin - own.begin,
                            .end = nodes[i].begin - own.begin + nodes[i].leaves,
                            .total = i ? s->nodes[i] : sums->total};
    gradients_zero(state);
    s->threads = state->config.threads;
    state->watcher = (gradient_watcher){complete, s};
    return share_reduce_begin(s, leaves, sums->total);
}

elman_status shared_update(share *s, elman_optimizer *optimizer, elman_model *m,
                           elman_state *state, double rate, double *norm,
                           profile *spent)
{
    int threads = state->config.threads;
    float *gradients = state->training.sums.total;
    TRY(share_reduce_end(s));
    profile_lap(spent, PROFILE_EXCHANGE);
    optimizer_hold(optimizer, gradients);

    /* the norm of all, and the move of this rank's */
    *norm = 0;
    optimizer_squares(optimizer, threads, gradients);
    TRY(share_collect_blocks(s, optimizer->squares,
                             sizeof *optimizer->squares));
    TRY(optimizer_norm_of_squares(optimizer, norm));
    TRY(optimizer_move(optimizer, rate, threads, *norm, gradients,
                       model_flat(m)));
    profile_lap(spent, PROFILE_OPTIMIZER);

    /* the weights of all */
    TRY(share_collect_slices(s, model_flat(m)));
    profile_lap(spent, PROFILE_EXCHANGE);
    model_repack(m, threads);
    return ELMAN_OK;
}
