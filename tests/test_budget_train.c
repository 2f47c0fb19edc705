/*
 * test_budget_train.c: a training run in a budget of bytes is the run without
 * one, to the last bit of weights and metrics, for each kind of data.
 */
#include "train_run.h"

#include "learn/trainer.h"

enum { STEPS = 12 };

static void check_same_metrics(session a, session b, const char *what,
                               size_t budget)
{
    const elman_progress *got = elman_trainer_progress(a.trainer);
    const elman_progress *want = elman_trainer_progress(b.trainer);
    CHECK(!memcmp(&got->last, &want->last, sizeof got->last),
          "%s, budget %zu: loss %a and %a", what, budget, got->last.loss,
          want->last.loss);
    CHECK(!memcmp(&got->validation, &want->validation, sizeof got->validation),
          "%s, budget %zu: validation %a and %a", what, budget,
          got->validation.loss, want->validation.loss);
}

/* Steps, with an evaluation between two of them for which states may have to
 * give way. */
static void steps_around_evaluation(session s)
{
    enum { BEFORE = 4 };
    elman_metrics metrics;
    steps(s, BEFORE);
    CHECK_OK(
        elman_trainer_evaluate(s.trainer, ELMAN_PART_TRAIN, &metrics, NULL));
    steps(s, STEPS - BEFORE);
}

/* Budgets from all that a run takes to the least that it says it can do with.
 */
static void check_budgets(run r, const char *what, bool streams)
{
    r.training.evaluate_every = 5;
    session want = begin(r);
    steps(want, STEPS);
    size_t whole = want.trainer->state->bytes + 100000, runs = 0, segmented = 0;
    size_t cut = 0, alternate = 0, T = want.trainer->state->config.T;
    if (want.trainer->validation_state)
        whole += want.trainer->validation_state->bytes;
    for (size_t budget = whole;; budget -= budget / 5) {
        session s = begin_without_trainer(r);
        r.training.budget = budget;
        r.training.threads = 1 + (int)(runs % 3);
        elman_status status =
            elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer);
        if (status) {
            CHECK(strstr(elman_message(), "budget"), "%s", elman_message());
            end(s);
            break;
        }
        steps_around_evaluation(s);
        check_same_weights(s, want, what, budget);
        check_same_metrics(s, want, what, budget);
        runs++;
        alternate += s.trainer->alternate;
        segmented += s.trainer->state->segments.plan.L > 0;
        if (s.trainer->validation_state)
            cut += s.trainer->validation_state->config.T < T;
        end(s);
    }
    CHECK(alternate, "%s: no evaluation took the place of states", what);
    CHECK(segmented, "%s: no budget of %zu cut anything", what, runs);
    if (streams) CHECK(cut, "%s: no evaluation was cut", what);
    end(want);
}

TEST(any_budget_trains_to_the_same_bits)
{
    run text = text_run();
    check_budgets(text, "text", true);
    text.training.k2 = 72;
    check_budgets(text, "text, k2 above k1", true);
    text.training.k2 = 10;
    check_budgets(text, "text, k2 below k1", true);
    check_budgets(series_run(), "series", false);
    check_budgets(table_run(), "table", true);
    run track = track_run();
    check_budgets(track, "track", true);
    track.training.k1 = track.training.k2 = 0;
    check_budgets(track, "track, whole", true);
    track.model.layers[0].bidirectional = true;
    check_budgets(track, "track, both ways", false);
    track.reading.window = 48;
    track.training.k1 = 40;
    track.training.k2 = 10;
    check_budgets(track, "track, both ways, k2 below k1", false);
}

/* The number that a refusal names. */
static size_t named(void)
{
    const char *at = strstr(elman_message(), "takes ");
    CHECK(at && strstr(elman_message(), "at least"), "%s", elman_message());
    return strtoull(at + strlen("takes "), NULL, 10);
}

/* Steps, and all that an end of a run asks for. */
static void check_run(session s)
{
    elman_metrics metrics;
    steps(s, 2);
    for (int part = 0; part <= ELMAN_PART_TEST; part++)
        if (elman_dataset_size(s.dataset, (elman_part)part))
            CHECK_OK(elman_trainer_evaluate(s.trainer, (elman_part)part,
                                            &metrics, NULL));
    const elman_encoding *e = elman_dataset_encoding(s.dataset);
    elman_residuals *residuals = NULL;
    if (e->target_count && !e->class_count &&
        elman_dataset_size(s.dataset, ELMAN_PART_VALIDATION))
        CHECK_OK(elman_trainer_residuals(s.trainer, ELMAN_PART_VALIDATION,
                                         &residuals));
    elman_residuals_destroy(residuals);
}

/* Any budget that is too small is refused with one number, which is enough for
 * all of a run, and one byte less is not. */
