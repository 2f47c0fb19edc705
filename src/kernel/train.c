/*
 * train.c: finds what training adds to a table of kernels. It is a file of its
 * own, and these tables are named nowhere else, so that a program that does not
 * train leaves them out.
 */
#include "kernel/kernel.h"

#define ISA(name, runs)                                                        \
    extern const kernels kernels_##name;                                       \
    extern const train_kernels train_kernels_##name;
#include "kernel/isa.def"
#undef ISA

const train_kernels *kernels_train(const kernels *k)
{
#define ISA(name, runs)                                                        \
    if (k == &kernels_##name) return &train_kernels_##name;
#include "kernel/isa.def"
#undef ISA
    return &train_kernels_ref;
}
