/* keras_function.c: Keras's activations in functions of ours. */
#include "import/keras_parts.h"

#include <stdio.h>
#include <string.h>

/* A function by its name; some are two of ours, one behind the other. */
typedef struct named_function {
    const char *name;
    keras_function is;
} named_function;

#define NUMBER(KIND, a, b)                                                     \
    {                                                                          \
        ELMAN_ACTIVATION, { ELMAN_ACTIVATION_##KIND, a, b }                    \
    }
#define ONE(KIND, a, b)                                                        \
    {                                                                          \
        1, { NUMBER(KIND, a, b) }                                              \
    }
#define TWO(KIND, a, b, c, d)                                                  \
    {                                                                          \
        2, { NUMBER(KIND, a, b), NUMBER(AFFINE, c, d) }                        \
    }

/* selu: Klambauer et al. 2017 */
#define SELU_ALPHA 1.6732632423543772f
#define SELU_SCALE 1.0507009873554805f

static const named_function functions[] = {
    {"linear", {0, {{0}}}},
    {"tanh", ONE(TANH, 0, 0)},
    {"sigmoid", ONE(SIGMOID, 0, 0)},
    {"relu", ONE(RELU, 0, 0)},
    {"softplus", ONE(SOFTPLUS, 0, 0)},
    {"softsign", ONE(SOFTSIGN, 0, 0)},
    {"elu", ONE(ELU, 1, 0)},
    {"leaky_relu", ONE(LEAKY_RELU, 0.2f, 0)},
    {"selu", TWO(ELU, SELU_ALPHA, 0, SELU_SCALE, 0)},
    {"relu6", TWO(HARD_SIGMOID, 1.0f / 6, 0, 6, 0)},
    {"hard_tanh", TWO(HARD_SIGMOID, 0.5f, 0.5f, 2, -1)},
    {"softmax", {1, {{ELMAN_SOFTMAX, {0}}}}},
    {"log_softmax", {1, {{ELMAN_LOG_SOFTMAX, {0}}}}},
};

/* The one whose meaning changed between Keras 2 and 3. */
static const keras_function hard_sigmoids[] = {
    ONE(HARD_SIGMOID, 1.0f / 6, 0.5f), ONE(HARD_SIGMOID, 0.2f, 0.5f)};

static elman_status find_function(const keras_model *k, const keras_layer *l,
                                  const char *name, keras_function *f)
{
    if (strcmp(name, "hard_sigmoid") == 0) {
        *f = hard_sigmoids[k->second];
        return ELMAN_OK;
    }

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0) {
            *f = functions[i].is;
            return ELMAN_OK;
        }

    /* there is nothing like it: say what there is */
    char what[400];
    snprintf(what, sizeof what,
             "has the activation %.60s, which elman has not; it has linear, "
             "tanh, sigmoid, hard_sigmoid, relu, relu6, leaky_relu, elu, selu, "
             "softplus, softsign, hard_tanh, softmax and log_softmax: if it "
             "computes the same as one of them, build the model with that one, "
             "new.set_weights(model.get_weights()), and save new",
             name);
    return keras_refuse(l, what);
}

elman_status keras_add_operation(keras_model *k, const keras_layer *l)
{
    keras_function f;
    TRY(find_function(k, l, keras_path_word(l->class_name), &f));

    /* of those that have a slope it may be another */
    float *slope = &f.step[0].activation.alpha;
    *slope = (float)keras_number(l->config, "alpha", (double)*slope);
    *slope = (float)keras_number(l->config, "negative_slope", (double)*slope);
    return keras_add_function(k, l, &f);
}

/* ---- Classes ------------------------------------------------------------ */

static void set(keras_function *f, elman_activation_kind kind, double alpha,
                double beta)
{
    *f = (keras_function){.count = 1};
    f->step[0].kind = ELMAN_ACTIVATION;
    f->step[0].activation = (elman_activation){kind, (float)alpha, (float)beta};
}

