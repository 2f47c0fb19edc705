/*
 * neighbours.h: the ranks that share this machine. What sees at once when
 * one has died, without looking: one that is killed, by hand or by a system
 * without memory, or that crashes, says nothing itself, and what its launcher
 * says need not name the rank, nor what to do.
 */
#ifndef MPI_NEIGHBOURS_H
#define MPI_NEIGHBOURS_H

/* From here on one of those that are left on a machine says so where a rank has
 * died; and the job ends within seconds, by its launcher or by MPI_Abort. On
 * another machine that has no other rank, rank 0 says that one may have, when
 * it is told to end while it waits. Called by all ranks, after MPI_Init. Where
 * they cannot share memory, only the launcher says something. */
void neighbours_open(void);

/* Where the error lines of this rank really go, if not to standard error. */
void neighbours_say_on(int descriptor);

/* A signal asked this rank to end: others do not say that it has died. For a
 * handler of signals. */
void neighbours_asked(int signal_number);

/* This rank ends the job and has said why: nobody else says anything. */
void neighbours_told(void);

/* By all ranks, at their end. */
void neighbours_close(void);

#endif
