/* config_text.c: one table drives writing and reading of every field. */
#include "model/config_text.h"
#include "base/memory.h"
#include "format/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum sort {
    SIZE,
    SIZES,
    SEED,
    FLAG,
    REAL,
    WORD,
    TEXT,
    INIT,
    ACTIVATION,
    ACTIVATIONS
} sort;

typedef struct row {
    const char *name;
    size_t at;
    sort sort;
    const char *const *words; /* WORD; the kinds of INIT and of functions; ended
                                 by NULL */
} row;

static const char *const kind_words[] = {
    "end",  "rnn",        "lstm",        "gru",     "linear",     "embedding",
    "tanh", "sigmoid",    "relu",        "softmax", "layer_norm", "dropout",
    "last", "activation", "log_softmax", NULL};
static const char *const activation_words[] = {"default",
                                               "tanh",
                                               "sigmoid",
                                               "relu",
                                               "affine",
                                               "leaky_relu",
                                               "thresholded_relu",
                                               "scaled_tanh",
                                               "hard_sigmoid",
                                               "elu",
                                               "softsign",
                                               "softplus",
                                               NULL};
static const char *const nonlinearity_words[] = {"tanh", "relu", NULL};
static const char *const merge_words[] = {"concat",  "sum",  "mul",
                                          "average", "none", NULL};
static const char *const last_words[] = {"step", "final", NULL};
static const char *const init_words[] = {
    "default",        "constant",      "uniform",    "gaussian",
    "xavier_uniform", "xavier_normal", "he_uniform", "he_normal",
    "orthogonal",     "identity",      NULL};

#define AT(name) #name, offsetof(elman_layer, name)
static const row layer_rows[] = {
    {AT(kind), WORD, kind_words},
    {AT(name), TEXT, NULL},
    {AT(hidden_size), SIZE, NULL},
    {AT(num_layers), SIZE, NULL},
    {AT(hidden_sizes), SIZES, NULL},
    {AT(proj_size), SIZE, NULL},
    {AT(nonlinearity), WORD, nonlinearity_words},
    {AT(activations), ACTIVATIONS, activation_words},
    {AT(no_bias), FLAG, NULL},
    {AT(reverse), FLAG, NULL},
    {AT(bidirectional), FLAG, NULL},
    {AT(merge), WORD, merge_words},
    {AT(peephole), FLAG, NULL},
    {AT(coupled), FLAG, NULL},
    {AT(clip), REAL, NULL},
    {AT(reset_before), FLAG, NULL},
    {AT(learned_state), FLAG, NULL},
    {AT(dropout), REAL, NULL},
    {AT(variational), FLAG, NULL},
    {AT(recurrent_dropout), REAL, NULL},
    {AT(zoneout), REAL, NULL},
    {AT(zoneout_cell), REAL, NULL},
    {AT(init_ih), INIT, init_words},
    {AT(init_hh), INIT, init_words},
    {AT(init_bias), INIT, init_words},
    {AT(forget_bias), REAL, NULL},
    {AT(chrono), REAL, NULL},
    {AT(output_size), SIZE, NULL},
    {AT(num_embeddings), SIZE, NULL},
    {AT(embedding_dim), SIZE, NULL},
    {AT(eps), REAL, NULL},
    {AT(last), WORD, last_words},
    {AT(activation), ACTIVATION, activation_words},
};
#undef AT

/* Of the whole config; its layers stand beside them. */
#define AT(name) #name, offsetof(elman_config, name)
static const row config_rows[] = {
    {AT(input_size), SIZE, NULL},
    {AT(batch_first), FLAG, NULL},
    {AT(seed), SEED, NULL},
};
#undef AT

enum {
    LAYER_ROWS = sizeof layer_rows / sizeof *layer_rows,
    CONFIG_ROWS = sizeof config_rows / sizeof *config_rows
};

/* ---- Writing ------------------------------------------------------------ */

/* Functions of both directions, the second's after the first's. */
enum { FUNCTIONS = 6 };

static size_t function_count(const elman_activation *list)
{
    size_t count = FUNCTIONS;
    while (count > 0 && !list[count - 1].kind)
        count--;
    return count;
}

/* Fields that are zero are left out; most sorts begin with what tells. */
static bool field_is_zero(const row *r, const char *at)
{
    static const size_t bytes[] = {[SIZE] = sizeof(size_t),
                                   [SIZES] = sizeof(size_t),
                                   [SEED] = sizeof(uint64_t),
                                   [FLAG] = sizeof(bool),
                                   [REAL] = sizeof(float),
                                   [WORD] = sizeof(int),
                                   [TEXT] = 1,
                                   [INIT] = sizeof(int),
                                   [ACTIVATION] = sizeof(int)};
    const void *value = at;
    if (r->sort == ACTIVATIONS) return function_count(value) == 0;
    static const char zero[sizeof(uint64_t)];
    return memcmp(at, zero, bytes[r->sort]) == 0;
}

