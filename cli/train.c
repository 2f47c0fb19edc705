/*
 * train.c: `elman train`: data -> model -> trainer -> steps -> the best model
 * saved. It can be stopped at any moment and resumed where it was.
 */
#include "train.h"
#include "classes.h"
#include "safe.h"
#include "commands.h"
#include "continued.h"
#include "find_rate.h"
#include "first_pass.h"
#include "judge.h"
#include "meter.h"
#include "name.h"
#include "network.h"
#include "outcome.h"
#include "plan.h"
#include "ranks.h"
#include "replay.h"
#include "run_journal.h"
#include "run_report.h"
#include "runs.h"
#include "screen.h"
#include "source.h"
#include "tensorboard.h"
#include "system.h"

#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PARTS = ELMAN_PART_TEST + 1 };

/* Seconds of reading that are told. */
static const double LONG_READING = 5;

/* Seconds between two models of a run that nothing validates. */
static const double SAVE_PAUSE = 10;

static volatile sig_atomic_t stop_signal;

/* Says text from within a handler of signals, where printf may not be called.
 */
static void say_at_once(const char *text)
{
    (void)!write(STDERR_FILENO, text, (unsigned)strlen(text));
}

/* The first signal lets the step finish; the handler is gone then, and a
 * second one ends the process at once. */
static void on_signal(int signal_number)
{
    stop_signal = signal_number;
    if (screen.live && !screen.quiet)
        say_at_once("\nfinishing the step and saving; press Ctrl-C again to "
                    "stop at once\n");
}

/* The lock that a run holds before it trains. */
static const char *volatile early_lock;

/* Before the first step there is nothing to save: a signal ends the process at
 * once, however much data is being read. */
static void on_early_signal(int signal_number)
{
    if (screen.live) say_at_once("\r\033[K");
    if (!screen.quiet) {
        say_at_once(name_short());
        say_at_once(": stopped by a signal before anything was saved\n");
    }
    if (early_lock) path_remove(early_lock);
    _exit(128 + signal_number);
}

/* The name of data (a path) with .safetensors, in the current folder; what a
 * pipe brings has none. */
static void default_model_path(const char *data, char *path, size_t size)
{
    const char *name = source_is_pipe(data) ? "model" : path_name(data);
    const char *dot = strrchr(name, '.');
    int length = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    snprintf(path, size, "%.*s.safetensors", length, name);
}

/* True for a model: a file that begins as one does, with the size of a header
 * below 4 GB in 8 bytes and then the header, and that loads. */
static bool is_model(const char *path)
{
    unsigned char head[9] = {0};
    path_facts file;
    if (!path_look(path, &file) || !file.file) return false;
    FILE *opened = file_open(path, "rb");
    if (!opened) return false;

    bool whole = fread(head, 1, sizeof head, opened) == sizeof head;
    fclose(opened);
    if (!whole || memcmp(head + 4, "\0\0\0\0{", 5) != 0) return false;

    elman_model *model = NULL;
    bool loads = elman_model_load(path, &model) == ELMAN_OK;
    elman_model_destroy(model);
    return loads;
}

/* Where the model goes: as --output says, or named after DATA; and whether it
 * can, on a rank that writes it. */
static int choose_model(const parsed_line *arguments, bool writes,
                        char model[PATH_ROOM])
{
    const train_values *values = arguments->values;
    const char *data = arguments->operands[0];
    if (values->output) snprintf(model, PATH_ROOM, "%s", values->output);
    else default_model_path(data, model, PATH_ROOM);

    if (is_model(data))
        return misused("'%s' is a model, and data was expected; to go on from "
                       "its weights: elman train DATA --init-from %s",
                       data, shell_quoted(data));
    if (path_same(data, model))
        return misused("the model would overwrite the data '%s', see --output",
                       model);
    return writes ? check_writable(model) : 0;
}

/* The same, and where the checkpoint goes: as --checkpoint says, or beside the
 * model. */
static int choose_paths(training *run)
{
    const char *given = run->values->checkpoint;
    char *path = run->checkpoint_path;
    bool writes = !rank_follow();
    int code = choose_model(run->arguments, writes, run->model_path);
    if (given) snprintf(path, PATH_ROOM, "%s", given);
    else
        snprintf(path, PATH_ROOM, "%.*s.checkpoint", PATH_ROOM - 32,
                 run->model_path);
    if (!code && writes && run->values->report)
        code = check_writable(run->values->report);
    return code;
}

