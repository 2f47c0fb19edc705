/*
 * spectrum.c: eigenvalues and norms of the matrices that a state is multiplied
 * by from step to step, each gate by itself. An eigenvalue of modulus r stands
 * for a direction that a linear network would shrink or stretch by r a step;
 * the norm bounds what one step can do to any (Pascanu et al. 2013).
 *
 * What weight_hh is decides what is measured:
 *
 *   a matrix         the (H,H) of each gate
 *   with projection  W_hr W_h of each gate, (R,R): what takes h to h. It has
 *                    the eigenvalues of W_h W_hr, without the zeros
 *   a vector         a diagonal: its numbers are the eigenvalues
 *   none             nothing: minGRU and minLSTM keep h by gates of the input
 */
#include "inspect/spectrum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/eigen.h"
#include "model/model.h"

/* Where a matrix comes from. */
typedef struct origin {
    const layer *l;
    size_t direction, gate;
} origin;

/* The public struct comes first. */
typedef struct measurement {
    elman_spectrum public;
    const elman_model *model;
    size_t next; /* matrix */
    elman_spectrum_matrix *matrices;
    origin *origins; /* (count) */
    double *values;  /* (2 sum of n) eigenvalues */
    double *a;       /* (n,n) for the largest n */
} measurement;

/* ---- Which matrices ----------------------------------------------------- */

static size_t matrix_count(const layer *l)
{
    bool none = !l->cell || l->cell->recurrence == ELMAN_RECURRENCE_NONE;
    return none ? 0 : l->D * l->cell->gate_count;
}

/* The name of the parameter that begins at offset. */
static const char *parameter_name(const elman_model *m, ptrdiff_t offset)
{
    for (size_t i = 0; i < m->info.parameter_count; i++)
        if (m->parameters[i].offset == (size_t)offset)
            return m->parameters[i].name;
    return "";
}

static void name_matrix(const elman_model *m, const origin *from,
                        elman_spectrum_matrix *matrix)
{
    const char *weight =
        parameter_name(m, from->l->directions[from->direction].w_hh);
    const cell_kind *cell = from->l->cell;
    bool many = cell->gate_count > 1;
    snprintf(matrix->name, sizeof matrix->name, "%s%s%s", weight,
             many ? " " : "", many ? cell->gates[from->gate].name : "");
}

/* Fills names, sizes and origins of all. */
static void list_matrices(measurement *s)
{
    const elman_model *m = s->model;
    size_t count = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        for (size_t k = 0; k < matrix_count(l); k++, count++) {
            size_t gates = l->cell->gate_count;
            s->origins[count] = (origin){l, k / gates, k % gates};
            s->matrices[count].n = l->R;
            name_matrix(m, s->origins + count, s->matrices + count);
        }
    }
}

/* ---- One matrix --------------------------------------------------------- */

static bool is_vector(const layer *l)
{
    return l->cell->recurrence == ELMAN_RECURRENCE_VECTOR;
}

/* a (R,R) from rows of weight_hh, times the projection if there is one. */
static void fill_matrix(const measurement *s, const origin *from)
{
    const layer *l = from->l;
    const direction_plan *at = l->directions + from->direction;
    size_t H = l->H, R = l->R;
    const float *w = model_flat(s->model) + at->w_hh + from->gate * H * R;

    if (at->w_hr == NOWHERE) {
        for (size_t i = 0; i < R * R; i++)
            s->a[i] = (double)w[i];
        return;
    }

    const float *hr = model_flat(s->model) + at->w_hr;
    memset(s->a, 0, R * R * sizeof *s->a);
    for (size_t i = 0; i < R; i++)
        for (size_t k = 0; k < H; k++)
            for (size_t j = 0; j < R; j++)
                s->a[i * R + j] += (double)hr[i * H + k] * (double)w[k * R + j];
}

