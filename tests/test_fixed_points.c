/*
 * test_fixed_points.c: states that an input leaves where they are: where they
 * are known, and of random networks by what the reference makes of them.
 */
#include "check.h"
#include "dynamics.h"
#include "base/random.h"
#include "inspect/fixed_points.h"
#include "inspect/fixed_points_parts.h"
#include "model/model.h"
#include "random_batch.h"

static elman_model *create(elman_config config)
{
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    return m;
}

static elman_fixed_points *measure(const elman_model *m,
                                   const elman_batch *batch,
                                   const elman_fixed_points_config *config)
{
    elman_fixed_points *p;
    double progress = 0;
    CHECK_OK(fixed_points_begin(m, batch, config, &p));
    while (!p->done) {
        CHECK(p->progress >= progress && p->progress < 1, "%g", p->progress);
        progress = p->progress;
        CHECK_OK(fixed_points_step(p));
    }

    /* every start went somewhere */
    size_t starts = p->lost;
    for (size_t i = 0; i < p->count; i++) {
        starts += p->points[i].starts;
        CHECK(p->points[i].speed < 1e-9, "%g", p->points[i].speed);
        if (i) CHECK(p->points[i - 1].starts >= p->points[i].starts, "%zu", i);
    }
    CHECK(starts == p->starts, "%zu of %zu", starts, p->starts);
    CHECK(p->progress == 1, "%g", p->progress);
    return p;
}

/* ---- Known points ------------------------------------------------------- */

static const elman_activation identity = {.kind = ELMAN_ACTIVATION_AFFINE,
                                          .alpha = 1};

TEST(a_linear_network_rests_where_its_equation_says)
{
    /* h = W h + x: with the mean of x, 1 and 2, (1 - W) h = (1, 2) */
    static const float w[4] = {0.5f, 0.25f, -0.25f, 0.5f};
    static const float v[4] = {1, 0, 0, 1};
    static const float x[6 * 2] = {0, 1, 2, 3, 1, 2, 0, 4, 2, 0, 1, 2};
    elman_model *m =
        create((elman_config){.input_size = 2,
                              .layers = {{.kind = ELMAN_RNN,
                                          .hidden_size = 2,
                                          .no_bias = true,
                                          .activations = {{identity}}}}});
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", 4, w));
    CHECK_OK(model_write(m, "rnn.weight_ih_l0", 4, v));
    elman_batch batch = {.T = 6, .B = 1, .x = x};
    elman_fixed_points_config config = {.input = ELMAN_CONSTANT_MEAN};
    elman_fixed_points *p = measure(m, &batch, &config);

    /* (0.5 -0.25; 0.25 0.5)^-1 = (1.6 0.8; -0.8 1.6) */
    CHECK(p->count == 1 && p->starts == 6, "%zu %zu", p->count, p->starts);
    CHECK(fabs(p->points[0].h[0] - 3.2) < 1e-9, "%.12g", p->points[0].h[0]);
    CHECK(fabs(p->points[0].h[1] - 2.4) < 1e-9, "%.12g", p->points[0].h[1]);
    CHECK(p->points[0].c == NULL, "%p", (const void *)p->points[0].c);
    CHECK(p->points[0].stable && p->points[0].unstable == 0, "%zu",
          p->points[0].unstable);
    double radius = sqrt(0.25 + 0.0625);
    CHECK(fabs(p->points[0].radius - radius) < 1e-3, "%g", p->points[0].radius);
    double by[4];
    CHECK_OK(fixed_points_jacobian(p, 0, by));
    for (size_t i = 0; i < 4; i++)
        CHECK(fabs(by[i] - (double)w[i]) < 1e-6, "%g", by[i]);
    CHECK_FAILS(fixed_points_jacobian(p, 1, by), ELMAN_BAD_VALUE,
                "there is no point 1, expected one of 1");
    if (!p->absent) {
        CHECK(fabs(p->points[0].real[0] - 0.5) < 1e-6, "%g",
              p->points[0].real[0]);
        CHECK(fabs(p->points[0].imaginary[0] - 0.25) < 1e-6, "%g",
              p->points[0].imaginary[0]);
    }
    fixed_points_end(p);

    /* without input it rests at 0 */
    p = measure(m, &batch, NULL);
    CHECK(p->count == 1 && fabs(p->points[0].h[0]) < 1e-12, "%zu", p->count);
    fixed_points_end(p);
    model_destroy(m);
}

