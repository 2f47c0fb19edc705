/*
 * test_memory.c: whole sessions, repeated with the first, second, third ...
 * allocation failing, once and ever after: each ends with a sentence, a status
 * that fits, no block left and no file left behind. And the calls that promise
 * to allocate nothing do not.
 */
#include "check.h"

#include "allocator.h"
#include "folder.h"

enum { T = 5, B = 3, I = 2, O = 2 };

/* Ends a session at the first call that fails. */
#define DO(call)                                                               \
    do {                                                                       \
        if ((status = (call)) != ELMAN_OK) goto done;                          \
    } while (0)

static const elman_config stack = {
    .input_size = I,
    .layers = {{.kind = ELMAN_LSTM,
                .hidden_size = 4,
                .num_layers = 2,
                .bidirectional = true,
                .peephole = true,
                .learned_state = true,
                .dropout = 0.25f,
                .zoneout = 0.1f},
               {.kind = ELMAN_LAYER_NORM},
               {.kind = ELMAN_GRU, .hidden_size = 3, .recurrent_dropout = 0.2f},
               {.kind = ELMAN_LINEAR, .output_size = O}},
};

/* One direction only, so that it can stream. */
static const elman_config stream = {
    .input_size = I,
    .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4, .num_layers = 2},
               {.kind = ELMAN_LINEAR, .output_size = O}},
};

static const float x[T * B * I], values[T * B * O];
static const size_t lengths[B] = {3, 5, 0};
static const elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};
static const elman_target target = {.values = values};
static const elman_loss_config mean_squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};

/* ---- Sessions ----------------------------------------------------------- */

static elman_status passes_session(void)
{
    elman_model *model = NULL;
    elman_state *state = NULL;
    elman_optimizer *optimizer = NULL;
    float y[T * B * O], dy[T * B * O];
    double loss;
    elman_status status;
    elman_state_config room = {.T = T, .B = B, .training = true, .threads = 2};
    const elman_optimizer_group still = {.names = "*_hh*", .frozen = true};
    elman_optimizer_config adam = {
        .amsgrad = true, .clip_norm = 1, .groups = &still, .group_count = 1};

    DO(elman_model_create(&stack, &model));
    DO(elman_state_create(model, &room, &state));
    DO(elman_optimizer_create(model, &adam, &optimizer));
    DO(elman_model_forward(model, state, &batch, y));
    DO(elman_loss_forward(&mean_squared, &batch, O, y, &target, &loss, dy));
    DO(elman_model_backward(model, state, dy, NULL));
    DO(elman_optimizer_step(optimizer, model, state, -1, NULL));
done:
    elman_optimizer_destroy(optimizer);
    elman_state_destroy(state);
    elman_model_destroy(model);
    return status;
}

static elman_status files_session(void)
{
    elman_model *model = NULL, *loaded = NULL;
    elman_state *state = NULL, *inside = NULL;
    elman_status status;
    static char bytes[4096];
    static _Alignas(64) char block[1 << 16];
    size_t size;
    const char *file = in_folder("model.safetensors");
    const char *memory = in_folder("state.safetensors");

    DO(elman_model_create(&stream, &model));
    DO(elman_model_write_note(model, "author", "Elman 1990"));
    DO(elman_model_write_note(model, "author", "Elman, 1990"));
    DO(elman_model_save(model, file));
    DO(elman_model_load(file, &loaded));
    DO(elman_state_create(loaded, &(elman_state_config){.B = B}, &state));
    DO(elman_state_save(loaded, state, memory));
    DO(elman_state_load(loaded, state, memory));
    DO(elman_state_save_memory(loaded, state, sizeof bytes, bytes, &size));
    DO(elman_state_load_memory(loaded, state, bytes, size));
    DO(elman_state_init(loaded, &(elman_state_config){0}, sizeof block, block,
                        &inside));
    DO(elman_state_move(loaded, sizeof block, block, &inside));
done:
    elman_state_destroy(state);
    elman_model_destroy(loaded);
    elman_model_destroy(model);
    return status;
}

