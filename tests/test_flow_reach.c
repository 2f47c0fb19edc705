/*
 * test_flow_reach.c: what a layer that pools hands to every step directly is no
 * memory: only what goes through time counts, whatever makes one vector of all
 * steps.
 */
#include "inspect_grid.h"

#include "inspect/flow.h"
#include "inspect/pulse.h"

enum { T = 20, B = 2, I = 3 };

static const struct {
    const char *name;
    elman_layer layer;
} ways[] = {
    {"final states", {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL}},
    {"last step", {.kind = ELMAN_LAST}},
    {"mean", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MEAN}},
    {"max", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MAX}},
    {"attention", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_ATTENTION}},
};
enum { WAYS = sizeof ways / sizeof *ways };

static const elman_batch *batch_of(bool ones)
{
    static float x[T * B * I];
    static const size_t lengths[B] = {T, T - 6};
    static elman_batch batch;
    draws d = draws_begin(5);
    for (size_t i = 0; i < T * B * I; i++)
        x[i] = ones ? 1 : draw_real(&d, -1, 1);
    batch = (elman_batch){.T = T, .B = B, .x = x, .lengths = lengths};
    return &batch;
}

static elman_flow *flow_of(const elman_model *m, const elman_batch *batch)
{
    elman_flow *flow = NULL;
    CHECK_OK(flow_begin(m, batch, NULL, &flow));
    while (!flow->done)
        CHECK_OK(flow_step(flow));
    return flow;
}

/* ---- Nothing goes from step to step ------------------------------------- */

static void check_no_reach(const char *name, const elman_model *m)
{
    const elman_batch *batch = batch_of(false);
    elman_flow *flow = flow_of(m, batch);
    for (size_t i = 0; i < flow->count; i++) {
        const elman_flow_level *level = flow->levels + i;
        const elman_horizon *h = &level->horizon;
        CHECK(h->hundredth <= 1, "%s, %s: a reach of %zu", name, level->name,
              h->hundredth);
        CHECK(h->verdict ==
                  (h->T > 1 ? ELMAN_VERDICT_VANISHING : ELMAN_VERDICT_UNKNOWN),
              "%s, %s: verdict %d", name, level->name, (int)h->verdict);
    }
    flow_end(flow);

    elman_pulse pulse;
    CHECK_OK(pulse_read(m, batch, 0, &pulse));
    CHECK(pulse.horizon == 1 && pulse.verdict == ELMAN_VERDICT_VANISHING,
          "%s: pulse %g, verdict %d", name, pulse.horizon, (int)pulse.verdict);

    double norms[T];
    for (size_t level = 0; level < m->info.level_count; level++) {
        CHECK_OK(flow_read(m, batch, level, norms));
        CHECK(norms[0] > 0, "%s: nothing at the end", name);
        for (size_t k = 1; k < T; k++)
            CHECK(norms[k] == 0, "%s, level %zu: %g after %zu steps", name,
                  level, norms[k], k);
    }
}

TEST(without_recurrent_weights_nothing_reaches_back)
{
    static const elman_kind kinds[] = {ELMAN_RNN, ELMAN_INDRNN};
    for (size_t which = 0; which < WAYS * 2 * 2; which++) {
        const elman_config config = {
            .input_size = I,
            .seed = which,
            .layers = {{.kind = kinds[which % 2],
                        .hidden_size = 6,
                        .num_layers = 2,
                        .nonlinearity = ELMAN_ACTIVATION_TANH,
                        .bidirectional = which / 2 % 2,
                        .init_hh = {ELMAN_INIT_CONSTANT, 0}},
                       ways[which / 4].layer,
                       {.kind = ELMAN_LINEAR, .output_size = 3}}};
        elman_model *m = NULL;
        CHECK_OK(model_create(&config, &m));
        const char *name;
        elman_const_tensor view;
        for (size_t i = 0; (name = elman_model_parameter(m, i, &view)); i++) {
            float none[36] = {0};
            if (!strstr(name, "weight_hh")) continue;
            CHECK_OK(elman_model_write(
                m, name, view.shape[0] * (view.rank > 1 ? view.shape[1] : 1),
                none));
        }
        check_no_reach(ways[which / 4].name, m);
        model_destroy(m);
    }
}

