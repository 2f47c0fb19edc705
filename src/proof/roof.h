/* roof.h: the most that this machine can do, measured now. */
#ifndef PROOF_ROOF_H
#define PROOF_ROOF_H

#include "elman.h"

/* The function behind elman_roof_read. Fewer threads than 1 count as 1, more
 * than the machine has as all of them. */
elman_status roof_read(int threads, elman_roof *roof);

#endif
