/*
 * test_verify.c: verify passes on a correct build, fails on a wrong one and
 * covers what it promises; and what is known about the machine.
 */
#include "check.h"
#include "folder.h"
#include "pace.h"
#include "wrong_kernel.h"
#include "kernel/kernel.h"
#include "base/kind.h"
#include "proof/machine.h"
#include "proof/roof.h"
#include "proof/random_config.h"
#include "proof/training.h"
#include "proof/verify.h"
#include "model/model.h"

TEST(this_build_is_right)
{
    elman_verify_report report;
    elman_verify_config what = {.cases = PACE > 1 ? 40 / PACE : 0};

    CHECK_OK(verify(&what, &report));
    CHECK(report.passed && !report.failure[0], "%s", report.failure);
    assert_true(report.same_bits);
    assert_int_equal(report.cases, 40 / PACE);

    CHECK(report.reference_error > 0 && report.reference_error < 1e-6,
          "the reference is off by %g", report.reference_error);
    CHECK(report.forward_error > 0 && report.forward_error < 1,
          "forward is off by %g", report.forward_error);
    CHECK(report.gradient_error > 0 && report.gradient_error < 1,
          "gradients are off by %g", report.gradient_error);

    assert_non_null(strstr(report.isas, "base"));
    CHECK(report.hash == TRAINING_HASH, "trained to %llx",
          (unsigned long long)report.hash);
}

/* Case 0 of this seed is an LSTM with a clip that some sum stands near, for
 * all inputs that are tried. */
TEST(a_network_that_no_inputs_suit_is_replaced_by_another)
{
    elman_verify_report report;
    elman_verify_config what = {.seed = 1925, .cases = 1};
    CHECK_OK(verify(&what, &report));
    CHECK(report.passed, "%s", report.failure);
    assert_int_equal(report.cases, 1);
}

/* ---- A wrong build ------------------------------------------------------ */

TEST(a_wrong_kernel_is_noticed_and_named)
{
    train_kernels wrong = wrong_kernels(kernels_train(kernels_all()[0]));
    elman_verify_report report;

    kernels_use(kernels_all()[0]);
    kernels_train_use(&wrong);
    elman_status status = verify(&(elman_verify_config){.cases = 1}, &report);
    kernels_train_use(NULL);
    kernels_use(NULL);

    CHECK_OK(status);
    CHECK(!report.passed && strstr(report.failure, "weight_"),
          "\"%s\" names no weight", report.failure);
    CHECK(strstr(report.failure, "seed 1 case 0: ") == report.failure,
          "\"%s\" does not name the case", report.failure);
    CHECK(report.gradient_error > 1 && report.forward_error < 1,
          "forward is off by %g, gradients by %g", report.forward_error,
          report.gradient_error);
}

/* ---- A model of one's own ----------------------------------------------- */

/* With another seed and fewer cases, but the same hash. */
TEST(a_model_file_is_checked_as_well)
{
    const elman_config config = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 9, .embedding_dim = 4},
            {.kind = ELMAN_GRU, .hidden_size = 11, .clip = 1},
            {.kind = ELMAN_LINEAR, .output_size = 9}}};
    elman_model *m;
    elman_verify_config what = {.seed = 7, .cases = 1};
    elman_verify_report report;
    what.path = in_folder("own.safetensors");

    CHECK_OK(model_create(&config, &m));
    CHECK_OK(model_save(m, what.path));
    model_destroy(m);

    /* the model is one more case */
    CHECK_OK(verify(&what, &report));
    CHECK(report.passed, "%s", report.failure);
    assert_int_equal(report.cases, 2);
    assert_true(report.hash == TRAINING_HASH);

    what.path = in_folder("none.safetensors");
    CHECK_FAILS(verify(&what, &report), ELMAN_BAD_FILE, "none.safetensors");
}

/* ---- What is drawn ------------------------------------------------------ */

enum { OPTIONS = 27, KINDS = 64 /* and room for more */ };

