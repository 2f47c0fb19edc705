/*
 * real.c: a reduction that is exact, then a series, in plain double.
 *
 * Uses only +, -, *, / and functions that every C library computes exactly
 * (floor, frexp, ldexp), so the bits depend on the argument alone. The
 * reductions are Cody & Waite's (Software Manual for the Elementary Functions,
 * 1980): ln 2 is split into a part of 32 bits, whose small multiples are exact,
 * and the rest.
 */
#include "base/real.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(FLT_EVAL_METHOD == 0,
               "double must be computed as double; for 32-bit x86 compile "
               "with -msse2 -mfpmath=sse");

static const double LN2_HIGH = 0x1.62e42feep-1;
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double LOG2_E = 0x1.71547652b82fep+0;
static const double PI = 0x1.921fb54442d18p+1;

double real_exp(double x)
{
    if (isnan(x)) return x;
    if (x > 709.79) return INFINITY;
    if (x < -745.14) return 0;

    /* x = n ln 2 + r, |r| < 0.35; r is high - low, lost what rounding cut off
     */
    double n = real_floor(x * LOG2_E + 0.5);
    double high = x - n * LN2_HIGH, low = n * LN2_LOW;
    double r = high - low, lost = (high - r) - low;

    /* e^r = 1 + r + r^2/2 + ...: 13 terms reach 2^-57 */
    double sum = 0;
    for (int k = 13; k > 1; k--)
        sum = (1 + sum) * r / k;
    return ldexp(1 + (r + (r * sum + lost)), (int)n);
}

/* x = m 2^power with sqrt 1/2 <= m < sqrt 2; returns m. */
static double split(double x, int *power)
{
    double m = frexp(x, power);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        --*power;
    }
    return m;
}

double real_log(double x)
{
    if (isnan(x) || x < 0) return NAN;
    if (x == 0) return -INFINITY;
    if (isinf(x)) return x;

    /* log m = 2 atanh s with s = (m - 1) / (m + 1) */
    int n;
    double f = split(x, &n) - 1;
    double s = f / (2 + f), z = s * s;

    /* rest = 2 z/3 + 2 z^2/5 + ...: 11 terms reach 2^-59 */
    static const double term[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,
                                  2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17,
                                  2.0 / 19, 2.0 / 21, 2.0 / 23};
    double rest = 0;
    for (size_t k = sizeof term / sizeof *term; k > 0; k--)
        rest = z * (term[k - 1] + rest);

    /* log m = 2 s + s rest with 2 s = f - s f and s f = f^2/2 - s f^2/2, so
     * that all terms but f and f^2/2 are small */
    double half = 0.5 * f * f;
    double e = n;
    return e * LN2_HIGH + (f - (half - (s * (half + rest) + e * LN2_LOW)));
}

