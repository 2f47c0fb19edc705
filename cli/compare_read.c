/*
 * compare_read.c: runs from models, from JSON lines and from folders of both.
 */
#include "compare.h"
#include "json_line.h"
#include "run_journal.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *setting_of(const run_file *run, const char *name)
{
    size_t count;
    const elman_setting *settings =
        elman_journal_settings(run->journal, &count);
    for (size_t n = 0; n < count; n++)
        if (!strcmp(settings[n].name, name)) return settings[n].value;
    return NULL;
}

double loss_of(const elman_journal_row *row)
{
    return isnan(row->loss) ? row->train_loss : row->loss;
}

/* The metric of a task. */
static run_metric metric_of(const run_file *run)
{
    const char *task = setting_of(run, "task");
    if (!task) return METRIC_UNKNOWN;
    if (!strcmp(task, "language")) return METRIC_BITS;
    bool classes = !strcmp(task, "classify") || !strcmp(task, "tag");
    return classes ? METRIC_ACCURACY : METRIC_ERROR;
}

/* Takes a journal into the list. */
static int add_run(comparison *all, const char *name, elman_journal *journal,
                   run_metric metric)
{
    char *copy = strdup(name);
    if (all->count == all->room) {
        size_t room = 2 * all->room + 16;
        run_file *wider = realloc(all->runs, room * sizeof *wider);
        if (wider) {
            all->runs = wider;
            all->room = room;
        }
    }
    if (!copy || all->count == all->room) {
        free(copy);
        elman_journal_destroy(journal);
        return failed("out of memory");
    }

    run_file *run = &all->runs[all->count++];
    *run = (run_file){.name = copy, .journal = journal, .metric = metric};
    if (!metric) run->metric = metric_of(run);

    /* the last that was best, and the last of all */
    size_t count;
    const elman_journal_row *rows = elman_journal_rows(journal, &count);
    for (size_t n = 0; n < count; n++) {
        if (rows[n].best || !run->best) run->best = &rows[n];
        run->last = &rows[n];
    }
    return 0;
}

/* ---- Models -------------------------------------------------------------- */

static int read_model(const char *path, comparison *all)
{
    elman_model *model = NULL;
    elman_journal *journal = NULL;
    if (elman_model_load(path, &model) != ELMAN_OK) return library_failed();
    const char *text = elman_model_note(model, journal_key);
    int code = 0;
    if (!text)
        code = failed("'%s' is a model without a journal; models that this "
                      "version of 'elman train' saves have one",
                      path);
    else if (elman_journal_create(text, &journal) != ELMAN_OK)
        code = failed("%s: %s", path, elman_message());
    elman_model_destroy(model);
    return code ? code : add_run(all, path, journal, METRIC_UNKNOWN);
}

/* ---- JSON lines ---------------------------------------------------------- */

/* A log that is being read. */
typedef struct log_reader {
    elman_journal *journal;
    elman_journal_row row;
    char event[32];
    run_metric metric;
    bool known; /* an event of --metrics was seen */
    bool lost;  /* something did not fit into the journal */
} log_reader;

/* Where a number of an evaluation goes. */
static void take_number(log_reader *r, const char *name, double number)
{
    elman_journal_row *row = &r->row;
    const struct {
        const char *name;
        double *to;
        run_metric metric;
    } places[] = {{"epoch", &row->epoch, 0},
                  {"seconds", &row->seconds, 0},
                  {"train_loss", &row->train_loss, 0},
                  {"validation.loss", &row->loss, 0},
                  {"validation.bits", &row->score, METRIC_BITS},
                  {"validation.accuracy", &row->score, METRIC_ACCURACY},
                  {"validation.mae", &row->score, METRIC_ERROR},
                  {"learning_rate", &row->learning_rate, 0},
                  {"norm", &row->norm, 0},
                  {"clipped", &row->clipped, 0},
                  {"horizon", &row->horizon, 0},
                  {"rate", &row->rate, 0},
                  {"saturation", &row->saturation, 0},
                  {"update", &row->update, 0}};

    /* a text has an accuracy too, but its bits come first */
    for (size_t n = 0; n < sizeof places / sizeof *places; n++) {
        if (strcmp(places[n].name, name) != 0 || isnan(number)) continue;
        run_metric metric = places[n].metric;
        if (metric && r->metric == METRIC_BITS && metric != METRIC_BITS) return;
        if (metric) r->metric = metric;
        *places[n].to = number;
    }
    if (!strcmp(name, "step") && number >= 0 && number < 1e15)
        row->step = (uint64_t)number;
    if (!strcmp(name, "best")) row->best = number == 1;
}

