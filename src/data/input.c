/* input.c: see input.h. */
#include "data/input.h"

#include "format/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
static elman_status read_pipe(int fd, const char *name, char **bytes,
                              size_t *size)
{
    size_t room = FIRST_ROOM;
    char *block = malloc(room);
    *size = 0;

    while (block) {
        ssize_t got = read(fd, block + *size, room - *size - 1);
        if (got < 0 && errno == EINTR) continue;
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

elman_status input_peek(const input *in, size_t most, char **bytes,
                        size_t *size, bool *whole)
{
    /* a file that can not be read is reported by who reads all of it */
    struct stat info;
    bool regular =
        !in->bytes && stat(in->name, &info) == 0 && S_ISREG(info.st_mode);
    uintmax_t all = in->bytes ? in->size
                    : regular ? (uintmax_t)info.st_size
                              : 0;
    *whole = all <= most;
    size_t have = *whole ? (size_t)all : most;

    char *front = malloc(have + 1);
    if (!front) return no_memory(in->name);
    *size = 0;

    if (in->bytes) {
        *size = have;
        memcpy(front, in->bytes, have);
    } else {
        FILE *file = regular ? fopen(in->name, "rb") : NULL;
        if (file) *size = fread(front, 1, have, file);
        if (file) fclose(file);
    }

    front[*size] = 0;
    *bytes = front;
    return ELMAN_OK;
}

elman_status input_read(const input *in, char **bytes, size_t *size)
{
    if (input_is_pipe(in))
        return read_pipe(STDIN_FILENO, in->name, bytes, size);
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
