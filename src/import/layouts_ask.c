/* layouts_ask.c: what a file's names leave open, and the words that say it. */
#include "import/layouts_search.h"

#include "base/kind.h"
#include "import/proposal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARTS_OF_CHAIN = 12 };

/* ---- Kernels without an order of gates ----------------------------------- */

/* A module of a file that no tool's names fit: what it reads and gives. */
typedef struct open_part {
    const char *prefix; /* prefix_bytes of a tensor's name */
    size_t prefix_bytes;
    elman_kind kind; /* a cell whose gates are open, linear or embedding */
    size_t I, O;
    size_t tensor;
} open_part;

typedef struct open_parts {
    size_t count;
    open_part parts[MOST_PARTS_OF_CHAIN];
    size_t order[MOST_PARTS_OF_CHAIN]; /* that fits, if chained */
    bool chained;
    bool squares; /* a square weight with a bias is taken for a kernel */
} open_parts;

/* The tensor of that name behind the prefix of another. */
static const named_tensor *beside(const layout_search *s, const char *name,
                                  size_t prefix, const char *leaf)
{
    for (size_t i = 0; i < s->tensor_count; i++) {
        size_t number;
        if (!s->taken[i] && strncmp(s->names[i], name, prefix) == 0 &&
            layout_leaf_is(s->names[i] + prefix, leaf, &number))
            return s->import->weights.tensors + i;
    }
    return NULL;
}

/* Whether rows are those of the gates of some cell, of more than one unit. */
static elman_kind cell_of(size_t rows, size_t *H)
{
    elman_kind kind = rows % 4 == 0   ? ELMAN_LSTM
                      : rows % 3 == 0 ? ELMAN_GRU
                                      : ELMAN_END;
    *H = kind ? rows / (kind == ELMAN_LSTM ? 4 : 3) : 0;
    return *H > 1 ? kind : ELMAN_END;
}

/* i2h and h2h, two linear layers with the gates of a cell. */
static bool read_pair(const layout_search *s, size_t i, open_part *p)
{
    size_t H, number;
    if (!layout_ends_in(s->names[i], "h2h.weight", ".", &p->prefix_bytes,
                        &number))
        return false;
    const named_tensor *h = s->import->weights.tensors + i;
    const named_tensor *x =
        beside(s, s->names[i], p->prefix_bytes, "i2h.weight");
    if (!x || x->rank != 2 || h->rank != 2 || x->shape[0] != h->shape[0])
        return false;

    p->kind = cell_of(h->shape[0], &H);
    p->I = x->shape[1];
    p->O = H;
    return p->kind && h->shape[1] == H;
}

/* Whether a name says that its tensor is of a recurrent layer. */
static bool says_recurrent(const open_part *p)
{
    static const char *const words[] = {"lstm", "LSTM", "rnn", "RNN"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        const char *at = strstr(p->prefix, words[k]);
        if (at && at < p->prefix + p->prefix_bytes) return true;
    }
    return false;
}

/* A weight: of a linear layer as PyTorch's, an embedding, or a kernel for x and
 * h, whose bias has as many numbers as it has columns. */
static bool read_weight(const layout_search *s, size_t i, bool squares,
                        open_part *p)
{
    size_t number, H;
    const named_tensor *w = s->import->weights.tensors + i;
    if (w->rank != 2 || !element_is_float(w->type) ||
        !layout_ends_in(s->names[i], "weight|kernel|w|W", ".", &p->prefix_bytes,
                        &number) ||
        layout_ends_in(s->names[i], "i2h.weight|h2h.weight", ".", &number, &H))
        return false;

    /* without a bias an embedding, with one of as many numbers as rows linear
     */
    const named_tensor *b = beside(s, s->names[i], p->prefix_bytes, "bias|b");
    p->kind = b ? ELMAN_LINEAR : ELMAN_EMBEDDING;
    p->I = w->shape[b ? 1 : 0];
    p->O = w->shape[b ? 0 : 1];
    bool square = w->shape[0] == w->shape[1] && squares;
    if (!b || b->rank != 1 || (b->count == w->shape[0] && !square)) return true;

    /* dense layers of others are (in,out) as well, and called otherwise */
    if (!layout_ends_in(s->names[i], "weight", ".", &number, &H) &&
        !says_recurrent(p))
        return false;
    p->kind = cell_of(b->count, &H);
    p->I = w->shape[0] - H;
    p->O = H;
    return p->kind == ELMAN_LSTM && b->count == w->shape[1] && w->shape[0] > H;
}

