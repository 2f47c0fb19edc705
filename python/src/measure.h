/*
 * measure.h: what the measurements of inspect.c share: how one is stepped to
 * its end, and the arguments of all.
 */
#ifndef ELMAN_PYTHON_MEASURE_H
#define ELMAN_PYTHON_MEASURE_H

#include "core.h"

/* The calls of one kind of measurement. */
typedef struct way {
    elman_status (*step)(void *it);
    void (*end)(void *it);
    const result *results;
} way;

/* Steps what has begun to its end; the dict. The model is being read. */
PyObject *measure(core *core, const elman_model *model, const way *way,
                  elman_status status, void *it);

/* The same, which does not end it. */
PyObject *measure_on(core *core, const elman_model *model, const way *way,
                     void *it);

/* The arguments of all: model, x, lengths, and a target with its loss. */
typedef struct given {
    core *core;
    model_data *m;
    batch_arrays arrays;
    elman_batch batch;
    array target_array;
    elman_target target;
    elman_loss_config loss;
    bool reading;
} given;

/* Reads a batch and begins to read the model. given_end ends it, whatever this
 * and the next ones give. */
bool given_batch(given *g, PyObject *module, PyObject *model, PyObject *x,
                 PyObject *lengths);

/* The same from what most measurements begin with: model, x, lengths and up to
 * two more arguments, by a format of PyArg_ParseTuple's. */
bool given_open(given *g, PyObject *module, PyObject *args, const char *format,
                PyObject **third, PyObject **fourth);

/* Adds a target with its loss. */
bool given_loss(given *g, PyObject *target, PyObject *loss);
void given_end(given *g);

/* Steps what has begun on them to its end; the dict. */
PyObject *given_measure(const given *g, const way *way, elman_status status,
                        void *it);

#endif
