/*
 * tsf.c: the .tsf format of the Monash archive: a header of @words, then one
 * series per line behind its attributes.
 *
 *   @relation sales
 *   @attribute series_name string
 *   @attribute start_timestamp date
 *   @frequency monthly
 *   @horizon 12
 *   @data
 *   T1:1979-01-01 00-00-00:25,24,?,27
 *
 * The series become the rows of a forecast, as those of a table do: windows
 * never cross the border of a series, and the last rows of each are set aside.
 */
#include "data/case.h"
#include "data/encoding.h"
#include "data/line.h"
#include "data/table.h"

#include "base/memory.h"
#include "base/spill.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_ATTRIBUTES = 64, TEXT_ROOM = 200 };

/* What a file says of itself. */
typedef struct tsf {
    elman_dataset *dataset;
    const elman_dataset_config *config;
    size_t attributes, dates; /* in all, and those that are dates */
    bool is_date[MOST_ATTRIBUTES];
    char frequency[40];
    size_t horizon;
    stamp_column clock; /* of the frequency; kind NONE: it is not known */
    bool timed;         /* every series so far has a time to begin with */
    size_t trimmed;     /* series with missing values at an end */
    size_t first_row, first_series; /* of this file */
} tsf;

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for series");
}

static bool is_word(const char *text, size_t bytes, const char *word)
{
    return strlen(word) == bytes && !strncasecmp(text, word, bytes);
}

/* ---- Frequencies -------------------------------------------------------- */

static const struct {
    const char *name;
    stamp_unit unit;
    int64_t seconds; /* or months */
} frequencies[] = {{"yearly", STAMP_MONTHS, 12},
                   {"quarterly", STAMP_MONTHS, 3},
                   {"monthly", STAMP_MONTHS, 1},
                   {"weekly", STAMP_MICROSECONDS, 604800},
                   {"daily", STAMP_MICROSECONDS, 86400},
                   {"hourly", STAMP_MICROSECONDS, 3600},
                   {"half_hourly", STAMP_MICROSECONDS, 1800},
                   {"minutely", STAMP_MICROSECONDS, 60},
                   {"secondly", STAMP_MICROSECONDS, 1}};

/* The seconds of "10_minutes" or "4_seconds"; 0 if it is no such text. */
static int64_t read_period(const char *text)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}};

    int64_t count = 0;
    while (*text >= '0' && *text <= '9' && count < 1000000)
        count = count * 10 + (*text++ - '0');
    text += *text == '_';

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strncasecmp(text, units[i].name, strlen(units[i].name)))
            return count * units[i].seconds;
    return 0;
}

/* How the times of a file go on. Days and longer have no time of day. */
static elman_status settle_clock(tsf *f)
{
    int64_t step = read_period(f->frequency);
    stamp_unit unit = STAMP_MICROSECONDS;
    for (size_t i = 0; i < sizeof frequencies / sizeof *frequencies; i++)
        if (is_word(f->frequency, strlen(f->frequency), frequencies[i].name)) {
            step = frequencies[i].seconds;
            unit = frequencies[i].unit;
        }
    if (step == 0 || f->dates == 0) return ELMAN_OK;

    static const char *const days[] = {"2001-01-01", "2001-01-30"},
                             *const times[] = {"2001-01-01 00:00:00",
                                               "2001-01-30 11:12:13"};
    /* the style from two stamps that are written so, the step as it is said */
    bool date = unit == STAMP_MONTHS || step % 86400 == 0;
    TRY(stamp_settle(date ? days : times, 1, 2, 1, &f->clock));
    stamp_close(&f->clock);
    f->clock.count = 0;
    f->clock.unit = unit;
    f->clock.step = unit == STAMP_MONTHS ? step : step * 1000000;
    f->timed = f->clock.kind == STAMP_DATE;
    return ELMAN_OK;
}

/* ---- The header --------------------------------------------------------- */

static elman_status add_attribute(tsf *f, line *l)
{
    const char *name, *type;
    size_t bytes;
    if (f->attributes == MOST_ATTRIBUTES)
        return failure(ELMAN_BAD_FORMAT, "line %zu: more than %d attributes",
                       l->number, MOST_ATTRIBUTES);

    /* its name says nothing, its type whether it is a time */
    line_text(l, ' ', &name, &bytes);
    line_text(l, ' ', &type, &bytes);
    bool date = is_word(type, bytes, "date");
    if (!date && !is_word(type, bytes, "string") &&
        !is_word(type, bytes, "numeric"))
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: an attribute of type \"%.*s\", expected "
                       "string, numeric or date",
                       l->number, bytes > 40 ? 40 : (int)bytes, type);

    f->is_date[f->attributes++] = date;
    f->dates += date;
    return ELMAN_OK;
}

