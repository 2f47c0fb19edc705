/*
 * test_ranks.c: several ranks that train one model. Whatever their number, the
 * weights, losses and checkpoints are those of one process, bit by bit.
 */
#include <stdatomic.h>

#include "base/deal.h"
#include "base/tree.h"
#include "check.h"
#include "folder.h"
#include "same_checkpoint.h"
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

/* ---- Counting ------------------------------------------------------------ */

enum { MOST_COUNTED = 100 };

/* Each thread has one of its own. */
static _Thread_local char here;

/* A transport that counts what its rank does. */
typedef struct counted {
    const elman_transport *real;
    elman_transport transport;
    const char *home; /* the rank's own thread */
    size_t exchanges, messages;
    size_t elsewhere; /* exchanges on another thread */
} counted;

static const char *begin_counted(void *context, const elman_transfer *messages,
                                 size_t count, void **exchange)
{
    counted *c = context;
    c->exchanges++;
    c->messages += count;
    c->elsewhere += c->home != &here;
    return c->real->begin(c->real->context, messages, count, exchange);
}

static const char *end_counted(void *context, void *exchange)
{
    const counted *c = context;
    return c->real->end(c->real->context, exchange);
}

static void abort_counted(void *context, const char *sentence)
{
    const counted *c = context;
    c->real->abort(c->real->context, sentence);
}

static const elman_transport *count_on(counted *c, const elman_transport *real)
{
    *c = (counted){.real = real, .home = &here};
    c->transport = *real;
    c->transport.context = c;
    c->transport.begin = begin_counted;
    c->transport.end = end_counted;
    c->transport.abort = abort_counted;
    return &c->transport;
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

/* ---- Training ----------------------------------------------------------- */

enum { STEPS = 14, SAVED = 5, MOST_RANKS = 16, SEQUENCES = 83, LONGEST = 12 };

/* One run: what is trained on what. */
typedef struct study {
    const char *name;
    elman_config network;
    elman_trainer_config training;
    bool text, classes;
} study;

static const study studies[] = {
    {.name = "text, context of two windows",
     .network = {.layers = {{.kind = ELMAN_EMBEDDING,
                             .num_embeddings = 20,
                             .embedding_dim = 6},
                            {.kind = ELMAN_LSTM,
                             .hidden_size = 12,
                             .num_layers = 2,
                             .dropout = 0.2f},
                            {.kind = ELMAN_LINEAR, .output_size = 20}}},
     .training = {.optimizer = {.rule = ELMAN_RULE_ADAMW, .clip_norm = 0.4},
                  .batch_size = 44,
                  .k1 = 6,
                  .k2 = 12,
                  .evaluate_every = 4},
     .text = true},
    {.name = "classes of sequences of many lengths",
     .network = {.input_size = 2,
                 .layers = {{.kind = ELMAN_GRU,
                             .hidden_size = 9,
                             .bidirectional = true,
                             .recurrent_dropout = 0.1f},
                            {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL},
                            {.kind = ELMAN_LINEAR, .output_size = 3}}},
     .training = {.optimizer = {.rule = ELMAN_RULE_ADAM, .amsgrad = true},
                  .loss = {.kind = ELMAN_LOSS_CROSS_ENTROPY,
                           .label_smoothing = 0.1,
                           .block = 4},
                  .batch_size = 30,
                  .evaluate_every = 3},
     .classes = true},
    {.name = "values at each step, several slices",
     .network = {.input_size = 2,
                 .layers = {{.kind = ELMAN_LSTM,
                             .hidden_size = 180,
                             .learned_state = true,
                             .zoneout = 0.1f},
                            {.kind = ELMAN_LINEAR, .output_size = 1}}},
     .training = {.optimizer = {.rule = ELMAN_RULE_SGD,
                                .learning_rate = 0.05,
                                .momentum = 0.9,
                                .clip_norm = 1},
                  .loss = {.kind = ELMAN_LOSS_MEAN_SQUARED, .block = 3},
                  .batch_size = 25,
                  .k1 = 4,
                  .k2 = 3,
                  .evaluate_every = 4}},
};

typedef struct result {
    double loss[STEPS], norm[STEPS], validation[STEPS], accuracy[STEPS];
    uint64_t steps[STEPS];
    double flops[STEPS];
    uint64_t weights[MOST_RANKS]; /* hash of each rank's */

    /* of the best weights, after training */
    elman_metrics best[2]; /* by part */
    uint64_t confusion[9];
    elman_baseline baseline;
    char residuals[4096];
} result;

typedef struct run {
    const study *what;
    const char *resumed, *saved; /* NULL: neither */
    int threads;
    result *to;
} run;

static elman_status open_text(elman_dataset **dataset)
{
    char text[6000];
    float noise[sizeof text];
    random_fill(3, sizeof text, 0, 1, noise);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + (int)(noise[i] * noise[i] * 20));
    elman_dataset_config reading = {.validation = 0.2};
    return elman_dataset_read("text.txt", text, sizeof text, &reading, dataset);
}

