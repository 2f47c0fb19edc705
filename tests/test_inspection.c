/*
 * test_inspection.c: all measurements of random networks, to the end and
 * stopped on the way; inputs against sums by hand; findings of what is planted
 * in weights, inputs and journals.
 */
#include "random_batch.h"

#include "dataset.h"

/* ---- All of it ---------------------------------------------------------- */

static bool has_absence(const elman_inspection *in, elman_section section)
{
    for (size_t n = 0; n < in->absence_count; n++)
        if (in->absences[n].section == section)
            return in->absences[n].why[0] != '\0';
    return false;
}

/* Whether each section is there or says why it is not. */
static void check_whole(const elman_inspection *in)
{
    const struct {
        elman_section section;
        const void *there;
    } sections[] = {
        {ELMAN_SECTION_FLOW, in->flow},
        {ELMAN_SECTION_GATES, in->gates},
        {ELMAN_SECTION_ERRORS, in->errors},
        {ELMAN_SECTION_TRUNCATION, in->truncation},
        {ELMAN_SECTION_ATTRIBUTION, in->samples},
        {ELMAN_SECTION_UNITS, in->units},
        {ELMAN_SECTION_SPECTRUM, in->spectrum},
        {ELMAN_SECTION_EXPONENTS, in->exponents},
        {ELMAN_SECTION_FIXED_POINTS, in->fixed_points},
        {ELMAN_SECTION_CONTRIBUTIONS, in->contributions},
        {ELMAN_SECTION_TRAINING, in->journal},
    };
    for (size_t n = 0; n < sizeof sections / sizeof *sections; n++)
        CHECK(sections[n].there || has_absence(in, sections[n].section),
              "section %d is neither there nor absent",
              (int)sections[n].section);
}

static void check_findings(const elman_inspection *in)
{
    for (size_t n = 0; n < in->finding_count; n++) {
        const elman_finding *one = &in->findings[n];
        CHECK(one->name[0] && one->text[0], "finding %zu says nothing", n);
        CHECK(!strstr(one->text, "nan") || strstr(one->text, "NaN"), "\"%s\"",
              one->text);
        CHECK(!one->advice || one->advice[0], "advice of \"%s\"", one->text);
        if (n > 0)
            CHECK(one->severity <= one[-1].severity, "\"%s\" after \"%s\"",
                  one->text, one[-1].text);
    }
}

/* Runs at most so many steps. */
static elman_inspection *must_inspect(const elman_model *model,
                                      const elman_dataset *dataset,
                                      const elman_inspection_config *config,
                                      size_t most)
{
    elman_inspection *in = NULL;
    double progress = 0;
    CHECK_OK(elman_inspection_begin(model, dataset, config, &in));
    for (size_t n = 0; n < most && !in->done; n++) {
        assert_non_null(in->doing);
        CHECK_OK(elman_inspection_step(in));
        CHECK(in->progress >= progress - 1e-9 && in->progress <= 1,
              "progress from %g to %g", progress, in->progress);
        progress = in->progress;
        check_findings(in);
    }
    return in;
}

TEST(random_networks_are_inspected_to_the_end)
{
    for (uint64_t which = 0; which < 60; which++) {
        draws d = draws_begin(which);
        elman_config config = random_config(&d, MOST_H);
        elman_model *model = NULL;
        CHECK_OK(elman_model_create(&config, &model));

        const elman_inspection_config small = {.sequences = 3, .steps = 6};
        elman_inspection *in = must_inspect(model, NULL, &small, SIZE_MAX);
        assert_true(in->done && in->progress >= 1);
        check_whole(in);
        elman_inspection_end(in);
        elman_model_destroy(model);
    }
}

TEST(an_inspection_can_be_stopped_after_any_step)
{
    draws d = draws_begin(1000);
    elman_config config = random_config(&d, MOST_H);
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    const elman_inspection_config small = {.sequences = 2, .steps = 5};
    bool done = false;
    for (size_t most = 0; !done; most++) {
        elman_inspection *in = must_inspect(model, NULL, &small, most);
        done = in->done;
        elman_inspection_end(in);
    }
    elman_inspection_end(NULL);
    elman_model_destroy(model);
}

/* ---- Data --------------------------------------------------------------- */

enum { ROWS = 120 };

