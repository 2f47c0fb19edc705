/*
 * evaluation.c: see evaluation.h. The line is made of parts, each long or
 * short, where a star stands for "best". All lines of a run have one form: the
 * long one where each part that some line may have fits, too. Of a short line
 * that does not fit, those that matter least leave.
 */
#include "evaluation.h"
#include "network.h"
#include "report.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TIME, TRAIN, HELD, SCORE, BEST, REACH, NORM, GATES, PARTS };
enum { LENGTH = 48, NARROWEST = 60, WIDEST = 200 };

/* One part in both forms; the greatest rank leaves first. */
typedef struct part {
    int rank;
    char text[2][LENGTH]; /* long, short; "": it is not there */
} part;

/* A number behind its name, in columns that keep the next part in its place. */
static void name_number(part *to, const char *name, const char *brief,
                        double number, int digits)
{
    const char *text = significant(number, digits);
    snprintf(to->text[0], LENGTH, "%s %-*s", name, digits + 3, text);
    snprintf(to->text[1], LENGTH, "%s %-*s", brief, digits + 1, text);
}

static void name_time(part *to, const elman_progress *progress, bool by_epoch,
                      uint64_t epochs)
{
    int digits = 1;
    for (uint64_t most = epochs; by_epoch && most >= 10; most /= 10)
        digits++;
    if (by_epoch && epochs == 0) digits = 4;
    unsigned long long at =
        by_epoch ? progress->epoch + (progress->batch > 0) : progress->step;
    const char *word = by_epoch ? "epoch" : "step";
    snprintf(to->text[0], LENGTH, "%s %*llu", word, by_epoch ? digits : 7, at);
    snprintf(to->text[1], LENGTH, "%s %*llu", word, digits, at);
}

/* What the pulse found; most evaluations of a short run have none. */
static void name_pulse(part *reach, part *gates, const elman_journal_row *row)
{
    if (!isnan(row->horizon)) {
        snprintf(reach->text[0], LENGTH, "reaches %3.0f steps", row->horizon);
        snprintf(reach->text[1], LENGTH, "reach %.0f", row->horizon);
    }
    if (!isnan(row->saturation)) {
        double share = 100 * row->saturation;
        snprintf(gates->text[0], LENGTH, "saturated %2.0f %%", share);
        snprintf(gates->text[1], LENGTH, "sat %.0f %%", share);
    }
}

static void fill_parts(const elman_encoding *encoding,
                       const elman_progress *progress,
                       const elman_journal_row *row, bool by_epoch,
                       uint64_t epochs, part *parts)
{
    static const int ranks[PARTS] = {0, 2, 0, 1, 3, 4, 5, 6};
    bool validates = !isnan(row->loss);
    for (int n = 0; n < PARTS; n++)
        parts[n].rank = ranks[n];

    /* what it learned */
    name_time(&parts[TIME], progress, by_epoch, epochs);
    double seen = validates ? row->train_loss : progress->validation.loss;
    name_number(&parts[TRAIN], "train", "train", seen, 4);
    if (validates)
        name_number(&parts[HELD], "validation", "val",
                    progress->validation.loss, 4);
    if (validates && progress->best)
        snprintf(parts[BEST].text[0], LENGTH, "best");
    if (validates) strcat(parts[HELD].text[1], progress->best ? "*" : " ");
    for (int n = 0; n < 2; n++)
        snprintf(parts[SCORE].text[n], LENGTH, "%s",
                 metric_describe(encoding, &progress->validation));

    /* and how: of saturated gates one wants to know first */
    const char *norm = row->norm < 10000 || isnan(row->norm)
                           ? significant(row->norm, 3)
                           : with_unit(row->norm);
    snprintf(parts[NORM].text[0], LENGTH, "gradient %-6s", norm);
    snprintf(parts[NORM].text[1], LENGTH, "norm %s", norm);
    name_pulse(&parts[REACH], &parts[GATES], row);
    if (row->saturation > 0.3) parts[GATES].rank = 3;
}

/* Columns of the parts in a form, but at least least (PARTS) for each or, if
 * that is NULL, for none; the last needs no room behind it. */
static int width_of(const part *parts, int form, const int *least)
{
    int used = 0;
    for (int n = 0; n < PARTS; n++) {
        int width = text_width(parts[n].text[form]);
        if (least && width < least[n]) width = least[n];
        if (width) used += width + 2;
    }
    return used - 2;
}

/* The form of the run's lines, without parts of this one that do not fit. */
static int fit_parts(part *parts, int columns)
{
    /* what only some lines have: "reaches 999 steps", "saturated 99 %" */
    static const int least[PARTS] = {[BEST] = 4, [REACH] = 17, [GATES] = 14};
    if (width_of(parts, 0, least) <= columns) return 0;
    for (int rank = PARTS; rank > 0 && width_of(parts, 1, NULL) > columns;
         rank--)
        for (int n = 0; n < PARTS; n++)
            if (parts[n].rank == rank) parts[n].text[1][0] = '\0';
    return 1;
}

void evaluation_show(const elman_encoding *encoding,
                     const elman_progress *progress,
                     const elman_journal_row *row, bool by_epoch,
                     uint64_t epochs)
{
    part parts[PARTS] = {0};
    char line[PARTS * (LENGTH + 24)], *end = line;
    fill_parts(encoding, progress, row, by_epoch, epochs, parts);
    int columns = screen_width(stderr);
    if (columns < NARROWEST) columns = NARROWEST;
    if (columns > WIDEST) columns = WIDEST;
    int form = fit_parts(parts, columns);

    /* the parts that are left, with blanks for those to come */
    for (int n = 0; n < PARTS; n++) {
        const char *text = parts[n].text[form];
        bool best = !strcmp(text, "best") || strchr(text, '*');
        if (!*text) continue;
        end += sprintf(end, "%s%s%s%s", end > line ? "  " : "",
                       best ? paint(stderr, GREEN) : "", text,
                       best ? paint(stderr, PLAIN) : "");
    }
    while (end > line && end[-1] == ' ')
        *--end = '\0';
    note("%s", line);
}

void pulse_record(record *out, const elman_journal_row *row)
{
    record_number(out, "horizon", row->horizon);
    record_number(out, "rate", row->rate);
    record_number(out, "saturation", row->saturation);
}