static elman_status open_sequences(const study *what, elman_dataset **dataset)
{
    float x[SEQUENCES * LONGEST * 2], y[SEQUENCES * LONGEST];
    int32_t classes[SEQUENCES];
    size_t lengths[SEQUENCES];
    random_fill(4, sizeof x / sizeof *x, -1, 1, x);
    random_fill(5, sizeof y / sizeof *y, -1, 1, y);
    for (size_t n = 0; n < SEQUENCES; n++) {
        lengths[n] = 1 + n * 7 % LONGEST;
        classes[n] = (int32_t)(n % 3);
    }
    elman_arrays arrays = {.N = SEQUENCES,
                           .T = LONGEST,
                           .I = 2,
                           .x = x,
                           .lengths = lengths,
                           .classes = what->classes ? classes : NULL,
                           .values = what->classes ? NULL : y,
                           .O = what->classes ? 0 : 1,
                           .per_step = !what->classes};
    elman_dataset_config reading = {.validation = 0.2};
    return elman_dataset_open_arrays(&arrays, &reading, dataset);
}

/* Steps on rank 0, from those of a checkpoint on. */
static elman_status take_steps(elman_trainer *trainer, const run *r)
{
    const elman_progress *p = elman_trainer_progress(trainer);
    while (p->step < STEPS) {
        size_t at = (size_t)p->step;
        TRY(elman_trainer_step(trainer));
        r->to->loss[at] = p->last.loss;
        r->to->norm[at] = p->norm;
        r->to->steps[at] = p->last.steps;
        r->to->flops[at] = p->last.flops;
        r->to->validation[at] = p->evaluated ? p->validation.loss : 0;
        r->to->accuracy[at] =
            p->evaluated && r->what->classes ? p->validation.macro_f1 : 0;
        if (r->saved && p->step == SAVED)
            TRY(elman_trainer_save(trainer, r->saved));
    }
    return ELMAN_OK;
}

/* What rank 0 asks of all when training is over. */
static elman_status judge_best(elman_trainer *trainer, const run *r)
{
    result *to = r->to;
    TRY(elman_trainer_keep_best(trainer));
    for (int part = 0; part < 2; part++)
        TRY(elman_trainer_evaluate(trainer, (elman_part)part, &to->best[part],
                                   r->what->classes ? to->confusion : NULL));
    const elman_baseline_config beaten = {.part = ELMAN_PART_VALIDATION,
                                          .neighbour = r->what->classes,
                                          .warp = 0.1};
    TRY(elman_trainer_baseline(trainer, &beaten, &to->baseline));
    if (r->what->text || r->what->classes) return ELMAN_OK;

    elman_residuals *residuals = NULL;
    TRY(elman_trainer_residuals(trainer, ELMAN_PART_TRAIN, &residuals));
    snprintf(to->residuals, sizeof to->residuals, "%s",
             elman_residuals_note(residuals));
    elman_residuals_destroy(residuals);
    return ELMAN_OK;
}

