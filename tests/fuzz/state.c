/* state.c: the memory of a stream, into a state of one model. */
#include "fuzz.h"

#include "format/file.h"
#include "model/model.h"

static elman_model *model;
static elman_state *state;

static void prepare(void)
{
    static const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 1},
                   {.kind = ELMAN_GRU, .hidden_size = 2}}};
    static const elman_state_config room = {.T = 2, .B = 2};
    MUST_OK(model_create(&config, &model));
    MUST_OK(state_create(model, &room, &state));
}

static void run(const uint8_t *data, size_t size)
{
    static const float x[2] = {1, -1};
    float y[4];
    const char *path = fuzz_put("s.safetensors", data, size);
    const byte_source file = {.name = path}, bytes = {MEMORY_NAME, data, size};
    elman_status status = state_load(model, state, &file);
    if (status != ELMAN_OK) fuzz_refused(path);
    MUST(!size || state_load(model, state, &bytes) == status);
    if (status != ELMAN_OK) return;

    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    MUST_OK(state_save(model, state, first));
    MUST_OK(state_load(model, state, &(byte_source){.name = first}));
    MUST_OK(state_save(model, state, second));
    fuzz_same(first, second);
    if (model_step(model, state, x, y) != ELMAN_OK) fuzz_refused("");
}

static void seed(const char *path) { MUST_OK(state_save(model, state, path)); }

const fuzz_target target = {.run = run, .prepare = prepare, .seed = seed};
