/*
 * trace.h: what each value of an ONNX graph is in terms of a stack of layers.
 *
 * A graph is followed node by node. Nothing is computed on the way but weights
 * and shapes; everything else is known as a view: of which source (a tensor, an
 * input, a layer's output, a layer's final state), with which of the source's
 * axes where. Transposes, reshapes and slices only change the view; RNN, MatMul
 * and their like append a layer, whose output is a new source.
 *
 * Each file stands on files before it in this list, never on later ones:
 *
 *   extent             sizes with free dimensions
 *   trace.h            what a trace is: sources, views, values, layers
 *   attribute          a node's attributes, and how a node is refused
 *   view               views and their elements
 *   tensor             values that are tensors
 *   sizes              shapes, with free sizes
 *   layers             one layer after the other, and what each reads
 *   ending             layers that change how many steps there are
 *
 * on these stand the operators:
 *
 *   rounding           numbers that are rounded on the way
 *   fold               tensors that the graph computes from tensors
 *   reorder, reshape   Transpose, Squeeze; Reshape, Flatten, Expand, Tile
 *   concat             Concat
 *   start, flip        lengths and initial states; steps turned round
 *   order              sequences in another order
 *   directions         two directions
 *   recurrent*         RNN, GRU, LSTM
 *   norm               layer norm
 *   per_feature        a scale and a shift for each feature, batch norm
 *   unrolled*          recurrences that are written out step by step
 *   gate*              the same of an LSTM or a GRU
 *   elementwise        functions of each number, softmax
 *   stepwise, dense    products of single steps; linear, embedding
 *   arithmetic         sums and products of what flows
 *   quantized          weights and products in 8 bits
 *   length             vectors of length 1
 *   reduce             sums and means over steps, directions, features
 *   slice              Slice, Gather, Split
 *   branches, where    If; Where
 *
 * and on these
 *
 *   operators          the table of operators
 *   walk               each node once, after those that it reads
 *   grow               graphs that grow by nodes, steps the axes between
 *   cell_*             cells that are written out, in a graph or in the body of
 *                      a Loop or Scan, become a node
 *   open               all of a graph: trace_open
 *   assemble           the trace as a config, and weights as slices of tensors
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "elman.h"
#include "format/onnx.h"
#include "model/weight_source.h"
#include "trace/extent.h"

enum {
    AXES = TENSOR_MAX_RANK,
    FACTORS = 4,        /* of an axis */
    MOST_VIEWS = 64,    /* of a value */
    ENTRIES = 64,       /* of a shape */
    MOST_NODES = 16384, /* that are followed */
};

/* What an axis of a source runs along, if it is not an axis of x. */
enum {
    OWN_AXIS = -1, /* features, which are this source's own */
    NO_AXIS = -2   /* nothing: it is always of size 1 */
};

#define NO_NODE   SIZE_MAX
#define BROADCAST SIZE_MAX /* axis of a factor along which nothing changes */
#define ANY_AXIS  SIZE_MAX /* features may stand anywhere */
#define NO_LAYER  SIZE_MAX /* makes x, the source that the first layer reads */

/* ---- Views ---------------------------------------------------------------
 *
 * A source is an array that the graph does not compute from others by moving
 * its elements; a view is a source seen with other axes. Each axis of a view is
 * a row of factors, from slow to fast, as digits are of a number: its index is
 * taken apart into the factors' indices, and each of those, times a step, is
 * added to the index along one axis of the source. So
 *
 *   Transpose          puts the axes in another order
 *   Reshape            deals the factors out to other axes
 *   Slice, Gather      change where along the source's axes the view begins
 *   Expand             adds a factor that moves along no axis
 */

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
    extent shape[AXES];
    int identity[AXES]; /* axis of x that it runs along, OWN_AXIS or NO_AXIS */
} source;

typedef struct traced_value traced_value;
typedef struct traced_rounding traced_rounding;

/* Sequences in the order of keys, one for each: their lengths. Without keys as
 * they are. */
