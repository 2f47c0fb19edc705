/*
 * test_budget.c: a state with a budget of bytes gives the bits of one without,
 * however small the budget is; less than the least is refused.
 */
#include "check.h"
#include "base/memory.h"
#include "kernel/kernel.h"
#include "layer/recurrent.h"
#include "pace.h"
#include "proof/trial.h"

#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

enum { MOST = 4 }; /* quarters of what can be saved */

/* ---- The grid ----------------------------------------------------------- */

/* Whole passes by any budget, threads and instruction set have the bits of one
 * without; passes of some blocks each those of theirs. */
static size_t check_network(const elman_config *config, size_t T, size_t B,
                            draws *d)
{
    char line[300];
    elman_model *m;
    trial t;
    outcome want, got;
    size_t checked = 0;
    config_write_line(config, sizeof line, line);
    CHECK_OK(model_create(config, &m));
    CHECK_OK(trial_move_weights(m, d));
    CHECK_OK(trial_create(m, T, B, d, &t));
    CHECK_OK(outcome_create(&t, &want));
    CHECK_OK(outcome_create(&t, &got));
    CHECK_OK(trial_run(&t, &(split){0}, &want));

    for (const kernels *const *isa = kernels_all(); *isa; isa++) {
        kernels_use(*isa);
        for (int budget = 1; budget <= MOST; budget++) {
            split cut = {.budget = budget, .threads = 1 + (int)(T + B) % 4};
            if (budget == 2) cut.group = 8;
            if (!split_fits(&t, &cut)) continue;
            walk_force((walk_sharing)((size_t)(budget + (isa - kernels_all())) %
                                      WALK_SHARING_COUNT));
            CHECK_OK(trial_run(&t, &cut, &got));
            const char *part = outcome_difference(&want, &got, true);
            CHECK(!part,
                  "%s differs, %s, budget %d, threads %d; T %zu B "
                  "%zu%s%s, %s",
                  part, (*isa)->isa, budget, cut.threads, T, B,
                  t.ragged ? " ragged" : "", t.given ? " given" : "", line);
            checked++;
        }
    }
    walk_force(WALK_UNDECIDED);
    kernels_use(NULL);
    outcome_destroy(&got);
    outcome_destroy(&want);
    trial_destroy(&t);
    model_destroy(m);
    return checked;
}

TEST(random_networks_have_the_same_bits_with_any_budget)
{
    size_t checked = 0;
    for (uint64_t which = 0; which < 80; which += PACE) {
        draws d = draws_from(test_seed(), 9000 + which);
        elman_config config = random_config(&d, 20);
        size_t T = which % 4 ? draw_size(&d, 2, 12) : draw_size(&d, 30, 70);
        checked += check_network(&config, T, draw_size(&d, 1, 20), &d);
    }
    CHECK(checked > 150 / PACE, "only %zu networks fit", checked);
}

/* ---- Long sequences ------------------------------------------------------ */

enum { STEPS = 20000, INPUTS = 2 };

/* An LSTM over T steps of one sequence, and what it reads and gives. */
typedef struct long_run {
    elman_model *model;
    elman_state_config config;
    float *x, *dy;
} long_run;

static long_run begin_long(size_t T, size_t H)
{
    long_run r = {.config = {.T = T, .training = true, .passes = 1}};
    const elman_config config = {
        .input_size = INPUTS,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = H, .zoneout = 0.1f},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    CHECK_OK(elman_model_create(&config, &r.model));
    r.x = malloc(T * INPUTS * sizeof *r.x);
    r.dy = malloc(T * sizeof *r.dy);
    CHECK(r.x && r.dy, "no memory");
    for (size_t i = 0; i < T * INPUTS; i++)
        r.x[i] = (float)(i * 2654435761u % 1000) / 500 - 1;
    return r;
}

static void end_long(long_run *r)
{
    free(r->x);
    free(r->dy);
    elman_model_destroy(r->model);
}

/* The gradients of a pass in so many bytes, 0 for any, whose loss is the sum
 * of y squared. */
