/*
 * test_table_parts.c: what becomes of missing values, and the parts of tables
 * and sequences.
 */
#include "table.h"

/* A value that tells which row it is in. */
static double value_of(size_t row) { return (double)(row * row % 17) + 0.25; }

/* ---- Missing values ----------------------------------------------------- */

/* 40 rows, with b missing in rows 0 and 20, and a missing in row 36. */
static const char *put_holes(const char *mark)
{
    char text[4000] = "a,b\n";
    for (size_t i = 0; i < 40; i++) {
        char a[20], b[20];
        sprintf(a, "%g", value_of(i));
        sprintf(b, "%g", value_of(3 * i));
        sprintf(text + strlen(text), "%s,%s\n", i == 36 ? mark : a,
                i == 0 || i == 20 ? mark : b);
    }
    return put_text("m.csv", text);
}

TEST(missing_values_are_counted_and_refused)
{
    static const char *const marks[] = {"",  "NA", "n/a",  "NaN", "null",
                                        "?", "-",  "#N/A", "None"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        elman_dataset_config config = {.window = 4};
        const char *path = put_holes(marks[i]);
        check_refused(path, &config, ELMAN_BAD_FORMAT,
                      "1 of 40 cells of column \"a\" is missing (line 38: ");
        check_refused(path, &config, ELMAN_BAD_FORMAT,
                      "2 of 40 cells of column \"b\" are missing (line 2: ");
        check_refused(path, &config, ELMAN_BAD_FORMAT,
                      "choose missing (--missing) drop, previous or mean");

        /* what is not read may be missing */
        config.columns = config.target = "a";
        config.missing = ELMAN_MISSING_DROP;
        elman_dataset *d = must_open(path, &config);
        check_fact(d, "missing", "1 row is left out");
        dataset_close(d);
    }
}

/* Whether a sequence, or what it is to answer, has the row. */
static bool is_used(const elman_dataset *d, size_t row)
{
    size_t more = d->encoding->horizon;
    for (size_t id = 0; id < d->sequence_count; id++) {
        const span *s = &d->sequences[id];
        if (row >= s->first && row < s->first + s->length + more) return true;
    }
    return false;
}

TEST(a_row_with_a_gap_is_in_no_window)
{
    elman_dataset_config config = {.window = 4,
                                   .validation = 0.1,
                                   .missing = ELMAN_MISSING_DROP,
                                   .transform = "none"};
    elman_dataset *d = must_open(put_holes("NA"), &config);
    for (size_t row = 0; row < 40; row++)
        CHECK(is_used(d, row) == (row != 0 && row != 20 && row < 36), "row %zu",
              row);
    check_fact(d, "missing", "3 rows are left out: no window has one of them");
    assert_int_equal(d->encoding->missing, ELMAN_MISSING_DROP);

    /* chunks too end there */
    config.task = ELMAN_TASK_TRACK;
    elman_dataset *t = must_open(in_folder("m.csv"), &config);
    for (size_t row = 0; row < 40; row++)
        CHECK(is_used(t, row) == (row != 0 && row != 20 && row != 36),
              "row %zu", row);
    dataset_close(t);

    /* rows to be answered need their inputs, not their targets */
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};
    elman_dataset *f = must_open(in_folder("m.csv"), &follow);
    assert_int_equal(dataset_size(f, 1), 16 + 12 + 0);
    dataset_close(f);
    dataset_close(d);
}

TEST(a_gap_is_filled_from_before_in_its_own_part)
{
    elman_dataset_config config = {.window = 2,
                                   .validation = 0.1,
                                   .missing = ELMAN_MISSING_PREVIOUS,
                                   .transform = "none"};
    elman_dataset *d = must_open(put_holes("-"), &config);
    CHECK(fabs(input_at(d, 20, 1) - value_of(57)) < 1e-5, "%g",
          input_at(d, 20, 1));
    CHECK(!is_used(d, 0) && is_used(d, 20), "rows 0 and 20");

    /* row 36 is the first to validate: what trains is no part of that */
    dataset_close(d);
    char text[4000] = "a\n";
    for (size_t i = 0; i < 40; i++)
        sprintf(text + strlen(text), i == 36 ? "NA\n" : "%g\n", value_of(i));
    d = must_open(put_text("m.csv", text), &config);
    CHECK(fabs(input_at(d, 36, 0) - value_of(35)) < 1e-5, "placeholder");
    CHECK(!is_used(d, 36), "row 36");
    assert_true(d->row_dropped[36]);
    dataset_close(d);
}

