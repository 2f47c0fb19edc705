/* onnx_heads.h: graphs with several heads, each of which may be a model. */
#ifndef IMPORT_ONNX_HEADS_H
#define IMPORT_ONNX_HEADS_H

#include "format/onnx.h"
#include "import/import.h"

/* How a graph is imported. */
typedef elman_status import_graph(elman_import *import, const byte_source *file,
                                  const elman_import_config *config);

/* Adds to this thread's sentence, why the whole graph is no model, which of its
 * outputs give one by themselves. */
elman_status onnx_name_heads(elman_status status, const onnx_graph *graph,
                             const byte_source *file,
                             const elman_import_config *config,
                             import_graph *run);

#endif
