/*
 * test_transform.c: what is done to values before they are scaled is undone in
 * answers, learns from training rows alone, and reaches past the horizon.
 */
#include "rows.h"

#include "data/store.h"

static const char *const lists[] = {"none",
                                    "log",
                                    "difference",
                                    "seasonal:7",
                                    "last",
                                    "log,difference",
                                    "seasonal:7,difference",
                                    "log,seasonal:7",
                                    "log,seasonal:7,difference",
                                    "log,last",
                                    "seasonal:7,last",
                                    "difference,last",
                                    "log,seasonal:7,difference,last",
                                    "seasonal:2",
                                    "seasonal:40"};
enum { LISTS = sizeof lists / sizeof *lists };

/* ---- Forth and back ----------------------------------------------------- */

/* The last window that ends before row end, forth and back. */
static void check_column(const transform *t, const double *level, size_t stride,
                         size_t end, size_t horizon)
{
    double values[64 * 2];
    size_t last = (end - 1) * stride;
    double from = t->last ? transform_value(t, level + last, stride) : 0;
    for (size_t h = 0; h < horizon; h++)
        values[h * stride] =
            transform_value(t, level + (end + h) * stride, stride) - from;

    transform_undo(t, level + last, stride, values, horizon);
    for (size_t h = 0; h < horizon; h++) {
        double want = level[(end + h) * stride];
        CHECK(fabs(values[h * stride] - want) <= 1e-9 * fabs(want),
              "step %zu of %zu: %.17g, not %.17g", h, horizon,
              values[h * stride], want);
    }
}

TEST(every_list_is_undone_to_the_last_digits)
{
    static double level[2 * ROWS];
    for (uint64_t seed = 0; seed < 20; seed++) {
        for (size_t k = 0; k < 2 * ROWS; k++)
            level[k] = exp(8 * uniform(seed, k) - 2) + 1e-3 * (double)k;

        for (size_t i = 0; i < LISTS; i++)
            for (size_t horizon = 1; horizon <= 64; horizon *= 2)
                for (size_t stride = 1; stride <= 2; stride++) {
                    transform t;
                    CHECK_OK(
                        transform_parse(lists[i], ELMAN_TASK_FORECAST, 0, &t));
                    check_column(&t, level, stride, 50 + seed, horizon);
                }
    }
}