static elman_status read_horizon(tsf *f, line *l)
{
    const char *text;
    size_t bytes;
    line_text(l, ' ', &text, &bytes);
    f->horizon = 0;
    for (size_t i = 0; i < bytes && f->horizon < 1000000; i++) {
        if (text[i] < '0' || text[i] > '9')
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: @horizon \"%.*s\", expected a whole "
                           "number",
                           l->number, bytes > 40 ? 40 : (int)bytes, text);
        f->horizon = f->horizon * 10 + (size_t)(text[i] - '0');
    }
    return ELMAN_OK;
}

/* Reads up to the line after @data. */
static elman_status read_header(tsf *f, line *l)
{
    for (bool is_data = false; !is_data; line_next(l)) {
        const char *word, *value;
        size_t bytes, value_bytes;
        if (!line_find_case(l) || line_front(l) != '@')
            return failure(ELMAN_BAD_FORMAT, "the header has no @data");

        line_text(l, ' ', &word, &bytes);
        is_data = is_word(word, bytes, "@data");
        if (is_word(word, bytes, "@attribute")) TRY(add_attribute(f, l));
        else if (is_word(word, bytes, "@horizon")) TRY(read_horizon(f, l));
        else if (is_word(word, bytes, "@frequency")) {
            line_text(l, ' ', &value, &value_bytes);
            snprintf(f->frequency, sizeof f->frequency, "%.*s",
                     value_bytes > 39 ? 39 : (int)value_bytes, value);
        }
    }
    return settle_clock(f);
}

/* ---- Series ------------------------------------------------------------- */

/* The attributes of a series as a name, and its first time. */
typedef struct title {
    char name[TEXT_ROOM];
    char time[STAMP_ROOM];
} title;

/* Reads the attributes, each up to its ':'. */
static elman_status read_title(tsf *f, line *l, title *t)
{
    size_t at = 0;
    *t = (title){.name = ""};
    for (size_t i = 0; i < f->attributes; i++) {
        size_t bytes = strcspn(l->at, ":\r\n");
        if (l->at[bytes] != ':')
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: %zu attributes before the values, "
                           "expected %zu",
                           l->number, i, f->attributes);

        /* the time, or a part of the name */
        if (f->is_date[i])
            snprintf(t->time, sizeof t->time, "%.*s",
                     bytes > 40 ? 40 : (int)bytes, l->at);
        else if (at < TEXT_ROOM - 1)
            at += (size_t)snprintf(t->name + at, TEXT_ROOM - at, "%s%.*s",
                                   at ? " " : "", bytes > 60 ? 60 : (int)bytes,
                                   l->at);
        l->at += bytes + 1;
    }

    if (at == 0)
        snprintf(t->name, TEXT_ROOM, "%zu",
                 f->dataset->series_count - f->first_series + 1);
    return ELMAN_OK;
}

/* The stamp of "1979-01-01 00-00-00"; false if it is none. */
static bool read_time(const tsf *f, const char *text, int64_t *stamp)
{
    char copy[STAMP_ROOM];
    snprintf(copy, sizeof copy, "%s", text);
    bool day = !strchr(f->clock.style.time, '%');
    if (strlen(copy) >= 19) copy[13] = copy[16] = ':';
    if (day && strlen(copy) > 10) copy[10] = 0;
    return stamp_read(&f->clock.style, copy, stamp);
}

/* Reads values up to the line's end into raw, without those that are missing
 * at both ends; skipped becomes how many those in front were. */
static elman_status read_values(tsf *f, line *l, const char *name,
                                size_t *skipped)
{
    elman_dataset *dataset = f->dataset;
    size_t first = dataset->raw.count, number = 1, end = first;
    bool refuse = dataset->encoding->missing == ELMAN_MISSING_REFUSE;
    size_t hole = 0;
    *skipped = 0;

    do {
        double value;
        bool missing;
        TRY(line_value(l, ',', ':', number++, &value, &missing));
        /* the series begins with the first value that is there */
        if (missing && dataset->raw.count == first) {
            ++*skipped;
            continue;
        }
        TRY(numbers_add(&dataset->raw, value));
        if (!missing && end < dataset->raw.count - 1 && hole == 0)
            hole = number - 2;
        if (!missing) end = dataset->raw.count;
    } while (line_separator(l, ','));

    if (!line_ended(l))
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: more attributes before the values than the "
                       "%zu of the header",
                       l->number, f->attributes);
    if (hole && refuse)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu, value %zu of series %.60s is missing; "
                       "choose missing (--missing) previous, mean or drop",
                       l->number, hole, name);

    f->trimmed += *skipped > 0 || end < dataset->raw.count;
    dataset->raw.count = end;
    if (end > first) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT, "line %zu: series %.60s has no values",
                   l->number, name);
}

