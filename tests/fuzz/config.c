/* config.c: a model's configuration: text, struct, text are the same, and a
 * model of at most so many floats is made of it, or a sentence. */
#include "fuzz.h"

#include "model/config_text.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FLOATS = 4096 };

static void run(const uint8_t *data, size_t size)
{
    elman_config config, again;
    elman_model *model = NULL;
    char *text = fuzz_copy(data, size);
    elman_status status = config_from_text(text, &config);
    free(text);
    if (status != ELMAN_OK) {
        fuzz_refused("");
        return;
    }
    char *once = config_to_text(&config);
    MUST(once);
    MUST_OK(config_from_text(once, &again));
    char *twice = config_to_text(&again);
    MUST(twice && !strcmp(once, twice));
    free(once);
    free(twice);

    if (model_create_empty(&config, MOST_FLOATS, false, &model) != ELMAN_OK)
        fuzz_refused("");
    model_destroy(model);
}

const fuzz_target target = {.run = run};
