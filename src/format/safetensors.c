/*
 * safetensors.c: reading, with every check before anything is trusted.
 * Writing is in safetensors_save.c.
 */
#include "format/safetensors.h"
#include "format/file.h"
#include "format/json.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* the cap that the format's own library has */
enum { LENGTH_BYTES = 8, MOST_HEADER = 100000000 };

/* ---- The header --------------------------------------------------------- */

/* A tensor and where its bytes lie, to check that they cover the data. */
typedef struct range {
    size_t begin, end;
    const char *name;
} range;

static elman_status bad_tensor(const char *name, const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "tensor \"%.80s\": %s", name, what);
}

static elman_status read_type(const json_node *value, named_tensor *tensor)
{
    const char *text = json_text(value);
    if (!text)
        return bad_tensor(tensor->name, "dtype is missing or not a string");

    for (int type = 0; type < ELEMENT_TYPE_COUNT; type++)
        if (!strcmp(text, element_code((element_type)type))) {
            tensor->type = (element_type)type;
            return ELMAN_OK;
        }

    return failure(ELMAN_BAD_FORMAT,
                   "tensor \"%.80s\": unknown dtype \"%.20s\"", tensor->name,
                   text);
}

/* A size of a tensor; what names it. */
static elman_status read_size(const named_tensor *tensor, const char *what,
                              const json_node *value, size_t *size)
{
    int64_t number = 0;
    bool whole = json_whole(value, &number) && number >= 0;
    if (whole && size_narrow((uint64_t)number, size)) return ELMAN_OK;

    return failure(ELMAN_BAD_FORMAT, "tensor \"%.80s\": %s is not %s",
                   tensor->name, what,
                   whole ? A_SIZE : "a whole number from 0");
}

static elman_status read_shape(const json_node *value, named_tensor *tensor)
{
    if (!value || value->kind != JSON_KIND_LIST)
        return bad_tensor(tensor->name, "shape is missing or not a list");

    if (value->count > TENSOR_MAX_RANK)
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": %zu dimensions, expected at most %d",
                       tensor->name, value->count, TENSOR_MAX_RANK);

    /* the number of elements must fit in a size, like each of them */
    tensor->count = 1;
    for (const json_node *n = value->is.first; n; n = n->next) {
        size_t *size = &tensor->shape[tensor->rank++];
        TRY(read_size(tensor, "a dimension", n, size));
        if (!sizes_multiply(tensor->count, *size, 1, &tensor->count))
            return bad_tensor(tensor->name,
                              "the product of the shape exceeds " SIZE_BITS
                              " bits");
    }
    return ELMAN_OK;
}

static elman_status read_range(const json_node *value, size_t room,
                               named_tensor *tensor, range *at)
{
    bool list = value && value->kind == JSON_KIND_LIST && value->count == 2;
    if (!list)
        return bad_tensor(tensor->name, "data_offsets is not a list of two");
    TRY(read_size(tensor, "the first of data_offsets", value->is.first,
                  &at->begin));
    TRY(read_size(tensor, "the second of data_offsets", value->is.first->next,
                  &at->end));

    size_t bytes;
    if (!sizes_multiply(tensor->count, element_bytes(tensor->type), 1, &bytes))
        return bad_tensor(tensor->name,
                          "the shape's size in bytes exceeds " SIZE_BITS
                          " bits");

    /* the range lies in the data, and is as long as the shape needs */
    if (at->begin > at->end || at->end > room)
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": bytes %zu to %zu are not within the "
                       "%zu bytes of data%s",
                       tensor->name, at->begin, at->end, room,
                       at->begin > at->end ? "" : ": the file is cut short");

    if (at->end - at->begin != bytes)
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": %zu bytes of data, but its shape and "
                       "dtype %s need %zu",
                       tensor->name, at->end - at->begin,
                       element_code(tensor->type), bytes);

    at->name = tensor->name;
    return ELMAN_OK;
}

static elman_status read_tensor(const char *name, const json_node *entry,
                                const char *data, size_t room,
                                named_tensor *tensor, range *at)
{
    tensor->name = name;
    if (!name[0])
        return failure(ELMAN_BAD_FORMAT, "a tensor has an empty name");
    if (entry->kind != JSON_KIND_OBJECT)
        return bad_tensor(name, "not a JSON object");
    if (entry->count > 3)
        return bad_tensor(name, "more than dtype, shape and data_offsets");

    TRY(read_type(json_find(entry, "dtype"), tensor));
    TRY(read_shape(json_find(entry, "shape"), tensor));
    TRY(read_range(json_find(entry, "data_offsets"), room, tensor, at));
    tensor->data = data ? data + at->begin : NULL;
    return ELMAN_OK;
}