/* One rank, or one process alone (NULL). */
static elman_status train(void *context, const elman_transport *transport)
{
    const run *r = context;
    elman_dataset *dataset = NULL;
    elman_model *model = NULL;
    elman_trainer *trainer = NULL;
    TRY(r->what->text ? open_text(&dataset)
                      : open_sequences(r->what, &dataset));
    TRY(elman_model_create(&r->what->network, &model));

    elman_trainer_config config = r->what->training;
    int rank = transport ? transport->rank : 0;
    config.transport = transport;
    config.threads = rank % 2 ? 1 : r->threads;
    elman_status status =
        elman_trainer_create(model, dataset, &config, &trainer);
    if (!status && r->resumed) status = elman_trainer_load(trainer, r->resumed);
    if (!status)
        status = rank ? elman_trainer_follow(trainer) : take_steps(trainer, r);
    if (!status && !rank) status = judge_best(trainer, r);
    r->to->weights[rank] = elman_model_read_hash(model);
    elman_trainer_destroy(trainer);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    return status;
}

/* From step first on both runs saw the same, and all ranks have one model. */
static void check_same(const result *want, const result *got, size_t first,
                       int size, const char *name)
{
    size_t left = (STEPS - first) * sizeof(double);
    bool same =
        !memcmp(want->loss + first, got->loss + first, left) &&
        !memcmp(want->norm + first, got->norm + first, left) &&
        !memcmp(want->validation + first, got->validation + first, left) &&
        !memcmp(want->accuracy + first, got->accuracy + first, left) &&
        !memcmp(want->flops + first, got->flops + first, left) &&
        !memcmp(want->steps + first, got->steps + first, left);
    for (size_t i = first; i < STEPS && !same; i++)
        CHECK(want->loss[i] == got->loss[i] && want->norm[i] == got->norm[i],
              "%s, %d ranks, step %zu: loss %.17g not %.17g, norm %.17g not "
              "%.17g",
              name, size, i, got->loss[i], want->loss[i], got->norm[i],
              want->norm[i]);
    CHECK(same, "%s, %d ranks: other metrics", name, size);
    CHECK(!memcmp(want->best, got->best, sizeof got->best) &&
              !memcmp(want->confusion, got->confusion, sizeof got->confusion) &&
              !memcmp(&want->baseline, &got->baseline, sizeof got->baseline),
          "%s, %d ranks: the best weights are judged otherwise", name, size);
    CHECK(!strcmp(want->residuals, got->residuals), "%s, %d ranks: %s", name,
          size, got->residuals);
    for (int rank = 0; rank < size; rank++)
        CHECK(got->weights[rank] == want->weights[0],
              "%s: rank %d of %d has other weights", name, rank, size);
}

TEST(ranks_train_to_the_bits_of_one_process)
{
    for (size_t i = 0; i < sizeof studies / sizeof *studies; i++) {
        const study *what = studies + i;
        result alone = {0};
        run one = {.what = what,
                   .saved = in_folder("alone"),
                   .threads = 1,
                   .to = &alone};
        CHECK_OK(train(&one, NULL));

        /* any number of ranks, from the beginning, or from a checkpoint of
         * another number of them */
        for (int size = 1; size <= MOST_RANKS; size += size < 8 ? 1 : 8) {
            result got = {0}, later = {0};
            const char *theirs = in_folder("theirs");
            run begun = {.what = what,
                         .saved = theirs,
                         .threads = 1 + size % 3,
                         .to = &got};
            CHECK_OK(local_run(size, train, &begun));
            check_same(&alone, &got, 0, size, what->name);
            check_same_checkpoint(in_folder("alone"), theirs);

            int other = size % 5 + 1;
            run resumed = {
                .what = what, .resumed = theirs, .threads = 2, .to = &later};
            CHECK_OK(local_run(other, train, &resumed));
            check_same(&alone, &later, SAVED, other, what->name);
        }
    }
}

