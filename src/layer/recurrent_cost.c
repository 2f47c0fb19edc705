/*
 * recurrent_cost.c: about how long a walk takes, shared in each way, by a model
 * of its work: multiply-adds, the weights that each step reads from a cache or
 * from memory, gates, and threads that meet. Nothing is measured for it, so it
 * can be asked before the first pass. What decides is how its answers compare;
 * recurrent_plan.c corrects them by what passes take.
 */
#include <stdatomic.h>

#include "base/system.h"
#include "layer/recurrent.h"

/* Bytes of a core's own cache, and of the one that all share. */
static atomic_size_t cache_own = (size_t)1 << 20,
                     cache_shared = (size_t)1 << 25;

static void measure_caches(void)
{
    size_t own = system_cache_size(2), shared = system_cache_size(3);
    if (own > 0) atomic_store(&cache_own, own);
    if (shared > own) atomic_store(&cache_shared, shared);
}

void walk_measure_caches(void)
{
    static once measured = ONCE_READY;
    once_run(&measured, measure_caches);
}

/* Nanoseconds are what a core of some 4 GHz takes with 256-bit vectors; a
 * slower one is slower in all of this at about the same rate. */
static const double MULTIPLY_ADD = 1 / 50.0;
static const double GATE = 0.3;          /* a number of a gate forward */
static const double GATE_BACKWARD = 0.5; /* and backward */
static const double EXPOSED = 0.4;       /* of reading and arithmetic at once */

/* A cell that goes row by row with functions of its own, or the config's. */
static const double GATE_APART = 1;

/* Nanoseconds of a byte of weights that a thread reads in each step, where that
 * many bytes are all that it goes through; threads: that read from behind
 * their own caches at once. */
static double byte_cost(double bytes, double threads)
{
    if (bytes <= (double)atomic_load(&cache_own)) return 1 / 160.0;
    if (bytes <= (double)atomic_load(&cache_shared)) return 1 / 32.0;

    /* memory gives two threads little more than one */
    return (1 + 0.75 * (threads - 1)) / 15;
}

/* One product of M rows with floats of weights, which serve as many steps at
 * once. */
static double product_cost(double M, double floats, double steps,
                           double threads)
{
    double bytes = floats * sizeof(float);
    double arithmetic = M * floats * MULTIPLY_ADD;
    double reading = bytes * byte_cost(bytes, threads) / steps;

    /* reading ahead hides most of the shorter one */
    bool reads = reading > arithmetic;
    return reads ? reading + EXPOSED * arithmetic
                 : arithmetic + EXPOSED * reading;
}

static double gates_cost(const layer *l, bool backward)
{
    double each = backward ? GATE_BACKWARD : l->fused ? GATE : GATE_APART;
    return (double)l->G * each;
}

/* Floats of weight_hh; a vector's product costs what a gate does. */
static double recurrent_floats(const layer *l)
{
    bool matrix = l->cell->recurrence == ELMAN_RECURRENCE_MATRIX;
    return matrix ? (double)l->G * (double)l->R : (double)l->G;
}

/* One step of M rows, of which each of some threads has a part of the units;
 * busy: the threads that run at once, these or others. */
static double step_cost(const layer *l, const pass *p, double M, double threads,
                        double busy, bool backward)
{
    size_t at_once = walk_block(l, p->B);
    double steps = (double)(at_once < p->T ? at_once : p->T);
    double projection = l->config.proj_size ? (double)l->R * (double)l->H : 0;

    double cost = product_cost(M, recurrent_floats(l) / threads, 1, busy);
    if (projection > 0) cost += product_cost(M, projection / threads, 1, busy);
    if (!backward)
        cost +=
            product_cost(M, (double)l->G * (double)l->I / threads, steps, busy);

    /* gates are shared only where they are a part of a fused step */
    bool shared = l->fused && !backward;
    return cost + M * gates_cost(l, backward) / (shared ? threads : 1);
}

/* How often threads that share units meet in a step. */
static double meetings(const layer *l, const pass *p, bool backward)
{
    double split = l->cell->split < l->cell->gate_count ? 2 : 1;
    double here = l->fused && !backward ? 1 : split;
    if (l->config.proj_size) here += 1;
    return here + (backward ? 0 : 1 / (double)walk_block(l, p->B));
}

double walk_cost(const layer *l, const pass *p, walk_sharing sharing,
                 bool backward)
{
    walk w = walk_begin(l, p, NULL, NULL, sharing);
    double parts = (double)(l->D * w.groups), B = (double)p->B;
    double M = B / (double)w.groups, threads = (double)p->threads;
    double steps = (double)p->row_count / B;

    switch (sharing) {
    case WALK_ROWS: {
        /* the last turn may leave threads without a part */
        double busy = parts < threads ? parts : threads;
        double turns = (double)(size_t)((parts + busy - 1) / busy);
        return (double)WALK_MEET +
               turns * steps * step_cost(l, p, M, 1, busy, backward);
    }
    case WALK_UNITS:
        return parts * steps *
               (step_cost(l, p, M, threads, threads, backward) +
                (double)WALK_MEET * meetings(l, p, backward));
    default:
        return parts * steps * step_cost(l, p, M, 1, 1, backward);
    }
}
