/* keras_layer.c: the table of Keras's classes of layers, and those without a
 * cell. */
#include "import/keras_parts.h"

#include <stdio.h>
#include <string.h>

/* ---- Settings ----------------------------------------------------------- */

const char *keras_text(const json_node *config, const char *key)
{
    return json_text(json_find(config, key));
}

double keras_number(const json_node *config, const char *key, double otherwise)
{
    double value;
    return json_number(json_find(config, key), &value) ? value : otherwise;
}

bool keras_flag(const json_node *config, const char *key, bool otherwise)
{
    const json_node *node = json_find(config, key);
    if (!node) return otherwise;
    return node->kind == JSON_KIND_TRUE ||
           (otherwise && node->kind != JSON_KIND_FALSE);
}

bool keras_object(const json_node *node, const char **class_name,
                  const json_node **config)
{
    const char *name = keras_text(node, "class_name");
    const json_node *settings = json_find(node, "config");
    if (!name || !settings) return false;
    *class_name = name;
    *config = settings;
    return true;
}

/* With the line that saves what is before a layer, or behind it. */
static elman_status refuse(const keras_layer *l, const char *sentence)
{
    const keras_part *part = &l->part;
    if (part->front)
        return failure(
            ELMAN_BAD_FORMAT,
            "%s; what is before it can be saved in Python: "
            "keras.Model(model.inputs, model.get_layer(\"%.60s\").output)"
            ".save(\"front.keras\")",
            sentence, part->front);
    if (!part->rest) return failure(ELMAN_BAD_FORMAT, "%s", sentence);
    if (!part->number)
        return failure(ELMAN_BAD_FORMAT,
                       "%s; what is behind it can be saved in Python: "
                       "keras.Model(model.get_layer(\"%.60s\").output, "
                       "model.outputs).save(\"rest.keras\")",
                       sentence, part->rest);
    return failure(ELMAN_BAD_FORMAT,
                   "%s; what is behind it can be saved in Python: "
                   "keras.Sequential([keras.Input(model.layers[%zu].output"
                   ".shape[1:]), *model.layers[%zu:]]).save(\"rest.keras\")",
                   sentence, part->number - 1, part->number);
}

elman_status keras_refuse(const keras_layer *l, const char *what)
{
    char sentence[600];
    snprintf(sentence, sizeof sentence, "the layer %.60s (%.40s) %.400s",
             l->name, l->class_name, what);
    return refuse(l, sentence);
}

elman_status keras_lacks(const keras_layer *l)
{
    char sentence[200];
    snprintf(sentence, sizeof sentence,
             "the layer %.60s is a %.60s, which elman does not have", l->name,
             l->class_name);
    return refuse(l, sentence);
}

elman_layer *keras_new(keras_model *k, const keras_layer *l, elman_kind kind,
                       bool named)
{
    if (k->layer_count == ELMAN_MAX_LAYERS) {
        (void)failure(ELMAN_BAD_FORMAT,
                      "with the layer %.60s (%.40s) the model has more than "
                      "the %d layers that elman takes",
                      l->name, l->class_name, ELMAN_MAX_LAYERS);
        return NULL;
    }

    elman_layer *made = k->im->config.layers + k->layer_count++;
    *made = (elman_layer){.kind = kind};
    size_t bytes = strlen(l->name);
    if (named && bytes < sizeof made->name) memcpy(made->name, l->name, bytes);
    return made;
}

/* ---- Layers with weights ------------------------------------------------ */

static elman_status add_dense(keras_model *k, const keras_layer *l)
{
    size_t shape[2] = {0, 0};
    bool bias = keras_flag(l->config, "use_bias", true);
    keras_function f;
    tensor_slice s = {.row_step = 1, .how = "transposed"};
    TRY(keras_read_function(k, l, json_find(l->config, "activation"), &f));
    TRY(keras_find_adapted(k, l, &(keras_place){"", 0, "kernel", 0},
                           "lora_kernel", shape, &s.from));

    /* the kernel is (inputs, outputs), the parameter its transposed */
    elman_layer *made = keras_new(k, l, ELMAN_LINEAR, true);
    if (!made) return ELMAN_BAD_FORMAT;
    made->output_size = s.column_step = shape[1];
    made->no_bias = !bias;
    TRY(keras_flow(k, l, shape[0], shape[1]));
    TRY(keras_slice(k, "weight", s));

    s = (tensor_slice){.row_step = 1, .column_step = 1};
    if (bias) {
        TRY(keras_find(k, l, &(keras_place){"", 1, "bias", 0}, 1, shape + 1,
                       &s.from));
        TRY(keras_slice(k, "bias", s));
    }
    return keras_add_function(k, l, &f);
}

