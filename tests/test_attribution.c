/*
 * test_attribution.c: which steps and features made an answer: closed forms,
 * differences of forward passes, and completeness.
 */
#include "check.h"
#include "base/kind.h"
#include "inspect/attribution.h"
#include "inspect/attribution_parts.h"
#include "model/model.h"
#include "random_batch.h"

static elman_attribution *explain(const elman_model *m,
                                  const elman_batch *batch,
                                  const elman_attribution_config *config)
{
    elman_attribution *a;
    CHECK_OK(attribution_begin(m, batch, config, &a));
    double before = -1;
    while (!a->done) {
        CHECK_OK(attribution_step(a));
        CHECK(a->progress > before, "progress went from %g to %g", before,
              a->progress);
        before = a->progress;
    }
    CHECK(before == 1, "progress ended at %g", before);
    CHECK_OK(attribution_step(a));
    return a;
}

static bool is_near(double got, double want, double tolerance)
{
    return fabs(got - want) <= tolerance * (1 + fabs(want));
}

static elman_model *create(const elman_config *config)
{
    elman_model *m;
    CHECK_OK(model_create(config, &m));
    return m;
}

/* ---- The rule ------------------------------------------------------------ */

TEST(the_rule_integrates_polynomials_exactly)
{
    static const size_t counts[] = {1, 2, 3, 8, 64, 333};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        size_t n = counts[c];
        double *nodes = calloc(2 * n, sizeof *nodes), *weights = nodes + n;
        attribution_rule(n, nodes, weights);
        for (size_t degree = 0; degree < 2 * n && degree < 40; degree++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += weights[i] * pow(nodes[i], (double)degree);
            CHECK(is_near(sum, 1 / ((double)degree + 1), 1e-13),
                  "%zu points, degree %zu: %.17g", n, degree, sum);
        }
        for (size_t i = 1; i < n; i++)
            CHECK(nodes[i] > nodes[i - 1], "nodes do not ascend");
        free(nodes);
    }
}

/* ---- Closed forms -------------------------------------------------------- */

TEST(of_a_linear_model_it_is_weight_times_input)
{
    enum { T = 3, I = 2 };
    const elman_config config = {
        .input_size = I, .layers = {{.kind = ELMAN_LINEAR, .output_size = 2}}};
    static const float w[2 * I] = {0.5f, -2, 3, 0.25f}, bias[2] = {1, -1};
    static const float x[T * I] = {1, 2, -3, 4, 0.5f, -1};
    static const float base[I] = {0.5f, 1};
    elman_model *m = create(&config);
    CHECK_OK(model_write(m, "fc.weight", 2 * I, w));
    CHECK_OK(model_write(m, "fc.bias", 2, bias));
    const elman_batch batch = {.T = T, .B = 1, .x = x};

    for (int kind = 0; kind <= ELMAN_ATTRIBUTION_OCCLUSION; kind++)
        for (size_t step = 1; step <= T; step++)
            for (size_t output = 1; output <= 2; output++) {
                const elman_attribution_config asked = {
                    .kind = (elman_attribution_kind)kind,
                    .step = step,
                    .output = output,
                    .baseline = base};
                elman_attribution *a = explain(m, &batch, &asked);
                CHECK(a->T == T && a->I == I && a->step == step - 1 &&
                          a->output == output - 1,
                      "T %zu I %zu step %zu output %zu", a->T, a->I, a->step,
                      a->output);
                for (size_t t = 0; t < T; t++)
                    for (size_t i = 0; i < I; i++) {
                        double want = t == step - 1
                                          ? (double)(w[(output - 1) * I + i] *
                                                     (x[t * I + i] - base[i]))
                                          : 0;
                        CHECK(is_near(a->values[t * I + i], want, 1e-6),
                              "kind %d: [%zu][%zu] is %g not %g", kind, t, i,
                              a->values[t * I + i], want);
                    }
                CHECK(fabs(a->gap) < 1e-6, "the gap is %g", a->gap);
                attribution_end(a);
            }
    model_destroy(m);
}

