/* model.c: a model file; what is loaded is saved, and is then the same file. */
#include "fuzz.h"

static void run(const uint8_t *data, size_t size)
{
    elman_model *model = NULL, *again = NULL;
    const char *path = fuzz_put("m.safetensors", data, size);
    if (elman_model_load(path, &model) != ELMAN_OK) {
        MUST(!model);
        fuzz_refused(path);
        return;
    }
    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    MUST_OK(elman_model_save(model, first));
    elman_model_destroy(model);
    MUST_OK(elman_model_load(first, &again));
    MUST_OK(elman_model_save(again, second));
    elman_model_destroy(again);
    fuzz_same(first, second);
}

static void seed(const char *path)
{
    static const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 1, .peephole = true},
                   {.kind = ELMAN_LAYER_NORM},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_model *model = NULL;
    MUST_OK(elman_model_create(&config, &model));
    MUST_OK(elman_model_write_note(model, "author", "Elman"));
    MUST_OK(elman_model_save(model, path));
    elman_model_destroy(model);
}

const fuzz_target target = {.run = run, .seed = seed};
