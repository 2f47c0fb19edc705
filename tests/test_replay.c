/*
 * test_replay.c: a run that breaks is traced from the first bad value to the
 * loss, and a replay from a checkpoint breaks with the same chain and the same
 * bits of weights on every instruction set, with any number of threads.
 */
#include "train_run.h"

#include "format/safetensors.h"
#include "learn/recent.h"
#include "learn/trainer.h"

/* ---- Runs that break ---------------------------------------------------- */

/* A rate that no weight survives for long. */
static run broken(run r, double rate)
{
    r.training.optimizer =
        (elman_optimizer_config){.rule = ELMAN_RULE_SGD, .learning_rate = rate};
    r.training.schedule = (elman_schedule_config){0};
    return r;
}

static run broken_text(void) { return broken(text_run(), 3e38); }
static run broken_series(void) { return broken(series_run(), 1e38); }
static run broken_track(void) { return broken(track_run(), 3e18); }

static run broken_table(void)
{
    run r = broken(table_run(), 30);
    r.model.layers[0].nonlinearity = ELMAN_ACTIVATION_RELU;
    return r;
}

static run (*const runs[])(void) = {broken_text, broken_series, broken_table,
                                    broken_track};
enum { RUNS = sizeof runs / sizeof *runs, MOST_STEPS = 400 };

/* Steps until it breaks; which step that was. */
static uint64_t must_break(session s, elman_trace **trace)
{
    for (size_t k = 0; k < MOST_STEPS; k++) {
        elman_status status = elman_trainer_step(s.trainer);
        if (status == ELMAN_OK) continue;
        CHECK(status == ELMAN_NOT_FINITE, "%s", elman_message());
        CHECK_OK(elman_trace_create(s.trainer, trace));
        return (*trace)->step;
    }
    CHECK(false, "it does not break, norm %g",
          elman_trainer_progress(s.trainer)->norm);
    return 0;
}

static void check_same(const elman_trace *got, const elman_trace *want,
                       const char *what)
{
    CHECK(got->step == want->step && got->epoch == want->epoch, "%s", what);
    CHECK(got->weights == want->weights, "%s: other weights", what);
    CHECK(got->count == want->count, "%s: %zu links, not %zu", what, got->count,
          want->count);
    for (size_t k = 0; k < want->count; k++)
        CHECK(!strcmp(got->links[k].text, want->links[k].text),
              "%s: \"%s\", not \"%s\"", what, got->links[k].text,
              want->links[k].text);
    assert_int_equal(got->norm_count, want->norm_count);
    assert_memory_equal(got->norms, want->norms,
                        want->norm_count * sizeof *want->norms);
}

TEST(a_run_breaks_alike_on_every_isa_and_with_any_threads)
{
    for (size_t i = 0; i < RUNS; i++) {
        run r = runs[i]();
        session s = begin(r);
        elman_trace *want = NULL;
        must_break(s, &want);
        end(s);

        /* the trace stays when its trainer is gone, but for names */
        int threads = 1;
        for (const kernels *const *isa = kernels_all(); *isa; isa++) {
            kernels_use(*isa);
            r.training.threads = ++threads;
            elman_trace *got = NULL;
            s = begin(r);
            must_break(s, &got);
            check_same(got, want, (*isa)->isa);
            elman_trace_destroy(got);
            end(s);
        }
        kernels_use(NULL);
        elman_trace_destroy(want);
    }
}

