/*
 * module_check.c: each module by itself: nothing is missing, and every shape is
 * as in torch.nn.
 */
#include "import/module_check.h"

#include "base/kind.h"

#include <stdio.h>
#include <string.h>

/* The name that a tensor of m has, or should have. */
static void name_print(const module *m, module_role role, size_t level,
                       size_t d, size_t room, char *text)
{
    char last[LONGEST_ROLE];
    role_print(m->one_step, role, level, d, sizeof last, last);
    size_t bytes = m->prefix_bytes < 60 ? m->prefix_bytes : 60;
    snprintf(text, room, "%.*s%s%s", (int)bytes, m->prefix, bytes ? "." : "",
             last);
}

/* ---- Recurrent modules -------------------------------------------------- */

/* The roles that some tensor has, so that all levels and directions need one.
 */
typedef struct wanted {
    bool role[ROLES];
    char because[ROLES][160]; /* a tensor that has the role */
} wanted;

static void want(const module *m, size_t level, size_t d, wanted *w)
{
    for (module_role r = 0; r < ROLES; r++) {
        if (m->at[level][d][r] == NOWHERE || w->role[r]) continue;
        w->role[r] = true;
        name_print(m, r, level, d, sizeof w->because[r], w->because[r]);
    }
}

/* What to do where names are PyTorch's, but shapes are not. */
#define OTHERS                                                                 \
    "; if this is no layout of PyTorch's, elman convert --mapping-draft "      \
    "map.json writes a file to fill in, --mapping takes it"

static elman_status missing(const module *m, module_role role, size_t level,
                            size_t d, const char *why)
{
    char name[160];
    name_print(m, role, level, d, sizeof name, name);
    return failure(ELMAN_BAD_FORMAT, "the tensor %s is missing: %s" OTHERS,
                   name, why);
}

static bool level_is_empty(const module *m, size_t level)
{
    for (size_t i = 0; i < 2 * ROLES; i++)
        if (m->at[level][i / ROLES][i % ROLES] != NOWHERE) return false;
    return true;
}

/* Says why a tensor should be there. */
static elman_status explain(const module *m, module_role role, size_t level,
                            size_t d, const wanted *w)
{
    char why[240];

    /* the plainest reason first */
    if (level_is_empty(m, level))
        snprintf(why, sizeof why,
                 "there is a level %zu, and levels have no gaps",
                 m->level_count - 1);
    else if (m->direction_count == 2 && m->at[level][!d][role] != NOWHERE)
        snprintf(why, sizeof why,
                 "a layer of two directions has both in "
                 "every level");
    else if (role == ROLE_BIAS_IH || role == ROLE_BIAS_HH)
        snprintf(
            why, sizeof why,
            "a layer has both biases in every level or none, and %s is "
            "there",
            w->because[w->role[role] ? role
                                     : ROLE_BIAS_IH + ROLE_BIAS_HH - role]);
    else if (role == ROLE_WEIGHT_HR)
        snprintf(why, sizeof why,
                 "%s is there, and a projection is in every "
                 "level",
                 w->because[role]);
    else snprintf(why, sizeof why, "every level has it");

    return missing(m, role, level, d, why);
}

static elman_status check_complete(const module *m)
{
    wanted w = {.role = {false}};

    /* a role that one level and direction has, all have */
    for (size_t i = 0; i < m->level_count * m->direction_count; i++)
        want(m, i / m->direction_count, i % m->direction_count, &w);

    bool bias = w.role[ROLE_BIAS_IH] || w.role[ROLE_BIAS_HH];
    const bool needed[ROLES] = {true, true, bias, bias, w.role[ROLE_WEIGHT_HR]};

    for (size_t k = 0; k < m->level_count; k++)
        for (size_t d = 0; d < m->direction_count; d++)
            for (module_role r = 0; r < ROLES; r++)
                if (needed[r] && m->at[k][d][r] == NOWHERE)
                    return explain(m, r, k, d, &w);
    return ELMAN_OK;
}

static elman_status expect_shape(const elman_import *im, ptrdiff_t index,
                                 size_t rank, size_t rows, size_t columns)
{
    const named_tensor *t = im->weights.tensors + index;
    const size_t shape[] = {rows, columns};
    if (t->rank == rank && memcmp(t->shape, shape, rank * sizeof *shape) == 0)
        return ELMAN_OK;

    char got[100], expected[100];
    shape_print(t->rank, t->shape, sizeof got, got);
    shape_print(rank, shape, sizeof expected, expected);
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s has shape %s, expected %s" OTHERS, t->name,
                   got, expected);
}

/* The recurrent module of torch.nn with that many gates; ELMAN_END if it has
 * none. */
