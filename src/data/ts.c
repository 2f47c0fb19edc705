/* ts.c: the cases of a .ts file; its header is in ts_header.c. */
#include "data/ts.h"

#include "data/case.h"
#include "data/encoding.h"
#include "data/stamps.h"
#include "format/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A file as it is read. */
typedef struct ts_file {
    elman_dataset *dataset;
    ts_header header;
    elman_presence labels; /* as asked */
    numbers scratch;       /* (dimensions,steps) of a case */
    numbers turned;        /* (steps,dimensions) */
    stamps stamps;
    size_t unlisted; /* labels that the header does not list */
    size_t unsteady; /* cases of other lengths than the header says */
} ts_file;

/* Up to how many bytes of what comes up to one of the ends are shown. */
static int shown(const line *l, const char *ends)
{
    size_t bytes = strcspn(l->at, ends);
    return bytes > 40 ? 40 : (int)bytes;
}

/* ---- Dimensions --------------------------------------------------------- */

/* Goes over "(time,value)" up to the value; stop is the bracket behind it. */
static elman_status read_stamp(ts_file *f, line *l)
{
    size_t bytes = strcspn(l->at, ")\r\n"), comma = bytes;
    if (*l->at != '(' || l->at[bytes] != ')')
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: \"%.*s\", expected (time,value)", l->number,
                       bytes > 40 ? 40 : (int)bytes, l->at);

    /* a time may hold commas, the value does not */
    while (comma > 0 && l->at[comma] != ',')
        comma--;
    if (comma == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: \"%.*s\" without a comma, expected "
                       "(time,value)",
                       l->number, bytes > 40 ? 40 : (int)bytes, l->at);

    stamps_add(&f->stamps, l->at + 1, comma - 1);
    l->at += comma + 1;
    return ELMAN_OK;
}

/* Reads one dimension up to its ':', NaN for missing values. */
static elman_status read_dimension(ts_file *f, line *l, size_t *steps)
{
    size_t first = f->scratch.count, number = 1;
    line_skip_spaces(l, ',');
    bool stamped = f->header.stamped || *l->at == '(';
    stamps_begin(&f->stamps);

    do {
        double value;
        bool missing;
        line_skip_spaces(l, ',');
        if (stamped) TRY(read_stamp(f, l));
        TRY(line_value(l, stamped ? ')' : ',', stamped ? ')' : ':', number++,
                       &value, &missing));
        if (stamped) l->at++;
        TRY(numbers_add(&f->scratch, value));
        line_skip_spaces(l, ',');
    } while (line_separator(l, ','));

    /* the dimension must end where its values do */
    *steps = f->scratch.count - first;
    if (*l->at == ':' || line_ended(l)) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT, "line %zu: \"%.*s\" behind a value",
                   l->number, shown(l, ",:\r\n"), l->at);
}

/* The parts of a line between its ':', less those of times in brackets. */
static size_t count_parts(const line *l)
{
    size_t parts = 1;
    bool inside = false;
    for (const char *c = l->at; *c && *c != '\n' && *c != '\r'; c++) {
        if (*c == '(' || *c == ')') inside = *c == '(';
        parts += *c == ':' && !inside;
    }
    return parts;
}

/* Whether the last part of a line is a label. */
static elman_status find_label(const ts_file *f, const line *l, size_t parts,
                               bool *labelled)
{
    size_t inputs = f->dataset->encoding->input_size;
    *labelled = f->labels != ELMAN_PRESENCE_NO;
    if (f->labels == ELMAN_PRESENCE_AUTO && f->dataset->following)
        *labelled = parts != inputs;

    if (*labelled ? parts > 1 : f->dataset->answers) return ELMAN_OK;
    return failure(
        ELMAN_BAD_FORMAT, "line %zu: no \":\" and label after the values%s",
        l->number,
        f->dataset->following ? "; elman predict answers without labels" : "");
}

/* Reads all dimensions of a case; leaves the line at its label. */
static elman_status read_dimensions(ts_file *f, line *l, size_t dimensions,
                                    size_t *steps)
{
    f->scratch.count = 0;
    for (size_t k = 0; k < dimensions; k++) {
        size_t found = 0;
        if (k > 0) l->at++; /* the ':' where the dimension before stopped */
        TRY(read_dimension(f, l, &found));

        if (k > 0 && found != *steps)
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: dimension %zu has %zu values, the first "
                           "has %zu; fill the shorter ones with ?",
                           l->number, k + 1, found, *steps);
        *steps = found;
    }
    return ELMAN_OK;
}

/* ---- Cases -------------------------------------------------------------- */

