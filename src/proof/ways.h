/* ways.h: in how many ways a training can be computed. */
#ifndef PROOF_WAYS_H
#define PROOF_WAYS_H

#include <stddef.h>

/* How the steps of a training are computed. All zero: each batch in one pass,
 * by one thread. */
typedef struct training_way {
    int threads;  /* 0 means 1 */
    int ranks;    /* each a thread with a part of each batch, a slice of the
                     optimizer's moments and a model of its own; every second
                     computes by two threads. 0: no ranks */
    int budget;   /* of the bytes that a state can save by running steps again
                     it has to save so many quarters; 4: all */
    size_t group; /* sequences of a pass, a multiple of 8; 0: all */
    size_t chunk; /* steps of a pass, of networks that stream, without a budget;
                     0: all */
} training_way;

/* The ways that are proved to have one hash: each thing by itself, and pairs of
 * those that go together. */
size_t training_way_count(void);
const training_way *training_way_at(size_t index);

/* Writes a way in words, such as "threads 2, passes of B 8 T all". */
void training_way_write(const training_way *way, size_t bytes, char *words);

#endif
