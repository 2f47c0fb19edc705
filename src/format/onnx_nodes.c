/* onnx_nodes.c: the nodes of the graph and their attributes. */
#include "format/onnx_parts.h"

#include <stdio.h>
#include <string.h>

/* Each is compared with all before it. No operator has more than twenty. */
enum { MOST_ATTRIBUTES = 200 };

static elman_status read_texts(onnx_reader *r, size_t count,
                               const ProtobufCBinaryData *from,
                               const char *what, const char *const **texts)
{
    const char **list = onnx_allocate(r, count, sizeof *list);
    if (!list) return onnx_memory_failure(r);

    for (size_t i = 0; i < count; i++)
        TRY(onnx_text_read(from[i], what, &list[i]));

    *texts = list;
    return ELMAN_OK;
}

/* A string need not be text: it may hold an operator's own bytes. */
static elman_status read_string(const Onnx__Attribute *from, onnx_attribute *to)
{
    if (!onnx_is_text(from->s)) return ELMAN_OK;
    to->kind = ONNX_STRING;
    return onnx_text_read(from->s, "a string", &to->s);
}

static elman_status read_strings(onnx_reader *r, const Onnx__Attribute *from,
                                 onnx_attribute *to)
{
    for (size_t i = 0; i < from->n_strings; i++)
        if (!onnx_is_text(from->strings[i])) return ELMAN_OK;

    to->kind = ONNX_STRINGS;
    to->count = from->n_strings;
    return read_texts(r, from->n_strings, from->strings, "a string",
                      &to->strings);
}

/* A graph in a graph is decoded apart, so that messages never nest; one that is
 * too deep is not read. */
static elman_status read_subgraph(onnx_reader *r, const Onnx__Attribute *from,
                                  onnx_attribute *to)
{
    if (r->depth == ONNX_DEPTH) return ELMAN_OK;

    onnx_subgraph *sub = onnx_allocate(r, 1, sizeof *sub);
    onnx_graph *g = onnx_allocate(r, 1, sizeof *g);
    if (!sub || !g) return onnx_memory_failure(r);

    sub->message =
        onnx__graph__unpack(&r->allocator, from->g.len, from->g.data);
    if (!sub->message && (r->failed || r->exhausted))
        return onnx_memory_failure(r);
    if (!sub->message)
        return failure(ELMAN_BAD_FORMAT,
                       "attribute \"%.80s\" is no graph: not valid protobuf, "
                       "or truncated",
                       to->name);

    /* the message lives as long as the graph */
    sub->next = r->subgraphs;
    r->subgraphs = sub;

    r->depth++;
    elman_status status = onnx_graph_read(r, sub->message, g);
    r->depth--;
    to->kind = ONNX_GRAPH;
    to->g = g;
    return status;
}

static elman_status read_attribute(onnx_reader *r, Onnx__Attribute *from,
                                   onnx_attribute *to)
{
    TRY(onnx_text_read(from->name, "an attribute's name", &to->name));

    /* kinds that are not listed here, no operator of a stack of layers needs */
    to->kind = ONNX_OTHER;
    to->s = "";

    switch (from->type) {
    case ONNX_ATTRIBUTE_FLOAT:
        to->kind = ONNX_FLOAT;
        to->f = from->f;
        return ELMAN_OK;
    case ONNX_ATTRIBUTE_INT:
        to->kind = ONNX_INT;
        to->i = from->i;
        return ELMAN_OK;
    case ONNX_ATTRIBUTE_STRING:
        return read_string(from, to);
    case ONNX_ATTRIBUTE_TENSOR:
        if (!from->t)
            return failure(ELMAN_BAD_FORMAT,
                           "attribute \"%.80s\" has no tensor", to->name);
        to->kind = ONNX_TENSOR;
        return onnx_tensor_read(r, from->t, &to->t);
    case ONNX_ATTRIBUTE_FLOATS:
        to->kind = ONNX_FLOATS;
        to->count = from->n_floats;
        to->floats = from->floats;
        return ELMAN_OK;
    case ONNX_ATTRIBUTE_INTS:
        to->kind = ONNX_INTS;
        to->count = from->n_ints;
        to->ints = from->ints;
        return ELMAN_OK;
    case ONNX_ATTRIBUTE_STRINGS:
        return read_strings(r, from, to);
    case ONNX_ATTRIBUTE_GRAPH:
        return read_subgraph(r, from, to);
    default:
        return ELMAN_OK;
    }
}

static elman_status read_attributes(onnx_reader *r, const Onnx__Node *from,
                                    onnx_node *to)
{
    if (from->n_attribute > MOST_ATTRIBUTES)
        return failure(ELMAN_BAD_FORMAT, "%zu attributes, expected at most %d",
                       from->n_attribute, MOST_ATTRIBUTES);

    onnx_attribute *list = onnx_allocate(r, from->n_attribute, sizeof *list);
    if (!list) return onnx_memory_failure(r);

    for (size_t i = 0; i < from->n_attribute; i++) {
        TRY(read_attribute(r, from->attribute[i], &list[i]));

        /* compare its name with those before it */
        to->attributes = list;
        to->attribute_count = i;
        if (onnx_find(to, list[i].name))
            return failure(ELMAN_BAD_FORMAT, "attribute \"%.80s\" occurs twice",
                           list[i].name);
    }

    to->attribute_count = from->n_attribute;
    return ELMAN_OK;
}

static elman_status read_node(onnx_reader *r, const Onnx__Node *from,
                              onnx_node *to)
{
    TRY(onnx_text_read(from->name, "the name", &to->name));
    TRY(onnx_text_read(from->op_type, "the operator", &to->op));
    TRY(onnx_text_read(from->domain, "the domain", &to->domain));

    to->input_count = from->n_input;
    to->output_count = from->n_output;
    TRY(read_texts(r, from->n_input, from->input, "an input's name",
                   &to->inputs));
    TRY(read_texts(r, from->n_output, from->output, "an output's name",
                   &to->outputs));

    return read_attributes(r, from, to);
}

elman_status onnx_nodes_read(onnx_reader *r, const Onnx__Graph *from,
                             onnx_graph *to)
{
    onnx_node *list = onnx_allocate(r, from->n_node, sizeof *list);
    if (!list) return onnx_memory_failure(r);

    for (size_t i = 0; i < from->n_node; i++) {
        elman_status status = read_node(r, from->node[i], &list[i]);
        if (status == ELMAN_OK) continue;

        char where[160];
        snprintf(where, sizeof where, "node %zu \"%.60s\" (%.40s)", i,
                 list[i].name ? list[i].name : "",
                 list[i].op ? list[i].op : "");
        return failure_in(status, where);
    }

    to->node_count = from->n_node;
    to->nodes = list;
    return ELMAN_OK;
}
