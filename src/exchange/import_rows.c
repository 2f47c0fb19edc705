/* import_rows.c: the table that says what became of each tensor. */
#include "exchange/import_source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- What people should know of the numbers ----------------------------- */

typedef struct oddities {
    size_t nan, infinite;
} oddities;

/* As float32, in which they will be. */
static oddities count_oddities(const named_tensor *t)
{
    enum { SOME = 256 };
    double values[SOME];
    oddities odd = {0, 0};
    for (size_t done = 0; done < t->count; done += SOME) {
        size_t some = t->count - done < SOME ? t->count - done : SOME;
        tensor_doubles(t, done, some, values);
        for (size_t i = 0; i < some; i++) {
            odd.nan += isnan(values[i]) != 0;
            odd.infinite += isinf((float)values[i]) != 0;
        }
    }
    return odd;
}

/* "as it is", with what the numbers give to say. */
static const char *how_text(elman_import *im, const named_tensor *t,
                            const char *how)
{
    if (!how) how = "as it is";
    if (t->type == ELEMENT_F64)
        how = import_text(im, "%s, rounded to float32", how);
    oddities odd = count_oddities(t);
    if (how && odd.nan) how = import_text(im, "%s, %zu NaN", how, odd.nan);
    if (how && odd.infinite)
        how = import_text(im, "%s, %zu infinite", how, odd.infinite);
    return how;
}

/* ---- Rows --------------------------------------------------------------- */

/* The next row, of a tensor or of nothing. */
static elman_import_row *add_row(elman_import *im, const named_tensor *t)
{
    elman_import_row *row = im->row + im->rows++;
    *row = (elman_import_row){.from = "", .type = "", .how = ""};
    if (!t) return row;
    row->from = t->name;
    row->type = element_name(t->type);
    row->rank = t->rank;
    memcpy(row->shape, t->shape, t->rank * sizeof *row->shape);
    return row;
}

static elman_status add_piece_row(elman_import *im, const piece *p)
{
    bool nothing = p->from == FROM_NOTHING;
    const named_tensor *t = nothing ? NULL : im->tensor + p->from;
    elman_import_row *row = add_row(im, t);
    row->to = p->parameter;
    row->how = nothing ? (p->how ? p->how : "zero") : how_text(im, t, p->how);
    return row->how ? ELMAN_OK : ELMAN_NO_MEMORY;
}

/* Where the pieces of each tensor are: those of tensor i are next[at[i]], and
 * so on, in their order; the last list is of those from nothing. */
typedef struct piece_lists {
    size_t *first;      /* (tensors + 1) index + 1 of a piece, 0 ends */
    size_t *next;       /* (pieces) */
    const char **spare; /* (tensors) how, NULL if it is none */
} piece_lists;

static void list_pieces(const elman_import *im, piece_lists *lists)
{
    for (size_t i = im->pieces; i-- > 0;) {
        size_t from = im->piece[i].from;
        if (from == FROM_NOTHING) from = im->tensors;
        lists->next[i] = lists->first[from];
        lists->first[from] = i + 1;
    }
    for (size_t i = 0; i < im->spares; i++)
        lists->spare[im->spare[i].from] = im->spare[i].how;
}

static elman_status add_rows(elman_import *im, const piece_lists *lists)
{
    for (size_t i = 0; i <= im->tensors; i++) {
        size_t at = lists->first[i];
        for (; at; at = lists->next[at - 1])
            TRY(add_piece_row(im, im->piece + at - 1));
        if (i == im->tensors || lists->first[i]) continue;
        elman_import_row *row = add_row(im, im->tensor + i);
        if (im->own) row->to = row->from;
        else if (lists->spare[i]) row->to = "";
        if (im->own) row->how = how_text(im, im->tensor + i, NULL);
        else if (lists->spare[i]) row->how = lists->spare[i];
        if (!row->how) return ELMAN_NO_MEMORY;
    }
    return ELMAN_OK;
}

elman_status import_make_rows(elman_import *im)
{
    elman_status status = ELMAN_NO_MEMORY;
    size_t most = im->tensors + im->pieces + 1;
    piece_lists lists = {
        .first = calloc(im->tensors + 1, sizeof *lists.first),
        .next = calloc(im->pieces + 1, sizeof *lists.next),
        .spare = calloc(im->tensors + 1, sizeof *lists.spare),
    };
    im->row = calloc(most, sizeof *im->row);
    if (lists.first && lists.next && lists.spare && im->row) {
        list_pieces(im, &lists);
        status = add_rows(im, &lists);
    }
    if (status)
        status = failure(status, "no memory for a table of %zu rows", most);
    free(lists.first);
    free(lists.next);
    free(lists.spare);
    return status;
}
