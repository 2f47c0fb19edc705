/*
 * test_export.c: models go out as state dicts and come back with the same bits;
 * what torch.nn lacks is refused; models are compared with what another gave.
 */
#include "parcel.h"
#include "base/kind.h"

/* ---- Out, and in again -------------------------------------------------- */

static elman_model *make(const elman_config *config)
{
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(config, &model));
    return model;
}

static void check_round(const elman_config *config, const char *layers,
                        const char *first, const char *line)
{
    elman_model *model = make(config), *back = NULL;
    elman_import *import = NULL;
    elman_const_tensor a, b;
    char lines[1000], want[1000];
    size_t count;
    const char *path = in_folder("out.safetensors"), *name;
    elman_import_config how = {.layers = layers,
                               .batch_first = config->batch_first};
    CHECK_OK(elman_model_export(model, ELMAN_EXPORT_TORCH, path));
    CHECK_OK(elman_import_open(&path, 1, &how, &import));
    assert_string_equal(elman_import_rows(import, &count)->from, first);
    CHECK_OK(elman_import_create(import, &back));
    for (size_t i = 0; (name = elman_model_parameter(model, i, &a)); i++) {
        size_t n = a.shape[0] * (a.rank > 1 ? a.shape[1] : 1);
        assert_string_equal(elman_model_parameter(back, i, &b), name);
        CHECK_BITS(b.data, a.data, n, "%s", name);
    }
    assert_int_equal(elman_model_read_info(back).parameter_count,
                     elman_model_read_info(model).parameter_count);

    snprintf(want, sizeof want,
             "import torch, safetensors.torch; model = torch.nn.%s\n"
             "model.load_state_dict(safetensors.torch.load_file(\"%s\"))\n%s",
             line, path,
             layers ? "# between the modules, after \"dropout\" y = y[-1]\n"
                    : "");
    CHECK_OK(elman_export_lines(model, ELMAN_EXPORT_TORCH, path, sizeof lines,
                                lines));
    assert_string_equal(lines, want);
    elman_import_close(import);
    elman_model_destroy(back);
    elman_model_destroy(model);
}

TEST(models_come_back_from_a_state_dict_with_the_same_bits)
{
    check_round(&(elman_config){.input_size = 8,
                                .batch_first = true,
                                .layers = {{.kind = ELMAN_LSTM,
                                            .hidden_size = 16,
                                            .num_layers = 2,
                                            .dropout = 0.25f,
                                            .bidirectional = true}}},
                NULL, "weight_ih_l0",
                "LSTM(8, 16, num_layers=2, batch_first=True, dropout=0.25, "
                "bidirectional=True)");
    check_round(&(elman_config){.input_size = 3,
                                .layers = {{.kind = ELMAN_LSTM,
                                            .hidden_size = 4,
                                            .no_bias = true,
                                            .proj_size = 2}}},
                NULL, "weight_ih_l0", "LSTM(3, 4, bias=False, proj_size=2)");
    check_round(
        &(elman_config){.input_size = 3,
                        .layers = {{.kind = ELMAN_RNN,
                                    .hidden_size = 4,
                                    .nonlinearity = ELMAN_ACTIVATION_RELU}}},
        NULL, "weight_ih_l0", "RNN(3, 4, nonlinearity=\"relu\")");
    check_round(
        &(elman_config){.input_size = 3,
                        .layers = {{.kind = ELMAN_LINEAR, .output_size = 2}}},
        NULL, "weight", "Linear(3, 2)");
    check_round(
        &(elman_config){.layers = {{.kind = ELMAN_EMBEDDING,
                                    .num_embeddings = 9,
                                    .embedding_dim = 3},
                                   {.kind = ELMAN_GRU, .hidden_size = 4},
                                   {.kind = ELMAN_LINEAR,
                                    .name = "de\"coder",
                                    .output_size = 9,
                                    .no_bias = true}}},
        NULL, "embedding.weight",
        "ModuleDict({\"embedding\": torch.nn.Embedding(9, 3), \"rnn\": "
        "torch.nn.GRU(3, 4), \"de\\\"coder\": torch.nn.Linear(4, 9, "
        "bias=False)})");
    check_round(
        &(elman_config){.input_size = 3,
                        .layers = {{.kind = ELMAN_GRU, .hidden_size = 4},
                                   {.kind = ELMAN_LAYER_NORM},
                                   {.kind = ELMAN_DROPOUT, .dropout = 0.5f},
                                   {.kind = ELMAN_LAST},
                                   {.kind = ELMAN_LINEAR, .output_size = 4},
                                   {.kind = ELMAN_RELU},
                                   {.kind = ELMAN_LINEAR, .output_size = 2},
                                   {.kind = ELMAN_SOFTMAX}}},
        "rnn,layer_norm:norm,last,fc,relu,fc2,softmax", "rnn.weight_ih_l0",
        "ModuleDict({\"rnn\": torch.nn.GRU(3, 4), \"norm\": "
        "torch.nn.LayerNorm(4, eps=1e-05), \"dropout\": torch.nn.Dropout(0.5), "
        "\"fc\": torch.nn.Linear(4, 4), \"relu\": torch.nn.ReLU(), \"fc2\": "
        "torch.nn.Linear(4, 2), \"softmax\": torch.nn.Softmax(-1)})");
}