TEST(a_gap_is_filled_with_the_mean_of_training)
{
    elman_dataset_config config = {.window = 2,
                                   .validation = 0.1,
                                   .missing = ELMAN_MISSING_MEAN,
                                   .transform = "none"};
    elman_dataset *d = must_open(put_holes(""), &config);
    double mean = 0;
    for (size_t i = 0; i < 36; i++)
        if (i != 0 && i != 20) mean += value_of(3 * i) / 34;
    CHECK(fabs(d->encoding->fill[1] - mean) < 1e-9, "%g and %g",
          d->encoding->fill[1], mean);
    CHECK(fabs(input_at(d, 0, 1) - mean) < 1e-5, "%g", input_at(d, 0, 1));
    CHECK(fabs(input_at(d, 36, 0) - d->encoding->fill[0]) < 1e-5, "row 36");
    assert_null(d->row_dropped);
    check_fact(d, "missing", "3 values filled with the mean of training");

    /* other files are filled with the same means */
    elman_dataset_config follow = {.encoding = dataset_note(d)};
    elman_dataset *f =
        must_open(put_text("f.csv", "a,b\n1,\n2,5\n3,6\n4,7\n"), &follow);
    CHECK(fabs(input_at(f, 0, 1) - mean) < 1e-5, "%g", input_at(f, 0, 1));
    dataset_close(f);

    /* a model without them says so */
    config.missing = ELMAN_MISSING_REFUSE;
    dataset_close(d);
    d = must_open(put_kinds("k.csv", "a,b", "vw", 40), &config);
    follow = (elman_dataset_config){.encoding = dataset_note(d),
                                    .missing = ELMAN_MISSING_MEAN};
    check_refused(in_folder("f.csv"), &follow, ELMAN_BAD_VALUE,
                  "the model was trained without means");
    dataset_close(d);
}

TEST(missing_labels_are_left_out_or_not_counted)
{
    char text[2000] = "a,sky\n";
    for (size_t i = 0; i < 40; i++)
        sprintf(text + strlen(text), "%g,%s\n", value_of(i),
                i == 7  ? ""
                : i % 2 ? "sun"
                        : "rain");
    const char *path = put_text("l.csv", text);
    elman_dataset_config config = {.window = 5, .validation = -1};
    check_refused(path, &config, ELMAN_BAD_FORMAT,
                  "1 of 40 cells of column \"sky\" is missing (line 9: empty)");
    config.missing = ELMAN_MISSING_MEAN;
    check_refused(path, &config, ELMAN_BAD_FORMAT, "labels have no mean");

    config.missing = ELMAN_MISSING_PREVIOUS;
    elman_dataset *d = must_open(path, &config);
    assert_int_equal(d->classes[7], -100);
    assert_true(is_used(d, 7));
    dataset_close(d);
    config.missing = ELMAN_MISSING_DROP;
    d = must_open(path, &config);
    assert_false(is_used(d, 7));
    assert_true(is_used(d, 8));
    dataset_close(d);
}

/* Whether some sequence is to answer the row. */
static bool is_asked(const elman_dataset *d, size_t row)
{
    for (size_t id = 0; id < d->sequence_count; id++) {
        size_t end = d->sequences[id].first + d->sequences[id].length;
        if (row >= end && row < end + d->encoding->horizon) return true;
    }
    return false;
}

/* A rising series a, with another, and a missing in rows 20 and 60. */
static const char *put_rising(const char *name, size_t rows)
{
    char text[8000] = "a,b\n";
    for (size_t i = 0; i < rows; i++) {
        char cell[40] = "NA";
        if (i != 20 && i != 60)
            sprintf(cell, "%g", 1000 + 2 * (double)i + value_of(i) / 17);
        sprintf(text + strlen(text), "%s,%g\n", cell, value_of(i));
    }
    return put_text(name, text);
}

