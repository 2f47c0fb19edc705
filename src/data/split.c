/*
 * split.c: the parts of a table, and their windows. The last rows of each
 * series are for validation and test: in a random split training would see the
 * future.
 */
#include "data/encoding.h"
#include "data/table.h"

#include "base/spill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the rows of one series are divided, in order of time; those behind
 * validation_end belong to no part. */
typedef struct share {
    size_t train, validation_begin, validation_end, test_begin;
} share;

/* The division of all series. */
typedef struct division {
    elman_dataset *dataset;
    const elman_dataset_config *config;
    share *shares; /* (series_count) */
    span *parts;   /* (part_count) rows of one series and one part; those that
                      train come first */
    size_t part_count, train_count;
    size_t windows;      /* of all series that may train, if there is a test
                            part of a forecast; else 0 */
    size_t short_series; /* without a window to train on */
    bool fewer, none;    /* validation rows, than were wanted */
} division;

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the parts of a table");
}

/* Rows that one sequence of a part takes. */
static size_t rows_needed(const division *d)
{
    const elman_encoding *e = d->dataset->encoding;
    if (e->task != ELMAN_TASK_FORECAST) return 1;
    return e->window + (d->config->answers ? 0 : e->horizon);
}

/* ---- Shares ------------------------------------------------------------- */

/* Folds in time: block after block validates, on what comes before it. */
static share share_fold(const division *d, size_t rest)
{
    size_t block = rest / (d->config->folds + 1);
    size_t begin = rest - (d->config->folds - d->config->fold) * block;
    return (share){begin, begin, begin + block, rest};
}

/* How many of the rows validate: a share of them, at least one horizon if that
 * leaves enough to train on. */
static size_t count_validation(division *d, size_t rest)
{
    const elman_encoding *e = d->dataset->encoding;
    double fraction = split_fraction(d->config, d->windows);
    size_t count = (size_t)(fraction * (double)rest), need = rows_needed(d);
    if (d->config->validation_path || fraction <= 0) return 0;

    if (count < e->horizon) {
        bool enough = rest >= e->horizon && rest - e->horizon >= 2 * need;
        d->fewer = true;
        d->none = d->none || !enough;
        count = enough ? e->horizon : 0;
    }

    /* training comes first */
    if (rest >= need && rest - count < need) {
        count = 0;
        d->fewer = d->none = true;
    }
    return count >= rest && rest ? rest - 1 : count;
}

/* The rows of a series that may train or validate. */
static size_t rest_of(const division *d, const row_series *s)
{
    return s->count - (size_t)(d->config->test * (double)s->count);
}

static size_t count_windows(const division *d)
{
    const elman_dataset *dataset = d->dataset;
    size_t windows = 0, need = rows_needed(d);
    if (dataset->encoding->task != ELMAN_TASK_FORECAST) return 0;

    for (size_t i = 0; i < dataset->series_count; i++) {
        const row_series *s = &dataset->series[i];
        size_t rest = s->file == ELMAN_PART_TRAIN ? rest_of(d, s) : 0;
        if (rest >= need) windows += rest - need + 1;
    }
    return windows;
}

static void share_out(division *d)
{
    const elman_dataset *dataset = d->dataset;

    /* few windows with a test part do without a validation part: a score is
     * there, and none of the rows can be spared */
    bool scored = d->config->test > 0 || d->config->test_path;
    d->windows = scored ? count_windows(d) : 0;
    for (size_t i = 0; i < dataset->series_count; i++) {
        const row_series *s = &dataset->series[i];
        share *to = &d->shares[i];
        if (s->file != ELMAN_PART_TRAIN || dataset->following) continue;

        size_t rest = rest_of(d, s);
        if (d->config->folds) *to = share_fold(d, rest);
        else {
            size_t validation = count_validation(d, rest);
            *to = (share){rest - validation, rest - validation, rest, rest};
        }
    }
}

/* What is asked for must be a row at least. */
static elman_status check_shares(const division *d)
{
    const elman_dataset_config *c = d->config;
    size_t rows = 0, taken;
    for (size_t i = 0; i < d->dataset->series_count; i++)
        if (d->dataset->series[i].file == ELMAN_PART_TRAIN)
            rows += d->dataset->series[i].count;

    TRY(split_count("test", c->test, true, rows, "rows", &taken));
    if (c->folds && rows / (c->folds + 1) < d->dataset->encoding->horizon + 1)
        return failure(ELMAN_BAD_VALUE,
                       "folds is %zu, which leaves %zu of %zu rows for each",
                       c->folds, rows / (c->folds + 1), rows);
    if (c->folds || c->validation_path) return ELMAN_OK;
    return split_count("validation", split_fraction(c, 0), c->validation > 0,
                       rows, "rows", &taken);
}

