/*
 * csv.c: cells are split in place: each ends with a zero where its separator
 * was.
 */
#include "format/csv.h"
#include "format/file.h"
#include "format/utf8.h"

#include <stdlib.h>
#include <string.h>

/* The reader's position. */
typedef struct cursor {
    char *at;
    size_t line;
} cursor;

static bool ends_line(char c) { return c == '\n' || c == '\r' || c == 0; }

static bool is_space(char c) { return c == ' ' || c == '\t'; }

/* Steps over one line ending: \n, \r\n or \r. */
static void next_line(cursor *c)
{
    if (*c->at == 0) return;
    c->at += c->at[0] == '\r' && c->at[1] == '\n' ? 2 : 1;
    c->line++;
}

static void skip_blank_lines(cursor *c)
{
    for (;;) {
        char *end = c->at;
        while (*end == ' ')
            end++;

        /* a line with text stays, unless the text ends here */
        if (*end == 0 || !ends_line(*end)) {
            if (*end == 0) c->at = end;
            return;
        }
        c->at = end;
        next_line(c);
    }
}

/* The separator that the line at c has most of, outside quotes. */
static char find_separator(const char *c)
{
    static const char separators[] = ",;\t";
    size_t count[3] = {0}, best = 0;
    bool quoted = false;

    for (; *c && (quoted || !ends_line(*c)); c++) {
        const char *known = strchr(separators, *c);
        if (*c == '"') quoted = !quoted;
        else if (known && !quoted) count[known - separators]++;
    }

    for (size_t i = 1; i < 3; i++)
        if (count[i] > count[best]) best = i;
    return separators[best];
}

/* A cell in quotes, with c at the first quote. Where quotes are doubled the
 * text is moved together, so end says where its zero belongs. */
static elman_status take_quoted(cursor *c, char separator, char **cell,
                                char **end)
{
    size_t line = c->line;
    char *to = c->at++;
    *cell = to;

    /* up to the closing quote, where two quotes stand for one */
    while (*c->at) {
        if (*c->at == '"' && c->at[1] != '"') break;
        if (*c->at == '"') c->at++;
        c->line += *c->at == '\n';
        *to++ = *c->at++;
    }

    if (*c->at == 0)
        return failure(ELMAN_BAD_FORMAT, "line %zu: a quote is never closed",
                       line);

    /* then only spaces, up to the end of the cell */
    c->at++;
    while (is_space(*c->at) && *c->at != separator)
        c->at++;

    if (*c->at != separator && !ends_line(*c->at))
        return failure(ELMAN_BAD_FORMAT, "line %zu: text after a closing quote",
                       c->line);

    *end = to;
    return ELMAN_OK;
}

static void take_plain(cursor *c, char separator, char **cell, char **end)
{
    *cell = c->at;
    while (*c->at != separator && !ends_line(*c->at))
        c->at++;

    /* without the spaces at its end */
    *end = c->at;
    while (*end > *cell && is_space((*end)[-1]))
        (*end)--;
}

/* One cell and what ends it; last says whether it was the last of its line. */
static elman_status take_cell(cursor *c, char separator, char **cell,
                              bool *last)
{
    char *end = NULL;
    while (is_space(*c->at) && *c->at != separator)
        c->at++;

    if (*c->at == '"') TRY(take_quoted(c, separator, cell, &end));
    else take_plain(c, separator, cell, &end);

    /* the zero may stand on the separator: step over that first */
    *last = *c->at != separator;
    if (*last) next_line(c);
    else c->at++;
    *end = 0;
    return ELMAN_OK;
}

static elman_status take_row(cursor *c, size_t room, csv *table)
{
    size_t line = c->line, column_count = 0;
    char **cell = table->cells + table->row_count * table->column_count;

    /* no more cells than the first row, for which there is room */
    for (bool last = false; !last; column_count++) {
        if (column_count == room)
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: more columns than the %zu of line %zu",
                           line, room, table->lines[0]);

        TRY(take_cell(c, table->separator, &cell[column_count], &last));
    }

    if (table->row_count && column_count != table->column_count)
        return failure(ELMAN_BAD_FORMAT,
                       "line %zu: %zu columns, but line %zu has %zu", line,
                       column_count, table->lines[0], table->column_count);

    table->column_count = column_count;
    table->lines[table->row_count++] = line;
    return ELMAN_OK;
}

/* There is at most one more cell than separators and line endings, and one
 * more row than line endings. */
static elman_status reserve(const char *text, csv *table)
{
    size_t cell_count = 1, row_count = 1;

    for (const char *c = text; *c; c++) {
        bool ends = ends_line(*c);
        cell_count += ends || *c == table->separator;
        row_count += ends;
    }

    table->cells = calloc(cell_count, sizeof *table->cells);
    table->lines = calloc(row_count, sizeof *table->lines);
    if (!table->cells || !table->lines)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu cells", cell_count);
    return ELMAN_OK;
}

static elman_status read_rows(char *bytes, size_t size, csv *table)
{
    size_t start = 0;
    TRY(utf8_check(bytes, size, &start));

    cursor c = {bytes + start, 1};
    skip_blank_lines(&c);
    if (*c.at == 0)
        return failure(ELMAN_BAD_FORMAT, "the file has only blank lines");

    /* the first line decides on the separator and the columns */
    table->separator = find_separator(c.at);
    TRY(reserve(c.at, table));

    size_t room = SIZE_MAX;
    while (*c.at) {
        TRY(take_row(&c, room, table));
        room = table->column_count;
        skip_blank_lines(&c);
    }
    return ELMAN_OK;
}

elman_status csv_parse(char *bytes, size_t size, csv **table)
{
    csv *made = calloc(1, sizeof *made);
    if (!made) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for a table");
    }

    made->bytes = bytes;
    elman_status status = read_rows(bytes, size, made);
    if (status == ELMAN_OK) *table = made;
    else csv_close(made);
    return status;
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
    free(table->cells);
    free(table->lines);
    free(table->bytes);
    free(table);
}
