/* planted.c: faults for the harness to find. `planted N` runs fault N alone
 * and must fail; `planted count` says how many there are. */
#include "check.h"

#include "base/status.h"

TEST(nothing_is_wrong)
{
    float got[] = {1, 2}, want[] = {1, 2};
    CHECK(got[0] > 0, "got %g", (double)got[0]);
    CHECK_OK(ELMAN_OK);
    CHECK_FAILS(failure(ELMAN_BAD_VALUE, "hidden_size is 0"), ELMAN_BAD_VALUE,
                "hidden_size");
    CHECK_CLOSE(got, want, 2, 1e-5, 1e-6, "same");
    CHECK_BITS(got, want, 2, "same");
}

TEST(condition_is_false)
{
    volatile int two = 2;
    CHECK(two == 3, "planted %d", two);
}

TEST(call_fails) { CHECK_OK(failure(ELMAN_NO_MEMORY, "planted")); }

TEST(call_succeeds) { CHECK_FAILS(ELMAN_OK, ELMAN_BAD_VALUE, ""); }

TEST(status_is_another)
{
    CHECK_FAILS(failure(ELMAN_BAD_FILE, "planted"), ELMAN_BAD_VALUE, "planted");
}

TEST(message_is_another)
{
    CHECK_FAILS(failure(ELMAN_BAD_VALUE, "planted"), ELMAN_BAD_VALUE, "plant ");
}

TEST(number_is_far)
{
    float got[] = {1, 2.001f}, want[] = {1, 2};
    CHECK_CLOSE(got, want, 2, 1e-5, 1e-6, "planted");
}

TEST(number_is_nan)
{
    float got[] = {NAN}, want[] = {1};
    CHECK_CLOSE(got, want, 1, 1e-5, 1e-6, "planted");
}

TEST(bit_differs)
{
    float got[] = {0.0f}, want[] = {-0.0f};
    CHECK_BITS(got, want, 1, "planted");
}

TEST(write_before_array)
{
    float *array = guarded_floats(3);
    *(volatile float *)(array - 1) = 0;
    guarded_free(array, 3);
}

TEST(write_after_array)
{
    float *array = guarded_floats(3);
    *(volatile float *)(array + 3) = 0;
    guarded_free(array, 3);
}

static const struct CMUnitTest faults[] = {
    cmocka_unit_test(nothing_is_wrong), /* number 0: must pass */
    cmocka_unit_test(condition_is_false), cmocka_unit_test(call_fails),
    cmocka_unit_test(call_succeeds),      cmocka_unit_test(status_is_another),
    cmocka_unit_test(message_is_another), cmocka_unit_test(number_is_far),
    cmocka_unit_test(number_is_nan),      cmocka_unit_test(bit_differs),
    cmocka_unit_test(write_before_array), cmocka_unit_test(write_after_array),
};

int main(int argc, char **argv)
{
    size_t count = sizeof faults / sizeof *faults;
    size_t fault = argc == 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    if (argc == 2 && strcmp(argv[1], "count") == 0)
        return printf("%zu\n", count) < 0;
    if (fault >= count) return 2;
    const struct CMUnitTest one[] = {faults[fault]};
    return cmocka_run_group_tests(one, NULL, NULL);
}
