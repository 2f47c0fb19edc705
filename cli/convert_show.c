/*
 * convert_show.c: shows a conversion: every tensor and what it became, the
 * model, and the lines of Python that read it.
 */
#include "convert.h"
#include "network.h"
#include "reference.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5, SHAPE_TEXT = 96, PYTHON_TEXT = 4096 };

typedef struct row_text {
    char shape[SHAPE_TEXT];
} row_text;

const char *conversion_source(const conversion *run)
{
    static char text[4096];
    if (run->count == 1) return run->paths[0];
    snprintf(text, sizeof text, "%s and %zu more", run->paths[0],
             run->count - 1);
    return text;
}

/* True if row n is about the same tensor as the row before. */
static bool is_continued(const conversion *run, size_t n)
{
    return n > 0 && !strcmp(run->rows[n].from, run->rows[n - 1].from);
}

/* True if row n is about a parameter that no tensor makes. */
static bool is_from_nothing(const conversion *run, size_t n)
{
    return !*run->rows[n].type;
}

/* True if row n is about whole numbers that are only shapes in a graph; only
 * their number is shown. */
static bool is_shape(const conversion *run, size_t n)
{
    const elman_import_row *row = &run->rows[n];
    return row->to && !*row->to && !strcmp(row->how, "shape");
}

/* The one type of all other tensors, or NULL if they differ. */
static const char *only_type(const conversion *run)
{
    const char *type = NULL;
    for (size_t n = 0; n < run->row_count; n++) {
        if (is_from_nothing(run, n) || is_shape(run, n)) continue;
        if (type && strcmp(type, run->rows[n].type) != 0) return NULL;
        type = run->rows[n].type;
    }
    return type;
}

static void show_heading(const conversion *run, FILE *file, const char *type)
{
    size_t tensors = 0;
    for (size_t n = 0; n < run->row_count; n++)
        tensors += !is_continued(run, n) && !is_from_nothing(run, n) &&
                   !is_shape(run, n);
    fprintf(file, "%s%s%s, %zu tensor%s%s%s\n\n", paint(file, BOLD),
            printable(conversion_source(run)), paint(file, PLAIN), tensors,
            tensors == 1 ? "" : "s", type ? " of " : "", type ? type : "");
}

/* A conversion as table_show takes it. */
typedef struct row_table {
    table_column columns[COLUMNS];
    size_t column_count, row_count;
    const char **cells; /* (row_count, column_count) */
    row_text *texts;    /* (row_count) of its cells */
    colour *inks;       /* (row_count) */
} row_table;

/* Chooses the columns, the type only if tensors differ in it, and makes room
 * for all rows. False if there is no memory. */
static bool table_open(const conversion *run, bool types, row_table *table)
{
    static const table_column columns[COLUMNS] = {{"tensor", FIT_CUT},
                                                  {"type", FIT_WHOLE},
                                                  {"shape", FIT_WHOLE},
                                                  {"became", FIT_CUT},
                                                  {"how", FIT_WRAP}};
    *table = (row_table){0};
    for (size_t c = 0; c < COLUMNS; c++)
        if (c != 1 || types) table->columns[table->column_count++] = columns[c];

    size_t rows = run->row_count + 1;
    table->cells = calloc(rows, table->column_count * sizeof *table->cells);
    table->texts = calloc(rows, sizeof *table->texts);
    table->inks = calloc(rows, sizeof *table->inks);
    return table->cells && table->texts && table->inks;
}

static void table_close(row_table *table)
{
    free(table->cells);
    free(table->texts);
    free(table->inks);
}

/* Appends row n of the conversion: tensor, type, shape, what it became, how. */
static void table_append(const conversion *run, size_t n, bool types,
                         row_table *table)
{
    const elman_import_row *row = &run->rows[n];
    const char **cell = table->cells + table->row_count * table->column_count;
    char *text = table->texts[table->row_count].shape;
    int64_t shape[ELMAN_MAX_AXES];
    for (size_t k = 0; k < row->rank; k++)
        shape[k] = (int64_t)row->shape[k];

    /* of a tensor that makes several parameters, only the first row names it */
    bool first = !is_continued(run, n) && !is_from_nothing(run, n);
    *cell++ = first ? row->from : NULL;
    if (types) *cell++ = first ? row->type : NULL;
    *cell++ = first ? sizes_text(row->rank, shape, text, SHAPE_TEXT) : NULL;

    *cell++ = row->to;
    *cell++ = row->to ? row->how : "nothing takes it";
    colour ink = !row->to ? RED : *row->to ? PLAIN : DIM;
    table->inks[table->row_count++] = ink;
}

/* Below the table: how many tensors are not in it. */
static void show_omitted(const conversion *run, FILE *file, size_t shapes)
{
    const char *dim = paint(file, DIM), *plain = paint(file, PLAIN);
    if (shapes)
        fprintf(file, "%sand %zu of whole numbers: shapes and axes%s\n", dim,
                shapes, plain);
    if (run->extra)
        fprintf(file, "%sand %zu outside the state dict, left out%s\n", dim,
                run->extra, plain);

    const char *remark;
    for (size_t i = 0; (remark = elman_import_remark(run->import, i)); i++)
        fprintf(file, "%s%s%s\n", dim, remark, plain);
}

