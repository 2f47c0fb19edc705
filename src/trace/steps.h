/* steps.h: operators that stand between what is written out and the node that
 * stands for it (grow_domain). */
#ifndef TRACE_STEPS_H
#define TRACE_STEPS_H

#include "trace/trace.h"

operator_run steps_fit, steps_front, steps_stack;

#endif
