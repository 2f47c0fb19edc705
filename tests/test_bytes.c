/*
 * test_bytes.c: numbers of bytes as people write them on a command line.
 */
#include "../cli/bytes.h"

#include "base/bytes.h"

#include "check.h"

#include <string.h>

#define K UINT64_C(1024)

TEST(bytes_are_read_as_people_write_them)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } all[] = {{"512M", 512 * K * K},
               {"512m", 512 * K * K},
               {"512Mi", 512 * K * K},
               {"512MiB", 512 * K * K},
               {"512MB", 512000000},
               {"512 MB", 512000000},
               {"512mb", 512000000},
               {"0.5G", 512 * K * K},
               {".5g", 512 * K * K},
               {"1.5GiB", 1536 * K * K},
               {"2g", 2 * K * K * K},
               {"1.5GB", 1500000000},
               {"0.29MB", 290000},
               {"64k", 64 * K},
               {"64kB", 64000},
               {"1e9", 1000000000},
               {"1E6", 1000000},
               {"2.5e-1K", 256},
               {"536870912", 536870912},
               {"536870912B", 536870912},
               {"007", 7},
               {"1", 1}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t bytes = 0;
        CHECK(bytes_read(all[i].text, &bytes), "%s is refused", all[i].text);
        CHECK(bytes == all[i].bytes, "%s: %llu, expected %llu", all[i].text,
              (unsigned long long)bytes, (unsigned long long)all[i].bytes);
    }

    /* a number that the program printed */
    for (uint64_t bytes = 1; bytes < UINT64_C(1) << 30; bytes = bytes * 3 + 1) {
        char text[24];
        uint64_t read = 0;
        snprintf(text, sizeof text, "%llu", (unsigned long long)bytes);
        assert_true(bytes_read(text, &read) && read == bytes);
    }
}

TEST(what_is_no_number_of_bytes_is_refused)
{
    static const char *const all[] = {
        "",    " ",  "0",   "0K",   "-1",   "+1",      "0.4",  "5X",   "1e400",
        "0x8", "1e", "K",   ".",    "nan",  "inf",     "1MM",  "1KBB", "1Bi",
        " 1",  "1 ", "1G ", "1  G", "1,5G", "512 M B", "1e30", "9e18K"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t bytes = 77;
        CHECK(!bytes_read(all[i], &bytes) && bytes == 77, "'%s' is %llu",
              all[i], (unsigned long long)bytes);
    }
}

TEST(the_least_in_words_is_enough_when_it_is_read)
{
    uint64_t bytes = 1, step = 1, read = 0;
    for (; bytes < UINT64_C(900000000000000); bytes += step) {
        step = bytes / 1013 + 1;
        byte_words words = bytes_at_least(bytes);
        if (strstr(words.text, "bytes")) continue;
        CHECK(bytes_read(words.text, &read), "%s", words.text);
        CHECK(read >= bytes && read - bytes <= bytes / 10, "%llu: %s",
              (unsigned long long)bytes, words.text);
    }
    assert_string_equal(bytes_at_least(85300).text, "85.3 kB");
    assert_string_equal(bytes_at_least(85301).text, "85.4 kB");
    assert_string_equal(bytes_at_least(999).text, "999 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_number_of_bytes_is_refused),
        cmocka_unit_test(the_least_in_words_is_enough_when_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
