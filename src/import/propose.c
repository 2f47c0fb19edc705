/*
 * propose.c: asks for an order, with those that would fit. Each is found by its
 * shapes, tried before it is told, and says what it would leave out.
 */
#include "import/chains.h"
#include "import/ignored.h"
#include "import/initial.h"
#include "import/leftover.h"
#include "import/prefixes.h"
#include "import/proposal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sentence that is being made, and what it proposes. */
typedef struct asking {
    const elman_import *import;
    const module_list *list;
    const char *word; /* word_bytes of the order that was given, or NULL */
    size_t word_bytes;
    const char *const *instead; /* what may stand in front of it, to a NULL */
    chains search;
    proposal_list found;
} asking;

/* ---- One order ----------------------------------------------------------- */

/* One word: with its kind, where its name alone is not enough of a plain layer.
 */
static void put_module(const asking *a, const module *m, bool plain,
                       long_text *t)
{
    const char *kind = m->norm == NORM_BARE     ? "layer_norm:"
                       : m->norm == NORM_UNSURE ? "batch_norm(1e-5):"
                                                : "";
    char states[200];
    if (initial_print(a->import, a->list, m, sizeof states, states))
        text_put(t, "initial(%s):", states);
    if (plain && module_unlike(a->list, m)) kind = "linear:";

    if (m->prefix_bytes)
        text_put(t, "%s%.*s", kind, (int)m->prefix_bytes, m->prefix);
    else text_put(t, "%s.", kind);
}

/* A number that is called the weight of a module, as a PReLU's slope is, if
 * there is one such in the file. */
static const named_tensor *find_slope(const elman_import *im)
{
    static const char end[] = ".weight";
    const named_tensor *found = NULL;
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *t = im->weights.tensors + i;
        size_t bytes = strlen(t->name);
        if (im->left_out[i] || t->count != 1 || t->rank != 1 ||
            !element_is_float(t->type) || bytes < sizeof end ||
            strcmp(t->name + bytes - (sizeof end - 1), end) != 0)
            continue;
        if (found) return NULL;
        found = t;
    }
    return found;
}

/* Puts the slope in place of the only ? of an order, which has a text then. */
static bool put_slope(const named_tensor *slope, const char *order,
                      long_text *layers)
{
    const char *open = strstr(order, "?,");
    double value;
    if (!slope || !open || strstr(open + 1, "?,")) return false;
    tensor_doubles(slope, 0, 1, &value);
    text_put(layers, "%.*sleaky_relu(%.9g)%s", (int)(open - order), order,
             value, open + 1);
    return true;
}

/* "rnn,fc1,?,fc2": between two linear layers there is a function. */
static void put_order(const asking *a, const size_t *at, size_t length,
                      bool first_linear, long_text *t)
{
    bool linear = false;
    for (size_t i = 0; i < length; i++) {
        const module *m = a->search.all[at[i]];
        bool open = i == 0 && m->may_embed && length > 1;
        bool embedding = open && chains_embed(&a->search, m) && !first_linear;
        if (i) text_put(t, ",");
        if (linear && m->kind == ELMAN_LINEAR) text_put(t, "?,");
        if (!m->norm) linear = m->kind == ELMAN_LINEAR && !embedding;
        if (embedding) text_put(t, "embedding:");
        else if (open && !module_unlike(a->list, m)) text_put(t, "linear:");
        put_module(a, m, !embedding, t);
    }
}

static elman_status add_order(asking *a, const char *of, const size_t *at,
                              size_t length, bool first_linear)
{
    long_text layers = {0}, ignore = {0};
    put_order(a, at, length, first_linear, &layers);
    ignored_put(&a->search, at, length, &ignore);

    /* one number of its own beside one function that is open */
    const named_tensor *slope = find_slope(a->import);
    long_text whole = {0};
    if (layers.to && put_slope(slope, layers.to, &whole)) {
        free(layers.to);
        layers = whole;
        ignored_put_name(&ignore, slope->name, strlen(slope->name), false);
        if (!*of) of = "with its one number as a PReLU's slope";
    }
    return proposal_add(&a->found, of, layers, ignore);
}

/* A matrix alone that is called an embedding, or, unless it is called a head,
 * stands in front of every recurrent module. */
static bool is_rather_in_front(const asking *a, const module *m)
{
    if (is_called(m, CALLED_EMBEDDING)) return true;
    if (is_called(m, CALLED_HEAD)) return false;
    for (const module *n = a->list->modules; n < m; n++)
        if (module_is_recurrent(n)) return false;
    return true;
}

/* Adds what was found of a network. A matrix alone that may be a head or an
 * embedding comes first as a head, and is no embedding beside other layers. */
