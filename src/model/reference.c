/* reference.c: a whole network in double: plan, arrays, and the two passes. */
#include "model/reference.h"

#include "base/kind.h"
#include "cell/cell.h"
#include "layer/layer.h"

#include <stdlib.h>
#include <string.h>

/* ---- Plan --------------------------------------------------------------- */

static size_t level_count(const elman_layer *c)
{
    size_t n = c->num_layers ? c->num_layers : 1;
    if (c->num_layers == 0)
        while (n < ELMAN_MAX_LEVELS && c->hidden_sizes[n])
            n++;

    return n;
}

/* A layer of the config becomes its levels, with dropout between them. Fills
 * flat unless it is NULL; returns how many. */
static size_t flatten(const elman_config *config, reference_layer *flat)
{
    size_t n = 0;
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && config->layers[i].kind; i++) {
        const elman_layer *c = config->layers + i;
        size_t levels = kind_is_recurrent(c->kind) ? level_count(c) : 1;

        /* dropout before each level but the first */
        for (size_t k = 0; k < levels; k++) {
            if (k > 0 && c->dropout > 0 && flat)
                flat[n].config = (elman_layer){.kind = ELMAN_DROPOUT,
                                               .dropout = c->dropout,
                                               .variational = c->variational};
            if (k > 0 && c->dropout > 0) n++;
            if (flat) flat[n].config = *c;
            if (flat && c->hidden_sizes[0])
                flat[n].config.hidden_size = c->hidden_sizes[k];
            n++;
        }
    }
    return n;
}

/* The offset of the next count weights. */
static ptrdiff_t take(reference *r, bool wanted, size_t count)
{
    if (!wanted) return -1;
    size_t at = r->weight_count;
    r->weight_count += count;
    return (ptrdiff_t)at;
}

static void plan_direction(reference *r, reference_layer *l, size_t direction)
{
    const elman_layer *c = &l->config;
    size_t H = c->hidden_size, R = c->proj_size ? c->proj_size : H;
    const cell_kind *cell = cell_for(c);
    size_t G = cell->gate_count * H;
    bool by_matrix = cell->recurrence == ELMAN_RECURRENCE_MATRIX;
    reference_direction *d = &l->directions[direction];

    d->direction = direction;
    d->reversed = c->reverse || direction == 1;
    d->cell = (reference_cell){
        .config = c, .direction = direction, .I = l->I, .H = H, .R = R, .G = G};

    /* parameters in PyTorch's order, those that there are */
    d->cell.w_ih = take(r, true, G * l->I);
    d->cell.w_hh = take(r, cell->recurrence != ELMAN_RECURRENCE_NONE,
                        by_matrix ? G * R : G);
    d->cell.b_ih = take(r, !c->no_bias, G);
    d->cell.b_hh = take(r, !c->no_bias && by_matrix, G);
    d->cell.w_hr = take(r, c->proj_size > 0, R * H);
    d->cell.peephole = take(r, c->peephole, 3 * H);
    d->h_0_at = take(r, c->learned_state, R);
    d->c_0_at = take(r, c->learned_state && cell->has_cell, H);
}

static void plan_recurrent(reference *r, reference_layer *l)
{
    elman_merge merge = l->config.merge;
    l->D = l->config.bidirectional ? 2 : 1;
    for (size_t direction = 0; direction < l->D; direction++)
        plan_direction(r, l, direction);

    size_t R = l->directions[0].cell.R;
    l->O = l->D == 2 && merge == ELMAN_MERGE_CONCAT ? 2 * R : R;
    if (l->D == 2 && merge == ELMAN_MERGE_NONE) r->outputs = 2;
    r->levels++;
}

static void plan_layer(reference *r, reference_layer *l)
{
    const elman_layer *c = &l->config;
    l->O = l->I;
    l->weight = l->bias = -1;

    /* parameters by kind */
    if (kind_is_recurrent(c->kind)) plan_recurrent(r, l);
    if (c->kind == ELMAN_LINEAR) {
        l->O = c->output_size;
        l->weight = take(r, true, l->O * l->I);
        l->bias = take(r, !c->no_bias, l->O);
    }
    if (c->kind == ELMAN_EMBEDDING) {
        l->O = c->embedding_dim;
        l->weight = take(r, true, c->num_embeddings * l->O);
    }
    if (c->kind == ELMAN_POOL && c->pool == ELMAN_POOL_ATTENTION) {
        l->weight = take(r, true, l->I * l->I);
        l->bias = take(r, true, l->I);
        l->score = take(r, true, l->I);
    }
    if (c->kind == ELMAN_LAYER_NORM) {
        l->weight = take(r, true, l->O);
        l->bias = take(r, true, l->O);
    }
}

