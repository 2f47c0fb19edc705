/* open.h: from files to an import, or to a model at once. */
#ifndef IMPORT_OPEN_H
#define IMPORT_OPEN_H

#include "import/import.h"

/* As elman_import_open in elman_exchange.h. */
elman_status import_open(const char *const *paths, size_t count,
                         const elman_import_config *config,
                         elman_import **import);

/* As elman_import_look. */
elman_status import_look(const char *const *paths, size_t count,
                         elman_import **import);

/* As elman_import_propose. */
elman_status import_propose(const char *const *paths, size_t count,
                            const elman_import_config *config,
                            elman_import **import);

/* As elman_import_open_memory. */
elman_status import_open_memory(const void *data, size_t size,
                                const elman_import_config *config,
                                elman_import **import);

/* A model of a file that is not elman's own, with default settings; for
 * model_load. */
foreign_reader import_load;

#endif
