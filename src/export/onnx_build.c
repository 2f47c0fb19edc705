/* onnx_build.c: the lists of a graph, and the memory behind them. */
#include "export/onnx_build.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IR_VERSION = 8, OPSET = 17, MOST_INPUTS = 8 };

/* ---- Memory ------------------------------------------------------------- */

/* Zeroed memory that lives as long as the builder. */
static void *take(onnx_builder *b, size_t count, size_t size)
{
    size_t bytes;
    char *block = NULL;
    if (!b->failed && sizes_multiply(count, size, 1, &bytes) &&
        bytes <= PTRDIFF_MAX - sizeof b->blocks)
        block = calloc(1, sizeof b->blocks + bytes);

    if (!block) {
        b->failed = true;
        return NULL;
    }

    memcpy(block, &b->blocks, sizeof b->blocks);
    b->blocks = block;
    return block + sizeof b->blocks;
}

static void *copy(onnx_builder *b, size_t count, size_t size, const void *from)
{
    void *to = take(b, count, size);
    if (to && count) memcpy(to, from, count * size);
    return to;
}

/* Makes room for one more in a list of count with room; false if there is
 * none. *list is a pointer to any type. */
static bool grow(onnx_builder *b, void *list, size_t size, size_t count,
                 size_t *room)
{
    void *old;
    memcpy(&old, list, sizeof old);
    if (b->failed || count < *room) return !b->failed;

    void *new = realloc(old, 2 * (*room + 8) * size);
    if (!new) {
        b->failed = true;
        return false;
    }

    *room = 2 * (*room + 8);
    memcpy(list, &new, sizeof new);
    return true;
}

void build_end(onnx_builder *b)
{
    while (b->blocks) {
        void *block = b->blocks;
        memcpy(&b->blocks, block, sizeof b->blocks);
        free(block);
    }
    free(b->nodes);
    free(b->initializers);
    free(b->inputs);
    free(b->outputs);
}

const char *build_text(onnx_builder *b, const char *format, ...)
{
    va_list arguments;
    char text[200];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    const char *made = copy(b, strlen(text) + 1, 1, text);
    return made ? made : "";
}

const char *build_fresh(onnx_builder *b)
{
    return build_text(b, "%s/%zu", b->scope, ++b->name_count);
}

/* ---- Nodes -------------------------------------------------------------- */

void build_node(onnx_builder *b, const char *op, size_t input_count,
                const char *const *inputs, size_t output_count,
                const char *const *outputs)
{
    onnx_node node = {.name = build_fresh(b),
                      .op = op,
                      .domain = "",
                      .input_count = input_count,
                      .output_count = output_count,
                      .inputs = copy(b, input_count, sizeof *inputs, inputs),
                      .outputs =
                          copy(b, output_count, sizeof *outputs, outputs)};
    if (grow(b, &b->nodes, sizeof *b->nodes, b->node_count, &b->node_room))
        b->nodes[b->node_count++] = node;
}

const char *build_op(onnx_builder *b, const char *op, ...)
{
    const char *inputs[MOST_INPUTS], *output = build_fresh(b);
    size_t count = 0;
    va_list arguments;
    va_start(arguments, op);
    for (const char *input;
         count < MOST_INPUTS && (input = va_arg(arguments, const char *));)
        inputs[count++] = input;
    va_end(arguments);

    build_node(b, op, count, inputs, 1, &output);
    return output;
}

static void add(onnx_builder *b, onnx_attribute attribute)
{
    if (b->failed) return;
    onnx_node *node = &b->nodes[b->node_count - 1];

    /* the list is replaced by one that is longer; the builder frees the old one
     */
    onnx_attribute *list =
        take(b, node->attribute_count + 1, sizeof *node->attributes);
    if (!list) return;

    if (node->attribute_count)
        memcpy(list, node->attributes, node->attribute_count * sizeof *list);
    list[node->attribute_count++] = attribute;
    node->attributes = list;
}

void build_whole(onnx_builder *b, const char *name, int64_t i)
{
    add(b, (onnx_attribute){.name = name, .kind = ONNX_INT, .i = i});
}

void build_number(onnx_builder *b, const char *name, float f)
{
    add(b, (onnx_attribute){.name = name, .kind = ONNX_FLOAT, .f = f});
}

void build_word(onnx_builder *b, const char *name, const char *s)
{
    add(b, (onnx_attribute){.name = name, .kind = ONNX_STRING, .s = s});
}

void build_wholes(onnx_builder *b, const char *name, size_t count,
                  const int64_t *ints)
{
    add(b, (onnx_attribute){.name = name,
                            .kind = ONNX_INTS,
                            .count = count,
                            .ints = copy(b, count, sizeof *ints, ints)});
}

