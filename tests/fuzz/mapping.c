/* mapping.c: any text as the mapping file of a few known tensors. */
#include "fuzz.h"

#include "format/file.h"
#include "format/safetensors.h"

static char *weights;
static size_t weights_bytes;

/* A kernel, a recurrent kernel and a bias, as Keras has them, and a table. */
static void prepare(void)
{
    static const float numbers[24] = {1, -1, 0.5f};
    named_tensor tensor[] = {
        {.name = "kernel", .rank = 2, .shape = {1, 4}, .count = 4},
        {.name = "recurrent", .rank = 2, .shape = {1, 4}, .count = 4},
        {.name = "bias", .rank = 1, .shape = {4}, .count = 4},
        {.name = "pair", .rank = 2, .shape = {2, 3}, .count = 6},
        {.name = "dense", .rank = 2, .shape = {1, 2}, .count = 2}};
    enum { COUNT = sizeof tensor / sizeof *tensor };
    for (size_t i = 0; i < COUNT; i++)
        tensor[i].data = numbers;
    safetensors file = {.tensor_count = COUNT, .tensors = tensor};
    const char *path = fuzz_path("w.safetensors");
    MUST_OK(safetensors_save(&file, path));
    MUST_OK(file_read(path, &weights, &weights_bytes));
}

static void run(const uint8_t *data, size_t size)
{
    const char *path =
        fuzz_put("w.safetensors", (const uint8_t *)weights, weights_bytes);
    const elman_import_config config = {
        .mapping = fuzz_put("m.json", data, size), .ignore = "dense"};
    elman_import *import = NULL;
    elman_model *model = NULL;
    if (elman_import_open(&path, 1, &config, &import) != ELMAN_OK) {
        MUST(!import);
        fuzz_refused("");
        return;
    }
    if (elman_import_create(import, &model) != ELMAN_OK) fuzz_refused("");
    elman_import_close(import);
    elman_model_destroy(model);
}

const fuzz_target target = {.run = run, .prepare = prepare, .room = 4 << 20};
