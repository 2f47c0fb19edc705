/* npz.c: the arrays of an archive; each can be saved on its own. */
#include "fuzz.h"

#include "format/npy.h"
#include "format/npz.h"

static void run(const uint8_t *data, size_t size)
{
    npz *file = NULL;
    if (npz_parse(fuzz_copy(data, size), size, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }
    for (size_t i = 0; i < file->tensor_count; i++) {
        npy *array = NULL;
        const named_tensor *t = file->tensors + i;
        const char *path = fuzz_path("a.npy");
        MUST_OK(npy_save(path, t));
        MUST_OK(npy_open(path, &array));
        MUST(array->tensor.count == t->count);
        npy_close(array);
    }
    npz_close(file);
}

const fuzz_target target = {.run = run, .times = 240, .room = 4 << 20};
