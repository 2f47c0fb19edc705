/* graph.c: a graph's ports, and arrays in and out. */
#include "graph/graph.h"

#include "base/memory.h"
#include "format/half.h"
#include "format/npy.h"
#include "format/own.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Ports --------------------------------------------------------------- */

static elman_port port_of(const onnx_graph *g, const onnx_value *v, bool input)
{
    elman_port p = {.name = v->name,
                    .input = input,
                    .type = element_name(v->type),
                    .shaped = v->shaped,
                    .rank = v->shaped ? v->rank : 0};

    for (size_t k = 0; k < p.rank; k++)
        p.shape[k] = v->dimensions[k].size;

    /* an input that the file holds as well need not be given */
    for (size_t i = 0; input && i < g->initializer_count; i++)
        if (!strcmp(g->initializers[i].name, v->name)) p.optional = true;
    return p;
}

elman_status graph_create(onnx_graph *onnx, elman_graph **made)
{
    elman_graph *g = calloc(1, sizeof *g);
    if (!g) {
        onnx_close(onnx);
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    }

    g->onnx = onnx;
    g->ports =
        calloc(onnx->input_count + onnx->output_count + 1, sizeof *g->ports);
    g->bound = calloc(onnx->input_count + 1, sizeof *g->bound);
    g->owners = calloc(onnx->input_count + 1, sizeof *g->owners);
    g->outputs = calloc(onnx->output_count + 1, sizeof *g->outputs);

    if (!g->ports || !g->bound || !g->owners || !g->outputs) {
        graph_close(g);
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    }

    /* inputs before outputs, as find_port counts them */
    for (size_t i = 0; i < onnx->input_count; i++)
        g->ports[g->port_count++] = port_of(onnx, onnx->inputs + i, true);
    for (size_t i = 0; i < onnx->output_count; i++)
        g->ports[g->port_count++] = port_of(onnx, onnx->outputs + i, false);
    *made = g;
    return ELMAN_OK;
}

elman_status graph_open(const byte_source *source, elman_graph **made)
{
    onnx_graph *onnx = NULL;
    elman_status opened = onnx_open(source, &onnx);
    if (opened) return own_explain(opened, source, "an ONNX model");
    elman_status status = graph_create(onnx, made);
    return status == ELMAN_OK ? status : failure_in(status, source->name);
}

void graph_close(elman_graph *g)
{
    if (!g) return;
    for (size_t i = 0; g->owners && i < g->onnx->input_count; i++)
        free(g->owners[i]);
    for (size_t i = 0; g->outputs && i < g->onnx->output_count; i++)
        free(g->outputs[i].owner);

    free(g->ports);
    free(g->bound);
    free(g->owners);
    free(g->outputs);
    onnx_close(g->onnx);
    free(g);
}

const elman_port *graph_ports(const elman_graph *g, size_t *count)
{
    *count = g->port_count;
    return g->ports;
}

void graph_describe_outputs(elman_graph *g)
{
    for (size_t i = 0; i < g->onnx->output_count; i++) {
        const named_tensor *t = &g->outputs[i].tensor;
        elman_port *p = g->ports + g->onnx->input_count + i;

        p->type = element_name(t->type);
        p->shaped = true;
        p->rank = t->rank;
        for (size_t k = 0; k < t->rank; k++)
            p->shape[k] = (int64_t)t->shape[k];
    }
}

static elman_status find_port(const elman_graph *g, const char *name,
                              bool input, size_t *index)
{
    for (size_t i = 0; i < g->port_count; i++)
        if (g->ports[i].input == input && !strcmp(g->ports[i].name, name)) {
            *index = input ? i : i - g->onnx->input_count;
            return ELMAN_OK;
        }
    return failure(ELMAN_BAD_VALUE, "the graph has no %s %.80s",
                   input ? "input" : "output", name);
}

/* ---- Arrays -------------------------------------------------------------- */

/* A dense copy of an array, in this machine's order of bytes. */
static elman_status copy_array(const named_tensor *from, const char *name,
                               named_tensor *to, void **owner)
{
    bool floats = element_is_float(from->type);
    size_t bytes;
    if (!sizes_multiply(from->count + 1, sizeof(double), 1, &bytes) ||
        !(*owner = malloc(bytes)))
        return failure(ELMAN_NO_MEMORY, "no memory for %zu numbers",
                       from->count);

    if (floats) tensor_doubles(from, 0, from->count, *owner);
    else tensor_wholes(from, 0, from->count, *owner);

    *to = *from;
    to->name = name;
    to->type = floats ? ELEMENT_F64 : ELEMENT_I64;
    to->data = *owner;
    to->swapped = to->strided = false;
    return ELMAN_OK;
}

