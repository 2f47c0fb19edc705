/* roof.h: what this machine can do at most, measured now. */
#ifndef PROOF_ROOF_H
#define PROOF_ROOF_H

#include "elman.h"

/* elman_roof_read. threads below 1 count as 1, more than the machine has as
 * all. */
elman_status roof_read(int threads, elman_roof *roof);

#endif