TEST(what_torch_lacks_is_refused_with_the_layer)
{
    static const struct {
        elman_layer layer;
        const char *message;
    } cases[] = {
        {{.kind = ELMAN_LSTM, .peephole = true}, "has peephole weights"},
        {{.kind = ELMAN_LSTM, .coupled = true}, "couples its gates"},
        {{.kind = ELMAN_GRU, .clip = 1}, "clips its sums"},
        {{.kind = ELMAN_GRU, .reset_before = true}, "before the product"},
        {{.kind = ELMAN_GRU, .learned_state = true}, "learns its initial"},
        {{.kind = ELMAN_GRU, .reverse = true}, "reads only in reverse"},
        {{.kind = ELMAN_GRU, .bidirectional = true, .merge = ELMAN_MERGE_SUM},
         "has a merge other than concat"},
        {{.kind = ELMAN_GRU, .hidden_sizes = {4, 5}}, "different hidden sizes"},
        {{.kind = ELMAN_GRU, .recurrent_dropout = 0.1f}, "between steps"},
        {{.kind = ELMAN_GRU, .zoneout = 0.1f}, "has zoneout"},
        {{.kind = ELMAN_LSTM, .zoneout_cell = 0.1f}, "has zoneout"},
        {{.kind = ELMAN_GRU, .dropout = 0.1f, .variational = true},
         "has variational dropout"},
    };
    const char *path = in_folder("refused.safetensors");
    char lines[1000];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_config config = {.input_size = 3, .layers = {cases[i].layer}};
        elman_layer *l = config.layers;
        snprintf(l->name, sizeof l->name, "odd");
        if (!l->hidden_sizes[0]) l->hidden_size = 4;
        elman_model *model = make(&config);
        CHECK_FAILS(elman_model_export(model, ELMAN_EXPORT_TORCH, path),
                    ELMAN_BAD_VALUE, cases[i].message);
        CHECK(strstr(elman_message(), "the layer odd "), "\"%s\"",
              elman_message());
        CHECK(access(path, F_OK) != 0, "there is a file");
        CHECK_FAILS(elman_export_lines(model, ELMAN_EXPORT_TORCH, path,
                                       sizeof lines, lines),
                    ELMAN_BAD_VALUE, cases[i].message);
        elman_model_destroy(model);
    }
    elman_model *none = make(
        &(elman_config){.input_size = 3, .layers = {{.kind = ELMAN_TANH}}});
    CHECK_FAILS(elman_model_export(none, ELMAN_EXPORT_TORCH, path),
                ELMAN_BAD_VALUE, "has no weights");
    elman_model_destroy(none);
    elman_model *dotted =
        make(&(elman_config){.input_size = 3,
                             .layers = {{.kind = ELMAN_TANH, .name = "a.b"},
                                        {.kind = ELMAN_LAYER_NORM}}});
    CHECK_FAILS(elman_model_export(dotted, ELMAN_EXPORT_TORCH, path),
                ELMAN_BAD_VALUE, "the layer a.b has a dot in its name");
    elman_model_destroy(dotted);
    elman_model *taken =
        make(&(elman_config){.input_size = 3,
                             .layers = {{.kind = ELMAN_TANH, .name = "keys"},
                                        {.kind = ELMAN_LAYER_NORM}}});
    CHECK_FAILS(elman_model_export(taken, ELMAN_EXPORT_TORCH, path),
                ELMAN_BAD_VALUE,
                "the layer keys has a name that torch.nn.ModuleDict uses");
    elman_model_destroy(taken);
}

