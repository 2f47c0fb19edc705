/*
 * test_budget_peak.c: what a run in a budget takes at once, as the allocator
 * sees it: with its losses and outputs, while it trains and while it evaluates
 * beside the steps, no more than the budget, but for what that does not count.
 */
#include "allocator.h"
#include "train_run.h"

#include "learn/row_loss.h"

/* What is beside a budget here: a batch for each reader of the data (training,
 * validation, an evaluation beside the steps), some numbers for each weight,
 * and small things. */
enum { READERS = 3, NUMBERS = 8, SMALL = 30000 };

/* From here on blocks are on huge pages, of which the C library tells more than
 * was asked for. */
enum { LARGE = 2000000 };

static size_t beside(session s, run r, size_t T)
{
    elman_model_info info = elman_model_read_info(s.model);
    size_t row = info.vocabulary ? 2 : info.input_size + info.output_size;
    return READERS * T * r.training.batch_size * row * sizeof(float) +
           NUMBERS * info.weight_count * sizeof(float) + SMALL;
}

static void check_peak(size_t most, const char *what, size_t budget)
{
    size_t peak = allocator_read().peak;
    CHECK(peak <= most, "%s, budget %zu: %zu bytes at once, %zu too many", what,
          budget, peak, peak - most);
}

/* Values for each of 60 steps, of enough sequences for a batch of 64. */
static run long_track_run(void)
{
    run r = track_run();
    r.data = in_folder("long.csv");
    write_table(r.data, 9000);
    r.reading.window = 60;
    r.reading.validation = 0.45;
    r.training.batch_size = 64;
    return r;
}

/* Text of some hundreds of words. */
static run words_run(void)
{
    run r = text_run();
    r.data = in_folder("words.txt");
    FILE *file = fopen(r.data, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < 8000; i++)
        fprintf(file, "w%u%c", i * i % 719 % 400, i % 20 ? ' ' : '\n');
    assert_int_equal(fclose(file), 0);
    r.reading.unit = ELMAN_UNIT_WORDS;
    r.model.layers[1].hidden_size = 8;
    r.training.batch_size = 16;
    r.training.evaluate_every = 2;
    return r;
}

/* Steps, and all evaluations beside them; false: refused. */
static bool run_in(run r, size_t budget, size_t T, const char *what)
{
    elman_metrics metrics;
    elman_residuals *residuals = NULL;
    session s = begin_without_trainer(r);
    const elman_encoding *e = elman_dataset_encoding(s.dataset);
    bool values = e->target_count && !e->class_count;
    r.training.budget = budget;

    allocator_reset();
    elman_status status =
        elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer);
    if (status) {
        CHECK(strstr(elman_message(), "at least"), "%s", elman_message());
        end(s);
        return false;
    }
    steps(s, 3);
    for (int part = 0; part <= ELMAN_PART_VALIDATION; part++)
        CHECK_OK(elman_trainer_evaluate(s.trainer, (elman_part)part, &metrics,
                                        NULL));
    if (values)
        CHECK_OK(elman_trainer_residuals(s.trainer, ELMAN_PART_VALIDATION,
                                         &residuals));
    elman_residuals_destroy(residuals);
    check_peak(budget + beside(s, r, T), what, budget);
    end(s);
    return true;
}

/* The number that a refusal names. */
static size_t least_of(run r)
{
    session s = begin_without_trainer(r);
    r.training.budget = 1;
    CHECK_FAILS(
        elman_trainer_create(s.model, s.dataset, &r.training, &s.trainer),
        ELMAN_BAD_VALUE, "takes ");
    size_t least = strtoull(
        strstr(elman_message(), "takes ") + strlen("takes "), NULL, 10);
    end(s);
    return least;
}

/* From the least that a run needs on, a quarter more each time. T: the steps of
 * its longest window. */
static void check_run(run r, size_t T, const char *what)
{
    size_t least = least_of(r), budget = least;
    assert_false(run_in(r, least - 1, T, what));
    assert_true(least < LARGE / 2);
    for (int i = 0; i < 8 && budget < LARGE; i++, budget += budget / 4)
        CHECK(run_in(r, budget, T, what), "%s, budget %zu of %zu: %s", what,
              budget, least, elman_message());
}

TEST(a_run_in_a_budget_takes_no_more_at_once)
{
    /* many outputs: those of the lead were beside the budget */
    run text = words_run();
    text.training.k1 = 80;
    text.training.k2 = 20;
    check_run(text, 80, "text, k2 below k1");
    text.training.k2 = 60;
    check_run(text, 80, "text, k2 little below k1");

    /* outputs that metrics keep: those of evaluations were beside it */
    run track = long_track_run();
    track.training.evaluate_every = 2;
    check_run(track, 60, "track");
    track.training.k1 = 40;
    track.training.k2 = 10;
    check_run(track, 60, "track, k2 below k1");
    track.model.layers[0].bidirectional = true;
    track.training.batch_size = 16;
    check_run(track, 60, "track, both ways, k2 below k1");
    track.training.k1 = track.training.k2 = 0;
    check_run(track, 60, "track, both ways");
}

/* Budgets of an evaluation without a trainer. */
TEST(an_evaluation_in_a_budget_takes_no_more_at_once)
{
    run track = long_track_run();
    track.training.threads = 8;
    session s = begin_without_trainer(track);
    elman_metrics want, got;
    CHECK_OK(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_TRAIN,
                                  &track.training, &want, NULL));
    track.training.budget = 1;
    CHECK_FAILS(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_TRAIN,
                                     &track.training, &got, NULL),
                ELMAN_BAD_VALUE, "at least on 8 threads (");
    size_t least = strtoull(
        strstr(elman_message(), "takes ") + strlen("takes "), NULL, 10);

    /* one byte less is refused, with threads that are enough */
    track.training.budget = least - 1;
    CHECK_FAILS(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_TRAIN,
                                     &track.training, &got, NULL),
                ELMAN_BAD_VALUE, "fewer threads (--threads 1)");
    track.training.threads = 1;
    CHECK_OK(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_TRAIN,
                                  &track.training, &got, NULL));
    track.training.threads = 8;
    for (size_t budget = least; budget < 4 * least; budget += budget / 4) {
        track.training.budget = budget;
        allocator_reset();
        CHECK_OK(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_TRAIN,
                                      &track.training, &got, NULL));
        check_peak(budget + beside(s, track, 60), "evaluation", budget);
        assert_memory_equal(&got, &want, sizeof got);
    }
    end(s);
}

/* A machine's sizes end somewhere, and none wraps. */
TEST(bytes_of_losses_never_wrap)
{
    assert_true(row_losses_bytes(SIZE_MAX / 4, 1, false, 0) == SIZE_MAX);
    assert_true(row_losses_bytes(SIZE_MAX, 1, false, 0) == SIZE_MAX);
    assert_true(row_losses_bytes(1000, SIZE_MAX / 2, true, 0) == SIZE_MAX);
    assert_true(row_losses_bytes(1, 3, false, SIZE_MAX / 3) == SIZE_MAX);
    size_t some = row_losses_bytes(1000, 7, true, 20);
    assert_true(some >= 1000 * (12 + 28) + 20 * 28 && some < 50000);
    row_losses *losses = NULL;
    CHECK_FAILS(row_losses_create(SIZE_MAX, &losses), ELMAN_NO_MEMORY,
                "no memory for the losses");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_in_a_budget_takes_no_more_at_once),
        cmocka_unit_test(an_evaluation_in_a_budget_takes_no_more_at_once),
        cmocka_unit_test(bytes_of_losses_never_wrap),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
