/*
 * random_config.h: random networks with every option of elman_layer, for checks
 * that compare two methods of computing the same thing. What is drawn depends
 * on the seed alone.
 */
#ifndef PROOF_RANDOM_CONFIG_H
#define PROOF_RANDOM_CONFIG_H

#include "elman.h"

typedef struct draws {
    uint64_t s;
} draws;

/* A sequence of numbers of its own for each (seed, which). */
draws draws_from(uint64_t seed, uint64_t which);

/* 64 random bits. */
uint64_t draw_next(draws *d);

/* From first to last, both included. */
size_t draw_size(draws *d, size_t first, size_t last);

bool draw_chance(draws *d, unsigned percent);

/* A float32 number in [low, high). */
float draw_real(draws *d, float low, float high);

/* A config that elman_model_create accepts, with one or two recurrent layers
 * of up to three levels, and H from 2 to most_hidden. */
elman_config random_config(draws *d, size_t most_hidden);

/* The same with one vector of each sequence that is repeated, and mostly a
 * recurrent layer behind it. */
elman_config random_repeating(draws *d, size_t most_hidden);

/* Writes config in one line: "I 3: LSTM 7x2 reverse clip 0.5, linear 4". A
 * line that does not fit in bytes ends in "...". */
void config_write_line(const elman_config *config, size_t bytes, char *line);

#endif
