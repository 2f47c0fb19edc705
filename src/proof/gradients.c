/*
 * gradients.c: an error anywhere in a gradient g of n numbers shows in the
 * derivative along a random direction v, which must be g v. So two forward
 * passes check a whole array.
 */
#include "proof/gradients.h"
#include "base/kind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"
#include "model/reference.h"

/* A trial, the reference for it, and what the comparison needs. */
typedef struct experiment {
    const trial *t;
    reference *r;
    reference_batch batch;
    reference_masks masks;
    double *x, *dx, *dy;         /* (T,B,I) (T,B,I) like y */
    double *direction, *initial; /* of an array: v, and its values before */
    size_t room;                 /* numbers in each of these two */
    bool *given;                 /* (B) */
    void *block;
    gradient_errors *errors;
} experiment;

/* ---- Setting up --------------------------------------------------------- */

/* Direction 0 or 1 of a layer in the reference; NULL if the layer is not
 * recurrent or has no such direction. */
static reference_direction *direction_at(const experiment *e, size_t index,
                                         size_t direction_index)
{
    const layer *l = e->t->model->layers + index;
    return l->cell ? reference_level(e->r, l->level, direction_index) : NULL;
}

/* What is copied from a trial: h_0 and c_0, or dh_n and dc_n. */
typedef enum reference_memory { START, END_GRADIENT } reference_memory;

static void copy_memory(const experiment *e, reference_memory which)
{
    const trial *t = e->t;
    const float *h = which == START ? t->h_0 : t->dh_n;
    const float *c = which == START ? t->c_0 : t->dc_n;

    /* i counts the directions, two for each layer */
    for (size_t i = 0; i < 2 * t->model->layer_count; i++) {
        reference_direction *d = direction_at(e, i / 2, i % 2);
        memory_slice at;
        if (!d || !memory_slice_at(t->model, i / 2, i % 2, t->B, 0, &at))
            continue;

        double *to_h = which == START ? d->h_0 : d->dh_n;
        double *to_c = which == START ? d->c_0 : d->dc_n;
        for (size_t j = 0; j < t->B * at.R; j++)
            to_h[j] = (double)h[at.h + j];
        for (size_t j = 0; j < t->B * at.H; j++)
            to_c[j] = (double)c[at.c + j];
    }
}

static void copy_weights(const experiment *e)
{
    const elman_model *m = e->t->model;
    double *to = e->r->weights;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        parameter_doubles(m, p, to);
        to += p->count;
    }
}

static void to_doubles(size_t n, const float *from, double *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (double)from[i];
}

static void lay_out(experiment *e, const outcome *got, arena *a)
{
    size_t inputs = got->count[OUTCOME_DX], n = sizeof(double);

    /* enough for any single array */
    e->room = got->count[OUTCOME_GRADIENTS] + inputs + got->count[OUTCOME_H_N] +
              got->count[OUTCOME_C_N];

    e->x = arena_take(a, inputs, n);
    e->dx = arena_take(a, inputs, n);
    e->dy = arena_take(a, got->count[OUTCOME_Y], n);
    e->given = arena_take(a, e->t->B, sizeof *e->given);
    e->direction = arena_take(a, e->room, n);
    e->initial = arena_take(a, e->room, n);
}

static elman_status set_up(experiment *e, const outcome *got)
{
    const trial *t = e->t;
    elman_config config = t->model->config;
    config.batch_first = false; /* as a trial's arrays are */
    TRY(reference_create(&config, t->T, t->B, &e->r));

    /* laid out twice: to measure, then in memory */
    arena a = {0};
    lay_out(e, got, &a);
    e->block = a.overflow ? NULL : block_create(a.used);
    if (!e->block)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu numbers", e->room);
    a = (arena){.base = e->block};
    lay_out(e, got, &a);

    /* everything in double; dy is NaN past a sequence's end */
    copy_weights(e);
    to_doubles(got->count[OUTCOME_DX], t->x, e->x);
    for (size_t i = 0; i < got->count[OUTCOME_Y]; i++)
        e->dy[i] = isnan(t->dy[i]) ? 0 : (double)t->dy[i];
    for (size_t b = 0; b < t->B; b++)
        e->given[b] = t->given;
    if (t->given) copy_memory(e, START);

    e->masks =
        (reference_masks){.seed = TRIAL_SEED, .draw = t->draw, .ids = t->ids};
    e->batch = (reference_batch){.T = t->T,
                                 .B = t->B,
                                 .x = t->I ? e->x : NULL,
                                 .tokens = t->tokens,
                                 .lengths = t->lengths,
                                 .given = e->given,
                                 .mask = reference_mask_same,
                                 .context = &e->masks};
    return ELMAN_OK;
}

