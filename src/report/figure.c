/*
 * figure.c: lines as SVG, in a file of their own.
 */
#include "report/figure.h"

#include "report/chart.h"

elman_status figure_save(const elman_figure *figure, const char *path)
{
    enum { LONGEST_SIDE = 10000 };
    if (figure->width > LONGEST_SIDE || figure->height > LONGEST_SIDE)
        return failure(ELMAN_BAD_VALUE,
                       "a figure of %zu x %zu pixels: at most %d on a side",
                       figure->width, figure->height, LONGEST_SIDE);
    if (figure->count && !figure->lines)
        return failure(ELMAN_BAD_VALUE,
                       "figure has %zu lines, but lines is NULL",
                       figure->count);

    /* a chart by itself, as a page has them */
    page p;
    const chart c = {.kind = CHART_LINES,
                     .title = figure->title,
                     .x_label = figure->x_label,
                     .y_label = figure->y_label,
                     .count = figure->count,
                     .lines = figure->lines,
                     .log_x = figure->log_x,
                     .log_y = figure->log_y,
                     .alone = true,
                     .width = figure->width ? (double)figure->width : 640,
                     .height = figure->height ? (double)figure->height : 360};

    TRY(page_open(&p, path));
    chart_draw(&p, &c);
    page_write(&p, "\n");
    return page_end(&p);
}
