/*
 * encoding.c: the type Encoding: how data became numbers, of the note that a
 * model keeps of it. Text becomes tokens, and a token is drawn from logits.
 */
#include "core.h"

#include <string.h>

typedef struct encoding_object {
    PyObject_HEAD core *core;
    elman_encoding *encoding;
} encoding_object;

static encoding_object *encoding_of(PyObject *object)
{
    return (encoding_object *)object;
}

/* ---- as a dict --------------------------------------------------------------
 */

/* A list of texts, some of which may be absent; None for none at all. */
static PyObject *texts(char *const *text, size_t count)
{
    if (!text) Py_RETURN_NONE;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *item = text_write(text[i] ? text[i] : "");
        if (!item || PyList_Append(list, item)) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

PyObject *encoding_dict(const elman_encoding *e)
{
    static const char *const tasks[] = {
        "auto", "language", "classify", "tag", "forecast", "regress", "track"};
    bool per_sequence = false;
    size_t outputs = elman_encoding_outputs(e, &per_sequence);
    return Py_BuildValue(
        "{s:s,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:N,s:N,s:N,s:N}", "task",
        tasks[e->task], "outputs", (Py_ssize_t)outputs, "input_size",
        (Py_ssize_t)e->input_size, "vocabulary", (Py_ssize_t)e->vocabulary,
        "target_count", (Py_ssize_t)e->target_count, "window",
        (Py_ssize_t)e->window, "horizon", (Py_ssize_t)e->horizon, "season",
        (Py_ssize_t)e->season, "per_sequence", PyBool_FromLong(per_sequence),
        "labels", texts(e->labels, e->class_count), "columns",
        texts(e->columns, e->input_size), "targets",
        texts(e->target_names, e->target_count));
}

static PyObject *encoding_facts(PyObject *self, void *unused)
{
    (void)unused;
    return encoding_dict(encoding_of(self)->encoding);
}

/* Words that stand without the blank which texts have between them. */
static PyObject *encoding_bare(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(encoding_of(self)->encoding->bare);
}

/* ---- text -------------------------------------------------------------------
 */

/* The bytes of every token. */
static PyObject *encoding_tokens(PyObject *self, void *unused)
{
    (void)unused;
    const elman_encoding *e = encoding_of(self)->encoding;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < e->vocabulary; i++) {
        PyObject *item = PyBytes_FromStringAndSize(
            e->tokens[i], (Py_ssize_t)e->token_bytes[i]);
        if (!item || PyList_Append(list, item)) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* Text as tokens (n): there are no more of them than bytes, but for a line's
 * end. */
static PyObject *encoding_read(PyObject *self, PyObject *args)
{
    encoding_object *o = encoding_of(self);
    const char *text = NULL;
    Py_ssize_t bytes = 0;
    if (!PyArg_ParseTuple(args, "s#", &text, &bytes)) return NULL;
    if (!o->encoding->vocabulary)
        return errors_bad_value(o->core, "the model reads no text");

    // how many there are, and then their numbers
    size_t count = 0;
    elman_status status = elman_encoding_read(o->encoding, text, (size_t)bytes,
                                              0, NULL, &count, NULL);
    if (status) return errors_raise(o->core, status);
    array a;
    PyObject *made =
        array_fill(o->core, NULL, ARRAY_INT32, "tokens", 1, &count, &a);
    if (!made) return NULL;
    status = elman_encoding_read(o->encoding, text, (size_t)bytes, count,
                                 a.data, &count, NULL);
    array_release(&a);
    if (!status) return made;
    Py_DECREF(made);
    return errors_raise(o->core, status);
}

/* A token drawn from logits (V). */
static PyObject *draw(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"logits", "temperature", "top_k",
                            "seed",   "number",      NULL};
    core *core = core_of_module(module);
    PyObject *logits = NULL;
    double temperature = 1;
    size_t top_k = 0;
    uint64_t seed = 0, number = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|dO&O&O&", names, &logits,
                                     &temperature, size_argument, &top_k,
                                     whole_argument, &seed, whole_argument,
                                     &number))
        return NULL;
    const elman_sampler sampler = {temperature, top_k, seed};
    array a;
    if (!array_argument(core, logits, ARRAY_FLOAT32, "logits", &a)) return NULL;

    // some logits of one step, in a row
    const Py_ssize_t shape[] = {-1};
    bool fits = array_fits(core, &a, "logits", 1, shape);
    if (fits && !a.count) errors_bad_value(core, "there are no logits");
    int32_t token = 0;
    elman_status status = ELMAN_OK;
    if (fits && a.count)
        status = elman_sampler_step(&sampler, number, a.count, a.data, &token);
    bool drawn = fits && a.count && !status;
    array_release(&a);
    if (drawn) return PyLong_FromLong(token);
    return status ? errors_raise(core, status) : NULL;
}

PyMethodDef encoding_functions[] = {
    {"draw", (PyCFunction)(void (*)(void))draw, METH_VARARGS | METH_KEYWORDS,
     "draw($module, logits, temperature=1.0, top_k=0, seed=0, number=0)\n--\n\n"
     "A token drawn from logits (V); number is its own in the text."},
    {NULL, NULL, 0, NULL},
};

/* ---- the type ---------------------------------------------------------------
 */

static PyObject *encoding_new(PyTypeObject *cls, PyObject *args,
                              PyObject *kwargs)
{
    static char *names[] = {"note", NULL};
    core *core = core_of_type(cls);
    const char *note = NULL;
    if (!core || !PyArg_ParseTupleAndKeywords(args, kwargs, "s", names, &note))
        return NULL;
    PyObject *self = core_alloc(cls);
    if (!self) return NULL;
    encoding_object *o = encoding_of(self);
    o->core = core;
    elman_status status = elman_encoding_create(note, &o->encoding);
    if (!status) return core_ready(self);
    Py_DECREF(self);
    return errors_raise(core, status);
}

static int encoding_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void encoding_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    elman_encoding_destroy(encoding_of(self)->encoding);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"read", encoding_read, METH_VARARGS,
     "read($self, text, /)\n--\n\nText as tokens (n)."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"facts", encoding_facts, NULL, "What it says, as Dataset.encoding.", NULL},
    {"tokens", encoding_tokens, NULL, "The bytes of every token.", NULL},
    {"bare", encoding_bare, NULL, "Whether words lack the blank before them.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "How data became numbers."},
    {Py_tp_new, encoding_new},
    {Py_tp_traverse, encoding_traverse},
    {Py_tp_dealloc, encoding_free},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};
static PyType_Spec spec = {
    .name = "elman._core.Encoding",
    .basicsize = sizeof(encoding_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

bool encoding_create_type(core *core)
{
    return core_add_type(core, &spec, &core->encoding);
}
