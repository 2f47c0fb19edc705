/*
 * local.h: a transport between threads of one process: what the library proves
 * itself with, and what its tests run on.
 */
#ifndef SHARE_LOCAL_H
#define SHARE_LOCAL_H

#include "base/status.h"
#include "elman_train.h"

typedef struct local_ranks local_ranks;

/* So many ranks that know each other; destroy when all their exchanges are
 * over. */
elman_status local_create(int size, local_ranks **ranks);
void local_destroy(local_ranks *ranks);

/* The end that the thread of a rank uses, in memory of ranks. */
const elman_transport *local_transport(local_ranks *ranks, int rank);

/* Calls run(context, transport) once for each rank, each on a thread of its
 * own but for rank 0, which is the caller's, and returns the first failure: its
 * status and its sentence. A rank that fails makes the others fail as well. */
elman_status local_run(int size,
                       elman_status (*run)(void *context,
                                           const elman_transport *transport),
                       void *context);

#endif
