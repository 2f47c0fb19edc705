/*
 * map.h: heat maps: one image each, however many cells.
 *
 * The page holds the cells as base64 (map_cells.c), page.js paints them on one
 * canvas and reads the value under the pointer out of them. A row can be
 * chosen; its curve is drawn beside the map.
 */
#ifndef REPORT_MAP_H
#define REPORT_MAP_H

#include "report/page.h"

/* One set of cells; a map with several lets the reader choose. */
typedef struct map_layer {
    const char *name;
    const float *values; /* [row * row_stride + column * column_stride] */
} map_layer;

enum { MAP_LAYERS = 64 };

typedef struct map {
    const char *title, *sentence, *note;
    size_t rows, columns, row_stride, column_stride;
    bool triangle;  /* a cell is there if its column is at most its row */
    bool is_signed; /* blue, white and red around 0; else powers of ten */
    bool square;    /* as high as wide; else a band */
    const char *row_word, *column_word, *value_word; /* "state of step" */
    const char *row_label, *column_label;            /* of the axes */
    const char *const *row_names;    /* (rows), or NULL: numbers from 0 */
    const char *const *column_names; /* (columns), the same */
    size_t start;                    /* the row that is chosen first */
    const char *text; /* id of the text whose tokens the row colours, or NULL */
    size_t count;
    map_layer layers[MAP_LAYERS];
} map;

/* Writes the figure. Cells beyond a million of one layer, or four of all, are
 * taken together, the largest of each block, which the figure then says. */
void map_write(page *p, const map *m);

/* How the cells of a map are written. */
typedef struct map_scale {
    size_t pool;          /* steps of a block, in both directions */
    size_t rows, columns; /* of blocks */
    bool wide;            /* a float32 for each cell, else 16 bits */
    double low, high;     /* log2 of the smallest and largest value that is
                             shown; is_signed: -m and m */
} map_scale;

map_scale map_measure(const map *m);

/* The value of a block: of those in it, the one farthest from 0. */
float map_block(const map *m, const map_scale *scale, size_t layer, size_t row,
                size_t column);

/* Writes the cells of one layer: 4 bytes each, or two. 16 bits are 65535 for
 * NaN; logarithmic: 0 for 0, 65534 for infinity, else 1 to 65533 from low to
 * high; signed: 0 to 65534 from low to high. */
void map_write_cells(page *p, const map *m, const map_scale *scale,
                     size_t layer);

#endif
