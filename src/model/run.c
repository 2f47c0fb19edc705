/*
 * run.c: a batch through the stack, forward and backward. One pass serves the
 * layers before ELMAN_LAST, and one of a single step the layers after it.
 */
#include <string.h>

#include "base/clock.h"
#include "base/kind.h"
#include "base/thread.h"
#include "layer/recurrent.h"
#include "layer/wave.h"
#include "model/model.h"

/* ---- Setting out -------------------------------------------------------- */

/* The valid (t,b) in gradient order, leaf by leaf: blocks of sequences, time
 * backward in a block, sequences ascending in a step. */
static void list_leaves(pass *p)
{
    size_t block = p->training->sums.block, count = 0;
    p->leaf_count = 0;

    for (size_t first = 0, end; first < p->B; first = end) {
        end = tree_leaf_end(first, p->B, block);
        p->leaf_begin[p->leaf_count++] = count;
        for (size_t t = p->T; t-- > 0;)
            for (size_t b = first; b < end; b++)
                if (t < p->lengths[b])
                    p->order[count++] = (uint32_t)(t * p->B + b);
    }
    p->leaf_begin[p->leaf_count] = count;
}

/* The valid (t,b), ascending. */
static void list_rows(pass *p)
{
    size_t count = 0;
    for (size_t t = 0; t < p->T; t++)
        for (size_t b = 0; b < p->B; b++)
            if (t < p->lengths[b]) p->rows[count++] = (uint32_t)(t * p->B + b);
    p->row_count = count;
}

double pass_cost(const elman_model *m, const elman_state *s, bool backward)
{
    static const double flop = 0.01;
    double cost = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        const pass *p = state_pass(s, l);
        cost += l->cell ? walk_cost(l, p, WALK_ALONE, backward)
                        : flop * layer_flops(m, i, (uint64_t)p->row_count,
                                             backward);
    }
    return cost;
}

int pass_threads(elman_state *s, double cost)
{
    walk_sharing forced = walk_forced();
    int threads = s->config.threads;
    if (threads < 2 || forced == WALK_ALONE) return 1;
    if (forced != WALK_UNDECIDED) return threads;
    return thread_worth(threads, cost, &s->asked);
}

void pass_share(const elman_model *m, elman_state *s, bool backward)
{
    double cost = s->config.threads > 1 ? pass_cost(m, s, backward) : 0;
    s->full.threads = s->tail.threads = s->again.threads =
        pass_threads(s, cost);
}

/* Fills a pass beyond what carving sets. */
void pass_set(pass *p)
{
    p->k = kernels_here();
    p->ragged = false;
    for (size_t b = 0; b < p->B; b++)
        if (p->lengths[b] < p->T) p->ragged = true;

    list_rows(p);
    if (p->training) list_leaves(p);
}

static void copy_input(const elman_model *m, elman_state *s,
                       const elman_batch *in)
{
    if (state_reads_in_place(m, s)) return;
    size_t I = m->config.input_size, T = in->T, B = in->B;
    bool first = state_batch_first(m, s);

    for (size_t r = 0; r < s->full.row_count; r++) {
        size_t row = s->full.rows[r];
        size_t from = batch_row(first, T, B, row / B, row % B);
        if (s->tokens) s->tokens[row] = in->tokens[from];
        else memcpy(s->x + row * I, in->x + from * I, I * sizeof *s->x);
    }
}

/* No gradient at the final states unless the caller writes one. */
void pass_begin_training(const elman_model *m, elman_state *s,
                         const elman_batch *in)
{
    if (!s->config.training) return;
    s->training.draw = in->draw;
    s->training.sums.continues = in->continues;
    memset(s->training.dh_n, 0,
           s->config.B * m->memory_h * sizeof *s->training.dh_n);
    memset(s->training.dc_n, 0,
           s->config.B * m->memory_c * sizeof *s->training.dc_n);
}

