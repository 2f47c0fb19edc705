/*
 * torch_pass.c: passes of an Engine, and the type Run: a pass that may go back.
 * As long as there is one, its engine keeps the weights, and other weights get
 * another engine.
 */
#include "torch_engine.h"

#include <string.h>

/* Numbers of an output that is made from another one of its shape, which is
 * faster. */
enum { SMALL_OUTPUT = 1 << 14 };
static const double small_flops = 4e4; /* with the GIL: about 2 us */

typedef struct run_object {
    PyObject_HEAD engine *of;
    pooled *state; /* NULL once it is over */
    size_t T, B;
    bool cell, counted; /* as one that is pending */
    PyThread_type_lock lock;
} run;

static run *run_of(PyObject *object) { return (run *)object; }

/* ---- passes -------------------------------------------------------------- */

/* The tensor of output i, y, h_n or c_n. */
static PyObject *make_output(const engine *e, pooled *s, const torch_pass *p,
                             int i, float **data)
{
    const torch_data *g = torch_of(e->owner);
    if (s->like[i]) return tensor_like(g, s->like[i], data);
    size_t width = i == 0 ? e->O : i == 1 ? e->R : e->shape.hidden;
    size_t shape[] = {i ? e->LD : p->T, p->B, width};
    if (i == 0 && e->shape.batch_first) shape[0] = p->B, shape[1] = p->T;
    size_t skip = p->cell ? 1 : 0;
    PyObject *made = tensor_new(g, p->x, 3 - skip, shape + skip, data);
    if (made && shape[0] * shape[1] * shape[2] <= SMALL_OUTPUT) {
        float *unused;
        s->like[i] = tensor_new(g, p->x, 3 - skip, shape + skip, &unused);
        if (!s->like[i]) Py_CLEAR(made);
    }
    return made;
}

/* The tuple of a pass's outputs, and where each begins. */
static PyObject *make_outputs(const engine *e, pooled *s, const torch_pass *p,
                              float **to)
{
    if (s->like_T != p->T || s->like_cell != p->cell)
        for (int i = 0; i < 3; i++)
            Py_CLEAR(s->like[i]);
    s->like_T = p->T;
    s->like_cell = p->cell;

    int first = p->cell ? 1 : 0, count = 1 + (int)e->memories;
    PyObject *outputs = PyTuple_New(count - first);
    for (int i = first; outputs && i < count; i++) {
        PyObject *made = make_output(e, s, p, i, &to[i]);
        if (!made || PyTuple_SetItem(outputs, i - first, made))
            Py_CLEAR(outputs);
    }
    return outputs;
}

/* Runs a pass on a state: its outputs, or NULL and an exception. */
static PyObject *pass_on(engine *e, pooled *s, const torch_pass *p)
{
    float *to[3] = {0};
    PyObject *outputs = make_outputs(e, s, p, to);
    if (!outputs) return NULL;

    // where memory comes from, and how much
    double flops = elman_model_flops(e->model, (uint64_t)p->T * p->B, false);
    size_t counts[] = {e->LD * p->B * e->R, e->LD * p->B * e->shape.hidden};
    const float *from[] = {p->h.data, p->c.data};
    elman_batch batch = {.T = p->T,
                         .B = p->B,
                         .x = p->in.data,
                         .lengths = p->lengths,
                         .draw = p->draw};

    // the engine keeps its weights while this goes on
    e->readers++;
    PyThreadState *thread = flops > small_flops ? PyEval_SaveThread() : NULL;
    elman_state_reset(e->model, s->state);
    for (size_t i = 0; i < e->memories; i++)
        if (from[i]) memcpy(s->memory[i], from[i], counts[i] * sizeof **from);
    elman_status status =
        elman_model_forward(e->model, s->state, &batch, to[0]);
    for (size_t i = 0; i < e->memories; i++)
        memcpy(to[1 + i], s->memory[i], counts[i] * sizeof **from);
    if (thread) PyEval_RestoreThread(thread);
    e->readers--;

    if (!status) return outputs;
    Py_DECREF(outputs);
    return errors_raise(e->core, status);
}

PyObject *engine_infer(PyObject *self, const torch_pass *p)
{
    engine *e = engine_of(self);
    pooled *s = state_take(e, p->T, p->B, p->masked, p->threads);
    PyObject *outputs = s ? pass_on(e, s, p) : NULL;
    if (s) state_give(e, s);
    if (!outputs || !p->cell || e->memories == 2) return outputs;

    // a cell of one memory gives it as it is
    PyObject *only = PyTuple_GetItem(outputs, 0);
    Py_INCREF(only);
    Py_DECREF(outputs);
    return only;
}

