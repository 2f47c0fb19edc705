/*
 * torch_entry.c: the entries of a state dict: names, and the tensors that they
 * stand for.
 */
#include "format/torch_parts.h"
#include "format/utf8.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Several tensors may be views of the same bytes: weights that are tied, or all
 * weights of a layer in one block. A file with more sharing than that is made
 * to exhaust memory. */
enum { MOST_SHARING = 8, HARMLESS = 1 << 20, MOST_JOINED = 1000 };

elman_status making_note(torch_making *making, const char *format, ...)
{
    enum { NOTE_ROOM = 400 };
    torch_file *file = making->file;
    char *text = source_keep(making->source, NOTE_ROOM);
    if (!text) return ELMAN_NO_MEMORY;

    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, NOTE_ROOM, format, arguments);
    va_end(arguments);

    if (file->note_count < TORCH_NOTES) file->notes[file->note_count++] = text;
    return ELMAN_OK;
}

/* ---- One tensor --------------------------------------------------------- */

/* With the keys of the dicts around it in front. */
static elman_status copy_name(torch_making *making, const char *name,
                              size_t bytes, const char **made)
{
    size_t front = strlen(making->prefix);
    if (bytes == 0)
        return failure(ELMAN_BAD_FORMAT, "a tensor has an empty name");

    if (memchr(name, 0, bytes) || utf8_valid(name, bytes) < bytes)
        return failure(ELMAN_BAD_FORMAT,
                       "a tensor's name is not UTF-8, or contains a zero byte");

    char *copy = source_keep(making->source, front + bytes + 1);
    if (!copy) return ELMAN_NO_MEMORY;
    memcpy(copy, making->prefix, front);
    memcpy(copy + front, name, bytes);
    copy[front + bytes] = 0;
    *made = copy;
    return ELMAN_OK;
}

/* Adds a tensor's bytes to the total, which must stay in proportion to the
 * file. */
static elman_status check_growth(torch_making *making,
                                 const named_tensor *tensor)
{
    size_t bytes = 0, most = HARMLESS;

    if (making->source->size <= (SIZE_MAX - most) / MOST_SHARING)
        most += MOST_SHARING * making->source->size;

    if (!sizes_multiply(tensor->count, element_bytes(tensor->type), 1,
                        &bytes) ||
        bytes > most - making->total)
        return failure(ELMAN_BAD_FORMAT,
                       "tensor \"%.80s\": with it, tensors that share bytes "
                       "exceed %d times the file",
                       tensor->name, MOST_SHARING);

    making->total += bytes;
    return ELMAN_OK;
}

elman_status tensor_begin(torch_making *making, const char *name, size_t bytes,
                          named_tensor **tensor)
{
    torch_file *file = making->file;
    if (file->tensor_count == making->room) {
        size_t room = making->room ? 2 * making->room : 16;
        void *made = realloc(file->tensors, room * sizeof *file->tensors);
        if (!made)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", room);
        file->tensors = made;
        making->room = room;
    }

    *tensor = file->tensors + file->tensor_count;
    **tensor = (named_tensor){.name = NULL};
    return copy_name(making, name, bytes, &(*tensor)->name);
}

elman_status tensor_end(torch_making *making, const named_tensor *tensor)
{
    TRY(check_growth(making, tensor));
    making->file->tensor_count++;
    return ELMAN_OK;
}

elman_status tensor_add(torch_making *making, const char *name, size_t bytes,
                        const torch_call *call)
{
    named_tensor *tensor = NULL;
    TRY(tensor_begin(making, name, bytes, &tensor));
    TRY(call_read(making->source, call, tensor));

    /* so that it is not counted among the others */
    call->value->seen = true;
    return tensor_end(making, tensor);
}

/* ---- The dict ----------------------------------------------------------- */

/* A weight inside an object that is not made is not there: it must not be
 * missed without a word. */
static elman_status check_inside(torch_making *making, const pickle_value *key,
                                 pickle_value *value)
{
    char class[PICKLE_NAME_ROOM];
    size_t count;
    int shown = (int)(key->count < 80 ? key->count : 80);

    /* a parameter, or a tensor of a class, made of something unknown */
    const pickle_row *row = value->kind == PICKLE_CALL ? row_of(value) : NULL;
    if (row && (row->what == TORCH_PARAMETER || row->what == TORCH_AS_CLASS))
        return failure(ELMAN_BAD_FORMAT,
                       "\"%.*s\" is a tensor of a class that elman does not "
                       "know; save a plain tensor in its place",
                       shown, key->is.text);
    if (value->kind != PICKLE_OPAQUE || !tensor_inside(value, &making->visits))
        return ELMAN_OK;

    pickle_class_print(
        pickle_classes(making->source->tree, &count) + value->row, class);
    return failure(
        ELMAN_BAD_FORMAT,
        "\"%.*s\" is an object of %s with a tensor inside, which "
        "elman does not take apart; save a plain tensor in its place",
        shown, key->is.text, class);
}

static elman_status join_entries(torch_making *making,
                                 const pickle_value *dict);

/* Enters a dict inside, whose key then begins the names of its tensors. */
static elman_status enter_dict(torch_making *making, const pickle_value *key,
                               const pickle_value *dict)
{
    size_t before = strlen(making->prefix), room = sizeof making->prefix;
    if (key->count + 2 > room - before || ++making->joined > MOST_JOINED)
        return failure(ELMAN_BAD_FORMAT,
                       "dicts in dicts: more than %d, or names longer than "
                       "%zu bytes",
                       MOST_JOINED, room);

    if (memchr(key->is.text, 0, key->count) ||
        utf8_valid(key->is.text, key->count) < key->count)
        return failure(ELMAN_BAD_FORMAT,
                       "a dict's key is not UTF-8, or contains a zero byte");

    memcpy(making->prefix + before, key->is.text, key->count);
    memcpy(making->prefix + before + key->count, ".", 2);
    elman_status status = join_entries(making, dict);
    making->prefix[before] = 0;
    return status;
}

static elman_status join_entries(torch_making *making, const pickle_value *dict)
{
    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        const pickle_value *key = dict->is.items[i];
        pickle_value *value = dict->is.items[i + 1];
        torch_call call;
        size_t taken;
        if (key->kind != PICKLE_TEXT) continue;

        /* a quantized module may fill several entries */
        TRY(packed_read(making, dict, i, &taken));
        if (taken) i += 2 * (taken - 1);
        else if (call_find(value, &call))
            TRY(tensor_add(making, key->is.text, key->count, &call));
        else if (value->kind == PICKLE_DICT)
            TRY(enter_dict(making, key, value));
        else TRY(check_inside(making, key, value));
    }
    return ELMAN_OK;
}

elman_status entries_read(torch_making *making, const pickle_value *dict)
{
    TRY(join_entries(making, dict));
    if (making->file->tensor_count) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT, "there are no tensors in the state dict");
}
