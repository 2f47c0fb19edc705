/* config_text.c: one table drives writing and reading of every field. */
#include "model/config_text.h"
#include "base/memory.h"
#include "format/json.h"
#include "model/config_fields.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the whole config; its layers are a list of their own. */
#define CONFIG(member) FIELD(elman_config, member)
static const config_field config_fields[] = {
    {CONFIG(input_size), .type = SIZE},
    {CONFIG(batch_first), .type = FLAG},
    {CONFIG(seed), .type = SEED},
};
enum { CONFIG_FIELDS = sizeof config_fields / sizeof *config_fields };

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

/* Fields that are zero are left out: of most types, the first bytes decide. */
static bool field_is_zero(const config_field *f, const char *at)
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
    if (f->type == ACTIVATIONS) return function_count(value) == 0;
    static const char zero[sizeof(uint64_t)];
    return memcmp(at, zero, bytes[f->type]) == 0;
}

static void write_sizes(json_writer *w, const size_t *sizes)
{
    json_begin(w, '[');
    for (size_t i = 0; i < ELMAN_MAX_LEVELS && sizes[i]; i++)
        json_write_whole(w, (int64_t)sizes[i]);
    json_end(w, ']');
}

static void write_init(json_writer *w, const config_field *f,
                       const elman_init *init)
{
    json_begin(w, '{');
    json_write_key(w, "kind");
    json_write_text(w, f->words[init->kind], strlen(f->words[init->kind]));
    json_write_key(w, "value");
    json_write_number(w, init->value);
    json_end(w, '}');
}

static void write_activation(json_writer *w, const config_field *f,
                             const elman_activation *a)
{
    json_begin(w, '{');
    json_write_key(w, "kind");
    json_write_text(w, f->words[a->kind], strlen(f->words[a->kind]));
    json_write_key(w, "alpha");
    json_write_number(w, (double)a->alpha);
    json_write_key(w, "beta");
    json_write_number(w, (double)a->beta);
    json_end(w, '}');
}

/* A list of f, g and h, and of those of the second direction; up to the last
 * that is set. */
static void write_activations(json_writer *w, const config_field *f,
                              const elman_activation *list)
{
    size_t count = function_count(list);
    json_begin(w, '[');
    for (size_t i = 0; i < count; i++)
        write_activation(w, f, list + i);
    json_end(w, ']');
}

static void write_field(json_writer *w, const config_field *f, const char *at)
{
    const void *value = at;
    uint64_t seed;
    int word;

    switch (f->type) {
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
        json_write_text(w, f->words[word], strlen(f->words[word]));
        break;
    case TEXT:
        json_write_text(w, at, strlen(at));
        break;
    case INIT:
        write_init(w, f, value);
        break;
    case ACTIVATION:
        write_activation(w, f, value);
        break;
    case ACTIVATIONS:
        write_activations(w, f, value);
        break;
    }
}

static void write_fields(json_writer *w, const config_field *fields,
                         size_t count, const char *base)
{
    for (size_t i = 0; i < count; i++) {
        if (field_is_zero(fields + i, base + fields[i].at)) continue;

        json_write_key(w, fields[i].name);
        write_field(w, fields + i, base + fields[i].at);
    }
}