/* A table of three inputs; "c" is what the file says of the third. */
static const char *make_table(const char *c)
{
    static char text[ROWS * 80];
    size_t at = (size_t)sprintf(text, "a,b,c,y\n");
    for (int n = 0; n < ROWS; n++)
        at += (size_t)sprintf(text + at, "%d,%d,%s,%d\n", n % 7, n % 11 * 1000,
                              n == 50 ? c
                              : n % 2 ? "1"
                                      : "0",
                              n % 5);
    return text;
}

static elman_dataset *read_table(const char *c, elman_missing missing)
{
    const char *text = make_table(c);
    const elman_dataset_config config = {.task = ELMAN_TASK_TRACK,
                                         .target = "y",
                                         .columns = "a,b,c",
                                         .window = 10,
                                         .no_scaling = true,
                                         .missing = missing};
    elman_dataset *dataset = NULL;
    CHECK_OK(
        elman_dataset_read("t.csv", text, strlen(text), &config, &dataset));
    return dataset;
}

static elman_model *create_model(size_t I, size_t O, elman_kind kind)
{
    const elman_config config = {
        .input_size = I,
        .seed = 3,
        .layers = {{.kind = kind, .hidden_size = 6},
                   {.kind = ELMAN_LINEAR, .output_size = O}}};
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    return model;
}

static const elman_finding *finding_named(const elman_inspection *in,
                                          const char *name)
{
    for (size_t n = 0; n < in->finding_count; n++)
        if (!strcmp(in->findings[n].name, name)) return &in->findings[n];
    return NULL;
}

static const elman_inspection_config inputs_only = {
    .part = ELMAN_PART_TRAIN,
    .sections = ELMAN_SECTION_DATA,
    .loss = ELMAN_LOSS_MEAN_SQUARED};

TEST(inputs_have_their_mean_and_share)
{
    elman_dataset *dataset = read_table("1", ELMAN_MISSING_REFUSE);
    elman_model *model = create_model(3, 1, ELMAN_GRU);
    elman_inspection *in = must_inspect(model, dataset, &inputs_only, 9);
    assert_int_equal(in->input_count, 3);

    /* the same sums over the part, one value after the other */
    float x[10 * 3];
    double sum[3] = {0}, squares[3] = {0}, rows = 0, all = 0;
    size_t size = elman_dataset_size(dataset, ELMAN_PART_TRAIN);
    for (uint64_t id = 0; id < size; id++) {
        size_t T = elman_dataset_inputs(dataset, id, x);
        for (size_t t = 0; t < T; t++, rows++)
            for (size_t i = 0; i < 3; i++) {
                sum[i] += (double)x[t * 3 + i];
                squares[i] += (double)x[t * 3 + i] * (double)x[t * 3 + i];
            }
    }

    for (size_t i = 0; i < 3; i++) {
        double mean = sum[i] / rows;
        double deviation = sqrt(squares[i] / rows - mean * mean);
        CHECK(fabs(in->inputs[i].mean - mean) < 1e-9 * (1 + mean), "%g",
              in->inputs[i].mean);
        CHECK(fabs(in->inputs[i].deviation - deviation) < 1e-6 * deviation,
              "%g and not %g", in->inputs[i].deviation, deviation);
        assert_true(in->inputs[i].missing == 0);
        all += in->inputs[i].importance;
    }
    assert_string_equal(in->inputs[1].name, "b");
    assert_true(in->inputs[1].least == 0 && in->inputs[1].most == 10000);
    assert_true(fabs(all - 1) < 1e-12);

    /* thousands beside ones are named */
    assert_string_equal(in->findings[0].name, "wrong scaling");
    assert_int_equal(in->findings[0].severity, ELMAN_SEVERITY_ALARM);
    elman_inspection_end(in);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
}

TEST(an_input_without_weights_is_unused)
{
    elman_dataset *dataset = read_table("1", ELMAN_MISSING_REFUSE);
    elman_model *model = create_model(3, 1, ELMAN_RNN);
    float weights[6 * 3];
    CHECK_OK(elman_model_read(model, "rnn.weight_ih_l0", 18, weights));
    for (size_t j = 0; j < 6; j++) {
        weights[j * 3 + 1] /= 1000; /* so that it saturates nothing */
        weights[j * 3 + 2] = 0;
    }
    CHECK_OK(elman_model_write(model, "rnn.weight_ih_l0", 18, weights));

    elman_inspection *in = must_inspect(model, dataset, &inputs_only, 9);
    const elman_finding *found = finding_named(in, "unused input");
    assert_non_null(found);
    assert_int_equal(found->severity, ELMAN_SEVERITY_ALARM);
    assert_non_null(strstr(found->text, "\"c\""));
    elman_inspection_end(in);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
}

