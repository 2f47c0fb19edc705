/* arithmetic.h: sums, differences, products and quotients of what flows. */
#ifndef TRACE_ARITHMETIC_H
#define TRACE_ARITHMETIC_H

#include "trace/trace.h"

operator_run trace_arithmetic, trace_negate;

#endif