/* How many features of l's output end at the last step, given those of its
 * input; the others end at step 0. */
static size_t forward_features_after(const reference_layer *l,
                                     size_t forward_features)
{
    switch (kind_at(l->config.kind)->family) {
    case ELMAN_FAMILY_RECURRENT:
        return l->config.reverse ? 0 : l->directions[0].cell.R;
    case ELMAN_FAMILY_ACTIVATION:
    case ELMAN_FAMILY_DROPOUT:
        return forward_features;
    default:
        return l->O;
    }
}

static void plan(reference *r)
{
    size_t features = r->config.input_size, forward_features = features;

    r->outputs = 1;
    for (size_t i = 0; i < r->layer_count; i++) {
        reference_layer *l = r->layers + i;
        l->number = i;
        l->I = features;
        l->forward_features = forward_features;
        l->per_sequence = r->per_sequence;
        l->repeated = r->repeated;
        plan_layer(r, l);
        if (l->config.kind == ELMAN_LAST || l->config.kind == ELMAN_POOL) {
            r->per_sequence = true;
            r->repeated = 0;
        }
        if (l->config.kind == ELMAN_REPEAT) {
            r->per_sequence = false;
            r->repeats = l->config.repeats ? l->config.repeats : AS_MANY;
            r->repeated = r->repeats;
        }

        features = l->O;
        forward_features = forward_features_after(l, forward_features);
    }
    r->O = features;
}

static void lay_out(reference *r, arena *a)
{
    size_t rows = r->T * r->B, I = r->config.input_size, widest = 1;
    size_t longest = repeat_steps(r->repeats, r->T);
    if (longest < r->T) longest = r->T;
    r->weights = arena_take(a, r->weight_count, sizeof *r->weights);
    r->gradients = arena_take(a, r->weight_count, sizeof *r->gradients);
    r->x = arena_take(a, rows * I, sizeof *r->x);
    r->dx = arena_take(a, rows * I, sizeof *r->dx);
    r->tokens = arena_take(a, rows, sizeof *r->tokens);
    r->lengths = arena_take(a, r->B, sizeof *r->lengths);
    r->one = arena_take(a, r->B, sizeof *r->one);
    r->many = arena_take(a, r->B, sizeof *r->many);

    /* what each layer gives and keeps; the widest mask */
    for (size_t i = 0; i < r->layer_count; i++) {
        reference_layer *l = r->layers + i;
        size_t n =
            longest * r->B * l->O * (i + 1 == r->layer_count ? r->outputs : 1);
        l->y = arena_take(a, n, sizeof *l->y);
        l->dy = arena_take(a, n, sizeof *l->dy);
        if (l->config.kind == ELMAN_DROPOUT)
            l->mask = arena_take(a, n, sizeof *l->mask);
        if (l->config.kind == ELMAN_POOL) {
            l->u = arena_take(a, longest * r->B, l->O * sizeof *l->u);
            l->attention = arena_take(a, longest * r->B, sizeof *l->attention);
            size_t bytes = reference_pool_width(l) * sizeof *l->pooled_0;
            l->pooled_0 = arena_take(a, r->B, bytes);
            l->pooled_n = arena_take(a, r->B, bytes);
        }
        for (size_t direction = 0; direction < l->D; direction++)
            reference_direction_lay_out(&l->directions[direction], a, longest,
                                        r->B);

        if (l->O > widest) widest = l->O;
        if (l->D && l->directions[0].cell.H > widest)
            widest = l->directions[0].cell.H;
    }

    r->room = arena_take(a, widest, sizeof *r->room);
}

