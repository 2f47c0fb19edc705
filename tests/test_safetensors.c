/*
 * test_safetensors.c: what is written is read; every broken file gives its own
 * sentence, whatever it was cut or changed to.
 */
#include "folder.h"
#include "format/file.h"
#include "format/safetensors.h"

/* ---- Files by hand ------------------------------------------------------ */

/* A file with this header and that many bytes of data; malloc'ed. */
static char *build(const char *header, size_t data, size_t *size)
{
    size_t length = strlen(header);
    uint64_t first = length;
    *size = 8 + length + data;
    char *bytes = malloc(*size + 1);
    if (!bytes) abort();
    memcpy(bytes, &first, 8);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data; i++)
        bytes[8 + length + i] = (char)i;
    return bytes;
}

static elman_status parse(const char *header, size_t data)
{
    safetensors *file = NULL;
    size_t size;
    char *bytes = build(header, data, &size);
    elman_status status = safetensors_parse(bytes, size, &file);
    safetensors_close(file);
    return status;
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
#define ENTRY(dtype, shape, offsets)                                           \
    "{\"a\":{\"dtype\":" dtype ",\"shape\":" shape                             \
    ",\"data_offsets\":" offsets "}}"

TEST(each_broken_header_gives_its_own_sentence)
{
    static const struct {
        const char *header;
        size_t data;
        const char *message;
    } cases[] =
    { {"", 0, "does not begin with {"},
      {"[]", 0, "does not begin with {"},
      {"\xEF\xBB\xBF{}", 0, "does not begin with {"},
      {"{", 0, "header: byte 1: expected a key"},
      {"{}}", 0, "text after the value"},
      {"{\"a\":1}", 0, "tensor \"a\": not a JSON object"},
      {"{\"a\":null}", 0, "tensor \"a\": not a JSON object"},
      {"{" A "," A "}", 8, "key \"a\" occurs twice"},
      {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],"
       "\"data_offsets\":[0,8]}}",
       8, "key \"dtype\" occurs twice"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],"
       "\"more\":1}}",
       8, "more than dtype, shape and data_offsets"},
      {"{\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8,
       "empty name"},
      {"{\"a\\u0000b\":{}}", 0, "a zero byte in a key"},
      {"{\"\xFF\":{}}", 0, "byte 2: not UTF-8"},
      {"{\"\\uD800\":{}}", 0, "half a surrogate pair"},
      {"{\"__metadata__\":[]}", 0, "__metadata__ is not a JSON object"},
      {"{\"__metadata__\":{\"k\":1}}", 0, "\"k\" is not a string"},
      {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0,
       "key \"k\" occurs twice"},
      {ENTRY("\"F31\"", "[2]", "[0,8]"), 8, "unknown dtype \"F31\""},
      {ENTRY("\"f32\"", "[2]", "[0,8]"), 8, "unknown dtype \"f32\""},
      {ENTRY("7", "[2]", "[0,8]"), 8, "dtype is missing or not a string"},
      {"{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype is missing"},
      {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8,
       "shape is missing"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "data_offsets is not"},
      {ENTRY("\"F32\"", "2", "[0,8]"), 8, "shape is missing or not a list"},
      {ENTRY("\"F32\"", "[-2]", "[0,8]"), 8, "not a whole number"},
      {ENTRY("\"F32\"", "[-1,-2]", "[0,8]"), 8, "not a whole number"},
      {ENTRY("\"F32\"", "[2.0]", "[0,8]"), 8, "not a whole number"},
      {ENTRY("\"F32\"", "[2e0]", "[0,8]"), 8, "not a whole number"},
      {ENTRY("\"F32\"", "[\"2\"]", "[0,8]"), 8, "not a whole number"},
      {ENTRY("\"F32\"", "[18446744073709551616]", "[0,8]"), 8,
       "a number out of range"},
      {ENTRY("\"F32\"", "[4294967296,4294967296]", "[0,8]"), 8,
       BY_SIZE("product of the shape exceeds 64 bits", BEYOND_32)},
      {ENTRY("\"F32\"", "[4611686018427387906]", "[0,8]"), 8,
       BY_SIZE("size in bytes exceeds 64 bits",
               "a dimension is not " BEYOND_32)},
      {ENTRY("\"F32\"", "[65536,65536,65536,65536]", "[0,8]"), 8,
       "product of the shape exceeds " BY_SIZE("64", "32") " bits"},
      {ENTRY("\"F32\"", "[2]", "[4294967296,4294967304]"), 8,
       BY_SIZE("not within the 8 bytes",
               "the first of data_offsets is not " BEYOND_32)},
      {ENTRY("\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), 8,
       "9 dimensions, expected at most 8"},
      {ENTRY("\"F32\"", "[3]", "[0,8]"), 8,
       "8 bytes of data, but its shape and dtype F32 need 12"},
      {ENTRY("\"F64\"", "[2]", "[0,8]"), 8, "dtype F64 need 16"},
      {ENTRY("\"F32\"", "[2]", "[8,0]"), 8, "not within the 8 bytes"},
      {ENTRY("\"F32\"", "[2]", "[-8,0]"), 8,
       "the first of data_offsets is not a whole number from 0"},
      {ENTRY("\"F32\"", "[2]", "[0,8.0]"), 8,
       "the second of data_offsets is not a whole number from 0"},
      {ENTRY("\"F32\"", "[2]", "[0]"), 8, "data_offsets is not a list of two"},
      {ENTRY("\"F32\"", "[2]", "[0,8,8]"), 8,
       "data_offsets is not a list of two"},
      {ENTRY("\"F32\"", "[2]", "{}"), 8, "data_offsets is not a list of two"},
      {ENTRY("\"F32\"", "[2]", "[0,8]"), 7, "not within the 7 bytes"},
#if SIZE_MAX > UINT32_MAX
      {ENTRY("\"F32\"", "[2]", "[9223372036854775800,9223372036854775807]"), 8,
       "not within the 8 bytes"},
#endif
      {ENTRY("\"F32\"", "[2]", "[0,8]"), 9, "1 bytes after the last tensor"},
      {ENTRY("\"F32\"", "[2]", "[4,12]"), 12, "4 bytes before it belong"},
      {"{}", 3, "3 bytes after the last tensor"},
      {"{" A ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
       "}",
       8, "shares bytes with another"},
      {"{" A ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]"
       "}}",
       12, "shares bytes with another"},
      {"{" A ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20"
       "]}}",
       20, "tensor \"b\": 4 bytes before it belong"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(parse(cases[i].header, cases[i].data), ELMAN_BAD_FORMAT,
                    cases[i].message);
    CHECK_OK(parse("{}", 0));
    CHECK_OK(parse("{" A "}   ", 8));
    CHECK_OK(parse(ENTRY("\"F32\"", "[0,7]", "[0,0]"), 0));
    CHECK_OK(parse(ENTRY("\"U64\"", "[]", "[0,8]"), 8));
}

TEST(a_header_length_that_lies_is_refused)
{
    static const uint64_t lengths[] = {
        UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 7, 0, 100000001, 99999999};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        safetensors *file = NULL;
        size_t size;
        char *bytes = build("{" A "}", 8, &size);
        memcpy(bytes, &lengths[i], 8);
        CHECK_FAILS(safetensors_parse(bytes, size, &file), ELMAN_BAD_FORMAT,
                    lengths[i] == 99999999 ? "a safetensors file cut short"
                                           : "not a safetensors file");
    }
}

