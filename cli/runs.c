/*
 * runs.c: the runs of one command, as a plan of their options and as processes.
 * A run is a setting of the sweep, a seed and a fold.
 */
#include "runs.h"
#include "network.h"
#include "ranks.h"
#include "runs_all.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(field) offsetof(train_values, field)

const option_row train_runs_options[] = {
    {.name = "seeds",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(seeds),
     .fallback = "1",
     .range = {1, 1000},
     .help = "train with N seeds, --seed and those after it, and report mean "
             "and standard deviation; the best is kept"},
    {.name = "cross-validate",
     .type = OPTION_COUNT,
     .value = "K|none",
     .field = AT(folds),
     .fallback = "none",
     .range = {2, 1000},
     .help = "train K times, each time with another part of the data for "
             "validation, and report mean and standard deviation; no model is "
             "kept"},
    {.name = "sweep",
     .type = OPTION_TEXT,
     .value = "'NAME=VALUE,... ...'",
     .field = AT(sweep),
     .fallback = "(none)",
     .help = "train with every combination of these values of options, as in "
             "'hidden=64,128 lr=1e-3:1e-2:3', where LOW:HIGH:N are N values "
             "spaced evenly in the logarithm, 3 if N is left out; the best is "
             "kept"},
    {.name = "keep-runs",
     .type = OPTION_FLAG,
     .field = AT(keep_runs),
     .help = "keep the models of all runs, as MODEL.run-1 and so on, for "
             "'elman compare'"},
    {0},
};

static volatile sig_atomic_t stopped;

static void on_signal(int number) { stopped = number; }

bool runs_wanted(const train_values *values)
{
    return values->seeds > 1 || values->folds || values->sweep;
}

/* ---- One run ------------------------------------------------------------- */

void run_model_path(const all_runs *all, const one_run *run, char *path)
{
    snprintf(path, PATH_ROOM, "%.*s.run-%zu", PATH_ROOM - 40, all->model_path,
             (size_t)(run - all->list) + 1);
}

const char *run_describe(const all_runs *all, const one_run *run)
{
    static char text[512];
    size_t used = 0;
    text[0] = 0;
    sweep_describe(&all->settings, run->setting, text, sizeof text);

    used = strlen(text);
    if (all->seeds > 1)
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%sseed=%llu", used ? " " : "",
            (unsigned long long)all->values->seed + run->seed);
    if (all->folds > 1 && used < sizeof text)
        snprintf(text + used, sizeof text - used, "%sfold=%zu", used ? " " : "",
                 run->fold + 1);
    return text;
}

/* As if the option had been typed, so that no default takes its place. */
static void mark_given(const parsed_line *arguments, const char *name)
{
    const option_row *row =
        option_named(arguments->command, name, strlen(name));
    arguments->given[option_index(arguments->command, row)] = true;
}

/* In the process of a run: trains, and gives its score. */
static int run_here(void *context, size_t number, void *result)
{
    static char path[PATH_ROOM], board[PATH_ROOM];
    const all_runs *all = context;
    if (number >= all->count) return EXIT_FAILED;
    rank_leave();
    const one_run *run = &all->list[number];
    if (run->kept) (void)dup2(fileno(run->kept), STDERR_FILENO);
    train_values *values = all->arguments->values;
    run_model_path(all, run, path);
    if (values->tensorboard) {
        snprintf(board, sizeof board, "%.*s/run-%zu", PATH_ROOM - 40,
                 values->tensorboard, number + 1);
        values->tensorboard = board;
    }
    sweep_apply(&all->settings, run->setting, all->arguments);

    /* this run alone: its seed, its fold, one thread, no output */
    values->seed += run->seed;
    mark_given(all->arguments, "seed");
    values->fold = run->fold;
    values->seeds = 1;
    values->sweep = values->metrics = NULL;
    values->output = path;
    values->checkpoint = NULL;
    values->threads = 1;
    screen.quiet = true;
    screen.json = false;
    return all->train_one(all->arguments, result);
}

