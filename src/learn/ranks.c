/* ranks.c: see ranks.h. */
#include "learn/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "learn/agreement.h"
#include "learn/baseline.h"
#include "learn/carried.h"
#include "learn/residual.h"
#include "learn/shared_update.h"
#include "share/share.h"

/* ---- Life --------------------------------------------------------------- */

elman_status ranks_open(elman_trainer *t)
{
    if (!t->config.transport) return ELMAN_OK;
    TRY(share_create(t->config.transport, &t->share));
    return shared_prepare(t->share, t->model);
}

void ranks_deal(const elman_trainer *t, windows *w)
{
    const share *s = t->share;
    if (s && w) windows_deal(w, t->config.loss.block, s->size, s->rank);
}

void ranks_close(elman_trainer *t)
{
    if (t->share) share_parts_end(&t->share->parts);
    if (t->telling && t->share && t->share->rank == 0)
        (void)ranks_tell(t, RANKS_END);
    share_destroy(t->share);
}

/* ---- Agreement ---------------------------------------------------------- */

/* What must be the same on all ranks. */
typedef struct credentials {
    agreement same;
    uint64_t weights, step;
} credentials;

static elman_status own_credentials(elman_trainer *t, credentials *own)
{
    *own = (credentials){.weights = HASH_EMPTY, .step = t->progress.step};
    own->weights =
        hash_floats(own->weights, t->model->weight_count, model_flat(t->model));
    return agreement_describe(t, &own->same);
}

/* The version comes first and by itself: credentials of another one may have
 * another size. */
static elman_status agree_version(share *s)
{
    enum { VERSION = 24 };
    char(*all)[VERSION] = calloc((size_t)s->size, sizeof *all);
    if (!all) return failure(ELMAN_NO_MEMORY, "no memory to train with");

    snprintf(all[s->rank], sizeof *all, "%s", elman_version());
    elman_status status = share_collect_each(s, all, sizeof *all);
    for (int rank = 1; !status && rank < s->size; rank++)
        if (strcmp(all[rank], all[0]) != 0)
            status = failure(ELMAN_BAD_VALUE,
                             "rank %d has elman %s and rank 0 has %s: expected "
                             "the same version on all ranks",
                             rank, all[rank], all[0]);
    free(all);
    return status;
}

/* The first rank that differs from rank 0. */
static elman_status compare(const credentials *all, int size)
{
    for (int rank = 1; rank < size; rank++) {
        const credentials *c = all + rank;
        const char *what = strcmp(c->same.data, all->same.data) != 0   ? "data"
                           : strcmp(c->same.hash, all->same.hash) != 0 ? "data"
                           : strcmp(c->same.settings, all->same.settings) != 0
                               ? "settings"
                           : c->weights != all->weights ? "weights"
                                                        : NULL;
        if (what)
            return failure(ELMAN_BAD_VALUE,
                           "rank %d has other %s than rank 0: expected the "
                           "same files and options on all ranks",
                           rank, what);
        if (c->step != all->step)
            return failure(ELMAN_BAD_VALUE,
                           "rank %d is at step %llu and rank 0 at %llu: "
                           "expected the same checkpoint on all ranks",
                           rank, (unsigned long long)c->step,
                           (unsigned long long)all->step);
    }
    return ELMAN_OK;
}

static elman_status agree(elman_trainer *t)
{
    share *s = t->share;
    TRY(agree_version(s));
    credentials *all = calloc((size_t)s->size, sizeof *all);
    if (!all) return failure(ELMAN_NO_MEMORY, "no memory to train with");

    elman_status status = own_credentials(t, all + s->rank);
    if (!status) status = share_collect_each(s, all, sizeof *all);
    if (!status) status = compare(all, s->size);
    t->agreed = !status;
    free(all);
    return status;
}

/* ---- Calls -------------------------------------------------------------- */

elman_status ranks_tell(elman_trainer *t, ranks_call call)
{
    if (!t->state && call != RANKS_END)
        return failure(ELMAN_NO_MEMORY,
                       "the trainer goes on no more: after an evaluation there "
                       "was no memory for its states");
    if (!t->share) return ELMAN_OK;
    if (t->share->rank != 0)
        return failure(ELMAN_BAD_VALUE,
                       "this is rank %d, expected elman_trainer_follow: rank 0 "
                       "alone takes steps and saves",
                       t->share->rank);
    if (!t->agreed) TRY(agree(t));
    return share_broadcast(t->share, &call, sizeof call);
}

/* ---- Asking -------------------------------------------------------------- */

/* What is asked of a part. */
typedef struct question {
    elman_part part;
    bool confusion; /* a table of classes as well */
    double warp;    /* of neighbours */
} question;

/* What rank 0 asks comes to all. */
static elman_status ask(elman_trainer *t, ranks_call call, question *what)
{
    elman_status status = ranks_tell(t, call);
    if (!status && t->share)
        status = share_broadcast(t->share, what, sizeof *what);
    return status;
}

elman_status ranks_answered(elman_trainer *t, elman_status status)
{
    if (status && status != ELMAN_STOPPED) t->telling = false;
    return status;
}

elman_status ranks_keep_best(elman_trainer *t)
{
    TRY(ranks_answered(t, ranks_tell(t, RANKS_BEST)));
    trainer_take_best(t);
    return ELMAN_OK;
}