TEST(the_largest_output_of_the_last_step_is_explained)
{
    enum { T = 2 };
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_LINEAR, .output_size = 3}}};
    static const float w[3] = {1, 3, -2}, x[T * 2] = {-1, -1, 2, -1};
    elman_model *m = create(&config);
    CHECK_OK(model_write(m, "fc.weight", 3, w));
    CHECK_OK(model_write(m, "fc.bias", 3, (float[3]){0}));
    const elman_batch batch = {.T = T, .B = 2, .x = x};

    elman_attribution *a = explain(m, &batch, NULL);
    CHECK(a->step == 1 && a->output == 1, "step %zu output %zu", a->step,
          a->output);
    CHECK(a->answer == 6 && a->baseline_answer == 0, "%g %g", a->answer,
          a->baseline_answer);
    CHECK(a->steps[0] == 0 && is_near(a->steps[1], 6, 1e-7), "%g %g",
          a->steps[0], a->steps[1]);
    CHECK(is_near(a->features[0], 3, 1e-7), "%g", a->features[0]);
    attribution_end(a);

    /* the other sequence */
    a = explain(m, &batch, &(elman_attribution_config){.sequence = 1});
    CHECK(a->output == 2 && a->answer == 2, "output %zu answer %g", a->output,
          a->answer);
    attribution_end(a);
    model_destroy(m);
}

TEST(of_the_adding_problem_it_is_the_marked_numbers)
{
    /* h sums x w: h_t = h_(t-1) + w x */
    enum { T = 6 };
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = 1,
                    .no_bias = true,
                    .activations = {{{ELMAN_ACTIVATION_AFFINE, 1, 0}}},
                    .init_ih = {ELMAN_INIT_CONSTANT, 2},
                    .init_hh = {ELMAN_INIT_CONSTANT, 0.5}}}};
    static const float x[T] = {1, -2, 3, 0, 5, 7};
    static const size_t length = 5;
    elman_model *m = create(&config);
    const elman_batch batch = {.T = T, .B = 1, .x = x, .lengths = &length};
    for (int kind = 0; kind <= ELMAN_ATTRIBUTION_OCCLUSION; kind++) {
        elman_attribution *a = explain(
            m, &batch,
            &(elman_attribution_config){.kind = (elman_attribution_kind)kind});
        CHECK(a->T == length, "T is %zu", a->T);
        for (size_t t = 0; t < length; t++) {
            double want = 2 * (double)x[t] * pow(0.5, (double)(length - 1 - t));
            CHECK(is_near(a->steps[t], want, 1e-6), "kind %d: %g not %g", kind,
                  a->steps[t], want);
        }
        attribution_end(a);
    }
    model_destroy(m);
}

TEST(what_has_vanished_is_zero)
{
    /* h halves at each step: exact down to 2^-90, then 0, never denormal */
    enum { T = 200 };
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = 1,
                    .no_bias = true,
                    .activations = {{{ELMAN_ACTIVATION_AFFINE, 1, 0}}},
                    .init_ih = {ELMAN_INIT_CONSTANT, 1},
                    .init_hh = {ELMAN_INIT_CONSTANT, 0.5}}}};
    float x[T];
    for (size_t t = 0; t < T; t++)
        x[t] = 1;
    elman_model *m = create(&config);
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    elman_attribution *a = explain(
        m, &batch,
        &(elman_attribution_config){.kind = ELMAN_ATTRIBUTION_GRADIENT});
    for (size_t t = 0; t < T; t++) {
        int lag = T - 1 - (int)t;
        double want = lag <= 90 ? ldexp(1, -lag) : 0;
        CHECK(a->steps[t] == want, "lag %d: %g not %g", lag, a->steps[t], want);
    }
    attribution_end(a);
    model_destroy(m);
}

TEST(of_a_curve_it_is_the_integral_not_the_gradient)
{
    /* y = sigmoid(x): the integral is y(x) - y(0), the gradient is not */
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_ACTIVATION,
                    .activation = {ELMAN_ACTIVATION_SIGMOID, 0, 0}}}};
    static const float x = 4;
    elman_model *m = create(&config);
    const elman_batch batch = {.T = 1, .B = 1, .x = &x};
    double y = 1 / (1 + exp(-4));
    elman_attribution *a = explain(m, &batch, NULL);
    CHECK(is_near(a->steps[0], y - 0.5, 1e-6), "%g", a->steps[0]);
    attribution_end(a);
    a = explain(
        m, &batch,
        &(elman_attribution_config){.kind = ELMAN_ATTRIBUTION_GRADIENT});
    CHECK(is_near(a->steps[0], 4 * y * (1 - y), 1e-6), "%g", a->steps[0]);
    CHECK(is_near(a->gap, y - 0.5 - 4 * y * (1 - y), 1e-6), "gap %g", a->gap);
    attribution_end(a);
    model_destroy(m);
}

