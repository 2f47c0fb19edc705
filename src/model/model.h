/*
 * model.h: a stack of layers with its weights, and the state of a run.
 *
 * packed holds the copies that passes read, and with them every weight once.
 * Two more are made when something first needs them: what only training reads,
 * and the flat array of all weights, every parameter from a multiple of 16
 * floats and the gaps zero. Gradients of a state and moments of an optimizer
 * are laid out as that array.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdatomic.h>

#include "format/safetensors.h"
#include "format/tensor.h"
#include "layer/layer.h"
#include "model/budget.h"

typedef struct model_note {
    char *key, *text;
} model_note;

/* Copies that any thread makes once, under a lock, and that then stay as long
 * as the model: NULL before. */
typedef struct late_copies {
    _Atomic(float *) flat;     /* (weight_count) */
    _Atomic(float *) training; /* (training_count) */
} late_copies;

struct elman_model {
    elman_config config; /* completed */
    elman_model_info info;
    size_t layer_count;
    layer *layers;         /* (layer_count) */
    parameter *parameters; /* (info.parameters) */
    size_t weight_count;   /* floats of the flat array, gaps included */
    float *packed;         /* (packed_count) */
    size_t packed_count, training_count;
    const float *table; /* (table_count) rows of the embedding, or NULL: own, or
                           those of memory that the model borrows */
    float *own_table;
    size_t table_count;
    bool borrows;        /* it must not be written */
    const float **lent;  /* (info.parameters) where it borrows: each parameter
                            as it is, NULL if that is not aligned; or NULL */
    packed_copy *copies; /* (copy_count) parameter by parameter */
    size_t copy_count;
    size_t home_count; /* of copies, the first; those packed again follow */
    late_copies *late;
    uint64_t changes;          /* how often the weights have changed */
    size_t memory_h, memory_c; /* floats of memory per sequence */
    size_t repeats;            /* steps behind ELMAN_REPEAT, AS_MANY, or 0 */
    size_t note_count;
    model_note *notes;
};

/* Seconds that a state's passes have spent in a layer. */
typedef struct layer_seconds {
    double forward, backward;
} layer_seconds;

/* The position of a slot that no stream has. */
#define FREE_SLOT UINT64_MAX

/* What one thread needs to take a chunk of streams through all layers. */
typedef struct chunk_room {
    pass pass;
    layer_state *layers;    /* (layer_count) */
    float *x;               /* (M,I) what the chunk reads, or NULL */
    int32_t *tokens;        /* (M) the same, or NULL */
    uint32_t *slots;        /* (M) for pass.slots in an order of its own */
    bool in_a_row;          /* the slots lie side by side, as rows of x do */
    size_t prepared;        /* streams that its layers are prepared for */
    uint64_t *steps_before; /* (M) */
} chunk_room;

/* What a state's block begins with, so that one that was moved is known. */
typedef struct state_header {
    char magic[8];
    uint32_t version;     /* ELMAN_VERSION_NUMBER */
    uint32_t struct_size; /* of elman_state: another in another build */
    uint64_t shape;       /* hash of all that lays out a state of the model */
} state_header;

/* Where a state's arrays are; see state.c for the picture. */
/* Is told while a pass goes back that the gradients of all weights from place
 * on are complete. */
typedef struct gradient_watcher {
    void (*complete)(void *context, size_t place); /* NULL: nobody is */
    void *context;
} gradient_watcher;

