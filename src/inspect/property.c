/*
 * property.c: what there is to know of every step of a batch.
 *
 *   text      what property_text.c reads in it: inside quotes, parentheses or a
 *             comment, brackets that are open, position in line and word,
 *             indentation, a space comes next, capital letter, digit
 *   classes   each class that occurs, 1 against 0, of a step or of a whole
 *             sequence
 *   values    each target; of a forecast the first row of its horizon
 *   inputs    each column
 *
 * Those that are the same at all steps tell nothing and are left out.
 */
#include "inspect/property.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/encoding.h"
#include "inspect/property_text.h"

typedef struct properties_run {
    properties shown; /* first */
    elman_property *items;
    size_t room;
    const elman_encoding *encoding;
    const elman_batch *batch;
    const elman_target *target; /* or NULL */
} properties_run;

/* ---- A list ------------------------------------------------------------- */

static size_t length_of(const properties_run *run, size_t b)
{
    return run->batch->lengths ? run->batch->lengths[b] : run->batch->T;
}

/* Adds a property called "what name", or "what number" if name is NULL, whose
 * values are all unknown; what alone if number is 0 too. */
static elman_status add(properties_run *run, const char *what, const char *name,
                        size_t number, float **values)
{
    size_t rows = run->batch->T * run->batch->B;
    char text[96];
    if (name) snprintf(text, sizeof text, "%s %s", what, name);
    else if (number) snprintf(text, sizeof text, "%s %zu", what, number);
    else snprintf(text, sizeof text, "%s", what);

    /* what the list will own */
    elman_property *wider = array_widen(run->items, &run->room,
                                        run->shown.count + 1, sizeof *wider);
    if (wider) run->items = wider;
    char *copy = text_copy(text);
    *values = malloc((rows ? rows : 1) * sizeof **values);
    if (!wider || !copy || !*values) {
        free(copy);
        free(*values);
        return failure(ELMAN_NO_MEMORY, "no memory for the property %s", text);
    }

    for (size_t r = 0; r < rows; r++)
        (*values)[r] = NAN;
    run->items[run->shown.count++] =
        (elman_property){.name = copy, .values = *values};
    return ELMAN_OK;
}

static void release(const elman_property *property)
{
    free((void *)property->name);
    free((void *)property->values);
}

/* Whether two known values differ. */
static bool changes(const properties_run *run, const float *values)
{
    size_t rows = run->batch->T * run->batch->B, first = 0;
    while (first < rows && isnan(values[first]))
        first++;
    for (size_t r = first; r < rows; r++)
        if (!isnan(values[r]) && values[r] != values[first]) return true;
    return false;
}

static void drop_constant(properties_run *run)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->shown.count; i++)
        if (changes(run, run->items[i].values))
            run->items[kept++] = run->items[i];
        else release(run->items + i);
    run->shown.count = kept;
}

/* ---- Text --------------------------------------------------------------- */

/* The text of a token, or nothing for a number that is none. */
static const char *token_text(const properties_run *run, int32_t token,
                              size_t *bytes)
{
    const elman_encoding *e = run->encoding;
    bool known = token >= 0 && (size_t)token < e->vocabulary;
    *bytes = known ? e->token_bytes[token] : 0;
    return known ? e->tokens[token] : "";
}

static int32_t token_at(const properties_run *run, size_t t, size_t b)
{
    return run->batch->tokens[t * run->batch->B + b];
}

/* Whether most lines of the batch that have quotes close those that they
 * open. */
static bool quotes_end_with_lines(const properties_run *run)
{
    size_t lines = 0, odd = 0;
    for (size_t b = 0; b < run->batch->B; b++) {
        size_t quotes = 0;
        for (size_t t = 0; t < length_of(run, b); t++) {
            size_t bytes;
            const char *text = token_text(run, token_at(run, t, b), &bytes);
            for (size_t i = 0; i < bytes; i++) {
                quotes += text[i] == '"';
                if (text[i] != '\n') continue;
                lines += quotes > 0;
                odd += quotes % 2;
                quotes = 0;
            }
        }
    }
    return odd * 4 <= lines;
}

/* Whether what follows step t is, or begins with, a blank; NaN at the end. */
static float space_next(const properties_run *run, size_t t, size_t b)
{
    int32_t token = -1;
    size_t row = t * run->batch->B + b, bytes;
    if (t + 1 < length_of(run, b)) token = token_at(run, t + 1, b);
    else if (run->target && run->target->classes)
        token = run->target->classes[row];

    const char *text = token_text(run, token, &bytes);
    if (bytes == 0) return NAN;
    return text[0] == ' ' || text[0] == '\n' || text[0] == '\t';
}

