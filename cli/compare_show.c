/*
 * compare_show.c: runs beside each other on the terminal and as JSON.
 */
#include "compare.h"
#include "record.h"
#include "report.h"
#include "screen.h"
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CURVE = 20, CELL = 160, MARKS = 8, SHORT_SEEDS = 10 };

/* Whether a score is of validation data, and not of what was trained on. */
static bool is_held(const run_file *run)
{
    return run->best && !isnan(run->best->loss);
}

/* What the scores are and of which data, if they are the same in all runs. */
static const char *metric_word(const comparison *all)
{
    static const char *const words[][2] = {
        {"score", "score"},
        {"training bits", "bits"},
        {"training accuracy, %", "accuracy, %"},
        {"training MAE", "MAE"}};
    run_metric metric = all->runs[0].metric;
    bool held = is_held(&all->runs[0]);
    for (size_t n = 1; n < all->count; n++)
        if (all->runs[n].metric != metric || is_held(&all->runs[n]) != held)
            metric = METRIC_UNKNOWN;
    return words[metric][held];
}

static double shown_score(const run_file *run, double score)
{
    return run->metric == METRIC_ACCURACY ? 100 * score : score;
}

/* Bytes that all names begin with, up to a slash. */
static size_t common_folder(const comparison *all)
{
    const char *first = all->runs[0].name;
    size_t same = strlen(first);
    for (size_t n = 1; n < all->count; n++) {
        size_t at = 0;
        while (at < same && all->runs[n].name[at] == first[at])
            at++;
        same = at;
    }
    if (all->count == 1) same = strlen(first);
    while (same > 0 && first[same - 1] != '/')
        same--;
    return same;
}

/* ---- Curves -------------------------------------------------------------- */

/* What all curves have in common. */
typedef struct scale {
    double steps;       /* of the longest run */
    double least, most; /* losses, in logarithms where all are above 0 */
    bool logarithm;
} scale;

static scale find_scale(const comparison *all)
{
    scale s = {.least = INFINITY, .most = -INFINITY};

    /* of all rows of all runs */
    for (size_t n = 0; n < all->count; n++) {
        size_t count;
        const elman_journal_row *rows =
            elman_journal_rows(all->runs[n].journal, &count);
        for (size_t k = 0; k < count; k++) {
            double loss = loss_of(&rows[k]);
            s.steps = fmax(s.steps, (double)rows[k].step);
            if (!isfinite(loss)) continue;
            s.least = fmin(s.least, loss);
            s.most = fmax(s.most, loss);
        }
    }
    s.logarithm = s.least > 0;
    if (s.logarithm) {
        s.least = log(s.least);
        s.most = log(s.most);
    }
    return s;
}

/* The loss over the steps of the longest run, as a line of marks. */
static void draw_curve(const run_file *run, const scale *s, char *text)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    static const char *const plain[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
    size_t count, at = 0;
    const elman_journal_row *rows = elman_journal_rows(run->journal, &count);
    *text = '\0';
    for (int n = 0; n < CURVE && count; n++) {
        double step = s->steps * (n + 1) / (double)CURVE;
        double before = s->steps * n / (double)CURVE;
        if (before >= (double)run->last->step) return;
        while (at + 1 < count && (double)rows[at + 1].step <= step)
            at++;

        /* the row that holds at that step, in one of the heights */
        double loss = loss_of(&rows[at]);
        double part = ((s->logarithm ? log(loss) : loss) - s->least) /
                      (s->most - s->least);
        int mark = isfinite(part) ? (int)(part * (double)MARKS) : MARKS - 1;
        if (mark >= MARKS) mark = MARKS - 1;
        if (mark < 0 || !(s->most > s->least)) mark = 0;
        strcat(text, screen.utf8 ? blocks[mark] : plain[mark]);
    }
}

