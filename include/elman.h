/*
 * elman.h: recurrent neural networks that are right, the same to the bit on
 * every machine, and fast. This header is the whole public API and reads as
 * the manual.
 *
 * Five nouns carry everything:
 *
 *   config     what to build: a plain struct, zero means the default
 *   model      layers and weights: const in every computing call, shared by
 *              any number of threads
 *   state      all that a run changes: memory of the past, activations,
 *              gradients. One flat block, one thread at a time
 *   optimizer  gradients in, new weights out: the one writer of a model
 *   dataset    sequences by index; knows no model
 *
 * Size letters: T steps, B sequences (batch), I input_size, H hidden_size,
 * R = proj_size if set else H, D = 2 if bidirectional else 1, G gates x H,
 * L recurrent levels, O output size, V vocabulary. Arrays are row-major
 * float32, time first: (T,B,I).
 *
 * Rules that hold everywhere:
 *   - A call that can fail returns elman_status; elman_message() then gives
 *     one sentence with the value found and the value expected. Outputs are
 *     written on success only.
 *   - create/destroy and open/close pair up; destroy and close accept NULL.
 *     Inputs are borrowed for the call.
 *   - create, load, open and init allocate; forward, backward and step do not.
 *   - forward overwrites, backward adds to gradients, zero clears them.
 *   - The library never prints, never exits and changes nothing of the
 *     process.
 */
#ifndef ELMAN_H
#define ELMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ELMAN_API     __attribute__((visibility("default")))
#define ELMAN_CHECKED __attribute__((visibility("default"), warn_unused_result))
#else
#define ELMAN_API
#define ELMAN_CHECKED
#endif

/* ---- Version ------------------------------------------------------------ */

/* The version of this header, and the only place where it is written. CMake,
 * pkg-config and the name of the library have it from here.
 *
 * Until MAJOR is 1, a new MINOR may change anything here, and its library has a
 * name of its own (libelman.so.0.2); a new PATCH changes nothing that a program
 * can see. After that only a new MAJOR breaks programs.
 *
 * What a source may count on even so: structs grow at their end alone, and zero
 * in a new field means what was so before it; the numbers of enums never change
 * and new ones come last. A config written {.field = value} therefore stays
 * valid. Sizes of structs never change with a PATCH. */
#define ELMAN_VERSION_MAJOR 0
#define ELMAN_VERSION_MINOR 2
#define ELMAN_VERSION_PATCH 0

/* One number to compare: 200 for 0.2.0, 10203 for 1.2.3. */
#define ELMAN_VERSION_NUMBER                                                   \
    (ELMAN_VERSION_MAJOR * 10000 + ELMAN_VERSION_MINOR * 100 +                 \
     ELMAN_VERSION_PATCH)

/* ---- Status ------------------------------------------------------------- */

typedef enum elman_status {
    ELMAN_OK = 0,
    ELMAN_NO_MEMORY = 1,  /* an allocation failed */
    ELMAN_BAD_VALUE = 2,  /* an argument is out of range or does not fit */
    ELMAN_BAD_FILE = 3,   /* the system could not open, read or write a file */
    ELMAN_BAD_FORMAT = 4, /* a file's content is not what its format promises */
    ELMAN_NOT_FINITE = 5  /* a loss or gradient became NaN or infinite */
} elman_status;

/* The sentence for this thread's last failed call; "" before any. Valid until
 * the thread's next failing call. */
ELMAN_API const char *elman_message(void);

/* "MAJOR.MINOR.PATCH" of the library in use, as the macros above are of the
 * header. */
ELMAN_API const char *elman_version(void);

/* What the library found on this machine. */
typedef struct elman_machine {
    const char *isa; /* kernels in use: ref base avx2 avx512 neon */
    char cpu[64];    /* the processor's own name, "unknown" if it has none */
    int threads;     /* processors this process may use */
    double peak;     /* float32 multiply-add operations a second of one thread
                        (two per multiply-add), measured now */
} elman_machine;

/* Fills machine; measuring the peak takes about 20 ms. The kernels are chosen
 * once per process, by the processor or by the environment's ELMAN_ISA. */