static void take_member(void *context, const json_member *member)
{
    static const char settings[] = "settings.";
    log_reader *r = context;
    if (!strcmp(member->name, "event") && member->text)
        snprintf(r->event, sizeof r->event, "%s", member->text);
    else if (!strncmp(member->name, settings, strlen(settings)))
        r->lost |= member->text &&
                   elman_journal_write_setting(r->journal,
                                               member->name + strlen(settings),
                                               member->text) != ELMAN_OK;
    else if (!member->text) take_number(r, member->name, member->number);
}

/* Reads one line; false if it is none of --metrics. Of a run that was killed
 * and resumed some evaluations are there twice: the first counts. */
static bool read_line(log_reader *r, char *line)
{
    static const char *const known_events[] = {"begin", "step", "evaluation",
                                               "warning", "end"};
    r->event[0] = '\0';
    r->row = (elman_journal_row){.epoch = NAN,
                                 .seconds = NAN,
                                 .train_loss = NAN,
                                 .loss = NAN,
                                 .score = NAN,
                                 .learning_rate = NAN,
                                 .norm = NAN,
                                 .clipped = NAN,
                                 .horizon = NAN,
                                 .rate = NAN,
                                 .saturation = NAN,
                                 .update = NAN};
    if (!json_line_read(line, take_member, r)) return false;
    /* what is no event of ours is not our file */
    bool known = false;
    for (size_t n = 0; n < sizeof known_events / sizeof *known_events; n++)
        known = known || !strcmp(known_events[n], r->event);
    r->known = r->known || known;
    if (strcmp(r->event, "evaluation") != 0) return known;

    size_t count;
    const elman_journal_row *rows = elman_journal_rows(r->journal, &count);
    if (count == 0 || r->row.step > rows[count - 1].step)
        r->lost |= elman_journal_write(r->journal, &r->row) != ELMAN_OK;
    return true;
}

/* The next line with its end, in a block of room that grows; false at the end
 * of the file. */
static bool next_line(FILE *file, char **line, size_t *room)
{
    size_t used = 0;
    do {
        if (*room < used + 128) {
            char *wider = realloc(*line, 2 * used + 256);
            if (!wider) return false;
            *line = wider;
            *room = 2 * used + 256;
        }
        if (!fgets(*line + used, (int)(*room - used), file)) break;
        used += strlen(*line + used);
    } while ((*line)[used - 1] != '\n');
    return used > 0;
}

