/* test_allocator.c: the watched allocator sees every call and fails the ones
 * it should; tests of memory rest on it. */
#include "check.h"

#include "allocator.h"
#include "base/memory.h"

TEST(every_kind_of_allocation_is_counted)
{
    allocator_reset();
    void *blocks[] = {malloc(8), calloc(2, 8), realloc(NULL, 8),
                      block_create(100), text_copy("elman")};
    allocations made = allocator_read();
    assert_int_equal(made.calls, 5);
    assert_int_equal(made.outstanding, 5);

    blocks[0] = realloc(blocks[0], 5000);
    assert_int_equal(allocator_read().calls, 6);
    assert_int_equal(allocator_read().outstanding, 5);

    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        free(blocks[i]);
    free(NULL);
    assert_int_equal(allocator_read().outstanding, 0);
    assert_int_equal(allocator_read().failed, 0);
}

TEST(only_the_allocation_asked_for_fails)
{
    allocator_fail(1, false);
    void *first = malloc(8), *second = malloc(8), *third = block_create(8);
    assert_int_equal(allocator_read().failed, 1);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    free(first);
    block_destroy(third);
    assert_int_equal(allocator_read().outstanding, 0);
}

TEST(all_allocations_after_it_fail_if_asked)
{
    allocator_fail(1, true);
    void *first = malloc(8), *second = malloc(8), *third = block_create(8);
    assert_int_equal(allocator_read().failed, 2);
    assert_non_null(first);
    assert_null(second);
    assert_null(third);
    free(first);
    allocator_reset();
    void *again = text_copy("elman");
    assert_non_null(again);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_allocation_is_counted),
        cmocka_unit_test(only_the_allocation_asked_for_fails),
        cmocka_unit_test(all_allocations_after_it_fail_if_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