ELMAN_CHECKED elman_status elman_machine_read(elman_machine *machine);

/* What the machine can do at most: the roof that speed is measured against. */
typedef struct elman_roof {
    int threads; /* that ran at once; all rates are of all of them together */
    double fp32; /* multiply-add operations a second (two each), in registers */
    double bf16, int8; /* the same by the processor's dot products; 0 where the
                          kernels in use have none */
    size_t cache[3];   /* bytes of L1 and L2 of a core, of L3 of all */
    double read[4];    /* bytes a second read from L1, L2, L3 and memory */
} elman_roof;

/* Measures the roof of so many threads at once, at most all of the machine's;
 * takes about half a second. */
ELMAN_CHECKED elman_status elman_roof_read(int threads, elman_roof *roof);

/* ---- Config: what to build ---------------------------------------------- */

enum {
    ELMAN_MAX_LAYERS = 32, /* layers of a config */
    ELMAN_MAX_LEVELS = 16, /* num_layers of one recurrent layer */
    ELMAN_MAX_NAME = 32, /* bytes of a layer's name, the final zero included */
    ELMAN_MAX_RANK = 4   /* dimensions of a tensor */
};

typedef enum elman_kind {
    ELMAN_END = 0,         /* no layer: ends the list */
    ELMAN_RNN = 1,         /* nn.RNN: h = tanh or relu (W_ih x + W_hh h + b) */
    ELMAN_LSTM = 2,        /* nn.LSTM */
    ELMAN_GRU = 3,         /* nn.GRU */
    ELMAN_LINEAR = 4,      /* nn.Linear on each step */
    ELMAN_EMBEDDING = 5,   /* nn.Embedding; only as the first layer */
    ELMAN_TANH = 6,        /* elementwise */
    ELMAN_SIGMOID = 7,     /* elementwise */
    ELMAN_RELU = 8,        /* elementwise */
    ELMAN_SOFTMAX = 9,     /* over the features of each step */
    ELMAN_LAYER_NORM = 10, /* nn.LayerNorm over the features of each step */
    ELMAN_DROPOUT = 11,    /* nn.Dropout, or one mask for all steps
                              (variational) */
    ELMAN_LAST = 12,       /* one vector per sequence instead of one per step */
    ELMAN_ACTIVATION = 13, /* elementwise: the function that activation names */
    ELMAN_LOG_SOFTMAX = 14 /* over the features of each step */
} elman_kind;

/* What kinds have in common. */
typedef enum elman_family {
    ELMAN_FAMILY_RECURRENT = 1, /* walks through time */
    ELMAN_FAMILY_LINEAR = 2,
    ELMAN_FAMILY_EMBEDDING = 3,
    ELMAN_FAMILY_ACTIVATION = 4, /* elementwise */
    ELMAN_FAMILY_SOFTMAX = 5,
    ELMAN_FAMILY_NORM = 6,
    ELMAN_FAMILY_DROPOUT = 7,
    ELMAN_FAMILY_LAST = 8
} elman_family;

/* How the state of the step before enters the sums into a cell's gates. */
typedef enum elman_recurrence {
    ELMAN_RECURRENCE_NONE = 0,   /* not at all: no weight_hh */
    ELMAN_RECURRENCE_MATRIX = 1, /* W_hh h: weight_hh is (G,R) */
    ELMAN_RECURRENCE_VECTOR = 2  /* each unit its own h: weight_hh is (G) */
} elman_recurrence;

enum { ELMAN_MAX_GATES = 4 }; /* of a cell */

/* A kind of layer. Strings are the library's and stay. */
typedef struct elman_kind_info {
    elman_kind kind;
    elman_family family;
    const char *word;   /* "lstm": in configurations, files, on command lines */
    const char *title;  /* "LSTM": in sentences */
    const char *prefix; /* "rnn": how such a layer is named by default */
    const char *const *fields; /* the fields of elman_layer that it reads, by
                                  name; ends with NULL */

    /* recurrent kinds: */
    size_t gate_count;                  /* G = gate_count H */
    const char *gates[ELMAN_MAX_GATES]; /* their names: blocks of weight_ih */
    size_t activation_count; /* of f, g, h: how many a config may choose */
    bool has_cell;           /* keeps c beside h */
    elman_recurrence recurrence;
} elman_kind_info;

