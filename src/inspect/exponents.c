/*
 * exponents.c: Lyapunov exponents along a trajectory (Benettin et al. 1980):
 * a few directions go through the Jacobians of all steps and are made
 * orthonormal after each; the mean logarithm of what that shortens them by is
 * the exponent.
 *
 *   V[t-1] R[t] = J[t]^T V[t]        lambda_i = mean over t of log R[t]_ii
 *
 * They go from the last step to the first, through the transposed Jacobians:
 * J[1]^T ... J[T]^T has the singular values of J[T] ... J[1], so the exponents
 * are those of states that part, and at the same time those of gradients on
 * their way back (Vogt et al. 2022); and the cells' own backward is all that is
 * needed. The first steps on that way, a tenth and at most 100, only turn the
 * directions in and do not count.
 *
 * Kaplan & Yorke 1979: with k the last for which lambda_1 + ... + lambda_k is
 * not negative, the dimension is k + (lambda_1 + ... + lambda_k) /
 * |lambda_k+1|.
 */
#include "inspect/exponents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/tree.h"
#include "inspect/jacobian.h"
#include "inspect/qr.h"
#include "inspect/quiet.h"
#include "layer/recurrent.h"

enum {
    MOST = QR_MOST,     /* exponents of a level */
    USUAL = 16,         /* of them */
    USUAL_WINDOW = 10,  /* steps */
    MOST_SKIPPED = 100, /* steps */
    BLOCK = CELL_ROWS   /* steps of one call */
};

/* What is filled of a level. */
typedef struct part {
    const layer *l;
    size_t direction, number; /* number: of the layer */
    double *values, *finite;  /* (count) (windows,count) */
} part;

/* The public struct comes first. */
typedef struct measurement {
    elman_exponents public;
    const elman_model *model;
    elman_state *state;
    elman_batch batch; /* the sequence alone, borrowed if it can be */
    float *x;          /* (T,I) or NULL */
    int32_t *tokens;   /* (T) or NULL */
    elman_exponents_level *levels;
    part *parts; /* (count) */

    /* of the level at hand */
    bool ran;
    size_t next, left; /* the level; its steps that are left */
    jacobian jacobian;
    float *rows, *room; /* (MOST,n) and what QR needs, for the largest n */
    float *row[MOST];
    double_tree sums[MOST];
} measurement;

/* ---- The sequence ------------------------------------------------------- */

static elman_status check(const elman_model *model, const elman_batch *batch,
                          const elman_exponents_config *config)
{
    if (model->info.level_count == 0)
        return failure(ELMAN_BAD_VALUE,
                       "the model has no recurrent level, expected one: only "
                       "there is something to measure");
    if (config->sequence >= batch->B)
        return failure(ELMAN_BAD_VALUE,
                       "sequence is %zu, expected less than the batch's B %zu",
                       config->sequence, batch->B);
    if (config->count > MOST)
        return failure(ELMAN_BAD_VALUE, "count is %zu, expected at most %d",
                       config->count, (int)MOST);

    size_t length =
        batch->lengths ? batch->lengths[config->sequence] : batch->T;
    if (length == 0 || length > batch->T)
        return failure(ELMAN_BAD_VALUE,
                       "the length of sequence %zu is %zu, expected 1 to T %zu",
                       config->sequence, length, batch->T);
    if (model->info.vocabulary ? !batch->tokens : !batch->x)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has no %s, which the first layer reads",
                       model->info.vocabulary ? "tokens" : "x");
    return ELMAN_OK;
}

/* Copies the sequence b of a batch into s->x or s->tokens. */
static elman_status copy_sequence(measurement *s, const elman_batch *batch,
                                  size_t b)
{
    const elman_model *m = s->model;
    size_t T = s->public.T, I = m->config.input_size;
    if (m->info.vocabulary) s->tokens = calloc(T, sizeof *s->tokens);
    else s->x = calloc(T * I, sizeof *s->x);
    if (!s->tokens && !s->x)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu steps", T);

    for (size_t t = 0; t < T; t++) {
        size_t row =
            m->config.batch_first ? b * batch->T + t : t * batch->B + b;
        if (s->tokens) s->tokens[t] = batch->tokens[row];
        else memcpy(s->x + t * I, batch->x + row * I, I * sizeof *s->x);
    }
    s->batch = (elman_batch){.T = T, .B = 1, .x = s->x, .tokens = s->tokens};
    return ELMAN_OK;
}

/* ---- Levels ------------------------------------------------------------- */

