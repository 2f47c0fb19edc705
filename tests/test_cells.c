/*
 * test_cells.c: what the cells that torch.nn does not have do at the edges:
 * gates that underflow, and defaults of their own; and their products, which
 * threads share.
 */
#include "cell/cell.h"
#include "check.h"

static elman_model *make(const elman_config *config)
{
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(config, &model));
    return model;
}

/* One unit that reads one input: its gates are its biases. */
static elman_model *minlstm_of(float f, float i, float n)
{
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_MINLSTM, .hidden_size = 1}}};
    elman_model *model = make(&config);
    const float zero[3] = {0}, bias[3] = {f, i, n};
    CHECK_OK(elman_model_write(model, "rnn.weight_ih_l0", 3, zero));
    CHECK_OK(elman_model_write(model, "rnn.bias_ih_l0", 3, bias));
    return model;
}

TEST(scaled_gates_add_up_to_one_also_where_both_underflow)
{
    static const struct {
        float f, i, h; /* h of n = 3 after one step from 0 */
    } rows[] = {
        {0, 0, 1.5f},          {-200, -200, 1.5f}, {-1000, -1000, 1.5f},
        {-300, -200, 3},       {-200, -300, 0},    {200, 200, 1.5f},
        {-200, 200, 3},        {200, -200, 0},     {-88, -90, 0.35760877f},
        {-1e30f, -1e30f, 1.5f}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        elman_model *model = minlstm_of(rows[k].f, rows[k].i, 3);
        elman_state_config training = {.training = true,
                                       .keep_gradients = true};
        elman_state *state = NULL;
        elman_tensor gradient;
        const float x = 0, dy = 1;
        float y, dx;
        CHECK_OK(elman_state_create(model, &training, &state));
        elman_batch batch = {.T = 1, .B = 1, .x = &x};
        CHECK_OK(elman_model_forward(model, state, &batch, &y));
        CHECK_CLOSE(&y, &rows[k].h, 1, 1e-5, 1e-30, "gates of %g and %g",
                    (double)rows[k].f, (double)rows[k].i);

        /* and every gradient is a number */
        CHECK_OK(elman_model_backward(model, state, &dy, &dx));
        CHECK_OK(
            elman_state_view(model, state, "rnn.bias_ih_l0.grad", &gradient));
        for (size_t j = 0; j < 3; j++)
            CHECK(isfinite(gradient.data[j]), "gates of %g and %g: %g",
                  (double)rows[k].f, (double)rows[k].i,
                  (double)gradient.data[j]);
        CHECK_OK(elman_state_view(model, state, "layer0.dgate", &gradient));
        for (size_t j = 0; j < 3; j++)
            CHECK(!isnan(gradient.data[j]), "gates of %g and %g: dgate %g",
                  (double)rows[k].f, (double)rows[k].i,
                  (double)gradient.data[j]);
        elman_state_destroy(state);
        elman_model_destroy(model);
    }
}

TEST(units_of_an_indrnn_remember_from_the_start)
{
    const elman_config config = {
        .input_size = 2,
        .seed = 3,
        .layers = {{.kind = ELMAN_INDRNN, .hidden_size = 500}}};
    elman_model *model = make(&config);
    float w[500];
    double sum = 0;
    CHECK_OK(elman_model_read(model, "rnn.weight_hh_l0", 500, w));
    for (size_t j = 0; j < 500; j++) {
        CHECK(w[j] >= 0 && w[j] < 1, "factor %g", (double)w[j]);
        sum += (double)w[j];
    }
    CHECK(fabs(sum / 500 - 0.5) < 0.05, "mean %g", sum / 500);
    elman_model_destroy(model);
}

TEST(an_init_for_a_matrix_is_refused_for_a_vector_by_name)
{
    elman_config config = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_INDRNN,
                    .hidden_size = 4,
                    .init_hh = {.kind = ELMAN_INIT_ORTHOGONAL}}}};
    elman_model *model = NULL;
    CHECK_FAILS(elman_model_create(&config, &model), ELMAN_BAD_VALUE,
                "rnn.weight_hh_l0: orthogonal init needs 2 dimensions");
    assert_null(model);
}

/* A last group of few columns would be a narrow product by itself. */
TEST(a_product_that_threads_share_has_the_same_bits)
{
    enum { ROWS = 3, MOST = 160 };
    float a[ROWS][MOST], want[ROWS][MOST], got[ROWS][MOST];
    static float w[MOST * MOST], copy[MOST * MOST];
    random_fill(1, sizeof a / sizeof **a, -1, 1, *a);
    random_fill(2, MOST * MOST, -1, 1, w);

    for (size_t K = 14; K <= 62; K += 16)
        for (size_t N = 60; N <= 148; N += 4) {
            cell_rows r = {.M = ROWS};
            float *from[] = {a[0], a[1], a[2]};
            float *alone[] = {want[0], want[1], want[2]};
            float *shared[] = {got[0], got[1], got[2]};
            const packed all = {1, N, K, copy};
            pack(1, N, K, w, K, 1, copy);

            r.threads = 1;
            cell_product(kernels_here(), &r, &all, zeros, from, alone);
            for (r.threads = 2; r.threads <= 4; r.threads++) {
                cell_product(kernels_here(), &r, &all, zeros, from, shared);
                for (size_t m = 0; m < ROWS; m++)
                    CHECK_BITS(got[m], want[m], N, "N=%zu K=%zu threads=%d", N,
                               K, r.threads);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaled_gates_add_up_to_one_also_where_both_underflow),
        cmocka_unit_test(units_of_an_indrnn_remember_from_the_start),
        cmocka_unit_test(an_init_for_a_matrix_is_refused_for_a_vector_by_name),
        cmocka_unit_test(a_product_that_threads_share_has_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