/* Of a group the run with the least loss. */
static const run_file *best_of(const comparison *all, size_t group)
{
    const run_file *best = &all->runs[all->groups[group].first];
    for (size_t n = 0; n < all->count; n++) {
        const run_file *run = &all->runs[n];
        if (run->group == group && run->best &&
            (!best->best || loss_of(run->best) < loss_of(best->best)))
            best = run;
    }
    return best;
}

/* ---- The table ----------------------------------------------------------- */

enum { RUN, SEEDS, SCORE, LOSS, STEP, REACH, LINE, CELLS };
typedef char run_cells[CELLS][CELL];

static void fill_cells(const comparison *all, size_t g, const scale *s,
                       run_cells cells)
{
    const run_group *group = &all->groups[g];
    const run_file *first = &all->runs[group->first], *best = best_of(all, g);
    const char *name = first->name + common_folder(all);
    if (group->count > 1)
        snprintf(cells[RUN], CELL, "%s +%zu", name, group->count - 1);
    else snprintf(cells[RUN], CELL, "%s", name);
    if (strlen(group->seeds) > SHORT_SEEDS)
        snprintf(cells[SEEDS], CELL, "%zu seeds", group->count);
    else snprintf(cells[SEEDS], CELL, "%s", group->seeds);
    draw_curve(best, s, cells[LINE]);
    if (!best->best) return;

    /* what it reached, over its seeds */
    double spread = shown_score(first, group->deviation);
    snprintf(cells[SCORE], CELL, "%s",
             significant(shown_score(first, group->mean), 4));
    if (!isnan(spread))
        snprintf(cells[SCORE] + strlen(cells[SCORE]), CELL / 2, " %s %s",
                 screen.utf8 ? "±" : "+-", significant(spread, 2));
    snprintf(cells[LOSS], CELL, "%s", significant(group->loss, 4));
    snprintf(cells[STEP], CELL, "%s", with_commas(best->best->step));
    if (!isnan(group->horizon))
        snprintf(cells[REACH], CELL, "%.3g", group->horizon);
}

/* The group that is best: by the score where that is the same metric, else by
 * nothing. */
static size_t best_group(const comparison *all)
{
    size_t best = all->group_count;
    for (size_t g = 0; g < all->group_count; g++) {
        const run_group *group = &all->groups[g];
        bool more = all->runs[group->first].metric == METRIC_ACCURACY;
        if (isnan(group->mean)) continue;
        if (best == all->group_count ||
            (more ? group->mean > all->groups[best].mean
                  : group->mean < all->groups[best].mean))
            best = g;
    }
    return strcmp(metric_word(all), "score") != 0 ? best : all->group_count;
}

static int show_table(const comparison *all)
{
    size_t rows = all->group_count;
    run_cells *texts = calloc(rows, sizeof *texts);
    const char **cells = calloc(rows * CELLS, sizeof *cells);
    colour *inks = calloc(rows, sizeof *inks);
    const table_column columns[CELLS] = {{"run", FIT_CUT},
                                         {"seed", FIT_CUT},
                                         {metric_word(all), FIT_WHOLE},
                                         {"loss", FIT_WHOLE},
                                         {"step", FIT_WHOLE},
                                         {"reach", FIT_WHOLE},
                                         {"loss over steps", FIT_WHOLE}};

    /* one row for each group, the best in green */
    scale s = find_scale(all);
    size_t best = best_group(all);
    bool fits = texts && cells && inks;
    for (size_t n = 0; n < rows && fits; n++) {
        fill_cells(all, n, &s, texts[n]);
        for (size_t c = 0; c < CELLS; c++)
            cells[n * CELLS + c] = texts[n][c];
        if (n == best && rows > 1) inks[n] = GREEN;
    }
    if (fits) table_show(stdout, columns, CELLS, rows, cells, inks);
    free(texts);
    free(cells);
    free(inks);
    return fits ? 0 : failed("out of memory");
}

/* ---- Differences --------------------------------------------------------- */

