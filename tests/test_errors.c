/*
 * test_errors.c: what is measured of wrong answers is what the data and the
 * model's own outputs give, counted here once more; and its totals have the
 * bits of elman_model_evaluate.
 */
#include "train_run.h"

#include "model/model.h"

static void save(const char *path, size_t rank, const size_t *shape,
                 float *values)
{
    elman_tensor array = {.data = values, .rank = rank};
    memcpy(array.shape, shape, rank * sizeof *shape);
    CHECK_OK(elman_array_save(path, &array));
}

enum { N = 40, T = 6 };

/* Series of random steps, with targets y of a shape. */
static run array_run(elman_task task, size_t rank, const size_t *shape,
                     float *y)
{
    static float x[N * T];
    random_fill(7, N * T, -1, 1, x);
    save(in_folder("x.npy"), 3, (size_t[]){N, T, 1}, x);
    save(in_folder("y.npy"), rank, shape, y);
    bool classes = task == ELMAN_TASK_TAG;
    bool one = task == ELMAN_TASK_REGRESS;
    run r = {.data = in_folder("x.npy"),
             .reading = {.task = task,
                         .target_path = in_folder("y.npy"),
                         .validation = 0.3},
             .model = {.seed = 6,
                       .layers = {{.kind = ELMAN_LSTM, .hidden_size = 5},
                                  {.kind = ELMAN_LINEAR}}},
             .training = {.batch_size = 5,
                          .loss.kind = classes ? ELMAN_LOSS_CROSS_ENTROPY
                                               : ELMAN_LOSS_MEAN_SQUARED}};
    if (one) {
        r.model.layers[2] = r.model.layers[1];
        r.model.layers[1] = (elman_layer){.kind = ELMAN_LAST};
    }
    return r;
}

static run tag_run(void)
{
    float y[N * T];
    random_fill(8, N * T, 0, 3, y);
    for (size_t i = 0; i < N * T; i++)
        y[i] = floorf(y[i]);
    return array_run(ELMAN_TASK_TAG, 2, (size_t[]){N, T}, y);
}

static run regress_run(void)
{
    float y[N * 2];
    random_fill(9, N * 2, 100, 103, y);
    return array_run(ELMAN_TASK_REGRESS, 2, (size_t[]){N, 2}, y);
}

static run (*const runs[])(void) = {text_run,  series_run, tag_run,
                                    table_run, track_run,  regress_run};
enum { RUNS = sizeof runs / sizeof *runs };

static elman_errors *must_measure(session s, elman_part part,
                                  const elman_trainer_config *config)
{
    elman_errors *errors = NULL;
    CHECK_OK(elman_errors_begin(s.model, s.dataset, part, config, &errors));
    double before = 0;
    while (!errors->done) {
        CHECK_OK(elman_errors_step(errors));
        CHECK(errors->progress > before, "progress %g", errors->progress);
        before = errors->progress;
    }
    assert_true(errors->progress == 1);
    CHECK_OK(elman_errors_step(errors)); /* one too many does nothing */
    return errors;
}

/* ---- Totals, bits ------------------------------------------------------- */

TEST(totals_have_the_bits_of_evaluate)
{
    for (size_t i = 0; i < RUNS; i++) {
        run r = runs[i]();
        session s = begin(r);
        steps(s, 12);
        for (int part = 0; part < 2; part++) {
            if (!elman_dataset_size(s.dataset, (elman_part)part)) continue;
            size_t classes = elman_dataset_encoding(s.dataset)->class_count;
            uint64_t *confusion = calloc(classes * classes + 1, 8);
            elman_metrics m;
            CHECK_OK(elman_model_evaluate(s.model, s.dataset, (elman_part)part,
                                          &r.training, &m, confusion));
            elman_errors *e = must_measure(s, (elman_part)part, &r.training);

            assert_memory_equal(&e->loss, &m.loss, sizeof m.loss);
            assert_memory_equal(&e->accuracy, &m.accuracy, sizeof m.accuracy);
            assert_int_equal(e->targets, m.targets);
            if (classes) assert_int_equal(e->class_count, classes);
            if (classes)
                assert_memory_equal(e->confusion, confusion,
                                    classes * classes * sizeof *confusion);
            elman_errors_end(e);
            free(confusion);
        }
        end(s);
    }
}

