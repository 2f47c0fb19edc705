/*
 * page.h: text that becomes HTML or SVG, on its way to a file.
 *
 * Nothing that comes from outside is written but through page_text and its
 * kin, which make it harmless: marks of HTML are escaped, what is no UTF-8 is
 * U+FFFD, control characters are their pictures. Numbers look the same under
 * every locale. A failure is kept, later calls do nothing, and page_end tells.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/status.h"
#include "format/file.h"

enum { NUMBER_ROOM = 40 }; /* bytes of a number as text */

typedef struct page {
    file_writer *file;
    elman_status status; /* of the first failure */
} page;

elman_status page_open(page *p, const char *path);

/* Replaces the file if all went well; in any case the page is over. */
elman_status page_end(page *p);

/* Writes text with values in the place of
 *     @t  a text (const char *, NULL is none), escaped
 *     @r  a text as it is: only what this room wrote itself
 *     @u  a whole number (size_t)
 *     @g  the same with a comma between thousands
 *     @n  a number (double) of four digits
 *     @p  a share (double), in percent
 *     @x  a coordinate (double), to a tenth
 * and all else as it is. */
void page_write(page *p, const char *format, ...);

/* Writes bytes of text, escaped. */
void page_text(page *p, const char *text, size_t bytes);

/* Writes bytes as base64. */
void page_base64(page *p, const void *bytes, size_t count);

/* A number of so many significant digits; whole ones under 1e7 in full. NaN is
 * a dash. */
void number_label(double value, int digits, char text[NUMBER_ROOM]);

/* Memory of count elements for a section; NULL is a failure of the page. The
 * caller frees it. */
void *page_take(page *p, size_t count, size_t bytes);

/* How many characters a text shows. */
size_t text_columns(const char *text);

#endif