/* A diagonal is its own answer. */
static elman_status measure_vector(const measurement *s, const origin *from,
                                   double *real, double *imaginary,
                                   elman_spectrum_matrix *matrix)
{
    size_t n = matrix->n;
    const float *w = model_flat(s->model) +
                     from->l->directions[from->direction].w_hh + from->gate * n;
    for (size_t i = 0; i < n; i++) {
        real[i] = (double)w[i];
        imaginary[i] = 0;
    }

    bool finite = eigen_finite(n, real);
    if (finite) TRY(eigen_sort(n, real, imaginary));
    matrix->real = real;
    matrix->imaginary = imaginary;
    matrix->radius = matrix->norm = finite ? fabs(real[0]) : NAN;
    matrix->residual = finite ? 0 : NAN;
    return ELMAN_OK;
}

static elman_status measure(const measurement *s, size_t index, double *values)
{
    elman_spectrum_matrix *matrix = s->matrices + index;
    const origin *from = s->origins + index;
    double *real = values, *imaginary = values + matrix->n;
    if (is_vector(from->l))
        return measure_vector(s, from, real, imaginary, matrix);

    fill_matrix(s, from);
    TRY(eigen_values(matrix->n, s->a, real, imaginary, &matrix->radius,
                     &matrix->residual));
    TRY(eigen_norm(matrix->n, s->a, &matrix->norm));
    if (eigen_absent()) return ELMAN_OK;
    matrix->real = real;
    matrix->imaginary = imaginary;
    return ELMAN_OK;
}

/* ---- The measurement ---------------------------------------------------- */

/* Counts what there is: matrices, eigenvalues, and numbers of the largest. */
static void count_all(const elman_model *m, size_t *count, size_t *values,
                      size_t *largest)
{
    *count = *values = *largest = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        size_t here = matrix_count(l);
        *count += here;
        *values += here * l->R;
        if (here && !is_vector(l) && l->R > *largest) *largest = l->R;
    }
}

/* Why there are no eigenvalues. */
static const char *absence(const measurement *s)
{
    bool needed = false;
    for (size_t i = 0; i < s->public.count; i++)
        needed |= !is_vector(s->origins[i].l);
    if (s->public.count == 0)
        return "the recurrent levels have no weight on h: what they keep is "
               "decided by gates that see the input alone";
    return needed ? eigen_absent() : NULL;
}

elman_status spectrum_begin(const elman_model *model, elman_spectrum **spectrum)
{
    if (model->info.level_count == 0)
        return failure(ELMAN_BAD_VALUE,
                       "the model has no recurrent level, expected one: only "
                       "there is something to measure");
    TRY(model_make_flat(model));

    size_t count, values, largest;
    count_all(model, &count, &values, &largest);

    measurement *s = calloc(1, sizeof *s);
    if (s) {
        s->model = model;
        s->public.count = count;
        s->matrices = calloc(count + 1, sizeof *s->matrices);
        s->origins = calloc(count + 1, sizeof *s->origins);
        s->values = calloc(2 * values + 1, sizeof *s->values);
        s->a = calloc(largest * largest + 1, sizeof *s->a);
    }
    if (!s || !s->matrices || !s->origins || !s->values || !s->a) {
        if (s) spectrum_end(&s->public);
        return failure(ELMAN_NO_MEMORY,
                       "no memory for a spectrum of %zu matrices", count);
    }

    /* without LAPACK only the values are lacking */
    list_matrices(s);
    s->public.matrices = s->matrices;
    s->public.absent = absence(s);
    s->public.done = count == 0;
    s->public.progress = count == 0;
    *spectrum = &s->public;
    return ELMAN_OK;
}

elman_status spectrum_step(elman_spectrum *spectrum)
{
    measurement *s = (measurement *)spectrum;
    if (spectrum->done) return ELMAN_OK;

    size_t before = 0;
    for (size_t i = 0; i < s->next; i++)
        before += s->matrices[i].n;
    TRY(measure(s, s->next, s->values + 2 * before));

    s->next++;
    spectrum->progress = (double)s->next / (double)spectrum->count;
    spectrum->done = s->next == spectrum->count;
    return ELMAN_OK;
}

void spectrum_end(elman_spectrum *spectrum)
{
    measurement *s = (measurement *)spectrum;
    if (!s) return;
    free(s->matrices);
    free(s->origins);
    free(s->values);
    free(s->a);
    free(s);
}
