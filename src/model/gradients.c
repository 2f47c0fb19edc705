/*
 * gradients.c: the gradients of a state, from zero to an optimizer or a view;
 * see layer/gradient.h.
 */
#include <string.h>

#include "base/thread.h"
#include "model/model.h"

/* ---- Layout ------------------------------------------------------------- */

/* Levels that hold the sums of so many leaves. */
static size_t levels_for(uint64_t leaves)
{
    size_t levels = 0;
    for (; leaves; leaves >>= 1)
        levels++;
    return levels;
}

/* Floats of the largest slice that is summed at once: some rows at least, as
 * peepholes are no matrix. */
static size_t largest_slice(const elman_model *m)
{
    size_t largest = LANES;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        size_t row = p->rank == 2 ? p->shape[1] : p->count, size = p->count;
        size_t most =
            row > GRADIENT_SLICE / LANES ? LANES * row : GRADIENT_SLICE;
        if (size > most) size = most;
        if (size > largest) largest = size;
    }
    return (largest + LANES - 1) / LANES * LANES;
}

size_t state_blocks(const elman_state_config *config, size_t B)
{
    return B / config->block + (B % config->block > 0);
}

void gradients_lay_out(const elman_model *m, const elman_state_config *config,
                       size_t open_blocks, arena *a, gradient_sums *sums)
{
    size_t blocks = state_blocks(config, config->B), row = sizeof(float);
    sums->block = config->block;
    sums->n = m->weight_count;
    sums->capacity = config->passes * blocks;
    sums->total = arena_take(a, sums->n, row);
    sums->open_rows = arena_take(a, open_blocks, 2 * sizeof *sums->open_rows);
    sums->open_began = arena_take(a, open_blocks, sizeof *sums->open_began);

    /* levels of whole arrays, or of a slice for each thread; that of one leaf
     * alone is the total */
    bool kept = config->passes > 1;
    sums->level_count = kept ? levels_for(sums->capacity) : 0;
    sums->levels = NULL;
    size_t bytes;
    if (!sizes_multiply(sums->n, row, 1, &bytes)) a->overflow = true;
    if (kept) sums->levels = arena_take(a, sums->level_count, bytes);

    sums->open_capacity = open_blocks;
    sums->open = NULL;
    if (open_blocks) {
        if (!sizes_multiply(2, bytes, 1, &bytes)) a->overflow = true;
        sums->open = arena_take(a, sums->open_capacity, bytes);
    }
}

void gradients_lay_out_room(const elman_model *m,
                            const elman_state_config *config, arena *a,
                            gradient_sums *sums)
{
    size_t blocks = state_blocks(config, config->B);
    sums->room_size = largest_slice(m);
    sums->room_count = 2 + (config->passes > 1 ? 0 : levels_for(blocks - 1));
    sums->room = arena_take(a, (size_t)config->threads * sums->room_count,
                            sums->room_size * sizeof(float));
}

size_t gradients_extent(const elman_state *s, size_t *begin)
{
    const gradient_sums *sums = &s->training.sums;
    const float *first = sums->levels ? sums->levels : sums->open;
    size_t arrays = sums->level_count + 2 * sums->open_capacity;

    /* nothing lies between arrays: each is whole cache lines */
    const char *block = (const char *)s;
    *begin = first ? (size_t)((const char *)first - block)
                   : (size_t)((const char *)s->layers - block);
    return *begin + arrays * sums->n * sizeof(float);
}

/* Zeroes what lies between the parameters of the levels that a sum of so many
 * leaves needs, the first time that it does. */
static void clear_gaps(const elman_model *m, gradient_sums *sums,
                       uint64_t leaves)
{
    for (; sums->levels && sums->levels_used < levels_for(leaves);
         sums->levels_used++) {
        float *level = sums->levels + sums->levels_used * sums->n;
        for (size_t i = 0; i < m->info.parameter_count; i++) {
            const parameter *p = m->parameters + i;
            size_t end = p->offset + p->count, left = -end % LANES;
            memset(level + end, 0, left * sizeof *level);
        }
    }
}

/* ---- On all threads ----------------------------------------------------- */

/* Floats that one thread works on at a time. */
enum { PART = 1 << 12 };

typedef struct parts_job {
    const gradient_sums *sums;
    const kernels *k;
    void (*part)(const struct parts_job *job, size_t begin, size_t n);
} parts_job;

static void run_part(void *context, size_t index)
{
    const parts_job *job = context;
    size_t begin = index * PART, rest = job->sums->n - begin;
    job->part(job, begin, rest < PART ? rest : PART);
}

static void run_parts(const elman_state *s,
                      void (*part)(const parts_job *job, size_t begin,
                                   size_t n))
{
    const gradient_sums *sums = &s->training.sums;
    parts_job job = {sums, kernels_here(), part};
    thread_run(s->config.threads, (sums->n + PART - 1) / PART, run_part, &job);
}

