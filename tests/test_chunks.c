/*
 * test_chunks.c: many streams. They take little more than their memory and
 * their output, and a state that takes them some at a time gives the bits of
 * one that takes them all at once.
 */
#include "model/model.h"
#include "random_batch.h"

enum { NETWORKS = 60, MANY = 70, STEPS = 4, MOST_O = 64 };

static size_t size_of(const elman_model *model, size_t T, size_t B, int threads)
{
    return elman_state_size(
        model, &(elman_state_config){.T = T, .B = B, .threads = threads});
}

static elman_model *model_of(const elman_config *config)
{
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(config, &model));
    return model;
}

TEST(a_stream_takes_its_memory_its_output_and_twelve_bytes)
{
    static const struct {
        elman_config config;
        size_t memory, O; /* numbers: of h and c of each level, and of y */
    } cases[] = {
        {{.input_size = 1,
          .layers = {{.kind = ELMAN_LSTM, .hidden_size = 64},
                     {.kind = ELMAN_LINEAR, .output_size = 1}}},
         128,
         1},
        {{.input_size = 1,
          .layers = {{.kind = ELMAN_LSTM, .hidden_size = 8},
                     {.kind = ELMAN_LINEAR, .output_size = 1}}},
         16,
         1},
        {{.layers = {{.kind = ELMAN_EMBEDDING,
                      .num_embeddings = 90,
                      .embedding_dim = 64},
                     {.kind = ELMAN_LSTM, .hidden_size = 64, .num_layers = 2},
                     {.kind = ELMAN_LINEAR, .output_size = 48},
                     {.kind = ELMAN_ACTIVATION,
                      .activation = {ELMAN_ACTIVATION_RELU, 0, 0}},
                     {.kind = ELMAN_LINEAR, .output_size = 90}}},
         256,
         90},
        {{.input_size = 40,
          .layers = {{.kind = ELMAN_LSTM,
                      .hidden_size = 300,
                      .proj_size = 100,
                      .zoneout = 0.1f},
                     {.kind = ELMAN_LAYER_NORM}}},
         400,
         100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_model *model = model_of(&cases[i].config);
        size_t numbers = cases[i].memory + cases[i].O, B = 10000;
        size_t each = sizeof(float) * numbers + 12;

        /* exactly: sizes of arrays are multiples of 64 bytes here */
        size_t grown =
            size_of(model, 64, 2 * 10048, 1) - size_of(model, 1, 10048, 1);
        CHECK(grown == 10048 * each, "case %zu: %zu bytes for %d, expected %zu",
              i, grown, 10048, 10048 * each);

        /* and all of it, with what threads work in */
        for (int threads = 1; threads <= 2; threads++) {
            double bytes = (double)size_of(model, 64, B, threads) / (double)B;
            double most = 1.25 * sizeof(float) * (double)numbers;
            CHECK(bytes <= most, "case %zu: %g bytes a stream, at most %g", i,
                  bytes, most);
        }
        elman_model_destroy(model);
    }
}

/* Whatever the network is made of, and however long its passes are. */
TEST(steps_of_a_pass_take_no_memory_of_a_stream)
{
    for (uint64_t which = 0; which < NETWORKS; which++) {
        enum { B = 1024 };
        draws d = draws_begin(which);
        elman_config config = random_config(&d, MOST_H);
        elman_model *model = model_of(&config);
        size_t numbers =
            model->memory_h + model->memory_c + model->info.output_size;
        if (model->info.streams)
            for (size_t T = 1; T < 100; T *= 7) {
                size_t bytes =
                    size_of(model, T, 2 * B, 1) - size_of(model, 1, B, 1);
                CHECK(bytes == B * (sizeof(float) * numbers + 12),
                      "network %zu, T %zu: %zu bytes for %d sequences",
                      (size_t)which, T, bytes, B);
            }
        elman_model_destroy(model);
    }
}

/* ---- The bits of all at once --------------------------------------------- */

typedef struct both {
    elman_model *model;
    elman_model_info info;
    elman_state *some, *all;
} both;

static void check_memory(const both *at)
{
    size_t size = 0, other = 0;
    CHECK_OK(elman_state_save_memory(at->model, at->all, 0, NULL, &size));
    char *got = malloc(size), *want = malloc(size);
    CHECK(got && want, "no memory");
    CHECK_OK(elman_state_save_memory(at->model, at->all, size, want, &other));
    CHECK_OK(elman_state_save_memory(at->model, at->some, size, got, &other));
    CHECK(other == size && !memcmp(got, want, size), "the memory differs");
    free(got);
    free(want);
}

/* A batch of steps up to T, in which some sequences have none; past the end of
 * each is what must not be read. */
static void draw_steps(draws *d, const both *at, size_t T, elman_batch *batch)
{
    static float x[MOST_T * MANY * MOST_I];
    static int32_t tokens[MOST_T * MANY];
    static size_t lengths[MANY];
    size_t I = at->info.input_size, V = at->info.vocabulary;
    *batch = (elman_batch){.T = draw_size(d, 1, T),
                           .B = draw_size(d, 1, MANY),
                           .x = x,
                           .tokens = tokens};
    bool whole = draw_chance(d, 30);
    if (!whole) batch->lengths = lengths;

    for (size_t b = 0; b < batch->B; b++) {
        lengths[b] = whole                ? batch->T
                     : draw_chance(d, 20) ? 0
                                          : draw_size(d, 0, batch->T);
        for (size_t t = 0; t < batch->T; t++) {
            bool valid = t < lengths[b];
            size_t row = at->model->config.batch_first ? b * batch->T + t
                                                       : t * batch->B + b;
            tokens[row] = valid && V ? (int32_t)draw_size(d, 0, V - 1) : -1;
            for (size_t i = 0; i < I; i++)
                x[row * I + i] = valid ? draw_real(d, -1, 1) : NAN;
        }
    }
}

static void run(uint64_t which)
{
    draws d = draws_begin(which);
    elman_config config = random_config(&d, MOST_H);
    both at = {.model = model_of(&config)};
    at.info = elman_model_read_info(at.model);
    size_t O = at.info.output_size, T = which % 2 ? 1 : MOST_T;
    elman_state_config room = {
        .T = T, .B = MANY, .threads = 1 + (int)(which % 3)};
    room.empty = draw_chance(&d, 50);
    CHECK_OK(elman_state_create(at.model, &room, &at.some));
    room.keep_steps = true;
    CHECK_OK(elman_state_create(at.model, &room, &at.all));

    for (int t = 0; t < STEPS; t++) {
        static float got[MOST_T * MANY * MOST_O], want[MOST_T * MANY * MOST_O];
        elman_batch batch;
        elman_tensor view;
        draw_steps(&d, &at, T, &batch);
        CHECK_OK(elman_model_forward(at.model, at.some, &batch, got));
        CHECK_OK(elman_model_forward(at.model, at.all, &batch, want));

        size_t rows = (at.info.per_sequence ? 1 : batch.T) * batch.B;
        CHECK_BITS(got, want, rows * O, "network %zu", (size_t)which);
        if (batch.T == 1 || at.info.per_sequence) {
            CHECK_OK(elman_state_view(at.model, at.some, "y", &view));
            CHECK_BITS(view.data, want, rows * O, "network %zu", (size_t)which);
        }

        size_t b = draw_size(&d, 0, MANY - 1);
        CHECK_OK(elman_state_leave(at.model, at.some, b));
        CHECK_OK(elman_state_leave(at.model, at.all, b));
        check_memory(&at);
    }
    elman_state_destroy(at.all);
    elman_state_destroy(at.some);
    elman_model_destroy(at.model);
}

TEST(streams_some_at_a_time_have_the_bits_of_all_at_once)
{
    for (uint64_t which = 0; which < NETWORKS; which++)
        run(which);
}

/* A step goes some streams at a time, whatever else the state has room for;
 * any pass may follow it, and a copy of what it left. */
TEST(steps_and_passes_take_turns)
{
    static const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 5, .num_layers = 2},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *model = model_of(&config);
    for (uint64_t which = 0; which < 40; which++) {
        draws d = draws_begin(which);
        elman_state_config room = {.T = draw_size(&d, 1, 4),
                                   .B = draw_size(&d, 30, MANY),
                                   .threads = 1 + (int)(which % 2)};
        elman_state *turns, *copy, *steps;
        CHECK_OK(elman_state_create(model, &room, &turns));
        CHECK_OK(elman_state_create(model, &room, &copy));
        room.T = 1;
        CHECK_OK(elman_state_create(model, &room, &steps));

        for (int t = 0; t < 12; t++) {
            static float x[MANY], y[MANY * 2], got[MANY * 2];
            static size_t all[MANY];
            for (size_t b = 0; b < MANY; b++) {
                x[b] = draw_real(&d, -1, 1);
                all[b] = 1;
            }
            CHECK_OK(elman_model_step(model, steps, x, y));

            const elman_batch batch = {.T = 1,
                                       .B = room.B,
                                       .x = x,
                                       .lengths =
                                           draw_chance(&d, 50) ? all : NULL};
            if (draw_chance(&d, 50))
                CHECK_OK(elman_model_step(model, turns, x, got));
            else CHECK_OK(elman_model_forward(model, turns, &batch, got));
            CHECK_BITS(got, y, room.B * 2, "step %d of %zu", t, (size_t)which);

            if (draw_chance(&d, 70)) continue;
            CHECK_OK(elman_state_copy(copy, turns));
            elman_state *other = turns;
            turns = copy;
            copy = other;
        }
        elman_state_destroy(steps);
        elman_state_destroy(copy);
        elman_state_destroy(turns);
    }
    elman_model_destroy(model);
}

