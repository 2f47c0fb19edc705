/* transport.h: an elman_transport over MPI. */
#ifndef MPI_TRANSPORT_H
#define MPI_TRANSPORT_H

#include "elman.h"

/* That of this process, in memory of its own; after MPI_Init. */
const elman_transport *transport_open(void);

#endif
