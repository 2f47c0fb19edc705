/*
 * thread.h: a team of threads for one pass. Parts must not depend on each
 * other; which thread runs a part never changes a bit.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <stddef.h>

/* Calls part(context, index) for every index below parts, on at most threads
 * threads (the caller is one), and returns when all are done. */
void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context);

/* Processors this process may use. */
int thread_count(void);

#endif