/* One unit h = tanh(2 h + x), pushed to both sides and hardly at all. */
static elman_batch push(void)
{
    enum { T = 8, B = 5 };
    static float x[T * B];
    static const float by[B] = {1, -1, 0.01f, -0.01f, 0};
    for (size_t t = 0; t < T; t++)
        for (size_t b = 0; b < B; b++)
            x[t * B + b] = t == 0 ? by[b] : 0;
    return (elman_batch){.T = T, .B = B, .x = x};
}

TEST(a_bistable_unit_has_three_points_and_the_middle_is_unstable)
{
    elman_model *m = create(
        (elman_config){.input_size = 1,
                       .layers = {{.kind = ELMAN_RNN,
                                   .hidden_size = 1,
                                   .no_bias = true,
                                   .init_ih = {ELMAN_INIT_CONSTANT, 1},
                                   .init_hh = {ELMAN_INIT_CONSTANT, 2}}}});
    elman_batch batch = push();
    elman_fixed_points *p =
        measure(m, &batch, &(elman_fixed_points_config){.starts = 100});
    CHECK(p->count == 3 && p->starts == 40, "%zu %zu", p->count, p->starts);

    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        const elman_fixed_point *point = p->points + i;
        bool middle = fabs(point->h[0]) < 1e-6;
        sum += point->h[0];
        CHECK(fabs(tanh(2 * point->h[0]) - point->h[0]) < 1e-12, "%g",
              point->h[0]);
        CHECK(point->stable == !middle, "%g", point->h[0]);
        CHECK(point->unstable == middle, "%g", point->h[0]);
        double slope = 2 * (1 - point->h[0] * point->h[0]);
        CHECK(fabs(point->radius - slope) < 2e-3, "%g, not %g", point->radius,
              slope);
        CHECK(point->distance < 1e-3, "%g", point->distance);
    }
    CHECK(fabs(sum) < 1e-9, "%g", sum);
    fixed_points_end(p);
    model_destroy(m);
}

TEST(a_network_that_only_counts_has_no_point)
{
    static const float x[4] = {1, 1, 1, 1};
    elman_model *m =
        create((elman_config){.input_size = 1,
                              .layers = {{.kind = ELMAN_INDRNN,
                                          .hidden_size = 1,
                                          .no_bias = true,
                                          .init_ih = {ELMAN_INIT_CONSTANT, 1},
                                          .init_hh = {ELMAN_INIT_CONSTANT, 1},
                                          .activations = {{identity}}}}});
    elman_batch batch = {.T = 4, .B = 1, .x = x};
    elman_fixed_points_config config = {.input = ELMAN_CONSTANT_MEAN};
    elman_fixed_points *p = measure(m, &batch, &config);
    CHECK(p->count == 0 && p->lost == 4, "%zu %zu", p->count, p->lost);
    fixed_points_end(p);

    /* and without input each state is one, on the border of stability */
    p = measure(m, &batch, NULL);
    CHECK(p->count == 4, "%zu", p->count);
    for (size_t i = 0; i < p->count; i++) {
        CHECK(!p->points[i].stable && p->points[i].unstable == 0, "%g",
              p->points[i].radius);
        CHECK(p->points[i].distance == 0, "%g", p->points[i].distance);
    }
    fixed_points_end(p);
    model_destroy(m);
}

TEST(a_token_is_its_embedding_and_the_mean_that_of_the_batch)
{
    static const float table[3] = {1, 2, -0.5f}, w[1] = {0.5f}, v[1] = {1};
    static const int32_t tokens[4] = {0, 1, 1, 2};
    static const size_t lengths[2] = {2, 1}; /* the tokens 0, 1 and 1 */
    elman_model *m = create((elman_config){
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 3, .embedding_dim = 1},
            {.kind = ELMAN_RNN,
             .hidden_size = 1,
             .no_bias = true,
             .activations = {{identity}}},
            {.kind = ELMAN_LINEAR, .output_size = 3}}});
    CHECK_OK(model_write(m, "embedding.weight", 3, table));
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", 1, w));
    CHECK_OK(model_write(m, "rnn.weight_ih_l0", 1, v));
    elman_batch batch = {.T = 2, .B = 2, .tokens = tokens, .lengths = lengths};

    static const elman_fixed_points_config configs[] = {
        {.input = ELMAN_CONSTANT_TOKEN, .token = 2},
        {.input = ELMAN_CONSTANT_MEAN},
        {.input = ELMAN_CONSTANT_ZERO}};
    static const double want[] = {-1, 2 * 5. / 3, 0};
    for (size_t i = 0; i < 3; i++) {
        elman_fixed_points *p = measure(m, &batch, configs + i);
        CHECK(p->count == 1 && fabs(p->points[0].h[0] - want[i]) < 1e-9, "%g",
              p->points[0].h[0]);
        fixed_points_end(p);
    }
    model_destroy(m);
}

