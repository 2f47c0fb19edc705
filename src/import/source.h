/* source.h: the tensors of files, whatever their format. */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include "import/import.h"

/* Opens paths and sets source, close, weights.tensors and own for elman's
 * own file. done: the importer of a format that says itself what its tensors
 * are has run. Messages name the file. */
elman_status import_open_source(elman_import *import, const char *const *paths,
                                size_t count, const elman_import_config *config,
                                bool *done);

/* The same of a file that model_load has begun to read, with default settings.
 */
elman_status import_open_foreign(elman_import *import, foreign_file *file,
                                 bool *done);

#endif
