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
    size_t I, V, O;
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
    c->V = info.vocabulary;
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

/* What all slots read in a step; those without a stream are not read. */
typedef struct slots_input {
    float x[SLOTS * WIDEST_IN];
    int32_t tokens[SLOTS];
} slots_input;

static const slots_input *input(crowd *c, size_t t)
{
    static slots_input in;
    random_fill(t, SLOTS * c->I, -2, 2, in.x);
    for (size_t b = 0; b < SLOTS; b++) {
        in.tokens[b] = c->here[b] ? (int32_t)draw(c, c->V + 1) : -7;
        if (in.tokens[b] == (int32_t)c->V) in.tokens[b] = 0;
        for (size_t j = 0; j < c->I && !c->here[b]; j++)
            in.x[b * c->I + j] = NAN;
    }
    return &in;
}

/* A step of all streams, or, by forward, of some of them: runs says which. What
 * does not run is not written, or 0. */
static float step_all(crowd *c, const slots_input *in, bool *runs, float *y)
{
    size_t lengths[SLOTS];
    bool by_forward = draw(c, 2);
    for (size_t b = 0; b < SLOTS; b++) {
        runs[b] = c->here[b] && (!by_forward || draw(c, 4));
        lengths[b] = runs[b];
    }
    for (size_t i = 0; i < SLOTS * c->O; i++)
        y[i] = 77;

    if (!by_forward) {
        if (c->V)
            CHECK_OK(elman_model_step_tokens(c->model, c->all, in->tokens, y));
        else CHECK_OK(elman_model_step(c->model, c->all, in->x, y));
        return 77;
    }
    const elman_batch batch = {.T = 1,
                               .B = SLOTS,
                               .x = in->x,
                               .tokens = in->tokens,
                               .lengths = lengths};
    CHECK_OK(elman_model_forward(c->model, c->all, &batch, y));
    return 0;
}

/* And of each that ran alone. */
static void step(crowd *c, size_t t)
{
    static float y[SLOTS * WIDEST_OUT];
    float one[WIDEST_OUT];
    bool runs[SLOTS];
    const slots_input *in = input(c, t);
    float idle = step_all(c, in, runs, y);

    for (size_t b = 0; b < SLOTS; b++) {
        const float *got = y + b * c->O;
        if (!runs[b]) {
            CHECK(got[0] == idle, "step %zu, idle slot %zu: %g", t, b,
                  (double)got[0]);
            continue;
        }
        if (c->V)
            CHECK_OK(elman_model_step_tokens(c->model, c->alone[b],
                                             in->tokens + b, one));
        else
            CHECK_OK(
                elman_model_step(c->model, c->alone[b], in->x + b * c->I, one));
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
                {.kind = ELMAN_L2_NORM},
                {.kind = ELMAN_SOFTMAX}}},

    /* tokens, one vector of all steps, all that has a memory of its own */
    {.layers = {{.kind = ELMAN_EMBEDDING,
                 .num_embeddings = 50,
                 .embedding_dim = 8},
                {.kind = ELMAN_GRU, .hidden_size = 16}}},
    {.layers = {{.kind = ELMAN_EMBEDDING,
                 .num_embeddings = 1,
                 .embedding_dim = 3},
                {.kind = ELMAN_DROPOUT, .dropout = 0.5f},
                {.kind = ELMAN_MINLSTM, .hidden_size = 5, .num_layers = 2},
                {.kind = ELMAN_POOL, .pool = ELMAN_POOL_ATTENTION},
                {.kind = ELMAN_LINEAR, .output_size = 4}}},
    {.input_size = 2,
     .layers = {{.kind = ELMAN_LIGRU, .hidden_size = 6, .learned_state = true},
                {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MAX}}},
    {.input_size = 2,
     .batch_first = true,
     .layers = {{.kind = ELMAN_INDRNN, .hidden_size = 6},
                {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MEAN},
                {.kind = ELMAN_ACTIVATION,
                 .activation = {ELMAN_ACTIVATION_SOFTPLUS, 0, 0}}}},
    {.layers = {{.kind = ELMAN_EMBEDDING,
                 .num_embeddings = 9,
                 .embedding_dim = 4},
                {.kind = ELMAN_MINGRU, .hidden_size = 7},
                {.kind = ELMAN_LAST},
                {.kind = ELMAN_LINEAR, .output_size = 3}}},
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

    /* a forward takes the slots for which it has steps */
    float x[2 * 3] = {0};
    elman_batch two = {.T = 1, .B = 2, .x = x, .lengths = (size_t[]){1, 0}};
    CHECK_OK(elman_state_leave(c.model, c.all, 1));
    CHECK_OK(elman_model_forward(c.model, c.all, &two, NULL));
    CHECK_OK(elman_state_join(c.model, c.all, &b));
    CHECK(b == 1, "joined at %zu", b);
    CHECK_OK(elman_state_leave(c.model, c.all, 1));
    two.lengths = NULL;
    CHECK_OK(elman_model_forward(c.model, c.all, &two, NULL));
    CHECK_FAILS(elman_state_join(c.model, c.all, &b), ELMAN_BAD_VALUE,
                "all B 5 slots have a stream");
    crowd_close(&c);
}

