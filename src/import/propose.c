/*
 * propose.c: asks for an order, with those that would fit. Each is tried by its
 * shapes before it is printed, and says what it would leave out.
 */
#include "base/kind.h"
#include "import/initial.h"
#include "import/leftover.h"
#include "import/module_order.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ORDERS = 4,    /* that are printed of one network */
    MOST_LISTED = 2000, /* tensors that are looked at for --ignore */
    MOST_TRIED = 20000  /* positions of modules */
};

/* ---- Names ----------------------------------------------------------------
 */

static size_t parent_bytes(const module *m)
{
    size_t bytes = m->prefix_bytes;
    while (bytes > 0 && m->prefix[bytes - 1] != '.')
        bytes--;
    return bytes;
}

static bool are_siblings(const module *a, const module *b)
{
    size_t bytes = parent_bytes(a);
    return bytes == parent_bytes(b) && !memcmp(a->prefix, b->prefix, bytes);
}

/* The number that a prefix ends in, as in actor.10; false if in none. */
static bool last_number(const module *m, size_t *number)
{
    size_t first = parent_bytes(m);
    *number = 0;
    for (size_t i = first; i < m->prefix_bytes; i++) {
        if (m->prefix[i] < '0' || m->prefix[i] > '9') return false;
        if (*number < 1000000)
            *number = 10 * *number + (size_t)(m->prefix[i] - '0');
    }
    return first < m->prefix_bytes;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

/* Whether a part of a prefix, between what is no letter, is that word. */
static bool has_word(const module *m, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i < m->prefix_bytes;) {
        size_t end = i;
        while (end < m->prefix_bytes && is_letter(m->prefix[end]))
            end++;

        size_t same = 0;
        while (same < length && i + same < end &&
               lower(m->prefix[i + same]) == word[same])
            same++;
        if (same == length && i + same == end) return true;
        i = end + 1;
    }
    return false;
}

/* ---- Networks of one file --------------------------------------------------
 */

/* Two networks that people train together, and how they call them. */
typedef struct pair_of_nets {
    const char *title[2];
    const char *words[2][7];
} pair_of_nets;

static const pair_of_nets pairs[] = {
    {{"actor", "critic"},
     {{"actor", "policy", "action", "pi", "a"},
      {"critic", "value", "vf", "values", "v", "c"}}},
    {{"encoder", "decoder"}, {{"encoder", "enc"}, {"decoder", "dec"}}},
    {{"online", "target"}, {{"online", "net", "model"}, {"target"}}},
    {{"student", "teacher"}, {{"student"}, {"teacher"}}},
    {{"generator", "discriminator"},
     {{"generator", "gen", "g"}, {"discriminator", "disc", "d"}}},
    {{"left", "right"}, {{"left"}, {"right"}}},
    {{"model as it was trained", "average over training"},
     {{NULL}, {"ema", "shadow", "averaged", "swa"}}},
};

enum { BOTH = -1, PAIRS = sizeof pairs / sizeof *pairs };

/* 0 or 1 for a module of one network, BOTH for any other. */
static int side_of(const pair_of_nets *p, const module *m)
{
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < 7 && p->words[side][i]; i++)
            if (has_word(m, p->words[side][i])) return side;

    /* without words of its own, the first is everything else */
    return p->words[0][0] ? BOTH : 0;
}

/* Two networks are there if both have their full word or a recurrent layer; of
 * an encoder and a decoder both have a recurrent layer, since an embedding and
 * a linear layer are called so too. */
static bool pair_is_there(const pair_of_nets *p, const module_list *list)
{
    bool recurrent[2] = {false, false}, any[2] = {false, false}, full = false;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        int side = side_of(p, m);
        if (side == BOTH) continue;

        any[side] = true;
        recurrent[side] |= module_is_recurrent(m);
        for (size_t k = 0; k < 2 && p->words[side][k]; k++)
            full |= has_word(m, p->words[side][k]);
    }
    if (p == pairs) return full && any[0] && any[1];
    return recurrent[0] && recurrent[1];
}

