/*
 * test_encoding.c: text is cut into tokens that make up the text again; an
 * encoding and its JSON say the same; what a model file may hold is checked.
 */
#include "check.h"

#include "data/dictionary.h"
#include "data/encoding.h"
#include "data/token.h"

/* The tokens of a text as "[..][..]". */
static const char *cut(elman_unit unit, const char *text)
{
    static char shown[400];
    size_t at = 0, bytes = strlen(text);
    for (size_t done = 0, length; done < bytes; done += length) {
        length = token_length(unit, text + done, bytes - done);
        if (length == 0) return "not UTF-8";
        at += (size_t)snprintf(shown + at, sizeof shown - at, "[%.*s]",
                               (int)length, text + done);
    }
    return shown;
}

TEST(text_is_cut_into_the_tokens_of_its_unit)
{
    static const struct {
        elman_unit unit;
        const char *text, *want;
    } cases[] = {
        {ELMAN_UNIT_BYTES, "a\xC3\xA4", "[a][\xC3][\xA4]"},
        {ELMAN_UNIT_BYTES, "\xFF", "[\xFF]"},
        {ELMAN_UNIT_CHARACTERS, "a\xC3\xA4 b", "[a][\xC3\xA4][ ][b]"},
        {ELMAN_UNIT_CHARACTERS, "a\xFF", "not UTF-8"},
        {ELMAN_UNIT_WORDS, "the cat, then\n", "[the][ cat][,][ then][\n]"},
        {ELMAN_UNIT_WORDS, "  if (x1 != y_2) {\n\n",
         "[ ][ if][ (][x1][ !][=][ y_2]"
         "[)][ {][\n][\n]"},
        {ELMAN_UNIT_WORDS, "don't 'quote' it's'",
         "[don't][ '][quote]['][ it's][']"},
        {ELMAN_UNIT_WORDS, "na\xC3\xAFve \xE2\x80\x9Cq\xE2\x80\x9D",
         "[na\xC3\xAFve][ \xE2\x80\x9C][q][\xE2\x80\x9D]"},
        {ELMAN_UNIT_WORDS, "\xE6\x97\xA5\xE6\x9C\xAC",
         "[\xE6\x97\xA5][\xE6\x9C\xAC]"},
        {ELMAN_UNIT_WORDS, "a ", "[a][ ]"},
        {ELMAN_UNIT_WORDS, " \t x", "[ ][\t][ x]"},
        {ELMAN_UNIT_WORDS, "a \xFF", "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(!strcmp(cut(cases[i].unit, cases[i].text), cases[i].want),
              "%s became %s", cases[i].text, cut(cases[i].unit, cases[i].text));
}

TEST(a_dictionary_numbers_and_counts_what_comes)
{
    dictionary d = {0};
    char word[20];
    size_t number;
    assert_int_equal(dictionary_find(&d, "x", 1), 0);

    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < 5000; i++) {
            snprintf(word, sizeof word, "w%zu", i);
            CHECK_OK(dictionary_add(&d, word, strlen(word), &number));
            CHECK(number == i, "%s is %zu", word, number);
        }

    assert_int_equal(d.count, 5000);
    assert_int_equal(d.entries[4999].uses, 3);
    assert_int_equal(dictionary_find(&d, "w77", 3), 77);
    assert_int_equal(dictionary_find(&d, "w77x", 4), 5000);
    dictionary_clear(&d);
}

/* ---- JSON --------------------------------------------------------------- */

static void check_same_text(const char *text)
{
    elman_encoding *e = NULL;
    char *again = NULL;
    CHECK_OK(encoding_create(text, &e));
    CHECK_OK(encoding_write(e, &again));
    assert_string_equal(again, text);
    free(again);
    encoding_destroy(e);
}

TEST(an_encoding_and_its_text_say_the_same)
{
    check_same_text("{\"version\":1,\"task\":\"language\",\"unit\":\"bytes\","
                    "\"tokens\":[0,10,255]}");
    check_same_text("{\"version\":1,\"task\":\"language\",\"unit\":"
                    "\"characters\",\"tokens\":[\"\\u0000\",\"\\n\",\"\\\"\","
                    "\"\xC3\xA4\"]}");
    check_same_text("{\"version\":1,\"task\":\"classify\",\"labels\":[\"-1\","
                    "\"x\"],\"mean\":[0.10000000000000001],\"scale\":[2.0]}");
    check_same_text(
        "{\"version\":1,\"task\":\"forecast\",\"mean\":[0.0,1.0],\"scale\":["
        "1.0,4.9406564584124654e-324],\"columns\":[\"a\",\"b, c\"],"
        "\"target_mean\":[0.0],\"target_scale\":[1.0],\"target_names\":[\"a\"],"
        "\"window\":32,\"horizon\":7}");
    encoding_destroy(NULL);
}

