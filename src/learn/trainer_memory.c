/* trainer_memory.c: what a run takes of memory, from the sizes that it has. */
#include "learn/trainer.h"

#include "learn/carried.h"

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* The most that an evaluation takes that is asked for beside the steps. */
static elman_status beside_bytes(const elman_trainer *t, size_t *most)
{
    elman_trainer_config config = t->config;
    bool validates = dataset_size(t->dataset, ELMAN_PART_VALIDATION) > 0;
    if (config.budget && !t->alternate) config.budget -= trainer_pass_bytes(t);
    for (int part = 0; part <= ELMAN_PART_TEST; part++) {
        size_t bytes = 0;
        const evaluation on = {.model = t->model,
                               .dataset = t->dataset,
                               .part = (elman_part)part,
                               .loss = &t->config.loss,
                               .share = t->share};
        bool unused = validates && part == ELMAN_PART_TRAIN;
        if (unused || !dataset_size(t->dataset, on.part)) continue;
        TRY(evaluation_size(&on, &config, &bytes));
        *most = larger(*most, bytes);
    }
    return ELMAN_OK;
}

/* Weights, the best ones, the moments, and what sequences remember. */
static size_t copy_bytes(const elman_trainer *t)
{
    optimizer_tensor moments[OPTIMIZER_MAX_TENSORS];
    size_t count = optimizer_tensors(t->optimizer, moments);
    const elman_model *m = t->model;
    size_t memory = t->state->config.B * (m->memory_h + m->memory_c);
    size_t rows = t->history.windows ? t->history.windows + 2 : 1;
    return ((2 + count) * m->weight_count + rows * memory) * sizeof(float);
}

elman_status trainer_read_memory(const elman_trainer *t,
                                 elman_trainer_memory *out)
{
    const elman_model *m = t->model;
    elman_trainer_memory found = {
        .data = dataset_bytes(t->dataset) + windows_bytes(t->windows),
        .model = model_size(m),
        .weights = 2 * m->weight_count * sizeof(float),
        .optimizer = optimizer_bytes(t->optimizer),
        .passes = trainer_pass_bytes(t),
        .checkpoint = copy_bytes(t)};
    if (t->validation_windows)
        found.data += windows_bytes(t->validation_windows);
    TRY(beside_bytes(t, &found.evaluation));

    /* a copy is written while steps are taken; an evaluation comes beside them,
     * or in their place */
    size_t still = found.data + found.model + found.weights + found.optimizer;
    size_t ends = found.evaluation + (t->alternate ? 0 : found.passes);
    found.most = still + larger(found.passes + found.checkpoint, ends);
    *out = found;
    return ELMAN_OK;
}
