/*
 * test_arrays.c: arrays as people save them: labels as floats and one-hot,
 * channels before steps, NaN behind a series and within, x and y in one file,
 * and x alone to be answered.
 */
#include "dataset.h"

#include "zip_build.h"

/* The bytes of an .npy file of doubles. */
typedef struct file {
    char bytes[4000];
    size_t size;
} file;

static file make_npy(const char *shape, const double *data, size_t count)
{
    file f = {.bytes = "\x93NUMPY\1"};
    int text = snprintf(f.bytes + 10, 200,
                        "{'descr': '<f8', 'fortran_order': False, 'shape': "
                        "%s, }\n",
                        shape);
    f.bytes[8] = (char)text;
    f.size = 10 + (size_t)text;
    memcpy(f.bytes + f.size, data, count * sizeof *data);
    f.size += count * sizeof *data;
    return f;
}

static const char *put_npy(const char *name, const char *shape,
                           const double *data, size_t count)
{
    file f = make_npy(shape, data, count);
    return put_bytes(name, f.bytes, f.size);
}

/* x (8,3) with the values 0 to 23. */
static const char *put_x(void)
{
    double x[24];
    for (size_t i = 0; i < 24; i++)
        x[i] = (double)i;
    return put_npy("x.npy", "(8, 3)", x, 24);
}

TEST(labels_are_told_from_values_and_the_guess_is_said)
{
    static const double few[8] = {0, 1, 0, 1, 0, 1, 0, 1};
    static const double counts[8] = {0, 9, 7, 1, 14, 1, 3, 5};
    static const double parts[8] = {0, 1, 0, 1, 0, 1, 0, 0.5};
    static const double hot[16] = {1, 0, 0, 1, 1, 0, 0, 1,
                                   1, 0, 0, 1, 1, 0, 0, 1};
    static const double cold[16] = {1, 0, 0, 1, 1, 1, 0, 1,
                                    1, 0, 0, 1, 1, 0, 0, 1};
    static const struct {
        const double *y;
        const char *shape;
        size_t count;
        elman_task asked, want;
        const char *fact;
    } cases[] = {
        {few, "(8,)", 8, 0, ELMAN_TASK_CLASSIFY, "--task regress: values"},
        {few, "(8, 1)", 8, 0, ELMAN_TASK_CLASSIFY, "by 2 whole numbers in y"},
        {few, "(8,)", 8, ELMAN_TASK_REGRESS, ELMAN_TASK_REGRESS, "regress"},
        {counts, "(8,)", 8, 0, ELMAN_TASK_REGRESS, "--task classify: classes"},
        {counts, "(8,)", 8, ELMAN_TASK_CLASSIFY, ELMAN_TASK_CLASSIFY, ""},
        {parts, "(8,)", 8, 0, ELMAN_TASK_REGRESS, "y has values"},
        {hot, "(8, 2)", 16, 0, ELMAN_TASK_CLASSIFY, "by the 1 in each row of"},
        {hot, "(8, 2)", 16, ELMAN_TASK_CLASSIFY, ELMAN_TASK_CLASSIFY, "column"},
        {hot, "(8, 2)", 16, ELMAN_TASK_REGRESS, ELMAN_TASK_REGRESS, ""},
        {cold, "(8, 2)", 16, 0, ELMAN_TASK_REGRESS, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_dataset_config config = {
            .target_path =
                put_npy("y.npy", cases[i].shape, cases[i].y, cases[i].count),
            .task = cases[i].asked,
            .validation = -1};
        elman_dataset *d = must_open(put_x(), &config);
        CHECK(dataset_encoding(d)->task == cases[i].want, "case %zu: %s", i,
              task_name(dataset_encoding(d)->task));
        CHECK_FACT(d, "task", cases[i].fact);
        if (cases[i].y == hot && cases[i].want == ELMAN_TASK_CLASSIFY)
            for (size_t n = 0; n < 8; n++)
                assert_int_equal(dataset_class(d, n, 0), n % 2);
        dataset_close(d);
    }
}

TEST(classes_of_steps_may_be_one_hot_as_well)
{
    static const double x[4] = {1, 2, 3, 4};
    static const double hot[12] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0};
    elman_dataset_config config = {.target_path =
                                       put_npy("y.npy", "(2, 2, 3)", hot, 12),
                                   .validation = -1};
    elman_dataset *d = must_open(put_npy("x.npy", "(2, 2)", x, 4), &config);
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_TAG);
    assert_int_equal(dataset_encoding(d)->class_count, 3);
    assert_int_equal(dataset_class(d, 0, 1), 1);
    assert_int_equal(dataset_class(d, 1, 0), 2);
    dataset_close(d);

    /* of as many columns as there are steps nobody knows what it is */
    static const double both[4] = {1, 0, 0, 1};
    config.target_path = put_npy("y.npy", "(2, 2)", both, 4);
    check_refused(in_folder("x.npy"), &config, ELMAN_BAD_FORMAT,
                  "say --task classify or --task tag");
}