static elman_status add_found(asking *a, const char *of)
{
    const chains *s = &a->search;
    size_t others = 0;
    for (size_t i = 0; i < a->list->count; i++)
        others += !module_is_recurrent(a->list->modules + i);

    for (int late = 0; late < 2; late++)
        for (size_t k = 0; k < s->found; k++) {
            const size_t *at = s->orders[k];
            const module *first = s->all[at[0]];
            bool embeds = chains_embed(s, first) && s->order_length[k] > 1;
            bool behind = embeds && !is_rather_in_front(a, first);
            if (behind != (late == 1) || (behind && others > 1)) continue;

            /* a square matrix as an embedding, and as a linear layer */
            TRY(add_order(a, of, at, s->order_length[k], false));
            if (embeds && first->I == first->O)
                TRY(add_order(a, of, at, s->order_length[k], true));
        }
    return ELMAN_OK;
}

/* ---- The order that was given -------------------------------------------- */

/* Adds it with a head in front of the word that is asked about. */
static elman_status add_given(asking *a, const char *head)
{
    const char *rest = a->import->given.config.layers, *word;
    const char *given = a->import->given.config.ignore;
    bool open = a->word_bytes == 1 && *a->word == '?', there = false;
    long_text layers = {0}, ignore = {0};
    size_t bytes;

    /* once; of every ? that head takes the place of */
    while (order_next(&rest, &word, &bytes)) {
        bool same = bytes == a->word_bytes && !memcmp(word, a->word, bytes);
        if (open && same && !*head) continue;
        text_put(&layers, "%s%s%.*s", layers.used ? "," : "",
                 same && (open || !there) ? head : "",
                 open && same ? 0 : (int)bytes, word);
        there = there || same;
    }
    if (given) text_put(&ignore, "%s", given);
    return proposal_add(&a->found, "", layers, ignore);
}

/* ---- Networks ------------------------------------------------------------ */

/* A matrix alone with the numbers of another. */
static bool is_copy(const elman_import *im, const module *m)
{
    return m->may_embed &&
           leftover_copy_of(im, (size_t)module_other(m, ROLE_WEIGHT)) !=
               NOWHERE;
}

/* Searches the orders of one network; of all modules if p is NULL. */
static void search_orders(asking *a, const pair_of_nets *p, int side)
{
    for (int copies = 1; copies >= 0; copies--) {
        chains_begin(&a->search, a->import, a->list);
        for (size_t i = 0; i < a->list->count; i++) {
            const module *m = a->list->modules + i;
            int of = p ? side_of(p, m) : side;
            if ((of != side && of != BOTH) ||
                (!copies && is_copy(a->import, m)))
                continue;
            chains_add(&a->search, m, of == side);
        }
        chains_find(&a->search, true);
        if (a->search.found) return;
    }
}

/* Whether a module is in the same part of the model as another recurrent one
 * than of. */
static bool is_of_another(const asking *a, const module *m, const module *of)
{
    size_t common = common_parts(m, of);
    for (size_t i = 0; i < a->list->count; i++) {
        const module *n = a->list->modules + i;
        if (module_is_recurrent(n) && common_parts(m, n) > common) return true;
    }
    return false;
}

/* Searches the orders that have one recurrent module, and no other. */
static void search_part(asking *a, const module *of)
{
    chains_begin(&a->search, a->import, a->list);
    for (size_t i = 0; i < a->list->count; i++) {
        const module *m = a->list->modules + i;
        if (m == of || (!module_is_recurrent(m) && !is_of_another(a, m, of)))
            chains_add(&a->search, m, m == of);
    }
    chains_find(&a->search, false);
}

/* Where no order has all modules: those of each recurrent layer with some of
 * the others, and what each leaves out. */
static elman_status add_parts(asking *a)
{
    for (size_t i = 0; i < a->list->count; i++) {
        const module *m = a->list->modules + i;
        if (!module_is_recurrent(m)) continue;
        search_part(a, m);
        TRY(add_found(a, "a part of it"));
    }
    return ELMAN_OK;
}

/* Bytes of the first part of a prefix, its dot with them; 0: it has no parts.
 */
static size_t first_part(const module *m)
{
    const char *dot = memchr(m->prefix, '.', m->prefix_bytes);
    return dot ? (size_t)(dot + 1 - m->prefix) : 0;
}

static bool is_below(const module *m, const module *of)
{
    size_t bytes = first_part(of);
    return bytes && bytes == first_part(m) &&
           !memcmp(m->prefix, of->prefix, bytes);
}

