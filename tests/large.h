/*
 * large.h: data that stays in its file, held against the same in memory.
 */
#ifndef TESTS_LARGE_H
#define TESTS_LARGE_H

#include "dataset.h"

#include "data/hash.h"
#include "data/store.h"
#include "learn/baseline.h"
#include "pace.h"

#include <math.h>
#include <string.h>

#ifndef _WIN32
#include <fcntl.h>
#endif

/* A random number; ELMAN_SEED changes all. */
static inline uint32_t draw(uint32_t below)
{
    static uint32_t drawn;
    if (!drawn) drawn = (uint32_t)test_seed();
    drawn = drawn * 1664525u + 1013904223u;
    return (drawn >> 8) % below;
}

/* ---- The same ------------------------------------------------------------ */

/* Two epochs of a part in one of the orders, and from some place. */
static inline void check_order(const elman_dataset *want,
                               const elman_dataset *got,
                               const elman_loader_config *config)
{
    const elman_encoding *e = dataset_encoding(want);
    bool one;
    size_t I = e->input_size, O = elman_encoding_outputs(e, &one);
    elman_loader *a, *b;
    CHECK_OK(loader_create(want, config, &a));
    CHECK_OK(loader_create(got, config, &b));
    loader_reset(a, 0, loader_size(a) / 2);
    loader_reset(b, 0, loader_size(b) / 2);

    for (int ended = 0; ended < 2;) {
        elman_batch x, y;
        elman_target t, u;
        CHECK_OK(loader_read(a, &x, &t));
        CHECK_OK(loader_read(b, &y, &u));
        assert_int_equal(x.T, y.T);
        assert_int_equal(x.B, y.B);
        ended += !x.B;
        if (!x.B) continue;

        size_t rows = x.T * x.B, targets = one ? x.B : rows;
        assert_memory_equal(x.x, y.x, rows * I * sizeof *x.x);
        assert_memory_equal(x.ids, y.ids, x.B * sizeof *x.ids);
        assert_true(!x.lengths == !y.lengths);
        if (x.lengths)
            assert_memory_equal(x.lengths, y.lengths, x.B * sizeof *x.lengths);
        assert_true(!t.classes == !u.classes);
        if (t.classes)
            assert_memory_equal(t.classes, u.classes,
                                targets * sizeof *t.classes);
        else
            assert_memory_equal(t.values, u.values,
                                targets * O * sizeof *t.values);
    }
    loader_destroy(a);
    loader_destroy(b);
}

static inline void check_sequences(const elman_dataset *want,
                                   const elman_dataset *got)
{
    const elman_encoding *e = dataset_encoding(want);
    size_t room = dataset_longest(want) * e->input_size;
    float *x = calloc(2 * room + 1, sizeof *x), *y = x + room;
    assert_int_equal(want->sequence_count, got->sequence_count);
    for (size_t id = 0; id < want->sequence_count; id++) {
        size_t T, U;
        elman_origin a, b;
        CHECK_OK(dataset_inputs(want, id, x, &T));
        CHECK_OK(dataset_inputs(got, id, y, &U));
        assert_int_equal(T, U);
        assert_memory_equal(x, y, T * e->input_size * sizeof *x);
        assert_int_equal(dataset_class(want, id, 0), dataset_class(got, id, 0));
        double truth[2][8];
        size_t O = elman_encoding_outputs(e, NULL);
        for (size_t t = 0; O <= 8 && e->target_count && t < T; t++) {
            CHECK_OK(dataset_truth(want, id, t, 1, truth[0]));
            CHECK_OK(dataset_truth(got, id, t, 1, truth[1]));
            assert_memory_equal(truth[0], truth[1], O * sizeof(double));
        }
        dataset_origin(want, id, 0, &a);
        dataset_origin(got, id, 0, &b);
        assert_int_equal(a.line, b.line);
    }
    free(x);
}

static inline void check_part(const elman_dataset *want,
                              const elman_dataset *got, elman_part part)
{
    assert_int_equal(dataset_size(want, part), dataset_size(got, part));
    if (!dataset_size(want, part)) return;
    for (int order = 0; order < 4; order++) {
        elman_loader_config config = {.part = part,
                                      .batch_size = 7,
                                      .shuffled = order & 1,
                                      .bucketed = order & 2,
                                      .seed = 3};
        check_order(want, got, &config);
    }

    bool classes = dataset_encoding(want)->task == ELMAN_TASK_CLASSIFY;
    elman_baseline_config config = {.part = part,
                                    .neighbour =
                                        classes && dataset_longest(want) < 50,
                                    .warp = 0.1};
    elman_baseline a, b;
    CHECK_OK(baseline_read(want, &config, &a));
    CHECK_OK(baseline_read(got, &config, &b));
    assert_memory_equal(&a, &b, sizeof a);
}

