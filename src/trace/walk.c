/* walk.c: each node once, after those that it reads from. */
#include "trace/walk.h"

#include "trace/attribute.h"
#include "trace/branches.h"
#include "trace/operators.h"
#include "trace/reduce.h"
#include "trace/tensor.h"
#include "trace/view.h"
#include "trace/where.h"

#include <stdlib.h>
#include <string.h>

/* ---- Names ------------------------------------------------------------- */

/* Lists everything that has a name; of an input with a default there is one
 * value. */
static elman_status list_names(trace *t)
{
    const onnx_graph *g = t->graph;

    /* room for every name, those that come twice included */
    size_t room = g->initializer_count + g->input_count + 1;
    for (size_t i = 0; i < g->node_count; i++)
        room += g->nodes[i].output_count;
    t->values = calloc(room, sizeof *t->values);
    if (!t->values) return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    /* everything that the graph names */
    traced_value *v = t->values;
    for (size_t i = 0; i < g->initializer_count; i++)
        *v++ = (traced_value){.name = g->initializers[i].name, .node = NO_NODE};
    for (size_t i = 0; i < g->input_count; i++)
        *v++ = (traced_value){.name = g->inputs[i].name, .node = NO_NODE};
    for (size_t i = 0; i < g->node_count; i++)
        for (size_t k = 0; k < g->nodes[i].output_count; k++)
            if (g->nodes[i].outputs[k][0])
                *v++ =
                    (traced_value){.name = g->nodes[i].outputs[k], .node = i};
    size_t count = (size_t)(v - t->values);
    if (count) qsort(t->values, count, sizeof *t->values, value_compare);

    /* one value for each name: the same name twice can only be an input and its
     * default */
    for (size_t i = 0; i < count; i++) {
        traced_value *same =
            t->value_count ? &t->values[t->value_count - 1] : NULL;
        if (!same || strcmp(same->name, t->values[i].name)) {
            t->values[t->value_count++] = t->values[i];
        } else if (same->node != NO_NODE || t->values[i].node != NO_NODE) {
            return failure(ELMAN_BAD_FORMAT,
                           "the value \"%.80s\" is defined twice", same->name);
        }
    }
    return ELMAN_OK;
}

/* ---- Inputs ------------------------------------------------------------- */

static elman_status free_size(trace *t, const char *symbol, extent *size)
{
    /* a dimension of the same name is the same size; one without is its own */
    size_t i = 0;
    while (i < t->symbol_count && (!symbol[0] || strcmp(t->symbols[i], symbol)))
        i++;

    if (i == EXTENT_SYMBOLS)
        return failure(ELMAN_BAD_FORMAT,
                       "the inputs have more than %d free dimensions",
                       EXTENT_SYMBOLS);
    if (i == t->symbol_count) t->symbols[t->symbol_count++] = symbol;
    *size = extent_free((unsigned)i);
    return ELMAN_OK;
}

static elman_status open_input(trace *t, size_t i)
{
    const onnx_value *input = t->graph->inputs + i;
    const named_tensor *array = t->bound ? t->bound + i : NULL;
    traced_value *v = trace_find(t, input->name);
    source s = {.kind = SOURCE_INPUT, .index = i, .rank = input->rank};

    /* the shape is that of the array, or the one that the graph declares */
    if (array && array->data) {
        s.rank = array->rank;
        for (size_t k = 0; k < s.rank; k++)
            s.shape[k] = extent_of((int64_t)array->shape[k]);
    } else if (v->kind != VALUE_UNKNOWN || t->bound || !input->shaped) {
        return ELMAN_OK; /* a default, or missed only if it is read */
    } else {
        for (size_t k = 0; k < s.rank; k++)
            if (input->dimensions[k].size >= 0)
                s.shape[k] = extent_of(input->dimensions[k].size);
            else TRY(free_size(t, input->dimensions[k].symbol, s.shape + k));
    }

    for (size_t k = 0; k < s.rank; k++)
        s.identity[k] = (int)k;

    /* the value is a view of all of it */
    size_t index = 0;
    TRY(source_add(t, NULL, &s, &index));
    view whole = view_of(t, index);
    return value_set_view(t, v, input->type, &whole);
}

