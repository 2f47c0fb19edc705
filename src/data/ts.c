/*
 * ts.c: the .ts format.
 */
#include "data/ts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the header says; 0 where it is silent. */
typedef struct header {
    bool univariate, equal_length, has_classes, has_target;
    size_t dimensions, steps;
    dictionary classes; /* as listed; empty if not */
} header;

/* A line of the header: its @word, and what follows on the line. */
typedef struct remark {
    const line *at;
    const char *word, *value;
    size_t word_bytes, value_bytes;
} remark;

static elman_status bad_remark(const remark *r, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT, "line %zu: %.*s \"%.*s\", expected %s",
                   r->at->number, r->word_bytes > 40 ? 40 : (int)r->word_bytes,
                   r->word, r->value_bytes > 40 ? 40 : (int)r->value_bytes,
                   r->value, expected);
}

/* ---- The header --------------------------------------------------------- */

static elman_status read_bool(const remark *r, bool *value)
{
    *value = r->value_bytes == 4 && !strncasecmp(r->value, "true", 4);
    if (*value || (r->value_bytes == 5 && !strncasecmp(r->value, "false", 5)))
        return ELMAN_OK;
    return bad_remark(r, "true or false");
}

static elman_status read_count(const remark *r, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < r->value_bytes; i++) {
        if (r->value[i] < '0' || r->value[i] > '9' || *count > SIZE_MAX / 20)
            return bad_remark(r, "a whole number");
        *count = *count * 10 + (size_t)(r->value[i] - '0');
    }

    return *count ? ELMAN_OK : bad_remark(r, "a whole number from 1");
}

static elman_status read_nothing(const remark *r, header *h)
{
    (void)r, (void)h;
    return ELMAN_OK;
}

static elman_status read_stamps(const remark *r, header *h)
{
    (void)h;
    bool stamped = false;
    TRY(read_bool(r, &stamped));
    if (!stamped) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "line %zu: series with time stamps are not supported; "
                   "resample them to even steps",
                   r->at->number);
}

static elman_status read_univariate(const remark *r, header *h)
{
    return read_bool(r, &h->univariate);
}

static elman_status read_equal_length(const remark *r, header *h)
{
    return read_bool(r, &h->equal_length);
}

static elman_status read_dimensions(const remark *r, header *h)
{
    return read_count(r, &h->dimensions);
}

static elman_status read_steps(const remark *r, header *h)
{
    return read_count(r, &h->steps);
}

static elman_status read_target_label(const remark *r, header *h)
{
    return read_bool(r, &h->has_target);
}

/* "true a b c" or "false". */
static elman_status read_classes(const remark *r, header *h)
{
    remark first = *r;
    size_t bytes = 0, number;
    const char *c = r->value, *end = c + r->value_bytes;

    /* the first word says whether labels follow */
    while (c + bytes < end && c[bytes] != ' ' && c[bytes] != '\t')
        bytes++;
    first.value_bytes = bytes;
    TRY(read_bool(&first, &h->has_classes));

    for (c += bytes; c < end; c += bytes) {
        while (*c == ' ' || *c == '\t')
            c++;
        for (bytes = 0; c + bytes < end && c[bytes] != ' ' && c[bytes] != '\t';)
            bytes++;
        TRY(dictionary_add(&h->classes, c, bytes, &number));
    }
    return ELMAN_OK;
}

static const struct {
    const char *word;
    elman_status (*read)(const remark *, header *);
} words[] = {{"@problemname", read_nothing},
             {"@timestamps", read_stamps},
             {"@missing", read_nothing},
             {"@univariate", read_univariate},
             {"@dimension", read_dimensions},
             {"@dimensions", read_dimensions},
             {"@equallength", read_equal_length},
             {"@serieslength", read_steps},
             {"@classlabel", read_classes},
             {"@targetlabel", read_target_label},
             {"@data", read_nothing}};

static elman_status read_remark(line *l, header *h, bool *is_data)
{
    remark r = {.at = l};
    line rest = *l;

    line_text(&rest, ' ', &r.word, &r.word_bytes);
    line_text(&rest, '\n', &r.value, &r.value_bytes);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (r.word_bytes == strlen(words[i].word) &&
            !strncasecmp(r.word, words[i].word, r.word_bytes)) {
            *is_data = !strcmp(words[i].word, "@data");
            return words[i].read(&r, h);
        }

    return failure(ELMAN_BAD_FORMAT, "line %zu: unknown header \"%.*s\"",
                   l->number, r.word_bytes > 40 ? 40 : (int)r.word_bytes,
                   r.word);
}

/* Reads up to the line after @data. */
static elman_status read_header(line *l, header *h)
{
    for (bool is_data = false; !is_data; line_next(l)) {
        if (!line_find(l))
            return failure(ELMAN_BAD_FORMAT, "the header has no @data");
        line_skip_spaces(l, ' ');
        if (*l->at != '#') TRY(read_remark(l, h, &is_data));
    }

    /* either classes or a target, and one number of dimensions */
    if (h->has_classes == h->has_target)
        return failure(ELMAN_BAD_FORMAT,
                       h->has_classes
                           ? "the header has both classes and a target"
                           : "the header has neither @classLabel true nor "
                             "@targetLabel true: nothing to learn");
    if (h->univariate && h->dimensions > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "the header says univariate, but %zu dimensions",
                       h->dimensions);
    if (h->univariate) h->dimensions = 1;
    return ELMAN_OK;
}

/* ---- A case ------------------------------------------------------------- */

