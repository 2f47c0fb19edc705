/* machine.h: what the library finds on this machine. */
#ifndef PROOF_MACHINE_H
#define PROOF_MACHINE_H

#include "elman.h"

/* The function behind elman_machine_read. It takes about 20 ms, nearly all for
 * the peak. */
void machine_read(elman_machine *machine);

#endif
