/* module_order.h: the order of modules, which becomes that of layers. */
#ifndef IMPORT_MODULE_ORDER_H
#define IMPORT_MODULE_ORDER_H

#include "import/modules.h"

/* One layer: a module, or a function without weights. */
typedef struct entry {
    const module *module; /* or NULL */
    elman_kind kind;
    elman_last last;
    elman_pool pool;
} entry;

typedef struct module_order {
    size_t count;
    entry entries[ELMAN_MAX_LAYERS];
} module_order;

/* Puts the modules in the order that layers gives, or, if that is NULL, in the
 * only one that their shapes allow. */
elman_status modules_order(const module_list *list, const char *layers,
                           module_order *order);

#endif
