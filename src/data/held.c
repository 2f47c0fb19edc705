/* held.c: how many bytes a dataset holds. */
#include "data/store.h"

static size_t numbers_bytes(const numbers *n)
{
    return n->values ? n->room * sizeof *n->values : 0;
}

/* So many of them, if the list is there. */
static size_t list_bytes(const void *list, size_t count, size_t bytes)
{
    return list ? count * bytes : 0;
}

/* The numbers of all sequences. */
static size_t value_bytes(const elman_dataset *d)
{
    size_t rows = d->per_step ? d->row_count : d->sequence_count;
    size_t I = d->encoding->input_size, O = d->encoding->target_count;
    return numbers_bytes(&d->raw) + numbers_bytes(&d->raw_targets) +
           numbers_bytes(&d->levels) + numbers_bytes(&d->moved) +
           list_bytes(d->x, d->row_count * I, sizeof *d->x) +
           list_bytes(d->values, d->raw_targets.count, sizeof *d->values) +
           list_bytes(d->lent.copy, rows * O, sizeof *d->lent.copy) +
           list_bytes(d->classes, d->class_room, sizeof *d->classes);
}

/* Where they stand in the file. */
static size_t place_bytes(const elman_dataset *d)
{
    size_t rows = d->row_room, lines = d->line_room;
    return list_bytes(d->sequences, d->sequence_room, sizeof *d->sequences) +
           list_bytes(d->row_lines, rows, sizeof *d->row_lines) +
           list_bytes(d->row_steps, rows, sizeof *d->row_steps) +
           list_bytes(d->times.at, rows, sizeof *d->times.at) + d->times.room +
           list_bytes(d->sequence_lines, lines, sizeof *d->sequence_lines) +
           list_bytes(d->row_dropped, rows, sizeof *d->row_dropped) +
           list_bytes(d->row_unasked, rows, sizeof *d->row_unasked);
}

size_t dataset_bytes(const elman_dataset *d)
{
    size_t bytes = value_bytes(d) + place_bytes(d);
    for (int part = 0; part < PART_COUNT; part++) {
        const token_row *row = &d->rows[part];
        bytes += list_bytes(d->ids[part], d->size[part], sizeof *d->ids[part]);
        bytes += list_bytes(row->own, row->count, (size_t)row->width);
    }

    /* lists that are larger lie in files, of which no more is loaded */
    return d->memory && bytes > d->memory ? d->memory : bytes;
}
