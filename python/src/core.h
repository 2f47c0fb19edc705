/*
 * core.h: what the files of the extension share. It stands on elman.h and on
 * CPython's limited API of 3.11 alone, so that one binary serves all later
 * versions. Types are heap types, all state is the module's, and each type has
 * one function that gives an instance's data, so that where it lies can change.
 *
 * Functions that return PyObject * or bool follow CPython: NULL or false means
 * that an exception is set. Arrays come in by the buffer protocol and go out as
 * NumPy arrays; shapes are in the letters of elman.h.
 */
#ifndef ELMAN_CORE_H
#define ELMAN_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "elman.h"

enum { CORE_STATUSES = ELMAN_NOT_FINITE + 1, CORE_MAX_RANK = ELMAN_MAX_AXES };

/* What one copy of the module owns. */
typedef struct core {
    PyObject *module; /* itself, borrowed */
    PyObject
        *errors[CORE_STATUSES]; /* by elman_status; of ELMAN_OK: the base */
    PyTypeObject *view, *model, *state, *optimizer, *dataset, *trainer, *graph,
        *inspection, *encoding, *loader, *torch, *torch_engine, *torch_run;
    PyObject *empty;                                      /* numpy.empty */
    PyObject *asarray;                                    /* numpy.asarray */
    PyTypeObject *ndarray;                                /* numpy.ndarray */
    PyObject *float32, *float64, *int32, *uint64, *bool8; /* numpy's dtypes */
    PyObject *convert; /* elman._convert.convert, once it was needed */
    PyObject *spoken;  /* elman._sentences.spoken, the same */
} core;

/* The module's data: of the module, and of a type of it or a subclass. */
core *core_of_module(PyObject *module);
core *core_of_type(PyTypeObject *type);

/* ---- errors.c: a status becomes an exception ------------------------------
 */

bool errors_create(core *core);

/* Sets the exception of a status, with elman_message as its text; NULL. */
PyObject *errors_raise(core *core, elman_status status);

/* Begins a call that may take minutes: without the GIL, and asked by the
 * library ten times a second for signals, as Ctrl-C. Its thread must hold no
 * lock that a handler in Python may want. */
typedef struct long_call {
    PyThreadState *thread;
    struct long_call *outer; /* whose question has run this one */
    bool ends;               /* a handler has raised something */
} long_call;

void long_call_begin(long_call *call);

/* Ends it. false with the exception set if a handler has raised one: then there
 * is nothing of the call, whatever its status. */
bool long_call_end(long_call *call);

/* A sentence of the library as text, in which options of the program and names
 * of C are what they are in Python; NULL: None. It may run Python. */
PyObject *sentence_write(core *core, const char *text);

/* Sets elman.BadValueError with a text of its own; NULL. */
PyObject *errors_bad_value(const core *core, const char *format, ...);

/* Clears what says that a value is of no use here. false, with the exception
 * left, for what is no such fault: Ctrl-C, no memory. */
bool errors_forgive(void);

/* None, or the exception of a status. */
PyObject *errors_none(core *core, elman_status status);

/* ---- arrays.c: numbers in and out -----------------------------------------
 */

typedef enum array_type {
    ARRAY_FLOAT32,
    ARRAY_FLOAT64,
    ARRAY_INT32,
    ARRAY_UINT64, /* also size_t, where that has 64 bits */
    ARRAY_SIZE,
    ARRAY_BYTE,
    ARRAY_BOOL
} array_type;

/* Numbers of an argument, C-contiguous, as long as it is held. */
typedef struct array {
    void *data;
    size_t rank, shape[CORE_MAX_RANK], count; /* count of all elements */
    Py_buffer buffer;
    bool held;
} array;

/* Reads an argument: numbers of this type that lie in a row are borrowed, all
 * else is converted once. None is refused; name stands in messages. */
bool array_argument(core *core, PyObject *object, array_type type,
                    const char *name, array *to);

/* The same, but None gives data NULL. */
bool array_optional(core *core, PyObject *object, array_type type,
                    const char *name, array *to);

/* The array that a call is to fill: object, which must be writable, of this
 * shape and type, or a new one if it is NULL or None. A new reference. */
PyObject *array_fill(core *core, PyObject *object, array_type type,
                     const char *name, size_t rank, const size_t *shape,
                     array *to);
