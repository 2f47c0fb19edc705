/*
 * network.h: a model file as the commands use it: the model, how its data
 * became numbers, and the words for both.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include "foreign.h"

typedef struct network {
    const char *path;
    elman_model *model;
    elman_model_info size;
    elman_encoding *encoding; /* NULL if the file has none */
    const char *note;         /* its text; the model's */
    elman_loss_kind loss;     /* that it was trained with */
    bool assumed;             /* its file, another system's, does not record how
                                 it is computed, nor do options say whether it
                                 takes steps first */
    bool ordered;             /* options, or a reference, say so */
} network;

/* A model from a file; foreign, or NULL, is what one of another system does not
 * record. */
elman_status network_load(const char *path, const foreign_values *foreign,
                          elman_model **model);

/* Whether a model was just made of a file that does not record how it is
 * computed; if so, says it, and what was assumed. */
bool network_is_assumed(const char *path, const foreign_values *foreign,
                        const elman_model *model);

/* Both of a model that is to be run. Without an encoding in it: an error if
 * needed, else encoding is NULL. Returns 0 or an exit code after an error line.
 */
int network_open(const char *path, const foreign_values *foreign,
                 bool encoding_needed, network *net);

/* The same of a model that was loaded from path, which is the network's from
 * now on, or gone after a failure. */
int network_take(const char *path, elman_model *model, network *net);
void network_close(network *net);

/* Why the model does not go step by step: "reads a sequence from both ends". */
const char *network_looks_ahead(const network *net);

/* True if the file is an array of NumPy. */
bool network_is_array(const char *path);

/* True if the file says that it is a model of elman's own. */
bool network_is_own(const elman_import *import);

/* The task's name as in --task. */
const char *task_word(elman_task task);

/* True if the task's answer is one of a list: classes or tokens. */
bool task_has_classes(elman_task task);

/* "character", "byte", "word" or, where the data is not text, "step"; and the
 * same for little space: "char". */
const char *unit_name(const elman_encoding *encoding);
const char *short_unit_name(const elman_encoding *encoding);

/* What a dataset counts: "window" of a forecast, "sequence", or the unit of a
 * text. */
const char *sequence_word(const elman_encoding *encoding);

/* One layer in a few words into text: "bidirectional LSTM 128, 2 levels". */
void layer_describe(const elman_layer *layer, char *text, size_t size);

/* The whole model on one line, in a static buffer. */
const char *model_describe(const elman_model *model);

/* What the encoding says, on one line, in a static buffer. */
const char *encoding_describe(const elman_encoding *encoding);

/* The size of a file; 0 if it does not exist. */
double file_bytes(const char *path);

/* Threads to use: threads, or as many as the machine has if 0, but no more than
 * the library takes. */
int threads_to_use(uint64_t threads);

#endif