/* "(any,any,4)": what the graph declares. */
static void print_declared(const onnx_value *input, size_t room, char *text)
{
    size_t at = (size_t)snprintf(text, room, " (");
    for (size_t k = 0; k < input->rank && at < room; k++) {
        const int64_t size = input->dimensions[k].size;
        const char *comma = k ? "," : "";
        at += (size_t)(size < 0 ? snprintf(text + at, room - at, "%sany", comma)
                                : snprintf(text + at, room - at, "%s%" PRId64,
                                           comma, size));
    }
    if (at < room) snprintf(text + at, room - at, ")");
}

/* Checks an array against what the graph declares of the input. */
static elman_status check_array(const onnx_value *input,
                                const named_tensor *array)
{
    char got[100], want[100] = "";
    shape_print(array->rank, array->shape, sizeof got, got);
    if (input->shaped) print_declared(input, sizeof want, want);

    /* a dimension that is declared must have that size */
    bool fits = !input->shaped || input->rank == array->rank;
    for (size_t k = 0; fits && input->shaped && k < array->rank; k++)
        fits = input->dimensions[k].size < 0 ||
               (uint64_t)input->dimensions[k].size == array->shape[k];
    bool floats = element_is_float(array->type);
    if (!fits || element_is_float(input->type) != floats)
        return failure(ELMAN_BAD_VALUE,
                       "input %.80s is given %s %s, expected %s%s", input->name,
                       floats ? "floats" : "whole numbers", got,
                       element_name(input->type), want);

    for (size_t k = 0; k < array->rank; k++)
        if (array->shape[k] == 0)
            return failure(ELMAN_BAD_VALUE,
                           "input %.80s is given the shape %s, which holds no "
                           "numbers: expected at least 1 along each axis",
                           input->name, got);
    return ELMAN_OK;
}

elman_status graph_write(elman_graph *g, const char *name, const void *data,
                         size_t rank, const size_t *shape)
{
    size_t index = 0;
    TRY(find_port(g, name, true, &index));
    const onnx_value *input = g->onnx->inputs + index;
    if (rank > ELMAN_MAX_AXES)
        return failure(ELMAN_BAD_VALUE, "rank is %zu, expected at most %d",
                       rank, ELMAN_MAX_AXES);

    named_tensor array = {
        .name = input->name, .type = input->type, .rank = rank, .data = data};
    for (size_t k = 0; k < rank; k++)
        array.shape[k] = shape[k];
    if (!tensor_count_elements(&array))
        return failure(ELMAN_BAD_VALUE,
                       "the shape of %.80s has more numbers than this machine "
                       "has addresses",
                       name);
    TRY(check_array(input, &array));

    /* it is read where it is; the array given before goes */
    free(g->owners[index]);
    g->owners[index] = NULL;
    g->bound[index] = array;
    return ELMAN_OK;
}

static elman_status find_output(const elman_graph *g, const char *name,
                                const named_tensor **tensor)
{
    size_t index = 0;
    TRY(find_port(g, name, false, &index));
    const named_tensor *t = &g->outputs[index].tensor;
    if (!t->data)
        return failure(ELMAN_BAD_VALUE,
                       "the output %.80s has not been computed; call "
                       "elman_graph_forward first",
                       name);
    *tensor = t;
    return ELMAN_OK;
}

elman_status graph_read(const elman_graph *g, const char *name, size_t bytes,
                        void *data)
{
    const named_tensor *tensor;
    TRY(find_output(g, name, &tensor));
    size_t needed = tensor->count * element_bytes(tensor->type);
    if (bytes != needed)
        return failure(ELMAN_BAD_VALUE,
                       "bytes is %zu, expected %zu for the output %.80s", bytes,
                       needed, name);

    tensor_bytes(tensor, 0, tensor->count, data);
    return ELMAN_OK;
}

elman_status graph_load(elman_graph *g, const char *name, const char *path)
{
    npy *file = NULL;
    size_t index = 0;
    void *owner = NULL;
    named_tensor array;

    TRY(find_port(g, name, true, &index));
    TRY(npy_open(path, &file));

    const onnx_value *input = g->onnx->inputs + index;
    elman_status status = check_array(input, &file->tensor);
    if (!status)
        status = copy_array(&file->tensor, input->name, &array, &owner);
    npy_close(file);
    if (status) return failure_in(status, path);

    /* the array given before goes */
    free(g->owners[index]);
    g->owners[index] = owner;
    g->bound[index] = array;
    return ELMAN_OK;
}

elman_status graph_save(const elman_graph *g, const char *name,
                        const char *path)
{
    const named_tensor *tensor;
    TRY(find_output(g, name, &tensor));
    return npy_save(path, tensor);
}
