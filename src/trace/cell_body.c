/* cell_body.c: values of one step of a loop as values of all steps. */
#include "trace/cell_body.h"

#include "trace/attribute.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__})

const char *(body_refuse)(loop_body *l, const onnx_node *n, const char *reason,
                          ...)
{
    char text[200], node[NODE_TEXT];
    if (l->reason[0]) return NULL;
    va_list arguments;
    va_start(arguments, reason);
    vsnprintf(text, sizeof text, reason, arguments);
    va_end(arguments);

    if (!n) snprintf(l->reason, sizeof l->reason, "%s", text);
    else
        snprintf(l->reason, sizeof l->reason, "in its body %s%s%.40s%s %s",
                 node_text(n, node), n->name[0] ? " (" : "",
                 n->name[0] ? n->op : "", n->name[0] ? ")" : "", text);
    return NULL;
}

static size_t index_of(const loop_body *l, const char *name)
{
    const traced_value *v = trace_find(l->scope.scout, name);
    return v ? (size_t)(v - l->scope.scout->values) : SIZE_MAX;
}

const onnx_node *body_maker(const loop_body *l, const char *name)
{
    const onnx_node *n = scope_maker(&l->scope, name);
    if (!n) return NULL;
    size_t at = (size_t)(n - l->scope.scout->graph->nodes);
    return at >= l->first_node && at < l->node_end ? n : NULL;
}

body_state *body_find_state(loop_body *l, const char *name)
{
    for (size_t k = 0; k < l->state_count; k++)
        if (!strcmp(l->states[k].name, name)) return l->states + k;
    return NULL;
}

const body_scan *body_find_scan(const loop_body *l, const char *name)
{
    for (size_t k = 0; k < l->in_count; k++)
        if (!strcmp(l->in[k].inside, name)) return l->in + k;
    return NULL;
}

/* ---- What steps change --------------------------------------------------- */

bool body_varies(loop_body *l, const char *name)
{
    enum { DEEPEST = 200 };
    const onnx_node *n = body_maker(l, name);
    const body_state *state = body_find_state(l, name);
    size_t at = index_of(l, name);
    if (state) return !state->stays;
    if (body_find_scan(l, name) || (l->step && !strcmp(l->step, name)))
        return true;
    if (!n || at == SIZE_MAX) return false;
    if (l->varies[at]) return l->varies[at] > 0;
    if (l->scope.depth > DEEPEST) return true;

    /* what hangs on itself cannot be told apart */
    l->varies[at] = 1;
    bool varies = false;
    l->scope.depth++;
    for (size_t k = 0; k < n->input_count && !varies; k++)
        varies = n->inputs[k][0] && body_varies(l, n->inputs[k]);
    l->scope.depth--;
    l->varies[at] = varies ? 1 : -1;
    return varies;
}

/* Whether a name is one that a node gives already. */
static bool is_taken(const loop_body *l, const char *name)
{
    for (size_t i = 0; i < l->b->count; i++)
        for (size_t k = 0; k < l->b->nodes[i].output_count; k++)
            if (!strcmp(l->b->nodes[i].outputs[k], name)) return true;
    return false;
}

/* A tensor of the body as a node, under its own name if that is free. */
static const char *hold(loop_body *l, const char *name)
{
    for (size_t i = 0; i < l->body->initializer_count; i++) {
        const named_tensor *from = l->body->initializers + i;
        if (strcmp(from->name, name) != 0) continue;
        const char *made = is_taken(l, name) ? grow_name(l->b) : from->name;
        const onnx_attribute value = {
            .name = "value", .kind = ONNX_TENSOR, .s = "", .t = *from};
        grow_named(l->b, &(onnx_node){.name = "",
                                      .op = "Constant",
                                      .domain = "",
                                      .output_count = 1,
                                      .outputs = &made,
                                      .attribute_count = 1,
                                      .attributes = &value});
        return made;
    }
    return name;
}

