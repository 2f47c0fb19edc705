/* json_model.c: any JSON as a model: a capture of Neural Amp Modeler,
 * RTNeural's layers, a state dict of lists. */
#include "fuzz.h"

static void run(const uint8_t *data, size_t size)
{
    static const elman_import_config config = {.batch_first = true};
    elman_import *import = NULL;
    elman_model *model = NULL;

    if (elman_import_open_memory(data, size, &config, &import) != ELMAN_OK) {
        MUST(!import);
        fuzz_refused("");
        return;
    }
    if (elman_import_create(import, &model) != ELMAN_OK) fuzz_refused("");
    elman_import_close(import);
    elman_model_destroy(model);
}

/* a number takes a node, and a model has as many weights as the file */
const fuzz_target target = {.run = run, .times = 400, .room = 8 << 20};