/* Fills info. Kinds are numbered from 1 without a gap, so ELMAN_BAD_VALUE is
 * past the last. */
ELMAN_CHECKED elman_status elman_kind_read(elman_kind kind,
                                           elman_kind_info *info);

typedef enum elman_nonlinearity {
    ELMAN_NONLINEARITY_TANH,
    ELMAN_NONLINEARITY_RELU
} elman_nonlinearity;

/* Functions of one number, as ONNX names and defines them; a is alpha, b is
 * beta. Only those that have an alpha or a beta may set it. */
typedef enum elman_activation_kind {
    ELMAN_ACTIVATION_DEFAULT = 0,          /* the layer's own */
    ELMAN_ACTIVATION_TANH = 1,             /* tanh(x) */
    ELMAN_ACTIVATION_SIGMOID = 2,          /* 1 / (1 + exp(-x)) */
    ELMAN_ACTIVATION_RELU = 3,             /* max(x, 0) */
    ELMAN_ACTIVATION_AFFINE = 4,           /* a x + b */
    ELMAN_ACTIVATION_LEAKY_RELU = 5,       /* x, below 0: a x */
    ELMAN_ACTIVATION_THRESHOLDED_RELU = 6, /* x where x > a, else 0 */
    ELMAN_ACTIVATION_SCALED_TANH = 7,      /* a tanh(b x) */
    ELMAN_ACTIVATION_HARD_SIGMOID = 8,     /* a x + b within 0 and 1 */
    ELMAN_ACTIVATION_ELU = 9,              /* x, below 0: a (exp(x) - 1) */
    ELMAN_ACTIVATION_SOFTSIGN = 10,        /* x / (1 + |x|) */
    ELMAN_ACTIVATION_SOFTPLUS = 11         /* log(1 + exp(x)) */
} elman_activation_kind;

/* alpha and beta are taken as they stand: zero is zero. */
typedef struct elman_activation {
    elman_activation_kind kind;
    float alpha, beta;
} elman_activation;

/* How a bidirectional layer joins its two directions; NONE gives two outputs
 * (D,T,B,R) and is allowed for one level that ends the model. */
typedef enum elman_merge {
    ELMAN_MERGE_CONCAT = 0,
    ELMAN_MERGE_SUM = 1,
    ELMAN_MERGE_MUL = 2,
    ELMAN_MERGE_AVERAGE = 3,
    ELMAN_MERGE_NONE = 4
} elman_merge;

/* What ELMAN_LAST takes of each sequence; 0 for a sequence of length 0. */
typedef enum elman_last {
    ELMAN_LAST_STEP = 0, /* the features of the last valid step: y[length-1] */
    ELMAN_LAST_FINAL = 1 /* h_n: each direction's features where it ends, so the
                        reverse half of a concat comes from step 0 */
} elman_last;

/* How a parameter is drawn. Fans are taken on the whole parameter, as
 * torch.nn.init does; orthogonal and identity act on each gate's block. */
typedef enum elman_init_kind {
    ELMAN_INIT_DEFAULT = 0,        /* PyTorch's for the layer */
    ELMAN_INIT_CONSTANT = 1,       /* value */
    ELMAN_INIT_UNIFORM = 2,        /* in [-value, value) */
    ELMAN_INIT_GAUSSIAN = 3,       /* mean 0, sigma = value */
    ELMAN_INIT_XAVIER_UNIFORM = 4, /* value is the gain, 0 means 1 */
    ELMAN_INIT_XAVIER_NORMAL = 5,  /* the same */
    ELMAN_INIT_HE_UNIFORM = 6, /* value is the gain, 0 means sqrt 2; fan in */
    ELMAN_INIT_HE_NORMAL = 7,  /* the same */
    ELMAN_INIT_ORTHOGONAL = 8, /* value is the gain, 0 means 1 */
    ELMAN_INIT_IDENTITY = 9    /* value times the identity, 0 means 1 (IRNN) */
} elman_init_kind;

