/* python.c: code and literals, as much as fits. */
#include "export/python.h"

#include <stdarg.h>
#include <stdio.h>

void python_put(python_writer *w, const char *format, ...)
{
    size_t left = w->used < w->room ? w->room - w->used : 0;
    va_list arguments;
    va_start(arguments, format);
    int bytes =
        vsnprintf(left ? w->text + w->used : NULL, left, format, arguments);
    va_end(arguments);
    if (bytes > 0) w->used += (size_t)bytes;
}

void python_put_text(python_writer *w, const char *text)
{
    python_put(w, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7F) python_put(w, "\\x%02x", c);
        else if (c == '"' || c == '\\') python_put(w, "\\%c", c);
        else python_put(w, "%c", c);
    }
    python_put(w, "\"");
}

elman_status python_write(python_lines *put, const elman_model *model,
                          const char *path, size_t capacity, char *lines)
{
    python_writer measure = {0}, w = {.text = lines, .room = capacity};

    /* without room first: what does not fit is not written in part */
    put(&measure, model, path);
    if (measure.used >= capacity)
        return failure(ELMAN_BAD_VALUE,
                       "capacity is %zu bytes, expected at least %zu", capacity,
                       measure.used + 1);

    put(&w, model, path);
    return ELMAN_OK;
}
