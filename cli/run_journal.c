/*
 * run_journal.c: see run_journal.h.
 */
#include "run_journal.h"
#include "network.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char journal_key[] = "journal";

enum { LONGEST_SETTING = 1 << 15 };

/* Options that say where things go, how they are shown or how fast they are
 * done: the same run with others of these gives the same model. */
static const char *const apart[] = {
    "output",        "checkpoint",  "checkpoint-every",
    "resume",        "metrics",     "profile",
    "metrics-every", "plan",        "threads",
    "seeds",         "sweep",       "find-lr",
    "neighbour",     "tensorboard", "report",
    "report-every",  "keep-runs",   "memory"};

static bool is_apart(const char *name)
{
    for (size_t n = 0; n < sizeof apart / sizeof *apart; n++)
        if (!strcmp(apart[n], name)) return true;
    return false;
}

double score_of(const elman_encoding *encoding, const elman_metrics *metrics)
{
    if (encoding->task == ELMAN_TASK_LANGUAGE) return metrics->bits;
    return encoding->class_count ? metrics->accuracy : metrics->mae;
}

/* ---- Settings ------------------------------------------------------------ */

/* Text that the data or the system gave, as UTF-8 of a bounded length. */
static int write_setting(training *run, const char *name, char *text)
{
    text[LONGEST_SETTING - 1] = '\0';
    elman_status status = elman_journal_write_setting(run->journal, name, text);
    if (status == ELMAN_BAD_VALUE) {
        for (char *c = text; *c; c++)
            if ((unsigned char)*c >= 0x80) *c = '?';
        status = elman_journal_write_setting(run->journal, name, text);
    }
    return status == ELMAN_OK ? 0 : library_failed();
}

/* The class weights that were asked for, each as a number. */
static void write_weights(const training *run, char *text)
{
    const float *weights = run->config.loss.class_weights;
    size_t count = elman_dataset_encoding(run->dataset)->class_count;
    if (!count) count = elman_dataset_encoding(run->dataset)->vocabulary;
    size_t used = 0;
    for (size_t n = 0; n < count && used + 32 < LONGEST_SETTING; n++)
        used += (size_t)snprintf(text + used, 32, "%s%.9g", n ? "," : "",
                                 (double)weights[n]);
}

/* What an option was left open for, and the data or the task decided. */
static void settle(const training *run, const char *name, char *text)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    const elman_optimizer_config *rule = &run->config.optimizer;
    const struct {
        const char *name;
        double number; /* 0: as it stands */
    } numbers[] = {{"lr", rule->learning_rate},
                   {"weight-decay", rule->weight_decay},
                   {"period", (double)run->config.schedule.period},
                   {"window", (double)encoding->window},
                   {"horizon", (double)encoding->horizon}};

    /* numbers first, then what is text */
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
        if (!strcmp(name, numbers[n].name) && numbers[n].number != 0) {
            static const option_row any = {.type = OPTION_REAL, .value = ""};
            option_write(&any, &numbers[n].number, text, LONGEST_SETTING);
        }
    bool own_decay = rule->weight_decay == 0 && !rule->no_weight_decay;
    if (!strcmp(name, "weight-decay") && own_decay &&
        !option_given(run->arguments, name))
        snprintf(text, LONGEST_SETTING, "auto");
    if (!strcmp(name, "class-weights") && run->config.loss.class_weights)
        write_weights(run, text);
    if (!strcmp(name, "transform") && encoding->transform)
        snprintf(text, LONGEST_SETTING, "%s", encoding->transform);
}

static bool is_of_model(const option_row *row)
{
    for (const option_row *one = train_model_options; one->name; one++)
        if (one == row) return true;
    return false;
}

/* What the file of --init-from does not record. */
static bool is_of_file(const option_row *row)
{
    for (const option_row *one = foreign_options; one->name; one++)
        if (one == row) return true;
    return false;
}

/* Whether an option says something about this run; the layers of another model
 * make the options of layers void. */
static bool counts(const training *run, const option_row *row)
{
    const parsed_line *line = run->arguments;
    if (is_apart(row->name) || !option_applies(line, row)) return false;
    if (is_of_file(row)) return option_given(line, row->name);
    return !run->values->init_from || !is_of_model(row) ||
           option_given(line, row->name);
}

static int write_options(training *run, char *text)
{
    const option_row *row;
    int code = 0;
    for (size_t n = 0; !code; n++) {
        row = command_option(run->arguments->command, n);
        if (!row) break;
        if (!counts(run, row)) continue;

        /* as it stands, or as it was settled */
        const char *value = (const char *)run->values + row->field;
        bool has = option_write(row, value, text, LONGEST_SETTING);
        if (!has) text[0] = '\0';
        settle(run, row->name, text);
        if (text[0]) code = write_setting(run, row->name, text);
    }
    return code;
}

static int write_settings(training *run)
{
    /* those of the command that began the run */
    size_t count;
    const elman_setting *settings =
        elman_journal_settings(run->journal, &count);
    while (count > 0) {
        if (elman_journal_write_setting(run->journal, settings[0].name, NULL) !=
            ELMAN_OK)
            return library_failed();
        settings = elman_journal_settings(run->journal, &count);
    }

    /* those of this one */
    char *text = calloc(LONGEST_SETTING, 1);
    if (!text) return failed("out of memory");
    snprintf(text, LONGEST_SETTING, "%s", elman_version());
    int code = write_setting(run, "version", text);
    snprintf(text, LONGEST_SETTING, "%s", run->arguments->operands[0]);
    if (!code) code = write_setting(run, "data", text);
    snprintf(text, LONGEST_SETTING, "%s", model_describe(run->model));
    if (!code) code = write_setting(run, "model", text);
    if (!code) code = write_options(run, text);
    free(text);
    return code;
}

/* ---- Rows ---------------------------------------------------------------- */

int run_journal_keep(training *run)
{
    if (run->journal_kept) return 0;
    const char *text = elman_journal_note(run->journal);
    if (!text) return failed("out of memory");
    if (elman_model_write_note(run->model, journal_key, text) != ELMAN_OK)
        return library_failed();
    run->journal_kept = true;
    return 0;
}

int run_journal_open(training *run)
{
    const char *text = elman_model_note(run->model, journal_key);
    if (elman_journal_create(text, &run->journal) != ELMAN_OK)
        return failed("%s: %s", run->safe.path, elman_message());
    int code = write_settings(run);
    return code ? code : run_journal_keep(run);
}

elman_journal_row evaluation_row(const training *run,
                                 const elman_progress *progress)
{
    const elman_metrics *metrics = &progress->validation;
    double part = progress->batches
                      ? (double)progress->batch / (double)progress->batches
                      : 0;

    /* what a pulse measures comes later */
    return (elman_journal_row){
        .step = progress->step,
        .epoch = (double)progress->epoch + part,
        .seconds = progress->seconds,
        .train_loss = progress->train_loss,
        .loss = run->meter.validates ? metrics->loss : NAN,
        .score = score_of(elman_dataset_encoding(run->dataset), metrics),
        .learning_rate = progress->learning_rate,
        .norm = progress->mean_norm,
        .clipped = progress->clipped,
        .horizon = NAN,
        .rate = NAN,
        .saturation = NAN,
        .update = progress->update,
        .best = progress->best};
}

int run_journal_add(training *run, const elman_journal_row *row)
{
    if (elman_journal_write(run->journal, row) != ELMAN_OK)
        return library_failed();
    run->journal_kept = false;
    return 0;
}