typedef struct elman_init {
    elman_init_kind kind;
    double value;
} elman_init;

/* One layer. Fields that a kind does not use must be zero. */
typedef struct elman_layer {
    elman_kind kind;
    char name[ELMAN_MAX_NAME]; /* prefix of its parameters' names. Empty means
                                  rnn, fc, embedding, norm; a second one of a
                                  sort is fc2, ... */

    /* recurrent: ELMAN_RNN, ELMAN_LSTM, ELMAN_GRU */
    size_t hidden_size;                    /* H */
    size_t num_layers;                     /* levels, 0 means 1 */
    size_t hidden_sizes[ELMAN_MAX_LEVELS]; /* one H per level, instead of
                                              hidden_size; all zero if unused */
    size_t proj_size;                      /* LSTM: R of every level, 0 none */
    elman_nonlinearity nonlinearity;       /* RNN */
    elman_activation activations[2][3]; /* of each direction, ONNX's f, g and h
                                           instead of the layer's own. RNN: f.
                                           GRU: f of r and z, g of n. LSTM: f of
                                           i, f and o, g of g, h of c */
    bool no_bias;                       /* also ELMAN_LINEAR */
    bool reverse;                       /* read from the last step to the
                                           first; outputs stay at their t */
    bool bidirectional;
    elman_merge merge;
    bool peephole; /* LSTM: i and f see c[t-1], o sees c[t] */
    bool coupled;  /* LSTM: f = 1 - i (ONNX input_forget) */
    float clip;    /* bound on the sums into the gates (ONNX clip), 0 none */
    bool reset_before;       /* GRU: reset h before the product (ONNX
                                linear_before_reset = 0, Keras reset_after=False) */
    bool learned_state;      /* the initial states are parameters */
    float dropout;           /* on the output of every level but the last; the
                                probability of ELMAN_DROPOUT */
    bool variational;        /* that dropout uses one mask for all steps */
    float recurrent_dropout; /* on h[t-1] where it enters the product, one mask
                                for all steps (Gal & Ghahramani 2016) */
    float zoneout;           /* chance that a unit of h keeps its old value */
    float zoneout_cell;      /* LSTM: the same for c (Krueger et al. 2017) */

    elman_init init_ih;   /* weight_ih; also weight of linear, embedding */
    elman_init init_hh;   /* weight_hh, weight_hr */
    elman_init init_bias; /* every bias */
    float forget_bias;    /* LSTM: added to the forget gate's bias_ih after its
                             drawing, 0 none; Keras uses 1 */
    float chrono;         /* LSTM: longest dependency for the chrono rule of
                             Tallec & Ollivier 2018 (b_f = log U(1, chrono-1),
                             b_i = -b_f), 0 none */

    size_t output_size;          /* ELMAN_LINEAR: O */
    size_t num_embeddings;       /* ELMAN_EMBEDDING: V */
    size_t embedding_dim;        /* ELMAN_EMBEDDING */
    float eps;                   /* ELMAN_LAYER_NORM, 0 means 1e-5 */
    elman_last last;             /* ELMAN_LAST */
    elman_activation activation; /* ELMAN_ACTIVATION */
} elman_layer;

typedef struct elman_config {
    size_t input_size; /* I; 0 if the first layer is an embedding */
    bool batch_first;  /* x and y are (B,T,.) instead of (T,B,.) */
    uint64_t seed;     /* of the initial weights */
    elman_layer layers[ELMAN_MAX_LAYERS];
} elman_config;

/* ---- Tensor: a view ----------------------------------------------------- */

/* Borrowed memory with a shape; contiguous, row-major. */
typedef struct elman_tensor {
    float *data;
    size_t rank;
    size_t shape[ELMAN_MAX_RANK];
} elman_tensor;

/* ---- Model: layers and weights ------------------------------------------ */

typedef struct elman_model elman_model;
typedef struct elman_state elman_state;

/* Builds the layers of config and draws the weights from config->seed. */
ELMAN_CHECKED elman_status elman_model_create(const elman_config *config,
                                              elman_model **model);
