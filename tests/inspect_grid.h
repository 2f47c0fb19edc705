/*
 * inspect_grid.h: random networks and batches, the same in the fast library and
 * in the double-precision reference, for tests of src/inspect.
 */
#ifndef TESTS_INSPECT_GRID_H
#define TESTS_INSPECT_GRID_H

#include "check.h"
#include "inspect/quiet.h"
#include "model/reference.h"
#include "random_batch.h"

/* One network with a batch that it reads. */
typedef struct grid_case {
    size_t which;
    draws d;
    elman_config config;
    elman_model *model;
    reference *r;
    random_batch in;
    double x[MOST_T * MOST_B * MOST_I];
    elman_batch batch; /* of in */
    char line[512];    /* says what it is */
} grid_case;

static inline void grid_draw_weights(grid_case *g)
{
    size_t at = 0;
    elman_const_tensor view;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(g->model, i, &view));
         i++) {
        size_t n =
            view.rank == 2 ? view.shape[0] * view.shape[1] : view.shape[0];
        float *values = malloc(n * sizeof *values);
        assert_non_null(values);
        for (size_t k = 0; k < n; k++) {
            values[k] = draw_real(&g->d, -0.8f, 0.8f);
            g->r->weights[at + k] = (double)values[k];
        }
        CHECK_OK(elman_model_write(g->model, name, n, values));
        free(values);
        at += n;
    }
}

/* Draws case which; grid_end frees it. */
static inline grid_case *grid_begin(size_t which)
{
    grid_case *g = calloc(1, sizeof *g);
    assert_non_null(g);
    g->which = which;
    g->d = draws_begin(which);
    g->config = random_config(&g->d, MOST_H);
    CHECK_OK(elman_model_create(&g->config, &g->model));
    CHECK_OK(reference_create(&g->config, MOST_T, MOST_B, &g->r));
    grid_draw_weights(g);

    g->in = draw_batch(&g->d, &g->config, MOST_B);
    for (size_t i = 0; i < MOST_T * MOST_B * MOST_I; i++)
        g->x[i] = (double)g->in.x[i];
    g->batch = (elman_batch){.T = g->in.T,
                             .B = g->in.B,
                             .x = g->in.x,
                             .tokens = g->in.tokens,
                             .lengths = g->in.lengths};
    config_write_line(&g->config, sizeof g->line, g->line);
    return g;
}

static inline void grid_end(grid_case *g)
{
    elman_model_destroy(g->model);
    reference_destroy(g->r);
    free(g);
}

/* The reference forward, as in evaluation. */
static inline void grid_forward(grid_case *g)
{
    const reference_batch batch = {.T = g->in.T,
                                   .B = g->in.B,
                                   .x = g->x,
                                   .tokens = g->in.tokens,
                                   .lengths = g->in.lengths};
    CHECK_OK(reference_forward(g->r, &batch, NULL));
}

#endif
