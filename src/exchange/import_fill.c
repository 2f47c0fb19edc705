/* import_fill.c: weights from pieces. */
#include "exchange/import.h"

#include <string.h>

/* A piece together with what it makes. */
typedef struct filling {
    const piece *piece;
    const named_tensor *from;
    size_t rows, columns, block; /* of the parameter; rows of a block */
    double scale;
    double *to; /* (rows,columns) */
} filling;

/* The last element that a piece reads is inside its tensor. */
static elman_status check_inside(const filling *f)
{
    const piece *p = f->piece;
    bool inside = p->blocks >= 1 && p->blocks <= PIECE_BLOCKS &&
                  f->rows % p->blocks == 0 && f->from->count > 0;
    size_t last = 0;
    for (size_t j = 0; inside && j < p->blocks; j++) {
        size_t down, across;
        inside = p->order[j] < f->from->count &&
                 sizes_multiply(p->order[j], f->block, 1, &down) &&
                 down <= SIZE_MAX - f->block &&
                 sizes_multiply(down + f->block - 1, p->row, 1, &down) &&
                 sizes_multiply(f->columns - 1, p->column, 1, &across) &&
                 down <= SIZE_MAX - across &&
                 down + across <= SIZE_MAX - p->first;
        if (inside && down + across + p->first > last)
            last = down + across + p->first;
    }
    if (inside && last < f->from->count) return ELMAN_OK;
    char shape[100];
    shape_print(f->from->rank, f->from->shape, sizeof shape, shape);
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s has shape %s, which has no room for %s",
                   f->from->name, shape, p->parameter);
}

/* Adds a run of n elements that stand in order in the tensor. */
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

/* Along rows, or along columns if those stand in order. */
static void add_block(const filling *f, size_t first, double *to)
{
    const piece *p = f->piece;
    size_t n = f->columns;
    if (p->column == 1 || p->row != 1) {
        size_t run = p->column == 1 ? n : 1;
        for (size_t r = 0; r < f->block; r++)
            for (size_t c = 0; c < n; c += run)
                add_run(f, first + r * p->row + c * p->column, run,
                        to + r * n + c, 1);
        return;
    }
    for (size_t c = 0; c < n; c++)
        add_run(f, first + c * p->column, f->block, to + c, n);
}

static elman_status fill_piece(const elman_import *im, const piece *p,
                               const parameter *target, double *to)
{
    filling f = {.piece = p,
                 .rows = target->shape[0],
                 .columns = target->rank > 1 ? target->shape[1] : 1,
                 .scale = p->scale != 0 ? p->scale : 1,
                 .to = to};
    if (p->from == FROM_NOTHING) return ELMAN_OK;
    f.from = im->tensor + p->from;
    f.block = p->blocks ? f.rows / p->blocks : f.rows;
    TRY(check_inside(&f));
    for (size_t j = 0; j < p->blocks; j++)
        add_block(&f, p->first + p->order[j] * f.block * p->row,
                  to + j * f.block * f.columns);
    return ELMAN_OK;
}

elman_status import_fill(const elman_import *im, const elman_model *m,
                         double *weights)
{
    /* the sum of no piece would be zero, and nobody would be told */
    for (size_t i = 0; i < m->info.parameters; i++) {
        size_t j = 0;
        while (j < im->pieces &&
               strcmp(im->piece[j].parameter, m->parameters[i].name) != 0)
            j++;
        if (j == im->pieces)
            return failure(ELMAN_BAD_FORMAT, "no tensor gives the parameter %s",
                           m->parameters[i].name);
    }
    memset(weights, 0, m->weight_count * sizeof *weights);
    for (size_t i = 0; i < im->pieces; i++) {
        const piece *p = im->piece + i;
        const parameter *target = model_find(m, p->parameter);
        if (!target)
            return failure(ELMAN_BAD_FORMAT,
                           "there is no parameter %.80s in the model",
                           p->parameter);
        TRY(fill_piece(im, p, target, weights + target->offset));
    }
    return ELMAN_OK;
}
