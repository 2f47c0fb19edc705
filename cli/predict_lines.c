/*
 * predict_lines.c: answers line by line: series, rows of a table, text.
 */
#include "predict.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

/* The raw value of input k as the model reads it. */
static float scaled(const elman_encoding *encoding, size_t k, double raw)
{
    return (float)((raw - encoding->mean[k]) / encoding->scale[k]);
}

/* ---- A line is a series ------------------------------------------------- */

/* Puts one dimension of a series into x (T,I); *T is its steps, known after
 * the first. Returns 0 or an exit code. */
static int read_dimension(predictor *run, const line_source *source, size_t k,
                          size_t *T)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t I = encoding->input_size, count = source->count;

    /* what is missing at the end is padding */
    while (count && field_is_missing(source->fields[count - 1]))
        count--;

    /* the first dimension says how many steps there are */
    if (k == 0) {
        *T = count;
        int code = predictor_reserve(run, count ? count : 1, 1);
        if (code) return code;
    } else if (count != *T)
        return failed("line %llu of %s: dimension %zu has %zu values, the "
                      "first has %zu",
                      (unsigned long long)source->line, source->name, k + 1,
                      count, *T);

    for (size_t t = 0; t < count; t++) {
        double value;
        if (!field_number(source->fields[t], &value))
            return failed("line %llu of %s: value %zu is '%s', expected a "
                          "number",
                          (unsigned long long)source->line, source->name, t + 1,
                          source->fields[t]);
        run->x[t * I + k] = scaled(encoding, k, value);
    }
    return 0;
}

/* Reads the dimensions of a line, separated by ':'. */
static int read_series(predictor *run, line_source *source, size_t *T)
{
    size_t I = run->net->encoding->input_size, dimensions = 1;
    for (const char *at = source->text; (at = strchr(at, ':')); at++)
        dimensions++;

    if (dimensions != I)
        return failed("line %llu of %s: found %zu dimension%s (separated by "
                      "':'), the model reads %zu",
                      (unsigned long long)source->line, source->name,
                      dimensions, dimensions == 1 ? "" : "s", I);

    /* each dimension ends at the next colon */
    char *at = source->text;
    for (size_t k = 0; k < I; k++) {
        char *next = strchr(at, ':');
        if (next) *next++ = '\0';
        if (!source_split(source, at)) return EXIT_FAILED;
        int code = read_dimension(run, source, k, T);
        if (code) return code;
        at = next;
    }

    if (*T == 0)
        return failed("line %llu of %s has no values",
                      (unsigned long long)source->line, source->name);
    return 0;
}

int predict_series(predictor *run, line_source *source)
{
    size_t O = run->net->size.output_size;
    while (source_read(source)) {
        size_t T = 0;
        int code = read_series(run, source, &T);
        if (!code) code = predictor_forward(run, T);

        size_t answers = run->net->size.per_sequence ? 1 : T;
        for (size_t t = 0; t < answers && !code; t++)
            code = answer_write(&run->style, run->y + t * O);

        if (code) return code;
    }
    return 0;
}

/* ---- A line is a row ---------------------------------------------------- */

/* A table as it is read. */
typedef struct table_reader {
    predictor *run;
    line_source *source;
    size_t *field; /* (I) index of the field of each input */
    size_t width;  /* fields that a row must have */
    float *rows;   /* (window,I): the last rows, the newest at the end */
    size_t filled; /* rows in it */
} table_reader;

/* Finds each input's column in a header. */
static int read_header(table_reader *table)
{
    const elman_encoding *encoding = table->run->net->encoding;
    const line_source *source = table->source;
    table->width = source->count;
    for (size_t k = 0; k < encoding->input_size; k++) {
        size_t at = 0;

        /* the column of this name */
        const char *name = encoding->columns ? encoding->columns[k] : "";
        while (at < source->count && strcmp(source->fields[at], name) != 0)
            at++;

        if (at == source->count)
            return failed("line %llu of %s is not all numbers, so it is the "
                          "header, and it has no column '%s', which the model "
                          "reads",
                          (unsigned long long)source->line, source->name, name);
        table->field[k] = at;
    }
    return 0;
}

/* The first line: a header, or a row of exactly the model's inputs. */
static int read_first(table_reader *table, bool *header)
{
    const line_source *source = table->source;
    size_t I = table->run->net->encoding->input_size;
    double ignored;
    *header = false;

    /* a line with a word in it names the columns */
    for (size_t n = 0; n < source->count; n++)
        *header = *header || (!field_number(source->fields[n], &ignored) &&
                              !field_is_missing(source->fields[n]));

    if (*header) return read_header(table);

    /* without one the row holds the model's inputs, in order */
    if (source->count != I)
        return failed(
            "line %llu of %s: found %zu value%s, the model reads %zu; "
            "a header line with their names allows more",
            (unsigned long long)source->line, source->name, source->count,
            source->count == 1 ? "" : "s", I);

    table->width = I;
    for (size_t k = 0; k < I; k++)
        table->field[k] = k;
    return 0;
}