ELMAN_API void elman_model_destroy(elman_model *model);

/* Reads and writes the model file: safetensors with PyTorch's parameter names;
 * configuration and notes are in its metadata. save replaces path at once or
 * leaves it as it was. */
ELMAN_CHECKED elman_status elman_model_load(const char *path,
                                            elman_model **model);
ELMAN_CHECKED elman_status elman_model_save(const elman_model *model,
                                            const char *path);

/* The config in full: every default filled in, every layer named. */
ELMAN_API const elman_config *elman_model_config(const elman_model *model);

/* What a model takes and gives. */
typedef struct elman_model_info {
    size_t input_size;  /* I, or 0 if it takes tokens */
    size_t vocabulary;  /* V if it takes tokens, else 0 */
    size_t output_size; /* O */
    bool per_sequence;  /* gives (B,O), not (T,B,O) */
    bool streams;       /* can step: no layer looks ahead */
    size_t levels;      /* L: recurrent levels, all layers together */
    size_t parameters;  /* named parameters: weight_ih_l0 is one */
    size_t weights;     /* numbers in all parameters together */
} elman_model_info;
ELMAN_API elman_model_info elman_model_size(const elman_model *model);

/* The name and shape of parameter index (0 to parameters-1), in PyTorch's
 * order; shape->data points to the weights, to look at only. NULL past the
 * end. */
ELMAN_API const char *elman_model_parameter(const elman_model *model,
                                            size_t index, elman_tensor *shape);

/* Copies a parameter out, or in; count is its number of elements. */
ELMAN_CHECKED elman_status elman_model_read(const elman_model *model,
                                            const char *name, size_t count,
                                            float *values);
ELMAN_CHECKED elman_status elman_model_write(elman_model *model,
                                             const char *name, size_t count,
                                             const float *values);

/* Text kept with the model and in its file, by key ("encoding" is how data
 * became numbers; "elman" and "format" are the file's own). note returns NULL
 * if there is none; write copies, and NULL text removes. */
ELMAN_API const char *elman_model_note(const elman_model *model,
                                       const char *key);
ELMAN_CHECKED elman_status elman_model_write_note(elman_model *model,
                                                  const char *key,
                                                  const char *text);

/* ---- State: all that a run changes -------------------------------------- */

typedef struct elman_state_config {
    size_t T;            /* most steps of one pass, 0 means 1 */
    size_t B;            /* most sequences of one pass, 0 means 1 */
    bool training;       /* keep what backward needs; dropout is on */
    bool keep_gradients; /* keep dh, dc, dgate of every step (training) */
    bool empty;          /* no stream is there at first: elman_state_join */
    int threads;   /* that a pass may use, 0 means 1, at most 64. With more
                      than one the first passes of each size try how
                      to share the work; bits are the same, times not */
    uint64_t seed; /* of dropout and zoneout masks */
} elman_state_config;

/* Bytes a state needs; 0, with a message, if config is bad. A state in memory
 * of the caller (64-byte aligned) is made by init and needs no destroy;
 * create does both. Either starts as after reset. */
ELMAN_API size_t elman_state_size(const elman_model *model,
                                  const elman_state_config *config);
ELMAN_CHECKED elman_status elman_state_init(const elman_model *model,
                                            const elman_state_config *config,
                                            size_t bytes, void *memory,
                                            elman_state **state);
ELMAN_CHECKED elman_status elman_state_create(const elman_model *model,
                                              const elman_state_config *config,
                                              elman_state **state);
ELMAN_API void elman_state_destroy(elman_state *state);

/* Forgets the past: h and c become zero or the learned initial state. Free
 * places stay free. */
ELMAN_API void elman_state_reset(const elman_model *model, elman_state *state);

/* Forgets the past of sequence b alone. In a place that a stream has left, one
 * is there again. */
ELMAN_CHECKED elman_status elman_state_reset_one(const elman_model *model,
                                                 elman_state *state, size_t b);

