/*
 * test_move.c: a state's block is copied elsewhere and taken up there. On
 * random networks it goes on with the bits of one that stayed, in the middle of
 * a stream, and between forward and backward. A block that is damaged anywhere
 * gives a sentence, or a state that can be used.
 */
#include "random_batch.h"

enum { NETWORKS = 120, DAMAGES = 4000, MOST_O = 64, ALIGN = 64 };
enum { ROOM = 2 * MOST_T * MOST_B * MOST_O };

typedef struct moved {
    elman_model *model, *again; /* of one config and weights */
    elman_state_config room;
    size_t bytes;
    void *memory;
    elman_state *stays, *moves;
} moved;

static void *block_of(size_t bytes)
{
    void *block = aligned_alloc(ALIGN, (bytes + ALIGN - 1) / ALIGN * ALIGN);
    if (!block) abort();
    return block;
}

static void moved_begin(draws *d, const elman_config *config, moved *m)
{
    *m = (moved){.room = {.T = MOST_T, .B = MOST_B}};
    m->room.training = draw_chance(d, 60);
    m->room.keep_gradients = m->room.training && draw_chance(d, 50);
    m->room.threads = (int)draw_size(d, 1, 2);
    if (m->room.training) m->room.block = draw_size(d, 1, 4);
    if (m->room.training) m->room.open_blocks = draw_size(d, 0, 2);
    if (!m->room.training && draw_chance(d, 40)) {
        m->room.T = 1;
        m->room.B = 50;
    }

    CHECK_OK(elman_model_create(config, &m->model));
    CHECK_OK(elman_model_create(config, &m->again));
    m->bytes = elman_state_size(m->model, &m->room);
    m->memory = block_of(m->bytes);
    CHECK_OK(
        elman_state_init(m->model, &m->room, m->bytes, m->memory, &m->moves));
    CHECK_OK(elman_state_create(m->model, &m->room, &m->stays));
}

static void moved_end(moved *m)
{
    elman_state_destroy(m->stays);
    free(m->memory);
    elman_model_destroy(m->again);
    elman_model_destroy(m->model);
}

/* The block elsewhere, where it was something else; with the other model. */
static void move(moved *m)
{
    void *memory = block_of(m->bytes);
    memcpy(memory, m->memory, m->bytes);
    memset(m->memory, 0xA5, m->bytes);
    free(m->memory);
    m->memory = memory;
    CHECK_OK(elman_state_move(m->again, m->bytes, m->memory, &m->moves));
    CHECK((void *)m->moves == m->memory, "the state is not its block");
}

static void check_memory(const moved *m)
{
    size_t size = 0, other;
    CHECK_OK(elman_state_save_memory(m->model, m->stays, 0, NULL, &size));
    char *got = malloc(size), *want = malloc(size);
    if (!got || !want) abort();
    CHECK_OK(elman_state_save_memory(m->model, m->stays, size, want, &other));
    CHECK_OK(elman_state_save_memory(m->again, m->moves, size, got, &other));
    CHECK(!memcmp(got, want, size), "the memory differs");
    free(got);
    free(want);
}

static void check_gradients(const moved *m)
{
    char name[160];
    const char *parameter;
    elman_tensor got, want;
    elman_const_tensor shape;
    for (size_t i = 0; m->room.training &&
                       (parameter = elman_model_parameter(m->model, i, &shape));
         i++) {
        size_t count = 1;
        for (size_t k = 0; k < shape.rank; k++)
            count *= shape.shape[k];
        snprintf(name, sizeof name, "%s.grad", parameter);
        CHECK_OK(elman_state_view(m->again, m->moves, name, &got));
        CHECK_OK(elman_state_view(m->model, m->stays, name, &want));
        CHECK_BITS(got.data, want.data, count, "%s", name);
    }
}

