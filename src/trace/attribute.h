/* attribute.h: how a node is read, and refused. */
#ifndef TRACE_ATTRIBUTE_H
#define TRACE_ATTRIBUTE_H

#include "trace/trace.h"

/* "node NAME", or of one without a name "the OP that makes "OUTPUT"": text has
 * room for NODE_TEXT. */
enum { NODE_TEXT = 160 };
const char *node_text(const onnx_node *n, char *text);

/* "node NAME (OP): reason" as ELMAN_BAD_FORMAT. */
__attribute__((format(printf, 2, 3))) elman_status
refuse(const onnx_node *n, const char *reason, ...);
#define refuse(n, ...)                                                         \
    ((void)refuse(n, __VA_ARGS__), (elman_status)ELMAN_BAD_FORMAT)

/* The domain of nodes that stand for others (grow.h); it is told apart by its
 * address, so that no file can name it. */
extern const char grow_domain[];

/* Whether a node is of that operator. */
bool node_is(const onnx_node *n, const char *op);

/* The operators of two operands that are computed element by element. */
typedef enum arithmetic {
    ARITHMETIC_ADD,
    ARITHMETIC_SUB,
    ARITHMETIC_MUL,
    ARITHMETIC_DIV
} arithmetic;

/* Which of them a node is; any other is refused. */
elman_status need_arithmetic(const onnx_node *n, arithmetic *op);

/* Attributes with their defaults; a wrong kind is refused. */
elman_status attribute_whole(const onnx_node *n, const char *name,
                             int64_t otherwise, int64_t *number);
elman_status attribute_float(const onnx_node *n, const char *name,
                             float otherwise, float *number);
elman_status attribute_text(const onnx_node *n, const char *name,
                            const char *otherwise, const char **text);

/* The same of a list of at most AXES whole numbers; without it count is 0. */
elman_status attribute_wholes(const onnx_node *n, const char *name,
                              size_t *count, int64_t *numbers);

/* Counts an axis from -rank to rank - 1 from 0. */
elman_status check_axis(const onnx_node *n, int64_t axis, size_t rank,
                        size_t *found);

/* Whether a graph has a recurrent operator, or one that may stand for it. */
bool graph_recurs(const onnx_graph *g);

#endif
