/*
 * same_bits.h: one result, whatever computes it: every instruction set here,
 * 1 to 4 threads, and every way of cutting a batch into passes.
 */
#ifndef PROOF_SAME_BITS_H
#define PROOF_SAME_BITS_H

#include "proof/trial.h"

/* Runs t in every way and compares. difference (bytes) gets the first: "y on
 * avx2, 3 threads, chunks of 2"; empty if there is none. Other threads of the
 * process may meanwhile compute with another instruction set. */
elman_status bits_check(const trial *t, size_t bytes, char *difference);

/* The names of all instruction sets that are compared, a space between. */
void bits_write_isas(size_t bytes, char *names);

#endif
