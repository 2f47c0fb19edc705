/*
 * train.c: `elman train`: data -> model -> trainer -> steps -> the best model
 * saved. It can be stopped at any moment and resumed where it was.
 */
#include "train.h"
#include "safe.h"
#include "commands.h"
#include "meter.h"
#include "network.h"
#include "outcome.h"
#include "screen.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

/* The first signal lets the step finish; the handler is gone then, and a
 * second one ends the process at once. */
static void on_signal(int signal_number)
{
    static const char text[] = "\nfinishing the step and saving; press Ctrl-C "
                               "again to stop at once\n";
    stop_signal = signal_number;
    if (screen.live && !screen.quiet)
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* The name of data (a path) with .safetensors, in the current folder. */
static void default_model_path(const char *data, char *path, size_t size)
{
    const char *slash = strrchr(data, '/');
    const char *name = slash ? slash + 1 : data;
    const char *dot = strrchr(name, '.');
    int length = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    snprintf(path, size, "%.*s.safetensors", length, name);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/* Where the model and the checkpoint go: as --output and --checkpoint say, or
 * named after DATA and the model. */
static int choose_paths(training *run)
{
    const train_values *values = run->values;
    const char *data = run->arguments->operands[0];
    char *model = run->model_path, *checkpoint = run->checkpoint_path;
    if (values->output) snprintf(model, PATH_MAX, "%s", values->output);
    else default_model_path(data, model, PATH_MAX);

    if (values->checkpoint)
        snprintf(checkpoint, PATH_MAX, "%s", values->checkpoint);
    else
        snprintf(checkpoint, PATH_MAX, "%.*s.checkpoint", PATH_MAX - 32, model);

    if (is_same_file(data, model))
        return misused("the model would overwrite the data '%s', see --output",
                       model);
    return check_writable(model);
}

static void describe_run(const training *run)
{
    const train_values *values = run->values;
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    size_t train = elman_dataset_size(run->dataset, ELMAN_PART_TRAIN);
    size_t held = elman_dataset_size(run->dataset, ELMAN_PART_VALIDATION);
    const char *what = encoding->task == ELMAN_TASK_LANGUAGE
                           ? unit_name(encoding)
                       : encoding->task == ELMAN_TASK_FORECAST ? "window"
                                                               : "sequence";

    /* three lines: data, model, run */
    note("data    %s\n        %s %ss to train on, %s to validate",
         encoding_describe(encoding), with_commas(train), what,
         with_commas(held));
    note("model   %s", model_describe(run->model));

    note("run     %s batches of %zu an epoch, %llu thread%s; Ctrl-C stops and "
         "saves",
         with_commas(elman_trainer_progress(run->trainer)->batches),
         (size_t)values->batch, (unsigned long long)values->threads,
         values->threads == 1 ? "" : "s");
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
    int code = choose_paths(run);
    if (!code)
        code = safe_open(run->checkpoint_path, run->values->checkpoint_every,
                         run->values->resume, &run->safe);
    if (!code) code = setup_data(arguments, &run->dataset);
    if (!code) code = setup_model(arguments, run->dataset, &run->model);
    if (!code) code = setup_trainer(arguments, run->dataset, &run->config);
    if (code) return code;

    /* the run, a new one or from its checkpoint */
    elman_status status = elman_trainer_create(run->model, run->dataset,
                                               &run->config, &run->trainer);
    if (status == ELMAN_BAD_VALUE) return misused("%s", elman_message());
    if (status == ELMAN_OK && run->values->resume)
        status = elman_trainer_load(run->trainer, run->safe.path);
    if (status != ELMAN_OK) return library_failed();

    /* where it begins */
    describe_run(run);
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    run->safe.last_step = run->safe.begun_step = progress->step;
    if (run->values->resume)
        note("resumed at step %s from '%s'", with_commas(progress->step),
             printable(run->safe.path));
    return meter_open(run->values, elman_dataset_encoding(run->dataset),
                      progress, &run->meter);
}

/* After a step that failed: what is left of the run. */
static int step_failed(training *run)
{
    int code = library_failed();
    (void)safe_settle(&run->safe, run->trainer);
    if (run->safe.last_step)
        note("the checkpoint of step %s is unchanged: '%s'",
             with_commas(run->safe.last_step), printable(run->safe.path));
    return code;
}

/* After each step: it is shown, a new best model saved, and a checkpoint begun
 * if one is due; the time of each is counted. */
static int step_done(training *run, const elman_progress *progress)
{
    if (progress->evaluated) run->evaluated_step = progress->step;
    spent_mark(&run->spent);
    int code = meter_step(&run->meter, progress);
    spent_lap(&run->spent, SPENT_LOGGING);

    /* the best so far can be used, even if the run is killed */
    if (!code && progress->best &&
        elman_model_save(run->model, run->model_path) != ELMAN_OK)
        code = library_failed();
    spent_lap(&run->spent, SPENT_MODELS);

    if (!code)
        code = safe_write_due(&run->safe, run->trainer, progress->evaluated);
    spent_lap(&run->spent, SPENT_CHECKPOINTS);
    return code;
}

/* Steps until a limit, a signal or a failure. */
static int training_loop(training *run)
{
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    double seconds = run->values->seconds;
    spent_begin(&run->spent);

    while (!progress->done && !stop_signal) {
        if (seconds > 0 && meter_seconds(&run->meter) >= seconds) {
            run->out_of_time = true;
            break;
        }

        if (elman_trainer_step(run->trainer) != ELMAN_OK)
            return step_failed(run);
        int code = step_done(run, progress);
        if (code) return code;
    }
    return 0;
}

static void training_close(training *run)
{
    /* the trainer may still write the checkpoint, so it goes before the lock */
    elman_trainer_destroy(run->trainer);
    safe_close(&run->safe);
    elman_model_destroy(run->model);
    elman_dataset_close(run->dataset);
    free((void *)(uintptr_t)run->config.loss.class_weights);
}

static int train(const parsed_line *arguments)
{
    training run = {0};
    int code = training_open(arguments, &run);
    if (!code) {
        catch_signals();
        code = training_loop(&run);
    }

    if (!code) code = outcome_keep(&run, stop_signal);
    training_close(&run);
    return code;
}

static const example examples[] = {
    {"elman train input.txt",
     "learn a text, character by character; saves input.safetensors"},
    {"elman train input.txt --layers 2 --dropout 0.2 --epochs 20 -o big",
     "a larger model, trained for longer, saved as 'big'"},
    {"elman train GunPoint_TRAIN.tsv --validation GunPoint_TEST.tsv",
     "classify labelled series"},
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
        "resume. A resumed run ends with the same bits as one that was never "
        "stopped.",
    .json = true,
    .options = {{"Data", train_data_options},
                {"Model", train_model_options},
                {"Training", train_training_options},
                {"Loss", train_loss_options},
                {"Optimizer", train_optimizer_options},
                {"Files", train_file_options}},
    .examples = examples,
    .size = sizeof(train_values),
    .run = train,
};
