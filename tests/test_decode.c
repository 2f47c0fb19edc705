/* test_decode.c: bytes of every encoding become UTF-8, and say how. */
#include "folder.h"

#include "format/decode.h"
#include "format/utf8.h"

static elman_status decode(const char *bytes, size_t size, const char *encoding,
                           bad_bytes bad, decoded *d)
{
    char *copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    copy[size] = 0;
    return decode_text(copy, size,
                       &(decode_config){.encoding = encoding, .bad = bad}, d);
}

#define BYTES(literal) literal, sizeof(literal) - 1

TEST(each_encoding_is_found_and_converted)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *encoding, *text;
        bool guessed;
    } cases[] = {
        {BYTES("plain\n"), "UTF-8", "plain\n", false},
        {BYTES("\xEF\xBB\xBFxy"), "UTF-8", "xy", false},
        {BYTES("\xEF\xBB\xBF"), "UTF-8", "", false},
        {BYTES("\xC3\xA9t\xC3\xA9"), "UTF-8", "\xC3\xA9t\xC3\xA9", false},
        {BYTES("\xFF\xFE"
               "a\0\xE9\0"),
         "UTF-16LE", "a\xC3\xA9", false},
        {BYTES("\xFE\xFF\0a\0\xE9"), "UTF-16BE", "a\xC3\xA9", false},
        {BYTES("\xFF\xFE\0\0a\0\0\0"), "UTF-32LE", "a", false},
        {BYTES("\0\0\xFE\xFF\0\0\0a"), "UTF-32BE", "a", false},
        {BYTES("a\0,\0b\0\n\0"), "UTF-16LE", "a,b\n", true},
        {BYTES("\0a\0,\0b\0\n"), "UTF-16BE", "a,b\n", true},
        {BYTES("\xFF\xFE\x3D\xD8\x00\xDE"), "UTF-16LE", "\xF0\x9F\x98\x80",
         false},
        {BYTES("caf\xE9, na\xEFve"), "Latin-1", "caf\xC3\xA9, na\xC3\xAFve",
         true},
        {BYTES("it\x92s 5 \x80"), "Windows-1252",
         "it\xE2\x80\x99s 5 \xE2\x82\xAC", true},
        {BYTES("t,\xB0"
               "C\n1,2\n"),
         "Latin-1",
         "t,\xC2\xB0"
         "C\n1,2\n",
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decoded d;
        CHECK_OK(
            decode(cases[i].bytes, cases[i].size, NULL, BAD_BYTES_REFUSE, &d));
        CHECK(!strcmp(d.encoding, cases[i].encoding), "case %zu: %s", i,
              d.encoding);
        CHECK(!strcmp(d.text, cases[i].text), "case %zu: %s", i, d.text);
        CHECK(d.size == strlen(cases[i].text), "case %zu", i);
        CHECK(d.guessed == cases[i].guessed, "case %zu", i);
        CHECK(!d.note[0] == !strcmp(d.encoding, "UTF-8"), "case %zu: %s", i,
              d.note);
        CHECK(d.bad_count == 0, "case %zu", i);
        free(d.text);
    }
}

