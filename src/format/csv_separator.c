/*
 * csv_separator.c: what stands between the cells of a table. Each separator is
 * tried on the first lines; the one that gives most of them the same number of
 * cells wins, and more so the more of the cells are numbers: so a decimal
 * comma does not win over the semicolons around it.
 */
#include "format/csv_parts.h"

#include <string.h>

enum { TRIED_LINES = 50 };

/* ---- Cells of a line ---------------------------------------------------- */

/* Whether the bytes from c to end look like a number, however written. */
static bool looks_numeric(const char *c, const char *end)
{
    size_t digits = 0;

    while (c < end && (csv_is_blank(*c) || *c == '"' || *c == '\''))
        c++;
    while (end > c && (csv_is_blank(end[-1]) || end[-1] == '"' ||
                       end[-1] == '\'' || end[-1] == '%'))
        end--;
    if (c < end && (*c == '-' || *c == '+' || *c == '$' || *c == '(')) c++;

    for (; c < end; c++) {
        bool power = (*c == 'e' || *c == 'E') && digits;
        if (*c >= '0' && *c <= '9') digits++;
        else if (power && c + 1 < end && (c[1] == '-' || c[1] == '+')) c++;
        else if (!power && *c != '.' && *c != ',' && *c != ')') return false;
    }
    return digits > 0;
}

/* The end of the cell at c: its separator or the end of its line. */
static const char *skip_cell(const char *c, const csv_dialect *d)
{
    while (csv_is_blank(*c) && *c != d->separator)
        c++;

    /* two quotes in a quoted cell stand for one */
    if (*c == d->quote) {
        for (c++; *c; c++) {
            if (*c == d->quote && c[1] != d->quote) break;
            if (*c == d->quote) c++;
        }
        if (*c) c++;
    }

    bool blanks = d->separator == ' ';
    while (!csv_ends_line(*c) && *c != d->separator &&
           !(blanks && csv_is_blank(*c)))
        c++;
    return c;
}

static const char *skip_blanks(const char *c)
{
    while (csv_is_blank(*c))
        c++;
    return c;
}

const char *csv_count_cells(const char *text, const csv_dialect *dialect,
                            size_t *count, size_t *numeric)
{
    bool blanks = dialect->separator == ' ';
    const char *c = blanks ? skip_blanks(text) : text;
    *count = *numeric = 0;

    for (;;) {
        const char *end = skip_cell(c, dialect);
        ++*count;
        *numeric += looks_numeric(c, end);

        /* blanks at the end of a line separate nothing */
        if (blanks) end = skip_blanks(end);
        if (csv_ends_line(*end)) return end;
        c = blanks ? end : end + 1;
    }
}

/* ---- Trials ------------------------------------------------------------- */

/* What a separator makes of the first lines. */
typedef struct trial {
    size_t counts[TRIED_LINES]; /* cells of each line */
    size_t lines, cut;          /* those with more than one cell */
    size_t cells, numeric;
    size_t pairs; /* lines of two numbers */
    size_t whole; /* lines of numbers alone */
} trial;

/* Whether nothing but blanks and separators is on the line. */
static bool is_empty_line(const char *c, char separator)
{
    while (csv_is_blank(*c) || *c == separator)
        c++;
    return csv_ends_line(*c);
}

static void try_separator(const char *text, const csv_dialect *d, trial *t)
{
    *t = (trial){0};

    for (const char *c = text; *c && t->lines < TRIED_LINES;) {
        if (is_empty_line(c, d->separator) || csv_is_comment(c)) {
            c += strcspn(c, "\r\n");
            c = csv_next_line(c);
            continue;
        }

        size_t count, numeric;
        c = csv_next_line(csv_count_cells(c, d, &count, &numeric));
        t->counts[t->lines++] = count;
        t->cut += count > 1;
        t->cells += count;
        t->numeric += numeric;
        t->pairs += count == 2 && numeric == 2;
        t->whole += count == numeric;
    }
}

/* The number of cells that most lines have, and how many lines. */
static size_t find_mode(const trial *t, size_t *lines)
{
    size_t mode = 1;
    *lines = 0;

    for (size_t i = 0; i < t->lines; i++) {
        size_t same = 0;
        for (size_t j = 0; j < t->lines; j++)
            same += t->counts[j] == t->counts[i];
        if (same > *lines) {
            *lines = same;
            mode = t->counts[i];
        }
    }
    return mode;
}

/* How well a separator fits: 0 if it separates nothing. */
static double judge(const trial *t, char separator, size_t *width)
{
    size_t same;
    *width = find_mode(t, &same);
    if (*width < 2 || 2 * t->cut < t->lines) return 0;

    /* blanks are in every prose, so there they must fit nearly always, the
     * header apart */
    size_t below = t->lines > 2 ? t->lines - 1 : t->lines;
    if (separator == ' ' && 10 * same < 9 * below) return 0;

    /* a name over numbers with decimal commas is one column */
    if (separator == ',' && t->lines > 2 && t->counts[0] == 1 &&
        t->pairs == t->lines - 1)
        return 0;

    /* names have no decimal commas: what cuts the first line as the others is
     * likelier than numbers can tell */
    double consistent = (double)same / (double)t->lines;
    double first = t->counts[0] == *width ? 1.5 : 1;
    return first * consistent * (0.5 + (double)t->numeric / (double)t->cells);
}

/* Whether cells are in single quotes: the first line begins and ends with one,
 * and there is no double quote in it. */
static char find_quote(const char *text)
{
    const char *c = skip_blanks(text);
    size_t bytes = strcspn(c, "\r\n");
    while (bytes && csv_is_blank(c[bytes - 1]))
        bytes--;
    return bytes > 2 && c[0] == '\'' && c[bytes - 1] == '\'' &&
                   !memchr(c, '"', bytes)
               ? '\''
               : '"';
}

csv_dialect csv_find_dialect(const char *text, char separator)
{
    /* on a tie the rarer in texts wins */
    static const char separators[] = "\t;|, ";
    csv_dialect best = {.separator = separator ? separator : ',',
                        .quote = find_quote(text)};
    trial t;
    double most = 0;
    size_t whole = 0;

    for (size_t i = 0; !separator && separators[i]; i++) {
        csv_dialect d = best;
        d.separator = separators[i];
        try_separator(text, &d, &t);
        double fit = judge(&t, d.separator, &d.width);
        if (fit <= most * (1 + 1e-9)) continue;

        /* blanks are in many cells: only where commas are in numbers do they
         * win over another */
        if (d.separator == ' ' && most > 0 &&
            (best.separator != ',' || t.whole + 1 < t.lines ||
             whole + 1 >= t.lines))
            continue;
        most = fit;
        whole = t.whole;
        best = d;
    }

    /* one that is said, or none */
    if (best.width) return best;
    try_separator(text, &best, &t);
    size_t same;
    best.width = find_mode(&t, &same);
    if (!separator && best.width > 1) {
        best.separator = 0;
        best.width = 1;
    }
    return best;
}
