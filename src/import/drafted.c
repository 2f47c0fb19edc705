/*
 * drafted.c: the layers of a draft. Tensors whose names share all but their
 * last part are one layer, as are those of single gates; the shapes of its
 * matrices and vectors say which, as far as they can.
 */
#include "import/drafted_parts.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SEARCHED = 64 };

/* ---- What a group may be ------------------------------------------------- */

const char *draft_gates(const draft *d, const drafted *l)
{
    static const char *const torch[] = {NULL, NULL, NULL, "rzn", "ifgo"};
    if (!draft_is_cell(l)) return NULL;

    /* Keras's words, and its order */
    const char *name = draft_tensor(d, l->recurrent)->name;
    const char *last = name + draft_prefix(name);
    bool keras = !strcmp(last, "recurrent_kernel") || l->pair != NOWHERE ||
                 strstr(name, "/cell/vars/");
    keras = keras && l->gates == 3;
    return keras ? "zrn" : torch[l->gates];
}

/* Gates and H of a matrix that may be weight_hh: (gates H,H), or turned. */
static bool is_recurrent(const named_tensor *t, size_t *gates, size_t *H,
                         bool *turned)
{
    size_t a = t->shape[0], b = t->shape[1];
    *turned = a < b;
    *H = *turned ? a : b;
    if (!*H) return false;
    *gates = (*turned ? b : a) / *H;
    return *gates * *H == (*turned ? b : a) &&
           (*gates == 4 || *gates == 3 || *gates == 1);
}

/* Two matrices: which reads h, and whether the other fits it. */
static bool guess_pair(const draft *d, drafted *l, ptrdiff_t first,
                       ptrdiff_t second)
{
    for (int turn = 0; turn < 2; turn++) {
        ptrdiff_t input = turn ? second : first;
        ptrdiff_t recurrent = turn ? first : second;
        const named_tensor *w = draft_tensor(d, input);
        const named_tensor *r = draft_tensor(d, recurrent);

        /* the other matrix has the same gates, and reads I */
        if (!is_recurrent(r, &l->gates, &l->H, &l->recurrent_turned)) continue;
        size_t G = l->gates * l->H;
        if (w->shape[0] != G && w->shape[1] != G) continue;
        if (turn == 0 && draft_says_recurrent(w) && !draft_says_recurrent(r))
            continue;

        l->input = input;
        l->recurrent = recurrent;
        l->input_turned = w->shape[0] != G;
        l->I = w->shape[l->input_turned ? 0 : 1];
        if (w->shape[0] == w->shape[1]) l->input_turned = l->recurrent_turned;
        l->unsure = l->I == l->H && !draft_says_recurrent(r);
        l->kind = l->gates == 4   ? ELMAN_LSTM
                  : l->gates == 3 ? ELMAN_GRU
                                  : ELMAN_RNN;
        return true;
    }
    return false;
}

/* Whether a matrix may be (I+H,4H) of an LSTM of 2 units or more. */
static bool may_be_joint(const named_tensor *w)
{
    size_t H = w->shape[1] / 4;
    return w->shape[1] % 4 == 0 && H > 1 && w->shape[0] > H;
}

static void make_joint(drafted *l, const named_tensor *w, ptrdiff_t at)
{
    l->kind = ELMAN_LSTM;
    l->input = l->recurrent = at;
    l->input_turned = l->recurrent_turned = l->joint = true;
    l->gates = 4;
    l->H = w->shape[1] / 4;
    l->I = w->shape[0] - l->H;
}

/* One matrix: an LSTM's for x and h together, if its name says so; else a
 * linear layer, whose bias says how it lies, or its name: a kernel is (in,out).
 * Without either it is an embedding. */
static void guess_one(const draft *d, drafted *l, ptrdiff_t at)
{
    const named_tensor *w = draft_tensor(d, at);
    size_t a = w->shape[0], b = w->shape[1];
    bool named = false;
    for (size_t i = 0; i + 4 <= l->prefix_bytes; i++)
        named = named || !strncmp(l->prefix + i, "lstm", 4) ||
                !strncmp(l->prefix + i, "LSTM", 4);

    /* a kernel for x and h, where a name says LSTM */
    l->input = at;
    if (named && may_be_joint(w)) {
        make_joint(l, w, at);
        return;
    }

    const named_tensor *bias =
        l->bias[0] == NOWHERE ? NULL : draft_tensor(d, l->bias[0]);
    bool kernel = !strcmp(w->name + draft_prefix(w->name), "kernel");
    l->kind = bias || kernel ? ELMAN_LINEAR : ELMAN_EMBEDDING;
    l->input_turned = kernel || (bias && bias->count == b && a != b);
    l->I = l->input_turned ? a : b;
    l->H = l->input_turned ? b : a;
    l->unsure = !kernel && (!bias || a == b);
}