static void check_least(run r, const char *what)
{
    r.training.evaluate_every = 1;
    size_t least = 0;
    for (size_t tried = 0; tried < 5; tried++) {
        session s = begin_without_trainer(r);
        const size_t budgets[] = {1, 100, least / 2, least - 1, least};
        r.training.budget = budgets[tried];
        elman_status status =
            elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer);
        if (tried < 4) {
            CHECK(status == ELMAN_BAD_VALUE, "%s, %zu bytes: %d", what,
                  budgets[tried], (int)status);
            size_t now = named();
            CHECK(!least || now == least, "%s: %zu, then %zu bytes", what,
                  least, now);
            least = now;
        } else {
            CHECK(!status, "%s, %zu bytes: %s", what, least, elman_message());
            check_run(s);
        }
        end(s);
    }
}

/* The same with other parts: none to validate, or much to test and little to
 * validate. */
static void check_parts(run r, const char *what)
{
    check_least(r, what);
    r.reading.validation = -1;
    check_least(r, what);
    r.reading.test = 0.6;
    check_least(r, what);
    r.reading.validation = 0.05;
    check_least(r, what);
}

TEST(a_budget_that_is_too_small_names_the_one_that_is_enough)
{
    run text = text_run();
    check_parts(text, "text");
    text.training.k2 = 72;
    check_parts(text, "text, k2 above k1");
    text.training.k2 = 10;
    check_parts(text, "text, k2 below k1");
    check_parts(series_run(), "series");
    check_parts(table_run(), "table");
    run track = track_run();
    track.training.batch_size = 32;
    check_parts(track, "track");
    track.training.k1 = track.training.k2 = 0;
    track.training.threads = 3;
    check_parts(track, "track, whole");
    track.model.layers[0].bidirectional = true;
    check_parts(track, "track, both ways");
    track.training.k1 = 16;
    track.training.k2 = 6;
    check_parts(track, "track, both ways, k2 below k1");
}

/* Each refusal that names threads is right: with as many the budget is enough.
 */
static void check_threads(run r, size_t budget, const char *what)
{
    session s = begin_without_trainer(r);
    r.training.budget = budget;
    r.training.threads = 64;
    CHECK_FAILS(
        elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer),
        ELMAN_BAD_VALUE, "at least on 64 threads (");
    const char *at = strstr(elman_message(), "fewer threads (--threads ");
    CHECK(at, "%s, %zu bytes: %s", what, budget, elman_message());
    r.training.threads = atoi(at + strlen("fewer threads (--threads "));
    CHECK_OK(elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer));
    check_run(s);
    elman_trainer_destroy(s.trainer);

    /* and with one more it is not */
    s.trainer = NULL;
    r.training.threads++;
    CHECK_FAILS(
        elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer),
        ELMAN_BAD_VALUE, "fewer threads (--threads ");
    end(s);
}

TEST(a_budget_that_is_too_small_for_its_threads_names_fewer)
{
    run text = text_run(), track = track_run();
    check_threads(text, 300000, "text");
    check_threads(text, 600000, "text");
    check_threads(track, 90000, "track");

    /* where one thread is too many already, none are named */
    session s = begin_without_trainer(text);
    text.training.budget = 1000;
    text.training.threads = 8;
    CHECK_FAILS(
        elman_trainer_create(s.model, s.dataset, &text.training, &s.trainer),
        ELMAN_BAD_VALUE, " on one): expected as many, or smaller batches");
    end(s);
}

/* Steps are gone when a loss is known: the sentence says so, and the weights
 * stay. */
TEST(a_loss_that_is_not_finite_stops_a_run_in_a_budget)
{
    run r = track_run();
    r.training.k1 = r.training.k2 = 0;
    r.training.optimizer =
        (elman_optimizer_config){.rule = ELMAN_RULE_SGD, .learning_rate = 1e30};
    r.training.budget = 40000;
    session s = begin(r);
    assert_true(s.trainer->state->segments.plan.L > 0);
    elman_updates *updates;
    CHECK_FAILS(elman_updates_begin(s.trainer, &updates), ELMAN_BAD_VALUE,
                "does not keep the steps that are measured");
    elman_status status = ELMAN_OK;
    float *before = NULL;
    for (size_t i = 0; i < 10 && !status; i++) {
        free(before);
        before = weights_of(s.model);
        status = elman_trainer_step(s.trainer);
    }
    assert_int_equal(status, ELMAN_NOT_FINITE);
    CHECK(strstr(elman_message(), "steps are not kept in a budget of bytes") ||
              strstr(elman_message(), "the first bad value: weight of"),
          "%s", elman_message());
    elman_trace *trace;
    CHECK_OK(elman_trace_create(s.trainer, &trace));
    elman_trace_destroy(trace);
    float *after = weights_of(s.model);
    CHECK_BITS(after, before, elman_model_read_info(s.model).weight_count,
               "after the step");
    free(after);
    free(before);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_budget_trains_to_the_same_bits),
        cmocka_unit_test(
            a_budget_that_is_too_small_names_the_one_that_is_enough),
        cmocka_unit_test(
            a_budget_that_is_too_small_for_its_threads_names_fewer),
        cmocka_unit_test(a_loss_that_is_not_finite_stops_a_run_in_a_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