/* Without a place for y, what would read it says so. */
TEST(the_output_of_many_steps_is_kept_if_that_is_asked_for)
{
    enum { T = 3 };
    static const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 5},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    static float x[T * MANY], y[T * MANY * 2], wanted[T * MANY * 2];
    elman_model *model = model_of(&config);
    const elman_batch batch = {.T = T, .B = MANY, .x = x};
    const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    const elman_target target = {.values = wanted};
    random_fill(3, T * MANY, -1, 1, x);

    double losses[2];
    for (int keeps = 0; keeps < 2; keeps++) {
        elman_state_config room = {.T = T, .B = MANY, .keep_steps = keeps};
        elman_state *state = NULL;
        elman_tensor view;
        CHECK_OK(elman_state_create(model, &room, &state));
        CHECK_OK(elman_model_forward(model, state, &batch, y));
        if (keeps) {
            CHECK_OK(elman_state_view(model, state, "y", &view));
            CHECK_BITS(view.data, y, T * MANY * 2, "y");
            CHECK_OK(elman_state_view(model, state, "layer0.h", &view));
            CHECK_OK(elman_model_loss(model, state, &loss, &target, losses + 1,
                                      NULL));
        } else {
            CHECK_FAILS(elman_state_view(model, state, "y", &view),
                        ELMAN_BAD_VALUE, "with keep_steps in its config");
            CHECK_FAILS(
                elman_model_loss(model, state, &loss, &target, losses, y),
                ELMAN_BAD_VALUE, "expected keep_steps in its config");
            CHECK_OK(
                elman_loss_forward(&loss, &batch, 2, y, &target, losses, NULL));
        }
        elman_state_destroy(state);
    }
    CHECK(losses[0] == losses[1], "%a and %a", losses[0], losses[1]);
    elman_model_destroy(model);
}

