/*
 * plan.c: see plan.h.
 */
#include "plan.h"
#include "report.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

const char plan_note[] = "plan";

enum { LONGEST_NAME = 24 };

/* One line of a plan. */
typedef struct fact {
    bool minor;
    char name[LONGEST_NAME];
    const char *text;
    size_t bytes;
} fact;

char *plan_write(const elman_dataset *dataset)
{
    size_t count = 0, size = 1, used = 0;
    const elman_fact *facts = elman_dataset_facts(dataset, &count);
    for (size_t n = 0; n < count; n++)
        size += strlen(facts[n].name) + strlen(facts[n].text) + 3;

    char *text = calloc(size, 1);
    for (size_t n = 0; text && n < count; n++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s\t",
                                 facts[n].minor ? "\t" : "", facts[n].name);

        /* a name of the file may have a line end in it */
        size_t begin = used;
        used += (size_t)snprintf(text + used, size - used, "%s", facts[n].text);
        for (char *c = text + begin; *c; c++)
            if (*c == '\n' || *c == '\t') *c = ' ';
        text[used++] = '\n';
    }
    return text;
}

char *plan_kept(const char *plan)
{
    static const char reading[] = "reading\t";
    char *kept = calloc(strlen(plan) + 1, 1), *to = kept;
    while (kept && *plan) {
        const size_t line = strcspn(plan, "\n") + 1;
        if (strncmp(plan, reading, sizeof reading - 1) != 0)
            to = (char *)memcpy(to, plan, line) + line;
        plan += line;
    }
    return kept;
}

/* Takes the next line of a plan; false at its end. A model's note may hold
 * anything, so a line without a tab is a text without a name. */
static bool next_fact(const char **at, fact *f)
{
    if (!**at) return false;
    f->minor = **at == '\t';
    *at += f->minor;

    size_t line = strcspn(*at, "\n"), name = strcspn(*at, "\t\n");
    bool named = name < line && name < LONGEST_NAME;
    snprintf(f->name, sizeof f->name, "%.*s", named ? (int)name : 0, *at);
    f->text = named ? *at + name + 1 : *at;
    f->bytes = (size_t)(*at + line - f->text);

    *at += line + ((*at)[line] == '\n');
    return true;
}

/* The bytes of text that fit width characters, ending at a space where that is
 * possible and wanted. */
static size_t fitting(const char *text, size_t bytes, int width, bool at_space)
{
    size_t end = 0, space = 0;
    for (int used = 0; end < bytes; end++) {
        bool begins = ((unsigned char)text[end] & 0xC0) != 0x80;
        if (begins && used++ == width) break;
        if (text[end] == ' ') space = end;
    }
    return at_space && end < bytes && space ? space : end;
}

static char *copy_text(const fact *f)
{
    char *copy = calloc(f->bytes + 1, 1);
    if (copy) memcpy(copy, f->text, f->bytes);
    return copy;
}

/* Prints a fact behind its name, in as many lines as it takes or cut to one. */
static void print_fact(FILE *file, const fact *f, bool all)
{
    int width = screen_width(file) - PLAN_INDENT - 1;
    if (width < PLAN_INDENT) width = PLAN_INDENT;
    fprintf(file, "%s%-*s%s", paint(file, DIM), PLAN_INDENT, printable(f->name),
            paint(file, PLAIN));

    char *copy = copy_text(f);
    if (!copy) return;
    const char *text = printable(copy);
    size_t left = strlen(text);
    while (all) {
        size_t bytes = fitting(text, left, width, true);
        fprintf(file, "%.*s\n", (int)bytes, text);
        text += bytes + (text[bytes] == ' ');
        left = strlen(text);
        if (!left) break;
        fprintf(file, "%*s", PLAN_INDENT, "");
    }

    /* one line: what does not fit is left to --plan */
    if (!all) {
        const char *mark = screen.utf8 ? "\u2026" : "...";
        bool fits = fitting(text, left, width, false) == left;
        size_t bytes = fits ? left : fitting(text, left, width - 3, true);
        fprintf(file, "%.*s%s\n", (int)bytes, text, fits ? "" : mark);
    }
    free(copy);
}

/* What a short account tells first; the rest, and what is not here, follows. */
static int rank_of(const fact *f)
{
    static const char *const order[] = {
        "target",  "task",  "missing", "inputs",    "note",
        "series",  "time",  "ignored", "transform", "unknown",
        "numbers", "split", "lines",   "file"};
    enum { RANKS = sizeof order / sizeof *order };
    int rank = 0;
    while (rank < RANKS && strcmp(order[rank], f->name))
        rank++;
    return rank;
}

/* Whether the fact that comes as number n of a plan is among the first few by
 * rank. */
static bool is_first(const char *plan, const fact *which, size_t n)
{
    fact f;
    size_t before = 0, at = 0;
    for (; next_fact(&plan, &f); at++) {
        int order = rank_of(&f) - rank_of(which);
        before += !f.minor && (order < 0 || (order == 0 && at < n));
    }
    return !which->minor && before < PLAN_LINES;
}

bool plan_show(FILE *file, const char *plan, bool all)
{
    fact f;
    const char *at = plan;
    bool left = false;
    for (size_t n = 0; next_fact(&at, &f); n++) {
        bool shown = all || is_first(plan, &f, n);
        if (shown) print_fact(file, &f, all);
        left = left || !shown;
    }
    return left;
}

void plan_warn(const elman_dataset *dataset, elman_task task)
{
    static const char *const odd[] = {"unknown", "missing", "note", "file"};
    size_t count = 0, odd_count = task == ELMAN_TASK_LANGUAGE ? 4 : 3;
    const elman_fact *facts = elman_dataset_facts(dataset, &count);

    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < odd_count; i++)
            if (!facts[n].minor && !strcmp(facts[n].name, odd[i]))
                note("%s: %s", odd[i], printable(facts[n].text));
}

void plan_record(record *out, const char *plan)
{
    fact f;
    record_open(out, "plan", '[');
    while (next_fact(&plan, &f)) {
        char *text = copy_text(&f);
        record_open(out, NULL, '{');
        record_text(out, "name", f.name);
        record_text(out, "text", text ? text : "");
        record_close(out, '}');
        free(text);
    }
    record_close(out, ']');
}
