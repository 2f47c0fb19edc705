/*
 * test_retain.c: backward can go several times through one forward. On random
 * networks each further backward, with another dy, adds the bits of a forward
 * and a backward of their own, with any number of threads, with blocks that
 * stay open and with chunks that continue them.
 */
#include "random_batch.h"

enum { NETWORKS = 120, MOST_O = 64, ROOM = 2 * MOST_T * MOST_B * MOST_O };

/* A state that goes several times through its forward, and one that repeats the
 * forward from where the memory was before. */
typedef struct both {
    elman_model *model;
    elman_state *before, *once, *repeated;
    elman_state *sum; /* the gradients of what was repeated, or NULL */
} both;

static void both_begin(draws *d, const elman_config *config, both *at)
{
    elman_state_config room = {.T = MOST_T,
                               .B = MOST_B,
                               .training = true,
                               .keep_gradients = draw_chance(d, 50),
                               .threads = (int)draw_size(d, 1, 3),
                               .block = draw_size(d, 1, 4),
                               .passes = 6};
    if (draw_chance(d, 60)) room.open_blocks = draw_size(d, 1, MOST_B);

    *at = (both){.model = NULL};
    CHECK_OK(elman_model_create(config, &at->model));
    elman_state **states[] = {&at->before, &at->once, &at->repeated, &at->sum};
    for (size_t i = 0; i < 4; i++)
        CHECK_OK(elman_state_create(at->model, &room, states[i]));
}

static void both_end(both *at)
{
    elman_state_destroy(at->before);
    elman_state_destroy(at->once);
    elman_state_destroy(at->repeated);
    elman_state_destroy(at->sum);
    elman_model_destroy(at->model);
}

static void check_view(const both *at, const char *name)
{
    elman_tensor got, want;
    if (elman_state_view(at->model, at->once, name, &got)) return;
    CHECK_OK(elman_state_view(at->model, at->repeated, name, &want));
    size_t count = 1;
    for (size_t i = 0; i < got.rank; i++)
        count *= got.shape[i];
    CHECK_BITS(got.data, want.data, count, "%s", name);
}

/* Whatever a backward writes. */
static void check_views(const both *at)
{
    static const char *const parts[] = {"dh_0", "dc_0", "da",
                                        "dh",   "dc",   "dgate"};
    char name[160];
    size_t levels = elman_model_read_info(at->model).level_count;
    for (size_t level = 0; level < levels; level++)
        for (size_t i = 0; i < 12; i++) {
            snprintf(name, sizeof name, "layer%zu%s.%s", level,
                     i % 2 ? "_reverse" : "", parts[i / 2]);
            check_view(at, name);
        }
    check_view(at, "pool.dh_0");
}

static void check_gradients(const both *at)
{
    char name[160];
    const char *parameter;
    for (size_t i = 0;
         (parameter = elman_model_parameter(at->model, i, NULL)) != NULL; i++) {
        snprintf(name, sizeof name, "%s.grad", parameter);
        check_view(at, name);
    }
}

/* Gradients at the memory after the pass, the same in both states. */
static void give_dh_n(const both *at, uint64_t which)
{
    elman_tensor a, b;
    if (elman_state_view(at->model, at->once, "layer0.dh_n", &a)) return;
    CHECK_OK(elman_state_view(at->model, at->repeated, "layer0.dh_n", &b));
    size_t count = a.shape[0] * a.shape[1];
    random_fill(which, count, -1, 1, a.data);
    memcpy(b.data, a.data, count * sizeof *a.data);
}

