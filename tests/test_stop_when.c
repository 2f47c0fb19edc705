/*
 * test_stop_when.c: a call over data that is left at any question of
 * elman_stop_when fails, leaves its outputs and no file, and is done the next
 * time as if it had never been left.
 */
#include "check.h"
#include "folder.h"

#include "base/spill.h"
#include "base/stop.h"

#include <string.h>

/* Says yes at a question, counted from 0. */
typedef struct asker {
    size_t asked, ends_at;
} asker;

static int answer(void *context)
{
    asker *a = context;
    return a->asked++ >= a->ends_at;
}

/* ---- Data ---------------------------------------------------------------- */

typedef struct trial {
    const char *name; /* of the file, which tells its kind */
    void (*write)(FILE *file);
    elman_dataset_config config;
    size_t least; /* questions of opening it */
} trial;

static void write_table(FILE *file)
{
    fputs("when,load,heat,name\n", file);
    for (int n = 0; n < 6000; n++)
        fprintf(file, "2024-01-%02d %02d:%02d,%d.5,%d,%c\n", 1 + n / 1440,
                n / 60 % 24, n % 60, n % 24, n * 7 % 11, "ab"[n % 2]);
}

static void write_text(FILE *file)
{
    for (int n = 0; n < 9000; n++)
        fputs(n % 7 ? "the cat sat " : "on a m\xC3\xA4t\n", file);
}

static void write_series(FILE *file)
{
    for (int n = 0; n < 300; n++)
        for (int t = 0; t <= 9; t++)
            fprintf(file, t == 9 ? "%d\n" : "%d\t", t ? n * t % 13 : n % 3);
}

static const trial trials[] = {
    {"t.csv", write_table, {.target = "load", .window = 8, .horizon = 2}, 20},
    {"t.csv",
     write_table,
     {.target = "load", .window = 8, .by = "name", .memory = 1 << 12},
     20},
    {"t.csv",
     write_table,
     {.target = "heat", .window = 8, .missing = ELMAN_MISSING_MEAN},
     20},
    {"t.txt", write_text, {.validation = 0.1}, 20},
    {"t.txt", write_text, {.unit = ELMAN_UNIT_WORDS}, 20},
    {"t.txt", write_text, {.memory = 1 << 12}, 20},
    {"t.tsv", write_series, {.validation = 0.2}, 100},
    {"t.tsv", write_series, {.memory = 1 << 12}, 100},
};

static elman_status open_trial(const trial *t, elman_dataset **dataset)
{
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder_path, t->name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    t->write(file);
    fclose(file);
    return elman_dataset_open(path, &t->config, dataset);
}

/* ---- Opening ------------------------------------------------------------- */

static uint64_t hash_of(const elman_dataset *dataset)
{
    uint64_t hash = 0;
    CHECK_OK(elman_dataset_read_hash(dataset, &hash));
    return hash;
}

TEST(opening_is_left_at_any_question)
{
    for (size_t n = 0; n < sizeof trials / sizeof *trials; n++) {
        const trial *t = &trials[n];
        elman_dataset *whole = NULL, *none = NULL;
        asker all = {.ends_at = SIZE_MAX};
        elman_stop_when(answer, &all);
        CHECK_OK(open_trial(t, &whole));
        elman_stop_when(NULL, NULL);
        CHECK(all.asked >= t->least, "trial %zu: %zu questions", n, all.asked);
        uint64_t hash = hash_of(whole);
        elman_dataset_close(whole);

        /* some of the moments, the first and the last among them */
        size_t step = all.asked / 23 + 1;
        for (size_t k = 0; k < all.asked; k += step) {
            if (k + step >= all.asked) k = all.asked - 1;
            asker a = {.ends_at = k};
            elman_stop_when(answer, &a);
            elman_status status = open_trial(t, &none);
            CHECK(status == ELMAN_STOPPED && !none,
                  "trial %zu, question %zu: %d, %s", n, k, (int)status,
                  elman_message());
            CHECK(a.asked == k + 1, "asked again: %zu", a.asked);
            CHECK(spill_in_files() == 0, "trial %zu, question %zu: a file", n,
                  k);
        }

        /* and as it was */
        elman_stop_when(NULL, NULL);
        CHECK_OK(open_trial(t, &whole));
        CHECK(hash_of(whole) == hash, "trial %zu: other data", n);
        elman_dataset_close(whole);
    }
}

/* ---- Going through it ---------------------------------------------------- */

static elman_dataset *data;
static elman_model *model;
static uint64_t hash;
static elman_metrics metrics;

static elman_status call_hash(void)
{
    return elman_dataset_read_hash(data, &hash);
}
static elman_status call_evaluate(void)
{
    const elman_trainer_config config = {
        .batch_size = 8,
        .threads = 1,
        .loss = {.kind = ELMAN_LOSS_MEAN_SQUARED}};
    return elman_model_evaluate(model, data, ELMAN_PART_TRAIN, &config,
                                &metrics, NULL);
}
TEST(what_goes_through_data_is_left_too)
{
    static elman_status (*const calls[])(void) = {call_hash, call_evaluate};
    CHECK_OK(open_trial(&trials[0], &data));
    const elman_config config = {
        .input_size = elman_dataset_encoding(data)->input_size,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR,
                    .output_size = elman_encoding_outputs(
                        elman_dataset_encoding(data), NULL)}}};
    CHECK_OK(elman_model_create(&config, &model));

    for (size_t n = 0; n < sizeof calls / sizeof *calls; n++) {
        asker all = {.ends_at = SIZE_MAX};
        elman_stop_when(answer, &all);
        CHECK_OK(calls[n]());
        CHECK(all.asked > 2, "call %zu: %zu questions", n, all.asked);
        const uint64_t was = hash;
        const elman_metrics score = metrics;

        asker a = {.ends_at = all.asked / 2};
        elman_stop_when(answer, &a);
        CHECK(calls[n]() == ELMAN_STOPPED, "call %zu goes on", n);
        CHECK(was == hash && !memcmp(&score, &metrics, sizeof score),
              "call %zu wrote", n);

        /* until the question is another one, also where none was asked */
        CHECK(calls[n]() == ELMAN_STOPPED, "call %zu forgets", n);
        elman_stop_when(NULL, NULL);
        CHECK_OK(calls[n]());
        CHECK(was == hash && !memcmp(&score, &metrics, sizeof score), "other");
    }
    elman_model_destroy(model);
    elman_dataset_close(data);
}

/* A question that goes through data itself is not asked meanwhile. */
static int ask_within(void *context)
{
    asker *a = context;
    elman_dataset *other = NULL;
    CHECK_OK(open_trial(&trials[3], &other));
    elman_dataset_close(other);
    return a->asked++ >= a->ends_at;
}

TEST(a_question_may_open_data)
{
    asker a = {.ends_at = 2};
    elman_dataset *none = NULL;
    elman_stop_when(ask_within, &a);
    CHECK(open_trial(&trials[0], &none) == ELMAN_STOPPED, "goes on");
    CHECK(a.asked == 3, "%zu", a.asked);
    elman_stop_when(NULL, NULL);
}

static int begin_all(void **state)
{
    stop_pause = 0;
    return folder_create(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_is_left_at_any_question),
        cmocka_unit_test(what_goes_through_data_is_left_too),
        cmocka_unit_test(a_question_may_open_data),
    };
    return cmocka_run_group_tests(tests, begin_all, folder_destroy);
}
