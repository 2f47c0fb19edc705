/* case.c: see case.h. */
#include "data/case.h"

#include "data/encoding.h"
#include "data/lent.h"
#include "data/walk.h"

#include "base/memory.h"
#include "base/spill.h"
#include "format/missing.h"
#include "format/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the data");
}

static elman_status failure_at(case_place place, elman_status status)
{
    char where[60];
    if (place.line) snprintf(where, sizeof where, "line %zu", place.line);
    else snprintf(where, sizeof where, "case %zu", place.number);
    return failure_in(status, where);
}

/* ---- Values ------------------------------------------------------------- */

elman_status case_begin(elman_dataset *dataset,
                        const elman_dataset_config *config)
{
    elman_encoding *e = dataset->encoding;
    if ((unsigned)config->missing > ELMAN_MISSING_MEAN)
        return failure(ELMAN_BAD_VALUE, "missing is %d, expected 0 to %d",
                       (int)config->missing, (int)ELMAN_MISSING_MEAN);

    if (!dataset->learned || config->missing) e->missing = config->missing;
    if (e->missing == ELMAN_MISSING_MEAN && dataset->following && !e->fill)
        return failure(ELMAN_BAD_VALUE,
                       "missing is mean, but the encoding has no means, as it "
                       "was learned otherwise; use previous or drop");
    return ELMAN_OK;
}

elman_status case_inputs(elman_dataset *dataset, size_t inputs)
{
    elman_encoding *e = dataset->encoding;
    if (e->input_size == inputs) return ELMAN_OK;
    if (dataset->learned || e->input_size)
        return failure(ELMAN_BAD_FORMAT, "%zu value%s a step, but the %s %zu",
                       inputs, inputs == 1 ? "" : "s",
                       dataset->learned ? "encoding has" : "first case has",
                       e->input_size);

    e->input_size = inputs;
    return ELMAN_OK;
}

elman_status case_hole(const elman_dataset *dataset, case_place place,
                       size_t step, size_t column, bool first)
{
    char what[120];
    size_t inputs = dataset->encoding->input_size;

    /* a value by its place in the array, or in the line */
    if (!place.line)
        snprintf(what, sizeof what, "x[%zu,%zu,%zu] is nan", place.number, step,
                 column);
    else if (inputs == 1)
        snprintf(what, sizeof what, "line %zu, value %zu is missing",
                 place.line, step + 1);
    else
        snprintf(what, sizeof what,
                 "line %zu, value %zu of dimension %zu is missing", place.line,
                 step + 1, column + 1);

    if (place.whole && !first)
        return failure(ELMAN_BAD_FORMAT,
                       "%s; missing in the config says what becomes of it: "
                       "previous, mean or drop",
                       what);
    return failure(ELMAN_BAD_FORMAT,
                   first ? "%s, and there is none before it; choose missing "
                           "(--missing) mean or drop"
                         : "%s, and others follow it; choose missing "
                           "(--missing) previous, mean or drop",
                   what);
}

/* Whether a step has no value at all, or not every one. */
static bool step_lacks(const double *step, size_t inputs, bool all)
{
    size_t missing = 0;
    for (size_t i = 0; i < inputs; i++)
        missing += isnan(step[i]) != 0;
    return all ? missing == inputs : missing > 0;
}

/* Whether a value of several steps is missing. */
static bool steps_lack(const double *values, size_t count)
{
    size_t missing = 0;
    for (size_t i = 0; i < count; i++)
        missing += values[i] != values[i];
    return missing > 0;
}

/* Adds one step of which some values are missing; first: the numbers that were
 * there before its case. */
static elman_status fill_step(const elman_dataset *dataset, const double *step,
                              size_t t, size_t first, case_place place,
                              case_counts *counts, numbers *rows)
{
    const elman_encoding *e = dataset->encoding;
    size_t inputs = e->input_size;

    for (size_t i = 0; i < inputs; i++) {
        double value = step[i];
        if (isnan(value)) {
            counts->missing++;
            bool previous = e->missing == ELMAN_MISSING_PREVIOUS;
            if (e->missing == ELMAN_MISSING_REFUSE)
                return case_hole(dataset, place, t, i, false);
            if (previous && rows->count < first + inputs)
                return case_hole(dataset, place, t, i, true);

            /* the means are known once the parts are */
            if (previous) value = rows->values[rows->count - inputs];
        }
        TRY(numbers_add(rows, value));
    }
    return ELMAN_OK;
}

