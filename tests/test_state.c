/*
 * test_state.c: a state is one flat block: size, init and create agree, it can
 * be copied, saved and loaded at any moment, and all of it can be viewed.
 */
#include "check.h"
#include "folder.h"
#include "base/system.h"
#include "format/file.h"

enum { T = 5, B = 3, I = 2, O = 2, MOST = 4096 };

/* Everything that keeps memory of its own. */
static const elman_config rich = {
    .input_size = I,
    .seed = 7,
    .layers = {{.kind = ELMAN_LSTM,
                .hidden_size = 5,
                .proj_size = 3,
                .num_layers = 2,
                .bidirectional = true,
                .peephole = true,
                .learned_state = true,
                .dropout = 0.25f,
                .recurrent_dropout = 0.2f,
                .zoneout = 0.1f,
                .zoneout_cell = 0.1f},
               {.kind = ELMAN_LAYER_NORM},
               {.kind = ELMAN_GRU, .hidden_size = 3, .reset_before = true},
               {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL},
               {.kind = ELMAN_DROPOUT, .dropout = 0.5f, .variational = true},
               {.kind = ELMAN_LINEAR, .output_size = O}},
};

/* One direction, so that it can continue where it was. */
static const elman_config plain = {
    .input_size = I,
    .seed = 8,
    .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4, .num_layers = 2},
               {.kind = ELMAN_GRU, .hidden_size = 4},
               {.kind = ELMAN_LINEAR, .output_size = O}},
};

static const size_t ragged[B] = {3, 5, 0};

static const float *input(void)
{
    static float x[8 * T * B * I];
    random_fill(1, sizeof x / sizeof *x, -1, 1, x);
    return x;
}

static elman_model *model_of(const elman_config *config)
{
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(config, &model));
    return model;
}

static elman_state *state_of(const elman_model *model, bool training)
{
    elman_state *state = NULL;
    elman_state_config config = {
        .T = T, .B = B, .training = training, .keep_gradients = training};
    CHECK_OK(elman_state_create(model, &config, &state));
    return state;
}

static elman_tensor view_of(const elman_model *model, elman_state *state,
                            const char *name)
{
    elman_tensor view = {0};
    CHECK(elman_state_view(model, state, name, &view) == ELMAN_OK, "%s: %s",
          name, elman_message());
    return view;
}

static size_t count_of(const elman_tensor *view)
{
    size_t count = 1;
    for (size_t i = 0; i < view->rank; i++)
        count *= view->shape[i];
    return count;
}

/* The same bits in a view of two states. */
static void check_view(const elman_model *model, elman_state *got,
                       elman_state *want, const char *name)
{
    elman_tensor a = view_of(model, got, name), b = view_of(model, want, name);
    assert_int_equal(count_of(&a), count_of(&b));
    CHECK_BITS(a.data, b.data, count_of(&a), "%s", name);
}

static void check_gradients(const elman_model *model, elman_state *got,
                            elman_state *want)
{
    char name[128];
    const char *parameter;
    for (size_t i = 0; (parameter = elman_model_parameter(model, i, NULL));
         i++) {
        snprintf(name, sizeof name, "%s.grad", parameter);
        check_view(model, got, want, name);
    }
}

/* ---- Size, init, create ------------------------------------------------- */

TEST(a_state_in_memory_of_the_caller_is_the_same)
{
    elman_model *model = model_of(&rich);
    elman_state_config config = {.T = T, .B = B, .training = true};
    elman_batch batch = {.T = T, .B = B, .x = input(), .lengths = ragged};
    size_t bytes = elman_state_size(model, &config);
    unsigned char *memory = system_block_create(64, bytes + 64);
    elman_state *mine = NULL, *theirs = NULL;
    float y[B * O], dy[B * O] = {1, -1, 2}, dx[T * B * I], same[T * B * I];
    assert_non_null(memory);
    memset(memory, 0xA5, bytes + 64);

    CHECK_FAILS(elman_state_init(model, &config, bytes - 1, memory, &mine),
                ELMAN_BAD_VALUE, "bytes is ");
    CHECK_FAILS(elman_state_init(model, &config, bytes, memory + 8, &mine),
                ELMAN_BAD_VALUE, "expected a multiple of 64");
    assert_null(mine);
    CHECK_OK(elman_state_init(model, &config, bytes, memory, &mine));
    CHECK_OK(elman_state_create(model, &config, &theirs));
    for (int round = 0; round < 2; round++) {
        CHECK_OK(elman_model_forward(model, mine, &batch, y));
        CHECK_OK(elman_model_backward(model, mine, dy, dx));
        CHECK_OK(elman_model_forward(model, theirs, &batch, y));
        CHECK_OK(elman_model_backward(model, theirs, dy, same));
        CHECK_BITS(dx, same, T * B * I, "round %d", round);
    }
    check_gradients(model, mine, theirs);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(memory[bytes + i], 0xA5);

    elman_state_destroy(mine); /* nothing of its own */
    elman_state_destroy(theirs);
    system_block_destroy(memory);
    elman_model_destroy(model);
}