TEST(missing_values_are_named_with_their_place)
{
    elman_dataset *dataset = read_table("nan", ELMAN_MISSING_PREVIOUS);
    elman_model *model = create_model(3, 1, ELMAN_LSTM);
    elman_inspection *in = must_inspect(model, dataset, &inputs_only, 9);
    assert_string_equal(in->findings[0].name, "NaN in the data");
    assert_non_null(strstr(in->findings[0].text, "line 52"));
    elman_inspection_end(in);

    /* and what kept a file from being read at all */
    const elman_inspection_config trouble = {.sections = ELMAN_SECTION_DATA,
                                             .trouble = "x[3] is inf"};
    in = must_inspect(model, NULL, &trouble, 9);
    assert_string_equal(in->findings[0].name, "NaN in the data");
    assert_non_null(strstr(in->findings[0].text, "x[3] is inf"));
    elman_inspection_end(in);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
}

TEST(weights_that_are_no_numbers_are_named)
{
    elman_model *model = create_model(3, 1, ELMAN_LSTM);
    float bias[24];
    CHECK_OK(elman_model_read(model, "rnn.bias_hh_l0", 24, bias));
    bias[5] = NAN;
    bias[7] = INFINITY;
    CHECK_OK(elman_model_write(model, "rnn.bias_hh_l0", 24, bias));

    /* every section has to live with it */
    const elman_inspection_config small = {.sequences = 2, .steps = 9};
    elman_inspection *in = must_inspect(model, NULL, &small, SIZE_MAX);
    assert_string_equal(in->findings[0].name, "NaN in the weights");
    assert_true(in->findings[0].value == 2);
    assert_non_null(strstr(in->findings[0].text, "rnn.bias_hh_l0"));
    elman_inspection_end(in);
    elman_model_destroy(model);
}

/* ---- Verdicts ----------------------------------------------------------- */

/* The table, the numbers and the sentence say the same of a gradient, and of an
 * LSTM the state that reaches further says it. */
TEST(a_gradient_has_one_verdict)
{
    static const elman_kind kinds[] = {ELMAN_RNN, ELMAN_LSTM, ELMAN_GRU};
    for (size_t n = 0; n < 3; n++) {
        elman_model *model = create_model(3, 1, kinds[n]);
        const elman_inspection_config config = {.sections = ELMAN_SECTION_FLOW,
                                                .steps = 60};
        elman_inspection *in = must_inspect(model, NULL, &config, SIZE_MAX);
        const elman_flow_level *level = &in->flow->levels[0];
        const elman_horizon *h = &level->horizon, *c = &level->c_horizon;
        CHECK(!c->T || c->verdict == h->verdict, "of c %d, of h %d",
              (int)c->verdict, (int)h->verdict);

        bool alarm = finding_named(in, "vanishing") != NULL;
        bool fine = finding_named(in, "steady gradient") != NULL;
        CHECK(alarm == (h->verdict == ELMAN_VERDICT_VANISHING) && fine != alarm,
              "verdict %d, alarm %d, fine %d", (int)h->verdict, alarm, fine);
        const elman_finding *told =
            finding_named(in, alarm ? "vanishing" : "steady gradient");
        double reach =
            (double)(c->hundredth > h->hundredth ? c->hundredth : h->hundredth);
        CHECK(told->value == reach, "told %g, not %g", told->value, reach);
        CHECK(!c->T || strstr(told->text, " of layer0"), "\"%s\"", told->text);
        CHECK(kinds[n] != ELMAN_LSTM || !told->advice ||
                  !strstr(told->advice, "--cell"),
              "advice to an LSTM: %s", told->advice);
        elman_inspection_end(in);
        elman_model_destroy(model);
    }
}

/* An input that is no number is no explosion. */
TEST(what_is_no_number_has_no_verdict)
{
    float x[40];
    for (size_t t = 0; t < 40; t++)
        x[t] = t == 30 ? NAN : 0.5f;
    elman_model *model = create_model(1, 1, ELMAN_RNN);
    const elman_batch batch = {.T = 40, .B = 1, .x = x};
    elman_flow *flow = NULL;
    CHECK_OK(elman_flow_begin(model, &batch, NULL, &flow));
    while (!flow->done)
        CHECK_OK(elman_flow_step(flow));
    CHECK(flow->levels[0].horizon.verdict == ELMAN_VERDICT_UNKNOWN,
          "verdict %d", (int)flow->levels[0].horizon.verdict);
    elman_flow_end(flow);
    elman_model_destroy(model);
}