typedef struct traced_order {
    const traced_value *keys;
    bool largest; /* first */
    extent size;
} traced_order;

typedef struct factor {
    size_t axis; /* of the source, or BROADCAST */
    extent size;
    int64_t step;
    const traced_order *order; /* of its indices; NULL: the source's own */
} factor;

/* The product of its factors' sizes is its size; without any it is 1. */
typedef struct view_axis {
    size_t factor_count;
    factor factors[FACTORS]; /* from slow to fast */
} view_axis;

typedef struct view {
    size_t source;
    int64_t offset[AXES]; /* along each of the source's axes, */
    bool from_end[AXES];  /* counted from its last index */
    size_t rank;
    view_axis axes[AXES];
    const traced_value *lengths; /* an axis that steps back does so within them;
                                    NULL: all of it */
    const traced_rounding *rounds; /* its numbers; NULL: not rounded */
    bool alone; /* one of the steps that a Split gives, of which each is read */
} view;

/* ---- Values -------------------------------------------------------------- */

typedef enum value_kind {
    VALUE_UNKNOWN, /* not followed yet */
    VALUE_ABSENT,  /* an output that is not a value: a mask of dropout */
    VALUE_SIZES,   /* whole numbers with free sizes: rank 0 or 1 */
    VALUE_VIEW,    /* one view, or several side by side */
    VALUE_ORDER,   /* numbers that put sequences in another order */
    VALUE_PRODUCT, /* a part of a product in whole numbers */
    VALUE_GATE,    /* a part of a step of an unrolled LSTM or GRU */
    VALUE_STEP     /* a part of a step of an unrolled recurrence */
} value_kind;

/* How far a norm of x that is written out has come; the value's views are
 * still those of x. */
typedef enum norm_stage {
    NORM_NONE,
    NORM_MEAN,        /* mean of x */
    NORM_CENTERED,    /* x - mean */
    NORM_SQUARE,      /* its square */
    NORM_VARIANCE,    /* the mean of that */
    NORM_SHIFTED,     /* variance + epsilon */
    NORM_STD,         /* its square root */
    NORM_OWN_SQUARE,  /* the square of x, */
    NORM_OWN_SUM,     /* the sum of that, whose root is at least eps */
    NORM_LENGTH,      /* the length of x, at least eps */
    NORM_LENGTH_FLAT, /* the same without its axis */
    NORM_INVERSE,     /* 1 / the length */
    NORM_ABS,         /* of a softsign: |x|, */
    NORM_ONE_ABS      /* 1 + |x| */
} norm_stage;

typedef struct gate_node gate_node; /* gate_cell.h */
typedef struct gate_cell gate_cell;
typedef struct traced_product traced_product; /* quantized.c */
typedef struct traced_step traced_step;       /* unrolled_step.h */
typedef struct unrolled unrolled;
typedef struct traced_steps traced_steps; /* stepwise.c */

struct traced_value {
    const char *name;
    size_t node; /* that makes it, or NO_NODE */
    value_kind kind;
    element_type type;
    size_t rank, count;      /* of sizes */
    extent *sizes;           /* (count) */
    bool repeated;           /* one number, as many times as there are sequences
                              */
    bool undecided;          /* a comparison with a free size: the entries say
                                what it is for most sizes */
    size_t view_count, axis; /* views side by side along axis */
    view *views;             /* (view_count) */
    norm_stage norm;
    float eps; /* of the norm */
    const traced_step *step;
    const traced_product *product;
    const gate_node *gate;
    const traced_order *order;
    bool back; /* the way back of it */
};

/* How a tensor of the trace was used. */
typedef enum tensor_use {
    TENSOR_UNUSED,
    TENSOR_READ,   /* by a node that did not need it */
    TENSOR_MADE,   /* by folding, so it is in no file */
    TENSOR_WEIGHT, /* slices name it */
    TENSOR_FOLDED, /* it went into another tensor */
    TENSOR_SHAPE,
    TENSOR_QUANTIZED, /* as floats it went into another tensor */
    TENSOR_STATE,     /* an initial state, lengths */
    TENSOR_SETTING,   /* epsilon, a factor */
    TENSOR_ROUNDING   /* what flows was rounded with it */
} tensor_use;

