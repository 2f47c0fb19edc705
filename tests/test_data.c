/*
 * test_data.c: text and arrays are read as what they are; options that
 * contradict each other or the file are refused.
 */
#include "dataset.h"

#include "format/array.h"

TEST(text_is_characters_with_the_last_part_for_validation)
{
    const char *path = put_text("a.txt", "ab\xC3\xA4 ab\xC3\xA4 ab\xC3\xA4 "
                                         "ab\xC3\xA4 abX");
    elman_dataset *d = must_open(path, &(elman_dataset_config){0});

    const elman_encoding *e = dataset_encoding(d);
    assert_int_equal(e->task, ELMAN_TASK_LANGUAGE);
    assert_int_equal(e->unit, ELMAN_UNIT_CHARACTERS);
    assert_int_equal(e->vocabulary, 5);
    static const char *const tokens[] = {" ", "X", "a", "b", "\xC3\xA4"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(e->tokens[i], tokens[i]);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN),
                     19); /* 1 of 19 is too few */
    assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 0);
    assert_int_equal(dataset_longest(d), 0);
    dataset_close(d);

    /* the last quarter, without its first token as a target */
    d = must_open(path, &(elman_dataset_config){.validation = 0.25});
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 15);
    assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 4);

    elman_batch batch;
    elman_target target;
    elman_loader *loader = must_load(d, ELMAN_PART_VALIDATION, &batch, &target);
    static const int32_t want[4] = {0, 2, 3, 1};
    assert_int_equal(batch.T, 3);
    assert_memory_equal(batch.tokens, want, 3 * sizeof *want);
    assert_memory_equal(target.classes, want + 1, 3 * sizeof *want);
    loader_destroy(loader);

    /* the note brings the same encoding to new text */
    elman_dataset_config follow = {.encoding = dataset_note(d)};
    elman_dataset *more = must_open(put_text("b.txt", "bXb"), &follow);
    assert_int_equal(dataset_size(more, ELMAN_PART_TRAIN), 0);
    assert_int_equal(dataset_size(more, ELMAN_PART_VALIDATION), 3);
    assert_string_equal(dataset_note(more), dataset_note(d));
    dataset_close(more);
    more = must_open(put_text("c.txt", "bQb"), &follow);
    assert_int_equal(dataset_size(more, ELMAN_PART_VALIDATION), 2);
    dataset_close(more);
    follow.task = ELMAN_TASK_CLASSIFY;
    check_refused(path, &follow, ELMAN_BAD_VALUE,
                  "task is classify, but the encoding is for language");
    dataset_close(d);
}

TEST(text_of_any_bytes_is_read_and_a_mark_is_not_a_character)
{
    elman_dataset_config plain = {0}, bytes = {.unit = ELMAN_UNIT_BYTES};
    elman_dataset *d =
        must_open(put_bytes("a.bin", "\xFF\0\xFE\0a", 5), &bytes);
    const elman_encoding *e = dataset_encoding(d);
    assert_int_equal(e->vocabulary, 4);
    assert_memory_equal(e->tokens[0], "\0", 2);
    dataset_close(d);
    check_refused(put_bytes("a.bin", "ab\xFF", 3),
                  &(elman_dataset_config){.bad_bytes = ELMAN_BAD_BYTES_REFUSE},
                  ELMAN_BAD_FORMAT, "byte 0xff at offset 2 is not UTF-8");

    d = must_open(put_text("m.txt", "\xEF\xBB\xBF"
                                    "abc"),
                  &plain);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 3);
    dataset_close(d);
    check_refused(put_text("m.txt", "\xEF\xBB\xBF"), &plain, ELMAN_BAD_FORMAT,
                  "0 tokens for training, expected at least 2");
    check_refused(put_text("m.txt", ""), &plain, ELMAN_BAD_FORMAT,
                  "m.txt: the file is empty");
    check_refused(put_bytes("m.txt", "ab\0cd", 5), &plain, ELMAN_BAD_FORMAT,
                  "m.txt: a zero byte at 2, expected text");
    check_refused(put_text("m.txt", "a"), &plain, ELMAN_BAD_FORMAT,
                  "1 token for training, expected at least 2");
    check_refused(in_folder("none.txt"), &plain, ELMAN_BAD_FILE,
                  "No such file");
    check_refused(folder_path, &plain, ELMAN_BAD_FILE, "a directory");
}

