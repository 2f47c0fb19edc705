/* json.h: models in JSON: a capture of Neural Amp Modeler, RTNeural's layers,
 * or a state dict of nested lists. */
#ifndef IMPORT_JSON_H
#define IMPORT_JSON_H

#include "import/import.h"

/* Reads the file's tensors, and sets import's own importer where the file says
 * what they are. Takes bytes over, as it does when it fails. */
elman_status import_json_open(elman_import *import, char *bytes, size_t size);

#endif