/* One more backward: of once alone, of the other with a forward before it. */
static void go_back(const both *at, const elman_batch *batch, uint64_t which)
{
    static float dy[ROOM], dx[2][MOST_T * MOST_B * MOST_I];
    bool has_dx = elman_model_config(at->model)->input_size > 0;
    random_fill(which, ROOM, -1, 1, dy);
    memset(dx, 0, sizeof dx);

    CHECK_OK(elman_state_copy_gradients(at->sum, at->repeated));
    CHECK_OK(elman_state_copy(at->repeated, at->before));
    CHECK_OK(elman_model_forward(at->model, at->repeated, batch, NULL));
    CHECK_OK(elman_state_copy_gradients(at->repeated, at->sum));
    give_dh_n(at, which);
    CHECK_OK(
        elman_model_backward(at->model, at->once, dy, has_dx ? dx[0] : NULL));
    CHECK_OK(elman_model_backward(at->model, at->repeated, dy,
                                  has_dx ? dx[1] : NULL));
    CHECK_BITS(dx[0], dx[1], sizeof dx[0] / sizeof dx[0][0], "dx");
    check_views(at);
}

static void run(uint64_t which)
{
    draws d = draws_begin(which);
    elman_config config = random_config(&d, MOST_H);
    both at;
    both_begin(&d, &config, &at);

    /* a pass before, so that memory and gradients are not nothing */
    random_batch drawn = draw_batch(&d, &config, MOST_B);
    elman_batch batch = {.T = drawn.T,
                         .B = drawn.B,
                         .x = drawn.x,
                         .tokens = drawn.tokens,
                         .lengths = drawn.lengths,
                         .draw = 5};
    static float dy[ROOM];
    random_fill(which, ROOM, -1, 1, dy);
    CHECK_OK(elman_model_forward(at.model, at.before, &batch, NULL));
    CHECK_OK(elman_model_backward(at.model, at.before, dy, NULL));

    /* it may go on with the blocks that are open */
    batch.continues = true;
    batch.draw = 6;
    CHECK_OK(elman_state_copy(at.once, at.before));
    CHECK_OK(elman_model_forward(at.model, at.once, &batch, NULL));
    if (draw_chance(&d, 50) ||
        elman_model_backward(at.model, at.once, dy, NULL) != ELMAN_OK)
        batch.continues = false;

    CHECK_OK(elman_state_copy(at.once, at.before));
    CHECK_OK(elman_state_copy(at.repeated, at.before));
    CHECK_OK(elman_model_forward(at.model, at.once, &batch, NULL));
    for (uint64_t i = 0; i < 3; i++) {
        go_back(&at, &batch, 100 * which + i);
        elman_state_reset(at.model, at.once); /* its memory is not needed */
    }
    check_gradients(&at);
    both_end(&at);
}

TEST(a_second_backward_has_the_bits_of_a_second_forward_and_backward)
{
    for (uint64_t which = 0; which < NETWORKS; which++)
        run(which);
}

TEST(a_backward_needs_a_forward)
{
    static const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_GRU, .hidden_size = 2}}};
    const float x[2] = {1, 2}, dy[4] = {1, 1, 1, 1};
    const elman_batch batch = {.T = 2, .B = 1, .x = x};
    elman_model *model;
    elman_state *state;
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_state_create(
        model, &(elman_state_config){.T = 2, .training = true}, &state));
    CHECK_FAILS(elman_model_backward(model, state, dy, NULL), ELMAN_BAD_VALUE,
                "no forward before it");
    CHECK_OK(elman_model_forward(model, state, &batch, NULL));
    CHECK_OK(elman_model_backward(model, state, dy, NULL));
    CHECK_OK(elman_model_backward(model, state, NULL, NULL));

    /* with the weights that it was made with */
    CHECK_OK(elman_model_write(model, "rnn.bias_hh_l0", 6, (float[6]){1}));
    CHECK_FAILS(elman_model_backward(model, state, dy, NULL), ELMAN_BAD_VALUE,
                "the weights have changed since the forward");
    CHECK_OK(elman_model_forward(model, state, &batch, NULL));
    CHECK_OK(elman_model_backward(model, state, dy, NULL));
    elman_state_destroy(state);
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_second_backward_has_the_bits_of_a_second_forward_and_backward),
        cmocka_unit_test(a_backward_needs_a_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
