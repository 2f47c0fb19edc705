/* verify.h: checks this build on this machine with random networks. */
#ifndef PROOF_VERIFY_H
#define PROOF_VERIFY_H

#include "elman_train.h"

/* The function behind elman_verify. */
elman_status verify(const elman_verify_config *config,
                    elman_verify_report *report);

#endif
