/*
 * embedding.c: a row of a table for each token (torch.nn.Embedding).
 *
 *   y = W[token]        dW[token] += dy, in gradient order
 *
 * A row's gradient is a tree like all others, but almost all of its leaves are
 * empty. An empty leaf changes no sum, so a row joins its own leaves and skips
 * the rest: it is summed alone, from all its tokens in the pass.
 */
#include <string.h>

#include "layer/layer.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    size_t V = l->config.num_embeddings;
    l->O = l->config.embedding_dim;

    if (l->number != 0)
        return failure(ELMAN_BAD_VALUE, "an embedding reads tokens and can "
                                        "only be the first layer");
    if (V == 0 || V > INT32_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "num_embeddings is %zu, expected 1 to %d", V, INT32_MAX);
    if (l->O == 0)
        return failure(ELMAN_BAD_VALUE,
                       "embedding_dim is 0, expected at least 1");

    l->weight = plan_parameter(plan, l, "weight", "", 2, (size_t[]){V, l->O}, 1,
                               l->config.init_ih, 0);
    if (!plan->overflow)
        l->plain_weight = plan_table(plan, V * l->O, l->weight);
    plan->forward_features = l->O;
    return ELMAN_OK;
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    (void)x;
    const float *w = pass_plain(p, &l->plain_weight);
    rows_clear(p, l->O, s->y);
    for (size_t r = 0; r < p->row_count; r++)
        memcpy(s->y + p->rows[r] * l->O,
               w + (size_t)p->tokens[p->rows[r]] * l->O, l->O * sizeof *s->y);
}

static void lay_out(const layer *l, arena *a, size_t T, size_t B, bool training,
                    bool keep, layer_state *s)
{
    (void)l, (void)keep;
    if (training) s->by_token = arena_take(a, 2 * T * B, sizeof *s->by_token);
}

/* ---- The order of tokens ------------------------------------------------ */

static uint32_t token_of(const pass *p, uint32_t r)
{
    return (uint32_t)p->tokens[p->order[r]];
}

/* Sorts the numbers of rows in gradient order by token, those of a token
 * ascending: a radix sort by bytes. Returns them, in rows or in spare
 * (row_count). */
static const uint32_t *sort_rows(const pass *p, size_t V, uint32_t *rows,
                                 uint32_t *spare)
{
    for (size_t r = 0; r < p->row_count; r++)
        rows[r] = (uint32_t)r;

    for (unsigned shift = 0; shift < 32 && (V - 1) >> shift; shift += 8) {
        /* where the rows of each byte begin */
        size_t begin[257] = {0};
        for (size_t r = 0; r < p->row_count; r++)
            begin[(token_of(p, rows[r]) >> shift & 255) + 1]++;
        for (size_t i = 0; i < 256; i++)
            begin[i + 1] += begin[i];

        for (size_t r = 0; r < p->row_count; r++)
            spare[begin[token_of(p, rows[r]) >> shift & 255]++] = rows[r];
        uint32_t *sorted = spare;
        spare = rows;
        rows = sorted;
    }
    return rows;
}

/* ---- The sum of one row of the table ------------------------------------ */

/* Levels of a row; bit k of mask says whether level k holds anything but 0. */
typedef struct row_tree {
    const pass *p;
    size_t E;
    float *level;
    size_t stride;
    float *leaf, *chain; /* (E) */
    uint64_t count, mask;
} row_tree;

static float *level_at(const row_tree *tree, size_t k)
{
    return tree->level + k * tree->stride;
}

/* Lets empty leaves join until there are count of them: what the carries on
 * the way bring together rests on the highest level that they reach. */
static void skip_leaves(row_tree *tree, uint64_t count)
{
    size_t bytes = tree->E * sizeof(float), top = 0;
    for (uint64_t changed = tree->count ^ count; changed > 1; changed >>= 1)
        top++;
    tree->count = count;

    uint64_t below = tree->mask & (((uint64_t)1 << top) - 1);
    if (!below) return;
    float *to = level_at(tree, top);
    for (size_t k = 0, first = 1; k < top; k++) {
        if (!(below >> k & 1)) continue;
        if (first) memcpy(to, level_at(tree, k), bytes);
        else tree->p->k->add(tree->E, level_at(tree, k), to);
        first = 0;
    }
    tree->mask = (tree->mask & ~below) | (uint64_t)1 << top;
}

/* Joins the leaf. */
static void join_leaf(row_tree *tree)
{
    const float *joins[TREE_LEVELS];
    size_t carries = tree_carries(tree->count++);
    uint64_t below = tree->mask & (((uint64_t)1 << carries) - 1);

    leaf_sum leaf = {.to = tree->leaf, .closed = true, .joins = joins};
    for (size_t k = 0; k < carries; k++)
        if (below >> k & 1) joins[leaf.join_count++] = level_at(tree, k);
    gradient_close(&leaf, tree->E);

    memcpy(level_at(tree, carries), tree->leaf, tree->E * sizeof(float));
    tree->mask = (tree->mask & ~below) | (uint64_t)1 << carries;
}

/* Writes the sum of all levels. */
static void write_sum(const row_tree *tree, float *sum)
{
    memset(sum, 0, tree->E * sizeof *sum);
    for (size_t k = 0; tree->mask >> k; k++)
        if (tree->mask >> k & 1)
            tree->p->k->add(tree->E, level_at(tree, k), sum);
}

