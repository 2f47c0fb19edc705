/*
 * test_keras.c: models that Keras 2 and 3 saved give Keras's own answers
 * (recorded by tests/golden/make_keras.py); what is no chain of layers is
 * refused with its layer.
 */
#include "keras.h"

#include "import/check.h"

/* ---- Answers ------------------------------------------------------------ */

/* A recorded model, and what it is asked. */
typedef struct asked {
    archive *zip;
    const char *name;
    elman_model *model;
    elman_state *state;
    elman_batch batch;
} asked;

static float *floats_of(archive *zip, const char *name, const char *word,
                        size_t *count)
{
    npy *array = keras_array(zip, name, word);
    if (!array) return NULL;
    float *values = malloc((array->tensor.count + 1) * sizeof *values);
    if (!values) abort();
    if (array->tensor.type == ELEMENT_F32)
        CHECK_OK(tensor_floats(&array->tensor, values));
    *count = array->tensor.count;
    npy_close(array);
    return values;
}

static elman_status read_file(archive *zip, const char *name,
                              const char *suffix, elman_model **model)
{
    size_t size;
    char *bytes = keras_entry(zip, name, suffix, &size);
    CHECK(bytes, "%s%s", name, suffix);
    elman_import *import = NULL;
    elman_status status = elman_import_open_memory(bytes, size, NULL, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, model);
    elman_import_close(import);
    free(bytes);
    return status;
}

/* x as steps or tokens, and how long each sequence is. */
static void give_inputs(asked *a)
{
    npy *x = keras_array(a->zip, a->name, "x");
    npy *lengths = keras_array(a->zip, a->name, "lengths");
    const named_tensor *t = &x->tensor;
    int64_t wholes[64];
    a->batch.B = t->shape[0];
    a->batch.T = t->shape[1];
    CHECK(t->count <= 64, "%s", a->name);

    if (elman_model_read_info(a->model).vocabulary) {
        int32_t *tokens = malloc(t->count * sizeof *tokens);
        if (!tokens) abort();
        tensor_wholes(t, 0, t->count, wholes);
        for (size_t i = 0; i < t->count; i++)
            tokens[i] = (int32_t)wholes[i];
        a->batch.tokens = tokens;
    } else {
        size_t count;
        a->batch.x = floats_of(a->zip, a->name, "x", &count);
    }

    if (lengths) {
        size_t *valid = malloc(a->batch.B * sizeof *valid);
        if (!valid) abort();
        tensor_wholes(&lengths->tensor, 0, a->batch.B, wholes);
        for (size_t b = 0; b < a->batch.B; b++)
            valid[b] = (size_t)wholes[b];
        a->batch.lengths = valid;
    }
    npy_close(x);
    npy_close(lengths);
}

/* The initial states, where a model has them as inputs. */
static void give_states(asked *a)
{
    static const char *const words[] = {"h", "c"};
    for (size_t i = 0; i < 2; i++) {
        size_t count;
        elman_tensor to = {0};
        float *from = floats_of(a->zip, a->name, words[i], &count);
        if (!from) continue;
        CHECK_OK(elman_state_view(a->model, a->state, words[i], &to));
        memcpy(to.data, from, count * sizeof *from);
        free(from);
    }
}

static void check_output(asked *a, const char *word, const float *got)
{
    size_t count;
    float *want = floats_of(a->zip, a->name, word, &count);

    /* past the end of a sequence Keras repeats, and we give 0 */
    const size_t *lengths = a->batch.lengths;
    const elman_model_info info = elman_model_read_info(a->model);
    if (lengths && !info.per_sequence && !info.output_steps)
        for (size_t i = 0; i < count; i++) {
            size_t row = i / (count / (a->batch.B * a->batch.T));
            if (row % a->batch.T >= lengths[row / a->batch.T]) want[i] = 0;
        }
    CHECK_CLOSE(got, want, count, 2e-5, 2e-6, "%s.%s", a->name, word);
    free(want);
}

static void check_model(asked *a)
{
    npy *y = keras_array(a->zip, a->name, "y");
    npy *z = keras_array(a->zip, a->name, "z");
    size_t count = y->tensor.count;
    float *got = calloc(2 * count + 1, sizeof *got);
    if (!got) abort();

    CHECK_OK(elman_model_forward(a->model, a->state, &a->batch, got));
    check_output(a, "y", got);
    if (z) check_output(a, "z", got + count);
    free(got);
    npy_close(y);
    npy_close(z);
}

/* The last states, where a model has them as outputs. */
static void check_states(asked *a)
{
    static const char *const words[][2] = {{"h", "h_n"}, {"c", "c_n"}};
    for (size_t i = 0; i < 2; i++) {
        npy *want = keras_array(a->zip, a->name, words[i][1]);
        elman_tensor view = {0};
        if (!want) continue;
        CHECK_OK(elman_state_view(a->model, a->state, words[i][0], &view));
        check_output(a, words[i][1], view.data);
        npy_close(want);
    }
}

