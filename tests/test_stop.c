/*
 * test_stop.c: an evaluation that elman_trainer_stop ends early is done anew,
 * in the same trainer or in one that loads the checkpoint, by any number of
 * ranks, and nothing that training leaves differs by a bit.
 */
#include "same_checkpoint.h"
#include "train_run.h"

#include "share/local.h"

#include <pthread.h>

enum { STEPS = 23, EVERY = 4, MOST_RANKS = 4 };

/* Checkpoints: of the end of a whole run and of a stopped one, and of between.
 */
static char whole[PATH_ROOM], last[PATH_ROOM], between[PATH_ROOM];

static int begin_all(void **state)
{
    if (folder_create(state) != 0) return -1;
    snprintf(whole, sizeof whole, "%.400s/whole", folder_path);
    snprintf(last, sizeof last, "%.400s/last", folder_path);
    snprintf(between, sizeof between, "%.400s/between", folder_path);
    return 0;
}

/* What is seen of a run. */
typedef struct record {
    size_t count;
    elman_metrics evaluations[STEPS];
    double means[STEPS][4]; /* train_loss, mean_norm, clipped, update */
    uint64_t steps[STEPS], best[STEPS];
} record;

static void note_step(record *to, const elman_progress *p)
{
    size_t n = to->count;
    if (!p->evaluated) return;
    to->steps[n] = p->step;
    to->best[n] = p->best_step;
    to->evaluations[n] = p->validation;
    const double means[] = {p->train_loss, p->mean_norm, p->clipped, p->update};
    memcpy(to->means[n], means, sizeof means);
    to->count++;
}

/* What differs between two runs, or NULL. */
static const char *difference(const record *a, const record *b)
{
    return a->count != b->count ? "the number of evaluations"
           : memcmp(a->steps, b->steps, sizeof a->steps) != 0 ? "their steps"
           : memcmp(a->best, b->best, sizeof a->best) != 0    ? "the best step"
           : memcmp(a->means, b->means, sizeof a->means) != 0 ? "a mean"
           : memcmp(a->evaluations, b->evaluations, sizeof a->evaluations) != 0
               ? "a metric"
               : NULL;
}

static run run_of(size_t kind)
{
    run r = kind == 0   ? text_run()
            : kind == 1 ? series_run()
            : kind == 2 ? table_run()
                        : track_run();
    r.training.steps = STEPS;
    r.training.evaluate_every = EVERY;
    r.training.schedule.kind = ELMAN_SCHEDULE_PLATEAU;
    r.training.schedule.period = 1;
    return r;
}

static void run_whole(run r, record *seen)
{
    session s = begin(r);
    const elman_progress *p = elman_trainer_progress(s.trainer);
    while (!p->done) {
        steps(s, 1);
        note_step(seen, p);
    }
    CHECK_OK(elman_trainer_save(s.trainer, whole));
    end(s);
}

/* Another trainer, which goes on from the checkpoint of this one. */
static session move_on(session s, run r)
{
    CHECK_OK(elman_trainer_save(s.trainer, between));
    end(s);
    s = begin(r);
    CHECK_OK(elman_trainer_load(s.trainer, between));
    return s;
}

/* Each evaluation is stopped twice; afresh: and its trainer left. */
static void run_stopped(run r, bool afresh, record *seen)
{
    session s = begin(r);
    const elman_progress *p = elman_trainer_progress(s.trainer);
    while (!p->done) {
        uint64_t before = p->step;
        elman_trainer_stop(s.trainer, true);
        elman_status status = elman_trainer_step(s.trainer);
        bool due = p->step % EVERY == 0;
        CHECK(status == (due ? ELMAN_STOPPED : ELMAN_OK), "%d at step %zu: %s",
              (int)status, (size_t)p->step, elman_message());
        CHECK(p->step == before + 1 && !p->evaluated, "step %zu",
              (size_t)p->step);
        if (!due) continue;

        /* again in vain, and then to its end */
        CHECK(elman_trainer_step(s.trainer) == ELMAN_STOPPED, "not stopped");
        CHECK(!p->done && p->step == before + 1, "done at %zu",
              (size_t)p->step);
        if (afresh) s = move_on(s, r);
        p = elman_trainer_progress(s.trainer);
        elman_trainer_stop(s.trainer, false);
        CHECK_OK(elman_trainer_step(s.trainer));
        CHECK(p->step == before + 1 && p->evaluated, "step %zu",
              (size_t)p->step);
        note_step(seen, p);
    }
    CHECK_OK(elman_trainer_save(s.trainer, last));
    end(s);
}

