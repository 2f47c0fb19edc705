/*
 * test_flow.c: the norm of a gradient as it goes back in time, in networks
 * where it is known beforehand.
 */
#include "check.h"
#include "inspect/flow.h"
#include "model/model.h"

enum { T = 12, B = 3 };

/* h = relu(x + w h_prev): with x and w positive, dh[t-1] = w dh[t]. */
static elman_model *create_line(float w, elman_layer second, elman_layer third)
{
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = 1,
                    .no_bias = true,
                    .nonlinearity = ELMAN_ACTIVATION_RELU,
                    .init_ih = {ELMAN_INIT_CONSTANT, 1},
                    .init_hh = {ELMAN_INIT_CONSTANT, (double)w}},
                   second,
                   third}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    return m;
}

static const elman_layer nothing;

static elman_batch ones(const size_t *lengths)
{
    static float x[T * B];
    for (size_t i = 0; i < T * B; i++)
        x[i] = 1;
    return (elman_batch){.T = T, .B = B, .x = x, .lengths = lengths};
}

static void check_powers(const elman_model *m, const elman_batch *batch,
                         size_t level, double first, double w, size_t length)
{
    double norms[T];
    CHECK_OK(flow_read(m, batch, level, norms));
    for (size_t k = 0; k < T; k++) {
        double want = k < length ? first * pow(w, (double)k) : 0;
        CHECK(fabs(norms[k] - want) <= 1e-6 * want, "norms[%zu] is %g not %g",
              k, norms[k], want);
    }
}

TEST(a_gradient_vanishes_or_explodes_by_the_power_of_the_weight)
{
    elman_batch batch = ones(NULL);
    static const float weights[] = {0.5f, 1, 1.75f};
    for (size_t i = 0; i < 3; i++) {
        elman_model *m = create_line(weights[i], nothing, nothing);
        check_powers(m, &batch, 0, 1, (double)weights[i], T);
        model_destroy(m);
    }
}

TEST(steps_are_counted_back_from_where_each_sequence_ends)
{
    const size_t lengths[B] = {7, 2, 0};
    elman_batch batch = ones(lengths);
    elman_model *m = create_line(0.5f, nothing, nothing);
    check_powers(m, &batch, 0, 1, 0.5, 7);
    model_destroy(m);

    /* the same with one vector per sequence, and a head that multiplies */
    elman_layer last = {.kind = ELMAN_LAST};
    elman_layer head = {.kind = ELMAN_LINEAR,
                        .output_size = 1,
                        .init_ih = {ELMAN_INIT_CONSTANT, 3}};
    m = create_line(0.5f, last, head);
    check_powers(m, &batch, 0, 3, 0.5, 7);
    model_destroy(m);
}

TEST(a_reverse_layer_hands_nothing_back_from_the_last_step)
{
    elman_batch batch = ones(NULL);
    double norms[T];
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 4, .reverse = true}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(flow_read(m, &batch, 0, norms));
    CHECK(norms[0] == 2, "the norm of four units of 1 or -1 is %g", norms[0]);
    for (size_t k = 1; k < T; k++)
        CHECK(norms[k] == 0, "norms[%zu] is %g", k, norms[k]);
    model_destroy(m);
}

TEST(dropout_does_not_touch_it)
{
    elman_batch batch = ones(NULL);
    elman_layer dropout = {.kind = ELMAN_DROPOUT, .dropout = 0.9f};
    elman_model *m = create_line(0.5f, dropout, nothing);
    check_powers(m, &batch, 0, 1, 0.5, T);
    CHECK(m->layers[1].config.dropout == 0.9f, "the model was changed");
    model_destroy(m);

    /* nor does dropout between levels, or on h */
    elman_config config = {
        .input_size = 1,
        .seed = 4,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 5, .num_layers = 2}}};
    double without[T], with[T];
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(flow_read(m, &batch, 0, without));
    model_destroy(m);
    config.layers[0].dropout = 0.5f;
    config.layers[0].recurrent_dropout = 0.5f;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(flow_read(m, &batch, 0, with));
    model_destroy(m);

    for (size_t k = 0; k < T; k++)
        CHECK(with[k] == without[k] && with[k] > 0, "norms[%zu] %g and %g", k,
              with[k], without[k]);
}

/* A gate that stays open carries the gradient; a small weight does not. */
TEST(an_lstm_that_remembers_reaches_further_than_an_rnn)
{
    elman_batch batch = ones(NULL);
    double lstm[T], rnn[T];
    elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 6, .forget_bias = 5}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(flow_read(m, &batch, 0, lstm));
    model_destroy(m);
    config.layers[0] = (elman_layer){.kind = ELMAN_RNN, .hidden_size = 6};
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(flow_read(m, &batch, 0, rnn));
    model_destroy(m);
    CHECK(lstm[T - 1] / lstm[1] > 10 * rnn[T - 1] / rnn[1],
          "LSTM keeps %g, RNN %g", lstm[T - 1] / lstm[1], rnn[T - 1] / rnn[1]);
}

TEST(each_level_can_be_inspected_and_no_other)
{
    elman_batch batch = ones(NULL);
    double norms[T];
    elman_layer second = {.kind = ELMAN_RNN,
                          .hidden_size = 1,
                          .no_bias = true,
                          .nonlinearity = ELMAN_ACTIVATION_RELU,
                          .init_ih = {ELMAN_INIT_CONSTANT, 2},
                          .init_hh = {ELMAN_INIT_CONSTANT, 0.25}};
    elman_model *m = create_line(0, second, nothing);
    check_powers(m, &batch, 1, 1, 0.25, T);
    check_powers(m, &batch, 0, 2, 0.25, T);
    CHECK_FAILS(flow_read(m, &batch, 2, norms), ELMAN_BAD_VALUE,
                "level is 2, expected less than the model's 2");
    batch.x = NULL;
    CHECK_FAILS(flow_read(m, &batch, 0, norms), ELMAN_BAD_VALUE,
                "the batch has no x");
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_gradient_vanishes_or_explodes_by_the_power_of_the_weight),
        cmocka_unit_test(steps_are_counted_back_from_where_each_sequence_ends),
        cmocka_unit_test(a_reverse_layer_hands_nothing_back_from_the_last_step),
        cmocka_unit_test(dropout_does_not_touch_it),
        cmocka_unit_test(an_lstm_that_remembers_reaches_further_than_an_rnn),
        cmocka_unit_test(each_level_can_be_inspected_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
