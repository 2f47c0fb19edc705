/* open.c: a graph from its file to its outputs. */
#include "trace/open.h"

#include "trace/branches.h"
#include "trace/cell_loop.h"
#include "trace/cell_step.h"
#include "trace/norm.h"
#include "trace/quantized.h"
#include "trace/reduce.h"
#include "trace/unrolled_end.h"
#include "trace/walk.h"

#include <stdlib.h>

/* Weights that only the end of the graph completes. */
static elman_status finish(trace *t)
{
    for (size_t i = 0; i < t->layer_count; i++) {
        TRY(norm_finish(t, i));
        TRY(quantized_finish(t, i));
        TRY(unrolled_finish(t, i));
    }
    return ELMAN_OK;
}

static elman_status follow(trace *t, walker *w)
{
    /* what nodes hold, and what stands for a layer, joins the graph */
    TRY(branches_open(t));
    TRY(cell_loops_open(t));
    TRY(cell_steps_open(t));

    TRY(walk_open(t, w));
    for (size_t i = 0; i < t->graph->output_count; i++) {
        TRY(walk_to(t, w, t->graph->outputs[i].name));
        traced_value *v = trace_find(t, t->graph->outputs[i].name);
        if (v && v->node != NO_NODE)
            TRY(reduce_settle(t, t->graph->nodes + v->node, NULL, v));
    }
    return finish(t);
}

elman_status trace_open(const onnx_graph *graph, const named_tensor *bound,
                        trace **made)
{
    if (graph->opset < 7)
        return failure(ELMAN_BAD_FORMAT,
                       "the graph is of opset %lld, expected 7 or later",
                       (long long)graph->opset);
    if (graph->output_count == 0)
        return failure(ELMAN_BAD_FORMAT, "the graph has no outputs");

    trace *t = trace_new(graph, bound);
    if (!t) return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    walker w = {0};
    elman_status status = follow(t, &w);
    walk_close(&w);

    if (status == ELMAN_OK) *made = t;
    else trace_close(t);
    return status;
}
