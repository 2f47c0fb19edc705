/*
 * test_streams.c: streams that come and go in a state give the bits that each
 * would give alone, step by step.
 */
#include <stdio.h>

#include "check.h"
#include "elman.h"
#include "base/random.h"
#include "folder.h"
#include "kernel/kernel.h"

enum { SLOTS = 5, STEPS = 60, WIDEST_IN = 90, WIDEST_OUT = 256 };

/* Alone and among others: what each slot should give. */
typedef struct crowd {
    elman_model *model;
    elman_state *all, *alone[SLOTS];
    bool here[SLOTS];
    size_t I, O;
    uint64_t drawn;
} crowd;

static size_t draw(crowd *c, uint64_t below)
{
    static const random_key key = {.seed = 5, .purpose = RANDOM_TEST};
    return (size_t)random_below(key, c->drawn++, below);
}

static void crowd_open(const elman_config *config, int threads, crowd *c)
{
    *c = (crowd){.model = NULL};
    CHECK_OK(elman_model_create(config, &c->model));
    elman_state_config many = {.B = SLOTS, .empty = true, .threads = threads};
    CHECK_OK(elman_state_create(c->model, &many, &c->all));
    for (size_t b = 0; b < SLOTS; b++)
        CHECK_OK(elman_state_create(c->model, &(elman_state_config){.T = 1},
                                    &c->alone[b]));
    elman_model_info info = elman_model_read_info(c->model);
    c->I = info.input_size;
    c->O = info.output_size;
}

static void crowd_close(crowd *c)
{
    elman_state_destroy(c->all);
    for (size_t b = 0; b < SLOTS; b++)
        elman_state_destroy(c->alone[b]);
    elman_model_destroy(c->model);
}

/* Somebody comes, goes, begins again, or nothing happens. */
static void stir(crowd *c)
{
    size_t b = draw(c, SLOTS), slot;

    /* join, leave, reset or nothing */
    switch (draw(c, 4)) {
    case 0:
        if (elman_state_join(c->model, c->all, &slot)) break;
        CHECK(!c->here[slot], "slot %zu was taken", slot);
        c->here[slot] = true;
        elman_state_reset(c->model, c->alone[slot]);
        break;
    case 1:
        if (!c->here[b]) break;
        CHECK_OK(elman_state_leave(c->model, c->all, b));
        c->here[b] = false;
        break;
    case 2:
        if (!c->here[b]) break;
        CHECK_OK(elman_state_reset_one(c->model, c->all, b));
        elman_state_reset(c->model, c->alone[b]);
        break;
    default:
        break;
    }
}

/* A step of all, and of each alone. */
static void step(crowd *c, size_t t)
{
    static float x[SLOTS * WIDEST_IN], y[SLOTS * WIDEST_OUT];
    float one[WIDEST_OUT];
    random_fill(t, SLOTS * c->I, -2, 2, x);

    /* slots without a stream are not read and not written */
    for (size_t b = 0; b < SLOTS; b++)
        for (size_t j = 0; j < c->I && !c->here[b]; j++)
            x[b * c->I + j] = NAN; /* not read */
    for (size_t i = 0; i < SLOTS * c->O; i++)
        y[i] = 77;

    CHECK_OK(elman_model_step(c->model, c->all, x, y));
    for (size_t b = 0; b < SLOTS; b++) {
        const float *got = y + b * c->O;
        if (!c->here[b]) {
            CHECK(got[0] == 77, "step %zu writes at free slot %zu", t, b);
            continue;
        }
        CHECK_OK(elman_model_step(c->model, c->alone[b], x + b * c->I, one));
        CHECK_BITS(got, one, c->O, "step %zu slot %zu", t, b);
    }
}