/* Appends the row to the window, which moves on if it is full. */
static int read_row(table_reader *table)
{
    const elman_encoding *encoding = table->run->net->encoding;
    const line_source *source = table->source;
    size_t I = encoding->input_size, window = encoding->window;
    if (source->count != table->width)
        return failed("line %llu of %s: found %zu value%s, expected %zu",
                      (unsigned long long)source->line, source->name,
                      source->count, source->count == 1 ? "" : "s",
                      table->width);

    /* a full window loses its oldest row */
    if (table->filled == window) {
        table->filled--;
        memmove(table->rows, table->rows + I,
                table->filled * I * sizeof *table->rows);
    }

    /* the inputs, from wherever their columns are */
    for (size_t k = 0; k < I; k++) {
        double value;
        const char *field = source->fields[table->field[k]];
        if (!field_number(field, &value))
            return failed("line %llu of %s: value %zu is '%s', expected a "
                          "number",
                          (unsigned long long)source->line, source->name,
                          table->field[k] + 1, field);
        table->rows[table->filled * I + k] = scaled(encoding, k, value);
    }

    table->filled++;
    return 0;
}

/* Runs the last count rows from the initial state and answers with the last
 * of the model's outputs, or with all of them. */
static int run_rows(table_reader *table, bool all)
{
    predictor *run = table->run;
    size_t I = run->net->size.input_size, O = run->net->size.output_size;
    size_t T = table->filled;
    int code = predictor_reserve(run, run->net->encoding->window, 1);
    if (code) return code;

    memcpy(run->x, table->rows, T * I * sizeof *run->x);
    code = predictor_forward(run, T);

    size_t first = all ? 0 : run->net->size.per_sequence ? 0 : T - 1;
    size_t end = run->net->size.per_sequence ? 1 : T;
    for (size_t t = first; t < end && !code; t++)
        code = answer_write(&run->style, run->y + t * O);
    return code;
}

/* One more step of a stream with the newest row; answers if wanted. */
static int run_step(table_reader *table, bool fresh, bool wanted)
{
    predictor *run = table->run;
    size_t I = run->net->size.input_size;
    int code = 0;
    if (fresh) code = predictor_reserve(run, 1, 1);
    if (code) return code;

    memcpy(run->x, table->rows + (table->filled - 1) * I, I * sizeof *run->x);
    code = predictor_forward(run, 1);
    return code || !wanted ? code : answer_write(&run->style, run->y);
}

/* A forecast needs a whole window; other tasks have an answer for each row. */
static bool is_forecast(const table_reader *table)
{
    return table->run->net->encoding->task == ELMAN_TASK_FORECAST;
}

/* With --stream the state is carried from row to row and never reset. */
static int answer_stream(table_reader *table, uint64_t rows)
{
    const elman_encoding *encoding = table->run->net->encoding;
    bool wanted = !is_forecast(table) || rows >= encoding->window;
    return run_step(table, rows == 1, wanted);
}

/* A forecast is made from the last window of rows, once it is full. */
static int answer_forecast(table_reader *table, uint64_t rows)
{
    return rows >= table->run->net->encoding->window ? run_rows(table, false)
                                                     : 0;
}

/* Each row gets an answer, in sequences of a window's length as in training: at
 * once, or at the end of the sequence if the model looks ahead. */
static int answer_each(table_reader *table, uint64_t rows)
{
    const network *net = table->run->net;
    size_t window = net->encoding->window;
    bool first = (rows - 1) % window == 0, last = rows % window == 0;
    if (net->size.streams) return run_step(table, first, true);
    if (!last) return 0;

    int code = run_rows(table, true);
    table->filled = 0;
    return code;
}

/* What a new row leads to; rows counts it. */
static int answer_row(table_reader *table, uint64_t rows)
{
    if (table->run->streams) return answer_stream(table, rows);
    return is_forecast(table) ? answer_forecast(table, rows)
                              : answer_each(table, rows);
}

static int read_table(table_reader *table)
{
    const network *net = table->run->net;
    line_source *source = table->source;
    bool begun = false;
    uint64_t rows = 0;
    while (source_read(source)) {
        bool header = false;

        /* the first line may be a header */
        int code = source_split(source, source->text) ? 0 : EXIT_FAILED;
        if (!code && !begun) code = read_first(table, &header);
        begun = true;
        if (!code && !header) code = read_row(table);
        if (!code && !header) code = answer_row(table, ++rows);

        if (code) return code;
    }

    /* a model that looks ahead has not answered the rows after the last window
     */
    bool left = !is_forecast(table) && !table->run->streams &&
                !net->size.streams && table->filled > 0;
    if (left) return run_rows(table, true);

    if (is_forecast(table) && rows < net->encoding->window)
        note("%s has %llu rows, a forecast needs %zu", source->name,
             (unsigned long long)rows, net->encoding->window);
    return 0;
}

int predict_rows(predictor *run, line_source *source)
{
    size_t I = run->net->encoding->input_size;
    table_reader table = {.run = run, .source = source};
    table.field = calloc(I, sizeof *table.field);
    table.rows = calloc(run->net->encoding->window, I * sizeof *table.rows);

    int code = table.field && table.rows ? read_table(&table)
                                         : failed("out of memory");

    free(table.field);
    free(table.rows);
    return code;
}
