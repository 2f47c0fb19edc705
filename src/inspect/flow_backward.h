/*
 * flow_backward.h: the gradient of an answer goes back from one step alone, so
 * that what arrives elsewhere has come through time.
 */
#ifndef INSPECT_FLOW_BACKWARD_H
#define INSPECT_FLOW_BACKWARD_H

#include "model/model.h"

/* Goes back as model_backward does from the gradient that stands at the output
 * of state. Of a model that gives one vector per sequence, only from the last
 * step of each, where forward directions end, or from_first: from step 0, where
 * reverse ones do. What a layer of kind last took elsewhere is left out; what a
 * layer that pools gives to all steps together is put there, as if it had
 * pooled that step alone. */
elman_status flow_backward(const elman_model *model, elman_state *state,
                           bool from_first);

#endif