/* Opens a file in memory, and under a limit. */
static inline void check_under(const elman_dataset *want, const char *path,
                               elman_dataset_config config, size_t limit)
{
    uint64_t before, after;
    config.memory = limit;
    elman_dataset *got = must_open(path, &config);
    assert_true(got->kept);
    assert_null(got->x);
    assert_string_equal(dataset_note(want), dataset_note(got));
    check_same_facts(want, got);
    for (int part = 0; part <= ELMAN_PART_TEST; part++)
        check_part(want, got, (elman_part)part);
    check_sequences(want, got);
    CHECK_OK(dataset_hash(want, &before));
    CHECK_OK(dataset_hash(got, &after));
    assert_true(before == after);
    dataset_close(got);
}

static inline void check_same(const char *path, elman_dataset_config config)
{
    elman_dataset *want = must_open(path, &config);
    check_under(want, path, config, 1);
    check_under(want, path, config, 3000); /* smaller files are held */
    dataset_close(want);
}

/* ---- Refused ------------------------------------------------------------- */

/* In memory and in a file. */
static inline void check_both_refuse(const char *path,
                                     elman_dataset_config config,
                                     elman_status status, const char *words)
{
    check_refused(path, &config, status, words);
    config.memory = 1;
    check_refused(path, &config, status, words);
}

/* Cuts a file that is read, or writes it anew: the reader says so. */
static inline void check_broken(const char *path, elman_dataset_config config,
                                const char *words, long cut, const void *again,
                                size_t written)
{
    elman_loader_config batches = {.batch_size = 4};
    elman_batch batch;
    elman_target target;
    elman_loader *loader;
    config.memory = 1;
    elman_dataset *d = must_open(path, &config);
    CHECK_OK(loader_create(d, &batches, &loader));
    CHECK_OK(loader_read(loader, &batch, &target));

    if (cut) assert_int_equal(truncate(path, cut), 0);
    usleep(20000); /* a clock of files may be this coarse */
    if (written) (void)put_bytes(system_file_name(path), again, written);
    elman_status status = ELMAN_OK;
    for (size_t i = 1; i < loader_size(loader) && !status; i++)
        status = loader_read(loader, &batch, &target);
    CHECK_FAILS(status, ELMAN_BAD_FILE, words);

    float *x =
        calloc(dataset_longest(d) * dataset_encoding(d)->input_size, sizeof *x);
    size_t T = 7;
    CHECK_FAILS(dataset_inputs(d, 0, x, &T), ELMAN_BAD_FILE, words);
    assert_int_equal(T, 7);
    free(x);
    loader_destroy(loader);
    dataset_close(d);
}

/* Opens bytes in memory and in a file: both or none, with the same sentence or
 * the same data. */
static inline bool check_alike(const char *name, const char *text, size_t size,
                               elman_dataset_config config)
{
    char message[600];
    elman_dataset *want = NULL, *got = NULL;
    uint64_t before = 0, after = 0;
    const char *path = put_bytes(name, text, size);
    elman_status status = dataset_open(path, &config, &want);
    snprintf(message, sizeof message, "%s", status ? elman_message() : "");
    config.memory = 1;
    elman_status other = dataset_open(path, &config, &got);
    CHECK(status == other, "%s: %s, but in its file %s", name, message,
          other ? elman_message() : "it is read");
    if (status) assert_string_equal(message, elman_message());
    else {
        check_same_facts(want, got);
        CHECK_OK(dataset_hash(want, &before));
        CHECK_OK(dataset_hash(got, &after));
        assert_true(before == after);
    }
    dataset_close(want);
    dataset_close(got);
    return !status;
}

#ifndef _WIN32
/* Opens a file as standard input, under a limit. */
static inline void check_pipe(const char *path, elman_dataset_config config)
{
    elman_dataset *want = must_open(path, &config);
    int before = dup(0), file = open(path, O_RDONLY);
    assert_true(before >= 0 && file >= 0 && dup2(file, 0) == 0);
    check_under(want, "-", config, 1000);
    assert_true(dup2(before, 0) == 0);
    close(before);
    close(file);
    dataset_close(want);
}
#endif

#endif