/* All numbers of one as a text. */
static void write_all(const elman_errors *e, char *text, size_t size)
{
    size_t at = 0, cells = e->class_count * e->class_count;
#define WRITE(...) at += (size_t)snprintf(text + at, size - at, __VA_ARGS__)
    WRITE("%a %a %a %a\n", e->loss, e->accuracy, e->largest_share,
          e->calibration_error);
    for (size_t k = 0; k < cells; k++)
        WRITE("%d ", (int)e->confusion[k]);
    for (size_t k = 0; k < ELMAN_CALIBRATION_BINS; k++)
        WRITE("%a %a\n", e->calibration_accuracy[k],
              e->calibration_confidence[k]);
    for (size_t k = 0; k < e->mistake_count; k++) {
        const elman_mistake *m = e->mistakes + k;
        WRITE("%d %d %a %d %d %a %a %a %d\n", (int)m->id, (int)m->step, m->loss,
              (int)m->truth, (int)m->answer, m->probability, m->wanted,
              m->given, (int)m->target);
    }
    for (size_t k = 0; k < e->positions; k++)
        WRITE("%a ", e->position_loss[k]);
    for (size_t k = 0; k < e->horizon * e->target_count; k++)
        WRITE("%a %a %a\n", e->residual_mean[k], e->residual_rms[k],
              e->naive_rms ? e->naive_rms[k] : 0);
    for (size_t k = 0; k < e->target_count; k++)
        WRITE("%a ", e->correlation[k]);
    for (size_t k = 0; k < e->shown * e->target_count; k++)
        WRITE("%a %a\n", e->truth[k], e->answer[k]);
#undef WRITE
    assert_true(at < size);
}

TEST(isas_and_threads_give_the_same_bits)
{
    enum { ROOM = 100000 };
    char *want = malloc(ROOM), *got = malloc(ROOM);
    for (size_t i = 0; i < RUNS; i++) {
        run r = runs[i]();
        session s = begin(r);
        steps(s, 3);
        elman_errors *e = must_measure(s, ELMAN_PART_TRAIN, &r.training);
        write_all(e, want, ROOM);
        elman_errors_end(e);

        for (const kernels *const *isa = kernels_all(); *isa; isa++) {
            kernels_use(*isa);
            r.training.threads++;
            model_repack(s.model, 1);
            e = must_measure(s, ELMAN_PART_TRAIN, &r.training);
            write_all(e, got, ROOM);
            CHECK(!strcmp(got, want), "run %zu on %s", i, (*isa)->isa);
            elman_errors_end(e);
        }
        kernels_use(NULL);
        end(s);
    }
    free(want);
    free(got);
}

/* ---- Classes ------------------------------------------------------------ */

/* The outputs of all sequences of a part, in one pass, and their targets. */
typedef struct outputs {
    elman_loader *loader;
    elman_batch batch;
    elman_target target;
    float *y;
} outputs;

static outputs run_all(session s, elman_part part, size_t O)
{
    outputs o;
    elman_loader_config loading = {.part = part, .batch_size = 1000};
    CHECK_OK(elman_loader_create(s.dataset, &loading, &o.loader));
    CHECK_OK(elman_loader_read(o.loader, &o.batch, &o.target));
    elman_state_config shape = {.T = o.batch.T, .B = o.batch.B};
    elman_state *state = NULL;
    CHECK_OK(elman_state_create(s.model, &shape, &state));
    o.y = calloc(o.batch.T * o.batch.B * O, sizeof *o.y);
    CHECK_OK(elman_model_forward(s.model, state, &o.batch, o.y));
    elman_state_destroy(state);
    return o;
}

