/*
 * test_layouts.c: models as others than PyTorch keep them, recorded with the
 * tools themselves (golden/make_layouts.py), give what they give there; and
 * files that lie are told so.
 */
#include "parcel.h"

/* What a file is read with; NULL settings are left out. */
typedef struct recorded {
    const char *file, *layers;
    bool batch_first;
} recorded;

static const recorded files[] = {
    {"nam_1x3x1.nam", NULL, false},
    {"nam_1x4x2.nam", NULL, false},
    {"nam_2x4x1.nam", NULL, false},
    {"rtneural_lstm.json", NULL, false},
    {"rtneural_gru.json", NULL, false},
    {"rtneural_own_lstm.json", NULL, false},
    {"rtneural_own_gru.json", NULL, false},
    {"rtneural_own_stack.json", NULL, false},
    {"rtneural_own_softmax.json", NULL, false},
    {"json_state.json", NULL, false},
    {"keras_lstm.npz", "lstm,last,dense", false},
    {"keras_gru.npz", NULL, false},
    {"keras_gru_before.npz", NULL, false},
    {"keras_norm.npz", "rnn,bn,both,dense", false},
    {"tf1_lstm.npz", NULL, false},
    {"tf1_levels.npz", NULL, false},
    {"tf1_language.npz", NULL, false},
    {"tf1_peephole.npz", NULL, false},
    {"tf1_gru.npz", NULL, false},
    {"flax_lstm.npz", NULL, true},
    {"flax_gru.npz", NULL, true},
    {"flax_rnn.npz", NULL, true},
    {"nnx_lstm.npz", NULL, true},
    {"nnx_gru.npz", NULL, true},
    {"nnx_rnn.npz", NULL, true},
    {"haiku_lstm.npz", NULL, false},
    {"haiku_gru.npz", NULL, false},
    {"haiku_rnn.npz", NULL, false},
    {"mlx_lstm.npz", NULL, false},
    {"mlx_gru.npz", NULL, false},
    {"mlx_rnn.npz", NULL, false},
    {"burn_lstm.safetensors", NULL, false},
    {"min_char_rnn.npz", NULL, false},
    {"torch_rnn_model.npz", "0,lstm(ifog):1,lstm(ifog):3,6", false},
    {"char_rnn_model.npz", NULL, false},
    {"recurrent_js.json", NULL, false},
    {"mxnet_lstm.npz", NULL, false},
    {"mxnet_gru.npz", NULL, false},
    {"mapped_gru.npz", "gru(rzh):gru", false},
    {"paddle_gru.npz", NULL, false},
    {"burn_gru.npz", NULL, false},
    {"burn_record.json", NULL, false},
    {"burn_bilstm.npz", NULL, false},
    {"chainer_stack.npz", NULL, false},
    {"chainer_lstm.npz", NULL, false},
    {"flax_both.npz", NULL, true},
    {"flax_compact.npz",
     "bidirectional(OptimizedLSTMCell_0,OptimizedLSTMCell_1),Dense_0", true},
    {"flax_stack.npz", "SimpleCell_0,GRUCell_0,Dense_0", true},
    {"nnx_both.npz", NULL, true},
    {"haiku_deep.npz", "lstm,gru,vanilla_rnn,linear", false},
    {"equinox_gru.npz", NULL, false},
    {"equinox_lstm.npz", NULL, false},
};

static const char *golden(const char *name)
{
    static char path[4][300];
    static size_t turn;
    char *to = path[turn++ % 4];
    int folder = (int)(strrchr(__FILE__, (char)47) - __FILE__);
    snprintf(to, sizeof path[0], "%.*s/golden/layouts/%s", folder, __FILE__,
             name);
    return to;
}