/* ---- Joining ------------------------------------------------------------ */

/* Open leaf i joins so many levels; where the sum is, from begin on. */
static float *close_leaf(const parts_job *job, size_t i, size_t begin, size_t n,
                         const float *const *joins, size_t join_count)
{
    const gradient_sums *sums = job->sums;
    float *to = sums->open + 2 * i * sums->n + begin;
    leaf_sum leaf = {
        .to = to, .closed = true, .join_count = join_count, .joins = joins};
    job->k->add(n, to + sums->n, to); /* the chain begun */
    gradient_close(&leaf, n);
    return to;
}

/* The open leaves, in order, join levels of whole arrays. */
static void close_into_levels(const parts_job *job, size_t begin, size_t n)
{
    const gradient_sums *sums = job->sums;
    const float *joins[TREE_LEVELS];
    for (size_t k = 0; k < sums->level_count; k++)
        joins[k] = sums->levels + k * sums->n + begin;

    for (size_t i = 0; i < sums->open_count; i++) {
        size_t carries = tree_carries(sums->count + i);
        const float *sum = close_leaf(job, i, begin, n, joins, carries);
        memcpy(sums->levels + carries * sums->n + begin, sum, n * sizeof *sum);
    }
}

/* The open leaves of a node, whose total they are; sums stay where they were
 * made. */
static void close_node(const parts_job *job, const gradient_node *node,
                       size_t begin, size_t n)
{
    const float *level[TREE_LEVELS];
    size_t count = node->end - node->begin;
    for (size_t i = 0; i < count; i++) {
        size_t carries = tree_carries(i);
        level[carries] =
            close_leaf(job, node->begin + i, begin, n, level, carries);
    }

    float *total = node->total + begin;
    memset(total, 0, n * sizeof *total);
    for (size_t k = 0; count >> k; k++)
        if (count >> k & 1) job->k->add(n, level[k], total);
}

static void close_part(const parts_job *job, size_t begin, size_t n)
{
    const gradient_sums *sums = job->sums;
    const gradient_node all = {0, sums->open_count, sums->total};
    if (sums->levels) {
        close_into_levels(job, begin, n);
        return;
    }

    /* one pass alone: its total, or those of its nodes */
    if (sums->node_count == 0) close_node(job, &all, begin, n);
    for (size_t i = 0; i < sums->node_count; i++)
        close_node(job, sums->nodes + i, begin, n);
}

void gradients_close(elman_state *s)
{
    gradient_sums *sums = &s->training.sums;
    if (!sums->open_count) return;
    run_parts(s, close_part);
    sums->count += sums->open_count;
    sums->open_count = 0;
    sums->joined = !sums->levels;
}

static void join_part(const parts_job *job, size_t begin, size_t n)
{
    const gradient_sums *sums = job->sums;
    float *total = sums->total + begin;

    memset(total, 0, n * sizeof *total);
    for (size_t k = 0; sums->count >> k; k++)
        if (sums->count >> k & 1)
            job->k->add(n, sums->levels + k * sums->n + begin, total);
}

float *gradients_join(elman_state *s)
{
    gradient_sums *sums = &s->training.sums;
    gradients_close(s);
    if (!sums->joined) run_parts(s, join_part);
    sums->joined = true;
    return sums->total;
}

/* ---- Passes ------------------------------------------------------------- */

void gradients_zero(elman_state *s)
{
    gradient_sums *sums = &s->training.sums;
    sums->count = sums->open_count = 0;
    sums->joined = false; /* a pass, or who looks before it, writes total */
}

/* Whether a pass of so many leaves fits. */
static elman_status check_room(const elman_state *s, size_t leaves)
{
    const gradient_sums *sums = &s->training.sums;
    uint64_t count = sums->count + sums->open_count;
    if (!sums->levels && count)
        return failure(ELMAN_BAD_VALUE,
                       "the gradients hold a pass, and this state sums one at "
                       "a time: call elman_state_zero_gradients before the "
                       "next, or set passes to 2 or more in its config");
    if (leaves <= sums->capacity - count) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the gradients hold %llu blocks of %zu sequences, and %zu "
                   "more do not fit: with passes %zu the state has room for "
                   "%llu; call elman_state_zero_gradients, or set passes "
                   "higher in its config",
                   (unsigned long long)count, sums->block, leaves,
                   s->config.passes, (unsigned long long)sums->capacity);
}

/* New leaves: empty, without a chain begun. */
static void open_part(const parts_job *job, size_t begin, size_t n)
{
    const gradient_sums *sums = job->sums;
    for (size_t i = 0; i < 2 * sums->open_count; i++)
        memset(sums->open + i * sums->n + begin, 0, n * sizeof *sums->open);
}

