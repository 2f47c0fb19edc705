/* horizon.h: how a gradient changes on its way back, in a few numbers. */
#ifndef INSPECT_HORIZON_H
#define INSPECT_HORIZON_H

#include "elman_inspect.h"

/* Reads norms (T), which are borrowed: the norm of a gradient that has gone
 * back 0, 1 ... T - 1 steps. T may be 0. */
elman_horizon horizon_of(size_t T, const double *norms);

/* Of a cell with a c, what it keeps goes from c to c, and h may fade at once:
 * the one that reaches further counts. Whether that is c; and its horizon. */
bool horizon_by_c(const elman_flow_level *level);
const elman_horizon *horizon_of_level(const elman_flow_level *level);

/* Gives both of them the one verdict of the level: that of the one that counts,
 * but exploding where either explodes. */
void horizon_agree(elman_flow_level *level);

#endif
