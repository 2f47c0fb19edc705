/*
 * test_repeat.c: one vector of each sequence at n steps: networks with it
 * against the reference, finite differences and each other's bits, passes over
 * chunks, and what cannot be had.
 */
#include "check.h"
#include "proof/gradients.h"
#include "proof/random_config.h"
#include "proof/same_bits.h"

enum { T = 9, B = 3, I = 3, H = 6, O = 2, N = 4 };

/* ---- Random networks ---------------------------------------------------- */

/* Whether the drawn inputs keep all sums away from kinks: then they were
 * compared. */
static bool check_trial(const elman_config *config, const elman_model *m,
                        draws *d)
{
    trial t;
    outcome got = {0};
    gradient_errors errors = {0};
    bool found = false;
    char line[300], difference[160];
    config_write_line(config, sizeof line, line);

    size_t steps = draw_size(d, 1, 12), count = draw_size(d, 1, 18);
    CHECK_OK(trial_create(m, steps, count, d, &t));
    CHECK_OK(outcome_create(&t, &got));
    CHECK_OK(trial_run(&t, &(split){.threads = 1}, &got));
    CHECK_OK(gradients_check(&t, &got, d, &errors, &found));
    if (found) {
        /* of 1500 networks, two were above 1 by rounding */
        bool close = errors.reference <= REFERENCE_BAR && errors.forward <= 1 &&
                     errors.gradient <= 4;
        CHECK(close, "%s is wrong; T %zu B %zu, %s", errors.worst, steps, count,
              line);
        CHECK_OK(bits_check(&t, sizeof difference, difference));
        CHECK(!difference[0], "%s; T %zu B %zu, %s", difference, steps, count,
              line);
    }
    outcome_destroy(&got);
    trial_destroy(&t);
    return found;
}

TEST(random_networks_agree_with_the_reference_and_in_every_bit)
{
    size_t compared = 0;
    for (uint64_t which = 0; which < 100; which++) {
        draws d = draws_from(5, which);
        elman_config config = random_repeating(&d, 14);
        elman_model *m;
        CHECK_OK(model_create(&config, &m));
        CHECK_OK(trial_move_weights(m, &d));
        compared += check_trial(&config, m, &d);
        model_destroy(m);
    }
    CHECK(compared > 60, "%zu networks compared", compared);
}

/* ---- One network --------------------------------------------------------- */

/* An autoencoder of series. */
static const elman_config autoencoder = {
    .input_size = I,
    .layers = {{.kind = ELMAN_GRU, .hidden_size = H},
               {.kind = ELMAN_LAST},
               {.kind = ELMAN_REPEAT, .repeats = N},
               {.kind = ELMAN_LSTM, .hidden_size = H, .learned_state = true},
               {.kind = ELMAN_LINEAR, .output_size = O}}};

typedef struct network {
    elman_model *m;
    float x[T * B * I];
} network;

static network network_of(const elman_config *config)
{
    network n = {0};
    draws d = draws_from(9, 0);
    CHECK_OK(elman_model_create(config, &n.m));
    for (size_t i = 0; i < T * B * I; i++)
        n.x[i] = draw_real(&d, -1, 1);
    return n;
}

static elman_state *state_of(const network *n, size_t steps, bool training)
{
    elman_state *s = NULL;
    elman_state_config room = {.T = steps, .B = B, .training = training};
    CHECK_OK(elman_state_create(n->m, &room, &s));
    return s;
}

