/* onnx.h: an ONNX graph as a model of ours. */
#ifndef IMPORT_ONNX_H
#define IMPORT_ONNX_H

#include "import/import.h"

/* Opens the graph in file, the source, and fills config and slices. */
elman_status import_onnx(elman_import *import, const byte_source *file,
                         const elman_import_config *config);

/* The graph's tensors as they are, to be looked at, and facts about it. */
elman_status import_look_onnx(elman_import *import, const byte_source *file);

#endif
