/* source_arrays.c: files of one tensor each, named as the file is. */
#include "import/source_parts.h"

#include "base/system_file.h"
#include "format/npy.h"

#include <stdlib.h>
#include <string.h>

typedef struct npy_set {
    size_t count;
    npy **file;           /* (count) */
    named_tensor *tensor; /* (count) */
} npy_set;

static void close_set(void *source)
{
    npy_set *set = source;
    for (size_t i = 0; set->file && i < set->count; i++)
        npy_close(set->file[i]);
    free(set->file);
    free(set->tensor);
    free(set);
}

/* lstm_kernel of weights/lstm_kernel.npy */
static const char *tensor_name(elman_import *im, const char *path)
{
    const char *name = system_file_name(path);
    size_t bytes = strlen(name);
    if (bytes > 4 && strcmp(name + bytes - 4, ".npy") == 0) bytes -= 4;
    return import_text(im, "%.*s", (int)bytes, name);
}

elman_status source_open_arrays(elman_import *im, const char *const *paths,
                                size_t count)
{
    npy_set *set = calloc(1, sizeof *set);
    if (!set) return failure(ELMAN_NO_MEMORY, "no memory for %zu files", count);

    /* the import owns the set from here on, so that a failure frees it */
    im->source = set;
    im->close = close_set;
    set->count = count;

    set->file = calloc(count, sizeof *set->file);
    set->tensor = calloc(count, sizeof *set->tensor);
    if (!set->file || !set->tensor)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu files", count);

    for (size_t i = 0; i < count; i++) {
        TRY(npy_open(paths[i], set->file + i));
        set->tensor[i] = set->file[i]->tensor;
        set->tensor[i].name = tensor_name(im, paths[i]);
        if (!set->tensor[i].name) return ELMAN_NO_MEMORY;

        for (size_t j = 0; j < i; j++)
            if (strcmp(set->tensor[j].name, set->tensor[i].name) == 0)
                return failure(ELMAN_BAD_VALUE,
                               "%.120s: an earlier file gives a tensor of the "
                               "same name, %.80s",
                               paths[i], set->tensor[i].name);
    }

    im->weights.tensor_count = count;
    im->weights.tensors = set->tensor;
    return ELMAN_OK;
}
