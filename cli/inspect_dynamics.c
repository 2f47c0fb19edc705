/*
 * inspect_dynamics.c: exponents, eigenvalues, fixed points, and what each step
 * adds to the gradients.
 */
#include "inspect_parts.h"
#include "plot.h"
#include "screen.h"

#include <math.h>

void exponents_show(const inspect_view *view)
{
    const elman_exponents *x = view->in->exponents;
    if (!x) return;
    title_show(ELMAN_SECTION_EXPONENTS);
    for (size_t n = 0; n < x->count; n++) {
        const elman_exponents_level *level = &x->levels[n];
        if (!level->count) continue;
        double low = level->values[level->count - 1], high = level->values[0];

        /* directions that are lost are below the plot */
        double floor = high;
        for (size_t k = 0; k < level->count; k++)
            if (isfinite(level->values[k])) floor = level->values[k];
        printf("%s  %s", level->name, paint(stdout, CYAN));
        spark_print(level->values, level->count, floor,
                    high > floor ? high : floor + 1, plot_room(60, 64));
        printf("%s  %s to %s a step; dimension %s\n", paint(stdout, PLAIN),
               significant(high, 4), significant(low, 4),
               significant(level->dimension, 3));
    }
}

void spectrum_show(const inspect_view *view)
{
    const elman_spectrum *s = view->in->spectrum;
    if (!s) return;
    title_show(ELMAN_SECTION_SPECTRUM);
    if (s->absent) printf("%s\n", printable(s->absent));
    for (size_t n = 0; n < s->count; n++) {
        const elman_spectrum_matrix *m = &s->matrices[n];
        printf("%28.40s  radius %-7s norm %-7s  ", m->name,
               significant(m->radius, 4), significant(m->norm, 4));

        /* moduli, the largest first */
        if (m->real) {
            double moduli[256];
            size_t count = m->n < 256 ? m->n : 256;
            for (size_t k = 0; k < count; k++)
                moduli[k] = hypot(m->real[k], m->imaginary[k]);
            fputs(paint(stdout, CYAN), stdout);
            spark_print(moduli, count, 0, fmax(m->radius, 1e-9),
                        plot_room(66, 32));
            fputs(paint(stdout, PLAIN), stdout);
        }
        putchar('\n');
    }
}

void points_show(const inspect_view *view)
{
    const elman_fixed_points *p = view->in->fixed_points;
    if (!p) return;
    title_show(ELMAN_SECTION_FIXED_POINTS);
    printf("%zu found from %zu starts; %zu led to none\n", p->count, p->starts,
           p->lost);
    if (p->absent) printf("%s\n", printable(p->absent));
    for (size_t n = 0; n < p->count && n < 10; n++) {
        const elman_fixed_point *one = &p->points[n];
        printf("%4zu  %zu starts, %s, speed %s, distance %s", n + 1,
               one->starts, one->stable ? "stable" : "not stable",
               significant(one->speed, 2), significant(one->distance, 3));
        if (isnan(one->radius)) putchar('\n');
        else
            printf(", largest eigenvalue %s, %zu over 1\n",
                   significant(one->radius, 4), one->unstable);
    }
    if (p->count > 10) printf("      %zu more\n", p->count - 10);
}

void contributions_show(const inspect_view *view)
{
    const elman_contributions *c = view->in->contributions;
    if (!c) return;
    title_show(ELMAN_SECTION_CONTRIBUTIONS);
    for (size_t n = 0; n < c->count; n++) {
        const elman_contribution *one = &c->parameters[n];
        double most = 0;
        for (size_t t = 0; t < c->T; t++)
            most = fmax(most, one->norms[t]);
        printf("%28.28s  norm %-8s  %s", one->name, significant(one->norm, 3),
               paint(stdout, CYAN));
        spark_print(one->norms, c->T, 0, most > 0 ? most : 1,
                    plot_room(46, 50));
        printf("%s\n", paint(stdout, PLAIN));
    }
}
