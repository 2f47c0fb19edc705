/* gradient.c: see gradient.h. */
#include "layer/gradient.h"

#include <string.h>

gradient_shape gradient_shape_of(size_t N, size_t K)
{
    /* columns as a kernel sums them, so that it copies dy once for a slice */
    size_t panels = K / PANEL;
    size_t across = (panels * PANEL + OUTER_WIDTH - 1) / OUTER_WIDTH;
    if (across == 0) across = 1;

    /* and as many rows as fit, cut evenly */
    size_t widest = (panels + across - 1) / across * PANEL + K % PANEL;
    size_t most = GRADIENT_SLICE / (widest ? widest : 1) / LANES * LANES;
    size_t down = N > most ? (N + most - 1) / most : 1;
    size_t blocks = (N + LANES - 1) / LANES;
    return (gradient_shape){K, (blocks + down - 1) / down * LANES, across};
}

size_t gradient_shape_column(const gradient_shape *shape, size_t i)
{
    size_t panels = shape->K / PANEL;
    return i == shape->across ? shape->K : panels * i / shape->across * PANEL;
}

/* ---- Leaves that a pass closes ------------------------------------------ */

gradient_slice gradient_slice_at(const pass *p, size_t offset, size_t thread)
{
    const gradient_sums *sums = &p->training->sums;
    gradient_slice slice = {.p = p, .sums = sums, .offset = offset};

    if (sums->levels) {
        slice.level = sums->levels + offset;
        slice.stride = sums->n;
    } else {
        slice.level = sums->room + thread * sums->room_count * sums->room_size;
        slice.stride = sums->room_size;
    }
    return slice;
}

gradient_slice gradient_slice_of(const pass *p, size_t offset, size_t K,
                                 size_t columns, size_t thread)
{
    gradient_slice slice = gradient_slice_at(p, offset, thread);
    slice.row = K;
    slice.level_row = slice.sums->levels ? K : columns;
    return slice;
}

gradient_node gradient_node_at(const pass *p, size_t leaf)
{
    const gradient_sums *sums = &p->training->sums;
    for (size_t i = 0; i < sums->node_count; i++)
        if (leaf < sums->nodes[i].end) return sums->nodes[i];
    return (gradient_node){0, p->leaf_count, sums->levels ? NULL : sums->total};
}

/* The total of the sum that a leaf ends, which then joins all that there is of
 * it; NULL if it ends none. */
static float *total_at(const gradient_slice *slice, size_t leaf)
{
    gradient_node node = gradient_node_at(slice->p, leaf);
    return leaf + 1 == node.end ? node.total : NULL;
}

/* A leaf that so many came before joins the levels that the counter's carry
 * empties; the last one of all, unless sum is NULL, every level that is left,
 * and that is the sum. */
static leaf_sum join_levels(const gradient_slice *slice, uint64_t before,
                            float *sum, const float **joins)
{
    size_t carries = tree_carries(before);
    leaf_sum to = {.fresh = true, .closed = true, .joins = joins};
    for (size_t k = 0; sum ? before >> k : k < carries; k++)
        if (before >> k & 1)
            joins[to.join_count++] = slice->level + k * slice->stride;

    to.to = sum ? sum : slice->level + carries * slice->stride;
    to.row = sum ? slice->row : slice->level_row;
    to.join_row = slice->level_row;
    return to;
}

leaf_sum gradient_leaf(const gradient_slice *slice, size_t leaf,
                       const float **joins)
{
    const gradient_sums *sums = slice->sums;
    float *total = total_at(slice, leaf);
    size_t first = gradient_node_at(slice->p, leaf).begin;
    return join_levels(slice, sums->count + leaf - first,
                       total ? total + slice->offset : NULL, joins);
}

leaf_sum gradient_sub_leaf(const gradient_slice *slice, size_t leaf,
                           size_t count, float *sum, const float **joins)
{
    return join_levels(slice, leaf, leaf + 1 == count ? sum : NULL, joins);
}

float *gradient_leaf_copy(const gradient_slice *slice, size_t leaf,
                          size_t offset)
{
    const gradient_sums *sums = slice->sums;
    float *total = total_at(slice, leaf);
    if (total) return total + offset;
    if (!sums->levels) return NULL;
    return sums->levels + tree_carries(sums->count + leaf) * sums->n + offset;
}

void gradient_close(const leaf_sum *leaf, size_t n)
{
    for (size_t j = 0; j < n; j++)
        leaf->to[j] += 0.0f; /* -0 becomes 0 */

    for (size_t i = 0; i < leaf->join_count; i++)
        for (size_t j = 0; j < n; j++)
            leaf->to[j] += leaf->joins[i][j];
}