TEST(lines_that_do_not_fit_say_how_much_they_need)
{
    elman_model *model = make(&(elman_config){
        .input_size = 3, .layers = {{.kind = ELMAN_GRU, .hidden_size = 4}}});
    char lines[200], message[80];
    CHECK_OK(elman_export_lines(model, ELMAN_EXPORT_TORCH, "x", sizeof lines,
                                lines));
    size_t need = strlen(lines) + 1;
    snprintf(message, sizeof message, "expected at least %zu", need);
    CHECK_FAILS(
        elman_export_lines(model, ELMAN_EXPORT_TORCH, "x", need - 1, lines),
        ELMAN_BAD_VALUE, message);
    CHECK_OK(elman_export_lines(model, ELMAN_EXPORT_TORCH, "x", need, lines));
    CHECK_FAILS(
        elman_export_lines(model, (elman_export_format)7, "x", need, lines),
        ELMAN_BAD_VALUE, "format is 7");
    CHECK_FAILS(elman_model_export(model, (elman_export_format)7, "x"),
                ELMAN_BAD_VALUE, "format is 7");
    elman_model_destroy(model);
}

/* ---- What another gave -------------------------------------------------- */

enum { T = 5, B = 3, MOST_NUMBERS = 200 };

static const char *save_array(const char *name, size_t rank,
                              const size_t *shape, float *values)
{
    elman_tensor t = {.data = values, .rank = rank};
    memcpy(t.shape, shape, rank * sizeof *shape);
    const char *path = in_folder(name);
    CHECK_OK(elman_array_save(path, &t));
    return path;
}

/* What a config's model gives for x of this shape passes; with one number
 * changed it does not, and the message says which. */
static void check_against_itself(const elman_config *config, size_t rank,
                                 const size_t *x_shape, size_t y_rank,
                                 const size_t *y_shape, size_t at,
                                 const char *where)
{
    elman_model *model = make(config);
    elman_state *state = NULL;
    elman_check check;
    float x[MOST_NUMBERS], y[MOST_NUMBERS];
    int32_t tokens[MOST_NUMBERS];
    random_fill(rank, MOST_NUMBERS, 0, 3, x);
    bool embeds = elman_model_read_info(model).vocabulary > 0;
    for (size_t i = 0; i < MOST_NUMBERS && embeds; i++)
        x[i] = (float)(tokens[i] = (int32_t)x[i]);
    size_t b = rank == (embeds ? 1 : 2) ? 1 : B;
    CHECK_OK(elman_state_create(model, &(elman_state_config){.T = T, .B = b},
                                &state));
    elman_batch batch = {
        .T = T, .B = b, .x = x, .tokens = embeds ? tokens : NULL};
    CHECK_OK(elman_model_forward(model, state, &batch, y));
    const char *x_path = save_array("x.npy", rank, x_shape, x);
    const char *y_path = save_array("y.npy", y_rank, y_shape, y);
    CHECK_OK(elman_model_check(model, x_path, y_path, &check));
    CHECK(check.passed && check.whole == 0 && !check.failure[0], "%s",
          check.failure);
    assert_int_equal(check.T, T);
    assert_int_equal(check.B, b);
    if (elman_model_read_info(model).streams) assert_true(check.stream < 0.1);
    else assert_true(isnan(check.stream));

    y[at] += 2e-5f + 2e-4f * fabsf(y[at]);
    y_path = save_array("y.npy", y_rank, y_shape, y);
    CHECK_OK(elman_model_check(model, x_path, y_path, &check));
    CHECK(!check.passed && check.whole > 1.5 && check.whole < 2.5, "%g",
          check.whole);
    CHECK(strncmp(check.failure, where, strlen(where)) == 0, "\"%s\" is not %s",
          check.failure, where);
    y[at] = NAN;
    y_path = save_array("y.npy", y_rank, y_shape, y);
    CHECK_OK(elman_model_check(model, x_path, y_path, &check));
    assert_true(!check.passed && isinf(check.whole));
    elman_state_destroy(state);
    elman_model_destroy(model);
}

