/*
 * test_untouched.c: a call that fails leaves its outputs as they were: every
 * public call that has one is made to fail, and each byte of what it would have
 * written is compared. What a call changes in place (a state, a model) is held
 * as well, by what can be read of it.
 */
#include "check.h"
#include "folder.h"

enum { T = 3, B = 2, I = 2, O = 2, ROOM = 4096 };

static const float x[T * B * I];
static unsigned char output[ROOM]; /* where the outputs of a call lie */

/* The call fails, and output is as it was. */
#define UNTOUCHED(call)                                                        \
    do {                                                                       \
        memset(output, 0xA5, sizeof output);                                   \
        CHECK((call) != ELMAN_OK, "it succeeded");                             \
        CHECK(is_untouched(), "it wrote: %s", elman_message());                \
    } while (0)

static bool is_untouched(void)
{
    for (size_t i = 0; i < sizeof output; i++)
        if (output[i] != 0xA5) return false;
    return true;
}

/* The output as whatever pointer is wanted; more lie at other offsets. */
static void *at(size_t offset) { return output + offset; }

/* ---- Models and states --------------------------------------------------- */

static const elman_config network = {
    .input_size = I,
    .layers = {{.kind = ELMAN_LSTM, .hidden_size = 3},
               {.kind = ELMAN_LINEAR, .output_size = O}}};

/* A model, a training state and one without. */
typedef struct fixture {
    elman_model *model;
    elman_state *training, *plain;
} fixture;

static fixture fixture_begin(const elman_config *config)
{
    fixture f = {0};
    elman_state_config size = {.T = T, .B = B, .training = true};
    CHECK_OK(elman_model_create(config, &f.model));
    CHECK_OK(elman_state_create(f.model, &size, &f.training));
    size.training = false;
    CHECK_OK(elman_state_create(f.model, &size, &f.plain));
    return f;
}

static void fixture_end(fixture f)
{
    elman_state_destroy(f.plain);
    elman_state_destroy(f.training);
    elman_model_destroy(f.model);
}

TEST(what_makes_or_reads_a_model_writes_on_success_only)
{
    fixture f = fixture_begin(&network);
    const elman_config empty = {.input_size = I};
    const char *bad = put_text("bad", "no model"), *none = in_folder("none");
    UNTOUCHED(elman_model_create(&empty, at(0)));
    UNTOUCHED(elman_model_create(NULL, at(0)));
    UNTOUCHED(elman_model_load(none, at(0)));
    UNTOUCHED(elman_model_load(bad, at(0)));
    UNTOUCHED(elman_model_copy(NULL, at(0)));
    UNTOUCHED(elman_model_load_memory(bad, strlen(bad), at(0)));
    UNTOUCHED(elman_model_open_memory(bad, strlen(bad), at(0)));
    UNTOUCHED(elman_model_save_memory(f.model, 8, at(0), at(8)));
    UNTOUCHED(elman_model_read_all(f.model, 1, at(0)));
    UNTOUCHED(elman_model_read(f.model, "fc.bias", O + 1, at(0)));
    UNTOUCHED(elman_model_read(f.model, "fc.none", O, at(0)));
    UNTOUCHED(elman_machine_read(NULL));
    UNTOUCHED(elman_roof_read(1, NULL));
    UNTOUCHED(elman_kind_read((elman_kind)99, at(0)));
    UNTOUCHED(elman_kind_read(ELMAN_END, at(0)));
    UNTOUCHED(elman_rule_read((elman_rule)99, at(0)));
    memset(output, 0xA5, sizeof output);
    assert_null(elman_model_parameter(f.model, 100, at(0)));
    assert_null(elman_model_parameter(NULL, 0, at(0)));
    assert_true(is_untouched());
    fixture_end(f);
}

