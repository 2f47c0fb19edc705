/* norms.c: batch norms as the scales and shifts that they are in use. */
#include "import/norms.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* y = scale x + shift, feature by feature. */
typedef struct per_feature {
    size_t N;
    char name[64]; /* the norm's */
    double *scale, *shift, *row;
} per_feature;

/* Values of a role, or the same number where the module has none. */
static void read_role(const elman_import *im, const module *m, module_role role,
                      double otherwise, size_t N, double *to)
{
    ptrdiff_t at = module_other(m, role);
    if (at != NOWHERE) tensor_doubles(im->weights.tensors + at, 0, N, to);
    for (size_t i = 0; at == NOWHERE && i < N; i++)
        to[i] = otherwise;
}

/* As torch.nn.functional.batch_norm computes it in evaluation. */
static void read_norm(const elman_import *im, const entry *e, per_feature *p)
{
    double eps = e->eps > 0 ? (double)e->eps : 1e-5;
    read_role(im, e->module, ROLE_VAR, 1, p->N, p->row);
    read_role(im, e->module, ROLE_WEIGHT, 1, p->N, p->scale);
    for (size_t i = 0; i < p->N; i++)
        p->scale[i] /= sqrt(p->row[i] + eps);

    read_role(im, e->module, ROLE_MEAN, 0, p->N, p->row);
    read_role(im, e->module, ROLE_BIAS, 0, p->N, p->shift);
    for (size_t i = 0; i < p->N; i++)
        p->shift[i] -= p->row[i] * p->scale[i];
}

/* ---- Making what takes its place ----------------------------------------- */

/* Makes a tensor that takes the place of the one at *at, if that is one. */
static float *replace(elman_import *im, const per_feature *p, ptrdiff_t *at,
                      const char *name, size_t rank, const size_t *shape)
{
    size_t index;
    float *values = NULL;
    const char *made = import_text(im, "%s with %s", name, p->name);
    const char *spared = import_text(im, "scaled and shifted by %s", p->name);
    if (made && spared)
        values = import_make_tensor(im, made, rank, shape, &index);
    if (!values || import_add_note(im, index, spared) != ELMAN_OK) return NULL;

    if (*at != NOWHERE &&
        import_add_spare(im, (size_t)*at, "part of another") != ELMAN_OK)
        return NULL;
    *at = (ptrdiff_t)index;
    return values;
}

/* weight (G,I) and bias (G) that read the norm: weight scale, and bias +
 * weight shift. */
static elman_status fold_columns(elman_import *im, const per_feature *p,
                                 ptrdiff_t *weight_at, ptrdiff_t *bias_at,
                                 const char *bias_name)
{
    size_t from = (size_t)*weight_at, G = im->weights.tensors[from].shape[0];
    ptrdiff_t old_bias = *bias_at;

    float *weight = replace(im, p, weight_at, im->weights.tensors[from].name, 2,
                            (size_t[]){G, p->N});
    float *bias = weight ? replace(im, p, bias_at, bias_name, 1, &G) : NULL;
    if (!bias) return ELMAN_NO_MEMORY;

    /* row by row: the shift goes through the weight into the bias */
    for (size_t o = 0; o < G; o++) {
        double sum = 0;
        if (old_bias != NOWHERE)
            tensor_doubles(im->weights.tensors + old_bias, o, 1, &sum);

        tensor_doubles(im->weights.tensors + from, o * p->N, p->N, p->row);
        for (size_t i = 0; i < p->N; i++) {
            weight[o * p->N + i] = (float)(p->row[i] * p->scale[i]);
            sum += p->row[i] * p->shift[i];
        }
        bias[o] = (float)sum;
    }
    return ELMAN_OK;
}

/* weight (N,I) and bias (N) that give what the norm reads: scale weight, and
 * scale bias + shift. */
static elman_status fold_rows(elman_import *im, const per_feature *p, module *m,
                              const char *bias_name)
{
    ptrdiff_t *weight_at = m->other + ROLE_WEIGHT - ROLES;
    ptrdiff_t *bias_at = m->other + ROLE_BIAS - ROLES, old_bias = *bias_at;
    size_t from = (size_t)*weight_at, I = m->I;

    float *weight = replace(im, p, weight_at, im->weights.tensors[from].name, 2,
                            (size_t[]){p->N, I});
    float *bias = weight ? replace(im, p, bias_at, bias_name, 1, &p->N) : NULL;
    if (!bias) return ELMAN_NO_MEMORY;

    /* a feature of the norm is a row, with its bias */
    for (size_t o = 0; o < p->N; o++) {
        double sum = 0, w;
        if (old_bias != NOWHERE)
            tensor_doubles(im->weights.tensors + old_bias, o, 1, &sum);
        bias[o] = (float)(sum * p->scale[o] + p->shift[o]);

        for (size_t i = 0; i < I; i++) {
            tensor_doubles(im->weights.tensors + from, o * I + i, 1, &w);
            weight[o * I + i] = (float)(w * p->scale[o]);
        }
    }
    return ELMAN_OK;
}

