/*
 * chunks.c: many streams, a chunk at a time through all layers and all steps.
 * What lies between input and output is then as large as one step of a chunk
 * for each thread, not as large as the pass, and stays in the cache from layer
 * to layer and step to step; a stream costs its memory, its last output and its
 * place in a list.
 *
 * A chunk holds streams that run, wherever their slots are, so its sequences
 * are numbered on their own, and pass.slots says whose memory each has.
 */
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "layer/recurrent.h"
#include "model/model.h"

/* Streams of a chunk where weights stay in the second-level cache from chunk to
 * chunk; where they do not, as many as a cell takes. */
enum { CHUNK_SMALL = 32, CHUNK = CELL_ROWS };

size_t chunk_streams(const elman_model *m, const elman_state_config *config)
{
    size_t streams = CHUNK_SMALL;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (l->cell && l->G * (l->I + l->R) > WEIGHTS_FIT) streams = CHUNK;
    }

    /* a layer that reads backwards needs all steps at once, and so does what a
     * repeat makes */
    bool whole = config->training || config->keep_steps || m->repeats ||
                 (config->T > 1 && !m->info.streams);
    return whole || config->B <= streams ? 0 : streams;
}

/* ---- Layout ------------------------------------------------------------- */

void chunks_lay_out_pass(const elman_model *m, elman_state *s, arena *a)
{
    size_t B = s->config.B;
    const layer *last = m->layers + m->layer_count - 1;
    uint32_t *rows = arena_take(a, B, sizeof *rows);
    float *y = arena_take(a, B, last->O * sizeof *y);
    if (!a->base) return;

    /* the output of all streams is that of the last layer */
    s->full = s->tail = (pass){.T = 1, .B = B, .rows = rows};
    for (size_t i = 0; i < m->layer_count; i++) {
        s->layers[i] = (layer_state){.plans = s->plans ? s->plans + i : NULL};
    }
    s->layers[m->layer_count - 1].own = y;
    s->layers[m->layer_count - 1].y = y;
}

/* Whether the layer runs by steps that are prepared, and never in a pass. */
static bool steps_alone(const layer *l)
{
    return l->kind->steps && l->kind->steps(l);
}

/* What one thread works in. */
static void lay_out_room(const elman_model *m, elman_state *s, arena *a,
                         chunk_room *room)
{
    size_t M = s->chunk, input_bytes = m->config.input_size * sizeof(float);
    room->pass = (pass){.T = 1, .B = M};
    room->pass.lengths = arena_take(a, M, sizeof *room->pass.lengths);
    room->pass.rows = arena_take(a, M, sizeof *room->pass.rows);
    room->slots = arena_take(a, M, sizeof *room->slots);
    room->steps_before = arena_take(a, M, sizeof *room->steps_before);

    /* what the first layer reads, gathered */
    room->x = input_bytes ? arena_take(a, M, input_bytes) : NULL;
    room->tokens = input_bytes ? NULL : arena_take(a, M, sizeof *room->tokens);

    room->layers = arena_take(a, m->layer_count, sizeof *room->layers);
    for (size_t i = 0; i < m->layer_count; i++)
        layer_lay_out(m, s, a, i, steps_alone(m->layers + i) ? 0 : 1, M,
                      a->base ? room->layers + i : NULL);
}

/* Fills what no chunk changes. */
static void bind_room(const elman_model *m, const elman_state *s,
                      chunk_room *room)
{
    pass *p = &room->pass;
    pass_bind(s, p);
    p->k = NULL;    /* nothing is prepared */
    p->threads = 1; /* threads have chunks of their own */
    p->steps_before = room->steps_before;
    for (size_t i = 0; i < p->B; i++) {
        p->lengths[i] = 1;
        p->rows[i] = (uint32_t)i;
    }

    for (size_t i = 0; i < m->layer_count; i++)
        room->layers[i].steps = steps_alone(m->layers + i);
    room->prepared = 0;
}

void chunks_lay_out_rooms(const elman_model *m, elman_state *s, arena *a)
{
    size_t threads = s->chunk ? (size_t)s->config.threads : 0;
    s->rooms = arena_take(a, threads, sizeof *s->rooms);
    for (size_t i = 0; i < threads; i++) {
        chunk_room room = {0}; /* while measuring there is none */
        lay_out_room(m, s, a, &room);
        if (!a->base) continue;
        bind_room(m, s, &room);
        s->rooms[i] = room;
    }
}

