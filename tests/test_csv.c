/*
 * test_csv.c: numbers, UTF-8 and tables of cells, as they should be and as they
 * should not.
 */
#include "folder.h"
#include "format/csv.h"
#include "format/number.h"
#include "format/utf8.h"

#include <locale.h>

/* ---- Numbers ------------------------------------------------------------ */

TEST(numbers_are_read_exactly_whatever_the_locale)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "+1",
        "1.",
        ".5",
        "0.1",
        "1e22",
        "1e23",
        "123456789012345678",
        "1e-22",
        "3.14159265358979323846",
        "1.7976931348623157e308",
        "4.9e-324",
        "1e-400",
        "2.2250738585072011e-308",
        "9007199254740993",
        "0.000000000000000000000001",
        "000000000000000000000000017",
        "1E5",
        "-2.5e+3",
        "100000000000000000000000000000000000000e-38",
        "0e999999999",
        "0.3000000000000000444"};
    static const char *const locales[] = {"C", "de_DE.UTF-8", "fr_FR.UTF-8"};
    setlocale(LC_ALL, "C");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double want = strtod(texts[i], NULL);
        for (size_t l = 0; l < 3; l++) {
            setlocale(LC_ALL, locales[l]);
            double got = 1;
            number_kind kind = number_parse(texts[i], &got);
            setlocale(LC_ALL, "C");
            CHECK(kind == NUMBER_VALUE, "%s", texts[i]);
            CHECK(!memcmp(&got, &want, sizeof got), "%s: %a, not %a", texts[i],
                  got, want);
        }
    }

    /* and random ones of every length */
    float parts[4000];
    random_fill(1, 4000, 0, 1, parts);
    for (size_t i = 0; i + 2 < 4000; i += 3) {
        char text[64];
        int digits = 1 + (int)(parts[i] * 18);
        double value =
            ldexp((double)parts[i + 1] - 0.5, (int)(parts[i + 2] * 200) - 100);
        snprintf(text, sizeof text, "%.*e", digits, value);
        double want = strtod(text, NULL), got = 0;
        CHECK(number_parse(text, &got) == NUMBER_VALUE && got == want, "%s",
              text);
    }
}

