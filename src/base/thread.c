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

typedef struct team_member {
    system_thread thread;
    int processor; /* where it sleeps, -1 while it is awake; guarded by sleep */
    int avoids;    /* the processor that it must not wake on, or -1; likewise */
} team_member;

static struct {
    mutex turn;         /* held by the caller that has the team */
    mutex sleep;        /* guards the two conditions */
    condition wake;     /* there is a run, or the team ends */
    condition end;      /* a run is done */
    atomic_int members; /* threads besides the caller; written by turn */
    bool refused;       /* the system gave no further thread; guarded by turn */
    bool closed;        /* there will be no thread any more; likewise */
    team_member member[THREADS_MAX - 1];

    _Atomic uint64_t ticket;
    _Atomic size_t done; /* parts of the run that are done */
    atomic_bool ends;    /* members shall return */
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

static atomic_int limit; /* 0: none */

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
    return atomic_load(&team.ends) ||
           is_wanted(atomic_load(&team.ticket), member);
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

/* Waits for a run that wants this member, or the end of the team. */
static void wait_for_run(int number)
{
    if (poll_ready(number)) return;
    team_member *own = &team.member[number - 1];

    mutex_lock(&team.sleep);
    own->processor = system_processor_here();
    atomic_fetch_add(&team.sleepers, 1);
    while (!is_ready(number))
        condition_wait(&team.wake, &team.sleep);
    atomic_fetch_sub(&team.sleepers, 1);
    int avoids = own->avoids;
    own->processor = own->avoids = -1;
    mutex_unlock(&team.sleep);

    if (avoids >= 0) system_thread_allow(avoids);
}

/* Wakes the members that sleep; those that are wanted wake where the caller is
 * not. */
static void wake_members(int wanted)
{
    int here = system_processor_here();

    mutex_lock(&team.sleep);
    for (int i = 0; i < wanted && i < team.members && here >= 0; i++) {
        team_member *m = &team.member[i];
        if (m->processor == here && m->avoids < 0 &&
            system_thread_avoid(&m->thread, here))
            m->avoids = here;
    }
    mutex_unlock(&team.sleep);

    /* not while the lock is held that they would wait for next */
    condition_wake(&team.wake);
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
static void run_member(void *given)
{
    int number = (int)(intptr_t)given;
    while (!atomic_load(&team.ends)) {
        wait_for_run(number);
        work(number);
    }
}

/* Bytes of stack: sums over rows keep their blocks there, and the default of
 * some systems is small. */
enum { STACK = 2 * 1024 * 1024 };

static void forget_threads(void);

/* Has a child of fork begin without threads. */
static void watch_forks(void)
{
    (void)system_at_fork(NULL, NULL, forget_threads);
}

static once forks_watched = ONCE_READY;

/* Grows the team to that many members; turn must be held. If the system refuses
 * a thread, no further one is tried. */
static void grow(int members)
{
    if (members > team.members) once_run(&forks_watched, watch_forks);

    while (!team.refused && !team.closed && team.members < members &&
           team.members < THREADS_MAX - 1) {
        int index = team.members;
        team_member *m = &team.member[index];
        m->processor = m->avoids = -1;
        team.refused = !system_thread_start(
            run_member, (void *)(intptr_t)(index + 1), STACK, &m->thread);
        if (!team.refused) team.members++;
    }
}

/* No more than the limit. */
static int limited(int threads)
{
    int most = atomic_load(&limit);
    if (most == 0 || most > THREADS_MAX) most = THREADS_MAX;
    return threads < most ? threads : most;
}

void thread_limit(int threads) { atomic_store(&limit, threads); }

void thread_prepare(int threads)
{
    mutex_lock(&team.turn);
    grow(limited(threads) - 1);
    mutex_unlock(&team.turn);
}

/* Nanoseconds of a task that is worth a member that polls; of one that is
 * worth waking it; and within which the next task finds it awake. */
static const double AWAKE_MIN = 5e3, ASLEEP_MIN = 250e3, SOON = 500e3;

int thread_worth(int threads, double nanoseconds, double *asked)
{
    threads = limited(threads);
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
    if (atomic_load(&team.sleepers) > 0) wake_members(threads - 1);

    work(0);
    wait_for_end();
}

void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context)
{
    threads = limited(threads);
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
    bool started; /* and not joined; guarded by tasks.lock */
    void (*run)(void *context);
    void *context;
    atomic_bool here; /* the thread has begun */
    atomic_bool done;
    atomic_bool joined; /* or there is no thread */
    thread_task *next;
};

/* All tasks with a thread, so that none is left behind. */
static struct {
    mutex lock;
    thread_task *first;
} tasks = {.lock = MUTEX_READY};

static void run_task(void *context)
{
    thread_task *task = context;
    (void)elman_message(); /* so that its place in this thread is there */
    atomic_store(&task->here, true);
    task->run(task->context);
    atomic_store(&task->done, true);
}

/* Takes a task out of the list, for the caller to join; false if it has no
 * thread, or somebody else joins it. lock must be held. */
static bool claim_task(thread_task *task)
{
    if (!task->started) return false;
    task->started = false;

    thread_task **at = &tasks.first;
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    return true;
}

/* From then on the task is its owner's alone. */
static void join_task(thread_task *task)
{
    system_thread_join(&task->thread);
    atomic_store(&task->joined, true);
}

elman_status thread_begin(void (*run)(void *context), void *context,
                          thread_task **out)
{
    thread_task *task = calloc(1, sizeof *task);
    if (!task) return failure(ELMAN_NO_MEMORY, "no memory for a thread");
    task->run = run;
    task->context = context;
    once_run(&forks_watched, watch_forks);

    mutex_lock(&tasks.lock);
    bool started = system_thread_start(run_task, task, STACK, &task->thread);
    task->started = started;
    if (started) {
        task->next = tasks.first;
        tasks.first = task;
    }
    mutex_unlock(&tasks.lock);

    /* without a thread the work is done here and now */
    if (!started) {
        run_task(task);
        atomic_store(&task->joined, true);
    }
    while (!atomic_load(&task->here))
        system_thread_yield();
    *out = task;
    return ELMAN_OK;
}

bool thread_is_done(const thread_task *task)
{
    return atomic_load(&task->done);
}

void thread_wait(thread_task *task)
{
    mutex_lock(&tasks.lock);
    bool claimed = claim_task(task);
    mutex_unlock(&tasks.lock);
    if (claimed) join_task(task);
    while (!atomic_load(&task->joined))
        system_thread_yield();
}

void thread_end(thread_task *task)
{
    thread_wait(task);
    free(task);
}

static void wait_for_tasks(void)
{
    for (;;) {
        mutex_lock(&tasks.lock);
        thread_task *task = tasks.first;
        if (task) claim_task(task);
        mutex_unlock(&tasks.lock);
        if (!task) return;
        join_task(task);
    }
}

/* ---- The end ------------------------------------------------------------- */

/* Ends all members; turn must be held, so no run is going on. */
static void end_members(void)
{
    atomic_store(&team.ends, true);
    mutex_lock(&team.sleep);
    mutex_unlock(&team.sleep);
    condition_wake(&team.wake);

    for (int i = 0; i < team.members; i++)
        system_thread_join(&team.member[i].thread);
    team.members = 0;
    team.refused = false;
    atomic_store(&team.ends, false);
}

void thread_end_all(void)
{
    mutex_lock(&team.turn);
    end_members();
    mutex_unlock(&team.turn);
    wait_for_tasks();
}

/* When the library is unloaded no pass may be going on, so turn is free. When
 * the program ends, another thread may have a long pass: it is not waited for,
 * as its code stays where it is. */
SYSTEM_AT_UNLOAD static void unload(void)
{
    const double patience = 20e-3, begin = clock_seconds();
    bool held = mutex_lock_now(&team.turn);
    while (!held && clock_seconds() - begin < patience) {
        system_thread_yield();
        held = mutex_lock_now(&team.turn);
    }

    if (held) {
        team.closed = true;
        end_members();
        mutex_unlock(&team.turn);
    }
    wait_for_tasks();
}

/* In a child of fork: the threads are not there, whatever they were doing. */
static void forget_threads(void)
{
    mutex_renew(&team.turn);
    mutex_renew(&team.sleep);
    condition_renew(&team.wake);
    condition_renew(&team.end);
    team.members = 0;
    team.refused = false;
    atomic_store(&team.ticket, 0);
    atomic_store(&team.sleepers, 0);
    atomic_store(&team.ends, false);
    atomic_store(&team.waits, false);

    mutex_renew(&tasks.lock);
    for (thread_task *task = tasks.first; task; task = task->next) {
        task->started = false;
        atomic_store(&task->done, true);
        atomic_store(&task->joined, true);
    }
    tasks.first = NULL;
}

int thread_count(void) { return system_processors(); }