/* ---- Chains ------------------------------------------------------------- */

/* Rows that the open leaf had before this pass. */
static size_t rows_before(const pass *p, size_t leaf)
{
    const gradient_sums *sums = &p->training->sums;
    return sums->opens && sums->continues ? p->open_rows[leaf] : 0;
}

chain_rows gradient_chains(const pass *p, size_t leaf)
{
    return (chain_rows){.end = p->leaf_begin[leaf]};
}

bool gradient_next_chain(const pass *p, size_t leaf, size_t length,
                         chain_rows *rows)
{
    size_t first = p->leaf_begin[leaf], end = p->leaf_begin[leaf + 1];
    size_t begin = rows->end;
    if (begin == end) return false;

    size_t place = (rows_before(p, leaf) + begin - first) % length;
    *rows = (chain_rows){.begin = begin, .end = end, .first = place == 0};
    if (end - begin >= length - place) {
        rows->end = begin + length - place;
        rows->last = true;
    }
    return true;
}

open_leaf gradient_open_leaf(const pass *p, size_t leaf, size_t offset)
{
    const gradient_sums *sums = &p->training->sums;
    float *whole = sums->open + 2 * leaf * sums->n + offset;
    return (open_leaf){whole, whole + sums->n};
}

void gradient_end_chain(const pass *p, const open_leaf *leaf, size_t n)
{
    p->k->add(n, leaf->chain, leaf->whole);
    memset(leaf->chain, 0, n * sizeof *leaf->chain);
}

/* ---- Row by row --------------------------------------------------------- */

/* A leaf that stays open, from where it is. */
static void add_open(const pass *p, size_t leaf, size_t offset, size_t n,
                     gradient_add *add, const void *context)
{
    open_leaf to = gradient_open_leaf(p, leaf, offset);
    chain_rows rows = gradient_chains(p, leaf);
    while (gradient_next_chain(p, leaf, ROW_CHAIN, &rows)) {
        add(context, rows.begin, rows.end, to.chain);
        if (rows.last) gradient_end_chain(p, &to, n);
    }
}

/* A leaf from 0; chain (n) is room. */
static void add_whole(const pass *p, size_t leaf, size_t n, float *chain,
                      float *to, gradient_add *add, const void *context)
{
    chain_rows rows = gradient_chains(p, leaf);
    memset(to, 0, n * sizeof *to);
    while (gradient_next_chain(p, leaf, ROW_CHAIN, &rows)) {
        memset(chain, 0, n * sizeof *chain);
        add(context, rows.begin, rows.end, chain);
        p->k->add(n, chain, to);
    }
}

void gradient_run(const pass *p, size_t offset, size_t n, gradient_add *add,
                  const void *context)
{
    const gradient_sums *sums = &p->training->sums;
    const float *joins[TREE_LEVELS];
    gradient_slice slice = gradient_slice_at(p, offset, 0);
    float *chain = sums->room + (sums->room_count - 1) * sums->room_size;

    for (size_t leaf = 0; leaf < p->leaf_count; leaf++) {
        if (sums->opens) {
            add_open(p, leaf, offset, n, add, context);
            continue;
        }
        leaf_sum to = gradient_leaf(&slice, leaf, joins);
        add_whole(p, leaf, n, chain, to.to, add, context);
        gradient_close(&to, n);
    }
}

bool gradient_begins(const pass *p, size_t b)
{
    const gradient_sums *sums = &p->training->sums;
    if (p->steps_before[b]) return false;
    if (p->lengths[b] || !sums->opens) return true;
    if (sums->segment) return sums->first;

    size_t leaf = b / sums->block, begin = leaf * sums->block;
    size_t end = tree_leaf_end(begin, p->B, sums->block);
    for (size_t i = begin; i < end; i++)
        if (p->steps_before[i]) return false;
    return !sums->open_began[leaf];
}

void gradient_run_sequences(const pass *p, size_t offset, size_t n,
                            gradient_add *add, const void *context)
{
    const gradient_sums *sums = &p->training->sums;
    const float *joins[TREE_LEVELS];
    gradient_slice slice = gradient_slice_at(p, offset, 0);

    for (size_t leaf = 0, begin = 0; leaf < p->leaf_count; leaf++) {
        size_t end = tree_leaf_end(begin, p->B, sums->block);
        if (sums->opens) {
            add(context, begin, end, gradient_open_leaf(p, leaf, offset).chain);
        } else {
            leaf_sum to = gradient_leaf(&slice, leaf, joins);
            memset(to.to, 0, n * sizeof *to.to);
            add(context, begin, end, to.to);
            gradient_close(&to, n);
        }
        begin = end;
    }
}