/* quiet: a file that is none is not an error; *found tells. */
static int read_log(const char *path, bool quiet, comparison *all, bool *found)
{
    log_reader r = {0};
    char *line = NULL;
    size_t room = 0, number = 0;
    *found = false;
    FILE *file = file_open(path, "r");
    if (!file) return failed("cannot read '%s': %s", path, strerror(errno));
    int code = elman_journal_create(NULL, &r.journal) == ELMAN_OK
                   ? 0
                   : library_failed();

    /* the last line may be half a line, where the run still goes on */
    bool fits = true;
    while (!code && fits && next_line(file, &line, &room)) {
        number++;
        bool whole = strchr(line, '\n') != NULL;
        fits = read_line(&r, line) || (!whole && number > 1);
    }
    free(line);
    fclose(file);
    *found = !code && fits && r.known;
    if (!code && *found && !r.lost)
        return add_run(all, path, r.journal, r.metric);

    elman_journal_destroy(r.journal);
    if (code || (quiet && !*found)) return code;
    if (r.lost) return failed("%s: %s", path, elman_message());

    /* a model from elsewhere has no journal */
    elman_import *import = NULL;
    bool other = elman_import_look(&path, 1, &import) == ELMAN_OK;
    elman_import_close(import);
    if (other)
        return failed(
            "'%s' is a file of another system and keeps no journal of "
            "its training; compare shows runs of 'elman train', and "
            "'elman eval' measures a model",
            path);
    return failed("'%s' is no run: line %zu is not one that 'elman train "
                  "--metrics' writes, and it is no model either",
                  path, number ? number : 1);
}

/* ---- Files and folders --------------------------------------------------- */

/* True for a file that begins as safetensors do: a size, then an object. */
static bool is_safetensors(const char *path)
{
    unsigned char head[9] = {0};
    FILE *file = file_open(path, "rb");
    if (!file) return false;
    bool whole = fread(head, 1, sizeof head, file) == sizeof head;
    fclose(file);
    return whole && !memcmp(head + 4, "\0\0\0\0{", 5);
}

static void forget_last(comparison *all)
{
    run_file *run = &all->runs[--all->count];
    free(run->name);
    elman_journal_destroy(run->journal);
}

/* Numbers of a log have nine digits. */
static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-8 * fabs(a);
}

/* Whether two are one run: the same settings, and the same end. */
static bool same_run(const run_file *a, const run_file *b)
{
    size_t count, other;
    const elman_setting *list = elman_journal_settings(a->journal, &count);
    (void)elman_journal_settings(b->journal, &other);
    bool same = count == other && a->last && b->last &&
                a->last->step == b->last->step &&
                same_number(a->last->loss, b->last->loss) &&
                same_number(a->last->train_loss, b->last->train_loss);
    for (size_t n = 0; n < count && same; n++) {
        const char *value = setting_of(b, list[n].name);
        same = value && !strcmp(value, list[n].value);
    }
    return same;
}

/* Leaves out the last one if it is the log of a model that is there, or the
 * other way round. */
static void forget_same(comparison *all, size_t before)
{
    for (size_t n = before; n + 1 < all->count; n++)
        if (same_run(&all->runs[n], &all->runs[all->count - 1])) {
            forget_last(all);
            return;
        }
}

/* What a file of a folder has; one that is no run is left out. */
static int read_quietly(const char *path, comparison *all)
{
    bool found;
    path_facts file;
    if (!path_look(path, &file) || !file.file) return 0;
    if (!is_safetensors(path)) return read_log(path, true, all, &found);

    elman_model *model = NULL;
    bool has = elman_model_load(path, &model) == ELMAN_OK &&
               elman_model_note(model, journal_key);
    elman_model_destroy(model);
    return has ? read_model(path, all) : 0;
}

static int read_folder(const char *path, comparison *all)
{
    size_t before = all->count, count;
    char **names = folder_list(path, &count);
    if (!names) return failed("cannot read '%s': %s", path, strerror(errno));

    /* in the order of their names */
    int code = 0;
    for (size_t n = 0; n < count; n++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, names[n]);
        if (!code) code = read_quietly(file, all);
        if (all->count > before) forget_same(all, before);
        free(names[n]);
    }
    free(names);
    if (code || all->count > before) return code;
    return failed("'%s' has no runs: neither a model with a journal nor a "
                  "file of --metrics is in it",
                  path);
}

int runs_read(const char *path, comparison *all)
{
    path_facts file;
    bool found;
    if (!path_look(path, &file))
        return failed("cannot read '%s': %s", path, strerror(errno));
    if (file.folder) return read_folder(path, all);
    return is_safetensors(path) ? read_model(path, all)
                                : read_log(path, false, all, &found);
}