static elman_status open_values(trace *t)
{
    const onnx_graph *g = t->graph;
    t->budget = 1 << 20;

    /* what folding may make grows with what the file holds */
    for (size_t i = 0; i < g->initializer_count; i++) {
        const named_tensor *tensor = g->initializers + i;
        t->budget += 8 * tensor->count;
        traced_value *v = trace_find(t, tensor->name);
        if (v->kind != VALUE_UNKNOWN) continue;
        TRY(value_set_tensor(t, NULL, v, tensor));
    }

    for (size_t i = 0; i < g->input_count; i++)
        TRY(open_input(t, i));
    return ELMAN_OK;
}

/* ---- Nodes -------------------------------------------------------------- */

static elman_status missing(const trace *t, const onnx_node *n,
                            const char *name)
{
    for (size_t i = 0; i < t->graph->input_count; i++)
        if (!strcmp(t->graph->inputs[i].name, name))
            return t->bound ? failure(ELMAN_BAD_VALUE,
                                      "the input %.80s was not given, and has "
                                      "no default",
                                      name)
                            : failure(ELMAN_BAD_FORMAT,
                                      "the input %.80s has no shape", name);
    return n ? refuse(n, "it reads \"%.80s\", which nothing makes", name)
             : failure(ELMAN_BAD_FORMAT,
                       "nothing makes the graph's output \"%.80s\"", name);
}

static elman_status run_node(trace *t, size_t index)
{
    enum { MOST = 256, MOST_INPUTS = 4096, LEAST = 16 };
    const onnx_node *n = t->graph->nodes + index;
    traced_value *in[MOST_INPUTS], *out[MOST], thrown[MOST] = {0};
    operator_run *run;

    if (n->input_count > MOST_INPUTS || n->output_count > MOST)
        return refuse(
            n, "%zu inputs and %zu outputs, at most %d and %d are supported",
            n->input_count, n->output_count, MOST_INPUTS, MOST);

    /* operators read up to LEAST inputs without checking how many there are */
    for (size_t k = 0; k < n->input_count || k < LEAST; k++)
        in[k] = NULL;
    TRY(operator_find(t, n, &run));

    /* an empty name is an input left out, or an output not wanted */
    for (size_t k = 0; k < n->input_count; k++)
        if (n->inputs[k][0]) in[k] = trace_find(t, n->inputs[k]);
    for (size_t k = 0; k < n->output_count; k++)
        out[k] = n->outputs[k][0] ? trace_find(t, n->outputs[k]) : &thrown[k];

    for (size_t k = 0; k < n->input_count; k++)
        TRY(reduce_settle(t, n, in, in[k]));

    /* note the tensors as read; the operator may note more */
    for (size_t k = 0; k < n->input_count; k++) {
        if (!in[k] || !is_tensor(t, in[k])) continue;
        tensor_use *use = t->uses + t->sources[in[k]->views->source].index;
        if (*use == TENSOR_UNUSED) *use = TENSOR_READ;
    }

    /* an output that the operator has not set is absent */
    TRY(run(t, n, in, out));
    for (size_t k = 0; k < n->output_count; k++)
        if (out[k]->kind == VALUE_UNKNOWN) out[k]->kind = VALUE_ABSENT;
    return ELMAN_OK;
}

enum { NEW, ENTERED, DONE };

/* Of the operands of a sum, the one that is first in the file is followed
 * first, so that an unrolled recurrence is reached by its input, not by its
 * initial state. */
static size_t input_at(const trace *t, const onnx_node *n, size_t k)
{
    if (n->input_count != 2 || strcmp(n->op, "Add") != 0) return k;

    const traced_value *a = trace_find(t, n->inputs[0]),
                       *b = trace_find(t, n->inputs[1]);
    return a && b && b->node < a->node ? 1 - k : k;
}

