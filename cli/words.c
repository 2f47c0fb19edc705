/*
 * words.c: names that were nearly right, and a command line to repeat; see
 * options.h.
 */
#include "options.h"
#include "screen.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char *nearest_name(const char *word, const char *const *names,
                         size_t count)
{
    enum { LONGEST = 40 };
    size_t length = strlen(word), best = length / 3 + 2;
    const char *found = NULL;
    if (length >= LONGEST) return NULL;

    /* the edit distance of each name, one row of the table at a time */
    for (size_t n = 0; n < count; n++) {
        size_t cost[LONGEST + 1];
        for (size_t j = 0; j <= length; j++)
            cost[j] = j;

        for (size_t i = 1; names[n][i - 1]; i++) {
            size_t corner = cost[0];
            cost[0] = i;
            for (size_t j = 1; j <= length; j++) {
                size_t change = corner + (names[n][i - 1] != word[j - 1]);
                size_t insert = cost[j - 1] + 1, leave = cost[j] + 1;
                corner = cost[j];
                cost[j] = change < insert ? change : insert;
                if (leave < cost[j]) cost[j] = leave;
            }
        }

        if (cost[length] < best) {
            best = cost[length];
            found = names[n];
        }
    }
    return found;
}

/* True if a shell takes word as it is: letters of any script, digits, some
 * signs. */
static bool is_plain(const char *word)
{
    const char *at = word;
    while (*at && (isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80 ||
                   strchr("-_=./:,+@%", *at)))
        at++;
    return at > word && !*at;
}

/* Appends word to line (size) as a shell would need it; returns the new end. */
static size_t append_quoted(char *line, size_t used, size_t size,
                            const char *word)
{
    if (is_plain(word))
        return used + (size_t)snprintf(line + used, size - used, "%s", word);
    line[used++] = '\'';

    for (; *word && used < size - 8; word++) {
        /* the quote ends, a quote of its own, a new one begins */
        if (*word == '\'')
            used += (size_t)snprintf(line + used, size - used, "'\\'");
        line[used++] = *word;
    }
    line[used++] = '\'';
    line[used] = '\0';
    return used;
}

const char *shell_quoted(const char *word)
{
    static char lines[2][8192];
    static int turn;
    char *line = lines[turn = !turn];
    append_quoted(line, 0, sizeof lines[0], printable(word));
    return line;
}

const char *python_quoted(const char *text)
{
    static char line[8192 + 4];
    size_t used = 0;
    line[used++] = '\'';
    for (const char *at = printable(text); *at && used < 8192; at++) {
        if (*at == '\'' || *at == '\\') line[used++] = '\\';
        line[used++] = *at;
    }
    line[used++] = '\'';
    line[used] = '\0';
    return line;
}

const char *command_line(const char *program, const parsed_line *arguments,
                         const char *extra)
{
    static char line[8192];
    bool there = false;
    for (int n = 1; n < arguments->argc; n++)
        there = there || !strcmp(arguments->argv[n], extra);

    size_t used = (size_t)snprintf(line, sizeof line, "%s", program);
    for (int n = 1; n < arguments->argc; n++) {
        const char *word = arguments->argv[n];
        if (strlen(word) + used > sizeof line - 64) return "the same command";

        line[used++] = ' ';
        used = append_quoted(line, used, sizeof line, word);

        /* the extra word comes right after the command */
        if (there || strcmp(word, arguments->command->name) != 0) continue;
        used += (size_t)snprintf(line + used, sizeof line - used, " %s", extra);
        there = true;
    }
    return line;
}
