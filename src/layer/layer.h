/*
 * layer.h: a whole sequence. A model's config becomes a flat list of these
 * layers: a recurrent layer of num_layers levels is one layer per level, with
 * dropout layers between them. layer.c has the table of kinds.
 *
 * Data runs from layer to layer in (T,B,.) arrays of the state. After the end
 * of a sequence every output is 0 and no gradient flows.
 */
#ifndef LAYER_LAYER_H
#define LAYER_LAYER_H

#include "base/memory.h"
#include "base/random.h"
#include "base/status.h"
#include "cell/cell.h"
#include "kernel/kernel.h"
#include "layer/choice.h"
#include "layer/gradient.h"
#include "layer/pass.h"

/* Rows that a product over all steps takes at once: weights that no cache holds
 * are read so many times less often. */
enum { PRODUCT_ROWS = 256 };

/* Sequences that a pass takes the direct way at most, one after the other. */
enum { DIRECT_ROWS = 4 };

enum { DIRECTIONS = 2, NOWHERE = -1 };

/* Of a repeat: as many steps as the sequence has. */
#define AS_MANY SIZE_MAX

/* The steps that a repeat makes in a pass of T steps. */
static inline size_t repeat_steps(size_t repeats, size_t T)
{
    return repeats == AS_MANY ? T : repeats;
}

/* Features of a layer, and floats of all parameters, that still leave room for
 * every product with them in 64 bits. */
#define MOST_FEATURES ((size_t)PTRDIFF_MAX / 64)
#define MOST_WEIGHTS  ((size_t)PTRDIFF_MAX / 16 / LANES * LANES)

/* One parameter: a named slice of the model's weights. */
typedef struct parameter {
    char name[ELMAN_MAX_NAME + 40]; /* rnn.weight_ih_l0_reverse */
    size_t rank, shape[ELMAN_MAX_RANK];
    size_t count;      /* elements */
    size_t offset;     /* of the first in the weights, in floats */
    const char *role;  /* name without prefix and level: weight_ih, bias ... */
    size_t gate_count; /* blocks along shape[0], each drawn by itself where
                          the rule says so */
    elman_init init;   /* how it is drawn */
    double bound;      /* the default rule: uniform in mean +-bound; 0: Gaussian
                          with sigma 1 (embedding); negative: constant
                          -bound - 1 */
    double mean;
    float forget_bias;           /* LSTM's bias_ih */
    float chrono;                /* LSTM's bias_ih; bias_hh becomes 0 */
    size_t copy_begin, copy_end; /* its homes in the model's list of copies, in
                                    the order of its elements */
    size_t training_begin, training_end; /* and what training reads of it */
} parameter;

/* A copy of weights for passes to read: shape (its w is not used), where
 * element (n,k) stands among the weights, from + n row + k column, and where
 * the copy begins, among the packed ones or, if only training reads it, among
 * those of training. Every weight has its home in one copy that is packed:
 * there it is even where no flat array of all weights exists. */
typedef struct packed_copy {
    packed shape; /* plain: gates and H are 1 */
    size_t from, row, column;
    size_t to;
    bool training;
    bool plain; /* in the order of the weights */
    bool again; /* packed, of weights whose home is another copy */
    bool table; /* plain, and not among the packed ones but the model's table */
} packed_copy;

/* Where a model's arrays begin while its layers are planned: lists grow if
 * they are there and are only counted if not, so the plan runs twice. */
typedef struct layer_plan {
    parameter *parameters; /* NULL: only count */
    size_t parameter_count;
    size_t weight_count;   /* floats, each parameter from a multiple of 16 */
    size_t packed_count;   /* floats of packed copies */
    size_t training_count; /* of those that only training reads */
    size_t table_count;    /* of the embedding's table */
    packed_copy *copies;   /* NULL: only count */
    size_t copy_count;
    size_t h, c;             /* floats of memory per sequence */
    size_t features;         /* what the next layer reads */
    size_t forward_features; /* how many of those end at the last step; the
                                rest are of a reverse direction and end at
                                step 0 */
    bool per_sequence;       /* one vector per sequence from here on */
    size_t repeated;         /* or so many steps, made of it; else 0 */
    size_t repeats;          /* the steps of the repeat so far, or 0 */
    bool streams;            /* every layer so far can run step by step */
    bool ended;              /* no layer may follow (merge none) */
    size_t level_count;      /* recurrent levels so far */
    bool overflow;           /* a size did not fit */
} layer_plan;

/* Where one direction's parameters and packed copies are; an offset is NOWHERE
 * if it has no such parameter. */