TEST(a_copy_of_many_streams_goes_on_as_they_do)
{
    static const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 5},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *model = model_of(&config);
    elman_state *first, *fork;
    float x[MANY], y[MANY * 2], got[MANY * 2];
    const elman_state_config one = {.B = MANY},
                             many = {.B = MANY, .threads = 4};
    CHECK_OK(elman_state_create(model, &many, &first));
    CHECK_OK(elman_state_create(model, &one, &fork));
    random_fill(1, MANY, -1, 1, x);
    CHECK_OK(elman_state_leave(model, first, 7));
    CHECK_OK(elman_model_step(model, first, x, y));
    CHECK_OK(elman_state_copy(fork, first));
    elman_tensor view;
    CHECK_OK(elman_state_view(model, fork, "y", &view));
    CHECK_BITS(view.data, y, 7 * 2, "y of the copy");
    memset(y, 0, sizeof y);
    memset(got, 0, sizeof got);
    CHECK_OK(elman_model_step(model, first, x, y));
    CHECK_OK(elman_model_step(model, fork, x, got));
    CHECK_BITS(got, y, MANY * 2, "the next step");
    elman_state_destroy(fork);
    elman_state_destroy(first);
    elman_model_destroy(model);
}

/* ---- What reads more of a state than its output ------------------------- */