TEST(a_write_that_fails_changes_no_weight_and_no_note)
{
    fixture f = fixture_begin(&network);
    float before[O], after[O], values[O + 1] = {7, 7, 7};
    CHECK_OK(elman_model_read(f.model, "fc.bias", O, before));
    CHECK_OK(elman_model_write_note(f.model, "key", "text"));
    CHECK_FAILS(elman_model_write(f.model, "fc.bias", O + 1, values),
                ELMAN_BAD_VALUE, "count is 3");
    CHECK_FAILS(elman_model_write_note(f.model, "elman", "other"),
                ELMAN_BAD_VALUE, "the model file's own");
    CHECK_FAILS(elman_model_write_note(f.model, "key", "a\xFF"),
                ELMAN_BAD_VALUE, "the text of a note is not UTF-8");
    CHECK_FAILS(elman_model_write_note(f.model, "\xFF", "text"),
                ELMAN_BAD_VALUE, "the key of a note is not UTF-8");
    CHECK_OK(elman_model_read(f.model, "fc.bias", O, after));
    CHECK_BITS(after, before, O, "fc.bias");
    assert_string_equal(elman_model_note(f.model, "key"), "text");
    fixture_end(f);
}

TEST(what_makes_or_reads_a_state_writes_on_success_only)
{
    fixture f = fixture_begin(&network);
    static _Alignas(64) unsigned char memory[256];
    const elman_state_config many = {.threads = 65}, plain = {0};
    const elman_state_config keep = {.keep_gradients = true};
    UNTOUCHED(elman_state_create(f.model, &many, at(0)));
    const elman_state_config small = {.T = T, .training = true, .budget = 1};
    UNTOUCHED(elman_state_create(f.model, &keep, at(0)));
    UNTOUCHED(elman_state_create(f.model, &small, at(0)));
    UNTOUCHED(elman_state_init(f.model, &plain, 64, memory, at(0)));
    UNTOUCHED(elman_state_init(f.model, &plain, ROOM, at(64 + 1), at(0)));
    UNTOUCHED(elman_state_move(f.model, ROOM, at(64), at(0)));
    UNTOUCHED(elman_state_save_memory(f.model, f.plain, 8, at(64), at(0)));
    UNTOUCHED(elman_state_save_memory(NULL, f.plain, ROOM, at(64), at(0)));
    UNTOUCHED(elman_state_join(f.model, f.plain, at(0)));
    UNTOUCHED(elman_state_join(f.model, f.training, at(0)));
    UNTOUCHED(elman_state_view(f.model, f.plain, "layer9.h", at(0)));
    UNTOUCHED(elman_state_view(f.model, f.plain, "layer0.da", at(0)));
    UNTOUCHED(elman_state_view(f.model, f.plain, "none.grad", at(0)));
    fixture_end(f);
}

TEST(a_pass_that_fails_writes_no_output)
{
    fixture f = fixture_begin(&network);
    const size_t lengths[B] = {T, T + 1};
    const int32_t tokens[B] = {0, 3};
    elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};
    elman_batch large = {.T = T + 1, .B = B, .x = x},
                without = {.T = T, .B = B};
    UNTOUCHED(elman_model_forward(f.model, f.plain, &batch, at(0)));
    UNTOUCHED(elman_model_forward(f.model, f.plain, &large, at(0)));
    UNTOUCHED(elman_model_forward(f.model, f.plain, &without, at(0)));
    UNTOUCHED(elman_model_backward(f.model, f.training, x, at(0)));
    UNTOUCHED(elman_model_backward(f.model, f.plain, x, at(0)));
    UNTOUCHED(elman_model_step(f.model, f.plain, NULL, at(0)));
    UNTOUCHED(elman_model_step_tokens(f.model, f.plain, tokens, at(0)));
    UNTOUCHED(elman_cell_step(f.model, f.plain, x, NULL, NULL, at(0), at(64)));
    fixture_end(f);

    const elman_config reader = {.layers = {{.kind = ELMAN_EMBEDDING,
                                             .num_embeddings = 3,
                                             .embedding_dim = 2}}};
    f = fixture_begin(&reader);
    UNTOUCHED(elman_model_step_tokens(f.model, f.plain, tokens, at(0)));
    UNTOUCHED(elman_model_step_tokens(f.model, f.training, tokens, at(0)));
    UNTOUCHED(elman_model_step(f.model, f.plain, x, at(0)));
    batch = (elman_batch){.T = 1, .B = B, .tokens = tokens};
    UNTOUCHED(elman_model_forward(f.model, f.plain, &batch, at(0)));
    CHECK_OK(elman_model_forward(
        f.model, f.training, &(elman_batch){.T = 1, .B = 1, .tokens = tokens},
        NULL));
    UNTOUCHED(elman_model_backward(f.model, f.training, x, at(0)));
    fixture_end(f);
}

