/* cell_put.c: the states of a loop as those of cells. */
#include "trace/cell_body.h"

#include "trace/attribute.h"

#include <stdint.h>
#include <string.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__})

const char *body_copied(const loop_body *l, const char *name)
{
    const onnx_node *n = scope_maker(&l->scope, name);
    for (size_t k = 0;
         n && k < AXES && node_is(n, "Identity") && n->input_count; k++) {
        name = n->inputs[0];
        n = scope_maker(&l->scope, name);
    }
    return name;
}

/* ---- States that are no cell's ------------------------------------------- */

void body_settle(loop_body *l)
{
    for (size_t k = 0; k < l->state_count; k++) {
        body_state *s = l->states + k;
        const char *next = body_copied(l, s->next);
        const onnx_node *n = scope_maker(&l->scope, next);
        double from, by;
        s->stays = s->done = !strcmp(next, s->name);
        if (s->done || !n) continue;

        /* a list to which a value is put */
        if (node_is(n, "SequenceInsert") && n->input_count > 1 &&
            !strcmp(n->inputs[0], s->name)) {
            bool placed = n->input_count > 2 && n->inputs[2][0];
            s->put = n->inputs[1];
            s->in_front = placed &&
                          scope_number(&l->scope, n->inputs[2], &from) &&
                          from == 0;
            if (placed && !s->in_front) s->put = NULL;
            s->done = s->put != NULL;
        }

        /* a number that counts */
        if (node_is(n, "Add") && n->input_count == 2) {
            size_t at = !strcmp(n->inputs[0], s->name) ? 1 : 0;
            s->counts = !strcmp(n->inputs[!at], s->name) &&
                        scope_number(&l->scope, n->inputs[at], &by) &&
                        by == 1 && scope_number(&l->scope, s->first, &from);
            s->count = s->counts ? (int64_t)from : 0;
            s->done = s->counts;
        }
    }
}

/* ---- Tensors ------------------------------------------------------------- */

enum { MOST_TENSORS = 256 };

/* Lists the tensors of the graph that a value hangs on. */
static void list_tensors(loop_body *l, const char *name, size_t depth,
                         const char **list, size_t *count)
{
    const traced_value *v = trace_find(l->scope.scout, name);
    const onnx_node *n = scope_maker(&l->scope, name);
    bool sequence =
        n && (node_is(n, "SplitToSequence") || node_is(n, "SequenceLength"));
    if (!v || depth > AXES || *count == MOST_TENSORS) return;
    unsigned char *seen = l->scope.seen + (v - l->scope.scout->values);
    if (*seen) return;
    *seen = 1;
    if (!n && scope_is_fixed(&l->scope, name)) {
        bool inside = false;
        for (size_t i = 0; i < l->body->initializer_count; i++)
            inside = inside || !strcmp(l->body->initializers[i].name, name);
        if (!inside) list[(*count)++] = v->name;
    }
    if (n && (sequence || scope_is_fixed(&l->scope, name)))
        for (size_t k = 0; k < n->input_count; k++)
            if (n->inputs[k][0])
                list_tensors(l, n->inputs[k], depth + 1, list, count);
}

/* A value, and beside it what the loop and its body read of tensors, so that
 * none seems to be left over. */
static const char *with_tensors(loop_body *l, const char *value)
{
    const char *list[MOST_TENSORS] = {value};
    size_t count = 1;
    memset(l->scope.seen, 0, l->scope.scout->value_count);
    for (size_t k = 0; k < l->n->input_count; k++)
        if (l->n->inputs[k][0])
            list_tensors(l, l->n->inputs[k], 0, list, &count);
    for (size_t i = l->first_node; i < l->node_end; i++) {
        const onnx_node *n = l->scope.scout->graph->nodes + i;
        for (size_t k = 0; k < n->input_count; k++)
            if (n->inputs[k][0]) list_tensors(l, n->inputs[k], 0, list, &count);
    }
    return grow_node(l->b, "With", count, list, 0, NULL);
}

/* ---- Cells --------------------------------------------------------------- */

static bool is_state(const void *of, const char *name)
{
    loop_body *l = (loop_body *)(uintptr_t)of;
    const body_state *s = body_find_state(l, name);
    return s && !s->done;
}

/* What a state is after the last step. */
static void give_last(loop_body *l, const body_state *s, const char *last)
{
    if (s->last[0]) cell_name(l->b, cell_fit(l->b, last, s->first, 0), s->last);
}

/* The state whose value after a step is that part, or NULL. */
static body_state *find_next(loop_body *l, const cell_part *part)
{
    for (size_t k = 0; k < l->state_count; k++) {
        const cell_part *p = part_of(&l->scope, l->states[k].next);
        if (p && part_same(p, part)) return l->states + k;
    }
    return NULL;
}

