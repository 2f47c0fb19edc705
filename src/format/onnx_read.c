/* onnx_read.c: a file's bytes become messages, and these become a graph. */
#include "format/onnx_parts.h"

#include "format/file.h"
#include "format/utf8.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_IR = 3,
    LAST_IR = 14,
    /* Bytes of memory for each byte of a file, and for every file. The densest
     * models at hand, of 200 bytes, need 22. What is allocated counts even when
     * it is freed: a message that occurs over and over is merged each time with
     * all before it, which would otherwise take time without bound. */
    MEMORY_PER_BYTE = 32,
    MEMORY_AT_LEAST = 1 << 20
};

/* ---- Memory ------------------------------------------------------------- */

/* One byte more than requested, a zero, which ends bytes that are text. */
static void *allocate(void *context, size_t bytes)
{
    onnx_reader *r = context;
    if (bytes >= r->left) {
        r->exhausted = true;
        return NULL;
    }

    char *block = malloc(bytes + 1);
    if (!block) {
        r->failed = true;
        return NULL;
    }

    block[bytes] = 0;
    r->left -= bytes;
    return block;
}

static void release(void *context, void *block)
{
    (void)context;
    free(block);
}

void *onnx_allocate(onnx_reader *r, size_t count, size_t size)
{
    void *next = r->blocks;
    if (r->left < sizeof next || count > (r->left - sizeof next) / size) {
        r->exhausted = true;
        return NULL;
    }

    char *block = allocate(r, sizeof next + count * size);
    if (!block) return NULL;

    /* the block begins with a link to the one before */
    memcpy(block, &next, sizeof next);
    memset(block + sizeof next, 0, count * size);
    r->blocks = block;

    return block + sizeof next;
}

elman_status onnx_memory_failure(const onnx_reader *r)
{
    if (r->failed) return failure(ELMAN_NO_MEMORY, "no memory for the model");
    return failure(
        ELMAN_BAD_FORMAT,
        "it needs more than %d bytes of memory for each byte of the file",
        MEMORY_PER_BYTE);
}

void onnx_close(onnx_graph *graph)
{
    if (!graph || !graph->block) return;
    onnx_reader *r = graph->block;
    for (onnx_subgraph *sub = r->subgraphs; sub; sub = sub->next)
        onnx__graph__free_unpacked(sub->message, &r->allocator);
    while (r->blocks) {
        void *block = r->blocks;
        memcpy(&r->blocks, block, sizeof r->blocks);
        free(block);
    }

    onnx__model__free_unpacked(r->model, &r->allocator);
    free(r);
}

/* ---- Texts -------------------------------------------------------------- */

bool onnx_is_text(ProtobufCBinaryData field)
{
    const char *text = (const char *)field.data;
    return field.len == 0 || (utf8_valid(text, field.len) == field.len &&
                              !memchr(text, 0, field.len));
}

elman_status onnx_text_read(ProtobufCBinaryData field, const char *what,
                            const char **text)
{
    *text = "";
    if (!onnx_is_text(field))
        return failure(ELMAN_BAD_FORMAT,
                       "%s is not UTF-8, or contains a zero byte", what);

    if (field.len) *text = (const char *)field.data;
    return ELMAN_OK;
}

static int compare_texts(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* Sorts names of one kind, which must differ; "" is not a name. */
static elman_status check_differ(const char **names, size_t count,
                                 const char *what)
{
    if (count) qsort(names, count, sizeof *names, compare_texts);
    for (size_t i = 1; i < count; i++)
        if (*names[i] && !strcmp(names[i - 1], names[i]))
            return failure(ELMAN_BAD_FORMAT, "%s \"%.80s\" occurs twice", what,
                           names[i]);
    return ELMAN_OK;
}

/* Lists the names of all node outputs; returns how many. */
static size_t list_outputs(const onnx_graph *g, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < g->node_count; i++)
        for (size_t j = 0; j < g->nodes[i].output_count; j++)
            names[count++] = g->nodes[i].outputs[j];
    return count;
}

/* A value is made once: by an initializer or by one node. An input of the
 * graph may have an initializer of its name, but no node that makes it. */
static elman_status check_names(onnx_reader *r, const onnx_graph *g)
{
    size_t most = g->input_count + g->output_count + g->initializer_count,
           count;
    for (size_t i = 0; i < g->node_count; i++)
        most += g->nodes[i].output_count;
    const char **names = onnx_allocate(r, most, sizeof *names);
    if (!names) return onnx_memory_failure(r);

    /* outputs of the graph differ */
    for (size_t i = 0; i < g->output_count; i++)
        names[i] = g->outputs[i].name;
    TRY(check_differ(names, g->output_count, "graph output"));

    /* a node or an initializer makes a value only once */
    count = list_outputs(g, names);
    for (size_t i = 0; i < g->initializer_count; i++)
        names[count++] = g->initializers[i].name;
    TRY(check_differ(names, count, "initializer or node output"));

    /* no node makes an input of the graph */
    count = list_outputs(g, names);
    for (size_t i = 0; i < g->input_count; i++)
        names[count++] = g->inputs[i].name;
    return check_differ(names, count, "graph input or node output");
}

