/*
 * classes.h: how often each class occurs in a part of the data.
 */
#ifndef CLASSES_H
#define CLASSES_H

#include "elman.h"

#include <stddef.h>
#include <stdint.h>

/* Adds to counts (one for each output) the targets of a part, read in batches
 * of that many sequences. Returns 0 or an exit code after an error line. */
int classes_count(const elman_dataset *dataset, elman_part part, size_t batch,
                  uint64_t *counts);

/* A sentence on the classes that a part has none of, or less than a fifth of
 * its share of the whole, and what to do; "" if all are there, or if it is too
 * small to tell. In a static buffer. */
const char *classes_describe_lack(const elman_dataset *dataset,
                                  elman_part part);

#endif
