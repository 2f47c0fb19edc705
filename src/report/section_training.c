/*
 * section_training.c: the curves of training runs, one or several.
 */
#include "learn/journal.h"
#include "report/chart.h"
#include "report/section.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct curve {
    const char *title, *sentence, *label;
    bool log, from_zero;
    size_t at, second; /* where in a row; second 0: one line */
    const char *name, *second_name;
} curve;

#define AT(member) offsetof(elman_journal_row, member)

static const curve curves[] = {
    {"Loss", "Loss of the training and validation data by step.", "loss", false,
     false, AT(loss), AT(train_loss), "validation", "training"},
    {"Score", "Score by step.", "score", false, false, AT(score), 0, "score",
     NULL},
    {"Reach of the gradient",
     "Steps until a hundredth of a gradient is left, by training step.",
     "steps", false, true, AT(horizon), 0, "horizon", NULL},
    {"Gradient norm", "Norm of the gradient by step.", "norm", true, false,
     AT(norm), 0, "norm", NULL},
    {"Steps that clipping shortened", "Share of clipped steps by step.",
     "share", false, true, AT(clipped), 0, "clipped", NULL},
    {"Saturated gate values", "Share of saturated gate values by step.",
     "share", false, true, AT(saturation), 0, "saturation", NULL},
    {"Size of an update", "Median ratio of update to weight by step.",
     "change / weight", true, false, AT(update), 0, "update", NULL},
    {"Learning rate", "Learning rate by step.", "rate", false, true,
     AT(learning_rate), 0, "rate", NULL}};

/* What the score is: by the setting "task", the same in all runs. */
static const char *const score_words[][3] = {
    {"language", "Bits a token", "bits a token"},
    {"classify", "Accuracy", "share right"},
    {"tag", "Accuracy", "share right"},
    {"forecast", "Error", "mean absolute error"},
    {"regress", "Error", "mean absolute error"},
    {"track", "Error", "mean absolute error"}};

static const char *task_of(const elman_journal *journal)
{
    size_t count = 0;
    const elman_setting *list = journal_settings(journal, &count);
    for (size_t i = 0; list && i < count; i++)
        if (!strcmp(list[i].name, "task")) return list[i].value;
    return "";
}

/* Whether any row was measured on validation data. */
static bool is_held(const elman_journal *journal)
{
    size_t count = 0;
    const elman_journal_row *rows = journal_rows(journal, &count);
    for (size_t i = 0; rows && i < count; i++)
        if (!isnan(rows[i].loss)) return true;
    return false;
}

/* Names the curve of the score after what it is, and of what. */
enum { TITLE_ROOM = 80 };
static void name_score(const elman_journal *const *journals, size_t count,
                       chart *picture, char title[TITLE_ROOM])
{
    for (size_t i = 0; i < sizeof score_words / sizeof *score_words; i++) {
        size_t same = 0;
        while (same < count &&
               !strcmp(task_of(journals[same]), score_words[i][0]))
            same++;
        if (same < count || count == 0) continue;
        picture->title = score_words[i][1];
        picture->y_label = score_words[i][2];
    }

    /* runs may differ in that */
    size_t held = 0;
    for (size_t i = 0; i < count; i++)
        held += is_held(journals[i]);
    snprintf(title, TITLE_ROOM, "%s%s", picture->title,
             held == count ? " on the validation data"
             : held == 0   ? " on the training data"
                           : " on validation or training data");
    picture->title = title;
}

static double value_at(const elman_journal_row *row, size_t at)
{
    double value;
    memcpy(&value, (const char *)row + at, sizeof value);
    return value;
}

/* ---- Lines -------------------------------------------------------------- */

/* What curves are drawn from: a line for each run, or two for one run. */
typedef struct runs {
    size_t count;
    const elman_journal *const *journals;
    const char *const *names;
    size_t *rows;      /* (count) */
    double **x;        /* (count) arrays */
    double *y;         /* of each line its values, and its steps */
    elman_line *lines; /* (2 count) */
    size_t room;       /* rows of the longest run */
} runs;

