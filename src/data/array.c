/*
 * array.c: x (N,T,I) or (N,T) in one .npy file and its y in another:
 *
 *   y whole numbers (N)            a class per sequence
 *   y whole numbers (N,T)          a class per step, -100 for none
 *   y numbers (N), (N,O), O not T  values per sequence
 *   y numbers (N,T), (N,T,O)       values per step
 *
 * NaN past the end of a row of x makes the sequence shorter.
 */
#include "data/encoding.h"
#include "data/store.h"

#include "format/npy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SKIPPED = -100 };

/* x and y, and the sizes in their shapes. */
typedef struct pair {
    const named_tensor *x, *y;
    size_t N, T, I, O;
} pair;

static double element(const named_tensor *array, size_t index)
{
    double value;
    tensor_doubles(array, index, 1, &value);
    return value;
}

/* ---- x ------------------------------------------------------------------ */

static elman_status check_x(const named_tensor *x, pair *p)
{
    if (x->rank != 2 && x->rank != 3)
        return failure(ELMAN_BAD_FORMAT,
                       "x has %zu dimensions, expected (N,T,I) or (N,T)",
                       x->rank);

    p->x = x;
    p->N = x->shape[0];
    p->T = x->shape[1];
    p->I = x->rank == 3 ? x->shape[2] : 1;

    if (p->N == 0 || p->T == 0 || p->I == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "x is empty: its shape is (%zu,%zu,%zu)", p->N, p->T,
                       p->I);
    return ELMAN_OK;
}

/* The length of sequence n: steps that are all NaN at its end do not count. */
static size_t length_of(const pair *p, size_t n)
{
    size_t first = n * p->T * p->I, count = p->T * p->I;
    while (count > 0 && isnan(element(p->x, first + count - 1)))
        count--;

    return (count + p->I - 1) / p->I;
}

static elman_status read_sequence(elman_dataset *dataset, const pair *p,
                                  size_t n)
{
    size_t length = length_of(p, n);
    if (length == 0)
        return failure(ELMAN_BAD_FORMAT, "x[%zu] has no values", n);

    /* within that length every value must be finite */
    TRY(sequence_add(dataset, dataset->raw.count / p->I, length));
    for (size_t i = 0; i < length * p->I; i++) {
        double value = element(p->x, n * p->T * p->I + i);
        if (!isfinite(value))
            return failure(ELMAN_BAD_FORMAT, "x[%zu,%zu,%zu] is %g", n,
                           i / p->I, i % p->I, value);
        TRY(numbers_add(&dataset->raw, value));
    }
    return ELMAN_OK;
}

/* ---- y ------------------------------------------------------------------ */

/* The task that y's shape and type suggest, for when none is given. */
static elman_task infer_task(const pair *p)
{
    const named_tensor *y = p->y;
    bool whole = !element_is_float(y->type);
    bool steps = y->rank == 3 || (y->rank == 2 && y->shape[1] == p->T);

    if (whole && y->rank < 3)
        return steps ? ELMAN_TASK_TAG : ELMAN_TASK_CLASSIFY;
    return steps ? ELMAN_TASK_TRACK : ELMAN_TASK_REGRESS;
}

/* Whether y has the shape of a task; sets O, the values of a target. */
static bool shape_fits(elman_task task, pair *p)
{
    const named_tensor *y = p->y;
    bool steps = y->rank >= 2 && y->shape[1] == p->T;
    size_t width = y->rank == 2 ? y->shape[1] : 1;
    if (y->rank == 0 || y->shape[0] != p->N) return false;

    /* which ranks a task allows, and how many values make one target */
    p->O = 1;
    switch (task) {
    case ELMAN_TASK_CLASSIFY:
        return y->rank == 1 || (y->rank == 2 && width == 1);
    case ELMAN_TASK_TAG:
        return steps && (y->rank == 2 || (y->rank == 3 && y->shape[2] == 1));
    case ELMAN_TASK_REGRESS:
        p->O = width;
        return y->rank <= 2 && width > 0;
    default:
        p->O = y->rank == 3 ? y->shape[2] : 1;
        return steps && y->rank <= 3 && p->O > 0;
    }
}