/* A forward in both, a move, and what can follow. */
static void pass(moved *m, draws *d, const elman_config *config, uint64_t which)
{
    static float got[ROOM], want[ROOM], dy[ROOM];
    size_t O = elman_model_read_info(m->model).output_size;
    random_batch drawn = draw_batch(d, config, MOST_B);
    if (m->room.T == 1 && drawn.T > 1) return;
    elman_batch batch = {.T = drawn.T,
                         .B = drawn.B,
                         .x = drawn.x,
                         .tokens = drawn.tokens,
                         .lengths = drawn.lengths,
                         .draw = which};
    CHECK_OK(elman_model_forward(m->model, m->stays, &batch, want));
    CHECK_OK(elman_model_forward(m->model, m->moves, &batch, got));
    move(m);
    check_memory(m);

    /* the last pass can still be viewed and go backward */
    elman_tensor y;
    bool one = elman_model_read_info(m->model).per_sequence;
    CHECK_OK(elman_state_view(m->again, m->moves, "y", &y));
    bool time_first = !elman_model_config(m->model)->batch_first || one;
    if (time_first)
        CHECK_BITS(y.data, want, (one ? 1 : batch.T) * batch.B * O, "y");
    if (m->room.training) {
        random_fill(which, ROOM, -1, 1, dy);
        CHECK_OK(elman_model_backward(m->model, m->stays, dy, NULL));
        CHECK_OK(elman_model_backward(m->again, m->moves, dy, NULL));
        if (draw_chance(d, 50)) move(m);
        check_gradients(m);
    }
    elman_model *model = m->model; /* it moves back and forth */
    m->model = m->again;
    m->again = model;
    elman_state_destroy(m->stays);
    CHECK_OK(elman_state_create(m->model, &m->room, &m->stays));
    CHECK_OK(elman_state_copy(m->stays, m->moves));
}

TEST(a_block_that_was_moved_goes_on_with_the_same_bits)
{
    for (uint64_t which = 0; which < NETWORKS; which++) {
        draws d = draws_begin(which);
        elman_config config = random_config(&d, MOST_H);
        moved m;
        moved_begin(&d, &config, &m);
        move(&m);
        elman_model *model = m.model;
        m.model = m.again;
        m.again = model;
        elman_state_destroy(m.stays);
        CHECK_OK(elman_state_create(m.model, &m.room, &m.stays));
        for (uint64_t i = 0; i < 3; i++)
            pass(&m, &d, &config, 10 * which + i);
        moved_end(&m);
    }
}

/* ---- Streams ------------------------------------------------------------- */

TEST(streams_go_on_where_their_block_is)
{
    static const elman_config config = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 20},
                   {.kind = ELMAN_GRU, .hidden_size = 6},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    static const size_t sizes[] = {1, 5, 100};
    for (size_t i = 0; i < 3; i++) {
        moved m = {.room = {.B = sizes[i], .threads = 2}};
        float x[200], got[100] = {0}, want[100] = {0};
        CHECK_OK(elman_model_create(&config, &m.model));
        m.again = m.model;
        m.bytes = elman_state_size(m.model, &m.room);
        m.memory = block_of(m.bytes);
        CHECK_OK(
            elman_state_init(m.model, &m.room, m.bytes, m.memory, &m.moves));
        CHECK_OK(elman_state_create(m.model, &m.room, &m.stays));
        for (uint64_t t = 0; t < 6; t++) {
            size_t b = t % sizes[i];
            if (t == 2) CHECK_OK(elman_state_leave(m.model, m.stays, b));
            if (t == 2) CHECK_OK(elman_state_leave(m.model, m.moves, b));
            random_fill(t, 200, -1, 1, x);
            CHECK_OK(elman_model_step(m.model, m.stays, x, want));
            CHECK_OK(elman_model_step(m.model, m.moves, x, got));
            CHECK_BITS(got, want, sizes[i], "step %d of %zu", (int)t, sizes[i]);
            if (t % 2) move(&m);

            /* which of them ran is known as well */
            static const float zeros[100];
            const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED,
                                            .reduction = ELMAN_REDUCTION_SUM};
            const elman_target target = {.values = zeros};
            double loss_stays, moved_loss;
            CHECK_OK(elman_model_loss(m.model, m.stays, &loss, &target,
                                      &loss_stays, want));
            CHECK_OK(elman_model_loss(m.model, m.moves, &loss, &target,
                                      &moved_loss, got));
            CHECK(loss_stays == moved_loss, "step %d of %zu: %a and %a", (int)t,
                  sizes[i], moved_loss, loss_stays);
        }
        elman_state_destroy(m.stays);
        free(m.memory);
        elman_model_destroy(m.model);
    }
}

