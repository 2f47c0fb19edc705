/*
 * json_object.c: objects of JSON that are tensors:
 *
 *   {"n": rows, "d": columns, "w": {"0": number, ...}}     recurrent.js
 *   {"value": [...], "shape": [...]}                        Burn up to 0.13
 *   {"bytes": [...], "shape": [...], "dtype": "F32"}        Burn since
 */
#include "base/memory.h"
#include "format/json_tensor.h"
#include "import/json_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A size of at least 1. */
static bool read_size(const json_node *node, size_t *size)
{
    int64_t whole;
    return json_whole(node, &whole) && whole >= 1 &&
           size_narrow((uint64_t)whole, size);
}

/* ---- recurrent.js -------------------------------------------------------- */

static bool is_matrix(const json_node *node)
{
    const json_node *w = json_find(node, "w");
    return node->count == 3 && json_find(node, "n") && json_find(node, "d") &&
           w && (w->kind == JSON_KIND_OBJECT || w->kind == JSON_KIND_LIST);
}

/* The place that a key names; SIZE_MAX if it is no number. */
static size_t place_of(const char *key)
{
    size_t place = 0, digits = 0;
    for (; key[digits]; digits++) {
        if (key[digits] < '0' || key[digits] > '9' || digits == 9)
            return SIZE_MAX;
        place = 10 * place + (size_t)(key[digits] - '0');
    }
    return digits ? place : SIZE_MAX;
}

/* Its numbers, in whatever order its keys are. */
static elman_status read_places(const json_node *w, size_t count, float *values)
{
    size_t next = 0;
    for (const json_node *at = w->is.first; at; at = at->next, next++) {
        size_t place = at->key ? place_of(at->key) : next;
        double number;
        if (place >= count || !json_number(at, &number) ||
            !isfinite((float)number))
            return failure(ELMAN_BAD_FORMAT,
                           "w has something at %.20s that is not a number of "
                           "the %zu that n and d say",
                           at->key ? at->key : "a place", count);
        values[place] = (float)number;
    }
    return ELMAN_OK;
}

static elman_status add_matrix(elman_import *im, const char *name,
                               const json_node *node)
{
    const json_node *w = json_find(node, "w");
    size_t shape[2], count, index;
    if (!read_size(json_find(node, "n"), &shape[0]) ||
        !read_size(json_find(node, "d"), &shape[1]) ||
        !sizes_multiply(shape[0], shape[1], 1, &count) || count != w->count)
        return failure(ELMAN_BAD_FORMAT,
                       "w has %zu numbers, expected n rows of d as n and d say",
                       w->count);

    float *values = import_make_tensor(im, name, 2, shape, &index);
    return values ? read_places(w, count, values) : ELMAN_NO_MEMORY;
}

/* ---- Burn ---------------------------------------------------------------- */

static bool is_record(const json_node *node)
{
    const json_node *values = json_find(node, "value");
    if (!values) values = json_find(node, "bytes");
    const json_node *shape = json_find(node, "shape");
    return values && values->kind == JSON_KIND_LIST && shape &&
           shape->kind == JSON_KIND_LIST;
}

static bool read_shape(const json_node *list, named_tensor *t)
{
    t->rank = 0;
    if (list->count > TENSOR_MAX_RANK) return false;
    for (const json_node *at = list->is.first; at; at = at->next)
        if (!read_size(at, &t->shape[t->rank++])) return false;
    return tensor_count_elements(t);
}

/* The bytes of a list, which are numbers of some type, as floats. */
static elman_status read_bytes(const json_node *list, named_tensor *t,
                               float *values)
{
    unsigned char *bytes = malloc(list->count + 1);
    double *numbers = malloc((t->count + 1) * sizeof *numbers);
    elman_status status =
        bytes && numbers
            ? ELMAN_OK
            : failure(ELMAN_NO_MEMORY, "no memory for %zu numbers", t->count);
    /* as they lie in memory there, then as numbers */
    size_t i = 0;
    for (const json_node *at = list->is.first; !status && at; at = at->next) {
        int64_t byte;
        if (!json_whole(at, &byte) || byte < 0 || byte > 255)
            status = failure(ELMAN_BAD_FORMAT,
                             "bytes has something that is no byte");
        else bytes[i++] = (unsigned char)byte;
    }

    t->data = bytes;
    if (!status) tensor_doubles(t, 0, t->count, numbers);
    for (i = 0; !status && i < t->count; i++)
        values[i] = (float)numbers[i];
    free(numbers);
    free(bytes);
    return status;
}

static elman_status add_record(elman_import *im, const char *name,
                               const json_node *node)
{
    const json_node *values = json_find(node, "value");
    const json_node *bytes = values ? NULL : json_find(node, "bytes");
    const char *type = json_text(json_find(node, "dtype"));
    named_tensor t = {.type = ELEMENT_TYPE_COUNT};
    size_t index;

    for (int k = 0; bytes && type && k < ELEMENT_TYPE_COUNT; k++)
        if (strcmp(element_code((element_type)k), type) == 0)
            t.type = (element_type)k;
    if (bytes && t.type == ELEMENT_TYPE_COUNT)
        return failure(ELMAN_BAD_FORMAT,
                       "it has bytes of the dtype %.20s, expected F32, F16, "
                       "BF16 or F64; save the record with full precision",
                       type ? type : "(none)");

    /* as many as the shape says */
    size_t width = bytes ? element_bytes(t.type) : 1;
    size_t have = values ? values->count : bytes->count;
    if (!read_shape(json_find(node, "shape"), &t) || t.count > have ||
        t.count * width != have)
        return failure(ELMAN_BAD_FORMAT,
                       "its shape does not go with its %zu %s", have,
                       values ? "values" : "bytes");

    float *to = import_make_tensor(im, name, t.rank, t.shape, &index);
    if (!to) return ELMAN_NO_MEMORY;
    return values ? json_list_read(values, 1, &t.count, to)
                  : read_bytes(bytes, &t, to);
}

/* ---- Both ---------------------------------------------------------------- */

bool json_object_is_tensor(const json_node *node)
{
    return node->kind == JSON_KIND_OBJECT &&
           (is_matrix(node) || is_record(node));
}

elman_status json_add_object(elman_import *im, const char *name,
                             const json_node *node)
{
    elman_status status = is_matrix(node) ? add_matrix(im, name, node)
                                          : add_record(im, name, node);
    char where[100];
    snprintf(where, sizeof where, "%.80s", name);
    return status ? failure_in(status, where) : ELMAN_OK;
}
