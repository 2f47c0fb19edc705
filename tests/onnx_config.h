/*
 * onnx_config.h: random configs that ONNX can express.
 */
#ifndef TESTS_ONNX_CONFIG_H
#define TESTS_ONNX_CONFIG_H

#include <string.h>

#include "base/kind.h"

/* Takes out of a config what ONNX's operators do not have: a cell that is none
 * of them becomes an Elman network of the same sizes. */
static inline void make_expressible(elman_config *config)
{
    for (elman_layer *l = config->layers; l->kind; l++) {
        bool known = l->kind == ELMAN_RNN || l->kind == ELMAN_LSTM ||
                     l->kind == ELMAN_GRU;
        if (kind_is_recurrent(l->kind) && !known) {
            l->kind = ELMAN_RNN;
            memset(l->activations, 0, sizeof l->activations);
        }
        l->proj_size = 0;
        l->zoneout = l->zoneout_cell = 0;
    }
}

#endif