/* What a layer of a random config may say. */
static void count_options(const elman_layer *l, size_t seen[OPTIONS])
{
    const bool says[OPTIONS] = {
        l->num_layers > 1,
        l->hidden_sizes[0] > 0,
        l->proj_size > 0,
        l->nonlinearity > 0,
        l->no_bias,
        l->reverse,
        l->bidirectional,
        l->peephole,
        l->coupled,
        l->clip > 0,
        l->reset_before,
        l->learned_state,
        l->dropout > 0,
        l->variational,
        l->zoneout > 0,
        l->zoneout_cell > 0,
        l->last > 0,
        l->recurrent_dropout > 0,
        l->merge == 1,
        l->merge == 2,
        l->merge == 3,
        l->merge == 4,
        l->activations[0][0].kind > 0,
        l->activations[0][2].kind > 0,
        l->activations[1][1].kind > 0,
        l->pool == ELMAN_POOL_MAX,
        l->pool == ELMAN_POOL_ATTENTION,
    };
    for (size_t i = 0; i < OPTIONS; i++)
        seen[i] += says[i];
}

TEST(random_configs_say_everything_and_can_all_be_made)
{
    size_t kinds[KINDS] = {0}, options[OPTIONS] = {0};
    for (uint64_t which = 0; which < 300; which++) {
        draws d = draws_from(1, which);
        elman_config config =
            which % 8 ? random_config(&d, 20) : random_repeating(&d, 20);
        elman_model *m;
        CHECK_OK(model_create(&config, &m));
        model_destroy(m);
        for (const elman_layer *l = config.layers; l->kind; l++) {
            kinds[l->kind]++;
            count_options(l, options);
        }
    }
    for (size_t i = 1; i < kind_count(); i++)
        CHECK(kinds[i] > 3, "kind %zu is drawn %zu times", i, kinds[i]);
    for (size_t i = 0; i < OPTIONS; i++)
        CHECK(options[i] > 3, "option %zu is drawn %zu times", i, options[i]);
}

TEST(a_config_is_written_in_one_line)
{
    const elman_config config = {
        .input_size = 3,
        .batch_first = true,
        .layers = {{.kind = ELMAN_LSTM,
                    .hidden_size = 7,
                    .num_layers = 2,
                    .proj_size = 3,
                    .bidirectional = true,
                    .merge = ELMAN_MERGE_SUM,
                    .clip = 0.5f},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 4, .no_bias = true}}};
    char line[100], shorter[12];
    config_write_line(&config, sizeof line, line);
    assert_string_equal(line, "batch_first I 3: LSTM 7x2 proj 3 bidirectional "
                              "sum clip 0.5, last, linear 4 no_bias");
    config_write_line(&config, sizeof shorter, shorter);
    assert_string_equal(shorter, "batch_fi...");
}

/* ---- The machine -------------------------------------------------------- */

TEST(the_machine_is_known)
{
    elman_machine machine;
    machine_read(&machine);
    assert_string_equal(machine.isa, kernels_here()->isa);
    assert_true(machine.cpu[0] != 0);
    assert_true(memchr(machine.cpu, 0, sizeof machine.cpu) != NULL);
    assert_true(machine.threads >= 1);
    CHECK(machine.peak > 1e7 && machine.peak < 1e13, "peak is %g",
          machine.peak);
}

TEST(a_roof_is_known_in_every_part)
{
    elman_roof roof;
    for (int threads = 0; threads <= 2; threads++) {
        CHECK(roof_read(threads, &roof) == ELMAN_OK, "%s", elman_message());
        CHECK(roof.threads >= 1 && roof.threads <= 2, "%d", roof.threads);
        CHECK(roof.fp32 > 1e7, "%g", roof.fp32);
        CHECK(roof.bf16 == 0 || roof.bf16 > 1e7, "%g", roof.bf16);
        CHECK(roof.int8 == 0 || roof.int8 > 1e7, "%g", roof.int8);
        CHECK(roof.cache[0] > 1000 && roof.cache[0] < roof.cache[2], "%zu %zu",
              roof.cache[0], roof.cache[2]);
        for (int level = 0; level < 4; level++)
            CHECK(roof.read[level] > 1e7, "level %d: %g", level,
                  roof.read[level]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_build_is_right),
        cmocka_unit_test(a_network_that_no_inputs_suit_is_replaced_by_another),
        cmocka_unit_test(a_wrong_kernel_is_noticed_and_named),
        cmocka_unit_test(a_model_file_is_checked_as_well),
        cmocka_unit_test(random_configs_say_everything_and_can_all_be_made),
        cmocka_unit_test(a_config_is_written_in_one_line),
        cmocka_unit_test(the_machine_is_known),
        cmocka_unit_test(a_roof_is_known_in_every_part),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
