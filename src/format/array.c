/*
 * array.c: an .npy file as one float32 tensor.
 */
#include "format/array.h"
#include "format/file.h"
#include "format/npy.h"

#include "base/memory.h"

#include <string.h>

enum { CHUNK = 1024 };

/* In chunks: a double of every element would double the memory. */
static void read_floats(const named_tensor *file, float *data)
{
    double chunk[CHUNK];

    for (size_t first = 0; first < file->count; first += CHUNK) {
        size_t left = file->count - first, count = left < CHUNK ? left : CHUNK;
        tensor_doubles(file, first, count, chunk);
        for (size_t i = 0; i < count; i++)
            data[first + i] = (float)chunk[i];
    }
}

static elman_status load_tensor(const named_tensor *file, elman_tensor *array)
{
    size_t bytes = 0;
    float *data = NULL;
    if (file->rank > ELMAN_MAX_RANK)
        return failure(ELMAN_BAD_FORMAT, "%zu dimensions, expected at most %d",
                       file->rank, ELMAN_MAX_RANK);

    if (sizes_multiply(file->count, sizeof *data, 1, &bytes))
        data = block_create(bytes);
    if (!data)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu numbers",
                       file->count);

    read_floats(file, data);
    *array = (elman_tensor){.data = data, .rank = file->rank};
    memcpy(array->shape, file->shape, sizeof array->shape);
    return ELMAN_OK;
}

elman_status array_load(const char *path, elman_tensor *array)
{
    npy *file = NULL;
    TRY(npy_open(path, &file));
    elman_status status = load_tensor(&file->tensor, array);
    npy_close(file);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

elman_status array_save(const char *path, const elman_tensor *array)
{
    if (array->rank > ELMAN_MAX_RANK)
        return failure(ELMAN_BAD_VALUE,
                       "an array of %zu dimensions, expected at most %d",
                       array->rank, ELMAN_MAX_RANK);

    named_tensor tensor = {.name = "",
                           .type = ELEMENT_F32,
                           .rank = array->rank,
                           .count = 1,
                           .data = array->data};
    memcpy(tensor.shape, array->shape, sizeof array->shape);

    /* the number of elements, whose bytes must fit in a size */
    size_t bytes = sizeof *array->data;
    for (size_t i = 0; i < array->rank; i++) {
        if (!sizes_multiply(bytes, array->shape[i], 1, &bytes))
            return failure(ELMAN_BAD_VALUE,
                           "the array's size in bytes exceeds " SIZE_BITS
                           " bits");
        tensor.count *= array->shape[i];
    }
    if (tensor.count && !array->data)
        return failure(ELMAN_BAD_VALUE,
                       "array->data is NULL, expected a pointer");

    return npy_save(path, &tensor);
}

void array_destroy(elman_tensor *array)
{
    if (!array) return;
    block_destroy(array->data);
    *array = (elman_tensor){0};
}
