/*
 * test_updates.c: updates are measured without changing a bit of the training,
 * and the measure is what the weights before and after, and the gradients of
 * the state, say.
 */
#include "train_run.h"

#include "learn/trainer.h"

static run frozen_run(void)
{
    run r = text_run();
    r.training.frozen = "embedding,rnn.weight_hh_l0";
    r.training.optimizer.clip_value = 0.01;
    return r;
}

static run unclipped_run(void)
{
    run r = series_run();
    r.training.optimizer = (elman_optimizer_config){
        .rule = ELMAN_RULE_SGD, .learning_rate = 0.1, .momentum = 0.9};
    return r;
}

static run (*const runs[])(void) = {text_run, frozen_run, unclipped_run,
                                    table_run, track_run};
enum { RUNS = sizeof runs / sizeof *runs };

TEST(measuring_changes_no_bit_of_training)
{
    for (size_t i = 0; i < RUNS; i++) {
        session plain = begin(runs[i]()), measured = begin(runs[i]());
        elman_updates *u = NULL;
        CHECK_OK(elman_updates_begin(measured.trainer, &u));
        for (size_t k = 0; k < 25; k++) {
            steps(plain, 1);
            CHECK_OK(elman_updates_step(u));
            assert_true(elman_trainer_progress(plain.trainer)->norm == u->norm);
        }
        check_same_weights(plain, measured, "measured", 25);
        elman_updates_end(u);
        end(plain);
        end(measured);
    }
}

/* |a - b| and |a| over one parameter. */
static void lengths(size_t n, const float *a, const float *b, double *apart,
                    double *length)
{
    double difference = 0, square = 0;
    for (size_t k = 0; k < n; k++) {
        double d = (double)a[k] - (double)b[k];
        difference += d * d;
        square += (double)a[k] * (double)a[k];
    }
    *apart = sqrt(difference);
    *length = sqrt(square);
}

TEST(ratios_and_shares_are_those_of_weights_and_gradients)
{
    for (size_t i = 0; i < RUNS; i++) {
        session s = begin(runs[i]());
        elman_updates *u = NULL;
        CHECK_OK(elman_updates_begin(s.trainer, &u));
        elman_model_info info = elman_model_read_info(s.model);
        assert_int_equal(u->count, info.parameter_count);

        for (size_t step = 0; step < 6; step++) {
            float *before = weights_of(s.model);
            CHECK_OK(elman_updates_step(u));
            float *after = weights_of(s.model);
            double shares = 0;
            size_t at = 0;
            for (size_t k = 0; k < u->count; k++) {
                elman_const_tensor p;
                const char *name = elman_model_parameter(s.model, k, &p);
                size_t n = p.shape[0] * (p.rank > 1 ? p.shape[1] : 1);
                assert_string_equal(u->updates[k].name, name);
                double apart, length;
                lengths(n, before + at, after + at, &apart, &length);
                double got = u->updates[k].ratio;
                CHECK(length > 0 ? fabs(got - apart / length) <= 1e-6 * got
                                 : isnan(got),
                      "run %zu, %s: %g, not %g", i, name, got, apart / length);
                double share = pow(u->updates[k].norm / u->norm, 2);
                CHECK(fabs(u->updates[k].share - share) < 1e-9, "%s", name);
                shares += share;
                at += n;
            }
            CHECK(fabs(shares - 1) < 1e-9, "run %zu: %g", i, shares);
            free(before);
            free(after);
        }
        elman_updates_end(u);
        end(s);
    }
}

TEST(frozen_weights_do_not_move_and_do_not_count)
{
    session s = begin(frozen_run());
    elman_updates *u = NULL;
    CHECK_OK(elman_updates_begin(s.trainer, &u));
    CHECK_OK(elman_updates_step(u));
    double least = INFINITY, most = 0;
    for (size_t k = 0; k < u->count; k++) {
        const elman_update *at = u->updates + k;
        if (strstr(at->name, "embedding") ||
            !strcmp(at->name, "rnn.weight_hh_l0")) {
            assert_true(at->norm == 0 && at->share == 0 && at->ratio == 0);
            continue;
        }
        assert_true(at->norm > 0 && at->ratio > 0);
        least = fmin(least, at->ratio);
        most = fmax(most, at->ratio);
    }
    assert_true(u->ratio >= least && u->ratio <= most);
    elman_updates_end(u);
    end(s);
}

