/*
 * test_residual.c: residuals are measured in the data's units, their quantiles
 * are NumPy's, and their text is read again or refused.
 */
#include "dataset.h"

#include "data/store.h"
#include "learn/residual.h"

TEST(a_quantile_lies_on_the_line_between_two_numbers)
{
    /* numpy.quantile(list, level) */
    static const double list[5] = {-3, -1, 0, 2, 10};
    static const double cases[][2] = {{0, -3},     {1, 10},     {0.5, 0},
                                      {0.25, -1},  {0.1, -2.2}, {0.9, 6.8},
                                      {0.95, 8.4}, {0.6, 0.8},  {0.33, -0.68}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = quantile_of(list, 5, cases[i][0]);
        CHECK(fabs(got - cases[i][1]) < 1e-12, "%g: %g", cases[i][0], got);
    }
    assert_true(quantile_of(list, 1, 0.7) == -3);
}

/* A model that answers 0, for a forecast of two steps. */
static elman_model *zero_model(size_t outputs)
{
    elman_config shape = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = outputs}}};
    elman_model *m = NULL;
    CHECK_OK(elman_model_create(&shape, &m));
    CHECK_OK(model_make_flat(m));
    memset(model_flat(m), 0, m->weight_count * sizeof(float));
    model_repack(m, 1);
    return m;
}

TEST(residuals_are_measured_in_the_units_of_the_data)
{
    /* the square of each row: its change from row to row is odd */
    char text[3000] = "";
    for (int i = 0; i < 120; i++)
        sprintf(text + strlen(text), "%d\n", i * i);
    elman_dataset_config config = {.window = 4,
                                   .horizon = 2,
                                   .validation = 0.2,
                                   .no_scaling = true,
                                   .transform = "difference"};
    elman_dataset *d = must_open(put_text("r.csv", text), &config);
    elman_model *m = zero_model(2);

    /* the answer is the last value; the truth is 2 t + 1 more, and 4 t + 4 */
    elman_residuals *r = NULL;
    elman_trainer_config training = {.batch_size = 7};
    CHECK_OK(residuals_measure(m, d, ELMAN_PART_VALIDATION, &training, &r));
    assert_int_equal(residuals_size(r), 2);
    size_t first = 95, count = dataset_size(d, ELMAN_PART_VALIDATION);
    double last = (double)(first + count - 1), got;
    CHECK_OK(residuals_read(r, 0, 0.5, &got));
    CHECK(fabs(got - ((double)first + last + 1)) < 1e-9, "%g", got);
    CHECK_OK(residuals_read(r, 1, 0.9, &got));
    double place = (double)first + 0.9 * (last - (double)first);
    CHECK(fabs(got - (4 * place + 4)) < 1e-9, "%g", got);

    /* between two levels, and outside of all */
    double low, high;
    CHECK_OK(residuals_read(r, 0, 0.85, &low));
    CHECK_OK(residuals_read(r, 0, 0.9, &high));
    CHECK_OK(residuals_read(r, 0, 0.86, &got));
    CHECK(fabs(got - (low + 0.2 * (high - low))) < 1e-9, "%g", got);
    CHECK_FAILS(residuals_read(r, 0, 0.001, &got), ELMAN_BAD_VALUE,
                "quantile 0.001 is not known; ask for one from 0.01 to 0.99");
    CHECK_FAILS(residuals_read(r, 0, NAN, &got), ELMAN_BAD_VALUE, "not known");
    CHECK_FAILS(residuals_read(r, 2, 0.5, &got), ELMAN_BAD_VALUE, "output 2");

    /* its text says the same */
    elman_residuals *again = NULL;
    CHECK_OK(residuals_create(residuals_note(r), &again));
    assert_string_equal(residuals_note(again), residuals_note(r));
    CHECK_OK(residuals_read(again, 1, 0.33, &low));
    CHECK_OK(residuals_read(r, 1, 0.33, &high));
    assert_true(low == high);

    residuals_destroy(again);
    residuals_destroy(r);
    elman_model_destroy(m);
    dataset_close(d);
}

/* A number from -1 to 1 that looks like chance. */
static double noise(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 8388608.0 - 1;
}

/* How many truths of each of two series lie between two levels. */
static void count_covered(const elman_dataset *d, const elman_residuals *r,
                          double covered[2], double count[2])
{
    for (size_t i = 0; i < dataset_size(d, ELMAN_PART_VALIDATION); i++) {
        size_t id = d->ids[ELMAN_PART_VALIDATION][i];
        double truth[2], last[2], scale, low, high;
        size_t south = series_of(d, d->sequences[id].first) != d->series;
        CHECK_OK(dataset_truth(d, id, 0, 1, truth));
        dataset_repeat(d, id, 1, last);
        residuals_scale(r, d, id, &scale);
        for (size_t k = 0; k < 2; k++) {
            CHECK_OK(residuals_read(r, k, 0.1, &low));
            CHECK_OK(residuals_read(r, k, 0.9, &high));
            covered[south] += truth[k] >= last[k] + low * scale &&
                              truth[k] <= last[k] + high * scale;
            count[south]++;
        }
    }
}

