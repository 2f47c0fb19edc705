/* train_show.c: what is said before the first step: see train_parts.h. */
#include "classes.h"
#include "first_pass.h"
#include "judge.h"
#include "network.h"
#include "plan.h"
#include "ranks.h"
#include "screen.h"
#include "train_parts.h"

#include <stdio.h>

enum { PARTS = ELMAN_PART_TEST + 1 };

/* Seconds of reading that are told. */
static const double LONG_READING = 5;

void describe_run(const training *run, FILE *file, bool all)
{
    const train_values *values = run->values;
    const char *sizes[PARTS] = {"to train on", "to validate", "to test"};
    const char *what = sequence_word(elman_dataset_encoding(run->dataset));

    fprintf(file, "%-*s%s\n%*s", PLAN_INDENT, "data",
            encoding_describe(elman_dataset_encoding(run->dataset)),
            PLAN_INDENT, "");
    for (int part = 0; part < PARTS; part++) {
        size_t size = elman_dataset_size(run->dataset, (elman_part)part);
        if (size)
            fprintf(file, "%s%s %s%s %s", part ? ", " : "", with_commas(size),
                    what, size == 1 ? "" : "s", sizes[part]);
    }

    putc('\n', file);

    bool left = plan_show(file, run->plan, all);
    double seconds = run->spent.seconds[SPENT_READING];
    if (seconds >= LONG_READING)
        fprintf(file, "%-*sall data gone through in %s\n", PLAN_INDENT, "read",
                with_minutes(seconds));
    for (int part = 0; part < PARTS; part++) {
        const char *lack =
            classes_describe_lack(run->dataset, (elman_part)part);
        if (*lack) fprintf(file, "%-*s%s\n", PLAN_INDENT, "classes", lack);
    }
    elman_baseline baseline;
    if (read_told_baseline(run, &baseline))
        fprintf(
            file, "%-*s%s\n", PLAN_INDENT, "baseline",
            baseline_describe(elman_dataset_encoding(run->dataset), &baseline));

    bool unasked = values->bidirectional && !values->init_from &&
                   !option_given(run->arguments, "bidirectional");
    fprintf(file, "%-*s%s%s\n", PLAN_INDENT, "model",
            model_describe(run->model),
            unasked ? "; no stream (--no-bidirectional)" : "");
    fprintf(file,
            "%-*s%s batches of %zu an epoch, %s%llu thread%s%s; Ctrl-C stops "
            "and saves%s\n",
            PLAN_INDENT, "run",
            with_commas(elman_trainer_progress(run->trainer)->batches),
            (size_t)values->batch, rank_describe(),
            (unsigned long long)values->threads,
            values->threads == 1 ? "" : "s", rank_count() > 1 ? " each" : "",
            left ? "; more by --plan" : "");
}

void show_plan(training *run)
{
    /* all that is read comes before all that is said */
    elman_baseline *told = &run->baselines[told_part(run)];
    spent_mark(&run->spent);
    first_pass_begin(run->arguments->operands[0]);
    run->prepared = read_told_baseline(run, told);
    first_pass_end();
    spent_lap(&run->spent, SPENT_READING);

    if (!screen.json) {
        describe_run(run, stdout, true);
        return;
    }

    record out = record_begin(stdout);
    plan_record(&out, run->plan);
    elman_baseline baseline;
    if (read_told_baseline(run, &baseline))
        baseline_record(&out, elman_dataset_encoding(run->dataset), NULL,
                        &baseline, 0);
    record_text(&out, "model", model_describe(run->model));
    record_count(&out, "batches",
                 elman_trainer_progress(run->trainer)->batches);
    record_end(&out);
}
