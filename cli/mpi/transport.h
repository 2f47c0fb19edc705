/* transport.h: an elman_transport over MPI. */
#ifndef MPI_TRANSPORT_H
#define MPI_TRANSPORT_H

#include "elman.h"

/* That of this process, in memory of its own; after MPI_Init. */
const elman_transport *transport_open(void);

/* Which wait for other ranks goes on just now, by a number of its own; 0: none.
 * From any thread. */
unsigned transport_waits(void);

#endif
