/*
 * source.c: see source.h. A line is given as soon as it ends: what a pipe has
 * is taken without waiting for more.
 */
#include "source.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };

bool source_is_pipe(const char *path)
{
    path_facts facts;
    if (!path || !strcmp(path, "-")) return true;
    return path_look(path, &facts) && !facts.file && !facts.folder;
}

int source_open(const char *path, line_source *source)
{
    *source = (line_source){.fd = STDIN_FILENO, .name = "standard input"};
    source->block = malloc(BLOCK);
    if (!source->block) return failed("out of memory");
    if (!path || !strcmp(path, "-")) return 0;

    path_facts file;
    snprintf(source->name, sizeof source->name, "'%s'", path);
    if (path_look(path, &file) && file.folder)
        return failed("cannot read '%s': it is a folder", path);

    source->fd = descriptor_open(path);
    if (source->fd < 0)
        return failed("cannot read '%s': %s", path, strerror(errno));
    return 0;
}

void source_close(line_source *source)
{
    if (source->fd > STDIN_FILENO) close(source->fd);
    free(source->text);
    free(source->block);
    *source = (line_source){.fd = -1};
}

/* Reads what is there next; false at the end. */
static bool fill(line_source *source)
{
    ssize_t got;
    do
        got = read(source->fd, source->block, BLOCK);
    while (got < 0 && errno == EINTR);

    if (got < 0) source->error = errno;
    source->at = 0;
    source->end = got > 0 ? (size_t)got : 0;
    return got > 0;
}

static bool has_more(line_source *source)
{
    return source->at < source->end || fill(source);
}

/* Appends to the line; false if there is no memory for it. */
static bool append(line_source *source, const char *bytes, size_t count)
{
    if (source->room - source->bytes <= count) {
        size_t room = 2 * (source->bytes + count) + 128;
        char *wider = realloc(source->text, room);
        if (!wider) {
            source->error = ENOMEM;
            return false;
        }
        source->text = wider;
        source->room = room;
    }

    memcpy(source->text + source->bytes, bytes, count);
    source->bytes += count;
    source->text[source->bytes] = '\0';
    return true;
}

/* A byte order mark is not part of a value. */
static void drop_mark(line_source *source)
{
    if (source->bytes < 3 || memcmp(source->text, "\xEF\xBB\xBF", 3) != 0)
        return;
    source->bytes -= 3;
    memmove(source->text, source->text + 3, source->bytes + 1);
}

/* The \n of a line that ended with \r may have come later. */
static void skip_rest_of_end(line_source *source)
{
    if (source->after_return && has_more(source) &&
        source->block[source->at] == '\n')
        source->at++;
    source->after_return = false;
}

bool source_next(line_source *source)
{
    source->bytes = 0;
    skip_rest_of_end(source);
    if (!append(source, "", 0)) return false;

    /* from block to block, up to the line's end or that of the file */
    bool any = false, ended = false;
    while (!ended && has_more(source)) {
        const char *first = source->block + source->at;
        size_t most = source->end - source->at, count = 0;
        while (count < most && first[count] != '\n' && first[count] != '\r')
            count++;

        any = true;
        ended = count < most;
        if (!append(source, first, count)) return false;
        source->at += count + ended;
        source->after_return = ended && first[count] == '\r';
    }

    if (!any || source->error) return false;
    if (source->line++ == 0) drop_mark(source);
    return true;
}

int source_error(const line_source *source)
{
    if (!source->error) return 0;
    return failed("cannot read %s: %s", source->name, strerror(source->error));
}

bool source_has_line(const line_source *source)
{
    const char *first = source->block + source->at;
    size_t count = source->end - source->at;
    bool rest = source->after_return && count && *first == '\n';
    first += rest;
    count -= rest;
    return memchr(first, '\n', count) || memchr(first, '\r', count);
}

bool source_begins(line_source *source, const char *bytes, size_t count)
{
    return has_more(source) && source->end - source->at >= count &&
           !memcmp(source->block + source->at, bytes, count);
}

int source_rest(line_source *source, char **bytes, size_t *size)
{
    char *all = NULL;
    size_t room = 0;
    *size = 0;

    while (has_more(source)) {
        size_t count = source->end - source->at;
        if (room - *size < count) {
            room = 2 * (*size + count);
            char *wider = realloc(all, room);
            if (!wider) {
                free(all);
                return failed("out of memory for %s", source->name);
            }
            all = wider;
        }
        memcpy(all + *size, source->block + source->at, count);
        *size += count;
        source->at = source->end;
    }

    if (source->error) {
        free(all);
        return source_error(source);
    }

    /* an empty file is a file too */
    *bytes = all ? all : calloc(1, 1);
    return *bytes ? 0 : failed("out of memory for %s", source->name);
}