/* Lists the rows of each part and series, for what is missing. */
static elman_status list_parts(division *d)
{
    const elman_dataset *dataset = d->dataset;
    d->parts = calloc(4 * dataset->series_count + 1, sizeof *d->parts);
    if (!d->parts) return no_memory();

    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < dataset->series_count; i++) {
            const row_series *s = &dataset->series[i];
            const share *h = &d->shares[i];
            const size_t borders[] = {0, h->train, h->validation_end,
                                      h->test_begin, s->count};
            for (size_t k = turn ? 1 : 0; k < (turn ? 4 : 1); k++)
                if (borders[k] < borders[k + 1])
                    d->parts[d->part_count++] = (span){
                        s->first + borders[k], borders[k + 1] - borders[k]};
            if (turn == 0) d->train_count = d->part_count;
        }
    return ELMAN_OK;
}

/* ---- Windows ------------------------------------------------------------ */

/* Makes the sequences of rows begin to end of one series. A forecast begins at
 * every row whose window and horizon still fit; no sequence has a row that is
 * left out. */
static elman_status add_windows(const division *d, size_t begin, size_t end)
{
    elman_dataset *dataset = d->dataset;
    const elman_encoding *e = dataset->encoding;
    const bool *dropped = dataset->row_dropped;
    const bool *unasked = dataset->row_unasked;
    bool forecast = e->task == ELMAN_TASK_FORECAST;
    size_t need = rows_needed(d), first = begin, asked = begin;

    /* first is where the rows that are kept begin, and asked where those begin
     * that have their targets */
    for (size_t row = begin; row <= end; row++) {
        bool gap = row == end || (dropped && dropped[row]);
        bool filled = row < end && unasked && unasked[row];
        size_t kept = row - first;
        if (filled) asked = row + 1;
        if (!forecast) gap = gap || filled;
        else if (!gap && kept + 1 >= need) {
            bool known = asked + need <= row + 1 + e->window;
            if (known) TRY(sequence_add(dataset, row + 1 - need, e->window));
            else dataset->unasked++;
        }

        for (size_t i = first; gap && !forecast && i < row; i += e->window)
            TRY(sequence_add(dataset, i,
                             row - i < e->window ? row - i : e->window));
        if (gap) first = row + 1;
    }
    return ELMAN_OK;
}

/* Where the sequences of a part begin and end in a series; false if it has
 * none of its rows. A forecast of the first row behind training reads the rows
 * before it. */
static bool find_rows(const division *d, size_t series, elman_part part,
                      size_t *begin, size_t *end)
{
    const elman_dataset *dataset = d->dataset;
    const row_series *s = &dataset->series[series];
    const share *h = &d->shares[series];
    const size_t begins[PART_COUNT] = {0, h->validation_begin, h->test_begin};
    const size_t ends[PART_COUNT] = {h->train, h->validation_end, s->count};

    if (dataset->following || s->file != ELMAN_PART_TRAIN) {
        elman_part whole = dataset->following ? ELMAN_PART_VALIDATION : s->file;
        *begin = s->first;
        *end = s->first + s->count;
        return whole == part;
    }

    size_t window = dataset->encoding->window, from = begins[part];
    bool back = dataset->encoding->task == ELMAN_TASK_FORECAST && part;
    if (back) from = from > window ? from - window : 0;
    *begin = s->first + from;
    *end = s->first + ends[part];
    return begins[part] < ends[part];
}

/* A sequence and where its last row stands in the file. */
typedef struct placed {
    size_t file, step, id;
} placed;

