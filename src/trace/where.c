/* where.c: Where, as exporters write a choice that each step of an unrolled
 * recurrence makes: whether there is such a step. */
#include "trace/where.h"

#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

enum { CONDITION, WHERE_INPUTS = 3 };

size_t where_taken(trace *t, const onnx_node *n)
{
    extent entries[ENTRIES];
    size_t count = 0;
    traced_value *v = n->input_count == WHERE_INPUTS
                          ? trace_find(t, n->inputs[CONDITION])
                          : NULL;
    if (!v || !is_sizes(t, v) || v->undecided) return 0;

    /* one truth for all elements */
    const failure_text kept = failure_keep();
    bool known = need_sizes(t, n, v, &count, entries) == ELMAN_OK && count > 0;
    failure_restore(&kept);
    for (size_t i = 0; known && i < count; i++)
        known = extent_is_plain(entries + i) &&
                !entries[i].factor == !entries[0].factor;
    return !known ? 0 : entries[0].factor ? 1 : 2;
}

/* The node that makes a value, or NULL. */
static const onnx_node *maker(const trace *t, const char *name)
{
    const traced_value *v = name[0] ? trace_find(t, name) : NULL;
    return v && v->node != NO_NODE ? t->graph->nodes + v->node : NULL;
}

bool where_passes_over(trace *t, const onnx_node *n, size_t k)
{
    size_t taken = node_is(n, "Where") && k ? where_taken(t, n) : 0;
    if (!taken || taken == k) return false;

    /* only zeros that have the shape of something like what is given: they
     * cannot be broadcast to another one */
    const onnx_node *filled = maker(t, n->inputs[k]),
                    *given = maker(t, n->inputs[taken]),
                    *shape = filled && node_is(filled, "ConstantOfShape") &&
                                     filled->input_count
                                 ? maker(t, filled->inputs[0])
                                 : NULL,
                    *like =
                        shape && node_is(shape, "Shape") && shape->input_count
                            ? maker(t, shape->inputs[0])
                            : NULL;
    return given && like && !strcmp(like->op, given->op);
}

/* Whether the values of a Where have one shape; what was passed over has. */
static elman_status check_shapes(const onnx_node *n, const traced_value *a,
                                 const traced_value *b)
{
    extent shapes[2][AXES];
    size_t ranks[2];
    bool parts = a->kind == VALUE_STEP || b->kind == VALUE_STEP;
    if (b->kind == VALUE_UNKNOWN || parts) return ELMAN_OK;

    TRY(value_shape(n, a, ranks, shapes[0]));
    TRY(value_shape(n, b, ranks + 1, shapes[1]));
    bool same = ranks[1] <= ranks[0];
    for (size_t k = 0; same && k < ranks[1]; k++) {
        const extent *other = shapes[1] + ranks[1] - 1 - k;
        same = extent_is(other, 1) ||
               extent_equal(other, shapes[0] + ranks[0] - 1 - k);
    }
    return same ? ELMAN_OK
                : refuse(n, "it gives \"%.80s\" another shape", a->name);
}

elman_status trace_where(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    size_t taken = where_taken(t, n);
    if (!taken || is_sizes(t, in[taken])) return sizes_where(t, n, in, out);
    TRY(check_shapes(n, in[taken], in[WHERE_INPUTS - taken]));

    /* what is given, under this name */
    const traced_value was = *out[0];
    *out[0] = *in[taken];
    out[0]->name = was.name;
    out[0]->node = was.node;
    return ELMAN_OK;
}
