/*
 * test_train_limits.c: when a run ends, which weights it keeps, which it never
 * moves, and that its windows end where the data does.
 */
#include "train_run.h"

#include "learn/trainer.h"

/* Three evaluations without a better one are not enough before 50 steps. */
TEST(patience_counts_steps_as_well_as_evaluations)
{
    static const struct {
        uint64_t patience, steps, end;
    } cases[] = {{3, 50, 57}, {9, 50, 70}, {0, 50, 57}, {3, 1, 28}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run r = series_run();
        r.training.optimizer = (elman_optimizer_config){.rule = ELMAN_RULE_SGD,
                                                        .learning_rate = 1e-30};
        r.training.schedule = (elman_schedule_config){0};
        r.training.patience = cases[i].patience;
        r.training.patience_steps = cases[i].steps;
        r.model.layers[0].recurrent_dropout = 0;
        session s = begin(r);
        const elman_progress *p = elman_trainer_progress(s.trainer);
        for (size_t n = 0; n < 200 && !p->done; n++)
            steps(s, 1);
        CHECK(p->done && p->step == cases[i].end, "case %zu: step %zu", i,
              (size_t)p->step);
        end(s);
    }
}

/* A rate so large that the training loss only grows. */
TEST(without_validation_data_the_last_weights_are_kept_and_patience_waits)
{
    run r = series_run();
    r.reading.validation = -1;
    r.training.optimizer =
        (elman_optimizer_config){.rule = ELMAN_RULE_SGD, .learning_rate = 30};
    r.training.schedule = (elman_schedule_config){0};
    r.training.patience = 1;
    r.training.epochs = 6;
    session s = begin(r);
    const elman_progress *p = elman_trainer_progress(s.trainer);
    while (!p->done)
        steps(s, 1);
    CHECK(p->epoch == 6 && p->best && p->best_step == p->step,
          "step %zu of %zu", (size_t)p->best_step, (size_t)p->step);

    float *last = weights_of(s.model);
    CHECK_OK(elman_trainer_keep_best(s.trainer));
    float *best = weights_of(s.model);
    CHECK_BITS(best, last, s.trainer->model->info.parameter_count, "best");
    free(last);
    free(best);
    end(s);
}

/* How many numbers the first parameters of a model have. */
static size_t count_first(const elman_model *model, size_t parameters)
{
    size_t count = 0;
    for (size_t i = 0; i < parameters; i++) {
        elman_const_tensor v;
        assert_non_null(elman_model_parameter(model, i, &v));
        count += v.shape[0] * (v.rank > 1 ? v.shape[1] : 1);
    }
    return count;
}

/* All but fc.weight, the last but one. */
TEST(frozen_weights_keep_their_bits)
{
    static const elman_optimizer_config rules[] = {
        {.rule = ELMAN_RULE_ADAMW, .learning_rate = 0.01, .weight_decay = 0.1},
        {.rule = ELMAN_RULE_SGD, .learning_rate = 0.1, .weight_decay = 0.1},
        {.rule = ELMAN_RULE_LION, .learning_rate = 0.01, .weight_decay = 0.1},
    };
    for (size_t i = 0; i < 3; i++) {
        run r = series_run();
        r.training.optimizer = rules[i];
        r.training.frozen = "rnn,fc.bias";

        /* or by a group, or one by each */
        const elman_optimizer_group still = {
            .names = i == 1 ? "rnn,fc.b*" : "*.bias", .frozen = true};
        if (i) r.training.optimizer.groups = &still;
        if (i) r.training.optimizer.group_count = 1;
        if (i) r.training.frozen = i == 1 ? NULL : "rnn";
        session s = begin(r);
        size_t parameters = elman_model_read_info(s.model).parameter_count;
        size_t from = count_first(s.model, parameters - 2);
        size_t to = count_first(s.model, parameters - 1);

        float *before = weights_of(s.model);
        steps(s, 5);
        float *after = weights_of(s.model);
        CHECK_BITS(after, before, from, "rnn");
        CHECK_BITS(after + to, before + to, 2, "fc.bias");
        for (size_t n = from; n < to; n++)
            CHECK(after[n] != before[n], "fc.weight did not move");
        free(before);
        free(after);
        end(s);
    }
}

