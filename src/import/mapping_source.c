/* mapping_source.c: what a parameter is made of, as rectangles of tensors. */
#include "import/mapping_source.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- What is said of it -------------------------------------------------- */

static void say(char *how, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds "row 1, " to what the table says; what has no room is left out. */
static void say(char *how, const char *format, ...)
{
    size_t used = strlen(how);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(how + used, LONGEST_HOW - used, format, arguments);
    va_end(arguments);
}

static elman_status bad_part(const tensor_part *part, const char *field,
                             const char *expected)
{
    char shape[100];
    shape_print(part->rank, part->shape, sizeof shape, shape);
    return failure(ELMAN_BAD_FORMAT, "%s of an array of shape %s, expected %s",
                   field, shape, expected);
}

/* ---- A part of one tensor ------------------------------------------------ */

/* Steps of elements that lie one behind another, each by step. */
static void set_steps(tensor_part *part, size_t step)
{
    for (size_t i = part->rank; i-- > 0;) {
        part->step[i] = step;
        step *= part->shape[i];
    }
}

elman_status part_take(const elman_import *im, size_t from, tensor_part *part)
{
    const named_tensor *t = im->weights.tensors + from;
    *part = (tensor_part){.from = from, .rank = t->rank};
    memcpy(part->shape, t->shape, sizeof part->shape);
    set_steps(part, 1);

    if (element_is_float(t->type)) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s has the type %s, expected floats", t->name,
                   element_name(t->type));
}

/* How many elements, which fit: they are in the tensor. */
static size_t part_count(const tensor_part *part)
{
    size_t count = 1;
    for (size_t i = 0; i < part->rank; i++)
        count *= part->shape[i];
    return count;
}

/* Cuts an axis of size elements. */
static bool cut(const slice_range *r, size_t *offset, size_t *size,
                size_t *step)
{
    if (r->begin >= r->end || r->end > *size || r->step == 0) return false;
    *offset += r->begin * *step;
    *size = (r->end - r->begin - 1) / r->step + 1;

    /* of one element alone the step may be anything */
    *step = *size > 1 ? *step * r->step : 0;
    return true;
}

static void say_range(char *how, const char *field, const slice_range *r)
{
    say(how, "%s %zu to %zu, ", field, r->begin, r->end);
    if (r->step > 1) say(how, "each %zu, ", r->step);
}

/* Says which range was found, and what the bounds are. */
static elman_status bad_range(const char *field, const slice_range *r,
                              const tensor_part *part, size_t size)
{
    char found[80], expected[120];
    snprintf(found, sizeof found, "%s [%zu,%zu,%zu]", field, r->begin, r->end,
             r->step);
    snprintf(expected, sizeof expected,
             "[begin,end] or [begin,end,step] with begin below end, an end of "
             "at most %zu and a step of at least 1",
             size);
    return bad_part(part, found, expected);
}

elman_status part_range(tensor_part *part, const slice_range *range)
{
    size_t count = part_count(part), step = 1, all = count;
    if (!cut(range, &part->offset, &count, &step))
        return bad_range("range", range, part, all);

    part->rank = 1;
    part->shape[0] = count;
    part->step[0] = step;
    say_range(part->how, "range", range);
    return ELMAN_OK;
}

elman_status part_reshape(tensor_part *part, size_t rank, const size_t *shape)
{
    size_t count = 1;
    bool fits = rank <= TENSOR_MAX_RANK;
    for (size_t i = 0; fits && i < rank; i++)
        fits = shape[i] && sizes_multiply(count, shape[i], 1, &count);
    if (fits && count != part_count(part)) fits = false;

    char text[100];
    shape_print(rank, shape, sizeof text, text);
    if (!fits) {
        char found[120], expected[60];
        snprintf(found, sizeof found, "shape %s", text);
        snprintf(expected, sizeof expected, "one of %zu elements",
                 part_count(part));
        return bad_part(part, found, expected);
    }

    /* neighbours stay as far apart as they were */
    size_t step = part->rank ? part->step[part->rank - 1] : 1;
    part->rank = rank;
    memcpy(part->shape, shape, rank * sizeof *shape);
    set_steps(part, step);
    say(part->how, "as %s, ", text);
    return ELMAN_OK;
}

