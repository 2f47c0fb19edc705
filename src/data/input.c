/* input.c: see input.h. */
#include "data/input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/spill.h"
#include "base/stop.h"
#include "base/system_file.h"

static const char standard[] = "standard input";

enum { FIRST_ROOM = 1 << 16 };

input input_of(const char *path)
{
    bool pipe = !strcmp(path, "-") || system_is_pipe(path);
    bool named = strcmp(path, "-") && (!pipe || strcmp(path, "/dev/stdin"));
    return (input){.name = named ? path : standard, .pipe = pipe};
}

static elman_status no_memory(const char *name)
{
    return failure(ELMAN_NO_MEMORY, "no memory for what %.200s holds", name);
}

/* ---- A pipe -------------------------------------------------------------- */

static elman_status cannot_read(const char *name)
{
    return failure(ELMAN_BAD_FILE, "cannot read %.200s: %s", name,
                   strerror(errno));
}

/* After a read without bytes; a signal that has ended it may be the reason to
 * end the call. */
static elman_status pipe_failed(const char *name)
{
    return errno == EINTR ? stop_check_now() : cannot_read(name);
}

/* Reads into room that doubles, until there is more than most. */
static elman_status read_pipe(const char *name, system_file pipe, size_t most,
                              char **bytes, size_t *size, bool *ended)
{
    size_t room = FIRST_ROOM;
    char *block = malloc(room);
    *size = 0;
    *ended = false;

    while (block && *size <= most) {
        ptrdiff_t got = system_pipe_read(pipe, room - *size - 1, block + *size);
        elman_status status = got < 0 ? pipe_failed(name) : stop_check();
        if (status) {
            free(block);
            return status;
        }
        if (got < 0) continue;
        *ended = got == 0;
        if (*ended) break;

        *size += (size_t)got;
        bytes_count((uint64_t)got);
        if (room - *size > 1) continue;
        char *wider = room > PTRDIFF_MAX / 2 ? NULL : realloc(block, room *= 2);
        if (!wider) free(block);
        block = wider;
    }

    if (!block) return no_memory(name);
    block[*size] = 0;
    *bytes = block;
    return ELMAN_OK;
}

static elman_status cannot_keep(const char *name, uint64_t size,
                                const char *folder)
{
    return failure(ELMAN_BAD_FILE,
                   "%.200s is kept in a file, as it has more bytes than are "
                   "kept in memory, but after %s '%.200s' takes "
                   "no more: %s; name a folder with more room in TMPDIR",
                   name, bytes_in_words(size).text, folder, strerror(errno));
}

/* Writes what was read and all that comes to a file. */
static elman_status spool(const char *name, system_file pipe, const char *begun,
                          size_t size, const char *folder, system_file file)
{
    char block[FIRST_ROOM];
    uint64_t at = size;
    if (!system_file_write(file, 0, size, begun))
        return cannot_keep(name, 0, folder);

    for (;;) {
        ptrdiff_t got = system_pipe_read(pipe, sizeof block, block);
        TRY(got < 0 ? pipe_failed(name) : stop_check());
        if (got < 0) continue;
        if (got == 0) return ELMAN_OK;
        if (!system_file_write(file, at, (size_t)got, block))
            return cannot_keep(name, at, folder);
        at += (uint64_t)got;
        bytes_count((uint64_t)got);
    }
}

static elman_status hold_in_file(input *in, system_file pipe, const char *begun,
                                 size_t size)
{
    char folder[256] = "";
    system_file file;
    if (!system_file_temporary(folder, sizeof folder, &file))
        return cannot_keep(in->name, 0, folder);

    elman_status status = spool(in->name, pipe, begun, size, folder, file);
    if (!status) return file_reader_take(in->name, file, &in->file);
    system_file_close(file);
    return status;
}

elman_status input_hold(input *in, size_t memory)
{
    char *bytes = NULL;
    size_t size;
    bool ended;
    system_file pipe;
    while (!system_pipe_open(in->name == standard ? NULL : in->name, &pipe))
        TRY(pipe_failed(in->name));

    size_t most = memory ? memory : SIZE_MAX;
    elman_status status =
        read_pipe(in->name, pipe, most, &bytes, &size, &ended);
    if (!status && ended) {
        in->bytes = bytes;
        in->size = size;
    } else if (!status) {
        status = hold_in_file(in, pipe, bytes, size);
        free(bytes);
    }
    system_pipe_close(pipe);
    in->pipe = status != ELMAN_OK;
    return status;
}

