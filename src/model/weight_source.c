/* weight_source.c: weights from slices of tensors. */
#include "model/weight_source.h"

#include <stdlib.h>
#include <string.h>

/* ---- Lists --------------------------------------------------------------- */

elman_status list_grow(void *list, size_t count, size_t *room, size_t bytes)
{
    void *old, *larger;
    if (count < *room) return ELMAN_OK;

    size_t more = *room ? 2 * *room : 64, size;
    memcpy(&old, list, sizeof old);

    if (!sizes_multiply(more, bytes, 1, &size) ||
        !(larger = realloc(old, size)))
        return failure(ELMAN_NO_MEMORY, "no memory for the table of tensors");

    memcpy(list, &larger, sizeof larger);
    *room = more;
    return ELMAN_OK;
}

elman_status weights_add(weight_source *ws, const tensor_slice *slice)
{
    TRY(list_grow(&ws->slices, ws->slice_count, &ws->slice_room,
                  sizeof *ws->slices));
    ws->slices[ws->slice_count++] = *slice;
    return ELMAN_OK;
}

size_t weight_limit(const named_tensor *tensors, size_t count)
{
    enum { TIMES = 4, ROOM = 1 << 16 };
    size_t limit = ROOM;
    for (size_t i = 0; i < count; i++)
        limit += TIMES * (tensors[i].count + LANES);
    return limit;
}

/* ---- Filling ------------------------------------------------------------- */

/* A slice together with what it makes. */
typedef struct filling {
    const tensor_slice *slice;
    const named_tensor *from;
    size_t rows, columns; /* that the slice fills */
    size_t row, column;   /* of the parameter, the first of them */
    size_t width;         /* columns of the parameter */
    size_t block;         /* rows of a block */
    size_t begin, end;    /* the rows that are wanted */
    double scale;
    double *to; /* (end - begin,width) */
} filling;

/* Checks that the last element that a slice reads is inside its tensor. */
static elman_status check_inside(const filling *f)
{
    const tensor_slice *p = f->slice;
    bool inside = p->blocks >= 1 && p->blocks <= SLICE_BLOCKS &&
                  f->rows % p->blocks == 0 && f->from->count > 0;

    /* the last element of each block, every step checked against overflow */
    size_t last = 0;
    for (size_t j = 0; inside && j < p->blocks; j++) {
        size_t down, across;

        inside = p->order[j] < f->from->count &&
                 sizes_multiply(p->order[j], f->block, 1, &down) &&
                 down <= SIZE_MAX - f->block &&
                 sizes_multiply(down + f->block - 1, p->row_step, 1, &down) &&
                 sizes_multiply(f->columns - 1, p->column_step, 1, &across) &&
                 down <= SIZE_MAX - across &&
                 down + across <= SIZE_MAX - p->offset;

        if (inside && down + across + p->offset > last)
            last = down + across + p->offset;
    }

    if (inside && last < f->from->count) return ELMAN_OK;

    char shape[100];
    shape_print(f->from->rank, f->from->shape, sizeof shape, shape);
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s has shape %s, which has no room for %s",
                   f->from->name, shape, p->parameter);
}

/* Adds n elements that are next to each other in the tensor. */
static void add_run(const filling *f, size_t first, size_t n, double *to,
                    size_t step)
{
    enum { SOME = 256 };
    double values[SOME];
    for (size_t done = 0; done < n; done += SOME) {
        size_t some = n - done < SOME ? n - done : SOME;

        tensor_doubles(f->from, first + done, some, values);
        for (size_t i = 0; i < some; i++)
            to[(done + i) * step] += f->scale * values[i];
    }
}

/* Adds rows [begin,end) of block j, along its rows, or along its columns if
 * those are contiguous. */
static void add_rows(const filling *f, size_t j, size_t begin, size_t end)
{
    const tensor_slice *p = f->slice;
    size_t n = f->columns, width = f->width;
    size_t first = p->offset + (p->order[j] * f->block + begin) * p->row_step;
    double *to =
        f->to + (f->row + j * f->block + begin - f->begin) * width + f->column;

    if (p->column_step == 1 || p->row_step != 1) {
        size_t run = p->column_step == 1 ? n : 1;
        for (size_t r = 0; r < end - begin; r++)
            for (size_t c = 0; c < n; c += run)
                add_run(f, first + r * p->row_step + c * p->column_step, run,
                        to + r * width + c, 1);
        return;
    }

    for (size_t c = 0; c < n; c++)
        add_run(f, first + c * p->column_step, end - begin, to + c, width);
}