static void set_out(const elman_model *m, elman_state *s, const elman_batch *in)
{
    s->stepping = false;
    if (in->T != s->full.T || in->B != s->full.B) state_carve(s, in->T, in->B);

    /* each sequence's length and key; a free slot with steps becomes active */
    for (size_t b = 0; b < in->B; b++) {
        size_t length = in->lengths ? in->lengths[b] : in->T;
        s->full.lengths[b] = length;
        s->tail.lengths[b] = length ? 1 : 0;
        s->full.ids[b] = in->ids ? in->ids[b] : b;
        if (length && s->position[b] == FREE_SLOT) state_begin_one(m, s, b);
        s->full.steps_before[b] = s->position[b];
        if (!m->repeats) continue;
        s->again.lengths[b] = length ? repeat_steps(m->repeats, length) : 0;
        s->again.steps_before[b] = 0;
        state_begin_repeated(m, s, b);
    }

    /* what follows from that, and the input in the state's order */
    pass_set(&s->full);
    pass_set(&s->tail);
    if (m->repeats) pass_set(&s->again);
    copy_input(m, s, in);
    pass_begin_training(m, s, in);
}

/* ---- The output --------------------------------------------------------- */

float *state_output(const elman_model *m, const elman_state *s)
{
    return s->layers[m->layer_count - 1].y;
}

bool state_keeps_output(const elman_model *m, const elman_state *s)
{
    if (s->segments.plan.L) return m->info.per_sequence;
    return !s->chunk || s->full.T == 1 || m->info.per_sequence;
}

float *state_output_gradient(const elman_model *m, const elman_state *s)
{
    return s->layers[m->layer_count - 1].dy;
}

/* Copies the output or its gradient between the state (time first) and the
 * caller (batch first if the config says so); with merge none there are two
 * such blocks. */
void state_copy_output(const elman_model *m, const elman_state *s,
                       float *internal, float *external, bool out)
{
    const layer *l = m->layers + m->layer_count - 1;
    size_t T = model_steps(m, m->layer_count - 1, s->full.T), B = s->full.B;
    size_t blocks = model_outputs(m), O = l->O / blocks,
           bytes = O * sizeof *internal;
    bool first = state_batch_first(m, s);
    if (internal == external) return;

    /* both have their rows in one order */
    if (!first || T == 1 || B == 1) {
        if (out) memcpy(external, internal, blocks * T * B * bytes);
        else memcpy(internal, external, blocks * T * B * bytes);
        return;
    }

    for (size_t i = 0; i < blocks; i++)
        for (size_t t = 0; t < T; t++)
            for (size_t b = 0; b < B; b++) {
                size_t here = i * T * B + t * B + b;
                size_t there = i * T * B + batch_row(first, T, B, t, b);
                if (out)
                    memcpy(external + there * O, internal + here * O, bytes);
                else memcpy(internal + here * O, external + there * O, bytes);
            }
}

/* ---- Passes ------------------------------------------------------------- */

static void forward_layer(const elman_model *m, elman_state *s, size_t i,
                          const row_sink *sink, const float *x)
{
    const layer *l = m->layers + i;
    pass *p = l->per_sequence ? &s->tail : &s->full;
    if (l->repeated || l->kind == &layer_repeat) p = &s->again;
    p->sink = i + 1 == m->layer_count ? sink : NULL;

    double begin = s->seconds ? clock_seconds() : 0;
    l->kind->forward(l, p, s->layers + i, x);
    if (s->seconds) s->seconds[i].forward += clock_seconds() - begin;
}

/* Recurrent levels on top of each other go together, but in a state that counts
 * seconds. */
const float *layers_forward(const elman_model *m, elman_state *s,
                            const row_sink *sink, const float *x, size_t end,
                            size_t *i)
{
    const layer *l = m->layers + *i;
    layer_state *at = s->layers + *i;
    const pass *p = state_pass(s, l);

    /* how many layers go at once */
    size_t levels = wave_length(l, end - *i, p);
    size_t count = levels && !s->seconds ? levels : 1;

    if (count > 1 && wave_choose(l, count, p, at)) {
        wave_forward(l, count, p, at, x);
    } else {
        for (size_t j = 0; j < count; j++)
            forward_layer(m, s, *i + j, sink, j ? at[j - 1].y : x);
    }

    if (count > 1) wave_done(count, p, at);
    *i += count;
    return at[count - 1].y;
}

