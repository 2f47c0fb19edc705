/* cell_taken.c: which step of a value outside a loop takes. */
#include "trace/cell_body.h"

#include "trace/attribute.h"
#include "trace/fold.h"

#include <string.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__})

/* ---- Numbers of steps ---------------------------------------------------- */

/* A number in terms of the step t: t step + number + a number of the graph. */
typedef struct step_form {
    int64_t step, number;
    const char *more; /* NULL: none */
} step_form;

static bool form_of(loop_body *l, const char *name, step_form *form);

/* Of a number that two others make. */
static bool form_combine(arithmetic op, const step_form *a, const step_form *b,
                         step_form *made)
{
    bool plain = !b->more && b->step == 0;
    if (op == ARITHMETIC_MUL && plain && !a->more)
        return fold_wholes(op, a->step, b->number, &made->step) &&
               fold_wholes(op, a->number, b->number, &made->number);
    if (op != ARITHMETIC_ADD && op != ARITHMETIC_SUB) return false;
    if (b->more && (a->more || op == ARITHMETIC_SUB)) return false;
    made->more = a->more ? a->more : b->more;
    return fold_wholes(op, a->step, b->step, &made->step) &&
           fold_wholes(op, a->number, b->number, &made->number);
}

static bool form_of_node(loop_body *l, const onnx_node *n, step_form *form)
{
    static const char *const same[] = {"Unsqueeze", "Squeeze", "Cast",
                                       "Identity", "Reshape"};
    arithmetic op;
    step_form a, b;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (node_is(n, same[i])) return form_of(l, n->inputs[0], form);
    if (node_is(n, "Neg") && form_of(l, n->inputs[0], &a) && !a.more) {
        *form = (step_form){0};
        return fold_wholes(ARITHMETIC_SUB, 0, a.step, &form->step) &&
               fold_wholes(ARITHMETIC_SUB, 0, a.number, &form->number);
    }

    const failure_text kept = failure_keep();
    bool known = n->input_count == 2 && need_arithmetic(n, &op) == ELMAN_OK;
    failure_restore(&kept);
    *form = (step_form){0};
    return known && form_of(l, n->inputs[0], &a) &&
           form_of(l, n->inputs[1], &b) && form_combine(op, &a, &b, form);
}

static bool form_of(loop_body *l, const char *name, step_form *form)
{
    enum { DEEPEST = 10 }; /* each node may read two */
    double number;
    const onnx_node *n = scope_maker(&l->scope, name);
    const body_state *state = body_find_state(l, name);
    *form = (step_form){0};
    if (l->step && !strcmp(l->step, name)) {
        form->step = 1;
        return true;
    }
    if (state && state->counts) {
        *form = (step_form){1, state->count, NULL};
        return true;
    }
    if (scope_is_fixed(&l->scope, name) &&
        scope_number(&l->scope, name, &number) && number > -1e15 &&
        number < 1e15) {
        form->number = (int64_t)number;
        return true;
    }

    /* what it is computed of, or a number of the graph as it is */
    l->scope.numbers++;
    bool known = n && n->input_count && n->inputs[0][0] &&
                 l->scope.numbers < DEEPEST && form_of_node(l, n, form);
    l->scope.numbers--;
    if (known || body_varies(l, name)) return known;
    *form = (step_form){0, 0, name};
    return true;
}

/* ---- Inputs of steps ----------------------------------------------------- */

/* What a step takes of a value of the graph, one index along an axis: from the
 * first to the last, or from the last to the first. */
static const char *take_steps(loop_body *l, const onnx_node *n, const char *x,
                              const char *index, int64_t axis)
{
    step_form form;
    if (axis < -AXES || axis >= AXES || !form_of(l, index, &form) ||
        form.number > INT32_MAX)
        return body_refuse(l, n,
                           "takes a part of \"%.60s\" at an index that is "
                           "not known",
                           x);
    bool forward = form.step == 1 && form.number == 0 && !form.more;
    bool back =
        form.step == -1 && (form.more ? form.number == -1 : form.number >= -1);
    if (!forward && !back)
        return body_refuse(l, n,
                           "does not take one step of \"%.60s\" after the "
                           "other, from its first or its last on",
                           x);

    /* how many there are is checked where sizes are known */
    onnx_attribute list[] = {
        grow_whole("axis", axis), grow_whole("reverse", back),
        grow_whole("length", back && !form.more ? form.number + 1 : 0)};
    const char *more = back && form.more ? body_outside(l, form.more) : "";
    return grow_node(l->b, "Steps", 3,
                     LIST(body_outside(l, x), l->times ? l->times : "", more),
                     3, list);
}

const char *body_gather(loop_body *l, const onnx_node *n)
{
    int64_t axis = 0;
    if (attribute_whole(n, "axis", 0, &axis))
        return body_refuse(l, n, "has an axis that is no number");
    return take_steps(l, n, n->inputs[0], n->inputs[1], axis);
}

