/*
 * inspect_arrays.h: arrays as data for `elman inspect`.
 */
#ifndef INSPECT_ARRAYS_H
#define INSPECT_ARRAYS_H

#include "arrays.h"

/* Opens the .npy file at path, as the model takes it, with the targets of
 * another one, NULL for none. The network gets the encoding of that. Returns 0
 * or an exit code after an error line. */
int inspect_open_arrays(network *net, const char *path, const char *targets,
                        elman_dataset **dataset);

#endif
