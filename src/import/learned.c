/*
 * learned.c: weights that a file holds twice, or in parts. What was learned is
 * used, computed as PyTorch computes it in evaluation.
 */
#include "import/learned.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 400, MOST_LEARNED = 4096, MOST_PARTS = 3 };

/* ---- How they are computed ------------------------------------------------
 */

/* A weight that is being made, and the tensors of its parts. */
typedef struct making {
    elman_import *im;
    size_t parts[MOST_PARTS];
    size_t rows, columns;
    double *part[MOST_PARTS]; /* their numbers */
    float *to;
} making;

static const named_tensor *part_of(const making *k, size_t i)
{
    return k->im->weights.tensors + k->parts[i];
}

/* g v / |v|, with a norm for each number of g. */
static void make_weight_norm(making *k)
{
    const named_tensor *g = part_of(k, 1);
    bool by_row = g->rank && g->shape[0] == k->rows && g->count > 1;
    bool by_column = g->rank == 2 && g->shape[1] == k->columns && g->count > 1;
    size_t R = k->rows, C = k->columns;

    for (size_t n = 0; n < g->count; n++) {
        /* the rows and columns that share this number */
        size_t row = by_row ? (by_column ? n / C : n) : 0;
        size_t column = by_column ? n % C : 0;
        size_t last_row = by_row ? row + 1 : R;
        size_t last_column = by_column ? column + 1 : C;

        double sum = 0;
        for (size_t r = row; r < last_row; r++)
            for (size_t c = column; c < last_column; c++)
                sum += k->part[0][r * C + c] * k->part[0][r * C + c];

        double times = k->part[1][n] / sqrt(sum);
        for (size_t r = row; r < last_row; r++)
            for (size_t c = column; c < last_column; c++)
                k->to[r * C + c] = (float)(k->part[0][r * C + c] * times);
    }
}

/* W / (u . W v), which is the largest singular value. */
static void make_spectral_norm(making *k)
{
    double sigma = 0;
    size_t count = k->rows * k->columns;
    bool turned = part_of(k, 1)->count != k->rows;

    for (size_t i = 0; i < count; i++) {
        size_t row = i / k->columns, column = i % k->columns;
        sigma += k->part[0][i] * k->part[1][turned ? column : row] *
                 k->part[2][turned ? row : column];
    }
    for (size_t i = 0; i < count; i++)
        k->to[i] = (float)(k->part[0][i] / sigma);
}

static void make_masked(making *k)
{
    for (size_t i = 0; i < k->rows * k->columns; i++)
        k->to[i] = (float)(k->part[0][i] * k->part[1][i]);
}

static void make_raw(making *k)
{
    for (size_t i = 0; i < k->rows * k->columns; i++)
        k->to[i] = (float)k->part[0][i];
}

/* ---- Whether the parts fit ------------------------------------------------
 */

/* One number for all, for each row or for each column. */
static bool fits_weight_norm(const making *k)
{
    const named_tensor *v = part_of(k, 0), *g = part_of(k, 1);
    if (g->count == 1) return true;
    if (g->rank != v->rank) return false;
    for (size_t i = 0; i < g->rank; i++)
        if (g->shape[i] != 1 && g->shape[i] != v->shape[i]) return false;
    return true;
}

static bool fits_spectral_norm(const making *k)
{
    size_t u = part_of(k, 1)->count, v = part_of(k, 2)->count;
    return part_of(k, 0)->rank == 2 && ((u == k->rows && v == k->columns) ||
                                        (u == k->columns && v == k->rows));
}

static bool fits_mask(const making *k)
{
    const named_tensor *w = part_of(k, 0), *mask = part_of(k, 1);
    return w->rank == mask->rank &&
           !memcmp(w->shape, mask->shape, w->rank * sizeof *w->shape);
}

static bool fits_always(const making *k)
{
    (void)k;
    return true;
}

/* ---- Forms ----------------------------------------------------------------
 */

/* How a weight is written: the endings of its parts, the first that of its
 * numbers; inside .parametrizations.NAME, or behind its name. */
typedef struct form {
    bool parametrized;
    size_t count;
    const char *ends[MOST_PARTS];
    bool (*fits)(const making *k);
    void (*make)(making *k);
    const char *how;
} form;

