/*
 * arff.c: the .arff format of Weka as the archives of series use it.
 *
 *   @relation Slope                        @relation 'Motions'
 *   @attribute att0 numeric                @attribute series relational
 *   @attribute att1 numeric                  @attribute att0 numeric
 *   @attribute target {up,down}              @attribute att1 numeric
 *   @data                                  @end series
 *   1,2,up                                 @attribute activity {walk,run}
 *                                          @data
 *                                          '1,2\n3,4',walk
 *
 * On the left each attribute is a step; on the right the dimensions of a case
 * are separated by "\n" within quotes. The last attribute is the class, or, if
 * it is numeric, the target. Missing values are '?'; words are of any case.
 */
#include "data/encoding.h"
#include "data/series.h"

#include "base/memory.h"
#include "format/missing.h"
#include "format/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum attribute {
    ATTRIBUTE_NUMBER,
    ATTRIBUTE_NOMINAL,
    ATTRIBUTE_RELATION, /* the dimensions of a case */
    ATTRIBUTE_OTHER     /* a string or date, which is passed over */
} attribute;

typedef struct arff {
    elman_presence labels; /* as asked */
    attribute *attributes;
    size_t count, room;
    size_t label; /* the attribute that is the class or target; count: none */
    bool relational; /* some attribute holds all dimensions */
    size_t others;
} arff;

/* A cell of a row: text without its quotes, which do not end it. */
typedef struct cell {
    const char *text;
    size_t bytes;
} cell;

static int shown(size_t bytes) { return bytes > 40 ? 40 : (int)bytes; }

/* ---- The header --------------------------------------------------------- */

/* Reads a word, or what quotes enclose, and goes on behind it. A backslash
 * keeps a quote from ending the text. */
static cell read_cell(line *l, const char *stops)
{
    line_skip_spaces(l, ',');
    char quote = *l->at;
    cell c = {.text = l->at};

    if (quote == '\'' || quote == '"') {
        const char *end = ++c.text;
        while (*end && *end != quote && *end != '\n' && *end != '\r')
            end += *end == '\\' && end[1] && end[1] != '\n' ? 2 : 1;
        c.bytes = (size_t)(end - c.text);
        l->at = *end == quote ? end + 1 : end;
        line_skip_spaces(l, ',');
        return c;
    }

    /* without quotes, up to the end and less the blanks before it */
    c.bytes = strcspn(l->at, stops);
    l->at += c.bytes;
    while (c.bytes &&
           (c.text[c.bytes - 1] == ' ' || c.text[c.bytes - 1] == '\t'))
        c.bytes--;
    return c;
}

static bool is_word(cell c, const char *word)
{
    return c.bytes == strlen(word) && !strncasecmp(c.text, word, c.bytes);
}

static elman_status add_attribute(arff *f, line *l)
{
    read_cell(l, " \t\r\n{"); /* its name */
    line_skip_spaces(l, ' ');
    bool nominal = *l->at == '{';
    cell type = read_cell(l, " \t\r\n{[");

    attribute kind = ATTRIBUTE_OTHER;
    if (nominal) kind = ATTRIBUTE_NOMINAL;
    else if (is_word(type, "numeric") || is_word(type, "real") ||
             is_word(type, "integer"))
        kind = ATTRIBUTE_NUMBER;
    else if (is_word(type, "relational")) kind = ATTRIBUTE_RELATION;
    else if (!is_word(type, "string") && !is_word(type, "date"))
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: an attribute of type \"%.*s\", expected "
                       "numeric, {...} or relational",
                       l->number, shown(type.bytes), type.text);

    attribute *wider =
        array_widen(f->attributes, &f->room, f->count + 1, sizeof *wider);
    if (!wider) return failure(ELMAN_NO_MEMORY, "no memory for attributes");
    f->attributes = wider;
    wider[f->count++] = kind;
    f->relational = f->relational || kind == ATTRIBUTE_RELATION;
    f->others += kind == ATTRIBUTE_OTHER;
    return ELMAN_OK;
}

