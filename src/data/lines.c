/*
 * lines.c: labelled series, one per line: the UCR archive's label and values,
 * separated by tabs, semicolons, commas or blanks. NaN or nothing at the end of
 * a line is padding; lines that begin with # or % are comments.
 *
 *   1 0.5 0.7 1e0
 *   2 0.1 0.2 NaN
 *
 * Lines to be answered may have no label in front. Whether they do is told by
 * how many values were learned and by the labels that were, never guessed.
 */
#include "data/case.h"
#include "data/encoding.h"
#include "data/series.h"

#include "format/missing.h"
#include "format/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

/* ---- Labels or not ------------------------------------------------------ */

/* What the first fields of all lines are, and how many fields lines have. */
typedef struct survey {
    size_t lines;
    size_t with_label;  /* lines of as many fields as steps learned, and one */
    size_t without;     /* of as many fields as steps */
    size_t learned;     /* lines whose first field is a learned label, */
    size_t missing;     /* a mark for a missing one, */
    size_t text;        /* another text, */
    size_t numbers;     /* or a number that is no learned label */
    bool names;         /* some learned label that was found is text */
    bool number_labels; /* some learned label is a number */
    bool could_be;    /* all values behind the first could be labels as well */
    bool whole_first; /* all first numbers are whole */
    bool whole_rest;  /* all values behind them too */
} survey;

static bool copy_field(const char *text, size_t bytes, char copy[64])
{
    if (bytes >= 64) return false;
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    return true;
}

static void survey_first(survey *s, const elman_dataset *dataset,
                         const char *text, size_t bytes)
{
    char copy[64];
    double value;
    bool fits = copy_field(text, bytes, copy);
    bool number = fits && number_parse(copy, &value) == NUMBER_VALUE;

    if (fits && missing_mark(copy)) s->missing++;
    else if (label_find(dataset, text, bytes) < dataset->labels.count) {
        s->learned++;
        s->names = s->names || !number;
    } else if (number) s->numbers++;
    else s->text++;

    if (number) s->whole_first = s->whole_first && value == real_floor(value);
}

static void survey_value(survey *s, const elman_dataset *dataset,
                         const char *text, size_t bytes)
{
    char copy[64];
    double value;
    if (!copy_field(text, bytes, copy) ||
        number_parse(copy, &value) != NUMBER_VALUE)
        return;

    s->whole_rest = s->whole_rest && value == real_floor(value);
    s->could_be =
        s->could_be && label_find(dataset, text, bytes) < dataset->labels.count;
}

static void survey_line(survey *s, const elman_dataset *dataset, line l,
                        char separator)
{
    size_t fields = 0, filled = 0, steps = dataset->encoding->steps;
    do {
        const char *text;
        size_t bytes;
        line_text(&l, separator, &text, &bytes);
        if (fields++ == 0) survey_first(s, dataset, text, bytes);
        else survey_value(s, dataset, text, bytes);
        if (bytes) filled = fields; /* a separator at the end means nothing */
    } while (line_separator(&l, separator));

    s->lines++;
    s->with_label += steps > 0 && filled == steps + 1;
    s->without += steps > 0 && filled == steps;
}

static elman_status ask(const survey *s)
{
    return failure(ELMAN_BAD_FORMAT,
                   "it is not clear whether its %zu lines begin with a label "
                   "or with a value; say --labels or --no-labels",
                   s->lines);
}

/* What the first fields say of series whose lengths say nothing. */
static elman_status judge(const survey *s, elman_task task, bool *labelled)
{
    if (s->missing == s->lines || s->text > 0 || s->names) {
        *labelled = true;
        return s->numbers > 0 ? ask(s) : ELMAN_OK;
    }
    if (task == ELMAN_TASK_REGRESS) return ask(s);

    /* all of them are numbers that were learned as labels */
    if (s->numbers == 0) {
        *labelled = true;
        return s->could_be ? ask(s) : ELMAN_OK;
    }

    /* none is: values, unless they look like labels that were not learned */
    *labelled = false;
    bool like_labels = s->number_labels && s->whole_first && !s->whole_rest;
    return s->learned > 0 || s->missing > 0 || like_labels ? ask(s) : ELMAN_OK;
}

