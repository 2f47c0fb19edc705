/* layouts.c: finds modules that others than PyTorch have named. */
#include "import/layouts.h"

#include "base/kind.h"
#include "base/memory.h"
#include "import/layouts_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FOUND = 4 * ELMAN_MAX_LAYERS, MOST_TENSORS = 4096 };

/* A file's modules while they are found. */
typedef struct search {
    elman_import *import;
    char (*names)[LONGEST_NAME]; /* (tensors) with dots, without ":0" */
    bool *taken;                 /* (tensors) of a module that was found */
    size_t tensor_count;
    size_t count;
    found_module *found; /* (MOST_FOUND) */
} search;

/* ---- Names --------------------------------------------------------------- */

/* "lstm/cell/kernel:0" as "lstm.cell.kernel". A name that is too long is of no
 * layout. */
static void plain_name(const char *name, char *to)
{
    size_t bytes = strlen(name);
    if (bytes >= 2 && !strcmp(name + bytes - 2, ":0")) bytes -= 2;
    if (bytes >= LONGEST_NAME) bytes = 0;
    for (size_t i = 0; i < bytes; i++)
        to[i] = (char)(name[i] == '/' ? '.' : name[i]);
    to[bytes] = 0;
}

/* Whether name ends in a part that leaf is, with prefix bytes before it. */
static bool ends_in(const char *name, const char *leaf, size_t *prefix)
{
    size_t bytes = strlen(name), end = strlen(leaf);
    if (bytes < end || strcmp(name + bytes - end, leaf) != 0) return false;
    *prefix = bytes - end;
    return *prefix == 0 || name[*prefix - 1] == '.';
}

static size_t last_part(const char *text, size_t bytes)
{
    while (bytes > 0 && text[bytes - 1] != '.')
        bytes--;
    return bytes;
}

/* Whether the last part of a prefix begins so. */
static bool parent_is(const char *name, size_t prefix, const char *parent)
{
    if (!parent) return true;
    if (prefix == 0) return false;
    size_t first = last_part(name, prefix - 1), bytes = strlen(parent);
    return prefix - 1 - first >= bytes &&
           strncmp(name + first, parent, bytes) == 0;
}

static ptrdiff_t find_leaf(const search *s, const char *name, size_t prefix,
                           const char *leaf)
{
    for (size_t i = 0; i < s->tensor_count; i++)
        if (!s->taken[i] && strncmp(s->names[i], name, prefix) == 0 &&
            strcmp(s->names[i] + prefix, leaf) == 0)
            return (ptrdiff_t)i;
    return NOWHERE;
}

/* ---- Modules ------------------------------------------------------------- */

/* Collects the tensors of a module whose first leaf is tensor i; false if one
 * is missing that must be there. */
static bool collect(const search *s, const layout *kind, size_t i,
                    found_module *m)
{
    size_t prefix;
    const char *name = s->names[i];
    *m = (found_module){.kind = kind};
    for (size_t k = 0; k < MOST_LEAVES; k++)
        m->at[k] = NOWHERE;

    if (!ends_in(name, kind->leaves[0].name, &prefix) ||
        !parent_is(name, prefix, kind->parent))
        return false;

    /* all its leaves, with the same prefix */
    for (size_t k = 0; kind->leaves[k].role; k++) {
        m->at[k] = find_leaf(s, name, prefix, kind->leaves[k].name);
        if (m->at[k] == NOWHERE && !kind->leaves[k].optional) return false;
    }

    m->prefix =
        prefix ? import_text(s->import, "%.*s", (int)prefix - 1, name) : "";
    return true;
}

/* Whether a weight of the file lies as PyTorch's do (1), or the other way round
 * (-1), by a bias beside it; 0 if that does not tell. */
static int direction_of(const search *s, size_t i)
{
    size_t prefix;
    const named_tensor *w = s->import->weights.tensors + i;
    if (w->rank != 2 || !ends_in(s->names[i], "weight", &prefix)) return 0;

    /* those of a module that was taken count as well */
    for (size_t k = 0; k < s->tensor_count; k++) {
        const named_tensor *b = s->import->weights.tensors + k;
        if (strncmp(s->names[k], s->names[i], prefix) != 0 ||
            strcmp(s->names[k] + prefix, "bias") != 0 || b->rank != 1 ||
            w->shape[0] == w->shape[1])
            continue;
        return b->count == w->shape[0] ? 1 : b->count == w->shape[1] ? -1 : 0;
    }
    return 0;
}