/* Streams that come and go: elman_model_step runs only those that are there, at
 * the cost of so many; each gives the bits that it would give alone. join finds
 * a free place b, where the stream begins as after reset; leave frees b, and is
 * no error if it is free. In a
 * state that is not made empty all B places are taken at first. Not for a
 * training state. elman_model_forward runs the batch that it is given: a free
 * place that it runs is taken from then on. */
ELMAN_CHECKED elman_status elman_state_join(const elman_model *model,
                                            elman_state *state, size_t *b);
ELMAN_CHECKED elman_status elman_state_leave(const elman_model *model,
                                             elman_state *state, size_t b);

/* Clears the gradients of the parameters. */
ELMAN_API void elman_state_zero(elman_state *state);

/* Forks a stream: to becomes what from is. Both were made for one model with
 * equal configs. */
ELMAN_CHECKED elman_status elman_state_copy(elman_state *to,
                                            const elman_state *from);

/* Saves or loads the memory of the past (h, c and position of each sequence,
 * and which places are free), as safetensors. */
ELMAN_CHECKED elman_status elman_state_save(const elman_model *model,
                                            const elman_state *state,
                                            const char *path);
ELMAN_CHECKED elman_status elman_state_load(const elman_model *model,
                                            elman_state *state,
                                            const char *path);

/* A view by name; data may be written, and stays the state's. T and B are the
 * last pass's, but for memory B is the state's. Past a sequence's end all is 0.
 *
 *   "h" "c"              (L*D,B,R) (L*D,B,H) memory: the final states of the
 *                        last pass and the initial ones of the next; only if
 *                        all levels have one size
 *   "dh_n" "dc_n"        the same shapes: gradient that backward starts from;
 *                        zero after forward
 *   "dh_0" "dc_0"        the same shapes: gradient of the initial states
 *   "layer0.h_n" ...     any of the six for one level: (B,R) or (B,H)
 *   "layer0.h"           (T,B,R) output of the cell
 *   "layer0.c"           (T,B,H) LSTM's cell
 *   "layer0.gate"        (T,B,G) gates after squashing: LSTM i f g o, GRU r z
 *                        n, RNN h itself; if training
 *   "layer0.da"          (T,B,G) gradient at the sums into the gates
 *   "layer0.dh" ".dc" ".dgate"   gradient at each of the above, all paths of
 *                        time included; if keep_gradients
 *   "fc.y"  "fc.dy"      (T,B,O) output of a layer and its gradient
 *   "y" "dy"             the same for the last layer; (D,T,B,R) with merge
 *                        none, (B,O) with one vector per sequence
 *   "rnn.weight_ih_l0.grad"      gradient of a parameter, in its shape
 *
 * layer0, layer1, ... count the recurrent levels of the model; the reverse
 * direction is "layer0_reverse", and its axis T runs in the order in which it
 * reads: entry s belongs to step length-1-s. */
ELMAN_CHECKED elman_status elman_state_view(const elman_model *model,
                                            elman_state *state,
                                            const char *name,
                                            elman_tensor *view);

/* ---- Passes ------------------------------------------------------------- */

/* What a pass reads. */
typedef struct elman_batch {
    size_t T, B;           /* steps and sequences; at most the state's */
    const float *x;        /* (T,B,I), or (B,T,I) if batch_first */
    const int32_t *tokens; /* (T,B) or (B,T): instead of x, for a model that
                              begins with an embedding */
    const size_t *lengths; /* (B) valid steps of each, 0 to T, in any order;
                              NULL means all T. x is not read past them */
    const uint64_t *ids;   /* (B) who each sequence is, for its random masks;
                              NULL means 0 to B-1 */
    uint64_t draw;         /* which draw of random masks: another number for
                              each training step */
} elman_batch;

/* Runs batch from the memory in state and leaves the final memory there.
 * y is (T,B,O), (B,T,O) if batch_first, (B,O) if the model gives one vector
 * per sequence; 0 past each sequence's end; NULL if the view "y" is enough. */
ELMAN_CHECKED elman_status elman_model_forward(const elman_model *model,
                                               elman_state *state,
                                               const elman_batch *batch,
                                               float *y);