struct elman_state {
    state_header header;
    const elman_model *model;
    elman_state_config config; /* completed */
    bool owned;                /* by destroy */
    size_t bytes;              /* of the whole block */
    size_t work;               /* where the arrays of a pass begin */
    size_t room;               /* and where those of the largest one end */
    bool ran;                  /* a forward has been */
    bool ready;                /* the last forward can go backward, if the */
    uint64_t changes;          /* weights are still those that it read */
    bool stepping;             /* the pass is prepared for steps */
    bool time_first;           /* batches are (T,B,.) whatever the model says,
                                  as a loader makes them */
    size_t direct_rows;        /* sequences that direct.c runs, at most */
    bool direct;               /* and what is prepared is for that */
    bool direct_one;           /* with one row, which all layers run alone */
    bool direct_brief;         /* in brief steps, so blocks go step by step */
    size_t carved_T;           /* steps that the arrays of a pass hold */
    size_t chunk;              /* streams of a chunk; 0: all go at once. A pass
                                  leaves the slots that ran in full.rows and, if
                                  anything, y alone */
    chunk_room *rooms;         /* (threads) */
    uint64_t *position;        /* (B) steps since reset, or FREE_SLOT */
    pass_memory memory;        /* of config.B sequences */
    pass_training training;    /* all NULL unless config.training */
    layer_state *layers;
    layer_plans *plans;     /* (layers), or NULL with one thread */
    pass full, tail;        /* before and after ELMAN_LAST */
    pass again;             /* behind ELMAN_REPEAT, if the model has one */
    float *x;               /* (T,B,I) copy of the input, or NULL */
    float *dx;              /* (T,B,I) training */
    int32_t *tokens;        /* (T,B) copy of the input, or NULL */
    segments segments;      /* of a state with a budget */
    layer_seconds *seconds; /* (layer_count) for passes to add to, or NULL */
    gradient_watcher watcher;
    double step_cost; /* about how many nanoseconds a step of the slots
                         that full.rows lists takes one thread */
    double asked;     /* thread_worth's, about steps */
};

/* ---- config.c ----------------------------------------------------------- */

/* Copies config with every default and name filled in, or says what is wrong
 * with it. */
elman_status config_complete(const elman_config *config, elman_config *full);

/* ---- model.c: as elman_model_... in elman.h ----------------------------- */

elman_status model_create(const elman_config *config, elman_model **model);

/* The same with weights of any value, for a loader to fill row by row and then
 * model_settle; refuses if the weights are more than limit floats. One that is
 * to borrow has no table yet. */
elman_status model_create_empty(const elman_config *config, size_t limit,
                                bool borrows, elman_model **model);
elman_status model_make_table(elman_model *model);
void model_destroy(elman_model *model);
/* Whether key is the model file's own, so that no note can have it. */
bool note_is_reserved(const char *key);

const char *model_note_text(const elman_model *model, const char *key);
elman_status model_write_note(elman_model *model, const char *key,
                              const char *text);
double model_flops(const elman_model *model, uint64_t steps, bool backward);

/* Those of layer i alone, forward, or backward without the forward. */
double layer_flops(const elman_model *model, size_t i, uint64_t steps,
                   bool backward);

/* Whether layer i of the flat list gives one vector per sequence. */
bool model_per_sequence(const elman_model *model, size_t i);

/* In a pass of T steps: how many layer i of the flat list gives, and how many a
 * layer reads. */
size_t model_steps(const elman_model *model, size_t i, size_t T);
static inline size_t layer_steps(const layer *l, size_t T)
{
    if (l->repeated) return repeat_steps(l->repeated, T);
    return l->per_sequence ? 1 : T;
}

/* The pass that a layer runs in. */
static inline const pass *state_pass(const elman_state *s, const layer *l)
{
    if (l->repeated || l->kind == &layer_repeat) return &s->again;
    return l->per_sequence ? &s->tail : &s->full;
}

/* How many outputs the model gives: 2 (D,T,B,R) with merge none,
 * else 1. */
size_t model_outputs(const elman_model *model);

/* The parameter of that name, or NULL. */
const parameter *model_find(const elman_model *model, const char *name);

/* ---- weights.c ---------------------------------------------------------- */

/* Some rows of a parameter (rows,columns), a vector one of one column: as many
 * as are packed together. */
typedef struct weight_rows {
    size_t first, count, columns;
    const packed_copy *copy; /* their home, and which part of it; NULL before
                                the first rows */
    size_t part;
} weight_rows;

