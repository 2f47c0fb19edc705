/*
 * mapping_read.c: sources from JSON. Whatever order the fields of an object
 * have, they are applied in this one: range, shape, row, rows, cols, transpose,
 * scale.
 */
#include "import/mapping_read.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Fields -------------------------------------------------------------- */

enum {
    FIELD_FROM,
    FIELD_JOIN,
    FIELD_VALUE,
    FIELD_VALUES,
    FIELD_ZERO,
    FIELD_RANGE,
    FIELD_SHAPE,
    FIELD_ROW,
    FIELD_ROWS,
    FIELD_COLS,
    FIELD_TRANSPOSE,
    FIELD_SCALE,
    FIELD_AXIS,
    FIELD_GATES,
    FIELD_COUNT
};

/* What a field goes with: bits of the first five. */
#define OF(field) (1u << FIELD_##field)

static const struct {
    const char *name;
    unsigned with;
} fields[FIELD_COUNT] = {
    [FIELD_FROM] = {"from", OF(FROM)},
    [FIELD_JOIN] = {"join", OF(JOIN)},
    [FIELD_VALUE] = {"value", OF(VALUE)},
    [FIELD_VALUES] = {"values", OF(VALUES)},
    [FIELD_ZERO] = {"zero", OF(ZERO)},
    [FIELD_RANGE] = {"range", OF(FROM)},
    [FIELD_SHAPE] = {"shape", OF(FROM) | OF(VALUE) | OF(VALUES) | OF(ZERO)},
    [FIELD_ROW] = {"row", OF(FROM)},
    [FIELD_ROWS] = {"rows", OF(FROM)},
    [FIELD_COLS] = {"cols", OF(FROM)},
    [FIELD_TRANSPOSE] = {"transpose", OF(FROM) | OF(JOIN) | OF(VALUES)},
    [FIELD_SCALE] = {"scale", OF(FROM) | OF(JOIN)},
    [FIELD_AXIS] = {"axis", OF(JOIN)},
    [FIELD_GATES] = {"gates",
                     OF(FROM) | OF(JOIN) | OF(VALUE) | OF(VALUES) | OF(ZERO)},
};

/* The fields of one object, NULL where it has none. */
typedef struct field_set {
    const json_node *at[FIELD_COUNT];
    unsigned kind; /* the bit of its first field */
} field_set;

static elman_status bad_field(const json_node *node, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT, "its field %.40s is not %s", node->key,
                   expected);
}

/* Sorts the members of an object into fields. */
static elman_status sort_fields(const json_node *node, field_set *set)
{
    *set = (field_set){.kind = 0};
    for (const json_node *at = node->is.first; at; at = at->next) {
        size_t i = 0;
        while (i < FIELD_COUNT && strcmp(fields[i].name, at->key) != 0)
            i++;
        if (i == FIELD_COUNT)
            return failure(ELMAN_BAD_FORMAT,
                           "it has the field %.40s, expected from, join, "
                           "value, values or zero, and with it range, shape, "
                           "row, rows, cols, transpose, scale, axis or gates",
                           at->key);
        set->at[i] = at;
        if (i <= FIELD_ZERO) set->kind |= 1u << i;
    }

    /* exactly one says what it is, and the others go with that */
    if (!set->kind || set->kind & (set->kind - 1))
        return failure(ELMAN_BAD_FORMAT,
                       "it names neither a tensor (from) nor one of join, "
                       "value, values and zero alone");
    for (size_t i = FIELD_RANGE; i < FIELD_COUNT; i++)
        if (set->at[i] && !(fields[i].with & set->kind))
            return failure(ELMAN_BAD_FORMAT,
                           "its field %s has no use here, where no %s is",
                           fields[i].name, i == FIELD_AXIS ? "join" : "tensor");
    return ELMAN_OK;
}

/* ---- Values of fields ---------------------------------------------------- */

static elman_status read_flag(const json_node *node, bool *flag)
{
    if (!node) return ELMAN_OK;
    if (node->kind != JSON_KIND_TRUE && node->kind != JSON_KIND_FALSE)
        return failure(ELMAN_BAD_FORMAT,
                       "its field %.20s is neither true nor false", node->key);
    *flag = node->kind == JSON_KIND_TRUE;
    return ELMAN_OK;
}

static bool read_size(const json_node *node, size_t *size)
{
    int64_t whole;
    return json_whole(node, &whole) && whole >= 0 &&
           size_narrow((uint64_t)whole, size);
}

/* [begin,end] or [begin,end,step] */
static elman_status read_range(const json_node *node, slice_range *range)
{
    size_t *to[] = {&range->begin, &range->end, &range->step};
    size_t i = 0;
    range->step = 1;

    bool fits =
        node->kind == JSON_KIND_LIST && (node->count == 2 || node->count == 3);
    for (const json_node *at = fits ? node->is.first : NULL; at && fits;
         at = at->next)
        fits = read_size(at, to[i++]);
    return fits ? ELMAN_OK
                : bad_field(node, "a list [begin,end] or [begin,end,step] of "
                                  "whole numbers of at least 0, each " A_SIZE);
}

