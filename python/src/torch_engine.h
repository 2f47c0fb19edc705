/*
 * torch_engine.h: an Engine of elman.torch and the states that it lends to
 * passes.
 */
#ifndef ELMAN_PYTHON_TORCH_ENGINE_H
#define ELMAN_PYTHON_TORCH_ENGINE_H

#include "torch.h"

/* A state and what was looked up in it. */
typedef struct pooled {
    struct pooled *next;
    elman_state *state;
    elman_state_config config;
    size_t bytes;
    float *memory[2], *last[2], *first[2]; /* h c, dh_n dc_n, dh_0 dc_0 */
    PyObject *like[3]; /* tensors of the shape of y, h_n and c_n */
    size_t like_T;
    bool like_cell;
} pooled;

typedef struct engine {
    PyObject_HEAD core *core;
    PyObject *owner; /* the Torch */
    torch_shape shape;
    elman_model *model;
    size_t LD, R, O, memories, parameter_count, weight_count;
    float *copy; /* the weights as torch has them, to compare with */
    size_t readers, pending; /* passes that run, or that may go back */
    bool writing, written;
    pooled *idle;
    size_t idle_count;
} engine;

engine *engine_of(PyObject *object);

/* How many numbers parameter i has. */
size_t engine_weights(const engine *e, size_t i);

/* ---- torch_state.c ------------------------------------------------------- */

/* A state for a pass, idle or new; NULL and an exception. */
pooled *state_take(engine *e, size_t T, size_t B, bool training, int threads);

/* Keeps a state for later, as far as there is room for such. */
void state_give(engine *e, pooled *s);

/* Gives up the idle ones. */
void state_drop_idle(engine *e);

#endif
