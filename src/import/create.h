/* create.h: from an import to a model. */
#ifndef IMPORT_CREATE_H
#define IMPORT_CREATE_H

#include "import/import.h"

/* As elman_import_create in elman_exchange.h. */
elman_status import_create(const elman_import *import, elman_model **model);

/* Checks that every tensor is used by a weight or left out. Messages name the
 * file. */
elman_status import_check_claimed(const elman_import *import);

#endif
