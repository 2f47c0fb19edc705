/*
 * bench_run.c: times one shape. Short runs are timed in blocks, so that reading
 * the clock costs nothing; the median of the blocks counts.
 */
#include "bench.h"
#include "screen.h"
#include "system.h"

#include <stdlib.h>
#include <string.h>

enum { TIMES_MOST = 20000 };

/* Seconds of a block: reading the clock takes some 30 ns. */
static const double BLOCK = 50e-6;

static elman_config config_of(const workload *work, bench_mode mode)
{
    static const elman_kind kinds[] = {[RNN_TANH] = ELMAN_RNN,
                                       [RNN_RELU] = ELMAN_RNN,
                                       [LSTM] = ELMAN_LSTM,
                                       [GRU] = ELMAN_GRU};
    elman_config config = {
        .input_size = work->I,
        .seed = 1,
        .layers = {{.kind = kinds[work->cell],
                    .hidden_size = work->H,
                    .num_layers = work->layers,
                    .bidirectional = work->directions == 2,
                    .nonlinearity = work->cell == RNN_RELU
                                        ? ELMAN_ACTIVATION_RELU
                                        : ELMAN_ACTIVATION_DEFAULT}}};
    if (mode == HEAD)
        config.layers[1] =
            (elman_layer){.kind = ELMAN_LINEAR, .output_size = 1};
    if (mode != WORDS) return config;

    /* a table in front, and a linear layer behind */
    config.input_size = 0;
    config.layers[1] = config.layers[0];
    config.layers[0] = (elman_layer){.kind = ELMAN_EMBEDDING,
                                     .num_embeddings = work->I,
                                     .embedding_dim = work->H};
    config.layers[2] =
        (elman_layer){.kind = ELMAN_LINEAR, .output_size = work->I};
    return config;
}

/* Noise in [-0.5,0.5); NULL if there is no memory. */
static float *noise_create(size_t count)
{
    float *values = malloc(count * sizeof *values);
    uint32_t seed = 1;
    for (size_t n = 0; values && n < count; n++) {
        seed = seed * 1664525 + 1013904223; /* Numerical Recipes' */
        values[n] = (float)(seed >> 8) / 16777216.0f - 0.5f;
    }
    return values;
}

/* B exponents of one sequence. */
static elman_status measure_exponents(const subject *ours)
{
    const elman_exponents_config config = {.count = ours->work->B,
                                           .threads = ours->threads};
    elman_exponents *exponents = NULL;
    elman_status status =
        elman_exponents_begin(ours->model, &ours->batch, &config, &exponents);
    while (status == ELMAN_OK && !exponents->done)
        status = elman_exponents_step(exponents);
    elman_exponents_end(exponents);
    return status;
}

/* The flow of the gradients of each step's loss. */
static elman_status measure_flow(const subject *ours)
{
    const elman_flow_config config = {.threads = ours->threads};
    elman_flow *flow = NULL;
    elman_status status =
        elman_flow_begin(ours->model, &ours->batch, &config, &flow);
    while (status == ELMAN_OK && !flow->done)
        status = elman_flow_step(flow);
    elman_flow_end(flow);
    return status;
}

/* One pass as a user would write it, one step of a stream, a measurement. */
static elman_status run_once(subject *ours)
{
    if (ours->mode == EXPONENTS) return measure_exponents(ours);
    if (ours->mode == FLOW) return measure_flow(ours);
    if (ours->mode == WORDS) return elman_trainer_step(ours->trainer);
    if (ours->mode & STEPPING)
        return elman_model_step(ours->model, ours->state, ours->x, ours->y);

    elman_state_reset(ours->model, ours->state);
    if (ours->mode == TRAIN) elman_state_zero_gradients(ours->state);

    elman_status status =
        elman_model_forward(ours->model, ours->state, &ours->batch, ours->y);
    if (status != ELMAN_OK || ours->mode != TRAIN) return status;
    return elman_model_backward(ours->model, ours->state, ours->dy, ours->dx);
}

/* Seconds of that many runs; negative after an error. */
static double time_runs(subject *ours, size_t runs)
{
    const double begin = seconds_now();
    for (size_t n = 0; n < runs; n++)
        if (run_once(ours) != ELMAN_OK) return -1;
    return seconds_now() - begin;
}

/* With several threads the first passes of a state often try how to share the
 * work (elman_state_config): these are not measured. */
enum {
    TRIALS = 7,
    MANY_STEPS = 10000
}; /* steps of a pass that takes seconds */

/* A first run that touches all memory; then blocks that grow until they are
 * long enough. */
static int warm_up(subject *ours)
{
    double taken = time_runs(ours, ours->trials);

    /* double the block until it takes long enough */
    for (ours->block = 1; taken >= 0; ours->block *= 2) {
        if (ours->block > 1 || taken < BLOCK || ours->trials > 1)
            taken = time_runs(ours, ours->block);
        if (taken < 0 || taken >= BLOCK) break;
    }

    ours->estimate = taken / (double)ours->block;
    return taken < 0 ? library_failed() : 0;
}

