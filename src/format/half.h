/*
 * half.h: 16-bit floats made wide, which is exact, and back.
 */
#ifndef FORMAT_HALF_H
#define FORMAT_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/real.h"

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

/* The nearest binary16, of two the even one; infinity beyond the largest. */
static inline uint16_t half_narrow(double value)
{
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    double size = fabs(value);
    int exponent;

    if (isnan(value)) return 0x7E00;
    if (size == 0) return sign; /* whose exponent frexp gives as 0 */
    if (size >= 65520) return (uint16_t)(sign | 0x7C00);

    /* size in units of its last fraction bit; below 2^-14 that stays the same
     */
    frexp(size, &exponent);
    if (exponent < -13) exponent = -13;
    double units = ldexp(size, 11 - exponent), whole = real_floor(units);
    double rest = units - whole;

    /* half a unit rounds to even */
    uint32_t fraction = (uint32_t)whole;
    if (rest > 0.5 || (rest == 0.5 && (fraction & 1))) fraction++;

    /* the leading bit of fraction adds 1 to the exponent's field */
    return (uint16_t)(sign | (((uint32_t)(exponent + 13) << 10) + fraction));
}

#endif
