/*
 * trace.h: what each value of an ONNX graph is in terms of a stack of layers.
 *
 * A graph is followed node by node. Nothing is computed on the way but weights
 * and shapes; everything else is known as a view: of which source (a tensor, an
 * input, a layer's output, a layer's final state), with which of the source's
 * axes where. Transposes, reshapes and slices only change the view; RNN, MatMul
 * and their like append a layer, whose output is a new source.
 *
 *   trace.c            the walk
 *   trace_node.c       the table of operators, attributes
 *   trace_view.c       views, and what only reorders their axes
 *   trace_reshape.c    Reshape, Flatten, Expand, Tile
 *   trace_slice.c      Slice, Gather, Split, Concat
 *   trace_fold.c       tensors that the graph computes from tensors
 *   trace_sizes.c      shapes, with free sizes
 *   trace_recurrent.c  RNN, GRU, LSTM
 *   trace_start.c      their lengths and initial states
 *   trace_ways.c       two directions
 *   trace_layers.c     one layer after the other, and what each reads
 *   trace_dense.c      linear, embedding, elementwise
 *   trace_norm.c       layer norm
 *   trace_unrolled*.c  recurrences that are written out step by step
 */
#ifndef EXCHANGE_TRACE_H
#define EXCHANGE_TRACE_H

#include "exchange/extent.h"
#include "exchange/import.h"
#include "format/onnx.h"

enum {
    AXES = TENSOR_MAX_RANK,
    FACTORS = 4,        /* of an axis */
    PARTS = 64,         /* views of a value */
    ENTRIES = 64,       /* of a shape */
    MOST_NODES = 16384, /* that are followed */
    OWN_AXIS = -1, /* identity of an axis that no other source has: features */
    NO_AXIS = -2   /* of one that is always of size 1 */
};

#define NO_NODE   SIZE_MAX
#define BROADCAST SIZE_MAX /* axis of a factor along which nothing changes */
#define ANY_AXIS  SIZE_MAX /* features may stand anywhere */
#define NO_LAYER  SIZE_MAX /* makes x, the source that the first layer reads */

/* Where a view looks. */
typedef enum source_kind {
    SOURCE_TENSOR,
    SOURCE_INPUT,   /* of the graph */
    SOURCE_LAYER,   /* y of a layer: (T,B,features) in some order, (B,features)
                       of one vector per sequence; of a recurrent layer
                       (T,B,D,R) */
    SOURCE_FINAL_H, /* h_n of a recurrent layer: (D,B,R) */
    SOURCE_FINAL_C
} source_kind;

typedef struct source {
    source_kind kind;
    size_t index; /* of the tensor, input or layer */
    size_t rank;
    extent size[AXES];
    int identity[AXES]; /* axis of x that it runs along, OWN_AXIS, NO_AXIS */
} source;

/* Part of an axis: its index times step is added to that of a source's axis.
 */
typedef struct factor {
    size_t axis;
    extent size;
    int64_t step;
} factor;

/* From slow to fast; none: of size 1. */
typedef struct view_axis {
    size_t factors;
    factor factor[FACTORS];
} view_axis;

typedef struct view {
    size_t source;
    int64_t offset[AXES]; /* in each of the source's axes, */
    bool last[AXES];      /* counted from its last index */
    size_t rank;
    view_axis axis[AXES];
} view;

typedef enum value_kind {
    VALUE_UNKNOWN, /* not followed yet */
    VALUE_ABSENT,  /* an output that is no value: a mask of dropout */
    VALUE_SIZES,   /* whole numbers with free sizes: rank 0 or 1 */
    VALUE_VIEW,
    VALUE_STEP /* a part of a step of an unrolled recurrence */
} value_kind;

/* How far a layer norm that is written out has come: the value's views are
 * still those of what it normalizes. */
typedef enum norm_stage {
    NORM_NONE,
    NORM_MEAN,
    NORM_CENTERED,
    NORM_SQUARE,
    NORM_VARIANCE,
    NORM_SHIFTED, /* by epsilon */
    NORM_ROOT
} norm_stage;

typedef struct traced_step traced_step; /* trace_unrolled.h */
typedef struct unrolled unrolled;

typedef struct traced_value {
    const char *name;
    size_t node; /* that makes it, or NO_NODE */
    value_kind kind;
    element_type type;
    size_t rank, count; /* of sizes */
    extent *sizes;      /* (count) */
    size_t parts, axis; /* views side by side along axis */
    view *view;         /* (parts) */
    norm_stage norm;
    float eps; /* of the norm */
    const traced_step *step;
} traced_value;

