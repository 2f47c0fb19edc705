/* grow.c: a graph that grows by nodes. */
#include "trace/grow.h"

#include "trace/attribute.h"

#include <stdio.h>
#include <string.h>

/* ---- Memory -------------------------------------------------------------- */

static void *keep(grown_graph *b, size_t count, size_t size)
{
    void *memory = trace_keep(b->t, count, size);
    if (!memory) b->failed = true;
    return memory;
}

/* A copy that lives as long as the trace; NULL: none. */
static void *copy(grown_graph *b, size_t count, size_t size, const void *from)
{
    void *memory = keep(b, count + 1, size);
    if (memory && count) memcpy(memory, from, count * size);
    return memory;
}

elman_status grow_open(grown_graph *b, trace *t)
{
    const onnx_graph *g = t->graph;
    *b = (grown_graph){.t = t, .count = g->node_count};
    b->room = g->node_count + 64;
    b->nodes = keep(b, b->room, sizeof *b->nodes);
    if (!b->nodes) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    if (b->count) memcpy(b->nodes, g->nodes, b->count * sizeof *b->nodes);
    return ELMAN_OK;
}

/* ---- Names and attributes ------------------------------------------------ */

const char *grow_text(grown_graph *b, const char *text)
{
    char *made = copy(b, strlen(text), 1, text);
    return made ? made : "";
}

const char *grow_name(grown_graph *b)
{
    char name[120];
    const char *after = "";
    for (size_t k = 0; b->origin && k < b->origin->output_count; k++)
        if (!*after) after = b->origin->outputs[k];
    snprintf(name, sizeof name, "%.80s~%zu", after, ++b->named);
    return grow_text(b, name);
}

onnx_attribute grow_whole(const char *name, int64_t number)
{
    return (onnx_attribute){
        .name = name, .kind = ONNX_INT, .i = number, .s = ""};
}

onnx_attribute grow_wholes(grown_graph *b, const char *name, size_t count,
                           const int64_t *numbers)
{
    return (onnx_attribute){
        .name = name,
        .kind = ONNX_INTS,
        .s = "",
        .count = count,
        .ints = copy(b, count, sizeof *numbers, numbers),
    };
}

/* ---- Nodes --------------------------------------------------------------- */

/* Makes room for one more node. */
static bool grow(grown_graph *b)
{
    if (b->count < b->room) return true;
    onnx_node *more = keep(b, 2 * b->room, sizeof *more);
    if (!more) return false;
    memcpy(more, b->nodes, b->count * sizeof *more);
    b->nodes = more;
    b->room *= 2;
    return true;
}

void grow_named(grown_graph *b, const onnx_node *node)
{
    onnx_node made = *node;
    made.inputs =
        copy(b, node->input_count, sizeof *node->inputs, node->inputs);
    made.outputs =
        copy(b, node->output_count, sizeof *node->outputs, node->outputs);
    made.attributes = copy(b, node->attribute_count, sizeof *node->attributes,
                           node->attributes);
    if (!b->failed && grow(b)) b->nodes[b->count++] = made;
}

/* The node that new ones stand for, as messages name it. */
static const char *name_origin(grown_graph *b)
{
    const onnx_node *n = b->origin;
    char text[NODE_TEXT + 48];
    if (b->named_for != n) {
        const char *after = "";
        for (size_t k = 0; k < n->output_count && !after[0]; k++)
            after = n->outputs[k];
        if (n->name[0])
            snprintf(text, sizeof text, "%.80s (%.40s)", n->name, n->op);
        else snprintf(text, sizeof text, "of \"%.80s\" (%.40s)", after, n->op);
        b->origin_name = grow_text(b, text);
        b->named_for = n;
    }
    return b->origin_name;
}

const char *grow_node(grown_graph *b, const char *op, size_t input_count,
                      const char *const *inputs, size_t attribute_count,
                      const onnx_attribute *attributes)
{
    const char *made = grow_name(b);
    grow_own(b, &(onnx_node){.op = op,
                             .input_count = input_count,
                             .inputs = inputs,
                             .output_count = 1,
                             .outputs = &made,
                             .attribute_count = attribute_count,
                             .attributes = attributes});
    return made;
}

void grow_own(grown_graph *b, const onnx_node *node)
{
    onnx_node made = *node;
    made.name = name_origin(b);
    made.domain = grow_domain;
    grow_named(b, &made);
}

void grow_replace(grown_graph *b, size_t node, const char *value)
{
    onnx_node *n = b->nodes + node;
    const char **outputs =
        copy(b, n->output_count, sizeof *outputs, n->outputs);
    if (!outputs) return;
    for (size_t k = 0; k < n->output_count; k++)
        if (!strcmp(outputs[k], value)) outputs[k] = "";
    n->outputs = outputs;
}

elman_status grow_close(grown_graph *b)
{
    onnx_graph *g = keep(b, 1, sizeof *g);
    if (b->failed || !g)
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    *g = *b->t->graph;
    g->nodes = b->nodes;
    g->node_count = b->count;
    b->t->graph = g;
    return ELMAN_OK;
}
