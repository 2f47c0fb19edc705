/* units.h: every unit at every step, and what it tells; as elman_units_... in
 * elman_inspect.h. */
#ifndef INSPECT_UNITS_H
#define INSPECT_UNITS_H

#include "elman_inspect.h"

elman_status units_begin(const elman_model *model, const elman_batch *batch,
                         size_t sequence, const elman_property *properties,
                         size_t count, elman_units **units);
elman_status units_step(elman_units *units);
void units_end(elman_units *units);

#endif
