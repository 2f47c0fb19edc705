/*
 * thread.c: one team of POSIX threads for the process. Parts are not dealt but
 * claimed: whoever has a processor takes the next one, and the caller works as
 * well. So a thread that the system has put aside holds nobody up, unless it
 * holds a part; with OpenMP every region waited for every thread, and a region
 * of two took 5 ms on a busy machine that now takes 20 us.
 *
 * All that a claim needs is in one word, the ticket:
 *
 *   | 24 bits: which run | 8 bits: members it wants | 32 bits: parts left |
 *
 * A claim is a compare-and-swap from n parts left to n - 1. From then on the
 * run can not end before the part is done, so its other fields stand still.
 */
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Looks at a value before a thread goes to sleep: about a millisecond, longer
 * than what one thread does alone between two runs of a training step; to be
 * woken costs 50 us and more. Between looks it gives its processor up, for some
 * systems leave both threads on one: without that they were slower than one
 * thread alone. */
enum { LOOKS = 500, YIELDS = 1000 };

static struct {
    pthread_mutex_t turn;  /* held by the caller whose run it is */
    pthread_mutex_t sleep; /* guards the two below */
    pthread_cond_t wake;   /* there is a run */
    pthread_cond_t end;    /* a run is done */
    int members;           /* threads besides the callers; under turn */

    _Atomic uint64_t ticket;
    _Atomic size_t done; /* parts of the run that are done */
    _Atomic int sleepers;
    atomic_bool waits; /* the caller sleeps until the end */

    /* the run at hand */
    void (*part)(void *context, size_t index);
    void *context;
    size_t parts;
} team = {
    .turn = PTHREAD_MUTEX_INITIALIZER,
    .sleep = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
    .end = PTHREAD_COND_INITIALIZER,
};

static uint32_t parts_left(uint64_t ticket) { return (uint32_t)ticket; }

/* Whether there is something to claim for a member; the caller is member 0. */
static bool is_wanted(uint64_t ticket, int member)
{
    return parts_left(ticket) > 0 && (int)(ticket >> 32 & 0xff) > member;
}

/* Claims and runs parts until none is left. */
static void work(int member)
{
    uint64_t ticket = atomic_load(&team.ticket);
    while (is_wanted(ticket, member)) {
        if (!atomic_compare_exchange_weak(&team.ticket, &ticket, ticket - 1))
            continue;
        size_t parts = team.parts;
        team.part(team.context, parts - parts_left(ticket));
        bool last = atomic_fetch_add(&team.done, 1) + 1 == parts;
        if (last && atomic_load(&team.waits)) {
            pthread_mutex_lock(&team.sleep);
            pthread_cond_broadcast(&team.end);
            pthread_mutex_unlock(&team.sleep);
        }
        ticket = atomic_load(&team.ticket);
    }
}

/* Whether a member is wanted, or, for the caller, all parts are done. */
static bool is_time(int member)
{
    if (member == 0) return atomic_load(&team.done) == team.parts;
    return is_wanted(atomic_load(&team.ticket), member);
}

/* Looks for a while whether it is time, as it often is at once. */
static bool look(int member)
{
    for (int yields = 0; yields < YIELDS; yields++) {
        for (int looks = 0; looks < LOOKS; looks++)
            if (is_time(member)) return true;
        sched_yield();
    }
    return false;
}

/* Until there is a run that wants this member. */
static void wait_for_run(int member)
{
    if (look(member)) return;
    pthread_mutex_lock(&team.sleep);
    atomic_fetch_add(&team.sleepers, 1);
    while (!is_time(member))
        pthread_cond_wait(&team.wake, &team.sleep);
    atomic_fetch_sub(&team.sleepers, 1);
    pthread_mutex_unlock(&team.sleep);
}

/* The caller, until the parts that others have claimed are done. */
static void wait_for_end(void)
{
    if (look(0)) return;
    pthread_mutex_lock(&team.sleep);
    atomic_store(&team.waits, true);
    while (!is_time(0))
        pthread_cond_wait(&team.end, &team.sleep);
    atomic_store(&team.waits, false);
    pthread_mutex_unlock(&team.sleep);
}

static void *live(void *number)
{
    int member = (int)(intptr_t)number;
    for (;;) {
        wait_for_run(member);
        work(member);
    }
    return NULL;
}

/* Bytes of stack: a sum over rows keeps its blocks there, and some systems give
 * threads little. */
enum { STACK = 2 * 1024 * 1024 };

/* A thread that takes no signal: those are the business of whoever calls us. */
static bool start(void *(*run)(void *), void *context, pthread_t *thread)
{
    pthread_attr_t with_stack;
    sigset_t all, before;
    if (pthread_attr_init(&with_stack)) return false;
    (void)pthread_attr_setstacksize(&with_stack, STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = !pthread_create(thread, &with_stack, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&with_stack);
    return started;
}

/* Holds turn. Where no thread can be had, that is not tried again. */
static void grow(int members)
{
    static bool refused; /* under turn */
    while (!refused && team.members < members &&
           team.members < THREADS_MOST - 1) {
        pthread_t thread;
        void *number = (void *)(intptr_t)(team.members + 1);
        refused = !start(live, number, &thread);
        if (refused) return;
        pthread_detach(thread);
        team.members++;
    }
}

void thread_prepare(int threads)
{
    pthread_mutex_lock(&team.turn);
    grow(threads - 1);
    pthread_mutex_unlock(&team.turn);
}

static void run_together(int threads, size_t parts,
                         void (*part)(void *context, size_t index),
                         void *context)
{
    static uint64_t run; /* under turn */
    grow(threads - 1);
    team.part = part;
    team.context = context;
    team.parts = parts;
    atomic_store(&team.done, 0);
    atomic_store(&team.ticket,
                 ++run << 40 | (uint64_t)threads << 32 | (uint32_t)parts);
    if (atomic_load(&team.sleepers) > 0) {
        pthread_mutex_lock(&team.sleep);
        pthread_cond_broadcast(&team.wake);
        pthread_mutex_unlock(&team.sleep);
    }
    work(0);
    wait_for_end();
}

void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context)
{
    if (threads > THREADS_MOST) threads = THREADS_MOST;
    bool together = threads > 1 && parts > 1 && parts <= UINT32_MAX &&
                    pthread_mutex_trylock(&team.turn) == 0;
    if (together) {
        run_together(threads, parts, part, context);
        pthread_mutex_unlock(&team.turn);
        return;
    }
    for (size_t index = 0; index < parts; index++)
        part(context, index);
}

/* ---- Work beside -------------------------------------------------------- */

struct thread_task {
    pthread_t thread;
    bool started;
    void (*run)(void *context);
    void *context;
    atomic_bool done;
};

static void *run_task(void *context)
{
    thread_task *task = context;
    task->run(task->context);
    atomic_store(&task->done, true);
    return NULL;
}

elman_status thread_begin(void (*run)(void *context), void *context,
                          thread_task **out)
{
    thread_task *task = calloc(1, sizeof *task);
    if (!task) return failure(ELMAN_NO_MEMORY, "no memory for a thread");
    task->run = run;
    task->context = context;
    task->started = start(run_task, task, &task->thread);
    if (!task->started) run_task(task);
    *out = task;
    return ELMAN_OK;
}

bool thread_is_done(const thread_task *task)
{
    return atomic_load(&task->done);
}

void thread_wait(thread_task *task)
{
    if (task->started) pthread_join(task->thread, NULL);
    task->started = false;
}

void thread_end(thread_task *task)
{
    thread_wait(task);
    free(task);
}

int thread_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    return CPU_COUNT(&set);
}
