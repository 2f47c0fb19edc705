/*
 * test_activation.c: every function wherever a config may name one:
 * gradients by finite differences, the fast code by the reference, and the same
 * bits however it is run.
 */
#include "cell/cell.h"
#include "base/activation.h"
#include "base/kind.h"
#include "check.h"
#include "model/model.h"
#include "proof/gradients.h"
#include "proof/same_bits.h"

enum { T = 5, B = 3, ATTEMPTS = 50, KINDS = ACTIVATION_COUNT - 1 };

/* The function with numbers of its own, if it takes any. */
static elman_activation function(elman_activation_kind kind)
{
    elman_activation f = {.kind = kind};
    if (activation_parameters(kind) > 0) f.alpha = 0.4f;
    if (activation_parameters(kind) > 1) f.beta = 0.3f;
    return f;
}

/* False if a sum is near a kink. */
static bool check_trial(const trial *t, draws *d, const char *line)
{
    outcome got;
    gradient_errors errors;
    bool found;
    char difference[160];
    CHECK_OK(outcome_create(t, &got));
    CHECK_OK(trial_run(t, &(split){.threads = 1}, &got));
    CHECK_OK(gradients_check(t, &got, d, &errors, &found));
    outcome_destroy(&got);
    if (!found) return false;
    CHECK(errors.reference <= REFERENCE_BAR, "%s: %s off by %g", line,
          errors.worst, errors.reference);
    CHECK(errors.forward <= 1 && errors.gradient <= 1,
          "%s: %s, forward off by %g, gradients by %g", line, errors.worst,
          errors.forward, errors.gradient);
    CHECK_OK(bits_check(t, sizeof difference, difference));
    CHECK(!difference[0], "%s: other bits in %s", line, difference);
    return true;
}

static void check_layer(const elman_layer *tried)
{
    static uint64_t which;
    draws d = draws_from(test_seed(), which++);
    elman_config config = {.input_size = 4, .seed = which, .layers = {*tried}};
    elman_model *m;
    char line[200];
    bool found = false;
    config_write_line(&config, sizeof line, line);
    CHECK_OK(model_create(&config, &m));
    for (int i = 0; i < ATTEMPTS && !found; i++) {
        trial t;
        CHECK_OK(trial_create(m, T, B, &d, &t));
        found = check_trial(&t, &d, line);
        trial_destroy(&t);
    }
    CHECK(found, "%s: always near a kink", line);
    model_destroy(m);
}

TEST(every_function_is_right_at_every_gate_of_every_cell)
{
    static const elman_layer cells[] = {
        {.kind = ELMAN_RNN, .hidden_size = 17},
        {.kind = ELMAN_RNN, .hidden_size = 5, .clip = 0.5f, .reverse = true},
        {.kind = ELMAN_LSTM, .hidden_size = 17},
        {.kind = ELMAN_LSTM,
         .hidden_size = 6,
         .proj_size = 2,
         .peephole = true,
         .coupled = true,
         .clip = 0.6f},
        {.kind = ELMAN_LSTM,
         .hidden_size = 18,
         .bidirectional = true,
         .peephole = true,
         .zoneout_cell = 0.2f},
        {.kind = ELMAN_GRU, .hidden_size = 17, .recurrent_dropout = 0.3f},
        {.kind = ELMAN_GRU, .hidden_size = 6, .clip = 0.7f},
        {.kind = ELMAN_GRU,
         .hidden_size = 18,
         .reset_before = true,
         .bidirectional = true},
        {.kind = ELMAN_MINGRU, .hidden_size = 5, .zoneout = 0.2f},
        {.kind = ELMAN_INDRNN,
         .hidden_size = 7,
         .init_hh = {ELMAN_INIT_UNIFORM, 0.5},
         .recurrent_dropout = 0.3f,
         .clip = 0.6f},
        {.kind = ELMAN_LIGRU, .hidden_size = 9, .bidirectional = true},
    };

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        elman_layer l = cells[i];
        size_t functions = cell_for(&l)->function_count;
        size_t direction = l.bidirectional ? 1 : 0;

        /* one gate at a time, of the last direction */
        for (size_t k = 0; k < functions; k++)
            for (int kind = 1; kind <= KINDS; kind++) {
                memcpy(l.activations, cells[i].activations,
                       sizeof l.activations);
                l.activations[direction][k] =
                    function((elman_activation_kind)kind);
                check_layer(&l);
            }
    }
}

