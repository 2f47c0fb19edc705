/* fixed_points_map.c: a network under a constant input, state to state. */
#include "inspect/fixed_points_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/kind.h"

/* ---- The reference ------------------------------------------------------ */

/* The config without an embedding before, and without what comes after the last
 * recurrent layer. */
static elman_config inner_config(const elman_model *m)
{
    elman_config config = m->config;
    bool embeds = m->info.vocabulary > 0;
    size_t first = embeds ? 1 : 0, count = 0;
    if (embeds) config.input_size = m->config.layers[0].embedding_dim;

    memset(config.layers, 0, sizeof config.layers);
    for (size_t i = first; i < ELMAN_MAX_LAYERS; i++) {
        if (!m->config.layers[i].kind) break;
        config.layers[i - first] = m->config.layers[i];
        if (kind_is_recurrent(m->config.layers[i].kind)) count = i - first + 1;
    }
    memset(config.layers + count, 0,
           (ELMAN_MAX_LAYERS - count) * sizeof *config.layers);
    return config;
}

static void copy_weights(const elman_model *m, reference *r)
{
    size_t at = 0, i = m->info.vocabulary > 0 ? 1 : 0;
    for (; at < r->weight_count; i++) {
        const parameter *p = m->parameters + i;
        parameter_doubles(m, p, r->weights + at);
        at += p->count;
    }
}

/* ---- Life --------------------------------------------------------------- */

static elman_status check(const elman_model *m)
{
    size_t n = 0;
    if (m->info.level_count == 0)
        return failure(ELMAN_BAD_VALUE,
                       "the model has no recurrent level, expected one: only "
                       "there is something to measure");
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (!l->cell) continue;
        if (l->D == 2 || l->config.reverse)
            return failure(ELMAN_BAD_VALUE,
                           "level %zu reads %s, expected levels that read "
                           "forward alone: only they step from state to state",
                           l->level,
                           l->D == 2 ? "in both directions" : "backward");
        n += jacobian_width(l);
    }
    if (n > MOST_STATE)
        return failure(ELMAN_BAD_VALUE,
                       "a state of the model has %zu numbers, expected at most "
                       "%d, for fixed points need matrices of that many rows",
                       n, (int)MOST_STATE);
    return ELMAN_OK;
}

static elman_status create_levels(map *m)
{
    const elman_model *model = m->model;
    size_t first = model->info.vocabulary > 0 ? 1 : 0, widest = m->I;
    for (size_t i = first, k = 0; i < first + m->r->layer_count; i++) {
        const layer *l = model->layers + i;
        if (l->O > widest) widest = l->O;
        if (!l->cell) continue;
        map_level *level = m->levels + k++;
        *level = (map_level){
            .index = i - first, .l = l, .at = m->n, .n = jacobian_width(l)};
        m->n += level->n;
        if (level->n > widest) widest = level->n;
        TRY(jacobian_create(l, &m->state->full, 0, &level->jacobian));
    }

    /* one after the other */
    float *floats = calloc((2 * CELL_ROWS + 2) * widest, sizeof *floats);
    m->in = floats;
    m->row = calloc(2 * widest, sizeof *m->row);
    if (!floats || !m->row)
        return failure(ELMAN_NO_MEMORY, "no memory for a state of %zu numbers",
                       m->n);
    m->from = floats + widest;
    m->v = m->from + widest;
    m->dx = m->v + CELL_ROWS * widest;
    m->other = m->row + widest;
    m->widest = widest;
    return ELMAN_OK;
}

elman_status map_create(const elman_model *model, map *m)
{
    TRY(check(model));
    elman_config config = inner_config(model);
    const elman_state_config room = {.T = 1, .B = 1};
    *m = (map){.model = model, .I = config.input_size};

    m->level_count = model->info.level_count;
    m->levels = calloc(m->level_count, sizeof *m->levels);
    m->x = calloc(m->I, sizeof *m->x);
    if (!m->levels || !m->x)
        return failure(ELMAN_NO_MEMORY, "no memory for a map of %zu levels",
                       m->level_count);
    TRY(reference_create(&config, 1, 1, &m->r));
    copy_weights(model, m->r);
    TRY(model_make_training(model)); /* rows go back through the map */
    TRY(state_create(model, &room, &m->state));
    return create_levels(m);
}

void map_destroy(map *m)
{
    for (size_t i = 0; m->levels && i < m->level_count; i++)
        jacobian_destroy(&m->levels[i].jacobian);
    reference_destroy(m->r);
    state_destroy(m->state);
    free(m->levels);
    free(m->x);
    free(m->in);
    free(m->row);
    *m = (map){0};
}

/* ---- The map ------------------------------------------------------------ */