static elman_status read_relu(const keras_layer *l, const json_node *config,
                              keras_function *f)
{
    double most = keras_number(config, "max_value", 0);
    double slope = keras_number(config, "negative_slope", 0);
    double from = keras_number(config, "threshold", 0);

    bool bounded = most > 0;
    if ((slope != 0) + (from != 0) + bounded > 1 || most < 0)
        return keras_refuse(l, "is a relu with several bounds or slopes, which "
                               "elman has not");
    if (slope != 0) set(f, ELMAN_ACTIVATION_LEAKY_RELU, slope, 0);
    else if (from != 0) set(f, ELMAN_ACTIVATION_THRESHOLDED_RELU, from, 0);
    else if (!bounded) set(f, ELMAN_ACTIVATION_RELU, 0, 0);
    if (!bounded) return ELMAN_OK;

    /* most times what rises from 0 to 1 */
    set(f, ELMAN_ACTIVATION_HARD_SIGMOID, 1 / most, 0);
    f->count = 2;
    f->step[1].kind = ELMAN_ACTIVATION;
    f->step[1].activation =
        (elman_activation){ELMAN_ACTIVATION_AFFINE, (float)most, 0};
    return ELMAN_OK;
}

/* Softmax over the features, which an axis may also say by its number. */
static elman_status read_softmax(const keras_layer *l, const json_node *config,
                                 keras_function *f)
{
    double axis = keras_number(config, "axis", -1);
    const json_node *node = json_find(config, "axis");
    if ((node && node->kind == JSON_KIND_LIST) || (axis != -1 && axis != 2))
        return keras_refuse(l, "is a softmax over an axis other than the last, "
                               "which elman has not");
    *f = (keras_function){.count = 1};
    f->step[0].kind = ELMAN_SOFTMAX;
    return ELMAN_OK;
}

elman_status keras_class_function(const keras_layer *l, const char *class_name,
                                  const json_node *config, keras_function *f,
                                  bool *found)
{
    /* Keras 2 calls the slope alpha, Keras 3 negative_slope */
    double slope = keras_number(config, "negative_slope",
                                keras_number(config, "alpha", 0.3));
    *found = true;

    if (strcmp(class_name, "ReLU") == 0) return read_relu(l, config, f);
    if (strcmp(class_name, "Softmax") == 0) return read_softmax(l, config, f);
    if (strcmp(class_name, "LeakyReLU") == 0)
        set(f, ELMAN_ACTIVATION_LEAKY_RELU, slope, 0);
    else if (strcmp(class_name, "ELU") == 0)
        set(f, ELMAN_ACTIVATION_ELU, keras_number(config, "alpha", 1), 0);
    else if (strcmp(class_name, "ThresholdedReLU") == 0)
        set(f, ELMAN_ACTIVATION_THRESHOLDED_RELU,
            keras_number(config, "theta", 1), 0);
    else *found = false;
    return ELMAN_OK;
}

/* ---- Both --------------------------------------------------------------- */

elman_status keras_read_function(const keras_model *k, const keras_layer *l,
                                 const json_node *node, keras_function *f)
{
    const char *class_name, *name = json_text(node);
    const json_node *config;
    bool found = false;

    *f = (keras_function){.count = 0};
    if (!node || node->kind == JSON_KIND_NULL) return ELMAN_OK;
    if (name) return find_function(k, l, name, f);

    /* {"class_name": "function", "config": "relu"}, or a layer */
    name = json_text(json_find(node, "config"));
    if (name) return find_function(k, l, name, f);
    if (keras_object(node, &class_name, &config))
        TRY(keras_class_function(l, class_name, config, f, &found));
    return found ? ELMAN_OK : find_function(k, l, "of its own", f);
}

elman_status keras_add_function(keras_model *k, const keras_layer *l,
                                const keras_function *f)
{
    for (size_t i = 0; i < f->count; i++) {
        elman_layer *made = keras_new(k, l, f->step[i].kind, false);
        if (!made) return ELMAN_BAD_FORMAT;
        made->activation = f->step[i].activation;
    }
    return ELMAN_OK;
}
