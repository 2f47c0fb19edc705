/* need.c: see need.h. */
#include "api/need.h"

#include <string.h>

void missing(const char *names, size_t index)
{
    for (; index > 0; index--)
        names = strchr(names, ',') + 2;
    (void)failure(ELMAN_BAD_VALUE, "%.*s is NULL, expected a pointer",
                  (int)strcspn(names, ","), names);
}
