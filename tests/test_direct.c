/*
 * test_direct.c: steps and blocks of steps of small networks, which go a way of
 * their own, give the bits of the whole sequence at once, on every ISA; and
 * nobody can tell from the views which way they went.
 */
#include "check.h"
#include "kernel/kernel.h"
#include "layer/recurrent.h"
#include "model/model.h"
#include "proof/random_config.h"

enum { T = 23, MOST_B = 5, MOST_FLOATS = 1 << 16 };

/* One network, its input and what it gives. */
typedef struct subject {
    elman_model *model;
    elman_model_info info;
    size_t B, width; /* sequences; floats of the output of a step */
    char line[256];
    float x[MOST_FLOATS], y[MOST_FLOATS], h[MOST_FLOATS], c[MOST_FLOATS];
    int32_t tokens[T * MOST_B];
} subject;

static void open_subject(subject *s, const elman_config *config, size_t B)
{
    config_write_line(config, sizeof s->line, s->line);
    CHECK(elman_model_create(config, &s->model) == ELMAN_OK, "%s: %s", s->line,
          elman_message());
    s->info = elman_model_read_info(s->model);
    s->B = B;
    s->width = B * s->info.output_size;

    size_t in = T * B * s->info.input_size;
    assert_true(in <= MOST_FLOATS && T * s->width <= MOST_FLOATS);
    random_fill(3, in, -2, 2, s->x);
    for (size_t i = 0; s->info.vocabulary && i < T * B; i++)
        s->tokens[i] = (int32_t)(i * 7 % s->info.vocabulary);
}

static elman_state *new_state(const subject *s, size_t steps)
{
    elman_state *state = NULL;
    elman_state_config config = {.T = steps, .B = s->B};
    CHECK_OK(elman_state_create(s->model, &config, &state));
    return state;
}

/* Steps from begin to before end as one pass. */
static void forward(const subject *s, elman_state *state, size_t begin,
                    size_t end, float *y)
{
    elman_batch batch = {.T = end - begin,
                         .B = s->B,
                         .x = s->x + begin * s->B * s->info.input_size,
                         .tokens = s->tokens + begin * s->B};
    if (!s->info.vocabulary) batch.tokens = NULL;
    else batch.x = NULL;
    CHECK(elman_model_forward(s->model, state, &batch, y) == ELMAN_OK, "%s: %s",
          s->line, elman_message());
}

static void step(const subject *s, elman_state *state, size_t t, float *y)
{
    const float *x = s->x + t * s->B * s->info.input_size;
    if (s->info.vocabulary)
        CHECK_OK(
            elman_model_step_tokens(s->model, state, s->tokens + t * s->B, y));
    else CHECK_OK(elman_model_step(s->model, state, x, y));
}

/* The whole sequence, as large networks run it. */
static void find_wanted(subject *s)
{
    elman_state *state = new_state(s, T);
    walk_force(WALK_ALONE);
    forward(s, state, 0, T, s->y);
    walk_force(WALK_UNDECIDED);
    memcpy(s->h, state->memory.h, s->B * s->model->memory_h * sizeof(float));
    memcpy(s->c, state->memory.c, s->B * s->model->memory_c * sizeof(float));
    elman_state_destroy(state);
}

static void check_memory(const subject *s, const elman_state *state,
                         const char *how)
{
    CHECK_BITS(state->memory.h, s->h, s->B * s->model->memory_h, "h %s: %s",
               how, s->line);
    CHECK_BITS(state->memory.c, s->c, s->B * s->model->memory_c, "c %s: %s",
               how, s->line);
}

/* Steps and blocks of every length in turn; most: the longest block. */
static void check_blocks(const subject *s, size_t most, const char *how)
{
    static float y[MOST_FLOATS];
    elman_state *state = new_state(s, most);

    for (size_t t = 0, length = 1; t < T; t += length) {
        length = t % (most + 2);
        if (length > most || length < 2) length = 1;
        if (length > T - t) length = T - t;
        if (length == 1 && t % 2 == 0) step(s, state, t, y);
        else forward(s, state, t, t + length, y);

        /* one vector per sequence is there at the end alone */
        if (!s->info.per_sequence)
            CHECK_BITS(y, s->y + t * s->width, length * s->width,
                       "step %zu, %s, B %zu: %s", t, how, s->B, s->line);
        else if (t + length == T)
            CHECK_BITS(y, s->y, s->width, "%s: %s", how, s->line);
    }

    check_memory(s, state, how);
    elman_state_destroy(state);
}

