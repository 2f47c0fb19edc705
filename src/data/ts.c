/* ts.c: the cases of a .ts file; its header is in ts_header.c. */
#include "data/ts.h"

#include "data/case.h"
#include "data/encoding.h"
#include "format/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A file as it is read. */
typedef struct ts_file {
    ts_header header;
    elman_presence labels; /* as asked */
    size_t unlisted;       /* labels that the header does not list */
    size_t unsteady;       /* cases of other lengths than the header says */
} ts_file;

/* Up to how many bytes of what comes up to one of the ends are shown. */
static int shown(const line *l, const char *ends)
{
    size_t bytes = strcspn(l->at, ends);
    return bytes > 40 ? 40 : (int)bytes;
}

/* ---- Dimensions --------------------------------------------------------- */

/* Goes over "(time,value)" up to the value; stop is the bracket behind it. */
static elman_status read_stamp(line *l, stamps *times)
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

    stamps_add(times, l->at + 1, comma - 1);
    l->at += comma + 1;
    return ELMAN_OK;
}

/* Reads one dimension up to its ':', NaN for missing values. */
static elman_status read_dimension(const ts_file *f, line *l, series_case *c,
                                   size_t *steps)
{
    size_t first = c->scratch.count, number = 1;
    line_skip_spaces(l, ',');
    bool stamped = f->header.stamped || *l->at == '(';
    stamps_begin(&c->stamps);

    do {
        double value;
        bool missing;
        line_skip_spaces(l, ',');
        if (stamped) TRY(read_stamp(l, &c->stamps));
        TRY(line_value(l, stamped ? ')' : ',', stamped ? ')' : ':', number++,
                       &value, &missing));
        if (stamped) l->at++;
        TRY(numbers_add(&c->scratch, value));
        line_skip_spaces(l, ',');
    } while (line_separator(l, ','));

    /* the dimension must end where its values do */
    *steps = c->scratch.count - first;
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
static elman_status find_label(const ts_file *f, const elman_dataset *dataset,
                               const line *l, size_t parts, bool *labelled)
{
    *labelled = f->labels != ELMAN_PRESENCE_NO;
    if (f->labels == ELMAN_PRESENCE_AUTO && dataset->following)
        *labelled = parts != dataset->encoding->input_size;

    if (*labelled ? parts > 1 : dataset->answers) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "line %zu: no \":\" and label after the values%s", l->number,
                   dataset->following ? "; elman predict answers without labels"
                                      : "");
}

/* Reads all dimensions of a case; leaves the line at its label. */
static elman_status read_dimensions(const ts_file *f, line *l, series_case *c)
{
    c->scratch.count = 0;
    for (size_t k = 0; k < c->inputs; k++) {
        size_t found = 0;
        if (k > 0) l->at++; /* the ':' where the dimension before stopped */
        TRY(read_dimension(f, l, c, &found));

        if (k > 0 && found != c->steps)
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: dimension %zu has %zu values, the first "
                           "has %zu; fill the shorter ones with ?",
                           l->number, k + 1, found, c->steps);
        c->steps = found;
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

static elman_status ts_parse(const void *state, const elman_dataset *dataset,
                             line *l, series_case *c)
{
    const ts_file *f = state;
    line_skip_spaces(l, ' ');
    size_t parts = count_parts(l);
    bool labelled = true;
    TRY(find_label(f, dataset, l, parts, &labelled));

    /* the first case decides the dimensions where the header is silent */
    size_t want = dataset->encoding->input_size;
    if (want == 0) want = f->header.dimensions;
    c->inputs = parts - labelled;
    if (want > 0 && c->inputs != want)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: %zu dimensions, expected %zu", l->number,
                       c->inputs, want);
    TRY(read_dimensions(f, l, c));

    c->label = "";
    c->label_bytes = 0;
    if (labelled) {
        l->at++; /* the ':' */
        line_text(l, '\n', &c->label, &c->label_bytes);
    }

    /* (dimensions,steps) in the file, (steps,dimensions) in memory */
    return series_turn(c);
}

static void ts_note(void *state, const series_case *c)
{
    ts_file *f = state;
    const ts_header *h = &f->header;
    f->unsteady += h->steps > 0 && c->steps != h->steps;
    f->unlisted +=
        c->label_bytes > 0 && !is_listed(&h->classes, c->label, c->label_bytes);
}

/* ---- The file ----------------------------------------------------------- */

/* Writes what the header says into the encoding, or checks that it fits. */
static elman_status settle(const ts_file *f, elman_dataset *dataset)
{
    const ts_header *h = &f->header;
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

static elman_status ts_end(void *state, elman_dataset *dataset,
                           const series_case *c,
                           const elman_dataset_config *config)
{
    (void)config;
    const ts_file *f = state;
    facts *told = &dataset->facts;
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
    return stamps_describe(&c->stamps, told);
}

static elman_status ts_begin(elman_dataset *dataset, const line_source *text,
                             line *l, const elman_dataset_config *config,
                             void **state)
{
    (void)text;
    ts_file *f = calloc(1, sizeof *f);
    if (!f) return failure(ELMAN_NO_MEMORY, "no memory for a header");
    *state = f;
    f->labels = config->labels;
    TRY(ts_header_read(l, &f->header));
    return settle(f, dataset);
}

static void ts_close(void *state)
{
    ts_file *f = state;
    if (f) dictionary_clear(&f->header.classes);
    free(f);
}

const series_format series_ts = {.format = ELMAN_DATA_FORMAT_TS,
                                 .name = ".ts",
                                 .begin = ts_begin,
                                 .parse = ts_parse,
                                 .note = ts_note,
                                 .end = ts_end,
                                 .close = ts_close};
