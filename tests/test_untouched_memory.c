/*
 * test_untouched_memory.c: a call that lacks memory leaves its outputs as they
 * were: every public call that allocates and has an output is repeated with the
 * first, second, third ... allocation failing, and each byte of what it would
 * have written is compared. Calls that fail for other reasons are in
 * test_untouched.c.
 */
#include "check.h"

#include "allocator.h"
#include "folder.h"

enum { T = 6, B = 2, I = 1, O = 2, ROOM = 4096, MOST_CALLS = 4000 };

/* What the calls read. */
static struct {
    elman_model *model, *per_sequence, *broken, *forecaster;
    elman_dataset *series, *forecast;
    elman_trainer *trainer;
    elman_import *import;
    elman_state *state;
    char *file; /* (file_size) the model's, as save writes it */
    size_t file_size;
    elman_residuals *residuals;
    elman_replay *replay;
    elman_trace *trace;
    char *note; /* of the series' encoding */
    char *weights, *onnx, *x, *y, *replayed;
} given;

static float x[T * B * I];
static const float values[T * B * O];
static const elman_batch batch = {.T = T, .B = B, .x = x};
static const elman_target target = {.values = values};
static const elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
static const elman_trainer_config training = {0};
/* What no weight survives for long. */
static const elman_trainer_config wild = {
    .loss.kind = ELMAN_LOSS_MEAN_SQUARED,
    .optimizer = {.rule = ELMAN_RULE_SGD, .learning_rate = 1e38}};
static const elman_dataset_config plain = {.validation = 0.5};

/* ---- Calls ----------------------------------------------------------------
 */

/* name(out): a call that writes to out; name_end(out) undoes it. */
#define MAKES(noun, name, call)                                                \
    static elman_status name(void *to)                                         \
    {                                                                          \
        elman_##noun **out = to;                                               \
        return call;                                                           \
    }
#define FILLS(type, name, call)                                                \
    static elman_status name(void *to)                                         \
    {                                                                          \
        type *out = to;                                                        \
        return call;                                                           \
    }
#define ENDS(noun, how)                                                        \
    static void noun##_end(void *out)                                          \
    {                                                                          \
        elman_##noun##_##how(*(elman_##noun **)out);                           \
    }

MAKES(model, load_model, elman_model_load(given.weights, out))
MAKES(model, copy_model, elman_model_copy(given.model, out))
MAKES(model, load_model_memory,
      elman_model_load_memory(given.file, given.file_size, out))
MAKES(import, open_import_memory,
      elman_import_open_memory(given.file, given.file_size, NULL, out))
FILLS(size_t, save_state_memory,
      elman_state_save_memory(given.model, given.state, ROOM - 64,
                              (char *)to + 64, out))
MAKES(state, create_state,
      elman_state_create(given.model, &(elman_state_config){.B = 2}, out))
MAKES(optimizer, create_optimizer,
      elman_optimizer_create(given.model, &(elman_optimizer_config){0}, out))
ENDS(model, destroy)
ENDS(state, destroy)
ENDS(optimizer, destroy)

static elman_status create_model(void *to)
{
    return elman_model_create(elman_model_config(given.model), to);
}

MAKES(encoding, create_encoding, elman_encoding_create(given.note, out))
MAKES(dataset, open_dataset,
      elman_dataset_open(in_folder("series.tsv"), &plain, out))
MAKES(dataset, read_dataset,
      elman_dataset_read("series.tsv", "a\t1\t2\nb\t2\t1\n", 12, &plain, out))
MAKES(dataset, open_arrays,
      elman_dataset_open_arrays(
          &(elman_arrays){
              .N = 4, .T = 2, .I = 1, .x = x, .values = values, .O = 1},
          &plain, out))
MAKES(loader, create_loader,
      elman_loader_create(given.series, &(elman_loader_config){0}, out))
MAKES(trainer, create_trainer,
      elman_trainer_create(given.per_sequence, given.series, &training, out))
