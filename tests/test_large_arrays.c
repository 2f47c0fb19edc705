/*
 * test_large_arrays.c: arrays that stay in their files are those that they
 * would be in memory: the same batches, hash, encoding, facts and answers. And
 * one of 2 GB trains in an eighth of that.
 */
#include "large.h"

#include "base/bytes.h"
#include "data/truth.h"
#include "learn/residual.h"
#include "elman_inspect.h"
#include "format/npy.h"

#include "zip_build.h"

#ifndef _WIN32
#include <sys/resource.h>
#endif

/* ---- Arrays -------------------------------------------------------------- */

enum { N = 61, T = 12, I = 3 };

/* What an array may be made of. */
typedef enum holes { WHOLE, PADDED, HOLED } holes;

/* Writes x (n,T,I), or (n,I,T), in a type. */
static const char *put_x(const char *name, element_type type, size_t n,
                         holes with)
{
    static double wide[N * T * I];
    static float narrow[N * T * I];
    static int16_t whole[N * T * I];
    const void *data[] = {
        [ELEMENT_F32] = narrow, [ELEMENT_F64] = wide, [ELEMENT_I16] = whole};
    for (size_t k = 0; k < n * T * I; k++) {
        whole[k] = (int16_t)(draw(2000) - 900);
        wide[k] = whole[k] * 1.0001;
        size_t t = k / I % T;
        bool hole = with == HOLED && t && draw(9) == 0;
        bool behind = with == PADDED && t > T - 1 - k / (T * I) % 5;
        if (hole || behind) wide[k] = NAN;
        narrow[k] = (float)wide[k];
    }
    named_tensor x = {.name = "x", .type = type, .rank = 3, .shape = {n, T, I}};
    x.data = data[type];
    assert_true(tensor_count_elements(&x));
    const char *path = in_folder(name);
    CHECK_OK(npy_save(path, &x));
    return path;
}

/* Writes y for a task. */
static const char *put_y(const char *name, elman_task task, size_t n)
{
    static int32_t classes[N * T];
    static float values[N * T * 2];
    bool per_step = task == ELMAN_TASK_TAG || task == ELMAN_TASK_TRACK;
    bool whole = task == ELMAN_TASK_TAG || task == ELMAN_TASK_CLASSIFY;
    for (size_t k = 0; k < N * T; k++) {
        classes[k] = (int32_t)draw(4);
        values[2 * k] = (float)classes[k] * 0.37f;
        values[2 * k + 1] = (float)draw(1000);
    }
    named_tensor y = {.name = "y",
                      .type = whole ? ELEMENT_I32 : ELEMENT_F32,
                      .rank = whole ? 1 : 2,
                      .shape = {n, 2}};
    if (per_step) {
        y.rank++;
        y.shape[2] = 2;
        y.shape[1] = T;
    }
    y.data = whole ? (const void *)classes : values;
    assert_true(tensor_count_elements(&y));
    const char *path = in_folder(name);
    CHECK_OK(npy_save(path, &y));
    return path;
}

TEST(an_array_in_its_file_is_that_in_memory)
{
    static const element_type types[] = {ELEMENT_F32, ELEMENT_F64, ELEMENT_I16};
    static const elman_task tasks[] = {ELMAN_TASK_CLASSIFY, ELMAN_TASK_TAG,
                                       ELMAN_TASK_REGRESS, ELMAN_TASK_TRACK};
    for (int type = 0; type < 3; type++)
        for (int task = 0; task < 4; task++) {
            const char *y = put_y("y.npy", tasks[task], N);
            holes with = types[type] == ELEMENT_I16 ? WHOLE : PADDED;
            const char *x = put_x("x.npy", types[type], N, with);
            elman_dataset_config config = {
                .task = tasks[task], .target_path = y, .test = 0.2, .seed = 5};
            check_same(x, config);
            config.channels_first = true;
            if (task != 1 && task != 3) {
                x = put_x("x.npy", types[type], N, WHOLE);
                check_same(x, config);
            }
            config = (elman_dataset_config){.task = tasks[task],
                                            .target_path = y,
                                            .no_scaling = true,
                                            .folds = 3,
                                            .fold = 1};
            check_same(x, config);
        }
}

