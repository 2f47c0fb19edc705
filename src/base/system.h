/*
 * system.h: what the operating system gives, in words that all systems have:
 * threads, locks, large pages, the clock and what the machine is.
 * system_posix.c says them for Linux, macOS and their kin, system_windows.c for
 * Windows; the build takes one of the two. No other file of the house includes
 * a header of the system for these things.
 */
#ifndef BASE_SYSTEM_H
#define BASE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef _WIN32
#include <pthread.h>
#endif

/* ---- Locks --------------------------------------------------------------- */

/* A lock that one thread holds, a condition that threads sleep on, and a
 * function that runs once. Each is set to its *_READY where it is defined,
 * needs no end, and must not be copied. On Windows each is one pointer, which
 * system_windows.c takes for an SRWLOCK, CONDITION_VARIABLE or INIT_ONCE. */
#ifdef _WIN32
typedef struct mutex {
    void *lock;
} mutex;
typedef struct condition {
    void *variable;
} condition;
typedef struct once {
    void *state;
} once;
#define MUTEX_READY                                                            \
    {                                                                          \
        0                                                                      \
    }
#define CONDITION_READY                                                        \
    {                                                                          \
        0                                                                      \
    }
#define ONCE_READY                                                             \
    {                                                                          \
        0                                                                      \
    }
#else
typedef struct mutex {
    pthread_mutex_t lock;
} mutex;
typedef struct condition {
    pthread_cond_t variable;
} condition;
typedef struct once {
    pthread_once_t state;
} once;
#define MUTEX_READY                                                            \
    {                                                                          \
        PTHREAD_MUTEX_INITIALIZER                                              \
    }
#define CONDITION_READY                                                        \
    {                                                                          \
        PTHREAD_COND_INITIALIZER                                               \
    }
#define ONCE_READY                                                             \
    {                                                                          \
        PTHREAD_ONCE_INIT                                                      \
    }
#endif

void mutex_lock(mutex *m);
bool mutex_lock_now(mutex *m); /* false, without waiting, if it is held */
void mutex_unlock(mutex *m);

/* Gives m back, sleeps until the condition is woken (or for no reason at all)
 * and takes m again. */
void condition_wait(condition *c, mutex *m);
void condition_wake(condition *c); /* everybody who sleeps */

/* Calls run if this once has not called it yet; returns when run has. */
void once_run(once *o, void (*run)(void));

/* Makes a lock, condition or once new in a child of fork, where the thread that
 * held it does not exist. */
void mutex_renew(mutex *m);
void condition_renew(condition *c);

/* ---- Threads ------------------------------------------------------------- */

typedef struct system_thread {
    void (*run)(void *context);
    void *context;
#ifdef _WIN32
    uintptr_t id; /* a HANDLE */
#else
    pthread_t id;
#endif
} system_thread;

/* Starts a thread that runs run(context), with that many bytes of stack and no
 * signals, as they belong to the program; false if the system refuses. The
 * struct is the thread's until system_thread_join, which waits for the end of
 * run; nothing is allocated here. */
bool system_thread_start(void (*run)(void *context), void *context,
                         size_t stack, system_thread *thread);
void system_thread_join(system_thread *thread);

/* Lets another thread have this processor, if one waits for it. */
void system_thread_yield(void);

/* Sleeps so long, about. */
void system_thread_sleep(unsigned milliseconds);

/* The processor that this thread runs on, or -1 if the system does not tell. */
int system_processor_here(void);

/* A thread that sleeps wakes on another processor than that one; false where it
 * may use no other or the system cannot. Once awake it calls
 * system_thread_allow to be free again. Some systems wake a thread where it
 * slept, or where the one that wakes it runs, and leave both there for
 * milliseconds. */
bool system_thread_avoid(const system_thread *thread, int processor);
void system_thread_allow(int processor);

/* Before a function: it runs when the program ends or the library is unloaded.
 * Nothing where a thread must not be waited for at that time. */
#ifdef __ELF__
#define SYSTEM_AT_UNLOAD __attribute__((destructor))
#else
#define SYSTEM_AT_UNLOAD __attribute__((unused))
#endif

/* Has these called around every fork of the process: before it and then in both
 * processes. Nothing where there is no fork; false without memory. */
bool system_at_fork(void (*before)(void), void (*in_parent)(void),
                    void (*in_child)(void));

/* The number of processors that this process may use, at least 1. */
int system_processors(void);

/* ---- Memory -------------------------------------------------------------- */

/* Bytes of a huge page on x86 and most ARM systems. */
enum { HUGE_PAGE = 2 * 1024 * 1024 };

/* A block at a multiple of unit, a power of two; bytes is a multiple of 64.
 * NULL without memory. From HUGE_PAGE on it asks for huge pages, a wish that
 * the system need not grant. What is never written of it costs no memory. */
void *system_block_create(size_t unit, size_t bytes);
void system_block_destroy(void *block); /* NULL is fine */

/* ---- The machine --------------------------------------------------------- */

/* Bytes of the data cache of a level from 1 to 3; 0 if the system does not
 * tell. */
size_t system_cache_size(int level);

/* What the maker calls the processor, or "unknown". */
void system_processor_name(size_t bytes, char *name);

#endif
