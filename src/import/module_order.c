/*
 * module_order.c: the order of a PyTorch model's modules, as a list gives it,
 * or the only one that their shapes allow.
 */
#include "base/kind.h"
#include "import/module_order.h"

#include <stdio.h>
#include <string.h>

static elman_status add_entry(module_order *o, entry e)
{
    if (o->count == ELMAN_MAX_LAYERS)
        return failure(ELMAN_BAD_VALUE, "there are more than %d layers",
                       ELMAN_MAX_LAYERS);
    o->entries[o->count++] = e;
    return ELMAN_OK;
}

/* ---- Asking for an order ------------------------------------------------ */

/* Adds ",name" to text, if there is room for it. */
static void append(char *text, size_t room, const char *name)
{
    size_t used = strlen(text);
    if (used + strlen(name) + 2 > room) return;
    snprintf(text + used, room - used, "%s%s", used ? "," : "", name);
}

static bool feeds_recurrent(const module_list *list, const module *m)
{
    for (size_t i = 0; m->may_embed && i < list->count; i++)
        if (module_is_recurrent(list->modules + i) &&
            list->modules[i].I == m->I)
            return true;
    return false;
}

/* An order that might be meant: embeddings first, the rest as in the file. */
static void suggest(const module_list *list, size_t room, char *text)
{
    bool linear = false;
    char name[64];
    text[0] = 0;

    const module *embedding = NULL;
    for (size_t i = list->count; i-- > 0;)
        if (feeds_recurrent(list, list->modules + i))
            embedding = list->modules + i;

    if (embedding) {
        module_print(embedding, sizeof name, name);
        append(text, room, name);
    }

    /* between two linear layers there would be a function */
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        if (m == embedding) continue;
        if (linear && m->kind == ELMAN_LINEAR) append(text, room, "relu");
        linear = m->kind == ELMAN_LINEAR;

        module_print(m, sizeof name, name);
        append(text, room, name);
    }
}

static elman_status ask(const module_list *list, const char *why)
{
    char layers[200];
    suggest(list, sizeof layers, layers);
    return failure(ELMAN_BAD_FORMAT,
                   "%s; give the order of the layers, and what stands between "
                   "them, to elman convert --layers, as in \"%s\"",
                   why, layers);
}

static elman_status ask_about(const module_list *list, const module *m,
                              const char *why)
{
    char name[64], sentence[200];
    module_print(m, sizeof name, name);
    snprintf(sentence, sizeof sentence, "%s %s", name, why);
    return ask(list, sentence);
}

/* ---- The order as it is given ------------------------------------------- */

static const struct {
    const char *word;
    entry entry;
} functions[] = {
    {"tanh", {.kind = ELMAN_TANH}},
    {"sigmoid", {.kind = ELMAN_SIGMOID}},
    {"relu", {.kind = ELMAN_RELU}},
    {"softmax", {.kind = ELMAN_SOFTMAX}},
    {"log_softmax", {.kind = ELMAN_LOG_SOFTMAX}},
    {"last", {.kind = ELMAN_LAST, .last = ELMAN_LAST_STEP}},
    {"final", {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL}},
    {"mean", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MEAN}},
    {"max", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MAX}},
    {"dropout", {.kind = ELMAN_END}}, /* does nothing but in training */
};

static const module *module_named(const module_list *list, const char *word,
                                  size_t bytes)
{
    if (bytes == 1 && *word == '.') bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        if (m->prefix_bytes == bytes && memcmp(m->prefix, word, bytes) == 0)
            return m;
    }
    return NULL;
}

static elman_status add_module(module_order *o, const module *m)
{
    char name[64];
    module_print(m, sizeof name, name);
    for (size_t i = 0; i < o->count; i++)
        if (o->entries[i].module == m)
            return failure(ELMAN_BAD_VALUE,
                           "the order of the layers has %s twice, but no layer "
                           "can be used twice",
                           name);
    return add_entry(o, (entry){.module = m, .kind = m->kind});
}

