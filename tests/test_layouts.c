/*
 * test_layouts.c: models as others than PyTorch keep them, recorded with the
 * tools themselves (golden/make_layouts.py), give what they give there; and
 * files that lie are told so.
 */
#include "folder.h"

/* What a file is read with; NULL settings are left out. */
typedef struct recorded {
    const char *file, *layers;
    bool batch_first;
} recorded;

static const recorded files[] = {
    {"nam_1x3x1.nam", NULL, false},     {"nam_1x4x2.nam", NULL, false},
    {"nam_2x4x1.nam", NULL, false},     {"rtneural_lstm.json", NULL, false},
    {"rtneural_gru.json", NULL, false}, {"json_state.json", NULL, false},
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
        {"{\"a\": [[1,2],[3]]}",
         "model.json: a: a list of lists has one that is not a list of 2"},
        {"{\"a\": "
         "[[1,1,1,1,1,1,1,1,1,1,1,1],[],[],[],[],[],[],[],[],[],[],[],[]]}",
         "a has lists of unequal lengths"},
        {"{\"metadata\": {}, \"weight_map\": {\"a\": \"1.safetensors\"}}",
         "the index of a safetensors file in several parts"},
        {"{\"a\": [1,\"x\"]}", "not a number which a float32 can hold"},
        {"{\"a\": [1e300]}", "not a number which a float32 can hold"},
        {"{\"model_data\": {\"skip\": 1}, \"state_dict\": {\"a\": [1]}}",
         "a skip that is not 0"},
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
        {RT(LAYER("dense", "\"weights\":[[1]]")),
         "a dense has 1 lists of weights, expected 2"},
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

TEST(a_setting_that_a_known_model_has_no_use_for_is_refused)
{
    const char *path = golden("nam_1x3x1.nam");
    const elman_import_config config = {.layers = "rnn,fc"};
    elman_import *import = NULL;
    CHECK_FAILS(elman_import_open(&path, 1, &config, &import), ELMAN_BAD_VALUE,
                "layers is given, which has no use for a JSON file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_file_gives_what_its_tool_gave),
        cmocka_unit_test(each_bad_json_model_gives_its_own_sentence),
        cmocka_unit_test(
            a_setting_that_a_known_model_has_no_use_for_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
