/*
 * backward.c: the way back through a layer, by family. A table of its own,
 * which only training names, so that a program that does not train leaves it
 * out.
 */
#include "layer/layer.h"

#include "base/kind.h"

static layer_backward_call *const calls[] = {
    [ELMAN_FAMILY_RECURRENT] = recurrent_backward,
    [ELMAN_FAMILY_LINEAR] = layer_linear_backward,
    [ELMAN_FAMILY_EMBEDDING] = layer_embedding_backward,
    [ELMAN_FAMILY_ACTIVATION] = layer_activation_backward,
    [ELMAN_FAMILY_SOFTMAX] = layer_activation_backward,
    [ELMAN_FAMILY_NORM] = layer_norm_backward,
    [ELMAN_FAMILY_DROPOUT] = layer_dropout_backward,
    [ELMAN_FAMILY_LAST] = layer_last_backward,
    [ELMAN_FAMILY_POOL] = layer_pool_backward,
    [ELMAN_FAMILY_L2_NORM] = layer_l2_norm_backward,
    [ELMAN_FAMILY_REPEAT] = layer_repeat_backward,
};

void layer_backward(const layer *l, const pass *p, layer_state *s,
                    const float *x, float *dx)
{
    calls[kind_at(l->config.kind)->family](l, p, s, x, dx);
}