/* Zeroes the rows of y past the end of each sequence. */
void batch_clear_ends(const elman_model *m, const elman_state *s,
                      const elman_batch *in, float *y)
{
    size_t O = m->info.output_size;
    bool first = state_batch_first(m, s);
    for (size_t b = 0; in->lengths && b < in->B; b++)
        for (size_t t = in->lengths[b]; t < in->T; t++)
            memset(y + batch_row(first, in->T, in->B, t, b) * O, 0,
                   O * sizeof *y);
}

/* A pass by chunks: the sequences that have a step. */
static void forward_chunks(const elman_model *m, elman_state *s,
                           const elman_batch *in, float *y)
{
    pass *p = &s->full;
    chunks_carve(s);
    p->B = in->B;
    for (size_t b = 0; b < in->B; b++) {
        if (in->lengths && !in->lengths[b]) continue;
        if (s->position[b] == FREE_SLOT) state_begin_one(m, s, b);
        p->rows[p->row_count++] = (uint32_t)b;
    }

    s->tail = *p;
    s->step_cost = pass_cost(m, s, false);
    p->T = in->T;

    /* what is kept goes to the caller from there, with 0 for sequences of
     * length 0 */
    size_t O = m->layers[m->layer_count - 1].O;
    float *own = state_output(m, s);
    bool keeps = state_keeps_output(m, s);
    if (keeps && p->row_count < in->B) memset(own, 0, in->B * O * sizeof *own);
    if (!keeps && y) batch_clear_ends(m, s, in, y);

    elman_batch batch = *in;
    if (!m->info.vocabulary) batch.tokens = NULL;
    chunks_run(m, s, &batch, keeps ? NULL : y);
}

/* Sequences are longer by this pass. */
void pass_end_forward(const elman_model *m, elman_state *s,
                      const elman_batch *in)
{
    for (size_t b = 0; b < in->B; b++)
        s->position[b] += in->lengths ? in->lengths[b] : in->T;
    s->ran = true;
    s->ready = s->config.training;
    s->changes = m->changes;
}

/* Leaves the output in the state or, where that keeps none, in y. */
static elman_status forward(const elman_model *m, elman_state *s,
                            const elman_batch *in, const row_sink *sink,
                            float *y)
{
    TRY(batch_check(m, s, in));
    if (s->chunk) {
        forward_chunks(m, s, in, y);
        return ELMAN_OK;
    }

    /* the input as layers read it */
    s->ready = false;
    if (s->segments.plan.L) {
        segments_forward(m, s, in, y);
        return ELMAN_OK;
    }
    if (!sink && direct_forward(m, s, in)) return ELMAN_OK;
    set_out(m, s, in);
    bool in_place = state_reads_in_place(m, s);
    const float *x = in_place ? in->x : s->x;
    s->full.tokens = in_place ? in->tokens : s->tokens;
    pass_share(m, s, false);

    /* through all layers */
    for (size_t i = 0; i < m->layer_count;)
        x = layers_forward(m, s, sink, x, m->layer_count, &i);
    s->full.sink = s->tail.sink = s->again.sink = NULL;
    pass_end_forward(m, s, in);
    return ELMAN_OK;
}

elman_status model_forward_into(const elman_model *m, elman_state *s,
                                const elman_batch *in, const row_sink *sink)
{
    return forward(m, s, in, sink, NULL);
}

elman_status model_forward(const elman_model *m, elman_state *s,
                           const elman_batch *in, float *y)
{
    TRY(forward(m, s, in, NULL, y));
    if (y && state_keeps_output(m, s))
        state_copy_output(m, s, state_output(m, s), y, true);
    return ELMAN_OK;
}

