/*
 * state_pass.c: what a State computes: passes, steps, the way back and the
 * loss. Passes of more than a few microseconds run without the GIL.
 */
#include "core.h"

#include <string.h>

/* Work below which giving the GIL away costs more than it gains: about 2 us. */
static const double small_flops = 4e4;

bool state_call_begin(state_call *c, PyObject *self, double flops)
{
    c->s = state_of(self);
    c->m = model_of(c->s->owner);
    lock_acquire(c->s->lock);
    if (!model_begin_reading(c->m)) {
        PyThread_release_lock(c->s->lock);
        return false;
    }
    c->thread = flops > small_flops ? PyEval_SaveThread() : NULL;
    return true;
}

void state_call_end(state_call *c)
{
    if (c->thread) PyEval_RestoreThread(c->thread);
    model_end_reading(c->m);
    PyThread_release_lock(c->s->lock);
}

/* ---- passes -------------------------------------------------------------- */

/* Remembers the shape of a pass, and that sequences with steps are streams. */
static void note_pass(state_data *s, const elman_batch *batch)
{
    s->last_T = batch->T;
    s->last_B = batch->B;
    for (size_t b = 0; b < batch->B; b++)
        if (!batch->lengths || batch->lengths[b]) s->taken[b] = true;
}

/* With a budget backward reads the input again: it takes the place of what was
 * kept, which the caller releases then. */
static void keep_input(state_data *s, batch_arrays *in)
{
    if (!s->config.budget) return;
    batch_arrays before = s->kept;
    s->kept = *in;
    *in = before;
}

PyObject *state_forward(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"x",    "y",         "lengths", "ids",
                            "draw", "continues", NULL};
    PyObject *x = NULL, *y = NULL, *lengths = NULL, *ids = NULL;
    uint64_t draw = 0;
    int continues = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOO&p", names, &x, &y,
                                     &lengths, &ids, whole_argument, &draw,
                                     &continues))
        return NULL;

    // the arguments are read before anything is locked
    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    elman_batch batch = {.draw = draw, .continues = continues != 0};
    batch_arrays in;
    array out = {0};
    PyObject *made = NULL;
    size_t shape[CORE_MAX_RANK];
    if (batch_read(core, model, x, lengths, ids, &in, &batch))
        made = array_fill(core, y, ARRAY_FLOAT32, "y",
                          batch_output(model, batch.T, batch.B, shape), shape,
                          &out);

    if (made) {
        elman_status status = ELMAN_OK;
        state_call c;
        bool begun = state_call_begin(
            &c, self,
            elman_model_flops(model, (uint64_t)batch.T * batch.B, false));
        if (begun) {
            status = elman_model_forward(model, s->state, &batch, out.data);
            if (!status) note_pass(s, &batch);
            if (!status) keep_input(s, &in);
            state_call_end(&c);
            if (status) errors_raise(core, status);
        }
        if (!begun || status) Py_CLEAR(made);
    }
    batch_release(&in);
    array_release(&out);
    return made;
}

/* One step of all streams, for call and step. */
static PyObject *step(PyObject *self, PyObject *x, PyObject *y)
{
    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    size_t B = s->config.B ? s->config.B : 1;
    bool tokens = s->info.vocabulary != 0;

    // one stream takes (I) as well, and then gives (O)
    batch_arrays read = {0};
    array out;
    if (!array_argument(core, x, tokens ? ARRAY_INT32 : ARRAY_FLOAT32, "x",
                        &read.x))
        return NULL;
    size_t rank = tokens ? 1 : 2;
    bool bare = B == 1 && read.x.rank + 1 == rank;
    const Py_ssize_t sizes[] = {(Py_ssize_t)B, (Py_ssize_t)s->info.input_size};
    const size_t shape[] = {B, s->info.output_size};
    PyObject *made = NULL;
    if (array_fits(core, &read.x, "x", bare ? rank - 1 : rank,
                   bare ? sizes + 1 : sizes))
        made = !y || y == Py_None
                   ? array_new(core, s->plans[bare], &out)
                   : array_fill(core, y, ARRAY_FLOAT32, "y", bare ? 1 : 2,
                                bare ? shape + 1 : shape, &out);
    if (!made) {
        batch_release(&read);
        return NULL;
    }

    // the library does not write rows of free slots: zeros in a new array
    if (made != y) memset(out.data, 0, (size_t)out.buffer.len);

    state_call c;
    elman_status status = ELMAN_OK;
    bool begun = state_call_begin(&c, self, s->flops);
    if (begun) {
        status = tokens
                     ? elman_model_step_tokens(model, s->state, read.x.data,
                                               out.data)
                     : elman_model_step(model, s->state, read.x.data, out.data);
        if (!status) s->last_T = 1, s->last_B = B;
        if (!status) keep_input(s, &read);
        state_call_end(&c);
        if (status) errors_raise(core, status);
    }
    batch_release(&read);
    array_release(&out);
    if (!begun || status) Py_CLEAR(made);
    return made;
}

