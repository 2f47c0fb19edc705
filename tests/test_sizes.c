/*
 * test_sizes.c: a file that comes from a larger machine. Numbers over 32 bits
 * are what they are where a size has 64, and a sentence where it has 32; they
 * never become other numbers.
 */
#include "check.h"
#include "folder.h"

#include <inttypes.h>

#include "elman_train.h"

#include "data/encoding.h"
#include "model/config_text.h"

static const uint64_t large[] = {
    (uint64_t)1 << 32,       ((uint64_t)1 << 32) + 4, ((uint64_t)1 << 33) + 1,
    ((uint64_t)1 << 40) + 3, (uint64_t)1 << 61,
};
enum { LARGE = sizeof large / sizeof *large };

#define FORECAST                                                               \
    "{\"version\":1,\"task\":\"forecast\",\"mean\":[0],\"scale\":[1],"         \
    "\"target_mean\":[0],\"target_scale\":[1],\"window\":2,\"horizon\":1,"

TEST(an_encoding_keeps_its_numbers_or_is_refused)
{
    for (int i = 0; i < LARGE; i++) {
        elman_encoding *e = NULL;
        char text[300];
        snprintf(text, sizeof text, FORECAST "\"steps\":%" PRIu64 "}",
                 large[i]);
        if (large[i] > SIZE_MAX) {
            CHECK_FAILS(encoding_create(text, &e), ELMAN_BAD_FORMAT,
                        "steps is not " BEYOND_32);
            assert_null(e);
            continue;
        }
        CHECK_OK(encoding_create(text, &e));
        assert_true(e->steps == large[i]);
        encoding_destroy(e);
    }
}

TEST(a_configuration_keeps_its_numbers_or_is_refused)
{
    for (int i = 0; i < LARGE; i++) {
        elman_config config;
        char text[200];
        snprintf(text, sizeof text,
                 "{\"input_size\":%" PRIu64 ",\"layers\":[{\"kind\":\"gru\","
                 "\"hidden_size\":4}]}",
                 large[i]);
        if (large[i] > SIZE_MAX) {
            CHECK_FAILS(config_from_text(text, &config), ELMAN_BAD_FORMAT,
                        "input_size is not " BEYOND_32);
            continue;
        }
        CHECK_OK(config_from_text(text, &config));
        assert_true(config.input_size == large[i]);
    }
}

/* A file of that many bytes that takes no room; NULL where that is refused. */
static const char *make_hole(uint64_t bytes)
{
    const char *path = put_bytes("hole.csv", "a,b\n1,2\n", 8);
    return truncate(path, (off_t)bytes) == 0 ? path : NULL;
}

TEST(a_file_larger_than_memory_can_be_is_refused)
{
    for (int i = 0; i < LARGE && SIZE_MAX == UINT32_MAX; i++) {
        elman_model *m = NULL;
        elman_dataset *d = NULL;
        const char *path = make_hole(large[i]);
        if (!path) continue;
        CHECK_FAILS(elman_model_load(path, &m), ELMAN_NO_MEMORY, "too large");
        CHECK_FAILS(elman_dataset_open(path, &(elman_dataset_config){0}, &d),
                    ELMAN_NO_MEMORY, "too large");
        assert_null(m);
        assert_null(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_encoding_keeps_its_numbers_or_is_refused),
        cmocka_unit_test(a_configuration_keeps_its_numbers_or_is_refused),
        cmocka_unit_test(a_file_larger_than_memory_can_be_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
