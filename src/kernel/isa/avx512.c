/* avx512.c: every kernel for x86 with AVX-512 F, VL, DQ and BW. */
#define ISA       avx512
#define VEC_BYTES 64
#include "kernel/every.h"