/* ---- Kinks -------------------------------------------------------------- */

/* Float32 sums of the sizes drawn here have a far smaller rounding error. */
#define NEAR_KINK 4e-6

static bool near(double x, double kink)
{
    return x != kink && fabs(x - kink) < NEAR_KINK;
}

/* Whether x stands near the kink of a cell's function k. */
static bool function_near_kink(const reference_direction *d, size_t k, double x)
{
    return near(reference_activation_kink(reference_function(&d->cell, k), x),
                0);
}

static bool direction_near_kink(const reference_pass *p,
                                const reference_direction *d)
{
    const elman_layer *c = d->cell.config;
    const cell_kind *cell = cell_for(c);
    size_t H = d->cell.H, G = d->cell.G;

    for (size_t s = 0; s < p->T; s++)
        for (size_t b = 0; b < p->B; b++)
            for (size_t j = 0; j < G && s < p->lengths[b]; j++) {
                size_t row = s * p->B + b;
                double sum = d->sum[row * G + j];

                /* the sum into a gate, c where h is made of it, and the clip */
                int function = cell->gates[j / H].function;
                if (function != FUNCTION_IDENTITY &&
                    function_near_kink(d, (size_t)function, sum))
                    return true;
                if (cell->has_cell && j < H &&
                    function_near_kink(d, FUNCTION_H, d->new_c[row * H + j]))
                    return true;
                if (c->clip > 0 && near(fabs(sum), (double)c->clip))
                    return true;
            }
    return false;
}

/* Whether some x of a sequence stands near its largest one. */
static bool max_near_kink(const reference_pass *p, const reference_layer *l,
                          const double *x)
{
    size_t B = p->B, I = l->I;
    for (size_t i = 0; i < p->T * B * I; i++) {
        size_t b = i / I % B, j = i % I;
        bool valid = i / I / B < p->lengths[b];
        if (valid && near(x[i], l->y[b * I + j])) return true;
    }
    return false;
}

/* Whether some step is about as long as what divides it at least. */
static bool length_near_kink(const reference_pass *p, const reference_layer *l,
                             const double *x)
{
    for (size_t r = 0; r < p->T * p->B; r++) {
        double squares = 0;
        for (size_t j = 0; j < l->I; j++)
            squares += x[r * l->I + j] * x[r * l->I + j];
        if (near(sqrt(squares), (double)l->config.eps)) return true;
    }
    return false;
}

static bool layer_near_kink(const experiment *e, size_t index)
{
    const reference_layer *l = e->r->layers + index;
    const reference_pass *p = reference_pass_of(e->r, l);
    for (size_t i = 0; i < l->D; i++)
        if (direction_near_kink(p, &l->directions[i])) return true;

    const double *x = index ? e->r->layers[index - 1].y : e->r->x;
    if (l->config.kind == ELMAN_POOL && l->config.pool == ELMAN_POOL_MAX)
        return max_near_kink(p, l, x);
    if (l->config.kind == ELMAN_L2_NORM) return length_near_kink(p, l, x);

    /* an activation layer may have its kink at any of its inputs */
    elman_activation f = l->config.activation;
    if (l->config.kind == ELMAN_RELU) f.kind = ELMAN_ACTIVATION_RELU;
    else if (l->config.kind != ELMAN_ACTIVATION) return false;

    for (size_t i = 0; i < p->T * p->B * l->I; i++)
        if (near(reference_activation_kink(f, x[i]), 0)) return true;
    return false;
}