/* Pushes the node that makes a value which n reads, if it is not done. */
static elman_status push_value(trace *t, const onnx_node *n, const char *name,
                               size_t *stack, size_t *depth,
                               unsigned char *marks, bool *pushed)
{
    const traced_value *v = trace_find(t, name);
    if (!v || (v->node == NO_NODE && v->kind == VALUE_UNKNOWN))
        return missing(t, n, name);

    /* inputs, weights and nodes that are done need nothing */
    if (v->node == NO_NODE || marks[v->node] == DONE) return ELMAN_OK;
    if (marks[v->node] == ENTERED)
        return refuse(n, "it reads \"%.80s\", which depends on it: a cycle",
                      v->name);

    if (*depth == MOST_NODES)
        return refuse(n, "more than %d nodes in a row", MOST_NODES);

    marks[v->node] = ENTERED;
    stack[(*depth)++] = v->node;
    *pushed = true;
    return ELMAN_OK;
}

/* Pushes a node that the one on top of the stack reads and that is not done, if
 * there is one: one at a time, the next is found when that one is done. */
static elman_status push_inputs(trace *t, size_t *stack, size_t *depth,
                                unsigned char *marks, bool *pushed)
{
    size_t index = stack[*depth - 1];
    const onnx_node *n = t->graph->nodes + index;
    operator_run *run;
    *pushed = false;

    /* what is no step of a cell is said before what leads to it */
    if (node_is(n, "Loop") || node_is(n, "Scan"))
        TRY(operator_find(t, n, &run));
    for (size_t i = 0; i < n->input_count && !*pushed; i++) {
        size_t k = input_at(t, n, i);
        if (n->inputs[k][0] && !where_passes_over(t, n, k))
            TRY(push_value(t, n, n->inputs[k], stack, depth, marks, pushed));
    }

    /* an If whose condition is known reads what one of its branches gives */
    const onnx_graph *branch = NULL;
    if (*pushed || !node_is(n, "If") || n->input_count != 1) return ELMAN_OK;
    TRY(branch_taken(t, n, &branch));
    for (size_t i = 0; i < branch->output_count && !*pushed; i++)
        TRY(push_value(t, n, branch->outputs[i].name, stack, depth, marks,
                       pushed));
    return ELMAN_OK;
}

static elman_status follow(trace *t, walker *w, size_t first)
{
    if (w->marks[first] == DONE) return ELMAN_OK;

    size_t depth = 0;
    w->stack[depth++] = first;
    w->marks[first] = ENTERED;

    /* a node is run once all that it reads from has been */
    while (depth) {
        bool pushed;
        TRY(push_inputs(t, w->stack, &depth, w->marks, &pushed));
        if (pushed) continue;

        size_t index = w->stack[--depth];
        if (++w->done > MOST_NODES)
            return refuse(
                t->graph->nodes + index,
                "more than %d nodes of the graph matter to its outputs",
                MOST_NODES);
        TRY(run_node(t, index));
        w->marks[index] = DONE;
    }
    return ELMAN_OK;
}

elman_status walk_open(trace *t, walker *w)
{
    TRY(list_names(t));
    TRY(open_values(t));

    /* MOST_NODES is the depth that push_inputs lets the stack reach */
    w->stack = calloc(MOST_NODES, sizeof *w->stack);
    w->marks = calloc(t->graph->node_count + 1, 1);
    return w->stack && w->marks
               ? ELMAN_OK
               : failure(ELMAN_NO_MEMORY, "no memory for a graph");
}

void walk_close(walker *w)
{
    free(w->stack);
    free(w->marks);
}

elman_status walk_to(trace *t, walker *w, const char *name)
{
    const traced_value *v = trace_find(t, name);
    if (!v || (v->node == NO_NODE && v->kind == VALUE_UNKNOWN))
        return missing(t, NULL, name);
    return v->node == NO_NODE ? ELMAN_OK : follow(t, w, v->node);
}
