/*
 * memory.c: arrays in memory as the cases that files of arrays are, with their
 * sizes, task and parts said instead of seen. They are read where they lie, and
 * copied once the scaling is known unless they are borrowed; classes always.
 */
#include "data/memory.h"

#include "data/case.h"
#include "data/encoding.h"
#include "data/lent.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_CLASS = -100 };

/* Where sequence n of the arrays stands. */
typedef struct place {
    size_t n, first, length; /* its first row of x, and how many count */
} place;

/* ---- Checks ------------------------------------------------------------- */

elman_status arrays_count(const elman_arrays *a, size_t *rows)
{
    *rows = 0;
    if (!a->T && !a->lengths)
        return failure(ELMAN_BAD_VALUE,
                       "T is 0 and lengths is NULL, expected one of them");

    for (size_t n = 0; a->lengths && n < a->N; n++) {
        size_t length = a->lengths[n];
        if (!length && !a->T)
            return failure(ELMAN_BAD_VALUE,
                           "lengths[%zu] is 0, expected 1 or more", n);
        if (!length || (a->T && length > a->T))
            return failure(ELMAN_BAD_VALUE,
                           "lengths[%zu] is %zu, expected 1 to %zu", n, length,
                           a->T);
        *rows = length > SIZE_MAX - *rows ? SIZE_MAX : *rows + length;
    }

    /* with padding T rows each */
    if (a->T && !sizes_multiply(a->N, a->T, 1, rows)) *rows = SIZE_MAX;
    return ELMAN_OK;
}

static elman_status check_sizes(const elman_arrays *a)
{
    size_t rows = 0, bytes;
    if (!a->x) return failure(ELMAN_BAD_VALUE, "x is NULL");
    if (!a->N || !a->I)
        return failure(ELMAN_BAD_VALUE,
                       "N is %zu and I is %zu, expected 1 or more", a->N, a->I);
    TRY(arrays_count(a, &rows));

    /* x and the target that is largest */
    bool fits = sizes_multiply(rows, a->I, sizeof(double), &bytes);
    if (fits && sizes_multiply(rows, a->O, sizeof(double), &bytes))
        return ELMAN_OK;
    if (!a->T)
        return failure(ELMAN_BAD_VALUE,
                       "lengths that add up to %zu or more, I %zu and O %zu "
                       "are too large for this machine's addresses",
                       rows, a->I, a->O);
    return failure(ELMAN_BAD_VALUE,
                   "N %zu, T %zu, I %zu and O %zu are too large for this "
                   "machine's addresses",
                   a->N, a->T, a->I, a->O);
}

static elman_status check_targets(const elman_arrays *a, bool answers)
{
    if (a->classes && a->values)
        return failure(ELMAN_BAD_VALUE,
                       "classes and values are both given, expected one of "
                       "them");
    if (!a->classes && !a->values && !answers)
        return failure(ELMAN_BAD_VALUE,
                       "there are no targets: expected classes or values");
    if (a->values && !a->O)
        return failure(ELMAN_BAD_VALUE,
                       "O is 0, expected how many values a target has");
    if (a->class_count && !a->classes)
        return failure(ELMAN_BAD_VALUE,
                       "class_count is %zu, but there are no classes",
                       a->class_count);
    if (a->class_count > INT32_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "class_count is %zu, expected at most %d",
                       a->class_count, INT32_MAX);
    return ELMAN_OK;
}

elman_status arrays_check_parts(const elman_arrays *a,
                                const elman_dataset_config *c)
{
    size_t training = 0;
    bool split = c->validation > 0 || c->test > 0 || c->folds;
    if (!a->parts) return ELMAN_OK;
    if (split || c->encoding)
        return failure(ELMAN_BAD_VALUE,
                       "parts are given, and so is %s: expected one of them",
                       c->encoding ? "an encoding, with which all data is "
                                     "validation"
                                   : "a fraction or a fold to split off");

    // each is a part that there is, and one at least is trained on
    for (size_t n = 0; n < a->N; n++) {
        if ((unsigned)a->parts[n] >= PART_COUNT)
            return failure(ELMAN_BAD_VALUE,
                           "parts[%zu] is %d, expected 0 to %d", n,
                           (int)a->parts[n], PART_COUNT - 1);
        training += a->parts[n] == ELMAN_PART_TRAIN;
    }
    if (training) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "no sequence is of part %d: expected some to train on",
                   (int)ELMAN_PART_TRAIN);
}

