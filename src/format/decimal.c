/*
 * decimal.c: see decimal.h. A first double comes from arithmetic in double, a
 * few last places off at most; then the number is compared with the middle
 * between two doubles, in whole numbers and exactly, until it lies between the
 * right ones ("algorithm R": Clinger, How to read floating point numbers
 * accurately, 1990). No strtod: its locale is the program's, and that of some
 * systems rounds wrongly.
 */
#include "format/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* More digits than the longest exact middle between two doubles has, 768. What
 * lies beyond them only says whether the number is a little more. */
enum { DIGITS = 800, LIMBS = 96 };

/* Beyond these powers of ten every number is infinite or zero. */
enum { LARGEST_POWER = 310, LEAST_POWER = -330 };

/* ---- Whole numbers of any size ------------------------------------------- */

/* Limbs from the least on; without leading zeros, so 0 has none. The largest
 * number needed is 10^801 or about 2^2660. */
typedef struct whole {
    uint32_t limb[LIMBS];
    size_t count;
} whole;

/* n = n * factor + more */
static void multiply(whole *n, uint32_t factor, uint32_t more)
{
    uint64_t carry = more;
    for (size_t i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * factor;
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) n->limb[n->count++] = (uint32_t)carry;
}

static void multiply_by_fives(whole *n, int64_t power)
{
    static const uint32_t fives[] = {
        1,     5,      25,      125,     625,      3125,      15625,
        78125, 390625, 1953125, 9765625, 48828125, 244140625, 1220703125};
    for (; power >= 13; power -= 13)
        multiply(n, fives[13], 0);
    if (power > 0) multiply(n, fives[power], 0);
}

static void shift_left(whole *n, size_t bits)
{
    const size_t limbs = bits / 32;
    if (bits % 32) multiply(n, (uint32_t)1 << bits % 32, 0);
    if (!n->count || !limbs) return;

    memmove(n->limb + limbs, n->limb, n->count * sizeof *n->limb);
    memset(n->limb, 0, limbs * sizeof *n->limb);
    n->count += limbs;
}

/* Less than, equal to or more than 0, as a is to b. */
static int compare(const whole *a, const whole *b)
{
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (size_t i = a->count; i-- > 0;)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* ---- The digits ---------------------------------------------------------- */

/* digits x 10^exponent */
typedef struct number {
    whole digits;
    size_t count;     /* decimal digits */
    int64_t exponent; /* of ten */
    uint64_t front;   /* the first digits, as many as it holds ... */
    size_t behind;    /* ... and how many follow them */
} number;

static void take_digits(number *x, const char *first, const char *end)
{
    enum { FRONT = 19 };
    bool more = false;

    uint32_t part = 0, power = 1; /* digits not in x->digits yet, 10^(theirs) */
    for (const char *c = first; c < end; c++) {
        if (*c == '.' || (*c == '0' && !x->count)) continue;
        const uint32_t digit = (uint32_t)(*c - '0');

        if (x->count == DIGITS) {
            x->exponent++;
            more |= digit > 0;
            continue;
        }
        x->count++;
        if (x->count <= FRONT) x->front = x->front * 10 + digit;
        else x->behind++;

        /* nine digits at a time are as cheap as one */
        part = part * 10 + digit;
        power *= 10;
        if (power < 1000000000) continue;
        multiply(&x->digits, power, part);
        part = 0;
        power = 1;
    }
    multiply(&x->digits, power, part);

    /* a last digit stands for all that were left out */
    if (!more) return;
    multiply(&x->digits, 10, 1);
    x->count++;
    x->behind++;
    x->exponent--;
}

/* A double near x, but finite. */
static double guess(const number *x)
{
    static const double tens[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
        1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21};
    double near = (double)x->front;
    int64_t power = x->exponent + (int64_t)x->behind;
    for (; power >= 22; power -= 22)
        near *= 1e22;
    for (; power <= -22; power += 22)
        near /= 1e22;
    if (power > 0) near *= tens[power];
    else near /= tens[-power];
    return near <= 0x1.fffffffffffffp+1023 ? near : 0x1.fffffffffffffp+1023;
}

/* Where x is, beside the middle between the double of these bits and the next
 * larger one: compare's sign. */
static int compare_with_middle(const number *x, uint64_t bits)
{
    /* the double is m 2^q, the middle (2 m + 1) 2^(q - 1) */
    const uint64_t hidden = (uint64_t)1 << 52;
    const int stored = (int)(bits >> 52);
    const uint64_t fraction = bits & (hidden - 1);
    const uint64_t twice = 2 * (stored ? fraction | hidden : fraction) + 1;
    const int64_t power = (stored ? stored : 1) - 1076;

    whole left, right;
    left.count = x->digits.count;
    memcpy(left.limb, x->digits.limb, left.count * sizeof *left.limb);
    right.limb[0] = (uint32_t)twice;
    right.limb[1] = (uint32_t)(twice >> 32);
    right.count = 1 + (right.limb[1] > 0);

    /* 10^e is 5^e 2^e; negative powers go to the other side */
    multiply_by_fives(&left, x->exponent);
    multiply_by_fives(&right, -x->exponent);
    const int64_t shift = x->exponent - power;
    shift_left(shift > 0 ? &left : &right,
               (size_t)(shift > 0 ? shift : -shift));
    return compare(&left, &right);
}

double decimal_nearest(const char *first, const char *end, int64_t exponent)
{
    number x;
    x.digits.count = x.count = x.behind = 0;
    x.exponent = exponent;
    x.front = 0;
    take_digits(&x, first, end);
    const int64_t above = x.exponent + (int64_t)x.count;
    if (!x.count || above < LEAST_POWER) return 0;
    if (above > LARGEST_POWER) return INFINITY;

    double near = guess(&x);
    uint64_t bits;
    memcpy(&bits, &near, sizeof bits);

    /* doubles of one sign are in the order of their bits, infinity last */
    const uint64_t infinite = (uint64_t)0x7ff << 52;
    while (bits < infinite) {
        const int up = compare_with_middle(&x, bits);
        if (up > 0 || (up == 0 && bits & 1)) {
            bits++;
            continue;
        }
        const int down = bits ? compare_with_middle(&x, bits - 1) : 1;
        if (down > 0 || (down == 0 && !(bits & 1))) break;
        bits--;
    }
    memcpy(&near, &bits, sizeof near);
    return near;
}
