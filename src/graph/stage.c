/*
 * stage.c: some traced layers as a model of ours, which is run in chunks of
 * some steps; what its layers gave is collected.
 */
#include "graph/stage.h"

#include "base/memory.h"
#include "model/reference.h"
#include "trace/assemble.h"
#include "trace/rounding.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stage {
    graph_pass *pass;
    size_t begin, end; /* of the traced layers */
    const double *x;   /* (T,B,I), or NULL for tokens */
    size_t T;          /* 1 behind what gives one vector per sequence */
    const size_t *all; /* (B) lengths, or NULL: all T */
    size_t I;
    elman_model *model;
    elman_state *state;   /* or */
    reference *reference; /* in double */
    size_t steps;         /* of a chunk, at most */
    size_t *lengths;      /* (B) of a chunk */
    float *floats;        /* (steps,B,I) */
    bool *given;          /* (B) all true */
} stage;

/* ---- Making it ----------------------------------------------------------- */

static elman_status make_weights(stage *s, const weight_source *from)
{
    elman_model *m = s->model;
    TRY(weights_fill(from, m));

    /* the reference has its parameters without gaps, in double */
    double *to = s->reference ? s->reference->weights : NULL;
    for (size_t i = 0; to && i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        TRY(weights_read(from, p, 0, p->shape[0], to));
        to += p->count;
    }
    return ELMAN_OK;
}

static elman_status make_model(stage *s)
{
    graph_pass *p = s->pass;
    elman_config config = {0};
    weight_source weights = {.tensor_count = p->trace->tensor_count,
                             .tensors = p->trace->tensors};

    /* the layers as a config, and a model or reference of it */
    elman_status status =
        assemble(p->trace, s->begin, s->end, false, &config, &weights);

    if (status == ELMAN_OK)
        status = model_create_empty(
            &config, weight_limit(weights.tensors, weights.tensor_count), false,
            &s->model);
    if (status == ELMAN_OK && p->in_double)
        status = reference_create(&config, s->steps, p->B, &s->reference);
    if (status == ELMAN_OK) status = make_weights(s, &weights);

    free(weights.slices);
    return status;
}

static elman_status make(stage *s)
{
    graph_pass *p = s->pass;
    TRY(make_model(s));
    s->I = s->model->config.input_size;

    if (s->steps < s->T && !s->model->info.streams)
        return failure(ELMAN_BAD_VALUE,
                       "the graph cannot run in chunks of %zu steps, because a "
                       "layer looks ahead",
                       s->steps);

    const elman_state_config config = {
        .T = s->steps, .B = p->B, .threads = p->threads, .keep_steps = true};
    if (!p->in_double) TRY(state_create(s->model, &config, &s->state));

    /* the arrays of a chunk; every sequence is given its memory */
    size_t count;
    s->lengths = calloc(p->B, sizeof *s->lengths);
    s->given = malloc(p->B);
    if (sizes_multiply(s->steps, p->B, s->I + 1, &count))
        s->floats = calloc(count, sizeof *s->floats);

    if (!s->lengths || !s->given || !s->floats)
        return failure(ELMAN_NO_MEMORY, "no memory for a pass");
    memset(s->given, 1, p->B);
    return ELMAN_OK;
}

static void unmake(stage *s)
{
    state_destroy(s->state);
    reference_destroy(s->reference);
    model_destroy(s->model);
    free(s->lengths);
    free(s->given);
    free(s->floats);
}

/* ---- States -------------------------------------------------------------- */

/* The memory of one direction of a level in float or, for the reference, in
 * double. */
typedef struct memory {
    float *f;
    double *d;
} memory;

static memory memory_of(const stage *s, size_t level, size_t d, bool is_cell,
                        bool final)
{
    memory m = {0};
    if (s->reference) {
        reference_direction *r = reference_level(s->reference, level, d);
        m.d = final ? (is_cell ? r->c_n : r->h_n) : (is_cell ? r->c_0 : r->h_0);
        return m;
    }

    /* the state's memory by its name, as anybody may view it */
    char name[64];
    elman_tensor memory_view;
    snprintf(name, sizeof name, "layer%zu%s.%s", level, d ? "_reverse" : "",
             is_cell ? "c_n" : "h_n");
    if (state_view(s->model, s->state, name, &memory_view) == ELMAN_OK)
        m.f = memory_view.data;
    return m;
}

