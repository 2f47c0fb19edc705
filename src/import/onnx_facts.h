/* onnx_facts.h: what is said of an ONNX graph. */
#ifndef IMPORT_ONNX_FACTS_H
#define IMPORT_ONNX_FACTS_H

#include "format/onnx.h"
#include "import/import.h"
#include "trace/trace.h"

/* Who wrote the graph, by which rules, and what it rounds that a run of it does
 * not. */
elman_status onnx_add_facts(elman_import *import, const onnx_graph *g);

/* Says that the model goes on in floats where the graph rounds. */
elman_status onnx_say_rounding(elman_import *import, const trace *t);

#endif
