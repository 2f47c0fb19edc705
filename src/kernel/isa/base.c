/*
 * base.c: every kernel for any processor, four lanes at a time. A processor
 * without fused multiply-add gives the same bits, slowly.
 */
#define ISA       base
#define VEC_BYTES 16
#include "kernel/every.h"