/* The memory of a state, all of it, compared with what it was. */
static void hold_memory(const fixture *f, const float *want)
{
    elman_tensor view;
    CHECK_OK(elman_state_view(f->model, f->plain, "h", &view));
    CHECK_BITS(view.data, want, view.shape[1] * view.shape[2], "h");
}

TEST(a_call_that_fails_leaves_the_memory_of_its_state)
{
    const elman_config backward = {
        .input_size = I,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 2, .reverse = true}}};
    fixture f = fixture_begin(&backward), other = fixture_begin(&network);
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_tensor view;
    float before[B * 2];
    float h[B * 2] = {1, 2, 3, 4};
    CHECK_OK(elman_model_forward(f.model, f.plain, &batch, NULL));
    CHECK_OK(elman_state_view(f.model, f.plain, "h", &view));
    memcpy(before, view.data, sizeof before);

    UNTOUCHED(elman_cell_step(f.model, f.plain, x, h, NULL, at(0), NULL));
    UNTOUCHED(elman_cell_step(f.model, f.plain, x, h, h, at(0), NULL));
    UNTOUCHED(elman_model_step(f.model, f.plain, x, at(0)));
    batch.T = T + 1;
    UNTOUCHED(elman_model_forward(f.model, f.plain, &batch, at(0)));
    UNTOUCHED(elman_state_reset_one(f.model, f.plain, B));
    UNTOUCHED(elman_state_leave(f.model, f.plain, B));
    UNTOUCHED(elman_state_copy(f.plain, f.training));
    UNTOUCHED(elman_state_copy_gradients(f.training, f.plain));
    UNTOUCHED(elman_state_load(f.model, f.plain, in_folder("none")));
    CHECK_OK(elman_state_save(other.model, other.plain, in_folder("other")));
    UNTOUCHED(elman_state_load(f.model, f.plain, in_folder("other")));
    UNTOUCHED(elman_state_load_memory(f.model, f.plain, "no state", 8));
    hold_memory(&f, before);
    fixture_end(f);
    fixture_end(other);
}

/* ---- Loss, optimizer, sampling, looking through time --------------------- */

TEST(a_loss_that_fails_writes_no_loss_and_no_gradient)
{
    const int32_t classes[] = {0, 1, 0, 1, 0, O};
    const elman_target target = {.classes = classes}, values = {.values = x};
    const elman_batch shape = {.T = T, .B = B};
    const elman_loss_config bad = {.label_smoothing = 2}, plain = {0},
                            whole = {.divisor = T * B};
    const elman_batch first = {.T = 1, .B = B}; /* its classes are right */
    UNTOUCHED(elman_loss_forward(&bad, &shape, O, x, &target, at(0), at(64)));
    UNTOUCHED(elman_loss_forward(&plain, &shape, O, x, &target, at(0), at(64)));
    UNTOUCHED(elman_loss_forward(&plain, &shape, O, x, &values, at(0), at(64)));
    UNTOUCHED(elman_loss_forward(&plain, &shape, 0, x, &target, at(0), at(64)));
    UNTOUCHED(elman_loss_weight(&plain, &shape, O, &target, at(0)));
    UNTOUCHED(elman_loss_weight(&bad, &shape, O, &values, at(0)));
    UNTOUCHED(
        elman_loss_sum_forward(&whole, &shape, O, x, &target, at(0), at(1024)));
    UNTOUCHED(
        elman_loss_sum_forward(&plain, &first, O, x, &target, at(0), at(1024)));
    UNTOUCHED(
        elman_loss_sum_forward(&bad, &shape, O, x, &target, at(0), at(1024)));

    /* of a pass: there was none, or a class that there is not, or a state of
     * another model */
    fixture f = fixture_begin(&network), other = fixture_begin(&network);
    const elman_batch batch = {.T = T, .B = B, .x = x};
    UNTOUCHED(
        elman_model_loss(f.model, f.training, &plain, &target, at(0), at(64)));
    CHECK_OK(elman_model_forward(f.model, f.training, &batch, NULL));
    UNTOUCHED(
        elman_model_loss(f.model, f.training, &plain, &target, at(0), at(64)));
    UNTOUCHED(elman_model_loss(f.model, other.training, &plain, &target, at(0),
                               at(64)));
    UNTOUCHED(elman_model_loss_sum(f.model, f.training, &whole, &target, at(0),
                                   at(1024)));
    UNTOUCHED(elman_model_loss_backward(f.model, f.training, &plain, &target,
                                        at(0), at(64)));
    UNTOUCHED(elman_model_loss_backward(f.model, f.plain, &plain, &target,
                                        at(0), at(64)));
    UNTOUCHED(elman_model_loss_weight(f.model, &batch, &plain, &target, at(0)));
    fixture_end(f);
    fixture_end(other);
}