const char *body_element(loop_body *l, const onnx_node *n)
{
    const onnx_node *split = scope_maker(&l->scope, n->inputs[0]);
    int64_t axis = 0, keep = 1;
    double size = 1;
    if (!split || !split->input_count || !node_is(split, "SplitToSequence") ||
        attribute_whole(split, "axis", 0, &axis) ||
        attribute_whole(split, "keepdims", 1, &keep))
        return body_refuse(l, n, "reads a list that no value was split to");
    bool sized = split->input_count > 1 && split->inputs[1][0];
    if (sized &&
        (!scope_number(&l->scope, split->inputs[1], &size) || size != 1))
        return body_refuse(l, n, "reads parts of several steps");

    const char *made = take_steps(l, n, split->inputs[0], n->inputs[1], axis);
    if (!made || (!sized && !keep)) return made;

    /* one step of each, whose axis stays */
    bool kept = sized && size == 1 ? true : keep != 0;
    size_t rank, shape[AXES];
    if (sized && scope_shape(&l->scope, split->inputs[1], &rank, shape))
        kept = rank > 0 || keep != 0;
    if (!kept) return made;
    onnx_attribute axes =
        grow_wholes(l->b, "axes", 1, (int64_t[]){axis < 0 ? axis : axis + 1});
    return grow_node(l->b, "Unsqueeze", 1, &made, 1, &axes);
}

const char *body_range(loop_body *l, const onnx_node *n)
{
    step_form first, end;
    int64_t axes[AXES], steps[AXES];
    size_t count = 0, step_count = 0;
    if (n->input_count < 3 || !form_of(l, n->inputs[1], &first) ||
        !form_of(l, n->inputs[2], &end) || first.more || end.more ||
        first.step != 1 || end.step != 1 || first.number || end.number != 1 ||
        !scope_list(&l->scope, n, "", 3, &count, axes) || count > 1 ||
        !scope_list(&l->scope, n, "", 4, &step_count, steps) ||
        (step_count && steps[0] != 1))
        return body_refuse(l, n, "takes more than one step of \"%.60s\"",
                           n->inputs[0]);

    /* its axis stays, of size 1 */
    int64_t axis = count ? axes[0] : 0;
    const char *made = take_steps(l, n, n->inputs[0], n->inputs[1], axis);
    if (!made) return NULL;
    onnx_attribute list =
        grow_wholes(l->b, "axes", 1, (int64_t[]){axis < 0 ? axis : axis + 1});
    return grow_node(l->b, "Unsqueeze", 1, &made, 1, &list);
}

/* What a step takes of a value outside: which, at what index, along which
 * axis; false: it takes nothing. */
typedef struct taken {
    const char *x, *index;
    int64_t axis;
    bool reverse;
} taken;

static bool find_taken(loop_body *l, const char *name, taken *t)
{
    const onnx_node *n = body_maker(l, name), *split;
    const body_scan *scan = body_find_scan(l, name);
    *t = (taken){0};
    if (scan) {
        *t = (taken){scan->outside, NULL, scan->axis, scan->reverse};
        return true;
    }
    if (!n || n->input_count != 2 || !n->inputs[0][0] || !n->inputs[1][0] ||
        body_varies(l, n->inputs[0]) || !body_varies(l, n->inputs[1]))
        return false;
    t->x = n->inputs[0];
    t->index = n->inputs[1];

    /* of a value, or of the list that it was split to */
    const failure_text kept = failure_keep();
    bool known = false;
    if (node_is(n, "Gather"))
        known = attribute_whole(n, "axis", 0, &t->axis) == ELMAN_OK;
    split = scope_maker(&l->scope, t->x);
    if (node_is(n, "SequenceAt") && split && split->input_count &&
        node_is(split, "SplitToSequence")) {
        known = attribute_whole(split, "axis", 0, &t->axis) == ELMAN_OK;
        t->x = split->inputs[0];
    }
    failure_restore(&kept);
    return known;
}

/* The same of another value. */
static const cell_part *linear_with(cell_scope *s, const cell_part *p,
                                    const cell_part *leaf)
{
    cell_part made = *p;
    if (p->kind == PART_NUMBERS) return p;
    made.a = p->kind == PART_PRODUCT ? leaf : linear_with(s, p->a, leaf);
    made.b = p->kind == PART_PLUS ? linear_with(s, p->b, leaf) : NULL;
    if (!made.a || (p->kind == PART_PLUS && !made.b)) return NULL;
    made.rank = 0; /* one axis less */
    made.made = NULL;
    return part_add(s, &made);
}

const cell_part *body_through(void *of, const char *name)
{
    loop_body *l = of;
    taken t;
    if (l->through_count == BODY_THROUGH || !find_taken(l, name, &t) ||
        body_maker(l, t.x))
        return NULL;
    const cell_part *p = part_of(&l->scope, t.x);
    const char *x = p ? part_linear(p) : NULL;
    if (!x) return NULL;

    /* a name of its own, which only these lists know */
    body_through_row *row = l->through + l->through_count++;
    *row = (body_through_row){grow_name(l->b), name, x};
    const cell_part *leaf = part_add(
        &l->scope, &(cell_part){.kind = PART_LEAF, .name = row->alias});
    return leaf ? linear_with(&l->scope, p, leaf) : NULL;
}

const char *body_all_through(loop_body *l, const body_through_row *row)
{
    taken t;
    if (!find_taken(l, row->name, &t)) return NULL;
    if (t.index)
        return take_steps(l, body_maker(l, row->name), row->outside, t.index,
                          t.axis);
    onnx_attribute list[] = {grow_whole("axis", t.axis),
                             grow_whole("reverse", t.reverse)};
    return grow_node(l->b, "Steps", 1, &row->outside, 2, list);
}

bool body_is_step(loop_body *l, const char *name)
{
    step_form form;
    return form_of(l, name, &form);
}