/* ---- Layers -------------------------------------------------------------- */

/* The slice of a tensor (its parameter still unnamed) that is the parameter
 * role of one direction, or is added to it. */
typedef struct traced_weight {
    const char *role; /* weight_ih ... */
    size_t direction;
    tensor_slice slice;
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
    size_t node;         /* that made it */
    size_t y, h_n, c_n;  /* sources that it makes */
    bool per_sequence;   /* gives one vector per sequence */
    size_t repeated;     /* or so many steps, made of one; else 0. SIZE_MAX: as
                            many as x has */
    size_t I, O;         /* features that it reads and gives */
    bool open;           /* its bias, or a norm's weight or bias, may follow */
    unrolled *unrolled;  /* a recurrence that is written out, or NULL */
    traced_steps *steps; /* the products of single steps that it stands for */
    view x;            /* what a recurrent node reads, (T,B,I), steps forward */
    bool twin;         /* a linear layer that reads what that reads */
    size_t picks;      /* one direction of two, that and 1; 0: it does not */
    double step, zero; /* what its output was quantized with, step 0: not */
    traced_value *quantized;       /* an embedding's weight, not yet floats */
    const traced_rounding *rounds; /* its output; NULL: as it comes */
    size_t weight_count;
    traced_weight weights[MOST_TRACED_WEIGHTS];
    traced_start h_0, c_0;
} traced_layer;

/* Why a node that has a graph in it is not followed. */
typedef struct traced_refusal {
    const onnx_node *of; /* in the file */
    const char *text;
    struct traced_refusal *next;
} traced_refusal;

typedef struct trace {
    const onnx_graph *graph;
    const named_tensor *bound; /* (graph->inputs) arrays that inputs were given,
                                  data NULL where there is none; or NULL */
    size_t value_count;
    traced_value *values; /* (value_count) by name */
    size_t tensor_count, tensor_room;
    named_tensor *tensors; /* dense: initializers, then what was folded */
    tensor_use *uses;      /* (tensor_count) */
    size_t symbol_count;
    const char *symbols[EXTENT_SYMBOLS];
    size_t source_count, source_room;
    source *sources;
    size_t layer_count;
    traced_layer *layers; /* room for ELMAN_MAX_LAYERS */
    bool started;         /* x is known: */
    view x;               /* of an input: what stands for time and sequences, an
                             axis each, and last the features */
    bool tokens;          /* x is token numbers, without features */
    bool timed;           /* since the first recurrent layer there are: */
    int time, batch;      /* axes of x, or NO_AXIS */
    traced_value *lengths;    /* of sequence_lens, or NULL */
    const onnx_node *rounded; /* the first node that rounds what flows, of a
                                 graph that is not run */
    size_t rounding_count;
    struct traced_round {
        size_t node;
        bool done;
    } * roundings; /* of a graph that is run */
    size_t budget; /* elements that folding may still make */
    void *kept;    /* blocks that go with the trace */
    traced_refusal *refusals;
} trace;

/* An empty one; NULL: there is no memory. trace_open is in open.h. */
trace *trace_new(const onnx_graph *graph, const named_tensor *bound);
void trace_close(trace *t);

/* The value of that name, or NULL. */
traced_value *trace_find(const trace *t, const char *name);

/* The order of two values' names, for qsort. */
int value_compare(const void *left, const void *right);

/* An operator says what n's outputs are: in has its inputs, NULL where one is
 * left out, out its outputs, of which those without a name are thrown away. */
typedef elman_status operator_run(trace *t, const onnx_node *n,
                                  traced_value *const *in,
                                  traced_value *const *out);

/* Memory that goes with the trace; NULL if there is none. */
void *trace_keep(trace *t, size_t count, size_t size);

#endif