/* The part whose score is told. */
static elman_part told_part(const training *run)
{
    elman_part told = ELMAN_PART_TRAIN;
    for (int part = 0; part < PARTS; part++)
        if (elman_dataset_size(run->dataset, (elman_part)part))
            told = (elman_part)part;
    return told;
}

/* What the score will be held against. */
static bool read_baseline(const training *run, elman_baseline *baseline)
{
    const elman_baseline_config config = {.part = told_part(run)};
    *baseline = run->baselines[config.part];
    return run->prepared ||
           elman_dataset_baseline(run->dataset, &config, baseline) == ELMAN_OK;
}

/* The data as it was understood, and the run in figures: all of it, or what
 * fits a dozen lines. */
static void describe_run(const training *run, FILE *file, bool all)
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
    if (read_baseline(run, &baseline))
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

/* --plan: what would be done, and nothing more. */
static void show_plan(training *run)
{
    /* all that is read comes before all that is said */
    elman_baseline *told = &run->baselines[told_part(run)];
    spent_mark(&run->spent);
    first_pass_begin(run->arguments->operands[0]);
    run->prepared = read_baseline(run, told);
    first_pass_end();
    spent_lap(&run->spent, SPENT_READING);

    if (!screen.json) {
        describe_run(run, stdout, true);
        return;
    }

    record out = record_begin(stdout);
    plan_record(&out, run->plan);
    elman_baseline baseline;
    if (read_baseline(run, &baseline))
        baseline_record(&out, elman_dataset_encoding(run->dataset), NULL,
                        &baseline, 0);
    record_text(&out, "model", model_describe(run->model));
    record_count(&out, "batches",
                 elman_trainer_progress(run->trainer)->batches);
    record_end(&out);
}