/* ---- A line falls or grows by its weight alone -------------------------- */

TEST(what_is_pooled_changes_nothing_about_the_way_back)
{
    static const float weights[] = {0.5f, 1, 1.125f};
    for (size_t which = 0; which < WAYS * 3; which++) {
        float w = weights[which % 3];
        const elman_config config = {
            .input_size = I,
            .layers = {{.kind = ELMAN_RNN,
                        .hidden_size = 1,
                        .no_bias = true,
                        .nonlinearity = ELMAN_ACTIVATION_RELU,
                        .init_ih = {ELMAN_INIT_CONSTANT, 1},
                        .init_hh = {ELMAN_INIT_CONSTANT, (double)w}},
                       ways[which / 3].layer,
                       {.kind = ELMAN_LINEAR, .output_size = 3}}};
        const char *name = ways[which / 3].name;
        const elman_batch *batch = batch_of(true);
        elman_model *m = NULL;
        CHECK_OK(model_create(&config, &m));

        elman_flow *flow = flow_of(m, batch);
        const elman_horizon *h = &flow->levels[0].horizon;
        CHECK(h->T == T, "%s, w %g: %zu lags", name, (double)w, h->T);
        for (size_t k = 0; k < h->T; k++) {
            double want = pow((double)w, (double)k);
            double got = h->norms[k] / h->norms[0];
            CHECK(fabs(got - want) < 1e-5 * want, "%s, w %g: [%zu] %g not %g",
                  name, (double)w, k, got, want);
        }

        elman_pulse pulse;
        CHECK_OK(pulse_read(m, batch, 0, &pulse));
        CHECK(fabs(pulse.rate - (double)w) < 1e-4 &&
                  pulse.verdict == h->verdict,
              "%s, w %g: rate %g, verdict %d", name, (double)w, pulse.rate,
              (int)pulse.verdict);

        double norms[T];
        CHECK_OK(flow_read(m, batch, 0, norms));
        CHECK(fabs(norms[5] / norms[0] - pow((double)w, 5)) < 1e-5,
              "%s, w %g: %g after 5", name, (double)w, norms[5] / norms[0]);
        flow_end(flow);
        model_destroy(m);
    }
}

/* Only the steps from which a maximum is taken get a part of the answer, and
 * only the lags that they have are measured. */
TEST(lags_are_those_of_the_steps_that_answer)
{
    static const float x[8] = {1, 4, 2, 0, 0, 0, 0, 0};
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = 1,
                    .no_bias = true,
                    .nonlinearity = ELMAN_ACTIVATION_RELU,
                    .init_ih = {ELMAN_INIT_CONSTANT, 1},
                    .init_hh = {ELMAN_INIT_CONSTANT, 0.5}},
                   {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MAX}}};
    const elman_batch batch = {.T = 8, .B = 1, .x = x};
    elman_model *m = NULL;
    CHECK_OK(model_create(&config, &m));
    elman_flow *flow = flow_of(m, &batch);
    const elman_flow_level *level = flow->levels;
    CHECK(level->horizon.T == 2, "%zu lags", level->horizon.T);
    for (size_t t = 0; t < 8; t++)
        for (size_t s = 0; s < 8; s++) {
            float want = t != 1 || s > 1 ? 0 : s == 1 ? 1 : 0.5f;
            CHECK(level->h[t * 8 + s] == want, "[%zu][%zu] is %g", t, s,
                  (double)level->h[t * 8 + s]);
        }
    flow_end(flow);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_recurrent_weights_nothing_reaches_back),
        cmocka_unit_test(what_is_pooled_changes_nothing_about_the_way_back),
        cmocka_unit_test(lags_are_those_of_the_steps_that_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
