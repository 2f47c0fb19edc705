/*
 * predict_live.c: answers standard input while it is written: each line at
 * once. A series is a line, and read as a file of that line. A row of a table
 * is read as the last of a small table: the header, and as many rows before it
 * as a window has.
 */
#include "live.h"
#include "reading.h"
#include "screen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FRESH = 4096 }; /* rows answered together, if they are there */

/* ---- The small file ------------------------------------------------------ */

static int keep_line(live *l)
{
    if (l->count == l->room) {
        size_t room = 2 * l->room + 64;
        kept_line *wider = realloc(l->lines, room * sizeof *wider);
        if (!wider) return failed("out of memory");
        l->lines = wider;
        l->room = room;
    }

    char *text = strdup(l->source->text);
    if (!text) return failed("out of memory");
    l->lines[l->count++] = (kept_line){text, l->source->line, l->places++};
    l->fresh++;
    return 0;
}

void drop_rows(live *l, size_t most)
{
    size_t rows = l->count - l->head, gone = rows > most ? rows - most : 0;
    for (size_t n = 0; n < gone; n++)
        free(l->lines[l->head + n].text);

    memmove(l->lines + l->head, l->lines + l->head + gone,
            (rows - gone) * sizeof *l->lines);
    l->count -= gone;
}

bool open_lines(live *l, elman_dataset **dataset)
{
    size_t bytes = 0, used = 0;
    for (size_t n = 0; n < l->count; n++)
        bytes += strlen(l->lines[n].text) + 1;
    char *text = malloc(bytes + 1);
    if (!text) {
        failed("out of memory");
        return false;
    }

    for (size_t n = 0; n < l->count; n++)
        used += (size_t)snprintf(text + used, bytes + 1 - used, "%s\n",
                                 l->lines[n].text);

    elman_status status = elman_dataset_read(l->source->name, text, bytes,
                                             &l->run->reading, dataset);
    free(text);
    return status == ELMAN_OK;
}

int live_failed(const live *l)
{
    const char *message = elman_message();
    char text[1024];
    size_t used = 0;

    while (*message && used < sizeof text - 32) {
        const char *digits = message + 5;
        char *end = NULL;
        unsigned long long number = 0;
        if (!strncmp(message, "line ", 5)) number = strtoull(digits, &end, 10);
        bool named = end && end > digits;

        /* "line 3" of the small file is another of standard input */
        if (named && number >= 1 && number <= l->count) {
            used += (size_t)snprintf(
                text + used, sizeof text - used, "line %llu",
                (unsigned long long)l->lines[number - 1].number);
            message = end;
        } else text[used++] = *message++;
        text[used] = '\0';
    }
    return failed("%s", with_options(text));
}

/* ---- Series -------------------------------------------------------------- */

/* Whether the first series has a label is so for all that follow: a value may
 * look like a label. */
static void settle_labels(live *l, const elman_dataset *dataset)
{
    elman_presence *labels = &l->run->reading.labels;
    const char *text = l->lines[l->count - 1].text;
    bool series = l->head == 0 && l->run->net->encoding->class_count;
    if (*labels || !series) return;

    bool known = elman_dataset_class(dataset, 0, 0) >= 0;
    bool open = text[strspn(text, " \t")] == '?';
    *labels = known || open ? ELMAN_PRESENCE_YES : ELMAN_PRESENCE_NO;
}

static int answer_series(live *l)
{
    elman_dataset *dataset = NULL;
    l->fresh = 0;

    /* @ and what follows it up to the data, and comments */
    const char *text = l->source->text + strspn(l->source->text, " \t");
    if (strchr("@#%", *text)) {
        l->head = l->count;
        return 0;
    }

    if (!open_lines(l, &dataset)) return live_failed(l);
    settle_labels(l, dataset);
    int code = answer_dataset(l->run, dataset);
    elman_dataset_close(dataset);
    drop_rows(l, 0);
    return code;
}

/* ---- Lines as they come -------------------------------------------------- */

/* Rows that a transform takes from before a window. */
static size_t transform_reach(const elman_encoding *encoding)
{
    size_t rows = elman_encoding_rows(encoding);
    return rows > encoding->window ? rows - encoding->window : 0;
}

int predict_live(predictor *run, line_source *source)
{
    const elman_encoding *encoding = run->net->encoding;
    live l = {.run = run, .source = source, .reach = transform_reach(encoding)};
    if (looks_ahead(&l) && encoding->window && l.reach)
        return failed("'%s' looks ahead and reads differences, which needs all "
                      "rows; give a file instead of a pipe",
                      run->net->path);

    int code = 0;
    while (!code && source_next(source)) {
        bool blank = !source->text[strspn(source->text, " \t")];
        if (!blank) code = keep_line(&l);

        /* rows that are there already are answered together */
        bool more = encoding->window && l.begun && l.fresh < MOST_FRESH &&
                    source_has_line(source);
        if (!code && l.fresh && !more)
            code = encoding->window ? answer_table(&l) : answer_series(&l);
    }

    if (!code) code = source_error(source);
    if (!code && l.fresh && l.begun) code = answer_table(&l);
    if (!code && encoding->window) code = end_table(&l);
    for (size_t n = 0; n < l.count; n++)
        free(l.lines[n].text);
    free(l.lines);
    return code;
}
