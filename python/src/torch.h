/*
 * torch.h: what the files of elman.torch share. They know torch by its Python
 * names alone, which elman.torch hands over, and no header or library of it:
 * tensors become pointers by DLPack's table of functions where torch has one
 * (2.11 and later), else by their attributes.
 *
 * A call that an engine cannot do is no error: it is left to torch, whose own
 * checks and messages then speak.
 */
#ifndef ELMAN_PYTHON_TORCH_H
#define ELMAN_PYTHON_TORCH_H

#include "core.h"

enum { TORCH_MAX_PARAMS = ELMAN_MAX_LEVELS * 2 * 5 };

/* What the glue knows of torch. */
typedef struct torch_data {
    core *core;
    PyObject *tensor, *parameter; /* the types that are taken, exactly */
    PyObject *float32, *strided;
    PyObject *empty_like, *grad_enabled, *thread_count;
    PyObject *guards;     /* functions, each false where nothing is special */
    PyObject *forward_ad; /* the dict that says whether it is on */
    PyObject *draw;       /* the number of a draw of dropout masks */
    PyObject *graph;      /* runs a pass with a way back */
    PyObject *make;       /* makes an engine */
    PyObject *engines;    /* by key */
    const struct dl_exchange *exchange; /* NULL before torch 2.11 */

    /* names, interned */
    PyObject *name_new_empty, *name_contiguous, *name_is_neg,
        *name_requires_grad, *name_data_ptr, *name_is_contiguous, *name_shape,
        *name_dtype, *name_layout, *name_is_cpu, *name_dict, *name_level;
    uint64_t passes[4]; /* done so far, by kind */
    size_t pooled;      /* bytes of all idle states */
} torch_data;

torch_data *torch_of(PyObject *object);

/* ---- torch_tensor.c ------------------------------------------------------ */

/* A tensor's numbers, in a row, as long as it is held. */
typedef struct tensor {
    float *data;
    size_t rank, shape[ELMAN_MAX_RANK], count;
    PyObject *held; /* the copy that they are in, where it had gaps */
} tensor;

bool torch_find_exchange(torch_data *g);

/* Reads a tensor of float32 on the processor. false, without an exception, for
 * all that is not one; with one where torch raised it. */
bool tensor_read(const torch_data *g, PyObject *object, tensor *to);
void tensor_release(tensor *t);

/* Whether it asks for a gradient: 1, 0, or -1 and an exception. */
int tensor_requires_grad(const torch_data *g, PyObject *object);

/* A new tensor like one that was read, or of another shape. */
PyObject *tensor_like(const torch_data *g, PyObject *like, float **data);
PyObject *tensor_new(const torch_data *g, PyObject *like, size_t rank,
                     const size_t *shape, float **data);

/* ---- torch_engine.c ------------------------------------------------------ */

/* What an engine is built for. It is its key as well, byte by byte. */
typedef struct torch_shape {
    const void *place; /* of the first weight: whose engine it is */
    size_t inputs, hidden, proj, levels, ordinal;
    float dropout;
    unsigned char kind, bias, bidirectional, batch_first;
} torch_shape;

/* A pass's arguments; h and c are NULL where they are zero. */
typedef struct torch_pass {
    PyObject *x; /* the tensor itself */
    tensor in, h, c;
    size_t T, B;
    const size_t *lengths; /* NULL: all T */
    uint64_t draw;
    bool masked; /* dropout is on */
    bool cell;   /* gives h_n alone, without the axis of levels */
    int threads;
} torch_pass;

/* What it is built for. */
const torch_shape *engine_shape(PyObject *engine);

/* Whether a pass of this shape is one for it. */
bool engine_fits(PyObject *engine, const torch_shape *shape);

/* Makes the engine's weights those of params. 1; 0 if passes that run, or that
 * may still go back, need other ones; -1 with an exception. */
int engine_write(PyObject *engine, const tensor *params, size_t count);

/* Runs a pass and keeps nothing: (y, h_n), (y, h_n, c_n), of a cell h_n or
 * (h_n, c_n). */
PyObject *engine_infer(PyObject *engine, const torch_pass *pass);

/* The same with a way back: (run, outputs). */
PyObject *engine_record(PyObject *engine, const torch_pass *pass);

/* Gates in a block of weights, by kind: lstm, gru, rnn_tanh, rnn_relu. */
extern const size_t torch_gates[4];

/* Whether n weights have the sizes that a shape asks for. */
bool shape_fits(const torch_shape *s, const tensor *params, size_t n);

/* ---- torch_call.c -------------------------------------------------------- */

/* The arguments of a layer or cell, in one form. h and c are NULL for zeros. */
typedef struct torch_call {
    torch_shape shape;
    PyObject *x, *h, *c;
    PyObject *params[TORCH_MAX_PARAMS]; /* all borrowed */
    size_t count;
    PyObject *lengths; /* a tuple that begins with an array, or None */
    bool train, cell;
    double dropout;
} torch_call;

/* Computes a call, or NotImplemented. */
PyObject *torch_attempt(torch_data *g, torch_call *c);

/* NotImplemented, unless there is an exception. */
PyObject *torch_not_ours(void);

/* record(engine, cell, lengths, draw, memories, tensors), for autograd. */
PyObject *torch_record(PyObject *self, PyObject *args);

#endif
