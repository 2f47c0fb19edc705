/*
 * test_loader.c: every sequence once an epoch, padded at its end; any batch can
 * be returned to; streams of text are contiguous.
 */
#include "folder.h"

#include "data/dataset.h"
#include "data/encoding.h"
#include "data/loader.h"

enum { N = 203, LONGEST = 19 };

/* A dataset of N series: sequence n has values n*100, n*100+1, ... and a length
 * and a class that its number gives. */
static size_t length_of(size_t n) { return 1 + n * 7 % LONGEST; }

static elman_dataset *numbered(bool equal)
{
    static char text[N * LONGEST * 8];
    size_t at = 0;
    for (size_t n = 0; n < N; n++) {
        at += (size_t)sprintf(text + at, "%zu", n % 3);
        for (size_t t = 0; t < (equal ? 5 : length_of(n)); t++)
            at += (size_t)sprintf(text + at, "\t%zu", n * 100 + t);
        text[at++] = '\n';
    }

    elman_dataset *d = NULL;
    elman_dataset_config config = {.validation = -1, .no_scaling = true};
    CHECK_OK(dataset_open(put_bytes("n.tsv", text, at), &config, &d));
    return d;
}

static void check_batch(const elman_batch *batch, const elman_target *target,
                        bool equal)
{
    size_t B = batch->B, longest = 0;
    for (size_t b = 0; b < B; b++) {
        size_t n = (size_t)batch->ids[b];
        size_t length = batch->lengths ? batch->lengths[b] : batch->T;
        if (length > longest) longest = length;

        assert_int_equal(length, equal ? 5 : length_of(n));
        assert_int_equal(target->classes[b], n % 3);
        for (size_t t = 0; t < batch->T; t++) {
            float want = t < length ? (float)(n * 100 + t) : 0;
            CHECK(batch->x[t * B + b] == want, "n=%zu t=%zu", n, t);
        }
    }

    assert_int_equal(longest, batch->T);
    assert_int_equal(batch->draw, 0);
    assert_null(batch->tokens);
}

/* Counts an epoch: each sequence once, as many batches as loader_size. */
static void check_epoch(elman_loader *loader, size_t batch_size, bool equal,
                        uint64_t order[N])
{
    size_t seen[N] = {0}, at = 0, batches = 0;
    elman_batch batch;
    elman_target target;

    for (;; batches++) {
        CHECK_OK(loader_read(loader, &batch, &target));
        if (batch.B == 0) break;
        check_batch(&batch, &target, equal);
        if (equal) assert_null(batch.lengths);
        CHECK(batch.B == batch_size || at + batch.B == N, "a short batch");

        for (size_t b = 0; b < batch.B; b++) {
            seen[batch.ids[b]]++;
            order[at++] = batch.ids[b];
        }
    }

    assert_int_equal(batches, loader_size(loader));
    for (size_t n = 0; n < N; n++)
        CHECK(seen[n] == 1, "sequence %zu came %zu times", n, seen[n]);
}

TEST(every_sequence_comes_once_an_epoch)
{
    static const size_t sizes[] = {1, 2, 13, 32, 202, 203, 204, 5000};
    for (int equal = 0; equal < 2; equal++) {
        elman_dataset *d = numbered(equal);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (int flags = 0; flags < 4; flags++) {
                elman_loader_config config = {.batch_size = sizes[i],
                                              .shuffled = flags & 1,
                                              .bucketed = flags & 2,
                                              .seed = 5};
                size_t B = sizes[i] < N ? sizes[i] : N;
                uint64_t first[N], second[N];
                elman_loader *loader = NULL;

                CHECK_OK(loader_create(d, &config, &loader));
                check_epoch(loader, B, equal, first);
                check_epoch(loader, B, equal, second);

                /* a new order each epoch if shuffled; else the file's, unless
                 * bucketed */
                bool same = !memcmp(first, second, sizeof first);
                CHECK(same == !config.shuffled, "B=%zu flags=%d", B, flags);
                if (flags == 0)
                    for (size_t n = 0; n < N; n++)
                        assert_int_equal(first[n], n);

                loader_destroy(loader);
            }
        dataset_close(d);
    }
}

