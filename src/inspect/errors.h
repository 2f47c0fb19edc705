/* errors.h: where a model is wrong on data; as elman_errors_... in
 * elman_inspect.h. */
#ifndef INSPECT_ERRORS_H
#define INSPECT_ERRORS_H

#include "elman_inspect.h"

elman_status errors_begin(const elman_model *model,
                          const elman_dataset *dataset, elman_part part,
                          const elman_trainer_config *config,
                          elman_errors **errors);
elman_status errors_step(elman_errors *errors);
void errors_end(elman_errors *errors);

#endif