TEST(labels_may_be_texts)
{
    /* two texts of three characters: UTF-32, and bytes */
    static const uint32_t wide[12] = {'u', 'p', 0, 0xE4, 0x20AC, 'x',
                                      'u', 'p', 0, '1',  '.',    '0'};
    static const double x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    char bytes[200] = "\x93NUMPY\1";
    for (int narrow = 0; narrow < 2; narrow++) {
        int text = snprintf(bytes + 10, 120,
                            "{'descr': '%s', 'fortran_order': False, 'shape': "
                            "(4,), }\n",
                            narrow ? "|S3" : "<U3");
        bytes[8] = (char)text;
        size_t size = 10 + (size_t)text;
        memcpy(bytes + size, narrow ? (const void *)"up\0a\0\0up\0b-c" : wide,
               narrow ? 12 : sizeof wide);
        size += narrow ? 12 : sizeof wide;

        elman_dataset_config config = {.target_path =
                                           put_bytes("y.npy", bytes, size),
                                       .validation = -1,
                                       .no_scaling = true};
        elman_dataset *d = must_open(put_npy("x.npy", "(4, 2)", x, 8), &config);
        CHECK_FACT(d, "task", "classify by the texts in y");
        assert_string_equal(show_part(d, ELMAN_PART_TRAIN),
                            narrow ? "up:1,2 a:3,4 up:5,6 b-c:7,8"
                                   : "up:1,2 \xC3\xA4\xE2\x82\xACx:3,4 up:5,6 "
                                     "1:7,8");
        dataset_close(d);

        config.task = ELMAN_TASK_REGRESS;
        check_refused(in_folder("x.npy"), &config, ELMAN_BAD_FORMAT,
                      "y holds texts, expected 4 of them");
        config.task = 0;
        check_refused(put_bytes("z.npy", bytes, size), &config,
                      ELMAN_BAD_FORMAT, "x holds texts, expected numbers");
        check_refused(put_bytes("z.npy", bytes, size - 1), &config,
                      ELMAN_BAD_FORMAT, "bytes of data, but the shape needs");
    }
}

TEST(channels_may_come_before_steps)
{
    double x[24];
    for (size_t i = 0; i < 24; i++)
        x[i] = (double)i;
    static const double y[4] = {0, 1, 0, 1};
    elman_dataset_config config = {.target_path =
                                       put_npy("y.npy", "(4,)", y, 4),
                                   .task = ELMAN_TASK_CLASSIFY,
                                   .validation = -1,
                                   .no_scaling = true};

    /* (N,1,T) has one step to remember */
    const char *flat = put_npy("x.npy", "(4, 1, 6)", x, 24);
    check_refused(flat, &config, ELMAN_BAD_FORMAT,
                  "x has shape (4,1,6), which is 4 sequences of 1 step with 6 "
                  "values: nothing to remember; if it is 6 steps of 1 value, "
                  "say --channels-first");
    config.channels_first = true;
    elman_dataset *d = must_open(flat, &config);
    assert_int_equal(dataset_encoding(d)->input_size, 1);
    assert_int_equal(dataset_longest(d), 6);

    /* what follows is read in the order that fits, whatever it is */
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};
    static const char *const shapes[] = {"(4, 1, 6)", "(4, 6, 1)", "(4, 6)"};
    for (size_t i = 0; i < 3; i++) {
        elman_dataset *more =
            must_open(put_npy("z.npy", shapes[i], x, 24), &follow);
        assert_int_equal(dataset_longest(more), 6);
        dataset_close(more);
    }
    check_refused(put_npy("z.npy", "(4, 3, 2)", x, 24), &follow,
                  ELMAN_BAD_FORMAT, "values a step, but the encoding has 1");
    dataset_close(d);

    /* (2,2,6) is 2 channels of 6 steps, or the other way round, and said */
    static const double two[2] = {0, 1};
    config.target_path = put_npy("y.npy", "(2,)", two, 2);
    d = must_open(put_npy("x.npy", "(2, 2, 6)", x, 24), &config);
    assert_string_equal(show_part(d, ELMAN_PART_TRAIN),
                        "0:0/6,1/7,2/8,3/9,4/10,5/11 "
                        "1:12/18,13/19,14/20,15/21,16/22,17/23");
    dataset_close(d);
    config.channels_first = false;
    d = must_open(in_folder("x.npy"), &config);
    CHECK_FACT(d, "note", "fewer steps (2) than values a step (6)");
    CHECK_FACT(d, "inputs", "2 sequences of 2 steps with 6 values each");
    dataset_close(d);
}

