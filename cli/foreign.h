/*
 * foreign.h: what a model file of another system does not record, as options:
 * one table for every command that reads such files, so that what converts a
 * file also runs it.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include "options.h"

/* What the options say. A command that lists foreign_options has this at the
 * beginning of its values, as the rows' offsets count from there. */
typedef struct foreign_values {
    const char *layers, *key, *mapping, *ignore, *from_tensor, *to_tensor;
    int nonlinearity; /* index of its choice */
    bool batch_first, steps_first;
} foreign_values;

/* The rows, and how many come first that a command leaves out which has an
 * option of that name: foreign_options + FOREIGN_AFTER_LAYERS. */
enum { FOREIGN_AFTER_NONLINEARITY = 1, FOREIGN_AFTER_LAYERS = 2 };
extern const option_row foreign_options[];

/* The title of the table. */
extern const char foreign_title[];

/* 0, or an exit code after an error line where they contradict each other. */
int foreign_check(const foreign_values *values);

/* The same for the library. */
elman_import_config foreign_config(const foreign_values *values);

/* All that is set, as words that follow a command, with a blank in front of
 * each; in a static buffer. */
const char *foreign_words(const foreign_values *values);

/* True if any of it is set. */
bool foreign_given(const foreign_values *values);

#endif