TEST(every_recorded_file_gives_what_its_tool_gave)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const recorded *r = files + i;
        const elman_import_config config = {.layers = r->layers,
                                            .batch_first = r->batch_first};
        const char *path = golden(r->file);
        elman_import *import = NULL;
        elman_model *model = NULL;
        elman_check check;
        char x[80], y[80];

        CHECK_OK(elman_import_open(&path, 1, &config, &import));
        CHECK_OK(elman_import_create(import, &model));
        int stem = (int)(strchr(r->file, '.') - r->file);
        snprintf(x, sizeof x, "%.*s_x.npy", stem, r->file);
        snprintf(y, sizeof y, "%.*s_y.npy", stem, r->file);
        CHECK_OK(elman_model_check(model, golden(x), golden(y), &check));
        CHECK(check.passed, "%s: %s", r->file, check.failure);
        elman_import_close(import);
        elman_model_destroy(model);
    }
}

#define NAM(architecture, config, weights)                                     \
    "{\"version\":\"0.5.4\",\"architecture\":\"" architecture                  \
    "\",\"config\":{" config "},\"weights\":" weights "}"
#define SIZES      "\"input_size\":1,\"hidden_size\":1,\"num_layers\":1"
#define RT(layers) "{\"in_shape\":[null,null,2],\"layers\":[" layers "]}"
#define RT_WITH(more)                                                          \
    "{\"in_shape\":[null,null,2],\"layers\":[" LAYER("dense", DENSE) "]," more \
                                                                     "}"
#define LAYER(type, more)                                                      \
    "{\"type\":\"" type "\",\"shape\":[null,null,2]," more "}"
#define DENSE "\"weights\":[[[1,2],[3,4]],[5,6]]"

