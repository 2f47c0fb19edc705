/*
 * real.h: exp, log, tanh, cos, sin and power in double, from +, -, *, / alone,
 * so that they give the same bits with every compiler and C library, and a
 * program needs no library of mathematics. For scalars off the hot path:
 * losses, schedules, initial weights, the reference. The error is at most about
 * 2 ulp of double, of expm1, log1p and tanh 3.
 */
#ifndef BASE_REAL_H
#define BASE_REAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/exact.h"

double real_exp(double x);
double real_log(double x);   /* -inf at 0, NaN below */
double real_expm1(double x); /* exp(x) - 1, exact to the digit near 0 */
double real_log1p(double x); /* log(1 + x), likewise; -inf at -1 */
double real_tanh(double x);
double real_cos_pi(double x); /* cos(pi x), |x| < 2^50 */
double real_sin_pi(double x); /* sin(pi x), |x| < 2^50 */
void real_sin_cos_pi(double x, double *sine, double *cosine); /* both */
double real_power(double x, double y); /* x^y for x > 0 */

/* The whole number next below and above; they are instructions on most
 * processors, but no compiler may count on them on the oldest x86. */
static inline double real_floor(double x)
{
    if (!(x > -0x1p52 && x < 0x1p52)) return x;
    double whole = (double)(int64_t)x;
    return whole - (whole > x);
}

static inline double real_ceil(double x) { return -real_floor(-x); }

/* The nearest whole number, of two as near the even one. */
static inline double real_nearest(double x)
{
    double below = real_floor(x), rest = x - below;
    bool odd = 2 * real_floor(below / 2) != below;
    return below + (rest > 0.5 || (rest == 0.5 && odd));
}

/* The larger and the smaller of two; of a number and a NaN the number. */
static inline double real_max(double a, double b)
{
    return a < b || a != a ? b : a;
}

static inline double real_min(double a, double b)
{
    return a > b || a != a ? b : a;
}

#endif
