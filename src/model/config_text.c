/* config_text.c: one table drives writing and reading of every field. */
#include "model/config_text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum sort { SIZE, SIZES, FLAG, REAL, WORD, TEXT, INIT } sort;

typedef struct row {
    const char *name;
    size_t at;
    sort sort;
    const char *const *words; /* WORD, INIT's kinds; ended by NULL */
} row;

static const char *const kind_words[] = {
    "end",     "rnn",  "lstm",    "gru",        "linear",  "embedding", "tanh",
    "sigmoid", "relu", "softmax", "layer_norm", "dropout", "last",      NULL};
static const char *const nonlinearity_words[] = {"tanh", "relu", NULL};
static const char *const merge_words[] = {"concat",  "sum",  "mul",
                                          "average", "none", NULL};
static const char *const last_words[] = {"step", "final", NULL};
static const char *const init_words[] = {
    "default",        "constant",      "uniform",    "gaussian",
    "xavier_uniform", "xavier_normal", "he_uniform", "he_normal",
    "orthogonal",     "identity",      NULL};

#define AT(name) #name, offsetof(elman_layer, name)
static const row rows[] = {
    {AT(kind), WORD, kind_words},
    {AT(name), TEXT, NULL},
    {AT(hidden_size), SIZE, NULL},
    {AT(num_layers), SIZE, NULL},
    {AT(hidden_sizes), SIZES, NULL},
    {AT(proj_size), SIZE, NULL},
    {AT(nonlinearity), WORD, nonlinearity_words},
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
};
#undef AT
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- Writing ---------------------------------------------------------------
 */

static json_t *sizes_to_json(const size_t *sizes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ELMAN_MAX_LEVELS && sizes[i]; i++) {
        if (json_array_append_new(list, json_integer((json_int_t)sizes[i]))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Fields that are zero are left out; every sort begins with what tells. */
static bool field_is_zero(const row *r, const char *at)
{
    int word;
    switch (r->sort) {
    case SIZE:
    case SIZES:
        return *(const size_t *)(const void *)at == 0;
    case FLAG:
        return !*(const bool *)at;
    case REAL:
        return *(const float *)(const void *)at == 0;
    case WORD:
    case INIT:
        memcpy(&word, at, sizeof word);
        return word == 0;
    case TEXT:
        return *at == 0;
    }
    return true;
}

/* The field's value, or NULL without memory. */
static json_t *field_to_json(const row *r, const char *at)
{
    const elman_init *init = (const void *)at;
    int word;
    switch (r->sort) {
    case SIZE:
        return json_integer((json_int_t) * (const size_t *)(const void *)at);
    case SIZES:
        return sizes_to_json((const void *)at);
    case FLAG:
        return json_true();
    case REAL:
        return json_real((double)*(const float *)(const void *)at);
    case WORD:
        memcpy(&word, at, sizeof word);
        return json_string(r->words[word]);
    case TEXT:
        return json_string(at);
    case INIT:
        return json_pack("{s:s,s:f}", "kind", r->words[init->kind], "value",
                         init->value);
    }
    return NULL;
}

/* NULL without memory. */
static json_t *layer_to_json(const elman_layer *l)
{
    json_t *object = json_object();
    for (size_t i = 0; i < ROWS; i++) {
        const char *at = (const char *)l + rows[i].at;
        if (field_is_zero(rows + i, at)) continue;
        if (json_object_set_new(object, rows[i].name,
                                field_to_json(rows + i, at))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

char *config_to_text(const elman_config *config)
{
    size_t wanted = 0;
    json_t *layers = json_array();
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && config->layers[i].kind; i++) {
        json_array_append_new(layers, layer_to_json(config->layers + i));
        wanted++;
    }
    bool whole = json_array_size(layers) == wanted;
    json_t *object = json_pack("{s:I,s:b,s:I,s:o}", "input_size",
                               (json_int_t)config->input_size, "batch_first",
                               (int)config->batch_first, "seed",
                               (json_int_t)config->seed, "layers", layers);
    char *text =
        object && whole
            ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17))
            : NULL;
    json_decref(object);
    return text;
}

/* ---- Reading ----------------------------------------------------------------
 */

static elman_status wrong(const char *name, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT,
                   "the configuration's field %.40s is not %s", name, expected);
}

static elman_status read_size(const json_t *value, const char *name,
                              size_t *size)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return wrong(name, "a whole number of 0 or more");
    *size = (size_t)json_integer_value(value);
    return ELMAN_OK;
}