static int run_begin(all_runs *all, one_run *run)
{
    const size_t number = (size_t)(run - all->list);
    if (rank_follow()) run->kept = tmpfile();
    if (process_begin(run_here, all, number, sizeof run->score, &run->process))
        return 0;
    return failed("cannot begin a process for each run: %s", strerror(errno));
}

/* What a run has said into its file, as far as there is room for whole lines.
 */
static void read_kept(one_run *run)
{
    if (!run->kept) return;
    rewind(run->kept);
    size_t bytes = fread(run->said, 1, sizeof run->said - 1, run->kept);
    while (bytes == sizeof run->said - 1 && run->said[bytes - 1] != '\n')
        bytes--;
    run->said[bytes] = '\0';
    fclose(run->kept);
    run->kept = NULL;
}

/* A run that is over: it is told, and its score goes into the list. */
static int run_tell(all_runs *all, const one_run *run)
{
    if (run->failed) fputs(run->said, stderr);
    if (run->failed)
        note("%s: failed, and counts as worst", run_describe(all, run));
    if (!run->finished) return 0;

    size_t ended = 0;
    for (size_t n = 0; n < all->count; n++)
        ended += all->list[n].finished;
    note("%zu of %zu  %s: %s %s", ended, all->count, run_describe(all, run),
         run->score.word, significant(run->score.headline, 4));
    return runs_append(all->path, run_describe(all, run), &run->score);
}

/* After its process has ended. */
static int run_end(all_runs *all, one_run *run, bool done)
{
    done =
        process_result(&run->process, sizeof run->score, &run->score) && done;
    run->finished = done;
    run->failed = !done && !stopped;
    read_kept(run);

    /* its checkpoint has no use any more */
    char path[PATH_ROOM + 16];
    run_model_path(all, run, path);
    strcat(path, ".checkpoint");
    if (done) path_remove(path);
    return rank_follow() ? 0 : run_tell(all, run);
}

/* ---- All of them --------------------------------------------------------- */

static one_run *run_of(const all_runs *all, intptr_t id)
{
    for (size_t n = 0; n < all->count; n++)
        if (all->list[n].process.id == id) return &all->list[n];
    return NULL;
}

/* Waits for one process to end; stops all of them after a signal. */
static int wait_for_one(all_runs *all)
{
    bool done = false;
    const intptr_t id = process_wait(&done);
    if (id < 0 && errno == EINTR) {
        for (size_t n = 0; n < all->count; n++)
            if (all->list[n].process.id) process_kill(&all->list[n].process);
        return 0;
    }
    one_run *run = id > 0 ? run_of(all, id) : NULL;
    return run ? run_end(all, run, done) : 0;
}

/* Whether this rank is the one that trains a run. */
static bool is_mine(const all_runs *all, const one_run *run)
{
    const elman_transport *ranks = rank_transport();
    size_t number = (size_t)(run - all->list);
    return !ranks || number % (size_t)ranks->size == (size_t)ranks->rank;
}

static int run_all(all_runs *all)
{
    size_t most = (size_t)threads_to_use(all->values->threads);
    size_t running = 0, next = 0;
    int code = 0;
    for (;;) {
        /* as many as there are processors */
        while (!code && !stopped && running < most && next < all->count) {
            one_run *run = &all->list[next++];
            if (run->finished || !is_mine(all, run)) continue;
            code = run_begin(all, run);
            running += !code;
        }
        if (running == 0) break;

        int ended = wait_for_one(all);
        if (!code) code = ended;
        running = 0;
        for (size_t n = 0; n < all->count; n++)
            running += all->list[n].process.id != 0;
    }
    return code;
}

/* Whether another rank has trained it, but not earlier ones. */
static int collect_one(all_runs *all, const one_run *lists, size_t n)
{
    size_t rank = n % (size_t)rank_count();
    const one_run *theirs = &lists[rank * all->count + n];
    one_run *run = &all->list[n];
    if (rank == 0 || run->finished) return 0;
    run->finished = theirs->finished;
    run->failed = theirs->failed;
    run->score = theirs->score;
    memcpy(run->said, theirs->said, sizeof run->said);
    return run_tell(all, run);
}

