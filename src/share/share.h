/*
 * share.h: several ranks that train one model, each with a copy of it. What
 * they say to each other is made of exchanges of a transport, which the caller
 * gives; no sum depends on how many ranks there are or in which order messages
 * come. All ranks must make the same calls in the same order.
 */
#ifndef SHARE_SHARE_H
#define SHARE_SHARE_H

#include <stdint.h>

#include "base/status.h"
#include "elman_train.h"
#include "base/deal.h"
#include "base/system.h"
#include "base/thread.h"
#include "share/route.h"

/* A sum in parts: part number i is of the weights from begins[i] to before
 * begins[i - 1], or the end, and goes a way of its own, to ranks that hold a
 * slice of it each, and from these to its owners. They are the same, unless a
 * part has too few blocks for so many ranks. */
typedef struct share_parts {
    size_t count, begins[DEAL_PARTS];
    route ways[DEAL_PARTS];
    size_t *owned, *held;    /* (count,size + 1) where slices begin */
    mutex lock;              /* of what follows, while the task runs */
    size_t complete, summed; /* how many parts are */
    bool running;            /* somebody sums what is complete */
    elman_status status;
    char message[1024]; /* why it failed; a sentence belongs to a thread */
    thread_task *task;
} share_parts;

typedef struct share {
    elman_transport transport;
    int rank, size;
    int threads;    /* that add up when no pass goes on beside it; 0: one */
    uint64_t sent;  /* bytes, so far */
    double seconds; /* in exchanges, so far */

    /* of messages that are all under way at once */
    elman_transfer *messages; /* (message_room) */
    size_t message_count, message_room;
    bool no_room; /* one found no memory */

    /* a gradient of n weights, cut in slices of whole blocks */
    size_t n, block;
    float *nodes[DEAL_NODES]; /* (n) this rank's; the first is the caller's */
    float *room;              /* (2,n) what arrives */

    /* who owns which slice, and how the sum gets there (route.h) */
    int *order, *place; /* (size) the rank of a slice, the slice of a rank */
    share_parts parts;

    /* how the leaves of the last batch were dealt */
    size_t leaves, unit;
    stretch *dealt; /* (size) */
} share;

/* A share of transport, which is checked. destroy takes NULL as well. */
elman_status share_create(const elman_transport *transport, share **share);
void share_destroy(share *share);

/* Gives up for all ranks: their exchanges fail with the sentence. */
void share_abort(share *share, const char *sentence);

/* The leaves of a rank, or of this one, when so many are dealt. */
stretch share_leaves(share *share, size_t leaves, int rank);
stretch share_own_leaves(share *share, size_t leaves);

/* ---- Collecting (collect.c) ---------------------------------------------- */

/* What rank 0 has in data (bytes) comes to all. */
elman_status share_broadcast(share *share, void *data, size_t bytes);

/* Each part of data is filled in on one rank and comes to all: part number i
 * is on rank owner[i] (NULL: on rank i), its bytes from begins[i] to before
 * begins[i + 1]; there are as many as ranks. */
elman_status share_collect(share *share, void *data, const size_t *begins,
                           const int *owner);

/* The same to rank 0 alone. */
elman_status share_gather(share *share, void *data, const size_t *begins,
                          const int *owner);

/* The same where each rank has filled in a part of several rows of them: begins
 * (rows,size + 1). */
elman_status share_collect_rows(share *share, void *data, const size_t *begins,
                                size_t rows, const int *owner);
elman_status share_gather_rows(share *share, void *data, const size_t *begins,
                               size_t rows, const int *owner);

/* data holds one value of so many bytes for each of the leaves; each rank has
 * filled in those of its own. */
elman_status share_collect_leaves(share *share, void *data, size_t leaves,
                                  size_t bytes);

/* The same of data (1 + leaves), whose first is rank 0's, for all. */
elman_status share_collect_told(share *share, void *data, size_t leaves,
                                size_t bytes);

/* data holds one value of so many bytes for each rank, which has filled in its
 * own. */
elman_status share_collect_each(share *share, void *data, size_t bytes);

/* Each of the counts becomes the sum of those of all ranks. */
elman_status share_add_counts(share *share, uint64_t *counts, size_t count);

/* ---- Summing (reduce.c) -------------------------------------------------- */

/* Takes room for gradients of n weights, of which each rank sums whole blocks.
 */
elman_status share_prepare(share *share, size_t n, size_t block);

/* The weights whose sums and moments this rank owns, once share_cut has been
 * called, if it is. */
weight_slice share_own_slice(const share *share);

/* Of a gradient with so many leaves each rank has its nodes (share.nodes, the
 * first of which is total): afterwards total (n) holds the sum over all leaves
 * in this rank's slice, and nothing of use elsewhere. */
elman_status share_reduce(share *share, size_t leaves, float *total);

/* share_reduce in steps. After begin, complete says that no gradient from place
 * on will change any more on this rank: their sum begins on a thread of its
 * own, part by part as share_cut has it, while the caller makes those before.
 * From the first of these on nothing else is exchanged, until end has waited
 * for all of it. No rank needs to say what is complete. */
elman_status share_reduce_begin(share *share, size_t leaves, float *total);
void share_reduce_complete(share *share, size_t place);
elman_status share_reduce_end(share *share);

/* Parts may begin at the first block behind these places (count, ascending) if
 * so many weights are in them, and an eighth of all; the same on all ranks.
 * Once, after share_prepare. */
elman_status share_cut(share *share, const size_t *places, size_t count,
                       size_t least);
void share_parts_end(share_parts *parts);
void share_parts_release(share_parts *parts);

/* Sums the next part with so many threads, as end does with what is left. */
elman_status share_reduce_next(share *share, int threads);

/* All rounds of a part but the last, and the last of all parts. */
elman_status share_reduce_part(share *share, size_t part, int threads);
elman_status share_reduce_last(share *share);

/* The weights of a part, and what a rank holds of it is a multiple of. */
stretch share_part(const share *share, size_t part);
size_t share_piece(const share *share, size_t part);

/* One value of so many bytes for each block of weights comes to all, each from
 * the owner of its slice. */
elman_status share_collect_blocks(share *share, void *data, size_t bytes);

/* The slices of values (n), each from its owner, come to all, or to rank 0. */
elman_status share_collect_slices(share *share, float *values);
elman_status share_gather_slices(share *share, float *values);

/* ---- Exchanges ----------------------------------------------------------- */

/* Adds a message to the next exchange: all that are added run at once, and
 * those between two ranks in the order in which both have added them. Without
 * bytes there is none. */
void share_send(share *share, int rank, const void *data, size_t bytes);
void share_receive(share *share, int rank, void *data, size_t bytes);
elman_status share_exchange(share *share);

#endif
