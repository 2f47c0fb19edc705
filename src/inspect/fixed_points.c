/*
 * fixed_points.c: states that a constant input leaves where they are, and
 * whether what begins near them stays near (Sussillo & Barak 2013, Opening the
 * black box): searches for F(s) = s begin at states that the data reached
 * (fixed_points_solve.c); ends that are nearer than a hundred thousandth are
 * one point; the eigenvalues of its Jacobian tell what a small change becomes.
 *
 * F and |F(s) - s| are of the double-precision reference, a state all h and c
 * of all levels. The Jacobian's numbers are right to six digits.
 */
#include "inspect/fixed_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/real.h"
#include "base/tree.h"
#include "inspect/eigen.h"
#include "inspect/fixed_points_parts.h"
#include "inspect/quiet.h"

enum { USUAL_STARTS = 32 };
static const double same = 1e-5;

/* A point that was found, and its arrays. */
typedef struct found_point {
    double *state; /* (n) level by level */
    double *block; /* (3,n) h and c, real, imaginary */
} found_point;

/* The public struct comes first. */
typedef struct measurement {
    elman_fixed_points public;
    const elman_model *model;
    const elman_batch *batch;
    elman_fixed_points_config config;
    elman_state *state; /* of the batch */
    size_t row_count;
    uint32_t *rows; /* (row_count) states of the batch, t * B + b */
    map map;
    search search;
    bool ran, searching;
    size_t next, eigen_next; /* the start, the point */
    size_t room;
    found_point *found;        /* (count), as points */
    elman_fixed_point *points; /* (count) */
} measurement;

/* ---- The batch ---------------------------------------------------------- */

static size_t length_of(const elman_batch *batch, size_t b)
{
    return batch->lengths ? batch->lengths[b] : batch->T;
}

static elman_status list_rows(measurement *s)
{
    const elman_batch *batch = s->batch;
    size_t all = 0, rows;
    if (sizes_multiply(batch->T, batch->B, sizeof *s->rows, &rows))
        s->rows = malloc(rows + 1);
    if (!s->rows)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu x %zu states",
                       batch->T, batch->B);

    for (size_t t = 0; t < batch->T; t++)
        for (size_t b = 0; b < batch->B; b++)
            if (t < length_of(batch, b))
                s->rows[all++] = (uint32_t)(t * batch->B + b);
    s->row_count = all;
    if (all == 0)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has no step, expected states to begin from");
    return ELMAN_OK;
}

/* Number i of what the first recurrent part reads at a row of the batch. */
static double input_at(const measurement *s, size_t row, size_t i)
{
    const elman_model *m = s->model;
    const elman_batch *batch = s->batch;
    size_t t = row / batch->B, b = row % batch->B;
    size_t at = m->config.batch_first ? b * batch->T + t : row;
    if (!m->info.vocabulary) return (double)batch->x[at * s->map.I + i];

    const float *embeddings = parameter_values(m, m->parameters);
    return (double)embeddings[(size_t)batch->tokens[at] * s->map.I + i];
}

/* The constant input. The batch was checked by the forward pass. */
static elman_status fill_input(measurement *s)
{
    const elman_model *m = s->model;
    size_t I = s->map.I;
    if (s->config.input == ELMAN_CONSTANT_TOKEN) {
        const float *row =
            parameter_values(m, m->parameters) + (size_t)s->config.token * I;
        for (size_t i = 0; i < I; i++)
            s->map.x[i] = (double)row[i];
    }
    if (s->config.input != ELMAN_CONSTANT_MEAN) return ELMAN_OK;

    /* the mean over all steps that were given */
    for (size_t i = 0; i < I; i++) {
        double_tree sum = {0};
        for (size_t r = 0; r < s->row_count; r++)
            tree_add(&sum, input_at(s, s->rows[r], i));
        s->map.x[i] = tree_sum(&sum) / (double)s->row_count;
        if (!isfinite(s->map.x[i]))
            return failure(ELMAN_BAD_VALUE,
                           "the mean of input %zu is not finite, expected "
                           "numbers: fill what is missing, or take "
                           "ELMAN_CONSTANT_ZERO",
                           i);
    }
    return ELMAN_OK;
}

/* The state (n) of the batch after a row's step. */
static void read_state(const measurement *s, size_t row, double *to)
{
    size_t first = s->model->info.vocabulary > 0 ? 1 : 0, B = s->batch->B;
    for (size_t k = 0; k < s->map.level_count; k++) {
        const map_level *level = s->map.levels + k;
        const direction_state *d =
            s->state->layers[level->index + first].directions;
        size_t R = level->l->R, H = level->n - R;
        for (size_t j = 0; j < R; j++)
            to[level->at + j] = (double)d->h[(row + B) * R + j];
        for (size_t j = 0; j < H; j++)
            to[level->at + R + j] = (double)d->c[(row + B) * H + j];
    }
}

/* ---- Begin and end ------------------------------------------------------ */