static void write_sizes(json_writer *w, const size_t *sizes)
{
    json_begin(w, '[');
    for (size_t i = 0; i < ELMAN_MAX_LEVELS && sizes[i]; i++)
        json_write_whole(w, (int64_t)sizes[i]);
    json_end(w, ']');
}

static void write_init(json_writer *w, const row *r, const elman_init *init)
{
    json_begin(w, '{');
    json_write_key(w, "kind");
    json_write_text(w, r->words[init->kind], strlen(r->words[init->kind]));
    json_write_key(w, "value");
    json_write_number(w, init->value);
    json_end(w, '}');
}

static void write_activation(json_writer *w, const row *r,
                             const elman_activation *a)
{
    json_begin(w, '{');
    json_write_key(w, "kind");
    json_write_text(w, r->words[a->kind], strlen(r->words[a->kind]));
    json_write_key(w, "alpha");
    json_write_number(w, (double)a->alpha);
    json_write_key(w, "beta");
    json_write_number(w, (double)a->beta);
    json_end(w, '}');
}

/* A list of f, g and h, and of those of the second direction; up to the last
 * that is set. */
static void write_activations(json_writer *w, const row *r,
                              const elman_activation *list)
{
    size_t count = function_count(list);
    json_begin(w, '[');
    for (size_t i = 0; i < count; i++)
        write_activation(w, r, list + i);
    json_end(w, ']');
}

static void write_field(json_writer *w, const row *r, const char *at)
{
    const void *value = at;
    uint64_t seed;
    int word;
    switch (r->sort) {
    case SIZE:
        json_write_whole(w, (int64_t) * (const size_t *)value);
        break;
    case SIZES:
        write_sizes(w, value);
        break;
    case SEED: /* all 64 bits, as the signed number that they are */
        memcpy(&seed, at, sizeof seed);
        json_write_whole(w, (int64_t)seed);
        break;
    case FLAG:
        json_write_bool(w, *(const bool *)value);
        break;
    case REAL:
        json_write_number(w, (double)*(const float *)value);
        break;
    case WORD:
        memcpy(&word, at, sizeof word);
        json_write_text(w, r->words[word], strlen(r->words[word]));
        break;
    case TEXT:
        json_write_text(w, at, strlen(at));
        break;
    case INIT:
        write_init(w, r, value);
        break;
    case ACTIVATION:
        write_activation(w, r, value);
        break;
    case ACTIVATIONS:
        write_activations(w, r, value);
        break;
    }
}

static void write_fields(json_writer *w, const row *rows, size_t count,
                         const char *base)
{
    for (size_t i = 0; i < count; i++) {
        if (field_is_zero(rows + i, base + rows[i].at)) continue;
        json_write_key(w, rows[i].name);
        write_field(w, rows + i, base + rows[i].at);
    }
}

char *config_to_text(const elman_config *config)
{
    json_writer w = {0};
    char *text = NULL;
    json_begin(&w, '{');
    write_fields(&w, config_rows, CONFIG_ROWS, (const char *)config);
    json_write_key(&w, "layers");
    json_begin(&w, '[');
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && config->layers[i].kind; i++) {
        json_begin(&w, '{');
        write_fields(&w, layer_rows, LAYER_ROWS,
                     (const char *)(config->layers + i));
        json_end(&w, '}');
    }
    json_end(&w, ']');
    json_end(&w, '}');
    return json_finish(&w, &text) == ELMAN_OK ? text : NULL;
}

/* ---- Reading ------------------------------------------------------------ */

static elman_status wrong(const char *name, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT,
                   "the configuration's field %.40s is not %s", name, expected);
}

static elman_status read_size(const json_node *node, const char *name,
                              size_t *size)
{
    int64_t whole;
    if (!json_whole(node, &whole) || whole < 0)
        return wrong(name, "a whole number of 0 or more");
    *size = (size_t)whole;
    return ELMAN_OK;
}

static elman_status read_word(const json_node *node, const char *name,
                              const char *const *words, void *at)
{
    const char *text = json_text(node);
    for (int i = 0; text && words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            memcpy(at, &i, sizeof i);
            return ELMAN_OK;
        }
    return failure(ELMAN_BAD_FORMAT,
                   "the configuration's field %.40s is %.40s, which is not one "
                   "of its words",
                   name, text ? text : "no text");
}

static bool is_list(const json_node *node, size_t most)
{
    return node && node->kind == JSON_KIND_LIST && node->count <= most;
}

static elman_status read_sizes(const json_node *node, const char *name,
                               size_t *sizes)
{
    if (!is_list(node, ELMAN_MAX_LEVELS))
        return wrong(name, "a list of at most 16 sizes");
    for (const json_node *at = node->is.first; at; at = at->next)
        TRY(read_size(at, name, sizes++));
    return ELMAN_OK;
}