/* Reads one dimension up to its ':'. Scratch gets its values, less padding. */
static elman_status read_dimension(line *l, numbers *scratch, size_t *steps)
{
    size_t first = scratch->count, number = 1;
    bool padded = false;

    line_skip_spaces(l, ',');
    if (*l->at == '(')
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: values with time stamps \"(time,value)\" are "
                       "not supported; resample them to even steps",
                       l->number);

    do {
        double value;
        bool missing;
        TRY(line_value(l, ',', ':', number, &value, &missing));

        /* missing values are padding only if no value follows them */
        if (!missing && padded)
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu, value %zu is missing between others; "
                           "fill it in first",
                           l->number, number - 1);

        padded = missing;
        if (!missing) TRY(numbers_add(scratch, value));
        number++;
    } while (line_separator(l, ','));

    *steps = scratch->count - first;
    return ELMAN_OK;
}

/* Reads all dimensions of a case, and the ':' before its label. */
static elman_status read_dimensions_of(line *l, numbers *scratch,
                                       size_t *dimensions, size_t *steps)
{
    const char *end = l->at, *last = NULL;

    /* the label stands behind the last ':' of the line */
    for (; *end && *end != '\n' && *end != '\r'; end++)
        if (*end == ':') last = end;
    if (!last)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: no \":\" and label after the values",
                       l->number);

    scratch->count = *dimensions = 0;
    while (l->at <= last) {
        size_t found = 0;
        TRY(read_dimension(l, scratch, &found));

        if (*dimensions > 0 && found != *steps)
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: dimension %zu has %zu values, the first "
                           "has %zu",
                           l->number, *dimensions + 1, found, *steps);

        *steps = found;
        ++*dimensions;
        l->at++; /* the ':' where line_value stopped */
    }
    return ELMAN_OK;
}

static elman_status read_label(elman_dataset *dataset, line *l, const header *h)
{
    const char *label;
    size_t bytes;
    double value;
    bool missing;

    if (h->has_target || dataset->encoding->task == ELMAN_TASK_REGRESS) {
        TRY(line_value(l, '\n', '\n', 1, &value, &missing));
        if (missing)
            return failure(ELMAN_BAD_FORMAT, "line %zu: the target is missing",
                           l->number);
        return numbers_add(&dataset->raw_targets, value);
    }

    /* a class; if the header lists them, it must be one of those */
    line_text(l, '\n', &label, &bytes);
    if (h->classes.count &&
        dictionary_find(&h->classes, label, bytes) == h->classes.count)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: label \"%.*s\" is not in @classLabel",
                       l->number, bytes > 60 ? 60 : (int)bytes, label);

    elman_status status = label_add(dataset, label, bytes);
    return status == ELMAN_OK ? status : line_failure(l, status);
}

static elman_status check_case(const line *l, const header *h,
                               size_t dimensions, size_t steps)
{
    if (h->dimensions && dimensions != h->dimensions)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: %zu dimensions, expected %zu", l->number,
                       dimensions, h->dimensions);

    if (steps == 0)
        return failure(ELMAN_BAD_FORMAT, "line %zu: a label, but no values",
                       l->number);

    if (h->equal_length && h->steps && steps != h->steps)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: %zu steps, but @seriesLength is %zu",
                       l->number, steps, h->steps);
    return ELMAN_OK;
}

static elman_status read_case(elman_dataset *dataset, line *l, header *h,
                              numbers *scratch)
{
    size_t dimensions = 0, steps = 0;

    /* the first case decides the dimensions where the header is silent */
    TRY(read_dimensions_of(l, scratch, &dimensions, &steps));
    TRY(check_case(l, h, dimensions, steps));
    h->dimensions = dimensions;
    TRY(read_label(dataset, l, h));

    /* (dimensions,steps) in the file, (steps,dimensions) in memory */
    TRY(sequence_add(dataset, dataset->raw.count / dimensions, steps));
    for (size_t t = 0; t < steps; t++)
        for (size_t k = 0; k < dimensions; k++)
            TRY(numbers_add(&dataset->raw, scratch->values[k * steps + t]));
    return ELMAN_OK;
}

/* Writes what the header says into the encoding, or checks that it fits. */
static elman_status settle(elman_dataset *dataset, header *h)
{
    elman_encoding *e = dataset->encoding;

    if (e->task == ELMAN_TASK_AUTO)
        e->task = h->has_target ? ELMAN_TASK_REGRESS : ELMAN_TASK_CLASSIFY;
    if (e->task == ELMAN_TASK_CLASSIFY && h->has_target)
        return failure(ELMAN_BAD_FORMAT, "the file has targets, not classes");

    /* the first file fixes the form that every further one must have */
    if (!dataset->learned) {
        e->target_count = e->task == ELMAN_TASK_REGRESS;
        return ELMAN_OK;
    }

    if (h->dimensions && h->dimensions != e->input_size)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu dimensions, but the encoding has %zu",
                       h->dimensions, e->input_size);

    h->dimensions = e->input_size;
    return ELMAN_OK;
}

static elman_status read_all(elman_dataset *dataset, line l, header *h,
                             numbers *scratch)
{
    size_t before = dataset->sequence_count;

    TRY(read_header(&l, h));
    TRY(settle(dataset, h));

    for (; line_find(&l); line_next(&l)) {
        line_skip_spaces(&l, ' ');
        if (*l.at != '#') TRY(read_case(dataset, &l, h, scratch));
    }

    if (dataset->sequence_count == before)
        return failure(ELMAN_BAD_FORMAT, "a header, but no cases");
    dataset->encoding->input_size = h->dimensions;
    return ELMAN_OK;
}

elman_status ts_read(elman_dataset *dataset, line l)
{
    header h = {0};
    numbers scratch = {0};
    elman_status status = read_all(dataset, l, &h, &scratch);

    dictionary_clear(&h.classes);
    free(scratch.values);
    return status;
}
