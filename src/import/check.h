/* check.h: a model compared with another's inputs and outputs. */
#ifndef IMPORT_CHECK_H
#define IMPORT_CHECK_H

#include "elman_exchange.h"
#include "format/tensor.h"
#include "model/model.h"

/* As elman_model_check_lengths in elman_exchange.h; lengths may be NULL. */
elman_status model_check(const elman_model *model, const char *x, const char *y,
                         const char *lengths, elman_check *check);

/* The same for tensors in memory; messages call them by their names. */
elman_status check_tensors(const elman_model *model, const named_tensor *x,
                           const named_tensor *y, const named_tensor *lengths,
                           elman_check *check);

#endif
