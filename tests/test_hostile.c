/*
 * test_hostile.c: whatever is given as a file, every reader that
 * takes a path survives it: one sentence that names the file, no block left,
 * memory within a small multiple of the file, no file written or left.
 */
#include "check.h"

#include "allocator.h"
#include "folder.h"

#include <fcntl.h>
#include <unistd.h>

enum { MEMORY_TIMES = 40, MEMORY_ROOM = 1 << 21, SECONDS = 10 };

/* ---- Readers ------------------------------------------------------------ */

static elman_model *model;
static elman_state *state;
static elman_optimizer *optimizer;
static elman_dataset *dataset;
static elman_trainer *trainer;

static const char table[] = "a,b\n1,2\n2,3\n3,1\n4,2\n5,4\n6,3\n7,5\n";

static elman_status read_model(const char *path)
{
    elman_model *read = NULL;
    elman_status status = elman_model_load(path, &read);
    elman_model_destroy(read);
    return status;
}

static elman_status read_state(const char *path)
{
    return elman_state_load(model, state, path);
}

static elman_status read_optimizer(const char *path)
{
    return elman_optimizer_load(optimizer, model, path);
}

static elman_status read_checkpoint(const char *path)
{
    return elman_trainer_load(trainer, path);
}

static elman_status read_replay(const char *path)
{
    elman_replay *replay = NULL;
    elman_model *read = NULL;
    elman_status status = elman_replay_open(path, &replay);
    if (status == ELMAN_OK) status = elman_replay_create_model(replay, &read);
    if (status == ELMAN_OK) status = elman_trainer_load(trainer, path);
    elman_model_destroy(read);
    elman_replay_close(replay);
    return status;
}

static elman_status read_array(const char *path)
{
    elman_tensor array = {0};
    elman_status status = elman_array_load(path, &array);
    elman_array_destroy(&array);
    return status;
}

static elman_status open_data(const char *path,
                              const elman_dataset_config *config)
{
    elman_dataset *read = NULL;
    elman_status status = elman_dataset_open(path, config, &read);
    elman_dataset_close(read);
    return status;
}

static elman_status read_text(const char *path)
{
    return open_data(path,
                     &(elman_dataset_config){.unit = ELMAN_UNIT_CHARACTERS});
}

static elman_status read_series(const char *path)
{
    return open_data(path, &(elman_dataset_config){.seed = 1});
}

static elman_status read_table(const char *path)
{
    return open_data(path, &(elman_dataset_config){.window = 2});
}

static elman_status read_arrays(const char *path)
{
    return open_data(path, &(elman_dataset_config){.target_path = path,
                                                   .task = ELMAN_TASK_TRACK,
                                                   .validation = -1});
}

static elman_status import_file(const char *path,
                                const elman_import_config *config)
{
    elman_import *import = NULL;
    elman_model *read = NULL;
    elman_status status = elman_import_open(&path, 1, config, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, &read);
    elman_model_destroy(read);
    elman_import_close(import);
    return status;
}

static elman_status read_import(const char *path)
{
    return import_file(path, &(elman_import_config){.key = NULL});
}

static elman_status read_mapping(const char *path)
{
    return import_file(in_folder("weights"),
                       &(elman_import_config){.mapping = path});
}

static elman_status read_graph(const char *path)
{
    elman_graph *graph = NULL;
    elman_status status = elman_graph_open(path, &graph);
    elman_graph_close(graph);
    return status;
}

static elman_status read_reference(const char *path)
{
    elman_check check;
    return elman_model_check(model, path, path, &check);
}