/* Notes where the rows of a series stand. */
static elman_status place_rows(tsf *f, size_t count, size_t number,
                               int64_t stamp)
{
    elman_dataset *dataset = f->dataset;
    char text[STAMP_ROOM] = "";
    TRY(rows_widen(dataset, count, true));

    for (size_t t = 0; t < count; t++) {
        size_t at = dataset->row_count;
        if (f->timed)
            stamp_write(&f->clock.style,
                        stamp_advance(&f->clock, stamp, (int64_t)t), text);
        TRY(row_time_set(dataset, at, text));

        dataset->row_lines[at] = number;
        dataset->row_steps[at] = at - f->first_row;
        dataset->row_count++;
    }
    return ELMAN_OK;
}

static elman_status read_series(tsf *f, line *l)
{
    elman_dataset *dataset = f->dataset;
    title t;
    size_t first = dataset->raw.count, skipped = 0;
    int64_t stamp = 0;
    TRY(read_title(f, l, &t));
    TRY(read_values(f, l, t.name, &skipped));
    size_t count = dataset->raw.count - first;

    /* its rows, which are their own targets, and where they stand */
    f->timed = f->timed && read_time(f, t.time, &stamp);
    if (f->timed) stamp = stamp_advance(&f->clock, stamp, (int64_t)skipped);
    for (size_t i = first; i < first + count; i++)
        TRY(numbers_add(&dataset->raw_targets, dataset->raw.values[i]));
    TRY(place_rows(f, count, l->number, stamp));

    row_series *wider = array_widen(dataset->series, &dataset->series_room,
                                    dataset->series_count + 1, sizeof *wider);
    if (!wider) return no_memory();
    dataset->series = wider;
    char *name = text_copy(t.name);
    if (!name) return no_memory();

    row_series s = {
        .name = name, .first = first, .count = count, .file = dataset->reading};
    if (f->timed) s.last = stamp_advance(&f->clock, stamp, (int64_t)count - 1);
    wider[dataset->series_count++] = s;
    return ELMAN_OK;
}

/* ---- Window and horizon ------------------------------------------------- */

static int compare_sizes(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

/* The longest window up to the usual one that leaves three of four series a
 * horizon to train on and one to validate; with short series half of them, or
 * only one to train on. 0: not even the longest has room. */
static size_t choose_window(const size_t *lengths, size_t count, size_t horizon)
{
    const size_t places[] = {count / 4, count / 2, count - 1};
    for (size_t k = 0; k < 6; k++) {
        size_t length = lengths[places[k / 2]], taken = horizon * (2 - k % 2);
        if (length > taken)
            return length - taken < DEFAULT_WINDOW ? length - taken
                                                   : DEFAULT_WINDOW;
    }
    return 0;
}

static elman_status settle_windows(tsf *f)
{
    elman_dataset *dataset = f->dataset;
    elman_encoding *e = dataset->encoding;
    const size_t most = SIZE_MAX >> (4 * sizeof(size_t)); /* products fit */
    size_t count = dataset->series_count;

    e->horizon = f->config->horizon ? f->config->horizon
                 : f->horizon       ? f->horizon
                                    : 1;
    e->window = f->config->window;
    if (e->window > most || e->horizon > most)
        return failure(ELMAN_BAD_VALUE,
                       "window is %zu and horizon %zu, expected at most %zu "
                       "each",
                       e->window, e->horizon, most);
    if (e->window) return ELMAN_OK;

    size_t *lengths = calloc(count, sizeof *lengths);
    if (!lengths) return no_memory();
    for (size_t i = 0; i < count; i++)
        lengths[i] = dataset->series[i].count;
    qsort(lengths, count, sizeof *lengths, compare_sizes);
    e->window = choose_window(lengths, count, e->horizon);
    size_t longest = lengths[count - 1];
    free(lengths);

    if (e->window) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the longest series has %zu values, which leaves none to "
                   "learn from before a horizon of %zu; --horizon can be less",
                   longest, e->horizon);
}

