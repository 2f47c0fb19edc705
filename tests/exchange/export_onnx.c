/*
 * export_onnx.c: export_onnx FOLDER COUNT: writes networks, those below and as
 * many random ones, as FOLDER/NUMBER/model.onnx, and next to each what it gives
 * here for some T and B, with and without memory: RUN.in.PORT.npy and
 * RUN.out.PORT.npy. For run_onnxruntime.py.
 */
#include "check.h"
#include "onnx_config.h"

#include "export/onnx.h"
#include "format/npy.h"
#include "model/model.h"
#include "proof/random_config.h"

#include <errno.h>
#include <sys/stat.h>

enum { HIDDEN = 6, MOST_T = 9, MOST_B = 4, MOST_I = 8 };

#define LAYER(...)                                                             \
    {                                                                          \
        .hidden_size = HIDDEN, __VA_ARGS__                                     \
    }

static const elman_config configs[] = {
    {.input_size = 3, .layers = {LAYER(.kind = ELMAN_LSTM)}},
    {.input_size = 3,
     .layers = {LAYER(.kind = ELMAN_GRU, .num_layers = 3, .dropout = 0.2f)}},
    {.input_size = 3,
     .batch_first = true,
     .layers = {LAYER(.kind = ELMAN_LSTM, .bidirectional = true,
                      .merge = ELMAN_MERGE_NONE)}},
    {.input_size = 3,
     .batch_first = true,
     .layers = {LAYER(.kind = ELMAN_LSTM, .num_layers = 2, .peephole = true,
                      .coupled = true, .clip = 0.4f, .learned_state = true,
                      .bidirectional = true),
                {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL},
                {.kind = ELMAN_LINEAR, .output_size = 5},
                {.kind = ELMAN_LOG_SOFTMAX}}},
    {.input_size = 3,
     .layers = {LAYER(.kind = ELMAN_RNN, .clip = 0.3f, .bidirectional = true,
                      .nonlinearity = ELMAN_ACTIVATION_RELU,
                      .merge = ELMAN_MERGE_AVERAGE),
                {.kind = ELMAN_LAST}}},
    {.input_size = 3,
     .layers = {{.kind = ELMAN_GRU,
                 .num_layers = 3,
                 .hidden_sizes = {4, 7, 5},
                 .reset_before = true,
                 .clip = 0.5f,
                 .learned_state = true},
                {.kind = ELMAN_LAYER_NORM},
                {.kind = ELMAN_SOFTMAX}}},
    {.batch_first = true,
     .layers = {{.kind = ELMAN_EMBEDDING,
                 .num_embeddings = 11,
                 .embedding_dim = 4},
                LAYER(.kind = ELMAN_LSTM, .num_layers = 2),
                LAYER(.kind = ELMAN_GRU, .reverse = true),
                {.kind = ELMAN_DROPOUT, .dropout = 0.5f}}},
    {.input_size = 3, .layers = {{.kind = ELMAN_DROPOUT, .dropout = 0.5f}}},
    {.input_size = 3,
     .layers =
         {LAYER(.kind = ELMAN_LSTM,
                .activations = {{{ELMAN_ACTIVATION_HARD_SIGMOID, 0.3f, 0.4f},
                                 {ELMAN_ACTIVATION_ELU, 0.7f, 0},
                                 {ELMAN_ACTIVATION_SCALED_TANH, 0.9f, 1.1f}},
                                {{ELMAN_ACTIVATION_SIGMOID, 0, 0},
                                 {ELMAN_ACTIVATION_LEAKY_RELU, 0.1f, 0},
                                 {ELMAN_ACTIVATION_AFFINE, 0.5f, 0.1f}}},
                .bidirectional = true)}},
};
enum { CONFIGS = sizeof configs / sizeof *configs };

/* ---- Files -------------------------------------------------------------- */

static char folder[512];

static const char *file_name(int run, const char *port_kind, const char *port)
{
    static char path[700];
    snprintf(path, sizeof path, "%s/%d.%s.%s.npy", folder, run, port_kind,
             port);
    return path;
}

static void put_floats(const char *path, const float *data, size_t rank,
                       const size_t *shape)
{
    named_tensor t = {
        .name = "", .type = ELEMENT_F32, .rank = rank, .count = 1};
    t.data = data;
    for (size_t i = 0; i < rank; i++)
        t.count *= t.shape[i] = shape[i];
    CHECK_OK(npy_save(path, &t));
}

static void put_tokens(const char *path, const int32_t *tokens, size_t rows,
                       size_t columns)
{
    int64_t wide[MOST_T * MOST_B];
    for (size_t i = 0; i < rows * columns; i++)
        wide[i] = tokens[i];
    CHECK_OK(npy_save(path, &(named_tensor){.name = "",
                                            .type = ELEMENT_I64,
                                            .rank = 2,
                                            .shape = {rows, columns},
                                            .count = rows * columns,
                                            .data = wide}));
}

/* For whoever investigates a failure. */
static void put_config(const char *line)
{
    char path[600];
    snprintf(path, sizeof path, "%s/config", folder);
    FILE *file = fopen(path, "w");
    if (!file || fprintf(file, "%s\n", line) < 0 || fclose(file)) abort();
}

/* ---- Memory ------------------------------------------------------------- */

/* Whether the levels of a layer have sizes, and so ports, of their own. */
static bool has_own_sizes(const elman_layer *l)
{
    bool own = false;
    for (size_t k = 1; k < l->num_layers; k++)
        own |= l->hidden_sizes[k] != l->hidden_sizes[0];
    return own;
}