static void begin_open(elman_state *s)
{
    gradient_sums *sums = &s->training.sums;
    sums->open_count = s->full.leaf_count;
    sums->open_B = s->full.B;
    size_t most = sums->open_capacity;
    memset(sums->open_rows, 0, 2 * most * sizeof *sums->open_rows);
    memset(sums->open_began, 0, most * sizeof *sums->open_began);
    run_parts(s, open_part);
}

/* Counts the rows that a pass has added to its open leaves. */
static void count_rows(const pass *p, size_t *rows)
{
    for (size_t i = 0; i < p->leaf_count; i++)
        rows[i] += p->leaf_begin[i + 1] - p->leaf_begin[i];
}

/* Whether what the pass continues is there. */
static elman_status check_open(const elman_state *s)
{
    const gradient_sums *sums = &s->training.sums;
    size_t leaves = s->full.leaf_count;
    if (s->model->repeats)
        return failure(ELMAN_BAD_VALUE,
                       "the pass continues the one before it, but what is "
                       "behind a repeat begins anew with each pass: expected "
                       "whole sequences");
    if (leaves > sums->open_capacity)
        return failure(ELMAN_BAD_VALUE,
                       "the pass continues %zu blocks of sequences, but "
                       "open_blocks in the state's config is %zu: expected %zu "
                       "or more",
                       leaves, sums->open_capacity, leaves);
    if (!sums->open_count)
        return failure(ELMAN_BAD_VALUE,
                       "the pass continues the one before it, but no block is "
                       "open: none has been, or a view of a gradient, an "
                       "optimizer or elman_state_zero_gradients closed it");
    if (s->full.B != sums->open_B)
        return failure(ELMAN_BAD_VALUE,
                       "the pass continues %zu sequences, but those that are "
                       "open are %zu: expected the same",
                       s->full.B, sums->open_B);
    return ELMAN_OK;
}

elman_status gradients_begin(elman_state *s)
{
    gradient_sums *sums = &s->training.sums;
    size_t leaves = s->full.leaf_count;
    if (sums->continues) TRY(check_open(s));
    else TRY(check_room(s, leaves));

    sums->opens = leaves <= sums->open_capacity && !s->model->repeats;
    if (sums->continues) return ELMAN_OK;
    clear_gaps(s->model, sums, sums->count + sums->open_count + leaves);
    gradients_close(s);
    if (sums->opens) begin_open(s);
    return ELMAN_OK;
}

/* Marks the open leaves to which the pass has added a beginning. */
static void mark_beginnings(const pass *p, size_t block, bool *began)
{
    for (size_t leaf = 0, begin = 0; leaf < p->leaf_count; leaf++) {
        size_t end = tree_leaf_end(begin, p->B, block);
        bool begins = began[leaf];
        for (size_t b = begin; b < end; b++)
            if (gradient_begins(p, b)) begins = true;
        began[leaf] = begins;
        begin = end;
    }
}

void gradients_end(elman_state *s)
{
    gradient_sums *sums = &s->training.sums;
    if (sums->opens) {
        mark_beginnings(&s->full, sums->block, sums->open_began);
        count_rows(&s->full, sums->open_rows);
        count_rows(&s->tail, sums->open_rows + sums->open_capacity);
    } else sums->count += s->full.leaf_count;
    sums->joined = !sums->opens && !sums->levels;
}

void gradients_copy_arrays(gradient_sums *to, const gradient_sums *from)
{
    size_t bytes = to->n * sizeof(float);
    to->count = from->count;
    to->joined = from->joined;
    to->open_count = from->open_count;
    to->open_B = from->open_B;
    memcpy(to->total, from->total, bytes);

    /* no level and no leaf that holds nothing */
    for (size_t k = 0; to->levels && from->count >> k; k++)
        if (from->count >> k & 1)
            memcpy(to->levels + k * to->n, from->levels + k * to->n, bytes);
    if (!to->open) return;
    memcpy(to->open, from->open, 2 * from->open_count * bytes);

    size_t most = to->open_capacity;
    memcpy(to->open_rows, from->open_rows, 2 * most * sizeof *to->open_rows);
    memcpy(to->open_began, from->open_began, most * sizeof *to->open_began);
}

elman_status gradients_copy(elman_state *to, const elman_state *from)
{
    gradient_sums *mine = &to->training.sums;
    const gradient_sums *theirs = &from->training.sums;
    if (to->model != from->model || !mine->total || !theirs->total ||
        mine->block != theirs->block ||
        to->config.passes != from->config.passes ||
        mine->capacity != theirs->capacity ||
        mine->open_capacity != theirs->open_capacity)
        return failure(ELMAN_BAD_VALUE,
                       "the states cannot share gradients: expected two "
                       "training states of one model, with equal block, "
                       "passes, open_blocks and as many blocks");

    if (to != from) gradients_copy_arrays(mine, theirs);
    return ELMAN_OK;
}