static elman_status check(const elman_model *m,
                          const elman_fixed_points_config *config)
{
    if (config->input < ELMAN_CONSTANT_ZERO ||
        config->input > ELMAN_CONSTANT_TOKEN)
        return failure(ELMAN_BAD_VALUE, "input is %d, expected 0 to %d",
                       (int)config->input, (int)ELMAN_CONSTANT_TOKEN);
    if (config->input != ELMAN_CONSTANT_TOKEN) return ELMAN_OK;
    if (!m->info.vocabulary)
        return failure(ELMAN_BAD_VALUE,
                       "input is a token, but the model reads numbers: take "
                       "ELMAN_CONSTANT_ZERO or ELMAN_CONSTANT_MEAN");
    if (config->token < 0 || (size_t)config->token >= m->info.vocabulary)
        return failure(ELMAN_BAD_VALUE, "token is %d, expected 0 to %zu",
                       (int)config->token, m->info.vocabulary - 1);
    return ELMAN_OK;
}

static elman_status create(measurement *s)
{
    const elman_state_config room = {
        .T = s->batch->T, .B = s->batch->B, .keep_steps = true};
    TRY(map_create(s->model, &s->map));
    TRY(search_create(&s->map, &s->search));
    TRY(state_create(s->model, &room, &s->state));
    TRY(list_rows(s));

    size_t starts = s->config.starts ? s->config.starts : USUAL_STARTS;
    s->public.starts = starts < s->row_count ? starts : s->row_count;
    s->public.n = s->map.n;
    s->public.absent = eigen_absent();
    return ELMAN_OK;
}

elman_status fixed_points_begin(const elman_model *model,
                                const elman_batch *batch,
                                const elman_fixed_points_config *config,
                                elman_fixed_points **points)
{
    const elman_fixed_points_config usual = {0};
    if (!config) config = &usual;
    TRY(inspect_check(model));
    TRY(check(model, config));
    measurement *s = calloc(1, sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "no memory for fixed points");
    s->model = model;
    s->batch = batch;
    s->config = *config;

    elman_status status = create(s);
    if (status) fixed_points_end(&s->public);
    else *points = &s->public;
    return status;
}

void fixed_points_end(elman_fixed_points *points)
{
    measurement *s = (measurement *)points;
    if (!s) return;
    for (size_t i = 0; i < points->count; i++) {
        free(s->found[i].state);
        free(s->found[i].block);
    }
    free(s->found);
    free(s->points);
    search_destroy(&s->search);
    map_destroy(&s->map);
    state_destroy(s->state);
    free(s->rows);
    free(s);
}

/* ---- Points ------------------------------------------------------------- */

static bool is_same(size_t n, const double *a, const double *b)
{
    double size = 1;
    for (size_t i = 0; i < n; i++)
        size = real_max(size, fabs(a[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i] - b[i]) <= same * size)) return false;
    return true;
}

/* The distance of a state to the nearest one of the batch. */
static double nearest(const measurement *s, const double *state, double *room)
{
    size_t n = s->map.n;
    double least = INFINITY;
    for (size_t r = 0; r < s->row_count; r++) {
        double squares = 0;
        read_state(s, s->rows[r], room);
        for (size_t i = 0; i < n; i++)
            squares += (state[i] - room[i]) * (state[i] - room[i]);
        least = squares < least ? squares : least;
    }
    return sqrt(least);
}

/* Splits a state into all h, then all c, as the public struct has them. */
static void split_state(const measurement *s, const double *state, double *h,
                        double *c)
{
    for (size_t k = 0; k < s->map.level_count; k++) {
        const map_level *level = s->map.levels + k;
        size_t R = level->l->R, H = level->n - R;
        memcpy(h, state + level->at, R * sizeof *h);
        memcpy(c, state + level->at + R, H * sizeof *c);
        h += R;
        c += H;
    }
}

static elman_status add_point(measurement *s)
{
    size_t n = s->map.n, index = s->public.count, all_h = 0;
    for (size_t k = 0; k < s->map.level_count; k++)
        all_h += s->map.levels[k].l->R;

    /* both lists have room for one more, or for none */
    if (index == s->room) {
        size_t room = s->room ? 2 * s->room : 4;
        found_point *found = realloc(s->found, room * sizeof *found);
        if (found) s->found = found;
        elman_fixed_point *points = realloc(s->points, room * sizeof *points);
        if (points) s->points = points;
        s->public.points = s->points;
        if (!found || !points)
            return failure(ELMAN_NO_MEMORY, "no memory for %zu points", room);
        s->room = room;
    }

    found_point made = {.state = malloc(n * sizeof(double)),
                        .block = malloc(3 * n * sizeof(double))};
    if (!made.state || !made.block) {
        free(made.state);
        free(made.block);
        return failure(ELMAN_NO_MEMORY, "no memory for a point of %zu numbers",
                       n);
    }

    memcpy(made.state, s->search.state, n * sizeof(double));
    split_state(s, made.state, made.block, made.block + all_h);
    s->found[index] = made;
    s->points[index] =
        (elman_fixed_point){.h = made.block,
                            .c = all_h < n ? made.block + all_h : NULL,
                            .speed = s->search.speed,
                            .starts = 1,
                            .radius = NAN};
    s->points[index].distance = nearest(s, made.state, s->search.trial);
    s->public.count++;
    return ELMAN_OK;
}