static elman_status add_line(elman_dataset *dataset, size_t line)
{
    if (line == 0) return ELMAN_OK;
    size_t *wider = array_widen(dataset->sequence_lines, &dataset->line_room,
                                dataset->sequence_count, sizeof *wider);
    if (!wider) return no_memory();

    dataset->sequence_lines = wider;
    wider[dataset->sequence_count - 1] = line;
    return ELMAN_OK;
}

elman_status case_clean(const elman_dataset *dataset, const double *values,
                        size_t steps, case_place place, case_counts *counts,
                        numbers *rows)
{
    const elman_encoding *e = dataset->encoding;
    size_t inputs = e->input_size, first = rows->count, length = steps;
    bool holed = false;

    /* steps without values at the end are padding */
    while (length > 0 && !place.whole &&
           step_lacks(values + (length - 1) * inputs, inputs, true))
        length--;
    counts->padded += length < steps;

    /* nearly always all steps are whole */
    size_t next = 0;
    if (!steps_lack(values, length * inputs)) {
        TRY(numbers_add_all(rows, values, length * inputs));
        next = length;
    }

    for (size_t t = next; t < length; t++) {
        const double *step = values + t * inputs;
        bool lacks = step_lacks(step, inputs, false);
        if (lacks && !holed && !counts->holed) {
            counts->hole_case = dataset->sequence_count;
            counts->hole_step = t;
            counts->hole_line = place.line;
        }
        holed = holed || lacks;

        if (lacks && e->missing == ELMAN_MISSING_DROP) {
            counts->dropped++;
            continue;
        }
        TRY(fill_step(dataset, step, t, first, place, counts, rows));
    }
    counts->holed += holed;
    if (rows->count > first) return ELMAN_OK;

    const char *left = holed ? " left" : "";
    if (place.line)
        return failure(ELMAN_BAD_FORMAT, "line %zu: no values%s", place.line,
                       left);
    return failure(ELMAN_BAD_FORMAT, "x[%zu] has no values%s", place.number,
                   left);
}

/* Of a case that stays in its file: its range is all that is kept. */
static elman_status keep_range(elman_dataset *dataset)
{
    size_t I = dataset->encoding->input_size;
    numbers *raw = &dataset->raw;
    for (size_t k = 0; k < raw->count; k += I)
        for (size_t i = 0; i < I; i++)
            TRY(range_add(&dataset->range, I, i, raw->values[k + i]));
    raw->count = 0;
    return ELMAN_OK;
}

elman_status case_add(elman_dataset *dataset, const double *values,
                      size_t steps, case_place place)
{
    numbers *raw = &dataset->raw;
    size_t before = raw->count;
    TRY(case_clean(dataset, values, steps, place, &dataset->counts, raw));
    size_t length = (raw->count - before) / dataset->encoding->input_size;

    /* what stays in its file is read again where it is needed */
    if (dataset->kept) TRY(keep_range(dataset));
    TRY(sequence_add(dataset, rows_of_sequences(dataset), length));
    return add_line(dataset, place.line);
}

/* ---- Labels and targets ------------------------------------------------- */

static elman_status add_target(elman_dataset *dataset, const char *text,
                               size_t bytes)
{
    char copy[64];
    double value = NAN;
    bool fits = bytes < sizeof copy;
    if (fits) {
        memcpy(copy, text, bytes);
        copy[bytes] = 0;
    }

    /* one that is not known is NaN, where that is allowed */
    if (fits && missing_mark(copy)) {
        if (!dataset->answers)
            return failure(ELMAN_BAD_FORMAT, "the target is missing");
        dataset->counts.unlabelled++;
        return numbers_add(&dataset->raw_targets, NAN);
    }

    number_kind kind = fits ? number_parse(copy, &value) : NUMBER_NONE;
    if (kind == NUMBER_VALUE) return numbers_add(&dataset->raw_targets, value);
    return failure(ELMAN_BAD_FORMAT, "the target \"%.*s\" is %s",
                   bytes > 40 ? 40 : (int)bytes, text,
                   kind == NUMBER_TOO_LARGE ? "too large for a number"
                                            : "not a number");
}

