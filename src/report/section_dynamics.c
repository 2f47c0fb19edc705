/*
 * section_dynamics.c: eigenvalues, Lyapunov exponents, fixed points.
 */
#include "report/chart.h"
#include "report/section.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SHOWN_POINTS = 40, /* rows of the table */
    SHOWN_JACOBIANS = 6
};

/* ---- Spectrum ----------------------------------------------------------- */

static void write_matrices(page *p, const elman_spectrum *s)
{
    page_write(p, "<div class=card><table class=words><thead><tr><th>Matrix"
                  "<th class=n>size<th class=n>spectral radius"
                  "<th class=n>largest singular value<tbody>");
    for (size_t i = 0; i < s->count; i++) {
        const elman_spectrum_matrix *m = &s->matrices[i];
        page_write(p, "<tr><td>@t<td class=n>@u<td class=n>@n<td class=n>@n",
                   m->name, m->n, m->radius, m->norm);
    }
    page_write(p, "</table></div>");
}

static void write_circle(page *p, const elman_spectrum_matrix *m, bool small)
{
    const elman_line line = {m->name, m->n, m->real, m->imaginary};
    char note[64], radius[NUMBER_ROOM];
    number_label(m->radius, 3, radius);
    snprintf(note, sizeof note, "spectral radius %s", radius);
    chart_write(p, &(chart){.kind = CHART_POINTS,
                            .title = m->name,
                            .sentence = "Eigenvalues of a recurrent matrix in "
                                        "the complex plane, with the unit "
                                        "circle.",
                            .note = note,
                            .x_label = "real",
                            .y_label = "imaginary",
                            .count = 1,
                            .lines = &line,
                            .circle = true,
                            .width = small ? 240 : 0,
                            .height = small ? 240 : 400});
}

void section_spectrum(page *p, const elman_inspection *of)
{
    const elman_spectrum *s = of->spectrum;
    if (!s || (!s->count && !s->absent)) return;
    section_open(p, "spectrum", "Recurrent matrices");
    page_write(p, "<p>What each step multiplies the state by. An eigenvalue "
                  "outside the unit circle grows, one well inside forgets; "
                  "gates come on top.</p>");
    if (s->absent)
        page_write(p, "<p><b>There are no eigenvalues here:</b> @t.</p>",
                   s->absent);
    if (!s->count) {
        section_close(p);
        return;
    }

    page_write(p, "<div class=@r>", s->count > 1 ? "grid4" : "grid2");
    for (size_t i = 0; i < s->count; i++)
        if (s->matrices[i].real && s->matrices[i].imaginary)
            write_circle(p, &s->matrices[i], s->count > 1);
    page_write(p, "</div>");
    write_matrices(p, s);
    section_close(p);
}

/* ---- Exponents ---------------------------------------------------------- */

static void write_finite(page *p, const elman_exponents *e,
                         const elman_exponents_level *level)
{
    double *x = section_counting(p, level->windows, (double)e->window / 2,
                                 (double)e->window);
    double *y = page_take(p, level->windows, sizeof *y);
    char title[128];
    snprintf(title, sizeof title, "%.63s: the largest, over %zu steps each",
             level->name, e->window);
    for (size_t i = 0; i < level->windows && y; i++)
        y[i] = level->finite[i * level->count];

    /* above 0 states part there, below they meet */
    const elman_line line = {"largest", level->windows, x, y};
    if (x && y)
        chart_write(p, &(chart){.title = title,
                                .sentence = "The largest finite-time exponent "
                                            "along the sequence.",
                                .x_label = "step",
                                .y_label = "nats a step",
                                .count = 1,
                                .lines = &line,
                                .mark_count = 1,
                                .marks = {{0, true, NULL}}});
    free(x);
    free(y);
}

static void write_exponents(page *p, const elman_exponents *e)
{
    size_t most = 0, count = e->count < 7 ? e->count : 7;
    elman_line lines[7];
    for (size_t i = 0; i < count; i++)
        if (e->levels[i].count > most) most = e->levels[i].count;

    /* numbered from 1, the largest */
    double *x = section_counting(p, most, 1, 1);
    for (size_t i = 0; i < count; i++)
        lines[i] = (elman_line){e->levels[i].name, e->levels[i].count, x,
                                e->levels[i].values};
    if (x && most)
        chart_write(p,
                    &(chart){.title = "Exponents, the largest first",
                             .sentence = "Lyapunov exponents of each level "
                                         "in falling order.",
                             .x_label = "number",
                             .y_label = "nats a step",
                             .count = count,
                             .lines = lines,
                             .mark_count = 1,
                             .marks = {{0, true, "neither grows nor fades"}}});
    free(x);
}

