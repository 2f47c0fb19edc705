/*
 * test_season.c: a season is found and chance is not, the transform that helps
 * is chosen, and errors are in the units of the data.
 */
#include "rows.h"

#include "data/season.h"
#include "data/store.h"
#include "learn/evaluate.h"

/* ---- Seasons ------------------------------------------------------------ */

static size_t season_of(const double *values, size_t count)
{
    season_search search = {0};
    double strength = 0;
    CHECK_OK(season_add(&search, values, count, 1));
    size_t season = season_find(&search, &strength);
    season_clear(&search);
    return season;
}

/* Sum of twelve uniform numbers: about normal. */
static double noise(uint64_t which, size_t i)
{
    double sum = -6;
    for (size_t k = 0; k < 12; k++)
        sum += uniform(which, 12 * i + k);
    return sum;
}

TEST(a_season_is_found_under_trend_and_noise)
{
    static double values[2000];
    static const size_t seasons[] = {4, 7, 12, 24, 52};
    for (size_t s = 0; s < 5; s++)
        for (uint64_t seed = 0; seed < 10; seed++) {
            size_t m = seasons[s], n = m * 20 > 200 ? m * 20 : 200;
            for (size_t t = 0; t < n; t++)
                values[t] = 0.02 * (double)t + noise(900 + s, t % m) +
                            4 * sin(6.28318530717958 * (double)t / (double)m) +
                            noise(seed, t);
            CHECK(season_of(values, n) == m, "%zu, not %zu (seed %zu)",
                  season_of(values, n), m, (size_t)seed);
        }

    /* two seasons: the shorter one */
    for (size_t t = 0; t < 1500; t++)
        values[t] = 5 * sin((double)t * 0.261799388) +
                    2 * noise(800, t / 24 % 7) + 0.5 * noise(3, t);
    assert_int_equal(season_of(values, 1500), 24);
}

TEST(no_season_is_found_in_chance)
{
    static double values[600];
    size_t found = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        for (size_t t = 0; t < 600; t++)
            values[t] = noise(seed, t);
        found += season_of(values, 600) != 0;
        for (size_t t = 1; t < 600; t++)
            values[t] += values[t - 1];
        found += season_of(values, 600) != 0;
    }
    CHECK(found <= 8, "%zu of 100 series of chance have a season", found);

    for (size_t t = 0; t < 600; t++)
        values[t] = (double)t;
    assert_int_equal(season_of(values, 600), 0);
    values[7] = NAN;
    assert_int_equal(season_of(values, 600), 0);
    assert_int_equal(season_of(values, 5), 0);
}

/* Passengers of an airline, 1949 to 1960 (Box and Jenkins 1970, series G). */
static const double airline[144] = {
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141,
    135, 125, 149, 170, 170, 158, 133, 114, 140, 145, 150, 178, 163, 172, 178,
    199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209,
    191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201,
    204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267,
    269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374,
    413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404,
    347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
    360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419,
    461, 472, 535, 622, 606, 508, 461, 390, 432};

TEST(the_airline_has_years_and_its_errors_stand_beside_them)
{
    elman_dataset_config config = {
        .window = 24, .horizon = 12, .validation = 0.2};
    elman_dataset *d = must_open(put_column("a.csv", airline, 144), &config);
    const elman_encoding *e = dataset_encoding(d);
    assert_int_equal(e->season, 12);
    assert_non_null(strstr(fact(d, "season"), "12 rows"));
    assert_string_not_equal(e->transform, "none");

    /* the year before, and the last month */
    double values[12];
    uint64_t id = dataset_size(d, ELMAN_PART_TRAIN);
    size_t end = d->sequences[id].first + 24;
    dataset_repeat(d, id, 12, values);
    for (size_t h = 0; h < 12; h++)
        assert_true(values[h] == airline[end - 12 + h]);
    dataset_repeat(d, id, 5, values);
    for (size_t h = 0; h < 12; h++)
        assert_true(values[h] == airline[end - 5 + h % 5]);
    dataset_repeat(d, id, 1000, values);
    assert_true(isnan(values[0]));
    dataset_close(d);
}

/* ---- The choice --------------------------------------------------------- */

static void check_choice(const double *values, size_t n, size_t horizon,
                         const char *const *good)
{
    elman_dataset_config config = {.window = 16, .horizon = horizon};
    elman_dataset *d = must_open(put_column("c.csv", values, n), &config);
    const char *got = dataset_encoding(d)->transform;
    bool fits = false;
    for (size_t i = 0; good[i]; i++)
        fits = fits || !strcmp(got, good[i]);
    CHECK(fits, "%s was chosen, not %s: %s", got, good[0],
          fact(d, "transform"));
    dataset_close(d);
}