static elman_kind torch_kind(size_t gates)
{
    static const elman_kind kinds[] = {ELMAN_RNN, ELMAN_GRU, ELMAN_LSTM};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (cell_for(&(elman_layer){.kind = kinds[i]})->gate_count == gates)
            return kinds[i];
    return ELMAN_END;
}

/* Reads gates, H and R from the first direction of a level. */
static elman_status read_sizes(const elman_import *im, const module *m,
                               size_t level, size_t *gates, size_t *H,
                               size_t *R)
{
    const ptrdiff_t *at = m->at[level][0];
    const named_tensor *hh = im->weights.tensors + at[ROLE_WEIGHT_HH];
    const named_tensor *hr = NULL;
    char shape[100];

    shape_print(hh->rank, hh->shape, sizeof shape, shape);
    if (at[ROLE_WEIGHT_HR] != NOWHERE)
        hr = im->weights.tensors + at[ROLE_WEIGHT_HR];

    if (hh->rank != 2 || (hr && hr->rank != 2))
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has rank %zu, expected a matrix",
                       hh->rank != 2 ? hh->name : hr->name,
                       hh->rank != 2 ? hh->rank : hr->rank);

    /* weight_hh is (gates H, R); a projection makes R of H */
    *R = hh->shape[1];
    *H = hr ? hr->shape[1] : *R;

    if (*H == 0 || *R == 0 || hh->shape[0] == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has shape %s: the hidden size is 0, "
                       "expected at least 1",
                       hh->name, shape);

    *gates = hh->shape[0] / *H;
    elman_kind kind = torch_kind(*gates);
    bool projects = kind_has_field(kind, "proj_size");

    if (hh->shape[0] % *H != 0 || !kind || (hr && !projects))
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has shape %s, expected %s rows for "
                       "the hidden size %zu" OTHERS,
                       hh->name, shape,
                       hr ? "4 times as many (LSTM with projection)"
                          : "as many (RNN), 3 times (GRU) or 4 times (LSTM)",
                       *H);
    return ELMAN_OK;
}

/* Checks the shapes of a level, all its directions, which reads I features. */
static elman_status check_level(const elman_import *im, const module *m,
                                size_t level, size_t gates, size_t R, size_t I)
{
    size_t H = m->H[level], G = gates * H;
    for (size_t d = 0; d < m->direction_count; d++) {
        const ptrdiff_t *at = m->at[level][d];
        TRY(expect_shape(im, at[ROLE_WEIGHT_IH], 2, G, I));
        TRY(expect_shape(im, at[ROLE_WEIGHT_HH], 2, G, R));

        for (module_role r = ROLE_BIAS_IH; r <= ROLE_BIAS_HH; r++)
            if (at[r] != NOWHERE) TRY(expect_shape(im, at[r], 1, G, 0));

        if (at[ROLE_WEIGHT_HR] != NOWHERE)
            TRY(expect_shape(im, at[ROLE_WEIGHT_HR], 2, R, H));
    }
    return ELMAN_OK;
}

static elman_status check_recurrent(const elman_import *im, module *m)
{
    size_t all_gates = 0, all_R = 0;

    TRY(check_complete(m));

    /* the first level says what the module reads */
    const named_tensor *first =
        im->weights.tensors + m->at[0][0][ROLE_WEIGHT_IH];
    m->I = first->rank == 2 ? first->shape[1] : 0;
    if (first->rank == 2 && m->I == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has no columns, expected at least 1",
                       first->name);

    /* each further one reads what the one before gives, and is of its cell */
    for (size_t k = 0; k < m->level_count; k++) {
        size_t gates = 0, R = 0, I = k ? m->direction_count * all_R : m->I;
        TRY(read_sizes(im, m, k, &gates, &m->H[k], &R));

        const named_tensor *hh =
            im->weights.tensors + m->at[k][0][ROLE_WEIGHT_HH];
        bool projects = m->at[k][0][ROLE_WEIGHT_HR] != NOWHERE;

        if (k && (gates != all_gates || (projects && R != all_R)))
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %.80s is of another cell or projection "
                           "than level 0",
                           hh->name);

        if (projects) m->proj_size = R;

        TRY(check_level(im, m, k, gates, R, I));
        all_gates = gates;
        all_R = R;
    }

    m->kind = torch_kind(all_gates);
    m->O = m->direction_count * all_R;
    return ELMAN_OK;
}

/* ---- Other modules ------------------------------------------------------ */

/* A vector of N. */
static elman_status expect_vector(const elman_import *im, const module *m,
                                  module_role role, size_t N)
{
    ptrdiff_t at = module_other(m, role);
    return at == NOWHERE ? ELMAN_OK : expect_shape(im, at, 1, N, 0);
}

