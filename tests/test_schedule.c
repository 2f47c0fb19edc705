/* test_schedule.c: learning rates over time are PyTorch's. */
#include "check.h"

#include "learn/schedule.h"

static void check_rate(const elman_schedule_config *config, uint64_t step,
                       uint64_t epoch, double rate, double want)
{
    elman_schedule at = {.step = step, .epoch = epoch};
    double got = schedule_rate(config, &at, rate);
    CHECK(fabs(got - want) <= 1e-14 * fabs(want),
          "kind %d step %llu epoch %llu: %.17g, want %.17g", config->kind,
          (unsigned long long)step, (unsigned long long)epoch, got, want);
}

TEST(constant_step_and_exponential_follow_their_formulas)
{
    elman_schedule_config constant = {0};
    elman_schedule_config step = {.kind = ELMAN_SCHEDULE_STEP,
                                  .period = 3,
                                  .gamma = 0.5,
                                  .minimum = 0.001};
    elman_schedule_config each = {.kind = ELMAN_SCHEDULE_EXPONENTIAL,
                                  .gamma = 0.95};
    elman_schedule_config tenth = {.kind = ELMAN_SCHEDULE_EXPONENTIAL};
    for (uint64_t epoch = 0; epoch < 40; epoch++) {
        double halves = pow(0.5, (double)(epoch / 3));
        check_rate(&constant, 7 * epoch, epoch, 0.3, 0.3);
        check_rate(&step, 7 * epoch, epoch, 0.3, fmax(0.3 * halves, 0.001));
        check_rate(&each, 7 * epoch, epoch, 0.3,
                   0.3 * pow(0.95, (double)epoch));
        check_rate(&tenth, 7 * epoch, epoch, 0.3,
                   0.3 * pow(0.1, (double)epoch));
    }
}

TEST(a_rate_that_began_below_the_minimum_is_not_lifted)
{
    elman_schedule_config c = {.kind = ELMAN_SCHEDULE_STEP,
                               .period = 1,
                               .gamma = 0.5,
                               .minimum = 0.01};
    check_rate(&c, 0, 0, 0.002, 0.002);
    check_rate(&c, 0, 9, 0.002, 0.002);
}

TEST(cosine_goes_down_once_and_stays)
{
    elman_schedule_config c = {
        .kind = ELMAN_SCHEDULE_COSINE, .period = 100, .minimum = 0.01};
    double pi = acos(-1);
    for (uint64_t s = 0; s <= 100; s++)
        check_rate(&c, s, 0, 0.2,
                   0.01 + 0.19 * 0.5 * (1 + cos(pi * (double)s / 100)));
    check_rate(&c, 101, 0, 0.2, 0.01);
    check_rate(&c, 1000000, 9, 0.2, 0.01);
}

TEST(warmup_rises_in_equal_steps_before_the_schedule)
{
    elman_schedule_config c = {
        .kind = ELMAN_SCHEDULE_COSINE, .period = 10, .warmup = 4};
    for (uint64_t s = 0; s < 4; s++)
        check_rate(&c, s, 0, 0.5, 0.1 * (double)(s + 1));
    check_rate(&c, 4, 0, 0.5, 0.5);
    check_rate(&c, 9, 0, 0.5, 0.25);
    check_rate(&c, 14, 0, 0.5, 0);
    elman_schedule_config flat = {.warmup = 1};
    check_rate(&flat, 0, 0, 0.5, 0.25);
    check_rate(&flat, 1, 0, 0.5, 0.5);
}

TEST(a_ramp_multiplies_by_the_same_factor)
{
    elman_schedule_config c = {
        .kind = ELMAN_SCHEDULE_RAMP, .period = 5, .minimum = 1e-4};
    for (uint64_t s = 0; s < 5; s++)
        check_rate(&c, s, 0, 1, pow(10, (double)s - 4));
    check_rate(&c, 9, 0, 1, 1);
    c.period = 1;
    check_rate(&c, 0, 0, 1, 1);
}

/* Rates after each loss, recorded from ReduceLROnPlateau(factor=0.5,
 * patience=2, min_lr=0.1) of PyTorch 2. */