TEST(the_output_has_the_steps_of_the_repeat)
{
    network n = network_of(&autoencoder);
    elman_model_info info = elman_model_read_info(n.m);
    CHECK(info.output_steps == N && !info.per_sequence && !info.streams,
          "%zu steps", info.output_steps);

    /* all steps of a sequence without steps are 0 */
    elman_state *s = state_of(&n, T, false);
    float y[N * B * O];
    const size_t lengths[B] = {T, 0, 2};
    elman_batch batch = {.T = T, .B = B, .x = n.x, .lengths = lengths};
    CHECK_OK(elman_model_forward(n.m, s, &batch, y));
    for (size_t t = 0; t < N; t++)
        for (size_t b = 0; b < B; b++)
            CHECK((y[(t * B + b) * O] == 0) == (b == 1), "t %zu b %zu", t, b);

    /* what views show */
    elman_tensor view;
    CHECK_OK(elman_state_view(n.m, s, "y", &view));
    CHECK(view.rank == 3 && view.shape[0] == N, "y has %zu steps",
          view.shape[0]);
    CHECK_OK(elman_state_view(n.m, s, "last.y", &view));
    CHECK(view.rank == 2, "rank %zu", view.rank);
    CHECK_OK(elman_state_view(n.m, s, "layer1.h", &view));
    CHECK(view.shape[0] == N, "h of the decoder has %zu steps", view.shape[0]);
    CHECK_OK(elman_state_view(n.m, s, "layer0.h", &view));
    CHECK(view.shape[0] == T, "h of the encoder has %zu steps", view.shape[0]);

    elman_state_destroy(s);
    elman_model_destroy(n.m);
}

TEST(a_pass_over_the_last_chunk_answers_for_the_whole_sequence)
{
    network n = network_of(&autoencoder);
    elman_state *s = state_of(&n, T, false);
    float want[N * B * O], got[N * B * O];
    elman_batch batch = {.T = T, .B = B, .x = n.x};
    CHECK_OK(elman_model_forward(n.m, s, &batch, want));

    for (size_t chunk = 1; chunk < T; chunk++) {
        elman_state_reset(n.m, s);
        for (size_t t = 0; t < T; t += chunk) {
            batch = (elman_batch){.T = t + chunk < T ? chunk : T - t,
                                  .B = B,
                                  .x = n.x + t * B * I};
            CHECK_OK(elman_model_forward(n.m, s, &batch, got));
        }
        CHECK_BITS(got, want, N * B * O, "chunks of %zu", chunk);
    }
    elman_state_destroy(s);
    elman_model_destroy(n.m);
}

TEST(it_is_what_two_models_give_one_after_the_other)
{
    /* the second reads the vector of the first at each of its steps */
    elman_config second = {
        .input_size = H,
        .layers = {autoencoder.layers[3], autoencoder.layers[4]}};
    elman_config first = autoencoder;
    first.layers[2] = (elman_layer){0};
    network n = network_of(&autoencoder), encoder = network_of(&first),
            decoder = network_of(&second);

    /* the weights of the whole are theirs */
    for (size_t i = 0;; i++) {
        elman_const_tensor view;
        float values[4 * H * H];
        const char *name = elman_model_parameter(n.m, i, &view);
        if (!name) break;
        size_t count =
            view.rank == 2 ? view.shape[0] * view.shape[1] : view.shape[0];
        CHECK_OK(elman_model_read(n.m, name, count, values));
        bool behind = strncmp(name, "rnn.", 4) != 0;
        const char *there = strncmp(name, "rnn2.", 5) ? name : name + 5;
        char own[80];
        (void)snprintf(own, sizeof own, "%s%s", there == name ? "" : "rnn.",
                       there);
        CHECK_OK(elman_model_write(behind ? decoder.m : encoder.m, own, count,
                                   values));
    }

    elman_state *whole = state_of(&n, T, false),
                *before = state_of(&encoder, T, false),
                *after = state_of(&decoder, N, false);
    float want[N * B * O], got[N * B * O], code[B * H], steps[N * B * H];
    elman_batch batch = {.T = T, .B = B, .x = n.x};
    CHECK_OK(elman_model_forward(n.m, whole, &batch, got));
    CHECK_OK(elman_model_forward(encoder.m, before, &batch, code));
    for (size_t t = 0; t < N; t++)
        memcpy(steps + t * B * H, code, sizeof code);
    elman_state_reset(decoder.m, after); /* it has learned another state */
    batch = (elman_batch){.T = N, .B = B, .x = steps};
    CHECK_OK(elman_model_forward(decoder.m, after, &batch, want));
    CHECK_BITS(got, want, N * B * O, "y");

    elman_state_destroy(whole);
    elman_state_destroy(before);
    elman_state_destroy(after);
    elman_model_destroy(n.m);
    elman_model_destroy(encoder.m);
    elman_model_destroy(decoder.m);
}

