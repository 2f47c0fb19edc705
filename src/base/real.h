/*
 * real.h: exp, log, cos, sin and power in double, from +, -, *, / alone, so
 * that they give the same bits with every compiler and C library. For scalars
 * off the hot path: losses, schedules, initial weights. The error is at most
 * about 2 ulp of double.
 */
#ifndef BASE_REAL_H
#define BASE_REAL_H

#include "base/exact.h"

double real_exp(double x);
double real_log(double x);    /* -inf at 0, NaN below */
double real_cos_pi(double x); /* cos(pi x), |x| < 2^50 */
double real_sin_pi(double x); /* sin(pi x), |x| < 2^50 */
void real_sin_cos_pi(double x, double *sine, double *cosine); /* both */
double real_power(double x, double y); /* x^y for x > 0 */

#endif
