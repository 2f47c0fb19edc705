/*
 * test_inspection_memory.c: an inspection of everything, repeated with the
 * first, second, third ... allocation failing: each ends with ELMAN_NO_MEMORY,
 * a sentence and no block left.
 */
#include "check.h"

#include "allocator.h"

/* Ends a session at the first call that fails. */
#define DO(call)                                                               \
    do {                                                                       \
        if ((status = (call)) != ELMAN_OK) goto done;                          \
    } while (0)

static const elman_config reader = {
    .input_size = 2,
    .layers = {{.kind = ELMAN_GRU, .hidden_size = 2},
               {.kind = ELMAN_LINEAR, .output_size = 1}}};

static elman_status inspect(const elman_model *model,
                            const elman_dataset *dataset, elman_loss_kind loss)
{
    const elman_inspection_config config = {.sequences = 2,
                                            .steps = 4,
                                            .samples = 2,
                                            .loss = loss,
                                            .model_name = "m",
                                            .exponents = 2};
    elman_inspection *in = NULL;
    elman_status status;
    DO(elman_inspection_begin(model, dataset, &config, &in));
    while (!in->done)
        DO(elman_inspection_step(in));
    CHECK(in->finding_count > 0, "nothing found");
done:
    elman_inspection_end(in);
    return status;
}

static elman_status random_session(void)
{
    elman_model *model = NULL;
    elman_status status;
    DO(elman_model_create(&reader, &model));
    DO(inspect(model, NULL, ELMAN_LOSS_CROSS_ENTROPY));
done:
    elman_model_destroy(model);
    return status;
}

/* Opened once: how a file is read has tests of its own. */
static elman_dataset *table;

static elman_status table_session(void)
{
    elman_model *model = NULL;
    elman_status status;
    DO(elman_model_create(&reader, &model));
    DO(elman_model_write_note(model, "encoding", elman_dataset_note(table)));
    DO(inspect(model, table, ELMAN_LOSS_MEAN_SQUARED));
done:
    elman_model_destroy(model);
    return status;
}

static void fail_each(elman_status (*session)(void))
{
    allocator_reset();
    CHECK_OK(session());
    size_t calls = allocator_read().calls;
    assert_int_equal(allocator_read().outstanding, 0);
    print_message("%zu allocations\n", calls);

    for (size_t call = 0; call < calls; call++)
        for (int ever_after = 0; ever_after < 2; ever_after++) {
            allocator_fail(call, ever_after);
            elman_status status = session();
            allocations after = allocator_read();
            allocator_reset();
            CHECK(status == ELMAN_NO_MEMORY, "allocation %zu: %d \"%s\"", call,
                  (int)status, elman_message());
            CHECK(after.outstanding == 0, "allocation %zu leaves %td blocks",
                  call, after.outstanding);
        }
}

TEST(random_input_survives_each_failing_allocation)
{
    fail_each(random_session);
}
TEST(data_survives_each_failing_allocation)
{
    static const char text[] =
        "a,b,y\n1,2,3\n3,1,1\n2,5,2\n4,4,1\n1,6,3\n2,1,2\n5,2,4\n";
    const elman_dataset_config open = {
        .task = ELMAN_TASK_TRACK, .target = "y", .window = 3, .validation = -1};
    CHECK_OK(elman_dataset_read("t.csv", text, sizeof text - 1, &open, &table));
    fail_each(table_session);
    elman_dataset_close(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_input_survives_each_failing_allocation),
        cmocka_unit_test(data_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