/* Reads up to the line after @data. Attributes between a relational one and its
 * @end are the steps of its dimensions, which the rows show. */
static elman_status read_header(arff *f, line *l)
{
    for (bool nested = false;; line_next(l)) {
        if (!line_find_case(l))
            return failure(ELMAN_BAD_FORMAT, "the header has no @data");
        cell word = read_cell(l, " \t\r\n");

        /* anything but the four words is a mistake */
        if (is_word(word, "@data")) break;
        if (is_word(word, "@end")) nested = false;
        else if (is_word(word, "@attribute") && !nested) {
            TRY(add_attribute(f, l));
            nested = f->attributes[f->count - 1] == ATTRIBUTE_RELATION;
        } else if (!is_word(word, "@relation") && !is_word(word, "@attribute"))
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: \"%.*s\", expected @relation, @attribute "
                           "or @data",
                           l->number, shown(word.bytes), word.text);
    }
    line_next(l);
    return ELMAN_OK;
}

/* ---- The label ---------------------------------------------------------- */

/* The number of attributes of a kind, and the last of them. */
static size_t count_kind(const arff *f, attribute kind, size_t *last)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        if (f->attributes[i] == kind) {
            count++;
            *last = i;
        }
    return count;
}

/* The nominal attribute is the class; of numbers alone the last is the target,
 * unless data to be answered has none. */
static elman_status find_label(arff *f, const elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    size_t last = f->count;
    size_t nominal = count_kind(f, ATTRIBUTE_NOMINAL, &last);
    if (nominal > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu attributes are lists of labels, expected one, the "
                       "class of each series",
                       nominal);

    f->label = f->count;
    if (f->labels == ELMAN_PRESENCE_NO) return ELMAN_OK;
    if (nominal == 1) {
        f->label = last;
        return ELMAN_OK;
    }

    /* with as many numbers as steps were learned, none is left for a target */
    size_t found = count_kind(f, ATTRIBUTE_NUMBER, &last);
    bool none = f->labels == ELMAN_PRESENCE_AUTO && dataset->answers &&
                (f->relational ? found == 0
                 : e->steps    ? found == e->steps
                               : e->task == ELMAN_TASK_CLASSIFY);
    if (!none && found > (f->relational ? 0 : 1)) f->label = last;
    return ELMAN_OK;
}

static elman_status settle(arff *f, elman_dataset *dataset)
{
    elman_encoding *e = dataset->encoding;
    TRY(find_label(f, dataset));
    bool none = f->label == f->count;
    if (none && !dataset->answers)
        return failure(ELMAN_BAD_FORMAT,
                       "no attribute is a class or target: nothing to learn");

    bool number = !none && f->attributes[f->label] == ATTRIBUTE_NUMBER;
    if (e->task == ELMAN_TASK_AUTO)
        e->task = number ? ELMAN_TASK_REGRESS : ELMAN_TASK_CLASSIFY;
    if (!dataset->learned) e->target_count = e->task == ELMAN_TASK_REGRESS;

    if (f->others == 0) return ELMAN_OK;
    return facts_add(&dataset->facts, "ignored", false,
                     "%zu attributes of strings or dates", f->others);
}

/* ---- Rows --------------------------------------------------------------- */

static elman_status add_number(numbers *to, cell c, size_t row)
{
    char copy[64];
    double value = NAN;
    number_kind kind = NUMBER_NONE;

    if (c.bytes < sizeof copy) {
        memcpy(copy, c.text, c.bytes);
        copy[c.bytes] = 0;
        kind = missing_mark(copy) ? NUMBER_MISSING : number_parse(copy, &value);
    }
    if (kind == NUMBER_VALUE || kind == NUMBER_MISSING)
        return numbers_add(to, kind == NUMBER_VALUE ? value : NAN);
    return failure(ELMAN_BAD_FORMAT, "line %zu: \"%.*s\" is %s", row,
                   shown(c.bytes), c.text,
                   kind == NUMBER_TOO_LARGE ? "too large for a number"
                                            : "not a number");
}

