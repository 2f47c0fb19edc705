/* onnx_absent.c: stands in for the others where the library was built
 * without protobuf-c. */
#include "format/onnx.h"

#include <stdlib.h>

static elman_status absent(void)
{
    return failure(ELMAN_BAD_VALUE,
                   "this build of elman has no ONNX support (ELMAN_ONNX)");
}

elman_status onnx_open(const byte_source *source, onnx_graph **graph)
{
    (void)graph;
    return failure_in(absent(), source->name);
}

elman_status onnx_parse(char *bytes, size_t size, const char *folder,
                        onnx_graph **graph)
{
    (void)size, (void)folder, (void)graph;
    free(bytes);
    return absent();
}

void onnx_close(onnx_graph *graph) { (void)graph; }

elman_status onnx_value_known(const onnx_graph *graph, const char *name,
                              onnx_value *value)
{
    (void)graph, (void)name, (void)value;
    return absent();
}

elman_status onnx_type_read(int32_t number, element_type *type)
{
    (void)number, (void)type;
    return absent();
}

elman_status onnx_save(const onnx_graph *graph, const char *path)
{
    (void)graph;
    return failure_in(absent(), path);
}
