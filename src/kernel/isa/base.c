/*
 * base.c: every kernel for any processor, four lanes at a time. Without a
 * fused multiply-add unit the bits are the same, slowly.
 */
#define ISA       base
#define VEC_BYTES 16
#include "kernel/every.h"
