/* config_text.h: a config as JSON text, for the metadata of a model file. */
#ifndef MODEL_CONFIG_TEXT_H
#define MODEL_CONFIG_TEXT_H

#include "base/status.h"

struct json_node;

/* config as one line of JSON, fields that are zero left out; freed by free.
 * NULL if there is no memory. */
char *config_to_text(const elman_config *config);

/* Reads such a text. A field that is unknown, of the wrong type or out of range
 * is ELMAN_BAD_FORMAT; whether the layers fit is config_complete's to say. */
elman_status config_from_text(const char *text, elman_config *config);

/* The same from JSON that was read. */
elman_status config_from_json(const struct json_node *node,
                              elman_config *config);

#endif
