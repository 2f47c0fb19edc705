/*
 * state.c: a state is one block.
 *
 *   | struct | position | h c dh_n dc_n dh_0 dc_0 | gradients | layers |
 *     <---------------------- kept between passes ------------------->
 *   | pass, carved anew for each T and B | room of sums, for each thread |
 *
 * The layout runs once to measure and once to carve, so sizes and pointers
 * cannot disagree.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/thread.h"
#include "layer/recurrent.h"
#include "model/model.h"

enum { DEFAULT_PASSES = 256 };

/* What a budget leaves out. */
static elman_status check_budget(const elman_state_config *c)
{
    if (!c->budget) return ELMAN_OK;
    if (!c->training)
        return failure(ELMAN_BAD_VALUE,
                       "budget is %zu, but only a training state keeps what it "
                       "bounds: without training run T steps at a time",
                       c->budget);
    if (c->keep_gradients || c->open_blocks)
        return failure(
            ELMAN_BAD_VALUE, "%s is set, but a state with a budget %s",
            c->keep_gradients ? "keep_gradients" : "open_blocks",
            c->keep_gradients ? "keeps the steps of one segment at a time"
                              : "leaves blocks open by itself");
    return ELMAN_OK;
}

static elman_status complete(const elman_state_config *config,
                             elman_state_config *full)
{
    *full = *config;

    /* defaults */
    if (full->T == 0) full->T = 1;
    if (full->B == 0) full->B = 1;
    if (full->threads == 0) full->threads = 1;
    if (full->block == 0) full->block = TREE_BLOCK;
    if (full->passes == 0) full->passes = DEFAULT_PASSES;

    /* sizes */
    size_t rows;
    if (!sizes_multiply(full->T, full->B, 1, &rows) || rows > UINT32_MAX / 2)
        return failure(ELMAN_BAD_VALUE,
                       "T is %zu and B is %zu, expected a product below 2^31",
                       full->T, full->B);
    if (full->threads < 0 || full->threads > THREADS_MAX)
        return failure(ELMAN_BAD_VALUE, "threads is %d, expected 0 to %d",
                       full->threads, THREADS_MAX);

    /* what only one kind of state can have */
    if (full->empty && full->training)
        return failure(ELMAN_BAD_VALUE,
                       "empty is set, but in a training state all sequences "
                       "run");
    if (full->keep_gradients && !full->training)
        return failure(ELMAN_BAD_VALUE,
                       "keep_gradients is set, but only a training state has "
                       "gradients to keep");
    if ((config->block || config->passes || config->open_blocks) &&
        !full->training)
        return failure(ELMAN_BAD_VALUE,
                       "%s is set, but only a training state sums gradients",
                       config->block    ? "block"
                       : config->passes ? "passes"
                                        : "open_blocks");

    TRY(check_budget(full));

    /* leaves that can be counted */
    size_t blocks;
    if (!sizes_multiply(full->passes, state_blocks(full, full->B), 1, &blocks))
        return failure(ELMAN_BAD_VALUE,
                       "passes is %zu, too many for this machine's addresses",
                       full->passes);
    return ELMAN_OK;
}

/* ---- Layout ------------------------------------------------------------- */

/* What lives from pass to pass. */
static void lay_out_kept(const elman_model *m, elman_state *s, arena *a)
{
    size_t B = s->config.B, row_h = m->memory_h * sizeof(float),
           row_c = m->memory_c * sizeof(float);
    s->position = arena_take(a, B, sizeof *s->position);
    s->memory.h = arena_take(a, B, row_h);
    s->memory.c = arena_take(a, B, row_c);
    s->memory.capacity = B;

    /* gradients at the memory and of weights */
    if (s->config.training) {
        s->training.seed = s->config.seed;
        s->training.dh_n = arena_take(a, B, row_h);
        s->training.dc_n = arena_take(a, B, row_c);
        s->training.dh_0 = arena_take(a, B, row_h);
        s->training.dc_0 = arena_take(a, B, row_c);
        size_t open = s->config.open_blocks;
        if (s->segments.plan.L) open = state_blocks(&s->config, B);
        gradients_lay_out(m, &s->config, open, a, &s->training.sums);
    }
    segments_lay_out(m, s, a);

    s->layers = arena_take(a, m->layer_count, sizeof *s->layers);
    s->work = a->used;
}

