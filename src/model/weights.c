/*
 * weights.c: where the weights of a model are. Each has a home among the packed
 * copies, rows of a parameter together; the flat array and what only training
 * reads are made from there when something first needs them.
 */
#include "model/model.h"

#include <stdatomic.h>
#include <string.h>

#include "base/thread.h"

/* ---- Rows --------------------------------------------------------------- */

static size_t column_count(const parameter *p)
{
    return p->rank > 1 ? p->shape[1] : 1;
}

/* Rows of a plain copy that are taken at once: some kilobytes. */
static size_t plain_rows(size_t columns)
{
    enum { SOME = 1 << 12 };
    return columns < SOME ? SOME / columns : 1;
}

/* How many of its rows lie before a copy. */
static size_t rows_before(const parameter *p, const packed_copy *c)
{
    return (c->from - p->offset) / column_count(p);
}

static size_t part_count(const parameter *p, const packed_copy *c)
{
    size_t columns = column_count(p), some = plain_rows(columns);
    if (!c->plain) return packed_parts(&c->shape);
    return (c->shape.K / columns + some - 1) / some;
}

bool weight_rows_next(const elman_model *m, const parameter *p,
                      weight_rows *rows)
{
    const packed_copy *c = rows->copy ? rows->copy : m->copies + p->copy_begin;
    size_t part = rows->copy ? rows->part + 1 : 0;
    size_t columns = column_count(p);

    /* the next part, or the first of the next copy */
    if (part == part_count(p, c)) {
        c++;
        part = 0;
    }
    if (c == m->copies + p->copy_end) return false;

    packed_rows at = {.first = part * plain_rows(columns)};
    size_t rest = c->shape.K / columns - at.first;
    at.count = rest < plain_rows(columns) ? rest : plain_rows(columns);
    if (!c->plain) at = packed_part(&c->shape, part);

    *rows = (weight_rows){.first = rows_before(p, c) + at.first,
                          .count = at.count,
                          .columns = columns,
                          .copy = c,
                          .part = part};
    return true;
}

size_t weight_rows_room(const elman_model *m)
{
    size_t most = 0;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        size_t columns = column_count(m->parameters + i);
        size_t plain = plain_rows(columns),
               rows = plain > PANEL ? plain : PANEL;
        if (rows > m->parameters[i].shape[0]) rows = m->parameters[i].shape[0];
        if (rows * columns > most) most = rows * columns;
    }
    return most;
}

/* Where a home begins. */
static const float *home_at(const elman_model *m, const packed_copy *c)
{
    return (c->table ? m->table : m->packed) + c->to;
}

/* How many numbers of a plain copy are before rows. */
static size_t plain_before(const parameter *p, const weight_rows *rows)
{
    return (rows->first - rows_before(p, rows->copy)) * rows->columns;
}

static packed packed_at(const elman_model *m, const packed_copy *c)
{
    packed w = c->shape;
    w.w = m->packed + c->to;
    return w;
}

void weight_rows_read(const elman_model *m, const parameter *p,
                      const weight_rows *rows, float *values)
{
    if (rows->copy->plain) {
        memcpy(values, home_at(m, rows->copy) + plain_before(p, rows),
               rows->count * rows->columns * sizeof *values);
        return;
    }

    packed w = packed_at(m, rows->copy);
    unpack_part(&w, rows->part, values);
}

void weight_rows_write(elman_model *m, const parameter *p,
                       const weight_rows *rows, const float *values)
{
    const packed_copy *c = rows->copy;
    float *to = (c->table ? m->own_table : m->packed) + c->to;
    if (c->plain)
        memmove(to + plain_before(p, rows), values,
                rows->count * rows->columns * sizeof *values);
    else pack_part(&c->shape, rows->part, values, to);
}

static bool rows_are(const elman_model *m, const parameter *p,
                     const weight_rows *rows, const float *values)
{
    if (rows->copy->plain)
        return memcmp(home_at(m, rows->copy) + plain_before(p, rows), values,
                      rows->count * rows->columns * sizeof *values) == 0;

    packed w = packed_at(m, rows->copy);
    return packed_part_is(&w, rows->part, values);
}

/* Whether all of a parameter's homes are as values are. */
static bool homes_are(const elman_model *m, const parameter *p,
                      const float *values)
{
    bool same = true;
    for (size_t i = p->copy_begin; i < p->copy_end && same; i++) {
        const packed_copy *c = m->copies + i;
        const float *from = values + (c->from - p->offset);
        packed w = packed_at(m, c);
        same = c->plain
                   ? memcmp(home_at(m, c), from, c->shape.K * sizeof *from) == 0
                   : packed_is(&w, from);
    }
    return same;
}

/* What is packed in another shape than its home. */
static void pack_others(elman_model *m)
{
    const packed_copy *home = m->copies, *end = m->copies + m->home_count;
    for (const packed_copy *c = end; c < m->copies + m->copy_count && c->again;
         c++) {
        while (home->from < c->from)
            home++;
        packed w = packed_at(m, home);
        pack_again(&w, &c->shape, m->packed + c->to);
    }
}