static void check_config(const elman_config *config, size_t B)
{
    static subject s;
    open_subject(&s, config, B);
    kernels_use(kernels_all()[0]);
    find_wanted(&s);

    for (const kernels *const *k = kernels_all(); *k; k++) {
        kernels_use(*k);
        check_blocks(&s, 1, (*k)->isa);
        check_blocks(&s, T, (*k)->isa);
    }
    kernels_use(NULL);
    elman_model_destroy(s.model);
}

/* ---- Shapes -------------------------------------------------------------- */

TEST(every_number_of_units_gives_the_bits_of_the_whole_sequence)
{
    static const elman_kind kinds[] = {ELMAN_LSTM, ELMAN_GRU, ELMAN_RNN};
    static const size_t inputs[] = {1, 2, 3, 5, 8, 15, 16, 17, 31, 140};
    static const size_t heads[] = {0, 1, 2, 4, 5, 8, 15, 16, 17};
    size_t turn = 0;

    for (size_t H = 1; H <= STREAM_UNITS + 2; H += H < 66 ? 1 : 7)
        for (size_t k = 0; k < 3; k++, turn++) {
            elman_config config = {
                .input_size = inputs[turn % 10],
                .seed = turn,
                .layers = {{.kind = kinds[k], .hidden_size = H}}};
            size_t O = heads[turn % 9];
            if (O)
                config.layers[1] =
                    (elman_layer){.kind = ELMAN_LINEAR, .output_size = O};
            check_config(&config, 1 + turn % 3);
        }
}

TEST(every_variant_of_a_cell_gives_the_bits_of_the_whole_sequence)
{
    static const elman_layer variants[] = {
        {.kind = ELMAN_LSTM, .peephole = true},
        {.kind = ELMAN_LSTM, .coupled = true, .learned_state = true},
        {.kind = ELMAN_LSTM, .clip = 0.4f},
        {.kind = ELMAN_LSTM, .proj_size = 1},
        {.kind = ELMAN_LSTM, .proj_size = 2, .peephole = true, .clip = 1},
        {.kind = ELMAN_LSTM, .no_bias = true, .num_layers = 3},
        {.kind = ELMAN_LSTM, .zoneout = 0.1f, .zoneout_cell = 0.2f},
        {.kind = ELMAN_GRU, .reset_before = true},
        {.kind = ELMAN_GRU, .clip = 0.4f, .learned_state = true},
        {.kind = ELMAN_GRU, .num_layers = 2, .no_bias = true},
        {.kind = ELMAN_RNN, .clip = 0.4f},
        {.kind = ELMAN_RNN, .nonlinearity = ELMAN_ACTIVATION_RELU},
        {.kind = ELMAN_RNN,
         .activations = {{{.kind = ELMAN_ACTIVATION_SOFTSIGN}}}},
        {.kind = ELMAN_INDRNN},
        {.kind = ELMAN_LIGRU},
        {.kind = ELMAN_MINGRU},
        {.kind = ELMAN_MINLSTM},
    };
    static const size_t units[] = {3,  8,  11, 16, 21, 24,
                                   32, 40, 49, 64, 79, 128};

    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        for (size_t j = 0; j < sizeof units / sizeof *units; j++) {
            elman_config config = {
                .input_size = 1 + (i + j) % 4,
                .seed = i,
                .layers = {variants[i],
                           {.kind = ELMAN_LINEAR, .output_size = 1 + i % 3}}};
            config.layers[0].hidden_size = units[j];
            check_config(&config, 1 + j % 3);
        }
}

