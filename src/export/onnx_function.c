/* onnx_function.c: activation functions as ONNX calls them. */
#include "export/onnx_function.h"
#include "base/activation.h"

static const onnx_function functions[] = {
    [ELMAN_ACTIVATION_TANH] = {"Tanh", 0},
    [ELMAN_ACTIVATION_SIGMOID] = {"Sigmoid", 0},
    [ELMAN_ACTIVATION_RELU] = {"Relu", 0},
    [ELMAN_ACTIVATION_AFFINE] = {"Affine", 2},
    [ELMAN_ACTIVATION_LEAKY_RELU] = {"LeakyRelu", 1},
    [ELMAN_ACTIVATION_THRESHOLDED_RELU] = {"ThresholdedRelu", 1},
    [ELMAN_ACTIVATION_SCALED_TANH] = {"ScaledTanh", 2},
    [ELMAN_ACTIVATION_HARD_SIGMOID] = {"HardSigmoid", 2},
    [ELMAN_ACTIVATION_ELU] = {"Elu", 1},
    [ELMAN_ACTIVATION_SOFTSIGN] = {"Softsign", 0},
    [ELMAN_ACTIVATION_SOFTPLUS] = {"Softplus", 0},
};

const onnx_function *onnx_function_of(elman_activation_kind kind)
{
    bool known = (size_t)kind < sizeof functions / sizeof *functions;
    return known && functions[kind].name ? &functions[kind] : NULL;
}

elman_status onnx_function_check(const char *layer, elman_activation_kind kind)
{
    if (onnx_function_of(kind)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the layer %s has the function %s, which ONNX does not have",
                   layer, activation_word(kind));
}
