/*
 * model.h: a stack of layers with its weights, and the state of a run.
 *
 * weights is one flat array, every parameter from a multiple of 16 floats and
 * the gaps zero; gradients of a state and moments of an optimizer have the
 * same layout. packed holds the copies that products read.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "format/tensor.h"
#include "layer/layer.h"

struct safetensors;

typedef struct model_note {
    char *key, *text;
} model_note;

struct elman_model {
    elman_config config; /* completed */
    elman_model_info info;
    size_t layer_count;
    layer *layers;         /* (layer_count) */
    parameter *parameters; /* (info.parameters) */
    size_t weight_count;   /* floats of weights, gaps included */
    float *weights;
    float *packed;
    size_t packed_count;
    packed_copy *copies; /* (copy_count) */
    size_t copy_count;
    size_t memory_h, memory_c; /* floats of memory per sequence */
    size_t note_count;
    model_note *notes;
};

/* Seconds that a state's passes have spent in a layer. */
typedef struct layer_seconds {
    double forward, backward;
} layer_seconds;

/* The position of a slot that no stream has. */
#define FREE_SLOT UINT64_MAX

/* Where a state's arrays are; see state.c for the picture. */
struct elman_state {
    const elman_model *model;
    elman_state_config config; /* completed */
    bool owned;                /* by destroy */
    size_t bytes;              /* of the whole block */
    size_t work;               /* where the arrays of a pass begin */
    size_t room;               /* and where those of the largest one end */
    bool ran;                  /* a forward has been */
    bool ready;                /* the last forward can go backward */
    bool stepping;             /* the pass is prepared for steps */
    uint64_t *position;        /* (B) steps since reset, or FREE_SLOT */
    pass_memory memory;        /* of config.B sequences */
    pass_training training;    /* all NULL unless config.training */
    layer_state *layers;
    pass full, tail;        /* before and after ELMAN_LAST */
    float *x;               /* (T,B,I) copy of the input, or NULL */
    float *dx;              /* (T,B,I) training */
    int32_t *tokens;        /* (T,B) copy of the input, or NULL */
    layer_seconds *seconds; /* (layer_count) for passes to add to, or NULL */
    double step_cost;       /* about how many nanoseconds a prepared step takes
                               one thread */
    double asked;           /* thread_worth's, about steps */
};

/* ---- config.c ----------------------------------------------------------- */

/* Copies config with every default and name filled in, or says what is wrong
 * with it. */
elman_status config_complete(const elman_config *config, elman_config *full);

/* ---- model.c: as elman_model_... in elman.h ----------------------------- */

elman_status model_create(const elman_config *config, elman_model **model);

/* The same with all weights zero, for a loader to fill and then model_repack;
 * refuses if the weights are more than limit floats. */
elman_status model_create_empty(const elman_config *config, size_t limit,
                                elman_model **model);
void model_destroy(elman_model *model);
elman_status model_read(const elman_model *model, const char *name,
                        size_t count, float *values);
elman_status model_write(elman_model *model, const char *name, size_t count,
                         const float *values);
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

/* How many outputs the model gives: 2 (D,T,B,R) with merge none,
 * else 1. */
size_t model_outputs(const elman_model *model);

/* The parameter of that name, or NULL. */
const parameter *model_find(const elman_model *model, const char *name);

/* Makes the packed copies again, after weights changed. */
void model_repack(elman_model *model, int threads);

/* ---- state.c: as elman_state_... in elman.h ----------------------------- */

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

/* ELMAN_OK if state was made for model. */
elman_status state_check(const elman_model *model, const elman_state *state);

/* elman_state_reset_one of a slot that is there. */
void state_begin_one(const elman_model *model, elman_state *state, size_t b);

/* Whether layers read the caller's x or tokens themselves: they have their
 * layout, and no backward will need a copy. */
bool state_reads_in_place(const elman_model *model, const elman_state *state);

/* Points state's arrays of a pass into its block, for T steps of B. */
void state_carve(elman_state *state, size_t T, size_t B);

/* ---- gradients.c -------------------------------------------------------- */

/* Blocks of B sequences, which are the leaves of a pass. */
size_t state_blocks(const elman_state_config *config, size_t B);

/* Carve what sums of gradients keep, and their room for each thread; config is
 * completed. */
void gradients_lay_out(const elman_model *model,
                       const elman_state_config *config, arena *a,
                       gradient_sums *sums);
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

/* The sum of all that passes have added, as the weights are laid out; closes
 * what is open. What is written there counts until the next pass. */
float *gradients_join(elman_state *state);

/* elman_state_copy_gradients; and what the sums of equal states hold. */
elman_status gradients_copy(elman_state *to, const elman_state *from);
void gradients_copy_arrays(gradient_sums *to, const gradient_sums *from);

/* ---- view.c ------------------------------------------------------------- */

elman_status state_view(const elman_model *model, elman_state *state,
                        const char *name, elman_tensor *view);

/* ---- run.c: as elman_model_forward ... in elman.h ----------------------- */

elman_status model_forward(const elman_model *model, elman_state *state,
                           const elman_batch *batch, float *y);

/* The same, with the rows of the output given to sink, unless it is NULL, as
 * they are made, if the last layer is of a kind that feeds. */
elman_status model_forward_into(const elman_model *model, elman_state *state,
                                const elman_batch *batch, const row_sink *sink);
elman_status model_backward(const elman_model *model, elman_state *state,
                            const float *dy, float *dx);
elman_status cell_step(const elman_model *model, elman_state *state,
                       const float *x, const float *h, const float *c,
                       float *h_out, float *c_out);

/* Prepares a carved pass whose lengths are set. */
void pass_set(pass *p);

/* step.c. check_streams: whether model can run step by step, from tokens or
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

/* A file that is not elman's own, as far as it was read to see that. */
typedef struct foreign_file {
    const char *path;
    char *bytes; /* (size) its content, or NULL if it is safetensors: */
    size_t size;
    struct safetensors *tensors;
} foreign_file;

/* Makes a model of it. What is left of bytes and tensors is freed by who calls;
 * what the reader takes over it sets to NULL. */
typedef elman_status foreign_reader(foreign_file *file, elman_model **model);

/* elman_model_load: the one door for a model file. A file that does not call
 * itself elman's own goes to foreign; NULL: it is refused. */
elman_status model_load(const char *path, foreign_reader *foreign,
                        elman_model **model);

/* A model file that was read; messages do not name it. */
elman_status model_parse(const struct safetensors *file, elman_model **model);

/* Whether the file says that it is elman's own, of whatever kind. */
bool model_is_own(const struct safetensors *file);
elman_status model_save(const elman_model *model, const char *path);

/* The parameters as tensors (info.parameters) of a file, in order. */
void model_tensors(const elman_model *model, named_tensor *tensors);
elman_status state_save(const elman_model *model, const elman_state *state,
                        const char *path);
elman_status state_load(const elman_model *model, elman_state *state,
                        const char *path);

#endif
