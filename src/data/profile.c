/*
 * profile.c: the rows below the first are judged, then the first is compared
 * with them: a header is text above numbers, or stands out in another way.
 */
#include "data/profile.h"
#include "data/dictionary.h"

#include "format/missing.h"
#include "format/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "base/stop.h"

enum { FIRST_YEAR = 1500, LAST_YEAR = 2200 };

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the columns of a table");
}

static const char *cell(const csv *table, size_t row, size_t column)
{
    return table->cells[row * table->column_count + column];
}

const char *profiles_cell(const profiles *p, size_t row, size_t column)
{
    return cell(p->table, row + p->header, column);
}

/* ---- A column as a whole ------------------------------------------------ */

/* Different texts of a column, up to a few more than most. */
static elman_status count_distinct(const csv *table, size_t begin,
                                   size_t column, profile *p)
{
    dictionary seen = {0};
    elman_status status = ELMAN_OK;
    size_t number;

    for (size_t row = begin; row < table->row_count && status == ELMAN_OK &&
                             seen.count <= MOST_DISTINCT;
         row++) {
        const char *text = cell(table, row, column);
        if (!text[0]) continue;
        status = dictionary_add(&seen, text, strlen(text), &number);
        if (!status) status = stop_check_row(row);
    }

    p->distinct = seen.count;
    p->constant = seen.count == 1;
    dictionary_clear(&seen);
    return status;
}

/* Whether all numbers of a column are the same. */
static bool is_constant(const csv *table, size_t begin, size_t column,
                        const amount_column *amount)
{
    double first = NAN, value;
    for (size_t row = begin; row < table->row_count; row++) {
        if (amount_parse(cell(table, row, column), amount->style, &value) !=
            NUMBER_VALUE)
            continue;
        if (isnan(first)) first = value;
        if (value != first) return false;
    }
    return !isnan(first);
}

static elman_status judge_text(const csv *table, size_t begin, size_t column,
                               profile *p)
{
    stamp_column stamps;
    TRY(stamp_settle((const char *const *)table->cells +
                         begin * table->column_count + column,
                     table->column_count, table->row_count - begin, -1,
                     &stamps));
    p->stamp = stamps.kind;
    stamp_close(&stamps);

    p->kind = p->stamp == STAMP_NONE ? COLUMN_TEXT : COLUMN_TIMES;
    return count_distinct(table, begin, column, p);
}

/* Judges all columns by the rows from begin on. */
static elman_status judge(const csv *table, size_t begin,
                          const reading_hints *hints, profile *list)
{
    static const column_kind kinds[] = {[AMOUNT_EMPTY] = COLUMN_EMPTY,
                                        [AMOUNT_NUMBERS] = COLUMN_NUMBERS,
                                        [AMOUNT_AMBIGUOUS] = COLUMN_AMBIGUOUS,
                                        [AMOUNT_TEXT] = COLUMN_TEXT};
    size_t count = table->column_count;
    amount_survey *surveys = calloc(count, sizeof *surveys);
    amount_column *amounts = calloc(count, sizeof *amounts);
    elman_status status = surveys && amounts ? ELMAN_OK : no_memory();

    /* numbers of all columns together, as one mark is the same in each */
    for (size_t row = begin; row < table->row_count && status == ELMAN_OK;
         row++) {
        for (size_t j = 0; j < count; j++)
            amount_look(&surveys[j], row, cell(table, row, j));
        status = stop_check_row(row);
    }
    if (status == ELMAN_OK)
        amount_settle_table(surveys, count, &hints->asked, amounts);

    for (size_t j = 0; j < count && status == ELMAN_OK; j++) {
        profile *p = &list[j];
        if (amounts[j].kind == AMOUNT_AMBIGUOUS)
            amount_settle(&surveys[j], &hints->known, &amounts[j]);

        *p = (profile){.kind = kinds[amounts[j].kind], .amount = amounts[j]};
        p->missing = amounts[j].missing;
        if (p->kind == COLUMN_TEXT) status = judge_text(table, begin, j, p);
        else p->constant = is_constant(table, begin, j, &amounts[j]);
        if (!status) status = stop_check();
    }

    free(surveys);
    free(amounts);
    return status;
}

/* ---- The header --------------------------------------------------------- */

/* What the first row shows, counted over its cells. */
typedef struct evidence {
    size_t names; /* text, or in quotes, above what is neither */
    size_t data;  /* of the kind that is below */
    size_t texts; /* text above text */
    size_t years; /* of data: whole numbers that may be years */
    size_t whole; /* of data: whole numbers */
    bool blank;   /* nothing above a first column that is full */
    bool row_of;  /* the numbers rise by a constant step */
    double last, step;
} evidence;

static bool is_number(const char *text, double *value)
{
    amount_survey one = {0};
    amount_column column;
    amount_look(&one, 0, text);
    amount_settle(&one, NULL, &column);
    if (column.numbers == 0) return false;
    return amount_parse(text, column.style, value) == NUMBER_VALUE;
}

/* Whether the column has quotes around a cell below the first. */
static bool has_quotes(const csv *table, size_t column)
{
    for (size_t row = 1; row < table->row_count; row++)
        if (table->quoted[row * table->column_count + column]) return true;
    return false;
}

static bool occurs_below(const csv *table, size_t column, const char *text)
{
    for (size_t row = 1; row < table->row_count; row++)
        if (!strcmp(cell(table, row, column), text)) return true;
    return false;
}

