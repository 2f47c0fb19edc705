/*
 * convert_propose.c: the command lines that would convert a file, each as it
 * can be pasted: the line that was typed, with other settings.
 */
#include "convert.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SHOWN = 8, LONGEST_SHOWN = 400 };

/* A line that is written, kept or only measured. */
typedef struct line_out {
    FILE *file; /* or NULL */
    char *text; /* or NULL */
    size_t used;
} line_out;

static void put(line_out *line, const char *text, size_t bytes)
{
    if (line->file) fwrite(text, 1, bytes, line->file);
    if (line->text) memcpy(line->text + line->used, text, bytes);
    line->used += bytes;
}

/* A word as a shell takes it, however long. */
static void put_word(line_out *line, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_=./:,+@%";
    if (*word && strspn(word, plain) == strlen(word)) {
        put(line, word, strlen(word));
        return;
    }

    put(line, "'", 1);
    for (const char *at = word; *at;) {
        size_t bytes = strcspn(at, "'");
        put(line, at, bytes);
        at += bytes;
        if (*at) put(line, "'\\''", 4);
        at += *at != 0;
    }
    put(line, "'", 1);
}

/* Whether a word of the line gives an option, and whether its value is the next
 * word. */
static bool gives(const char *word, const char *name, bool *apart)
{
    size_t length = strlen(name);
    if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, length) != 0)
        return false;
    *apart = word[2 + length] == '\0';
    return *apart || word[2 + length] == '=';
}

static void put_settings(const elman_proposal *p, line_out *line)
{
    if (p->layers) {
        put(line, " --layers ", 10);
        put_word(line, p->layers);
    }
    if (p->ignore) {
        put(line, " --ignore ", 10);
        put_word(line, p->ignore);
    }
    if (p->key) {
        put(line, " --key ", 7);
        put_word(line, p->key);
    }
}

/* The line as it was typed, with the settings in place of its own. */
static void put_line(const parsed_line *typed, const elman_proposal *p,
                     line_out *line)
{
    bool put_yet = false;
    put(line, "elman", 5);
    for (int n = 1; n < typed->argc; n++) {
        const char *word = typed->argv[n];
        bool apart = false;
        if ((p->layers && gives(word, "layers", &apart)) ||
            (p->key && gives(word, "key", &apart)) ||
            (p->ignore && gives(word, "ignore", &apart))) {
            n += apart;
            continue;
        }

        /* behind -- there are no options */
        if (!put_yet && !strcmp(word, "--")) {
            put_settings(p, line);
            put_yet = true;
        }
        put(line, " ", 1);
        put_word(line, word);
    }
    if (!put_yet) put_settings(p, line);
}

/* On a terminal a line that is too long for it is only begun. */
static bool show_line(FILE *out, const parsed_line *typed,
                      const elman_proposal *p)
{
    line_out measured = {0}, line = {.file = out};
    put_line(typed, p, &measured);
    bool whole = screen_is_free(out) || measured.used <= LONGEST_SHOWN;

    fputs("  ", out);
    if (whole) put_line(typed, p, &line);
    else
        fprintf(out, "(a command of %zu characters with --layers %s)",
                measured.used, p->layers ? printable(p->layers) : "");
    fputc('\n', out);
    return whole;
}

void proposals_show(FILE *out, const parsed_line *typed,
                    const elman_proposal *proposals, size_t count)
{
    bool all = true;
    const char *of = "";

    /* those of the same part of the file below one title */
    for (size_t n = 0; n < count; n++) {
        const elman_proposal *p = proposals + n;
        if (n >= MOST_SHOWN && !screen_is_free(out)) {
            all = false;
            break;
        }
        if (strcmp(of, p->of) != 0) fprintf(out, "%s:\n", p->of);
        of = p->of;
        all = show_line(out, typed, p) && all;
    }
    if (!all)
        fprintf(out, "%zu commands in all; --wide shows them whole\n", count);
}

void proposals_record(record *out, const parsed_line *typed,
                      const elman_proposal *proposals, size_t count)
{
    record_open(out, "commands", '[');
    for (size_t n = 0; n < count; n++) {
        line_out measured = {0}, line = {0};
        put_line(typed, proposals + n, &measured);
        line.text = calloc(measured.used + 1, 1);
        if (!line.text) break;
        put_line(typed, proposals + n, &line);
        record_text(out, NULL, line.text);
        free(line.text);
    }
    record_close(out, ']');
}

int conversion_propose(const conversion *run, const char *question,
                       const elman_proposal *proposals, size_t count)
{
    int code = failed("%s; what fits:", question);
    proposals_show(stderr, run->line, proposals, count);
    return code;
}