/* An evaluation and where it goes. */
typedef struct asked_metrics {
    elman_part part;
    elman_metrics *metrics;
    uint64_t *confusion;
} asked_metrics;

static elman_status find_metrics(elman_trainer *t,
                                 const elman_trainer_config *config,
                                 void *context)
{
    const asked_metrics *a = context;
    return evaluate_shared(t->model, t->dataset, a->part, config, t->share,
                           &t->stop, a->metrics, a->confusion);
}

/* The same of residuals. */
typedef struct asked_residuals {
    elman_part part;
    elman_residuals **residuals;
} asked_residuals;

static elman_status find_residuals(elman_trainer *t,
                                   const elman_trainer_config *config,
                                   void *context)
{
    const asked_residuals *a = context;
    return residuals_shared(t->model, t->dataset, a->part, config, t->share,
                            a->residuals);
}

elman_status ranks_evaluate(elman_trainer *t, elman_part part,
                            elman_metrics *metrics, uint64_t *confusion)
{
    question what = {.part = part, .confusion = confusion != NULL};
    TRY(evaluate_check_part(t->dataset, part));
    elman_status status = ask(t, RANKS_EVALUATE, &what);
    asked_metrics a = {part, metrics, confusion};
    if (!status) status = trainer_beside(t, find_metrics, &a);
    return ranks_answered(t, status);
}

elman_status ranks_baseline(elman_trainer *t,
                            const elman_baseline_config *config,
                            elman_baseline *baseline)
{
    question what = {.part = config->part, .warp = config->warp};
    TRY(baseline_check(t->dataset, config));
    if (!config->neighbour) return baseline_read(t->dataset, config, baseline);
    elman_status status = ask(t, RANKS_BASELINE, &what);
    if (!status)
        status = baseline_shared(t->dataset, config, t->share, baseline);
    return ranks_answered(t, status);
}

elman_status ranks_residuals(elman_trainer *t, elman_part part,
                             elman_residuals **residuals)
{
    question what = {.part = part};
    TRY(residuals_check(t->model, t->dataset, part));
    elman_status status = ask(t, RANKS_RESIDUALS, &what);
    asked_residuals a = {part, residuals};
    if (!status) status = trainer_beside(t, find_residuals, &a);
    return ranks_answered(t, status);
}

/* ---- Following ---------------------------------------------------------- */

static elman_status hear(elman_trainer *t, question *what)
{
    return share_broadcast(t->share, what, sizeof *what);
}

static elman_status save_part(elman_trainer *t)
{
    carried none;
    return carried_gather(t, &none);
}

static elman_status take_best(elman_trainer *t)
{
    trainer_take_best(t);
    return ELMAN_OK;
}

/* What rank 0 has asked, whose answer is the same here. */
static elman_status answer_metrics(elman_trainer *t)
{
    question what;
    TRY(hear(t, &what));
    size_t classes = dataset_encoding(t->dataset)->class_count;
    uint64_t *confusion = NULL;
    elman_metrics metrics;
    if (what.confusion &&
        !(confusion = calloc(classes * classes + 1, sizeof *confusion)))
        return failure(ELMAN_NO_MEMORY, "no memory for %zu classes", classes);

    asked_metrics a = {what.part, &metrics, confusion};
    elman_status status = trainer_beside(t, find_metrics, &a);
    free(confusion);
    return status;
}

static elman_status answer_baseline(elman_trainer *t)
{
    question what;
    elman_baseline baseline;
    TRY(hear(t, &what));
    elman_baseline_config config = {.part = what.part,
                                    .neighbour = true,
                                    .warp = what.warp,
                                    .threads = t->config.threads};
    return baseline_shared(t->dataset, &config, t->share, &baseline);
}

static elman_status answer_residuals(elman_trainer *t)
{
    question what;
    elman_residuals *residuals = NULL;
    TRY(hear(t, &what));
    asked_residuals a = {what.part, &residuals};
    elman_status status = trainer_beside(t, find_residuals, &a);
    residuals_destroy(residuals);
    return status;
}

static elman_status (*const calls[])(elman_trainer *) = {
    [RANKS_STEP] = trainer_take_step,   [RANKS_SAVE] = save_part,
    [RANKS_BEST] = take_best,           [RANKS_EVALUATE] = answer_metrics,
    [RANKS_BASELINE] = answer_baseline, [RANKS_RESIDUALS] = answer_residuals};

elman_status ranks_follow(elman_trainer *t)
{
    if (!t->share || t->share->rank == 0)
        return failure(
            ELMAN_BAD_VALUE, "%s, expected a rank other than 0 of several",
            t->share ? "this is rank 0" : "the trainer has no transport");
    if (!t->agreed) TRY(agree(t));
    for (ranks_call call;;) {
        TRY(share_broadcast(t->share, &call, sizeof call));
        if (call == RANKS_END) break;
        elman_status status = calls[call](t);
        if (status != ELMAN_STOPPED) TRY(status);
    }
    t->agreed = false;
    return ELMAN_OK;
}

/* ---- A step ------------------------------------------------------------- */

elman_status ranks_begin(elman_trainer *t, size_t whole)
{
    size_t leaves = deal_leaf_count(whole, t->config.loss.block);
    return shared_begin(t->share, leaves, t->state);
}

elman_status ranks_update(elman_trainer *t, double rate, double *norm)
{
    return shared_update(t->share, t->optimizer, t->model, t->state, rate, norm,
                         t->profile);
}
