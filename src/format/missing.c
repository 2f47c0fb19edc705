/* missing.c: see missing.h. */
#include "format/missing.h"

#include <string.h>
#include <strings.h>

/* Whether text begins like a mark, or ends: most cells are numbers, which cost
 * no search. */
static bool may_be_mark(const char *text)
{
    static const char begins[] = "NnMm?-+.*<#1\\\xE2";
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits >= '0' && *digits <= '9')
        return digits[0] == '1' && digits[1] == '.' && digits[2] == '#';
    return strchr(begins, *text) != NULL;
}

bool missing_mark(const char *text)
{
    static const char *const marks[] = {
        "NA",           "N/A",         "NaN",      "null",
        "none",         "nil",         "?",        "-",
        "--",           "---",         ".",        "..",
        "...",          "*",           "<NA>",     "<NaN>",
        "#N/A",         "#NA",         "#N/A N/A", "#DIV/0!",
        "#REF!",        "#VALUE!",     "#NUM!",    "#NAME?",
        "#NULL!",       "-nan",        "+nan",     "1.#QNAN",
        "-1.#QNAN",     "1.#IND",      "-1.#IND",  "-nan(ind)",
        "nan(ind)",     "N.A.",        "missing",  "\\N",
        "\xE2\x80\x93", "\xE2\x80\x94" /* dashes */};

    while (*text == ' ' || *text == '\t')
        text++;
    if (!may_be_mark(text)) return false;

    size_t bytes = strlen(text);
    while (bytes && (text[bytes - 1] == ' ' || text[bytes - 1] == '\t'))
        bytes--;
    if (bytes == 0) return true;
    if (bytes > 9) return false;

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if ((marks[i][0] | ' ') == (*text | ' ') && strlen(marks[i]) == bytes &&
            !strncasecmp(text, marks[i], bytes))
            return true;
    return false;
}
