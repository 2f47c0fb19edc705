/*
 * test_archive.c: zip files, right and hostile, and NumPy's archives.
 */
#include "check.h"
#include "folder.h"
#include "format/archive.h"
#include "format/npz.h"
#include "golden_torch.h"
#include "zip_build.h"

enum { STORED = 0, DEFLATED = 8 };

static elman_status open_parts(const zip_part *parts, size_t count,
                               archive **file)
{
    zip_file zip = zip_build(parts, count);
    return archive_parse(zip.bytes, zip.size, file);
}

TEST(entries_are_read_stored_and_deflated)
{
    archive *file = NULL;
    zip_file zeros = zip_deflate_zeros(3);
    char nothing[1 + 3 * 258] = {0};
    zip_part parts[] = {{.name = "b/c", .data = "hello", .bytes = 5},
                        {.name = "a", .data = "", .bytes = 0},
                        {.name = "z..",
                         .data = zeros.bytes,
                         .bytes = zeros.size,
                         .method = DEFLATED,
                         .size = sizeof nothing,
                         .crc = zip_crc(nothing, sizeof nothing)}};
    CHECK_OK(open_parts(parts, 3, &file));
    assert_int_equal(archive_entry_count(file), 3);
    assert_string_equal(archive_name(file, 0), "a");
    assert_string_equal(archive_name(file, 1), "b/c");
    assert_int_equal(archive_find(file, "z.."), 2);
    assert_int_equal(archive_find(file, "c"), 3);
    char *data = NULL, *again = NULL;
    CHECK_OK(archive_read(file, 0, &data));
    CHECK_OK(archive_read(file, 1, &data));
    assert_memory_equal(data, "hello", 5);
    CHECK_OK(archive_read(file, 1, &again));
    assert_ptr_equal(data, again);
    CHECK_OK(archive_read(file, 2, &data));
    assert_int_equal(archive_size(file, 2), sizeof nothing);
    assert_memory_equal(data, nothing, sizeof nothing);
    archive_finish(file);
    assert_memory_equal(again, "hello", 5);
    archive_close(file);
    free(zeros.bytes);
}

