/*
 * explain_cells.c: the equations of every cell, as docs/EQUATIONS.md has them:
 * one row each, which is computed and written with its numbers.
 */
#include "explain.h"

#include <stddef.h>

const equation loss_equations[] = {
    {"dy", "2 (h - target) / H", "the gradient of the loss at the last h"},
    {0},
};

/* ---- Elman -------------------------------------------------------------- */

static const equation rnn_forward[] = {
    {"a_h", "W_ih x + b_ih + W_hh h_prev + b_hh",
     "what the unit reads, from outside and from its own past"},
    {"h", "tanh(a_h)", "squashed into -1 to 1: the new memory"},
    {0},
};

static const equation rnn_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"da_h", "dh (1 - h^2)", "through tanh, whose slope follows from h alone"},
    {"dh_prev", "W_hh^T da_h", "on to the step before"},
    {"dx", "W_ih^T da_h", "and to the input"},
    {0},
};

static const equation relu_forward[] = {
    {"a_h", "W_ih x + b_ih + W_hh h_prev + b_hh",
     "what the unit reads, from outside and from its own past"},
    {"h", "relu(a_h)", "nothing below 0: the new memory"},
    {0},
};

static const equation relu_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"da_h", "dh relu'(h)", "all of it where h is above 0, else nothing"},
    {"dh_prev", "W_hh^T da_h", "on to the step before"},
    {"dx", "W_ih^T da_h", "and to the input"},
    {0},
};

/* ---- LSTM --------------------------------------------------------------- */

static const equation lstm_forward[] = {
    {"a_i", "W_ii x + b_ii + W_hi h_prev + b_hi", "sum into the input gate"},
    {"a_f", "W_if x + b_if + W_hf h_prev + b_hf", "sum into the forget gate"},
    {"a_g", "W_ig x + b_ig + W_hg h_prev + b_hg", "sum into the candidate"},
    {"a_o", "W_io x + b_io + W_ho h_prev + b_ho", "sum into the output gate"},
    {"i", "s(a_i)", "input gate: how much is written"},
    {"f", "s(a_f)", "forget gate: how much is kept"},
    {"g", "tanh(a_g)", "candidate: what is written"},
    {"o", "s(a_o)", "output gate: how much is shown"},
    {"c", "f c_prev + i g", "the cell: what is kept, and what is new"},
    {"h", "o tanh(c)", "what the cell shows"},
    {0},
};

static const equation lstm_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"dc", "dc_next + dh o (1 - tanh(c)^2)",
     "the cell's own path, and what comes through h"},
    {"do", "dh tanh(c)", "to what was shown"},
    {"di", "dc g", "to how much was written"},
    {"df", "dc c_prev", "to how much was kept"},
    {"dg", "dc i", "to what was written"},
    {"da_o", "do o (1 - o)", "through the output gate"},
    {"da_i", "di i (1 - i)", "through the input gate"},
    {"da_f", "df f (1 - f)", "through the forget gate"},
    {"da_g", "dg (1 - g^2)", "through the candidate"},
    {"dc_prev", "dc f", "on to the cell before: times f, and nothing else"},
    {"dh_prev", "W_hi^T da_i + W_hf^T da_f + W_hg^T da_g + W_ho^T da_o",
     "on to the h before"},
    {"dx", "W_ii^T da_i + W_if^T da_f + W_ig^T da_g + W_io^T da_o",
     "and to the input"},
    {0},
};

/* ---- GRU ---------------------------------------------------------------- */

static const equation gru_forward[] = {
    {"a_r", "W_ir x + b_ir + W_hr h_prev + b_hr", "sum into the reset gate"},
    {"a_z", "W_iz x + b_iz + W_hz h_prev + b_hz", "sum into the update gate"},
    {"r", "s(a_r)", "reset gate: how much of the past the candidate sees"},
    {"z", "s(a_z)", "update gate: how much is kept"},
    {"q", "W_hn h_prev + b_hn", "what the past says to the candidate"},
    {"a_n", "W_in x + b_in + r q", "sum into the candidate"},
    {"n", "tanh(a_n)", "candidate"},
    {"h", "n + z (h_prev - n)", "between the new and the old, as z says"},
    {0},
};

