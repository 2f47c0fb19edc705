/*
 * test_npy.c: arrays as NumPy writes them, and headers that lie.
 */
#include "folder.h"
#include "format/array.h"
#include "format/file.h"
#include "format/npy.h"

/* A file of this version, dictionary and data; malloc'ed. */
static char *build(int version, const char *header, const void *data,
                   size_t bytes, size_t *size)
{
    size_t length = strlen(header), first = version == 1 ? 10 : 12;
    *size = first + length + bytes;
    char *file = calloc(1, *size + 1);
    if (!file) abort();
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (char)version;
    file[8] = (char)(length & 255);
    file[9] = (char)(length >> 8);
    memcpy(file + first, header, length);
    if (bytes) memcpy(file + first + length, data, bytes);
    return file;
}

static elman_status parse(int version, const char *header, const void *data,
                          size_t bytes, npy **array)
{
    size_t size;
    char *file = build(version, header, data, bytes, &size);
    return npy_parse(file, size, array);
}

TEST(every_dtype_and_byte_order_is_read)
{
    static const struct {
        const char *descr;
        const char *data;
        size_t width;
        double want[2];
    } cases[] = {
        {"<f4", "\0\0\x80\x3F\0\0\x20\xC1", 4, {1, -10}},
        {">f4", "\x3F\x80\0\0\xC1\x20\0\0", 4, {1, -10}},
        {"<f8",
         "\0\0\0\0\0\0\xF0\x3F\x9A\x99\x99\x99\x99\x99\xB9\x3F",
         8,
         {1, 0.1}},
        {">f8",
         "\x3F\xF0\0\0\0\0\0\0\x3F\xB9\x99\x99\x99\x99\x99\x9A",
         8,
         {1, 0.1}},
        {"<f2", "\0\x3C\0\xC0", 2, {1, -2}},
        {"<i4", "\1\0\0\0\xFE\xFF\xFF\xFF", 4, {1, -2}},
        {">i4", "\0\0\0\1\xFF\xFF\xFF\xFE", 4, {1, -2}},
        {"<i8", "\1\0\0\0\0\0\0\0\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, {1, -2}},
        {"<i2", "\1\0\xFE\xFF", 2, {1, -2}},
        {"<u2", "\1\0\xFE\xFF", 2, {1, 65534}},
        {">u2", "\0\1\xFF\xFE", 2, {1, 65534}},
        {"<u8", "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80", 8, {1, 0x1p63}},
        {"|u1", "\1\xFE", 1, {1, 254}},
        {"|i1", "\1\xFE", 1, {1, -2}},
        {"|b1", "\1\0", 1, {1, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int version = 1; version <= 3; version++) {
            char header[100];
            snprintf(header, sizeof header,
                     "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }"
                     "   \n",
                     cases[i].descr);
            npy *array = NULL;
            double got[2];
            CHECK_OK(parse(version, header, cases[i].data, 2 * cases[i].width,
                           &array));
            tensor_doubles(&array->tensor, 0, 2, got);
            CHECK(got[0] == cases[i].want[0] && got[1] == cases[i].want[1],
                  "%s: %g %g", cases[i].descr, got[0], got[1]);
            npy_close(array);
        }
}

TEST(fortran_order_is_read_row_major)
{
    /* x[i][j][k] = 100 i + 10 j + k of shape (2,3,2), first index fastest */
    unsigned char data[12];
    for (size_t k = 0, n = 0; k < 2; k++)
        for (size_t j = 0; j < 3; j++)
            for (size_t i = 0; i < 2; i++)
                data[n++] = (unsigned char)(100 * i + 10 * j + k);
    npy *array = NULL;
    CHECK_OK(parse(1,
                   "{\"shape\":(2,3,2),\"fortran_order\":True,"
                   "\"descr\":\"|u1\"}",
                   data, 12, &array));
    for (size_t n = 0; n < 12; n++) {
        double got;
        tensor_doubles(&array->tensor, n, 1, &got);
        size_t want = 100 * (n / 6) + 10 * (n / 2 % 3) + n % 2;
        CHECK(got == (double)want, "[%zu] is %g", n, got);
    }
    npy_close(array);
}

#define HEADER(descr, order, shape)                                            \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape "}"

TEST(each_bad_header_gives_its_own_sentence)
{
    static const struct {
        const char *header;
        size_t bytes;
        const char *message;
    } cases[] = {
        {HEADER("'|O'", "False", "(2,)"), 16, "object array is a pickle"},
        {HEADER("'O8'", "False", "(2,)"), 16, "object array is a pickle"},
        {HEADER("[('a', '<f4')]", "False", "(2,)"), 8, "structured array"},
        {HEADER("'<U4'", "False", "(2,)"), 32, "dtype '<U4'"},
        {HEADER("'<c8'", "False", "(1,)"), 8, "dtype '<c8'"},
        {HEADER("'f4'", "False", "(2,)"), 8, "dtype 'f4'"},
        {HEADER("''", "False", "(2,)"), 8, "dtype ''"},
        {HEADER("__import__('os').system('id')", "False", "(2,)"), 8,
         "descr is not a short string"},
        {HEADER("'<f4'", "0", "(2,)"), 8, "neither True nor False"},
        {HEADER("'<f4'", "False", "2"), 8, "shape is not a tuple"},
        {HEADER("'<f4'", "False", "(2)"), 8, "shape is not a tuple"},
        {HEADER("'<f4'", "False", "(-2,)"), 8, "not a whole number from 0"},
        {HEADER("'<f4'", "False", "(2.0,)"), 8, "shape is not a tuple"},
        {HEADER("'<f4'", "False", "(99999999999999999999,)"), 8,
         BY_SIZE("not a number that a machine of 64 bits", BEYOND_32)},
        {HEADER("'<f4'", "False", "(281474976710656,)"), 8,
         BY_SIZE("8 bytes of data, but the shape needs 1125899906842624",
                 "a dimension is not " BEYOND_32)},
        {HEADER("'<f4'", "False", "(4294967296,4294967296)"), 8,
         BY_SIZE("exceeds 64 bits", BEYOND_32)},
        {HEADER("'<f8'", "False", "(2305843009213693953,)"), 8,
         BY_SIZE("exceeds 64 bits", BEYOND_32)},
        {HEADER("'<f8'", "False", "(65536,65536,65536,65536)"), 8,
         BY_SIZE("exceeds 64 bits", "exceeds 32 bits")},
        {HEADER("'<f4'", "False", "(1,1,1,1,1,1,1,1,2)"), 8,
         "more than 8 dimensions"},
        {HEADER("'<f4'", "False", "(3,)"), 8,
         "8 bytes of data, but the shape needs 12"},
        {HEADER("'<f4'", "False", "(1,)"), 8,
         "8 bytes of data, but the shape needs 4"},
        {HEADER("'<f4'", "False", "(2,)") " + 1", 8, "text after"},
        {"{'descr': '<f4', 'shape': (2,)}", 8, "'fortran_order' is missing"},
        {"{'descr': '<f4', 'descr': '<f4'}", 8, "'descr' occurs twice"},
        {"{'other': '<f4'}", 8, "'other' is unknown"},
        {"{'descr': '<f4' 'shape': (2,)}", 8, "expected a comma after 'descr'"},
        {"{descr: '<f4'}", 8, "expected a key"},
        {"{'descr': '<f4'", 8, "expected a comma after 'descr'"},
        {"{'descr", 8, "expected a key"},
        {"", 8, "not a dictionary"},
        {"\x80\x04\x95", 8, "not a dictionary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        npy *array = NULL;
        CHECK_FAILS(parse(1, cases[i].header,
                          "12345678901234567890123456789012", cases[i].bytes,
                          &array),
                    ELMAN_BAD_FORMAT, cases[i].message);
    }
}

TEST(a_file_cut_at_any_length_is_refused)
{
    size_t size;
    char *whole =
        build(2, HEADER("'<f4'", "False", "(2,)"), "12345678", 8, &size);
    npy *array = NULL;
    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut + 1);
        memcpy(part, whole, cut);
        elman_status status = npy_parse(part, cut, &array);
        CHECK(status == ELMAN_BAD_FORMAT, "cut at %zu of %zu", cut, size);
    }
    for (size_t i = 0; i < size; i++) {
        char *part = malloc(size);
        memcpy(part, whole, size);
        part[i] = (char)(part[i] ^ (1 << i % 8));
        if (npy_parse(part, size, &array) == ELMAN_OK) npy_close(array);
    }

    /* a header longer than the file, by 2 and by 4 bytes of length */
    whole[8] = whole[9] = whole[10] = whole[11] = (char)0xFF;
    CHECK_FAILS(npy_parse(whole, size, &array), ELMAN_BAD_FORMAT,
                "a header of 4294967295 bytes");
    CHECK_FAILS(npy_open(put_text("e.npy", ""), &array), ELMAN_BAD_FORMAT,
                "e.npy: the file is empty");
    CHECK_FAILS(npy_open(put_text("e.npy", "PK\3\4 and so on"), &array),
                ELMAN_BAD_FORMAT, "e.npy: not an .npy file");
    CHECK_FAILS(
        npy_open(put_bytes("e.npy", "\x93NUMPY\4\0\0\0\0\0", 12), &array),
        ELMAN_BAD_FORMAT, "version 4.0");
}

TEST(arrays_of_every_rank_are_saved_and_loaded)
{
    float data[24];
    random_fill(2, 24, -1, 1, data);
    static const size_t shapes[][ELMAN_MAX_RANK] = {
        {0}, {24}, {4, 6}, {2, 3, 4}, {2, 3, 2, 2}, {3, 0}};
    static const size_t ranks[] = {0, 1, 2, 3, 4, 2};
    for (size_t i = 0; i < 6; i++) {
        elman_tensor array = {.data = data, .rank = ranks[i]}, got = {0};
        size_t count = 1;
        for (size_t k = 0; k < ranks[i]; k++)
            count *= array.shape[k] = shapes[i][k];
        CHECK_OK(array_save(in_folder("a.npy"), &array));
        CHECK_OK(array_load(in_folder("a.npy"), &got));
        assert_int_equal(got.rank, ranks[i]);
        assert_memory_equal(got.shape, array.shape, sizeof got.shape);
        CHECK_BITS(got.data, data, count, "rank %zu", ranks[i]);
        array_destroy(&got);
        array_destroy(&got);

        /* as NumPy has it: the data at a multiple of 64 */
        char *bytes = NULL;
        size_t size = 0;
        CHECK_OK(file_read(in_folder("a.npy"), &bytes, &size));
        assert_int_equal((size - count * sizeof *data) % 64, 0);
        assert_int_equal(bytes[size - count * sizeof *data - 1], '\n');
        free(bytes);
    }
    CHECK_OK(npy_save(in_folder("a.npy"), &(named_tensor){.rank = 5}));
    elman_tensor none = {0};
    CHECK_FAILS(array_load(in_folder("a.npy"), &none), ELMAN_BAD_FORMAT,
                "a.npy: 5 dimensions, expected at most 4");
    elman_tensor deep = {.data = data, .rank = 5};
    CHECK_FAILS(array_save(in_folder("b.npy"), &deep), ELMAN_BAD_VALUE,
                "5 dimensions");
}

/* What a tensor of each type holds, after it was written and read. */
TEST(tensors_of_every_type_order_and_rank_come_back)
{
    unsigned char data[8 * 24];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 37 % 128);
    for (int type = 0; type < ELEMENT_TYPE_COUNT; type++)
        for (int how = 0; how < 4; how++) {
            named_tensor out = {.type = (element_type)type,
                                .rank = 8,
                                .shape = {1, 2, 1, 3, 1, 4, 1, 1},
                                .count = 24,
                                .data = data,
                                .swapped = how & 1,
                                .strided = how & 2,
                                .stride = {9, 1, 9, 2, 9, 6, 9, 9}};
            double want[24], got[24];
            npy *in = NULL;
            tensor_doubles(&out, 0, 24, want);
            CHECK_OK(npy_save(in_folder("t.npy"), &out));
            CHECK_OK(npy_open(in_folder("t.npy"), &in));
            tensor_doubles(&in->tensor, 0, 24, got);
            assert_int_equal(in->tensor.type,
                             type == ELEMENT_BF16 ? ELEMENT_F32 : type);
            assert_int_equal(in->tensor.rank, 8);
            assert_memory_equal(in->tensor.shape, out.shape, sizeof out.shape);
            CHECK(!memcmp(got, want, sizeof got), "%s %d",
                  element_name(out.type), how);
            npy_close(in);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_and_byte_order_is_read),
        cmocka_unit_test(fortran_order_is_read_row_major),
        cmocka_unit_test(each_bad_header_gives_its_own_sentence),
        cmocka_unit_test(a_file_cut_at_any_length_is_refused),
        cmocka_unit_test(arrays_of_every_rank_are_saved_and_loaded),
        cmocka_unit_test(tensors_of_every_type_order_and_rank_come_back),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