/* ---- Targets ------------------------------------------------------------ */

static elman_status add_class(elman_dataset *dataset, const elman_arrays *a,
                              const place *at, size_t index)
{
    char text[16];
    int32_t class = a->classes[index];
    if (class == NO_CLASS && a->per_step) return label_skip(dataset);
    if (class == NO_CLASS && dataset->answers) return label_add(dataset, "", 0);

    size_t most = a->class_count ? a->class_count : INT32_MAX;
    if (class < 0 || (size_t) class >= most)
        return failure(ELMAN_BAD_VALUE,
                       "a class of sequence %zu is %d, expected 0 to %zu%s",
                       at->n, (int)class, most - 1,
                       a->per_step ? ", or -100 for none" : "");
    int bytes = snprintf(text, sizeof text, "%" PRId32, class);
    return label_add(dataset, text, (size_t)bytes);
}

static elman_status check_values(const elman_dataset *dataset,
                                 const elman_arrays *a, const place *at,
                                 size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double value = (double)a->values[first + i];
        if (!isfinite(value) && !(isnan(value) && dataset->answers))
            return failure(ELMAN_BAD_VALUE,
                           "a target of sequence %zu is %g, expected a finite "
                           "number",
                           at->n, value);
    }
    return ELMAN_OK;
}

/* Those of a sequence, or of length steps of it: classes are added, and values
 * stay where they are. */
static elman_status add_targets(elman_dataset *dataset, const elman_arrays *a,
                                const place *at, size_t length)
{
    elman_task task = dataset->encoding->task;
    bool classes = task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
    size_t first = a->per_step ? at->first : at->n;
    size_t count = a->per_step ? length : 1;
    size_t O = dataset->encoding->target_count;

    /* to be answered */
    if (!a->classes && !a->values) {
        for (size_t t = 0; classes && t < count; t++)
            TRY(label_skip(dataset));
        dataset->counts.unlabelled++;
        return ELMAN_OK;
    }

    for (size_t t = 0; classes && t < count; t++)
        TRY(add_class(dataset, a, at, first + t));
    if (classes) return ELMAN_OK;
    return check_values(dataset, a, at, first * O, count * O);
}

/* ---- Sequences ---------------------------------------------------------- */

static elman_status check_steps(const elman_arrays *a, const place *at)
{
    const float *x = a->x + at->first * a->I;
    for (size_t i = 0; i < at->length * a->I; i++)
        if (isinf(x[i]))
            return failure(ELMAN_BAD_VALUE, "x[%zu,%zu,%zu] is %g", at->n,
                           i / a->I, i % a->I, (double)x[i]);
    return ELMAN_OK;
}

static bool step_is_empty(const float *step, size_t inputs)
{
    for (size_t i = 0; i < inputs; i++)
        if (!isnan(step[i])) return false;
    return true;
}

/* A value that is missing between others. */
static elman_status note_hole(elman_dataset *dataset, size_t step,
                              size_t column, bool first, case_place where)
{
    case_counts *counts = &dataset->counts;
    if (first && !counts->holed) {
        counts->hole_case = dataset->sequence_count;
        counts->hole_step = step;
        counts->hole_line = where.line;
    }
    counts->missing++;
    counts->holed += first;
    return dataset->encoding->missing == ELMAN_MISSING_REFUSE
               ? case_hole(dataset, where, step, column, false)
               : ELMAN_OK;
}

/* Adds a sequence of x (steps,I) that is read where it lies, as case_add does
 * one that it copies. Missing values are refused, or filled later by means. */