/* ---- Random networks ----------------------------------------------------- */

typedef struct example {
    elman_config config;
    random_batch random;
    elman_batch batch;
    elman_model *m;
    size_t b;
} example;

static void example_create(example *e, uint64_t which)
{
    draws d = draws_begin(which);
    e->config = random_config(&d, MOST_H);
    e->random = draw_batch(&d, &e->config, MOST_B);
    e->b = draw_size(&d, 0, e->random.B - 1);

    /* one step at least of the sequence that is explained */
    if (e->random.lengths[e->b] == 0) {
        size_t row = e->config.batch_first ? e->b * e->random.T : e->b;
        e->random.lengths[e->b] = 1;
        e->random.tokens[row] = 0;
        for (size_t i = 0; i < e->config.input_size; i++)
            e->random.x[row * e->config.input_size + i] = 0.5f;
    }
    e->batch =
        (elman_batch){.T = e->random.T,
                      .B = e->random.B,
                      .x = e->config.input_size ? e->random.x : NULL,
                      .tokens = e->config.input_size ? NULL : e->random.tokens,
                      .lengths = e->random.lengths};
    e->m = create(&e->config);
}

/* Whether some function has a kink, where neither the rule nor a difference is
 * good. */
static bool has_kinks(const elman_model *m)
{
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        const elman_layer *c = &l->config;
        bool pools = c->kind == ELMAN_POOL && c->pool == ELMAN_POOL_MAX;
        if (c->clip > 0 || pools || c->activation.kind >= 3 ||
            (int)c->kind == ELMAN_RELU || c->kind == ELMAN_L2_NORM)
            return true;
        if (!l->cell) continue;
        for (size_t d = 0; d < l->D; d++)
            for (size_t k = 0; k < l->cell->function_count; k++)
                switch ((int)cell_activation(c, d, k).kind) {
                case ELMAN_ACTIVATION_TANH:
                case ELMAN_ACTIVATION_SIGMOID:
                case ELMAN_ACTIVATION_SCALED_TANH:
                case ELMAN_ACTIVATION_AFFINE:
                case ELMAN_ACTIVATION_SOFTPLUS:
                    break;
                default:
                    return true;
                }
    }
    return false;
}

TEST(random_networks_are_explained_completely)
{
    size_t complete = 0, all = 0;
    for (uint64_t i = 0; i < 300; i++) {
        example e;
        example_create(&e, i);
        elman_attribution *a =
            explain(e.m, &e.batch,
                    &(elman_attribution_config){.sequence = e.b, .points = 64});
        CHECK(a->T == e.random.lengths[e.b], "T %zu", a->T);
        double scale = fabs(a->answer) + fabs(a->baseline_answer), sum = 0;
        for (size_t t = 0; t < a->T; t++) {
            double step = 0;
            for (size_t k = 0; k < a->I; k++)
                step += a->values[t * a->I + k];
            CHECK(step == a->steps[t], "step %zu is no sum", t);
            sum += fabs(step);
        }
        CHECK(isfinite(a->gap), "network %d: the gap is %g", (int)i, a->gap);
        if (!has_kinks(e.m)) {
            double most = 2e-5 * (scale + sum) + 1e-6;
            bool small = fabs(a->gap) <= most;
            complete += small;
            all++;
            if (!small)
                print_message("network %d: gap %g of %g\n", (int)i, a->gap,
                              scale);
        }
        attribution_end(a);
        model_destroy(e.m);
    }
    CHECK(all > 60, "%zu networks without kinks are too few", all);
    CHECK(complete == all, "%zu of %zu are complete", complete, all);
}