/* Counts the directions of all levels and their widest state. */
static size_t count_parts(const elman_model *m, size_t *widest)
{
    size_t count = 0;
    *widest = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (!l->cell) continue;
        count += l->D;
        if (jacobian_width(l) > *widest) *widest = jacobian_width(l);
    }
    return count;
}

static elman_status create_part(measurement *s, size_t index, size_t count)
{
    part *p = s->parts + index;
    elman_exponents_level *level = s->levels + index;
    size_t n = jacobian_width(p->l), steps = s->public.T - s->public.skipped;
    level->count = count < n ? count : n;
    level->windows = steps / s->public.window;
    snprintf(level->name, sizeof level->name, "layer%zu%s", p->l->level,
             p->direction ? "_reverse" : "");

    p->values = calloc(level->count, sizeof *p->values);
    p->finite = calloc(level->windows * level->count + 1, sizeof *p->finite);
    level->values = p->values;
    level->finite = p->finite;
    if (!p->values || !p->finite)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu windows",
                       level->windows);
    return ELMAN_OK;
}

static elman_status create_parts(measurement *s, size_t count)
{
    const elman_model *m = s->model;
    size_t widest, bytes;
    s->public.count = count_parts(m, &widest);
    s->levels = calloc(s->public.count, sizeof *s->levels);
    s->parts = calloc(s->public.count, sizeof *s->parts);
    if (sizes_multiply(MOST, widest, sizeof(float), &bytes)) {
        s->rows = block_create(bytes);
        s->room = block_create(qr_room(widest) * sizeof *s->room);
    }
    if (!s->levels || !s->parts || !s->rows || !s->room)
        return failure(ELMAN_NO_MEMORY, "no memory for exponents of %zu levels",
                       s->public.count);

    /* a level for each direction of each recurrent layer */
    s->public.levels = s->levels;
    for (size_t i = 0, index = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        for (size_t d = 0; l->cell && d < l->D; d++, index++) {
            s->parts[index] = (part){.l = l, .direction = d, .number = i};
            TRY(create_part(s, index, count));
        }
    }
    return ELMAN_OK;
}

elman_status exponents_begin(const elman_model *model, const elman_batch *batch,
                             const elman_exponents_config *config,
                             elman_exponents **exponents)
{
    const elman_exponents_config usual = {0};
    if (!config) config = &usual;
    TRY(inspect_check(model));
    TRY(check(model, batch, config));
    measurement *s = calloc(1, sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "no memory for exponents");

    s->model = model;
    s->public.T = batch->lengths ? batch->lengths[config->sequence] : batch->T;
    s->public.window = config->window ? config->window : USUAL_WINDOW;
    s->public.largest = -INFINITY;
    s->public.skipped = s->public.T / 10;
    if (s->public.skipped > MOST_SKIPPED) s->public.skipped = MOST_SKIPPED;

    /* the forward pass needs no gradients: gates are made again, block by
     * block */
    const elman_state_config room = {
        .T = s->public.T, .B = 1, .threads = config->threads};
    elman_status status =
        create_parts(s, config->count ? config->count : USUAL);
    if (!status) status = copy_sequence(s, batch, config->sequence);
    if (!status) status = model_make_training(model); /* to go back */
    if (!status) status = state_create(model, &room, &s->state);

    if (status) exponents_end(&s->public);
    else *exponents = &s->public;
    return status;
}

/* ---- One level ---------------------------------------------------------- */

static elman_status begin_level(measurement *s)
{
    const part *p = s->parts + s->next;
    size_t count = s->levels[s->next].count;
    jacobian_destroy(&s->jacobian);
    TRY(jacobian_create(p->l, &s->state->full, p->direction, &s->jacobian));

    /* directions that nothing has turned yet */
    size_t n = s->jacobian.n;
    random_key key = {.purpose = RANDOM_TEST, .which = (uint32_t)s->next};
    double growth[MOST];
    for (size_t i = 0; i < count; i++) {
        s->row[i] = s->rows + i * n;
        s->sums[i] = (double_tree){0};
        for (size_t j = 0; j < n; j++)
            s->row[i][j] = random_uniform(key, i * n + j) - 0.5f;
    }
    qr_rows(s->jacobian.k, count, n, s->rows, s->room, growth);
    s->left = s->public.T;
    return ELMAN_OK;
}

/* The input of a layer at row t of the pass. */
static const float *input_at(const measurement *s, const part *p, size_t t)
{
    const float *x = p->number ? s->state->layers[p->number - 1].y : s->batch.x;
    return x + t * p->l->I;
}

