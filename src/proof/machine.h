/* machine.h: what the library found on this machine. */
#ifndef PROOF_MACHINE_H
#define PROOF_MACHINE_H

#include "elman.h"

/* elman_machine_read. Takes about 20 ms, nearly all for the peak. */
void machine_read(elman_machine *machine);

#endif
