/* lists.c: see lists.h. */
#include "lists.h"

#include <stdio.h>
#include <string.h>

void list_add(char *list, size_t size, const char *first, const char *between,
              const char *word)
{
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? between : first, word);
}

bool list_has(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (!strcmp(*list, word)) return true;
    return false;
}