TEST(clipping_is_told_by_norm_and_by_value)
{
    /* a bound that always bites, one that never does, and none */
    static const double bounds[] = {1e-6, 1e6, 0};
    for (size_t i = 0; i < 3; i++) {
        run r = table_run();
        r.training.optimizer.clip_norm = bounds[i];
        session s = begin(r);
        elman_updates *u = NULL;
        CHECK_OK(elman_updates_begin(s.trainer, &u));
        CHECK_OK(elman_updates_step(u));
        assert_true(u->limit == bounds[i]);
        assert_true(u->clipped == (i == 0));
        assert_int_equal(u->limited, 0);
        elman_updates_end(u);
        end(s);
    }

    /* by value, behind the norm: counted as the kernels see it */
    run r = table_run();
    r.training.optimizer.clip_norm = 0.5;
    r.training.optimizer.clip_value = 0.02;
    session s = begin(r);
    elman_updates *u = NULL;
    CHECK_OK(elman_updates_begin(s.trainer, &u));
    CHECK_OK(elman_updates_step(u));
    const float *gradients = gradients_join(s.trainer->state);
    double scale = fmin(1, 0.5 / (u->norm + 1e-6));
    uint64_t limited = 0;
    for (size_t k = 0; k < s.model->weight_count; k++)
        limited += fabsf((float)scale * gradients[k]) > 0.02f;
    assert_true(u->value_limit == 0.02);
    CHECK(u->limited == limited && limited > 0, "%d, not %d", (int)u->limited,
          (int)limited);
    elman_updates_end(u);
    end(s);
}

/* ---- Levels ------------------------------------------------------------- */

TEST(levels_are_measured_at_the_sums_of_their_gates)
{
    for (size_t i = 0; i < RUNS; i++) {
        session s = begin(runs[i]());
        elman_updates *u = NULL;
        CHECK_OK(elman_updates_begin(s.trainer, &u));
        for (size_t step = 0; step < 8; step++)
            CHECK_OK(elman_updates_step(u));

        double largest = 0;
        const pass *p = &s.trainer->state->full;
        for (size_t k = 0; k < u->level_count; k++) {
            char name[80];
            elman_tensor da, gate;
            snprintf(name, sizeof name, "%s.da", u->levels[k].name);
            CHECK_OK(elman_state_view(s.model, s.trainer->state, name, &da));
            snprintf(name, sizeof name, "%s.gate", u->levels[k].name);
            CHECK_OK(elman_state_view(s.model, s.trainer->state, name, &gate));

            size_t G = da.shape[2], B = da.shape[1];
            double square = 0, ends = 0, count = 0;
            bool lstm = i<2, rnn = i> 2;
            for (size_t t = 0; t < da.shape[0]; t++)
                for (size_t b = 0; b < B; b++)
                    for (size_t j = 0; t < p->lengths[b] && j < G; j++) {
                        size_t at = (t * B + b) * G + j;
                        double v = (double)da.data[at];
                        double g = (double)gate.data[at];
                        bool tanh_gate =
                            rnn || (lstm ? j / (G / 4) == 2 : j / (G / 3) == 2);
                        square += v * v;
                        largest = fmax(largest, fabs(v));
                        count++;
                        ends +=
                            tanh_gate ? fabs(g) > 0.95 : g < 0.025 || g > 0.975;
                    }
            CHECK(fabs(u->levels[k].norm - sqrt(square)) <= 1e-9 * sqrt(square),
                  "run %zu, %s", i, name);
            CHECK(fabs(u->levels[k].saturation - ends / count) < 0.002,
                  "run %zu, %s: %g, not %g", i, name, u->levels[k].saturation,
                  ends / count);
        }
        CHECK(u->largest == largest && largest > 0, "run %zu", i);
        assert_non_null(strstr(u->level, "layer"));
        assert_true(u->gate[0]);
        elman_updates_end(u);
        end(s);
    }
}

/* Every cell, in both directions, in levels, behind a projection or before a
 * pool: nothing changes, and levels are what their views say. */
