/*
 * test_torch_models.c: weights as PyTorch saves them, in each of its formats,
 * become models that give what PyTorch gave from them. The cases lie in
 * tests/golden/state (see make_torch_models.py) and parts.
 */
#include "folder.h"

#include <jansson.h>

/* Of tests/golden. */
static const char *folder = "state";

static void state_path(const char *name, char *path)
{
    int room = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, PATH_ROOM, "%.*s/golden/%s/%s", room, __FILE__, folder,
             name);
}

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

/* The settings of a case; layers only if they are wanted. */
static elman_import_config config_of(const json_t *json, bool layers)
{
    const char *nonlinearity = text_of(json, "nonlinearity");
    return (elman_import_config){
        .key = text_of(json, "key"),
        .layers = layers ? text_of(json, "layers") : NULL,
        .ignore = text_of(json, "ignore"),
        .nonlinearity = nonlinearity && !strcmp(nonlinearity, "relu")
                            ? ELMAN_ACTIVATION_RELU
                            : ELMAN_ACTIVATION_DEFAULT,
        .batch_first = json_is_true(json_object_get(json, "batch_first"))};
}

/* Opens a file and makes the model of it. */
static elman_status import_file(const char *file,
                                const elman_import_config *config,
                                elman_model **model)
{
    char path[PATH_ROOM];
    const char *paths[] = {path};
    elman_import *import = NULL;
    state_path(file, path);
    elman_status status = elman_import_open(paths, 1, config, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, model);
    elman_import_close(import);
    return status;
}

static void check_file(const json_t *json, const char *file, bool layers)
{
    char x[PATH_ROOM], y[PATH_ROOM];
    elman_check check;
    elman_model *model = NULL;
    elman_import_config config = config_of(json, layers);
    state_path(text_of(json, "x"), x);
    state_path(text_of(json, "y"), y);
    CHECK(import_file(file, &config, &model) == ELMAN_OK, "%s: %s", file,
          elman_message());
    CHECK(elman_model_check(model, x, y, &check) == ELMAN_OK, "%s: %s", file,
          elman_message());
    CHECK(check.passed && check.whole <= 1, "%s: %g, %s", file, check.whole,
          check.failure);
    elman_model_destroy(model);
}

static void check_case(const json_t *json)
{
    size_t index;
    json_t *file;
    const json_t *inferable = json_object_get(json, "inferable");
    json_array_foreach(json_object_get(json, "files"), index, file)
    {
        const char *name = json_string_value(file);
        check_file(json, name, true);
        if (json_is_true(inferable)) check_file(json, name, false);
        if (!json_is_false(inferable)) continue;
        elman_model *model = NULL;
        elman_import_config config = config_of(json, false);
        CHECK_FAILS(import_file(name, &config, &model), ELMAN_BAD_FORMAT,
                    "--layers");
        assert_null(model);
    }
}

static void check_refused(const json_t *json, const char *name)
{
    size_t index;
    json_t *part;
    elman_model *model = NULL;
    const char *file =
        json_string_value(json_array_get(json_object_get(json, "files"), 0));
    elman_import_config config = {.key = NULL};
    CHECK(import_file(file, &config, &model) == ELMAN_BAD_FORMAT, "%s: %s",
          name, elman_message());
    assert_null(model);
    json_array_foreach(json_object_get(json, "says"), index, part)
        CHECK(strstr(elman_message(), json_string_value(part)),
              "%s: \"%s\" lacks \"%s\"", name, elman_message(),
              json_string_value(part));
}

/* All cases with outputs, or all that must be refused. */
static void check_cases(bool refused, int least)
{
    char path[PATH_ROOM];
    struct dirent **entries;
    state_path("", path);
    int count = scandir(path, &entries, NULL, alphasort), found = 0;
    CHECK(count > 0, "%s", path);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name, *end = strrchr(name, '.');
        if (end && !strcmp(end, ".json")) {
            state_path(name, path);
            json_t *json = json_load_file(path, 0, NULL);
            CHECK(json, "%s", path);
            bool says = json_object_get(json, "says") != NULL;
            if (says == refused) {
                if (refused) check_refused(json, name);
                else check_case(json);
                found++;
            }
            json_decref(json);
        }
        free(entries[i]);
    }
    free(entries);
    CHECK(found >= least, "%d cases", found);
}

TEST(what_pytorch_saves_gives_what_pytorch_gives) { check_cases(false, 20); }
/* Weight norm, spectral norm, pruning, dropout of weights, batch norms, initial
 * states: see make_torch_parts.py. */
TEST(weights_in_parts_give_what_pytorch_computes_of_them)
{
    folder = "parts";
    check_cases(false, 20);
    folder = "state";
}

TEST(files_of_pytorch_without_a_model_are_refused) { check_cases(true, 6); }

TEST(of_two_state_dicts_one_is_asked_for)
{
    elman_model *model = NULL;
    elman_import_config config = {.key = NULL};
    CHECK_FAILS(import_file("two_states.pt", &config, &model), ELMAN_BAD_FORMAT,
                "net.weights");
    config.key = "net.biases";
    CHECK(import_file("two_states.pt", &config, &model) != ELMAN_OK,
          "a key that is not there");
    assert_null(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_pytorch_saves_gives_what_pytorch_gives),
        cmocka_unit_test(weights_in_parts_give_what_pytorch_computes_of_them),
        cmocka_unit_test(files_of_pytorch_without_a_model_are_refused),
        cmocka_unit_test(of_two_state_dicts_one_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