MAKES(residuals, measure_residuals,
      elman_model_residuals(given.forecaster, given.forecast,
                            ELMAN_PART_VALIDATION, &training, out))
MAKES(residuals, create_residuals,
      elman_residuals_create(elman_residuals_note(given.residuals), out))
ENDS(encoding, destroy)
ENDS(dataset, close)
ENDS(loader, destroy)
ENDS(trainer, destroy)
ENDS(residuals, destroy)
FILLS(elman_metrics, evaluate,
      elman_model_evaluate(given.per_sequence, given.series,
                           ELMAN_PART_VALIDATION, &training, out,
                           (uint64_t *)((char *)to + 1024)))
FILLS(elman_baseline, read_baseline,
      elman_dataset_baseline(given.series, NULL, out))
FILLS(uint64_t, hash_dataset, elman_dataset_read_hash(given.series, out))
FILLS(elman_tensor, load_array, elman_array_load(given.x, out))
static void array_end(void *out) { elman_array_destroy(out); }

MAKES(flow, begin_flow, elman_flow_begin(given.model, &batch, NULL, out))
MAKES(contributions, begin_contributions,
      elman_contributions_begin(given.model, &batch, &target, &squared, out))
MAKES(truncation, begin_truncation,
      elman_truncation_begin(given.model, &batch, &target, &squared, out))
MAKES(spectrum, begin_spectrum, elman_spectrum_begin(given.model, out))
MAKES(exponents, begin_exponents,
      elman_exponents_begin(given.model, &batch, NULL, out))
MAKES(fixed_points, begin_fixed_points,
      elman_fixed_points_begin(given.model, &batch, NULL, out))
MAKES(gates, begin_gates, elman_gates_begin(given.model, &batch, out))
MAKES(units, begin_units,
      elman_units_begin(given.model, &batch, 0, NULL, 0, out))
MAKES(attribution, begin_attribution,
      elman_attribution_begin(given.model, &batch, NULL, out))
MAKES(errors, begin_errors,
      elman_errors_begin(given.per_sequence, given.series,
                         ELMAN_PART_VALIDATION, NULL, out))
MAKES(updates, begin_updates, elman_updates_begin(given.trainer, out))
MAKES(trace, create_trace, elman_trace_create(given.trainer, out))
MAKES(replay, open_replay, elman_replay_open(given.replayed, out))
MAKES(model, replay_model, elman_replay_create_model(given.replay, out))
MAKES(journal, create_journal, elman_journal_create(NULL, out))
MAKES(inspection, begin_inspection,
      elman_inspection_begin(given.model, NULL, NULL, out))
ENDS(flow, end)
ENDS(contributions, end)
ENDS(truncation, end)
ENDS(spectrum, end)
ENDS(exponents, end)
ENDS(fixed_points, end)
ENDS(gates, end)
ENDS(units, end)
ENDS(attribution, end)
ENDS(errors, end)
ENDS(updates, end)
ENDS(trace, destroy)
ENDS(replay, close)
ENDS(journal, destroy)
ENDS(inspection, end)
FILLS(double, read_flow, elman_flow_read(given.model, &batch, 0, out))
FILLS(elman_pulse, read_pulse, elman_pulse_read(given.model, &batch, 1, out))

MAKES(import, open_import,
      elman_import_open((const char *const[]){given.weights}, 1, NULL, out))
MAKES(model, create_import, elman_import_create(given.import, out))
MAKES(graph, open_graph, elman_graph_open(given.onnx, out))
ENDS(import, close)
ENDS(graph, close)
FILLS(elman_check, check_model,
      elman_model_check(given.model, given.x, given.y, out))

