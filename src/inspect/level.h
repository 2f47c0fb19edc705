/*
 * level.h: the directions of all recurrent levels of a model, one after the
 * other, and the names of their views.
 */
#ifndef INSPECT_LEVEL_H
#define INSPECT_LEVEL_H

#include "model/model.h"

typedef struct level_direction {
    char name[64]; /* "layer0", "layer0_reverse" */
    size_t index;  /* of its layer in the flat list */
    const layer *l;
    size_t direction;
} level_direction;

/* How many a model has; ELMAN_BAD_VALUE if it has none. */
elman_status levels_count(const elman_model *model, size_t *count);

/* Lists them in levels, which has room for all: level by level, forward before
 * reverse. */
void levels_list(const elman_model *model, level_direction *levels);

/* The entry (0 to length - 1) of step t of a sequence; and the other way
 * round. */
size_t level_entry(const level_direction *at, size_t length, size_t t);

#endif