static elman_status add_embedding(keras_model *k, const keras_layer *l)
{
    size_t shape[2] = {0, 0};
    tensor_slice s = {.column_step = 1};
    keras_place place = {"", 0, "embeddings", 0};
    if (k->layer_count)
        return keras_refuse(l, "is not the first layer, as an embedding is");
    TRY(keras_find_adapted(k, l, &place, "lora_embeddings", shape, &s.from));

    elman_layer *made = keras_new(k, l, ELMAN_EMBEDDING, true);
    if (!made) return ELMAN_BAD_FORMAT;
    made->num_embeddings = shape[0];
    made->embedding_dim = k->width = s.row_step = shape[1];
    if (keras_flag(l->config, "mask_zero", false)) k->im->padding = "token 0";
    return keras_slice(k, "weight", s);
}

/* ---- Layers without weights --------------------------------------------- */

static elman_status add_nothing(keras_model *k, const keras_layer *l)
{
    (void)k;
    (void)l;
    return ELMAN_OK;
}

static elman_status add_activation(keras_model *k, const keras_layer *l)
{
    keras_function f;
    TRY(keras_read_function(k, l, json_find(l->config, "activation"), &f));
    return keras_add_function(k, l, &f);
}

static elman_status add_function(keras_model *k, const keras_layer *l)
{
    keras_function f;
    bool found;

    /* it takes a mask for one of features, whatever then fits */
    if (strcmp(l->class_name, "Softmax") == 0 && k->sequence &&
        k->im->padding && !k->repeated)
        return keras_refuse(l, "is given what pads (Masking, mask_zero) as if "
                               "it were of features, which elman does not; "
                               "Activation(\"softmax\") is not");
    TRY(keras_class_function(l, l->class_name, l->config, &f, &found));
    return keras_add_function(k, l, &f);
}

static elman_status add_rescaling(keras_model *k, const keras_layer *l)
{
    double scale, offset = keras_number(l->config, "offset", 0);
    const json_node *list = json_find(l->config, "offset");
    if (!json_number(json_find(l->config, "scale"), &scale) ||
        (list && list->kind == JSON_KIND_LIST))
        return keras_refuse(l, "has a scale or offset that is no number, which "
                               "elman does not take");
    elman_layer *made = keras_new(k, l, ELMAN_ACTIVATION, false);
    if (!made) return ELMAN_BAD_FORMAT;
    made->activation = (elman_activation){ELMAN_ACTIVATION_AFFINE, (float)scale,
                                          (float)offset};
    return ELMAN_OK;
}

static elman_status add_masking(keras_model *k, const keras_layer *l)
{
    double value = keras_number(l->config, "mask_value", 0);
    if (k->layer_count)
        return keras_refuse(l, "masks what other layers give, which elman does "
                               "not; put it in front of them");
    k->im->padding = import_text(k->im, "value %.9g", value);
    return k->im->padding ? ELMAN_OK : ELMAN_NO_MEMORY;
}

static elman_status add_pool(keras_model *k, const keras_layer *l)
{
    const char *format = keras_text(l->config, "data_format");
    bool keeps = keras_flag(l->config, "keepdims", false);
    if (!k->sequence || keeps || (format && strcmp(format, "channels_last")))
        return keras_refuse(l, "is over something else than the steps, which "
                               "elman has not");
    elman_layer *made = keras_new(k, l, ELMAN_POOL, false);
    if (!made) return ELMAN_BAD_FORMAT;
    made->pool =
        strstr(l->class_name, "Max") ? ELMAN_POOL_MAX : ELMAN_POOL_MEAN;
    k->sequence = k->flipped = false;
    k->masked = k->im->padding && !k->repeated;
    return ELMAN_OK;
}

/* ---- The table ---------------------------------------------------------- */

static elman_status add_distributed(keras_model *k, const keras_layer *l);

