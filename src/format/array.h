/*
 * array.h: an .npy file as one float32 tensor, behind elman_array_load, _save
 * and _destroy.
 */
#ifndef FORMAT_ARRAY_H
#define FORMAT_ARRAY_H

#include "base/status.h"

/* All elements as float32, row-major, in memory that array_destroy frees. */
elman_status array_load(const char *path, elman_tensor *array);

/* Writes '<f4', version 1.0, row-major, atomically: see file.h. */
elman_status array_save(const char *path, const elman_tensor *array);

/* Frees data and empties the view; NULL is fine. */
void array_destroy(elman_tensor *array);

#endif