TEST(an_optimizer_that_fails_moves_nothing_and_writes_no_norm)
{
    fixture f = fixture_begin(&network);
    elman_optimizer *optimizer = NULL;
    elman_tensor gradient;
    float before[O], after[O];
    elman_optimizer_config config = {.beta1 = 1};
    UNTOUCHED(elman_optimizer_create(f.model, &config, at(0)));
    config.beta1 = 0;
    CHECK_OK(elman_optimizer_create(f.model, &config, &optimizer));
    CHECK_OK(elman_model_read(f.model, "fc.bias", O, before));
    UNTOUCHED(elman_optimizer_step(optimizer, f.model, f.plain, -1, at(0)));
    UNTOUCHED(elman_optimizer_norm(optimizer, f.model, f.plain, at(0)));
    UNTOUCHED(elman_optimizer_step_norm(optimizer, f.model, f.plain, -1, 1));
    UNTOUCHED(
        elman_optimizer_save_memory(optimizer, f.model, 8, at(64), at(0)));
    UNTOUCHED(elman_optimizer_step(optimizer, f.model, f.training, NAN, at(0)));
    CHECK_OK(elman_state_view(f.model, f.training, "fc.bias.grad", &gradient));
    gradient.data[0] = INFINITY;
    UNTOUCHED(elman_optimizer_step(optimizer, f.model, f.training, -1, at(0)));
    double norm = 2;
    CHECK_FAILS(elman_optimizer_norm(optimizer, f.model, f.training, &norm),
                ELMAN_NOT_FINITE, "the gradient's norm");
    CHECK_FAILS(
        elman_optimizer_step_norm(optimizer, f.model, f.training, -1, NAN),
        ELMAN_BAD_VALUE, "norm is ");
    CHECK(norm == 2, "%g", norm);
    UNTOUCHED(
        elman_optimizer_save_memory(optimizer, f.model, 64, at(64), at(0)));
    assert_true(isinf(gradient.data[0]));
    CHECK_OK(elman_model_read(f.model, "fc.bias", O, after));
    CHECK_BITS(after, before, O, "fc.bias");
    elman_optimizer_destroy(optimizer);
    fixture_end(f);
}

TEST(a_sampler_and_a_flow_that_fail_write_nothing)
{
    fixture f = fixture_begin(&network);
    const float logits[] = {0, NAN}, low[] = {-INFINITY, -INFINITY};
    const elman_sampler sampler = {.temperature = 1},
                        cold = {.temperature = -1};
    const elman_batch without = {.T = T, .B = B};
    const elman_batch batch = {.T = T, .B = B, .x = x};
    UNTOUCHED(elman_sampler_step(&sampler, 0, 2, logits, at(0)));
    UNTOUCHED(elman_sampler_step(&sampler, 0, 2, low, at(0)));
    UNTOUCHED(elman_sampler_step(&sampler, 0, 0, low, at(0)));
    UNTOUCHED(elman_sampler_step(&cold, 0, 2, logits, at(0)));
    UNTOUCHED(elman_flow_read(f.model, &batch, 1, at(0)));
    UNTOUCHED(elman_flow_read(f.model, &without, 0, at(0)));
    fixture_end(f);
}

/* ---- Data and training --------------------------------------------------- */