/* Out as a state dict, in again by names and by a mapping, and a check. */
static elman_status exchange_session(void)
{
    elman_model *model = NULL, *named = NULL, *mapped = NULL;
    elman_import *import = NULL;
    elman_check check;
    elman_status status;
    const char *path = in_folder("weights.safetensors");
    float numbers[T * B * O] = {0};
    const char *from = in_folder("x.npy"), *to = in_folder("y.npy");
    elman_tensor in = {numbers, 3, {T, B, I}}, out = {numbers, 3, {T, B, O}};
    elman_import_config mapping = {.mapping = in_folder("mapping.json"),
                                   .ignore = "fc.*,rnn.weight_ih_l0"};

    DO(elman_model_create(&stream, &model));
    DO(elman_model_export(model, ELMAN_EXPORT_TORCH, path));
    DO(elman_model_load(path, &named));
    DO(elman_import_open(&path, 1, &mapping, &import));
    DO(elman_import_create(import, &mapped));
    DO(elman_array_save(from, &in));
    DO(elman_array_save(to, &out));
    DO(elman_model_check(named, from, to, &check));
done:
    elman_import_close(import);
    elman_model_destroy(mapped);
    elman_model_destroy(named);
    elman_model_destroy(model);
    return status;
}

/* Trains a small model of what a file holds, with a checkpoint on the way. */
static elman_status train(const char *path, const elman_dataset_config *config,
                          const elman_layer *layers, size_t outputs)
{
    elman_dataset *dataset = NULL;
    elman_model *model = NULL;
    elman_trainer *trainer = NULL;
    elman_config network = {0};
    elman_trainer_config training = {
        .optimizer.learning_rate = 0.01, .batch_size = 2, .frozen = "fc.bias"};
    elman_metrics metrics;
    elman_baseline baseline;
    elman_status status;
    const char *checkpoint = in_folder("checkpoint.safetensors");

    DO(elman_dataset_open(path, config, &dataset));
    const elman_encoding *encoding = elman_dataset_encoding(dataset);
    memcpy(network.layers, layers, 4 * sizeof *layers);
    if (encoding->task == ELMAN_TASK_LANGUAGE) {
        network.layers[0].num_embeddings = encoding->vocabulary;
        outputs = encoding->vocabulary;
        training.k1 = 4;
        training.loss.kind = ELMAN_LOSS_CROSS_ENTROPY;
    } else {
        network.input_size = encoding->input_size;
        if (encoding->task == ELMAN_TASK_FORECAST ||
            encoding->task == ELMAN_TASK_REGRESS)
            training.loss.kind = ELMAN_LOSS_MEAN_SQUARED;
    }
    for (size_t i = 0; i < 4; i++)
        if (network.layers[i].kind == ELMAN_LINEAR)
            network.layers[i].output_size = outputs;

    DO(elman_model_create(&network, &model));
    DO(elman_model_write_note(model, "encoding", elman_dataset_note(dataset)));
    DO(elman_trainer_create(model, dataset, &training, &trainer));
    DO(elman_trainer_step(trainer));
    DO(elman_trainer_save(trainer, checkpoint));
    DO(elman_trainer_load(trainer, checkpoint));
    DO(elman_trainer_begin_save(trainer, checkpoint));
    DO(elman_trainer_end_save(trainer, true, NULL));
    DO(elman_trainer_step(trainer));
    DO(elman_trainer_keep_best(trainer));
    DO(elman_model_evaluate(model, dataset, ELMAN_PART_TRAIN, &training,
                            &metrics, NULL));
    DO(elman_dataset_baseline(
        dataset,
        &(elman_baseline_config){
            .neighbour = encoding->task == ELMAN_TASK_CLASSIFY, .warp = 0.5},
        &baseline));
done:
    elman_trainer_destroy(trainer);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    return status;
}

static elman_status text_session(void)
{
    static const elman_layer layers[4] = {
        {.kind = ELMAN_EMBEDDING, .embedding_dim = 3},
        {.kind = ELMAN_GRU, .hidden_size = 4},
        {.kind = ELMAN_LINEAR}};
    return train(in_folder("text.txt"), &(elman_dataset_config){0}, layers, 0);
}

static elman_status series_session(void)
{
    static const elman_layer layers[4] = {{.kind = ELMAN_RNN, .hidden_size = 4},
                                          {.kind = ELMAN_LAST},
                                          {.kind = ELMAN_LINEAR}};
    return train(in_folder("series.tsv"), &(elman_dataset_config){0}, layers,
                 2);
}

static elman_status archive_session(void)
{
    static const elman_layer layers[4] = {{.kind = ELMAN_RNN, .hidden_size = 4},
                                          {.kind = ELMAN_LAST},
                                          {.kind = ELMAN_LINEAR}};
    elman_dataset_config filled = {.missing = ELMAN_MISSING_MEAN};
    elman_status status = train(in_folder("slope.arff"), &filled, layers, 2);
    if (status != ELMAN_OK) return status;
    elman_dataset_config forecast = {.window = 3, .validation = -1};
    return train(in_folder("sales.tsf"), &forecast, layers, 1);
}

