/* initial.h: learned initial states, tensors that stand beside a recurrent
 * module. The word initial(h0,c0):PREFIX of an order names them. */
#ifndef IMPORT_INITIAL_H
#define IMPORT_INITIAL_H

#include "import/module_order.h"

/* Prints the names of tensors that seem to be the initial states of the one
 * recurrent module, "h0,c0"; false if there are none of its sizes. */
bool initial_print(const elman_import *import, const module_list *list,
                   const module *m, size_t room, char *names);

/* Reads the word; found is false if it is another. */
elman_status initial_read(const elman_import *import, module_list *list,
                          const char *text, size_t bytes, entry *e,
                          bool *found);

/* Asks about initial states that an order does not have. */
elman_status initial_check(const elman_import *import, const module_list *list,
                           const module_order *order);

/* Adds the slices of an entry's states to a layer. */
elman_status initial_build(elman_import *import, const entry *e,
                           const elman_layer *layer);

#endif