/* What was understood of the data goes into the model. */
static int setup_plan(training *run)
{
    run->plan = plan_write(run->dataset);
    char *kept = run->plan ? plan_kept(run->plan) : NULL;
    if (!kept) return failed("out of memory");

    elman_status status = elman_model_write_note(run->model, plan_note, kept);
    free(kept);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* What goes through the data before the first step: it is shown, and timed. */
static elman_status load_checkpoint(training *run)
{
    spent_mark(&run->spent);
    first_pass_begin(run->arguments->operands[0]);
    elman_status status =
        elman_trainer_load(run->trainer, run->checkpoint_path);
    first_pass_end();
    spent_lap(&run->spent, SPENT_READING);
    return status;
}

static int prepare(training *run)
{
    spent_mark(&run->spent);
    first_pass_begin(run->arguments->operands[0]);
    elman_status status = outcome_prepare(run);
    first_pass_end();
    spent_lap(&run->spent, SPENT_READING);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* Everything up to the first step. */
static int training_open(const parsed_line *arguments, training *run)
{
    run->arguments = arguments;
    run->values = arguments->values;
    run->safe.lock = -1;

    /* from here on no other run writes the checkpoint; then data, model,
     * configs
     */
    bool trains = !run->values->plan && !run->values->find_lr;
    bool writes = trains && !rank_follow();
    int code = trains ? choose_paths(run) : 0;
    if (!code && writes)
        code = safe_open(run->checkpoint_path, run->values->checkpoint_every,
                         run->values->resume, &run->safe);
    if (!code && writes) early_lock = run->safe.lock_path;
    spent_begin(&run->spent);
    spent_mark(&run->spent);
    if (!code) code = setup_data(arguments, &run->dataset);
    spent_lap(&run->spent, SPENT_READING);
    if (!code) code = setup_model(arguments, run->dataset, &run->model);
    if (!code) code = setup_plan(run);
    if (!code) code = setup_trainer(arguments, run->dataset, &run->config);
    if (trains) code = rank_settle(code);
    else run->config.transport = NULL; /* others are not there */
    if (code) return code;
    if (run->values->find_lr) find_rate_prepare(&run->config);

    /* the run, a new one or from its checkpoint */
    elman_status status = elman_trainer_create(run->model, run->dataset,
                                               &run->config, &run->trainer);
    if (status != ELMAN_OK) return setup_refused(status);
    if (run->values->resume) {
        status = load_checkpoint(run);
        if (status == ELMAN_BAD_VALUE) return resume_failed(run->model_path);
        if (status != ELMAN_OK) return library_failed();
    }

    /* what else has to be read of the data; and where it begins */
    if (trains) code = prepare(run);
    if (code || !writes) return code;
    if (!screen.quiet) describe_run(run, stderr, false);
    rank_note_idle(run->config.batch_size);
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    run->safe.last_step = run->safe.begun_step = progress->step;
    if (run->values->resume)
        note("resumed at step %s from '%s'", with_commas(progress->step),
             printable(run->safe.path));
    code = run_journal_open(run);
    if (!code)
        code = watch_open(arguments, run->dataset, run->model, run->trainer,
                          &run->watch);
    if (!code)
        code = meter_open(run->values, run->dataset, progress, &run->meter);
    if (!code) code = meter_begin(&run->meter, progress, run->journal);
    return code ? code : board_open(run);
}

/* After a step that failed: what is left of the run. */
static int step_failed(training *run, elman_status status)
{
    bool replays = status == ELMAN_NOT_FINITE && run->alone;
    int code = replays ? replay_offer(run) : library_failed();
    (void)safe_settle(&run->safe, run->trainer);
    if (run->safe.last_step)
        note("the checkpoint of step %s is unchanged: '%s'",
             with_commas(run->safe.last_step), printable(run->safe.path));
    return code;
}

/* After an evaluation: what the network is like inside goes beside it, into
 * the line, the log and the journal. */
static int evaluation_done(training *run, const elman_progress *progress)
{
    elman_journal_row row = evaluation_row(run, progress);
    run->evaluated_step = progress->step;
    watch_measure(&run->watch, progress, &row);
    spent_lap(&run->spent, SPENT_PULSE);

    warning kind;
    int code = meter_step(&run->meter, progress, &row);
    if (!code) code = run_journal_add(run, &row);
    const char *words = watch_warn(&run->watch, &row, &kind);
    if (!code && words)
        code = meter_warn(&run->meter, progress, warning_word(kind), words);
    board_step(run, progress, &row);
    if (!code && report_due(run, progress)) (void)report_write(run);
    return code;
}

/* After each step: it is shown, a new best model saved, and a checkpoint begun
 * if one is due; the time of each is counted. */
static int step_done(training *run, const elman_progress *progress)
{
    spent_mark(&run->spent);
    int code = 0;
    if (progress->evaluated) code = evaluation_done(run, progress);
    else {
        code = meter_step(&run->meter, progress, NULL);
        board_step(run, progress, NULL);
    }
    spent_lap(&run->spent, SPENT_LOGGING);

    /* where nothing validates an evaluation is no reason to write anything */
    bool validates = run->meter.validates;
    double now = meter_seconds(&run->meter);
    bool saves =
        progress->best && (validates || now >= run->saved + SAVE_PAUSE);
    bool writes =
        safe_is_due(&run->safe, run->trainer, progress->evaluated && validates);
    if (!code && (saves || writes)) code = run_journal_keep(run);
    if (!code)
        code = writes ? safe_write(&run->safe, run->trainer)
                      : safe_check(&run->safe, run->trainer);
    spent_lap(&run->spent, SPENT_CHECKPOINTS);

    /* the best so far can be used, even if the run is killed */
    if (!code && saves) {
        if (elman_model_save(run->model, run->model_path) != ELMAN_OK)
            code = library_failed();
        run->saved = now;
    }
    spent_lap(&run->spent, SPENT_MODELS);
    return code;
}

/* Steps until a limit, a signal or a failure. */
static int training_loop(training *run)
{
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    double seconds = run->values->seconds;

    while (!progress->done && !stop_signal) {
        if (seconds > 0 && meter_seconds(&run->meter) >= seconds) {
            run->out_of_time = true;
            break;
        }

        elman_status status = elman_trainer_step(run->trainer);
        if (status != ELMAN_OK) return step_failed(run, status);
        int code = step_done(run, progress);
        if (code) return code;
    }
    return 0;
}

static void training_close(training *run)
{
    /* the trainer may still write the checkpoint, so it goes before the lock */
    early_lock = NULL;
    elman_trainer_destroy(run->trainer);
    elman_journal_destroy(run->journal);
    watch_close(&run->watch);
    safe_close(&run->safe);
    elman_model_destroy(run->model);
    elman_dataset_close(run->dataset);
    free((void *)(uintptr_t)run->config.loss.class_weights);
    free(run->plan);
}

/* The least of some errors, of which those that there are not are NaN. */
static double least(const double *errors, size_t count)
{
    double found = NAN;
    for (size_t n = 0; n < count; n++)
        if (!isnan(errors[n]) && !(errors[n] >= found)) found = errors[n];
    return found;
}

/* What a run came to, for the table of many runs. */
static void fill_score(const training *run, run_score *score)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    const elman_metrics *m = &run->score, *told = &run->told;
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    elman_baseline b = {0};
    (void)read_baseline(run, &b);

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

/* One training run: a train_function. */
static int train_one(const parsed_line *arguments, run_score *score)
{
    training run = {.alone = !score};
    if (!rank_follow()) system_catch_stop(on_early_signal, true);
    int code = training_open(arguments, &run);

    /* what is only looked at, and trains nothing */
    if (!code && run.values->plan) {
        show_plan(&run);
        training_close(&run);
        return EXIT_DONE;
    }
    if (!code && run.values->find_lr) {
        code = find_rate(run.trainer);
        training_close(&run);
        return code;
    }
    if (!code && rank_follow()) {
        if (elman_trainer_follow(run.trainer) != ELMAN_OK)
            code = library_failed();
        training_close(&run);
        return code;
    }
    if (!code) {
        system_catch_stop(on_signal, true);
        code = training_loop(&run);
    }

    if (!code) code = outcome_keep(&run, stop_signal);
    board_close(&run, code == 0);
    if (!code && score) fill_score(&run, score);
    training_close(&run);
    return code;
}

/* The pipe that data comes from, or NULL. */
static const char *pipe_of(const parsed_line *arguments)
{
    const train_values *values = arguments->values;
    const char *const paths[] = {arguments->operands[0], values->validation,
                                 values->test, values->reading.target_file};
    for (size_t n = 0; n < sizeof paths / sizeof *paths; n++)
        if (paths[n] && source_is_pipe(paths[n])) return paths[n];
    return NULL;
}

static int train(const parsed_line *arguments)
{
    const train_values *values = arguments->values;
    bool alone = values->plan || values->find_lr, many = runs_wanted(values);

    /* what keeps nothing the first rank does alone */
    if (alone && rank_follow()) return EXIT_DONE;
    if (alone && many) rank_leave();
    const char *pipe = pipe_of(arguments);
    if (pipe && rank_count() > 1)
        return failed("what a pipe brings reaches one rank alone, and '%s' is "
                      "one: give a file, which all ranks read",
                      pipe);
    if (pipe && many)
        return misused("a pipe can be read only once, and '%s' is one: several "
                       "runs expect a file",
                       pipe);
    if (!many) return train_one(arguments, NULL);

    char path[PATH_ROOM];
    int code = rank_settle(choose_model(arguments, true, path));
    return code ? code : runs_train(arguments, path, train_one);
}

static const example examples[] = {
    {"elman train input.txt",
     "learn a text, character by character; saves input.safetensors"},
    {"elman train input.txt --layers 2 --dropout 0.2 --epochs 20 -o big",
     "a larger model, trained for longer, saved as 'big'"},
    {"elman train GunPoint_TRAIN.tsv --test GunPoint_TEST.tsv",
     "classify labelled series, and score those of another file at the end"},
    {"elman train power.csv --target load --window 48 --horizon 24",
     "forecast a column a day ahead from two days"},
    {"elman train x.npy --target-file y.npy --cell rnn",
     "learn from arrays x (N,T,I) and y (N), (N,T) or (N,T,O)"},
    {"elman train --resume input.txt", "resume a run that was stopped"},
    {NULL, NULL},
};

const command_row train_command = {
    .name = "train",
    .summary = "train a model on data and save it",
    .operands = "DATA",
    .description =
        "Trains a recurrent network on DATA and saves the best model seen. The "
        "data decides what is learned: a text becomes a language model, "
        "labelled series (.tsv, .ts) a classifier, a table (.csv) a forecast, "
        "arrays (.npy) what their shapes say. Every option has a default that "
        "fits the task.\nCtrl-C finishes the step, saves, and says how to "
        "resume; before the first step it ends the run at once. A resumed run "
        "ends with the same bits as one that was never "
        "stopped.",
    .json = true,
    .options = {{"Data", train_data_options},
                {"Reading the data", reading_options},
                {"Model", train_model_options},
                {"Training", train_training_options},
                {"Many runs", train_runs_options},
                {"Loss", train_loss_options},
                {"Optimizer", train_optimizer_options},
                {"Files", train_file_options},
                {"A file of --init-from from elsewhere", train_from_options},
                {"The same, as in 'elman convert'",
                 foreign_options + FOREIGN_AFTER_LAYERS}},
    .examples = examples,
    .size = sizeof(train_values),
    .ranks =
        "Ranks share each batch by blocks of 8 sequences, and evaluations; the "
        "runs of --sweep, --seeds and --cross-validate are dealt to them "
        "whole. All read DATA, and rank 0 alone writes. --threads is for each "
        "rank, and for many runs how many it trains at once; all is a rank's "
        "part of the processors of its machine. --resume goes on with any "
        "number of ranks, to the same bits.",
    .run = train,
};
