/* evaluate.h: the metrics of a model on a part of a dataset. */
#ifndef LEARN_EVALUATE_H
#define LEARN_EVALUATE_H

#include <stdatomic.h>

#include "data/dataset.h"
#include "learn/metrics.h"
#include "learn/row_loss.h"
#include "learn/windows.h"
#include "model/model.h"

/* Sequences and steps of a batch where config has 0. */
enum { DEFAULT_BATCH = 32, DEFAULT_STEPS = 64 };

/* Whether the model's inputs and outputs are those of dataset and its task; one
 * sentence if not. */
elman_status evaluate_check(const elman_model *model,
                            const elman_dataset *dataset,
                            const elman_loss_config *loss);

/* What windows run on, and where their losses and classes are counted. */
typedef struct evaluation {
    const elman_model *model;
    elman_state *state;
    const elman_dataset *dataset;
    elman_part part; /* of dataset, from which the windows come */
    const elman_loss_config *loss;
    row_losses *losses;  /* room for all rows of a window */
    struct share *share; /* ranks that each have a part of the windows, or NULL;
                            then sums are those of all, and counts are not */
    bool backward;       /* a pass back will follow: it counts as work */
    uint64_t *confusion; /* (classes,classes) to add to, or NULL */
    class_count *counts; /* (classes) to add to, or NULL */
    const atomic_bool *stop; /* asked before each window whether to leave, or
                                NULL; all ranks have one, and rank 0's counts */
} evaluation;

/* Whether it is to be left, as this rank knows; and what is returned then. */
bool evaluation_stops(const evaluation *evaluation);
elman_status evaluation_left(void);

/* ---- evaluate_budget.c -------------------------------------------------- */

/* Refuses a budget that is too small for work with windows of that shape, with
 * the bytes that it takes at least, and the most threads with which it is
 * enough. least: those bytes with so many threads. */
typedef size_t bytes_with_threads(const void *context, int threads);
elman_status budget_check(const char *work, size_t budget,
                          const elman_state_config *shape,
                          bytes_with_threads *least, const void *context);

/* Bytes beside a state, of losses or answers: whatever it is like, and more
 * where it has room for some steps at a time only. */
typedef struct evaluation_beside {
    size_t always, cut;
} evaluation_beside;

/* A state without training for windows of T steps of B in bytes, 0: as many as
 * it takes, less those beside it. If they are too few for all steps, it is cut:
 * it has room for some at a time, where the model reads forward. least: the
 * fewest bytes that do, SIZE_MAX if no state is possible. */
size_t evaluation_least(const elman_model *model,
                        const elman_state_config *shape,
                        evaluation_beside beside);
elman_status evaluation_state(const elman_model *model,
                              const elman_state_config *shape, size_t bytes,
                              evaluation_beside beside, elman_state **state,
                              bool *cut);

/* The rows that have a loss, those of a vector per sequence, and whether
 * metrics read the outputs of all rows, which a cut state does not keep. */
static inline size_t evaluation_rows(const elman_model *m, size_t T, size_t B)
{
    return m->info.per_sequence ? B : bytes_times(T, B);
}

static inline size_t evaluation_ends(const elman_model *m, size_t B)
{
    return m->info.per_sequence ? B : 0;
}

static inline bool evaluation_keeps(const elman_model *m,
                                    const elman_loss_config *loss)
{
    return loss->kind != ELMAN_LOSS_CROSS_ENTROPY && !m->info.per_sequence;
}

/* What the losses of such windows take. */
evaluation_beside evaluation_losses(const elman_model *model,
                                    const elman_loss_config *loss,
                                    const elman_state_config *shape);

/* What evaluation_open takes of a budget at least. */
elman_status evaluation_measure(const evaluation *evaluation,
                                const elman_trainer_config *config,
                                size_t *least);

/* What evaluation_open takes with the budget of config, its losses and windows
 * with it. */
elman_status evaluation_size(const evaluation *evaluation,
                             const elman_trainer_config *config, size_t *bytes);

/* Makes the windows of the evaluation's part, and the state and the losses that
 * it needs; whatever happens, close frees what was made. */
elman_status evaluation_open(evaluation *evaluation,
                             const elman_trainer_config *config,
                             windows **windows);
void evaluation_close(evaluation *evaluation, windows *windows);

/* ---- evaluate_window.c -------------------------------------------------- */

/* Runs a batch of a loader forward, so many steps at a time, with a state that
 * has room for these, or with one that has a budget, whose y goes to room (else
 * NULL). take gets each slice of the batch with its lengths, where it begins
 * and what it gave; a vector per sequence is kept by keep_ends, so that ends
 * (B,O) has that of all steps. */
typedef void slice_taker(void *context, const elman_batch *slice, size_t first,
                         const float *y);
elman_status evaluate_slices(const elman_model *model, elman_state *state,
                             const elman_batch *batch, size_t steps,
                             float *room, slice_taker *take, void *context);
void evaluate_keep_ends(const elman_batch *slice, size_t first, size_t O,
                        const float *y, float *ends);

/* Runs a window forward and takes the loss over its new steps; the gradient,
 * zero for the context, goes to the state's "dy" if that is there. Adds to
 * sums, the steps and the work as well. With backward, a state that keeps
 * segments goes back as well, if the model has an output at each step: its
 * gradients have been begun. */
elman_status evaluate_window(const evaluation *evaluation, const window *window,
                             metric_sums *sums, double *loss);

/* ---- evaluate.c --------------------------------------------------------- */

/* Runs the next of the windows, and joins its sums as a leaf; window->ended if
 * there was none. */
elman_status evaluate_next(const evaluation *evaluation, windows *windows,
                           metric_tree *tree, window *window);

/* Runs all of windows once, from the beginning; sums become those of all. */
elman_status evaluate_all(const evaluation *evaluation, windows *windows,
                          metric_sums *sums);

/* Whether the part has sequences. */
elman_status evaluate_check_part(const elman_dataset *dataset, elman_part part);

/* Whether all ranks have the same model and data. */
elman_status evaluate_check_ranks(struct share *share, const elman_model *model,
                                  const elman_dataset *dataset);

/* elman_model_evaluate on all ranks of share, which have the same, or on this
 * one alone (NULL); stop: as in evaluation. */
elman_status evaluate_shared(const elman_model *model,
                             const elman_dataset *dataset, elman_part part,
                             const elman_trainer_config *config,
                             struct share *share, const atomic_bool *stop,
                             elman_metrics *metrics, uint64_t *confusion);

/* elman_model_evaluate of elman_train.h. */
elman_status evaluate(const elman_model *model, const elman_dataset *dataset,
                      elman_part part, const elman_trainer_config *config,
                      elman_metrics *metrics, uint64_t *confusion);

#endif