/* A cell that is written out. */
static bool put_cell(loop_body *l, body_state *h)
{
    cell_found c;
    const cell_part *p = part_of(&l->scope, h->next);
    if (!p || !cell_match(&l->scope, p, is_state, l, &c) || !p->made ||
        strcmp(c.h, h->name) != 0)
        return false;
    body_state *cell = c.c ? body_find_state(l, c.c) : NULL;
    if (c.c && find_next(l, c.new_c) != cell) return false;
    const char *x = body_all(l, c.x);
    if (!x) return false;

    /* the node runs over all steps at once */
    cell_ends ends = {.made = p->made,
                      .x = with_tensors(l, cell_fit(l->b, x, NULL, 1)),
                      .h = cell_fit(l->b, h->first, NULL, 0),
                      .c = cell ? cell_fit(l->b, cell->first, NULL, 0) : NULL};
    cell_write(l->b, &l->scope, &c, &ends);
    body_set_all(l, p->made, cell_fit(l->b, ends.y, x, 1));
    give_last(l, h, ends.y_h);
    h->done = true;
    if (!cell) return true;
    give_last(l, cell, ends.y_c);
    cell->done = true;
    return true;
}

/* The state that an input of a layer of one step is, or NULL. */
static body_state *state_at(loop_body *l, const onnx_node *n, size_t k)
{
    if (k >= n->input_count || !n->inputs[k][0]) return NULL;
    const cell_part *p = part_of(&l->scope, n->inputs[k]);
    bool whole = p && p->kind == PART_LEAF && !p->first && !p->count;
    return whole ? body_find_state(l, p->name) : NULL;
}

/* A layer of one step, as nn.LSTMCell is exported in a script. */
static bool put_layer(loop_body *l, body_state *h)
{
    enum { X, LENGTHS = 4, H, C, MOST = 8 };
    const cell_part *p = part_of(&l->scope, h->next), *q;
    if (!p || p->kind != PART_CELL || p->output > 1) return false;
    const onnx_node *n = p->node;
    const char *in[MOST] = {0}, *where = "forward";
    body_state *cell = NULL;
    bool lstm = node_is(n, "LSTM");
    if (n->input_count > MOST || state_at(l, n, H) != h ||
        (n->input_count > LENGTHS && n->inputs[LENGTHS][0]) ||
        attribute_text(n, "direction", "forward", &where) ||
        strcmp(where, "forward") != 0 || onnx_find(n, "layout"))
        return false;
    if (lstm) {
        cell = state_at(l, n, C);
        q = cell ? part_of(&l->scope, cell->next) : NULL;
        if (!q || q->kind != PART_CELL || q->node != n || q->output != 2)
            return false;
    }

    /* what it reads of all steps */
    const char *x = body_all(l, n->inputs[X]);
    if (!x) return false;
    for (size_t k = 0; k < n->input_count; k++)
        in[k] = n->inputs[k][0] ? body_outside(l, n->inputs[k]) : "";
    in[X] = with_tensors(l, cell_fit(l->b, x, NULL, 1));
    in[H] = cell_fit(l->b, h->first, NULL, 0);
    if (lstm) in[C] = cell_fit(l->b, cell->first, NULL, 0);

    onnx_node made = *n;
    const char *y = grow_name(l->b), *y_h = grow_name(l->b),
               *y_c = grow_name(l->b);
    made.name = l->n->name;
    made.inputs = in;
    made.outputs = LIST(y, y_h, y_c);
    made.output_count = lstm ? 3 : 2;
    grow_named(l->b, &made);

    /* Y_h of a step is (1,B,H), Y (1,1,B,H) */
    const onnx_attribute axis = grow_wholes(l->b, "axes", 1, (int64_t[]){1});
    if (n->output_count > 1) body_set_all(l, n->outputs[1], y);
    if (n->output_count > 0)
        body_set_all(l, n->outputs[0],
                     grow_node(l->b, "Unsqueeze", 1, &y, 1, &axis));
    give_last(l, h, y_h);
    h->done = true;
    if (cell) give_last(l, cell, y_c);
    if (cell) cell->done = true;
    return true;
}

/* The cells one after the other, as each reads what others give. */
bool body_put_cells(loop_body *l)
{
    bool more = true;
    while (more && !l->scope.failed) {
        more = false;
        for (size_t k = 0; k < l->state_count; k++) {
            body_state *s = l->states + k;
            if (s->done) continue;

            /* a reason counts only if no cell is found */
            char kept[sizeof l->reason];
            memcpy(kept, l->reason, sizeof kept);
            bool put = put_cell(l, s) || put_layer(l, s);
            if (put) memcpy(l->reason, kept, sizeof kept);
            more = more || put;
        }
    }

    const body_state *left = NULL;
    for (size_t k = l->state_count; k-- > 0;)
        if (!l->states[k].done) left = l->states + k;
    if (!left) return true;
    body_refuse(l, scope_maker(&l->scope, body_copied(l, left->next)),
                "does not give the state of an RNN, GRU or LSTM");
    return false;
}
