/*
 * test_contributions.c: what each step adds to a gradient is known in a line,
 * and adds up to the gradient in any network.
 */
#include "inspect_grid.h"

#include "inspect/contributions.h"
#include "learn/loss.h"

enum { CASES = 200 };

static elman_contributions *measure(const elman_model *m,
                                    const elman_batch *batch,
                                    const elman_target *target)
{
    const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED,
                                    .reduction = ELMAN_REDUCTION_SUM};
    elman_contributions *all = NULL;
    CHECK_OK(contributions_begin(m, batch, target, &loss, &all));
    for (double before = 0; !all->done; before = all->progress) {
        CHECK_OK(contributions_step(all));
        CHECK(all->progress >= before && all->progress <= 1, "progress");
    }
    return all;
}

/* ---- A line ------------------------------------------------------------- */

/* h = relu(1 x + w h_prev), loss (h_last - 0)^2: step t adds
 * 2 h_last w^(T-1-t) h[t-1] to dw_hh, and the same times x to dw_ih. */
TEST(each_step_of_a_line_adds_what_its_powers_say)
{
    enum { T = 9 };
    const float w = 0.75f, x[T] = {1, 2, 1, 3, 1, 2, 2, 1, 2}, zero = 0;
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = 1,
                    .no_bias = true,
                    .nonlinearity = ELMAN_ACTIVATION_RELU,
                    .init_ih = {ELMAN_INIT_CONSTANT, 1},
                    .init_hh = {ELMAN_INIT_CONSTANT, (double)w}},
                   {.kind = ELMAN_LAST}}};
    elman_model *m = NULL;
    CHECK_OK(model_create(&config, &m));
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    const elman_target target = {.values = &zero};
    elman_contributions *all = measure(m, &batch, &target);

    double h[T + 1] = {0}, total = 0;
    for (size_t t = 0; t < T; t++)
        h[t + 1] = (double)x[t] + (double)w * h[t];
    for (size_t t = 0; t < T; t++)
        total += 2 * h[T] * pow((double)w, (double)(T - 1 - t)) * h[t];

    CHECK(all->count == 2 && all->T == T, "%zu parameters", all->count);
    const elman_contribution *hh = all->parameters + 1;
    CHECK(strcmp(hh->name, "rnn.weight_hh_l0") == 0, "%s", hh->name);
    CHECK(fabs(hh->norm - total) < 1e-5 * total, "norm %g, want %g", hh->norm,
          total);
    for (size_t t = 0; t < T; t++) {
        float value;
        double want = 2 * h[T] * pow((double)w, (double)(T - 1 - t)) * h[t];
        CHECK_OK(contributions_read(all, 1, t, &value));
        CHECK(fabs((double)value - want) <= 1e-5 * want, "step %zu: %g not %g",
              t, (double)value, want);
        CHECK(fabs(hh->norms[t] - want) <= 1e-5 * want, "norm %g",
              hh->norms[t]);
        CHECK(fabs(hh->shares[t] - want / total) <= 1e-5, "share %g",
              hh->shares[t]);
    }

    CHECK_FAILS(contributions_read(all, 2, 0, &(float){0}), ELMAN_BAD_VALUE,
                "index is 2, expected less than the 2");
    CHECK_FAILS(contributions_read(all, 0, T, &(float){0}), ELMAN_BAD_VALUE,
                "t is 9, expected less than the 9");
    contributions_end(all);
    model_destroy(m);
}

/* ---- Any network -------------------------------------------------------- */

/* The gradient of the same loss by one backward of a quiet model. */
static float *whole_gradient(const grid_case *g, const elman_target *target)
{
    const elman_model *m = g->model;
    elman_model *quiet = NULL;
    elman_state *s = NULL;
    const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED,
                                    .reduction = ELMAN_REDUCTION_SUM};
    const elman_state_config config = {
        .T = g->in.T, .B = g->in.B, .training = true, .passes = 1};
    bool one = m->info.per_sequence;
    const elman_batch shape = {.T = one ? 1 : g->in.T,
                               .B = g->in.B,
                               .lengths = one ? NULL : g->in.lengths};
    double sum;

    CHECK_OK(quiet_create(m, &quiet));
    CHECK_OK(state_create(quiet, &config, &s));
    CHECK_OK(model_forward(quiet, s, &g->batch, NULL));
    const loss_rows rows = {.shape = &shape,
                            .O = m->info.output_size,
                            .y = state_output(quiet, s),
                            .dy = state_output_gradient(quiet, s),
                            .batch_first = m->config.batch_first};
    CHECK_OK(loss_take(&loss, &rows, target, &sum));
    CHECK_OK(model_backward(quiet, s, NULL, NULL));
    float *copy = malloc(m->weight_count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, gradients_join(s), m->weight_count * sizeof *copy);
    state_destroy(s);
    quiet_destroy(quiet);
    return copy;
}