static int compare_places(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    if (a->file != b->file) return a->file < b->file ? -1 : 1;
    if (a->step != b->step) return a->step < b->step ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Puts the sequences of a part into the order of the file. */
static elman_status sort_part(elman_dataset *dataset, elman_part part)
{
    size_t count = dataset->size[part], *ids = dataset->ids[part];
    placed *list = spill_zeroed(count + 1, sizeof *list);
    if (!list) return no_memory();

    for (size_t i = 0; i < count; i++) {
        const span *s = &dataset->sequences[ids[i]];
        size_t last = s->first + s->length - 1;
        list[i] = (placed){(size_t)series_of(dataset, last)->file,
                           dataset->row_steps[last], ids[i]};
    }

    spill_sort(list, count, sizeof *list, compare_places);
    for (size_t i = 0; i < count; i++)
        ids[i] = list[i].id;
    spill_free(list);
    return ELMAN_OK;
}

/* No sequence where there are rows. */
static elman_status too_short(const division *d, elman_part part, size_t rows,
                              size_t series)
{
    const elman_encoding *e = d->dataset->encoding;
    const char *of = part_name(part);
    if (d->dataset->unasked && rows >= rows_needed(d))
        return failure(ELMAN_BAD_FORMAT,
                       "each horizon of %zu rows for %s has a row whose target "
                       "is missing; choose a smaller horizon (--horizon)",
                       e->horizon, of);
    if (d->dataset->row_dropped && rows >= rows_needed(d))
        return failure(ELMAN_BAD_FORMAT,
                       "no %zu rows for %s follow each other without a missing "
                       "value; choose missing (--missing) previous or mean",
                       rows_needed(d), of);
    if (series > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "at most %zu rows for %s in each of %zu series, but "
                       "window %zu and horizon %zu need %zu; choose a smaller "
                       "window (--window)",
                       rows, of, series, e->window, e->horizon, rows_needed(d));
    return failure(ELMAN_BAD_FORMAT,
                   "%zu rows for %s, but window %zu and horizon %zu need %zu; "
                   "choose a smaller window (--window)",
                   rows, of, e->window, e->horizon, rows_needed(d));
}

static elman_status add_part(division *d, elman_part part)
{
    elman_dataset *dataset = d->dataset;
    size_t before = dataset->sequence_count, most = 0, series = 0, begin, end;

    for (size_t i = 0; i < dataset->series_count; i++) {
        if (!find_rows(d, i, part, &begin, &end)) continue;
        size_t have = dataset->sequence_count;
        TRY(add_windows(d, begin, end));
        if (end - begin > most) most = end - begin;
        series++;
        if (part == ELMAN_PART_TRAIN && dataset->sequence_count == have)
            d->short_series++;
    }

    /* rows that were set aside may be too few, and those that are only to be
     * answered, which then have no answer; files and training not */
    bool must = part == ELMAN_PART_TRAIN ||
                (dataset->following && !d->config->answers) ||
                (part == ELMAN_PART_VALIDATION && d->config->validation_path) ||
                (part == ELMAN_PART_TEST && d->config->test_path);
    if (dataset->sequence_count == before && most && must)
        return too_short(d, part, most, series);

    TRY(part_set(dataset, part, before, dataset->sequence_count));
    return part == ELMAN_PART_TRAIN ? ELMAN_OK : sort_part(dataset, part);
}

/* ---- What it came to ---------------------------------------------------- */

/* "rows 1 to 130 (1949-01 to 1959-10)", counted in order of time. */
static void describe_rows(const elman_dataset *dataset, const row_series *s,
                          size_t begin, size_t end, char *text, size_t room)
{
    const char *from = row_time(dataset, s->first + begin);
    const char *to = row_time(dataset, s->first + end - 1);
    if (from && to)
        snprintf(text, room, "rows %zu to %zu (%.60s to %.60s)", begin + 1, end,
                 from, to);
    else snprintf(text, room, "rows %zu to %zu", begin + 1, end);
}

static elman_status tell_series(const division *d, const row_series *s,
                                const share *h)
{
    char train[200], text[PART_COUNT][240] = {"", "", ""};
    describe_rows(d->dataset, s, 0, h->train, train, sizeof train);

    const size_t begins[] = {0, h->validation_begin, h->test_begin};
    const size_t ends[] = {h->train, h->validation_end, s->count};
    for (int part = 1; part < PART_COUNT; part++) {
        char rows[200];
        if (begins[part] >= ends[part]) continue;
        describe_rows(d->dataset, s, begins[part], ends[part], rows,
                      sizeof rows);
        snprintf(text[part], sizeof text[part], ", %s %s",
                 part_name((elman_part)part), rows);
    }
    bool few = d->windows && !d->config->folds && d->config->validation == 0 &&
               !d->config->validation_path &&
               split_fraction(d->config, d->windows) <= 0;
    return facts_add(&d->dataset->facts, "split", false, "train %s%s%s%s",
                     train, text[1], text[2],
                     few ? "; few windows are not split" : "");
}

static elman_status tell_split(const division *d)
{
    elman_dataset *dataset = d->dataset;
    const size_t *size = dataset->size;
    size_t series = 0, rows[PART_COUNT] = {0};
    for (size_t i = 0; i < dataset->series_count; i++) {
        const share *h = &d->shares[i];
        if (dataset->series[i].file != ELMAN_PART_TRAIN) continue;
        series++;
        rows[0] += h->train;
        rows[1] += h->validation_end - h->validation_begin;
        rows[2] += dataset->series[i].count - h->test_begin;
    }

    if (series == 1) TRY(tell_series(d, dataset->series, d->shares));
    else
        TRY(facts_add(&dataset->facts, "split", false,
                      "%zu series by their own order of time: %zu rows train, "
                      "the last %zu validate, %zu test",
                      series, rows[0], rows[1], rows[2]));

    TRY(facts_add(&dataset->facts, "split", true,
                  "%zu sequences train, %zu validate, %zu test",
                  size[ELMAN_PART_TRAIN], size[ELMAN_PART_VALIDATION],
                  size[ELMAN_PART_TEST]));
    if (d->short_series)
        TRY(facts_add(&dataset->facts, "note", false,
                      "%zu of %zu series are too short for a window and its "
                      "horizon, so they do not train",
                      d->short_series, series));
    if (!d->fewer) return ELMAN_OK;
    return facts_add(&dataset->facts, "note", false,
                     d->none ? "too few rows for a validation part of %zu rows "
                               "(the horizon); all train"
                             : "the validation part is %zu rows, as long as "
                               "the horizon",
                     dataset->encoding->horizon);
}

/* Counts the rows of a part with each class. */
static void count_tags(const elman_dataset *dataset, elman_part part,
                       size_t *counts)
{
    for (size_t i = 0; i < dataset->size[part]; i++) {
        const span *s = &dataset->sequences[dataset->ids[part][i]];
        for (size_t row = s->first; row < s->first + s->length; row++)
            if (dataset->classes[row] >= 0) counts[dataset->classes[row]]++;
    }
}

/* Names the classes that a part has and training has not: rows in order of
 * their class are split so. */
static elman_status tell_tags(elman_dataset *dataset, elman_part part,
                              const size_t *trained, size_t *counts)
{
    const elman_encoding *e = dataset->encoding;
    char names[200] = "";
    size_t at = 0, unknown = 0;
    count_tags(dataset, part, counts);

    for (size_t c = 0; c < e->class_count; c++) {
        if (!counts[c] || trained[c]) continue;
        if (unknown++ < 4)
            at += (size_t)snprintf(names + at, sizeof names - at, "%s\"%.30s\"",
                                   unknown > 1 ? ", " : "", e->labels[c]);
    }
    if (!unknown) return ELMAN_OK;
    return facts_add(&dataset->facts, "note", false,
                     "no row that trains has the class %s%s, which rows for "
                     "%s have; rows are split in their order, so mix them or "
                     "give a file of its own (--validation FILE)",
                     names, unknown > 4 ? " or others" : "", part_name(part));
}

static elman_status tell_classes(elman_dataset *dataset)
{
    size_t classes = dataset->encoding->class_count;
    if (dataset->encoding->task != ELMAN_TASK_TAG) return ELMAN_OK;
    size_t *counts = calloc(PART_COUNT * classes + 1, sizeof *counts);
    if (!counts) return no_memory();

    elman_status status = ELMAN_OK;
    count_tags(dataset, ELMAN_PART_TRAIN, counts);
    for (int part = 1; part < PART_COUNT && status == ELMAN_OK; part++)
        status = tell_tags(dataset, (elman_part)part, counts,
                           counts + (size_t)part * classes);
    free(counts);
    return status;
}

static elman_status divide(division *d)
{
    elman_dataset *dataset = d->dataset;
    if (!dataset->following) {
        TRY(check_shares(d));
        share_out(d);
    }

    TRY(list_parts(d));
    TRY(rows_fill(dataset, d->parts, d->part_count, d->train_count,
                  d->config->answers));
    for (int part = 0; part < PART_COUNT; part++)
        TRY(add_part(d, (elman_part)part));
    if (dataset->unasked)
        TRY(facts_add(&dataset->facts, "missing", false,
                      "%zu %s left out, as a target to be forecast there is "
                      "missing",
                      dataset->unasked,
                      dataset->unasked == 1 ? "window is" : "windows are"));
    if (dataset->following) return ELMAN_OK;
    TRY(tell_split(d));
    return tell_classes(dataset);
}

elman_status table_split(elman_dataset *dataset, const input *in,
                         const elman_dataset_config *config)
{
    (void)in;
    division d = {.dataset = dataset, .config = config};
    d.shares = calloc(dataset->series_count + 1, sizeof *d.shares);
    elman_status status = d.shares ? divide(&d) : no_memory();
    free(d.shares);
    free(d.parts);
    return status;
}
