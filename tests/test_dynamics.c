/*
 * test_dynamics.c: spectrum, exponents and fixed points without memory: each
 * allocation that fails is reported, and nothing is left behind.
 */
#include "allocator.h"
#include "check.h"
#include "inspect/exponents.h"
#include "inspect/fixed_points.h"
#include "inspect/spectrum.h"
#include "model/model.h"

enum { T = 12, I = 2 };

static elman_batch batch(void)
{
    static float x[T * I];
    random_fill(1, T * I, -1, 1, x);
    return (elman_batch){.T = T, .B = 1, .x = x};
}

static elman_status run_spectrum(const elman_model *m)
{
    elman_spectrum *s;
    TRY(spectrum_begin(m, &s));
    elman_status status = ELMAN_OK;
    while (!status && !s->done)
        status = spectrum_step(s);
    spectrum_end(s);
    return status;
}

static elman_status run_exponents(const elman_model *m)
{
    elman_batch in = batch();
    elman_exponents *e;
    TRY(exponents_begin(m, &in, NULL, &e));
    elman_status status = ELMAN_OK;
    while (!status && !e->done)
        status = exponents_step(e);
    exponents_end(e);
    return status;
}

static elman_status run_fixed_points(const elman_model *m)
{
    elman_batch in = batch();
    elman_fixed_points *p;
    TRY(fixed_points_begin(m, &in, NULL, &p));
    elman_status status = ELMAN_OK;
    while (!status && !p->done)
        status = fixed_points_step(p);
    fixed_points_end(p);
    return status;
}

TEST(memory_may_run_out_at_any_time)
{
    static elman_status (*const runs[])(const elman_model *) = {
        run_spectrum, run_exponents, run_fixed_points};
    const elman_config config = {
        .input_size = I,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 5, .proj_size = 3},
                   {.kind = ELMAN_LINEAR, .output_size = 4},
                   {.kind = ELMAN_GRU, .hidden_size = 4}}};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        size_t call = 0;
        elman_status status = ELMAN_NO_MEMORY;
        allocator_reset();
        CHECK_OK(runs[i](m)); /* the model keeps the copies that it made */
        for (; status && call < 1000; call++) {
            allocator_fail(call, false);
            status = runs[i](m);
            allocations seen = allocator_read();
            CHECK(seen.outstanding == 0, "run %zu, allocation %zu: %td left", i,
                  call, seen.outstanding);
            CHECK(!status == !seen.failed, "run %zu, allocation %zu: %d", i,
                  call, (int)status);
            CHECK(!status || (status == ELMAN_NO_MEMORY &&
                              strstr(elman_message(), "no memory")),
                  "run %zu, allocation %zu: %s", i, call, elman_message());
        }
        CHECK(call > 5 && call < 1000, "run %zu: %zu", i, call);
        print_message("%zu allocations\n", call - 1);
    }
    allocator_reset();
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_run_out_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
