/*
 * csv.c: cells are split in place: each ends with a zero where its separator
 * was.
 */
#include "format/csv_parts.h"
#include "base/spill.h"
#include "base/stop.h"
#include "format/file.h"
#include "format/utf8.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The reader's position. */
typedef struct cursor {
    char *at;
    size_t line;
    csv_dialect dialect;
    bool ends_cell[UCHAR_MAX + 1]; /* separators and what ends a line */
} cursor;

static bool separates(const cursor *c, char text)
{
    char separator = c->dialect.separator;
    return text && (text == separator || (separator == ' ' && text == '\t'));
}

static void list_ends(cursor *c)
{
    for (size_t i = 0; i <= UCHAR_MAX; i++)
        c->ends_cell[i] = separates(c, (char)i) || csv_ends_line((char)i);
}

/* Steps over one line ending: \n, \r\n or \r. */
static void next_line(cursor *c)
{
    if (*c->at == 0) return;
    c->at += c->at[0] == '\r' && c->at[1] == '\n' ? 2 : 1;
    c->line++;
}

static void skip_line(cursor *c)
{
    c->at += strcspn(c->at, "\r\n");
    next_line(c);
}

/* Steps over lines without text; how many there were, of which the last may
 * lack its ending. */
static size_t skip_blank_lines(cursor *c)
{
    for (size_t count = 0;; count++) {
        char *end = c->at;
        while (*end == ' ')
            end++;

        /* a line with text stays, unless the text ends here */
        if (*end == 0 || !csv_ends_line(*end)) {
            if (*end == 0) c->at = end;
            return count;
        }
        c->at = end;
        next_line(c);
    }
}

/* ---- Cells -------------------------------------------------------------- */

/* A cell in quotes, with c at the first quote. Where quotes are doubled the
 * text is moved together, so end says where its zero belongs. */
static elman_status take_quoted(cursor *c, char **cell, char **end)
{
    const char quote = c->dialect.quote;
    size_t line = c->line;
    char *to = c->at++;
    *cell = to;

    /* up to the closing quote, where two quotes stand for one */
    while (*c->at) {
        if (*c->at == quote && c->at[1] != quote) break;
        if (*c->at == quote) c->at++;
        c->line += *c->at == '\n' || (*c->at == '\r' && c->at[1] != '\n');
        *to++ = *c->at++;
    }

    if (*c->at == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: a quote is never closed; close it, or double "
                       "a quote that is text",
                       line);

    /* then only spaces, up to the end of the cell */
    c->at++;
    while (csv_is_blank(*c->at) && !separates(c, *c->at))
        c->at++;

    if (!separates(c, *c->at) && !csv_ends_line(*c->at))
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: text after a closing quote; double a quote "
                       "that is text",
                       c->line);

    *end = to;
    return ELMAN_OK;
}

static void take_plain(cursor *c, char **cell, char **end)
{
    *cell = c->at;
    while (!c->ends_cell[(unsigned char)*c->at])
        c->at++;

    /* without the spaces at its end */
    *end = c->at;
    while (*end > *cell && csv_is_blank((*end)[-1]))
        (*end)--;
}

/* One cell and what ends it; last says whether it was the last of its line. */
static elman_status take_cell(cursor *c, char **cell, bool *quoted, bool *last)
{
    bool blanks = c->dialect.separator == ' ';
    char *end = NULL;
    while (csv_is_blank(*c->at) && (blanks || !separates(c, *c->at)))
        c->at++;

    *quoted = *c->at == c->dialect.quote;
    if (*quoted) TRY(take_quoted(c, cell, &end));
    else take_plain(c, cell, &end);

    /* a run of blanks separates once, and nothing at the end of a line */
    while (blanks && csv_is_blank(*c->at) &&
           (csv_is_blank(c->at[1]) || csv_ends_line(c->at[1])))
        c->at++;

    /* the zero may stand on the separator: step over that first */
    *last = !separates(c, *c->at);
    if (*last) next_line(c);
    else c->at++;
    *end = 0;
    return ELMAN_OK;
}

/* ---- Rows --------------------------------------------------------------- */

/* There is at most one more cell than separators and line endings, and one
 * more row than line endings; one more for the end of the last row. The cell in
 * front of all is for the table that these become: a name over the row names.
 */
static elman_status reserve(const cursor *c, csv_rows *rows)
{
    size_t cell_count = 2, row_count = 2;

    for (const char *at = c->at; *at; at++) {
        cell_count += c->ends_cell[(unsigned char)*at];
        row_count += csv_ends_line(*at);
    }

    rows->cells = spill_zeroed(cell_count, sizeof *rows->cells);
    rows->quoted = spill_zeroed(cell_count, sizeof *rows->quoted);
    rows->begins = spill_zeroed(row_count, sizeof *rows->begins);
    rows->lines = spill_zeroed(row_count, sizeof *rows->lines);
    if (!rows->cells || !rows->quoted || !rows->begins || !rows->lines)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu cells", cell_count);
    return ELMAN_OK;
}