static elman_status lent_add(elman_dataset *dataset, const float *x,
                             size_t steps, case_place where)
{
    size_t inputs = dataset->encoding->input_size, length = steps;
    bool holed = false;

    /* steps without values at the end are padding */
    while (length > 0 && !where.whole &&
           step_is_empty(x + (length - 1) * inputs, inputs))
        length--;
    dataset->counts.padded += length < steps;

    for (size_t i = 0; i < length * inputs; i++) {
        if (!isnan(x[i])) continue;
        TRY(note_hole(dataset, i / inputs, i % inputs, !holed, where));
        holed = true;
    }

    if (length == 0)
        return failure(ELMAN_BAD_FORMAT, "x[%zu] has no values", where.number);
    return sequence_add(dataset, rows_of_sequences(dataset), length);
}

/* Adds a sequence that is read where it lies, or a copy of it: by way of values
 * (length,I), which is NULL if x is lent. */
static elman_status add_steps(elman_dataset *dataset, const elman_arrays *a,
                              const place *at, double *values)
{
    const float *x = a->x + at->first * a->I;
    const case_place where = {.number = at->n, .whole = a->lengths != NULL};
    TRY(check_steps(a, at));
    if (!values) return lent_add(dataset, x, at->length, where);

    for (size_t i = 0; i < at->length * a->I; i++)
        values[i] = (double)x[i];
    return case_add(dataset, values, at->length, where);
}

static elman_status add_sequences(elman_dataset *dataset, const elman_arrays *a,
                                  double *values)
{
    place at = {0};
    for (size_t n = 0; n < a->N; n++) {
        at.n = n;
        at.length = a->lengths ? a->lengths[n] : a->T;
        TRY(add_steps(dataset, a, &at, values));

        size_t length = dataset->sequences[dataset->sequence_count - 1].length;
        TRY(add_targets(dataset, a, &at, length));
        at.first += a->T ? a->T : at.length;
    }
    return ELMAN_OK;
}

/* How many rows all sequences have, and the longest. */
static size_t count_rows(const elman_arrays *a, size_t *longest)
{
    size_t rows = 0;
    *longest = a->T;
    if (!a->lengths) return a->N * a->T;
    for (size_t n = 0; n < a->N; n++) {
        rows += a->lengths[n];
        if (a->lengths[n] > *longest) *longest = a->lengths[n];
    }
    return rows;
}

/* With room for all at once, which growing lists would need twice. */
static elman_status read_sequences(elman_dataset *dataset,
                                   const elman_arrays *a)
{
    size_t longest, rows = count_rows(a, &longest);
    elman_task task = dataset->encoding->task;
    if (task == ELMAN_TASK_CLASSIFY) TRY(labels_reserve(dataset, a->N));
    if (task == ELMAN_TASK_TAG) TRY(labels_reserve(dataset, rows));
    if (dataset->lent.x) return add_sequences(dataset, a, NULL);

    TRY(numbers_reserve(&dataset->raw, rows * a->I));
    double *values = malloc(longest * a->I * sizeof *values);
    if (!values) return failure(ELMAN_NO_MEMORY, "no memory for a sequence");
    elman_status status = add_sequences(dataset, a, values);
    free(values);
    return status;
}

/* Whether x can be read where it lies: unless other steps than those of x make
 * a step of a batch. */
static bool is_lent(const elman_dataset *dataset,
                    const elman_dataset_config *config)
{
    const elman_encoding *e = dataset->encoding;
    const char *text = dataset->following ? e->transform : config->transform;
    transform t = {0};
    if (text && (transform_parse(text, e->task, 0, &t) || t.zscore))
        return false;
    return e->missing == ELMAN_MISSING_REFUSE ||
           e->missing == ELMAN_MISSING_MEAN;
}