TEST(a_list_in_any_order_is_read_and_written_in_one)
{
    static const struct {
        const char *text, *want;
    } cases[] = {{"difference,log,seasonal:12", "log,seasonal:12,difference"},
                 {" last , log", "log,last"},
                 {"seasonal", "seasonal:24"},
                 {"none", "none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        transform t;
        char text[TRANSFORM_TEXT];
        CHECK_OK(transform_parse(cases[i].text, ELMAN_TASK_FORECAST, 24, &t));
        transform_print(&t, text);
        assert_string_equal(text, cases[i].want);
    }
}

TEST(each_bad_list_gets_its_own_sentence)
{
    static const struct {
        const char *text;
        elman_task task;
        const char *message;
    } cases[] = {
        {"", ELMAN_TASK_FORECAST, "transform \"\" is unknown"},
        {"logg", ELMAN_TASK_FORECAST,
         "transform \"logg\" is unknown; a "
         "forecast takes none or a list of log"},
        {"log,,last", ELMAN_TASK_FORECAST, "\"\" is unknown"},
        {"log,log", ELMAN_TASK_FORECAST, "\"log\" is named twice"},
        {"log,none", ELMAN_TASK_FORECAST, "none is alone"},
        {"none,log", ELMAN_TASK_FORECAST, "none is alone"},
        {"zscore", ELMAN_TASK_FORECAST, "does not fit the task"},
        {"log", ELMAN_TASK_CLASSIFY, "sequences take zscore or none"},
        {"seasonal", ELMAN_TASK_FORECAST, "none was found in the data"},
        {"seasonal:", ELMAN_TASK_FORECAST, "not a season of 2 rows"},
        {"seasonal:1", ELMAN_TASK_FORECAST, "not a season of 2 rows"},
        {"seasonal:-3", ELMAN_TASK_FORECAST, "not a season of 2 rows"},
        {"seasonal:99999999999999999999", ELMAN_TASK_FORECAST,
         "not a season of 2 rows"},
        {"seasonal:7,seasonal:12", ELMAN_TASK_FORECAST, "is named twice"},
        {"log:2", ELMAN_TASK_FORECAST, "is unknown"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        transform t;
        CHECK_FAILS(transform_parse(cases[i].text, cases[i].task, 0, &t),
                    ELMAN_BAD_VALUE, cases[i].message);
    }
}

/* ---- Datasets ----------------------------------------------------------- */

/* Perfect answers, as a loader gives them, are the truth in the data's units.
 */
static void check_truth(const elman_dataset *d, elman_part part)
{
    elman_batch batch;
    elman_target target;
    elman_loader *loader = must_load(d, part, &batch, &target);
    size_t O = encoding_outputs(dataset_encoding(d));
    double values[64], truth[64];
    for (size_t b = 0; b < batch.B; b++) {
        dataset_values(d, batch.ids[b], 0, target.values + b * O, values);
        CHECK_OK(dataset_truth(d, batch.ids[b], 0, 1, truth));
        for (size_t k = 0; k < O; k++)
            CHECK(fabs(values[k] - truth[k]) < 2e-5 * fabs(truth[k]),
                  "%s, output %zu: %.9g, not %.9g",
                  dataset_encoding(d)->transform, k, values[k], truth[k]);
    }
    loader_destroy(loader);
}

TEST(answers_are_in_the_units_of_the_data_for_every_list)
{
    static double rows[ROWS][3];
    make_rows(1, ROWS, rows);
    const char *path = put_rows("t.csv", rows, ROWS);
    for (size_t i = 0; i < LISTS; i++)
        for (size_t horizon = 1; horizon <= 10; horizon += 9) {
            elman_dataset_config config = {.window = 9,
                                           .horizon = horizon,
                                           .validation = 0.25,
                                           .target = "a,b",
                                           .transform = lists[i]};
            elman_dataset *d = must_open(path, &config);
            assert_string_equal(dataset_encoding(d)->transform, lists[i]);
            check_truth(d, ELMAN_PART_TRAIN);
            check_truth(d, ELMAN_PART_VALIDATION);

            /* and where the encoding is followed */
            elman_dataset *again = must_open(
                path, &(elman_dataset_config){.encoding = dataset_note(d)});
            check_truth(again, ELMAN_PART_VALIDATION);
            assert_string_equal(dataset_note(again), dataset_note(d));
            dataset_close(again);
            dataset_close(d);
        }
}

TEST(inputs_that_are_no_targets_stay_as_they_are)
{
    static double rows[ROWS][3];
    make_rows(2, ROWS, rows);
    elman_dataset_config config = {.window = 4,
                                   .target = "a",
                                   .no_scaling = true,
                                   .validation = -1,
                                   .transform = "difference"};
    elman_dataset *d = must_open(put_rows("t.csv", rows, ROWS), &config);
    float x[12];
    assert_int_equal(elman_dataset_inputs(d, 5, x), 4);

    /* the first row has no difference, so window 5 begins at row 6 */
    for (size_t t = 0; t < 4; t++) {
        CHECK(fabs((double)x[t * 3] - (rows[6 + t][0] - rows[5 + t][0])) < 1e-5,
              "step %zu", t);
        CHECK(fabs((double)x[t * 3 + 1] - rows[6 + t][1]) < 1e-5, "step %zu",
              t);
        CHECK(fabs((double)x[t * 3 + 2] - rows[6 + t][2]) < 1e-5, "step %zu",
              t);
    }
    assert_int_equal(elman_dataset_inputs(d, 1 << 20, x), 0);
    dataset_close(d);
}

TEST(last_is_taken_from_each_window_by_itself)
{
    static double rows[ROWS][3];
    make_rows(3, ROWS, rows);
    elman_dataset_config config = {.window = 5,
                                   .horizon = 3,
                                   .target = "a",
                                   .columns = "a",
                                   .validation = 0.2,
                                   .transform = "last"};
    elman_dataset *d = must_open(put_rows("t.csv", rows, ROWS), &config);
    const elman_encoding *e = dataset_encoding(d);
    assert_true(e->mean[0] == 0 && e->target_mean[0] == 0);

    /* the scales are the root mean squares over the training windows */
    double inside = 0, ahead = 0, many = 0;
    for (size_t s = 0; s + 8 <= ROWS * 8 / 10; s++, many++)
        for (size_t t = 0; t < 8; t++) {
            double off = rows[s + t][0] - rows[s + 4][0];
            *(t < 5 ? &inside : &ahead) += off * off;
        }
    assert_true(fabs(e->scale[0] - sqrt(inside / (5 * many))) < 1e-9);
    assert_true(fabs(e->target_scale[0] - sqrt(ahead / (3 * many))) < 1e-9);

    elman_batch batch;
    elman_target target;
    elman_loader *loader = must_load(d, ELMAN_PART_TRAIN, &batch, &target);
    for (size_t b = 0; b < batch.B; b++) {
        float x[5];
        elman_dataset_inputs(d, batch.ids[b], x);
        for (size_t t = 0; t < 5; t++) {
            double want = (rows[b + t][0] - rows[b + 4][0]) / e->scale[0];
            CHECK(fabs((double)batch.x[t * batch.B + b] - want) < 1e-6, "%zu",
                  t);
            assert_true(x[t] == batch.x[t * batch.B + b]);
        }
    }
    loader_destroy(loader);

    assert_false(encoding_streams(e));
    assert_int_equal(encoding_rows(e), 5);
    dataset_close(d);
}

TEST(later_rows_change_nothing_that_is_learned)
{
    static double rows[ROWS][3];
    make_rows(4, ROWS, rows);
    static const char *const choices[] = {NULL, "log,seasonal,difference",
                                          "last"};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        elman_dataset_config config = {.window = 9,
                                       .horizon = 3,
                                       .validation = 0.25,
                                       .target = "a",
                                       .transform = choices[i]};
        elman_dataset *one = must_open(put_rows("1.csv", rows, ROWS), &config);

        /* the validation rows become others altogether */
        static double other[ROWS][3];
        memcpy(other, rows, sizeof other);
        for (size_t t = ROWS * 3 / 4; t < ROWS; t++)
            for (size_t j = 0; j < 3; j++)
                other[t][j] = 1000 + (double)(t % 3);
        elman_dataset *two = must_open(put_rows("2.csv", other, ROWS), &config);
        assert_string_equal(dataset_note(one), dataset_note(two));
        dataset_close(one);
        dataset_close(two);
    }
}

TEST(no_difference_crosses_the_border_of_a_series)
{
    static double rows[ROWS][3];
    make_rows(5, ROWS, rows);
    put_rows("more.csv", rows, 30);
    char more[400];
    snprintf(more, sizeof more, "%s", put_rows("more.csv", rows, 30));
    elman_dataset_config config = {.window = 4,
                                   .horizon = 2,
                                   .target = "a",
                                   .validation_path = more,
                                   .transform = "seasonal:7,difference"};
    elman_dataset *d = must_open(put_rows("t.csv", rows + 60, 40), &config);

    /* 8 rows of each file have no value */
    assert_int_equal(encoding_rows(dataset_encoding(d)), 4 + 8);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 40 - 8 - 5);
    assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 30 - 8 - 5);
    check_truth(d, ELMAN_PART_TRAIN);
    check_truth(d, ELMAN_PART_VALIDATION);
    dataset_close(d);
}