typedef struct direction_plan {
    ptrdiff_t w_ih, w_hh, b_ih, b_hh, w_hr, peephole, h_0, c_0;
    packed_copy ih, ih_back, hr, hr_back;
    packed_copy hh[CELL_PARTS];      /* as struct cell_weights has them */
    packed_copy few_ih, few_hh;      /* by gates, where units are so few that
                                        ih and hh are not; else K is 0 */
    packed_copy hh_back[CELL_PARTS]; /* transposed */
    packed_copy plain_hh, plain_b_ih, plain_b_hh, plain_peephole, plain_h_0,
        plain_c_0;             /* as they are; of w_hh if it is a vector */
    size_t start;              /* (G) the bias that each sum starts from */
    size_t hushed;             /* (1) inputs below it change no sum */
    size_t bias_hn;            /* (H) GRU, reset after */
    size_t memory_h, memory_c; /* in the state's memory, per sequence */
} direction_plan;

typedef struct layer_kind layer_kind;

typedef struct layer {
    const layer_kind *kind;
    const cell_kind *cell; /* recurrent */
    elman_layer config;    /* completed; hidden_size is this level's */
    size_t number;         /* in the flat list; keys its random masks */
    size_t level;          /* recurrent: layer<level> in views */
    size_t depth;          /* recurrent: _l<depth> in names */
    size_t I, O;           /* features in and out */
    size_t H, R, G, D;
    bool fused;              /* its cell makes sums and gates in one */
    bool custom;             /* its cell keeps sums for backward: functions
                                that do not go back from the gate */
    bool quiet;              /* zoneout is as in evaluation while training:
                                its chance, instead of a draw */
    bool second;             /* the reverse direction of a bidirectional level,
                                by itself: recurrent_direction */
    bool per_sequence;       /* reads one vector per sequence */
    size_t repeated;         /* reads so many steps, made of one; else 0 */
    size_t forward_features; /* as in layer_plan, of what it reads */
    size_t first_weight;     /* where its weights begin, or would */
    direction_plan directions[DIRECTIONS];
    ptrdiff_t weight, bias; /* linear, embedding, norm, attention */
    packed_copy packed, packed_back;
    packed_copy plain_weight, plain_bias; /* what is read as it is */
    ptrdiff_t score;                      /* attention */
    packed_copy packed_score, plain_score;
    size_t memory_h, memory_width; /* pool: in the state's h, per sequence */
} layer;

struct stream_step;

/* Zoneout of h or of c; all NULL without it. */
typedef struct zoneout_state {
    float *keep; /* (T,B,n) masks while training, else one row of its chance */
    float *direct; /* (B,n) training: the gradient that skips the cell */
} zoneout_state;

/* Recurrent dropout while training; all NULL without it. */
typedef struct recurrent_dropout_state {
    float *mask;  /* (B,R) the same in all steps */
    float *h_in;  /* (T,B,R) h_prev under it */
    float *dh_in; /* (B,R) gradient at h_in */
} recurrent_dropout_state;

/* What training adds; all NULL without it. */
typedef struct direction_backward {
    float *da;           /* (T,B,G) gradient at the sums */
    float *dsaved;       /* (T,B,H) where the cell needs it, else NULL */
    float *dh_projected; /* (T,B,R) at the projection's output, else NULL */
    float *carry_h;      /* (B,R) gradients carried from step to step */
    float *carry_c;      /* (B,H) */
} direction_backward;

/* Gradients that keep_gradients asks for; all NULL without it. */
typedef struct kept_gradients {
    float *dh, *dc, *dgate; /* (T,B,R) (T,B,H) (T,B,G) */
} kept_gradients;

/* One direction's arrays; axis T runs in the order of reading. Every c and dc
 * is NULL for a cell without one. */
typedef struct direction_state {
    float *h;      /* (T+1,B,R) entry 0 is the initial state */
    float *c;      /* (T+1,B,H) */
    float *step_h; /* (B,R) what a step of streams writes: entry 1 of h, or */
    float *step_c; /* (B,H) entry 0 where nothing but steps is run */
    size_t gate_steps; /* entry s of the two below is s % gate_steps */
    size_t gate_row;   /* floats from row to row of gate: G, where training */
    float *gate;       /* (gate_steps,B,G); training: all T */
    float *saved;      /* (gate_steps,B,H) of a cell that saves, else NULL */
    float *sum;        /* (T,B,G) sums into the gates, while training a cell
                          with custom activations, else NULL */
    zoneout_state zoneout_h, zoneout_c;
    recurrent_dropout_state dropout;
    direction_backward backward;
    kept_gradients kept;
    struct stream_steps *stream; /* recurrent_step.c; NULL while training */
    struct direct_level *direct; /* recurrent_direct.c; NULL likewise, and for
                                    a level that can not */
    float *direct_gate;          /* (G) what its steps work in */
    float *direct_q;             /* (H) likewise */
    float *direct_made;          /* (H) o tanh(c) of a projected cell */
} direction_state;

