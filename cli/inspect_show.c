/*
 * inspect_show.c: an inspection on the terminal: sentences first, then the
 * sections.
 */
#include "inspect.h"
#include "cells.h"
#include "screen.h"

#include <string.h>

/* ---- Words -------------------------------------------------------------- */

const char *cell_describe(const elman_model *model, size_t level)
{
    static char text[192];
    const elman_layer *layer = elman_model_config(model)->layers;
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++) {
        if (!is_recurrent(&layer[n])) continue;
        size_t levels = layer[n].num_layers ? layer[n].num_layers : 1;
        if (level >= levels) {
            level -= levels;
            continue;
        }

        /* the layer that has this level */
        int used =
            snprintf(text, sizeof text, "%s%s %zu",
                     layer[n].bidirectional ? "bidirectional " : "",
                     kind_of(&layer[n]).title,
                     layer[n].hidden_sizes[0] ? layer[n].hidden_sizes[level]
                                              : layer[n].hidden_size);

        /* where others call it otherwise */
        if (strcmp(layer[n].name, "rnn") != 0)
            used += snprintf(text + used, sizeof text - (size_t)used,
                             " of %.64s", layer[n].name);
        if (strcmp(layer[n].name, "rnn") != 0 && levels > 1)
            snprintf(text + used, sizeof text - (size_t)used, ", level %zu",
                     level);
        return text;
    }
    return "";
}

const char *token_describe(const network *net, int32_t token)
{
    static char texts[8][64];
    static unsigned turn;
    char *text = texts[turn++ % 8];
    const elman_encoding *e = net->encoding;
    bool words = e && e->vocabulary;
    size_t count = !e ? 0 : words ? e->vocabulary : e->class_count;
    if (token < 0 || (size_t)token >= count) return "?";

    const char *name = words ? e->tokens[token] : e->labels[token];
    if (!words) snprintf(text, 64, "%s", printable(name));
    else if (!strcmp(name, "\n")) snprintf(text, 64, "'\\n'");
    else if (!strcmp(name, "\t")) snprintf(text, 64, "'\\t'");
    else snprintf(text, 64, "'%.48s'", printable(name));
    return text;
}

/* Bytes of the character that text begins with. */
static size_t character_size(const char *text)
{
    size_t n = 1;
    while (((unsigned char)text[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* Prints text in lines of at most width columns, all but the first behind
 * indent spaces; column is where the first begins. */
static void print_wrapped(const char *text, int column, int indent, int width)
{
    while (*text) {
        /* a word, with its width on the screen */
        size_t bytes = 0;
        int columns = 0;
        while (text[bytes] && text[bytes] != ' ') {
            bytes += character_size(text + bytes);
            columns++;
        }

        if (column > indent && column + 1 + columns > width) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)bytes, text);
        column += columns;
        text += bytes + (text[bytes] == ' ');
    }
    putchar('\n');
}

/* ---- Sentences ---------------------------------------------------------- */

static void show_finding(const elman_finding *finding, int width)
{
    static const struct {
        const char *word;
        colour ink;
    } marks[] = {{"fine", GREEN}, {"NOTE", YELLOW}, {"ALARM", RED}};
    enum { INDENT = 7 };

    printf("%s%-*s%s", paint(stdout, marks[finding->severity].ink), INDENT,
           marks[finding->severity].word, paint(stdout, PLAIN));
    print_wrapped(printable(finding->text), INDENT, INDENT, width);
    if (!finding->advice) return;
    printf("%s%*s", paint(stdout, DIM), INDENT, "");
    print_wrapped(printable(finding->advice), INDENT, INDENT, width);
    fputs(paint(stdout, PLAIN), stdout);
}

static void show_findings(const inspect_view *view)
{
    int width = screen_width(stdout);
    if (width > 100) width = 100;
    for (size_t n = 0; n < view->in->finding_count; n++)
        show_finding(&view->in->findings[n], width);
    if (!view->in->finding_count) puts("nothing was measured that says more");
}

static void show_absences(const inspect_view *view)
{
    int width = screen_width(stdout);
    for (size_t n = 0; n < view->in->absence_count; n++) {
        const elman_absence *absence = &view->in->absences[n];
        const section_word *row = section_words;
        while (row->word && row->section != absence->section)
            row++;

        char text[512];
        snprintf(text, sizeof text, "%s: %.400s",
                 row->word ? row->word : "part", absence->why);
        if (n == 0)
            printf("\n%snot measured%s\n", paint(stdout, BOLD),
                   paint(stdout, PLAIN));
        fputs("  ", stdout);
        print_wrapped(printable(text), 2, 4, width > 100 ? 100 : width);
    }
}

void inspect_show(const inspect_view *view)
{
    const elman_inspection *in = view->in;
    printf("%s%s%s: %s\n", paint(stdout, BOLD), printable(view->net->path),
           paint(stdout, PLAIN), model_describe(view->net->model));
    printf("%zu sequence%s of %zu steps, %s\n\n", in->batch->B,
           in->batch->B == 1 ? "" : "s", in->batch->T, printable(view->source));

    show_findings(view);
    for (const section_word *row = section_words; row->word; row++)
        show_section(view, row->section);
    show_absences(view);
    if (!view->whole)
        puts("\nstopped before the end: this is what was measured so far");
}