/* ---- Graph -------------------------------------------------------------- */

static elman_status read_dimensions(const Onnx__Shape *shape, onnx_value *to)
{
    if (shape->n_dim > TENSOR_MAX_RANK)
        return failure(ELMAN_BAD_FORMAT, "%zu dimensions, expected at most %d",
                       shape->n_dim, TENSOR_MAX_RANK);

    to->shaped = true;
    to->rank = shape->n_dim;
    for (size_t i = 0; i < to->rank; i++) {
        const Onnx__Dimension *from = shape->dim[i];
        onnx_dimension *dim = &to->dimensions[i];

        TRY(onnx_text_read(from->dim_param, "a dimension's name",
                           &dim->symbol));
        dim->size = from->has_dim_value ? from->dim_value : -1;
        /* some write -1 for a size that is free */
        size_t held;
        if (dim->size < -1)
            return failure(ELMAN_BAD_FORMAT, "dimension %zu is %lld", i,
                           (long long)dim->size);
        if (dim->size > 0 && !size_narrow((uint64_t)dim->size, &held))
            return failure(ELMAN_BAD_FORMAT,
                           "dimension %zu is %lld, which is not " A_SIZE, i,
                           (long long)dim->size);
    }
    return ELMAN_OK;
}

static elman_status read_value(const onnx_reader *r, const Onnx__Value *from,
                               onnx_value *to)
{
    TRY(onnx_text_read(from->name, "a name", &to->name));
    if (!*to->name) return failure(ELMAN_BAD_FORMAT, "it has no name");

    /* what a graph inside a node gives is known by its name */
    if (r->depth && (!from->type || !from->type->tensor_type)) return ELMAN_OK;
    if (!from->type || !from->type->tensor_type)
        return failure(ELMAN_BAD_FORMAT, "it is not a tensor");
    TRY(onnx_type_read(from->type->tensor_type->elem_type, &to->type));

    const Onnx__Shape *shape = from->type->tensor_type->shape;
    return shape ? read_dimensions(shape, to) : ELMAN_OK;
}

static elman_status read_values(onnx_reader *r, size_t count,
                                Onnx__Value *const *from, const char *what,
                                const onnx_value **values)
{
    onnx_value *list = onnx_allocate(r, count, sizeof *list);
    if (!list) return onnx_memory_failure(r);

    for (size_t i = 0; i < count; i++) {
        elman_status status = read_value(r, from[i], &list[i]);
        if (status == ELMAN_OK) continue;

        char where[120];
        snprintf(where, sizeof where, "graph %s %zu \"%.80s\"", what, i,
                 list[i].name ? list[i].name : "");
        return failure_in(status, where);
    }

    *values = list;
    return ELMAN_OK;
}

static elman_status read_initializers(onnx_reader *r, const Onnx__Graph *from,
                                      onnx_graph *to)
{
    size_t count = from->n_initializer;
    named_tensor *list = onnx_allocate(r, count, sizeof *list);
    if (!list) return onnx_memory_failure(r);

    for (size_t i = 0; i < count; i++) {
        TRY(onnx_tensor_read(r, from->initializer[i], &list[i]));
        if (!*list[i].name)
            return failure(ELMAN_BAD_FORMAT, "initializer %zu has no name", i);
    }

    to->initializer_count = count;
    to->initializers = list;
    return ELMAN_OK;
}

elman_status onnx_graph_read(onnx_reader *r, const Onnx__Graph *from,
                             onnx_graph *g)
{
    TRY(onnx_text_read(from->name, "the graph's name", &g->name));

    if (from->n_sparse_initializer)
        return failure(ELMAN_BAD_FORMAT,
                       "sparse initializers are not supported");

    TRY(read_values(r, from->n_input, from->input, "input", &g->inputs));
    g->input_count = from->n_input;
    TRY(read_values(r, from->n_output, from->output, "output", &g->outputs));
    g->output_count = from->n_output;

    TRY(read_initializers(r, from, g));
    TRY(onnx_nodes_read(r, from, g));
    return check_names(r, g);
}

/* Texts that a message holds, kept for as long as the graph. */
static elman_status keep_texts(onnx_reader *r, onnx_value *value)
{
    for (size_t k = 0; k < value->rank; k++) {
        const char *text = value->dimensions[k].symbol;
        char *copy = onnx_allocate(r, strlen(text) + 1, 1);
        if (!copy) return onnx_memory_failure(r);
        memcpy(copy, text, strlen(text) + 1);
        value->dimensions[k].symbol = copy;
    }
    return ELMAN_OK;
}

