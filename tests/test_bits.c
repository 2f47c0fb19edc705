/*
 * test_bits.c: memcmp over a grid of instruction set, threads, batch, position
 * in the batch, padding and chunks, forward and backward. proof/trial.h does
 * the cutting; test_one_hash.c has whole training runs.
 */
#include "check.h"
#include "base/kind.h"
#include "kernel/kernel.h"
#include "layer/recurrent.h"
#include "pace.h"
#include "proof/trial.h"

enum { MOST_THREADS = 4 };

/* ---- The grid ----------------------------------------------------------- */

/* Ways of cutting. Those that make small passes run on one thread alone, for
 * nothing is split there; the others on any number. */
static const struct {
    const char *name;
    split cut;
    bool large;
} methods[] = {
    {"whole", {0}, true},
    {"padded", {.padding = 3}, true},
    {"permuted, padded", {.permuted = true, .padding = 1}, true},
    {"each alone", {.single = true}, false},
    {"blocks of 8", {.group = 8}, true},
    {"blocks of 16", {.group = 16}, true},
    {"uneven passes", {.group = 8, .uneven = true}, true},
    {"blocks of 8, chunks of 2", {.group = 8, .chunk = 2}, false},
    {"uneven passes and chunks",
     {.group = 8, .uneven = true, .chunk = 2},
     true},
    {"chunks of 3", {.chunk = 3}, true},
    {"steps", {.chunk = 1}, false},
    {"groups of 5, permuted", {.group = 5, .permuted = true}, true},
    {"forward", {.forward = true}, true},
    {"forward, padded", {.forward = true, .padding = 2}, true},
    {"forward, permuted", {.forward = true, .permuted = true}, true},
    {"forward, chunks of 4", {.forward = true, .chunk = 4}, true},
    {"forward, steps", {.forward = true, .chunk = 1}, false},
    {"forward, steps of each alone",
     {.forward = true, .chunk = 1, .single = true},
     false},
};
enum { METHODS = sizeof methods / sizeof *methods, FORWARD = 12 };

typedef struct grid {
    const trial *t;
    const char *line; /* the config */
    outcome whole, forward, got;
} grid;

static void check_method(grid *g, const kernels *isa, size_t method,
                         int threads)
{
    split cut = methods[method].cut;
    cut.threads = threads;
    if (!split_fits(g->t, &cut)) return;
    CHECK_OK(trial_run(g->t, &cut, &g->got));
    const char *part = outcome_difference(cut.forward ? &g->forward : &g->whole,
                                          &g->got, split_keeps_gradients(&cut));
    CHECK(!part, "%s differs on %s, threads %d, %s; T %zu B %zu%s%s, %s", part,
          isa->isa, threads, methods[method].name, g->t->T, g->t->B,
          g->t->ragged ? " ragged" : "", g->t->given ? " given" : "", g->line);
}

/* Every method on every instruction set; on one thread, and the large ones in
 * turn on more. */
static void check_grid(const elman_config *config, size_t T, size_t B, draws *d)
{
    char line[300];
    elman_model *m;
    trial t;
    grid g = {.t = &t, .line = line};

    /* a network, and what it gives in one pass on one thread */
    config_write_line(config, sizeof line, line);
    CHECK_OK(model_create(config, &m));
    CHECK_OK(trial_move_weights(m, d));
    CHECK_OK(trial_create(m, T, B, d, &t));
    CHECK_OK(outcome_create(&t, &g.whole));
    CHECK_OK(outcome_create(&t, &g.forward));
    CHECK_OK(outcome_create(&t, &g.got));
    CHECK_OK(trial_run(&t, &methods[0].cut, &g.whole));
    CHECK_OK(trial_run(&t, &methods[FORWARD].cut, &g.forward));

    size_t turn = 0;
    for (const kernels *const *isa = kernels_all(); *isa; isa++) {
        kernels_use(*isa);

        /* on one thread by every method */
        for (size_t method = 0; method<METHODS; method += PACE> 1 ? 3 : 1)
            check_method(&g, *isa, method, 1);

        /* on several by each sharing, and by one more method */
        for (int threads = 2; threads <= MOST_THREADS; threads++) {
            walk_force(WALK_ROWS);
            check_method(&g, *isa, 0, threads);
            walk_force(WALK_UNITS);
            check_method(&g, *isa, 0, threads);
            walk_force(WALK_WAVE);
            check_method(&g, *isa, FORWARD, threads);
            walk_force((walk_sharing)(turn % WALK_SHARING_COUNT));
            size_t method =
                1 + (size_t)((draw_next(d) + turn++) % (METHODS - 1));
            if (methods[method].large) check_method(&g, *isa, method, threads);
        }
        walk_force(WALK_UNDECIDED);
    }

    kernels_use(NULL);
    outcome_destroy(&g.got);
    outcome_destroy(&g.forward);
    outcome_destroy(&g.whole);
    trial_destroy(&t);
    model_destroy(m);
}

