/*
 * test_threads.c: when and how threads share the steps of streams. Whether they
 * do is seen by the number of runs that the team has begun, so nothing here
 * depends on how fast the machine is.
 */
#include <time.h>

#include "base/random.h"
#include "base/thread.h"
#include "check.h"
#include "elman.h"
#include "layer/recurrent.h"

/* ---- Ticks of many streams ----------------------------------------------- */

/* One model, and a state that steps it on one thread and one on several. */
typedef struct pair {
    elman_model *model;
    elman_state *alone, *together;
    size_t B, I, O;
    float *x, *y, *want;
} pair;

static pair pair_open(const elman_config *config, size_t B, int threads)
{
    pair p = {.B = B, .I = config->input_size};
    CHECK_OK(elman_model_create(config, &p.model));
    p.O = elman_model_read_info(p.model).output_size;
    CHECK_OK(
        elman_state_create(p.model, &(elman_state_config){.B = B}, &p.alone));
    CHECK_OK(elman_state_create(
        p.model, &(elman_state_config){.B = B, .threads = threads},
        &p.together));

    p.x = calloc(B * p.I, sizeof *p.x);
    p.y = calloc(B * p.O, sizeof *p.y);
    p.want = calloc(B * p.O, sizeof *p.want);
    CHECK(p.x && p.y && p.want, "no memory");
    return p;
}

static void pair_close(pair *p)
{
    elman_state_destroy(p->alone);
    elman_state_destroy(p->together);
    elman_model_destroy(p->model);
    free(p->x);
    free(p->y);
    free(p->want);
}

/* A tick on several threads; returns the runs that it took. */
static uint64_t tick(pair *p)
{
    uint64_t before = thread_runs();
    CHECK_OK(elman_model_step(p->model, p->together, p->x, p->y));
    return thread_runs() - before;
}

static void pause_ms(long milliseconds)
{
    nanosleep(&(struct timespec){0, milliseconds * 1000000}, NULL);
}

TEST(a_tick_of_many_streams_is_shared_however_far_apart_ticks_are)
{
    /* a thousand at once, and few whose weights come from memory */
    static const struct {
        size_t H, B;
    } sizes[] = {{256, 1000}, {256, 130}, {64, 2000}, {512, 64}, {1024, 1}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int threads = 2; threads <= 4; threads += 2) {
            elman_config config = {
                .input_size = 16,
                .layers = {{.kind = ELMAN_LSTM, .hidden_size = sizes[i].H}}};
            pair p = pair_open(&config, sizes[i].B, threads);
            for (long t = 0; t < 3; t++) {
                CHECK(tick(&p) > 0, "H %zu B %zu threads %d, tick %ld",
                      sizes[i].H, sizes[i].B, threads, t);
                pause_ms(2 * t);
            }
            pair_close(&p);
        }
}

TEST(a_short_tick_never_wakes_threads_that_sleep)
{
    static const struct {
        size_t H, B;
    } sizes[] = {{8, 1}, {40, 1}, {64, 30}, {128, 8}, {256, 1}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        elman_config config = {
            .input_size = 16,
            .layers = {{.kind = ELMAN_LSTM, .hidden_size = sizes[i].H},
                       {.kind = ELMAN_LINEAR, .output_size = 2 * sizes[i].H}}};
        pair p = pair_open(&config, sizes[i].B, 2);

        /* once those that looked for work have gone to sleep */
        int alone = 0;
        for (int t = 0; t < 2000 && alone < 5; t++) {
            pause_ms(5);
            alone = tick(&p) ? 0 : alone + 1;
        }
        CHECK(alone == 5, "H %zu B %zu", sizes[i].H, sizes[i].B);
        pair_close(&p);
    }
}

/* ---- The bits of shared steps -------------------------------------------- */

static const elman_config networks[] = {
    {.input_size = 3, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 40}}},
    {.input_size = 17, .layers = {{.kind = ELMAN_GRU, .hidden_size = 33}}},
    {.input_size = 5, .layers = {{.kind = ELMAN_RNN, .hidden_size = 7}}},
    {.input_size = 9,
     .layers = {{.kind = ELMAN_LSTM,
                 .hidden_size = 40,
                 .proj_size = 17,
                 .peephole = true,
                 .num_layers = 2},
                {.kind = ELMAN_LINEAR, .output_size = 3}}},
    {.input_size = 1,
     .layers = {{.kind = ELMAN_GRU, .hidden_size = 130},
                {.kind = ELMAN_LAYER_NORM},
                {.kind = ELMAN_MINGRU, .hidden_size = 20}}},
};

/* A few steps of both, with some slots left free. */
static void compare_steps(pair *p, size_t network, walk_sharing sharing)
{
    for (size_t b = 0; b < p->B; b++)
        if (b % 7 == 3) {
            CHECK_OK(elman_state_leave(p->model, p->alone, b));
            CHECK_OK(elman_state_leave(p->model, p->together, b));
        }

    for (uint64_t t = 0; t < 4; t++) {
        random_fill(t, p->B * p->I, -2, 2, p->x);
        CHECK_OK(elman_model_step(p->model, p->alone, p->x, p->want));
        CHECK_OK(elman_model_step(p->model, p->together, p->x, p->y));
        CHECK_BITS(p->y, p->want, p->B * p->O,
                   "network %zu B %zu, sharing %d, step %zu", network, p->B,
                   (int)sharing, (size_t)t);
    }
}

TEST(shared_steps_have_the_bits_of_one_thread)
{
    static const size_t sizes[] = {1, 2, 5, 63, 64, 65, 130, 300};

    for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (walk_sharing how = WALK_ALONE; how <= WALK_UNITS; how++) {
                walk_force(how);
                pair p = pair_open(&networks[n], sizes[i], 2 + (int)(i % 3));
                compare_steps(&p, n, how);
                pair_close(&p);
            }
    walk_force(WALK_UNDECIDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_tick_of_many_streams_is_shared_however_far_apart_ticks_are),
        cmocka_unit_test(a_short_tick_never_wakes_threads_that_sleep),
        cmocka_unit_test(shared_steps_have_the_bits_of_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