TEST(a_target_that_was_filled_is_asked_of_no_window)
{
    static const char *const transforms[] = {"none", "difference", "last",
                                             "log"};
    for (int way = ELMAN_MISSING_PREVIOUS; way <= ELMAN_MISSING_MEAN; way++)
        for (size_t k = 0; k < 8; k++) {
            elman_dataset_config config = {.window = 4,
                                           .horizon = 2,
                                           .target = "a",
                                           .columns = k / 4 ? "b" : "a",
                                           .validation = 0.1,
                                           .missing = (elman_missing)way,
                                           .transform = transforms[k % 4]};
            elman_dataset *d = must_open(put_rising("m.csv", 100), &config);
            CHECK(!is_asked(d, 20) && !is_asked(d, 60), "rows 20 and 60");
            CHECK(is_asked(d, 21) && is_asked(d, 19), "rows beside them");
            CHECK(is_used(d, 20), "row 20");
            check_fact(d, "missing", "4 windows are left out, as a target");

            /* no forecast goes on from values of another size */
            elman_dataset_config follow = {.encoding = dataset_note(d)};
            elman_dataset *f = must_open(put_rising("f.csv", 90), &follow);
            CHECK(!is_asked(f, 20) && is_asked(f, 21), "rows 20 and 21");
            for (size_t i = 0; i < f->levels.count; i++)
                CHECK(f->levels.values[i] >= 999, "level %g",
                      f->levels.values[i]);
            dataset_close(f);
            dataset_close(d);
        }

    /* targets that are missing too often leave nothing to learn from */
    char text[4000] = "a,b\n";
    for (size_t i = 0; i < 60; i++)
        sprintf(text + strlen(text), "%s,%g\n", i % 3 ? "1.5" : "NA",
                value_of(i));
    elman_dataset_config config = {.window = 4,
                                   .horizon = 3,
                                   .target = "a",
                                   .missing = ELMAN_MISSING_PREVIOUS};
    check_refused(put_text("m.csv", text), &config, ELMAN_BAD_FORMAT,
                  "choose a smaller horizon (--horizon)");
}

TEST(a_class_that_no_training_row_has_is_told)
{
    char text[4000] = "a,kind\n";
    for (size_t i = 0; i < 60; i++)
        sprintf(text + strlen(text), "%g,%s\n", value_of(i),
                i < 30   ? "one"
                : i < 50 ? "two"
                         : "three");
    elman_dataset_config config = {
        .window = 5, .validation = 0.2, .target = "kind"};
    elman_dataset *d = must_open(put_text("k.csv", text), &config);
    check_fact(d, "note",
               "no row that trains has the class \"three\", which "
               "rows for validation have");
    dataset_close(d);
    config.validation = -1;
    d = must_open(in_folder("k.csv"), &config);
    CHECK(!strstr(facts_of(d, "note"), "no row that trains"), "a note");
    dataset_close(d);
}

TEST(several_series_have_no_common_mean)
{
    char text[4000] = "shop,a\n";
    for (size_t i = 0; i < 60; i++)
        sprintf(text + strlen(text), i == 20 ? "%s,NA\n" : "%s,%g\n",
                i % 2 ? "south" : "north",
                (i % 2 ? 1000 : 1) * (10 + value_of(i)));
    elman_dataset_config config = {
        .window = 4, .by = "shop", .missing = ELMAN_MISSING_MEAN};
    const char *path = put_text("m.csv", text);
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "several series (\"north\", \"south\"), and the mean of all "
                  "is none of one; choose missing (--missing) previous or");
    config.missing = ELMAN_MISSING_PREVIOUS;
    dataset_close(must_open(path, &config));
}

/* ---- Parts -------------------------------------------------------------- */

/* The rows that the sequences of a part are to answer, in order of time. */
static void answered(const elman_dataset *d, elman_part part, size_t *first,
                     size_t *last)
{
    *first = SIZE_MAX;
    *last = 0;
    for (size_t i = 0; i < d->size[part]; i++) {
        const span *s = &d->sequences[d->ids[part][i]];
        size_t row = s->first + s->length;
        if (row < *first) *first = row;
        row += d->encoding->horizon - 1;
        if (row > *last) *last = row;
    }
}

