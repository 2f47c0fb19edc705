/* target.c: what the y of arrays says, and which task it is for. */
#include "data/array.h"
#include "data/encoding.h"
#include "format/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

enum { SKIPPED = -100, MOST_CLASSES = 1000 };

/* Fills the page of y with the numbers around one. */
static void load_page(const pair *p, size_t index)
{
    target_page *page = p->page;
    case_reader reader = {0};
    size_t left;
    page->first = index / PAGE_NUMBERS * PAGE_NUMBERS;
    left = p->y->count - page->first;
    page->count = left < PAGE_NUMBERS ? left : PAGE_NUMBERS;

    elman_status status =
        page->status ? page->status
                     : array_numbers(p->y, &p->y_at, page->first, page->count,
                                     &reader, page->values);
    case_reader_clear(&reader);
    if (!status) return;
    if (!page->status) page->said = failure_keep();
    page->status = status;
    memset(page->values, 0, sizeof page->values);
}

static double element(const pair *p, size_t index)
{
    target_page *page = p->page;
    if (index < page->first || index - page->first >= page->count)
        load_page(p, index);
    return page->values[index - page->first];
}

/* Whether all of y could be read so far. */
static elman_status check_page(const pair *p)
{
    if (p->page->status) failure_restore(&p->page->said);
    return p->page->status;
}

/* ---- What y holds ------------------------------------------------------- */

/* The numbers in y. */
typedef struct numbers_seen {
    bool whole;       /* all of them are; -100 and NaN do not count */
    size_t different; /* how many, up to MOST_CLASSES + 1 */
    size_t count;
} numbers_seen;

static numbers_seen look_at_numbers(const pair *p)
{
    const named_tensor *y = p->y;
    numbers_seen seen = {.whole = true, .count = y->count};
    double known[MOST_CLASSES];

    for (size_t i = 0; i < y->count && seen.whole; i++) {
        double value = element(p, i);
        if (isnan(value) || value == (double)SKIPPED) continue;
        seen.whole = value == real_floor(value) && fabs(value) <= 0x1p53;

        size_t k = 0;
        while (k < seen.different && k < MOST_CLASSES && known[k] != value)
            k++;
        if (k < seen.different) continue;
        if (k < MOST_CLASSES) known[k] = value;
        if (seen.different <= MOST_CLASSES) seen.different++;
    }
    return seen;
}

/* Whether the rows of the last axis have one 1 and zeros else. */
static bool is_one_hot(const pair *p)
{
    const named_tensor *y = p->y;
    size_t width = y->rank ? y->shape[y->rank - 1] : 0, ones = 0;
    if (y->rank < 2 || width < 2) return false;

    for (size_t i = 0; i < y->count; i++) {
        double value = element(p, i);
        if (value != 0 && value != 1) return false;
        ones += value == 1;
        if ((i + 1) % width == 0 && ones != 1) return false;
        if ((i + 1) % width == 0) ones = 0;
    }
    return y->count > 0;
}

/* Whether whole numbers are so few that they are classes rather than counts:
 * each occurs twice on average or, written as floats, three times. */
static bool are_classes(const named_tensor *y, const numbers_seen *seen)
{
    size_t times = element_is_float(y->type) ? 3 : 2;
    return seen->whole && seen->different <= MOST_CLASSES &&
           times * seen->different <= seen->count;
}

/* ---- Texts -------------------------------------------------------------- */

enum { LABEL_ROOM = 240 };

/* Adds text index of y as a label. */
static elman_status read_text(elman_dataset *dataset, const pair *p,
                              size_t index)
{
    const named_tensor *y = p->y;
    char label[LABEL_ROOM] = "";
    size_t width = y->shape[y->rank - 1], bytes = 0;
    for (size_t i = 0; i < width; i++) {
        uint32_t point = (uint32_t)element(p, index * width + i);
        if (bytes + 4 > sizeof label)
            return failure(ELMAN_BAD_FORMAT,
                           "y holds a text of over %d bytes, which is no label",
                           LABEL_ROOM);
        if (point) bytes += utf8_write(point, label + bytes);
    }
    if (utf8_valid(label, bytes) < bytes)
        return failure(ELMAN_BAD_FORMAT,
                       "text %zu of y holds what is no character", index);
    return label_add(dataset, label, bytes);
}

/* Texts (N) are classes of sequences, (N,T) of steps. */
static elman_status settle_texts(elman_dataset *dataset, pair *p)
{
    elman_encoding *e = dataset->encoding;
    const named_tensor *y = p->y;
    bool steps = y->rank == 3 && y->shape[1] == p->T;
    elman_task task = steps ? ELMAN_TASK_TAG : ELMAN_TASK_CLASSIFY;
    if (e->task == ELMAN_TASK_AUTO) e->task = task;

    if (y->shape[0] != p->N || (y->rank != 2 && !steps) || e->task != task)
        return failure(ELMAN_BAD_FORMAT,
                       "y holds texts, expected %zu of them, or (%zu,%zu), and "
                       "task classify or tag",
                       p->N, p->N, p->T);
    dataset->per_step = steps;
    p->O = 1;
    return facts_add(&dataset->facts, "task", false, "%s by the texts in y",
                     task_name(task));
}

