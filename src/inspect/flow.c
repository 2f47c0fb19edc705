/*
 * flow.c: gradients from each step to each earlier one.
 *
 *   h[t][s] = |d loss_t / d h_s|        c[t][s] = |d loss_t / d c_s|
 *
 * One forward pass serves all losses. Backward each loss is a row of its own
 * (flow_rows.c), so every norm is exact: nothing is estimated, and no loss is
 * mixed with another. Of one vector per sequence, what it gives to each step's
 * output directly, by pooling or as the last, is a row of its own in the same
 * way: pooled steps are not memory, and without recurrent weights a row has
 * nothing outside of its own step. The triangle costs what T / 2 passes
 * backward cost, but as products of many rows. Pascanu et al. 2013 (On the
 * difficulty of training recurrent neural networks) look at the same products
 * of Jacobians.
 */
#include "inspect/flow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspect/flow_paths.h"
#include "inspect/horizon.h"

/* A direction while it is measured. */
typedef struct direction_maps {
    float *maps[4];   /* (T,T): h, c, c_path, h_path; NULL without c */
    double *norms[2]; /* (T) of the horizons of h and c */
    flow_paths paths; /* of a cell with c */
} direction_maps;

typedef struct flow_run {
    elman_flow shown;
    elman_flow_config config; /* whose pointers are to: */
    elman_target target;
    elman_loss_config loss;
    flow_forward *forward;
    flow_rows *rows;
    elman_flow_level *levels; /* (count) */
    direction_maps *at;       /* (count) */
    bool ran;                 /* forward */
} flow_run;

enum { MAP_H, MAP_C, MAP_C_PATH, MAP_H_PATH };

/* ---- What arrives ------------------------------------------------------- */

static void arrive(void *context, const flow_visit *v)
{
    const flow_run *run = context;
    const direction_maps *at = run->at + v->index;
    size_t T = run->shown.T;
    const kernels *k = v->forward->state->full.k;

    for (size_t m = 0; m < v->M; m++)
        at->maps[MAP_H][v->t[m] * T + v->step] =
            (float)sqrt(k->sum_squares(v->l->R, v->dh[m]));
    if (!at->maps[MAP_C]) return;

    double norms[3][CELL_ROWS];
    flow_paths_arrive(&at->paths, v, norms[0], norms[1], norms[2]);
    for (size_t i = 0; i < 3; i++)
        for (size_t m = 0; m < v->M; m++)
            at->maps[MAP_C + i][v->t[m] * T + v->step] = (float)norms[i][m];
}

/* ---- Life --------------------------------------------------------------- */

static void *create_map(size_t T)
{
    size_t bytes;
    if (!sizes_multiply(T, T, sizeof(float), &bytes)) return NULL;
    return block_create(bytes);
}

static elman_status create_direction(flow_run *run, size_t i, size_t direction)
{
    const layer *l = run->forward->quiet->layers + i;
    size_t T = run->forward->T;
    size_t index = flow_forward_index(run->forward, i) + direction;
    elman_flow_level *level = run->levels + index;
    direction_maps *at = run->at + index;

    level->level = l->level;
    level->H = l->H;
    level->reverse = direction == 1 || l->config.reverse;
    snprintf(level->name, sizeof level->name, "layer%zu%s", l->level,
             direction ? "_reverse" : "");

    /* cells without c have one map, that of h */
    size_t maps = l->cell->has_cell ? 4 : 1;
    for (size_t map = 0; map < maps; map++)
        if (!(at->maps[map] = create_map(T)))
            return failure(ELMAN_NO_MEMORY,
                           "no memory for a map of %zu by %zu steps", T, T);
    level->h = at->maps[MAP_H];
    level->c = at->maps[MAP_C];
    level->c_path = at->maps[MAP_C_PATH];
    level->h_path = at->maps[MAP_H_PATH];

    for (size_t j = 0; j < (maps > 1 ? 2 : 1); j++)
        if (!(at->norms[j] = calloc(T, sizeof(double))))
            return failure(ELMAN_NO_MEMORY, "no memory for %zu steps", T);
    if (maps == 1) return ELMAN_OK;
    return flow_paths_create(l, T, flow_rows_most(run->rows), &at->paths);
}

static elman_status create(const elman_model *m, const elman_batch *batch,
                           flow_run *run)
{
    const elman_flow_config *config = &run->config;
    TRY(flow_forward_create(m, batch, config->sequence, true, config->threads,
                            &run->forward));
    const flow_forward *f = run->forward;
    const flow_sink sink = {.context = run, .arrive = arrive};
    TRY(flow_rows_create(f, config->threads, &sink, &run->rows));

    run->levels = calloc(f->count, sizeof *run->levels);
    run->at = calloc(f->count, sizeof *run->at);
    if (!run->levels || !run->at)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu levels", f->count);
    run->shown.count = f->count;
    run->shown.T = f->T;
    run->shown.levels = run->levels;

    for (size_t i = 0; i < m->layer_count; i++)
        for (size_t direction = 0;
             m->layers[i].cell && direction < m->layers[i].D; direction++)
            TRY(create_direction(run, i, direction));
    return ELMAN_OK;
}

