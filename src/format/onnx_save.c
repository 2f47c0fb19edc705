/* onnx_save.c: a graph becomes messages, and these become a file's bytes. */
#include "format/onnx_parts.h"

#include "format/file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Memory comes from the reader's allocator, but without a limit. */
typedef onnx_reader writer;

/* An empty message; NULL if there is no memory. */
static void *make(writer *w, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = onnx_allocate(w, 1, descriptor->sizeof_message);
    if (message) protobuf_c_message_init(descriptor, message);
    return message;
}

static ProtobufCBinaryData text_field(const char *text)
{
    ProtobufCBinaryData field = {.len = strlen(text)};
    /* packing only reads it, but the field is not const */
    memcpy(&field.data, &text, sizeof text);
    return field;
}

static ProtobufCBinaryData *text_fields(writer *w, size_t count,
                                        const char *const *texts)
{
    ProtobufCBinaryData *list = onnx_allocate(w, count, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        list[i] = text_field(texts[i]);
    return list;
}

/* ---- Tensors and attributes --------------------------------------------- */

static Onnx__Tensor *make_tensor(writer *w, const named_tensor *from)
{
    Onnx__Tensor *to = make(w, &onnx__tensor__descriptor);
    int64_t *dims = onnx_allocate(w, from->rank, sizeof *dims);
    if (!to || !dims) return NULL;

    for (size_t i = 0; i < from->rank; i++)
        dims[i] = (int64_t)from->shape[i];
    to->n_dims = from->rank;
    to->dims = dims;

    to->has_data_type = true;
    to->data_type = onnx_type_number(from->type);
    to->has_name = *from->name != 0;
    to->name = text_field(from->name);

    /* the caller's own bytes, not copied */
    to->has_raw_data = true;
    to->raw_data.len = from->count * element_bytes(from->type);
    memcpy(&to->raw_data.data, &from->data, sizeof from->data);
    return to;
}

/* A copy of a list of numbers, because the field is not const. */
static void *copy_list(writer *w, size_t count, size_t size, const void *from)
{
    void *list = onnx_allocate(w, count, size);
    if (list && count) memcpy(list, from, count * size);
    return list;
}

static Onnx__Graph *make_graph(writer *w, const onnx_graph *from);

/* A graph in a graph is bytes, packed apart. */
static bool pack_graph(writer *w, const onnx_graph *from,
                       ProtobufCBinaryData *to)
{
    const Onnx__Graph *graph = make_graph(w, from);
    if (!graph) return false;

    to->len = onnx__graph__get_packed_size(graph);
    to->data = onnx_allocate(w, to->len, 1);
    if (to->data) onnx__graph__pack(graph, to->data);
    return to->data != NULL;
}

/* The content of an attribute; false if there is no memory. */
static bool fill_attribute(writer *w, const onnx_attribute *from,
                           Onnx__Attribute *to)
{
    /* each kind has its own field, and a number that says which one it is */
    switch (from->kind) {
    case ONNX_FLOAT:
        to->type = ONNX_ATTRIBUTE_FLOAT;
        to->has_f = true;
        to->f = from->f;
        return true;
    case ONNX_INT:
        to->type = ONNX_ATTRIBUTE_INT;
        to->has_i = true;
        to->i = from->i;
        return true;
    case ONNX_STRING:
        to->type = ONNX_ATTRIBUTE_STRING;
        to->has_s = true;
        to->s = text_field(from->s);
        return true;
    case ONNX_TENSOR:
        to->type = ONNX_ATTRIBUTE_TENSOR;
        return (to->t = make_tensor(w, &from->t)) != NULL;

    case ONNX_FLOATS:
        to->type = ONNX_ATTRIBUTE_FLOATS;
        to->n_floats = from->count;
        to->floats = copy_list(w, from->count, sizeof(float), from->floats);
        return to->floats != NULL;
    case ONNX_INTS:
        to->type = ONNX_ATTRIBUTE_INTS;
        to->n_ints = from->count;
        to->ints = copy_list(w, from->count, sizeof(int64_t), from->ints);
        return to->ints != NULL;
    case ONNX_GRAPH:
        to->type = ONNX_ATTRIBUTE_GRAPH;
        to->has_g = true;
        return pack_graph(w, from->g, &to->g);
    default:
        to->type = ONNX_ATTRIBUTE_STRINGS;
        to->n_strings = from->count;
        return (to->strings = text_fields(w, from->count, from->strings));
    }
}

static Onnx__Attribute *make_attribute(writer *w, const onnx_attribute *from)
{
    Onnx__Attribute *to = make(w, &onnx__attribute__descriptor);
    if (!to || !fill_attribute(w, from, to)) return NULL;

    to->has_type = true;
    to->has_name = true;
    to->name = text_field(from->name);
    return to;
}

/* ---- Nodes and values --------------------------------------------------- */

static Onnx__Node *make_node(writer *w, const onnx_node *from)
{
    Onnx__Node *to = make(w, &onnx__node__descriptor);
    if (!to) return NULL;

    /* its inputs, outputs and attributes */
    to->n_input = from->input_count;
    to->input = text_fields(w, from->input_count, from->inputs);
    to->n_output = from->output_count;
    to->output = text_fields(w, from->output_count, from->outputs);
    to->n_attribute = from->attribute_count;
    to->attribute =
        onnx_allocate(w, from->attribute_count, sizeof *to->attribute);
    if (!to->input || !to->output || !to->attribute) return NULL;

    for (size_t i = 0; i < from->attribute_count; i++)
        if (!(to->attribute[i] = make_attribute(w, &from->attributes[i])))
            return NULL;

    /* its name and operator */
    to->has_name = *from->name != 0;
    to->name = text_field(from->name);
    to->has_op_type = true;
    to->op_type = text_field(from->op);
    to->has_domain = *from->domain != 0;
    to->domain = text_field(from->domain);
    return to;
}

static Onnx__Shape *make_shape(writer *w, const onnx_value *from)
{
    Onnx__Shape *to = make(w, &onnx__shape__descriptor);
    if (!to) return NULL;

    to->n_dim = from->rank;
    to->dim = onnx_allocate(w, from->rank, sizeof *to->dim);
    if (!to->dim) return NULL;

    for (size_t i = 0; i < from->rank; i++) {
        const onnx_dimension *dimension = &from->dimensions[i];
        Onnx__Dimension *dim = make(w, &onnx__dimension__descriptor);
        if (!dim) return NULL;

        /* a size, or the name of one that is free */
        dim->has_dim_value = dimension->size >= 0;
        dim->dim_value = dimension->size;
        dim->has_dim_param =
            dimension->size < 0 && dimension->symbol && *dimension->symbol;
        if (dim->has_dim_param) dim->dim_param = text_field(dimension->symbol);

        to->dim[i] = dim;
    }
    return to;
}

static Onnx__Value *make_value(writer *w, const onnx_value *from)
{
    Onnx__Value *to = make(w, &onnx__value__descriptor);
    Onnx__Type *type = make(w, &onnx__type__descriptor);
    Onnx__TensorType *tensor = make(w, &onnx__tensor_type__descriptor);
    if (!to || !type || !tensor) return NULL;
    if (from->shaped && !(tensor->shape = make_shape(w, from))) return NULL;

    tensor->has_elem_type = true;
    tensor->elem_type = onnx_type_number(from->type);
    type->tensor_type = tensor;
    to->type = type;

    to->has_name = true;
    to->name = text_field(from->name);
    return to;
}

static Onnx__Value **make_values(writer *w, size_t count,
                                 const onnx_value *from)
{
    Onnx__Value **list = onnx_allocate(w, count, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        if (!(list[i] = make_value(w, &from[i]))) return NULL;
    return list;
}

/* ---- Graph and model ---------------------------------------------------- */

static Onnx__Graph *make_graph(writer *w, const onnx_graph *from)
{
    Onnx__Graph *to = make(w, &onnx__graph__descriptor);
    if (!to) return NULL;

    to->has_name = true;
    to->name = text_field(from->name);

    /* room for all lists */
    to->n_input = from->input_count;
    to->input = make_values(w, from->input_count, from->inputs);
    to->n_output = from->output_count;
    to->output = make_values(w, from->output_count, from->outputs);

    to->n_node = from->node_count;
    to->node = onnx_allocate(w, from->node_count, sizeof *to->node);
    to->n_initializer = from->initializer_count;
    to->initializer =
        onnx_allocate(w, from->initializer_count, sizeof *to->initializer);

    if (!to->input || !to->output || !to->node || !to->initializer) return NULL;

    /* their content */
    for (size_t i = 0; i < from->node_count; i++)
        if (!(to->node[i] = make_node(w, &from->nodes[i]))) return NULL;
    for (size_t i = 0; i < from->initializer_count; i++)
        if (!(to->initializer[i] = make_tensor(w, &from->initializers[i])))
            return NULL;

    return to;
}

static Onnx__Model *make_model(writer *w, const onnx_graph *from)
{
    Onnx__Model *to = make(w, &onnx__model__descriptor);
    Onnx__Opset *opset = make(w, &onnx__opset__descriptor);
    Onnx__Opset **opsets = onnx_allocate(w, 1, sizeof *opsets);
    if (!to || !opset || !opsets) return NULL;

    /* one opset, of ONNX's own operators */
    opset->has_domain = true;
    opset->domain = text_field("");
    opset->has_version = true;
    opset->version = from->opset;
    opsets[0] = opset;
    to->n_opset_import = 1;
    to->opset_import = opsets;

    to->has_ir_version = true;
    to->ir_version = from->ir_version;
    to->has_producer_name = true;
    to->producer_name = text_field(from->producer);

    return (to->graph = make_graph(w, from)) ? to : NULL;
}

static elman_status too_large(void)
{
    return failure(ELMAN_BAD_VALUE,
                   "the model is larger than the 2 GiB of an ONNX file");
}

/* What can be packed: row-major little-endian numbers, not too many. */
static elman_status check_tensors(const onnx_graph *graph)
{
    size_t left = INT_MAX;

    for (size_t i = 0; i < graph->initializer_count; i++) {
        const named_tensor *t = &graph->initializers[i];
        if (t->strided || t->swapped)
            return failure(ELMAN_BAD_VALUE,
                           "tensor \"%.80s\" is not row-major and "
                           "little-endian",
                           t->name);

        if (t->count > left / element_bytes(t->type)) return too_large();
        left -= t->count * element_bytes(t->type);
    }
    return ELMAN_OK;
}

static elman_status pack(const Onnx__Model *model, const char *path)
{
    size_t bytes = onnx__model__get_packed_size(model);
    if (bytes > INT_MAX) return too_large();

    uint8_t *packed = malloc(bytes + 1);
    if (!packed) return failure(ELMAN_NO_MEMORY, "no memory for the model");

    onnx__model__pack(model, packed);
    elman_status status = file_write(path, packed, bytes);
    free(packed);
    return status;
}

elman_status onnx_save(const onnx_graph *graph, const char *path)
{
    TRY(check_tensors(graph));
    writer *w = calloc(1, sizeof *w);
    if (!w) return failure(ELMAN_NO_MEMORY, "no memory for the model");

    w->graph.block = w;
    w->left = SIZE_MAX;
    const Onnx__Model *model = make_model(w, graph);
    elman_status status =
        model ? pack(model, path)
              : failure(ELMAN_NO_MEMORY, "no memory for the model");

    onnx_close(&w->graph);
    return status;
}
