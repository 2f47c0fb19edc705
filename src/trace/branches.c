/* branches.c: If, whose condition is known, or does not matter. */
#include "trace/branches.h"

#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <stdlib.h>
#include <string.h>

/* ---- Beside the others --------------------------------------------------- */

static const char *const names[] = {"else_branch", "then_branch"};

/* A graph that grows by those of branches; without lists it only counts. */
typedef struct layout {
    size_t node_count, initializer_count;
    onnx_node *nodes;
    named_tensor *initializers;
} layout;

static void add_graph(layout *to, const onnx_graph *g)
{
    if (to->nodes && g->node_count)
        memcpy(to->nodes + to->node_count, g->nodes,
               g->node_count * sizeof *g->nodes);
    if (to->initializers && g->initializer_count)
        memcpy(to->initializers + to->initializer_count, g->initializers,
               g->initializer_count * sizeof *g->initializers);

    to->node_count += g->node_count;
    to->initializer_count += g->initializer_count;
}

/* Adds a graph, and those of the branches in it: ONNX_DEPTH at most. */
static void add_branches(layout *to, const onnx_graph *g)
{
    add_graph(to, g);
    for (size_t i = 0; i < g->node_count; i++)
        for (size_t k = 0; node_is(g->nodes + i, "If") && k < 2; k++) {
            const onnx_attribute *a = onnx_find(g->nodes + i, names[k]);
            if (a && a->kind == ONNX_GRAPH) add_branches(to, a->g);
        }
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* One name is one value, whichever branch makes it. */
static elman_status check_differ(const onnx_graph *g)
{
    size_t room = g->initializer_count + 1, count = 0;
    for (size_t i = 0; i < g->node_count; i++)
        room += g->nodes[i].output_count;
    const char **list = calloc(room, sizeof *list);
    if (!list) return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    /* all that is made, in order */
    for (size_t i = 0; i < g->initializer_count; i++)
        list[count++] = g->initializers[i].name;
    for (size_t i = 0; i < g->node_count; i++)
        for (size_t k = 0; k < g->nodes[i].output_count; k++)
            if (g->nodes[i].outputs[k][0])
                list[count++] = g->nodes[i].outputs[k];
    if (count) qsort(list, count, sizeof *list, compare_names);

    elman_status status = ELMAN_OK;
    for (size_t i = 1; i < count && status == ELMAN_OK; i++)
        if (!strcmp(list[i - 1], list[i]))
            status = failure(ELMAN_BAD_FORMAT,
                             "the value \"%.80s\" is defined twice, in a "
                             "graph inside a node and elsewhere",
                             list[i]);
    free(list);
    return status;
}

/* Makes a graph of outer and of all that is in inner, or in outer itself. */
static elman_status join(trace *t, const onnx_graph *outer,
                         const onnx_graph *inner, const onnx_graph **joined)
{
    layout all = {0};
    if (inner) add_graph(&all, outer);
    add_branches(&all, inner ? inner : outer);

    /* a graph of its own, with the same inputs and outputs */
    onnx_graph *g = trace_keep(t, 1, sizeof *g);
    layout made = {.nodes = trace_keep(t, all.node_count, sizeof *made.nodes),
                   .initializers = trace_keep(t, all.initializer_count + 1,
                                              sizeof *made.initializers)};
    if (!g || !made.nodes || !made.initializers)
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");

    if (inner) add_graph(&made, outer);
    add_branches(&made, inner ? inner : outer);
    *g = *outer;
    g->node_count = made.node_count;
    g->nodes = made.nodes;
    g->initializer_count = made.initializer_count;
    g->initializers = made.initializers;
    *joined = g;
    return check_differ(g);
}

elman_status branches_open(trace *t)
{
    layout all = {0};
    add_branches(&all, t->graph);
    return all.node_count == t->graph->node_count
               ? ELMAN_OK
               : join(t, t->graph, NULL, &t->graph);
}

elman_status branches_join(trace *t, const onnx_graph *inner,
                           const onnx_graph **joined)
{
    return join(t, t->graph, inner, joined);
}

/* ---- Which one ----------------------------------------------------------- */

/* The node of a branch that makes a value, or NULL. */
static const onnx_node *maker(const onnx_graph *branch, const char *name)
{
    for (size_t i = 0; i < branch->node_count; i++)
        for (size_t k = 0; k < branch->nodes[i].output_count; k++)
            if (!strcmp(branch->nodes[i].outputs[k], name))
                return branch->nodes + i;
    return NULL;
}

/* The value outside a branch that one inside has the numbers of, in the same
 * order; the name of one that is more than that. */
static const char *origin(const onnx_graph *branch, const char *name)
{
    static const char *const same[] = {"Identity", "Squeeze", "Unsqueeze",
                                       "Reshape", "Flatten"};
    const onnx_node *n = maker(branch, name);

    for (size_t steps = 0; n && steps <= branch->node_count; steps++) {
        bool known = false;
        for (size_t i = 0; i < sizeof same / sizeof *same; i++)
            known = known || node_is(n, same[i]);
        if (!known || !n->input_count) break;
        name = n->inputs[0];
        n = maker(branch, name);
    }
    return name;
}

/* Whether all outputs of two branches have the same numbers. */
static bool alike(const onnx_graph *a, const onnx_graph *b)
{
    bool same = a->output_count == b->output_count;
    for (size_t i = 0; same && i < a->output_count; i++)
        same = !strcmp(origin(a, a->outputs[i].name),
                       origin(b, b->outputs[i].name));
    return same;
}

elman_status branch_taken(trace *t, const onnx_node *n,
                          const onnx_graph **branch)
{
    const onnx_graph *graphs[2];
    traced_value *condition = trace_find(t, n->inputs[0]);
    extent entries[ENTRIES];
    size_t count;

    for (size_t k = 0; k < 2; k++) {
        const onnx_attribute *a = onnx_find(n, names[k]);
        if (!a || a->kind != ONNX_GRAPH)
            return refuse(n, "its %s is left out, or in more than %d graphs",
                          names[k], ONNX_DEPTH);
        graphs[k] = a->g;
    }

    /* a condition that hangs on a size that is free decides about axes alone */
    bool undecided = condition->undecided;
    if (undecided && !alike(graphs[0], graphs[1]))
        return refuse(n, "its condition depends on a free size, and its "
                         "branches differ in more than axes; elman run, which "
                         "knows the sizes, can take it");
    if (condition->kind == VALUE_VIEW && !is_sizes(t, condition)) {
        const view *of = NULL;
        TRY(need_tensor(t, n, condition, "condition", TENSOR_SETTING, &of));
    }

    condition->undecided = false;
    elman_status status = need_sizes(t, n, condition, &count, entries);
    condition->undecided = undecided;
    if (status) return status;
    if (count != 1 || !extent_is_plain(entries))
        return refuse(n, "its condition is not one truth value");

    *branch = graphs[entries[0].factor != 0];
    if ((*branch)->output_count == n->output_count) return ELMAN_OK;
    return refuse(n, "it has %zu outputs, but its branch %zu", n->output_count,
                  (*branch)->output_count);
}

elman_status trace_if(trace *t, const onnx_node *n, traced_value *const *in,
                      traced_value *const *out)
{
    const onnx_graph *branch = NULL;
    (void)in;
    TRY(branch_taken(t, n, &branch));

    /* what the branch gives under its own names */
    for (size_t k = 0; k < n->output_count; k++) {
        const traced_value *made = trace_find(t, branch->outputs[k].name);
        const traced_value was = *out[k];
        *out[k] = *made;
        out[k]->name = was.name;
        out[k]->node = was.node;
    }
    return ELMAN_OK;
}