TEST(a_copy_and_a_block_that_moved_go_back_through_it)
{
    network n = network_of(&autoencoder);
    elman_state *s = state_of(&n, T, true), *copy = state_of(&n, T, true);
    float dy[N * B * O], want[T * B * I], got[T * B * I];
    for (size_t i = 0; i < N * B * O; i++)
        dy[i] = (float)i / 7 - 1;
    elman_batch batch = {.T = T, .B = B, .x = n.x};
    CHECK_OK(elman_model_forward(n.m, s, &batch, NULL));
    CHECK_OK(elman_state_copy(copy, s));

    /* the block elsewhere */
    elman_state_config room = {.T = T, .B = B, .training = true};
    size_t bytes = elman_state_size(n.m, &room);
    char *memory = malloc(bytes + 64);
    assert_non_null(memory);
    char *at = memory + (64 - (uintptr_t)memory % 64);
    memcpy(at, s, bytes);
    elman_state *moved = NULL;
    CHECK_OK(elman_state_move(n.m, bytes, at, &moved));

    CHECK_OK(elman_model_backward(n.m, s, dy, want));
    CHECK_OK(elman_model_backward(n.m, copy, dy, got));
    CHECK_BITS(got, want, T * B * I, "dx of the copy");
    CHECK_OK(elman_model_backward(n.m, moved, dy, got));
    CHECK_BITS(got, want, T * B * I, "dx of the block that moved");

    free(memory);
    elman_state_destroy(copy);
    elman_state_destroy(s);
    elman_model_destroy(n.m);
}

TEST(a_file_keeps_it)
{
    network n = network_of(&autoencoder);
    size_t size = 0;
    CHECK_OK(elman_model_save_memory(n.m, 0, NULL, &size));
    char *bytes = malloc(size);
    assert_non_null(bytes);
    CHECK_OK(elman_model_save_memory(n.m, size, bytes, &size));
    elman_model *loaded = NULL;
    CHECK_OK(elman_model_load_memory(bytes, size, &loaded));
    CHECK(memcmp(elman_model_config(loaded), elman_model_config(n.m),
                 sizeof(elman_config)) == 0,
          "the config differs");
    free(bytes);
    elman_model_destroy(loaded);
    elman_model_destroy(n.m);
}

TEST(a_loss_has_the_steps_of_the_repeat)
{
    network n = network_of(&autoencoder);
    elman_state *s = state_of(&n, T, true);
    float y[N * B * O], want[N * B * O], dy[N * B * O];
    double loss, direct, weight;
    for (size_t i = 0; i < N * B * O; i++)
        want[i] = (float)i / 11 - 1;

    /* a sequence of any length counts with all of them */
    const size_t lengths[B] = {T, 0, 1}, whole[B] = {N, 0, N};
    const elman_loss_config mse = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    const elman_target target = {.values = want};
    elman_batch batch = {.T = T, .B = B, .x = n.x, .lengths = lengths};
    elman_batch shape = {.T = N, .B = B, .lengths = whole};
    CHECK_OK(elman_model_forward(n.m, s, &batch, y));
    CHECK_OK(elman_model_loss(n.m, s, &mse, &target, &loss, dy));
    CHECK_OK(elman_loss_forward(&mse, &shape, O, y, &target, &direct, NULL));
    CHECK(loss == direct, "%g and %g", loss, direct);
    CHECK_OK(elman_model_loss_weight(n.m, &batch, &mse, &target, &weight));
    CHECK(weight == 2 * N * O, "weight %g", weight);

    elman_state_destroy(s);
    elman_model_destroy(n.m);
}

