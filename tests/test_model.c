/*
 * test_model.c: a model comes back from its file with the same bits, and no
 * config and no file, however hostile, does more than earn a sentence.
 */
#include "check.h"
#include "folder.h"
#include "format/safetensors.h"
#include "model/model.h"
#include "base/kind.h"

/* ---- Round trip --------------------------------------------------------- */

static const elman_config full = {
    .input_size = 3,
    .seed = UINT64_MAX - 5,
    .batch_first = true,
    .layers = {{.kind = ELMAN_LSTM,
                .name = "encoder.rnn",
                .hidden_sizes = {5, 4},
                .num_layers = 2,
                .proj_size = 2,
                .bidirectional = true,
                .merge = ELMAN_MERGE_AVERAGE,
                .peephole = true,
                .coupled = true,
                .clip = 0.7f,
                .learned_state = true,
                .dropout = 0.1f,
                .variational = true,
                .recurrent_dropout = 0.2f,
                .zoneout = 0.3f,
                .zoneout_cell = 0.4f,
                .init_ih = {ELMAN_INIT_XAVIER_NORMAL, 0.5},
                .init_hh = {ELMAN_INIT_ORTHOGONAL, 0},
                .init_bias = {ELMAN_INIT_CONSTANT, -0.1},
                .forget_bias = 1.5f},
               {.kind = ELMAN_GRU,
                .hidden_size = 3,
                .reset_before = true,
                .bidirectional = true,
                .activations = {{{0}, {ELMAN_ACTIVATION_ELU, 0.5f, 0}},
                                {{ELMAN_ACTIVATION_AFFINE, 0, -0.25f}}}},
               {.kind = ELMAN_RNN,
                .hidden_size = 4,
                .nonlinearity = ELMAN_ACTIVATION_RELU,
                .no_bias = true,
                .reverse = true},
               {.kind = ELMAN_LAYER_NORM, .eps = 1e-3f},
               {.kind = ELMAN_TANH},
               {.kind = ELMAN_DROPOUT, .dropout = 1.0f / 3},
               {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL},
               {.kind = ELMAN_LINEAR, .output_size = 2},
               {.kind = ELMAN_ACTIVATION,
                .activation = {ELMAN_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f}},
               {.kind = ELMAN_LOG_SOFTMAX}},
};

TEST(a_model_comes_back_from_its_file_with_the_same_bits)
{
    elman_model *model = NULL, *loaded = NULL;
    const char *path = in_folder("model"), *again = in_folder("again");
    CHECK_OK(elman_model_create(&full, &model));
    CHECK_OK(elman_model_write_note(model, "a", "\"\\\n\xC3\xA9 text"));
    CHECK_OK(elman_model_write_note(model, "b", ""));
    CHECK_OK(elman_model_write_note(model, "c", "gone"));
    CHECK_OK(elman_model_write_note(model, "c", NULL));
    CHECK_OK(elman_model_save(model, path));
    CHECK_OK(elman_model_load(path, &loaded));
    CHECK(memcmp(elman_model_config(loaded), elman_model_config(model),
                 sizeof(elman_config)) == 0,
          "the configs differ");
    elman_const_tensor a, b;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(model, i, &a)); i++) {
        size_t n = a.shape[0] * (a.rank > 1 ? a.shape[1] : 1);
        assert_string_equal(elman_model_parameter(loaded, i, &b), name);
        CHECK_BITS(b.data, a.data, n, "%s", name);
    }
    assert_string_equal(elman_model_note(loaded, "a"), "\"\\\n\xC3\xA9 text");
    assert_string_equal(elman_model_note(loaded, "b"), "");
    assert_null(elman_model_note(loaded, "c"));
    assert_null(elman_model_note(loaded, "elman"));

    /* and so does the file */
    char first[16384], second[16384];
    CHECK_OK(elman_model_save(loaded, again));
    FILE *one = fopen(path, "rb"), *two = fopen(again, "rb");
    size_t bytes = fread(first, 1, sizeof first, one);
    assert_int_equal(fread(second, 1, sizeof second, two), bytes);
    assert_true(bytes < sizeof first && memcmp(first, second, bytes) == 0);
    fclose(one);
    fclose(two);
    elman_model_destroy(loaded);
    elman_model_destroy(model);
}