TEST(every_function_is_right_as_a_layer)
{
    for (int kind = 1; kind <= KINDS; kind++)
        check_layer(&(elman_layer){.kind = ELMAN_ACTIVATION,
                                   .activation =
                                       function((elman_activation_kind)kind)});
    check_layer(&(elman_layer){.kind = ELMAN_LOG_SOFTMAX});
    check_layer(&(elman_layer){.kind = ELMAN_L2_NORM});
    check_layer(&(elman_layer){.kind = ELMAN_L2_NORM, .eps = 1.5f});
}

/* One step back of a model of this one layer. */
static void run_layer(elman_layer tried, size_t n, const float *x,
                      const float *dy, float *y, float *dx)
{
    elman_config config = {.input_size = n, .layers = {tried}};
    elman_state_config room = {.training = true};
    elman_model *m;
    elman_state *s;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(elman_state_create(m, &room, &s));
    CHECK_OK(elman_model_forward(m, s, &(elman_batch){1, 1, .x = x}, y));
    CHECK_OK(elman_model_backward(m, s, dy, dx));
    elman_state_destroy(s);
    elman_model_destroy(m);
}

TEST(kinds_6_to_8_are_the_functions_that_a_config_names)
{
    enum { N = 6 };
    static const float x[N] = {0, -0.0f, INFINITY, -INFINITY, 3, -3};
    static const float dy[][N] = {
        {1, 1, 1, 1, 1, 1}, {-1, -1, -1, -1, -1, -1}, {-0.0f, -0.0f, -0.0f}};
    static const elman_activation_kind named[] = {
        ELMAN_ACTIVATION_TANH, ELMAN_ACTIVATION_SIGMOID, ELMAN_ACTIVATION_RELU};

    for (size_t f = 0; f < 3; f++)
        for (size_t i = 0; i < 3; i++) {
            elman_layer own = {.kind = (elman_kind)(ELMAN_TANH + f)};
            elman_layer common = {.kind = ELMAN_ACTIVATION,
                                  .activation = {.kind = named[f]}};
            float y[2][N], dx[2][N];
            run_layer(own, N, x, dy[i], y[0], dx[0]);
            run_layer(common, N, x, dy[i], y[1], dx[1]);
            CHECK_BITS(y[0], y[1], N, "%s", kind_title(own.kind));
            CHECK_BITS(dx[0], dx[1], N, "%s, dy %zu", kind_title(own.kind), i);
        }
}

/* What PyTorch 2.15 gives for nn.functional.normalize in double, dy 1 -2 0.5,
 * where lengths are at eps, below it and beyond all bounds. */
TEST(a_length_is_as_pytorch_has_it_at_its_bounds)
{
    static const struct {
        float eps, x[3], y[3], dx[3];
    } cases[] = {
        {0, {0, 0, 0}, {0, 0, 0}, {1e12f, -2e12f, 5e11f}},
        {0, {1e-13f, 0, -2e-13f}, {0.1f, 0, -0.2f}, {1e12f, -2e12f, 5e11f}},
        {0, {3, 0, -4}, {0.6f, 0, -0.8f}, {0.176f, -0.4f, 0.132f}},
        {5, {3, 0, -4}, {0.6f, 0, -0.8f}, {0.2f, -0.4f, 0.1f}},
        {8, {3, 0, -4}, {0.375f, 0, -0.5f}, {0.125f, -0.25f, 0.0625f}},
        {8, {INFINITY, 1, 2}, {NAN, 0, 0}, {NAN, NAN, NAN}},
        {8, {NAN, 1, 2}, {NAN, NAN, NAN}, {NAN, NAN, NAN}},
        {8,
         {3e38f, -3e38f, 0},
         {0.70710678f, -0.70710678f, 0},
         {-1.178511299817857e-39f, -1.178511299817857e-39f,
          1.178511299817857e-39f}},
    };
    static const float dy[3] = {1, -2, 0.5f};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_layer l = {.kind = ELMAN_L2_NORM, .eps = cases[i].eps};
        float y[3], dx[3];
        run_layer(l, 3, cases[i].x, dy, y, dx);
        for (size_t j = 0; j < 3; j++) {
            CHECK(isnan(y[j]) == isnan(cases[i].y[j]), "y of case %zu", i);
            CHECK(isnan(dx[j]) == isnan(cases[i].dx[j]), "dx of case %zu", i);
            if (isnan(dx[j])) continue;
            CHECK_CLOSE(y + j, cases[i].y + j, 1, 1e-7, 0, "y of %zu", i);
            CHECK_CLOSE(dx + j, cases[i].dx + j, 1, 1e-6, 1e-44, "dx of %zu",
                        i);
        }
    }
}

