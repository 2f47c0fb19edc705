/*
 * decode.c: which encoding bytes have, and their conversion.
 */
#include "format/decode.h"

#include "base/bytes.h"
#include "format/converter.h"
#include "format/decode_parts.h"
#include "format/file.h"
#include "format/utf8.h"

#include "base/spill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

static unsigned char byte_at(const char *bytes, size_t at)
{
    return (unsigned char)bytes[at];
}

/* ---- Places that are no character --------------------------------------- */

/* The line of an offset, from 1, where units of `width` bytes are characters
 * and `low` is where in a unit ASCII stands. */
static size_t line_of(const char *bytes, size_t at, size_t width, size_t low)
{
    size_t line = 1;
    char before = 0;

    for (size_t i = 0; i + width <= at; i += width) {
        char c = bytes[i + low];
        line += c == '\r' || (c == '\n' && before != '\r');
        before = c;
    }
    return line;
}

/* The longest beginning of a character, at least one byte. */
size_t decode_bad_length(const char *text, size_t bytes)
{
    unsigned char lead = byte_at(text, 0);
    size_t need = lead < 0xC2   ? 1
                  : lead < 0xE0 ? 2
                  : lead < 0xF0 ? 3
                  : lead < 0xF5 ? 4
                                : 1;
    size_t have = 1;
    uint32_t point;

    while (have < need && have < bytes &&
           (byte_at(text, have) & 0xC0) == 0x80) {
        /* overlong forms, surrogates: the lead alone is bad */
        char whole[UTF8_MAX_BYTES] = {text[0], text[1], '\x80', '\x80'};
        if (have == 1 && !utf8_read(whole, need, &point)) break;
        have++;
    }
    return have < need || need == 1 ? have : 1;
}

size_t utf8_counts_add(utf8_counts *counts, const char *text, size_t size,
                       bool last)
{
    size_t at = 0;
    uint32_t point;

    while (at < size) {
        if (byte_at(text, at) < 0x80) at += utf8_ascii(text + at, size - at);
        if (at == size || (!last && size - at < UTF8_MAX_BYTES)) break;
        size_t length = utf8_read(text + at, size - at, &point);
        counts->good += length > 1;

        /* a place that is no character becomes one */
        if (length == 0) {
            if (counts->bad++ == 0) counts->first_bad = counts->size + at;
            length = decode_bad_length(text + at, size - at);
            counts->last_cut = at + length == size && byte_at(text, at) >= 0xC2;
            counts->replaced += sizeof replacement - 1;
            counts->replaced -= length;
        }
        at += length;
    }

    counts->size += at;
    counts->replaced += at;
    return at;
}

static utf8_counts count_utf8(const char *text, size_t size)
{
    utf8_counts counts = {0};
    utf8_counts_add(&counts, text, size, true);
    return counts;
}

static void keep_first(decoded *d, size_t offset, size_t line,
                       unsigned char byte)
{
    if (d->bad_count++) return;
    d->bad_offset = offset;
    d->bad_line = line;
    d->bad_byte = byte;
}

elman_status decode_refuse_bad(const decoded *d)
{
    return failure(ELMAN_BAD_FORMAT,
                   "line %zu: byte 0x%02x at offset %zu is not %s text, one of "
                   "%zu such places; correct it, or take --bad-bytes replace, "
                   "or say the --encoding",
                   d->bad_line, d->bad_byte, d->bad_offset, d->encoding,
                   d->bad_count);
}

/* ---- Finding the encoding ----------------------------------------------- */

void western_look_add(western_look *look, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && !look->never; i++) {
        unsigned char c = byte_at(bytes, i);
        look->never = c == 0x7F || (c < 0x20 && !strchr("\t\n\v\f\r", c)) ||
                      (c && strchr("\x81\x8D\x8F\x90\x9D\xFF", c));

        look->plain += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        look->high += c >= 0xC0;
        look->windows = look->windows || (c >= 0x80 && c < 0xA0);
    }
}