/* Whether the header lists a label, as text or as the same number. */
static bool is_listed(const dictionary *classes, const char *text, size_t bytes)
{
    char copy[64];
    double value, other;
    if (classes->count == 0 ||
        dictionary_find(classes, text, bytes) < classes->count)
        return true;

    if (bytes >= sizeof copy) return false;
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    number_kind kind = number_parse(copy, &value);
    if (kind == NUMBER_MISSING) return true;

    for (size_t i = 0; kind == NUMBER_VALUE && i < classes->count; i++)
        if (number_parse(classes->entries[i].text, &other) == NUMBER_VALUE &&
            value == other)
            return true;
    return false;
}

static elman_status read_label(ts_file *f, line *l, bool labelled)
{
    const char *label = "";
    size_t bytes = 0;
    if (labelled) {
        l->at++; /* the ':' */
        line_text(l, '\n', &label, &bytes);
        f->unlisted += !is_listed(&f->header.classes, label, bytes);
    }
    return case_label(f->dataset, label, bytes,
                      (case_place){.line = l->number});
}

static elman_status read_case(ts_file *f, line *l)
{
    const ts_header *h = &f->header;
    size_t steps = 0, parts = count_parts(l);
    bool labelled = true;
    TRY(find_label(f, l, parts, &labelled));

    /* the first case decides the dimensions where the header is silent */
    size_t dimensions = parts - labelled;
    size_t want = f->dataset->encoding->input_size;
    if (want == 0) want = h->dimensions;
    if (want > 0 && dimensions != want)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: %zu dimensions, expected %zu", l->number,
                       dimensions, want);

    TRY(case_inputs(f->dataset, dimensions));
    TRY(read_dimensions(f, l, dimensions, &steps));
    TRY(read_label(f, l, labelled));
    f->unsteady += h->steps > 0 && steps != h->steps;

    /* (dimensions,steps) in the file, (steps,dimensions) in memory */
    f->turned.count = 0;
    for (size_t t = 0; t < steps; t++)
        for (size_t k = 0; k < dimensions; k++)
            TRY(numbers_add(&f->turned, f->scratch.values[k * steps + t]));
    return case_add(f->dataset, f->turned.values, steps,
                    (case_place){.line = l->number});
}

/* ---- The file ----------------------------------------------------------- */

/* Writes what the header says into the encoding, or checks that it fits. */
static elman_status settle(ts_file *f)
{
    const ts_header *h = &f->header;
    elman_dataset *dataset = f->dataset;
    elman_encoding *e = dataset->encoding;

    /* a target counts more than classes, which a header may list by habit */
    if (h->no_classes && !h->has_target && !dataset->following &&
        f->labels != ELMAN_PRESENCE_YES)
        return failure(ELMAN_BAD_FORMAT,
                       "@classLabel false and no @targetLabel true: nothing to "
                       "learn");
    if (e->task == ELMAN_TASK_AUTO)
        e->task = h->has_target ? ELMAN_TASK_REGRESS : ELMAN_TASK_CLASSIFY;
    if (e->task == ELMAN_TASK_CLASSIFY && h->has_target)
        return failure(ELMAN_BAD_FORMAT, "the file has targets, not classes");

    /* the first file fixes the form that every further one must have */
    if (dataset->learned && h->dimensions && h->dimensions != e->input_size)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu dimensions, but the encoding has %zu",
                       h->dimensions, e->input_size);
    if (!dataset->learned) e->target_count = e->task == ELMAN_TASK_REGRESS;
    return ELMAN_OK;
}

static elman_status describe(const ts_file *f)
{
    facts *told = &f->dataset->facts;
    if (f->unlisted)
        TRY(facts_add(told, "note", false,
                      "%zu labels are not in the list of @classLabel",
                      f->unlisted));
    if (f->unsteady)
        TRY(facts_add(told, "note", false,
                      "%zu cases have other than the %zu steps of "
                      "@seriesLength",
                      f->unsteady, f->header.steps));
    if (f->header.unknown)
        TRY(facts_add(told, "note", true,
                      "%zu words of the header are unknown and passed over",
                      f->header.unknown));
    return stamps_describe(&f->stamps, told);
}

static elman_status read_all(ts_file *f, line l)
{
    size_t before = f->dataset->sequence_count;
    TRY(ts_header_read(&l, &f->header));
    TRY(settle(f));

    for (; line_find_case(&l); line_next(&l)) {
        line_skip_spaces(&l, ' ');
        TRY(read_case(f, &l));
    }

    if (f->dataset->sequence_count == before)
        return failure(ELMAN_BAD_FORMAT, "a header, but no cases");
    return describe(f);
}

elman_status ts_read(elman_dataset *dataset, char *text,
                     const elman_dataset_config *config)
{
    ts_file f = {.dataset = dataset, .labels = config->labels};
    elman_status status = read_all(&f, (line){text, 1});

    dictionary_clear(&f.header.classes);
    free(f.scratch.values);
    free(f.turned.values);
    return status;
}
