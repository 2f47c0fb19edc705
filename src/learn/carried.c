/* carried.c: see carried.h. */
#include "learn/carried.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "share/share.h"

/* ---- Rows of memory ----------------------------------------------------- */

/* The memory of a state of B sequences: an array (B,width) for each direction
 * of a layer, one after the other. */
typedef struct memories {
    size_t B;
    float *h, *c;
    uint64_t *position;
} memories;

/* What is done with the memory of one sequence in one array: copied to or from
 * a buffer, or made 0. */
typedef enum row_move { ROW_OUT, ROW_IN, ROW_CLEAR } row_move;

/* Moves row b of an array (B,width); returns where the buffer goes on. */
static float *move_array(float *array, size_t width, size_t b, float *buffer,
                         row_move how)
{
    float *row = array + b * width;
    size_t bytes = width * sizeof *row;
    if (how == ROW_OUT) memcpy(buffer, row, bytes);
    if (how == ROW_IN) memcpy(row, buffer, bytes);
    if (how == ROW_CLEAR) memset(row, 0, bytes);
    return buffer ? buffer + width : NULL;
}

/* Moves all that sequence b remembers; the buffer (memory_h + memory_c) is NULL
 * to clear it. */
static void move_row(const elman_model *m, const memories *all, size_t b,
                     float *buffer, row_move how)
{
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (l->memory_width)
            buffer = move_array(all->h + l->memory_h * all->B, l->memory_width,
                                b, buffer, how);

        for (size_t k = 0; k < l->D && l->cell; k++) {
            const direction_plan *d = &l->directions[k];
            buffer =
                move_array(all->h + d->memory_h * all->B, l->R, b, buffer, how);
            if (l->cell->has_cell)
                buffer = move_array(all->c + d->memory_c * all->B, l->H, b,
                                    buffer, how);
        }
    }
}

/* The memory of the trainer's own sequences: now (row 0), or one of those kept
 * (from row 1 on). */
static memories own_memory(const elman_trainer *t, size_t row)
{
    elman_state *s = t->state;
    size_t B = s->config.B;
    if (row == 0) return (memories){B, s->memory.h, s->memory.c, s->position};
    const history *old = &t->history;
    float *h = old->memories + (row - 1) * old->memory_size;
    return (memories){B, h, h + B * t->model->memory_h,
                      old->positions + (row - 1) * B};
}

/* The same of all. */
static memories whole_memory(const elman_trainer *t, const carried *c,
                             size_t row)
{
    if (row == 0) return (memories){c->B, c->h, c->c, c->position};
    float *h = c->memories + (row - 1) * c->size;
    return (memories){c->B, h, h + c->B * t->model->memory_h,
                      c->positions + (row - 1) * c->B};
}

/* ---- Room --------------------------------------------------------------- */

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for what training carries");
}

static void lay_out(const elman_trainer *t, carried *c, arena *a)
{
    const elman_model *m = t->model;
    for (size_t i = 0; i < c->moment_count; i++)
        c->moments[i].values =
            arena_take(a, m->weight_count, sizeof *c->moments[i].values);
    c->h = arena_take(a, c->B, m->memory_h * sizeof *c->h);
    c->c = arena_take(a, c->B, m->memory_c * sizeof *c->c);
    c->position = arena_take(a, c->B, sizeof *c->position);
    c->memories = arena_take(a, c->rows, c->size * sizeof *c->memories);
    c->positions = arena_take(a, c->rows, c->B * sizeof *c->positions);
}

elman_status carried_open(elman_trainer *t, carried *c)
{
    const history *old = &t->history;
    elman_state *s = t->state;
    *c = (carried){.B = s->config.B,
                   .h = s->memory.h,
                   .c = s->memory.c,
                   .position = s->position,
                   .rows = old->windows ? old->windows + 1 : 0,
                   .size = old->memory_size,
                   .memories = old->memories,
                   .positions = old->positions};
    c->moment_count = optimizer_tensors(t->optimizer, c->moments);
    if (!t->share) return ELMAN_OK;

    /* room for what all ranks have */
    c->B = windows_whole_width(t->windows);
    c->size = c->B * (t->model->memory_h + t->model->memory_c);
    arena measure = {0};
    lay_out(t, c, &measure);
    c->memory = measure.overflow ? NULL : block_create(measure.used + 1);
    if (!c->memory) return no_memory();
    arena carve = {.base = c->memory};
    lay_out(t, c, &carve);
    return ELMAN_OK;
}

void carried_release(carried *c)
{
    block_destroy(c->memory);
    c->memory = NULL;
}

/* ---- All ranks ---------------------------------------------------------- */

/* How many sequences the memory at hand is of: none where the next window
 * begins afresh. */
static size_t carried_sequences(const elman_trainer *t)
{
    bool is_text = dataset_encoding(t->dataset)->task == ELMAN_TASK_LANGUAGE;
    return is_text ? windows_whole_width(t->windows)
                   : windows_whole(t->windows);
}

