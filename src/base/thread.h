/*
 * thread.h: a team of threads for one pass. Parts must not depend on each
 * other; which thread runs a part never changes a bit.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/status.h"

enum { THREADS_MOST = 64 };

/* Calls part(context, index) for every index below parts (below 2^32), on at
 * most threads threads (the caller is one), and returns when all are done.
 * Several callers may do so at once; only one of them gets the team, the
 * others work alone. */
void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context);

/* Starts what thread_run would start when it is first asked for so many, so
 * that it need not later. Fewer threads than that are no error. */
void thread_prepare(int threads);

/* One piece of work on a thread of its own, beside all of the above; no signal
 * of the process is taken there. Where no thread is to be had begin does the
 * work itself. wait returns when it is done, end then gives it back as well. */
typedef struct thread_task thread_task;
elman_status thread_begin(void (*run)(void *context), void *context,
                          thread_task **task);
bool thread_is_done(const thread_task *task);
void thread_wait(thread_task *task);
void thread_end(thread_task *task);

/* Processors this process may use. */
int thread_count(void);

#endif
