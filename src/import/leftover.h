/* leftover.h: what a tensor seems to be that no layer takes. */
#ifndef IMPORT_LEFTOVER_H
#define IMPORT_LEFTOVER_H

#include "import/import.h"

typedef enum leftover_kind {
    LEFTOVER_WEIGHT,      /* of a layer that is not named or not known */
    LEFTOVER_STATE,       /* a learned initial state */
    LEFTOVER_STATISTICS,  /* of what scales inputs or targets */
    LEFTOVER_SCALE,       /* one number: a factor, a slope */
    LEFTOVER_VECTOR,      /* one number for each of something */
    LEFTOVER_NOISE,       /* of a policy's actions, which its mean has not */
    LEFTOVER_DECODER,     /* of what chooses among answers: a CRF */
    LEFTOVER_PEEPHOLE,    /* what gates read of the cell */
    LEFTOVER_GATES,       /* a vector beside a cell's weights: its bias */
    LEFTOVER_FLAT,        /* all weights of a module in one vector */
    LEFTOVER_CONVOLUTION, /* and what else has three axes */
    LEFTOVER_ATTENTION,   /* between the steps */
    LEFTOVER_MASK,        /* of true and false */
    LEFTOVER_WHOLE,       /* numbers that are no weights */
    LEFTOVER_NOTHING      /* a count, positions, an optimizer's, a copy */
} leftover_kind;

enum { LONGEST_ADVICE = 400 };

leftover_kind leftover_of(const elman_import *import, size_t tensor);

/* Prints what it seems to be, and what takes such a tensor. */
void leftover_print(const elman_import *import, size_t tensor, size_t room,
                    char *text);

/* The tensor of the same type, shape and numbers that is before this one, or
 * NOWHERE. */
ptrdiff_t leftover_copy_of(const elman_import *import, size_t tensor);

/* Refuses, by name, modules that none of elman's layers is. */
elman_status leftover_check(const elman_import *import);

#endif
