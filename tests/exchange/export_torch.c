/*
 * export_torch.c: export_torch FOLDER COUNT: writes as many random networks as
 * FOLDER/NUMBER/model.safetensors for PyTorch, with the lines that load it, and
 * next to each the layers in their order, x.npy and y.npy. What torch.nn lacks
 * has to be refused by the layer's name, with nothing written. For
 * run_torch.py.
 */
#include "check.h"

#include "base/kind.h"
#include "export/torch.h"
#include "format/npy.h"
#include "model/model.h"
#include "proof/random_config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_STEPS = 9, T = 5, B = 3, MOST = 8, PATH = 600 };

static char folder[512];

static const char *in_here(const char *name)
{
    static char paths[4][PATH];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, PATH, "%s/%s", folder, name);
    return path;
}

static void put_text(const char *name, const char *text)
{
    FILE *file = fopen(in_here(name), "w");
    if (!file || fputs(text, file) < 0 || fclose(file)) abort();
}

/* Half of all networks are near to what torch.nn has. */
static void simplify(elman_config *config)
{
    for (elman_layer *l = config->layers; l->kind; l++) {
        if (!kind_is_recurrent(l->kind)) continue;
        if (l->kind > ELMAN_GRU) l->kind = ELMAN_GRU;
        memset(l->activations, 0, sizeof l->activations);
        l->peephole = l->coupled = l->learned_state = l->reset_before = false;
        l->reverse = l->variational = false;
        l->clip = l->recurrent_dropout = l->zoneout = l->zoneout_cell = 0;
        l->merge = ELMAN_MERGE_CONCAT;
        l->init_hh = (elman_init){0};
        if (l->kind != ELMAN_RNN) l->nonlinearity = ELMAN_ACTIVATION_DEFAULT;
        if (l->kind != ELMAN_LSTM) l->proj_size = 0;
        for (size_t k = 1; k < ELMAN_MAX_LEVELS && l->hidden_sizes[k]; k++)
            l->hidden_sizes[k] = l->hidden_sizes[0];
    }
}

/* "rnn recurrent", "last final", "pool mean": a layer a line. */
static void put_order(const elman_config *config)
{
    static const char *const pools[] = {"mean", "max", "attention"};
    char text[4000];
    size_t at = 0;
    at += (size_t)snprintf(text, sizeof text, "batch_first %d\n",
                           config->batch_first);
    for (const elman_layer *l = config->layers; l->kind; l++) {
        const kind_row *kind = kind_at(l->kind);
        const char *what = kind->word;
        if (kind->family == ELMAN_FAMILY_RECURRENT) what = "recurrent";
        if (l->kind == ELMAN_LAST)
            what = l->last == ELMAN_LAST_FINAL ? "final" : "last";
        if (l->kind == ELMAN_POOL) what = pools[l->pool];
        at += (size_t)snprintf(text + at, sizeof text - at, "%s %s %.9g\n",
                               l->name, what, (double)l->eps);
    }
    put_text("order", text);
}

static void put_run(const elman_model *m)
{
    float x[T * B * MOST], y[MOST_STEPS * B * 4 * MOST];
    int32_t tokens[T * B];
    int64_t wide[T * B];
    elman_state *s = NULL;
    elman_batch batch = {.T = T, .B = B};
    bool first = m->config.batch_first, once = m->info.per_sequence;
    size_t rows = first ? B : T, columns = first ? T : B,
           I = m->info.input_size, O = m->info.output_size;
    size_t steps = m->info.output_steps ? m->info.output_steps : T;
    CHECK(steps <= MOST_STEPS, "%zu steps", steps);

    random_fill(9, T * B * MOST, -1, 1, x);
    for (size_t i = 0; m->info.vocabulary && i < T * B; i++)
        wide[i] = tokens[i] = (int32_t)(i * 7 % m->info.vocabulary);
    if (m->info.vocabulary) batch.tokens = tokens;
    else batch.x = x;
    CHECK(O <= 4 * MOST, "%zu outputs", O);
    CHECK_OK(elman_state_create(m, &(elman_state_config){.T = T, .B = B}, &s));
    CHECK_OK(elman_model_forward(m, s, &batch, y));
    elman_state_destroy(s);

    named_tensor in = {.name = "",
                       .type = m->info.vocabulary ? ELEMENT_I64 : ELEMENT_F32,
                       .rank = m->info.vocabulary ? 2 : 3,
                       .shape = {rows, columns, I},
                       .count = T * B * (m->info.vocabulary ? 1 : I),
                       .data = m->info.vocabulary ? (void *)wide : (void *)x};
    named_tensor out = {.name = "",
                        .type = ELEMENT_F32,
                        .rank = once ? 2 : 3,
                        .shape = {once || first ? B : steps,
                                  once    ? O
                                  : first ? steps
                                          : B,
                                  O},
                        .count = (once ? B : steps * B) * O,
                        .data = y};
    CHECK_OK(npy_save(in_here("x.npy"), &in));
    CHECK_OK(npy_save(in_here("y.npy"), &out));
}

/* Whether the sentence names a layer of the config. */
static bool names_a_layer(const elman_config *config, const char *sentence)
{
    char start[80];
    for (const elman_layer *l = config->layers; l->kind; l++) {
        snprintf(start, sizeof start, "the layer %s ", l->name);
        if (!strncmp(sentence, start, strlen(start))) return true;
    }
    return !strncmp(sentence, "the model has no weights", 24);
}

static bool export_one(const char *where, int number, elman_config config)
{
    elman_model *m = NULL;
    char line[400], lines[4000], text[8000];
    if (number % 2) simplify(&config);
    config_write_line(&config, sizeof line, line);
    CHECK_OK(elman_model_create(&config, &m));
    snprintf(folder, sizeof folder, "%.400s/%d", where, number);
    if (mkdir(folder, 0777) && errno != EEXIST) abort();

    const char *path = in_here("model.safetensors");
    elman_status status = export_torch(m, path);
    if (status) {
        CHECK(names_a_layer(&m->config, elman_message()), "%s: %s", line,
              elman_message());
        CHECK(access(path, F_OK), "%s: it was written", line);
        CHECK(export_torch_lines(m, path, sizeof lines, lines) == status,
              "%s: it has lines", line);
        elman_model_destroy(m);
        if (rmdir(folder)) abort();
        return false;
    }

    CHECK_OK(export_torch_lines(m, path, sizeof lines, lines));
    snprintf(text, sizeof text, "%s\n", line);
    put_text("config", text);
    put_text("lines.py", lines);
    put_order(&m->config);
    put_run(m);
    elman_model_destroy(m);
    return true;
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    int randoms = atoi(arguments[2]), written = 0;
    for (int i = 0; i < randoms; i++) {
        draws d = draws_from(test_seed() + 1, (uint64_t)i);
        written += export_one(arguments[1], i,
                              i % 6 > 1 ? random_config(&d, MOST)
                                        : random_repeating(&d, MOST));
    }
    CHECK(written > randoms / 4, "%d of %d were written", written, randoms);
    return 0;
}
