/* onnx_part.h: a part of a graph, between two of its values. */
#ifndef IMPORT_ONNX_PART_H
#define IMPORT_ONNX_PART_H

#include "elman_exchange.h"
#include "format/onnx.h"

/* Makes part the graph whose input is the value config->from_tensor, beside
 * those it has, and whose output is config->to_tensor, if they are given. It
 * points into graph and config; free() what owned has. */
elman_status onnx_part(const onnx_graph *graph,
                       const elman_import_config *config, onnx_graph *part,
                       void **owned);

#endif
