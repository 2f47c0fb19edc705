/* json_parts.h: what the kinds of models in JSON share. */
#ifndef IMPORT_JSON_PARTS_H
#define IMPORT_JSON_PARTS_H

#include "format/json.h"
#include "import/mapping_source.h"

/* The root of the file that an import was opened from. */
const json_node *json_root_of(const elman_import *import);

/* A nested list as a tensor of that name. */
elman_status json_add_tensor(elman_import *import, const char *name,
                             const json_node *node, size_t *index);

/* json_object.c: an object that is one tensor, as recurrent.js and Burn write
 * them. */
bool json_object_is_tensor(const json_node *node);
elman_status json_add_object(elman_import *import, const char *name,
                             const json_node *node);

/* nam.c: Neural Amp Modeler; rtneural.c: RTNeural. Each adds tensors and sets
 * the importer that knows what they are. */
elman_status nam_open(elman_import *import, const json_node *root);
elman_status rtneural_open(elman_import *import, const json_node *root);

#endif