/* ---- Random networks ---------------------------------------------------- */

/* A network whose levels run forward. */
static elman_config forward_config(draws *d, size_t most_hidden)
{
    for (;;) {
        elman_config config = random_config(d, most_hidden);
        bool forward = true;
        for (size_t i = 0; i < ELMAN_MAX_LAYERS; i++)
            forward &=
                !config.layers[i].bidirectional && !config.layers[i].reverse;
        if (forward) return config;
    }
}

static elman_fixed_points_config draw_input(draws *d,
                                            const elman_config *config)
{
    size_t V = config->layers[0].num_embeddings;
    if (!V)
        return (elman_fixed_points_config){.input = draw_chance(d, 50)
                                                        ? ELMAN_CONSTANT_ZERO
                                                        : ELMAN_CONSTANT_MEAN};
    return (elman_fixed_points_config){.input = ELMAN_CONSTANT_TOKEN,
                                       .token =
                                           (int32_t)draw_size(d, 0, V - 1)};
}

/* Makes all weights larger, so that there is more to find. */
static void scale_weights(elman_model *m, float by)
{
    elman_const_tensor view;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(m, i, &view)); i++) {
        size_t n =
            view.rank == 2 ? view.shape[0] * view.shape[1] : view.shape[0];
        float *values = malloc(n * sizeof *values);
        assert_non_null(values);
        for (size_t k = 0; k < n; k++)
            values[k] = by * view.data[k];
        CHECK_OK(elman_model_write(m, name, n, values));
        free(values);
    }
}

/* |F(s) - s| of a point in a whole reference of its own. */
static double residual(const elman_model *m, const elman_config *config,
                       const elman_fixed_points_config *input, const double *x,
                       const elman_fixed_point *point)
{
    reference *r;
    const bool given = true;
    double squares = 0;
    const double *h = point->h, *c = point->c;
    CHECK_OK(reference_create(config, 1, 1, &r));
    copy_weights(m, r);
    for (size_t k = 0; k < r->levels; k++) {
        reference_direction *d = reference_level(r, k, 0);
        bool has_c = state_width(d) > d->cell.R;
        memcpy(d->h_0, h, d->cell.R * sizeof *h);
        if (has_c) memcpy(d->c_0, c, d->cell.H * sizeof *c);
        h += d->cell.R;
        if (has_c) c += d->cell.H;
    }
    reference_batch batch = {
        .T = 1, .B = 1, .x = x, .tokens = &input->token, .given = &given};
    CHECK_OK(reference_forward(r, &batch, NULL));

    for (size_t k = 0; k < r->levels; k++) {
        reference_direction *d = reference_level(r, k, 0);
        for (size_t j = 0; j < d->cell.R; j++)
            squares += (d->h_n[j] - d->h_0[j]) * (d->h_n[j] - d->h_0[j]);
        for (size_t j = 0; d->cell.R + j < state_width(d); j++)
            squares += (d->c_n[j] - d->c_0[j]) * (d->c_n[j] - d->c_0[j]);
    }
    reference_destroy(r);
    return sqrt(squares);
}

/* The mean of the valid steps, in whatever order. */
static void mean_input(const elman_config *config, const random_batch *in,
                       const elman_fixed_points_config *input, double *x)
{
    size_t I = config->input_size, count = 0;
    for (size_t i = 0; i < MOST_I; i++)
        x[i] = 0;
    if (input->input != ELMAN_CONSTANT_MEAN) return;
    for (size_t t = 0; t < in->T; t++)
        for (size_t b = 0; b < in->B; b++) {
            size_t row = config->batch_first ? b * in->T + t : t * in->B + b;
            if (t >= in->lengths[b]) continue;
            count++;
            for (size_t i = 0; i < I; i++)
                x[i] += (double)in->x[row * I + i];
        }
    for (size_t i = 0; i < I; i++)
        x[i] /= (double)count;
}