/* Whether a matrix is two biases, one for x and one for h. */
static bool is_pair(const named_tensor *t)
{
    const char *last = t->name + draft_prefix(t->name);
    return t->rank == 2 && t->shape[0] == 2 && last[0] == 'b';
}

/* Takes a layer with the biases that fit it. */
static void add_drafted(draft *d, drafted *l)
{
    size_t rows = draft_is_cell(l) ? l->gates * l->H : l->H, kept = 0;
    if (!l->kind || d->count == MOST_DRAFTED) return;

    /* vectors of another length are none */
    for (size_t k = 0; k < MOST_VECTORS; k++) {
        ptrdiff_t at = l->bias[k];
        l->bias[k] = NOWHERE;
        if (at == NOWHERE || draft_tensor(d, at)->count != rows) continue;
        if (kept == 0 || draft_is_cell(l)) l->bias[kept++] = at;
    }
    if (l->kind == ELMAN_EMBEDDING) l->bias[0] = l->bias[1] = NOWHERE;
    if (l->pair != NOWHERE && draft_tensor(d, l->pair)->shape[1] != rows)
        l->pair = NOWHERE;

    const ptrdiff_t used[] = {l->input, l->recurrent, l->bias[0], l->bias[1],
                              l->pair};
    for (size_t k = 0; k < sizeof used / sizeof *used; k++)
        if (used[k] != NOWHERE) d->used[used[k]] = true;
    d->layers[d->count++] = *l;
}

/* Of three matrices the one of two rows, both biases of a GRU, if its columns
 * are those of the others. */
static bool split_pair(const draft *d, drafted *l, ptrdiff_t *matrix)
{
    for (size_t k = 0; k < 3; k++) {
        const named_tensor *t = draft_tensor(d, matrix[k]);
        const named_tensor *a = draft_tensor(d, matrix[(k + 1) % 3]);
        const named_tensor *b = draft_tensor(d, matrix[(k + 2) % 3]);
        if (t->shape[0] != 2 || t->shape[1] % 3 != 0 ||
            a->shape[1] != t->shape[1] || b->shape[1] != t->shape[1])
            continue;
        l->pair = matrix[k];
        matrix[k] = matrix[2];
        return true;
    }
    return false;
}

/* Makes a layer of the tensors that share a prefix with tensor i. */
static void guess_group(draft *d, size_t i)
{
    const char *name = d->import->weights.tensors[i].name;
    drafted l = {.prefix = name,
                 .prefix_bytes = draft_prefix(name),
                 .backward = draft_is_backward(name),
                 .input = NOWHERE,
                 .recurrent = NOWHERE,
                 .bias = {NOWHERE, NOWHERE},
                 .pair = NOWHERE};
    ptrdiff_t matrix[3] = {NOWHERE, NOWHERE, NOWHERE};
    size_t matrices = 0, vectors = 0;

    /* its matrices and vectors, as many as a layer has */
    for (size_t k = i; k < d->import->weights.tensor_count; k++) {
        const named_tensor *t = d->import->weights.tensors + k;
        if (!draft_may_take(d, k) || draft_prefix(t->name) != l.prefix_bytes ||
            strncmp(t->name, name, l.prefix_bytes) != 0 ||
            !draft_are_together(t->name, name))
            continue;
        if (is_pair(t)) l.pair = (ptrdiff_t)k;
        else if (t->rank == 2 && matrices < 3)
            matrix[matrices++] = (ptrdiff_t)k;
        if (t->rank == 1 && vectors < MOST_VECTORS)
            l.bias[vectors++] = (ptrdiff_t)k;
    }

    if (matrices == 3 && split_pair(d, &l, matrix)) matrices = 2;
    if (matrices == 2) (void)guess_pair(d, &l, matrix[0], matrix[1]);
    else if (matrices == 1) guess_one(d, &l, matrix[0]);
    add_drafted(d, &l);
}

/* ---- Across prefixes -----------------------------------------------------
 */

/* If no prefix tells of a recurrent layer, any two matrices of the file that
 * fit may be one, or one matrix and a vector. */
