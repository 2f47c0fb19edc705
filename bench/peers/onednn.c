/*
 * onednn.c: times oneDNN's recurrent primitives, through its C API of version
 * 2, for `elman bench --peers`: a line on standard input is a turn, the median
 * seconds of a run its answer, "-" what it cannot do.
 *
 * Weights are in the primitive's own layout, packed before the clock starts.
 * gru is its LBR_GRU, which means what PyTorch's means. A stack is one
 * primitive a level, for its levels differ in their input. Backward always
 * makes dx, and adds to the gradients of the weights, so these are cleared
 * first.
 */
#include <dnnl.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turns.h"

enum { LEVELS = 4, SLOTS = 24 };

/* A primitive's memory by the argument's number. */
typedef struct slot {
    int argument;
    dnnl_memory_t memory;
} slot;

typedef struct pass {
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    int count;
    slot slots[SLOTS];
} pass;

typedef struct level {
    pass forward, backward;
    pass other; /* streams: forward again, with the two states changed over */
} level;

/* The network of the last turn, kept for the next one. */
static struct {
    char key[128];
    int count;
    bool training, stream, odd;
    level levels[LEVELS];
} net;

static dnnl_engine_t engine;
static dnnl_stream_t stream;

/* Leaves the function where oneDNN says no. */
#define TRY(call)                                                              \
    do {                                                                       \
        if ((call) != dnnl_success) return false;                              \
    } while (0)

/* ---- Memory -------------------------------------------------------------- */

static dnnl_memory_desc_t shape(int rank, const dnnl_dims_t dims,
                                dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t desc;
    dnnl_memory_desc_init_by_tag(&desc, rank, dims, dnnl_f32, tag);
    return desc;
}

static float *data_of(dnnl_memory_t memory)
{
    void *data = NULL;
    dnnl_memory_get_data_handle(memory, &data);
    return data;
}

/* Numbers in [-scale/2,scale/2) into memory. */
static void fill(dnnl_memory_t memory, float scale)
{
    const dnnl_memory_desc_t *desc = NULL;
    dnnl_memory_get_memory_desc(memory, &desc);
    const size_t count = dnnl_memory_desc_get_size(desc) / sizeof(float);
    float *data = data_of(memory);
    uint32_t seed = 1;
    for (size_t n = 0; n < count; n++) {
        seed = seed * 1664525 + 1013904223;
        data[n] = scale * ((float)(seed >> 8) / 16777216.0f - 0.5f);
    }
}

static dnnl_memory_t find(const pass *p, int argument)
{
    for (int n = 0; n < p->count; n++)
        if (p->slots[n].argument == argument) return p->slots[n].memory;
    return NULL;
}

static void put(pass *p, int argument, dnnl_memory_t memory)
{
    p->slots[p->count++] = (slot){argument, memory};
}

/* Weights as plain rows first, then in the layout that the primitive wants. */
static bool pack(const dnnl_memory_desc_t *wanted, float scale,
                 dnnl_memory_t *packed)
{
    const dnnl_memory_desc_t desc =
        shape(wanted->ndims, wanted->dims, dnnl_ldigo);
    dnnl_memory_t plain;
    dnnl_primitive_desc_t reorder_desc;
    dnnl_primitive_t reorder;
    TRY(dnnl_memory_create(&plain, &desc, engine, DNNL_MEMORY_ALLOCATE));
    TRY(dnnl_memory_create(packed, wanted, engine, DNNL_MEMORY_ALLOCATE));
    fill(plain, scale);
    TRY(dnnl_reorder_primitive_desc_create(&reorder_desc, &desc, engine, wanted,
                                           engine, NULL));
    TRY(dnnl_primitive_create(&reorder, reorder_desc));
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, plain},
                                         {DNNL_ARG_TO, *packed}};
    TRY(dnnl_primitive_execute(reorder, stream, 2, arguments));
    TRY(dnnl_stream_wait(stream));
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(reorder_desc);
    dnnl_memory_destroy(plain);
    return true;
}

