/*
 * test_gradient_passes.c: passes, threads, chunks of time and machines add up
 * to the same gradients; what does not fit is refused.
 */
#include "gradients.h"

/* ---- Passes ------------------------------------------------------------- */

/* Passes of some blocks each, the last of what is left. */
static void add_passes(const elman_model *m, elman_state *s, draws *d)
{
    for (size_t first = 0; first < B;) {
        size_t n = 8 * draw_size(d, 1, 5);
        if (first + n > B) n = B - first;
        CHECK_OK(run(m, s, first, n));
        first += n;
    }
}

TEST(passes_add_up_however_they_are_cut)
{
    draws d = draws_from(test_seed(), 70);
    for (size_t network = 0; network < NETWORKS; network++) {
        elman_model *m = model_of(network);
        draw_inputs(network + 10);
        float *want = whole_sum(m, 0, 1);

        for (int threads = 1; threads <= 4; threads++) {
            elman_state *s = state_with(
                m, (elman_state_config){.B = 40, .threads = threads});
            for (int round = 0; round < 3; round++) {
                gradients_zero(s);
                add_passes(m, s, &d);
                CHECK_BITS(gradients_join(s), want, m->weight_count,
                           "network %zu, threads %d", network, threads);
            }
            state_destroy(s);
        }
        free(want);
        model_destroy(m);
    }
}

/* A view closes what is there, but the sum goes on. */
TEST(a_view_between_passes_changes_nothing)
{
    elman_model *m = model_of(0);
    elman_state *s = state_with(m, (elman_state_config){0});
    elman_tensor view;
    draw_inputs(20);
    float *want = whole_sum(m, 0, 1);

    /* zero before any pass */
    CHECK_OK(state_view(m, s, "fc.bias.grad", &view));
    for (size_t i = 0; i < O; i++)
        assert_true(view.data[i] == 0);

    /* what is written into a view counts until the next backward */
    CHECK_OK(run(m, s, 0, 16));
    CHECK_OK(state_view(m, s, "fc.bias.grad", &view));
    view.data[0] = 7;
    CHECK_OK(state_view(m, s, "fc.weight.grad", &view));
    CHECK_OK(state_view(m, s, "fc.bias.grad", &view));
    assert_true(view.data[0] == 7);
    CHECK_OK(run(m, s, 16, B - 16));
    CHECK_BITS(gradients_join(s), want, m->weight_count, "after a view");

    free(want);
    state_destroy(s);
    model_destroy(m);
}

/* Threads share the rows of a wide weight, and the leaves of a small one. */
TEST(threads_change_nothing)
{
    for (size_t network = 0; network < NETWORKS; network++) {
        elman_model *m = model_of(network);
        draw_inputs(network + 25);

        for (int threads = 2; threads <= 6; threads++)
            for (size_t n = 8; n <= B; n += 31) {
                elman_state *one =
                    state_with(m, (elman_state_config){.passes = 1, .B = n});
                elman_state *many =
                    state_with(m, (elman_state_config){
                                      .passes = 1, .B = n, .threads = threads});
                CHECK_OK(run(m, one, 0, n));
                CHECK_OK(run(m, many, 0, n));
                CHECK_BITS(gradients_join(many), gradients_join(one),
                           m->weight_count, "network %zu, threads %d, B %zu",
                           network, threads, n);
                state_destroy(many);
                state_destroy(one);
            }
        model_destroy(m);
    }
}

/* ---- Chunks of time ----------------------------------------------------- */

/* Without dropout by step and without memory between chunks: what is tested is
 * the sums. proof/trial.h goes through whole networks. */