/* ---- Journals ----------------------------------------------------------- */

static elman_journal *write_journal(const double (*losses)[2], size_t count,
                                    double rate, double update)
{
    elman_journal *journal = NULL;
    CHECK_OK(elman_journal_create(NULL, &journal));
    CHECK_OK(elman_journal_write_setting(journal, "optimizer", "adam"));
    double least = INFINITY;
    for (size_t n = 0; n < count; n++) {
        const elman_journal_row row = {.step = 10 * (n + 1),
                                       .train_loss = losses[n][0],
                                       .loss = losses[n][1],
                                       .score = NAN,
                                       .learning_rate = rate,
                                       .norm = NAN,
                                       .clipped = NAN,
                                       .horizon = NAN,
                                       .rate = NAN,
                                       .saturation = NAN,
                                       .update = update,
                                       .best = losses[n][1] < least};
        least = fmin(least, losses[n][1]);
        CHECK_OK(elman_journal_write(journal, &row));
    }
    return journal;
}

/* The severity of a finding of such a journal; -1: there is none. */
static int severity_of(const char *name, const double (*losses)[2],
                       size_t count, double rate, double update)
{
    elman_journal *journal = write_journal(losses, count, rate, update);
    elman_dataset *dataset = read_table("1", ELMAN_MISSING_REFUSE);
    elman_model *model = create_model(3, 1, ELMAN_RNN);
    const elman_inspection_config config = {.part = ELMAN_PART_TRAIN,
                                            .sections = ELMAN_SECTION_TRAINING,
                                            .loss = ELMAN_LOSS_MEAN_SQUARED,
                                            .journal = journal};
    elman_inspection *in = must_inspect(model, dataset, &config, 9);
    const elman_finding *found = finding_named(in, name);
    int severity = found ? (int)found->severity : -1;
    elman_inspection_end(in);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    elman_journal_destroy(journal);
    return severity;
}

TEST(rates_are_too_high_by_size_and_by_harm)
{
    const char name[] = "learning rate too high";
    const double calm[][2] = {{3, 3}, {2, 2}, {1, 1}, {0.9, 1}};
    const double wild[][2] = {{3, 3}, {2, 2}, {9, 9}, {4, 4}};
    assert_int_equal(severity_of(name, calm, 4, 0.01, 0.001), -1);
    assert_int_equal(severity_of(name, wild, 4, 0.001, 0.001), -1);
    assert_int_equal(severity_of(name, calm, 4, 0.001, 0.2),
                     ELMAN_SEVERITY_NOTE);
    assert_int_equal(severity_of(name, wild, 4, 0.001, 0.04),
                     ELMAN_SEVERITY_ALARM);

    /* 0.5 sqrt(3 * 6) is more than twice a weight */
    assert_int_equal(severity_of(name, wild, 4, 0.5, NAN),
                     ELMAN_SEVERITY_ALARM);
}

TEST(overfitting_is_seen_in_its_course)
{
    const char name[] = "overfitting";
    const double good[][2] = {{3, 3}, {2, 2.5}, {1, 1.5}, {0.9, 1.4}};
    const double worse[][2] = {{5, 5}, {3, 4}, {1, 6}, {0.5, 9}};
    const double small[][2] = {{5, 5}, {0.1, 0.1}, {0.05, 0.11}, {0.01, 0.2}};
    assert_int_equal(severity_of(name, good, 4, 0.001, 0.001), -1);
    assert_int_equal(severity_of(name, worse, 4, 0.001, 0.001),
                     ELMAN_SEVERITY_ALARM);
    assert_int_equal(severity_of(name, small, 4, 0.001, 0.001),
                     ELMAN_SEVERITY_NOTE);
}

/* ---- What is refused ---------------------------------------------------- */

TEST(what_does_not_fit_is_refused)
{
    elman_dataset *dataset = read_table("1", ELMAN_MISSING_REFUSE);
    elman_model *model = create_model(2, 1, ELMAN_GRU);
    elman_inspection *in = NULL;
    CHECK_FAILS(elman_inspection_begin(model, dataset, &inputs_only, &in),
                ELMAN_BAD_VALUE, "reads 2 inputs per step");
    const elman_inspection_config part = {.part = (elman_part)7};
    CHECK_FAILS(elman_inspection_begin(model, NULL, &part, &in),
                ELMAN_BAD_VALUE, "part is 7");
    const elman_inspection_config threads = {.threads = 65};
    CHECK_FAILS(elman_inspection_begin(model, NULL, &threads, &in),
                ELMAN_BAD_VALUE, "threads is 65");
    const elman_inspection_config steps = {.steps = SIZE_MAX / 3};
    CHECK_FAILS(elman_inspection_begin(model, NULL, &steps, &in),
                ELMAN_BAD_VALUE, "choose fewer");
    assert_null(in);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
}