/* Whether a comes before b: embeddings, then cells, then linear layers, each by
 * their names, in which 10 comes behind 9. */
static bool is_before(const open_part *a, const open_part *b)
{
    int rank[2] = {0, 0};
    const open_part *of[] = {a, b};
    for (int k = 0; k < 2; k++)
        rank[k] = of[k]->kind == ELMAN_EMBEDDING ? 0
                  : of[k]->kind == ELMAN_LINEAR  ? 2
                                                 : 1;
    if (rank[0] != rank[1]) return rank[0] < rank[1];

    /* the first place where they differ, and how many digits go on there */
    const char *x = a->prefix, *y = b->prefix;
    while (*x && *x == *y) {
        x++;
        y++;
    }
    size_t more = strspn(x, "0123456789"), other = strspn(y, "0123456789");
    return more != other ? more < other : *x < *y;
}

/* All of the file, if they are few and none is something else. */
static bool read_parts(const layout_search *s, bool squares, open_parts *o)
{
    bool open = false;
    *o = (open_parts){.squares = squares};
    for (size_t i = 0; i < s->tensor_count; i++) {
        open_part p = {.prefix = s->names[i], .tensor = i};
        if (s->taken[i] ||
            (!read_pair(s, i, &p) && !read_weight(s, i, squares, &p)))
            continue;
        if (o->count == MOST_PARTS_OF_CHAIN) return open;
        if (p.prefix_bytes) p.prefix_bytes--;
        open = open || kind_is_recurrent(p.kind);

        /* in its place */
        size_t at = o->count++;
        for (; at > 0 && is_before(&p, o->parts + at - 1); at--)
            o->parts[at] = o->parts[at - 1];
        o->parts[at] = p;
    }
    return open;
}

/* Puts all parts in an order in which each reads what comes, the first of the
 * file first: depth first, without recursion. */
static void chain_parts(open_parts *o)
{
    size_t depth = 0, steps = 0;
    bool used[MOST_PARTS_OF_CHAIN] = {false};
    size_t *at = o->order;
    at[0] = 0;
    for (; steps < 20000; steps++) {
        if (at[depth] == o->count) {
            if (depth-- == 0) return;
            used[at[depth]++] = false;
            continue;
        }

        /* one that is left, and fits; only the first may embed */
        const open_part *p = o->parts + at[depth];
        bool first = depth == 0;
        if (used[at[depth]] || (!first && p->kind == ELMAN_EMBEDDING) ||
            (!first && o->parts[at[depth - 1]].O != p->I)) {
            at[depth]++;
            continue;
        }
        if (depth + 1 == o->count) {
            o->chained = true;
            return;
        }
        used[at[depth]] = true;
        at[++depth] = 0;
    }
}

/* The parts of a file, in an order if one fits. A square weight may be a kernel
 * as well: where the rest fits only so, or its name says so. */
static bool find_parts(const layout_search *s, open_parts *o)
{
    bool open = read_parts(s, false, o);
    if (open) chain_parts(o);
    if (open && o->chained) return true;

    open_parts plain = *o;
    if (read_parts(s, true, o)) chain_parts(o);
    bool kernel = o->chained && (o->count > 1 || says_recurrent(o->parts));
    if (kernel) return true;
    *o = plain;
    return open;
}

/* The orders of gates that a kernel may have, each with who has it. */
static const struct {
    elman_kind kind;
    const char *word, *of;
} gate_orders[] = {
    {ELMAN_LSTM, "lstm(ifog):", "as in torch-rnn and char-rnn"},
    {ELMAN_LSTM,
     "lstm(ijfo):", "as in TensorFlow 1, but for the 1 that it adds to f"},
    {ELMAN_LSTM, "lstm(ifgo):", "as in PyTorch"},
    {ELMAN_GRU, "gru(rzh):", "as in PyTorch"},
    {ELMAN_GRU, "gru(zrh):", "as in Keras"},
};

/* "0,lstm(ifog):1,3"; kernels alone where no order was found. */
static void put_chain(const open_parts *o, const char *word, long_text *t)
{
    for (size_t k = 0; k < o->count; k++) {
        const open_part *p = o->parts + (o->chained ? o->order[k] : k);
        bool cell = kind_is_recurrent(p->kind);
        if (!o->chained && !cell) continue;
        text_put(t, "%s%s%.*s", t->used ? "," : "", cell ? word : "",
                 p->prefix_bytes ? (int)p->prefix_bytes : 1,
                 p->prefix_bytes ? p->prefix : ".");
    }
}

