/*
 * file.c: whole files in, whole files out. How a file is replaced is the
 * system's: replace.h.
 */
#include "format/file.h"

#include "base/memory.h"
#include "base/system_file.h"
#include "format/replace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 1 << 16 };

/* ---- Reading ------------------------------------------------------------ */

static elman_status read_all(system_file file, const char *path, size_t bytes,
                             char *data)
{
    for (size_t done = 0; done < bytes;) {
        const ptrdiff_t got =
            system_file_read(file, done, bytes - done, data + done);
        if (got < 0)
            return failure(ELMAN_BAD_FILE, "cannot read '%.200s': %s", path,
                           strerror(errno));

        /* the file may change while it is read */
        if (got == 0)
            return failure(
                ELMAN_BAD_FILE,
                "'%.200s' shrank while it was read: %zu of %zu bytes", path,
                done, bytes);

        done += (size_t)got;
    }
    return ELMAN_OK;
}

static elman_status read_regular(system_file file, const char *path,
                                 char **data, size_t *bytes)
{
    system_file_facts about;
    if (!system_file_look(file, &about))
        return failure(ELMAN_BAD_FILE, "cannot stat '%.200s': %s", path,
                       strerror(errno));

    if (about.type)
        return failure(ELMAN_BAD_FILE, "'%.200s' is %s, not a regular file",
                       path, about.type);

    if (about.bytes > PTRDIFF_MAX - 1)
        return failure(ELMAN_NO_MEMORY, "'%.200s' is too large for memory",
                       path);

    size_t size = (size_t)about.bytes;
    char *block = malloc(size + 1);
    if (!block)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the %zu bytes of '%.200s'", size, path);

    /* the whole file, followed by a zero */
    elman_status status = read_all(file, path, size, block);
    if (status != ELMAN_OK) {
        free(block);
        return status;
    }

    block[size] = 0;
    *data = block;
    *bytes = size;
    return ELMAN_OK;
}

elman_status file_read(const char *path, char **data, size_t *bytes)
{
    system_file file;
    if (!system_file_open(path, &file))
        return failure(ELMAN_BAD_FILE, "cannot open '%.200s': %s", path,
                       strerror(errno));
    elman_status status = read_regular(file, path, data, bytes);
    system_file_close(file);
    return status;
}

elman_status source_read(const byte_source *source, char **data, size_t *bytes)
{
    if (!source->data) return file_read(source->name, data, bytes);

    size_t size = source->size;
    char *block = size < PTRDIFF_MAX ? malloc(size + 1) : NULL;
    if (!block)
        return failure(ELMAN_NO_MEMORY, "%.200s: no memory for its %zu bytes",
                       source->name, size);

    memcpy(block, source->data, size);
    block[size] = 0;
    *data = block;
    *bytes = size;
    return ELMAN_OK;
}

/* ---- Writing ------------------------------------------------------------ */

struct file_writer {
    replacement *file;
    bool failed;
    size_t buffered; /* bytes in buffer */
    char buffer[BUFFER];
};

elman_status file_writer_open(const char *path, file_writer **writer)
{
    file_writer *w = malloc(sizeof *w);
    if (!w)
        return failure(ELMAN_NO_MEMORY, "no memory to write '%.200s'", path);
    w->failed = false;
    w->buffered = 0;

    elman_status status = replacement_open(path, &w->file);
    if (status == ELMAN_OK) *writer = w;
    else free(w);
    return status;
}

static elman_status write_all(file_writer *writer, const char *data,
                              size_t bytes)
{
    elman_status status = replacement_write(writer->file, data, bytes);
    writer->failed = status != ELMAN_OK;
    return status;
}

static elman_status flush(file_writer *writer)
{
    size_t buffered = writer->buffered;
    writer->buffered = 0;
    return write_all(writer, writer->buffer, buffered);
}

static elman_status check_writer(const file_writer *writer)
{
    if (!writer->failed) return ELMAN_OK;
    return failure(ELMAN_BAD_FILE, "an earlier write to '%.200s' failed",
                   replacement_path(writer->file));
}

elman_status file_writer_write(file_writer *writer, const void *data,
                               size_t bytes)
{
    TRY(check_writer(writer));

    /* flush when the buffer is full; large writes bypass it */
    if (bytes > BUFFER - writer->buffered) TRY(flush(writer));
    if (bytes > BUFFER) return write_all(writer, data, bytes);

    if (bytes) memcpy(writer->buffer + writer->buffered, data, bytes);
    writer->buffered += bytes;
    return ELMAN_OK;
}

elman_status file_writer_commit(file_writer *writer)
{
    elman_status status = check_writer(writer);
    if (status == ELMAN_OK) status = flush(writer);
    if (status == ELMAN_OK) status = replacement_commit(writer->file);
    file_writer_abort(writer);
    return status;
}

void file_writer_abort(file_writer *writer)
{
    if (!writer) return;
    replacement_close(writer->file);
    free(writer);
}

elman_status file_writer_end(file_writer *writer, elman_status status)
{
    if (status == ELMAN_OK) return file_writer_commit(writer);
    file_writer_abort(writer);
    return status;
}

elman_status file_write(const char *path, const void *data, size_t bytes)
{
    file_writer *writer = NULL;
    TRY(file_writer_open(path, &writer));
    return file_writer_end(writer, file_writer_write(writer, data, bytes));
}
