/*
 * runs_agree.c: the runs of a command are whole on one rank each, and exchange
 * nothing: so what they learn from, and where their models go, is compared
 * before the first of them.
 */
#include "capture.h"
#include "network.h"
#include "ranks.h"
#include "runs_all.h"
#include "screen.h"
#include "system.h"
#include "train.h"

#include <stdlib.h>
#include <string.h>

/* What a run learns from, and begins with. */
typedef struct beginning {
    elman_dataset *dataset;
    elman_model *model;
} beginning;

static void close_beginning(beginning *b)
{
    elman_model_destroy(b->model);
    elman_dataset_close(b->dataset);
    *b = (beginning){0};
}

/* The line of a setting, as the process of a run has it; arguments stay what
 * they are. */
static int open_setting(const all_runs *all, size_t setting, beginning *to)
{
    parsed_line line = *all->arguments;
    size_t options = 0;
    while (command_option(line.command, options))
        options++;
    line.values = malloc(line.command->size);
    line.given = calloc(options, sizeof *line.given);
    int code = line.values && line.given ? 0 : failed("out of memory");
    if (!code) {
        memcpy(line.values, all->arguments->values, line.command->size);
        memcpy(line.given, all->arguments->given, options);
        sweep_apply(&all->settings, setting, &line);
        code = setup_data(&line, &to->dataset);
    }
    if (!code) code = setup_model(&line, to->dataset, &to->model);
    free(line.values);
    free(line.given);
    return code;
}

/* The same, and nothing said of it where the run itself will. */
static int try_setting(const all_runs *all, size_t setting, beginning *to)
{
    capture kept;
    kept_text said[CAPTURE_STREAMS] = {0};
    if (rank_follow() || !capture_begin(&kept))
        return open_setting(all, setting, to);
    int code = open_setting(all, setting, to);
    (void)capture_end(&kept, said);
    capture_free(said);
    return code;
}

static int agree_on(const all_runs *all, const beginning *b)
{
    const char *from = all->values->init_from;
    int code = rank_agree_data(b->dataset, all->arguments->operands[0]);
    return code || !from ? code : rank_agree_model(b->model, from);
}

int runs_agree(const all_runs *all)
{
    if (rank_count() == 1) return 0;
    bool quiet = screen.quiet, done = false;
    int code = 0;
    screen.quiet = true;

    /* the first setting that rank 0 can begin with */
    for (size_t n = 0; n < all->settings.count && !code && !done; n++) {
        beginning b = {0};
        int own = try_setting(all, n, &b), first = own;
        code = rank_give(&first, sizeof first);
        done = first == 0;
        if (!code && done) code = rank_settle(own);
        if (!code && done) code = agree_on(all, &b);
        close_beginning(&b);
    }
    screen.quiet = quiet;
    return code;
}

/* Whether there is such a file, also where a file system of a network shows it
 * some time after another machine has written it. */
static bool comes_to_be(const char *path)
{
    static const double PATIENCE = 5, PAUSE = 0.1;
    double begin = seconds_now();
    while (!path_exists(path) && seconds_now() - begin < PATIENCE)
        seconds_pause(PAUSE);
    return path_exists(path);
}

int runs_see_list(const all_runs *all)
{
    int code = 0;
    if (rank_follow() && !comes_to_be(all->path))
        code = failed("'%s', which rank 0 has written, is not there: runs on "
                      "several ranks expect --output in a folder that all of "
                      "them see",
                      all->path);
    code = rank_settle(code);

    /* a list without runs would refuse another command */
    size_t finished = 0;
    for (size_t n = 0; n < all->count; n++)
        finished += all->list[n].finished;
    if (code && !finished && !rank_follow()) path_remove(all->path);
    return code;
}