TEST(a_bad_size_of_a_state_is_reported)
{
    elman_model *model = model_of(&plain);
    elman_state *none = NULL;
    const size_t half = (size_t)1 << (4 * sizeof(size_t)); /* squared, 0 */
    const struct {
        elman_state_config config;
        const char *message;
    } cases[] = {
        {{.T = SIZE_MAX, .B = 2}, "product below 2^31"},
        {{.T = half, .B = half}, "product below 2^31"},
        {{.threads = -1}, "threads is -1"},
        {{.threads = 65}, "threads is 65, expected 0 to 64"},
        {{.keep_gradients = true}, "only a training state"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(elman_state_size(model, &cases[i].config), 0);
        CHECK_FAILS(elman_state_create(model, &cases[i].config, &none),
                    ELMAN_BAD_VALUE, cases[i].message);
    }
    assert_null(none);
    elman_model_destroy(model);
}

/* ---- Fork, save, load, reset -------------------------------------------- */

TEST(a_copy_can_go_backward_through_the_forward_of_the_first)
{
    elman_model *model = model_of(&rich);
    elman_batch batch = {
        .T = 4, .B = 2, .x = input(), .lengths = (size_t[]){4, 2}};
    elman_state *first = state_of(model, true), *fork = state_of(model, true);
    float y[B * O], dy[B * O] = {1, 2, 3, 4}, dx[16], same[16];

    /* a fork between forward and backward */
    CHECK_OK(elman_model_forward(model, first, &batch, y));
    CHECK_OK(elman_state_copy(fork, first));
    CHECK_OK(elman_model_backward(model, first, dy, dx));
    CHECK_OK(elman_model_backward(model, fork, dy, same));
    CHECK_BITS(same, dx, 16, "dx");
    check_gradients(model, fork, first);

    elman_state *other = state_of(model, false);
    CHECK_FAILS(elman_state_copy(other, first), ELMAN_BAD_VALUE,
                "expected both or none");
    elman_state_destroy(other);
    elman_state_destroy(fork);
    elman_state_destroy(first);
    elman_model_destroy(model);
}

/* y of three steps more. */
static void flow(const elman_model *model, elman_state *state, float *y)
{
    for (size_t t = 0; t < 3; t++)
        CHECK_OK(
            elman_model_step(model, state, input() + t * B * I, y + t * B * O));
}

/* Saved to memory it is the file, and loaded from there the same state. */
static void check_memory_is_file(const elman_model *model, elman_state *state,
                                 const char *path)
{
    char *file = NULL, *bytes = NULL;
    size_t size, count = 0, again = 0;
    elman_state *loaded = state_of(model, false);
    CHECK_OK(file_read(path, &file, &size));
    CHECK_OK(elman_state_save_memory(model, state, 0, NULL, &count));
    assert_int_equal(count, size);
    bytes = malloc(count);
    if (!bytes) abort();
    CHECK_FAILS(elman_state_save_memory(model, state, count - 1, bytes, &again),
                ELMAN_BAD_VALUE, "expected at least");
    CHECK_OK(elman_state_save_memory(model, state, count, bytes, &again));
    assert_memory_equal(bytes, file, size);

    CHECK_OK(elman_state_load_memory(model, loaded, bytes, count));
    check_view(model, loaded, state, "layer0.h_n");
    CHECK_FAILS(elman_state_load_memory(model, loaded, bytes, count - 1),
                ELMAN_BAD_FORMAT, "<memory>");
    elman_state_destroy(loaded);
    free(bytes);
    free(file);
}

TEST(a_state_can_be_forked_and_saved_in_the_middle_of_a_stream)
{
    elman_model *model = model_of(&plain);
    elman_state *stream = state_of(model, false), *fork, *loaded;
    const char *path = in_folder("state.safetensors");
    float want[3 * B * O], got[3 * B * O];
    fork = state_of(model, false);
    loaded = state_of(model, false);
    flow(model, stream, want);
    CHECK_OK(elman_state_copy(fork, stream));
    CHECK_OK(elman_state_save(model, stream, path));
    CHECK_OK(elman_state_load(model, loaded, path));
    check_memory_is_file(model, stream, path);
    flow(model, stream, want);
    flow(model, fork, got);
    CHECK_BITS(got, want, 3 * B * O, "fork");
    flow(model, loaded, got);
    CHECK_BITS(got, want, 3 * B * O, "loaded");

    /* of another model: refused, and nothing has changed */
    elman_model *other = model_of(&rich);
    elman_state *strange = state_of(other, false);
    CHECK_FAILS(elman_state_load(other, strange, path), ELMAN_BAD_FORMAT,
                "expected ");
    CHECK_FAILS(elman_state_load(model, strange, path), ELMAN_BAD_VALUE,
                "another model");
    elman_state_destroy(strange);
    elman_model_destroy(other);
    elman_state_destroy(loaded);
    elman_state_destroy(fork);
    elman_state_destroy(stream);
    elman_model_destroy(model);
}

TEST(reset_one_forgets_one_sequence_alone)
{
    elman_model *model = model_of(&plain);
    elman_state *stream = state_of(model, false), *fresh, *whole;
    float got[3 * B * O], want[3 * B * O], begun[3 * B * O];
    fresh = state_of(model, false);
    whole = state_of(model, false);

    /* one sequence of one state forgets */
    flow(model, stream, got);

    /* it goes on as a fresh one, the others as if nothing had been */
    flow(model, whole, got);
    CHECK_OK(elman_state_reset_one(model, stream, 1));
    CHECK_FAILS(elman_state_reset_one(model, stream, B), ELMAN_BAD_VALUE,
                "b is 3, expected less than B 3");
    flow(model, stream, got);
    flow(model, whole, want);
    flow(model, fresh, begun);
    for (size_t row = 0; row < 3 * B; row++)
        CHECK_BITS(got + row * O, (row % B == 1 ? begun : want) + row * O, O,
                   "row %zu", row);
    elman_state_destroy(whole);
    elman_state_destroy(fresh);
    elman_state_destroy(stream);
    elman_model_destroy(model);
}

/* ---- Chunks ------------------------------------------------------------- */

/* Copies a memory view of one state into another. */
static void hand_over(const elman_model *model, elman_state *from,
                      const char *source, elman_state *to, const char *target)
{
    elman_tensor a = view_of(model, from, source),
                 b = view_of(model, to, target);
    memcpy(b.data, a.data, count_of(&a) * sizeof(float));
}

TEST(backward_runs_through_chunks_in_states_of_their_own)
{
    enum { CHUNKS = 3 };
    static const size_t first[CHUNKS + 1] = {0, 3, 4, 5};
    elman_model *model = model_of(&plain);
    elman_state *whole = state_of(model, true), *chunk[CHUNKS];
    elman_batch batch = {.T = T, .B = B, .x = input(), .lengths = ragged};
    float y[T * B * O], dy[T * B * O], dx[T * B * I], got[T * B * I];

    /* the whole sequence at once */
    random_fill(2, T * B * O, -1, 1, dy);
    CHECK_OK(elman_model_forward(model, whole, &batch, y));
    CHECK_OK(elman_model_backward(model, whole, dy, dx));

    /* chunk by chunk forward, each in a copy of the state before */
    static const char *const memory[] = {"layer0", "layer1", "layer2"};
    for (size_t k = 0; k < CHUNKS; k++) {
        chunk[k] = state_of(model, true);
        if (k) CHECK_OK(elman_state_copy(chunk[k], chunk[k - 1]));
        size_t lengths[B];
        for (size_t b = 0; b < B; b++) {
            size_t end = ragged[b] < first[k + 1] ? ragged[b] : first[k + 1];
            lengths[b] = end > first[k] ? end - first[k] : 0;
        }
        elman_batch part = {.T = first[k + 1] - first[k],
                            .B = B,
                            .x = batch.x + first[k] * B * I,
                            .lengths = lengths};
        CHECK_OK(
            elman_model_forward(model, chunk[k], &part, y + first[k] * B * O));
    }

    check_view(model, chunk[CHUNKS - 1], whole, "layer1.c_n");

    /* from the last chunk backward, handing gradients at the memory on */
    for (size_t k = CHUNKS; k-- > 0;) {
        for (size_t i = 0; k + 1 < CHUNKS && i < 3; i++)
            for (int cell = 0; cell < (i < 2 ? 2 : 1); cell++) {
                char from[32], to[32];
                snprintf(from, sizeof from, "%s.d%c_0", memory[i], "hc"[cell]);
                snprintf(to, sizeof to, "%s.d%c_n", memory[i], "hc"[cell]);
                hand_over(model, chunk[k + 1], from, chunk[k], to);
            }
        CHECK_OK(elman_model_backward(model, chunk[k], dy + first[k] * B * O,
                                      got + first[k] * B * I));
    }

    CHECK_BITS(got, dx, T * B * I, "dx");
    check_view(model, chunk[0], whole, "layer0.dc_0");
    for (size_t k = 0; k < CHUNKS; k++)
        elman_state_destroy(chunk[k]);
    elman_state_destroy(whole);
    elman_model_destroy(model);
}

TEST(sequences_of_length_0_leave_everything_as_it_was)
{
    elman_model *model = model_of(&rich);
    elman_state *state = state_of(model, true), *before = state_of(model, true);
    const size_t none[B] = {0};
    elman_batch batch = {.T = T, .B = B, .x = input(), .lengths = none};
    float y[B * O], dy[B * O] = {1, 1, 1}, dx[T * B * I];
    const float zero[T * B * I] = {0};

    /* forward leaves the memory */
    CHECK_OK(elman_model_forward(model, state, &batch, y));
    CHECK_BITS(y, zero, B * O, "y");
    check_view(model, state, before, "layer1_reverse.c_n");

    /* backward hands the gradient at the memory through */
    elman_tensor dh_n = view_of(model, state, "layer2.dh_n");
    random_fill(3, B * 3, -1, 1, dh_n.data);
    CHECK_OK(elman_model_backward(model, state, dy, dx));
    CHECK_BITS(dx, zero, T * B * I, "dx");
    CHECK_BITS(view_of(model, state, "layer2.dh_0").data, dh_n.data, B * 3,
               "dh_0");
    check_view(model, state, before, "fc.bias.grad");

    elman_state_destroy(before);
    elman_state_destroy(state);
    elman_model_destroy(model);
}

/* ---- Views -------------------------------------------------------------- */

TEST(everything_a_run_computed_can_be_viewed_in_its_shape)
{
    elman_model *model = model_of(&rich);
    elman_state *state = state_of(model, true);
    elman_batch batch = {.T = 4, .B = 2, .x = input()};
    float y[B * O], dy[B * O] = {1};
    CHECK_OK(elman_model_forward(model, state, &batch, y));
    CHECK_OK(elman_model_backward(model, state, dy, NULL));

    /* names that are there */
    const struct {
        const char *name;
        size_t rank, shape[4];
    } views[] = {
        {"h", 3, {5, B, 3}},
        {"c", 3, {4, B, 5}},
        {"dh_n", 3, {5, B, 3}},
        {"dc_n", 3, {4, B, 5}},
        {"dh_0", 3, {5, B, 3}},
        {"dc_0", 3, {4, B, 5}},
        {"layer0.h_n", 2, {B, 3}},
        {"layer1_reverse.c_n", 2, {B, 5}},
        {"layer1.dh_n", 2, {B, 3}},
        {"layer2.dh_0", 2, {B, 3}},
        {"layer0.h", 3, {4, 2, 3}},
        {"layer0.c", 3, {4, 2, 5}},
        {"layer0_reverse.gate", 3, {4, 2, 20}},
        {"layer2.gate", 3, {4, 2, 9}},
        {"layer1.da", 3, {4, 2, 20}},
        {"layer1.dh", 3, {4, 2, 3}},
        {"layer1_reverse.dc", 3, {4, 2, 5}},
        {"layer1.dgate", 3, {4, 2, 20}},
        {"rnn.y", 3, {4, 2, 6}},
        {"norm.dy", 3, {4, 2, 6}},
        {"last.y", 2, {2, 3}},
        {"fc.y", 2, {2, O}},
        {"y", 2, {2, O}},
        {"dy", 2, {2, O}},
        {"rnn.weight_hr_l1_reverse.grad", 2, {3, 5}},
        {"rnn.peephole_l0.grad", 2, {3, 5}},
        {"rnn.h_0_l0.grad", 1, {3}},
        {"norm.weight.grad", 1, {6}},
    };
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        elman_tensor view = view_of(model, state, views[i].name);
        CHECK(view.rank == views[i].rank &&
                  memcmp(view.shape, views[i].shape,
                         view.rank * sizeof *view.shape) == 0,
              "%s", views[i].name);
    }

    /* and some that are not */
    const char *none[] = {
        "",        "x",        "layer2.c",      "layer2.dc",       "layer3.h",
        "layer0.", "layer.h",  "layer0h",       "rnn.grad",        "fc2.y",
        ".y",      "layer0.y", "y.weight.grad", "layer2_reverse.h"};
    elman_tensor view;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CHECK_FAILS(elman_state_view(model, state, none[i], &view),
                    ELMAN_BAD_VALUE, "there is no view");

    /* with those that are in their place: all of them, but gradients of
     * weights, are named */
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        char name[80];
        snprintf(name, sizeof name, " %s,", views[i].name);
        CHECK(strstr(views[i].name, ".grad") || strstr(elman_message(), name),
              "%s is not in: %s", name, elman_message());
    }
    elman_state_destroy(state);
    elman_model_destroy(model);
}