void state_lay_out_kept(const elman_model *m, elman_state *s, void *block)
{
    arena a = {.base = block};
    arena_take(&a, 1, sizeof *s);
    lay_out_kept(m, s, &a);
}

static void lay_out_rows(const elman_state *s, pass *p, arena *a, size_t T,
                         size_t B)
{
    p->T = T;
    p->B = B;
    p->lengths = arena_take(a, B, sizeof *p->lengths);
    p->rows = arena_take(a, T * B, sizeof *p->rows);
    if (!s->config.training) return;
    p->order = arena_take(a, T * B, sizeof *p->order);
    p->leaf_begin =
        arena_take(a, state_blocks(&s->config, B) + 1, sizeof *p->leaf_begin);
}

void layer_lay_out(const elman_model *m, const elman_state *s, arena *a,
                   size_t i, size_t T, size_t B, layer_state *at)
{
    const layer *l = m->layers + i;
    size_t rows = model_steps(m, i, T) * B, in = layer_steps(l, T);

    /* plans of walks outlive a pass */
    layer_state room = {.plans = s->plans ? s->plans + i : NULL};
    layer one;
    if (s->segments.plan.L && recurrent_reverses(l)) { /* a direction at once */
        one = recurrent_direction(l, 0);
        l = &one;
    }
    if (!at) at = &room;
    *at = room;

    at->own = at->y = arena_take(a, rows, l->O * sizeof(float));
    if (s->config.training) at->dy = arena_take(a, rows, l->O * sizeof(float));
    if (l == &one && l->config.merge == ELMAN_MERGE_MUL)
        at->other = arena_take(a, rows, l->O * sizeof(float));
    if (l->kind->lay_out)
        l->kind->lay_out(l, a, in, B, s->config.training,
                         s->config.keep_gradients, at);
}

bool state_reads_in_place(const elman_model *m, const elman_state *s)
{
    return !s->config.training && !state_batch_first(m, s);
}

bool state_batch_first(const elman_model *m, const elman_state *s)
{
    return m->config.batch_first && !s->time_first;
}

/* What one pass of T steps of B sequences needs. */
static void lay_out_pass(const elman_model *m, elman_state *s, arena *a,
                         size_t T, size_t B)
{
    lay_out_rows(s, &s->full, a, T, B);
    lay_out_rows(s, &s->tail, a, 1, B);
    size_t repeats = repeat_steps(m->repeats, T);
    if (repeats) lay_out_rows(s, &s->again, a, repeats, B);
    s->full.ids = arena_take(a, B, sizeof *s->full.ids);
    s->full.steps_before = arena_take(a, B, sizeof *s->full.steps_before);
    if (m->repeats)
        s->again.steps_before = arena_take(a, B, sizeof *s->again.steps_before);
    size_t longest = T > repeats ? T : repeats;
    if (s->config.training)
        s->training.pointers =
            arena_take(a, 2 * longest * B, sizeof *s->training.pointers);

    /* a copy of the input, unless layers read the caller's */
    size_t input_bytes = m->config.input_size * sizeof(float);
    s->x = s->dx = NULL;
    s->tokens = NULL;
    if (!state_reads_in_place(m, s)) {
        if (input_bytes) s->x = arena_take(a, T * B, input_bytes);
        else s->tokens = arena_take(a, T * B, sizeof *s->tokens);
    }
    if (input_bytes && s->config.training)
        s->dx = arena_take(a, T * B, input_bytes);

    for (size_t i = 0; i < m->layer_count; i++)
        layer_lay_out(m, s, a, i, T, B, a->base ? s->layers + i : NULL);
}

