/*
 * check.h: the field's own checks on top of cmocka. A test file is a list of
 * TEST(sentence) and ends with TESTS(sentence, ...); its main.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elman.h"

/* What holds where a size has 64 bits, and where it has 32. */
#if SIZE_MAX > UINT32_MAX
#define BY_SIZE(wide, narrow) wide
#else
#define BY_SIZE(wide, narrow) narrow
#endif
#define BEYOND_32 "a number that a machine of 32 bits can hold"

#define TEST(sentence)                                                         \
    static void sentence(__attribute__((unused)) void **unused_state)

/* Fails the test with a sentence of one's own. */
#define CHECK(condition, ...)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            print_error("%s:%d: %s: ", __FILE__, __LINE__, #condition);        \
            print_error(__VA_ARGS__);                                          \
            print_error("\n");                                                 \
            fail_test();                                                       \
        }                                                                      \
    } while (0)

/* The sentence of the last failure, as it was before a call: its beginning,
 * where it lists many tensors. */
static _Thread_local char message_before[512];

static inline bool message_stays(void)
{
    size_t most = sizeof message_before - 1;
    return strncmp(message_before, elman_message(), most) == 0;
}

/* The call succeeds, and says nothing of a failure. */
#define CHECK_OK(call)                                                         \
    do {                                                                       \
        (void)snprintf(message_before, sizeof message_before, "%s",            \
                       elman_message());                                       \
        CHECK((call) == ELMAN_OK, "\"%s\"", elman_message());                  \
        CHECK(message_stays(), "it succeeds with \"%s\"", elman_message());    \
    } while (0)

/* The call fails with status and a message that holds part. */
#define CHECK_FAILS(call, status, part)                                        \
    do {                                                                       \
        elman_status got_status = (call);                                      \
        CHECK(got_status == (status), "got status %d", (int)got_status);       \
        CHECK(strstr(elman_message(), (part)) != NULL,                         \
              "message \"%s\" lacks \"%s\"", elman_message(), (part));         \
    } while (0)

/* |got - want| <= atol + rtol |want| for n floats. */
#define CHECK_CLOSE(got, want, n, rtol, atol, ...)                             \
    do {                                                                       \
        size_t at_ = first_far((got), (want), (n), (rtol), (atol));            \
        if (at_ < (size_t)(n)) {                                               \
            print_error("%s:%d: [%zu] got %.9g want %.9g: ", __FILE__,         \
                        __LINE__, at_, (double)(got)[at_],                     \
                        (double)(want)[at_]);                                  \
            print_error(__VA_ARGS__);                                          \
            print_error("\n");                                                 \
            fail_test();                                                       \
        }                                                                      \
    } while (0)

/* The same bits in n floats. */
#define CHECK_BITS(got, want, n, ...)                                          \
    do {                                                                       \
        size_t at_ = first_different((got), (want), (n));                      \
        if (at_ < (size_t)(n)) {                                               \
            print_error("%s:%d: [%zu] got %a want %a: ", __FILE__, __LINE__,   \
                        at_, (double)(got)[at_], (double)(want)[at_]);         \
            print_error(__VA_ARGS__);                                          \
            print_error("\n");                                                 \
            fail_test();                                                       \
        }                                                                      \
    } while (0)

static inline void fail_test(void) { fail(); }

static inline size_t first_far(const float *got, const float *want, size_t n,
                               double rtol, double atol)
{
    for (size_t i = 0; i < n; i++) {
        double far = fabs((double)got[i] - (double)want[i]);
        if (!(far <= atol + rtol * fabs((double)want[i]))) return i;
    }
    return n;
}

static inline size_t first_different(const float *got, const float *want,
                                     size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(got + i, want + i, sizeof *got)) return i;
    return n;
}

/* The seed of a test's random numbers: ELMAN_SEED or 1; printed once. */
static inline uint64_t test_seed(void)
{
    static uint64_t seed;
    if (seed == 0) {
        const char *text = getenv("ELMAN_SEED");
        seed = text ? strtoull(text, NULL, 10) : 1;
        if (seed == 0) seed = 1;
        print_message("ELMAN_SEED=%llu\n", (unsigned long long)seed);
    }
    return seed;
}

/* Numbers in [low, high) that depend on test_seed and on which alone. */
static inline void random_fill(uint64_t which, size_t n, float low, float high,
                               float *values)
{
    uint64_t s = test_seed() * 0x9E3779B97F4A7C15u + which;
    for (size_t i = 0; i < n; i++) { /* splitmix64, Steele et al. 2014 */
        uint64_t z = (s += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        values[i] = low + (high - low) * (float)(z >> 40) * 0x1p-24f;
    }
}

/* n floats with guards on both sides; free with guarded_free, which fails the
 * test if something was written outside. */
enum { GUARD = 16 };
static inline float *guarded_floats(size_t n)
{
    float *block = malloc((n + 2 * GUARD) * sizeof *block);
    if (!block) abort();
    for (size_t i = 0; i < n + 2 * GUARD; i++)
        block[i] = -12345.678f;
    return block + GUARD;
}
static inline void guarded_free(float *floats, size_t n)
{
    for (size_t i = 0; i < GUARD; i++) {
        assert_true(floats[-1 - (ptrdiff_t)i] == -12345.678f);
        assert_true(floats[n + i] == -12345.678f);
    }
    free(floats - GUARD);
}

#endif