TEST(rare_and_new_words_are_unknown)
{
    const char *path = put_text("w.txt", "the cat and the dog\nand the end");
    put_text("v.txt", "the cow");
    elman_dataset_config config = {.unit = ELMAN_UNIT_WORDS,
                                   .min_count = 2,
                                   .validation_path = in_folder("v.txt")};
    elman_dataset *d = must_open(path, &config);
    const elman_encoding *e = dataset_encoding(d);
    static const char *const want[] = {" <unk>", " the", "<unk>"};
    assert_int_equal(e->vocabulary, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(e->tokens[i], want[i]);
    elman_batch batch;
    elman_target target;
    elman_loader *loader = must_load(d, ELMAN_PART_VALIDATION, &batch, &target);
    assert_int_equal(batch.tokens[0], 2);
    assert_int_equal(target.classes[0], 0);
    loader_destroy(loader);
    dataset_close(d);
    config.unit = ELMAN_UNIT_BYTES;
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "min_count is for words, but the unit is bytes");
}

/* ---- Arrays ------------------------------------------------------------- */

static const char *put_floats(const char *name, size_t rank,
                              const size_t *shape, float *data)
{
    elman_tensor tensor = {.data = data, .rank = rank};
    memcpy(tensor.shape, shape, rank * sizeof *shape);
    CHECK_OK(array_save(in_folder(name), &tensor));
    return in_folder(name);
}

/* An .npy of bytes, '|i1'. */
static const char *put_whole(const char *name, const char *shape,
                             const signed char *data, size_t count)
{
    char file[600] = "\x93NUMPY\1";
    int bytes = snprintf(file + 10, 400,
                         "{'descr': '|i1', 'fortran_order': False, 'shape': "
                         "%s, }\n",
                         shape);
    file[8] = (char)bytes;
    memcpy(file + 10 + bytes, data, count);
    return put_bytes(name, file, 10 + (size_t)bytes + count);
}

