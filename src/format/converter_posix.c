/* converter_posix.c: converter.h by iconv. */
#include "format/converter.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct converter {
    iconv_t handle;
};

converter *converter_open(const char *name)
{
    /* names with a slash carry orders to iconv, the empty one is the locale's
     */
    if (!name[0] || strchr(name, '/')) return NULL;
    converter *c = malloc(sizeof *c);
    if (!c) return NULL;

    c->handle = iconv_open("UTF-8", name);
    if (c->handle != (iconv_t)-1) return c;
    free(c);
    return NULL;
}

void converter_close(converter *c)
{
    iconv_close(c->handle);
    free(c);
}

conversion_end converter_run(converter *c, conversion_place *at)
{
    char *from = (char *)(uintptr_t)at->from; /* iconv only reads it */
    const size_t got = iconv(c->handle, &from, &at->left, &at->to, &at->room);
    const int reason = errno;
    at->from = from;

    if (got != (size_t)-1) return CONVERSION_DONE;
    if (reason == E2BIG) return CONVERSION_NO_ROOM;
    iconv(c->handle, NULL, NULL, NULL, NULL);
    return CONVERSION_BAD;
}
