/*
 * test_cases.c: numbers that were published elsewhere, each with as many digits
 * as were printed: a result agrees if it rounds to them.
 */
#include "check.h"
#include "model/reference.h"

enum { LONGEST = 20, WIDEST = 4 };

/* One recurrent layer, one sequence, and what came out. */
typedef struct net {
    elman_layer layer;
    size_t I, T;
    bool batch_first;
    const float *w_ih, *w_hh, *b_ih, *b_hh; /* NULL biases: 0 */
    const float *x;
    size_t windows; /* back-propagated each from a zero state; 0 means 1 */
    float y[LONGEST * WIDEST], h_n[WIDEST], dx[LONGEST * WIDEST];
    float dw_ih[4 * WIDEST], dw_hh[4 * WIDEST * WIDEST];
} net;

static const float half[4] = {0.5f, 0.5f, 0.5f, 0.5f};
static const float ones[LONGEST] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static size_t elements(size_t rank, const size_t *shape)
{
    size_t n = 1;
    for (size_t i = 0; i < rank; i++)
        n *= shape[i];
    return n;
}

static void write(elman_model *model, const char *name, const float *values)
{
    elman_const_tensor view;
    const char *found;
    for (size_t i = 0; (found = elman_model_parameter(model, i, &view)); i++) {
        if (strcmp(found, name) != 0) continue;
        float *zeros = calloc(elements(view.rank, view.shape), sizeof *zeros);
        assert_non_null(zeros);
        CHECK_OK(elman_model_write(model, name, elements(view.rank, view.shape),
                                   values ? values : zeros));
        free(zeros);
        return;
    }
    CHECK(false, "there is no %s", name);
}

static void copy_view(const elman_model *model, elman_state *state,
                      const char *name, float *values)
{
    elman_tensor view;
    CHECK_OK(elman_state_view(model, state, name, &view));
    memcpy(values, view.data, elements(view.rank, view.shape) * sizeof *values);
}

/* Forward, and back from a gradient of 1 at every unit of h_n, window by
 * window; gradients of the weights add up. */
static void run(net *n)
{
    elman_config config = {.input_size = n->I, .batch_first = n->batch_first};
    config.layers[0] = n->layer;
    size_t windows = n->windows ? n->windows : 1, T = n->T / windows;
    size_t H = n->layer.hidden_size;
    elman_model *model;
    elman_state *state;
    elman_tensor dh_n;
    CHECK_OK(elman_model_create(&config, &model));
    write(model, "rnn.weight_ih_l0", n->w_ih);
    write(model, "rnn.weight_hh_l0", n->w_hh);
    write(model, "rnn.bias_ih_l0", n->b_ih);
    write(model, "rnn.bias_hh_l0", n->b_hh);
    elman_state_config room = {.T = T, .training = true};
    CHECK_OK(elman_state_create(model, &room, &state));

    float dy[LONGEST * WIDEST] = {0};
    for (size_t w = 0; w < windows; w++) {
        elman_batch batch = {.T = T, .B = 1, .x = n->x + w * T * n->I};
        elman_state_reset(model, state);
        CHECK_OK(elman_model_forward(model, state, &batch, n->y + w * T * H));
        copy_view(model, state, "h", n->h_n);
        CHECK_OK(elman_state_view(model, state, "dh_n", &dh_n));
        for (size_t j = 0; j < H; j++)
            dh_n.data[j] = 1;
        CHECK_OK(elman_model_backward(model, state, dy, n->dx + w * T * n->I));
    }
    copy_view(model, state, "rnn.weight_ih_l0.grad", n->dw_ih);
    copy_view(model, state, "rnn.weight_hh_l0.grad", n->dw_hh);
    elman_state_destroy(state);
    elman_model_destroy(model);
}

/* Each of n rounds to its printed value: off by half a unit of the last digit
 * at most, and float32's own rounding. */
static void check_within(size_t n, const float *got, const double *want,
                         const double *units, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        double far = fabs((double)got[i] - want[i]);
        CHECK(far <= 0.5 * units[i] + 1e-6 * fabs(want[i]),
              "%s[%zu] is %.9g, published %.9g", what, i, (double)got[i],
              want[i]);
    }
}

/* digits counts significant ones */
static void check_digits(int digits, size_t n, const float *got,
                         const double *want, const char *what)
{
    double units[LONGEST];
    for (size_t i = 0; i < n; i++)
        units[i] = pow(10, floor(log10(fabs(want[i]))) + 1 - digits);
    check_within(n, got, want, units, what);
}

