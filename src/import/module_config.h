/* module_config.h: the config and the slices of modules in their order. */
#ifndef IMPORT_MODULE_CONFIG_H
#define IMPORT_MODULE_CONFIG_H

#include "import/module_order.h"

/* Writes import's config and slices from an order. */
elman_status modules_build(elman_import *import, const module_order *order,
                           const elman_import_config *config);

#endif
