/* mapping_gates.h: the letters by which people call the gates of a cell. */
#ifndef IMPORT_MAPPING_GATES_H
#define IMPORT_MAPPING_GATES_H

#include "model/model.h"

/* Which letters a parameter's gates have: ours in our order, and for each those
 * that others use. */
typedef struct gate_letters {
    size_t count; /* 0: it has no gates */
    char ours[ELMAN_MAX_GATES + 1];
    const char *also[ELMAN_MAX_GATES];
} gate_letters;

gate_letters gates_of(const elman_config *config, const parameter *p);

/* Finds which of our gates each letter of theirs is; a letter that is unknown
 * or comes twice is refused. */
elman_status gates_order(const gate_letters *letters, const char *theirs,
                         size_t *order);

#endif
