/* cell.c: the table of cells, and what a fused step takes of them. */
#include "cell/cell.h"

fused_step fused_step_of(const cell_weights *w, const cell_rows *r,
                         float *const *h)
{
    return (fused_step){
        .M = r->M,
        .H = w->H,
        .start = r->has_x ? w->start : NULL,
        .ih = w->ih,
        .hh = w->hh[0],
        .x = r->has_x ? r->x : NULL,
        .h_in = r->h_in,
        .h_prev = r->h_prev,
        .c_prev = r->c_prev,
        .gate = r->gate,
        .side = r->side,
        .c = r->c,
        .h = h,
        .bias_hn = w->bias_hn,
        .variant = w->variant,
        .relu = w->nonlinearity == ELMAN_NONLINEARITY_RELU,
    };
}

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
