/*
 * thread.c: one team of threads for the process. Parts are not assigned
 * but claimed: whoever has a processor takes the next one, and the caller works
 * too. So a thread that the system has suspended delays nobody, unless it is in
 * the middle of a part; with OpenMP every region waited for every thread, and a
 * region of two threads took 5 ms on a busy machine that now takes 20 us.
 *
 * All that a claim needs is in one word, the ticket:
 *
 *   | 24 bits: which run | 8 bits: members it wants | 32 bits: parts left |
 *
 * A claim is a compare-and-swap from n parts left to n - 1. From then on the
 * run cannot end before the part is done, so its other fields do not change.
 */
#include "base/thread.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/system.h"

/* How often a thread polls before it goes to sleep: for about a millisecond,
 * which is longer than one thread works alone between two runs of a training
 * step; to be woken costs 50 us and more. Between polls it yields its
 * processor, since some systems leave two threads on one: without that they
 * were slower than a single thread. */
enum { POLLS = 500, YIELDS = 1000 };

static struct {
    mutex turn;         /* held by the caller that has the team */
    mutex sleep;        /* guards the two conditions */
    condition wake;     /* there is a run */
    condition end;      /* a run is done */
    atomic_int members; /* threads besides the caller; written by turn */
    system_thread threads[THREADS_MAX - 1];

    _Atomic uint64_t ticket;
    _Atomic size_t done; /* parts of the run that are done */
    _Atomic int sleepers;
    atomic_bool waits; /* the caller sleeps until the end */

    /* the current run */
    void (*part)(void *context, size_t index);
    void *context;
    size_t parts;
} team = {
    .turn = MUTEX_READY,
    .sleep = MUTEX_READY,
    .wake = CONDITION_READY,
    .end = CONDITION_READY,
};

static _Atomic uint64_t runs;

uint64_t thread_runs(void) { return atomic_load(&runs); }

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

        /* whoever ends the last part wakes a caller that sleeps */
        bool last = atomic_fetch_add(&team.done, 1) + 1 == parts;
        if (last && atomic_load(&team.waits)) {
            mutex_lock(&team.sleep);
            condition_wake(&team.end);
            mutex_unlock(&team.sleep);
        }

        ticket = atomic_load(&team.ticket);
    }
}

/* What a thread waits for: a member to be wanted, the caller all parts done. */
static bool is_ready(int member)
{
    if (member == 0) return atomic_load(&team.done) == team.parts;
    return is_wanted(atomic_load(&team.ticket), member);
}

/* Polls for a while, since it is often ready at once; false if it was not. */
static bool poll_ready(int member)
{
    for (int yields = 0; yields < YIELDS; yields++) {
        for (int polls = 0; polls < POLLS; polls++)
            if (is_ready(member)) return true;
        system_thread_yield();
    }
    return false;
}

/* Waits for a run that wants this member. */
static void wait_for_run(int member)
{
    if (poll_ready(member)) return;
    mutex_lock(&team.sleep);
    atomic_fetch_add(&team.sleepers, 1);
    while (!is_ready(member))
        condition_wait(&team.wake, &team.sleep);
    atomic_fetch_sub(&team.sleepers, 1);
    mutex_unlock(&team.sleep);
}

/* The caller waits until the parts that others have claimed are done. */
static void wait_for_end(void)
{
    if (poll_ready(0)) return;
    mutex_lock(&team.sleep);
    atomic_store(&team.waits, true);
    while (!is_ready(0))
        condition_wait(&team.end, &team.sleep);
    atomic_store(&team.waits, false);
    mutex_unlock(&team.sleep);
}

/* The life of a member. */
static void run_member(void *number)
{
    int member = (int)(intptr_t)number;
    for (;;) {
        wait_for_run(member);
        work(member);
    }
}

/* Bytes of stack: sums over rows keep their blocks there, and the default of
 * some systems is small. */
enum { STACK = 2 * 1024 * 1024 };

/* Grows the team to that many members; turn must be held. If the system refuses
 * a thread, no further one is tried. */
static void grow(int members)
{
    static bool refused; /* guarded by turn */

    while (!refused && team.members < members &&
           team.members < THREADS_MAX - 1) {
        void *number = (void *)(intptr_t)(team.members + 1);
        refused = !system_thread_start(run_member, number, STACK,
                                       &team.threads[team.members]);
        if (refused) return;
        team.members++;
    }
}

void thread_prepare(int threads)
{
    mutex_lock(&team.turn);
    grow(threads - 1);
    mutex_unlock(&team.turn);
}

/* Nanoseconds of a task that is worth a member that polls; of one that is
 * worth waking it; and within which the next task finds it awake. */
static const double AWAKE_MIN = 5e3, ASLEEP_MIN = 250e3, SOON = 500e3;

int thread_worth(int threads, double nanoseconds, double *asked)
{
    if (threads < 2 || nanoseconds < AWAKE_MIN) return 1;
    if (nanoseconds >= ASLEEP_MIN) return threads;
    if (atomic_load(&team.members) - atomic_load(&team.sleepers) >= threads - 1)
        return threads;

    double now = 1e9 * clock_seconds(), since = now - *asked;
    *asked = now;
    return since < SOON ? threads : 1;
}

/* One run of the team; turn must be held. */
static void run_together(int threads, size_t parts,
                         void (*part)(void *context, size_t index),
                         void *context)
{
    uint64_t run = atomic_fetch_add(&runs, 1) + 1;
    grow(threads - 1);

    /* what the run is; the ticket, written last, starts it */
    team.part = part;
    team.context = context;
    team.parts = parts;
    atomic_store(&team.done, 0);
    atomic_store(&team.ticket,
                 run << 40 | (uint64_t)threads << 32 | (uint32_t)parts);

    /* members that sleep; those that poll see the ticket */
    if (atomic_load(&team.sleepers) > 0) {
        mutex_lock(&team.sleep);
        condition_wake(&team.wake);
        mutex_unlock(&team.sleep);
    }

    work(0);
    wait_for_end();
}

void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context)
{
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    bool together = threads > 1 && parts > 1 && parts <= UINT32_MAX &&
                    mutex_lock_now(&team.turn);

    if (together) {
        run_together(threads, parts, part, context);
        mutex_unlock(&team.turn);
        return;
    }

    /* alone, as when another caller has the team */
    for (size_t index = 0; index < parts; index++)
        part(context, index);
}

/* ---- Work in the background ---------------------------------------------- */

struct thread_task {
    system_thread thread;
    bool started;
    void (*run)(void *context);
    void *context;
    atomic_bool done;
};

static void run_task(void *context)
{
    thread_task *task = context;
    task->run(task->context);
    atomic_store(&task->done, true);
}

elman_status thread_begin(void (*run)(void *context), void *context,
                          thread_task **out)
{
    thread_task *task = calloc(1, sizeof *task);
    if (!task) return failure(ELMAN_NO_MEMORY, "no memory for a thread");
    task->run = run;
    task->context = context;

    /* without a thread the work is done here and now */
    task->started = system_thread_start(run_task, task, STACK, &task->thread);
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
    if (task->started) system_thread_join(&task->thread);
    task->started = false;
}

void thread_end(thread_task *task)
{
    thread_wait(task);
    free(task);
}

int thread_count(void) { return system_processors(); }