/* Steps to the first rows, from {0}, or the next; false after the last. */
bool weight_rows_next(const elman_model *model, const parameter *p,
                      weight_rows *rows);

/* The most floats that rows of this model have. */
size_t weight_rows_room(const elman_model *model);

/* Copies rows out or, at their home alone, in: then model_settle is due. */
void weight_rows_read(const elman_model *model, const parameter *p,
                      const weight_rows *rows, float *values);
void weight_rows_write(elman_model *model, const parameter *p,
                       const weight_rows *rows, const float *values);

/* Makes what follows from the weights at their homes in a model without late
 * copies. */
void model_settle(elman_model *model);

/* The late copies: made, unless they are there, and then never NULL. */
elman_status model_make_flat(const elman_model *model);
elman_status model_make_training(const elman_model *model);
float *model_flat(const elman_model *model);
const float *model_training(const elman_model *model);

/* Takes the weights from the flat array, after it has changed. */
void model_repack(elman_model *model, int threads);

/* A parameter as it is, at its home or in the flat array; NULL if it is packed
 * and there is no flat array. */
const float *parameter_values(const elman_model *model, const parameter *p);

/* Whether the weights may be changed. */
elman_status model_check_own(const elman_model *model);

/* The same; where there is none yet, the flat array is made for it. NULL, and
 * a message, without memory. */
const float *parameter_view(const elman_model *model, const parameter *p);

/* Copies a parameter out: all of it, or count elements from first on. */
void parameter_read(const elman_model *model, const parameter *p,
                    float *values);
void parameter_read_some(const elman_model *model, const parameter *p,
                         size_t first, size_t count, float *values);

/* The same as double. */
void parameter_doubles(const elman_model *model, const parameter *p,
                       double *values);

elman_status model_read(const elman_model *model, const char *name,
                        size_t count, float *values);
elman_status model_write(elman_model *model, const char *name, size_t count,
                         const float *values);
elman_status model_read_all(const elman_model *model, size_t count,
                            float *values);
elman_status model_write_all(elman_model *model, size_t count,
                             const float *values);

/* ---- copy.c: as elman_model_... in elman.h ------------------------------ */

elman_status model_copy(const elman_model *from, elman_model **copy);
size_t model_size(const elman_model *model);

/* ---- state.c, state_reset.c, state_copy.c: as elman_state_... in elman.h - */

size_t state_size(const elman_model *model, const elman_state_config *config);
elman_status state_init(const elman_model *model,
                        const elman_state_config *config, size_t bytes,
                        void *memory, elman_state **state);
elman_status state_create(const elman_model *model,
                          const elman_state_config *config,
                          elman_state **state);
void state_destroy(elman_state *state);
void state_reset(const elman_model *model, elman_state *state);
elman_status state_reset_one(const elman_model *model, elman_state *state,
                             size_t b);
elman_status state_join(const elman_model *model, elman_state *state,
                        size_t *b);
elman_status state_leave(const elman_model *model, elman_state *state,
                         size_t b);
elman_status state_copy(elman_state *to, const elman_state *from);

/* Completes config as full, chooses how it spends a budget, and measures the
 * block of such a state and where in it the rooms of threads begin. */
elman_status state_measure(const elman_model *model,
                           const elman_state_config *config,
                           elman_state_config *full, segment_plan *plan,
                           size_t *bytes, size_t *room);

/* The bytes of a state of a config that is completed, with that plan, and where
 * the rooms begin; 0 if they are too many. */
size_t state_bytes(const elman_model *model, const elman_state_config *full,
                   segment_plan plan, size_t *room);

/* Steps that the arrays of a pass hold at most. */
static inline size_t state_steps(const elman_state *s)
{
    return s->segments.plan.L ? s->segments.plan.L : s->config.T;
}

/* Point state, which may lie elsewhere, at what its block keeps between passes,
 * and at a pass of T steps of B, or of chunks. */
