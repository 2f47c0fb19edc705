/* cell_step.c: one step of a cell that a graph is written out as. */
#include "trace/cell_step.h"

#include "trace/attribute.h"
#include "trace/cell_write.h"

#include <string.h>

/* ---- What it is of ------------------------------------------------------- */

/* The node's operand that it only sees with other axes, or a part of; NULL: it
 * does more. */
static const char *seen(const onnx_node *n)
{
    static const char *const same[] = {"Gather",    "Identity", "Reshape",
                                       "Slice",     "Split",    "Squeeze",
                                       "Transpose", "Unsqueeze"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (node_is(n, same[i]) && n->input_count) return n->inputs[0];
    return NULL;
}

/* The value that one is seen of. */
static const char *root_of(const cell_scope *s, const char *name)
{
    const onnx_node *n = scope_maker(s, name);
    for (size_t k = 0; n && k < AXES && seen(n); k++) {
        name = seen(n);
        n = scope_maker(s, name);
    }
    return name;
}

/* Whether a value is an input of the graph, or a part of one. */
static bool is_state(const void *of, const char *name)
{
    const cell_scope *s = of;
    const traced_value *v = trace_find(s->scout, root_of(s, name));
    return v && v->node == NO_NODE && v->kind == VALUE_VIEW &&
           element_is_float(v->type) &&
           s->scout->sources[v->views->source].kind == SOURCE_INPUT;
}

/* Whether one node alone reads a weight: what several do is written out for
 * several steps. */
static bool is_read_once(const cell_scope *s, const char *weight)
{
    const char *name = root_of(s, weight);
    const onnx_graph *g = s->scout->graph;
    size_t readers = 0;
    for (size_t i = 0; i < g->node_count; i++)
        for (size_t k = 0; k < g->nodes[i].input_count; k++)
            readers += !strcmp(g->nodes[i].inputs[k], name);
    return readers == 1;
}

static bool is_one_step(const cell_scope *s, const cell_found *c)
{
    const char *last = "";
    for (size_t g = 0; g < c->gate_count; g++)
        for (size_t i = 0; i < c->gates[g].count; i++) {
            const cell_part *p = c->gates[g].terms[i];
            bool known = p->kind != PART_PRODUCT || !strcmp(p->name, last);
            if (!known && !is_read_once(s, p->name)) return false;
            if (p->kind == PART_PRODUCT) last = p->name;
        }
    return true;
}

/* ---- The node that stands for it ----------------------------------------- */

/* Makes value, which a node made before, what the cell gives. */
static void give(grown_graph *b, const cell_scope *s, const char *made,
                 const char *like, const char *value)
{
    const traced_value *v = trace_find(s->scout, value);
    if (!v || v->node == NO_NODE) return;
    grow_replace(b, v->node, value);
    cell_name(b, cell_fit(b, made, like, 0), value);
}

static void replace(grown_graph *b, cell_scope *s, const cell_found *c,
                    const char *new_h)
{
    cell_ends ends = {.made = new_h,
                      .x = cell_fit(b, c->x, NULL, 0),
                      .h = cell_fit(b, c->h, NULL, 0),
                      .c = c->c ? cell_fit(b, c->c, NULL, 0) : NULL};
    cell_write(b, s, c, &ends);
    give(b, s, ends.y, c->h, new_h);
    if (c->c) give(b, s, ends.y_c, c->c, c->new_c->made);
}

/* Finds the cells, each at the node that gives its state. */
static size_t replace_all(grown_graph *b, cell_scope *s)
{
    const onnx_graph *g = s->scout->graph;
    size_t found = 0;
    for (size_t i = 0; i < g->node_count && !s->failed; i++) {
        const onnx_node *n = g->nodes + i;
        const cell_part *p =
            n->output_count == 1 ? part_of(s, n->outputs[0]) : NULL;
        cell_found cell;
        if (!p || !p->made || strcmp(p->made, n->outputs[0]) != 0 ||
            !cell_match(s, p, is_state, s, &cell) || !is_one_step(s, &cell))
            continue;
        b->origin = n;
        replace(b, s, &cell, n->outputs[0]);
        found++;
    }
    return found;
}

/* A state is an input beside another one. */
static bool has_states(const onnx_graph *g)
{
    enum { LONGEST = 4096 };
    size_t floats = 0;
    for (size_t i = 0; i < g->input_count; i++)
        floats += element_is_float(g->inputs[i].type);
    return floats > 0 && g->input_count > 1 && g->node_count <= LONGEST;
}

elman_status cell_steps_open(trace *t)
{
    cell_scope s = {0};
    grown_graph b;
    size_t found = 0;
    if (!has_states(t->graph)) return ELMAN_OK;

    /* what is wrong with the graph is said when it is followed */
    const failure_text kept = failure_keep();
    elman_status status = scope_open(&s, t->graph, t->bound);
    if (status == ELMAN_OK) {
        status = grow_open(&b, t);
        if (status == ELMAN_OK) found = replace_all(&b, &s);
        bool lost = s.failed || (status == ELMAN_OK && b.failed);
        if (status == ELMAN_OK && (found || lost)) {
            if (lost) b.failed = true;
            status = grow_close(&b);
        }
    }
    scope_close(&s);
    if (status == ELMAN_NO_MEMORY) return status;
    failure_restore(&kept);
    return ELMAN_OK;
}
