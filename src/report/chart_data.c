/*
 * chart_data.c: lines, bars and points of a chart, and their names.
 */
#include "report/chart_parts.h"

#include <math.h>

#include "base/real.h"

/* Each line of points has its own shape, so that colour is not needed. */
static const char *const shapes[] = {
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0", "m0-3.6l3.6 6.4h-7.2z",
    "m-2.7-2.7h5.4v5.4h-5.4z", "m0-3.8l3.8 3.8l-3.8 3.8l-3.8-3.8z"};

double chart_bar_width(const elman_line *line)
{
    return line->count > 1 ? line->x[1] - line->x[0] : 1;
}

/* ---- Data --------------------------------------------------------------- */

static bool has_place(const drawing *d, const elman_line *line, size_t k)
{
    return k < line->count && !isnan(axis_place(&d->x, line->x[k])) &&
           !isnan(axis_place(&d->y, line->y[k]));
}

/* Points without a neighbour, of which a line would show nothing. */
static void draw_single(const drawing *d, size_t i)
{
    const elman_line *line = &d->c->lines[i];
    for (size_t k = 0; k < line->count; k++)
        if (has_place(d, line, k) && !has_place(d, line, k - 1) &&
            !has_place(d, line, k + 1))
            page_write(d->p,
                       "<circle class=\"only s@u\" cx=\"@x\" cy=\"@x\" "
                       "r=\"3\"/>",
                       i % CHART_COLOURS, axis_place(&d->x, line->x[k]),
                       axis_place(&d->y, line->y[k]));
}

/* Of many points the lowest and the highest of each run are enough: nobody can
 * tell them from all. */
static void draw_line(const drawing *d, size_t i)
{
    const elman_line *line = &d->c->lines[i];
    size_t run = line->count / (size_t)(2 * d->width) + 1;
    bool pen = false;

    page_write(d->p, "<path class=\"line s@u\" d=\"", i % CHART_COLOURS);
    for (size_t k = 0; k < line->count; k += run) {
        size_t end = k + run < line->count ? k + run : line->count;
        size_t low = k, high = k;
        for (size_t n = k; n < end; n++) {
            if (line->y[n] < line->y[low] || isnan(line->y[low])) low = n;
            if (line->y[n] > line->y[high] || isnan(line->y[high])) high = n;
        }

        /* in the order in which they come */
        size_t pair[2] = {low < high ? low : high, low < high ? high : low};
        for (size_t n = 0; n < (low == high ? 1u : 2u); n++) {
            double x = axis_place(&d->x, line->x[pair[n]]);
            double y = axis_place(&d->y, line->y[pair[n]]);
            if (isnan(x) || isnan(y)) pen = false;
            else {
                page_write(d->p, "@r@x @x", pen ? "L" : "M", x, y);
                pen = true;
            }
        }
    }
    page_write(d->p, "\"/>");

    if (run == 1) draw_single(d, i);
}

static void draw_bars(const drawing *d, size_t i)
{
    const elman_line *line = &d->c->lines[i];
    double zero = axis_place(&d->y, 0);
    double half = chart_bar_width(line) / 2;

    for (size_t k = 0; k < line->count; k++) {
        double left = axis_place(&d->x, line->x[k] - half);
        double right = axis_place(&d->x, line->x[k] + half);
        double top = axis_place(&d->y, line->y[k]);
        size_t tone = d->c->two_tones ? line->y[k] > 0 : i % CHART_COLOURS;
        double gap = right - left > 6 ? 2 : right - left > 3 ? 0.6 : 0;
        if (isnan(left) || isnan(right) || isnan(top) || top == zero) continue;
        page_write(d->p,
                   "<rect class=\"bar s@u\" x=\"@x\" y=\"@x\" width=\"@x\" "
                   "height=\"@x\"/>",
                   tone, left + gap / 2, real_min(top, zero),
                   right - left - gap, real_max(fabs(top - zero), 0.5));
    }
}

