/*
 * module_order.c: the order of a PyTorch model's modules, as a list gives it,
 * or the only one that their shapes allow.
 */
#include "base/kind.h"
#include "import/module_order.h"
#include "import/prefixes.h"

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

static elman_status ask_about(const elman_import *im, const module_list *list,
                              const module *m, const char *why)
{
    char name[64], sentence[600];
    module_print(m, sizeof name, name);
    snprintf(sentence, sizeof sentence, "%s %s", name, why);
    return modules_ask(im, list, sentence);
}

bool module_is_square(const module *m)
{
    /* what people call an embedding of tokens, as a whole last part */
    static const char *const names[] = {"embedding",
                                        "embeddings",
                                        "embed",
                                        "emb",
                                        "word_embedding",
                                        "word_embeddings",
                                        "token_embedding",
                                        "tok_embeddings",
                                        "embed_tokens",
                                        "wte",
                                        "token_embedder_tokens"};
    size_t first = m->prefix_bytes;
    if (!m->may_embed || m->I != m->O) return false;

    while (first > 0 && m->prefix[first - 1] != '.')
        first--;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == m->prefix_bytes - first &&
            !memcmp(m->prefix + first, names[i], strlen(names[i])))
            return false;
    return true;
}

static elman_status ask_about_square(const elman_import *im,
                                     const module_list *list, const module *m)
{
    static const char *const instead[] = {"embedding:", "linear:", NULL};
    char name[64], sentence[200];
    module_print(m, sizeof name, name);
    snprintf(sentence, sizeof sentence,
             "%s is a square matrix without bias, and may be an embedding or a "
             "linear layer",
             name);
    return modules_ask_word(im, list, sentence, m->prefix, m->prefix_bytes,
                            instead);
}

/* ---- The order as it is given ------------------------------------------- */

bool order_next(const char **list, const char **word, size_t *bytes)
{
    const char *first = *list, *end = first;
    size_t depth = 0;
    if (!first) return false;

    for (; *end && (*end != ',' || depth > 0); end++) {
        if (*end == '(') depth++;
        if (*end == ')' && depth > 0) depth--;
    }
    *list = *end ? end + 1 : NULL;

    first += strspn(first, " ");
    while (end > first && end[-1] == ' ')
        end--;
    *word = first;
    *bytes = first < end ? (size_t)(end - first) : 0;
    return true;
}

static elman_status check_once(const module_order *o, const module *m)
{
    char name[64];
    module_print(m, sizeof name, name);
    for (size_t i = 0; i < o->count; i++)
        if (o->entries[i].module == m)
            return failure(ELMAN_BAD_VALUE,
                           "the order of the layers has %s twice, but no layer "
                           "can be used twice",
                           name);
    return ELMAN_OK;
}

/* The next entry with a module, or NULL. */
static const module *module_after(const module_order *o, size_t i)
{
    for (i++; i < o->count; i++)
        if (o->entries[i].module) return o->entries[i].module;
    return NULL;
}

static elman_status read_order(const elman_import *im, module_list *list,
                               const char *text, module_order *o)
{
    const char *word;
    size_t bytes;
    bool said = false;

    while (order_next(&text, &word, &bytes)) {
        entry e = {.kind = ELMAN_END};
        TRY(word_read(im, list, word, bytes, &e));
        if (!e.kind) continue;

        if (e.module) TRY(check_once(o, e.module));
        if (o->count == 0) said = e.module && bytes > e.module->prefix_bytes;
        TRY(add_entry(o, e));
    }

    /* a matrix whose columns the next module reads is an embedding, unless it
     * was said to be linear */
    const module *m = o->count && !said ? o->entries[0].module : NULL;
    const module *next = module_after(o, 0);
    if (!m || !m->may_embed || !next || next->I != m->I) return ELMAN_OK;
    if (module_is_square(m)) return ask_about_square(im, list, m);
    o->entries[0].kind = ELMAN_EMBEDDING;
    return ELMAN_OK;
}

/* ---- The order that shapes leave ---------------------------------------- */

/* The recurrent module, if there is no other: two that fit in a row may as well
 * be an encoder and a decoder. */