/* A file of Burn has its matrices as Burn does, or as PyTorch: one that is not
 * square tells. */
static elman_status settle_direction(const search *s, found_module *m)
{
    if (!m->kind->either_way) return ELMAN_OK;
    for (size_t i = 0; i < s->tensor_count; i++) {
        int direction = direction_of(s, i);
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
static elman_status settle_reset(const search *s, found_module *m)
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

static elman_status add_found(search *s, found_module *m)
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
    for (size_t k = 0; m->kind->leaves[k].role; k++)
        if (m->at[k] != NOWHERE) s->taken[m->at[k]] = true;
    s->found[s->count++] = *m;
    return ELMAN_OK;
}

/* Finds all modules of a layout, in the order of the file. */
static elman_status find_modules(search *s, const layout *kind)
{
    for (size_t i = 0; i < s->tensor_count; i++) {
        found_module m;
        if (!s->taken[i] && collect(s, kind, i, &m)) TRY(add_found(s, &m));
    }
    return ELMAN_OK;
}

/* ---- What they are called ------------------------------------------------ */

/* Whether text, of bytes, is word, or word with digits behind it. */
static bool is_word(const char *text, size_t bytes, const char *word,
                    size_t *number)
{
    size_t length = strlen(word);
    if (bytes < length || strncmp(text, word, length) != 0) return false;
    *number = 0;
    for (size_t i = length; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9' || *number > 1000) return false;
        *number = 10 * *number + (size_t)(text[i] - '0');
    }
    return true;
}

static bool ends_with(const char *text, size_t bytes, const char *end)
{
    size_t length = strlen(end);
    return bytes >= length && !strncmp(text + bytes - length, end, length);
}

/* Whether a part says a direction: fw, bw, forward_lstm, backward_lstm. */
static bool is_direction(const char *part, size_t count)
{
    return (count == 2 && (part[0] == 'f' || part[0] == 'b') &&
            part[1] == 'w') ||
           !strncmp(part, "forward_", 8) || !strncmp(part, "backward_", 9);
}

/* Takes the parts off the end of a recurrent module's prefix that say what it
 * is: a cell, a level, a direction. */
static size_t strip_recurrent(found_module *m, size_t bytes)
{
    const char *text = m->prefix;
    bool cell = false;

    /* part by part from the end, each of which may be there */
    for (;;) {
        size_t first = last_part(text, bytes), count = bytes - first, number;
        const char *part = text + first;
        size_t before = first ? first - 1 : 0;

        if (!cell && (ends_with(part, count, "_cell") ||
                      is_word(part, count, "cell", &number))) {
            cell = true;
        } else if (is_word(part, count, "cell_", &number) && first &&
                   ends_with(text, before, "multi_rnn_cell")) {
            m->level = number;
            before = last_part(text, before);
            before = before ? before - 1 : 0;
        } else if (first && is_direction(part, count)) {
            m->direction = part[0] == 'b';
        } else {
            return bytes;
        }
        bytes = before;
    }
}

/* Gives each module its name; one that another has already keeps its whole
 * prefix. */
static void name_modules(search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        found_module *m = s->found + i;
        size_t bytes = strlen(m->prefix);
        if (kind_is_recurrent(m->kind->kind)) bytes = strip_recurrent(m, bytes);
        if (!bytes && m->kind->name)
            snprintf(m->name, sizeof m->name, "%s", m->kind->name);
        else snprintf(m->name, sizeof m->name, "%.*s", (int)bytes, m->prefix);
    }

    /* two of one name, level and direction are two modules */
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < i; k++) {
            found_module *a = s->found + k, *b = s->found + i;
            if (strcmp(a->name, b->name) != 0 || a->level != b->level ||
                a->direction != b->direction)
                continue;
            b->level = b->direction = 0;
            snprintf(b->name, sizeof b->name, "%s", b->prefix);
        }
}

