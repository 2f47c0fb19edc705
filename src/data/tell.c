/*
 * tell.c: what was understood of a table, in sentences.
 */
#include "data/encoding.h"
#include "data/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_ROOM = 900, MOST_NAMED = 12 };

/* A sentence that grows; what does not fit is cut off. */
typedef struct sentence {
    char text[LINE_ROOM];
    size_t bytes;
} sentence;

static void add(sentence *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(sentence *s, const char *format, ...)
{
    if (s->bytes + 1 >= sizeof s->text) return;
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(s->text + s->bytes, sizeof s->text - s->bytes, format,
                         arguments);
    va_end(arguments);
    if (more > 0) s->bytes += (size_t)more;
    if (s->bytes >= sizeof s->text) s->bytes = sizeof s->text - 1;
}

static bool is_in(const size_t *list, size_t count, size_t column)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == column) return true;
    return false;
}

static const profile *profile_of(const columns *c, size_t column)
{
    return &c->profiles.list[column];
}

/* ---- The file ----------------------------------------------------------- */

static const char *separator_name(char separator)
{
    switch (separator) {
    case ';':
        return "semicolons";
    case '\t':
        return "tabs";
    case '|':
        return "bars";
    case ' ':
        return "blanks";
    default:
        return "commas";
    }
}

static elman_status tell_file(facts *f, const columns *c, const char *note)
{
    const csv *t = c->table;
    sentence s = {0};
    add(&s, "a table of %zu rows and %zu column%s", c->profiles.row_count,
        t->column_count, t->column_count == 1 ? "" : "s");
    if (t->column_count > 1)
        add(&s, ", %s between them", separator_name(t->separator));

    if (c->profiles.header)
        add(&s, "; names in line %zu (%s)", t->lines[0], c->profiles.why);
    else
        add(&s, "; no names, line %zu is data (%s)", t->lines[0],
            c->profiles.why);
    if (note[0]) add(&s, "; %s", note);
    return facts_add(f, "file", false, "%s", s.text);
}

/* "3 empty rows", after a comma unless it is the first; nothing for 0. */
static void add_count(sentence *s, size_t count, const char *one,
                      const char *many)
{
    if (count == 0) return;
    add(s, "%s%zu %s", s->bytes ? ", " : "", count, count == 1 ? one : many);
}

/* What is not of the table, and what may be a header. */
static elman_status tell_left_out(facts *f, const columns *c)
{
    const csv_facts *t = &c->table->facts;
    sentence s = {0};

    add_count(&s, t->title_lines, "line above", "lines above");
    if (t->title_lines) add(&s, ", from line %zu on", t->title_line);
    add_count(&s, t->footer_lines, "line below", "lines below");
    if (t->footer_lines) add(&s, ", from line %zu on", t->footer_line);
    add_count(&s, t->comment_lines, "line of comment", "lines of comment");
    add_count(&s, t->empty_rows, "empty row", "empty rows");
    add_count(&s, t->dropped_columns, "empty column at the right",
              "empty columns at the right");

    if (s.bytes)
        TRY(facts_add(f, "file", !t->title_lines && !t->footer_lines,
                      "left out: %s", s.text));
    if (t->header_moved)
        TRY(facts_add(f, "note", false,
                      "line %zu has a name less than there are columns, so the "
                      "first column has none",
                      c->table->lines[0]));
    if (!c->profiles.doubtful) return ELMAN_OK;
    return facts_add(f, "note", false,
                     "line %zu counts as data; if it holds names, give header "
                     "(--header)",
                     c->table->lines[0]);
}

/* ---- The columns -------------------------------------------------------- */

static elman_status tell_task(facts *f, const elman_encoding *e,
                              elman_task asked)
{
    const char *why = asked != ELMAN_TASK_AUTO ? "as asked"
                      : e->task == ELMAN_TASK_TAG
                          ? "as the target is text with few values"
                          : "as the target is numbers";
    return facts_add(f, "task", false, "%s, %s", task_name(e->task), why);
}

/* The range of a column of numbers. */
static elman_status add_range(sentence *s, const columns *c, size_t column)
{
    double low = INFINITY, high = -INFINITY, value;
    for (size_t row = 0; row < c->profiles.row_count; row++) {
        TRY(columns_value(c, row, column, &value));
        if (value < low) low = value;
        if (value > high) high = value;
    }

    const amount_column *a = &profile_of(c, column)->amount;
    add(s, " (column %zu): %.4g to %.4g%s%s", column + 1, low, high,
        a->unit[0] ? " " : "", a->unit);
    return ELMAN_OK;
}

