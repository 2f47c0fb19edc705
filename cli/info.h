/*
 * info.h: what a file is, whatever it holds, and the layers of a model.
 */
#ifndef INFO_H
#define INFO_H

#include "graph.h"
#include "network.h"
#include "record.h"

/* What is known of a file beside the model in it. */
typedef struct file_facts {
    const char *path;
    bool own;                      /* a model of elman's own */
    const char *kind;              /* "PyTorch", "elman's own" */
    const foreign_values *foreign; /* what it does not record */
    elman_import *import; /* its tensors and facts, NULL if it has none */
    graph_run graph;      /* graph NULL unless it is an ONNX graph */
} file_facts;

/* False if the file is of no kind that is known; the rest is fine then, too. */
bool facts_open(const char *path, file_facts *file);
void facts_close(file_facts *file);

/* True of one array without a name of a parameter. */
bool facts_are_data(const file_facts *file);

/* True of a sentence that facts_show tells. */
bool facts_tell(const file_facts *file, const char *sentence);

/* Lines of what it is; tables of a graph's inputs and outputs, and of all
 * tensors. Those that return a code return 0 or EXIT_FAILED. */
void facts_show(const file_facts *file);
int ports_show(const file_facts *file);
int tensors_show(const file_facts *file);

/* The same as members of a record. */
void facts_record(record *out, const file_facts *file);
void ports_record(record *out, const file_facts *file);
void tensors_record(record *out, const file_facts *file);

/* The layers, under each its parameters: name, kind or shape, weights. */
int layers_show(const elman_model *model);

/* The same as members "modules" and "parameters". */
void layers_record(record *out, const elman_model *model);

#endif
