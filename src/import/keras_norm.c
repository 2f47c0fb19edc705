/* keras_norm.c: Keras's norms. Layer norms are ours; those with statistics are
 * a factor and a sum for each feature. */
#include "base/real.h"
#include "import/keras_parts.h"

#include <math.h>

/* ---- Layer norm --------------------------------------------------------- */

/* Whether a norm is over the features: its axis is the last. */
static bool is_over_features(const keras_model *k, const json_node *config)
{
    const json_node *axis = json_find(config, "axis");
    if (axis && axis->kind == JSON_KIND_LIST)
        axis = axis->count == 1 ? axis->is.first : NULL;
    int64_t number = -1;
    if (axis && !json_whole(axis, &number)) return false;
    return number == -1 || number == (k->sequence && !k->each ? 2 : 1);
}

/* A weight of the features; without it a tensor of ones. */
static elman_status find_features(keras_model *k, const keras_layer *l,
                                  size_t index, const char *role, size_t *size,
                                  size_t *tensor)
{
    return keras_find(k, l, &(keras_place){"", index, role, 0}, 1, size,
                      tensor);
}

elman_status keras_add_layer_norm(keras_model *k, const keras_layer *l)
{
    bool scale = keras_flag(l->config, "scale", true);
    bool center = keras_flag(l->config, "center", true);
    size_t size = k->width;
    tensor_slice weight = {.row_step = 1, .column_step = 1}, bias = weight;

    if (!is_over_features(k, l->config))
        return keras_refuse(l, "is over other axes than the features, which "
                               "elman has not");
    if (keras_flag(l->config, "rms_scaling", false))
        return keras_refuse(l, "has rms_scaling, which elman has not");
    if (scale) TRY(find_features(k, l, 0, "gamma", &size, &weight.from));
    if (center) TRY(find_features(k, l, scale, "beta", &size, &bias.from));
    if (!size)
        return keras_refuse(l, "has no weights and is first, so that nothing "
                               "says how many features it reads");

    /* what is left out is 1 or 0 */
    if (!center) bias = (tensor_slice){.from = FROM_NOTHING, .how = "zero"};
    if (!scale) {
        const char *name = import_text(k->im, "%s (ones)", l->name);
        float *ones =
            name ? import_make_tensor(k->im, name, 1, &size, &weight.from)
                 : NULL;
        for (size_t i = 0; ones && i < size; i++)
            ones[i] = 1;
        if (!ones) return ELMAN_NO_MEMORY;
    }

    elman_layer *made = keras_new(k, l, ELMAN_LAYER_NORM, true);
    if (!made) return ELMAN_BAD_FORMAT;
    made->eps = (float)keras_number(l->config, "epsilon", 1e-3);
    TRY(keras_flow(k, l, size, size));
    TRY(keras_slice(k, "weight", weight));
    return keras_slice(k, "bias", bias);
}

/* ---- Batch norm --------------------------------------------------------- */

/* The four weights of a batch norm; those that it lacks are 1 or 0. */
typedef struct batch_norm {
    size_t at[4];
    bool has[4];
    double eps;   /* added to the variance, or: */
    double least; /* what its root is at least */
} batch_norm;

static elman_status find_batch_norm(keras_model *k, const keras_layer *l,
                                    batch_norm *norm, size_t *size)
{
    static const char *const roles[] = {"gamma", "beta", "moving_mean",
                                        "moving_variance"};
    *norm = (batch_norm){.eps = keras_number(l->config, "epsilon", 1e-3)};
    norm->has[0] = keras_flag(l->config, "scale", true);
    norm->has[1] = keras_flag(l->config, "center", true);
    norm->has[2] = norm->has[3] = true;

    size_t index = 0;
    for (size_t i = 0; i < 4; i++)
        if (norm->has[i])
            TRY(find_features(k, l, index++, roles[i], size, norm->at + i));
    return ELMAN_OK;
}

static double value_of(const keras_model *k, const batch_norm *norm, size_t i,
                       size_t feature)
{
    double value = i == 0;
    if (norm->has[i])
        tensor_doubles(k->im->weights.tensors + norm->at[i], feature, 1,
                       &value);
    return value;
}

