/*
 * state_move.c: a state's block that was copied or mapped elsewhere, taken up
 * where it is. It begins with a header that says what it is; nothing in it is
 * trusted: pointers are laid out again, and what says how many or where is
 * checked before it is used.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/thread.h"
#include "model/model.h"

static const char MAGIC[8] = {'e', 'l', 'm', 'a', 'n', ' ', 's', 't'};

/* ---- The header --------------------------------------------------------- */

/* All of a model that decides where things lie in its states, and what. */
static uint64_t shape_hash(const elman_model *m)
{
    uint64_t hash = HASH_EMPTY;
    const uint64_t sizes[] = {m->config.input_size, m->config.batch_first,
                              m->info.vocabulary,   m->layer_count,
                              m->weight_count,      m->memory_h,
                              m->memory_c};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        hash = hash_word(hash, sizes[i], 8);

    /* and each layer's options that decide which arrays it has */
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        const elman_layer *c = &l->config;
        const uint64_t numbers[] = {(uint64_t)c->kind,
                                    (uint64_t)c->merge,
                                    (uint64_t)c->last,
                                    (uint64_t)c->pool,
                                    l->I,
                                    l->O,
                                    l->H,
                                    l->R,
                                    l->D,
                                    c->reverse,
                                    c->reset_before,
                                    c->zoneout > 0,
                                    c->zoneout_cell > 0,
                                    c->recurrent_dropout > 0,
                                    c->variational,
                                    l->custom};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            hash = hash_word(hash, numbers[k], 8);
    }
    return hash;
}

state_header state_header_of(const elman_model *m)
{
    state_header h = {.version = ELMAN_VERSION_NUMBER,
                      .struct_size = sizeof(elman_state),
                      .shape = shape_hash(m)};
    memcpy(h.magic, MAGIC, sizeof h.magic);
    return h;
}

static elman_status check_header(const state_header *got,
                                 const state_header *want)
{
    if (memcmp(got->magic, want->magic, sizeof got->magic) != 0)
        return failure(ELMAN_BAD_FORMAT,
                       "the memory holds no state, expected a block that "
                       "elman_state_init or create made");

    /* another library lays states out in another way */
    if (got->version != want->version)
        return failure(ELMAN_BAD_FORMAT,
                       "the state is of elman %u.%u.%u, expected %s; save and "
                       "load its memory instead (elman_state_save_memory)",
                       got->version / 10000, got->version / 100 % 100,
                       got->version % 100, elman_version());
    if (got->struct_size != want->struct_size)
        return failure(ELMAN_BAD_FORMAT,
                       "the state is of another build of the library, with "
                       "%u bytes for what is %u here",
                       got->struct_size, want->struct_size);
    if (got->shape != want->shape)
        return failure(ELMAN_BAD_FORMAT,
                       "the state is of a model of another shape, expected "
                       "one of this model's layers and sizes");
    return ELMAN_OK;
}

/* ---- What it holds ------------------------------------------------------ */

static elman_status broken(const char *what)
{
    return failure(ELMAN_BAD_FORMAT,
                   "the state is broken: its %s cannot be right", what);
}

/* Bytes that are to be bools: no other value may be looked at as one. */
static bool are_flags(const void *at, size_t count)
{
    const unsigned char *byte = at;
    for (size_t i = 0; i < count; i++)
        if (byte[i] > 1) return false;
    return true;
}