TEST(buckets_bring_equal_lengths_together)
{
    elman_dataset *d = numbered(false);
    size_t steps[2] = {0};
    for (int bucketed = 0; bucketed < 2; bucketed++) {
        elman_loader_config config = {
            .batch_size = 8, .shuffled = true, .bucketed = bucketed};
        elman_loader *loader = NULL;
        elman_batch batch;
        elman_target target;

        CHECK_OK(loader_create(d, &config, &loader));
        for (size_t k = 0; k < loader_size(loader); k++) {
            CHECK_OK(loader_read(loader, &batch, &target));
            steps[bucketed] += batch.T * batch.B;
        }
        loader_destroy(loader);
    }

    /* steps with padding, against those without */
    size_t needed = 0;
    for (size_t n = 0; n < N; n++)
        needed += length_of(n);
    CHECK(steps[1] < needed * 5 / 4, "%zu steps for %zu", steps[1], needed);
    CHECK(steps[0] > needed * 3 / 2, "%zu steps for %zu", steps[0], needed);
    dataset_close(d);
}

/* A batch's bytes, for comparison. */
static size_t remember(const elman_batch *batch, const elman_target *target,
                       char *bytes)
{
    size_t TB = batch->T * batch->B, at = 0;

    memcpy(bytes, batch, sizeof batch->T + sizeof batch->B);
    at += sizeof batch->T + sizeof batch->B;
    memcpy(bytes + at, batch->ids, batch->B * sizeof *batch->ids);
    at += batch->B * sizeof *batch->ids;

    if (batch->x) memcpy(bytes + at, batch->x, TB * sizeof *batch->x);
    else memcpy(bytes + at, batch->tokens, TB * sizeof *batch->tokens);
    at += TB * 4;

    size_t targets = batch->x ? batch->B : TB;
    memcpy(bytes + at, target->classes, targets * sizeof *target->classes);
    return at + targets * sizeof *target->classes;
}

enum { EPOCHS = 3, MOST = 40 };

static void check_resets(const elman_dataset *d,
                         const elman_loader_config *config)
{
    static char kept[EPOCHS][MOST][8000];
    size_t bytes[EPOCHS][MOST];
    elman_loader *loader = NULL, *other = NULL;
    elman_batch batch;
    elman_target target;

    /* every batch of some epochs, in order */
    CHECK_OK(loader_create(d, config, &loader));
    size_t batches = loader_size(loader);
    CHECK(batches <= MOST, "%zu batches", batches);
    for (size_t e = 0; e < EPOCHS; e++)
        for (size_t k = 0; k <= batches; k++) {
            CHECK_OK(loader_read(loader, &batch, &target));
            assert_int_equal(batch.B == 0, k == batches);
            if (k < batches)
                bytes[e][k] = remember(&batch, &target, kept[e][k]);
        }

    /* from anywhere to anywhere, in a loader that was elsewhere before */
    CHECK_OK(loader_create(d, config, &other));
    for (size_t i = 0; i < EPOCHS * batches; i++) {
        char again[8000];
        size_t e = i * 5 / 3 % EPOCHS, k = i * 7 % batches;
        loader_reset(other, e, k);
        for (size_t more = 0; more < 2 && k + more < batches; more++) {
            CHECK_OK(loader_read(other, &batch, &target));
            size_t got = remember(&batch, &target, again);
            CHECK(got == bytes[e][k + more] &&
                      !memcmp(again, kept[e][k + more], got),
                  "epoch %zu batch %zu", e, k + more);
        }
    }

    /* the end of an epoch is a position too */
    loader_reset(other, 1, batches);
    CHECK_OK(loader_read(other, &batch, &target));
    assert_int_equal(batch.B, 0);
    CHECK_OK(loader_read(other, &batch, &target));
    char again[8000];
    size_t got = remember(&batch, &target, again);
    assert_int_equal(got, bytes[2][0]);
    assert_memory_equal(again, kept[2][0], got);
    loader_destroy(loader);
    loader_destroy(other);
}

TEST(any_batch_can_be_returned_to)
{
    elman_dataset *d = numbered(false);
    for (int flags = 0; flags < 4; flags++)
        check_resets(d, &(elman_loader_config){.batch_size = 9,
                                               .shuffled = flags & 1,
                                               .bucketed = flags & 2,
                                               .seed = 77});
    dataset_close(d);
}

