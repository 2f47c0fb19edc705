/*
 * test_pulse.c: the cheap look while training agrees with closed forms, with
 * the flow of a gradient from the last step, and with what gates say.
 */
#include "inspect_grid.h"

#include "inspect/flow.h"
#include "inspect/gates.h"
#include "inspect/horizon.h"
#include "inspect/pulse.h"

static elman_model *create_line(float w, bool reverse)
{
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = 1,
                    .no_bias = true,
                    .reverse = reverse,
                    .nonlinearity = ELMAN_ACTIVATION_RELU,
                    .init_ih = {ELMAN_INIT_CONSTANT, 1},
                    .init_hh = {ELMAN_INIT_CONSTANT, (double)w}}}};
    elman_model *m = NULL;
    CHECK_OK(model_create(&config, &m));
    return m;
}

TEST(the_horizon_of_a_line_is_that_of_its_weight)
{
    enum { T = 60, B = 2 };
    static float x[T * B];
    for (size_t i = 0; i < T * B; i++)
        x[i] = 1;
    const size_t lengths[B] = {T, T - 7};
    const elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};

    static const struct {
        float w;
        double horizon;
        elman_verdict verdict;
    } lines[] = {{0.375f, 5, ELMAN_VERDICT_VANISHING},
                 {1, T, ELMAN_VERDICT_STEADY},
                 {1.25f, T, ELMAN_VERDICT_EXPLODING}};
    for (size_t i = 0; i < 6; i++) {
        elman_model *m = create_line(lines[i / 2].w, i % 2);
        elman_pulse pulse;
        CHECK_OK(pulse_read(m, &batch, 0, &pulse));
        CHECK(pulse.horizon == lines[i / 2].horizon &&
                  pulse.verdict == lines[i / 2].verdict &&
                  fabs(pulse.rate - (double)lines[i / 2].w) < 1e-6,
              "w %g: horizon %g, rate %g, verdict %d", (double)lines[i / 2].w,
              pulse.horizon, pulse.rate, (int)pulse.verdict);
        CHECK(pulse.saturation == 0, "a relu has no ends");
        model_destroy(m);
    }
}

/* A gradient that falls below the smallest float is still seen to fall. */
TEST(a_long_fall_is_seen_to_its_end)
{
    enum { T = 200 };
    static float x[T];
    for (size_t i = 0; i < T; i++)
        x[i] = 1;
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    elman_model *m = create_line(1.5f, false);
    elman_pulse pulse;
    CHECK_OK(pulse_read(m, &batch, 0, &pulse));
    CHECK(pulse.verdict == ELMAN_VERDICT_EXPLODING, "verdict %d",
          (int)pulse.verdict);
    model_destroy(m);
}

/* ---- Other measurements ------------------------------------------------- */

static double saturation_of(const elman_model *m, const elman_batch *batch)
{
    elman_gates *gates = NULL;
    CHECK_OK(gates_begin(m, batch, &gates));
    while (!gates->done)
        CHECK_OK(gates_step(gates));
    double most = 0;
    for (size_t i = 0; i < gates->count; i++)
        if (gates->levels[i].saturation > most)
            most = gates->levels[i].saturation;
    gates_end(gates);
    return most;
}

static bool pools_mean(const grid_case *g)
{
    for (size_t i = 0; i < g->model->layer_count; i++) {
        const elman_layer *config = &g->model->layers[i].config;
        if (config->kind == ELMAN_POOL && config->pool == ELMAN_POOL_MEAN)
            return true;
    }
    return false;
}

/* Adds what flow says of the loss where each direction ends, of sequence b, to
 * norms (count,T). */
static void add_flow(const grid_case *g, size_t b, double norms[][MOST_T],
                     size_t sequences[MOST_T])
{
    elman_flow *flow = NULL;
    const elman_flow_config config = {.sequence = b};
    CHECK_OK(flow_begin(g->model, &g->batch, &config, &flow));
    while (!flow->done)
        CHECK_OK(flow_step(flow));

    size_t T = flow->T;
    for (size_t k = 0; k < T; k++) {
        sequences[k]++;
        for (size_t i = 0; i < flow->count; i++) {
            const elman_flow_level *level = flow->levels + i;
            size_t s = level->reverse ? k : T - 1 - k;
            size_t t = level->reverse ? 0 : T - 1;
            bool counts = g->r->per_sequence || !level->reverse;
            double all = pools_mean(g) ? (double)T : 1; /* of equal parts */
            if (counts) norms[i][k] += all * (double)level->h[t * T + s];
        }
    }
    flow_end(flow);
}

