/*
 * onnx_bytes.h: an ONNX file put together byte by byte, for tests that need one
 * that no writer would write; and a graph with everything, saved.
 */
#ifndef TESTS_ONNX_BYTES_H
#define TESTS_ONNX_BYTES_H

#include "check.h"

#include "folder.h"
#include "format/file.h"
#include "format/onnx.h"

/* ---- Bytes as protobuf has them ----------------------------------------- */

typedef struct bytes {
    char *data;
    size_t size, room;
} bytes;

static inline void put(bytes *b, const void *data, size_t size)
{
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size);
        b->data = realloc(b->data, b->room);
        if (!b->data) abort();
    }
    if (size) memcpy(b->data + b->size, data, size);
    b->size += size;
}

static inline void put_varint(bytes *b, uint64_t value)
{
    do {
        unsigned char byte = (unsigned char)(value & 127);
        value >>= 7;
        if (value) byte |= 128;
        put(b, &byte, 1);
    } while (value);
}

static inline void put_number(bytes *b, unsigned field, uint64_t value)
{
    put_varint(b, field << 3);
    put_varint(b, value);
}

static inline void put_data(bytes *b, unsigned field, const void *data,
                            size_t size)
{
    put_varint(b, field << 3 | 2);
    put_varint(b, size);
    put(b, data, size);
}

static inline void put_word(bytes *b, unsigned field, const char *text)
{
    put_data(b, field, text, strlen(text));
}

/* A message in a message; inner is freed. */
static inline void put_inner(bytes *b, unsigned field, bytes *inner)
{
    put_data(b, field, inner->data, inner->size);
    free(inner->data);
    *inner = (bytes){0};
}

/* A model of this graph, IR version and opset; graph is freed. */
static inline bytes model_of(bytes *graph, uint64_t ir, uint64_t version)
{
    bytes model = {0}, opset = {0};
    put_number(&opset, 2, version);
    put_number(&model, 1, ir);
    put_inner(&model, 7, graph);
    put_inner(&model, 8, &opset);
    return model;
}

static inline elman_status parse(bytes *b, const char *folder,
                                 onnx_graph **graph)
{
    elman_status status = onnx_parse(b->data, b->size, folder, graph);
    *b = (bytes){0};
    return status;
}

/* The graph, as all of a model, is refused with a message that holds part. */
#define REFUSED(graph, part)                                                   \
    do {                                                                       \
        bytes model_ = model_of((graph), 8, 17);                               \
        onnx_graph *got_ = NULL;                                               \
        CHECK_FAILS(parse(&model_, NULL, &got_), ELMAN_BAD_FORMAT, part);      \
    } while (0)

/* ---- A graph with everything -------------------------------------------- */

static const float floats[6] = {1, -2, 3.5f, 0, 5, 6};
static const int64_t wholes[3] = {INT64_MIN, 0, INT64_MAX};
static const char *const words[] = {"Sigmoid", "Tanh", ""};
static const char *const inputs[] = {"x", "", "w"}, *const outputs[] = {"y"};

static const named_tensor initializers[] = {
    {"w", ELEMENT_F32, 2, {2, 3}, 6, floats, false, false, false, {0}},
    {"one", ELEMENT_F64, 0, {0}, 1, "12345678", false, false, false, {0}},
    {"none", ELEMENT_I64, 3, {2, 0, 3}, 0, "", false, false, false, {0}},
    {"half", ELEMENT_F16, 1, {4}, 4, "abcdefgh", false, false, false, {0}},
    {"brain", ELEMENT_BF16, 1, {4}, 4, "abcdefgh", false, false, false, {0}},
    {"i64", ELEMENT_I64, 1, {1}, 1, "abcdefgh", false, false, false, {0}},
    {"i32", ELEMENT_I32, 1, {2}, 2, "abcdefgh", false, false, false, {0}},
    {"i16", ELEMENT_I16, 1, {4}, 4, "abcdefgh", false, false, false, {0}},
    {"i8", ELEMENT_I8, 1, {8}, 8, "abcdefgh", false, false, false, {0}},
    {"u64", ELEMENT_U64, 1, {1}, 1, "abcdefgh", false, false, false, {0}},
    {"u32", ELEMENT_U32, 1, {2}, 2, "abcdefgh", false, false, false, {0}},
    {"u16", ELEMENT_U16, 1, {4}, 4, "abcdefgh", false, false, false, {0}},
    {"u8", ELEMENT_U8, 1, {8}, 8, "abcdefgh", false, false, false, {0}},
    {"bool",
     ELEMENT_BOOL,
     1,
     {8},
     8,
     "\1\0\1\1\0\0\1\1",
     false,
     false,
     false,
     {0}},
};
enum { INITIALIZERS = sizeof initializers / sizeof *initializers };

static const onnx_attribute attributes[] = {
    {.name = "f", .kind = ONNX_FLOAT, .f = 0.25f},
    {.name = "i", .kind = ONNX_INT, .i = -3},
    {.name = "s", .kind = ONNX_STRING, .s = "bidirectional"},
    {.name = "t",
     .kind = ONNX_TENSOR,
     .t = {.name = "", .rank = 1, .shape = {6}, .count = 6, .data = floats}},
    {.name = "fs", .kind = ONNX_FLOATS, .count = 6, .floats = floats},
    {.name = "is", .kind = ONNX_INTS, .count = 3, .ints = wholes},
    {.name = "ss", .kind = ONNX_STRINGS, .count = 3, .strings = words},
    {.name = "empty", .kind = ONNX_INTS},
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

static const onnx_node nodes[] = {
    {.name = "first",
     .op = "LSTM",
     .domain = "",
     .input_count = 3,
     .inputs = inputs,
     .output_count = 1,
     .outputs = outputs,
     .attribute_count = ATTRIBUTES,
     .attributes = attributes},
    {.name = "", .op = "Thing", .domain = "com.example"},
};
static const onnx_value values[] = {
    {.name = "x",
     .shaped = true,
     .rank = 3,
     .dimensions = {{-1, "T"}, {-1, ""}, {3, ""}}},
    {.name = "y", .type = ELEMENT_F64},
};
static const onnx_graph everything = {.name = "main",
                                      .producer = "test",
                                      .ir_version = 8,
                                      .opset = 17,
                                      .node_count = 2,
                                      .nodes = nodes,
                                      .initializer_count = INITIALIZERS,
                                      .initializers = initializers,
                                      .input_count = 1,
                                      .inputs = values,
                                      .output_count = 1,
                                      .outputs = values + 1};

static inline char *everything_read(size_t *size)
{
    char *data;
    const char *path = in_folder("everything.onnx");
    CHECK_OK(onnx_save(&everything, path));
    CHECK_OK(file_read(path, &data, size));
    return data;
}

#endif
