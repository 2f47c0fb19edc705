/*
 * test_checkpoint.c: training on sequences of unequal lengths in truncated
 * windows, and checkpoints that say what cannot be, or that come too late.
 */
#include "check.h"
#include "folder.h"
#include "format/safetensors.h"

enum { N = 8, T = 12 };

typedef struct session {
    elman_dataset *dataset;
    elman_model *model;
    elman_trainer *trainer;
} session;

static const elman_config network = {
    .input_size = 1,
    .layers = {{.kind = ELMAN_GRU, .hidden_size = 4},
               {.kind = ELMAN_LINEAR, .output_size = 1}}};

/* Batches of two sequences each, the first ones short. */
static const elman_trainer_config training = {
    .optimizer = {.rule = ELMAN_RULE_SGD, .learning_rate = 0.01},
    .loss.kind = ELMAN_LOSS_MEAN_SQUARED,
    .batch_size = 2,
    .k1 = 4,
    .in_order = true,
    .no_buckets = true,
};

/* Values at each step, which seed decides; sequence n has 3 + n of them. */
static session begin_with(const elman_trainer_config *config,
                          const elman_config *layers, uint64_t seed)
{
    session s = {0};
    float x[N * T], y[N * T];
    elman_tensor array = {.data = x, .rank = 3, .shape = {N, T, 1}};
    elman_dataset_config reading = {.target_path = in_folder("y.npy"),
                                    .task = ELMAN_TASK_TRACK,
                                    .no_scaling = true,
                                    .validation = -1};

    /* y is x a step later; NaN ends a sequence */
    random_fill(seed, N * T, -1, 1, x);
    for (size_t i = 0; i < N * T; i++) {
        if (i % T >= 3 + i / T) x[i] = NAN;
        y[i] = i % T ? x[i - 1] : 0;
    }

    CHECK_OK(elman_array_save(in_folder("x.npy"), &array));
    array.data = y;
    CHECK_OK(elman_array_save(reading.target_path, &array));
    CHECK_OK(elman_dataset_open(in_folder("x.npy"), &reading, &s.dataset));
    CHECK_OK(elman_model_create(layers, &s.model));
    CHECK_OK(elman_trainer_create(s.model, s.dataset, config, &s.trainer));
    return s;
}

static session begin(const elman_trainer_config *config)
{
    return begin_with(config, &network, 1);
}

static void end(session s)
{
    elman_trainer_destroy(s.trainer);
    elman_model_destroy(s.model);
    elman_dataset_close(s.dataset);
}

static void epoch(session s)
{
    const elman_progress *p = elman_trainer_progress(s.trainer);
    for (uint64_t now = p->epoch; p->epoch == now;)
        CHECK_OK(elman_trainer_step(s.trainer));
}

/* ---- Windows ------------------------------------------------------------ */

/* Of a window of 4 steps only the last has a gradient, and the sequences of the
 * first batch end before it. */
TEST(a_window_whose_gradient_part_is_empty_is_not_a_bad_value)
{
    elman_trainer_config config = training;
    config.k2 = 1;
    session s = begin(&config);
    epoch(s);
    CHECK(isfinite(elman_trainer_progress(s.trainer)->validation.loss),
          "loss %g", elman_trainer_progress(s.trainer)->validation.loss);
    end(s);
}

TEST(each_step_of_the_data_counts_once_whatever_k2)
{
    const size_t k2s[] = {1, 4, 8};
    double flops[3];
    for (size_t i = 0; i < 3; i++) {
        elman_trainer_config config = training;
        config.k2 = k2s[i];
        session s = begin(&config);
        epoch(s);
        elman_metrics m = elman_trainer_progress(s.trainer)->validation;
        CHECK(m.steps == 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10, "k2 %zu: %zu steps",
              k2s[i], (size_t)m.steps);
        flops[i] = m.flops;
        end(s);
    }
    CHECK(flops[0] < flops[1] && flops[1] < flops[2], "%g %g %g", flops[0],
          flops[1], flops[2]);
}

/* ---- Checkpoints -------------------------------------------------------- */

/* Writes the checkpoint at path again with one counter changed. */
static void change_counter(const char *path, size_t which, uint64_t value)
{
    safetensors *file = NULL;
    uint64_t counters[64];
    CHECK_OK(safetensors_open(path, &file));
    for (size_t i = 0; i < file->tensor_count; i++) {
        named_tensor *t = file->tensors + i;
        if (strcmp(t->name, "counters") != 0) continue;
        memcpy(counters, t->data, t->count * sizeof *counters);
        counters[which] = value;
        t->data = counters;
    }
    CHECK_OK(safetensors_save(file, path));
    safetensors_close(file);
}

