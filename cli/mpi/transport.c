/*
 * transport.c: each transfer of an exchange is a nonblocking message, or
 * several where it is larger than MPI counts. MPI delivers messages between two
 * ranks in the order in which they were begun, which is what an exchange asks.
 */
#include "transport.h"

#include <mpi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 1 << 30 }; /* bytes of one message */

/* The ranks of this run, apart from messages of others. */
static MPI_Comm ranks;

typedef struct pending {
    int count;
    MPI_Request requests[];
} pending;

/* Why a call of MPI failed; NULL if it did not. */
static const char *words_of(int code)
{
    static char text[MPI_MAX_ERROR_STRING];
    int length;
    if (code == MPI_SUCCESS) return NULL;
    MPI_Error_string(code, text, &length);
    return text;
}

static size_t parts_of(size_t bytes)
{
    return bytes / MOST + (bytes % MOST > 0);
}

/* Begins one message after another. */
static int begin_transfer(const elman_transfer *t, pending *p)
{
    int code = MPI_SUCCESS;
    for (size_t at = 0; at < t->bytes && code == MPI_SUCCESS; at += MOST) {
        size_t left = t->bytes - at;
        int count = left < MOST ? (int)left : MOST;
        char *data = (char *)t->data + at;
        MPI_Request *request = &p->requests[p->count++];
        code =
            t->receives
                ? MPI_Irecv(data, count, MPI_BYTE, t->rank, 0, ranks, request)
                : MPI_Isend(data, count, MPI_BYTE, t->rank, 0, ranks, request);
    }
    return code;
}

static const char *begin(void *context, const elman_transfer *transfers,
                         size_t count, void **exchange)
{
    (void)context;
    size_t parts = 0;
    for (size_t i = 0; i < count; i++)
        parts += parts_of(transfers[i].bytes);
    pending *p = malloc(sizeof *p + parts * sizeof *p->requests);
    if (!p) return "no memory for an exchange";

    p->count = 0;
    int code = MPI_SUCCESS;
    for (size_t i = 0; i < count && code == MPI_SUCCESS; i++)
        code = begin_transfer(transfers + i, p);
    *exchange = p;
    return words_of(code);
}

/* Seconds for which a rank that waits keeps its processor, and nanoseconds that
 * it then sleeps between looks: what computes, here or in another rank, has
 * more use for it. */
static const double IMPATIENT = 100e-6;
enum { NAP = 20 * 1000 };

static int wait_for(MPI_Request *request, double begin)
{
    int done = 0, code = MPI_SUCCESS;
#ifdef SIMULATED /* where looking takes time of its own */
    code = MPI_Wait(request, MPI_STATUS_IGNORE);
    done = 1;
#endif
    while (!done && code == MPI_SUCCESS) {
        const struct timespec nap = {.tv_nsec = NAP};
        code = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (!done && MPI_Wtime() - begin > IMPATIENT) nanosleep(&nap, NULL);
    }
    return code;
}

/* Odd while a rank waits, another number each time. */
static atomic_uint waits;

unsigned transport_waits(void)
{
    unsigned now = atomic_load(&waits);
    return now % 2 ? now : 0;
}

static const char *end(void *context, void *exchange)
{
    (void)context;
    pending *p = exchange;
    atomic_fetch_add(&waits, 1);
    int code = MPI_SUCCESS; /* that of the message that failed */
    double begin = MPI_Wtime();
    for (int i = 0; i < p->count && code == MPI_SUCCESS; i++)
        code = wait_for(p->requests + i, begin);
    atomic_fetch_add(&waits, 1);
    free(p);
    return words_of(code);
}

/* The sentence is the caller's to show: it knows what it was about. */
static void give_up(void *context, const char *sentence)
{
    (void)context, (void)sentence;
    MPI_Abort(MPI_COMM_WORLD, 1);
}

const elman_transport *transport_open(void)
{
    static elman_transport made = {
        .begin = begin, .end = end, .abort = give_up};
    MPI_Comm_dup(MPI_COMM_WORLD, &ranks);
    MPI_Comm_set_errhandler(ranks, MPI_ERRORS_RETURN);
    MPI_Comm_rank(ranks, &made.rank);
    MPI_Comm_size(ranks, &made.size);

    int level;
    MPI_Query_thread(&level);
    made.any_thread = level >= MPI_THREAD_SERIALIZED;
    return &made;
}