TEST(what_helps_is_chosen)
{
    static double values[3000];
    for (uint64_t seed = 0; seed < 5; seed++) {
        /* what comes back to its mean needs nothing */
        for (size_t t = 0; t < 3000; t++)
            values[t] = 0.2 * (t ? values[t - 1] : 0) + noise(seed, t);
        check_choice(values, 3000, 3, (const char *[]){"none", NULL});

        /* a trend and a walk need a difference, or their last value */
        for (size_t t = 0; t < 600; t++)
            values[t] = 3 * (double)t + noise(seed, t);
        check_choice(values, 600, 3,
                     (const char *[]){"difference", "last", NULL});
        for (size_t t = 1; t < 600; t++)
            values[t] = values[t - 1] + noise(seed, t) + 0.3;
        check_choice(values, 600, 1,
                     (const char *[]){"difference", "last", NULL});

        /* growth by a factor with seasons of 20, more than the window has */
        for (size_t t = 0; t < 600; t++)
            values[t] =
                exp(0.008 * (double)t + noise(77, t % 20) * 0.1 +
                    0.4 * sin((double)t * 0.314159265) + noise(seed, t) * 0.02);
        check_choice(values, 600, 20,
                     (const char *[]){"log,seasonal:20", "log,last",
                                      "log,seasonal:20,difference",
                                      "log,seasonal:20,last", NULL});
    }
}

TEST(nothing_is_chosen_where_it_cannot_be_tried)
{
    static double rows[ROWS][3];
    make_rows(8, ROWS, rows);
    elman_dataset_config config = {
        .window = 4, .target = "a", .columns = "other"};
    elman_dataset *d = must_open(put_rows("t.csv", rows, ROWS), &config);
    assert_string_equal(dataset_encoding(d)->transform, "none");
    assert_non_null(strstr(fact(d, "transform"), "a target is no input"));
    dataset_close(d);

    config.columns = NULL;
    d = must_open(put_rows("t.csv", rows, 12), &config);
    assert_string_equal(dataset_encoding(d)->transform, "none");
    assert_non_null(strstr(fact(d, "transform"), "too few rows"));
    dataset_close(d);
}

/* ---- Errors ------------------------------------------------------------- */

TEST(errors_are_in_the_units_of_the_data)
{
    static const struct {
        const char *transform;
        bool seasonal;
    } cases[] = {{"difference", false},
                 {"last", false},
                 {"log,difference", false},
                 {"seasonal:12", true},
                 {"log,seasonal:12", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_dataset_config config = {.window = 24,
                                       .horizon = 12,
                                       .validation = 0.2,
                                       .no_scaling = true,
                                       .transform = cases[i].transform};
        elman_dataset *d =
            must_open(put_column("a.csv", airline, 144), &config);

        /* a model that answers 0 repeats what it differs from */
        elman_config shape = {
            .input_size = 1,
            .layers = {{.kind = ELMAN_LSTM, .hidden_size = 2},
                       {.kind = ELMAN_LAST},
                       {.kind = ELMAN_LINEAR, .output_size = 12}}};
        elman_model *m = NULL;
        CHECK_OK(elman_model_create(&shape, &m));
        CHECK_OK(model_make_flat(m));
        memset(model_flat(m), 0, m->weight_count * sizeof(float));
        model_repack(m, 1);

        elman_trainer_config training = {
            .loss = {.kind = ELMAN_LOSS_MEAN_SQUARED}};
        elman_metrics got;
        CHECK_OK(evaluate(m, d, ELMAN_PART_VALIDATION, &training, &got, NULL));
        double want = cases[i].seasonal ? got.seasonal_mae : got.naive_mae;
        CHECK(fabs(got.mae - want) < 1e-9 * want, "%s: %g, not %g",
              cases[i].transform, got.mae, want);
        want = cases[i].seasonal ? got.seasonal_mse : got.naive_mse;
        CHECK(fabs(got.mse - want) < 1e-9 * want, "%s: %g, not %g",
              cases[i].transform, got.mse, want);
        CHECK(got.seasonal_mae < got.naive_mae, "%g", got.seasonal_mae);
        elman_model_destroy(m);
        dataset_close(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_season_is_found_under_trend_and_noise),
        cmocka_unit_test(no_season_is_found_in_chance),
        cmocka_unit_test(
            the_airline_has_years_and_its_errors_stand_beside_them),
        cmocka_unit_test(what_helps_is_chosen),
        cmocka_unit_test(nothing_is_chosen_where_it_cannot_be_tried),
        cmocka_unit_test(errors_are_in_the_units_of_the_data),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