TEST(what_has_no_transform_is_refused_with_its_row)
{
    char text[400] = "x\n";
    for (int i = 0; i < 40; i++)
        sprintf(text + strlen(text), "%d\n", i == 25 ? 0 : i + 1);
    const char *path = put_text("t.csv", text);
    check_refused(path,
                  &(elman_dataset_config){.window = 4, .transform = "log"},
                  ELMAN_BAD_VALUE, "0 in column x has no logarithm");
    check_refused(
        path, &(elman_dataset_config){.window = 4, .transform = "seasonal:38"},
        ELMAN_BAD_VALUE,
        "transform seasonal:38 needs 38 rows of a series before its "
        "first window, and the training part has no window of 4");
    check_refused(path,
                  &(elman_dataset_config){.window = 4, .transform = "zscore"},
                  ELMAN_BAD_VALUE, "does not fit the task");

    /* text, and an encoding that has decided already */
    check_refused(put_text("t.txt", "to be or not to be"),
                  &(elman_dataset_config){.transform = "log"}, ELMAN_BAD_VALUE,
                  "transform is given, but does not apply to text");
    char good[400] = "x\n";
    for (int i = 0; i < 40; i++)
        sprintf(good + strlen(good), "%d\n", i + 1);
    elman_dataset *d =
        must_open(put_text("g.csv", good),
                  &(elman_dataset_config){.window = 4, .transform = "log"});
    check_refused(path,
                  &(elman_dataset_config){.encoding = dataset_note(d),
                                          .transform = "log"},
                  ELMAN_BAD_VALUE, "the encoding already decides it");
    check_refused(put_text("t.csv", text),
                  &(elman_dataset_config){.encoding = dataset_note(d)},
                  ELMAN_BAD_VALUE, "the model was trained on values above 0");
    dataset_close(d);

    /* and a hostile one */
    elman_encoding *e = NULL;
    CHECK_FAILS(encoding_create("{\"version\":1,\"task\":\"forecast\",\"mean\":"
                                "[0],\"scale\":[1],\"target_mean\":[0],"
                                "\"target_scale\":[1],\"window\":4,\"horizon\":"
                                "1,\"transform\":\"zscore\"}",
                                &e),
                ELMAN_BAD_VALUE, "encoding: transform");
}

