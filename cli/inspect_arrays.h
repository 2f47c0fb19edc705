/*
 * inspect_arrays.h: arrays as data for `elman inspect`.
 */
#ifndef INSPECT_ARRAYS_H
#define INSPECT_ARRAYS_H

#include "arrays.h"

/* Opens the .npy file at path, as the model takes it, with the targets of
 * another one and the lengths of a third, NULL for none. The network gets the
 * encoding of that, and loses what can not be looked through: a softmax at its
 * end, an embedding of tokens whose next one it does not give. Returns 0 or an
 * exit code after an error line. */
int inspect_open_arrays(network *net, const char *path, const char *targets,
                        const char *lengths, elman_dataset **dataset);

/* The same of one text, for a model of tokens that gives classes (texts.h). */
int inspect_open_words(network *net, const char *text, elman_dataset **dataset);

/* The network without a softmax at its end, which is said. */
int inspect_before_softmax(network *net);

#endif