void state_lay_out_kept(const elman_model *model, elman_state *state,
                        void *block);
void state_lay_out_pass(elman_state *state, void *block, size_t T, size_t B);

/* Gives a state that was laid out what it takes from its model, the rows of its
 * pass and the rooms of its threads. */
void state_bind(elman_state *state);

/* state_move.c */
state_header state_header_of(const elman_model *model);
elman_status state_move(const elman_model *model, size_t bytes, void *memory,
                        elman_state **state);

/* ELMAN_OK if state was made for model. */
elman_status state_check(const elman_model *model, const elman_state *state);

/* elman_state_reset_one of a slot that is there. */
void state_begin_one(const elman_model *model, elman_state *state, size_t b);

/* Lets what is behind a repeat begin anew in sequence b. */
void state_begin_repeated(const elman_model *model, elman_state *state,
                          size_t b);

/* Whether layers read the caller's x or tokens themselves: they have their
 * layout, and no backward will need a copy. */
bool state_reads_in_place(const elman_model *model, const elman_state *state);

/* Whether the caller's arrays are (B,T,.). */
bool state_batch_first(const elman_model *model, const elman_state *state);

/* Points state's arrays of a pass into its block, for T steps of B. */
void state_carve(elman_state *state, size_t T, size_t B);

/* Carves what layer i needs in a pass of T steps of B, or in prepared steps
 * alone where T is 0; at is NULL while measuring. */
void layer_lay_out(const elman_model *model, const elman_state *state, arena *a,
                   size_t i, size_t T, size_t B, layer_state *at);

/* Gives p what every pass takes from its state and model. */
void pass_bind(const elman_state *state, pass *p);

/* ---- chunks.c ----------------------------------------------------------- */

/* Streams of a chunk in a state of config, which is completed, or 0 if all go
 * through a layer at once. */
size_t chunk_streams(const elman_model *model,
                     const elman_state_config *config);

/* Whether the state has the output of its last pass. */
bool state_keeps_output(const elman_model *model, const elman_state *state);

/* Carve what a pass by chunks needs, and the rooms of all threads. */
void chunks_lay_out_pass(const elman_model *model, elman_state *state,
                         arena *a);
void chunks_lay_out_rooms(const elman_model *model, elman_state *state,
                          arena *a);

/* state_carve for a pass by chunks. */
void chunks_carve(elman_state *state);

/* Runs in, which has x or tokens, for the slots that full.rows lists, each with
 * a step at least. Of y, or NULL, only their valid rows are written. */
void chunks_run(const elman_model *model, elman_state *state,
                const elman_batch *in, float *y);

/* ---- gradients.c -------------------------------------------------------- */

/* Blocks of B sequences, which are the leaves of a pass. */
size_t state_blocks(const elman_state_config *config, size_t B);

/* Carve what sums of gradients keep, and their room for each thread; config is
 * completed. */
void gradients_lay_out(const elman_model *model,
                       const elman_state_config *config, size_t open_blocks,
                       arena *a, gradient_sums *sums);
void gradients_lay_out_room(const elman_model *model,
                            const elman_state_config *config, arena *a,
                            gradient_sums *sums);

/* The arrays that hold nothing until they are used: levels and open leaves lie
 * from begin to what is returned, in bytes of the state. */
size_t gradients_extent(const elman_state *state, size_t *begin);

/* elman_state_zero_gradients. */
void gradients_zero(elman_state *state);

/* Before and after the layers of a backward pass. begin fails, and changes
 * nothing, if the leaves of the pass have no room or nothing to continue. */
elman_status gradients_begin(elman_state *state);
void gradients_end(elman_state *state);

/* Closes what is open. */
void gradients_close(elman_state *state);

/* The sum of all that passes have added, as the weights are laid out; closes
 * what is open. What is written there counts until the next pass. */
float *gradients_join(elman_state *state);

