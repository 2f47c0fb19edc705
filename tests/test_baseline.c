/*
 * test_baseline.c: what a score has to beat, against numbers worked out by
 * hand.
 */
#include "dataset.h"

#include "data/store.h"
#include "learn/baseline.h"

static elman_baseline must_read(const elman_dataset *d,
                                elman_baseline_config config)
{
    elman_baseline b;
    CHECK_OK(baseline_read(d, &config, &b));
    return b;
}

static void check_near(double got, double want, const char *what)
{
    CHECK(fabs(got - want) <= 1e-9 * (1 + fabs(want)),
          "%s: %.12g, expected "
          "%.12g",
          what, got, want);
}

static void write_lines(const char *path, const char *const *lines, size_t n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%s\n", lines[i]);
    assert_int_equal(fclose(file), 0);
}

/* ---- Classes ------------------------------------------------------------- */

TEST(the_largest_class_of_training_answers_the_others)
{
    static const char *const train[] = {
        "b\t1\t2\t3", "b\t1\t2\t4", "a\t9\t8\t7", "b\t2\t2\t4", "c\t5\t5\t5"};
    static const char *const test[] = {"a\t9\t8\t8", "b\t1\t2\t3.5",
                                       "a\t1\t2\t3", "c\t5\t5\t6"};
    const char *path = in_folder("x_TRAIN.tsv"),
               *other = in_folder("x_TEST.tsv");
    write_lines(path, train, 5);
    write_lines(other, test, 4);
    elman_dataset *d =
        must_open(path, &(elman_dataset_config){.validation_path = other});

    elman_baseline b =
        must_read(d, (elman_baseline_config){.part = ELMAN_PART_VALIDATION,
                                             .neighbour = true});
    CHECK(b.largest == 1, "class %zu", b.largest);
    check_near(b.accuracy, 0.25, "accuracy");
    check_near(b.loss, -(2 * log(2. / 8) + log(4. / 8) + log(2. / 8)) / 4,
               "loss");
    CHECK(isnan(b.vocabulary_bits) && isnan(b.naive_mse) && isnan(b.mean_mae),
          "more than there is");

    /* the third is nearest to a b */
    check_near(b.neighbour_accuracy, 0.75, "neighbour");
    b = must_read(d, (elman_baseline_config){.part = ELMAN_PART_VALIDATION,
                                             .neighbour = true,
                                             .warp = 1,
                                             .threads = 3});
    check_near(b.neighbour_accuracy, 0.75, "warped");

    /* of training itself each without itself: c and a have none of their own */
    b = must_read(d, (elman_baseline_config){.neighbour = true});
    check_near(b.accuracy, 0.6, "accuracy of training");
    check_near(b.neighbour_accuracy, 0.6, "neighbour of training");
    dataset_close(d);
}

/* A peak that comes later is the same peak, if steps may shift. */
TEST(warping_finds_a_shifted_peak)
{
    static const char *const train[] = {"peak\t0\t9\t0\t0\t0\t0",
                                        "low\t0\t0\t0\t0\t1\t0"};
    static const char *const test[] = {"peak\t0\t0\t0\t0\t9\t0",
                                       "peak\t0\t0\t9\t0"};
    const char *path = in_folder("w_TRAIN.tsv"),
               *other = in_folder("w_TEST.tsv");
    write_lines(path, train, 2);
    write_lines(other, test, 1);
    elman_dataset_config config = {.validation_path = other,
                                   .no_scaling = true};
    elman_dataset *d = must_open(path, &config);
    elman_baseline_config asked = {.part = ELMAN_PART_VALIDATION,
                                   .neighbour = true};
    check_near(must_read(d, asked).neighbour_accuracy, 0, "straight");
    asked.warp = 0.2; /* 2 of 6 steps, but the peak is 3 away */
    check_near(must_read(d, asked).neighbour_accuracy, 0, "warped by 2");
    asked.warp = 0.5;
    check_near(must_read(d, asked).neighbour_accuracy, 1, "warped by 3");
    dataset_close(d);

    /* unequal lengths shift by what they differ */
    write_lines(other, test, 2);
    d = must_open(path, &config);
    asked.warp = 0;
    elman_baseline b;
    check_near(must_read(d, asked).neighbour_accuracy, 0.5, "unequal");
    asked.warp = 0.5;
    check_near(must_read(d, asked).neighbour_accuracy, 1, "unequal, warped");
    asked.warp = 2;
    CHECK_FAILS(baseline_read(d, &asked, &b), ELMAN_BAD_VALUE, "warp is 2");
    asked = (elman_baseline_config){.part = ELMAN_PART_TEST};
    CHECK_FAILS(baseline_read(d, &asked, &b), ELMAN_BAD_VALUE,
                "the test part of the data is empty");
    dataset_close(d);
}

