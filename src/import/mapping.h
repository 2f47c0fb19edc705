/* mapping.h: tensors as a mapping file says. */
#ifndef IMPORT_MAPPING_H
#define IMPORT_MAPPING_H

#include "import/import.h"

/* Fills config and slices. Needs import_leave_out to have been called. */
elman_status import_mapping(elman_import *import,
                            const elman_import_config *config);

#endif
