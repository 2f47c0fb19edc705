/*
 * cell_loop.c: Loop and Scan around cells. The body is looked at once: what a
 * state becomes must be what a cell gives. All else that it computes is
 * computed of all steps at once, before the cell or behind it.
 */
#include "trace/cell_loop.h"

#include "trace/attribute.h"
#include "trace/branches.h"
#include "trace/cell_body.h"

#include <stdlib.h>
#include <string.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__})

/* ---- What goes in and out ------------------------------------------------ */

/* Whether anything reads an output of the node. */
static bool is_read(const loop_body *l, const char *name)
{
    const onnx_graph *g = l->b->t->graph;
    bool read = false;
    for (size_t i = 0; i < g->output_count; i++)
        read = read || !strcmp(g->outputs[i].name, name);
    for (size_t i = 0; i < l->b->count && !read; i++)
        for (size_t k = 0; k < l->b->nodes[i].input_count; k++)
            read = read || !strcmp(l->b->nodes[i].inputs[k], name);
    return read;
}

static const char *output_of(const loop_body *l, size_t k)
{
    const onnx_node *n = l->n;
    bool read =
        k < n->output_count && n->outputs[k][0] && is_read(l, n->outputs[k]);
    return read ? n->outputs[k] : "";
}

/* How many steps there are, of a list as well as a value is split to. */
static const char *count_steps(loop_body *l, const char *name)
{
    const onnx_node *n = scope_maker(&l->scope, name);
    const onnx_node *split =
        n && node_is(n, "SequenceLength") && n->input_count == 1
            ? scope_maker(&l->scope, n->inputs[0])
            : NULL;
    int64_t axis = 0;
    if (!split || !split->input_count || !node_is(split, "SplitToSequence") ||
        attribute_whole(split, "axis", 0, &axis))
        return name;

    /* a linear layer does not change how many there are */
    const cell_part *p = part_of(&l->scope, split->inputs[0]);
    const char *linear = p ? part_linear(p) : NULL,
               *of = linear ? linear : split->inputs[0];
    onnx_attribute value = grow_whole("value_int", axis);
    const char *shape = grow_node(l->b, "Shape", 1, &of, 0, NULL);
    const char *at = grow_node(l->b, "Constant", 0, NULL, 1, &value);
    return grow_node(l->b, "Gather", 2, LIST(shape, at), 0, NULL);
}

static bool read_loop(loop_body *l)
{
    const onnx_node *n = l->n;
    const onnx_graph *g = l->body;
    size_t states = n->input_count < 2 ? 0 : n->input_count - 2;
    if (n->input_count < 2 || g->input_count != states + 2 ||
        g->output_count < states + 1 || states > BODY_STATES ||
        g->output_count - states - 1 > BODY_SCANS)
        return body_refuse(l, NULL,
                           "its inputs and outputs are not those of "
                           "its body") != NULL;

    l->step = g->inputs[0].name;
    l->times = n->inputs[0][0] ? count_steps(l, n->inputs[0]) : NULL;

    /* states come first, then what is of each step */
    l->state_count = states;
    for (size_t k = 0; k < states; k++)
        l->states[k] = (body_state){.name = g->inputs[k + 2].name,
                                    .next = g->outputs[k + 1].name,
                                    .first = n->inputs[k + 2],
                                    .last = output_of(l, k)};
    l->out_count = g->output_count - states - 1;
    for (size_t k = 0; k < l->out_count; k++)
        l->out[k] = (body_scan){.inside = g->outputs[states + 1 + k].name,
                                .outside = output_of(l, states + k)};
    return true;
}

/* An entry of a list attribute that may be left out: 0. */
static int64_t entry(const onnx_node *n, const char *name, size_t k)
{
    const onnx_attribute *a = onnx_find(n, name);
    return a && a->kind == ONNX_INTS && k < a->count ? a->ints[k] : 0;
}

static bool read_scan(loop_body *l)
{
    const onnx_node *n = l->n;
    const onnx_graph *g = l->body;
    int64_t scans = 0;
    const onnx_attribute *a = onnx_find(n, "num_scan_inputs");
    if (a && a->kind == ONNX_INT) scans = a->i;
    size_t ins = scans > 0 && scans <= BODY_SCANS ? (size_t)scans : 0;
    size_t states = n->input_count - ins;
    if (!ins || n->input_count < ins || g->input_count != n->input_count ||
        g->output_count < states || states > BODY_STATES ||
        g->output_count - states > BODY_SCANS || l->b->t->graph->opset < 9)
        return body_refuse(l, NULL,
                           "its inputs and outputs are not those of "
                           "its body in opset 9") != NULL;

    l->state_count = states;
    for (size_t k = 0; k < states; k++)
        l->states[k] = (body_state){.name = g->inputs[k].name,
                                    .next = g->outputs[k].name,
                                    .first = n->inputs[k],
                                    .last = output_of(l, k)};

    /* what comes in and goes out of each step, and in which order */
    l->in_count = ins;
    for (size_t k = 0; k < ins; k++)
        l->in[k] =
            (body_scan){.inside = g->inputs[states + k].name,
                        .outside = n->inputs[states + k],
                        .axis = entry(n, "scan_input_axes", k),
                        .reverse = entry(n, "scan_input_directions", k) == 1};
    l->out_count = g->output_count - states;
    for (size_t k = 0; k < l->out_count; k++)
        l->out[k] =
            (body_scan){.inside = g->outputs[states + k].name,
                        .outside = output_of(l, states + k),
                        .axis = entry(n, "scan_output_axes", k),
                        .reverse = entry(n, "scan_output_directions", k) == 1};
    return true;
}

