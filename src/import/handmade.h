/*
 * handmade.h: a recurrent cell that somebody wrote of linear layers, as the
 * names and shapes of those say: i2h and h2h, W_ii ... W_ho, forget_gate ... of
 * x and h beside each other.
 */
#ifndef IMPORT_HANDMADE_H
#define IMPORT_HANDMADE_H

#include "import/mapping_draft_gates.h"

typedef struct handmade {
    elman_kind kind;
    bool joint;       /* each layer reads x and h beside each other: x is h */
    bool by_gate;     /* a layer for each gate; else one for all of them */
    size_t I, H;      /* what it reads and keeps */
    size_t gates;     /* of kind */
    ptrdiff_t beside; /* a layer that reads x and h as it does, or NOWHERE */
    gate_set x, h;    /* weights; of one for all gates the letter is 0 */
    gate_set bx, bh;  /* biases of the same layers; count 0: none */
} handmade;

/* Finds the first cell of which no tensor is used (NULL: none is). */
bool handmade_find(const elman_import *import, const bool *used,
                   handmade *cell);

/* Refuses a file without recurrent layers that has such a cell. */
elman_status handmade_check(const elman_import *import);

#endif
