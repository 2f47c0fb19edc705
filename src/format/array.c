/*
 * array.c: an .npy file as one float32 tensor.
 */
#include "format/array.h"
#include "format/file.h"
#include "format/npy.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { PREFIX = 10, ALIGNED = 64, LONGEST_HEADER = 256, PIECE = 1024 };

/* By pieces: a double of every element would double the memory. */
static void read_floats(const npy *file, float *data)
{
    double piece[PIECE];
    for (size_t first = 0; first < file->count; first += PIECE) {
        size_t left = file->count - first, count = left < PIECE ? left : PIECE;
        npy_read(file, first, count, piece);
        for (size_t i = 0; i < count; i++)
            data[first + i] = (float)piece[i];
    }
}

elman_status array_load(const char *path, elman_tensor *array)
{
    npy *file = NULL;
    size_t bytes = 0;
    TRY(npy_open(path, &file));
    float *data = NULL;
    if (sizes_multiply(file->count, sizeof *data, 1, &bytes))
        data = block_create(bytes);
    if (!data) {
        size_t count = file->count;
        npy_close(file);
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the %zu numbers of "
                       "%.200s",
                       count, path);
    }
    read_floats(file, data);
    *array = (elman_tensor){.data = data, .rank = file->rank};
    memcpy(array->shape, file->shape, sizeof array->shape);
    npy_close(file);
    return ELMAN_OK;
}

/* The header; its length. Spaces and a newline end it, so that the data begins
 * at a multiple of 64 bytes. */
static size_t print_header(const elman_tensor *array, char *text)
{
    memcpy(text, "\x93NUMPY\1\0", 8);
    size_t at = PREFIX, room = LONGEST_HEADER;
    at += (size_t)snprintf(text + at, room - at,
                           "{'descr': '<f4', 'fortran_order': False, "
                           "'shape': (");
    for (size_t i = 0; i < array->rank; i++)
        at += (size_t)snprintf(text + at, room - at,
                               array->rank == 1 ? "%zu,"
                               : i              ? ", %zu"
                                                : "%zu",
                               array->shape[i]);
    at += (size_t)snprintf(text + at, room - at, "), }");

    size_t end = (at + 1 + ALIGNED - 1) / ALIGNED * ALIGNED;
    memset(text + at, ' ', end - at - 1);
    text[end - 1] = '\n';
    text[8] = (char)((end - PREFIX) & 255);
    text[9] = (char)((end - PREFIX) >> 8);
    return end;
}

elman_status array_save(const char *path, const elman_tensor *array)
{
    if (array->rank > ELMAN_MAX_RANK)
        return failure(ELMAN_BAD_VALUE,
                       "an array of %zu dimensions, at most %d are written",
                       array->rank, ELMAN_MAX_RANK);
    size_t bytes = sizeof *array->data;
    for (size_t i = 0; i < array->rank; i++)
        if (!sizes_multiply(bytes, array->shape[i], 1, &bytes))
            return failure(ELMAN_BAD_VALUE,
                           "the array's bytes are over 64 bits");

    char text[LONGEST_HEADER];
    size_t header = print_header(array, text);
    file_writer *writer = NULL;
    TRY(file_writer_open(path, &writer));
    elman_status status = file_writer_write(writer, text, header);
    if (status == ELMAN_OK)
        status = file_writer_write(writer, array->data, bytes);
    if (status == ELMAN_OK) return file_writer_commit(writer);
    file_writer_abort(writer);
    return status;
}

void array_destroy(elman_tensor *array)
{
    if (!array) return;
    block_destroy(array->data);
    *array = (elman_tensor){0};
}