/* A reference of sequences that are filled up, behind or in front, is met where
 * Keras computes something. */
static void check_padded(const asked *a)
{
    static const char *const words[][2] = {{"x", "y"}, {"left_x", "left_y"}};
    for (size_t i = 0; i < 2 && a->batch.lengths; i++) {
        npy *x = keras_array(a->zip, a->name, words[i][0]);
        npy *y = keras_array(a->zip, a->name, words[i][1]);
        elman_check check;
        x->tensor.name = words[i][0];
        y->tensor.name = words[i][1];
        CHECK_OK(check_tensors(
            a->model, &(check_arrays){.x = &x->tensor, .y = &y->tensor},
            &check));
        CHECK(check.passed, "%s.%s: %s", a->name, words[i][1], check.failure);
        npy_close(x);
        npy_close(y);
    }
}

static void check_answers(archive *zip, const char *name, const char *suffix)
{
    asked a = {.zip = zip, .name = name};
    CHECK(read_file(zip, name, suffix, &a.model) == ELMAN_OK, "%s%s: %s", name,
          suffix, elman_message());
    give_inputs(&a);
    elman_state_config config = {.T = a.batch.T, .B = a.batch.B};
    CHECK_OK(elman_state_create(a.model, &config, &a.state));
    elman_state_reset(a.model, a.state);
    give_states(&a);
    check_model(&a);
    check_states(&a);
    check_padded(&a);

    elman_state_destroy(a.state);
    elman_model_destroy(a.model);
    free((void *)(uintptr_t)a.batch.x);
    free((void *)(uintptr_t)a.batch.tokens);
    free((void *)(uintptr_t)a.batch.lengths);
}

/* Every model of an archive; how many there are. */
static size_t check_archive(const char *file)
{
    archive *zip = keras_open(file);
    size_t models = 0;
    for (size_t i = 0; i < archive_entry_count(zip); i++) {
        static const char *const suffixes[] = {".keras", ".h5"};
        const char *entry = archive_name(zip, i);
        if (!strncmp(entry, "refused/", 8)) continue;

        for (size_t k = 0; k < 2; k++) {
            size_t all = strlen(entry), end = strlen(suffixes[k]);
            char name[100];
            if (all < end || strcmp(entry + all - end, suffixes[k]) != 0)
                continue;
            snprintf(name, sizeof name, "%.*s", (int)(all - end), entry);
            check_answers(zip, name, suffixes[k]);
            models++;
        }
    }
    archive_close(zip);
    return models;
}

TEST(models_of_keras_3_give_its_answers)
{
    size_t models = check_archive("keras3.zip");
    CHECK(models >= 60, "%zu", models);
}

TEST(functional_models_of_keras_3_give_its_answers)
{
    size_t models = check_archive("keras3_graphs.zip");
    CHECK(models >= 40, "%zu", models);
}

TEST(vectors_that_are_repeated_give_the_answers_of_keras_3)
{
    size_t models = check_archive("keras3_repeat.zip");
    CHECK(models >= 10, "%zu", models);
}

TEST(operations_of_keras_3_give_its_answers)
{
    size_t models = check_archive("keras3_operations.zip");
    CHECK(models >= 19, "%zu", models);
}

TEST(models_of_keras_2_give_its_answers)
{
    size_t models = check_archive("keras2.zip");
    CHECK(models >= 60, "%zu", models);
}

/* ---- Refused ------------------------------------------------------------ */

/* Each file refused/NAME of an archive is, with a part of a sentence. */
static void check_refused(const char *file, const char *const (*cases)[3],
                          size_t count)
{
    archive *zip = keras_open(file);
    for (size_t i = 0; i < count; i++) {
        char name[100];
        elman_model *model = NULL;
        snprintf(name, sizeof name, "refused/%s", cases[i][0]);
        CHECK_FAILS(read_file(zip, name, cases[i][1], &model), ELMAN_BAD_FORMAT,
                    cases[i][2]);
        CHECK(!model, "%s", name);
    }
    archive_close(zip);
}