/* Fails with proposals, each with the titles that it has. */
static elman_status fail_with(const layout_search *s, proposal_list *list,
                              elman_status status, const char *question)
{
    const elman_import *im = s->import;
    if (im->given.asked) *im->given.asked = true;
    if (!status) proposals_try(im, list);
    if (!status) status = proposals_fail(im, list, question);
    proposals_free(list);
    return status;
}

elman_status layouts_ask(const layout_search *s)
{
    open_parts *o = malloc(sizeof *o);
    if (!o) return failure(ELMAN_NO_MEMORY, "no memory for an order of layers");
    bool open = !s->config->layers && find_parts(s, o);
    if (!open) {
        free(o);
        return ELMAN_OK;
    }

    /* the first kernel is named, and all of them are in the order */
    size_t i = 0, count = sizeof gate_orders / sizeof *gate_orders;
    while (!kind_is_recurrent(o->parts[i].kind))
        i++;
    const open_part p = o->parts[i];
    proposal_list list = {0};
    elman_status status = ELMAN_OK;
    for (size_t k = 0; k < count && !status; k++) {
        long_text layers = {0}, none = {0};
        if (gate_orders[k].kind != p.kind) continue;
        put_chain(o, gate_orders[k].word, &layers);
        status = proposal_add(&list, gate_orders[k].of, layers, none);
    }
    free(o);

    char question[400];
    snprintf(
        question, sizeof question,
        "the tensor %.80s and those beside it fit %s that reads %zu and "
        "gives %zu, and nothing says in which order its gates are; say it "
        "by --layers, or in a mapping file, which --mapping-draft map.json "
        "begins",
        s->import->weights.tensors[p.tensor].name,
        p.kind == ELMAN_LSTM ? "an LSTM" : "a GRU", p.I, p.O);
    return fail_with(s, &list, status, question);
}

/* ---- Two directions ------------------------------------------------------ */

size_t search_reads(const layout_search *s, const found_module *m)
{
    const named_tensor *w = s->import->weights.tensors + m->at[0];
    if (m->kind->kind != ELMAN_LINEAR || w->rank != 2) return 0;
    return w->shape[m->kind->leaves[0].transposed && !m->as_torch ? 0 : 1];
}

static bool is_alone(const layout_search *s, const found_module *m)
{
    if (!kind_is_recurrent(m->kind->kind) || m->direction || m->level)
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const found_module *o = s->found + i;
        if (o != m && strcmp(o->name, m->name) == 0) return false;
    }
    return true;
}

/* Two alone that are alike, beside a layer that reads both. */
static bool find_pair(const layout_search *s, size_t *first, size_t *second)
{
    /* each pair of the same kind and sizes */
    for (size_t a = 0; a < s->count; a++)
        for (size_t b = a + 1; b < s->count; b++) {
            const found_module *x = s->found + a, *y = s->found + b;
            if (!is_alone(s, x) || !is_alone(s, y) || x->kind != y->kind ||
                x->I != y->I || x->H != y->H || x->R != y->R)
                continue;
            for (size_t k = 0; k < s->count; k++)
                if (search_reads(s, s->found + k) == 2 * x->R) {
                    *first = a;
                    *second = b;
                    return true;
                }
        }
    return false;
}

elman_status layouts_ask_pair(const layout_search *s)
{
    size_t a, b;
    if (s->config->layers || !find_pair(s, &a, &b)) return ELMAN_OK;

    /* the other modules behind, but an embedding */
    long_text layers = {0}, none = {0};
    const char *x = s->found[a].name, *y = s->found[b].name;
    for (size_t i = 0; i < s->count; i++)
        if (s->found[i].kind->kind == ELMAN_EMBEDDING)
            text_put(&layers, "%s,", s->found[i].name);
    text_put(&layers, "bidirectional(%s,%s)", x, y);
    for (size_t i = 0; i < s->count; i++)
        if (i != a && i != b && s->found[i].kind->kind != ELMAN_EMBEDDING)
            text_put(&layers, ",%s", s->found[i].name);

    char question[400];
    proposal_list list = {0};
    elman_status status = proposal_add(&list, "", layers, none);
    snprintf(
        question, sizeof question,
        "%.80s and %.80s are alike, and a layer reads as much as both "
        "give: two directions of one layer, as it seems, but the file does "
        "not say it; give the order of the layers by --layers",
        x, y);
    return fail_with(s, &list, status, question);
}
