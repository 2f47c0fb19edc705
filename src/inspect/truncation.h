/* truncation.h: what shorter windows would lose of the gradient; as
 * elman_truncation_... in elman_inspect.h. */
#ifndef INSPECT_TRUNCATION_H
#define INSPECT_TRUNCATION_H

#include "elman_inspect.h"

elman_status truncation_begin(const elman_model *model,
                              const elman_batch *batch,
                              const elman_target *target,
                              const elman_loss_config *loss,
                              elman_truncation **truncation);
elman_status truncation_step(elman_truncation *truncation);
void truncation_end(elman_truncation *truncation);

#endif
