/*
 * outcome.c: see outcome.h.
 */
#include "outcome.h"
#include "judge.h"
#include "name.h"
#include "network.h"
#include "ranks.h"
#include "replay.h"
#include "report.h"
#include "run_journal.h"
#include "run_report.h"
#include "screen.h"
#include "stopping.h"

#include <math.h>
#include <stdlib.h>

/* What is reported at the end, of one part of the data. */
typedef struct result {
    elman_part part;
    elman_metrics metrics;
    elman_baseline baseline; /* what they have to beat */
    uint64_t *confusion;     /* NULL if the task has none */
    uint64_t step;           /* that the kept weights are from */
    bool left;               /* after a signal: metrics are not known */
} result;

/* Seconds that a run may take after a signal to know what it came to. */
static const double LAST_SECONDS = 2;

static const char *part_word(elman_part part)
{
    static const char *const words[] = {"training", "validation", "test"};
    return words[part];
}

static int evaluate(const training *run, result *kept)
{
    elman_status status = elman_trainer_evaluate(
        run->trainer, kept->part, &kept->metrics, kept->confusion);
    kept->left = status == ELMAN_STOPPED;
    return status == ELMAN_OK || kept->left ? 0 : library_failed();
}

/* What a part's score has to beat; warp: also the nearest neighbour, NaN: not.
 */
static elman_status read_baseline(const training *run, elman_part part,
                                  double warp, elman_baseline *baseline)
{
    elman_baseline_config config = {.part = part,
                                    .neighbour = !isnan(warp),
                                    .warp = isnan(warp) ? 0 : warp,
                                    .threads = (int)run->values->threads};
    return elman_trainer_baseline(run->trainer, &config, baseline);
}

elman_part outcome_part(const training *run)
{
    bool held = elman_dataset_size(run->dataset, ELMAN_PART_VALIDATION) > 0;
    return held ? ELMAN_PART_VALIDATION : ELMAN_PART_TRAIN;
}

elman_status outcome_prepare(training *run)
{
    uint64_t hash;
    elman_status status = elman_trainer_read_hash(run->trainer, &hash);

    /* neighbours are looked for by all ranks together, at the end */
    if (status || rank_follow()) return status;
    elman_part part = outcome_part(run), test = ELMAN_PART_TEST;
    status = read_baseline(run, part, NAN, &run->baselines[part]);
    if (!status && elman_dataset_size(run->dataset, test))
        status = read_baseline(run, test, NAN, &run->baselines[test]);
    run->prepared = !status;
    return status;
}

/* Room for the result of a part, and its baseline. */
static int result_open(const training *run, elman_part part, result *kept)
{
    size_t classes = elman_dataset_encoding(run->dataset)->class_count;
    *kept = (result){.part = part, .baseline = run->baselines[part]};
    if (classes) {
        kept->confusion = calloc(classes * classes, sizeof *kept->confusion);
        if (!kept->confusion) return failed("out of memory");
    }
    double warp = run->values->neighbour;
    if (isnan(warp) || stopping_signal()) return 0;
    elman_status status = read_baseline(run, part, warp, &kept->baseline);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* A run that was cut short between evaluations has its last one in the model's
 * journal, so that one of half a minute has a row; not in the checkpoint, as a
 * run that goes on is the same as one that was never stopped. */
static int keep_row(training *run, const result *kept)
{
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    size_t count = 0;
    const elman_journal_row *rows = elman_journal_rows(run->journal, &count);
    if (kept->part != ELMAN_PART_VALIDATION ||
        (count && rows[count - 1].step >= progress->step))
        return 0;

    /* what is a mean since the evaluation before is not known; of the loss the
     * last step's is */
    elman_journal_row row = evaluation_row(run, progress);
    row.train_loss = progress->last.loss;
    row.norm = row.clipped = row.update = NAN;
    row.loss = kept->metrics.loss;
    row.score = score_of(elman_dataset_encoding(run->dataset), &kept->metrics);
    row.best = !(row.loss >= progress->best_loss);
    watch_measure(&run->watch, progress, &row);
    int code = run_journal_add(run, &row);
    return code ? code : run_journal_keep(run);
}

/* Decides between the best weights of all evaluations and the current ones,
 * which have not been evaluated if the run was cut short. */
static int keep_best(training *run, result *kept)
{
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    bool has_best = !isnan(progress->validation.loss) &&
                    kept->part == ELMAN_PART_VALIDATION;
    bool seen = has_best && run->evaluated_step == progress->step;
    kept->step = progress->step;

    /* the current weights, if they have not been evaluated */
    if (!seen) {
        int code = evaluate(run, kept);
        if (!code && !kept->left) code = keep_row(run, kept);
        if (code || !has_best) return code;
        if (!kept->left && kept->metrics.loss < progress->best_loss) return 0;
    }

    /* the best of the evaluations */
    kept->step = progress->best_step;
    if (elman_trainer_keep_best(run->trainer) != ELMAN_OK)
        return library_failed();
    return evaluate(run, kept);
}

/* The learning rate of a run, which what to try begins from. */
static double rate_of(const training *run)
{
    return elman_trainer_progress(run->trainer)->learning_rate;
}

/* One part's line, with what it has to beat, and whether it does not. */
static void show_part(const training *run, const result *part)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    if (part->left) {
        printf("%s: not known yet, the signal came before its end\n",
               part_word(part->part));
        return;
    }
    const char *words =
        verdict(encoding, &part->metrics, &part->baseline, rate_of(run));
    printf("%s: %s\n%sbaseline: %s%s\n", part_word(part->part),
           metrics_describe(encoding, &part->metrics), paint(stdout, DIM),
           baseline_describe(encoding, &part->baseline), paint(stdout, PLAIN));
    if (words)
        printf("%s%s%s\n", paint(stdout, BOLD), words, paint(stdout, PLAIN));
}

