/*
 * golden.h: reads what tests/golden/make_golden.py recorded. A family is one
 * .safetensors file next to this one; its cases are JSON in the metadata, and
 * the arrays of a case are the tensors case/name.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "check.h"

#include <jansson.h>

#include "base/kind.h"
#include "format/safetensors.h"

typedef struct golden {
    safetensors *file;
    json_t *cases;
    const json_t *here; /* the current case */
    const char *name;   /* its name */
} golden;

static inline golden golden_open(const char *family)
{
    char path[1024];
    int folder = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof path, "%.*s/golden/%s.safetensors", folder, __FILE__,
             family);
    golden g = {0};
    CHECK_OK(safetensors_open(path, &g.file));
    const char *text = safetensors_text(g.file, "cases");
    CHECK(text, "%s has no cases", path);
    g.cases = json_loads(text, 0, NULL);
    CHECK(g.cases, "%s: cases are not JSON", path);
    return g;
}

/* The files of networks: one for each cell, and then the others. NULL past the
 * last. */
static inline const char *golden_family(size_t index)
{
    static const char *const others[] = {"cell", "l2_norm", "pool", "stack",
                                         "variant"};
    for (size_t i = 1; i < kind_count(); i++)
        if (kind_is_recurrent((elman_kind)i) && index-- == 0)
            return kind_at((elman_kind)i)->word;
    return index < sizeof others / sizeof *others ? others[index] : NULL;
}

static inline void golden_close(golden *g)
{
    json_decref(g->cases);
    safetensors_close(g->file);
}

/* Goes to case index; false past the last. */
static inline bool golden_next(golden *g, size_t index)
{
    g->here = json_array_get(g->cases, index);
    g->name = json_string_value(json_object_get(g->here, "name"));
    return g->here != NULL;
}

static inline double golden_number(const json_t *object, const char *key,
                                   double otherwise)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_boolean(value)) return json_is_true(value);
    return value ? json_number_value(value) : otherwise;
}

static inline size_t golden_size(const json_t *object, const char *key)
{
    return (size_t)golden_number(object, key, 0);
}

/* Array name of this case, or NULL. */
static inline const named_tensor *golden_find(const golden *g, const char *name)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", g->name, name);
    return safetensors_find(g->file, full);
}

/* Its elements; NULL if there is no such array. Freed by free. */
static inline double *golden_doubles(const golden *g, const char *name)
{
    const named_tensor *tensor = golden_find(g, name);
    if (!tensor) return NULL;
    double *values = malloc((tensor->count + 1) * sizeof *values);
    if (!values) abort();
    for (size_t i = 0; i < tensor->count; i++) {
        float single;
        memcpy(&single, (const char *)tensor->data + i * sizeof single,
               sizeof single);
        values[i] = (double)single;
        if (tensor->type == ELEMENT_F64)
            memcpy(values + i, (const char *)tensor->data + i * sizeof *values,
                   sizeof *values);
    }
    return values;
}

static inline float *golden_floats(const golden *g, const char *name)
{
    const named_tensor *tensor = golden_find(g, name);
    if (!tensor) return NULL;
    float *values = malloc((tensor->count + 1) * sizeof *values);
    if (!values) abort();
    CHECK_OK(tensor_floats(tensor, values));
    return values;
}

static inline int32_t *golden_integers(const golden *g, const char *name)
{
    const named_tensor *tensor = golden_find(g, name);
    if (!tensor) return NULL;
    CHECK(tensor->type == ELEMENT_I32, "%s/%s", g->name, name);
    int32_t *values = malloc((tensor->count + 1) * sizeof *values);
    if (!values) abort();
    memcpy(values, tensor->data, tensor->count * sizeof *values);
    return values;
}

/* The lengths of this case (B), or NULL for all T. Freed by free. */
static inline size_t *golden_lengths(const golden *g)
{
    const json_t *list = json_object_get(g->here, "lengths");
    size_t B = json_array_size(list);
    if (!list) return NULL;
    size_t *lengths = malloc(B * sizeof *lengths);
    if (!lengths) abort();
    for (size_t b = 0; b < B; b++)
        lengths[b] = (size_t)json_integer_value(json_array_get(list, b));
    return lengths;
}

/* Which of the names (ended by NULL) object's key has; 0 if it has no key. */
static inline int golden_choice(const json_t *object, const char *key,
                                const char *const *names)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (!text) return 0;
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0) return i;
    CHECK(false, "%s is %s, which is not one of its values", key, text);
    return 0;
}

static inline elman_layer golden_layer(const json_t *j)
{
    static const char *const curves[] = {"tanh", "relu", NULL};
    static const char *const merges[] = {"concat",  "sum",  "mul",
                                         "average", "none", NULL};
    static const char *const lasts[] = {"step", "final", NULL};
    static const char *const pools[] = {"mean", "max", "attention", NULL};
    elman_layer l = {
        .kind = kind_named(json_string_value(json_object_get(j, "kind"))),
        .hidden_size = golden_size(j, "hidden_size"),
        .num_layers = golden_size(j, "num_layers"),
        .proj_size = golden_size(j, "proj_size"),
        .nonlinearity = golden_choice(j, "nonlinearity", curves)
                            ? ELMAN_ACTIVATION_RELU
                            : ELMAN_ACTIVATION_DEFAULT,
        .no_bias = golden_size(j, "no_bias"),
        .reverse = golden_size(j, "reverse"),
        .bidirectional = golden_size(j, "bidirectional"),
        .merge = (elman_merge)golden_choice(j, "merge", merges),
        .peephole = golden_size(j, "peephole"),
        .coupled = golden_size(j, "coupled"),
        .clip = (float)golden_number(j, "clip", 0),
        .reset_before = golden_size(j, "reset_before"),
        .learned_state = golden_size(j, "learned_state"),
        .output_size = golden_size(j, "output_size"),
        .num_embeddings = golden_size(j, "num_embeddings"),
        .embedding_dim = golden_size(j, "embedding_dim"),
        .eps = (float)golden_number(j, "eps", 0),
        .last = (elman_last)golden_choice(j, "last", lasts),
        .pool = (elman_pool)golden_choice(j, "pool", pools),
    };
    const json_t *sizes = json_object_get(j, "hidden_sizes");
    for (size_t k = 0; k < json_array_size(sizes); k++)
        l.hidden_sizes[k] =
            (size_t)json_integer_value(json_array_get(sizes, k));
    return l;
}

/* The config of this case; layers keep their default names. */
static inline elman_config golden_config(const golden *g)
{
    const json_t *j = json_object_get(g->here, "config");
    const json_t *layers = json_object_get(j, "layers");
    elman_config config = {
        .input_size = golden_size(j, "input_size"),
        .batch_first = golden_size(j, "batch_first"),
    };
    for (size_t i = 0; i < json_array_size(layers); i++)
        config.layers[i] = golden_layer(json_array_get(layers, i));
    return config;
}

/* Name index of this case's parameters, in order; NULL past the last. */
static inline const char *golden_parameter(const golden *g, size_t index)
{
    const json_t *names = json_object_get(g->here, "parameters");
    return json_string_value(json_array_get(names, index));
}

#endif
