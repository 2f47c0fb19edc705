/* decode_survey.c: see decode_survey.h. */
#include "format/decode_survey.h"

#include "format/decode_parts.h"
#include "format/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 1 << 16 };

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Where a pass through a file stands. */
typedef struct pass {
    const file_reader *reader;
    size_t at, end; /* of the file, what is still to be read */
    size_t size;    /* bytes in block */
    char block[AT_ONCE];
} pass;

/* Reads more, behind what is left of the block from used on. */
static elman_status pass_read(pass *p, size_t used)
{
    p->size -= used;
    memmove(p->block, p->block + used, p->size);

    size_t room = AT_ONCE - p->size, left = p->end - p->at;
    size_t bytes = left < room ? left : room, got = 0;
    TRY(file_reader_span(p->reader, p->at, p->block + p->size, bytes, bytes,
                         &got));
    p->at += got;
    p->size += got;
    return ELMAN_OK;
}

/* ---- One pass ------------------------------------------------------------ */

static void count_returns(decode_survey *s, const char *text, size_t size,
                          bool *pending)
{
    if (size && *pending) s->with_feeds += text[0] == '\n';
    if (size) *pending = text[size - 1] == '\r';
    for (const char *c = memchr(text, '\r', size); c;
         c = memchr(c + 1, '\r', (size_t)(text + size - c - 1))) {
        s->returns++;
        s->with_feeds += c + 1 < text + size && c[1] == '\n';
    }
}

/* Counts characters and line ends; a zero byte ends it. */
static elman_status count_all(const file_reader *reader, decode_survey *s,
                              utf8_counts *counts)
{
    pass *p = malloc(sizeof *p);
    if (!p) return failure(ELMAN_NO_MEMORY, "no memory for a part of a text");
    p->reader = reader;
    p->at = s->begin;
    p->end = file_reader_size(reader);
    p->size = 0;

    /* a character that a block cuts is counted with the next */
    bool pending = false;
    size_t used = 0;
    elman_status status = ELMAN_OK;
    do {
        status = pass_read(p, used);
        if (status) break;
        const char *zero = memchr(p->block, 0, p->size);
        if (zero)
            status =
                failure(ELMAN_BAD_FORMAT,
                        "a zero byte at %zu, expected text; unit bytes "
                        "reads any file",
                        s->begin + counts->size + (size_t)(zero - p->block));
        used = utf8_counts_add(counts, p->block, p->size, p->at == p->end);
        count_returns(s, p->block, used, &pending);
    } while (!status && (p->at < p->end || used < p->size));
    free(p);
    return status;
}

/* The line of a place in the file, from 1; where text is NULL. */
static elman_status find_line(const file_reader *reader, size_t begin,
                              size_t place, size_t *line, unsigned char *byte)
{
    char block[4096], before = 0;
    *line = 1;
    for (size_t at = begin, got; at <= place; at += got) {
        size_t left = place + 1 - at;
        size_t bytes = left < sizeof block ? left : sizeof block;
        TRY(file_reader_span(reader, at, block, bytes, bytes, &got));
        for (size_t i = 0; i < got && at + i < place; i++) {
            char c = block[i];
            *line += c == '\r' || (c == '\n' && before != '\r');
            before = c;
        }
        *byte = (unsigned char)block[got - 1];
    }
    return ELMAN_OK;
}

static elman_status look_western(const file_reader *reader, western_look *look)
{
    char block[4096];
    size_t end = file_reader_size(reader);
    for (size_t at = 0, got; at < end && !look->never; at += got) {
        size_t bytes = end - at < sizeof block ? end - at : sizeof block;
        TRY(file_reader_span(reader, at, block, bytes, bytes, &got));
        western_look_add(look, block, got);
    }
    return ELMAN_OK;
}

/* ---- The encoding -------------------------------------------------------- */

static elman_status not_utf8(const char *name)
{
    return failure(ELMAN_BAD_FORMAT,
                   "it is %s text, but one of this size stays in its file and "
                   "is UTF-8; make that of it first (iconv -f %s -t UTF-8)",
                   name, name);
}