TEST(what_reads_data_writes_on_success_only)
{
    const char *path = put_text("ab.txt", "abababababababababababababababab");
    const char *none = in_folder("none");
    const elman_dataset_config bad = {.validation = 2};
    const elman_dataset_config bytes = {.unit = ELMAN_UNIT_BYTES};
    const elman_loader_config part = {.part = 2};
    elman_dataset *dataset = NULL;
    elman_tensor flat = {.rank = ELMAN_MAX_RANK + 1};
    elman_tensor empty = {.rank = 1, .shape = {1}};
    UNTOUCHED(elman_dataset_open(none, &bytes, at(0)));
    UNTOUCHED(elman_dataset_open(path, &bad, at(0)));
    const elman_arrays nothing = {.N = 1, .T = 1, .I = 1, .x = x};
    UNTOUCHED(
        elman_dataset_open_arrays(&nothing, &(elman_dataset_config){0}, at(0)));
    UNTOUCHED(elman_dataset_read("a.csv", "", 0, &bad, at(0)));
    CHECK_OK(elman_dataset_open(path, &bytes, &dataset));
    const elman_encoding *encoding = elman_dataset_encoding(dataset);
    UNTOUCHED(elman_encoding_create("{}", at(0)));
    UNTOUCHED(elman_encoding_read(encoding, "abc", 3, 3, at(64), at(0), NULL));
    UNTOUCHED(elman_encoding_read(encoding, "abc", 3, 0, NULL, at(0), NULL));
    UNTOUCHED(elman_loader_create(dataset, &part, at(0)));
    UNTOUCHED(elman_loader_read(NULL, at(0), at(256)));
    UNTOUCHED(elman_dataset_extend(dataset, 0, (double[]){1}, at(0)));
    UNTOUCHED(elman_dataset_truth(dataset, 1 << 20, 0, 1, at(0)));
    UNTOUCHED(elman_dataset_read_hash(NULL, at(0)));
    UNTOUCHED(elman_residuals_create("{}", at(0)));
    UNTOUCHED(elman_residuals_read(NULL, 0, 0.5, at(0)));
    UNTOUCHED(elman_array_load(none, at(0)));
    UNTOUCHED(elman_array_load(path, at(0)));
    UNTOUCHED(elman_array_save(in_folder("flat"), &flat));
    assert_int_equal(access(in_folder("flat"), F_OK), -1);
    UNTOUCHED(elman_array_save(in_folder("flat"), &empty));
    assert_non_null(strstr(elman_message(), "array->data is NULL"));
    assert_int_equal(access(in_folder("flat"), F_OK), -1);
    empty.shape[0] = 0;
    CHECK_OK(elman_array_save(in_folder("empty.npy"), &empty));
    assert_int_equal(elman_dataset_size(dataset, 2), 0);
    assert_int_equal(elman_dataset_size(dataset, (elman_part)-1), 0);
    elman_dataset_close(dataset);
}

static elman_dataset *open_series(void)
{
    const char *path = put_text(
        "series.tsv", "a\t1\t2\t3\nb\t3\t2\t1\na\t1\t2\t3\nb\t3\t2\t1\n");
    const elman_dataset_config config = {.validation = 0.5};
    elman_dataset *dataset = NULL;
    CHECK_OK(elman_dataset_open(path, &config, &dataset));
    return dataset;
}