TEST(points_of_random_networks_are_points_of_the_reference)
{
    size_t points = 0, networks = 0;
    for (uint64_t which = 0; which < 200; which++) {
        draws d = draws_begin(which);
        elman_config config = forward_config(&d, MOST_H);
        random_batch in = draw_batch(&d, &config, MOST_B);
        in.lengths[0] = in.T;
        for (size_t i = 0; i < MOST_T * MOST_B * MOST_I; i++)
            if (isnan(in.x[i])) in.x[i] = 0;
        for (size_t i = 0; i < MOST_T * MOST_B; i++)
            if (in.tokens[i] < 0) in.tokens[i] = 0;
        elman_fixed_points_config input = draw_input(&d, &config);
        input.starts = 6;
        double x[MOST_I];
        mean_input(&config, &in, &input, x);

        elman_model *m = create(config);
        if (which % 2) scale_weights(m, 4);
        elman_batch batch = {.T = in.T,
                             .B = in.B,
                             .x = in.x,
                             .tokens = in.tokens,
                             .lengths = in.lengths};
        elman_fixed_points *p = measure(m, &batch, &input);
        networks += p->count > 0;
        for (size_t i = 0; i < p->count; i++, points++) {
            double rest = residual(m, &config, &input, x, p->points + i);
            CHECK(rest < 1e-9 && fabs(rest - p->points[i].speed) < 1e-9,
                  "ELMAN_SEED=%llu network %d point %zu: %g, said to be %g",
                  (unsigned long long)test_seed(), (int)which, i, rest,
                  p->points[i].speed);
            CHECK(p->points[i].stable == (p->points[i].radius < 1), "%g",
                  p->points[i].radius);
        }
        fixed_points_end(p);
        model_destroy(m);
    }
    print_message("%zu points of %zu networks\n", points, networks);
    CHECK(networks > 150, "%zu", networks);
}

/* The Jacobian by differences with two steps; where those disagree is a corner.
 */
static size_t compare_jacobian(map *m, uint64_t which)
{
    size_t n = m->n, compared = 0;
    double *matrix = calloc(n * n + 4 * n, sizeof *matrix);
    assert_non_null(matrix);
    double *state = matrix + n * n, *moved = state + n, *up = moved + n,
           *down = up + n;
    for (size_t i = 0; i < n; i++)
        state[i] =
            (double)random_uniform((random_key){which, RANDOM_TEST, 0}, i) -
            0.5;
    CHECK_OK(map_jacobian(m, state, matrix));

    for (size_t j = 0; j < n; j++) {
        double slopes[2][256];
        for (size_t k = 0; k < 2; k++) {
            double step = k ? 1e-5 : 1e-6;
            memcpy(moved, state, n * sizeof *moved);
            moved[j] = state[j] + step;
            CHECK_OK(map_step(m, moved, up));
            moved[j] = state[j] - step;
            CHECK_OK(map_step(m, moved, down));
            for (size_t i = 0; i < n; i++)
                slopes[k][i] = (up[i] - down[i]) / (2 * step);
        }
        for (size_t i = 0; i < n; i++) {
            if (fabs(slopes[0][i] - slopes[1][i]) > 1e-6) continue;
            compared++;
            CHECK(fabs(matrix[i * n + j] - slopes[0][i]) < 2e-5,
                  "network %d (%zu,%zu) of %zu: %g, not %g", (int)which, i, j,
                  n, matrix[i * n + j], slopes[0][i]);
        }
    }
    free(matrix);
    return compared;
}

TEST(the_jacobian_of_a_stack_is_that_of_finite_differences)
{
    size_t compared = 0, stacks = 0;
    for (uint64_t which = 0; which < 150; which++) {
        draws d = draws_begin(which);
        elman_config config = forward_config(&d, MOST_H);
        elman_model *model = create(config);
        map m;
        CHECK_OK(map_create(model, &m));
        for (size_t i = 0; i < m.I; i++)
            m.x[i] = (double)draw_real(&d, -1, 1);
        compared += compare_jacobian(&m, which);
        stacks += m.level_count > 1;
        map_destroy(&m);
        model_destroy(model);
    }
    print_message("%zu numbers compared, %zu stacks\n", compared, stacks);
    CHECK(stacks > 50, "%zu", stacks);
}