TEST(an_eps_of_an_l2_norm_has_a_default_and_is_above_0)
{
    elman_config config = {.input_size = 3,
                           .layers = {{.kind = ELMAN_L2_NORM}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    CHECK(m->config.layers[0].eps == 1e-12f, "eps is %g",
          (double)m->config.layers[0].eps);
    elman_model_destroy(m);

    config.layers[0].eps = -1;
    CHECK_FAILS(model_create(&config, &m), ELMAN_BAD_VALUE, "eps is -1");
    config.layers[0] = (elman_layer){.kind = ELMAN_L2_NORM, .clip = 1};
    CHECK_FAILS(model_create(&config, &m), ELMAN_BAD_VALUE, "clip");
}

/* ---- Numbers of ONNX Runtime -------------------------------------------- */

/* An LSTM of one unit over three steps, with functions KIND, KIND + 4 and KIND
 * + 7 round the list, clip and peepholes, every other one coupled: what ONNX
 * Runtime 1.31 gave for the same node, activations by their ONNX names. */
enum { RECORDED = 11 };
static const float recorded[RECORDED][3] = {
    {0.179558799f, 0.0538895279f, 0.307078511f},
    {0, 0, 0.380851775f},
    {0.00214267429f, 0, 0.0560621619f},
    {0.460047126f, 0.337662876f, 0.582679033f},
    {0.0182107128f, -0.00160276948f, 0.440001398f},
    {0.335225701f, 0, 0.471386045f},
    {0.00373434578f, -0, 0.010596876f},
    {0.175270572f, 0.0991010666f, 0.290314466f},
    {0.218971521f, 0.010962938f, 0.42759043f},
    {0, -0, 0},
    {0.0449391119f, 0.0266271997f, 0.116768979f},
};

static void write_all(elman_model *model)
{
    static const struct {
        const char *name;
        size_t count;
        float values[4];
    } weights[] = {
        {"rnn.weight_ih_l0", 4, {0.9f, -0.4f, 0.7f, 0.5f}},
        {"rnn.weight_hh_l0", 4, {0.3f, 0.2f, -0.6f, 0.8f}},
        {"rnn.bias_ih_l0", 4, {0.1f, 0.2f, -0.3f, 0.4f}},
        {"rnn.bias_hh_l0", 4, {0}},
        {"rnn.peephole_l0", 3, {0.25f, -0.35f, 0.45f}},
    };
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        CHECK_OK(elman_model_write(model, weights[i].name, weights[i].count,
                                   weights[i].values));
}

TEST(onnx_runtime_gives_the_same_numbers)
{
    for (int i = 0; i < RECORDED; i++) {
        elman_config config = {.input_size = 1,
                               .layers = {{.kind = ELMAN_LSTM,
                                           .hidden_size = 1,
                                           .peephole = true,
                                           .coupled = i % 2,
                                           .clip = 0.8f}}};
        static const int steps[3] = {0, 4, 7};
        for (size_t k = 0; k < 3; k++)
            config.layers[0].activations[0][k] = function(
                (elman_activation_kind)((i + steps[k]) % RECORDED + 1));
        elman_model *model;
        elman_state *state;
        float x[3] = {0.5f, -1, 2}, y[3];
        CHECK_OK(elman_model_create(&config, &model));
        write_all(model);
        CHECK_OK(
            elman_state_create(model, &(elman_state_config){.T = 3}, &state));
        CHECK_OK(elman_model_forward(
            model, state, &(elman_batch){.T = 3, .B = 1, .x = x}, y));
        CHECK_CLOSE(y, recorded[i], 3, 1e-6, 1e-6, "kind %d", i + 1);

        /* and so do three steps */
        elman_state_reset(model, state);
        for (size_t t = 0; t < 3; t++)
            CHECK_OK(elman_model_step(model, state, x + t, x + t));
        CHECK_BITS(x, y, 3, "kind %d, step by step", i + 1);
        elman_state_destroy(state);
        elman_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_is_right_at_every_gate_of_every_cell),
        cmocka_unit_test(every_function_is_right_as_a_layer),
        cmocka_unit_test(kinds_6_to_8_are_the_functions_that_a_config_names),
        cmocka_unit_test(a_length_is_as_pytorch_has_it_at_its_bounds),
        cmocka_unit_test(an_eps_of_an_l2_norm_has_a_default_and_is_above_0),
        cmocka_unit_test(onnx_runtime_gives_the_same_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
