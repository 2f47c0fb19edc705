/*
 * cell_match.c: a step of a cell, however it is written:
 *
 *   RNN    h = f(W x + R h')
 *   GRU    h = z h' + (1 - z) n, or n + z (h' - n), or with z the other way
 *   LSTM   h = o f(c), c = f c' + i g
 *
 * The new state is taken apart into a sum of products of functions and states;
 * what the functions are of, into products with weights and biases.
 */
#include "trace/cell_match.h"

#include <string.h>

/* ---- Sums of products ---------------------------------------------------- */

enum { MOST_PRODUCTS = 6, MOST_FACTORS = 3 };

typedef struct monomial {
    int sign;
    size_t count;
    const cell_part *factors[MOST_FACTORS];
} monomial;

typedef struct polynomial {
    size_t count;
    monomial products[MOST_PRODUCTS];
} polynomial;

static bool add_product(polynomial *p, const monomial *m)
{
    if (p->count == MOST_PRODUCTS) return false;
    p->products[p->count++] = *m;
    return true;
}

static bool multiply(const polynomial *a, const polynomial *b, polynomial *made)
{
    made->count = 0;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++) {
            monomial m = a->products[i];
            const monomial *other = b->products + j;
            if (m.count + other->count > MOST_FACTORS) return false;
            m.sign *= other->sign;
            for (size_t k = 0; k < other->count; k++)
                m.factors[m.count++] = other->factors[k];
            if (!add_product(made, &m)) return false;
        }
    return true;
}

static bool expand(const cell_part *part, polynomial *made)
{
    polynomial a, b;
    *made = (polynomial){.count = 1, .products = {{.sign = 1}}};

    /* one, a factor, or what two sums make */
    switch (part->kind) {
    case PART_NUMBERS:
        return part->one && part->number == 1;
    case PART_LEAF:
    case PART_FUNCTION:
        made->products[0].count = 1;
        made->products[0].factors[0] = part;
        return true;
    case PART_TIMES:
        return expand(part->a, &a) && expand(part->b, &b) &&
               multiply(&a, &b, made);
    case PART_PLUS:
    case PART_MINUS:
        if (!expand(part->a, made) || !expand(part->b, &b)) return false;
        for (size_t i = 0; i < b.count; i++) {
            if (part->kind == PART_MINUS) b.products[i].sign *= -1;
            if (!add_product(made, b.products + i)) return false;
        }
        return true;
    default:
        return false;
    }
}

/* ---- Gates --------------------------------------------------------------- */

static bool add_term(found_gate *gate, const cell_part *part, bool from_state)
{
    if (part->kind == PART_PLUS)
        return add_term(gate, part->a, from_state) &&
               add_term(gate, part->b, from_state);
    bool known = part->kind == PART_PRODUCT || part->kind == PART_NUMBERS;
    if (!known || gate->count == CELL_TERMS) return false;
    gate->terms[gate->count] = part;
    gate->from_state[gate->count++] = from_state;
    return true;
}

/* The function of a gate, which all gates of that kind share. */
static bool match_gate(const cell_part *part, cell_found *c, size_t gate,
                       size_t function)
{
    elman_activation *f = c->functions + function;
    if (part->kind != PART_FUNCTION) return false;
    if (!f->kind) *f = part->function;
    c->gates[gate].count = 0;
    return f->kind == part->function.kind && f->alpha == part->function.alpha &&
           f->beta == part->function.beta &&
           add_term(c->gates + gate, part->a, false);
}

/* The value that a leaf is, or that takes some of its features; NULL: none. */
static const char *leaf_name(const cell_part *p)
{
    if (p->kind != PART_LEAF) return NULL;
    return p->first || p->count ? p->made : p->name;
}

/* ---- What a step reads --------------------------------------------------- */

/* The values that products of a cell are of, at most two. */
static bool list_operands(const cell_found *c, const char **names,
                          size_t *count)
{
    *count = 0;
    for (size_t g = 0; g < c->gate_count; g++)
        for (size_t i = 0; i < c->gates[g].count; i++) {
            const cell_part *p = c->gates[g].terms[i];
            if (p->kind != PART_PRODUCT || p->a->kind != PART_LEAF) continue;
            size_t k = 0;
            while (k < *count && strcmp(names[k], p->a->name) != 0)
                k++;
            if (k == 2) return false;
            names[k] = p->a->name;
            if (k == *count) ++*count;
        }
    return true;
}

