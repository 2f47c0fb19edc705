/*
 * train.c: finds what training adds to a table of kernels. It is a file of its
 * own, and these tables are named nowhere else, so that a program that does not
 * train leaves them out.
 */
#include "kernel/kernel.h"

#include <stdatomic.h>

#define ISA(name, runs)                                                        \
    extern const kernels kernels_##name;                                       \
    extern const train_kernels train_kernels_##name;
#include "kernel/isa.def"
#undef ISA

static _Atomic(const train_kernels *) forced;

void kernels_train_use(const train_kernels *table)
{
    atomic_store(&forced, table);
}

const train_kernels *kernels_train(const kernels *k)
{
    const train_kernels *asked = atomic_load(&forced);
    if (asked) return asked;
#define ISA(name, runs)                                                        \
    if (k == &kernels_##name) return &train_kernels_##name;
#include "kernel/isa.def"
#undef ISA
    return &train_kernels_ref;
}