static void put(memory m, size_t index, double value)
{
    if (m.d) m.d[index] = value;
    else m.f[index] = (float)value;
}

static double take(memory m, size_t index)
{
    return m.d ? m.d[index] : (double)m.f[index];
}

/* Puts in the learned state, which the reference does not do when a state is
 * given. */
static void put_learned(const stage *s, const traced_layer *l, size_t level,
                        size_t d, bool is_cell)
{
    size_t R = l->config.hidden_size;
    reference_direction *r = reference_level(s->reference, level, d);
    ptrdiff_t at = is_cell ? r->c_0_at : r->h_0_at;
    double *to = is_cell ? r->c_0 : r->h_0;

    for (size_t b = 0; b < s->pass->B; b++)
        for (size_t j = 0; j < R; j++)
            to[b * R + j] =
                at < 0 ? 0 : s->reference->weights[at + (ptrdiff_t)j];
}

static elman_status put_given(const stage *s, const traced_layer *l,
                              const view *of, size_t level, size_t d,
                              bool is_cell)
{
    const trace *t = s->pass->trace;
    const source *from = t->sources + of->source;
    const named_tensor *array = source_array(t, from);
    size_t R = l->config.hidden_size;
    extent rows;

    /* given as (D,B,R), for the sequences of this pass */
    TRY(view_size(NULL, of, 1, &rows));

    if (!extent_is(&rows, (int64_t)s->pass->B))
        return failure(ELMAN_BAD_VALUE,
                       "the initial state %.80s is for %lld sequences, "
                       "expected %zu",
                       array->name, (long long)rows.factor, s->pass->B);

    memory to = memory_of(s, level, d, is_cell, false);
    for (size_t b = 0; b < s->pass->B; b++)
        for (size_t j = 0; j < R; j++) {
            size_t index[AXES] = {d, b, j};
            double value;
            tensor_doubles(array, view_element(t, of, index), 1, &value);
            rounding_use(of->rounds, 1, &value);
            put(to, b * R + j, value);
        }
    return ELMAN_OK;
}

/* Calls visit for each direction of each recurrent layer, h and c. */
typedef elman_status visit_memory(stage *s, size_t index, size_t level,
                                  size_t d, bool is_cell);

static elman_status visit_all(stage *s, visit_memory *visit)
{
    size_t level = 0;
    for (size_t i = s->begin; i < s->end; i++) {
        const traced_layer *l = s->pass->trace->layers + i;

        if (!traced_is_recurrent(l)) continue;

        size_t direction_count = l->config.bidirectional ? 2 : 1;
        for (size_t d = 0; d < direction_count; d++) {
            TRY(visit(s, i, level, d, false));
            if (cell_for(&l->config)->has_cell)
                TRY(visit(s, i, level, d, true));
        }

        level++;
    }
    return ELMAN_OK;
}

static elman_status begin_memory(stage *s, size_t index, size_t level, size_t d,
                                 bool is_cell)
{
    const traced_layer *l = s->pass->trace->layers + index;
    const traced_start *start = is_cell ? &l->c_0 : &l->h_0;
    if (s->reference) put_learned(s, l, level, d, is_cell);
    return start->given ? put_given(s, l, &start->view, level, d, is_cell)
                        : ELMAN_OK;
}

/* In double the final states are where the next chunk begins. */
static elman_status carry_memory(stage *s, size_t index, size_t level, size_t d,
                                 bool is_cell)
{
    size_t R = s->pass->trace->layers[index].config.hidden_size;
    memcpy(memory_of(s, level, d, is_cell, false).d,
           memory_of(s, level, d, is_cell, true).d,
           s->pass->B * R * sizeof(double));
    return ELMAN_OK;
}

static elman_status keep_memory(stage *s, size_t index, size_t level, size_t d,
                                bool is_cell)
{
    const traced_arrays *to = s->pass->layers + index;
    size_t n = s->pass->B * s->pass->trace->layers[index].config.hidden_size;
    memory from = memory_of(s, level, d, is_cell, true);
    for (size_t i = 0; i < n; i++)
        (is_cell ? to->c_n : to->h_n)[d * n + i] = take(from, i);
    return ELMAN_OK;
}