TEST(as_many_points_are_taken_as_are_needed)
{
    /* softly bent: the 16 do; a relu's kink at 0.3 of the path: the most */
    for (int kink = 0; kink < 2; kink++) {
        const elman_config config = {
            .input_size = 1,
            .layers = {{.kind = ELMAN_LINEAR,
                        .output_size = 1,
                        .init_ih = {ELMAN_INIT_CONSTANT, 1},
                        .init_bias = {ELMAN_INIT_CONSTANT, -0.3}},
                       {.kind = ELMAN_ACTIVATION,
                        .activation = {kink ? ELMAN_ACTIVATION_RELU
                                            : ELMAN_ACTIVATION_TANH,
                                       0, 0}}}};
        static const float x = 1;
        elman_model *m = create(&config);
        const elman_batch batch = {.T = 1, .B = 1, .x = &x};
        elman_attribution *a = explain(m, &batch, NULL);
        elman_attribution *b = explain(
            m, &batch, &(elman_attribution_config){.points = kink ? 1024 : 16});
        CHECK(a->steps[0] == b->steps[0] && a->gap == b->gap &&
                  a->features[0] == b->features[0],
              "%g and %g", a->steps[0], b->steps[0]);
        CHECK(fabs(a->gap) < 1e-3 * a->steps[0], "the gap is %g", a->gap);
        attribution_end(a);
        attribution_end(b);
        model_destroy(m);
    }
}

TEST(a_chaotic_network_is_explained_as_far_back_as_it_can_be)
{
    enum { STEPS = 120, B = 1 };
    for (int both = 0; both < 2; both++) {
        const elman_config config = {
            .input_size = 2,
            .seed = 1,
            .layers = {{.kind = ELMAN_RNN,
                        .hidden_size = 24,
                        .bidirectional = both,
                        .init_ih = {ELMAN_INIT_UNIFORM, 2},
                        .init_hh = {ELMAN_INIT_NORMAL, 0.4}},
                       {.kind = ELMAN_POOL},
                       {.kind = ELMAN_LINEAR, .output_size = 2}}};
        elman_model *m = create(&config);
        static float x[STEPS * 2];
        draws d = draws_from(1, 12);
        for (size_t i = 0; i < STEPS * 2; i++)
            x[i] = draw_real(&d, -1, 1);
        const elman_batch batch = {.T = STEPS, .B = 1, .x = x};
        elman_attribution *a = explain(m, &batch, NULL);
        double size = 0;
        for (size_t t = 0; t < STEPS; t++) {
            size += fabs(a->steps[t]);
            if (t < a->first)
                CHECK(a->steps[t] == 0, "step %zu did %g", t, a->steps[t]);
        }

        /* a change at the end is chaotic at once for who reads backwards */
        CHECK(a->first > 0, "first is %zu", a->first);
        CHECK(both || a->first < STEPS - 1, "first is %zu", a->first);
        CHECK(both || fabs(a->gap) <= 0.01 * size, "the gap is %g of %g",
              a->gap, size);

        /* the baseline: the last steps zero, the others as they are */
        float y[2];
        elman_state *s;
        CHECK_OK(state_create(m, &(elman_state_config){.T = STEPS}, &s));
        CHECK_OK(model_forward(m, s, &batch, y));
        CHECK(a->answer == (double)y[a->output], "%g", a->answer);
        memset(x + a->first * 2, 0, (STEPS - a->first) * 2 * sizeof *x);
        state_reset(m, s);
        CHECK_OK(model_forward(m, s, &batch, y));
        CHECK(a->baseline_answer == (double)y[a->output], "%g not %g",
              a->baseline_answer, (double)y[a->output]);
        state_destroy(s);
        attribution_end(a);
        model_destroy(m);
    }
}

