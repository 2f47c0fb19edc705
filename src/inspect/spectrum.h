/* spectrum.h: eigenvalues and norms of the recurrent matrices; as
 * elman_spectrum_... in elman_inspect.h. */
#ifndef INSPECT_SPECTRUM_H
#define INSPECT_SPECTRUM_H

#include "elman_inspect.h"

elman_status spectrum_begin(const elman_model *model,
                            elman_spectrum **spectrum);
elman_status spectrum_step(elman_spectrum *spectrum);
void spectrum_end(elman_spectrum *spectrum);

#endif
