/* learned.h: weights that a file holds twice, or in parts. */
#ifndef IMPORT_LEARNED_H
#define IMPORT_LEARNED_H

#include "import/import.h"

/* Makes each weight that PyTorch computes of others, under the name that its
 * module gives it: weight norm and spectral norm, both as hooks and as
 * parametrizations, masks of pruning, and raw weights beside a copy that
 * training has dropped numbers from. What they are made of, and the copy,
 * become spares that importers pass over. */
elman_status learned_make(elman_import *import);

#endif
