/*
 * test_flow_bits.c: what is measured of gradients has the same bits on every
 * instruction set and with any number of threads.
 */
#include "inspect_grid.h"

#include "inspect/contributions.h"
#include "inspect/flow.h"
#include "inspect/pulse.h"
#include "inspect/truncation.h"
#include "kernel/kernel.h"
#include "base/hash.h"

enum { T = 70, B = 3, I = 5 };

static float x[T * B * I], values[T * B * 4];
static const size_t lengths[B] = {T, 0, 41};
static const elman_target target = {.values = values};
static const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};

static const elman_config networks[] = {
    {.input_size = I,
     .seed = 1,
     .layers = {{.kind = ELMAN_LSTM,
                 .hidden_size = 33,
                 .num_layers = 2,
                 .bidirectional = true,
                 .peephole = true,
                 .zoneout_cell = 0.2f},
                {.kind = ELMAN_LAYER_NORM},
                {.kind = ELMAN_GRU, .hidden_size = 17},
                {.kind = ELMAN_LINEAR, .output_size = 4}}},
    {.input_size = I,
     .seed = 2,
     .layers = {{.kind = ELMAN_LSTM, .hidden_size = 20, .proj_size = 7},
                {.kind = ELMAN_POOL, .pool = ELMAN_POOL_ATTENTION},
                {.kind = ELMAN_LINEAR, .output_size = 4}}},
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static void fill_inputs(void)
{
    draws d = draws_begin(1);
    for (size_t i = 0; i < T * B * I; i++)
        x[i] = draw_real(&d, -1, 1);
    for (size_t i = 0; i < T * B * 4; i++)
        values[i] = draw_real(&d, -1, 1);
}

/* ---- Hashes ------------------------------------------------------------- */

static uint64_t hash_horizon(uint64_t hash, const elman_horizon *h)
{
    for (size_t k = 0; k < h->T; k++)
        hash = hash_double(hash, h->norms[k]);
    hash = hash_double(hash, isnan(h->rate) ? -1 : h->rate);
    return hash_double(hash, (double)(h->half * 1000 + h->hundredth));
}

static uint64_t hash_flow(const elman_model *m, const elman_batch *batch,
                          int threads)
{
    elman_flow *flow = NULL;
    const elman_flow_config config = {.threads = threads, .sequence = 2};
    uint64_t hash = HASH_EMPTY;
    CHECK_OK(flow_begin(m, batch, &config, &flow));
    while (!flow->done)
        CHECK_OK(flow_step(flow));

    for (size_t i = 0; i < flow->count; i++) {
        const elman_flow_level *level = flow->levels + i;
        size_t n = flow->T * flow->T;
        hash = hash_floats(hash, n, level->h);
        hash = hash_horizon(hash, &level->horizon);
        if (!level->c) continue;
        hash = hash_floats(hash, n, level->c);
        hash = hash_floats(hash, n, level->c_path);
        hash = hash_floats(hash, n, level->h_path);
        hash = hash_horizon(hash, &level->c_horizon);
    }
    flow_end(flow);
    return hash;
}

static uint64_t hash_contributions(const elman_model *m,
                                   const elman_batch *batch)
{
    elman_contributions *all = NULL;
    uint64_t hash = HASH_EMPTY;
    CHECK_OK(contributions_begin(m, batch, &target, &loss, &all));
    while (!all->done)
        CHECK_OK(contributions_step(all));
    for (size_t i = 0; i < all->count; i++)
        for (size_t t = 0; t < all->T; t++) {
            hash = hash_double(hash, all->parameters[i].norms[t]);
            hash = hash_double(hash, all->parameters[i].shares[t]);
        }
    contributions_end(all);
    return hash;
}

static uint64_t hash_truncation(const elman_model *m, const elman_batch *batch)
{
    elman_truncation *all = NULL;
    uint64_t hash = HASH_EMPTY;
    CHECK_OK(truncation_begin(m, batch, &target, &loss, &all));
    while (!all->done)
        CHECK_OK(truncation_step(all));
    for (size_t i = 0; i < all->count; i++) {
        hash = hash_double(hash, all->windows[i].cosine);
        hash = hash_double(hash, all->windows[i].ratio);
    }
    truncation_end(all);
    return hash;
}

static uint64_t hash_pulse(const elman_model *m, const elman_batch *batch,
                           int threads)
{
    elman_pulse pulse;
    CHECK_OK(pulse_read(m, batch, threads, &pulse));
    uint64_t hash = hash_double(HASH_EMPTY, pulse.horizon);
    hash = hash_double(hash, isnan(pulse.rate) ? -1 : pulse.rate);
    return hash_double(hash, pulse.saturation);
}

/* ---- Everywhere the same ------------------------------------------------ */

typedef struct hashes {
    uint64_t flow, contributions, truncation, pulse;
} hashes;

static hashes hash_all(const elman_model *m, int threads)
{
    const elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};
    return (hashes){hash_flow(m, &batch, threads),
                    hash_contributions(m, &batch), hash_truncation(m, &batch),
                    hash_pulse(m, &batch, threads)};
}