/* The shortest hundredth of all levels; infinite if nothing is known. */
static double horizon_from_flow(const grid_case *g)
{
    double norms[16][MOST_T] = {{0}}, shortest = INFINITY;
    size_t sequences[MOST_T] = {0};
    for (size_t b = 0; b < g->in.B; b++)
        if (g->in.lengths[b]) add_flow(g, b, norms, sequences);

    for (size_t i = 0; i < 16; i++) {
        for (size_t k = 0; k < g->in.T; k++)
            if (sequences[k]) norms[i][k] /= (double)sequences[k];
        elman_horizon h = horizon_of(g->in.T, norms[i]);
        if (h.verdict == ELMAN_VERDICT_UNKNOWN) continue;
        if (h.verdict == ELMAN_VERDICT_EXPLODING) return NAN;
        if ((double)h.hundredth < shortest) shortest = (double)h.hundredth;
    }
    return shortest;
}

static bool is_empty(const grid_case *g)
{
    for (size_t b = 0; b < g->in.B; b++)
        if (g->in.lengths[b]) return false;
    return true;
}

/* Whether what a layer gives to one step alone is what it gives to all: the
 * others pool each step as it is. */
static bool gives_equal_parts(const grid_case *g)
{
    for (size_t i = 0; i < g->model->layer_count; i++) {
        const elman_layer *config = &g->model->layers[i].config;
        if (config->kind == ELMAN_POOL && config->pool != ELMAN_POOL_MEAN)
            return false;
    }
    return true;
}

static bool reads_forward(const grid_case *g)
{
    bool forward = g->r->per_sequence;
    for (size_t i = 0; i < g->model->layer_count; i++) {
        const layer *l = g->model->layers + i;
        forward |= l->cell && !l->config.reverse;
    }
    return forward;
}

TEST(it_says_what_gates_and_flow_say)
{
    for (size_t which = 0; which < 200; which++) {
        grid_case *g = grid_begin(which);
        elman_pulse pulse;
        CHECK_OK(pulse_read(g->model, &g->batch, 1 + (int)(which % 2), &pulse));
        if (is_empty(g)) {
            CHECK(pulse.verdict == ELMAN_VERDICT_UNKNOWN &&
                      isnan(pulse.horizon),
                  "nothing has horizon %g", pulse.horizon);
            grid_end(g);
            continue;
        }

        double want = saturation_of(g->model, &g->batch);
        CHECK(fabs(pulse.saturation - want) < 1e-12,
              "config %zu (%s): saturation %g, gates say %g", which, g->line,
              pulse.saturation, want);

        double horizon = horizon_from_flow(g);
        if (reads_forward(g) && gives_equal_parts(g) && !isnan(horizon))
            CHECK(isinf(horizon) ? isnan(pulse.horizon)
                                 : pulse.horizon == horizon,
                  "config %zu (%s): horizon %g, flow says %g", which, g->line,
                  pulse.horizon, horizon);
        grid_end(g);
    }
}

TEST(what_has_no_pulse_is_refused)
{
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_LINEAR, .output_size = 1}}};
    float x[2] = {0};
    elman_batch batch = {.T = 2, .B = 1, .x = x};
    elman_pulse pulse;
    elman_model *m = NULL;
    CHECK_OK(model_create(&config, &m));
    CHECK_FAILS(pulse_read(m, &batch, 0, &pulse), ELMAN_BAD_VALUE,
                "no recurrent layer");
    model_destroy(m);

    m = create_line(1, false);
    batch.x = NULL;
    CHECK_FAILS(pulse_read(m, &batch, 0, &pulse), ELMAN_BAD_VALUE,
                "the batch has no x");
    batch.x = x;
    CHECK_FAILS(pulse_read(m, &batch, 65, &pulse), ELMAN_BAD_VALUE,
                "threads is 65");
    batch.T = 0;
    CHECK_FAILS(pulse_read(m, &batch, 0, &pulse), ELMAN_BAD_VALUE, "T 0");
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_horizon_of_a_line_is_that_of_its_weight),
        cmocka_unit_test(a_long_fall_is_seen_to_its_end),
        cmocka_unit_test(it_says_what_gates_and_flow_say),
        cmocka_unit_test(what_has_no_pulse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