TEST(deep_and_long_json_is_refused_without_harm)
{
    enum { DEEP = 200000 };
    char *text = malloc(2 * DEEP + 100);
    static const char *const opening[] = {"{\"a\":", "[", "9"};
    for (int kind = 0; kind < 3; kind++) {
        size_t unit = strlen(opening[kind]), at = 5;
        memcpy(text, "{\"a\":", 6);
        for (; at + unit < 2 * DEEP; at += unit)
            memcpy(text + at, opening[kind], unit);
        text[at] = 0;
        assert_int_equal(parse(text, 0), ELMAN_BAD_FORMAT);
    }

    /* a name of 200,000 bytes is cut in the sentence, the reason is not */
    memset(text, 'n', DEEP);
    memcpy(text, "{\"\\u001b", 8);
    memcpy(text + DEEP, "\":3}", 5);
    CHECK_FAILS(parse(text, 0), ELMAN_BAD_FORMAT, "not a JSON object");
    CHECK(!strchr(elman_message(), 27), "an escape reached the message");
    free(text);
}

TEST(a_thousand_tensors_on_the_same_bytes_are_refused)
{
    char *text = malloc(100000);
    size_t at = (size_t)sprintf(text, "{" A);
    for (int i = 0; i < 1000; i++)
        at += (size_t)sprintf(text + at,
                              ",\"t%d\":{\"dtype\":\"F32\",\"shape\":[2],"
                              "\"data_offsets\":[0,8]}",
                              i);
    memcpy(text + at, "}", 2);
    CHECK_FAILS(parse(text, 8), ELMAN_BAD_FORMAT, "shares bytes");
    free(text);
}