static const elman_config networks[] = {
    {.input_size = 3, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 20}}},
    {.input_size = 90, .layers = {{.kind = ELMAN_GRU, .hidden_size = 48}}},
    {.input_size = 5, .layers = {{.kind = ELMAN_RNN, .hidden_size = 7}}},
    {.input_size = 64, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 256}}},
    {.input_size = 9,
     .layers = {{.kind = ELMAN_LSTM,
                 .hidden_size = 40,
                 .proj_size = 17,
                 .num_layers = 2},
                {.kind = ELMAN_LINEAR, .output_size = 3}}},
    {.input_size = 9,
     .layers = {{.kind = ELMAN_GRU,
                 .hidden_size = 33,
                 .learned_state = true,
                 .reset_before = true},
                {.kind = ELMAN_LAYER_NORM},
                {.kind = ELMAN_LSTM, .hidden_size = 16, .zoneout = 0.25f},
                {.kind = ELMAN_SOFTMAX}}},
};

static void run(const elman_config *config, int threads)
{
    crowd c;
    crowd_open(config, threads, &c);
    for (size_t t = 0; t < STEPS; t++) {
        stir(&c);
        step(&c, t);
    }
    crowd_close(&c);
}

TEST(streams_that_come_and_go_give_the_bits_of_each_alone)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        for (const kernels *const *k = kernels_all(); *k; k++) {
            kernels_use(*k);
            run(networks + i, 1);
            run(networks + i, 2);
        }
    kernels_use(NULL);
}

TEST(a_saved_state_knows_its_streams)
{
    crowd c;
    char path[PATH_ROOM];
    crowd_open(networks, 1, &c);
    for (size_t t = 0; t < 20; t++) {
        stir(&c);
        step(&c, t);
    }

    /* another state takes over from the file */
    snprintf(path, sizeof path, "%.400s/state", folder_path);
    CHECK_OK(elman_state_save(c.model, c.all, path));
    elman_state *again;
    CHECK_OK(elman_state_create(
        c.model, &(elman_state_config){.B = SLOTS, .empty = true}, &again));
    CHECK_OK(elman_state_load(c.model, again, path));
    elman_state_destroy(c.all);
    c.all = again;

    for (size_t t = 20; t < STEPS; t++) {
        step(&c, t);
        stir(&c);
    }
    crowd_close(&c);
}

TEST(misuse_of_slots_is_reported)
{
    crowd c;
    size_t b;
    crowd_open(networks, 1, &c);
    for (size_t i = 0; i < SLOTS; i++) {
        CHECK_OK(elman_state_join(c.model, c.all, &b));
        CHECK(b == i, "joined at %zu", b);
    }
    CHECK_FAILS(elman_state_join(c.model, c.all, &b), ELMAN_BAD_VALUE,
                "all B 5 slots have a stream");
    CHECK_FAILS(elman_state_leave(c.model, c.all, SLOTS), ELMAN_BAD_VALUE,
                "b is 5, expected less than B 5");
    elman_state *training;
    CHECK_OK(elman_state_create(
        c.model, &(elman_state_config){.training = true}, &training));
    CHECK_FAILS(elman_state_leave(c.model, training, 0), ELMAN_BAD_VALUE,
                "the state is for training");
    elman_state_destroy(training);
    CHECK_FAILS(elman_state_create(
                    c.model,
                    &(elman_state_config){.training = true, .empty = true},
                    &training),
                ELMAN_BAD_VALUE, "empty is set");

    /* a forward takes the slots it runs */
    CHECK_OK(elman_state_leave(c.model, c.all, 1));
    float x[2 * 3] = {0};
    CHECK_OK(elman_model_forward(c.model, c.all,
                                 &(elman_batch){.T = 1, .B = 2, .x = x}, NULL));
    CHECK_FAILS(elman_state_join(c.model, c.all, &b), ELMAN_BAD_VALUE,
                "all B 5 slots have a stream");
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_that_come_and_go_give_the_bits_of_each_alone),
        cmocka_unit_test(a_saved_state_knows_its_streams),
        cmocka_unit_test(misuse_of_slots_is_reported),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
