/*
 * test_hdf5.c: what h5py writes is read as h5py reads it (recorded by
 * tests/golden/keras_hdf5.py); what it should not be is refused.
 */
#include "keras.h"

#include "format/hdf5.h"

/* ---- As h5py reads it --------------------------------------------------- */

static uint64_t hash(uint64_t value, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++)
        value = (value ^ at[i]) * 0x100000001B3u;
    return value;
}

static const uint64_t HASH_START = 0xCBF29CE484222325u;

/* Checks a line about an array. */
static void check_array(const hdf5 *file, const char *name, const char *type,
                        const char *shape, const char *want)
{
    const hdf5_object *o = hdf5_find(file, name);
    CHECK(o && o->tensor < file->tensor_count, "%s", name);
    const named_tensor *t = file->tensors + o->tensor;

    char got[100];
    shape_print(t->rank, t->shape, sizeof got, got);
    CHECK(!strcmp(got, shape), "%s: %s %s", name, got, shape);
    CHECK(!strcmp(element_name(t->type), type), "%s: %s", name, type);

    size_t bytes = t->count * element_bytes(t->type);
    char *data = malloc(bytes + 1);
    if (!data) abort();
    tensor_bytes(t, 0, t->count, data);
    snprintf(got, sizeof got, "%016llx",
             (unsigned long long)hash(HASH_START, data, bytes));
    CHECK(!strcmp(got, want), "%s: %s %s", name, got, want);
    free(data);
}

static void check_text(const hdf5 *file, const char *name, const char *key,
                       const char *count, const char *want)
{
    const hdf5_object *o = hdf5_find(file, name);
    CHECK(o, "%s", name);
    const hdf5_attribute *a =
        hdf5_find_attribute(file, (size_t)(o - file->objects), key);
    CHECK(a && a->count == strtoul(count, NULL, 10), "%s %s", name, key);

    uint64_t value = HASH_START;
    for (size_t i = a->first; i < a->first + a->count; i++) {
        value = hash(value, file->texts[i].text, file->texts[i].bytes);
        value = hash(value, "\n", 1);
    }
    char got[40];
    snprintf(got, sizeof got, "%016llx", (unsigned long long)value);
    CHECK(!strcmp(got, want), "%s %s: %s %s", name, key, got, want);
}

/* Each line of NAME.txt holds, and there is nothing else. */
static void check_lines(const hdf5 *file, char *text)
{
    size_t arrays = 0, texts = 0;
    for (char *line = text, *next; *line; line = next) {
        char *end = strchr(line, '\n'), *part[5];
        CHECK(end, "%s", line);
        next = end + 1;
        *end = 0;
        for (size_t i = 0; i < 5; i++) {
            part[i] = line;
            line += strcspn(line, "\t");
            if (*line) *line++ = 0;
        }
        bool array = !strcmp(part[0], "array");
        (array ? check_array : check_text)(file, part[1], part[2], part[3],
                                           part[4]);
        arrays += array;
        texts += !array;
    }
    CHECK(arrays == file->tensor_count, "%zu arrays of %zu", file->tensor_count,
          arrays);
    CHECK(texts == file->attribute_count, "%zu texts of %zu",
          file->attribute_count, texts);
}

TEST(files_of_h5py_are_read_as_it_reads_them)
{
    static const char *const names[] = {"types",
                                        "texts",
                                        "many",
                                        "compact",
                                        "links",
                                        "links_v108",
                                        "chunks",
                                        "many_chunks",
                                        "chunks_v110",
                                        "chunks_v200",
                                        "many_chunks_v110",
                                        "many_chunks_v200"};
    archive *zip = keras_open("hdf5.zip");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size, length;
        hdf5 *file = NULL;
        char *bytes = keras_entry(zip, names[i], ".h5", &size);
        char *text = keras_entry(zip, names[i], ".txt", &length);
        CHECK(hdf5_parse(bytes, size, &file) == ELMAN_OK, "%s: %s", names[i],
              elman_message());
        check_lines(file, text);
        hdf5_close(file);
        free(text);
    }
    archive_close(zip);
}

/* ---- Refused ------------------------------------------------------------ */

TEST(what_keras_does_not_write_is_refused_with_what_to_do)
{
    static const char *const cases[][2] = {
        {"refused/lzf", "an array compressed with LZF, which Keras"},
        {"refused/rounded", "an array rounded to few digits"},
        {"refused/part", "the array a was never written, or not all of it"},
        {"refused/part_v110", "the array a was never written, or not all"},
        {"refused/growing", "an array that may still grow"},
        {"refused/bomb", "arrays of more than a hundred times its size"},
        {"refused/sum", "a chunk does not have its sum (fletcher32)"},
        {"refused/soft", "a link that is not hard"},
        {"refused/external", "a link that is not hard"},
        {"refused/compound", "something else than numbers"},
        {"refused/unwritten", "the array a was never written"},
        {"refused/twice", "two things have the same address"},
        {"refused/other_file", "an array in another file"},
        {"refused/dense", "a fractal heap"}};
    archive *zip = keras_open("hdf5.zip");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        hdf5 *file = NULL;
        char *bytes = keras_entry(zip, cases[i][0], ".h5", &size);
        CHECK(bytes, "%s", cases[i][0]);
        CHECK_FAILS(hdf5_parse(bytes, size, &file), ELMAN_BAD_FORMAT,
                    cases[i][1]);
        CHECK(!file, "%s", cases[i][0]);
    }
    archive_close(zip);
}

/* ---- Damaged ------------------------------------------------------------ */

/* Reads a damaged copy: whatever comes of it, it ends. */
static void read_damaged(const char *bytes, size_t size, size_t at,
                         unsigned char mask)
{
    hdf5 *file = NULL;
    char *copy = malloc(size + 1);
    if (!copy) abort();
    memcpy(copy, bytes, size);
    copy[size] = 0;
    if (at < size) copy[at] = (char)((unsigned char)copy[at] ^ mask);
    if (hdf5_parse(copy, size, &file) != ELMAN_OK)
        CHECK(!file && elman_message()[0], "at %zu", at);
    hdf5_close(file);
}

TEST(a_file_cut_or_changed_anywhere_is_survived)
{
    static const char *const names[] = {"compact", "links", "small_chunks",
                                        "small_chunks_v110"};
    archive *zip = keras_open("hdf5.zip");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size;
        char *bytes = keras_entry(zip, names[i], ".h5", &size);
        for (size_t cut = 0; cut < size; cut += cut < 1024 ? 1 : 61)
            read_damaged(bytes, cut, cut, 0);
        for (size_t at = 0; at < size; at++)
            read_damaged(bytes, size, at, (unsigned char)(1u << at % 8));
        for (size_t at = 0; at < size; at += 3)
            read_damaged(bytes, size, at, 0xFF);
        free(bytes);
    }
    archive_close(zip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_h5py_are_read_as_it_reads_them),
        cmocka_unit_test(what_keras_does_not_write_is_refused_with_what_to_do),
        cmocka_unit_test(a_file_cut_or_changed_anywhere_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