elman_status reference_create(const elman_config *config, size_t T, size_t B,
                              reference **made)
{
    reference *r = calloc(1, sizeof *r);
    if (!r) return failure(ELMAN_NO_MEMORY, "no memory for a reference");
    r->config = *config;
    r->T = T;
    r->B = B;

    /* the plan, and how much memory it needs */
    r->layer_count = flatten(config, NULL);
    r->layers = calloc(r->layer_count + 1, sizeof *r->layers);
    arena a = {0};
    if (r->layers) {
        flatten(config, r->layers);
        plan(r);
        lay_out(r, &a);
        r->block = a.overflow ? NULL : block_create(a.used);
    }

    if (!r->block) {
        reference_destroy(r);
        return failure(ELMAN_NO_MEMORY,
                       "no memory for a reference of %zu steps and %zu "
                       "sequences",
                       T, B);
    }

    /* the same again, in that memory */
    a = (arena){.base = r->block};
    lay_out(r, &a);
    *made = r;
    return ELMAN_OK;
}

void reference_destroy(reference *r)
{
    if (!r) return;
    block_destroy(r->block);
    free(r->layers);
    free(r);
}

reference_direction *reference_level(reference *r, size_t level,
                                     size_t direction)
{
    for (size_t i = 0, k = 0; i < r->layer_count; i++) {
        reference_layer *l = r->layers + i;
        if (!kind_is_recurrent(l->config.kind)) continue;
        if (k++ == level)
            return direction < l->D ? &l->directions[direction] : NULL;
    }
    return NULL;
}

void reference_carry_pool(reference *r)
{
    for (size_t i = 0; i < r->layer_count; i++) {
        reference_layer *l = r->layers + i;
        if (l->config.kind != ELMAN_POOL) continue;
        memcpy(l->pooled_0, l->pooled_n,
               r->B * reference_pool_width(l) * sizeof *l->pooled_0);
    }
}

/* ---- Passes ------------------------------------------------------------- */

/* Copies (T,B,n) with the first two axes swapped, to or from (B,T,n). */
static void swap_axes(size_t T, size_t B, size_t n, const double *from,
                      double *to)
{
    for (size_t t = 0; t < T; t++)
        for (size_t b = 0; b < B; b++)
            memcpy(to + (b * T + t) * n, from + (t * B + b) * n,
                   n * sizeof *to);
}

static elman_status check(const reference *r, const reference_batch *batch)
{
    size_t V = r->config.layers[0].num_embeddings;
    if (batch->T > r->T || batch->B > r->B)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has %zu steps of %zu sequences, expected at "
                       "most %zu of %zu",
                       batch->T, batch->B, r->T, r->B);

    /* lengths */
    for (size_t b = 0; b < batch->B && batch->lengths; b++)
        if (batch->lengths[b] > batch->T)
            return failure(ELMAN_BAD_VALUE,
                           "lengths[%zu] is %zu, expected at most %zu", b,
                           batch->lengths[b], batch->T);

    /* what the first layer reads */
    if (V ? !batch->tokens : !batch->x)
        return failure(ELMAN_BAD_VALUE, "the batch has no %s, expected them",
                       V ? "tokens" : "inputs x");
    for (size_t b = 0; V && b < batch->B; b++)
        for (size_t t = 0; t < (batch->lengths ? batch->lengths[b] : batch->T);
             t++) {
            int32_t token =
                batch->tokens[r->config.batch_first ? b * batch->T + t
                                                    : t * batch->B + b];
            if (token < 0 || (size_t)token >= V)
                return failure(ELMAN_BAD_VALUE,
                               "token %d at step %zu of sequence %zu, "
                               "expected 0 to %zu",
                               (int)token, t, b, V - 1);
        }
    return ELMAN_OK;
}

/* The batch, time first, in r's own arrays. */
static void copy_batch(reference *r, const reference_batch *batch)
{
    size_t T = batch->T, B = batch->B, I = r->config.input_size;
    bool first = r->config.batch_first;

    /* lengths, and valid steps alone */
    for (size_t b = 0; b < B; b++) {
        r->lengths[b] = batch->lengths ? batch->lengths[b] : T;
        r->one[b] = r->lengths[b] ? 1 : 0;
        r->many[b] =
            r->lengths[b] ? repeat_steps(r->repeats, r->lengths[b]) : 0;
        for (size_t t = 0; t < r->lengths[b]; t++) {
            size_t row = t * B + b, from = first ? b * T + t : row;
            if (I)
                memcpy(r->x + row * I, batch->x + from * I, I * sizeof *r->x);
            else r->tokens[row] = batch->tokens[from];
        }
    }

    /* one pass for the layers before ELMAN_LAST, one for those after it */
    r->full = (reference_pass){
        .T = T,
        .B = B,
        .lengths = r->lengths,
        .tokens = I ? NULL : r->tokens,
        .weights = r->weights,
        .gradients = r->gradients,
        .given = batch->given,
        .mask = batch->mask,
        .context = batch->context,
        .room = r->room,
    };
    r->tail = r->full;
    r->tail.T = 1;
    r->tail.lengths = r->one;
    r->again = r->full;
    r->again.T = repeat_steps(r->repeats, T);
    r->again.lengths = r->many;
    r->again.given = NULL;
}

