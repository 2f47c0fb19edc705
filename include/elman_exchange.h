/*
 * elman_exchange.h: the third part of elman.h, which includes it: models that
 * come from PyTorch, ONNX and NumPy files, and go back. Include elman.h.
 * docs/FORMATS.md says what is read, written and refused.
 */
#ifndef ELMAN_EXCHANGE_H
#define ELMAN_EXCHANGE_H

#include "elman.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ELMAN_MAX_AXES = 8 }; /* dimensions of a tensor in another's file */

/* ---- In: a file of weights becomes a model ------------------------------- */

/* What a file does not say. All zero will do for most; what is given and of no
 * use for the source is ELMAN_BAD_VALUE (docs/FORMATS.md has the table). */
typedef struct elman_import_config {
    const char *mapping; /* path of a mapping file (docs/FORMATS.md) for tensors
                            of other names; NULL: names as PyTorch's */
    const char *key;     /* checkpoints: where the state dict is, as in
                            "model.state_dict"; NULL: where there is only one */
    const char *layers;  /* order of the layers: prefixes of tensors' names, and
                            tanh, relu, softmax, last, final ... between them,
                            as in "embed,lstm,last,fc1,relu,fc2"; NULL: as the
                            shapes say, if only one order fits */
    const char *ignore;  /* names of tensors to leave out, comma between; * in
                            them stands for any text */
    elman_nonlinearity nonlinearity; /* of an nn.RNN */
    bool batch_first;                /* the model is to take (B,T,I) */
} elman_import_config;

typedef struct elman_import elman_import;

/* Opens .safetensors, .pt, .pth, .onnx, .npz (one path) or .npy (any number,
 * the tensor's name is the file's), told apart by content. Nothing but these
 * files is read, ONNX's external data beside the model and the mapping file
 * excepted. */
ELMAN_CHECKED elman_status elman_import_open(const char *const *paths,
                                             size_t count,
                                             const elman_import_config *config,
                                             elman_import **import);
ELMAN_API void elman_import_close(elman_import *import);

/* What one tensor of the file becomes. */
typedef struct elman_import_row {
    const char *from; /* its name; "" if there is none and to is zero */
    const char *type; /* "float32" ... */
    size_t rank, shape[ELMAN_MAX_AXES];
    const char *to;  /* the parameter; "" if it is ignored or no weight; NULL
                        if nothing claims it */
    const char *how; /* "as it is", "transposed", "iofc to ifgo", "ignored" */
} elman_import_row;

/* The table, rows of one tensor together, in the import's memory. */
ELMAN_API const elman_import_row *elman_import_rows(const elman_import *import,
                                                    size_t *count);

/* How many tensors of a checkpoint are not in its state dict (an optimizer's),
 * and so in no row. */
ELMAN_API size_t elman_import_beside(const elman_import *import);

/* Builds the model. Every tensor must be claimed or ignored; if the file holds
 * reference.input and reference.output, the model must give the one from the
 * other (see elman_model_check). */
ELMAN_CHECKED elman_status elman_import_create(const elman_import *import,
                                               elman_model **model);

/* ---- Out ---------------------------------------------------------------- */

typedef enum elman_export_format {
    ELMAN_EXPORT_TORCH = 0, /* safetensors for load_state_dict */
    ELMAN_EXPORT_ONNX = 1   /* opset 17: any T and B, states optional */
} elman_export_format;

/* Replaces path by the model in another's format; what that can not express is
 * ELMAN_BAD_VALUE with the layer and the reason. */
ELMAN_CHECKED elman_status elman_model_export(const elman_model *model,
                                              elman_export_format format,
                                              const char *path);

/* The two lines of Python that load what elman_model_export wrote to path,
 * each with a newline, zero-terminated; at most capacity bytes. */
ELMAN_CHECKED elman_status elman_export_read(const elman_model *model,
                                             elman_export_format format,
                                             const char *path, size_t capacity,
                                             char *lines);

/* ---- Reference inputs and outputs ---------------------------------------- */

/* How far a model is from what another gave. 1 is the bar: a relative error of
 * 1e-4, or 1e-5 near zero. */
typedef struct elman_check {
    size_t T, B;
    double whole;  /* worst of the sequence as a whole */
    double stream; /* worst of one step at a time; NaN if it can not stream */
    bool passed;
    char failure[160]; /* where it is worst: step, sequence, output */
} elman_check;

/* Runs the .npy x through model and compares with the .npy y: x is (T,B,I) or
 * (B,T,I) as the model has it, (T,I) for one sequence; for tokens without I. y
 * is what elman_model_forward gives; a NaN in it never passes. ELMAN_OK if it
 * could be compared. */
ELMAN_CHECKED elman_status elman_model_check(const elman_model *model,
                                             const char *x, const char *y,
                                             elman_check *check);

/* ---- ONNX as it is ------------------------------------------------------- */

/* A graph with its own inputs and outputs, run by the layers that it is made
 * of; float64 graphs by the double-precision reference. */
typedef struct elman_graph elman_graph;

typedef struct elman_port {
    const char *name;
    bool input;       /* else an output */
    bool optional;    /* an input that has a default */
    const char *type; /* "float32", "int64" ... */
    bool shaped;      /* rank and shape are told */
    size_t rank;
    int64_t shape[ELMAN_MAX_AXES]; /* -1 where any size will do */
} elman_port;

ELMAN_CHECKED elman_status elman_graph_open(const char *path,
                                            elman_graph **graph);
ELMAN_API void elman_graph_close(elman_graph *graph);

/* Inputs, then outputs, in the graph's memory: as the graph tells them, and
 * from each elman_graph_forward on the outputs as that gave them, with type,
 * rank and every size. */
ELMAN_API const elman_port *elman_graph_ports(const elman_graph *graph,
                                              size_t *count);

/* Gives an input an .npy file; it stays until the next of the same name. */
ELMAN_CHECKED elman_status elman_graph_load(elman_graph *graph,
                                            const char *name, const char *path);

/* Runs the graph on what it was given, by pieces of so many steps (0: all at
 * once; more only if no layer looks ahead). */
ELMAN_CHECKED elman_status elman_graph_forward(elman_graph *graph, size_t steps,
                                               int threads);

/* Writes an output of the last forward, in the graph's own type and shape. */
ELMAN_CHECKED elman_status elman_graph_save(const elman_graph *graph,
                                            const char *name, const char *path);

#ifdef __cplusplus
}
#endif
#endif
