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

/* The letters of a cell of that kind. */
gate_letters gates_of_kind(elman_kind kind);

/* Finds which of our gates each letter of theirs is; false if a letter is
 * unknown or comes twice. */
bool gates_fit(const gate_letters *letters, const char *theirs, size_t *order);

gate_letters gates_of(const elman_config *config, const parameter *p);

/* The same; what does not fit is refused. */
elman_status gates_order(const gate_letters *letters, const char *theirs,
                         size_t *order);

#endif