TEST(every_cell_is_measured)
{
    static const elman_kind kinds[] = {
#define CELL(value, NAME, ...) ELMAN_##NAME,
#define LAYER(...)
#include "base/kind.def"
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        run r = series_run();
        elman_layer *cell = r.model.layers;
        *cell = (elman_layer){.kind = kinds[i],
                              .hidden_size = 6,
                              .num_layers = 1 + i % 2,
                              .bidirectional = i % 3 > 0,
                              .proj_size = kinds[i] == ELMAN_LSTM ? 4 : 0};
        cell[1] =
            i % 2 ? (elman_layer){.kind = ELMAN_POOL}
                  : (elman_layer){.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL};
        session plain = begin(r), measured = begin(r);
        elman_updates *u = NULL;
        CHECK_OK(elman_updates_begin(measured.trainer, &u));
        assert_int_equal(u->level_count, (1 + i % 2) * (i % 3 ? 2 : 1));
        for (size_t k = 0; k < 5; k++) {
            steps(plain, 1);
            CHECK_OK(elman_updates_step(u));
        }
        check_same_weights(plain, measured, "measured", 5);

        const pass *p = &measured.trainer->state->full;
        for (size_t k = 0; k < u->level_count; k++) {
            char name[80];
            elman_tensor da;
            snprintf(name, sizeof name, "%s.da", u->levels[k].name);
            CHECK_OK(elman_state_view(measured.model, measured.trainer->state,
                                      name, &da));
            double square = 0;
            for (size_t row = 0; row < da.shape[0] * da.shape[1]; row++)
                for (size_t j = 0; j < da.shape[2]; j++) {
                    double v = (double)da.data[row * da.shape[2] + j];
                    if (row / p->B < p->lengths[row % p->B]) square += v * v;
                }
            CHECK(fabs(u->levels[k].norm - sqrt(square)) <=
                          1e-9 * sqrt(square) &&
                      square > 0,
                  "kind %d, %s", (int)kinds[i], name);
        }
        elman_updates_end(u);
        end(plain);
        end(measured);
    }
}

/* Elman's network: the gradient at the sums is largest at the end of the
 * sequence whose target is far off. */
TEST(the_sequence_that_made_the_norm_is_named)
{
    enum { N = 12, T = 7 };
    float x[N * T], y[N] = {0};
    random_fill(3, N * T, -1, 1, x);
    y[9] = 1000;
    elman_tensor xs = {x, 3, {N, T, 1}}, ys = {y, 2, {N, 1}};
    CHECK_OK(elman_array_save(in_folder("x.npy"), &xs));
    CHECK_OK(elman_array_save(in_folder("y.npy"), &ys));
    run r = {.data = in_folder("x.npy"),
             .reading = {.task = ELMAN_TASK_REGRESS,
                         .target_path = in_folder("y.npy"),
                         .validation = -1},
             .model = {.layers = {{.kind = ELMAN_RNN, .hidden_size = 4},
                                  {.kind = ELMAN_LAST},
                                  {.kind = ELMAN_LINEAR}}},
             .training = {.optimizer.learning_rate = 0.01,
                          .loss.kind = ELMAN_LOSS_MEAN_SQUARED,
                          .batch_size = N,
                          .steps = 4}};
    session s = begin(r);
    elman_updates *u = NULL;
    CHECK_OK(elman_updates_begin(s.trainer, &u));
    CHECK_OK(elman_updates_step(u));
    assert_int_equal(u->sequence, 9);
    assert_int_equal(u->step, T - 1);
    assert_string_equal(u->level, "layer0");
    assert_string_equal(u->gate, "h");
    assert_true(u->unit < 4);
    assert_true(u->progress == 0.25 && !u->done);
    while (!u->done)
        CHECK_OK(elman_updates_step(u));
    assert_true(u->progress == 1);
    elman_updates_end(u);
    elman_updates_end(NULL);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measuring_changes_no_bit_of_training),
        cmocka_unit_test(ratios_and_shares_are_those_of_weights_and_gradients),
        cmocka_unit_test(frozen_weights_do_not_move_and_do_not_count),
        cmocka_unit_test(clipping_is_told_by_norm_and_by_value),
        cmocka_unit_test(levels_are_measured_at_the_sums_of_their_gates),
        cmocka_unit_test(every_cell_is_measured),
        cmocka_unit_test(the_sequence_that_made_the_norm_is_named),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
