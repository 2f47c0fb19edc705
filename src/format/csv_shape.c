/*
 * csv_shape.c: which of the lines are rows of the table. Titles stand above,
 * footers below, empty rows and comments anywhere; all others must have the
 * same number of cells.
 */
#include "format/csv_parts.h"
#include "format/missing.h"
#include "format/number.h"

#include "base/spill.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_TITLES = 10, MOST_FOOTERS = 10 };

/* The rows that are not empty, and the range of them that is the table. */
typedef struct shape {
    const csv_rows *rows;
    size_t *kept; /* (count) rows that hold text */
    size_t count;
    size_t begin, end; /* of kept, without titles and footers */
    size_t width;      /* columns of the table */
    bool moved;        /* the first row is one cell short */
} shape;

static size_t row_at(const shape *s, size_t i) { return s->kept[i]; }

static size_t cells_of(const shape *s, size_t i)
{
    const csv_rows *r = s->rows;
    return r->begins[row_at(s, i) + 1] - r->begins[row_at(s, i)];
}

static const char *cell(const shape *s, size_t i, size_t column)
{
    return s->rows->cells[s->rows->begins[row_at(s, i)] + column];
}

/* One more than the last cell with text, or with quotes around no text. */
static size_t used_cells(const csv_rows *r, size_t row)
{
    size_t begin = r->begins[row], end = r->begins[row + 1];
    while (end > begin && !r->cells[end - 1][0] && !r->quoted[end - 1])
        end--;
    return end - begin;
}

/* Whether a row says nothing: quotes around no text are a value only where
 * there is no other cell. */
static bool is_empty(const csv_rows *r, size_t row)
{
    size_t begin = r->begins[row], end = r->begins[row + 1];
    if (end - begin == 1) return used_cells(r, row) == 0;
    while (end > begin && !r->cells[end - 1][0])
        end--;
    return end == begin;
}

static size_t used(const shape *s, size_t i)
{
    return used_cells(s->rows, row_at(s, i));
}

static bool is_number(const char *text)
{
    double value;
    return number_parse(text, &value) == NUMBER_VALUE;
}

static size_t count_numbers(const shape *s, size_t i)
{
    size_t numbers = 0, cells = used(s, i);
    for (size_t j = 0; j < cells; j++)
        numbers += is_number(cell(s, i, j));
    return numbers;
}

static bool fits(const shape *s, size_t i)
{
    return cells_of(s, i) >= s->width && used(s, i) <= s->width;
}

/* Whether text is all in the first cell, and no number. */
static bool is_remark(const shape *s, size_t i)
{
    return used(s, i) == 1 && !missing_mark(cell(s, i, 0)) &&
           !is_number(cell(s, i, 0));
}

/* ---- Above -------------------------------------------------------------- */

/* The first row of as many cells as the table has. Above are titles: few, of
 * fewer cells, without numbers; or a header that lacks the name over the row
 * names. */
static void cut_titles(shape *s)
{
    size_t first = 0;
    while (first < s->count && !fits(s, first))
        first++;
    if (first == s->count || first > MOST_TITLES + 1) return;

    /* a header one cell short, right above the first numbers */
    size_t titles = first;
    if (first && cells_of(s, first - 1) + 1 == s->width && s->width > 2 &&
        count_numbers(s, first - 1) == 0 && count_numbers(s, first)) {
        s->moved = true;
        titles--;
    }

    for (size_t i = 0; i < titles; i++)
        if (used(s, i) >= s->width || count_numbers(s, i)) {
            s->moved = false;
            return;
        }
    s->begin = titles;
}

/* Titles with the separators of empty cells behind them, as spreadsheets write
 * them: they stand above a row of names and one with numbers. */
static void cut_padded_titles(shape *s)
{
    size_t i = s->begin;
    if (s->width < 2 || s->moved) return;
    while (i < s->end && i - s->begin < MOST_TITLES && is_remark(s, i))
        i++;

    if (i + 1 < s->end && used(s, i) > 1 && count_numbers(s, i) == 0 &&
        count_numbers(s, i + 1))
        s->begin = i;
}

/* ---- Below -------------------------------------------------------------- */

static bool begins_with_digit(const char *text)
{
    text += strspn(text, " +-.$(\"");
    return *text >= '0' && *text <= '9';
}

static bool names_sum(const char *text)
{
    static const char *const words[] = {
        "total", "sum", "mean", "average", "grand total", "median", "source"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncasecmp(text, words[i], strlen(words[i]))) return true;
    return false;
}

/* Whether count lines below so many rows are few. */
static bool are_few(size_t count, size_t rows, bool text)
{
    return count <= MOST_FOOTERS &&
           (10 * count <= rows || (text && 2 * count <= rows));
}

/* Lines of another number of cells at the end. */
static void cut_footer(shape *s)
{
    size_t end = s->end;
    bool text = true;

    for (; end > s->begin && !fits(s, end - 1); end--)
        text = text && count_numbers(s, end - 1) == 0;
    if (are_few(s->end - end, end - s->begin, text)) s->end = end;
}

/* Text under a first column of numbers or dates: a remark, or a sum. */
static void cut_text_footer(shape *s)
{
    size_t first = s->begin + 1;
    while (first < s->end &&
           (begins_with_digit(cell(s, first, 0)) ||
            missing_mark(cell(s, first, 0)) || !fits(s, first)))
        first++;

    for (size_t i = first; i < s->end; i++) {
        const char *text = cell(s, i, 0);
        if (begins_with_digit(text)) return;
        if (!is_remark(s, i) && !names_sum(text)) return;
    }
    if (first > s->begin + 1 && are_few(s->end - first, first - s->begin, true))
        s->end = first;
}

