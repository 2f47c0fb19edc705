/*
 * outcome.h: a training run as its parts share it, and what remains at its end:
 * the best model, a summary, the commands to try next.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "events.h"
#include "safe.h"
#include "meter.h"
#include "profile.h"
#include "train.h"
#include "watch.h"
#include "system.h"

typedef struct training {
    const parsed_line *arguments;
    const train_values *values;
    elman_dataset *dataset;
    char *plan; /* what was understood of it: plan.h */
    elman_model *model;
    elman_trainer *trainer;
    elman_trainer_config config;
    elman_baseline baselines[ELMAN_PART_TEST + 1]; /* of the parts reported, */
    bool prepared;                                 /* by outcome_prepare */
    elman_journal *journal; /* of its evaluations: run_journal.h */
    bool journal_kept;      /* as the model's note */
    char model_path[PATH_ROOM], checkpoint_path[PATH_ROOM];
    safe_file safe;
    meter meter;
    watch watch;
    events board; /* of --tensorboard: tensorboard.h */
    spent spent;
    double program;          /* bytes of memory before the data was read */
    bool alone;              /* not one of the runs of a table */
    bool out_of_time;        /* --seconds ended it */
    bool cut_off;            /* by what could not be written */
    double saved;            /* when the model was last saved, by the meter */
    elman_metrics score;     /* of what was kept */
    elman_metrics told;      /* of the test part, if there is one */
    uint64_t evaluated_step; /* of the last evaluation, 0 none in this run */
} training;

/* The part whose score chooses the best weights, that of training if there is
 * no other. */
elman_part outcome_part(const training *run);

/* Reads all data for what a run needs of it at its end, so that it ends at
 * once: the hash of a checkpoint, and what scores have to beat. On all ranks.
 */
elman_status outcome_prepare(training *run);

/* After a run was cut off: what of it is on the disk, and how it goes on. */
void outcome_tell_left(const training *run);

/* Ends a run that has not failed: checkpoint, best weights, model file,
 * summary. After a signal evaluations are left that take longer than a moment.
 * Returns the exit code: 0, 130 and 143 after a signal, 1 after an error line.
 */
int outcome_keep(training *run);

#endif