/* Each setting that differs, with the value that each group has. */
static void show_differences(const comparison *all)
{
    size_t from = common_folder(all);
    if (all->difference_count)
        printf("\n%swhat differs%s\n", paint(stdout, BOLD),
               paint(stdout, PLAIN));
    for (size_t n = 0; n < all->difference_count; n++) {
        const run_difference *one = &all->differences[n];
        printf("%s\n", printable(one->name));
        for (size_t g = 0; g < all->group_count; g++) {
            const char *name = all->runs[all->groups[g].first].name + from;
            printf("  %-24s %s%s%s\n", printable(name), paint(stdout, BOLD),
                   one->values[g] ? printable(one->values[g]) : "-",
                   paint(stdout, PLAIN));
        }
    }
    if (all->count > 1 && all->same)
        printf("\n%zu setting%s the same in all\n", all->same,
               all->same == 1 ? " is" : "s are");
}

void runs_show(const comparison *all)
{
    if (show_table(all)) return;
    show_differences(all);
}

/* ---- JSON ---------------------------------------------------------------- */

static void record_row(record *out, const char *key,
                       const elman_journal_row *row)
{
    record_open(out, key, '{');
    record_count(out, "step", row->step);
    record_number(out, "epoch", row->epoch);
    record_number(out, "train_loss", row->train_loss);
    record_number(out, "loss", row->loss);
    record_number(out, "score", row->score);
    record_number(out, "learning_rate", row->learning_rate);
    record_number(out, "norm", row->norm);
    record_number(out, "clipped", row->clipped);
    record_number(out, "horizon", row->horizon);
    record_number(out, "rate", row->rate);
    record_number(out, "saturation", row->saturation);
    record_number(out, "update", row->update);
    record_close(out, '}');
}

static void record_run(record *out, const run_file *run)
{
    static const char *const words[] = {"score", "bits", "accuracy", "mae"};
    record_open(out, NULL, '{');
    record_text(out, "run", run->name);
    record_count(out, "group", run->group);
    record_text(out, "metric", words[run->metric]);
    if (run->best) record_row(out, "best", run->best);
    if (run->last) record_row(out, "last", run->last);

    /* what made it, and how it went */
    size_t count;
    const elman_setting *settings =
        elman_journal_settings(run->journal, &count);
    record_open(out, "settings", '{');
    for (size_t n = 0; n < count; n++)
        record_text(out, settings[n].name, settings[n].value);
    record_close(out, '}');

    const elman_journal_row *rows = elman_journal_rows(run->journal, &count);
    record_open(out, "rows", '[');
    for (size_t n = 0; n < count; n++)
        record_row(out, NULL, &rows[n]);
    record_close(out, ']');
    record_close(out, '}');
}

void runs_record(const comparison *all)
{
    record out = record_begin(stdout);
    record_open(&out, "groups", '[');
    for (size_t g = 0; g < all->group_count; g++) {
        const run_group *group = &all->groups[g];
        record_open(&out, NULL, '{');
        record_text(&out, "run", all->runs[group->first].name);
        record_count(&out, "runs", group->count);
        record_text(&out, "seeds", group->seeds);
        record_number(&out, "score", group->mean);
        record_number(&out, "deviation", group->deviation);
        record_number(&out, "loss", group->loss);
        record_number(&out, "horizon", group->horizon);
        record_close(&out, '}');
    }
    record_close(&out, ']');

    /* a list with the value of each group */
    record_open(&out, "differences", '{');
    for (size_t n = 0; n < all->difference_count; n++) {
        record_open(&out, all->differences[n].name, '[');
        for (size_t g = 0; g < all->group_count; g++) {
            const char *value = all->differences[n].values[g];
            if (value) record_text(&out, NULL, value);
            else record_null(&out, NULL);
        }
        record_close(&out, ']');
    }
    record_close(&out, '}');

    record_open(&out, "runs", '[');
    for (size_t n = 0; n < all->count; n++)
        record_run(&out, &all->runs[n]);
    record_close(&out, ']');
    record_end(&out);
}
