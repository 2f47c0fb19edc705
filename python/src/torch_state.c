/*
 * torch_state.c: states of an Engine, which wait in a pool for the next pass of
 * their size.
 */
#include "torch_engine.h"

enum { IDLE = 4 };                                  /* of an engine */
static const size_t pool_limit = (size_t)256 << 20; /* bytes of all that wait */

static void state_drop(pooled *s)
{
    for (int i = 0; i < 3; i++)
        Py_CLEAR(s->like[i]);
    elman_state_destroy(s->state);
    PyMem_Free(s);
}

void state_drop_idle(engine *e)
{
    torch_data *g = torch_of(e->owner);
    while (e->idle) {
        pooled *s = e->idle;
        e->idle = s->next;
        e->idle_count--;
        g->pooled -= s->bytes;
        state_drop(s);
    }
}

/* Where a state has its memory and gradients of it. */
static elman_status find_memory(const engine *e, pooled *s)
{
    static const char *names[2][3] = {{"h", "dh_n", "dh_0"},
                                      {"c", "dc_n", "dc_0"}};
    for (size_t i = 0; i < e->memories; i++) {
        float **to[] = {&s->memory[i], &s->last[i], &s->first[i]};
        for (size_t j = 0; j < (s->config.training ? 3u : 1u); j++) {
            elman_tensor view;
            elman_status status =
                elman_state_view(e->model, s->state, names[i][j], &view);
            if (status) return status;
            *to[j] = view.data;
        }
    }
    return ELMAN_OK;
}

pooled *state_take(engine *e, size_t T, size_t B, bool training, int threads)
{
    torch_data *g = torch_of(e->owner);

    // one of this size that waits, with room for T but not much more
    for (pooled **at = &e->idle; *at; at = &(*at)->next) {
        pooled *s = *at;
        const elman_state_config *c = &s->config;
        if (c->B != B || c->training != training || c->threads != threads ||
            c->T < T || c->T / 4 > T)
            continue;
        *at = s->next;
        e->idle_count--;
        g->pooled -= s->bytes;
        return s;
    }

    // else a new one
    pooled *s = PyMem_Calloc(1, sizeof *s);
    if (!s) {
        PyErr_NoMemory();
        return NULL;
    }
    s->config = (elman_state_config){
        .T = T, .B = B, .training = training, .threads = threads};
    if (training) s->config.passes = 1;
    s->bytes = elman_state_size(e->model, &s->config);
    elman_status status = elman_state_create(e->model, &s->config, &s->state);
    if (!status) status = find_memory(e, s);
    if (!status) return s;
    errors_raise(e->core, status);
    state_drop(s);
    return NULL;
}

void state_give(engine *e, pooled *s)
{
    torch_data *g = torch_of(e->owner);
    if (s->bytes > pool_limit) {
        state_drop(s);
        return;
    }
    if (g->pooled + s->bytes > pool_limit) {
        PyObject *key, *other;
        Py_ssize_t at = 0;
        state_drop_idle(e);
        while (g->engines && PyDict_Next(g->engines, &at, &key, &other))
            if (core_is(other, e->core->torch_engine)) {
                // tensors that go may let other threads run, and the engine go
                Py_INCREF(other);
                state_drop_idle(engine_of(other));
                Py_DECREF(other);
            }
    }

    s->next = e->idle;
    e->idle = s;
    e->idle_count++;
    g->pooled += s->bytes;
    if (e->idle_count <= IDLE) return;
    pooled **last = &e->idle;
    while ((*last)->next)
        last = &(*last)->next;
    g->pooled -= (*last)->bytes;
    e->idle_count--;
    state_drop(*last);
    *last = NULL;
}