static const struct {
    const char *name;
    elman_status (*call)(void *out);
    void (*end)(void *out); /* NULL: nothing is to be undone */
} calls[] = {
    {"model_create", create_model, model_end},
    {"model_load", load_model, model_end},
    {"model_copy", copy_model, model_end},
    {"model_load_memory", load_model_memory, model_end},
    {"state_create", create_state, state_end},
    {"state_save_memory", save_state_memory, NULL},
    {"import_open_memory", open_import_memory, import_end},
    {"optimizer_create", create_optimizer, optimizer_end},
    {"encoding_create", create_encoding, encoding_end},
    {"dataset_open", open_dataset, dataset_end},
    {"dataset_read", read_dataset, dataset_end},
    {"dataset_open_arrays", open_arrays, dataset_end},
    {"loader_create", create_loader, loader_end},
    {"trainer_create", create_trainer, trainer_end},
    {"model_residuals", measure_residuals, residuals_end},
    {"residuals_create", create_residuals, residuals_end},
    {"model_evaluate", evaluate, NULL},
    {"dataset_baseline", read_baseline, NULL},
    {"dataset_read_hash", hash_dataset, NULL},
    {"array_load", load_array, array_end},
    {"flow_begin", begin_flow, flow_end},
    {"contributions_begin", begin_contributions, contributions_end},
    {"truncation_begin", begin_truncation, truncation_end},
    {"spectrum_begin", begin_spectrum, spectrum_end},
    {"exponents_begin", begin_exponents, exponents_end},
    {"fixed_points_begin", begin_fixed_points, fixed_points_end},
    {"gates_begin", begin_gates, gates_end},
    {"units_begin", begin_units, units_end},
    {"attribution_begin", begin_attribution, attribution_end},
    {"errors_begin", begin_errors, errors_end},
    {"updates_begin", begin_updates, updates_end},
    {"trace_create", create_trace, trace_end},
    {"replay_open", open_replay, replay_end},
    {"replay_create_model", replay_model, model_end},
    {"journal_create", create_journal, journal_end},
    {"inspection_begin", begin_inspection, inspection_end},
    {"flow_read", read_flow, NULL},
    {"pulse_read", read_pulse, NULL},
    {"import_open", open_import, import_end},
    {"import_create", create_import, model_end},
    {"graph_open", open_graph, graph_end},
    {"model_check", check_model, NULL},
};

/* ---- What they read -------------------------------------------------------
 */

static void read_forecast(void)
{
    char text[512];
    size_t used = 0;
    for (int r = 0; r < 60; r++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d\n",
                                 r * 7 % 10);
    const elman_dataset_config config = {
        .window = 4, .horizon = 2, .validation = 0.4};
    const elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    CHECK_OK(elman_dataset_read("f.csv", text, used, &config, &given.forecast));
    CHECK_OK(elman_model_create(&network, &given.forecaster));
    CHECK_OK(elman_model_residuals(given.forecaster, given.forecast,
                                   ELMAN_PART_VALIDATION, &training,
                                   &given.residuals));
}

/* A run that breaks, and a replay of it from its beginning. */
static void break_a_run(void)
{
    elman_model *again = NULL;
    elman_trainer *before = NULL;
    const elman_config *config = elman_model_config(given.forecaster);
    CHECK_OK(elman_model_create(config, &given.broken));
    CHECK_OK(elman_trainer_create(given.broken, given.forecast, &wild,
                                  &given.trainer));
    elman_status status = ELMAN_OK;
    for (int i = 0; i < 100 && !status; i++)
        status = elman_trainer_step(given.trainer);
    CHECK(status == ELMAN_NOT_FINITE, "it went on");
    CHECK_OK(elman_trace_create(given.trainer, &given.trace));

    CHECK_OK(elman_model_create(config, &again));
    CHECK_OK(elman_trainer_create(again, given.forecast, &wild, &before));
    CHECK_OK(elman_replay_save(before, given.trace, NULL, 0, given.replayed));
    CHECK_OK(elman_replay_open(given.replayed, &given.replay));
    elman_trainer_destroy(before);
    elman_model_destroy(again);
}