TEST(views_are_0_after_the_end_of_each_sequence)
{
    elman_model *model = model_of(&rich);
    elman_state *state = state_of(model, true);
    elman_batch full = {.T = T, .B = B, .x = input()}, cut = full;
    float y[B * O], dy[B * O] = {1, 2, 3};
    cut.lengths = ragged;

    /* full sequences first, so that there is something to clear */
    CHECK_OK(elman_model_forward(model, state, &full, y));
    CHECK_OK(elman_model_backward(model, state, dy, NULL));
    CHECK_OK(elman_model_forward(model, state, &cut, y));
    CHECK_OK(elman_model_backward(model, state, dy, NULL));

    const char *names[] = {"layer0.h",          "layer0.c",    "layer1.gate",
                           "layer1_reverse.h",  "layer1.da",   "layer2.dh",
                           "layer0_reverse.dc", "layer2.dgate"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        elman_tensor view = view_of(model, state, names[i]);
        for (size_t at = 0; at < count_of(&view); at++) {
            size_t row = at / view.shape[2];
            if (row / B >= ragged[row % B])
                CHECK(view.data[at] == 0, "%s[%zu] is %g", names[i], at,
                      (double)view.data[at]);
        }
    }
    elman_state_destroy(state);
    elman_model_destroy(model);
}

