/*
 * test_share.c: who has which leaves and weights, and how ranks sum and collect
 * them: the sum is that of one rank, for bytes and rounds that grow as
 * promised.
 */
#include <stdatomic.h>

#include "base/deal.h"
#include "base/tree.h"
#include "check.h"
#include "counted.h"
#include "share/local.h"
#include "share/share.h"

/* ---- Who has what ------------------------------------------------------- */

TEST(leaves_are_dealt_whole_in_few_nodes_and_evenly)
{
    for (int size = 1; size <= 40; size++)
        for (size_t leaves = 0; leaves <= 300; leaves += leaves < 70 ? 1 : 23) {
            size_t unit = deal_unit(leaves, size), at = 0, most = 0;
            for (int rank = 0; rank < size; rank++) {
                stretch own = deal_leaves(leaves, unit, size, rank);
                CHECK(own.begin == at && own.end >= at,
                      "rank %d of %d has %zu to %zu of %zu", rank, size,
                      own.begin, own.end, leaves);
                at = own.end;
                if (own.end - own.begin > most) most = own.end - own.begin;

                /* aligned powers of two, as many as fit */
                tree_node nodes[DEAL_NODES];
                size_t count = deal_nodes(own, leaves, nodes),
                       begin = own.begin;
                for (size_t i = 0; i < count; i++) {
                    bool last = begin + nodes[i].leaves == leaves;
                    CHECK(nodes[i].begin == begin &&
                              (last || begin % nodes[i].leaves == 0),
                          "node of %zu at %zu", nodes[i].leaves, begin);
                    begin += nodes[i].leaves;
                }
                CHECK(begin == own.end, "nodes end at %zu of %zu", begin,
                      own.end);
            }
            CHECK(at == leaves, "%zu of %zu are dealt", at, leaves);
            size_t fair = leaves / (size_t)size + (leaves % (size_t)size > 0);
            CHECK(most <= fair + fair / 2, "%d ranks: %zu leaves, fair are %zu",
                  size, most, fair);
        }
}

/* Parts of any blocks: slices are whole blocks, follow each other, and over
 * several parts of one size are as long but for a block or two. */
TEST(slices_of_parts_are_as_long_in_all)
{
    for (size_t size = 1; size <= 33; size++)
        for (size_t blocks = 1; blocks <= 70; blocks += 3) {
            size_t cuts[34], had[33] = {0}, begin = 0, least = SIZE_MAX,
                             most = 0;
            for (size_t part = 0; part < 6; part++) {
                stretch weights = {begin, begin + 16 * blocks - part};
                deal_part(weights, 16, (int)size, part, cuts);
                CHECK(cuts[0] == begin && cuts[size] == weights.end,
                      "from %zu to %zu", cuts[0], cuts[size]);
                for (size_t slice = 0; slice < size; slice++) {
                    CHECK(cuts[slice] <= cuts[slice + 1] &&
                              ((cuts[slice] - begin) % 16 == 0 ||
                               cuts[slice] == weights.end),
                          "slice %zu begins at %zu", slice, cuts[slice]);
                    had[slice] += (cuts[slice + 1] - cuts[slice] + 15) / 16;
                }
                begin += 16 * blocks;
            }
            for (size_t slice = 0; slice < size; slice++) {
                if (had[slice] < least) least = had[slice];
                if (had[slice] > most) most = had[slice];
            }
            CHECK(most - least <= 3, "%zu ranks, %zu blocks: %zu to %zu", size,
                  blocks, least, most);
        }
}

TEST(each_rank_owns_one_slice)
{
    for (int size = 1; size <= 130; size++) {
        int order[130], owned[130] = {0};
        deal_order(size, order);
        for (int slice = 0; slice < size; slice++) {
            CHECK(order[slice] >= 0 && order[slice] < size, "rank %d of %d",
                  order[slice], size);
            owned[order[slice]]++;
        }
        for (int rank = 0; rank < size; rank++)
            CHECK(owned[rank] == 1, "rank %d of %d owns %d", rank, size,
                  owned[rank]);
    }
}

/* ---- A sum -------------------------------------------------------------- */

/* Blocks for each rank, and so few that most ranks own none. */
enum { BLOCK = 16, LARGE = 128, WEIGHTS = 250, MOST_LEAVES = 40 };

typedef struct sum_job {
    size_t leaves, block;
    bool parts; /* some are summed before all are made */
    float leaf[MOST_LEAVES][WEIGHTS];
    float want[WEIGHTS];
    atomic_int wrong;
} sum_job;

/* The sum of leaves begin to end, each from 0, as a pass alone joins them. */
static float tree_of(const sum_job *job, size_t begin, size_t end, size_t i)
{
    float level[TREE_LEVELS], sum = 0;
    uint64_t count = 0;
    for (size_t leaf = begin; leaf < end; leaf++) {
        size_t carries = tree_carries(count++);
        float value = job->leaf[leaf][i] + 0.0f;
        for (size_t k = 0; k < carries; k++)
            value += level[k];
        level[carries] = value;
    }
    for (size_t k = 0; count >> k; k++)
        if (count >> k & 1) sum += level[k];
    return sum;
}

