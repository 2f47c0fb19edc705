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

/* Takes out of a config what ONNX's operators do not have: zoneout of cells
 * whose gates see h, and functions. */
static inline void make_expressible(elman_config *config)
{
    for (elman_layer *l = config->layers; l->kind; l++) {
        for (size_t i = 0; i < 2 * 3; i++)
            make_function_expressible(&l->activations[i / 3][i % 3]);
        make_function_expressible(&l->activation);
        if (l->kind == ELMAN_LSTM || l->kind == ELMAN_GRU ||
            l->kind == ELMAN_LIGRU)
            l->zoneout = l->zoneout_cell = 0;
    }
}

#endif
