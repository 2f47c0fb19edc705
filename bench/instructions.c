/*
 * instructions.c: work of fixed size, whose instructions bench/count counts:
 * `instructions CASE` runs one case, `instructions` lists them. A count does
 * not depend on what else the machine does, so it shows changes that no clock
 * would show on a busy one.
 */
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elman.h"
#include "kernel/kernel.h"

enum { ROWS = 32, H = 256, G = 4 * H, WEIGHTS = G * H, V = 512 };

/* Everything that the kernels read and write. */
static struct {
    float *a, *c, *dw, *w, *h; /* (ROWS,G) (ROWS,G) (G,H) (G,H) (ROWS,H) */
    float *m, *v;              /* (G,H) */
    const float *a_rows[ROWS], *h_rows[ROWS];
    float *c_rows[ROWS];
} data;

static float *noise(size_t count)
{
    float *values = aligned_alloc(64, (count * sizeof *values + 63) / 64 * 64);
    uint32_t seed = 1;
    if (!values) exit(1);
    for (size_t n = 0; n < count; n++) {
        seed = seed * 1664525 + 1013904223;
        values[n] = (float)(seed >> 8) / 16777216.0f - 0.5f;
    }
    return values;
}

static void make_data(void)
{
    data.a = noise(ROWS * G);
    data.c = noise(ROWS * G);
    data.h = noise(ROWS * H);
    data.w = noise(WEIGHTS);
    data.dw = noise(WEIGHTS);
    data.m = noise(WEIGHTS);
    data.v = noise(WEIGHTS);

    /* second moments are not negative */
    for (size_t n = 0; n < WEIGHTS; n++)
        data.v[n] *= data.v[n];

    for (size_t n = 0; n < ROWS; n++) {
        data.a_rows[n] = data.a + n * G;
        data.c_rows[n] = data.c + n * G;
        data.h_rows[n] = data.h + n * H;
    }
}

/* ---- Kernels ------------------------------------------------------------- */

static float *packed_w;

static void prepare_product(void)
{
    packed_w = noise(packed_size(1, G, H));
    pack(1, G, H, data.w, H, 1, packed_w);
}

static void product(void)
{
    const packed w = {1, G, H, packed_w};
    kernels_here()->product(ROWS, &w, NULL, data.h_rows, data.c_rows);
}

static void outer(void)
{
    const outer_product all = {data.a_rows, data.h_rows, 0, G, 0, H};
    const size_t rows[] = {0, ROWS};
    const leaf_sum dw = {.to = data.dw, .row = H};
    kernels_train(kernels_here())->outer(&all, 1, rows, &dw);
}

/* A step whose sums already hold the input's part; writes c and h of all rows.
 */
static struct {
    fused_step s;
    const float *c_prev[ROWS];
    float *c[ROWS], *h[ROWS];
} lstm;

static void prepare_step(void)
{
    float *w = noise(packed_size(4, H, H)), *c = noise(2 * ROWS * H);
    float *h = noise(ROWS * H);
    pack(4, H, H, data.w, H, 1, w);

    /* row n of each array; c holds c_prev and then c */
    for (size_t n = 0; n < ROWS; n++) {
        lstm.c_prev[n] = c + n * H;
        lstm.c[n] = c + (ROWS + n) * H;
        lstm.h[n] = h + n * H;
    }

    lstm.s = (fused_step){.M = ROWS,
                          .H = H,
                          .hh = {4, H, H, w},
                          .h_in = data.h_rows,
                          .c_prev = lstm.c_prev,
                          .gate = data.c_rows,
                          .c = lstm.c,
                          .h = lstm.h,
                          .variant = {.clip = INFINITY}};
}

static void step(void)
{
    kernels_here()->lstm_step(&lstm.s, 0, packed_groups(&lstm.s.hh));
}

static void adam(void)
{
    const update u = {.scale = 1,
                      .clip_value = 1e30f,
                      .decay = 1,
                      .rate = 1e-3f,
                      .beta1 = 0.9f,
                      .beta2 = 0.999f,
                      .rest1 = 0.1f,
                      .rest2 = 0.001f,
                      .root = 1,
                      .epsilon = 1e-8f};
    kernels_train(kernels_here())
        ->adam(WEIGHTS, &u, data.dw, data.m, data.v, NULL, data.w);
}

