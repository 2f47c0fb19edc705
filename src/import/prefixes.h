/*
 * prefixes.h: what the prefixes of modules say: which are of one Sequential,
 * which networks a file holds, and which modules are called as something is
 * that a chain of layers has not.
 */
#ifndef IMPORT_PREFIXES_H
#define IMPORT_PREFIXES_H

#include "import/modules.h"

/* Bytes of a prefix before its last part, the dot with them. */
size_t parent_bytes(const module *m);

bool are_siblings(const module *a, const module *b);

/* Bytes of the parts that two prefixes begin with, each with its dot. */
size_t common_parts(const module *a, const module *b);

/* The number that a prefix ends in, as in actor.10; false if in none. */
bool last_number(const module *m, size_t *number);

/* Two networks that people train together: 0 or 1 for a module of one of them,
 * BOTH for any other. */
typedef struct pair_of_nets pair_of_nets;
enum { BOTH = -1 };
int side_of(const pair_of_nets *p, const module *m);
const char *side_title(const pair_of_nets *p, int side);

/* The pair that a file has, or NULL; whether it may as well be one chain. */
const pair_of_nets *pair_in(const module_list *list);
bool pair_may_chain(const pair_of_nets *p);

/* Whether the last part of a prefix says so. */
typedef enum called { CALLED_EMBEDDING, CALLED_HEAD } called;
bool is_called(const module *m, called what);

/* What a module is called that no chain of linear layers has, as in "attention
 * over the steps"; NULL for any other name. */
const char *module_unlike(const module_list *list, const module *m);

#endif
