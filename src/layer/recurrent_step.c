/*
 * recurrent_step.c: one step of streams. All that does not change from step to
 * step (pointers, weights, the kernel, how threads share it) is prepared once,
 * so a step is the kernel and the copy that makes the new state the memory.
 */
#include <string.h>

#include "base/thread.h"
#include "layer/recurrent.h"

/* At most CELL_ROWS streams. */
struct stream_chunk {
    cell_weights weights;
    cell_rows rows;
    fused_step fused;
    uint32_t stream[CELL_ROWS];
};

/* All of them. */
struct stream_steps {
    step_kernel *run;
    walk_sharing sharing; /* of a step that several threads take */
    size_t cuts;          /* WALK_ROWS: parts that each chunk is cut into */
    size_t count;
    struct stream_chunk chunk[]; /* (count) */
};

/* Nanoseconds of a step that are worth a second thread that is awake. */
static const double STEP_MIN = 5000;

static size_t chunk_count(size_t streams)
{
    return (streams + CELL_ROWS - 1) / CELL_ROWS;
}

size_t stream_steps_size(size_t B)
{
    return sizeof(struct stream_steps) +
           chunk_count(B) * sizeof(struct stream_chunk);
}

bool recurrent_steps(const layer *l)
{
    const elman_layer *c = &l->config;
    return l->fused && l->D == 1 && !c->reverse && c->zoneout == 0 &&
           c->zoneout_cell == 0;
}

/* ---- Preparing ---------------------------------------------------------- */

/* Points rows at the memory of a chunk's streams. */
static void aim_chunk(const layer *l, const pass *p, struct stream_chunk *chunk)
{
    const direction_plan *at = &l->directions[0];
    cell_rows *r = &chunk->rows;
    float *h = p->memory.h + at->memory_h * p->memory.capacity;
    float *c = p->memory.c + at->memory_c * p->memory.capacity;

    for (size_t m = 0; m < r->M; m++) {
        size_t slot = pass_slot(p, chunk->stream[m]);
        r->h_prev[m] = r->h_in[m] = h + slot * l->R;
        r->c_prev[m] = c + slot * l->H;
    }
}

/* The streams from begin to before end of those that are there. */
static void prepare_chunk(const layer *l, const pass *p, layer_state *s,
                          size_t begin, size_t end, struct stream_chunk *chunk)
{
    const direction_state *d = &s->directions[0];

    /* each with its own arrays */
    cell_rows *r = &chunk->rows;
    *r = (cell_rows){.has_x = true};
    for (size_t i = begin; i < end; i++) {
        size_t m = r->M++, b = p->rows[i];
        chunk->stream[m] = (uint32_t)b;
        r->h[m] = d->step_h + b * l->R;
        r->gate[m] = d->gate + b * d->gate_row;
        if (d->saved) r->saved[m] = d->saved + b * l->H;
        if (d->c) r->c[m] = d->step_c + b * l->H;
    }
    aim_chunk(l, p, chunk);

    /* what the kernel needs; a projected cell's output comes later */
    chunk->weights = walk_weights(l, p, 0);
    chunk->fused = fused_step_of(&chunk->weights, r,
                                 chunk->weights.hr.w ? r->saved : r->h);
}

/* How threads share a step of these streams, if they do. */
static void prepare_sharing(const layer *l, const pass *p,
                            struct stream_steps *steps)
{
    double alone = walk_cost(l, p, WALK_ALONE, false);
    double rows = walk_cost(l, p, WALK_ROWS, false);
    double units = walk_cost(l, p, WALK_UNITS, false);

    steps->sharing = WALK_ALONE;
    if (walk_forced() != WALK_UNDECIDED) steps->sharing = walk_forced();
    else if (alone >= STEP_MIN && (rows < alone || units < alone))
        steps->sharing = rows <= units ? WALK_ROWS : WALK_UNITS;

    /* so many chunks that threads get equal shares, or each in parts */
    size_t threads = (size_t)p->threads;
    steps->cuts = steps->count % threads && steps->count < 8 * threads
                      ? (threads + steps->count - 1) / steps->count
                      : 1;
}