/* Takes off a first part that all names share, if no tensor is left that would
 * keep it. */
static void shorten_names(search *s)
{
    for (size_t i = 0; i < s->tensor_count; i++)
        if (!s->taken[i] && !s->import->left_out[i]) return;

    for (;;) {
        const char *first = s->found[0].name;
        size_t bytes = strcspn(first, ".");
        for (size_t i = 0; i < s->count; i++)
            if (strncmp(s->found[i].name, first, bytes) != 0 ||
                s->found[i].name[bytes] != '.')
                return;
        for (size_t i = 0; i < s->count; i++) {
            char *name = s->found[i].name;
            memmove(name, name + bytes + 1, strlen(name + bytes + 1) + 1);
        }
    }
}

/* Whether a tensor is called as PyTorch's recurrent layers call theirs. */
static bool has_torch_names(const elman_import *im)
{
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const char *name = im->weights.tensors[i].name;
        const char *last = name + last_part(name, strlen(name));
        if (!strncmp(last, "weight_ih", 9) || !strncmp(last, "weight_hh", 9))
            return true;
    }
    return false;
}

/* ---- Together ------------------------------------------------------------ */

/* Burn's linear layers are (in,out) under PyTorch's names. */
static elman_status turn_rest(search *s)
{
    static const layout turned = {
        .tool = "Burn",
        .kind = ELMAN_LINEAR,
        .leaves = {{"weight", LEAF_WEIGHT, NULL, true, false},
                   {"bias", LEAF_BIAS, NULL, false, false}}};
    bool burn = false;
    for (size_t i = 0; i < s->count; i++)
        burn = burn || (s->found[i].kind->either_way && !s->found[i].as_torch);
    if (!burn) return ELMAN_OK;

    /* those with a bias can be nothing else */
    TRY(find_modules(s, &turned));
    for (size_t i = 0; i < s->tensor_count; i++) {
        size_t prefix;
        if (s->taken[i] || s->import->weights.tensors[i].rank != 2 ||
            !ends_in(s->names[i], "weight", &prefix))
            continue;
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has no bias: in a file of Burn it is "
                       "an embedding (V,I) or a linear layer (in,out); a "
                       "mapping file says which",
                       s->import->weights.tensors[i].name);
    }
    return ELMAN_OK;
}

static elman_status run_search(search *s, bool *batch_first)
{
    for (size_t i = 0; i < s->tensor_count; i++) {
        plain_name(s->import->weights.tensors[i].name, s->names[i]);
        s->taken[i] = s->import->left_out[i];
    }

    /* without a recurrent layer of theirs, nothing else is taken for theirs */
    bool recurrent = false;
    for (const layout *kind = layouts; kind->tool; kind++)
        TRY(find_modules(s, kind));
    for (size_t i = 0; i < s->count; i++)
        recurrent = recurrent || kind_is_recurrent(s->found[i].kind->kind);
    if (!recurrent) return ELMAN_OK;
    TRY(turn_rest(s));

    name_modules(s);
    shorten_names(s);
    for (size_t i = 0; i < s->count; i++) {
        const layout *kind = s->found[i].kind;
        *batch_first = *batch_first || kind->batch_first;
        if (kind_is_recurrent(kind->kind)) s->import->tool = kind->tool;
        TRY(found_make(s->import, s->found + i));
    }
    return ELMAN_OK;
}

elman_status import_layouts(elman_import *im, bool *batch_first)
{
    size_t count = im->weights.tensor_count;
    search s = {.import = im, .tensor_count = count};

    /* a state dict of PyTorch has no tensors of others, nor is a file with very
     * many one that can be a model */
    if (count > MOST_TENSORS || has_torch_names(im)) return ELMAN_OK;
    s.names = calloc(count + 1, sizeof *s.names);
    s.taken = calloc(count + 1, sizeof *s.taken);
    s.found = calloc(MOST_FOUND, sizeof *s.found);

    elman_status status =
        s.names && s.taken && s.found
            ? run_search(&s, batch_first)
            : failure(ELMAN_NO_MEMORY, "no memory for %zu tensors", count);
    free(s.names);
    free(s.taken);
    free(s.found);
    return status;
}