static elman_status add_word(const module_list *list, const char *word,
                             size_t bytes, module_order *o)
{
    /* a module of the file, or a function; dropout is accepted and leaves
     * nothing */
    const module *m = module_named(list, word, bytes);
    if (m) return add_module(o, m);

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strlen(functions[i].word) != bytes ||
            memcmp(functions[i].word, word, bytes) != 0)
            continue;
        return functions[i].entry.kind ? add_entry(o, functions[i].entry)
                                       : ELMAN_OK;
    }

    char layers[200];
    suggest(list, sizeof layers, layers);
    return failure(ELMAN_BAD_VALUE,
                   "the order of the layers has %.*s, which is neither a "
                   "function (tanh, sigmoid, relu, softmax, log_softmax, last, "
                   "final, dropout) nor a module of the file: %s",
                   bytes < 80 ? (int)bytes : 80, word, layers);
}

/* The next entry with a module, or NULL. */
static const module *module_after(const module_order *o, size_t i)
{
    for (i++; i < o->count; i++)
        if (o->entries[i].module) return o->entries[i].module;
    return NULL;
}

static elman_status read_order(const module_list *list, const char *text,
                               module_order *o)
{
    const char *word;
    size_t bytes;
    while (list_next(&text, &word, &bytes))
        TRY(add_word(list, word, bytes, o));

    /* a matrix whose columns the next module reads is an embedding */
    const module *m = o->count ? o->entries[0].module : NULL;
    const module *next = module_after(o, 0);
    if (m && m->may_embed && next && next->I == m->I)
        o->entries[0].kind = ELMAN_EMBEDDING;
    return ELMAN_OK;
}

/* ---- The order that shapes leave ---------------------------------------- */

enum { MOST_CHAINED = 6 }; /* 720 orders are tried */

/* Makes at the next permutation in lexicographic order; false after the last.
 */
static bool permute(size_t n, size_t *at)
{
    size_t i = n, j = n;

    /* the last entry that is smaller than the one after it */
    while (i > 1 && at[i - 2] >= at[i - 1])
        i--;
    if (i <= 1) return false;

    /* is swapped with the last that is larger */
    while (at[j - 1] <= at[i - 2])
        j--;
    size_t swapped = at[i - 2];
    at[i - 2] = at[j - 1];
    at[j - 1] = swapped;

    /* and what follows is turned round */
    for (j = n; i < j; i++, j--) {
        swapped = at[i - 1];
        at[i - 1] = at[j - 1];
        at[j - 1] = swapped;
    }
    return true;
}

static bool chains(const module_list *list, size_t n, const size_t *at)
{
    for (size_t i = 1; i < n; i++)
        if (list->modules[at[i - 1]].O != list->modules[at[i]].I) return false;
    return true;
}

/* Puts the recurrent modules in the one order in which each reads what the one
 * before gives. */
static elman_status chain_recurrent(const module_list *list, module_order *o)
{
    size_t n = 0, found = 0, at[MOST_CHAINED], only[MOST_CHAINED];
    for (size_t i = 0; i < list->count; i++) {
        if (!module_is_recurrent(list->modules + i)) continue;
        if (n == MOST_CHAINED)
            return ask(
                list,
                "there are too many recurrent layers to try all their orders");
        at[n++] = i;
    }

    if (n == 0) return ELMAN_OK;

    /* every order in which each reads what the one before gives */
    do {
        if (!chains(list, n, at)) continue;
        memcpy(only, at, n * sizeof *at);
        found++;
    } while (permute(n, at));

    if (found == 0)
        return ask(list, "none of the recurrent layers' orders lets each read "
                         "what the one before gives");
    if (found > 1)
        return ask(list, "the recurrent layers fit one another in more than "
                         "one order");

    for (size_t i = 0; i < n; i++) {
        const module *m = list->modules + only[i];
        TRY(add_entry(o, (entry){.module = m, .kind = m->kind}));
    }
    return ELMAN_OK;
}

/* The matrices: at most one in front, an embedding, and one behind. */
typedef struct ends {
    const module *front, *back;
} ends;

/* Whether all matrices of list find a position, with that one as the embedding,
 * or with none if it is NULL. */