/* Of a model whose last layers hold most weights. */
static const study large = {
    .name = "values of a large model, summed in two parts",
    .network = {.input_size = 2,
                .layers = {{.kind = ELMAN_GRU, .hidden_size = 40},
                           {.kind = ELMAN_LINEAR, .output_size = 700},
                           {.kind = ELMAN_LINEAR, .output_size = 820},
                           {.kind = ELMAN_LINEAR, .output_size = 1}}},
    .training = {.loss = {.kind = ELMAN_LOSS_MEAN_SQUARED}, .batch_size = 80}};

typedef struct parts_job {
    run how;
    counted by[MOST_RANKS];
} parts_job;

static elman_status train_counted(void *context,
                                  const elman_transport *transport)
{
    parts_job *job = context;
    return train(&job->how, count_on(&job->by[transport->rank], transport));
}

TEST(the_last_levels_are_summed_while_those_below_go_back)
{
    static parts_job job;
    result alone = {0}, got = {0};
    run one = {.what = &large, .threads = 2, .to = &alone};
    CHECK_OK(train(&one, NULL));

    for (int size = 1; size <= 9; size++) {
        bool waits = size == 1;
        job.how = (run){.what = &large, .threads = 2, .to = &got};
        CHECK_OK(local_run(size, train_counted, &job));
        check_same(&alone, &got, 0, size, large.name);
        for (int rank = 0; rank < size; rank++)
            CHECK(waits == (job.by[rank].elsewhere < STEPS), "rank %d of %d",
                  rank, size);
    }
}

/* The metrics of a fresh model on the training part, from each rank. */
typedef struct judged {
    const study *what;
    elman_metrics metrics[MOST_RANKS];
    uint64_t confusion[MOST_RANKS][9];
} judged;

static elman_status judge(void *context, const elman_transport *transport)
{
    judged *j = context;
    elman_dataset *dataset = NULL;
    elman_model *model = NULL;
    TRY(j->what->text ? open_text(&dataset)
                      : open_sequences(j->what, &dataset));
    TRY(elman_model_create(&j->what->network, &model));
    elman_trainer_config config = j->what->training;
    int rank = transport ? transport->rank : 0;
    config.transport = transport;
    elman_status status = elman_model_evaluate(
        model, dataset, ELMAN_PART_TRAIN, &config, &j->metrics[rank],
        j->what->classes ? j->confusion[rank] : NULL);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    return status;
}

TEST(ranks_evaluate_to_the_bits_of_one_process)
{
    for (size_t i = 0; i < sizeof studies / sizeof *studies; i++) {
        static judged want, got;
        want.what = got.what = studies + i;
        CHECK_OK(judge(&want, NULL));
        for (int size = 1; size <= 7; size++) {
            CHECK_OK(local_run(size, judge, &got));
            for (int rank = 0; rank < size; rank++) {
                CHECK(!memcmp(&got.metrics[rank], &want.metrics[0],
                              sizeof *got.metrics),
                      "%s: other metrics on rank %d of %d", studies[i].name,
                      rank, size);
                CHECK(!studies[i].classes ||
                          !memcmp(got.confusion[rank], want.confusion[0],
                                  sizeof *got.confusion),
                      "%s: other classes on rank %d", studies[i].name, rank);
            }
        }
    }
}

/* Rank 0 has nothing left to do, or fails outside of a step. */
static elman_status do_nothing(void *context, const elman_transport *transport)
{
    const run *r = context;
    elman_dataset *dataset = NULL;
    elman_model *model = NULL;
    elman_trainer *trainer = NULL;
    TRY(open_sequences(r->what, &dataset));
    TRY(elman_model_create(&r->what->network, &model));
    elman_trainer_config config = r->what->training;
    config.transport = transport;
    elman_status status =
        elman_trainer_create(model, dataset, &config, &trainer);
    if (!status && transport->rank) status = elman_trainer_follow(trainer);
    elman_trainer_destroy(trainer);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    return status;
}

