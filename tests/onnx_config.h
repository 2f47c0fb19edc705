/*
 * onnx_config.h: random configs that ONNX can express.
 */
#ifndef TESTS_ONNX_CONFIG_H
#define TESTS_ONNX_CONFIG_H

#include <string.h>

#include "base/kind.h"
#include "export/onnx_function.h"

static inline void make_function_expressible(elman_activation *f)
{
    if (f->kind && !onnx_function_of(f->kind))
        *f = (elman_activation){.kind = ELMAN_ACTIVATION_TANH};
}

/* Takes out of a config what ONNX's operators do not have: a cell that is none
 * of them becomes an Elman network of the same sizes, a function tanh. */
static inline void make_expressible(elman_config *config)
{
    for (elman_layer *l = config->layers; l->kind; l++) {
        bool known = l->kind == ELMAN_RNN || l->kind == ELMAN_LSTM ||
                     l->kind == ELMAN_GRU;
        if (kind_is_recurrent(l->kind) && !known) {
            l->kind = ELMAN_RNN;
            memset(l->activations, 0, sizeof l->activations);
        }
        for (size_t i = 0; i < 2 * 3; i++)
            make_function_expressible(&l->activations[i / 3][i % 3]);
        make_function_expressible(&l->activation);
        l->proj_size = 0;
        l->zoneout = l->zoneout_cell = 0;
    }
}

#endif