/* The likeliest class of a row and its probability, in double. */
static size_t likeliest(const float *y, size_t O, double *probability)
{
    size_t best = 0;
    double sum = 0;
    for (size_t k = 1; k < O; k++)
        if (y[k] > y[best]) best = k;
    for (size_t k = 0; k < O; k++)
        sum += exp((double)y[k] - (double)y[best]);
    *probability = 1 / sum;
    return best;
}

TEST(classes_are_counted_by_hand)
{
    run r = series_run();
    session s = begin(r);
    steps(s, 20);
    enum { O = 2 };
    outputs o = run_all(s, ELMAN_PART_TRAIN, O);
    elman_errors *e = must_measure(s, ELMAN_PART_TRAIN, &r.training);

    /* bins, and how many are wrong */
    double sums[10] = {0}, right[10] = {0}, worst = 0, there = 0;
    uint64_t counts[10] = {0}, wrong = 0;
    for (size_t b = 0; b < o.batch.B; b++) {
        double p;
        size_t answer = likeliest(o.y + b * O, O, &p);
        size_t truth = (size_t)o.target.classes[b];
        size_t bin = p < 1 ? (size_t)(p * 10) : 9;
        counts[bin]++;
        sums[bin] += p;
        right[bin] += answer == truth;
        there += truth == 0;
        if (answer == truth) continue;
        wrong++;
        if (-log(1 - p) > worst) worst = -log(1 - p);
    }

    double error = 0, n = (double)o.batch.B;
    for (size_t k = 0; k < 10; k++) {
        assert_int_equal(e->calibration_counts[k], counts[k]);
        if (!counts[k]) {
            assert_true(isnan(e->calibration_accuracy[k]));
            continue;
        }
        double each = (double)counts[k];
        assert_true(e->calibration_accuracy[k] == right[k] / each);
        CHECK(fabs(e->calibration_confidence[k] - sums[k] / each) < 1e-6,
              "bin %zu", k);
        error += fabs(right[k] - sums[k]) / n;
    }
    CHECK(fabs(e->calibration_error - error) < 1e-6, "%g", error);
    assert_true(e->largest_share == fmax(there, n - there) / n);

    /* mistakes: only wrong answers, the worst first */
    assert_int_equal(e->mistake_count, wrong < 20 ? wrong : 20);
    assert_true(wrong > 0);
    CHECK(fabs(e->mistakes[0].loss - worst) < 1e-5, "%g %g",
          e->mistakes[0].loss, worst);
    for (size_t k = 0; k < e->mistake_count; k++) {
        const elman_mistake *m = e->mistakes + k;
        assert_true(k == 0 || m->loss <= m[-1].loss);
        assert_true(m->truth != m->answer && isnan(m->wanted));
        assert_int_equal(m->truth,
                         elman_dataset_class(s.dataset, m->id, m->step));
        CHECK(fabs(-log(1 - m->probability) - m->loss) < 1e-5, "%zu", k);
    }

    assert_int_equal(e->positions, 0);
    assert_int_equal(e->target_count, 0);
    elman_errors_end(e);
    elman_loader_destroy(o.loader);
    free(o.y);
    end(s);
}

TEST(class_weights_and_ignored_targets_are_left_out)
{
    run r = tag_run();
    session s = begin(r);
    steps(s, 5);
    float weights[] = {1, 0, 5};
    r.training.loss.class_weights = weights;
    r.training.loss.has_ignored = true;
    r.training.loss.ignore_index = 2;
    elman_errors *e = must_measure(s, ELMAN_PART_TRAIN, &r.training);
    elman_metrics m;
    CHECK_OK(elman_model_evaluate(s.model, s.dataset, ELMAN_PART_TRAIN,
                                  &r.training, &m, NULL));
    assert_memory_equal(&e->loss, &m.loss, sizeof m.loss);
    assert_int_equal(e->targets, m.targets);

    uint64_t counted = 0;
    for (size_t k = 0; k < 10; k++)
        counted += e->calibration_counts[k];
    assert_int_equal(counted, m.targets);
    for (size_t k = 0; k < e->mistake_count; k++)
        assert_int_not_equal(e->mistakes[k].truth, 2);

    /* every position has its own step, weighted alike */
    assert_int_equal(e->positions, T);
    assert_int_equal(e->position_steps, 1);
    elman_errors_end(e);
    end(s);
}

