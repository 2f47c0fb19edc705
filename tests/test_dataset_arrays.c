/* test_dataset_arrays.c: arrays in memory are the dataset that files of the
 * same numbers are, bit by bit, up to the weights that they train. */
#include "check.h"

#include "allocator.h"
#include "arrays.h"
#include "folder.h"

enum { N = 40, T = 7, I = 2, O = 3, CLASSES = 4, CASES = 64 };

/* One case, padded: (N,T,.), NaN behind each sequence. */
typedef struct setting {
    elman_task task;
    bool per_step, classes, ragged;
    size_t lengths[N];
    float x[N * T * I], values[N * T * O];
    int32_t labels[N * T];
    elman_dataset_config config;

    /* the same without padding */
    float rows[N * T * I], row_values[N * T * O];
    int32_t row_labels[N * T];
} setting;

static float pick(uint64_t which, float low, float high)
{
    float value;
    random_fill(which, 1, low, high, &value);
    return value;
}

/* Classes in which the first numbers occur once at least. */
static void draw_targets(setting *s, uint64_t which)
{
    random_fill(which + 4, N * T * O, -5, 5, s->values);
    for (size_t k = 0; k < N * T; k++) {
        s->labels[k] = (int32_t)pick(1000 * which + k, 0, CLASSES);
        if (k < 2 * CLASSES) s->labels[k] = (int32_t)(k % CLASSES);
        if (s->per_step && k % 11 == 10) s->labels[k] = -100;
    }
    for (size_t n = 0; s->per_step && n < N; n++)
        s->labels[n * T] = (int32_t)(n % CLASSES);
}

static void draw(setting *s, uint64_t which)
{
    static const elman_task tasks[] = {ELMAN_TASK_CLASSIFY, ELMAN_TASK_TAG,
                                       ELMAN_TASK_REGRESS, ELMAN_TASK_TRACK};
    memset(s, 0, sizeof *s);
    s->task = tasks[which % 4];
    s->per_step = which & 1;
    s->classes = which % 4 < 2;
    s->ragged = which / 4 & 1;
    s->config = (elman_dataset_config){.task = s->task,
                                       .validation = 0.25,
                                       .test = which / 8 & 1 ? 0.2 : 0,
                                       .seed = which,
                                       .no_scaling = which / 16 & 1};
    random_fill(which, N * T * I, -3, 8, s->x);
    for (size_t n = 0; n < N; n++)
        s->lengths[n] = s->ragged ? 1 + (size_t)pick(n + 77 * which, 0, T) : T;
    s->lengths[0] = T;

    /* holes that are filled */
    if (which / 32 & 1) {
        s->config.missing =
            s->per_step ? ELMAN_MISSING_PREVIOUS : ELMAN_MISSING_MEAN;
        for (size_t n = 0; n < N; n += 3)
            if (s->lengths[n] > 3) s->x[(n * T + 2) * I + 1] = NAN;
    }
    if (which / 16 % 2 && !(which / 32 & 1)) s->config.transform = "zscore";
    draw_targets(s, which);

    for (size_t n = 0, row = 0; n < N; n++)
        for (size_t t = 0; t < T; t++) {
            size_t at = n * T + t;
            if (t >= s->lengths[n]) {
                for (size_t i = 0; i < I; i++)
                    s->x[at * I + i] = NAN;
                continue;
            }
            memcpy(s->rows + row * I, s->x + at * I, I * sizeof *s->x);
            memcpy(s->row_values + row * O, s->values + at * O,
                   O * sizeof *s->values);
            s->row_labels[row++] = s->labels[at];
        }
}

/* The files of a setting. */
static elman_dataset *open_files(setting *s)
{
    static float numbers[N * T];
    const char *x = in_folder("x.npy"), *y = in_folder("y.npy");
    elman_tensor in = {s->x, 3, {N, T, I}}, out = {s->values, 2, {N, O}};
    if (s->per_step) out = (elman_tensor){s->values, 3, {N, T, O}};
    for (size_t k = 0; k < N * T; k++)
        numbers[k] = (float)s->labels[k];
    if (s->classes) out = (elman_tensor){numbers, 1, {N}};
    if (s->classes && s->per_step) out = (elman_tensor){numbers, 2, {N, T}};
    CHECK_OK(elman_array_save(x, &in));
    CHECK_OK(elman_array_save(y, &out));

    elman_dataset *dataset;
    elman_dataset_config config = s->config;
    config.target_path = y;
    CHECK_OK(elman_dataset_open(x, &config, &dataset));
    return dataset;
}