TEST(arrays_give_each_task_by_the_shape_and_type_of_y)
{
    float x[24], y[24];
    random_fill(1, 24, -3, 3, x);
    random_fill(2, 24, -3, 3, y);
    x[21] = x[22] = x[23] = NAN; /* sequence 3 has one step of two */
    static const signed char whole[8] = {7, -1, 7, 7, -100, 7, -1, 55};
    put_floats("x.npy", 3, (size_t[]){4, 2, 3}, x);
    put_floats("n.npy", 1, (size_t[]){4}, y);
    put_floats("no.npy", 2, (size_t[]){4, 5}, y);
    put_floats("nt.npy", 2, (size_t[]){4, 2}, y);
    put_floats("nto.npy", 3, (size_t[]){4, 2, 3}, y);
    put_whole("wn.npy", "(4,)", whole, 4);
    put_whole("wnt.npy", "(4, 2)", whole, 8);
    static const struct {
        const char *y;
        elman_task task;
        size_t outputs;
    } cases[] = {
        {"n.npy", ELMAN_TASK_REGRESS, 1},   {"no.npy", ELMAN_TASK_REGRESS, 5},
        {"nt.npy", ELMAN_TASK_TRACK, 1},    {"nto.npy", ELMAN_TASK_TRACK, 3},
        {"wn.npy", ELMAN_TASK_CLASSIFY, 2}, {"wnt.npy", ELMAN_TASK_TAG, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char y_path[1100];
        snprintf(y_path, sizeof y_path, "%s", in_folder(cases[i].y));
        elman_dataset_config config = {
            .target_path = y_path, .validation = -1, .no_scaling = true};
        elman_dataset *d = must_open(in_folder("x.npy"), &config);
        const elman_encoding *e = dataset_encoding(d);
        CHECK(e->task == cases[i].task, "%s", cases[i].y);
        CHECK(encoding_outputs(e) == cases[i].outputs, "%s", cases[i].y);
        assert_int_equal(e->input_size, 3);

        elman_batch batch;
        elman_target target;
        elman_loader *loader = must_load(d, ELMAN_PART_TRAIN, &batch, &target);
        assert_int_equal(batch.B, 4);
        assert_int_equal(batch.lengths[3], 1);
        for (size_t n = 0; n < 4; n++)
            for (size_t t = 0; t < 2; t++)
                for (size_t k = 0; k < 3; k++) {
                    float want = n == 3 && t ? 0 : x[(n * 2 + t) * 3 + k];
                    assert_true(batch.x[(t * 4 + n) * 3 + k] == want);
                }
        size_t O = cases[i].outputs;
        if (e->task == ELMAN_TASK_REGRESS)
            CHECK_BITS(target.values, y, 4 * O, "y");
        for (size_t n = 0; n < 4 && e->task == ELMAN_TASK_TRACK; n++)
            for (size_t t = 0; t < batch.lengths[n]; t++)
                CHECK_BITS(target.values + (t * 4 + n) * O, y + (n * 2 + t) * O,
                           O, "n=%zu t=%zu", n, t);
        static const int32_t classes[4] = {1, 0, 1, 1};
        if (e->task == ELMAN_TASK_CLASSIFY)
            assert_memory_equal(target.classes, classes, sizeof classes);
        static const int32_t tags[8] = {1, 1, -100, 0, 0, 1, 1, 0};
        if (e->task == ELMAN_TASK_TAG)
            assert_memory_equal(target.classes, tags, sizeof tags);
        if (e->task == ELMAN_TASK_TAG) assert_string_equal(e->labels[0], "-1");
        loader_destroy(loader);
        dataset_close(d);
    }
}

TEST(each_bad_pair_of_arrays_gives_its_own_sentence)
{
    float x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    elman_dataset_config config = {0};
    put_floats("x.npy", 2, (size_t[]){4, 2}, x);
    check_refused(in_folder("x.npy"), &config, ELMAN_BAD_VALUE,
                  "the array of y is missing");

    static const struct {
        size_t rank, shape[3];
        elman_task task;
        const char *message;
    } cases[] = {
        {1, {3}, 0, "y has shape (3), which does not fit x (4,2,1)"},
        {3,
         {4, 1, 2},
         ELMAN_TASK_TRACK,
         "y has shape (4,1,2), which does not fit"},
        {2, {4, 2}, ELMAN_TASK_CLASSIFY, "does not fit x (4,2,1) for classify"},
        {1, {4}, ELMAN_TASK_TAG, "does not fit x (4,2,1) for tag"},
        {0, {0}, 0, "y has shape (), which"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config.target_path =
            put_floats("y.npy", cases[i].rank, cases[i].shape, x);
        config.task = cases[i].task;
        check_refused(in_folder("x.npy"), &config, ELMAN_BAD_FORMAT,
                      cases[i].message);
    }

    /* values in y that are not a class, or not a number */
    config.task = ELMAN_TASK_CLASSIFY;
    x[1] = 1.5f;
    config.target_path = put_floats("y.npy", 1, (size_t[]){4}, x);
    check_refused(in_folder("x.npy"), &config, ELMAN_BAD_FORMAT,
                  "y holds 1.5, expected a whole number");

    config.task = ELMAN_TASK_REGRESS;
    x[1] = INFINITY;
    config.target_path = put_floats("y.npy", 1, (size_t[]){4}, x);
    check_refused(in_folder("x.npy"), &config, ELMAN_BAD_FORMAT,
                  "y holds inf, element 1");

    /* values and shapes of x */
    x[1] = 2;
    config.target_path = put_floats("y.npy", 1, (size_t[]){4}, x);
    x[0] = NAN;
    check_refused(put_floats("z.npy", 2, (size_t[]){4, 2}, x), &config,
                  ELMAN_BAD_FORMAT, "x[0,0,0] is nan");
    x[1] = NAN;
    check_refused(put_floats("z.npy", 2, (size_t[]){4, 2}, x), &config,
                  ELMAN_BAD_FORMAT, "x[0] has no values");
    check_refused(put_floats("z.npy", 2, (size_t[]){4, 0}, x), &config,
                  ELMAN_BAD_FORMAT, "x is empty");
    check_refused(put_floats("z.npy", 1, (size_t[]){4}, x), &config,
                  ELMAN_BAD_FORMAT, "x has 1 dimensions");

    config.validation_path = "v.npy";
    check_refused(in_folder("x.npy"), &config, ELMAN_BAD_VALUE,
                  "validation_path is given, but does not apply to arrays");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_characters_with_the_last_part_for_validation),
        cmocka_unit_test(
            text_of_any_bytes_is_read_and_a_mark_is_not_a_character),
        cmocka_unit_test(rare_and_new_words_are_unknown),
        cmocka_unit_test(arrays_give_each_task_by_the_shape_and_type_of_y),
        cmocka_unit_test(each_bad_pair_of_arrays_gives_its_own_sentence),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
