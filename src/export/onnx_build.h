/*
 * onnx_build.h: an ONNX graph being put together, node after node.
 *
 * Texts and numbers live as long as the builder. Where memory ends, names
 * become "", numbers NULL, nothing more is added, and build_save says so: who
 * builds need check nothing but arrays that it would fill.
 */
#ifndef EXPORT_ONNX_BUILD_H
#define EXPORT_ONNX_BUILD_H

#include "format/onnx.h"

typedef struct onnx_builder {
    const char *scope; /* what fresh names begin with */
    size_t name_count; /* fresh names so far */
    size_t node_count, initializer_count, input_count, output_count;
    size_t node_room, initializer_room, input_room, output_room;
    onnx_node *nodes;
    named_tensor *initializers;
    onnx_value *inputs, *outputs;
    void *blocks; /* a list linked by their first bytes */
    bool failed;
} onnx_builder;

void build_end(onnx_builder *b);

/* A printed text; "" if there is no memory. */
const char *build_text(onnx_builder *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A name that no other value has. */
const char *build_fresh(onnx_builder *b);

/* Adds a node of that operator. The lists of names are copied, names are not.
 */
void build_node(onnx_builder *b, const char *op, size_t input_count,
                const char *const *inputs, size_t output_count,
                const char *const *outputs);

/* Adds a node with one output, a fresh name, which it returns. Inputs end with
 * NULL. */
const char *build_op(onnx_builder *b, const char *op, ...)
    __attribute__((sentinel));

/* Add an attribute to the last node; lists are copied, texts are not. */
void build_whole(onnx_builder *b, const char *name, int64_t i);
void build_number(onnx_builder *b, const char *name, float f);
void build_word(onnx_builder *b, const char *name, const char *s);
void build_wholes(onnx_builder *b, const char *name, size_t count,
                  const int64_t *ints);
void build_numbers(onnx_builder *b, const char *name, size_t count,
                   const float *floats);
void build_words(onnx_builder *b, const char *name, size_t count,
                 const char *const *strings);

/* Adds a float32 initializer, zero; returns its elements, or NULL. */
float *build_weights(onnx_builder *b, const char *name, size_t rank,
                     const size_t *shape);

/* Add a constant with a fresh name: a number, a list of whole numbers. */
const char *build_scalar(onnx_builder *b, float value);
const char *build_list(onnx_builder *b, size_t count, const int64_t *values);

/* Add an input or output of the graph. */
void build_input(onnx_builder *b, const char *name, element_type type,
                 size_t rank, const onnx_dimension *dimension);
void build_output(onnx_builder *b, const char *name, size_t rank,
                  const onnx_dimension *dimension);

/* Renames a value that some node gives, wherever it is taken. An input keeps
 * its name and is copied. */
void build_rename(onnx_builder *b, const char *from, const char *to);

/* Saves what was built: IR version 8, opset 17. */
elman_status build_save(const onnx_builder *b, const char *path);

#endif
