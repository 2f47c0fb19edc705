/* exponents.h: Lyapunov exponents along a trajectory; as elman_exponents_... in
 * elman_inspect.h. */
#ifndef INSPECT_EXPONENTS_H
#define INSPECT_EXPONENTS_H

#include "elman_inspect.h"

elman_status exponents_begin(const elman_model *model, const elman_batch *batch,
                             const elman_exponents_config *config,
                             elman_exponents **exponents);
elman_status exponents_step(elman_exponents *exponents);
void exponents_end(elman_exponents *exponents);

#endif
