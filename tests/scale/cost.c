/*
 * cost.c: see cost.h; and what the exchanges need of the rest of the library,
 * in the little that a simulation of 1,024 ranks on one machine can have: what
 * is added up costs time instead of being added, but in a check.
 */
#include "cost.h"

#include <mpi.h>
#include <smpi/smpi.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/system.h"
#include "base/thread.h"
#include "kernel/kernel.h"

/* ---- Time --------------------------------------------------------------- */

static const double RATE = 16 * 100e9;              /* operations a second */
static const double ONE_THREAD = 10e9, ALL = 100e9; /* bytes a second */
static const double ROWS = 8 * 64;                  /* of a block */
static const double SPEED = 1e9; /* of a host, in the platform's file */

void cost_seconds(double seconds)
{
    if (seconds > 0) smpi_execute_flops(seconds * SPEED);
}

/* How much longer this machine takes than one that is as fast as told. */
static double slowness = 1;

void cost_open(void)
{
    static const double SAMPLE = 1e-3;
    double begin = MPI_Wtime();
    cost_seconds(SAMPLE);
    slowness = (MPI_Wtime() - begin) / SAMPLE;
}

double cost_passed(double begin) { return (MPI_Wtime() - begin) / slowness; }

void cost_until(double begin, double seconds)
{
    cost_seconds(seconds - cost_passed(begin));
}

double cost_of_pass(size_t n, size_t blocks)
{
    return 6 * ROWS * (double)n * (double)blocks / RATE;
}

void cost_pass(size_t n, size_t blocks)
{
    cost_seconds(cost_of_pass(n, blocks));
}

/* four bytes of three arrays, of one, and of seven */
static int team = 1;

static void add(size_t n, const float *a, float *y)
{
    if (getenv("SCALE_CHECK"))
        for (size_t i = 0; i < n; i++)
            y[i] += a[i];
    cost_seconds(12 * (double)n / (team > 1 ? ALL : ONE_THREAD));
}

void cost_add(size_t n, const float *a, float *y) { add(n, a, y); }

/* One part after the other, as fast as if threads shared them. */
void thread_run(int threads, size_t parts,
                void (*part)(void *context, size_t index), void *context)
{
    team = threads;
    for (size_t i = 0; i < parts; i++)
        part(context, i);
    team = 1;
}

void cost_squares(size_t n) { cost_seconds(4 * (double)n / ALL); }
void cost_update(size_t n) { cost_seconds(36 * (double)n / ALL); }

/* The clock is the simulation's. */
double clock_seconds(void) { return MPI_Wtime(); }

/* ---- The rest of the library -------------------------------------------- */

const kernels *kernels_here(void)
{
    static const kernels table = {.add = add};
    return &table;
}

/* What nobody writes costs nothing: messages between large blocks of the
 * simulator's own are not copied. */
void *block_reserve(size_t bytes) { return malloc(bytes + 1); }

void *block_create(size_t bytes) { return calloc(bytes + 1, 1); }

void block_destroy(void *block) { free(block); }

/* A simulated rank is one thread; what another would do is told by cost_until.
 */
void mutex_lock(mutex *m) { (void)m; }

void mutex_unlock(mutex *m) { (void)m; }

elman_status thread_begin(void (*run)(void *context), void *context,
                          thread_task **task)
{
    (void)run, (void)context, (void)task;
    return ELMAN_NO_MEMORY;
}

void thread_end(thread_task *task) { (void)task; }

bool sizes_multiply(size_t a, size_t b, size_t c, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product) &&
           !__builtin_mul_overflow(*product, c, product);
}
