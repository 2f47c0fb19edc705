/* fixed_points.h: states that a constant input leaves where they are; as
 * elman_fixed_points_... in elman_inspect.h. */
#ifndef INSPECT_FIXED_POINTS_H
#define INSPECT_FIXED_POINTS_H

#include "elman_inspect.h"

elman_status fixed_points_begin(const elman_model *model,
                                const elman_batch *batch,
                                const elman_fixed_points_config *config,
                                elman_fixed_points **points);
elman_status fixed_points_step(elman_fixed_points *points);
void fixed_points_end(elman_fixed_points *points);
elman_status fixed_points_jacobian(const elman_fixed_points *points,
                                   size_t index, double *matrix);

#endif
