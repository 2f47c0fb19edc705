/*
 * test_train.c: whole training runs. One that is stopped and resumed ends with
 * the bits of one that was not; truncated windows carry exactly the gradient
 * that they should; a value that goes bad is named; and it learns.
 */
#include "train_run.h"

/* ---- Stopped and resumed ------------------------------------------------ */

static void check_resume(run r, const char *what, size_t total)
{
    const char *path = in_folder("checkpoint");
    session whole = begin(r);
    steps(whole, total);
    const elman_progress *want = elman_trainer_progress(whole.trainer);
    for (size_t stop = 0; stop < total; stop += stop < 3 ? 1 : 7) {
        r.training.threads = 1 + (int)stop % 3;
        session first = begin(r);
        steps(first, stop);
        CHECK_OK(elman_trainer_save(first.trainer, path));
        end(first);

        session second = begin(r);
        steps(second, 1); /* what stood there before must not matter */
        CHECK_OK(elman_trainer_load(second.trainer, path));
        const elman_progress *got = elman_trainer_progress(second.trainer);
        CHECK(got->step == stop, "%s: at %zu", what, (size_t)got->step);
        steps(second, total - stop);
        check_same_weights(second, whole, what, stop);
        CHECK(got->epoch == want->epoch && got->batch == want->batch &&
                  got->best_step == want->best_step,
              "%s: epoch %zu and %zu", what, (size_t)got->epoch,
              (size_t)want->epoch);
        CHECK(memcmp(&got->validation.loss, &want->validation.loss,
                     sizeof(double)) == 0,
              "%s: validation loss %g and %g", what, got->validation.loss,
              want->validation.loss);
        CHECK_OK(elman_trainer_keep_best(second.trainer));
        end(second);
    }
    end(whole);
}

TEST(a_run_stopped_at_any_step_and_resumed_ends_with_the_same_bits)
{
    run text = text_run();
    check_resume(text, "text", 23);
    text.training.k2 = 72;
    check_resume(text, "text, k2 above k1", 23);
    text.training.k2 = 10;
    check_resume(text, "text, k2 below k1", 12);
    text.training.k2 = 0;
    text.training.fresh_state = true;
    text.reading.validation = -1;
    text.training.evaluate_every = 5;
    check_resume(text, "text, fresh state, no validation", 12);
    check_resume(series_run(), "series", 17);
    check_resume(table_run(), "table", 15);
    check_resume(track_run(), "track", 13);
}

TEST(a_checkpoint_of_another_run_is_refused)
{
    const char *path = in_folder("checkpoint");
    run r = text_run();
    session s = begin(r);
    CHECK_OK(elman_trainer_save(s.trainer, path));
    end(s);

    /* other windows, another loss, another model, other data */
    r.training.k1 = 32;
    s = begin(r);
    CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                "the run had k1 24, now it is 32; only the learning rate");
    end(s);

    r = text_run();
    r.training.optimizer.rule = ELMAN_RULE_SGD;
    s = begin(r);
    CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                "the run had optimizer adam, now it is sgd;");
    end(s);

    /* what may change */
    r = text_run();
    r.training.optimizer.clip_norm = 0;
    r.training.optimizer.learning_rate = 0.1;
    r.training.frozen = "embedding";
    r.training.epochs = 3;
    r.training.patience = r.training.patience_steps = 7;
    s = begin(r);
    CHECK_OK(elman_trainer_load(s.trainer, path));
    end(s);

    /* more of the data */
    r = text_run();
    write_text(r.data, 121);
    s = begin(r);
    CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                "the data has changed since the run began: it had 1260 to "
                "train on and 140 to validate, now 12");
    end(s);

    r = text_run();
    r.training.loss.label_smoothing = 0.1;
    s = begin(r);
    CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                "the run had label_smoothing 0, now it is 0.1;");
    end(s);

    r = text_run();
    r.training.loss.block = 4;
    s = begin(r);
    CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                "the run had block 8, now it is 4;");
    end(s);
    r.training.loss.block = 8;
    s = begin(r);
    CHECK_OK(elman_trainer_load(s.trainer, path));
    end(s);

    r = text_run();
    r.model.layers[1].hidden_size = 21;
    s = begin(r);
    CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                "the run had another model: hidden_size 20 in layer 2 where "
                "now is hidden_size 21");
    end(s);

    r = series_run();
    s = begin(r);
    path = in_folder("checkpoint");
    CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                "the run had batch_size 4, now it is 8");
    CHECK_FAILS(elman_trainer_load(s.trainer, r.data), ELMAN_BAD_FORMAT,
                "waves.tsv");
    end(s);
}