/* How many rows products of a value have in a cell; 0: they differ. */
static size_t width_of(const cell_found *c, const char *name)
{
    size_t width = 0;
    for (size_t g = 0; g < c->gate_count; g++)
        for (size_t i = 0; i < c->gates[g].count; i++) {
            const cell_part *p = c->gates[g].terms[i];
            if (p->kind != PART_PRODUCT || p->a->kind != PART_LEAF ||
                strcmp(p->a->name, name) != 0)
                continue;
            if (width && width != p->rows) return 0;
            width = p->rows;
        }
    return width;
}

/* Every gate is of both, and of as many numbers. */
static bool is_complete(const cell_found *c)
{
    for (size_t g = 0; g < c->gate_count; g++) {
        bool x = false, h = false;
        for (size_t i = 0; i < c->gates[g].count; i++) {
            const cell_part *p = c->gates[g].terms[i];
            bool one = p->kind == PART_NUMBERS && p->one;
            if (!one && part_count(p) != c->H) return false;
            if (p->kind != PART_PRODUCT) continue;
            bool of_x = p->a->kind == PART_LEAF && !strcmp(p->a->name, c->x);
            bool reset = c->kind == ELMAN_GRU && g + 1 == c->gate_count;
            if (c->gates[g].from_state[i] != (reset && !of_x)) return false;
            x = x || of_x;
            h = h || !of_x;
        }
        if (!x || !h) return false;
    }
    return c->H && width_of(c, c->x) && width_of(c, c->h) == c->H;
}

/* Tells the input from the state, of which the state may be known. Of two that
 * could be either the one that is first in the graph is the input. */
static bool find_operands(const cell_scope *s, cell_found *c,
                          cell_is_state *is_state, const void *of)
{
    const char *names[2] = {0};
    size_t count;
    if (!list_operands(c, names, &count) || count != 2) return false;
    for (size_t g = 0; g < c->gate_count && !c->H; g++)
        for (size_t i = 0; i < c->gates[g].count && !c->H; i++)
            c->H = part_count(c->gates[g].terms[i]);

    bool can[2];
    for (size_t k = 0; k < 2; k++)
        can[k] = is_state(of, names[k]) && width_of(c, names[k]) == c->H &&
                 (!c->h || !strcmp(c->h, names[k]));
    size_t h = can[1] ? 1 : 0;
    if (!can[h]) return false;

    /* the place of an input among those of the graph */
    if (can[0] && can[1]) {
        const onnx_graph *g = s->scout->graph;
        for (size_t i = 0; i < g->input_count; i++)
            for (size_t k = 0; k < 2; k++)
                if (!strcmp(g->inputs[i].name, names[k])) h = k;
    }
    c->h = names[h];
    c->x = names[!h];
    return is_complete(c);
}

/* ---- LSTM ---------------------------------------------------------------- */

enum { LSTM_I, LSTM_O, LSTM_F, LSTM_C };

static bool match_new_cell(const cell_part *part, cell_found *c)
{
    polynomial p;
    size_t keep = 2;
    if (!expand(part, &p) || p.count != 2) return false;

    /* a state times a gate, and a product of two gates */
    for (size_t i = 0; i < 2; i++) {
        const monomial *m = p.products + i;
        if (m->sign != 1 || m->count != 2) return false;
        bool state = m->factors[0]->kind == PART_LEAF ||
                     m->factors[1]->kind == PART_LEAF;
        if (state) keep = i;
    }
    if (keep == 2) return false;
    const monomial *kept = p.products + keep, *added = p.products + !keep;
    size_t at = kept->factors[0]->kind == PART_LEAF ? 0 : 1;
    const cell_part *state = kept->factors[at], *f = kept->factors[!at],
                    *a = added->factors[0], *b = added->factors[1];
    c->c = leaf_name(state);
    if (!c->c || !match_gate(f, c, LSTM_F, 0)) return false;
    c->new_c = part;

    /* the gate i has the function of f */
    cell_found other = *c;
    if (match_gate(a, &other, LSTM_I, 0) && match_gate(b, &other, LSTM_C, 1)) {
        *c = other;
        return true;
    }
    return match_gate(b, c, LSTM_I, 0) && match_gate(a, c, LSTM_C, 1);
}

static bool match_lstm(const cell_part *part, cell_found *c)
{
    if (part->kind != PART_TIMES) return false;
    for (int turn = 0; turn < 2; turn++) {
        const cell_part *o = turn ? part->b : part->a,
                        *bent = turn ? part->a : part->b;
        *c = (cell_found){.kind = ELMAN_LSTM, .gate_count = 4};
        if (bent->kind != PART_FUNCTION) continue;
        c->functions[2] = bent->function;
        if (match_new_cell(bent->a, c) && match_gate(o, c, LSTM_O, 0))
            return true;
    }
    return false;
}

