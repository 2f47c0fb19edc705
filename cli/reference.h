/*
 * reference.h: a model against reference outputs, as `elman verify` and
 * `elman convert` show it.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "options.h"
#include "record.h"

/* The row of one check: name, found, allowed, passed. */
void show_check(const char *name, const char *found, const char *allowed,
                bool passed);

/* The rows of a reference, whole and streaming, what 1 means and, if it
 * failed, where. */
void reference_show(const elman_check *check);

/* The same as the member "reference" of a record. */
void reference_record(record *out, const option_pair *files,
                      const elman_check *check);

/* Compares; lengths, of sequences that end before others do, may be NULL. */
elman_status reference_check(const elman_model *model, const option_pair *files,
                             const char *lengths, elman_check *check);

/* Checks model by these files and shows the result. Returns EXIT_DONE if it
 * passed, EXIT_FAILED if not or after an error line. */
int reference_verify(const elman_model *model, const char *path,
                     const option_pair *files, const char *lengths);

#endif
