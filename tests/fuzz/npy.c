/* npy.c: an array is read whole; saved, in its own type or as float32, it is
 * read as the same. */
#include "fuzz.h"

#include "format/array.h"
#include "format/npy.h"

#include <string.h>

static void save_twice(const npy *file)
{
    npy *again = NULL;
    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    MUST_OK(npy_save(first, &file->tensor));
    MUST_OK(npy_open(first, &again));
    MUST(again->tensor.count == file->tensor.count);
    MUST_OK(npy_save(second, &again->tensor));
    npy_close(again);
    fuzz_same(first, second);
}

static void load_twice(const char *path)
{
    elman_tensor array = {0};
    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    MUST_OK(array_load(path, &array));
    MUST_OK(array_save(first, &array));
    array_destroy(&array);
    MUST_OK(array_load(first, &array));
    MUST_OK(array_save(second, &array));
    array_destroy(&array);
    fuzz_same(first, second);
}

static void run(const uint8_t *data, size_t size)
{
    npy *file = NULL;
    if (npy_parse(fuzz_copy(data, size), size, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }
    size_t rank = file->tensor.rank;
    save_twice(file);
    npy_close(file);
    /* a model's arrays have fewer axes than another's */
    if (rank <= ELMAN_MAX_RANK) load_twice(fuzz_put("a.npy", data, size));
}

const fuzz_target target = {.run = run};