/* ---- Round trips -------------------------------------------------------- */

static const float weights[6] = {1, -2.5f, 3e-40f, INFINITY, -0.0f, 1e30f};
static const uint64_t counters[2] = {UINT64_MAX, 7};
static const double exact[1] = {0.1};

static safetensors sample(named_tensor *tensor, safetensors_note *note)
{
    tensor[0] = (named_tensor){.name = "rnn.weight",
                               .type = ELEMENT_F32,
                               .rank = 2,
                               .shape = {2, 3},
                               .count = 6,
                               .data = weights};
    tensor[1] = (named_tensor){.name = "empty",
                               .type = ELEMENT_U8,
                               .rank = 2,
                               .shape = {0, 5},
                               .data = ""};
    tensor[2] = (named_tensor){.name = "counters",
                               .type = ELEMENT_U64,
                               .rank = 1,
                               .shape = {2},
                               .count = 2,
                               .data = counters};
    tensor[3] = (named_tensor){.name = "\xC3\xA4 \"quoted\"",
                               .type = ELEMENT_F64,
                               .count = 1,
                               .data = exact};
    note[0] = (safetensors_note){"config", "{\"a\": [1, 2]}\n"};
    note[1] = (safetensors_note){"empty", ""};
    return (safetensors){
        .tensor_count = 4, .tensors = tensor, .note_count = 2, .notes = note};
}

TEST(what_is_saved_is_read_and_gives_the_same_bytes_again)
{
    named_tensor tensor[4];
    safetensors_note note[2];
    safetensors file = sample(tensor, note), *got = NULL;
    CHECK_OK(safetensors_save(&file, in_folder("a.safetensors")));
    CHECK_OK(safetensors_open(in_folder("a.safetensors"), &got));

    assert_int_equal(got->tensor_count, 4);
    assert_int_equal(got->note_count, 2);
    for (size_t i = 0; i < 4; i++) {
        const named_tensor *t = &got->tensors[i];
        assert_string_equal(t->name, tensor[i].name);
        CHECK_OK(
            tensor_expect(t, tensor[i].type, tensor[i].rank, tensor[i].shape));
        assert_int_equal(t->count, tensor[i].count);
        assert_memory_equal(t->data, tensor[i].data,
                            t->count * element_bytes(t->type));
    }
    assert_string_equal(safetensors_text(got, "config"), note[0].text);
    assert_string_equal(safetensors_text(got, "empty"), "");
    assert_null(safetensors_text(got, "none"));
    assert_null(safetensors_find(got, "none"));
    CHECK_FAILS(tensor_expect(safetensors_find(got, "rnn.weight"), ELEMENT_F64,
                              1, (size_t[]){6}),
                ELMAN_BAD_FORMAT,
                "tensor \"rnn.weight\" is F32 (2,3), expected F64 (6)");

    /* the data begins at a multiple of 8 */
    uint64_t length;
    memcpy(&length, got->bytes, 8);
    assert_int_equal(length % 8, 0);

    CHECK_OK(safetensors_save(got, in_folder("b.safetensors")));
    char *first = NULL, *second = NULL;
    size_t first_size, second_size;
    CHECK_OK(file_read(in_folder("a.safetensors"), &first, &first_size));
    CHECK_OK(file_read(in_folder("b.safetensors"), &second, &second_size));
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    free(first);
    free(second);
    safetensors_close(got);
}

