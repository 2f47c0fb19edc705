/* gate_cell.c: which part of a step is what a cell gives. */
#include "trace/gate_cell.h"

#include <string.h>

static bool same_function(const elman_activation *a, const elman_activation *b)
{
    return a->kind == b->kind && a->alpha == b->alpha && a->beta == b->beta;
}

/* A sum of a step of the input and a product of the state, of the same gate. */
static bool match_sum(const gate_node *node, const gate_node **x,
                      const gate_node **product)
{
    if (node->op != GATE_PLUS) return false;
    bool swapped = node->a->op == GATE_PRODUCT;
    *x = swapped ? node->b : node->a;
    *product = swapped ? node->a : node->b;
    return (*x)->op == GATE_VIEW && (*product)->op == GATE_PRODUCT &&
           (*x)->count == (*product)->count;
}

/* Takes gate k of a cell: its function, and where it stands. */
static bool match_gate(const gate_node *node, gate_cell *cell, size_t k,
                       size_t function)
{
    const gate_node *x, *product;
    if (node->op != GATE_FUNCTION || !match_sum(node->a, &x, &product))
        return false;

    size_t H = x->count;
    elman_activation *f = cell->functions + function;
    if (!cell->H) {
        cell->H = H;
        cell->x = x;
        cell->products[0] = product;
    }
    if (!f->kind) *f = node->function;

    /* all of one step and one product, in blocks */
    const gate_node *p = cell->products[0];
    bool fits = same_function(f, &node->function) && H == cell->H && H &&
                x->first % H == 0 && product->first == x->first &&
                x->first / H < cell->gate_count && product->a == p->a &&
                product->weight.tensor == p->weight.tensor &&
                product->weight.offset == p->weight.offset &&
                product->biased == p->biased &&
                product->bias.tensor == p->bias.tensor;
    if (fits) cell->first[k] = x->first / H;
    return fits;
}

/* The factors of a product of two, the one that op is first. */
static bool match_times(const gate_node *node, gate_op op, const gate_node **a,
                        const gate_node **b)
{
    if (node->op != GATE_TIMES) return false;
    bool swapped = node->a->op != op;
    *a = swapped ? node->b : node->a;
    *b = swapped ? node->a : node->b;
    return (*a)->op == op;
}

static bool is_gate(const gate_node *node)
{
    const gate_node *x, *product;
    return node->op == GATE_FUNCTION && match_sum(node->a, &x, &product);
}

/* ---- LSTM: h = o tanh(c), c = f c' + i g --------------------------------- */

static bool match_new_cell(const gate_node *node, gate_cell *cell)
{
    enum { I, F, G };
    const gate_node *keep = node->a, *add = node->b;
    if (node->op != GATE_PLUS || keep->op != GATE_TIMES ||
        add->op != GATE_TIMES)
        return false;

    /* what is added is a product of two gates */
    if (is_gate(keep->a) && is_gate(keep->b)) keep = node->b, add = node->a;
    const gate_node *f = is_gate(keep->a) ? keep->a : keep->b;
    cell->c = f == keep->a ? keep->b : keep->a;
    if (is_gate(cell->c) || !match_gate(f, cell, F, 0)) return false;

    /* the gate i has the function of f */
    bool first =
        is_gate(add->a) && same_function(&add->a->function, cell->functions);
    return match_gate(first ? add->a : add->b, cell, I, 0) &&
           match_gate(first ? add->b : add->a, cell, G, 1);
}

static bool match_lstm(const gate_node *node, gate_cell *cell)
{
    enum { O = 3 };
    if (node->op != GATE_TIMES) return false;

    for (int turn = 0; turn < 2; turn++) {
        const gate_node *o = turn ? node->b : node->a,
                        *bent = turn ? node->a : node->b;
        *cell = (gate_cell){.kind = ELMAN_LSTM, .gate_count = 4};
        if (!is_gate(o) || bent->op != GATE_FUNCTION) continue;
        cell->functions[2] = bent->function;
        cell->cell = bent->a;
        if (match_new_cell(bent->a, cell) && match_gate(o, cell, O, 0)) {
            cell->h = cell->products[0]->a;
            return true;
        }
    }
    return false;
}

/* ---- GRU: h = z h' + (1 - z) n ------------------------------------------- */

/* n: of the input, and of what the reset gate leaves of the product, or of the
 * state before it. */
static bool match_new(const gate_node *n, gate_cell *cell)
{
    enum { R, Z, N };
    if (n->op != GATE_FUNCTION || n->a->op != GATE_PLUS) return false;
    bool swapped = n->a->a->op != GATE_VIEW;
    const gate_node *x = swapped ? n->a->b : n->a->a,
                    *rest = swapped ? n->a->a : n->a->b, *r, *product;
    cell->functions[1] = n->function;
    if (x->op != GATE_VIEW || x->count != cell->H) return false;
    cell->first[N] = x->first / cell->H;

    /* reset behind the product */
    if (match_times(rest, GATE_PRODUCT, &product, &r)) {
        const gate_node *p = cell->products[0];
        return product->a == p->a && product->first == x->first &&
               product->count == cell->H &&
               product->weight.tensor == p->weight.tensor &&
               product->weight.offset == p->weight.offset &&
               match_gate(r, cell, R, 0);
    }

    /* in front of it */
    if (rest->op != GATE_PRODUCT || rest->a->op != GATE_TIMES) return false;
    const gate_node *both = rest->a;
    r = is_gate(both->a) ? both->a : both->b;
    const gate_node *h = r == both->a ? both->b : both->a;
    cell->products[1] = rest;
    cell->reset_before = true;
    return h->op == GATE_VIEW && rest->count == cell->H && rest->first == 0 &&
           match_gate(r, cell, R, 0);
}

static bool match_gru(const gate_node *node, gate_cell *cell)
{
    enum { Z = 1 };
    const gate_node *keep = node->a, *add = node->b, *rest, *n;
    *cell = (gate_cell){.kind = ELMAN_GRU, .gate_count = 3};
    if (node->op != GATE_PLUS) return false;

    if (match_times(keep, GATE_REST, &rest, &n)) keep = node->b, add = node->a;
    if (!match_times(add, GATE_REST, &rest, &n) || keep->op != GATE_TIMES)
        return false;

    /* the same z in both */
    const gate_node *z = rest->a;
    const gate_node *h = keep->a == z ? keep->b : keep->a;
    if ((keep->a != z && keep->b != z) || !match_gate(z, cell, Z, 0) ||
        !match_new(n, cell))
        return false;
    cell->h = h;
    return h->op == GATE_VIEW;
}

bool gate_match(const gate_node *node, gate_cell *cell)
{
    return match_lstm(node, cell) || match_gru(node, cell);
}
