/* cell_give.c: what a loop gives, of all steps. */
#include "trace/cell_body.h"

#include "trace/attribute.h"

#include <string.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__})

/* ---- What comes out ------------------------------------------------------ */

/* Values of all steps along an axis. */
static const char *stack(loop_body *l, const char *all, int64_t axis,
                         bool reverse)
{
    onnx_attribute list[] = {grow_whole("axis", axis),
                             grow_whole("reverse", reverse)};
    return grow_node(l->b, "Stack", 1, &all, 2, list);
}

/* What a reader of a list of all steps makes of it. */
static bool read_list(loop_body *l, const body_state *s, const char *all,
                      size_t node)
{
    const onnx_node *n = l->b->nodes + node;
    int64_t axis = 0, joined = 0;
    double at = 0;
    if (!n->output_count || !n->outputs[0][0]) return true;
    if (node_is(n, "ConcatFromSequence") &&
        !attribute_whole(n, "axis", 0, &axis) &&
        !attribute_whole(n, "new_axis", 0, &joined) && axis >= -AXES &&
        axis < AXES) {
        /* joined along an axis that each has, of size 1 */
        const char *value = all;
        const onnx_attribute axes = grow_wholes(
            l->b, "axes", 1, (int64_t[]){axis < 0 ? axis : axis + 1});
        if (!joined) value = grow_node(l->b, "Squeeze", 1, &all, 1, &axes);
        const char *name = n->outputs[0];
        const char *made = stack(l, value, axis, s->in_front);
        grow_replace(l->b, node, name);
        cell_name(l->b, made, name);
        return true;
    }

    bool last = node_is(n, "SequenceAt") && n->input_count == 2 &&
                scope_number(&l->scope, n->inputs[1], &at) &&
                (at == -1 || at == 0);
    if (!last)
        return body_refuse(l, NULL,
                           "what it puts to a list is read by %.40s, "
                           "and not joined",
                           n->op) != NULL;

    /* one of the steps */
    int64_t first = at == 0 ? 0 : -1;
    if (s->in_front) first = -1 - first;
    onnx_attribute value = grow_whole("value_int", first);
    onnx_attribute zero = grow_whole("axis", 0);
    const char *name = n->outputs[0],
               *index = grow_node(l->b, "Constant", 0, NULL, 1, &value);
    const char *made = grow_node(l->b, "Gather", 2, LIST(all, index), 1, &zero);
    grow_replace(l->b, node, name);
    cell_name(l->b, made, name);
    return true;
}

static bool give_lists(loop_body *l)
{
    size_t nodes = l->b->count;
    for (size_t k = 0; k < l->state_count; k++) {
        const body_state *s = l->states + k;
        if (!s->put || !s->last[0]) continue;
        const char *all = body_all(l, s->put);
        if (!all) return false;

        /* of all steps, and nothing before them */
        const onnx_node *empty = scope_maker(&l->scope, s->first);
        if (!empty || !node_is(empty, "SequenceEmpty"))
            return body_refuse(l, NULL,
                               "it puts values to a list that is not "
                               "empty") != NULL;
        for (size_t i = 0; i < nodes; i++)
            for (size_t j = 0; j < l->b->nodes[i].input_count; j++)
                if (!strcmp(l->b->nodes[i].inputs[j], s->last) &&
                    !read_list(l, s, all, i))
                    return false;
    }
    return true;
}

bool body_give(loop_body *l)
{
    for (size_t k = 0; k < l->out_count; k++) {
        const body_scan *o = l->out + k;
        if (!o->outside[0]) continue;
        const char *all = body_all(l, o->inside);
        if (!all) return false;
        cell_name(l->b, stack(l, all, o->axis, o->reverse), o->outside);
    }

    /* states that are no cell's */
    for (size_t k = 0; k < l->state_count; k++) {
        const body_state *s = l->states + k;
        if (s->stays && s->last[0]) cell_name(l->b, s->first, s->last);
        if (s->counts && s->last[0])
            return body_refuse(l, NULL, "what it counts is read behind it") !=
                   NULL;
    }
    return give_lists(l);
}
