/*
 * test_pool.c: one vector per sequence from all its steps: the same in one
 * pass, in chunks of time and step by step, forward and backward; exact where
 * it can be, as accurate for long sequences as for short ones.
 */
#include "check.h"
#include "folder.h"

enum { T = 300, B = 9, I = 3, H = 5, LONG = 200000 };

static const elman_pool pools[] = {ELMAN_POOL_MEAN, ELMAN_POOL_MAX,
                                   ELMAN_POOL_SUM, ELMAN_POOL_ATTENTION};
static const char *const words[] = {"mean", "max", "sum", "attention"};
enum { POOLS = sizeof pools / sizeof *pools };

/* Ends before, at and after those of chains; one sequence is empty. */
static const size_t lengths[B] = {300, 0, 1, 128, 129, 256, 257, 100, 300};
static float x[T * B * I], dy[B * H];

static elman_model *gru_and(elman_pool pool)
{
    const elman_config config = {
        .input_size = I,
        .seed = 3,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = H},
                   {.kind = ELMAN_POOL, .pool = pool}}};
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    random_fill(1, T * B * I, -1, 1, x);
    random_fill(2, B * H, -1, 1, dy);
    return model;
}

/* The layer alone, for inputs of one sequence. */
static elman_model *alone(elman_pool pool, size_t features)
{
    const elman_config config = {
        .input_size = features, .layers = {{.kind = ELMAN_POOL, .pool = pool}}};
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    return model;
}

