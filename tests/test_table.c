/*
 * test_table.c: a table is split in time, scaled by its training rows, and
 * forecast, tagged or tracked; each bad one gives its own sentence.
 */
#include "dataset.h"

/* 20 rows: a date, a ramp, its square. */
static const char *put_ramp(const char *name, bool header, size_t rows)
{
    char text[4000];
    size_t at = 0;
    if (header) at += (size_t)sprintf(text, "date,ramp,square\n");
    for (size_t i = 0; i < rows; i++)
        at += (size_t)sprintf(text + at, "2020-01-%02zu,%zu,%zu.5\n", i + 1, i,
                              i * i);
    return put_bytes(name, text, at);
}

static double raw_input(const elman_encoding *e, const float *x, size_t i)
{
    return (double)x[i] * e->scale[i % e->input_size] +
           e->mean[i % e->input_size];
}

/* Validation windows: 4 rows, the first from row 11, and the 2 after them. */
static void check_windows(const elman_dataset *d, const elman_batch *batch,
                          const elman_target *target)
{
    const elman_encoding *e = dataset_encoding(d);
    double mean = e->target_mean[0], scale = e->target_scale[0];
    assert_int_equal(batch->T, 4);
    assert_int_equal(batch->B, 4);
    assert_null(batch->lengths);

    for (size_t b = 0; b < 4; b++) {
        size_t first = 11 + b;
        for (size_t t = 0; t < 4; t++)
            CHECK(fabs(raw_input(e, batch->x, (t * 4 + b) * 2) -
                       (double)(first + t)) < 1e-4,
                  "b=%zu t=%zu", b, t);

        for (size_t k = 0; k < 2; k++) {
            double row = (double)(first + 4 + k), want = row * row + 0.5;
            double got = (double)target->values[b * 2 + k] * scale + mean;
            CHECK(fabs(got - want) < 1e-3, "b=%zu: %g", b, got);
        }

        /* the naive forecast repeats the last row of the window */
        float last;
        dataset_naive(d, ELMAN_PART_VALIDATION, batch->ids[b], &last);
        double row = (double)(first + 3);
        CHECK(fabs((double)last * scale + mean - row * row - 0.5) < 1e-3,
              "naive %g", (double)last);
    }
}

TEST(a_table_is_forecast_from_windows_split_in_time)
{
    for (int header = 0; header < 2; header++) {
        const char *path = put_ramp("t.csv", header, 20);
        elman_dataset_config config = {.window = 4,
                                       .horizon = 2,
                                       .validation = 0.25,
                                       .target = "3",
                                       .columns = "2,3"};
        elman_dataset *d = must_open(path, &config);
        const elman_encoding *e = dataset_encoding(d);
        assert_int_equal(e->task, ELMAN_TASK_FORECAST);
        assert_int_equal(e->input_size, 2);
        assert_int_equal(e->target_count, 1);
        assert_string_equal(e->columns[0], header ? "ramp" : "2");
        assert_string_equal(e->target_names[0], header ? "square" : "3");
        assert_int_equal(encoding_outputs(e), 2);

        /* rows 0-14 train: 10 windows; rows 15-19 are predicted: 4 windows */
        assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 10);
        assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 4);
        assert_int_equal(dataset_longest(d), 4);
        assert_true(e->mean[0] == 7);
        assert_true(fabs(e->scale[0] - sqrt(224.0 / 12)) < 1e-12);

        elman_batch batch;
        elman_target target;
        elman_loader *loader =
            must_load(d, ELMAN_PART_VALIDATION, &batch, &target);
        check_windows(d, &batch, &target);
        loader_destroy(loader);

        /* new data by the encoding: columns found by name, in any order */
        if (header) {
            const char *more =
                put_text("m.csv", "square,x,ramp\n1.5,0,7\n1,0,7"
                                  "\n1,0,7\n1,0,7\n1,0,7\n2,0,7");
            elman_dataset *next = must_open(
                more, &(elman_dataset_config){.encoding = dataset_note(d)});
            assert_int_equal(dataset_size(next, ELMAN_PART_VALIDATION), 1);
            loader = must_load(next, ELMAN_PART_VALIDATION, &batch, &target);
            assert_true(batch.x[0] == 0);
            assert_true(fabs(raw_input(e, batch.x, 1) - 1.5) < 1e-5);
            loader_destroy(loader);
            dataset_close(next);
        }
        dataset_close(d);
    }
}