TEST(what_is_no_chain_of_layers_is_refused_with_its_layer)
{
    static const char *const cases[][3] = {
        {"conv", ".keras",
         "the layer conv is a Conv1D, which elman does not "
         "have; what is before it can be saved in Python: "
         "keras.Model(model.inputs, model.get_layer(\"lstm\")"},
        {"first", ".keras", "what is behind it can be saved"},
        {"swish", ".keras", "out (Dense) has the activation s"},
        {"gate", ".keras", "lstm (LSTM) has an activation in its cell"},
        {"flatten", ".keras", "flat (Flatten) changes the shape"},
        {"flipped", ".keras", "gives its steps from the last to the first"},
        {"mask_max", ".keras", "most (GlobalMaxPooling1D) takes what pads"},
        {"mask_back", ".keras", "back (LSTM) turns its steps round"},
        {"merge", ".keras", "both (Bidirectional) multiplies or lists"},
        {"no_steps", ".keras", "reads no sequences"},
        {"branch", ".keras", "the layer sum (Add) of the model functional"},
        {"shared", ".keras", "twice (LSTM) of the model functional"},
        {"decoder", ".keras", "decoder (GRU) of the model functional"},
        {"outputs", ".keras", "is beside the chain of layers"},
        {"unknown", ".keras",
         "the layer both (LSTMCell) has \"projection\": 3, which elman does "
         "not know"},
        {"weights", ".h5",
         "the weights of a Keras model (save_weights), without its layers; in "
         "Python, where the model is built: model.load_weights("},
    };
    check_refused("keras3.zip", cases, sizeof cases / sizeof *cases);
}

TEST(a_softmax_that_takes_a_mask_of_steps_is_refused)
{
    static const char *const cases[][3] = {
        {"softmax", ".keras", "the layer soft (Softmax) is given what pads"}};
    check_refused("keras3_apart.zip", cases, 1);
}

TEST(functional_models_that_only_look_like_chains_are_refused)
{
    static const char *const cases[][3] = {
        {"own_mask", ".keras", "is given a mask of its own; elman takes a"},
        {"cell_state", ".keras", "out (Dense) of the model"},
        {"swapped", ".keras", "join (Concatenate) of the model"},
        {"one_of_two", ".keras", "gives a state or one of two directions"},
        {"first_step", ".keras", "takes another part of what flows"},
        {"flip_features", ".keras", "turns round other axes than the steps"},
        {"axes", ".keras", "out (Dense) reads features that a Reshape"},
        {"attention", ".keras", "model.get_layer(\"lstm\").output)"},
    };
    check_refused("keras3_graphs.zip", cases, sizeof cases / sizeof *cases);
}

TEST(a_vector_that_cannot_be_repeated_is_refused_with_its_layer)
{
    static const char *const cases[][3] = {
        {"vector", ".keras", "again (RepeatVector) repeats one vector that"},
        {"states", ".keras", "decoder (GRU) of the model"},
        {"two", ".keras", "a layer before repeats 3 times"},
    };
    check_refused("keras3_repeat.zip", cases, sizeof cases / sizeof *cases);
}

TEST(operations_without_a_counterpart_are_refused_with_their_name)
{
    static const char *const cases[][3] = {
        {"over", ".keras", "is a TrueDivide, which elman does not have; what "},
        {"power", ".keras", "is a Power, which elman does not have"},
        {"mask", ".keras", "(Tanh) takes what pads (Masking, mask_zero)"},
        {"frames", ".keras",
         "is a Conv2D, which elman does not have; what is behind it can be "
         "saved in Python: keras.Sequential([keras.Input(model.layers[1]"},
        {"rms", ".keras", "norm (LayerNormalization) has rms_scaling, which"},
        {"int8", ".keras", "dense (Dense) has weights that are no floats: it "},
    };
    check_refused("keras3_operations.zip", cases, sizeof cases / sizeof *cases);
}

/* The last line of a conversion has this part. */
static void check_proof(const char *file, const char *name, const char *part)
{
    archive *zip = keras_open(file);
    size_t size;
    char *bytes = keras_entry(zip, name, ".keras", &size);
    elman_import *import = NULL;
    CHECK_OK(elman_import_open_memory(bytes, size, NULL, &import));
    const char *proof = elman_import_proof(import);
    CHECK(strstr(proof, part), "%s", proof);
    elman_import_close(import);
    free(bytes);
    archive_close(zip);
}

TEST(where_answers_of_keras_are_other_is_said)
{
    check_proof("keras3.zip", "bfloat16", "in bfloat16, here in float32");
    check_proof("keras3_graphs.zip", "shaped",
                "Keras gives them the axes that the layer reshape");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_of_keras_3_give_its_answers),
        cmocka_unit_test(
            operations_without_a_counterpart_are_refused_with_their_name),
        cmocka_unit_test(models_of_keras_3_give_its_answers),
        cmocka_unit_test(functional_models_of_keras_3_give_its_answers),
        cmocka_unit_test(vectors_that_are_repeated_give_the_answers_of_keras_3),
        cmocka_unit_test(
            a_vector_that_cannot_be_repeated_is_refused_with_its_layer),
        cmocka_unit_test(models_of_keras_2_give_its_answers),
        cmocka_unit_test(where_answers_of_keras_are_other_is_said),
        cmocka_unit_test(what_is_no_chain_of_layers_is_refused_with_its_layer),
        cmocka_unit_test(a_softmax_that_takes_a_mask_of_steps_is_refused),
        cmocka_unit_test(
            functional_models_that_only_look_like_chains_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