/* ---- Options that change no number -------------------------------------- */

/* Runs config forward and backward; results time first. blocks: y is (D,T,B,.)
 * with merge none. */
static void run_all(elman_config config, bool batch_first, int threads,
                    size_t blocks, float *y, float *dx)
{
    config.batch_first = batch_first;
    elman_model *model = model_of(&config);
    elman_state *state = NULL;
    size_t width = elman_model_read_info(model).output_size / blocks;
    float x[T * B * I], dy[MOST], given[MOST], back[T * B * I];
    elman_state_config room = {
        .T = T, .B = B, .training = true, .threads = threads};
    elman_batch batch = {.T = T, .B = B, .x = x, .lengths = ragged};
    random_fill(4, MOST, -1, 1, dy);

    /* input and dy in the order that the config asks for */
    size_t rows = blocks * T * B;
    for (size_t r = 0; r < rows; r++) {
        size_t t = r / B % T, b = r % B, block = r / (T * B);
        size_t at = batch_first ? block * T * B + b * T + t : r;
        memcpy(given + at * width, dy + r * width, width * sizeof *dy);
        if (block == 0) memcpy(x + at * I, input() + r * I, I * sizeof *x);
    }

    CHECK_OK(elman_state_create(model, &room, &state));
    float out[MOST];
    CHECK_OK(elman_model_forward(model, state, &batch, out));
    CHECK_OK(elman_model_backward(model, state, given, back));

    /* and the results in one order for all */
    for (size_t r = 0; r < rows; r++) {
        size_t t = r / B % T, b = r % B, block = r / (T * B);
        size_t at = batch_first ? block * T * B + b * T + t : r;
        memcpy(y + r * width, out + at * width, width * sizeof *y);
        if (block == 0) memcpy(dx + r * I, back + at * I, I * sizeof *dx);
    }

    if (blocks > 1) {
        elman_tensor view = view_of(model, state, "y");
        CHECK(view.rank == 4 && view.shape[0] == 2 && view.shape[1] == T &&
                  view.shape[2] == B && view.shape[3] == width,
              "rank %zu", view.rank);
        CHECK_BITS(view.data, y, rows * width, "view y");
    }
    elman_state_destroy(state);
    elman_model_destroy(model);
}

