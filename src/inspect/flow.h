/* flow.h: how far back in time a gradient reaches. */
#ifndef INSPECT_FLOW_H
#define INSPECT_FLOW_H

#include "elman_train.h"

/* elman_flow_read. level counts as in the views layer0, layer1 ... */
elman_status flow_read(const elman_model *model, const elman_batch *batch,
                       size_t level, double *norms);

#endif
