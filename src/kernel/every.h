/*
 * every.h: all kernels for one ISA, and their table. A file in isa/ sets ISA,
 * which is its name, and VEC_BYTES, and includes this.
 */
#ifndef KERNEL_EVERY_H
#define KERNEL_EVERY_H

#define TEXT_NOW(isa) #isa
#define TEXT(isa)     TEXT_NOW(isa)

#include "kernel/kernel.h"
#include "kernel/vec.h"

#include "kernel/activation.h"
#include "kernel/column_sum.h"
#include "kernel/gate.h"
#include "kernel/gemm.h"
#include "kernel/map.h"
#include "kernel/outer.h"
#include "kernel/peak.h"
#include "kernel/reduce.h"
#include "kernel/step.h"
#include "kernel/stream.h"
#include "kernel/update.h"

extern const kernels PASTE(kernels, ISA);
extern const train_kernels PASTE(train_kernels, ISA);

const kernels PASTE(kernels, ISA) = {
    .isa = TEXT(ISA),
#define K(result, name, arguments) .name = KERNEL(name),
#define K_TRAIN(result, name, arguments)
#include "kernel/kernel.def"
#undef K
#undef K_TRAIN
};

const train_kernels PASTE(train_kernels, ISA) = {
#define K(result, name, arguments)
#define K_TRAIN(result, name, arguments) .name = KERNEL(name),
#include "kernel/kernel.def"
#undef K
#undef K_TRAIN
};

#endif