/* All tokens of a text of bytes, part behind part. */
static int32_t *tokens_of(const run *r, size_t *count)
{
    char bytes[5000];
    elman_dataset *d = NULL;
    size_t unknown;
    FILE *file = fopen(r->data, "r");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    int32_t *tokens = calloc(size + 1, sizeof *tokens);
    CHECK_OK(elman_dataset_open(r->data, &r->reading, &d));
    CHECK_OK(elman_encoding_read(elman_dataset_encoding(d), bytes, size, size,
                                 tokens, count, &unknown));
    elman_dataset_close(d);
    return tokens;
}

TEST(what_stands_before_a_mistake_is_known_wherever_the_text_is)
{
    run r = text_run();
    session s = begin(r);
    steps(s, 3);
    elman_errors *want = must_measure(s, ELMAN_PART_TRAIN, &r.training);
    size_t count = 0;
    int32_t *tokens = tokens_of(&r, &count);
    assert_true(want->mistake_count > 0);

    /* in its file, lent by a program, and copied from there */
    for (int place = 0; place < 3; place++) {
        session other = {.model = s.model};
        elman_dataset_config reading = r.reading;
        elman_arrays lent = {
            .N = 1, .T = count, .tokens = tokens, .borrowed = place == 1};
        reading.memory = 1;
        if (!place)
            CHECK_OK(elman_dataset_open(r.data, &reading, &other.dataset));
        else
            CHECK_OK(elman_dataset_open_arrays(
                &lent, &(elman_dataset_config){0}, &other.dataset));

        elman_errors *got = must_measure(other, ELMAN_PART_TRAIN, &r.training);
        assert_int_equal(got->mistake_count, want->mistake_count);
        for (size_t k = 0; k < got->mistake_count; k++) {
            const elman_mistake *a = want->mistakes + k, *b = got->mistakes + k;
            assert_int_equal(a->id, b->id);
            assert_int_equal(a->before_count, b->before_count);
            assert_memory_equal(a->before, b->before,
                                a->before_count * sizeof *a->before);
        }
        elman_errors_end(got);
        elman_dataset_close(other.dataset);
    }
    free(tokens);
    elman_errors_end(want);
    end(s);
}

TEST(a_text_has_its_loss_by_position_and_its_tokens_by_number)
{
    run r = text_run();
    session s = begin(r);
    steps(s, 10);
    elman_errors *e = must_measure(s, ELMAN_PART_TRAIN, &r.training);
    size_t size = elman_dataset_size(s.dataset, ELMAN_PART_TRAIN);
    size_t stream = (size - 1) / 4;
    size_t each = (stream + 49) / 50;
    assert_int_equal(e->position_steps, each);
    assert_int_equal(e->positions, (stream + each - 1) / each);

    /* their mean, each by its steps, is the loss */
    double sum = 0;
    for (size_t k = 0; k < e->positions; k++) {
        size_t steps_here = k + 1 < e->positions ? each : stream - k * each;
        sum += e->position_loss[k] * (double)steps_here;
    }
    CHECK(fabs(sum / (double)stream - e->loss) < 1e-9, "%g %g",
          sum / (double)stream, e->loss);

    /* the token with that number is the one that was asked for */
    const elman_encoding *encoding = elman_dataset_encoding(s.dataset);
    char *text = calloc(1, 5000);
    FILE *file = fopen(r.data, "r");
    size_t bytes = fread(text, 1, 4999, file);
    fclose(file);
    assert_true(e->mistake_count > 0 && size < bytes);
    for (size_t k = 0; k < e->mistake_count; k++) {
        const elman_mistake *m = e->mistakes + k;
        assert_int_equal(encoding->tokens[m->truth][0], text[m->id]);
        assert_int_equal((m->id - 1) % stream, m->step);

        /* and what its stream had read stands before it */
        assert_int_equal(m->before_count, m->step < 40 ? m->step + 1 : 40);
        const char *before = text + m->id - m->before_count;
        for (size_t t = 0; t < m->before_count; t++)
            assert_int_equal(encoding->tokens[m->before[t]][0], before[t]);
    }

    /* few tokens have a confusion */
    assert_int_equal(e->class_count, encoding->vocabulary);
    uint64_t all = 0;
    for (size_t k = 0; k < e->class_count * e->class_count; k++)
        all += e->confusion[k];
    assert_int_equal(all, e->targets);
    free(text);
    elman_errors_end(e);
    end(s);
}

