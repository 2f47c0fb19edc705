/* neon.c: every kernel for 64-bit ARM. */
#define ISA       neon
#define VEC_BYTES 16
#define VEC_NEON
#include "kernel/every.h"