elman_status case_label(elman_dataset *dataset, const char *text, size_t bytes,
                        case_place place)
{
    elman_status status = dataset->encoding->task == ELMAN_TASK_REGRESS
                              ? add_target(dataset, text, bytes)
                              : label_add(dataset, text, bytes);
    return status == ELMAN_OK ? status : failure_at(place, status);
}

/* ---- The account -------------------------------------------------------- */

static elman_status describe_classes(elman_dataset *dataset)
{
    enum { LISTED = 12 };
    const elman_encoding *e = dataset->encoding;
    char list[600] = "";
    size_t *have = calloc(e->class_count + 1, sizeof *have), at = 0, all = 0;
    if (!have) return no_memory();

    for (size_t i = 0; i < dataset->class_count; i++)
        if (dataset->classes[i] >= 0) have[dataset->classes[i]]++, all++;

    /* as many of them as a line has room for */
    for (size_t c = 0; all && c < e->class_count && c < LISTED; c++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%.20s %.1f %%",
                               c ? ", " : ": ", e->labels[c],
                               100 * (double)have[c] / (double)all);
    free(have);

    return facts_add(&dataset->facts, "target", false, "one of %zu classes%s%s",
                     e->class_count, list,
                     all && e->class_count > LISTED ? ", ..." : "");
}

static elman_status describe_target(elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    if (e->task == ELMAN_TASK_CLASSIFY || e->task == ELMAN_TASK_TAG)
        return describe_classes(dataset);

    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < dataset->raw_targets.count; i++) {
        low = real_min(low, dataset->raw_targets.values[i]);
        high = real_max(high, dataset->raw_targets.values[i]);
    }
    lent_range(dataset, &low, &high);
    for (size_t k = 0; dataset->kept_targets && k < e->target_count; k++) {
        low = real_min(low, dataset->target_range.low[k]);
        high = real_max(high, dataset->target_range.high[k]);
    }
    const char *per = dataset->per_step ? " a step" : "";
    if (low > high)
        return facts_add(&dataset->facts, "target", false, "%zu value%s%s",
                         e->target_count, e->target_count == 1 ? "" : "s", per);
    return facts_add(&dataset->facts, "target", false,
                     "%zu value%s%s, from %g to %g", e->target_count,
                     e->target_count == 1 ? "" : "s", per, low, high);
}

static elman_status describe_inputs(elman_dataset *dataset)
{
    size_t least = SIZE_MAX, most = dataset->longest,
           inputs = dataset->encoding->input_size;
    for (size_t i = 0; i < dataset->sequence_count; i++)
        if (dataset->sequences[i].length < least)
            least = dataset->sequences[i].length;

    char steps[60];
    if (least == most) snprintf(steps, sizeof steps, "%zu", most);
    else snprintf(steps, sizeof steps, "%zu to %zu", least, most);
    return facts_add(&dataset->facts, "inputs", false,
                     "%zu sequence%s of %s step%s with %zu value%s each",
                     dataset->sequence_count,
                     dataset->sequence_count == 1 ? "" : "s", steps,
                     most == 1 ? "" : "s", inputs, inputs == 1 ? "" : "s");
}