void pass_bind(const elman_state *s, pass *p)
{
    p->threads =
        s->config.threads < THREADS_MAX ? s->config.threads : THREADS_MAX;
    p->k = kernels_here();
    p->packed = s->model->packed;
    p->table = s->model->table;
    p->for_training = model_training(s->model);
    p->memory = s->memory;
    p->training = s->config.training ? &s->training : NULL;
    p->open_rows = s->training.sums.open_rows;
    p->tokens = s->tokens;
    p->ids = s->full.ids;
    p->steps_before = s->full.steps_before;
}

static void bind_passes(elman_state *s)
{
    pass_bind(s, &s->full);
    pass_bind(s, &s->tail);
    size_t open = s->training.sums.open_capacity;
    if (open) s->tail.open_rows += open;
    if (!s->model->repeats) return;

    /* which begins anew with each pass */
    uint64_t *none_before = s->again.steps_before;
    pass_bind(s, &s->again);
    s->again.steps_before = none_before;
}

void state_lay_out_pass(elman_state *s, void *block, size_t T, size_t B)
{
    arena a = {.base = block, .used = s->work};
    if (s->chunk) chunks_lay_out_pass(s->model, s, &a);
    else lay_out_pass(s->model, s, &a, T, B);
    assert(a.used <= s->room);
}

void state_carve(elman_state *s, size_t T, size_t B)
{
    s->stepping = false;
    s->carved_T = T;
    state_lay_out_pass(s, s, T, B);
    bind_passes(s);
}

/* ---- Life --------------------------------------------------------------- */

/* How threads share walks, empty. A state of one thread has no such plans, so
 * they lie behind what states of equal configs have alike. */
static void lay_out_plans(const elman_model *m, elman_state *s, arena *a)
{
    if (s->config.threads < 2) return;
    s->plans = arena_take(a, m->layer_count, sizeof *s->plans);
    if (!a->base) return;

    memset(s->plans, 0, m->layer_count * sizeof *s->plans);
    for (size_t i = 0; i < m->layer_count; i++)
        s->layers[i].plans = s->plans + i;
}

/* What each thread works in. */
static void lay_out_rooms(const elman_model *m, elman_state *s, arena *a)
{
    lay_out_plans(m, s, a);
    if (s->config.training)
        gradients_lay_out_room(m, &s->config, a, &s->training.sums);
    else chunks_lay_out_rooms(m, s, a);
}

void state_bind(elman_state *s)
{
    arena a = {.base = (char *)s, .used = s->room};
    lay_out_rooms(s->model, s, &a);
    if (s->chunk) return;

    bind_passes(s);
    pass_set(&s->full);
    pass_set(&s->tail);
    if (s->model->repeats) pass_set(&s->again);
}

/* The rooms begin after the largest pass. */
size_t state_bytes(const elman_model *m, const elman_state_config *full,
                   segment_plan plan, size_t *room)
{
    elman_state s = {.config = *full,
                     .chunk = chunk_streams(m, full),
                     .segments.plan = plan};
    arena a = {0};
    arena_take(&a, 1, sizeof s);
    lay_out_kept(m, &s, &a);

    /* the largest pass */
    if (s.chunk) chunks_lay_out_pass(m, &s, &a);
    else lay_out_pass(m, &s, &a, state_steps(&s), full->B);
    *room = a.used;
    lay_out_rooms(m, &s, &a);

    return a.overflow ? 0 : a.used;
}

