/*
 * bench_work.c: the shapes that are measured, and the least time each of them
 * can take.
 */
#include "bench.h"
#include "system.h"

#include <string.h>

/* Products per unit of h and input, by cell. */
#define GATES(cell) ((cell) == LSTM ? 4 : (cell) == GRU ? 3 : 1)

/* Inputs of all levels together: the first reads x, the others h of all
 * directions. */
#define INPUTS(layers, directions, I, H)                                       \
    ((I) + ((layers)-1) * (directions) * (H))

/* Operations of the products with that many inputs. */
#define PRODUCTS(cell, directions, inputs, H, B, T)                            \
    (2LL * GATES(cell) * (directions) * (H) * (inputs) * (B) * (T))

#define FORWARD(cell, layers, directions, I, H, B, T)                          \
    PRODUCTS(cell, directions,                                                 \
             INPUTS(layers, directions, I, H) + (layers) * (H), H, B, T)

/* The same of words: what is read is a row of a table (I,H), and a linear layer
 * follows. */
#define WITH_WORDS(cell, layers, I, H, B, T)                                   \
    (FORWARD(cell, layers, 1, H, H, B, T) + 2LL * (I) * (H) * (B) * (T))

/* the list states the operations as well, so that a mistake in a shape does
 * not build */
#define W(name, family, cell, layers, directions, I, H, B, T, dx, modes,       \
          forward, training, ...)                                              \
    _Static_assert(((modes)&WORDS ? WITH_WORDS(cell, layers, I, H, B, T)       \
                                  : FORWARD(cell, layers, directions, I, H, B, \
                                            T)) == (forward),                  \
                   "operations of " #name);                                    \
    _Static_assert(!((modes)&WORDS) || 3LL * (forward) == (training),          \
                   "operations of training " #name);                           \
    _Static_assert(                                                            \
        !((modes)&TRAIN) ||                                                    \
            3LL * (forward) -                                                  \
                    ((dx) ? 0 : PRODUCTS(cell, directions, I, H, B, T)) ==     \
                (training),                                                    \
        "operations of training " #name);                                      \
    _Static_assert(!((modes)&EXPONENTS) ||                                     \
                       PRODUCTS(cell, directions, H, H, B, T) == (training),   \
                   "operations of exponents " #name);                          \
    _Static_assert(!((modes)&FLOW) ||                                          \
                       ((B) == (T) && PRODUCTS(cell, directions, H, H, 1, T) * \
                                              ((T) + 1) / 2 ==                 \
                                          (training)),                         \
                   "operations of flow " #name);
#include "../bench/workloads.def"
#undef W

const workload workloads[] = {
#define W(name, family, cell, layers, directions, I, H, B, T, dx, modes,       \
          forward, training, one, one_training, two, two_training)             \
    {#name,                                                                    \
     family,                                                                   \
     cell,                                                                     \
     layers,                                                                   \
     directions,                                                               \
     I,                                                                        \
     H,                                                                        \
     B,                                                                        \
     T,                                                                        \
     dx,                                                                       \
     modes,                                                                    \
     forward,                                                                  \
     training,                                                                 \
     {one, one_training},                                                      \
     {two, two_training}},
#include "../bench/workloads.def"
#undef W
};
const size_t workload_count = sizeof workloads / sizeof *workloads;

/* The rows of --quick: large and small, forward and training, two threads where
 * they matter most, a wave, streams, and one step with a head. */
static const struct {
    const char *name;
    bench_mode mode;
    int threads;
} quick[] = {
    {"db_rnn_1760_16", INF, 1},     {"db_lstm_512_16", INF, 1},
    {"db_lstm_512_16", TRAIN, 1},   {"dbi_lstm_1024_1", INF, 1},
    {"charlm_lstm2_256", INF, 1},   {"charlm_lstm2_256", TRAIN, 1},
    {"charlm_lstm2_256", TRAIN, 2}, {"ts_gru_64", INF, 1},
    {"ts_gru_64", TRAIN, 1},        {"elman_128", TRAIN, 1},
    {"wave_lstm4_128", INF, 1},     {"wave_lstm4_128", INF, 2},
    {"st_lstm_32", STREAM, 1},      {"st_lstm_512", STREAM, 1},
    {"hd_gru_24", HEAD, 1},
};

bool workload_is_quick(const workload *work, int modes, int threads)
{
    for (size_t n = 0; n < sizeof quick / sizeof *quick; n++)
        if (work->modes & modes & (int)quick[n].mode &&
            (threads == 0 || quick[n].threads == threads) &&
            !strcmp(quick[n].name, work->name))
            return true;
    return false;
}

static const char *cell_name(bench_cell cell)
{
    static const char *const names[] = {"rnn_tanh", "rnn_relu", "lstm", "gru"};
    return names[cell];
}

const char *mode_name(bench_mode mode)
{
    return mode == INF      ? "inf"
           : mode == TRAIN  ? "train"
           : mode == STREAM ? "stream"
           : mode == HEAD   ? "head"
           : mode == WORDS  ? "words"
                            : "inspect";
}

bool workload_is(const workload *work, const char *pattern)
{
    return name_matches(pattern, work->name);
}

double workload_flops(const workload *work, bench_mode mode)
{
    return mode & (LEARNING | INSPECTING) ? work->train : work->flops;
}

double workload_recorded(const workload *work, bench_mode mode, int threads)
{
    if (threads > 2) return 0;
    return (threads == 1 ? work->one : work->two)[mode == TRAIN] / 100;
}

/* Bytes of weights that each step reads again: those of the state, and of the
 * input in a stream, where the next input is unknown. */
static double bytes_of_step(const workload *work, bench_mode mode)
{
    const size_t inputs =
                     INPUTS(work->layers, work->directions, work->I, work->H),
                 states = work->layers * work->H;
    return 4 * GATES(work->cell) * (double)(work->directions * work->H) *
           (double)(states + (mode & STEPPING ? inputs : 0));
}

/* The level that holds bytes, shared out among the threads where each has a
 * cache of its own. */
static int level_of(double bytes, const elman_roof *roof)
{
    for (int level = 0; level < 3; level++) {
        const double share = level < 2 ? bytes / roof->threads : bytes;
        if (share <= (double)roof->cache[level]) return level;
    }
    return 3;
}

double workload_floor(const workload *work, bench_mode mode,
                      const elman_roof *roof, int *level)
{
    const double computing = workload_flops(work, mode) / roof->fp32;
    if (level) *level = -1;
    if (work->B >= 16) return computing;

    /* a pass reads the weights at each step, backward once more */
    const double step = bytes_of_step(work, mode);
    const double passes = (double)work->T * (mode == TRAIN ? 2 : 1);
    const int holds = level_of(step, roof);
    const double reading = step * passes / roof->read[holds];

    if (reading <= computing) return computing;
    if (level) *level = holds;
    return reading;
}

void workload_write(const workload *work, char separator, FILE *file)
{
    const char s = separator;

    fprintf(file, "%s%c%s%c%s%c%zu%c%d%c%zu%c%zu%c%zu%c%zu%c%d", work->name, s,
            work->family, s, cell_name(work->cell), s, work->layers, s,
            work->directions == 2, s, work->I, s, work->H, s, work->B, s,
            work->T, s, work->dx);
}

void workloads_list(bool is_quick)
{
    printf("name\tfamily\tcell\tlayers\tbidir\tinput\thidden\tbatch\tsteps\t"
           "dx\tmodes\tfwd_flops\ttrain_flops\n");

    for (size_t n = 0; n < workload_count; n++) {
        const workload *work = &workloads[n];
        if (is_quick && !workload_is_quick(work, work->modes, 0)) continue;
        workload_write(work, '\t', stdout);
        printf("\t%s\t%.0f\t%.0f\n",
               work->modes & INSPECTING ? "inspect"
               : work->modes & (STEPPING | WORDS)
                   ? mode_name((bench_mode)work->modes)
               : work->modes == (INF | TRAIN) ? "inf,train"
                                              : "inf",
               work->flops, work->train);
    }
}