TEST(training_that_fails_writes_nothing)
{
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    const elman_trainer_config many = {.threads = 100}, plain = {0};
    const elman_trainer_config squared = {.loss.kind = ELMAN_LOSS_MEAN_SQUARED};
    fixture f = fixture_begin(&config), other = fixture_begin(&network);
    elman_dataset *dataset = open_series();
    elman_trainer *trainer = NULL;
    UNTOUCHED(elman_trainer_create(f.model, dataset, &many, at(0)));
    UNTOUCHED(elman_trainer_create(f.model, dataset, &squared, at(0)));
    UNTOUCHED(elman_trainer_create(other.model, dataset, &plain, at(0)));
    UNTOUCHED(elman_model_evaluate(f.model, dataset, ELMAN_PART_VALIDATION,
                                   &many, at(0), at(1024)));
    UNTOUCHED(elman_model_evaluate(f.model, dataset, ELMAN_PART_VALIDATION,
                                   &squared, at(0), at(1024)));
    UNTOUCHED(elman_model_evaluate(other.model, dataset, ELMAN_PART_TRAIN,
                                   &plain, at(0), at(1024)));

    const elman_baseline_config none = {.part = (elman_part)7};
    UNTOUCHED(elman_dataset_baseline(dataset, &none, at(0)));
    UNTOUCHED(elman_model_residuals(f.model, dataset, ELMAN_PART_VALIDATION,
                                    &plain, at(0)));
    UNTOUCHED(elman_errors_begin(other.model, dataset, ELMAN_PART_VALIDATION,
                                 &plain, at(0)));
    UNTOUCHED(elman_inspection_begin(other.model, dataset, NULL, at(0)));

    CHECK_OK(elman_trainer_create(f.model, dataset, &plain, &trainer));
    float before[2], after[2];
    CHECK_OK(elman_model_read(f.model, "fc.bias", 2, before));
    UNTOUCHED(elman_trainer_read_hash(NULL, at(0)));
    UNTOUCHED(elman_trainer_read_memory(NULL, at(0)));
    UNTOUCHED(elman_trainer_load(trainer, in_folder("none")));
    CHECK_OK(elman_model_save(f.model, in_folder("model")));
    UNTOUCHED(elman_trainer_load(trainer, in_folder("model")));
    CHECK_OK(elman_model_read(f.model, "fc.bias", 2, after));
    CHECK_BITS(after, before, 2, "fc.bias");
    UNTOUCHED(
        elman_trainer_evaluate(trainer, ELMAN_PART_TEST, at(0), at(1024)));
    UNTOUCHED(elman_trainer_baseline(trainer, &none, at(0)));
    UNTOUCHED(elman_trainer_residuals(trainer, ELMAN_PART_TRAIN, at(0)));
    CHECK_OK(elman_trainer_begin_save(trainer, "/none/there"));
    UNTOUCHED(elman_trainer_end_save(trainer, true, at(0)));
    UNTOUCHED(elman_trace_create(trainer, at(0)));
    UNTOUCHED(elman_updates_begin(NULL, at(0)));
    elman_trainer_destroy(trainer);
    elman_dataset_close(dataset);
    fixture_end(f);
    fixture_end(other);
}

TEST(a_check_that_cannot_be_done_reports_nothing)
{
    const char *none = in_folder("none");
    UNTOUCHED(
        elman_verify(&(elman_verify_config){.cases = 1, .path = none}, at(0)));
}

TEST(looking_inside_that_fails_writes_nothing)
{
    fixture f = fixture_begin(&network);
    const elman_batch without = {.T = T, .B = B},
                      batch = {.T = T, .B = B, .x = x};
    const elman_target target = {.values = x};
    const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    const elman_batch *b = &without;
    UNTOUCHED(elman_flow_begin(f.model, b, NULL, at(0)));
    UNTOUCHED(elman_contributions_begin(f.model, b, &target, &loss, at(0)));
    UNTOUCHED(elman_truncation_begin(f.model, b, &target, &loss, at(0)));
    UNTOUCHED(elman_exponents_begin(f.model, b, NULL, at(0)));
    UNTOUCHED(elman_gates_begin(f.model, NULL, at(0)));
    UNTOUCHED(elman_units_begin(f.model, &batch, B, NULL, 0, at(0)));
    UNTOUCHED(elman_attribution_begin(f.model, b, NULL, at(0)));
    UNTOUCHED(elman_pulse_read(f.model, b, 1, at(0)));
    UNTOUCHED(elman_spectrum_begin(NULL, at(0)));
    UNTOUCHED(elman_fixed_points_begin(NULL, &batch, NULL, at(0)));
    UNTOUCHED(elman_journal_create("{", at(0)));
    UNTOUCHED(elman_replay_open(in_folder("none"), at(0)));
    UNTOUCHED(elman_replay_create_model(NULL, at(0)));

    /* not done yet, and no such parameter */
    elman_contributions *contributions = NULL;
    CHECK_OK(elman_contributions_begin(f.model, &batch, &target, &loss,
                                       &contributions));
    UNTOUCHED(elman_contributions_read(contributions, 0, 0, at(0)));
    while (!contributions->done)
        CHECK_OK(elman_contributions_step(contributions));
    UNTOUCHED(elman_contributions_read(contributions, 99, 0, at(0)));
    UNTOUCHED(elman_contributions_read(contributions, 0, T, at(0)));
    elman_contributions_end(contributions);

    /* not done yet */
    elman_fixed_points *points = NULL;
    CHECK_OK(elman_fixed_points_begin(f.model, &batch, NULL, &points));
    UNTOUCHED(elman_fixed_points_jacobian(points, 0, at(0)));
    elman_fixed_points_end(points);
    fixture_end(f);
}

