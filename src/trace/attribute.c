/* attribute.c: how a node is read, and refused. */
#include "trace/attribute.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char grow_domain[] = "elman";

elman_status(refuse)(const onnx_node *n, const char *reason, ...)
{
    char text[700];
    va_list arguments;
    va_start(arguments, reason);
    vsnprintf(text, sizeof text, reason, arguments);
    va_end(arguments);

    if (!n) return failure(ELMAN_BAD_FORMAT, "%s", text);

    char node[NODE_TEXT];
    if (!n->name[0] || n->domain == grow_domain)
        return failure(ELMAN_BAD_FORMAT, "%s: %s", node_text(n, node), text);
    return failure(ELMAN_BAD_FORMAT, "%s (%.40s): %s", node_text(n, node),
                   n->op, text);
}

const char *node_text(const onnx_node *n, char *text)
{
    const char *made = "";
    for (size_t k = 0; k < n->output_count && !made[0]; k++)
        made = n->outputs[k];

    if (n->name[0]) snprintf(text, NODE_TEXT, "node %.80s", n->name);
    else
        snprintf(text, NODE_TEXT, "the %.40s that makes \"%.80s\"", n->op,
                 made);
    return text;
}

/* ---- The operator -------------------------------------------------------- */

bool node_is(const onnx_node *n, const char *op)
{
    return strcmp(n->op, op) == 0;
}

elman_status need_arithmetic(const onnx_node *n, arithmetic *op)
{
    static const char *const names[] = {[ARITHMETIC_ADD] = "Add",
                                        [ARITHMETIC_SUB] = "Sub",
                                        [ARITHMETIC_MUL] = "Mul",
                                        [ARITHMETIC_DIV] = "Div"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!node_is(n, names[i])) continue;
        *op = (arithmetic)i;
        return ELMAN_OK;
    }
    return refuse(n, "it is none of Add, Sub, Mul and Div");
}

/* ---- Attributes --------------------------------------------------------- */

static elman_status find(const onnx_node *n, const char *name, onnx_kind kind,
                         const char *expected, const onnx_attribute **found)
{
    *found = NULL;
    for (size_t i = 0; i < n->attribute_count; i++) {
        if (strcmp(n->attributes[i].name, name)) continue;
        if (*found) return refuse(n, "the attribute %s is given twice", name);
        *found = n->attributes + i;
    }
    if (*found && (*found)->kind != kind)
        return refuse(n, "the attribute %s is not %s", name, expected);
    return ELMAN_OK;
}

elman_status attribute_whole(const onnx_node *n, const char *name,
                             int64_t otherwise, int64_t *number)
{
    const onnx_attribute *a;
    TRY(find(n, name, ONNX_INT, "a whole number", &a));
    *number = a ? a->i : otherwise;
    return ELMAN_OK;
}

elman_status attribute_float(const onnx_node *n, const char *name,
                             float otherwise, float *number)
{
    const onnx_attribute *a;
    TRY(find(n, name, ONNX_FLOAT, "a number", &a));
    *number = a ? a->f : otherwise;
    return ELMAN_OK;
}

elman_status attribute_text(const onnx_node *n, const char *name,
                            const char *otherwise, const char **text)
{
    const onnx_attribute *a;
    TRY(find(n, name, ONNX_STRING, "a text", &a));
    *text = a ? a->s : otherwise;
    return ELMAN_OK;
}

elman_status attribute_wholes(const onnx_node *n, const char *name,
                              size_t *count, int64_t *numbers)
{
    const onnx_attribute *a;
    *count = 0;
    TRY(find(n, name, ONNX_INTS, "a list of whole numbers", &a));

    if (!a) return ELMAN_OK;
    if (a->count > AXES)
        return refuse(n, "%zu %s, at most %d are supported", a->count, name,
                      AXES);

    *count = a->count;
    if (a->count) memcpy(numbers, a->ints, a->count * sizeof *numbers);
    return ELMAN_OK;
}

elman_status check_axis(const onnx_node *n, int64_t axis, size_t rank,
                        size_t *found)
{
    int64_t r = (int64_t)rank;

    if (axis < -r || axis >= r)
        return refuse(n, "axis %lld of a value of %zu dimensions",
                      (long long)axis, rank);

    *found = (size_t)(axis < 0 ? axis + r : axis);
    return ELMAN_OK;
}

bool graph_recurs(const onnx_graph *g)
{
    static const char *const recurrent[] = {"RNN", "GRU", "LSTM", "Loop",
                                            "Scan"};
    for (size_t i = 0; i < g->node_count; i++)
        for (size_t k = 0; k < sizeof recurrent / sizeof *recurrent; k++)
            if (node_is(g->nodes + i, recurrent[k])) return true;
    return false;
}