/* Inputs of every size from 2^-150 to 2^-2, in some steps all small. */
static void fill_faint(draws *d, size_t steps, size_t count, float *x)
{
    for (size_t t = 0; t < steps; t++) {
        int least = (int)draw_size(d, 2, 150);
        for (size_t i = 0; i < count; i++) {
            int power = (int)draw_size(d, (size_t)least, 150);
            x[t * count + i] = ldexpf(draw_real(d, -1, 1), -power);
            if (draw_chance(d, 10)) x[t * count + i] = -0.0f;
        }
    }
}

/* Weights of every size; now and then a bias of 0. */
static void write_weights(draws *d, elman_model *model)
{
    static float values[2 * MOST_FLOATS];
    size_t count = elman_model_read_info(model).weight_count;
    assert_true(count <= 2 * MOST_FLOATS);
    CHECK_OK(elman_model_read_all(model, count, values));

    bool odd = draw_chance(d, 15);
    int scale = (int)draw_size(d, 0, 60);
    for (size_t i = 0; i < count; i++) {
        values[i] = ldexpf(values[i], draw_chance(d, 3) ? -scale : 0);
        if (odd && draw_chance(d, 2)) values[i] = 0;
    }
    CHECK_OK(elman_model_write_all(model, count, values));
}

TEST(faint_inputs_give_the_bits_of_the_whole_sequence)
{
    static const elman_kind kinds[] = {ELMAN_LSTM, ELMAN_GRU, ELMAN_RNN};
    static subject s;
    for (uint64_t which = 0; which < 150; which++) {
        draws d = draws_from(23, which);
        elman_config config = {
            .input_size = draw_size(&d, 1, 9),
            .seed = which,
            .layers = {{.kind = kinds[which % 3],
                        .hidden_size = draw_size(&d, 1, 80),
                        .num_layers = draw_size(&d, 1, 2),
                        .no_bias = draw_chance(&d, 10)},
                       {.kind = ELMAN_LINEAR, .output_size = 1}}};
        open_subject(&s, &config, draw_size(&d, 1, 3));

        /* the second time a state meets weights that have changed */
        elman_state *state = new_state(&s, T);
        for (int time = 0; time < 2; time++) {
            write_weights(&d, s.model);
            fill_faint(&d, T, s.B * s.info.input_size, s.x);
            kernels_use(kernels_all()[0]);
            find_wanted(&s);
            for (const kernels *const *k = kernels_all(); *k; k++) {
                kernels_use(*k);
                check_blocks(&s, T, (*k)->isa);

                float y[MOST_B];
                elman_state_reset(s.model, state);
                for (size_t t = 0; t < T; t++) {
                    step(&s, state, t, y);
                    CHECK_BITS(y, s.y + t * s.width, s.width, "step %zu: %s", t,
                               s.line);
                }
            }
        }
        kernels_use(NULL);
        elman_state_destroy(state);
        elman_model_destroy(s.model);
    }
}

TEST(silence_times_an_infinite_weight_is_heard)
{
    static const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_RNN, .hidden_size = 3}}};
    static subject s;
    open_subject(&s, &config, 1);
    elman_state *state = new_state(&s, 1);
    CHECK_OK(elman_model_write(s.model, "rnn.weight_ih_l0", 3,
                               (const float[]){1, INFINITY, 1}));
    float y[3];
    s.x[0] = 0;
    step(&s, state, 0, y);
    CHECK(!isnan(y[0]) && isnan(y[1]) && !isnan(y[2]), "%g %g %g", (double)y[0],
          (double)y[1], (double)y[2]);
    elman_state_destroy(state);
    elman_model_destroy(s.model);
}

TEST(random_networks_give_the_bits_of_the_whole_sequence)
{
    size_t checked = 0;
    for (uint64_t which = 0; which < 400; which++) {
        draws d = draws_from(11, which);
        elman_config config = random_config(&d, 80);
        elman_model *model = NULL;
        CHECK_OK(elman_model_create(&config, &model));
        bool streams = elman_model_read_info(model).streams;
        elman_model_destroy(model);

        if (!streams) continue;
        size_t B = draw_size(&d, 1, MOST_B);
        if (B > 1)
            config.batch_first = false; /* a chunk of x is in one piece */
        check_config(&config, B);
        checked++;
    }
    CHECK(checked > 50, "only %zu of them stream", checked);
}

/* ---- What else a state shows --------------------------------------------- */

