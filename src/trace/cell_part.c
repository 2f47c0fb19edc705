/* cell_part.c: parts of a cell, and some of their features. */
#include "trace/cell_part.h"

#include <string.h>

/* ---- Parts --------------------------------------------------------------- */

const cell_part *part_add(cell_scope *s, const cell_part *part)
{
    enum { MOST_PARTS = 1 << 16 }; /* of all cells of a graph */
    if (s->made++ >= MOST_PARTS) return NULL;
    cell_part *made = trace_keep(s->scout, 1, sizeof *made);
    if (!made) {
        s->failed = true;
        return NULL;
    }

    *made = *part;
    const cell_part *inside[] = {part->a, part->b};
    for (size_t k = 0; k < 2; k++) {
        if (!inside[k]) continue;
        if (inside[k]->depth >= made->depth) made->depth = inside[k]->depth + 1;
        if (!made->rank) made->rank = inside[k]->rank;
    }
    return made;
}

size_t part_count(const cell_part *p)
{
    size_t a, b;
    if (p->count || !p->a) return p->count ? p->count : p->features;
    a = part_count(p->a);
    b = p->b ? part_count(p->b) : 0;
    if (p->kind == PART_JOIN) return a && b ? a + b : 0;
    return a ? a : b;
}

const cell_part *part_features(cell_scope *s, const cell_part *of, size_t first,
                               size_t count)
{
    size_t all = part_count(of);
    if (count == 0 || (all && (first > all || count > all - first)))
        return NULL;
    if (first == 0 && count == all) return of;
    if (of->kind == PART_CELL || (of->kind == PART_NUMBERS && of->one))
        return of->kind == PART_CELL ? NULL : of;

    /* all of it may be of one of two that stand side by side */
    if (of->kind == PART_JOIN) {
        size_t a = part_count(of->a);
        if (!a || (first < a && first + count > a)) return NULL;
        return first < a ? part_features(s, of->a, first, count)
                         : part_features(s, of->b, first - a, count);
    }

    cell_part made = *of;
    if (of->kind == PART_LEAF || of->kind == PART_NUMBERS ||
        of->kind == PART_PRODUCT) {
        made.first += first;
        made.count = count;
        return part_add(s, &made);
    }

    /* of a sum, those of what is added */
    made.a = part_features(s, of->a, first, count);
    made.b = of->b ? part_features(s, of->b, first, count) : NULL;
    made.made = NULL;
    return made.a && (made.b || !of->b) ? part_add(s, &made) : NULL;
}

bool part_same(const cell_part *a, const cell_part *b)
{
    if (a == b) return true;
    if (!a || !b || a->kind != b->kind || a->kind == PART_CELL) return false;
    bool names =
        a->name && b->name ? !strcmp(a->name, b->name) : a->name == b->name;
    return names && a->first == b->first && a->count == b->count &&
           a->row == b->row && a->rows == b->rows &&
           a->transposed == b->transposed && a->one == b->one &&
           a->number == b->number && a->function.kind == b->function.kind &&
           a->function.alpha == b->function.alpha &&
           a->function.beta == b->function.beta && part_same(a->a, b->a) &&
           part_same(a->b, b->b);
}

const char *part_linear(const cell_part *p)
{
    if (p->kind == PART_PRODUCT && p->a->kind == PART_LEAF && !p->a->first &&
        !p->a->count)
        return p->a->name;
    if (p->kind != PART_PLUS) return NULL;
    const char *a = part_linear(p->a), *b = part_linear(p->b);
    if (p->b->kind == PART_NUMBERS) return a;
    if (p->a->kind == PART_NUMBERS) return b;
    return a && b && !strcmp(a, b) ? a : NULL;
}