static elman_status table_session(void)
{
    static const elman_layer layers[4] = {{.kind = ELMAN_RNN, .hidden_size = 4},
                                          {.kind = ELMAN_LAST},
                                          {.kind = ELMAN_LINEAR}};
    elman_dataset_config config = {.window = 3, .validation = 0.3};
    return train(in_folder("table.csv"), &config, layers, 1);
}

/* A transform is chosen, residuals are measured, and a forecast goes on. */
static elman_status forecast_session(void)
{
    elman_dataset *dataset = NULL, *answers = NULL;
    elman_model *model = NULL;
    elman_residuals *residuals = NULL, *again = NULL;
    elman_dataset_config config = {
        .window = 4, .horizon = 2, .validation = 0.2};
    elman_trainer_config training = {.batch_size = 4};
    elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_status status;

    DO(elman_dataset_open(in_folder("growth.csv"), &config, &dataset));
    DO(elman_model_create(&network, &model));
    DO(elman_model_residuals(model, dataset, ELMAN_PART_VALIDATION, &training,
                             &residuals));
    DO(elman_residuals_create(elman_residuals_note(residuals), &again));

    elman_dataset_config follow = {.encoding = elman_dataset_note(dataset),
                                   .answers = true};
    DO(elman_dataset_open(in_folder("growth.csv"), &follow, &answers));
    uint64_t id = elman_dataset_size(answers, ELMAN_PART_VALIDATION) - 1;
    DO(elman_dataset_extend(answers, id, (double[2]){70, 71}, &id));
    DO(elman_dataset_extend(answers, id, (double[2]){72, 73}, &id));
done:
    elman_residuals_destroy(residuals);
    elman_residuals_destroy(again);
    elman_model_destroy(model);
    elman_dataset_close(answers);
    elman_dataset_close(dataset);
    return status;
}

static elman_status encoding_session(void)
{
    elman_dataset *dataset = NULL;
    elman_encoding *encoding = NULL;
    int32_t tokens[8];
    size_t count;
    elman_status status;
    elman_dataset_config words = {.unit = ELMAN_UNIT_WORDS, .min_count = 2};

    DO(elman_dataset_open(in_folder("text.txt"), &words, &dataset));
    DO(elman_encoding_create(elman_dataset_note(dataset), &encoding));
    DO(elman_encoding_read(encoding, "the net", 7, 8, tokens, &count, NULL));
done:
    elman_encoding_destroy(encoding);
    elman_dataset_close(dataset);
    return status;
}

static elman_status array_session(void)
{
    float numbers[6] = {1, 2, 3, 4, 5, 6};
    elman_tensor out = {numbers, 2, {2, 3}}, in = {0};
    elman_status status;
    const char *path = in_folder("array.npy");
    DO(elman_array_save(path, &out));
    DO(elman_array_load(path, &in));
done:
    elman_array_destroy(&in);
    return status;
}

/* Errors of a part, steps that are measured, and a run that breaks. */
static elman_status answers_session(void)
{
    elman_dataset *dataset = NULL;
    elman_model *model = NULL, *again = NULL;
    elman_trainer *trainer = NULL;
    elman_errors *errors = NULL;
    elman_updates *updates = NULL;
    elman_trace *trace = NULL;
    elman_replay *replay = NULL;
    const char *path = in_folder("broken.replay");
    elman_dataset_config config = {.window = 3, .validation = 0.3};
    elman_trainer_config training = {.loss = mean_squared};
    elman_config network = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_status status;

    DO(elman_dataset_open(in_folder("table.csv"), &config, &dataset));
    DO(elman_model_create(&network, &model));
    DO(elman_errors_begin(model, dataset, ELMAN_PART_TRAIN, NULL, &errors));
    while (!errors->done)
        DO(elman_errors_step(errors));
    DO(elman_trainer_create(model, dataset, &training, &trainer));
    DO(elman_updates_begin(trainer, &updates));
    DO(elman_updates_step(updates));

    /* the trainer is saved with good weights, and breaks with bad ones */
    float bias = 0;
    DO(elman_model_read(model, "fc.bias", 1, &bias));
    DO(elman_model_write(model, "fc.bias", 1, &(float){NAN}));
    status = elman_trainer_step(trainer);
    if (status != ELMAN_NOT_FINITE) goto done;
    DO(elman_trace_create(trainer, &trace));
    DO(elman_model_write(model, "fc.bias", 1, &bias));
    DO(elman_replay_save(trainer, trace, (const char *const[]){"train"}, 1,
                         path));
    DO(elman_replay_open(path, &replay));
    DO(elman_replay_create_model(replay, &again));
    DO(elman_trainer_load(trainer, path));
done:
    elman_replay_close(replay);
    elman_trace_destroy(trace);
    elman_updates_end(updates);
    elman_errors_end(errors);
    elman_trainer_destroy(trainer);
    elman_model_destroy(again);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    return status;
}