static elman_status add_text(properties_run *run)
{
    float *values[TEXT_PROPERTIES];
    for (size_t i = 0; i < TEXT_PROPERTIES; i++)
        TRY(add(run, text_names[i], NULL, 0, values + i));

    bool quotes_end = quotes_end_with_lines(run);
    for (size_t b = 0; b < run->batch->B; b++) {
        text_place place = {.quotes_end = quotes_end};
        for (size_t t = 0; t < length_of(run, b); t++) {
            size_t bytes, row = t * run->batch->B + b;
            const char *text = token_text(run, token_at(run, t, b), &bytes);
            text_read(&place, text, bytes);
            for (size_t i = 0; i < TEXT_PROPERTIES; i++)
                values[i][row] = text_value(&place, (text_property)i);
            values[TEXT_SPACE_NEXT][row] = space_next(run, t, b);
        }
    }
    return ELMAN_OK;
}

/* ---- Classes and values ------------------------------------------------- */

/* The row of a target at step t of sequence b. */
static size_t target_row(const properties_run *run, size_t t, size_t b)
{
    bool per_sequence = encoding_per_sequence(run->encoding);
    return per_sequence ? b : t * run->batch->B + b;
}

static bool class_occurs(const properties_run *run, int32_t class)
{
    for (size_t b = 0; b < run->batch->B; b++)
        for (size_t t = 0; t < length_of(run, b); t++)
            if (run->target->classes[target_row(run, t, b)] == class)
                return true;
    return false;
}

static elman_status add_classes(properties_run *run)
{
    const elman_encoding *e = run->encoding;
    for (size_t k = 0; k < e->class_count; k++) {
        if (!class_occurs(run, (int32_t)k)) continue;
        float *values;
        TRY(add(run, "class", e->labels ? e->labels[k] : NULL, k + 1, &values));
        for (size_t b = 0; b < run->batch->B; b++)
            for (size_t t = 0; t < length_of(run, b); t++) {
                int32_t class = run->target->classes[target_row(run, t, b)];
                if (class >= 0)
                    values[t * run->batch->B + b] = class == (int32_t)k;
            }
    }
    return ELMAN_OK;
}

static elman_status add_values(properties_run *run)
{
    const elman_encoding *e = run->encoding;
    size_t O = encoding_outputs(e);
    for (size_t k = 0; k < e->target_count; k++) {
        float *values;
        TRY(add(run, "target", e->target_names ? e->target_names[k] : NULL,
                k + 1, &values));
        for (size_t b = 0; b < run->batch->B; b++)
            for (size_t t = 0; t < length_of(run, b); t++)
                values[t * run->batch->B + b] =
                    run->target->values[target_row(run, t, b) * O + k];
    }
    return ELMAN_OK;
}

static elman_status add_inputs(properties_run *run)
{
    const elman_encoding *e = run->encoding;
    for (size_t i = 0; i < e->input_size; i++) {
        float *values;
        TRY(add(run, "input", e->columns ? e->columns[i] : NULL, i + 1,
                &values));
        for (size_t b = 0; b < run->batch->B; b++)
            for (size_t t = 0; t < length_of(run, b); t++) {
                size_t row = t * run->batch->B + b;
                values[row] = run->batch->x[row * e->input_size + i];
            }
    }
    return ELMAN_OK;
}

/* ---- All of them -------------------------------------------------------- */

static elman_status add_all(properties_run *run)
{
    if (run->batch->tokens && run->encoding->vocabulary) TRY(add_text(run));
    if (run->target && run->target->classes && run->encoding->class_count)
        TRY(add_classes(run));
    if (run->target && run->target->values && run->encoding->target_count)
        TRY(add_values(run));
    if (run->batch->x && run->encoding->input_size) TRY(add_inputs(run));
    return ELMAN_OK;
}

elman_status properties_create(const elman_dataset *dataset,
                               const elman_batch *batch,
                               const elman_target *target, properties **made)
{
    properties_run *run = calloc(1, sizeof *run);
    if (!run) return failure(ELMAN_NO_MEMORY, "no memory for properties");
    run->encoding = dataset_encoding(dataset);
    run->batch = batch;
    run->target = target;

    elman_status status = add_all(run);
    if (status) {
        properties_destroy(&run->shown);
        return status;
    }
    drop_constant(run);
    run->shown.items = run->items;
    *made = &run->shown;
    return ELMAN_OK;
}

void properties_destroy(properties *p)
{
    properties_run *run = (properties_run *)p;
    if (!run) return;
    for (size_t i = 0; i < p->count; i++)
        release(run->items + i);
    free(run->items);
    free(run);
}
