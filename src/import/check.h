/* check.h: a model compared with another's inputs and outputs. */
#ifndef IMPORT_CHECK_H
#define IMPORT_CHECK_H

#include "elman_exchange.h"
#include "format/tensor.h"
#include "model/model.h"

/* What a model is compared by; all but x and y may be NULL. */
typedef struct check_files {
    const char *x, *y, *lengths;
    const elman_state *begin, *end; /* memory before and after */
} check_files;

/* The same in memory; messages call tensors by their names. */
typedef struct check_arrays {
    const named_tensor *x, *y, *lengths;
    const elman_state *begin, *end;
} check_arrays;

/* As elman_model_check_states in elman_exchange.h. */
elman_status model_check(const elman_model *model, const check_files *files,
                         elman_check *check);
elman_status check_tensors(const elman_model *model, const check_arrays *arrays,
                           elman_check *check);

#endif