static elman_status add_recurrent(const elman_import *im, module_list *list,
                                  module_order *o)
{
    module *only = NULL;
    for (size_t i = 0; i < list->count; i++) {
        module *m = list->modules + i;
        if (!module_is_recurrent(m)) continue;
        if (only)
            return modules_ask(
                im, list,
                "there are several recurrent layers, and the file does not say "
                "how they are joined: in a row, or with last,repeat(10) "
                "between them, where the second reads the last state of the "
                "first at each of 10 steps");
        only = m;
    }
    if (!only) return ELMAN_OK;
    return add_entry(o, (entry){.module = only, .kind = only->kind});
}

/* The matrices: at most one in front, an embedding, and one behind. */
typedef struct ends {
    module *front, *back;
} ends;

/* Whether all matrices of list find a position, with that one as the embedding,
 * or with none if it is NULL. */
static bool fit_ends(module_list *list, const module_order *o,
                     module *embedding, ends *e)
{
    const module *last = o->entries[o->count - 1].module;
    *e = (ends){.front = embedding};
    for (size_t i = 0; i < list->count; i++) {
        module *m = list->modules + i;

        if (m->kind != ELMAN_LINEAR || m == embedding) continue;
        if (e->back || m->I != last->O) return false;
        e->back = m;
    }
    return !embedding || embedding->I == o->entries[0].module->I;
}

/* A layer that reads as much as one of two directions gives. */
static elman_status ask_about_directions(const elman_import *im,
                                         const module_list *list,
                                         const module *recurrent,
                                         const module *m)
{
    char name[64], of[64], why[600];
    module_print(m, sizeof name, name);
    module_print(recurrent, sizeof of, of);

    /* what makes one of the two, as the words of --layers are */
    snprintf(why, sizeof why,
             "%s reads half of what the two directions of %s give: added "
             "(sum:%s in --layers), averaged (average:%s) or multiplied "
             "(mul:%s) they fit, or as one direction alone",
             name, of, of, of, of);
    return modules_ask(im, list, why);
}

/* Says why not every matrix finds a position. */
static elman_status ask_about_matrices(const elman_import *im,
                                       const module_list *list,
                                       const module_order *o)
{
    size_t biased = 0;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        if (m->kind != ELMAN_LINEAR) continue;

        biased += !m->may_embed;
        /* next to the recurrent layer as a part of its own, or not at all */
        const module *recurrent = o->entries[0].module;
        bool fits =
            m->I == recurrent->O || (m->may_embed && m->I == recurrent->I);

        if (fits || biased > 1) continue;
        if (m->O == recurrent->I)
            return ask_about(im, list, m,
                             "fits in front of the recurrent layer as a linear "
                             "layer, and the file does not say what stands "
                             "between them");
        if (recurrent->direction_count == 2 && 2 * m->I == recurrent->O)
            return ask_about_directions(im, list, recurrent, m);
        return ask_about(im, list, m,
                         "fits neither in front of nor behind the recurrent "
                         "layer");
    }
    return modules_ask(im, list,
                       "there are several linear layers, and the file does not "
                       "say what stands between them");
}

/* A linear layer that fits on both sides is behind, if the file has it so. */
static bool may_be_in_front(const module *m, const module *recurrent)
{
    return m && m->O == recurrent->I && m < recurrent;
}