TEST(random_networks_give_the_same_bits_however_they_are_computed)
{
    for (uint64_t which = 0; which < 40; which += PACE) {
        draws d = draws_from(test_seed(), 5000 + which);
        elman_config config = random_config(&d, 33);
        size_t T = which % 8 ? 6 : 40; /* or more rows than a chain has */
        check_grid(&config, T, draw_size(&d, 1, 40), &d);
    }
}

/* Wide enough that every product, walk and gradient is split over threads. */
TEST(wide_networks_give_the_same_bits_however_they_are_computed)
{
    static const elman_config wide[] = {
        {.input_size = 19,
         .layers = {{.kind = ELMAN_LSTM,
                     .hidden_size = 65,
                     .proj_size = 33,
                     .num_layers = 2,
                     .peephole = true,
                     .dropout = 0.3f},
                    {.kind = ELMAN_LINEAR, .output_size = 35}}},
        {.input_size = 3,
         .batch_first = true,
         .layers = {{.kind = ELMAN_GRU,
                     .hidden_size = 49,
                     .bidirectional = true,
                     .reset_before = true,
                     .recurrent_dropout = 0.2f},
                    {.kind = ELMAN_LAYER_NORM},
                    {.kind = ELMAN_GRU,
                     .hidden_size = 50,
                     .bidirectional = true,
                     .merge = ELMAN_MERGE_MUL,
                     .zoneout = 0.2f}}},
        {.layers = {{.kind = ELMAN_EMBEDDING,
                     .num_embeddings = 40,
                     .embedding_dim = 37},
                    {.kind = ELMAN_RNN,
                     .hidden_sizes = {80, 31},
                     .learned_state = true,
                     .clip = 1},
                    {.kind = ELMAN_LAST},
                    {.kind = ELMAN_LINEAR, .output_size = 17},
                    {.kind = ELMAN_SOFTMAX}}},
        {.input_size = 3,
         .layers = {{.kind = ELMAN_GRU, .hidden_size = 49},
                    {.kind = ELMAN_POOL, .pool = ELMAN_POOL_ATTENTION},
                    {.kind = ELMAN_LINEAR, .output_size = 17},
                    {.kind = ELMAN_L2_NORM}}},
    };

    /* more units than a tile has, and not a multiple of one */
    for (uint64_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        draws d = draws_from(test_seed(), 6000 + i);
        check_grid(wide + i, PACE > 1 ? 3 : 20, 27, &d);
    }
}

/* One forward of all steps, and what it leaves behind. */
static void run_stack(const elman_model *m, walk_sharing sharing, int threads,
                      size_t T, size_t B, const float *x, float *y,
                      float *memory)
{
    elman_state *s;
    elman_tensor h;
    walk_force(sharing);
    CHECK_OK(state_create(
        m, &(elman_state_config){.T = T, .B = B, .threads = threads}, &s));
    CHECK_OK(model_forward(m, s, &(elman_batch){.T = T, .B = B, .x = x}, y));
    CHECK_OK(state_view(m, s, "h", &h));
    memcpy(memory, h.data, h.shape[0] * B * h.shape[2] * sizeof *memory);
    state_destroy(s);
    walk_force(WALK_UNDECIDED);
}