int conversion_show_table(const conversion *run, FILE *file)
{
    const char *type = only_type(run);
    row_table table;
    if (!table_open(run, !type, &table)) {
        table_close(&table);
        return failed("out of memory");
    }

    for (size_t n = 0; n < run->row_count; n++)
        if (!is_shape(run, n)) table_append(run, n, !type, &table);

    show_heading(run, file, type);
    table_show(file, table.columns, table.column_count, table.row_count,
               table.cells, table.inks);
    show_omitted(run, file, run->row_count - table.row_count);
    table_close(&table);
    return 0;
}

/* The lines that read the result elsewhere; "" where it is elman's own. */
static int read_python(const conversion *run, char *lines)
{
    *lines = '\0';
    if (run->to == TO_ELMAN) return 0;

    elman_export_format format =
        run->to == TO_ONNX ? ELMAN_EXPORT_ONNX : ELMAN_EXPORT_TORCH;
    return elman_export_lines(run->model, format, run->out, PYTHON_TEXT,
                              lines) == ELMAN_OK
               ? 0
               : library_failed();
}

static void show_python(const char *lines)
{
    if (*lines) printf("\nin Python\n");

    while (*lines) {
        char line[PYTHON_TEXT];
        size_t length = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, lines);
        printf("  %s\n", printable(line));
        lines += length + (lines[length] == '\n');
    }
}

static void show_result(const conversion *run)
{
    static const char *const kinds[] = {"", "elman's own", "for PyTorch",
                                        "ONNX"};
    printf("\n%s%s%s, %s, %s: %s\n", paint(stdout, BOLD), printable(run->out),
           paint(stdout, PLAIN), kinds[run->to],
           with_bytes(file_bytes(run->out)), model_describe(run->model));
}

/* What pads, where OUT has no place for that. */
static const char *lost_padding(const conversion *run)
{
    return run->to == TO_ELMAN ? NULL : elman_model_note(run->model, "padding");
}

static void show_lost_padding(const conversion *run, FILE *file)
{
    const char *padding = lost_padding(run);
    if (padding)
        fprintf(file,
                "%s does not keep that padding is passed over (%s): it runs "
                "such steps as any others; give it sequences without them\n",
                printable(run->out), padding);
}

/* Without a word what is doubtful is said all the same. */
static void show_doubts(const conversion *run)
{
    show_lost_padding(run, stderr);
    if (!run->values->reference.files.first &&
        strncmp(run->proof, "not proved", 10) == 0)
        fprintf(stderr, "%s\n", printable(run->proof));
}

/* The last line: what proves that the model is the one that was meant. */
static void show_proof(const conversion *run)
{
    const elman_check *check = &run->check;
    const option_pair *files = &run->values->reference.files;
    if (!files->first) {
        printf("%s\n", printable(run->proof));
        return;
    }

    printf("%schecked%s: it gives %s for %s, at worst %s of the "
           "error allowed",
           paint(stdout, GREEN), paint(stdout, PLAIN), printable(files->second),
           printable(files->first), significant(check->whole, 2));
    const char *padding = elman_model_note(run->model, "padding");
    if (padding)
        printf(", steps that are padding (%s) passed over", printable(padding));
    if (isnan(check->stream)) printf("\n");
    else printf(", streaming %s\n", significant(check->stream, 2));
}

static void record_tensor(record *out, const elman_import_row *row)
{
    record_open(out, NULL, '{');
    record_text(out, "name", row->from);
    record_text(out, "type", row->type);

    record_open(out, "shape", '[');
    for (size_t k = 0; k < row->rank; k++)
        record_count(out, NULL, row->shape[k]);
    record_close(out, ']');

    record_text(out, "to", row->to);
    record_text(out, "how", row->how);
    record_close(out, '}');
}

static void show_record(const conversion *run, const char *python)
{
    static const char *const formats[] = {"", "elman", "torch", "onnx"};
    record out = record_begin(stdout);
    record_open(&out, "from", '[');
    for (size_t n = 0; n < run->count; n++)
        record_text(&out, NULL, run->paths[n]);
    record_close(&out, ']');

    /* the file that was written, and its model */
    record_text(&out, "to", run->out);
    record_text(&out, "format", formats[run->to]);
    record_number(&out, "bytes", file_bytes(run->out));
    record_text(&out, "layers", model_describe(run->model));
    record_count(&out, "weights",
                 elman_model_read_info(run->model).weight_count);

    /* what became of each tensor, and what was checked */
    record_open(&out, "tensors", '[');
    for (size_t n = 0; n < run->row_count; n++)
        record_tensor(&out, &run->rows[n]);
    record_close(&out, ']');
    if (run->extra) record_count(&out, "extra", run->extra);

    const char *remark = elman_import_remark(run->import, 0);
    if (remark) record_open(&out, "remarks", '[');
    for (size_t i = 0; (remark = elman_import_remark(run->import, i)); i++)
        record_text(&out, NULL, remark);
    if (elman_import_remark(run->import, 0)) record_close(&out, ']');
    if (run->values->reference.files.first)
        reference_record(&out, &run->values->reference.files, &run->check);
    else record_text(&out, "proof", run->proof);
    if (lost_padding(run)) record_text(&out, "lost_padding", lost_padding(run));
    if (*python) record_text(&out, "python", python);
    record_end(&out);
}

int conversion_show(const conversion *run)
{
    static char python[PYTHON_TEXT];
    int code = read_python(run, python);
    if (code) return code;

    if (screen.json) show_record(run, python);
    else if (!screen.quiet) {
        code = conversion_show_table(run, stdout);
        if (code) return code;
        show_result(run);
        show_python(python);
        if (*python) printf("\n");
        show_lost_padding(run, stdout);
        show_proof(run);
    } else show_doubts(run);
    return 0;
}