/* The sequences of a rank among them. */
static stretch sequences_of(const elman_trainer *t, int rank)
{
    return deal_sequences(carried_sequences(t), t->config.loss.block,
                          t->share->size, rank);
}

/* What is on the way to rank 0: rows and positions of all sequences. */
typedef struct freight {
    float *rows;
    uint64_t *positions;
    size_t *row_begins, *position_begins; /* (ranks + 1) in bytes */
} freight;

static void freight_free(freight *f)
{
    free(f->rows);
    free(f->positions);
    free(f->row_begins);
    free(f->position_begins);
}

static elman_status freight_create(const elman_trainer *t, freight *f)
{
    size_t width = t->model->memory_h + t->model->memory_c;
    size_t B = carried_sequences(t), ranks = (size_t)t->share->size, bytes;
    *f = (freight){0};
    if (!sizes_multiply(B, width, sizeof(float), &bytes)) return no_memory();
    f->rows = malloc(bytes + 1);
    f->positions = calloc(B + 1, sizeof *f->positions);
    f->row_begins = calloc(ranks + 1, sizeof *f->row_begins);
    f->position_begins = calloc(ranks + 1, sizeof *f->position_begins);
    if (!f->rows || !f->positions || !f->row_begins || !f->position_begins)
        return no_memory();

    for (int rank = 0; rank < t->share->size; rank++) {
        size_t end = sequences_of(t, rank).end;
        f->row_begins[rank + 1] = end * width * sizeof *f->rows;
        f->position_begins[rank + 1] = end * sizeof *f->positions;
    }
    return ELMAN_OK;
}

/* One memory of all ranks, on rank 0. */
static elman_status gather_row(elman_trainer *t, const carried *c, freight *f,
                               size_t row)
{
    stretch own = sequences_of(t, t->share->rank);
    memories mine = own_memory(t, row), all = whole_memory(t, c, row);
    size_t count = own.end - own.begin, B = carried_sequences(t);
    size_t width = t->model->memory_h + t->model->memory_c;
    for (size_t b = 0; b < count; b++)
        move_row(t->model, &mine, b, f->rows + (own.begin + b) * width,
                 ROW_OUT);
    memcpy(f->positions + own.begin, mine.position,
           count * sizeof *f->positions);

    TRY(share_gather(t->share, f->rows, f->row_begins, NULL));
    TRY(share_gather(t->share, f->positions, f->position_begins, NULL));
    if (t->share->rank != 0) return ELMAN_OK;
    for (size_t b = 0; b < B; b++)
        move_row(t->model, &all, b, f->rows + b * width, ROW_IN);
    memcpy(all.position, f->positions, B * sizeof *f->positions);
    return ELMAN_OK;
}

static elman_status gather(elman_trainer *t, const carried *c)
{
    optimizer_tensor own[OPTIMIZER_MAX_TENSORS];
    size_t count = optimizer_tensors(t->optimizer, own);
    const weight_slice *slice = &t->optimizer->slice;
    for (size_t i = 0; i < count; i++) {
        slice_put(slice, own[i].values, c->moments[i].values);
        TRY(share_gather_slices(t->share, c->moments[i].values));
    }

    freight f;
    elman_status status = freight_create(t, &f);
    for (size_t row = 0; !status && row < 1 + c->rows; row++)
        status = gather_row(t, c, &f, row);
    freight_free(&f);
    return status;
}

elman_status carried_gather(elman_trainer *t, carried *c)
{
    elman_status status = carried_open(t, c);
    if (!status && t->share) status = gather(t, c);
    if (status || (t->share && t->share->rank != 0)) carried_release(c);
    return status;
}

elman_status carried_restore(elman_trainer *t, const carried *c)
{
    if (!t->share) return ELMAN_OK; /* it is the trainer's own */
    optimizer_tensor own[OPTIMIZER_MAX_TENSORS];
    size_t count = optimizer_tensors(t->optimizer, own);
    const weight_slice *slice = &t->optimizer->slice;
    for (size_t i = 0; i < count; i++)
        slice_take(slice, c->moments[i].values, own[i].values);

    /* the rows of this rank's sequences */
    const elman_model *m = t->model;
    stretch rows = sequences_of(t, t->share->rank);
    float *buffer = calloc(m->memory_h + m->memory_c + 1, sizeof *buffer);
    if (!buffer) return no_memory();
    for (size_t row = 0; row < 1 + c->rows; row++) {
        memories mine = own_memory(t, row), all = whole_memory(t, c, row);
        for (size_t b = rows.begin; b < rows.end; b++) {
            move_row(m, &all, b, buffer, ROW_OUT);
            move_row(m, &mine, b - rows.begin, buffer, ROW_IN);
            mine.position[b - rows.begin] = all.position[b];
        }
    }
    free(buffer);
    return ELMAN_OK;
}

void carried_clear(elman_trainer *t, size_t begin)
{
    memories own = own_memory(t, 0);
    for (size_t b = begin; b < own.B; b++)
        move_row(t->model, &own, b, NULL, ROW_CLEAR);
}
