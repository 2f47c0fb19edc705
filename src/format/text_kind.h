/*
 * text_kind.h: what kind of data a text is, by its content.
 */
#ifndef FORMAT_TEXT_KIND_H
#define FORMAT_TEXT_KIND_H

#include "base/status.h"

typedef enum text_kind {
    TEXT_PROSE,   /* nothing of what follows */
    TEXT_ARFF,    /* @relation, @attribute */
    TEXT_TS,      /* @problemName and the like */
    TEXT_TSF,     /* @relation with @frequency, @horizon ... */
    TEXT_NUMBERS, /* numbers alone in every line, however many: series of the
                     archives with a label first, or a table without header */
    TEXT_TABLE,   /* rows of equal length with numbers, mostly below a header */
    TEXT_NPY,     /* no text at all, but an array */
    TEXT_NPZ      /* or a zip file, as of several arrays */
} text_kind;

/* Looks at the first lines of text (size bytes, a zero at [size]). In doubt it
 * is prose: a table without any number is one. */
text_kind text_detect(const char *text, size_t size);

/* "a table", for messages. */
const char *text_kind_name(text_kind kind);

#endif
