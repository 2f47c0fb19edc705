/* trial_run.c: cuts a batch into passes and joins their results. */
#include "proof/trial.h"

#include <math.h>
#include <string.h>

/* ---- Memory ------------------------------------------------------------- */

/* Memory laid out for that many sequences. */
typedef struct memory {
    size_t capacity;
    float *h, *c;
} memory;

/* Copies the memory of sequence from_b to that of sequence to_b. */
static void copy_memory(const elman_model *m, memory from, size_t from_b,
                        memory to, size_t to_b)
{
    memory_slice source, target;

    for (size_t i = 0; i < m->layer_count; i++)
        for (size_t d = 0; d < DIRECTIONS; d++) {
            if (!memory_slice_at(m, i, d, from.capacity, from_b, &source))
                continue;
            memory_slice_at(m, i, d, to.capacity, to_b, &target);

            memcpy(to.h + target.h, from.h + source.h,
                   target.R * sizeof(float));
            if (target.H)
                memcpy(to.c + target.c, from.c + source.c,
                       target.H * sizeof(float));
        }
}

/* ---- Cutting ------------------------------------------------------------ */

bool split_fits(const trial *t, const split *cut)
{
    if (cut->budget && !segments_fit(t->model)) return false;
    if (!cut->chunk) return true;
    return t->model->info.streams &&
           (cut->forward || !t->model->info.per_sequence);
}

elman_status budget_quarters(const elman_model *m, int quarters,
                             elman_state_config *config)
{
    if (quarters == 0) return ELMAN_OK;
    size_t all = state_size(m, config), least;
    TRY(segments_least(m, config, &least));
    config->budget = all - (all - least) / 4 * (size_t)quarters;
    if (quarters == 4) config->budget = least;
    return ELMAN_OK;
}

bool split_keeps_gradients(const split *cut)
{
    return !cut->permuted && !cut->single && cut->group % TREE_BLOCK == 0;
}

/* The step at which a chunk begins; uneven ones have 1 to 3 times the steps. */
static size_t chunk_begin(const split *cut, size_t index)
{
    static const size_t before[] = {0, 1, 3};
    if (!cut->uneven) return index * cut->chunk;
    return cut->chunk * (index / 3 * 6 + before[index % 3]);
}

/* How many chunks T steps are. */
static size_t chunk_count(const split *cut, size_t T)
{
    size_t count = 1;
    while (cut->chunk && chunk_begin(cut, count) < T)
        count++;
    return count;
}

/* Sequences of the pass that begins at a sequence. */
static size_t group_size(const trial *t, const split *cut, size_t first)
{
    size_t size = cut->single ? 1 : cut->group ? cut->group : t->B;
    if (cut->uneven) size *= 1 + first / TREE_BLOCK % 3;
    return first + size < t->B ? size : t->B - first;
}

/* The part of the batch that one pass sees. */
typedef struct batch_part {
    size_t first, T, B;  /* steps from first on */
    const size_t *which; /* (B) sequences of the trial */
    size_t *lengths;
    uint64_t *ids;
    float *x, *y, *dy, *dx; /* in the order that the model expects */
    int32_t *tokens;
} batch_part;

/* All that a run needs. */
typedef struct run {
    const trial *t;
    const split *cut;
    outcome *out;
    size_t *order;         /* (B) */
    size_t rows;           /* of the longest y of one pass */
    size_t most_T, most_B; /* of one pass */
    batch_part part;
    void *block;
    elman_state *states[64]; /* one for each chunk of a backward */
    size_t state_count;
    elman_state *sums; /* the one that has the gradients so far, or NULL */
} run;

/* The row of (t,b) in the part, in the order that the model expects. */
static size_t row_of(const run *r, size_t t, size_t b)
{
    const batch_part *p = &r->part;
    return r->t->model->config.batch_first ? b * p->T + t : t * p->B + b;
}

