/*
 * elman_exchange.h: a further part of elman.h, which includes it: import and
 * export of PyTorch, ONNX and NumPy files. Include elman.h. docs/FORMATS.md
 * says what is read, written and refused.
 */
#include "elman.h" /* first: it brings the parts in their order */

#ifndef ELMAN_EXCHANGE_H
#define ELMAN_EXCHANGE_H

#ifdef __cplusplus
extern "C" {
#endif

enum { ELMAN_MAX_AXES = 8 }; /* dimensions of a tensor in a foreign file */

/* ---- Import: a file of weights becomes a model --------------------------- */

/* What a file does not record. For most files all zero will do; an option that
 * does not apply to the file is refused with ELMAN_BAD_VALUE (docs/FORMATS.md
 * has the table). */
typedef struct elman_import_config {
    const char *mapping; /* path of a mapping file (docs/FORMATS.md), for
                            tensors with other names; NULL: PyTorch's names */
    const char *key;     /* checkpoints: where the state dict is, as in
                            "model.state_dict", or "policy.pth:model" of a file
                            inside a zip or tar; NULL: there is only one */
    const char *layers; /* order of the layers: prefixes of tensors' names, with
                           functions between them, as in
                           "embed,lstm,last,fc1,elu(1),fc2"; NULL: taken from
                           the shapes, if there is one recurrent layer and only
                           one order fits (docs/FORMATS.md has the words) */
    const char *ignore; /* names of tensors to leave out, separated by commas;
                           a * in them stands for any text */
    elman_activation_kind nonlinearity; /* of an nn.RNN: tanh or relu; 0: tanh,
                                           but asked for where the file is of a
                                           tool that has no default */
    bool batch_first;                   /* the model takes (B,T,I) */
    const char *from_tensor; /* ONNX: the value that the model reads, in place
                                of the graph's input; NULL: that */
    const char *to_tensor;   /* ONNX: the value that it gives, in place of the
                                graph's outputs; NULL: those */
} elman_import_config;

/* An open file of weights. */
typedef struct elman_import elman_import;

/* Opens one file of weights (docs/FORMATS.md has the list: .safetensors, .pt,
 * .pth, .pt2, .onnx, .keras, .h5, .npz, .nam, JSON ...), any number of .npy
 * files, each a tensor named as its file, or all shards of one model. Formats
 * are detected by content. No other file is read, except the mapping file, the
 * external data of an ONNX model and the files that an index of shards names.
 * config may be NULL, which is the same as all zero. */
ELMAN_CHECKED elman_status elman_import_open(const char *const *paths,
                                             size_t count,
                                             const elman_import_config *config,
                                             elman_import **import);

/* The same of the bytes of one file in memory, which are not needed afterwards;
 * messages call them <memory>. An .npy array has no name there, and an ONNX
 * model no folder for external data: both are refused. */
ELMAN_CHECKED elman_status elman_import_open_memory(
    const void *data, size_t size, const elman_import_config *config,
    elman_import **import);
ELMAN_API void elman_import_close(elman_import *import);

/* What a tensor of the file becomes. */
typedef struct elman_import_row {
    const char *from; /* its name; "" if no tensor is behind a zero parameter */
    const char *type; /* "float32" ... */
    size_t rank, shape[ELMAN_MAX_AXES]; /* dimensions, and the size of each */
    const char *to;  /* the parameter; "" if it is ignored or not a weight; NULL
                        if
                        it cannot be mapped */
    const char *how; /* "as it is", "transposed", "iofc to ifgo", "ignored"; of
                        one that cannot be mapped what it seems to be */
} elman_import_row;

/* The table of all tensors, in memory of the import; the rows of one tensor are
 * next to each other. */
ELMAN_API const elman_import_row *elman_import_rows(const elman_import *import,
                                                    size_t *count);

/* Opens files only to be looked at: rows are all of their tensors, and none
 * becomes anything (to is NULL); elman_import_create makes no model of them. So
 * a file can be shown that no model can be made of without settings. */
ELMAN_CHECKED elman_status elman_import_look(const char *const *paths,
                                             size_t count,
                                             elman_import **import);

/* What a file is that was opened to be looked at: "format", "producer",
 * "opset", "inside" ..., each with one line; count becomes how many. In
 * memory of the import. */
ELMAN_API const elman_fact *elman_import_facts(const elman_import *import,
                                               size_t *count);

/* Settings by which a file would be taken, or asked about further: as in
 * elman_import_config, which keeps all others. */
typedef struct elman_proposal {
    const char *of;     /* what they take of it, "the actor alone"; "": all */
    const char *layers; /* NULL: as they were */
    const char *ignore; /* what was ignored and what these leave out; NULL: as
                           it was */
    const char *key;    /* NULL: as it was */
} elman_proposal;

/* Opens files that elman_import_open and elman_import_create refuse, to see
 * what they would take: question becomes the sentence, without proposals, and
 * proposals the settings that answer it, each tried, count of them. 0 where
 * other settings do not help. All is in memory of the import, which
 * elman_import_create makes no model of. */
ELMAN_CHECKED elman_status
elman_import_propose(const char *const *paths, size_t count,
                     const elman_import_config *config, elman_import **import);
ELMAN_API const elman_proposal *
elman_import_proposals(const elman_import *import, const char **question,
                       size_t *count);

/* How many further tensors a checkpoint holds outside its state dict, such as
 * an optimizer's; they are in no row. */
ELMAN_API size_t elman_import_extra(const elman_import *import);

/* What is to say about how the file was read, sentence by sentence from 0 on:
 * objects that were skipped, weights that were dequantized; NULL past the last.
 */
ELMAN_API const char *elman_import_remark(const elman_import *import,
                                          size_t index);

/* Writes a mapping file to begin with, replacing path: every tensor with its
 * shape, config and sources as far as names and shapes suggest them, and under
 * "missing" what they do not say; it is refused until that field is removed.
 * For imports of elman_import_look as well. */
ELMAN_CHECKED elman_status elman_import_draft(const elman_import *import,
                                              const char *path);

/* What is known of whether the model computes as its source did, one sentence
 * in memory of the import: "checked: ..." where the file holds a reference,
 * "as the file says: ..." where its format records how it is computed, else
 * "not proved: ...", with the lines that make a reference. It is true once
 * elman_import_create has succeeded. */
ELMAN_API const char *elman_import_proof(const elman_import *import);

/* Builds the model, with the note "proof" if the import is "not proved". Every
 * tensor must be mapped or ignored. If the file holds
 * reference.input and reference.output, the model must compute the latter from
 * the former (see elman_model_check). */
ELMAN_CHECKED elman_status elman_import_create(const elman_import *import,
                                               elman_model **model);

/* ---- Export ------------------------------------------------------------- */

/* What elman_model_export writes. */
typedef enum elman_export_format {
    ELMAN_EXPORT_TORCH = 0, /* safetensors for load_state_dict */
    ELMAN_EXPORT_ONNX = 1   /* opset 17: any T and B, states optional */
} elman_export_format;

/* Writes the model to path in another format, replacing the file. A layer that
 * the format cannot express is ELMAN_BAD_VALUE, with the reason. */
ELMAN_CHECKED elman_status elman_model_export(const elman_model *model,
                                              elman_export_format format,
                                              const char *path);

/* Two lines of Python that load what elman_model_export wrote to path, each
 * with a newline, zero-terminated; lines has room for capacity bytes. For
 * PyTorch a third, a comment, says as code what is done between the modules,
 * such as taking the last step, if anything is. */
ELMAN_CHECKED elman_status elman_export_lines(const elman_model *model,
                                              elman_export_format format,
                                              const char *path, size_t capacity,
                                              char *lines);

/* ---- Reference inputs and outputs ---------------------------------------- */

/* How far the outputs of a model are from a reference. 1 is the limit: a
 * relative error of 1e-4, or 1e-5 near zero. */
typedef struct elman_check {
    size_t T, B;       /* steps and sequences of the reference */
    double whole;      /* worst, with whole sequences */
    double stream;     /* worst, one step at a time; NaN if it cannot stream */
    bool passed;       /* neither is above 1 */
    char failure[160]; /* where it is worst: step, sequence, output */
} elman_check;

/* Runs the .npy file x through model and compares with the .npy file y. x is
 * (T,B,I) or (B,T,I), as the model takes it, or (T,I) for one sequence; tokens
 * have no I. y is what elman_model_forward should give; a NaN in it never
 * passes. What the note "padding" says fills sequences up is not run, in front
 * of them or behind, and y not compared there. ELMAN_OK means that they could
 * be compared. */
ELMAN_CHECKED elman_status elman_model_check(const elman_model *model,
                                             const char *x, const char *y,
                                             elman_check *check);

/* The same where sequences end as the .npy file lengths says, (B) whole
 * numbers: steps behind are not run, and y not compared there. */
ELMAN_CHECKED elman_status elman_model_check_lengths(const elman_model *model,
                                                     const char *x,
                                                     const char *y,
                                                     const char *lengths,
                                                     elman_check *check);

/* The same from a memory and to another: both are states of the model for as
 * many sequences as x has. The pass begins with the memory of begin, and what
 * it leaves is compared with that of end, but for numbers of end that are NaN.
 * Each of the three may be NULL: all steps, a memory of zeros or as it was
 * learned, and no comparison. */
ELMAN_CHECKED elman_status elman_model_check_states(
    const elman_model *model, const char *x, const char *y, const char *lengths,
    const elman_state *begin, const elman_state *end, elman_check *check);

/* ---- ONNX as it is ------------------------------------------------------- */

/* A graph with its own inputs and outputs, run by the layers that it is made
 * of; a float64 graph is run by the double-precision reference. */
typedef struct elman_graph elman_graph;

/* An input or an output of a graph. */
typedef struct elman_port {
    const char *name;              /* in the graph */
    bool input;                    /* else an output */
    bool optional;                 /* an input that has a default */
    const char *type;              /* "float32", "int64" ... */
    bool shaped;                   /* rank and shape are known */
    size_t rank;                   /* how many dimensions, 0 unless shaped */
    int64_t shape[ELMAN_MAX_AXES]; /* -1 where any size is possible */
} elman_port;

/* Opens an .onnx file as a graph; or its bytes in memory, which are not needed
 * afterwards, and which have no external data. */
ELMAN_CHECKED elman_status elman_graph_open(const char *path,
                                            elman_graph **graph);
ELMAN_CHECKED elman_status elman_graph_open_memory(const void *data,
                                                   size_t size,
                                                   elman_graph **graph);
ELMAN_API void elman_graph_close(elman_graph *graph);

/* Inputs, then outputs, in memory of the graph: as the graph declares them, and
 * after each elman_graph_forward the outputs as they are, with type, rank and
 * every size. */
ELMAN_API const elman_port *elman_graph_ports(const elman_graph *graph,
                                              size_t *count);

/* Reads an .npy file into an input, where it stays until the next one. A shape
 * that is not what the graph declares, or has no numbers, is ELMAN_BAD_VALUE,
 * and the input as it was. */
ELMAN_CHECKED elman_status elman_graph_load(elman_graph *graph,
                                            const char *name, const char *path);

/* The same from an array in memory, row-major, in the type that the graph
 * declares for the input (elman_graph_ports), such as float x (T,B,I) or
 * int32_t lengths (B): rank and shape say its size. It is not copied: it is
 * read by each forward until the input is given again. */
ELMAN_CHECKED elman_status elman_graph_write(elman_graph *graph,
                                             const char *name, const void *data,
                                             size_t rank, const size_t *shape);

/* Runs the graph on its inputs, in chunks of that many steps; 0 means all at
 * once, which a graph that also reads backwards needs. threads: 0 means 1, at
 * most 64. */
ELMAN_CHECKED elman_status elman_graph_forward(elman_graph *graph, size_t steps,
                                               int threads);

/* Copies an output of the last forward to data, row-major and in its own type.
 * elman_graph_ports says which type and shape it has; bytes is what that
 * makes. */
ELMAN_CHECKED elman_status elman_graph_read(const elman_graph *graph,
                                            const char *name, size_t bytes,
                                            void *data);

/* Writes an output of the last forward to an .npy file, in the graph's own type
 * and shape. */
ELMAN_CHECKED elman_status elman_graph_save(const elman_graph *graph,
                                            const char *name, const char *path);

#ifdef __cplusplus
}
#endif
#endif