/* Both of an .npz, stored as numpy.savez does. */
static const char *put_archive(const char *name, const char *x, const char *y)
{
    zip_part parts[2] = {{.name = "x.npy"}, {.name = "y.npy"}};
    char *data[2];
    CHECK_OK(file_read(x, &data[0], &parts[0].bytes));
    CHECK_OK(file_read(y, &data[1], &parts[1].bytes));
    parts[0].data = data[0];
    parts[1].data = data[1];
    zip_file zip = zip_build(parts, 2);
    const char *path = put_bytes(name, zip.bytes, zip.size);
    free(zip.bytes);
    free(data[0]);
    free(data[1]);
    return path;
}

TEST(an_array_in_an_archive_is_that_in_memory)
{
    static const elman_task tasks[] = {ELMAN_TASK_CLASSIFY, ELMAN_TASK_TAG,
                                       ELMAN_TASK_REGRESS, ELMAN_TASK_TRACK};
    for (int task = 0; task < 4; task++) {
        const char *y = put_y("y.npy", tasks[task], N);
        const char *x = put_x("x.npy", ELEMENT_F64, N, PADDED);
        const char *both = put_archive("both.npz", x, y);
        elman_dataset_config config = {.task = tasks[task], .test = 0.2};
        check_same(both, config);
        check_broken(both, config, "shrank while it was read: it has 7000 of",
                     7000, NULL, 0);

        /* a byte of x is another than it was */
        char *bad;
        size_t size;
        CHECK_OK(file_read(put_archive("both.npz", x, y), &bad, &size));
        bad[5000] = (char)(bad[5000] ^ 1);
        check_both_refuse(put_bytes("bad.npz", bad, size), config,
                          ELMAN_BAD_FORMAT,
                          "entry \"x.npy\" is damaged: its bytes do not match "
                          "its size and CRC");
        free(bad);
    }
}

TEST(what_is_missing_in_an_array_is_filled_as_in_memory)
{
    static const elman_missing ways[] = {
        ELMAN_MISSING_DROP, ELMAN_MISSING_PREVIOUS, ELMAN_MISSING_MEAN};
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    const char *x = put_x("x.npy", ELEMENT_F64, N, HOLED);
    for (int way = 0; way < 3; way++)
        for (int zscore = 0; zscore < 2; zscore++) {
            elman_dataset_config config = {.target_path = y,
                                           .validation = 0.3,
                                           .missing = ways[way],
                                           .transform =
                                               zscore ? "zscore" : NULL};
            if (ways[way] == ELMAN_MISSING_PREVIOUS) {
                /* the first step has none before it */
                x = put_x("x.npy", ELEMENT_F64, N, HOLED);
            }
            check_same(x, config);
        }
}

TEST(an_encoding_is_followed_in_an_array_as_in_memory)
{
    const char *y = put_y("y.npy", ELMAN_TASK_REGRESS, N);
    elman_dataset_config config = {.target_path = y,
                                   .missing = ELMAN_MISSING_MEAN};
    elman_dataset *known =
        must_open(put_x("x.npy", ELEMENT_F32, N, HOLED), &config);
    config.encoding = dataset_note(known);
    check_same(put_x("z.npy", ELEMENT_F64, N, HOLED), config);
    config.target_path = NULL;
    config.answers = true;
    check_same(put_x("z.npy", ELEMENT_F32, N - 20, HOLED), config);
    dataset_close(known);

    /* some values of steps are not known yet */
    y = put_y("y.npy", ELMAN_TASK_TRACK, N);
    config = (elman_dataset_config){.target_path = y};
    known = must_open(put_x("x.npy", ELEMENT_F32, N, PADDED), &config);
    config.encoding = dataset_note(known);
    config.answers = true;
    char *text;
    size_t size;
    float none = NAN;
    CHECK_OK(file_read(y, &text, &size));
    for (size_t k = 0; k < 50; k++)
        memcpy(text + size - 4 * (7 * k + 1), &none, sizeof none);
    config.target_path = put_bytes("y.npy", text, size);
    free(text);
    check_same(put_x("x.npy", ELEMENT_F32, N, PADDED), config);
    dataset_close(known);
}