TEST(each_bad_json_model_gives_its_own_sentence)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"a\": [1,2", "expected a comma or a closing bracket"},
        {"{\"a\": 1}", "JSON without any list of numbers"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": []}}",
         "the layers of a Keras model (to_json), without its weights; name"},
        {"{\"a\": [[1,2],[3]]}",
         "model.json: a: a list of lists has one that is not a list of 2"},
        {"{\"a\": "
         "[[1,1,1,1,1,1,1,1,1,1,1,1],[],[],[],[],[],[],[],[],[],[],[],[]]}",
         "a has lists of unequal lengths"},
        {"{\"a\": [1,\"x\"]}", "not a number which a float32 can hold"},
        {"{\"a\": [1e300]}", "not a number which a float32 can hold"},
        {"{\"model_data\": {\"skip\": 1}, \"state_dict\": {\"a\": [1]}}",
         "its model_data has \"skip\": 1, expected 0"},
        {"{\"model_data\": {\"gain\": 2}, \"state_dict\": {\"a\": [1]}}",
         "its model_data has \"gain\": 2, which elman does not know"},
        {NAM("LSTM", SIZES ",\"head_scale\":2.5", "[1]"),
         "its config has \"head_scale\": 2.5, which elman does not know"},
        {NAM("LSTM", SIZES ",\"skip\":true", "[1]"),
         "its config has \"skip\": true, which"},
        {"{\"version\":\"1.9.0\",\"architecture\":\"LSTM\",\"config\":{" SIZES
         "},\"weights\":[1]}",
         "of the version 1.9.0, expected 0.5 or 0.6"},
        {"{\"architecture\":\"LSTM\",\"config\":{},\"weights\":[1]}",
         "of the version (none)"},
        {RT_WITH("\"in_skip\":1"), "the file has \"in_skip\": 1, expected 0"},
        {RT_WITH("\"in_gain\":6.5"),
         "the file has \"in_gain\": 6.5, expected 0"},
        {RT_WITH("\"out_gain\":-3"), "has \"out_gain\": -3, expected 0"},
        {RT_WITH("\"later\":{}"), "the file has \"later\": {...}, which elman"},
        {RT(LAYER("dense", DENSE ",\"scale\":\"x\"")),
         "layer 0: dense has \"scale\": \"x\", which elman does not know"},
        {RT(LAYER("lstm", "\"activation\":\"relu\"")),
         "layer 0: lstm has \"activation\": \"relu\", expected tanh"},
        {RT(LAYER("gru", "\"weights\":[[[1,1,1,1,1,1]],[[1,1,1,1,1,1]],[1,1,1,"
                         "1,1,1]]")),
         "a gru has a bias of shape (6), expected (2,3H)"},
        {NAM("WaveNet", "", "[1]"), "of the architecture WaveNet"},
        {NAM("LSTM", "", "[1]"), "config has no hidden_size"},
        {NAM("LSTM", "\"hidden_size\":-3", "[1]"), "no hidden_size"},
        {NAM("LSTM", "\"hidden_size\":1,\"num_layers\":17", "[1]"),
         "num_layers 17, expected at most 16"},
        {NAM("LSTM", SIZES, "[1,2,3]"),
         "with 3 weights, expected 16 for an LSTM of 1 levels of 1"},
        {NAM("LSTM", "\"hidden_size\":16777216,\"num_layers\":16", "[1]"),
         "with 1 weights, expected"},
        {NAM("LSTM", SIZES, "[[1,2],[3,4]]"), "expected 16"},
        {NAM("LSTM", SIZES, "7"), "weights is not a list of numbers"},
        {RT(LAYER("conv1d", DENSE)), "layer 0: layer 0 is a conv1d"},
        {RT(LAYER("dense", DENSE) "," LAYER("prelu", DENSE)),
         "layer 1 is a prelu"},
        {RT(LAYER("dense", "\"weights\":[[1],[2],[3]]")),
         "a dense has 3 lists of weights, expected 2"},
        {RT(LAYER("lstm", "\"weights\":[1,2,3]")),
         "layers.0.lstm.kernel is not a list of numbers"},
        {RT(LAYER("batchnorm", "\"activation\":\"tanh\"")),
         "batchnorm has \"activation\": \"tanh\", expected linear"},
        {RT(LAYER("dense", DENSE ",\"activation\":\"gelu\"")),
         "the activation gelu, expected tanh"},
        {RT("{\"type\":\"dense\",\"shape\":[null]," DENSE "}"),
         "its shape does not end in a number of features"},
        {RT("{\"type\":\"dense\",\"shape\":[3]," DENSE "}"),
         "fc.weight: the tensor layers.0.dense.kernel (2,2) gives the shape "
         "(2,2), expected (3,2)"},
        {RT(LAYER("batchnorm", "\"weights\":[[1,2],[3]],\"epsilon\":1")),
         "a list that is not of 2 numbers"},
        {RT(LAYER("batchnorm", "\"weights\":[[1,2]]")),
         "has no epsilon, or neither 2 nor 4"},
        {RT(""), "no layers"},
        {RT("7"), "layer 0 is a thing without type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_import *import = NULL;
        const char *path = put_text("model.json", cases[i].text);
        CHECK_FAILS(elman_import_open(&path, 1, NULL, &import),
                    ELMAN_BAD_FORMAT, cases[i].message);
        assert_null(import);
    }
}

