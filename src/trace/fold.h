/* fold.h: tensors that a graph computes of tensors alone. */
#ifndef TRACE_FOLD_H
#define TRACE_FOLD_H

#include "trace/trace.h"

operator_run fold_constant, fold_filled, fold_arithmetic, fold_unary,
    fold_concat, fold_product;

#endif