TEST(nan_behind_a_series_is_its_end_and_within_it_a_hole)
{
    static const double x[9] = {1, 2, NAN, 4, NAN, 6, 7, NAN, NAN};
    static const double y[3] = {0, 1, 0};
    elman_dataset_config config = {.target_path =
                                       put_npy("y.npy", "(3,)", y, 3),
                                   .task = ELMAN_TASK_CLASSIFY,
                                   .validation = -1,
                                   .no_scaling = true};
    const char *path = put_npy("x.npy", "(3, 3)", x, 9);
    check_refused(path, &config, ELMAN_BAD_FORMAT,
                  "x[1,1,0] is nan, and others follow it; choose missing "
                  "(--missing) previous");

    static const struct {
        elman_missing missing;
        const char *want;
    } ways[] = {{ELMAN_MISSING_DROP, "0:1,2 1:4,6 0:7"},
                {ELMAN_MISSING_PREVIOUS, "0:1,2 1:4,4,6 0:7"},
                {ELMAN_MISSING_MEAN, "0:1,2 1:4,4,6 0:7"}};
    for (size_t i = 0; i < 3; i++) {
        config.missing = ways[i].missing;
        elman_dataset *d = must_open(path, &config);
        assert_string_equal(show_part(d, ELMAN_PART_TRAIN), ways[i].want);
        CHECK_FACT(d, "missing", "2 sequences are padding");
        dataset_close(d);
    }

    /* steps that are left out would leave their targets behind */
    static const double steps[9] = {0, 1, 0, 1, 0, 1, 0, 1, 0};
    config.task = ELMAN_TASK_TAG;
    config.target_path = put_npy("y.npy", "(3, 3)", steps, 9);
    config.missing = ELMAN_MISSING_DROP;
    check_refused(path, &config, ELMAN_BAD_VALUE, "missing is drop");
    static const double far[2] = {1, INFINITY};
    config.task = ELMAN_TASK_CLASSIFY;
    config.target_path = put_npy("y.npy", "(2,)", y, 2);
    check_refused(put_npy("x.npy", "(2, 1)", far, 2), &config, ELMAN_BAD_FORMAT,
                  "x[1,0,0] is inf");
}

