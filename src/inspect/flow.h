/* flow.h: how far back in time a gradient reaches; as elman_flow_... in
 * elman_inspect.h. */
#ifndef INSPECT_FLOW_H
#define INSPECT_FLOW_H

#include "elman_inspect.h"

elman_status flow_read(const elman_model *model, const elman_batch *batch,
                       size_t level, double *norms);
elman_status flow_begin(const elman_model *model, const elman_batch *batch,
                        const elman_flow_config *config, elman_flow **flow);
elman_status flow_step(elman_flow *flow);
void flow_end(elman_flow *flow);

#endif