void array_release(array *array);

/* The arguments (shape, float32) of numpy.empty, for array_new: a caller that
 * makes many arrays of one shape keeps them. */
PyObject *array_plan(const core *core, size_t rank, const size_t *shape);

/* A new array of such a plan; of to, only data is set. */
PyObject *array_new(const core *core, PyObject *plan, array *to);

/* Whether a has this shape; -1 stands for any size. Sets the exception. */
bool array_fits(const core *core, const array *a, const char *name, size_t rank,
                const Py_ssize_t *shape);

/* ---- view.c: memory of the library as an array ------------------------------
 */

bool view_create_type(core *core);

/* A NumPy array on memory that belongs to owner, which it keeps alive. */
PyObject *view_array(core *core, PyObject *owner, float *data, size_t rank,
                     const size_t *shape, bool readonly);

/* ---- batch.c: what a pass reads --------------------------------------------
 */

/* x and lengths of a pass, held as long as it runs. */
typedef struct batch_arrays {
    array x, lengths, ids;
} batch_arrays;

/* Reads x, (T,B,I) or (B,T,I) or tokens, and lengths (B) and ids (B), which may
 * be NULL or None, into batch. */
bool batch_read(core *core, const elman_model *model, PyObject *x,
                PyObject *lengths, PyObject *ids, batch_arrays *arrays,
                elman_batch *batch);
void batch_release(batch_arrays *arrays);

/* The shape of y for a batch of T steps and B sequences: its rank. */
size_t batch_output(const elman_model *model, size_t T, size_t B,
                    size_t *shape);

/* Reads the targets of such a batch, (T,B), (T,B,O) ...: classes for
 * cross-entropy, else values. */
bool target_argument(core *core, const elman_model *model, size_t T, size_t B,
                     elman_loss_kind kind, PyObject *object, array *a,
                     elman_target *target);

/* ---- fields.c: a struct of the library as a dict ----------------------------
 */

typedef enum field_type {
    FIELD_BOOL,
    FIELD_INT,   /* 0 or more */
    FIELD_INT32, /* any, as -1 */
    FIELD_SIZE,
    FIELD_UINT64,
    FIELD_FLOAT,
    FIELD_DOUBLE,
    FIELD_MEASURED,  /* double, which may be NaN */
    FIELD_WORD,      /* an enum: one of words, by its number */
    FIELD_NAME,      /* char[count] */
    FIELD_TEXT,      /* const char *, which lives as long as the dict */
    FIELD_LETTER,    /* char: a string of one, "" for 0 */
    FIELD_STRUCT,    /* a dict of a table of its own */
    FIELD_SIZES,     /* size_t[count], which end with 0 */
    FIELD_FUNCTION,  /* elman_activation: "tanh", ("elu", 1.0), ("affine", a, b)
                      */
    FIELD_FUNCTIONS, /* elman_activation[count] */
    FIELD_INIT       /* elman_init: "orthogonal", ("constant", 1.0) */
} field_type;

/* A field by name; a table ends with a name that is NULL. */
typedef struct field {
    const char *name;
    field_type type;
    size_t offset;
    size_t count;               /* of an array */
    const char *const *words;   /* by number, "" where there is none; ends with
                                   NULL */
    const struct field *fields; /* of FIELD_STRUCT */
} field;

#define FIELD(structure, name, type)                                           \
    {                                                                          \
#name, type, offsetof(structure, name), 0, NULL, NULL                  \
    }
#define FIELD_COUNTED(structure, name, type, count)                            \
    {                                                                          \
#name, type, offsetof(structure, name), count, NULL, NULL              \
    }
#define FIELD_OF(structure, name, words)                                       \
    {                                                                          \
#name, FIELD_WORD, offsetof(structure, name), 0, words, NULL           \
    }
#define FIELD_IN(structure, name, table)                                       \
    {                                                                          \
#name, FIELD_STRUCT, offsetof(structure, name), 0, NULL, table         \
    }
#define FIELDS_END                                                             \
    {                                                                          \
        NULL, FIELD_BOOL, 0, 0, NULL, NULL                                     \
    }

/* Fills a struct from a dict (or NULL, None: leaves it): every key must be a
 * field, None leaves what is there. what names the struct in messages. */