TEST(memory_takes_the_bytes_of_the_file)
{
    named_tensor tensor[4];
    safetensors_note note[2];
    safetensors file = sample(tensor, note), *got = NULL;
    CHECK_OK(safetensors_save(&file, in_folder("m.safetensors")));
    char *whole = NULL;
    size_t size, counted = 0, written = 7;
    CHECK_OK(file_read(in_folder("m.safetensors"), &whole, &size));

    CHECK_OK(safetensors_save_memory(&file, 0, NULL, &counted));
    assert_int_equal(counted, size);
    char *memory = calloc(1, size + 1), *before = calloc(1, size + 1);
    CHECK_FAILS(safetensors_save_memory(&file, size - 1, memory, &written),
                ELMAN_BAD_VALUE, "room is");
    assert_memory_equal(memory, before, size);
    assert_int_equal(written, 7);
    CHECK_OK(safetensors_save_memory(&file, size + 1, memory, &written));
    assert_int_equal(written, size);
    assert_memory_equal(memory, whole, size + 1);

    /* and from there, where a message calls it as it was called */
    byte_source source = {"the model", memory, size};
    CHECK_OK(safetensors_read(&source, &got));
    assert_int_equal(got->tensor_count, 4);
    source.size--;
    CHECK_FAILS(safetensors_read(&source, &got), ELMAN_BAD_FORMAT,
                "the model: ");
    source = (byte_source){MEMORY_NAME, "", 0};
    CHECK_FAILS(safetensors_read(&source, &got), ELMAN_BAD_FORMAT,
                "<memory>: empty file");
    safetensors_close(got);
    free(memory);
    free(before);
    free(whole);
}

TEST(a_file_cut_at_any_length_is_refused)
{
    named_tensor tensor[4];
    safetensors_note note[2];
    safetensors file = sample(tensor, note), *got = NULL;
    CHECK_OK(safetensors_save(&file, in_folder("cut.safetensors")));
    char *whole = NULL;
    size_t size;
    CHECK_OK(file_read(in_folder("cut.safetensors"), &whole, &size));
    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut + 1);
        memcpy(part, whole, cut);
        elman_status status = safetensors_parse(part, cut, &got);
        CHECK(status == ELMAN_BAD_FORMAT, "cut at %zu of %zu", cut, size);
    }

    /* any one byte changed: read or refused, never a crash */
    for (size_t i = 0; i < size; i++) {
        char *part = malloc(size);
        memcpy(part, whole, size);
        part[i] = (char)(part[i] ^ (1 << i % 8));
        if (safetensors_parse(part, size, &got) == ELMAN_OK)
            safetensors_close(got);
    }
    free(whole);
}

TEST(messages_of_a_file_name_it)
{
    safetensors *file = NULL;
    CHECK_FAILS(safetensors_open(put_text("x.safetensors", "hello"), &file),
                ELMAN_BAD_FORMAT, "x.safetensors: truncated: 5 bytes");
    CHECK_FAILS(safetensors_open(put_text("x.safetensors", ""), &file),
                ELMAN_BAD_FORMAT, "x.safetensors: empty file");
    CHECK_FAILS(safetensors_open(
                    put_text("x.safetensors", "PK\3\4 a zip file "), &file),
                ELMAN_BAD_FORMAT, "x.safetensors: not a safetensors file");
    CHECK_FAILS(safetensors_open(folder_path, &file), ELMAN_BAD_FILE,
                "directory");
    assert_null(file);
}