/* The steps of a batch have none, as those of a y of NaN have. */
TEST(an_array_without_targets_takes_no_room_for_them)
{
    for (elman_task task = ELMAN_TASK_TAG; task <= ELMAN_TASK_TRACK;
         task += ELMAN_TASK_TRACK - ELMAN_TASK_TAG) {
        elman_dataset_config config = {.target_path = put_y("y.npy", task, N),
                                       .task = task};
        const char *x = put_x("x.npy", ELEMENT_F32, N, PADDED);
        elman_dataset *known = must_open(x, &config);
        config = (elman_dataset_config){.encoding = dataset_note(known),
                                        .answers = true};
        check_same(x, config);
        for (size_t memory = 0; memory < 2; memory++) {
            config.memory = memory;
            elman_dataset *d = must_open(x, &config);
            assert_null(d->raw_targets.values);
            assert_null(d->values);
            assert_null(d->classes);

            elman_batch batch;
            elman_target target;
            elman_loader *loader =
                must_load(d, ELMAN_PART_VALIDATION, &batch, &target);
            for (size_t b = 0; b < batch.B; b++) {
                double truth[2] = {0, 0};
                assert_int_equal(dataset_class(d, batch.ids[b], 1), -1);
                if (target.classes) assert_int_equal(target.classes[b], -100);
                else assert_true(isnan(target.values[2 * b + 1]));
                if (target.classes) continue;
                CHECK_OK(dataset_truth(d, batch.ids[b], 1, 1, truth));
                assert_true(isnan(truth[0]) && isnan(truth[1]));
            }
            elman_baseline_config part = {.part = ELMAN_PART_VALIDATION};
            elman_baseline b;
            CHECK_OK(baseline_read(d, &part, &b));
            assert_true(!(b.loss >= 0) && !(b.mean_mse >= 0));
            loader_destroy(loader);
            dataset_close(d);
        }
        dataset_close(known);
    }
}

#ifndef _WIN32
TEST(an_archive_comes_through_a_pipe)
{
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    const char *x = put_x("x.npy", ELEMENT_F32, N, PADDED);
    check_pipe(put_archive("b.npz", x, y), (elman_dataset_config){.test = 0.2});
}
#endif

/* ---- What cannot be read ------------------------------------------------- */

TEST(what_is_refused_in_memory_is_refused_in_a_file)
{
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    const char *x = put_x("x.npy", ELEMENT_F64, N, HOLED);
    elman_dataset_config config = {.target_path = y};
    check_both_refuse(x, config, ELMAN_BAD_FORMAT, "is nan, and others follow");
    y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N - 1);
    check_both_refuse(x, config, ELMAN_BAD_FORMAT, "which does not fit x");
    assert_int_equal(truncate(x, 500), 0);
    check_both_refuse(x, config, ELMAN_BAD_FORMAT,
                      "bytes of data, but the shape needs");
}

TEST(an_array_that_is_changed_anywhere_is_read_alike_or_refused_alike)
{
    static char changed[200000];
    size_t read = 0, tried = 0;
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    const char *x = put_x("x.npy", ELEMENT_F32, N, WHOLE);
    for (int zip = 0; zip < 2; zip++) {
        char *all;
        size_t size;
        elman_dataset_config config = {.missing = ELMAN_MISSING_MEAN};
        CHECK_OK(file_read(zip ? put_archive("b.npz", x, y) : x, &all, &size));
        if (!zip) config.target_path = y;
        for (int turn = 0; turn < 600 / PACE; turn++, tried++) {
            memcpy(changed, all, size);
            changed[draw(turn % 2 ? 128 : (uint32_t)size)] = (char)draw(256);
            size_t cut = draw(4) ? size : 1 + draw((uint32_t)size);
            read += check_alike(zip ? "c.npz" : "c.npy", changed, cut, config);
        }
        free(all);
    }
    assert_true(read > tried / 10 && read < tried * 9 / 10);
}

