/*
 * decimal.h: the double nearest to a decimal number of any length, the same on
 * every system.
 */
#ifndef FORMAT_DECIMAL_H
#define FORMAT_DECIMAL_H

#include <stdint.h>

/* The double nearest to digits x 10^exponent, a tie to the even one; infinity
 * beyond all doubles. digits are those from first to end as one integer, in
 * which a point is skipped. */
double decimal_nearest(const char *first, const char *end, int64_t exponent);

#endif
