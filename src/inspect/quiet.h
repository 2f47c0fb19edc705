/* quiet.h: a model as measurements see it. */
#ifndef INSPECT_QUIET_H
#define INSPECT_QUIET_H

#include "model/model.h"

/* Whether measurements know what the model is made of: all but a repeat, behind
 * which steps are none of the sequence's own. */
elman_status inspect_check(const elman_model *model);

/* A view of model that computes as in evaluation even in a training state, so
 * that gradients can be had of it: without dropout and recurrent dropout, and
 * with zoneout's expectation in place of its draws (a gradient then goes back
 * through that expectation). States are made for the view, forward and backward
 * are called with it; weights and all else are the model's own, so it must
 * outlive the view. Fails for want of memory, and with inspect_check. */
elman_status quiet_create(const elman_model *model, elman_model **quiet);
void quiet_destroy(elman_model *quiet);

/* A view of model that reads and gives time first, whatever the model says:
 * datasets make their batches so. The layers are the model's own as well, which
 * must outlive the view. Fails for want of memory alone. */
elman_status time_first_create(const elman_model *model, elman_model **view);
void time_first_destroy(elman_model *view);

#endif