TEST(an_array_in_columns_stays_in_no_file)
{
    static const char header[] =
        "\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': True, 'shape': "
        "(61, 4), }";
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    static char bytes[128 + 976];
    memset(bytes, ' ', 128);
    memcpy(bytes, header, sizeof header - 1);
    bytes[127] = '\n';
    for (size_t k = 0; k < 244; k++) {
        float value = (float)k;
        memcpy(bytes + 128 + 4 * k, &value, sizeof value);
    }
    const char *x = put_bytes("f.npy", bytes, 128 + 976);
    elman_dataset_config config = {
        .target_path = y, .memory = 1, .validation = 0.3};
    check_refused(x, &config, ELMAN_BAD_FORMAT,
                  "the 976 bytes of x are more than are read into memory, and "
                  "it is in column-major order");
    config.memory = 0;
    dataset_close(must_open(x, &config));
}

TEST(a_file_that_changes_while_it_is_read_is_refused)
{
    static const char empty[128 + N * T * I * sizeof(double)];
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    elman_dataset_config config = {.target_path = y};
    const char *x = put_x("x.npy", ELEMENT_F64, N, WHOLE);
    check_broken(x, config, "shrank while it was read: it has 5000 of 17", 5000,
                 NULL, 0);
    x = put_x("x.npy", ELEMENT_F64, N, WHOLE);
    check_broken(x, config, "was written to while it was read", 0, empty,
                 sizeof empty);
}

/* Baselines, residuals and errors of a model, and what the file says; each is
 * how a file is read that lost its numbers. */
static elman_status read_all_truth(const elman_dataset *d, int way)
{
    elman_baseline_config part = {.part = ELMAN_PART_VALIDATION};
    elman_trainer_config training = {.loss.kind = ELMAN_LOSS_MEAN_SQUARED,
                                     .batch_size = 8};
    elman_config network = {
        .input_size = I,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *m;
    elman_baseline b;
    elman_residuals *r = NULL;
    elman_errors *e = NULL;
    double truth[T * 2];
    elman_status status = ELMAN_OK;
    CHECK_OK(elman_model_create(&network, &m));
    if (way == 0) status = baseline_read(d, &part, &b);
    else if (way == 1)
        status = residuals_measure(m, d, part.part, &training, &r);
    else if (way == 2) {
        status = elman_errors_begin(m, d, part.part, &training, &e);
        while (!status && !e->done)
            status = elman_errors_step(e);
        elman_errors_end(e);
    } else
        for (size_t id = 0; id < N && !status; id++)
            status = elman_dataset_truth(d, id, way == 3 ? 0 : 5,
                                         way == 3 ? T : 1, truth);
    elman_residuals_destroy(r);
    elman_model_destroy(m);
    return status;
}

TEST(targets_that_change_while_they_are_read_are_refused)
{
    static const char again[128 + N * T * 2 * sizeof(float)];
    for (int way = 0; way < 5; way++)
        for (int cut = 0; cut < 2; cut++) {
            const char *y = put_y("y.npy", ELMAN_TASK_TRACK, N);
            const char *x = put_x("x.npy", ELEMENT_F32, N, PADDED);
            elman_dataset_config config = {
                .target_path = y, .memory = 1, .validation = 0.3};
            elman_dataset *d = must_open(x, &config);
            CHECK_OK(read_all_truth(d, way));

            usleep(20000); /* a clock of files may be this coarse */
            if (cut) assert_int_equal(truncate(y, 3000), 0);
            else (void)put_bytes("y.npy", again, sizeof again);
            CHECK_FAILS(read_all_truth(d, way), ELMAN_BAD_FILE,
                        cut ? "y.npy' shrank while it was read"
                            : "y.npy' was written to while it was read");
            dataset_close(d);
        }
}

/* The steps of a sequence are read once, and not what lies behind it. */
TEST(targets_are_read_a_sequence_at_a_time)
{
    const char *y = put_y("y.npy", ELMAN_TASK_TRACK, N);
    elman_dataset_config config = {
        .target_path = y, .memory = 1, .validation = 0.3};
    elman_dataset *d =
        must_open(put_x("x.npy", ELEMENT_F32, N, PADDED), &config);
    truth_reader reader = {0};
    double one[2], all[2 * T];
    for (size_t id = N; id-- > 0;) {
        size_t length = d->sequences[id].length;
        uint64_t before = bytes_counted();
        for (size_t t = 0; t < length; t++) {
            CHECK_OK(truth_read(&reader, d, id, t, one));
            assert_int_equal(reader.first, 0);
            assert_int_equal(reader.count, length);
            assert_int_equal(bytes_counted() - before,
                             length * 2 * sizeof(float));
        }

        /* behind its end nothing is said */
        CHECK_OK(dataset_truth(d, id, length - 1, 2, all));
        assert_memory_equal(all, one, sizeof one);
        assert_true(isnan(all[2]) && isnan(all[3]));
    }
    truth_reader_clear(&reader);
    dataset_close(d);
}

/* ---- 2 GB ---------------------------------------------------------------- */

#if defined __linux__ && !defined SLOW_BUILD
/* x (n,1000,1) of float64, most of which are holes, and classes by the first
 * number of each. */
static const char *make_huge(size_t n, size_t steps)
{
    const char *path = in_folder("huge.npy");
    char header[129] = "\x93NUMPY\1\0v\0";
    snprintf(header + 10, 118,
             "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }",
             n, steps);
    memset(header + strlen(header + 10) + 10, ' ',
           128 - strlen(header + 10) - 10);
    header[127] = '\n';
    int32_t *y = calloc(n, sizeof *y);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && y);
    bool sparse = write(fd, header, 128) == 128 &&
                  ftruncate(fd, (off_t)(128 + 8 * n * steps)) == 0;
    for (size_t k = 0; sparse && k < n; k += 500) {
        double value = 3;
        y[k] = 1;
        sparse = pwrite(fd, &value, 8, (off_t)(128 + 8 * k * steps)) == 8;
    }
    close(fd);
    named_tensor t = {.type = ELEMENT_I32, .rank = 1, .shape = {n}, .data = y};
    assert_true(tensor_count_elements(&t));
    CHECK_OK(npy_save(in_folder("y.npy"), &t));
    free(y);
    return sparse ? path : NULL;
}