bool fields_read(const core *core, const field *table, PyObject *dict,
                 const char *what, void *to);

/* A dict of all fields. */
PyObject *fields_write(const field *table, const void *from);

/* ---- results.c: a struct of measurements as a dict --------------------------
 */

typedef enum result_type {
    RESULT_BOOL,
    RESULT_SIZE,
    RESULT_UINT64,
    RESULT_INT32,
    RESULT_DOUBLE,
    RESULT_WORD,          /* an enum */
    RESULT_CHARS,         /* char[] */
    RESULT_TEXT,          /* const char *, or NULL */
    RESULT_FLOATS,        /* const float *, of dims */
    RESULT_DOUBLES,       /* const double *, of dims */
    RESULT_COUNTS,        /* const uint64_t *, of dims */
    RESULT_SIZES,         /* const size_t *, of dims */
    RESULT_BOOLS,         /* const bool *, of dims */
    RESULT_TOKENS,        /* const int32_t *, of dims */
    RESULT_PLAIN_DOUBLES, /* double[], of one dim */
    RESULT_PLAIN_COUNTS,  /* uint64_t[], of one dim */
    RESULT_STRUCT,        /* a struct of a table of its own */
    RESULT_POINTER,       /* a pointer to such a struct, or NULL: None */
    RESULT_ROWS,    /* a pointer to as many structs as the first dim says */
    RESULT_POINTERS /* a pointer to as many pointers to structs */
} result_type;

/* One field of a measurement. Sizes of arrays are names of fields, of this
 * struct or of those that it lies in, or numbers. */
typedef struct result {
    const char *name;
    result_type type;
    size_t offset;
    const char *dims[2];
    const struct result *table; /* of structs */
    size_t size;                /* bytes of such a struct */
    const char *const *words;   /* of RESULT_WORD */
} result;

/* A struct in the struct that it lies in. */
typedef struct frame {
    const result *table;
    const void *data;
    const struct frame *around;
} frame;

/* A dict of all fields; arrays are copies. */
PyObject *result_write(core *core, const frame *from);

extern const result flow_results[], contributions_results[],
    truncation_results[], spectrum_results[], exponents_results[],
    fixed_points_results[], gates_results[], units_results[],
    attribution_results[], errors_results[], pulse_results[],
    inspection_results[], point_sizes_results[];

/* How many numbers h and c of all levels have, which lies around what is
 * measured: fixed points tell it only by the model. */
typedef struct point_sizes {
    size_t h_size, c_size;
} point_sizes;
point_sizes point_sizes_of(const elman_model *model);

/* The Jacobian (n,n) at a fixed point, as a new array. */
PyObject *jacobian_array(core *core, const elman_fixed_points *points,
                         size_t index);

/* inspection.c, page.c: writes the page of what was found. args are (path,
 * findings, absences, matrices, points): [(text, advice), ...], [why, ...],
 * [(real, imaginary, radius, norm), ...] and [(real, imaginary, radius,
 * unstable, stable) or None, ...] in place of what was found; the last two may
 * be None. */
struct model_data;
PyObject *page_save(core *core, struct model_data *m,
                    const elman_inspection *found, PyObject *args);

extern const field layer_config_fields[], state_fields[], loss_fields[],
    optimizer_fields[], schedule_fields[], trainer_fields[], dataset_fields[],
    import_fields[], metrics_fields[], progress_fields[], model_info_fields[],
    check_fields[], machine_fields[];
extern const char *const part_words[];
extern const char *const activation_words[];
extern const char *const init_words[];
extern const char *const loss_words[];
extern const char *const constant_words[];

/* A config from {"input_size", "batch_first", "seed", "layers": [dict, ...]},
 * and back. */
bool config_read(const core *core, PyObject *dict, elman_config *config);
PyObject *config_write(const elman_config *config);

/* Text of the library, or of files, whose bytes may be no UTF-8; NULL: None. */
PyObject *text_write(const char *text);

/* For O& of PyArg_Parse: a whole number, 0 or more, as uint64_t or size_t. */
int whole_argument(PyObject *object, void *to);
int size_argument(PyObject *object, void *to);

/* Paths: str, bytes or os.PathLike as the bytes that the system takes; a new
 * reference, whose bytes text points to. */
PyObject *path_read(PyObject *object, const char **text);

