/* cell_match.h: which parts are a step of an RNN, a GRU or an LSTM. */
#ifndef TRACE_CELL_MATCH_H
#define TRACE_CELL_MATCH_H

#include "trace/cell_part.h"

enum { CELL_GATES = 4, CELL_TERMS = 8 };

/* What a function of a gate is of: products of the input and of the state, and
 * biases. */
typedef struct found_gate {
    size_t count;
    const cell_part *terms[CELL_TERMS];
    bool from_state[CELL_TERMS]; /* a bias that the reset gate goes over too */
    bool turned;                 /* it is 1 minus the gate that is meant */
} found_gate;

/* A step: its gates in ONNX's order (RNN i; GRU z r h; LSTM i o f c). */
typedef struct cell_found {
    elman_kind kind;
    size_t H, gate_count;
    found_gate gates[CELL_GATES];
    elman_activation functions[3];
    bool reset_before;
    const char *x, *h, *c;  /* what it reads */
    const cell_part *new_c; /* of an LSTM */
} cell_found;

/* Whether a value may be the state that a cell starts from. */
typedef bool cell_is_state(const void *of, const char *name);

/* Whether part is the state h that a step gives. */
bool cell_match(cell_scope *s, const cell_part *part, cell_is_state *is_state,
                const void *of, cell_found *found);

#endif
