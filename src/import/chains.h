/*
 * chains.h: the orders of modules that their shapes allow, for a sentence that
 * asks for one.
 */
#ifndef IMPORT_CHAINS_H
#define IMPORT_CHAINS_H

#include "import/module_order.h"

enum { MOST_ORDERS = 12 }; /* that are told of one network */

/* A search for the orders of some modules. */
typedef struct chains {
    const elman_import *import;
    const module_list *list;
    const module *all[MOST_MODULES]; /* (count) in the order to try */
    bool own[MOST_MODULES];          /* an order must have it */
    size_t count, own_count;
    bool loose; /* modules of a kind may change places */
    size_t tried;
    size_t length, own_used; /* of the order that is being made */
    size_t at[MOST_MODULES];
    bool used[MOST_MODULES];
    size_t found;
    size_t order_length[MOST_ORDERS], orders[MOST_ORDERS][MOST_MODULES];
} chains;

/* An empty search. */
void chains_begin(chains *s, const elman_import *import,
                  const module_list *list);

/* Adds a module that an order may have, or, if it is own, must have. Those of
 * convolutions do not take part. */
void chains_add(chains *s, const module *m, bool own);

/* Finds the orders; strictly as the file has them, or else, if loose may be,
 * with modules of a kind in other places. */
void chains_find(chains *s, bool loose);

/* Whether a matrix alone stands in front of a layer that reads its columns. */
bool chains_embed(const chains *s, const module *m);

/* Whether an order has the module that a tensor is of. */
bool chains_have(const chains *s, const size_t *at, size_t length,
                 const char *name);

#endif