static bool is_true(loop_body *l, const char *name)
{
    double number;
    return scope_is_fixed(&l->scope, name) &&
           scope_number(&l->scope, name, &number) && number != 0;
}

/* A loop that ends before all its steps is none over steps. */
static bool goes_on(loop_body *l)
{
    if (!l->step) return true;
    const char *first = l->n->inputs[1],
               *next = body_copied(l, l->body->outputs[0].name);
    bool ends =
        (first[0] && !is_true(l, first)) ||
        (strcmp(next, l->body->inputs[1].name) != 0 && !is_true(l, next));
    if (!ends && l->times) return true;
    return body_refuse(l, NULL,
                       "it ends on a condition, not after a number of "
                       "steps") != NULL;
}

/* ---- One node ------------------------------------------------------------ */

static bool is_body_state(const void *of, const char *name)
{
    return body_find_state((loop_body *)(uintptr_t)of, name) != NULL;
}

/* The graph of the trace and the body in one, whose inputs are inputs. */
static elman_status open_scope(trace *t, loop_body *l)
{
    const onnx_graph *joined = NULL;
    size_t before = t->graph->input_count, more = l->body->input_count;
    TRY(branches_join(t, l->body, &joined));

    onnx_graph *g = trace_keep(t, 1, sizeof *g);
    onnx_value *inputs = trace_keep(t, before + more + 1, sizeof *inputs);
    named_tensor *bound = trace_keep(t, before + more + 1, sizeof *bound);
    if (!g || !inputs || !bound)
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    if (before) memcpy(inputs, t->graph->inputs, before * sizeof *inputs);
    for (size_t k = 0; k < more; k++) {
        inputs[before + k] = l->body->inputs[k];
        inputs[before + k].shaped = false; /* sizes in it are its own */
    }
    if (t->bound) memcpy(bound, t->bound, before * sizeof *bound);
    *g = *joined;
    g->inputs = inputs;
    g->input_count = before + more;

    l->first_node = t->graph->node_count;
    l->node_end = g->node_count;
    TRY(scope_open(&l->scope, g, t->bound ? bound : NULL));
    l->scope.body = l->first_node;
    l->scope.outside = body_outside;
    l->scope.through = body_through;
    l->scope.is_state = is_body_state;
    l->scope.of = l;
    size_t count = l->scope.scout->value_count + 1;
    l->all = trace_keep(l->scope.scout, count, sizeof *l->all);
    l->copies = trace_keep(l->scope.scout, count, sizeof *l->copies);
    l->varies = trace_keep(l->scope.scout, count, sizeof *l->varies);
    return l->all && l->copies && l->varies
               ? ELMAN_OK
               : failure(ELMAN_NO_MEMORY, "no memory for a graph");
}

static void replace(loop_body *l, size_t node)
{
    bool read = l->n->input_count > 0 &&
                (node_is(l->n, "Loop") ? read_loop(l) : read_scan(l));
    if (!read || !goes_on(l)) return;
    body_settle(l);
    if (!body_put_cells(l) || !body_give(l)) return;
    for (size_t k = 0; k < l->n->output_count; k++)
        grow_replace(l->b, node, l->n->outputs[k]);
}

/* Notes why a node stays what it is. */
static elman_status note(trace *t, const onnx_node *n, const char *reason)
{
    traced_refusal *r = trace_keep(t, 1, sizeof *r);
    char *text = trace_keep(t, strlen(reason) + 1, 1);
    if (!r || !text) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    memcpy(text, reason, strlen(reason));
    *r = (traced_refusal){.of = n, .text = text, .next = t->refusals};
    t->refusals = r;
    return ELMAN_OK;
}

/* Puts cells in the place of one node, or notes why there are none. */
static elman_status open_one(trace *t, size_t node)
{
    const onnx_node *n = t->graph->nodes + node;
    const onnx_attribute *a = onnx_find(n, "body");
    grown_graph b;
    if (!a || a->kind != ONNX_GRAPH)
        return note(t, n, "its body is left out, or too deep in others");

    loop_body *l = calloc(1, sizeof *l);
    if (!l) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    const failure_text kept = failure_keep();
    *l = (loop_body){.b = &b, .n = n, .body = a->g};
    elman_status status = grow_open(&b, t);
    b.origin = n;
    if (status == ELMAN_OK) status = open_scope(t, l);
    if (status == ELMAN_OK) replace(l, node);
    if (status == ELMAN_OK && l->scope.failed) b.failed = true;
    if (status == ELMAN_OK && (b.failed || !l->reason[0]))
        status = grow_close(&b);
    if (status == ELMAN_OK && l->reason[0]) status = note(t, n, l->reason);
    scope_close(&l->scope);
    free(l);

    /* what is wrong with the names is said where the node is met */
    if (status == ELMAN_OK || status == ELMAN_NO_MEMORY) {
        if (status == ELMAN_OK) failure_restore(&kept);
        return status;
    }
    const failure_text why = failure_keep();
    failure_restore(&kept);
    return note(t, n, why.text);
}

elman_status cell_loops_open(trace *t)
{
    enum { MOST_LOOPS = 16 };
    size_t found = 0, count = t->graph->node_count;
    for (size_t i = 0; i < count && found < MOST_LOOPS; i++) {
        const onnx_node *n = t->graph->nodes + i;
        if (!node_is(n, "Loop") && !node_is(n, "Scan")) continue;
        found++;
        TRY(open_one(t, i));
    }
    return ELMAN_OK;
}
