/* score.c: see score.h. */
#include "learn/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"

enum { PART = 64 }; /* rows that are left over, for one thread at a time */

static const uint32_t NOT_TAKEN = UINT32_MAX;

elman_status score_create(size_t rows, score **out)
{
    size_t bytes;
    bool fits = sizes_multiply(rows + 1, sizeof(double), 1, &bytes);
    score *s = fits ? calloc(1, sizeof *s) : NULL;
    if (s) {
        s->capacity = rows;
        s->losses = calloc(rows + 1, sizeof *s->losses);
        s->best = calloc(rows + 1, sizeof *s->best);
    }
    if (s && s->losses && s->best) {
        *out = s;
        return ELMAN_OK;
    }
    score_destroy(s);
    return failure(ELMAN_NO_MEMORY, "no memory for the losses of %zu rows",
                   rows);
}

void score_destroy(score *s)
{
    if (!s) return;
    free(s->losses);
    free(s->best);
    free(s);
}

/* y and dy are those of the row. */
static void take_row(const score *s, size_t row, const float *y, float *dy)
{
    if (row >= s->past) {
        s->losses[row] = loss_row(&s->job, row - s->past, y, dy, s->best + row);
        return;
    }
    s->best[row] = 0;
    if (dy) memset(dy, 0, s->job.O * sizeof *dy);
}

static void take_rows(void *context, size_t count, const uint32_t *rows,
                      const float *y, float *dy)
{
    score *s = context;
    size_t O = s->job.O;
    double begin = s->timed ? clock_seconds() : 0;
    for (size_t r = 0; r < count; r++)
        take_row(s, rows[r], y + rows[r] * O, dy ? dy + rows[r] * O : NULL);
    if (s->timed)
        atomic_fetch_add(&s->nanoseconds,
                         (unsigned long long)(1e9 * (clock_seconds() - begin)));
}

elman_status score_begin(score *s, const elman_loss_config *config,
                         const elman_batch *shape, size_t O,
                         const elman_target *target, size_t past)
{
    TRY(loss_begin(config, shape, O, target, &s->job));
    s->past = past;
    s->sink = (row_sink){take_rows, s};
    s->nanoseconds = 0;
    for (size_t row = 0; row < past + shape->T * shape->B; row++)
        s->best[row] = NOT_TAKEN;
    return ELMAN_OK;
}

/* What the parts of the rest share. */
typedef struct rest {
    const score *score;
    size_t rows;
    const float *y;
    float *dy;
} rest;

static void take_part(void *context, size_t index)
{
    const rest *at = context;
    const score *s = at->score;
    size_t O = s->job.O;
    for (size_t row = index * PART; row < at->rows; row++) {
        if (row == (index + 1) * PART) return;
        if (s->best[row] == NOT_TAKEN)
            take_row(s, row, at->y + row * O, at->dy ? at->dy + row * O : NULL);
    }
}

double score_end(score *s, int threads, const float *y, float *dy)
{
    const elman_batch *shape = s->job.shape;
    rest at = {s, s->past + shape->T * shape->B, y, dy};
    size_t left = 0;
    for (size_t row = 0; row < at.rows; row++)
        left += s->best[row] == NOT_TAKEN;
    if (left) thread_run(threads, (at.rows + PART - 1) / PART, take_part, &at);
    return loss_end(&s->job, s->losses + s->past);
}