PyObject *state_step(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    if (count < 1 || count > 2) {
        PyErr_SetString(PyExc_TypeError, "step takes x, and y to write to");
        return NULL;
    }
    return step(self, args[0], count == 2 ? args[1] : NULL);
}

PyObject *state_call_step(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"x", "y", NULL};
    PyObject *x = NULL, *y = NULL;
    if (kwargs || PyTuple_Size(args) != 1) {
        if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O", names, &x, &y))
            return NULL;
    } else {
        x = PyTuple_GetItem(args, 0);
    }
    return step(self, x, y);
}

/* Goes back through the last pass. dy None: the view "dy"; dx True: a new array
 * for the gradient of x. The last pass gives the shapes. */
PyObject *state_backward(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"dy", "dx", NULL};
    PyObject *dy = NULL, *dx = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", names, &dy, &dx))
        return NULL;
    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    if (!s->config.training)
        return errors_bad_value(core, "backward needs a state with "
                                      "training=True, which this is not");

    // what the last pass gave; another thread may run one in between, so that
    // the shapes count once more when the state is ours
    size_t T = s->last_T, B = s->last_B;
    size_t shape[CORE_MAX_RANK];
    size_t rank = batch_output(model, T, B, shape);
    Py_ssize_t sizes[CORE_MAX_RANK];
    for (size_t i = 0; i < rank; i++)
        sizes[i] = (Py_ssize_t)shape[i];

    array in = {0}, out = {0};
    PyObject *made = NULL;
    bool ready = array_optional(core, dy, ARRAY_FLOAT32, "dy", &in) &&
                 (!in.data || array_fits(core, &in, "dy", rank, sizes));
    if (ready && dx && dx != Py_None && dx != Py_False) {
        const size_t input[] = {s->turned ? B : T, s->turned ? T : B,
                                s->info.input_size};
        if (s->info.vocabulary) {
            errors_bad_value(core, "tokens have no gradient dx");
            ready = false;
        } else {
            made = array_fill(core, dx == Py_True ? NULL : dx, ARRAY_FLOAT32,
                              "dx", 3, input, &out);
            ready = made;
        }
    }

    PyObject *result = NULL;
    state_call c;
    if (ready &&
        state_call_begin(&c, self,
                         elman_model_flops(model, (uint64_t)T * B, true))) {
        bool same = s->last_T == T && s->last_B == B;
        elman_status status =
            same ? elman_model_backward(model, s->state, in.data, out.data)
                 : ELMAN_OK;
        state_call_end(&c);
        if (!same)
            errors_bad_value(core, "another thread ran a pass of other shape "
                                   "on this state");
        else if (status) errors_raise(core, status);
        else if (made) result = made, made = NULL;
        else result = errors_none(core, ELMAN_OK);
    }
    array_release(&in);
    array_release(&out);
    Py_XDECREF(made);
    return result;
}

/* ---- loss ---------------------------------------------------------------- */

/* The loss of the last pass against a target, and its gradient in the view
 * "dy". */
static PyObject *take_loss(PyObject *self, PyObject *args, bool back)
{
    PyObject *target = NULL, *dict = NULL, *weights = NULL;
    if (!PyArg_ParseTuple(args, "O|OO", &target, &dict, &weights)) return NULL;
    state_data *s = state_of(self);
    core *core = s->core;
    const elman_model *model = model_of(s->owner)->model;
    elman_loss_config config = {0};
    if (!fields_read(core, loss_fields, dict, "a loss", &config)) return NULL;

    // targets have the shape of the last pass, which another thread may replace
    size_t T = s->last_T, B = s->last_B, shape[CORE_MAX_RANK];
    size_t rank = batch_output(model, T, B, shape);
    const Py_ssize_t outputs[] = {(Py_ssize_t)shape[rank - 1]};
    elman_target given;
    array a = {0}, w = {0};
    PyObject *result = NULL;
    state_call c;
    if (target_argument(core, model, T, B, config.kind, target, &a, &given) &&
        array_optional(core, weights, ARRAY_FLOAT32, "class_weights", &w) &&
        (!w.data || array_fits(core, &w, "class_weights", 1, outputs)) &&
        state_call_begin(&c, self,
                         back ? elman_model_flops(model, (uint64_t)T * B, true)
                              : 0)) {
        config.class_weights = w.data;
        double loss = 0;
        bool same = s->last_T == T && s->last_B == B;
        elman_status status = ELMAN_OK;
        if (same)
            status = (back ? elman_model_loss_backward : elman_model_loss)(
                model, s->state, &config, &given, &loss, NULL);
        state_call_end(&c);
        if (!same)
            errors_bad_value(core, "another thread ran a pass of other shape "
                                   "on this state");
        else
            result =
                status ? errors_raise(core, status) : PyFloat_FromDouble(loss);
    }
    array_release(&a);
    array_release(&w);
    return result;
}

PyObject *state_loss(PyObject *self, PyObject *args)
{
    return take_loss(self, args, false);
}

PyObject *state_loss_backward(PyObject *self, PyObject *args)
{
    return take_loss(self, args, true);
}