static void guess_across(draft *d)
{
    size_t count = d->import->weights.tensor_count;
    for (size_t i = 0; i < d->count; i++)
        if (draft_is_cell(d->layers + i)) return;

    for (size_t i = 0; i < count && i < MOST_SEARCHED; i++)
        for (size_t k = i; k < count && k < MOST_SEARCHED; k++) {
            const named_tensor *a = draft_tensor(d, (ptrdiff_t)i);
            const named_tensor *b = draft_tensor(d, (ptrdiff_t)k);
            drafted l = {.prefix = "",
                         .input = NOWHERE,
                         .recurrent = NOWHERE,
                         .bias = {NOWHERE, NOWHERE},
                         .pair = NOWHERE};
            if (a->rank != 2 || b->rank != 2 || !draft_may_be_any(a) ||
                !draft_may_be_any(b) || !draft_are_together(a->name, b->name))
                continue;
            l.backward = draft_is_backward(a->name);

            /* a matrix alone is tried as one for x and h */
            bool fits = i == k
                            ? may_be_joint(a)
                            : guess_pair(d, &l, (ptrdiff_t)i, (ptrdiff_t)k) &&
                                  l.gates > 1;
            if (!fits) continue;
            if (i == k) make_joint(&l, a, (ptrdiff_t)i);

            size_t vectors = 0;
            for (size_t v = 0; v < count && vectors < MOST_VECTORS; v++) {
                const named_tensor *t = draft_tensor(d, (ptrdiff_t)v);
                if (t->rank == 1 && t->count == l.gates * l.H &&
                    draft_may_be_any(t) && draft_are_together(t->name, a->name))
                    l.bias[vectors++] = (ptrdiff_t)v;
            }

            /* instead of the layers that had them */
            d->count = 0;
            memset(d->used, 0, count * sizeof *d->used);
            add_drafted(d, &l);
            for (size_t v = 0; v < count; v++)
                if (draft_may_take(d, v)) guess_group(d, v);
            return;
        }
}

/* ---- Together ------------------------------------------------------------ */

static int rank_of(const drafted *l)
{
    return l->kind == ELMAN_EMBEDDING ? 0 : draft_is_cell(l) ? 1 : 2;
}

/* Embeddings, recurrent layers, others: the order that most files mean. */
static void sort_layers(draft *d)
{
    for (size_t i = 1; i < d->count; i++)
        for (size_t k = i; k > 0; k--) {
            drafted *a = d->layers + k - 1, *b = d->layers + k;
            if (rank_of(a) <= rank_of(b)) break;
            drafted kept = *a;
            *a = *b;
            *b = kept;
        }
}

/* Whether one is the other direction of a layer. */
static bool are_directions(const draft *d, const drafted *a, const drafted *b)
{
    return draft_is_cell(a) && a->kind == b->kind &&
           a->backward != b->backward && a->I == b->I && a->H == b->H &&
           draft_level(draft_tensor(d, a->input)->name) ==
               draft_level(draft_tensor(d, b->input)->name);
}

/* Makes one layer of two directions. */
static void join_directions(draft *d)
{
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = i + 1; k < d->count && !d->both[i]; k++) {
            if (!are_directions(d, d->layers + i, d->layers + k)) continue;

            /* the first of the two is the one that goes forward */
            bool turned = d->layers[i].backward;
            d->reverse[i] = d->layers[turned ? i : k];
            if (turned) d->layers[i] = d->layers[k];
            d->both[i] = true;
            d->count--;
            memmove(d->layers + k, d->layers + k + 1,
                    (d->count - k) * sizeof *d->layers);
        }
}

/* Whether a matrix alone is rather what reads a cell than what a cell reads. */
static bool is_behind(const draft *d, const drafted *l)
{
    const char *name = draft_tensor(d, l->input)->name;
    if (l->kind != ELMAN_EMBEDDING ||
        draft_has_any(name, (const char *const[]){"emb", "Emb", "wte", NULL}))
        return false;

    /* behind one, as the file has it or its name says */
    bool head =
        draft_has_any(name, (const char *const[]){"out", "head", "fc", "proj",
                                                  "classif", "logit", NULL});
    for (size_t i = 0; i < d->count; i++) {
        const drafted *c = d->layers + i;
        if (draft_is_cell(c) && (c->H == l->I || 2 * c->H == l->I) &&
            (head || l->input > c->input))
            return true;
    }
    return false;
}

/* Makes heads of those. */
static void place_heads(draft *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (is_behind(d, d->layers + i)) d->layers[i].kind = ELMAN_LINEAR;
}

elman_status draft_guess(draft *d)
{
    /* what the groups of names suggest, then what any shapes do */
    TRY(draft_guess_gates(d));
    draft_guess_handmade(d);
    for (size_t i = 0; i < d->import->weights.tensor_count; i++)
        if (draft_may_take(d, i)) guess_group(d, i);

    guess_across(d);
    place_heads(d);
    sort_layers(d);
    join_directions(d);
    return ELMAN_OK;
}
