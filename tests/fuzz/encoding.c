/* encoding.c: an encoding is written as it was read, and encodes any text. */
#include "fuzz.h"

#include "data/encoding.h"

#include <stdlib.h>
#include <string.h>

static void encode(const elman_encoding *e, const char *text, size_t size)
{
    size_t count = 0;
    int32_t *tokens = malloc((size + 1) * sizeof *tokens);
    if (!tokens) abort();
    if (encoding_read(e, text, size, size, tokens, &count, NULL) != ELMAN_OK)
        fuzz_refused("");
    else
        for (size_t i = 0; i < count; i++)
            MUST(tokens[i] >= 0 && (size_t)tokens[i] < e->vocabulary);
    free(tokens);
}

static void run(const uint8_t *data, size_t size)
{
    elman_encoding *first = NULL, *second = NULL;
    char *once = NULL, *twice = NULL, *text = fuzz_copy(data, size);
    if (encoding_create(text, &first) != ELMAN_OK) {
        fuzz_refused("encoding");
        free(text);
        return;
    }
    MUST_OK(encoding_write(first, &once));
    MUST_OK(encoding_create(once, &second));
    MUST_OK(encoding_write(second, &twice));
    MUST(!strcmp(once, twice));
    if (first->task == ELMAN_TASK_LANGUAGE) encode(first, text, size);
    encoding_destroy(second);
    encoding_destroy(first);
    free(twice);
    free(once);
    free(text);
}

const fuzz_target target = {.run = run};
