/*
 * safetensors_save.c: the same notes and tensors always give the same bytes.
 */
#include "format/safetensors.h"
#include "format/file.h"
#include "format/json.h"
#include "format/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PADDED = 8, MOST_HEADER = 100000000 };

static bool is_utf8(const char *text)
{
    return utf8_valid(text, strlen(text)) == strlen(text);
}

static int compare_texts(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* Sorts count names and checks that they differ and are UTF-8. */
static elman_status check_names(const char **names, size_t count)
{
    if (count) qsort(names, count, sizeof *names, compare_texts);

    for (size_t i = 0; i < count; i++) {
        if (i && !strcmp(names[i - 1], names[i]))
            return failure(ELMAN_BAD_VALUE, "name \"%.80s\" occurs twice",
                           names[i]);

        if (!is_utf8(names[i]))
            return failure(ELMAN_BAD_VALUE, "name \"%.80s\" is not UTF-8",
                           names[i]);
    }
    return ELMAN_OK;
}

static elman_status check_file(const safetensors *file)
{
    size_t most = file->note_count > file->tensor_count ? file->note_count
                                                        : file->tensor_count;

    const char **names = calloc(most + 1, sizeof *names);
    if (!names) return failure(ELMAN_NO_MEMORY, "no memory for a header");

    /* keys differ and are UTF-8, and so are their texts */
    for (size_t i = 0; i < file->note_count; i++)
        names[i] = file->notes[i].key;
    elman_status status = check_names(names, file->note_count);
    for (size_t i = 0; i < file->note_count && status == ELMAN_OK; i++)
        if (!is_utf8(file->notes[i].text))
            status = failure(ELMAN_BAD_VALUE, "note \"%.80s\" is not UTF-8",
                             file->notes[i].key);

    /* tensors may have the name of a note, but not of another tensor */
    for (size_t i = 0; i < file->tensor_count; i++)
        names[i] = file->tensors[i].name;
    if (status == ELMAN_OK) status = check_names(names, file->tensor_count);

    free(names);
    return status;
}

static size_t data_bytes(const named_tensor *tensor)
{
    size_t bytes = element_bytes(tensor->type);
    for (size_t i = 0; i < tensor->rank; i++)
        bytes *= tensor->shape[i];
    return bytes;
}

static void describe(json_writer *w, const named_tensor *tensor, size_t begin)
{
    const char *type = element_code(tensor->type);

    json_write_key(w, tensor->name);
    json_begin(w, '{');

    json_write_key(w, "dtype");
    json_write_text(w, type, strlen(type));

    json_write_key(w, "shape");
    json_begin(w, '[');
    for (size_t i = 0; i < tensor->rank; i++)
        json_write_whole(w, (int64_t)tensor->shape[i]);
    json_end(w, ']');

    /* from the first byte of all tensors on */
    json_write_key(w, "data_offsets");
    json_begin(w, '[');
    json_write_whole(w, (int64_t)begin);
    json_write_whole(w, (int64_t)(begin + data_bytes(tensor)));
    json_end(w, ']');

    json_end(w, '}');
}

static elman_status make_header(const safetensors *file, char **text)
{
    json_writer w = {0};
    size_t at = 0;

    json_begin(&w, '{');

    /* the notes */
    if (file->note_count) {
        json_write_key(&w, "__metadata__");
        json_begin(&w, '{');
    }
    for (size_t i = 0; i < file->note_count; i++) {
        json_write_key(&w, file->notes[i].key);
        json_write_text(&w, file->notes[i].text, strlen(file->notes[i].text));
    }
    if (file->note_count) json_end(&w, '}');

    /* the tensors, whose data follow one another */
    for (size_t i = 0; i < file->tensor_count; i++) {
        describe(&w, &file->tensors[i], at);
        at += data_bytes(&file->tensors[i]);
    }
    json_end(&w, '}');
    return json_finish(&w, text);
}

/* Where the bytes of a file go; both NULL: nowhere. */
typedef struct output {
    file_writer *writer;
    char *memory;
    size_t written; /* bytes so far */
} output;

static elman_status write_bytes(output *out, const void *data, size_t bytes)
{
    if (out->writer) TRY(file_writer_write(out->writer, data, bytes));
    if (out->memory && bytes) memcpy(out->memory + out->written, data, bytes);
    out->written += bytes;
    return ELMAN_OK;
}

static elman_status write_tensor(const safetensors *file, size_t i, output *out)
{
    const named_tensor *t = file->tensors + i;
    const void *data = NULL;
    size_t bytes = data_bytes(t);
    bool counts = !out->writer && !out->memory;
    if (t->data || counts || !bytes) return write_bytes(out, t->data, bytes);

    /* not in memory as one array: some at a time */
    while ((bytes = file->feed->next(file->feed->context, i, &data)))
        TRY(write_bytes(out, data, bytes));
    return ELMAN_OK;
}

/* The header with spaces up to a multiple of 8 bytes, then the data. */
static elman_status write_parts(const safetensors *file, const char *text,
                                output *out)
{
    static const char spaces[PADDED + 1] = "        ";
    size_t bytes = strlen(text), pad = (PADDED - bytes % PADDED) % PADDED;

    uint64_t length = bytes + pad;
    if (length > MOST_HEADER)
        return failure(ELMAN_BAD_VALUE,
                       "a header of %zu bytes, the format allows %d",
                       bytes + pad, MOST_HEADER);

    TRY(write_bytes(out, &length, sizeof length));
    TRY(write_bytes(out, text, bytes));
    TRY(write_bytes(out, spaces, pad));

    for (size_t i = 0; i < file->tensor_count; i++)
        TRY(write_tensor(file, i, out));
    return ELMAN_OK;
}

elman_status safetensors_save(const safetensors *file, const char *path)
{
    char *text = NULL;
    output out = {0};
    TRY(check_file(file));
    TRY(make_header(file, &text));

    elman_status status = file_writer_open(path, &out.writer);
    if (status == ELMAN_OK)
        status = file_writer_end(out.writer, write_parts(file, text, &out));
    free(text);
    return status;
}

elman_status safetensors_save_memory(const safetensors *file, size_t room,
                                     void *data, size_t *size)
{
    char *text = NULL;
    output nowhere = {0}, out = {.memory = data};
    TRY(check_file(file));
    TRY(make_header(file, &text));

    /* once to count, and again if there is room */
    elman_status status = write_parts(file, text, &nowhere);
    if (!status && data && room < nowhere.written)
        status =
            failure(ELMAN_BAD_VALUE, "room is %zu, expected at least %zu bytes",
                    room, nowhere.written);
    if (!status && data) status = write_parts(file, text, &out);
    if (!status) *size = nowhere.written;

    free(text);
    return status;
}