TEST(scaling_is_learned_from_the_training_rows_alone)
{
    char one[400] = "", other[400] = "";
    for (int i = 0; i < 40; i++) {
        sprintf(one + strlen(one), "%d;3\n", i % 5);
        sprintf(other + strlen(other), "%d;3\n", i < 36 ? i % 5 : 10 * i);
    }

    /* the two differ in their validation rows alone */
    elman_dataset_config config = {
        .window = 2, .columns = "1,2", .validation = 0.1};
    elman_dataset *a = must_open(put_text("a.csv", one), &config);
    elman_dataset *b = must_open(put_text("b.csv", other), &config);
    assert_string_equal(dataset_note(a), dataset_note(b));

    assert_true(dataset_encoding(a)->scale[1] == 1); /* a constant column */
    assert_true(dataset_encoding(a)->mean[1] == 3);
    dataset_close(a);
    dataset_close(b);

    config.no_scaling = true;
    a = must_open(put_text("a.csv", one), &config);
    assert_true(dataset_encoding(a)->mean[0] == 0);
    assert_true(dataset_encoding(a)->scale[0] == 1);
    dataset_close(a);
}

TEST(few_windows_with_a_test_part_are_not_split)
{
    char text[4000] = "x\n";
    for (int i = 0; i < 230; i++)
        sprintf(text + strlen(text), "%d\n", i * i % 97);
    const char *path = put_text("few.csv", text);

    /* with a test of 11 rows 219 - 12 - horizon + 1 windows: 200, or one
     * fewer */
    for (int horizon = 8; horizon <= 9; horizon++) {
        elman_dataset_config config = {
            .window = 12, .horizon = (size_t)horizon, .test = 0.05};
        elman_dataset *d = must_open(path, &config);
        size_t split = 21 - (size_t)horizon + 1;
        assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION),
                         horizon == 8 ? split : 0);
        dataset_close(d);

        /* a share that is asked for is split off, and so is that of a file
         * which has no other score */
        config.validation = 0.1;
        d = must_open(path, &config);
        assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), split);
        dataset_close(d);

        config.test = config.validation = 0;
        d = must_open(path, &config);
        assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), split + 2);
        dataset_close(d);
    }
}

TEST(a_column_of_text_is_a_tag_per_step)
{
    char text[1000] = "x,y,state\n";
    for (int i = 0; i < 23; i++)
        sprintf(text + strlen(text), "%d,%d,%s\n", i, -i,
                i % 3 ? "walk" : "run");

    const char *path = put_text("tag.csv", text);
    elman_dataset_config config = {.window = 5, .validation = -1};
    elman_dataset *d = must_open(path, &config);
    const elman_encoding *e = dataset_encoding(d);
    assert_int_equal(e->task, ELMAN_TASK_TAG);
    assert_int_equal(e->class_count, 2);
    assert_string_equal(e->labels[0], "run");
    assert_int_equal(e->input_size, 2);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 5);

    /* windows of 5 rows, the last of 3 */
    elman_batch batch;
    elman_target target;
    elman_loader *loader = must_load(d, ELMAN_PART_TRAIN, &batch, &target);
    assert_int_equal(batch.lengths[4], 3);
    for (size_t b = 0; b < 5; b++)
        for (size_t t = 0; t < batch.lengths[b]; t++)
            CHECK(target.classes[t * 5 + b] == ((5 * b + t) % 3 ? 1 : 0),
                  "b=%zu t=%zu", b, t);
    loader_destroy(loader);

    /* more data with an unknown label */
    put_text("new.csv", "x,y,state\n1,2,fly\n");
    config.validation = 0;
    config.validation_path = in_folder("new.csv");
    check_refused(path, &config, ELMAN_BAD_FORMAT,
                  "new.csv: line 2: label \"fly\" is not among the 2");
    dataset_close(d);

    /* numbers in the target column, followed step by step */
    config = (elman_dataset_config){
        .task = ELMAN_TASK_TRACK, .target = "y", .window = 5, .columns = "x"};
    d = must_open(path, &config);
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_TRACK);
    loader = must_load(d, ELMAN_PART_TRAIN, &batch, &target);
    assert_non_null(target.values);
    loader_destroy(loader);
    dataset_close(d);
}