/* Remarks at the end that an empty row sets off. */
static void cut_remarks(shape *s)
{
    size_t first = s->end;
    if (s->width < 2) return;

    /* the first of them with an empty row above */
    for (size_t i = s->end; i > s->begin + 1 && is_remark(s, i - 1); i--)
        if (row_at(s, i - 1) > row_at(s, i - 2) + 1) first = i - 1;

    if (are_few(s->end - first, first - s->begin, true)) s->end = first;
}

/* ---- The table ---------------------------------------------------------- */

/* The columns of the rows that have width cells: without those at the right
 * that are empty in all of them. */
static size_t find_width(const shape *s, size_t width)
{
    size_t most = 0;

    for (size_t i = 0; i < s->count; i++)
        if (cells_of(s, i) == width && used(s, i) > most) most = used(s, i);

    /* no row of that width: the first decides */
    return most ? most : used(s, 0);
}

/* Rows between titles and footers must fit; comments there are left out. */
static elman_status check_rows(shape *s, csv_facts *facts)
{
    size_t to = s->begin + s->moved, first = SIZE_MAX;

    for (size_t i = to; i < s->end; i++)
        if (fits(s, i) && first == SIZE_MAX) first = i;
    if (first == SIZE_MAX) first = s->begin;

    for (size_t i = to; i < s->end; i++) {
        if (fits(s, i)) {
            s->kept[to++] = s->kept[i];
            continue;
        }

        if (cell(s, i, 0)[0] != '#')
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: %zu columns, but line %zu has %zu; "
                           "correct that line or take it out",
                           s->rows->lines[row_at(s, i)], cells_of(s, i),
                           s->rows->lines[row_at(s, first)],
                           cells_of(s, first));
        facts->comment_lines++;
    }

    s->end = to;
    return ELMAN_OK;
}

/* Moves the rows of the table together, where they stand: none begins in front
 * of its place. */
static void move_rows(const shape *s, csv_rows *rows)
{
    size_t width = s->width, last = s->end - s->begin;
    for (size_t i = 0; i < last; i++) {
        size_t row = row_at(s, s->begin + i);
        size_t from = rows->begins[row], to = i * width, count = width;
        rows->lines[i] = rows->lines[row];

        /* an empty name over the row names: the zero that ends another cell */
        if (i == 0 && s->moved) {
            char *first = rows->cells[from];
            rows->cells[to] = first + strlen(first);
            rows->quoted[to++] = false;
            count--;
        }
        memmove(&rows->cells[to], &rows->cells[from],
                count * sizeof *rows->cells);
        memmove(&rows->quoted[to], &rows->quoted[from],
                count * sizeof *rows->quoted);
    }
}

/* Gives a list to the table, without what it has more than that needs. */
static bool give(void *from, void *to, size_t used, size_t size)
{
    void **list = from, **kept = to;
    *kept = spill_resize(*list, used * size, used * size);
    if (*kept) *list = NULL;
    return *kept;
}

static elman_status take_rows(const shape *s, csv_rows *rows, csv *table)
{
    size_t count = s->end - s->begin, cells = count * s->width;
    move_rows(s, rows);

    /* the lists change hands */
    table->row_count = count;
    table->column_count = s->width;
    if (give(&rows->cells, &table->cells, cells, sizeof *rows->cells) &&
        give(&rows->quoted, &table->quoted, cells, sizeof *rows->quoted) &&
        give(&rows->lines, &table->lines, count, sizeof *rows->lines))
        return ELMAN_OK;
    return failure(ELMAN_NO_MEMORY, "no memory for %zu rows", count);
}

static void write_facts(const shape *s, size_t width, csv_facts *facts)
{
    const csv_rows *r = s->rows;

    if (s->begin) {
        facts->title_lines += s->begin;
        facts->title_line = r->lines[row_at(s, 0)];
    }
    facts->footer_lines = s->count - s->end;
    if (facts->footer_lines) facts->footer_line = r->lines[row_at(s, s->end)];

    /* separators alone below the last row are counted too */
    facts->empty_rows = r->row_count - s->count;
    facts->dropped_columns = width > s->width ? width - s->width : 0;
}

elman_status csv_settle_shape(csv_rows *rows, size_t width, csv *table)
{
    shape s = {.rows = rows};
    s.kept = spill_zeroed(rows->row_count, sizeof *s.kept);
    if (!s.kept)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu rows",
                       rows->row_count);

    for (size_t row = 0; row < rows->row_count; row++)
        if (!is_empty(rows, row)) s.kept[s.count++] = row;
    s.end = s.count;
    if (s.count) s.width = find_width(&s, width);

    elman_status status = ELMAN_OK;
    if (s.count == 0)
        status = failure(ELMAN_BAD_FORMAT,
                         "the file has only blank lines and separators");
    else {
        cut_titles(&s);
        cut_footer(&s);
        cut_padded_titles(&s);
        cut_text_footer(&s);
        cut_remarks(&s);
        write_facts(&s, width, &table->facts);
        table->facts.header_moved = s.moved;
        status = check_rows(&s, &table->facts);
    }

    if (status == ELMAN_OK) status = take_rows(&s, rows, table);
    spill_free(s.kept);
    return status;
}