/* How threads share a walk through time: not at all; each has its own sequences
 * and directions; all go through the steps together, each with its own units;
 * each has its own level, some steps behind the level below. */
typedef enum walk_sharing {
    WALK_ALONE,
    WALK_ROWS,
    WALK_UNITS,
    WALK_WAVE,
    WALK_SHARING_COUNT,
    WALK_UNDECIDED = WALK_SHARING_COUNT
} walk_sharing;

/* Which of them is the fastest for passes of about one size, on one thread or
 * more. */
typedef struct walk_plan {
    unsigned key; /* class of B and of rows; 0: none */
    choice sharing;
} walk_plan;

/* The plans of a level for one direction of time: recurrent_plan.c. */
typedef struct walk_plans {
    walk_plan by_size[4];
    unsigned now, next; /* the one in use; the one that a new size replaces */
    bool warm;          /* a pass has touched all memory */
    bool tries;         /* the pass at hand tries another sharing */
    double began;       /* 0: nothing is measured now */
} walk_plans;

/* All plans of a level, kept from pass to pass. */
typedef struct layer_plans {
    walk_plans forward, backward;
    walk_plans wave; /* of this level and those that follow */
} layer_plans;

/* What pooling keeps; NULL where its kind needs it not. */
typedef struct pool_state {
    uint32_t *from;   /* (B,I) max, while training: the step of the maximum */
    float *u;         /* (T,B,I) attention */
    float *score;     /* (T,B) e */
    float *attention; /* (T,B) a */
    float *end;       /* (B,2) attention, training: what the memory had of top
                         and total after the pass */
    float *du;        /* (T,B,I) gradient at the sums into u, training */
    float *dscore;    /* (T,B) gradient at e, training */
} pool_state;

/* Step t of a block with only one row: run(of, x, t) returns the output (B,O)
 * of x (B,I), which stands where a pass of the whole block leaves it. */
typedef struct direct_step {
    const float *(*run)(void *of, const float *x, size_t t);
    void *of;
    bool brief; /* what follows can begin while it runs */
} direct_step;

/* c (H) = start + w a of a (K), for few outputs. */
typedef void row_kernel(const packed *w, const float *start, const float *a,
                        float *c);

struct layer_state;

/* T steps of x (T,B,I) of the sequences that p, of one step, lists; returns the
 * output. */
typedef const float *direct_pass(const layer *l, const pass *p,
                                 struct layer_state *s, size_t T,
                                 const float *x);

/* What a state keeps for one layer. */
typedef struct layer_state {
    float *y, *dy; /* (T,B,O), T = 1 after one vector per sequence, and the
                      steps of a repeat behind one */
    float *own;    /* where y points unless it is an alias */
    direction_state directions[DIRECTIONS];
    float *mask;        /* (T,B,O) or (B,O) dropout while training */
    float *other;       /* (T,B,R) one direction by itself, of merge mul: the
                           output of the other one, in the order of entries */
    float *x_hat;       /* (T,B,I) layer norm */
    float *rstd;        /* (T,B) layer norm */
    uint32_t *by_token; /* (2,T,B) embedding: rows sorted, while training */
    pool_state pool;
    bool steps;          /* streams by its kind's step */
    direct_pass *direct; /* NULL: step by step */
    direct_step one;     /* run NULL: there is none */
    packed direct_w;     /* linear: what the direct way needs of the pass */
    const float *direct_b;
    row_kernel *direct_run; /* linear of a few outputs, with one sequence, */
    size_t direct_row;      /* which is this one */
    size_t direct_step;     /* floats of an output (B,O) */
    layer_plans *plans;     /* NULL in a state of one thread */
} layer_state;

/* A kind of layer. */
struct layer_kind {
    bool feeds; /* forward gives each row to the pass's sink */
    /* Sets features, parameters and packed sizes of l; checks its config. */
    elman_status (*plan)(layer *l, layer_plan *plan);
    /* Fills what it has among the packed copies besides those of the list,
     * which are there; may be NULL. */
    void (*pack)(const layer *l, float *packed);
    /* Carves what s needs beyond y and dy; may be NULL. T is 0 where nothing
     * but its own steps of streams will be run. */
    void (*lay_out)(const layer *l, arena *a, size_t T, size_t B, bool training,
                    bool keep, layer_state *s);
    /* x (T,B,I) to s->y. */
    void (*forward)(const layer *l, const pass *p, layer_state *s,
                    const float *x);
    /* Streams, all NULL where forward with T = 1 will do: whether l can; what
     * is the same in every step of the streams that the pass lists; and a step,
     * after which the memory is the new one. */
    bool (*steps)(const layer *l);
    void (*prepare)(const layer *l, const pass *p, layer_state *s);
    /* After prepare for one chunk: for another, as large or smaller, of which
     * only the pass's row_count and slots are new. */
    void (*aim)(const layer *l, const pass *p, layer_state *s);
    void (*step)(const layer *l, const pass *p, layer_state *s, const float *x);
    /* The direct way, without training, for at most DIRECT_ROWS sequences that
     * all have T steps; both NULL where T times forward with T = 1 will do.
     * How many sequences of l it is worth, 0 if it cannot; and prepares what is
     * the same in every pass of the sequences that p, of one step, lists; if
     * there is only one, s->one as well. */
    size_t (*direct_rows)(const layer *l);
    direct_pass *(*prepare_direct)(const layer *l, const pass *p,
                                   layer_state *s);
};