const char *body_outside(void *of, const char *name)
{
    enum { MOST = 64 };
    loop_body *l = of;
    const onnx_node *n = body_maker(l, name);
    const body_state *state = body_find_state(l, name);
    const char *in[MOST], *out[MOST];
    size_t at = index_of(l, name);
    if (state) return state->first;
    if (at == SIZE_MAX) return name;
    if (l->copies[at]) return l->copies[at];
    if (!n) return l->copies[at] = hold(l, name);
    if (n->input_count > MOST || n->output_count > MOST ||
        l->scope.depth > MOST)
        return name;

    /* the node once more, in the graph */
    l->scope.depth++;
    for (size_t k = 0; k < n->input_count; k++)
        in[k] = n->inputs[k][0] ? body_outside(l, n->inputs[k]) : "";
    l->scope.depth--;
    for (size_t k = 0; k < n->output_count; k++) {
        out[k] = n->outputs[k][0] ? grow_name(l->b) : "";
        size_t other = index_of(l, n->outputs[k]);
        if (other < SIZE_MAX) l->copies[other] = out[k];
    }
    onnx_node made = *n;
    made.inputs = in;
    made.outputs = out;
    grow_named(l->b, &made);
    return l->copies[at];
}

/* ---- Operators ----------------------------------------------------------- */

/* An input of an operator as it is for all steps. */
static const char *operand(loop_body *l, const char *name)
{
    return body_varies(l, name) ? body_all(l, name) : body_outside(l, name);
}

/* The axis of an operator that does not say it; -1: none, or the last. */
static int64_t default_axis(const loop_body *l, const onnx_node *n)
{
    bool softmax = node_is(n, "Softmax") || node_is(n, "LogSoftmax");
    if (softmax) return l->scope.scout->graph->opset < 13 ? 1 : -1;
    return node_is(n, "Split") || node_is(n, "Gather") ? 0 : -1;
}

/* The same operator on all steps; its axes are counted behind that of the
 * steps. */
static const char *repeat(loop_body *l, const onnx_node *n, size_t k)
{
    enum { MOST = 16 };
    const char *in[MOST], *out[MOST];
    onnx_attribute attributes[MOST];
    if (n->input_count > MOST || n->output_count > MOST ||
        n->attribute_count + 1 > MOST)
        return body_refuse(l, n, "has too many inputs");

    for (size_t i = 0; i < n->input_count; i++) {
        in[i] = n->inputs[i][0] ? operand(l, n->inputs[i]) : "";
        if (!in[i]) return NULL;
    }
    for (size_t i = 0; i < n->output_count; i++) {
        out[i] = n->outputs[i][0] ? grow_name(l->b) : "";
        if (out[i][0]) body_set_all(l, n->outputs[i], out[i]);
    }

    /* axes are attributes, or the second input */
    size_t count = 0, input_count = n->input_count, axes_count = 0;
    int64_t axes[AXES], axis = default_axis(l, n);
    bool list = node_is(n, "Squeeze") || node_is(n, "Unsqueeze"),
         moves = body_varies(l, n->inputs[0]);
    for (size_t i = 0; i < n->attribute_count; i++) {
        onnx_attribute a = n->attributes[i];
        if (list && !strcmp(a.name, "axes")) continue;
        if (!strcmp(a.name, "axis")) {
            if (a.kind == ONNX_INT && a.i >= 0 && a.i < AXES && moves) a.i++;
            axis = -1;
        }
        attributes[count++] = a;
    }
    if (axis >= 0 && moves) attributes[count++] = grow_whole("axis", axis + 1);
    if (list) {
        if (!scope_list(&l->scope, n, "axes", 1, &axes_count, axes) ||
            !axes_count)
            return body_refuse(l, n, "has axes that are not known");
        for (size_t i = 0; i < axes_count; i++)
            axes[i] += axes[i] >= 0 && axes[i] < AXES;
        attributes[count++] = grow_wholes(l->b, "axes", axes_count, axes);
        input_count = 1;
    }

    onnx_node made = *n;
    made.input_count = input_count;
    made.inputs = in;
    made.outputs = out;
    made.attribute_count = count;
    made.attributes = attributes;
    grow_named(l->b, &made);
    return out[k];
}

