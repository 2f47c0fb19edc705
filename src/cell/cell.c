/* cell.c: the table of cells. */
#include "cell/cell.h"

const cell *cell_for(const elman_layer *config)
{
    switch (config->kind) {
    case ELMAN_LSTM:
        return &cell_lstm;
    case ELMAN_GRU:
        return config->reset_before ? &cell_gru_before : &cell_gru_after;
    default:
        return &cell_rnn;
    }
}
