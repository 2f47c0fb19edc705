/* name.c: see name.h. */
#include "name.h"

#include <stdio.h>
#include <string.h>

static const char elman[] = "elman";

static struct {
    const char *name, *launcher, *typed;
} own = {elman, "", elman};

void name_open(const char *name, const char *launcher, const char *typed)
{
    own.name = name;
    own.launcher = launcher;
    own.typed = typed;
}

const char *name_short(void) { return own.name; }

bool name_is_launched(void) { return own.name != elman; }

const char *name_usage(bool shared)
{
    static char text[80];
    if (!name_is_launched() || !shared) return elman;
    snprintf(text, sizeof text, "%sN %s",
             *own.launcher ? own.launcher : "mpirun -np ", own.name);
    return text;
}

const char *name_typed(void) { return own.typed; }

const char *name_example(const char *line, bool shared)
{
    static char text[512];
    size_t length = sizeof elman - 1;
    if (strncmp(line, elman, length) != 0 || line[length] != ' ') return line;
    snprintf(text, sizeof text, "%s%s", name_usage(shared), line + length);
    return text;
}