/* The struct of the block, with flags and config that are what they can be. */
static elman_status read_struct(const elman_model *m, size_t bytes,
                                const void *memory, elman_state *old,
                                segment_plan *plan, size_t *room)
{
    static const size_t flags[] = {
        offsetof(elman_state, config.training),
        offsetof(elman_state, config.keep_gradients),
        offsetof(elman_state, config.empty),
        offsetof(elman_state, config.keep_steps),
        offsetof(elman_state, ran),
        offsetof(elman_state, ready),
        offsetof(elman_state, training.sums.joined),
        offsetof(elman_state, training.sums.continues),
        offsetof(elman_state, training.sums.opens),
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (!are_flags((const char *)memory + flags[i], 1))
            return broken("flags");
    memcpy(old, memory, sizeof *old);

    /* a config as one is given, and the block that it needs */
    elman_state_config given = old->config;
    if (!given.training) given.block = given.passes = 0;
    size_t needed;
    TRY(state_measure(m, &given, &old->config, plan, &needed, room));
    if (bytes < needed)
        return failure(ELMAN_BAD_VALUE,
                       "bytes is %zu, but the state has %zu: expected at "
                       "least as many",
                       bytes, needed);
    old->bytes = needed;
    return ELMAN_OK;
}

static elman_status check_sums(const elman_state *old, const gradient_sums *at)
{
    const gradient_sums *s = &old->training.sums;
    uint64_t count = s->count + s->open_count;
    size_t blocks = state_blocks(&old->config, s->open_B);
    bool right = s->count <= at->capacity && s->open_count <= at->capacity &&
                 count <= at->capacity && s->open_count <= at->open_capacity &&
                 s->levels_used <= at->level_count &&
                 (!s->open_count ||
                  (s->open_B <= old->config.B && blocks == s->open_count)) &&
                 are_flags(at->open_began, at->open_capacity);
    return right ? ELMAN_OK : broken("gradients");
}

/* The last pass of s, laid out at memory. */
static elman_status check_pass(const elman_model *m, const elman_state *s)
{
    const pass *p = &s->full;
    for (size_t b = 0; p->lengths && b < p->B; b++)
        if (p->lengths[b] > p->T || s->tail.lengths[b] > 1)
            return broken("lengths");
    for (size_t b = 0; m->repeats && b < p->B; b++)
        if (s->again.lengths[b] > s->again.T || s->again.steps_before[b])
            return broken("lengths");

    /* the slots that ran in chunks */
    if (p->row_count > p->B) return broken("pass");
    for (size_t r = 0; r < p->row_count; r++)
        if (p->rows[r] >= p->B) return broken("pass");
    if (!s->ready) return ELMAN_OK;

    /* what backward reads as a place */
    for (size_t b = 0; s->tokens && b < p->B; b++)
        for (size_t t = 0; t < p->lengths[b]; t++) {
            int32_t token = s->tokens[t * p->B + b];
            if (token < 0 || (size_t)token >= m->info.vocabulary)
                return broken("tokens");
        }
    for (size_t i = 0; i < m->layer_count; i++) {
        const uint32_t *from = s->layers[i].pool.from;
        size_t I = m->layers[i].I;
        for (size_t k = 0; from && k < p->B * I; k++)
            if (from[k] != UINT32_MAX && from[k] >= p->T)
                return broken("maxima");
    }
    return ELMAN_OK;
}

/* ---- Taking it up ------------------------------------------------------- */

/* Whether layer i of the block showed what its cell wrote as its output. */
static bool shows_cell(const elman_model *m, const layer_state *old, size_t i)
{
    const layer *l = m->layers + i;
    return l->cell && l->D == 1 && !l->config.reverse &&
           memcmp(&old[i].y, &old[i].own, sizeof old->y) != 0;
}

/* Lays the last pass of s out at memory, as old counts it; layers are those of
 * the block. Writes nothing there. */
static elman_status lay_out_last(const elman_model *m, elman_state *s,
                                 const elman_state *old, void *memory,
                                 const layer_state *layers)
{
    /* of a size that the block has room for, and of a kind that it runs */
    size_t T = old->full.T, carved = old->carved_T, B = old->full.B;
    bool fits = T && B && T <= s->config.T && B <= s->config.B;
    if (!s->chunk) fits = fits && T <= carved && carved <= state_steps(s);
    if (s->segments.plan.L) fits = fits && T == carved && T == state_steps(s);
    if (!fits || (old->ready && !(s->config.training && old->ran)))
        return broken("pass");

    s->ran = old->ran;
    s->ready = old->ready && !s->segments.plan.L;
    s->carved_T = carved;
    state_lay_out_pass(s, memory, carved, B);
    s->full.T = T;
    s->full.B = B;

    s->full.row_count = s->chunk ? old->full.row_count : 0;
    for (size_t i = 0; i < m->layer_count && !s->chunk; i++)
        if (shows_cell(m, layers, i))
            s->layers[i].y = s->layers[i].directions[0].h + B * m->layers[i].R;
    return check_pass(m, s);
}

static void take_counts(elman_state *s, const elman_state *old)
{
    gradient_sums *to = &s->training.sums;
    const gradient_sums *from = &old->training.sums;
    s->training.draw = old->training.draw;
    to->count = from->count;
    to->joined = from->joined;
    to->levels_used = from->levels_used;
    to->open_count = from->open_count;
    to->open_B = from->open_B;
    to->continues = from->continues;
    to->opens = from->opens;
}

/* Takes up the block at memory, of which old is the struct and room has space
 * for its layers: all is laid out beside it until it is known to be right. */
static elman_status take_up(const elman_model *m, const elman_state *old,
                            segment_plan plan, size_t room_begin, void *memory,
                            layer_state *room)
{
    elman_state s = {.header = state_header_of(m),
                     .model = m,
                     .changes = m->changes,
                     .config = old->config,
                     .bytes = old->bytes,
                     .room = room_begin,
                     .chunk = chunk_streams(m, &old->config),
                     .segments.plan = plan};
    state_lay_out_kept(m, &s, memory);
    layer_state *layers = s.layers;
    s.layers = room;
    if (s.config.training) TRY(check_sums(old, &s.training.sums));
    TRY(lay_out_last(m, &s, old, memory, layers));
    take_counts(&s, old);
    s.direct_rows = s.chunk ? 0 : direct_rows(m, &s);

    /* now the block itself */
    memcpy(layers, room, m->layer_count * sizeof *layers);
    s.layers = layers;
    *(elman_state *)memory = s;
    state_bind(memory);
    return ELMAN_OK;
}

elman_status state_move(const elman_model *m, size_t bytes, void *memory,
                        elman_state **state)
{
    state_header header, want = state_header_of(m);
    elman_state old;
    segment_plan plan;
    size_t room_begin;
    if ((uintptr_t)memory % ALIGNMENT)
        return failure(ELMAN_BAD_VALUE,
                       "memory is at %p, expected a multiple of %d", memory,
                       ALIGNMENT);
    if (bytes < sizeof old)
        return failure(ELMAN_BAD_VALUE, "bytes is %zu, less than any state has",
                       bytes);

    /* what it says it is */
    memcpy(&header, memory, sizeof header);
    TRY(check_header(&header, &want));
    TRY(read_struct(m, bytes, memory, &old, &plan, &room_begin));
    if (old.config.training) TRY(model_make_training(m));

    layer_state *room = calloc(m->layer_count, sizeof *room);
    if (!room) return failure(ELMAN_NO_MEMORY, "no memory to move a state");
    elman_status status = take_up(m, &old, plan, room_begin, memory, room);
    free(room);
    if (status) return status;

    *state = memory;
    thread_prepare((*state)->config.threads);
    return ELMAN_OK;
}
