/* test_profile.c: the rows of a profile are named, add up to its seconds and to
 * the work of the steps, and counting changes no bit. Nothing here depends on a
 * time. */
#include "check.h"
#include "folder.h"
#include "base/kind.h"

enum { STEPS = 12 };

static const elman_config network = {
    .seed = 3,
    .layers = {{.kind = ELMAN_EMBEDDING, .embedding_dim = 6},
               {.kind = ELMAN_GRU,
                .hidden_size = 8,
                .num_layers = 2,
                .dropout = 0.1f,
                .name = "core"},
               {.kind = ELMAN_LINEAR}}};

typedef struct session {
    elman_dataset *dataset;
    elman_model *model;
    elman_trainer *trainer;
} session;

/* A network for the text, its linear layer followed by tail. */
static session begin(elman_kind tail, bool profile, int threads)
{
    session s = {0};
    char text[4001];
    for (size_t i = 0; i < 4000; i++)
        text[i] = "the word, a net. "[i * i % 17];
    text[4000] = '\0';

    elman_dataset_config reading = {0};
    CHECK_OK(
        elman_dataset_open(put_text("text.txt", text), &reading, &s.dataset));
    elman_config config = network;
    size_t V = elman_dataset_encoding(s.dataset)->vocabulary;
    config.layers[0].num_embeddings = config.layers[2].output_size = V;
    config.layers[3].kind = tail;
    CHECK_OK(elman_model_create(&config, &s.model));

    elman_trainer_config training = {.optimizer.learning_rate = 0.01,
                                     .batch_size = 8,
                                     .k1 = 16,
                                     .evaluate_every = 5,
                                     .threads = threads,
                                     .profile = profile};
    CHECK_OK(elman_trainer_create(s.model, s.dataset, &training, &s.trainer));
    return s;
}

static void end(session s)
{
    elman_trainer_destroy(s.trainer);
    elman_model_destroy(s.model);
    elman_dataset_close(s.dataset);
}

static void check_rows(const elman_profile *p, const char *const *names)
{
    size_t n = 0;
    for (; names[n]; n++)
        CHECK(n < p->count && !strcmp(p->rows[n].name, names[n]),
              "row %zu is '%s', want '%s'", n,
              n < p->count ? p->rows[n].name : "", names[n]);
    CHECK(p->count == n, "%zu rows, want %zu", p->count, n);
}

TEST(rows_add_up_to_the_seconds_and_the_work_of_all_steps)
{
    for (int threads = 1; threads <= 2; threads++) {
        session s = begin(ELMAN_END, true, threads);
        double flops = 0, sum = 0, work = 0;
        for (int step = 0; step < STEPS; step++) {
            CHECK_OK(elman_trainer_step(s.trainer));
            flops += elman_trainer_progress(s.trainer)->last.flops;
        }

        const elman_profile *p = elman_trainer_profile(s.trainer);
        check_rows(
            p, (const char *const[]){
                   "data", "embedding forward", "core level 0 forward",
                   "core level 1 dropout forward", "core level 1 forward",
                   "fc forward", "loss", "fc backward", "core level 1 backward",
                   "core level 1 dropout backward", "core level 0 backward",
                   "embedding backward", "optimizer", "repack", "evaluation",
                   "everything else", NULL});
        for (size_t n = 0; n < p->count; n++) {
            CHECK(p->rows[n].seconds > -1e-6, "%s took %g s", p->rows[n].name,
                  p->rows[n].seconds);
            sum += p->rows[n].seconds;
            work += p->rows[n].flops;
        }

        CHECK(p->seconds > 0 && fabs(sum - p->seconds) < 1e-9 * p->seconds,
              "%g in rows of %g", sum, p->seconds);
        CHECK(flops > 0 && fabs(work - flops) < 1e-9 * flops,
              "%g operations in rows of %g", work, flops);
        CHECK(elman_trainer_profile(s.trainer)->count == p->count,
              "the second reading is another table");
        end(s);
    }
}

TEST(there_is_no_profile_unless_asked_for)
{
    session s = begin(ELMAN_END, false, 1);
    CHECK(elman_trainer_profile(s.trainer) == NULL, "a profile unasked");
    CHECK(elman_trainer_profile(NULL) == NULL, "a profile of nothing");
    end(s);
}

TEST(counting_changes_no_bit)
{
    for (int tail = 0; tail < 2; tail++) {
        elman_kind kind = tail ? ELMAN_TANH : ELMAN_END;
        session s[2] = {begin(kind, false, 1), begin(kind, true, 2)};
        float w[2][6 * 20];
        for (int i = 0; i < 2; i++) {
            for (int step = 0; step < STEPS; step++)
                CHECK_OK(elman_trainer_step(s[i].trainer));
            size_t count = 6 * elman_dataset_encoding(s[i].dataset)->vocabulary;
            CHECK(count <= 6 * 20, "%zu", count);
            memset(w[i], 0, sizeof w[i]);
            CHECK_OK(
                elman_model_read(s[i].model, "embedding.weight", count, w[i]));
        }
        CHECK_BITS(w[1], w[0], 6 * 20, "tail %d", tail);
        end(s[0]);
        end(s[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_add_up_to_the_seconds_and_the_work_of_all_steps),
        cmocka_unit_test(there_is_no_profile_unless_asked_for),
        cmocka_unit_test(counting_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
