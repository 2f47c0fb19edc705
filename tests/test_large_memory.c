/*
 * test_large_memory.c: arrays, archives and series that stay in their files,
 * a table whose rows lie in files, and a pipe, opened and read with the first,
 * second, third ... allocation failing: each ends with ELMAN_NO_MEMORY, a
 * sentence and no block left.
 */
#include "dataset.h"

#include "allocator.h"
#include "format/file.h"
#include "format/npy.h"
#include "zip_build.h"

#include <fcntl.h>
#include <string.h>

enum { N = 20, T = 6 };

static const char *put_array(const char *name, size_t steps)
{
    static float values[N * T];
    for (size_t k = 0; k < N * T; k++)
        values[k] = (float)(k * 7 % 5);
    named_tensor array = {.type = ELEMENT_F32,
                          .rank = 3,
                          .shape = {N, steps, T / steps},
                          .data = values};
    assert_true(tensor_count_elements(&array));
    const char *path = in_folder(name);
    CHECK_OK(npy_save(path, &array));
    return path;
}

static const char *put_archive(void)
{
    zip_part parts[2] = {{.name = "x.npy"}, {.name = "y.npy"}};
    char *data[2];
    CHECK_OK(file_read(put_array("x.npy", T), &data[0], &parts[0].bytes));
    CHECK_OK(file_read(put_array("y.npy", T), &data[1], &parts[1].bytes));
    parts[0].data = data[0];
    parts[1].data = data[1];
    zip_file zip = zip_build(parts, 2);
    const char *path = put_bytes("b.npz", zip.bytes, zip.size);
    free(zip.bytes);
    free(data[0]);
    free(data[1]);
    return path;
}

/* A table that is larger than the blocks that no file is worth. */
static const char *put_table(void)
{
    enum { ROWS = 9000, LINE = 40 };
    char *text = malloc((size_t)ROWS * LINE);
    size_t at = (size_t)sprintf(text, "day;plant;a\n");
    for (int row = 0; row < ROWS; row++)
        at += (size_t)sprintf(text + at, "%d-%02d-%02d;s%d;%d\n",
                              1990 + row / 672, row / 2 % 336 / 28 + 1,
                              row / 2 % 28 + 1, row % 2, row * 7 % 5);
    const char *path = put_bytes("t.csv", text, at);
    free(text);
    return path;
}

/* Opens and reads an epoch. */
static elman_status session(const char *path,
                            const elman_dataset_config *config)
{
    elman_dataset *d = NULL;
    elman_loader *loader = NULL;
    elman_batch batch = {.B = 1};
    elman_target target;
    const elman_loader_config batches = {.batch_size = 3, .shuffled = true};
    elman_status status = dataset_open(path, config, &d);
    if (!status) status = loader_create(d, &batches, &loader);
    while (!status && batch.B)
        status = loader_read(loader, &batch, &target);
    loader_destroy(loader);
    dataset_close(d);
    return status;
}

static void check_starved(const char *path, elman_dataset_config config)
{
    bool failed = true, table = strstr(path, ".csv");
    config.memory = 1;

    /* of a table some of hundreds, as each makes files */
    for (size_t n = 0; failed; n += table ? 1 + n / 8 : 1) {
        int standard = -1, file = -1;
        if (!strcmp(path, "-")) {
            standard = dup(0);
            file = open(in_folder("s.ts"), O_RDONLY);
            assert_true(dup2(file, 0) == 0);
        }
        allocator_fail(n, n % 2);
        elman_status status = session(path, &config);
        const allocations after = allocator_read();
        allocator_reset();
        if (file >= 0) {
            assert_true(dup2(standard, 0) == 0);
            close(standard);
            close(file);
        }
        CHECK(after.outstanding == 0, "%s, allocation %zu: %td blocks left",
              path, n, after.outstanding);
        failed = after.failed;
        if (!failed) CHECK_OK(status);
        else
            CHECK(status == ELMAN_NO_MEMORY, "%s, allocation %zu: %d, %s", path,
                  n, (int)status, elman_message());
    }
}

TEST(whatever_has_no_memory_says_so)
{
    static const char ts[] = "@univariate true\n@classLabel true a b\n@data\n"
                             "1,2,?,4:a\n2,3,4:b\n5,6,7,8:a\n1,1:b\n";
    const char *y = put_array("y.npy", T);
    elman_dataset_config config = {
        .target_path = y, .task = ELMAN_TASK_TRACK, .test = 0.2};
    check_starved(put_array("x.npy", T), config);
    check_starved(put_archive(), (elman_dataset_config){.test = 0.2});

    config = (elman_dataset_config){.missing = ELMAN_MISSING_MEAN,
                                    .transform = "zscore"};
    check_starved(put_bytes("s.ts", ts, sizeof ts - 1), config);
    check_starved("-", config);
    check_starved(put_table(), (elman_dataset_config){.by = "plant"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_has_no_memory_says_so)};
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