static void note_number(evidence *e, double value)
{
    bool whole = value == real_floor(value);
    if (e->data == 1) e->step = value - e->last;
    if (e->data >= 1) e->row_of = e->row_of && value - e->last == e->step;
    e->data++;
    e->whole += whole;
    e->years +=
        whole && value >= (double)FIRST_YEAR && value <= (double)LAST_YEAR;
    e->last = value;
}

static void look_at(const csv *table, size_t column, const profile *below,
                    evidence *e)
{
    const char *text = cell(table, 0, column);
    bool quoted = table->quoted[column], letters = text[0] != 0;
    bool numbers =
        below->kind == COLUMN_NUMBERS || below->kind == COLUMN_AMBIGUOUS;
    double value = 0;
    bool number = is_number(text, &value);

    if (!text[0] && !quoted) {
        e->blank = e->blank || (column == 0 && below->missing == 0);
        return;
    }

    bool empty = below->kind == COLUMN_EMPTY;
    bool unlike = quoted && numbers && !has_quotes(table, column);
    if (number && (numbers || empty) && !unlike) note_number(e, value);
    else if (numbers) e->names += number || (letters && !missing_mark(text));
    else if (number) return; /* above text: it says nothing */
    else if (empty) e->names++;
    else if (occurs_below(table, column, text)) e->data++;
    else if (below->kind == COLUMN_TIMES) {
        stamp_column one;
        const char *const cells[] = {text};
        if (stamp_settle(cells, 1, 1, 1, &one) != ELMAN_OK) return;
        if (one.kind == STAMP_NONE) e->names++;
        else e->data++;
        stamp_close(&one);
    } else e->texts++;
}

/* Whether the numbers below are themselves years. */
static bool years_below(const csv *table, const profile *list)
{
    for (size_t j = 0; j < table->column_count; j++) {
        double value;
        if (list[j].kind == COLUMN_NUMBERS &&
            amount_parse(cell(table, 1, j), list[j].amount.style, &value) ==
                NUMBER_VALUE &&
            value == real_floor(value) && value >= (double)FIRST_YEAR &&
            value <= (double)LAST_YEAR)
            return true;
    }
    return false;
}

/* A row of data that differs from a header in nothing known. */
static bool may_be_header(const evidence *e)
{
    return e->data > 1 && e->whole == e->data && e->row_of && e->step > 0;
}

static bool decide(const csv *table, profiles *p)
{
    evidence e = {.row_of = true};
    for (size_t j = 0; j < table->column_count; j++)
        look_at(table, j, &p->list[j], &e);

    if (e.names && e.names >= e.data) {
        p->why = "text above numbers";
        return true;
    }

    /* names among numbers: the numbers must look like names too */
    bool years = e.data && e.years == e.data && (e.data == 1 || e.row_of) &&
                 !years_below(table, p->list);
    if ((e.names || e.texts) && years) {
        p->why = "years above other numbers";
        return true;
    }

    if (e.blank && e.names == 0 && e.whole == e.data) {
        p->why = "no name above a full column";
        return true;
    }

    p->why = e.data ? "the first row is like the others" : "text alone";
    p->doubtful = e.names == 0 && e.texts == 0 && may_be_header(&e);
    return e.data == 0;
}

static bool is_digits(const char *name)
{
    return name[0] && strspn(name, "0123456789") == strlen(name);
}

/* Whether the first row holds all names that an encoding knows. A column
 * without a name is called by its number, so that such a name proves nothing.
 */
static bool holds_names(const csv *table, const elman_encoding *e)
{
    size_t known = 0;
    if (!e) return false;

    for (size_t i = 0; i < e->input_size + e->target_count; i++) {
        bool target = i >= e->input_size;
        char **names = target ? e->target_names : e->columns;
        if (!names) continue;

        size_t at = target ? i - e->input_size : i;
        const size_t *places = target ? e->target_positions : e->positions;
        const char *name = names[at];
        bool found = false;
        for (size_t j = 0; j < table->column_count; j++)
            found = found || !strcmp(cell(table, 0, j), name);
        if (!found) return false;
        known += !is_digits(name) ||
                 (places && strtoull(name, NULL, 10) != places[at]);
    }
    return known > 0;
}

static bool find_header(const csv *table, const reading_hints *hints,
                        profiles *p)
{
    if (hints->header != ELMAN_PRESENCE_AUTO) {
        p->why = "as asked";
        return hints->header == ELMAN_PRESENCE_YES;
    }
    if (holds_names(table, hints->follow)) {
        p->why = "the names that were learned";
        return true;
    }
    return decide(table, p);
}

elman_status profiles_open(const csv *table, const reading_hints *hints,
                           profiles *p)
{
    *p = (profiles){.table = table};
    p->list = calloc(table->column_count, sizeof *p->list);
    if (!p->list) return no_memory();

    elman_status status = judge(table, 1, hints, p->list);
    if (status == ELMAN_OK) {
        p->header = find_header(table, hints, p);
        p->row_count = table->row_count - p->header;
        if (p->row_count == 0)
            status = failure(ELMAN_BAD_FORMAT, "a header, but no rows");
        else if (!p->header) status = judge(table, 0, hints, p->list);
    }

    if (status != ELMAN_OK) profiles_close(p);
    return status;
}

elman_status profiles_distinct(const profiles *p, size_t column,
                               size_t *distinct)
{
    profile counted = {0};
    TRY(count_distinct(p->table, p->header, column, &counted));
    *distinct = counted.distinct;
    return ELMAN_OK;
}

void profiles_close(profiles *p)
{
    free(p->list);
    *p = (profiles){0};
}