/* Whether the lines begin with labels. */
static elman_status find_labels(const elman_dataset *dataset,
                                const line_source *text, char separator,
                                elman_presence asked, bool *labelled)
{
    *labelled = asked != ELMAN_PRESENCE_NO;
    if (asked || !dataset->following) return ELMAN_OK;

    survey s = {.could_be = true, .whole_first = true, .whole_rest = true};
    double value;
    for (size_t i = 0; i < dataset->labels.count; i++)
        if (number_parse(dataset->labels.entries[i].text, &value) ==
            NUMBER_VALUE)
            s.number_labels = true;

    for (line l = line_first(text); line_find_case(&l); line_next(&l))
        survey_line(&s, dataset, l, separator);

    /* as many fields as steps were learned, or one more; evaluation needs
     * labels anyway */
    if (s.with_label == s.lines) return ELMAN_OK;
    *labelled = s.without < s.lines;
    if (s.without == s.lines || !dataset->answers) return ELMAN_OK;
    return judge(&s, dataset->encoding->task, labelled);
}

/* Whether lines begin with a number and end with a text, or a mark for one that
 * is missing: that is their label. */
static bool is_behind(const line_source *all, char separator)
{
    size_t texts = 0;
    for (line l = line_first(all); line_find_case(&l); line_next(&l)) {
        char first[64] = "", last[64] = "";
        double value;
        size_t fields = 0;
        if (separator == ' ') line_skip_spaces(&l, separator);
        do {
            const char *text;
            size_t bytes;
            line_text(&l, separator, &text, &bytes);
            if (!copy_field(text, bytes, fields++ ? last : first)) return false;
        } while (line_separator(&l, separator));

        // a number in front, and at the end text or nothing
        if (fields < 2 || number_parse(first, &value) != NUMBER_VALUE)
            return false;
        if (missing_mark(last)) continue;
        if (number_parse(last, &value) == NUMBER_VALUE) return false;
        texts++;
    }
    return texts > 0;
}

/* Where the label of a line stands. */
typedef enum label_place { LABEL_NONE, LABEL_FRONT, LABEL_BEHIND } label_place;

static elman_status find_place(elman_dataset *dataset, const line_source *text,
                               char separator, elman_presence asked,
                               label_place *place)
{
    bool labelled = true;
    *place = LABEL_BEHIND;
    if (asked != ELMAN_PRESENCE_NO &&
        dataset->encoding->task == ELMAN_TASK_CLASSIFY &&
        is_behind(text, separator))
        return dataset->following
                   ? ELMAN_OK
                   : facts_add(&dataset->facts, "target", false,
                               "the last field of each line is its label");

    TRY(find_labels(dataset, text, separator, asked, &labelled));
    *place = labelled ? LABEL_FRONT : LABEL_NONE;
    return ELMAN_OK;
}

/* ---- Lines -------------------------------------------------------------- */

/* So many classes may have fractions for names, or more of more series. */
enum { MOST_FRACTIONS = 8, SERIES_PER_FRACTION = 4 };

/* What is known of all lines. */
typedef struct lines_state {
    char separator;
    label_place label_at;
} lines_state;

