/*
 * find_rate.h: --find-lr: which learning rate suits a model and its data, by a
 * ramp of rates over a few steps (Smith 2017).
 */
#ifndef FIND_RATE_H
#define FIND_RATE_H

#include "elman.h"

/* Makes config that of a ramp: its own schedule, length and rates. */
void find_rate_prepare(elman_trainer_config *config);

/* Runs a trainer of such a config until its loss has grown far beyond the
 * lowest, and prints the losses and a rate. Returns the exit code. */
int find_rate(elman_trainer *trainer);

#endif