static bool near_kink(const experiment *e)
{
    for (size_t i = 0; i < e->r->layer_count; i++)
        if (layer_near_kink(e, i)) return true;
    return false;
}

/* ---- Reference against finite differences ------------------------------- */

/* The sum of all outputs, each times the gradient that backward starts from:
 * the number whose derivatives backward gives. */
static elman_status objective(const experiment *e, double *sum)
{
    const trial *t = e->t;
    const reference_layer *last = e->r->layers + e->r->layer_count - 1;
    size_t rows = trial_rows(t);

    TRY(reference_forward(e->r, &e->batch, NULL));

    /* y times dy, and h_n and c_n times theirs */
    *sum = 0;
    for (size_t i = 0; i < rows * t->O * t->blocks; i++)
        *sum += last->y[i] * e->dy[i];
    for (size_t i = 0; i < 2 * t->model->layer_count; i++) {
        const reference_direction *d = direction_at(e, i / 2, i % 2);
        memory_slice at;
        if (!d || !memory_slice_at(t->model, i / 2, i % 2, t->B, 0, &at))
            continue;

        for (size_t j = 0; j < t->B * at.R; j++)
            *sum += d->h_n[j] * (double)t->dh_n[at.h + j];
        for (size_t j = 0; j < t->B * at.H; j++)
            *sum += d->c_n[j] * (double)t->dc_n[at.c + j];
    }
    return ELMAN_OK;
}

/* The objective after a step along the direction. */
static elman_status objective_along(const experiment *e, size_t n,
                                    double *values, double step, double *sum)
{
    for (size_t i = 0; i < n; i++)
        values[i] = e->initial[i] + step * e->direction[i];
    return objective(e, sum);
}

/* Checks gradient (n) at values (n) against finite differences. A step across a
 * kink gives nonsense, which a shorter one avoids: the best of three counts. */
static elman_status check_array(experiment *e, draws *d, const char *name,
                                size_t n, double *values,
                                const double *gradient)
{
    double length = 0, expected = 0, size = 0, best = INFINITY;

    /* a random direction of length 1; padding is NaN and does not move */
    for (size_t i = 0; i < n; i++) {
        e->initial[i] = values[i];
        e->direction[i] = isnan(values[i]) ? 0 : (double)draw_real(d, -1, 1);
        length += e->direction[i] * e->direction[i];
    }
    if (length == 0) return ELMAN_OK;

    for (size_t i = 0; i < n; i++) {
        e->direction[i] /= sqrt(length);
        expected += e->direction[i] * gradient[i];
        size += gradient[i] * gradient[i];
    }

    /* central differences; their error is relative to the expected derivative
     * and the gradient's typical size together, so that a derivative that
     * happens to be near 0 is no exception */
    static const double steps[] = {1e-4, 1e-5, 1e-6};
    for (size_t i = 0; i < 3 && best > REFERENCE_BAR / 10; i++) {
        double after, before;
        TRY(objective_along(e, n, values, steps[i], &after));
        TRY(objective_along(e, n, values, -steps[i], &before));

        double error = fabs((after - before) / (2 * steps[i]) - expected);
        error /= fabs(expected) + sqrt(size / (double)n) + 1e-2;
        best = real_min(best, error);
    }
    memcpy(values, e->initial, n * sizeof *values);

    /* written so that NaN fails */
    if (!(best <= e->errors->reference)) e->errors->reference = best;
    if (!(best <= REFERENCE_BAR))
        snprintf(e->errors->worst, sizeof e->errors->worst,
                 "the reference's d %.40s", name);
    return ELMAN_OK;
}

static elman_status check_memory(experiment *e, draws *d)
{
    const trial *t = e->t;
    for (size_t i = 0; i < 2 * t->model->layer_count && t->given; i++) {
        reference_direction *at = direction_at(e, i / 2, i % 2);
        if (!at || t->model->layers[i / 2].repeated) continue;
        TRY(check_array(e, d, "h_0", t->B * at->cell.R, at->h_0, at->dh_0));
        if (cell_for(at->cell.config)->has_cell)
            TRY(check_array(e, d, "c_0", t->B * at->cell.H, at->c_0, at->dc_0));
    }
    return ELMAN_OK;
}

