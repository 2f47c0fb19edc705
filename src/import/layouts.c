/* layouts.c: finds modules that others than PyTorch have named. */
#include "import/layouts.h"

#include "base/kind.h"
#include "base/memory.h"
#include "import/layouts_search.h"
#include "import/module_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TENSORS = 4096 };

/* ---- Modules ------------------------------------------------------------- */

ptrdiff_t search_tensor(const layout_search *s, const char *name)
{
    for (size_t i = 0; i < s->tensor_count; i++)
        if (!s->taken[i] && strcmp(s->names[i], name) == 0) return (ptrdiff_t)i;
    return NOWHERE;
}

/* The tensor of a leaf behind a prefix; with a number in it, of this one. */
static ptrdiff_t find_leaf(const layout_search *s, const char *name,
                           size_t prefix, const char *leaf, size_t number)
{
    for (size_t i = 0; i < s->tensor_count; i++) {
        size_t other = number;
        if (!s->taken[i] && strncmp(s->names[i], name, prefix) == 0 &&
            layout_leaf_is(s->names[i] + prefix, leaf, &other) &&
            other == number)
            return (ptrdiff_t)i;
    }
    return NOWHERE;
}

/* Collects the tensors of a module whose first leaf is tensor i; false if one
 * is missing that must be there. */
static bool collect(const layout_search *s, const layout *kind, size_t i,
                    found_module *m)
{
    size_t prefix = 0, number = kind->first;
    const char *name = s->names[i];
    *m = (found_module){.kind = kind};
    for (size_t k = 0; k < MOST_LEAVES; k++)
        m->at[k] = NOWHERE;

    if (!layout_ends_in(name, kind->leaves[0].name,
                        kind->separators ? kind->separators : ".", &prefix,
                        &number) ||
        !layout_parent_is(name, prefix, kind->parent) || number < kind->first ||
        number - kind->first >= ELMAN_MAX_LEVELS)
        return false;
    m->level = number - kind->first;
    m->direction = kind->backward;

    /* all its leaves, with the same prefix */
    for (size_t k = 0; kind->leaves[k].role; k++) {
        m->at[k] = find_leaf(s, name, prefix, kind->leaves[k].name, number);
        if (m->at[k] == NOWHERE && !kind->leaves[k].optional) return false;
    }

    m->prefix =
        prefix ? import_text(s->import, "%.*s", (int)prefix - 1, name) : "";
    return true;
}

/* A file of Burn has its matrices as Burn does, or as PyTorch: one that is not
 * square tells. */
static elman_status settle_direction(const layout_search *s, found_module *m)
{
    if (!m->kind->either_way) return ELMAN_OK;
    for (size_t i = 0; i < s->tensor_count; i++) {
        int direction = layouts_direction(s, i);
        m->as_torch = direction > 0;
        if (direction) return ELMAN_OK;
    }
    return failure(ELMAN_BAD_FORMAT,
                   "the tensors of %.80s are %s's, but no matrix shows whether "
                   "they are (in,out) or (out,in); a mapping file says it",
                   *m->prefix ? m->prefix : "a layer", m->kind->tool);
}

/* Keras's GRU resets after the product where its bias has two rows; without
 * any bias nothing tells. */
static elman_status settle_reset(const layout_search *s, found_module *m)
{
    bool keras = strcmp(m->kind->tool, "Keras") == 0;
    if (!keras || m->kind->kind != ELMAN_GRU) return ELMAN_OK;
    if (m->at[2] == NOWHERE)
        return failure(ELMAN_BAD_FORMAT,
                       "the GRU %.80s has no bias, whose shape would say "
                       "whether it resets before or after the product; a "
                       "mapping file says it (reset_before)",
                       m->prefix);
    m->reset_before = s->import->weights.tensors[m->at[2]].rank == 1;
    return ELMAN_OK;
}

static elman_status settle_function(const layout_search *s,
                                    const found_module *m)
{
    if (!m->kind->either_function || s->config->nonlinearity) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the tensors of %.80s are an RNN of %s, whose function is "
                   "relu or tanh, and the file does not say which: give "
                   "--nonlinearity relu or --nonlinearity tanh",
                   *m->prefix ? m->prefix : "a layer", m->kind->tool);
}

elman_status search_take(layout_search *s, found_module *m)
{
    if (!m->prefix) return ELMAN_NO_MEMORY;
    if (s->count == MOST_FOUND)
        return failure(ELMAN_BAD_FORMAT,
                       "there are more than %d modules, the last that of %.80s",
                       MOST_FOUND, m->prefix);

    /* once it is known how they lie, their shapes must fit */
    TRY(settle_direction(s, m));
    if (!found_measure(s->import, m)) return ELMAN_OK;
    TRY(settle_reset(s, m));
    TRY(settle_function(s, m));
    for (size_t k = 0; m->kind->leaves[k].role; k++)
        if (m->at[k] != NOWHERE) s->taken[m->at[k]] = true;
    s->found[s->count++] = *m;
    return ELMAN_OK;
}