static void check_parameter(const grid_case *g, const elman_contributions *all,
                            size_t i, const float *gradient)
{
    const parameter *p = g->model->parameters + i;
    float *part = malloc(p->count * sizeof *part);
    double *sum = calloc(p->count, sizeof *sum);
    double scale = 1e-6, shares = 0;
    assert_non_null(part);
    assert_non_null(sum);

    for (size_t t = 0; t < all->T; t++) {
        double square = 0;
        CHECK_OK(contributions_read(all, i, t, part));
        for (size_t j = 0; j < p->count; j++) {
            sum[j] += (double)part[j];
            square += (double)part[j] * (double)part[j];
            scale = fmax(scale, fabs((double)part[j]));
        }
        double norm = all->parameters[i].norms[t];
        CHECK(fabs(norm - sqrt(square)) <= 1e-6 * norm + 1e-12, "%s norm",
              p->name);
        shares += all->parameters[i].shares[t];
    }

    for (size_t j = 0; j < p->count; j++)
        CHECK(fabs(sum[j] - (double)gradient[j]) <= 2e-6 * scale,
              "config %zu (%s): %s[%zu] adds up to %g, the gradient is %g",
              g->which, g->line, p->name, j, sum[j], (double)gradient[j]);
    if (all->parameters[i].norm > 1e-3 * scale)
        CHECK(fabs(shares - 1) < 1e-3, "config %zu: shares of %s are %g",
              g->which, p->name, shares);
    free(part);
    free(sum);
}

TEST(they_add_up_to_the_gradient_of_every_parameter)
{
    for (size_t which = 0; which < CASES; which++) {
        grid_case *g = grid_begin(which);
        float values[MOST_T * MOST_B * 64];
        for (size_t i = 0; i < MOST_T * MOST_B * 64; i++)
            values[i] = draw_real(&g->d, -1, 1);
        const elman_target target = {.values = values};
        if (model_outputs(g->model) > 1) {
            elman_contributions *none = NULL;
            const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
            CHECK_FAILS(
                contributions_begin(g->model, &g->batch, &target, &loss, &none),
                ELMAN_BAD_VALUE, "merge none");
            grid_end(g);
            continue;
        }

        elman_contributions *all = measure(g->model, &g->batch, &target);
        float *gradient = whole_gradient(g, &target);
        for (size_t i = 0; i < all->count; i++)
            check_parameter(g, all, i,
                            gradient + g->model->parameters[i].offset);
        free(gradient);
        contributions_end(all);
        grid_end(g);
    }
}

/* A batch of several blocks. */
TEST(blocks_of_sequences_add_up_as_well)
{
    enum { T = 5, B = 21, I = 3 };
    static float x[T * B * I], values[T * B * 2];
    size_t lengths[B];
    for (size_t i = 0; i < T * B * I; i++)
        x[i] = (float)(i * 37 % 19) / 9 - 1;
    for (size_t b = 0; b < B; b++)
        lengths[b] = b % (T + 1);
    grid_case g = {.in = {.T = T, .B = B}};
    g.config =
        (elman_config){.input_size = I,
                       .seed = 5,
                       .layers = {{.kind = ELMAN_GRU,
                                   .hidden_size = 7,
                                   .bidirectional = true,
                                   .learned_state = true},
                                  {.kind = ELMAN_LINEAR, .output_size = 2}}};
    CHECK_OK(model_create(&g.config, &g.model));
    g.batch = (elman_batch){.T = T, .B = B, .x = x, .lengths = lengths};

    const elman_target target = {.values = values};
    elman_contributions *all = measure(g.model, &g.batch, &target);
    for (size_t i = 0; i < all->count; i++) {
        double shares = 0;
        for (size_t t = 0; t < T; t++)
            shares += all->parameters[i].shares[t];
        CHECK(fabs(shares - 1) < 1e-5, "%s: %g", all->parameters[i].name,
              shares);
    }
    contributions_end(all);
    model_destroy(g.model);
}

TEST(misuse_is_reported)
{
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_RNN, .hidden_size = 2}}};
    float x[3] = {0}, values[6] = {0};
    elman_batch batch = {.T = 3, .B = 1, .x = x};
    const elman_target target = {.values = values}, none = {0};
    const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    elman_contributions *all = NULL;
    elman_model *m = NULL;
    CHECK_OK(model_create(&config, &m));

    CHECK_OK(contributions_begin(m, &batch, &target, &loss, &all));
    CHECK_FAILS(contributions_read(all, 0, 0, x), ELMAN_BAD_VALUE, "not done");
    contributions_end(all);
    CHECK_OK(contributions_begin(m, &batch, &none, &loss, &all));
    CHECK_FAILS(contributions_step(all), ELMAN_BAD_VALUE, "values");
    contributions_end(all);
    batch.x = NULL;
    CHECK_FAILS(contributions_begin(m, &batch, &target, &loss, &all),
                ELMAN_BAD_VALUE, "the batch has no x");
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_of_a_line_adds_what_its_powers_say),
        cmocka_unit_test(they_add_up_to_the_gradient_of_every_parameter),
        cmocka_unit_test(blocks_of_sequences_add_up_as_well),
        cmocka_unit_test(misuse_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
