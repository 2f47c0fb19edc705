/*
 * test_ranks.c: several ranks that train one model. Whatever their number, the
 * weights, losses and checkpoints are those of one process, bit by bit.
 */
#include <stdatomic.h>

#include "check.h"
#include "counted.h"
#include "folder.h"
#include "same_checkpoint.h"
#include "share/local.h"

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