/* Back through the last forward of a training state. dy is like y; NULL means
 * what stands in the view "dy". Adds to the parameters' gradients; writes
 * the gradients of the initial states and, unless NULL, dx like x. Takes half a
 * megabyte of the caller's stack. */
ELMAN_CHECKED elman_status elman_model_backward(const elman_model *model,
                                                elman_state *state,
                                                const float *dy, float *dx);

/* One step of each stream: forward with T = 1 for all B places of the state,
 * but those that are free (elman_state_leave). x is (B,I), y is (B,O), or NULL
 * if the view "y" is enough; rows of free places are neither read nor written.
 * Never allocates; with one thread it neither locks nor makes a system call. A
 * model that reads tokens streams by forward with T = 1. */
ELMAN_CHECKED elman_status elman_model_step(const elman_model *model,
                                            elman_state *state, const float *x,
                                            float *y);

/* torch.nn.RNNCell, LSTMCell, GRUCell: one step of a model whose only layer is
 * recurrent with one level. h (B,R) and c (B,H) come in as the state before
 * (NULL for zero, or the learned one) and go out as the state after; c is NULL
 * unless an LSTM. h and h_out may be one array, c and c_out too. */
ELMAN_CHECKED elman_status elman_cell_step(const elman_model *model,
                                           elman_state *state, const float *x,
                                           const float *h, const float *c,
                                           float *h_out, float *c_out);

/* ---- Loss --------------------------------------------------------------- */

typedef enum elman_loss_kind {
    ELMAN_CROSS_ENTROPY = 0,       /* nn.CrossEntropyLoss on logits */
    ELMAN_MEAN_SQUARED = 1,        /* nn.MSELoss */
    ELMAN_MEAN_ABSOLUTE = 2,       /* nn.L1Loss */
    ELMAN_HUBER = 3,               /* nn.HuberLoss */
    ELMAN_BINARY_CROSS_ENTROPY = 4 /* nn.BCEWithLogitsLoss */
} elman_loss_kind;

typedef enum elman_reduction {
    ELMAN_REDUCTION_MEAN = 0, /* over the targets that count */
    ELMAN_REDUCTION_SUM = 1
} elman_reduction;

typedef struct elman_loss_config {
    elman_loss_kind kind;
    elman_reduction reduction;
    const float *class_weights; /* (O) cross-entropy, NULL means all 1 */
    bool has_ignored;       /* targets equal to ignore_index do not count; */
    int32_t ignore_index;   /* -100 never counts */
    double label_smoothing; /* cross-entropy, 0 to 1 */
    double delta;           /* Huber, 0 means 1 */
} elman_loss_config;

/* What a pass should have given. */
typedef struct elman_target {
    const int32_t *classes; /* (T,B) or (B): cross-entropy */
    const float *values;    /* (T,B,O) or (B,O): the others */
} elman_target;

/* The loss of y (T,B,O) against target and its gradient dy (T,B,O); NULL if
 * not wanted. Of shape only T, B and lengths are read; T is 1 for one vector
 * per sequence. Steps past lengths (B) (NULL means all T) do not count and get
 * a gradient of 0. All ignored: NaN for the mean, as in PyTorch. */
ELMAN_CHECKED elman_status elman_loss_forward(const elman_loss_config *config,
                                              const elman_batch *shape,
                                              size_t O, const float *y,
                                              const elman_target *target,
                                              double *loss, float *dy);

/* ---- Optimizer and schedule --------------------------------------------- */

typedef enum elman_rule {
    ELMAN_ADAM = 0,
    ELMAN_ADAMW = 1,
    ELMAN_SGD = 2,
    ELMAN_ADAGRAD = 3,
    ELMAN_RMSPROP = 4,
    ELMAN_LION = 5 /* Chen et al. 2023 */
} elman_rule;

/* A rule of the optimizer. Strings are the library's and stay. */
typedef struct elman_rule_info {
    elman_rule rule;
    const char *word;          /* "adamw": on command lines */
    const char *title;         /* "AdamW": in sentences */
    const char *const *fields; /* the fields of elman_optimizer_config that this
                                  rule has and not every one, by name; ends
                                  with NULL */
} elman_rule_info;