/* All memory of a pass: what the lower level or the pass before has already is
 * shared, the rest made. */
static bool take_memory(pass *p, const pass *before, float scale)
{
    static const int wanted[] = {
        DNNL_ARG_SRC_LAYER,         DNNL_ARG_SRC_ITER,
        DNNL_ARG_SRC_ITER_C,        DNNL_ARG_WEIGHTS_LAYER,
        DNNL_ARG_WEIGHTS_ITER,      DNNL_ARG_BIAS,
        DNNL_ARG_DST_LAYER,         DNNL_ARG_DST_ITER,
        DNNL_ARG_DST_ITER_C,        DNNL_ARG_WORKSPACE,
        DNNL_ARG_DIFF_SRC_LAYER,    DNNL_ARG_DIFF_WEIGHTS_LAYER,
        DNNL_ARG_DIFF_WEIGHTS_ITER, DNNL_ARG_DIFF_BIAS,
        DNNL_ARG_DIFF_DST_LAYER};
    for (size_t n = 0; n < sizeof wanted / sizeof *wanted; n++) {
        const int argument = wanted[n];
        const dnnl_memory_desc_t *desc = dnnl_primitive_desc_query_md(
            p->desc, dnnl_query_exec_arg_md, argument);
        if (!desc || desc->ndims == 0 || find(p, argument)) continue;
        const bool weights = argument == DNNL_ARG_WEIGHTS_LAYER ||
                             argument == DNNL_ARG_WEIGHTS_ITER;
        dnnl_memory_t memory =
            before && !weights ? find(before, argument) : NULL;
        if (!memory && weights && !pack(desc, scale, &memory)) return false;
        if (!memory) {
            TRY(dnnl_memory_create(&memory, desc, engine,
                                   DNNL_MEMORY_ALLOCATE));
            if (argument != DNNL_ARG_WORKSPACE) fill(memory, 1);
        }
        put(p, argument, memory);
    }
    return true;
}

/* ---- Primitives ---------------------------------------------------------- */

/* The descriptors of a level, the same forward and backward. */
typedef struct parts {
    dnnl_memory_desc_t src, w, u, b, dst, state;
    dnnl_rnn_direction_t direction;
    dnnl_alg_kind_t activation;
    char cell;
} parts;

static parts describe(const turn *t, long inputs, bool states)
{
    const long D = t->bidirectional ? 2 : 1, H = t->H;
    const long G = t->cell[0] == 'l' ? 4 : t->cell[0] == 'g' ? 3 : 1;
    const dnnl_memory_desc_t none = {0};
    return (parts){
        .src = shape(3, (dnnl_dims_t){t->T, t->B, inputs}, dnnl_tnc),
        .w = shape(5, (dnnl_dims_t){1, D, inputs, G, H}, dnnl_format_tag_any),
        .u = shape(5, (dnnl_dims_t){1, D, H, G, H}, dnnl_format_tag_any),
        .b = shape(4, (dnnl_dims_t){1, D, G == 3 ? 4 : G, H}, dnnl_ldgo),
        .dst = shape(3, (dnnl_dims_t){t->T, t->B, D * H}, dnnl_tnc),
        .state =
            states ? shape(4, (dnnl_dims_t){1, D, t->B, H}, dnnl_ldnc) : none,
        .direction =
            D == 2 ? dnnl_bidirectional_concat : dnnl_unidirectional_left2right,
        .activation =
            strstr(t->cell, "relu") ? dnnl_eltwise_relu : dnnl_eltwise_tanh,
        .cell = t->cell[0]};
}

