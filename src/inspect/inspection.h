/* inspection.h: all measurements of a model and its data; as
 * elman_inspection_... in elman_inspect.h. */
#ifndef INSPECT_INSPECTION_H
#define INSPECT_INSPECTION_H

#include "elman_inspect.h"

elman_status inspection_begin(const elman_model *model,
                              const elman_dataset *dataset,
                              const elman_inspection_config *config,
                              elman_inspection **inspection);
elman_status inspection_step(elman_inspection *inspection);
void inspection_end(elman_inspection *inspection);

#endif