static void write_dx(const elman_model *m, const elman_state *s,
                     const float *internal, float *dx)
{
    size_t I = m->config.input_size, T = s->full.T, B = s->full.B;
    bool first = state_batch_first(m, s);
    for (size_t t = 0; t < T; t++)
        for (size_t b = 0; b < B; b++)
            memcpy(dx + batch_row(first, T, B, t, b) * I,
                   internal + (t * B + b) * I, I * sizeof *dx);
}

elman_status model_check_backward(const elman_model *m, const elman_state *s,
                                  const float *dx)
{
    TRY(state_check(m, s));

    /* a pass, and of these weights */
    if (!s->ready && s->ran && s->segments.plan.L)
        return failure(ELMAN_BAD_VALUE,
                       "the state has a budget, with which each backward needs "
                       "a forward of its own, expected one before it");
    if (!s->ready)
        return failure(ELMAN_BAD_VALUE,
                       "backward has no forward before it, expected one on "
                       "this training state");
    if (s->changes != m->changes)
        return failure(ELMAN_BAD_VALUE,
                       "the weights have changed since the forward that "
                       "backward would go back through, expected another "
                       "forward");

    /* which has a gradient at what it read */
    if (dx && m->info.vocabulary)
        return failure(ELMAN_BAD_VALUE,
                       "dx is given, but the model reads tokens, which have "
                       "no gradient");
    return ELMAN_OK;
}

elman_status model_backward(const elman_model *m, elman_state *s,
                            const float *dy, float *dx)
{
    TRY(model_check_backward(m, s, dx));
    if (s->segments.plan.L) return segments_backward_from(m, s, dy, dx);
    TRY(gradients_begin(s));
    pass_share(m, s, true);

    /* leaves that stay open are complete later */
    const gradient_sums *sums = &s->training.sums;
    bool watched = s->watcher.complete && !sums->opens && !sums->levels;
    float *internal = state_output_gradient(m, s);
    if (dy)
        state_copy_output(m, s, internal, (float *)dy /* only read */, false);

    /* from the last layer to the first: each writes the gradient that the one
     * below reads */
    for (size_t i = m->layer_count; i-- > 0;) {
        const layer *l = m->layers + i;
        const float *x = i ? s->layers[i - 1].y : s->x;
        float *below = i ? s->layers[i - 1].dy : NULL;
        if (i == 0 && dx) below = s->dx;
        double begin = s->seconds ? clock_seconds() : 0;
        layer_backward(l, state_pass(s, l), s->layers + i, x, below);
        if (s->seconds) s->seconds[i].backward += clock_seconds() - begin;
        if (watched) s->watcher.complete(s->watcher.context, l->first_weight);
    }

    gradients_end(s);
    if (dx) write_dx(m, s, s->dx, dx);
    return ELMAN_OK;
}

elman_status cell_step(const elman_model *m, elman_state *s, const float *x,
                       const float *h, const float *c, float *h_out,
                       float *c_out)
{
    TRY(state_check(m, s));
    const layer *l = m->layers;
    if (m->layer_count != 1 || !l->cell || l->D != 1)
        return failure(ELMAN_BAD_VALUE,
                       "the model has %zu layers, expected one recurrent layer "
                       "of one level and one direction",
                       m->layer_count);

    if (!l->cell->has_cell && (c || c_out))
        return failure(ELMAN_BAD_VALUE, "%s is given, but %s layers have no c",
                       c ? "c" : "c_out", kind_at(l->config.kind)->title);

    /* before the memory of the state changes */
    TRY(model_check_streams(m, false));

    /* h and c are the caller's, zero if not given */
    size_t B = s->config.B;
    for (size_t b = 0; b < B; b++)
        TRY(state_reset_one(m, s, b));
    if (h) memcpy(s->memory.h, h, B * l->R * sizeof *h);
    if (c) memcpy(s->memory.c, c, B * l->H * sizeof *c);

    TRY(model_step(m, s, x, NULL));
    memcpy(h_out, s->memory.h, B * l->R * sizeof *h);
    if (c_out) memcpy(c_out, s->memory.c, B * l->H * sizeof *c);
    return ELMAN_OK;
}