static void check_part(const elman_dataset *d, elman_part part, size_t first,
                       size_t last)
{
    size_t a, b;
    answered(d, part, &a, &b);
    CHECK(a == first && b == last, "%s: %zu to %zu, expected %zu to %zu",
          part_name(part), a, b, first, last);
}

TEST(parts_follow_each_other_in_time)
{
    elman_dataset_config config = {.window = 5,
                                   .horizon = 2,
                                   .validation = 0.1,
                                   .test = 0.2,
                                   .transform = "none"};
    elman_dataset *d = must_open(put_kinds("p.csv", "a,b", "vw", 100), &config);
    check_part(d, ELMAN_PART_TRAIN, 5, 71);
    check_part(d, ELMAN_PART_VALIDATION, 72, 79);
    check_part(d, ELMAN_PART_TEST, 80, 99);
    check_fact(d, "split",
               "train rows 1 to 72, validation rows 73 to 80, test "
               "rows 81 to 100");
    dataset_close(d);

    /* folds in time: each validates on what follows all that it trains on */
    for (size_t fold = 0; fold < 4; fold++) {
        config = (elman_dataset_config){
            .window = 5, .folds = 4, .fold = fold, .transform = "none"};
        d = must_open(in_folder("p.csv"), &config);
        check_part(d, ELMAN_PART_TRAIN, 5, 20 * (fold + 1) - 1);
        check_part(d, ELMAN_PART_VALIDATION, 20 * (fold + 1),
                   20 * (fold + 2) - 1);
        dataset_close(d);
    }

    /* a file of its own */
    config = (elman_dataset_config){.window = 5,
                                    .validation = 0.1,
                                    .test_path = in_folder("q.csv"),
                                    .transform = "none"};
    put_kinds("q.csv", "b,a", "wv", 30);
    d = must_open(put_kinds("p.csv", "a,b", "vw", 100), &config);
    assert_int_equal(dataset_size(d, ELMAN_PART_TEST), 25);
    check_part(d, ELMAN_PART_TEST, 105, 129);
    check_part(d, ELMAN_PART_VALIDATION, 90, 99);
    dataset_close(d);
}

TEST(parts_that_cannot_be_are_refused)
{
    const char *path = put_kinds("p.csv", "a,b", "vw", 100);
    elman_dataset_config config = {.window = 5, .test = 1};
    check_refused(path, &config, ELMAN_BAD_VALUE, "test is 1, expected");
    config = (elman_dataset_config){.window = 5, .folds = 4, .fold = 4};
    check_refused(path, &config, ELMAN_BAD_VALUE, "fold is 4 of folds 4");
    config = (elman_dataset_config){.window = 5, .folds = 1};
    check_refused(path, &config, ELMAN_BAD_VALUE, "fold is 0 of folds 1");
    config = (elman_dataset_config){.window = 5, .folds = 60};
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "folds is 60, which leaves 1");
    config = (elman_dataset_config){.window = 5, .folds = 3, .validation = 0.1};
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "folds and validation are both given");
    config =
        (elman_dataset_config){.window = 5, .test = 0.1, .test_path = "x.csv"};
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "test and test_path are both given");
    config = (elman_dataset_config){.window = 5, .test = 0.001};
    check_refused(path, &config, ELMAN_BAD_VALUE, "less than one of 100 rows");
}

static const struct {
    size_t rows, window, horizon;
    double validation;
    size_t validate; /* rows */
    const char *note;
} shorts[] = {
    {119, 24, 12, 0.1, 12, "the validation part is 12 rows"},
    {119, 24, 11, 0.1, 11, ""},
    {60, 24, 12, 0.1, 0, "too few rows for a validation part of 12 rows"},
    {34, 32, 1, 0.1, 0, "too few rows for a validation part"},
    {40, 32, 1, 0.1, 4, ""},
};

