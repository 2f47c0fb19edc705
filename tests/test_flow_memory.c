/*
 * test_flow_memory.c: what is measured of gradients survives each failing
 * allocation without a leak, and a flow of 1,000 steps stays small.
 */
#include "check.h"

#include "allocator.h"

enum { T = 11, B = 2, I = 2, O = 2 };

static const elman_config stack = {
    .input_size = I,
    .layers = {{.kind = ELMAN_LSTM,
                .hidden_size = 4,
                .num_layers = 2,
                .bidirectional = true,
                .proj_size = 3},
               {.kind = ELMAN_LAYER_NORM},
               {.kind = ELMAN_GRU, .hidden_size = 3},
               {.kind = ELMAN_LINEAR, .output_size = O}},
};

static const float x[T * B * I], values[T * B * O];
static const elman_batch batch = {.T = T, .B = B, .x = x};
static const elman_target target = {.values = values};
static const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
static elman_model *model;

static elman_status flow_session(void)
{
    elman_flow *flow = NULL;
    elman_status status = elman_flow_begin(model, &batch, NULL, &flow);
    while (!status && !flow->done)
        status = elman_flow_step(flow);
    elman_flow_end(flow);
    return status;
}

static elman_status contributions_session(void)
{
    elman_contributions *all = NULL;
    elman_status status =
        elman_contributions_begin(model, &batch, &target, &loss, &all);
    while (!status && !all->done)
        status = elman_contributions_step(all);
    elman_contributions_end(all);
    return status;
}

static elman_status truncation_session(void)
{
    elman_truncation *all = NULL;
    elman_status status =
        elman_truncation_begin(model, &batch, &target, &loss, &all);
    while (!status && !all->done)
        status = elman_truncation_step(all);
    elman_truncation_end(all);
    return status;
}

static elman_status pulse_session(void)
{
    elman_pulse pulse;
    return elman_pulse_read(model, &batch, 1, &pulse);
}

static void fail_each(elman_status (*session)(void))
{
    CHECK_OK(elman_model_create(&stack, &model));
    CHECK_OK(session()); /* the model keeps the copies that it made */
    allocator_reset();
    CHECK_OK(session());
    size_t calls = allocator_read().calls;
    CHECK(calls > 0, "the session allocates nothing");
    assert_int_equal(allocator_read().outstanding, 0);

    for (size_t call = 0; call < calls; call++)
        for (int ever_after = 0; ever_after < 2; ever_after++) {
            allocator_fail(call, ever_after);
            elman_status status = session();
            allocations after = allocator_read();
            allocator_reset();
            CHECK(after.failed > 0, "allocation %zu was not made", call);
            CHECK(status == ELMAN_NO_MEMORY, "allocation %zu: %d \"%s\"", call,
                  (int)status, elman_message());
            CHECK(after.outstanding == 0, "allocation %zu leaves %td blocks",
                  call, after.outstanding);
        }
    elman_model_destroy(model);
}

TEST(flow_survives_each_failing_allocation) { fail_each(flow_session); }
TEST(contributions_survive_each_failing_allocation)
{
    fail_each(contributions_session);
}
TEST(truncation_survives_each_failing_allocation)
{
    fail_each(truncation_session);
}
TEST(pulse_survives_each_failing_allocation) { fail_each(pulse_session); }

/* All memory is taken by begin; the first step runs forward. */
TEST(a_flow_of_1000_steps_takes_less_than_200_MB)
{
    enum { STEPS = 1000 };
    static const float input[STEPS];
    const elman_batch long_one = {.T = STEPS, .B = 1, .x = input};
    const elman_layer lstm = {
        .kind = ELMAN_LSTM, .hidden_size = 256, .num_layers = 2};
    const elman_config configs[] = {
        {.input_size = 1, .layers = {lstm}},
        {.input_size = 1,
         .layers = {{.kind = ELMAN_LSTM,
                     .hidden_size = 128,
                     .num_layers = 2,
                     .bidirectional = true}}},
    };

    for (size_t i = 0; i < 2; i++) {
        elman_flow *flow = NULL;
        allocator_reset();
        CHECK_OK(elman_model_create(configs + i, &model));
        CHECK_OK(elman_flow_begin(model, &long_one, NULL, &flow));
        CHECK_OK(elman_flow_step(flow));
        CHECK_OK(elman_flow_step(flow));
        allocations now = allocator_read();
        CHECK(now.peak < 200000000, "%zu bytes", now.peak);
        elman_flow_end(flow);
        elman_model_destroy(model);
        assert_int_equal(allocator_read().outstanding, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_survives_each_failing_allocation),
        cmocka_unit_test(contributions_survive_each_failing_allocation),
        cmocka_unit_test(truncation_survives_each_failing_allocation),
        cmocka_unit_test(pulse_survives_each_failing_allocation),
        cmocka_unit_test(a_flow_of_1000_steps_takes_less_than_200_MB),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
