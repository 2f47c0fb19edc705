/* recent.c: see recent.h. */
#include "learn/recent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 16 };

void recent_add(recent *r, double norm)
{
    if (r->count < RECENT_NORMS) r->count++;
    else memmove(r->norms, r->norms + 1, (RECENT_NORMS - 1) * sizeof *r->norms);
    r->norms[r->count - 1] = norm;
}

void recent_write(const recent *r, char text[RECENT_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < r->count; i++) {
        uint64_t word;
        memcpy(&word, r->norms + i, sizeof word);
        used += (size_t)snprintf(text + used, RECENT_TEXT - used, "%s%016llx",
                                 i ? " " : "", (unsigned long long)word);
    }
}

/* The number of 16 digits; false if they are none of a finite one. */
static bool read_norm(const char *digits, double *norm)
{
    static const char all[] = "0123456789abcdef";
    uint64_t word = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        const char *at = digits[i] ? strchr(all, digits[i]) : NULL;
        if (!at) return false;
        word = word << 4 | (uint64_t)(at - all);
    }
    memcpy(norm, &word, sizeof *norm);
    return isfinite(*norm);
}

elman_status recent_read(const char *text, recent *r)
{
    r->count = 0;
    for (const char *at = text; at && *at;) {
        bool space = r->count > 0 && *at == ' ';
        if (space) at++;
        if ((r->count > 0) != space || r->count == RECENT_NORMS ||
            !read_norm(at, r->norms + r->count))
            return failure(ELMAN_BAD_FORMAT,
                           "the note norms is '%.60s', expected up to %d "
                           "numbers of %d hexadecimal digits",
                           text, RECENT_NORMS, DIGITS);
        r->count++;
        at += DIGITS;
    }
    return ELMAN_OK;
}