static elman_status lines_parse(const void *state, const elman_dataset *dataset,
                                line *l, series_case *c)
{
    (void)dataset;
    const lines_state *s = state;
    const char separator = s->separator;
    size_t number = 1;
    bool more = true;
    c->label = "";
    c->label_bytes = 0;
    c->inputs = 1;

    if (separator == ' ') line_skip_spaces(l, separator);
    if (s->label_at == LABEL_FRONT) {
        line_text(l, separator, &c->label, &c->label_bytes);
        more = line_separator(l, separator);
        number++;
    }

    /* the last field is looked for where the label is behind */
    line rest = *l;
    bool fields = s->label_at == LABEL_BEHIND;
    while (fields) {
        line_text(&rest, separator, &c->label, &c->label_bytes);
        fields = line_separator(&rest, separator);
    }

    /* the values, missing ones as NaN */
    c->values.count = 0;
    for (; more; more = line_separator(l, separator)) {
        double value;
        bool missing;
        line_skip_spaces(l, separator);
        if (s->label_at == LABEL_BEHIND && l->at + (*l->at == '"') == c->label)
            break;
        TRY(line_value(l, separator, separator, number++, &value, &missing));
        TRY(numbers_add(&c->values, value));
    }
    c->steps = c->values.count;
    return ELMAN_OK;
}

static elman_status check_labels(const elman_dataset *dataset, bool labelled)
{
    if (labelled || dataset->answers) return ELMAN_OK;
    if (!dataset->following)
        return failure(ELMAN_BAD_FORMAT,
                       "lines without labels: there is nothing to learn; "
                       "--labels if the first of each line is one");
    return failure(ELMAN_BAD_FORMAT,
                   "lines without labels, so there is nothing to compare the "
                   "answers with; elman predict answers them, and --labels "
                   "says that the first of each line is a label");
}

/* Many labels that are numbers with decimals are values: of the series, or to
 * be learned as such. */
static elman_status check_classes(const elman_dataset *dataset)
{
    const dictionary *labels = &dataset->labels;
    const char *fraction = NULL;
    for (size_t i = 0; i < labels->count; i++) {
        const char *text = labels->entries[i].text;
        double value;
        if (number_parse(text, &value) != NUMBER_VALUE) return ELMAN_OK;
        if (value != real_floor(value)) fraction = text;
    }

    if (!fraction || labels->count <= MOST_FRACTIONS ||
        SERIES_PER_FRACTION * labels->count <= dataset->sequence_count)
        return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "%zu of %zu lines begin with another number, as %.40s, "
                   "which is no class; --task regress learns to tell it, "
                   "--task classify takes each for a class",
                   labels->count, dataset->sequence_count, fraction);
}

static elman_status lines_begin(elman_dataset *dataset, const line_source *text,
                                line *l, const elman_dataset_config *config,
                                void **state)
{
    elman_encoding *e = dataset->encoding;
    lines_state *s = calloc(1, sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "no memory for lines");
    *state = s;
    if (!line_find_case(l))
        return failure(ELMAN_BAD_FORMAT, "the file has only blank lines");

    /* where commas separate nothing, they are in the numbers */
    s->separator = line_find_separator(l);
    if (s->separator != ',' && line_source_holds(text, ',') &&
        !line_source_holds(text, '.')) {
        line_source_point(text);
        TRY(facts_add(&dataset->facts, "numbers", false, "decimal commas"));
    }

    /* this format has one value per step and one target per line */
    TRY(case_inputs(dataset, 1));
    if (e->task == ELMAN_TASK_AUTO) e->task = ELMAN_TASK_CLASSIFY;
    if (!dataset->learned) e->target_count = e->task == ELMAN_TASK_REGRESS;

    TRY(find_place(dataset, text, s->separator, config->labels, &s->label_at));
    TRY(check_labels(dataset, s->label_at != LABEL_NONE));
    *l = line_first(text);
    return ELMAN_OK;
}

static elman_status lines_end(void *state, elman_dataset *dataset,
                              const series_case *c,
                              const elman_dataset_config *config)
{
    (void)state, (void)c;
    bool guessed = !dataset->learned && config->task == ELMAN_TASK_AUTO;
    return guessed ? check_classes(dataset) : ELMAN_OK;
}

const series_format series_lines = {.format = ELMAN_DATA_FORMAT_SERIES,
                                    .name = "lines of series",
                                    .begin = lines_begin,
                                    .parse = lines_parse,
                                    .end = lines_end,
                                    .close = free};