void section_exponents(page *p, const elman_inspection *of)
{
    const elman_exponents *e = of->exponents;
    if (!e || !e->count) return;
    section_open(p, "exponents", "Lyapunov exponents");
    page_write(p,
               "<p>How fast two states that begin close together part along "
               "this trajectory of @u steps. The largest is @n nats a step: "
               "a factor of e to that power for each step.</p>",
               e->T, e->largest);

    /* pictures, and their ends in numbers */
    page_write(p, "<div class=grid2>");
    write_exponents(p, e);
    for (size_t i = 0; i < e->count; i++)
        if (e->levels[i].windows && e->levels[i].finite && e->levels[i].count)
            write_finite(p, e, &e->levels[i]);
    page_write(p, "</div><div class=card><table><thead><tr><th>Level<th>largest"
                  "<th>smallest measured<th>Kaplan–Yorke dimension<tbody>");
    for (size_t i = 0; i < e->count; i++) {
        const elman_exponents_level *level = &e->levels[i];
        page_write(p, "<tr><td>@t<td>@n<td>@n<td>@n", level->name,
                   level->count ? level->values[0] : NAN,
                   level->count ? level->values[level->count - 1] : NAN,
                   level->dimension);
    }
    page_write(p, "</table></div>");
    section_close(p);
}

/* ---- Fixed points ------------------------------------------------------- */

static void write_points(page *p, const elman_fixed_points *f)
{
    size_t shown = f->count < SHOWN_POINTS ? f->count : SHOWN_POINTS;
    page_write(p, "<div class=card><table><thead><tr><th>Point<th>kind"
                  "<th>starts<th>from the data<th>modulus<th>unstable"
                  "<tbody>");

    /* most starts first */
    for (size_t i = 0; i < shown; i++) {
        const elman_fixed_point *point = &f->points[i];
        page_write(p,
                   "<tr title=\"|F(h) - h| = @n\"><td>@u<td>@r<td>@u"
                   "<td>@n<td>@n<td>",
                   point->speed, i, point->stable ? "● stable" : "○ unstable",
                   point->starts, point->distance, point->radius);
        if (isnan(point->radius)) page_write(p, "–");
        else page_write(p, "@u", point->unstable);
    }
    if (shown < f->count)
        page_write(p, "<caption>The first @u of @u.</caption>", shown,
                   f->count);
    page_write(p, "</table></div>");
}

static void write_jacobians(page *p, const elman_fixed_points *f)
{
    elman_line lines[SHOWN_JACOBIANS];
    char names[SHOWN_JACOBIANS][NUMBER_ROOM];
    size_t count = 0;
    for (size_t i = 0; i < f->count && count < SHOWN_JACOBIANS; i++) {
        const elman_fixed_point *point = &f->points[i];
        if (!point->real || !point->imaginary) continue;
        snprintf(names[count], sizeof names[count], "point %zu", i);
        lines[count] =
            (elman_line){names[count], f->n, point->real, point->imaginary};
        count++;
    }

    /* all points in one plane */
    if (count)
        chart_write(p, &(chart){.kind = CHART_POINTS,
                                .title = "Eigenvalues of the Jacobian there",
                                .sentence = "Eigenvalues of the Jacobian at "
                                            "the fixed points, with the unit "
                                            "circle.",
                                .note = "Outside the circle: a direction in "
                                        "which the state leaves the point. The "
                                        "table has how many starts led to a "
                                        "point, its distance to the nearest "
                                        "state of the data, the largest "
                                        "modulus, and how many directions "
                                        "leave.",
                                .x_label = "real",
                                .y_label = "imaginary",
                                .count = count,
                                .lines = lines,
                                .circle = true,
                                .height = 400});
}

void section_fixed_points(page *p, const elman_inspection *of)
{
    const elman_fixed_points *f = of->fixed_points;
    if (!f) return;
    section_open(p, "fixed-points", "Fixed points");
    page_write(p,
               "<p>States that a constant input leaves where they are: what "
               "the network settles into when nothing happens. @u found "
               "from @u starts; @u starts led to none.</p>",
               f->count, f->starts, f->lost);
    if (f->absent) page_write(p, "<p>No eigenvalues: @t.</p>", f->absent);
    if (f->count) {
        page_write(p, "<div class=grid2>");
        write_jacobians(p, f);
        write_points(p, f);
        page_write(p, "</div>");
    }
    section_close(p);
}