/* A linear layer of its own. */
static elman_status make_diagonal(elman_import *im, const per_feature *p,
                                  entry *e)
{
    size_t N = p->N, square;
    if (!sizes_multiply(N, N, 1, &square) ||
        square > weight_limit(im->weights.tensors, im->weights.tensor_count))
        return failure(ELMAN_BAD_FORMAT,
                       "the norm %s of %zu features has no linear or recurrent "
                       "layer next to it that takes its scale, and a layer of "
                       "its own would be larger than the file",
                       p->name, N);

    ptrdiff_t weight_at = NOWHERE, bias_at = NOWHERE;
    float *weight =
        replace(im, p, &weight_at, "the identity", 2, (size_t[]){N, N});
    float *bias = weight ? replace(im, p, &bias_at, "zero", 1, &N) : NULL;
    if (!bias) return ELMAN_NO_MEMORY;

    for (size_t i = 0; i < N; i++) {
        weight[i * N + i] = (float)p->scale[i];
        bias[i] = (float)p->shift[i];
    }

    /* from here on the module is that layer */
    module *m = e->module;
    m->kind = e->kind = ELMAN_LINEAR;
    e->eps = 0;
    m->norm = NORM_NONE;
    for (size_t r = 0; r < OTHER_ROLES; r++)
        m->other[r] = NOWHERE;
    m->other[ROLE_WEIGHT - ROLES] = weight_at;
    m->other[ROLE_BIAS - ROLES] = bias_at;
    e->batch_norm = false;
    return ELMAN_OK;
}

/* ---- Where it goes ------------------------------------------------------- */

/* The name of a bias, whether it is there or not. */
static const char *bias_name(elman_import *im, const module *m,
                             ptrdiff_t bias_at, const char *role)
{
    if (bias_at != NOWHERE) return im->weights.tensors[bias_at].name;
    return import_text(im, "%.*s%s%s", (int)m->prefix_bytes, m->prefix,
                       m->prefix_bytes ? "." : "", role);
}

/* A layer that reads as many features, and has a bias for the shift. */
static bool may_read(const entry *e, size_t N)
{
    const module *m = e->module;
    if (!m || m->I != N) return false;
    if (e->kind == ELMAN_LINEAR) return true;
    return module_is_recurrent(m) && m->at[0][0][ROLE_BIAS_IH] != NOWHERE;
}

static elman_status fold_behind(elman_import *im, const per_feature *p,
                                module *m)
{
    if (!module_is_recurrent(m)) {
        ptrdiff_t *bias = m->other + ROLE_BIAS - ROLES;
        const char *name = bias_name(im, m, *bias, "bias");
        return name ? fold_columns(im, p, m->other + ROLE_WEIGHT - ROLES, bias,
                                   name)
                    : ELMAN_NO_MEMORY;
    }

    for (size_t d = 0; d < m->direction_count; d++) {
        ptrdiff_t *at = m->at[0][d];
        TRY(fold_columns(im, p, at + ROLE_WEIGHT_IH, at + ROLE_BIAS_IH,
                         im->weights.tensors[at[ROLE_BIAS_IH]].name));
    }
    return ELMAN_OK;
}

/* Every tensor of the norm becomes a part of something else. */
static elman_status spare_norm(elman_import *im, const module *m,
                               const char *into)
{
    const char *how = import_text(im, "scale and shift of %s", into);
    if (!how) return ELMAN_NO_MEMORY;

    for (module_role r = ROLE_WEIGHT; r < ROLE_NONE; r++) {
        ptrdiff_t at = module_other(m, r);
        if (at == NOWHERE) continue;
        TRY(import_add_spare(im, (size_t)at,
                             r == ROLE_COUNT ? "a count of training steps"
                                             : how));
    }
    return ELMAN_OK;
}

static void drop_entry(module_order *o, size_t i)
{
    o->count--;
    memmove(o->entries + i, o->entries + i + 1,
            (o->count - i) * sizeof *o->entries);
}

static elman_status place(elman_import *im, const per_feature *p,
                          module_order *o, size_t i)
{
    entry *e = o->entries + i;
    module *before = i > 0 ? e[-1].module : NULL;
    char into[64];

    /* the linear layer before it, whose sums it scales */
    if (before && e[-1].kind == ELMAN_LINEAR && before->O == p->N) {
        const char *name =
            bias_name(im, before, module_other(before, ROLE_BIAS), "bias");
        if (!name) return ELMAN_NO_MEMORY;
        module_print(before, sizeof into, into);
        TRY(spare_norm(im, e->module, into));
        TRY(fold_rows(im, p, before, name));
        drop_entry(o, i);
        return ELMAN_OK;
    }

    /* what multiplies what it gives */
    if (i + 1 < o->count && may_read(e + 1, p->N)) {
        module_print(e[1].module, sizeof into, into);
        TRY(spare_norm(im, e->module, into));
        TRY(fold_behind(im, p, e[1].module));
        drop_entry(o, i);
        return ELMAN_OK;
    }

    TRY(spare_norm(im, e->module, "a layer of its own"));
    return make_diagonal(im, p, e);
}

static elman_status fold(elman_import *im, module_order *o, size_t i)
{
    per_feature p = {.N = o->entries[i].module->I};
    module_print(o->entries[i].module, sizeof p.name, p.name);
    p.scale = malloc(p.N * sizeof *p.scale);
    p.shift = malloc(p.N * sizeof *p.shift);
    p.row = malloc(p.N * sizeof *p.row);

    /* what it does to each feature, and where that goes */
    elman_status status = ELMAN_NO_MEMORY;
    if (p.scale && p.shift && p.row) {
        read_norm(im, o->entries + i, &p);
        status = place(im, &p, o, i);
    } else {
        status = failure(status, "no memory for a norm of %zu features", p.N);
    }

    free(p.scale);
    free(p.shift);
    free(p.row);
    return status;
}

elman_status norms_fold(elman_import *im, module_order *o)
{
    /* from the end on, since entries leave */
    for (size_t i = o->count; i-- > 0;)
        if (o->entries[i].module && o->entries[i].batch_norm)
            TRY(fold(im, o, i));
    return ELMAN_OK;
}