/* Those below each first part that has a recurrent layer and others, where
 * there are several such parts: networks beside each other, as it may be. */
static elman_status add_beside(asking *a)
{
    const module_list *list = a->list;
    for (size_t i = 0; i < list->count; i++) {
        const module *of = list->modules + i;
        size_t inside = 0, outside = 0, first = i;
        if (!module_is_recurrent(of)) continue;

        chains_begin(&a->search, a->import, list);
        for (size_t k = 0; k < list->count; k++) {
            const module *m = list->modules + k;
            bool below = is_below(m, of);
            inside += below;
            outside += !below && module_is_recurrent(m);
            if (below && module_is_recurrent(m) && k < first) first = k;
            if (below) chains_add(&a->search, m, true);
        }
        if (inside < 2 || !outside || first < i) continue;
        chains_find(&a->search, true);
        TRY(add_found(a, "one of several networks alone"));
    }
    return ELMAN_OK;
}

/* What an order of a file without recurrent layers takes for granted: a square
 * matrix of a name of its own may as well read its own state. */
static const char *chain_title(const module_list *list)
{
    bool square = false;
    size_t number;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        if (module_is_recurrent(m)) return "";
        square = square || (m->kind == ELMAN_LINEAR && m->I == m->O &&
                            !m->may_embed && !last_number(m, &number));
    }
    return square ? "if no layer reads its own state of the step before (a "
                    "cell that somebody wrote does, and needs a mapping file: "
                    "--mapping-draft map.json)"
                  : "";
}

/* The orders of all networks of the file. */
static elman_status add_networks(asking *a)
{
    const pair_of_nets *pair = pair_in(a->list);

    /* one after the other, as far as the file may mean that */
    if (pair_may_chain(pair)) {
        search_orders(a, NULL, 0);
        TRY(add_found(a, chain_title(a->list)));
    }
    if (!pair) return add_beside(a);
    for (int side = 0; side < 2; side++) {
        search_orders(a, pair, side);
        TRY(add_found(a, side_title(pair, side)));
    }
    return ELMAN_OK;
}

/* ---- Two directions ------------------------------------------------------ */

/* Whether a prefix says so. */
static bool goes_back(const module *m)
{
    static const char *const words[] = {
        "backward", "Backward", "bwd", "reverse", "bw_", "_bw", "rev_"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t bytes = strlen(words[i]);
        for (size_t k = 0; k + bytes <= m->prefix_bytes; k++)
            if (!memcmp(m->prefix + k, words[i], bytes)) return true;
    }
    return false;
}

/* The only two recurrent modules, if they are alike and a layer reads both. */
static bool find_directions(const asking *a, const module **x, const module **y)
{
    size_t count = 0;
    const module *two[2] = {NULL, NULL};
    for (size_t i = 0; i < a->list->count; i++) {
        const module *m = a->list->modules + i;
        if (!module_is_recurrent(m)) continue;
        if (count < 2) two[count] = m;
        count++;
    }
    if (count != 2 || two[0]->kind != two[1]->kind || two[0]->I != two[1]->I ||
        two[0]->O != two[1]->O || two[0]->level_count != 1 ||
        two[1]->level_count != 1 || two[0]->direction_count != 1 ||
        two[1]->direction_count != 1)
        return false;

    /* the one that goes back is the second */
    bool turned = goes_back(two[0]) && !goes_back(two[1]);
    *x = two[turned];
    *y = two[!turned];
    if (goes_back(*x) || !goes_back(*y)) return false;
    for (size_t i = 0; i < a->list->count; i++)
        if (a->list->modules[i].kind == ELMAN_LINEAR &&
            a->list->modules[i].I == 2 * two[0]->O)
            return true;
    return false;
}

/* bidirectional(a,b), with an embedding in front and linear layers behind. */
static elman_status add_directions(asking *a)
{
    const module *x, *y;
    const char *given = a->import->given.config.ignore;
    long_text layers = {0}, ignore = {0};
    if (!find_directions(a, &x, &y)) return ELMAN_OK;

    /* what it reads */
    for (size_t i = 0; i < a->list->count; i++) {
        const module *m = a->list->modules + i;
        if (m->may_embed && m->I == x->I && is_rather_in_front(a, m))
            text_put(&layers, "embedding:%.*s,", (int)m->prefix_bytes,
                     m->prefix);
    }
    text_put(&layers, "bidirectional(%.*s,%.*s)", (int)x->prefix_bytes,
             x->prefix, (int)y->prefix_bytes, y->prefix);

    /* and what reads it */
    size_t features = 2 * x->O;
    bool linear = false;
    for (size_t i = 0; i < a->list->count; i++) {
        const module *m = a->list->modules + i;
        if (m->kind != ELMAN_LINEAR || m->I != features) continue;
        text_put(&layers, ",%s%.*s", linear ? "?," : "", (int)m->prefix_bytes,
                 m->prefix);
        features = m->O;
        linear = true;
    }
    if (given) text_put(&ignore, "%s", given);
    return proposal_add(&a->found, "as two directions of one layer", layers,
                        ignore);
}