/* Sums one leaf: the first of count rows, all of one token. Returns how many
 * they were. */
static size_t sum_leaf(const row_tree *tree, const float *dy, size_t leaf,
                       size_t count, const uint32_t *rows)
{
    const pass *p = tree->p;
    size_t E = tree->E, r = 0;
    chain_rows chain = gradient_chains(p, leaf);
    memset(tree->leaf, 0, E * sizeof *tree->leaf);

    while (r < count && gradient_next_chain(p, leaf, ROW_CHAIN, &chain)) {
        if (rows[r] >= chain.end) continue; /* empty chains */
        memset(tree->chain, 0, E * sizeof *tree->chain);
        for (; r < count && rows[r] < chain.end; r++)
            p->k->add(E, dy + p->order[rows[r]] * E, tree->chain);
        p->k->add(E, tree->chain, tree->leaf);
    }
    return r;
}

/* Sums the dy of those of count rows, all of one token and in gradient order,
 * that lie in leaves of node. Returns how many they were. */
static size_t sum_row(row_tree *tree, const gradient_node *node,
                      const float *dy, size_t count, const uint32_t *rows)
{
    const pass *p = tree->p;
    uint64_t before = tree->count;
    size_t r = 0;

    while (r < count) {
        size_t b = p->order[rows[r]] % p->B;
        size_t leaf = b / p->training->sums.block;
        if (leaf >= node->end) break;
        skip_leaves(tree, before + leaf - node->begin);
        r += sum_leaf(tree, dy, leaf, count - r, rows + r);
        join_leaf(tree);
    }
    skip_leaves(tree, before + node->end - node->begin);
    return r;
}

/* ---- Backward ----------------------------------------------------------- */

typedef struct table_job {
    const layer *l;
    const pass *p;
    const float *dy;
} table_job;

/* Adds the rows of a chain to an open leaf, which is a whole table. What other
 * passes have added to the chain may be anywhere. */
static void add_chain(const table_job *job, const open_leaf *to,
                      const chain_rows *rows)
{
    const pass *p = job->p;
    size_t E = job->l->O;
    for (size_t r = rows->begin; r < rows->end; r++)
        p->k->add(E, job->dy + p->order[r] * E,
                  to->chain + token_of(p, (uint32_t)r) * E);
    if (!rows->last) return;

    if (!rows->first) {
        gradient_end_chain(p, to, job->l->config.num_embeddings * E);
        return;
    }
    for (size_t r = rows->begin; r < rows->end; r++) {
        size_t at = token_of(p, (uint32_t)r) * E;
        const open_leaf row = {to->whole + at, to->chain + at};
        gradient_end_chain(p, &row, E);
    }
}

static void sum_open(const table_job *job)
{
    const pass *p = job->p;
    for (size_t leaf = 0; leaf < p->leaf_count; leaf++) {
        open_leaf to = gradient_open_leaf(p, leaf, (size_t)job->l->weight);
        chain_rows rows = gradient_chains(p, leaf);
        while (gradient_next_chain(p, leaf, ROW_CHAIN, &rows))
            add_chain(job, &to, &rows);
    }
}

/* Writes the rows of levels that must be there and hold 0. */
static void clear_levels(const row_tree *tree)
{
    for (size_t k = 0; tree->count >> k; k++)
        if (tree->count >> k & ~(tree->mask >> k) & 1)
            memset(level_at(tree, k), 0, tree->E * sizeof(float));
}

/* Sums the dy of a token, whose row of the table is at offset. */
static void sum_token(const table_job *job, size_t offset, size_t count,
                      const uint32_t *rows)
{
    const pass *p = job->p;
    const gradient_sums *sums = &p->training->sums;
    gradient_slice slice = gradient_slice_at(p, offset, 0);
    gradient_node node = {0};

    for (size_t r = 0; node.end < p->leaf_count;) {
        node = gradient_node_at(p, node.end);
        row_tree tree = {p,
                         job->l->O,
                         slice.level,
                         slice.stride,
                         sums->room + (sums->room_count - 2) * sums->room_size,
                         sums->room + (sums->room_count - 1) * sums->room_size,
                         sums->count,
                         sums->levels ? sums->count : 0};
        r += sum_row(&tree, &node, job->dy, count - r, rows + r);
        if (node.total) write_sum(&tree, node.total + offset);
        else clear_levels(&tree);
    }
}

void layer_embedding_backward(const layer *l, const pass *p, layer_state *s,
                              const float *x, float *dx)
{
    (void)x, (void)dx;
    const table_job job = {l, p, s->dy};
    size_t V = l->config.num_embeddings;
    if (p->training->sums.opens) {
        sum_open(&job);
        return;
    }

    const uint32_t *rows =
        sort_rows(p, V, s->by_token, s->by_token + p->T * p->B);

    /* token by token, also those that do not occur */
    for (size_t v = 0, r = 0; v < V; v++) {
        size_t begin = r;
        while (r < p->row_count && token_of(p, rows[r]) == v)
            r++;
        sum_token(&job, (size_t)l->weight + v * l->O, r - begin, rows + begin);
    }
}

const layer_kind layer_embedding = {
    .plan = plan,
    .lay_out = lay_out,
    .forward = forward,
};