/* Fills the part's batch; what must not be read is NaN or no token. */
static void fill_part(const run *r)
{
    const trial *t = r->t;
    const batch_part *p = &r->part;

    for (size_t b = 0; b < p->B; b++) {
        size_t from = p->which[b], length = t->lengths[from];
        size_t left = length > p->first ? length - p->first : 0;
        p->lengths[b] = left < p->T ? left : p->T;
        p->ids[b] = t->ids[from];

        /* the steps of the chunk that the sequence has */
        for (size_t s = 0; s < p->T; s++) {
            size_t row = row_of(r, s, b);
            size_t source = (p->first + s) * t->B + from;
            bool valid = s < p->lengths[b];

            p->tokens[row] = valid ? t->tokens[source] : -7;
            for (size_t i = 0; i < t->I; i++)
                p->x[row * t->I + i] = valid ? t->x[source * t->I + i] : NAN;
        }
    }
}

/* Whether y has as many steps, however many the sequence has. */
static bool has_own_steps(const elman_model *m)
{
    return m->info.per_sequence || m->info.output_steps;
}

/* Copies the rows of y or dy between the part and the whole. */
static void copy_output(const run *r, const float *source, float *target,
                        bool into_part)
{
    const trial *t = r->t;
    const batch_part *p = &r->part;
    const elman_model *m = t->model;
    bool first = m->config.batch_first, ends = has_own_steps(m);
    size_t steps = model_steps(m, m->layer_count - 1, p->T);
    size_t whole = trial_rows(t);

    for (size_t k = 0; k < t->blocks; k++)
        for (size_t s = 0; s < steps; s++)
            for (size_t b = 0; b < p->B; b++) {
                size_t at = ends ? s : p->first + s, B = t->B;
                size_t row = first ? b * steps + s : s * p->B + b;

                /* neither padding, nor a sequence that is over by now */
                if (ends ? p->lengths[b] == 0 && t->lengths[p->which[b]]
                         : at >= t->T)
                    continue;

                size_t here = k * steps * p->B + row;
                size_t there = k * whole + at * B + p->which[b];
                size_t from = into_part ? there : here;
                size_t to = into_part ? here : there;
                memcpy(target + to * t->O, source + from * t->O,
                       t->O * sizeof *target);
            }
}

/* Copies dx from the part to the whole. */
static void copy_dx(const run *r)
{
    const trial *t = r->t;
    const batch_part *p = &r->part;
    for (size_t s = 0; s < p->T && p->first + s < t->T; s++)
        for (size_t b = 0; b < p->B; b++)
            memcpy(r->out->values[OUTCOME_DX] +
                       ((p->first + s) * t->B + p->which[b]) * t->I,
                   p->dx + row_of(r, s, b) * t->I, t->I * sizeof(float));
}

/* ---- Passes ------------------------------------------------------------- */

static memory whole_memory(const trial *t, float *h, float *c)
{
    return (memory){t->B, h, c};
}

static memory state_memory(const elman_state *s, float *h, float *c)
{
    return (memory){s->config.B, h, c};
}

static elman_status forward(const run *r, elman_state *s, bool continues)
{
    const trial *t = r->t;
    const batch_part *p = &r->part;

    fill_part(r);
    for (size_t i = 0; i < r->rows * t->blocks * t->O; i++)
        p->y[i] = NAN;

    /* a pass of one step for every stream, each of which has one */
    bool whole = p->T == 1 && !t->model->info.vocabulary && !s->config.training;
    for (size_t b = 0; b < p->B; b++)
        if (!p->lengths[b]) whole = false;

    elman_batch batch = {.T = p->T,
                         .B = p->B,
                         .x = p->x,
                         .tokens = p->tokens,
                         .lengths = p->lengths,
                         .ids = p->ids,
                         .draw = t->draw,
                         .continues = continues};

    /* whatever can be a step of streams is run as one */
    if (whole && t->model->info.streams && p->B == s->config.B)
        TRY(model_step(t->model, s, p->x, p->y));
    else TRY(model_forward(t->model, s, &batch, p->y));

    copy_output(r, p->y, r->out->values[OUTCOME_Y], false);
    return ELMAN_OK;
}