TEST(a_checkpoint_leads_to_the_same_end)
{
    for (size_t i = 0; i < RUNS; i++) {
        session s = begin(runs[i]());
        elman_trace *want = NULL;
        uint64_t broke = must_break(s, &want);
        end(s);

        /* norms from before the checkpoint are in it */
        for (uint64_t from = 0; from <= broke; from += 1 + broke / 3) {
            elman_trace *got = NULL;
            s = begin(runs[i]());
            steps(s, from);
            CHECK_OK(elman_replay_save(s.trainer, want, NULL, 0,
                                       in_folder("run.replay")));
            end(s);

            elman_replay *replay = NULL;
            CHECK_OK(elman_replay_open(in_folder("run.replay"), &replay));
            assert_int_equal(replay->begin, from);
            assert_int_equal(replay->step, broke);
            assert_int_equal(replay->link_count, want->count);
            s = begin(runs[i]());
            run r = runs[i]();
            uint64_t hash;
            CHECK_OK(elman_dataset_read_hash(s.dataset, &hash));
            assert_true(replay->data == hash);

            /* a model of the file's own */
            elman_trainer_destroy(s.trainer);
            elman_model_destroy(s.model);
            CHECK_OK(elman_replay_create_model(replay, &s.model));
            CHECK_OK(elman_trainer_create(s.model, s.dataset, &r.training,
                                          &s.trainer));
            CHECK_OK(elman_trainer_load(s.trainer, in_folder("run.replay")));
            must_break(s, &got);
            check_same(got, want, "from a checkpoint");
            assert_true(replay->weights == got->weights);
            for (size_t k = 0; k < got->count; k++)
                assert_string_equal(replay->links[k], got->links[k].text);
            elman_trace_destroy(got);
            elman_replay_close(replay);
            end(s);
        }
        elman_trace_destroy(want);
    }
}

/* ---- Chains ------------------------------------------------------------- */

/* One in-order batch of 4 sequences of 5 steps with one input and one target;
 * the model is Elman's with relu, all weights 1, so that a number goes through
 * as it is. */
static session begin_chain(elman_task task, float *x, float *y)
{
    bool one = task == ELMAN_TASK_REGRESS;
    elman_tensor xs = {x, 3, {4, 5, 1}};
    elman_tensor ys = {y, one ? 2 : 3, {4, one ? 1 : 5, 1}};
    CHECK_OK(elman_array_save(in_folder("x.npy"), &xs));
    CHECK_OK(elman_array_save(in_folder("y.npy"), &ys));
    run r = {.data = in_folder("x.npy"),
             .reading = {.task = task,
                         .target_path = in_folder("y.npy"),
                         .no_scaling = true,
                         .validation = -1},
             .model = {.layers = {{.kind = ELMAN_RNN,
                                   .hidden_size = 2,
                                   .nonlinearity = ELMAN_ACTIVATION_RELU},
                                  {.kind = ELMAN_LINEAR}}},
             .training = {
                 .optimizer = {.rule = ELMAN_RULE_SGD, .learning_rate = 1e-3},
                 .loss.kind = ELMAN_LOSS_MEAN_SQUARED,
                 .in_order = true,
                 .no_buckets = true}};
    if (one) {
        r.model.layers[2] = r.model.layers[1];
        r.model.layers[1] = (elman_layer){.kind = ELMAN_LAST};
    }
    session s = begin(r);
    static const char *const names[] = {"rnn.weight_ih_l0", "rnn.weight_hh_l0",
                                        "fc.weight"};
    static const float ones[4] = {1, 1, 1, 1};
    static const size_t counts[] = {2, 4, 2};
    for (size_t k = 0; k < 3; k++)
        CHECK_OK(elman_model_write(s.model, names[k], counts[k], ones));
    return s;
}

static void check_chain(session s, const char *const *want, size_t count)
{
    elman_trace *trace = NULL;
    CHECK(elman_trainer_step(s.trainer) == ELMAN_NOT_FINITE, "no failure");
    CHECK_OK(elman_trace_create(s.trainer, &trace));
    for (size_t k = 0; k < trace->count && k < count; k++)
        CHECK(strstr(trace->links[k].text, want[k]), "%zu: \"%s\", not \"%s\"",
              k, trace->links[k].text, want[k]);
    assert_int_equal(trace->count, count);
    CHECK(!isfinite(trace->links[count - 1].value), "the end is finite");
    elman_trace_destroy(trace);
    end(s);
}