TEST(plateau_cuts_when_pytorch_does)
{
    static const double loss[] = {3,   2, 1.99985, 1.9999, 2.5, 1.99979, NAN,
                                  3,   3, 3,       1.5,    1.5, 1.49986, 1.5,
                                  1.4, 2, 2,       2,      2,   2,       2,
                                  2,   2, 2,       2};
    static const double want[] = {1.0,   1.0,   1.0,   1.0,  0.5,  0.5,  0.5,
                                  0.5,   0.25,  0.25,  0.25, 0.25, 0.25, 0.125,
                                  0.125, 0.125, 0.125, 0.1,  0.1,  0.1,  0.1,
                                  0.1,   0.1,   0.1,   0.1};
    elman_schedule_config c = {.kind = ELMAN_SCHEDULE_PLATEAU,
                               .gamma = 0.5,
                               .patience = 2,
                               .minimum = 0.1};
    elman_schedule at = {0};

    CHECK(schedule_rate(&c, &at, 1) == 1, "before any loss");
    for (size_t i = 0; i < sizeof loss / sizeof *loss; i++) {
        schedule_seen(&c, &at, loss[i]);
        double got = schedule_rate(&c, &at, 1);
        CHECK(fabs(got - want[i]) < 1e-15, "loss %zu: %g, want %g", i, got,
              want[i]);
    }
}

TEST(plateau_waits_ten_evaluations_by_default)
{
    elman_schedule_config c = {.kind = ELMAN_SCHEDULE_PLATEAU};
    elman_schedule at = {0};
    schedule_seen(&c, &at, 1);
    for (int i = 0; i < 10; i++)
        schedule_seen(&c, &at, 1);
    CHECK(at.cuts == 0, "%llu", (unsigned long long)at.cuts);
    schedule_seen(&c, &at, 1);
    CHECK(at.cuts == 1 && at.bad == 0, "%llu", (unsigned long long)at.cuts);
    check_rate(&(elman_schedule_config){0}, 0, 0, 0.1, 0.1);

    /* other kinds do not listen */
    elman_schedule none = {0};
    schedule_seen(&(elman_schedule_config){0}, &none, 1);
    CHECK(!none.seen && none.best == 0, "constant listened");
}

TEST(misuse_of_a_schedule_is_reported)
{
    const struct {
        elman_schedule_config config;
        const char *message;
    } cases[] = {
        {{.kind = 7}, "schedule kind is 7, expected 0 to 5"},
        {{.kind = ELMAN_SCHEDULE_STEP},
         "period is 0, expected the number of epochs between two cuts"},
        {{.kind = ELMAN_SCHEDULE_COSINE},
         "period is 0, expected the number of steps it takes"},
        {{.gamma = -0.5},
         "gamma is -0.5, expected a finite number of 0 or more, where 0 means "
         "0.1"},
        {{.gamma = NAN}, "gamma is nan"},
        {{.kind = ELMAN_SCHEDULE_RAMP, .period = 5},
         "minimum is 0, expected a ramp to begin above it"},
        {{.kind = ELMAN_SCHEDULE_RAMP, .minimum = 1},
         "period is 0, expected the number of steps it takes"},
        {{.kind = ELMAN_SCHEDULE_PLATEAU, .gamma = 1},
         "gamma is 1, expected less than 1 for plateau"},
        {{.minimum = -1}, "minimum is -1, expected a finite number of 0"},
        {{.minimum = INFINITY}, "minimum is inf"},
    };

    /* a rate by such a schedule is NaN */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_FAILS(schedule_check(&cases[i].config), ELMAN_BAD_VALUE,
                    cases[i].message);
        elman_schedule at = {0};
        double rate = schedule_rate(&cases[i].config, &at, 0.1);
        CHECK(isnan(rate), "case %zu: %g", i, rate);
    }
    CHECK_FAILS(schedule_check(NULL), ELMAN_BAD_VALUE, "config is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_step_and_exponential_follow_their_formulas),
        cmocka_unit_test(a_rate_that_began_below_the_minimum_is_not_lifted),
        cmocka_unit_test(cosine_goes_down_once_and_stays),
        cmocka_unit_test(warmup_rises_in_equal_steps_before_the_schedule),
        cmocka_unit_test(a_ramp_multiplies_by_the_same_factor),
        cmocka_unit_test(plateau_cuts_when_pytorch_does),
        cmocka_unit_test(plateau_waits_ten_evaluations_by_default),
        cmocka_unit_test(misuse_of_a_schedule_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
