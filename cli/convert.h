/*
 * convert.h: one conversion as its parts share it.
 */
#ifndef CONVERT_H
#define CONVERT_H

#include "attach.h"
#include "record.h"
#include "reference.h"

#include <stdio.h>

typedef enum convert_to { TO_AUTO, TO_ELMAN, TO_TORCH, TO_ONNX } convert_to;

typedef struct convert_values {
    reference_values reference; /* the first: see reference.h */
    int to;                     /* index of its choice */
    const char *draft;
    bool wide;
    attach_values attached;
} convert_values;

typedef struct conversion {
    const convert_values *values;
    const parsed_line *line;  /* as it was typed */
    const char *const *paths; /* (count) what is read */
    size_t count;
    const char *out;
    convert_to to;
    const elman_import_row *rows; /* (row_count) */
    size_t row_count;
    size_t extra;               /* tensors outside the state dict, in no row */
    const elman_import *import; /* for its notes */
    elman_model *model;
    elman_check check; /* of --reference */
    const char *proof; /* where there was none */
} conversion;

/* What is read, for messages: the path, or the first and how many more. In a
 * static buffer. */
const char *conversion_source(const conversion *run);

/* What became of every tensor: a heading and a table. Returns 0, or
 * EXIT_FAILED after an error line. */
int conversion_show_table(const conversion *run, FILE *file);

/* The same, the model, and how to read it elsewhere, on standard output; a
 * line of JSON if that was asked for. */
int conversion_show(const conversion *run);

/* The line that was typed, with each of the settings in place of its own: below
 * each other, or as member "commands" of a record. */
void proposals_show(FILE *out, const parsed_line *typed,
                    const elman_proposal *proposals, size_t count);
void proposals_record(record *out, const parsed_line *typed,
                      const elman_proposal *proposals, size_t count);

/* A question on standard error, and below it the command line with each of the
 * settings that answer it. Returns EXIT_FAILED. */
int conversion_propose(const conversion *run, const char *question,
                       const elman_proposal *proposals, size_t count);

#endif