#define SHAPE(...)                                                             \
    sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), (size_t[]) { __VA_ARGS__ }

TEST(a_model_passes_what_it_gave_and_nothing_else)
{
    elman_config gru = {.input_size = 2,
                        .layers = {{.kind = ELMAN_GRU, .hidden_size = 4}}};
    check_against_itself(&gru, SHAPE(T, B, 2), SHAPE(T, B, 4),
                         (2 * B + 1) * 4 + 3,
                         "step 2, sequence 1, output 3 is ");
    check_against_itself(&gru, SHAPE(T, 2), SHAPE(T, 4), 7,
                         "step 1, sequence 0, output 3 is ");
    check_against_itself(&gru, SHAPE(T, 2), SHAPE(T, 1, 4), 0,
                         "step 0, sequence 0, output 0 is ");
    gru.batch_first = true;
    check_against_itself(&gru, SHAPE(B, T, 2), SHAPE(B, T, 4),
                         (1 * T + 2) * 4 + 3,
                         "step 2, sequence 1, output 3 is ");
    gru.layers[1].kind = ELMAN_LAST;
    check_against_itself(&gru, SHAPE(B, T, 2), SHAPE(B, 4), 9,
                         "sequence 2, output 1 is ");
    elman_config both = {.input_size = 2,
                         .batch_first = true,
                         .layers = {{.kind = ELMAN_RNN,
                                     .hidden_size = 4,
                                     .bidirectional = true,
                                     .merge = ELMAN_MERGE_NONE}}};
    check_against_itself(&both, SHAPE(B, T, 2), SHAPE(2, B, T, 4),
                         (B * T + 2 * T + 4) * 4 + 1,
                         "direction 1, step 4, sequence 2, output 1 is ");
    elman_config words = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 3, .embedding_dim = 2},
            {.kind = ELMAN_LSTM, .hidden_size = 3}}};
    check_against_itself(&words, SHAPE(T, B), SHAPE(T, B, 3), 1,
                         "step 0, sequence 0, output 1 is ");
    check_against_itself(&words, SHAPE(T), SHAPE(T, 3), 14,
                         "step 4, sequence 0, output 2 is ");
}