double real_expm1(double x)
{
    if (isnan(x)) return x;
    if (x > 709.79) return INFINITY;
    if (x < -40) return -1;

    /* x = n ln 2 + r as in real_exp, and no 1 that swallows a small r */
    double n = real_floor(x * LOG2_E + 0.5);
    double high = x - n * LN2_HIGH, low = n * LN2_LOW;
    double r = high - low, lost = (high - r) - low;

    /* e^r - 1 = r + r^2 (1/2! + r/3! + ...): up to r^13 / 13! */
    static const double term[] = {
        1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,
        1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
        1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
    double sum = 0;
    for (size_t k = sizeof term / sizeof *term; k > 0; k--)
        sum = term[k - 1] + r * sum;
    double part = r + (r * r * sum + lost);
    if (n == 0) return part;

    /* 2^n (1 + part) - 1; a power that is no double is twice its half */
    double half = ldexp(1, (int)n - 1);
    return 2 * (half * part + (half - 0.5));
}

double real_log1p(double x)
{
    /* 1 + x is rounded: what it lost, over 1 + x, joins the logarithm */
    double sum = 1 + x;
    if (isnan(x) || isinf(x) || sum <= 0) return real_log(sum);
    return real_log(sum) + (x - (sum - 1)) / sum;
}

double real_tanh(double x)
{
    /* (e^2x - 1) / (e^2x + 1), which is 1 to the last digit from 20 on */
    if (isnan(x)) return x;
    double twice = real_expm1(2 * real_min(fabs(x), 20));
    return copysign(twice / (twice + 2), x);
}

/* sin and cos of pi r, for |r| not much above 1/4: Taylor's series, whose
 * terms reach 2^-60. */
static void small_turn(double r, double *sine, double *cosine)
{
    static const double odd[] = {-1.0 / 6,
                                 1.0 / 120,
                                 -1.0 / 5040,
                                 1.0 / 362880,
                                 -1.0 / 39916800,
                                 1.0 / 6227020800,
                                 -1.0 / 1307674368000,
                                 1.0 / 355687428096000};
    static const double even[] = {1.0 / 24,
                                  -1.0 / 720,
                                  1.0 / 40320,
                                  -1.0 / 3628800,
                                  1.0 / 479001600,
                                  -1.0 / 87178291200,
                                  1.0 / 20922789888000,
                                  -1.0 / 6402373705728000};
    enum { TERMS = sizeof odd / sizeof *odd };

    double y = PI * r, z = y * y, s = odd[TERMS - 1], c = even[TERMS - 1];
    for (int k = TERMS - 2; k >= 0; k--) {
        s = odd[k] + z * s;
        c = even[k] + z * c;
    }

    /* 1 - z/2 is rounded: what it lost joins the rest */
    double half = 0.5 * z, high = 1 - half;
    *sine = y + y * (z * s);
    *cosine = high + (((1 - high) - half) + z * (z * c));
}

void real_sin_cos_pi(double x, double *sine, double *cosine)
{
    /* the nearest quarter of half a turn; floor without a call */
    double shifted = 2 * x + 0.5;
    int64_t quarter = (int64_t)shifted;
    quarter -= (double)quarter > shifted;

    double s, c;
    small_turn(x - 0.5 * (double)quarter, &s, &c);

    /* a quarter on, sin becomes cos and cos becomes -sin */
    double swapped_sine = quarter & 1 ? c : s;
    double swapped_cosine = quarter & 1 ? s : c;
    *sine = quarter & 2 ? -swapped_sine : swapped_sine;
    *cosine = (quarter + 1) & 2 ? -swapped_cosine : swapped_cosine;
}

double real_sin_pi(double x)
{
    double sine, cosine;
    real_sin_cos_pi(x, &sine, &cosine);
    return sine;
}

double real_cos_pi(double x)
{
    double sine, cosine;
    real_sin_cos_pi(x, &sine, &cosine);
    return cosine;
}

/* ---- x^y: the logarithm with twice the digits ----------------------------
 *
 * The error of y log x, up to 745 times that of the logarithm, is the relative
 * error of x^y. So the logarithm is a sum of two doubles (Dekker 1971). */
typedef struct pair {
    double high, low;
} pair;

/* a + b and a b with their rounding errors, both exact. */
static pair sum_of(double a, double b)
{
    double high = a + b, part = high - a;
    return (pair){high, (a - (high - part)) + (b - part)};
}

static pair product_of(double a, double b)
{
    const double cut = 0x1p27 + 1;
    double ac = a * cut, bc = b * cut;
    double ah = ac - (ac - a), bh = bc - (bc - b);
    double al = a - ah, bl = b - bh, high = a * b;
    return (pair){high, ((ah * bh - high) + ah * bl + al * bh) + al * bl};
}

/* The same operations on pairs. */
static pair add(pair a, pair b)
{
    pair s = sum_of(a.high, b.high);
    return sum_of(s.high, s.low + (a.low + b.low));
}

static pair multiply(pair a, pair b)
{
    pair p = product_of(a.high, b.high);
    return sum_of(p.high, p.low + (a.high * b.low + a.low * b.high));
}

static pair divide(pair a, pair b)
{
    double q = a.high / b.high;
    pair p = product_of(q, b.high);
    double left = ((a.high - p.high) - p.low) + (a.low - q * b.low);
    return sum_of(q, left / b.high);
}

static pair log_pair(double x)
{
    int n;
    double m = split(x, &n);
    pair s = divide((pair){m - 1, 0}, sum_of(m, 1));
    pair z = multiply(s, s), series = {0, 0};

    /* log m = s (2 + 2 z/3 + 2 z^2/5 + ...), with s as in real_log */
    for (int k = 35; k > 0; k -= 2)
        series = add(divide((pair){2, 0}, (pair){k, 0}), multiply(z, series));

    /* plus n ln 2, with ln 2 in three parts */
    pair power = {n * 0x1.62e42feep-1, 0};
    pair rest = multiply((pair){n, 0},
                         (pair){0x1.a39ef35793c76p-33, 0x1.cc01f97b57a08p-87});
    return add(add(power, rest), multiply(s, series));
}

double real_power(double x, double y)
{
    if (y == 0 || x == 1) return 1;
    double rough = y * real_log(x);
    if (!(fabs(rough) < 800)) return real_exp(rough);

    pair exact = multiply((pair){y, 0}, log_pair(x));
    double value = real_exp(exact.high);
    return isfinite(value) ? value + value * exact.low : value;
}