/* ---- Bits, mistakes ----------------------------------------------------- */

TEST(points_are_the_same_on_every_isa)
{
    for (uint64_t which = 0; which < 6; which++) {
        draws d = draws_begin(500 + which);
        elman_config config = forward_config(&d, 30);
        elman_model *m = create(config);
        static float x[10 * 64];
        static const int32_t tokens[10];
        random_fill(which, 10 * 64, -1, 1, x);
        elman_batch batch = {.T = 10, .B = 1, .x = x, .tokens = tokens};
        elman_fixed_points *first = NULL;
        for (const kernels *const *k = kernels_all(); *k; k++) {
            kernels_use(*k);
            elman_fixed_points *p =
                measure(m, &batch, &(elman_fixed_points_config){.starts = 4});
            if (!first) first = p;
            CHECK(p->count == first->count, "%s: %zu points", (*k)->isa,
                  p->count);
            for (size_t i = 0; i < p->count; i++)
                CHECK(p->points[i].radius == first->points[i].radius &&
                          p->points[i].h[0] == first->points[i].h[0] &&
                          p->points[i].distance == first->points[i].distance,
                      "%s: point %zu", (*k)->isa, i);
            if (p != first) fixed_points_end(p);
        }
        kernels_use(NULL);
        fixed_points_end(first);
        model_destroy(m);
    }
}

TEST(what_cannot_be_sought_is_said)
{
    static const float x[4];
    elman_batch batch = {.T = 4, .B = 1, .x = x};
    elman_fixed_points *p;
    elman_layer gru = {.kind = ELMAN_GRU, .hidden_size = 2};
    elman_model *m = create((elman_config){.input_size = 1, .layers = {gru}});
    elman_fixed_points_config config = {.input = ELMAN_CONSTANT_TOKEN};
    CHECK_FAILS(fixed_points_begin(m, &batch, &config, &p), ELMAN_BAD_VALUE,
                "the model reads numbers");
    config.input = (elman_constant)3;
    CHECK_FAILS(fixed_points_begin(m, &batch, &config, &p), ELMAN_BAD_VALUE,
                "input is 3, expected 0 to 2");
    const size_t none = 0;
    batch.lengths = &none;
    CHECK_FAILS(fixed_points_begin(m, &batch, NULL, &p), ELMAN_BAD_VALUE,
                "the batch has no step");
    batch.lengths = NULL;

    /* a mean that is no number */
    const float holes[4] = {1, NAN, 1, 1};
    batch.x = holes;
    config.input = ELMAN_CONSTANT_MEAN;
    CHECK_OK(fixed_points_begin(m, &batch, &config, &p));
    CHECK_FAILS(fixed_points_step(p), ELMAN_BAD_VALUE,
                "the mean of input 0 is not finite");
    fixed_points_end(p);
    model_destroy(m);

    gru.reverse = true;
    m = create((elman_config){.input_size = 1, .layers = {gru}});
    CHECK_FAILS(fixed_points_begin(m, &batch, NULL, &p), ELMAN_BAD_VALUE,
                "level 0 reads backward");
    model_destroy(m);

    elman_layer wide = {.kind = ELMAN_INDRNN, .hidden_size = 2049};
    m = create((elman_config){.input_size = 1, .layers = {wide}});
    CHECK_FAILS(fixed_points_begin(m, &batch, NULL, &p), ELMAN_BAD_VALUE,
                "2049 numbers, expected at most 2048");
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_network_rests_where_its_equation_says),
        cmocka_unit_test(
            a_bistable_unit_has_three_points_and_the_middle_is_unstable),
        cmocka_unit_test(a_network_that_only_counts_has_no_point),
        cmocka_unit_test(
            a_token_is_its_embedding_and_the_mean_that_of_the_batch),
        cmocka_unit_test(points_of_random_networks_are_points_of_the_reference),
        cmocka_unit_test(the_jacobian_of_a_stack_is_that_of_finite_differences),
        cmocka_unit_test(points_are_the_same_on_every_isa),
        cmocka_unit_test(what_cannot_be_sought_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
