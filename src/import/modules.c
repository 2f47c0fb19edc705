/* modules.c: finds the modules by PyTorch's names. */
#include "import/modules.h"

#include "base/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const roles[] = {
    [ROLE_WEIGHT_IH] = "weight_ih",
    [ROLE_WEIGHT_HH] = "weight_hh",
    [ROLE_BIAS_IH] = "bias_ih",
    [ROLE_BIAS_HH] = "bias_hh",
    [ROLE_WEIGHT_HR] = "weight_hr",
    [ROLE_WEIGHT] = "weight",
    [ROLE_BIAS] = "bias",
    [ROLE_MEAN] = "running_mean",
    [ROLE_VAR] = "running_var",
    [ROLE_SCORE] = "score",
    [ROLE_COUNT] = "num_batches_tracked",
};

void module_print(const module *m, size_t room, char *text)
{
    size_t bytes = m->prefix_bytes < 60 ? m->prefix_bytes : 60;
    if (bytes) snprintf(text, room, "%.*s", (int)bytes, m->prefix);
    else snprintf(text, room, ".");
}

const char *role_word(module_role role) { return roles[role]; }

void role_print(bool one_step, module_role role, size_t level, size_t d,
                size_t room, char *text)
{
    if (role >= ROLES || one_step) snprintf(text, room, "%s", roles[role]);
    else
        snprintf(text, room, "%s_l%zu%s", roles[role], level,
                 d ? "_reverse" : "");
}

bool module_is_recurrent(const module *m) { return kind_is_recurrent(m->kind); }

/* ---- From names to modules ---------------------------------------------- */

/* What a name without its prefix says. */
typedef struct meaning {
    module_role role;
    bool cell;
    size_t level, direction;
} meaning;

/* "_l3_reverse" */
static bool read_level(const char *text, meaning *t)
{
    if (strncmp(text, "_l", 2) != 0 || text[2] < '0' || text[2] > '9')
        return false;

    /* decimal, without leading zeros */
    bool zero = text[2] == '0';
    for (text += 2; *text >= '0' && *text <= '9'; text++)
        if (t->level < 1000) t->level = 10 * t->level + (size_t)(*text - '0');

    if (zero && t->level > 0) return false;

    t->direction = strcmp(text, "_reverse") == 0;
    return t->direction || *text == 0;
}

static meaning read_name(const char *last)
{
    for (module_role r = 0; r < ROLE_NONE; r++) {
        meaning t = {.role = r};
        size_t bytes = strlen(roles[r]);
        if (strncmp(last, roles[r], bytes) != 0) continue;

        /* the role alone is a cell's, or a module's that is not recurrent */
        t.cell = last[bytes] == 0;
        if (t.cell || (r < ROLES && read_level(last + bytes, &t))) return t;
    }
    return (meaning){.role = ROLE_NONE};
}

static module *find_module(module_list *list, const char *prefix, size_t bytes)
{
    for (size_t i = 0; i < list->count; i++) {
        module *m = list->modules + i;
        if (m->prefix_bytes == bytes && memcmp(m->prefix, prefix, bytes) == 0)
            return m;
    }

    /* the first tensor of its prefix: a new module, without any yet */
    if (list->count == MOST_MODULES) return NULL;

    module *m = list->modules + list->count++;
    *m = (module){.prefix = prefix, .prefix_bytes = bytes};
    for (size_t r = 0; r < OTHER_ROLES; r++)
        m->other[r] = NOWHERE;

    for (size_t k = 0; k < ELMAN_MAX_LEVELS; k++)
        for (size_t d = 0; d < 2; d++)
            for (size_t r = 0; r < ROLES; r++)
                m->at[k][d][r] = NOWHERE;
    return m;
}

static elman_status add_recurrent(module *m, const meaning *t, size_t index,
                                  const char *name)
{
    bool first = m->level_count == 0;
    if (t->level >= ELMAN_MAX_LEVELS)
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s is of level %zu, expected at most %d "
                       "levels",
                       name, t->level, ELMAN_MAX_LEVELS);

    /* either all tensors of a module have a level in their names, or none (a
     * cell) */
    if (!first && m->one_step != t->cell)
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s %s level in its name, unlike others "
                       "of its module",
                       name, t->cell ? "has no" : "has a");

    m->one_step = t->cell;
    m->at[t->level][t->direction][t->role] = (ptrdiff_t)index;
    if (t->level >= m->level_count) m->level_count = t->level + 1;
    if (t->direction >= m->direction_count)
        m->direction_count = t->direction + 1;
    return ELMAN_OK;
}

static elman_status add_tensor(const elman_import *im, module_list *list,
                               size_t index)
{
    const named_tensor *t = im->weights.tensors + index;
    const char *dot = strrchr(t->name, '.'), *last = dot ? dot + 1 : t->name;

    /* what its name says; other tensors stay unclaimed */
    meaning means = read_name(last);
    if (means.role == ROLE_NONE) return ELMAN_OK;

    module *m = find_module(list, t->name, dot ? (size_t)(dot - t->name) : 0);
    if (!m)
        return failure(ELMAN_BAD_FORMAT,
                       "there are more than %d modules with weights, the last "
                       "that of %.80s",
                       MOST_MODULES, t->name);

    if (!element_is_float(t->type) && means.role != ROLE_COUNT)
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has the type %s, expected floats",
                       t->name, element_name(t->type));

    if (means.role < ROLES) return add_recurrent(m, &means, index, t->name);
    m->other[means.role - ROLES] = (ptrdiff_t)index;
    return ELMAN_OK;
}

elman_status modules_find(const elman_import *im, module_list *list)
{
    list->count = list->alone = 0;
    for (size_t i = 0; i < im->weights.tensor_count; i++)
        if (!im->left_out[i]) TRY(add_tensor(im, list, i));
    return ELMAN_OK;
}
