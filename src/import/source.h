/* source.h: the tensors of files, whatever their format. */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include "import/import.h"

/* Opens the files at paths and sets source, close and the tensors; own, if it
 * is elman's own file. done says that the format knows what its tensors are and
 * its importer has run. Messages name the file. */
elman_status import_open_source(elman_import *import, const char *const *paths,
                                size_t count, const elman_import_config *config,
                                bool *done);

/* The same for one file, or bytes in memory. */
elman_status import_open_bytes(elman_import *import, const byte_source *file,
                               const elman_import_config *config, bool *done);

/* The same for a file that model_load has begun to read, with default settings.
 */
elman_status import_open_foreign(elman_import *import, foreign_file *file,
                                 bool *done);

#endif