static elman_status read_shape(const json_node *node, size_t *rank,
                               size_t *shape)
{
    bool fits = node->kind == JSON_KIND_LIST && node->count &&
                node->count <= TENSOR_MAX_RANK;
    *rank = 0;
    for (const json_node *at = fits ? node->is.first : NULL; at && fits;
         at = at->next)
        fits = read_size(at, &shape[*rank]) && shape[(*rank)++];
    return fits ? ELMAN_OK
                : bad_field(node, "a list of 1 to 8 sizes of at least 1, "
                                  "each " A_SIZE);
}

static elman_status read_number(const json_node *node, double *value)
{
    return json_number(node, value) && isfinite((float)*value)
               ? ELMAN_OK
               : bad_field(node, "a number that a float32 can hold");
}

/* ---- A tensor ------------------------------------------------------------ */

ptrdiff_t mapping_find(const elman_import *im, const char *name)
{
    for (size_t i = 0; name && i < im->weights.tensor_count; i++)
        if (strcmp(im->weights.tensors[i].name, name) == 0) return (ptrdiff_t)i;
    return NOWHERE;
}

/* What range, shape, row, rows and cols leave of a tensor. */
static elman_status read_part(const field_set *set, tensor_part *part)
{
    slice_range range;
    size_t rank, shape[TENSOR_MAX_RANK], row;

    /* of all elements some, in a shape of their own */
    if (set->at[FIELD_RANGE]) {
        TRY(read_range(set->at[FIELD_RANGE], &range));
        TRY(part_range(part, &range));
    }
    if (set->at[FIELD_SHAPE]) {
        TRY(read_shape(set->at[FIELD_SHAPE], &rank, shape));
        TRY(part_reshape(part, rank, shape));
    }

    /* of that a row, or rows and columns */
    if (set->at[FIELD_ROW]) {
        if (!read_size(set->at[FIELD_ROW], &row))
            return bad_field(set->at[FIELD_ROW],
                             "a row, a whole number of at least 0 and " A_SIZE);
        TRY(part_row(part, row));
    }

    for (size_t axis = 0; axis < 2; axis++) {
        size_t field = axis ? FIELD_COLS : FIELD_ROWS;
        if (!set->at[field]) continue;
        TRY(read_range(set->at[field], &range));
        TRY(part_slice(part, axis, fields[field].name, &range));
    }
    return ELMAN_OK;
}

static elman_status read_tensor(const elman_import *im, const field_set *set,
                                mapping_source *source)
{
    const char *name = json_text(set->at[FIELD_FROM]);
    ptrdiff_t from = mapping_find(im, name);
    tensor_part part;

    if (from == NOWHERE)
        return failure(ELMAN_BAD_FORMAT,
                       "it asks for the tensor %.80s, which the file does not "
                       "have%s%.80s",
                       name ? name : "(no text)",
                       im->weights.tensor_count ? "; its first is " : "",
                       im->weights.tensor_count ? im->weights.tensors[0].name
                                                : "");

    TRY(part_take(im, (size_t)from, &part));
    TRY(read_part(set, &part));
    return source_take(&part, source);
}

/* ---- Constants ----------------------------------------------------------- */

/* Rows and columns of a list of numbers, or of lists of as many numbers. */
static bool measure_values(const json_node *node, size_t *rank, size_t *shape)
{
    if (node->kind != JSON_KIND_LIST || !node->count) return false;
    *rank = node->is.first->kind == JSON_KIND_LIST ? 2 : 1;
    shape[0] = node->count;
    shape[1] = *rank == 2 ? node->is.first->count : 1;

    for (const json_node *at = node->is.first; at && *rank == 2; at = at->next)
        if (at->kind != JSON_KIND_LIST || at->count != shape[1]) return false;
    return shape[1] > 0;
}

static elman_status copy_values(const json_node *list, float *values,
                                size_t *used)
{
    for (const json_node *at = list->is.first; at; at = at->next) {
        double value;
        if (!json_number(at, &value) || !isfinite((float)value))
            return failure(ELMAN_BAD_FORMAT,
                           "its field values holds something that is not a "
                           "number that a float32 can hold");
        values[(*used)++] = (float)value;
    }
    return ELMAN_OK;
}

/* Constants become a tensor of the import's own. */
static elman_status read_values(elman_import *im, const field_set *set,
                                mapping_source *source)
{
    const json_node *node = set->at[FIELD_VALUES];
    size_t rank, shape[2], index, used = 0;
    tensor_part part;
    if (!measure_values(node, &rank, shape))
        return bad_field(node, "a list of numbers, or of lists of as many "
                               "numbers each");

    /* the tensor, and its numbers row by row */
    float *values = import_make_tensor(im, "values", rank, shape, &index);
    if (!values) return ELMAN_NO_MEMORY;

    if (rank == 1) TRY(copy_values(node, values, &used));
    for (const json_node *at = rank == 2 ? node->is.first : NULL; at;
         at = at->next)
        TRY(copy_values(at, values, &used));

    TRY(part_take(im, index, &part));
    TRY(read_part(set, &part));
    return source_take(&part, source);
}