static bool make_forward(const parts *d, bool training, pass *p)
{
    const dnnl_prop_kind_t kind =
        training ? dnnl_forward_training : dnnl_forward_inference;
    const unsigned flags = dnnl_rnn_flags_undef;
    dnnl_rnn_desc_t desc;
    if (d->cell == 'l')
        TRY(dnnl_lstm_forward_desc_init(
            &desc, kind, d->direction, &d->src, &d->state, &d->state, &d->w,
            &d->u, &d->b, &d->dst, &d->state, &d->state, flags));
    else if (d->cell == 'g')
        TRY(dnnl_lbr_gru_forward_desc_init(&desc, kind, d->direction, &d->src,
                                           &d->state, &d->w, &d->u, &d->b,
                                           &d->dst, &d->state, flags));
    else
        TRY(dnnl_vanilla_rnn_forward_desc_init(
            &desc, kind, d->activation, d->direction, &d->src, &d->state, &d->w,
            &d->u, &d->b, &d->dst, &d->state, flags, 0, 0));
    TRY(dnnl_primitive_desc_create(&p->desc, &desc, NULL, engine, NULL));
    TRY(dnnl_primitive_create(&p->primitive, p->desc));
    return true;
}

static bool make_backward(const parts *d, const pass *forward, pass *p)
{
    const dnnl_prop_kind_t kind = dnnl_backward;
    const unsigned flags = dnnl_rnn_flags_undef;
    dnnl_rnn_desc_t desc;
    if (d->cell == 'l')
        TRY(dnnl_lstm_backward_desc_init(
            &desc, kind, d->direction, &d->src, &d->state, &d->state, &d->w,
            &d->u, &d->b, &d->dst, &d->state, &d->state, &d->src, &d->state,
            &d->state, &d->w, &d->u, &d->b, &d->dst, &d->state, &d->state,
            flags));
    else if (d->cell == 'g')
        TRY(dnnl_lbr_gru_backward_desc_init(
            &desc, kind, d->direction, &d->src, &d->state, &d->w, &d->u, &d->b,
            &d->dst, &d->state, &d->src, &d->state, &d->w, &d->u, &d->b,
            &d->dst, &d->state, flags));
    else
        TRY(dnnl_vanilla_rnn_backward_desc_init(
            &desc, kind, d->activation, d->direction, &d->src, &d->state, &d->w,
            &d->u, &d->b, &d->dst, &d->state, &d->src, &d->state, &d->w, &d->u,
            &d->b, &d->dst, &d->state, flags, 0, 0));
    TRY(dnnl_primitive_desc_create(&p->desc, &desc, NULL, engine,
                                   forward->desc));
    TRY(dnnl_primitive_create(&p->primitive, p->desc));
    return true;
}

static bool make_level(const turn *t, int n)
{
    level *l = &net.levels[n], *below = n ? &net.levels[n - 1] : NULL;
    const long width = t->H * (t->bidirectional ? 2 : 1);
    const parts d = describe(t, n ? width : t->I, net.stream);
    float scale = 1;
    while (scale * scale * (float)t->H > 1)
        scale /= 1.1f;
    if (!make_forward(&d, net.training, &l->forward)) return false;
    if (below)
        put(&l->forward, DNNL_ARG_SRC_LAYER,
            find(&below->forward, DNNL_ARG_DST_LAYER));
    if (!take_memory(&l->forward, NULL, scale)) return false;
    if (net.stream) { /* the same weights, the two states changed over */
        static const int pairs[][2] = {
            {DNNL_ARG_SRC_ITER, DNNL_ARG_DST_ITER},
            {DNNL_ARG_SRC_ITER_C, DNNL_ARG_DST_ITER_C}};
        l->other = l->forward;
        for (int i = 0; i < l->other.count; i++)
            for (int s = 0; s < 4; s++)
                if (l->forward.slots[i].argument == pairs[s / 2][s % 2])
                    l->other.slots[i].argument = pairs[s / 2][!(s % 2)];
    }
    if (!net.training) return true;
    return make_backward(&d, &l->forward, &l->backward) &&
           take_memory(&l->backward, &l->forward, scale);
}

