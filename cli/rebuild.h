/*
 * rebuild.h: a model that becomes another one with the same weights: in another
 * order of axes, or without a layer at one of its ends.
 */
#ifndef REBUILD_H
#define REBUILD_H

#include "network.h"

/* *model becomes one of config, whose layers are some of its own, by their
 * names. Returns 0, or an exit code after an error line. */
int model_rebuild(const elman_config *config, elman_model **model);

/* The softmax that a model ends with, or, if log, its logarithm; NULL if it
 * ends otherwise, or has no other layer. */
elman_layer *find_softmax(elman_config *config, bool log);

/* The network becomes one without its softmax at the end, or without the
 * embedding in front, whose (V,E) numbers are *table then, malloc'ed. */
int network_drop_softmax(network *net);
int network_drop_embedding(network *net, float **table);

#endif