/* ---- The task ----------------------------------------------------------- */

static elman_status say(elman_dataset *dataset, elman_task task, const pair *p,
                        const numbers_seen *seen)
{
    const char *name = task_name(task);
    bool classes = task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
    const char *other = classes ? dataset->per_step ? "track" : "regress"
                        : dataset->per_step ? "tag"
                                            : "classify";

    size_t different = seen->different;

    /* the option stands where a short account still shows it */
    if (p->one_hot)
        return facts_add(&dataset->facts, "task", false,
                         "%s by the 1 in each row of y (--task %s: values); "
                         "its column, from 0, is the class",
                         name, other);
    if (classes)
        return facts_add(&dataset->facts, "task", false,
                         "%s by %zu whole numbers in y (--task %s: values)",
                         name, different, other);
    if (seen->whole && !dataset->per_step)
        return facts_add(&dataset->facts, "task", false,
                         "%s: %s%zu whole numbers in y (--task %s: classes)",
                         name, different > MOST_CLASSES ? "over " : "",
                         different > MOST_CLASSES ? MOST_CLASSES : different,
                         other);
    return facts_add(&dataset->facts, "task", false,
                     "%s: y has values%s (--task %s: classes)", name,
                     dataset->per_step ? " for each step" : "", other);
}

/* The task that y's shape and numbers suggest, for when none is given. */
static elman_status infer_task(pair *p, const numbers_seen *seen,
                               elman_task *task)
{
    const named_tensor *y = p->y;
    bool hot = is_one_hot(p), single = y->rank == 2 && y->shape[1] == 1;
    bool steps =
        y->rank == 3 || (y->rank == 2 && y->shape[1] == p->T && !single);

    if (hot && steps && y->rank == 2)
        return failure(ELMAN_BAD_FORMAT,
                       "y has shape (%zu,%zu) and in each row one 1: a class "
                       "of each sequence, or one of each step; say --task "
                       "classify or --task tag",
                       y->shape[0], y->shape[1]);

    /* whole floats for each step are rather counts or sums */
    bool tags = steps && !element_is_float(y->type);
    bool classes =
        hot || (are_classes(y, seen) && (y->rank == 1 || single || tags));
    if (y->rank == 3 && y->shape[2] > 1 && !hot) classes = false;
    if (classes) *task = steps ? ELMAN_TASK_TAG : ELMAN_TASK_CLASSIFY;
    else *task = steps ? ELMAN_TASK_TRACK : ELMAN_TASK_REGRESS;
    return ELMAN_OK;
}

/* Whether y has the shape of a task; sets O and one_hot. */
static bool shape_fits(elman_task task, pair *p)
{
    const named_tensor *y = p->y;
    bool steps = y->rank >= 2 && y->shape[1] == p->T;
    size_t width = y->rank > 1 ? y->shape[y->rank - 1] : 1;

    /* a last axis is that of values, or of one-hot classes */
    p->O = width;
    p->one_hot = false;
    switch (task) {
    case ELMAN_TASK_CLASSIFY:
        p->one_hot = y->rank == 2 && width > 1;
        return y->rank == 1 || (y->rank == 2 && (width == 1 || is_one_hot(p)));
    case ELMAN_TASK_TAG:
        p->one_hot = y->rank == 3 && width > 1;
        if (y->rank == 2) p->O = 1;
        return steps && (y->rank == 2 ||
                         (y->rank == 3 && (width == 1 || is_one_hot(p))));
    case ELMAN_TASK_REGRESS:
        return y->rank <= 2 && width > 0;
    default:
        if (y->rank == 2) p->O = 1;
        return steps && y->rank <= 3 && p->O > 0;
    }
}

/* What y has to be like for a task. */
static const char *shape_for(elman_task task)
{
    switch (task) {
    case ELMAN_TASK_CLASSIFY:
        return "(N) of whole numbers, or (N,K) with one 1 in each row";
    case ELMAN_TASK_TAG:
        return "(N,T) of whole numbers, or (N,T,K) with one 1 in each row";
    case ELMAN_TASK_REGRESS:
        return "(N) or (N,O)";
    default:
        return "(N,T) or (N,T,O)";
    }
}