/* The sum of all at once, or from the end on, where most ranks say now and then
 * how far they are, and what they have not yet said holds nothing of use. */
static elman_status add_parts(const sum_job *job, share *s, float *total)
{
    static const size_t places[] = {0, 30, 96, 100, 177};
    enum { PLACES = sizeof places / sizeof *places };
    size_t at = WEIGHTS;
    if (!job->parts) return share_reduce(s, job->leaves, total);
    TRY(share_cut(s, places, PLACES, BLOCK));
    TRY(share_reduce_begin(s, job->leaves, total));

    float made[WEIGHTS];
    memcpy(made, total, sizeof made);
    if (job->leaves) memset(total, 0x55, sizeof made);
    for (size_t i = PLACES; i-- > 0; at = places[i]) {
        memcpy(total + places[i], made + places[i],
               (at - places[i]) * sizeof *total);
        if ((s->rank + (int)i) % 4) share_reduce_complete(s, places[i]);
    }
    return share_reduce_end(s);
}

static elman_status add_up(void *context, const elman_transport *transport)
{
    sum_job *job = context;
    share *s = NULL;
    float total[WEIGHTS], all[WEIGHTS];
    TRY(share_create(transport, &s));
    TRY(share_prepare(s, WEIGHTS, job->block));

    /* this rank's nodes */
    stretch own = share_own_leaves(s, job->leaves);
    tree_node nodes[DEAL_NODES];
    size_t count = deal_nodes(own, job->leaves, nodes);
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < WEIGHTS; i++)
            (n ? s->nodes[n] : total)[i] = tree_of(
                job, nodes[n].begin, nodes[n].begin + nodes[n].leaves, i);
    TRY(add_parts(job, s, total));

    /* its slice, and then those of all */
    float owned[WEIGHTS];
    weight_slice slice = share_own_slice(s);
    memset(all, 0x55, sizeof all);
    slice_take(&slice, total, owned);
    slice_put(&slice, owned, all);
    TRY(share_collect_slices(s, all));
    if (memcmp(all, job->want, sizeof all) != 0) job->wrong++;
    share_destroy(s);
    return ELMAN_OK;
}

TEST(the_sum_over_ranks_is_that_of_one_whatever_their_number)
{
    static sum_job job;
    for (int size = 1; size <= 16; size++)
        for (size_t leaves = 0; leaves <= MOST_LEAVES;
             leaves += leaves < 17 ? 1 : 5) {
            job.leaves = leaves;
            random_fill(leaves + 1, sizeof job.leaf / sizeof **job.leaf, -1, 1,
                        *job.leaf);
            for (size_t i = 0; i < WEIGHTS; i++)
                job.want[i] = tree_of(&job, 0, leaves, i);
            job.parts = leaves % 2;
            for (job.block = BLOCK; job.block <= LARGE; job.block *= 8) {
                CHECK_OK(local_run(size, add_up, &job));
                CHECK(job.wrong == 0, "%d of %d ranks have another sum of %zu",
                      job.wrong, size, leaves);
            }
        }
}

/* ---- Bytes -------------------------------------------------------------- */

/* A gradient whose slices are all as long, or of less blocks than ranks. */
typedef struct bytes_job {
    size_t n, leaves;
    bool parts;        /* summed in quarters */
    uint64_t sent[33]; /* by each rank */
} bytes_job;

static elman_status count_bytes(void *context, const elman_transport *transport)
{
    bytes_job *job = context;
    share *s = NULL;
    float *weights = calloc(job->n, sizeof *weights);
    TRY(share_create(transport, &s));
    TRY(share_prepare(s, job->n, BLOCK));
    const size_t places[] = {job->n / 4, job->n / 2, job->n / 4 * 3};
    if (job->parts) TRY(share_cut(s, places, 3, BLOCK));
    TRY(share_reduce(s, job->leaves, weights));
    TRY(share_collect_slices(s, weights));
    job->sent[s->rank] = s->sent;
    share_destroy(s);
    free(weights);
    return ELMAN_OK;
}

/* Beside a ring all-reduce, in which each rank sends 2 n (P - 1) / P numbers:
 * what the mean and the most of all ranks are. */
static void ring_ratios(const bytes_job *job, int size, double *mean,
                        double *most)
{
    double ring = 8.0 * (double)job->n * (size - 1) / size;
    *mean = *most = 0;
    for (int rank = 0; rank < size; rank++) {
        double ratio = (double)job->sent[rank] / ring;
        *mean += ratio / size;
        if (ratio > *most) *most = ratio;
    }
}