PyObject *engine_record(PyObject *self, const torch_pass *p)
{
    engine *e = engine_of(self);
    allocfunc alloc =
        (allocfunc)PyType_GetSlot(e->core->torch_run, Py_tp_alloc);
    PyObject *made = alloc(e->core->torch_run, 0);
    if (!made) return NULL;
    run *r = run_of(made);

    // while it is pending, its engine keeps the weights
    Py_INCREF(self);
    r->of = e;
    r->T = p->T, r->B = p->B, r->cell = p->cell;
    e->pending++;
    r->counted = true;
    r->lock = PyThread_allocate_lock();
    if (!r->lock) PyErr_NoMemory();
    else r->state = state_take(e, p->T, p->B, true, p->threads);

    // the run goes with its outputs, or not at all
    PyObject *outputs = r->state ? pass_on(e, r->state, p) : NULL;
    PyObject *both = outputs ? PyTuple_Pack(2, made, outputs) : NULL;
    Py_XDECREF(outputs);
    Py_DECREF(made);
    return both;
}

/* ---- going back ---------------------------------------------------------- */

/* Takes the state away from a run, which is then over; NULL if it was. */
static pooled *run_take(run *r)
{
    pooled *s = r->state;
    r->state = NULL;
    if (r->counted) r->of->pending--;
    r->counted = false;
    return s;
}

/* The gradients that start a way back: given is (dy, dh_n, dc_n), of a cell
 * (dh_n, dc_n), each a tensor or None. */
static bool read_given(run *r, PyObject *given, tensor *read)
{
    const engine *e = r->of;
    const torch_data *g = torch_of(e->owner);
    size_t first = r->cell ? 1 : 0;
    size_t counts[] = {r->T * r->B * e->O, e->LD * r->B * e->R,
                       e->LD * r->B * e->shape.hidden};
    for (size_t i = first; i < 1 + e->memories; i++) {
        PyObject *object = PyTuple_GetItem(given, (Py_ssize_t)(i - first));
        if (!object) return false;
        if (object == Py_None) continue;
        if (!tensor_read(g, object, &read[i]) || read[i].count != counts[i]) {
            if (!PyErr_Occurred())
                errors_bad_value(e->core, "a gradient is no tensor of float32 "
                                          "of the output's shape");
            return false;
        }
    }
    return true;
}

/* A new tensor for count numbers, the gradient of like, or None if none is
 * needed. */
static PyObject *gradient_of(const torch_data *g, PyObject *like,
                             PyObject *need, size_t count, float **data)
{
    *data = NULL;
    if (need != Py_True || like == Py_None) Py_RETURN_NONE;
    tensor t = {0};
    if (!tensor_read(g, like, &t) || t.count != count) {
        tensor_release(&t);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_RuntimeError, "a saved tensor has changed");
        return NULL;
    }
    PyObject *made = t.held ? tensor_new(g, like, t.rank, t.shape, data)
                            : tensor_like(g, like, data);
    tensor_release(&t);
    return made;
}

/* How many numbers the gradient at a place has: that of x, of h and c, and of
 * the weights. */
static size_t numbers_at(const run *r, size_t place)
{
    const engine *e = r->of;
    if (place == 0) return r->T * r->B * e->shape.inputs;
    if (place > 2) return engine_weights(e, place - 3);
    return e->LD * r->B * (place == 1 ? e->R : e->shape.hidden);
}

/* Back through the pass, and all gradients to where they belong: to has those
 * of x, of the memory, and of the weights. */
static elman_status go_back(run *r, const tensor *given, float **to)
{
    engine *e = r->of;
    pooled *s = r->state;
    const float *dy = given[0].data;
    size_t counts[] = {e->LD * r->B * e->R, e->LD * r->B * e->shape.hidden};
    elman_tensor view;
    elman_status status = ELMAN_OK;
    if (!dy) {
        status = elman_state_view(e->model, s->state, "dy", &view);
        if (!status)
            memset(view.data, 0, r->T * r->B * e->O * sizeof *view.data);
    }
    for (size_t i = 0; i < e->memories; i++) {
        if (given[1 + i].data)
            memcpy(s->last[i], given[1 + i].data, counts[i] * sizeof *dy);
        else memset(s->last[i], 0, counts[i] * sizeof *dy);
    }
    elman_state_zero_gradients(s->state);
    if (!status) status = elman_model_backward(e->model, s->state, dy, to[0]);

    // all else than dx lies in the state
    for (size_t i = 0; i < e->memories; i++)
        if (to[1 + i]) memcpy(to[1 + i], s->first[i], counts[i] * sizeof *dy);
    for (size_t i = 0; i < e->parameter_count && !status; i++) {
        if (!to[3 + i]) continue;
        char name[128];
        PyOS_snprintf(name, sizeof name, "%s.grad",
                      elman_model_parameter(e->model, i, NULL));
        status = elman_state_view(e->model, s->state, name, &view);
        size_t count =
            view.rank == 1 ? view.shape[0] : view.shape[0] * view.shape[1];
        if (!status) memcpy(to[3 + i], view.data, count * sizeof *dy);
    }
    return status;
}

