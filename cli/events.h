/*
 * events.h: an event file of TensorBoard. Each record is u64 length, masked
 * crc32c of that, the bytes, masked crc32c of them; the bytes are a protobuf
 * message Event of a step, whose summary has one value: a number, a histogram,
 * an image, a text, or what the hparams plugin reads.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct events {
    FILE *file;
    int reason;  /* errno of what */
    bool failed; /* could not be written; all later calls do
                    nothing */
} events;

/* Counts of values in parts of a range, of least to most. */
typedef struct event_histogram {
    double least, most, sum, sum_squares;
    size_t count;
    const double *limits; /* (count) the upper end of each part */
    const double *counts; /* (count) */
} event_histogram;

/* A name and a value of a run; a value that is a number is written as one. */
typedef struct event_parameter {
    const char *name, *value;
} event_parameter;

/* Makes a new file in folder, which is made too if it is not there. Returns 0
 * or an exit code after an error line. */
int events_open(const char *folder, events *to);

/* False if anything was lost. */
bool events_close(events *to);

/* One value of a step each; tag may have slashes, which group. */
void events_number(events *to, uint64_t step, const char *tag, double value);
void events_histogram(events *to, uint64_t step, const char *tag,
                      const event_histogram *histogram);
void events_image(events *to, uint64_t step, const char *tag, size_t width,
                  size_t height, const void *png, size_t bytes);
void events_text(events *to, uint64_t step, const char *tag, const char *text);

/* The table of hyper-parameters: how the run began, and that it ended. */
void events_begin_run(events *to, const char *name,
                      const event_parameter *parameters, size_t count);
void events_end_run(events *to);

/* All that was written so far is in the file. */
void events_flush(events *to);

/* Crc32c (Castagnoli) of bytes. */
uint32_t crc32c(const void *bytes, size_t count);

#endif