TEST(threads_change_nothing)
{
    draws d = draws_begin(2000);
    elman_config config = random_config(&d, MOST_H);
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    elman_inspection *runs[2];
    for (int n = 0; n < 2; n++) {
        const elman_inspection_config small = {
            .sequences = 3, .steps = 8, .threads = 1 + 2 * n};
        runs[n] = must_inspect(model, NULL, &small, SIZE_MAX);
    }

    assert_int_equal(runs[0]->finding_count, runs[1]->finding_count);
    for (size_t n = 0; n < runs[0]->finding_count; n++)
        assert_string_equal(runs[0]->findings[n].text,
                            runs[1]->findings[n].text);
    elman_inspection_end(runs[0]);
    elman_inspection_end(runs[1]);
    elman_model_destroy(model);
}

/* ---- Samples ------------------------------------------------------------ */

/* Series of two classes by turns, as long as their number says. */
static elman_dataset *read_series(void)
{
    char text[4000];
    size_t at = 0;
    for (int n = 0; n < 30; n++) {
        at += (size_t)sprintf(text + at, "%s", n % 3 ? "up" : "down");
        for (int t = 0; t < 6 + n % 4; t++)
            at += (size_t)sprintf(text + at, "\t%d", (n * 7 + t * 5) % 11);
        at += (size_t)sprintf(text + at, "\n");
    }
    elman_dataset *dataset = NULL;
    const elman_dataset_config config = {.task = ELMAN_TASK_CLASSIFY};
    CHECK_OK(elman_dataset_read("s.tsv", text, at, &config, &dataset));
    return dataset;
}

TEST(the_worst_answer_of_a_classifier_is_explained_first)
{
    elman_dataset *dataset = read_series();
    const elman_config config = {
        .input_size = 1,
        .seed = 3,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 6},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    const elman_inspection_config both = {.part = ELMAN_PART_TRAIN,
                                          .sections = ELMAN_SECTION_ERRORS |
                                                      ELMAN_SECTION_ATTRIBUTION,
                                          .sequences = 2,
                                          .samples = 5,
                                          .loss = ELMAN_LOSS_CROSS_ENTROPY};
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    elman_inspection *in = must_inspect(model, dataset, &both, SIZE_MAX);

    /* it, and both of the batch */
    const elman_mistake *worst = in->errors->mistakes;
    assert_true(in->errors->mistake_count > 0);
    assert_int_equal(in->sample_count, 3);
    assert_int_equal(in->sample_mistakes[0], 1);
    assert_int_equal(in->samples[0]->T, 6 + worst->id % 4);
    assert_int_equal(in->samples[0]->output, worst->answer);
    for (size_t n = 1; n < 3; n++) {
        assert_int_equal(in->sample_mistakes[n], 0);
        assert_int_equal(in->sample_sequences[n], n - 1);
    }

    /* what is explained is the answer to that sequence */
    float x[16], y[2];
    size_t T = elman_dataset_inputs(dataset, worst->id, x);
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    const elman_state_config room = {.T = T};
    elman_state *state = NULL;
    CHECK_OK(elman_state_create(model, &room, &state));
    CHECK_OK(elman_model_forward(model, state, &batch, y));
    CHECK(fabs(in->samples[0]->answer - (double)y[worst->answer]) < 1e-5,
          "%g, not %g", in->samples[0]->answer, (double)y[worst->answer]);

    elman_state_destroy(state);
    elman_inspection_end(in);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_answer_of_a_classifier_is_explained_first),
        cmocka_unit_test(random_networks_are_inspected_to_the_end),
        cmocka_unit_test(an_inspection_can_be_stopped_after_any_step),
        cmocka_unit_test(inputs_have_their_mean_and_share),
        cmocka_unit_test(an_input_without_weights_is_unused),
        cmocka_unit_test(missing_values_are_named_with_their_place),
        cmocka_unit_test(weights_that_are_no_numbers_are_named),
        cmocka_unit_test(a_gradient_has_one_verdict),
        cmocka_unit_test(what_is_no_number_has_no_verdict),
        cmocka_unit_test(rates_are_too_high_by_size_and_by_harm),
        cmocka_unit_test(overfitting_is_seen_in_its_course),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
