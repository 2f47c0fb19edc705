/* capture.c: see capture.h. Descriptors are exchanged, so whatever writes to
 * the streams need not know. */
#include "capture.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *stream_of(int n) { return n == CAPTURE_OUT ? stdout : stderr; }

/* The streams go where they went, as far as they were changed. */
static void give_back(capture *c)
{
    const int reason = errno;
    for (int n = 0; n < CAPTURE_STREAMS; n++) {
        FILE *stream = stream_of(n);
        fflush(stream);
        if (c->saved[n] < 0) continue;
        (void)dup2(c->saved[n], fileno(stream));
        close(c->saved[n]);
        c->saved[n] = -1;
    }
    errno = reason;
}

static void close_files(capture *c)
{
    for (int n = 0; n < CAPTURE_STREAMS; n++)
        if (c->files[n]) fclose(c->files[n]);
}

bool capture_begin(capture *c)
{
    *c = (capture){.saved = {-1, -1}};
    for (int n = 0; n < CAPTURE_STREAMS; n++) {
        FILE *stream = stream_of(n);
        fflush(stream);
        c->files[n] = tmpfile();
        if (c->files[n]) c->saved[n] = dup(fileno(stream));
        if (c->saved[n] >= 0 && dup2(fileno(c->files[n]), fileno(stream)) >= 0)
            continue;
        give_back(c);
        close_files(c);
        return false;
    }
    return true;
}

/* All that a file holds. */
static bool read_back(FILE *file, kept_text *to)
{
    if (fseek(file, 0, SEEK_END) != 0) return false;
    const long size = ftell(file);
    if (size < 0) return false;
    rewind(file);
    to->text = malloc((size_t)size + 1);
    if (!to->text) return false;
    to->bytes = fread(to->text, 1, (size_t)size, file);
    to->text[to->bytes] = '\0';
    return to->bytes == (size_t)size;
}

bool capture_end(capture *c, kept_text said[CAPTURE_STREAMS])
{
    bool whole = true;
    give_back(c);
    for (int n = 0; n < CAPTURE_STREAMS; n++)
        whole = read_back(c->files[n], said + n) && whole;
    close_files(c);
    return whole;
}

void capture_free(kept_text said[CAPTURE_STREAMS])
{
    for (int n = 0; n < CAPTURE_STREAMS; n++) {
        free(said[n].text);
        said[n] = (kept_text){NULL, 0};
    }
}