/* What the first bytes and the config say. */
static elman_status find_mark(const file_reader *reader,
                              const decode_config *config, decode_survey *s)
{
    char front[4] = {0};
    size_t size = file_reader_size(reader), got = 0, skip = 0;
    if (size > sizeof front) size = sizeof front;
    TRY(file_reader_span(reader, 0, front, size, size, &got));

    const char *marked = decode_mark(front, size, &skip);
    const char *name = config->encoding ? config->encoding : marked;
    if (name && !decode_is_utf8(name)) return not_utf8(name);
    if (marked && !strcmp(marked, "UTF-8")) s->begin = skip;
    s->found.guessed = false;
    snprintf(s->found.encoding, sizeof s->found.encoding, "UTF-8");
    return ELMAN_OK;
}

elman_status decode_survey_file(const file_reader *reader,
                                const decode_config *config,
                                decode_survey *survey)
{
    *survey = (decode_survey){0};
    decoded *d = &survey->found;
    if (!file_reader_size(reader))
        return failure(ELMAN_BAD_FORMAT, "the file is empty");
    TRY(find_mark(reader, config, survey));

    utf8_counts counts = {0};
    TRY(count_all(reader, survey, &counts));
    d->size = config->bad == BAD_BYTES_KEEP ? counts.size : counts.replaced;
    if (!config->encoding && !survey->begin && !utf8_is_damaged(&counts)) {
        western_look look = {0};
        TRY(look_western(reader, &look));
        if (!look.never && look.high <= look.plain)
            return not_utf8(look.windows ? "Windows-1252" : "Latin-1");
    }

    /* the first bad place speaks for all */
    if (counts.bad) {
        d->bad_count = counts.bad;
        d->bad_offset = counts.first_bad + survey->begin;
        TRY(find_line(reader, 0, d->bad_offset, &d->bad_line, &d->bad_byte));
        if (config->bad == BAD_BYTES_REFUSE) return decode_refuse_bad(d);
    }
    decode_write_note(d, config);
    return ELMAN_OK;
}

/* ---- A part -------------------------------------------------------------- */

/* The bytes of the next character of a part; 0: it may go on behind it. What it
 * becomes is at *out, of *written bytes. */
static size_t next_character(const char *from, size_t size, bool last,
                             bool keep_line_ends, const char **out,
                             size_t *written)
{
    uint32_t point;
    *out = from;
    if (*from == '\r' && !keep_line_ends) {
        if (size == 1 && !last) return 0;
        *out = "\n";
        *written = 1;
        return size > 1 && from[1] == '\n' ? 2 : 1;
    }

    /* as it is, unless it is none */
    size_t length = utf8_read(from, size, &point);
    *written = length;
    if (length) return length;
    if (!last && size < UTF8_MAX_BYTES) return 0;

    length = decode_bad_length(from, size);
    *out = replacement;
    *written = sizeof replacement - 1;
    return length;
}

size_t decode_part(const char *bytes, size_t size, bool last,
                   bool keep_line_ends, size_t most, char *text, size_t *used)
{
    size_t at = 0, done = 0;
    while (at < size && done < most) {
        /* most text is ASCII, which stays as it is */
        size_t run = utf8_ascii(bytes + at, size - at);
        if (run > most - done) run = most - done;
        const char *turn =
            keep_line_ends ? NULL : memchr(bytes + at, '\r', run);
        if (turn) run = (size_t)(turn - (bytes + at));
        memcpy(text + done, bytes + at, run);
        at += run;
        done += run;
        if (at == size || done == most) break;

        const char *out;
        size_t written = 0;
        size_t length = next_character(bytes + at, size - at, last,
                                       keep_line_ends, &out, &written);
        if (!length || written > most - done) break;
        memcpy(text + done, out, written);
        at += length;
        done += written;
    }
    *used = at;
    return done;
}
