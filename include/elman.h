/*
 * elman.h: recurrent neural networks in C: correct, fast, and the same to the
 * last bit on every machine. This header is the whole public API with its
 * parts, which it includes, and its manual.
 *
 * Train a network, then run it step by step (TRY stands for however you check
 * a status):
 *
 *     elman_config config = {.input_size = 1, .layers = {
 *         {.kind = ELMAN_LSTM, .hidden_size = 8},
 *         {.kind = ELMAN_LINEAR, .output_size = 1}}};
 *     TRY(elman_model_create(&config, &model));
 *     TRY(elman_state_create(model, &training, &state));
 *     TRY(elman_optimizer_create(model, &adam, &optimizer));
 *     for (int i = 0; i < 100; i++) {
 *         elman_state_reset(model, state);
 *         elman_state_zero_gradients(state);
 *         TRY(elman_model_forward(model, state, &batch, NULL));
 *         TRY(elman_model_loss(model, state, &mse, &target, &loss, NULL));
 *         TRY(elman_model_backward(model, state, NULL, NULL));
 *         TRY(elman_optimizer_step(optimizer, model, state, -1, NULL));
 *     }
 *     TRY(elman_state_create(model, &one_stream, &stream));
 *     TRY(elman_model_step(model, stream, x, y));
 *
 * with, among the declarations before it:
 *
 *     elman_state_config training = {.T = 40, .training = true};
 *     elman_state_config one_stream = {0};
 *     elman_optimizer_config adam = {.learning_rate = 0.01};
 *     elman_loss_config mse = {.kind = ELMAN_LOSS_MEAN_SQUARED};
 *     elman_batch batch = {.T = 40, .B = 1, .x = x};
 *     elman_target target = {.values = wanted};
 *
 * Five nouns carry everything:
 *
 *   config     what to build: a plain struct, where zero means the default
 *   model      layers and weights; const in every call that computes, so any
 *              number of threads can share one
 *   state      everything a run changes: memory, activations and gradients, in
 *              one block of memory; one thread at a time
 *   optimizer  turns gradients into new weights
 *   dataset    sequences by index; knows nothing of models
 *
 * All calls, by noun; (t) in elman_train.h, (i) in elman_inspect.h, (x) in
 * elman_exchange.h:
 *
 *   elman_model_      create destroy load load_memory open_memory save
 *                     save_memory copy size config read_info parameter read
 *                     write read_all write_all note write_note forward
 *                     backward step step_tokens loss loss_backward loss_sum
 *                     loss_weight evaluate(t) residuals(t) flops(t) export(x)
 *                     check(x) check_lengths(x) check_states(x) read_hash(i)
 *   elman_state_      size init create destroy move reset reset_one join
 *                     leave zero_gradients copy copy_gradients save
 *                     save_memory load load_memory view
 *   elman_cell_       step
 *   elman_loss_       forward weight
 *   elman_loss_sum_   forward read
 *   elman_optimizer_  create destroy step norm step_norm save load
 *                     save_memory load_memory
 *   elman_schedule_   rate step
 *   elman_dataset_    open open_arrays read close encoding note size longest
 *                     facts origin values truth class extend inputs repeat
 *                     baseline (t) read_hash(i)
 *   elman_encoding_   create destroy outputs streams rows read (t)
 *   elman_loader_     create destroy read reset size (t)
 *   elman_trainer_    create destroy step stop follow progress profile save
 *                     load begin_save end_save keep_best evaluate baseline
 *                     residuals read_hash read_memory (t)
 *   elman_residuals_  create destroy note scale size read (t)
 *   elman_sampler_    step (t)
 *   elman_array_      load save destroy (t)
 *   elman_flow_       read begin step end (i)
 *   elman_contributions_  begin step end read (i)
 *   elman_truncation_ begin step end (i)
 *   elman_spectrum_   begin step end (i)
 *   elman_exponents_  begin step end (i)
 *   elman_fixed_points_  begin step end jacobian (i)
 *   elman_gates_      begin step end (i)
 *   elman_units_      begin step end (i)
 *   elman_attribution_  begin step end (i)
 *   elman_errors_     begin step end (i)
 *   elman_updates_    begin step end (i)
 *   elman_pulse_      read (i)
 *   elman_trace_      create destroy (i)
 *   elman_replay_     save open close create_model (i)
 *   elman_journal_    create destroy write write_setting rows settings note (i)
 *   elman_inspection_ begin step end (i)
 *   elman_report_     save save_runs (i)
 *   elman_figure_     save (i)
 *   elman_import_     open open_memory look close rows facts extra remark proof
 *                     draft propose proposals create (x)
 *   elman_export_     lines (x)
 *   elman_graph_      open open_memory close ports load write forward read
 *                     save (x)
 *   elman_threads_    limit end
 *   elman_            message version machine_read roof_read kind_read
 *                     rule_read verify(t) bytes_read(t) stop_when(t)
 *
 * Size letters: T steps (sequence length), B sequences (batch), I input_size,
 * H hidden_size, R = proj_size if set, else H, D = 2 if bidirectional, else 1,
 * G gates times H, L recurrent levels, O output size, V vocabulary. Arrays are
 * row-major float32, time first: (T,B,I).
 *
 * Rules that hold everywhere:
 *   - A call that can fail returns an elman_status; elman_message() then gives
 *     one sentence with the value found and the value expected. A call that
 *     fails leaves its outputs as they were.
 *   - create is undone by destroy, open by close and begin by end; all accept
 *     NULL. Arguments are borrowed for the duration of the call.
 *   - create, load, open, copy and begin allocate; init and the model's
 *     forward, backward and step do not, but for what a model's first training
 *     state makes for the model.
 *   - forward overwrites its outputs, backward adds to the gradients, zero
 *     clears them.
 *   - The library never prints, never exits and changes no global setting of
 *     the process.
 */
#ifndef ELMAN_H
#define ELMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who sees the functions below. A program that links libelman.a (CMake's and
 * pkg-config's static ones define ELMAN_STATIC) keeps them to itself, so that
 * several plug-ins of one process have each their own. Who wants something else
 * defines ELMAN_API before this header, here and in the build of the library.
 */
#ifndef ELMAN_API
#if defined(_WIN32) && defined(ELMAN_SHARED)
#define ELMAN_API __declspec(dllexport)
#elif defined(_WIN32) && defined(ELMAN_STATIC)
#define ELMAN_API
#elif defined(_WIN32)
#define ELMAN_API __declspec(dllimport)
#elif defined(__GNUC__) && defined(ELMAN_STATIC)
#define ELMAN_API __attribute__((visibility("hidden")))
#elif defined(__GNUC__)
#define ELMAN_API __attribute__((visibility("default")))
#else
#define ELMAN_API
#endif
#endif

#if defined(__GNUC__)
#define ELMAN_CHECKED ELMAN_API __attribute__((warn_unused_result))
#else
#define ELMAN_CHECKED ELMAN_API
#endif

/* ---- Version ------------------------------------------------------------ */

/* The version of this header, and the only place where it is written. CMake,
 * pkg-config and the name of the library take it from here.
 *
 * Until 1.0 a new MINOR may change anything here, and its library has a name of
 * its own (libelman.so.0.2). A new PATCH changes nothing that a program can
 * see, not even the size of a struct. A change of any result's bits takes at
 * least a new MINOR, and the changelog says it.
 *
 * From 1.0 on a new MINOR adds calls and members of enums, and structs keep
 * their sizes. Only a new MAJOR changes sizes, removes anything or changes a
 * bit of any result.
 *
 * Growth keeps sources valid: structs get new fields at their end only, and a
 * new field that is zero means what was the case without it; enums get new
 * members at their end only, and no number ever changes. So a config written as
 * {.field = value} keeps its meaning. */