static elman_state *state_of(const elman_model *model,
                             const elman_state_config *config)
{
    elman_state *state = NULL;
    CHECK_OK(elman_state_create(model, config, &state));
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

static void check_view(const elman_model *model, elman_state *got,
                       elman_state *want, const char *name)
{
    elman_tensor a = view_of(model, got, name), b = view_of(model, want, name);
    CHECK_BITS(a.data, b.data, count_of(&b), "%s", name);
}

/* ---- Chunks of time ------------------------------------------------------ */

static const size_t cuts[] = {0, 1, 100, 128, 257, T};
enum { CHUNKS = sizeof cuts / sizeof *cuts - 1 };

/* The steps of a chunk; of each sequence those that it has. */
static elman_batch chunk_of(size_t k, size_t *left)
{
    for (size_t b = 0; b < B; b++) {
        left[b] = lengths[b] > cuts[k] ? lengths[b] - cuts[k] : 0;
        if (left[b] > cuts[k + 1] - cuts[k]) left[b] = cuts[k + 1] - cuts[k];
    }
    return (elman_batch){.T = cuts[k + 1] - cuts[k],
                         .B = B,
                         .x = x + cuts[k] * B * I,
                         .lengths = left,
                         .continues = k + 1 < CHUNKS};
}

/* What a sequence has come to is given by its last chunk. */
static bool ends_in(size_t k, size_t b)
{
    return lengths[b] > cuts[k] && lengths[b] <= cuts[k + 1];
}

static void copy_view(const elman_model *model, elman_state *from,
                      const char *name, elman_state *to, const char *to_name)
{
    elman_tensor a = view_of(model, from, name);
    elman_tensor b = view_of(model, to, to_name);
    memcpy(b.data, a.data, count_of(&a) * sizeof *a.data);
}

/* Forward through all chunks, each with a state of its own, then back. */
static void run_chunks(const elman_model *model, elman_state **s, float *y,
                       float *dx)
{
    size_t left[B];
    float part[B * H];
    for (size_t k = 0; k < CHUNKS; k++) {
        elman_batch batch = chunk_of(k, left);
        if (k > 0) CHECK_OK(elman_state_copy(s[k], s[k - 1]));
        CHECK_OK(elman_model_forward(model, s[k], &batch, part));
        for (size_t b = 0; b < B; b++)
            if (ends_in(k, b)) memcpy(y + b * H, part + b * H, H * sizeof *y);
    }

    for (size_t k = CHUNKS; k-- > 0;) {
        for (size_t i = 0; i < B * H; i++)
            part[i] = ends_in(k, i / H) ? dy[i] : 0;
        if (k + 1 < CHUNKS) {
            copy_view(model, s[k + 1], "layer0.dh_0", s[k], "layer0.dh_n");
            copy_view(model, s[k + 1], "pool.dh_0", s[k], "pool.dh_n");
            CHECK_OK(elman_state_copy_gradients(s[k], s[k + 1]));
        }
        CHECK_OK(elman_model_backward(model, s[k], part, dx + cuts[k] * B * I));
    }
}

TEST(chunks_of_time_have_the_bits_of_one_pass)
{
    static float want_dx[T * B * I], got_dx[T * B * I];
    for (size_t i = 0; i < POOLS; i++) {
        elman_model *model = gru_and(pools[i]);
        const elman_state_config config = {
            .T = T, .B = B, .training = true, .open_blocks = 2, .passes = 1};
        elman_state *whole = state_of(model, &config), *s[CHUNKS];
        for (size_t k = 0; k < CHUNKS; k++)
            s[k] = state_of(model, &config);
        float want[B * H] = {0}, got[B * H] = {0};

        CHECK_OK(elman_model_forward(
            model, whole,
            &(elman_batch){.T = T, .B = B, .x = x, .lengths = lengths}, want));
        CHECK_OK(elman_model_backward(model, whole, dy, want_dx));
        run_chunks(model, s, got, got_dx);

        CHECK_BITS(got, want, B * H, "%s: y", words[i]);
        CHECK_BITS(got_dx, want_dx, T * B * I, "%s: dx", words[i]);
        check_view(model, s[CHUNKS - 1], whole, "pool.h_n");
        const char *name;
        for (size_t k = 0; (name = elman_model_parameter(model, k, NULL));
             k++) {
            char view[128];
            snprintf(view, sizeof view, "%s.grad", name);
            check_view(model, s[0], whole, view);
        }

        for (size_t k = 0; k < CHUNKS; k++)
            elman_state_destroy(s[k]);
        elman_state_destroy(whole);
        elman_model_destroy(model);
    }
}

/* dx of a pass over so many steps of two sequences, through the layer alone. */
static void dx_of(const elman_model *model, size_t steps, const float *dy_end,
                  float *dx)
{
    elman_state *s = state_of(
        model, &(elman_state_config){.T = steps, .B = 2, .training = true});
    CHECK_OK(elman_model_forward(
        model, s, &(elman_batch){.T = steps, .B = 2, .x = x}, NULL));
    CHECK_OK(elman_model_backward(model, s, dy_end, dx));
    elman_state_destroy(s);
}

/* A loss at the end of each chunk: the first chunk has the gradients of both.
 */
TEST(gradients_of_several_answers_add_up)
{
    enum { HALF = 20, WHOLE = 35, N = 2 * I };
    for (size_t i = 0; i < POOLS; i++) {
        elman_model *model = alone(pools[i], I);
        const elman_state_config config = {
            .T = WHOLE, .B = 2, .training = true, .open_blocks = 1};
        elman_state *one = state_of(model, &config);
        elman_state *two = state_of(model, &config);
        elman_batch first = {.T = HALF, .B = 2, .x = x, .continues = true};
        elman_batch second = {.T = WHOLE - HALF, .B = 2, .x = x + HALF * N};
        float early[HALF * N], late[WHOLE * N], got[HALF * N], rest[WHOLE * N];
        random_fill(5, WHOLE * N, -3, 3, x);
        random_fill(6, 2 * N, -1, 1, dy);

        dx_of(model, HALF, dy, early);
        dx_of(model, WHOLE, dy + N, late);
        CHECK_OK(elman_model_forward(model, one, &first, NULL));
        CHECK_OK(elman_state_copy(two, one));
        CHECK_OK(elman_model_forward(model, two, &second, NULL));
        CHECK_OK(elman_model_backward(model, two, dy + N, rest));
        copy_view(model, two, "pool.dh_0", one, "pool.dh_n");
        CHECK_OK(elman_state_copy_gradients(one, two));
        CHECK_OK(elman_model_backward(model, one, dy, got));

        for (size_t k = 0; k < HALF * N; k++)
            early[k] += late[k];
        CHECK_CLOSE(got, early, HALF * N, 1e-5, 1e-6, "%s", words[i]);
        elman_state_destroy(one);
        elman_state_destroy(two);
        elman_model_destroy(model);
    }
}

/* ---- Streams ------------------------------------------------------------- */

/* y of the first steps of sequence 0, in a pass of its own. */
static void answer(const elman_model *model, size_t steps, float *y)
{
    float own[T * I];
    for (size_t t = 0; t < steps; t++)
        memcpy(own + t * I, x + t * B * I, I * sizeof *own);
    elman_state *s = state_of(model, &(elman_state_config){.T = steps});
    CHECK_OK(elman_model_forward(
        model, s, &(elman_batch){.T = steps, .B = 1, .x = own}, y));
    elman_state_destroy(s);
}

TEST(a_stream_answers_each_step_for_all_so_far)
{
    for (size_t i = 0; i < POOLS; i++) {
        elman_model *model = gru_and(pools[i]);
        elman_state *s = state_of(model, &(elman_state_config){.B = B});
        float got[B * H], want[H];

        /* the second round begins anew */
        for (int round = 0; round < 2; round++) {
            for (size_t t = 0; t < 140; t++) {
                CHECK_OK(elman_model_step(model, s, x + t * B * I, got));
                answer(model, t + 1, want);
                CHECK_BITS(got, want, H, "%s: step %zu", words[i], t);
            }
            elman_state_reset(model, s);
        }
        elman_state_destroy(s);
        elman_model_destroy(model);
    }
}

TEST(a_slot_that_is_joined_again_begins_anew)
{
    for (size_t i = 0; i < POOLS; i++) {
        elman_model *model = gru_and(pools[i]);
        elman_state *s = state_of(model, &(elman_state_config){.B = B});
        float got[B * H], want[H];
        size_t b;

        for (size_t t = 0; t < 3; t++)
            CHECK_OK(elman_model_step(model, s, x + 7, got));
        CHECK_OK(elman_state_leave(model, s, 0));
        CHECK_OK(elman_model_step(model, s, x + 7, got));
        CHECK_OK(elman_state_join(model, s, &b));
        assert_int_equal(b, 0);

        CHECK_OK(elman_model_step(model, s, x, got));
        answer(model, 1, want);
        CHECK_BITS(got, want, H, "%s", words[i]);
        elman_state_destroy(s);
        elman_model_destroy(model);
    }
}

TEST(memory_is_saved_and_goes_on)
{
    for (size_t i = 0; i < POOLS; i++) {
        elman_model *model = gru_and(pools[i]);
        elman_state *s = state_of(model, &(elman_state_config){.B = B});
        elman_state *later = state_of(model, &(elman_state_config){.B = B});
        const char *path = in_folder("state.safetensors");
        float got[B * H], want[B * H];

        for (size_t t = 0; t < 130; t++)
            CHECK_OK(elman_model_step(model, s, x + t * B * I, want));
        CHECK_OK(elman_state_save(model, s, path));
        CHECK_OK(elman_state_load(model, later, path));
        for (size_t t = 130; t < 135; t++) {
            CHECK_OK(elman_model_step(model, s, x + t * B * I, want));
            CHECK_OK(elman_model_step(model, later, x + t * B * I, got));
            CHECK_BITS(got, want, B * H, "%s: step %zu", words[i], t);
        }
        elman_state_destroy(s);
        elman_state_destroy(later);
        elman_model_destroy(model);
    }
}

/* ---- Numbers ------------------------------------------------------------- */

/* One sequence of steps numbers through the layer alone, and back. */
static float pool_numbers(elman_pool pool, size_t steps, const float *numbers,
                          float *dx)
{
    elman_model *model = alone(pool, 1);
    elman_state *s =
        state_of(model, &(elman_state_config){.T = steps, .training = true});
    float y, one = 1;
    CHECK_OK(elman_model_forward(
        model, s, &(elman_batch){.T = steps, .B = 1, .x = numbers}, &y));
    CHECK_OK(elman_model_backward(model, s, &one, dx));
    elman_state_destroy(s);
    elman_model_destroy(model);
    return y;
}

/* As torch.max over a dimension. */
TEST(the_first_of_equal_maxima_has_the_gradient_and_nan_is_largest)
{
    float dx[4];
    const float equal[4] = {1, 3, 3, 2}, below[4] = {-5, -2, -9, -2};
    const float nan_[4] = {1, NAN, 5, NAN}, first[4] = {NAN, 2, INFINITY, 1};
    const struct {
        const float *x;
        float y;
        size_t from;
    } cases[] = {
        {equal, 3, 1}, {below, -2, 1}, {nan_, NAN, 1}, {first, NAN, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float y = pool_numbers(ELMAN_POOL_MAX, 4, cases[i].x, dx);
        CHECK(y == cases[i].y || (isnan(y) && isnan(cases[i].y)), "%g",
              (double)y);
        for (size_t t = 0; t < 4; t++)
            CHECK(dx[t] == (t == cases[i].from), "case %zu, step %zu", i, t);
    }
}

/* A chain of so many terms would be wrong by more than a thousandth. */
TEST(long_sequences_are_as_accurate_as_short_ones)
{
    float *numbers = malloc(LONG * sizeof *numbers);
    float *dx = malloc(LONG * sizeof *dx);
    assert_true(numbers && dx);
    for (size_t t = 0; t < LONG; t++)
        numbers[t] = 0.1f;

    for (size_t i = 0; i < POOLS; i++) {
        double y = (double)pool_numbers(pools[i], LONG, numbers, dx);
        if (pools[i] == ELMAN_POOL_SUM) y /= LONG;
        CHECK(fabs(y - 0.1) < 1e-6, "%s of 0.1 is %.9g", words[i], y);
    }
    free(numbers);
    free(dx);
}

/* Scores beyond what exp can hold: only their differences count. */
TEST(large_scores_do_not_overflow)
{
    elman_model *model = alone(ELMAN_POOL_ATTENTION, 1);
    elman_state *s = state_of(model, &(elman_state_config){.T = 3});
    const float large = 1000, one = 1, rising[3] = {-20, 0, 20};
    float y;
    CHECK_OK(elman_model_write(model, "pool.score", 1, &large));
    CHECK_OK(elman_model_write(model, "pool.weight", 1, &one));

    CHECK_OK(elman_model_forward(
        model, s, &(elman_batch){.T = 3, .B = 1, .x = rising}, &y));
    CHECK(y == 20, "%g", (double)y);
    elman_state_destroy(s);
    elman_model_destroy(model);
}

TEST(attention_can_be_viewed)
{
    elman_model *model = gru_and(ELMAN_POOL_ATTENTION);
    elman_state *s = state_of(model, &(elman_state_config){.T = T, .B = B});
    float y[B * H];
    CHECK_FAILS(
        elman_state_view(model, s, "pool.attention", &(elman_tensor){0}),
        ELMAN_BAD_VALUE, "there is no view pool.attention");
    CHECK_OK(elman_model_forward(
        model, s, &(elman_batch){.T = T, .B = B, .x = x, .lengths = lengths},
        y));

    elman_tensor a = view_of(model, s, "pool.attention");
    elman_tensor h = view_of(model, s, "layer0.h");
    assert_true(a.rank == 2 && a.shape[0] == T && a.shape[1] == B);
    for (size_t b = 0; b < B; b++) {
        double sum = 0, mean[H] = {0};
        for (size_t t = 0; t < T; t++) {
            double weight = (double)a.data[t * B + b];
            CHECK(t < lengths[b] ? weight > 0 : weight == 0, "step %zu", t);
            sum += weight;
            for (size_t j = 0; j < H; j++)
                mean[j] += weight * (double)h.data[(t * B + b) * H + j];
        }
        if (lengths[b]) CHECK(fabs(sum - 1) < 1e-5, "they add up to %g", sum);
        for (size_t j = 0; j < H; j++)
            CHECK(fabs(mean[j] - (double)y[b * H + j]) < 1e-5, "y[%zu]", j);
    }
    elman_state_destroy(s);
    elman_model_destroy(model);
}

/* ---- Memory and refusals ------------------------------------------------- */

TEST(a_state_fits_in_the_bytes_that_it_says)
{
    for (size_t i = 0; i < POOLS; i++) {
        elman_model *model = gru_and(pools[i]);
        const elman_state_config config = {
            .T = 7, .B = B, .training = true, .passes = 1};
        size_t bytes = elman_state_size(model, &config);
        assert_true(bytes % 64 == 0);
        void *memory = aligned_alloc(64, bytes);
        elman_state *s = NULL;
        float y[B * H], dx[7 * B * I];
        assert_non_null(memory);

        CHECK_OK(elman_state_init(model, &config, bytes, memory, &s));
        CHECK_OK(elman_model_forward(
            model, s, &(elman_batch){.T = 7, .B = B, .x = x}, y));
        CHECK_OK(elman_model_backward(model, s, dy, dx));
        free(memory);
        elman_model_destroy(model);
    }
}

TEST(what_cannot_be_pooled_is_refused)
{
    static const struct {
        elman_layer layers[3];
        const char *message;
    } cases[] = {
        {{{.kind = ELMAN_LAST}, {.kind = ELMAN_POOL}},
         "pool: pool needs a sequence, but the layer before gives one vector"},
        {{{.kind = ELMAN_POOL}, {.kind = ELMAN_LAST}},
         "last: last needs a sequence"},
        {{{.kind = ELMAN_POOL}, {.kind = ELMAN_GRU, .hidden_size = 2}},
         "a recurrent layer needs a sequence"},
        {{{.kind = ELMAN_POOL, .pool = (elman_pool)4}},
         "layer 0: pool is 4, expected 0 to 3"},
        {{{.kind = ELMAN_POOL, .init_bias = {ELMAN_INIT_CONSTANT, 1}}},
         "layer 0: init_bias is set, but only attention has weights"},
        {{{.kind = ELMAN_LAST, .pool = ELMAN_POOL_MAX}},
         "pool is set, but the kind last has none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_config config = {.input_size = I};
        elman_model *model = NULL;
        memcpy(config.layers, cases[i].layers, sizeof cases[i].layers);
        CHECK_FAILS(elman_model_create(&config, &model), ELMAN_BAD_VALUE,
                    cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_of_time_have_the_bits_of_one_pass),
        cmocka_unit_test(gradients_of_several_answers_add_up),
        cmocka_unit_test(a_stream_answers_each_step_for_all_so_far),
        cmocka_unit_test(a_slot_that_is_joined_again_begins_anew),
        cmocka_unit_test(memory_is_saved_and_goes_on),
        cmocka_unit_test(
            the_first_of_equal_maxima_has_the_gradient_and_nan_is_largest),
        cmocka_unit_test(long_sequences_are_as_accurate_as_short_ones),
        cmocka_unit_test(large_scores_do_not_overflow),
        cmocka_unit_test(attention_can_be_viewed),
        cmocka_unit_test(a_state_fits_in_the_bytes_that_it_says),
        cmocka_unit_test(what_cannot_be_pooled_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