TEST(a_note_has_a_key_of_its_own)
{
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&full, &model));
    CHECK_FAILS(elman_model_write_note(model, "elman", "x"), ELMAN_BAD_VALUE,
                "the key elman is the model file's own");
    CHECK_FAILS(elman_model_write_note(model, "format", NULL), ELMAN_BAD_VALUE,
                "the key format");
    elman_model_destroy(model);
}

/* ---- Configs ------------------------------------------------------------ */

static void refuse(const elman_config *config, const char *message)
{
    elman_model *none = NULL;
    CHECK_FAILS(elman_model_create(config, &none), ELMAN_BAD_VALUE, message);
    assert_null(none);
}

TEST(sizes_past_all_addresses_are_refused)
{
    enum { HALF = 4 * sizeof(size_t) - 1 }; /* of the bits of a size */
    const char *message = "too large for this machine's addresses";
    elman_config norms = {.input_size = SIZE_MAX / 16};
    for (size_t i = 0; i < 8; i++) /* all addresses in all */
        norms.layers[i].kind = ELMAN_LAYER_NORM;
    refuse(&norms, message);

    /* in one layer */
    elman_config tanh = {.input_size = SIZE_MAX / 4 + 1,
                         .layers = {{.kind = ELMAN_TANH}}};
    refuse(&tanh, message);
    tanh.input_size = SIZE_MAX;
    refuse(&tanh, message);

    /* in each layer that has weights */
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4 + 1,
                                   SIZE_MAX >> HALF};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        elman_config c = {
            .input_size = 2,
            .layers = {{.kind = ELMAN_LSTM, .hidden_size = sizes[i]}}};
        refuse(&c, "rnn: the layers up to here are too large");
        c.layers[0] =
            (elman_layer){.kind = ELMAN_LINEAR, .output_size = sizes[i]};
        c.input_size = sizes[i];
        refuse(&c, message);
        c.input_size = 0;
        c.layers[0] = (elman_layer){.kind = ELMAN_EMBEDDING,
                                    .num_embeddings = INT32_MAX,
                                    .embedding_dim = sizes[i]};
        refuse(&c, message);
    }
}

