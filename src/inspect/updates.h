/* updates.h: what optimizer steps do to each parameter; as elman_updates_... in
 * elman_inspect.h. */
#ifndef INSPECT_UPDATES_H
#define INSPECT_UPDATES_H

#include "elman_inspect.h"

elman_status updates_begin(elman_trainer *trainer, elman_updates **updates);
elman_status updates_step(elman_updates *updates);
void updates_end(elman_updates *updates);

#endif
