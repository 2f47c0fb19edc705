/* contributions.h: what each step adds to the gradient of each parameter; as
 * elman_contributions_... in elman_inspect.h. */
#ifndef INSPECT_CONTRIBUTIONS_H
#define INSPECT_CONTRIBUTIONS_H

#include "elman_inspect.h"

elman_status contributions_begin(const elman_model *model,
                                 const elman_batch *batch,
                                 const elman_target *target,
                                 const elman_loss_config *loss,
                                 elman_contributions **contributions);
elman_status contributions_step(elman_contributions *contributions);
void contributions_end(elman_contributions *contributions);
elman_status contributions_read(const elman_contributions *contributions,
                                size_t index, size_t t, float *values);

#endif
