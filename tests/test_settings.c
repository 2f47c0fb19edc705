/*
 * test_settings.c: a setting of an import that its source has no use for is
 * refused by name, and one that it has use for is not.
 */
#include "parcel.h"

#include "format/npy.h"

/* ---- One source of each kind -------------------------------------------- */

enum { SOURCES = 5, SETTINGS = 6 };

static const char *const source_names[SOURCES] = {
    "a model file of elman's own", "an ONNX file", "a PyTorch file",
    "a safetensors file", "a NumPy array"};

static const char *source_path(size_t source)
{
    static char path[400];
    elman_config config = {.input_size = 3,
                           .layers = {{.kind = ELMAN_RNN, .hidden_size = 4}}};
    elman_model *model = NULL;
    static const float zeros[4];
    static const named_tensor array = {.type = ELEMENT_F32,
                                       .rank = 1,
                                       .shape = {4},
                                       .count = 4,
                                       .data = zeros};
    CHECK_OK(elman_model_create(&config, &model));
    snprintf(path, sizeof path, "%s", in_folder("source"));
    if (source == 0) CHECK_OK(elman_model_save(model, path));
    if (source == 1)
        CHECK_OK(elman_model_export(model, ELMAN_EXPORT_ONNX, path));
    if (source == 2)
        snprintf(path, sizeof path, "%.*s/golden/state/lstm.pt",
                 (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
    if (source == 3)
        CHECK_OK(elman_model_export(model, ELMAN_EXPORT_TORCH, path));
    if (source == 4) CHECK_OK(npy_save(path, &array));
    elman_model_destroy(model);
    return path;
}

static const char *const setting_names[SETTINGS] = {
    "mapping", "key", "layers", "nonlinearity", "batch-first", "ignore"};

static elman_import_config with_setting(size_t setting)
{
    elman_import_config config = {.batch_first = setting == 4};
    if (setting == 0) config.mapping = in_folder("none.json");
    if (setting == 1) config.key = "none";
    if (setting == 2) config.layers = "none";
    if (setting == 3) config.nonlinearity = ELMAN_ACTIVATION_RELU;
    if (setting == 5) config.ignore = "none";
    return config;
}

/* What it says if a source has no use for a setting. */
static const char *refusal(size_t setting, const char *where)
{
    static char text[200];
    snprintf(text, sizeof text, "--%s is given, which has no use %s",
             setting_names[setting], where);
    return text;
}

/* ---- Tests -------------------------------------------------------------- */

TEST(a_setting_that_does_not_apply_to_a_source_is_refused)
{
    static const bool taken[SOURCES][SETTINGS] = {
        {0, 0, 0, 0, 0, 0}, /* elman's own */
        {0, 0, 0, 0, 0, 1}, /* ONNX */
        {1, 1, 1, 1, 1, 1}, /* PyTorch */
        {1, 0, 1, 1, 1, 1}, /* safetensors */
        {1, 0, 1, 1, 1, 1}, /* NumPy */
    };
    for (size_t i = 0; i < SOURCES * SETTINGS; i++) {
        size_t source = i / SETTINGS, setting = i % SETTINGS;
        elman_import_config config = with_setting(setting);
        const char *path = source_path(source);
        char where[80];
        elman_import *import = NULL;
        elman_status status = elman_import_open(&path, 1, &config, &import);
        snprintf(where, sizeof where, "for %s", source_names[source]);
        bool refused = status == ELMAN_BAD_VALUE &&
                       strstr(elman_message(), path) &&
                       strstr(elman_message(), refusal(setting, where));
        CHECK(refused != taken[source][setting], "%s and %s: %d, %s",
              source_names[source], setting_names[setting], (int)status,
              status ? elman_message() : "was taken");
        elman_import_close(import);
    }
}

TEST(with_a_mapping_file_the_order_of_layers_does_not_apply)
{
    for (size_t setting = 2; setting <= 3; setting++) {
        elman_import_config config = with_setting(setting);
        elman_import *import = NULL;
        const char *path = source_path(3);
        config.mapping = in_folder("none.json");
        CHECK_FAILS(elman_import_open(&path, 1, &config, &import),
                    ELMAN_BAD_VALUE, refusal(setting, "with a mapping file"));
    }
}

TEST(relu_is_refused_where_no_layer_can_have_it)
{
    elman_model *model = NULL;
    elman_import_config config = with_setting(3);
    parcel_clear();
    parcel_add("rnn.weight_ih_l0", ELEMENT_F32, 2, (size_t[]){12, 3}, NULL);
    parcel_add("rnn.weight_hh_l0", ELEMENT_F32, 2, (size_t[]){12, 4}, NULL);
    CHECK_FAILS(import_parcel(&config, &model), ELMAN_BAD_VALUE,
                refusal(3, "for a model without nn.RNN"));
    config.nonlinearity = ELMAN_ACTIVATION_DEFAULT;
    CHECK_OK(import_parcel(&config, &model));
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_that_does_not_apply_to_a_source_is_refused),
        cmocka_unit_test(
            with_a_mapping_file_the_order_of_layers_does_not_apply),
        cmocka_unit_test(relu_is_refused_where_no_layer_can_have_it),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