#define ELMAN_VERSION_MAJOR 0
#define ELMAN_VERSION_MINOR 2
#define ELMAN_VERSION_PATCH 0

/* One number to compare: 200 for 0.2.0, 10203 for 1.2.3. */
#define ELMAN_VERSION_NUMBER                                                   \
    (ELMAN_VERSION_MAJOR * 10000 + ELMAN_VERSION_MINOR * 100 +                 \
     ELMAN_VERSION_PATCH)

/* ---- Status ------------------------------------------------------------- */

/* How a call went. */
typedef enum elman_status {
    ELMAN_OK = 0,
    ELMAN_NO_MEMORY = 1,  /* an allocation failed */
    ELMAN_BAD_VALUE = 2,  /* an argument is out of range or does not fit */
    ELMAN_BAD_FILE = 3,   /* the system could not open, read or write a file */
    ELMAN_BAD_FORMAT = 4, /* a file's content is not what its format promises */
    ELMAN_NOT_FINITE = 5, /* a loss or gradient became NaN or infinite */
    ELMAN_STOPPED = 6 /* elman_trainer_stop, or the question of elman_stop_when,
                         ended a call early */
} elman_status;

/* The sentence about this thread's last failed call, "" before any; valid until
 * the thread's next failing call. */
ELMAN_API const char *elman_message(void);

/* "MAJOR.MINOR.PATCH" of the library in use. */
ELMAN_API const char *elman_version(void);

/* What the library found on this machine. */
typedef struct elman_machine {
    const char *isa; /* kernels in use: ref base avx2 avx512 neon */
    char cpu[64];    /* the processor's name, "unknown" if it has none */
    int threads;     /* processors that this process may use */
    double peak; /* float32 operations per second of one thread, measured now;
                    a multiply-add counts as two */
} elman_machine;

/* Fills machine; measuring the peak takes about 20 ms. The kernels are chosen
 * once per process, to suit the processor or as the environment variable
 * ELMAN_ISA says; a name that the build or the processor lacks changes nothing,
 * and isa tells what is used. */
ELMAN_CHECKED elman_status elman_machine_read(elman_machine *machine);

/* The machine's peak, which speed is measured against. */
typedef struct elman_roof {
    int threads; /* that ran at once; every rate is theirs together */
    double fp32; /* operations per second on float32 in registers; a
                    multiply-add counts as two */
    double bf16; /* the same with dot products of bfloat16; 0 if the kernels in
                    use have none */
    double int8; /* the same with dot products of 8-bit integers */
    size_t cache[3]; /* bytes: a core's L1, a core's L2, L3 of all cores */
    double read[4];  /* bytes per second read from L1, L2, L3 and memory */
} elman_roof;

/* Measures the peak of that many threads at once: at least one and at most as
 * many as this process may use, whatever threads says; roof->threads has their
 * number. Takes about half a second. */
ELMAN_CHECKED elman_status elman_roof_read(int threads, elman_roof *roof);

/* ---- Threads ------------------------------------------------------------- */

/* A pass that may use several threads shares its work with threads that the
 * library starts when they are first needed: one team for all models and states
 * of the process. They take no signals, and sleep after about a millisecond
 * without work. A program whose last own thread leaves by pthread_exit calls
 * elman_threads_end before, or they keep its process. Where passes run on
 * several threads of the program at once, one of them has the team and the
 * others work alone. A child of fork begins without a team, and may compute.
 * Each copy of the library in a process, as in plug-ins that hold it, has a
 * team and a limit of its own. */

/* From now on a pass runs on at most so many threads, the caller among them,
 * whatever a state's config says; 0: no limit, as before the first call.
 * Results do not change. No variable of the environment is read. */
ELMAN_CHECKED elman_status elman_threads_limit(int threads);

/* Ends the threads of the team and waits for saves in the background; a later
 * pass starts a new team. Waits for a pass that runs elsewhere. To be called
 * before a library or plug-in is unloaded, on Windows and macOS; on Linux it
 * happens by itself then, and when the program ends. Not from a function that
 * runs while a library is loaded or unloaded (DllMain): threads can not end
 * then. */
ELMAN_API void elman_threads_end(void);

/* ---- Config: what to build ---------------------------------------------- */

enum {
    ELMAN_MAX_LAYERS = 32, /* layers of a config */
    ELMAN_MAX_LEVELS = 16, /* num_layers of one recurrent layer */
    ELMAN_MAX_NAME = 32, /* bytes of a layer's name, the final zero included */
    ELMAN_MAX_RANK = 4   /* dimensions of a tensor */
};

/* Kinds of layers; nn stands for torch.nn, whose meaning and parameters they
 * have. Numbers 6 to 8 are tanh, sigmoid and relu in model files and imports:
 * use ELMAN_ACTIVATION instead. */
typedef enum elman_kind {
    ELMAN_END = 0,         /* no layer: ends the list */
    ELMAN_RNN = 1,         /* nn.RNN: h = tanh or relu (W_ih x + W_hh h + b) */
    ELMAN_LSTM = 2,        /* nn.LSTM */
    ELMAN_GRU = 3,         /* nn.GRU */
    ELMAN_LINEAR = 4,      /* nn.Linear on each step */
    ELMAN_EMBEDDING = 5,   /* nn.Embedding; only as the first layer */
    ELMAN_SOFTMAX = 9,     /* over the features of each step */
    ELMAN_LAYER_NORM = 10, /* nn.LayerNorm over the features of each step */
    ELMAN_DROPOUT = 11,    /* nn.Dropout, or one mask for all steps
                              (variational) */
    ELMAN_LAST = 12,       /* one vector per sequence instead of one per step */
    ELMAN_ACTIVATION = 13, /* elementwise: the function that activation names */
    ELMAN_LOG_SOFTMAX = 14, /* over the features of each step */
    ELMAN_MINGRU = 15,      /* minimal GRU: its gate z sees x alone, and z = 1
                               takes the new value, the opposite of a GRU's
                               (Feng et al. 2024, "Were RNNs all we needed?") */
    ELMAN_MINLSTM = 16,     /* minimal LSTM: its gates see x alone; keeps no c
                               (Feng et al. 2024) */
    ELMAN_INDRNN = 17,  /* each unit sees its own h alone (Li et al. 2018) */
    ELMAN_LIGRU = 18,   /* light GRU: no reset gate (Ravanelli et al. 2018) */
    ELMAN_POOL = 19,    /* one vector per sequence, from all its steps */
    ELMAN_L2_NORM = 20, /* nn.functional.normalize over the features of each
                           step: x / max(|x|, eps) */
    ELMAN_REPEAT = 21   /* the one vector of each sequence at n steps: Keras's
                           RepeatVector(n), PyTorch's x[-1].repeat(n, 1, 1).
                           What is behind it begins anew with each pass, so that
                           it answers for the whole sequence so far; such a
                           model has no streams */
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
    ELMAN_FAMILY_LAST = 8,
    ELMAN_FAMILY_POOL = 9,
    ELMAN_FAMILY_L2_NORM = 10,
    ELMAN_FAMILY_REPEAT = 11
} elman_family;