elman_status onnx_value_known(const onnx_graph *graph, const char *name,
                              onnx_value *value)
{
    onnx_reader *r = graph->block;
    *value = (onnx_value){.name = name};
    if (!r) return ELMAN_OK;

    const Onnx__Graph *from = r->model->graph;
    for (size_t i = 0; i < from->n_value_info; i++) {
        Onnx__Value *v = onnx__value__unpack(
            &r->allocator, from->value_info[i].len, from->value_info[i].data);
        if (!v) continue; /* what is broken says nothing */

        /* the one of that name, whose texts go with its message */
        bool found = v->name.len == strlen(name) &&
                     !memcmp(v->name.data, name, v->name.len);
        elman_status status = ELMAN_OK;
        if (found && v->type && v->type->tensor_type) {
            status = read_value(r, v, value);
            if (status == ELMAN_OK) status = keep_texts(r, value);
            value->name = name;
        }
        onnx__value__free_unpacked(v, &r->allocator);
        if (found || status) return status;
    }
    return ELMAN_OK;
}

/* ---- Model -------------------------------------------------------------- */

/* The version of ONNX's own operators: of the domain "", also "ai.onnx". */
static elman_status read_opset(const Onnx__Model *model, int64_t *opset)
{
    bool found = false;

    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__Opset *from = model->opset_import[i];
        const char *domain;
        TRY(onnx_text_read(from->domain, "an operator domain", &domain));
        if (*domain && strcmp(domain, "ai.onnx")) continue;

        /* the same one may be given twice, by both names of the domain */
        if (found && *opset != from->version)
            return failure(ELMAN_BAD_FORMAT,
                           "two opsets for ONNX's own operators: %lld and %lld",
                           (long long)*opset, (long long)from->version);

        found = true;
        *opset = from->version;
    }

    if (!found)
        return failure(ELMAN_BAD_FORMAT,
                       "it names no opset for ONNX's own operators");

    if (*opset < 1)
        return failure(ELMAN_BAD_FORMAT, "opset %lld, expected at least 1",
                       (long long)*opset);
    return ELMAN_OK;
}

static elman_status read_model(onnx_reader *r)
{
    const Onnx__Model *model = r->model;
    onnx_graph *g = &r->graph;

    if (!model->has_ir_version || !model->graph)
        return failure(ELMAN_BAD_FORMAT,
                       "not an ONNX model: it has no IR version or no graph");

    g->ir_version = model->ir_version;
    if (g->ir_version < FIRST_IR || g->ir_version > LAST_IR)
        return failure(ELMAN_BAD_FORMAT,
                       "ONNX IR version %lld, expected %d to %d",
                       (long long)g->ir_version, FIRST_IR, LAST_IR);

    /* who wrote it, by which rules, and what */
    TRY(onnx_text_read(model->producer_name, "the producer", &g->producer));
    TRY(onnx_text_read(model->producer_version, "the producer's version",
                       &g->producer_version));
    TRY(read_opset(model, &g->opset));
    return onnx_graph_read(r, model->graph, g);
}

static elman_status unpack(onnx_reader *r, const char *bytes, size_t size)
{
    r->model = onnx__model__unpack(&r->allocator, size, (const uint8_t *)bytes);
    if (r->model) return ELMAN_OK;
    if (r->failed || r->exhausted) return onnx_memory_failure(r);
    return failure(ELMAN_BAD_FORMAT,
                   "not an ONNX model: not valid protobuf, or truncated");
}

elman_status onnx_parse(char *bytes, size_t size, const char *folder,
                        onnx_graph **graph)
{
    elman_status status;
    onnx_reader *r = calloc(1, sizeof *r);
    if (!r) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for the model");
    }

    r->graph.block = r;
    r->allocator = (ProtobufCAllocator){
        .alloc = allocate, .free = release, .allocator_data = r};

    /* the budget, which grows with the file */
    r->left = SIZE_MAX;
    if (size < (SIZE_MAX - MEMORY_AT_LEAST) / MEMORY_PER_BYTE)
        r->left = size * MEMORY_PER_BYTE + MEMORY_AT_LEAST;

    /* the messages hold copies of all that is in the bytes */
    r->folder = folder;
    status = unpack(r, bytes, size);
    free(bytes);
    if (status == ELMAN_OK) status = read_model(r);

    r->folder = NULL;
    if (status == ELMAN_OK) *graph = &r->graph;
    else onnx_close(&r->graph);
    return status;
}

elman_status onnx_open(const byte_source *source, onnx_graph **graph)
{
    char *bytes = NULL, *folder = NULL;
    const char *path = source->name;
    size_t size;
    TRY(source_read(source, &bytes, &size));
    if (source->data) {
        elman_status status = onnx_parse(bytes, size, NULL, graph);
        return status ? failure_in(status, path) : ELMAN_OK;
    }

    /* the folder of path as "FOLDER/.", or "." where path has none */
    const char *name = strrchr(path, '/');
    size_t length = name ? (size_t)(name - path) + 1 : 0;
    folder = malloc(length + 2);
    if (!folder) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY,
                       "%.200s: no memory for its folder's name", path);
    }

    memcpy(folder, path, length);
    memcpy(folder + length, ".", 2);

    elman_status status = onnx_parse(bytes, size, folder, graph);
    free(folder);
    return status == ELMAN_OK ? status : failure_in(status, path);
}
