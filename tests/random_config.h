/*
 * random_config.h: small random networks over every option of elman_layer, and
 * batches for them: for tests that hold two ways of computing against each
 * other.
 */
#ifndef TESTS_RANDOM_CONFIG_H
#define TESTS_RANDOM_CONFIG_H

#include "check.h"

typedef struct draws {
    uint64_t s;
} draws;

/* Numbers that depend on test_seed and on which. */
static inline draws draws_begin(uint64_t which)
{
    return (draws){test_seed() * 0x9E3779B97F4A7C15u + which * 1000003};
}

static inline uint64_t draw_next(draws *d) /* splitmix64, Steele et al. 2014 */
{
    uint64_t z = (d->s += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* From first to last, both included. */
static inline size_t draw_size(draws *d, size_t first, size_t last)
{
    return first + (size_t)(draw_next(d) % (last - first + 1));
}

static inline bool draw_chance(draws *d, unsigned percent)
{
    return draw_next(d) % 100 < percent;
}

/* A float32 number in [low, high). */
static inline float draw_real(draws *d, float low, float high)
{
    return low + (high - low) * (float)(draw_next(d) >> 40) * 0x1p-24f;
}

static inline void random_recurrent(draws *d, bool ends, elman_layer *l)
{
    l->kind = (elman_kind)draw_size(d, ELMAN_RNN, ELMAN_GRU);
    l->num_layers = draw_size(d, 1, 3);
    l->hidden_size = draw_size(d, 2, 5);
    if (draw_chance(d, 20)) {
        l->hidden_size = 0;
        for (size_t k = 0; k < l->num_layers; k++)
            l->hidden_sizes[k] = draw_size(d, 2, 5);
    }
    l->no_bias = draw_chance(d, 25);
    l->learned_state = draw_chance(d, 25);
    if (draw_chance(d, 25)) l->clip = draw_real(d, 0.3f, 1.5f);
    if (draw_chance(d, 30)) l->dropout = draw_real(d, 0.1f, 0.6f);
    l->variational = draw_chance(d, 50);
    if (draw_chance(d, 30)) l->recurrent_dropout = draw_real(d, 0.1f, 0.6f);
    if (draw_chance(d, 30)) l->zoneout = draw_real(d, 0.1f, 0.6f);
    if (l->kind == ELMAN_RNN && draw_chance(d, 40))
        l->nonlinearity = ELMAN_NONLINEARITY_RELU;
    if (l->kind == ELMAN_GRU) l->reset_before = draw_chance(d, 50);
    if (l->kind == ELMAN_LSTM) {
        l->peephole = draw_chance(d, 40);
        l->coupled = draw_chance(d, 30);
        l->proj_size = draw_chance(d, 30);
        if (draw_chance(d, 30)) l->zoneout_cell = draw_real(d, 0.1f, 0.6f);
    }

    l->reverse = draw_chance(d, 25);
    l->bidirectional = !l->reverse && draw_chance(d, 45);
    if (!l->bidirectional) return;
    l->merge = (elman_merge)draw_size(d, ELMAN_MERGE_CONCAT, ELMAN_MERGE_NONE);
    if (l->merge == ELMAN_MERGE_NONE && (!ends || l->num_layers > 1))
        l->merge = ELMAN_MERGE_CONCAT;
}

/* Between recurrent layers: at most one layer. Returns where the next goes. */
static inline size_t random_between(draws *d, elman_layer *l)
{
    switch (draw_size(d, 0, 5)) {
    case 0:
        l->kind = ELMAN_DROPOUT;
        l->dropout = draw_real(d, 0.1f, 0.6f);
        l->variational = draw_chance(d, 50);
        return 1;
    case 1:
        l->kind = ELMAN_LAYER_NORM;
        l->eps = 0.05f;
        return 1;
    case 2:
        l->kind = ELMAN_LINEAR;
        l->output_size = draw_size(d, 1, 5);
        l->no_bias = draw_chance(d, 50);
        return 1;
    case 3:
        l->kind = (elman_kind)draw_size(d, ELMAN_TANH, ELMAN_SIGMOID);
        return 1;
    default:
        return 0;
    }
}

/* After the last recurrent layer. */
static inline void random_head(draws *d, elman_layer *l)
{
    bool mixed = l[-1].bidirectional && l[-1].merge != ELMAN_MERGE_CONCAT;
    if (draw_chance(d, 50)) {
        l->kind = ELMAN_LAST;
        if (!mixed && draw_chance(d, 50)) l->last = ELMAN_LAST_FINAL;
        l++;
    }
    if (draw_chance(d, 30)) l += random_between(d, l);
    if (draw_chance(d, 60)) {
        l->kind = ELMAN_LINEAR;
        l->output_size = draw_size(d, 1, 4);
        l++;
    }
    if (draw_chance(d, 40))
        l->kind = (elman_kind)draw_size(d, ELMAN_TANH, ELMAN_SOFTMAX);
}

static inline elman_config random_config(draws *d)
{
    elman_config config = {.input_size = draw_size(d, 1, 5),
                           .batch_first = draw_chance(d, 30),
                           .seed = draw_next(d)};
    elman_layer *l = config.layers;
    if (draw_chance(d, 20)) {
        config.input_size = 0;
        *l = (elman_layer){.kind = ELMAN_EMBEDDING,
                           .num_embeddings = draw_size(d, 1, 6),
                           .embedding_dim = draw_size(d, 1, 4)};
        l++;
    }
    if (draw_chance(d, 30)) l += random_between(d, l);
    size_t recurrent = draw_size(d, 1, 2);
    for (size_t i = 0; i < recurrent; i++) {
        bool ends = i + 1 == recurrent;
        random_recurrent(d, ends, l++);
        if (l[-1].merge == ELMAN_MERGE_NONE) return config;
        if (!ends) l += random_between(d, l);
    }
    random_head(d, l);
    return config;
}

/* Sizes and inputs of a batch; the arrays have room for MOST_T and MOST_B. */
enum { MOST_T = 6, MOST_B = 5, MOST_I = 5 };
typedef struct random_batch {
    size_t T, B;
    bool ragged;
    size_t lengths[MOST_B];
    float x[MOST_T * MOST_B * MOST_I];
    int32_t tokens[MOST_T * MOST_B];
} random_batch;

/* What is past a sequence's end is NaN or no token, so reading it shows. */
static inline random_batch draw_batch(draws *d, const elman_config *config,
                                      size_t most_B)
{
    random_batch batch = {.T = draw_size(d, 1, MOST_T),
                          .B = draw_size(d, 1, most_B),
                          .ragged = draw_chance(d, 60)};
    size_t I = config->input_size, V = config->layers[0].num_embeddings;
    for (size_t b = 0; b < batch.B; b++)
        batch.lengths[b] = batch.ragged ? draw_size(d, 0, batch.T) : batch.T;
    for (size_t t = 0; t < batch.T; t++)
        for (size_t b = 0; b < batch.B; b++) {
            size_t row =
                config->batch_first ? b * batch.T + t : t * batch.B + b;
            bool valid = t < batch.lengths[b];
            for (size_t i = 0; i < I; i++)
                batch.x[row * I + i] = valid ? draw_real(d, -1.5f, 1.5f) : NAN;
            batch.tokens[row] =
                valid && V ? (int32_t)draw_size(d, 0, V - 1) : -7;
        }
    return batch;
}

#endif