TEST(members_that_change_no_answer_are_taken)
{
    static const char *const texts[] = {
        RT_WITH("\"in_skip\":0"),
        RT_WITH(
            "\"in_skip\":false,\"in_gain\":0.0,\"out_gain\":0,\"later\":null"),
        RT_WITH("\"metadata\":{\"name\":\"x\"},\"samplerate\":48000"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        elman_import *import = NULL;
        const char *path = put_text("model.json", texts[i]);
        CHECK_OK(elman_import_open(&path, 1, NULL, &import));
        elman_import_close(import);
    }
}

/* A mapping file decides in place of a file that says what its tensors are, or
 * that would be refused for what it says. */
TEST(every_file_whose_tensors_are_read_may_be_mapped)
{
    static const char *const texts[] = {
        RT(LAYER("mish", DENSE)),
        NAM("WaveNet", "\"layers\":[]", "[[1,3],[2,4]]"),
    };
    static const char *const sources[] = {
        "{\"from\":\"layers.0.mish.0\",\"transpose\":true}",
        "{\"from\":\"weights\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        elman_import *import = NULL;
        char text[400];
        snprintf(text, sizeof text,
                 "{\"config\":{\"input_size\":2,\"layers\":[{\"kind\":"
                 "\"linear\",\"output_size\":2,\"no_bias\":true}]},"
                 "\"tensors\":{\"fc.weight\":%s}}",
                 sources[i]);
        const char *mapping = put_text("mapping.json", text);
        const char *path = put_text("model.json", texts[i]);
        const elman_import_config config = {.mapping = mapping,
                                            .ignore = i ? NULL : "*.1"};
        CHECK_OK(elman_import_open(&path, 1, &config, &import));
        assert_non_null(strstr(elman_import_proof(import), "not proved"));
        elman_import_close(import);
    }
}

TEST(a_setting_that_a_known_model_has_no_use_for_is_refused)
{
    const char *path = golden("nam_1x3x1.nam");
    const elman_import_config config = {.layers = "rnn,fc"};
    elman_import *import = NULL;
    CHECK_FAILS(elman_import_open(&path, 1, &config, &import), ELMAN_BAD_VALUE,
                "--layers is given, which has no use for a JSON file");
}

/* A file of tensors that names and shapes alone describe. */
static void add_zeros(const char *name, size_t rows, size_t columns)
{
    parcel_add(name, ELEMENT_F32, columns ? 2 : 1, (size_t[]){rows, columns},
               NULL);
}

TEST(what_a_layout_leaves_open_is_asked_for)
{
    static const char *const gates[] = {"input", "forget", "cell", "output"};
    elman_import *import = NULL;
    char name[80];

    /* a GRU of Keras without bias */
    parcel_clear();
    add_zeros("gru/gru_cell/kernel", 3, 12);
    add_zeros("gru/gru_cell/recurrent_kernel", 4, 12);
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT,
                "the GRU gru.gru_cell has no bias, whose shape would say");

    /* matrices of Burn that are all square */
    parcel_clear();
    for (size_t k = 0; k < 8; k++) {
        snprintf(name, sizeof name, "rnn.%s_gate.%s_transform.weight",
                 gates[k / 2], k % 2 ? "hidden" : "input");
        add_zeros(name, 4, 4);
    }
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT,
                "no matrix shows whether they are (in,out) or (out,in)");

    /* and one that is not square, beside a matrix without bias */
    add_zeros("fc.weight", 4, 2);
    add_zeros("fc.bias", 2, 0);
    add_zeros("embed.weight", 9, 4);
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT,
                "embed.weight has no bias: in a file of Burn it is an "
                "embedding (V,I) or a linear layer (in,out)");

    /* shapes that fit no layout are none of it */
    parcel_clear();
    add_zeros("lstm/kernel", 3, 16);
    add_zeros("lstm/recurrent_kernel", 4, 15);
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT, "none of 2");
}

TEST(words_say_what_names_do_not)
{
    static const struct {
        const char *layers, *message;
    } cases[] = {
        {NULL, "--layers '0,lstm(ifog):2,lstm(ifog):10,11'"},
        {"lstm(ifog):9", "no kernel of LSTM fits 9: expected weight (I+H,4H)"},
        {"lstm(ifog):0", "no kernel of LSTM fits 0"},
        {"gru(zrh):2", "no kernel of GRU fits 2: expected weight (I+H,3H)"},
        {"0,lstm(ifo):2", "has lstm(ifo):2, expected every gate once"},
        {"0,lstm(ifoo):2", "has lstm(ifoo):2, expected every gate once"},
        {"0,lstm(ifog):2,lstm(ifog):10,bidirectional(2,10)",
         "bidirectional(2,10), which joins two recurrent modules"},
        {"0,lstm(ifog):2,lstm(ifog):2", "no kernel of LSTM fits 2"},
    };
    parcel_clear();
    add_zeros("0.weight", 9, 3);
    add_zeros("2.weight", 7, 16);
    add_zeros("2.bias", 16, 0);
    add_zeros("10.weight", 8, 16);
    add_zeros("10.bias", 16, 0);
    add_zeros("11.weight", 9, 4);
    add_zeros("11.bias", 9, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const elman_import_config config = {.layers = cases[i].layers};
        elman_import *import = NULL;
        const elman_status status = open_parcel(&config, &import);
        CHECK(status && strstr(elman_message(), cases[i].message), "%s: %s",
              cases[i].message, elman_message());
    }
}