/* ---- Chains ----------------------------------------------------------------
 */

/* A search for the orders of some modules. */
typedef struct search {
    const elman_import *import;
    const module_list *list;
    const module *all[MOST_MODULES]; /* (count) in the order to try */
    bool own[MOST_MODULES];          /* an order must have it */
    size_t count, own_count;
    bool loose; /* modules of a kind may change places */
    size_t tried;
    size_t length, own_used; /* of the order that is being made */
    size_t at[MOST_MODULES];
    bool used[MOST_MODULES];
    size_t found;
    size_t order_length[MOST_ORDERS], orders[MOST_ORDERS][MOST_MODULES];
} search;

static bool embeds(const search *s, const module *m)
{
    for (size_t i = 0; m->may_embed && i < s->count; i++)
        if (s->all[i] != m && s->all[i]->I == m->I &&
            module_is_recurrent(s->all[i]))
            return true;
    return false;
}

/* Features behind the order so far. */
static size_t width(const search *s)
{
    const module *m = s->all[s->at[s->length - 1]];
    if (s->length == 1 && m->may_embed && embeds(s, m)) return m->I;
    return m->O;
}

/* Whether an earlier one of the same kind, or of the same Sequential, is still
 * to come. */
static bool is_early(const search *s, size_t i)
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

static void keep_order(search *s)
{
    if (s->own_used < s->own_count || s->found == MOST_ORDERS) return;
    s->order_length[s->found] = s->length;
    memcpy(s->orders[s->found++], s->at, s->length * sizeof *s->at);
}

/* Tries every module that reads what the order so far gives. */
static void extend(search *s)
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

/* ---- What takes part -------------------------------------------------------
 */

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

/* A matrix alone with the numbers of another. */
static bool is_copy(const elman_import *im, const module *m)
{
    return m->may_embed &&
           leftover_copy_of(im, (size_t)module_other(m, ROLE_WEIGHT)) !=
               NOWHERE;
}

/* Puts the modules in the order in which they are tried: embeddings first, then
 * as in the file, those of a Sequential by their numbers. */
static void line_up(search *s)
{
    for (size_t i = 1; i < s->count; i++)
        for (size_t j = i; j > 0; j--) {
            const module *m = s->all[j - 1], *n = s->all[j];
            size_t a, b;
            bool later = are_siblings(m, n) && last_number(m, &a) &&
                         last_number(n, &b) && a > b;
            if (!later && !(embeds(s, n) && !embeds(s, m))) break;
            s->all[j - 1] = n;
            s->all[j] = m;
            bool own = s->own[j];
            s->own[j] = s->own[j - 1];
            s->own[j - 1] = own;
        }
}

/* Searches the orders of one network; of all modules if p is NULL. */
static void search_orders(search *s, const elman_import *im,
                          const module_list *list, const pair_of_nets *p,
                          int side, bool copies)
{
    memset(s, 0, sizeof *s);
    s->import = im;
    s->list = list;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        int of = p ? side_of(p, m) : side;
        if ((of != side && of != BOTH) || is_of_convolution(im, m) ||
            (!copies && is_copy(im, m)))
            continue;
        s->own[s->count] = of == side;
        s->own_count += of == side;
        s->all[s->count++] = m;
    }

    line_up(s);
    extend(s);
    if (s->found) return;

    /* the file need not have them as they are used */
    s->loose = true;
    s->tried = 0;
    extend(s);
}

/* Searches the orders that have one recurrent module, and no other. */
static void search_part(search *s, const elman_import *im,
                        const module_list *list, const module *of)
{
    memset(s, 0, sizeof *s);
    s->import = im;
    s->list = list;

    /* it must be in the order, and what else may be around it */
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        if ((m != of && module_is_recurrent(m)) || is_of_convolution(im, m))
            continue;
        s->own[s->count] = m == of;
        s->own_count += m == of;
        s->all[s->count++] = m;
    }
    line_up(s);
    extend(s);
}

/* ---- Printing --------------------------------------------------------------
 */