/* The tokens that text becomes by an encoding, "2 0 1". */
static const char *numbers_of(const char *encoding, const char *text)
{
    static char shown[200];
    int32_t tokens[64];
    size_t count = 0, left_out = 0, at = 0;
    elman_encoding *e = NULL;
    CHECK_OK(encoding_create(encoding, &e));
    CHECK_OK(
        encoding_read(e, text, strlen(text), 64, tokens, &count, &left_out));
    shown[0] = '\0';
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(shown + at, sizeof shown - at, "%s%d",
                               i ? " " : "", (int)tokens[i]);
    encoding_destroy(e);
    return shown;
}

TEST(tokens_may_stand_in_any_order_and_without_blanks)
{
    static const char characters[] =
        "{\"version\":1,\"task\":\"language\",\"unit\":\"characters\","
        "\"tokens\":[\"c\",\"a\",\"\xC3\xA4\",\"<pad>\",\"b\"]}";
    static const char words[] =
        "{\"version\":1,\"task\":\"language\",\"unit\":\"words\","
        "\"tokens\":[\"the\",\"<unk>\",\"<eos>\",\"cat\",\"a\"],"
        "\"bare\":true}";
    check_same_text(characters);
    check_same_text(words);

    assert_string_equal(numbers_of(characters, "abc\xC3\xA4xa"), "1 4 0 2 1");
    assert_string_equal(numbers_of(words, "the cat  sat\na cat"),
                        "0 3 1 2 4 3");
}

#define LANGUAGE "{\"version\":1,\"task\":\"language\",\"unit\":"
#define CLASSES  "{\"version\":1,\"task\":\"classify\","

TEST(each_bad_text_of_an_encoding_gives_its_own_sentence)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "encoding: byte 0: the text ends unexpectedly"},
        {"[]", "version is not 1"},
        {"{\"version\":2}", "version is not 1"},
        {"{\"version\":1}", "task \"\" is unknown"},
        {"{\"version\":1,\"task\":\"auto\"}", "task \"auto\" is unknown"},
        {"{\"version\":1,\"task\":7}", "task \"\" is unknown"},
        {LANGUAGE "\"auto\"}", "unit \"auto\" is unknown"},
        {LANGUAGE "\"bytes\"}", "no tokens"},
        {LANGUAGE "\"bytes\",\"tokens\":[]}", "no tokens"},
        {LANGUAGE "\"bytes\",\"tokens\":{}}", "a list of texts is not a list"},
        {LANGUAGE "\"bytes\",\"tokens\":[\"a\"]}", "is not a string"},
        {LANGUAGE "\"bytes\",\"tokens\":[256]}", "is not a string"},
        {LANGUAGE "\"bytes\",\"tokens\":[-1]}", "is not a string"},
        {LANGUAGE "\"words\",\"tokens\":[3]}", "is not a string"},
        {LANGUAGE "\"words\",\"tokens\":[\"a\",\"\"]}", "a token is empty"},
        {LANGUAGE "\"words\",\"tokens\":[\"a\",\"a\"]}",
         "token 1 is token 0 again"},
        {LANGUAGE "\"words\",\"tokens\":[\"b\",\"ab\",\"a\",\"b\"]}",
         "token 3 is token 0 again"},
        {LANGUAGE "\"bytes\",\"tokens\":[9],\"tokens\":[9]}",
         "key \"tokens\" occurs twice"},
        {CLASSES "\"labels\":[\"a\"]}", "no inputs"},
        {CLASSES "\"mean\":[0],\"scale\":[1]}", "no labels"},
        {CLASSES "\"labels\":[\"a\\u0000\"],\"mean\":[0],\"scale\":[1]}",
         "a name holds a zero byte"},
        {CLASSES "\"labels\":[\"a\"],\"mean\":[0],\"scale\":[0]}",
         "scale[0] is not above 0"},
        {CLASSES "\"labels\":[\"a\"],\"mean\":[0],\"scale\":[1,1]}",
         "mean has 1 entries, scale 2, columns 0"},
        {CLASSES "\"labels\":[\"a\"],\"mean\":[0],\"scale\":[1],\"columns\":["
                 "\"a\",\"b\"]}",
         "columns 2"},
        {CLASSES "\"labels\":[\"a\"],\"mean\":[\"0\"],\"scale\":[1]}",
         "mean[0] is not a number"},
        {CLASSES "\"labels\":[\"a\"],\"mean\":[1e400],\"scale\":[1]}",
         "a number out of range"},
        {"{\"version\":1,\"task\":\"regress\",\"mean\":[0],\"scale\":[1]}",
         "no targets"},
        {"{\"version\":1,\"task\":\"forecast\",\"mean\":[0],\"scale\":[1],"
         "\"target_mean\":[0],\"target_scale\":[1]}",
         "without window or horizon"},
        {"{\"version\":1,\"task\":\"forecast\",\"mean\":[0],\"scale\":[1],"
         "\"target_mean\":[0],\"target_scale\":[1],\"window\":-1}",
         "window is not a whole number"},
        {"{\"version\":1,\"task\":\"forecast\",\"mean\":[0],\"scale\":[1],"
         "\"target_mean\":[0],\"target_scale\":[1],\"window\":1,\"horizon\":"
         "9223372036854775807}",
         "horizon is not a whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_encoding *e = NULL;
        CHECK_FAILS(encoding_create(cases[i].text, &e), ELMAN_BAD_FORMAT,
                    cases[i].message);
        assert_null(e);
    }

    /* cut at every length */
    const char *whole = CLASSES "\"labels\":[\"a\",\"b\"],\"mean\":[0],"
                                "\"scale\":[1],\"columns\":[\"c\"]}";
    for (size_t bytes = 0; bytes < strlen(whole); bytes++) {
        elman_encoding *e = NULL;
        char *part = calloc(1, bytes + 1);
        memcpy(part, whole, bytes);
        assert_int_equal(encoding_create(part, &e), ELMAN_BAD_FORMAT);
        free(part);
    }
}