static elman_status read_word(const json_t *value, const char *name,
                              const char *const *words, void *at)
{
    const char *text = json_string_value(value);
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

static elman_status read_sizes(const json_t *value, const char *name,
                               size_t *sizes)
{
    if (!json_is_array(value) || json_array_size(value) > ELMAN_MAX_LEVELS)
        return wrong(name, "a list of at most 16 sizes");
    for (size_t i = 0; i < json_array_size(value); i++)
        TRY(read_size(json_array_get(value, i), name, sizes + i));
    return ELMAN_OK;
}

static elman_status read_init(const row *r, const json_t *value,
                              elman_init *init)
{
    const json_t *number = json_object_get(value, "value");
    if (!json_is_number(number) || json_object_size(value) != 2)
        return wrong(r->name, "an object of kind and value");
    init->value = json_number_value(number);
    return read_word(json_object_get(value, "kind"), r->name, r->words,
                     &init->kind);
}

static elman_status read_field(const row *r, const json_t *value, char *at)
{
    const char *text;
    float real;
    bool flag;
    switch (r->sort) {
    case SIZE:
        return read_size(value, r->name, (size_t *)(void *)at);
    case SIZES:
        return read_sizes(value, r->name, (size_t *)(void *)at);
    case WORD:
        return read_word(value, r->name, r->words, at);
    case INIT:
        return read_init(r, value, (elman_init *)(void *)at);
    case FLAG:
        if (!json_is_boolean(value)) return wrong(r->name, "true or false");
        flag = json_is_true(value);
        memcpy(at, &flag, sizeof flag);
        return ELMAN_OK;
    case REAL:
        real = (float)json_number_value(value);
        if (!json_is_number(value) || !isfinite(real))
            return wrong(r->name, "a number");
        memcpy(at, &real, sizeof real);
        return ELMAN_OK;
    case TEXT:
        text = json_string_value(value);
        if (!text || strlen(text) >= ELMAN_MAX_NAME)
            return wrong(r->name, "a text of at most 31 bytes");
        strcpy(at, text);
        return ELMAN_OK;
    }
    return ELMAN_OK;
}

static elman_status unknown(const char *name)
{
    return failure(ELMAN_BAD_FORMAT,
                   "the configuration has the field %.40s, which this version "
                   "does not know",
                   name);
}

static elman_status read_layer(json_t *object, elman_layer *l)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object)) return wrong("layers", "a list of objects");
    json_object_foreach(object, name, value)
    {
        size_t i = 0;
        while (i < ROWS && strcmp(rows[i].name, name) != 0)
            i++;
        if (i == ROWS) return unknown(name);
        TRY(read_field(rows + i, value, (char *)l + rows[i].at));
    }
    return l->kind ? ELMAN_OK : wrong("kind", "the kind of a layer");
}

/* Whether object has only the four fields that read_config reads. */
static elman_status check_names(json_t *object)
{
    static const char *const known[] = {"input_size", "batch_first", "seed",
                                        "layers"};
    const char *name;
    json_t *value;
    if (!json_is_object(object)) return wrong("layers", "there");
    json_object_foreach(object, name, value)
    {
        size_t i = 0;
        while (i < 4 && strcmp(known[i], name) != 0)
            i++;
        if (i == 4) return unknown(name);
    }
    return ELMAN_OK;
}

static elman_status read_config(json_t *object, elman_config *config)
{
    TRY(check_names(object));
    const json_t *layers = json_object_get(object, "layers");
    const json_t *seed = json_object_get(object, "seed");
    const json_t *batch_first = json_object_get(object, "batch_first");
    size_t n = json_array_size(layers);
    TRY(read_size(json_object_get(object, "input_size"), "input_size",
                  &config->input_size));
    if (!json_is_array(layers) || n > ELMAN_MAX_LAYERS)
        return wrong("layers", "a list of at most 32 layers");
    if (seed && !json_is_integer(seed)) return wrong("seed", "a whole number");
    config->seed = (uint64_t)json_integer_value(seed);
    if (batch_first && !json_is_boolean(batch_first))
        return wrong("batch_first", "true or false");
    config->batch_first = json_is_true(batch_first);
    for (size_t i = 0; i < n; i++)
        TRY(read_layer(json_array_get(layers, i), config->layers + i));
    return ELMAN_OK;
}

elman_status config_from_text(const char *text, elman_config *config)
{
    json_error_t error;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        return failure(ELMAN_BAD_FORMAT, "the configuration is not JSON: %.80s",
                       error.text);
    memset(config, 0, sizeof *config);
    elman_status status = read_config(object, config);
    json_decref(object);
    return status;
}