/* ---- Exchange ------------------------------------------------------------ */

TEST(exchange_that_fails_writes_nothing)
{
    fixture f = fixture_begin(&network);
    const elman_import_config mapping = {.mapping = in_folder("none")};
    const char *none = in_folder("none"), *bad = put_text("bad", "no model");
    const char *model = in_folder("model");
    CHECK_OK(elman_model_save(f.model, model));
    UNTOUCHED(elman_import_open(&none, 1, NULL, at(0)));
    UNTOUCHED(elman_import_look(&none, 1, at(0)));
    UNTOUCHED(elman_import_propose(&none, 1, NULL, at(0)));
    UNTOUCHED(elman_import_open(&bad, 1, NULL, at(0)));
    UNTOUCHED(elman_import_open(&model, 1, &mapping, at(0)));
    UNTOUCHED(elman_import_open(&model, 0, NULL, at(0)));
    UNTOUCHED(elman_import_open_memory("no model", 8, NULL, at(0)));
    UNTOUCHED(elman_graph_open_memory("no model", 8, at(0)));
    UNTOUCHED(elman_graph_read(NULL, "y", 8, at(0)));
    UNTOUCHED(elman_import_create(NULL, at(0)));
    memset(output, 0xA5, sizeof output);
    assert_null(elman_import_rows(NULL, at(0)));
    assert_null(elman_graph_ports(NULL, at(0)));
    assert_true(is_untouched());

    UNTOUCHED(elman_export_lines(f.model, ELMAN_EXPORT_TORCH, "x", 20, at(0)));
    UNTOUCHED(elman_export_lines(f.model, ELMAN_EXPORT_ONNX, "x", 20, at(0)));
    UNTOUCHED(elman_export_lines(f.model, 2, "x", ROOM, at(0)));
    UNTOUCHED(elman_model_export(f.model, 2, in_folder("exported")));
    assert_int_equal(access(in_folder("exported"), F_OK), -1);
    UNTOUCHED(elman_model_check(f.model, none, none, at(0)));
    UNTOUCHED(elman_model_check(f.model, bad, bad, at(0)));
    UNTOUCHED(elman_model_check_lengths(f.model, none, none, none, at(0)));
    UNTOUCHED(
        elman_model_check_states(f.model, none, none, none, NULL, NULL, at(0)));
    UNTOUCHED(elman_graph_open(none, at(0)));
    UNTOUCHED(elman_graph_open(bad, at(0)));
    fixture_end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_or_reads_a_model_writes_on_success_only),
        cmocka_unit_test(a_write_that_fails_changes_no_weight_and_no_note),
        cmocka_unit_test(what_makes_or_reads_a_state_writes_on_success_only),
        cmocka_unit_test(a_pass_that_fails_writes_no_output),
        cmocka_unit_test(a_call_that_fails_leaves_the_memory_of_its_state),
        cmocka_unit_test(a_loss_that_fails_writes_no_loss_and_no_gradient),
        cmocka_unit_test(
            an_optimizer_that_fails_moves_nothing_and_writes_no_norm),
        cmocka_unit_test(a_sampler_and_a_flow_that_fail_write_nothing),
        cmocka_unit_test(what_reads_data_writes_on_success_only),
        cmocka_unit_test(training_that_fails_writes_nothing),
        cmocka_unit_test(a_check_that_cannot_be_done_reports_nothing),
        cmocka_unit_test(looking_inside_that_fails_writes_nothing),
        cmocka_unit_test(exchange_that_fails_writes_nothing),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