/* ---- the types ----------------------------------------------------------- */

/* A Model. Passes share it and writes have it alone: no call waits for another,
 * it is refused. */
typedef struct model_data {
    core *core;
    elman_model *model;
    size_t readers;      /* passes that run without the GIL */
    bool writing;        /* a step of training runs without the GIL */
    bool unmade;         /* model stands for one whose layers come later */
    elman_model *former; /* which it was, or NULL */
} model_data;

bool model_create_type(core *core);
model_data *model_of(PyObject *object);

/* object as a Model, or NULL and TypeError. */
model_data *model_argument(const core *core, PyObject *object);

/* A Model of cls, or of the module if it is NULL, that owns model, also where
 * it fails. */
PyObject *model_wrap(core *core, PyTypeObject *cls, elman_model *model);

/* Begin and end what reads the weights without the GIL, or changes them. Begin
 * fails where the other goes on in another thread. */
bool model_begin_reading(model_data *model);
void model_end_reading(model_data *model);
bool model_begin_writing(model_data *model);
void model_end_writing(model_data *model);

bool optimizer_create_type(core *core);
bool dataset_create_type(core *core);
bool trainer_create_type(core *core);
bool graph_create_type(core *core);
bool inspection_create_type(core *core);
bool encoding_create_type(core *core);
bool loader_create_type(core *core);
bool torch_create_type(core *core);
bool torch_engine_create_type(core *core);
bool torch_run_create_type(core *core);

/* A State, which its lock gives to one call at a time. */
typedef struct state_data {
    core *core;
    PyObject *owner; /* the Model */
    elman_state *state;
    elman_state_config config;
    elman_model_info info; /* of the model, whose shape never changes */
    bool turned;           /* x is (B,T,I) */
    double flops;          /* of a step of all streams */
    PyObject *plans[2];    /* of a step's y (B,O), and (O) of one stream */
    size_t last_T, last_B; /* of the last pass, 0 before any */
    bool *taken;           /* (B) slots with a stream; all, after a load */
    batch_arrays kept;     /* with a budget: what the last pass read, for
                              backward */
    PyThread_type_lock lock;
} state_data;
state_data *state_of(PyObject *object);
bool state_create_type(core *core);

/* ---- state_pass.c: forward, step, backward and loss of a State -------------
 */

/* A call on a state and its model: locked, and without the GIL if it is much
 * work. Nothing of Python runs between begin and end. */
typedef struct state_call {
    state_data *s;
    model_data *m;
    PyThreadState *thread; /* of a call without the GIL */
} state_call;
bool state_call_begin(state_call *call, PyObject *state, double flops);
void state_call_end(state_call *call);

PyObject *state_forward(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *state_step(PyObject *self, PyObject *const *args, Py_ssize_t count);
PyObject *state_call_step(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *state_backward(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *state_loss(PyObject *self, PyObject *args);
PyObject *state_loss_backward(PyObject *self, PyObject *args);

/* object as a State, or NULL and TypeError. */
state_data *state_argument(const core *core, PyObject *object);

/* Waits, without the GIL, until lock is this thread's. */
void lock_acquire(PyThread_type_lock lock);

/* The dataset of a Dataset, or NULL and TypeError. */
elman_dataset *dataset_argument(const core *core, PyObject *object);

/* How many sequences it has, in all parts. */
size_t dataset_sequences(const elman_dataset *dataset);

/* What an encoding says, as a dict. */
PyObject *encoding_dict(const elman_encoding *encoding);

/* A new object of a type of the module or a subclass. Nobody finds it, not even
 * the garbage collector's list, before core_ready gives it away. */
PyObject *core_alloc(PyTypeObject *cls);
PyObject *core_ready(PyObject *made);

/* Whether object is of a type or a subclass. What it says of its class itself,
 * as mocks do, does not count: its memory is read as that type's. */
bool core_is(PyObject *object, PyTypeObject *type);

/* Makes a heap type of spec, keeps it at *type and adds it to the module. */
bool core_add_type(core *core, PyType_Spec *spec, PyTypeObject **type);

/* The functions of a room that are the module's. */
extern PyMethodDef exchange_functions[], learn_functions[], inspect_functions[],
    encoding_functions[], sequence_functions[], journal_functions[],
    table_functions[];

#endif