void model_settle(elman_model *m)
{
    pack_others(m);
    m->changes++;
    for (size_t i = 0; i < m->layer_count; i++)
        if (m->layers[i].kind->pack)
            m->layers[i].kind->pack(m->layers + i, m->packed);
}

/* ---- The flat array ------------------------------------------------------ */

float *model_flat(const elman_model *m)
{
    return atomic_load_explicit(&m->late->flat, memory_order_acquire);
}

const float *model_training(const elman_model *m)
{
    return atomic_load_explicit(&m->late->training, memory_order_acquire);
}

/* A late copy (count), filled by fill unless it is there. Of threads that make
 * it at once the first keeps its own: a lock would stay held in a child of
 * fork, whose other threads are not there. */
static elman_status
make_late(const elman_model *m, _Atomic(float *) *copy, size_t count,
          elman_status (*fill)(const elman_model *m, float *to))
{
    if (atomic_load_explicit(copy, memory_order_acquire)) return ELMAN_OK;

    float *made = block_create(count * sizeof *made), *is = NULL;
    elman_status status =
        made ? fill(m, made)
             : failure(ELMAN_NO_MEMORY, "no memory for a copy of %zu weights",
                       m->info.weight_count);
    bool first = !status && atomic_compare_exchange_strong_explicit(
                                copy, &is, made, memory_order_acq_rel,
                                memory_order_acquire);
    if (!first) block_destroy(made);
    return status;
}

void parameter_read(const elman_model *m, const parameter *p, float *values)
{
    const float *flat = model_flat(m);
    weight_rows rows = {0};
    if (flat) memcpy(values, flat + p->offset, p->count * sizeof *values);
    while (!flat && weight_rows_next(m, p, &rows))
        weight_rows_read(m, p, &rows, values + rows.first * rows.columns);
}

void parameter_read_some(const elman_model *m, const parameter *p, size_t first,
                         size_t count, float *values)
{
    const float *is = parameter_values(m, p);
    size_t columns = column_count(p);
    const packed_copy *c = m->copies + p->copy_begin;
    if (is) memcpy(values, is + first, count * sizeof *values);
    if (is) return;

    /* row by row */
    while (count > 0) {
        size_t row = first / columns, k = first % columns;
        size_t some = columns - k < count ? columns - k : count;
        while (row >= rows_before(p, c) + c->shape.gates * c->shape.H)
            c++;

        packed w = packed_at(m, c);
        unpack_row(&w, row - rows_before(p, c), k, some, values);
        values += some;
        first += some;
        count -= some;
    }
}

void parameter_doubles(const elman_model *m, const parameter *p, double *values)
{
    enum { SOME = 256 };
    float some[SOME];
    for (size_t first = 0; first < p->count; first += SOME) {
        size_t count = p->count - first < SOME ? p->count - first : SOME;
        parameter_read_some(m, p, first, count, some);
        for (size_t i = 0; i < count; i++)
            values[first + i] = (double)some[i];
    }
}

static elman_status fill_flat(const elman_model *m, float *to)
{
    for (size_t i = 0; i < m->info.parameter_count; i++)
        parameter_read(m, m->parameters + i, to + m->parameters[i].offset);
    return ELMAN_OK;
}

elman_status model_make_flat(const elman_model *m)
{
    return make_late(m, &m->late->flat, m->weight_count, fill_flat);
}

const float *parameter_values(const elman_model *m, const parameter *p)
{
    const packed_copy *home = m->copies + p->copy_begin;
    const float *flat = model_flat(m);
    if (home->plain) return home_at(m, home);
    if (flat) return flat + p->offset;
    return m->lent ? m->lent[p - m->parameters] : NULL;
}

const float *parameter_view(const elman_model *m, const parameter *p)
{
    const float *values = parameter_values(m, p);
    if (!values && model_make_flat(m) == ELMAN_OK)
        values = parameter_values(m, p);
    return values;
}

/* ---- What only training reads ------------------------------------------- */

/* Makes slice of slices of a copy from the weights that begin at its from. */
static void make_copy(const packed_copy *c, const float *from, size_t slice,
                      size_t slices, float *to)
{
    size_t groups = c->plain ? c->shape.K : packed_groups(&c->shape);
    size_t begin = groups * slice / slices, end = groups * (slice + 1) / slices;

    if (!c->plain)
        pack_groups(&c->shape, from, c->row, c->column, begin, end, to + c->to);
    else if (end > begin)
        memmove(to + c->to + begin, from + begin, (end - begin) * sizeof *to);
}

/* What training reads of a parameter that has these values. */
static void fill_copies(const elman_model *m, const parameter *p,
                        const float *values, float *to)
{
    for (size_t i = p->training_begin; i < p->training_end; i++)
        make_copy(m->copies + i, values + (m->copies[i].from - p->offset), 0, 1,
                  to);
}

