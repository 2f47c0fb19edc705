/* lists.h: lists of words, as rows of options hold them. */
#ifndef LISTS_H
#define LISTS_H

#include <stdbool.h>
#include <stddef.h>

/* Adds a word to list (size), after what stands before the first word or
 * between two. */
void list_add(char *list, size_t size, const char *first, const char *between,
              const char *word);

/* Whether word is in a list that NULL ends. */
bool list_has(const char *const *list, const char *word);

#endif