static float *gradients_of(long_run *r, size_t budget)
{
    elman_state *s;
    elman_state_config config = r->config;
    const elman_batch batch = {.T = config.T, .B = 1, .x = r->x};
    config.budget = budget;
    if (budget)
        CHECK(elman_state_size(r->model, &config) <= budget, "too many");
    CHECK_OK(elman_state_create(r->model, &config, &s));
    CHECK_OK(elman_model_forward(r->model, s, &batch, r->dy));
    CHECK_OK(elman_model_backward(r->model, s, r->dy, NULL));

    size_t n = r->model->weight_count;
    float *sums = malloc(n * sizeof *sums);
    CHECK(sums, "no memory");
    memcpy(sums, gradients_join(s), n * sizeof *sums);
    elman_state_destroy(s);
    return sums;
}

TEST(twenty_thousand_steps_have_the_same_bits_in_a_hundredth_of_the_bytes)
{
    long_run r = begin_long(STEPS / PACE, 32);
    size_t whole = elman_state_size(r.model, &r.config);
    float *want = gradients_of(&r, 0);
    for (size_t part = 10; part <= 100; part *= 10) {
        float *got = gradients_of(&r, whole / part * PACE);
        CHECK_BITS(got, want, r.model->weight_count, "1/%zu", part);
        free(got);
    }
    free(want);
    end_long(&r);
}

#if defined __linux__ && !defined SLOW_BUILD
static rlim_t addresses_used(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    CHECK(file && fscanf(file, "%lu", &pages) == 1, "no /proc");
    fclose(file);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}
#endif

/* 1.7 GB without a budget, in 2 MB. */
TEST(a_million_steps_run_in_memory_that_has_a_hard_limit)
{
    long_run r = begin_long(1000000 / PACE, 32);
    elman_state_config config = r.config;
    config.budget = 2000000;
    assert_true(elman_state_size(r.model, &r.config) > 1600000000 / PACE);
    assert_true(elman_state_size(r.model, &config) <= config.budget);

#if defined __linux__ && !defined SLOW_BUILD
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = addresses_used() + 32000000;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    CHECK_FAILS(elman_state_create(r.model, &r.config, &(elman_state *){NULL}),
                ELMAN_NO_MEMORY, "no memory for a state");
#endif
    float *got = gradients_of(&r, config.budget);
#if defined __linux__ && !defined SLOW_BUILD
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
#endif
    for (size_t i = 0; i < r.model->weight_count; i++)
        assert_true(isfinite(got[i]));
    free(got);
    end_long(&r);
}

/* ---- What there is to pay ------------------------------------------------ */

TEST(the_least_budget_is_enough_and_a_byte_less_is_refused_with_it)
{
    long_run r = begin_long(1000, 8);
    elman_state_config config = r.config;
    elman_state *s;
    char number[40];
    size_t least, one = 1;
    CHECK_OK(segments_least(r.model, &config, &least));
    snprintf(number, sizeof number, "takes %zu at least:", least);
    config.budget = one;
    CHECK_FAILS(elman_state_create(r.model, &config, &s), ELMAN_BAD_VALUE,
                number);
    config.budget = least - 1;
    CHECK_FAILS(elman_state_create(r.model, &config, &s), ELMAN_BAD_VALUE,
                number);
    config.budget = least;
    assert_true(elman_state_size(r.model, &config) <= least);

    /* more is never less than is used, and enough is a state without */
    size_t whole = elman_state_size(r.model, &r.config);
    for (; config.budget < whole; config.budget += 1 + config.budget / 7) {
        size_t bytes = elman_state_size(r.model, &config);
        assert_true(bytes && bytes <= config.budget);
    }
    assert_int_equal(elman_state_size(r.model, &config), whole);
    end_long(&r);
}

