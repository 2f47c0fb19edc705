/*
 * table.c: see table.h. Widths are characters of UTF-8, each one column wide.
 */
#include "table.h"

#include <string.h>

enum { GAP = 2, LEAST_CUT = 12, LEAST_WRAP = 16 };

typedef struct table {
    FILE *file;
    const table_column *columns;
    size_t count;
    size_t width[TABLE_COLUMNS];
} table;

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += begins_character(*text);
    return width;
}

/* The rest of text after that many characters. */
static const char *text_skip(const char *text, size_t characters)
{
    for (; *text; text++) {
        if (!begins_character(*text)) continue;
        if (characters == 0) break;
        characters--;
    }
    return text;
}

/* Prints text in at most width characters. What goes is the middle: the first
 * part of a name says whose it is and the end what it is. */
static void print_cut(FILE *file, const char *text, size_t width)
{
    size_t length = text_width(text);
    if (length <= width) {
        fputs(text, file);
        return;
    }

    const char *mark = screen.utf8 ? "\u2026" : "..";
    size_t left = width - text_width(mark), head = left / 4;
    fprintf(file, "%.*s%s%s", (int)(text_skip(text, head) - text), text, mark,
            text_skip(text, length - (left - head)));
}

/* Prints text in lines of at most width characters, which begin at indent. */
static void print_wrapped(FILE *file, const char *text, size_t width,
                          size_t indent)
{
    for (;;) {
        const char *end = text_skip(text, width), *space = end;

        /* a line ends at its last space */
        while (*end && space > text && *space != ' ')
            space--;
        if (space == text) space = end; /* a word longer than a line */
        fprintf(file, "%.*s", (int)(space - text), text);
        text = space + (*space == ' ');
        if (!*text) return;
        fprintf(file, "\n%*s", (int)indent, "");
    }
}

static void print_row(const table *layout, const char *const *cells)
{
    size_t at = 0, column = 0;
    for (size_t c = 0; c < layout->count; c++) {
        const char *text = cells[c] ? printable(cells[c]) : "";
        size_t width = layout->width[c], length = text_width(text);

        /* the gap is printed before a text, so that no line ends in blanks */
        if (*text) {
            fprintf(layout->file, "%*s", (int)(column - at), "");
            if (layout->columns[c].fit == FIT_WRAP)
                print_wrapped(layout->file, text, width, column);
            else print_cut(layout->file, text, width);
            at = column + (length < width ? length : width);
        }
        column += width + GAP;
    }
}

static size_t whole_width(const table *layout)
{
    size_t sum = GAP * (layout->count - 1);
    for (size_t c = 0; c < layout->count; c++)
        sum += layout->width[c];
    return sum;
}

/* Takes width from columns until the table fits, or none has any to give. */
static void fit(table *layout, size_t most)
{
    size_t *width = layout->width, *last = &width[layout->count - 1];
    size_t sum = whole_width(layout);

    /* the last column wraps first */
    if (sum > most && layout->columns[layout->count - 1].fit == FIT_WRAP &&
        *last > LEAST_WRAP) {
        size_t rest = most > sum - *last ? most - (sum - *last) : 0;
        *last = rest > LEAST_WRAP ? rest : LEAST_WRAP;
    }

    /* then the widest one gives a character, and again */
    while (whole_width(layout) > most) {
        size_t *widest = NULL;
        for (size_t c = 0; c < layout->count; c++)
            if (layout->columns[c].fit == FIT_CUT && width[c] > LEAST_CUT &&
                (!widest || width[c] > *widest))
                widest = &width[c];

        if (!widest) return;
        --*widest;
    }
}

void table_show(FILE *file, const table_column *columns, size_t count,
                size_t rows, const char *const *cells, const colour *inks)
{
    table layout = {.file = file, .columns = columns, .count = count};
    const char *heads[TABLE_COLUMNS];

    /* each column as wide as its widest text, if that fits */
    for (size_t c = 0; c < count; c++) {
        heads[c] = columns[c].head;
        layout.width[c] = text_width(heads[c]);
        for (size_t n = 0; n < rows; n++) {
            const char *text = cells[n * count + c];
            size_t width = text ? text_width(printable(text)) : 0;
            if (width > layout.width[c]) layout.width[c] = width;
        }
    }
    if (!screen_is_free(file)) fit(&layout, (size_t)screen_width(file) - 1);

    /* the heads, and the rows in their colours */
    fputs(paint(file, BOLD), file);
    print_row(&layout, heads);
    fprintf(file, "%s\n", paint(file, PLAIN));
    for (size_t n = 0; n < rows; n++) {
        bool inked = inks && inks[n] != PLAIN;
        if (inked) fputs(paint(file, inks[n]), file);
        print_row(&layout, cells + n * count);
        fprintf(file, "%s\n", inked ? paint(file, PLAIN) : "");
    }
}

const char *sizes_text(size_t rank, const int64_t *shape, char *text,
                       size_t size)
{
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t n = 0; n < rank && used < size; n++) {
        const char *comma = n ? "," : "";
        size_t room = size - used;
        used +=
            (size_t)(shape[n] < 0 ? snprintf(text + used, room, "%s?", comma)
                                  : snprintf(text + used, room, "%s%lld", comma,
                                             (long long)shape[n]));
    }

    if (used < size) snprintf(text + used, size - used, ")");
    return text;
}