TEST(two_gigabytes_train_in_a_quarter_gigabyte)
{
    enum { CASES = 50000, STEPS = 5000 };
    const char *path = sizeof(size_t) < 8 ? NULL : make_huge(CASES, STEPS);
    if (!path) skip();

    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)256 << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);

    elman_dataset_config config = {.target_path = in_folder("y.npy"),
                                   .memory = 16 << 20};
    elman_dataset *d = must_open(path, &config);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), CASES / 10 * 9);
    assert_true(dataset_encoding(d)->mean[0] > 0);

    elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 8},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_trainer_config training = {.loss.kind = ELMAN_LOSS_CROSS_ENTROPY,
                                     .batch_size = 4};
    elman_model *m;
    elman_trainer *t;
    CHECK_OK(elman_model_create(&network, &m));
    CHECK_OK(elman_trainer_create(m, d, &training, &t));
    for (int step = 0; step < 20; step++)
        CHECK_OK(elman_trainer_step(t));
    assert_true(isfinite(elman_trainer_progress(t)->last.loss));

    elman_trainer_destroy(t);
    elman_model_destroy(m);
    dataset_close(d);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    remove(in_folder("huge.npy"));
}
#else
TEST(two_gigabytes_train_in_a_quarter_gigabyte) { skip(); }
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_in_its_file_is_that_in_memory),
        cmocka_unit_test(an_array_in_an_archive_is_that_in_memory),
        cmocka_unit_test(what_is_missing_in_an_array_is_filled_as_in_memory),
        cmocka_unit_test(an_encoding_is_followed_in_an_array_as_in_memory),
        cmocka_unit_test(an_array_without_targets_takes_no_room_for_them),
#ifndef _WIN32
        cmocka_unit_test(an_archive_comes_through_a_pipe),
#endif
        cmocka_unit_test(what_is_refused_in_memory_is_refused_in_a_file),
        cmocka_unit_test(
            an_array_that_is_changed_anywhere_is_read_alike_or_refused_alike),
        cmocka_unit_test(an_array_in_columns_stays_in_no_file),
        cmocka_unit_test(a_file_that_changes_while_it_is_read_is_refused),
        cmocka_unit_test(targets_that_change_while_they_are_read_are_refused),
        cmocka_unit_test(targets_are_read_a_sequence_at_a_time),
        cmocka_unit_test(two_gigabytes_train_in_a_quarter_gigabyte),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