static elman_status describe_missing(elman_dataset *dataset)
{
    static const char *const ways[] = {
        [ELMAN_MISSING_REFUSE] = "",
        [ELMAN_MISSING_DROP] = "their steps are left out",
        [ELMAN_MISSING_PREVIOUS] = "each becomes the value before it",
        [ELMAN_MISSING_MEAN] = "each becomes the mean of the training part"};
    const case_counts *c = &dataset->counts;
    facts *f = &dataset->facts;
    char first[64];
    if (c->hole_line)
        snprintf(first, sizeof first, "the first is on line %zu", c->hole_line);
    else
        snprintf(first, sizeof first, "the first is in x[%zu], step %zu",
                 c->hole_case, c->hole_step);

    /* holes, padding, and then labels */
    if (c->holed && c->dropped)
        TRY(facts_add(f, "missing", false,
                      "values of %zu step%s of %zu sequence%s: %s; %s",
                      c->dropped, c->dropped == 1 ? "" : "s", c->holed,
                      c->holed == 1 ? "" : "s",
                      ways[dataset->encoding->missing], first));
    else if (c->holed)
        TRY(facts_add(
            f, "missing", false, "%zu value%s of %zu sequence%s: %s; %s",
            c->missing, c->missing == 1 ? "" : "s", c->holed,
            c->holed == 1 ? "" : "s", ways[dataset->encoding->missing], first));
    if (c->padded)
        TRY(facts_add(f, "missing", true,
                      "values at the end of %zu sequences are padding: these "
                      "are shorter",
                      c->padded));
    /* whoever predicts has no labels yet, or not all */
    if (c->unlabelled)
        TRY(facts_add(f, "note", true, "%zu of %zu sequences have no %s",
                      c->unlabelled, dataset->sequence_count,
                      dataset->encoding->class_count ? "label" : "target"));
    if (c->unknown)
        TRY(facts_add(
            f, "note", false,
            "%zu labels are not among the %zu learned ones, and count "
            "as none",
            c->unknown, dataset->labels.count));
    return ELMAN_OK;
}

/* ---- Parts -------------------------------------------------------------- */

/* The means of the columns over the training sequences, of what is there; 0 of
 * one without any. */
static elman_status learn_means(row_walk *walk, double *fill)
{
    size_t columns = walk->columns, rows;
    const double *row;
    double *counts = calloc(columns + 1, sizeof *counts);
    if (!counts) return no_memory();

    elman_status status = walk_next(walk, &row, &rows);
    while (!status && rows) {
        for (size_t k = 0; k < rows * columns; k++) {
            if (isnan(row[k])) continue;
            fill[k % columns] += row[k];
            counts[k % columns]++;
        }
        status = walk_next(walk, &row, &rows);
    }
    for (size_t i = 0; i < columns; i++)
        fill[i] = counts[i] > 0 ? fill[i] / counts[i] : 0;
    free(counts);
    return status;
}

static elman_status fill_means(elman_dataset *dataset)
{
    elman_encoding *e = dataset->encoding;
    size_t inputs = e->input_size;
    if (e->missing != ELMAN_MISSING_MEAN) return ELMAN_OK;

    if (!e->fill) {
        span *spans;
        row_walk walk;
        TRY(walk_training(dataset, &walk, &spans));
        double *fill = calloc(inputs + 1, sizeof *fill);
        elman_status status = fill ? learn_means(&walk, fill) : no_memory();
        case_reader_clear(&walk.reader);
        spill_free(spans);
        if (status) free(fill);
        TRY(status);
        e->fill = fill;
    }

    for (size_t i = 0; i < dataset->raw.count; i++)
        if (isnan(dataset->raw.values[i]))
            dataset->raw.values[i] = e->fill[i % inputs];
    return ELMAN_OK;
}

/* The steps that all training sequences have; 0 if they differ. */
static size_t common_steps(const elman_dataset *dataset)
{
    size_t steps = dataset->longest;
    for (size_t i = 0; i < dataset->sequence_count; i++)
        if (dataset->sequences[i].length != steps) steps = 0;
    return dataset->counts.padded || dataset->counts.dropped ? 0 : steps;
}

elman_status case_split(elman_dataset *dataset, const input *in,
                        const elman_dataset_config *config)
{
    TRY(describe_target(dataset));
    TRY(describe_inputs(dataset));
    TRY(describe_missing(dataset));

    TRY(split_random(dataset, in, config));
    if (!dataset->following) dataset->encoding->steps = common_steps(dataset);
    return fill_means(dataset);
}