/* The task and the sizes, as the arrays and the config say. */
static elman_status settle(elman_dataset *dataset, const elman_arrays *a)
{
    elman_encoding *e = dataset->encoding;
    elman_task task = e->task;
    if (a->classes) task = a->per_step ? ELMAN_TASK_TAG : ELMAN_TASK_CLASSIFY;
    if (a->values) task = a->per_step ? ELMAN_TASK_TRACK : ELMAN_TASK_REGRESS;
    if (e->task && e->task != task)
        return failure(ELMAN_BAD_VALUE,
                       "the task is %s, but the targets are %s per %s, which "
                       "is %s",
                       task_name(e->task), a->classes ? "classes" : "values",
                       a->per_step ? "step" : "sequence", task_name(task));

    /* without targets the encoding has said it */
    bool per_step = task == ELMAN_TASK_TAG || task == ELMAN_TASK_TRACK;
    if (per_step != a->per_step)
        return failure(ELMAN_BAD_VALUE,
                       "per_step is %s, but the task is %s, which has a target "
                       "per %s",
                       a->per_step ? "set" : "not set", task_name(task),
                       per_step ? "step" : "sequence");
    e->task = task;
    dataset->per_step = per_step;
    if (dataset->learned && a->values && e->target_count != a->O)
        return failure(ELMAN_BAD_VALUE,
                       "O is %zu, but the encoding has %zu targets", a->O,
                       e->target_count);
    if (a->values) e->target_count = a->O;
    return case_inputs(dataset, a->I);
}

/* All classes that there are, in their order, whichever occur. */
static elman_status add_labels(elman_dataset *dataset, size_t count)
{
    for (size_t k = 0, number; !dataset->learned && k < count; k++) {
        char text[16];
        int bytes = snprintf(text, sizeof text, "%zu", k);
        TRY(dictionary_add(&dataset->labels, text, (size_t)bytes, &number));
    }
    if (count && dataset->labels.count != count)
        return failure(ELMAN_BAD_VALUE,
                       "class_count is %zu, but the encoding has %zu classes",
                       count, dataset->labels.count);
    return ELMAN_OK;
}

static elman_status check(const elman_dataset *dataset, const elman_arrays *a,
                          const elman_dataset_config *config)
{
    TRY(check_sizes(a));
    TRY(check_targets(a, dataset->answers));
    TRY(arrays_check_parts(a, config));
    if (config->test_path)
        return failure(ELMAN_BAD_VALUE,
                       "test_path is given, but does not apply to arrays in "
                       "memory: set parts");
    if (a->per_step && dataset->encoding->missing == ELMAN_MISSING_DROP)
        return failure(ELMAN_BAD_VALUE,
                       "missing is drop, which would part steps from their "
                       "targets; use previous or mean");
    return ELMAN_OK;
}

static elman_status read_all(elman_dataset *dataset, const elman_arrays *a,
                             const elman_dataset_config *config)
{
    TRY(case_begin(dataset, config));
    TRY(check(dataset, a, config));
    TRY(settle(dataset, a));
    TRY(add_labels(dataset, a->class_count));
    TRY(facts_add(&dataset->facts, "file", false, "arrays in memory"));
    TRY(facts_add(&dataset->facts, "task", false, "%s",
                  task_name(dataset->encoding->task)));

    dataset->lent =
        (lent_arrays){.values = a->values, .T = a->T, .borrowed = a->borrowed};
    if (is_lent(dataset, config)) dataset->lent.x = a->x;
    return read_sequences(dataset, a);
}

static elman_status memory_read(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config)
{
    elman_status status = read_all(dataset, in->arrays, config);
    dataset->parts = in->arrays->parts;
    if (!status) return ELMAN_OK;

    /* what is wrong with a file's format is wrong with an argument here */
    if (status == ELMAN_BAD_FORMAT) status = ELMAN_BAD_VALUE;
    return failure_in(status, in->name);
}

static elman_status memory_open(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config)
{
    elman_status status =
        sequences_open(dataset, in, config, memory_read, case_split);
    dataset->parts = NULL; /* they were borrowed */
    return status;
}

const dataset_kind kind_memory = {
    .name = "arrays in memory",
    .extensions = {NULL},
    .tasks = 1u << ELMAN_TASK_CLASSIFY | 1u << ELMAN_TASK_TAG |
             1u << ELMAN_TASK_REGRESS | 1u << ELMAN_TASK_TRACK,
    .options = 1u << OPTION_NO_SCALING | 1u << OPTION_TRANSFORM,
    .open = memory_open};