TEST(batch_first_and_threads_change_no_bit)
{
    elman_config none = {.input_size = I,
                         .layers = {{.kind = ELMAN_GRU,
                                     .hidden_size = 4,
                                     .bidirectional = true,
                                     .merge = ELMAN_MERGE_NONE}}};
    elman_config wide = plain;
    wide.layers[0].hidden_size = 150; /* enough work for every thread */
    const elman_config *configs[] = {&plain, &none, &wide};
    for (size_t i = 0; i < 3; i++) {
        float y[MOST], dx[T * B * I], got[MOST], gotten[T * B * I];
        size_t blocks = configs[i] == &none ? 2 : 1;
        size_t n = T * B * (blocks == 2 ? 8 : O);

        /* each against one thread, time first */
        run_all(*configs[i], false, 1, blocks, y, dx);
        run_all(*configs[i], true, 1, blocks, got, gotten);
        CHECK_BITS(got, y, n, "batch first, config %zu", i);
        CHECK_BITS(gotten, dx, T * B * I, "batch first, config %zu", i);
        run_all(*configs[i], false, 9, blocks, got, gotten);
        CHECK_BITS(got, y, n, "9 threads, config %zu", i);
        CHECK_BITS(gotten, dx, T * B * I, "9 threads, config %zu", i);
    }
}

