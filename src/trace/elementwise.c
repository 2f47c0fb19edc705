/* elementwise.c: functions of each number by itself, and softmax. */
#include "trace/elementwise.h"
#include "base/kind.h"

#include "trace/attribute.h"
#include "trace/layers.h"
#include "trace/unrolled_step.h"
#include "trace/view.h"
#include "trace/unrolled.h"

#include <math.h>
#include <string.h>

/* What an operator reads, as the next layer reads it. */
static elman_status read_flow(trace *t, const onnx_node *n,
                              const traced_value *v, size_t features,
                              view *read, size_t *I)
{
    const view *of = NULL;
    TRY(need_view(n, v, &of));
    if (features == of->rank) features--;

    if (features != ANY_AXIS && of->rank == 0)
        return refuse(n, "it reads one number, expected features");

    return layer_read(t, n, of, features, read, I);
}

elman_status elementwise_add(trace *t, const onnx_node *n,
                             const traced_value *x, const elman_layer *config,
                             traced_value *out)
{
    view read, y;
    size_t I;
    TRY(read_flow(t, n, x, ANY_AXIS, &read, &I));
    TRY(layer_add(t, n, &read, ANY_AXIS, config, I, &y));
    return value_set_view(t, out, x->type, &y);
}

elman_status elementwise_function(trace *t, const onnx_node *n, const char *op,
                                  const char *alpha, const char *beta,
                                  const traced_value *x, traced_value *out)
{
    static const struct {
        const char *op;
        elman_kind kind;
        elman_activation activation;
    } rows[] = {
        {"Tanh", ELMAN_TANH, {0}},
        {"Sigmoid", ELMAN_SIGMOID, {0}},
        {"Relu", ELMAN_RELU, {0}},
        {"LeakyRelu",
         ELMAN_ACTIVATION,
         {ELMAN_ACTIVATION_LEAKY_RELU, 0.01F, 0}},
        {"ThresholdedRelu",
         ELMAN_ACTIVATION,
         {ELMAN_ACTIVATION_THRESHOLDED_RELU, 1, 0}},
        {"HardSigmoid",
         ELMAN_ACTIVATION,
         {ELMAN_ACTIVATION_HARD_SIGMOID, 0.2F, 0.5F}},
        {"Elu", ELMAN_ACTIVATION, {ELMAN_ACTIVATION_ELU, 1, 0}},
        {"Softsign", ELMAN_ACTIVATION, {ELMAN_ACTIVATION_SOFTSIGN, 0, 0}},
        {"Softplus", ELMAN_ACTIVATION, {ELMAN_ACTIVATION_SOFTPLUS, 0, 0}},
    };
    elman_layer config = {0};

    bool found = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].op, op)) {
            config.kind = rows[i].kind;
            config.activation = rows[i].activation;
            found = true;
        }
    if (!found)
        return refuse(n, "its activation \"%.40s\" is not supported", op);

    /* alpha and beta have a default where the function takes them */
    elman_activation *a = &config.activation;
    if (a->alpha > 0) TRY(attribute_float(n, alpha, a->alpha, &a->alpha));
    if (a->beta > 0) TRY(attribute_float(n, beta, a->beta, &a->beta));

    return elementwise_add(t, n, x, &config, out);
}

elman_status trace_activation(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    if (in[0]->kind == VALUE_STEP || unrolled_begins(t, in[0]))
        return unrolled_activation(t, n, in[0], out[0]);
    return elementwise_function(t, n, n->op, "alpha", "beta", in[0], out[0]);
}

/* a elu(x / b): of a Selu gamma and 1, of a Celu both its alpha. */
elman_status trace_scaled_elu(trace *t, const onnx_node *n,
                              traced_value *const *in, traced_value *const *out)
{
    bool selu = node_is(n, "Selu");
    float alpha, gamma = 0;
    TRY(attribute_float(n, "alpha", selu ? 1.67326319217681884765625F : 1,
                        &alpha));
    if (selu)
        TRY(attribute_float(n, "gamma", 1.05070102214813232421875F, &gamma));
    if (!(alpha > 0) || !isfinite(1 / alpha) || (selu && !(gamma > 0)))
        return refuse(n,
                      "its alpha is %g and its gamma %g, expected more "
                      "than 0",
                      (double)alpha, (double)gamma);

    /* scaled in front, and behind */
    traced_value scaled = *in[0], bent = {.name = in[0]->name};
    const elman_layer front = {.kind = ELMAN_ACTIVATION,
                               .activation = {ELMAN_ACTIVATION_AFFINE,
                                              1 / alpha, 0}},
                      bend = {.kind = ELMAN_ACTIVATION,
                              .activation = {ELMAN_ACTIVATION_ELU,
                                             selu ? alpha : 1, 0}},
                      behind = {.kind = ELMAN_ACTIVATION,
                                .activation = {ELMAN_ACTIVATION_AFFINE,
                                               selu ? gamma : alpha, 0}};
    bool plain = !selu && alpha == 1;
    if (!selu && !plain) TRY(elementwise_add(t, n, in[0], &front, &scaled));
    TRY(elementwise_add(t, n, &scaled, &bend, plain ? out[0] : &bent));
    return plain ? ELMAN_OK : elementwise_add(t, n, &bent, &behind, out[0]);
}

/* HardSigmoid is 0 and 1 beyond its slope, which is widened again. */
elman_status elementwise_clip(trace *t, const onnx_node *n,
                              const traced_value *x, double low, double high,
                              traced_value *out)
{
    double range = high - low;
    traced_value unit = {.name = x->name};
    const elman_layer relu = {.kind = ELMAN_RELU};
    const elman_layer bend = {.kind = ELMAN_ACTIVATION,
                              .activation = {ELMAN_ACTIVATION_HARD_SIGMOID,
                                             (float)(1 / range),
                                             (float)(-low / range)}},
                      widen = {.kind = ELMAN_ACTIVATION,
                               .activation = {ELMAN_ACTIVATION_AFFINE,
                                              (float)range, (float)low}};

    /* a relu, or a slope between two numbers */
    if (low == 0 && isinf(high)) return elementwise_add(t, n, x, &relu, out);
    if (!isfinite(range) || !(range > 0) || !isfinite(1 / (float)range))
        return refuse(n,
                      "it bounds what it reads by %g and %g, expected both, "
                      "or 0 alone",
                      low, high);
    TRY(elementwise_add(t, n, x, &bend, &unit));
    return elementwise_add(t, n, &unit, &widen, out);
}

elman_status trace_softmax(trace *t, const onnx_node *n,
                           traced_value *const *in, traced_value *const *out)
{
    const view *of = NULL;
    view read, y;
    int64_t number;
    size_t axis, I;
    bool old = t->graph->opset < 13;
    TRY(attribute_whole(n, "axis", old ? 1 : -1, &number));
    TRY(need_view(n, in[0], &of));
    TRY(check_axis(n, number, of->rank, &axis));

    /* before opset 13 it ran over all axes from that one on */
    if (old && axis + 1 != of->rank)
        return refuse(n, "it runs over all axes from %zu on", axis);

    TRY(read_flow(t, n, in[0], axis, &read, &I));
    elman_layer config = {.kind = node_is(n, "LogSoftmax") ? ELMAN_LOG_SOFTMAX
                                                           : ELMAN_SOFTMAX};
    TRY(layer_add(t, n, &read, axis, &config, I, &y));
    return value_set_view(t, out[0], in[0]->type, &y);
}
