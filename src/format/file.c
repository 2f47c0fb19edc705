/*
 * file.c: whole files in, whole files out. How a file is replaced is the
 * system's: replace.h.
 */
#include "format/file.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/system_file.h"
#include "base/system_replace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 1 << 16, AT_ONCE = 1 << 26 };

/* ---- Reading ------------------------------------------------------------ */

struct file_reader {
    char *path;    /* as the caller gave it, for messages */
    size_t others; /* who have it too */
    system_file file;
    size_t size;      /* of the file when it was opened */
    uint64_t changed; /* when it was written to last */
    size_t from, end; /* of the file, what is in buffer */
    char buffer[BUFFER];
};

/* Checks what was opened; the size of what can be read. */
static elman_status regular_size(system_file file, const char *path,
                                 size_t *size, uint64_t *changed)
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

    *size = (size_t)about.bytes;
    *changed = about.changed;
    return ELMAN_OK;
}

elman_status file_reader_take(const char *name, system_file file,
                              file_reader **reader)
{
    file_reader *r = malloc(sizeof *r);
    char *path = text_copy(name);
    elman_status status =
        r && path
            ? ELMAN_OK
            : failure(ELMAN_NO_MEMORY, "no memory to read '%.200s'", name);

    if (!status) {
        r->path = path;
        r->file = file;
        r->others = r->from = r->end = 0;
        status = regular_size(file, path, &r->size, &r->changed);
    }

    if (!status) *reader = r;
    else {
        system_file_close(file);
        free(r);
        free(path);
    }
    return status;
}

elman_status file_reader_open(const char *path, file_reader **reader)
{
    system_file file;
    if (!system_file_open(path, &file))
        return failure(ELMAN_BAD_FILE, "cannot open '%.200s': %s", path,
                       strerror(errno));
    return file_reader_take(path, file, reader);
}

file_reader *file_reader_share(file_reader *r)
{
    r->others++;
    return r;
}

size_t file_reader_size(const file_reader *r) { return r->size; }

const char *file_reader_path(const file_reader *r) { return r->path; }

void file_reader_close(file_reader *r)
{
    if (!r || r->others-- > 0) return;
    system_file_close(r->file);
    free(r->path);
    free(r);
}

elman_status file_reader_span(const file_reader *r, size_t at, void *data,
                              size_t bytes, size_t room, size_t *got)
{
    size_t done = 0;
    while (done < bytes) {
        TRY(stop_check());
        size_t left = room - done < AT_ONCE ? room - done : AT_ONCE;
        ptrdiff_t more =
            system_file_read(r->file, at + done, left, (char *)data + done);
        if (more < 0)
            return failure(ELMAN_BAD_FILE, "cannot read '%.200s': %s", r->path,
                           strerror(errno));

        /* the file may change while it is read */
        if (more == 0)
            return failure(
                ELMAN_BAD_FILE,
                "'%.200s' shrank while it was read: %zu of %zu bytes", r->path,
                at + done, r->size);

        done += (size_t)more;
        bytes_count((uint64_t)more);
    }
    *got = done;
    return ELMAN_OK;
}

elman_status file_reader_read(file_reader *r, size_t at, void *data,
                              size_t bytes)
{
    size_t got;
    if (bytes >= BUFFER)
        return file_reader_span(r, at, data, bytes, bytes, &got);

    /* small parts come from the buffer, which reads ahead */
    if (at < r->from || at + bytes > r->end) {
        r->from = r->end = at;
        TRY(file_reader_span(r, at, r->buffer, bytes, BUFFER, &got));
        r->end = at + got;
    }
    if (bytes) memcpy(data, r->buffer + (at - r->from), bytes);
    return ELMAN_OK;
}

void file_reader_data(const file_reader *r, size_t at, size_t *begin,
                      size_t *end)
{
    uint64_t from = at, to = r->size;
    if (at < r->size) system_file_data(r->file, at, r->size, &from, &to);
    *begin = (size_t)from;
    *end = (size_t)to;
}

elman_status file_reader_check(const file_reader *r)
{
    size_t size = 0;
    uint64_t changed = 0;
    TRY(regular_size(r->file, r->path, &size, &changed));
    if (size < r->size)
        return failure(ELMAN_BAD_FILE,
                       "'%.200s' shrank while it was read: it has %zu of %zu "
                       "bytes",
                       r->path, size, r->size);
    if (size != r->size || changed != r->changed)
        return failure(ELMAN_BAD_FILE,
                       "'%.200s' was written to while it was read", r->path);
    return ELMAN_OK;
}

/* The whole file, followed by a zero. */
static elman_status read_whole(file_reader *r, char **data, size_t *bytes)
{
    char *block = malloc(r->size + 1);
    if (!block)
        return failure(ELMAN_NO_MEMORY, "no memory for the %s of '%.200s'",
                       bytes_in_words(r->size).text, r->path);

    elman_status status = file_reader_read(r, 0, block, r->size);
    if (status) {
        free(block);
        return status;
    }

    block[r->size] = 0;
    *data = block;
    *bytes = r->size;
    return ELMAN_OK;
}

elman_status file_read(const char *path, char **data, size_t *bytes)
{
    file_reader *reader = NULL;
    TRY(file_reader_open(path, &reader));
    elman_status status = read_whole(reader, data, bytes);
    file_reader_close(reader);
    return status;
}

elman_status source_read(const byte_source *source, char **data, size_t *bytes)
{
    if (!source->data) return file_read(source->name, data, bytes);

    size_t size = source->size;
    char *block = size < PTRDIFF_MAX ? malloc(size + 1) : NULL;
    if (!block)
        return failure(ELMAN_NO_MEMORY, "%.200s: no memory for its %s",
                       source->name, bytes_in_words(size).text);

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