static elman_status check_shape(elman_task task, pair *p)
{
    const named_tensor *y = p->y;
    char shape[100];
    shape_print(y->rank, y->shape, sizeof shape, shape);

    if (y->rank > 0 && y->shape[0] != p->N)
        return failure(
            ELMAN_BAD_FORMAT,
            "y has shape %s, which does not fit x (%zu,%zu,%zu): %zu "
            "targets for %zu sequences",
            shape, p->N, p->T, p->I, y->shape[0], p->N);
    if (y->rank > 0 && shape_fits(task, p)) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "y has shape %s, which does not fit x (%zu,%zu,%zu) for %s; "
                   "expected %s",
                   shape, p->N, p->T, p->I, task_name(task), shape_for(task));
}

elman_status target_settle(elman_dataset *dataset, pair *p)
{
    elman_encoding *e = dataset->encoding;
    bool asked = e->task != ELMAN_TASK_AUTO;
    numbers_seen seen = {0};
    if (p->y && p->y->text) return settle_texts(dataset, p);

    /* the task: the one asked for, or the one that y suggests */
    if (!asked && p->y->rank > 0 && p->y->shape[0] == p->N) {
        seen = look_at_numbers(p);
        elman_status inferred = infer_task(p, &seen, &e->task);
        TRY(check_page(p));
        TRY(inferred);
    }
    dataset->per_step =
        e->task == ELMAN_TASK_TAG || e->task == ELMAN_TASK_TRACK;
    p->O = e->target_count ? e->target_count : 1;
    if (!p->y) return ELMAN_OK;

    elman_task task = e->task ? e->task : ELMAN_TASK_REGRESS;
    elman_status fits = check_shape(task, p);
    TRY(check_page(p));
    TRY(fits);
    if (!asked) TRY(say(dataset, e->task, p, &seen));
    else
        TRY(facts_add(&dataset->facts, "task", false, "%s%s",
                      task_name(e->task),
                      p->one_hot ? ": the column of the 1 in each row of y, "
                                   "from 0, is the class"
                                 : ""));

    /* an encoding that is given already says how many targets */
    bool values = e->task == ELMAN_TASK_REGRESS || e->task == ELMAN_TASK_TRACK;
    if (dataset->learned && values && e->target_count != p->O)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu targets, but the encoding has %zu", p->O,
                       e->target_count);
    e->target_count = values ? p->O : 0;
    return ELMAN_OK;
}

/* ---- Targets ------------------------------------------------------------ */

/* The class that element index of y, or one-hot row index, is. */
static elman_status read_class(elman_dataset *dataset, const pair *p,
                               size_t index)
{
    char text[32];
    if (p->y->text) return read_text(dataset, p, index);
    double value = p->one_hot ? 0 : element(p, index);

    for (size_t k = 0; p->one_hot && k < p->O; k++)
        if (element(p, index * p->O + k) == 1) value = (double)k;
    if (isnan(value) && dataset->answers) return label_add(dataset, "", 0);

    /* whole, and small enough that a double holds it exactly */
    if (!(fabs(value) <= 0x1p53) || value != real_floor(value))
        return failure(ELMAN_BAD_FORMAT,
                       "y holds %g, expected a whole number for a class "
                       "(--task %s learns values)",
                       value, dataset->per_step ? "track" : "regress");

    if (value == (double)SKIPPED && dataset->per_step)
        return label_skip(dataset);

    /* the label is the number's text */
    int bytes = snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
    return label_add(dataset, text, (size_t)bytes);
}

/* column: of O. */
static elman_status read_value(elman_dataset *dataset, const pair *p,
                               size_t index, size_t column)
{
    double value = element(p, index);
    if (!isfinite(value) && !(dataset->answers && isnan(value)))
        return failure(ELMAN_BAD_FORMAT, "y holds %g, element %zu", value,
                       index);
    return dataset->kept_targets
               ? range_add(&dataset->target_range, p->O, column, value)
               : numbers_add(&dataset->raw_targets, value);
}

/* A sequence whose targets are not there, as there is no y: that takes no
 * numbers, and of classes one for a sequence. */
static elman_status skip_targets(elman_dataset *dataset)
{
    dataset->counts.unlabelled++;
    return dataset->encoding->task == ELMAN_TASK_CLASSIFY ? label_skip(dataset)
                                                          : ELMAN_OK;
}

elman_status target_read(elman_dataset *dataset, const pair *p, size_t n,
                         size_t length)
{
    elman_task task = dataset->encoding->task;
    bool classes = task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
    size_t steps = dataset->per_step ? p->T : 1;
    size_t count = dataset->per_step ? length : 1;
    if (!p->y) return skip_targets(dataset);

    elman_status status = ELMAN_OK;
    for (size_t t = 0; classes && t < count && !status; t++)
        status = read_class(dataset, p, n * steps + t);
    for (size_t i = 0; !classes && i < count * p->O && !status; i++)
        status = read_value(dataset, p, n * steps * p->O + i, i % p->O);

    /* a file that is gone is not what its numbers are blamed for */
    TRY(check_page(p));
    return status;
}
