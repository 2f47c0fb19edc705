/* status.c: the sentence of this thread's last failure. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum { LONGEST = 512 };

static _Thread_local char message[LONGEST];

elman_status failure(elman_status status, const char *format, ...)
{
    char sentence[LONGEST]; /* format may name a part of message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    snprintf(message, sizeof message, "%s", sentence);
    return status;
}

elman_status failure_in(elman_status status, const char *where)
{
    return failure(status, "%.120s: %s", where, message);
}

const char *elman_message(void) { return message; }