TEST(the_norm_is_that_of_the_weights_that_move)
{
    run r = series_run();
    session all = begin(r);
    r.training.frozen = "rnn,fc.weight";
    session some = begin(r);
    steps(all, 1);
    steps(some, 1);

    elman_tensor g;
    double squares = 0, norm = elman_trainer_progress(some.trainer)->norm;
    CHECK_OK(
        elman_state_view(some.model, some.trainer->state, "fc.bias.grad", &g));
    for (size_t i = 0; i < 2; i++)
        squares += (double)g.data[i] * (double)g.data[i];
    CHECK(fabs(norm - sqrt(squares)) < 1e-9 * norm, "%g and %g", norm,
          sqrt(squares));
    CHECK(norm < elman_trainer_progress(all.trainer)->norm, "%g", norm);
    end(all);
    end(some);
}

TEST(what_cannot_be_frozen_is_refused)
{
    static const char *const cases[][2] = {
        {"rn",
         "frozen names 'rn', which is no layer or parameter of the model; "
         "its layers with weights are rnn, fc"},
        {"rnn,,fc", "frozen has an empty name"},
        {"rnn,fc", "frozen is 'rnn,fc', which leaves no weight to train"},
    };
    run r = series_run();
    session s = begin(r);
    for (size_t i = 0; i < 3; i++) {
        elman_trainer *t = NULL;
        r.training.frozen = cases[i][0];
        CHECK_FAILS(elman_trainer_create(s.model, s.dataset, &r.training, &t),
                    ELMAN_BAD_VALUE, cases[i][1]);
    }
    end(s);
}

/* A window longer than the data takes no more memory than all of the data. */
TEST(truncation_is_cut_to_the_data)
{
    run r = text_run();
    r.training.batch_size = 1;
    session s = begin(r);
    size_t pairs = elman_dataset_size(s.dataset, ELMAN_PART_TRAIN) - 1;
    end(s);

    r.training.k1 = pairs;
    session want = begin(r);
    r.training.k1 = 1000000000;
    session got = begin(r);
    CHECK(got.trainer->config.k1 == pairs && got.trainer->config.k2 == pairs,
          "k1 %zu", got.trainer->config.k1);
    steps(want, 2);
    steps(got, 2);
    check_same_weights(got, want, "k1 of all", 2);
    end(got);
    end(want);

    r.training.k1 = 100;
    r.training.k2 = 1000000000;
    got = begin(r);
    CHECK(got.trainer->config.k2 == (pairs + 99) / 100 * 100, "k2 %zu",
          got.trainer->config.k2);
    end(got);
    run t = track_run();
    t.training.k2 = 600000000;
    got = begin(t);
    CHECK(got.trainer->config.k2 == 24, "k2 %zu", got.trainer->config.k2);
    end(got);
}

TEST(a_resumed_run_counts_the_seconds_before)
{
    const char *path = in_folder("checkpoint");
    run r = text_run();
    session first = begin(r), second = begin(r);
    steps(first, 5);
    double spent = elman_trainer_progress(first.trainer)->seconds;
    CHECK_OK(elman_trainer_save(first.trainer, path));
    CHECK_OK(elman_trainer_load(second.trainer, path));
    CHECK(spent > 0 && elman_trainer_progress(second.trainer)->seconds == spent,
          "%g", spent);
    steps(second, 1);
    CHECK(elman_trainer_progress(second.trainer)->seconds > spent, "stands");
    end(first);
    end(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patience_counts_steps_as_well_as_evaluations),
        cmocka_unit_test(
            without_validation_data_the_last_weights_are_kept_and_patience_waits),
        cmocka_unit_test(frozen_weights_keep_their_bits),
        cmocka_unit_test(the_norm_is_that_of_the_weights_that_move),
        cmocka_unit_test(what_cannot_be_frozen_is_refused),
        cmocka_unit_test(truncation_is_cut_to_the_data),
        cmocka_unit_test(a_resumed_run_counts_the_seconds_before),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
