/* rows.c: the table that says what became of each tensor. */
#include "import/rows.h"

#include "import/leftover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- What people should know of the numbers ----------------------------- */

typedef struct oddities {
    size_t nan, infinite;
} oddities;

/* Counts them as float32, which they will be. */
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

/* "as it is", and what there is to say about the numbers. */
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

/* Adds a row for a tensor, or for zeros if t is NULL. */
static elman_import_row *add_row(elman_import *im, const named_tensor *t)
{
    elman_import_row *row = im->rows + im->row_count++;
    *row = (elman_import_row){.from = "", .type = "", .how = ""};
    if (!t) return row;

    row->from = t->name;
    row->type = element_name(t->type);
    row->rank = t->rank;
    memcpy(row->shape, t->shape, t->rank * sizeof *row->shape);
    return row;
}

/* What a slice says of itself, or else a note on its tensor. */
static const char *said_of(const elman_import *im, const tensor_slice *p)
{
    for (size_t i = im->note_count; !p->how && i-- > 0;)
        if (im->notes[i].from == p->from) return im->notes[i].how;
    return p->how;
}

static elman_status add_slice_row(elman_import *im, const tensor_slice *p)
{
    bool nothing = p->from == FROM_NOTHING;
    const named_tensor *t = nothing ? NULL : im->weights.tensors + p->from;
    elman_import_row *row = add_row(im, t);

    row->to = p->parameter;
    row->how =
        nothing ? (p->how ? p->how : "zero") : how_text(im, t, said_of(im, p));
    return row->how ? ELMAN_OK : ELMAN_NO_MEMORY;
}

/* Where the slices of each tensor are: those of tensor i are next[at[i]], and
 * so on, in their order; the last list is of those from nothing. */
typedef struct slice_lists {
    size_t *first;      /* (tensors + 1) index + 1 of a slice, 0 ends */
    size_t *next;       /* (slices) */
    const char **spare; /* (tensors) how it is left out, or NULL */
} slice_lists;

static void list_slices(const elman_import *im, slice_lists *lists)
{
    /* from the last on, so that each list is in order */
    for (size_t i = im->weights.slice_count; i-- > 0;) {
        size_t from = im->weights.slices[i].from;
        if (from == FROM_NOTHING) from = im->weights.tensor_count;
        lists->next[i] = lists->first[from];
        lists->first[from] = i + 1;
    }

    for (size_t i = 0; i < im->spare_count; i++)
        lists->spare[im->spares[i].from] = im->spares[i].how;
}

static elman_status add_rows(elman_import *im, const slice_lists *lists)
{
    for (size_t i = 0; i <= im->weights.tensor_count; i++) {
        size_t at = lists->first[i];

        /* a row for each slice of the tensor */
        for (; at; at = lists->next[at - 1])
            TRY(add_slice_row(im, im->weights.slices + at - 1));
        if (i == im->weights.tensor_count || lists->first[i]) continue;

        /* or one that says why it fills no parameter */
        elman_import_row *row = add_row(im, im->weights.tensors + i);
        if (im->own) row->to = row->from;
        else if (lists->spare[i]) row->to = "";

        if (!im->own && !lists->spare[i]) {
            char what[LONGEST_ADVICE];
            leftover_print(im, i, sizeof what, what);
            row->how = import_text(im, "%s", what);
        }
        if (im->own) row->how = how_text(im, im->weights.tensors + i, NULL);
        else if (lists->spare[i]) row->how = lists->spare[i];
        if (!row->how) return ELMAN_NO_MEMORY;
    }
    return ELMAN_OK;
}

elman_status import_make_rows(elman_import *im)
{
    elman_status status = ELMAN_NO_MEMORY;
    size_t most = im->weights.tensor_count + im->weights.slice_count + 1;

    slice_lists lists = {
        .first = calloc(im->weights.tensor_count + 1, sizeof *lists.first),
        .next = calloc(im->weights.slice_count + 1, sizeof *lists.next),
        .spare = calloc(im->weights.tensor_count + 1, sizeof *lists.spare),
    };

    im->rows = calloc(most, sizeof *im->rows);

    /* a row for each slice, each other tensor and each zero parameter */
    if (lists.first && lists.next && lists.spare && im->rows) {
        list_slices(im, &lists);
        status = add_rows(im, &lists);
    }

    if (status)
        status = failure(status, "no memory for a table of %zu rows", most);
    free(lists.first);
    free(lists.next);
    free(lists.spare);
    return status;
}