/* Each class with its share. */
static elman_status add_classes(sentence *s, const columns *c, size_t column)
{
    dictionary classes = {0};
    elman_status status = ELMAN_OK;
    size_t filled = 0, number;

    for (size_t row = 0; row < c->profiles.row_count && status == ELMAN_OK;
         row++) {
        const char *text = columns_cell(c, row, column);
        if (!text[0]) continue;
        filled++;
        status = dictionary_add(&classes, text, strlen(text), &number);
    }

    add(s, " (column %zu), %zu classes: ", column + 1, classes.count);
    for (size_t i = 0; i < classes.count && i < MOST_NAMED; i++)
        add(s, "%s%.40s %.3g %%", i ? ", " : "", classes.entries[i].text,
            100 * (double)classes.entries[i].uses / (double)filled);
    if (classes.count > MOST_NAMED)
        add(s, " and %zu more", classes.count - MOST_NAMED);
    dictionary_clear(&classes);
    return status;
}

static elman_status tell_targets(facts *f, const elman_encoding *e,
                                 const columns *c)
{
    sentence s = {0};
    for (size_t i = 0; i < c->target_count && i < MOST_NAMED; i++) {
        size_t j = c->targets[i];
        add(&s, "%s%.60s", i ? ", " : "", c->names[j]);
        TRY(e->task == ELMAN_TASK_TAG ? add_classes(&s, c, j)
                                      : add_range(&s, c, j));
    }
    if (c->target_count > MOST_NAMED)
        add(&s, " and %zu more", c->target_count - MOST_NAMED);
    if (!c->target_named) add(&s, "; the last column that can be one");
    return facts_add(f, "target", false, "%s", s.text);
}

static elman_status tell_inputs(facts *f, const columns *c)
{
    sentence s = {0};
    add(&s, "%zu: ", c->input_count);
    for (size_t i = 0; i < c->input_count && i < MOST_NAMED; i++)
        add(&s, "%s%.60s", i ? ", " : "", c->names[c->inputs[i]]);
    if (c->input_count > MOST_NAMED)
        add(&s, " and %zu more", c->input_count - MOST_NAMED);
    if (c->poor)
        add(&s, "; they count rows or never change, but no others are left");
    return facts_add(f, "inputs", false, "%s", s.text);
}

static elman_status tell_ignored(facts *f, const columns *c)
{
    sentence s = {0};
    char reason[80];
    size_t count = 0;

    for (size_t j = 0; j < c->table->column_count; j++) {
        if (is_in(c->inputs, c->input_count, j) ||
            is_in(c->targets, c->target_count, j) ||
            is_in(c->order.time, c->order.time_count, j) ||
            is_in(c->order.by, c->order.by_count, j))
            continue;
        columns_reason(c, j, reason, sizeof reason);
        bool unnamed = c->profiles.header && !c->table->cells[j][0];
        if (count++ < MOST_NAMED)
            add(&s, "%s%.60s (%s%s)", count > 1 ? ", " : "", c->names[j],
                unnamed ? "no name, " : "", reason);
    }

    if (count == 0) return ELMAN_OK;
    if (count > MOST_NAMED) add(&s, " and %zu more", count - MOST_NAMED);
    return facts_add(f, "ignored", false, "%s", s.text);
}

/* ---- Time, series, numbers ---------------------------------------------- */

/* Says of a text with digits that is another in each row that it is not read
 * as times, which it may be. */
static elman_status tell_no_time(facts *f, const columns *c)
{
    size_t rows = c->profiles.row_count;
    for (size_t j = 0; j < c->table->column_count; j++) {
        const profile *p = &c->profiles.list[j];
        if (p->kind == COLUMN_TEXT && p->distinct > 1 &&
            (p->distinct == rows || p->distinct > MOST_DISTINCT) &&
            strpbrk(profiles_cell(&c->profiles, 0, j), "0123456789"))
            return facts_add(f, "time", false,
                             "not known; \"%.60s\" holds no dates that can be "
                             "read, so rows are taken in the order of the "
                             "file, the oldest first",
                             c->names[j]);
    }
    return ELMAN_OK;
}