/* decimals counts digits after the point */
static void check_decimals(int decimals, size_t n, const float *got,
                           const double *want, const char *what)
{
    double units[LONGEST];
    for (size_t i = 0; i < n; i++)
        units[i] = pow(10, -decimals);
    check_within(n, got, want, units, what);
}

static const elman_layer relu = {
    .kind = ELMAN_RNN, .hidden_size = 1, .nonlinearity = ELMAN_ACTIVATION_RELU};
static const elman_layer one_tanh = {.kind = ELMAN_RNN, .hidden_size = 1};

/* ---- One unit by hand --------------------------------------------------- */

TEST(one_relu_step_halves_its_input)
{
    net n = {
        .layer = relu, .I = 1, .T = 1, .w_ih = half, .w_hh = half, .x = ones};
    run(&n);
    check_digits(4, 1, n.y, (double[]){0.5}, "y");
    check_digits(4, 1, n.h_n, (double[]){0.5}, "h_n");
}

TEST(a_second_relu_step_adds_half_the_first)
{
    net n = {
        .layer = relu, .I = 1, .T = 2, .w_ih = half, .w_hh = half, .x = ones};
    run(&n);
    check_digits(4, 2, n.y, (double[]){0.5, 0.75}, "y");
    check_digits(4, 1, n.h_n, (double[]){0.75}, "h_n");
}

TEST(a_weight_of_eleven_makes_the_gradient_explode)
{
    const float eleven[] = {11};
    net n = {.layer = relu,
             .I = 1,
             .T = 5,
             .w_ih = eleven,
             .w_hh = eleven,
             .x = ones};
    run(&n);
    check_digits(5, 5, n.y, (double[]){11, 132, 1463, 16104, 177155}, "y");
    check_digits(5, 1, n.h_n, (double[]){177155}, "h_n");
    check_digits(5, 1, n.dw_hh, (double[]){62810}, "dw_hh");
    check_digits(5, 1, n.dw_ih, (double[]){16105}, "dw_ih");
    const double dx[] = {161051, 14641, 1331, 121, 11};
    check_digits(5, 5, n.dx, dx, "dx");
    for (size_t t = 0; t < 5; t++) /* small whole numbers are exact */
        CHECK((double)n.dx[t] == dx[t], "dx[%zu] is %.9g", t, (double)n.dx[t]);
}

TEST(a_gradient_vanishes_over_twenty_tanh_steps)
{
    net n = {.layer = one_tanh,
             .I = 1,
             .T = 20,
             .w_ih = half,
             .w_hh = half,
             .x = ones};
    run(&n);
    const double dx[] = {4.7499e-12, 1.2079e-11, 3.9541e-11, 1.4371e-10,
                         5.3918e-10, 2.0406e-09, 7.7405e-09, 2.9380e-08,
                         1.1154e-07, 4.2344e-07, 1.6076e-06, 6.1032e-06,
                         2.3171e-05, 8.7967e-05, 3.3397e-04, 1.2679e-03,
                         4.8136e-03, 1.8275e-02, 6.9380e-02, 2.6340e-01};
    check_digits(4, 1, n.h_n, (double[]){0.6879}, "h_n");
    check_digits(4, 1, n.dw_hh, (double[]){0.4920}, "dw_hh");
    check_digits(4, 1, n.dw_ih, (double[]){0.7152}, "dw_ih");
    check_digits(4, 20, n.dx, dx, "dx");
}

TEST(four_windows_of_five_steps_each_keep_their_gradient)
{
    const double window[] = {0.0023, 0.0059, 0.0194, 0.0704, 0.2642};
    net n = {.layer = one_tanh,
             .I = 1,
             .T = 20,
             .w_ih = half,
             .w_hh = half,
             .x = ones,
             .windows = 4};
    run(&n);
    for (size_t w = 0; w < 4; w++)
        check_decimals(4, 5, n.dx + 5 * w, window, "dx");

    /* and what they say about the weights adds up */
    net one = n;
    one.T = 5, one.windows = 1;
    run(&one);
    CHECK(fabsf(n.dw_hh[0] - 4 * one.dw_hh[0]) <= 1e-6f, "%g",
          (double)n.dw_hh[0]);
    CHECK(fabsf(n.dw_ih[0] - 4 * one.dw_ih[0]) <= 1e-6f, "%g",
          (double)n.dw_ih[0]);
}

