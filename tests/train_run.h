/*
 * train_run.h: small training runs of each kind of data, for tests.
 */
#ifndef TESTS_TRAIN_RUN_H
#define TESTS_TRAIN_RUN_H

#include "check.h"
#include "folder.h"

/* ---- Data and models ---------------------------------------------------- */

typedef struct run {
    const char *data;
    elman_dataset_config reading;
    elman_config model;
    elman_trainer_config training;
} run;

/* Text whose next letter depends on more than the last one. */
static inline void write_text(const char *path, size_t count)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%s", i % 3 == 2 ? "the cat sat. " : "a dog ran. ");
    assert_int_equal(fclose(file), 0);
}

/* Two classes of noisy waves of unequal lengths: one slow, one fast. */
static inline void write_series(const char *path, size_t count)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < count; i++) {
        size_t length = 12 + i * 7 % 9;
        float noise[32];
        random_fill(i, 32, -0.2f, 0.2f, noise);
        fprintf(file, "%s", i % 2 ? "fast" : "slow");
        for (size_t t = 0; t < 20; t++) {
            float phase = (float)t * (i % 2 ? 1.3f : 0.4f) + (float)i;
            if (t < length)
                fprintf(file, "\t%.6f", (double)(sinf(phase) + noise[t]));
            else fprintf(file, "\tNaN");
        }
        fprintf(file, "\n");
    }
    assert_int_equal(fclose(file), 0);
}

/* A table whose second column follows the first one three rows later. */
static inline void write_table(const char *path, size_t rows)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "x,y\n");
    for (size_t t = 0; t < rows; t++)
        fprintf(file, "%.6f,%.6f\n", 5 + sin(0.7 * (double)t),
                20 + 3 * sin(0.7 * ((double)t - 3)));
    assert_int_equal(fclose(file), 0);
}

static inline run text_run(void)
{
    const char *path = in_folder("corpus.txt");
    write_text(path, 120);
    return (run){
        .data = path,
        .reading = {.unit = ELMAN_UNIT_BYTES},
        .model = {.seed = 3,
                  .layers = {{.kind = ELMAN_EMBEDDING, .embedding_dim = 6},
                             {.kind = ELMAN_LSTM,
                              .hidden_size = 20,
                              .num_layers = 2,
                              .dropout = 0.1f},
                             {.kind = ELMAN_LINEAR}}},
        .training = {.optimizer = {.learning_rate = 0.01, .clip_norm = 1},
                     .batch_size = 4,
                     .k1 = 24,
                     .seed = 9},
    };
}

static inline run series_run(void)
{
    const char *path = in_folder("waves.tsv");
    write_series(path, 60);
    return (run){
        .data = path,
        .reading = {.validation = 0.1},
        .model = {.seed = 4,
                  .layers = {{.kind = ELMAN_GRU,
                              .hidden_size = 12,
                              .bidirectional = true,
                              .recurrent_dropout = 0.1f},
                             {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL},
                             {.kind = ELMAN_LINEAR}}},
        .training = {.optimizer = {.learning_rate = 0.01},
                     .schedule = {.kind = ELMAN_SCHEDULE_COSINE,
                                  .period = 30,
                                  .warmup = 3},
                     .batch_size = 8,
                     .seed = 2},
    };
}

static inline run table_run(void)
{
    const char *path = in_folder("table.csv");
    write_table(path, 240);
    return (run){
        .data = path,
        .reading = {.window = 12, .target = "y"},
        .model = {.seed = 5,
                  .layers = {{.kind = ELMAN_RNN, .hidden_size = 16},
                             {.kind = ELMAN_LAST},
                             {.kind = ELMAN_LINEAR}}},
        .training = {.optimizer = {.rule = ELMAN_RULE_RMSPROP,
                                   .learning_rate = 0.003,
                                   .momentum = 0.5},
                     .loss = {.kind = ELMAN_LOSS_MEAN_SQUARED},
                     .batch_size = 16},
    };
}

/* Per-step values, in truncated windows within each sequence. */
static inline run track_run(void)
{
    run r = table_run();
    r.reading.task = ELMAN_TASK_TRACK;
    r.reading.window = 20;
    r.model.layers[1] = (elman_layer){.kind = ELMAN_LINEAR};
    r.model.layers[2] = (elman_layer){0};
    r.training.batch_size = 4;
    r.training.k1 = 6;
    r.training.k2 = 12;
    return r;
}

/* ---- One run ------------------------------------------------------------ */

typedef struct session {
    elman_dataset *dataset;
    elman_model *model;
    elman_trainer *trainer;
} session;

/* Fits the model's ends to the data. */
static inline void fit_ends(elman_config *model, const elman_dataset *dataset)
{
    const elman_encoding *e = elman_dataset_encoding(dataset);
    size_t last = 0;
    while (model->layers[last + 1].kind)
        last++;
    if (e->vocabulary) model->layers[0].num_embeddings = e->vocabulary;
    else model->input_size = e->input_size;
    model->layers[last].output_size = e->vocabulary    ? e->vocabulary
                                      : e->class_count ? e->class_count
                                      : e->horizon
                                          ? e->target_count * e->horizon
                                          : e->target_count;
}

/* Opens the data and makes a model of it. */
static inline session begin_without_trainer(run r)
{
    session s = {0};
    CHECK_OK(elman_dataset_open(r.data, &r.reading, &s.dataset));
    fit_ends(&r.model, s.dataset);
    CHECK_OK(elman_model_create(&r.model, &s.model));
    return s;
}

/* And makes a trainer. */
static inline session begin(run r)
{
    session s = begin_without_trainer(r);
    CHECK_OK(elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer));
    return s;
}

static inline void end(session s)
{
    elman_trainer_destroy(s.trainer);
    elman_model_destroy(s.model);
    elman_dataset_close(s.dataset);
}

static inline void steps(session s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CHECK_OK(elman_trainer_step(s.trainer));
}

/* All weights in one array; freed by free. */
static inline float *weights_of(const elman_model *model)
{
    elman_model_info info = elman_model_read_info(model);
    float *all = calloc(info.weight_count, sizeof *all), *at = all;
    assert_non_null(all);
    for (size_t i = 0; i < info.parameter_count; i++) {
        elman_const_tensor p;
        assert_non_null(elman_model_parameter(model, i, &p));
        size_t count = p.shape[0] * (p.rank > 1 ? p.shape[1] : 1);
        memcpy(at, p.data, count * sizeof *at);
        at += count;
    }
    return all;
}

static inline void check_same_weights(session a, session b, const char *what,
                                      size_t step)
{
    float *got = weights_of(a.model), *want = weights_of(b.model);
    CHECK_BITS(got, want, elman_model_read_info(a.model).weight_count,
               "%s, step %zu", what, step);
    free(got);
    free(want);
}

#endif
