/* onnx_part.c: what --from-tensor and --to-tensor leave of a graph. */
#include "import/onnx_part.h"

#include "base/memory.h"
#include "trace/attribute.h"
#include "trace/view.h"
#include "trace/open.h"

#include <stdlib.h>
#include <string.h>

/* The node that makes a value, and which of its outputs it is. */
static const onnx_node *maker(const onnx_graph *g, const char *name, size_t *k)
{
    for (size_t i = 0; i < g->node_count; i++)
        for (*k = 0; *k < g->nodes[i].output_count; ++*k)
            if (!strcmp(g->nodes[i].outputs[*k], name)) return g->nodes + i;
    return NULL;
}

static elman_status unknown(const char *name, const char *why)
{
    return failure(ELMAN_BAD_VALUE,
                   "no node of the graph makes \"%.80s\"%s; in Python, "
                   "[n.output for n in onnx.load(FILE).graph.node] lists what "
                   "nodes make",
                   name, why);
}

/* What a graph that ends with a value finds its shape to be. */
static elman_status follow(const onnx_graph *graph, const onnx_value *value,
                           onnx_value *made)
{
    onnx_graph before = *graph;
    extent shape[AXES];
    trace *t = NULL;
    before.outputs = value;
    before.output_count = 1;
    TRY(trace_open(&before, NULL, &t));

    const traced_value *v = trace_find(t, value->name);
    elman_status status = value_shape(NULL, v, &made->rank, shape);
    made->shaped = !status;
    made->type = v->type;
    for (size_t k = 0; made->shaped && k < made->rank; k++)
        made->dimensions[k] = (onnx_dimension){
            extent_is_plain(shape + k) ? shape[k].factor : -1, ""};
    trace_close(t);
    return status;
}

/* The shape of values side by side is that of one of them, but for the axis
 * along which they are. */
static bool describe_joined(const onnx_graph *graph, const char *name,
                            onnx_value *made)
{
    size_t k;
    const onnx_node *n = maker(graph, name, &k);
    const onnx_attribute *axis = n ? onnx_find(n, "axis") : NULL;
    if (!n || strcmp(n->op, "Concat") != 0 || !axis || axis->kind != ONNX_INT)
        return false;

    /* an input of the graph, whose shape is known */
    for (size_t i = 0; i < n->input_count; i++)
        for (size_t j = 0; j < graph->input_count; j++) {
            const onnx_value *v = graph->inputs + j;
            int64_t rank = (int64_t)v->rank, at = axis->i;
            if (strcmp(v->name, n->inputs[i]) != 0 || !v->shaped) continue;
            if (at < 0) at += rank;
            if (at < 0 || at >= rank) continue;
            *made = *v;
            made->name = name;
            made->dimensions[at] = (onnx_dimension){-1, ""};
            return true;
        }
    return false;
}

/* What a recurrent operator reads has three axes, of which the last has as many
 * numbers as its weight W (directions, gates, I). */
static bool describe_read(const onnx_graph *graph, const char *name,
                          onnx_value *made)
{
    static const char *const recurrent[] = {"RNN", "GRU", "LSTM"};
    enum { W = 1 };
    for (size_t i = 0; i < graph->node_count; i++) {
        const onnx_node *n = graph->nodes + i;
        bool one = false;
        for (size_t k = 0; k < sizeof recurrent / sizeof *recurrent; k++)
            one = one || node_is(n, recurrent[k]);
        if (!one || n->input_count <= W || strcmp(n->inputs[0], name) != 0)
            continue;

        /* its weight is in the file */
        for (size_t k = 0; k < graph->initializer_count; k++) {
            const named_tensor *w = graph->initializers + k;
            if (strcmp(w->name, n->inputs[W]) != 0 || w->rank != 3) continue;
            *made = (onnx_value){
                .name = name,
                .type = w->type,
                .shaped = true,
                .rank = 3,
                .dimensions = {{-1, ""}, {-1, ""}, {(int64_t)w->shape[2], ""}}};
            return true;
        }
    }
    return false;
}

/* The type and shape of a value: as the file says, or as they follow. */
static elman_status describe(const onnx_graph *graph, const char *name,
                             onnx_value *made)
{
    TRY(onnx_value_known(graph, name, made));
    if (made->shaped) return ELMAN_OK;

    const onnx_value value = {.name = name};
    elman_status status = follow(graph, &value, made);
    made->name = name;
    if (!status) return ELMAN_OK;
    if (status == ELMAN_BAD_FORMAT && (describe_joined(graph, name, made) ||
                                       describe_read(graph, name, made)))
        return ELMAN_OK;
    return failure(
        ELMAN_BAD_FORMAT,
        "the shape of \"%.80s\" is not known; in Python, "
        "onnx.save(onnx.shape_inference.infer_shapes(onnx.load(FILE))"
        ", FILE) writes it into the file",
        name);
}

/* What a part needs beside the graph. */
typedef struct part_block {
    onnx_value output;
    onnx_node *nodes;   /* (node_count) */
    onnx_value *inputs; /* (input_count + 1) */
    const char **makes; /* outputs of the node that is cut off */
} part_block;

/* Cuts the graph in front of a value, which becomes its first input. */
static elman_status begin(onnx_graph *part, const char *name, part_block *block,
                          char *room)
{
    size_t k;
    const onnx_node *n = maker(part, name, &k);
    if (!n) return unknown(name, "");

    block->nodes = (onnx_node *)(void *)room;
    block->inputs = (onnx_value *)(void *)(block->nodes + part->node_count + 1);
    block->makes =
        (const char **)(void *)(block->inputs + part->input_count + 1);
    TRY(describe(part, name, block->inputs));

    /* the node gives it no more */
    size_t at = (size_t)(n - part->nodes);
    memcpy(block->nodes, part->nodes, part->node_count * sizeof *part->nodes);
    memcpy(block->makes, n->outputs, n->output_count * sizeof *n->outputs);
    block->makes[k] = "";
    block->nodes[at].outputs = block->makes;

    if (part->input_count)
        memcpy(block->inputs + 1, part->inputs,
               part->input_count * sizeof *part->inputs);
    part->nodes = block->nodes;
    part->inputs = block->inputs;
    part->input_count++;
    return ELMAN_OK;
}

elman_status onnx_part(const onnx_graph *graph,
                       const elman_import_config *config, onnx_graph *part,
                       void **owned)
{
    size_t most = 0, k, bytes = sizeof(part_block);
    *part = *graph;
    for (size_t i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].output_count > most)
            most = graph->nodes[i].output_count;

    /* one block for all; its lists were as large in the file */
    bytes += (graph->node_count + 1) * sizeof(onnx_node) +
             (graph->input_count + 1) * sizeof(onnx_value) +
             (most + 1) * sizeof(char *);
    part_block *block = calloc(1, bytes);
    if (!block) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    *owned = block;

    if (config->from_tensor)
        TRY(begin(part, config->from_tensor, block, (char *)(block + 1)));
    if (!config->to_tensor) return ELMAN_OK;

    if (!maker(part, config->to_tensor, &k))
        return unknown(config->to_tensor,
                       config->from_tensor ? " behind the one it is from" : "");
    block->output.name = config->to_tensor;
    part->outputs = &block->output;
    part->output_count = 1;
    return ELMAN_OK;
}
