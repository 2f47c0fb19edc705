/* train_score.c: what a run came to: see train_parts.h. */
#include "network.h"
#include "train_parts.h"

#include <math.h>
#include <stdio.h>

elman_part told_part(const training *run)
{
    elman_part told = ELMAN_PART_TRAIN;
    for (int part = 0; part <= ELMAN_PART_TEST; part++)
        if (elman_dataset_size(run->dataset, (elman_part)part))
            told = (elman_part)part;
    return told;
}

bool read_told_baseline(const training *run, elman_baseline *baseline)
{
    const elman_baseline_config config = {.part = told_part(run)};
    *baseline = run->baselines[config.part];
    return run->prepared ||
           elman_dataset_baseline(run->dataset, &config, baseline) == ELMAN_OK;
}

/* The least of some errors, of which those that there are not are NaN. */
static double least(const double *errors, size_t count)
{
    double found = NAN;
    for (size_t n = 0; n < count; n++)
        if (!isnan(errors[n]) && !(errors[n] >= found)) found = errors[n];
    return found;
}

void fill_score(const training *run, run_score *score)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    const elman_metrics *m = &run->score, *told = &run->told;
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    elman_baseline b = {0};
    (void)read_told_baseline(run, &b);

    *score = (run_score){
        .error = m->mae,
        .loss = m->loss,
        .headline = told->mae,
        .baseline =
            least((double[]){b.naive_mae, b.seasonal_mae, b.mean_mae}, 3),
        .held = elman_dataset_size(run->dataset, ELMAN_PART_VALIDATION) > 0,
        .seconds = progress->seconds,
        .steps = progress->step};

    /* of which part */
    bool tests = elman_dataset_size(run->dataset, ELMAN_PART_TEST) > 0;
    const char *part = tests ? "test" : score->held ? "validation" : "training";
    snprintf(score->word, sizeof score->word, "%s MAE", part);
    if (encoding->task == ELMAN_TASK_LANGUAGE) {
        score->error = m->bits;
        score->headline = told->bits;
        score->baseline = b.loss / log(2);
        snprintf(score->word, sizeof score->word, "%s bits/%s", part,
                 short_unit_name(encoding));
    } else if (encoding->class_count) {
        score->error = 1 - m->accuracy;
        score->headline = 100 * told->accuracy;
        score->baseline = 100 * b.accuracy;
        snprintf(score->word, sizeof score->word, "%s accuracy, %%", part);
    }
}
