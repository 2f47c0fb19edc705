/*
 * series.c: labelled series, one per line: the UCR archive's label and values,
 * separated by tabs, commas or spaces. NaN at the end of a line is padding. The
 * .ts format is in ts.c.
 */
#include "data/line.h"
#include "data/store.h"
#include "data/ts.h"

#include "format/file.h"
#include "format/utf8.h"

#include <stdlib.h>
#include <string.h>

/* What separates the values of this line. */
static char find_separator(const line *l)
{
    static const char candidates[] = "\t,;";
    for (const char *candidate = candidates; *candidate; candidate++)
        for (const char *c = l->at; *c && *c != '\n' && *c != '\r'; c++)
            if (*c == *candidate && c != l->at) return *candidate;
    return ' ';
}

static elman_status read_target(elman_dataset *dataset, line *l, char separator)
{
    const char *label;
    size_t bytes;
    double value;
    bool missing;

    line_skip_spaces(l, separator);
    if (dataset->encoding->task == ELMAN_TASK_CLASSIFY) {
        line_text(l, separator, &label, &bytes);
        elman_status status = label_add(dataset, label, bytes);
        return status == ELMAN_OK ? status : line_failure(l, status);
    }

    /* a regression: the first value of the line */
    TRY(line_value(l, separator, separator, 1, &value, &missing));
    if (missing)
        return failure(ELMAN_BAD_FORMAT, "line %zu: the target is missing",
                       l->number);

    return numbers_add(&dataset->raw_targets, value);
}

/* The values up to the line's end; missing ones at its end are padding. */
static elman_status read_values(elman_dataset *dataset, line *l, char separator)
{
    size_t first = dataset->raw.count, padding = 0;
    for (size_t number = 2; line_separator(l, separator); number++) {
        double value;
        bool missing;
        TRY(line_value(l, separator, separator, number, &value, &missing));

        /* missing values are padding only if no value follows them */
        if (!missing && padding > 0)
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu, value %zu is missing between others; "
                           "fill it in first",
                           l->number, number - 1);

        padding += missing;
        if (!missing) TRY(numbers_add(&dataset->raw, value));
    }

    size_t length = dataset->raw.count - first;
    if (length == 0)
        return failure(ELMAN_BAD_FORMAT, "line %zu: a label, but no values",
                       l->number);

    return sequence_add(dataset, first, length);
}

static elman_status read_lines(elman_dataset *dataset, line l)
{
    elman_encoding *e = dataset->encoding;
    char separator = find_separator(&l);

    /* this format has one value per step and one target per line */
    if (dataset->learned && e->input_size != 1)
        return failure(ELMAN_BAD_FORMAT,
                       "1 value per step, but the encoding has %zu",
                       e->input_size);
    if (!dataset->learned) {
        if (e->task == ELMAN_TASK_AUTO) e->task = ELMAN_TASK_CLASSIFY;
        e->input_size = 1;
        e->target_count = e->task == ELMAN_TASK_REGRESS;
    }

    for (; line_find(&l); line_next(&l)) {
        if (separator == ' ') line_skip_spaces(&l, separator);
        TRY(read_target(dataset, &l, separator));
        TRY(read_values(dataset, &l, separator));
    }
    return ELMAN_OK;
}

static elman_status read_text(elman_dataset *dataset, const char *bytes,
                              size_t size)
{
    size_t start = 0;
    TRY(utf8_check(bytes, size, &start));

    line l = {bytes + start, 1};
    if (!line_find(&l))
        return failure(ELMAN_BAD_FORMAT, "the file has only blank lines");

    if (dataset->learned && dataset->encoding->target_count > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "1 target per line, but the encoding has %zu",
                       dataset->encoding->target_count);

    /* a .ts file begins with its header or with a comment above it */
    if (*l.at == '@' || *l.at == '#') return ts_read(dataset, l);
    return read_lines(dataset, l);
}

static elman_status series_read(elman_dataset *dataset, const char *path,
                                const elman_dataset_config *config)
{
    (void)config;
    char *bytes = NULL;
    size_t size = 0;

    TRY(file_read(path, &bytes, &size));
    elman_status status = read_text(dataset, bytes, size);
    free(bytes);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

static elman_status series_open(elman_dataset *dataset, const char *path,
                                const elman_dataset_config *config)
{
    return sequences_open(dataset, path, config, series_read, split_random);
}

const dataset_kind kind_series = {
    .name = "labelled series",
    .extensions = {"tsv", "ts"},
    .tasks = 1u << ELMAN_TASK_CLASSIFY | 1u << ELMAN_TASK_REGRESS,
    .options = 1u << OPTION_VALIDATION_PATH | 1u << OPTION_NO_SCALING,
    .open = series_open};