elman_status flow_begin(const elman_model *model, const elman_batch *batch,
                        const elman_flow_config *config, elman_flow **flow)
{
    flow_run *run = calloc(1, sizeof *run);
    if (!run) return failure(ELMAN_NO_MEMORY, "no memory for a measurement");

    if (config) run->config = *config;
    if (run->config.target) {
        run->target = *config->target;
        run->config.target = &run->target;
    }
    if (run->config.loss) {
        run->loss = *config->loss;
        run->config.loss = &run->loss;
    }
    elman_status status = create(model, batch, run);
    if (status) flow_end(&run->shown);
    else *flow = &run->shown;
    return status;
}

void flow_end(elman_flow *flow)
{
    flow_run *run = (flow_run *)flow;
    if (!run) return;
    for (size_t i = 0; run->at && i < run->shown.count; i++) {
        for (size_t map = 0; map < 4; map++)
            block_destroy(run->at[i].maps[map]);
        for (size_t j = 0; j < 2; j++)
            free(run->at[i].norms[j]);
        flow_paths_destroy(&run->at[i].paths);
    }
    flow_rows_destroy(run->rows);
    flow_forward_destroy(run->forward);
    free(run->at);
    free(run->levels);
    free(run);
}

/* ---- Horizons ----------------------------------------------------------- */

/* The entry of a map for the loss of step t, k steps further on the way back;
 * NULL if the sequence has none. */
static const float *at_lag(const flow_run *run, const elman_flow_level *level,
                           const float *map, size_t t, size_t k)
{
    size_t T = run->shown.T;
    if (level->reverse ? k >= T - t : k > t) return NULL;
    return map + t * T + (level->reverse ? t + k : t - k);
}

/* The mean, over the losses that have it, of each lag in the direction's own
 * order. Returns how many lags there are. */
static size_t read_lags(const flow_run *run, const elman_flow_level *level,
                        const float *map, double *norms)
{
    size_t T = run->shown.T;
    for (size_t k = 0; k < T; k++) {
        double sum = 0;
        for (size_t i = 0; i < T - k; i++) {
            size_t t = level->reverse ? i : T - 1 - i;
            sum += (double)*at_lag(run, level, map, t, k);
        }
        norms[k] = sum / (double)(T - k);
    }
    return T;
}

/* The same where steps get parts of one gradient, which may be of any size:
 * what is left of those that have that lag, of what they began with, in units
 * of the mean that all began with. */
static size_t read_parts(const flow_run *run, const elman_flow_level *level,
                         const float *map, double *norms)
{
    const flow_forward *f = run->forward;
    size_t T = run->shown.T, lags = 0;
    for (size_t k = 0; k < T; k++) {
        double left = 0, began = 0;
        for (size_t i = 0; i < f->losses; i++) {
            size_t t = f->steps[f->losses - 1 - i];
            const float *there = at_lag(run, level, map, t, k);
            if (!there) continue;
            left += (double)*there;
            began += (double)map[t * T + t];
        }
        if (k == 0) norms[0] = began;
        else norms[k] = began > 0 ? left * (norms[0] / began) : 0;
        if (began > 0) lags = k + 1;
    }

    for (size_t k = 0; k < lags; k++)
        norms[k] /= (double)f->losses;
    return lags ? lags : 1;
}

static void finish(flow_run *run)
{
    size_t (*read)(const flow_run *, const elman_flow_level *, const float *,
                   double *) = run->forward->split ? read_parts : read_lags;
    for (size_t i = 0; i < run->shown.count; i++) {
        elman_flow_level *level = run->levels + i;
        double *const *norms = run->at[i].norms;

        size_t lags = read(run, level, level->h, norms[0]);
        level->horizon = horizon_of(lags, norms[0]);
        lags = level->c ? read(run, level, level->c, norms[1]) : 0;
        level->c_horizon = horizon_of(lags, norms[1]);
        horizon_agree(level);
    }
    run->shown.done = true;
    run->shown.progress = 1;
}

/* ---- Steps -------------------------------------------------------------- */

static elman_status run_forward(flow_run *run)
{
    flow_forward *f = run->forward;
    TRY(flow_forward_run(f, &run->config));
    for (size_t i = 0; i < f->quiet->layer_count; i++) {
        const layer *l = f->quiet->layers + i;
        if (!l->cell || !l->cell->has_cell) continue;
        for (size_t direction = 0; direction < l->D; direction++)
            flow_paths_fill(
                &run->at[flow_forward_index(f, i) + direction].paths, f, i,
                direction);
    }
    run->ran = true;
    return ELMAN_OK;
}

elman_status flow_step(elman_flow *flow)
{
    flow_run *run = (flow_run *)flow;
    if (run->shown.done) return ELMAN_OK;
    if (!run->ran) return run_forward(run);

    if (!flow_rows_step(run->rows)) finish(run);
    else run->shown.progress = flow_rows_progress(run->rows);
    return ELMAN_OK;
}
