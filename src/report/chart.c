/*
 * chart.c: lines, bars and points as SVG.
 *
 * A picture is 480 x 270 units. Lines have their names at their right ends,
 * moved apart where they would overlap; where that cannot be, or without lines,
 * names stand in rows above.
 */
#include "report/asset.h"
#include "report/chart_parts.h"
#include <math.h>

#include "base/real.h"

/* ---- Where things are --------------------------------------------------- */

static size_t longest_name(const chart *c)
{
    size_t longest = 0;
    for (size_t i = 0; i < c->count; i++) {
        size_t width = text_columns(c->lines[i].name);
        if (width > longest) longest = width;
    }
    return longest < LONGEST_NAME ? longest : LONGEST_NAME;
}

static void see_lines(drawing *d)
{
    const chart *c = d->c;
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->lines[i].count; k++) {
            double x = c->lines[i].x[k], y = c->lines[i].y[k];
            if (isnan(y) && c->kind == CHART_LINES) continue;
            axis_see(&d->x, x);
            axis_see(&d->y, y);
            if (c->kind != CHART_STEPS_OF_BARS) continue;
            axis_see(&d->x, x - chart_bar_width(&c->lines[i]) / 2);
            axis_see(&d->x, x + chart_bar_width(&c->lines[i]) / 2);
        }
}

static void see_values(drawing *d)
{
    const chart *c = d->c;
    d->x = (axis){.log = c->log_x, .low = INFINITY, .high = -INFINITY};
    d->y = (axis){.log = c->log_y, .low = INFINITY, .high = -INFINITY};

    see_lines(d);
    if (c->from_zero || c->kind == CHART_STEPS_OF_BARS) axis_see(&d->y, 0);
    if (c->y_low != 0 || c->y_high != 0) {
        axis_see(&d->y, c->y_low);
        axis_see(&d->y, c->y_high);
    }
    if (c->x_low != 0 || c->x_high != 0) {
        axis_see(&d->x, c->x_low);
        axis_see(&d->x, c->x_high);
    }
    for (size_t i = 0; i < c->mark_count; i++)
        axis_see(c->marks[i].horizontal ? &d->y : &d->x, c->marks[i].at);
}

/* The circle in the middle, and a unit as long in both directions. */
static void settle_circle(drawing *d)
{
    double reach = 1.1;
    const double ends[] = {-d->x.low, d->x.high, -d->y.low, d->y.high};
    for (size_t i = 0; i < 4; i++)
        if (isfinite(ends[i]) && ends[i] * 1.05 > reach) reach = ends[i] * 1.05;

    d->x.low = d->y.low = -reach;
    d->x.high = d->y.high = reach;
    axis_settle(&d->x, 4, false);
    axis_settle(&d->y, 4, false);
}

static double left_margin(const drawing *d)
{
    size_t widest = 1;
    char text[NUMBER_ROOM];
    if (d->c->small) return 12;
    for (size_t i = 0; i < d->y.tick_count; i++) {
        axis_tick_text(&d->y, i, text);
        if (text_columns(text) > widest) widest = text_columns(text);
    }
    return 14 + (double)LETTER * (double)widest;
}

static void plan(drawing *d)
{
    const chart *c = d->c;
    d->width = c->width > 0 ? c->width : 480;
    d->height = c->height > 0 ? c->height : 270;
    d->direct =
        c->kind == CHART_LINES && c->count > 1 && c->count <= DIRECT_NAMES;
    d->names = c->count > 1 && !d->direct ? ROW : 0;

    see_values(d);
    if (c->circle) settle_circle(d);
    else {
        axis_settle(&d->x, c->small ? 3 : (size_t)(d->width / 90), false);
        axis_settle(&d->y, d->height > 200 ? 5 : 3, true);
    }

    /* names above take as many rows as they need */
    double used = 0;
    for (size_t i = 0; i < c->count && d->names > 0; i++) {
        double wide =
            36 + (double)LETTER * (double)text_columns(c->lines[i].name);
        if (used > 0 && used + wide > d->width - 20) {
            d->names += (double)ROW;
            used = 0;
        }
        used += wide;
    }

    double title = c->alone && c->title ? 30 : 0;
    double right =
        d->direct ? 18 + (double)LETTER * (double)longest_name(c) : 18;
    d->x.from = left_margin(d);
    d->x.to = d->width - right;
    d->y.from = d->height - (c->x_label ? 42 : 26);
    d->y.to = title + d->names + (c->y_label ? 28 : 12);
    if (c->circle) {
        double side = real_min(d->x.to - d->x.from, d->y.from - d->y.to);
        d->x.from += (d->x.to - d->x.from - side) / 2;
        d->x.to = d->x.from + side;
        d->y.to = d->y.from - side;
    }
}

/* ---- The picture -------------------------------------------------------- */

static const char *sentence_of(const chart *c)
{
    return c->sentence ? c->sentence : c->title ? c->title : "A chart.";
}

/* What page.js needs to find the values under the pointer. */
static void write_scales(const drawing *d)
{
    const axis *axes[2] = {&d->x, &d->y};
    page_write(d->p, " data-axes=\"");
    for (size_t i = 0; i < 2; i++) {
        char low[NUMBER_ROOM], high[NUMBER_ROOM];
        number_label(axes[i]->low, 12, low);
        number_label(axes[i]->high, 12, high);
        page_write(d->p, "@r@r @r @x @x @u", i ? " " : "", low, high,
                   axes[i]->from, axes[i]->to, (size_t)axes[i]->log);
    }
    page_write(d->p, "\"");
}

void chart_draw(page *p, const chart *c)
{
    drawing d = {.p = p, .c = c};
    plan(&d);

    page_write(p, "<svg viewBox=\"0 0 @x @x\" role=\"img\" aria-label=\"@t\"@r",
               d.width, d.height, sentence_of(c),
               c->alone ? " xmlns=\"http://www.w3.org/2000/svg\""
                        : " tabindex=\"0\"");
    if (c->alone) {
        page_write(p, " width=\"@x\" height=\"@x\"><style>@r</style>", d.width,
                   d.height, asset_figure_css);
        page_write(p, "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>");
    } else {
        write_scales(&d);
        page_write(p, ">");
    }

    if (c->alone && c->title)
        page_write(p, "<text class=\"title\" x=\"@x\" y=\"22\">@t</text>", 14.0,
                   c->title);

    /* what lies behind the data, the data, and what is in front */
    chart_draw_axes(&d);
    chart_draw_marks(&d);
    for (size_t i = 0; i < c->count; i++)
        chart_draw_data(&d, i);
    if (c->circle) chart_draw_circle(&d);
    chart_draw_names(&d);
    page_write(p, "</svg>");
}