/* One number, which has any shape unless it says its own. */
static elman_status read_value(const field_set *set, mapping_source *source)
{
    size_t rank = 0, shape[TENSOR_MAX_RANK];
    double value = 0;
    bool zero = false;

    /* zero is a value as well */
    TRY(read_flag(set->at[FIELD_ZERO], &zero));
    if (set->at[FIELD_ZERO] && !zero)
        return bad_field(set->at[FIELD_ZERO], "true");
    if (set->at[FIELD_VALUE]) TRY(read_number(set->at[FIELD_VALUE], &value));
    if (set->at[FIELD_SHAPE])
        TRY(read_shape(set->at[FIELD_SHAPE], &rank, shape));
    return source_constant(value, rank, shape, source);
}

/* ---- Sources ------------------------------------------------------------- */

/* What is done to a source once its parts are there. */
static elman_status finish_source(const field_set *set, mapping_source *source)
{
    double scale;
    bool transpose = false;
    TRY(read_flag(set->at[FIELD_TRANSPOSE], &transpose));
    if (transpose) TRY(source_transpose(source));

    if (!set->at[FIELD_SCALE]) return ELMAN_OK;
    TRY(read_number(set->at[FIELD_SCALE], &scale));
    if (scale == 0)
        return bad_field(set->at[FIELD_SCALE],
                         "a number other than 0 (\"zero\" alone is that)");
    source_scale(source, scale);
    return ELMAN_OK;
}

static elman_status read_single(elman_import *im, const field_set *set,
                                mapping_source *source)
{
    if (set->kind & OF(FROM)) TRY(read_tensor(im, set, source));
    else if (set->kind & OF(VALUES)) TRY(read_values(im, set, source));
    else TRY(read_value(set, source));
    return finish_source(set, source);
}

/* A source that is no join. */
static elman_status read_plain(elman_import *im, const json_node *node,
                               mapping_source *source)
{
    field_set set = {.kind = OF(FROM)};
    if (node->kind == JSON_KIND_TEXT) set.at[FIELD_FROM] = node;
    else if (node->kind == JSON_KIND_OBJECT) TRY(sort_fields(node, &set));
    else return failure(ELMAN_BAD_FORMAT, "it is neither a name nor an object");

    if (set.kind & OF(JOIN) || set.at[FIELD_GATES])
        return failure(ELMAN_BAD_FORMAT,
                       "a part of its join has the field %s, expected it "
                       "beside join alone",
                       set.kind & OF(JOIN) ? "join" : "gates");
    return read_single(im, &set, source);
}

static elman_status read_join(elman_import *im, const field_set *set,
                              mapping_source *source)
{
    const json_node *node = set->at[FIELD_JOIN];
    size_t axis = 0;
    if (set->at[FIELD_AXIS] &&
        (!read_size(set->at[FIELD_AXIS], &axis) || axis > 1))
        return bad_field(set->at[FIELD_AXIS], "0 (rows) or 1 (columns)");
    if (node->kind != JSON_KIND_LIST || !node->count)
        return bad_field(node, "a list of sources");

    /* part by part, each with a shape */
    mapping_source *part = malloc(sizeof *part);
    if (!part) return failure(ELMAN_NO_MEMORY, "no memory for a mapping");

    elman_status status = ELMAN_OK;
    *source = (mapping_source){.count = 0};
    for (const json_node *at = node->is.first; at && !status; at = at->next) {
        status = read_plain(im, at, part);
        if (!status && part->rank == 0)
            status = failure(ELMAN_BAD_FORMAT,
                             "a constant in its join has no shape, expected "
                             "the field shape beside it");
        if (!status) status = source_join(source, part, axis);
    }
    free(part);
    return status ? status : finish_source(set, source);
}

elman_status mapping_read(elman_import *im, const json_node *node,
                          mapping_source *source)
{
    field_set set = {.kind = OF(FROM)};
    if (node->kind == JSON_KIND_TEXT) {
        /* a text alone is the name of a tensor */
        set.at[FIELD_FROM] = node;
    } else if (node->kind == JSON_KIND_OBJECT) {
        TRY(sort_fields(node, &set));
    } else {
        return failure(ELMAN_BAD_FORMAT, "it is neither a name nor an object");
    }

    /* its parts, then which gates they are */
    if (set.kind & OF(JOIN)) TRY(read_join(im, &set, source));
    else TRY(read_single(im, &set, source));

    if (!set.at[FIELD_GATES]) return ELMAN_OK;
    source->gates = json_text(set.at[FIELD_GATES]);
    return source->gates ? ELMAN_OK
                         : bad_field(set.at[FIELD_GATES], "a text of letters");
}