static void show_result(const training *run, const result *kept,
                        const result *test)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    const elman_progress *progress = elman_trainer_progress(run->trainer);

    printf("\n%s%s of %s steps: step %s%s\n", paint(stdout, BOLD),
           kept->part == ELMAN_PART_VALIDATION ? "best" : "last",
           with_commas(progress->step), with_commas(kept->step),
           paint(stdout, PLAIN));
    show_part(run, kept);
    if (test) show_part(run, test);

    /* tables only where there are classes or values, of what counts most */
    const result *shown = test ? test : kept;
    if (encoding->task != ELMAN_TASK_LANGUAGE && !shown->left) {
        putchar('\n');
        metrics_show(encoding, &shown->metrics, shown->confusion,
                     &shown->baseline);
        putchar('\n');
    }

    printf("saved %s, %s, after %s\n", printable(run->model_path),
           with_bytes(file_bytes(run->model_path)),
           with_minutes(progress->seconds));
}

/* A run that came apart is an error line where its result is not read by a
 * person, and a failure where it has no number at all. */
static int warn_of(const training *run, const result *part)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    bool finite = isfinite(part->metrics.loss);
    bool shown = !screen.quiet && !screen.json && finite;
    if (!run->alone || shown || part->left ||
        !has_diverged(encoding, &part->metrics, &part->baseline))
        return 0;

    const char *words =
        verdict(encoding, &part->metrics, &part->baseline, rate_of(run));
    int code = failed("%s: %s; %s", part_word(part->part),
                      metrics_describe(encoding, &part->metrics),
                      words ? words : "training has come apart");
    return finite ? 0 : code;
}

/* True of a model that inspect refuses: it repeats one vector of a sequence. */
static bool repeats(const elman_model *model)
{
    const elman_layer *layers = elman_model_config(model)->layers;
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layers[n].kind; n++)
        if (layers[n].kind == ELMAN_REPEAT) return true;
    return false;
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
    if (repeats(run->model)) return;
    printf("     elman inspect %s %s -o report.html\n", model,
           shell_quoted(run->arguments->operands[0]));
}

static void record_result(record *out, const training *run, const result *part)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    results_record(out, encoding, &part->metrics, part->confusion);
    baseline_record(out, encoding, &part->metrics, &part->baseline,
                    rate_of(run));
}

static void show_record(const training *run, const result *kept,
                        const result *test)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    record out = record_begin(stdout);
    record_text(&out, "model", run->model_path);
    record_text(&out, "task", task_word(encoding->task));
    record_count(&out, "steps", elman_trainer_progress(run->trainer)->step);
    record_count(&out, "best_step", kept->step);
    record_number(&out, "seconds",
                  elman_trainer_progress(run->trainer)->seconds);
    record_text(&out, "part",
                kept->part == ELMAN_PART_VALIDATION ? "validation" : "train");

    if (!kept->left) record_result(&out, run, kept);

    /* the same of the part that chose nothing */
    if (test && !test->left) {
        record_open(&out, "test", '{');
        record_result(&out, run, test);
        record_close(&out, '}');
    }
    if (run->values->profile) profile_record(&out, run);
    record_end(&out);
}

