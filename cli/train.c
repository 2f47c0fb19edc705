/*
 * train.c: `elman train`: data -> model -> trainer -> steps -> the best model
 * saved. It can be stopped at any moment and resumed where it was.
 */
#include "train.h"
#include "commands.h"
#include "continued.h"
#include "find_rate.h"
#include "first_pass.h"
#include "foreign.h"
#include "meter.h"
#include "network.h"
#include "outcome.h"
#include "plan.h"
#include "ranks.h"
#include "replay.h"
#include "run_journal.h"
#include "run_report.h"
#include "runs.h"
#include "safe.h"
#include "screen.h"
#include "stopping.h"
#include "tensorboard.h"
#include "train_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Seconds between two models of a run that nothing validates. */
static const double SAVE_PAUSE = 10;

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

/* Takes the checkpoint, which no other run writes from here on; then data,
 * model and configs. */
static int open_parts(training *run, bool trains, bool writes)
{
    const parsed_line *arguments = run->arguments;
    int code = trains ? choose_paths(run) : 0;
    if (!code) code = setup_check_memory(arguments);
    if (!code && trains)
        rank_keep_rest(run->checkpoint_path, run->values->resume,
                       "is its last checkpoint: go on from there", true);
    if (!code && writes)
        code = safe_open(run->checkpoint_path, run->values->checkpoint_every,
                         run->values->resume, &run->safe);
    if (!code && writes) stopping_lock(run->safe.lock_path);
    run->program = process_bytes();
    spent_begin(&run->spent);
    spent_mark(&run->spent);
    if (!code) code = setup_data(arguments, &run->dataset);
    spent_lap(&run->spent, SPENT_READING);
    if (!code) code = setup_model(arguments, run->dataset, &run->model);
    if (!code) code = setup_plan(run);
    if (!code) code = setup_trainer(arguments, run->dataset, &run->config);
    return code;
}

/* A new trainer, or one that goes on from its checkpoint. */
static int open_trainer(training *run)
{
    elman_status status = elman_trainer_create(run->model, run->dataset,
                                               &run->config, &run->trainer);
    if (status != ELMAN_OK) return setup_refused(status);
    if (!run->values->resume) return 0;

    status = load_checkpoint(run);
    if (status == ELMAN_BAD_VALUE) return resume_failed(run->model_path);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* Where the run begins: said, and written to all that keeps it. */
static int open_records(training *run)
{
    if (!screen.quiet) describe_run(run, stderr, false);
    rank_note_idle(run->config.batch_size);
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    run->safe.last_step = run->safe.begun_step = progress->step;
    if (run->values->resume)
        note("resumed at step %s from '%s'", with_commas(progress->step),
             printable(run->safe.path));

    int code = run_journal_open(run);
    if (!code)
        code = watch_open(run->arguments, run->dataset, run->model,
                          run->trainer, &run->watch);
    if (!code)
        code = meter_open(run->values, run->dataset, progress, &run->meter);
    if (!code) code = meter_begin(&run->meter, progress, run->journal);
    return code ? code : board_open(run);
}

/* Everything up to the first step. */
static int training_open(const parsed_line *arguments, training *run)
{
    run->arguments = arguments;
    run->values = arguments->values;
    run->safe.lock = -1;

    /* what only looks knows of no other ranks, and leaves nothing */
    bool trains = !run->values->plan && !run->values->find_lr;
    bool writes = trains && !rank_follow();
    int code = open_parts(run, trains, writes);
    if (trains) code = rank_settle(code);
    else run->config.transport = NULL;
    if (code) return code;
    if (run->values->find_lr) find_rate_prepare(&run->config);

    /* the trainer, and what else has to be read of the data for it */
    code = open_trainer(run);
    if (!code && trains) code = prepare(run);
    return code || !writes ? code : open_records(run);
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
    run->safe.passed = run->safe.begun_step == progress->step;
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
    run->cut_off = code != 0;
    return code;
}

/* Steps until a limit, a signal or a failure. */
static int training_loop(training *run)
{
    const elman_progress *progress = elman_trainer_progress(run->trainer);
    double seconds = run->values->seconds;

    while (!progress->done && !stopping_signal()) {
        if (seconds > 0 && meter_seconds(&run->meter) >= seconds) {
            run->out_of_time = true;
            break;
        }

        elman_status status = elman_trainer_step(run->trainer);
        if (status == ELMAN_STOPPED) break; /* it is evaluated by --resume */
        if (status != ELMAN_OK) return step_failed(run, status);
        int code = step_done(run, progress);
        if (code) return code;
    }
    return 0;
}

static void training_close(training *run)
{
    /* the trainer may still write the checkpoint, so it goes before the lock */
    stopping_lock(NULL);
    stopping_end();
    elman_trainer_destroy(run->trainer);
    elman_journal_destroy(run->journal);
    watch_close(&run->watch);
    safe_close(&run->safe);
    elman_model_destroy(run->model);
    elman_dataset_close(run->dataset);
    free((void *)(uintptr_t)run->config.loss.class_weights);
    free(run->plan);
}

/* One training run: a train_function. */
static int train_one(const parsed_line *arguments, run_score *score)
{
    training run = {.alone = !score};
    if (!rank_follow()) stopping_early();
    int code = training_open(arguments, &run);

    /* what is only looked at, and trains nothing */
    if (!code && (run.values->plan || run.values->find_lr)) {
        code = run.values->plan ? show_plan(&run) : find_rate(run.trainer);
        training_close(&run);
        return code;
    }

    /* another rank does what the first says */
    if (!code && rank_follow()) {
        if (elman_trainer_follow(run.trainer) != ELMAN_OK)
            code = library_failed();
        training_close(&run);
        return code;
    }

    if (!code) {
        stopping_begin(run.trainer);
        code = training_loop(&run);
    }
    if (!code) code = outcome_keep(&run);
    if (run.cut_off) {
        (void)safe_settle(&run.safe, run.trainer);
        outcome_tell_left(&run);
    }
    board_close(&run, code == 0);
    if (!code && score) fill_score(&run, score);
    training_close(&run);
    return code;
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
        "fits the task.\nCtrl-C finishes the step, leaves an evaluation that "
        "takes longer than a moment, saves, and says how to resume; before the "
        "first step it ends the run at once. A resumed run does the evaluation "
        "anew, and ends with the same bits as one that was never stopped.",
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
