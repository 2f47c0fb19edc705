/*
 * test_finding.c: rules whose numbers are put in by hand: what answers say of
 * themselves, and how many steps a verdict needs.
 */
#include "check.h"
#include "inspect/finding.h"
#include "model/model.h"

/* Answers of one bin: so many, so sure, so often right. */
static bool calibrate(uint64_t count, double sure, double right, claim *c)
{
    elman_errors e = {.targets = count,
                      .calibration_error = fabs(sure - right)};
    e.calibration_counts[5] = count;
    e.calibration_confidence[5] = sure;
    e.calibration_accuracy[5] = right;
    const inspection in = {.public = {.errors = &e}};
    *c = (claim){.severity = ELMAN_SEVERITY_FINE};
    return find_calibration(&in, c);
}

TEST(advice_about_calibration_goes_the_right_way)
{
    claim c;
    CHECK(calibrate(1000, 0.9, 0.7, &c), "nothing of a model that is too sure");
    CHECK(strstr(c.text, "surer") && strstr(c.advice, "less sure;"), "%s: %s",
          c.text, c.advice);
    CHECK(calibrate(1000, 0.7, 0.9, &c), "nothing of one that is unsure");
    CHECK(strstr(c.text, "less sure") && strstr(c.advice, "make it surer") &&
              !strstr(c.advice, "fewer"),
          "%s: %s", c.text, c.advice);
}

TEST(chance_is_no_calibration_error)
{
    claim c;
    CHECK(!calibrate(8, 0.5, 0.9, &c), "8 answers: %s", c.text);
    CHECK(!calibrate(199, 0.5, 0.9, &c), "199 answers: %s", c.text);
    CHECK(!calibrate(200, 0.5, 0.61, &c), "an excess of chance: %s", c.text);
    CHECK(calibrate(100000, 0.5, 0.61, &c), "nothing of many answers");
}

static bool look_back(size_t T, elman_verdict verdict, size_t reach,
                      finding_rule *rule, claim *c)
{
    static const double norms[64] = {1, 0.001};
    const elman_flow_level level = {.name = "layer0",
                                    .horizon = {.T = T,
                                                .norms = norms,
                                                .half = reach,
                                                .tenth = reach,
                                                .hundredth = reach,
                                                .rate = 0.001,
                                                .verdict = verdict}};
    elman_flow flow = {.done = true, .T = T, .count = 1, .levels = &level};

    /* the advice depends on the cell */
    const elman_config config = {.input_size = 1,
                                 .layers = {{ELMAN_RNN, .hidden_size = 1}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    const inspection in = {.public = {.model = m, .flow = &flow}};
    *c = (claim){.severity = ELMAN_SEVERITY_FINE};
    bool found = rule(&in, c);
    model_destroy(m);
    return found;
}

TEST(few_steps_have_no_verdict)
{
    claim c;
    for (size_t T = 1; T < 8; T++) {
        CHECK(look_back(T, ELMAN_VERDICT_STEADY, T, find_steady, &c) &&
                  c.severity == ELMAN_SEVERITY_NOTE &&
                  strstr(c.text, "too few"),
              "%zu steps: %s", T, c.text);
        CHECK(!look_back(T, ELMAN_VERDICT_VANISHING, 1, find_vanishing, &c),
              "%zu steps: %s", T, c.text);
    }
    CHECK(look_back(8, ELMAN_VERDICT_STEADY, 8, find_steady, &c) &&
              c.severity == ELMAN_SEVERITY_FINE,
          "8 steps: %s", c.text);
}

TEST(nothing_is_fine_beside_an_alarm)
{
    claim c;
    CHECK(look_back(40, ELMAN_VERDICT_VANISHING, 1, find_vanishing, &c) &&
              c.severity == ELMAN_SEVERITY_ALARM,
          "no alarm");
    CHECK(!look_back(40, ELMAN_VERDICT_VANISHING, 1, find_steady, &c),
          "\"%s\" beside it", c.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advice_about_calibration_goes_the_right_way),
        cmocka_unit_test(chance_is_no_calibration_error),
        cmocka_unit_test(few_steps_have_no_verdict),
        cmocka_unit_test(nothing_is_fine_beside_an_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