TEST(each_bad_layer_gets_its_own_sentence)
{
    const elman_layer lstm = {.kind = ELMAN_LSTM, .hidden_size = 4};
    const elman_layer last = {.kind = ELMAN_LAST};
    const struct {
        elman_layer layers[3];
        const char *message;
    } cases[] = {
        {{{0}}, "no layers"},
        {{{.kind = 99}}, "kind is 99"},
        {{{.kind = ELMAN_LSTM}}, "hidden_size is 0"},
        {{{.kind = ELMAN_LINEAR}}, "output_size is 0"},
        {{lstm, {.kind = ELMAN_EMBEDDING, .num_embeddings = 2}},
         "can only be the first layer"},
        {{{.kind = ELMAN_TANH, .hidden_size = 2}},
         "hidden_size is set, but the kind tanh has none"},
        {{{.kind = ELMAN_GRU, .hidden_size = 2, .peephole = true}},
         "peephole is set, but the kind GRU has none"},
        {{{.kind = ELMAN_LSTM, .hidden_size = 2, .proj_size = 2}},
         "proj_size is 2, expected less than hidden_size 2"},
        {{{.kind = ELMAN_DROPOUT, .dropout = 1.5f}}, "dropout is 1.5"},
        {{{.kind = ELMAN_DROPOUT, .dropout = -0.0f}}, NULL},
        {{{.kind = ELMAN_GRU, .hidden_size = 2, .zoneout = NAN}},
         "zoneout is nan"},
        {{{.kind = ELMAN_GRU, .hidden_size = 2, .num_layers = 17}},
         "num_layers is 17"},
        {{{.kind = ELMAN_GRU, .hidden_sizes = {2, 0, 3}}}, "hidden_sizes[2]"},
        {{{.kind = ELMAN_GRU,
           .hidden_size = 2,
           .reverse = true,
           .bidirectional = true}},
         "reverse and bidirectional"},
        {{{.kind = ELMAN_GRU, .hidden_size = 2, .merge = ELMAN_MERGE_SUM}},
         "unless bidirectional"},
        {{{.kind = ELMAN_GRU,
           .hidden_size = 2,
           .bidirectional = true,
           .merge = ELMAN_MERGE_NONE},
          last},
         "merge none gives two outputs"},
        {{{.kind = ELMAN_GRU,
           .hidden_size = 2,
           .bidirectional = true,
           .merge = ELMAN_MERGE_MUL},
          {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL}},
         "final states need merge concat"},
        {{lstm, last, lstm}, "rnn2: a recurrent layer needs a sequence"},
        {{lstm, last, last}, "last2: last needs a sequence"},
        {{{.kind = ELMAN_LSTM, .hidden_size = 2, .name = "a"},
          {.kind = ELMAN_TANH, .name = "a"}},
         "the name a is taken"},
        {{{.kind = ELMAN_TANH, .name = "a\nb"}}, "expected printable UTF-8"},
        {{{.kind = ELMAN_TANH, .name = "a\xFF"}}, "expected printable UTF-8"},
        {{{.kind = ELMAN_LSTM, .hidden_size = 2, .chrono = 1}}, "chrono is 1"},
        {{{.kind = ELMAN_LSTM,
           .hidden_size = 2,
           .init_bias = {ELMAN_INIT_ORTHOGONAL, 0}}},
         "orthogonal init needs 2 dimensions"},
        {{{.kind = ELMAN_LINEAR, .output_size = 2, .init_ih = {77, 0}}},
         "init_ih has kind 77"},
        {{{.kind = ELMAN_LAYER_NORM, .eps = -1}}, "eps is -1"},
        {{{.kind = ELMAN_ACTIVATION}},
         "an activation has kind 0, expected 1 to "},
        {{{.kind = ELMAN_ACTIVATION, .activation = {99, 0, 0}}},
         "an activation has kind 99, expected 1 to "},
        {{{.kind = ELMAN_ACTIVATION,
           .activation = {ELMAN_ACTIVATION_ELU, 1, 1}}},
         "beta 1, but takes alpha alone"},
        {{{.kind = ELMAN_TANH, .activation = {ELMAN_ACTIVATION_ELU, 1, 0}}},
         "activation is set, but the kind tanh has none"},
        {{{.kind = ELMAN_GRU,
           .hidden_size = 2,
           .activations = {{{ELMAN_ACTIVATION_ELU, NAN, 0}}}}},
         "alpha nan"},
        {{{.kind = ELMAN_GRU,
           .hidden_size = 2,
           .activations = {{{0}, {0}, {ELMAN_ACTIVATION_TANH, 0, 0}}}}},
         "activations[0][2] is set, but the last that this GRU reads is "
         "activations[0][1]"},
        {{{.kind = ELMAN_RNN,
           .hidden_size = 2,
           .activations = {{{0}}, {{ELMAN_ACTIVATION_ELU, 1, 0}}}}},
         "activations[1][0] is set"},
        {{{.kind = ELMAN_RNN,
           .hidden_size = 2,
           .nonlinearity = ELMAN_ACTIVATION_RELU,
           .activations = {{{ELMAN_ACTIVATION_RELU, 0, 0}}}}},
         "nonlinearity and activations are both set"},
        {{{.kind = ELMAN_RNN,
           .hidden_size = 2,
           .nonlinearity = ELMAN_ACTIVATION_ELU}},
         "nonlinearity is 9, expected tanh (1) or relu (3)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_config config = {.input_size = 2};
        memcpy(config.layers, cases[i].layers, sizeof cases[i].layers);
        if (cases[i].message) refuse(&config, cases[i].message);
    }
    elman_config config = {.layers = {lstm}};
    refuse(&config, "input_size is 0, expected at least 1");
    memset(config.layers[0].name, 'a', ELMAN_MAX_NAME);
    config.input_size = 2;
    refuse(&config, "not terminated within 32 bytes");
}

/* So that it runs as fast as any, and is written as PyTorch's. */
TEST(an_activation_that_is_the_layers_own_is_the_default)
{
    const elman_activation tanh = {.kind = ELMAN_ACTIVATION_TANH};
    const elman_activation sigmoid = {.kind = ELMAN_ACTIVATION_SIGMOID};
    const elman_activation relu = {.kind = ELMAN_ACTIVATION_RELU};
    const elman_activation elu = {ELMAN_ACTIVATION_ELU, 1, 0};
    const elman_config config = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_LSTM,
                    .hidden_size = 3,
                    .activations = {{sigmoid, tanh, tanh}}},
                   {.kind = ELMAN_GRU,
                    .hidden_size = 3,
                    .activations = {{sigmoid, elu}}},
                   {.kind = ELMAN_RNN,
                    .hidden_size = 3,
                    .bidirectional = true,
                    .activations = {{relu}, {relu}}},
                   {.kind = ELMAN_RNN,
                    .hidden_size = 3,
                    .bidirectional = true,
                    .activations = {{tanh}, {relu}}},
                   {.kind = ELMAN_RNN,
                    .hidden_size = 3,
                    .nonlinearity = ELMAN_ACTIVATION_TANH}}};

    elman_model *model;
    CHECK_OK(elman_model_create(&config, &model));
    const elman_layer *l = elman_model_config(model)->layers;

    /* what is the layer's own is gone, what is not stays */
    CHECK(!l[0].activations[0][0].kind && !l[0].activations[0][1].kind &&
              !l[0].activations[0][2].kind,
          "the LSTM's");
    CHECK(!l[1].activations[0][0].kind && l[1].activations[0][1].alpha == 1,
          "the GRU's");
    CHECK(l[2].nonlinearity == ELMAN_ACTIVATION_RELU &&
              !l[2].activations[0][0].kind && !l[2].activations[1][0].kind,
          "the RNN's");
    CHECK(l[3].nonlinearity == ELMAN_ACTIVATION_DEFAULT &&
              !l[3].activations[0][0].kind &&
              l[3].activations[1][0].kind == ELMAN_ACTIVATION_RELU,
          "the second RNN's");
    CHECK(l[4].nonlinearity == ELMAN_ACTIVATION_DEFAULT, "the third RNN's");
    elman_model_destroy(model);
}