TEST(a_vector_at_each_step_of_its_sequence)
{
    elman_config config = autoencoder;
    config.layers[2].repeats = 0;
    network n = network_of(&config);
    CHECK(elman_model_read_info(n.m).output_steps == 0, "steps of its own");

    /* it is that of a model of as many steps, whose weights are the same */
    const size_t lengths[B] = {T, 2, 5};
    float y[T * B * O], want[T * B * O];
    elman_batch batch = {.T = T, .B = B, .x = n.x, .lengths = lengths};
    elman_state *s = state_of(&n, T, false);
    CHECK_OK(elman_model_forward(n.m, s, &batch, y));
    for (size_t b = 0; b < B; b++) {
        config.layers[2].repeats = lengths[b];
        network fixed = network_of(&config);
        elman_state *own = state_of(&fixed, T, false);
        CHECK_OK(elman_model_forward(fixed.m, own, &batch, want));
        for (size_t t = 0; t < T; t++)
            for (size_t j = 0; j < O; j++) {
                size_t at = (t * B + b) * O + j;
                bool there = t < lengths[b];
                CHECK(y[at] == (there ? want[at] : 0), "t %zu b %zu", t, b);
            }
        elman_state_destroy(own);
        elman_model_destroy(fixed.m);
    }

    /* what came before would be missing */
    CHECK_FAILS(elman_model_forward(n.m, s, &batch, y), ELMAN_BAD_VALUE,
                "sequence 0 goes on after 9: expected whole ones");
    elman_state_reset(n.m, s);
    CHECK_OK(elman_model_forward(n.m, s, &batch, y));
    elman_state_destroy(s);
    elman_model_destroy(n.m);
}

/* ---- What cannot be had ------------------------------------------------- */

static void refused(const elman_layer *layers, size_t count, const char *says)
{
    elman_config config = {.input_size = I};
    elman_model *m = NULL;
    memcpy(config.layers, layers, count * sizeof *layers);
    CHECK_FAILS(elman_model_create(&config, &m), ELMAN_BAD_VALUE, says);
}

TEST(what_does_not_fit_a_repeat_is_said)
{
    const elman_layer rnn = {.kind = ELMAN_RNN, .hidden_size = 2};
    const elman_layer last = {.kind = ELMAN_LAST};
    const elman_layer three = {.kind = ELMAN_REPEAT, .repeats = 3};
    const elman_layer two = {.kind = ELMAN_REPEAT, .repeats = 2};
    const elman_layer all = {.kind = ELMAN_REPEAT};
    const elman_layer many = {.kind = ELMAN_REPEAT, .repeats = 1 << 21};

    refused((elman_layer[]){rnn, three}, 2, "expected last or pool before it");
    refused((elman_layer[]){rnn, last, all, last, two}, 5,
            "a layer before repeats 0 times");
    refused((elman_layer[]){rnn, last, many}, 3, "repeats is 2097152");
    refused((elman_layer[]){rnn, last, three, last, two}, 5,
            "a layer before repeats 3 times");
    refused((elman_layer[]){{.kind = ELMAN_LAST, .repeats = 3}}, 1,
            "the kind last has none");
}

TEST(steps_and_passes_that_continue_are_refused)
{
    network n = network_of(&autoencoder);
    elman_state *s = state_of(&n, T, true);
    float y[N * B * O];
    CHECK_FAILS(elman_model_step(n.m, s, n.x, y), ELMAN_BAD_VALUE,
                "no answer step by step");

    elman_batch batch = {.T = T, .B = B, .x = n.x, .continues = true};
    CHECK_OK(elman_model_forward(n.m, s, &batch, y));
    CHECK_FAILS(elman_model_backward(n.m, s, y, NULL), ELMAN_BAD_VALUE,
                "begins anew with each pass");
    elman_state_destroy(s);

    /* rows that no state can number */
    elman_state_config room = {.B = (size_t)1 << 30};
    CHECK(elman_state_size(n.m, &room) == 0, "it has a size");
    assert_non_null(strstr(elman_message(), "repeats 4 times"));
    elman_model_destroy(n.m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            random_networks_agree_with_the_reference_and_in_every_bit),
        cmocka_unit_test(the_output_has_the_steps_of_the_repeat),
        cmocka_unit_test(
            a_pass_over_the_last_chunk_answers_for_the_whole_sequence),
        cmocka_unit_test(it_is_what_two_models_give_one_after_the_other),
        cmocka_unit_test(a_copy_and_a_block_that_moved_go_back_through_it),
        cmocka_unit_test(a_file_keeps_it),
        cmocka_unit_test(a_vector_at_each_step_of_its_sequence),
        cmocka_unit_test(a_loss_has_the_steps_of_the_repeat),
        cmocka_unit_test(what_does_not_fit_a_repeat_is_said),
        cmocka_unit_test(steps_and_passes_that_continue_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