/* Whether bytes look like text of a western language in Windows-1252: no
 * control characters, no byte without a meaning there, and fewer letters with
 * marks than without. */
static bool looks_western(const char *bytes, size_t size, bool *windows)
{
    western_look look = {0};
    western_look_add(&look, bytes, size);
    *windows = look.windows;
    return !look.never && look.high <= look.plain;
}

bool utf8_is_damaged(const utf8_counts *counts)
{
    /* a few bad places among many good ones are damage, and so is an end in
     * the midst of a character; otherwise it was never UTF-8 */
    bool cut = counts->bad == 1 && counts->last_cut && counts->good;
    return !counts->bad || cut || counts->bad <= counts->good;
}

/* UTF-16 without a mark: zeros only in one half of the units, and there in
 * most, as the letters, digits and spaces of western text have them. */
static const char *find_utf16(const char *bytes, size_t size)
{
    size_t zeros[2] = {0}, units = size / 2;

    for (size_t i = 0; i < 2 * units; i++)
        zeros[i % 2] += bytes[i] == 0;
    if (size % 2 || units < 2) return NULL;
    if (zeros[0] == 0 && zeros[1] >= units - units / 2) return "UTF-16LE";
    if (zeros[1] == 0 && zeros[0] >= units - units / 2) return "UTF-16BE";
    return NULL;
}

const char *decode_mark(const char *bytes, size_t size, size_t *skip)
{
    static const struct {
        const char *mark;
        size_t bytes;
        const char *name;
    } marks[] = {{"\xEF\xBB\xBF", 3, "UTF-8"},
                 {"\xFF\xFE\0\0", 4, "UTF-32LE"},
                 {"\0\0\xFE\xFF", 4, "UTF-32BE"},
                 {"\xFF\xFE", 2, "UTF-16LE"},
                 {"\xFE\xFF", 2, "UTF-16BE"}};

    *skip = 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (size >= marks[i].bytes &&
            !memcmp(bytes, marks[i].mark, marks[i].bytes)) {
            *skip = marks[i].bytes;
            return marks[i].name;
        }
    return NULL;
}

/* The encoding and, in skip, the bytes of its mark; counts, if it had to count
 * characters. */
static const char *find_encoding(const char *bytes, size_t size, bool *guessed,
                                 size_t *skip, utf8_counts *counts)
{
    const char *marked = decode_mark(bytes, size, skip);
    if (marked) return marked;

    *guessed = true;
    if (memchr(bytes, 0, size)) {
        const char *name = find_utf16(bytes, size);
        if (name) return name;
    }

    bool windows;
    *counts = count_utf8(bytes, size);
    if (!utf8_is_damaged(counts) && looks_western(bytes, size, &windows))
        return windows ? "Windows-1252" : "Latin-1";

    *guessed = false;
    return "UTF-8";
}

/* ---- Conversion --------------------------------------------------------- */

static elman_status no_memory(size_t size)
{
    return failure(ELMAN_NO_MEMORY, "no memory for a text of %s",
                   bytes_in_words(size).text);
}

/* Writes text of UTF-8 with each bad place replaced. */
static void replace_bad(const char *from, size_t size, char *to)
{
    uint32_t point;

    for (size_t at = 0; at < size;) {
        size_t length = utf8_read(from + at, size - at, &point);
        const char *source = length ? from + at : replacement;
        size_t bytes = length ? length : 3;

        memcpy(to, source, bytes);
        to += bytes;
        at += length ? length : decode_bad_length(from + at, size - at);
    }
    *to = 0;
}

/* UTF-8 at bytes + skip; takes bytes over where it succeeds. counts is of all
 * bytes, or not yet counted. */
