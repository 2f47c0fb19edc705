/*
 * json_write.c: JSON without spaces. The same values always give the same
 * bytes, under any locale.
 */
#include "format/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256, NUMBER_ROOM = 64 };

static void put(json_writer *w, const char *text, size_t bytes)
{
    if (w->failed) return;

    /* double the room until the bytes fit, and a zero after them */
    if (bytes >= w->room - w->bytes) {
        size_t room = w->room ? w->room : FIRST_ROOM;
        while (room - w->bytes <= bytes && room < SIZE_MAX / 2)
            room *= 2;

        char *wider = room - w->bytes > bytes ? realloc(w->text, room) : NULL;
        if (!wider) {
            w->failed = true;
            return;
        }

        w->text = wider;
        w->room = room;
    }

    memcpy(w->text + w->bytes, text, bytes);
    w->bytes += bytes;
}

static void put_comma(json_writer *w)
{
    if (w->inside) put(w, ",", 1);
    w->inside = true;
}

void json_begin(json_writer *w, char bracket)
{
    put_comma(w);
    put(w, &bracket, 1);
    w->inside = false;
}

void json_end(json_writer *w, char bracket)
{
    put(w, &bracket, 1);
    w->inside = true;
}

static void put_string(json_writer *w, const char *text, size_t bytes)
{
    static const char from[] = "\"\\\b\f\n\r\t", into[] = "\"\\bfnrt";

    put(w, "\"", 1);

    /* runs of plain characters, and escapes between them */
    for (size_t i = 0, plain = 0; i <= bytes; i++) {
        unsigned char c = i < bytes ? (unsigned char)text[i] : 0;
        bool special = i == bytes || c < 0x20 || c == '"' || c == '\\';
        if (!special) continue;

        put(w, text + plain, i - plain);
        plain = i + 1;

        char escape[8] = "\\u00";
        const char *known = c ? strchr(from, c) : NULL;
        int length =
            known ? snprintf(escape, sizeof escape, "\\%c", into[known - from])
                  : snprintf(escape, sizeof escape, "\\u%04x", c);
        if (i < bytes) put(w, escape, (size_t)length);
    }

    put(w, "\"", 1);
}

void json_write_key(json_writer *w, const char *key)
{
    put_comma(w);
    put_string(w, key, strlen(key));
    put(w, ":", 1);
    w->inside = false;
}

void json_write_text(json_writer *w, const char *text, size_t bytes)
{
    put_comma(w);
    put_string(w, text, bytes);
}

void json_write_whole(json_writer *w, int64_t value)
{
    char text[NUMBER_ROOM];
    int bytes = snprintf(text, sizeof text, "%" PRId64, value);
    put_comma(w);
    put(w, text, (size_t)bytes);
}

/* Seventeen digits restore a double exactly. What is neither a digit, a sign
 * nor an exponent is the locale's decimal point; a number without a point gets
 * one, so that it is read as a number with a point again. */
void json_write_number(json_writer *w, double value)
{
    char text[NUMBER_ROOM], plain[NUMBER_ROOM + 2];
    size_t bytes = 0;
    bool point = false;

    /* the digits, with a point in place of the locale's */
    snprintf(text, sizeof text, "%.17g", value);
    for (const char *c = text; *c; c++) {
        bool usual = strchr("0123456789+-e", *c) != NULL;
        point = point || *c == 'e';
        if (usual) plain[bytes++] = *c;
        else if (!point) plain[bytes++] = '.';
        point = point || !usual;
    }

    if (!point) {
        plain[bytes++] = '.';
        plain[bytes++] = '0';
    }

    put_comma(w);
    put(w, plain, bytes);
}

void json_write_bool(json_writer *w, bool value)
{
    put_comma(w);
    put(w, value ? "true" : "false", value ? 4 : 5);
}

void json_write_null(json_writer *w)
{
    put_comma(w);
    put(w, "null", 4);
}

elman_status json_finish(json_writer *w, char **text)
{
    put(w, "", 1);
    bool failed = w->failed;
    if (failed) free(w->text);
    else *text = w->text;

    *w = (json_writer){0};
    return failed ? failure(ELMAN_NO_MEMORY, "no memory for JSON") : ELMAN_OK;
}