static void release(csv_rows *rows)
{
    spill_free(rows->cells);
    spill_free(rows->quoted);
    spill_free(rows->begins);
    spill_free(rows->lines);
}

/* A row of the cells from the last row's end to count. */
static void end_row(csv_rows *rows, size_t line, size_t count)
{
    rows->lines[rows->row_count++] = line;
    rows->begins[rows->row_count] = count;
}

static elman_status cut_rows(cursor *c, csv_rows *rows)
{
    static char nothing[] = "";
    size_t count = 1;
    rows->begins[0] = count;

    for (size_t row = 0; *c->at; row++) {
        size_t line = c->line;
        TRY(stop_check_row(row));
        for (bool last = false; !last; count++)
            TRY(take_cell(c, &rows->cells[count], &rows->quoted[count], &last));
        end_row(rows, line, count);

        /* blank lines between rows are rows of one empty cell */
        line = c->line;
        size_t blank = skip_blank_lines(c);
        for (size_t i = 0; i < blank && *c->at; i++) {
            rows->cells[count++] = nothing;
            end_row(rows, line + i, count);
        }
    }
    return ELMAN_OK;
}

/* ---- What stands above the rows ----------------------------------------- */

/* Whether a comment is the header: as many cells as the table has, and either
 * numbers in the line that follows or no blank after the mark. */
static bool is_header(const char *comment, const char *below,
                      const csv_dialect *d)
{
    size_t count, numeric;
    const char *text = comment + strspn(comment, " \t");
    bool close = !csv_is_blank(text[1]) && text[1] != '#' && text[1] != '%';
    text += strspn(text, "#% \t");
    if (*text == d->separator || csv_ends_line(*text)) return false;

    csv_count_cells(text, d, &count, &numeric);
    if (count != d->width || numeric) return false;
    csv_count_cells(below, d, &count, &numeric);
    return count == d->width && (numeric || (close && d->width > 1));
}

/* A first line "sep=;" as Excel reads it: its separator, else 0. */
static char take_excel_line(cursor *c, csv *table)
{
    const char *at = c->at;
    if (strncasecmp(at, "sep=", 4) || csv_ends_line(at[4]) ||
        !csv_ends_line(at[5]))
        return 0;

    table->facts.title_lines = 1;
    table->facts.title_line = c->line;
    char separator = at[4];
    skip_line(c);
    return separator;
}

/* Steps over comments and decides on the dialect. */
static void begin_rows(cursor *c, const csv_config *config, csv *table)
{
    cursor last = {0};
    char excel = take_excel_line(c, table);
    skip_blank_lines(c);

    while (*c->at && csv_is_comment(c->at)) {
        last = *c;
        table->facts.comment_lines++;
        skip_line(c);
        skip_blank_lines(c);
    }

    char wanted = config->separator ? config->separator : excel;
    c->dialect = csv_find_dialect(c->at, wanted);

    /* the last comment may be the header, without its mark */
    if (last.at && *c->at && is_header(last.at, c->at, &c->dialect)) {
        csv_dialect dialect = c->dialect;
        *c = last;
        c->dialect = dialect;
        c->at += strspn(c->at, "#% \t");
        table->facts.comment_lines--;
        table->facts.header_in_comment = true;
    }
    table->separator = c->dialect.separator ? c->dialect.separator : ',';
}

static elman_status read_table(char *bytes, size_t size,
                               const csv_config *config, csv *table)
{
    size_t start = 0;
    TRY(utf8_check(bytes, size, &start));

    cursor c = {.at = bytes + start, .line = 1};
    skip_blank_lines(&c);
    begin_rows(&c, config, table);
    list_ends(&c);
    if (*c.at == 0)
        return failure(ELMAN_BAD_FORMAT, "the file has only blank lines%s",
                       table->facts.comment_lines ? " and comments" : "");

    csv_rows rows = {0};
    elman_status status = reserve(&c, &rows);
    if (status == ELMAN_OK) status = cut_rows(&c, &rows);
    if (status == ELMAN_OK)
        status = csv_settle_shape(&rows, c.dialect.width, table);
    release(&rows);
    return status;
}

elman_status csv_parse_as(char *bytes, size_t size, const csv_config *config,
                          csv **table)
{
    static const csv_config plain = {0};
    csv *made = calloc(1, sizeof *made);
    if (!made) {
        spill_free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for a table");
    }

    made->bytes = bytes;
    elman_status status =
        read_table(bytes, size, config ? config : &plain, made);
    if (status == ELMAN_OK) *table = made;
    else csv_close(made);
    return status;
}

elman_status csv_parse(char *bytes, size_t size, csv **table)
{
    return csv_parse_as(bytes, size, NULL, table);
}

elman_status csv_open(const char *path, csv **table)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, &bytes, &size));
    elman_status status = csv_parse(bytes, size, table);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

void csv_close(csv *table)
{
    if (!table) return;
    spill_free(table->cells);
    spill_free(table->quoted);
    spill_free(table->lines);
    spill_free(table->bytes);
    free(table);
}
