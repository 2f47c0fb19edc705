/* drafted_gates.c: layers of a draft that a file keeps gate by gate. */
#include "import/drafted_parts.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COMPARED = 4096 };

/* The sets of gates that a file may be kept in. */
typedef struct gate_sets {
    size_t count;
    gate_set sets[4 * MOST_DRAFTED];
} gate_sets;

static const named_tensor *first_of(const draft *d, const gate_set *s)
{
    return draft_tensor(d, (ptrdiff_t)s->at[0]);
}

/* Whether two sets may be of one layer. */
static bool sets_match(const draft *d, const gate_set *a, const gate_set *b)
{
    const char *x = first_of(d, a)->name, *y = first_of(d, b)->name;
    size_t bytes = draft_prefix(x);
    return a->count == b->count && bytes == draft_prefix(y) &&
           !strncmp(x, y, bytes) && draft_are_together(x, y);
}

/* Makes a layer of the set that reads h, the one that reads x, and biases. */
static bool join_sets(draft *d, gate_sets *g, size_t x, size_t h)
{
    const named_tensor *w = first_of(d, g->sets + x);
    const named_tensor *r = first_of(d, g->sets + h);
    size_t H = r->shape[0];
    if (r->rank != 2 || w->rank != 2 || H != r->shape[1] ||
        (w->shape[0] != H && w->shape[1] != H) ||
        (draft_says_recurrent(w) && !draft_says_recurrent(r)))
        return false;

    /* both lie alike, as the one that is not square says */
    bool turned = w->shape[0] != H;
    drafted l = {.prefix = w->name,
                 .prefix_bytes = draft_prefix(w->name),
                 .kind = g->sets[x].count == 4 ? ELMAN_LSTM : ELMAN_GRU,
                 .input = (ptrdiff_t)g->sets[x].at[0],
                 .recurrent = (ptrdiff_t)g->sets[h].at[0],
                 .bias = {NOWHERE, NOWHERE},
                 .pair = NOWHERE,
                 .input_turned = turned,
                 .recurrent_turned = turned,
                 .unsure = true,
                 .backward = draft_is_backward(w->name),
                 .sets = {g->sets[x], g->sets[h]},
                 .I = w->shape[turned ? 0 : 1],
                 .H = H,
                 .gates = g->sets[x].count};

    /* the vectors of its gates */
    size_t biases = 0;
    for (size_t i = 0; i < g->count && biases < MOST_VECTORS; i++) {
        const named_tensor *b = first_of(d, g->sets + i);
        if (b->rank != 1 || b->count != H || !g->sets[i].count ||
            !sets_match(d, g->sets + i, g->sets + x))
            continue;
        l.bias[biases] = (ptrdiff_t)g->sets[i].at[0];
        l.sets[2 + biases++] = g->sets[i];
        g->sets[i].count = 0;
    }
    g->sets[x].count = g->sets[h].count = 0;
    d->layers[d->count++] = l;
    return true;
}

/* Marks the tensors of a layer; those of sets that no layer took are free. */
static void use_sets(draft *d)
{
    memset(d->used, 0, d->import->weights.tensor_count * sizeof *d->used);
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < 4; k++)
            for (size_t n = 0; n < d->layers[i].sets[k].count; n++)
                d->used[d->layers[i].sets[k].at[n]] = true;
}

/* Layers that a file keeps gate by gate. */
elman_status draft_guess_gates(draft *d)
{
    gate_sets *g = calloc(1, sizeof *g);
    if (!g) return failure(ELMAN_NO_MEMORY, "no memory for a draft");

    /* every set, each tensor in one; a file of very many is not worth the time
     */
    size_t count = d->import->weights.tensor_count;
    for (size_t i = 0; i < count && count <= MOST_COMPARED; i++) {
        gate_set *s = g->sets + g->count;
        if (g->count == sizeof g->sets / sizeof *g->sets) break;
        if (!draft_may_take(d, i) || !gate_set_find(d->import, d->used, i, s))
            continue;
        for (size_t k = 0; k < s->count; k++)
            d->used[s->at[k]] = true;
        g->count++;
    }

    /* any two matrices of the same names that fit */
    for (size_t x = 0; x < g->count; x++)
        for (size_t h = 0; h < g->count && d->count < MOST_DRAFTED; h++) {
            const gate_set *a = g->sets + x, *b = g->sets + h;
            if (x == h || !a->count || !b->count || !sets_match(d, a, b))
                continue;
            (void)join_sets(d, g, x, h);
        }

    use_sets(d);
    free(g);
    return ELMAN_OK;
}