/* How the state of the step before enters the sums into a cell's gates. */
typedef enum elman_recurrence {
    ELMAN_RECURRENCE_NONE = 0,   /* not at all: no weight_hh */
    ELMAN_RECURRENCE_MATRIX = 1, /* W_hh h: weight_hh is (G,R) */
    ELMAN_RECURRENCE_VECTOR = 2  /* each unit its own h: weight_hh is (G) */
} elman_recurrence;

enum { ELMAN_MAX_GATES = 4 }; /* of a cell */

/* What there is to know about a kind of layer. Strings belong to the library
 * and stay valid. */
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
    bool has_cell;           /* keeps c besides h */
    elman_recurrence recurrence;
} elman_kind_info;

/* Describes a kind. Kinds are numbered from 1 without gaps, so the first
 * ELMAN_BAD_VALUE means that there are no more. 6 to 8 are the tanh, sigmoid
 * and relu of older files, for which a program uses ELMAN_ACTIVATION. */
ELMAN_CHECKED elman_status elman_kind_read(elman_kind kind,
                                           elman_kind_info *info);

/* Functions of one number, as ONNX names and defines them; a is alpha, b is
 * beta. alpha and beta must be zero where the function has none. */
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

/* A function with its numbers. alpha and beta are taken as they are: here zero
 * does not stand for a default. */
typedef struct elman_activation {
    elman_activation_kind kind;
    float alpha, beta; /* 0 where the function has none */
} elman_activation;

/* How a bidirectional layer joins its two directions. NONE gives two outputs,
 * (D,T,B,R); it is allowed for a layer of one level at the end of the model. */
typedef enum elman_merge {
    ELMAN_MERGE_CONCAT = 0,
    ELMAN_MERGE_SUM = 1,
    ELMAN_MERGE_MUL = 2,
    ELMAN_MERGE_AVERAGE = 3,
    ELMAN_MERGE_NONE = 4
} elman_merge;

/* What ELMAN_LAST takes of each sequence; zeros for a sequence of length 0. */
typedef enum elman_last {
    ELMAN_LAST_STEP = 0, /* the features of the last valid step: y[length-1] */
    ELMAN_LAST_FINAL = 1 /* h_n: the features where each direction ends; of a
                            concat, the reverse half comes from step 0 */
} elman_last;

/* What ELMAN_POOL makes of the valid steps x[t] of each sequence; zeros for a
 * sequence of length 0. In a stream, and after each of several passes over
 * chunks of time, it is that of all steps since the sequence began. */
typedef enum elman_pool {
    ELMAN_POOL_MEAN = 0, /* of each feature */
    ELMAN_POOL_MAX = 1,  /* of each feature; the first of equal ones has the
                            gradient, NaN is larger than any number */
    ELMAN_POOL_ATTENTION = 2, /* the sum of a[t] x[t], a = softmax over t of
                                 score . tanh(weight x[t] + bias), which are its
                                 parameters: (1,I), (I,I) and (I) */
    ELMAN_POOL_SUM = 3        /* of each feature: it grows with the steps */
} elman_pool;

/* How a parameter is initialized. Fan-in and fan-out are those of the whole
 * parameter, as in torch.nn.init; orthogonal and identity act on the block of
 * each gate. */
typedef enum elman_init_kind {
    ELMAN_INIT_DEFAULT = 0,        /* PyTorch's for the layer */
    ELMAN_INIT_CONSTANT = 1,       /* value */
    ELMAN_INIT_UNIFORM = 2,        /* in [-value, value) */
    ELMAN_INIT_NORMAL = 3,         /* mean 0, sigma = value */
    ELMAN_INIT_XAVIER_UNIFORM = 4, /* value is the gain, 0 means 1 */
    ELMAN_INIT_XAVIER_NORMAL = 5,  /* the same */
    ELMAN_INIT_HE_UNIFORM = 6, /* value is the gain, 0 means sqrt 2; fan in */
    ELMAN_INIT_HE_NORMAL = 7,  /* the same */
    ELMAN_INIT_ORTHOGONAL = 8, /* value is the gain, 0 means 1 */
    ELMAN_INIT_IDENTITY = 9    /* value times the identity, 0 means 1 (IRNN) */
} elman_init_kind;

/* A rule for initial weights, and its number. */
typedef struct elman_init {
    elman_init_kind kind;
    double value; /* its meaning depends on the kind */
} elman_init;

/* One layer. The fields that its kind does not use must be zero. */
typedef struct elman_layer {
    elman_kind kind;
    char name[ELMAN_MAX_NAME]; /* prefix of its parameters' names. Empty means
                                  rnn, fc, embedding, norm; a second layer of
                                  that type is fc2, a third fc3 */

    /* recurrent kinds; elman_kind_read lists what each reads, and the field of
     * another kind is refused by name */
    size_t hidden_size;                    /* H */
    size_t num_layers;                     /* levels, 0 means 1 */
    size_t hidden_sizes[ELMAN_MAX_LEVELS]; /* one H per level, instead of
                                              hidden_size; all zero if unused */
    size_t proj_size;                      /* LSTM: R of every level, 0 none */
    elman_activation_kind nonlinearity;    /* RNN, IndRNN: tanh, the default, or
                                              relu */
    elman_activation activations[2][3]; /* of each direction, ONNX's f, g and h
                                           instead of the layer's own. RNN and
                                           IndRNN: f. GRU: f of r and z, g of n.
                                           LSTM: f of i, f and o, g of g, h of
                                           c. Li-GRU: f of z, g of n. minGRU: f
                                           of z */
    bool no_bias;                       /* also ELMAN_LINEAR */
    bool reverse;                       /* reads from the last step to the
                                           first; outputs stay at their t */
    bool bidirectional;                 /* has a reverse direction as well */
    elman_merge merge;                  /* how the two are joined */
    bool peephole; /* LSTM: i and f see c[t-1], o sees c[t] */
    bool coupled;  /* LSTM: f = 1 - i (ONNX input_forget) */
    float clip;    /* bound on the gates' pre-activations (ONNX clip), 0 none */
    bool reset_before;       /* GRU: reset h before the product (ONNX
                                linear_before_reset = 0, Keras reset_after=False) */
    bool learned_state;      /* the initial h and c are parameters */
    float dropout;           /* on the output of every level but the last; also
                                the probability of ELMAN_DROPOUT */
    bool variational;        /* dropout uses one mask for all steps */
    float recurrent_dropout; /* on h[t-1] where it enters the product, one mask
                                for all steps (Gal & Ghahramani 2016) */
    float zoneout;           /* probability that a unit of h keeps its value */
    float zoneout_cell;      /* LSTM: the same for c (Krueger et al. 2017) */

    elman_init init_ih;   /* weight_ih; also weight of linear, embedding, and
                             weight and score of attention */
    elman_init init_hh;   /* weight_hh, weight_hr; the default of IndRNN is
                             uniform in [0, 1) */
    elman_init init_bias; /* every bias */
    float forget_bias;    /* LSTM: added to the forget gate's bias_ih once it
                             is drawn, 0 none; Keras uses 1 */
    float chrono;         /* LSTM: longest dependency, in steps, for the chrono
                             rule of Tallec & Ollivier 2018 (b_f = log U(1,
                             chrono-1), b_i = -b_f), 0 none */

    size_t output_size;          /* ELMAN_LINEAR: O */
    size_t num_embeddings;       /* ELMAN_EMBEDDING: V */
    size_t embedding_dim;        /* ELMAN_EMBEDDING */
    float eps;                   /* ELMAN_LAYER_NORM, 0 means 1e-5;
                                    ELMAN_L2_NORM, 0 means 1e-12 */
    elman_last last;             /* ELMAN_LAST */
    elman_activation activation; /* ELMAN_ACTIVATION */
    elman_pool pool;             /* ELMAN_POOL */
    size_t repeats;              /* ELMAN_REPEAT: n, at most 2^20; 0: as many as
                                    the sequence has steps, which is whole then:
                                    a pass begins after elman_state_reset */
} elman_layer;

