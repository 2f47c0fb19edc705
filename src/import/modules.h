/*
 * modules.h: the modules of a PyTorch model, as the names of its tensors say.
 * Each is checked by itself; module_order.c puts them in their order.
 */
#ifndef IMPORT_MODULES_H
#define IMPORT_MODULES_H

#include "import/import.h"

enum {
    MOST_MODULES = 2 * ELMAN_MAX_LAYERS, /* some of them may be left out */
    LONGEST_ROLE = 40                    /* weight_ih_l15_reverse */
};

/* Parameters of a recurrent level, and of any other module. */
typedef enum module_role {
    ROLE_WEIGHT_IH,
    ROLE_WEIGHT_HH,
    ROLE_BIAS_IH,
    ROLE_BIAS_HH,
    ROLE_WEIGHT_HR,
    ROLES,
    ROLE_WEIGHT = ROLES,
    ROLE_BIAS,
    ROLE_MEAN,
    ROLE_VAR,
    ROLE_SCORE,
    ROLE_COUNT, /* of training steps */
    ROLE_NONE
} module_role;

enum { OTHER_ROLES = ROLE_NONE - ROLES };

/* What a vector weight and bias say of a norm. */
typedef enum module_norm {
    NORM_NONE,
    NORM_BARE,      /* nothing: layer, instance or group norm have these */
    NORM_ALONE,     /* as little: a vector without bias, if a word says so */
    NORM_UNSURE,    /* statistics alone, of whoever keeps them */
    NORM_STATISTICS /* a batch norm, which uses its running statistics */
} module_norm;

/* Tensors whose names share all but their last part. */
typedef struct module {
    const char *prefix; /* not terminated: prefix_bytes of a tensor's name */
    size_t prefix_bytes;
    elman_kind kind; /* ELMAN_END: none that fits its tensors' shapes */
    bool one_step;   /* a cell: recurrent, without level in its names */
    bool may_embed;  /* a matrix alone: linear without bias, or embedding */
    size_t level_count, direction_count;
    ptrdiff_t at[ELMAN_MAX_LEVELS][2][ROLES]; /* tensors, or NOWHERE */
    ptrdiff_t other[OTHER_ROLES];             /* the same, by role - ROLES */
    module_norm norm;
    size_t I, O; /* features in and out; of an embedding: V and what it gives */
    size_t H[ELMAN_MAX_LEVELS]; /* recurrent */
    size_t proj_size;
} module;

typedef struct module_list {
    size_t count; /* and behind them, vectors that only a word makes norms: */
    size_t alone;
    module modules[MOST_MODULES];
} module_list;

/* Finds the modules, which module_check.h checks. Tensors that are of none stay
 * unclaimed. */
elman_status modules_find(const elman_import *import, module_list *list);

/* The tensor of a role from ROLE_WEIGHT on, or NOWHERE. */
static inline ptrdiff_t module_other(const module *m, module_role role)
{
    return m->other[role - ROLES];
}

/* "rnn", or "." for the module whose tensors have no prefix; room bytes. */
void module_print(const module *m, size_t room, char *text);

/* "bias" */
const char *role_word(module_role role);

/* "weight_ih_l0_reverse"; "weight_ih" of a cell. */
void role_print(bool one_step, module_role role, size_t level, size_t d,
                size_t room, char *text);

bool module_is_recurrent(const module *m);

#endif
