/* fold.h: tensors that a graph computes of tensors alone. */
#ifndef TRACE_FOLD_H
#define TRACE_FOLD_H

#include "trace/attribute.h"

operator_run fold_constant, fold_filled, fold_arithmetic, fold_unary,
    fold_concat, fold_product;

/* a op b; false if it does not fit in 64 bits. */
bool fold_wholes(arithmetic op, int64_t a, int64_t b, int64_t *result);

#endif