/* Arrays are padded, so what a snapshot takes is not the same for each. */
TEST(the_least_is_enough_for_states_of_any_size_and_so_is_every_byte_more)
{
    static const elman_kind kinds[] = {ELMAN_RNN, ELMAN_LSTM, ELMAN_GRU};
    for (size_t i = 0; i < 3 * 16 * 4; i++) {
        const elman_config network = {
            .input_size = 2,
            .layers = {{.kind = kinds[i % 3], .hidden_size = 1 + i / 3 % 16},
                       {.kind = ELMAN_LINEAR, .output_size = 1}}};
        elman_state_config config = {
            .B = 1 + i / 48, .training = true, .passes = 1};
        elman_model *m;
        CHECK_OK(elman_model_create(&network, &m));
        for (config.T = 2; config.T < 5000; config.T += config.T / 2) {
            size_t least;
            char number[40];
            CHECK_OK(segments_least(m, &config, &least));
            snprintf(number, sizeof number, "takes %zu at least", least);
            config.budget = least - 1;
            assert_int_equal(elman_state_size(m, &config), 0);
            CHECK(strstr(elman_message(), number), "%s", elman_message());
            for (config.budget = least; config.budget < least + 300;
                 config.budget += 43) {
                size_t bytes = elman_state_size(m, &config);
                CHECK(bytes && bytes <= config.budget, "%zu: %s", config.budget,
                      elman_message());
            }
        }
        elman_model_destroy(m);
    }
}

TEST(a_million_steps_of_512_units_take_less_than_64_megabytes)
{
    const elman_config network = {
        .input_size = 512,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 512}}};
    elman_state_config config = {
        .T = 1000000, .training = true, .passes = 1, .budget = 52000000};
    elman_model *m;
    CHECK_OK(elman_model_create(&network, &m));
    size_t bytes = elman_state_size(m, &config);
    CHECK(bytes && bytes < 64000000, "%zu, %s", bytes, elman_message());

    /* of sums over several passes the refusal says that one needs less */
    elman_state_config several = config;
    several.passes = 0;
    assert_int_equal(elman_state_size(m, &several), 0);
    const char *less = strstr(elman_message(), "passes 1, which takes ");
    CHECK(less && strtoull(less + 22, NULL, 10) <= config.budget, "%s",
          elman_message());

    /* with one more forward pass */
    segment_plan plan;
    elman_state_config full;
    size_t room;
    CHECK_OK(state_measure(m, &config, &full, &plan, &bytes, &room));
    assert_true(plan.slots + 1 >= (config.T + plan.L - 1) / plan.L);
    elman_model_destroy(m);
}

TEST(a_level_that_reads_backward_is_named_where_the_least_grows_with_it)
{
    const elman_config network = {
        .input_size = 3,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 4, .bidirectional = true},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_state_config config = {.T = 5000, .training = true, .budget = 9000};
    elman_model *m;
    CHECK_OK(elman_model_create(&network, &m));
    assert_int_equal(elman_state_size(m, &config), 0);
    CHECK(strstr(elman_message(), "level rnn, which reads backward, keep all "
                                  "steps between them: expected as many"),
          "%s", elman_message());
    elman_model_destroy(m);
}

