/*
 * chart_axes.c: what is around the data of a chart.
 */
#include "report/chart_parts.h"

#include <math.h>

#include "base/real.h"

/* ---- Axes --------------------------------------------------------------- */

static void draw_x_ticks(const drawing *d)
{
    char text[NUMBER_ROOM];
    double last = -1e9;
    for (size_t i = 0; i < d->x.tick_count; i++) {
        double at = axis_place(&d->x, d->x.ticks[i]);
        axis_tick_text(&d->x, i, text);
        double half = (double)LETTER * (double)text_columns(text) / 2;
        if (at - half < last + 6) continue;
        double limit = d->direct ? d->x.to + 4 : d->width - 2;
        bool outside = at + half > limit;
        last = at + half;
        page_write(d->p,
                   "<path class=\"tick\" d=\"M@x @xv4\"/>"
                   "<text x=\"@x\" y=\"@x\" text-anchor=\"@r\">@t</text>",
                   at, d->y.from, outside ? limit : at, d->y.from + 18,
                   outside ? "end" : "middle", text);
    }
}

/* Names of bars instead of numbers. */
static void draw_categories(const drawing *d)
{
    size_t count = d->c->lines[0].count;
    for (size_t i = 0; i < count; i++)
        page_write(d->p,
                   "<text x=\"@x\" y=\"@x\" text-anchor=\"middle\">@t</text>",
                   axis_place(&d->x, d->c->lines[0].x[i]), d->y.from + 18,
                   d->c->categories[i]);
}

void chart_draw_axes(const drawing *d)
{
    char text[NUMBER_ROOM];
    for (size_t i = 0; i < d->y.tick_count && !d->c->small; i++) {
        double at = axis_place(&d->y, d->y.ticks[i]);
        axis_tick_text(&d->y, i, text);
        page_write(d->p,
                   "<path class=\"grid\" d=\"M@x @xH@x\"/>"
                   "<text x=\"@x\" y=\"@x\" text-anchor=\"end\">@t</text>",
                   d->x.from, at, d->x.to, d->x.from - 7, at + 4.5, text);
    }

    page_write(d->p, "<path class=\"axis\" d=\"M@x @xH@x\"/>", d->x.from,
               d->y.from, d->x.to);
    if (d->c->categories && d->c->count) draw_categories(d);
    else draw_x_ticks(d);

    /* what the axes are about */
    if (d->c->x_label)
        page_write(
            d->p,
            "<text class=\"label\" x=\"@x\" y=\"@x\" text-anchor=\"end\">@t"
            "</text>",
            d->x.to, d->height - 5, d->c->x_label);
    if (d->c->y_label)
        page_write(d->p, "<text class=\"label\" x=\"4\" y=\"@x\">@t</text>",
                   d->y.to - 13, d->c->y_label);
}

void chart_draw_circle(const drawing *d)
{
    double x = axis_place(&d->x, 0), y = axis_place(&d->y, 0);
    page_write(d->p,
               "<path class=\"grid\" d=\"M@x @xH@xM@x @xV@x\"/>"
               "<circle class=\"circle\" cx=\"@x\" cy=\"@x\" r=\"@x\"/>",
               d->x.from, y, d->x.to, x, d->y.from, d->y.to, x, y,
               axis_place(&d->x, 1) - x);
}

/* How far a word at height at, at the left or right end of the plot, is from
 * the lines there. */
static double clearance(const drawing *d, double at, bool left)
{
    double nearest = 1e9;
    for (size_t i = 0; i < d->c->count; i++) {
        const elman_line *line = &d->c->lines[i];
        for (size_t k = 0; k < line->count; k++) {
            double x = axis_place(&d->x, line->x[k]);
            double y = axis_place(&d->y, line->y[k]);
            double part = (x - d->x.from) / (d->x.to - d->x.from);
            if (isnan(x) || isnan(y)) continue;
            if (left ? part < 0.3 : part > 0.7)
                nearest = real_min(nearest, fabs(y - at));
        }
    }
    return nearest;
}

/* A line across, and its word above or below it where there is most room. */
static void draw_across(const drawing *d, double at, const char *word)
{
    double best = -1, height = 0;
    bool left = false;
    for (unsigned k = 0; k < 4 && word; k++) {
        double middle = k & 1 ? at + 9 : at - 9;
        double room = clearance(d, middle, k >= 2);
        bool inside = middle < d->y.from - 6 && middle > d->y.to + 6;
        if (room <= best || (!inside && k & 1)) continue;
        best = room;
        height = middle;
        left = k >= 2;
    }

    /* the line, and the word where it was found to fit */
    page_write(d->p, "<path class=\"mark\" d=\"M@x @xH@x\"/>", d->x.from, at,
               d->x.to);
    if (word)
        page_write(d->p, "<text class=\"word\" x=\"@x\" y=\"@x\"@r>@t</text>",
                   left ? d->x.from + 4 : d->x.to - 4, height + 4.5,
                   left ? "" : " text-anchor=\"end\"", word);
}

void chart_draw_marks(const drawing *d)
{
    const chart *c = d->c;
    if (c->diagonal)
        page_write(d->p, "<path class=\"mark\" d=\"M@x @xL@x @x\"/>", d->x.from,
                   axis_place(&d->y, d->x.low), d->x.to,
                   axis_place(&d->y, d->x.high));

    for (size_t i = 0; i < c->mark_count; i++) {
        /* each with its word where fewest lines are */
        const chart_mark *m = &c->marks[i];
        double at = axis_place(m->horizontal ? &d->y : &d->x, m->at);
        if (isnan(at)) continue;
        if (m->horizontal) draw_across(d, at, m->text);
        else {
            bool left = at > (d->x.from + d->x.to) / 2;
            page_write(d->p,
                       "<path class=\"mark\" d=\"M@x @xV@x\"/>"
                       "<text class=\"word\" x=\"@x\" y=\"@x\"@r>@t</text>",
                       at, d->y.from, d->y.to, at + (left ? -5 : 5),
                       d->y.to + 10 + 15 * (double)i,
                       left ? " text-anchor=\"end\"" : "", m->text);
        }
    }
}
