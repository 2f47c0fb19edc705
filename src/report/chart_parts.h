/* chart_parts.h: what the sources of chart.h share. */
#ifndef REPORT_CHART_PARTS_H
#define REPORT_CHART_PARTS_H

#include "report/axis.h"
#include "report/chart.h"

enum {
    LETTER = 8, /* units that a letter takes, generously */
    ROW = 17,   /* and a line of text */
    LONGEST_NAME = 22,
    DIRECT_NAMES = 7 /* lines with their names at their ends, at most */
};

typedef struct drawing {
    page *p;
    const chart *c;
    double width, height;
    axis x, y;
    bool direct;  /* names at the ends of lines */
    double names; /* height of the rows of names above */
} drawing;

/* chart_axes.c: axes with their ticks and labels; what lies behind the data;
 * the unit circle, in front of it. */
void chart_draw_axes(const drawing *d);
void chart_draw_marks(const drawing *d);
void chart_draw_circle(const drawing *d);

/* chart_data.c: line i of the chart, as its kind is drawn; the names of all. */
void chart_draw_data(const drawing *d, size_t i);
void chart_draw_names(const drawing *d);

/* The width that bars of a line have. */
double chart_bar_width(const elman_line *line);

#endif
