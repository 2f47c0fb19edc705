/*
 * chart.h: lines, bars and points as SVG. One writer for the page and for
 * figures by themselves.
 *
 * Colours and fonts are classes (figure.css), so that a page can be dark. The
 * numbers behind a picture stand in the table that follows it in the page,
 * where page.js reads them.
 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "report/page.h"

typedef enum chart_kind {
    CHART_LINES,
    CHART_STEPS_OF_BARS, /* bars beside each other, as in a histogram */
    CHART_POINTS
} chart_kind;

/* A line across the plot, with a word. */
typedef struct chart_mark {
    double at;
    bool horizontal;
    const char *text; /* or NULL */
} chart_mark;

enum { CHART_COLOURS = 8, CHART_MARKS = 4 };

typedef struct chart {
    chart_kind kind;
    const char *title;    /* above the picture, or NULL */
    const char *sentence; /* what it shows, for who cannot see it; NULL: the
                             title */
    const char *note;     /* in small letters under it, or NULL */
    const char *x_label, *y_label;
    size_t count;
    const elman_line *lines;       /* (count) */
    const char *const *categories; /* names of bars, at x = 0, 1 ...; or NULL */
    bool log_x, log_y;
    bool from_zero;       /* y begins at 0 */
    double y_low, y_high; /* that y spans at least, unless both are 0 */
    double x_low, x_high;
    bool circle;    /* the unit circle, and the same scale on both axes */
    bool diagonal;  /* x = y */
    bool two_tones; /* bars above and below 0 have colours of their own */
    bool small;     /* without an axis on the left */
    bool wide;      /* across the page */
    bool alone;     /* a file of its own, with its title and no table */
    size_t mark_count;
    chart_mark marks[CHART_MARKS];
    double width, height; /* of the drawing; 0: 480 and 270 */
} chart;

/* Writes the picture. */
void chart_draw(page *p, const chart *c);

/* Writes a figure of a page: caption, picture, and the numbers as a table, at
 * most CHART_ROWS of them. */
enum { CHART_ROWS = 1000 };
void chart_write(page *p, const chart *c);

#endif