static void draw_points(const drawing *d, size_t i)
{
    const elman_line *line = &d->c->lines[i];

    page_write(d->p, "<path class=\"dot s@u@r\" d=\"", i % CHART_COLOURS,
               line->count > 200 ? " many" : "");
    for (size_t k = 0; k < line->count; k++) {
        double x = axis_place(&d->x, line->x[k]);
        double y = axis_place(&d->y, line->y[k]);
        if (!isnan(x) && !isnan(y))
            page_write(d->p, "M@x @x@r", x, y, shapes[i % 4]);
    }
    page_write(d->p, "\"/>");
}

static void (*const draw_data[])(const drawing *d,
                                 size_t i) = {[CHART_LINES] = draw_line,
                                              [CHART_STEPS_OF_BARS] = draw_bars,
                                              [CHART_POINTS] = draw_points};

void chart_draw_data(const drawing *d, size_t i)
{
    draw_data[d->c->kind](d, i);
}

/* ---- Names -------------------------------------------------------------- */

/* A name, cut where it would be too long. */
static void write_name(page *p, const char *name)
{
    size_t width = 0, bytes = 0;
    while (name && name[bytes]) {
        width += ((unsigned char)name[bytes] & 0xC0) != 0x80;
        if (width > LONGEST_NAME) break;
        bytes++;
    }
    if (!name) return;
    page_text(p, name, bytes);
    if (name[bytes]) page_write(p, "…");
}

static void draw_names_above(const drawing *d)
{
    double x = d->x.from, y = (d->c->alone && d->c->title ? 30 : 0) + 8;
    for (size_t i = 0; i < d->c->count; i++) {
        double wide =
            36 + (double)LETTER * (double)text_columns(d->c->lines[i].name);
        if (x > d->x.from && x + wide > d->width - 10) {
            x = d->x.from;
            y += (double)ROW;
        }
        bool points = d->c->kind == CHART_POINTS;
        page_write(d->p, "<path class=\"@r s@u\" d=\"M@x @x@r\"/>",
                   points ? "dot" : "line", i % CHART_COLOURS,
                   points ? x + 9 : x, y, points ? shapes[i % 4] : "h20");
        page_write(d->p, "<text x=\"@x\" y=\"@x\">", x + 24, y + 4.5);
        write_name(d->p, d->c->lines[i].name);
        page_write(d->p, "</text>");
        x += wide;
    }
}

/* Where the line ends, or the middle of the plot for one that is nowhere. */
static double end_of(const drawing *d, size_t i)
{
    const elman_line *line = &d->c->lines[i];
    for (size_t k = line->count; k-- > 0;) {
        double y = axis_place(&d->y, line->y[k]);
        if (!isnan(y)) return y;
    }
    return (d->y.from + d->y.to) / 2;
}

/* Names at the ends of their lines: in order of height, each at least a row
 * below the one above, and all of them moved up if the last hangs out. */
static void draw_names_beside(const drawing *d)
{
    size_t order[DIRECT_NAMES], count = d->c->count;
    double at[DIRECT_NAMES];

    for (size_t i = 0; i < count; i++) {
        size_t k = i;
        double end = end_of(d, i);
        for (; k > 0 && at[k - 1] > end; k--) {
            at[k] = at[k - 1];
            order[k] = order[k - 1];
        }
        at[k] = end;
        order[k] = i;
    }

    /* down until none overlaps, then up until none hangs out */
    for (size_t k = 1; k < count; k++)
        at[k] = real_max(at[k], at[k - 1] + (double)ROW);
    double limit = d->y.from - 4;
    for (size_t k = count; k-- > 0;) {
        at[k] = real_min(at[k], limit);
        limit -= (double)ROW;
    }

    for (size_t k = 0; k < count; k++) {
        page_write(d->p, "<text class=\"name s@u\" x=\"@x\" y=\"@x\">",
                   order[k] % CHART_COLOURS, d->x.to + 8, at[k] + 4.5);
        write_name(d->p, d->c->lines[order[k]].name);
        page_write(d->p, "</text>");
    }
}

void chart_draw_names(const drawing *d)
{
    if (d->names > 0) draw_names_above(d);
    if (d->direct) draw_names_beside(d);
}