static const form forms[] = {
    {false,
     3,
     {"_orig", "_u", "_v"},
     fits_spectral_norm,
     make_spectral_norm,
     "spectral norm: divided by u . W v"},
    {false,
     2,
     {"_v", "_g"},
     fits_weight_norm,
     make_weight_norm,
     "weight norm: g v / |v|"},
    {false,
     2,
     {"_orig", "_mask"},
     fits_mask,
     make_masked,
     "pruned: times its mask"},
    {true,
     2,
     {".original1", ".original0"},
     fits_weight_norm,
     make_weight_norm,
     "weight norm: g v / |v|"},
    {true,
     3,
     {".original", ".0._u", ".0._v"},
     fits_spectral_norm,
     make_spectral_norm,
     "spectral norm: divided by u . W v"},
    {false,
     1,
     {"_raw"},
     fits_always,
     make_raw,
     "what was learned, without the dropout of weights"},
};

static ptrdiff_t find(const elman_import *im, const char *name)
{
    for (size_t i = 0; i < im->weights.tensor_count; i++)
        if (!im->left_out[i] && strcmp(im->weights.tensors[i].name, name) == 0)
            return (ptrdiff_t)i;
    return NOWHERE;
}

/* The name without an ending; 0 if it has another, or is that alone. */
static size_t stem_of(const char *name, const char *end)
{
    size_t bytes = strlen(name), most = strlen(end);
    return bytes > most && !strcmp(name + bytes - most, end) ? bytes - most : 0;
}

/* Finds the parts of a weight whose first is tensor index. */
static bool find_parts(making *k, const form *f, size_t index, size_t stem)
{
    char name[LONGEST_NAME];
    const char *first = k->im->weights.tensors[index].name;
    k->parts[0] = index;

    for (size_t i = 1; i < f->count; i++) {
        snprintf(name, sizeof name, "%.*s%s", (int)stem, first, f->ends[i]);
        ptrdiff_t at = find(k->im, name);
        if (at == NOWHERE) return false;
        k->parts[i] = (size_t)at;
    }

    const named_tensor *t = part_of(k, 0);
    k->rows = t->rank ? t->shape[0] : 1;
    k->columns = t->rank == 2 ? t->shape[1] : 1;
    return t->rank >= 1 && t->rank <= 2 && t->count > 0 && f->fits(k);
}

/* ---- Names ----------------------------------------------------------------
 */

static const char marker[] = "parametrizations.";

/* The name that the module gives to a parametrized weight:
 * lstm.parametrizations.weight_ih_l0 is lstm.weight_ih_l0. False if it is none.
 */
static bool plain_name(const char *name, size_t stem, char *to)
{
    size_t skip = sizeof marker - 1, at = 0;
    while (at + skip <= stem && strncmp(name + at, marker, skip) != 0)
        at++;
    if (at + skip > stem || stem >= LONGEST_NAME ||
        (at > 0 && name[at - 1] != '.'))
        return false;
    snprintf(to, LONGEST_NAME, "%.*s%.*s", (int)at, name,
             (int)(stem - at - skip), name + at + skip);
    return true;
}

/* Where a raw weight belongs: P.weight_hh_l0_raw is that of P, or of the one
 * module in P that has the rest of its level. */
static void raw_name(const elman_import *im, const char *name, size_t stem,
                     char *to)
{
    size_t parent = stem;
    while (parent > 0 && name[parent - 1] != '.')
        parent--;

    const char *role = name + parent;
    size_t role_bytes = stem - parent, found = 0;
    const char *level = memchr(role, 'l', role_bytes);
    snprintf(to, LONGEST_NAME, "%.*s", (int)stem, name);
    if (!level || find(im, to) != NOWHERE) return;

    /* another weight of the same level, one module further in */
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const char *other = im->weights.tensors[i].name;
        const char *dot = strrchr(other, '.');
        if (im->left_out[i] || !dot || strncmp(other, name, parent) != 0 ||
            dot < other + parent ||
            memchr(other + parent, '.', (size_t)(dot - other) - parent))
            continue;
        if (strncmp(dot + 1, "weight_ih_l0", 12) != 0 || strlen(dot + 1) != 12)
            continue;
        found++;
        snprintf(to, LONGEST_NAME, "%.*s.%.*s", (int)(dot - other), other,
                 (int)role_bytes, role);
    }
    if (found != 1) snprintf(to, LONGEST_NAME, "%.*s", (int)stem, name);
}