static bool fit_ends(const module_list *list, const module_order *o,
                     const module *embedding, ends *e)
{
    const module *last = o->entries[o->count - 1].module;
    *e = (ends){.front = embedding};
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;

        if (m->kind != ELMAN_LINEAR || m == embedding) continue;
        if (e->back || m->I != last->O) return false;
        e->back = m;
    }
    return !embedding || embedding->I == o->entries[0].module->I;
}

/* Says why not every matrix finds a position. */
static elman_status ask_about_matrices(const module_list *list,
                                       const module_order *o)
{
    size_t biased = 0;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        if (m->kind != ELMAN_LINEAR) continue;

        biased += !m->may_embed;
        bool fits = m->I == o->entries[o->count - 1].module->O ||
                    (m->may_embed && m->I == o->entries[0].module->I);

        if (!fits && biased < 2)
            return ask_about(list, m,
                             "fits neither in front of nor behind the "
                             "recurrent layers");
    }
    return ask(list, "there are several linear layers, and the file does not "
                     "say what stands between them");
}

static elman_status add_ends(const module_list *list, module_order *o)
{
    ends e, only = {NULL, NULL};
    size_t found = 0;

    /* with each matrix as the embedding, and with none */
    for (size_t i = 0; i <= list->count; i++) {
        const module *m = i < list->count ? list->modules + i : NULL;
        if ((m && !m->may_embed) || !fit_ends(list, o, m, &e)) continue;
        only = e;
        found++;
    }

    if (found == 0) return ask_about_matrices(list, o);
    if (found > 1)
        return ask(list, "a matrix without bias may be an embedding or a "
                         "linear layer");

    /* an entry at the front moves the others */
    if (only.front) {
        TRY(add_entry(o, (entry){.kind = ELMAN_END}));
        memmove(o->entries + 1, o->entries,
                (o->count - 1) * sizeof *o->entries);
        o->entries[0] = (entry){.module = only.front, .kind = ELMAN_EMBEDDING};
    }

    if (only.back)
        TRY(add_entry(o, (entry){.module = only.back, .kind = ELMAN_LINEAR}));
    return ELMAN_OK;
}

/* Features between entries i - 1 and i; 0 where tokens are. */
static size_t width_before(const module_order *o, size_t i)
{
    if (i == 0)
        return o->entries[0].kind == ELMAN_EMBEDDING ? 0
                                                     : o->entries[0].module->I;
    const entry *e = o->entries + i - 1;
    return e->kind == ELMAN_EMBEDDING ? e->module->I : e->module->O;
}

static elman_status add_norm(const module_list *list, const module *m,
                             module_order *o)
{
    size_t found = 0, position = 0;

    /* it fits wherever there are as many features as it has */
    for (size_t i = 0; i <= o->count; i++) {
        if (width_before(o, i) != m->I) continue;
        position = i;
        found++;
    }

    if (found == 0) return ask_about(list, m, "fits nowhere");
    if (found > 1) return ask_about(list, m, "fits in more than one position");

    TRY(add_entry(o, (entry){.kind = ELMAN_END}));
    memmove(o->entries + position + 1, o->entries + position,
            (o->count - 1 - position) * sizeof *o->entries);
    o->entries[position] = (entry){.module = m, .kind = ELMAN_LAYER_NORM};
    return ELMAN_OK;
}

static elman_status guess_order(const module_list *list, module_order *o)
{
    const module *only = list->modules;

    TRY(chain_recurrent(list, o));

    if (o->count == 0 && list->count == 1 && only->kind == ELMAN_LINEAR &&
        !only->may_embed)
        return add_entry(o, (entry){.module = only, .kind = ELMAN_LINEAR});
    if (o->count == 0) return ask(list, "there is no recurrent layer");

    TRY(add_ends(list, o));
    for (size_t i = 0; i < list->count; i++)
        if (list->modules[i].kind == ELMAN_LAYER_NORM)
            TRY(add_norm(list, list->modules + i, o));
    return ELMAN_OK;
}

elman_status modules_order(const module_list *list, const char *layers,
                           module_order *o)
{
    return layers ? read_order(list, layers, o) : guess_order(list, o);
}