const layer_kind *layer_kind_for(elman_kind kind);

extern const layer_kind layer_recurrent, layer_linear, layer_embedding,
    layer_activation, layer_softmax, layer_norm, layer_dropout, layer_last,
    layer_pool, layer_l2_norm, layer_repeat;

/* The way back through a layer, whatever its kind (backward.c): s->dy to dx
 * (overwritten; NULL if not wanted), adds to gradients. */
typedef void layer_backward_call(const layer *l, const pass *p, layer_state *s,
                                 const float *x, float *dx);
layer_backward_call layer_backward;

/* Of one kind. */
layer_backward_call recurrent_backward, layer_linear_backward,
    layer_embedding_backward, layer_activation_backward, layer_norm_backward,
    layer_dropout_backward, layer_last_backward, layer_pool_backward,
    layer_l2_norm_backward, layer_repeat_backward;

/* How many features of a vector per sequence come from the last step, or from
 * all; the rest come from step 0. */
size_t layer_last_features(const layer *l);

/* Adds a parameter of l to the plan; returns its offset. role may have a level
 * and direction: "%s_l%zu_reverse". bound is the default rule's. */
ptrdiff_t plan_parameter(layer_plan *plan, const layer *l, const char *role,
                         const char *suffix, size_t rank, const size_t *shape,
                         size_t gates, elman_init init, double bound);

/* Adds a packed copy of a weight (gates H,K), whose rows are at from. */
packed_copy plan_packed(layer_plan *plan, size_t gates, size_t H, size_t K,
                        ptrdiff_t from);

/* Adds one in another shape, of a weight that has a copy from the same place.
 */
packed_copy plan_packed_again(layer_plan *plan, size_t gates, size_t H,
                              size_t K, ptrdiff_t from);

/* Adds one for training alone: of a weight (K,H), transposed. */
packed_copy plan_transposed(layer_plan *plan, size_t H, size_t K,
                            ptrdiff_t from);

/* Adds one of count weights from from on, in their order. */
packed_copy plan_plain(layer_plan *plan, size_t count, ptrdiff_t from,
                       bool training);

/* The home of the rows (count) of an embedding, which a model may borrow. */
packed_copy plan_table(layer_plan *plan, size_t count, ptrdiff_t from);

/* Reserves room among the packed copies; returns its offset. */
size_t plan_room(layer_plan *plan, size_t floats);

/* A copy as products take it, and one that is plain. NULL instead of weights of
 * training in a pass without. */
packed pass_packed(const pass *p, const packed_copy *copy);
const float *pass_plain(const pass *p, const packed_copy *copy);

/* ---- Products over all valid steps, on the pass's threads --------------- */

/* The gradients of a product with a weight, by offset or NOWHERE. */
typedef struct product_gradient {
    size_t N, K;
    ptrdiff_t dw;  /* (N,K) sums of dy x */
    ptrdiff_t db;  /* (N) sums of dy */
    ptrdiff_t db2; /* the first of these, shared many, again */
    size_t shared;
} product_gradient;

/* Sums over rows in gradient order, from dy (T,B,N) and x (T,B,K). */
void rows_gradient(const pass *p, const product_gradient *g, const float *dy,
                   const float *x);

/* The same for row pointers (row_count) that the caller has filled, in
 * gradient order. */
void pointers_gradient(const pass *p, const product_gradient *g,
                       const float *const *dy, const float *const *x);

/* Zeroes the rows of y (T,B,O) after each sequence's end. */
void rows_clear(const pass *p, size_t O, float *y);

/* Threads for a product with so many multiply-adds in a row. */
size_t rows_parts(const pass *p, size_t work);

/* Calls part for the valid rows, in ranges from begin to before end, on the
 * pass's threads if there is work enough: so many multiply-adds in a row. */
void rows_run(const pass *p, size_t work,
              void (*part)(const void *context, size_t begin, size_t end),
              const void *context);

#endif