char *config_to_text(const elman_config *config)
{
    json_writer w = {0};
    char *text = NULL;
    json_begin(&w, '{');
    write_fields(&w, config_fields, CONFIG_FIELDS, (const char *)config);

    json_write_key(&w, "layers");
    json_begin(&w, '[');
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && config->layers[i].kind; i++) {
        json_begin(&w, '{');
        write_fields(&w, layer_fields, LAYER_FIELDS,
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
    if (!size_narrow((uint64_t)whole, size)) return wrong(name, A_SIZE);
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

    /* those that there are, each once; a list's end is none */
    char known[500] = "";
    size_t used = 0;
    for (size_t i = 0; words[i] && used + 40 < sizeof known; i++)
        if (*words[i] && strcmp(words[i], "end") != 0 &&
            (i == 0 || strcmp(words[i], words[i - 1]) != 0))
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                     used ? ", " : "", words[i]);
    return failure(ELMAN_BAD_FORMAT,
                   "the configuration's field %.40s is %.40s, expected one of "
                   "%s",
                   name, text ? text : "no text", known);
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

static elman_status read_init(const config_field *f, const json_node *node,
                              elman_init *init)
{
    if (node->kind != JSON_KIND_OBJECT || node->count != 2 ||
        !json_number(json_find(node, "value"), &init->value))
        return wrong(f->name, "an object of kind and value");
    return read_word(json_find(node, "kind"), f->name, f->words, &init->kind);
}

static elman_status read_real(const config_field *f, const json_node *node,
                              float *real)
{
    double number;
    if (!json_number(node, &number) || !isfinite((float)number))
        return wrong(f->name, "a number");
    *real = (float)number;
    return ELMAN_OK;
}

static elman_status read_activation(const config_field *f,
                                    const json_node *node, elman_activation *a)
{
    double alpha, beta;
    if (node->kind != JSON_KIND_OBJECT || node->count != 3 ||
        !json_number(json_find(node, "alpha"), &alpha) ||
        !json_number(json_find(node, "beta"), &beta))
        return wrong(f->name, "an object of kind, alpha and beta");

    a->alpha = (float)alpha;
    a->beta = (float)beta;
    return read_word(json_find(node, "kind"), f->name, f->words, &a->kind);
}

static elman_status read_activations(const config_field *f,
                                     const json_node *node,
                                     elman_activation *list)
{
    if (!is_list(node, FUNCTIONS))
        return wrong(f->name, "a list of at most 6 functions");
    for (const json_node *at = node->is.first; at; at = at->next)
        TRY(read_activation(f, at, list++));
    return ELMAN_OK;
}

static elman_status read_text(const config_field *f, const json_node *node,
                              char *at)
{
    const char *text = json_text(node);
    if (!text || strlen(text) >= ELMAN_MAX_NAME)
        return wrong(f->name, "a text of at most 31 bytes");
    strcpy(at, text);
    return ELMAN_OK;
}

static elman_status read_field(const config_field *f, const json_node *node,
                               char *at)
{
    void *value = at;
    int64_t whole;

    /* whole values here, all others by their own functions */
    switch (f->type) {
    case SIZE:
        return read_size(node, f->name, value);
    case SIZES:
        return read_sizes(node, f->name, value);
    case SEED:
        if (!json_whole(node, &whole)) return wrong(f->name, "a whole number");
        memcpy(at, &whole, sizeof whole);
        return ELMAN_OK;
    case FLAG:
        if (node->kind != JSON_KIND_TRUE && node->kind != JSON_KIND_FALSE)
            return wrong(f->name, "true or false");
        *(bool *)value = node->kind == JSON_KIND_TRUE;
        return ELMAN_OK;
    case REAL:
        return read_real(f, node, value);
    case WORD:
        return read_word(node, f->name, f->words, value);
    case TEXT:
        return read_text(f, node, at);
    case INIT:
        return read_init(f, node, value);
    case ACTIVATION:
        return read_activation(f, node, value);
    case ACTIVATIONS:
        return read_activations(f, node, value);
    }
    return ELMAN_OK;
}

/* Every member of an object, except the one called extra. */
static elman_status read_fields(const json_node *object,
                                const config_field *fields, size_t count,
                                const char *extra, char *base)
{
    for (const json_node *at = object->is.first; at; at = at->next) {
        size_t i = 0;
        while (i < count && strcmp(fields[i].name, at->key) != 0)
            i++;

        if (i < count) TRY(read_field(fields + i, at, base + fields[i].at));
        else if (!extra || strcmp(extra, at->key) != 0)
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
    TRY(read_fields(object, config_fields, CONFIG_FIELDS, "layers",
                    (char *)config));

    const json_node *layers = json_find(object, "layers");
    if (!is_list(layers, ELMAN_MAX_LAYERS))
        return wrong("layers", "a list of at most 32 layers");

    elman_layer *l = config->layers;
    for (const json_node *at = layers->is.first; at; at = at->next, l++) {
        if (at->kind != JSON_KIND_OBJECT)
            return wrong("layers", "a list of objects");
        TRY(read_fields(at, layer_fields, LAYER_FIELDS, NULL, (char *)l));
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