/* Statistics over many batches, with or without weight and bias. */
static elman_status check_statistics(const elman_import *im, module *m)
{
    ptrdiff_t mean = module_other(m, ROLE_MEAN);
    if (mean == NOWHERE || module_other(m, ROLE_VAR) == NOWHERE)
        return missing(m, mean == NOWHERE ? ROLE_MEAN : ROLE_VAR, 0, 0,
                       "a norm has running_mean and running_var, or neither");

    const named_tensor *t = im->weights.tensors + mean;
    size_t N = t->rank ? t->shape[0] : 0;
    for (module_role r = ROLE_WEIGHT; r <= ROLE_VAR; r++)
        TRY(expect_vector(im, m, r, N));

    m->I = m->O = N;
    m->kind = N ? ELMAN_LAYER_NORM : ELMAN_END;
    m->norm = NORM_STATISTICS;
    if (module_other(m, ROLE_WEIGHT) == NOWHERE &&
        module_other(m, ROLE_COUNT) == NOWHERE)
        m->norm = NORM_UNSURE;
    return ELMAN_OK;
}

/* The three weights of attention over the steps. */
static elman_status check_attention(const elman_import *im, module *m)
{
    const named_tensor *w = im->weights.tensors + module_other(m, ROLE_WEIGHT);
    if (w->rank != 2 || w->count == 0) return ELMAN_OK;

    size_t I = w->shape[1];
    TRY(expect_shape(im, module_other(m, ROLE_WEIGHT), 2, I, I));
    TRY(expect_shape(im, module_other(m, ROLE_SCORE), 2, 1, I));
    TRY(expect_vector(im, m, ROLE_BIAS, I));
    m->I = m->O = I;
    m->kind = ELMAN_POOL;
    return ELMAN_OK;
}

/* A matrix, with or without bias, is linear or an embedding; two vectors are a
 * norm. Anything else is not a module that we know. */
static elman_status check_other(const elman_import *im, module *m)
{
    ptrdiff_t weight = module_other(m, ROLE_WEIGHT);
    ptrdiff_t bias = module_other(m, ROLE_BIAS);
    if (module_other(m, ROLE_MEAN) != NOWHERE ||
        module_other(m, ROLE_VAR) != NOWHERE)
        return check_statistics(im, m);

    if (weight == NOWHERE) return ELMAN_OK;
    if (module_other(m, ROLE_SCORE) != NOWHERE && bias != NOWHERE)
        return check_attention(im, m);

    const named_tensor *w = im->weights.tensors + weight;
    size_t last = w->rank ? w->shape[w->rank - 1] : 0;
    if (w->count == 0 || w->rank > 2) return ELMAN_OK;

    if (bias != NOWHERE && w->rank)
        TRY(expect_shape(im, bias, 1, w->shape[0], 0));

    /* its features, and what it may be */
    m->I = last;
    m->O = w->rank ? w->shape[0] : 0;
    if (w->rank == 1) {
        m->kind = ELMAN_LAYER_NORM;
        m->norm = bias == NOWHERE ? NORM_ALONE : NORM_BARE;
    }
    if (w->rank == 2) m->kind = ELMAN_LINEAR;
    m->may_embed = w->rank == 2 && bias == NOWHERE;
    return ELMAN_OK;
}

static elman_status check_module(const elman_import *im, module *m)
{
    if (!m->level_count) return check_other(im, m);
    TRY(check_recurrent(im, m));

    ptrdiff_t other = NOWHERE;
    for (size_t r = OTHER_ROLES; r-- > 0;)
        if (m->other[r] != NOWHERE) other = m->other[r];
    if (other == NOWHERE) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s stands among those of a recurrent layer, "
                   "expected a prefix of its own" OTHERS,
                   im->weights.tensors[other].name);
}

/* ---- All of them --------------------------------------------------------- */

/* Keeps the modules whose kind is known, those that a word makes norms behind
 * the others. */
static void sort_out(module_list *list)
{
    size_t kept = 0, known = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->modules[i].kind) list->modules[kept++] = list->modules[i];

    for (size_t i = 0; i < kept; i++) {
        if (list->modules[i].norm == NORM_ALONE) continue;
        module m = list->modules[i];
        memmove(list->modules + known + 1, list->modules + known,
                (i - known) * sizeof m);
        list->modules[known++] = m;
    }
    list->count = known;
    list->alone = kept - known;
}

elman_status modules_check(const elman_import *im, module_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        TRY(check_module(im, list->modules + i));
    sort_out(list);
    return ELMAN_OK;
}