/* A whole network; its layers end before the first whose kind is ELMAN_END. */
typedef struct elman_config {
    size_t input_size; /* I; 0 if the first layer is an embedding */
    bool batch_first;  /* x and y are (B,T,.) instead of (T,B,.) */
    uint64_t seed;     /* of the initial weights */
    elman_layer layers[ELMAN_MAX_LAYERS]; /* from input to output */
} elman_config;

/* ---- Tensor: a view ----------------------------------------------------- */

/* Borrowed memory with a shape; contiguous, row-major. */
typedef struct elman_tensor {
    float *data;                  /* the elements */
    size_t rank;                  /* how many dimensions */
    size_t shape[ELMAN_MAX_RANK]; /* (rank) the size of each */
} elman_tensor;

/* The same for memory that may only be read. */
typedef struct elman_const_tensor {
    const float *data;            /* the elements */
    size_t rank;                  /* how many dimensions */
    size_t shape[ELMAN_MAX_RANK]; /* (rank) the size of each */
} elman_const_tensor;

/* ---- Model: layers and weights ------------------------------------------ */

/* A model holds its weights once, matrices packed in the order in which
 * products read them: that is all that forward, step, read, write, save and
 * copy need. Packing fills units up to a multiple of 16, or outputs to one of 4
 * where few have many inputs, and below 16 units some matrices are packed twice
 * for steps: 256 units take 1.01 of their weights, 100 take 1.14, 33 take 1.5
 * and 8 take 3. Besides that a model is 14 kB, and 4 kB for each layer and
 * level. While a model file is loaded, 16 rows of its widest matrix and 70 kB
 * more are in use; for any other format, the tensors of the file as well: twice
 * the weights.
 *
 * Two copies are made when something first needs them, by whichever thread that
 * is, and then stay: the transposed matrices for the first training state,
 * elman_exponents_begin and elman_fixed_points_begin, and a flat copy in
 * PyTorch's shapes for an optimizer or trainer, elman_model_parameter,
 * elman_model_export to ONNX and elman_spectrum_begin. These fail with
 * ELMAN_NO_MEMORY without memory for it. After a change of the weights,
 * whichever call makes it, all copies are up to date, so no call hands one out
 * for writing. */
typedef struct elman_model elman_model;

/* What a run changes; see the section on it below. */
typedef struct elman_state elman_state;

/* Builds the layers of config and initializes the weights from config->seed. */
ELMAN_CHECKED elman_status elman_model_create(const elman_config *config,
                                              elman_model **model);
ELMAN_API void elman_model_destroy(elman_model *model);

/* Load or save a model file: safetensors with PyTorch's parameter names, and
 * the config and the notes in its metadata. load also takes the other formats
 * of elman_import_open, where nothing is left to ask. save either replaces
 * the file or leaves it as it was. */
ELMAN_CHECKED elman_status elman_model_load(const char *path,
                                            elman_model **model);
ELMAN_CHECKED elman_status elman_model_save(const elman_model *model,
                                            const char *path);

/* The same from and to memory. load_memory takes the bytes of any file that
 * load takes, which are not needed afterwards; messages call them <memory>. A
 * model file is packed from where it is. save_memory gives the bytes that save
 * writes: size receives their number and data, unless it is NULL, the bytes. It
 * fails, and writes nothing, if room is less. */
ELMAN_CHECKED elman_status elman_model_load_memory(const void *data,
                                                   size_t size,
                                                   elman_model **model);
ELMAN_CHECKED elman_status elman_model_save_memory(const elman_model *model,
                                                   size_t room, void *data,
                                                   size_t *size);

/* A model from memory that it borrows, as of an array compiled into a program:
 * the bytes of a model file, which must stay as they are as long as the model.
 * Where they are aligned as floats are (to 4 bytes), the table of an embedding
 * is read there and is not copied, and views are of that memory, so that
 * nothing makes a flat copy for them; matrices are packed. The weights of such
 * a model can not be changed: ELMAN_BAD_VALUE; a copy's can. Bytes of another
 * format are loaded as by load_memory. */
ELMAN_CHECKED elman_status elman_model_open_memory(const void *data,
                                                   size_t size,
                                                   elman_model **model);

/* Another model of the same config, weights and notes, without the copies that
 * training or a view made: the smallest form of a model that was trained. */
ELMAN_CHECKED elman_status elman_model_copy(const elman_model *from,
                                            elman_model **copy);

/* The bytes that the model holds now. */
ELMAN_API size_t elman_model_size(const elman_model *model);

/* The model's config in full: every default filled in, every layer named. */
ELMAN_API const elman_config *elman_model_config(const elman_model *model);

/* What a model takes and gives. */
typedef struct elman_model_info {
    size_t input_size;  /* I, or 0 if it takes tokens */
    size_t vocabulary;  /* V if it takes tokens, else 0 */
    size_t output_size; /* O */
    bool per_sequence;  /* gives (B,O), one vector per sequence, not (T,B,O) */
    bool streams;       /* can run step by step: no layer reads backwards or
                           repeats */
    size_t level_count; /* L: recurrent levels of all layers together */
    size_t parameter_count; /* named arrays; weight_ih_l0 is one */
    size_t weight_count;    /* numbers in all of them */
    size_t output_steps;    /* n, if ELMAN_REPEAT makes the steps of the output:
                               it gives (n,B,O), however long sequences are;
                               else 0 */
} elman_model_info;

/* What model takes and gives; all zero if model is NULL. */
ELMAN_API elman_model_info elman_model_read_info(const elman_model *model);

/* The name of parameter index, in PyTorch's order, and a read-only view of it,
 * unless view is NULL. Returns NULL if there is no such index. The view is
 * valid as long as the model, and every change of the weights changes what it
 * shows. Views of matrices need the model's flat copy, which the first of them
 * makes: without memory for it data is NULL and elman_message says so; rank and
 * shape are there. elman_model_read needs no flat copy. */
ELMAN_API const char *elman_model_parameter(const elman_model *model,
                                            size_t index,
                                            elman_const_tensor *view);

/* Copy a parameter out (read) or in (write); count is its number of elements.
 * write compares, and packs only what has changed. */
ELMAN_CHECKED elman_status elman_model_read(const elman_model *model,
                                            const char *name, size_t count,
                                            float *values);
ELMAN_CHECKED elman_status elman_model_write(elman_model *model,
                                             const char *name, size_t count,
                                             const float *values);

/* The same for all parameters at once: values (weight_count) has them one after
 * another without gaps, in the order of elman_model_parameter; count is
 * weight_count of elman_model_info. */
ELMAN_CHECKED elman_status elman_model_read_all(const elman_model *model,
                                                size_t count, float *values);
