/*
 * onnx_parts.h: what the files of the ONNX reader and writer share.
 *
 * Protobuf-c unpacks a file's bytes into messages, and the graph points into
 * these. The memory of both comes from one budget, so that no file, however
 * made, takes more than a small multiple of its own size.
 */
#ifndef FORMAT_ONNX_PARTS_H
#define FORMAT_ONNX_PARTS_H

#include "format/onnx.h"

#include <format/onnx.pb-c.h>

/* data_type of a tensor in the file, where it is named here. */
enum { ONNX_TYPE_FLOAT = 1, ONNX_TYPES = 27 };

/* type of an attribute in the file. */
typedef enum onnx_attribute_type {
    ONNX_ATTRIBUTE_FLOAT = 1,
    ONNX_ATTRIBUTE_INT,
    ONNX_ATTRIBUTE_STRING,
    ONNX_ATTRIBUTE_TENSOR,
    ONNX_ATTRIBUTE_GRAPH,
    ONNX_ATTRIBUTE_FLOATS,
    ONNX_ATTRIBUTE_INTS,
    ONNX_ATTRIBUTE_STRINGS
} onnx_attribute_type;

/* A file of external data from which tensors have been read. */
typedef struct onnx_data_file {
    uintmax_t device, number; /* which file it is, whatever its names */
    size_t bytes;             /* that all tensors have read so far */
    struct onnx_data_file *next;
} onnx_data_file;

/* A graph of an attribute, decoded apart. */
typedef struct onnx_subgraph {
    Onnx__Graph *message;
    struct onnx_subgraph *next;
} onnx_subgraph;

typedef struct onnx_reader {
    onnx_graph
        graph; /* what the caller receives: first, so that both are one block */
    ProtobufCAllocator allocator;
    size_t left; /* bytes that may still be allocated, ever */
    bool failed,
        exhausted; /* the system had no memory; the budget is used up */
    Onnx__Model *model;
    void *blocks; /* a list linked by their first bytes */
    const char *folder;
    onnx_data_file *data_files;
    onnx_subgraph *subgraphs;
    size_t depth; /* of the graph that is being read, in others */
} onnx_reader;

/* Zeroed memory that lives as long as the graph; NULL if there is none, and
 * onnx_memory_failure then says why. */
void *onnx_allocate(onnx_reader *r, size_t count, size_t size);
elman_status onnx_memory_failure(const onnx_reader *r);

/* Whether a field is UTF-8 without a zero byte. */
bool onnx_is_text(ProtobufCBinaryData field);

/* A field as text, "" if it is empty; what is its name for the message. */
elman_status onnx_text_read(ProtobufCBinaryData field, const char *what,
                            const char **text);

/* The number in the file of an element type. */
int32_t onnx_type_number(element_type type);

/* A tensor of the file, whose shape is checked against its data. from's numbers
 * may be moved closer together. */
elman_status onnx_tensor_read(onnx_reader *r, Onnx__Tensor *from,
                              named_tensor *to);

/* onnx_data.c: the bytes of a tensor that lie in another file, bytes many. */
elman_status onnx_external_read(onnx_reader *r, const Onnx__Tensor *from,
                                size_t bytes, const void **data);

/* onnx_nodes.c: fills the graph's nodes. */
elman_status onnx_nodes_read(onnx_reader *r, const Onnx__Graph *from,
                             onnx_graph *to);

/* Fills a graph: the model's, or one inside its nodes. */
elman_status onnx_graph_read(onnx_reader *r, const Onnx__Graph *from,
                             onnx_graph *to);

#endif