/* ---- Making ---------------------------------------------------------------
 */

static elman_status leave_out(elman_import *im, size_t index, const char *how)
{
    im->left_out[index] = true;
    return import_add_spare(im, index, how);
}

static elman_status fill(making *k, const form *f)
{
    elman_status status = ELMAN_OK;
    for (size_t i = 0; i < f->count; i++) {
        const named_tensor *t = part_of(k, i);
        k->part[i] = malloc((t->count + 1) * sizeof *k->part[i]);
        if (k->part[i]) tensor_doubles(t, 0, t->count, k->part[i]);
        else
            status =
                failure(ELMAN_NO_MEMORY, "no memory for %zu numbers", t->count);
    }

    if (!status) f->make(k);
    for (size_t i = 0; i < f->count; i++)
        free(k->part[i]);
    return status;
}

static elman_status make(making *k, const form *f, const char *name)
{
    elman_import *im = k->im;
    size_t index, shape[] = {k->rows, k->columns};
    ptrdiff_t copy = find(im, name);
    const char *how = import_text(im, "part of %s", name);
    if (!how) return ELMAN_NO_MEMORY;

    for (size_t i = 0; i < f->count; i++)
        TRY(leave_out(im, k->parts[i], how));
    if (copy != NOWHERE)
        TRY(leave_out(im, (size_t)copy, "a copy, computed in training"));

    k->to = import_make_tensor(im, name, part_of(k, 0)->rank, shape, &index);
    if (!k->to) return ELMAN_NO_MEMORY;
    TRY(import_add_note(im, index, f->how));
    return fill(k, f);
}

/* A parametrization that only its class could compute. */
static elman_status refuse(const char *name, const char *plain)
{
    const char *dot = strrchr(plain, '.'), *role = dot ? dot + 1 : plain;
    char of[80] = "model";
    if (dot) snprintf(of, sizeof of, "%.*s", (int)(dot - plain), plain);
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s is of a parametrization, and the file "
                   "does not say how it computes the weight; in PyTorch "
                   "torch.nn.utils.parametrize.remove_parametrizations(%s, "
                   "'%.40s') makes it one to save",
                   name, of, role);
}

static elman_status try_forms(elman_import *im, size_t index, size_t *count)
{
    char name[LONGEST_NAME];
    const char *first = im->weights.tensors[index].name;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const form *f = forms + i;
        making k = {.im = im};
        size_t stem = stem_of(first, f->ends[0]);
        if (stem == 0 || stem + 10 >= sizeof name) continue;
        if (!element_is_float(im->weights.tensors[index].type)) continue;
        if (++*count > MOST_LEARNED)
            return failure(ELMAN_BAD_FORMAT,
                           "more than %d tensors are named as parts of others, "
                           "the last is %.80s",
                           MOST_LEARNED, first);

        /* all parts are there and fit, under the name of the module */
        if (f->parametrized && !plain_name(first, stem, name)) continue;
        if (!find_parts(&k, f, index, stem)) continue;
        if (f->count == 1) raw_name(im, first, stem, name);
        else if (!f->parametrized)
            snprintf(name, sizeof name, "%.*s", (int)stem, first);
        return make(&k, f, name);
    }

    return ELMAN_OK;
}

/* What none of the forms computes. */
static elman_status check_left(elman_import *im, size_t index)
{
    char plain[LONGEST_NAME];
    const char *name = im->weights.tensors[index].name;
    size_t stem = stem_of(name, ".original");
    if (!stem) stem = stem_of(name, ".original0");
    return stem && plain_name(name, stem, plain) ? refuse(name, plain)
                                                 : ELMAN_OK;
}

elman_status learned_make(elman_import *im)
{
    size_t count = 0, tried = im->weights.tensor_count;
    for (size_t i = 0; i < tried; i++)
        if (!im->left_out[i]) TRY(try_forms(im, i, &count));
    for (size_t i = 0; i < tried; i++)
        if (!im->left_out[i]) TRY(check_left(im, i));
    return ELMAN_OK;
}