/* Checks the gradients of every parameter, of x and of the initial memory. */
static elman_status check_reference(experiment *e, draws *d)
{
    const elman_model *m = e->t->model;
    size_t at = 0;

    for (size_t i = 0; i < m->info.parameter_count; i++) {
        size_t n = m->parameters[i].count;
        TRY(check_array(e, d, m->parameters[i].name, n, e->r->weights + at,
                        e->r->gradients + at));
        at += n;
    }

    size_t inputs = e->t->T * e->t->B * e->t->I;
    TRY(check_array(e, d, "x", inputs, e->x, e->dx));
    return check_memory(e, d);
}

/* ---- Fast code against the reference ------------------------------------ */

/* In units of what is allowed: atol 1e-5 and rtol 1e-4. */
static double distance(double got, double want)
{
    double units = fabs(got - want) / (1e-5 + 1e-4 * fabs(want));
    return isnan(units) ? INFINITY : units;
}

static void compare(experiment *e, const char *name, size_t n, const float *got,
                    const double *want, double *worst)
{
    double here = 0;
    for (size_t i = 0; i < n; i++)
        here = real_max(here, distance((double)got[i], want[i]));
    if (here > 1 && here > *worst)
        snprintf(e->errors->worst, sizeof e->errors->worst, "%.60s", name);
    *worst = real_max(*worst, here);
}

static void compare_memory(experiment *e, const outcome *got)
{
    const trial *t = e->t;
    double *forward = &e->errors->forward, *gradient = &e->errors->gradient;

    for (size_t i = 0; i < 2 * t->model->layer_count; i++) {
        const reference_direction *d = direction_at(e, i / 2, i % 2);
        memory_slice at;
        if (!d || !memory_slice_at(t->model, i / 2, i % 2, t->B, 0, &at))
            continue;

        size_t h = t->B * at.R, c = t->B * at.H;
        compare(e, "h_n", h, got->values[OUTCOME_H_N] + at.h, d->h_n, forward);
        compare(e, "c_n", c, got->values[OUTCOME_C_N] + at.c, d->c_n, forward);
        compare(e, "dh_0", h, got->values[OUTCOME_DH_0] + at.h, d->dh_0,
                gradient);
        compare(e, "dc_0", c, got->values[OUTCOME_DC_0] + at.c, d->dc_0,
                gradient);
    }
}

static void compare_all(experiment *e, const outcome *got)
{
    const elman_model *m = e->t->model;
    const reference_layer *last = e->r->layers + e->r->layer_count - 1;

    compare(e, "y", got->count[OUTCOME_Y], got->values[OUTCOME_Y], last->y,
            &e->errors->forward);
    compare_memory(e, got);
    compare(e, "dx", got->count[OUTCOME_DX], got->values[OUTCOME_DX], e->dx,
            &e->errors->gradient);

    /* the reference keeps its gradients without the gaps of the model */
    const double *want = e->r->gradients;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        compare(e, p->name, p->count,
                got->values[OUTCOME_GRADIENTS] + p->offset, want,
                &e->errors->gradient);
        want += p->count;
    }
}

static elman_status check(experiment *e, const outcome *got, draws *d,
                          bool *found)
{
    TRY(set_up(e, got));

    /* near a kink nothing can be compared */
    TRY(reference_forward(e->r, &e->batch, NULL));
    *found = !near_kink(e);
    if (!*found) return ELMAN_OK;

    copy_memory(e, END_GRADIENT);
    TRY(reference_backward(e->r, e->dy, e->t->I ? e->dx : NULL));
    compare_all(e, got);
    return check_reference(e, d);
}

elman_status gradients_check(const trial *t, const outcome *got, draws *d,
                             gradient_errors *errors, bool *found)
{
    experiment e = {.t = t, .errors = errors};
    *errors = (gradient_errors){0};
    elman_status status = check(&e, got, d, found);
    reference_destroy(e.r);
    block_destroy(e.block);
    return status;
}
