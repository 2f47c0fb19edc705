/*
 * test_json.c: JSON is read strictly, and what is written is read again.
 */
#include "check.h"

#include "format/json.h"

#include <locale.h>

/* Reads a copy, which *copy is; both may be ended by end. */
static elman_status parse(const char *text, size_t bytes, char **copy,
                          json_tree **tree)
{
    *copy = malloc(bytes + 1);
    memcpy(*copy, text, bytes);
    return json_read(*copy, bytes, false, tree);
}

static void end(char *copy, json_tree *tree)
{
    json_close(tree);
    free(copy);
}

TEST(every_kind_of_value_is_read)
{
    static const char text[] =
        " {\"a\" : [1, -2.5e1,\ttrue,false , null,\n\"x\"], "
        "\"b\":{},\r\"c\":[],"
        "\"d\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\ud83d\\ude00 \xC3\xA4\"} ";
    char *copy;
    json_tree *tree = NULL;
    CHECK_OK(parse(text, sizeof text - 1, &copy, &tree));
    const json_node *root = json_root(tree), *a = json_find(root, "a");
    assert_int_equal(root->count, 4);
    assert_int_equal(a->count, 6);
    int64_t whole = 0;
    double number = 0;
    const json_node *n = a->is.first;
    assert_true(json_whole(n, &whole) && whole == 1);
    assert_true(json_number(n, &number) && number == 1);
    n = n->next;
    assert_true(json_number(n, &number) && number == -25);
    assert_false(json_whole(n, &whole));
    n = n->next;
    assert_int_equal(n->kind, JSON_KIND_TRUE);
    n = n->next;
    assert_int_equal(n->kind, JSON_KIND_FALSE);
    n = n->next;
    assert_int_equal(n->kind, JSON_KIND_NULL);
    n = n->next;
    assert_string_equal(json_text(n), "x");
    assert_null(n->next);
    assert_int_equal(json_find(root, "b")->count, 0);
    assert_int_equal(json_find(root, "c")->kind, JSON_KIND_LIST);
    assert_string_equal(json_text(json_find(root, "d")),
                        "\"\\/\b\f\n\r\t\xC3\xA4\xF0\x9F\x98\x80 \xC3\xA4");
    assert_null(json_find(root, "e"));
    assert_null(json_find(a, "e"));
    assert_null(json_find(NULL, "e"));
    assert_null(json_text(a));
    assert_false(json_number(a, &number));
    end(copy, tree);
}

TEST(what_is_not_json_is_refused_at_its_byte)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "byte 0: the text ends unexpectedly"},
        {" ", "byte 1: the text ends unexpectedly"},
        {"\xEF\xBB\xBF{}", "byte 0: expected a value"},
        {"{} {}", "byte 3: text after the value"},
        {"[1,2", "byte 4: expected a comma or a closing bracket"},
        {"[1 2]", "byte 3: expected a comma or a closing bracket"},
        {"[1,]", "byte 3: expected a value"},
        {"[,1]", "expected a value"},
        {"{\"a\":1,}", "byte 7: expected a key in quotes"},
        {"{a:1}", "byte 1: expected a key in quotes"},
        {"{'a':1}", "expected a key in quotes"},
        {"{\"a\" 1}", "expected a colon after a key"},
        {"{\"a\":}", "expected a value"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "key \"a\" occurs twice"},
        {"{\"a\":1,\"\\u0061\":2}", "key \"a\" occurs twice"},
        {"{\"\\u0000\":2}", "a zero byte in a key"},
        {"\"\\u0000\"", "a zero byte in a string"},
        {"\"abc", "a string without an end"},
        {"\"abc\\", "a string without an end"},
        {"\"a\nb\"", "a control character"},
        {"\"\\x41\"", "an unknown escape"},
        {"\"\\u12g4\"", "\\u without four hexadecimal digits"},
        {"\"\\u12", "\\u without four hexadecimal digits"},
        {"\"\\ud800\"", "half a surrogate pair"},
        {"\"\\ud800\\ud800\"", "half a surrogate pair"},
        {"\"\\udc00\"", "half a surrogate pair"},
        {"\"\xFF\"", "not UTF-8"},
        {"\"\xED\xA0\x80\"", "not UTF-8"},
        {"tru", "expected a value"},
        {"True", "expected a value"},
        {"nan", "expected a value"},
        {"NaN", "expected a value"},
        {"Infinity", "expected a value"},
        {"01", "expected a value"},
        {"-", "expected a value"},
        {"+1", "expected a value"},
        {".5", "expected a value"},
        {"1.", "expected a value"},
        {"1e", "expected a value"},
        {"0x10", "text after the value"},
        {"1e400", "a number out of range"},
        {"9223372036854775808", "a number out of range"},
        {"-9223372036854775809", "a number out of range"},
        {"// comment\n1", "expected a value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *copy;
        json_tree *tree = NULL;
        CHECK_FAILS(parse(cases[i].text, strlen(cases[i].text), &copy, &tree),
                    ELMAN_BAD_FORMAT, cases[i].message);
        assert_null(tree);
        free(copy);
    }
}