/* How a tensor of the trace was used. */
typedef enum tensor_use {
    TENSOR_UNUSED,
    TENSOR_READ,   /* by a node that did not need it */
    TENSOR_MADE,   /* on the way, and in no file */
    TENSOR_WEIGHT, /* pieces name it */
    TENSOR_FOLDED, /* it went into another tensor */
    TENSOR_SHAPE,
    TENSOR_STATE,  /* an initial state, lengths */
    TENSOR_SETTING /* epsilon, a factor */
} tensor_use;

/* A piece (parameter still empty) of the parameter role of one direction. */
typedef struct traced_weight {
    const char *role; /* weight_ih ... */
    size_t way;
    piece piece;
} traced_weight;

/* The initial state of a recurrent layer, if it is neither zero nor learned: a
 * view (D,B,R) of an input or a tensor. */
typedef struct traced_start {
    bool given;
    view view;
} traced_start;

enum { MOST_TRACED_WEIGHTS = 24 };

typedef struct traced_layer {
    elman_layer config;
    size_t node;
    size_t y, h_n, c_n; /* sources that it makes */
    bool per_sequence;
    size_t I, O;
    bool open; /* a linear layer without bias: the next Add may be it */
    unrolled *unrolled; /* a recurrence that is written out, or NULL */
    bool twin;          /* a linear layer that reads what that reads */
    size_t weights;
    traced_weight weight[MOST_TRACED_WEIGHTS];
    traced_start h_0, c_0;
} traced_layer;

typedef struct trace {
    const onnx_graph *graph;
    const named_tensor *bound; /* (graph->inputs) arrays that inputs were given,
                                  data NULL where there is none; or NULL */
    size_t values;
    traced_value *value; /* (values) by name */
    size_t tensors, tensor_room;
    named_tensor *tensor; /* dense: initializers, then what was folded */
    tensor_use *use;
    size_t symbols;
    const char *symbol[EXTENT_SYMBOLS];
    size_t sources, source_room;
    source *source;
    size_t layers;
    traced_layer *layer; /* room for ELMAN_MAX_LAYERS */
    bool started;        /* x is known: */
    view x;              /* of an input: what stands for time and sequences, an
                            axis each, and last the features */
    bool tokens;         /* x is token numbers, without features */
    bool timed;          /* since the first recurrent layer there are: */
    int time, batch;     /* axes of x, or NO_AXIS */
    traced_value *lengths; /* of sequence_lens, or NULL */
    size_t budget;         /* elements that folding may still make */
    void *kept;            /* blocks that go with the trace */
} trace;

/* Follows graph to its outputs. With bound arrays all sizes are known, and
 * inputs may be weights. graph and bound must outlive the trace. Messages name
 * the node, its operator and the reason. */
elman_status trace_open(const onnx_graph *graph, const named_tensor *bound,
                        trace **trace);
void trace_close(trace *t);

/* The value of that name, or NULL. */
traced_value *trace_find(const trace *t, const char *name);

/* ---- trace.c, for the operators ------------------------------------------ */

/* An operator: in has n's inputs, NULL where one is left out; out its outputs,
 * of which those without a name are to be thrown away. */
typedef elman_status operator_run(trace *t, const onnx_node *n,
                                  traced_value *const *in,
                                  traced_value *const *out);

/* Memory that goes with the trace; NULL if there is none. */
void *trace_keep(trace *t, size_t count, size_t size);

/* ---- trace_node.c -------------------------------------------------------- */

/* "node NAME (OP): reason" as ELMAN_BAD_FORMAT. */
__attribute__((format(printf, 2, 3))) elman_status
refuse(const onnx_node *n, const char *reason, ...);
#define refuse(n, ...)                                                         \
    ((void)refuse(n, __VA_ARGS__), (elman_status)ELMAN_BAD_FORMAT)

/* The operator of that node, checked; how many inputs it needs and how many it
 * may have, and outputs. */
elman_status operator_find(const trace *t, const onnx_node *n,
                           operator_run **run);

/* Attributes with their defaults; a wrong kind is refused. */
elman_status attribute_whole(const onnx_node *n, const char *name,
                             int64_t otherwise, int64_t *number);
elman_status attribute_float(const onnx_node *n, const char *name,
                             float otherwise, float *number);
elman_status attribute_text(const onnx_node *n, const char *name,
                            const char *otherwise, const char **text);

/* Whole numbers from input k, or from the attribute name, whichever is there;
 * count is 0 if neither is. At most AXES. */
