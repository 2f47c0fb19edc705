/*
 * first_pass.h: data is gone through before anything is made of it, which takes
 * minutes of what is large: that is shown, and timed.
 */
#ifndef FIRST_PASS_H
#define FIRST_PASS_H

#include "elman.h"

/* Between the two, only calls of the library that read `path`: if they take
 * longer than a moment, the line of a terminal, or now and then a plain one,
 * says how much they have read. */
void first_pass_begin(const char *path);
void first_pass_end(void);

/* elman_dataset_open so. */
elman_status data_open(const char *path, const elman_dataset_config *config,
                       elman_dataset **dataset);

#endif