TEST(the_gap_falls_with_the_points)
{
    enum { T = 12 };
    const elman_config config = {
        .input_size = 2,
        .seed = 3,
        .layers = {{.kind = ELMAN_LSTM,
                    .hidden_size = 8,
                    .init_ih = {ELMAN_INIT_UNIFORM, 3}},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *m = create(&config);
    float x[T * 2];
    draws d = draws_begin(11);
    for (size_t i = 0; i < T * 2; i++)
        x[i] = draw_real(&d, -2, 2);
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    static const size_t counts[] = {1, 4, 16, 256};
    double before = INFINITY;
    for (size_t k = 0; k < 4; k++) {
        elman_attribution *a = explain(
            m, &batch, &(elman_attribution_config){.points = counts[k]});
        CHECK(fabs(a->gap) < before, "%zu points: gap %g after %g", counts[k],
              a->gap, before);
        before = fabs(a->gap);
        attribution_end(a);
    }
    CHECK(before < 1e-5, "the gap ends at %g", before);
    model_destroy(m);
}

/* The answer to input x, of which e.b's sequence is explained. */
static double answer_of(const example *e, const float *x,
                        const elman_attribution *a)
{
    elman_batch batch = e->batch;
    batch.x = x;
    elman_state *s;
    const elman_state_config room = {.T = batch.T, .B = batch.B};
    CHECK_OK(state_create(e->m, &room, &s));
    CHECK_OK(model_forward(e->m, s, &batch, NULL));
    const float *y = state_output(e->m, s);
    size_t blocks = model_outputs(e->m),
           O = e->m->layers[e->m->layer_count - 1].O / blocks;
    size_t row = e->m->info.per_sequence ? e->b : a->step * batch.B + e->b;
    double value = (double)
        y[a->output / O * batch.T * batch.B * O + row * O + a->output % O];
    state_destroy(s);
    return value;
}

TEST(occlusion_is_the_difference_of_two_answers)
{
    for (uint64_t i = 0; i < 120; i++) {
        example e;
        example_create(&e, 500 + i);
        size_t I = e.config.input_size;
        if (I == 0) {
            model_destroy(e.m);
            continue;
        }
        float base[MOST_I] = {0.25f, -0.5f, 1, 0, 2};
        elman_attribution *a = explain(
            e.m, &e.batch,
            &(elman_attribution_config){.kind = ELMAN_ATTRIBUTION_OCCLUSION,
                                        .sequence = e.b,
                                        .step = 1 + i % e.random.lengths[e.b],
                                        .baseline = base});
        CHECK(answer_of(&e, e.random.x, a) == a->answer, "another answer");
        for (size_t t = 0; t < a->T; t++) {
            size_t row = e.config.batch_first ? e.b * e.batch.T + t
                                              : t * e.batch.B + e.b;
            float x[MOST_T * MOST_B * MOST_I];
            memcpy(x, e.random.x, sizeof x);
            memcpy(x + row * I, base, I * sizeof *x);
            double want = a->answer - answer_of(&e, x, a);
            CHECK(a->steps[t] == want, "network %d step %zu: %g not %g", (int)i,
                  t, a->steps[t], want);
            for (size_t k = 0; k < I; k++) {
                memcpy(x, e.random.x, sizeof x);
                x[row * I + k] = base[k];
                want = a->answer - answer_of(&e, x, a);
                CHECK(a->values[t * I + k] == want,
                      "network %d [%zu][%zu]: %g not %g", (int)i, t, k,
                      a->values[t * I + k], want);
            }
        }
        attribution_end(a);
        model_destroy(e.m);
    }
}

TEST(gradients_are_differences)
{
    size_t seen = 0;
    for (uint64_t i = 0; i < 120; i++) {
        example e;
        example_create(&e, 700 + i);
        size_t I = e.config.input_size;
        if (I == 0 || has_kinks(e.m)) {
            model_destroy(e.m);
            continue;
        }
        seen++;
        elman_attribution *a =
            explain(e.m, &e.batch,
                    &(elman_attribution_config){
                        .kind = ELMAN_ATTRIBUTION_GRADIENT, .sequence = e.b});
        for (size_t t = 0; t < a->T; t++)
            for (size_t k = 0; k < I; k++) {
                size_t row = e.config.batch_first ? e.b * e.batch.T + t
                                                  : t * e.batch.B + e.b;
                float x[MOST_T * MOST_B * MOST_I];
                memcpy(x, e.random.x, sizeof x);
                float here = x[row * I + k], step = 0.01f;
                x[row * I + k] = here + step;
                double up = answer_of(&e, x, a);
                x[row * I + k] = here - step;
                double down = answer_of(&e, x, a);
                double want = (up - down) / (2 * 0.01) * (double)here;
                CHECK(fabs(a->values[t * I + k] - want) <=
                          2e-3 * (1 + fabs(want)),
                      "network %d [%zu][%zu]: %g not %g", (int)i, t, k,
                      a->values[t * I + k], want);
            }
        attribution_end(a);
        model_destroy(e.m);
    }
    CHECK(seen > 20, "%zu networks are too few", seen);
}

/* ---- Tokens -------------------------------------------------------------- */

TEST(tokens_are_their_embeddings_less_the_mean)
{
    /* y = w . embedding: a token does w (e - mean) */
    enum { V = 3, E = 2, T = 4 };
    const elman_config config = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = V, .embedding_dim = E},
            {.kind = ELMAN_POOL},
            {.kind = ELMAN_LINEAR, .output_size = 1}}};
    static const float table[V * E] = {1, 2, -3, 4, 5, 0}, w[E] = {2, -1};
    static const int32_t tokens[T] = {2, 0, 1, 1};
    elman_model *m = create(&config);
    CHECK_OK(model_write(m, "embedding.weight", V * E, table));
    CHECK_OK(model_write(m, "fc.weight", E, w));
    const elman_batch batch = {.T = T, .B = 1, .tokens = tokens};
    for (int kind = 0; kind <= ELMAN_ATTRIBUTION_OCCLUSION; kind++) {
        elman_attribution *a = explain(
            m, &batch,
            &(elman_attribution_config){.kind = (elman_attribution_kind)kind});
        CHECK(a->I == 1 && a->T == T, "I %zu T %zu", a->I, a->T);
        for (size_t t = 0; t < T; t++) {
            const float *e = table + tokens[t] * E;
            double want =
                (2 * ((double)e[0] - 1) - ((double)e[1] - 2)) / (double)T;
            CHECK(is_near(a->values[t], want, 1e-6) &&
                      a->values[t] == a->steps[t],
                  "kind %d: [%zu] is %g not %g", kind, t, a->values[t], want);
        }
        CHECK(fabs(a->gap) < 1e-6, "the gap is %g", a->gap);
        attribution_end(a);
    }

    /* or less what is given */
    static const float base[E] = {1, 2};
    elman_attribution *a = explain(
        m, &batch, &(elman_attribution_config){.baseline = base, .points = 1});
    CHECK(fabs(a->steps[1]) < 1e-7, "the baseline itself does %g", a->steps[1]);
    attribution_end(a);
    model_destroy(m);
}

