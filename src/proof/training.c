/*
 * training.c: together these networks use every optimizer and loss, the classic
 * cells, masks, sequences of different lengths, and a memory that is carried
 * from step to step.
 */
#include "proof/training.h"

#include <string.h>

#include "learn/loss.h"
#include "learn/optimizer.h"
#include "learn/shared_update.h"
#include "model/model.h"
#include "base/hash.h"
#include "proof/random_config.h"
#include "share/local.h"

enum { STEPS = 20, T = 20, B = 21, MOST_I = 4, MOST_O = 6 };

typedef struct study {
    const char *name;
    elman_config config;
    elman_loss_config loss;
    elman_optimizer_config optimizer;
    bool carried; /* memory is kept from step to step */
} study;

static const study studies[] = {
    {.name = "LSTM tokens AdamW",
     .config = {.seed = 1,
                .layers = {{.kind = ELMAN_EMBEDDING,
                            .num_embeddings = 6,
                            .embedding_dim = 5},
                           {.kind = ELMAN_LSTM,
                            .hidden_size = 18,
                            .num_layers = 2,
                            .peephole = true,
                            .dropout = 0.2f,
                            .forget_bias = 1},
                           {.kind = ELMAN_LINEAR, .output_size = 6}}},
     .loss = {.kind = ELMAN_LOSS_CROSS_ENTROPY, .label_smoothing = 0.1},
     .optimizer = {.rule = ELMAN_RULE_ADAMW, .clip_norm = 0.5},
     .carried = true},
    {.name = "GRU bidirectional Adam",
     .config = {.seed = 2,
                .input_size = 3,
                .batch_first = true,
                .layers = {{.kind = ELMAN_GRU,
                            .hidden_size = 9,
                            .bidirectional = true,
                            .recurrent_dropout = 0.2f},
                           {.kind = ELMAN_LAYER_NORM},
                           {.kind = ELMAN_GRU,
                            .hidden_size = 7,
                            .reset_before = true,
                            .learned_state = true,
                            .zoneout = 0.1f},
                           {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL},
                           {.kind = ELMAN_DROPOUT, .dropout = 0.3f},
                           {.kind = ELMAN_LINEAR, .output_size = 4}}},
     .loss = {.kind = ELMAN_LOSS_CROSS_ENTROPY},
     .optimizer = {.rule = ELMAN_RULE_ADAM,
                   .amsgrad = true,
                   .weight_decay = 0.01}},
    {.name = "RNN relu SGD",
     .config = {.seed = 3,
                .input_size = 4,
                .layers = {{.kind = ELMAN_RNN,
                            .hidden_size = 17,
                            .nonlinearity = ELMAN_ACTIVATION_RELU,
                            .init_hh = {ELMAN_INIT_IDENTITY, 0.9}},
                           {.kind = ELMAN_LINEAR, .output_size = 2}}},
     .loss = {.kind = ELMAN_LOSS_MEAN_SQUARED},
     .optimizer = {.rule = ELMAN_RULE_SGD,
                   .learning_rate = 0.02,
                   .momentum = 0.9,
                   .nesterov = true,
                   .clip_value = 0.1}},
    {.name = "RNN tanh RMSprop",
     .config = {.seed = 4,
                .input_size = 2,
                .layers = {{.kind = ELMAN_RNN,
                            .hidden_size = 20,
                            .reverse = true,
                            .init_hh = {ELMAN_INIT_ORTHOGONAL, 0}},
                           {.kind = ELMAN_LINEAR, .output_size = 3}}},
     .loss = {.kind = ELMAN_LOSS_HUBER},
     .optimizer = {.rule = ELMAN_RULE_RMSPROP,
                   .centered = true,
                   .momentum = 0.5}},
    {.name = "LSTM projected Adagrad",
     .config = {.seed = 5,
                .input_size = 3,
                .layers = {{.kind = ELMAN_LSTM,
                            .hidden_size = 13,
                            .proj_size = 5,
                            .coupled = true,
                            .clip = 2,
                            .zoneout_cell = 0.1f,
                            .chrono = 20},
                           {.kind = ELMAN_LINEAR, .output_size = 2}}},
     .loss = {.kind = ELMAN_LOSS_BINARY_CROSS_ENTROPY},
     .optimizer = {.rule = ELMAN_RULE_ADAGRAD, .flavour = ELMAN_FLAVOUR_KERAS},
     .carried = true},
};

size_t training_count(void) { return sizeof studies / sizeof *studies; }

const char *training_name(size_t index) { return studies[index].name; }

/* One network in training. */
typedef struct training {
    const study *what;
    bool least; /* in the fewest bytes */
    elman_model *model;
    elman_state *state;
    elman_optimizer *optimizer;
    share *share;                /* with other ranks, or NULL */
    stretch own;                 /* this one's sequences */
    size_t lengths[B], steps[B]; /* of inputs, of targets */
    uint64_t ids[B];
    float x[T * B * MOST_I];
    int32_t tokens[T * B], classes[T * B];
    float values[T * B * MOST_O];
    float y[T * B * MOST_O], dy[T * B * MOST_O];
} training;

