/*
 * onnx_data.c: tensors whose bytes lie in another file.
 *
 * The model names that file, and the model is not trusted. So only a regular
 * file in the model's folder or below it is opened, and no part of its path may
 * be ".." or a symbolic link.
 */
#include "format/onnx_parts.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/system_file.h"

/* Tensors may share bytes, but a small file must not fill the memory. */
enum { MOST_SHARED = 4 };

typedef struct external {
    const char *location;
    size_t offset, length;
    bool has_length;
} external;

/* ---- What the model says ------------------------------------------------ */

/* The number of bytes under key: decimal, without a sign. */
static elman_status read_size(const char *key, const char *text, size_t *size)
{
    const bool whole = *text && !text[strspn(text, "0123456789")];
    bool fits = whole;
    *size = 0;
    for (const char *at = text; fits && *at; at++)
        fits = size_append(size, *at);
    if (fits) return ELMAN_OK;

    return failure(ELMAN_BAD_FORMAT,
                   "external data's %s is \"%.40s\", expected %s", key, text,
                   whole ? A_SIZE : "a number of bytes");
}

static elman_status read_external(const Onnx__Tensor *from, external *range)
{
    *range = (external){.location = ""};

    for (size_t i = 0; i < from->n_external_data; i++) {
        const char *key, *value;

        TRY(onnx_text_read(from->external_data[i]->key, "a key", &key));
        TRY(onnx_text_read(from->external_data[i]->value, "external data",
                           &value));

        /* other keys, such as a checksum, are not needed */
        if (!strcmp(key, "location")) range->location = value;
        if (!strcmp(key, "offset")) TRY(read_size(key, value, &range->offset));
        if (!strcmp(key, "length")) {
            TRY(read_size(key, value, &range->length));
            range->has_length = true;
        }
    }

    if (!*range->location)
        return failure(ELMAN_BAD_FORMAT, "external data has no location");
    return ELMAN_OK;
}

/* ---- The file ----------------------------------------------------------- */

static elman_status refuse(const char *location, const char *why)
{
    return failure(ELMAN_BAD_FORMAT, "external data '%.80s' %s", location, why);
}

/* Whether a part of the path is "..". */
static bool leads_out(const char *location)
{
    for (const char *at = location;; at++) {
        if (!strncmp(at, "..", 2) && (!at[2] || at[2] == '/')) return true;
        at = strchr(at, '/');
        if (!at) return false;
    }
}

/* Opens location, which is below folder. */
static elman_status open_below(const char *folder, const char *location,
                               system_file *file)
{
    if (*location == '/')
        return refuse(location, "is not relative to the model's folder");
    if (leads_out(location))
        return refuse(location, "leads out of the model's folder");
    if (system_file_open_below(folder, location, file)) return ELMAN_OK;

    /* a path that is refused, or an error of the system */
    if (errno == ELOOP || errno == ENOTDIR)
        return refuse(
            location,
            "goes through a symbolic link, or something that is not a folder");
    return failure(ELMAN_BAD_FILE, "cannot open external data '%.80s': %s",
                   location, strerror(errno));
}

/* Counts the bytes read from a file, which other tensors may know by another
 * name. */
static elman_status count_bytes(onnx_reader *r, const system_file_facts *about,
                                const char *location, size_t bytes)
{
    onnx_data_file *file = r->data_files;
    uintmax_t device = about->device, number = about->number;

    /* device and inode identify the file, whatever its names */
    while (file && (file->device != device || file->number != number))
        file = file->next;

    if (!file) {
        file = onnx_allocate(r, 1, sizeof *file);
        if (!file) return onnx_memory_failure(r);
        *file = (onnx_data_file){
            .device = device, .number = number, .next = r->data_files};
        r->data_files = file;
    }

    if (file->bytes / MOST_SHARED + bytes / MOST_SHARED > about->bytes)
        return refuse(location, "is read too many times over by other tensors");

    file->bytes += bytes;
    return ELMAN_OK;
}

/* ---- Its bytes ---------------------------------------------------------- */

static elman_status read_range(system_file file, const external *range,
                               size_t bytes, char *data)
{
    size_t done = 0;

    while (done < bytes) {
        ptrdiff_t got = system_file_read(file, range->offset + done,
                                         bytes - done, data + done);
        if (got < 0)
            return failure(ELMAN_BAD_FILE,
                           "cannot read external data '%.80s': %s",
                           range->location, strerror(errno));

        if (got == 0)
            return refuse(range->location, "shrank while it was read");

        done += (size_t)got;
    }
    return ELMAN_OK;
}

static elman_status read_file(onnx_reader *r, system_file file,
                              const external *range, size_t bytes,
                              const void **data)
{
    system_file_facts about;
    if (!system_file_look(file, &about))
        return failure(ELMAN_BAD_FILE, "cannot stat external data '%.80s': %s",
                       range->location, strerror(errno));

    if (about.type) return refuse(range->location, "is not a regular file");

    uint64_t size = about.bytes;
    if (range->offset > size || bytes > size - range->offset)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu bytes from byte %zu are not within external data "
                       "'%.80s', which has %ju",
                       bytes, range->offset, range->location, (uintmax_t)size);

    TRY(count_bytes(r, &about, range->location, bytes));

    /* these bytes are in another file, so they do not count towards the budget
     * of the model's own */
    r->left = r->left > SIZE_MAX - bytes ? SIZE_MAX : r->left + bytes;
    char *block = onnx_allocate(r, bytes, 1);
    if (!block) return onnx_memory_failure(r);

    *data = block;
    return read_range(file, range, bytes, block);
}

elman_status onnx_external_read(onnx_reader *r, const Onnx__Tensor *from,
                                size_t bytes, const void **data)
{
    external range;
    system_file file;
    TRY(read_external(from, &range));

    /* a length may be left out, but must not contradict the tensor */
    if (range.has_length && range.length != bytes)
        return failure(
            ELMAN_BAD_FORMAT,
            "external data of %zu bytes, but its type and shape need %zu",
            range.length, bytes);

    if (!r->folder)
        return refuse(range.location,
                      "cannot be read: the model does not come from a file");

    TRY(open_below(r->folder, range.location, &file));
    elman_status status = read_file(r, file, &range, bytes, data);
    system_file_close(file);
    return status;
}