static const equation gru_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"dn", "dh (1 - z)", "to the candidate"},
    {"dz", "dh (h_prev - n)", "to how much was kept"},
    {"da_n", "dn (1 - n^2)", "through the candidate's tanh"},
    {"da_z", "dz z (1 - z)", "through the update gate"},
    {"dq", "da_n r", "to the product that r let through"},
    {"dr", "da_n q", "to how much r let through"},
    {"da_r", "dr r (1 - r)", "through the reset gate"},
    {"dh_prev", "dh z + W_hr^T da_r + W_hz^T da_z + W_hn^T dq",
     "on to the step before: times z, and through the gates"},
    {"dx", "W_ir^T da_r + W_iz^T da_z + W_in^T da_n", "and to the input"},
    {0},
};

static const equation_exception gru_exceptions[] = {
    {"W_hn", "dq", "h_prev"},
    {"b_hn", "dq", ""},
    {0},
};

static const equation gru_before_forward[] = {
    {"a_r", "W_ir x + b_ir + W_hr h_prev + b_hr", "sum into the reset gate"},
    {"a_z", "W_iz x + b_iz + W_hz h_prev + b_hz", "sum into the update gate"},
    {"r", "s(a_r)", "reset gate: how much of the past the candidate sees"},
    {"z", "s(a_z)", "update gate: how much is kept"},
    {"v", "r h_prev", "what is left of the past"},
    {"a_n", "W_in x + b_in + W_hn v + b_hn", "sum into the candidate"},
    {"n", "tanh(a_n)", "candidate"},
    {"h", "n + z (h_prev - n)", "between the new and the old, as z says"},
    {0},
};

static const equation gru_before_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"dn", "dh (1 - z)", "to the candidate"},
    {"dz", "dh (h_prev - n)", "to how much was kept"},
    {"da_n", "dn (1 - n^2)", "through the candidate's tanh"},
    {"da_z", "dz z (1 - z)", "through the update gate"},
    {"dv", "W_hn^T da_n", "to what r let through"},
    {"dr", "dv h_prev", "to how much r let through"},
    {"da_r", "dr r (1 - r)", "through the reset gate"},
    {"dh_prev", "dh z + dv r + W_hr^T da_r + W_hz^T da_z",
     "on to the step before: times z, and through the gates"},
    {"dx", "W_ir^T da_r + W_iz^T da_z + W_in^T da_n", "and to the input"},
    {0},
};

static const equation_exception gru_before_exceptions[] = {
    {"W_hn", "da_n", "v"},
    {0},
};

/* ---- The others --------------------------------------------------------- */

static const equation mingru_forward[] = {
    {"a_z", "W_iz x + b_iz", "sum into the gate: of the input alone"},
    {"z", "s(a_z)", "gate: how much is new"},
    {"n", "W_in x + b_in", "candidate, which is linear"},
    {"h", "h_prev + z (n - h_prev)", "between the old and the new, as z says"},
    {0},
};

static const equation mingru_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"dz", "dh (n - h_prev)", "to how much was new"},
    {"dn", "dh z", "to the candidate"},
    {"da_z", "dz z (1 - z)", "through the gate"},
    {"da_n", "dn", "the candidate is linear"},
    {"dh_prev", "dh (1 - z)", "on to the step before: times 1 - z alone"},
    {"dx", "W_iz^T da_z + W_in^T da_n", "and to the input"},
    {0},
};

static const equation minlstm_forward[] = {
    {"a_f", "W_if x + b_if", "sum into the forget gate: of the input alone"},
    {"a_i", "W_ii x + b_ii", "sum into the input gate"},
    {"f", "s(a_f)", "forget gate"},
    {"i", "s(a_i)", "input gate"},
    {"n", "W_in x + b_in", "candidate, which is linear"},
    {"k", "f / (f + i)", "both gates scaled to add up to 1"},
    {"h", "n + k (h_prev - n)", "between the new and the old, as k says"},
    {0},
};

