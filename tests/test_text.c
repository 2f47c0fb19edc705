/*
 * test_text.c: texts as people have them: bytes that are no UTF-8, other
 * encodings, line ends of other systems, characters that a model has not seen.
 */
#include "dataset.h"

#include <string.h>

/* The text of the first fact of that name, or "". */
static const char *fact_of(const elman_dataset *d, const char *name)
{
    size_t count = 0;
    const elman_fact *f = dataset_facts(d, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(f[i].name, name)) return f[i].text;
    return "";
}

static size_t token_count(const elman_dataset *d)
{
    size_t count = 0;
    for (int part = 0; part <= ELMAN_PART_TEST; part++)
        count += dataset_size(d, (elman_part)part);
    return count;
}

/* Opens bytes as a text of auto unit with these fields. */
static elman_dataset *read_text(const char *bytes, size_t size,
                                elman_dataset_config config)
{
    elman_dataset *d = NULL;
    CHECK_OK(dataset_read("t.txt", bytes, size, &config, &d));
    return d;
}

#define READ(bytes, ...)                                                       \
    read_text(bytes, sizeof(bytes) - 1, (elman_dataset_config){__VA_ARGS__})

static void bad_bytes_are_named_and_treated_as_asked(void **state)
{
    (void)state;
    static const char text[] = "gr\xC3\xBC\xC3\x9F dich, it\x92s me\n";

    /* replaced: still characters, and said where */
    elman_dataset *d = READ(text, 0);
    assert_int_equal(dataset_encoding(d)->unit, ELMAN_UNIT_CHARACTERS);
    assert_int_equal(token_count(d), 19);
    assert_non_null(strstr(fact_of(d, "file"), "0x92"));
    dataset_close(d);

    /* kept: bytes */
    d = READ(text, .bad_bytes = ELMAN_BAD_BYTES_KEEP);
    assert_int_equal(dataset_encoding(d)->unit, ELMAN_UNIT_BYTES);
    assert_int_equal(token_count(d), sizeof text - 1);
    dataset_close(d);

    elman_dataset_config config = {.bad_bytes = ELMAN_BAD_BYTES_REFUSE};
    CHECK_FAILS(dataset_read("t.txt", text, sizeof text - 1, &config, &d),
                ELMAN_BAD_FORMAT, "0x92");
    config = (elman_dataset_config){.bad_bytes = ELMAN_BAD_BYTES_KEEP,
                                    .unit = ELMAN_UNIT_CHARACTERS};
    CHECK_FAILS(dataset_read("t.txt", text, sizeof text - 1, &config, &d),
                ELMAN_BAD_VALUE, "unit is not bytes");

    /* so many that it must be another encoding */
    char gbk[120];
    for (size_t i = 0; i < sizeof gbk; i++)
        gbk[i] = "\xD6\xD0\xCE\xC4\xB1\n"[i % 6];
    config = (elman_dataset_config){0};
    CHECK_FAILS(dataset_read("t.txt", gbk, sizeof gbk, &config, &d),
                ELMAN_BAD_FORMAT, "--encoding");
    d = NULL;
    config.text_encoding = "UTF-8";
    CHECK_OK(dataset_read("t.txt", gbk, sizeof gbk, &config, &d));
    dataset_close(d);
}

static void other_encodings_are_the_same_text(void **state)
{
    (void)state;
    static const char utf16[] = "\xFF\xFE"
                                "a\0\xE4\0b\0\n\0a\0\xE4\0b\0\n\0";
    static const char latin[] = "f\xFCr M\xE4nner und f\xFCr "
                                "H\xF6hlen, sch\xF6n\n";
    elman_dataset *d = READ(utf16, 0);
    assert_int_equal(token_count(d), 8);
    assert_int_equal(dataset_encoding(d)->vocabulary, 4);
    assert_non_null(strstr(fact_of(d, "file"), "UTF-16"));
    dataset_close(d);

    /* found by itself and as asked for */
    for (int asked = 0; asked < 2; asked++) {
        d = READ(latin, .text_encoding = asked ? "latin1" : NULL);
        assert_int_equal(dataset_encoding(d)->unit, ELMAN_UNIT_CHARACTERS);
        assert_int_equal(token_count(d), sizeof latin - 1);
        dataset_close(d);
    }
}

static void line_ends_are_one_unless_kept(void **state)
{
    (void)state;
    elman_dataset *d = READ("ab\r\ncd\rab\ncd\r\n", 0);
    assert_int_equal(token_count(d), 12);
    assert_non_null(strstr(fact_of(d, "lines"), "3 line ends"));
    dataset_close(d);

    d = READ("ab\r\ncd\rab\ncd\r\n", .keep_line_ends = true);
    assert_int_equal(token_count(d), 14);
    assert_string_equal(fact_of(d, "lines"), "");
    dataset_close(d);

    d = READ("ab\r\ncd\r\n", .unit = ELMAN_UNIT_BYTES);
    assert_int_equal(token_count(d), 8);
    dataset_close(d);
}

static void unknown_characters_are_left_out_and_counted(void **state)
{
    (void)state;
    elman_dataset *learned = READ("abcabcabcabc", 0);
    const char *note = dataset_note(learned);

    /* the same tokens as the text without them */
    elman_dataset *strange = READ("ab\xE2\x80\xA6"
                                  "cZab",
                                  .encoding = note);
    elman_dataset *plain = READ("abcab", .encoding = note);
    assert_int_equal(token_count(strange), 5);

    elman_batch batch[2];
    elman_target target[2];
    elman_loader *a =
        must_load(strange, ELMAN_PART_VALIDATION, &batch[0], &target[0]);
    elman_loader *b =
        must_load(plain, ELMAN_PART_VALIDATION, &batch[1], &target[1]);
    assert_memory_equal(batch[0].tokens, batch[1].tokens,
                        4 * sizeof *batch[0].tokens);

    assert_non_null(strstr(fact_of(strange, "unknown"), "2 of 7"));
    assert_non_null(strstr(fact_of(strange, "unknown"), "U+2026"));
    assert_string_equal(fact_of(plain, "unknown"), "");
    loader_destroy(a);
    loader_destroy(b);
    dataset_close(strange);
    dataset_close(plain);
    dataset_close(learned);
}

static void parts_follow_each_other(void **state)
{
    (void)state;
    elman_dataset *d =
        READ("abababababababababab", .validation = 0.2, .test = 0.3);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 10);
    assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 4);
    assert_int_equal(dataset_size(d, ELMAN_PART_TEST), 6);
    dataset_close(d);

    elman_dataset_config config = {0};
    CHECK_FAILS(dataset_read("one.txt", "x", 1, &config, &d), ELMAN_BAD_FORMAT,
                "one.txt: 1 token for training, expected at least 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_bytes_are_named_and_treated_as_asked),
        cmocka_unit_test(other_encodings_are_the_same_text),
        cmocka_unit_test(line_ends_are_one_unless_kept),
        cmocka_unit_test(unknown_characters_are_left_out_and_counted),
        cmocka_unit_test(parts_follow_each_other),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