/* ---- Truncated windows -------------------------------------------------- */

/* The norm of all gradients of text's first windows, from the public calls:
 * lead steps without gradient, then T, of which the first context steps are
 * without loss. */
static double norm_by_hand(session s, const run *r, size_t lead, size_t T,
                           size_t context)
{
    elman_state *state;
    elman_loader *loader;
    elman_batch all, cut;
    elman_target target;
    elman_state_config shape = {
        .T = lead + T, .B = r->training.batch_size, .training = true};
    elman_loader_config loading = {.batch_size = r->training.batch_size,
                                   .steps = lead + T};
    CHECK_OK(elman_state_create(s.model, &shape, &state));
    CHECK_OK(elman_loader_create(s.dataset, &loading, &loader));
    CHECK_OK(elman_loader_read(loader, &all, &target));
    size_t V = elman_model_read_info(s.model).output_size, B = all.B;

    /* the lead, and then the rest with a gradient */
    cut = all;
    cut.T = lead;
    if (lead) CHECK_OK(elman_model_forward(s.model, state, &cut, NULL));
    cut.T = T;
    cut.tokens += lead * B;
    CHECK_OK(elman_model_forward(s.model, state, &cut, NULL));

    /* the loss of the new steps alone */
    elman_tensor y, dy;
    double loss, squares = 0;
    CHECK_OK(elman_state_view(s.model, state, "y", &y));
    CHECK_OK(elman_state_view(s.model, state, "dy", &dy));
    memset(dy.data, 0, context * B * V * sizeof(float));
    elman_target kept = {.classes = target.classes + (lead + context) * B};
    elman_batch kept_shape = {.T = T - context, .B = B};
    CHECK_OK(elman_loss_forward(&r->training.loss, &kept_shape, V,
                                y.data + context * B * V, &kept, &loss,
                                dy.data + context * B * V));
    CHECK_OK(elman_model_backward(s.model, state, NULL, NULL));

    /* the norm over all parameters */
    for (size_t i = 0; i < elman_model_read_info(s.model).parameter_count;
         i++) {
        char name[128];
        elman_tensor g;
        snprintf(name, sizeof name, "%s.grad",
                 elman_model_parameter(s.model, i, NULL));
        CHECK_OK(elman_state_view(s.model, state, name, &g));
        size_t count = g.shape[0] * (g.rank > 1 ? g.shape[1] : 1);
        for (size_t j = 0; j < count; j++)
            squares += (double)g.data[j] * (double)g.data[j];
    }
    elman_loader_destroy(loader);
    elman_state_destroy(state);
    return sqrt(squares);
}

TEST(truncated_windows_carry_the_gradient_of_k2_steps)
{
    run r = text_run();
    r.model.layers[1].dropout = 0;
    r.model.layers[1].init_hh = (elman_init){ELMAN_INIT_NORMAL, 0.3};
    r.training.k1 = 8;
    r.training.in_order = true;
    r.training.optimizer = (elman_optimizer_config){.rule = ELMAN_RULE_SGD,
                                                    .learning_rate = 1e-30};

    /* three windows: the third sees the two before it, or the last one, or
     * only itself, or part of itself */
    const struct {
        size_t k2, steps, lead, T, context;
    } cases[] = {{24, 3, 0, 24, 16},
                 {16, 3, 8, 16, 8},
                 {8, 3, 16, 8, 0},
                 {3, 3, 21, 3, 0},
                 {24, 2, 0, 16, 8}};
    double norms[5];
    for (size_t i = 0; i < 5; i++) {
        r.training.k2 = cases[i].k2;
        session s = begin(r);
        steps(s, cases[i].steps);
        norms[i] = elman_trainer_progress(s.trainer)->norm;
        double want =
            norm_by_hand(s, &r, cases[i].lead, cases[i].T, cases[i].context);
        CHECK(fabs(norms[i] - want) <= 1e-6 * want, "k2 %zu: %g and %g",
              cases[i].k2, norms[i], want);
        end(s);
    }
    CHECK(fabs(norms[0] - norms[2]) > 1e-4 * norms[2],
          "the context changes nothing: %g", norms[0]);
}

