/*
 * utf8.h: text as code points, and whether a file is text at all.
 */
#ifndef FORMAT_UTF8_H
#define FORMAT_UTF8_H

#include "base/status.h"

enum { UTF8_MAX_BYTES = 4 }; /* bytes of a code point */

/* The code point that text (bytes > 0) begins with; its length in bytes, or 0
 * if it is not UTF-8 (RFC 3629: overlong forms and surrogates are not). */
size_t utf8_read(const char *text, size_t bytes, uint32_t *point);

/* Writes a code point; its length in bytes. */
size_t utf8_write(uint32_t point, char text[UTF8_MAX_BYTES]);

/* How many bytes of text are ASCII before the first that is not. */
size_t utf8_ascii(const char *text, size_t bytes);

/* How many bytes of text are UTF-8 before the first that is not. */
size_t utf8_valid(const char *text, size_t bytes);

/* Checks that a file's content is text to be read by lines: not empty, UTF-8,
 * no zero byte; else ELMAN_BAD_FORMAT with the line. start is where the text
 * begins: after the byte order mark, if there is one. */
elman_status utf8_check(const char *text, size_t bytes, size_t *start);

#endif
