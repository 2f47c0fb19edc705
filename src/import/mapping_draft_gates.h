/* mapping_draft_gates.h: tensors of single gates, as their names say. */
#ifndef IMPORT_MAPPING_DRAFT_GATES_H
#define IMPORT_MAPPING_DRAFT_GATES_H

#include "import/import.h"

enum { MOST_GATES = 4 };

/* Tensors of one shape whose names differ in their last letter, which is that
 * of a gate: W_i W_f W_c W_o of an LSTM, W_r W_z W_h of a GRU. */
typedef struct gate_set {
    size_t count; /* gates; 0: none */
    char letters[MOST_GATES];
    size_t at[MOST_GATES]; /* tensors */
} gate_set;

/* The set whose first gate tensor index is, of tensors that are not used. */
bool gate_set_find(const elman_import *import, const bool *used, size_t index,
                   gate_set *set);

#endif