void build_numbers(onnx_builder *b, const char *name, size_t count,
                   const float *floats)
{
    add(b, (onnx_attribute){.name = name,
                            .kind = ONNX_FLOATS,
                            .count = count,
                            .floats = copy(b, count, sizeof *floats, floats)});
}

void build_words(onnx_builder *b, const char *name, size_t count,
                 const char *const *strings)
{
    add(b,
        (onnx_attribute){.name = name,
                         .kind = ONNX_STRINGS,
                         .count = count,
                         .strings = copy(b, count, sizeof *strings, strings)});
}

/* ---- Initializers ------------------------------------------------------- */

static void *add_tensor(onnx_builder *b, const char *name, element_type type,
                        size_t rank, const size_t *shape)
{
    named_tensor tensor = {
        .name = name, .type = type, .rank = rank, .count = 1};
    for (size_t i = 0; i < rank; i++) {
        tensor.shape[i] = shape[i];
        tensor.count *= shape[i];
    }

    void *data = take(b, tensor.count, element_bytes(type));
    tensor.data = data;
    if (!data || !grow(b, &b->initializers, sizeof tensor, b->initializer_count,
                       &b->initializer_room))
        return NULL;

    b->initializers[b->initializer_count++] = tensor;
    return data;
}

float *build_weights(onnx_builder *b, const char *name, size_t rank,
                     const size_t *shape)
{
    return add_tensor(b, name, ELEMENT_F32, rank, shape);
}

const char *build_scalar(onnx_builder *b, float value)
{
    const char *name = build_fresh(b);
    float *data = build_weights(b, name, 0, NULL);
    if (data) *data = value;
    return name;
}

const char *build_list(onnx_builder *b, size_t count, const int64_t *values)
{
    const char *name = build_fresh(b);
    int64_t *data = add_tensor(b, name, ELEMENT_I64, 1, &count);
    if (data) memcpy(data, values, count * sizeof *values);
    return name;
}

/* ---- The graph ---------------------------------------------------------- */

static onnx_value value_of(const char *name, element_type type, size_t rank,
                           const onnx_dimension *dimension)
{
    onnx_value value = {
        .name = name, .type = type, .shaped = true, .rank = rank};
    memcpy(value.dimensions, dimension, rank * sizeof *dimension);
    return value;
}

void build_input(onnx_builder *b, const char *name, element_type type,
                 size_t rank, const onnx_dimension *dimension)
{
    if (grow(b, &b->inputs, sizeof *b->inputs, b->input_count, &b->input_room))
        b->inputs[b->input_count++] = value_of(name, type, rank, dimension);
}

void build_output(onnx_builder *b, const char *name, size_t rank,
                  const onnx_dimension *dimension)
{
    if (grow(b, &b->outputs, sizeof *b->outputs, b->output_count,
             &b->output_room))
        b->outputs[b->output_count++] =
            value_of(name, ELEMENT_F32, rank, dimension);
}

/* The same list with from replaced by to. */
static const char *const *renamed(onnx_builder *b, size_t count,
                                  const char *const *names, const char *from,
                                  const char *to)
{
    const char **list = copy(b, count, sizeof *list, names);
    for (size_t k = 0; list && k < count; k++)
        if (!strcmp(list[k], from)) list[k] = to;
    return list;
}

void build_rename(onnx_builder *b, const char *from, const char *to)
{
    size_t i = b->node_count;
    while (i > 0 && !(b->nodes[i - 1].output_count == 1 &&
                      !strcmp(b->nodes[i - 1].outputs[0], from)))
        i--;

    /* what no node gives is an input */
    if (i == 0) {
        build_node(b, "Identity", 1, &from, 1, &to);
        return;
    }

    b->nodes[i - 1].outputs = copy(b, 1, sizeof to, &to);
    for (; i < b->node_count && !b->failed; i++)
        b->nodes[i].inputs =
            renamed(b, b->nodes[i].input_count, b->nodes[i].inputs, from, to);
}

elman_status build_save(const onnx_builder *b, const char *path)
{
    if (b->failed) return failure(ELMAN_NO_MEMORY, "no memory for the graph");
    return onnx_save(&(onnx_graph){.name = "elman",
                                   .producer = "elman",
                                   .ir_version = IR_VERSION,
                                   .opset = OPSET,
                                   .node_count = b->node_count,
                                   .initializer_count = b->initializer_count,
                                   .input_count = b->input_count,
                                   .output_count = b->output_count,
                                   .nodes = b->nodes,
                                   .initializers = b->initializers,
                                   .inputs = b->inputs,
                                   .outputs = b->outputs},
                     path);
}