/* Runs backward through one pass, from dh_n and dc_n as they are in s. */
static elman_status backward(run *r, elman_state *s)
{
    const trial *t = r->t;
    for (size_t i = 0; i < r->rows * t->blocks * t->O; i++)
        r->part.dy[i] = NAN;
    copy_output(r, t->dy, r->part.dy, true);

    /* the gradients of all passes add up */
    if (r->sums) TRY(gradients_copy(s, r->sums));
    r->sums = s;
    TRY(model_backward(t->model, s, r->part.dy, t->I ? r->part.dx : NULL));

    if (t->I) copy_dx(r);
    return ELMAN_OK;
}

/* Makes the part's steps those of a chunk. */
static void set_chunk(run *r, size_t index)
{
    size_t chunk = r->cut->chunk, T = r->t->T;
    size_t end = chunk ? chunk_begin(r->cut, index + 1) : T;
    r->part.first = chunk_begin(r->cut, index);
    r->part.T = (end < T ? end : T) - r->part.first;

    /* a sequence that is alone decides T */
    if (r->cut->single && !chunk) {
        size_t length = r->t->lengths[r->part.which[0]];
        r->part.T = length ? length : 1;
    }

    r->part.T += r->cut->padding;
}

/* Runs backward through all chunks of the sequences in part. */
static elman_status backward_group(run *r, size_t chunks)
{
    const trial *t = r->t;
    const elman_model *m = t->model;
    outcome *out = r->out;

    /* the last chunk begins with the trial's gradients at the end, each other
     * one with those that the next chunk has given */
    for (size_t i = chunks; i-- > 0;) {
        elman_state *s = r->states[i];
        const elman_state *next = i + 1 < chunks ? r->states[i + 1] : NULL;
        memory to = state_memory(s, s->training.dh_n, s->training.dc_n);

        for (size_t b = 0; b < r->part.B; b++)
            if (next)
                copy_memory(m,
                            state_memory(next, next->training.dh_0,
                                         next->training.dc_0),
                            b, to, b);
            else
                copy_memory(m, whole_memory(t, t->dh_n, t->dc_n),
                            r->part.which[b], to, b);

        set_chunk(r, i);
        fill_part(r);
        TRY(backward(r, s));
    }

    elman_state *s = r->states[0];
    memory begin =
        whole_memory(t, out->values[OUTCOME_DH_0], out->values[OUTCOME_DC_0]);
    for (size_t b = 0; b < r->part.B; b++)
        copy_memory(m, state_memory(s, s->training.dh_0, s->training.dc_0), b,
                    begin, r->part.which[b]);
    return ELMAN_OK;
}

/* Runs all chunks of the sequences in part forward and, unless the cut is
 * forward only, backward. */
static elman_status run_group(run *r)
{
    const trial *t = r->t;
    const elman_model *m = t->model;
    size_t chunks = chunk_count(r->cut, t->T);

    elman_state *s = r->states[0];
    state_reset(m, s);
    for (size_t b = 0; b < r->part.B && t->given; b++)
        copy_memory(m, whole_memory(t, t->h_0, t->c_0), r->part.which[b],
                    state_memory(s, s->memory.h, s->memory.c), b);

    /* each chunk goes on where the one before ended; to go back through it, it
     * needs a state of its own */
    for (size_t i = 0; i < chunks; i++) {
        if (i > 0 && r->state_count > 1) {
            TRY(state_copy(r->states[i], s));
            s = r->states[i];
        }
        set_chunk(r, i);
        TRY(forward(r, s, !r->cut->forward && i + 1 < chunks));
    }

    memory end = whole_memory(t, r->out->values[OUTCOME_H_N],
                              r->out->values[OUTCOME_C_N]);
    for (size_t b = 0; b < r->part.B; b++)
        copy_memory(m, state_memory(s, s->memory.h, s->memory.c), b, end,
                    r->part.which[b]);
    return r->cut->forward ? ELMAN_OK : backward_group(r, chunks);
}

/* ---- A run -------------------------------------------------------------- */

