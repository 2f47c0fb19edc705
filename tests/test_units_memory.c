/*
 * test_units_memory.c: measurements of gates, units and attribution, repeated
 * with the first, second, third ... allocation failing: each ends with
 * ELMAN_NO_MEMORY, a sentence and no block left.
 */
#include "check.h"

#include "allocator.h"
#include "inspect/property.h"

enum { T = 6, B = 2, V = 4 };

/* Ends a session at the first call that fails. */
#define DO(call)                                                               \
    do {                                                                       \
        if ((status = (call)) != ELMAN_OK) goto done;                          \
    } while (0)

static const int32_t tokens[T * B] = {1, 2, 3, 0};
static const elman_batch batch = {.T = T, .B = B, .tokens = tokens};

/* Two units that say the same, so that pairs are listed too. */
static elman_status create(elman_model **model)
{
    const elman_config config = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = V, .embedding_dim = 2},
            {.kind = ELMAN_GRU,
             .hidden_size = 3,
             .bidirectional = true,
             .init_ih = {ELMAN_INIT_CONSTANT, 0.5},
             .init_hh = {ELMAN_INIT_CONSTANT, 0.25},
             .init_bias = {ELMAN_INIT_CONSTANT, 0}},
            {.kind = ELMAN_LINEAR, .output_size = V}}};
    return elman_model_create(&config, model);
}

static elman_status gates_session(void)
{
    elman_model *model = NULL;
    elman_gates *gates = NULL;
    elman_status status;
    DO(create(&model));
    DO(elman_gates_begin(model, &batch, &gates));
    while (!gates->done)
        DO(elman_gates_step(gates));
    CHECK(gates->levels->duplicates == 3, "%zu pairs",
          gates->levels->duplicates);
done:
    elman_gates_end(gates);
    elman_model_destroy(model);
    return status;
}

static elman_status attribution_session(void)
{
    elman_model *model = NULL;
    elman_attribution *attribution = NULL;
    elman_status status;
    DO(create(&model));
    for (int kind = 0; kind <= ELMAN_ATTRIBUTION_OCCLUSION; kind++) {
        const elman_attribution_config config = {
            .kind = (elman_attribution_kind)kind, .sequence = 1};
        DO(elman_attribution_begin(model, &batch, &config, &attribution));
        while (!attribution->done)
            DO(elman_attribution_step(attribution));
        elman_attribution_end(attribution);
        attribution = NULL;
    }
done:
    elman_attribution_end(attribution);
    elman_model_destroy(model);
    return status;
}

static elman_status units_session(void)
{
    static const char text[] = "\na (b) \"c\"\nDe 1\n\nsome more of it\n";
    const elman_dataset_config open = {.task = ELMAN_TASK_LANGUAGE,
                                       .validation = -1};
    const elman_loader_config one = {.batch_size = 1, .steps = 64};
    elman_dataset *dataset = NULL;
    elman_loader *loader = NULL;
    elman_model *model = NULL;
    elman_units *units = NULL;
    properties *made = NULL;
    elman_batch read;
    elman_target target;
    elman_status status;

    DO(elman_dataset_read("a.txt", text, sizeof text - 1, &open, &dataset));
    DO(elman_loader_create(dataset, &one, &loader));
    DO(elman_loader_read(loader, &read, &target));
    DO(properties_create(dataset, &read, &target, &made));
    elman_config config = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 40, .embedding_dim = 2},
            {.kind = ELMAN_LSTM, .hidden_size = 3}}};
    DO(elman_model_create(&config, &model));
    DO(elman_units_begin(model, &read, 0, made->items, made->count, &units));
    while (!units->done)
        DO(elman_units_step(units));
    CHECK(units->match_count > 0, "%zu matches", units->match_count);
done:
    elman_units_end(units);
    elman_model_destroy(model);
    properties_destroy(made);
    elman_loader_destroy(loader);
    elman_dataset_close(dataset);
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

TEST(gates_survive_each_failing_allocation) { fail_each(gates_session); }
TEST(attribution_survives_each_failing_allocation)
{
    fail_each(attribution_session);
}
TEST(units_survive_each_failing_allocation) { fail_each(units_session); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_survive_each_failing_allocation),
        cmocka_unit_test(attribution_survives_each_failing_allocation),
        cmocka_unit_test(units_survive_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
