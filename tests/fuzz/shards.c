/* shards.c: any bytes as the index of weights in several files, two of which
 * are there. */
#include "fuzz.h"

#include "elman.h"

#include <stdio.h>

/* A safetensors file of one tensor of zeros. */
static void put_shard(const char *name, const char *tensor, const char *shape,
                      unsigned bytes)
{
    char file[400] = {0};
    int length = snprintf(file + 8, sizeof file - 8,
                          "{\"%s\":{\"dtype\":\"F32\",\"shape\":%s,"
                          "\"data_offsets\":[0,%u]}}",
                          tensor, shape, bytes);
    file[0] = (char)length;
    (void)fuzz_put(name, (const uint8_t *)file, 8 + (size_t)length + bytes);
}

static void run(const uint8_t *data, size_t size)
{
    put_shard("a.safetensors", "weight_ih_l0", "[2,1]", 8);
    put_shard("b.safetensors", "weight_hh_l0", "[2,2]", 16);
    const char *path = fuzz_put("index.json", data, size);

    elman_import *import = NULL;
    elman_model *model = NULL;
    if (elman_import_open(&path, 1, NULL, &import) != ELMAN_OK) {
        MUST(!import);
        fuzz_refused("");
        return;
    }

    size_t count;
    (void)elman_import_rows(import, &count);
    MUST(count > 0);
    if (elman_import_create(import, &model) != ELMAN_OK) fuzz_refused("");
    elman_model_destroy(model);
    elman_import_close(import);
}

const fuzz_target target = {.run = run};
