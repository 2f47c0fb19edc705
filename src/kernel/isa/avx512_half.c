/*
 * avx512_half.c: steps of cells of few units with AVX-512's masks, but vectors
 * of 32 bytes: a processor divides and adds these in less time, and such a step
 * is one operation waiting for the other. avx512.c's kernels call them.
 */
#define ISA       avx512_half
#define VEC_BYTES 32
#define VEC_MASKS

/* what gate.h has for whole rows is not called here */
#pragma GCC diagnostic ignored "-Wunused-function"

#include "kernel/stream.h"

void lstm_stream_half(const stream_cell *s, const stream_run *r)
{
    KERNEL(lstm_stream)(s, r);
}

void gru_stream_half(const stream_cell *s, const stream_run *r)
{
    KERNEL(gru_stream)(s, r);
}

void rnn_stream_half(const stream_cell *s, const stream_run *r)
{
    KERNEL(rnn_stream)(s, r);
}