/* Whether a dimension ends at c: "\n" as two characters. */
static bool ends_dimension(const char *c, const char *end)
{
    return end - c >= 2 && c[0] == '\\' && c[1] == 'n';
}

/* Reads "1,2\n3,4" into scratch (dimensions,steps). */
static elman_status read_relation(series_case *to, cell all, size_t row)
{
    const char *at = all.text, *end = all.text + all.bytes;
    to->inputs = 0;

    for (bool more = true; more;) {
        size_t first = to->scratch.count;
        for (bool values = true; values;) {
            const char *c = at;
            while (c < end && *c != ',' && !ends_dimension(c, end))
                c++;
            TRY(add_number(&to->scratch, (cell){at, (size_t)(c - at)}, row));
            values = c < end && *c == ',';
            more = c < end;
            at = values ? c + 1 : more ? c + 2 : c;
        }

        size_t found = to->scratch.count - first;
        if (to->inputs > 0 && found != to->steps)
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: dimension %zu has %zu values, the first "
                           "has %zu; fill the shorter ones with ?",
                           row, to->inputs + 1, found, to->steps);
        to->steps = found;
        to->inputs++;
        if (at == end) more = false; /* "\n" behind the last dimension */
    }
    return ELMAN_OK;
}

static elman_status short_row(const arff *f, size_t row, size_t found)
{
    return failure(ELMAN_BAD_FORMAT, "line %zu: %s values, expected %zu (%zu)",
                   row, found < f->count ? "too few" : "too many", f->count,
                   found);
}

static elman_status arff_parse(const void *state, const elman_dataset *dataset,
                               line *l, series_case *to)
{
    const arff *f = state;
    size_t i = 0, row = l->number;
    cell label = {.text = ""};
    to->scratch.count = to->steps = 0;
    to->inputs = 1;

    if (line_front(l) == '{')
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: sparse rows \"{...}\" are not read; write "
                       "every value",
                       row);

    for (bool more = true; more; more = line_separator(l, ','), i++) {
        if (i == f->count) return short_row(f, row, i + 1);
        cell c = read_cell(l, ",\r\n");
        if (!line_ended(l) && *l->at != ',')
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: text after a closing quote", row);

        if (i == f->label) label = c;
        else if (f->attributes[i] == ATTRIBUTE_RELATION)
            TRY(read_relation(to, c, row));
        else if (f->attributes[i] == ATTRIBUTE_NUMBER && !f->relational)
            TRY(add_number(&to->scratch, c, row));
    }

    /* the label alone may be left out, where it need not be known */
    bool unlabelled =
        dataset->answers && f->label + 1 == f->count && i == f->label;
    if (i < f->count && !unlabelled) return short_row(f, row, i);

    if (!f->relational) to->steps = to->scratch.count;
    to->label = label.text;
    to->label_bytes = label.bytes;
    return series_turn(to);
}

/* ---- The file ----------------------------------------------------------- */

static elman_status arff_begin(elman_dataset *dataset, const line_source *text,
                               line *l, const elman_dataset_config *config,
                               void **state)
{
    (void)text;
    size_t last = 0;
    arff *f = calloc(1, sizeof *f);
    if (!f) return failure(ELMAN_NO_MEMORY, "no memory for attributes");
    *state = f;
    f->labels = config->labels;
    TRY(read_header(f, l));
    if (count_kind(f, ATTRIBUTE_RELATION, &last) > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "more than one relational attribute, expected one");
    return settle(f, dataset);
}

static void arff_close(void *state)
{
    arff *f = state;
    if (f) free(f->attributes);
    free(f);
}

const series_format series_arff = {.format = ELMAN_DATA_FORMAT_ARFF,
                                   .name = ".arff",
                                   .begin = arff_begin,
                                   .parse = arff_parse,
                                   .close = arff_close};
