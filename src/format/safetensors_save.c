/*
 * safetensors_save.c: the same notes and tensors always give the same bytes.
 */
#include "format/safetensors.h"
#include "format/file.h"

#include "base/memory.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PADDED = 8, MOST_HEADER = 100000000 };

/* Adds value under key, which must be new; takes value, and NULL is a failure
 * of making it. */
static elman_status add(json_t *object, const char *key, json_t *value)
{
    if (json_object_get(object, key)) {
        json_decref(value);
        return failure(ELMAN_BAD_VALUE, "name \"%.80s\" is there twice", key);
    }
    if (!value || json_object_set_new(object, key, value))
        return failure(ELMAN_BAD_VALUE,
                       "no memory for \"%.80s\", or it is not UTF-8", key);
    return ELMAN_OK;
}

static size_t elements(const safetensors_tensor *tensor)
{
    size_t count = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        count *= tensor->shape[i];
    return count;
}

static json_t *describe(const safetensors_tensor *tensor, size_t begin,
                        size_t end)
{
    json_t *shape = json_array();
    for (size_t i = 0; i < tensor->rank; i++)
        if (json_array_append_new(shape,
                                  json_integer((json_int_t)tensor->shape[i]))) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype",
                     safetensors_type_name(tensor->type), "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)end);
}

static elman_status fill_header(const safetensors *file, json_t *header)
{
    if (!header) return failure(ELMAN_NO_MEMORY, "no memory for a header");
    if (file->notes) {
        json_t *notes = json_object();
        TRY(add(header, "__metadata__", notes));
        for (size_t i = 0; i < file->notes; i++)
            TRY(add(notes, file->note[i].key, json_string(file->note[i].text)));
    }
    size_t at = 0;
    for (size_t i = 0; i < file->tensors; i++) {
        const safetensors_tensor *tensor = &file->tensor[i];
        size_t end =
            at + elements(tensor) * safetensors_type_bytes(tensor->type);
        TRY(add(header, tensor->name, describe(tensor, at, end)));
        at = end;
    }
    return ELMAN_OK;
}

static elman_status write_tensors(const safetensors *file, file_writer *writer)
{
    for (size_t i = 0; i < file->tensors; i++) {
        const safetensors_tensor *tensor = &file->tensor[i];
        TRY(file_writer_write(writer, tensor->data,
                              elements(tensor) *
                                  safetensors_type_bytes(tensor->type)));
    }
    return ELMAN_OK;
}

/* The header with spaces up to a multiple of 8 bytes, then the data. */
static elman_status write_parts(const safetensors *file, const char *text,
                                file_writer *writer)
{
    static const char spaces[PADDED + 1] = "        ";
    size_t bytes = strlen(text), pad = (PADDED - bytes % PADDED) % PADDED;
    uint64_t length = bytes + pad;
    if (length > MOST_HEADER)
        return failure(ELMAN_BAD_VALUE,
                       "a header of %zu bytes, the format allows %d",
                       bytes + pad, MOST_HEADER);
    TRY(file_writer_write(writer, &length, sizeof length));
    TRY(file_writer_write(writer, text, bytes));
    TRY(file_writer_write(writer, spaces, pad));
    return write_tensors(file, writer);
}

static elman_status write_file(const safetensors *file, const char *text,
                               const char *path)
{
    file_writer *writer = NULL;
    TRY(file_writer_open(path, &writer));
    elman_status status = write_parts(file, text, writer);
    if (status == ELMAN_OK) return file_writer_commit(writer);
    file_writer_abort(writer);
    return status;
}

elman_status safetensors_save(const safetensors *file, const char *path)
{
    json_t *header = json_object();
    char *text = NULL;
    elman_status status = fill_header(file, header);
    if (status != ELMAN_OK) goto done;
    text = json_dumps(header, JSON_COMPACT);
    status = text ? write_file(file, text, path)
                  : failure(ELMAN_NO_MEMORY, "no memory for a header");
done:
    free(text);
    json_decref(header);
    return status;
}