TEST(two_directions_that_names_do_not_say_are_asked_for)
{
    elman_import *import = NULL;
    const char *path = golden("flax_compact.npz");
    CHECK_FAILS(elman_import_open(&path, 1, NULL, &import), ELMAN_BAD_FORMAT,
                "--layers 'bidirectional(OptimizedLSTMCell_0,"
                "OptimizedLSTMCell_1),Dense_0'");

    /* two parts of a stack of Chainer that may be levels as well */
    parcel_clear();
    for (size_t k = 0; k < 12; k++) {
        char name[40];
        snprintf(name, sizeof name, "gru/%zu/w%zu", k / 6, k % 6);
        add_zeros(name, 4, 4);
        snprintf(name, sizeof name, "gru/%zu/b%zu", k / 6, k % 6);
        add_zeros(name, 4, 0);
    }
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT,
                "two levels (NStepLSTM) or two directions (NStepBiLSTM)");
}

TEST(an_rnn_whose_function_is_not_said_is_asked_for)
{
    elman_import *import = NULL;
    parcel_clear();
    add_zeros("rnn0_l0_i2h_weight", 4, 3);
    add_zeros("rnn0_l0_h2h_weight", 4, 4);
    add_zeros("rnn0_l0_i2h_bias", 4, 0);
    add_zeros("rnn0_l0_h2h_bias", 4, 0);
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT,
                "rnn0 are an RNN of MXNet, whose function is relu or tanh");
    const elman_import_config relu = {.nonlinearity = ELMAN_ACTIVATION_RELU};
    CHECK_OK(open_parcel(&relu, &import));
    elman_import_close(import);
    const elman_import_config tanh = {.nonlinearity = ELMAN_ACTIVATION_TANH};
    CHECK_OK(open_parcel(&tanh, &import));
    elman_import_close(import);
}

#define MATRIX(w)    "{\"a\":{\"n\":1,\"d\":2,\"w\":" w "}}"
#define RECORD(more) "{\"a\":{\"shape\":[1,2]," more "}}"

TEST(each_bad_object_that_is_a_tensor_gives_its_own_sentence)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {MATRIX("{\"0\":1}"), "a: w has 1 numbers, expected n rows of d"},
        {MATRIX("{\"0\":1,\"2\":1}"), "w has something at 2 that is not"},
        {MATRIX("{\"0\":1,\"x\":1}"), "w has something at x that is not"},
        {MATRIX("{\"0\":1,\"\":1}"), "w has something at "},
        {MATRIX("[1,null]"), "w has something at a place that is not"},
        {MATRIX("[1,1e300]"), "that is not a number of the 2"},
        {RECORD("\"value\":[1]"), "its shape does not go with its 1 values"},
        {RECORD("\"value\":[1,null]"), "not a number"},
        {RECORD("\"bytes\":[0,0,0,0]"), "of the dtype (none), expected F32"},
        {RECORD("\"bytes\":[0],\"dtype\":\"Q8\""), "of the dtype Q8"},
        {RECORD("\"bytes\":[0,0,0,0],\"dtype\":\"F32\""),
         "its shape does not go with its 4 bytes"},
        {RECORD("\"bytes\":[0,0,0,0,0,0,0,300],\"dtype\":\"F32\""),
         "bytes has something that is no byte"},
        {"{\"a\":{\"shape\":[-1],\"value\":[1]}}", "its shape does not go"},
        {"{\"a\":{\"shape\":[4294967296,4294967296],\"value\":[]}}",
         "its shape does not go with its 0 values"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_import *import = NULL;
        const char *path = put_text("model.json", cases[i].text);
        CHECK_FAILS(elman_import_open(&path, 1, NULL, &import),
                    ELMAN_BAD_FORMAT, cases[i].message);
    }
}

