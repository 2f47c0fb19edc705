/*
 * init.h: how the weights of a new model are drawn. Element i of a parameter
 * depends on the seed, on which parameter it is and on i alone.
 */
#ifndef LAYER_INIT_H
#define LAYER_INIT_H

#include "layer/layer.h"

/* Draws parameter p, the one with number which of its model, into values
 * (p->count), by the rules of elman_init in elman.h; ELMAN_INIT_DEFAULT by
 * p->bound. With (R,C) the shape of p:
 *
 *   Xavier      uniform in +-gain sqrt(6 / (R + C)), or sigma
 *               gain sqrt(2 / (R + C))                  Glorot & Bengio 2010
 *   He          uniform in +-gain sqrt(3 / C), or sigma gain / sqrt C
 *                                                       He et al. 2015
 *   orthogonal  of each gate's block the rows or columns, whichever are fewer,
 *               become orthonormal, times the gain      Saxe et al. 2014
 *   identity    1 where row and column of the block are one number
 *
 * Then for an LSTM's biases forget_bias and chrono, which sets the blocks i
 * and f of bias_ih and zeroes them in bias_hh.
 *
 * ELMAN_BAD_VALUE (the caller adds the parameter's name) if init is unknown,
 * its value out of range, or the rule needs two dimensions and p has one;
 * ELMAN_NO_MEMORY from orthogonal, which needs room for a block. */
elman_status init_parameter(const parameter *p, uint64_t seed, uint32_t which,
                            float *values);

#endif