TEST(zscore_makes_each_series_and_channel_one_of_its_own)
{
    const char *path = put_text("s.tsv", "1\t3\t5\t7\tNaN\n2\t4\t4\t4\t4\n"
                                         "1\t-1e6\t1e6\tNaN\tNaN\n2\t1\t2\n");
    elman_dataset_config config = {
        .transform = "zscore", .no_scaling = true, .validation = -1};
    elman_dataset *d = must_open(path, &config);
    assert_string_equal(dataset_encoding(d)->transform, "zscore");
    assert_false(encoding_streams(dataset_encoding(d)));

    static const float want[4][4] = {
        {-1.2247449F, 0, 1.2247449F}, {0, 0, 0, 0}, {-1, 1}, {-1, 1}};
    static const size_t lengths[4] = {3, 4, 2, 2};
    for (size_t id = 0; id < 4; id++) {
        float x[4];
        assert_int_equal(elman_dataset_inputs(d, id, x), lengths[id]);
        CHECK_CLOSE(x, want[id], lengths[id], 1e-6, 1e-6, "series %zu", id);
    }
    dataset_close(d);
}

/* ---- Going on ----------------------------------------------------------- */

/* Adds the window that ends with a series of rows first to end. */
static uint64_t end_window(elman_dataset *d, size_t end)
{
    size_t w = dataset_encoding(d)->window;
    CHECK_OK(sequence_add(d, end - w, w));
    return d->sequence_count - 1;
}

/* Goes on with rows 100 to 130 and compares with the file that has them: by
 * another encoding of the same scales. */
static void check_extension(elman_dataset *d, uint64_t id,
                            const elman_dataset *whole, double (*rows)[3])
{
    size_t w = dataset_encoding(d)->window;
    for (size_t row = 100; row + 3 <= 130; row += 3) {
        double values[6], got[6], want[6];
        for (size_t k = 0; k < 6; k++)
            values[k] = rows[row + k / 2][k % 2 ? 2 : 0];
        CHECK_OK(dataset_extend(d, id, values, &id));

        /* the windows are listed by their first rows */
        size_t first = row + 3 - w;
        uint64_t same = first - whole->sequences[0].first;
        assert_int_equal(whole->sequences[same].first, first);

        float x[2 * 32], y[2 * 32], out[6] = {0.1F, -0.2F, 0.3F, 1, 2, -1};
        assert_int_equal(elman_dataset_inputs(d, id, x), w);
        assert_int_equal(elman_dataset_inputs(whole, same, y), w);
        CHECK_BITS(x, y, 2 * w, "row %zu", row);

        dataset_values(d, id, 0, out, got);
        dataset_values(whole, same, 0, out, want);
        for (size_t k = 0; k < 6; k++)
            CHECK(got[k] == want[k], "row %zu, %zu: %.17g", row, k, got[k]);

        CHECK_OK(dataset_truth(d, id, 0, 1, got));
        assert_true(isnan(got[0]) && isnan(got[5]));
        elman_origin origin;
        dataset_origin(d, id, w, &origin);
        assert_int_equal(origin.step, row + 3);
        assert_int_equal(origin.sequence, 0);
        assert_int_equal(origin.line, 0);
    }
}