TEST(deep_and_long_texts_are_refused_without_recursion)
{
    enum { BYTES = 400000 };
    char *text = malloc(BYTES), *copy;
    json_tree *tree = NULL;
    memset(text, '[', BYTES);
    CHECK_FAILS(parse(text, BYTES, &copy, &tree), ELMAN_BAD_FORMAT,
                "byte 64: nested too deeply");
    free(copy);
    memset(text, '7', BYTES);
    CHECK_FAILS(parse(text, BYTES, &copy, &tree), ELMAN_BAD_FORMAT,
                "a number with too many digits");
    free(copy);

    /* as deep as is allowed, and many members */
    for (size_t i = 0; i < 2 * JSON_MAX_DEPTH; i++)
        text[i] = i < JSON_MAX_DEPTH ? '[' : ']';
    CHECK_OK(parse(text, 2 * JSON_MAX_DEPTH, &copy, &tree));
    end(copy, tree);
    for (size_t i = 0; i < BYTES - 1; i++)
        text[i] = i % 2 ? '1' : ',';
    text[0] = '[';
    text[BYTES - 2] = ']';
    CHECK_OK(parse(text, BYTES - 1, &copy, &tree));
    assert_int_equal(json_root(tree)->count, BYTES / 2 - 1);
    end(copy, tree);
    free(text);
}

TEST(what_is_written_is_read_again_to_the_same_bits)
{
    static const char odd[] = "a\"\\/\b\f\n\r\t\x01\x1F\x7F\xC3\xA4\0z";
    float parts[900];
    random_fill(3, 900, -1, 1, parts);
    setlocale(LC_ALL, "de_DE.UTF-8");
    json_writer w = {0};
    json_begin(&w, '{');
    json_write_key(&w, odd);
    json_write_text(&w, odd, sizeof odd - 1);
    json_write_key(&w, "n");
    json_begin(&w, '[');
    for (int i = 0; i < 900; i++)
        json_write_number(&w, ldexp((double)parts[i] / 3, i - 450));
    json_write_number(&w, 2);
    json_write_number(&w, 5e-324);
    json_end(&w, ']');
    json_write_key(&w, "w");
    json_begin(&w, '[');
    json_write_whole(&w, INT64_MIN);
    json_write_whole(&w, INT64_MAX);
    json_write_bool(&w, true);
    json_begin(&w, '{');
    json_end(&w, '}');
    json_write_bool(&w, false);
    json_end(&w, ']');
    json_end(&w, '}');
    char *text = NULL;
    CHECK_OK(json_finish(&w, &text));
    setlocale(LC_ALL, "C");
    CHECK(strstr(text, ",2.0,4.9406564584124654e-324],\"w\":["
                       "-9223372036854775808,9223372036854775807,true,{},"
                       "false]}"),
          "%s", text + strlen(text) - 120);

    json_tree *tree = NULL;
    CHECK_OK(json_read(text, strlen(text), true, &tree));
    const json_node *n = json_root(tree)->is.first;
    assert_string_equal(n->key, odd);
    assert_int_equal(n->count, sizeof odd - 1);
    assert_memory_equal(json_text(n), odd, sizeof odd);
    n = n->next->is.first;
    for (int i = 0; i < 900; i++, n = n->next) {
        double got = 0, want = ldexp((double)parts[i] / 3, i - 450);
        CHECK(json_number(n, &got) && got == want, "%a, not %a", got, want);
    }
    json_close(tree);
    free(text);
}

TEST(a_text_cut_or_changed_anywhere_does_no_harm)
{
    static const char whole[] = "{\"a\":[1,-2.5e-1,\"\\u00e4\\ud83d\\ude00x\"],"
                                "\"b\":{\"c\":null,\"d\":true}}";
    size_t size = sizeof whole - 1;
    char *copy;
    json_tree *tree = NULL;
    for (size_t cut = 0; cut < size; cut++) {
        CHECK(parse(whole, cut, &copy, &tree) == ELMAN_BAD_FORMAT, "cut %zu",
              cut);
        free(copy);
    }
    for (size_t i = 0; i < size * 256; i++) {
        char changed[sizeof whole];
        memcpy(changed, whole, sizeof whole);
        changed[i / 256] = (char)(i % 256);
        tree = NULL;
        (void)!parse(changed, size, &copy, &tree);
        end(copy, tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_read),
        cmocka_unit_test(what_is_not_json_is_refused_at_its_byte),
        cmocka_unit_test(deep_and_long_texts_are_refused_without_recursion),
        cmocka_unit_test(what_is_written_is_read_again_to_the_same_bits),
        cmocka_unit_test(a_text_cut_or_changed_anywhere_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