TEST(truncation_that_makes_no_sense_is_refused)
{
    run r = text_run();
    session s = begin(r);
    elman_trainer *none = NULL;

    /* of text: windows that do not fit together, and a state that is cut off */
    r.training.k2 = 25;
    CHECK_FAILS(elman_trainer_create(s.model, s.dataset, &r.training, &none),
                ELMAN_BAD_VALUE, "multiple of k1 24");
    r.training.k2 = 48;
    r.training.fresh_state = true;
    CHECK_FAILS(elman_trainer_create(s.model, s.dataset, &r.training, &none),
                ELMAN_BAD_VALUE, "fresh state");
    end(s);

    /* of one target per sequence, and of a loss of values */
    r = series_run();
    s = begin(r);
    r.training.k1 = 5;
    CHECK_FAILS(elman_trainer_create(s.model, s.dataset, &r.training, &none),
                ELMAN_BAD_VALUE, "one per sequence");
    r.training.k1 = 0;
    r.training.loss.kind = ELMAN_LOSS_HUBER;
    CHECK_FAILS(elman_trainer_create(s.model, s.dataset, &r.training, &none),
                ELMAN_BAD_VALUE, "classes");
    assert_null(none);
    end(s);
}

/* ---- Bad values --------------------------------------------------------- */

TEST(a_value_that_goes_bad_is_named_and_changes_nothing)
{
    run r = series_run();
    r.training.schedule = (elman_schedule_config){0};
    r.training.optimizer = (elman_optimizer_config){.rule = ELMAN_RULE_SGD};
    session s = begin(r);

    /* one weight of the reverse direction */
    float weights[36 * 12];
    CHECK_OK(elman_model_read(s.model, "rnn.weight_hh_l0_reverse", 36 * 12,
                              weights));
    weights[30 * 12 + 5] = -NAN;
    CHECK_OK(elman_model_write(s.model, "rnn.weight_hh_l0_reverse", 36 * 12,
                               weights));

    float *before = weights_of(s.model);
    CHECK_FAILS(elman_trainer_step(s.trainer), ELMAN_NOT_FINITE,
                "weight of rnn.weight_hh_l0_reverse, element 365 is nan");
    CHECK(strstr(elman_message(), "epoch 1, step 1"), "%s", elman_message());
    float *after = weights_of(s.model);
    CHECK_BITS(after, before, elman_model_read_info(s.model).weight_count,
               "weights");
    free(before);
    free(after);
    end(s);
}

TEST(an_overflow_is_traced_to_its_unit)
{
    run r = table_run();
    r.model.layers[0].nonlinearity = ELMAN_ACTIVATION_RELU;
    r.model.layers[0].init_hh = (elman_init){ELMAN_INIT_IDENTITY, 1e9};
    session s = begin(r);
    CHECK_FAILS(elman_trainer_step(s.trainer), ELMAN_NOT_FINITE, "layer0");
    const char *parts[] = {
        "rnn", "forward direction", "sample ", "time step", "gate h", "unit "};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        CHECK(strstr(elman_message(), parts[i]), "\"%s\" lacks %s",
              elman_message(), parts[i]);
    end(s);
}

/* ---- Learning ----------------------------------------------------------- */