/* Valid files by name: in the golden folder, else made by prepare. */
static const struct reader {
    const char *name, *extension;
    elman_status (*read)(const char *path);
    const char *golden;
    bool any_text; /* is data as well */
} readers[] = {
    {"model", "safetensors", read_model, NULL, false},
    {"state", "safetensors", read_state, NULL, false},
    {"optimizer", "safetensors", read_optimizer, NULL, false},
    {"checkpoint", "safetensors", read_checkpoint, NULL, false},
    {"replay", "safetensors", read_replay, NULL, false},
    {"array", "npy", read_array, NULL, false},
    {"arrays", "npy", read_arrays, NULL, false},
    {"reference", "npy", read_reference, NULL, false},
    {"text", "txt", read_text, NULL, true},
    {"series", "ts", read_series, NULL, true},
    {"labels", "tsv", read_series, NULL, true},
    {"table", "csv", read_table, NULL, true},
    {"weights", "safetensors", read_import, "state/final.safetensors", false},
    {"torch", "pt", read_import, "state/final.pt", false},
    {"stream", "pt", read_import, "state/float16_older.pt", false},
    {"mapping", "json", read_mapping, NULL, false},
    {"onnx", "onnx", read_import, "onnx/torchscript_rnn/model.onnx", false},
    {"graph", "onnx", read_graph, "onnx/torchscript_rnn/model.onnx", false},
};
enum { READERS = sizeof readers / sizeof *readers };

static char *content[READERS]; /* of the valid files */
static size_t size[READERS];

static const char *file_of(const struct reader *r, const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%s.%s", word, r->name, r->extension);
    return in_folder(name);
}

static const elman_config forecaster = {
    .input_size = 2,
    .layers = {{.kind = ELMAN_RNN, .hidden_size = 1},
               {.kind = ELMAN_LAST},
               {.kind = ELMAN_LINEAR, .output_size = 1}}};
static const elman_trainer_config training = {
    .loss.kind = ELMAN_LOSS_MEAN_SQUARED, .batch_size = 2};

/* ---- Valid files -------------------------------------------------------- */

static void keep(size_t k, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) abort();
    content[k] = malloc(1 << 20);
    size[k] = fread(content[k], 1, 1 << 20, file);
    fclose(file);
}

/* A replay of the trainer, with the trace of one whose weights are bad. */
static void make_replay(const char *path)
{
    static const char *const words[] = {"train", "data.csv", "--lr", "1"};
    elman_model *bad = NULL;
    elman_trainer *broken = NULL;
    elman_trace *trace = NULL;
    CHECK_OK(elman_model_create(&forecaster, &bad));
    CHECK_OK(elman_model_write(bad, "fc.bias", 1, &(float){NAN}));
    CHECK_OK(elman_trainer_create(bad, dataset, &training, &broken));
    CHECK(elman_trainer_step(broken) == ELMAN_NOT_FINITE, "no failure");
    CHECK_OK(elman_trace_create(broken, &trace));
    CHECK_OK(elman_replay_save(trainer, trace, words, 4, path));
    elman_trace_destroy(trace);
    elman_trainer_destroy(broken);
    elman_model_destroy(bad);
}

static void make(const struct reader *r, const char *path)
{
    static float numbers[6] = {1, 2, 3, 4, 5, 6};
    elman_tensor array = {.data = numbers, .rank = 3, .shape = {3, 2, 1}};
    if (r->read == read_model) CHECK_OK(elman_model_save(model, path));
    if (r->read == read_state) CHECK_OK(elman_state_save(model, state, path));
    if (r->read == read_optimizer)
        CHECK_OK(elman_optimizer_save(optimizer, model, path));
    if (r->read == read_checkpoint) CHECK_OK(elman_trainer_save(trainer, path));
    if (r->read == read_replay) make_replay(path);
    if (!strcmp(r->extension, "npy")) CHECK_OK(elman_array_save(path, &array));
    const char *name = strrchr(path, '/') + 1;
    if (r->read == read_text)
        put_text(name, "the cat and the dog and \xC3\xA4");
    if (r->read == read_table) put_text(name, table);
    if (r->read == read_mapping)
        put_text(name, "{\"config\":{\"input_size\":1,\"layers\":[{\"kind\":"
                       "\"linear\",\"name\":\"fc\",\"output_size\":1}]},"
                       "\"tensors\":{\"fc.weight\":\"w\",\"fc.bias\":"
                       "{\"zero\":true}}}");
    if (!strcmp(r->extension, "ts"))
        put_text(name, "@classLabel true a b\n@data\n1,2,3:a\n2,3,4:b\n"
                       "3,2,1:a\n0,1,0:b\n");
    if (!strcmp(r->extension, "tsv"))
        put_text(name, "1\t0.1\t0.2\n2\t0.3\t0.1\n1\t0.5\t0.2\n2\t1\t0\n");
}

