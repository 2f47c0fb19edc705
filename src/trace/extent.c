/* extent.c: arithmetic of sizes with free factors. */
#include "trace/extent.h"

#include <string.h>

extent extent_of(int64_t size) { return (extent){.factor = size}; }

extent extent_free(unsigned symbol)
{
    extent e = {.factor = 1};
    e.power[symbol] = 1;
    return e;
}

static bool same_powers(const extent *a, const extent *b)
{
    return memcmp(a->power, b->power, sizeof a->power) == 0;
}

bool extent_is_plain(const extent *e)
{
    static const extent plain;
    return e->factor == 0 || same_powers(e, &plain);
}

bool extent_is(const extent *e, int64_t size)
{
    return extent_is_plain(e) && e->factor == size;
}

bool extent_equal(const extent *a, const extent *b)
{
    return a->factor == b->factor && (a->factor == 0 || same_powers(a, b));
}

bool extent_multiply(const extent *a, const extent *b, extent *product)
{
    extent made = {0};
    if (__builtin_mul_overflow(a->factor, b->factor, &made.factor))
        return false;
    for (int i = 0; i < EXTENT_SYMBOLS; i++) {
        unsigned power = (unsigned)a->power[i] + b->power[i];
        if (power > UINT8_MAX) return false;
        made.power[i] = (uint8_t)power;
    }
    *product = made;
    return true;
}

bool extent_divide(const extent *a, const extent *b, extent *quotient)
{
    if (b->factor == 0 || (a->factor == INT64_MIN && b->factor == -1) ||
        a->factor % b->factor)
        return false;
    extent made = {.factor = a->factor / b->factor};
    for (int i = 0; i < EXTENT_SYMBOLS; i++) {
        if (a->power[i] < b->power[i]) return false;
        made.power[i] = (uint8_t)(a->power[i] - b->power[i]);
    }
    *quotient = made;
    return true;
}

bool extent_add(const extent *a, const extent *b, int64_t sign, extent *sum)
{
    extent made = a->factor ? *a : *b;
    int64_t part;
    if (a->factor && b->factor && !same_powers(a, b)) return false;
    if (__builtin_mul_overflow(b->factor, sign, &part) ||
        __builtin_add_overflow(a->factor, part, &made.factor))
        return false;
    *sum = made;
    return true;
}
