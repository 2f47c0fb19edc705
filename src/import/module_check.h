/* module_check.h: what a module's tensors must be, and its sizes. */
#ifndef IMPORT_MODULE_CHECK_H
#define IMPORT_MODULE_CHECK_H

#include "import/modules.h"

/* Checks that no tensor of a module is missing and that all have their shapes,
 * sets kinds and sizes, and keeps the modules whose kind is known. */
elman_status modules_check(const elman_import *import, module_list *list);

#endif
