/* attribution.h: which steps and features of an input decided an answer; as
 * elman_attribution_... in elman_inspect.h. */
#ifndef INSPECT_ATTRIBUTION_H
#define INSPECT_ATTRIBUTION_H

#include "elman_inspect.h"

elman_status attribution_begin(const elman_model *model,
                               const elman_batch *batch,
                               const elman_attribution_config *config,
                               elman_attribution **attribution);
elman_status attribution_step(elman_attribution *attribution);
void attribution_end(elman_attribution *attribution);

#endif
