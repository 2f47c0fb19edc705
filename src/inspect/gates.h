/* gates.h: what gates and units do over a batch; as elman_gates_... in
 * elman_inspect.h. */
#ifndef INSPECT_GATES_H
#define INSPECT_GATES_H

#include "elman_inspect.h"

elman_status gates_begin(const elman_model *model, const elman_batch *batch,
                         elman_gates **gates);
elman_status gates_step(elman_gates *gates);
void gates_end(elman_gates *gates);

#endif