/* Gemm is of matrices alone. */
static const char *repeat_gemm(loop_body *l, const onnx_node *n, size_t k)
{
    float alpha = 1, beta = 1;
    int64_t transA = 0, transB = 0;
    bool biased = n->input_count > 2 && n->inputs[2][0];
    (void)k;
    if (attribute_float(n, "alpha", 1, &alpha) ||
        attribute_float(n, "beta", 1, &beta) ||
        attribute_whole(n, "transA", 0, &transA) ||
        attribute_whole(n, "transB", 0, &transB) || alpha != 1 || transA ||
        (biased && beta != 1) || body_varies(l, n->inputs[1]) ||
        (biased && body_varies(l, n->inputs[2])))
        return body_refuse(l, n, "is no product with a weight and a bias");

    /* MatMul and Add of all steps */
    const char *x = operand(l, n->inputs[0]),
               *w = body_outside(l, n->inputs[1]);
    if (!x) return NULL;
    onnx_attribute perm = grow_wholes(l->b, "perm", 2, (int64_t[]){1, 0});
    if (transB) w = grow_node(l->b, "Transpose", 1, &w, 1, &perm);
    const char *y = grow_node(l->b, "MatMul", 2, LIST(x, w), 0, NULL);
    return biased ? grow_node(l->b, "Add", 2,
                              LIST(y, body_outside(l, n->inputs[2])), 0, NULL)
                  : y;
}

/* Operators that do with all steps what they do with each, but for axes. */
static const char *repeat_any(loop_body *l, const onnx_node *n, size_t k)
{
    static const char *const known[] = {
        "Add",     "Sub",        "Mul",      "Div",      "MatMul",
        "Relu",    "Tanh",       "Sigmoid",  "Elu",      "LeakyRelu",
        "Softmax", "LogSoftmax", "Softplus", "Softsign", "HardSigmoid",
        "Squeeze", "Unsqueeze",  "Dropout",  "Identity", "Clip",
        "Cast",    "Concat",     "Split"};
    bool found = node_is(n, "Gather") && n->input_count == 2;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found = found || node_is(n, known[i]);
    if (!found || n->domain[0])
        return body_refuse(l, n,
                           "is no part of a step of an RNN, GRU or LSTM, "
                           "or of layers around it");
    return repeat(l, n, k);
}

void body_set_all(loop_body *l, const char *name, const char *all)
{
    size_t at = index_of(l, name);
    if (at < SIZE_MAX) l->all[at] = all;
}

static const char *make_all(loop_body *l, const char *name)
{
    const onnx_node *n = body_maker(l, name);
    const body_scan *scan = body_find_scan(l, name);
    onnx_attribute list[2];
    if (scan) {
        list[0] = grow_whole("axis", scan->axis);
        list[1] = grow_whole("reverse", scan->reverse);
        return grow_node(l->b, "Steps", 1, &scan->outside, 2, list);
    }
    if (!n)
        return body_refuse(l, NULL,
                           "its body uses \"%.60s\" of the step before "
                           "outside a cell",
                           name);

    /* a step of something outside, or an operator */
    size_t k = 0;
    while (strcmp(n->outputs[k], name) != 0)
        k++;
    bool index = n->input_count > 1 && n->inputs[1][0] && n->inputs[0][0] &&
                 !body_varies(l, n->inputs[0]) && body_varies(l, n->inputs[1]);
    if (index && node_is(n, "SequenceAt")) return body_element(l, n);
    if (index && node_is(n, "Slice")) return body_range(l, n);
    if (index && node_is(n, "Gather") && body_is_step(l, n->inputs[1]))
        return body_gather(l, n);
    return node_is(n, "Gemm") && n->input_count > 1 ? repeat_gemm(l, n, k)
                                                    : repeat_any(l, n, k);
}

const char *body_all(loop_body *l, const char *name)
{
    enum { DEEPEST = 100 };
    size_t at = index_of(l, name);
    for (size_t k = 0; k < l->through_count; k++)
        if (!strcmp(l->through[k].alias, name))
            return body_all_through(l, l->through + k);
    if (at == SIZE_MAX || l->scope.depth > DEEPEST)
        return body_refuse(l, NULL, "its body is too deep");
    if (l->all[at]) return l->all[at];
    if (!body_varies(l, name))
        return body_refuse(l, body_maker(l, name),
                           "gives the same in each step");

    l->scope.depth++;
    const char *made = make_all(l, name);
    l->scope.depth--;
    if (made) l->all[at] = made;
    return made;
}