elman_status list_whole(trace *t, const onnx_node *n, traced_value *const *in,
                        const char *name, size_t k, size_t *count,
                        int64_t *numbers);

/* An axis from -rank to rank - 1 made one from 0. */
elman_status check_axis(const onnx_node *n, int64_t axis, size_t rank,
                        size_t *found);

/* ---- trace_view.c -------------------------------------------------------- */

elman_status source_add(trace *t, const onnx_node *n, const source *s,
                        size_t *index);

/* The whole of a source, its axes in order. */
view view_of(const trace *t, size_t source);

/* Makes v one view. */
elman_status value_set_view(trace *t, traced_value *v, element_type type,
                            const view *of);

/* Makes v a tensor's whole. */
elman_status value_set_tensor(trace *t, const onnx_node *n, traced_value *v,
                              const named_tensor *tensor);

/* The size of an axis. */
elman_status view_size(const onnx_node *n, const view *of, size_t axis,
                       extent *size);
elman_status value_shape(const onnx_node *n, const traced_value *v,
                         size_t *rank, extent *shape);

/* Puts factors that follow each other in the source together and leaves out
 * those of size 1. */
void view_tidy(view *of);

/* Whether v is a value of views; as one view. */
elman_status need_views(const onnx_node *n, const traced_value *v);
elman_status need_view(const onnx_node *n, const traced_value *v,
                       const view **of);

/* How many factors run along an axis of the source. */
size_t view_uses(const view *of, size_t axis);

/* Whether factor runs over all of its axis of the source. */
bool factor_is_whole(const trace *t, const view *of, const factor *f);

/* The index along each axis of the source of the element index of a view, and
 * the element's number in a dense source. All sizes are known. */
void view_place(const trace *t, const view *of, const size_t *index,
                size_t *place);
size_t view_element(const trace *t, const view *of, const size_t *index);

operator_run view_transpose, view_reshape, view_flatten, view_squeeze,
    view_unsqueeze, view_slice, view_gather, view_split, view_expand, view_tile,
    view_concat, view_same;

/* ---- trace_fold.c -------------------------------------------------------- */

/* The array of a source that is a tensor or an input that was given one. */
const named_tensor *source_array(const trace *t, const source *s);

/* Whether v is a tensor. */
bool is_tensor(const trace *t, const traced_value *v);

/* v's view of a tensor: an input that was given an array becomes one. what it
 * is needed for is said if it is none. use is noted. */
elman_status need_tensor(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, tensor_use use, const view **of);

/* Its shape, all sizes known, and the number of elements. */
elman_status need_shape(const onnx_node *n, const view *of, size_t *shape,
                        size_t *count);

/* Its elements, row-major; count is need_shape's. */
void tensor_view_doubles(const trace *t, const view *of, size_t count,
                         double *values);
void tensor_view_wholes(const trace *t, const view *of, size_t count,
                        int64_t *values);

/* One number. */
elman_status need_number(trace *t, const onnx_node *n, traced_value *v,
                         const char *what, double *number);

/* Element (i,j,k) of a view of rank up to 3 is first + the sum of index times
 * step in its tensor; a view that is not so is copied into a tensor that is. */
typedef struct strides {
    size_t tensor, first, step[3];
    size_t shape[3];
} strides;
elman_status need_strides(trace *t, const onnx_node *n, traced_value *v,
                          size_t rank, const char *what, tensor_use use,
                          strides *s);

/* Makes v a new dense tensor of F64 or I64, its elements, zero, at data. */
elman_status fold_create(trace *t, const onnx_node *n, const char *name,
                         element_type type, size_t rank, const size_t *shape,
                         void **data, traced_value *v);

/* What was folded in double rounded as the graph would, which computes with
 * type: float64 stays, all else becomes float32. */
void fold_round(trace *t, traced_value *v, element_type type);

operator_run fold_constant, fold_filled, fold_arithmetic, fold_unary,
    fold_concat;

/* ---- trace_sizes.c ------------------------------------------------------- */

/* Whether v can be seen as whole numbers with free sizes. */
bool is_sizes(const trace *t, const traced_value *v);

/* v's entries (ENTRIES). */
elman_status need_sizes(trace *t, const onnx_node *n, traced_value *v,
                        size_t *count, extent *entries);

operator_run sizes_shape, sizes_size, sizes_gather, sizes_slice, sizes_concat,
    sizes_arithmetic, sizes_same, sizes_squeeze, sizes_unsqueeze, sizes_compare,
    sizes_where, sizes_range;

