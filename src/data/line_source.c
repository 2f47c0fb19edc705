/* line_source.c: see line_source.h. */
#include "data/line_source.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 1 << 18 };

struct line_file {
    const file_reader *reader;
    size_t begin, size; /* of the text: from where in the file, and how much */
    bool point;         /* commas between digits are points */

    char *buffer; /* whole lines, and a zero */
    size_t room;
    size_t from, have; /* in the text, what buffer holds */

    elman_status status;
    failure_text said;
};

/* ---- Whole lines --------------------------------------------------------- */

/* A decimal comma in every number becomes a point. */
static void replace_commas(char *text)
{
    for (char *c = strchr(text, ','); c; c = strchr(c + 1, ','))
        if (c > text && c[-1] >= '0' && c[-1] <= '9' && c[1] >= '0' &&
            c[1] <= '9')
            *c = '.';
}

/* How many bytes are whole lines with their ends. */
static size_t whole_lines(const char *bytes, size_t size)
{
    size_t end = size;
    while (end > 0 && bytes[end - 1] != '\n')
        end--;
    if (end > 0) return end;

    /* old line ends, but for a last one that may go on */
    for (end = size; end > 1; end--)
        if (bytes[end - 2] == '\r') return end - 1;
    return 0;
}

static elman_status widen(line_file *f, size_t bytes)
{
    if (bytes <= f->room) return ELMAN_OK;
    char *wider = realloc(f->buffer, bytes);
    if (!wider)
        return failure(ELMAN_NO_MEMORY, "no memory for a line of %zu bytes",
                       bytes);
    f->buffer = wider;
    f->room = bytes;
    return ELMAN_OK;
}

/* Reads whole lines from a place in the text on: at least one. */
static elman_status read_lines(line_file *f, size_t from)
{
    size_t left = f->size - from, got;
    f->from = from;
    f->have = 0;
    for (size_t wanted = AT_ONCE; left && !f->have; wanted *= 2) {
        size_t bytes = wanted < left ? wanted : left;
        TRY(widen(f, bytes + 1));
        TRY(file_reader_span(f->reader, f->begin + from, f->buffer, bytes,
                             bytes, &got));
        f->have = bytes == left ? bytes : whole_lines(f->buffer, bytes);
    }
    return ELMAN_OK;
}

/* The same; a failure is kept, and the text then ends here. */
static void load(line_file *f, size_t from)
{
    if (!f->status) {
        f->status = read_lines(f, from);
        if (f->status) f->said = failure_keep();
    }
    if (f->status) f->have = 0;
    f->buffer[f->have] = 0;
    if (f->point) replace_commas(f->buffer);
}

void line_more(line *l)
{
    line_file *f = l->file;
    if (l->at != f->buffer + f->have || f->from + f->have == f->size) return;
    load(f, f->from + f->have);
    l->at = f->buffer;
}

/* ---- Texts --------------------------------------------------------------- */

elman_status line_source_open(const file_reader *reader, size_t begin,
                              line_source *text)
{
    line_file *f = calloc(1, sizeof *f);
    char *buffer = malloc(AT_ONCE + 1);
    if (!f || !buffer) {
        free(f);
        free(buffer);
        return failure(ELMAN_NO_MEMORY, "no memory for lines");
    }
    f->reader = reader;
    f->begin = begin;
    f->size = file_reader_size(reader) - begin;
    f->buffer = buffer;
    f->room = AT_ONCE + 1;
    *text = (line_source){.file = f};
    return ELMAN_OK;
}

void line_source_close(line_source *text)
{
    free(text->memory);
    if (text->file) free(text->file->buffer);
    free(text->file);
    *text = (line_source){0};
}

line line_first(const line_source *text)
{
    if (text->memory) return (line){.at = text->memory, .number = 1};
    load(text->file, 0);
    return (line){text->file->buffer, 1, text->file};
}

size_t line_place(const line_source *text, const line *l)
{
    if (text->memory) return (size_t)(l->at - text->memory);
    return text->file->from + (size_t)(l->at - text->file->buffer);
}

bool line_source_holds(const line_source *text, char character)
{
    if (text->memory) return strchr(text->memory, character) != NULL;

    line_file *f = text->file;
    for (size_t from = 0; from < f->size && !f->status; from += f->have) {
        load(f, from);
        if (memchr(f->buffer, character, f->have)) return true;
    }
    return false;
}

void line_source_point(const line_source *text)
{
    if (text->memory) replace_commas(text->memory);
    else text->file->point = true;
}

elman_status line_source_read(const line_source *text, size_t from, size_t to,
                              char *bytes, const char **at)
{
    const line_file *f = text->file;
    size_t got;
    *at = text->memory ? text->memory + from : bytes;
    if (text->memory) return ELMAN_OK;

    TRY(file_reader_span(f->reader, f->begin + from, bytes, to - from,
                         to - from, &got));
    bytes[got] = 0;
    if (f->point) replace_commas(bytes);
    return ELMAN_OK;
}

elman_status line_source_status(const line_source *text)
{
    const line_file *f = text->file;
    if (!f || !f->status) return ELMAN_OK;
    failure_restore(&f->said);
    return f->status;
}
