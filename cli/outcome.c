/*
 * outcome.c: see outcome.h.
 */
#include "outcome.h"
#include "network.h"
#include "report.h"
#include "screen.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What is reported at the end. */
typedef struct result {
    elman_part part;
    elman_metrics metrics;
    uint64_t *confusion; /* NULL if the task has none */
    uint64_t step;       /* that the kept weights are from */
} result;

static int evaluate(const training *run, result *kept)
{
    elman_status status =
        elman_model_evaluate(run->model, run->dataset, kept->part, &run->config,
                             &kept->metrics, kept->confusion);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* Decides between the best weights of all evaluations and the current ones,
 * which have not been evaluated if the run was cut short. */
static int keep_best(training *run, result *kept)
{
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    bool has_best = !isnan(progress->validation.loss);
    bool seen = has_best && run->evaluated_step == progress->step;
    kept->step = progress->step;

    /* the current weights, if they have not been evaluated */
    if (!seen) {
        int code = evaluate(run, kept);
        if (code) return code;
        if (!has_best || kept->metrics.loss < progress->best_loss) return 0;
    }

    /* the best of the evaluations */
    kept->step = progress->best_step;
    if (elman_trainer_keep_best(run->trainer) != ELMAN_OK)
        return library_failed();
    return evaluate(run, kept);
}

static void show_result(const training *run, const result *kept)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    struct stat file = {0};
    stat(run->model_path, &file);

    printf("\n%sbest of %s steps: step %s%s\n%s: %s\n", paint(stdout, BOLD),
           with_commas(progress->step), with_commas(kept->step),
           paint(stdout, PLAIN),
           kept->part == ELMAN_PART_VALIDATION ? "validation" : "training",
           metrics_describe(encoding, &kept->metrics));

    /* tables only where there are classes or values */
    if (encoding->task != ELMAN_TASK_LANGUAGE) {
        putchar('\n');
        metrics_show(encoding, &kept->metrics, kept->confusion);
        putchar('\n');
    }

    printf("saved %s, %s, after %s\n", printable(run->model_path),
           with_bytes((double)file.st_size),
           with_minutes(meter_seconds(&run->meter)));
}

static void show_next(const training *run)
{
    const char *model = shell_quoted(run->model_path);
    switch (elman_dataset_encoding(run->dataset)->task) {
    case ELMAN_TASK_LANGUAGE:
        printf("\ntry  elman sample %s --length 500\n", model);
        break;
    case ELMAN_TASK_FORECAST:
    case ELMAN_TASK_TAG:
        printf("\ntry  elman predict %s < NEW.csv\n", model);
        break;
    default:
        printf("\ntry  elman predict %s FILE\n", model);
    }
    printf("     elman inspect %s %s\n", model,
           shell_quoted(run->arguments->operands[0]));
}

static void show_record(const training *run, const result *kept)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    record out = record_begin(stdout);
    record_text(&out, "model", run->model_path);
    record_text(&out, "task", task_word(encoding->task));
    record_count(&out, "steps", elman_trainer_progress(run->trainer)->step);
    record_count(&out, "best_step", kept->step);
    record_number(&out, "seconds", meter_seconds(&run->meter));
    record_text(&out, "part",
                kept->part == ELMAN_PART_VALIDATION ? "validation" : "train");

    results_record(&out, encoding, &kept->metrics, kept->confusion);
    if (run->values->profile) profile_record(&out, run);
    record_end(&out);
}

static int keep(training *run, int signal_number, result *kept)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);

    /* a last checkpoint, unless one of this step exists or is being written */
    int code = 0;
    spent_mark(&run->spent);
    if (run->safe.begun_step != elman_trainer_progress(run->trainer)->step)
        code = safe_write(&run->safe, run->trainer);
    if (!code) code = safe_settle(&run->safe, run->trainer);
    spent_lap(&run->spent, SPENT_CHECKPOINTS);
    if (code) return code;

    if (encoding->class_count) {
        kept->confusion = calloc(encoding->class_count * encoding->class_count,
                                 sizeof *kept->confusion);
        if (!kept->confusion) return failed("out of memory");
    }

    /* the best weights, evaluated, into the model file */
    spent_mark(&run->spent);
    code = keep_best(run, kept);
    spent_lap(&run->spent, SPENT_EVALUATION);
    if (code) return code;

    if (elman_model_save(run->model, run->model_path) != ELMAN_OK)
        return library_failed();
    spent_lap(&run->spent, SPENT_MODELS);

    const char *reason = signal_number      ? "stopped by a signal"
                         : run->out_of_time ? "out of time"
                                            : "done";
    return meter_close(&run->meter, elman_trainer_progress(run->trainer),
                       reason, &kept->metrics);
}

int outcome_keep(training *run, int signal_number)
{
    bool held = elman_dataset_size(run->dataset, ELMAN_PART_VALIDATION) > 0;
    result kept = {.part = held ? ELMAN_PART_VALIDATION : ELMAN_PART_TRAIN};
    live_line("");
    int code = keep(run, signal_number, &kept);

    if (!code && screen.json) show_record(run, &kept);
    else if (!code) {
        if (!screen.quiet) show_result(run, &kept);
        if (run->values->profile) profile_show(run);
    }

    free(kept.confusion);
    if (code) return code;

    /* what to type next */
    if (signal_number || run->out_of_time) {
        fflush(stdout);
        note("resume with\n  %s", command_line(run->arguments, "--resume"));
    } else if (!screen.quiet && !screen.json) show_next(run);
    return signal_number ? 128 + signal_number : EXIT_DONE;
}
