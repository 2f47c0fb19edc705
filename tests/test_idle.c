/*
 * test_idle.c: a sequence of length 0 stays as it was. On random networks, with
 * and without training, sequences that rest in some passes of a batch give the
 * bits that each gives alone, without those passes.
 */
#include "random_batch.h"

enum { NETWORKS = 150, PASSES = 5, MOST_O = 64 };

/* A state of all sequences, and one for each. */
typedef struct group {
    elman_model *model;
    elman_model_info info;
    size_t blocks; /* of y: 2 with merge none */
    elman_state *all, *alone[MOST_B];
} group;

static void group_begin(const elman_config *config, bool training, group *g)
{
    *g = (group){.blocks = 1};
    for (size_t i = 0; config->layers[i].kind; i++)
        if (config->layers[i].bidirectional &&
            config->layers[i].merge == ELMAN_MERGE_NONE)
            g->blocks = 2;

    elman_state_config room = {
        .T = MOST_T, .B = MOST_B, .training = training, .seed = 3};
    CHECK_OK(elman_model_create(config, &g->model));
    g->info = elman_model_read_info(g->model);
    CHECK_OK(elman_state_create(g->model, &room, &g->all));
    room.B = 1;
    for (size_t b = 0; b < MOST_B; b++)
        CHECK_OK(elman_state_create(g->model, &room, &g->alone[b]));
}

static void group_end(group *g)
{
    elman_state_destroy(g->all);
    for (size_t b = 0; b < MOST_B; b++)
        elman_state_destroy(g->alone[b]);
    elman_model_destroy(g->model);
}

/* The row of what the model gives in block at (t,b) of a batch. */
static size_t row_of(const group *g, size_t T, size_t B, size_t block, size_t t,
                     size_t b)
{
    bool batch_first = elman_model_config(g->model)->batch_first;
    if (g->info.per_sequence) return b;
    return block * T * B + (batch_first ? b * T + t : t * B + b);
}

/* Runs sequence b of the batch alone, if it has steps, and compares. */
static void check_alone(const group *g, const elman_batch *batch, size_t b,
                        const float *y)
{
    size_t T = batch->T, I = g->info.input_size, length = batch->lengths[b];
    size_t O = g->info.output_size / g->blocks;
    float x[MOST_T * MOST_I], want[MOST_T * MOST_O];
    int32_t tokens[MOST_T];
    uint64_t id = b;
    if (length == 0) return;

    for (size_t t = 0; t < length; t++) {
        bool batch_first = elman_model_config(g->model)->batch_first;
        size_t row = batch_first ? b * T + t : t * batch->B + b;
        memcpy(x + t * I, batch->x + row * I, I * sizeof *x);
        tokens[t] = batch->tokens[row];
    }
    elman_batch one = {.T = length,
                       .B = 1,
                       .x = x,
                       .tokens = tokens,
                       .ids = &id,
                       .draw = batch->draw};
    CHECK_OK(elman_model_forward(g->model, g->alone[b], &one, want));

    size_t steps = g->info.per_sequence ? 1 : length;
    for (size_t block = 0; block < g->blocks; block++)
        for (size_t t = 0; t < steps; t++)
            CHECK_BITS(y + row_of(g, T, batch->B, block, t, b) * O,
                       want + (block * steps + t) * O, O, "t %zu b %zu", t, b);
}

/* The memory of each sequence is what it is alone. */
static void check_memory(const group *g, const char *name)
{
    elman_tensor all, one;
    if (elman_state_view(g->model, g->all, name, &all)) return;
    for (size_t b = 0; b < MOST_B; b++) {
        CHECK_OK(elman_state_view(g->model, g->alone[b], name, &one));
        CHECK_BITS(all.data + b * all.shape[1], one.data, all.shape[1],
                   "%s of %zu", name, b);
    }
}

static void check_memories(const group *g)
{
    char name[64];
    static const char *const parts[] = {"h_n", "c_n", "reverse.h_n",
                                        "reverse.c_n"};
    for (size_t level = 0; level < g->info.level_count; level++)
        for (size_t i = 0; i < 4; i++) {
            snprintf(name, sizeof name, "layer%zu%s%s", level,
                     i < 2 ? "." : "_", parts[i]);
            check_memory(g, name);
        }
    check_memory(g, "pool.h_n");
}

static void run(uint64_t which)
{
    draws d = draws_begin(which);
    elman_config config = random_config(&d, MOST_H);
    group g;
    group_begin(&config, draw_chance(&d, 50), &g);
    for (uint64_t pass = 0; pass < PASSES; pass++) {
        float y[2 * MOST_T * MOST_B * MOST_O];
        random_batch drawn = draw_batch(&d, &config, MOST_B);
        elman_batch batch = {.T = drawn.T,
                             .B = drawn.B,
                             .x = drawn.x,
                             .tokens = drawn.tokens,
                             .lengths = drawn.lengths,
                             .draw = pass};
        for (size_t b = 0; b < batch.B; b++)
            if (draw_chance(&d, 40)) drawn.lengths[b] = 0;

        CHECK_OK(elman_model_forward(g.model, g.all, &batch, y));
        for (size_t b = 0; b < batch.B; b++)
            check_alone(&g, &batch, b, y);
        check_memories(&g);
    }
    group_end(&g);
}

TEST(a_sequence_that_rests_gives_the_bits_of_one_that_was_never_asked)
{
    for (uint64_t which = 0; which < NETWORKS; which++)
        run(which);
}

/* Memory that was written at position 0 is not touched either. */
TEST(a_sequence_of_length_0_keeps_what_was_written_into_its_memory)
{
    for (elman_pool kind = ELMAN_POOL_MEAN; kind <= ELMAN_POOL_SUM; kind++) {
        const elman_config config = {
            .input_size = 2,
            .layers = {{.kind = ELMAN_RNN, .hidden_size = 3},
                       {.kind = ELMAN_POOL, .pool = kind}}};
        elman_model *model;
        elman_state *state;
        elman_tensor h, pooled;
        const float x[4] = {1, 2, 3, 4};
        float y[6], before[64];
        elman_batch batch = {
            .T = 1, .B = 2, .x = x, .lengths = (size_t[]){0, 1}};
        CHECK_OK(elman_model_create(&config, &model));
        CHECK_OK(
            elman_state_create(model, &(elman_state_config){.B = 2}, &state));
        CHECK_OK(elman_state_view(model, state, "layer0.h_n", &h));
        CHECK_OK(elman_state_view(model, state, "pool.h_n", &pooled));
        random_fill(1, 3, -1, 1, h.data);
        random_fill(2, pooled.shape[1], -1, 1, pooled.data);
        memcpy(before, h.data, 3 * sizeof *before);
        memcpy(before + 3, pooled.data, pooled.shape[1] * sizeof *before);
        CHECK_OK(elman_model_forward(model, state, &batch, y));
        CHECK_BITS(h.data, before, 3, "h of kind %d", (int)kind);
        CHECK_BITS(pooled.data, before + 3, pooled.shape[1], "pool of kind %d",
                   (int)kind);
        elman_state_destroy(state);
        elman_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_sequence_that_rests_gives_the_bits_of_one_that_was_never_asked),
        cmocka_unit_test(
            a_sequence_of_length_0_keeps_what_was_written_into_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