static const struct {
    const char *text;
    elman_dataset_config config;
    elman_status status;
    const char *message;
} bad_tables[] = {
    {"", {0}, ELMAN_BAD_FORMAT, "bad.csv: the file is empty"},
    {"a,b\n", {0}, ELMAN_BAD_FORMAT, "a header, but no rows"},
    {"1,2\n",
     {.window = 32},
     ELMAN_BAD_FORMAT,
     "1 rows for training, but window 32 and horizon 1 need 33"},
    {"a,b\n1,2\n3,0.2x\n4,5\n",
     {.window = 1},
     ELMAN_BAD_FORMAT,
     "line 3, column \"b\": \"0.2x\" is not a number"},
    {"1,2\n0.2x,4\n3,5\n",
     {.window = 1},
     ELMAN_BAD_FORMAT,
     "line 2, column \"1\": \"0.2x\" is not a number"},
    {"0.2x,2,5\n3,4,6\n4,5,7\n",
     {.window = 1},
     ELMAN_BAD_FORMAT,
     "line 1, column \"1\": \"0.2x\" is not a number"},
    {"a,b\n1,2\n,4\n2,5\n",
     {.window = 1},
     ELMAN_BAD_FORMAT,
     "1 of 3 cells of column \"a\" is missing (line 3: empty); fill in what "
     "is missing, or choose missing (--missing) drop, previous or mean"},
    {"a,b\n1,2\nnan,4\n5,-\n",
     {.window = 1, .columns = "a,b"},
     ELMAN_BAD_FORMAT,
     "column \"a\" is missing (line 3: \"nan\"), 1 of 3 cells of column \"b\" "
     "is "
     "missing (line 4: \"-\");"},
    {"a,b\n1,1e400\n3,4\n4,5\n",
     {.window = 1},
     ELMAN_BAD_FORMAT,
     "line 2, column \"b\": \"1e400\" is too large"},
    {"a,b\n1,2\n3\n", {0}, ELMAN_BAD_FORMAT, "line 3: 1 columns"},
    {"a,b\n1e300,2\n-1e300,3\n1,4\n",
     {.window = 1},
     ELMAN_BAD_FORMAT,
     "input 1: its numbers are too large to be scaled"},
    {"a,b\n1e300,2\n-1e300,3\n1,4\n",
     {.window = 1, .no_scaling = true},
     ELMAN_BAD_FORMAT,
     "input 1: 1e+300 is too large for float32"},
    {"a,b\nx,y\nx,z\n", {0}, ELMAN_BAD_FORMAT, "no column of numbers is left"},
    {"a,b\n1,x\n2,x\n",
     {.target = "b"},
     ELMAN_BAD_FORMAT,
     "only one class (\"x\"), expected at least two"},
    {"a,b\n1,x\n2,\n3,x\n",
     {.target = "b"},
     ELMAN_BAD_FORMAT,
     "1 of 3 cells of column \"b\" is missing (line 3: empty)"},
    {"a,b\n1,2\n3,4\n",
     {.target = "c"},
     ELMAN_BAD_VALUE,
     "no column \"c\"; the 2 columns are a, b"},
    {"a,b\n1,2\n3,4\n", {.target = "3"}, ELMAN_BAD_VALUE, "no column \"3\""},
    {"a,b\n1,2\n3,4\n",
     {.target = "b,2"},
     ELMAN_BAD_VALUE,
     "column \"b\" is named twice"},
    {"a,b\n1,2\n3,4\n",
     {.task = ELMAN_TASK_TAG, .target = "b,a"},
     ELMAN_BAD_VALUE,
     "2 target columns, but tags are in one"},
    {"a,b\n1,2\n3,4\n",
     {.task = ELMAN_TASK_TRACK, .target = "b", .columns = "a,b"},
     ELMAN_BAD_VALUE,
     "column \"b\" is a target"},
    {"a,b\n1,x\n3,y\n",
     {.task = ELMAN_TASK_FORECAST, .target = "b"},
     ELMAN_BAD_VALUE,
     "the target column holds text (\"x\"), and forecast needs numbers"},
    {"a,b\n1,2\n3,4\n",
     {.task = ELMAN_TASK_TRACK, .horizon = 2},
     ELMAN_BAD_VALUE,
     "horizon is for a forecast, but the task is track"},
    {"a,b\n1,2\n3,4\n",
     {.window = 1, .validation = 0.2},
     ELMAN_BAD_VALUE,
     "validation is 0.2, which is less than one of 2 rows"},
    {"a,b\n1,2\n3,4\n", {.window = SIZE_MAX}, ELMAN_BAD_VALUE, "at most"},
    {"a,b\n1,2\n3,4\n",
     {.validation = 1.5},
     ELMAN_BAD_VALUE,
     "validation is 1.5, expected a fraction below 1"},
    {"a,b\n1,2\n3,4\n",
     {.validation = NAN},
     ELMAN_BAD_VALUE,
     "validation is nan"},
    {"a,b\n1,2\n3,4\n",
     {.unit = ELMAN_UNIT_WORDS},
     ELMAN_BAD_VALUE,
     "unit is given, but does not apply to a table"},
    {"a,b\n1,2\n3,4\n",
     {.target_path = "y.npy"},
     ELMAN_BAD_VALUE,
     "target_path is given, but does not apply to a table"},
    {"a,b\n1,2\n3,4\n",
     {.validation = 0.5, .validation_path = "x"},
     ELMAN_BAD_VALUE,
     "validation and validation_path are both given"},
    {"a,b\n1,2\n3,4\n", {.encoding = "{"}, ELMAN_BAD_FORMAT, "encoding: "},
    {"a,b\n1,2\n3,4\n", {.task = (elman_task)9}, ELMAN_BAD_VALUE, "task is 9"},
};

