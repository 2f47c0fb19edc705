/*
 * keras_known.c: which settings of Keras's layers are known, and which types of
 * numbers they compute in. A setting that is passed over unseen could change
 * the answers.
 */
#include "import/keras_parts.h"

#include "import/members.h"

#include <stdio.h>
#include <string.h>

/* ---- Settings ----------------------------------------------------------- */

/* What trains a weight, and is of no matter for answers. */
#define TRAINED(w) " " w "_initializer " w "_regularizer " w "_constraint"

#define ANY                                                                    \
    "name trainable dtype autocast dynamic=false batch_input_shape "           \
    "batch_shape "                                                             \
    "build_config "
#define STEPS                                                                  \
    " return_sequences return_state go_backwards stateful unroll time_major "  \
    "zero_output_for_mask num_constants"
#define CELL                                                                   \
    " units activation use_bias dropout recurrent_dropout implementation seed" \
    " activity_regularizer use_cudnn" TRAINED("kernel") TRAINED("recurrent")   \
        TRAINED("bias")
#define LSTM_CELL CELL " recurrent_activation unit_forget_bias"
#define GRU_CELL  CELL " recurrent_activation reset_after"
#define LORA      " lora_rank lora_alpha quantization_config"
#define NOISE     ANY " rate stddev seed noise_shape"
#define POOL      ANY " data_format keepdims"
#define AFFINE    " axis epsilon center scale" TRAINED("beta") TRAINED("gamma")

/* The members of their configs, as members.h has them. */
static const struct {
    const char *class_name, *known;
} known[] = {
    {"LSTM", ANY STEPS LSTM_CELL},
    {"LSTMCell", ANY LSTM_CELL},
    {"GRU", ANY STEPS GRU_CELL},
    {"GRUCell", ANY GRU_CELL},
    {"SimpleRNN", ANY STEPS CELL},
    {"SimpleRNNCell", ANY CELL},
    {"RNN", ANY STEPS " cell"},
    {"StackedRNNCells", ANY "cells reverse_state_order=false"},
    {"Bidirectional", ANY "layer backward_layer merge_mode num_constants"},
    {"TimeDistributed", ANY "layer"},
    {"Dense", ANY "units activation use_bias activity_regularizer" LORA TRAINED(
                  "kernel") TRAINED("bias")},
    {"Embedding",
     ANY "input_dim output_dim mask_zero input_length "
         "activity_regularizer sparse=false" LORA TRAINED("embeddings")},
    {"Tanh", ANY},
    {"Sigmoid", ANY},
    {"Relu", ANY},
    {"Relu6", ANY},
    {"Elu", ANY "alpha"},
    {"LeakyRelu", ANY "negative_slope"},
    {"Selu", ANY},
    {"Softplus", ANY},
    {"Softsign", ANY},
    {"HardSigmoid", ANY},
    {"HardTanh", ANY},
    {"Add", ANY},
    {"Subtract", ANY},
    {"Multiply", ANY},
    {"Divide", ANY},
    {"TrueDivide", ANY},
    {"Negative", ANY},
    {"LayerNormalization", ANY "rms_scaling" AFFINE},
    {"BatchNormalization",
     ANY "momentum synchronized renorm renorm_clipping renorm_momentum fused "
         "virtual_batch_size" AFFINE TRAINED("moving_mean")
             TRAINED("moving_variance")},
    {"Normalization", ANY "axis invert mean variance"},
    {"UnitNormalization", ANY "axis"},
    {"Rescaling", ANY "scale offset"},
    {"Masking", ANY "mask_value"},
    {"Activation", ANY "activation"},
    {"ReLU", ANY "max_value negative_slope threshold"},
    {"LeakyReLU", ANY "negative_slope alpha"},
    {"ELU", ANY "alpha"},
    {"Softmax", ANY "axis"},
    {"ThresholdedReLU", ANY "theta"},
    {"GlobalAveragePooling1D", POOL},
    {"GlobalAvgPool1D", POOL},
    {"GlobalMaxPooling1D", POOL},
    {"GlobalMaxPool1D", POOL},
    {"Dropout", NOISE},
    {"SpatialDropout1D", NOISE},
    {"GaussianDropout", NOISE},
    {"GaussianNoise", NOISE},
    {"AlphaDropout", NOISE},
    {"ActivityRegularization", ANY "l1 l2 activity_regularizer"},
    {"Identity", ANY},
    {"InputLayer", ANY "shape batch_size sparse ragged optional input_tensor"},
    {"Flatten", ANY "data_format"},
    {"Reshape", ANY "target_shape"},
    {"Permute", ANY "dims"},
    {"Flip", "name axis"},
    {"GetItem", "name"},
    {"RepeatVector", ANY "n"},
    {"Sequential", ANY "layers build_input_shape"},
    {"Functional", ANY "layers input_layers output_layers"},
    {"Model", ANY "layers input_layers output_layers"},
};

static const char *known_of(const char *class_name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].class_name, class_name) == 0) return known[i].known;
    return NULL;
}

/* ---- Types -------------------------------------------------------------- */

/* Keras computes a layer in the type that its policy says. What is rounded
 * there is not here, which is said; whole numbers are refused. */
static elman_status check_type(keras_model *k, const keras_layer *l,
                               const json_node *config)
{
    const json_node *node = json_find(config, "dtype");
    const char *name = json_text(node);
    if (!name) name = keras_text(json_find(node, "config"), "name");
    if (!name) return ELMAN_OK;

    /* "int8_from_float32"; else what it rounds to, once for all layers */
    if (strstr(name, "_from_"))
        return keras_refuse(l, "computes in whole numbers (quantize), which "
                               "elman does not; save the model before that");
    const char *type = strstr(name, "float16");
    if (!type || k->im->unlike) return ELMAN_OK;
    if (type > name && type[-1] == 'b') type--;

    k->im->unlike =
        import_text(k->im,
                    "; Keras computes the layer %.60s in %s, here in float32: "
                    "answers differ by as much as that rounds",
                    l->name, type);
    return k->im->unlike ? ELMAN_OK : ELMAN_NO_MEMORY;
}

/* ---- Both --------------------------------------------------------------- */

static elman_status check_object(keras_model *k, const keras_layer *l,
                                 const char *class_name,
                                 const json_node *config)
{
    char owner[140];
    const char *list = known_of(class_name);
    if (!list) return ELMAN_OK;
    snprintf(owner, sizeof owner, "the layer %.60s (%.60s)", l->name,
             class_name);
    TRY(members_check(config, list, owner));
    return check_type(k, l, config);
}

elman_status keras_check_known(keras_model *k, const keras_layer *l)
{
    static const char *const parts[] = {"layer", "backward_layer", "cell"};
    const char *class_name;
    const json_node *config;
    TRY(check_object(k, l, l->class_name, l->config));

    /* layers and cells in it, which hold cells in turn */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        keras_layer inner = *l;
        if (keras_object(json_find(l->config, parts[i]), &inner.class_name,
                         &inner.config))
            TRY(keras_check_known(k, &inner));
    }

    const json_node *cells = json_find(l->config, "cells");
    if (!cells || cells->kind != JSON_KIND_LIST) return ELMAN_OK;
    for (const json_node *at = cells->is.first; at; at = at->next)
        if (keras_object(at, &class_name, &config))
            TRY(check_object(k, l, class_name, config));
    return ELMAN_OK;
}
