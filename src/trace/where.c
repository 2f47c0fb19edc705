/* where.c: Where, as exporters write a choice that each step of an unrolled
 * recurrence makes: whether there is such a step. */
#include "trace/where.h"

#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

enum { CONDITION, WHERE_INPUTS = 3 };

#define MOST_ROWS 2147483648.0 /* of an embedding */

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

/* ---- Tokens counted from the end ------------------------------------------
 */

/* The one number of a constant, that of a node or of the file. */
static bool read_constant(const trace *t, const char *name, double *number)
{
    const traced_value *v = trace_find(t, name);
    const onnx_node *n = maker(t, name);
    const onnx_attribute *a =
        n && node_is(n, "Constant") ? onnx_find(n, "value") : NULL;
    const named_tensor *held =
        a && a->kind == ONNX_TENSOR ? &a->t
        : v && !n && is_tensor(t, v)
            ? t->tensors + t->sources[v->views->source].index
            : NULL;
    if (!held || held->count != 1) return false;
    tensor_doubles(held, 0, 1, number);
    return true;
}

/* How many rows the table of a Gather has; 0 if it is not in the file. */
static size_t rows_of(const trace *t, const onnx_node *n)
{
    const char *name = n->inputs[0];
    const onnx_node *m = maker(t, name);
    for (size_t i = 0; m && i < t->graph->node_count; i++) {
        if (!node_is(m, "Identity") || !m->input_count) return 0;
        name = m->inputs[0];
        m = maker(t, name);
    }
    for (size_t i = 0; i < t->graph->initializer_count; i++) {
        const named_tensor *held = t->graph->initializers + i;
        if (!strcmp(held->name, name) && held->rank) return held->shape[0];
    }
    return 0;
}

/* Whether all that reads a value are embeddings of that many rows. */
static bool feeds_tables(const trace *t, const char *name, size_t rows)
{
    size_t found = 0;
    for (size_t i = 0; i < t->graph->node_count; i++) {
        const onnx_node *n = t->graph->nodes + i;
        for (size_t k = 0; k < n->input_count; k++) {
            if (strcmp(n->inputs[k], name) != 0) continue;
            if (!node_is(n, "Gather") || k != 1 || rows_of(t, n) != rows)
                return false;
            found++;
        }
    }
    for (size_t i = 0; i < t->graph->output_count; i++)
        if (!strcmp(t->graph->outputs[i].name, name)) return false;
    return found > 0;
}

/* Whether n adds the number of rows to tokens below 0, which an embedding
 * counts from its end anyhow: Where(x < 0, x + rows, x). */
static bool wraps_tokens(const trace *t, const onnx_node *n)
{
    if (!node_is(n, "Where") || n->input_count != WHERE_INPUTS) return false;
    const char *x = n->inputs[2];
    const onnx_node *less = maker(t, n->inputs[CONDITION]),
                    *add = maker(t, n->inputs[1]);
    double zero, rows;
    return less && add && node_is(less, "Less") && node_is(add, "Add") &&
           less->input_count == 2 && add->input_count == 2 &&
           !strcmp(less->inputs[0], x) && !strcmp(add->inputs[0], x) &&
           read_constant(t, less->inputs[1], &zero) && zero == 0 &&
           read_constant(t, add->inputs[1], &rows) && rows >= 1 &&
           rows < MOST_ROWS && feeds_tables(t, n->outputs[0], (size_t)rows);
}

/* ---- Softplus -------------------------------------------------------------
 */

/* Whether n has x where x > LIMIT or more, and else the softplus of x, which is
 * the same there in float32: Where(x > limit, x, Softplus(x)). With a beta it
 * is Where(beta x > limit, x, Softplus(beta x) / beta). */
static bool is_softplus(const trace *t, const onnx_node *n)
{
    enum { LIMIT = 16 };
    if (!node_is(n, "Where") || n->input_count != WHERE_INPUTS) return false;
    const char *x = n->inputs[1], *given = n->inputs[2];
    const onnx_node *more = maker(t, n->inputs[CONDITION]),
                    *soft = maker(t, given), *scaled = NULL;
    double limit, beta = 1, same = 1;

    /* what divides behind the function, and what multiplies in front of it */
    if (soft && node_is(soft, "Div") && soft->input_count == 2 &&
        read_constant(t, soft->inputs[1], &beta))
        soft = maker(t, soft->inputs[0]);
    if (!soft || !node_is(soft, "Softplus") || !soft->input_count) return false;
    const char *inner = soft->inputs[0];
    if (strcmp(inner, x) != 0) scaled = maker(t, inner);
    bool one = !scaled && !strcmp(inner, x) && beta == 1;
    bool fits = scaled && node_is(scaled, "Mul") && scaled->input_count == 2 &&
                !strcmp(scaled->inputs[0], x) &&
                read_constant(t, scaled->inputs[1], &same) && same == beta;
    return (one || fits) && more && node_is(more, "Greater") &&
           more->input_count == 2 && !strcmp(more->inputs[0], inner) &&
           read_constant(t, more->inputs[1], &limit) && limit >= LIMIT;
}

/* Notes the limit, if the file holds it as a tensor, as read. */
static void note_limit(trace *t, const onnx_node *n)
{
    if (!is_softplus(t, n)) return;
    const onnx_node *more = maker(t, n->inputs[CONDITION]);
    const traced_value *limit = trace_find(t, more->inputs[1]);
    if (!limit || !is_tensor(t, limit)) return;
    tensor_use *use = t->uses + t->sources[limit->views->source].index;
    if (*use == TENSOR_UNUSED) *use = TENSOR_SETTING;
}

/* ---- What is chosen -------------------------------------------------------
 */

bool where_passes_over(trace *t, const onnx_node *n, size_t k)
{
    if (k < 2 && (wraps_tokens(t, n) || is_softplus(t, n))) return true;
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
    note_limit(t, n);
    size_t taken =
        wraps_tokens(t, n) || is_softplus(t, n) ? 2 : where_taken(t, n);
    if (!taken || is_sizes(t, in[taken])) return sizes_where(t, n, in, out);
    TRY(check_shapes(n, in[taken], in[WHERE_INPUTS - taken]));

    /* what is given, under this name */
    const traced_value was = *out[0];
    *out[0] = *in[taken];
    out[0]->name = was.name;
    out[0]->node = was.node;
    return ELMAN_OK;
}