static const char *golden_file(const char *name)
{
    static char path[1024];
    int folder = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof path, "%.*s/golden/%s", folder, __FILE__, name);
    return path;
}

static int prepare(void **unused)
{
    static const elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 2},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    static elman_model *learner;
    static const char header[] =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}";
    const uint64_t length = sizeof header - 1;
    char weights[8 + sizeof header + 3] = {0};
    memcpy(weights, &length, 8);
    memcpy(weights + 8, header, length);
    if (folder_create(unused)) return -1;
    CHECK_OK(elman_model_create(&network, &model));
    CHECK_OK(elman_state_create(model, &(elman_state_config){.T = 3, .B = 2},
                                &state));
    CHECK_OK(elman_optimizer_create(
        model, &(elman_optimizer_config){.amsgrad = true}, &optimizer));
    CHECK_OK(elman_dataset_open(put_text("data.csv", table),
                                &(elman_dataset_config){.window = 2},
                                &dataset));
    CHECK_OK(elman_model_create(&forecaster, &learner));
    CHECK_OK(elman_trainer_create(learner, dataset, &training, &trainer));
    put_bytes("weights", weights, sizeof weights);
    for (size_t k = 0; k < READERS; k++) {
        const struct reader *r = readers + k;
        const char *path = file_of(r, "valid");
        if (!r->golden) make(r, path);
        keep(k, r->golden ? golden_file(r->golden) : path);
    }
    return 0;
}

/* ---- What must hold ----------------------------------------------------- */

static elman_status attempt(const struct reader *r, const char *path,
                            size_t bytes, const char *what)
{
    size_t files = folder_count();
    alarm(SECONDS);
    allocator_reset();
    elman_status status = r->read(path);
    allocations after = allocator_read();
    alarm(0);
    CHECK(after.outstanding == 0, "%s, %s: %td blocks left", r->name, what,
          after.outstanding);
    CHECK(after.peak <= MEMORY_TIMES * bytes + MEMORY_ROOM,
          "%s, %s: %zu bytes for %zu", r->name, what, after.peak, bytes);
    CHECK(folder_count() == files, "%s, %s: a file was left", r->name, what);
    if (status == ELMAN_OK) return status;
    const char *message = elman_message();
    /* of a mapping that is read and does not fit, the tensors' file is named */
    bool names = strstr(message, strrchr(path, '/') + 1) ||
                 (r->read == read_mapping && strstr(message, "/weights"));
    CHECK(names, "%s, %s: \"%s\"", r->name, what, message);
    for (const char *c = message; *c; c++)
        CHECK((unsigned char)*c >= 0x20 && *c != 0x7F, "%s, %s: \"%s\"",
              r->name, what, message);
    return status;
}

static elman_status attempt_bytes(const struct reader *r, const void *data,
                                  size_t bytes, const char *what)
{
    const char *path = file_of(r, "hostile");
    remove(path); /* ext4 syncs a file that is cut to nothing and written */
    put_bytes(strrchr(path, '/') + 1, data, bytes);
    return attempt(r, path, bytes, what);
}

/* Or it is left out of this build, and says so. */
TEST(each_reader_reads_its_valid_file)
{
    for (size_t k = 0; k < READERS; k++) {
        elman_status status =
            attempt_bytes(readers + k, content[k], size[k], "valid");
        const char *message = elman_message();
        bool left_out = strstr(message, "this build of the library has no") ||
                        strstr(message, "built without");
        CHECK(!status || left_out, "%s: %s", readers[k].name, message);
    }
}

