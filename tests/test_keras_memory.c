/*
 * test_keras_memory.c: files of Keras read with each allocation failing, and
 * how much memory a damaged one can ask for.
 */
#include "keras.h"

#include "allocator.h"

static elman_status read_bytes(const char *bytes, size_t size)
{
    elman_import *import = NULL;
    elman_model *model = NULL;
    elman_status status = elman_import_open_memory(bytes, size, NULL, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, &model);
    elman_import_close(import);
    elman_model_destroy(model);
    return status;
}

static void fail_each(const char *name, const char *bytes, size_t size)
{
    allocator_reset();
    CHECK(read_bytes(bytes, size) == ELMAN_OK, "%s: %s", name, elman_message());
    size_t calls = allocator_read().calls;
    assert_int_equal(allocator_read().outstanding, 0);
    CHECK(calls > 20, "%s: %zu allocations", name, calls);

    for (size_t call = 0; call < 2 * calls; call++) {
        allocator_fail(call / 2, call % 2);
        elman_status status = read_bytes(bytes, size);
        allocations after = allocator_read();
        allocator_reset();
        CHECK(after.failed > 0, "allocation %zu was not made", call / 2);
        CHECK(status == ELMAN_NO_MEMORY, "%s, allocation %zu: %d \"%s\"", name,
              call / 2, (int)status, elman_message());
        CHECK(after.outstanding == 0, "%s, allocation %zu leaves %td", name,
              call / 2, after.outstanding);
    }
}

TEST(files_of_keras_survive_each_failing_allocation)
{
    static const char *const cases[][3] = {
        {"keras3.zip", "cells", ".keras"},
        {"keras3.zip", "both_sum", ".keras"},
        {"keras3.zip", "layer_norm", ".keras"},
        {"keras3.zip", "batch_norm", ".keras"},
        {"keras3.zip", "nested_graph", ".keras"},
        {"keras3.zip", "masking", ".keras"},
        {"keras3.zip", "bfloat16", ".keras"},
        {"keras3.zip", "adapted", ".h5"},
        {"keras3.zip", "lstm", ".h5"},
        {"keras3_graphs.zip", "mask_both", ".keras"},
        {"keras3_graphs.zip", "ends_lstm", ".keras"},
        {"keras3_graphs.zip", "flip_both", ".keras"},
        {"keras3_graphs.zip", "shaped", ".keras"},
        {"keras3_graphs.zip", "compressed", ".h5"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        archive *zip = keras_open(cases[i][0]);
        size_t size;
        char *bytes = keras_entry(zip, cases[i][1], cases[i][2], &size);
        archive_close(zip);
        CHECK(bytes, "%s%s", cases[i][1], cases[i][2]);
        fail_each(cases[i][1], bytes, size);
        free(bytes);
    }
}

/* Settings and weights with one byte changed: whatever comes of it, a model or
 * a sentence, memory stays small and all of it is given back. */
TEST(a_file_with_any_byte_changed_is_survived)
{
    enum { TIMES = 40, ROOM = 1 << 21, STEP = 13 };
    archive *zip = keras_open("keras3.zip");
    size_t size;
    char *bytes = keras_entry(zip, "lstm", ".h5", &size);
    for (size_t at = 0; at < size; at += STEP)
        for (int turn = 0; turn < 2; turn++) {
            char before = bytes[at];
            if (turn) bytes[at] = '9';
            else bytes[at] = (char)(bytes[at] ^ (1 << at % 7));
            allocator_reset();
            elman_status status = read_bytes(bytes, size);
            allocations after = allocator_read();
            bytes[at] = before;

            CHECK(status != ELMAN_NO_MEMORY, "%zu: %s", at, elman_message());
            CHECK(after.outstanding == 0, "%zu leaves %td", at,
                  after.outstanding);
            CHECK(after.peak <= TIMES * size + ROOM, "%zu: %zu bytes", at,
                  after.peak);
        }
    free(bytes);
    archive_close(zip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_keras_survive_each_failing_allocation),
        cmocka_unit_test(a_file_with_any_byte_changed_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
