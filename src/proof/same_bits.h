/*
 * same_bits.h: one result, whatever computes it: every instruction set of this
 * machine, 1 to 4 threads, and a batch cut into passes in every possible way.
 */
#ifndef PROOF_SAME_BITS_H
#define PROOF_SAME_BITS_H

#include "proof/trial.h"

/* Runs t in all variants and compares their results. difference (bytes) gets
 * the first that differs, such as "y on avx2, 3 threads, chunks of 2", or is
 * empty. Meanwhile other threads of the process may compute with another
 * instruction set than usual. */
elman_status bits_check(const trial *t, size_t bytes, char *difference);

/* The names of all instruction sets that are compared, separated by spaces. */
void bits_write_isas(size_t bytes, char *names);

#endif
