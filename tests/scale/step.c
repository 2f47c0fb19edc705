/*
 * step.c: what ranks do in one step of training, without the training: the
 * exchanges are the library's own (src/share) over the transport of elman-mpi,
 * and the time that computing takes is told to the simulator of the network.
 * tests/scale/run compiles it with SimGrid's MPI.
 *
 *   step check
 *   step elman|library turns|beside LEAVES MICROSECONDS WEIGHTS...
 *
 * check adds up random gradients and compares them with a tree made here. The
 * others print one line for each number of weights: its exchanges or, instead
 * of them, an all-reduce of the MPI; after backward in turns, or level by level
 * beside it, which is an all-reduce for each. Each rank has LEAVES blocks of
 * sequences,
 * and a message of elman's takes MICROSECONDS of its processor on either side:
 * told once for an exchange, as a simulator is slow where each of a million
 * messages begins at a moment of its own.
 */
#include <math.h>
#include <mpi.h>
#include <smpi/smpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cost.h"
#include "learn/metrics.h"
#include "learn/shared_update.h"
#include "share/share.h"
#include "transport.h"

static int rank, size;
static bool checks;
static elman_transport transport;

static void stop_if(elman_status status)
{
    if (!status) return;
    fprintf(stderr, "rank %d: %s\n", rank, elman_message());
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* ---- The transport of elman-mpi, and what its messages cost -------------- */

static const elman_transport *real;
static double message_seconds;

static const char *begin_paced(void *context, const elman_transfer *messages,
                               size_t count, void **exchange)
{
    cost_seconds((double)count * message_seconds);
    return real->begin(context, messages, count, exchange);
}

static void open_transport(double seconds)
{
    real = transport_open();
    transport = *real;
    transport.begin = begin_paced;
    transport.any_thread = true;
    message_seconds = seconds;
}

/* ---- The exchanges of a step -------------------------------------------- */

/* A model and its gradients, as a rank has them. */
typedef struct job {
    share *share;
    size_t n, block, leaves;
    float *gradients, *weights; /* (n) */
    double *squares;            /* of blocks of weights */
    metric_sums *sums;          /* (leaves) */
} job;

static size_t blocks_of(const job *j, size_t n)
{
    return n / j->block + (n % j->block > 0);
}

/* All ranks' large arrays are the same memory, but in a check. */
static void *large(size_t bytes)
{
    return checks ? malloc(bytes) : SMPI_SHARED_MALLOC(bytes);
}

static void large_free(void *block)
{
    if (checks) free(block);
    else SMPI_SHARED_FREE(block);
}

/* A model has so many levels, all as large, and a rank so many threads. */
enum { LEVELS = 4, THREADS = 16 };

/* Where a level's weights begin, at a multiple of 16 as all do. */
static size_t level_begin(const job *j, size_t level)
{
    return j->n * level / LEVELS / 16 * 16;
}

static void cut(job *j)
{
    size_t places[LEVELS];
    for (size_t i = 0; i < LEVELS; i++)
        places[i] = level_begin(j, i);
    stop_if(share_cut(j->share, places, LEVELS, SHARED_PART));
}

static void job_open(job *j, size_t n, size_t block, size_t leaves_each,
                     bool beside)
{
    *j = (job){.n = n, .block = block, .leaves = leaves_each * (size_t)size};
    stop_if(share_create(&transport, &j->share));
    stop_if(share_prepare(j->share, n, block));
    j->share->threads = THREADS;
    if (beside) cut(j);
    j->gradients = large(n * sizeof *j->gradients);
    j->weights = large(n * sizeof *j->weights);
    j->squares = calloc(blocks_of(j, n), sizeof *j->squares);
    j->sums = calloc(j->leaves, sizeof *j->sums);
}

static void job_close(job *j)
{
    share_destroy(j->share);
    large_free(j->gradients);
    large_free(j->weights);
    free(j->squares);
    free(j->sums);
}

/* Backward, which takes two thirds of a pass, until the gradients of all
 * weights from one on are complete. */
static void go_back(const job *j, double begin, size_t first_weight)
{
    double all = cost_of_pass(j->n, j->leaves / (size_t)size) * 2 / 3;
    cost_until(begin, all * (double)(j->n - first_weight) / (double)j->n);
}

/* Backward and the sum of the gradient, part by part as they are complete. The
 * sum has a thread to itself. */
static void reduce_beside(job *j)
{
    double begin = MPI_Wtime();
    double pass = cost_of_pass(j->n, j->leaves / (size_t)size);
    const share_parts *parts = &j->share->parts;
    for (size_t i = 0; i + 1 < parts->count; i++) {
        go_back(j, begin, parts->begins[i]);
        bool over = cost_passed(begin) > pass * 2 / 3;
        stop_if(share_reduce_next(j->share, over ? THREADS : 1));
    }
    go_back(j, begin, 0);
    stop_if(share_reduce_end(j->share));
}

/* A step on ranks: what rank 0 calls for, the weight of the loss, forward and
 * metrics, backward and the sum of the gradient, its norm, and the weights. */
static void step_of_elman(job *j, bool beside)
{
    int call = 0;
    double pass = cost_of_pass(j->n, j->leaves / (size_t)size);
    stop_if(share_broadcast(j->share, &call, sizeof call));
    stop_if(share_collect_leaves(j->share, j->sums, j->leaves, sizeof(double)));
    cost_seconds(pass / 3);
    stop_if(
        share_collect_leaves(j->share, j->sums, j->leaves, sizeof *j->sums));

    stop_if(share_reduce_begin(j->share, j->leaves, j->gradients));
    if (beside) reduce_beside(j);
    else {
        cost_seconds(pass * 2 / 3);
        stop_if(share_reduce_end(j->share));
    }
    weight_slice own = share_own_slice(j->share);
    cost_squares(slice_size(&own));
    stop_if(share_collect_blocks(j->share, j->squares, sizeof *j->squares));
    cost_update(slice_size(&own));
    stop_if(share_collect_slices(j->share, j->weights));
}

/* ---- The same by an all-reduce ------------------------------------------ */

static void add_up(void *in, void *out, int *count, MPI_Datatype *type)
{
    (void)type;
    cost_add((size_t)*count, in, out);
}

/* What a program does whose ranks all have the whole gradient, and all update
 * all weights. */
static void step_of_library(job *j, bool beside, MPI_Op sum)
{
    cost_seconds(cost_of_pass(j->n, j->leaves / (size_t)size) / 3);
    double begin = MPI_Wtime();
    size_t end = j->n, levels = beside ? LEVELS : 1;
    for (size_t level = levels; level-- > 0; end = level_begin(j, level)) {
        size_t first = level_begin(j, level);
        go_back(j, begin, first);
        MPI_Allreduce(MPI_IN_PLACE, j->gradients + first, (int)(end - first),
                      MPI_FLOAT, sum, MPI_COMM_WORLD);
    }
    cost_squares(j->n);
    cost_update(j->n);
}

/* ---- Measuring ---------------------------------------------------------- */

static void measure(const char *what, bool beside, size_t n, size_t leaves_each)
{
    job j;
    MPI_Op sum;
    job_open(&j, n, OPTIMIZER_BLOCK, leaves_each, beside);
    MPI_Op_create(add_up, 1, &sum);
    MPI_Barrier(MPI_COMM_WORLD);

    double begin = MPI_Wtime(), seconds, most;
    if (!strcmp(what, "elman")) step_of_elman(&j, beside);
    else step_of_library(&j, beside, sum);
    seconds = MPI_Wtime() - begin;
    MPI_Reduce(&seconds, &most, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);

    double sent = (double)j.share->sent, sum_sent, most_sent;
    MPI_Reduce(&sent, &most_sent, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    MPI_Reduce(&sent, &sum_sent, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    double ring = 8.0 * (double)n * (size - 1) / size;
    if (rank == 0)
        printf("%s ranks %d weights %zu pass_ms %.4f step_ms %.4f "
               "bytes_mean %.4f bytes_most %.4f\n",
               what, size, n, 1e3 * cost_of_pass(n, leaves_each), 1e3 * most,
               sum_sent / size / ring, most_sent / ring);
    job_close(&j);
}

/* ---- Checking ----------------------------------------------------------- */

/* Number i of a leaf: any numbers of which each order has a sum of its own. */
static float number(size_t leaf, size_t i)
{
    return (float)sin(1.0 + (double)(leaf * 7919 + i * 104729 % 100003));
}

/* The sum of some leaves as they join: halves, down to single ones. */
static float sum_of(size_t begin, size_t count, size_t i)
{
    size_t half = 1;
    if (count == 1) return number(begin, i);
    while (2 * half < count)
        half *= 2;
    return sum_of(begin, half, i) + sum_of(begin + half, count - half, i);
}

static void check(size_t n, size_t block, size_t leaves)
{
    job j;
    tree_node nodes[DEAL_NODES];
    job_open(&j, n, block, 1, leaves % 2);
    stretch own = share_own_leaves(j.share, leaves);
    size_t count = deal_nodes(own, leaves, nodes);
    for (size_t node = 0; node < count; node++)
        for (size_t i = 0; i < n; i++)
            (node ? j.share->nodes[node] : j.gradients)[i] =
                sum_of(nodes[node].begin, nodes[node].leaves, i);
    stop_if(share_reduce(j.share, leaves, j.gradients));

    weight_slice slice = share_own_slice(j.share);
    for (size_t i = 0; i < slice.count; i++)
        memcpy(j.weights + slice.of[i].begin, j.gradients + slice.of[i].begin,
               (slice.of[i].end - slice.of[i].begin) * sizeof *j.weights);
    stop_if(share_collect_slices(j.share, j.weights));
    for (size_t i = 0; i < n; i += 97)
        if (j.weights[i] != sum_of(0, leaves, i)) {
            fprintf(stderr, "rank %d of %d: number %zu of the sum of %zu\n",
                    rank, size, i, leaves);
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
    job_close(&j);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    checks = argc == 2;
    cost_open();
    open_transport(checks ? 0 : 1e-6 * atof(argv[4]));
    if (checks)
        for (size_t leaves = 1; leaves < 20; leaves += 3) {
            check(2017, 64, leaves);
            check(2017, 512, leaves);
        }
    for (int i = 5; i < argc; i++)
        measure(argv[1], !strcmp(argv[2], "beside"), (size_t)atol(argv[i]),
                (size_t)atol(argv[3]));
    MPI_Finalize();
    return 0;
}