elman_status search_find(layout_search *s, const layout *kind)
{
    for (size_t i = 0; i < s->tensor_count; i++) {
        found_module m;
        if (!s->taken[i] && collect(s, kind, i, &m)) TRY(search_take(s, &m));
    }
    return ELMAN_OK;
}

/* ---- PyTorch's names ----------------------------------------------------- */

/* Whether a tensor is called as PyTorch's recurrent layers call theirs.
 * Equinox's cells have one bias beside such weights, whose name is "bias". */
static bool has_torch_names(const layout_search *s)
{
    for (size_t i = 0; i < s->tensor_count; i++) {
        const char *name = s->names[i];
        size_t prefix = layout_last_part(name, strlen(name));
        const char *last = name + prefix;
        if (strncmp(last, "weight_ih", 9) != 0 &&
            strncmp(last, "weight_hh", 9) != 0)
            continue;

        char bias[LONGEST_NAME + 8];
        snprintf(bias, sizeof bias, "%.*sbias", (int)prefix, name);
        if (last[9] || search_tensor(s, bias) == NOWHERE) return true;
    }
    return false;
}

/* ---- Together ------------------------------------------------------------ */

static bool found_recurrent(const layout_search *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (kind_is_recurrent(s->found[i].kind->kind)) return true;
    return false;
}

/* Whether every module that a tool's order names was found, without prefix. */
static bool has_order(const layout_search *s, const char *order)
{
    /* a module of the table, one that is PyTorch's anyway, or the function */
    const char *word;
    size_t bytes;
    while (order_next(&order, &word, &bytes)) {
        bool found = bytes == 11 && !memcmp(word, "log_softmax", bytes);
        for (size_t i = 0; i < s->count; i++)
            found = found || (strlen(s->found[i].name) == bytes &&
                              !memcmp(s->found[i].name, word, bytes));
        for (size_t i = 0; i < s->tensor_count; i++)
            found = found || (strncmp(s->names[i], word, bytes) == 0 &&
                              !strcmp(s->names[i] + bytes, ".weight"));
        if (!found) return false;
    }
    return true;
}

static elman_status make_all(layout_search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const layout *kind = s->found[i].kind;
        if (kind->batch_first) s->config->batch_first = true;
        if (kind->order && !s->config->layers && has_order(s, kind->order))
            s->config->layers = kind->order;
        if (kind_is_recurrent(kind->kind)) s->import->tool = kind->tool;
        TRY(found_make(s->import, s->found + i));
    }
    return ELMAN_OK;
}

static elman_status run_search(layout_search *s)
{
    bool paddle = false;
    for (size_t i = 0; i < s->tensor_count; i++) {
        layout_plain_name(s->import->weights.tensors[i].name, s->names[i]);
        s->taken[i] = s->import->left_out[i];
    }

    /* a state dict of PyTorch has no tensors of others, but PaddlePaddle's */
    TRY(layouts_said(s));
    if (!s->said_count && has_torch_names(s)) {
        TRY(layouts_paddle(s, &paddle));
        if (!paddle) return ELMAN_OK;
        s->import->tool = "PaddlePaddle";
        s->config->batch_first = true;
        return make_all(s);
    }

    /* without a recurrent layer of theirs, nothing else is taken for theirs */
    for (const layout *kind = layouts; kind->tool && !s->said_count; kind++)
        TRY(search_find(s, kind));
    if (!found_recurrent(s)) {
        for (size_t i = 0; i < s->tensor_count; i++)
            s->taken[i] = s->import->left_out[i];
        return layouts_ask(s);
    }

    TRY(layouts_burn(s));
    TRY(layouts_chainer(s));
    layouts_name(s);
    TRY(layouts_pair(s));
    TRY(layouts_ask_pair(s));
    return make_all(s);
}

elman_status import_layouts(elman_import *im, elman_import_config *config)
{
    size_t count = im->weights.tensor_count;
    layout_search s = {.import = im, .config = config, .tensor_count = count};

    /* a file with very many tensors is not one that can be a model */
    if (count > MOST_TENSORS) return ELMAN_OK;
    s.names = calloc(count + 1, sizeof *s.names);
    s.taken = calloc(count + 1, sizeof *s.taken);
    s.found = calloc(MOST_FOUND, sizeof *s.found);
    s.said = calloc(ELMAN_MAX_LAYERS, sizeof *s.said);

    elman_status status =
        s.names && s.taken && s.found && s.said
            ? run_search(&s)
            : failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", count);
    free(s.names);
    free(s.taken);
    free(s.found);
    free(s.said);
    return status;
}
