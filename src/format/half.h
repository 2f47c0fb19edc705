/*
 * half.h: 16-bit floats made wide. Exact: every one has a float.
 */
#ifndef FORMAT_HALF_H
#define FORMAT_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
static inline float half_widen(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size = exponent == 0 ? ldexpf((float)fraction, -24)
                 : exponent == 31
                     ? (fraction ? NAN : INFINITY)
                     : ldexpf((float)(fraction + 1024), exponent - 25);
    return bits & 0x8000 ? -size : size;
}

/* bfloat16: the upper half of a float. */
static inline float bfloat_widen(uint16_t bits)
{
    uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

#endif