ELMAN_CHECKED elman_status elman_model_write_all(elman_model *model,
                                                 size_t count,
                                                 const float *values);

/* Notes: text that is kept with the model and in its file, by key. "encoding"
 * says how data became numbers; "elman" and "format" belong to the file itself.
 * elman_model_note returns NULL if there is no such note; write_note copies
 * text, which must be UTF-8, and removes the note if text is NULL. */
ELMAN_API const char *elman_model_note(const elman_model *model,
                                       const char *key);
ELMAN_CHECKED elman_status elman_model_write_note(elman_model *model,
                                                  const char *key,
                                                  const char *text);

/* ---- State: everything a run changes ------------------------------------ */

/* What a state must have room for; T times B is below 2^31. */
typedef struct elman_state_config {
    size_t T;            /* most steps of one pass, 0 means 1 */
    size_t B;            /* most sequences of one pass, 0 means 1 */
    bool training;       /* keep what backward needs; dropout is on */
    bool keep_gradients; /* keep dh, dc, dgate of every step (training) */
    bool empty;          /* begin without streams: see elman_state_join */
    int threads;   /* that a pass may use: 0 means 1, at most 64. With more than
                      one, a pass now and then tries another way to share the
                      work: results are identical, only timing differs */
    uint64_t seed; /* of dropout and zoneout masks */

    /* how a training state sums the gradients of weights (docs/NUMERICS.md) */
    size_t block;  /* sequences that are summed together, before such blocks
                      join in pairs; 0 means 8. It decides the bits */
    size_t passes; /* passes of B sequences that may add up before
                      elman_state_zero_gradients, 0 means 256. A state of more
                      than 1 keeps an array as large as the weights for each
                      binary digit of their number of blocks; those that it
                      never needs cost addresses, but no memory */
    size_t open_blocks; /* blocks that a pass leaves open, if it has no more,
                           for a pass that continues them; two arrays as large
                           as the weights for each */

    bool keep_steps; /* keep y, and what lies before it, of all steps of a pass,
                        for views and elman_model_loss, as a training state
                        does; without it one of more than 32 sequences does
                        not */

    size_t budget; /* bytes that a training state may take as a whole, 0: as
                      many as it takes to keep all steps; see below */
} elman_state_config;

/* Makes a state of a model. size returns the bytes that it needs; 0, and a
 * message, if config is bad. init makes it in the caller's memory (aligned to
 * 64 bytes), which needs no destroy; create allocates that memory as well.
 * Either way the state is as after reset.
 *
 * Without training and keep_steps, each sequence beyond the first few dozen
 * takes its memory (R, or R and H, of each level), one output (O), all in
 * float32, and 12 bytes, whatever T is. Beside them the state has room for one
 * step of 32 sequences, or of 64 where a layer has more than 2^18 weights, for
 * each thread. A model that reads backwards needs all steps at once: there a
 * sequence takes T times what its layers give.
 *
 * A training state with a budget keeps the steps of one segment of a pass, and
 * the memory before some of the segments; backward runs each again from there,
 * the last one first. Gradients and all else have the bits of a state without,
 * whatever the budget. elman_state_size says what such a state takes: at most
 * the budget, and no more than without one. With bytes for a snapshot of each
 * segment the price is one more forward pass: for an LSTM of 512 units and 10^6
 * steps that is 50 MB of 29 GB, 25 of them for the sums of gradients (with
 * passes 1; sums of more passes count as if all of them were needed). With
 * fewer, steps are run again up to 20 times (Griewank and Walther 2000). Fewer
 * still is ELMAN_BAD_VALUE, with the least number. On both sides of a level
 * that reads backward all steps are kept between layers, so there the least
 * grows with T. What is different:
 *
 *   - x or tokens of a batch are read again by backward: they stay as they are
 *     until then. Each backward has a forward of its own, by this state: not by
 *     one that was copied or moved in between.
 *   - y and dy are the caller's, unless the model gives one vector per
 *     sequence. elman_model_loss_backward needs neither.
 *   - views show memory, gradients and vectors per sequence, not steps.
 *   - no keep_gradients, no open_blocks, and no model that repeats.
 *   - a program that is linked with libelman.a and calls nothing that goes back
 *     has no segments: there a budget that needs some is ELMAN_BAD_VALUE. */
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

/* Takes up a state whose block was copied or mapped to memory (aligned to 64
 * bytes), from elsewhere in this process or from another one with the same
 * build of the library: the block of init or, of a state that create made, the
 * elman_state_size bytes from it on. model has the shape of the one that the
 * state was made for, and is the state's from now on; with its weights
 * everything goes on as it was: memory, slots, sums of gradients, the last
 * pass. What points into the block is made again, and nothing in it is trusted:
 * what is no such block is ELMAN_BAD_FORMAT, with the reason, and stays as it
 * is. The state needs no destroy. Like create, move allocates, but keeps
 * nothing. */
ELMAN_CHECKED elman_status elman_state_move(const elman_model *model,
                                            size_t bytes, void *memory,
                                            elman_state **state);

/* Forgets all memory: h and c become zero, or the learned initial state. Free
 * slots stay free. */
ELMAN_API void elman_state_reset(const elman_model *model, elman_state *state);

/* Forgets the memory of sequence b alone. A free slot becomes active again. */
ELMAN_CHECKED elman_status elman_state_reset_one(const elman_model *model,
                                                 elman_state *state, size_t b);

/* Streams that come and go. A state has B slots; elman_model_step and
 * elman_model_step_tokens run only the active streams and cost only as much,
 * and each gives the bits that it would give alone. join finds the first free
 * slot, where the stream begins as after reset, and writes its number to b; if
 * there is none, that is ELMAN_BAD_VALUE and nothing has changed. leave frees
 * slot b, which is not an error if it is free already. Unless the state was
 * made empty, all slots are active at first. Not for a training state.
 *
 * elman_model_forward runs the batch that it is given: in a free slot with
 * steps a stream begins as if it had joined, and slots of length 0 stay free or
 * keep their stream as it is. So lengths of 1 and 0 are a step of some streams.
 *
 * A server keeps one state, in which each client has a slot, and an x and a y
 * of all slots. In each tick it does, on one thread:
 *
 *     while (a client has arrived)
 *         if (elman_state_join(model, state, &b)) refuse it, or keep it waiting
 *         else the client's slot is b
 *     for (each client that has gone) elman_state_leave(model, state, its slot)
 *     for (each client) copy its input to x + slot * I
 *     elman_model_step(model, state, x, y)
 *     for (each client) its answer is at y + slot * O
 *
 * A client without input in this tick needs forward, with a length of 0. None
 * of these calls allocates; with a thread for each of several states the model
 * is shared. */
ELMAN_CHECKED elman_status elman_state_join(const elman_model *model,
                                            elman_state *state, size_t *b);
ELMAN_CHECKED elman_status elman_state_leave(const elman_model *model,
                                             elman_state *state, size_t b);

/* Clears the gradients of the parameters, like optimizer.zero_grad(). */
ELMAN_API void elman_state_zero_gradients(elman_state *state);

/* The gradients that passes have added to from become those of to, which then
 * goes on with the sum: for chunks of time, each with a state of its own. Both
 * are training states of one model, with equal block, passes and open_blocks
 * and room for as many blocks. */
ELMAN_CHECKED elman_status elman_state_copy_gradients(elman_state *to,
                                                      const elman_state *from);

