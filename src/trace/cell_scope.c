/* cell_scope.c: what hangs on tensors alone. */
#include "trace/cell_scope.h"

#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEEPEST = 200
}; /* values behind each other that are looked at at once */

elman_status scope_open(cell_scope *s, const onnx_graph *graph,
                        const named_tensor *bound)
{
    *s = (cell_scope){.scout = trace_new(graph, bound)};
    if (!s->scout) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    TRY(walk_open(s->scout, &s->walk));

    size_t count = s->scout->value_count + 1;
    s->fixed = trace_keep(s->scout, count, sizeof *s->fixed);
    s->parts = trace_keep(s->scout, count, sizeof *s->parts);
    s->seen = trace_keep(s->scout, count, sizeof *s->seen);
    return s->fixed && s->parts && s->seen
               ? ELMAN_OK
               : failure(ELMAN_NO_MEMORY, "no memory for a graph");
}

void scope_close(cell_scope *s)
{
    walk_close(&s->walk);
    trace_close(s->scout);
}

const onnx_node *scope_maker(const cell_scope *s, const char *name)
{
    const traced_value *v = trace_find(s->scout, name);
    return v && v->node != NO_NODE ? s->scout->graph->nodes + v->node : NULL;
}

/* What the body of a loop says of its inputs. */
static size_t declared_rank(const onnx_graph *g, const char *name,
                            size_t *features)
{
    for (size_t i = 0; i < g->input_count; i++) {
        const onnx_value *v = g->inputs + i;
        if (strcmp(v->name, name) != 0 || v->rank == 0) continue;
        int64_t size = v->dimensions[v->rank - 1].size;
        if (size > 0) (void)size_narrow((uint64_t)size, features);
        return v->rank;
    }
    return 0;
}

size_t scope_rank(const cell_scope *s, const char *name, size_t *features)
{
    const traced_value *v = trace_find(s->scout, name);
    extent size;
    *features = 0;
    if (v && v->node == NO_NODE && v->kind == VALUE_UNKNOWN)
        return declared_rank(s->scout->graph, name, features);
    if (!v || v->node != NO_NODE || v->kind != VALUE_VIEW || !v->views->rank)
        return 0;

    const failure_text kept = failure_keep();
    if (view_size(NULL, v->views, v->views->rank - 1, &size) == ELMAN_OK &&
        extent_is_plain(&size) && size.factor > 0)
        (void)size_narrow((uint64_t)size.factor, features);
    failure_restore(&kept);
    return v->views->rank;
}

/* ---- What is fixed ------------------------------------------------------- */

static bool find_fixed(cell_scope *s, const traced_value *v)
{
    static const char *const never[] = {"If", "Loop", "Scan", "RandomNormal",
                                        "RandomUniform"};
    if (v->node == NO_NODE)
        return v->kind == VALUE_VIEW &&
               s->scout->sources[v->views->source].kind == SOURCE_TENSOR;

    const onnx_node *n = s->scout->graph->nodes + v->node;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (node_is(n, never[i])) return false;
    if (node_is(n, "Constant")) return true;

    /* the shape of an input is known, whatever is in it */
    size_t features;
    if (node_is(n, "Shape") && n->input_count && !scope_maker(s, n->inputs[0]))
        return scope_rank(s, n->inputs[0], &features) > 0;

    bool fixed = n->input_count > 0;
    for (size_t k = 0; fixed && k < n->input_count; k++)
        fixed = !n->inputs[k][0] || scope_is_fixed(s, n->inputs[k]);
    return fixed;
}

bool scope_is_fixed(cell_scope *s, const char *name)
{
    const traced_value *v = trace_find(s->scout, name);
    if (!v || s->depth >= DEEPEST) return false;
    signed char *fixed = s->fixed + (v - s->scout->values);

    /* what hangs on itself is not */
    if (*fixed) return *fixed > 0;
    *fixed = -1;
    s->depth++;
    if (find_fixed(s, v)) *fixed = 1;
    s->depth--;
    return *fixed > 0;
}

/* Such a value, followed; NULL where that fails. */
static traced_value *follow(cell_scope *s, const char *name)
{
    const failure_text kept = failure_keep();
    elman_status status = scope_is_fixed(s, name)
                              ? walk_to(s->scout, &s->walk, name)
                              : ELMAN_BAD_VALUE;
    if (status == ELMAN_NO_MEMORY) s->failed = true;
    failure_restore(&kept);
    return status ? NULL : trace_find(s->scout, name);
}

bool scope_shape(cell_scope *s, const char *name, size_t *rank, size_t *shape)
{
    extent sizes[AXES];
    traced_value *v = follow(s, name);
    if (!v || v->kind != VALUE_VIEW || !is_tensor(s->scout, v)) return false;

    const failure_text kept = failure_keep();
    bool known = value_shape(NULL, v, rank, sizes) == ELMAN_OK;
    failure_restore(&kept);
    for (size_t k = 0; known && k < *rank; k++) {
        known = extent_is_plain(sizes + k) && sizes[k].factor > 0 &&
                size_narrow((uint64_t)sizes[k].factor, shape + k);
    }
    return known;
}

bool scope_number(cell_scope *s, const char *name, double *number)
{
    traced_value *v = follow(s, name);
    if (!v || v->kind != VALUE_VIEW) return false;
    const failure_text kept = failure_keep();
    bool known = need_number(s->scout, NULL, v, "operand", number) == ELMAN_OK;
    failure_restore(&kept);
    return known;
}

bool scope_list(cell_scope *s, const onnx_node *n, const char *name, size_t k,
                size_t *count, int64_t *numbers)
{
    traced_value *in[AXES] = {0};
    *count = 0;
    if (k < n->input_count && k < AXES && n->inputs[k][0]) {
        in[k] = follow(s, n->inputs[k]);
        if (!in[k]) return false;
    }

    const failure_text kept = failure_keep();
    bool known =
        list_whole(s->scout, n, in, name, k, count, numbers) == ELMAN_OK;
    failure_restore(&kept);
    return known;
}