/* ---- Tests -------------------------------------------------------------- */

static void write_data(void)
{
    put_text("text.txt", "the net reads the word, the net writes the word; "
                         "the word is what the net was.\n");
    put_text("series.tsv", "1\t0.1\t0.2\t0.3\n2\t0.3\t0.1\tNaN\n"
                           "1\t0.2\t0.4\t0.5\n2\t0.9\t0.1\t0.3\n"
                           "1\t0.0\t0.1\t0.2\n2\t0.7\t0.3\t0.1\n");
    char growth[1000] = "load\n";
    for (int i = 0; i < 80; i++)
        sprintf(growth + strlen(growth), "%d\n", 5 + i + 9 * (i % 4 == 0));
    put_text("growth.csv", growth);
    put_text("slope.arff", "@relation r\n@attribute s relational\n"
                           "@attribute a0 numeric\n@end s\n"
                           "@attribute c {u,v}\n@data\n'1,2\\n3,4',u\n"
                           "'2,?,3\\n3,5,?',v\n'1,3\\n4,4',u\n");
    put_text("sales.tsf", "@relation r\n@attribute name string\n"
                          "@attribute start date\n@frequency monthly\n@data\n"
                          "A:1979-01-01 00-00-00:1,2,3,2,1,2,3,2\n"
                          "B:1980-02-01 00-00-00:?,5,6,7,6,5\n");
    put_text("table.csv", "load,heat\n1,2\n2,3\n3,4\n2,5\n4,4\n5,3\n6,4\n5,5\n"
                          "3,6\n4,5\n5,6\n6,5\n7,4\n6,3\n");
}

/* One of the levels of the model stream, the other's weights left out. */
static void write_mapping(void)
{
    put_text("mapping.json",
             "{\"config\": {\"input_size\": 4, \"layers\": [{\"kind\":"
             " \"lstm\", \"hidden_size\": 4, \"num_layers\": 2}]},"
             " \"tensors\": {\"rnn.weight_ih_l0\": \"rnn.weight_ih_l1\","
             " \"rnn.weight_hh_l0\": {\"from\": \"rnn.weight_hh_l0\","
             " \"gates\": \"fiog\"}, \"rnn.bias_ih_l0\": [\"rnn.bias_ih_l0\","
             " \"rnn.bias_hh_l0\"], \"rnn.bias_hh_l0\": {\"zero\": true},"
             " \"rnn.weight_ih_l1\": \"rnn.weight_ih_l1\","
             " \"rnn.weight_hh_l1\": \"rnn.weight_hh_l1\","
             " \"rnn.bias_ih_l1\": \"rnn.bias_ih_l1\","
             " \"rnn.bias_hh_l1\": \"rnn.bias_hh_l1\"}}");
}

/* Repeats session with each of its allocations failing. */
static void fail_each(elman_status (*session)(void))
{
    write_data();
    write_mapping();
    allocator_reset();
    assert_int_equal(session(), ELMAN_OK);
    size_t calls = allocator_read().calls, files = folder_count();
    CHECK(calls > 0, "the session allocates nothing");
    assert_int_equal(allocator_read().outstanding, 0);
    print_message("%zu allocations\n", calls);

    for (size_t call = 0; call < calls; call++) {
        for (int ever_after = 0; ever_after < 2; ever_after++) {
            allocator_fail(call, ever_after);
            elman_status status = session();
            allocations after = allocator_read();
            allocator_reset();
            CHECK(after.failed > 0, "allocation %zu was not made", call);
            CHECK(status == ELMAN_NO_MEMORY, "allocation %zu: %d \"%s\"", call,
                  (int)status, elman_message());
            CHECK(after.outstanding == 0, "allocation %zu leaves %td blocks",
                  call, after.outstanding);
            CHECK(elman_message()[0], "allocation %zu: no sentence", call);
            CHECK(folder_count() <= files, "allocation %zu leaves a file",
                  call);
        }
    }
}

TEST(passes_survive_each_failing_allocation) { fail_each(passes_session); }
TEST(files_survive_each_failing_allocation) { fail_each(files_session); }
TEST(exchange_survives_each_failing_allocation) { fail_each(exchange_session); }
TEST(text_survives_each_failing_allocation) { fail_each(text_session); }
TEST(series_survive_each_failing_allocation) { fail_each(series_session); }
TEST(archives_survive_each_failing_allocation) { fail_each(archive_session); }
TEST(tables_survive_each_failing_allocation) { fail_each(table_session); }
TEST(forecasts_survive_each_failing_allocation) { fail_each(forecast_session); }
TEST(encodings_survive_each_failing_allocation) { fail_each(encoding_session); }
TEST(arrays_survive_each_failing_allocation) { fail_each(array_session); }
TEST(answers_survive_each_failing_allocation) { fail_each(answers_session); }