TEST(a_language_model_answers_as_without_the_measurement)
{
    const elman_config config = {
        .seed = 5,
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 7, .embedding_dim = 3},
            {.kind = ELMAN_DROPOUT, .dropout = 0.5f},
            {.kind = ELMAN_GRU, .hidden_size = 6, .dropout = 0.5f},
            {.kind = ELMAN_LINEAR, .output_size = 7}}};
    static const int32_t tokens[5] = {6, 0, 3, 3, 1};
    elman_model *m = create(&config);
    const elman_batch batch = {.T = 5, .B = 1, .tokens = tokens};
    float y[5 * 7];
    elman_state *s;
    CHECK_OK(state_create(m, &(elman_state_config){.T = 5}, &s));
    CHECK_OK(model_forward(m, s, &batch, y));
    for (size_t step = 1; step <= 5; step++) {
        elman_attribution *a =
            explain(m, &batch, &(elman_attribution_config){.step = step});
        size_t best = 0;
        for (size_t v = 1; v < 7; v++)
            if (y[(step - 1) * 7 + v] > y[(step - 1) * 7 + best]) best = v;
        CHECK(a->output == best &&
                  a->answer == (double)y[(step - 1) * 7 + best],
              "step %zu: output %zu answer %g", step, a->output, a->answer);
        for (size_t t = step; t < 5; t++)
            CHECK(a->steps[t] == 0, "a later step did %g", a->steps[t]);
        CHECK(fabs(a->gap) < 1e-5, "the gap is %g", a->gap);
        attribution_end(a);
    }
    state_destroy(s);
    model_destroy(m);
}

/* ---- Bits ---------------------------------------------------------------- */

TEST(threads_and_instruction_sets_give_the_same_bits)
{
    for (uint64_t i = 0; i < 30; i++) {
        example e;
        example_create(&e, 900 + i);
        elman_attribution_config asked = {.kind =
                                              (elman_attribution_kind)(i % 3),
                                          .sequence = e.b,
                                          .points = i % 2 ? 40 : 0};
        elman_attribution *first = explain(e.m, &e.batch, &asked);
        for (const kernels *const *k = kernels_all(); *k; k++) {
            if (*k == &kernels_ref) continue;
            kernels_use(*k);
            asked.threads = asked.threads % 3 + 1;
            elman_attribution *a = explain(e.m, &e.batch, &asked);
            kernels_use(NULL);
            CHECK(
                !memcmp(a->values, first->values,
                        a->T * a->I * sizeof *a->values) &&
                    !memcmp(a->steps, first->steps, a->T * sizeof *a->steps) &&
                    !memcmp(&a->gap, &first->gap, sizeof a->gap),
                "network %d has other bits on %s with %d threads", (int)i,
                (*k)->isa, asked.threads);
            attribution_end(a);
        }
        attribution_end(first);
        model_destroy(e.m);
    }
}

