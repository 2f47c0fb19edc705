/*
 * test_passes.c: one state through passes of many shapes: room for all that are
 * not larger than it, and the bits of a state made for each.
 */
#include "check.h"
#include "elman.h"

static const elman_config networks[] = {
    {.input_size = 3, .layers = {{.kind = ELMAN_GRU, .hidden_size = 16}}},
    {.input_size = 3, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 64}}},
    {.input_size = 300, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 256}}},
    {.input_size = 5,
     .layers = {{.kind = ELMAN_LSTM,
                 .hidden_size = 40,
                 .proj_size = 9,
                 .bidirectional = true},
                {.kind = ELMAN_LINEAR, .output_size = 3}}},
    {.input_size = 9,
     .layers = {{.kind = ELMAN_RNN, .hidden_size = 70, .num_layers = 2}}},
};
enum { NETWORKS = sizeof networks / sizeof *networks };

TEST(a_larger_state_has_room_for_every_smaller_pass)
{
    for (size_t i = 0; i < NETWORKS; i++) {
        elman_model *m;
        CHECK_OK(elman_model_create(networks + i, &m));
        for (size_t T = 1; T <= 100; T = 3 * T + 1) {
            size_t before = 0;
            for (size_t B = 1; B <= 600; B++) {
                elman_state_config room = {.T = T, .B = B, .keep_steps = true};
                size_t now = elman_state_size(m, &room);
                room.T++;
                size_t longer = elman_state_size(m, &room);
                CHECK(now >= before, "network %zu T %zu B %zu", i, T, B);
                CHECK(longer >= now, "network %zu T %zu B %zu", i, T, B);
                before = now;
            }
        }
        elman_model_destroy(m);
    }
}

/* The output of a pass on a state that comes as after reset. */
static void run(const elman_model *m, elman_state *s, size_t T, size_t B,
                const float *x, float *y)
{
    elman_state_reset(m, s);
    CHECK_OK(
        elman_model_forward(m, s, &(elman_batch){.T = T, .B = B, .x = x}, y));
}

static void check_passes(const elman_config *config, size_t T, size_t B,
                         const size_t *batches, size_t count)
{
    elman_model *m;
    elman_state *all;
    CHECK_OK(elman_model_create(config, &m));
    CHECK_OK(elman_state_create(
        m, &(elman_state_config){.T = T, .B = B, .threads = 2}, &all));

    elman_model_info info = elman_model_read_info(m);
    float *x = guarded_floats(T * B * info.input_size);
    random_fill(3, T * B * info.input_size, -1, 1, x);

    /* smaller passes in the large state, and in states of their size */
    for (size_t i = 0; i < count; i++)
        for (size_t t = T; t > 0; t = t / 3) {
            size_t n = t * batches[i] * info.output_size;
            float *got = guarded_floats(n), *want = guarded_floats(n);
            elman_state *own;
            CHECK_OK(elman_state_create(
                m, &(elman_state_config){.T = t, .B = batches[i]}, &own));
            run(m, all, t, batches[i], x, got);
            run(m, own, t, batches[i], x, want);
            CHECK_BITS(got, want, n, "T %zu B %zu", t, batches[i]);
            elman_state_destroy(own);
            guarded_free(got, n);
            guarded_free(want, n);
        }

    guarded_free(x, T * B * info.input_size);
    elman_state_destroy(all);
    elman_model_destroy(m);
}

TEST(passes_of_other_shapes_give_the_bits_of_a_state_of_their_own)
{
    static const size_t batches[] = {65, 64, 63, 33, 1, 2, 130, 129, 128, 17};
    for (size_t i = 0; i < NETWORKS; i++)
        check_passes(networks + i, 10, 130, batches,
                     sizeof batches / sizeof *batches);
}

/* More than one prepared part; every third slot is free. */
TEST(many_streams_give_the_bits_of_a_whole_pass)
{
    enum { B = 150, STEPS = 6, I = 3, H = 64 };
    static float x[STEPS * B * I], y[B * H], whole[STEPS * B * H];
    elman_model *m;
    elman_state *streams, *all;
    CHECK_OK(elman_model_create(networks + 1, &m));
    CHECK_OK(elman_state_create(m, &(elman_state_config){.B = B}, &streams));
    CHECK_OK(
        elman_state_create(m, &(elman_state_config){.T = STEPS, .B = B}, &all));
    random_fill(4, STEPS * B * I, -1, 1, x);
    run(m, all, STEPS, B, x, whole);
    for (size_t b = 0; b < B; b += 3)
        CHECK_OK(elman_state_leave(m, streams, b));
    for (size_t t = 0; t < STEPS; t++) {
        CHECK_OK(elman_model_step(m, streams, x + t * B * I, y));
        for (size_t b = 0; b < B; b++)
            if (b % 3)
                CHECK_BITS(y + b * H, whole + (t * B + b) * H, H,
                           "step %zu stream %zu", t, b);
    }

    /* a free slot has no output */
    elman_tensor h;
    CHECK_FAILS(elman_state_view(m, streams, "layer0.h", &h), ELMAN_BAD_VALUE,
                "layer0.h of 150 sequences is not kept");
    CHECK_OK(elman_state_view(m, streams, "y", &h));
    for (size_t j = 0; j < H; j++)
        CHECK(h.data[j] == 0 && h.data[3 * H + j] == 0, "unit %zu", j);
    elman_state_destroy(streams);
    elman_state_destroy(all);
    elman_model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_larger_state_has_room_for_every_smaller_pass),
        cmocka_unit_test(
            passes_of_other_shapes_give_the_bits_of_a_state_of_their_own),
        cmocka_unit_test(many_streams_give_the_bits_of_a_whole_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
