/*
 * evaluate_budget.c: what a part is evaluated with, in a budget of bytes if
 * there is one: a state that has room for all steps or for some at a time, and
 * the losses beside it.
 */
#include <stdio.h>

#include "base/bytes.h"
#include "data/encoding.h"
#include "learn/evaluate.h"
#include "share/share.h"

/* ---- A budget that is too small ----------------------------------------- */

/* The most threads, fewer than these, with which the budget is enough; 0: not
 * with one. */
static int fewer_threads(int threads, size_t budget, bytes_with_threads *least,
                         const void *context)
{
    int fits = 0, most = threads - 1;
    while (fits < most) {
        int half = fits + (most - fits + 1) / 2;
        if (least(context, half) <= budget) fits = half;
        else most = half - 1;
    }
    return fits;
}

elman_status budget_check(const char *work, size_t budget,
                          const elman_state_config *shape,
                          bytes_with_threads *least, const void *context)
{
    char on[32] = "", one[48] = "", fewer[64] = "";
    size_t bytes = least(context, shape->threads);
    if (budget >= bytes) return ELMAN_OK;

    /* threads have rooms of their own */
    int fits = fewer_threads(shape->threads, budget, least, context);
    if (shape->threads > 1)
        snprintf(on, sizeof on, " on %d threads", shape->threads);
    if (shape->threads > 1 && !fits)
        snprintf(one, sizeof one, "; %s on one",
                 bytes_at_least(least(context, 1)).text);
    if (fits)
        snprintf(fewer, sizeof fewer, "fewer threads (--threads %d), ", fits);
    return failure(ELMAN_BAD_VALUE,
                   "budget (--memory) is %s, but %s in batches of %zu with %zu "
                   "steps at a time takes %zu at least%s (%s%s): expected as "
                   "many, %sor smaller batches (--batch)",
                   bytes_in_words(budget).text, work, shape->B, shape->T, bytes,
                   on, bytes_at_least(bytes).text, one, fewer);
}

/* ---- The state ---------------------------------------------------------- */

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

/* The bytes of a state, SIZE_MAX if there can be none; and of one whose passes
 * are cut as short as they can be. */
static size_t whole_bytes(const elman_model *m, const elman_state_config *c)
{
    size_t bytes = state_size(m, c);
    return bytes ? bytes : SIZE_MAX;
}

static size_t shortest_bytes(const elman_model *m, const elman_state_config *c)
{
    elman_state_config one = *c;
    if (m->info.streams) one.T = 1;
    return m->info.streams && c->T > 1 ? whole_bytes(m, &one) : SIZE_MAX;
}

size_t evaluation_least(const elman_model *m, const elman_state_config *shape,
                        evaluation_beside beside)
{
    size_t whole = whole_bytes(m, shape);
    size_t cut = bytes_add(shortest_bytes(m, shape), beside.cut);
    return bytes_add(whole < cut ? whole : cut, beside.always);
}

/* What a state is asked for. */
typedef struct request {
    const elman_model *model;
    const elman_state_config *shape;
    evaluation_beside beside;
} request;

static size_t least_with(const void *context, int threads)
{
    const request *r = context;
    elman_state_config shape = *r->shape;
    shape.threads = threads;
    return evaluation_least(r->model, &shape, r->beside);
}

elman_status evaluation_state(const elman_model *m,
                              const elman_state_config *shape, size_t bytes,
                              evaluation_beside beside, elman_state **state,
                              bool *cut)
{
    elman_state_config c = *shape;
    const request r = {m, shape, beside};
    size_t whole = bytes_add(whole_bytes(m, shape), beside.always);
    size_t least = evaluation_least(m, shape, beside);
    *cut = false;
    if (bytes && least < SIZE_MAX)
        TRY(budget_check("evaluating", bytes, shape, least_with, &r));

    /* a state that is not possible says why when it is made */
    if (bytes && bytes < whole && least < SIZE_MAX) {
        c.T = steps_for(m, c, bytes - beside.always - beside.cut);
        *cut = true;
    }
    TRY(state_create(m, &c, state));
    (*state)->time_first = true;
    return ELMAN_OK;
}

/* ---- A part ------------------------------------------------------------- */

evaluation_beside evaluation_losses(const elman_model *m,
                                    const elman_loss_config *loss,
                                    const elman_state_config *shape)
{
    size_t O = m->info.output_size, ends = evaluation_ends(m, shape->B);
    size_t rows = evaluation_rows(m, shape->T, shape->B);
    size_t always = row_losses_bytes(rows, O, false, 0);
    size_t most = row_losses_bytes(rows, O, evaluation_keeps(m, loss), ends);
    return (evaluation_beside){always, most - always};
}

/* The windows of a part, and the state to run them with. */
static elman_status open_windows(const evaluation *on,
                                 const elman_trainer_config *config,
                                 windows **all, elman_state_config *shape)
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

    *shape = (elman_state_config){.T = is_text ? DEFAULT_STEPS
                                               : dataset_longest(on->dataset),
                                  .B = windows_width(*all),
                                  .threads = config->threads,
                                  .keep_steps = true};
    if (config->budget) shape->B = windows_widest(*all);
    return ELMAN_OK;
}

elman_status evaluation_measure(const evaluation *on,
                                const elman_trainer_config *config,
                                size_t *least)
{
    windows *all = NULL;
    elman_state_config shape;
    elman_status status = open_windows(on, config, &all, &shape);
    if (!status)
        *least = evaluation_least(
            on->model, &shape, evaluation_losses(on->model, on->loss, &shape));
    windows_destroy(all);
    return status;
}

elman_status evaluation_size(const evaluation *on,
                             const elman_trainer_config *config, size_t *bytes)
{
    windows *all = NULL;
    elman_state_config shape;
    elman_status status = open_windows(on, config, &all, &shape);
    if (!status) {
        size_t budget = config->budget;
        size_t whole =
            bytes_add(whole_bytes(on->model, &shape),
                      evaluation_losses(on->model, on->loss, &shape).always);
        *bytes = bytes_add(budget && whole > budget ? budget : whole,
                           windows_bytes(all));
    }
    windows_destroy(all);
    return status;
}

elman_status evaluation_open(evaluation *on, const elman_trainer_config *config,
                             windows **all)
{
    elman_state_config shape;
    const elman_model *m = on->model;
    bool cut;
    TRY(open_windows(on, config, all, &shape));
    TRY(evaluation_state(m, &shape, config->budget,
                         evaluation_losses(m, on->loss, &shape), &on->state,
                         &cut));
    TRY(row_losses_create(evaluation_rows(m, shape.T, shape.B), &on->losses));
    if (!cut) return ELMAN_OK;
    return row_losses_keep(on->losses, m->info.output_size,
                           evaluation_keeps(m, on->loss),
                           evaluation_ends(m, shape.B));
}

void evaluation_close(evaluation *on, windows *all)
{
    windows_destroy(all);
    state_destroy(on->state);
    row_losses_destroy(on->losses);
}