static elman_status create(training *r, int threads)
{
    elman_state_config config = {
        .T = T, .B = B, .training = true, .threads = threads, .seed = 9};
    TRY(model_create(&r->what->config, &r->model));
    if (r->least) TRY(segments_least(r->model, &config, &config.budget));
    TRY(model_make_flat(r->model));
    size_t n = r->model->weight_count;
    stretch slice = {0, n};
    r->own = (stretch){0, B};

    /* the part of one rank */
    if (r->share) {
        TRY(share_prepare(r->share, n, OPTIMIZER_BLOCK));
        slice = share_own_slice(r->share);
        r->own = deal_sequences(B, TREE_BLOCK, r->share->size, r->share->rank);
        config.passes = 1;
        config.B = r->own.end - r->own.begin;
        if (config.B == 0) config.B = 1;
    }
    TRY(state_create(r->model, &config, &r->state));
    return optimizer_create_slice(&r->what->optimizer, r->model, NULL, slice,
                                  &r->optimizer);
}

/* Draws the batch of a step. Targets depend on inputs, so that there is
 * something to learn. */
static void draw_batch(training *r, uint64_t step)
{
    draws d = draws_from(r->what->config.seed, step);
    elman_model_info info = r->model->info;
    size_t I = info.input_size, O = info.output_size;

    /* a carried memory needs the same streams, in full, at every step */
    for (size_t b = 0; b < B; b++) {
        r->lengths[b] = r->what->carried ? T : draw_size(&d, 0, T);
        r->steps[b] = info.per_sequence && r->lengths[b] ? 1 : r->lengths[b];
        r->ids[b] = r->what->carried ? b : step * B + b;
    }

    /* inputs of either type, and both types of target */
    for (size_t i = 0; i < T * B * I; i++)
        r->x[i] = draw_real(&d, -1, 1);
    for (size_t i = 0; i < T * B; i++) {
        r->tokens[i] = (int32_t)draw_size(&d, 0, 5);
        r->classes[i] = (int32_t)((size_t)r->tokens[i] % O);
        for (size_t j = 0; j < O; j++) {
            float sign = r->x[i * I] > 0 ? 1 : 0;
            r->values[i * O + j] = 0.25f + 0.5f * sign;
        }
    }
}

/* ---- A part of the batch ------------------------------------------------ */

/* Leaves this rank's sequences of an array (steps,B,width), of bytes each. */
static void keep_own(const training *r, void *array, size_t steps, size_t bytes)
{
    char *at = array;
    size_t count = r->own.end - r->own.begin;
    for (size_t t = 0; t < steps; t++)
        memmove(at + t * count * bytes, at + (t * B + r->own.begin) * bytes,
                count * bytes);
}

/* The same of all inputs and targets. */
static void keep_own_batch(training *r)
{
    elman_model_info info = r->model->info;
    bool batch_first = r->model->config.batch_first;
    size_t steps = batch_first ? 1 : T, each = batch_first ? T : 1;
    size_t targets = info.per_sequence ? 1 : T;
    keep_own(r, r->lengths, 1, sizeof *r->lengths);
    keep_own(r, r->steps, 1, sizeof *r->steps);
    keep_own(r, r->ids, 1, sizeof *r->ids);
    keep_own(r, r->x, steps, each * info.input_size * sizeof *r->x);
    keep_own(r, r->tokens, steps, each * sizeof *r->tokens);
    keep_own(r, r->classes, targets, sizeof *r->classes);
    keep_own(r, r->values, targets, info.output_size * sizeof *r->values);
}

/* The loss of all ranks' rows, and the gradient of this one's. */
static elman_status share_loss(training *r, const elman_loss_config *loss,
                               const elman_batch *shape,
                               const elman_target *target, double *sum)
{
    enum { LEAVES = B / TREE_BLOCK + 1 };
    double rows[T * B], leaves[LEAVES] = {0};
    size_t O = r->model->info.output_size;
    stretch own = share_own_leaves(r->share, LEAVES);
    loss_job job;
    TRY(loss_begin(loss, shape, O, target, &job));
    for (size_t row = 0; row < shape->T * shape->B; row++) {
        uint32_t best;
        rows[row] = loss_row(&job, row, r->y + row * O, r->dy + row * O, &best);
    }

    loss_leaf_sums(&job, rows, leaves + own.begin);
    TRY(share_collect_leaves(r->share, leaves, LEAVES, sizeof *leaves));
    double_tree tree = {0};
    for (size_t i = 0; i < LEAVES; i++)
        tree_add(&tree, leaves[i]);
    *sum = tree_sum(&tree) / loss->divisor;
    return ELMAN_OK;
}

