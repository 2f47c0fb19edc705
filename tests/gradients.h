/*
 * gradients.h: a batch whose gradients tests sum in many ways, and the tree of
 * docs/NUMERICS.md written out.
 */
#ifndef TESTS_GRADIENTS_H
#define TESTS_GRADIENTS_H

#include "check.h"
#include "base/tree.h"
#include "kernel/kernel.h"
#include "learn/optimizer.h"
#include "model/model.h"
#include "proof/random_config.h"

enum { T = 37, B = 101, I = 3, V = 9, O = 4, MOST_I = 16, MOST_Y = T * B * O };

/* Every kind of parameter, and every kind of sum. */
static const elman_config networks[] = {
    {.input_size = I,
     .seed = 3,
     .layers = {{.kind = ELMAN_LSTM,
                 .hidden_size = 9,
                 .proj_size = 5,
                 .peephole = true,
                 .learned_state = true,
                 .zoneout = 0.2f},
                {.kind = ELMAN_LAYER_NORM},
                {.kind = ELMAN_GRU, .hidden_size = 17, .dropout = 0.2f},
                {.kind = ELMAN_INDRNN, .hidden_size = 6},
                {.kind = ELMAN_LINEAR, .output_size = O}}},
    {.seed = 4,
     .layers = {{.kind = ELMAN_EMBEDDING,
                 .num_embeddings = V,
                 .embedding_dim = 5},
                {.kind = ELMAN_GRU,
                 .hidden_size = 7,
                 .bidirectional = true,
                 .reset_before = true},
                {.kind = ELMAN_LINEAR, .output_size = O}}},
    {.input_size = I,
     .seed = 5,
     .layers = {{.kind = ELMAN_RNN, .hidden_size = 40},
                {.kind = ELMAN_LAST},
                {.kind = ELMAN_LINEAR, .output_size = O}}},
};
enum { NETWORKS = sizeof networks / sizeof *networks };

/* ---- A batch ------------------------------------------------------------ */

static float x[T * B * MOST_I], dy[MOST_Y];
static int32_t tokens[T * B];
static size_t lengths[B];
static uint64_t ids[B];

/* Some sequences are empty, and all of the second block. */
static inline void draw_inputs(uint64_t which)
{
    draws d = draws_from(test_seed(), which);
    for (size_t i = 0; i < T * B * MOST_I; i++)
        x[i] = draw_real(&d, -1, 1);
    for (size_t i = 0; i < MOST_Y; i++)
        dy[i] = draw_real(&d, -1, 1);
    for (size_t i = 0; i < T * B; i++)
        tokens[i] = (int32_t)draw_size(&d, 0, V - 1);
    for (size_t b = 0; b < B; b++) {
        lengths[b] = b >= 8 && b < 16 ? 0 : draw_size(&d, 0, T);
        ids[b] = draw_next(&d);
    }
}

/* The rows of sequences [first,first + n) of an array (steps,B,width). */
static inline void take_columns(size_t steps, size_t width, size_t bytes,
                                const void *all, size_t first, size_t n,
                                void *some)
{
    for (size_t t = 0; t < steps; t++)
        memcpy((char *)some + t * n * width * bytes,
               (const char *)all + (t * B + first) * width * bytes,
               n * width * bytes);
}

static inline elman_model *model_of(size_t network)
{
    elman_model *m = NULL;
    CHECK_OK(model_create(networks + network, &m));
    CHECK_OK(model_make_flat(m));
    return m;
}

static inline elman_state *state_with(const elman_model *m,
                                      elman_state_config config)
{
    elman_state *s = NULL;
    config.training = true;
    config.seed = 9;
    if (!config.T) config.T = T;
    if (!config.B) config.B = B;
    CHECK_OK(state_create(m, &config, &s));
    return s;
}

/* A pass of the sequences [first,first + n), forward and back, or only of the
 * steps [begin,end). */
static inline elman_status run_steps(const elman_model *m, elman_state *s,
                                     size_t first, size_t n, size_t begin,
                                     size_t end, bool continues)
{
    static float part_x[T * B * MOST_I], part_dy[MOST_Y];
    static int32_t part_tokens[T * B];
    size_t part_lengths[B], rows = m->info.per_sequence ? 1 : end - begin;
    size_t width = m->info.input_size;

    take_columns(end - begin, width, sizeof *x, x + begin * B * width, first, n,
                 part_x);
    take_columns(end - begin, 1, sizeof *tokens, tokens + begin * B, first, n,
                 part_tokens);
    take_columns(rows, O, sizeof *dy, dy + begin * B * O, first, n, part_dy);
    for (size_t b = 0; b < n; b++) {
        size_t length = lengths[first + b];
        part_lengths[b] = length < begin ? 0 : length - begin;
        if (part_lengths[b] > end - begin) part_lengths[b] = end - begin;
    }

    elman_batch batch = {.T = end - begin,
                         .B = n,
                         .x = part_x,
                         .tokens = part_tokens,
                         .lengths = part_lengths,
                         .ids = ids + first,
                         .draw = 2,
                         .continues = continues};
    state_reset(m, s);
    TRY(model_forward(m, s, &batch, NULL));
    return model_backward(m, s, part_dy, NULL);
}

static inline elman_status run(const elman_model *m, elman_state *s,
                               size_t first, size_t n)
{
    return run_steps(m, s, first, n, 0, T, false);
}

static inline float *copy_of(const elman_model *m, const float *values)
{
    float *copy = malloc(m->weight_count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, values, m->weight_count * sizeof *copy);
    return copy;
}

/* The gradients of one pass of everything. */
static inline float *whole_sum(const elman_model *m, size_t block,
                               size_t passes)
{
    elman_state *s =
        state_with(m, (elman_state_config){.block = block, .passes = passes});
    CHECK_OK(run(m, s, 0, B));
    float *sum = copy_of(m, gradients_join(s));
    state_destroy(s);
    return sum;
}

/* ---- The tree ----------------------------------------------------------- */

/* A tree of arrays, as docs/NUMERICS.md says it. */
typedef struct array_tree {
    size_t n;
    uint64_t count;
    float *level[TREE_LEVELS];
} array_tree;

static inline void join(array_tree *tree, const float *leaf)
{
    size_t k = 0;
    float *sum = malloc(tree->n * sizeof *sum);
    assert_non_null(sum);
    for (size_t i = 0; i < tree->n; i++)
        sum[i] = leaf[i] + 0.0f;

    for (; tree->count >> k & 1; k++) {
        for (size_t i = 0; i < tree->n; i++)
            sum[i] += tree->level[k][i];
        free(tree->level[k]);
    }
    tree->level[k] = sum;
    tree->count++;
}

/* The sum, for the caller to free; the tree is empty then. */
static inline float *total(array_tree *tree)
{
    float *sum = calloc(tree->n, sizeof *sum);
    assert_non_null(sum);
    for (size_t k = 0; tree->count >> k; k++) {
        if (!(tree->count >> k & 1)) continue;
        for (size_t i = 0; i < tree->n; i++)
            sum[i] += tree->level[k][i];
        free(tree->level[k]);
    }
    tree->count = 0;
    return sum;
}

#endif