/* The arrays: padded with NaN alone to say it, padded, or without padding; from
 * WAYS on the same borrowed. */
enum { WAYS = 3 };

static elman_arrays arrays_of(const setting *s, int form)
{
    int way = form % WAYS;
    elman_arrays a = {.N = N,
                      .T = way < 2 ? T : 0,
                      .I = I,
                      .x = way < 2 ? s->x : s->rows,
                      .lengths = way ? s->lengths : NULL,
                      .O = s->classes ? 0 : O,
                      .per_step = s->per_step,
                      .borrowed = form >= WAYS};
    bool rows = way == 2 && s->per_step;
    if (s->classes) a.classes = rows ? s->row_labels : s->labels;
    else a.values = rows ? s->row_values : s->values;
    return a;
}

/* ---- The same dataset --------------------------------------------------- */

static void check_batches(const elman_dataset *a, const elman_dataset *b,
                          const setting *s)
{
    elman_loader_config config = {.batch_size = 6, .shuffled = true};
    elman_loader *one, *two;
    CHECK_OK(elman_loader_create(a, &config, &one));
    CHECK_OK(elman_loader_create(b, &config, &two));
    for (size_t k = 0; k < 6; k++) {
        elman_batch left, right;
        elman_target want, got;
        CHECK_OK(elman_loader_read(one, &left, &want));
        CHECK_OK(elman_loader_read(two, &right, &got));
        assert_int_equal(left.B, right.B);
        if (left.B == 0) break;
        size_t rows = left.T * left.B, targets = s->per_step ? rows : left.B;
        assert_int_equal(left.T, right.T);
        CHECK(!left.lengths == !right.lengths, "batch %zu", k);
        for (size_t n = 0; left.lengths && n < left.B; n++)
            assert_int_equal(left.lengths[n], right.lengths[n]);
        CHECK(!memcmp(left.x, right.x, rows * I * sizeof *left.x), "x of %zu",
              k);
        if (s->classes) {
            CHECK(!memcmp(want.classes, got.classes,
                          targets * sizeof *want.classes),
                  "classes of %zu", k);
        } else {
            CHECK(!memcmp(want.values, got.values,
                          targets * O * sizeof *want.values),
                  "values of %zu", k);
        }
    }
    elman_loader_destroy(one);
    elman_loader_destroy(two);
}

/* What the data says, sequence by sequence. */
static void check_answers(const elman_dataset *a, const elman_dataset *b)
{
    for (uint64_t id = 0; id < N; id++) {
        float left[T * I], right[T * I];
        double want[O], got[O];
        size_t steps = elman_dataset_inputs(a, id, left);
        assert_int_equal(elman_dataset_inputs(b, id, right), steps);
        CHECK_BITS(left, right, steps * I, "x of %zu", (size_t)id);
        for (size_t t = 0; t < steps; t++) {
            assert_int_equal(elman_dataset_class(a, id, t),
                             elman_dataset_class(b, id, t));
            if (elman_dataset_encoding(a)->class_count) continue;
            CHECK_OK(elman_dataset_truth(a, id, t, 1, want));
            CHECK_OK(elman_dataset_truth(b, id, t, 1, got));
            for (size_t k = 0; k < O; k++)
                CHECK(want[k] == got[k] || (isnan(want[k]) && isnan(got[k])),
                      "truth of %zu: %g %g", (size_t)id, want[k], got[k]);
        }
    }
}

/* All that is told of the numbers. */
static void check_facts(const elman_dataset *a, const elman_dataset *b)
{
    size_t left, right;
    const elman_fact *want = elman_dataset_facts(a, &left);
    const elman_fact *got = elman_dataset_facts(b, &right);
    for (size_t i = 0, k = 0; i < left; i++) {
        if (strcmp(want[i].name, "target") && strcmp(want[i].name, "inputs"))
            continue;
        while (k < right && strcmp(got[k].name, want[i].name))
            k++;
        CHECK(k < right, "%s is not told", want[i].name);
        assert_string_equal(want[i].text, got[k].text);
    }
}

