/*
 * bytes.c: see bytes.h.
 */
#include "bytes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Each is 1024 or 1000 of the one before. */
static const char units[] = "KMGT";

static char upper(char letter) { return (char)toupper((unsigned char)letter); }

/* How many bytes a unit is, "" one; 0 if it is none. */
static double unit_of(const char *text)
{
    const char *unit = *text ? strchr(units, upper(*text)) : NULL;
    if (unit) text++;

    /* MiB is M; MB is another */
    bool binary = unit && upper(*text) == 'I';
    if (binary) text++;
    bool bytes = upper(*text) == 'B';
    if (bytes) text++;
    if (*text) return 0;

    double size = 1;
    for (const char *at = units; unit && at <= unit; at++)
        size *= bytes && !binary ? 1000 : 1024;
    return size;
}

bool bytes_read(const char *text, uint64_t *bytes)
{
    /* plain decimals: no sign, no 0x, no inf */
    char *end;
    if (!isdigit((unsigned char)text[0]) && text[0] != '.') return false;
    if (text[0] == '0' && upper(text[1]) == 'X') return false;
    double number = strtod(text, &end);
    if (end == text) return false;
    if (*end == ' ' && end[1]) end++;

    /* false for NaN as well, which 0 times infinity is */
    double all = number * unit_of(end) + 0.5;
    if (!(all >= 1 && all < (double)PTRDIFF_MAX)) return false;
    *bytes = (uint64_t)all;
    return true;
}
