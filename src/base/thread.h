/*
 * thread.h: a team of threads that share the parts of a pass, and work in the
 * background. Parts must not depend on each other; which thread runs a part
 * never changes a bit.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <stdint.h>

#include "base/status.h"

enum { THREADS_MAX = 64 };

/* Calls part(context, index) for every index < parts, on at most that
 * many threads (the caller is one of them), and returns when all parts are
 * done; parts is less than 2^32. Several threads may call this at once: one of
 * them gets the team, the others work alone. */
void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context);

/* Starts the threads that the first thread_run with that many would start. It
 * is not an error if the system gives fewer. */
void thread_prepare(int threads);

/* How many of so many threads a task is worth that would take one of them so
 * many nanoseconds, by all that is known before it begins: one where the task
 * is short, and also where the team sleeps and would take longer to wake than
 * the task does; but tasks that follow each other closely wake it. asked is
 * the task's own, 0 before the first. Neither locks nor makes a system call
 * unless a task is worth a team that sleeps. */
int thread_worth(int threads, double nanoseconds, double *asked);

/* How many thread_runs have had the team so far. */
uint64_t thread_runs(void);

/* At most so many threads in a run, the caller among them; 0: no limit. */
void thread_limit(int threads);

/* Ends the team's threads and waits for all tasks; a later run begins with a
 * new team. Not from a part or a task. Where the system allows it, this happens
 * by itself when the library is unloaded and when the program ends, after which
 * every caller works alone. */
void thread_end_all(void);

/* A task runs on a thread of its own, independent of the team, and takes no
 * signals. If the system gives no thread, thread_begin does the work itself.
 * thread_wait returns when the task is done; thread_end waits too, then frees
 * the task. In a child of fork a task does not go on: it is as if done. */
typedef struct thread_task thread_task;
elman_status thread_begin(void (*run)(void *context), void *context,
                          thread_task **task);
bool thread_is_done(const thread_task *task);
void thread_wait(thread_task *task);
void thread_end(thread_task *task);

/* The number of processors that this process may use. */
int thread_count(void);

#endif
