/* pulse.h: what is cheap enough to look at while training; as elman_pulse_...
 * in elman_inspect.h. */
#ifndef INSPECT_PULSE_H
#define INSPECT_PULSE_H

#include "elman_inspect.h"

elman_status pulse_read(const elman_model *model, const elman_batch *batch,
                        int threads, elman_pulse *pulse);

#endif