/* ---- What no chain has --------------------------------------------------- */

/* Whether m is the embedding of what a recurrent layer reads, and nothing seems
 * to be added to it. */
static bool is_front_of(const asking *a, const module *m, const module *of)
{
    bool alone = true;
    for (size_t i = 0; i < a->list->count; i++) {
        const module *n = a->list->modules + i;
        if (n->may_embed && module_unlike(a->list, n)) alone = false;
    }
    return alone && m->may_embed && m->I == of->I && is_rather_in_front(a, m) &&
           !is_of_another(a, m, of);
}

/* The recurrent layers, each with the embedding that it reads: what stands in
 * front of what no chain has. */
static elman_status add_fronts(asking *a)
{
    for (size_t i = 0; i < a->list->count; i++) {
        const module *of = a->list->modules + i, *front = NULL;
        if (!module_is_recurrent(of)) continue;
        for (size_t k = 0; k < a->list->count; k++)
            if (is_front_of(a, a->list->modules + k, of))
                front = a->list->modules + k;

        /* in this order, whatever else their shapes allow */
        static const size_t at[] = {0, 1};
        chains_begin(&a->search, a->import, a->list);
        if (front) chains_add(&a->search, front, true);
        chains_add(&a->search, of, true);
        TRY(add_order(a, "what is in front of it", at, a->search.count, false));
    }
    return ELMAN_OK;
}

static bool has_unlike(const module_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (module_unlike(list, list->modules + i)) return true;
    return false;
}

/* ---- Asking -------------------------------------------------------------- */

static elman_status find_all(asking *a)
{
    if (a->word && a->import->given.config.layers) {
        for (const char *const *head = a->instead; *head; head++)
            TRY(add_given(a, *head));
        return ELMAN_OK;
    }
    if (has_unlike(a->list)) {
        TRY(add_fronts(a));
        search_orders(a, NULL, 0);
        return add_found(a, "if all of them are a chain of plain layers");
    }
    TRY(add_directions(a));
    TRY(add_networks(a));
    TRY(proposals_try(a->import, &a->found));
    return a->found.count ? ELMAN_OK : add_parts(a);
}

/* The question in full; NULL without memory. */
static char *question_of(const asking *a, const char *why)
{
    bool function = false, parts = false;
    long_text t = {0};

    /* what there is to say of all of them */
    for (size_t i = 0; i < a->found.count; i++) {
        const elman_proposal *p = a->found.items + i;
        function = function || strstr(p->layers, "?,");
        parts = parts || !strcmp(p->of, "a part of it");
    }

    text_put(&t,
             "%s; give the order of the layers, and what stands between them, "
             "by --layers%s%s",
             why,
             function ? ", with the function (relu, tanh, elu(1) ...) or "
                        "nothing in place of each ?"
                      : "",
             parts ? "; no order fits all of them: what a model does besides, "
                     "or which part of it is wanted, the file does not say"
                   : "");
    if (t.lost) free(t.to);
    return t.lost ? NULL : t.to;
}

elman_status modules_ask(const elman_import *im, const module_list *list,
                         const char *why)
{
    return modules_ask_word(im, list, why, NULL, 0, NULL);
}

elman_status modules_ask_word(const elman_import *im, const module_list *list,
                              const char *why, const char *word, size_t bytes,
                              const char *const *instead)
{
    /* of another way that is only tried, that it is asked about is enough */
    if (im->given.asked) {
        *im->given.asked = true;
        return failure(ELMAN_BAD_FORMAT, "%s", why);
    }

    asking *a = calloc(1, sizeof *a);
    if (!a) return failure(ELMAN_NO_MEMORY, "no memory for an order of layers");
    a->import = im;
    a->list = list;
    a->word = word;
    a->word_bytes = bytes;
    a->instead = instead;
    elman_status status = find_all(a);
    if (!status) status = proposals_try(im, &a->found);

    char *question = status ? NULL : question_of(a, why);
    if (question) status = proposals_fail(im, &a->found, question);
    else if (!status)
        status = failure(ELMAN_NO_MEMORY, "no memory for an order of layers");
    free(question);
    proposals_free(&a->found);
    free(a);
    return status;
}
