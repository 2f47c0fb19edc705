/* create.h: from an import to a model. */
#ifndef IMPORT_CREATE_H
#define IMPORT_CREATE_H

#include "import/import.h"

/* As elman_import_create in elman_exchange.h. */
elman_status import_create(const elman_import *import, elman_model **model);

#endif