TEST(each_of_several_series_has_bounds_of_its_own_size)
{
    static char text[60000] = "shop,a\n";
    unsigned state = 7;
    for (int i = 0; i < 1200; i++)
        sprintf(text + strlen(text), "%s,%g\n", i % 2 ? "south" : "north",
                (i % 2 ? 1000 : 7) * (5 + noise(&state)));
    elman_dataset_config config = {.window = 8,
                                   .horizon = 2,
                                   .validation = 0.4,
                                   .by = "shop",
                                   .transform = "last",
                                   .no_scaling = true};
    elman_dataset *d = must_open(put_text("shops.csv", text), &config);
    elman_model *m = zero_model(2);
    elman_residuals *r = NULL;
    CHECK_OK(residuals_measure(m, d, ELMAN_PART_VALIDATION,
                               &(elman_trainer_config){0}, &r));

    double covered[2] = {0}, count[2] = {0};
    count_covered(d, r, covered, count);
    for (size_t s = 0; s < 2; s++)
        CHECK(count[s] > 400 && fabs(covered[s] / count[s] - 0.8) < 0.04,
              "series %zu: %g of %g", s, covered[s], count[s]);

    /* a program that does not know of this does not read it */
    assert_non_null(strstr(residuals_note(r), "\"version\":2"));
    elman_residuals *again = NULL;
    CHECK_OK(residuals_create(residuals_note(r), &again));
    assert_string_equal(residuals_note(again), residuals_note(r));
    residuals_destroy(again);
    residuals_destroy(r);
    elman_model_destroy(m);
    dataset_close(d);
}

TEST(residuals_of_classes_are_refused)
{
    elman_dataset_config config = {.validation = -1};
    elman_dataset *d = must_open(put_text("s.tsv", "1\t2\n2\t3\n"), &config);
    elman_model *m = zero_model(2);
    elman_residuals *r = NULL;
    CHECK_FAILS(residuals_measure(m, d, ELMAN_PART_TRAIN,
                                  &(elman_trainer_config){0}, &r),
                ELMAN_BAD_VALUE, "of values, but the task is classify");
    elman_model_destroy(m);
    dataset_close(d);
}

TEST(each_bad_text_of_residuals_is_refused)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{\"version\":2}",
        "{\"version\":1,\"count\":0}",
        "{\"version\":1,\"count\":9}",
        "{\"version\":1,\"count\":9,\"levels\":[],\"quantiles\":[[]]}",
        "{\"version\":1,\"count\":9,\"levels\":[0.5],\"quantiles\":[]}",
        "{\"version\":1,\"count\":9,\"levels\":[0.5],\"quantiles\":[1]}",
        "{\"version\":1,\"count\":9,\"levels\":[0.5],\"quantiles\":[[1,2]]}",
        "{\"version\":1,\"count\":9,\"levels\":[\"a\"],\"quantiles\":[[1]]}",
        "{\"version\":1,\"count\":9,\"levels\":[1.5],\"quantiles\":[[1]]}",
        "{\"version\":1,\"count\":9,\"levels\":[-1,0],\"quantiles\":[[1,1]]}",
        "{\"version\":1,\"count\":9,\"levels\":[0.6,0.5],\"quantiles\":[[1,1]]"
        "}",
        "{\"version\":1,\"count\":9,\"levels\":[0.5,0.6],\"quantiles\":[[2,1]]"
        "}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        elman_residuals *r = NULL;
        CHECK_FAILS(residuals_create(texts[i], &r), ELMAN_BAD_FORMAT,
                    "residuals");
        assert_null(r);
    }

    /* one level is enough */
    elman_residuals *r = NULL;
    double got;
    CHECK_OK(residuals_create("{\"version\":1,\"count\":9,\"levels\":[0.5],"
                              "\"quantiles\":[[1],[3]]}",
                              &r));
    CHECK_OK(residuals_read(r, 1, 0.5, &got));
    assert_true(got == 3);
    residuals_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quantile_lies_on_the_line_between_two_numbers),
        cmocka_unit_test(residuals_are_measured_in_the_units_of_the_data),
        cmocka_unit_test(each_of_several_series_has_bounds_of_its_own_size),
        cmocka_unit_test(residuals_of_classes_are_refused),
        cmocka_unit_test(each_bad_text_of_residuals_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
