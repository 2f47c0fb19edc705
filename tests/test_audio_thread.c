/*
 * test_audio_thread.c: what a thread calls that must never wait. Each network
 * runs in a process of its own where the kernel ends whoever makes a system
 * call other than write (Linux's seccomp, strict); allocations are counted.
 */
#include "check.h"

#if defined __linux__ && !defined __SANITIZE_ADDRESS__ &&                      \
    !defined __SANITIZE_THREAD__
#define STRICT 1
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "allocator.h"

enum { T = 64, B = 2, MOST_O = 48, TURNS = 40, NO_STRICT = 100 };

/* ---- Networks ------------------------------------------------------------ */

#define HEAD                                                                   \
    {                                                                          \
        .kind = ELMAN_LINEAR, .output_size = 1                                 \
    }

static const elman_config networks[] = {
    {.layers = {{.kind = ELMAN_LSTM, .hidden_size = 7}, HEAD}},
    {.layers = {{.kind = ELMAN_LSTM, .hidden_size = 40}, HEAD}},
    {.layers = {{.kind = ELMAN_LSTM, .hidden_size = 16, .num_layers = 3},
                HEAD}},
    {.layers = {{.kind = ELMAN_LSTM, .hidden_size = 12, .peephole = true},
                {.kind = ELMAN_GRU, .hidden_size = 20},
                HEAD}},
    {.layers = {{.kind = ELMAN_LSTM, .hidden_size = 16, .proj_size = 5}}},
    {.layers = {{.kind = ELMAN_LSTM, .hidden_size = 24, .clip = .5f}, HEAD}},
    {.layers = {{.kind = ELMAN_GRU, .hidden_size = 16}, HEAD}},
    {.layers = {{.kind = ELMAN_GRU, .hidden_size = 9, .reset_before = true},
                HEAD}},
    {.layers = {{.kind = ELMAN_RNN, .hidden_size = 15}, HEAD}},
    {.layers = {{.kind = ELMAN_RNN,
                 .hidden_size = 16,
                 .activations = {{{.kind = ELMAN_ACTIVATION_SOFTSIGN}}}},
                HEAD}},
    {.layers = {{.kind = ELMAN_INDRNN, .hidden_size = 16}, HEAD}},
    {.layers = {{.kind = ELMAN_LIGRU, .hidden_size = 16}, HEAD}},
    {.layers = {{.kind = ELMAN_MINGRU, .hidden_size = 16}, HEAD}},
    {.layers = {{.kind = ELMAN_MINLSTM, .hidden_size = 16}, HEAD}},
    {.layers = {{.kind = ELMAN_LSTM, .hidden_size = 16},
                {.kind = ELMAN_ACTIVATION,
                 .activation = {.kind = ELMAN_ACTIVATION_TANH}},
                {.kind = ELMAN_LINEAR, .output_size = MOST_O}}},
};

enum { NETWORKS = sizeof networks / sizeof *networks };

typedef struct subject {
    elman_model *model;
    elman_state *state, *other;
    float x[T * B], y[T * B * MOST_O];
} subject;

static void open_subject(subject *s, size_t which, size_t sequences)
{
    elman_config config = networks[which];
    config.input_size = 1;
    CHECK_OK(elman_model_create(&config, &s->model));
    elman_state_config sizes = {.T = T, .B = sequences, .threads = 1};
    CHECK_OK(elman_state_create(s->model, &sizes, &s->state));
    CHECK_OK(elman_state_create(s->model, &sizes, &s->other));
    random_fill(which, sizeof s->x / sizeof *s->x, -1, 1, s->x);
}

static void close_subject(subject *s)
{
    elman_state_destroy(s->state);
    elman_state_destroy(s->other);
    elman_model_destroy(s->model);
}

/* ---- Calls --------------------------------------------------------------- */

static elman_status call_step(subject *s)
{
    return elman_model_step(s->model, s->state, s->x, s->y);
}

static elman_status forward(subject *s, size_t steps)
{
    elman_batch batch = {.T = steps, .B = 1, .x = s->x};
    return elman_model_forward(s->model, s->state, &batch, s->y);
}

static elman_status call_block(subject *s) { return forward(s, T); }
static elman_status call_short_block(subject *s) { return forward(s, 3); }
static elman_status call_forward_of_one(subject *s) { return forward(s, 1); }

static elman_status call_reset(subject *s)
{
    elman_state_reset(s->model, s->state);
    elman_status status = elman_state_reset_one(s->model, s->state, 0);
    return status ? status : call_step(s);
}

static elman_status call_copy(subject *s)
{
    elman_status status = elman_state_copy(s->other, s->state);
    return status ? status : call_step(s);
}

