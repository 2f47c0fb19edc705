/* mapping_draft.h: a mapping file to begin with, for tensors that nothing here
 * understands. */
#ifndef IMPORT_MAPPING_DRAFT_H
#define IMPORT_MAPPING_DRAFT_H

#include "import/import.h"

/* Writes a mapping file of what the names and shapes of import's tensors
 * suggest, with what has to be filled in (docs/FORMATS.md), replacing path. */
elman_status import_draft(const elman_import *import, const char *path);

#endif