TEST(what_is_not_a_number_is_classified)
{
    static const struct {
        const char *text;
        number_kind kind;
    } cases[] = {{"", NUMBER_NONE},
                 {".", NUMBER_NONE},
                 {"-", NUMBER_NONE},
                 {"e5", NUMBER_NONE},
                 {"1e", NUMBER_NONE},
                 {"1e+", NUMBER_NONE},
                 {"0.2x", NUMBER_NONE},
                 {"0x10", NUMBER_NONE},
                 {"1,5", NUMBER_NONE},
                 {"1 2", NUMBER_NONE},
                 {"inf", NUMBER_NONE},
                 {"-Infinity", NUMBER_NONE},
                 {"--1", NUMBER_NONE},
                 {"1.2.3", NUMBER_NONE},
                 {"nanx", NUMBER_NONE},
                 {"2016-07-01", NUMBER_NONE},
                 {"nan", NUMBER_MISSING},
                 {"-NaN", NUMBER_MISSING},
                 {" NaN ", NUMBER_MISSING},
                 {"?", NUMBER_MISSING},
                 {"1e400", NUMBER_TOO_LARGE},
                 {"-1e400", NUMBER_TOO_LARGE},
                 {"1e99999999999", NUMBER_TOO_LARGE},
                 {" 7\t", NUMBER_VALUE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 3;
        number_kind kind = number_parse(cases[i].text, &value);
        CHECK(kind == cases[i].kind, "\"%s\" gives %d", cases[i].text,
              (int)kind);
        CHECK(!isnan(value) == (kind == NUMBER_VALUE), "\"%s\"", cases[i].text);
    }

    /* half a million digits */
    char *text = malloc(500001);
    memset(text, '9', 500000);
    text[500000] = 0;
    double value;
    assert_int_equal(number_parse(text, &value), NUMBER_TOO_LARGE);
    text[0] = '0';
    text[1] = '.';
    assert_int_equal(number_parse(text, &value), NUMBER_VALUE);
    assert_true(value == 1);
    free(text);
}

/* ---- UTF-8 -------------------------------------------------------------- */

TEST(code_points_go_to_utf8_and_back)
{
    for (uint32_t point = 0; point < 0x110000; point++) {
        char text[UTF8_MAX_BYTES];
        uint32_t got = 0;
        size_t bytes = utf8_write(point, text);
        bool surrogate = point >= 0xD800 && point < 0xE000;
        size_t read = utf8_read(text, bytes, &got);
        CHECK(surrogate ? read == 0 : read == bytes && got == point, "U+%X",
              point);
        for (size_t cut = 1; cut < bytes; cut++)
            CHECK(utf8_read(text, cut, &got) == 0, "U+%X cut", point);
    }
    static const char *const bad[] = {
        "\x80", "\xC0\x80",         "\xC1\xBF",         "\xE0\x80\x80", "\xFF",
        "\xFE", "\xF4\x90\x80\x80", "\xF0\x80\x80\x80", "\xC3("};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(utf8_valid(bad[i], strlen(bad[i])) == 0, "bad %zu", i);
    assert_int_equal(utf8_valid("a\xC3\xA4\xFFz", 5), 3);
}

/* ---- Tables ------------------------------------------------------------- */

static elman_status parse(const char *text, size_t bytes, csv **table)
{
    char *copy = malloc(bytes + 1);
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    return csv_parse(copy, bytes, table);
}

/* Every way to write the same two rows of three cells. */
TEST(oddities_that_must_work_give_the_same_cells)
{
    static const char *const texts[] = {
        "a,b c,1.5\n2,,x\n",
        "a,b c,1.5\n2,,x",
        ("\xEF\xBB\xBF"
         "a,b c,1.5\r\n2,,x\r\n"),
        "a,b c,1.5\r2,,x\r",
        "\n\n  \na , b c,\t1.5\n\n2, ,x\n \n",
        "\"a\",\"b c\",\"1.5\"\n\"2\",\"\",\"x\"\n",
        "\"a\" ,\"b c\", \"1.5\" \r\n2,\"\",\"x\"",
        "a;b c;1.5\n2;;x\n",
        "a\tb c\t1.5\n2\t\tx\n",
        "a\t\"b c\"\t1.5 \n2\t\t x\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        static const char *const want[6] = {"a", "b c", "1.5", "2", "", "x"};
        csv *table = NULL;
        CHECK_OK(parse(texts[i], strlen(texts[i]), &table));
        CHECK(table->row_count == 2 && table->column_count == 3, "text %zu", i);
        for (size_t k = 0; k < 6; k++)
            CHECK(!strcmp(table->cells[k], want[k]), "text %zu: \"%s\"", i,
                  table->cells[k]);
        csv_close(table);
    }
}

TEST(quotes_keep_separators_line_ends_and_quotes)
{
    csv *table = NULL;
    const char *text = "x,\"a,\"\"b\"\"\nc\"\n\"\",z\n";
    CHECK_OK(parse(text, strlen(text), &table));
    assert_int_equal(table->row_count, 2);
    assert_int_equal(table->column_count, 2);
    assert_string_equal(table->cells[1], "a,\"b\"\nc");
    assert_string_equal(table->cells[2], "");
    assert_int_equal(table->lines[0], 1);
    assert_int_equal(table->lines[1], 3);
    csv_close(table);
}

TEST(each_bad_table_gives_its_own_sentence)
{
    static const struct {
        const char *text;
        size_t bytes;
        const char *message;
    } cases[] = {
        {"", 0, "the file is empty"},
        {"\n \r\n", 4, "only blank lines"},
        {"\xEF\xBB\xBF", 3, "only blank lines"},
        {"a,b\n1,2\n3\n", 10, "line 3: 1 columns, but line 1 has 2"},
        {"\na,b\n1,2,3\n", 11, "line 3: 3 columns, but line 2 has 2"},
        {"a,b\n1,\"2\n", 9, "line 2: a quote is never closed"},
        {"a,\"", 3, "line 1: a quote is never closed"},
        {"\"", 1, "line 1: a quote is never closed"},
        {"a,\"b\"c\n", 7, "line 1: text after a closing quote"},
        {"a,b\n1,\0\n", 8, "line 2: a zero byte"},
        {"\xFF\xFE"
         "a\0b\0",
         6, "UTF-16"},
        {"\xFE\xFF\0a", 4, "UTF-16"},
        {"a\0,\0b\0", 6, "line 1: a zero byte"},
        {"#a\n%b\n", 6, "only blank lines and comments"},
        {",,\n,,\n", 6, "only blank lines and separators"},
        {"a,b\n\xB0,2\n", 8, "line 2: byte 0xb0 is not UTF-8"},
        {"\x7f"
         "ELF\2\1\1\0\0",
         9, "a zero byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv *table = NULL;
        CHECK_FAILS(parse(cases[i].text, cases[i].bytes, &table),
                    ELMAN_BAD_FORMAT, cases[i].message);
        assert_null(table);
    }
    csv *table = NULL;
    CHECK_FAILS(csv_open(put_text("bad.csv", "a,b\n1\n"), &table),
                ELMAN_BAD_FORMAT, "bad.csv: line 2: 1 columns");
    CHECK_FAILS(csv_open(folder_path, &table), ELMAN_BAD_FILE, "directory");
}

TEST(wide_and_long_tables_and_cuts_at_every_length_are_survived)
{
    enum { COLUMNS = 250000 };
    char *text = malloc(2 * COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        memcpy(text + 2 * i, "7,", 2);
    csv *table = NULL;
    CHECK_OK(parse(text, 2 * COLUMNS - 1, &table));
    assert_int_equal(table->column_count, COLUMNS);
    assert_string_equal(table->cells[COLUMNS - 1], "7");
    csv_close(table);
    text[2 * COLUMNS - 1] = '\n';
    memset(text, '9', 2 * COLUMNS - 1); /* one cell, and a number too large */
    CHECK_OK(parse(text, 2 * COLUMNS, &table));
    double value;
    assert_int_equal(strlen(table->cells[0]), 2 * COLUMNS - 1);
    assert_int_equal(number_parse(table->cells[0], &value), NUMBER_TOO_LARGE);
    csv_close(table);
    free(text);

    const char *whole =
        "a,\"b \"\"x\"\"\",c\r\n1;2,\"\",\"p\r\nq\"\r\n\r\n3,4,5\n";
    for (size_t cut = 0; cut <= strlen(whole); cut++)
        if (parse(whole, cut, &table) == ELMAN_OK) csv_close(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_exactly_whatever_the_locale),
        cmocka_unit_test(what_is_not_a_number_is_classified),
        cmocka_unit_test(code_points_go_to_utf8_and_back),
        cmocka_unit_test(oddities_that_must_work_give_the_same_cells),
        cmocka_unit_test(quotes_keep_separators_line_ends_and_quotes),
        cmocka_unit_test(each_bad_table_gives_its_own_sentence),
        cmocka_unit_test(
            wide_and_long_tables_and_cuts_at_every_length_are_survived),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
