/*
 * exact.h: refuses compilers that were told to take arithmetic lightly. Sums in
 * another order, a NaN that is assumed not to be, a division that becomes a
 * multiplication: each gives other bits on each machine, and the promise of
 * this library is the same bits on all (docs/NUMERICS.md). What includes
 * elman.h may be compiled in any way, as no arithmetic is in there.
 */
#ifndef BASE_EXACT_H
#define BASE_EXACT_H

#if defined __FAST_MATH__ || defined __ASSOCIATIVE_MATH__ ||                   \
    defined __RECIPROCAL_MATH__ || defined __NO_SIGNED_ZEROS__ ||              \
    defined _M_FP_FAST ||                                                      \
    (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__)
#error                                                                         \
    "elman gives the same bits everywhere, which -ffast-math, -Ofast and their parts take away: compile the library without them; a program that uses it may have them"
#endif

#endif
