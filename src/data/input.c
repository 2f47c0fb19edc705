/* input.c: see input.h. */
#include "data/input.h"

#include "format/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/system_file.h"

static const char standard[] = "standard input";

enum { FIRST_ROOM = 1 << 16 };

input input_of(const char *path)
{
    return (input){.name = strcmp(path, "-") ? path : standard};
}

static elman_status no_memory(const char *name)
{
    return failure(ELMAN_NO_MEMORY, "no memory for what %.200s holds", name);
}

/* Reads a pipe to its end, into room that doubles. */
static elman_status read_pipe(const char *name, char **bytes, size_t *size)
{
    size_t room = FIRST_ROOM;
    char *block = malloc(room);
    *size = 0;

    while (block) {
        ptrdiff_t got = system_input_read(room - *size - 1, block + *size);
        if (got < 0) {
            free(block);
            return failure(ELMAN_BAD_FILE, "cannot read %.200s: %s", name,
                           strerror(errno));
        }
        if (got == 0) break;

        *size += (size_t)got;
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

bool input_is_pipe(const input *in)
{
    return !in->bytes && !in->arrays && in->name == standard;
}

bool input_file_bytes(const input *in, size_t *bytes)
{
    system_file file;
    system_file_facts about = {0};
    if (in->bytes || in->arrays || input_is_pipe(in)) return false;
    if (!system_file_open(in->name, &file)) return false;
    bool regular = system_file_look(file, &about) && !about.type;
    system_file_close(file);
    *bytes = (size_t)about.bytes;
    return regular && about.bytes < PTRDIFF_MAX;
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

elman_status input_peek(const input *in, size_t most, char **bytes,
                        size_t *size, bool *whole)
{
    /* a file that can not be read is reported by who reads all of it */
    system_file file;
    system_file_facts about;
    bool opened = !in->bytes && system_file_open(in->name, &file);
    bool regular = opened && system_file_look(file, &about) && !about.type;
    uint64_t have = in->bytes ? in->size : regular ? about.bytes : 0;
    *whole = have <= most;
    if (!*whole) have = most;

    char *front = malloc((size_t)have + 1);
    *size = 0;
    if (front && in->bytes) {
        *size = (size_t)have;
        memcpy(front, in->bytes, *size);
    } else if (front && regular) *size = read_front(file, (size_t)have, front);

    if (opened) system_file_close(file);
    if (!front) return no_memory(in->name);
    front[*size] = 0;
    *bytes = front;
    return ELMAN_OK;
}

elman_status input_read(const input *in, char **bytes, size_t *size)
{
    if (input_is_pipe(in)) return read_pipe(in->name, bytes, size);
    if (!in->bytes) return file_read(in->name, bytes, size);

    /* a copy, as readers write over what they read */
    char *copy = in->size < PTRDIFF_MAX ? malloc(in->size + 1) : NULL;
    if (!copy) return no_memory(in->name);
    memcpy(copy, in->bytes, in->size);
    copy[in->size] = 0;
    *bytes = copy;
    *size = in->size;
    return ELMAN_OK;
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
