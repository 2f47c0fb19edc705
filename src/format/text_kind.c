/* text_kind.c: see text_kind.h. */
#include "format/text_kind.h"
#include "format/csv_parts.h"
#include "format/number.h"

#include <string.h>
#include <strings.h>

enum { LOOKED_LINES = 100 };

static const char *next_line(const char *line)
{
    return csv_next_line(line + strcspn(line, "\r\n"));
}

static bool is_blank_line(const char *line)
{
    while (csv_is_blank(*line))
        line++;
    return csv_ends_line(*line);
}

/* The first line that is neither blank nor a comment. */
static const char *first_line(const char *text)
{
    while (*text && (is_blank_line(text) || csv_is_comment(text)))
        text = next_line(text);
    return text;
}

/* ---- Headers of @-words ------------------------------------------------- */

/* What a word says of the file. */
typedef enum hint { OF_ARFF = 1, OF_TS = 2, OF_TSF = 4, OF_ANY = 8 } hint;

static int hint_of(const char *word)
{
    static const struct {
        const char *word;
        hint hint;
    } words[] = {
        {"relation", OF_ARFF},  {"attribute", OF_ARFF},  {"problemname", OF_TS},
        {"timestamps", OF_TS},  {"univariate", OF_TS},   {"dimension", OF_TS},
        {"dimensions", OF_TS},  {"serieslength", OF_TS}, {"classlabel", OF_TS},
        {"targetlabel", OF_TS}, {"frequency", OF_TSF},   {"horizon", OF_TSF},
        {"missing", OF_ANY},    {"equallength", OF_ANY}, {"data", OF_ANY}};

    size_t bytes = strcspn(word, " \t\r\n:");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes == strlen(words[i].word) &&
            !strncasecmp(word, words[i].word, bytes))
            return (int)words[i].hint;
    return 0;
}

static text_kind detect_header(const char *text)
{
    int hints = 0;
    bool more = false; /* words that .arff has not */

    /* up to @data or the first line that is no word */
    for (const char *line = first_line(text); *line;
         line = first_line(next_line(line))) {
        line += strspn(line, " \t");
        if (*line != '@') break;
        int found = hint_of(line + 1);
        bool data = !strncasecmp(line + 1, "data", 4);
        hints |= found;
        more = more || (found == OF_ANY && !data);
        if (data) break;
    }

    if (hints & OF_TS) return TEXT_TS;
    if (hints & OF_TSF || (hints & OF_ARFF && more)) return TEXT_TSF;
    return hints & OF_ARFF ? TEXT_ARFF : TEXT_PROSE;
}

/* ---- Lines of numbers --------------------------------------------------- */

/* Whether a line holds numbers alone, with marks of separation between. */
static bool is_numbers(const char *c)
{
    static const char between[] = " \t,;";
    double value;
    c += strspn(c, " \t");

    while (!csv_ends_line(*c)) {
        const char *end;
        if (number_read(c, &end, &value) == NUMBER_NONE) return false;
        if (!csv_ends_line(*end) && !strchr(between, *end)) return false;
        c = end + strspn(end, between);
    }
    return true;
}

static bool are_numbers(const char *text)
{
    size_t lines = 0;
    for (const char *line = first_line(text); *line && lines < LOOKED_LINES;
         line = next_line(line)) {
        if (is_blank_line(line)) continue;
        if (!is_numbers(line)) return false;
        lines++;
    }
    return lines > 1;
}

/* ---- Tables ------------------------------------------------------------- */

/* Whether nearly all lines have the same number of cells, and below the first
 * hold numbers. */
static bool is_table(const char *text)
{
    const char *first = first_line(text), *line = first;
    csv_dialect dialect = csv_find_dialect(first, 0);
    size_t lines = 0, equal = 0, numeric_lines = 0;

    while (*line && lines < LOOKED_LINES) {
        size_t cells, numeric;
        if (is_blank_line(line)) {
            line = next_line(line);
            continue;
        }
        line = csv_next_line(csv_count_cells(line, &dialect, &cells, &numeric));

        equal += cells == dialect.width;
        numeric_lines += lines && numeric;
        lines++;
    }

    /* a header and two rows at least */
    if (lines < 3) return false;
    return 10 * (equal + 1) >= 9 * lines &&
           10 * numeric_lines >= 9 * (lines - 1);
}

/* ---- All ---------------------------------------------------------------- */

text_kind text_detect(const char *text, size_t size)
{
    if (size >= 6 && !memcmp(text, "\x93NUMPY", 6)) return TEXT_NPY;
    if (size >= 4 && (!memcmp(text, "PK\3\4", 4) || !memcmp(text, "PK\5\6", 4)))
        return TEXT_NPZ;
    if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) text += 3;

    text_kind kind = detect_header(text);
    if (kind != TEXT_PROSE) return kind;
    if (are_numbers(text)) return TEXT_NUMBERS;
    return is_table(text) ? TEXT_TABLE : TEXT_PROSE;
}

const char *text_kind_name(text_kind kind)
{
    static const char *const names[] = {[TEXT_PROSE] = "a text",
                                        [TEXT_ARFF] = "an .arff file",
                                        [TEXT_TS] = "a .ts file",
                                        [TEXT_TSF] = "a .tsf file",
                                        [TEXT_NUMBERS] = "lines of numbers",
                                        [TEXT_TABLE] = "a table",
                                        [TEXT_NPY] = "a NumPy array",
                                        [TEXT_NPZ] = "a NumPy archive"};
    return names[kind];
}