/* ---- Hostile files ------------------------------------------------------ */

#define LINEAR                                                                 \
    "{\"input_size\":2,\"layers\":[{\"kind\":\"linear\",\"output_size\":1}]}"

static float numbers[4096];
static const named_tensor weight = {.name = "fc.weight",
                                    .rank = 2,
                                    .shape = {1, 2},
                                    .count = 2,
                                    .data = numbers};
static const named_tensor bias = {
    .name = "fc.bias", .rank = 1, .shape = {1}, .count = 1, .data = numbers};

/* As a program for inference alone, which is not linked with the importers. */
TEST(without_an_importer_only_elmans_own_file_is_read)
{
    elman_model *model = NULL, *loaded = NULL;
    const char *own = in_folder("own.safetensors"),
               *foreign = in_folder("foreign.safetensors"),
               *array = in_folder("array.npy");
    float floats[12] = {0};
    named_tensor matrix = {.name = "fc.weight",
                           .type = ELEMENT_F32,
                           .rank = 2,
                           .shape = {3, 4},
                           .count = 12,
                           .data = floats};
    const safetensors file = {.tensor_count = 1, .tensors = &matrix};
    const elman_tensor view = {floats, 1, {12}};

    CHECK_OK(elman_model_create(&full, &model));
    CHECK_OK(elman_model_save(model, own));
    CHECK_OK(model_load(&(byte_source){.name = own}, NULL, &loaded));
    elman_model_destroy(loaded);
    elman_model_destroy(model);

    loaded = NULL;
    CHECK_OK(safetensors_save(&file, foreign));
    CHECK_FAILS(model_load(&(byte_source){.name = foreign}, NULL, &loaded),
                ELMAN_BAD_FORMAT, "the metadata has no configuration");
    CHECK_OK(elman_array_save(array, &view));
    CHECK_FAILS(model_load(&(byte_source){.name = array}, NULL, &loaded),
                ELMAN_BAD_FORMAT, "not a safetensors file");
    assert_null(loaded);
}