TEST(bad_bytes_are_placed_and_go_as_the_caller_says)
{
    static const struct {
        const char *bytes;
        size_t size, count, offset, line;
        unsigned char byte;
        const char *replaced;
    } cases[] = {
        {BYTES("\xC3\xA9\r\n\xC3\xA9\x92z"), 1, 6, 2, 0x92,
         "\xC3\xA9\r\n\xC3\xA9\xEF\xBF\xBDz"},
        {BYTES("\xC3\xA9 a\xC3"), 1, 4, 1, 0xC3, "\xC3\xA9 a\xEF\xBF\xBD"},
        {BYTES("\xC3\xA9\xE2\x82"), 1, 2, 1, 0xE2, "\xC3\xA9\xEF\xBF\xBD"},
        {BYTES("\xC3\xA9\xC3\xA9\xC3\xA9 \xED\xA0\x80"), 3, 7, 1, 0xED,
         "\xC3\xA9\xC3\xA9\xC3\xA9 \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {BYTES("a\nb\rc\xFF"), 1, 5, 3, 0xFF, "a\nb\rc\xEF\xBF\xBD"},
        {BYTES("\1a\xE9"), 1, 2, 1, 0xE9, "\1a\xEF\xBF\xBD"},
        {BYTES("\xEF\xBB\xBF"
               "a\xE9"),
         1, 4, 1, 0xE9, "a\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decoded d;
        char want[80];
        snprintf(want, sizeof want, "line %zu: byte 0x%02x at offset %zu",
                 cases[i].line, cases[i].byte, cases[i].offset);
        CHECK_FAILS(
            decode(cases[i].bytes, cases[i].size, NULL, BAD_BYTES_REFUSE, &d),
            ELMAN_BAD_FORMAT, want);

        CHECK_OK(
            decode(cases[i].bytes, cases[i].size, NULL, BAD_BYTES_REPLACE, &d));
        CHECK(d.bad_count == cases[i].count && d.bad_byte == cases[i].byte &&
                  d.bad_offset == cases[i].offset &&
                  d.bad_line == cases[i].line,
              "case %zu: %zu places, the first at %zu", i, d.bad_count,
              d.bad_offset);
        CHECK(!strcmp(d.text, cases[i].replaced), "case %zu: %s", i, d.text);
        CHECK(strstr(d.note, "replaced by U+FFFD"), "%s", d.note);
        free(d.text);

        CHECK_OK(
            decode(cases[i].bytes, cases[i].size, "utf8", BAD_BYTES_KEEP, &d));
        size_t mark = cases[i].bytes[0] == '\xEF' ? 3 : 0;
        CHECK(d.size == cases[i].size - mark &&
                  !memcmp(d.text, cases[i].bytes + mark, d.size),
              "case %zu", i);
        free(d.text);
    }
}

TEST(an_encoding_that_is_asked_for_is_taken)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *encoding, *text;
    } cases[] = {
        {BYTES("\xE9"), "latin1", "\xC3\xA9"},
        {BYTES("\x80"), "cp1252", "\xE2\x82\xAC"},
        {BYTES("\x83\x65"), "shift_jis", "\xE3\x83\x86"},
        {BYTES("\xFF\xFE"
               "a\0"),
         "utf-16", "a"},
        {BYTES("\xFF\xFE"
               "a\0"),
         "UTF-16LE", "a"},
        {BYTES("\xC3\xA9"), "latin1", "\xC3\x83\xC2\xA9"},
        {BYTES("\xCF\xF0\xE8"), "cp1251", "\xD0\x9F\xD1\x80\xD0\xB8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decoded d;
        CHECK_OK(decode(cases[i].bytes, cases[i].size, cases[i].encoding,
                        BAD_BYTES_REFUSE, &d));
        CHECK(!strcmp(d.text, cases[i].text), "case %zu: %s", i, d.text);
        CHECK(!d.guessed && !strcmp(d.encoding, cases[i].encoding), "case %zu",
              i);
        free(d.text);
    }
}

TEST(what_is_no_text_is_refused_in_one_sentence)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *encoding;
        elman_status status;
        const char *message;
    } cases[] = {
        {BYTES(""), NULL, ELMAN_BAD_FORMAT, "the file is empty"},
        {BYTES("a\nb\0c"), NULL, ELMAN_BAD_FORMAT, "line 2: a zero byte"},
        {BYTES("\x7F"
               "ELF\2\1\1\0\0"),
         NULL, ELMAN_BAD_FORMAT, "a zero byte"},
        {BYTES("\xFF\xFE"
               "a\0\0\0"),
         NULL, ELMAN_BAD_FORMAT, "a zero byte"},
        {BYTES("\xFF\xFE"
               "a\0\0"),
         NULL, ELMAN_BAD_FORMAT,
         "line 1: byte 0x00 at offset 4 is not UTF-16LE"},
        {BYTES("\xFF\xFE\n\0\0\xDC"
               "a\0"),
         NULL, ELMAN_BAD_FORMAT,
         "line 2: byte 0x00 at offset 4 is not UTF-16LE"},
        {BYTES("\xE9"), "ascii", ELMAN_BAD_FORMAT, "is not ascii text"},
        {BYTES("a"), "klingon", ELMAN_BAD_VALUE,
         "the encoding \"klingon\" is not known"},
        {BYTES("a"), "", ELMAN_BAD_VALUE, "the encoding \"\" is not known"},
        {BYTES("a"), "latin1//IGNORE", ELMAN_BAD_VALUE, "is not known"},
        /* Cyrillic is no western text */
        {BYTES("\xCF\xF0\xE8\xE2\xE5\xF2"), NULL, ELMAN_BAD_FORMAT,
         "offset 0 is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decoded d;
        CHECK_FAILS(decode(cases[i].bytes, cases[i].size, cases[i].encoding,
                           BAD_BYTES_REFUSE, &d),
                    cases[i].status, cases[i].message);
        assert_null(d.text);
    }
    decoded d;
    CHECK_FAILS(decode_file(put_text("bad.txt", "\xC3\xA9\xFF"), NULL, &d),
                ELMAN_BAD_FORMAT, "bad.txt: line 1: byte 0xff");
}

TEST(random_bytes_are_survived_and_replaced_text_is_utf8)
{
    static const char *const names[] = {NULL,     "latin1", "utf-16le",
                                        "utf-32", "gbk",    "utf-8"};
    enum { ROOM = 60 };
    float draws[ROOM];
    for (uint64_t run = 0; run < 6000; run++) {
        char bytes[ROOM];
        random_fill(run, ROOM, 0, 1, draws);
        size_t size = 1 + (size_t)(draws[0] * (ROOM - 2));
        unsigned range = run % 2 ? 255 : 130;
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)(1 + (unsigned)(draws[i + 1] * (float)range));

        decoded d;
        elman_status status =
            decode(bytes, size, names[run % 6], BAD_BYTES_REPLACE, &d);
        if (status != ELMAN_OK) continue;
        CHECK(utf8_valid(d.text, d.size) == d.size, "run %d", (int)run);
        CHECK(d.text[d.size] == 0, "run %d", (int)run);
        free(d.text);
    }
}

TEST(line_ends_become_one_and_are_counted)
{
    static const struct {
        const char *before, *after;
        size_t changed;
    } cases[] = {{"", "", 0},
                 {"a\nb", "a\nb", 0},
                 {"a\r\nb\r\n", "a\nb\n", 2},
                 {"a\rb\r", "a\nb\n", 2},
                 {"\r\r\n\n\r", "\n\n\n\n", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[20];
        size_t size = strlen(cases[i].before);
        strcpy(text, cases[i].before);
        CHECK(decode_line_ends(text, &size) == cases[i].changed, "case %zu", i);
        CHECK(size == strlen(cases[i].after) && !strcmp(text, cases[i].after),
              "case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_encoding_is_found_and_converted),
        cmocka_unit_test(bad_bytes_are_placed_and_go_as_the_caller_says),
        cmocka_unit_test(an_encoding_that_is_asked_for_is_taken),
        cmocka_unit_test(what_is_no_text_is_refused_in_one_sentence),
        cmocka_unit_test(random_bytes_are_survived_and_replaced_text_is_utf8),
        cmocka_unit_test(line_ends_become_one_and_are_counted),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
