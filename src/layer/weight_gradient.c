/*
 * weight_gradient.c: the gradients of a weight and of its biases. Threads own
 * rows of the weight; where those would be few, each has leaves of its own and
 * what they come to is joined.
 */
#include <string.h>

#include "base/thread.h"
#include "layer/layer.h"

typedef struct gradient_job {
    const pass *p;
    const product_gradient *g;
    const float *const *dy, *const *x;
    size_t parts;
    size_t leaves; /* of a part, or 0: parts are rows */
} gradient_job;

enum { ROWS_ENOUGH = 128 }; /* rows of dw that keep a thread busy enough */

/* ---- Rows --------------------------------------------------------------- */

/* All leaves of a slice of dw. */
static void sum_slice(const gradient_job *job, size_t thread,
                      const outer_product *o)
{
    const pass *p = job->p;
    size_t K = job->g->K, offset = (size_t)job->g->dw + o->begin * K + o->left;
    gradient_slice slice =
        gradient_slice_of(p, offset, K, o->right - o->left, thread);
    const float *joins[OUTER_SUMS][TREE_LEVELS];
    leaf_sum dw[OUTER_SUMS];

    for (size_t leaf = 0, count; leaf < p->leaf_count; leaf += count) {
        count = p->leaf_count - leaf;
        if (count > OUTER_SUMS) count = OUTER_SUMS;
        for (size_t i = 0; i < count; i++)
            dw[i] = gradient_leaf(&slice, leaf + i, joins[i]);
        kernels_train(p->k)->outer(o, count, p->leaf_begin + leaf, dw);
    }
}

/* The rows [begin,end) of dw, slice by slice. */
static void sum_products(const gradient_job *job, size_t thread, size_t begin,
                         size_t end)
{
    gradient_shape shape = gradient_shape_of(end - begin, job->g->K);
    if (job->p->leaf_count == 1) { /* which has no levels */
        shape.rows = end - begin;
        shape.across = 1;
    }

    for (size_t n = begin; n < end; n += shape.rows)
        for (size_t i = 0; i < shape.across; i++) {
            size_t stop = n + shape.rows < end ? n + shape.rows : end;
            outer_product slice = {job->dy,
                                   job->x,
                                   n,
                                   stop,
                                   gradient_shape_column(&shape, i),
                                   gradient_shape_column(&shape, i + 1)};
            sum_slice(job, thread, &slice);
        }
}

/* The same where leaves stay open. */
static void sum_open_products(const gradient_job *job, size_t begin, size_t end)
{
    const pass *p = job->p;
    size_t K = job->g->K;
    outer_product all = {job->dy, job->x, begin, end, 0, K};

    for (size_t leaf = 0; leaf < p->leaf_count; leaf++) {
        open_leaf to =
            gradient_open_leaf(p, leaf, (size_t)job->g->dw + begin * K);
        chain_rows rows = gradient_chains(p, leaf);
        while (gradient_next_chain(p, leaf, CHAIN, &rows)) {
            leaf_sum dw = {.to = to.chain, .fresh = rows.first, .row = K};
            kernels_train(p->k)->outer(&all, 1,
                                       (size_t[]){rows.begin, rows.end}, &dw);
            if (rows.last) gradient_end_chain(p, &to, (end - begin) * K);
        }
    }
}

/* The elements [begin,end) of db and db2, leaf by leaf. */
static void sum_columns(const gradient_job *job, size_t thread, size_t begin,
                        size_t end, bool both)
{
    const pass *p = job->p;
    const float *joins[TREE_LEVELS];
    gradient_slice slice =
        gradient_slice_at(p, (size_t)job->g->db + begin, thread);

    for (size_t leaf = 0; leaf < p->leaf_count; leaf++) {
        size_t first = p->leaf_begin[leaf],
               count = p->leaf_begin[leaf + 1] - first;
        leaf_sum db = gradient_leaf(&slice, leaf, joins);
        float *db2 =
            both ? gradient_leaf_copy(&slice, leaf, (size_t)job->g->db2 + begin)
                 : NULL;
        kernels_train(p->k)->column_sum(count, begin, end, job->dy + first, &db,
                                        db2);
    }
}

/* The elements [begin,end) of the bias at offset, where leaves stay open. */
static void sum_open_columns(const gradient_job *job, ptrdiff_t offset,
                             size_t begin, size_t end)
{
    const pass *p = job->p;
    for (size_t leaf = 0; leaf < p->leaf_count; leaf++) {
        open_leaf to = gradient_open_leaf(p, leaf, (size_t)offset + begin);
        chain_rows rows = gradient_chains(p, leaf);
        while (gradient_next_chain(p, leaf, ROW_CHAIN, &rows)) {
            leaf_sum db = {.to = to.chain, .fresh = rows.first};
            kernels_train(p->k)->column_sum(rows.end - rows.begin, begin, end,
                                            job->dy + rows.begin, &db, NULL);
            if (rows.last) gradient_end_chain(p, &to, end - begin);
        }
    }
}

/* Elements [begin,end) of db; those before shared are those of db2 too. */
static void sum_biases(const gradient_job *job, size_t thread, size_t begin,
                       size_t end)
{
    const product_gradient *g = job->g;
    size_t shared = g->db2 == NOWHERE ? 0 : g->shared;
    size_t cut = shared < begin ? begin : shared < end ? shared : end;

    if (job->p->training->sums.opens) {
        sum_open_columns(job, g->db, begin, end);
        if (begin < cut) sum_open_columns(job, g->db2, begin, cut);
    } else {
        if (begin < cut) sum_columns(job, thread, begin, cut, true);
        if (cut < end) sum_columns(job, thread, cut, end, false);
    }
}

