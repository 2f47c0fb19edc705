/*
 * property.h: what there is to know of every step of a batch, for units to be
 * compared with: of a text whether it is inside quotes, how long the line is
 * and so on; of classes each by itself, against the rest; of values the
 * targets and the inputs. property.c has the whole list.
 */
#ifndef INSPECT_PROPERTY_H
#define INSPECT_PROPERTY_H

#include "elman_inspect.h"

/* Those of one batch that are not the same at all steps. */
typedef struct properties {
    size_t count;
    const elman_property *items; /* (count) */
} properties;

/* Works out the properties of a batch that a loader of dataset has read, with
 * its target, which may be NULL where nothing is known. Names and values are
 * their own; values are (T,B) like the batch, NaN past the end of a sequence
 * and where a text does not tell. count may become 0. */
elman_status properties_create(const elman_dataset *dataset,
                               const elman_batch *batch,
                               const elman_target *target, properties **made);
void properties_destroy(properties *p);

#endif