/* Weights after some steps, metrics, and residuals where there are any. */
static void train(const elman_dataset *dataset, const setting *s,
                  bool batch_first, elman_model **model, elman_metrics *metrics,
                  elman_residuals **residuals)
{
    size_t outputs =
        elman_encoding_outputs(elman_dataset_encoding(dataset), NULL);
    elman_config network = {
        .input_size = I, .seed = 1, .batch_first = batch_first};
    size_t layers = 0;
    network.layers[layers++] =
        (elman_layer){.kind = ELMAN_GRU, .hidden_size = 5};
    if (!s->per_step)
        network.layers[layers++] = (elman_layer){.kind = ELMAN_LAST};
    network.layers[layers] =
        (elman_layer){.kind = ELMAN_LINEAR, .output_size = outputs};
    elman_trainer_config config = {.loss.kind = s->classes
                                                    ? ELMAN_LOSS_CROSS_ENTROPY
                                                    : ELMAN_LOSS_MEAN_SQUARED,
                                   .batch_size = 8,
                                   .steps = 4};
    elman_trainer *trainer;
    CHECK_OK(elman_model_create(&network, model));
    CHECK_OK(elman_trainer_create(*model, dataset, &config, &trainer));
    while (!elman_trainer_progress(trainer)->done)
        CHECK_OK(elman_trainer_step(trainer));
    elman_trainer_destroy(trainer);

    CHECK_OK(elman_model_evaluate(*model, dataset, ELMAN_PART_VALIDATION,
                                  &config, metrics, NULL));
    *residuals = NULL;
    if (s->classes) return;
    CHECK_OK(elman_model_residuals(*model, dataset, ELMAN_PART_VALIDATION,
                                   &config, residuals));
}

static void check_training(const elman_dataset *a, const elman_dataset *b,
                           const setting *s, bool batch_first)
{
    elman_model *models[2];
    elman_metrics metrics[2];
    elman_residuals *residuals[2];
    elman_const_tensor left, right;
    train(a, s, false, &models[0], &metrics[0], &residuals[0]);
    train(b, s, batch_first, &models[1], &metrics[1], &residuals[1]);
    for (size_t i = 0; elman_model_parameter(models[0], i, &left); i++) {
        elman_model_parameter(models[1], i, &right);
        size_t count = left.shape[0] * (left.rank > 1 ? left.shape[1] : 1);
        CHECK_BITS(left.data, right.data, count, "parameter %zu", i);
    }
    CHECK(!memcmp(&metrics[0].loss, &metrics[1].loss, sizeof(double)) &&
              metrics[0].targets == metrics[1].targets,
          "%g %g", metrics[0].loss, metrics[1].loss);
    if (residuals[0])
        assert_string_equal(elman_residuals_note(residuals[0]),
                            elman_residuals_note(residuals[1]));
    for (int i = 0; i < 2; i++) {
        elman_residuals_destroy(residuals[i]);
        elman_model_destroy(models[i]);
    }
}

TEST(arrays_are_the_dataset_of_their_file)
{
    static setting s, copy;
    for (uint64_t which = 0; which < CASES; which++) {
        draw(&s, which);
        elman_dataset *file = open_files(&s);
        for (int form = 0; form < 2 * WAYS; form++) {
            int way = form % WAYS;
            elman_dataset *memory;
            copy = s;
            elman_arrays arrays = arrays_of(&copy, form);
            CHECK_OK(elman_dataset_open_arrays(&arrays, &s.config, &memory));

            /* what is not borrowed is not needed any more */
            if (!arrays.borrowed) memset(&copy, 0x7F, sizeof copy);
            memset(&arrays, 0x7F, sizeof arrays);

            /* a length that was said is none that was found */
            if (!s.ragged || way == 0)
                assert_string_equal(elman_dataset_note(file),
                                    elman_dataset_note(memory));
            for (int part = 0; part < 3; part++)
                assert_int_equal(elman_dataset_size(file, (elman_part)part),
                                 elman_dataset_size(memory, (elman_part)part));
            assert_int_equal(elman_dataset_longest(file),
                             elman_dataset_longest(memory));
            check_batches(file, memory, &s);
            check_answers(file, memory);
            check_facts(file, memory);
            if (way == (int)(which % 3))
                check_training(file, memory, &s, false);
            elman_dataset_close(memory);
        }
        elman_dataset_close(file);
    }
}

/* The batches of a dataset are time first, and a trainer knows it. */
TEST(a_model_that_is_batch_first_learns_the_same)
{
    static setting s;
    for (uint64_t which = 0; which < 8; which++) {
        draw(&s, which);
        elman_arrays arrays = arrays_of(&s, 1);
        elman_dataset *dataset;
        CHECK_OK(elman_dataset_open_arrays(&arrays, &s.config, &dataset));
        check_training(dataset, dataset, &s, true);
        elman_dataset_close(dataset);
    }
}