/* Adds a line of the values at that place; whether any is a number. What was
 * not measured at an evaluation (NaN) leaves no gap. */
static bool add_line(runs *r, size_t run, size_t at, const char *name,
                     size_t line)
{
    size_t count, used = 0;
    const elman_journal_row *rows = journal_rows(r->journals[run], &count);
    double *y = r->y + 2 * line * r->room, *x = y + r->room;
    bool any = false;
    for (size_t i = 0; i < r->rows[run]; i++) {
        double value = value_at(&rows[i], at);
        if (isnan(value)) continue;
        x[used] = (double)rows[i].step;
        y[used++] = value;
        any = any || isfinite(value);
    }

    /* lines of the same steps share them, and a table */
    bool whole = used == r->rows[run];
    r->lines[line] = (elman_line){name, used, whole ? r->x[run] : x, y};
    return any;
}

static void write_curve(page *p, runs *r, const curve *c)
{
    size_t used = 0;
    bool alone = r->count == 1;
    chart picture = {.title = c->title,
                     .sentence = c->sentence,
                     .x_label = "step",
                     .y_label = c->label,
                     .lines = r->lines,
                     .log_y = c->log,
                     .from_zero = c->from_zero};

    char title[TITLE_ROOM];
    if (c->at == AT(score)) name_score(r->journals, r->count, &picture, title);
    for (size_t i = 0; i < r->count; i++)
        used += add_line(r, i, c->at, alone ? c->name : r->names[i], used);
    if (alone && c->second)
        used += add_line(r, 0, c->second, c->second_name, used);
    if (!used) return;

    /* the evaluation whose weights were kept */
    size_t count = 0;
    const elman_journal_row *rows = journal_rows(r->journals[0], &count);
    for (size_t i = 0; i < count && alone && c->second; i++)
        if (rows[i].best) {
            picture.mark_count = 1;
            picture.marks[0] =
                (chart_mark){(double)rows[i].step, false, "best"};
        }
    if (used == 1 && c->second) picture.y_label = r->lines[0].name;
    picture.count = used;
    chart_write(p, &picture);
}

/* ---- Memory ------------------------------------------------------------- */

static bool take_runs(page *p, runs *r)
{
    size_t longest = 1;
    r->rows = page_take(p, r->count, sizeof *r->rows);
    r->x = page_take(p, r->count, sizeof *r->x);
    r->lines = page_take(p, 2 * r->count, sizeof *r->lines);
    for (size_t i = 0; i < r->count && r->x; i++)
        r->x[i] = NULL;
    if (!r->rows || !r->x || !r->lines) return false;

    for (size_t i = 0; i < r->count; i++) {
        size_t count = 0;
        const elman_journal_row *rows = journal_rows(r->journals[i], &count);
        if (!rows) count = 0;
        r->rows[i] = count;
        if (count > longest) longest = count;
        r->x[i] = page_take(p, count, sizeof **r->x);
        for (size_t k = 0; k < count && r->x[i]; k++)
            r->x[i][k] = (double)rows[k].step;
    }

    /* every line could be the longest */
    r->room = longest;
    r->y = page_take(p, 4 * r->count * longest, sizeof *r->y);
    return p->status == ELMAN_OK;
}

static void give_runs(runs *r)
{
    for (size_t i = 0; i < r->count && r->x; i++)
        free(r->x[i]);
    free(r->rows);
    free(r->x);
    free(r->y);
    free(r->lines);
}

void section_training(page *p, const elman_journal *const *journals,
                      const char *const *names, size_t count)
{
    runs r = {.count = count, .journals = journals, .names = names};
    if (take_runs(p, &r)) {
        page_write(p, "<div class=grid2>");
        for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
            write_curve(p, &r, &curves[i]);
        page_write(p, "</div>");
    }
    give_runs(&r);
}
