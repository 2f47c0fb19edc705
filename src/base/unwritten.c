/* unwritten.c: see unwritten.h. */
#include "base/unwritten.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What helps against a lack of room. */
static const struct {
    int error;
    const char *advice;
} lacks[] = {
    {ENOSPC, "free some there, or write elsewhere"},
#ifdef EDQUOT
    {EDQUOT, "free some of yours there, or write elsewhere"},
#endif
    {EFBIG, "raise the limit (ulimit -f), or write to another file system"},
};

unwritten_words unwritten_because(int error)
{
    unwritten_words words;
    const char *advice = NULL;
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
        if (lacks[i].error == error) advice = lacks[i].advice;
    snprintf(words.text, sizeof words.text, "%s%s%s", strerror(error),
             advice ? ": " : "", advice ? advice : "");
    return words;
}