static elman_status read_notes(const json_node *entry, safetensors *file)
{
    if (entry->kind != JSON_KIND_OBJECT)
        return failure(ELMAN_BAD_FORMAT, "__metadata__ is not a JSON object");

    file->notes = calloc(entry->count + 1, sizeof *file->notes);
    if (!file->notes) return failure(ELMAN_NO_MEMORY, "no memory for notes");

    for (const json_node *n = entry->is.first; n; n = n->next) {
        if (n->kind != JSON_KIND_TEXT)
            return failure(ELMAN_BAD_FORMAT,
                           "__metadata__ \"%.80s\" is not a string", n->key);

        file->notes[file->note_count++] =
            (safetensors_note){n->key, n->is.text};
    }
    return ELMAN_OK;
}

static int compare_ranges(const void *left, const void *right)
{
    const range *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

/* The ranges, sorted by where they begin, follow one another and fill room. */
static elman_status check_cover(range *ranges, size_t count, size_t room)
{
    size_t at = 0;

    /* each range begins where the one before ended */
    if (count) qsort(ranges, count, sizeof *ranges, compare_ranges);
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].begin < at)
            return bad_tensor(ranges[i].name, "shares bytes with another");

        if (ranges[i].begin > at)
            return failure(
                ELMAN_BAD_FORMAT,
                "tensor \"%.80s\": %zu bytes before it belong to no tensor",
                ranges[i].name, ranges[i].begin - at);

        at = ranges[i].end;
    }

    if (at != room)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu bytes after the last tensor belong to no tensor",
                       room - at);
    return ELMAN_OK;
}

/* Fills file and ranges, which have room for each member of the header. */
static elman_status read_members(const json_node *header, const char *data,
                                 size_t room, safetensors *file, range *ranges)
{
    for (const json_node *n = header->is.first; n; n = n->next) {
        if (!strcmp(n->key, "__metadata__")) {
            TRY(read_notes(n, file));
            continue;
        }

        size_t k = file->tensor_count;
        TRY(read_tensor(n->key, n, data, room, &file->tensors[k], &ranges[k]));
        if (file->places) file->places[k] = file->size - room + ranges[k].begin;
        file->tensor_count++;
    }

    return check_cover(ranges, file->tensor_count, room);
}

static elman_status read_entries(const json_node *header, const char *data,
                                 size_t room, safetensors *file)
{
    size_t most = header->count + 1;
    range *ranges = calloc(most, sizeof *ranges);
    file->tensors = calloc(most, sizeof *file->tensors);
    if (!data) file->places = calloc(most, sizeof *file->places);

    elman_status status =
        ranges && file->tensors && (data || file->places)
            ? read_members(header, data, room, file, ranges)
            : failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", most);

    free(ranges);
    return status;
}

/* ---- The file ----------------------------------------------------------- */

/* Checks the length of the header, which the first bytes of a file say. */
static elman_status check_length(const char *head, size_t size, size_t *length)
{
    uint64_t bytes;
    if (size < LENGTH_BYTES)
        return failure(ELMAN_BAD_FORMAT,
                       "%s: %zu bytes, a safetensors file has at least %d",
                       size ? "truncated" : "empty file", size, LENGTH_BYTES);

    memcpy(&bytes, head, sizeof bytes);
    bool begins = size > LENGTH_BYTES && head[LENGTH_BYTES] == '{';
    if (begins && bytes <= MOST_HEADER && bytes > size - LENGTH_BYTES)
        return failure(ELMAN_BAD_FORMAT,
                       "a safetensors file cut short: its header has %" PRIu64
                       " bytes, of which %zu are there; copy or download it "
                       "again",
                       bytes, size - LENGTH_BYTES);

    if (bytes > MOST_HEADER || bytes > size - LENGTH_BYTES)
        return failure(
            ELMAN_BAD_FORMAT,
            "not a safetensors file, or truncated: a header of %" PRIu64
            " bytes in a file of %zu",
            bytes, size);

    if (bytes == 0 || !begins)
        return failure(
            ELMAN_BAD_FORMAT,
            "not a safetensors file: the header does not begin with {");

    *length = (size_t)bytes;
    return ELMAN_OK;
}

/* Reads the header; data is what follows it, or NULL. */
static elman_status read_header(char *text, size_t length, const char *data,
                                safetensors *file)
{
    json_tree *tree = NULL;
    elman_status status = json_read(text, length, false, &tree);
    if (status != ELMAN_OK) return failure_in(status, "header");

    status = read_entries(json_root(tree), data,
                          file->size - LENGTH_BYTES - length, file);
    json_close(tree); /* names and texts stay in bytes */
    return status;
}

static elman_status create(size_t size, safetensors **file)
{
    *file = calloc(1, sizeof **file);
    if (!*file)
        return failure(ELMAN_NO_MEMORY, "no memory for a list of tensors");
    (*file)->size = size;
    return ELMAN_OK;
}