/* Loads a file of this configuration and these tensors. */
static elman_status load(const char *config, size_t count,
                         const named_tensor *tensors)
{
    const char *path = in_folder("hostile");
    elman_model *model = NULL;
    safetensors_note note = {"elman", config};
    named_tensor copy[3];
    safetensors file = {.tensor_count = count,
                        .tensors = copy,
                        .note_count = config != NULL,
                        .notes = &note};
    if (count) memcpy(copy, tensors, count * sizeof *copy);
    CHECK_OK(safetensors_save(&file, path));
    elman_status status = elman_model_load(path, &model);
    CHECK((status == ELMAN_OK) == (model != NULL), "status %d", (int)status);
    elman_model_destroy(model);
    return status;
}

#define GRU(fields)                                                            \
    "{\"input_size\":2,\"layers\":[{\"kind\":\"gru\"," fields "}]}"

TEST(each_hostile_configuration_gets_its_own_sentence)
{
    static const struct {
        const char *config, *message;
    } cases[] = {
        {NULL, "there is no recurrent layer"}, /* read by names */
        {"", "is not JSON"},
        {"{", "is not JSON"},
        {"[]", "layers is not there"},
        {"3", "layers is not there"},
        {"{}", "layers is not a list"},
        {"{\"input_size\":true,\"layers\":[]}",
         "input_size is not a whole number"},
        {"{\"input_size\":2}", "layers is not a list"},
        {"{\"input_size\":2,\"layers\":[]}", "no layers"},
        {"{\"input_size\":2,\"layers\":[3]}", "layers is not"},
        {"{\"input_size\":2,\"layers\":[{}]}", "kind is not"},
        {"{\"input_size\":2,\"layers\":[{\"kind\":\"end\"},"
         "{\"kind\":\"tanh\"}]}",
         "kind is not the kind of a layer"},
        {"{\"input_size\":2,\"layers\":[{\"kind\":\"quantum\"}]}",
         "kind is quantum"},
        {"{\"input_size\":2,\"layers\":[{\"kind\":7}]}", "kind is no text"},
        {"{\"input_size\":2,\"input_size\":3,\"layers\":[]}", "is not JSON"},
        {"{\"input_size\":2,\"batch_first\":1,\"layers\":[]}",
         "batch_first is not true or false"},
        {"{\"input_size\":2,\"more\":1,\"layers\":[]}", "the field more"},
        {"{\"input_size\":-1,\"layers\":[]}", "input_size is not"},
        {"{\"input_size\":1e400,\"layers\":[]}", "is not JSON"},
        {"{\"input_size\":99999999999999999999,\"layers\":[]}", "is not JSON"},
        {GRU("\"hidden_size\":4,\"colour\":1"), "the field colour"},
        {GRU("\"hidden_size\":4.5"), "hidden_size is not a whole number"},
        {GRU("\"hidden_size\":9223372036854775807"),
         BY_SIZE("too large", "hidden_size is not " BEYOND_32)},
        {GRU("\"hidden_size\":4000"), "many more than the file has"},
        {GRU("\"hidden_sizes\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"),
         "at most 16 sizes"},
        {GRU("\"hidden_size\":1,\"num_layers\":1000000000"), "num_layers is"},
        {GRU("\"hidden_size\":1,\"zoneout\":1e300"), "zoneout is not a number"},
        {GRU("\"hidden_size\":1,\"reverse\":\"yes\""), "reverse is not true"},
        {GRU("\"hidden_size\":1,\"init_hh\":{\"kind\":\"uniform\"}"),
         "init_hh is not an object"},
        {GRU("\"hidden_size\":1,\"activations\":[3]"),
         "activations is not an object of kind, alpha and beta"},
        {GRU("\"hidden_size\":1,\"activations\":[{},{},{},{},{},{},{}]"),
         "activations is not a list of at most 6"},
        {GRU("\"hidden_size\":1,\"activations\":"
             "[{\"kind\":\"swish\",\"alpha\":0,\"beta\":0}]"),
         "activations is swish"},
        {GRU("\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""),
         "at most 31 bytes"},
        {GRU("\"name\":\"a\\u0000b\""), "is not JSON"},
        {GRU("\"name\":\"a\\u001b\""), "expected printable"},
        {"{\"input_size\":1152921504606846975,\"layers\":["
         "{\"kind\":\"layer_norm\"},{\"kind\":\"layer_norm\"},"
         "{\"kind\":\"layer_norm\"},{\"kind\":\"layer_norm\"},"
         "{\"kind\":\"layer_norm\"},{\"kind\":\"layer_norm\"},"
         "{\"kind\":\"layer_norm\"},{\"kind\":\"layer_norm\"}]}",
         BY_SIZE("too large", "input_size is not " BEYOND_32)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_FAILS(load(cases[i].config, 1, &weight), ELMAN_BAD_FORMAT,
                    cases[i].message);
        CHECK(strstr(elman_message(), "hostile"), "\"%s\" names no file",
              elman_message());
    }
}

TEST(tensors_that_do_not_fit_the_configuration_are_refused)
{
    named_tensor t[3] = {weight, bias, bias};
    CHECK_OK(load(LINEAR, 2, t));
    CHECK_FAILS(load(LINEAR, 1, t), ELMAN_BAD_FORMAT,
                "the tensor fc.bias is missing");
    t[2].name = "fc.more";
    CHECK_FAILS(load(LINEAR, 3, t), ELMAN_BAD_FORMAT,
                "fc.more is not one that the configuration knows");
    t[0].shape[0] = 2;
    t[0].shape[1] = 1;
    CHECK_FAILS(load(LINEAR, 2, t), ELMAN_BAD_FORMAT, "fc.weight has rank 2");
    t[0] = weight;
    t[0].rank = 1;
    t[0].shape[0] = 2;
    CHECK_FAILS(load(LINEAR, 2, t), ELMAN_BAD_FORMAT, "fc.weight has rank 1");
    t[0] = weight;
    t[0].type = ELEMENT_I32;
    CHECK_FAILS(load(LINEAR, 2, t), ELMAN_BAD_FORMAT, "I32");

    /* NaN is loaded: the file says so, and looking at it must be possible */
    numbers[0] = NAN;
    t[0] = weight;
    CHECK_OK(load(LINEAR, 2, t));
    numbers[0] = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_from_its_file_with_the_same_bits),
        cmocka_unit_test(a_note_has_a_key_of_its_own),
        cmocka_unit_test(sizes_past_all_addresses_are_refused),
        cmocka_unit_test(each_bad_layer_gets_its_own_sentence),
        cmocka_unit_test(an_activation_that_is_the_layers_own_is_the_default),
        cmocka_unit_test(without_an_importer_only_elmans_own_file_is_read),
        cmocka_unit_test(each_hostile_configuration_gets_its_own_sentence),
        cmocka_unit_test(tensors_that_do_not_fit_the_configuration_are_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