TEST(ranks_end_with_rank_0_even_if_it_takes_no_step)
{
    run r = {.what = &studies[1]};
    CHECK_OK(local_run(4, do_nothing, &r));
}

/* ---- What goes wrong ---------------------------------------------------- */

/* Rank 2 trains something else, in this way. */
typedef struct disagreement {
    bool other_seed, other_weights, gives_up;
} disagreement;

static elman_status disagree(void *context, const elman_transport *transport)
{
    const disagreement *how = context;
    const study *what = &studies[1];
    bool odd = transport->rank == 2;
    result ignored = {0};
    if (odd && how->gives_up)
        return failure(ELMAN_BAD_VALUE, "there is no such file");

    study mine = *what;
    if (odd && how->other_seed) mine.training.seed = 5;
    if (odd && how->other_weights) mine.network.seed = 5;
    run r = {.what = &mine, .threads = 1, .to = &ignored};
    return train(&r, transport);
}

TEST(a_rank_that_trains_something_else_ends_the_run_before_its_first_step)
{
    disagreement seed = {.other_seed = true}, weights = {.other_weights = true},
                 file = {.gives_up = true};
    CHECK_FAILS(local_run(4, disagree, &seed), ELMAN_BAD_VALUE,
                "rank 2 has other settings than rank 0");
    CHECK_FAILS(local_run(4, disagree, &weights), ELMAN_BAD_VALUE,
                "rank 2 has other weights than rank 0");
    CHECK_FAILS(local_run(4, disagree, &file), ELMAN_BAD_VALUE,
                "there is no such file");
}

TEST(rank_0_steps_and_the_others_follow)
{
    elman_dataset *dataset = NULL;
    elman_model *model = NULL;
    elman_trainer *trainer = NULL;
    CHECK_OK(open_sequences(&studies[1], &dataset));
    CHECK_OK(elman_model_create(&studies[1].network, &model));
    elman_trainer_config config = studies[1].training;
    CHECK_OK(elman_trainer_create(model, dataset, &config, &trainer));
    CHECK_FAILS(elman_trainer_follow(trainer), ELMAN_BAD_VALUE,
                "the trainer has no transport");
    elman_trainer_destroy(trainer);

    local_ranks *ranks = NULL;
    CHECK_OK(local_create(2, &ranks));
    elman_transport broken = *local_transport(ranks, 1);
    config.transport = &broken;
    CHECK_OK(elman_trainer_create(model, dataset, &config, &trainer));
    CHECK_FAILS(elman_trainer_step(trainer), ELMAN_BAD_VALUE,
                "this is rank 1, expected elman_trainer_follow");
    elman_trainer_destroy(trainer);

    broken.rank = 2;
    CHECK_FAILS(elman_trainer_create(model, dataset, &config, &trainer),
                ELMAN_BAD_VALUE, "the transport's rank is 2 of 2");
    broken.end = NULL;
    CHECK_FAILS(elman_trainer_create(model, dataset, &config, &trainer),
                ELMAN_BAD_VALUE, "the transport's end is NULL");
    local_destroy(ranks);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
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
        cmocka_unit_test(ranks_train_to_the_bits_of_one_process),
        cmocka_unit_test(the_last_levels_are_summed_while_those_below_go_back),
        cmocka_unit_test(ranks_evaluate_to_the_bits_of_one_process),
        cmocka_unit_test(ranks_end_with_rank_0_even_if_it_takes_no_step),
        cmocka_unit_test(
            a_rank_that_trains_something_else_ends_the_run_before_its_first_step),
        cmocka_unit_test(rank_0_steps_and_the_others_follow),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