/* ---- The file ----------------------------------------------------------- */

static elman_status name_values(elman_encoding *e)
{
    e->columns = calloc(2, sizeof *e->columns);
    e->target_names = calloc(2, sizeof *e->target_names);
    if (!e->columns || !e->target_names) return no_memory();
    e->input_size = e->target_count = 1;
    e->columns[0] = text_copy("value");
    e->target_names[0] = text_copy("value");
    return e->columns[0] && e->target_names[0] ? ELMAN_OK : no_memory();
}

static elman_status settle(tsf *f)
{
    elman_encoding *e = f->dataset->encoding;
    if (e->task == ELMAN_TASK_AUTO) e->task = ELMAN_TASK_FORECAST;
    f->dataset->per_step = true;
    if (!f->dataset->learned) return name_values(e);

    if (e->input_size == 1 && e->target_count == 1) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "1 value a step, but the encoding has %zu inputs and %zu "
                   "targets",
                   e->input_size, e->target_count);
}

static elman_status describe(const tsf *f, const decoded *text)
{
    const elman_dataset *dataset = f->dataset;
    const elman_encoding *e = dataset->encoding;
    facts *told = &f->dataset->facts;
    size_t series = dataset->series_count - f->first_series, shorter = 0;
    for (size_t i = f->first_series; i < dataset->series_count; i++)
        shorter += dataset->series[i].count < e->window;
    if (dataset->reading != ELMAN_PART_TRAIN) return ELMAN_OK;

    TRY(facts_add(told, "file", false, ".tsf, %zu series, %s%s%s", series,
                  text->encoding, text->note[0] ? ": " : "", text->note));
    TRY(facts_add(told, "task", false,
                  "forecast %zu value%s%s from the %zu before", e->horizon,
                  e->horizon == 1 ? "" : "s",
                  f->horizon == e->horizon ? " (@horizon)" : "", e->window));
    TRY(facts_add(told, "time", !f->timed, "%s%s",
                  f->frequency[0] ? f->frequency : "no @frequency",
                  f->timed ? "" : ", without dates"));

    /* what is not taken as it stands */
    if (f->trimmed)
        TRY(facts_add(told, "missing", false,
                      "values at an end of %zu series: they begin or end there",
                      f->trimmed));
    if (shorter && dataset->following)
        TRY(facts_add(told, "note", false,
                      "%zu series are shorter than the %zu values of a window "
                      "and have no answer",
                      shorter, e->window));
    return ELMAN_OK;
}

static elman_status read_text(tsf *f, const decoded *text)
{
    elman_dataset *dataset = f->dataset;
    line l = {.at = text->text, .number = 1};
    TRY(case_begin(dataset, f->config));
    TRY(settle(f));

    TRY(read_header(f, &l));
    for (; line_find_case(&l); line_next(&l))
        TRY(read_series(f, &l));
    if (dataset->series_count == f->first_series)
        return failure(ELMAN_BAD_FORMAT, "a header, but no series");

    /* without a time for every series there is none for any */
    if (!f->timed) row_times_clear(&dataset->times);
    else if (dataset->reading == ELMAN_PART_TRAIN) dataset->clock = f->clock;
    if (!dataset->learned) TRY(settle_windows(f));
    return describe(f, text);
}

static elman_status tsf_read(elman_dataset *dataset, const input *in,
                             const elman_dataset_config *config)
{
    decoded text = {0};
    tsf f = {.dataset = dataset,
             .config = config,
             .first_row = dataset->row_count,
             .first_series = dataset->series_count};
    TRY(input_decode(in, config, &text));
    elman_status status = read_text(&f, &text);
    spill_free(text.text);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}

static elman_status tsf_open(elman_dataset *dataset, const input *in,
                             const elman_dataset_config *config)
{
    return rows_open(dataset, in, config, tsf_read);
}

const dataset_kind kind_tsf = {
    .name = "series of the Monash archive",
    .extensions = {"tsf"},
    .tasks = 1u << ELMAN_TASK_FORECAST,
    .options = 1u << OPTION_VALIDATION_PATH | 1u << OPTION_WINDOW |
               1u << OPTION_HORIZON | 1u << OPTION_NO_SCALING |
               1u << OPTION_TRANSFORM,
    .open = tsf_open};