/* The same, with the run locked, so that one way back goes at a time and none
 * without its state, and without the GIL if it is much work. Nothing of torch
 * or Python runs here: that may come back to this run. */
static bool go_back_alone(run *r, const tensor *given, float **to)
{
    engine *e = r->of;
    double flops = elman_model_flops(e->model, (uint64_t)r->T * r->B, true);
    elman_status status = ELMAN_OK;
    lock_acquire(r->lock);
    bool over = !r->state;
    if (!over) {
        e->readers++;
        PyThreadState *thread =
            flops > small_flops ? PyEval_SaveThread() : NULL;
        status = go_back(r, given, to);
        if (thread) PyEval_RestoreThread(thread);
        e->readers--;
    }
    PyThread_release_lock(r->lock);

    // what is raised comes without the lock
    if (over) errors_bad_value(e->core, "this pass has gone back already");
    else if (status) errors_raise(e->core, status);
    return !over && !status;
}

/* The tuple of new gradients, one for each that is needed of what was saved,
 * and where each begins. */
static PyObject *make_gradients(run *r, PyObject *saved, PyObject *needs,
                                Py_ssize_t memories, float **to)
{
    const torch_data *g = torch_of(r->of->owner);
    Py_ssize_t count = PyTuple_Size(saved);
    PyObject *made = PyTuple_New(count);
    for (Py_ssize_t i = 0; made && i < count; i++) {
        size_t place = (size_t)(i <= memories ? i : i - memories + 2);
        PyObject *one =
            gradient_of(g, PyTuple_GetItem(saved, i), PyTuple_GetItem(needs, i),
                        numbers_at(r, place), &to[place]);
        if (!one || PyTuple_SetItem(made, i, one)) Py_CLEAR(made);
    }
    return made;
}

/* backward(given, saved, needs, memories): the gradients of saved, which is
 * (x, *memory, *weights) with as many of the memory as memories says. */
static PyObject *run_backward(PyObject *self, PyObject *args)
{
    run *r = run_of(self);
    engine *e = r->of;
    PyObject *given, *saved, *needs;
    Py_ssize_t memories;
    if (!PyArg_ParseTuple(args, "O!O!O!n", &PyTuple_Type, &given, &PyTuple_Type,
                          &saved, &PyTuple_Type, &needs, &memories))
        return NULL;
    Py_ssize_t count = PyTuple_Size(saved);
    if (memories < 0 || memories > (Py_ssize_t)e->memories ||
        PyTuple_Size(needs) != count ||
        count != 1 + memories + (Py_ssize_t)e->parameter_count)
        return errors_bad_value(e->core, "backward needs what forward had");

    // all that torch is asked for comes first, without the lock
    tensor read[3] = {0};
    float *to[3 + TORCH_MAX_PARAMS] = {0};
    PyObject *made = read_given(r, given, read)
                         ? make_gradients(r, saved, needs, memories, to)
                         : NULL;
    if (made && !go_back_alone(r, read, to)) Py_CLEAR(made);
    for (int i = 0; i < 3; i++)
        tensor_release(&read[i]);
    return made;
}

static PyObject *run_end_now(PyObject *self, PyObject *unused)
{
    (void)unused;
    run *r = run_of(self);
    lock_acquire(r->lock);
    pooled *s = run_take(r);
    PyThread_release_lock(r->lock);

    // without the lock: tensors that go with it are torch's
    if (s) state_give(r->of, s);
    Py_RETURN_NONE;
}

static int run_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)run_of(self)->of);
    return 0;
}

static void run_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    run *r = run_of(self);
    if (r->of) {
        pooled *s = run_take(r);
        if (s) state_give(r->of, s);
        Py_DECREF((PyObject *)r->of);
    }
    if (r->lock) PyThread_free_lock(r->lock);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* ---- the type ------------------------------------------------------------ */

static PyMethodDef run_methods[] = {
    {"backward", run_backward, METH_VARARGS,
     "backward($self, given, saved, needs, memories, /)\n--\n\nThe gradients "
     "of what forward had."},
    {"end", run_end_now, METH_NOARGS,
     "end($self, /)\n--\n\nGives back what going back would need."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot run_slots[] = {
    {Py_tp_doc, "A pass that may go back."},
    {Py_tp_traverse, run_traverse},
    {Py_tp_dealloc, run_free},
    {Py_tp_methods, run_methods},
    {0, NULL},
};
static PyType_Spec run_spec = {
    .name = "elman._core.TorchRun",
    .basicsize = sizeof(run),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = run_slots,
};

bool torch_run_create_type(core *core)
{
    return core_add_type(core, &run_spec, &core->torch_run);
}