TEST(a_stopped_evaluation_is_done_anew_to_the_same_bits)
{
    for (size_t kind = 0; kind < 4; kind++)
        for (int afresh = 0; afresh < 2; afresh++) {
            record want = {0}, got = {0};
            run r = run_of(kind);
            r.training.steps -= STEPS % EVERY; /* the last one is due as well */
            run_whole(r, &want);
            run_stopped(r, afresh, &got);
            const char *what = difference(&want, &got);
            CHECK(!what && want.count == STEPS / EVERY,
                  "kind %zu, %d: %s differs", kind, afresh, what);
            check_same_checkpoint(whole, last);
        }
}

TEST(an_evaluation_that_is_asked_for_stops_as_well)
{
    elman_metrics metrics = {0}, zero = {0};
    session s = begin(text_run());
    elman_trainer_stop(s.trainer, true);
    CHECK(elman_trainer_evaluate(s.trainer, ELMAN_PART_VALIDATION, &metrics,
                                 NULL) == ELMAN_STOPPED,
          "not stopped");
    CHECK(strstr(elman_message(), "left before its end"), "%s",
          elman_message());
    CHECK(!memcmp(&metrics, &zero, sizeof zero), "a metric was written");
    elman_trainer_stop(s.trainer, false);
    CHECK_OK(elman_trainer_evaluate(s.trainer, ELMAN_PART_VALIDATION, &metrics,
                                    NULL));
    elman_trainer_stop(NULL, true);
    end(s);
}

/* ---- At any moment ------------------------------------------------------- */

/* Stops a trainer some times, whatever it does. */
typedef struct nagger {
    elman_trainer *trainer;
    uint64_t seed;
} nagger;

static void *nag(void *context)
{
    const nagger *n = context;
    float pauses[60];
    random_fill(n->seed, 60, 0, 1, pauses);
    for (size_t i = 0; i < 60; i++) {
        usleep((useconds_t)(400 * pauses[i]));
        elman_trainer_stop(n->trainer, true);
    }
    return NULL;
}

TEST(a_stop_at_any_moment_changes_no_bit)
{
    record want = {0};
    size_t stopped = 0;
    run r = run_of(0);
    r.reading.validation = 0.5;
    run_whole(r, &want);

    /* a thread asks for it now and then */
    for (uint64_t seed = 1; seed <= 5; seed++) {
        record got = {0};
        session s = begin(r);
        const elman_progress *p = elman_trainer_progress(s.trainer);
        nagger n = {s.trainer, seed};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, nag, &n), 0);
        while (!p->done) {
            elman_status status = elman_trainer_step(s.trainer);
            if (status == ELMAN_STOPPED) {
                elman_trainer_stop(s.trainer, false);
                stopped++;
                continue;
            }
            CHECK_OK(status);
            note_step(&got, p);
        }
        pthread_join(thread, NULL);
        CHECK_OK(elman_trainer_save(s.trainer, last));
        const char *what = difference(&want, &got);
        CHECK(!what, "seed %zu: %s differs", (size_t)seed, what);
        check_same_checkpoint(whole, last);
        end(s);
    }
    CHECK(stopped > 0, "nothing was stopped");
}

/* ---- Several ranks ------------------------------------------------------- */

/* A run of several ranks, whose rank 0 stops an evaluation. */
typedef struct shared_run {
    run what;
    bool resumed; /* it goes on from between */
    size_t stops; /* exchanges of an evaluation until it is stopped; 0: none */
    record *seen;
    bool stopped;
} shared_run;

/* A transport that counts exchanges, and stops a trainer at one. */
typedef struct counter {
    const elman_transport *to;
    elman_trainer *trainer;
    size_t left;
} counter;

static const char *count_begin(void *context, const elman_transfer *transfers,
                               size_t count, void **handle)
{
    counter *c = context;
    if (c->left && --c->left == 0) elman_trainer_stop(c->trainer, true);
    return c->to->begin(c->to->context, transfers, count, handle);
}

static const char *count_end(void *context, void *handle)
{
    const counter *c = context;
    return c->to->end(c->to->context, handle);
}