/* ---- Tokens ------------------------------------------------------------- */

TEST(text_becomes_tokens_up_to_the_capacity)
{
    elman_encoding *e = NULL;
    int32_t tokens[6] = {9, 9, 9, 9, 9, 9};
    size_t count = 0;

    CHECK_OK(encoding_create(LANGUAGE "\"words\",\"tokens\":[\" <unk>\","
                                      "\" cat\",\",\",\"<unk>\",\"the\"]}",
                             &e));
    CHECK_OK(
        encoding_read(e, "the cat, dog\n dog", 17, 4, tokens, &count, NULL));
    assert_int_equal(count, 6);
    static const int32_t want[6] = {4, 1, 2, 0, 9, 9};
    assert_memory_equal(tokens, want, sizeof want);

    CHECK_OK(
        encoding_read(e, "the cat, dog\n dog", 17, 6, tokens, &count, NULL));
    assert_int_equal(tokens[4], 3);
    assert_int_equal(tokens[5], 0);

    CHECK_OK(encoding_read(e, "", 0, 0, NULL, &count, NULL));
    assert_int_equal(count, 0);
    CHECK_FAILS(encoding_read(e, "the \xFF", 5, 6, tokens, &count, NULL),
                ELMAN_BAD_VALUE, "byte 0xff at byte 4 is not UTF-8");

    assert_int_equal(encoding_outputs(e), 5);
    assert_false(encoding_per_sequence(e));
    encoding_destroy(e);

    CHECK_OK(encoding_create(LANGUAGE "\"characters\",\"tokens\":[\"a\","
                                      "\"\xC3\xA4\"]}",
                             &e));
    CHECK_OK(encoding_read(e, "a\xC3\xA4", 3, 6, tokens, &count, NULL));
    assert_int_equal(count, 2);
    CHECK_FAILS(encoding_read(e, "a\xE2\x82\xAC", 4, 6, tokens, &count, NULL),
                ELMAN_BAD_VALUE, "(U+20AC) at byte 1 is not in the vocabulary");
    encoding_destroy(e);

    CHECK_OK(encoding_create(CLASSES "\"labels\":[\"a\",\"b\"],\"mean\":[0],"
                                     "\"scale\":[1]}",
                             &e));
    CHECK_FAILS(encoding_read(e, "a", 1, 6, tokens, &count, NULL),
                ELMAN_BAD_VALUE, "the encoding is for classify");
    assert_int_equal(encoding_outputs(e), 2);
    assert_true(encoding_per_sequence(e));
    encoding_destroy(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cut_into_the_tokens_of_its_unit),
        cmocka_unit_test(a_dictionary_numbers_and_counts_what_comes),
        cmocka_unit_test(an_encoding_and_its_text_say_the_same),
        cmocka_unit_test(tokens_may_stand_in_any_order_and_without_blanks),
        cmocka_unit_test(each_bad_text_of_an_encoding_gives_its_own_sentence),
        cmocka_unit_test(text_becomes_tokens_up_to_the_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
