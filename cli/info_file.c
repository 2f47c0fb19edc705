/*
 * info_file.c: what a file is, who wrote it, and the tensors in it.
 */
#include "info.h"
#include "screen.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3, SHAPE_TEXT = 160 };

/* Formats in the words of this command, by those of the library. */
static const char *short_kind(const char *format)
{
    static const char *const kinds[][2] = {
        {"a safetensors file", "safetensors"},
        {"a PyTorch file", "PyTorch"},
        {"an ONNX file", "ONNX"},
        {"a NumPy array", "NumPy array"},
        {"a NumPy archive", "NumPy archive"},
        {"an HDF5 file as written by Keras", "HDF5 file"},
    };
    for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++)
        if (!strcmp(format, kinds[n][0])) return kinds[n][1];

    /* a newer one, without its article */
    const char *space = strchr(format, ' ');
    return space ? space + 1 : format;
}

static const elman_fact *find_fact(const elman_import *import, const char *name)
{
    size_t count = 0;
    const elman_fact *facts = elman_import_facts(import, &count);
    for (size_t n = 0; n < count; n++)
        if (!strcmp(facts[n].name, name)) return facts + n;
    return NULL;
}

bool facts_open(const char *path, file_facts *file)
{
    *file = (file_facts){.path = path, .kind = "", .graph = {.path = path}};
    if (elman_import_look(&path, 1, &file->import) != ELMAN_OK) return false;

    const elman_fact *format = find_fact(file->import, "format");
    file->own = network_is_own(file->import);
    file->kind = file->own ? "elman's own"
                 : format  ? short_kind(format->text)
                           : "";

    /* a graph also has inputs and outputs */
    if (strcmp(file->kind, "ONNX") != 0) return true;
    if (elman_graph_open(path, &file->graph.graph) == ELMAN_OK)
        file->graph.ports =
            elman_graph_ports(file->graph.graph, &file->graph.count);
    return true;
}

void facts_close(file_facts *file)
{
    elman_import_close(file->import);
    elman_graph_close(file->graph.graph);
    *file = (file_facts){0};
}

/* ---- Facts --------------------------------------------------------------- */

/* The n-th fact that is to be told: the format stands in the first line. */
static const elman_fact *told_fact(const file_facts *file, size_t *n)
{
    size_t count = 0;
    const elman_fact *facts =
        file->import ? elman_import_facts(file->import, &count) : NULL;
    while (*n < count && !strcmp(facts[*n].name, "format"))
        ++*n;
    return *n < count ? facts + (*n)++ : NULL;
}

void facts_show(const file_facts *file)
{
    const elman_fact *fact;
    for (size_t n = 0; (fact = told_fact(file, &n));)
        printf("%-9s %s\n", printable(fact->name), printable(fact->text));
    size_t extra = elman_import_extra(file->import);
    if (extra)
        printf("%-9s %zu tensor%s outside the state dict\n", "besides", extra,
               extra == 1 ? "" : "s");
}

bool facts_tell(const file_facts *file, const char *sentence)
{
    const elman_fact *fact;
    for (size_t n = 0; (fact = told_fact(file, &n));)
        if (!strcmp(fact->text, sentence)) return true;
    return false;
}

void facts_record(record *out, const file_facts *file)
{
    const elman_fact *fact;
    if (file->own) return;
    record_open(out, "facts", '[');
    for (size_t n = 0; (fact = told_fact(file, &n));) {
        record_open(out, NULL, '{');
        record_text(out, "name", fact->name);
        record_text(out, "text", fact->text);
        record_close(out, '}');
    }
    record_close(out, ']');
}

bool facts_are_data(const file_facts *file)
{
    size_t count = 0;
    if (!file->import || strcmp(file->kind, "NumPy array") != 0) return false;
    elman_import_rows(file->import, &count);
    return count == 1;
}

/* ---- A graph ------------------------------------------------------------- */

int ports_show(const file_facts *file)
{
    return graph_show_ports(&file->graph);
}

void ports_record(record *out, const file_facts *file)
{
    graph_record_ports(out, &file->graph);
}

/* ---- Tensors ------------------------------------------------------------- */

static const char *shape_of(const elman_import_row *row, char *text)
{
    int64_t shape[ELMAN_MAX_AXES] = {0};
    for (size_t k = 0; k < row->rank; k++)
        shape[k] = (int64_t)row->shape[k];
    return sizes_text(row->rank, shape, text, SHAPE_TEXT);
}

int tensors_show(const file_facts *file)
{
    static const table_column columns[COLUMNS] = {
        {"tensor", FIT_CUT}, {"type", FIT_WHOLE}, {"shape", FIT_WHOLE}};
    size_t count = 0;
    const elman_import_row *rows =
        file->import ? elman_import_rows(file->import, &count) : NULL;
    const char **cells = calloc(count + 1, COLUMNS * sizeof *cells);
    char(*shapes)[SHAPE_TEXT] = calloc(count + 1, sizeof *shapes);
    int code = cells && shapes ? 0 : failed("out of memory");

    /* one row for each, in the order of the file */
    for (size_t n = 0; n < count && !code; n++) {
        cells[n * COLUMNS] = rows[n].from;
        cells[n * COLUMNS + 1] = rows[n].type;
        cells[n * COLUMNS + 2] = shape_of(&rows[n], shapes[n]);
    }
    if (!code && count) {
        putchar('\n');
        table_show(stdout, columns, COLUMNS, count, cells, NULL);
    }
    free(cells);
    free(shapes);
    return code;
}

void tensors_record(record *out, const file_facts *file)
{
    size_t count = 0;
    const elman_import_row *rows =
        file->import ? elman_import_rows(file->import, &count) : NULL;
    record_open(out, "tensors", '[');
    for (size_t n = 0; n < count; n++) {
        record_open(out, NULL, '{');
        record_text(out, "name", rows[n].from);
        record_text(out, "type", rows[n].type);
        record_open(out, "shape", '[');
        for (size_t k = 0; k < rows[n].rank; k++)
            record_count(out, NULL, rows[n].shape[k]);
        record_close(out, ']');
        record_close(out, '}');
    }
    record_close(out, ']');
}