/* The rows and columns that a slice fills, which must be the parameter's. */
static elman_status place_slice(filling *f, const parameter *to)
{
    const tensor_slice *p = f->slice;
    size_t rows = to->shape[0], columns = to->rank > 1 ? to->shape[1] : 1;
    f->row = p->to_row;
    f->column = p->to_column;
    f->width = columns;

    bool inside = f->row <= rows && f->column <= columns &&
                  p->to_rows <= rows - f->row &&
                  p->to_columns <= columns - f->column;
    f->rows = p->to_rows ? p->to_rows : rows - f->row;
    f->columns = p->to_columns ? p->to_columns : columns - f->column;

    if (inside && f->rows && f->columns) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "a slice of %zu rows from row %zu is outside %s", f->rows,
                   f->row, p->parameter);
}

/* Adds a constant to the wanted rows of a slice. */
static void add_constant(const filling *f)
{
    size_t first = f->row > f->begin ? f->row : f->begin;
    size_t last = f->row + f->rows < f->end ? f->row + f->rows : f->end;

    for (size_t r = first; r < last; r++)
        for (size_t c = 0; c < f->columns; c++)
            f->to[(r - f->begin) * f->width + f->column + c] +=
                f->slice->constant;
}

/* Adds what a slice has for the wanted rows. */
static elman_status fill_slice(const weight_source *ws, const parameter *to,
                               filling *f)
{
    const tensor_slice *p = f->slice;
    TRY(place_slice(f, to));
    if (p->from == FROM_NOTHING) {
        if (p->constant != 0) add_constant(f);
        return ELMAN_OK;
    }

    f->from = ws->tensors + p->from;
    f->scale = p->scale != 0 ? p->scale : 1;
    f->block = p->blocks ? f->rows / p->blocks : f->rows;
    TRY(check_inside(f));

    /* of each block the rows that are wanted */
    for (size_t j = 0; j < p->blocks; j++) {
        size_t before = f->row + j * f->block, after = before + f->block;
        if (f->end <= before || f->begin >= after) continue;
        add_rows(f, j, f->begin > before ? f->begin - before : 0,
                 (f->end < after ? f->end : after) - before);
    }
    return ELMAN_OK;
}

elman_status weights_check(const weight_source *ws, const elman_model *m)
{
    /* a parameter without a slice would silently be zero */
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        size_t j = 0;
        while (j < ws->slice_count &&
               strcmp(ws->slices[j].parameter, m->parameters[i].name) != 0)
            j++;
        if (j == ws->slice_count)
            return failure(ELMAN_BAD_FORMAT, "no tensor gives the parameter %s",
                           m->parameters[i].name);
    }

    for (size_t i = 0; i < ws->slice_count; i++)
        if (!model_find(m, ws->slices[i].parameter))
            return failure(ELMAN_BAD_FORMAT,
                           "there is no parameter %.80s in the model",
                           ws->slices[i].parameter);
    return ELMAN_OK;
}

elman_status weights_read(const weight_source *ws, const parameter *p,
                          size_t begin, size_t end, double *values)
{
    size_t columns = p->rank > 1 ? p->shape[1] : 1;
    filling f = {.begin = begin, .end = end, .to = values};
    memset(values, 0, (end - begin) * columns * sizeof *values);

    for (size_t i = 0; i < ws->slice_count; i++) {
        f.slice = ws->slices + i;
        if (strcmp(f.slice->parameter, p->name) == 0)
            TRY(fill_slice(ws, p, &f));
    }
    return ELMAN_OK;
}

/* Sums are made in double and rounded once. */
static elman_status fill_parameter(const weight_source *ws, elman_model *m,
                                   const parameter *p, double *sums,
                                   float *values)
{
    weight_rows rows = {0};
    while (weight_rows_next(m, p, &rows)) {
        TRY(weights_read(ws, p, rows.first, rows.first + rows.count, sums));
        for (size_t i = 0; i < rows.count * rows.columns; i++)
            values[i] = (float)sums[i];
        weight_rows_write(m, p, &rows, values);
    }
    return ELMAN_OK;
}

elman_status weights_fill(const weight_source *ws, elman_model *m)
{
    size_t room = weight_rows_room(m) + 1;
    TRY(weights_check(ws, m));
    double *sums = malloc(room * sizeof *sums);
    float *values = malloc(room * sizeof *values);
    elman_status status = ELMAN_OK;
    if (!sums || !values)
        status = failure(ELMAN_NO_MEMORY, "no memory to read weights");

    for (size_t i = 0; i < m->info.parameter_count && !status; i++)
        status = fill_parameter(ws, m, m->parameters + i, sums, values);
    free(sums);
    free(values);
    if (!status) model_settle(m);
    return status;
}
