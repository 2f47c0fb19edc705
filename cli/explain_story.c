/*
 * explain_story.c: what came of an experiment, as text and as JSON; see
 * experiment.h.
 */
#include "experiment.h"
#include "explain.h"
#include "record.h"
#include "screen.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool story_rows(story *told, size_t rows, bool named)
{
    told->rows = rows;
    told->cells = calloc(rows * told->columns + 1, sizeof *told->cells);
    told->names = named ? calloc(rows + 1, sizeof *told->names) : NULL;
    if (!told->cells || (named && !told->names)) {
        failed("out of memory");
        return false;
    }
    for (size_t n = 0; n < rows * told->columns; n++)
        told->cells[n] = NAN;
    return true;
}

static void add_line(char lines[][STORY_LINE], const char *format,
                     va_list arguments)
{
    size_t n = 0;
    while (n + 2 < STORY_LINES && lines[n][0])
        n++;
    vsnprintf(lines[n], STORY_LINE, format, arguments);
}

void story_say(story *told, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(told->says, format, arguments);
    va_end(arguments);
}

void story_torch(story *told, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(told->torch, format, arguments);
    va_end(arguments);
}

void story_number_add(story *told, const char *name, double value,
                      const char *format)
{
    if (told->number_count == STORY_NUMBERS) return;
    story_number *number = &told->numbers[told->number_count++];
    snprintf(number->name, sizeof number->name, "%s", name);
    number->value = value;
    number->format = format;
}

void story_close(story *told)
{
    free(told->cells);
    free(told->names);
    told->cells = NULL;
    told->names = NULL;
}

/* ---- As text ------------------------------------------------------------ */

/* A number by a format of the experiments' tables; "" for NaN. */
static const char *cell_text(double value, const char *format)
{
    static char texts[4][32];
    static int turn;
    char *text = texts[turn = (turn + 1) % 4];
    if (isnan(value)) return "";
    if (!format) return number_text(value);
    if (!strcmp(format, "%.0f")) snprintf(text, 32, "%.0f", value);
    else if (!strcmp(format, "%.4f")) snprintf(text, 32, "%.4f", value);
    else if (!strcmp(format, "%.5f")) snprintf(text, 32, "%.5f", value);
    else if (!strcmp(format, "%.3f")) snprintf(text, 32, "%.3f", value);
    else snprintf(text, 32, "%.4e", value);
    return text;
}

/* The longest text of a column, its head's if that is longer. */
static int column_width(const story *told, size_t column)
{
    const story_column *head = &told->heads[column];
    int width = (int)strlen(head->head);
    for (size_t n = 0; n < told->rows; n++) {
        double value = told->cells[n * told->columns + column];
        int length = (int)strlen(cell_text(value, head->format));
        if (length > width) width = length;
    }
    return width;
}

/* The plotted column; told->columns if none is. */
static size_t plotted_column(const story *told)
{
    size_t column = 0;
    while (column < told->columns && !told->heads[column].plotted)
        column++;
    return column;
}

/* What bars span: from nothing, or of a logarithm from the least to the most
 * that is drawn. */
typedef struct bar_scale {
    double low, high;
    bool log;
} bar_scale;

static bar_scale scale_of(const story *told, size_t column)
{
    bar_scale scale = {INFINITY, 0, told->log};
    for (size_t n = 0; column < told->columns && n < told->rows; n++) {
        double value = fabs(told->cells[n * told->columns + column]);
        if (!isfinite(value)) continue;
        scale.high = fmax(scale.high, value);
        if (value > 0) scale.low = fmin(scale.low, value);
    }
    if (!scale.log || !(scale.low < scale.high)) scale.low = 0;
    scale.log = scale.low > 0;
    return scale;
}

static void print_bar(double value, const bar_scale *scale, int longest)
{
    double part = fabs(value) / scale->high;
    if (scale->log) /* the least still shows */
        part = (1 + log(fabs(value) / scale->low)) /
               (1 + log(scale->high / scale->low));
    if (!(part > 0)) return;
    printf("  %s", paint(stdout, CYAN));
    for (int n = 0; n < (int)lround(part * longest); n++)
        fputs(screen.utf8 ? "█" : "#", stdout);
    fputs(paint(stdout, PLAIN), stdout);
}