/* Which version of Keras forgets at a layer what pads. */
typedef enum mask_loss { KEEPS, LOSES, LOSES_IN_2 } mask_loss;

typedef struct keras_class {
    const char *name, *word; /* its word in the paths of weights */
    elman_status (*add)(keras_model *k, const keras_layer *l);
    bool each; /* does the same to each step, also in TimeDistributed */
    mask_loss mask;
} keras_class;

static const keras_class classes[] = {
    {"LSTM", "lstm", keras_add_recurrent, false, KEEPS},
    {"GRU", "gru", keras_add_recurrent, false, KEEPS},
    {"SimpleRNN", "simple_rnn", keras_add_recurrent, false, KEEPS},
    {"RNN", "rnn", keras_add_cells, false, KEEPS},
    {"Bidirectional", "bidirectional", keras_add_bidirectional, false, KEEPS},
    {"TimeDistributed", "time_distributed", add_distributed, false, KEEPS},
    {"Dense", "dense", add_dense, true, KEEPS},
    {"Embedding", "embedding", add_embedding, false, KEEPS},
    {"LayerNormalization", "layer_normalization", keras_add_layer_norm, true,
     KEEPS},
    {"BatchNormalization", "batch_normalization", keras_add_batch_norm, true,
     KEEPS},
    {"Normalization", "normalization", keras_add_normalization, true,
     LOSES_IN_2},
    {"UnitNormalization", "unit_normalization", keras_add_unit_norm, true,
     KEEPS},
    {"Rescaling", "rescaling", add_rescaling, true, LOSES_IN_2},
    {"Masking", "masking", add_masking, false, KEEPS},
    {"Activation", "activation", add_activation, true, KEEPS},
    {"ReLU", "re_lu", add_function, true, KEEPS},
    {"LeakyReLU", "leaky_re_lu", add_function, true, KEEPS},
    {"ELU", "elu", add_function, true, KEEPS},
    {"Softmax", "softmax", add_function, true, KEEPS},
    {"ThresholdedReLU", "thresholded_re_lu", add_function, true, KEEPS},
    {"GlobalAveragePooling1D", "global_average_pooling1d", add_pool, false,
     KEEPS},
    {"GlobalAvgPool1D", "global_average_pooling1d", add_pool, false, KEEPS},
    {"GlobalMaxPooling1D", "global_max_pooling1d", add_pool, false, LOSES},
    {"GlobalMaxPool1D", "global_max_pooling1d", add_pool, false, LOSES},
    {"Dropout", "dropout", add_nothing, true, KEEPS},
    {"SpatialDropout1D", "spatial_dropout1d", add_nothing, true, KEEPS},
    {"GaussianDropout", "gaussian_dropout", add_nothing, true, KEEPS},
    {"GaussianNoise", "gaussian_noise", add_nothing, true, KEEPS},
    {"AlphaDropout", "alpha_dropout", add_nothing, true, KEEPS},
    {"ActivityRegularization", "activity_regularization", add_nothing, true,
     KEEPS},
    {"Identity", "identity", add_nothing, true, LOSES_IN_2},
    {"InputLayer", "input_layer", add_nothing, false, KEEPS},
    {"Flatten", "flatten", keras_add_flatten, false, KEEPS},
    {"Reshape", "reshape", keras_add_reshape, false, LOSES},
    {"Permute", "permute", keras_add_permute, false, LOSES},
    {"Flip", "flip", keras_add_flip, false, LOSES},
    {"GetItem", "get_item", keras_add_item, false, LOSES},
    {"Tanh", "tanh", keras_add_operation, false, LOSES},
    {"Sigmoid", "sigmoid", keras_add_operation, false, LOSES},
    {"Relu", "relu", keras_add_operation, false, LOSES},
    {"Relu6", "relu6", keras_add_operation, false, LOSES},
    {"Elu", "elu", keras_add_operation, false, LOSES},
    {"LeakyRelu", "leaky_relu", keras_add_operation, false, LOSES},
    {"Selu", "selu", keras_add_operation, false, LOSES},
    {"Softplus", "softplus", keras_add_operation, false, LOSES},
    {"Softsign", "softsign", keras_add_operation, false, LOSES},
    {"HardSigmoid", "hard_sigmoid", keras_add_operation, false, LOSES},
    {"HardTanh", "hard_tanh", keras_add_operation, false, LOSES},
    {"Add", "add", keras_add_arithmetic, false, LOSES},
    {"Subtract", "subtract", keras_add_arithmetic, false, LOSES},
    {"Multiply", "multiply", keras_add_arithmetic, false, LOSES},
    {"Divide", "divide", keras_add_arithmetic, false, LOSES},
    {"TrueDivide", "true_divide", keras_add_arithmetic, false, LOSES},
    {"Negative", "negative", keras_add_arithmetic, false, LOSES},
    {"RepeatVector", "repeat_vector", keras_add_repeat, false, KEEPS},
    {"Sequential", "sequential", NULL, false, KEEPS},
    {"Functional", "functional", NULL, false, KEEPS},
    {"Model", "model", NULL, false, KEEPS},
};