TEST(a_text_is_held_against_its_letters_and_a_blind_guess)
{
    const char *path = in_folder("t.txt"), *other = in_folder("v.txt");
    static const char *const text[] = {"aaaab"}, *const more[] = {"aab"};
    write_lines(path, text, 1);
    write_lines(other, more, 1);
    elman_dataset *d =
        must_open(path, &(elman_dataset_config){.validation_path = other});
    elman_baseline b =
        must_read(d, (elman_baseline_config){.part = ELMAN_PART_VALIDATION});

    /* of training's targets aaab\n: 3 a, 1 b, 1 newline */
    check_near(b.vocabulary_bits, log2(3), "vocabulary");
    check_near(b.loss, -(log(4. / 8) + 2 * log(2. / 8)) / 3, "loss");
    check_near(b.accuracy, 1. / 3, "accuracy");
    dataset_close(d);
}

/* ---- Values -------------------------------------------------------------- */

/* Period 4 with a slow rise. */
static double wave(size_t t)
{
    static const double shape[] = {0, 5, 1, -4};
    return shape[t % 4] + 0.1 * (double)t;
}

TEST(a_forecast_is_held_against_the_last_value_and_the_last_season)
{
    const char *path = in_folder("f.csv");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "y\n");
    for (size_t t = 0; t < 120; t++)
        fprintf(file, "%.6f\n", wave(t));
    assert_int_equal(fclose(file), 0);
    elman_dataset *d = must_open(
        path,
        &(elman_dataset_config){.validation = 0.2, .window = 3, .horizon = 6});
    elman_baseline b =
        must_read(d, (elman_baseline_config){.part = ELMAN_PART_VALIDATION});

    CHECK(b.season == 4, "season %zu", b.season);
    check_near(b.seasonal_mae, (4 * 0.4 + 2 * 0.8) / 6, "seasonal MAE");
    check_near(b.seasonal_mse, (4 * 0.16 + 2 * 0.64) / 6, "seasonal MSE");
    CHECK(b.naive_mae > b.seasonal_mae && b.mean_mae > b.seasonal_mae,
          "naive %g mean %g", b.naive_mae, b.mean_mae);

    /* the naive forecast of the metrics */
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < d->size[ELMAN_PART_VALIDATION]; i++)
        for (size_t k = 0; k < 6; k++, count++) {
            const span *s = d->sequences + d->ids[ELMAN_PART_VALIDATION][i];
            size_t end = s->first + s->length;
            sum += fabs(wave(end + k) - wave(end - 1));
        }
    CHECK(fabs(b.naive_mae - sum / (double)count) < 1e-6, "naive %g",
          b.naive_mae);
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_class_of_training_answers_the_others),
        cmocka_unit_test(warping_finds_a_shifted_peak),
        cmocka_unit_test(a_text_is_held_against_its_letters_and_a_blind_guess),
        cmocka_unit_test(
            a_forecast_is_held_against_the_last_value_and_the_last_season),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