static elman_status take_utf8(char *bytes, size_t size, size_t skip,
                              utf8_counts counts, bad_bytes policy, decoded *d)
{
    if (skip || counts.size < size)
        counts = count_utf8(bytes + skip, size - skip);
    if (counts.bad) {
        size_t at = counts.first_bad + skip;
        keep_first(d, at, line_of(bytes, at, 1, 0), byte_at(bytes, at));
        d->bad_count = counts.bad;
        if (policy == BAD_BYTES_REFUSE) return decode_refuse_bad(d);
    }

    d->size = size - skip;
    if (counts.bad == 0 || policy == BAD_BYTES_KEEP) {
        memmove(bytes, bytes + skip, d->size + 1);
        d->text = bytes;
        return ELMAN_OK;
    }

    d->size = counts.replaced;
    d->text = spill_create(d->size + 1);
    if (!d->text) return no_memory(d->size);
    replace_bad(bytes + skip, size - skip, d->text);
    spill_free(bytes);
    return ELMAN_OK;
}

/* Where a conversion stands: what is left to read, and room to write. */
typedef struct conversion {
    const char *begin;
    char *text;
    size_t size; /* of text */
    conversion_place at;
} conversion;

static elman_status grow(conversion *c)
{
    size_t used = c->size - c->at.room;
    if (c->size > SIZE_MAX / 2 - 8) return no_memory(c->size);
    size_t size = 2 * c->size + 8;
    char *text = spill_resize(c->text, used, size);
    if (!text) return no_memory(size);

    c->text = text;
    c->size = size;
    c->at.to = text + used;
    c->at.room = size - used;
    return ELMAN_OK;
}

/* Bytes of a unit that is skipped as bad, and where in it ASCII stands. */
static size_t unit_of(const char *encoding, size_t *low)
{
    bool wide = !strncasecmp(encoding, "UTF-32", 6);
    size_t width = wide ? 4 : !strncasecmp(encoding, "UTF-16", 6) ? 2 : 1;
    size_t length = strlen(encoding);
    bool big = length > 2 && !strncasecmp(encoding + length - 2, "BE", 2);
    *low = width > 1 && big ? width - 1 : 0;
    return width;
}

static elman_status convert_all(conversion *c, converter *by, decoded *d)
{
    size_t low, width = unit_of(d->encoding, &low);

    while (c->at.left) {
        const conversion_end end = converter_run(by, &c->at);
        if (end == CONVERSION_DONE) break;

        /* keep three bytes for a replacement, one for the last zero */
        if (end == CONVERSION_NO_ROOM || c->at.room < 4) {
            TRY(grow(c));
            continue;
        }

        /* a bad place: one unit of it is replaced */
        size_t at = (size_t)(c->at.from - c->begin);
        size_t line = d->bad_count ? 0 : line_of(c->begin, at, width, low);
        keep_first(d, at, line, byte_at(c->at.from, 0));
        size_t skip = c->at.left < width ? c->at.left : width;
        c->at.from += skip;
        c->at.left -= skip;

        memcpy(c->at.to, replacement, 3);
        c->at.to += 3;
        c->at.room -= 3;
    }

    if (c->at.room < 1) TRY(grow(c));
    *c->at.to = 0;
    return ELMAN_OK;
}

/* Text of another encoding; frees bytes where it succeeds. */
static elman_status convert(char *bytes, size_t size, size_t skip,
                            const char *name, bad_bytes policy, decoded *d)
{
    converter *by = converter_open(name);
    if (!by)
        return failure(ELMAN_BAD_VALUE,
                       "the encoding \"%.30s\" is not known; `iconv -l` lists "
                       "the names",
                       name);

    conversion c = {.begin = bytes,
                    .at = {.from = bytes + skip, .left = size - skip}};
    elman_status status = grow(&c);
    if (status == ELMAN_OK) status = convert_all(&c, by, d);
    converter_close(by);
    if (status == ELMAN_OK && d->bad_count && policy == BAD_BYTES_REFUSE)
        status = decode_refuse_bad(d);
    if (status != ELMAN_OK) {
        spill_free(c.text);
        return status;
    }

    /* a mark that the name left in */
    d->text = c.text;
    d->size = (size_t)(c.at.to - c.text);
    if (d->size >= 3 && !memcmp(d->text, "\xEF\xBB\xBF", 3)) {
        d->size -= 3;
        memmove(d->text, d->text + 3, d->size + 1);
    }
    spill_free(bytes);
    return ELMAN_OK;
}

