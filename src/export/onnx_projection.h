/*
 * onnx_projection.h: a projected LSTM as one without. Its h is P m, where m is
 * what the cell makes, so R = W_hh P gives the same sums from m; and an h to
 * begin from is that of some m.
 */
#ifndef EXPORT_ONNX_PROJECTION_H
#define EXPORT_ONNX_PROJECTION_H

#include "base/status.h"

/* to (N,H) = W (N,R) P (R,H), in double, rounded once. */
void projection_multiply(size_t N, size_t R, size_t H, const float *W,
                         const float *P, float *to);

/* to (R,H) such that the projection of (h to) is h: the smallest such m for
 * each h. ELMAN_BAD_VALUE if the rows of P (R,H) are not independent enough for
 * floats. */
elman_status projection_invert(size_t R, size_t H, const float *P, float *to);

#endif
