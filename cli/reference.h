/*
 * reference.h: a model against reference outputs, as `elman verify` and
 * `elman convert` show it.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "foreign.h"
#include "record.h"

/* What the options say. A command that lists reference_options or
 * foreign_options has this at the beginning of its values. */
typedef struct reference_values {
    foreign_values foreign; /* the first: see foreign.h */
    option_pair files;      /* x and y */
    const char *lengths;
    option_list states; /* h_0 and c_0 to begin from, h_n and c_n to be left */
} reference_values;

extern const option_row reference_options[];
extern const char reference_title[];

/* The row of one check: name, found, allowed, passed. */
void show_check(const char *name, const char *found, const char *allowed,
                bool passed);

/* The rows of a reference, whole and streaming, what 1 means and, if it
 * failed, where. */
void reference_show(const elman_check *check);

/* The same as the member "reference" of a record. */
void reference_record(record *out, const option_pair *files,
                      const elman_check *check);

/* Compares a model, whose messages call it path. Returns 0, -1 if the library
 * could not compare, or an exit code after an error line. */
int reference_check(elman_model *model, const char *path,
                    const reference_values *values, elman_check *check);

/* Checks model by these files and shows the result. Returns EXIT_DONE if it
 * passed, EXIT_FAILED if not or after an error line. */
int reference_verify(elman_model *model, const char *path,
                     const reference_values *values);

#endif
