/*
 * cells.h: the kinds of recurrent layers as rows of options need them: their
 * words, and which of them an option is for. The library's list is the only
 * one.
 */
#ifndef CELLS_H
#define CELLS_H

#include "elman.h"

/* Options that not every cell reads. */
typedef enum cell_option {
    CELL_NONLINEARITY,
    CELL_PROJ,
    CELL_PEEPHOLE,
    CELL_COUPLED,
    CELL_CLIP,
    CELL_RESET_BEFORE,
    CELL_RECURRENT_DROPOUT,
    CELL_ZONEOUT_CELL,
    CELL_INIT_HIDDEN,
    CELL_FORGET_BIAS,
    CELL_CHRONO,
    CELL_OPTIONS
} cell_option;

enum { CELL_TEXT = 256 };

extern char cell_words[CELL_TEXT];               /* "rnn|lstm|gru" */
extern char cell_needs[CELL_OPTIONS][CELL_TEXT]; /* "cell=lstm" */

/* Fills both, once, before any row is read. */
void cells_read(void);

/* The kind that word index of cell_words stands for. */
elman_kind cell_at(int index);

/* What there is to know about the kind of a layer. */
elman_kind_info kind_of(const elman_layer *layer);

bool is_recurrent(const elman_layer *layer);

#endif