TEST(a_rank_sends_what_a_ring_would_or_at_most_twice_as_much)
{
    for (int size = 2; size <= 33; size++)
        for (size_t leaves = 1; leaves <= 140; leaves += leaves < 36 ? 1 : 13) {
            size_t ranks = (size_t)size, each = leaves / ranks;
            bool one = leaves % ranks == 0 && (each & (each - 1)) == 0;
            double mean, most;
            bytes_job even = {.n = 3 * ranks * BLOCK, .leaves = leaves};
            CHECK_OK(local_run(size, count_bytes, &even));
            ring_ratios(&even, size, &mean, &most);
            CHECK(most <= (one ? 1.1 : 2) + 1e-9,
                  "%d ranks, %zu leaves: %g of a ring's bytes", size, leaves,
                  most);

            /* of few blocks some ranks have none to send on: the mean holds */
            bytes_job few = {.n = 5 * BLOCK + 1, .leaves = leaves};
            CHECK_OK(local_run(size, count_bytes, &few));
            ring_ratios(&few, size, &mean, &most);
            CHECK(mean <= (one ? 1.1 : 2) + 1e-9,
                  "%d ranks, %zu leaves: %g of a ring's bytes in the mean",
                  size, leaves, mean);
        }
}

/* Also in parts; and where each has more blocks than ranks, but too few to be
 * dealt evenly, 1 / (2 P) more. */
TEST(sums_in_parts_take_what_a_ring_would_or_little_more)
{
    for (size_t size = 2; size <= 16; size++)
        for (size_t each = 1; each <= 4; each++) {
            double mean, most;
            bytes_job job = {64 * size * BLOCK, each * size, .parts = true};
            CHECK_OK(local_run((int)size, count_bytes, &job));
            ring_ratios(&job, (int)size, &mean, &most);
            CHECK(most < (each == 3 ? 2 : 1.1), "%zu: %g", size, most);

            bytes_job few = {4 * (size + 1) * BLOCK, each * size,
                             .parts = true};
            CHECK_OK(local_run((int)size, count_bytes, &few));
            ring_ratios(&few, (int)size, &mean, &most);
            CHECK(mean < (each == 3 ? 2 : 1.1) + 0.5 / (double)size,
                  "%zu: %g of few blocks", size, mean);
        }
}

/* ---- Rounds -------------------------------------------------------------- */

enum { MOST_COUNTED = 100 };

typedef struct rounds_job {
    size_t n, block, leaves;
    counted by[MOST_COUNTED];
} rounds_job;

static elman_status count_rounds(void *context,
                                 const elman_transport *transport)
{
    rounds_job *job = context;
    share *s = NULL;
    float *weights = calloc(job->n, sizeof *weights);
    TRY(share_create(count_on(&job->by[transport->rank], transport), &s));
    TRY(share_prepare(s, job->n, job->block));
    TRY(share_reduce(s, job->leaves, weights));
    TRY(share_collect_slices(s, weights));
    share_destroy(s);
    free(weights);
    return ELMAN_OK;
}

/* Whether P ranks with so many leaves each, of weights in such blocks, take
 * about 2 log2 P rounds, and some messages in each of them. */
static void check_rounds(int size, size_t each, size_t block)
{
    static rounds_job job;
    size_t log = 0, messages = 0;
    job =
        (rounds_job){.n = 6000, .block = block, .leaves = each * (size_t)size};
    while (1 << log < size)
        log++;
    CHECK_OK(local_run(size, count_rounds, &job));
    for (int rank = 0; rank < size; rank++) {
        messages += job.by[rank].messages;
        CHECK(job.by[rank].exchanges <= 2 * log + 4,
              "rank %d of %d: %zu rounds", rank, size, job.by[rank].exchanges);
    }
    CHECK(messages <= (each == 1 ? 9 : 20) * log * (size_t)size,
          "%d ranks, %zu leaves each: %zu messages", size, each, messages);
}

TEST(rounds_and_messages_grow_with_the_logarithm_of_ranks)
{
    static const int sizes[] = {3, 7, 12, 16, 33, MOST_COUNTED};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t each = 1; each <= 3; each += 2)
            for (size_t block = BLOCK; block <= 64 * BLOCK; block *= 64)
                check_rounds(sizes[i], each, block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_are_dealt_whole_in_few_nodes_and_evenly),
        cmocka_unit_test(slices_of_parts_are_as_long_in_all),
        cmocka_unit_test(each_rank_owns_one_slice),
        cmocka_unit_test(
            the_sum_over_ranks_is_that_of_one_whatever_their_number),
        cmocka_unit_test(
            a_rank_sends_what_a_ring_would_or_at_most_twice_as_much),
        cmocka_unit_test(sums_in_parts_take_what_a_ring_would_or_little_more),
        cmocka_unit_test(rounds_and_messages_grow_with_the_logarithm_of_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