TEST(each_hostile_archive_gives_its_own_sentence)
{
    static const struct {
        zip_part parts[2];
        const char *message;
    } cases[] = {
        {{{.name = "a", .data = "x", .bytes = 1},
          {.name = "a", .data = "y", .bytes = 1}},
         "two entries have the same name"},
        {{{.name = "../a"}, {.name = "b"}}, "leads out"},
        {{{.name = "b/../../a"}, {.name = "b"}}, "leads out"},
        {{{.name = "b/.."}, {.name = "b"}}, "leads out"},
        {{{.name = "b\\..\\a"}, {.name = "b"}}, "leads out"},
        {{{.name = "/etc/passwd"}, {.name = "b"}}, "leads out"},
        {{{.name = "C:a"}, {.name = "b"}}, "leads out"},
        {{{.name = "\xFF"}, {.name = "b"}}, "not UTF-8"},
        {{{.name = "a", .flags = 1, .data = "0123456789ab", .bytes = 12},
          {.name = "b"}},
         "is encrypted"},
        {{{.name = "a", .method = 12, .data = "x", .bytes = 1}, {.name = "b"}},
         "compression method 12"},
        {{{.name = "a", .inside = "c"}, {.name = "b"}}, "not a zip file, or"},
        {{{.name = "a",
           .data = "0123456789",
           .bytes = 10,
           .method = DEFLATED,
           .size = 512 << 20,
           .crc = 1},
          {.name = "b"}},
         "536870912 bytes unpacked from 10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        archive *file = NULL;
        CHECK_FAILS(open_parts(cases[i].parts, 2, &file), ELMAN_BAD_FORMAT,
                    cases[i].message);
    }
}

TEST(entries_that_are_not_what_their_header_says_are_damaged)
{
    zip_file zeros = zip_deflate_zeros(5000);
    char nothing[1000] = {0};
    const zip_part parts[] = {
        {.name = "crc", .data = "hello", .bytes = 5, .crc = 1},
        {.name = "more",
         .data = zeros.bytes,
         .bytes = zeros.size,
         .method = DEFLATED,
         .size = 1000,
         .crc = zip_crc(nothing, sizeof nothing)},
        {.name = "less",
         .data = zeros.bytes,
         .bytes = zeros.size,
         .method = DEFLATED,
         .size = 1000000,
         .crc = 1},
        {.name = "bits",
         .data = "\xFF\xFF\xFF",
         .bytes = 3,
         .method = DEFLATED,
         .size = 1000,
         .crc = 1}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        archive *file = NULL;
        char *data = NULL, want[40];
        snprintf(want, sizeof want, "\"%s\" is damaged", parts[i].name);
        CHECK_OK(open_parts(&parts[i], 1, &file));
        CHECK_FAILS(archive_read(file, 0, &data), ELMAN_BAD_FORMAT, want);
        archive_close(file);
    }
    free(zeros.bytes);
}

/* Reads all entries, and closes; whether that went well. */
static bool read_entries(archive *file)
{
    char *data;
    bool fine = true;
    for (size_t i = 0; i < archive_entry_count(file); i++)
        fine = archive_read(file, i, &data) == ELMAN_OK && fine;
    archive_close(file);
    return fine;
}

/* Opens and reads all, in memory and now and then in a file, which must be the
 * same; whether that went well. */
static bool read_all(const char *bytes, size_t size)
{
    archive *file = NULL;
    char *copy = malloc(size + 1), message[300];
    memcpy(copy, bytes, size);
    bool fine = archive_parse(copy, size, &file) == ELMAN_OK;
    fine = fine && read_entries(file);
    snprintf(message, sizeof message, "%s", fine ? "" : elman_message());

    static unsigned turn;
    file_reader *reader;
    if (turn++ % 8) return fine;
    CHECK_OK(file_reader_open(put_bytes("a.zip", bytes, size), &reader));
    bool same = archive_open(reader, &file) == ELMAN_OK;
    same = same && read_entries(file);
    assert_int_equal(same, fine);
    if (!fine) assert_string_equal(message, elman_message());
    file_reader_close(reader);
    return fine;
}

/* One entry, "a" of "hello", whose numbers all have 64 bits. */
static zip_file make_64(void)
{
    static const struct {
        const char *text;
        size_t bytes;
    } head = {"PK\3\4\55\0\0\0\0\0\0\0\41\0", 14},
      list = {"PK\1\2\55\0\55\0\0\0\0\0\0\0\41\0", 16},
      end_64 = {"PK\6\6\54\0\0\0\0\0\0\0\55\0\55\0", 16};
    zip_file zip = {0};
    const uint32_t crc = zip_crc("hello", 5);
    const uint64_t sentinel = UINT32_MAX;

    zip_add(&zip, head.text, head.bytes);
    zip_number(&zip, crc, 4);
    zip_number(&zip, sentinel << 32 | sentinel, 8);
    zip_number(&zip, 1 | 20 << 16, 4);
    zip_add(&zip, "a\1\0\20\0", 5);
    zip_number(&zip, 5, 8);
    zip_number(&zip, 5, 8);
    zip_add(&zip, "hello", 5);

    const size_t begin = zip.size;
    zip_add(&zip, list.text, list.bytes);
    zip_number(&zip, crc, 4);
    zip_number(&zip, sentinel << 32 | sentinel, 8);
    zip_number(&zip, 1 | 28 << 16, 4);
    zip_number(&zip, 0, 5); /* comment, disk */
    zip_number(&zip, 0, 5); /* attributes */
    zip_number(&zip, sentinel, 4);
    zip_add(&zip, "a\1\0\30\0", 5);
    for (size_t i = 0; i < 3; i++)
        zip_number(&zip, i < 2 ? 5 : 0, 8);

    const size_t end = zip.size;
    zip_add(&zip, end_64.text, end_64.bytes);
    zip_number(&zip, 0, 8); /* disks */
    zip_number(&zip, 1, 8);
    zip_number(&zip, 1, 8);
    zip_number(&zip, end - begin, 8);
    zip_number(&zip, begin, 8);
    zip_add(&zip, "PK\6\7\0\0\0\0", 8);
    zip_number(&zip, end, 8);
    zip_number(&zip, 1, 4);
    zip_add(&zip, "PK\5\6\0\0\0\0", 8);
    zip_number(&zip, sentinel, 4);
    zip_number(&zip, sentinel << 32 | sentinel, 8);
    zip_number(&zip, 0, 2);
    return zip;
}

TEST(numbers_of_64_bits_are_read)
{
    zip_file zip = make_64();
    char *copy = malloc(zip.size), *data = NULL;
    memcpy(copy, zip.bytes, zip.size);
    archive *file = NULL;
    CHECK_OK(archive_parse(copy, zip.size, &file));
    CHECK_OK(archive_read(file, 0, &data));
    assert_int_equal(archive_size(file, 0), 5);
    assert_memory_equal(data, "hello", 5);
    archive_close(file);

    for (size_t cut = 0; cut < zip.size; cut++)
        CHECK(!read_all(zip.bytes, cut), "cut at %zu of %zu", cut, zip.size);
    for (size_t i = 0; i < 8 * zip.size; i++) {
        zip.bytes[i / 8] = (char)(zip.bytes[i / 8] ^ 1 << i % 8);
        (void)read_all(zip.bytes, zip.size);
        zip.bytes[i / 8] = (char)(zip.bytes[i / 8] ^ 1 << i % 8);
    }
    free(zip.bytes);
}

/* Many entries in a list that lead to one, and many that are small alone. */
TEST(bombs_of_many_entries_are_refused)
{
    archive *file = NULL;
    zip_file zeros = zip_deflate_zeros(4000); /* 6505 bytes of 1032001 */
    zip_part parts[10];
    char names[10][2] = {{0}};
    for (size_t i = 0; i < 10; i++) {
        names[i][0] = (char)('a' + i);
        parts[i] = (zip_part){.name = names[i],
                              .data = zeros.bytes,
                              .bytes = zeros.size,
                              .method = DEFLATED,
                              .size = 1032001,
                              .crc = 1};
    }
    CHECK_FAILS(open_parts(parts, 10, &file), ELMAN_BAD_FORMAT,
                "10320010 bytes unpacked from");
    free(zeros.bytes);

    /* the second of two stored entries on the bytes of the first */
    static char data[1000];
    zip_part two[] = {{.name = "a", .data = data, .bytes = sizeof data},
                      {.name = "a", .data = data, .bytes = sizeof data}};
    zip_file zip = zip_build(two, 1);
    size_t list = 31 + sizeof data, entry = 47;
    zip_file twice = {0};
    zip_add(&twice, zip.bytes, list);
    zip_add(&twice, zip.bytes + list, entry);
    zip_add(&twice, zip.bytes + list, entry - 1);
    zip_add(&twice, "b", 1);
    zip_add(&twice, "PK\5\6\0\0\0\0\2\0\2\0", 12);
    zip_number(&twice, (uint32_t)(2 * entry), 4);
    zip_number(&twice, (uint32_t)list, 4);
    zip_number(&twice, 0, 2);
    free(zip.bytes);
    elman_status status = archive_parse(twice.bytes, twice.size, &file);
    CHECK(status == ELMAN_BAD_FORMAT, "status %d", (int)status);
}

TEST(archives_cut_or_changed_anywhere_do_no_harm)
{
    zip_file zeros = zip_deflate_zeros(3);
    zip_part parts[] = {{.name = "a", .data = "hello", .bytes = 5},
                        {.name = "b",
                         .data = zeros.bytes,
                         .bytes = zeros.size,
                         .method = DEFLATED,
                         .size = 775,
                         .crc = 0xD4530D0Du}};
    char nothing[775] = {0};
    parts[1].crc = zip_crc(nothing, sizeof nothing);
    zip_file zip = zip_build(parts, 2);
    CHECK(read_all(zip.bytes, zip.size), "\"%s\"", elman_message());
    for (size_t cut = 0; cut < zip.size; cut++)
        CHECK(!read_all(zip.bytes, cut), "cut at %zu of %zu", cut, zip.size);
    for (size_t i = 0; i < 8 * zip.size; i++) {
        zip.bytes[i / 8] = (char)(zip.bytes[i / 8] ^ 1 << i % 8);
        (void)read_all(zip.bytes, zip.size);
        zip.bytes[i / 8] = (char)(zip.bytes[i / 8] ^ 1 << i % 8);
    }
    free(zip.bytes);
    free(zeros.bytes);
}

/* ---- NumPy's ------------------------------------------------------------ */

TEST(arrays_of_numpy_are_read)
{
    static const char *const families[] = {"arrays", "arrays_deflated"};
    golden_torch want = golden_torch_open();
    for (size_t i = 0; i < 2; i++) {
        npz *file = NULL;
        char name[64];
        snprintf(name, sizeof name, "%s.npz", families[i]);
        CHECK_OK(npz_open(golden_torch_path(name), &file));
        assert_string_equal(file->tensors[0].name, "deep/y");
        golden_torch_check(&want, families[i], file->tensor_count,
                           file->tensors);
        npz_close(file);
    }
    golden_torch_close(&want);
}

TEST(archives_of_other_things_are_refused)
{
    static const struct {
        zip_part part;
        const char *message;
    } cases[] = {
        {{.name = "a.txt"}, "\"a.txt\" is not an .npy array"},
        {{.name = ".npy"}, "\".npy\" is not an .npy array"},
        {{.name = "a.npy", .data = "x", .bytes = 1},
         "\"a.npy\": not an .npy file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        npz *file = NULL;
        zip_file zip = zip_build(&cases[i].part, 1);
        CHECK_FAILS(npz_parse(zip.bytes, zip.size, &file), ELMAN_BAD_FORMAT,
                    cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_read_stored_and_deflated),
        cmocka_unit_test(each_hostile_archive_gives_its_own_sentence),
        cmocka_unit_test(
            entries_that_are_not_what_their_header_says_are_damaged),
        cmocka_unit_test(numbers_of_64_bits_are_read),
        cmocka_unit_test(bombs_of_many_entries_are_refused),
        cmocka_unit_test(archives_cut_or_changed_anywhere_do_no_harm),
        cmocka_unit_test(arrays_of_numpy_are_read),
        cmocka_unit_test(archives_of_other_things_are_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