TEST(counters_that_cannot_be_are_refused)
{
    static const struct {
        size_t which;
        uint64_t value;
        const char *message;
    } cases[] = {
        {13, 0, "0 windows of context are kept, expected 1 to 3"},
        {13, 4, "4 windows of context are kept"},
        {13, UINT64_MAX, "windows of context are kept"},
        {2, 5, "expected at most 4"},
        {3, UINT64_MAX, "the next batch is 18446744073709551615"},
        {4, UINT64_MAX, "expected 2 to 3"},
    };
    elman_trainer_config config = training;
    config.k2 = 12;
    const char *path = in_folder("checkpoint");
    session s = begin(&config);
    epoch(s);
    while (elman_trainer_progress(s.trainer)->batch < 3)
        CHECK_OK(elman_trainer_step(s.trainer));
    CHECK_OK(elman_trainer_step(s.trainer)); /* the first of three windows */

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK(elman_trainer_save(s.trainer, path));
        change_counter(path, cases[i].which, cases[i].value);
        CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_FORMAT,
                    cases[i].message);

        CHECK_OK(elman_trainer_step(s.trainer)); /* nothing has changed */
        CHECK_OK(elman_trainer_step(s.trainer));
        while (elman_trainer_progress(s.trainer)->batch != 3)
            CHECK_OK(elman_trainer_step(s.trainer));
        CHECK_OK(elman_trainer_step(s.trainer));
    }
    end(s);
}

/* The checkpoint at path without the note of a key. */
static void remove_note(const char *path, const char *key)
{
    safetensors *file = NULL;
    CHECK_OK(safetensors_open(path, &file));
    for (size_t i = 0; i < file->note_count; i++)
        if (!strcmp(file->notes[i].key, key))
            file->notes[i--] = file->notes[--file->note_count];
    CHECK_OK(safetensors_save(file, path));
    safetensors_close(file);
}

TEST(other_data_of_the_same_size_is_refused)
{
    const char *path = in_folder("checkpoint");
    session s = begin(&training), other = begin_with(&training, &network, 2);
    CHECK_OK(elman_trainer_step(s.trainer));
    CHECK_OK(elman_trainer_save(s.trainer, path));
    CHECK_FAILS(elman_trainer_load(other.trainer, path), ELMAN_BAD_VALUE,
                "the data has changed since the run began: there is as much of "
                "it, but its hash was ");
    CHECK_OK(elman_trainer_load(s.trainer, path));

    /* files of before there was a hash */
    remove_note(path, "hash");
    CHECK_OK(elman_trainer_load(other.trainer, path));
    end(other);
    end(s);
}

TEST(the_first_difference_of_a_model_is_told_in_words)
{
    elman_config longer = network, seeded = network, wider = network,
                 other = network, both = network, set = network;
    longer.layers[2] = longer.layers[1];
    longer.layers[1] = (elman_layer){.kind = ELMAN_ACTIVATION,
                                     .activation.kind = ELMAN_ACTIVATION_TANH};
    seeded.seed = 5;
    wider.layers[0].hidden_size = 5;
    other.layers[0].kind = ELMAN_LSTM;
    both.layers[0].learned_state = true;
    set.layers[0].init_hh = (elman_init){.kind = ELMAN_INIT_IDENTITY};
    const struct {
        const elman_config *had, *has;
        const char *message;
    } cases[] = {
        {&network, &seeded, ": no seed where now is seed 5"},
        {&seeded, &network, ": seed 5 where now is no seed"},
        {&network, &longer, ": 2 layers where now is 3 layers"},
        {&network, &wider,
         ": hidden_size 4 in layer 1 where now is hidden_size 5"},
        {&network, &other, ": kind gru in layer 1 where now is kind lstm"},
        {&network, &both,
         ": no learned_state in layer 1 where now is learned_state true"},
        {&both, &network,
         ": learned_state true in layer 1 where now is no learned_state"},
        {&set, &network,
         ": init_hh {kind identity,value 0.0} in layer 1 where now is "
         "no init_hh"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = in_folder("checkpoint");
        session s = begin_with(&training, cases[i].had, 1);
        CHECK_OK(elman_trainer_save(s.trainer, path));
        end(s);
        s = begin_with(&training, cases[i].has, 1);
        CHECK_FAILS(elman_trainer_load(s.trainer, path), ELMAN_BAD_VALUE,
                    cases[i].message);
        end(s);
    }
}

TEST(a_run_that_was_done_is_done_when_resumed)
{
    elman_trainer_config config = training;
    config.epochs = 2;
    const char *path = in_folder("checkpoint");
    session s = begin(&config), again = begin(&config);
    epoch(s);
    epoch(s);
    CHECK_OK(elman_trainer_save(s.trainer, path));
    CHECK_OK(elman_trainer_load(again.trainer, path));
    assert_true(elman_trainer_progress(s.trainer)->done);
    assert_true(elman_trainer_progress(again.trainer)->done);
    end(again);
    end(s);
}

TEST(a_checkpoint_is_distinguished_from_a_model)
{
    const char *path = in_folder("checkpoint");
    elman_model *model = NULL;
    session s = begin(&training);
    CHECK_OK(elman_trainer_save(s.trainer, path));
    CHECK_FAILS(elman_model_load(path, &model), ELMAN_BAD_FORMAT,
                "the checkpoint of a training run, expected a model");
    assert_null(model);
    end(s);
}

TEST(a_bad_weight_does_not_replace_a_good_checkpoint)
{
    const char *path = in_folder("checkpoint");
    float weight = NAN;
    session s = begin(&training);
    CHECK_OK(elman_trainer_save(s.trainer, path));
    CHECK_OK(elman_model_write(s.model, "fc.bias", 1, &weight));
    CHECK_FAILS(elman_trainer_save(s.trainer, path), ELMAN_NOT_FINITE,
                "weight of fc.bias, element 0 is nan");
    CHECK(strstr(elman_message(), path), "%s", elman_message());
    CHECK_OK(elman_trainer_load(s.trainer, path));
    CHECK_OK(elman_model_read(s.model, "fc.bias", 1, &weight));
    CHECK(isfinite(weight), "bias %g", (double)weight);
    end(s);
}

/* The norm in the message is the gradient's own. */
TEST(an_infinite_gradient_is_named_as_it_is)
{
    elman_trainer_config config = training;
    session s = begin(&config);
    float large[4] = {3e38f, 3e38f, 3e38f, 3e38f}, bias = 1e25f;
    CHECK_OK(elman_model_write(s.model, "fc.weight", 4, large));
    CHECK_OK(elman_model_write(s.model, "fc.bias", 1, &bias));
    CHECK(elman_trainer_step(s.trainer) == ELMAN_NOT_FINITE, "no failure");
    CHECK(strstr(elman_message(), "the gradient is nan") ||
              strstr(elman_message(), "the gradient is inf") ||
              strstr(elman_message(), "the loss is inf"),
          "%s", elman_message());
    end(s);
}

/* All bytes of a file; free them. */
static char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL, "no %s", path);
    char *bytes = calloc(1, 1 << 20);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