static int begin(void **state)
{
    static const elman_config network = {
        .input_size = I,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 3},
                   {.kind = ELMAN_LINEAR, .output_size = O}}};
    static const elman_config one = {
        .input_size = I,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    folder_create(state);
    random_fill(1, T * B * I, -1, 1, x);
    CHECK_OK(elman_model_create(&network, &given.model));
    CHECK_OK(elman_model_create(&one, &given.per_sequence));
    put_text("series.tsv", "a\t1\t2\t3\nb\t3\t2\t1\na\t1\t2\t3\nb\t3\t2\t1\n");
    CHECK_OK(
        elman_dataset_open(in_folder("series.tsv"), &plain, &given.series));
    given.note = strdup(elman_dataset_note(given.series));
    read_forecast();

    /* in memory */
    size_t size;
    CHECK_OK(elman_state_create(given.model, &(elman_state_config){0},
                                &given.state));
    CHECK_OK(elman_model_save_memory(given.model, 0, NULL, &given.file_size));
    given.file = malloc(given.file_size);
    CHECK_OK(elman_model_save_memory(given.model, given.file_size, given.file,
                                     &size));

    /* files */
    given.weights = strdup(in_folder("weights.safetensors"));
    given.onnx = strdup(in_folder("model.onnx"));
    given.x = strdup(in_folder("x.npy"));
    given.y = strdup(in_folder("y.npy"));
    elman_tensor in = {x, 3, {T, B, I}}, out = {(float *)values, 3, {T, B, O}};
    CHECK_OK(elman_array_save(given.x, &in));
    CHECK_OK(elman_array_save(given.y, &out));
    CHECK_OK(
        elman_model_export(given.model, ELMAN_EXPORT_TORCH, given.weights));
    CHECK_OK(elman_model_export(given.model, ELMAN_EXPORT_ONNX, given.onnx));
    CHECK_OK(elman_import_open((const char *const[]){given.weights}, 1, NULL,
                               &given.import));

    given.replayed = strdup(in_folder("run.replay"));
    break_a_run();
    return 0;
}

static int end(void **state)
{
    char *texts[] = {given.note, given.weights, given.onnx,
                     given.x,    given.y,       given.replayed};
    elman_replay_close(given.replay);
    elman_trace_destroy(given.trace);
    elman_trainer_destroy(given.trainer);
    elman_residuals_destroy(given.residuals);
    elman_import_close(given.import);
    elman_state_destroy(given.state);
    free(given.file);
    elman_dataset_close(given.forecast);
    elman_dataset_close(given.series);
    elman_model_destroy(given.forecaster);
    elman_model_destroy(given.broken);
    elman_model_destroy(given.per_sequence);
    elman_model_destroy(given.model);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    return folder_destroy(state);
}

/* ---- Each allocation fails ------------------------------------------------
 */

static _Alignas(64) unsigned char output[ROOM];

static bool is_untouched(void)
{
    for (size_t i = 0; i < sizeof output; i++)
        if (output[i] != 0xA5) return false;
    return true;
}

TEST(a_call_that_lacks_memory_leaves_its_outputs)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        elman_status status = ELMAN_NO_MEMORY;
        size_t call = 0, failures = 0;
        for (; status && call < MOST_CALLS; call++) {
            memset(output, 0xA5, sizeof output);
            allocator_fail(call, true);
            status = calls[i].call(output);
            bool failed = allocator_read().failed > 0;
            allocator_reset();
            if (!status) break;

            CHECK(failed, "%s: %s", calls[i].name, elman_message());
            CHECK(is_untouched(), "%s wrote when allocation %zu failed",
                  calls[i].name, call);
            failures++;
        }
        CHECK(!status, "%s: %s", calls[i].name, elman_message());
        CHECK(failures > 0, "%s allocates nothing", calls[i].name);
        if (calls[i].end) calls[i].end(output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_lacks_memory_leaves_its_outputs),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