#define CHECK_CHAIN(session, ...)                                              \
    check_chain(session, (const char *const[]){__VA_ARGS__},                   \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

TEST(an_overflow_is_followed_through_its_own_sequence)
{
    /* sequence 2 overflows in step 3: 2e38 + 2 * 1e38 */
    float x[20] = {0}, y[20] = {0};
    x[2 * 5 + 2] = 1e38f;
    x[2 * 5 + 3] = 2e38f;
    x[3 * 5 + 4] = 3e38f; /* a later one is no cause */
    CHECK_CHAIN(
        begin_chain(ELMAN_TASK_TRACK, x, y),
        "gate of layer0 (rnn), forward direction, sample 2, time step 3, gate "
        "h, unit 0 is inf",
        "output of rnn, sample 2, time step 3, unit 0 is inf",
        "output of fc, sample 2, time step 3, unit 0 is inf",
        "loss of sample 2, time step 3 is inf", "the loss is inf");

    /* of a sequence with one answer nothing has a step behind its last */
    CHECK_CHAIN(begin_chain(ELMAN_TASK_REGRESS, x, y),
                "gate of layer0 (rnn), forward direction, sample 2, time step "
                "3, gate h, unit 0 is inf",
                "output of rnn, sample 2, time step 3, unit 0 is inf",
                "output of last, sample 2, unit 0 is inf",
                "output of fc, sample 2, unit 0 is inf",
                "loss of sample 2 is inf", "the loss is inf");
}

TEST(a_gradient_that_overflows_is_followed_backward)
{
    /* outputs of 3e38 are finite, and so is their loss in double; times the
     * weight of an hour, the gradient is not */
    float x[20] = {0}, y[20] = {0};
    x[1 * 5 + 4] = 1e30f;
    session s = begin_chain(ELMAN_TASK_TRACK, x, y);
    static const float large[2] = {1e8f, 1e8f};
    CHECK_OK(elman_model_write(s.model, "fc.weight", 2, large));
    CHECK_CHAIN(s, "element 0 is 1e+08, the largest",
                "gradient at the output of rnn, sample 1, time step 4, unit 0 "
                "is inf",
                "gradient of layer0 (rnn), forward direction, sample 1, time "
                "step 4, gate h, unit 0 is inf",
                "gradient of rnn.weight_ih_l0, element 0 is inf",
                "the norm of the gradient is ");
}

TEST(a_bad_weight_comes_first)
{
    float x[20] = {0}, y[20] = {0};
    session s = begin_chain(ELMAN_TASK_TRACK, x, y);
    CHECK_OK(elman_model_write(s.model, "fc.bias", 1, &(float){NAN}));
    CHECK_CHAIN(s, "weight of fc.bias, element 0 is nan",
                "output of fc, sample 0, time step 0, unit 0 is nan",
                "loss of sample 0, time step 0 is nan", "the loss is nan");
}

TEST(inputs_and_targets_are_looked_at)
{
    /* data is checked when it is read, so the bad ones come behind its back */
    float x[20] = {0}, y[20] = {0};
    session s = begin_chain(ELMAN_TASK_TRACK, x, y);
    elman_trace *trace = NULL;
    CHECK_OK(elman_trainer_step(s.trainer));
    CHECK_FAILS(elman_trace_create(s.trainer, &trace), ELMAN_BAD_VALUE,
                "nothing to trace");

    y[7] = NAN;
    bad_value list[8];
    finite_pass left = {.model = s.model,
                        .state = s.trainer->state,
                        .losses = s.trainer->losses->values,
                        .targets = y};
    float by_step[20];
    for (size_t k = 0; k < 20; k++)
        by_step[k % 5 * 4 + k / 5] = y[k];
    left.targets = by_step;
    assert_int_equal(finite_list(&left, 8, list), 1);
    assert_string_equal(list[0].what, "target");
    assert_int_equal(list[0].sample, 1);
    assert_int_equal(list[0].step, 2);

    s.trainer->state->x[2 * 4 + 3] = -INFINITY;
    assert_int_equal(finite_list(&left, 8, list), 1);
    char text[FINITE_TEXT];
    finite_describe(list, text);
    assert_string_equal(
        text, "input of the data, sample 3, time step 2, unit 0 is -inf");
    end(s);
}

TEST(gradients_that_grew_are_told)
{
    session s = begin(broken_table());
    elman_trace *trace = NULL;
    must_break(s, &trace);
    assert_string_equal(trace->links[0].what, "norm");
    assert_non_null(strstr(trace->links[0].text, "|gradient| grew: "));
    assert_string_equal(trace->links[1].what, "weight");
    assert_true(fabs(trace->links[1].value) >= 100);
    assert_true(trace->norm_count == trace->step);
    elman_trace_destroy(trace);
    elman_trace_destroy(NULL);
    end(s);
}

TEST(recent_norms_keep_their_bits_as_a_text)
{
    recent r = {0}, again;
    char text[RECENT_TEXT];
    for (size_t k = 0; k < 11; k++) {
        recent_write(&r, text);
        CHECK_OK(recent_read(text, &again));
        assert_int_equal(again.count, k < 8 ? k : 8);
        assert_memory_equal(again.norms, r.norms,
                            again.count * sizeof *again.norms);
        recent_add(&r, exp((double)k) / 3);
    }
    assert_true(r.norms[0] == exp(3) / 3);
    CHECK_OK(recent_read(NULL, &again));
    assert_int_equal(again.count, 0);

    static const char *const bad[] = {" ",
                                      "0",
                                      "3ff000000000000",
                                      "3ff0000000000000 ",
                                      "3FF0000000000000",
                                      "7ff0000000000000",
                                      "3ff00000000000003ff0000000000000",
                                      "3ff0000000000000  3ff0000000000000"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        CHECK_FAILS(recent_read(bad[k], &again), ELMAN_BAD_FORMAT,
                    "16 hexadecimal digits");
}

/* ---- Files -------------------------------------------------------------- */

/* A replay file from the second step of a run. */
static void write_replay(session *s)
{
    static const char *const words[] = {"train", "ä b.csv", "--lr"};
    elman_trace *trace = NULL;
    *s = begin(broken_table());
    must_break(*s, &trace);
    end(*s);
    *s = begin(broken_table());
    steps(*s, 1);
    const char *path = in_folder("kept.replay");
    CHECK_OK(elman_replay_save(s->trainer, trace, words, 3, path));

    /* what cannot be written, and leaves the file as it is */
    CHECK_FAILS(elman_replay_save(s->trainer, trace,
                                  (const char *const[]){"train", "\xFF"}, 2,
                                  path),
                ELMAN_BAD_VALUE, "word 2 of the command is not UTF-8");
    elman_trace early = *trace;
    early.step = 0;
    CHECK_FAILS(elman_replay_save(s->trainer, &early, words, 3, path),
                ELMAN_BAD_VALUE, "the trainer is at step 1");
    elman_trace_destroy(trace);
}

/* The file with part of its note replaced; 0 for a note that is left out. */
static const char *change(const char *part, const char *instead)
{
    static char text[8000];
    safetensors *file = NULL;
    CHECK_OK(safetensors_open(in_folder("kept.replay"), &file));
    safetensors_note notes[10];
    size_t count = 0;
    for (size_t k = 0; k < file->note_count; k++) {
        notes[count] = file->notes[k];
        if (!strcmp(notes[count].key, "replay")) {
            if (!part) continue;
            const char *at = strstr(notes[count].text, part);
            CHECK(at != NULL, "no %s in %s", part, notes[count].text);
            snprintf(text, sizeof text, "%.*s%s%s",
                     (int)(at - notes[count].text), notes[count].text, instead,
                     at + strlen(part));
            notes[count].text = text;
        }
        count++;
    }
    safetensors changed = {.tensor_count = file->tensor_count,
                           .tensors = file->tensors,
                           .note_count = count,
                           .notes = notes};
    CHECK_OK(safetensors_save(&changed, in_folder("changed.replay")));
    safetensors_close(file);
    return in_folder("changed.replay");
}

TEST(a_file_says_what_it_was_given)
{
    session s;
    write_replay(&s);
    elman_replay *replay = NULL;
    CHECK_OK(elman_replay_open(in_folder("kept.replay"), &replay));
    assert_string_equal(replay->version, elman_version());
    assert_int_equal(replay->begin, 1);
    assert_int_equal(replay->word_count, 3);
    assert_string_equal(replay->words[1], "ä b.csv");
    assert_string_equal(replay->links[replay->link_count - 1],
                        "the loss is nan");
    elman_replay_close(replay);
    elman_replay_close(NULL);
    end(s);
}

TEST(what_is_no_replay_file_gets_its_own_sentence)
{
    session s;
    write_replay(&s);
    static const struct {
        const char *part, *instead, *message;
        elman_status status;
    } cases[] = {
        {NULL, NULL, "this is the checkpoint of a training run",
         ELMAN_BAD_FORMAT},
        {"\"version\":1", "\"version\":2", "of version 2, expected 1",
         ELMAN_BAD_VALUE},
        {"\"version\":1", "\"version\":\"1\"", "version of the note",
         ELMAN_BAD_FORMAT},
        {"\"elman\":\"", "\"elman\":\"9.", "replay it with that version",
         ELMAN_BAD_VALUE},
        {"\"begin\":1", "\"begin\":-1", "begin", ELMAN_BAD_FORMAT},
        {"\"begin\":1", "\"begin\":99", "begin", ELMAN_BAD_FORMAT},
        {"\"data\":\"", "\"data\":\"0", "16 hexadecimal digits",
         ELMAN_BAD_FORMAT},
        {"\"weights\"", "\"weight\"", "weights of the note", ELMAN_BAD_FORMAT},
        {"\"words\":[", "\"words\":[1,", "a list of texts", ELMAN_BAD_FORMAT},
        {"\"links\":[", "\"links\":[[", "", ELMAN_BAD_FORMAT},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        elman_replay *replay = NULL;
        const char *changed = change(cases[k].part, cases[k].instead);
        CHECK_FAILS(elman_replay_open(changed, &replay), cases[k].status,
                    cases[k].message);
        CHECK(strstr(elman_message(), "changed.replay"), "%s", elman_message());
        assert_null(replay);
    }

    /* a model is neither */
    elman_replay *replay = NULL;
    CHECK_OK(elman_model_save(s.model, in_folder("model")));
    CHECK_FAILS(elman_replay_open(in_folder("model"), &replay),
                ELMAN_BAD_FORMAT,
                "this is a model, expected the replay of a training run");
    end(s);
}

/* ---- Hashes ------------------------------------------------------------- */

TEST(hashes_tell_data_and_weights_apart)
{
    static run (*const all[])(void) = {text_run, series_run, table_run,
                                       track_run};
    uint64_t hashes[4], again;
    for (size_t k = 0; k < 4; k++) {
        session s = begin(all[k]());
        CHECK_OK(elman_dataset_read_hash(s.dataset, &hashes[k]));
        CHECK_OK(elman_dataset_read_hash(s.dataset, &again));
        assert_true(hashes[k] == again);
        for (size_t j = 0; j < k; j++)
            assert_true(hashes[k] != hashes[j]);

        uint64_t before = elman_model_read_hash(s.model);
        steps(s, 1);
        assert_true(elman_model_read_hash(s.model) != before);
        end(s);
    }
    assert_true(elman_model_read_hash(NULL) == 0);

    /* another part, and one number */
    run r = table_run();
    r.reading.validation = 0.3;
    session s = begin(r);
    CHECK_OK(elman_dataset_read_hash(s.dataset, &again));
    assert_true(again != hashes[2]);
    end(s);
    FILE *file = fopen(r.data, "a");
    fprintf(file, "1,2\n");
    fclose(file);
    elman_dataset *longer = NULL;
    CHECK_OK(elman_dataset_open(r.data, &r.reading, &longer));
    uint64_t other;
    CHECK_OK(elman_dataset_read_hash(longer, &other));
    assert_true(other != again);
    elman_dataset_close(longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_breaks_alike_on_every_isa_and_with_any_threads),
        cmocka_unit_test(a_checkpoint_leads_to_the_same_end),
        cmocka_unit_test(an_overflow_is_followed_through_its_own_sequence),
        cmocka_unit_test(a_gradient_that_overflows_is_followed_backward),
        cmocka_unit_test(a_bad_weight_comes_first),
        cmocka_unit_test(inputs_and_targets_are_looked_at),
        cmocka_unit_test(gradients_that_grew_are_told),
        cmocka_unit_test(recent_norms_keep_their_bits_as_a_text),
        cmocka_unit_test(a_file_says_what_it_was_given),
        cmocka_unit_test(what_is_no_replay_file_gets_its_own_sentence),
        cmocka_unit_test(hashes_tell_data_and_weights_apart),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