TEST(chunks_of_time_continue_any_number_of_blocks)
{
    const elman_config config = {
        .input_size = I, .layers = {{.kind = ELMAN_LINEAR, .output_size = O}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    draw_inputs(40);
    float *want = whole_sum(m, 0, 1);

    /* all blocks open at once, or some of them at a time */
    for (size_t group = 8; group <= 104; group += 24)
        for (size_t passes = 1; passes <= 20; passes += 19) {
            if (passes == 1 && group < B) continue;
            elman_state *s =
                state_with(m, (elman_state_config){.B = group < B ? group : B,
                                                   .passes = passes,
                                                   .open_blocks = group / 8});
            for (size_t first = 0; first < B; first += group) {
                size_t n = first + group < B ? group : B - first;
                CHECK_OK(run_steps(m, s, first, n, 30, T, false));
                CHECK_OK(run_steps(m, s, first, n, 1, 30, true));
                CHECK_OK(run_steps(m, s, first, n, 0, 1, true));
            }
            CHECK_BITS(gradients_join(s), want, m->weight_count,
                       "groups of %zu, passes %zu", group, passes);
            state_destroy(s);
        }

    /* chunks that begin blocks of their own are another sum */
    elman_state *s = state_with(m, (elman_state_config){0});
    CHECK_OK(run_steps(m, s, 0, B, 3, T, false));
    CHECK_OK(run_steps(m, s, 0, B, 0, 3, false));
    CHECK(first_different(gradients_join(s), want, m->weight_count) <
              m->weight_count,
          "chunks that do not continue");

    state_destroy(s);
    free(want);
    model_destroy(m);
}

/* A layer that reads the last step of a chunk, run on chunks of two steps, adds
 * the rows of one that reads every other step; in two states that take turns.
 */
TEST(chunks_continue_the_rows_of_sequences_as_well)
{
    const elman_config steps = {
        .input_size = I, .layers = {{.kind = ELMAN_LINEAR, .output_size = O}}};
    const elman_config last = {
        .input_size = I,
        .layers = {{.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = O}}};
    elman_model *all, *m;
    CHECK_OK(model_create(&steps, &all));
    CHECK_OK(model_create(&last, &m));
    draw_inputs(45);
    for (size_t b = 0; b < B; b++)
        lengths[b] = T - 1;

    elman_state *turn[2];
    for (size_t i = 0; i < 2; i++)
        turn[i] =
            state_with(m, (elman_state_config){.passes = 1, .open_blocks = 13});
    for (size_t t = T - 1; t > 0; t -= 2) {
        elman_state *s = turn[t / 2 % 2];
        if (t < T - 1) CHECK_OK(gradients_copy(s, turn[1 - t / 2 % 2]));
        CHECK_OK(run_steps(m, s, 0, B, t - 2, t, t < T - 1));
    }
    float *got = copy_of(m, gradients_join(turn[1]));

    /* the rows that were read, and their gradients, in one pass */
    for (size_t t = 0; t < T / 2; t++) {
        memmove(x + t * B * I, x + (2 * t + 1) * B * I, B * I * sizeof *x);
        memmove(dy + t * B * O, dy + 2 * t * B * O, B * O * sizeof *dy);
    }
    elman_state *s = state_with(all, (elman_state_config){.passes = 1});
    for (size_t b = 0; b < B; b++)
        lengths[b] = T / 2;
    CHECK_OK(run_steps(all, s, 0, B, 0, T / 2, false));
    CHECK_BITS(got, gradients_join(s), m->weight_count, "two steps at a time");

    free(got);
    state_destroy(s);
    state_destroy(turn[1]);
    state_destroy(turn[0]);
    model_destroy(m);
    model_destroy(all);
}

/* ---- Copies ------------------------------------------------------------- */

/* Whatever threads two states have, and whatever of the sum is open. */
TEST(copies_go_on_with_the_sum)
{
    static const int threads[][2] = {{1, 1}, {1, 4}, {4, 1}, {8, 3}};
    elman_model *m = model_of(0);
    draw_inputs(47);
    float *whole = whole_sum(m, 0, 1);

    for (size_t i = 0; i < 4; i++)
        for (size_t open = 0; open <= 13; open += 13)
            for (size_t passes = 1; passes <= 2; passes++) {
                elman_state_config config = {.passes = passes,
                                             .open_blocks = open};
                config.threads = threads[i][0];
                elman_state *from = state_with(m, config);
                config.threads = threads[i][1];
                elman_state *to = state_with(m, config);

                /* a sum that is finished */
                CHECK_OK(run(m, from, 0, B));
                CHECK_OK(state_copy(to, from));
                CHECK_BITS(gradients_join(to), whole, m->weight_count,
                           "threads %d and %d, open_blocks %zu, passes %zu",
                           threads[i][0], threads[i][1], open, passes);

                /* and one that goes on */
                for (size_t n = 40; n < B && passes > 1; n += 24) {
                    gradients_zero(from);
                    CHECK_OK(run(m, from, 0, n));
                    CHECK_OK(n % 16 ? state_copy(to, from)
                                    : gradients_copy(to, from));
                    CHECK_OK(run(m, to, n, B - n));
                    CHECK_BITS(gradients_join(to), whole, m->weight_count,
                               "cut at %zu", n);
                }
                state_destroy(to);
                state_destroy(from);
            }
    free(whole);
    model_destroy(m);
}

/* A sequence without steps is at its beginning in every chunk; its gradient is
 * added once. */
TEST(a_beginning_counts_once)
{
    const elman_config config = {
        .input_size = I,
        .layers = {
            {.kind = ELMAN_RNN, .hidden_size = O, .learned_state = true}}};
    elman_model *m;
    elman_tensor dh_n, dh_0;
    CHECK_OK(model_create(&config, &m));

    for (size_t empty = 0; empty < 2; empty++) {
        elman_state *s = state_with(
            m, (elman_state_config){.B = 8, .passes = 1, .open_blocks = 1});
        draw_inputs(48);
        for (size_t b = 0; b < 8; b++)
            lengths[b] = empty || b == 3 ? 0 : 2;
        const size_t none[8] = {0};
        elman_batch first = {.T = 2, .B = 8, .x = x, .lengths = lengths};
        elman_batch later = {.T = 2, .B = 8, .x = x, .lengths = none};
        float zeros_dy[2 * 8 * O] = {0};

        /* all at once, then a later chunk that no sequence reaches and the
         * first */
        float want[O], at_end[8 * O];
        for (size_t i = 0; i < 8 * O; i++)
            at_end[i] = dy[i];
        CHECK_OK(model_forward(m, s, &first, NULL));
        CHECK_OK(state_view(m, s, "dh_n", &dh_n));
        memcpy(dh_n.data, at_end, sizeof at_end);
        CHECK_OK(model_backward(m, s, zeros_dy, NULL));
        elman_tensor h_0;
        CHECK_OK(state_view(m, s, "rnn.h_0_l0.grad", &h_0));
        memcpy(want, h_0.data, sizeof want);

        gradients_zero(s);
        state_reset(m, s);
        CHECK_OK(model_forward(m, s, &first, NULL));
        CHECK_OK(model_forward(m, s, &later, NULL));
        CHECK_OK(state_view(m, s, "dh_n", &dh_n));
        memcpy(dh_n.data, at_end, sizeof at_end);
        CHECK_OK(model_backward(m, s, zeros_dy, NULL));

        CHECK_OK(state_view(m, s, "dh_0", &dh_0));
        memcpy(at_end, dh_0.data, sizeof at_end);
        state_reset(m, s);
        first.continues = true;
        CHECK_OK(model_forward(m, s, &first, NULL));
        CHECK_OK(state_view(m, s, "dh_n", &dh_n));
        memcpy(dh_n.data, at_end, sizeof at_end);
        CHECK_OK(model_backward(m, s, zeros_dy, NULL));
        CHECK_OK(state_view(m, s, "rnn.h_0_l0.grad", &h_0));
        CHECK_BITS(h_0.data, want, O, "%s", empty ? "none has steps" : "one");
        state_destroy(s);
    }
    model_destroy(m);
}

/* ---- Machines ----------------------------------------------------------- */

enum { STEPS = 4, MOST_MACHINES = 16 };

/* What one machine adds to a step: its blocks, left open, one leaf each. */
static void run_machine(const elman_model *m, elman_state *s, size_t first,
                        size_t n, array_tree *tree)
{
    gradients_zero(s);
    if (n == 0) return;
    CHECK_OK(run(m, s, first, n));
    const gradient_sums *sums = &s->training.sums;
    float *leaf = malloc(sums->n * sizeof *leaf);
    assert_non_null(leaf);
    for (size_t i = 0; i < sums->open_count; i++) {
        const float *open = sums->open + 2 * i * sums->n;
        for (size_t j = 0; j < sums->n; j++)
            leaf[j] = open[j] + open[sums->n + j];
        join(tree, leaf);
    }
    free(leaf);
}

/* Trains a network on so many machines, of which machine i has the blocks from
 * begin[i] to before begin[i + 1]. */
static elman_model *train_on(size_t network, size_t machines,
                             const size_t *begin)
{
    elman_model *m = model_of(network);
    elman_optimizer *adam;
    elman_optimizer_config rule = {.learning_rate = 0.01, .clip_norm = 1};
    CHECK_OK(optimizer_create(&rule, m->weight_count, &adam));
    elman_state *s[MOST_MACHINES];
    for (size_t i = 0; i < machines; i++)
        s[i] = state_with(m, (elman_state_config){.passes = 1,
                                                  .threads = 1 + (int)i % 2,
                                                  .open_blocks = 13});

    for (uint64_t step = 0; step < STEPS; step++) {
        array_tree tree = {.n = m->weight_count};
        draw_inputs(50 + step);

        /* the leaves of all machines, in the order of the blocks */
        for (size_t i = 0; i < machines; i++) {
            size_t first = 8 * begin[i], end = 8 * begin[i + 1];
            if (end > B) end = B;
            run_machine(m, s[i], first, end > first ? end - first : 0, &tree);
        }

        float *sum = total(&tree);
        CHECK_OK(optimizer_update(adam, -1, 1, sum, model_flat(m), NULL));
        model_repack(m, 1);
        free(sum);
    }

    for (size_t i = 0; i < machines; i++)
        state_destroy(s[i]);
    optimizer_destroy(adam);
    return m;
}

/* The same training by a state alone. */
static elman_model *train_alone(size_t network)
{
    elman_model *m = model_of(network);
    elman_optimizer *adam;
    elman_optimizer_config rule = {.learning_rate = 0.01, .clip_norm = 1};
    CHECK_OK(optimizer_create(&rule, m->weight_count, &adam));
    elman_state *s = state_with(m, (elman_state_config){.passes = 1});

    for (uint64_t step = 0; step < STEPS; step++) {
        draw_inputs(50 + step);
        gradients_zero(s);
        CHECK_OK(run(m, s, 0, B));
        CHECK_OK(optimizer_update(adam, -1, 1, gradients_join(s), model_flat(m),
                                  NULL));
        model_repack(m, 1);
    }
    state_destroy(s);
    optimizer_destroy(adam);
    return m;
}

TEST(any_number_of_machines_trains_the_same_network)
{
    enum { BLOCKS = (B + 7) / 8 };
    draws d = draws_from(test_seed(), 80);

    for (size_t network = 0; network < NETWORKS; network++) {
        elman_model *want = train_alone(network);
        for (size_t machines = 1; machines <= MOST_MACHINES; machines++) {
            /* even shares, and others, of which some may be empty */
            size_t begin[MOST_MACHINES + 1] = {0};
            for (size_t i = 1; i <= machines; i++)
                begin[i] = BLOCKS * i / machines;
            for (size_t i = 1; i < machines && machines % 2; i++)
                begin[i] = draw_size(&d, begin[i - 1], BLOCKS);

            elman_model *got = train_on(network, machines, begin);
            CHECK_BITS(model_flat(got), model_flat(want), want->weight_count,
                       "network %zu on %zu machines", network, machines);
            model_destroy(got);
        }
        model_destroy(want);
    }
}

/* ---- What does not fit -------------------------------------------------- */

TEST(sums_that_have_no_room_are_refused)
{
    elman_model *m = model_of(2), *other = model_of(0);
    elman_state *one = state_with(m, (elman_state_config){.passes = 1});
    elman_state *two =
        state_with(m, (elman_state_config){.B = 16, .passes = 2});
    draw_inputs(60);
    float *sum = whole_sum(m, 0, 1);

    /* a second pass where there is room for one */
    CHECK_OK(run(m, one, 0, B));
    CHECK_FAILS(run(m, one, 0, 8), ELMAN_BAD_VALUE,
                "call elman_state_zero_gradients before the next, or set "
                "passes to 2 or more");
    CHECK_BITS(gradients_join(one), sum, m->weight_count, "unchanged");
    gradients_zero(one);
    CHECK_OK(run(m, one, 0, 8));

    /* more blocks than there is room for */
    CHECK_OK(run(m, two, 0, 16));
    CHECK_OK(run(m, two, 16, 8));
    CHECK_FAILS(run(m, two, 24, 16), ELMAN_BAD_VALUE,
                "the gradients hold 3 blocks of 8 sequences, and 2 more do not "
                "fit");
    CHECK_OK(run(m, two, 24, 8));

    /* nothing to continue: never open, closed by a view, another size */
    elman_state *open = state_with(m, (elman_state_config){.open_blocks = 2});
    CHECK_FAILS(run_steps(m, open, 0, 8, 0, T, true), ELMAN_BAD_VALUE,
                "but no block is open: none has been, or a view of a gradient");
    CHECK_OK(run(m, open, 0, 16));
    CHECK_FAILS(run_steps(m, open, 0, 9, 0, T, true), ELMAN_BAD_VALUE,
                "the pass continues 9 sequences, but those that are open are "
                "16");
    CHECK_FAILS(run_steps(m, open, 0, 17, 0, T, true), ELMAN_BAD_VALUE,
                "the pass continues 3 blocks of sequences, but open_blocks in "
                "the state's config is 2: expected 3 or more");
    CHECK_OK(run_steps(m, open, 0, 16, 0, T, true));
    (void)gradients_join(open);
    CHECK_FAILS(run_steps(m, open, 0, 16, 0, T, true), ELMAN_BAD_VALUE,
                "but no block is open");

    /* states that differ cannot share */
    elman_state *far = state_with(other, (elman_state_config){.passes = 1});
    CHECK_FAILS(gradients_copy(one, far), ELMAN_BAD_VALUE, "cannot share");
    CHECK_FAILS(gradients_copy(one, two), ELMAN_BAD_VALUE, "cannot share");
    elman_state *half = state_with(m, (elman_state_config){.B = 8});
    elman_state *twice =
        state_with(m, (elman_state_config){.B = 16, .passes = 128});
    CHECK_FAILS(gradients_copy(half, twice), ELMAN_BAD_VALUE, "cannot share");
    state_destroy(twice);
    state_destroy(half);
    CHECK_OK(gradients_copy(one, one));

    /* what only training has */
    elman_state *none = NULL;
    CHECK_FAILS(state_create(m, &(elman_state_config){.open_blocks = 1}, &none),
                ELMAN_BAD_VALUE,
                "open_blocks is set, but only a training state sums gradients");
    CHECK_FAILS(state_create(m, &(elman_state_config){.block = 1}, &none),
                ELMAN_BAD_VALUE, "block is set");
    CHECK_FAILS(state_create(m,
                             &(elman_state_config){.training = true,
                                                   .B = 9,
                                                   .passes = SIZE_MAX / 2 + 1},
                             &none),
                ELMAN_BAD_VALUE, "passes is ");
    assert_null(none);

    free(sum);
    state_destroy(far);
    state_destroy(open);
    state_destroy(two);
    state_destroy(one);
    model_destroy(other);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_add_up_however_they_are_cut),
        cmocka_unit_test(a_view_between_passes_changes_nothing),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(chunks_of_time_continue_any_number_of_blocks),
        cmocka_unit_test(chunks_continue_the_rows_of_sequences_as_well),
        cmocka_unit_test(copies_go_on_with_the_sum),
        cmocka_unit_test(a_beginning_counts_once),
        cmocka_unit_test(any_number_of_machines_trains_the_same_network),
        cmocka_unit_test(sums_that_have_no_room_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