/* Takes the steps from begin to before end of the level at hand again. */
static void walk_again(measurement *s, size_t begin, size_t end)
{
    const part *p = s->parts + s->next;
    const direction_state *d =
        &s->state->layers[p->number].directions[p->direction];
    const float *x[BLOCK], *h[BLOCK], *c[BLOCK];
    for (size_t i = begin; i < end; i++) {
        size_t row = walk_row(p->l, &s->state->full, p->direction, i, 0);
        x[i - begin] = input_at(s, p, row);
        h[i - begin] = d->h + i * p->l->R;
        c[i - begin] = d->c ? d->c + i * p->l->H : NULL;
    }
    jacobian_step(&s->jacobian, end - begin, x, h, c);
}

/* One block of steps back. */
static void run_block(measurement *s)
{
    const elman_exponents_level *level = s->levels + s->next;
    const part *p = s->parts + s->next;
    size_t begin = s->left > BLOCK ? s->left - BLOCK : 0, count = level->count;
    walk_again(s, begin, s->left);

    for (size_t i = s->left; i-- > begin;) {
        double growth[MOST];
        jacobian_apply(&s->jacobian, i - begin, count, s->row);
        qr_rows(s->jacobian.k, count, s->jacobian.n, s->rows, s->room, growth);

        /* what grew in this step counts once the directions have turned */
        if (i >= s->public.T - s->public.skipped) continue;
        size_t window = i / s->public.window;
        for (size_t k = 0; k < count; k++) {
            tree_add(&s->sums[k], growth[k]);
            if (window < level->windows)
                p->finite[window * count + k] += growth[k];
        }
    }
    s->left = begin;
}

/* ---- What a level's sums say -------------------------------------------- */

/* The order of values, the largest first; NaN last. */
static void order_values(size_t count, const double *values, size_t *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        while (at > 0 &&
               (values[order[at - 1]] < values[i] ||
                (isnan(values[order[at - 1]]) && !isnan(values[i])))) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

/* to[i] = from[order[i]] by. */
static void arrange(size_t count, const size_t *order, double by, double *row)
{
    double from[MOST];
    memcpy(from, row, count * sizeof *from);
    for (size_t i = 0; i < count; i++)
        row[i] = from[order[i]] * by;
}

static double dimension(size_t count, const double *values, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < count; k++) {
        if (isnan(values[k])) return NAN;
        if (sum + values[k] < 0) return (double)k + sum / -values[k];
        sum += values[k];
    }
    return count == n ? (double)n : (double)NAN;
}

static void end_level(measurement *s)
{
    elman_exponents_level *level = s->levels + s->next;
    part *p = s->parts + s->next;
    size_t count = level->count, order[MOST];
    for (size_t k = 0; k < count; k++)
        p->values[k] = tree_sum(&s->sums[k]);

    order_values(count, p->values, order);
    arrange(count, order, 1 / (double)(s->public.T - s->public.skipped),
            p->values);
    for (size_t w = 0; w < level->windows; w++)
        arrange(count, order, 1 / (double)s->public.window,
                p->finite + w * count);

    level->dimension = dimension(count, p->values, s->jacobian.n);
    if (!(p->values[0] <= s->public.largest) && !isnan(s->public.largest))
        s->public.largest = p->values[0];
    s->next++;
}

elman_status exponents_step(elman_exponents *exponents)
{
    measurement *s = (measurement *)exponents;
    if (exponents->done) return ELMAN_OK;
    if (!s->ran) {
        TRY(model_forward(s->model, s->state, &s->batch, NULL));
        s->ran = true;
        return begin_level(s);
    }

    run_block(s);
    if (s->left == 0) {
        end_level(s);
        exponents->done = s->next == exponents->count;
        if (!exponents->done) TRY(begin_level(s));
    }

    /* of all steps of all levels, how many are behind */
    double steps = (double)s->next * (double)exponents->T;
    if (!exponents->done) steps += (double)(exponents->T - s->left);
    exponents->progress =
        steps / ((double)exponents->count * (double)exponents->T);
    return ELMAN_OK;
}

void exponents_end(elman_exponents *exponents)
{
    measurement *s = (measurement *)exponents;
    if (!s) return;
    for (size_t i = 0; s->parts && i < exponents->count; i++) {
        free(s->parts[i].values);
        free(s->parts[i].finite);
    }
    jacobian_destroy(&s->jacobian);
    state_destroy(s->state);
    block_destroy(s->rows);
    block_destroy(s->room);
    free(s->levels);
    free(s->parts);
    free(s->x);
    free(s->tokens);
    free(s);
}