TEST(a_token_out_of_range_is_refused_before_any_stream_moves)
{
    crowd c;
    size_t a, b;
    crowd_open(networks + 6, 1, &c);
    CHECK_OK(elman_state_join(c.model, c.all, &a));
    CHECK_OK(elman_state_join(c.model, c.all, &b));
    float y[SLOTS * WIDEST_OUT], h[SLOTS * 16];
    elman_tensor view;
    CHECK_OK(elman_state_view(c.model, c.all, "h", &view));

    /* before the first step and after it; free slots have no token */
    for (int round = 0; round < 2; round++) {
        int32_t tokens[SLOTS] = {3, 50, -1, 99, -1};
        memcpy(h, view.data, sizeof h);
        CHECK_FAILS(elman_model_step_tokens(c.model, c.all, tokens, y),
                    ELMAN_BAD_VALUE,
                    "the token of stream 1 is 50, expected 0 to 49");
        tokens[1] = -1;
        CHECK_FAILS(elman_model_step_tokens(c.model, c.all, tokens, y),
                    ELMAN_BAD_VALUE, "the token of stream 1 is -1");
        CHECK_BITS(view.data, h, SLOTS * 16, "h");
        tokens[1] = 49;
        CHECK_OK(elman_model_step_tokens(c.model, c.all, tokens, y));
        CHECK_FAILS(elman_model_step(c.model, c.all, y, y), ELMAN_BAD_VALUE,
                    "expected elman_model_step_tokens");
    }
    crowd_close(&c);

    crowd_open(networks, 1, &c);
    CHECK_FAILS(elman_model_step_tokens(c.model, c.all, (int32_t[SLOTS]){0}, y),
                ELMAN_BAD_VALUE, "expected elman_model_step");
    crowd_close(&c);
}

/* A training state takes tokens as well: the bits of a forward. */
TEST(a_step_of_tokens_with_training_is_a_forward)
{
    elman_model *model;
    elman_state *stepped, *run;
    const elman_state_config config = {.B = 2, .training = true};
    const int32_t tokens[2] = {4, 0};
    const elman_batch batch = {.T = 1, .B = 2, .tokens = tokens};
    float got[2 * 3], want[2 * 3], dy[2 * 3] = {1, 2, 3, 4, 5, 6};
    CHECK_OK(elman_model_create(networks + 10, &model));
    CHECK_OK(elman_state_create(model, &config, &stepped));
    CHECK_OK(elman_state_create(model, &config, &run));
    CHECK_OK(elman_model_step_tokens(model, stepped, tokens, got));
    CHECK_OK(elman_model_forward(model, run, &batch, want));
    CHECK_BITS(got, want, 6, "y");
    CHECK_OK(elman_model_backward(model, stepped, dy, NULL));
    elman_state_destroy(run);
    elman_state_destroy(stepped);
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_that_come_and_go_give_the_bits_of_each_alone),
        cmocka_unit_test(a_saved_state_knows_its_streams),
        cmocka_unit_test(misuse_of_slots_is_reported),
        cmocka_unit_test(
            a_token_out_of_range_is_refused_before_any_stream_moves),
        cmocka_unit_test(a_step_of_tokens_with_training_is_a_forward),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
