/* safetensors.c: what is read can be saved, and is then the same file. */
#include "fuzz.h"

#include "format/file.h"
#include "format/safetensors.h"

#include <stdlib.h>
#include <string.h>

/* Reads every element as each type. */
static void read_elements(const named_tensor *t)
{
    enum { CHUNK = 16 };
    double reals[CHUNK];
    int64_t wholes[CHUNK];
    for (size_t begin = 0; begin < t->count; begin += CHUNK) {
        size_t left = t->count - begin, count = left < CHUNK ? left : CHUNK;
        tensor_doubles(t, begin, count, reals);
        tensor_wholes(t, begin, count, wholes);
    }
    float *floats = malloc(t->count * sizeof *floats + 1);
    if (!floats) abort();
    if (tensor_floats(t, floats) != ELMAN_OK) fuzz_refused("");
    free(floats);
}

static void run(const uint8_t *data, size_t size)
{
    safetensors *file = NULL, *again = NULL;
    char *bytes = NULL;
    size_t count = 0;
    if (safetensors_parse(fuzz_copy(data, size), size, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }
    for (size_t i = 0; i < file->tensor_count; i++) {
        read_elements(file->tensors + i);
        MUST(safetensors_find(file, file->tensors[i].name) ==
             file->tensors + i);
    }
    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    MUST_OK(safetensors_save(file, first));
    MUST_OK(file_read(first, &bytes, &count));
    MUST_OK(safetensors_parse(bytes, count, &again));
    MUST(again->tensor_count == file->tensor_count &&
         again->note_count == file->note_count);
    MUST_OK(safetensors_save(again, second));
    fuzz_same(first, second);
    safetensors_close(again);
    safetensors_close(file);
}

const fuzz_target target = {.run = run};