/* As streams do, they go through the layers a chunk at a time. */
TEST(many_sequences_of_one_step_are_evaluated)
{
    enum { MANY = 200 };
    static float x[MANY], values[MANY];
    elman_arrays arrays = {
        .N = MANY, .T = 1, .I = 1, .x = x, .values = values, .O = 1};
    arrays.per_step = true;
    elman_dataset_config config = {.validation = 0.5};
    elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    random_fill(1, MANY, -1, 1, x);
    random_fill(2, MANY, -1, 1, values);
    elman_dataset *dataset;
    elman_model *model;
    CHECK_OK(elman_dataset_open_arrays(&arrays, &config, &dataset));
    CHECK_OK(elman_model_create(&network, &model));

    elman_metrics metrics[2];
    for (size_t i = 0; i < 2; i++) {
        elman_trainer_config how = {.loss.kind = ELMAN_LOSS_MEAN_SQUARED,
                                    .batch_size = i ? MANY : 8};
        CHECK_OK(elman_model_evaluate(model, dataset, ELMAN_PART_VALIDATION,
                                      &how, metrics + i, NULL));
    }
    CHECK(fabs(metrics[0].loss - metrics[1].loss) < 1e-12, "%g %g",
          metrics[0].loss, metrics[1].loss);
    CHECK(metrics[0].flops == metrics[1].flops, "%g %g", metrics[0].flops,
          metrics[1].flops);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
}

/* ---- What files do not say ---------------------------------------------- */

TEST(parts_are_as_they_are_given)
{
    static setting s;
    static elman_part parts[N];
    draw(&s, 0);
    s.config.validation = 0;
    s.config.test = 0;
    for (size_t n = 0; n < N; n++)
        parts[n] = n % 5 == 3   ? ELMAN_PART_TEST
                   : n % 5 == 1 ? ELMAN_PART_VALIDATION
                                : ELMAN_PART_TRAIN;
    elman_arrays a = arrays_of(&s, 0);
    a.parts = parts;
    elman_dataset *dataset;
    CHECK_OK(elman_dataset_open_arrays(&a, &s.config, &dataset));
    assert_int_equal(elman_dataset_size(dataset, ELMAN_PART_TRAIN), N / 5 * 3);
    assert_int_equal(elman_dataset_size(dataset, ELMAN_PART_VALIDATION), N / 5);
    assert_int_equal(elman_dataset_size(dataset, ELMAN_PART_TEST), N / 5);

    elman_loader_config config = {.part = ELMAN_PART_TEST, .batch_size = N};
    elman_loader *loader;
    elman_batch batch;
    elman_target target;
    CHECK_OK(elman_loader_create(dataset, &config, &loader));
    CHECK_OK(elman_loader_read(loader, &batch, &target));
    assert_int_equal(batch.B, N / 5);
    for (size_t b = 0; b < batch.B; b++)
        CHECK(batch.ids[b] % 5 == 3 &&
                  target.classes[b] == s.labels[batch.ids[b]],
              "sequence %zu", (size_t)batch.ids[b]);
    elman_loader_destroy(loader);
    elman_dataset_close(dataset);
}

TEST(a_count_of_classes_keeps_those_that_do_not_occur)
{
    const float x[] = {1, 2, 3, 4, 5, 6};
    const int32_t classes[] = {4, 2, 4};
    elman_arrays a = {.N = 3, .T = 2, .I = 1, .x = x, .classes = classes};
    elman_dataset_config config = {.validation = -1};
    elman_dataset *dataset;
    CHECK_OK(elman_dataset_open_arrays(&a, &config, &dataset));
    assert_int_equal(elman_dataset_encoding(dataset)->class_count, 2);
    assert_int_equal(elman_dataset_class(dataset, 0, 0), 1);
    elman_dataset_close(dataset);

    a.class_count = 12;
    CHECK_OK(elman_dataset_open_arrays(&a, &config, &dataset));
    const elman_encoding *e = elman_dataset_encoding(dataset);
    assert_int_equal(e->class_count, 12);
    for (int k = 0; k < 12; k++)
        assert_int_equal(atoi(e->labels[k]), k);
    for (uint64_t n = 0; n < 3; n++)
        assert_int_equal(elman_dataset_class(dataset, n, 0), classes[n]);

    /* the encoding of that, without targets and with */
    elman_dataset *more;
    elman_dataset_config follow = {.encoding = elman_dataset_note(dataset),
                                   .answers = true};
    a.classes = NULL;
    a.class_count = 0;
    CHECK_OK(elman_dataset_open_arrays(&a, &follow, &more));
    assert_int_equal(elman_dataset_size(more, ELMAN_PART_VALIDATION), 3);
    assert_int_equal(elman_dataset_class(more, 1, 0), -1);
    elman_dataset_close(more);
    a.classes = classes;
    follow.answers = false;
    CHECK_OK(elman_dataset_open_arrays(&a, &follow, &more));
    assert_int_equal(elman_dataset_class(more, 1, 0), 2);
    elman_dataset_close(more);
    elman_dataset_close(dataset);
}