TEST(dropout_of_0_and_1_are_what_they_say)
{
    elman_config config = {
        .input_size = I,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 4, .num_layers = 2},
                   {.kind = ELMAN_DROPOUT}}};
    float y[MOST], dx[T * B * I], want[MOST], wanted[T * B * I];
    const float zero[MOST] = {0};

    /* dropout 0 is no dropout */
    run_all(config, false, 1, 1, y, dx);
    config.layers[1] = (elman_layer){0};
    run_all(config, false, 1, 1, want, wanted);
    CHECK_BITS(y, want, T * B * 4, "dropout 0");
    CHECK_BITS(dx, wanted, T * B * I, "dropout 0");

    /* dropout 1 leaves nothing */
    for (int variational = 0; variational < 2; variational++) {
        config.layers[0].recurrent_dropout = 1;
        config.layers[0].dropout = 1;
        config.layers[1] = (elman_layer){
            .kind = ELMAN_DROPOUT, .dropout = 1, .variational = variational};
        run_all(config, false, 1, 1, y, dx);
        for (size_t i = 0; i < T * B * 4; i++)
            assert_true(y[i] == 0);
        CHECK_CLOSE(dx, zero, T * B * I, 0, 0, "dropout 1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_in_memory_of_the_caller_is_the_same),
        cmocka_unit_test(a_bad_size_of_a_state_is_reported),
        cmocka_unit_test(
            a_copy_can_go_backward_through_the_forward_of_the_first),
        cmocka_unit_test(
            a_state_can_be_forked_and_saved_in_the_middle_of_a_stream),
        cmocka_unit_test(reset_one_forgets_one_sequence_alone),
        cmocka_unit_test(backward_runs_through_chunks_in_states_of_their_own),
        cmocka_unit_test(sequences_of_length_0_leave_everything_as_it_was),
        cmocka_unit_test(everything_a_run_computed_can_be_viewed_in_its_shape),
        cmocka_unit_test(views_are_0_after_the_end_of_each_sequence),
        cmocka_unit_test(batch_first_and_threads_change_no_bit),
        cmocka_unit_test(dropout_of_0_and_1_are_what_they_say),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