/* What a pass by segments leaves out says so. */
TEST(what_a_budget_leaves_out_is_refused_in_words)
{
    long_run r = begin_long(50, 8);
    elman_state *s, *other;
    elman_tensor view;
    double loss;
    float y[50];
    elman_state_config config = r.config;
    elman_batch batch = {.T = 50, .B = 1, .x = r.x};
    const elman_target target = {.values = r.dy};
    const elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    memset(r.dy, 0, sizeof y);
    CHECK_OK(segments_least(r.model, &config, &config.budget));
    CHECK_OK(elman_state_create(r.model, &config, &s));
    CHECK_OK(elman_state_create(r.model, &config, &other));
    CHECK_FAILS(elman_model_backward(r.model, s, r.dy, NULL), ELMAN_BAD_VALUE,
                "backward has no forward before it");

    /* steps that are gone */
    CHECK_OK(elman_model_forward(r.model, s, &batch, y));
    CHECK_FAILS(elman_state_view(r.model, s, "layer0.h", &view),
                ELMAN_BAD_VALUE, "layer0.h is not kept: a state with a budget");
    CHECK_FAILS(elman_state_view(r.model, s, "y", &view), ELMAN_BAD_VALUE,
                "y is not kept");
    CHECK_FAILS(elman_state_view(r.model, s, "fc.dy", &view), ELMAN_BAD_VALUE,
                "fc.dy is not kept");
    CHECK_OK(elman_state_view(r.model, s, "layer0.c_n", &view));
    CHECK_FAILS(elman_model_loss(r.model, s, &squared, &target, &loss, r.dy),
                ELMAN_BAD_VALUE, "expected elman_model_loss_backward, or");
    CHECK_FAILS(elman_model_backward(r.model, s, NULL, NULL), ELMAN_BAD_VALUE,
                "expected dy, or elman_model_loss_backward");

    /* a copy has no pass, and a pass one way back */
    CHECK_OK(elman_state_copy(other, s));
    CHECK_FAILS(elman_model_backward(r.model, other, r.dy, NULL),
                ELMAN_BAD_VALUE, "each backward needs a forward of its own");
    CHECK_OK(
        elman_model_loss_backward(r.model, s, &squared, &target, &loss, NULL));
    CHECK_FAILS(elman_model_backward(r.model, s, r.dy, NULL), ELMAN_BAD_VALUE,
                "each backward needs a forward of its own");
    batch.continues = true;
    CHECK_FAILS(elman_model_forward(r.model, s, &batch, y), ELMAN_BAD_VALUE,
                "continues is set, but the state has a budget");
    elman_state_destroy(other);
    elman_state_destroy(s);

    /* configs */
    config.keep_gradients = true;
    CHECK_FAILS(elman_state_create(r.model, &config, &s), ELMAN_BAD_VALUE,
                "keep_gradients is set, but a state with a budget");
    config.keep_gradients = false;
    config.open_blocks = 1;
    CHECK_FAILS(elman_state_create(r.model, &config, &s), ELMAN_BAD_VALUE,
                "open_blocks is set, but a state with a budget");
    config.training = false;
    config.open_blocks = config.passes = 0;
    CHECK_FAILS(elman_state_create(r.model, &config, &s), ELMAN_BAD_VALUE,
                "only a training state keeps what it bounds");
    end_long(&r);
}

/* A block that lies elsewhere goes on with the next pass. */
TEST(a_state_with_a_budget_can_be_moved)
{
    long_run r = begin_long(60, 8);
    elman_state_config config = r.config;
    size_t least;
    CHECK_OK(segments_least(r.model, &config, &least));
    config.budget = least;
    size_t bytes = elman_state_size(r.model, &config);
    void *here = block_create(bytes), *there = block_create(bytes);
    float *want = gradients_of(&r, 0);
    elman_state *s;
    elman_batch batch = {.T = 60, .B = 1, .x = r.x};
    CHECK_OK(elman_state_init(r.model, &config, bytes, here, &s));
    CHECK_OK(elman_model_forward(r.model, s, &batch, r.dy));
    memcpy(there, here, bytes);
    memset(here, 0xA5, bytes);
    CHECK_OK(elman_state_move(r.model, bytes, there, &s));
    elman_state_reset(r.model, s);
    CHECK_OK(elman_model_forward(r.model, s, &batch, r.dy));
    CHECK_OK(elman_model_backward(r.model, s, r.dy, NULL));
    CHECK_BITS(gradients_join(s), want, r.model->weight_count, "moved");
    free(want);
    block_destroy(here);
    block_destroy(there);
    end_long(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_networks_have_the_same_bits_with_any_budget),
        cmocka_unit_test(
            twenty_thousand_steps_have_the_same_bits_in_a_hundredth_of_the_bytes),
        cmocka_unit_test(a_million_steps_run_in_memory_that_has_a_hard_limit),
        cmocka_unit_test(
            the_least_budget_is_enough_and_a_byte_less_is_refused_with_it),
        cmocka_unit_test(
            the_least_is_enough_for_states_of_any_size_and_so_is_every_byte_more),
        cmocka_unit_test(
            a_million_steps_of_512_units_take_less_than_64_megabytes),
        cmocka_unit_test(
            a_level_that_reads_backward_is_named_where_the_least_grows_with_it),
        cmocka_unit_test(what_a_budget_leaves_out_is_refused_in_words),
        cmocka_unit_test(a_state_with_a_budget_can_be_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