/* A step of one rank, whose batch is that of all. */
static elman_status share_step(training *r, const elman_batch *all,
                               const elman_batch *all_rows, double *loss)
{
    enum { LEAVES = B / TREE_BLOCK + 1 };
    const elman_model *m = r->model;
    elman_batch batch = *all, shape = *all_rows;
    elman_loss_config divided = r->what->loss;
    elman_target target = {.classes = r->classes, .values = r->values};
    loss_rows rows = {.shape = &shape, .O = m->info.output_size};
    TRY(loss_weight(&divided, &rows, &target, &divided.divisor));

    /* forward and backward, if any of it is this rank's */
    keep_own_batch(r);
    batch.B = shape.B = r->own.end - r->own.begin;
    stretch own = shared_begin(r->share, LEAVES, r->state);
    if (batch.B) TRY(model_forward(m, r->state, &batch, r->y));
    TRY(share_loss(r, &divided, &shape, &target, loss));
    if (own.end > own.begin) TRY(model_backward(m, r->state, r->dy, NULL));

    double norm, rate = optimizer_config(r->optimizer)->learning_rate;
    return shared_update(r->share, LEAVES, r->optimizer, r->model, r->state,
                         rate, &norm, NULL);
}

/* ---- Steps -------------------------------------------------------------- */

static elman_status train_step(training *r, uint64_t step, double *loss)
{
    const elman_model *m = r->model;
    draw_batch(r, step);

    elman_batch batch = {.T = T,
                         .B = B,
                         .x = r->x,
                         .tokens = r->tokens,
                         .lengths = r->lengths,
                         .ids = r->ids,
                         .draw = step};
    /* the shape of the targets: as many steps as the model gives rows */
    elman_batch shape = {
        .T = m->info.per_sequence ? 1 : T, .B = B, .lengths = r->steps};
    elman_target target = {.classes = r->classes, .values = r->values};

    /* forward, loss, backward */
    if (!r->what->carried) state_reset(m, r->state);
    if (r->share) return share_step(r, &batch, &shape, loss);
    gradients_zero(r->state);
    TRY(model_forward(m, r->state, &batch, r->y));
    TRY(loss_forward(&r->what->loss, &shape, m->info.output_size, r->y, &target,
                     loss, r->dy));
    TRY(model_backward(m, r->state, r->dy, NULL));

    double rate = optimizer_config(r->optimizer)->learning_rate;
    TRY(optimizer_update(r->optimizer, rate, r->state->config.threads,
                         gradients_join(r->state), model_flat(m), NULL));
    model_repack(r->model, 1);
    return ELMAN_OK;
}

static elman_status train(training *r, int threads, uint64_t *hash)
{
    uint64_t h = *hash;
    TRY(create(r, threads));

    for (uint64_t step = 0; step < STEPS; step++) {
        double loss;
        TRY(train_step(r, step, &loss));
        h = hash_double(h, loss);
    }

    const elman_model *m = r->model;
    for (size_t i = 0; i < m->info.parameter_count; i++)
        h = hash_floats(h, m->parameters[i].count,
                        model_flat(m) + m->parameters[i].offset);
    *hash = h;
    return ELMAN_OK;
}

static elman_status run(training *r, int threads, uint64_t *hash)
{
    elman_status status = train(r, threads, hash);
    optimizer_destroy(r->optimizer);
    state_destroy(r->state);
    model_destroy(r->model);
    return status;
}

elman_status training_hash(size_t index, int threads, uint64_t *hash)
{
    training r = {.what = studies + index};
    return run(&r, threads, hash);
}

elman_status training_hash_in_least(size_t index, int threads, uint64_t *hash)
{
    training r = {.what = studies + index, .least = true};
    return run(&r, threads, hash);
}

/* What ranks have in common. */
typedef struct ranks_run {
    size_t index;
    uint64_t *hash; /* rank 0's */
} ranks_run;

static elman_status run_rank(void *context, const elman_transport *transport)
{
    const ranks_run *all = context;
    training r = {.what = studies + all->index};
    TRY(share_create(transport, &r.share));
    uint64_t own = HASH_EMPTY;
    elman_status status =
        run(&r, 1 + transport->rank % 2, transport->rank ? &own : all->hash);
    share_destroy(r.share);
    return status;
}

elman_status training_hash_ranks(size_t index, int size, uint64_t *hash)
{
    ranks_run all = {index, hash};
    return local_run(size, run_rank, &all);
}

elman_status training_hash_all_ranks(int size, uint64_t *hash)
{
    *hash = HASH_EMPTY;
    for (size_t i = 0; i < training_count(); i++)
        TRY(training_hash_ranks(i, size, hash));
    return ELMAN_OK;
}

elman_status training_hash_all(int threads, uint64_t *hash)
{
    *hash = HASH_EMPTY;
    for (size_t i = 0; i < training_count(); i++)
        TRY(training_hash(i, threads, hash));
    return ELMAN_OK;
}