TEST(passes_and_steps_allocate_nothing)
{
    elman_model *model, *streaming;
    elman_state *state, *flowing;
    elman_optimizer *optimizer;
    float y[T * B * O], dy[T * B * O], dx[T * B * I];
    double loss, norm;
    elman_tensor view;
    elman_state_config room = {
        .T = T, .B = B, .training = true, .keep_gradients = true, .threads = 2};
    elman_optimizer_config adamw = {.rule = ELMAN_RULE_ADAMW, .clip_norm = 1};
    CHECK_OK(elman_model_create(&stack, &model));
    CHECK_OK(elman_state_create(model, &room, &state));
    CHECK_OK(elman_optimizer_create(model, &adamw, &optimizer));
    CHECK_OK(elman_model_create(&stream, &streaming));
    CHECK_OK(
        elman_state_create(streaming, &(elman_state_config){.B = B}, &flowing));

    allocator_reset();
    for (int round = 0; round < 2; round++) {
        CHECK_OK(elman_model_forward(model, state, &batch, y));
        CHECK_OK(elman_loss_forward(&mean_squared, &batch, O, y, &target, &loss,
                                    dy));
        CHECK_OK(elman_model_backward(model, state, dy, dx));
        CHECK_OK(elman_optimizer_step(optimizer, model, state, -1, &norm));
        CHECK_OK(elman_model_step(streaming, flowing, x, y));
        CHECK_OK(elman_state_reset_one(streaming, flowing, 1));
        CHECK_OK(elman_state_view(model, state, "layer0.gate", &view));
        elman_state_reset(model, state);
        elman_state_zero_gradients(state);
    }
    assert_int_equal(allocator_read().calls, 0);

    elman_state_destroy(flowing);
    elman_model_destroy(streaming);
    elman_optimizer_destroy(optimizer);
    elman_state_destroy(state);
    elman_model_destroy(model);
}

TEST(a_server_of_tokens_allocates_nothing)
{
    enum { MOST = 100 };
    static const elman_config config = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 9, .embedding_dim = 4},
            {.kind = ELMAN_GRU, .hidden_size = 6, .zoneout = 0.1f},
            {.kind = ELMAN_LSTM, .hidden_size = 5},
            {.kind = ELMAN_LINEAR, .output_size = 9}}};
    static const size_t sizes[] = {3, 20, MOST};
    static const int32_t tokens[MOST];
    static const size_t ones[MOST] = {1, 0, 1};
    static float logits[MOST * 9];
    elman_model *model;
    CHECK_OK(elman_model_create(&config, &model));

    /* streams arrive, leave, rest and step, in small and in large states */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        elman_state *state;
        size_t slot;
        const elman_state_config room = {.B = sizes[i], .empty = true};
        const elman_batch some = {
            .T = 1, .B = sizes[i], .tokens = tokens, .lengths = ones};
        CHECK_OK(elman_state_create(model, &room, &state));
        allocator_reset();
        for (size_t b = 0; b < sizes[i]; b++) {
            CHECK_OK(elman_state_join(model, state, &slot));
            CHECK_OK(elman_model_step_tokens(model, state, tokens, logits));
            if (b % 3 == 2) CHECK_OK(elman_state_leave(model, state, slot));
        }
        CHECK_OK(elman_model_forward(model, state, &some, logits));
        assert_int_equal(allocator_read().calls, 0);
        elman_state_destroy(state);
    }
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_and_steps_allocate_nothing),
        cmocka_unit_test(a_server_of_tokens_allocates_nothing),
        cmocka_unit_test(passes_survive_each_failing_allocation),
        cmocka_unit_test(files_survive_each_failing_allocation),
        cmocka_unit_test(exchange_survives_each_failing_allocation),
        cmocka_unit_test(arrays_survive_each_failing_allocation),
        cmocka_unit_test(answers_survive_each_failing_allocation),
        cmocka_unit_test(encodings_survive_each_failing_allocation),
        cmocka_unit_test(text_survives_each_failing_allocation),
        cmocka_unit_test(series_survive_each_failing_allocation),
        cmocka_unit_test(archives_survive_each_failing_allocation),
        cmocka_unit_test(tables_survive_each_failing_allocation),
        cmocka_unit_test(forecasts_survive_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