/* Writes the memory of all recurrent layers as the graph has it. */
static void put_memory(const elman_model *m, const elman_state *s, int run,
                       const char *port_kind, const char *suffix, bool of_c)
{
    bool only = !m->config.layers[1].kind;
    size_t B = s->config.B;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        bool own = has_own_sizes(&l->config);
        if (!l->cell || (of_c && !l->cell->has_cell)) continue;
        if (l->repeated && port_kind[0] == 'i') continue;
        if (l->depth > 0 && !own) continue;

        char name[80], level[20] = "";
        if (own) snprintf(level, sizeof level, "_l%zu", l->depth);
        snprintf(name, sizeof name, "%s%s%s_%s%s", only ? "" : l->config.name,
                 only ? "" : ".", of_c ? "c" : "h", suffix, level);
        size_t levels = own ? 1 : l->config.num_layers;
        const float *memory = of_c
                                  ? s->memory.c + l->directions[0].memory_c * B
                                  : s->memory.h + l->directions[0].memory_h * B;
        put_floats(file_name(run, port_kind, name), memory, 3,
                   (size_t[]){levels * l->D, B, of_c ? l->H : l->R});
    }
}

/* ---- Runs --------------------------------------------------------------- */

static void put_input(const elman_model *m, int run, const elman_batch *in)
{
    bool first = m->config.batch_first;
    size_t rows = first ? in->B : in->T, columns = first ? in->T : in->B;
    if (in->tokens)
        put_tokens(file_name(run, "in", "tokens"), in->tokens, rows, columns);
    else
        put_floats(file_name(run, "in", "x"), in->x, 3,
                   (size_t[]){rows, columns, m->info.input_size});
}

static void put_output(const elman_model *m, int run, const elman_batch *in,
                       const float *y)
{
    const layer *last = m->layers + m->layer_count - 1;
    bool first = m->config.batch_first;
    bool apart = last->D == 2 && last->config.merge == ELMAN_MERGE_NONE;
    size_t T = m->info.output_steps ? m->info.output_steps : in->T;
    size_t rows = first ? in->B : T, columns = first ? T : in->B,
           O = m->info.output_size;
    const char *path = file_name(run, "out", "y");
    if (m->info.per_sequence) put_floats(path, y, 2, (size_t[]){in->B, O});
    else if (apart) put_floats(path, y, 4, (size_t[]){2, rows, columns, O / 2});
    else put_floats(path, y, 3, (size_t[]){rows, columns, O});
}

static void run_one(const elman_model *m, int run, size_t T, size_t B,
                    bool memory)
{
    elman_state *s = NULL;
    float x[MOST_T * MOST_B * MOST_I], *y;
    int32_t tokens[MOST_T * MOST_B];
    elman_batch batch = {.T = T, .B = B};
    CHECK(m->info.input_size <= MOST_I, "too many features");
    CHECK_OK(elman_state_create(m, &(elman_state_config){.T = T, .B = B}, &s));
    random_fill((uint64_t)run, T * B * m->info.input_size, -1, 1, x);
    for (size_t i = 0; m->info.vocabulary && i < T * B; i++)
        tokens[i] = (int32_t)(i * 7 % m->info.vocabulary);
    if (m->info.vocabulary) batch.tokens = tokens;
    else batch.x = x;
    put_input(m, run, &batch);
    if (memory) {
        random_fill(77, m->memory_h * B, -1, 1, s->memory.h);
        random_fill(78, m->memory_c * B, -1, 1, s->memory.c);
        put_memory(m, s, run, "in", "0", false);
        put_memory(m, s, run, "in", "0", true);
    }

    size_t steps = m->info.output_steps > T ? m->info.output_steps : T;
    y = calloc(steps * B, m->info.output_size * sizeof *y);
    if (!y) abort();
    CHECK_OK(elman_model_forward(m, s, &batch, y));
    put_memory(m, s, run, "out", "n", false);
    put_memory(m, s, run, "out", "n", true);
    put_output(m, run, &batch, y);
    free(y);
    elman_state_destroy(s);
}

static void export_one(const char *where, int number, elman_config config)
{
    elman_model *m = NULL;
    char path[600], line[400];
    make_expressible(&config);
    config_write_line(&config, sizeof line, line);
    snprintf(folder, sizeof folder, "%.400s/%d", where, number);
    if (mkdir(folder, 0777) && errno != EEXIST) abort();
    CHECK_OK(elman_model_create(&config, &m));
    CHECK_OK(model_make_flat(m));
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        parameter *p = m->parameters + i;
        random_fill(100 + i, p->count, -0.6f, 0.6f, model_flat(m) + p->offset);
    }
    model_repack(m, 1);
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    CHECK(export_onnx(m, path) == ELMAN_OK, "%s: %s", line, elman_message());
    put_config(line);
    run_one(m, 0, 7, 3, false);
    run_one(m, 1, 1, 1, false);
    run_one(m, 2, MOST_T, MOST_B, true);
    run_one(m, 3, 1, 2, true);
    elman_model_destroy(m);
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    int randoms = atoi(arguments[2]);
    for (int i = 0; i < CONFIGS; i++)
        export_one(arguments[1], i, configs[i]);
    for (int i = 0; i < randoms; i++) {
        draws d = draws_from(test_seed(), (uint64_t)i);
        export_one(arguments[1], CONFIGS + i,
                   i % 4 ? random_config(&d, 8) : random_repeating(&d, 8));
    }
    return 0;
}
