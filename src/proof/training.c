/*
 * training.c: together these networks use every optimizer and loss, the classic
 * cells, masks, sequences of different lengths, and a memory that is carried
 * from step to step.
 */
#include "proof/training.h"

#include "base/hash.h"
#include "proof/training_run.h"
#include "share/local.h"

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

/* ---- Hashes ------------------------------------------------------------- */

size_t training_count(void) { return sizeof studies / sizeof *studies; }

const char *training_name(size_t index) { return studies[index].name; }

/* What ranks have in common. */
typedef struct ranks_run {
    const study *what;
    const training_way *way;
    uint64_t *hash; /* rank 0's */
} ranks_run;

static elman_status run_rank(void *context, const elman_transport *transport)
{
    const ranks_run *all = context;
    training_way way = *all->way;
    uint64_t own = HASH_EMPTY;
    share *own_share;
    way.threads = 1 + transport->rank % 2;

    TRY(share_create(transport, &own_share));
    elman_status status = training_run(all->what, &way, own_share,
                                       transport->rank ? &own : all->hash);
    share_destroy(own_share);
    return status;
}

elman_status training_hash(size_t index, const training_way *way,
                           uint64_t *hash)
{
    ranks_run all = {studies + index, way, hash};
    if (way->ranks) return local_run(way->ranks, run_rank, &all);
    return training_run(all.what, way, NULL, hash);
}

elman_status training_hash_all(const training_way *way, uint64_t *hash)
{
    *hash = HASH_EMPTY;
    for (size_t i = 0; i < training_count(); i++)
        TRY(training_hash(i, way, hash));
    return ELMAN_OK;
}
