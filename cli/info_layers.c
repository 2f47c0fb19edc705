/*
 * info_layers.c: the layers of a model as a table: each with its kind, and
 * under it its parameters with their shapes.
 */
#include "cells.h"
#include "info.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4, KIND_TEXT = 512, NAME_TEXT = 160, NUMBER = 24 };

/* The texts of a row. */
typedef struct row_text {
    char name[NAME_TEXT], kind[KIND_TEXT], shape[64], weights[NUMBER];
} row_text;

static size_t element_count(const elman_const_tensor *tensor)
{
    size_t count = 1;
    for (size_t n = 0; n < tensor->rank; n++)
        count *= tensor->shape[n];
    return count;
}

static const char *shape_text(const elman_const_tensor *tensor, char *text,
                              size_t size)
{
    int64_t shape[ELMAN_MAX_RANK] = {0};
    for (size_t k = 0; k < tensor->rank; k++)
        shape[k] = (int64_t)tensor->shape[k];
    return sizes_text(tensor->rank, shape, text, size);
}

/* True if the parameter is one of the layer. */
static bool belongs(const char *parameter, const elman_layer *layer)
{
    size_t length = strlen(layer->name);
    return !strncmp(parameter, layer->name, length) && parameter[length] == '.';
}

/* The weights of a layer, all of its parameters together. */
static uint64_t layer_weights(const elman_model *model,
                              const elman_layer *layer)
{
    elman_const_tensor shape;
    const char *name;
    uint64_t sum = 0;
    for (size_t n = 0; (name = elman_model_parameter(model, n, &shape)); n++)
        if (belongs(name, layer)) sum += element_count(&shape);
    return sum;
}

/* The row of a layer, and those of its parameters; returns how many. */
static size_t fill_layer(const elman_model *model, const elman_layer *layer,
                         row_text *rows)
{
    elman_const_tensor shape;
    const char *name;
    size_t count = 1;
    uint64_t weights = layer_weights(model, layer);
    snprintf(rows->name, NAME_TEXT, "%s", layer->name);
    layer_describe(layer, rows->kind, KIND_TEXT);
    if (weights) snprintf(rows->weights, NUMBER, "%s", with_commas(weights));

    for (size_t n = 0; (name = elman_model_parameter(model, n, &shape)); n++) {
        if (!belongs(name, layer)) continue;
        row_text *row = rows + count++;
        snprintf(row->name, NAME_TEXT, "  %s", name);
        shape_text(&shape, row->shape, sizeof row->shape);
        snprintf(row->weights, NUMBER, "%s",
                 with_commas(element_count(&shape)));
    }
    return count;
}

/* Numbers end in one column. */
static void align(row_text *rows, size_t count)
{
    size_t most = strlen("weights");
    for (size_t n = 0; n < count; n++)
        if (strlen(rows[n].weights) > most) most = strlen(rows[n].weights);
    for (size_t n = 0; n < count; n++) {
        char text[NUMBER];
        if (!rows[n].weights[0]) continue;
        memcpy(text, rows[n].weights, sizeof text);
        snprintf(rows[n].weights, NUMBER, "%*s", (int)most, text);
    }
}

int layers_show(const elman_model *model)
{
    static const table_column columns[COLUMNS] = {{"layer", FIT_CUT},
                                                  {"kind", FIT_CUT},
                                                  {"shape", FIT_WHOLE},
                                                  {"weights", FIT_WHOLE}};
    const elman_layer *layer = elman_model_config(model)->layers;
    elman_model_info size = elman_model_read_info(model);
    size_t most = ELMAN_MAX_LAYERS + size.parameter_count + 1, count = 0;
    row_text *rows = calloc(most, sizeof *rows);
    const char **cells = calloc(most, COLUMNS * sizeof *cells);
    if (!rows || !cells) {
        free(rows);
        free(cells);
        return failed("out of memory");
    }

    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++)
        count += fill_layer(model, &layer[n], rows + count);
    snprintf(rows[count].name, NAME_TEXT, "together");
    snprintf(rows[count++].weights, NUMBER, "%s",
             with_commas(size.weight_count));

    /* what is empty takes no place */
    align(rows, count);
    for (size_t n = 0; n < count; n++) {
        cells[n * COLUMNS] = rows[n].name;
        cells[n * COLUMNS + 1] = rows[n].kind;
        cells[n * COLUMNS + 2] = rows[n].shape;
        cells[n * COLUMNS + 3] = rows[n].weights;
    }
    table_show(stdout, columns, COLUMNS, count, cells, NULL);
    free(rows);
    free(cells);
    return 0;
}

/* ---- As JSON ------------------------------------------------------------- */

static void record_shape(record *out, const elman_const_tensor *shape)
{
    record_open(out, "shape", '[');
    for (size_t k = 0; k < shape->rank; k++)
        record_count(out, NULL, shape->shape[k]);
    record_close(out, ']');
}

void layers_record(record *out, const elman_model *model)
{
    const elman_layer *layer = elman_model_config(model)->layers;
    record_open(out, "modules", '[');
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++) {
        char text[KIND_TEXT];
        layer_describe(&layer[n], text, sizeof text);
        record_open(out, NULL, '{');
        record_text(out, "name", layer[n].name);
        record_text(out, "kind", kind_of(&layer[n]).word);
        record_text(out, "text", text);
        record_count(out, "weights", layer_weights(model, &layer[n]));
        record_close(out, '}');
    }
    record_close(out, ']');

    /* and all parameters in PyTorch's order */
    elman_const_tensor shape;
    const char *name;
    record_open(out, "parameters", '[');
    for (size_t n = 0; (name = elman_model_parameter(model, n, &shape)); n++) {
        record_open(out, NULL, '{');
        record_text(out, "name", name);
        record_shape(out, &shape);
        record_close(out, '}');
    }
    record_close(out, ']');
}