/* elman_state_copy_gradients; and what the sums of equal states hold. */
elman_status gradients_copy(elman_state *to, const elman_state *from);
void gradients_copy_arrays(gradient_sums *to, const gradient_sums *from);

/* ---- view.c ------------------------------------------------------------- */

elman_status state_view(const elman_model *model, elman_state *state,
                        const char *name, elman_tensor *view);

/* ---- batch.c ------------------------------------------------------------ */

/* Whether a state can run a batch; and whether its tokens are some. */
elman_status batch_check(const elman_model *model, const elman_state *state,
                         const elman_batch *batch);
elman_status batch_check_tokens(const elman_model *model,
                                const elman_state *state,
                                const elman_batch *batch);

/* ---- run.c: as elman_model_forward ... in elman.h ----------------------- */

elman_status model_forward(const elman_model *model, elman_state *state,
                           const elman_batch *batch, float *y);

/* The same, with the rows of the output given to sink, unless it is NULL, as
 * they are made, if the last layer is of a kind that feeds; for a state that
 * keeps all steps. */
elman_status model_forward_into(const elman_model *model, elman_state *state,
                                const elman_batch *batch, const row_sink *sink);
elman_status model_backward(const elman_model *model, elman_state *state,
                            const float *dy, float *dx);

/* The parts of a pass: no gradient at the final states unless the caller writes
 * one; sequences are longer by the batch; rows of y past the end of each are 0;
 * and the output or its gradient goes from the state to the caller (out), whose
 * arrays have the order that the model's config says, or back. */
void pass_begin_training(const elman_model *model, elman_state *state,
                         const elman_batch *batch);
void pass_end_forward(const elman_model *model, elman_state *state,
                      const elman_batch *batch);
void batch_clear_ends(const elman_model *model, const elman_state *state,
                      const elman_batch *batch, float *y);
void state_copy_output(const elman_model *model, const elman_state *state,
                       float *internal, float *external, bool out);

/* Whether there is a pass to go back through. */
elman_status model_check_backward(const elman_model *model,
                                  const elman_state *state, const float *dx);

/* The same of a state that keeps segments, whose output taker takes. */
elman_status model_backward_by(const elman_model *model, elman_state *state,
                               const segment_taker *taker, float *dx);
elman_status cell_step(const elman_model *model, elman_state *state,
                       const float *x, const float *h, const float *c,
                       float *h_out, float *c_out);

/* Layers from *i on, one or several at once, but none from end on; *i becomes
 * the next one. Returns the output of the last. */
const float *layers_forward(const elman_model *model, elman_state *state,
                            const row_sink *sink, const float *x, size_t end,
                            size_t *i);

/* Where (t,b) stands in the caller's arrays. */
static inline size_t batch_row(bool batch_first, size_t T, size_t B, size_t t,
                               size_t b)
{
    return batch_first ? b * T + t : t * B + b;
}

/* Lets the pass that is set have the threads that it is worth. */
void pass_share(const elman_model *model, elman_state *state, bool backward);

/* About how many nanoseconds the layers of the pass that is set take one
 * thread; and how many threads a pass of such a cost is worth now. */
double pass_cost(const elman_model *model, const elman_state *state,
                 bool backward);
int pass_threads(elman_state *state, double cost);

/* Prepares a carved pass whose lengths are set. */
void pass_set(pass *p);

/* ---- segments*.c: see budget.h ---------------------------------------- */

/* How a state of that config spends its budget, which may be none; fails if it
 * is too small. */
elman_status segments_choose(const elman_model *model,
                             const elman_state_config *full,
                             segment_plan *plan);

/* Whether states of the model can have a budget; and the least one of a state
 * of config. */
bool segments_fit(const elman_model *model);
elman_status segments_least(const elman_model *model,
                            const elman_state_config *config, size_t *least);

/* Carves what the state keeps from pass to pass. */
void segments_lay_out(const elman_model *model, elman_state *state, arena *a);

/* Runs a batch that was checked, with y as elman_model_forward has it where the
 * state keeps none, or NULL; and goes back through it from dy. */