/* Until the end, or until the first evaluation was stopped. */
static elman_status lead(elman_trainer *trainer, shared_run *r, counter *c)
{
    const elman_progress *p = elman_trainer_progress(trainer);
    while (!p->done && !r->stopped) {
        bool evaluates = (p->step + 1) % EVERY == 0 && r->stops;
        c->left = evaluates ? r->stops : 0;
        elman_status status = elman_trainer_step(trainer);
        r->stopped = status == ELMAN_STOPPED;
        if (!r->stopped) TRY(status);
        if (!r->stopped) note_step(r->seen, p);
    }
    elman_trainer_stop(trainer, false);
    return elman_trainer_save(trainer, r->stopped ? between : last);
}

static elman_status train(void *context, const elman_transport *transport)
{
    shared_run *r = context;
    elman_dataset *dataset = NULL;
    elman_model *model = NULL;
    elman_trainer *trainer = NULL;
    elman_trainer_config config = r->what.training;
    counter c = {.to = transport};
    elman_transport counted = *transport;
    counted.context = &c;
    counted.begin = count_begin;
    counted.end = count_end;
    config.transport = &counted;

    elman_status status =
        elman_dataset_open(r->what.data, &r->what.reading, &dataset);
    if (!status) status = elman_model_create(&r->what.model, &model);
    if (!status)
        status = elman_trainer_create(model, dataset, &config, &trainer);
    if (!status && r->resumed) status = elman_trainer_load(trainer, between);
    c.trainer = trainer;
    if (!status)
        status = transport->rank ? elman_trainer_follow(trainer)
                                 : lead(trainer, r, &c);
    elman_trainer_destroy(trainer);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
    return status;
}

/* The last exchange of a step and its first evaluations are among these. */
TEST(ranks_leave_an_evaluation_together_and_others_go_on)
{
    static const size_t moments[] = {1, 2, 4, 6, 8, 10, 12};
    size_t stopped = 0;
    for (size_t kind = 0; kind < 2; kind++) {
        record want = {0};
        run r = run_of(kind);
        session s = begin_without_trainer(r);
        fit_ends(&r.model, s.dataset);
        end(s);
        run_whole(r, &want);
        for (int size = 2; size <= MOST_RANKS; size++)
            for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
                record got = {0};
                shared_run first = {
                    .what = r, .stops = moments[i], .seen = &got};
                CHECK_OK(local_run(size, train, &first));
                shared_run rest = first;
                rest.resumed = true;
                rest.stops = 0;
                rest.stopped = false;
                if (first.stopped)
                    CHECK_OK(local_run(size % MOST_RANKS + 1, train, &rest));
                stopped += first.stopped;
                const char *what = difference(&want, &got);
                CHECK(!what, "kind %zu, %d ranks, exchange %zu: %s differs",
                      kind, size, moments[i], what);
                check_same_checkpoint(whole, last);
            }
    }
    CHECK(stopped > 24, "only %zu were stopped", stopped);
}

TEST(a_checkpoint_with_another_word_for_what_is_due_is_refused)
{
    const char *path = in_folder("checkpoint");
    run r = run_of(0);
    session s = begin(r);
    elman_trainer_stop(s.trainer, true);
    while (elman_trainer_step(s.trainer) == ELMAN_OK)
        ;
    CHECK_OK(elman_trainer_save(s.trainer, path));

    /* the note again, with another text */
    safetensors *file = NULL;
    CHECK_OK(safetensors_open(path, &file));
    for (size_t i = 0; i < file->note_count; i++)
        if (!strcmp(file->notes[i].key, "evaluation"))
            file->notes[i].text = "later";
    CHECK_OK(safetensors_save(file, path));
    safetensors_close(file);
    CHECK(elman_trainer_load(s.trainer, path) == ELMAN_BAD_FORMAT, "taken");
    CHECK(strstr(elman_message(), "'later', expected due"), "%s",
          elman_message());
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_evaluation_is_done_anew_to_the_same_bits),
        cmocka_unit_test(an_evaluation_that_is_asked_for_stops_as_well),
        cmocka_unit_test(a_stop_at_any_moment_changes_no_bit),
        cmocka_unit_test(ranks_leave_an_evaluation_together_and_others_go_on),
        cmocka_unit_test(
            a_checkpoint_with_another_word_for_what_is_due_is_refused),
    };
    return cmocka_run_group_tests(tests, begin_all, folder_destroy);
}