/* ---- All ---------------------------------------------------------------- */

bool decode_is_utf8(const char *name)
{
    return !strncasecmp(name, "UTF-8", 6) || !strncasecmp(name, "utf8", 5);
}

void decode_write_note(decoded *d, const decode_config *config)
{
    const char *kept =
        config->bad == BAD_BYTES_KEEP && !strcmp(d->encoding, "UTF-8")
            ? "kept as they are"
            : "replaced by U+FFFD";

    /* what was found, then what was bad in it */
    int at = 0;
    if (strcmp(d->encoding, "UTF-8"))
        at = snprintf(d->note, sizeof d->note, "read as %s%s", d->encoding,
                      d->guessed
                          ? ", judging by its bytes (--encoding says another)"
                          : "");

    if (d->bad_count == 0) return;
    snprintf(d->note + at, sizeof d->note - (size_t)at,
             "%s%zu place%s not %s (first 0x%02x at offset %zu, line %zu), %s",
             at ? "; " : "", d->bad_count, d->bad_count == 1 ? " is" : "s are",
             d->encoding, d->bad_byte, d->bad_offset, d->bad_line, kept);
}

static elman_status decode_bytes(char *bytes, size_t size,
                                 const decode_config *config, decoded *d)
{
    if (size == 0) return failure(ELMAN_BAD_FORMAT, "the file is empty");

    bool guessed = false;
    size_t skip = 0;
    utf8_counts counts = {0};
    const char *found = find_encoding(bytes, size, &guessed, &skip, &counts);

    /* what is asked for wins; a mark of UTF-8 is none of its characters */
    const char *name = config->encoding ? config->encoding : found;
    if (config->encoding && decode_is_utf8(name)) name = "UTF-8";
    if (config->encoding && strcmp(name, found)) skip = 0;
    d->guessed = guessed && !config->encoding;
    snprintf(d->encoding, sizeof d->encoding, "%s", name);

    if (!strcmp(name, "UTF-8"))
        return take_utf8(bytes, size, skip, counts, config->bad, d);

    /* Latin-1 is read as its superset, which every name of it means today */
    bool latin = !strcmp(name, "Latin-1") || !strcmp(name, "Windows-1252");
    return convert(bytes, size, skip, latin ? "CP1252" : name, config->bad, d);
}

elman_status decode_text(char *bytes, size_t size, const decode_config *config,
                         decoded *result)
{
    static const decode_config plain = {0};
    if (!config) config = &plain;

    *result = (decoded){0};
    elman_status status = decode_bytes(bytes, size, config, result);
    if (status != ELMAN_OK) {
        spill_free(bytes);
        *result = (decoded){0};
        return status;
    }

    const char *zero = memchr(result->text, 0, result->size);
    if (zero) {
        size_t at = (size_t)(zero - result->text);
        size_t line = line_of(result->text, at, 1, 0);
        spill_free(result->text);
        *result = (decoded){0};
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: a zero byte, so this is not text", line);
    }

    decode_write_note(result, config);
    return ELMAN_OK;
}

elman_status decode_file(const char *path, const decode_config *config,
                         decoded *result)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, &bytes, &size));
    elman_status status = decode_text(bytes, size, config, result);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

size_t decode_line_ends(char *text, size_t *size)
{
    size_t changed = 0;
    const char *end = text + *size;
    char *first = memchr(text, '\r', *size), *to = first;
    if (!first) return 0;

    for (const char *c = first; c < end; c++) {
        bool returns = *c == '\r';
        changed += returns;
        *to++ = returns ? '\n' : *c;
        if (returns && c + 1 < end && c[1] == '\n') c++;
    }

    *size = (size_t)(to - text);
    *to = 0;
    return changed;
}