/* ---- Threads ------------------------------------------------------------ */

/* Each thread owns some rows of dw and the same of db. */
static void rows_part(void *context, size_t index)
{
    const gradient_job *job = context;
    const product_gradient *g = job->g;
    size_t blocks = (g->N + LANES - 1) / LANES;
    size_t begin = blocks * index / job->parts * LANES;
    size_t end = blocks * (index + 1) / job->parts * LANES;
    if (end > g->N) end = g->N;

    bool opens = job->p->training->sums.opens;
    bool alone = g->dw != NOWHERE && !job->leaves;
    if (alone && opens) sum_open_products(job, begin, end);
    if (alone && !opens) sum_products(job, index, begin, end);
    if (g->db != NOWHERE) sum_biases(job, index, begin, end);
}

/* What the leaves of a part come to: dw (N,K). */
static float *part_sum(const gradient_job *job, size_t index)
{
    const gradient_sums *sums = &job->p->training->sums;
    return sums->room + ((index + 1) * sums->room_count - 1) * sums->room_size;
}

/* Each thread owns some leaves of dw, but rows of db. */
static void leaves_part(void *context, size_t index)
{
    const gradient_job *job = context;
    const pass *p = job->p;
    const product_gradient *g = job->g;
    size_t begin = index * job->leaves, end = begin + job->leaves;
    if (end > p->leaf_count) end = p->leaf_count;

    outer_product all = {job->dy, job->x, 0, g->N, 0, g->K};
    gradient_slice slice =
        gradient_slice_of(p, (size_t)g->dw, g->K, g->K, index);
    const float *joins[OUTER_SUMS][TREE_LEVELS];
    leaf_sum dw[OUTER_SUMS];

    /* all rows of its leaves, some leaves at a time */
    for (size_t leaf = begin, count; leaf < end; leaf += count) {
        count = end - leaf < OUTER_SUMS ? end - leaf : OUTER_SUMS;
        for (size_t i = 0; i < count; i++)
            dw[i] = gradient_sub_leaf(&slice, leaf + i - begin, end - begin,
                                      part_sum(job, index), joins[i]);
        kernels_train(p->k)->outer(&all, count, p->leaf_begin + leaf, dw);
    }
    rows_part(context, index);
}

/* Joins the sums of all parts, each as a leaf. */
static void join_parts(const gradient_job *job)
{
    const product_gradient *g = job->g;
    const float *joins[TREE_LEVELS];
    float *level[TREE_LEVELS], *total = job->p->training->sums.total + g->dw;

    for (size_t i = 0; i < job->parts; i++) {
        bool last = i + 1 == job->parts;
        leaf_sum sum = {.to = part_sum(job, i), .closed = true, .joins = joins};
        for (size_t k = 0; last ? i >> k : k < tree_carries(i); k++)
            if (i >> k & 1) joins[sum.join_count++] = level[k];

        gradient_close(&sum, g->N * g->K);
        level[tree_carries(i)] = sum.to;
    }
    memcpy(total, part_sum(job, job->parts - 1), g->N * g->K * sizeof *total);
}

/* Leaves of a part, a power of two, if threads should share those of dw: 0 if
 * not. For that each has a fair share of them, and few rows of dw. */
static size_t leaves_share(const pass *p, const product_gradient *g,
                           size_t threads)
{
    const gradient_sums *sums = &p->training->sums;
    if (g->dw == NOWHERE || sums->levels || sums->opens ||
        sums->node_count > 1 || threads < 2 || g->N >= ROWS_ENOUGH * threads ||
        g->N * g->K > sums->room_size)
        return 0;

    size_t leaves = 1;
    while (leaves * threads < p->leaf_count)
        leaves *= 2;
    size_t idle = leaves * threads - p->leaf_count;
    return p->leaf_count < threads || idle * 4 > p->leaf_count ? 0 : leaves;
}

void pointers_gradient(const pass *p, const product_gradient *g,
                       const float *const *dy, const float *const *x)
{
    if (p->training->inputs_alone) return;
    size_t threads = rows_parts(p, g->N * g->K), parts = threads;
    size_t blocks = (g->N + LANES - 1) / LANES;
    gradient_job job = {p, g, dy, x, 0, leaves_share(p, g, threads)};
    if (job.leaves) parts = (p->leaf_count + job.leaves - 1) / job.leaves;
    else if (parts > blocks) parts = blocks;

    job.parts = parts;
    thread_run(p->threads, parts, job.leaves ? leaves_part : rows_part, &job);
    if (job.leaves) join_parts(&job);
}

void rows_gradient(const pass *p, const product_gradient *g, const float *dy,
                   const float *x)
{
    const float **dys = p->training->pointers,
                **xs = p->training->pointers + p->row_count;
    for (size_t r = 0; r < p->row_count; r++) {
        dys[r] = dy + p->order[r] * g->N;
        xs[r] = g->dw == NOWHERE ? NULL : x + p->order[r] * g->K;
    }

    pointers_gradient(p, g, dys, xs);
}