void recurrent_prepare(const layer *l, const pass *p, layer_state *s)
{
    struct stream_steps *steps = s->directions[0].stream;
    float *y = s->directions[0].step_h;
    if (p->ragged) memset(y, 0, p->B * l->R * sizeof *y);

    /* chunks of about equal numbers of streams */
    size_t streams = p->row_count, count = chunk_count(streams);
    for (size_t i = 0; i < count; i++)
        prepare_chunk(l, p, s, streams * i / count, streams * (i + 1) / count,
                      &steps->chunk[i]);

    steps->count = count;
    steps->run = l->cell->step(p->k);
    prepare_sharing(l, p, steps);
}

void recurrent_aim(const layer *l, const pass *p, layer_state *s)
{
    struct stream_chunk *chunk = s->directions[0].stream->chunk;
    chunk->rows.M = chunk->fused.M = p->row_count;
    aim_chunk(l, p, chunk);
}

/* ---- Steps -------------------------------------------------------------- */

static void remember(const kernels *k, size_t begin, size_t end, size_t n,
                     float *const *now, const float *const *memory)
{
    for (size_t m = begin; m < end; m++)
        k->copy(n, now[m], (float *)memory[m]);
}

typedef struct step_job {
    const layer *l;
    const pass *p;
    const float *x;
    struct stream_steps *steps;
    size_t cuts;
} step_job;

static void read_input(const step_job *job, struct stream_chunk *chunk,
                       size_t begin, size_t end)
{
    for (size_t m = begin; m < end; m++)
        chunk->rows.x[m] = job->x + chunk->stream[m] * job->l->I;
}

/* After the kernel: the projection, and the new state becomes the memory. */
static void end_rows(const step_job *job, struct stream_chunk *chunk,
                     size_t begin, size_t end)
{
    const layer *l = job->l;
    const kernels *k = job->p->k;
    cell_rows *r = &chunk->rows;

    if (chunk->weights.hr.w)
        k->product(end - begin, &chunk->weights.hr, zeros,
                   (const float *const *)r->saved + begin, r->h + begin);
    remember(k, begin, end, l->R, r->h, r->h_prev);
    if (l->cell->has_cell) remember(k, begin, end, l->H, r->c, r->c_prev);
}

/* A part of a chunk's streams, all their units. */
static void rows_part(void *context, size_t index)
{
    const step_job *job = context;
    struct stream_chunk *chunk = job->steps->chunk + index / job->cuts;
    size_t M = chunk->rows.M, cut = index % job->cuts;
    size_t begin = M * cut / job->cuts, end = M * (cut + 1) / job->cuts;
    if (begin == end) return;

    read_input(job, chunk, begin, end);
    fused_step some = fused_step_rows(&chunk->fused, begin, end);
    job->steps->run(&some, 0, packed_groups(&some.hh));
    end_rows(job, chunk, begin, end);
}

/* A chunk, whose units threads share. */
static void run_chunk(const step_job *job, struct stream_chunk *chunk,
                      int threads)
{
    size_t M = chunk->rows.M;
    read_input(job, chunk, 0, M);
    chunk->rows.threads = threads;
    cell_step_run(job->steps->run, &chunk->rows, &chunk->fused);
    end_rows(job, chunk, 0, M);
}

void recurrent_step(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    struct stream_steps *steps = s->directions[0].stream;
    step_job job = {l, p, x, steps, steps->cuts};
    walk_sharing sharing = p->threads > 1 ? steps->sharing : WALK_ALONE;

    if (sharing == WALK_ROWS) {
        thread_run(p->threads, steps->count * job.cuts, rows_part, &job);
    } else {
        int threads = sharing == WALK_UNITS ? p->threads : 1;
        for (size_t i = 0; i < steps->count; i++)
            run_chunk(&job, steps->chunk + i, threads);
    }
    s->y = s->directions[0].step_h;
}
