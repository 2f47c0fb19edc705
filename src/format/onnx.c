/* onnx.c: what does not depend on protobuf-c. */
#include "format/onnx.h"

#include <string.h>

const onnx_attribute *onnx_find(const onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->attribute_count; i++)
        if (!strcmp(node->attributes[i].name, name))
            return &node->attributes[i];
    return NULL;
}