static elman_status call_leave_and_join(subject *s)
{
    size_t b;
    elman_status status = elman_state_leave(s->model, s->state, 0);
    if (!status) status = elman_state_join(s->model, s->state, &b);
    return status ? status : call_step(s);
}

static elman_status call_view(subject *s)
{
    elman_tensor view;
    return elman_state_view(s->model, s->state, "y", &view);
}

static elman_status call_that_fails(subject *s)
{
    return forward(s, T + 1) ? call_step(s) : ELMAN_BAD_VALUE;
}

static const struct {
    const char *name;
    elman_status (*call)(subject *s);
} calls[] = {
    {"step", call_step},
    {"forward of a block", call_block},
    {"forward of three steps", call_short_block},
    {"forward of one step", call_forward_of_one},
    {"reset", call_reset},
    {"copy", call_copy},
    {"leave and join", call_leave_and_join},
    {"view", call_view},
    {"a call that fails", call_that_fails},
};

enum { CALLS = sizeof calls / sizeof *calls };

#ifdef STRICT

/* What the process that is watched says, in memory of both. */
typedef struct report {
    size_t call;         /* the one it makes */
    elman_status status; /* of the last one */
    size_t allocations;
} report;

/* Ends as a thread does: exit_group is not allowed. */
static _Noreturn void run_watched(subject *s, report *r)
{
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
        syscall(SYS_exit, NO_STRICT);
    allocator_reset();

    for (size_t turn = 0; turn < TURNS && !r->status; turn++)
        for (r->call = 0; r->call < CALLS && !r->status; r->call++)
            r->status = calls[r->call].call(s);

    r->allocations = allocator_read().calls;
    syscall(SYS_exit, 0);
    for (;;) {
    }
}

static void check_network(size_t which, report *r)
{
    static subject s;
    *r = (report){0};
    open_subject(&s, which, 1);

    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) run_watched(&s, r);
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    close_subject(&s);

    if (WIFEXITED(how) && WEXITSTATUS(how) == NO_STRICT) skip();
    size_t call = r->call < CALLS ? r->call : CALLS - 1;
    CHECK(WIFEXITED(how), "network %zu ended by a system call in %s", which,
          calls[call].name);
    CHECK(r->status == ELMAN_OK, "network %zu: status %d after call %zu", which,
          (int)r->status, r->call);
    CHECK(r->allocations == 0, "network %zu: %zu allocations", which,
          r->allocations);
}

#endif

TEST(nothing_that_runs_a_network_allocates_or_makes_a_system_call)
{
#ifdef STRICT
    report *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(r != MAP_FAILED);
    for (size_t i = 0; i < NETWORKS; i++)
        check_network(i, r);
    munmap(r, sizeof *r);
#else
    print_message("only Linux, without sanitizers, can forbid system calls\n");
    skip();
#endif
}

/* Without watching system calls, for every system. */
TEST(nothing_that_runs_a_network_allocates)
{
    static subject s;
    for (size_t i = 0; i < NETWORKS; i++) {
        open_subject(&s, i, 1);
        allocator_reset();
        for (size_t c = 0; c < 2 * CALLS; c++)
            CHECK(calls[c % CALLS].call(&s) == ELMAN_OK, "network %zu, %s", i,
                  calls[c % CALLS].name);
        assert_int_equal(allocator_read().calls, 0);
        close_subject(&s);
    }
}

/* Slot 1 runs alone, then with slot 0; each as if it had always been alone. */
TEST(the_only_stream_of_several_slots_gives_its_own_bits)
{
    static subject s, alone;
    for (size_t i = 0; i < NETWORKS; i++) {
        open_subject(&s, i, B);
        open_subject(&alone, i, 1);
        size_t O = elman_model_read_info(s.model).output_size;

        CHECK_OK(elman_state_leave(s.model, s.state, 0));
        for (size_t t = 0; t < 9; t++) {
            size_t b;
            if (t == 6) CHECK_OK(elman_state_join(s.model, s.state, &b));
            const float *x = s.x + t * B;
            CHECK_OK(elman_model_step(s.model, s.state, x, s.y));
            CHECK_OK(
                elman_model_step(alone.model, alone.state, x + 1, alone.y));
            CHECK_BITS(s.y + O, alone.y, O, "network %zu, step %zu", i, t);
        }

        close_subject(&s);
        close_subject(&alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            nothing_that_runs_a_network_allocates_or_makes_a_system_call),
        cmocka_unit_test(nothing_that_runs_a_network_allocates),
        cmocka_unit_test(the_only_stream_of_several_slots_gives_its_own_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