TEST(an_lstm_remembers_what_tanh_forgets)
{
    net n = {.layer = {.kind = ELMAN_LSTM, .hidden_size = 1},
             .I = 1,
             .T = 20,
             .w_ih = half,
             .w_hh = half,
             .x = ones};
    run(&n);
    const double dw_hh[] = {0.0485, 0.1067, 0.1296, 0.1642};
    const double dw_ih[] = {0.0783, 0.1714, 0.2099, 0.2621};
    const double dx[] = {0.0004, 0.0005, 0.0006, 0.0008, 0.0010, 0.0013, 0.0017,
                         0.0023, 0.0030, 0.0040, 0.0052, 0.0069, 0.0092, 0.0122,
                         0.0163, 0.0216, 0.0288, 0.0388, 0.0579, 0.1483};
    check_decimals(4, 1, n.h_n, (double[]){0.6286}, "h_n");
    check_decimals(4, 4, n.dw_hh, dw_hh, "dw_hh");
    check_decimals(4, 4, n.dw_ih, dw_ih, "dw_ih");
    check_decimals(4, 20, n.dx, dx, "dx");
}

/* ---- Several units ------------------------------------------------------ */

TEST(two_inputs_reach_three_tanh_units)
{
    const float w_hh[] = {-0.2226f, -0.1108f, 0.5350f,  0.1088f, 0.2017f,
                          0.2907f,  0.5027f,  -0.3554f, -0.1394f};
    const float b_hh[] = {-0.2575f, 0.3207f, 0.5624f};
    const float w_ih[] = {0.2224f,  -0.1436f, -0.4591f,
                          -0.0053f, -0.2355f, 0.2791f};
    const float b_ih[] = {0.5437f, 0.3929f, 0.1203f};
    const float x[] = {1, 2, 2, 3};
    net n = {.layer = {.kind = ELMAN_RNN, .hidden_size = 3},
             .I = 2,
             .T = 2,
             .w_ih = w_ih,
             .w_hh = w_hh,
             .b_ih = b_ih,
             .b_hh = b_hh,
             .x = x};
    run(&n);
    const float y[] = {0.2178f, 0.2392f, 0.7638f, 0.5607f, 0.0734f, 0.7473f};
    CHECK_CLOSE(n.y, y, 6, 0, 2e-4, "y"); /* the weights were rounded too */
    CHECK_CLOSE(n.h_n, y + 3, 3, 0, 2e-4, "h_n");
}

/* Weights published as [in][out]: given here as [out][in]. */
static const float array_w_ih[] = {0.01f, 0.03f, 0.03f, 0.05f,
                                   0.05f, 0.07f, 0.07f, 0.08f};
static const float array_w_hh[] = {0.01f, 0.02f, 0.03f, 0.04f, 0.03f, 0.04f,
                                   0.05f, 0.06f, 0.05f, 0.06f, 0.07f, 0.08f,
                                   0.07f, 0.08f, 0.08f, 0.10f};
static const float array_x[] = {0.01f, 0.02f, 0.02f, 0.03f, 0.03f, 0.04f};
static const double array_h_n[] = {0.79494228, 0.81839002, 0.83939649,
                                   0.85584174};
static const elman_layer array_layer = {.kind = ELMAN_RNN, .hidden_size = 4};

TEST(a_small_array_comes_out_as_computed_by_hand)
{
    net n = {.layer = array_layer,
             .I = 2,
             .T = 3,
             .batch_first = true,
             .w_ih = array_w_ih,
             .w_hh = array_w_hh,
             .b_ih = ones,
             .x = array_x};
    run(&n);
    for (size_t j = 0; j < 4; j++) /* eight digits are more than float32 has */
        CHECK(fabs((double)n.h_n[j] - array_h_n[j]) <= 0x1p-23,
              "h_n[%zu] is %.9g", j, (double)n.h_n[j]);
}

/* Decimals of two digits, which float32 can only come near. */
static void copy_hundredths(size_t n, const float *from, double *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = round((double)from[i] * 100) / 100;
}