/* ---- Values ------------------------------------------------------------- */

/* A model that answers weight times its input. */
static elman_model *scaling_model(float weight)
{
    elman_config shape = {.input_size = 1,
                          .layers = {{.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_model *m = NULL;
    CHECK_OK(elman_model_create(&shape, &m));
    CHECK_OK(elman_model_write(m, "fc.weight", 1, &weight));
    CHECK_OK(elman_model_write(m, "fc.bias", 1, (float[]){0}));
    return m;
}

TEST(a_flipped_target_has_a_correlation_of_minus_one)
{
    float y[N * T];
    random_fill(7, N * T, -1, 1, y); /* the input itself */
    run r = array_run(ELMAN_TASK_TRACK, 3, (size_t[]){N, T, 1}, y);
    r.reading.no_scaling = true;
    session s = {0};
    CHECK_OK(elman_dataset_open(r.data, &r.reading, &s.dataset));
    for (int sign = -2; sign <= 2; sign += 2) {
        s.model = scaling_model((float)sign);
        elman_errors *e = must_measure(s, ELMAN_PART_TRAIN, NULL);
        assert_int_equal(e->target_count, 1);
        assert_int_equal(e->horizon, 1);
        if (sign) CHECK(fabs(e->correlation[0] - sign / 2) < 1e-12, "%d", sign);
        else assert_true(isnan(e->correlation[0]));

        /* the first answers in order, sequence by sequence */
        assert_int_equal(e->shown, e->targets);
        for (size_t k = 0; k < e->shown; k++)
            assert_true(e->answer[k] == sign * e->truth[k]);
        for (size_t t = 0; t < T; t++) {
            CHECK_OK(elman_dataset_truth(s.dataset, 0, t, 1, (double[1]){0}));
            double truth;
            CHECK_OK(elman_dataset_truth(s.dataset, 0, t, 1, &truth));
            if (e->targets == N * T) assert_true(e->truth[t] == truth);
        }

        /* residuals: (1 - sign) y */
        double mean = 0, square = 0;
        for (size_t k = 0; k < e->shown; k++) {
            mean += (1 - sign) * e->truth[k] / (double)e->shown;
            square += (1 - sign) * (1 - sign) * e->truth[k] * e->truth[k] /
                      (double)e->shown;
        }
        CHECK(fabs(e->residual_mean[0] - mean) < 1e-12, "%g", mean);
        CHECK(fabs(e->residual_rms[0] - sqrt(square)) < 1e-12, "%g", square);
        assert_null(e->naive_rms);
        const elman_mistake *m = e->mistakes;
        assert_true(fabs(m->given - sign * m->wanted) < 1e-12);
        CHECK(fabs(m->loss - pow((1 - sign) * m->wanted, 2)) < 1e-6, "%g",
              m->loss);
        elman_errors_end(e);
        elman_model_destroy(s.model);
    }
    elman_dataset_close(s.dataset);
}

TEST(a_forecast_has_residuals_by_horizon_in_the_units_of_the_data)
{
    /* squares: a model of zeros repeats the last value, as the naive one does;
     * after row t the truth is 2 t + 1 and 4 t + 4 more */
    char text[3000] = "";
    for (int i = 0; i < 120; i++)
        sprintf(text + strlen(text), "%d\n", i * i);
    elman_dataset_config reading = {.window = 4,
                                    .horizon = 2,
                                    .validation = 0.2,
                                    .no_scaling = true,
                                    .transform = "difference"};
    elman_config shape = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2, .no_bias = true}}};
    session s = {0};
    CHECK_OK(elman_dataset_open(put_text("r.csv", text), &reading, &s.dataset));
    CHECK_OK(elman_model_create(&shape, &s.model));
    CHECK_OK(elman_model_write(s.model, "fc.weight", 4, (float[4]){0}));
    elman_trainer_config config = {.loss.kind = ELMAN_LOSS_MEAN_SQUARED,
                                   .batch_size = 7};
    elman_errors *e = must_measure(s, ELMAN_PART_VALIDATION, &config);

    size_t first = 95, count = elman_dataset_size(s.dataset, 1);
    double sums[2] = {0}, squares[2] = {0};
    for (size_t t = first; t < first + count; t++)
        for (size_t k = 0; k < 2; k++) {
            double off = k ? 4 * (double)t + 4 : 2 * (double)t + 1;
            sums[k] += off;
            squares[k] += off * off;
        }
    assert_int_equal(e->horizon, 2);
    assert_int_equal(e->shown, count);
    for (size_t k = 0; k < 2; k++) {
        CHECK(e->residual_mean[k] == sums[k] / (double)count, "%zu: %g %g", k,
              e->residual_mean[k], sums[k] / (double)count);
        double rms = sqrt(squares[k] / (double)count);
        CHECK(fabs(e->residual_rms[k] - rms) < 1e-9, "%zu", k);
        assert_true(e->naive_rms[k] == e->residual_rms[k]);
    }
    CHECK(e->correlation[0] > 0.99, "%g", e->correlation[0]);

    /* the worst is the second step behind the last window */
    elman_origin origin;
    elman_dataset_origin(s.dataset, e->mistakes[0].id, e->mistakes[0].step,
                         &origin);
    double last = (double)(first + count - 1);
    assert_int_equal(e->mistakes[0].step, 5);
    assert_true(e->mistakes[0].wanted - e->mistakes[0].given == 4 * last + 4);
    assert_int_equal(origin.step, (size_t)last + 2);
    elman_errors_end(e);
    elman_model_destroy(s.model);
    elman_dataset_close(s.dataset);
}