/* The gradient at a level's output is the one at the next one's input. */
static void link_gradients(void)
{
    for (int n = 0; n + 1 < net.count; n++)
        for (int i = 0; i < net.levels[n].backward.count; i++) {
            slot *at = &net.levels[n].backward.slots[i];
            if (at->argument != DNNL_ARG_DIFF_DST_LAYER) continue;
            dnnl_memory_destroy(at->memory);
            at->memory =
                find(&net.levels[n + 1].backward, DNNL_ARG_DIFF_SRC_LAYER);
        }
}

/* ---- Running ------------------------------------------------------------- */

static bool run_pass(const pass *p)
{
    dnnl_exec_arg_t arguments[SLOTS];
    for (int n = 0; n < p->count; n++)
        arguments[n] =
            (dnnl_exec_arg_t){p->slots[n].argument, p->slots[n].memory};
    TRY(dnnl_primitive_execute(p->primitive, stream, p->count, arguments));
    return true;
}

static void clear_gradients(const pass *p)
{
    static const int gradients[] = {DNNL_ARG_DIFF_WEIGHTS_LAYER,
                                    DNNL_ARG_DIFF_WEIGHTS_ITER,
                                    DNNL_ARG_DIFF_BIAS};
    for (int n = 0; n < 3; n++) {
        const dnnl_memory_desc_t *desc = NULL;
        dnnl_memory_t memory = find(p, gradients[n]);
        dnnl_memory_get_memory_desc(memory, &desc);
        memset(data_of(memory), 0, dnnl_memory_desc_get_size(desc));
    }
}

static bool run_once(void)
{
    for (int n = 0; n < net.count; n++) {
        const level *l = &net.levels[n];
        if (!run_pass(net.odd ? &l->other : &l->forward)) return false;
    }
    for (int n = net.count - 1; net.training && n >= 0; n--) {
        clear_gradients(&net.levels[n].backward);
        if (!run_pass(&net.levels[n].backward)) return false;
    }
    if (net.stream) net.odd = !net.odd;
    return dnnl_stream_wait(stream) == dnnl_success;
}

/* Shared memory is destroyed once, by whoever made it; a process that ends
 * with the benchmark may keep the little that is left. */
static void forget(void)
{
    for (int n = 0; n < net.count; n++) {
        level *l = &net.levels[n];
        pass *const passes[] = {&l->backward, &l->forward};
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < passes[k]->count; i++) {
                const slot *at = &passes[k]->slots[i];
                const bool borrowed =
                    (k == 0 && find(&l->forward, at->argument) == at->memory) ||
                    (n > 0 && at->argument == DNNL_ARG_SRC_LAYER) ||
                    (n + 1 < net.count &&
                     at->argument == DNNL_ARG_DIFF_DST_LAYER);
                if (!borrowed) dnnl_memory_destroy(at->memory);
            }
            if (passes[k]->primitive)
                dnnl_primitive_destroy(passes[k]->primitive);
            if (passes[k]->desc) dnnl_primitive_desc_destroy(passes[k]->desc);
        }
    }
    memset(&net, 0, sizeof net);
}

static bool prepare(const turn *t)
{
    char key[sizeof net.key];
    snprintf(key, sizeof key, "%s %s %d", t->name, t->mode, t->threads);
    if (!strcmp(key, net.key)) return net.count > 0;
    forget();
    snprintf(net.key, sizeof net.key, "%s", key);
    if (!strcmp(t->mode, "head")) return false; /* it has no linear layer */
    net.training = !strcmp(t->mode, "train");
    net.stream = !strcmp(t->mode, "stream");
    omp_set_num_threads(t->threads);
    for (int n = 0; n < t->layers && n < LEVELS; n++) {
        net.count = n + 1;
        if (make_level(t, n)) continue;
        forget();
        snprintf(net.key, sizeof net.key, "%s", key);
        return false;
    }
    link_gradients();
    return run_once();
}

int main(void)
{
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) !=
            dnnl_success)
        return 1;
    turns_serve(prepare, run_once);
    return 0;
}