elman_status part_row(tensor_part *part, size_t row)
{
    if (part->rank == 0 || row >= part->shape[0]) {
        char found[40], expected[60];
        snprintf(found, sizeof found, "row %zu", row);
        snprintf(expected, sizeof expected, "a row below %zu",
                 part->rank ? part->shape[0] : 0);
        return bad_part(part, found, expected);
    }

    /* the other axes move forward */
    part->offset += row * part->step[0];
    part->rank--;
    memmove(part->shape, part->shape + 1, part->rank * sizeof *part->shape);
    memmove(part->step, part->step + 1, part->rank * sizeof *part->step);
    say(part->how, "row %zu, ", row);
    return ELMAN_OK;
}

elman_status part_slice(tensor_part *part, size_t axis, const char *field,
                        const slice_range *range)
{
    if (part->rank <= axis)
        return bad_part(part, field,
                        axis ? "a matrix" : "a vector or a matrix");

    tensor_part before = *part;
    if (!cut(range, &part->offset, part->shape + axis, part->step + axis))
        return bad_range(field, range, &before, before.shape[axis]);
    say_range(part->how, field, range);
    return ELMAN_OK;
}

/* ---- A source ------------------------------------------------------------ */

elman_status source_take(const tensor_part *part, mapping_source *source)
{
    bool matrix = part->rank == 2;
    if (part->rank != 1 && !matrix)
        return bad_part(part, "a source",
                        "a vector or a matrix (\"shape\" makes one)");

    /* the whole part, from the first row and column on */
    *source = (mapping_source){.rank = part->rank,
                               .rows = part->shape[0],
                               .columns = matrix ? part->shape[1] : 1,
                               .count = 1};
    source->parts[0] = (source_part){.rows = source->rows,
                                     .columns = source->columns,
                                     .from = part->from,
                                     .offset = part->offset,
                                     .row_step = part->step[0],
                                     .column_step = matrix ? part->step[1] : 0,
                                     .scale = 1};
    memcpy(source->parts[0].how, part->how, sizeof part->how);
    return ELMAN_OK;
}

elman_status source_constant(double value, size_t rank, const size_t *shape,
                             mapping_source *source)
{
    if (rank > 2)
        return failure(ELMAN_BAD_FORMAT,
                       "it has a value with a shape of %zu "
                       "axes, expected at most 2",
                       rank);

    /* without a shape it is as large as what it fills */
    *source = (mapping_source){.rank = rank,
                               .rows = rank ? shape[0] : 1,
                               .columns = rank == 2 ? shape[1] : 1,
                               .count = 1};
    source_part *p = source->parts;
    *p = (source_part){.rows = source->rows,
                       .columns = source->columns,
                       .from = FROM_NOTHING,
                       .scale = 1,
                       .constant = value};
    if (value != 0) say(p->how, "%.9g, ", value);
    else say(p->how, "zero, ");
    return ELMAN_OK;
}

/* Where next may stand behind source along axis. */
static bool may_join(const mapping_source *source, const mapping_source *next,
                     size_t axis)
{
    size_t a = axis ? source->rows : source->columns;
    size_t b = axis ? next->rows : next->columns;
    return next->rank > axis && next->rank == source->rank && a == b;
}

elman_status source_join(mapping_source *source, const mapping_source *next,
                         size_t axis)
{
    if (!source->count) *source = (mapping_source){.rank = next->rank};
    else if (!may_join(source, next, axis))
        return failure(ELMAN_BAD_FORMAT,
                       "it joins (%zu,%zu) and (%zu,%zu) along axis %zu, "
                       "expected the same %s",
                       source->rows, source->columns, next->rows, next->columns,
                       axis, axis ? "rows" : "columns");

    if (source->count + next->count > MOST_PARTS)
        return failure(ELMAN_BAD_FORMAT,
                       "it joins more than %d parts, expected at most as many",
                       MOST_PARTS);

    /* the parts, moved behind those that are there */
    size_t row = axis ? 0 : source->rows, column = axis ? source->columns : 0;
    for (size_t i = 0; i < next->count; i++) {
        source_part *p = source->parts + source->count++;
        *p = next->parts[i];
        p->row += row;
        p->column += column;
    }

    source->rows = row + next->rows;
    source->columns = column + next->columns;
    return ELMAN_OK;
}

