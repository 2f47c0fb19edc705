/*
 * test_layouts_memory.c: files as others than PyTorch keep them, read with each
 * allocation failing.
 */
#include "check.h"

#include "allocator.h"

#include <string.h>

static const char *golden(const char *name)
{
    static char path[1024];
    int folder = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof path, "%.*s/golden/layouts/%s", folder, __FILE__,
             name);
    return path;
}

static elman_status read_file(const char *path,
                              const elman_import_config *config)
{
    elman_import *import = NULL;
    elman_model *model = NULL;
    elman_status status = elman_import_open(&path, 1, config, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, &model);
    elman_import_close(import);
    elman_model_destroy(model);
    return status;
}

/* Without memory a file is not read, or, where it is asked about, no order of
 * layers is found to be told. */
static void fail_each(const char *name, const elman_import_config *config,
                      elman_status expected)
{
    const char *path = golden(name);
    allocator_reset();
    elman_status first = read_file(path, config);
    CHECK(first == expected, "%s: %s", name, elman_message());
    size_t calls = allocator_read().calls;
    assert_int_equal(allocator_read().outstanding, 0);

    for (size_t call = 0; call < 2 * calls; call++) {
        allocator_fail(call / 2, call % 2);
        elman_status status = read_file(path, config);
        allocations after = allocator_read();
        allocator_reset();
        CHECK(status == ELMAN_NO_MEMORY ||
                  (status == expected && expected != ELMAN_OK),
              "%s, allocation %zu: %d \"%s\"", name, call / 2, (int)status,
              elman_message());
        CHECK(after.outstanding == 0, "%s, allocation %zu leaves %td", name,
              call / 2, after.outstanding);
    }
}

TEST(layouts_survive_each_failing_allocation)
{
    static const struct {
        const char *file, *layers;
        elman_status expected;
    } cases[] = {
        {"tf1_language.npz", NULL, ELMAN_OK},
        {"chainer_stack.npz", NULL, ELMAN_OK},
        {"paddle_gru.npz", NULL, ELMAN_OK},
        {"char_rnn_model.npz", NULL, ELMAN_OK},
        {"recurrent_js.json", NULL, ELMAN_OK},
        {"burn_record.json", NULL, ELMAN_OK},
        {"rtneural_own_stack.json", NULL, ELMAN_OK},
        {"nam_2x4x1.nam", NULL, ELMAN_OK},
        {"torch_rnn_model.npz", "0,lstm(ifog):1,lstm(ifog):3,6", ELMAN_OK},
        {"torch_rnn_model.npz", NULL, ELMAN_BAD_FORMAT},
        {"flax_compact.npz", NULL, ELMAN_BAD_FORMAT},
        {"flax_compact.npz",
         "bidirectional(OptimizedLSTMCell_0,OptimizedLSTMCell_1),Dense_0",
         ELMAN_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const elman_import_config config = {.layers = cases[i].layers};
        fail_each(cases[i].file, &config, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_survive_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
