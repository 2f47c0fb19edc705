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

const char *onnx_function_put(onnx_builder *b, elman_activation f,
                              const char *x)
{
    const onnx_function *function = onnx_function_of(f.kind);
    const char *y;

    /* two are made of several operators, the others are one with attributes */
    switch (f.kind) {
    case ELMAN_ACTIVATION_AFFINE:
        y = build_op(b, "Mul", x, build_scalar(b, f.alpha), NULL);
        return build_op(b, "Add", y, build_scalar(b, f.beta), NULL);
    case ELMAN_ACTIVATION_SCALED_TANH:
        y = build_op(b, "Mul", x, build_scalar(b, f.beta), NULL);
        y = build_op(b, "Tanh", y, NULL);
        return build_op(b, "Mul", y, build_scalar(b, f.alpha), NULL);
    default:
        y = build_op(b, function->name, x, NULL);
        if (function->constants > 0) build_number(b, "alpha", f.alpha);
        if (function->constants > 1) build_number(b, "beta", f.beta);
        return y;
    }
}