TEST(the_reference_has_all_eight_digits_of_it)
{
    elman_config config = {.input_size = 2, .batch_first = true};
    config.layers[0] = array_layer;
    reference *r;
    CHECK_OK(reference_create(&config, 3, 1, &r));
    const reference_cell *cell = &reference_level(r, 0, 0)->cell;
    copy_hundredths(8, array_w_ih, r->weights + cell->w_ih);
    copy_hundredths(16, array_w_hh, r->weights + cell->w_hh);
    copy_hundredths(4, ones, r->weights + cell->b_ih);
    double x[6], y[12];
    copy_hundredths(6, array_x, x);
    reference_batch batch = {.T = 3, .B = 1, .x = x};
    CHECK_OK(reference_forward(r, &batch, y));
    for (size_t j = 0; j < 4; j++)
        CHECK(fabs(y[8 + j] - array_h_n[j]) <= 0.5e-8, "h_n[%zu] is %.12g", j,
              y[8 + j]);
    reference_destroy(r);
}

/* ---- Shapes ------------------------------------------------------------- */

typedef struct shape_case {
    size_t B, T, I, H, num_layers;
    bool bidirectional, linear_on_last;
    size_t y[3], h_n[3]; /* y is (B,T,O), or (B,O,-) */
} shape_case;

static void check_shape(const shape_case *c)
{
    elman_config config = {.input_size = c->I,
                           .batch_first = true,
                           .layers = {{.kind = ELMAN_RNN,
                                       .hidden_size = c->H,
                                       .num_layers = c->num_layers,
                                       .bidirectional = c->bidirectional}}};
    if (c->linear_on_last) {
        config.layers[1].kind = ELMAN_LAST;
        config.layers[2] =
            (elman_layer){.kind = ELMAN_LINEAR, .output_size = 2};
    }
    elman_model *model;
    elman_state *state;
    elman_tensor h;
    CHECK_OK(elman_model_create(&config, &model));
    elman_state_config room = {.T = c->T, .B = c->B};
    CHECK_OK(elman_state_create(model, &room, &state));

    /* exactly y's elements are written */
    float x[8 * 5 * 10];
    random_fill(1, sizeof x / sizeof *x, -1, 1, x);
    size_t n = c->y[0] * c->y[1] * (c->linear_on_last ? 1 : c->y[2]);
    float *y = guarded_floats(n), before = y[0];
    elman_batch batch = {.T = c->T, .B = c->B, .x = x};
    CHECK_OK(elman_model_forward(model, state, &batch, y));
    for (size_t i = 0; i < n; i++)
        CHECK(y[i] != before, "element %zu of %zu is not written", i, n);
    guarded_free(y, n);

    CHECK_OK(elman_state_view(model, state, "h", &h));
    CHECK(h.rank == 3, "h has rank %zu", h.rank);
    for (size_t i = 0; i < 3; i++)
        CHECK(h.shape[i] == c->h_n[i], "h.shape[%zu] is %zu, published %zu", i,
              h.shape[i], c->h_n[i]);
    elman_model_info info = elman_model_read_info(model);
    CHECK(info.per_sequence == c->linear_on_last, "per_sequence");
    CHECK(info.output_size == c->y[c->linear_on_last ? 1 : 2],
          "output_size is %zu", info.output_size);
    elman_state_destroy(state);
    elman_model_destroy(model);
}

TEST(shapes_are_as_published)
{
    const shape_case cases[] = {
        {8, 5, 10, 3, 1, false, false, {8, 5, 3}, {1, 8, 3}},
        {8, 5, 10, 3, 1, false, true, {8, 2}, {1, 8, 3}},
        {1, 2, 4, 3, 1, false, false, {1, 2, 3}, {1, 1, 3}},
        {1, 2, 4, 3, 1, true, false, {1, 2, 6}, {2, 1, 3}},
        {1, 2, 4, 3, 2, false, false, {1, 2, 3}, {2, 1, 3}},
        {1, 2, 4, 3, 2, true, false, {1, 2, 6}, {4, 1, 3}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_shape(cases + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_relu_step_halves_its_input),
        cmocka_unit_test(a_second_relu_step_adds_half_the_first),
        cmocka_unit_test(a_weight_of_eleven_makes_the_gradient_explode),
        cmocka_unit_test(a_gradient_vanishes_over_twenty_tanh_steps),
        cmocka_unit_test(four_windows_of_five_steps_each_keep_their_gradient),
        cmocka_unit_test(an_lstm_remembers_what_tanh_forgets),
        cmocka_unit_test(two_inputs_reach_three_tanh_units),
        cmocka_unit_test(a_small_array_comes_out_as_computed_by_hand),
        cmocka_unit_test(the_reference_has_all_eight_digits_of_it),
        cmocka_unit_test(shapes_are_as_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