TEST(arrays_that_make_no_sense_are_refused)
{
    static const float x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const float holed[8] = {1, 2, 3, NAN, 5, NAN, 7, 8};
    static const float steep[8] = {1, 2, 3, 4, -INFINITY};
    static const int32_t classes[4] = {0, 1, 0, -1};
    static const int32_t none[4] = {0, 1, 0, -100};
    static const float values[4] = {1, 2, NAN, 4};
    static const size_t long_one[4] = {1, 2, 3, 1}, empty[4] = {1, 0, 1, 1};
    static const size_t huge[4] = {1, SIZE_MAX - 1, 3, 1},
                        two[4] = {2, 2, 2, 2};
    static const elman_part parts[4] = {1, 1, 2, 1}, wrong[4] = {0, 1, 3, 1};
    static const elman_dataset_config plain = {.validation = -1};
    const struct {
        elman_arrays arrays;
        elman_dataset_config config;
        const char *message;
    } cases[] = {
        {{.T = 2, .I = 1, .x = x, .values = x, .O = 1}, plain, "N is 0"},
        {{.N = 4, .T = 2, .x = x, .values = x, .O = 1}, plain, "I is 0"},
        {{.N = 4, .T = 2, .I = 1, .values = x, .O = 1}, plain, "x is NULL"},
        {{.N = 4, .I = 1, .x = x, .values = x, .O = 1},
         plain,
         "T is 0 and lengths is NULL"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x}, plain, "O is 0"},
        {{.N = 4, .T = 2, .I = 1, .x = x}, plain, "there are no targets"},
        {{.N = 4,
          .T = 2,
          .I = 1,
          .x = x,
          .values = x,
          .O = 1,
          .classes = classes},
         plain,
         "classes and values are both given"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .classes = classes},
         plain,
         "a class of sequence 3 is -1, expected 0 to"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .classes = none},
         plain,
         "a class of sequence 3 is -100, expected 0 to"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .classes = none, .class_count = 1},
         plain,
         "a class of sequence 1 is 1, expected 0 to 0"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = values, .O = 1},
         plain,
         "a target of sequence 2 is nan"},
        {{.N = 4, .T = 2, .I = 1, .x = steep, .values = x, .O = 1},
         plain,
         "x[2,0,0] is -inf"},
        {{.N = 2, .T = 4, .I = 1, .x = holed, .values = x, .O = 1},
         {.missing = ELMAN_MISSING_MEAN, .task = ELMAN_TASK_TRACK},
         "the task is track, but the targets are values per sequence"},
        {{.N = 2, .T = 4, .I = 1, .x = holed, .values = x, .O = 1},
         plain,
         "x[1,1,0] is nan, and others follow it"},
        {{.N = 4,
          .T = 2,
          .I = 1,
          .x = holed,
          .values = x,
          .O = 1,
          .lengths = two},
         plain,
         "x[1,1,0] is nan; missing in the config says what becomes of it"},
        {{.N = 4,
          .T = 2,
          .I = 1,
          .x = x,
          .values = x,
          .O = 1,
          .lengths = long_one},
         plain,
         "lengths[2] is 3, expected 1 to 2"},
        {{.N = 4,
          .T = 2,
          .I = 1,
          .x = x,
          .values = x,
          .O = 1,
          .lengths = empty},
         plain,
         "lengths[1] is 0, expected 1 to 2"},
        {{.N = 4, .I = 1, .x = x, .values = x, .O = 1, .lengths = huge},
         plain,
         "or more, I 1 and O 1 are too large for this machine's addresses"},
        {{.N = SIZE_MAX / 8, .T = 9, .I = 1, .x = x, .values = x, .O = 1},
         plain,
         "too large for this machine's addresses"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x, .O = 1, .parts = parts},
         plain,
         "no sequence is of part 0"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x, .O = 1, .parts = wrong},
         plain,
         "parts[2] is 3, expected 0 to 2"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x, .O = 1, .parts = parts},
         {.validation = 0.5},
         "parts are given, and so is a fraction"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x, .O = 1},
         {.test_path = "x.npy"},
         "test_path is given"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x, .O = 1},
         {.validation_path = "x.npy"},
         "validation_path is given, but does not apply to arrays in memory"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x, .O = 1},
         {.format = ELMAN_DATA_FORMAT_TABLE},
         "format is 2, expected 0 or 7"},
        {{.N = 4, .T = 2, .I = 1, .x = x, .values = x, .O = 1},
         {.task = ELMAN_TASK_LANGUAGE},
         "task language is not possible for arrays in memory"},
    };
    elman_dataset *dataset = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(elman_dataset_open_arrays(&cases[i].arrays,
                                              &cases[i].config, &dataset),
                    ELMAN_BAD_VALUE, cases[i].message);
    CHECK(!dataset, "made");
}