static void show_table(const story *told)
{
    int widths[STORY_COLUMNS], longest = 0;
    for (size_t n = 0; n < told->columns; n++)
        widths[n] = column_width(told, n);
    for (size_t n = 0; told->names && n < told->rows; n++)
        if ((int)strlen(told->names[n]) > longest)
            longest = (int)strlen(told->names[n]);
    size_t plotted = plotted_column(told);
    bar_scale scale = scale_of(told, plotted);

    /* the bars have what the columns leave of the screen */
    int used = longest + 2, bar = 30;
    for (size_t n = 0; n < told->columns; n++)
        used += 2 + widths[n];
    if (bar > screen_width(stdout) - used) bar = screen_width(stdout) - used;
    if (bar < 8) bar = 8;

    printf("%s%*s", paint(stdout, DIM), longest, "");
    for (size_t n = 0; n < told->columns; n++)
        printf("  %*s", widths[n], told->heads[n].head);
    if (plotted < told->columns && scale.log) printf("  (logarithmic)");
    printf("%s\n", paint(stdout, PLAIN));

    /* a line for each row, its bar at the end */
    for (size_t row = 0; row < told->rows; row++) {
        const double *cells = told->cells + row * told->columns;
        if (told->names) printf("%-*s", longest, told->names[row]);
        for (size_t n = 0; n < told->columns; n++)
            printf("  %*s", widths[n],
                   cell_text(cells[n], told->heads[n].format));
        if (plotted < told->columns) print_bar(cells[plotted], &scale, bar);
        putchar('\n');
    }
}

/* A paragraph, broken at spaces. */
static void print_sentence(const char *text)
{
    int columns = screen_width(stdout), at = 0;
    if (columns > 100) columns = 100;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at && at + 1 + length > columns) {
            putchar('\n');
            at = 0;
        }
        at += printf("%s%.*s", at ? " " : "", length, text);
        text += length;
        text += *text == ' ';
    }
    putchar('\n');
}

void story_show(const story *told)
{
    printf("%s", paint(stdout, BOLD));
    print_sentence(told->title);
    printf("%s\n", paint(stdout, PLAIN));
    if (told->rows) show_table(told);

    /* the numbers behind the table */
    int widest = 0;
    for (size_t n = 0; n < told->number_count; n++)
        if ((int)strlen(told->numbers[n].name) > widest)
            widest = (int)strlen(told->numbers[n].name);
    if (told->number_count) putchar('\n');
    for (size_t n = 0; n < told->number_count; n++)
        printf("%-*s  %s\n", widest, told->numbers[n].name,
               cell_text(told->numbers[n].value, told->numbers[n].format));

    putchar('\n');
    for (size_t n = 0; told->says[n][0]; n++)
        print_sentence(told->says[n]);
    if (!told->torch[0][0]) return;
    /* without a margin, to be pasted */
    printf("\n%sThe same in PyTorch:%s\n", paint(stdout, BOLD),
           paint(stdout, PLAIN));
    for (size_t n = 0; told->torch[n][0]; n++)
        printf("%s\n", told->torch[n]);
}

/* ---- As JSON ------------------------------------------------------------ */

static void record_lines(record *out, const char *key,
                         const char lines[][STORY_LINE])
{
    record_open(out, key, '[');
    for (size_t n = 0; lines[n][0]; n++)
        record_text(out, NULL, lines[n]);
    record_close(out, ']');
}

void story_record(const story *told, const char *name, const trial *numbers)
{
    record out = record_begin(stdout);
    record_text(&out, "experiment", name);
    record_text(&out, "title", told->title);
    record_number(&out, "weight", numbers->weight);
    record_count(&out, "steps", numbers->T);

    /* the table by columns */
    record_open(&out, "columns", '{');
    if (told->names) {
        record_open(&out, "name", '[');
        for (size_t row = 0; row < told->rows; row++)
            record_text(&out, NULL, told->names[row]);
        record_close(&out, ']');
    }
    for (size_t n = 0; n < told->columns; n++) {
        record_open(&out, told->heads[n].head, '[');
        for (size_t row = 0; row < told->rows; row++)
            record_number(&out, NULL, told->cells[row * told->columns + n]);
        record_close(&out, ']');
    }
    record_close(&out, '}');

    record_open(&out, "numbers", '{');
    for (size_t n = 0; n < told->number_count; n++)
        record_number(&out, told->numbers[n].name, told->numbers[n].value);
    record_close(&out, '}');
    record_lines(&out, "says", told->says);
    record_lines(&out, "pytorch", told->torch);
    record_end(&out);
}