static void swap(size_t *a, size_t *b)
{
    size_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Rows become columns. */
static void turn(mapping_source *source)
{
    swap(&source->rows, &source->columns);
    for (size_t i = 0; i < source->count; i++) {
        source_part *p = source->parts + i;
        swap(&p->row, &p->column);
        swap(&p->rows, &p->columns);
        swap(&p->row_step, &p->column_step);
    }
}

elman_status source_transpose(mapping_source *source)
{
    if (source->rank != 2)
        return failure(ELMAN_BAD_FORMAT,
                       "it transposes a vector, expected a matrix");

    turn(source);
    source->turned = true;
    for (size_t i = 0; i < source->count; i++)
        say(source->parts[i].how, "transposed, ");
    return ELMAN_OK;
}

void source_scale(mapping_source *source, double scale)
{
    for (size_t i = 0; i < source->count; i++) {
        source_part *p = source->parts + i;
        p->scale *= scale;
        p->constant *= scale;
        say(p->how, "times %.9g, ", scale);
    }
}

/* ---- A parameter --------------------------------------------------------- */

/* A parameter that is being filled, as rows and columns. */
typedef struct filling {
    elman_import *import;
    const parameter *target;
    size_t rows, columns; /* of the target, or of the source's gates */
    size_t unit;          /* rows of a gate */
    size_t gate_count;    /* that the source has, 0: it names none */
    size_t order[ELMAN_MAX_GATES];
    gate_letters letters;
    bool added;
} filling;

/* Gives a source the shape that is wanted: a constant has any, and a vector may
 * stand for a matrix of one row or column, and that for a vector. */
static bool adapt_shape(mapping_source *s, size_t rank, size_t rows,
                        size_t columns)
{
    if (s->rank == 0) {
        s->rank = rank;
        s->rows = s->parts[0].rows = rows;
        s->columns = s->parts[0].columns = columns;
    }

    /* a row and a vector differ only in how they are written */
    if (s->rank != rank && s->rows == columns && s->columns == rows) turn(s);
    return s->rows == rows && s->columns == columns;
}

static elman_status bad_shape(const filling *f, const mapping_source *s)
{
    char got[100], expected[100], gates[60] = "", from[300] = "";
    size_t shape[] = {s->rows, s->columns}, want[] = {f->rows, f->columns};
    const source_part *p = s->parts;

    shape_print(s->rank, shape, sizeof got, got);
    shape_print(f->target->rank, want, sizeof expected, expected);
    if (f->gate_count)
        snprintf(gates, sizeof gates, " for the gates %.20s", s->gates);

    /* a tensor with its own shape; of several the first */
    if (p->from != FROM_NOTHING) {
        const named_tensor *t = f->import->weights.tensors + p->from;
        char own[100];
        shape_print(t->rank, t->shape, sizeof own, own);
        snprintf(from, sizeof from, "%s the tensor %.80s %s",
                 s->count > 1 ? " a join that begins with" : "", t->name, own);
    }

    bool turn = s->rank == 2 && s->rows == f->columns && s->columns == f->rows;
    return failure(ELMAN_BAD_FORMAT, "%s gives the shape %s, expected %s%s%s",
                   *from ? from + (*from == ' ') : "a constant", got, expected,
                   gates,
                   !turn       ? ""
                   : s->turned ? ", which it has without \"transpose\""
                               : ", which \"transpose\": true makes");
}

/* What the table says of a slice. */
static const char *describe(const filling *f, const source_part *p,
                            const char *gates, const char *ours)
{
    char how[2 * LONGEST_HOW];
    snprintf(how, sizeof how, "%s", p->how);
    size_t used = strlen(how);
    bool moved = gates && strcmp(gates, ours) != 0;
    if (gates)
        used += (size_t)snprintf(how + used, sizeof how - used,
                                 moved ? "gate%s %s to %s, " : "gate%s %s, ",
                                 gates[1] ? "s" : "", gates, ours);
    if (f->added) snprintf(how + used, sizeof how - used, "added, ");

    /* without the last comma */
    size_t bytes = strlen(how);
    return bytes ? import_text(f->import, "%.*s", (int)(bytes - 2), how)
                 : "as it is";
}

/* Adds a slice that fills rows [to_row, to_row + rows) with those of p from
 * skip on. */
static elman_status add_slice(const filling *f, const source_part *p,
                              size_t skip, size_t rows, size_t to_row,
                              const char *gates, const char *ours)
{
    tensor_slice made = {.from = p->from,
                         .offset = p->offset + skip * p->row_step,
                         .row_step = p->row_step,
                         .column_step = p->column_step,
                         .blocks = 1,
                         .to_row = to_row,
                         .to_rows = rows,
                         .to_column = p->column,
                         .to_columns = p->columns,
                         .scale = p->scale,
                         .constant = p->constant};
    snprintf(made.parameter, sizeof made.parameter, "%s", f->target->name);
    made.how = describe(f, p, gates, ours);
    return made.how ? weights_add(&f->import->weights, &made) : ELMAN_NO_MEMORY;
}

/* The rows of a part that are of block j, moved to that gate's place. */
static elman_status add_gate(const filling *f, const source_part *p, size_t j,
                             const char *gates)
{
    size_t before = j * f->unit, after = before + f->unit;
    size_t first = p->row > before ? p->row : before;
    size_t last = p->row + p->rows < after ? p->row + p->rows : after;
    if (first >= last) return ELMAN_OK;

    const char from[] = {gates[j], 0};
    const char to[] = {f->letters.ours[f->order[j]], 0};
    return add_slice(f, p, first - p->row, last - first,
                     f->order[j] * f->unit + first - before, from, to);
}

/* All gates of one part at once, so that the table has one row for it. */
static elman_status add_all_gates(const filling *f, const source_part *p,
                                  const char *gates)
{
    TRY(add_slice(f, p, 0, p->rows, 0, gates, f->letters.ours));
    tensor_slice *made =
        f->import->weights.slices + f->import->weights.slice_count - 1;
    made->blocks = f->gate_count;
    for (size_t j = 0; j < f->gate_count; j++)
        made->order[f->order[j]] = j;
    return ELMAN_OK;
}

static elman_status add_part(const filling *f, const source_part *p,
                             const char *gates)
{
    if (!f->gate_count) return add_slice(f, p, 0, p->rows, p->row, NULL, NULL);
    if (f->gate_count == f->letters.count && p->row == 0 && p->rows == f->rows)
        return add_all_gates(f, p, gates);

    for (size_t j = 0; j < f->gate_count; j++)
        TRY(add_gate(f, p, j, gates));
    return ELMAN_OK;
}

elman_status source_fill(elman_import *im, const mapping_source *source,
                         const parameter *target, bool added, bool *covered)
{
    mapping_source s = *source;
    filling f = {.import = im,
                 .target = target,
                 .rows = target->shape[0],
                 .columns = target->rank > 1 ? target->shape[1] : 1,
                 .letters = gates_of(&im->config, target),
                 .added = added};

    /* some gates alone have only their rows */
    if (s.gates) {
        TRY(gates_order(&f.letters, s.gates, f.order));
        f.gate_count = strlen(s.gates);
        f.unit = f.rows / f.letters.count;
        f.rows = f.gate_count * f.unit;
    }

    if (!adapt_shape(&s, target->rank, f.rows, f.columns))
        return bad_shape(&f, &s);

    for (size_t j = 0; j < ELMAN_MAX_GATES; j++)
        if (!f.gate_count) covered[j] = true;
        else if (j < f.gate_count) covered[f.order[j]] = true;

    for (size_t i = 0; i < s.count; i++)
        TRY(add_part(&f, s.parts + i, s.gates));
    return ELMAN_OK;
}