static elman_status tell_time(facts *f, const columns *c)
{
    const row_order *o = &c->order;
    char step[STAMP_ROOM];
    sentence s = {0};
    if (o->note[0]) TRY(facts_add(f, "time", false, "%s", o->note));
    if (o->time_count == 0) return o->note[0] ? ELMAN_OK : tell_no_time(f, c);

    for (size_t i = 0; i < o->time_count; i++)
        add(&s, "%s%.60s",
            i == 0                  ? ""
            : i + 1 < o->time_count ? ", "
                                    : " and ",
            c->names[o->time[i]]);
    if (o->clock.unit != STAMP_IRREGULAR) {
        stamp_describe_step(&o->clock, step);
        add(&s, ", step %s", step);
    } else if (o->clock.style.date) add(&s, ", no regular step");

    if (o->reversed)
        add(&s, "; the newest row comes first, so %s turned round",
            o->series_count > 1 ? "series were" : "the rows were");
    if (o->sorted) add(&s, "; rows were not in order, so they were sorted");
    if (o->gaps) add(&s, "; %zu times are missing", o->gaps);
    if (o->doubled) add(&s, "; %zu rows have the time of another", o->doubled);

    /* hours beside a date */
    bool coarse = o->time_count == 1 && o->clock.kind == STAMP_DATE &&
                  2 * o->doubled >= o->count;
    for (size_t j = 0; coarse && j < c->table->column_count; j++)
        if (calendar_has_hours(&c->profiles, (const char *const *)c->names, j))
            add(&s, "; with the hour it is time (--time) %zu,%zu",
                o->time[0] + 1, j + 1);
    return facts_add(f, "time", false, "%s", s.text);
}

static elman_status tell_series(facts *f, const columns *c)
{
    const row_order *o = &c->order;
    size_t fewest = SIZE_MAX, most = 0;
    sentence s = {0};
    if (o->by_count == 0) return ELMAN_OK;

    for (size_t i = 0; i < o->series_count; i++) {
        size_t count = o->series[i].count;
        if (count < fewest) fewest = count;
        if (count > most) most = count;
    }

    add(&s, "%zu by ", o->series_count);
    for (size_t i = 0; i < o->by_count; i++)
        add(&s, "%s%.60s", i ? ", " : "", c->names[o->by[i]]);
    add(&s, ", of %zu", fewest);
    if (most > fewest) add(&s, " to %zu", most);
    add(&s, " rows: ");
    for (size_t i = 0; i < o->series_count && i < MOST_NAMED; i++)
        add(&s, "%s%.40s", i ? ", " : "", o->series[i].name);
    if (o->series_count > MOST_NAMED)
        add(&s, " and %zu more", o->series_count - MOST_NAMED);
    return facts_add(f, "series", false, "%s", s.text);
}

/* How numbers are written, where that is not plain. */
static elman_status tell_numbers(facts *f, const columns *c)
{
    sentence s = {0};
    size_t commas = 0;

    for (size_t j = 0; j < c->table->column_count; j++) {
        const amount_column *a = &profile_of(c, j)->amount;
        if (!is_in(c->inputs, c->input_count, j) &&
            !is_in(c->targets, c->target_count, j))
            continue;
        if (profile_of(c, j)->kind != COLUMN_NUMBERS) continue;

        commas += a->style.decimal == ',';
        const char *name = c->names[j], *and = s.bytes ? ", " : "";
        if (a->style.thousands)
            add(&s, "%s%.60s has \"%c\" between thousands", and, name,
                a->style.thousands);
        and = s.bytes ? ", " : "";
        if (a->unit[0])
            add(&s, "%s%.60s is in %s%s", and, name, a->unit,
                a->with_unit < a->numbers ? " (not all cells say so)" : "");
        and = s.bytes ? ", " : "";
        if (a->scaled)
            add(&s, "%s%.60s has %zu cells in K, M, B or T", and, name,
                a->scaled);
    }

    if (commas)
        add(&s, "%sdecimal commas in %zu columns", s.bytes ? ", " : "", commas);
    return s.bytes ? facts_add(f, "numbers", false, "%s", s.text) : ELMAN_OK;
}

elman_status table_tell(elman_dataset *dataset, const columns *c,
                        elman_task asked, const char *note)
{
    facts *f = &dataset->facts;
    const elman_encoding *e = dataset->encoding;

    TRY(tell_file(f, c, note));
    TRY(tell_left_out(f, c));
    if (!dataset->following) {
        TRY(tell_task(f, e, asked));
        TRY(tell_targets(f, e, c));
        TRY(tell_inputs(f, c));
        TRY(tell_ignored(f, c));
    }

    TRY(tell_time(f, c));
    TRY(tell_series(f, c));
    TRY(tell_numbers(f, c));
    if (!dataset->following) TRY(sentinel_tell(f, c));
    if (c->by_position)
        TRY(facts_add(f, "note", false,
                      "the file has no names of columns, so they are taken by "
                      "their place"));
    if (c->note[0]) return facts_add(f, "note", false, "%s", c->note);
    return ELMAN_OK;
}