static void check_view(const subject *s, elman_state *got, elman_state *want,
                       const char *name)
{
    elman_tensor a, b;
    CHECK_OK(elman_state_view(s->model, got, name, &a));
    CHECK_OK(elman_state_view(s->model, want, name, &b));
    assert_int_equal(a.rank, b.rank);
    size_t count = 1;
    for (size_t i = 0; i < a.rank; i++) {
        assert_int_equal(a.shape[i], b.shape[i]);
        count *= a.shape[i];
    }
    CHECK_BITS(a.data, b.data, count, "%s", name);
}

static const elman_config stacked = {
    .input_size = 2,
    .seed = 4,
    .layers = {{.kind = ELMAN_LSTM, .hidden_size = 12, .num_layers = 2},
               {.kind = ELMAN_ACTIVATION,
                .name = "squash",
                .activation = {.kind = ELMAN_ACTIVATION_TANH}},
               {.kind = ELMAN_GRU, .hidden_size = 20},
               {.kind = ELMAN_LINEAR, .output_size = 3, .name = "head"}}};

TEST(views_are_those_of_any_other_pass)
{
    static const char *const views[] = {"layer0.h", "layer0.c",   "layer1.h",
                                        "layer1.c", "layer2.h",   "layer2.h_n",
                                        "squash.y", "layer0.c_n", "y"};
    static subject s;
    static const size_t cuts[] = {0, 5, 6, 9, T};
    open_subject(&s, &stacked, 2);
    elman_state *want = new_state(&s, T), *got = new_state(&s, T);

    for (size_t i = 0; i + 1 < sizeof cuts / sizeof *cuts; i++) {
        walk_force(WALK_ALONE);
        forward(&s, want, cuts[i], cuts[i + 1], NULL);
        walk_force(WALK_UNDECIDED);
        if (cuts[i + 1] - cuts[i] == 1) step(&s, got, cuts[i], NULL);
        else forward(&s, got, cuts[i], cuts[i + 1], NULL);
        for (size_t v = 0; v < sizeof views / sizeof *views; v++)
            check_view(&s, got, want, views[v]);

        /* and of a copy, which goes on where this is */
        elman_state *copy = new_state(&s, T);
        CHECK_OK(elman_state_copy(copy, got));
        for (size_t v = 0; v < sizeof views / sizeof *views; v++)
            check_view(&s, copy, want, views[v]);
        elman_state_destroy(got);
        got = copy;
    }

    elman_state_destroy(want);
    elman_state_destroy(got);
    elman_model_destroy(s.model);
}

TEST(memory_that_is_written_counts_in_the_next_step)
{
    static subject s;
    open_subject(&s, &stacked, 1);
    elman_state *got = new_state(&s, T), *want = new_state(&s, T);
    float y[3], other[3];
    elman_tensor view;

    step(&s, got, 0, y);
    forward(&s, want, 0, 1, other);
    elman_state *both[] = {got, want};
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(elman_state_view(s.model, both[i], "layer1.h_n", &view));
        random_fill(9, 12, -1, 1, view.data);
        CHECK_OK(elman_state_view(s.model, both[i], "layer0.c_n", &view));
        random_fill(10, 12, -1, 1, view.data);
    }

    step(&s, got, 1, y);
    walk_force(WALK_ALONE);
    forward(&s, want, 1, 2, other);
    walk_force(WALK_UNDECIDED);
    CHECK_BITS(y, other, 3, "after writing h and c");
    elman_state_destroy(got);
    elman_state_destroy(want);
    elman_model_destroy(s.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_number_of_units_gives_the_bits_of_the_whole_sequence),
        cmocka_unit_test(
            every_variant_of_a_cell_gives_the_bits_of_the_whole_sequence),
        cmocka_unit_test(faint_inputs_give_the_bits_of_the_whole_sequence),
        cmocka_unit_test(silence_times_an_infinite_weight_is_heard),
        cmocka_unit_test(random_networks_give_the_bits_of_the_whole_sequence),
        cmocka_unit_test(views_are_those_of_any_other_pass),
        cmocka_unit_test(memory_that_is_written_counts_in_the_next_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