void segments_forward(const elman_model *model, elman_state *state,
                      const elman_batch *batch, float *y);
elman_status segments_backward_from(const elman_model *model,
                                    elman_state *state, const float *dy,
                                    float *dx);

/* ---- direct.c ----------------------------------------------------------- */

/* How many sequences it runs at most, without training, 0 if it cannot run the
 * model; and prepares the layers for those that the state's pass of one step
 * lists. */
size_t direct_rows(const elman_model *model, const elman_state *state);
void direct_prepare(const elman_model *model, elman_state *state);

/* A step where that is prepared and all layers have one of their own. */
void direct_step_one(const elman_model *model, elman_state *state,
                     const float *x, float *y);

/* Copies n floats that a kernel has just stored. */
void output_copy(size_t n, const float *from, float *to);

/* Runs T steps of x (T,B,I) or of the pass's tokens; returns the output. */
const float *direct_run(const elman_model *model, elman_state *state, size_t T,
                        const float *x);

/* Runs a batch that was checked, if that is possible. */
bool direct_forward(const elman_model *model, elman_state *state,
                    const elman_batch *batch);

/* ---- step.c ------------------------------------------------------------- */

/* Prepares the state for steps of the streams that are there. */
void step_prepare(const elman_model *model, elman_state *state);

/* check_streams: whether model can run step by step, from tokens or
 * from x. */
elman_status model_check_streams(const elman_model *model, bool tokens);
elman_status model_step(const elman_model *model, elman_state *state,
                        const float *x, float *y);
elman_status model_step_tokens(const elman_model *model, elman_state *state,
                               const int32_t *tokens, float *y);

/* The output of the last forward, (T,B,O) or (B,O), and room for its
 * gradient. */
float *state_output(const elman_model *model, const elman_state *state);
float *state_output_gradient(const elman_model *model,
                             const elman_state *state);

/* ---- save.c, state_save.c: as in elman.h -------------------------------- */

/* A file, or memory, that is not elman's own. */
typedef struct foreign_file {
    byte_source source;
    safetensors *tensors; /* what it holds if it is safetensors, in
                                    memory; else NULL */
} foreign_file;

/* Makes a model of it. tensors is closed by who calls, unless the reader takes
 * it over and sets it to NULL. */
typedef elman_status foreign_reader(foreign_file *file, elman_model **model);

/* elman_model_load and load_memory: the one door for a model file. One that
 * does not call itself elman's own goes to foreign; NULL: it is refused. */
elman_status model_load(const byte_source *source, foreign_reader *foreign,
                        elman_model **model);

/* elman_model_open_memory: the same of memory that the model borrows. */
elman_status model_open(const byte_source *source, foreign_reader *foreign,
                        elman_model **model);

/* A model file of which at least the header was read; messages do not name
 * it. */
elman_status model_parse(const safetensors *file, elman_model **model);

/* Whether the file says that it is elman's own, of whatever kind. */
bool model_is_own(const safetensors *file);
elman_status model_save(const elman_model *model, const char *path);
elman_status model_save_memory(const elman_model *model, size_t room,
                               void *data, size_t *size);

/* The parameters as tensors of a file, and a feed of those that have no data as
 * they are packed; ended by end, must stay where it is. */
typedef struct model_feed {
    tensor_feed feed;
    named_tensor *tensors; /* (info.parameter_count) in order */
    const elman_model *model;
    size_t tensor; /* the rows are of this one */
    weight_rows rows;
    float *room; /* for them */
} model_feed;

elman_status model_feed_begin(const elman_model *model, model_feed *feed);
void model_feed_end(model_feed *feed);
elman_status state_save(const elman_model *model, const elman_state *state,
                        const char *path);
elman_status state_save_memory(const elman_model *model,
                               const elman_state *state, size_t room,
                               void *data, size_t *size);
elman_status state_load(const elman_model *model, elman_state *state,
                        const byte_source *source);

#endif