TEST(levels_in_a_wave_give_the_bits_of_one_after_the_other)
{
    enum { MOST_T = 90, MOST_B = 3, WIDTH = 40, LEVELS = 4 };
    static float x[MOST_T * MOST_B * WIDTH], want[MOST_T * MOST_B * WIDTH],
        got[MOST_T * MOST_B * WIDTH], want_h[LEVELS * MOST_B * WIDTH],
        got_h[LEVELS * MOST_B * WIDTH];
    static const size_t lengths[] = {8, 9, 31, 64, 90};
    random_fill(4, MOST_T * MOST_B * WIDTH, -1, 1, x);

    for (size_t i = 1; i < kind_count(); i++) {
        elman_kind kind = (elman_kind)i;
        if (!kind_is_recurrent(kind)) continue;
        elman_config config = {
            .input_size = WIDTH,
            .layers = {
                {.kind = kind, .hidden_size = WIDTH, .num_layers = LEVELS}}};

        elman_model *m;
        CHECK_OK(model_create(&config, &m));

        /* short and long sequences: few turns and many */
        for (size_t t = 0; t < sizeof lengths / sizeof *lengths; t++)
            for (size_t B = 1; B <= MOST_B; B += 2) {
                size_t T = lengths[t];
                run_stack(m, WALK_ALONE, 1, T, B, x, want, want_h);
                run_stack(m, WALK_WAVE, 2 + (int)(t % 3), T, B, x, got, got_h);
                CHECK_BITS(got, want, T * B * WIDTH, "T %zu B %zu", T, B);
                CHECK_BITS(got_h, want_h, LEVELS * B * WIDTH, "T %zu B %zu", T,
                           B);
            }
        model_destroy(m);
    }
}

/* ---- Forks -------------------------------------------------------------- */

enum { FORK_T = 5, FORK_B = 3, FORK_I = 4, FORK_O = 6 };

/* One pass of a stream, and back if it is training: y, dx, gradients. */
typedef struct pass_result {
    float y[FORK_T * FORK_B * FORK_O], dx[FORK_T * FORK_B * FORK_I];
    float *gradients;
} pass_result;

static void run_pass(const elman_model *m, elman_state *s, uint64_t which,
                     pass_result *out)
{
    float x[FORK_T * FORK_B * FORK_I], dy[FORK_T * FORK_B * FORK_O];
    random_fill(2 * which, FORK_T * FORK_B * FORK_I, -1, 1, x);
    random_fill(2 * which + 1, FORK_T * FORK_B * FORK_O, -1, 1, dy);
    elman_batch batch = {.T = FORK_T, .B = FORK_B, .x = x, .draw = which};
    CHECK_OK(model_forward(m, s, &batch, out->y));
    if (!s->config.training) return;
    CHECK_OK(model_backward(m, s, dy, out->dx));
    memcpy(out->gradients, gradients_join(s), m->weight_count * sizeof(float));
}

static void check_fork(bool training)
{
    const elman_config config = {
        .input_size = FORK_I,
        .layers = {{.kind = ELMAN_LSTM,
                    .hidden_size = 9,
                    .num_layers = 2,
                    .zoneout = 0.2f,
                    .dropout = 0.3f},
                   {.kind = ELMAN_LINEAR, .output_size = FORK_O}}};
    const elman_state_config room = {
        .T = FORK_T, .B = FORK_B, .training = training, .seed = 3};
    elman_model *m;
    elman_state *one, *other;
    pass_result want = {{0}, {0}, NULL}, got = want;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(state_create(m, &room, &one));
    CHECK_OK(state_create(m, &room, &other));
    want.gradients = calloc(2 * m->weight_count, sizeof(float));
    assert_non_null(want.gradients);
    got.gradients = want.gradients + m->weight_count;

    /* the fork takes another path for a while, and is made again */
    run_pass(m, one, 1, &want);
    run_pass(m, other, 7, &got);
    CHECK_OK(state_copy(other, one));
    run_pass(m, one, 2, &want);
    run_pass(m, other, 2, &got);
    CHECK_BITS(got.y, want.y, FORK_T * FORK_B * FORK_O, "y of the fork");
    CHECK_BITS(got.dx, want.dx, FORK_T * FORK_B * FORK_I, "dx of the fork");
    CHECK_BITS(got.gradients, want.gradients, m->weight_count,
               "gradients of the fork");

    /* the two are independent from then on */
    run_pass(m, other, 8, &got);
    CHECK_OK(state_copy(other, one));
    run_pass(m, one, 3, &want);
    run_pass(m, other, 3, &got);
    CHECK_BITS(got.y, want.y, FORK_T * FORK_B * FORK_O, "y of the second");
    run_pass(m, other, 4, &got);
    run_pass(m, one, 5, &want);
    CHECK(first_different(got.y, want.y, FORK_T * FORK_B * FORK_O) == 0,
          "forks share a memory");

    free(want.gradients);
    state_destroy(other);
    state_destroy(one);
    model_destroy(m);
}

