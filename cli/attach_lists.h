/*
 * attach_lists.h: what stands on the lines of a file: tokens, labels, or the
 * mean and the scale of a column.
 */
#ifndef ATTACH_LISTS_H
#define ATTACH_LISTS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct text_list {
    size_t count;
    char **texts; /* (count) */
} text_list;

typedef struct scale_list {
    size_t count;
    double *mean, *scale; /* (count) */
    bool named;           /* every line has a name: */
    text_list names;
} scale_list;

/* The lines of a file. escapes: \n, \t, \r, \s for a blank and \\ stand for
 * what a line cannot hold. Return 0 or an exit code after an error line; the
 * lists are freed either way by those below. */
int text_list_read(const char *path, bool escapes, text_list *list);

/* All 256 bytes in their order. */
int bytes_list(text_list *list);

/* Lines NAME,MEAN,SCALE or MEAN,SCALE, with commas, tabs or blanks; the first
 * may be a heading. Without a path 0 and 1 of count columns. */
int scale_list_read(const char *path, size_t count, scale_list *list);

void text_list_free(text_list *list);
void scale_list_free(scale_list *list);

/* True if all tokens are single characters, but for those in brackets, which
 * stand for something else. */
bool is_all_characters(const text_list *list);

/* True if a word has the blank before it. */
bool has_blanks(const text_list *list);

#endif
