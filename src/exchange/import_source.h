/* import_source.h: the tensors of files, whatever their format. */
#ifndef EXCHANGE_IMPORT_SOURCE_H
#define EXCHANGE_IMPORT_SOURCE_H

#include "exchange/import.h"

/* Opens paths and sets source, close, tensors and tensor, and own for elman's
 * own file. done: the importer of a format that says itself what its tensors
 * are has run. Messages name the file. */
elman_status import_open_source(elman_import *import, const char *const *paths,
                                size_t count, const elman_import_config *config,
                                bool *done);

/* import_rows.c: makes the table. */
elman_status import_make_rows(elman_import *import);

/* A model of import's config with all weights zero, if it is not much larger
 * than the tensors. */
elman_status import_model(const elman_import *import, elman_model **model);

/* The next text of a list with commas between, without spaces around; false at
 * its end, when list is NULL. */
bool list_next(const char **list, const char **text, size_t *bytes);

#endif