static elman_status read_init(const row *r, const json_node *node,
                              elman_init *init)
{
    if (node->kind != JSON_KIND_OBJECT || node->count != 2 ||
        !json_number(json_find(node, "value"), &init->value))
        return wrong(r->name, "an object of kind and value");
    return read_word(json_find(node, "kind"), r->name, r->words, &init->kind);
}

static elman_status read_real(const row *r, const json_node *node, float *real)
{
    double number;
    if (!json_number(node, &number) || !isfinite((float)number))
        return wrong(r->name, "a number");
    *real = (float)number;
    return ELMAN_OK;
}

static elman_status read_activation(const row *r, const json_node *node,
                                    elman_activation *a)
{
    double alpha, beta;
    if (node->kind != JSON_KIND_OBJECT || node->count != 3 ||
        !json_number(json_find(node, "alpha"), &alpha) ||
        !json_number(json_find(node, "beta"), &beta))
        return wrong(r->name, "an object of kind, alpha and beta");
    a->alpha = (float)alpha;
    a->beta = (float)beta;
    return read_word(json_find(node, "kind"), r->name, r->words, &a->kind);
}

static elman_status read_activations(const row *r, const json_node *node,
                                     elman_activation *list)
{
    if (!is_list(node, FUNCTIONS))
        return wrong(r->name, "a list of at most 6 functions");
    for (const json_node *at = node->is.first; at; at = at->next)
        TRY(read_activation(r, at, list++));
    return ELMAN_OK;
}

static elman_status read_text(const row *r, const json_node *node, char *at)
{
    const char *text = json_text(node);
    if (!text || strlen(text) >= ELMAN_MAX_NAME)
        return wrong(r->name, "a text of at most 31 bytes");
    strcpy(at, text);
    return ELMAN_OK;
}

static elman_status read_field(const row *r, const json_node *node, char *at)
{
    void *value = at;
    int64_t whole;
    switch (r->sort) {
    case SIZE:
        return read_size(node, r->name, value);
    case SIZES:
        return read_sizes(node, r->name, value);
    case SEED:
        if (!json_whole(node, &whole)) return wrong(r->name, "a whole number");
        memcpy(at, &whole, sizeof whole);
        return ELMAN_OK;
    case FLAG:
        if (node->kind != JSON_KIND_TRUE && node->kind != JSON_KIND_FALSE)
            return wrong(r->name, "true or false");
        *(bool *)value = node->kind == JSON_KIND_TRUE;
        return ELMAN_OK;
    case REAL:
        return read_real(r, node, value);
    case WORD:
        return read_word(node, r->name, r->words, value);
    case TEXT:
        return read_text(r, node, at);
    case INIT:
        return read_init(r, node, value);
    case ACTIVATION:
        return read_activation(r, node, value);
    case ACTIVATIONS:
        return read_activations(r, node, value);
    }
    return ELMAN_OK;
}

/* Every member of an object but the one named beside. */
static elman_status read_fields(const json_node *object, const row *rows,
                                size_t count, const char *beside, char *base)
{
    for (const json_node *at = object->is.first; at; at = at->next) {
        size_t i = 0;
        while (i < count && strcmp(rows[i].name, at->key) != 0)
            i++;
        if (i < count) TRY(read_field(rows + i, at, base + rows[i].at));
        else if (!beside || strcmp(beside, at->key) != 0)
            return failure(ELMAN_BAD_FORMAT,
                           "the configuration has the field %.40s, which this "
                           "version does not know",
                           at->key);
    }
    return ELMAN_OK;
}

elman_status config_from_json(const json_node *object, elman_config *config)
{
    memset(config, 0, sizeof *config);
    if (object->kind != JSON_KIND_OBJECT) return wrong("layers", "there");
    TRY(read_fields(object, config_rows, CONFIG_ROWS, "layers",
                    (char *)config));
    const json_node *layers = json_find(object, "layers");
    if (!is_list(layers, ELMAN_MAX_LAYERS))
        return wrong("layers", "a list of at most 32 layers");
    elman_layer *l = config->layers;
    for (const json_node *at = layers->is.first; at; at = at->next, l++) {
        if (at->kind != JSON_KIND_OBJECT)
            return wrong("layers", "a list of objects");
        TRY(read_fields(at, layer_rows, LAYER_ROWS, NULL, (char *)l));
        if (!l->kind) return wrong("kind", "the kind of a layer");
    }
    return ELMAN_OK;
}

elman_status config_from_text(const char *text, elman_config *config)
{
    json_tree *tree = NULL;
    char *copy = text_copy(text); /* reading writes over it */
    if (!copy)
        return failure(ELMAN_NO_MEMORY, "no memory for the configuration");
    elman_status status = json_read(copy, strlen(copy), false, &tree);
    if (status == ELMAN_BAD_FORMAT)
        status = failure_in(status, "the configuration is not JSON");
    if (!status) status = config_from_json(json_root(tree), config);
    json_close(tree);
    free(copy);
    return status;
}