TEST(floats_of_any_width_become_floats)
{
    /* every half: against its meaning in the standard */
    for (unsigned bits = 0; bits < 65536; bits++) {
        uint16_t half = (uint16_t)bits;
        named_tensor tensor = {.name = "h",
                               .type = ELEMENT_F16,
                               .rank = 1,
                               .shape = {1},
                               .count = 1,
                               .data = &half};
        float got;
        CHECK_OK(tensor_floats(&tensor, &got));
        int e = bits >> 10 & 31, f = bits & 1023;
        double want = e ? ldexp(1 + f / 1024.0, e - 15) : ldexp(f, -24);
        if (e == 31) want = f ? NAN : INFINITY;
        if (bits & 0x8000) want = -want;
        CHECK(isnan(want) ? isnan(got) : (double)got == want, "%x", bits);
        CHECK(isnan(want) || !signbit(got) == !signbit(want), "%x", bits);
    }
    uint16_t brain[2] = {0x3FC0, 0xFF80};
    double wide[2] = {0.1, -1e300};
    float got[2];
    named_tensor b = {.name = "b",
                      .type = ELEMENT_BF16,
                      .rank = 1,
                      .shape = {2},
                      .count = 2,
                      .data = brain};
    CHECK_OK(tensor_floats(&b, got));
    assert_true(got[0] == 1.5f && got[1] == -INFINITY);
    named_tensor d = {.name = "d",
                      .type = ELEMENT_F64,
                      .rank = 1,
                      .shape = {2},
                      .count = 2,
                      .data = wide};
    CHECK_OK(tensor_floats(&d, got));
    assert_true(got[0] == 0.1f && got[1] == -INFINITY);
    named_tensor u = {.name = "u",
                      .type = ELEMENT_U64,
                      .rank = 1,
                      .shape = {2},
                      .count = 2,
                      .data = counters};
    CHECK_FAILS(tensor_floats(&u, got), ELMAN_BAD_FORMAT,
                "tensor \"u\": dtype U64, expected floats");
}

TEST(names_that_cannot_be_saved_are_refused_and_nothing_is_written)
{
    folder_clear();
    named_tensor tensor[2] = {{.name = "a",
                               .type = ELEMENT_F32,
                               .rank = 1,
                               .shape = {1},
                               .count = 1,
                               .data = weights},
                              {.name = "a",
                               .type = ELEMENT_F32,
                               .rank = 1,
                               .shape = {1},
                               .count = 1,
                               .data = weights}};
    safetensors_note note[2] = {{"k", "1"}, {"k", "2"}};
    safetensors file = {.tensor_count = 2, .tensors = tensor};
    CHECK_FAILS(safetensors_save(&file, in_folder("x")), ELMAN_BAD_VALUE,
                "name \"a\" occurs twice");
    file = (safetensors){.note_count = 2, .notes = note};
    CHECK_FAILS(safetensors_save(&file, in_folder("x")), ELMAN_BAD_VALUE,
                "name \"k\" occurs twice");
    tensor[0].name = "\xFF";
    file = (safetensors){.tensor_count = 1, .tensors = tensor};
    CHECK_FAILS(safetensors_save(&file, in_folder("x")), ELMAN_BAD_VALUE,
                "not UTF-8");
    assert_int_equal(folder_count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_broken_header_gives_its_own_sentence),
        cmocka_unit_test(a_header_length_that_lies_is_refused),
        cmocka_unit_test(deep_and_long_json_is_refused_without_harm),
        cmocka_unit_test(a_thousand_tensors_on_the_same_bytes_are_refused),
        cmocka_unit_test(what_is_saved_is_read_and_gives_the_same_bytes_again),
        cmocka_unit_test(memory_takes_the_bytes_of_the_file),
        cmocka_unit_test(a_file_cut_at_any_length_is_refused),
        cmocka_unit_test(messages_of_a_file_name_it),
        cmocka_unit_test(floats_of_any_width_become_floats),
        cmocka_unit_test(
            names_that_cannot_be_saved_are_refused_and_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