/* Forks a stream: to becomes a copy of from. Both must have been made for one
 * model, with equal configs but for seed and threads. */
ELMAN_CHECKED elman_status elman_state_copy(elman_state *to,
                                            const elman_state *from);

/* Save or load the memory of a state as safetensors: h, c, what is pooled and
 * position of each sequence, and which slots are free. */
ELMAN_CHECKED elman_status elman_state_save(const elman_model *model,
                                            const elman_state *state,
                                            const char *path);
ELMAN_CHECKED elman_status elman_state_load(const elman_model *model,
                                            elman_state *state,
                                            const char *path);

/* The same to and from memory. save_memory gives the bytes that save writes:
 * size receives their number and data, unless it is NULL, the bytes. It fails,
 * and writes nothing, if room is less. */
ELMAN_CHECKED elman_status elman_state_save_memory(const elman_model *model,
                                                   const elman_state *state,
                                                   size_t room, void *data,
                                                   size_t *size);
ELMAN_CHECKED elman_status elman_state_load_memory(const elman_model *model,
                                                   elman_state *state,
                                                   const void *data,
                                                   size_t size);

/* A view by name. view->data is the state's memory and may be written. T and B
 * are those of the last pass; in the memory views B is the state's. Past the
 * end of a sequence all numbers are 0.
 *
 *   "h" "c"              (L*D,B,R) (L*D,B,H) memory: the final states of the
 *                        last pass and the initial ones of the next; only if
 *                        all levels have one size
 *   "dh_n" "dc_n"        the same shapes: gradient that backward starts from;
 *                        zero after forward
 *   "dh_0" "dc_0"        the same shapes: gradient of the initial states; stays
 *                        until the next backward
 *   "layer0.h_n" ...     any of the six for one level: (B,R) or (B,H)
 *   "layer0.h"           (T,B,R) output of the cell
 *   "layer0.c"           (T,B,H) LSTM's cell
 *   "layer0.gate"        (T,B,G) gates after their activation: LSTM i f g o,
 *                        GRU r z n, minGRU and Li-GRU z n, minLSTM f i n, RNN
 *                        and IndRNN h itself (elman_kind_info.gates); if
 *                        training
 *   "layer0.da"          (T,B,G) gradient at the gates' pre-activations
 *   "layer0.dh" ".dc" ".dgate"   gradient at each of the above, over all paths
 *                        through time; if keep_gradients
 *   "fc.y"  "fc.dy"      (T,B,O) output of a layer and its gradient
 *   "y" "dy"             the same for the last layer; (D,T,B,R) with merge
 *                        none, (B,O) with one vector per sequence, (n,B,O)
 *                        behind ELMAN_REPEAT, as T is n for all behind it
 *   "pool.attention"     (T,B) weights a[t] of ELMAN_POOL_ATTENTION: of the
 *                        last pass, among all steps since the sequence began
 *   "pool.h_n" "pool.dh_n" "pool.dh_0"   (B,.) memory of ELMAN_POOL, and what
 *                        backward passes on from chunk to chunk of time
 *   "rnn.weight_ih_l0.grad"   gradient of a parameter, in its shape: the sum
 *                        of all passes since elman_state_zero_gradients. To
 *                        view one closes what is open, and what is written
 *                        there counts until the next backward
 *
 * A state of more than 32 sequences without training and keep_steps takes a few
 * dozen at a time through the layers: of what is named above it keeps memory
 * and, after a pass of one step or with one vector per sequence, y.
 *
 * layer0, layer1, ... count the recurrent levels of the model. The reverse
 * direction is "layer0_reverse"; its axis T runs in the order in which it
 * reads, so that entry s belongs to step length-1-s. */
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
                              NULL means all T. x is not read past them, and
                              a sequence of length 0 stays as it was: its
                              memory, its position, a slot that is free */
    const uint64_t *ids;   /* (B) identity of each sequence, which its random
                              masks depend on; NULL means 0 to B-1 */
    uint64_t draw;         /* which draw of random masks: use another number
                              for each training step */
    bool continues;        /* backward goes on with the blocks that the backward
                              before it left open: this is the chunk of time
                              before that one, of the same sequences. It is
                              given to forward, and counts for the backward
                              that follows */
} elman_batch;

/* Runs batch from the memory in state, and leaves the final memory there; the
 * state's sequences from the batch's B on stay as they were. y is (T,B,O),
 * (B,T,O) if batch_first, (B,O) if the model gives one vector per sequence,
 * with T the output_steps of elman_model_info if there are any; zeros past the
 * end of each sequence. y may be NULL: where the state keeps it, the view "y"
 * has the same numbers. */
ELMAN_CHECKED elman_status elman_model_forward(const elman_model *model,
                                               elman_state *state,
                                               const elman_batch *batch,
                                               float *y);

/* Goes back through the last forward of a training state. dy has the shape of
 * y; NULL means that the view "dy" holds it. Adds to the parameters' gradients:
 * passes of any number of blocks of sequences add up to the bits of one pass,
 * and so do chunks of time, run last chunk first, each with the dh_0 and dc_0
 * of the chunk after it as its dh_n and dc_n. It fails, and changes nothing, if
 * the state's config has no room for that many blocks. It writes the gradients
 * of the initial states and, unless it is NULL, dx in the shape of x. Further
 * calls go back through the same forward, each with a dy of its own (PyTorch's
 * retain_graph): each adds what a forward and a backward of its own would, so a
 * change of the weights ends that. Uses half a megabyte of the caller's
 * stack. */
ELMAN_CHECKED elman_status elman_model_backward(const elman_model *model,
                                                elman_state *state,
                                                const float *dy, float *dx);

/* One step of each stream: forward with T = 1 for every slot of the state that
 * is not free (elman_state_leave). x is (B,I), B the state's; y is (B,O), or
 * NULL if the view "y" is enough; rows of free slots are neither read nor
 * written. Never allocates; with one thread it neither locks nor makes a system
 * call. */
ELMAN_CHECKED elman_status elman_model_step(const elman_model *model,
                                            elman_state *state, const float *x,
                                            float *y);

/* The same for a model that begins with an embedding, from tokens (B), each
 * from 0 to V-1. One that is out of range is refused before any stream takes a
 * step. */
ELMAN_CHECKED elman_status elman_model_step_tokens(const elman_model *model,
                                                   elman_state *state,
                                                   const int32_t *tokens,
                                                   float *y);

/* Like torch.nn.RNNCell, LSTMCell and GRUCell: one step of a model whose only
 * layer is recurrent with one level and one direction. h (B,R) and c (B,H) are
 * the memory before the step (NULL: zero, or the learned one); h_out and c_out
 * receive the memory after it. For a cell without c, c and c_out must be NULL.
 * For an LSTM, c_out may be NULL. h_out may be h, and c_out may be c. */
ELMAN_CHECKED elman_status elman_cell_step(const elman_model *model,
                                           elman_state *state, const float *x,
                                           const float *h, const float *c,
                                           float *h_out, float *c_out);

/* ---- Loss --------------------------------------------------------------- */

/* Losses, as torch.nn defines them. */
typedef enum elman_loss_kind {
    ELMAN_LOSS_CROSS_ENTROPY = 0,       /* nn.CrossEntropyLoss on logits */
    ELMAN_LOSS_MEAN_SQUARED = 1,        /* nn.MSELoss */
    ELMAN_LOSS_MEAN_ABSOLUTE = 2,       /* nn.L1Loss */
    ELMAN_LOSS_HUBER = 3,               /* nn.HuberLoss */
    ELMAN_LOSS_BINARY_CROSS_ENTROPY = 4 /* nn.BCEWithLogitsLoss */
} elman_loss_kind;