/* ---- Chunks -------------------------------------------------------------- */

static elman_status run_chunk(stage *s, size_t begin, size_t T)
{
    graph_pass *p = s->pass;
    size_t row = begin * p->B, n = T * p->B * s->I;
    bool tokens = !s->I;

    /* how much of each sequence is in this chunk */
    for (size_t b = 0; b < p->B; b++) {
        size_t all = s->all ? s->all[b] : s->T;
        size_t left = all > begin ? all - begin : 0;
        s->lengths[b] = left < T ? left : T;
    }

    /* the reference does not keep its memory, so it is carried over */
    if (s->reference) {
        const reference_batch batch = {.T = T,
                                       .B = p->B,
                                       .x = tokens ? NULL : s->x + row * s->I,
                                       .tokens =
                                           tokens ? p->tokens + row : NULL,
                                       .lengths = s->lengths,
                                       .given = s->given};
        if (begin) {
            TRY(visit_all(s, carry_memory));
            reference_carry_pool(s->reference);
        }
        return reference_forward(s->reference, &batch, NULL);
    }

    /* a state keeps its own */
    for (size_t i = 0; i < n; i++)
        s->floats[i] = (float)s->x[row * s->I + i];

    const elman_batch batch = {.T = T,
                               .B = p->B,
                               .x = tokens ? NULL : s->floats,
                               .tokens = tokens ? p->tokens + row : NULL,
                               .lengths = s->lengths};
    return model_forward(s->model, s->state, &batch, NULL);
}

/* Element i of the output of layer k of this stage. */
static double output_at(const stage *s, size_t k, size_t i)
{
    return s->reference ? s->reference->layers[k].y[i]
                        : (double)s->state->layers[k].y[i];
}

static void keep_outputs(const stage *s, size_t begin, size_t T)
{
    const graph_pass *p = s->pass;
    for (size_t i = s->begin; i < s->end; i++) {
        const traced_layer *l = p->trace->layers + i;
        double *to = p->layers[i].y;
        if (!to) continue;

        size_t O = l->O, rows = T * p->B;
        if (l->per_sequence || l->repeated) rows = graph_steps(p, l) * p->B;
        else to += begin * p->B * O;

        for (size_t r = 0; r < rows; r++) {
            /* a sequence that ended before keeps its vector */
            if (l->per_sequence && !s->lengths[r] && begin) continue;

            for (size_t j = 0; j < O; j++)
                to[r * O + j] = output_at(s, i - s->begin, r * O + j);
        }
    }
}

static elman_status run(stage *s)
{
    TRY(make(s));
    TRY(visit_all(s, begin_memory));

    for (size_t begin = 0; begin < s->T; begin += s->steps) {
        size_t left = s->T - begin;
        size_t T = left < s->steps ? left : s->steps;

        TRY(run_chunk(s, begin, T));
        keep_outputs(s, begin, T);
    }

    return visit_all(s, keep_memory);
}

/* A repeat runs with the layers that make its vector. */
static elman_status check_repeat(const traced_layer *l, size_t begin,
                                 size_t end)
{
    for (size_t i = begin; begin && i < end; i++)
        if (l[i].config.kind == ELMAN_REPEAT && l[begin - 1].per_sequence)
            return failure(ELMAN_BAD_VALUE,
                           "the graph cannot run with lengths, or rounded, as "
                           "a vector is repeated behind other layers; elman "
                           "convert makes a model of it, which can");
    return ELMAN_OK;
}

elman_status stage_run(graph_pass *p, size_t begin, size_t end)
{
    const traced_layer *l = p->trace->layers;
    TRY(check_repeat(l, begin, end));
    size_t T = begin ? graph_steps(p, l + begin - 1) : p->T;

    stage s = {.pass = p,
               .begin = begin,
               .end = end,
               .x = begin              ? p->layers[begin - 1].y
                    : p->trace->tokens ? NULL
                                       : p->x,
               .T = T,
               .all = traced_is_recurrent(l + begin) && !l[begin].repeated
                          ? p->lengths
                          : NULL,
               .steps = p->steps && p->steps < T ? p->steps : T};

    elman_status status = run(&s);
    unmake(&s);
    return status;
}