static allocations cost(const elman_arrays *a,
                        const elman_dataset_config *config)
{
    elman_dataset *dataset;
    allocator_reset();
    CHECK_OK(elman_dataset_open_arrays(a, config, &dataset));
    allocations found = allocator_read();
    elman_dataset_close(dataset);
    return found;
}

TEST(memory_is_that_of_a_copy_or_none)
{
    enum { FEW = 40, LONG = 500, WIDE = 8, ALL = FEW * LONG * WIDE };
    static float x[ALL], values[ALL];
    static int32_t classes[FEW * LONG];
    random_fill(1, ALL, -1, 1, x);
    random_fill(2, ALL, -1, 1, values);
    for (size_t k = 0; k < FEW * LONG; k++)
        classes[k] = (int32_t)(k % 3);

    /* held once open and taken meanwhile, in sizes of x; values have one */
    static const elman_dataset_config plain = {0},
                                      mean = {.missing = ELMAN_MISSING_MEAN},
                                      zscore = {.transform = "zscore"};
    const struct {
        bool classes, borrowed;
        const elman_dataset_config *config;
        double held, peak;
    } cases[] = {
        {false, true, &plain, 0, 0},
        {false, true, &mean, 0, 0},
        {false, false, &plain, 2, 2},
        {false, true, &zscore, 1, 2},
        {false, false, &zscore, 2, 2},
        {true, true, &plain, 0.125, 0.125},
        {true, true, &mean, 0.125, 0.125},
        {true, false, &plain, 1.125, 1.125},
        {true, false, &zscore, 1.125, 2.125},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_arrays a = {.N = FEW, .T = LONG, .I = WIDE, .x = x};
        a.borrowed = cases[i].borrowed;
        a.per_step = true;
        if (cases[i].classes) a.classes = classes;
        else a.values = values;
        a.O = cases[i].classes ? 0 : WIDE;

        /* beside these a few sequences, and what is said of all */
        const double size = sizeof x, more = 0.1;
        allocations found = cost(&a, cases[i].config);
        CHECK((double)found.held < (cases[i].held + more) * size,
              "case %zu: %td bytes held", i, found.held);
        CHECK((double)found.peak < (cases[i].peak + more) * size,
              "case %zu: %zu bytes taken", i, found.peak);
    }
}

TEST(without_memory_nothing_is_opened_or_left)
{
    static setting s;
    for (uint64_t which = 16; which < 40; which++) {
        draw(&s, which);
        elman_arrays a = arrays_of(&s, (int)(which % (2 * WAYS)));
        check_without_memory(&a, &s.config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_the_dataset_of_their_file),
        cmocka_unit_test(a_model_that_is_batch_first_learns_the_same),
        cmocka_unit_test(many_sequences_of_one_step_are_evaluated),
        cmocka_unit_test(parts_are_as_they_are_given),
        cmocka_unit_test(a_count_of_classes_keeps_those_that_do_not_occur),
        cmocka_unit_test(arrays_that_make_no_sense_are_refused),
        cmocka_unit_test(memory_is_that_of_a_copy_or_none),
        cmocka_unit_test(without_memory_nothing_is_opened_or_left),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
