/* test_own_files.c: each kind of file that the library writes, given to the
 * reader of each other: it says what the file is and what reads it. */
#include "check.h"

#include "folder.h"

enum { MODEL, STATE, OPTIMIZER, CHECKPOINT, REPLAY, KINDS, ROOM = 1 << 16 };

/* A file of each kind. */
static const struct {
    const char *name, *reader;
} kinds[KINDS] = {
    [MODEL] = {"a model", "elman_model_load reads it"},
    [STATE] = {"the state of a model", "elman_state_load reads it"},
    [OPTIMIZER] = {"what an optimizer remembers",
                   "elman_optimizer_load reads it"},
    [CHECKPOINT] = {"the checkpoint of a training run",
                    "elman_trainer_load and elman train --resume read it"},
    [REPLAY] = {"the replay of a training run",
                "elman_replay_open and elman replay read it"},
};

/* What reads them, and what each reads. */
static struct {
    elman_model *model;
    elman_state *state;
    elman_optimizer *optimizer;
    elman_dataset *dataset;
    elman_trainer *trainer;
} all;

static const char *path_of(int kind)
{
    static const char *const names[KINDS] = {"model", "state", "optimizer",
                                             "checkpoint", "replay"};
    return in_folder(names[kind]);
}

/* ---- Readers ------------------------------------------------------------ */

static size_t bytes_of(const char *path, char bytes[ROOM])
{
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, ROOM, file);
    fclose(file);
    return size;
}

static elman_status read_model(const char *path)
{
    elman_model *model = NULL;
    elman_status status = elman_model_load(path, &model);
    elman_model_destroy(model);
    return status;
}

static elman_status read_model_memory(const char *path)
{
    static char bytes[ROOM];
    elman_model *model = NULL;
    elman_status status =
        elman_model_load_memory(bytes, bytes_of(path, bytes), &model);
    elman_model_destroy(model);
    return status;
}

static elman_status read_import(const char *path)
{
    elman_import *import = NULL;
    elman_status status = elman_import_open(&path, 1, NULL, &import);
    elman_import_close(import);
    return status;
}

static elman_status read_state(const char *path)
{
    return elman_state_load(all.model, all.state, path);
}

static elman_status read_state_memory(const char *path)
{
    static char bytes[ROOM];
    return elman_state_load_memory(all.model, all.state, bytes,
                                   bytes_of(path, bytes));
}

static elman_status read_optimizer(const char *path)
{
    return elman_optimizer_load(all.optimizer, all.model, path);
}

static elman_status read_checkpoint(const char *path)
{
    return elman_trainer_load(all.trainer, path);
}

static elman_status read_replay(const char *path)
{
    elman_replay *replay = NULL;
    elman_status status = elman_replay_open(path, &replay);
    elman_replay_close(replay);
    return status;
}

static elman_status read_data(const char *path)
{
    const elman_dataset_config config = {0};
    elman_dataset *dataset = NULL;
    elman_status status = elman_dataset_open(path, &config, &dataset);
    elman_dataset_close(dataset);
    return status;
}

static elman_status read_data_memory(const char *path)
{
    static char bytes[ROOM];
    const elman_dataset_config config = {0};
    elman_dataset *dataset = NULL;
    elman_status status = elman_dataset_read(
        "some", bytes, bytes_of(path, bytes), &config, &dataset);
    elman_dataset_close(dataset);
    return status;
}

static elman_status read_array(const char *path)
{
    elman_tensor array = {0};
    return elman_array_load(path, &array);
}

static elman_status read_graph(const char *path)
{
    elman_graph *graph = NULL;
    elman_status status = elman_graph_open(path, &graph);
    elman_graph_close(graph);
    return status;
}

/* ---- The grid ----------------------------------------------------------- */

static void create(void)
{
    static float x[40 * 5], values[40];
    random_fill(1, 40 * 5, -1, 1, x);
    random_fill(2, 40, -1, 1, values);
    elman_arrays arrays = {
        .N = 40, .T = 5, .I = 1, .x = x, .values = values, .O = 1};
    elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_dataset_config data = {0};
    elman_state_config state = {.T = 5, .B = 1};
    elman_optimizer_config optimizer = {0};
    elman_trainer_config trainer = {
        .optimizer = {.rule = ELMAN_RULE_SGD, .learning_rate = 3e38},
        .loss.kind = ELMAN_LOSS_MEAN_SQUARED};
    elman_trace *trace;
    CHECK_OK(elman_model_create(&network, &all.model));
    CHECK_OK(elman_state_create(all.model, &state, &all.state));
    CHECK_OK(elman_optimizer_create(all.model, &optimizer, &all.optimizer));
    CHECK_OK(elman_dataset_open_arrays(&arrays, &data, &all.dataset));
    CHECK_OK(
        elman_trainer_create(all.model, all.dataset, &trainer, &all.trainer));
    elman_status status = ELMAN_OK;
    for (int step = 0; step < 20 && !status; step++)
        status = elman_trainer_step(all.trainer);
    assert_int_equal(status, ELMAN_NOT_FINITE);
    CHECK_OK(elman_trace_create(all.trainer, &trace));

    CHECK_OK(elman_model_save(all.model, path_of(MODEL)));
    CHECK_OK(elman_state_save(all.model, all.state, path_of(STATE)));
    CHECK_OK(
        elman_optimizer_save(all.optimizer, all.model, path_of(OPTIMIZER)));
    CHECK_OK(elman_trainer_save(all.trainer, path_of(CHECKPOINT)));
    CHECK_OK(elman_replay_save(all.trainer, trace, NULL, 0, path_of(REPLAY)));
    elman_trace_destroy(trace);
}

TEST(each_reader_says_what_a_file_of_another_kind_is)
{
    const struct {
        elman_status (*read)(const char *path);
        int reads, also; /* KINDS: no kind of these */
        bool memory;     /* which has no name */
        const char *expected;
    } readers[] = {
        {read_model, MODEL, KINDS, false, "a model"},
        {read_model_memory, MODEL, KINDS, true, "a model"},
        {read_import, MODEL, KINDS, false, "a model"},
        {read_state, STATE, KINDS, false, "the state of a model"},
        {read_state_memory, STATE, KINDS, true, "the state of a model"},
        {read_optimizer, OPTIMIZER, KINDS, false,
         "what an optimizer remembers"},
        {read_checkpoint, CHECKPOINT, REPLAY, false,
         "the checkpoint of a training run"},
        {read_replay, REPLAY, KINDS, false, "the replay of a training run"},
        {read_data, KINDS, KINDS, false, "data"},
        {read_data_memory, KINDS, KINDS, true, "data"},
        {read_array, KINDS, KINDS, false, "an array"},
        {read_graph, KINDS, KINDS, false, "an ONNX model"},
    };
    create();
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        for (int kind = 0; kind < KINDS; kind++) {
            const char *path = path_of(kind);
            if (kind == readers[i].reads || kind == readers[i].also) {
                CHECK_OK(readers[i].read(path));
                continue;
            }
            char message[300];
            snprintf(message, sizeof message, "this is %s, expected %s; %s",
                     kinds[kind].name, readers[i].expected, kinds[kind].reader);
            CHECK_FAILS(readers[i].read(path), ELMAN_BAD_FORMAT, message);
            CHECK(readers[i].memory || strstr(elman_message(), path), "%s",
                  elman_message());
        }

    elman_trainer_destroy(all.trainer);
    elman_dataset_close(all.dataset);
    elman_optimizer_destroy(all.optimizer);
    elman_state_destroy(all.state);
    elman_model_destroy(all.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reader_says_what_a_file_of_another_kind_is),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