/* Fills info. Rules are numbered from 0 without a gap, so ELMAN_BAD_VALUE is
 * past the last. */
ELMAN_CHECKED elman_status elman_rule_read(elman_rule rule,
                                           elman_rule_info *info);

typedef enum elman_flavour { ELMAN_TORCH = 0, ELMAN_KERAS = 1 } elman_flavour;

/* Zero means the rule's default in its flavour; the fields whose default is
 * not zero and that may be zero have a no_ twin. */
typedef struct elman_optimizer_config {
    elman_rule rule;
    elman_flavour flavour;
    double learning_rate;
    double momentum;     /* SGD, RMSprop */
    double dampening;    /* SGD */
    bool nesterov;       /* SGD */
    double beta1, beta2; /* Adam, AdamW, Lion */
    double alpha;        /* RMSprop's smoothing (Keras: rho) */
    double epsilon;
    double weight_decay;
    bool no_weight_decay; /* AdamW without its default 0.01 */
    double lr_decay;      /* Adagrad */
    double initial_accumulator;
    bool centered;     /* RMSprop */
    bool amsgrad;      /* Adam, AdamW */
    bool maximize;     /* climb instead of descend */
    double clip_norm;  /* bound on the global norm, 0 none */
    double clip_value; /* bound on each gradient, after clip_norm, 0 none */
} elman_optimizer_config;

typedef struct elman_optimizer elman_optimizer;

ELMAN_CHECKED elman_status elman_optimizer_create(
    const elman_model *model, const elman_optimizer_config *config,
    elman_optimizer **optimizer);
ELMAN_API void elman_optimizer_destroy(elman_optimizer *optimizer);

/* Clips the gradients in state and moves the weights of model by them, with
 * the given learning rate (negative means the config's). norm, unless NULL,
 * gets the global norm before clipping. Not finite: ELMAN_NOT_FINITE, and
 * nothing has changed. */
ELMAN_CHECKED elman_status elman_optimizer_step(elman_optimizer *optimizer,
                                                elman_model *model,
                                                elman_state *state,
                                                double learning_rate,
                                                double *norm);

typedef enum elman_schedule_kind {
    ELMAN_SCHEDULE_CONSTANT = 0,
    ELMAN_SCHEDULE_STEP = 1,        /* times gamma every period */
    ELMAN_SCHEDULE_EXPONENTIAL = 2, /* times gamma each time */
    ELMAN_SCHEDULE_COSINE = 3, /* to minimum over period, then stays there */
    ELMAN_SCHEDULE_PLATEAU = 4 /* times gamma after patience evaluations that
                              brought nothing */
} elman_schedule_kind;

typedef struct elman_schedule_config {
    elman_schedule_kind kind;
    size_t warmup;   /* optimizer steps of linear rise before it, 0 none */
    size_t period;   /* step: epochs; cosine: optimizer steps */
    double gamma;    /* 0 means 0.1 */
    size_t patience; /* plateau, 0 means 10 */
    double minimum;  /* least learning rate */
} elman_schedule_config;

/* What a schedule has seen; zero is the start. */
typedef struct elman_schedule {
    uint64_t step;  /* optimizer steps done */
    uint64_t epoch; /* epochs done */
    uint64_t cuts;  /* plateau: reductions so far */
    uint64_t bad;   /* plateau: evaluations since the best */
    double best;    /* plateau: best loss, meaningful once seen */
    bool seen;
} elman_schedule;

/* The learning rate for the step to come. */
ELMAN_API double elman_schedule_rate(const elman_schedule_config *config,
                                     const elman_schedule *schedule,
                                     double learning_rate);

/* Tells a schedule the loss of an evaluation: only the plateau listens. step
 * and epoch are the caller's to count. */
ELMAN_API void elman_schedule_step(const elman_schedule_config *config,
                                   elman_schedule *schedule, double loss);

#ifdef __cplusplus
}
#endif

#include "elman_train.h" /* data, training, sampling, looking inside, proof */
#include "elman_exchange.h" /* models from PyTorch, ONNX, NumPy, and back */

#endif
