/* source_parts.h: what source.c is made of. */
#ifndef IMPORT_SOURCE_PARTS_H
#define IMPORT_SOURCE_PARTS_H

#include "format/detect.h"
#include "import/import.h"

/* Refuses a setting that nothing reads: it would be a mistake that goes
 * unnoticed. */
elman_status source_check_settings(const char *path, file_format format,
                                   const elman_import *import,
                                   const elman_import_config *config);

/* Opens .npy files, each a tensor named as its file. */
elman_status source_open_arrays(elman_import *import, const char *const *paths,
                                size_t count);

#endif