/* ---- Language ----------------------------------------------------------- */

/* Text whose character n is a digit of n's hash, so that positions differ. */
static elman_dataset *digits(size_t characters, double validation)
{
    char *text = malloc(characters + 1);
    for (size_t n = 0; n < characters; n++)
        text[n] = (char)('0' + n * n * 7 / 3 % 10);
    elman_dataset *d = NULL;
    elman_dataset_config config = {.validation = validation};
    CHECK_OK(dataset_open(put_bytes("d.txt", text, characters), &config, &d));
    free(text);
    return d;
}

static int32_t token_at(const elman_dataset *d, size_t n)
{
    const elman_encoding *e = dataset_encoding(d);
    char want = (char)('0' + n * n * 7 / 3 % 10);
    for (size_t v = 0; v < e->vocabulary; v++)
        if (e->tokens[v][0] == want) return (int32_t)v;
    return -1;
}

TEST(streams_are_contiguous_and_targets_are_the_next_token)
{
    static const struct {
        size_t batch_size, steps, want_streams;
    } cases[] = {{1, 64, 1}, {4, 7, 4},   {32, 5, 32},  {32, 64, 14},
                 {0, 0, 14}, {9, 100, 8}, {3, 2000, 1}, {899, 1, 899}};
    elman_dataset *d = digits(1000, 0.1);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 900);
    for (int part = 0; part < 2; part++) {
        size_t n = part ? 100 : 900, before = part ? 900 : 0;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            elman_loader *loader = NULL;
            elman_loader_config config = {.part = (elman_part)part,
                                          .batch_size = cases[i].batch_size,
                                          .steps = cases[i].steps,
                                          .shuffled = true};

            CHECK_OK(loader_create(d, &config, &loader));
            size_t done = 0, B = 0, stream = 0;
            for (size_t k = 0; k < loader_size(loader); k++) {
                elman_batch batch;
                elman_target target;
                CHECK_OK(loader_read(loader, &batch, &target));

                if (k == 0) stream = (n - 1) / (B = batch.B);
                assert_int_equal(batch.B, B);
                assert_null(batch.lengths);

                for (size_t b = 0; b < B; b++) {
                    assert_int_equal(batch.ids[b], b);
                    for (size_t t = 0; t < batch.T; t++) {
                        size_t at = before + b * stream + done + t;
                        assert_int_equal(batch.tokens[t * B + b],
                                         token_at(d, at));
                        assert_int_equal(target.classes[t * B + b],
                                         token_at(d, at + 1));
                    }
                }

                done += batch.T;
            }

            assert_int_equal(done, stream);
            if (!part)
                CHECK(B == cases[i].want_streams, "case %zu: %zu streams", i,
                      B);
            loader_destroy(loader);
        }
    }
    check_resets(d, &(elman_loader_config){.batch_size = 4, .steps = 12});
    dataset_close(d);

    /* the least there is: one pair */
    d = digits(2, 0);
    elman_loader *loader = NULL;
    elman_batch batch;
    elman_target target;
    CHECK_OK(loader_create(d, &(elman_loader_config){0}, &loader));
    CHECK_OK(loader_read(loader, &batch, &target));
    assert_int_equal(batch.T * batch.B, 1);
    loader_destroy(loader);
    dataset_close(d);
}

TEST(an_empty_part_is_reported)
{
    elman_dataset *d = numbered(true);
    elman_loader *loader = NULL;
    elman_loader_config config = {.part = ELMAN_PART_VALIDATION};
    CHECK_FAILS(loader_create(d, &config, &loader), ELMAN_BAD_VALUE,
                "the validation part of the data is empty");
    config.part = (elman_part)7;
    CHECK_FAILS(loader_create(d, &config, &loader), ELMAN_BAD_VALUE,
                "part is 7, expected 0 to 2");
    assert_null(loader);
    loader_destroy(NULL);
    dataset_close(d);
    dataset_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_comes_once_an_epoch),
        cmocka_unit_test(buckets_bring_equal_lengths_together),
        cmocka_unit_test(any_batch_can_be_returned_to),
        cmocka_unit_test(streams_are_contiguous_and_targets_are_the_next_token),
        cmocka_unit_test(an_empty_part_is_reported),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
