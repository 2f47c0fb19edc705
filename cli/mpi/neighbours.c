/*
 * neighbours.c: see neighbours.h. Each rank holds a lock in memory that those
 * of its machine share, and a thread of the rank before it waits for that: a
 * lock whose holder dies the system gives away with a word about it (POSIX'
 * robust mutex). It does so while the process still ends, and so before the
 * launcher sees that, which may kill all others at once.
 */
#include "neighbours.h"
#include "transport.h"

#include "../name.h"
#include "../ranks.h"
#include "../system.h"

#include <errno.h>
#include <mpi.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A rank, in the memory that those of its machine share. */
typedef struct neighbour {
    pthread_mutex_t life; /* held as long as it lives */
    atomic_int asked;     /* a signal asked it to end */
    int rank;
    pid_t process;
} neighbour;

static struct {
    MPI_Comm local; /* the ranks of this machine */
    MPI_Win memory;
    atomic_int *told; /* one has said why the job ends */
    neighbour *list;  /* (count); NULL: nobody watches */
    int count, own;
    pid_t process; /* not that of a copy of this process */
    int says;
    pthread_t waits_for_next, waits_for_signal;
    bool has_next, has_signal; /* those threads are there */
    sem_t asked;
    volatile bool closes;
} near = {.memory = MPI_WIN_NULL, .says = STDERR_FILENO};

/* Seconds in which a launcher ends the job of a rank that has died, and those
 * in which MPI does. */
enum { LAUNCHER = 5, ABORT = 3 };

/* ---- What is said -------------------------------------------------------- */

/* What happened, and what to do; once on each machine. */
static void say(const char *what)
{
    static char rest[2 * PATH_ROOM + 16384], line[sizeof rest + 512];
    if (atomic_exchange(near.told, 1)) return;
    rank_describe_rest(rest, sizeof rest);
    int length =
        snprintf(line, sizeof line, "%s: %s; %s\n", name_short(), what, rest);
    if (length > 0) (void)!write(near.says, line, (size_t)length);
}

static void say_death(const neighbour *dead)
{
    char host[128] = "this machine", what[400];
    (void)gethostname(host, sizeof host - 1);
    snprintf(what, sizeof what,
             "rank %d on %s (process %ld) was killed, as by a system without "
             "memory, or has crashed, and the job ends with it",
             dead->rank, host, (long)dead->process);
    say(what);
}

/* ---- The threads --------------------------------------------------------- */

/* Most launchers end the job of a rank that has died; where one does not, the
 * others would wait for ever. */
static void end_job(void)
{
    const struct timespec patience = {.tv_sec = LAUNCHER};
    nanosleep(&patience, NULL);
    signal(SIGALRM, SIG_DFL);
    alarm(ABORT);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

/* Until the next rank of this machine ends. */
static void *wait_for_next(void *nothing)
{
    neighbour *next = near.list + (near.own + 1) % near.count;
    bool died = pthread_mutex_lock(&next->life) == EOWNERDEAD;
    if (died && !atomic_load(&next->asked)) {
        say_death(next);
        end_job();
    }
    if (!died) pthread_mutex_unlock(&next->life);
    return nothing;
}

/* On rank 0: a launcher that tells it to end kills it a second later, where a
 * rank of another machine has died. Somebody else may tell it too: then it
 * finishes the step, which no wait outlasts that began before. */
static void *wait_for_signal(void *nothing)
{
    const struct timespec moment = {.tv_nsec = 500 * 1000 * 1000};
    for (;;) {
        if (sem_wait(&near.asked)) continue;
        if (near.closes) return nothing;
        unsigned before = transport_waits();
        nanosleep(&moment, NULL);
        if (before && before == transport_waits())
            say("rank 0 is told to end and waits for others: a rank on another "
                "machine may have died, which ends the job");
    }
}

/* It takes no signals: those are for the thread that runs the program. */
static bool begin_thread(pthread_t *thread, void *run(void *))
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool runs = !pthread_create(thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return runs;
}

/* ---- Beginning ----------------------------------------------------------- */

/* Memory of all ranks of this machine: told, then a neighbour each. */
static bool share_memory(void)
{
    enum { HEAD = 64 };
    MPI_Aint size =
        near.own ? 0 : HEAD + (MPI_Aint)sizeof(neighbour) * near.count;
    int unit;
    char *memory = NULL;
    MPI_Comm_set_errhandler(near.local, MPI_ERRORS_RETURN);
    if (MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, near.local, &memory,
                                &near.memory) != MPI_SUCCESS)
        return false;
    MPI_Win_shared_query(near.memory, 0, &size, &unit, &memory);
    if (near.own == 0) memset(memory, 0, (size_t)size);
    near.told = (atomic_int *)(void *)memory;
    near.list = (neighbour *)(void *)(memory + HEAD);
    return true;
}

/* This rank's own place there, locked before another waits for it. */
static bool take_place(int rank)
{
    neighbour *own = near.list + near.own;
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    int held = !pthread_mutex_init(&own->life, &kind) &&
               !pthread_mutex_lock(&own->life);
    int all = 0;
    pthread_mutexattr_destroy(&kind);
    own->rank = rank;
    own->process = near.process;
    MPI_Allreduce(&held, &all, 1, MPI_INT, MPI_MIN, near.local);
    return all;
}

/* Whether a machine other than that of rank 0 has one rank alone, whose death
 * no neighbour sees. */
static bool any_is_alone(int rank)
{
    int alone = rank != 0 && near.count == 1, any = 0;
    MPI_Allreduce(&alone, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return any;
}

void neighbours_open(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL,
                        &near.local);
    MPI_Comm_rank(near.local, &near.own);
    MPI_Comm_size(near.local, &near.count);
    near.process = getpid();

    bool hints = any_is_alone(rank) && rank == 0;
    if (!share_memory()) return;
    MPI_Barrier(near.local);
    if (take_place(rank) && near.count > 1)
        near.has_next = begin_thread(&near.waits_for_next, wait_for_next);
    if (hints && !sem_init(&near.asked, 0, 0))
        near.has_signal = begin_thread(&near.waits_for_signal, wait_for_signal);
}

void neighbours_say_on(int descriptor) { near.says = descriptor; }

void neighbours_asked(int signal_number)
{
    (void)signal_number;
    if (!near.list || near.process != getpid()) return;
    atomic_store(&near.list[near.own].asked, 1);
    if (near.has_signal) sem_post(&near.asked);
}

void neighbours_told(void)
{
    if (near.told) atomic_store(near.told, 1);
}

void neighbours_close(void)
{
    near.closes = true;
    if (near.has_signal) {
        sem_post(&near.asked);
        pthread_join(near.waits_for_signal, NULL);
    }

    /* the rank before this one goes on, and lets it go on in turn */
    if (near.list) pthread_mutex_unlock(&near.list[near.own].life);
    if (near.has_next) pthread_join(near.waits_for_next, NULL);
    near.list = NULL;
    near.told = NULL;
    if (near.memory != MPI_WIN_NULL) MPI_Win_free(&near.memory);
    MPI_Comm_free(&near.local);
}