TEST(x_alone_is_enough_to_be_answered)
{
    static const double y[8] = {3, 5, 3, 5, 3, 5, 3, 5};
    elman_dataset_config config = {.target_path =
                                       put_npy("y.npy", "(8,)", y, 8)};
    elman_dataset *d = must_open(put_x(), &config);
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};
    elman_dataset *more = must_open(in_folder("x.npy"), &follow);
    assert_int_equal(dataset_size(more, ELMAN_PART_VALIDATION), 8);
    assert_int_equal(dataset_class(more, 3, 0), -1);
    CHECK_FACT(more, "note", "8 of 8 sequences have no label");
    dataset_close(more);

    /* a class that was not learned is none, and refused in evaluation */
    static const double other[8] = {3, 5, 4, NAN, 3, 5, 3, 5};
    follow.target_path = put_npy("z.npy", "(8,)", other, 8);
    more = must_open(in_folder("x.npy"), &follow);
    assert_int_equal(dataset_class(more, 1, 0), 1);
    assert_int_equal(dataset_class(more, 2, 0), -1);
    assert_int_equal(dataset_class(more, 3, 0), -1);
    dataset_close(more);
    follow.answers = false;
    check_refused(in_folder("x.npy"), &follow, ELMAN_BAD_FORMAT,
                  "label \"4\" is not among the 2 learned");
    follow.target_path = NULL;
    check_refused(in_folder("x.npy"), &follow, ELMAN_BAD_VALUE,
                  "the array of y is missing");
    dataset_close(d);

    /* the same of classes of steps, and of values */
    static const double x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    config.target_path = put_npy("y.npy", "(4, 2)", y, 8);
    const char *path = put_npy("w.npy", "(4, 2)", x, 8);
    for (elman_task task = ELMAN_TASK_TAG; task <= ELMAN_TASK_TRACK;
         task += ELMAN_TASK_TRACK - ELMAN_TASK_TAG) {
        config.task = task;
        elman_dataset *steps = must_open(path, &config);
        more = must_open(
            path, &(elman_dataset_config){.encoding = dataset_note(steps),
                                          .answers = true});
        assert_int_equal(dataset_size(more, ELMAN_PART_VALIDATION), 4);
        double truth = 0;
        if (task == ELMAN_TASK_TRACK) {
            CHECK_OK(dataset_truth(more, 3, 1, 1, &truth));
            assert_true(isnan(truth));
        } else assert_int_equal(dataset_class(more, 3, 1), -1);
        dataset_close(more);
        dataset_close(steps);
    }

    config.task = ELMAN_TASK_AUTO;
    config.target_path = put_npy("y.npy", "(7,)", y, 7);
    check_refused(in_folder("x.npy"), &config, ELMAN_BAD_FORMAT,
                  "7 targets for 8 sequences");
}

static const char *put_npz(const char *path, const char *first,
                           const char *second)
{
    double x[24];
    static const double y[8] = {0, 1, 0, 1, 0, 1, 0, 1};
    for (size_t i = 0; i < 24; i++)
        x[i] = (double)i;
    static file files[2];
    files[0] = make_npy("(8, 3)", x, 24);
    files[1] = make_npy("(8,)", y, 8);
    const zip_part parts[2] = {
        {.name = first, .data = files[0].bytes, .bytes = files[0].size},
        {.name = second, .data = files[1].bytes, .bytes = files[1].size}};
    zip_file zip = zip_build(parts, second ? 2 : 1);
    const char *put = put_bytes(path, zip.bytes, zip.size);
    free(zip.bytes);
    return put;
}

TEST(one_file_may_hold_x_and_y)
{
    elman_dataset *none = NULL;
    if (dataset_open(put_npz("a.npz", "x.npy", "y.npy"),
                     &(elman_dataset_config){0}, &none) != ELMAN_OK &&
        strstr(elman_message(), "ELMAN_ZIP"))
        skip();
    dataset_close(none);

    static const char *const names[][2] = {{"x.npy", "y.npy"},
                                           {"X.npy", "Y.npy"},
                                           {"series.npy", "labels.npy"},
                                           {"data.npy", "y.npy"}};
    for (size_t i = 0; i < 4; i++) {
        elman_dataset *d = must_open(put_npz("a.npz", names[i][0], names[i][1]),
                                     &(elman_dataset_config){.validation = -1});
        assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_CLASSIFY);
        assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 8);

        elman_dataset_config follow = {.encoding = dataset_note(d),
                                       .answers = true};
        elman_dataset *more =
            must_open(put_npz("b", "only.npy", NULL), &follow);
        assert_int_equal(dataset_size(more, ELMAN_PART_VALIDATION), 8);
        dataset_close(more);
        dataset_close(d);
    }
    check_refused(put_npz("a.npz", "x.npy", NULL), &(elman_dataset_config){0},
                  ELMAN_BAD_VALUE, "or save it into this one as y");
    check_refused(put_npz("a.npz", "y.npy", NULL), &(elman_dataset_config){0},
                  ELMAN_BAD_FORMAT, "no array is called x: there is y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_told_from_values_and_the_guess_is_said),
        cmocka_unit_test(classes_of_steps_may_be_one_hot_as_well),
        cmocka_unit_test(labels_may_be_texts),
        cmocka_unit_test(channels_may_come_before_steps),
        cmocka_unit_test(nan_behind_a_series_is_its_end_and_within_it_a_hole),
        cmocka_unit_test(x_alone_is_enough_to_be_answered),
        cmocka_unit_test(one_file_may_hold_x_and_y),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