elman_status map_step(map *m, const double *state, double *to)
{
    const bool given = true;
    const reference_batch batch = {.T = 1, .B = 1, .x = m->x, .given = &given};
    /* from this state */
    for (size_t i = 0; i < m->level_count; i++) {
        const map_level *level = m->levels + i;
        size_t R = level->l->R;
        reference_direction *d = m->r->layers[level->index].directions;
        memcpy(d->h_0, state + level->at, R * sizeof *state);
        memcpy(d->c_0, state + level->at + R, (level->n - R) * sizeof *state);
    }

    /* one step on */
    TRY(reference_forward(m->r, &batch, NULL));
    for (size_t i = 0; i < m->level_count; i++) {
        const map_level *level = m->levels + i;
        size_t R = level->l->R;
        const reference_direction *d = m->r->layers[level->index].directions;
        memcpy(to + level->at, d->h_n, R * sizeof *to);
        memcpy(to + level->at + R, d->c_n, (level->n - R) * sizeof *to);
    }
    return ELMAN_OK;
}

/* ---- Its Jacobian ------------------------------------------------------- */

/* What layer index of the reference reads. */
static const double *input_of(const map *m, size_t index)
{
    return index ? m->r->layers[index - 1].y : m->r->x;
}

/* Row i of a level's Jacobian: where a change of its input leads, on through
 * the layers below to the h of the level before, and from there to all states
 * that it depends on. dx (I) is the gradient at the level's input. */
static void add_levels_below(map *m, size_t k, const float *dx, double *row,
                             const double *matrix)
{
    const map_level *level = m->levels + k, *below = level - 1;
    double *d = m->row, *next = m->other;
    for (size_t j = 0; j < level->l->I; j++)
        d[j] = (double)dx[j];

    /* back through the layers between the two levels */
    for (size_t i = level->index; i-- > below->index + 1;) {
        reference_layer *l = m->r->layers + i;
        memcpy(l->dy, d, l->O * sizeof *d);
        reference_layer_backward(l, &m->r->full, input_of(m, i), next);
        memcpy(d, next, l->I * sizeof *d);
    }

    size_t columns = below->at + below->n;
    for (size_t j = 0; j < below->l->R; j++) {
        const double *from = matrix + (below->at + j) * m->n;
        for (size_t c = 0; c < columns; c++)
            row[c] += d[j] * from[c];
    }
}

/* Rows of a level from begin to before end, at most CELL_ROWS, given those of
 * the levels below. */
static void fill_rows(map *m, size_t k, size_t begin, size_t end,
                      double *matrix)
{
    map_level *level = m->levels + k;
    const layer *l = level->l;
    float *v[CELL_ROWS] = {0}, *dx[CELL_ROWS] = {0}, *da[CELL_ROWS] = {0};
    for (size_t i = begin; i < end; i++) {
        v[i - begin] = m->v + (i - begin) * m->widest;
        dx[i - begin] = m->dx + (i - begin) * m->widest;
        da[i - begin] = level->jacobian.da + (i - begin) * l->G;
        memset(v[i - begin], 0, level->n * sizeof(float));
        v[i - begin][i] = 1;
    }

    /* back through the cell, and on to its input */
    jacobian_apply(&level->jacobian, 0, end - begin, v);
    if (k > 0) {
        packed back = pass_packed(&m->state->full, &l->directions[0].ih_back);
        level->jacobian.k->product(end - begin, &back, zeros,
                                   (const float *const *)da, dx);
    }

    for (size_t i = begin; i < end; i++) {
        double *row = matrix + (level->at + i) * m->n;
        memset(row, 0, m->n * sizeof *row);
        for (size_t j = 0; j < level->n; j++)
            row[level->at + j] = (double)v[i - begin][j];
        if (k > 0) add_levels_below(m, k, dx[i - begin], row, matrix);
    }
}

elman_status map_jacobian(map *m, const double *state, double *matrix)
{
    /* the reference holds what each level reads */
    TRY(map_step(m, state, matrix));

    for (size_t k = 0; k < m->level_count; k++) {
        map_level *level = m->levels + k;
        const double *x = input_of(m, level->index);
        for (size_t j = 0; j < level->l->I; j++)
            m->in[j] = (float)x[j];
        for (size_t j = 0; j < level->n; j++)
            m->from[j] = (float)state[level->at + j];

        const float *in = m->in, *h = m->from, *c = m->from + level->l->R;
        jacobian_step(&level->jacobian, 1, &in, &h, &c);
        for (size_t i = 0; i < level->n; i += CELL_ROWS)
            fill_rows(m, k, i,
                      i + CELL_ROWS < level->n ? i + CELL_ROWS : level->n,
                      matrix);
    }
    return ELMAN_OK;
}
