/*
 * live.h: the lines of a pipe that are kept to read them as a small file.
 */
#ifndef LIVE_H
#define LIVE_H

#include "predict.h"

typedef struct kept_line {
    char *text;
    uint64_t number; /* in standard input, from 1 */
    uint64_t place;  /* among the lines that are not blank */
} kept_line;

typedef struct live {
    predictor *run;
    line_source *source;
    kept_line *lines; /* (count) those of the small file */
    size_t count, room;
    size_t head;     /* how many of them are no rows */
    bool begun;      /* a row was read, so head is settled */
    uint64_t places; /* lines that were kept so far */

    /* tables */
    size_t fresh;    /* the last lines, which are not answered */
    size_t reach;    /* rows before a window that its values are made from */
    uint64_t rows;   /* given to the model one by one, since it was reset */
    uint64_t newest; /* the place of the last of them */
} live;

/* Drops rows from the oldest on, so that at most `most` are left. */
void drop_rows(live *l, size_t most);

/* Reads the kept lines as a file. False, and the library's message, if it
 * refuses them. */
bool open_lines(live *l, elman_dataset **dataset);

/* The error line of the last refusal: the lines that the library counts are
 * those of the small file. */
int live_failed(const live *l);

/* predict_rows.c: answers the fresh rows of a table. */
int answer_table(live *l);

/* What is left at the end: rows of a chunk, or a table that has none. */
int end_table(live *l);

/* True if all rows of a chunk have to be there before any is answered. */
bool looks_ahead(const live *l);

#endif