TEST(a_forecast_goes_on_as_a_file_that_has_its_rows)
{
    static double rows[ROWS][3];
    make_rows(6, ROWS, rows);
    for (size_t i = 0; i < LISTS; i++) {
        elman_dataset_config config = {.window = 9,
                                       .horizon = 3,
                                       .target = "a,b",
                                       .columns = "a,b",
                                       .validation = -1,
                                       .transform = lists[i]};
        elman_dataset *learned =
            must_open(put_rows("t.csv", rows, ROWS), &config);
        elman_dataset_config follow = {.encoding = dataset_note(learned)};
        elman_dataset *whole =
            must_open(put_rows("t.csv", rows, ROWS), &follow);
        elman_dataset *part = must_open(put_rows("p.csv", rows, 100), &follow);
        size_t had = dataset_size(part, ELMAN_PART_VALIDATION);
        check_extension(part, end_window(part, 100), whole, rows);
        assert_int_equal(dataset_size(part, ELMAN_PART_VALIDATION), had + 10);
        dataset_close(part);
        dataset_close(whole);
        dataset_close(learned);
    }
}

TEST(a_series_with_others_behind_it_goes_on_as_well)
{
    static double rows[ROWS][3];
    make_rows(9, ROWS, rows);
    for (size_t i = 0; i < LISTS; i++) {
        char more[PATH_ROOM];
        snprintf(more, sizeof more, "%s", put_rows("v.csv", rows, 60));
        elman_dataset_config config = {.window = 9,
                                       .horizon = 3,
                                       .target = "a,b",
                                       .columns = "a,b",
                                       .validation_path = more,
                                       .transform = lists[i]};
        elman_dataset *two = must_open(put_rows("p.csv", rows, 100), &config);
        elman_dataset_config follow = {.encoding = dataset_note(two)};
        elman_dataset *whole =
            must_open(put_rows("t.csv", rows, ROWS), &follow);
        check_extension(two, end_window(two, 100), whole, rows);
        dataset_close(whole);
        dataset_close(two);
    }
}

TEST(extending_is_refused_where_nothing_is_known)
{
    static double rows[ROWS][3];
    make_rows(7, ROWS, rows);
    const char *path = put_rows("t.csv", rows, ROWS);
    elman_dataset_config config = {
        .window = 9, .target = "a", .transform = "log"};
    elman_dataset *d = must_open(path, &config);
    uint64_t next = 77;
    double value = 1;
    CHECK_FAILS(dataset_extend(d, 0, &value, &next), ELMAN_BAD_VALUE,
                "input 2 other is no target");
    dataset_close(d);

    config.columns = "a";
    d = must_open(path, &config);
    CHECK_FAILS(dataset_extend(d, 3, &value, &next), ELMAN_BAD_VALUE,
                "sequence 3 ends 148 rows before its series");
    CHECK_FAILS(dataset_extend(d, 1 << 20, &value, &next), ELMAN_BAD_VALUE,
                "does not exist");
    uint64_t last = end_window(d, ROWS);
    value = 0;
    CHECK_FAILS(dataset_extend(d, last, &value, &next), ELMAN_BAD_VALUE,
                "values[0] is 0, expected a finite number above 0");
    value = NAN;
    CHECK_FAILS(dataset_extend(d, last, &value, &next), ELMAN_BAD_VALUE,
                "values[0] is nan");
    assert_int_equal(next, 77);

    /* many times in a row */
    for (int i = 0; i < 20000; i++) {
        value = 1 + i % 5;
        CHECK_OK(dataset_extend(d, last, &value, &last));
    }
    assert_int_equal(d->row_count, ROWS + 20000);
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_list_is_undone_to_the_last_digits),
        cmocka_unit_test(a_list_in_any_order_is_read_and_written_in_one),
        cmocka_unit_test(each_bad_list_gets_its_own_sentence),
        cmocka_unit_test(answers_are_in_the_units_of_the_data_for_every_list),
        cmocka_unit_test(inputs_that_are_no_targets_stay_as_they_are),
        cmocka_unit_test(last_is_taken_from_each_window_by_itself),
        cmocka_unit_test(later_rows_change_nothing_that_is_learned),
        cmocka_unit_test(no_difference_crosses_the_border_of_a_series),
        cmocka_unit_test(what_has_no_transform_is_refused_with_its_row),
        cmocka_unit_test(zscore_makes_each_series_and_channel_one_of_its_own),
        cmocka_unit_test(a_forecast_goes_on_as_a_file_that_has_its_rows),
        cmocka_unit_test(a_series_with_others_behind_it_goes_on_as_well),
        cmocka_unit_test(extending_is_refused_where_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
