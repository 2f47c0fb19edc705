/*
 * gradients.c: the way back through a cell, by kind. Tables of their own, which
 * only training names, so that a program that does not train leaves them out.
 */
#include "cell/cell.h"

static const cell_gradients *const gradients[] = {
#define CELL(value, NAME, word, ...) [value] = &cell_##word##_gradients,
#define LAYER(...)
#include "base/kind.def"
};

const cell_gradients *cell_gradients_for(const elman_layer *config)
{
    const cell_gradients *plain = gradients[config->kind];
    return config->reset_before ? plain->reset_before : plain;
}

void cell_activate_backward(const kernels *k, const cell_weights *w,
                            const cell_rows *r, size_t m, size_t first,
                            size_t count, size_t i, const float *d, float *da)
{
    const train_kernels *train = kernels_train(k);
    size_t n = count * w->H;
    const float *gate = r->gate[m] + first * w->H;

    if (w->custom)
        train->activation_backward(n, &w->f[i], w->clip,
                                   r->sum[m] + first * w->H, d, da);
    else if (w->f[i].kind == ELMAN_ACTIVATION_SIGMOID)
        train->sigmoid_backward(n, w->clip, gate, d, da);
    else if (w->f[i].kind == ELMAN_ACTIVATION_TANH)
        train->tanh_backward(n, w->clip, gate, d, da);
    else train->relu_backward(n, w->clip, gate, d, da);
}
