/*
 * record.c: see record.h. JSON is RFC 8259.
 */
#include "record.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Bytes of the UTF-8 character that text begins with; 0 if it is invalid. The
 * table of well-formed sequences is Unicode's 3-7. */
static int character_bytes(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    int bytes = c[0] < 0x80                   ? 1
                : c[0] >= 0xC2 && c[0] < 0xE0 ? 2
                : c[0] >= 0xE0 && c[0] < 0xF0 ? 3
                : c[0] >= 0xF0 && c[0] < 0xF5 ? 4
                                              : 0;

    for (int n = 1; n < bytes; n++)
        if ((c[n] & 0xC0) != 0x80) return 0;

    bool wrong = (c[0] == 0xE0 && c[1] < 0xA0) || /* too long */
                 (c[0] == 0xED && c[1] > 0x9F) || /* a surrogate */
                 (c[0] == 0xF0 && c[1] < 0x90) ||
                 (c[0] == 0xF4 && c[1] > 0x8F); /* past U+10FFFF */
    return wrong ? 0 : bytes;
}

static void write_string(FILE *file, const char *text)
{
    putc('"', file);
    while (*text) {
        int bytes = character_bytes(text);

        /* no character at all, one that must be escaped, or one as it is */
        if (bytes == 0) {
            fputs("\\ufffd", file);
            bytes = 1;
        } else if ((unsigned char)*text < 32 || *text == 127)
            fprintf(file, "\\u%04x", (unsigned)*text);
        else if (*text == '"' || *text == '\\') fprintf(file, "\\%c", *text);
        else fwrite(text, 1, (size_t)bytes, file);
        text += bytes;
    }
    putc('"', file);
}

static void write_key(record *out, const char *key)
{
    if (out->follows) putc(',', out->file);
    out->follows = true;
    if (!key) return;
    write_string(out->file, key);
    putc(':', out->file);
}

record record_begin(FILE *file)
{
    putc('{', file);
    return (record){.file = file};
}

void record_end(record *out) { fputs("}\n", out->file); }

void record_open(record *out, const char *key, char bracket)
{
    write_key(out, key);
    putc(bracket, out->file);
    out->follows = false;
}

void record_close(record *out, char bracket)
{
    putc(bracket, out->file);
    out->follows = true;
}

void record_text(record *out, const char *key, const char *text)
{
    write_key(out, key);
    write_string(out->file, text);
}

void record_number(record *out, const char *key, double number)
{
    write_key(out, key);
    if (isfinite(number)) fprintf(out->file, "%.9g", number);
    else fputs("null", out->file);
}

void record_count(record *out, const char *key, uint64_t count)
{
    write_key(out, key);
    fprintf(out->file, "%" PRIu64, count);
}

void record_flag(record *out, const char *key, bool flag)
{
    record_raw(out, key, flag ? "true" : "false");
}

void record_null(record *out, const char *key) { record_raw(out, key, "null"); }

void record_raw(record *out, const char *key, const char *json)
{
    write_key(out, key);
    /* a line stays one line */
    for (; *json; json++)
        putc((unsigned char)*json < 32 ? ' ' : *json, out->file);
}