void chunks_carve(elman_state *s)
{
    arena a = {.base = (char *)s, .used = s->work};
    chunks_lay_out_pass(s->model, s, &a);
    s->stepping = false;
    s->full.threads = s->tail.threads = s->config.threads;
}

/* ---- A chunk ------------------------------------------------------------ */

typedef struct chunks_job {
    const elman_model *m;
    elman_state *s;
    const elman_batch *in;
    float *y;    /* the caller's, or NULL */
    float *own;  /* (B,O) the state's, or NULL where it keeps none */
    size_t size; /* of a chunk */
    size_t parts;
} chunks_job;

static size_t length_of(const chunks_job *job, size_t slot)
{
    return job->in->lengths ? job->in->lengths[slot] : job->in->T;
}

/* Lists a chunk's streams, those with more steps first, so that in each step
 * the first ones run. */
static void list_slots(const chunks_job *job, chunk_room *room, size_t begin,
                       size_t end)
{
    const uint32_t *slots = job->s->full.rows + begin; /* ascending */
    uint32_t *sorted = room->slots;
    size_t count = end - begin;
    bool moved = false;

    /* an insertion leaves equal ones in their order */
    room->pass.slots = slots;
    for (size_t i = 0; i < count && job->in->T > 1 && job->in->lengths; i++) {
        size_t at = i, length = length_of(job, slots[i]);
        for (; at && length_of(job, sorted[at - 1]) < length; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = slots[i];
        if (at < i) moved = true;
    }

    if (moved) room->pass.slots = sorted;
    room->in_a_row = !moved && slots[count - 1] - slots[0] == count - 1;
}

/* Brings a room's pass to step t of the first count of its slots. What layers
 * prepare stays from step to step and chunk to chunk while their number
 * does. */
static void set_step(const chunks_job *job, chunk_room *room, size_t count,
                     size_t t)
{
    const elman_model *m = job->m;
    pass *p = &room->pass;
    bool prepared = room->prepared == count && p->k == kernels_here();
    p->k = kernels_here();
    p->B = p->row_count = room->prepared = count;
    for (size_t i = 0; i < count; i++)
        room->steps_before[i] = job->s->position[p->slots[i]] + t;

    /* the same streams need nothing else */
    if (prepared && t > 0) return;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (!room->layers[i].steps) continue;
        (prepared ? l->kind->aim : l->kind->prepare)(l, p, room->layers + i);
    }
}

/* Where step t of a slot stands in arrays of T steps of all slots, and from
 * there the next slot: in rows. */
typedef struct row_place {
    size_t first, next;
} row_place;

static row_place place(const chunks_job *job, size_t T, size_t t, size_t slot)
{
    bool first = state_batch_first(job->m, job->s);
    return first ? (row_place){slot * T + t, T}
                 : (row_place){t * job->in->B + slot, 1};
}

/* Where the first layer reads, and the tokens if it reads those. */
static const float *chunk_x(const chunks_job *job, chunk_room *room, size_t t)
{
    pass *p = &room->pass;
    const elman_batch *in = job->in;
    size_t I = job->m->config.input_size;
    row_place at = place(job, in->T, t, room->pass.slots[0]);
    p->tokens = in->tokens ? room->tokens : NULL;
    if (!in->tokens && room->in_a_row && at.next == 1)
        return in->x + at.first * I;

    /* gathered */
    for (size_t i = 0; i < p->B; i++) {
        size_t row = place(job, in->T, t, room->pass.slots[i]).first;
        if (in->tokens) room->tokens[i] = in->tokens[row];
        else memcpy(room->x + i * I, in->x + row * I, I * sizeof *room->x);
    }
    return in->tokens ? NULL : room->x;
}

/* Rows (B,n) of step t into those of all slots. */
static void scatter(const chunks_job *job, const chunk_room *room, size_t T,
                    size_t t, size_t n, const float *from, float *all)
{
    const pass *p = &room->pass;
    row_place at = place(job, T, t, room->pass.slots[0]);
    if (room->in_a_row && at.next == 1) {
        memcpy(all + at.first * n, from, p->B * n * sizeof *from);
        return;
    }
    for (size_t i = 0; i < p->B; i++) {
        size_t row = place(job, T, t, room->pass.slots[i]).first;
        memcpy(all + row * n, from + i * n, n * sizeof *from);
    }
}

