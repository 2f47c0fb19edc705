/*
 * test_gates.c: gates and units over a batch: networks whose gates are known
 * beforehand, and random ones against a count by hand.
 */
#include "check.h"
#include "inspect/gates.h"
#include "model/model.h"
#include "model/reference.h"
#include "random_batch.h"

enum { T = 7, B = 3 };

/* All of it at once. */
static elman_gates *measure(const elman_model *m, const elman_batch *batch)
{
    elman_gates *gates;
    CHECK_OK(gates_begin(m, batch, &gates));
    double before = -1;
    while (!gates->done) {
        CHECK_OK(gates_step(gates));
        CHECK(gates->progress > before, "progress went from %g to %g", before,
              gates->progress);
        before = gates->progress;
    }
    CHECK(before == 1, "progress ended at %g", before);
    CHECK_OK(gates_step(gates));
    return gates;
}

static bool is_near(double got, double want, double tolerance)
{
    return (isnan(got) && isnan(want)) || got == want ||
           fabs(got - want) <= tolerance * (1 + fabs(want));
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* A batch of zeros, of which the first sequence has 7 steps, the second 2. */
static elman_batch nothing_in(size_t I)
{
    static const float x[T * B * 4];
    static const size_t lengths[B] = {7, 2, 0};
    CHECK(I <= 4, "x is too small");
    return (elman_batch){.T = T, .B = B, .x = x, .lengths = lengths};
}

/* ---- Gates that are known ------------------------------------------------ */

/* Weights of 0 and these biases of the gates (G): constant gates. */
static elman_model *create_constant(elman_layer wanted, size_t G,
                                    const float *biases)
{
    const elman_init zero = {ELMAN_INIT_CONSTANT, 0};
    wanted.init_ih = wanted.init_bias = zero;
    if (wanted.kind != ELMAN_MINGRU && wanted.kind != ELMAN_MINLSTM)
        wanted.init_hh = zero;
    const elman_config config = {.input_size = 2, .layers = {wanted}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(model_write(m, "rnn.bias_ih_l0", G, biases));
    return m;
}

TEST(shares_at_the_ends_are_those_of_the_gates)
{
    /* i f g o of two units each */
    static const float biases[8] = {-5, 0, 5, 0, 3, -3, 0, 0};
    elman_model *m = create_constant(
        (elman_layer){.kind = ELMAN_LSTM, .hidden_size = 2}, 8, biases);
    elman_batch batch = nothing_in(2);
    elman_gates *gates = measure(m, &batch);
    CHECK(gates->count == 1, "count is %zu", gates->count);
    const elman_gates_level *l = gates->levels;
    CHECK(strcmp(l->name, "layer0") == 0 && l->H == 2 && l->gate_count == 4,
          "%s H %zu gates %zu", l->name, l->H, l->gate_count);

    static const struct {
        const char *name;
        double least, low, high, mean;
    } wants[4] = {{"i", 0, 0.5, 0, 0},
                  {"f", 0, 0, 0.5, 0},
                  {"g", -1, 0.5, 0.5, 0},
                  {"o", 0, 0, 0, 0.5}};
    for (size_t g = 0; g < 4; g++) {
        const elman_gate *gate = l->gates + g;
        CHECK(strcmp(gate->name, wants[g].name) == 0, "%s", gate->name);
        CHECK(gate->least == wants[g].least && gate->most == 1,
              "%s spans %g to %g", gate->name, gate->least, gate->most);
        CHECK(gate->low == wants[g].low && gate->high == wants[g].high,
              "%s: %g low, %g high", gate->name, gate->low, gate->high);
        uint64_t all = 0;
        for (size_t k = 0; k < ELMAN_GATE_BINS; k++)
            all += gate->histogram[k];
        CHECK(all == 18, "%s: %d values", gate->name, (int)all);
    }
    CHECK(l->gates[0].unit_low[0] == 1 && l->gates[0].unit_low[1] == 0 &&
              l->gates[2].unit_high[0] == 1 && l->gates[2].unit_low[1] == 1,
          "units are not told apart");
    CHECK(is_near(l->gates[0].unit_mean[0], sigmoid(-5), 1e-6), "mean %g",
          l->gates[0].unit_mean[0]);
    CHECK(l->gates[3].histogram[20] == 18, "0.5 is not in the bin from 0.5");
    CHECK(l->saturation == 4 / 8.0, "saturation is %g", l->saturation);
    gates_end(gates);
    model_destroy(m);
}

TEST(the_ends_of_the_range_are_in_the_outer_bins)
{
    static const float biases[2] = {100, -100};
    elman_model *m = create_constant(
        (elman_layer){.kind = ELMAN_RNN, .hidden_size = 2}, 2, biases);
    elman_batch batch = nothing_in(2);
    elman_gates *gates = measure(m, &batch);
    const elman_gate *h = gates->levels->gates;
    CHECK(h->histogram[0] == 9 && h->histogram[ELMAN_GATE_BINS - 1] == 9,
          "the ends are elsewhere");
    CHECK(h->low == 0.5 && h->high == 0.5, "%g %g", h->low, h->high);

    /* stuck at an end: saturated, and dead too */
    CHECK(gates->levels->dead == 2 && gates->levels->unit_dead[1],
          "%zu are dead", gates->levels->dead);
    CHECK(gates->levels->duplicates == 0, "dead units are no pair");
    CHECK(gates->levels->time_constant == NULL, "nothing keeps");
    gates_end(gates);
    model_destroy(m);
}

/* The time constant of the first unit of a cell with these constant gates. */
static void check_time(elman_layer wanted, size_t gates, const float *sums,
                       double want)
{
    wanted.hidden_size = 2;
    float biases[8] = {0};
    for (size_t g = 0; g < gates; g++)
        biases[2 * g] = sums[g];
    elman_model *m = create_constant(wanted, 2 * gates, biases);
    elman_batch batch = nothing_in(2);
    elman_gates *made = measure(m, &batch);
    const double *time = made->levels->time_constant;
    CHECK(time != NULL, "kind %d has none", (int)wanted.kind);
    CHECK(is_near(time[0], want, 1e-5), "kind %d: %g not %g", (int)wanted.kind,
          time[0], want);

    double all = 0;
    for (size_t k = 0; k < ELMAN_TIME_BINS; k++)
        all += made->levels->time_share[k];
    CHECK(all == 1, "shares sum to %g", all);
    gates_end(made);
    model_destroy(m);
}

static double time_of(double kept) { return -1 / log(kept); }

TEST(time_constants_are_those_of_what_a_cell_keeps)
{
    static const float sums[4] = {0.5f, 2, -1, 0.25f};
    double a = sigmoid(0.5), b = sigmoid(2);
    check_time((elman_layer){.kind = ELMAN_LSTM}, 4, sums, time_of(b));
    check_time((elman_layer){.kind = ELMAN_LSTM, .coupled = true}, 4, sums,
               time_of(1 - a));
    check_time((elman_layer){.kind = ELMAN_GRU}, 3, sums, time_of(b));
    check_time((elman_layer){.kind = ELMAN_GRU, .reset_before = true}, 3, sums,
               time_of(b));
    check_time((elman_layer){.kind = ELMAN_LIGRU}, 2, sums, time_of(a));
    check_time((elman_layer){.kind = ELMAN_MINGRU}, 2, sums, time_of(1 - a));
    check_time((elman_layer){.kind = ELMAN_MINLSTM}, 3, sums,
               time_of(a / (a + b)));

    /* zoneout keeps more: of c in an LSTM, of h elsewhere */
    check_time((elman_layer){.kind = ELMAN_LSTM,
                             .zoneout = 0.5f,
                             .zoneout_cell = 0.25f},
               4, sums, time_of(0.25 + 0.75 * b));
    check_time((elman_layer){.kind = ELMAN_GRU, .zoneout = 0.25f}, 3, sums,
               time_of(0.25 + 0.75 * b));

    /* one that keeps all, and one that keeps nothing */
    static const float ends[4] = {0, 100, 0, 0};
    check_time((elman_layer){.kind = ELMAN_LSTM}, 4, ends, INFINITY);
    static const float nothing[4] = {0, -200, 0, 0};
    check_time((elman_layer){.kind = ELMAN_LSTM}, 4, nothing, 0);
}

TEST(units_are_shared_out_by_their_time)
{
    enum { H = 9 };
    static const double times[H] = {0.5, 2, 5, 20, 50, 200, 500, 2000, 20000};
    float biases[3 * H] = {0};
    for (size_t j = 0; j < H; j++) {
        double z = exp(-1 / times[j]);
        biases[H + j] = (float)log(z / (1 - z));
    }
    elman_model *m = create_constant(
        (elman_layer){.kind = ELMAN_GRU, .hidden_size = H}, 3 * H, biases);
    elman_batch batch = nothing_in(2);
    elman_gates *gates = measure(m, &batch);
    for (size_t k = 0; k < ELMAN_TIME_BINS; k++) {
        double want = (k == ELMAN_TIME_BINS - 1 ? 2 : 1) / (double)H;
        CHECK(gates->levels->time_share[k] == want, "bin %zu has %g", k,
              gates->levels->time_share[k]);
    }
    gates_end(gates);
    model_destroy(m);
}

/* ---- Units that are known ------------------------------------------------ */

TEST(dead_and_equal_units_are_found)
{
    /* unit 0 as 2, 1 the opposite of both, 3 another; 4 is dead */
    enum { H = 5 };
    elman_config config = {.input_size = 1,
                           .layers = {{.kind = ELMAN_RNN,
                                       .hidden_size = H,
                                       .init_hh = {ELMAN_INIT_CONSTANT, 0},
                                       .init_bias = {ELMAN_INIT_CONSTANT, 0}}}};
    static const float w[H] = {0.5f, -0.5f, 0.5f, 5, 0};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(model_write(m, "rnn.weight_ih_l0", H, w));

    float x[T * B];
    draws d = draws_begin(1);
    for (size_t i = 0; i < T * B; i++)
        x[i] = draw_real(&d, -2, 2);
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_gates *gates = measure(m, &batch);
    const elman_gates_level *l = gates->levels;
    CHECK(l->dead == 1 && l->unit_dead[4], "%zu are dead", l->dead);
    static const elman_unit_pair wants[3] = {{0, 1, -1}, {0, 2, 1}, {1, 2, -1}};
    CHECK(l->duplicates == 3, "%zu pairs", l->duplicates);
    for (size_t i = 0; i < 3; i++)
        CHECK(l->pairs[i].first == wants[i].first &&
                  l->pairs[i].second == wants[i].second &&
                  is_near(l->pairs[i].correlation, wants[i].correlation, 1e-6),
              "pair %zu is %zu and %zu, %g", i, l->pairs[i].first,
              l->pairs[i].second, l->pairs[i].correlation);
    gates_end(gates);
    model_destroy(m);
}

TEST(a_relu_that_is_hardly_ever_active_is_dead)
{
    /* unit 0 at one of 1,001 steps, unit 1 at two of them */
    enum { STEPS = 1001 };
    static float x[STEPS * 2];
    x[2 * 17] = 1;
    x[2 * 17 + 1] = x[2 * 400 + 1] = 1;
    elman_config config = {.input_size = 2,
                           .layers = {{.kind = ELMAN_RNN,
                                       .hidden_size = 2,
                                       .nonlinearity = ELMAN_ACTIVATION_RELU,
                                       .init_ih = {ELMAN_INIT_IDENTITY, 1},
                                       .init_hh = {ELMAN_INIT_CONSTANT, 0},
                                       .init_bias = {ELMAN_INIT_CONSTANT, 0}}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    elman_batch batch = {.T = STEPS, .B = 1, .x = x};
    elman_gates *gates = measure(m, &batch);
    const elman_gates_level *l = gates->levels;
    CHECK(l->unit_dead[0] && !l->unit_dead[1] && l->dead == 1, "%zu are dead",
          l->dead);
    CHECK(l->saturation == 0, "a relu has no end, but saturation is %g",
          l->saturation);
    gates_end(gates);
    model_destroy(m);
}

TEST(equal_units_are_found_among_many)
{
    enum { H = 150, STEPS = 40 };
    elman_config config = {
        .input_size = 3,
        .seed = 7,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = H, .no_bias = true}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));

    /* unit 140 gets the weights of unit 3; without w_hh they say the same */
    float *w = calloc(3 * H * H, sizeof *w);
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", 3 * H * H, w));
    CHECK_OK(model_read(m, "rnn.weight_ih_l0", 3 * H * 3, w));
    for (size_t g = 0; g < 3; g++)
        memcpy(w + (g * H + 140) * 3, w + (g * H + 3) * 3, 3 * sizeof *w);
    CHECK_OK(model_write(m, "rnn.weight_ih_l0", 3 * H * 3, w));
    free(w);

    float x[STEPS * 2 * 3];
    draws d = draws_begin(2);
    for (size_t i = 0; i < STEPS * 2 * 3; i++)
        x[i] = draw_real(&d, -2, 2);
    elman_batch batch = {.T = STEPS, .B = 2, .x = x};
    elman_gates *gates = measure(m, &batch);
    bool found = false;
    for (size_t i = 0; i < gates->levels->duplicates; i++)
        if (gates->levels->pairs[i].first == 3 &&
            gates->levels->pairs[i].second == 140)
            found = is_near(gates->levels->pairs[i].correlation, 1, 1e-6);
    CHECK(found, "the pair is not among %zu", gates->levels->duplicates);
    gates_end(gates);
    model_destroy(m);
}

/* ---- Random networks ----------------------------------------------------- */

/* The double-precision reference over the same batch, in evaluation. */
static reference *run_reference(const elman_model *m, const random_batch *batch)
{
    reference *r;
    CHECK_OK(reference_create(elman_model_config(m), batch->T, batch->B, &r));
    size_t at = 0, count = batch->T * batch->B * MOST_I;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        parameter_doubles(m, m->parameters + i, r->weights + at);
        at += m->parameters[i].count;
    }
    double x[MOST_T * MOST_B * MOST_I];
    for (size_t i = 0; i < count; i++)
        x[i] = (double)batch->x[i];
    const reference_batch in = {.T = batch->T,
                                .B = batch->B,
                                .x = x,
                                .tokens = batch->tokens,
                                .lengths = batch->lengths};
    CHECK_OK(reference_forward(r, &in, NULL));
    return r;
}

/* Means, spreads and times of a level against the reference's numbers. */
static void check_level(const elman_gates_level *l, const layer *at,
                        const reference_direction *d, const random_batch *batch)
{
    size_t H = l->H, steps = 0;
    for (size_t b = 0; b < batch->B; b++)
        steps += batch->lengths[b];
    const double *unit = at->config.proj_size ? d->c : d->h;

    for (size_t j = 0; j < H; j++) {
        double sum = 0, squares = 0;
        for (size_t t = 0; t < batch->T; t++)
            for (size_t b = 0; b < batch->B; b++)
                if (t < batch->lengths[b])
                    sum += unit[(t * batch->B + b) * H + j];
        for (size_t t = 0; t < batch->T; t++)
            for (size_t b = 0; b < batch->B; b++)
                if (t < batch->lengths[b])
                    squares += pow(unit[(t * batch->B + b) * H + j] -
                                       sum / (double)steps,
                                   2);
        double want = sqrt(squares / (double)steps);
        CHECK(is_near(l->unit_spread[j], want, 1e-4), "spread %g not %g",
              l->unit_spread[j], want);
    }

    for (size_t g = 0; g < l->gate_count; g++)
        for (size_t j = 0; j < H; j++) {
            double sum = 0;
            for (size_t t = 0; t < batch->T; t++)
                for (size_t b = 0; b < batch->B; b++)
                    if (t < batch->lengths[b])
                        sum += d->gate[(t * batch->B + b) * at->G + g * H + j];
            double want = sum / (double)steps, got = l->gates[g].unit_mean[j];
            CHECK(is_near(got, want, 1e-4), "%s of %s: mean %g not %g",
                  l->gates[g].name, l->name, got, want);
        }
}

/* What must be so whatever the numbers are. */
static void check_shares(const elman_gates_level *l, size_t steps)
{
    for (size_t g = 0; g < l->gate_count; g++) {
        const elman_gate *gate = l->gates + g;
        uint64_t all = 0;
        for (size_t k = 0; k < ELMAN_GATE_BINS; k++)
            all += gate->histogram[k];
        CHECK(all == steps * l->H, "%s: %d values of %zu", gate->name, (int)all,
              steps * l->H);
        CHECK(gate->least <= gate->mean && gate->mean <= gate->most,
              "%s: mean %g outside %g to %g", gate->name, gate->mean,
              gate->least, gate->most);
        double low = 0;
        for (size_t j = 0; j < l->H; j++)
            low += gate->unit_low[j] / (double)l->H;
        CHECK(is_near(gate->low, low, 1e-12), "%g %g", gate->low, low);
    }
}

/* A batch whose first sequence has all steps. */
static random_batch draw_filled(draws *d, const elman_config *config)
{
    random_batch random = draw_batch(d, config, MOST_B);
    random.lengths[0] = random.T;
    for (size_t t = 0; t < random.T; t++) {
        size_t row = config->batch_first ? t : t * random.B;
        for (size_t i = 0; i < config->input_size; i++)
            random.x[row * config->input_size + i] = 0.25f;
        random.tokens[row] = 0;
    }
    return random;
}

static elman_batch batch_of(const random_batch *random)
{
    return (elman_batch){.T = random->T,
                         .B = random->B,
                         .x = random->x,
                         .tokens = random->tokens,
                         .lengths = random->lengths};
}

TEST(random_networks_agree_with_the_reference)
{
    for (uint64_t i = 0; i < 200; i++) {
        draws d = draws_begin(i);
        elman_config config = random_config(&d, MOST_H);
        random_batch random = draw_filled(&d, &config);
        elman_batch batch = batch_of(&random);
        elman_model *m;
        CHECK_OK(model_create(&config, &m));
        elman_gates *gates = measure(m, &batch);
        reference *r = run_reference(m, &random);

        size_t steps = 0, k = 0;
        for (size_t b = 0; b < random.B; b++)
            steps += random.lengths[b];
        for (size_t n = 0; n < m->layer_count; n++) {
            const layer *at = m->layers + n;
            for (size_t side = 0; at->cell && side < at->D; side++, k++) {
                check_shares(gates->levels + k, steps);
                check_level(gates->levels + k, at,
                            reference_level(r, at->level, side), &random);
            }
        }
        CHECK(k == gates->count, "%zu levels of %zu", gates->count, k);
        reference_destroy(r);
        gates_end(gates);
        model_destroy(m);
    }
}

TEST(every_instruction_set_gives_the_same_bits)
{
    for (uint64_t i = 0; i < 20; i++) {
        draws d = draws_begin(1000 + i);
        elman_config config = random_config(&d, MOST_H);
        random_batch random = draw_filled(&d, &config);
        elman_batch batch = batch_of(&random);
        elman_model *m;
        CHECK_OK(model_create(&config, &m));
        elman_gates *first = measure(m, &batch);
        for (const kernels *const *k = kernels_all(); *k; k++) {
            if (*k == &kernels_ref) continue;
            kernels_use(*k);
            elman_gates *other = measure(m, &batch);
            kernels_use(NULL);
            for (size_t n = 0; n < first->count; n++) {
                const elman_gates_level *a = first->levels + n,
                                        *b = other->levels + n;
                CHECK(!memcmp(a->unit_spread, b->unit_spread,
                              a->H * sizeof *a->unit_spread) &&
                          !memcmp(&a->saturation, &b->saturation,
                                  sizeof a->saturation) &&
                          !memcmp(a->gates->histogram, b->gates->histogram,
                                  sizeof a->gates->histogram) &&
                          !memcmp(a->gates->unit_mean, b->gates->unit_mean,
                                  a->H * sizeof *a->gates->unit_mean) &&
                          !memcmp(a->time_share, b->time_share,
                                  sizeof a->time_share) &&
                          (!a->time_constant ||
                           !memcmp(a->time_constant, b->time_constant,
                                   a->H * sizeof *a->time_constant)),
                      "%s has other bits on %s", a->name, (*k)->isa);
            }
            gates_end(other);
        }
        gates_end(first);
        model_destroy(m);
    }
}

/* ---- Bad input ----------------------------------------------------------- */

TEST(what_cannot_be_measured_is_refused)
{
    elman_config config = {
        .input_size = 2, .layers = {{.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_batch batch = nothing_in(2);
    elman_model *m;
    elman_gates *gates;
    CHECK_OK(model_create(&config, &m));
    CHECK_FAILS(gates_begin(m, &batch, &gates), ELMAN_BAD_VALUE,
                "no recurrent level");
    model_destroy(m);

    static const size_t none[B];
    config.layers[0] = (elman_layer){.kind = ELMAN_RNN, .hidden_size = 2};
    CHECK_OK(model_create(&config, &m));
    batch.lengths = none;
    CHECK_OK(gates_begin(m, &batch, &gates));
    CHECK_FAILS(gates_step(gates), ELMAN_BAD_VALUE, "lengths");
    gates_end(gates);

    batch.x = NULL;
    CHECK_OK(gates_begin(m, &batch, &gates));
    CHECK_FAILS(gates_step(gates), ELMAN_BAD_VALUE, "no x");
    gates_end(gates);
    gates_end(NULL);
    model_destroy(m);
}

TEST(values_that_are_not_finite_are_in_no_count)
{
    float x[T * B * 2] = {0};
    x[0] = NAN;
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_config config = {.input_size = 2,
                           .layers = {{.kind = ELMAN_LSTM, .hidden_size = 2}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    elman_gates *gates = measure(m, &batch);
    const elman_gates_level *l = gates->levels;
    uint64_t all = 0;
    for (size_t k = 0; k < ELMAN_GATE_BINS; k++)
        all += l->gates[0].histogram[k];
    CHECK(all == 2 * T * (B - 1), "%d values", (int)all);
    CHECK(isfinite(l->gates[0].mean), "the mean is %g", l->gates[0].mean);
    CHECK(isnan(l->unit_spread[0]) && l->dead == 0 && l->duplicates == 0,
          "a NaN counts for something");
    gates_end(gates);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_at_the_ends_are_those_of_the_gates),
        cmocka_unit_test(the_ends_of_the_range_are_in_the_outer_bins),
        cmocka_unit_test(time_constants_are_those_of_what_a_cell_keeps),
        cmocka_unit_test(units_are_shared_out_by_their_time),
        cmocka_unit_test(dead_and_equal_units_are_found),
        cmocka_unit_test(a_relu_that_is_hardly_ever_active_is_dead),
        cmocka_unit_test(equal_units_are_found_among_many),
        cmocka_unit_test(random_networks_agree_with_the_reference),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
        cmocka_unit_test(values_that_are_not_finite_are_in_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
