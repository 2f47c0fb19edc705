/*
 * extent.h: sizes that are not known yet. An ONNX graph computes shapes from
 * the shapes of its inputs, where some dimensions are free; every size met in
 * practice is a whole number times a product of free ones.
 */
#ifndef TRACE_EXTENT_H
#define TRACE_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

enum { EXTENT_SYMBOLS = 8 };

typedef struct extent {
    int64_t factor;
    uint8_t power[EXTENT_SYMBOLS]; /* of each free size */
} extent;

/* A number; a free size. */
extent extent_of(int64_t size);
extent extent_free(unsigned symbol);

/* Whether it is a number. */
bool extent_is_plain(const extent *e);
bool extent_is(const extent *e, int64_t size);
bool extent_equal(const extent *a, const extent *b);

/* Arithmetic; false where the result is not such a product or exceeds 64 bits.
 * Division is exact. A difference is known if the powers are equal. */
bool extent_multiply(const extent *a, const extent *b, extent *product);
bool extent_divide(const extent *a, const extent *b, extent *quotient);
bool extent_add(const extent *a, const extent *b, int64_t sign, extent *sum);

#endif
