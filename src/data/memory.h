/*
 * memory.h: what all arrays of a program are asked, whatever they hold.
 */
#ifndef DATA_MEMORY_H
#define DATA_MEMORY_H

#include "data/store.h"

/* Checks the lengths; rows becomes how many the arrays have, padding included,
 * or SIZE_MAX if no machine has as many. */
elman_status arrays_count(const elman_arrays *a, size_t *rows);

/* Checks the parts, if they are given. */
elman_status arrays_check_parts(const elman_arrays *a,
                                const elman_dataset_config *config);

#endif