/* ---- Bad input ----------------------------------------------------------- */

TEST(what_cannot_be_explained_is_refused)
{
    enum { T = 3, B = 2 };
    elman_config config = {.input_size = 1,
                           .layers = {{.kind = ELMAN_GRU, .hidden_size = 2}}};
    static const float x[T * B];
    static const size_t lengths[B] = {2, 0};
    elman_model *m = create(&config);
    elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};
    elman_attribution *a;
    static const struct {
        elman_attribution_config config;
        const char *message;
    } cases[] = {
        {{.kind = (elman_attribution_kind)3}, "kind is 3, expected 0 to 2"},
        {{.sequence = 2}, "sequence is 2, expected less than"},
        {{.sequence = 1}, "sequence 1 has 0 steps"},
        {{.step = 3}, "step is 3, expected 1 to the sequence's 2"},
        {{.output = 3}, "output is 3, expected 1 to the model's 2"},
        {{.points = 4097}, "points is 4097"},
        {{.threads = 65}, "threads is 65"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(attribution_begin(m, &batch, &cases[i].config, &a),
                    ELMAN_BAD_VALUE, cases[i].message);
    batch.x = NULL;
    CHECK_FAILS(attribution_begin(m, &batch, NULL, &a), ELMAN_BAD_VALUE,
                "the batch has no x");
    model_destroy(m);

    config = (elman_config){.layers = {{.kind = ELMAN_EMBEDDING,
                                        .num_embeddings = 2,
                                        .embedding_dim = 1}}};
    static const int32_t tokens[T * B] = {0, 0, 2};
    m = create(&config);
    CHECK_FAILS(attribution_begin(m, &batch, NULL, &a), ELMAN_BAD_VALUE,
                "the batch has no tokens");
    batch.tokens = tokens;
    CHECK_FAILS(attribution_begin(m, &batch, NULL, &a), ELMAN_BAD_VALUE,
                "the token at t 1, b 0 is 2, expected 0 to 1");
    model_destroy(m);
    attribution_end(NULL);
}

TEST(many_features_are_left_out_by_steps_alone)
{
    enum { T = 65, I = 64 };
    const elman_config config = {
        .input_size = I, .layers = {{.kind = ELMAN_RNN, .hidden_size = 2}}};
    static float x[T * I];
    for (size_t i = 0; i < T * I; i++)
        x[i] = (float)(i % 7) - 3;
    elman_model *m = create(&config);
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    elman_attribution *a = explain(
        m, &batch,
        &(elman_attribution_config){.kind = ELMAN_ATTRIBUTION_OCCLUSION});
    CHECK(a->steps[T - 1] != 0 && isnan(a->values[0]) && isnan(a->features[0]),
          "%g %g", a->steps[T - 1], a->values[0]);
    CHECK(isfinite(a->gap), "the gap is %g", a->gap);
    attribution_end(a);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_integrates_polynomials_exactly),
        cmocka_unit_test(of_a_linear_model_it_is_weight_times_input),
        cmocka_unit_test(the_largest_output_of_the_last_step_is_explained),
        cmocka_unit_test(of_the_adding_problem_it_is_the_marked_numbers),
        cmocka_unit_test(what_has_vanished_is_zero),
        cmocka_unit_test(of_a_curve_it_is_the_integral_not_the_gradient),
        cmocka_unit_test(random_networks_are_explained_completely),
        cmocka_unit_test(as_many_points_are_taken_as_are_needed),
        cmocka_unit_test(
            a_chaotic_network_is_explained_as_far_back_as_it_can_be),
        cmocka_unit_test(the_gap_falls_with_the_points),
        cmocka_unit_test(occlusion_is_the_difference_of_two_answers),
        cmocka_unit_test(gradients_are_differences),
        cmocka_unit_test(tokens_are_their_embeddings_less_the_mean),
        cmocka_unit_test(a_language_model_answers_as_without_the_measurement),
        cmocka_unit_test(threads_and_instruction_sets_give_the_same_bits),
        cmocka_unit_test(what_cannot_be_explained_is_refused),
        cmocka_unit_test(many_features_are_left_out_by_steps_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
