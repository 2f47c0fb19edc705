/*
 * test_ranks_budget.c: several ranks, each in a budget of bytes, train to the
 * bits of one process without any: weights, losses and checkpoints.
 */
#include "same_checkpoint.h"
#include "share/local.h"
#include "train_run.h"

#include "learn/trainer.h"

enum { STEPS = 8, SAVED = 4, MOST_RANKS = 8 };

/* What ranks train, and what came of it. */
typedef struct study {
    run r;
    const char *saved, *resumed; /* checkpoints, NULL: neither */
    bool asks;                   /* for an evaluation beside the steps */
    elman_metrics last[STEPS], validation, asked;
    uint64_t weights[MOST_RANKS]; /* hash of each rank's */
    size_t bytes[MOST_RANKS];     /* of both of its states and losses */
    bool segmented[MOST_RANKS], cut[MOST_RANKS];
    char refused[MOST_RANKS][512];
} study;

/* What a rank has made, or why it has not. */
static void look(study *s, int rank, const elman_trainer *t,
                 elman_status status)
{
    if (status) {
        snprintf(s->refused[rank], sizeof s->refused[rank], "%s",
                 elman_message());
        return;
    }
    s->bytes[rank] = trainer_pass_bytes(t);
    s->segmented[rank] = t->state->segments.plan.L > 0;
    if (!t->validation_state) return;
    s->cut[rank] = t->validation_state->config.T < t->state->config.T;
}

static elman_status take_steps(study *s, elman_trainer *trainer)
{
    const elman_progress *p = elman_trainer_progress(trainer);
    while (p->step < STEPS) {
        size_t at = (size_t)p->step;
        TRY(elman_trainer_step(trainer));
        s->last[at] = p->last;
        if (p->evaluated) s->validation = p->validation;
        if (s->saved && p->step == SAVED)
            TRY(elman_trainer_save(trainer, s->saved));
    }

    /* in what the steps leave of a budget */
    if (!s->asks) return ELMAN_OK;
    return elman_trainer_evaluate(trainer, ELMAN_PART_TRAIN, &s->asked, NULL);
}

/* One rank, or one process alone (NULL). */
static elman_status train(void *context, const elman_transport *transport)
{
    study *s = context;
    elman_dataset *dataset = NULL;
    elman_model *model = NULL;
    elman_trainer *trainer = NULL;
    int rank = transport ? transport->rank : 0;
    elman_config network = s->r.model;
    TRY(elman_dataset_open(s->r.data, &s->r.reading, &dataset));
    fit_ends(&network, dataset);
    TRY(elman_model_create(&network, &model));

    elman_trainer_config config = s->r.training;
    config.transport = transport;
    elman_status status =
        elman_trainer_create(model, dataset, &config, &trainer);
    look(s, rank, trainer, status);
    if (!status && s->resumed) status = elman_trainer_load(trainer, s->resumed);
    if (!status)
        status = rank ? elman_trainer_follow(trainer) : take_steps(s, trainer);
    s->weights[rank] = elman_model_read_hash(model);
    elman_trainer_destroy(trainer);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    return status;
}

/* From step first on both saw the same, and all ranks have one model. */
static void check_same(const study *want, const study *got, size_t first,
                       int size, const char *what)
{
    size_t budget = got->r.training.budget;
    for (size_t i = first; i < STEPS; i++)
        CHECK(!memcmp(&want->last[i], &got->last[i], sizeof *got->last),
              "%s, %d ranks, budget %zu, step %zu: loss %a and %a", what, size,
              budget, i, got->last[i].loss, want->last[i].loss);
    CHECK(!memcmp(&want->validation, &got->validation, sizeof got->validation),
          "%s, %d ranks, budget %zu: validation %a and %a", what, size, budget,
          got->validation.loss, want->validation.loss);
    CHECK(!got->asks || !memcmp(&want->asked, &got->asked, sizeof got->asked),
          "%s, %d ranks, budget %zu: asked %a and %a", what, size, budget,
          got->asked.loss, want->asked.loss);
    for (int rank = 0; rank < size; rank++)
        CHECK(got->weights[rank] == want->weights[0],
              "%s, budget %zu: rank %d of %d has other weights", what, budget,
              rank, size);
}

/* One budget; false: it is refused, by all ranks with one sentence. */
static bool check_budget(const study *want, size_t budget, int size,
                         const char *what, size_t *segmented, size_t *cut)
{
    study got = {.r = want->r, .saved = in_folder("theirs"), .asks = size == 3};
    got.r.training.budget = budget;
    got.r.training.threads = 1 + size % 2;
    if (local_run(size, train, &got)) {
        CHECK(strstr(elman_message(), "budget (--memory) is"), "%s: %s", what,
              elman_message());
        for (int rank = 1; rank < size && rank < MOST_RANKS; rank++)
            CHECK(!strcmp(got.refused[rank], got.refused[0]),
                  "%s, rank %d of %d: %s", what, rank, size, got.refused[rank]);
        return false;
    }

    check_same(want, &got, 0, size, what);
    check_same_checkpoint(in_folder("alone"), in_folder("theirs"));
    for (int rank = 0; rank < size; rank++) {
        CHECK(got.bytes[rank] <= budget, "%s: rank %d takes %zu bytes of %zu",
              what, rank, got.bytes[rank], budget);
        *segmented += got.segmented[rank];
        *cut += got.cut[rank];
    }

    /* and on, with another number of them and all steps at once */
    study later = {.r = want->r, .resumed = in_folder("theirs")};
    int other = size % 5 + 1;
    CHECK_OK(local_run(other, train, &later));
    check_same(want, &later, SAVED, other, what);
    return true;
}

/* 1 to 5 ranks, and 8 of which one has no block, in budgets down to the least
 * with which each can do. */
static void check_budgets(run r, const char *what, bool streams)
{
    r.training.evaluate_every = 4;
    r.training.batch_size = 14;
    r.training.loss.block = 2;
    study want = {.r = r, .saved = in_folder("alone"), .asks = true};
    CHECK_OK(train(&want, NULL));
    for (int size = 1; size <= MOST_RANKS; size += size < 5 ? 1 : 3) {
        size_t segmented = 0, cut = 0;
        size_t budget = want.bytes[0] + 100000;
        while (check_budget(&want, budget, size, what, &segmented, &cut))
            budget -= budget / 8;
        CHECK(segmented, "%s, %d ranks: no budget cut anything", what, size);
        CHECK(!streams || cut, "%s, %d ranks: no evaluation was cut", what,
              size);
    }
}

/* With a path of its data that stays, as in_folder's do not. */
static run lasting(run r)
{
    static char paths[3][2 * PATH_ROOM];
    static int turn;
    char *path = paths[turn++];
    snprintf(path, sizeof *paths, "%s", r.data);
    r.data = path;
    return r;
}

TEST(ranks_in_any_budget_train_to_the_bits_of_one_process)
{
    run text = lasting(text_run());
    check_budgets(text, "text", true);
    text.training.k2 = 72;
    check_budgets(text, "text, k2 above k1", true);
    text.training.k1 = 48;
    text.training.k2 = 20;
    check_budgets(text, "text, k2 below k1", true);
    check_budgets(lasting(series_run()), "series", false);
    run track = lasting(track_run());
    check_budgets(track, "track", true);
    track.training.k1 = track.training.k2 = 0;
    check_budgets(track, "track, whole", true);
    track.model.layers[0].bidirectional = true;
    check_budgets(track, "track, both ways", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_in_any_budget_train_to_the_bits_of_one_process),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