/* ---- What is no such block ----------------------------------------------- */

static const elman_config network = {
    .layers = {
        {.kind = ELMAN_EMBEDDING, .num_embeddings = 5, .embedding_dim = 3},
        {.kind = ELMAN_LSTM, .hidden_size = 3, .learned_state = true},
        {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MAX},
        {.kind = ELMAN_LINEAR, .output_size = 2}}};

TEST(what_is_no_state_of_this_model_gives_a_sentence)
{
    const elman_state_config room = {.B = 2};
    const size_t bytes_of_nothing = 4096;
    elman_config wider = network;
    elman_model *model, *other;
    elman_state *state, *none = NULL;
    wider.layers[1].hidden_size = 4;
    CHECK_OK(elman_model_create(&network, &model));
    CHECK_OK(elman_model_create(&wider, &other));
    size_t bytes = elman_state_size(model, &room);
    unsigned char *memory = block_of(bytes + 4096), *copy = block_of(bytes);
    memset(memory, 0, bytes_of_nothing);
    CHECK_FAILS(elman_state_move(model, 4096, memory, &none), ELMAN_BAD_FORMAT,
                "the memory holds no state");
    CHECK_OK(elman_state_init(model, &room, bytes, memory, &state));
    memcpy(copy, memory, bytes);

    CHECK_FAILS(elman_state_move(other, bytes, memory, &none), ELMAN_BAD_FORMAT,
                "a model of another shape");
    CHECK_FAILS(elman_state_move(model, bytes - 1, memory, &none),
                ELMAN_BAD_VALUE, "expected at least as many");
    CHECK_FAILS(elman_state_move(model, 100, memory, &none), ELMAN_BAD_VALUE,
                "less than any state has");
    CHECK_FAILS(elman_state_move(model, bytes, memory + 8, &none),
                ELMAN_BAD_VALUE, "a multiple of 64");
    memory[8] ^= 1; /* the version, behind 8 bytes of text */
    CHECK_FAILS(elman_state_move(model, bytes, memory, &none), ELMAN_BAD_FORMAT,
                "elman_state_save_memory");
    memory[8] ^= 1;
    CHECK(!memcmp(memory, copy, bytes), "a failure changed the block");
    assert_null(none);
    CHECK_OK(elman_state_move(model, bytes, memory, &none));
    free(memory);
    free(copy);
    elman_model_destroy(other);
    elman_model_destroy(model);
}

/* Uses whatever state a damaged block gave. */
static void use(const elman_model *model, elman_state *state)
{
    static const int32_t tokens[6] = {0, 1, 2, 3, 4, 0};
    const elman_batch batch = {.T = 3, .B = 2, .tokens = tokens};
    const float dy[4] = {1, 2, 3, 4};
    elman_tensor view;
    float y[4];
    (void)!elman_state_view(model, state, "y", &view);
    (void)!elman_model_backward(model, state, dy, NULL);
    (void)!elman_state_view(model, state, "fc.bias.grad", &view);
    CHECK_OK(elman_model_forward(model, state, &batch, y));
    (void)!elman_model_backward(model, state, dy, NULL);
    (void)!elman_model_step_tokens(model, state, tokens, y);
}

