/*
 * line_source.h: a text whose lines are read, in memory or, some whole lines at
 * a time, from its file.
 */
#ifndef DATA_LINE_SOURCE_H
#define DATA_LINE_SOURCE_H

#include "data/line.h"

#include "format/file.h"

/* All zero: none. */
typedef struct line_source {
    char *memory;    /* zero-terminated; NULL: in a file */
    line_file *file; /* from there */
} line_source;

/* The text from begin on of a file, which must be there as long as it is. */
elman_status line_source_open(const file_reader *reader, size_t begin,
                              line_source *text);
void line_source_close(line_source *text);

/* The first line; of a file no other line can be read on from then on. */
line line_first(const line_source *text);

/* Where a position is in the text. */
size_t line_place(const line_source *text, const line *l);

/* Goes through the text: whether a character is in it. */
bool line_source_holds(const line_source *text, char character);

/* From now on a comma between digits is a point. */
void line_source_point(const line_source *text);

/* The lines from a place in the text to another, behind the end of a line, as a
 * text of their own in bytes, which has room for one more; or, of a text in
 * memory, where they are. */
elman_status line_source_read(const line_source *text, size_t from, size_t to,
                              char *bytes, const char **at);

/* What went wrong since it was opened: then the text ended too soon. */
elman_status line_source_status(const line_source *text);

#endif