TEST(each_bad_table_gives_its_own_sentence)
{
    for (size_t i = 0; i < sizeof bad_tables / sizeof *bad_tables; i++)
        check_refused(put_text("bad.csv", bad_tables[i].text),
                      &bad_tables[i].config, bad_tables[i].status,
                      bad_tables[i].message);

    /* what an encoding has decided is not an option any more */
    elman_dataset *d = must_open(
        put_ramp("t.csv", true, 20),
        &(elman_dataset_config){.window = 4, .columns = "ramp,square"});
    elman_dataset_config follow = {.encoding = dataset_note(d), .window = 5};
    check_refused(in_folder("t.csv"), &follow, ELMAN_BAD_VALUE,
                  "window is given, but the encoding already decides it");
    follow.window = 0;
    check_refused(put_text("f.csv", "a,b\n1,2\n"), &follow, ELMAN_BAD_VALUE,
                  "no column \"ramp\"");
    check_refused(put_text("f.csv", "ramp\n1\n"), &follow, ELMAN_BAD_VALUE,
                  "no column \"square\"");
    check_refused(put_ramp("f.csv", true, 4), &follow, ELMAN_BAD_FORMAT,
                  "4 rows for validation, but window 4 and horizon 1 need 5");
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_forecast_from_windows_split_in_time),
        cmocka_unit_test(scaling_is_learned_from_the_training_rows_alone),
        cmocka_unit_test(few_windows_with_a_test_part_are_not_split),
        cmocka_unit_test(a_column_of_text_is_a_tag_per_step),
        cmocka_unit_test(each_bad_table_gives_its_own_sentence),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
