/* row_loss.c: see row_loss.h. */
#include "learn/row_loss.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"

enum { PART = 64 }; /* rows that are left over, for one thread at a time */

static const uint32_t NOT_TAKEN = UINT32_MAX;

elman_status row_losses_create(size_t rows, row_losses **out)
{
    size_t bytes;
    bool fits =
        rows < SIZE_MAX && sizes_multiply(rows + 1, sizeof(double), 1, &bytes);
    row_losses *l = fits ? calloc(1, sizeof *l) : NULL;
    if (l) {
        l->capacity = rows;
        l->values = calloc(rows + 1, sizeof *l->values);
        l->best = calloc(rows + 1, sizeof *l->best);
    }
    if (l && l->values && l->best) {
        l->bytes = row_losses_bytes(rows, 0, false, 0);
        *out = l;
        return ELMAN_OK;
    }

    row_losses_destroy(l);
    return failure(ELMAN_NO_MEMORY, "no memory for the losses of %zu rows",
                   rows);
}

void row_losses_destroy(row_losses *l)
{
    if (!l) return;
    free(l->values);
    free(l->best);
    free(l->y);
    free(l->part);
    free(l);
}

elman_status row_losses_keep(row_losses *l, size_t O, bool all, size_t part)
{
    size_t bytes = 0, some = 0;
    bool fits = sizes_multiply(l->capacity + 1, O, sizeof *l->y, &bytes) &&
                sizes_multiply(part, O, sizeof *l->part, &some);
    if (fits && all) l->y = malloc(bytes);
    if (fits && part) l->part = malloc(some);
    if (!fits || (all && !l->y) || (part && !l->part))
        return failure(ELMAN_NO_MEMORY, "no memory for %zu outputs of %zu rows",
                       O, all ? l->capacity : part);
    l->part_rows = part;
    l->bytes = row_losses_bytes(l->capacity, O, all, part);
    return ELMAN_OK;
}

size_t row_losses_bytes(size_t rows, size_t O, bool all, size_t part)
{
    /* a row more, as arrays are never empty */
    size_t outputs = bytes_times(O, sizeof(float));
    size_t row = sizeof(double) + sizeof(uint32_t);
    if (all) row = bytes_add(row, outputs);
    size_t bytes = bytes_times(bytes_add(rows, 1), row);
    bytes = bytes_add(bytes, bytes_times(part, outputs));
    return bytes_add(bytes, sizeof(row_losses));
}

/* ---- Rows --------------------------------------------------------------- */

/* y and dy are those of the row. */
static void take_row(const row_losses *l, size_t row, const float *y, float *dy)
{
    if (row >= l->context) {
        l->values[row] =
            loss_row(&l->job, row - l->context, y, dy, l->best + row);
        return;
    }

    /* a row of the context: no target, no gradient */
    l->best[row] = 0;
    if (dy) memset(dy, 0, l->job.O * sizeof *dy);
}

/* The sink of the last layer: rows it has just made, on its thread. */
static void take_rows(void *context, size_t count, const uint32_t *rows,
                      const float *y, float *dy)
{
    row_losses *l = context;
    size_t O = l->job.O;
    double begin = l->timed ? clock_seconds() : 0;

    for (size_t r = 0; r < count; r++)
        take_row(l, rows[r], y + rows[r] * O, dy ? dy + rows[r] * O : NULL);

    if (l->timed)
        atomic_fetch_add(&l->nanoseconds,
                         (unsigned long long)(1e9 * (clock_seconds() - begin)));
}

/* ---- A pass ------------------------------------------------------------- */

elman_status row_losses_begin(row_losses *l, const elman_loss_config *config,
                              const elman_batch *shape, size_t O,
                              const elman_target *target, size_t context)
{
    l->config = *config;
    TRY(loss_begin(&l->config, shape, O, target, &l->job));
    l->context = context;
    l->out = NULL;
    l->sink = (row_sink){take_rows, l};
    l->nanoseconds = 0;

    for (size_t row = 0; row < context + shape->T * shape->B; row++)
        l->best[row] = NOT_TAKEN;
    return ELMAN_OK;
}

/* What the parts of the rest share. */
typedef struct rest {
    const row_losses *losses;
    size_t first, row_count;
    const float *y; /* of rows from first on */
    float *dy;
} rest;

static void take_part(void *context, size_t index)
{
    const rest *r = context;
    const row_losses *l = r->losses;
    size_t O = l->job.O;
    for (size_t row = index * PART; row < r->row_count; row++) {
        if (row == (index + 1) * PART) return;
        if (l->best[r->first + row] == NOT_TAKEN)
            take_row(l, r->first + row, r->y + row * O,
                     r->dy ? r->dy + row * O : NULL);
    }
}

void row_losses_take(row_losses *l, int threads, size_t first, size_t count,
                     const float *y, float *dy)
{
    rest r = {l, first, count, y, dy};
    size_t O = l->job.O;
    thread_run(threads, (count + PART - 1) / PART, take_part, &r);
    if (l->y) memcpy(l->y + first * O, y, count * O * sizeof *y);
}

double row_losses_close(row_losses *l)
{
    l->sum = loss_sum_rows(&l->job, l->values + l->context);
    return l->sum / l->job.divisor;
}

double row_losses_end(row_losses *l, int threads, const float *y, float *dy)
{
    const elman_batch *shape = l->job.shape;
    rest r = {.losses = l,
              .row_count = l->context + shape->T * shape->B,
              .y = y,
              .dy = dy};

    /* the rows that no layer handed over, on all threads */
    size_t left = 0;
    for (size_t row = 0; row < r.row_count; row++)
        left += l->best[row] == NOT_TAKEN;
    size_t parts = (r.row_count + PART - 1) / PART;
    if (left) thread_run(threads, parts, take_part, &r);
    l->out = y;
    return row_losses_close(l);
}