/* Sequences of one step, of two classes. */
static elman_dataset *open_rows(void)
{
    static char text[MANY * 8];
    size_t used = 0;
    elman_dataset *dataset = NULL;
    for (int i = 0; i < MANY; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%c\t%d\n",
                                 "ab"[i % 2], i * 7 % 10);
    CHECK_OK(elman_dataset_read("rows.tsv", text, used,
                                &(elman_dataset_config){.validation = 0.7},
                                &dataset));
    return dataset;
}

TEST(many_sequences_of_one_step_are_evaluated_like_few)
{
    static const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 4},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *model = model_of(&config);
    elman_dataset *dataset = open_rows();
    elman_metrics few, many;
    elman_trainer_config batches = {.batch_size = 8};
    CHECK(elman_dataset_longest(dataset) == 1, "longer");
    CHECK(elman_dataset_size(dataset, ELMAN_PART_VALIDATION) > 40, "few");
    CHECK_OK(elman_model_evaluate(model, dataset, ELMAN_PART_VALIDATION,
                                  &batches, &few, NULL));
    batches.batch_size = 64;
    batches.threads = 2;
    CHECK_OK(elman_model_evaluate(model, dataset, ELMAN_PART_VALIDATION,
                                  &batches, &many, NULL));
    CHECK(!memcmp(&few.loss, &many.loss, sizeof few.loss) &&
              few.accuracy == many.accuracy,
          "%a and %a", few.loss, many.loss);
    elman_dataset_close(dataset);
    elman_model_destroy(model);
}

TEST(many_sequences_of_one_step_can_be_looked_into)
{
    static const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_GRU, .hidden_size = 4}}};
    static float x[MANY], values[MANY];
    elman_model *model = model_of(&config);
    const elman_batch batch = {.T = 1, .B = MANY, .x = x};
    const elman_property property = {"sign", values};
    elman_units *units = NULL;
    elman_fixed_points *points = NULL;
    random_fill(1, MANY, -1, 1, x);
    for (size_t b = 0; b < MANY; b++)
        values[b] = x[b] > 0;
    CHECK_OK(elman_units_begin(model, &batch, MANY - 1, &property, 1, &units));
    while (!units->done)
        CHECK_OK(elman_units_step(units));
    CHECK(units->match_count == 1, "%zu matches", units->match_count);
    elman_units_end(units);
    CHECK_OK(elman_fixed_points_begin(model, &batch, NULL, &points));
    for (int i = 0; i < 10 && !points->done; i++)
        CHECK_OK(elman_fixed_points_step(points));
    elman_fixed_points_end(points);
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_takes_its_memory_its_output_and_twelve_bytes),
        cmocka_unit_test(steps_of_a_pass_take_no_memory_of_a_stream),
        cmocka_unit_test(streams_some_at_a_time_have_the_bits_of_all_at_once),
        cmocka_unit_test(steps_and_passes_take_turns),
        cmocka_unit_test(the_output_of_many_steps_is_kept_if_that_is_asked_for),
        cmocka_unit_test(a_copy_of_many_streams_goes_on_as_they_do),
        cmocka_unit_test(many_sequences_of_one_step_are_evaluated_like_few),
        cmocka_unit_test(many_sequences_of_one_step_can_be_looked_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
