/*
 * test_threads.c: when and how threads share the steps of streams, and the life
 * of the team: its limit, its end, fork. Whether threads share is seen by the
 * number of runs that the team has begun, so nothing here depends on how fast
 * the machine is, but for short ticks, which a sanitizer makes long ones.
 * Plug-ins are in tests/plugin.
 */
#include <stdatomic.h>

#include "base/random.h"
#include "base/system.h"
#include "base/thread.h"
#include "check.h"
#include "elman.h"
#include "layer/recurrent.h"
#include "pace.h"
#include "system.h"

/* The thread sanitizer ends children of fork that begin threads, unless it is
 * told not to. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "die_after_fork=0"; }

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
            for (unsigned t = 0; t < 3; t++) {
                CHECK(tick(&p) > 0, "H %zu B %zu threads %d, tick %u",
                      sizes[i].H, sizes[i].B, threads, t);
                pause_ms(2 * t);
            }
            pair_close(&p);
        }
}

TEST(a_short_tick_never_wakes_threads_that_sleep)
{
    if (PACE > 1) return; /* there a short tick is a long one */
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

/* ---- The team ------------------------------------------------------------ */

static pair large_pair(int threads)
{
    elman_config config = {
        .input_size = 16, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 256}}};
    return pair_open(&config, 130, threads);
}

TEST(a_limit_holds_for_every_pass_from_then_on)
{
    pair p = large_pair(4);
    CHECK(tick(&p) > 0, "no limit");
    CHECK_OK(elman_threads_limit(1));
    CHECK(tick(&p) == 0, "a limit of 1");
    CHECK_OK(elman_threads_limit(2));
    CHECK(tick(&p) > 0, "a limit of 2");
    CHECK_OK(elman_threads_limit(0));
    CHECK(tick(&p) > 0, "no limit again");

    CHECK_FAILS(elman_threads_limit(-1), ELMAN_BAD_VALUE,
                "threads is -1, expected 1 or more, or 0 for no limit");
    pair_close(&p);
}

static void count_done(void *context)
{
    for (int i = 0; i < 20; i++)
        pause_ms(1);
    atomic_fetch_add((atomic_int *)context, 1);
}

TEST(the_end_of_all_threads_waits_for_them_and_the_next_pass_begins_anew)
{
    pair p = large_pair(3);
    for (int i = 0; i < 20; i++) {
        /* a task of each kind: ended before, and after */
        atomic_int done = 0;
        thread_task *first, *second;
        CHECK_OK(thread_begin(count_done, &done, &first));
        CHECK_OK(thread_begin(count_done, &done, &second));
        thread_end(first);

        CHECK(tick(&p) > 0, "round %d", i);
        if (i % 3 == 0) pause_ms(5); /* they sleep */
        elman_threads_end();
        CHECK(atomic_load(&done) == 2 && thread_is_done(second), "round %d", i);
        if (i % 2) elman_threads_end();
        thread_end(second);
    }
    pair_close(&p);
}

#ifndef _WIN32 /* which has no fork */

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { FORKS = 0 }; /* their locks may be held for ever in a child */
#else
enum { FORKS = 20 };
#endif

static atomic_bool over;

static void tick_on(void *given)
{
    while (!atomic_load(&over))
        tick(given);
}

/* What a child does: passes with the bits of one thread, a team of its own. */
static int child_result(pair *p)
{
    alarm(60);
    uint64_t runs = 0;
    for (int t = 0; t < 3; t++) {
        runs += tick(p);
        if (elman_model_step(p->model, p->alone, p->x, p->want)) return 1;
        if (memcmp(p->y, p->want, p->B * p->O * sizeof *p->y)) return 2;
    }
    if (runs == 0) return 3;
    elman_threads_end();
    return 0;
}

TEST(a_child_of_fork_computes_while_the_team_of_its_parent_works)
{
    pair busy = large_pair(2), idle = large_pair(2);
    system_thread worker;
    atomic_store(&over, false);
    assert_true(system_thread_start(tick_on, &busy, 1 << 20, &worker));

    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) _exit(child_result(&idle));
        int status = 1;
        assert_int_equal(waitpid(child, &status, 0), child);
        CHECK(status == 0, "child %d: status %d", i, status);
        pause_ms(1);
    }

    atomic_store(&over, true);
    system_thread_join(&worker);
    pair_close(&busy);
    pair_close(&idle);
}

/* A model, and what of it is made late: for training, a view, an optimizer. */
static void make_all(void *given)
{
    (void)given;
    const elman_config config = {
        .input_size = 64, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 64}}};
    const elman_state_config training = {.training = true};
    const elman_optimizer_config rule = {.learning_rate = 0.1};
    elman_model *model;
    elman_state *state;
    elman_optimizer *optimizer;
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_state_create(model, &training, &state));
    CHECK_OK(elman_optimizer_create(model, &rule, &optimizer));
    elman_optimizer_destroy(optimizer);
    elman_state_destroy(state);
    elman_model_destroy(model);
}

static void make_on(void *given)
{
    while (!atomic_load(&over))
        make_all(given);
}

TEST(a_child_of_fork_makes_what_a_thread_of_its_parent_was_making)
{
    system_thread worker;
    atomic_store(&over, false);
    assert_true(system_thread_start(make_on, NULL, 1 << 20, &worker));

    for (int i = 0; i < 15 * FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            make_all(NULL);
            _exit(0);
        }
        int status = 1;
        assert_int_equal(waitpid(child, &status, 0), child);
        CHECK(status == 0, "child %d: status %d", i, status);
    }

    atomic_store(&over, true);
    system_thread_join(&worker);
}

#endif

/* Runs after the library's own end, as destructors of a program may. */
static pair late;
__attribute__((destructor(101))) static void compute_late(void)
{
    if (!late.model) return;
    if (elman_model_step(late.model, late.together, late.x, late.y)) _exit(9);
    pair_close(&late);
}

TEST(a_pass_after_the_end_of_the_program_began_is_left_alone)
{
    late = large_pair(2);
    tick(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_tick_of_many_streams_is_shared_however_far_apart_ticks_are),
        cmocka_unit_test(a_short_tick_never_wakes_threads_that_sleep),
        cmocka_unit_test(shared_steps_have_the_bits_of_one_thread),
        cmocka_unit_test(a_limit_holds_for_every_pass_from_then_on),
        cmocka_unit_test(
            the_end_of_all_threads_waits_for_them_and_the_next_pass_begins_anew),
#ifndef _WIN32
        cmocka_unit_test(
            a_child_of_fork_computes_while_the_team_of_its_parent_works),
        cmocka_unit_test(
            a_child_of_fork_makes_what_a_thread_of_its_parent_was_making),
#endif
        cmocka_unit_test(
            a_pass_after_the_end_of_the_program_began_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