TEST(a_short_table_validates_on_fewer_rows_or_none)
{
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        elman_dataset_config config = {.window = shorts[i].window,
                                       .horizon = shorts[i].horizon,
                                       .validation = shorts[i].validation,
                                       .transform = "none"};
        elman_dataset *d =
            must_open(put_kinds("p.csv", "a", "v", shorts[i].rows), &config);
        size_t windows =
            shorts[i].validate ? shorts[i].validate - shorts[i].horizon + 1 : 0;
        CHECK(dataset_size(d, 1) == windows, "%zu rows: %zu windows",
              shorts[i].rows, dataset_size(d, 1));
        check_fact(d, "note", shorts[i].note);
        dataset_close(d);
    }
}

/* Labelled series, of two classes. */
static const char *put_series(size_t count)
{
    static char text[100000];
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        at += (size_t)sprintf(text + at, "%s\t%zu\t%zu\t%zu\n",
                              i % 4 ? "a" : "b", i, i * 3 % 7, i * 5 % 11);
    return put_bytes("s.tsv", text, at);
}

static size_t count_class(const elman_dataset *d, elman_part part, int class)
{
    size_t count = 0;
    for (size_t i = 0; i < d->size[part]; i++)
        count += d->classes[d->ids[part][i]] == class;
    return count;
}

TEST(what_is_for_tables_alone_is_refused_elsewhere)
{
    put_series(20);
    check_refused(in_folder("s.tsv"), &(elman_dataset_config){.time = "1"},
                  ELMAN_BAD_VALUE, "time is given, but does not apply to");
    check_refused(in_folder("s.tsv"), &(elman_dataset_config){.by = "1"},
                  ELMAN_BAD_VALUE, "by is given, but does not apply to");
}

TEST(few_sequences_are_split_only_if_asked)
{
    elman_dataset *d = must_open(put_series(120), &(elman_dataset_config){0});
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 120);
    assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 0);
    check_fact(d, "split", "few sequences are not split");
    dataset_close(d);
    d = must_open(put_series(240), &(elman_dataset_config){0});
    assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 24);
    dataset_close(d);

    /* test, validation and training each keep the share of the classes */
    d = must_open(put_series(120),
                  &(elman_dataset_config){.validation = 0.25, .test = 1.0 / 3});
    const size_t sizes[] = {60, 20, 40};
    for (int part = 0; part < PART_COUNT; part++) {
        size_t size = dataset_size(d, (elman_part)part);
        CHECK(size == sizes[part], "part %d: %zu", part, size);
        CHECK(4 * count_class(d, (elman_part)part, 1) == size, "part %d", part);
    }
    dataset_close(d);
}

TEST(folds_of_sequences_share_out_every_class)
{
    bool seen[120] = {false};
    for (size_t fold = 0; fold < 5; fold++) {
        elman_dataset_config config = {.folds = 5, .fold = fold, .seed = 3};
        elman_dataset *d = must_open(put_series(120), &config);
        assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 24);
        assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 96);
        assert_int_equal(count_class(d, ELMAN_PART_VALIDATION, 1), 6);
        for (size_t i = 0; i < 24; i++) {
            size_t id = d->ids[ELMAN_PART_VALIDATION][i];
            assert_false(seen[id]);
            seen[id] = true;
        }
        dataset_close(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_values_are_counted_and_refused),
        cmocka_unit_test(a_row_with_a_gap_is_in_no_window),
        cmocka_unit_test(a_gap_is_filled_from_before_in_its_own_part),
        cmocka_unit_test(a_gap_is_filled_with_the_mean_of_training),
        cmocka_unit_test(missing_labels_are_left_out_or_not_counted),
        cmocka_unit_test(a_target_that_was_filled_is_asked_of_no_window),
        cmocka_unit_test(several_series_have_no_common_mean),
        cmocka_unit_test(a_class_that_no_training_row_has_is_told),
        cmocka_unit_test(parts_follow_each_other_in_time),
        cmocka_unit_test(parts_that_cannot_be_are_refused),
        cmocka_unit_test(a_short_table_validates_on_fewer_rows_or_none),
        cmocka_unit_test(what_is_for_tables_alone_is_refused_elsewhere),
        cmocka_unit_test(few_sequences_are_split_only_if_asked),
        cmocka_unit_test(folds_of_sequences_share_out_every_class),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
