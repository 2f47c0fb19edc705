/*
 * number.c: decimal numbers in text.
 *
 * Up to 15 digits and powers of ten up to 22 are exact in double, so that one
 * multiplication or division rounds correctly (Clinger 1990). All others go to
 * decimal.c.
 */
#include "format/number.h"

#include "format/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

enum { EXACT_DIGITS = 15, EXACT_POWER = 22 };

/* No text is so long that its digits could make up for such a power. */
static const int64_t farthest = (int64_t)1 << 59;

static const double powers[EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* A number as written: mantissa x 10^exponent. */
typedef struct decimal {
    uint64_t mantissa; /* of the first digits */
    int digits;        /* after leading zeros; EXACT_DIGITS + 1 for more */
    int64_t exponent;
} decimal;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void take_digit(decimal *d, char c, bool fraction)
{
    if (d->digits > 0 || c != '0') d->digits += d->digits <= EXACT_DIGITS;
    if (d->digits <= EXACT_DIGITS)
        d->mantissa = d->mantissa * 10 + (uint64_t)(c - '0');
    d->exponent -= fraction;
}

/* Takes the digits at c before and after a point; the end of them. */
static const char *take_digits(const char *c, decimal *d, size_t *digit_count)
{
    const char *first = c;
    uint64_t mantissa = 0;
    size_t behind = 0;

    for (; is_digit(*c); c++)
        mantissa = mantissa * 10 + (uint64_t)(*c - '0');
    *digit_count = (size_t)(c - first);
    if (*c == '.') {
        for (c++; is_digit(*c); c++, behind++)
            mantissa = mantissa * 10 + (uint64_t)(*c - '0');
        *digit_count += behind;
    }

    /* few digits, as nearly always, are exact at once */
    if (*digit_count <= EXACT_DIGITS) {
        *d = (decimal){mantissa, mantissa ? (int)*digit_count : 0,
                       -(int64_t)behind};
        return c;
    }

    for (const char *at = first; at < c && *at != '.'; at++)
        take_digit(d, *at, false);
    for (const char *at = c - behind; at < c; at++)
        take_digit(d, *at, true);
    return c;
}

/* The end of the number at c, or NULL if there are no digits. */
static const char *scan(const char *c, decimal *d)
{
    const char *first = c;
    size_t digit_count = 0;
    c = take_digits(c, d, &digit_count);
    if (digit_count == 0) return NULL;
    if (c - first == 1 && *first == '.') return NULL;

    /* an exponent, if digits follow its letter */
    const char *e = c + 1;
    bool minus = *c && *e == '-';
    if (*c != 'e' && *c != 'E') return c;
    e += *e == '-' || *e == '+';
    if (!is_digit(*e)) return c;
    int64_t power = 0;
    for (; is_digit(*e); e++)
        if (power < farthest) power = power * 10 + (*e - '0');

    d->exponent += minus ? -power : power;
    return e;
}

number_kind number_read(const char *text, const char **end, double *value)
{
    const char *c = text;
    bool minus = *c == '-';
    c += *c == '-' || *c == '+';

    *value = NAN;
    *end = text;
    bool nan = (*c == 'n' || *c == 'N') && !strncasecmp(c, "nan", 3);
    if (nan || text[0] == '?') {
        *end = text[0] == '?' ? text + 1 : c + 3;
        return NUMBER_MISSING;
    }

    decimal d = {0};
    const char *last = scan(c, &d), *digits_end = c;
    if (!last) return NUMBER_NONE;
    *end = last;

    /* zero keeps its sign */
    if (d.digits == 0) {
        *value = minus ? -0.0 : 0.0;
        return NUMBER_VALUE;
    }

    /* one multiplication or division where that rounds correctly */
    double exact = (double)d.mantissa;
    if (d.digits > EXACT_DIGITS || d.exponent > EXACT_POWER ||
        d.exponent < -EXACT_POWER) {
        while (digits_end < last && *digits_end != 'e' && *digits_end != 'E')
            digits_end++;
        exact = decimal_nearest(c, digits_end, d.exponent);
    } else
        exact = d.exponent < 0 ? exact / powers[-d.exponent]
                               : exact * powers[d.exponent];

    if (isinf(exact)) return NUMBER_TOO_LARGE;
    *value = minus ? -exact : exact;
    return NUMBER_VALUE;
}

number_kind number_parse(const char *text, double *value)
{
    while (*text == ' ' || *text == '\t')
        text++;

    const char *end;
    number_kind kind = number_read(text, &end, value);
    while (*end == ' ' || *end == '\t')
        end++;

    if (*end == 0) return kind;
    *value = NAN;
    return NUMBER_NONE;
}