static elman_status settle_task(elman_dataset *dataset, pair *p)
{
    elman_encoding *e = dataset->encoding;

    /* the task: the one asked for, or the one that y suggests */
    if (e->task == ELMAN_TASK_AUTO) e->task = infer_task(p);
    if (!shape_fits(e->task, p)) {
        char shape[100];
        shape_print(p->y->rank, p->y->shape, sizeof shape, shape);
        return failure(ELMAN_BAD_FORMAT,
                       "y has shape %s, which does not fit x (%zu,%zu,%zu) "
                       "for %s",
                       shape, p->N, p->T, p->I, task_name(e->task));
    }

    /* an encoding that is given already says how many inputs and targets */
    bool values = e->task == ELMAN_TASK_REGRESS || e->task == ELMAN_TASK_TRACK;
    dataset->per_step =
        e->task == ELMAN_TASK_TAG || e->task == ELMAN_TASK_TRACK;
    if (dataset->learned &&
        (e->input_size != p->I || (values && e->target_count != p->O)))
        return failure(ELMAN_BAD_FORMAT,
                       "%zu inputs and %zu targets, but the encoding has %zu "
                       "and %zu",
                       p->I, values ? p->O : 0, e->input_size, e->target_count);
    e->input_size = p->I;
    e->target_count = values ? p->O : 0;
    return ELMAN_OK;
}

static elman_status read_class(elman_dataset *dataset, const pair *p,
                               size_t index)
{
    char text[32];
    double value = element(p->y, index);

    /* whole, and small enough that a double holds it exactly */
    if (!(fabs(value) <= 0x1p53) || value != floor(value))
        return failure(ELMAN_BAD_FORMAT,
                       "y holds %g, expected a whole number for a class",
                       value);

    if (value == SKIPPED && dataset->per_step) return label_skip(dataset);

    /* the label is the number's text */
    int bytes = snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
    return label_add(dataset, text, (size_t)bytes);
}

static elman_status read_value(elman_dataset *dataset, const pair *p,
                               size_t index)
{
    double value = element(p->y, index);
    if (!isfinite(value))
        return failure(ELMAN_BAD_FORMAT, "y holds %g, element %zu", value,
                       index);
    return numbers_add(&dataset->raw_targets, value);
}

/* The target of a sequence, or those of its steps; y past its end is not
 * read. */
static elman_status read_target(elman_dataset *dataset, const pair *p, size_t n)
{
    elman_task task = dataset->encoding->task;
    bool classes = task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
    size_t steps = dataset->per_step ? p->T : 1, first = n * steps * p->O;
    size_t count = dataset->per_step ? dataset->sequences[n].length : 1;

    for (size_t i = 0; i < count * p->O; i++)
        TRY(classes ? read_class(dataset, p, first + i)
                    : read_value(dataset, p, first + i));
    return ELMAN_OK;
}

static elman_status read_pair(elman_dataset *dataset, const named_tensor *x,
                              const named_tensor *y)
{
    pair p = {.y = y};

    TRY(check_x(x, &p));
    TRY(settle_task(dataset, &p));

    for (size_t n = 0; n < p.N; n++) {
        TRY(read_sequence(dataset, &p, n));
        TRY(read_target(dataset, &p, n));
    }
    return ELMAN_OK;
}

static elman_status array_read(elman_dataset *dataset, const char *path,
                               const elman_dataset_config *config)
{
    npy *x = NULL, *y = NULL;
    if (!config->target_path)
        return failure(ELMAN_BAD_VALUE,
                       "%.200s: the .npy file of y is missing; give it as "
                       "target_path (--target-file)",
                       path);

    elman_status status = npy_open(path, &x);
    if (status == ELMAN_OK) status = npy_open(config->target_path, &y);

    /* a mismatch of the two is reported under the name of x's file */
    if (status == ELMAN_OK) {
        status = read_pair(dataset, &x->tensor, &y->tensor);
        if (status != ELMAN_OK) status = failure_in(status, path);
    }

    npy_close(x);
    npy_close(y);
    return status;
}

static elman_status array_open(elman_dataset *dataset, const char *path,
                               const elman_dataset_config *config)
{
    return sequences_open(dataset, path, config, array_read, split_random);
}

const dataset_kind kind_array = {
    .name = "arrays",
    .extensions = {"npy"},
    .tasks = 1u << ELMAN_TASK_CLASSIFY | 1u << ELMAN_TASK_TAG |
             1u << ELMAN_TASK_REGRESS | 1u << ELMAN_TASK_TRACK,
    .options = 1u << OPTION_TARGET_PATH | 1u << OPTION_NO_SCALING,
    .open = array_open};
