/* jacobian.c: a step again, and rows back through it. */
#include "inspect/jacobian.h"

#include "layer/recurrent.h"

size_t jacobian_width(const layer *l)
{
    return l->R + (l->cell->has_cell ? l->H : 0);
}

static void lay_out(jacobian *j, arena *a)
{
    const layer *l = j->l;
    j->gate = arena_take(a, CELL_ROWS, l->G * sizeof(float));
    j->saved = arena_take(a, CELL_ROWS, l->H * sizeof(float));
    j->sum = arena_take(a, CELL_ROWS, l->G * sizeof(float));
    j->h = arena_take(a, CELL_ROWS, l->R * sizeof(float));
    j->c = arena_take(a, CELL_ROWS, l->H * sizeof(float));
    j->da = arena_take(a, CELL_ROWS, l->G * sizeof(float));
    j->dsaved = arena_take(a, CELL_ROWS, l->H * sizeof(float));
    j->direct = arena_take(a, CELL_ROWS, j->n * sizeof(float));
}

elman_status jacobian_create(const layer *l, const pass *p, size_t direction,
                             jacobian *j)
{
    *j = (jacobian){.k = p->k,
                    .l = l,
                    .w = walk_weights(l, p, direction),
                    .threads = p->threads,
                    .n = jacobian_width(l)};

    arena a = {0};
    lay_out(j, &a);
    j->block = a.overflow ? NULL : block_create(a.used);
    if (!j->block)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the Jacobian of %zu units", l->H);
    a = (arena){.base = j->block};
    lay_out(j, &a);
    return ELMAN_OK;
}

void jacobian_destroy(jacobian *j)
{
    block_destroy(j->block);
    j->block = NULL;
}

/* Points row m at step from of those at hand. */
static void point(jacobian *j, size_t from, size_t m, cell_rows *r)
{
    const layer *l = j->l;
    r->h_prev[m] = r->h_in[m] = j->h_prev[from];
    r->c_prev[m] = j->c_prev[from];
    r->gate[m] = j->gate + from * l->G;
    r->saved[m] = j->saved + from * l->H;
    r->sum[m] = j->sum + from * l->G;
    r->h[m] = j->h + from * l->R;
    r->c[m] = j->c + from * l->H;
}

/* now = chance old + (1 - chance) now */
static void zone_out(size_t n, float chance, const float *old, float *now)
{
    for (size_t i = 0; chance > 0 && i < n; i++)
        now[i] = chance * old[i] + (1 - chance) * now[i];
}

void jacobian_step(jacobian *j, size_t count, const float *const *x,
                   const float *const *h_prev, const float *const *c_prev)
{
    const layer *l = j->l;
    cell_rows r = {.M = count, .threads = j->threads, .has_sum = l->custom};
    for (size_t m = 0; m < count; m++) {
        j->h_prev[m] = h_prev[m];
        j->c_prev[m] = l->cell->has_cell ? c_prev[m] : NULL;
        point(j, m, m, &r);
    }

    j->k->product(count, &j->w.ih, j->w.start, x, r.gate);
    l->cell->forward(j->k, &j->w, &r);

    for (size_t m = 0; m < count; m++) {
        zone_out(l->R, l->config.zoneout, j->h_prev[m], r.h[m]);
        if (l->cell->has_cell)
            zone_out(l->H, l->config.zoneout_cell, j->c_prev[m], r.c[m]);
    }
}

/* What a unit that zones out passes around the cell goes to direct, and leaves
 * v. */
static void split(size_t n, float chance, float *v, float *direct)
{
    for (size_t i = 0; i < n; i++) {
        direct[i] = chance * v[i];
        v[i] -= direct[i];
    }
}

void jacobian_apply(jacobian *j, size_t m, size_t count, float *const *rows)
{
    const layer *l = j->l;
    size_t R = l->R, H = l->H, n = j->n;
    bool zones = l->config.zoneout > 0 || l->config.zoneout_cell > 0;
    cell_rows r = {.M = count, .threads = j->threads, .has_sum = l->custom};

    for (size_t i = 0; i < count; i++) {
        point(j, m, i, &r);
        r.dh[i] = r.dh_in[i] = rows[i];
        r.dc[i] = rows[i] + R;
        r.da[i] = j->da + i * l->G;
        r.dsaved[i] = j->dsaved + i * H;
        if (!zones) continue;
        split(R, l->config.zoneout, rows[i], j->direct + i * n);
        split(n - R, l->config.zoneout_cell, rows[i] + R,
              j->direct + i * n + R);
    }

    cell_gradients_for(&l->config)->backward(j->k, &j->w, &r);
    for (size_t i = 0; zones && i < count; i++)
        j->k->add(n, j->direct + i * n, rows[i]);
}
