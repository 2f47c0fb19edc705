/*
 * chunks.c: many streams, a chunk at a time through all layers. What a step
 * computes between its input and its output is then as large as a chunk for
 * each thread, not as large as the state, and stays in the cache from layer to
 * layer; a stream costs its memory, its output and its place in a list.
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
    return config->training || config->B <= streams ? 0 : streams;
}

bool state_runs_chunks(const elman_state *s)
{
    return s->chunk && s->config.T == 1;
}

/* ---- Layout ------------------------------------------------------------- */

void chunks_lay_out_pass(const elman_model *m, elman_state *s, arena *a)
{
    size_t B = s->config.B;
    const layer *last = m->layers + m->layer_count - 1;
    uint32_t *rows = arena_take(a, B, sizeof *rows);
    float *y = arena_take(a, B, last->O * sizeof *y);
    if (!a->base) return;

    /* the output of all streams is that of the last layer: 0 for slots that
     * never ran */
    if (!s->by_chunks) memset(y, 0, B * last->O * sizeof *y);
    s->full = s->tail = (pass){.T = 1, .B = B, .rows = rows};
    for (size_t i = 0; i < m->layer_count; i++) {
        s->layers[i] = (layer_state){.plans = s->plans ? s->plans + i : NULL};
    }
    s->layers[m->layer_count - 1].own = y;
    s->layers[m->layer_count - 1].y = y;
}

/* What one thread works in. */
static void lay_out_room(const elman_model *m, elman_state *s, arena *a,
                         chunk_room *room)
{
    size_t M = s->chunk, input_bytes = m->config.input_size * sizeof(float);
    room->pass = (pass){.T = 1, .B = M};
    room->pass.lengths = arena_take(a, M, sizeof *room->pass.lengths);
    room->pass.rows = arena_take(a, M, sizeof *room->pass.rows);
    room->steps_before = arena_take(a, M, sizeof *room->steps_before);

    /* what the first layer reads, gathered */
    room->x = input_bytes ? arena_take(a, M, input_bytes) : NULL;
    room->tokens = input_bytes ? NULL : arena_take(a, M, sizeof *room->tokens);

    room->layers = arena_take(a, m->layer_count, sizeof *room->layers);
    for (size_t i = 0; i < m->layer_count; i++)
        layer_lay_out(m, s, a, i, 1, M, a->base ? room->layers + i : NULL);
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

    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        room->layers[i].steps = l->kind->steps && l->kind->steps(l);
    }
    p->B = 0; /* no chunk is prepared */
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
    s->by_chunks = true;
    s->stepping = false;
    s->full.threads = s->tail.threads = s->config.threads;
}

/* ---- A chunk ------------------------------------------------------------ */

typedef struct chunks_job {
    const elman_model *m;
    elman_state *s;
    const chunk_input *in;
    size_t size; /* of a chunk */
    size_t parts;
} chunks_job;

/* Brings a room's pass to count streams, those in slots. What layers prepare
 * stays from chunk to chunk while their size does. */
static void set_chunk(const elman_model *m, const elman_state *s,
                      chunk_room *room, size_t count, const uint32_t *slots)
{
    pass *p = &room->pass;
    bool prepared = p->B == count && p->k == kernels_here();
    p->k = kernels_here();
    p->B = p->row_count = count;
    p->slots = slots;
    for (size_t i = 0; i < count; i++)
        room->steps_before[i] = s->position[slots[i]];

    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (!room->layers[i].steps) continue;
        (prepared ? l->kind->aim : l->kind->prepare)(l, p, room->layers + i);
    }
}

/* Whether the slots of a chunk lie side by side, as rows of x and y do. */
static bool in_a_row(const pass *p)
{
    return p->slots[p->B - 1] - p->slots[0] == p->B - 1;
}

/* Where the first layer reads, and the tokens if it reads those. */
static const float *chunk_x(const chunks_job *job, chunk_room *room)
{
    pass *p = &room->pass;
    const chunk_input *in = job->in;
    size_t I = job->m->config.input_size;
    p->tokens = in->tokens ? room->tokens : NULL;

    for (size_t i = 0; i < p->B && in->tokens; i++)
        room->tokens[i] = in->tokens[p->slots[i]];
    if (in->tokens) return NULL;
    if (in_a_row(p)) return in->x + p->slots[0] * I;
    for (size_t i = 0; i < p->B; i++)
        memcpy(room->x + i * I, in->x + p->slots[i] * I, I * sizeof *room->x);
    return room->x;
}

/* Rows (B,n) into those of all slots. */
static void scatter(const pass *p, size_t n, const float *from, float *all)
{
    size_t bytes = n * sizeof *from;
    if (in_a_row(p)) {
        memcpy(all + p->slots[0] * n, from, p->B * bytes);
        return;
    }
    for (size_t i = 0; i < p->B; i++)
        memcpy(all + p->slots[i] * n, from + i * n, bytes);
}

/* The chunk's output y into the rows of its slots. */
static void hand_out(const chunks_job *job, const pass *p, const float *y)
{
    size_t blocks = model_outputs(job->m), all_B = job->s->full.B;
    size_t O = job->m->layers[job->m->layer_count - 1].O / blocks;
    float *all = state_output(job->m, job->s);
    const row_sink *sink = job->in->sink;

    for (size_t i = 0; i < blocks; i++) {
        const float *from = y + i * p->B * O;
        scatter(p, O, from, all + i * all_B * O);
        if (job->in->y) scatter(p, O, from, job->in->y + i * all_B * O);
    }
    if (sink) sink->take(sink->context, p->B, p->slots, all, NULL);
}

static void run_chunk(const chunks_job *job, chunk_room *room, size_t begin,
                      size_t end)
{
    const elman_model *m = job->m;
    elman_state *s = job->s;
    const pass *p = &room->pass;
    set_chunk(m, s, room, end - begin, s->full.rows + begin);

    const float *x = chunk_x(job, room);
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        layer_state *at = room->layers + i;
        double began = s->seconds ? clock_seconds() : 0;
        (at->steps ? l->kind->step : l->kind->forward)(l, p, at, x);
        if (s->seconds) s->seconds[i].forward += clock_seconds() - began;
        x = at->y;
    }

    /* streams are longer by this step */
    hand_out(job, p, x);
    for (size_t i = begin; i < end; i++)
        s->position[s->full.rows[i]]++;
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

void chunks_run(const elman_model *m, elman_state *s, const chunk_input *in)
{
    chunks_job job = {.m = m, .s = s, .in = in, .parts = 1};
    size_t streams = s->full.row_count;
    if (!s->seconds) job.parts = (size_t)step_threads(m, s);
    s->ran = true;
    if (!streams) return;

    /* every thread has as many chunks */
    size_t chunks = (streams + s->chunk - 1) / s->chunk;
    chunks = (chunks + job.parts - 1) / job.parts * job.parts;
    job.size = (streams + chunks - 1) / chunks;
    thread_run((int)job.parts, job.parts, run_part, &job);
}
