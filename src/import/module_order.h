/* module_order.h: the order of modules, which becomes that of layers. */
#ifndef IMPORT_MODULE_ORDER_H
#define IMPORT_MODULE_ORDER_H

#include "import/modules.h"

/* One layer: a module, or a function without weights. */
typedef struct entry {
    module *module; /* or NULL */
    elman_kind kind;
    elman_last last;
    elman_pool pool;
    size_t repeats;
    elman_activation activation;
    elman_merge merge; /* of two directions */
    bool batch_norm;   /* a scale and a shift, made of statistics */
    float eps;         /* of a norm; 0: its default */
    bool learned_state;
    size_t state[2]; /* with it, tensors: the initial h and c */
} entry;

typedef struct module_order {
    size_t count;
    entry entries[ELMAN_MAX_LAYERS];
} module_order;

/* Puts the modules in the order that layers gives, or, if that is NULL, in the
 * only one that their shapes allow. */
elman_status modules_order(const elman_import *import, module_list *list,
                           const char *layers, module_order *order);

/* Reads one word of an order, as words.c has them. An entry of kind ELMAN_END
 * leaves nothing. */
elman_status word_read(const elman_import *import, module_list *list,
                       const char *word, size_t bytes, entry *e);

/* Whether a matrix alone in front of a layer that reads its columns may as well
 * be linear: it has as many rows, and its name does not say that it embeds. */
bool module_is_square(const module *m);

/* Fails, with why and the orders that would fit. */
elman_status modules_ask(const elman_import *import, const module_list *list,
                         const char *why);

/* The same about a word of the order that was given: one of some texts in front
 * of it, up to a NULL, may answer. */
elman_status modules_ask_word(const elman_import *import,
                              const module_list *list, const char *why,
                              const char *word, size_t bytes,
                              const char *const *instead);

/* The next word of an order: up to a comma that is in no parentheses, without
 * spaces around it; false at the end, where order is NULL. */
bool order_next(const char **order, const char **word, size_t *bytes);

#endif
