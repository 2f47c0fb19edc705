/* train_show.c: what is said before the first step: see train_parts.h. */
#include "classes.h"
#include "first_pass.h"
#include "judge.h"
#include "network.h"
#include "plan.h"
#include "ranks.h"
#include "screen.h"
#include "train_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PARTS = ELMAN_PART_TEST + 1 };

/* Seconds of reading that are told. */
static const double LONG_READING = 5;

/* A part of what a run takes of memory. */
typedef struct memory_part {
    const char *key, *words;
    double bytes;
} memory_part;

enum { MEMORY_PARTS = 9 };

/* Returns the most that there is at once; 0 if it is not known. */
static double list_memory(const training *run, memory_part parts[MEMORY_PARTS])
{
    elman_trainer_memory m;
    if (elman_trainer_read_memory(run->trainer, &m) != ELMAN_OK) return 0;
    double pulse = (double)watch_bytes(&run->watch);
    const memory_part list[MEMORY_PARTS] = {
        {"program", "program", run->program},
        {"data", "data and batches", (double)m.data},
        {"model", "weights in use", (double)m.model},
        {"weights", "best and last weights", (double)m.weights},
        {"optimizer", "moments", (double)m.optimizer},
        {"passes", "states, gradients, losses", (double)m.passes},
        {"pulse", "beside them a pulse", pulse},
        {"checkpoint", "and a checkpoint's copy", (double)m.checkpoint},
        {"evaluation", "or, at the end, an evaluation", (double)m.evaluation}};
    memcpy(parts, list, sizeof list);

    /* a copy that is still being written is there beside the next pulse */
    double still =
        (double)(m.data + m.model + m.weights + m.optimizer + m.passes);
    double step = still + pulse + (double)m.checkpoint;
    return run->program + fmax(step, (double)m.most);
}

static void show_memory(const training *run, FILE *file)
{
    memory_part parts[MEMORY_PARTS];
    double most = list_memory(run, parts);
    if (most == 0) return;
    fprintf(file, "%-*s%s at most at once", PLAN_INDENT, "memory",
            with_bytes(most));
    for (int n = 0; n < MEMORY_PARTS; n++)
        fprintf(file, "%s%*s%-9s %-*s", n % 2 ? "" : "\n",
                n % 2 ? 0 : PLAN_INDENT, "", with_bytes(parts[n].bytes),
                n % 2 ? 0 : 27, parts[n].words);
    putc('\n', file);
}

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
    if (all) show_memory(run, file);
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

int show_plan(training *run)
{
    /* all that is read comes before all that is said */
    elman_baseline *told = &run->baselines[told_part(run)];
    spent_mark(&run->spent);
    first_pass_begin(run->arguments->operands[0]);
    run->prepared = read_told_baseline(run, told);
    int code = watch_open(run->arguments, run->dataset, run->model,
                          run->trainer, &run->watch);
    first_pass_end();
    spent_lap(&run->spent, SPENT_READING);
    if (code) return code;

    if (!screen.json) {
        describe_run(run, stdout, true);
        return 0;
    }

    record out = record_begin(stdout);
    plan_record(&out, run->plan);
    elman_baseline baseline;
    if (read_told_baseline(run, &baseline))
        baseline_record(&out, elman_dataset_encoding(run->dataset), NULL,
                        &baseline, 0);
    record_text(&out, "model", model_describe(run->model));
    memory_part parts[MEMORY_PARTS];
    record_open(&out, "memory", '{');
    record_number(&out, "most", list_memory(run, parts));
    for (int n = 0; n < MEMORY_PARTS; n++)
        record_number(&out, parts[n].key, parts[n].bytes);
    record_close(&out, '}');
    record_count(&out, "batches",
                 elman_trainer_progress(run->trainer)->batches);
    record_end(&out);
    return 0;
}