TEST(a_state_dict_of_pytorch_is_no_layout_of_others)
{
    elman_import *import = NULL;
    size_t count;
    parcel_clear();
    add_zeros("rnn.weight_ih_l0", 4, 3);
    add_zeros("rnn.weight_hh_l0", 4, 4);
    add_zeros("head.kernel", 4, 4);
    CHECK_OK(open_parcel(NULL, &import));
    const elman_import_row *row = elman_import_rows(import, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        CHECK(!row[i].to == !strcmp(row[i].from, "head.kernel"), "%s",
              row[i].from);
    elman_import_close(import);
}

TEST(what_only_names_say_is_said_to_be_unproved_with_the_order_of_axes)
{
    static const char *const cases[][2] = {
        {"mlx_lstm.npz", "not proved: the tensors have names and shapes as in "
                         "MLX, and no reference was given; --reference x.npy "
                         "y.npy takes x (B,T,I), sequences first"},
        {"tf1_lstm.npz", "as in TensorFlow 1, and no reference was given; "
                         "--reference x.npy y.npy takes x (T,B,I), steps"},
        {"nam_1x3x1.nam", "as the file says"},
        {"rtneural_gru.json", "as the file says"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_import *import = NULL;
        const char *path = golden(cases[i][0]);
        CHECK_OK(elman_import_open(&path, 1, NULL, &import));
        CHECK(strstr(elman_import_proof(import), cases[i][1]), "%s: %s", path,
              elman_import_proof(import));
        elman_import_close(import);
    }
}

TEST(names_of_pytorch_with_other_shapes_are_sent_to_a_mapping_file)
{
    elman_import *import = NULL;

    /* as torch-rnn has them: (I+H,4H) and (4H) */
    parcel_clear();
    add_zeros("rnn1.weight", 7, 16);
    add_zeros("rnn1.bias", 16, 0);
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT,
                "the tensor rnn1.weight and those beside it fit an LSTM that "
                "reads 3 and gives 4, and nothing says in which order its "
                "gates are; say it by --layers");

    parcel_clear();
    add_zeros("rnn.weight_ih_l0", 4, 16);
    add_zeros("rnn.weight_hh_l0", 4, 15);
    CHECK_FAILS(open_parcel(NULL, &import), ELMAN_BAD_FORMAT,
                "for the hidden size 15; if this is no layout of PyTorch's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_file_gives_what_its_tool_gave),
        cmocka_unit_test(each_bad_json_model_gives_its_own_sentence),
        cmocka_unit_test(
            what_only_names_say_is_said_to_be_unproved_with_the_order_of_axes),
        cmocka_unit_test(
            names_of_pytorch_with_other_shapes_are_sent_to_a_mapping_file),
        cmocka_unit_test(members_that_change_no_answer_are_taken),
        cmocka_unit_test(every_file_whose_tensors_are_read_may_be_mapped),
        cmocka_unit_test(what_a_layout_leaves_open_is_asked_for),
        cmocka_unit_test(words_say_what_names_do_not),
        cmocka_unit_test(two_directions_that_names_do_not_say_are_asked_for),
        cmocka_unit_test(an_rnn_whose_function_is_not_said_is_asked_for),
        cmocka_unit_test(
            each_bad_object_that_is_a_tensor_gives_its_own_sentence),
        cmocka_unit_test(a_state_dict_of_pytorch_is_no_layout_of_others),
        cmocka_unit_test(
            a_setting_that_a_known_model_has_no_use_for_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
