/* onnx_function.c: activation functions as ONNX calls them. */
#include "export/onnx_function.h"

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
    return &functions[kind];
}