const reference_pass *reference_pass_of(const reference *r,
                                        const reference_layer *l)
{
    if (l->repeated || l->config.kind == ELMAN_REPEAT) return &r->again;
    return l->per_sequence ? &r->tail : &r->full;
}

/* Steps of y. */
static size_t output_steps(const reference *r)
{
    if (r->per_sequence) return 1;
    return r->repeated ? repeat_steps(r->repeated, r->full.T) : r->full.T;
}

elman_status reference_forward(reference *r, const reference_batch *batch,
                               double *y)
{
    TRY(check(r, batch));
    copy_batch(r, batch);
    const double *x = r->config.input_size ? r->x : NULL;

    /* layer by layer, with no gradient at the final states yet */
    for (size_t i = 0; i < r->layer_count; i++) {
        reference_layer *l = r->layers + i;
        reference_layer_forward(l, reference_pass_of(r, l), x);
        x = l->y;
        for (size_t direction = 0; direction < l->D; direction++) {
            reference_direction *d = &l->directions[direction];
            memset(d->dh_n, 0, batch->B * d->cell.R * sizeof *d->dh_n);
            memset(d->dc_n, 0, batch->B * d->cell.H * sizeof *d->dc_n);
        }
    }
    r->ran = true;
    if (!y) return ELMAN_OK;

    /* the output in the caller's order */
    size_t steps = output_steps(r), n = steps * batch->B * r->O;
    for (size_t k = 0; k < r->outputs; k++)
        if (r->config.batch_first && !r->per_sequence)
            swap_axes(steps, batch->B, r->O, x + k * n, y + k * n);
        else memcpy(y + k * n, x + k * n, n * sizeof *y);
    return ELMAN_OK;
}

elman_status reference_backward(reference *r, const double *dy, double *dx)
{
    if (!r->ran)
        return failure(ELMAN_BAD_VALUE,
                       "backward has no forward before it, expected one");

    /* dy in our order */
    size_t steps = output_steps(r), n = steps * r->full.B * r->O;
    size_t I = r->config.input_size;
    double *last = r->layers[r->layer_count - 1].dy;
    memset(last, 0, r->outputs * n * sizeof *last);
    for (size_t k = 0; dy && k < r->outputs; k++)
        if (r->config.batch_first && !r->per_sequence)
            swap_axes(r->full.B, steps, r->O, dy + k * n, last + k * n);
        else memcpy(last + k * n, dy + k * n, n * sizeof *last);

    /* layer by layer, and dx in the caller's order */
    for (size_t i = r->layer_count; i-- > 0;) {
        reference_layer *l = r->layers + i;
        const double *x = i ? r->layers[i - 1].y : I ? r->x : NULL;
        double *dx_here = i ? r->layers[i - 1].dy : I ? r->dx : NULL;
        reference_layer_backward(l, reference_pass_of(r, l), x, dx_here);
    }

    if (dx && I && r->config.batch_first)
        swap_axes(r->full.T, r->full.B, I, r->dx, dx);
    else if (dx && I) memcpy(dx, r->dx, r->full.T * r->full.B * I * sizeof *dx);
    return ELMAN_OK;
}

/* ---- Masks -------------------------------------------------------------- */

void reference_mask_same(void *context, const reference_draw *draw, size_t n,
                         float *mask)
{
    const reference_masks *masks = context;
    mask_key key = {masks->seed, masks->draw, draw->layer, draw->kind};

    uint64_t step = draw->step;
    if (step != MASK_EVERY_STEP && masks->steps_before)
        step += masks->steps_before[draw->b];
    mask_fill(&key, masks->ids ? masks->ids[draw->b] : draw->b, step, draw->p,
              draw->scale, n, mask);
}
