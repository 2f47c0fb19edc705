/* avx2.c: every kernel for x86 with AVX2 and FMA. */
#define ISA       avx2
#define VEC_BYTES 32
#include "kernel/every.h"