/* On rank 0: the runs of all ranks. */
static int collect_runs(all_runs *all)
{
    if (rank_count() == 1) return 0;
    size_t bytes = all->count * sizeof *all->list;
    one_run *lists = calloc((size_t)rank_count(), bytes);
    if (!lists) return failed("out of memory");
    int code = rank_gather(all->list, bytes, lists);
    for (size_t n = 0; n < all->count && !code && !rank_follow(); n++)
        code = collect_one(all, lists, n);
    free(lists);
    return code;
}

/* ---- Beginning ----------------------------------------------------------- */

static int check_line(const parsed_line *arguments)
{
    static const char *const alone[] = {"resume",  "checkpoint", "metrics",
                                        "profile", "plan",       "report",
                                        "find-lr"};
    for (size_t n = 0; n < sizeof alone / sizeof *alone; n++)
        if (option_given(arguments, alone[n]))
            return misused(
                "--%s is for one run, but --%s asks for several", alone[n],
                option_given(arguments, "sweep")   ? "sweep"
                : option_given(arguments, "seeds") ? "seeds"
                                                   : "cross-validate");
    return 0;
}

static int list_runs(all_runs *all)
{
    const train_values *values = all->values;
    for (size_t n = 0; n < all->settings.options && values->seeds > 1; n++)
        if (!strcmp(all->settings.list[n].row->name, "seed"))
            return misused("--sweep lists seeds, and --seeds counts them; "
                           "expected one of the two");
    all->seeds = (size_t)values->seeds;
    all->folds = values->folds ? (size_t)values->folds : 1;
    all->count = all->settings.count * all->seeds * all->folds;
    all->list = calloc(all->count, sizeof *all->list);
    if (!all->list) return failed("out of memory");

    for (size_t n = 0; n < all->count; n++) {
        all->list[n].fold = n % all->folds;
        all->list[n].seed = n / all->folds % all->seeds;
        all->list[n].setting = n / all->folds / all->seeds;
    }
    return 0;
}

/* Those that an earlier command has finished, with its models there. */
static int find_finished(all_runs *all)
{
    int code = runs_begin(all->path, command_line("elman", all->arguments, ""));
    for (size_t n = 0; n < all->count && !code; n++) {
        char model[PATH_ROOM];
        run_model_path(all, &all->list[n], model);
        all->list[n].finished =
            path_exists(model) &&
            runs_find(all->path, run_describe(all, &all->list[n]),
                      &all->list[n].score);
    }
    return code;
}

int runs_train(const parsed_line *arguments, const char *model_path,
               train_function *train_one)
{
    all_runs all = {.arguments = arguments,
                    .values = arguments->values,
                    .model_path = model_path,
                    .train_one = train_one};
    snprintf(all.path, sizeof all.path, "%.*s.runs", PATH_ROOM - 8, model_path);

    int code = check_line(arguments);
    if (!code) code = sweep_read(arguments, all.values->sweep, &all.settings);
    if (!code) code = list_runs(&all);
    if (!code) process_join(run_here, &all, sizeof(run_score));
    if (!code) code = runs_agree(&all);
    if (!code && !rank_follow()) code = find_finished(&all);
    code = rank_settle(code);
    if (!code) code = runs_see_list(&all);
    if (!code) code = rank_give(all.list, all.count * sizeof *all.list);
    if (!code)
        rank_keep_rest(all.path, true,
                       "lists the runs that have finished: go on with the "
                       "others",
                       false);

    if (!rank_follow()) system_catch_stop(on_signal, false);
    if (!code) code = run_all(&all);
    if (!code) code = collect_runs(&all);

    if (!code && stopped) {
        note("the runs that have finished are kept in '%s'; the same command "
             "goes on with the others",
             printable(all.path));
        code = 128 + (int)stopped;
    } else if (!code && !rank_follow()) code = runs_settle(&all);
    sweep_free(&all.settings);
    free(all.list);
    return code;
}