TEST(every_instruction_set_and_number_of_threads_gives_the_same_bits)
{
    fill_inputs();
    for (size_t i = 0; i < NETWORKS; i++) {
        elman_model *m = NULL;
        hashes want = {0};
        CHECK_OK(model_create(networks + i, &m));
        for (const kernels *const *k = kernels_all(); *k; k++) {
            kernels_use(*k);
            for (int threads = 1; threads <= 5; threads += 2) {
                hashes got = hash_all(m, threads);
                if (!want.flow) want = got;
                CHECK(memcmp(&got, &want, sizeof got) == 0,
                      "network %zu, %s, %d threads: flow %d contributions %d "
                      "truncation %d pulse %d",
                      i, (*k)->isa, threads, got.flow == want.flow,
                      got.contributions == want.contributions,
                      got.truncation == want.truncation,
                      got.pulse == want.pulse);
            }
        }
        kernels_use(NULL);
        model_destroy(m);
    }
}

/* Where a sequence stands in the batch, and what pads it, is of no matter. */
TEST(a_sequence_alone_gives_the_bits_it_has_in_a_batch)
{
    fill_inputs();
    const elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};
    for (size_t i = 0; i < NETWORKS; i++) {
        elman_model *m = NULL;
        CHECK_OK(model_create(networks + i, &m));
        static float own[T * I];
        for (size_t t = 0; t < lengths[2]; t++)
            memcpy(own + t * I, x + (t * B + 2) * I, I * sizeof *own);
        const elman_batch alone = {.T = lengths[2], .B = 1, .x = own};

        elman_flow *flow[2] = {NULL};
        CHECK_OK(flow_begin(m, &batch, &(elman_flow_config){.sequence = 2},
                            &flow[0]));
        CHECK_OK(flow_begin(m, &alone, NULL, &flow[1]));
        for (size_t j = 0; j < 2; j++)
            while (!flow[j]->done)
                CHECK_OK(flow_step(flow[j]));
        CHECK(flow[0]->T == flow[1]->T, "steps");
        for (size_t j = 0; j < flow[0]->count; j++)
            CHECK(memcmp(flow[0]->levels[j].h, flow[1]->levels[j].h,
                         flow[0]->T * flow[0]->T * sizeof(float)) == 0,
                  "network %zu level %zu", i, j);
        flow_end(flow[0]);
        flow_end(flow[1]);
        model_destroy(m);
    }
}

/* The last loss is a row like the others, and one backward by itself; but where
 * nothing is left a row ends. */
TEST(a_row_is_what_backward_gives_for_its_loss_alone)
{
    enum { STEPS = 60 };
    fill_inputs();
    const elman_batch batch = {.T = STEPS, .B = 1, .x = x};
    static const elman_config stack = {
        .input_size = I,
        .seed = 3,
        .layers = {{.kind = ELMAN_LSTM,
                    .hidden_size = 19,
                    .num_layers = 2,
                    .dropout = 0.3f,
                    .coupled = true},
                   {.kind = ELMAN_LINEAR, .output_size = 9},
                   {.kind = ELMAN_GRU,
                    .hidden_size = 12,
                    .bidirectional = true,
                    .merge = ELMAN_MERGE_MUL},
                   {.kind = ELMAN_LAYER_NORM},
                   {.kind = ELMAN_INDRNN, .hidden_size = 8},
                   {.kind = ELMAN_L2_NORM},
                   {.kind = ELMAN_SOFTMAX}}};
    elman_model *m = NULL;
    elman_flow *flow = NULL;
    CHECK_OK(model_create(&stack, &m));
    CHECK_OK(flow_begin(m, &batch, NULL, &flow));
    while (!flow->done)
        CHECK_OK(flow_step(flow));

    for (size_t i = 0; i < flow->count; i++) {
        const elman_flow_level *level = flow->levels + i;
        double norms[STEPS];
        if (level->reverse) continue;
        CHECK_OK(flow_read(m, &batch, level->level, norms));
        for (size_t k = 0; k < STEPS; k++) {
            float got = level->h[(STEPS - 1) * STEPS + STEPS - 1 - k];
            bool faint = got < 0x1p-60f && norms[k] < 0x1p-60;
            CHECK(got == (float)norms[k] || faint,
                  "%s, %zu steps back: %g not %g", level->name, k, (double)got,
                  norms[k]);
        }
    }
    flow_end(flow);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_instruction_set_and_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(a_sequence_alone_gives_the_bits_it_has_in_a_batch),
        cmocka_unit_test(a_row_is_what_backward_gives_for_its_loss_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
