/* mapping_read.h: a source as a mapping file writes it: the name of a tensor or
 * an object of fields (docs/FORMATS.md lists them). */
#ifndef IMPORT_MAPPING_READ_H
#define IMPORT_MAPPING_READ_H

#include "format/json.h"
#include "import/mapping_source.h"

/* Reads a source; tensors of "values" are added to import. Messages do not name
 * the parameter. */
elman_status mapping_read(elman_import *import, const json_node *node,
                          mapping_source *source);

/* The tensor of that name, or NOWHERE; NULL has none. */
ptrdiff_t mapping_find(const elman_import *import, const char *name);

#endif