TEST(an_empty_file_is_refused)
{
    for (size_t k = 0; k < READERS; k++)
        CHECK(attempt_bytes(readers + k, "", 0, "empty"), "%s",
              readers[k].name);
}

/* Data may come through a pipe that has a name, which is waited for: here from
 * a writer that has nothing to say. */
static void check_pipe_of_data(const struct reader *r, const char *path)
{
    int status = 0;
    fflush(stdout);
    pid_t writer = fork();
    if (!writer) _exit(open(path, O_WRONLY) < 0);
    CHECK(attempt(r, path, 0, path) == ELMAN_BAD_FORMAT, "%s: %s: %s", r->name,
          path, elman_message());
    assert_true(writer > 0 && waitpid(writer, &status, 0) == writer);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
}

TEST(what_is_not_a_regular_file_is_refused_and_not_waited_for)
{
    for (size_t k = 0; k < READERS; k++) {
        const struct reader *r = readers + k;
        const char *pipe_path = file_of(r, "pipe");
        const char *folder = file_of(r, "folder");
        const char *device = file_of(r, "device");
        assert_int_equal(mkfifo(pipe_path, 0600), 0);
        assert_int_equal(mkdir(folder, 0700), 0);
        assert_int_equal(symlink("/dev/zero", device), 0);
        const char *const paths[] = {pipe_path, folder, device,
                                     file_of(r, "missing")};
        if (r->any_text) check_pipe_of_data(r, pipe_path);
        for (size_t i = r->any_text; i < sizeof paths / sizeof *paths; i++) {
            elman_status status = attempt(r, paths[i], 0, paths[i]);
            bool twice = !i && r->read == read_arrays; /* as x and as y */
            CHECK(status == (twice ? ELMAN_BAD_VALUE : ELMAN_BAD_FILE),
                  "%s: %s: %s", r->name, paths[i], elman_message());
        }
        unlink(pipe_path);
        unlink(device);
        rmdir(folder);
    }
}

TEST(a_file_cut_at_any_length_is_refused_or_is_text)
{
    for (size_t k = 0; k < READERS; k++)
        for (size_t cut = 0; cut < size[k]; cut += 1 + size[k] / 2000) {
            elman_status status =
                attempt_bytes(readers + k, content[k], cut, "cut");
            CHECK(status || readers[k].any_text, "%s is read, cut at %zu",
                  readers[k].name, cut);
        }
}

TEST(a_changed_byte_anywhere_does_no_harm)
{
    for (size_t k = 0; k < READERS; k++)
        for (size_t at = 0; at < size[k]; at += 1 + size[k] / 2000) {
            char was = content[k][at];
            content[k][at] = (char)(was ^ 1 << at % 8);
            (void)attempt_bytes(readers + k, content[k], size[k], "changed");
            content[k][at] = was;
        }
}

/* Text alone may be read as something else than it was written for. */
TEST(a_file_of_another_kind_is_refused)
{
    for (size_t k = 0; k < READERS; k++)
        for (size_t other = 0; other < READERS; other++) {
            elman_status status = attempt_bytes(
                readers + k, content[other], size[other], readers[other].name);
            bool readable =
                readers[k].read == readers[other].read ||
                !strcmp(readers[k].extension, readers[other].extension) ||
                readers[k].any_text || readers[k].read == read_model ||
                readers[k].read == read_import;
            CHECK(status || readable, "%s is read as %s", readers[other].name,
                  readers[k].name);
            if (!readers[other].any_text) continue;
            CHECK(status || readers[k].any_text, "%s is read as %s",
                  readers[other].name, readers[k].name);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reader_reads_its_valid_file),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(
            what_is_not_a_regular_file_is_refused_and_not_waited_for),
        cmocka_unit_test(a_file_cut_at_any_length_is_refused_or_is_text),
        cmocka_unit_test(a_changed_byte_anywhere_does_no_harm),
        cmocka_unit_test(a_file_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, prepare, folder_destroy);
}
