/* import.c: any file as another's model: by its content alone, and with
 * settings that let more of them in. */
#include "fuzz.h"

#include <string.h>

static const elman_import_config configs[] = {
    {.key = NULL},
    {.ignore = "*.extra,t?,none*", .batch_first = true},
    {.layers = "embed,rnn,last,fc,softmax", .ignore = "*"},
    {.layers = "0,lstm(ifog):1,3"},
    {.layers = "bidirectional(a_0,a_1),fc"}};

static void read_rows(const elman_import *import)
{
    size_t count = 0;
    const elman_import_row *row = elman_import_rows(import, &count);
    for (size_t i = 0; i < count; i++) {
        MUST(!row[i].from[0] == !row[i].type[0]);
        MUST(row[i].rank <= ELMAN_MAX_AXES);
        MUST(!row[i].to || strlen(row[i].to) < ELMAN_MAX_NAME + 64);
    }
}

/* What was taken in is a model as any. */
static void save_twice(elman_model *model)
{
    elman_model *again = NULL;
    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    MUST_OK(elman_model_save(model, first));
    MUST_OK(elman_model_load(first, &again));
    MUST_OK(elman_model_save(again, second));
    elman_model_destroy(again);
    fuzz_same(first, second);
}

static void run(const uint8_t *data, size_t size)
{
    const char *path = fuzz_put("weights", data, size);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        elman_import *import = NULL;
        elman_model *model = NULL;
        if (elman_import_open(&path, 1, configs + i, &import) != ELMAN_OK) {
            MUST(!import);
            fuzz_refused(path);
            continue;
        }
        read_rows(import);
        if (elman_import_create(import, &model) != ELMAN_OK) {
            MUST(!model);
            fuzz_refused("");
        }
        elman_import_close(import);
        if (model) save_twice(model);
        elman_model_destroy(model);
    }
}

/* an archive's entries, a model, and that model again */
const fuzz_target target = {.run = run, .times = 400, .room = 8 << 20};
