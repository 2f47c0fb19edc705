/* chains.c: finds the orders in which modules read what others give. */
#include "import/chains.h"

#include "import/prefixes.h"

#include <string.h>

enum { MOST_TRIED = 20000 }; /* positions of modules */

bool chains_embed(const chains *s, const module *m)
{
    for (size_t i = 0; m->may_embed && i < s->count; i++)
        if (s->all[i] != m && s->all[i]->I == m->I &&
            module_is_recurrent(s->all[i]))
            return true;
    return false;
}

/* Features behind the order so far. */
static size_t width(const chains *s)
{
    const module *m = s->all[s->at[s->length - 1]];
    if (s->length == 1 && m->may_embed && chains_embed(s, m)) return m->I;
    return m->O;
}

/* Whether an earlier one of the same kind, or of the same Sequential, is still
 * to come. */
static bool is_early(const chains *s, size_t i)
{
    size_t a, b;
    for (size_t j = 0; j < i; j++) {
        if (s->used[j]) continue;
        const module *m = s->all[j], *n = s->all[i];
        bool numbered =
            are_siblings(m, n) && last_number(m, &a) && last_number(n, &b);
        if (numbered || (!s->loose && s->own[j] && m->kind == n->kind &&
                         m->may_embed == n->may_embed))
            return true;
    }
    return false;
}

/* Whether an order has a recurrent module, or none could. */
static bool is_recurrent(const chains *s)
{
    bool could = false;
    for (size_t i = 0; i < s->count; i++) {
        bool recurrent = module_is_recurrent(s->all[i]);
        if (recurrent && s->used[i]) return true;
        could = could || recurrent;
    }
    return !could;
}

static void keep_order(chains *s)
{
    if (s->own_used < s->own_count || s->found == MOST_ORDERS ||
        !is_recurrent(s))
        return;
    s->order_length[s->found] = s->length;
    memcpy(s->orders[s->found++], s->at, s->length * sizeof *s->at);
}

/* Tries every module that reads what the order so far gives. */
static void extend(chains *s)
{
    bool longer = false;
    for (size_t i = 0; i < s->count && s->found < MOST_ORDERS; i++) {
        const module *m = s->all[i];
        if (s->used[i] || ++s->tried > MOST_TRIED) continue;
        if (s->length && m->I != width(s)) continue;
        if (is_early(s, i)) continue;
        if (s->length && m->norm && s->all[s->at[s->length - 1]]->norm)
            continue;

        /* with it, and then as if it had not been tried */
        s->used[i] = longer = true;
        s->at[s->length++] = i;
        s->own_used += s->own[i];
        extend(s);
        s->own_used -= s->own[i];
        s->length--;
        s->used[i] = false;
    }
    if (!longer && s->length) keep_order(s);
}

/* A norm of what a convolution gives, somewhere below the same module. */
static bool is_of_convolution(const elman_import *im, const module *m)
{
    size_t bytes = parent_bytes(m);
    for (size_t i = 0; m->norm && i < im->weights.tensor_count; i++) {
        const named_tensor *t = im->weights.tensors + i;
        if (!im->left_out[i] && t->rank > 2 && t->shape[0] == m->I &&
            !strncmp(t->name, m->prefix, bytes))
            return true;
    }
    return false;
}

/* Puts the modules in the order in which they are tried: embeddings first, then
 * as in the file, those of a Sequential by their numbers. */
static void line_up(chains *s)
{
    for (size_t i = 1; i < s->count; i++)
        for (size_t j = i; j > 0; j--) {
            const module *m = s->all[j - 1], *n = s->all[j];
            size_t a, b;
            bool later = are_siblings(m, n) && last_number(m, &a) &&
                         last_number(n, &b) && a > b;
            if (!later && !(chains_embed(s, n) && !chains_embed(s, m))) break;
            s->all[j - 1] = n;
            s->all[j] = m;
            bool own = s->own[j];
            s->own[j] = s->own[j - 1];
            s->own[j - 1] = own;
        }
}

void chains_begin(chains *s, const elman_import *im, const module_list *list)
{
    memset(s, 0, sizeof *s);
    s->import = im;
    s->list = list;
}

void chains_add(chains *s, const module *m, bool own)
{
    if (is_of_convolution(s->import, m)) return;
    s->own[s->count] = own;
    s->own_count += own;
    s->all[s->count++] = m;
}

void chains_find(chains *s, bool loose)
{
    line_up(s);
    extend(s);
    if (s->found || !loose) return;

    /* the file need not have them as they are used */
    s->loose = true;
    s->tried = 0;
    extend(s);
}

bool chains_have(const chains *s, const size_t *at, size_t length,
                 const char *name)
{
    for (size_t i = 0; i < length; i++) {
        const module *m = s->all[at[i]];
        const char *dot = strrchr(name, '.');
        size_t bytes = dot ? (size_t)(dot - name) : 0;
        if (bytes == m->prefix_bytes && !memcmp(name, m->prefix, bytes))
            return true;
    }
    return false;
}