elman_status state_measure(const elman_model *m,
                           const elman_state_config *config,
                           elman_state_config *full, segment_plan *plan,
                           size_t *bytes, size_t *room)
{
    TRY(complete(config, full));
    size_t rows;
    if (!sizes_multiply(repeat_steps(m->repeats, full->T), full->B, 1, &rows) ||
        rows > UINT32_MAX / 2)
        return failure(ELMAN_BAD_VALUE,
                       "B is %zu and the model repeats %zu times, expected a "
                       "product below 2^31",
                       full->B, m->repeats);
    TRY(segments_choose(m, full, plan));
    *bytes = state_bytes(m, full, *plan, room);
    if (*bytes) return ELMAN_OK;
    return failure(
        ELMAN_BAD_VALUE,
        "a state of T %zu, B %zu and open_blocks %zu is too large for "
        "this machine's addresses",
        full->T, full->B, full->open_blocks);
}

size_t state_size(const elman_model *m, const elman_state_config *config)
{
    elman_state_config full;
    segment_plan plan;
    size_t bytes, room;
    return state_measure(m, config, &full, &plan, &bytes, &room) ? 0 : bytes;
}

/* Zeroes what follows the struct, but for the arrays of sums and their room, of
 * which most may never be used: they stay without pages. */
static void clear_block(elman_state *s)
{
    size_t begin = sizeof *s;
    if (s->config.training) {
        size_t sums, after = gradients_extent(s, &sums);
        memset((char *)s + begin, 0, sums - begin);
        begin = after;
    }
    memset((char *)s + begin, 0, s->room - begin);
}

elman_status state_init(const elman_model *m, const elman_state_config *config,
                        size_t bytes, void *memory, elman_state **state)
{
    elman_state_config full;
    segment_plan plan;
    size_t needed, room;

    /* the memory must be as large and as aligned as the layout needs */
    TRY(state_measure(m, config, &full, &plan, &needed, &room));
    if (bytes < needed)
        return failure(ELMAN_BAD_VALUE, "bytes is %zu, expected at least %zu",
                       bytes, needed);
    if ((uintptr_t)memory % ALIGNMENT)
        return failure(ELMAN_BAD_VALUE,
                       "memory is at %p, expected a multiple of %d", memory,
                       ALIGNMENT);

    if (full.training) TRY(model_make_training(m));

    elman_state *s = memory;
    memset(s, 0, sizeof *s);
    s->header = state_header_of(m);
    s->model = m;
    s->config = full;
    s->bytes = needed;
    s->room = room;
    s->chunk = chunk_streams(m, &full);
    s->segments.plan = plan;

    /* the layout, now with pointers; all is zero but what sums may never use */
    state_lay_out_kept(m, s, memory);
    clear_block(s);
    s->direct_rows = s->chunk ? 0 : direct_rows(m, s);
    if (s->chunk) chunks_carve(s);
    else state_carve(s, state_steps(s), full.B);
    arena a = {.base = memory, .used = room};
    lay_out_rooms(m, s, &a);

    /* a fresh memory */
    thread_prepare(full.threads);
    if (full.threads > 1) walk_measure_caches();
    state_reset(m, s);
    for (size_t b = 0; b < full.B && full.empty; b++)
        s->position[b] = FREE_SLOT;
    *state = s;
    return ELMAN_OK;
}

elman_status state_create(const elman_model *m,
                          const elman_state_config *config, elman_state **state)
{
    size_t bytes = state_size(m, config);
    if (bytes == 0) return ELMAN_BAD_VALUE;

    void *memory = block_reserve(bytes);
    if (!memory && config->training && config->passes != 1)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for a state of %s; one that sums a pass at "
                       "a time (passes 1 in its config) needs less",
                       bytes_in_words(bytes).text);
    if (!memory)
        return failure(ELMAN_NO_MEMORY, "no memory for a state of %s",
                       bytes_in_words(bytes).text);
    elman_status status = state_init(m, config, bytes, memory, state);
    if (status) block_destroy(memory);
    else (*state)->owned = true;
    return status;
}

void state_destroy(elman_state *s)
{
    if (s && s->owned) block_destroy(s);
}

elman_status state_check(const elman_model *m, const elman_state *s)
{
    if (s->model == m) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the state was made for another model, expected one made "
                   "for this");
}
