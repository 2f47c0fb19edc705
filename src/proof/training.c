/*
 * training.c: together these networks use every optimizer and loss, the classic
 * cells, masks, sequences of different lengths, and a memory that is carried
 * from step to step.
 */
#include "proof/training.h"

#include <string.h>

#include "learn/loss.h"
#include "learn/optimizer.h"
#include "model/model.h"
#include "base/hash.h"
#include "proof/random_config.h"

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
    elman_model *model;
    elman_state *state;
    elman_optimizer *optimizer;
    size_t lengths[B], steps[B]; /* of inputs, of targets */
    uint64_t ids[B];
    float x[T * B * MOST_I];
    int32_t tokens[T * B], classes[T * B];
    float values[T * B * MOST_O];
    float y[T * B * MOST_O], dy[T * B * MOST_O];
} training;

static elman_status create(training *r, int threads)
{
    const elman_state_config config = {
        .T = T, .B = B, .training = true, .threads = threads, .seed = 9};

    TRY(model_create(&r->what->config, &r->model));
    TRY(state_create(r->model, &config, &r->state));
    TRY(model_make_flat(r->model));
    return optimizer_create(&r->what->optimizer, r->model->weight_count,
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

elman_status training_hash(size_t index, int threads, uint64_t *hash)
{
    training r = {.what = studies + index};
    elman_status status = train(&r, threads, hash);
    optimizer_destroy(r.optimizer);
    state_destroy(r.state);
    model_destroy(r.model);
    return status;
}

elman_status training_hash_all(int threads, uint64_t *hash)
{
    *hash = HASH_EMPTY;
    for (size_t i = 0; i < training_count(); i++)
        TRY(training_hash(i, threads, hash));
    return ELMAN_OK;
}