static void softmax(void)
{
    for (size_t n = 0; n < ROWS; n++)
        kernels_here()->softmax(V, data.a_rows[n], data.c_rows[n]);
}

/* ---- A training step ----------------------------------------------------- */

enum { STEPS = 8, SEQUENCES = 8, LETTERS = 65 };

static struct {
    elman_model *model;
    elman_state *state;
    elman_optimizer *optimizer;
    int32_t tokens[STEPS * SEQUENCES];
    float y[STEPS * SEQUENCES * LETTERS];
    float dy[STEPS * SEQUENCES * LETTERS];
} text;

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "instructions: %s\n", elman_message());
    exit(1);
}

static void train(void)
{
    const elman_batch batch = {
        .T = STEPS, .B = SEQUENCES, .tokens = text.tokens};
    const elman_target target = {.classes = text.tokens};
    const elman_loss_config config = {0};
    double loss;

    elman_state_zero_gradients(text.state);
    must(elman_model_forward(text.model, text.state, &batch, text.y));
    must(elman_loss_forward(&config, &batch, LETTERS, text.y, &target, &loss,
                            text.dy));
    must(elman_model_backward(text.model, text.state, text.dy, NULL));
    must(
        elman_optimizer_step(text.optimizer, text.model, text.state, -1, NULL));
}

/* The first step touches all memory and prepares what is prepared only once. */
static void prepare_train(void)
{
    const elman_config config = {
        .seed = 1,
        .layers = {{.kind = ELMAN_EMBEDDING,
                    .num_embeddings = LETTERS,
                    .embedding_dim = 64},
                   {.kind = ELMAN_LSTM, .hidden_size = H, .num_layers = 2},
                   {.kind = ELMAN_LINEAR, .output_size = LETTERS}}};
    const elman_state_config state = {
        .T = STEPS, .B = SEQUENCES, .training = true, .passes = 1};
    const elman_optimizer_config optimizer = {.clip_norm = 1};

    /* any text will do */
    for (int n = 0; n < STEPS * SEQUENCES; n++)
        text.tokens[n] = n * 7 % LETTERS;

    must(elman_model_create(&config, &text.model));
    must(elman_state_create(text.model, &state, &text.state));
    must(elman_optimizer_create(text.model, &optimizer, &text.optimizer));
    train();
}

/* ---- A stream ------------------------------------------------------------ */

static struct {
    elman_model *model;
    elman_state *state;
} flow;

static void stream(void)
{
    float y[32];
    for (int n = 0; n < 100; n++)
        must(elman_model_step(flow.model, flow.state, data.h, y));
}

static void prepare_stream(void)
{
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 32}}};
    must(elman_model_create(&config, &flow.model));
    must(elman_state_create(flow.model, &(elman_state_config){.T = 1},
                            &flow.state));
    stream();
}

/* ---- All of them --------------------------------------------------------- */

static const struct {
    const char *name, *meaning;
    void (*prepare)(void);
    void (*work)(void);
} cases[] = {
    {"product", "32 rows, 256 to 1024", prepare_product, product},
    {"outer", "32 rows, 1024 by 256", NULL, outer},
    {"step", "32 rows of an LSTM of 256 units", prepare_step, step},
    {"adam", "262,144 weights", NULL, adam},
    {"softmax", "32 rows of 512", NULL, softmax},
    {"stream", "100 steps of one LSTM of 32", prepare_stream, stream},
    {"train", "a step of 8 x 8 letters, 2 LSTMs of 256", prepare_train, train},
};
enum { CASES = sizeof cases / sizeof *cases };

/* What is counted; bench/count finds it by its name. */
__attribute__((noinline)) static void measured(void (*work)(void)) { work(); }

int main(int argc, char **argv)
{
    for (int n = 0; n < CASES; n++) {
        if (argc < 2) printf("%s\t%s\n", cases[n].name, cases[n].meaning);
        if (argc < 2 || strcmp(argv[1], cases[n].name) != 0) continue;

        make_data();
        if (cases[n].prepare) cases[n].prepare();
        measured(cases[n].work);
        return 0;
    }
    if (argc < 2) return 0;
    fprintf(stderr, "instructions: no case '%s'\n", argv[1]);
    return 2;
}
