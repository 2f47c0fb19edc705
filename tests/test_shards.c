/*
 * test_shards.c: weights in several files, with an index that names them and
 * without.
 */
#include "folder.h"

#define FIRST  "model-00001-of-00002.safetensors"
#define SECOND "model-00002-of-00002.safetensors"
#define INDEX  "model.safetensors.index.json"

/* A safetensors file of zeros; its path. */
static const char *put_weights(const char *name, const char *header,
                               size_t floats)
{
    char bytes[2000] = {0};
    size_t length = strlen(header);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (char)(length >> 8 * i);
    memcpy(bytes + 8, header, length);
    return put_bytes(name, bytes, 8 + length + 4 * floats);
}

static const char first_header[] =
    "{\"rnn.weight_ih_l0\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":"
    "[0,24]},\"rnn.bias_ih_l0\":{\"dtype\":\"F32\",\"shape\":[3],"
    "\"data_offsets\":[24,36]}}";
static const char second_header[] =
    "{\"rnn.weight_hh_l0\":{\"dtype\":\"F32\",\"shape\":[3,3],\"data_offsets\":"
    "[0,36]},\"rnn.bias_hh_l0\":{\"dtype\":\"F32\",\"shape\":[3],"
    "\"data_offsets\":[36,48]}}";

static void put_both(void)
{
    (void)put_weights(FIRST, first_header, 9);
    (void)put_weights(SECOND, second_header, 12);
}

static const char *put_index(const char *first, const char *more)
{
    char text[1000];
    int bytes = snprintf(
        text, sizeof text,
        "{\"metadata\": {\"total_size\": 84}, \"weight_map\": {"
        "\"rnn.weight_ih_l0\": \"%s\", \"rnn.bias_ih_l0\": \"" FIRST "\", "
        "\"rnn.weight_hh_l0\": \"" SECOND "\", \"rnn.bias_hh_l0\": \"" SECOND
        "\"%s}}",
        first, more);
    return put_bytes(INDEX, text, (size_t)bytes);
}

static elman_status open_paths(const char *first, const char *second,
                               elman_import **import)
{
    const char *paths[] = {first, second};
    return elman_import_open(paths, second ? 2 : 1, NULL, import);
}

static void check_open(const char *first, const char *second)
{
    elman_import *import = NULL;
    elman_model *model = NULL;
    size_t count;
    CHECK_OK(open_paths(first, second, &import));
    (void)elman_import_rows(import, &count);
    assert_int_equal(count, 4);
    assert_string_equal(elman_import_remark(import, 0), "read from 2 files");
    assert_null(elman_import_remark(import, 1));
    CHECK_OK(elman_import_create(import, &model));
    assert_int_equal(elman_model_read_info(model).weight_count, 21);
    elman_model_destroy(model);
    elman_import_close(import);
}

TEST(shards_are_one_model)
{
    put_both();
    check_open(in_folder(FIRST), in_folder(SECOND));
    check_open(in_folder(SECOND), in_folder(FIRST));
    check_open(put_index(FIRST, ""), NULL);
    folder_clear();
}

TEST(a_shard_alone_names_the_others)
{
    elman_import *import = NULL;
    put_both();
    CHECK_FAILS(
        open_paths(in_folder(SECOND), NULL, &import), ELMAN_BAD_VALUE,
        "is one of 2 files, of which 1 is given: give all of them, or ");
    CHECK(strstr(elman_message(), "/model.safetensors.index.json beside them"),
          "%s", elman_message());

    /* not every name with numbers is a shard's */
    CHECK_FAILS(open_paths(put_weights("model-1-of-1.safetensors", "{}", 0),
                           NULL, &import),
                ELMAN_BAD_FORMAT, "model-1-of-1.safetensors");
    CHECK_FAILS(open_paths(put_weights("best-of-3.safetensors", "{}", 0), NULL,
                           &import),
                ELMAN_BAD_FORMAT, "best-of-3.safetensors");
    assert_null(import);
    folder_clear();
}

TEST(an_index_that_lies_is_refused)
{
    static const struct {
        const char *first, *more, *message;
        elman_status status;
    } cases[] = {
        {"../" FIRST, "", "a file that is not in its own folder",
         ELMAN_BAD_FORMAT},
        {"/etc/passwd", "", "not in its own folder", ELMAN_BAD_FORMAT},
        {"..", "", "not in its own folder", ELMAN_BAD_FORMAT},
        {"", "", "not in its own folder", ELMAN_BAD_FORMAT},
        {"a\\\\b", "", "not in its own folder", ELMAN_BAD_FORMAT},
        {FIRST, ", \"x\": 1", "not in its own folder", ELMAN_BAD_FORMAT},
        {FIRST, ", \"x\": \"" FIRST "\"",
         "the tensor x, which it names, is not in " FIRST, ELMAN_BAD_FORMAT},
        {"none", "", "none", ELMAN_BAD_FILE},
        {INDEX, "",
         "an index of weights in several files, which is not read "
         "together",
         ELMAN_BAD_FORMAT},
        {FIRST, ",", "", ELMAN_BAD_FORMAT},
    };
    put_both();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_import *import = NULL;
        CHECK_FAILS(
            open_paths(put_index(cases[i].first, cases[i].more), NULL, &import),
            cases[i].status, cases[i].message);
        assert_null(import);
    }

    elman_import *import = NULL;
    static const char empty[] = "{\"weight_map\": {}}";
    CHECK_FAILS(
        open_paths(put_bytes(INDEX, empty, sizeof empty - 1), NULL, &import),
        ELMAN_BAD_FORMAT, "its weight_map names no files");
    CHECK_FAILS(open_paths(in_folder(INDEX), in_folder(FIRST), &import),
                ELMAN_BAD_VALUE, "expected this file alone");
    CHECK_FAILS(
        elman_import_open_memory(empty, sizeof empty - 1, NULL, &import),
        ELMAN_BAD_VALUE, "read from its folder");
    folder_clear();
}

TEST(shards_that_do_not_fit_each_other_are_refused)
{
    elman_import *import = NULL;
    put_both();
    const char *again = put_weights("other.safetensors", first_header, 9);
    CHECK_FAILS(open_paths(again, in_folder(FIRST), &import), ELMAN_BAD_FORMAT,
                "is in two of the files");
    CHECK_FAILS(open_paths(in_folder(FIRST), put_bytes("x", "abc", 3), &import),
                ELMAN_BAD_FORMAT, "which is not read together with others");
    CHECK_FAILS(open_paths(in_folder(FIRST), in_folder("none"), &import),
                ELMAN_BAD_FILE, "none");
    assert_null(import);
    folder_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_are_one_model),
        cmocka_unit_test(a_shard_alone_names_the_others),
        cmocka_unit_test(an_index_that_lies_is_refused),
        cmocka_unit_test(shards_that_do_not_fit_each_other_are_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