/* ---- trace_recurrent.c, trace_dense.c, trace_norm.c ---------------------- */

operator_run trace_recurrent, trace_merge;

/* Whether a and b are the two directions of the last layer's Y; their sum or
 * product. */
bool ways_meet(const trace *t, const traced_value *a, const traced_value *b);
elman_status ways_merge(trace *t, const onnx_node *n, const traced_value *a,
                        traced_value *out);

operator_run trace_matmul, trace_gemm, trace_arithmetic, trace_embedding,
    trace_activation, trace_softmax;
operator_run trace_layer_norm, norm_mean, norm_unary, norm_arithmetic;

/* Whether v is part of a layer norm that is written out. */
bool norm_follow(const traced_value *v);

/* Layer index, if it is a layer norm, gets the weight and bias that it has not,
 * 1 and 0. */
elman_status norm_finish(trace *t, size_t index);

/* The weight of the layer norm that was just added, then its bias. */
elman_status norm_weigh(trace *t, const onnx_node *n, const traced_value *x,
                        traced_value *other, traced_value *out);

/* ---- trace_unrolled.c and its like --------------------------------------- */

/* Whether x is a state of an unrolled recurrence: one of its steps, or what may
 * be its initial state. Its product with a weight. */
bool unrolled_multiplies(const trace *t, const traced_value *x);
elman_status unrolled_product(trace *t, const onnx_node *n,
                              const traced_value *h, const strides *weight,
                              bool transposed, traced_value *out);

/* A bias for the VALUE_STEP x; an Add that reads a VALUE_STEP. */
elman_status unrolled_bias(trace *t, const onnx_node *n, const traced_value *x,
                           traced_value *b, traced_value *out);
elman_status unrolled_add(trace *t, const onnx_node *n, traced_value *const *in,
                          traced_value *out);

/* Whether p is the step of a linear layer's output that a recurrence would
 * begin with; the sum of that and a constant, to which the product of a zero
 * state was folded. */
bool unrolled_begins(const trace *t, const traced_value *p);
elman_status unrolled_constant(trace *t, const onnx_node *n,
                               const traced_value *p, traced_value *c,
                               traced_value *out);

/* The end of a step: x is a VALUE_STEP, or begins. */
elman_status unrolled_activation(trace *t, const onnx_node *n,
                                 const traced_value *x, traced_value *out);

/* Whether n, a product with a weight, reads what the last layer, an unrolled
 * recurrence, reads; the linear layer without weight that it then is, and
 * its output. */
bool unrolled_has_twin(const trace *t, const onnx_node *n);
elman_status unrolled_twin(trace *t, const onnx_node *n, size_t O, view *y);

/* Layer index, if it is an unrolled recurrence, gets its weights and initial
 * states, and is checked to have all steps. */
elman_status unrolled_finish(trace *t, size_t index);

/* ---- trace_layers.c ------------------------------------------------------ */

/* The view as the next layer reads it: of the last layer's output. What the
 * first reads becomes x; of a last step or of final states, the layer that
 * takes them is added first. All of the source must be there, the features in
 * their order along the axis features; I is how many. */
elman_status layer_read(trace *t, const onnx_node *n, const view *from,
                        size_t features, view *read, size_t *I);

/* Adds a layer after that, which gives O features along the axis features;
 * with ANY_AXIS everything stays where it is. y is its output, as read lies. */
elman_status layer_add(trace *t, const onnx_node *n, const view *read,
                       size_t features, const elman_layer *config, size_t O,
                       view *y);

/* Adds a piece of parameter role of direction way to the last layer: blocks of
 * rows in order (NULL: as they are) at s, its rows along axis row and columns
 * along axis column of s (3: none). */
typedef struct weight_view {
    const char *role, *how;
    size_t way, blocks;
    const size_t *order;
    size_t row, column;
    double scale; /* 0 means 1 */
} weight_view;
elman_status layer_weigh(trace *t, const onnx_node *n, const strides *s,
                         const weight_view *weight);

/* The same, all zero. */
elman_status layer_weigh_zero(trace *t, const onnx_node *n, const char *role,
                              size_t way);

/* Whether two recurrent layers differ in their weights alone. */
bool recurrent_alike(const elman_layer *a, const elman_layer *b);

/* Whether one of the first count layers is recurrent. */
bool trace_has_recurrent(const trace *t, size_t count);

/* Adds the layer that gives one vector per sequence. */
elman_status layer_add_last(trace *t, const onnx_node *n, elman_last last);

#endif
