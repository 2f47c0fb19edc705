/* walk.c: see walk.h. */
#include "data/walk.h"

#include "base/stop.h"

#include "data/encoding.h"
#include "data/lent.h"

#include <math.h>

enum { AT_ONCE = 4096 }; /* numbers, of lent ones */

elman_status walk_training(const elman_dataset *dataset, row_walk *walk,
                           span **spans)
{
    const elman_encoding *e = dataset->encoding;
    *walk = (row_walk){.dataset = dataset,
                       .raw = dataset->kept ? NULL : dataset->raw.values,
                       .lent = dataset->lent.x,
                       .fill = e->fill,
                       .columns = e->input_size};
    *spans = NULL;
    TRY(walk->lent
            ? lent_spans(dataset, spans, &walk->count)
            : training_spans(dataset, dataset->kept, spans, &walk->count));
    walk->spans = *spans;
    return ELMAN_OK;
}

void walk_again(row_walk *w) { w->at = w->done = 0; }

/* Some lent rows as double. */
static elman_status next_lent(row_walk *w, size_t first, size_t left,
                              size_t *count)
{
    numbers *to = &w->reader.rows;
    *count = AT_ONCE / w->columns;
    if (*count < 1) *count = 1;
    if (*count > left) *count = left;
    TRY(numbers_reserve(to, *count * w->columns));

    const float *from = w->lent + first * w->columns;
    for (size_t k = 0; k < *count; k++)
        for (size_t i = 0; i < w->columns; i++, from++) {
            double value = (double)*from;
            if (w->fill && isnan(value)) value = w->fill[i];
            to->values[k * w->columns + i] = value;
        }
    return ELMAN_OK;
}

elman_status walk_next(row_walk *w, const double **rows, size_t *count)
{
    *count = 0;
    TRY(stop_check());
    if (w->at == w->count) return ELMAN_OK;
    const span *s = &w->spans[w->at];
    size_t first = s->first + w->done, left = s->length - w->done;

    if (w->raw) {
        *rows = w->raw + first * w->columns;
        *count = left;
    } else if (w->lent) {
        TRY(next_lent(w, first, left, count));
        *rows = w->reader.rows.values;
    } else {
        size_t steps = w->dataset->sequences[first].length;
        TRY(w->targets ? case_targets(w->dataset, first, 0, steps, &w->reader)
                       : case_read(w->dataset, first, &w->reader));
        *rows = w->reader.rows.values;
        *count = w->reader.rows.count / w->columns;
    }

    /* of cases in files a span is one */
    w->done += w->raw || w->lent ? *count : 1;
    if (w->done == s->length) {
        w->at++;
        w->done = 0;
    }
    return ELMAN_OK;
}