TEST(a_checkpoint_written_while_steps_go_on_is_of_its_step)
{
    session s = begin(&training);
    const char *paths[] = {in_folder("now"), in_folder("meanwhile")};

    for (int round = 0; round < 5; round++) {
        bool ended = false;
        CHECK_OK(elman_trainer_step(s.trainer));
        CHECK_OK(elman_trainer_begin_save(s.trainer, paths[1]));
        CHECK_OK(elman_trainer_save(s.trainer, paths[0]));
        CHECK_OK(elman_trainer_step(s.trainer));
        if (round % 2) CHECK_OK(elman_trainer_end_save(s.trainer, true, NULL));
        while (!ended)
            CHECK_OK(elman_trainer_end_save(s.trainer, false, &ended));

        size_t size[2];
        char *bytes[2];
        for (int i = 0; i < 2; i++)
            bytes[i] = read_all(paths[i], &size[i]);
        CHECK(size[0] == size[1] && size[0] > 100 &&
                  !memcmp(bytes[0], bytes[1], size[0]),
              "round %d: %zu and %zu bytes", round, size[0], size[1]);
        free(bytes[0]);
        free(bytes[1]);
    }
    end(s);
}

/* The call that asks first reports the failure, and only that one. */
TEST(a_checkpoint_that_could_not_be_written_is_reported_once)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/deeper/checkpoint", in_folder("missing"));
    session s = begin(&training);
    CHECK_OK(elman_trainer_begin_save(s.trainer, path));
    CHECK_OK(elman_trainer_step(s.trainer));
    CHECK_FAILS(elman_trainer_end_save(s.trainer, true, NULL), ELMAN_BAD_FILE,
                "deeper/checkpoint");
    CHECK_OK(elman_trainer_end_save(s.trainer, true, NULL));

    /* also by the next save */
    CHECK_OK(elman_trainer_begin_save(s.trainer, path));
    CHECK_FAILS(elman_trainer_begin_save(s.trainer, in_folder("late")),
                ELMAN_BAD_FILE, "deeper/checkpoint");
    CHECK(fopen(in_folder("late"), "rb") == NULL, "the second was begun");
    CHECK_OK(elman_trainer_begin_save(s.trainer, in_folder("late")));
    CHECK_OK(elman_trainer_save(s.trainer, in_folder("late"))); /* waits */
    CHECK_OK(elman_trainer_begin_save(s.trainer, in_folder("late")));
    end(s); /* waits as well */

    FILE *late = fopen(in_folder("late"), "rb");
    CHECK(late != NULL, "the last one is not there");
    fclose(late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_window_whose_gradient_part_is_empty_is_not_a_bad_value),
        cmocka_unit_test(each_step_of_the_data_counts_once_whatever_k2),
        cmocka_unit_test(counters_that_cannot_be_are_refused),
        cmocka_unit_test(other_data_of_the_same_size_is_refused),
        cmocka_unit_test(the_first_difference_of_a_model_is_told_in_words),
        cmocka_unit_test(a_run_that_was_done_is_done_when_resumed),
        cmocka_unit_test(a_checkpoint_is_distinguished_from_a_model),
        cmocka_unit_test(a_bad_weight_does_not_replace_a_good_checkpoint),
        cmocka_unit_test(an_infinite_gradient_is_named_as_it_is),
        cmocka_unit_test(a_checkpoint_written_while_steps_go_on_is_of_its_step),
        cmocka_unit_test(
            a_checkpoint_that_could_not_be_written_is_reported_once),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