TEST(what_does_not_fit_is_refused)
{
    run r = series_run();
    session s = begin(r);
    elman_errors *e = NULL;
    CHECK_FAILS(elman_errors_begin(s.model, s.dataset, ELMAN_PART_TEST,
                                   &r.training, &e),
                ELMAN_BAD_VALUE, "that part of the data is empty");
    CHECK_FAILS(elman_errors_begin(s.model, NULL, 0, NULL, &e), ELMAN_BAD_VALUE,
                "dataset");
    elman_model *other = scaling_model(1);
    CHECK_FAILS(elman_errors_begin(other, s.dataset, 0, NULL, &e),
                ELMAN_BAD_VALUE, "outputs");
    assert_null(e);
    elman_errors_end(NULL);
    elman_model_destroy(other);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_have_the_bits_of_evaluate),
        cmocka_unit_test(isas_and_threads_give_the_same_bits),
        cmocka_unit_test(classes_are_counted_by_hand),
        cmocka_unit_test(class_weights_and_ignored_targets_are_left_out),
        cmocka_unit_test(
            what_stands_before_a_mistake_is_known_wherever_the_text_is),
        cmocka_unit_test(
            a_text_has_its_loss_by_position_and_its_tokens_by_number),
        cmocka_unit_test(a_flipped_target_has_a_correlation_of_minus_one),
        cmocka_unit_test(
            a_forecast_has_residuals_by_horizon_in_the_units_of_the_data),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