/* The means over two classes, from their table. */
static void check_class_means(const elman_metrics *m, const uint64_t c[4])
{
    double a = (double)c[0], b = (double)c[1], d = (double)c[2],
           e = (double)c[3];
    double recall = (a / (a + b) + e / (d + e)) / 2;
    double f1 = a / (2 * a + b + d) + e / (2 * e + b + d);
    CHECK(fabs(m->balanced_accuracy - recall) < 1e-12, "%g and %g",
          m->balanced_accuracy, recall);
    CHECK(fabs(m->macro_f1 - f1) < 1e-12, "%g and %g", m->macro_f1, f1);
}

TEST(it_learns_text_classes_and_forecasts)
{
    /* text */
    session s = begin(text_run());
    steps(s, 150);
    CHECK(elman_trainer_progress(s.trainer)->last.bits < 0.6, "%g bits",
          elman_trainer_progress(s.trainer)->last.bits);
    end(s);

    /* classes, and the best model of the run */
    run r = series_run();
    r.training.schedule = (elman_schedule_config){0};
    r.training.epochs = 12;
    s = begin(r);
    const elman_progress *p = elman_trainer_progress(s.trainer);
    while (!p->done)
        steps(s, 1);
    CHECK(p->validation.accuracy > 0.9, "accuracy %g", p->validation.accuracy);
    CHECK(p->epoch == 12, "epoch %zu", (size_t)p->epoch);

    elman_metrics m;
    uint64_t confusion[4];
    CHECK_OK(elman_trainer_keep_best(s.trainer));
    CHECK_OK(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_VALIDATION,
                                  &r.training, &m, confusion));
    CHECK(m.loss == p->best_loss, "%g and %g", m.loss, p->best_loss);
    check_class_means(&m, confusion);
    CHECK(confusion[0] + confusion[1] + confusion[2] + confusion[3] ==
              m.targets,
          "%zu targets", (size_t)m.targets);
    end(s);

    /* a forecast, better than the last value */
    r = table_run();
    s = begin(r);
    steps(s, 400);
    CHECK_OK(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_VALIDATION,
                                  &r.training, &m, NULL));
    CHECK(m.mse < 0.1 * m.naive_mse && m.mae < m.naive_mae, "mse %g naive %g",
          m.mse, m.naive_mse);
    end(s);
}

TEST(patience_ends_a_run_that_no_longer_gets_better)
{
    run r = series_run();
    r.training.optimizer = (elman_optimizer_config){.rule = ELMAN_RULE_SGD,
                                                    .learning_rate = 1e-30};
    r.training.schedule = (elman_schedule_config){0};
    r.training.patience = 3;
    r.model.layers[0].recurrent_dropout = 0;
    session s = begin(r);
    const elman_progress *p = elman_trainer_progress(s.trainer);
    for (size_t i = 0; i < 200 && !p->done; i++)
        steps(s, 1);
    CHECK(p->done && p->epoch == 4, "epoch %zu", (size_t)p->epoch);
    end(s);
}

TEST(a_batch_larger_than_the_data_is_a_batch_of_all)
{
    run all = series_run();
    all.training.batch_size = 60;
    run r = all;
    r.training.batch_size = (size_t)1 << 30;
    session want = begin(all), got = begin(r);
    steps(want, 6);
    steps(got, 6);
    check_same_weights(got, want, "a batch of all", 6);
    end(got);
    end(want);

    r = text_run();
    r.training.batch_size = (size_t)1 << 30;
    got = begin(r);
    steps(got, 4);
    elman_metrics m;
    CHECK_OK(elman_model_evaluate(got.model, got.dataset, ELMAN_PART_TRAIN,
                                  &r.training, &m, NULL));
    end(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_run_stopped_at_any_step_and_resumed_ends_with_the_same_bits),
        cmocka_unit_test(a_checkpoint_of_another_run_is_refused),
        cmocka_unit_test(truncated_windows_carry_the_gradient_of_k2_steps),
        cmocka_unit_test(truncation_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_value_that_goes_bad_is_named_and_changes_nothing),
        cmocka_unit_test(an_overflow_is_traced_to_its_unit),
        cmocka_unit_test(it_learns_text_classes_and_forecasts),
        cmocka_unit_test(patience_ends_a_run_that_no_longer_gets_better),
        cmocka_unit_test(a_batch_larger_than_the_data_is_a_batch_of_all),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
