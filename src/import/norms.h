/* norms.h: batch norms as the scales and shifts that they are in use. */
#ifndef IMPORT_NORMS_H
#define IMPORT_NORMS_H

#include "import/module_order.h"

/* Folds each batch norm of the order into the linear layer before it, or into
 * what reads it behind it; where neither is there it becomes a linear layer
 * with a diagonal weight. Sums are made in double and rounded once. */
elman_status norms_fold(elman_import *import, module_order *order);

#endif