/* How far answers to the validation data are off goes into the model file, for
 * `elman predict --quantiles`. */
static int keep_residuals(training *run)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    elman_residuals *residuals = NULL;
    elman_part part = ELMAN_PART_VALIDATION;
    if (encoding->target_count == 0 || encoding->class_count ||
        elman_dataset_size(run->dataset, part) == 0)
        return 0;

    elman_status status =
        elman_trainer_residuals(run->trainer, part, &residuals);
    if (status == ELMAN_OK)
        status = elman_model_write_note(run->model, "residuals",
                                        elman_residuals_note(residuals));
    elman_residuals_destroy(residuals);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* Weights that are not finite are not saved: one more step tells where that
 * began. */
static int tell_broken(training *run)
{
    elman_status status = elman_trainer_step(run->trainer);
    if (status == ELMAN_NOT_FINITE && run->alone) return replay_offer(run);
    return status != ELMAN_OK && status != ELMAN_STOPPED
               ? library_failed()
               : failed("the last step left weights that are not finite, so "
                        "nothing is saved; try a lower --lr than %g",
                        rate_of(run));
}

static int keep(training *run, result *kept, result *test)
{
    /* a last checkpoint, unless one of this step exists or is being written */
    int code = run_journal_keep(run);
    if (code) return code;
    spent_mark(&run->spent);
    if (!safe_holds(&run->safe, run->trainer))
        code = safe_write(&run->safe, run->trainer);
    if (!code) code = safe_settle(&run->safe, run->trainer);
    spent_lap(&run->spent, SPENT_CHECKPOINTS);
    run->cut_off = code != 0;
    if (!code && run->safe.broken) return tell_broken(run);
    if (code) return code;

    /* the best weights, evaluated, and once more on what chose nothing */
    spent_mark(&run->spent);
    if (stopping_signal()) stopping_allow(LAST_SECONDS);
    code = result_open(run, kept->part, kept);
    if (!code) code = keep_best(run, kept);
    if (!code && test) code = result_open(run, ELMAN_PART_TEST, test);
    if (!code && test) code = evaluate(run, test);
    spent_lap(&run->spent, SPENT_EVALUATION);
    if (code) return code;

    code = kept->left ? 0 : keep_residuals(run);
    if (code) return code;
    run->cut_off = elman_model_save(run->model, run->model_path) != ELMAN_OK;
    if (run->cut_off) return library_failed();
    spent_lap(&run->spent, SPENT_MODELS);

    const char *reason = stopping_signal()  ? "stopped by a signal"
                         : run->out_of_time ? "out of time"
                                            : "done";
    code = meter_close(&run->meter, elman_trainer_progress(run->trainer),
                       reason, kept->left ? NULL : &kept->metrics);
    run->cut_off = code != 0;
    return code;
}

static void say_resume(const training *run)
{
    note("resume with\n  %s",
         command_line(name_typed(), run->arguments, "--resume"));
}

void outcome_tell_left(const training *run)
{
    const safe_file *safe = &run->safe;
    if (safe->last_step) {
        note("the checkpoint of step %s is whole: '%s'; once there is room,",
             with_commas(safe->last_step), printable(safe->path));
        say_resume(run);
    } else
        note("no checkpoint was written yet; once there is room, give the same "
             "command again");
}

int outcome_keep(training *run)
{
    bool tests = elman_dataset_size(run->dataset, ELMAN_PART_TEST) > 0;
    result kept = {.part = outcome_part(run)};
    result test = {0}, *last = tests ? &test : NULL;
    live_line("");
    int code = keep(run, &kept, last);

    if (!code && screen.json) show_record(run, &kept, last);
    else if (!code) {
        if (!screen.quiet) show_result(run, &kept, last);
        if (run->values->profile) profile_show(run);
    }

    int warned = code ? 0 : warn_of(run, last ? last : &kept);
    int page = !code && run->values->report ? report_write(run) : 0;
    bool paged = run->values->report && !stopping_now();
    if (!page && paged && !screen.quiet && !screen.json)
        printf("page  %s\n", printable(run->values->report));
    run->score = kept.metrics;
    run->told = last ? test.metrics : kept.metrics;
    free(kept.confusion);
    free(test.confusion);
    if (code) return code;

    /* what to type next */
    int signal_number = stopping_signal();
    if (signal_number || run->out_of_time) {
        fflush(stdout);
        say_resume(run);
    } else if (!screen.quiet && !screen.json) show_next(run);
    return signal_number ? 128 + signal_number : warned ? warned : page;
}
