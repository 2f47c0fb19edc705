/* layouts_tools.c: what names of single tools say beyond their tables. */
#include "import/layouts_search.h"

#include "base/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Linear layers that lie the other way round -------------------------- */

static const layout turned = {
    .tool = "Burn",
    .kind = ELMAN_LINEAR,
    .leaves = {{"weight", LEAF_WEIGHT, NULL, true, false},
               {"bias", LEAF_BIAS, NULL, false, false}}};

int layouts_direction(const layout_search *s, size_t i)
{
    size_t prefix, number;
    const named_tensor *w = s->import->weights.tensors + i;
    if (w->rank != 2 ||
        !layout_ends_in(s->names[i], "weight", ".", &prefix, &number))
        return 0;

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

elman_status layouts_burn(layout_search *s)
{
    bool burn = false;
    for (size_t i = 0; i < s->count; i++)
        burn = burn || (s->found[i].kind->either_way && !s->found[i].as_torch);
    if (!burn) return ELMAN_OK;

    /* those with a bias can be nothing else */
    TRY(search_find(s, &turned));
    for (size_t i = 0; i < s->tensor_count; i++) {
        size_t prefix, number;
        if (s->taken[i] || s->import->weights.tensors[i].rank != 2 ||
            !layout_ends_in(s->names[i], "weight", ".", &prefix, &number))
            continue;
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has no bias: in a file of Burn it is "
                       "an embedding (V,I) or a linear layer (in,out); a "
                       "mapping file says which",
                       s->import->weights.tensors[i].name);
    }
    return ELMAN_OK;
}

/* ---- PaddlePaddle -------------------------------------------------------- */

static bool same_numbers(const named_tensor *a, const named_tensor *b)
{
    enum { AT_ONCE = 64 };
    double x[AT_ONCE], y[AT_ONCE];
    if (a->count != b->count || a->rank != b->rank ||
        memcmp(a->shape, b->shape, a->rank * sizeof *a->shape) != 0)
        return false;

    /* a few at once, whatever types they are */
    for (size_t i = 0; i < a->count; i += AT_ONCE) {
        size_t count = a->count - i < AT_ONCE ? a->count - i : AT_ONCE;
        tensor_doubles(a, i, count, x);
        tensor_doubles(b, i, count, y);
        if (memcmp(x, y, count * sizeof *x) != 0) return false;
    }
    return true;
}

/* Whether tensor i is what "lstm.0.cell.weight_ih" is, the same as
 * "lstm.weight_ih_l0", which is set. */
static bool is_again(const layout_search *s, size_t i, ptrdiff_t *of)
{
    static const char *const roles[] = {"weight_ih", "weight_hh", "bias_ih",
                                        "bias_hh"};
    static const char *const cells[][2] = {
        {"#.cell.", ""}, {"#.cell_fw.", ""}, {"#.cell_bw.", "_reverse"}};
    char leaf[40], other[LONGEST_NAME + 40];
    size_t prefix, level;

    /* each role in each cell, and what it is called outside of cells */
    for (size_t k = 0; k < 12; k++) {
        const char *role = roles[k % 4];
        snprintf(leaf, sizeof leaf, "%s%s", cells[k / 4][0], role);
        if (!layout_ends_in(s->names[i], leaf, ".", &prefix, &level)) continue;
        snprintf(other, sizeof other, "%.*s%s_l%zu%s", (int)prefix, s->names[i],
                 role, level, cells[k / 4][1]);
        *of = search_tensor(s, other);
        return *of != NOWHERE && same_numbers(s->import->weights.tensors + i,
                                              s->import->weights.tensors + *of);
    }
    return false;
}

elman_status layouts_paddle(layout_search *s, bool *found)
{
    elman_import *im = s->import;
    for (size_t i = 0; i < s->tensor_count; i++) {
        ptrdiff_t of;
        if (s->taken[i] || !is_again(s, i, &of)) continue;

        /* PaddlePaddle keeps each twice */
        const char *how =
            import_text(im, "%s again", im->weights.tensors[of].name);
        if (!how) return ELMAN_NO_MEMORY;
        *found = im->left_out[i] = s->taken[i] = true;
        TRY(import_add_spare(im, i, how));
    }

    /* linear layers, unless one shows that they were turned before */
    for (size_t i = 0; *found && i < s->tensor_count; i++)
        if (layouts_direction(s, i) > 0) return ELMAN_OK;
    static const layout paddle = {
        .tool = "PaddlePaddle",
        .kind = ELMAN_LINEAR,
        .leaves = {{"weight", LEAF_WEIGHT, NULL, true, false},
                   {"bias", LEAF_BIAS, NULL, false, false}}};
    if (*found) TRY(search_find(s, &paddle));
    for (size_t i = 0; i < s->count; i++)
        snprintf(s->found[i].name, sizeof s->found[i].name, "%s",
                 s->found[i].prefix);
    return ELMAN_OK;
}

/* ---- Chainer ------------------------------------------------------------- */

static bool is_stack(const found_module *m)
{
    return !strcmp(m->kind->tool, "Chainer") &&
           m->kind->leaves[0].name[0] == '#';
}

/* Whether the parts of the stack that m is the first of are directions as well
 * as levels: what reads both has 2H columns. */
static elman_status count_directions(const layout_search *s,
                                     const found_module *m, size_t *directions)
{
    size_t count = 0;
    const found_module *second = NULL, *third = NULL;
    for (size_t i = 0; i < s->count; i++) {
        const found_module *p = s->found + i;
        if (!is_stack(p) || strcmp(p->prefix, m->prefix) != 0) continue;
        count++;
        if (p->level == 1) second = p;
        if (p->level == 2) third = p;
    }

    /* the first part that does not read x tells, if sizes differ, or else what
     * a linear layer reads */
    bool both = false, one = false;
    for (size_t i = 0; i < s->count; i++) {
        both = both || search_reads(s, s->found + i) == 2 * m->H;
        one = one || search_reads(s, s->found + i) == m->H;
    }

    *directions = 1;
    if (third) *directions = third->I == 2 * m->H ? 2 : 1;
    else if (second && second->I != m->H) *directions = 2;
    else if (second && m->I == m->H && both != one) *directions = both ? 2 : 1;
    else if (second && m->I == m->H)
        return failure(ELMAN_BAD_FORMAT,
                       "the stack %.80s of Chainer has two parts that read as "
                       "many features as they give: two levels (NStepLSTM) or "
                       "two directions (NStepBiLSTM), which the file does not "
                       "say; a mapping file says it",
                       *m->prefix ? m->prefix : "of a layer");
    if (*directions == 2 && count % 2 != 0) *directions = 1;
    return ELMAN_OK;
}

elman_status layouts_chainer(layout_search *s)
{
    /* each stack, by its first part; levels of others are still parts */
    size_t directions[MOST_FOUND] = {0};
    for (size_t i = 0; i < s->count; i++) {
        const found_module *m = s->found + i;
        if (!is_stack(m) || m->level != 0) continue;
        size_t count;
        TRY(count_directions(s, m, &count));
        for (size_t k = 0; k < s->count; k++)
            if (is_stack(s->found + k) &&
                !strcmp(s->found[k].prefix, m->prefix))
                directions[k] = count;
    }
    for (size_t i = 0; i < s->count; i++)
        if (directions[i] == 2) {
            s->found[i].direction = s->found[i].level % 2;
            s->found[i].level /= 2;
        }
    return ELMAN_OK;
}