TEST(a_fork_goes_on_with_the_same_bits)
{
    check_fork(false);
    check_fork(true);
}

/* A state copied between forward and backward gives the gradients of the first.
 */
TEST(a_fork_between_forward_and_backward_has_the_same_gradients)
{
    const elman_config config = {
        .input_size = FORK_I,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = FORK_O}}};
    const elman_state_config room = {
        .T = FORK_T + 2, .B = FORK_B + 1, .training = true};
    const size_t lengths[FORK_B] = {FORK_T, 2, 4};
    float x[FORK_T * FORK_B * FORK_I], dy[FORK_T * FORK_B * FORK_O];
    float dx[2][FORK_T * FORK_B * FORK_I];
    elman_model *m;
    elman_state *s[2];
    random_fill(11, FORK_T * FORK_B * FORK_I, -1, 1, x);
    random_fill(12, FORK_T * FORK_B * FORK_O, -1, 1, dy);
    CHECK_OK(model_create(&config, &m));

    for (size_t ragged = 0; ragged < 2; ragged++) {
        elman_batch batch = {.T = FORK_T,
                             .B = FORK_B,
                             .x = x,
                             .lengths = ragged ? lengths : NULL};
        for (size_t i = 0; i < 2; i++)
            CHECK_OK(state_create(m, &room, &s[i]));

        /* forward in one state, backward in both */
        CHECK_OK(model_forward(m, s[0], &batch, NULL));
        CHECK_OK(state_copy(s[1], s[0]));
        for (size_t i = 0; i < 2; i++)
            CHECK_OK(model_backward(m, s[i], dy, dx[i]));
        CHECK_BITS(dx[1], dx[0], FORK_T * FORK_B * FORK_I, "dx");
        CHECK_BITS(gradients_join(s[1]), gradients_join(s[0]), m->weight_count,
                   "dw");
        CHECK(gradients_join(s[0])[0] != 0, "there is a gradient at all");
        for (size_t i = 0; i < 2; i++)
            state_destroy(s[i]);
    }
    model_destroy(m);
}

/* ---- The comparison itself ---------------------------------------------- */

TEST(one_bit_in_any_result_is_noticed)
{
    const elman_config config = {
        .input_size = 3,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    draws d = draws_from(1, 1);
    elman_model *m;
    trial t;
    outcome a, b;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(trial_create(m, 3, 9, &d, &t));
    CHECK_OK(outcome_create(&t, &a));
    CHECK_OK(outcome_create(&t, &b));

    /* two equal outcomes */
    CHECK_OK(trial_run(&t, &(split){0}, &a));
    CHECK_OK(trial_run(&t, &(split){.group = 8}, &b));
    assert_null(outcome_difference(&a, &b, true));

    /* and one bit changed in each part of one */
    for (size_t part = 0; part < OUTCOME_PARTS; part++) {
        assert_true(a.count[part] > 0);
        float *last = b.values[part] + b.count[part] - 1;
        *last = nextafterf(*last, 9);
        assert_non_null(outcome_difference(&a, &b, true));
        *last = a.values[part][a.count[part] - 1];
    }
    assert_null(outcome_difference(&a, &b, true));

    outcome_destroy(&b);
    outcome_destroy(&a);
    trial_destroy(&t);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            random_networks_give_the_same_bits_however_they_are_computed),
        cmocka_unit_test(
            wide_networks_give_the_same_bits_however_they_are_computed),
        cmocka_unit_test(levels_in_a_wave_give_the_bits_of_one_after_the_other),
        cmocka_unit_test(a_fork_goes_on_with_the_same_bits),
        cmocka_unit_test(
            a_fork_between_forward_and_backward_has_the_same_gradients),
        cmocka_unit_test(one_bit_in_any_result_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