static const keras_class *find_class(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(classes[i].name, name) == 0) return classes + i;
    return NULL;
}

const char *keras_path_word(const char *class_name)
{
    const keras_class *found = find_class(class_name);
    return found ? found->word : NULL;
}

/* Whether a layer, or each of a Sequential, does the same to each step. */
static bool is_each(const char *class_name, const json_node *config)
{
    const keras_class *c = find_class(class_name);
    const json_node *layers = json_find(config, "layers");
    if (!c || strcmp(class_name, "Sequential") != 0) return c && c->each;
    if (!layers || layers->kind != JSON_KIND_LIST) return false;

    for (const json_node *at = layers->is.first; at; at = at->next) {
        const char *name = keras_text(at, "class_name");
        c = name ? find_class(name) : NULL;
        if (!c || !keras_is_own(at) ||
            (!c->each && strcmp(name, "InputLayer") != 0))
            return false;
    }
    return true;
}

bool keras_takes(const json_node *node)
{
    const char *name = keras_text(node, "class_name"), *inner;
    const json_node *config;
    if (!name || !find_class(name) || !keras_is_own(node)) return false;
    if (strcmp(name, "TimeDistributed") != 0)
        return strcmp(name, "Flatten") && strcmp(name, "Reshape") &&
               strcmp(name, "Permute");
    return keras_object(json_find(json_find(node, "config"), "layer"), &inner,
                        &config) &&
           is_each(inner, config);
}

/* The layer that is put on every step, which ours are anyway. */
static elman_status add_distributed(keras_model *k, const keras_layer *l)
{
    keras_layer inner = *l;
    const json_node *held = json_find(l->config, "layer");
    bool is_object = keras_object(held, &inner.class_name, &inner.config);
    if (!is_object || !is_each(inner.class_name, inner.config) || !k->sequence)
        return keras_lacks(&inner);

    inner.path = import_text(k->im, "%s/layer", l->path);
    if (!inner.path) return ELMAN_NO_MEMORY;
    k->each = true;
    const keras_class *c = find_class(inner.class_name);
    elman_status status =
        c->add ? c->add(k, &inner) : keras_add_inner(k, &inner, held);
    k->each = false;
    return status;
}

/* From here on Keras takes what pads for steps. That is as if nothing had been
 * said of it, unless a layer has passed
 * over it before, or Masking has made zeros of it. */
static elman_status lose_mask(keras_model *k, const keras_layer *l)
{
    if (!k->im->padding || k->repeated) return ELMAN_OK;
    if (k->masked || strncmp(k->im->padding, "token", 5) != 0)
        return keras_refuse(l, "takes what pads (Masking, mask_zero) for steps "
                               "again, which elman cannot; build the model "
                               "without the mask");
    k->im->padding = NULL;
    return ELMAN_OK;
}

elman_status keras_add_layer(keras_model *k, const keras_layer *l)
{
    const keras_class *c = find_class(l->class_name);
    if (!c || !c->add) return keras_lacks(l);
    if (k->shaped)
        return keras_refuse(l, "reads features that a Reshape before it has "
                               "given axes of their own, which elman has not");
    bool loses = c->mask == LOSES || (c->mask == LOSES_IN_2 && k->second);
    if (l->use.masked && !k->im->padding)
        return keras_refuse(l, "is given a mask that no Embedding or Masking "
                               "in front of it makes, which elman has not");
    if (loses && k->sequence) TRY(lose_mask(k, l));
    return c->add(k, l);
}
