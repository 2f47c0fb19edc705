/*
 * extras.h: what a dict of numbers and words cannot hold of the arguments for
 * training: groups of parameters, and weights of classes.
 */
#ifndef ELMAN_PYTHON_EXTRAS_H
#define ELMAN_PYTHON_EXTRAS_H

#include "core.h"

/* Arguments without groups and class_weights, which are held here. */
typedef struct extras {
    PyObject *rest;               /* a dict of all others */
    PyObject *rows;               /* the groups' dicts, in a tuple */
    elman_optimizer_group *group; /* (count) */
    size_t count;
    array weights; /* (O) of classes */
} extras;

/* Reads both; outputs are the model's. */
bool extras_read(core *core, PyObject *kwargs, size_t outputs, extras *x);

/* A trainer's config from all arguments; extras must outlive its use. */
bool extras_config(core *core, PyObject *kwargs, const elman_model *model,
                   const char *what, extras *x, elman_trainer_config *config);
void extras_release(extras *x);

#endif