/* What becomes of the losses of all targets. */
typedef enum elman_reduction {
    ELMAN_REDUCTION_MEAN = 0, /* over the targets that count */
    ELMAN_REDUCTION_SUM = 1
} elman_reduction;

/* A loss, named as in torch.nn. */
typedef struct elman_loss_config {
    elman_loss_kind kind;
    elman_reduction reduction;
    const float *class_weights; /* (O) cross-entropy, NULL means all 1 */
    bool has_ignored;           /* targets equal to ignore_index do not count */
    int32_t ignore_index;       /* besides -100, which never counts */
    double label_smoothing;     /* cross-entropy, 0 to 1 */
    double delta;               /* Huber, 0 means 1 */
    double divisor; /* of the mean; 0: what the targets of the pass weigh */
    size_t block;   /* sequences that a sum takes together, 0 means 8 */
} elman_loss_config;

/* The targets of a pass. */
typedef struct elman_target {
    const int32_t *classes; /* (T,B) or (B): cross-entropy; a class for each
                               row of y */
    const float *values;    /* (T,B,O) or (B,O): the others; in y's shape */
} elman_target;

/* The loss of the last pass of state against target, and its gradient. The
 * shape is that of the pass, so none is asked for: target is (T,B) or (T,B,O),
 * (B,T) or (B,T,O) if batch_first, (B) or (B,O) if the model gives one vector
 * per sequence; T is that of y. Steps past the end of a sequence, sequences of
 * length 0 and free slots do not count, and get a gradient of 0. dy, in the
 * shape of the target's values, receives the gradient for elman_model_backward;
 * if it is NULL, the view "dy" of a training state does, where backward finds
 * it if it is given NULL as well. If no target counts, the mean is NaN, as in
 * PyTorch, unless config has a divisor: then it is 0. Not for merge none. */
ELMAN_CHECKED elman_status elman_model_loss(const elman_model *model,
                                            elman_state *state,
                                            const elman_loss_config *config,
                                            const elman_target *target,
                                            double *loss, float *dy);

/* The loss of the last pass as above, and elman_model_backward with its
 * gradient; dx as there. A state with a budget takes both some steps at a time,
 * so that y and its gradient exist for one segment alone: forward may be given
 * NULL as y. */
ELMAN_CHECKED elman_status
elman_model_loss_backward(const elman_model *model, elman_state *state,
                          const elman_loss_config *config,
                          const elman_target *target, double *loss, float *dx);

/* The same of any y (T,B,O), with dy (T,B,O), or NULL for the loss alone. Of
 * shape, only T, B and lengths are read, and all arrays must be as large as
 * they and O say: for one vector per sequence T is 1, not the steps of the
 * batch that was read. O is below 2^31, and so is T times B. dy may be y, or
 * target->values; an overlap of any other kind is refused. */
ELMAN_CHECKED elman_status elman_loss_forward(const elman_loss_config *config,
                                              const elman_batch *shape,
                                              size_t O, const float *y,
                                              const elman_target *target,
                                              double *loss, float *dy);

/* What the mean of these targets divides by: O for each row that counts, or for
 * cross-entropy the weights of their classes. As the divisor of all passes that
 * are parts of one batch it makes their gradients add up to that of the batch's
 * mean. Weights of parts add up to that of the whole; with class_weights not
 * always in the last bit. */
ELMAN_CHECKED elman_status elman_loss_weight(const elman_loss_config *config,
                                             const elman_batch *shape, size_t O,
                                             const elman_target *target,
                                             double *weight);

/* The same of the targets that belong to a batch which model will read, with
 * the shapes of elman_model_loss. */
ELMAN_CHECKED elman_status
elman_model_loss_weight(const elman_model *model, const elman_batch *batch,
                        const elman_loss_config *config,
                        const elman_target *target, double *weight);

/* The losses of passes that are parts of one batch; it starts as {0}. */
typedef struct elman_loss_sum {
    uint64_t count;   /* blocks of sequences so far */
    double level[64]; /* sums of 2^k of them, as a binary counter carries */
} elman_loss_sum;

/* elman_loss_forward, but the loss joins sum, not yet divided. Passes of whole
 * blocks, the last of which may have fewer sequences, give the bits of all of
 * them in one pass. Chunks of time do not: the rows of a block are one sum,
 * from its last step to the first. A mean needs the weight of the whole batch
 * as its divisor, even in one pass: ELMAN_BAD_VALUE if the divisor is 0 while
 * the targets weigh more, and for a sum that did not start as {0} where that
 * can be seen. */
ELMAN_CHECKED elman_status elman_loss_sum_forward(
    const elman_loss_config *config, const elman_batch *shape, size_t O,
    const float *y, const elman_target *target, elman_loss_sum *sum, float *dy);

/* elman_model_loss, but the loss joins sum in that way. */
ELMAN_CHECKED elman_status elman_model_loss_sum(const elman_model *model,
                                                elman_state *state,
                                                const elman_loss_config *config,
                                                const elman_target *target,
                                                elman_loss_sum *sum, float *dy);

/* The sum of all losses so far; divided by their weight, their mean. */
ELMAN_API double elman_loss_sum_read(const elman_loss_sum *sum);

/* ---- Optimizer and schedule --------------------------------------------- */

/* Update rules, as torch.optim and tf.keras.optimizers have them; Lion, which
 * torch.optim lacks, follows its paper. */
typedef enum elman_rule {
    ELMAN_RULE_ADAM = 0,
    ELMAN_RULE_ADAMW = 1,
    ELMAN_RULE_SGD = 2,
    ELMAN_RULE_ADAGRAD = 3,
    ELMAN_RULE_RMSPROP = 4,
    ELMAN_RULE_LION = 5 /* Chen et al. 2023 */
} elman_rule;

/* What there is to know about a rule. Strings belong to the library and stay
 * valid. */
typedef struct elman_rule_info {
    elman_rule rule;
    const char *word;          /* "adamw": on command lines */
    const char *title;         /* "AdamW": in sentences */
    const char *const *fields; /* by name, those fields of
                                  elman_optimizer_config that this rule has but
                                  not every rule; ends with NULL */
} elman_rule_info;

/* Describes a rule. Rules are numbered from 0 without gaps, so the first
 * ELMAN_BAD_VALUE means that there are no more. */
ELMAN_CHECKED elman_status elman_rule_read(elman_rule rule,
                                           elman_rule_info *info);

/* Whose defaults and formulas a rule follows. */
typedef enum elman_flavour {
    ELMAN_FLAVOUR_TORCH = 0,
    ELMAN_FLAVOUR_KERAS = 1
} elman_flavour;

/* Parameters that an optimizer treats in their own way, as a group of torch.
 * optim's: all that it does not say is as the optimizer's config says. */
typedef struct elman_optimizer_group {
    const char *names; /* layers or parameters, separated by commas: "rnn,
                          fc.bias"; blanks around a name and a comma behind the
                          last do not count; * in the name of a parameter stands
                          for any characters: "*.weight_hh*" */
    bool frozen; /* keep their bits; their gradients become 0 and count in no
                    norm, and what is remembered of them stays */
    double learning_rate; /* of every step without one of its own; where a step
                             has one, it is this times that over the config's.
                             0: the config's */
    double weight_decay;  /* 0: the config's */
    bool no_weight_decay; /* it is 0 */
} elman_optimizer_group;

