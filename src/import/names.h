/* names.h: tensors with PyTorch's names, any prefix. */
#ifndef IMPORT_NAMES_H
#define IMPORT_NAMES_H

#include "import/import.h"

/* Fills config and slices. Needs import_leave_out to have been called. */
elman_status import_names(elman_import *import,
                          const elman_import_config *config);

#endif