static void lay_out_run(run *r, arena *a)
{
    const trial *t = r->t;
    batch_part *p = &r->part;
    size_t rows = r->most_T * r->most_B, row = sizeof(float);
    size_t steps = t->model->info.output_steps;
    r->rows = (steps > r->most_T ? steps : r->most_T) * r->most_B;

    r->order = arena_take(a, t->B, sizeof *r->order);
    p->lengths = arena_take(a, r->most_B, sizeof *p->lengths);
    p->ids = arena_take(a, r->most_B, sizeof *p->ids);
    p->tokens = arena_take(a, rows, sizeof *p->tokens);
    p->x = arena_take(a, rows, t->I * row);
    p->dx = arena_take(a, rows, t->I * row);
    p->y = arena_take(a, r->rows, t->blocks * t->O * row);
    p->dy = arena_take(a, r->rows, t->blocks * t->O * row);
}

static elman_status create_states(run *r)
{
    const split *cut = r->cut;
    size_t count = cut->forward ? 1 : chunk_count(cut, r->t->T);

    /* one state is enough where nothing goes back through several chunks */
    if (count > sizeof r->states / sizeof *r->states)
        return failure(ELMAN_BAD_VALUE,
                       "a batch cut into %zu chunks, expected at most %zu",
                       count, sizeof r->states / sizeof *r->states);

    elman_state_config config = {.T = r->most_T,
                                 .B = r->most_B,
                                 .training = !cut->forward,
                                 .threads = cut->threads,
                                 .seed = TRIAL_SEED};
    bool several = group_size(r->t, cut, 0) < r->t->B;
    if (config.training && several) config.passes = r->t->B;
    if (count > 1) config.open_blocks = r->most_B;
    TRY(budget_quarters(r->t->model, cut->budget, &config));

    for (size_t i = 0; i < count; i++) {
        TRY(state_create(r->t->model, &config, &r->states[i]));
        r->state_count++;
    }
    return ELMAN_OK;
}

static elman_status begin(run *r)
{
    const trial *t = r->t;
    const split *cut = r->cut;
    for (size_t b = 0; b < t->B; b++)
        if (group_size(t, cut, b) > r->most_B)
            r->most_B = group_size(t, cut, b);
    r->most_B += cut->padding;
    size_t longest = cut->uneven ? 3 * cut->chunk : cut->chunk;
    r->most_T = (cut->chunk ? longest : t->T) + cut->padding;

    /* laid out twice: to measure, then in memory */
    arena a = {0};
    lay_out_run(r, &a);
    r->block = a.overflow ? NULL : block_create(a.used);
    if (!r->block) return failure(ELMAN_NO_MEMORY, "no memory for a pass");

    a = (arena){.base = r->block};
    lay_out_run(r, &a);
    TRY(create_states(r));

    /* a fixed permutation that mixes near and far: each b changes places with
     * b (B / 2 + 1) mod B */
    size_t step = t->B / 2 + 1, at = 0;
    for (size_t b = 0; b < t->B; b++)
        r->order[b] = b;
    for (size_t b = 0; b < t->B && cut->permuted; b++) {
        at = (b * step) % t->B;
        size_t here = r->order[b];
        r->order[b] = r->order[at];
        r->order[at] = here;
    }
    return ELMAN_OK;
}

elman_status trial_run(const trial *t, const split *cut, outcome *out)
{
    run r = {.t = t, .cut = cut, .out = out};
    elman_status status = begin(&r);

    for (size_t i = 0; i < OUTCOME_PARTS; i++)
        memset(out->values[i], 0, out->count[i] * sizeof(float));

    /* group by group, each from its own beginning */
    for (size_t first = 0; first < t->B && !status; first += r.part.B) {
        r.part.which = r.order + first;
        r.part.B = group_size(t, cut, first);
        status = run_group(&r);
    }

    if (!status && r.sums)
        memcpy(out->values[OUTCOME_GRADIENTS], gradients_join(r.sums),
               out->count[OUTCOME_GRADIENTS] * sizeof(float));
    for (size_t i = 0; i < r.state_count; i++)
        state_destroy(r.states[i]);
    block_destroy(r.block);
    return status;
}