/* A search has come to a point: a new one, or one that is known. */
static elman_status keep_point(measurement *s)
{
    for (size_t i = 0; i < s->public.count; i++)
        if (is_same(s->map.n, s->found[i].state, s->search.state)) {
            s->points[i].starts++;
            return ELMAN_OK;
        }
    return add_point(s);
}

static void swap(measurement *s, size_t i, size_t j)
{
    found_point found = s->found[i];
    s->found[i] = s->found[j], s->found[j] = found;
    elman_fixed_point point = s->points[i];
    s->points[i] = s->points[j], s->points[j] = point;
}

/* Most starts first; of equal ones the nearest to the data. */
static void sort_points(measurement *s)
{
    for (size_t i = 1; i < s->public.count; i++)
        for (size_t j = i; j > 0; j--) {
            const elman_fixed_point *a = s->points + j - 1, *b = a + 1;
            if (a->starts > b->starts ||
                (a->starts == b->starts && a->distance <= b->distance))
                break;
            swap(s, j - 1, j);
        }
}

/* Whether what begins near a point stays near. */
static elman_status judge_point(measurement *s, size_t index)
{
    size_t n = s->map.n;
    elman_fixed_point *point = s->points + index;
    double *real = s->found[index].block + n, *imaginary = real + n;
    double *matrix = s->search.jacobian;
    TRY(map_jacobian(&s->map, s->found[index].state, matrix));
    TRY(eigen_values(n, matrix, real, imaginary, &point->radius, NULL));

    point->stable = point->radius < 1;
    point->unstable = point->radius > 1;
    if (eigen_absent()) return ELMAN_OK;
    point->real = real;
    point->imaginary = imaginary;
    point->unstable = 0;
    for (size_t i = 0; i < n; i++)
        point->unstable += eigen_modulus(real[i], imaginary[i]) > 1;
    return ELMAN_OK;
}

/* ---- Steps -------------------------------------------------------------- */

/* Runs the batch for its states. */
static elman_status run(measurement *s)
{
    TRY(model_forward(s->model, s->state, s->batch, NULL));
    TRY(fill_input(s));
    s->ran = true;
    return ELMAN_OK;
}

/* Starts are spread over the states: one in each equal part of them. */
static elman_status begin_search(measurement *s)
{
    random_key key = {.seed = s->config.seed, .purpose = RANDOM_SAMPLE};
    double part = (double)s->row_count / (double)s->public.starts;
    double at = part * ((double)s->next + (double)random_uniform(key, s->next));
    size_t row = (size_t)at;
    if (row >= s->row_count) row = s->row_count - 1;

    read_state(s, s->rows[row], s->search.state);
    s->searching = true;
    return search_begin(&s->search);
}

static elman_status go_on(measurement *s)
{
    search_end end;
    if (!s->searching) TRY(begin_search(s));
    TRY(search_step(&s->search, &end));
    if (end == SEARCH_GOES_ON) return ELMAN_OK;

    if (end == SEARCH_FOUND) TRY(keep_point(s));
    else s->public.lost++;
    s->searching = false;
    s->next++;
    if (s->next == s->public.starts) sort_points(s);
    return ELMAN_OK;
}

/* Searches are nine tenths of the work, eigenvalues the rest. */
static double progress(const measurement *s)
{
    double searched = (double)s->next / (double)s->public.starts;
    if (s->next < s->public.starts || s->public.count == 0)
        return 0.9 * searched;
    return 0.9 + 0.1 * (double)s->eigen_next / (double)s->public.count;
}

elman_status fixed_points_step(elman_fixed_points *points)
{
    measurement *s = (measurement *)points;
    if (points->done) return ELMAN_OK;

    if (!s->ran) TRY(run(s));
    else if (s->next < points->starts) TRY(go_on(s));
    else if (s->eigen_next < points->count)
        TRY(judge_point(s, s->eigen_next++));

    points->done =
        s->ran && s->next == points->starts && s->eigen_next == points->count;
    points->progress = points->done ? 1 : progress(s);
    return ELMAN_OK;
}

elman_status fixed_points_jacobian(const elman_fixed_points *points,
                                   size_t index, double *matrix)
{
    const measurement *s = (const measurement *)points;
    if (!points->done || index >= points->count)
        return failure(
            ELMAN_BAD_VALUE, "there is no point %zu, expected one of %zu%s",
            index, points->count, points->done ? "" : " when all are found");

    /* the map's fields stay, its memory is for such a step */
    map m = s->map;
    return map_jacobian(&m, s->found[index].state, matrix);
}