/* ---- GRU ----------------------------------------------------------------- */

enum { GRU_Z, GRU_R, GRU_N };

/* What the new part is of: the input, and what the reset gate leaves of the
 * product, or of the state before it. */
static bool match_new(const cell_part *part, cell_found *c)
{
    found_gate *n = c->gates + GRU_N;
    if (part->kind == PART_PLUS)
        return match_new(part->a, c) && match_new(part->b, c);

    /* behind the product */
    if (part->kind == PART_TIMES && !c->gates[GRU_R].count) {
        bool first = part->a->kind == PART_FUNCTION;
        return match_gate(first ? part->a : part->b, c, GRU_R, 0) &&
               add_term(n, first ? part->b : part->a, true);
    }

    /* in front of it */
    const cell_part *of = part->a;
    if (part->kind == PART_PRODUCT && of->kind == PART_TIMES &&
        !c->gates[GRU_R].count) {
        bool first = of->a->kind == PART_FUNCTION;
        const cell_part *h = first ? of->b : of->a;
        c->reset_before = true;
        return leaf_name(h) && !strcmp(leaf_name(h), c->h) &&
               part->rows == part_count(part) &&
               match_gate(first ? of->a : of->b, c, GRU_R, 0) &&
               add_term(n, part, true);
    }
    return add_term(n, part, false);
}

/* Finds z and n in {z h, n, - z n}, or with another sign in {h, - z h, z n}. */
static bool match_mixture(const polynomial *p, cell_found *c,
                          const cell_part **z, const cell_part **n)
{
    const monomial *alone = NULL, *plus = NULL, *minus = NULL;
    for (size_t i = 0; i < p->count; i++) {
        const monomial *m = p->products + i;
        if (m->count == 1 && m->sign == 1) alone = m;
        else if (m->count == 2 && m->sign == 1) plus = m;
        else if (m->count == 2) minus = m;
    }
    if (p->count != 3 || !alone || !plus || !minus) return false;

    /* the one alone is in the difference as well, beside z */
    const cell_part *kept = alone->factors[0], *other;
    size_t at = part_same(minus->factors[0], kept) ? 0 : 1;
    *z = minus->factors[!at];
    if (!part_same(minus->factors[at], kept)) return false;
    at = part_same(plus->factors[0], *z) ? 0 : 1;
    other = plus->factors[!at];
    if (!part_same(plus->factors[at], *z)) return false;

    bool turned = kept->kind == PART_LEAF;
    const cell_part *h = turned ? kept : other;
    *n = turned ? other : kept;
    c->gates[GRU_Z].turned = turned;
    c->h = leaf_name(h);
    return c->h != NULL;
}

static bool match_gru(const cell_part *part, cell_found *c)
{
    const cell_part *z, *n;
    polynomial p;
    *c = (cell_found){.kind = ELMAN_GRU, .gate_count = 3};
    if (!expand(part, &p) || !match_mixture(&p, c, &z, &n) ||
        n->kind != PART_FUNCTION || !match_gate(z, c, GRU_Z, 0))
        return false;

    /* 1 minus a gate is the gate of what is turned round */
    if (c->gates[GRU_Z].turned &&
        c->functions[0].kind != ELMAN_ACTIVATION_SIGMOID)
        return false;
    c->functions[1] = n->function;
    return match_new(n->a, c) && c->gates[GRU_R].count;
}

/* A function of all columns of its weights: one of a part of them is a gate. */
static bool match_rnn(cell_scope *s, const cell_part *part, cell_found *c)
{
    *c = (cell_found){.kind = ELMAN_RNN, .gate_count = 1};
    if (!match_gate(part, c, 0, 0)) return false;
    for (size_t i = 0; i < c->gates[0].count; i++) {
        const cell_part *p = c->gates[0].terms[i];
        size_t rank, shape[AXES];
        if (p->kind == PART_PRODUCT &&
            (!scope_shape(s, p->name, &rank, shape) ||
             shape[p->transposed ? 0 : 1] != p->count))
            return false;
    }
    return true;
}

bool cell_match(cell_scope *s, const cell_part *part, cell_is_state *is_state,
                const void *of, cell_found *found)
{
    if (!match_lstm(part, found) && !match_gru(part, found) &&
        !match_rnn(s, part, found))
        return false;
    if (found->c && !is_state(of, found->c)) return false;
    return find_operands(s, found, is_state, of);
}