static elman_status add_ends(const elman_import *im, module_list *list,
                             module_order *o)
{
    ends e, only = {NULL, NULL};
    size_t found = 0;

    /* with each matrix as the embedding, and with none */
    for (size_t i = 0; i <= list->count; i++) {
        module *m = i < list->count ? list->modules + i : NULL;
        if ((m && !m->may_embed) || !fit_ends(list, o, m, &e)) continue;
        only = e;
        found++;
    }

    if (found == 0) return ask_about_matrices(im, list, o);
    if (found > 1)
        return modules_ask(im, list,
                           "a matrix without bias may be an embedding or a "
                           "linear layer");
    if (only.front && module_is_square(only.front))
        return ask_about_square(im, list, only.front);
    if (!only.front && may_be_in_front(only.back, o->entries[0].module))
        return ask_about(im, list, only.back,
                         "fits in front of and behind the recurrent layer");

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

static elman_status add_norm(const elman_import *im, const module_list *list,
                             module *m, module_order *o)
{
    size_t found = 0, position = 0;

    /* it fits wherever there are as many features as it has */
    for (size_t i = 0; i <= o->count; i++) {
        if (width_before(o, i) != m->I) continue;
        position = i;
        found++;
    }

    if (found == 0) return ask_about(im, list, m, "fits nowhere");
    if (found > 1)
        return ask_about(im, list, m, "fits in more than one position");

    TRY(add_entry(o, (entry){.kind = ELMAN_END}));
    memmove(o->entries + position + 1, o->entries + position,
            (o->count - 1 - position) * sizeof *o->entries);
    o->entries[position] =
        (entry){.module = m, .kind = ELMAN_LAYER_NORM, .batch_norm = true};
    return ELMAN_OK;
}

/* A norm that the file does not name is asked for, also where there is only one
 * position. */
static elman_status check_norms(const elman_import *im, module_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        module *m = list->modules + i;
        entry e;
        if (m->norm == NORM_BARE || m->norm == NORM_UNSURE)
            TRY(word_read(im, list, m->prefix, m->prefix_bytes, &e));
    }
    return ELMAN_OK;
}

/* A module that is called as something is that no chain has. */
static elman_status check_names(const elman_import *im, const module_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        const char *is = module_unlike(list, m);
        char name[64], why[400];
        if (!is) continue;

        module_print(m, sizeof name, name);
        snprintf(why, sizeof why,
                 "%s seems to be %s, by its name, and that is no layer of "
                 "elman; linear:%s in --layers says that it is a plain one in "
                 "a chain",
                 m->prefix_bytes ? name : "weight", is, name);
        return modules_ask(im, list, why);
    }
    return ELMAN_OK;
}

/* A norm below a cell's own name is a part of each of its steps. */
static elman_status check_inside(const module_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < list->count; k++) {
            const module *m = list->modules + i, *of = list->modules + k;
            size_t bytes = of->prefix_bytes;
            if (!m->norm || !module_is_recurrent(of) || !bytes ||
                m->prefix_bytes <= bytes || m->prefix[bytes] != '.' ||
                memcmp(m->prefix, of->prefix, bytes) != 0)
                continue;

            char name[64], cell[64];
            module_print(m, sizeof name, name);
            module_print(of, sizeof cell, cell);
            return failure(ELMAN_BAD_FORMAT,
                           "%s stands inside the cell %s, as its name says: a "
                           "norm of what the cell computes at each step, which "
                           "no layer of elman has, so this model does not "
                           "convert; where it stands behind the cell, --layers "
                           "with %s,layer_norm:%s says so",
                           name, cell, cell, name);
        }
    return ELMAN_OK;
}

static elman_status guess_order(const elman_import *im, module_list *list,
                                module_order *o)
{
    module *only = list->modules;

    TRY(check_inside(list));
    TRY(check_names(im, list));
    TRY(add_recurrent(im, list, o));
    TRY(check_norms(im, list));

    if (o->count == 0 && list->count == 1 && only->kind == ELMAN_LINEAR &&
        !only->may_embed)
        return add_entry(o, (entry){.module = only, .kind = ELMAN_LINEAR});
    if (o->count == 0)
        return modules_ask(im, list, "there is no recurrent layer");

    /* what is around the recurrent layer */
    TRY(add_ends(im, list, o));
    for (size_t i = 0; i < list->count; i++) {
        module *m = list->modules + i;
        if (m->kind == ELMAN_LAYER_NORM) TRY(add_norm(im, list, m, o));
        if (m->kind == ELMAN_POOL)
            return ask_about(im, list, m, "is attention over the steps");
    }
    return ELMAN_OK;
}

elman_status modules_order(const elman_import *im, module_list *list,
                           const char *layers, module_order *o)
{
    return layers ? read_order(im, list, layers, o) : guess_order(im, list, o);
}