typedef struct text {
    size_t used;
    char *to;
    size_t room;
} text;

__attribute__((format(printf, 2, 3))) static void put(text *t,
                                                      const char *format, ...);

static void put(text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(t->to + t->used, t->room - t->used, format, arguments);
    va_end(arguments);

    /* what does not fit is left out whole */
    if (length < 0 || (size_t)length >= t->room - t->used) t->to[t->used] = 0;
    else t->used += (size_t)length;
}

static void put_module(const search *s, const module *m, text *t)
{
    const char *kind = m->norm == NORM_BARE     ? "layer_norm:"
                       : m->norm == NORM_UNSURE ? "batch_norm(1e-5):"
                                                : "";
    char states[200];
    if (initial_print(s->import, s->list, m, sizeof states, states))
        put(t, "initial(%s):", states);

    if (m->prefix_bytes)
        put(t, "%s%.*s", kind, (int)m->prefix_bytes, m->prefix);
    else put(t, "%s.", kind);
}

/* "rnn,fc1,?,fc2": between two linear layers there is a function. */
static void put_order(const search *s, const size_t *at, size_t length,
                      bool first_linear, text *t)
{
    bool linear = false;
    put(t, "--layers='");
    for (size_t i = 0; i < length; i++) {
        const module *m = s->all[at[i]];
        bool open = i == 0 && m->may_embed && length > 1;
        bool embedding = open && embeds(s, m) && !first_linear;
        if (i) put(t, ",");
        if (linear && m->kind == ELMAN_LINEAR) put(t, "?,");
        if (!m->norm) linear = m->kind == ELMAN_LINEAR && !embedding;
        if (open) put(t, embedding ? "embedding:" : "linear:");
        put_module(s, m, t);
    }
    put(t, "'");
}

/* Whether a tensor's name is below that many bytes of another's. */
static bool is_below(const char *name, const char *path, size_t bytes)
{
    return !strncmp(name, path, bytes);
}

static bool is_of_order(const search *s, const size_t *at, size_t length,
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

/* The first part of a name that no tensor of the order begins with: "critic.*",
 * or the whole name. */
static size_t part_outside(const search *s, const size_t *at, size_t length,
                           const char *name)
{
    const elman_import *im = s->import;
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t bytes = (size_t)(dot + 1 - name);
        bool inside = false;
        for (size_t i = 0; i < im->weights.tensor_count && !inside; i++) {
            const char *other = im->weights.tensors[i].name;
            if (im->left_out[i] || !is_below(other, name, bytes)) continue;
            inside = is_of_order(s, at, length, other) ||
                     leftover_of(im, i) == LEFTOVER_STATE ||
                     leftover_of(im, i) == LEFTOVER_SCALE;
        }
        if (!inside) return bytes;
    }
    return 0;
}

/* Whether a tensor may be left out of an order that others say nothing of: of
 * other networks, of convolutions, and what does not matter. */
static bool may_ignore(const search *s, const module_list *list, size_t i)
{
    leftover_kind kind = leftover_of(s->import, i);
    if (kind == LEFTOVER_NOISE || kind == LEFTOVER_CONVOLUTION ||
        kind == LEFTOVER_NOTHING)
        return true;

    /* that of a module: else it is asked for when the order is known */
    const char *name = s->import->weights.tensors[i].name;
    const char *dot = strrchr(name, '.');
    size_t bytes = dot ? (size_t)(dot - name) : 0;
    for (size_t k = 0; k < list->count; k++)
        if (list->modules[k].prefix_bytes == bytes &&
            !memcmp(list->modules[k].prefix, name, bytes))
            return true;
    return kind == LEFTOVER_WEIGHT && bytes &&
           part_outside(s, s->at, 0, name) > 0;
}

