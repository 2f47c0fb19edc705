/* status.c: keeps the sentence of each thread's last failure. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_MAX = sizeof(failure_text) };

static _Thread_local failure_text last;

/* Names come from files, and an escape sequence in one must not reach a
 * terminal. So control characters become '?': C0, DEL and, in UTF-8, C1. */
static void make_printable(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7F) *c = '?';
        if (*c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) c[0] = c[1] = '?';
    }
}

elman_status(failure)(elman_status status, const char *format, ...)
{
    /* written apart, since an argument may be a part of the last one */
    char sentence[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);

    make_printable(sentence);
    snprintf(last.text, sizeof last.text, "%s", sentence);
    return status;
}

elman_status failure_in(elman_status status, const char *where)
{
    return failure(status, "%.120s: %s", where, last.text);
}

failure_text failure_keep(void) { return last; }

void failure_restore(const failure_text *kept) { last = *kept; }

const char *elman_message(void) { return last.text; }
