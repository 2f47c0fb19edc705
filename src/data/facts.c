/* facts.c: see facts.h. */
#include "data/facts.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LONGEST = 1000 };

elman_status facts_add(facts *f, const char *name, bool minor,
                       const char *format, ...)
{
    char text[LONGEST + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    char *copy = text_copy(text);
    elman_fact *wider =
        array_widen(f->list, &f->room, f->count + 1, sizeof *wider);
    if (wider) f->list = wider;
    if (!wider || !copy) {
        free(copy);
        return failure(ELMAN_NO_MEMORY, "no memory for a sentence");
    }

    f->list[f->count++] = (elman_fact){name, copy, minor};
    return ELMAN_OK;
}

void facts_clear(facts *f)
{
    for (size_t i = 0; i < f->count; i++)
        free((char *)(uintptr_t)f->list[i].text);
    free(f->list);
    *f = (facts){0};
}

elman_status facts_add_reading(facts *f)
{
    return facts_add(f, "reading", false, "read as it is needed");
}

elman_status facts_add_spilled(facts *f, size_t bytes)
{
    return facts_add(f, "reading", false,
                     "its rows take %s, which are in files without a name (in "
                     "TMPDIR)",
                     bytes_in_words(bytes).text);
}