/* Zero means the rule's default in its flavour. Where that default is not zero,
 * a flag says that zero is meant: no_beta1 and the like. With no_epsilon a
 * weight whose gradients were all zero stays, where PyTorch makes it NaN. */
typedef struct elman_optimizer_config {
    elman_rule rule;
    elman_flavour flavour;
    double learning_rate; /* of every step without one of its own */
    double momentum;      /* SGD, RMSprop */
    double dampening;     /* SGD */
    bool nesterov;        /* SGD */
    double beta1, beta2;  /* Adam, AdamW, Lion */
    double alpha;         /* RMSprop's smoothing (Keras: rho) */
    double epsilon;       /* keeps denominators above 0 */
    double weight_decay; /* as a gradient or, where the rule decouples it, times
                            the learning rate */
    bool no_weight_decay;       /* AdamW without its default, 0.01 or
                                   Keras's 0.004 */
    double lr_decay;            /* Adagrad */
    double initial_accumulator; /* Adagrad: what sums of squares start from */
    bool centered;              /* RMSprop */
    bool amsgrad;               /* Adam, AdamW */
    bool maximize;              /* ascend the gradient instead of descending */
    double clip_norm;           /* bound on the global norm, 0 none */
    double clip_value; /* bound on each gradient, after clip_norm, 0 none */
    bool no_beta1;     /* beta1 is 0 */
    bool no_beta2;     /* beta2 is 0 */
    bool no_alpha;     /* alpha is 0 */
    bool no_epsilon;   /* epsilon is 0 */
    bool no_initial_accumulator; /* Adagrad in Keras's flavour: it is 0 */

    /* groups of parameters, none of which is in two of them; what is in none
     * has the values above */
    const elman_optimizer_group *groups; /* (group_count), borrowed by create */
    size_t group_count;                  /* of groups, 0 none */
    bool no_bias_decay; /* whatever the group, parameters of one dimension do
                           not decay: biases, layer norms, learned initial
                           states and IndRNN's weight_hh. They mix no features,
                           so that nothing is gained by keeping them small */
} elman_optimizer_config;

/* A rule at work, with what it remembers of each weight. */
typedef struct elman_optimizer elman_optimizer;

/* An optimizer for the weights of model, which it does not keep. */
ELMAN_CHECKED elman_status elman_optimizer_create(
    const elman_model *model, const elman_optimizer_config *config,
    elman_optimizer **optimizer);
ELMAN_API void elman_optimizer_destroy(elman_optimizer *optimizer);

/* Updates the weights of model from the gradients in state, clipped as the
 * config says, and makes the packed copies again. A negative learning_rate
 * means the config's. norm, unless it is NULL, receives the global norm before
 * clipping. If that is not finite, the status is ELMAN_NOT_FINITE and nothing
 * has changed. */
ELMAN_CHECKED elman_status elman_optimizer_step(elman_optimizer *optimizer,
                                                elman_model *model,
                                                elman_state *state,
                                                double learning_rate,
                                                double *norm);

/* Clips the gradients of several models by their norm together: first the norm
 * of each, which starts as 0 and becomes the root of its square and the squares
 * of the gradients in state (without frozen ones); then a step of each with the
 * norm of all. For one model the two give the bits of elman_optimizer_step.
 * ELMAN_NOT_FINITE as above, from the norm, so that no model has moved yet. A
 * step with a norm does not look for such gradients again. */
ELMAN_CHECKED elman_status
elman_optimizer_norm(const elman_optimizer *optimizer, const elman_model *model,
                     elman_state *state, double *norm);
ELMAN_CHECKED elman_status elman_optimizer_step_norm(elman_optimizer *optimizer,
                                                     elman_model *model,
                                                     elman_state *state,
                                                     double learning_rate,
                                                     double norm);

/* Save or load what an optimizer remembers of the parameters of model, and how
 * many steps it has taken, as safetensors: with its model and its state loaded
 * as well, training goes on to the same bits. load needs an optimizer of the
 * same rule, flavour and groups, for parameters of the same names and shapes;
 * of the config beta1, beta2, amsgrad, centered, maximize and whether there is
 * momentum have to be the same, while rates, decay, bounds and what is frozen
 * may differ. save_memory: data (room bytes) receives the bytes that save
 * writes, and size their number, which is all that happens if data is NULL. */
ELMAN_CHECKED elman_status
elman_optimizer_save(const elman_optimizer *optimizer, const elman_model *model,
                     const char *path);
ELMAN_CHECKED elman_status elman_optimizer_load(elman_optimizer *optimizer,
                                                const elman_model *model,
                                                const char *path);
ELMAN_CHECKED elman_status elman_optimizer_save_memory(
    const elman_optimizer *optimizer, const elman_model *model, size_t room,
    void *data, size_t *size);
ELMAN_CHECKED elman_status elman_optimizer_load_memory(
    elman_optimizer *optimizer, const elman_model *model, const void *data,
    size_t size);

/* Learning-rate schedules, as torch.optim.lr_scheduler has them. */
typedef enum elman_schedule_kind {
    ELMAN_SCHEDULE_CONSTANT = 0,
    ELMAN_SCHEDULE_STEP = 1,        /* times gamma every period */
    ELMAN_SCHEDULE_EXPONENTIAL = 2, /* times gamma each time */
    ELMAN_SCHEDULE_COSINE = 3,  /* to minimum over period, then stays there */
    ELMAN_SCHEDULE_PLATEAU = 4, /* times gamma once more than patience
                                  evaluations in a row did not improve */
    ELMAN_SCHEDULE_RAMP = 5     /* from minimum up to the rate over period, each
                                  step times the same factor */
} elman_schedule_kind;

/* How the learning rate changes. */
typedef struct elman_schedule_config {
    elman_schedule_kind kind;
    size_t warmup;   /* optimizer steps of linear rise before it, 0 none */
    size_t period;   /* step: epochs; cosine, ramp: optimizer steps */
    double gamma;    /* 0 means 0.1 */
    size_t patience; /* plateau, 0 means 10 */
    double minimum;  /* least learning rate */
} elman_schedule_config;

/* The progress of a schedule; all zero at the start. */
typedef struct elman_schedule {
    uint64_t step;  /* optimizer steps done */
    uint64_t epoch; /* epochs done */
    uint64_t cuts;  /* plateau: reductions so far */
    uint64_t bad;   /* plateau: evaluations since the best */
    double best;    /* plateau: best loss, meaningful once seen */
    bool seen;      /* plateau: an evaluation was reported */
} elman_schedule;

/* The learning rate for the next step. */
ELMAN_API double elman_schedule_rate(const elman_schedule_config *config,
                                     const elman_schedule *schedule,
                                     double learning_rate);

/* Reports the loss of an evaluation to a schedule, which only the plateau uses.
 * The caller counts step and epoch. */
ELMAN_API void elman_schedule_step(const elman_schedule_config *config,
                                   elman_schedule *schedule, double loss);

#ifdef __cplusplus
}
#endif

#include "elman_train.h"    /* data, training, sampling, proof */
#include "elman_inspect.h"  /* what happens inside */
#include "elman_exchange.h" /* models from PyTorch, ONNX, NumPy, and back */

#endif
