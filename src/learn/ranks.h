/*
 * ranks.h: a trainer's part where several ranks train together. Rank 0 says
 * what comes next, a step or a save, and the others follow. Each has its own
 * sequences of a batch, sums their leaves, and owns a slice of the weights
 * (share/share.h); losses, norms and metrics are those of all, on all ranks.
 *
 *   rank 0       call ---+---------------- step ----------------+--- call ...
 *   rank 1 ...           | weight  forward  backward  sum  move |
 *                          of all           own leaves    own slice
 */
#ifndef LEARN_RANKS_H
#define LEARN_RANKS_H

#include "learn/trainer.h"

/* Before windows are made, and after. */
elman_status ranks_open(elman_trainer *trainer);
void ranks_deal(const elman_trainer *trainer, windows *windows);

/* Lets the others end. */
void ranks_close(elman_trainer *trainer);

/* What rank 0 does next. */
typedef enum ranks_call {
    RANKS_STEP,
    RANKS_SAVE,
    RANKS_BEST,
    RANKS_EVALUATE,
    RANKS_BASELINE,
    RANKS_RESIDUALS,
    RANKS_END
} ranks_call;

/* On rank 0: tells the others, who follow. The first time, all ranks compare
 * what they are about to train. Without a transport nothing happens. */
elman_status ranks_tell(elman_trainer *trainer, ranks_call call);

/* What came of a call that the others were told of. They see by themselves what
 * is wrong, and are not told more then; but where an evaluation was stopped
 * they wait for what comes next. Returns status. */
elman_status ranks_answered(elman_trainer *trainer, elman_status status);

/* elman_trainer_follow of elman_train.h. */
elman_status ranks_follow(elman_trainer *trainer);

/* elman_trainer_keep_best, evaluate, baseline and residuals of elman_train.h.
 */
elman_status ranks_keep_best(elman_trainer *trainer);
elman_status ranks_evaluate(elman_trainer *trainer, elman_part part,
                            elman_metrics *metrics, uint64_t *confusion);
elman_status ranks_baseline(elman_trainer *trainer,
                            const elman_baseline_config *config,
                            elman_baseline *baseline);
elman_status ranks_residuals(elman_trainer *trainer, elman_part part,
                             elman_residuals **residuals);

/* Before the pass back of this rank's part of a batch of so many sequences,
 * which may be none. */
elman_status ranks_begin(elman_trainer *trainer, size_t whole);

/* model_update over all ranks, after that. */
elman_status ranks_update(elman_trainer *trainer, double rate, double *norm);

#endif
