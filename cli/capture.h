/*
 * capture.h: what the program says while something runs, kept instead of shown:
 * standard output and standard error, each as a text.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CAPTURE_OUT, CAPTURE_ERROR, CAPTURE_STREAMS };

typedef struct kept_text {
    char *text; /* malloc'ed, with a zero behind it */
    size_t bytes;
} kept_text;

typedef struct capture {
    FILE *files[CAPTURE_STREAMS]; /* without a name */
    int saved[CAPTURE_STREAMS];   /* where the streams really go */
} capture;

/* From begin to end both streams are kept. Each returns false with the reason
 * in errno, and leaves the streams as they were. */
bool capture_begin(capture *c);
bool capture_end(capture *c, kept_text said[CAPTURE_STREAMS]);

void capture_free(kept_text said[CAPTURE_STREAMS]);

#endif