/* The chunk's output y, one of T of each stream, into the rows of its slots. */
static void hand_out(const chunks_job *job, const chunk_room *room, size_t T,
                     size_t t, const float *y)
{
    size_t blocks = model_outputs(job->m), all = T * job->in->B;
    size_t O = job->m->layers[job->m->layer_count - 1].O / blocks;

    for (size_t i = 0; i < blocks; i++) {
        const float *from = y + i * room->pass.B * O;
        if (job->own) scatter(job, room, T, t, O, from, job->own + i * all * O);
        if (job->y) scatter(job, room, T, t, O, from, job->y + i * all * O);
    }
}

/* Layers from *i on: those of steps, or those of one vector per sequence. */
static const float *run_layers(const chunks_job *job, chunk_room *room,
                               const float *x, size_t *i)
{
    const elman_model *m = job->m;
    elman_state *s = job->s;
    bool tail = m->layers[*i].per_sequence;

    /* each in its own time, if that is counted */
    for (; *i < m->layer_count && m->layers[*i].per_sequence == tail; ++*i) {
        const layer *l = m->layers + *i;
        layer_state *at = room->layers + *i;
        double began = s->seconds ? clock_seconds() : 0;
        (at->steps ? l->kind->step : l->kind->forward)(l, &room->pass, at, x);
        if (s->seconds) s->seconds[*i].forward += clock_seconds() - began;
        x = at->y;
    }
    return x;
}

static void run_chunk(const chunks_job *job, chunk_room *room, size_t begin,
                      size_t end)
{
    const elman_model *m = job->m;
    size_t count = end - begin, layers = 0;
    const float *y = NULL;
    list_slots(job, room, begin, end);

    for (size_t t = 0; t < length_of(job, room->pass.slots[0]); t++) {
        while (length_of(job, room->pass.slots[count - 1]) <= t)
            count--;
        set_step(job, room, count, t);

        layers = 0;
        y = run_layers(job, room, chunk_x(job, room, t), &layers);
        if (!m->info.per_sequence) hand_out(job, room, job->in->T, t, y);
    }

    /* one vector of each, which stands where its last step left it */
    if (m->info.per_sequence) {
        room->pass.B = room->pass.row_count = end - begin;
        if (layers < m->layer_count) y = run_layers(job, room, y, &layers);
        hand_out(job, room, 1, 0, y);
    }

    for (size_t i = 0; i < end - begin; i++)
        job->s->position[room->pass.slots[i]] +=
            length_of(job, room->pass.slots[i]);
}

/* A thread's share of all chunks, which are of one size but for the last. */
static void run_part(void *context, size_t index)
{
    const chunks_job *job = context;
    size_t streams = job->s->full.row_count, size = job->size;
    size_t chunks = (streams + size - 1) / size;
    size_t first = chunks * index / job->parts,
           end = chunks * (index + 1) / job->parts;

    for (size_t i = first; i < end; i++)
        run_chunk(job, job->s->rooms + index, i * size,
                  (i + 1) * size < streams ? (i + 1) * size : streams);
}

/* ---- All of them -------------------------------------------------------- */

/* About how many steps each stream that runs has. */
static double steps_each(const chunks_job *job)
{
    const pass *p = &job->s->full;
    double steps = 0;
    for (size_t i = 0; i < p->row_count; i++)
        steps += (double)length_of(job, p->rows[i]);
    return steps / (double)p->row_count;
}

void chunks_run(const elman_model *m, elman_state *s, const elman_batch *in,
                float *y)
{
    chunks_job job = {.m = m, .s = s, .in = in, .y = y, .parts = 1};
    size_t streams = s->full.row_count;
    if (state_keeps_output(m, s)) job.own = state_output(m, s);
    s->ran = true;
    if (!streams) return;

    /* every thread has as many chunks */
    double steps = in->T > 1 ? steps_each(&job) : 1;
    if (!s->seconds) job.parts = (size_t)pass_threads(s, s->step_cost * steps);
    size_t chunks = (streams + s->chunk - 1) / s->chunk;
    chunks = (chunks + job.parts - 1) / job.parts * job.parts;
    job.size = (streams + chunks - 1) / chunks;
    thread_run((int)job.parts, job.parts, run_part, &job);
}
