/*
 * onnx_data.c: tensors whose bytes lie in another file.
 *
 * The model names that file, and the model is not trusted. So only a regular
 * file in the model's folder or below it is opened, and no part of its path may
 * be ".." or a symbolic link.
 */
#include "format/onnx_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Tensors may share bytes, but a small file must not fill the memory. */
enum { MOST_SHARED = 4, LONGEST_PART = 255 };

typedef struct external {
    const char *location;
    size_t offset, length;
    bool has_length;
} external;

/* ---- What the model says ------------------------------------------------ */

/* A decimal number without sign. */
static bool read_size(const char *text, size_t *size)
{
    size_t value = 0;
    if (!*text) return false;

    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        size_t digit = (size_t)(*text - '0');
        if (value > (SIZE_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *size = value;
    return true;
}

static elman_status read_external(const Onnx__Tensor *from, external *range)
{
    *range = (external){.location = ""};

    for (size_t i = 0; i < from->n_external_data; i++) {
        const char *key, *value;
        bool good = true;

        TRY(onnx_text_read(from->external_data[i]->key, "a key", &key));
        TRY(onnx_text_read(from->external_data[i]->value, "external data",
                           &value));

        /* other keys, such as a checksum, are not needed */
        if (!strcmp(key, "location")) range->location = value;
        if (!strcmp(key, "offset")) good = read_size(value, &range->offset);
        if (!strcmp(key, "length")) {
            good = read_size(value, &range->length);
            range->has_length = true;
        }

        if (!good)
            return failure(ELMAN_BAD_FORMAT,
                           "external data's %s is \"%.40s\", expected a "
                           "number of bytes",
                           key, value);
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

/* Opens one part of a path below the folder at, which is closed. */
static int step_into(int at, const char *part, int flags)
{
    int fd = openat(at, part, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int reason = errno;
    close(at);
    errno = reason;
    return fd;
}

/* Walks from folder to location, part by part, and opens it. */
static elman_status open_below(const char *folder, const char *location,
                               int *fd)
{
    if (*location == '/')
        return refuse(location, "is not relative to the model's folder");

    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *rest = location;

    while (at >= 0 && *rest) {
        char part[LONGEST_PART + 1];
        size_t length = strcspn(rest, "/");
        bool last = !rest[length];

        if (length > LONGEST_PART || (length == 2 && !memcmp(rest, "..", 2))) {
            close(at);
            return refuse(location, "leads out of the model's folder");
        }

        memcpy(part, rest, length);
        part[length] = 0;
        rest += length + !last;
        /* "a//b" and "./a" name no other file */
        if (!length || !strcmp(part, ".")) continue;
        at = step_into(at, part, last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY);
    }

    if (at >= 0) {
        *fd = at;
        return ELMAN_OK;
    }

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
static elman_status count_bytes(onnx_reader *r, const struct stat *about,
                                const char *location, size_t bytes)
{
    onnx_data_file *file = r->data_files;
    uintmax_t device = about->st_dev, number = about->st_ino;

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

    if (file->bytes / MOST_SHARED + bytes / MOST_SHARED >
        (uintmax_t)about->st_size)
        return refuse(location, "is read too many times over by other tensors");

    file->bytes += bytes;
    return ELMAN_OK;
}

/* ---- Its bytes ---------------------------------------------------------- */

static elman_status read_range(int fd, const external *range, size_t bytes,
                               char *data)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t got = pread(fd, data + done, bytes - done,
                            (off_t)range->offset + (off_t)done);
        if (got < 0 && errno == EINTR) continue;
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

static elman_status read_file(onnx_reader *r, int fd, const external *range,
                              size_t bytes, const void **data)
{
    struct stat about;
    if (fstat(fd, &about))
        return failure(ELMAN_BAD_FILE, "cannot stat external data '%.80s': %s",
                       range->location, strerror(errno));

    if (!S_ISREG(about.st_mode))
        return refuse(range->location, "is not a regular file");

    uintmax_t size = (uintmax_t)about.st_size;
    if (range->offset > size || bytes > size - range->offset)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu bytes from byte %zu are not within external data "
                       "'%.80s', which has %ju",
                       bytes, range->offset, range->location, size);

    TRY(count_bytes(r, &about, range->location, bytes));

    /* these bytes are in another file, so they do not count towards the budget
     * of the model's own */
    r->left = r->left > SIZE_MAX - bytes ? SIZE_MAX : r->left + bytes;
    char *block = onnx_allocate(r, bytes, 1);
    if (!block) return onnx_memory_failure(r);

    *data = block;
    return read_range(fd, range, bytes, block);
}

elman_status onnx_external_read(onnx_reader *r, const Onnx__Tensor *from,
                                size_t bytes, const void **data)
{
    external range;
    int fd = -1;
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

    TRY(open_below(r->folder, range.location, &fd));
    elman_status status = read_file(r, fd, &range, bytes, data);
    close(fd);
    return status;
}