static void put_ignored(const search *s, const module_list *list,
                        const size_t *at, size_t length, text *t)
{
    const elman_import *im = s->import;
    char names[800];
    text ignored = {.to = names, .room = sizeof names};
    names[0] = 0;
    if (im->weights.tensor_count > MOST_LISTED) return;

    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const char *name = im->weights.tensors[i].name;
        if (im->left_out[i] || is_of_order(s, at, length, name) ||
            !may_ignore(s, list, i))
            continue;

        /* each pattern once */
        char pattern[200], begin[202];
        size_t bytes = part_outside(s, at, length, name);
        if (bytes) snprintf(pattern, sizeof pattern, "%.*s*", (int)bytes, name);
        else snprintf(pattern, sizeof pattern, "%s", name);
        snprintf(begin, sizeof begin, ",%s,", pattern);
        char all[sizeof names + 2];
        snprintf(all, sizeof all, ",%s,", names);
        if (!strstr(all, begin))
            put(&ignored, "%s%s", ignored.used ? "," : "", pattern);
    }
    if (ignored.used) put(t, " --ignore='%s'", names);
}

/* Prints what was found of a network; false if that is nothing. */
static bool put_found(const search *s, const module_list *list, text *t)
{
    for (size_t k = 0; k < s->found; k++) {
        const module *first = s->all[s->orders[k][0]];
        bool twice = embeds(s, first) && module_is_square(first);

        /* a square matrix as an embedding, and as a linear layer */
        for (int linear = 0; linear <= twice; linear++) {
            if (k || linear) put(t, " or ");
            put_order(s, s->orders[k], s->order_length[k], linear, t);
            put_ignored(s, list, s->orders[k], s->order_length[k], t);
        }
    }
    if (s->found == MOST_ORDERS) put(t, " or another order");
    return s->found > 0;
}

/* ---- Asking ----------------------------------------------------------------
 */

/* Where no order has all modules: those of each recurrent layer with some of
 * the others, and what each leaves out. */
static void put_parts(search *s, const elman_import *im,
                      const module_list *list, text *t)
{
    static const char none[] = "no order fits all of them: what a model does "
                               "besides, or which part of it is wanted, the "
                               "file does not say; parts of it are ";
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        if (!module_is_recurrent(m)) continue;

        search_part(s, im, list, m);
        if (s->found) put(t, "%s", t->used ? " or " : none);
        (void)put_found(s, list, t);
    }
}

/* Prints the orders of all networks of the file. */
static void put_networks(search *s, const elman_import *im,
                         const module_list *list, text *t)
{
    const pair_of_nets *pair = NULL;
    for (size_t k = PAIRS; k-- > 0;)
        if (pair_is_there(pairs + k, list)) pair = pairs + k;

    /* one after the other, as far as the file may mean that */
    bool found = false;
    if (pair != pairs && (!pair || pair->words[0][0])) {
        search_orders(s, im, list, NULL, 0, true);
        if (!s->found) search_orders(s, im, list, NULL, 0, false);
        found = put_found(s, list, t);
    }

    for (int side = 0; pair && side < 2; side++) {
        search_orders(s, im, list, pair, side, true);
        if (!s->found) search_orders(s, im, list, pair, side, false);
        if (!s->found) continue;
        put(t, "%sthe %s alone: ", t->used ? "; " : "", pair->title[side]);
        found |= put_found(s, list, t);
    }
    if (found) return;

    /* each recurrent layer by itself, with what fits around it */
    put_parts(s, im, list, t);
}

elman_status modules_ask(const elman_import *im, const module_list *list,
                         const char *why)
{
    char orders[2400] = "";
    text t = {.to = orders, .room = sizeof orders};
    search *s = malloc(sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "no memory for an order of layers");
    put_networks(s, im, list, &t);
    free(s);

    /* what stands between two linear layers is asked for as well */
    bool function = strstr(orders, "?,") != NULL;
    return failure(ELMAN_BAD_FORMAT,
                   "%s; give the order of the layers, and what stands between "
                   "them, by elman convert --layers%s%s%s",
                   why,
                   !t.used                               ? ""
                   : strncmp(orders, "no order", 8) == 0 ? ": "
                                                         : ": what fits is ",
                   orders,
                   function ? ", with the function (relu, tanh, elu(1) ...) or "
                              "nothing in place of each ?"
                            : "");
}
