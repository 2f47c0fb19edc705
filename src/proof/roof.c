/*
 * roof.c: operations and bytes per second of several threads at once.
 *
 * All threads begin together and each keeps its own best run of about half a
 * millisecond: a clock that rises and a neighbour that interrupts only ever
 * make a run slower. The rates of the threads are added up.
 */
#include "proof/roof.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/clock.h"
#include "base/system.h"
#include "base/thread.h"
#include "kernel/kernel.h"

/* One measurement, shared by all its threads. */
typedef struct measurement {
    int threads;
    double (*peak)(size_t rounds); /* NULL: read instead */
    size_t floats;                 /* that each thread reads, again and again */
    float *arrays[THREADS_MAX];
    double rates[THREADS_MAX];
    double seconds; /* that it may take */
    atomic_int arrived;
} measurement;

/* Waits for the other threads, but not for long: if the team has no thread to
 * spare, the parts run one after the other. */
static void meet(measurement *all)
{
    const double patience = 20e-3, begin = clock_seconds();
    atomic_fetch_add(&all->arrived, 1);

    while (atomic_load(&all->arrived) < all->threads &&
           clock_seconds() - begin < patience)
        continue;
}

static double work(const measurement *all, size_t index, size_t rounds)
{
    if (all->peak) return all->peak(rounds);
    return kernels_train(kernels_here())
        ->read(rounds, all->floats, all->arrays[index]);
}

static void run_thread(void *context, size_t index)
{
    measurement *all = context;
    const double run = 0.5e-3;
    size_t rounds = 1;
    double best = 0;

    /* the thread that reads the memory writes it first: until then all pages
     * are the same page of zeros, and afterwards they are near this thread */
    for (size_t i = 0; i < all->floats; i++)
        all->arrays[index][i] = 1;
    meet(all);

    /* repeat for the given time, and keep the best rate */
    const double begin = clock_seconds();
    double last = begin;
    while (last - begin < all->seconds) {
        const double amount = work(all, index, rounds), now = clock_seconds();
        const double taken = now - last;
        last = now;

        if (amount == 0) break; /* no such instruction */
        if (taken > 0 && amount / taken > best) best = amount / taken;
        if (taken < run / 2) rounds *= 2;
    }
    all->rates[index] = best;
}

static double run_together(measurement *all)
{
    double sum = 0;
    thread_run(all->threads, (size_t)all->threads, run_thread, all);
    for (int i = 0; i < all->threads; i++)
        sum += all->rates[i];
    return sum;
}

static double measure_peak(int threads, double (*peak)(size_t rounds))
{
    measurement all = {.threads = threads, .peak = peak, .seconds = 40e-3};
    return run_together(&all);
}

/* An array, in huge pages if it fills at least one: from small pages memory was
 * read a quarter slower. The caller frees it with system_block_destroy. */
static float *array_create(size_t bytes)
{
    const size_t unit = bytes < HUGE_PAGE ? ALIGNMENT : HUGE_PAGE;
    return system_block_create(unit, (bytes + unit - 1) / unit * unit);
}

/* Measures how many bytes per second threads read from bytes each. */
static elman_status measure_read(int threads, size_t bytes, double *rate)
{
    const size_t unit = 512; /* 128 floats, as the kernel wants them */
    const size_t each = bytes / unit * unit;
    measurement all = {
        .threads = threads, .floats = each / sizeof(float), .seconds = 60e-3};
    elman_status status = ELMAN_OK;

    for (int i = 0; i < threads && status == ELMAN_OK; i++) {
        all.arrays[i] = array_create(each);
        if (!all.arrays[i])
            status = failure(ELMAN_NO_MEMORY,
                             "no memory for an array of %zu bytes", each);
    }

    if (status == ELMAN_OK) *rate = run_together(&all);

    for (int i = 0; i < threads; i++)
        system_block_destroy(all.arrays[i]);
    return status;
}

/* ---- Caches ------------------------------------------------------------- */

/* The sizes of the caches; common ones if the system does not report them. */
static void find_caches(size_t cache[3])
{
    static const size_t common[] = {(size_t)32 << 10, (size_t)1 << 20,
                                    (size_t)16 << 20};
    for (int level = 1; level <= 3; level++) {
        const size_t reported = system_cache_size(level);
        cache[level - 1] = reported ? reported : common[level - 1];
    }
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* How much each thread reads so that it comes from a level. From a cache of its
 * own: half of it. From the shared cache: more than its own cache holds, yet
 * little enough to leave room for the others. From memory: all threads together
 * read twice the shared cache, but at most a quarter of a gigabyte, because
 * some virtual machines report the cache of the whole computer. */
static void choose_sizes(const size_t cache[3], int threads, size_t sizes[4])
{
    const size_t of_all = (size_t)threads, million = (size_t)1 << 20;
    sizes[0] = cache[0] / 2;
    sizes[1] = cache[1] / 2;
    sizes[2] = larger(smaller(cache[2] / 2 / of_all, 8 * million),
                      cache[1] + cache[1] / 2);

    sizes[3] =
        larger(smaller(2 * cache[2], 256 * million) / of_all, 2 * cache[1]);
}

elman_status roof_read(int threads, elman_roof *roof)
{
    const kernels *k = kernels_here();
    if (!k) return failure(ELMAN_BAD_VALUE, KERNELS_ABSENT);

    const int here = thread_count();
    const int most = here < THREADS_MAX ? here : THREADS_MAX;
    elman_roof found = {.threads = threads < 1      ? 1
                                   : threads > most ? most
                                                    : threads};
    size_t sizes[4];
    find_caches(found.cache);
    choose_sizes(found.cache, found.threads, sizes);

    /* the first run is only to bring the clock of a sleeping core up */
    measure_peak(found.threads, kernels_train(k)->peak);
    found.fp32 = measure_peak(found.threads, kernels_train(k)->peak);
    found.bf16 = measure_peak(found.threads, kernels_train(k)->peak_bf16);
    found.int8 = measure_peak(found.threads, kernels_train(k)->peak_int8);

    for (int level = 0; level < 4; level++)
        TRY(measure_read(found.threads, sizes[level], &found.read[level]));
    *roof = found;
    return ELMAN_OK;
}
