/*
 * test_random.c: 200 random networks of PyTorch come in by their state dicts
 * and give what PyTorch gave, whole and step by step.
 * tests/golden/make_random.py recorded them.
 */
#include "golden.h"
#include "reference_files.h"

#include "format/npy.h"

enum { MOST_TENSORS = 64, NAME_ROOM = 80 };

/* ---- State dicts -------------------------------------------------------- */

/* The numbers of a case, of which each array takes the next ones. */
typedef struct numbers {
    const float *next;
    size_t left;
} numbers;

static named_tensor take(numbers *from, const char *name, const json_t *shape)
{
    named_tensor t = {.name = name,
                      .type = ELEMENT_F32,
                      .rank = json_array_size(shape),
                      .count = 1,
                      .data = from->next};
    for (size_t k = 0; k < t.rank; k++) {
        t.shape[k] = (size_t)json_integer_value(json_array_get(shape, k));
        t.count *= t.shape[k];
    }
    CHECK(t.count <= from->left, "%s is longer than what was recorded", name);
    from->next += t.count;
    from->left -= t.count;
    return t;
}

static void save_weights(const golden *g, numbers *from)
{
    const json_t *list = json_object_get(g->here, "weights");
    named_tensor tensors[MOST_TENSORS];
    size_t count = json_array_size(list);
    CHECK(count <= MOST_TENSORS, "%zu weights", count);

    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        tensors[i] = take(from, json_string_value(json_array_get(one, 0)),
                          json_array_get(one, 1));
    }
    CHECK_OK(safetensors_save(
        &(safetensors){.tensor_count = count, .tensors = tensors},
        in_folder("weights.safetensors")));
}

/* Tokens are whole numbers that were recorded as floats. */
static void save_input(const golden *g, numbers *from)
{
    enum { MOST = 64 };
    int64_t tokens[MOST];
    named_tensor x = take(from, "", json_object_get(g->here, "x"));

    if (json_is_true(json_object_get(g->here, "tokens"))) {
        const float *values = x.data;
        CHECK(x.count <= MOST, "%zu tokens", x.count);
        for (size_t i = 0; i < x.count; i++)
            tokens[i] = (int64_t)values[i];
        x.type = ELEMENT_I64;
        x.data = tokens;
    }
    CHECK_OK(npy_save(in_folder("x.npy"), &x));
}

static void save_output(const golden *g, numbers *from)
{
    named_tensor y = take(from, "", json_object_get(g->here, "y"));
    CHECK_OK(npy_save(in_folder("y.npy"), &y));
    CHECK(from->left == 0, "%s: %zu numbers more than expected", g->name,
          from->left);
}

/* Imports what was saved, and checks it. */
static bool check_network(const golden *g)
{
    const json_t *relu = json_object_get(g->here, "nonlinearity");
    const char *path = in_folder("weights.safetensors");
    elman_import *import = NULL;
    elman_model *model = NULL;
    elman_import_config how = {
        .layers = json_string_value(json_object_get(g->here, "layers")),
        .batch_first = json_is_true(json_object_get(g->here, "batch_first")),
        .nonlinearity =
            relu ? ELMAN_ACTIVATION_RELU : ELMAN_ACTIVATION_DEFAULT};

    CHECK(elman_import_open(&path, 1, &how, &import) == ELMAN_OK &&
              elman_import_create(import, &model) == ELMAN_OK,
          "%s, %s: %s", g->name, how.layers, elman_message());
    bool streams = check_files(model, g->name);
    elman_model_destroy(model);
    elman_import_close(import);
    return streams;
}

TEST(networks_of_pytorch_give_the_same)
{
    golden g = golden_open("random_torch");
    size_t count = 0, streams = 0;
    for (; golden_next(&g, count); count++) {
        float *data = golden_floats(&g, "data");
        numbers all = {data, golden_find(&g, "data")->count};
        save_weights(&g, &all);
        save_input(&g, &all);
        save_output(&g, &all);
        free(data);
        streams += check_network(&g);
    }
    CHECK(count == 200, "%zu networks", count);
    CHECK(streams > count / 3, "%zu of them step by step", streams);
    golden_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_of_pytorch_give_the_same),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