TEST(arrays_that_do_not_fit_a_model_say_what_would)
{
    elman_model *model = make(&(elman_config){
        .input_size = 2, .layers = {{.kind = ELMAN_GRU, .hidden_size = 4}}});
    elman_model *words =
        make(&(elman_config){.layers = {{.kind = ELMAN_EMBEDDING,
                                         .num_embeddings = 3,
                                         .embedding_dim = 2}}});
    elman_check check;
    float zeros[MOST_NUMBERS] = {0};
    const char *y = save_array("y.npy", SHAPE(T, B, 4), zeros);
    const char *x = save_array("x.npy", SHAPE(T, B, 3), zeros);
    CHECK_FAILS(elman_model_check(model, x, y, &check), ELMAN_BAD_FORMAT,
                "x.npy has shape (5,3,3), expected (T,B,2) or (T,2)");
    x = save_array("x.npy", SHAPE(2), zeros);
    CHECK_FAILS(elman_model_check(model, x, y, &check), ELMAN_BAD_FORMAT,
                "x.npy has shape (2), expected (T,B,2) or (T,2)");
    x = save_array("x.npy", SHAPE(T, B, 2), zeros);
    y = save_array("y.npy", SHAPE(T, B, 5), zeros);
    CHECK_FAILS(elman_model_check(model, x, y, &check), ELMAN_BAD_FORMAT,
                "y.npy has shape (5,3,5), expected (5,3,4)");
    zeros[1] = 3;
    x = save_array("x.npy", SHAPE(T, B), zeros);
    y = save_array("y.npy", SHAPE(T, B, 2), zeros);
    CHECK_FAILS(elman_model_check(words, x, y, &check), ELMAN_BAD_FORMAT,
                "x.npy has the token 3, expected 0 to 2");
    CHECK_FAILS(elman_model_check(words, in_folder("none.npy"), y, &check),
                ELMAN_BAD_FILE, "none.npy");
    elman_model_destroy(words);
    elman_model_destroy(model);
}

/* In the file next to the weights. */
TEST(a_reference_in_the_file_is_checked_before_there_is_a_model)
{
    elman_model *model = make(&(elman_config){
        .input_size = 2, .layers = {{.kind = ELMAN_GRU, .hidden_size = 4}}});
    elman_model *got = NULL;
    elman_state *state = NULL;
    float x[T * B * 2], y[T * B * 4];
    random_fill(1, T * B * 2, -1, 1, x);
    CHECK_OK(elman_state_create(model, &(elman_state_config){.T = T, .B = B},
                                &state));
    CHECK_OK(elman_model_forward(model, state,
                                 &(elman_batch){.T = T, .B = B, .x = x}, y));
    for (int wrong = 0; wrong < 2; wrong++) {
        parcel_clear();
        if (wrong) y[1] += 0.5f;
        elman_const_tensor t;
        const char *name;
        for (size_t i = 0; (name = elman_model_parameter(model, i, &t)); i++)
            parcel_add(name, ELEMENT_F32, t.rank, t.shape, t.data);
        parcel_add("reference.input", ELEMENT_F32, SHAPE(T, B, 2), x);
        parcel_add("reference.output", ELEMENT_F64, SHAPE(T, B, 4), y);
        if (!wrong) {
            CHECK_OK(import_parcel(NULL, &got));
            elman_model_destroy(got);
            got = NULL;
            continue;
        }
        CHECK_FAILS(import_parcel(NULL, &got), ELMAN_BAD_FORMAT,
                    "does not give the reference output: step 0, sequence 0, "
                    "output 1 is");
        assert_null(got);
        CHECK_OK(import_parcel(&(elman_import_config){.ignore = "reference.*"},
                               &got));
        elman_model_destroy(got);
        got = NULL;
        box.count--;
        CHECK_FAILS(import_parcel(NULL, &got), ELMAN_BAD_FORMAT,
                    "a tensor reference.input but no reference.output");
    }
    elman_state_destroy(state);
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_come_back_from_a_state_dict_with_the_same_bits),
        cmocka_unit_test(what_torch_lacks_is_refused_with_the_layer),
        cmocka_unit_test(lines_that_do_not_fit_say_how_much_they_need),
        cmocka_unit_test(a_model_passes_what_it_gave_and_nothing_else),
        cmocka_unit_test(arrays_that_do_not_fit_a_model_say_what_would),
        cmocka_unit_test(
            a_reference_in_the_file_is_checked_before_there_is_a_model),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