elman_status safetensors_parse(char *bytes, size_t size, safetensors **file)
{
    safetensors *made = NULL;
    size_t length;
    elman_status status = create(size, &made);
    if (status) {
        free(bytes);
        return status;
    }

    made->bytes = bytes;
    status = check_length(bytes, size, &length);
    if (!status)
        status = read_header(bytes + LENGTH_BYTES, length,
                             bytes + LENGTH_BYTES + length, made);
    if (status == ELMAN_OK) *file = made;
    else safetensors_close(made);
    return status;
}

/* Copies the header out of the source; memory holds the data as well. */
static elman_status begin(const byte_source *source, safetensors *file)
{
    char head[LENGTH_BYTES + 1] = {0};
    const char *memory = source->data;
    size_t length, first = file->size < sizeof head ? file->size : sizeof head;

    if (memory) memcpy(head, memory, first);
    else TRY(file_reader_read(file->reader, 0, head, first));
    TRY(check_length(head, file->size, &length));

    file->bytes = malloc(length + 1);
    if (!file->bytes)
        return failure(ELMAN_NO_MEMORY, "no memory for a header of %zu bytes",
                       length);

    if (memory) memcpy(file->bytes, memory + LENGTH_BYTES, length);
    else TRY(file_reader_read(file->reader, LENGTH_BYTES, file->bytes, length));
    return read_header(file->bytes, length,
                       memory ? memory + LENGTH_BYTES + length : NULL, file);
}

elman_status safetensors_begin(const byte_source *source, safetensors **file)
{
    safetensors *made = NULL;
    file_reader *reader = NULL;
    if (!source->data) TRY(file_reader_open(source->name, &reader));

    elman_status status =
        create(reader ? file_reader_size(reader) : source->size, &made);
    if (status) {
        file_reader_close(reader);
        return status;
    }

    made->reader = reader;
    status = begin(source, made);
    if (status == ELMAN_OK) *file = made;
    else safetensors_close(made);
    return status ? failure_in(status, source->name) : ELMAN_OK;
}

elman_status safetensors_fetch(safetensors *file)
{
    if (!file->reader) return ELMAN_OK;

    /* the data, in the order of the file; it stays behind the header */
    size_t all = 0;
    for (size_t i = 0; i < file->tensor_count; i++)
        all += file->tensors[i].count * element_bytes(file->tensors[i].type);
    size_t from = file->size - all;
    char *data = malloc(all + 1);
    if (!data)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu bytes of tensors",
                       all);

    elman_status status = file_reader_read(file->reader, from, data, all);
    if (status) {
        free(data);
        return status;
    }

    for (size_t i = 0; i < file->tensor_count; i++)
        file->tensors[i].data = data + (file->places[i] - from);
    file->data = data;
    file_reader_close(file->reader);
    file->reader = NULL;
    return ELMAN_OK;
}

/* count elements from the file, some at a time, as floats. */
static elman_status read_floats(const safetensors *file, const named_tensor *t,
                                size_t first, size_t count, float *values)
{
    char bytes[4096];
    size_t width = element_bytes(t->type), some = sizeof bytes / width;
    size_t at = file->places[t - file->tensors] + first * width;
    named_tensor part = *t;
    part.data = bytes;

    for (size_t done = 0; done < count; done += part.count) {
        part.count = count - done < some ? count - done : some;
        TRY(file_reader_read(file->reader, at + done * width, bytes,
                             part.count * width));
        TRY(tensor_floats(&part, values + done));
    }
    return ELMAN_OK;
}

elman_status safetensors_floats(const safetensors *file, const named_tensor *t,
                                size_t first, size_t count, float *values)
{
    size_t width = element_bytes(t->type);
    if (t->data) {
        named_tensor part = *t;
        part.count = count;
        part.data = (const char *)t->data + first * width;
        return tensor_floats(&part, values);
    }

    if (t->type != ELEMENT_F32)
        return read_floats(file, t, first, count, values);
    return file_reader_read(file->reader,
                            file->places[t - file->tensors] + first * width,
                            values, count * width);
}

elman_status safetensors_read(const byte_source *source, safetensors **file)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(source_read(source, &bytes, &size));
    elman_status status = safetensors_parse(bytes, size, file);
    return status == ELMAN_OK ? status : failure_in(status, source->name);
}

elman_status safetensors_open(const char *path, safetensors **file)
{
    const byte_source source = {.name = path};
    return safetensors_read(&source, file);
}

void safetensors_close(safetensors *file)
{
    if (!file) return;
    file_reader_close(file->reader);
    free(file->tensors);
    free(file->notes);
    free(file->places);
    free(file->data);
    free(file->bytes);
    free(file);
}

const named_tensor *safetensors_find(const safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->tensor_count; i++)
        if (!strcmp(file->tensors[i].name, name)) return &file->tensors[i];
    return NULL;
}

const char *safetensors_text(const safetensors *file, const char *key)
{
    for (size_t i = 0; i < file->note_count; i++)
        if (!strcmp(file->notes[i].key, key)) return file->notes[i].text;
    return NULL;
}