static elman_status fill_training(const elman_model *m, float *to)
{
    /* room for those that no flat copy holds, one at a time */
    size_t most = 0;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        bool read = p->training_begin < p->training_end;
        if (read && !parameter_values(m, p) && p->count > most) most = p->count;
    }

    float *room = block_reserve(most * sizeof *room);
    if (!room)
        return failure(ELMAN_NO_MEMORY, "no memory for a copy of %zu weights",
                       m->info.weight_count);

    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        const float *values = parameter_values(m, p);
        if (p->training_begin == p->training_end) continue;
        if (!values) parameter_read(m, p, room);
        fill_copies(m, p, values ? values : room, to);
    }
    block_destroy(room);
    return ELMAN_OK;
}

elman_status model_make_training(const elman_model *m)
{
    return make_late(m, &m->late->training, m->training_count, fill_training);
}

/* ---- After a change ------------------------------------------------------ */

/* Each copy is cut into as many parts as there are threads. */
typedef struct repack_job {
    const elman_model *m;
    const float *flat;
    float *training; /* or NULL */
    size_t slices;
} repack_job;

static void repack_part(void *context, size_t index)
{
    const repack_job *job = context;
    const packed_copy *c = job->m->copies + index / job->slices;
    if (c->again) return; /* by model_settle */
    float *to = c->table      ? job->m->own_table
                : c->training ? job->training
                              : job->m->packed;
    if (to)
        make_copy(c, job->flat + c->from, index % job->slices, job->slices, to);
}

void model_repack(elman_model *m, int threads)
{
    enum { REPACK_MIN = 1 << 15 }; /* floats; less stays on one thread */
    if (m->packed_count < REPACK_MIN) threads = 1;

    repack_job job = {m, model_flat(m), m->late->training, (size_t)threads};
    thread_run(threads, m->copy_count * job.slices, repack_part, &job);
    model_settle(m);
}

elman_status model_check_own(const elman_model *m)
{
    if (!m->borrows) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the model borrows its weights from memory, expected one of "
                   "its own to change; elman_model_copy makes it");
}

/* ---- Parameters by name -------------------------------------------------- */

static elman_status find_counted(const elman_model *m, const char *name,
                                 size_t count, const parameter **found)
{
    *found = model_find(m, name);
    if (!*found)
        return failure(
            ELMAN_BAD_VALUE, "there is no parameter %.80s; the first is %s",
            name, m->info.parameter_count ? m->parameters[0].name : "none");

    if (count != (*found)->count)
        return failure(ELMAN_BAD_VALUE,
                       "%s: count is %zu, expected %zu elements", name, count,
                       (*found)->count);
    return ELMAN_OK;
}

elman_status model_read(const elman_model *m, const char *name, size_t count,
                        float *values)
{
    const parameter *p;
    TRY(find_counted(m, name, count, &p));
    parameter_read(m, p, values);
    return ELMAN_OK;
}

/* Copies values in where they differ, and packs what they change. */
static bool write_parameter(elman_model *m, const parameter *p,
                            const float *values)
{
    float *flat = model_flat(m), *training = m->late->training;
    size_t bytes = p->count * sizeof *values;

    /* values may be a view of the flat array */
    if (flat) {
        if (memcmp(flat + p->offset, values, bytes) == 0) return false;
        memmove(flat + p->offset, values, bytes);
        values = flat + p->offset;
    }

    /* most writes change all or nothing */
    bool changed = false;
    weight_rows rows = {0};
    if (!flat && homes_are(m, p, values)) return false;
    while (weight_rows_next(m, p, &rows)) {
        const float *from = values + rows.first * rows.columns;
        if (rows_are(m, p, &rows, from)) continue;
        weight_rows_write(m, p, &rows, from);
        changed = true;
    }

    if (changed && training) fill_copies(m, p, values, training);
    return changed;
}

elman_status model_write(elman_model *m, const char *name, size_t count,
                         const float *values)
{
    const parameter *p;
    TRY(model_check_own(m));
    TRY(find_counted(m, name, count, &p));
    if (write_parameter(m, p, values)) model_settle(m);
    return ELMAN_OK;
}

static elman_status check_all(const elman_model *m, size_t count)
{
    if (count == m->info.weight_count) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "count is %zu, expected the model's %zu weights", count,
                   m->info.weight_count);
}

elman_status model_read_all(const elman_model *m, size_t count, float *values)
{
    TRY(check_all(m, count));
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        parameter_read(m, m->parameters + i, values);
        values += m->parameters[i].count;
    }
    return ELMAN_OK;
}

elman_status model_write_all(elman_model *m, size_t count, const float *values)
{
    bool changed = false;
    TRY(model_check_own(m));
    TRY(check_all(m, count));
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        if (write_parameter(m, m->parameters + i, values)) changed = true;
        values += m->parameters[i].count;
    }

    if (changed) model_settle(m);
    return ELMAN_OK;
}