/* With its statistics a batch norm is a factor and a sum for each feature:
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta. */
static elman_status fill_batch_norm(keras_model *k, const keras_layer *l,
                                    const batch_norm *norm, size_t size,
                                    size_t *factors, size_t *sums)
{
    const char *first = import_text(k->im, "%s (factors)", l->name);
    const char *second = import_text(k->im, "%s (sums)", l->name);
    float *factor = NULL, *sum = NULL;

    if (first && second)
        factor = import_make_tensor(k->im, first, 2, (size_t[]){size, size},
                                    factors);
    if (factor) sum = import_make_tensor(k->im, second, 1, &size, sums);
    if (!sum) return ELMAN_NO_MEMORY;

    for (size_t i = 0; i < size; i++) {
        double root = sqrt(value_of(k, norm, 3, i) + norm->eps);
        double by = value_of(k, norm, 0, i) / real_max(root, norm->least);
        factor[i * size + i] = (float)by;
        sum[i] =
            (float)(value_of(k, norm, 1, i) - value_of(k, norm, 2, i) * by);
    }

    /* the table shows what became of them */
    for (size_t i = 0; i < 4; i++)
        if (norm->has[i])
            TRY(import_add_spare(k->im, norm->at[i],
                                 "part of a factor and a sum"));
    return ELMAN_OK;
}

/* A factor and a sum for each feature: a linear layer. */
static elman_status add_factors(keras_model *k, const keras_layer *l,
                                const batch_norm *norm, size_t size)
{
    tensor_slice weight = {.column_step = 1}, bias = {.row_step = 1};
    TRY(keras_flow(k, l, size, size));
    TRY(fill_batch_norm(k, l, norm, size, &weight.from, &bias.from));

    elman_layer *made = keras_new(k, l, ELMAN_LINEAR, true);
    if (!made) return ELMAN_BAD_FORMAT;
    made->output_size = weight.row_step = size;
    weight.how = bias.how = "computed";
    TRY(keras_slice(k, "weight", weight));
    return keras_slice(k, "bias", bias);
}

elman_status keras_add_batch_norm(keras_model *k, const keras_layer *l)
{
    batch_norm norm;
    size_t size = 0;
    if (!is_over_features(k, l->config))
        return keras_refuse(l, "is over other axes than the features, which "
                               "elman has not");
    TRY(find_batch_norm(k, l, &norm, &size));
    return add_factors(k, l, &norm, size);
}

/* Mean and variance of the data, which adapt() found: a batch norm without
 * weights. */
elman_status keras_add_normalization(keras_model *k, const keras_layer *l)
{
    batch_norm norm = {.has = {false, false, true, true}, .least = 1e-7};
    size_t size = 0, count;
    const json_node *mean = json_find(l->config, "mean");
    if (!is_over_features(k, l->config) ||
        keras_flag(l->config, "invert", false) ||
        (mean && mean->kind != JSON_KIND_NULL))
        return keras_refuse(l, "is inverted, over other axes than the features "
                               "or has its mean given, which elman does not "
                               "take; use adapt() over the features");
    TRY(find_features(k, l, 0, "mean", &size, norm.at + 2));
    TRY(find_features(k, l, 1, "variance", &size, norm.at + 3));

    /* how many values adapt() has seen is no weight */
    if (keras_has(k, l, &(keras_place){"", 2, "count", 0}, &count))
        TRY(import_add_spare(k->im, count, "a count"));
    return add_factors(k, l, &norm, size);
}

elman_status keras_add_unit_norm(keras_model *k, const keras_layer *l)
{
    if (!is_over_features(k, l->config))
        return keras_refuse(l, "is over other axes than the features, which "
                               "elman has not");
    elman_layer *made = keras_new(k, l, ELMAN_L2_NORM, false);
    if (!made) return ELMAN_BAD_FORMAT;

    /* Keras 2 bounds the square of the length, Keras 3 the length */
    made->eps = k->second ? 1e-6f : 1e-12f;
    return ELMAN_OK;
}