static const equation minlstm_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"u", "dh (h_prev - n) k (1 - k)", "at the balance of the two gates"},
    {"da_f", "u (1 - f)", "through the forget gate"},
    {"da_i", "0 - u (1 - i)", "through the input gate"},
    {"da_n", "dh (1 - k)", "to the candidate"},
    {"dh_prev", "dh k", "on to the step before: times k alone"},
    {"dx", "W_if^T da_f + W_ii^T da_i + W_in^T da_n", "and to the input"},
    {0},
};

static const equation indrnn_forward[] = {
    {"a_h", "W_ih x + b_ih + w_hh h_prev",
     "what the unit reads: of the past, its own h alone"},
    {"h", "tanh(a_h)", "squashed into -1 to 1: the new memory"},
    {0},
};

static const equation indrnn_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"da_h", "dh (1 - h^2)", "through tanh"},
    {"dh_prev", "w_hh da_h", "on to the step before: one number a unit"},
    {"dx", "W_ih^T da_h", "and to the input"},
    {0},
};

static const equation indrnn_relu_forward[] = {
    {"a_h", "W_ih x + b_ih + w_hh h_prev",
     "what the unit reads: of the past, its own h alone"},
    {"h", "relu(a_h)", "nothing below 0: the new memory"},
    {0},
};

static const equation indrnn_relu_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"da_h", "dh relu'(h)", "all of it where h is above 0, else nothing"},
    {"dh_prev", "w_hh da_h", "on to the step before: one number a unit"},
    {"dx", "W_ih^T da_h", "and to the input"},
    {0},
};

static const equation ligru_forward[] = {
    {"a_z", "W_iz x + b_iz + W_hz h_prev + b_hz", "sum into the update gate"},
    {"a_n", "W_in x + b_in + W_hn h_prev + b_hn", "sum into the candidate"},
    {"z", "s(a_z)", "update gate: how much is kept"},
    {"n", "relu(a_n)", "candidate: nothing below 0"},
    {"h", "n + z (h_prev - n)", "between the new and the old, as z says"},
    {0},
};

static const equation ligru_backward[] = {
    {"dh", "dy + dh_next", "from the loss, and from the step after"},
    {"dz", "dh (h_prev - n)", "to how much was kept"},
    {"dn", "dh (1 - z)", "to the candidate"},
    {"da_z", "dz z (1 - z)", "through the update gate"},
    {"da_n", "dn relu'(n)", "through the candidate's relu"},
    {"dh_prev", "dh z + W_hz^T da_z + W_hn^T da_n",
     "on to the step before: times z, and through the gates"},
    {"dx", "W_iz^T da_z + W_in^T da_n", "and to the input"},
    {0},
};

static const cell_lesson cells[] = {
    {ELMAN_RNN, false, false, rnn_forward, rnn_backward, NULL},
    {ELMAN_RNN, true, false, relu_forward, relu_backward, NULL},
    {ELMAN_LSTM, false, false, lstm_forward, lstm_backward, NULL},
    {ELMAN_GRU, false, false, gru_forward, gru_backward, gru_exceptions},
    {ELMAN_GRU, false, true, gru_before_forward, gru_before_backward,
     gru_before_exceptions},
    {ELMAN_MINGRU, false, false, mingru_forward, mingru_backward, NULL},
    {ELMAN_MINLSTM, false, false, minlstm_forward, minlstm_backward, NULL},
    {ELMAN_INDRNN, false, false, indrnn_forward, indrnn_backward, NULL},
    {ELMAN_INDRNN, true, false, indrnn_relu_forward, indrnn_relu_backward,
     NULL},
    {ELMAN_LIGRU, false, false, ligru_forward, ligru_backward, NULL},
};

const cell_lesson *cell_lesson_find(elman_kind kind, bool relu,
                                    bool reset_before)
{
    for (size_t n = 0; n < sizeof cells / sizeof *cells; n++)
        if (cells[n].kind == kind && cells[n].relu == relu &&
            cells[n].reset_before == reset_before)
            return &cells[n];
    return NULL;
}