TEST(a_damaged_block_gives_a_sentence_or_a_state)
{
    static const int32_t tokens[6] = {0, 1, 2, 3, 4, 0};
    const elman_batch batch = {
        .T = 3, .B = 2, .tokens = tokens, .lengths = (size_t[]){3, 2}};
    draws d = draws_begin(9);
    elman_model *model;
    size_t refused = 0;
    CHECK_OK(elman_model_create(&network, &model));
    for (int training = 0; training < 2; training++) {
        elman_state_config room = {.T = 3, .B = 2, .training = training};
        if (training) room.open_blocks = 1;
        elman_state *state;
        size_t bytes = elman_state_size(model, &room);
        unsigned char *good = block_of(bytes), *bad = block_of(bytes);
        float y[4];
        CHECK_OK(elman_state_init(model, &room, bytes, good, &state));
        CHECK_OK(elman_model_forward(model, state, &batch, y));

        for (int i = 0; i < DAMAGES; i++) {
            memcpy(bad, good, bytes);
            size_t most = draw_chance(&d, 70) ? 1200 : bytes;
            for (size_t k = draw_size(&d, 1, 3); k > 0; k--) {
                size_t at = draw_size(&d, 0, (most < bytes ? most : bytes) - 1);
                bad[at] = (unsigned char)draw_size(&d, 0, 255);
            }
            if (elman_state_move(model, bytes, bad, &state)) refused++;
            else use(model, state);
        }
        free(good);
        free(bad);
    }
    CHECK(refused > DAMAGES / 20, "only %zu were refused", refused);
    elman_model_destroy(model);
}

/* Flips a bit of each byte of a block in turn: what refuses writes nothing. */
static void check_refusals(const elman_model *model, size_t bytes,
                           const unsigned char *good, draws *d)
{
    unsigned char *bad = block_of(bytes), *before = block_of(bytes);
    size_t refused = 0;
    for (size_t at = 0; at < bytes; at++) {
        elman_state *state = NULL;
        memcpy(before, good, bytes);
        before[at] ^= (unsigned char)(1U << draw_size(d, 0, 7));
        memcpy(bad, before, bytes);
        if (!elman_state_move(model, bytes, bad, &state)) continue;
        refused++;
        CHECK(!memcmp(bad, before, bytes),
              "byte %zu: \"%s\", but it is changed", at, elman_message());
        assert_null(state);
    }
    CHECK(refused > 0, "nothing was refused");
    free(before);
    free(bad);
}

TEST(a_refused_block_stays_as_it_is)
{
    const elman_config stack = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 5, .num_layers = 2},
                   {.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = ELMAN_LAYER_NORM},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    const elman_state_config rooms[] = {
        {.B = 5, .empty = true},           /* runs without preparation */
        {.B = 3, .T = 4},                  /* likewise, several steps */
        {.B = 40, .empty = true},          /* in chunks */
        {.B = 2, .T = 3, .training = true} /* what backward reads */
    };
    draws d = draws_begin(4);
    elman_model *model;
    CHECK_OK(elman_model_create(&stack, &model));
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        size_t bytes = elman_state_size(model, &rooms[i]), slot;
        unsigned char *good = block_of(bytes);
        elman_state *state;
        float x[40] = {0.5F}, y[40];
        CHECK_OK(elman_state_init(model, &rooms[i], bytes, good, &state));
        for (int k = 0; k < 3 && rooms[i].empty; k++)
            CHECK_OK(elman_state_join(model, state, &slot));
        if (rooms[i].empty) CHECK_OK(elman_state_leave(model, state, 1));
        CHECK_OK(elman_model_step(model, state, x, y));
        check_refusals(model, bytes, good, &d);
        free(good);
    }
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_that_was_moved_goes_on_with_the_same_bits),
        cmocka_unit_test(streams_go_on_where_their_block_is),
        cmocka_unit_test(what_is_no_state_of_this_model_gives_a_sentence),
        cmocka_unit_test(a_damaged_block_gives_a_sentence_or_a_state),
        cmocka_unit_test(a_refused_block_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
