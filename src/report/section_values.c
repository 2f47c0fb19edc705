/*
 * section_values.c: where answers are wrong: numbers.
 */
#include "report/chart.h"
#include "report/section.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_TARGETS = 4 };

/* Columns of (rows,count) arrays as arrays of their own. */
static void take_column(const double *from, size_t rows, size_t count,
                        size_t column, double *to)
{
    for (size_t i = 0; i < rows; i++)
        to[i] = from[i * count + column];
}

/* ---- Answers beside what came true -------------------------------------- */

static void write_answers(page *p, const elman_errors *e, const char *name,
                          const double *x, const double *truth,
                          const double *answer)
{
    const elman_line lines[] = {{"actual", e->shown, x, truth},
                                {"answer", e->shown, x, answer}};
    chart_write(p, &(chart){.title = name,
                            .sentence = "Answers and actual values, in order.",
                            .x_label = "answer number",
                            .count = 2,
                            .lines = lines,
                            .wide = true,
                            .width = 940,
                            .height = 300});
}

static void write_scatter(page *p, const elman_errors *e, const char *name,
                          size_t target, const double *truth,
                          const double *answer)
{
    char note[96] = "", r[NUMBER_ROOM];
    if (e->correlation) {
        number_label(e->correlation[target], 3, r);
        snprintf(note, sizeof note,
                 "On the dashed line an answer is right. "
                 "Correlation %s.",
                 r);
    }

    /* right answers lie on the diagonal */
    const elman_line points = {"answer", e->shown, truth, answer};
    chart_write(p, &(chart){.kind = CHART_POINTS,
                            .title = name,
                            .sentence = "Answers against actual values.",
                            .note = note[0] ? note : NULL,
                            .x_label = "actual",
                            .y_label = "answer",
                            .count = 1,
                            .lines = &points,
                            .diagonal = true});
}

static void write_shown(page *p, const elman_errors *e,
                        const elman_inspection *of, bool scatter)
{
    double *x = section_counting(p, e->shown, 0, 1);
    double *truth = page_take(p, e->shown, sizeof *truth);
    double *answer = page_take(p, e->shown, sizeof *answer);

    for (size_t k = 0; k < e->target_count && k < SHOWN_TARGETS; k++) {
        char name[TARGET_ROOM];
        if (!x || !truth || !answer) break;
        words_target(of, k, name);
        take_column(e->truth, e->shown, e->target_count, k, truth);
        take_column(e->answer, e->shown, e->target_count, k, answer);
        if (scatter) write_scatter(p, e, name, k, truth, answer);
        else write_answers(p, e, name, x, truth, answer);
    }
    free(x);
    free(truth);
    free(answer);
}

/* ---- Residuals by horizon ----------------------------------------------- */

static void write_residual(page *p, const elman_errors *e,
                           const elman_inspection *of, size_t target)
{
    size_t n = e->horizon, count = 0;
    double *x = section_counting(p, n, 1, 1);
    double *y = page_take(p, 3 * n, sizeof *y);
    const struct {
        const char *name;
        const double *values;
    } kinds[] = {{"error (RMS)", e->residual_rms},
                 {"last value", e->naive_rms},
                 {"mean (bias)", e->residual_mean}};
    elman_line lines[3];
    char name[TARGET_ROOM];

    words_target(of, target, name);
    for (size_t k = 0; k < 3 && x && y; k++) {
        if (!kinds[k].values) continue;
        take_column(kinds[k].values, n, e->target_count, target, y + k * n);
        lines[count++] = (elman_line){kinds[k].name, n, x, y + k * n};
    }

    /* beside what repeating the last value would do */
    if (count)
        chart_write(p, &(chart){.title = name,
                                .sentence = "Size and mean of residuals by "
                                            "how far ahead the forecast is.",
                                .x_label = "steps ahead",
                                .count = count,
                                .lines = lines,
                                .from_zero = true,
                                .wide = e->target_count == 1,
                                .width = e->target_count == 1 ? 940 : 0});
    free(x);
    free(y);
}

static void write_residual_table(page *p, const elman_errors *e,
                                 const elman_inspection *of)
{
    page_write(p, "<div class=card><table class=words><thead><tr><th>Target"
                  "<th class=n>error (RMS)<th class=n>bias<th class=n>"
                  "correlation<tbody>");
    for (size_t k = 0; k < e->target_count; k++) {
        char name[TARGET_ROOM];
        words_target(of, k, name);
        page_write(p, "<tr><td>@t<td class=n>@n<td class=n>@n<td class=n>@n",
                   name, e->residual_rms ? e->residual_rms[k] : 0.0,
                   e->residual_mean ? e->residual_mean[k] : 0.0,
                   e->correlation ? e->correlation[k] : 0.0);
    }
    page_write(p, "</table></div>");
}

void section_values(page *p, const elman_errors *e, const elman_inspection *of)
{
    bool forecast = e->task == ELMAN_TASK_FORECAST;
    bool scatter = e->task == ELMAN_TASK_REGRESS;
    bool several = e->horizon > 1;

    if (e->shown && e->truth && e->answer) {
        page_write(p, "<h3>@r</h3><div class=@r>",
                   forecast ? "Forecasts and what came true"
                            : "Answers and what is true",
                   scatter ? "grid2" : "rows");
        write_shown(p, e, of, scatter);
        page_write(p, "</div>");
    }

    /* how far off, and how far ahead */
    page_write(p, "<h3>Residuals@r</h3>", several ? " by how far ahead" : "");
    if (several) {
        page_write(p, "<div@r>", e->target_count > 1 ? " class=grid2" : "");
        for (size_t k = 0; k < e->target_count && k < SHOWN_TARGETS; k++)
            write_residual(p, e, of, k);
        page_write(p, "</div>");
    } else write_residual_table(p, e, of);
    if (e->target_count > SHOWN_TARGETS)
        page_write(p, "<p>Pictures of the first @u of @u targets.</p>",
                   (size_t)SHOWN_TARGETS, e->target_count);
}