void input_release(input *in)
{
    free((void *)in->bytes);
    file_reader_close(in->file);
}

/* ---- Files --------------------------------------------------------------- */

bool input_is_large(const input *in, const elman_dataset_config *config)
{
    system_file file;
    system_file_facts about = {0};
    if (!config->memory || in->bytes || in->arrays || in->pipe) return false;
    if (in->file) return file_reader_size(in->file) > config->memory;
    if (!system_file_open(in->name, &file)) return false;
    bool regular = system_file_look(file, &about) && !about.type;
    system_file_close(file);
    return regular && about.bytes < PTRDIFF_MAX && about.bytes > config->memory;
}

elman_status input_open(const input *in, file_reader **reader)
{
    if (!in->file) return file_reader_open(in->name, reader);
    *reader = file_reader_share(in->file);
    return ELMAN_OK;
}

/* The first bytes of a file; how many there were. */
static size_t read_front(system_file file, size_t bytes, char *front)
{
    size_t done = 0;
    for (ptrdiff_t got = 1; got > 0 && done < bytes;) {
        got = system_file_read(file, done, bytes - done, front + done);
        if (got > 0) done += (size_t)got;
    }
    return done;
}

/* The same of a file that nobody has open, which is reported by who reads all
 * of it where it can not be read. */
static elman_status peek_file(const input *in, size_t most, char **bytes,
                              size_t *size, bool *whole)
{
    system_file file;
    system_file_facts about;
    bool opened = system_file_open(in->name, &file);
    bool regular = opened && system_file_look(file, &about) && !about.type;
    uint64_t have = regular ? about.bytes : 0;
    *whole = have <= most;
    if (!*whole) have = most;

    char *front = malloc((size_t)have + 1);
    *size = front && regular ? read_front(file, (size_t)have, front) : 0;
    if (opened) system_file_close(file);
    if (!front) return no_memory(in->name);
    *bytes = front;
    return ELMAN_OK;
}

elman_status input_peek(const input *in, size_t most, char **bytes,
                        size_t *size, bool *whole)
{
    elman_status status = ELMAN_OK;
    if (!in->bytes && !in->file) {
        status = peek_file(in, most, bytes, size, whole);
        if (!status) (*bytes)[*size] = 0;
        return status;
    }

    size_t have = in->file ? file_reader_size(in->file) : in->size;
    *whole = have <= most;
    *size = *whole ? have : most;
    *bytes = malloc(*size + 1);
    if (!*bytes) return no_memory(in->name);
    if (in->file) status = file_reader_read(in->file, 0, *bytes, *size);
    else memcpy(*bytes, in->bytes, *size);
    if (status) free(*bytes);
    else (*bytes)[*size] = 0;
    return status;
}

/* A copy, as readers write over what they read. */
static elman_status copy_memory(const input *in, char **bytes)
{
    char *copy = in->size < PTRDIFF_MAX ? spill_create(in->size + 1) : NULL;
    if (!copy) return no_memory(in->name);
    memcpy(copy, in->bytes, in->size);
    copy[in->size] = 0;
    *bytes = copy;
    return ELMAN_OK;
}

/* All of a file. */
static elman_status read_file(const input *in, char **bytes, size_t *size)
{
    file_reader *file = NULL;
    TRY(input_open(in, &file));
    *size = file_reader_size(file);
    char *block = spill_create(*size + 1);
    elman_status status =
        block ? file_reader_read(file, 0, block, *size) : no_memory(in->name);
    file_reader_close(file);
    if (status) {
        spill_free(block);
        return status;
    }
    block[*size] = 0;
    *bytes = block;
    return ELMAN_OK;
}

elman_status input_read(const input *in, char **bytes, size_t *size)
{
    if (!in->bytes) return read_file(in, bytes, size);
    *size = in->size;
    return copy_memory(in, bytes);
}

elman_status input_decode(const input *in, const elman_dataset_config *config,
                          decoded *text)
{
    static const bad_bytes ways[] = {
        [ELMAN_BAD_BYTES_REPLACE] = BAD_BYTES_REPLACE,
        [ELMAN_BAD_BYTES_REFUSE] = BAD_BYTES_REFUSE,
        [ELMAN_BAD_BYTES_KEEP] = BAD_BYTES_REPLACE};

    char *bytes = NULL;
    size_t size = 0;
    const decode_config how = {.encoding = config->text_encoding,
                               .bad = ways[config->bad_bytes]};
    TRY(input_read(in, &bytes, &size));
    elman_status status = decode_text(bytes, size, &how, text);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}