/* Rows of a budget have a sixteenth of the bytes that all steps take. */
enum { BUDGET = 16 };

static int make_model(const workload *work, int threads, subject *ours)
{
    const elman_config config = config_of(work, ours->mode);
    elman_state_config state = {.T = work->T,
                                .B = work->B,
                                .training = ours->mode == TRAIN,
                                .threads = threads,
                                .passes = ours->mode == TRAIN};
    if (elman_model_create(&config, &ours->model) != ELMAN_OK)
        return library_failed();

    if (!strcmp(work->family, "budget"))
        state.budget = elman_state_size(ours->model, &state) / BUDGET;
    if (ours->mode == WORDS) return 0; /* the trainer has its own */
    if (elman_state_create(ours->model, &state, &ours->state) != ELMAN_OK)
        return library_failed();
    return 0;
}

/* Text that goes through all words in the order of a multiplication, and who
 * trains on it, without an end or an evaluation. */
static int make_trainer(const workload *work, int threads, subject *ours)
{
    enum { PASSES = 4, STRIDE = 7919 }; /* a prime */
    const size_t count = PASSES * work->T * work->B + work->B;
    int32_t *tokens = malloc(count * sizeof *tokens);
    if (!tokens) return failed("out of memory");
    for (size_t n = 0; n < count; n++)
        tokens[n] = (int32_t)(n * STRIDE % work->I);

    const elman_arrays arrays = {
        .N = 1, .T = count, .tokens = tokens, .vocabulary = work->I};
    const elman_dataset_config reading = {.validation = -1};
    const elman_trainer_config config = {.batch_size = work->B,
                                         .k1 = work->T,
                                         .threads = threads,
                                         .evaluate_every = UINT32_MAX};
    elman_status status =
        elman_dataset_open_arrays(&arrays, &reading, &ours->words);
    free(tokens);
    if (status == ELMAN_OK)
        status = elman_trainer_create(ours->model, ours->words, &config,
                                      &ours->trainer);
    return status == ELMAN_OK ? 0 : library_failed();
}

int subject_open(const workload *work, bench_mode mode, int threads,
                 subject *ours)
{
    const size_t rows = work->T * work->B;
    const size_t outputs = rows * work->H * work->directions;
    const bool tries =
        threads > 1 && mode & (INF | LEARNING) && work->T < MANY_STEPS;
    *ours = (subject){.work = work,
                      .mode = mode,
                      .threads = threads,
                      .trials = tries ? TRIALS : 1};
    int code = make_model(work, threads, ours);
    if (!code && mode == WORDS) code = make_trainer(work, threads, ours);
    if (code) return code;

    /* arrays for the passes; training also needs gradients */
    bool made = true;
    ours->times = calloc(TIMES_MOST, sizeof *ours->times);
    if (mode != WORDS) {
        ours->x = noise_create(rows * work->I);
        ours->y = noise_create(outputs);
        made = ours->x && ours->y;
    }
    if (mode == TRAIN) {
        ours->dy = noise_create(outputs);
        if (work->dx) ours->dx = noise_create(rows * work->I);
        made = made && ours->dy && (ours->dx || !work->dx);
    }
    if (!made || !ours->times) return failed("out of memory");

    ours->batch = (elman_batch){
        .T = work->T, .B = mode & INSPECTING ? 1 : work->B, .x = ours->x};
    return warm_up(ours);
}

void subject_close(subject *ours)
{
    elman_trainer_destroy(ours->trainer);
    elman_dataset_close(ours->words);
    elman_state_destroy(ours->state);
    elman_model_destroy(ours->model);
    free(ours->x);
    free(ours->y);
    free(ours->dy);
    free(ours->dx);
    free(ours->times);
    *ours = (subject){0};
}

static int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median_of(size_t count, double *values)
{
    const size_t half = count / 2;
    if (count == 0) return 0;
    qsort(values, count, sizeof *values, compare_times);
    if (count % 2) return values[half];
    return (values[half - 1] + values[half]) / 2;
}

int subject_time(subject *ours, double seconds, double *median)
{
    const double begin = seconds_now();
    size_t count = 0;

    do {
        const double taken = time_runs(ours, ours->block);
        if (taken < 0) return library_failed();
        if (count < TIMES_MOST)
            ours->times[count++] = taken / (double)ours->block;
    } while (seconds_now() - begin + ours->estimate < seconds);

    *median = median_of(count, ours->times);
    return 0;
}

int subject_tail(subject *ours, double seconds, double *tail)
{
    const double begin = seconds_now();
    size_t count = 0;

    while (count < TIMES_MOST &&
           (count < 1000 || seconds_now() - begin < seconds)) {
        const double taken = time_runs(ours, 1);
        if (taken < 0) return library_failed();
        ours->times[count++] = taken;
    }

    const double median = median_of(count, ours->times);
    *tail = ours->times[count - 1 - count / 1000] / median;
    return 0;
}
