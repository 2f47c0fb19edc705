/* test_optimizer_save.c: an optimizer as a file: training goes on to the same
 * bits, and what does not belong together is refused. */
#include "check.h"

#include "allocator.h"
#include "folder.h"

#include <stdlib.h>

enum { T = 4, B = 3, I = 2, O = 2, ROOM = 1 << 16 };

static const elman_config network = {
    .input_size = I,
    .seed = 5,
    .layers = {{.kind = ELMAN_LSTM, .hidden_size = 5, .proj_size = 3},
               {.kind = ELMAN_LAYER_NORM},
               {.kind = ELMAN_LINEAR, .output_size = O}}};

static const elman_optimizer_group groups[] = {
    {.names = "rnn.*", .learning_rate = 0.1},
    {.names = "norm", .frozen = true},
};

/* Rules with every moment that there is. */
static const elman_optimizer_config settings[] = {
    {.rule = ELMAN_RULE_ADAM},
    {.rule = ELMAN_RULE_ADAM, .amsgrad = true, .no_beta1 = true},
    {.rule = ELMAN_RULE_ADAMW, .maximize = true, .no_bias_decay = true},
    {.rule = ELMAN_RULE_SGD},
    {.rule = ELMAN_RULE_SGD, .momentum = 0.9, .clip_norm = 1},
    {.rule = ELMAN_RULE_ADAGRAD, .initial_accumulator = 0.5},
    {.rule = ELMAN_RULE_RMSPROP, .centered = true, .momentum = 0.5},
    {.rule = ELMAN_RULE_LION, .flavour = ELMAN_FLAVOUR_KERAS},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

typedef struct loop {
    elman_model *model;
    elman_state *state;
    elman_optimizer *optimizer;
} loop;

static loop begin(const elman_config *config,
                  const elman_optimizer_config *rule)
{
    loop l;
    elman_state_config room = {.T = T, .B = B, .training = true};
    CHECK_OK(elman_model_create(config, &l.model));
    CHECK_OK(elman_state_create(l.model, &room, &l.state));
    CHECK_OK(elman_optimizer_create(l.model, rule, &l.optimizer));
    return l;
}

static void end(loop l)
{
    elman_optimizer_destroy(l.optimizer);
    elman_state_destroy(l.state);
    elman_model_destroy(l.model);
}

static void steps(loop l, uint64_t first, uint64_t last)
{
    float x[T * B * I], wanted[T * B * O];
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_target target = {.values = wanted};
    elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    double loss;
    for (uint64_t i = first; i <= last; i++) {
        random_fill(2 * i, T * B * I, -1, 1, x);
        random_fill(2 * i + 1, T * B * O, -1, 1, wanted);
        elman_state_reset(l.model, l.state);
        elman_state_zero_gradients(l.state);
        CHECK_OK(elman_model_forward(l.model, l.state, &batch, NULL));
        CHECK_OK(
            elman_model_loss(l.model, l.state, &squared, &target, &loss, NULL));
        CHECK_OK(elman_model_backward(l.model, l.state, NULL, NULL));
        CHECK_OK(elman_optimizer_step(l.optimizer, l.model, l.state, -1, NULL));
    }
}

static void check_same(const elman_model *a, const elman_model *b, size_t which)
{
    elman_const_tensor mine, theirs;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(a, i, &mine)); i++) {
        size_t count = mine.shape[0] * (mine.rank > 1 ? mine.shape[1] : 1);
        elman_model_parameter(b, i, &theirs);
        CHECK_BITS(mine.data, theirs.data, count, "%s, setting %zu", name,
                   which);
    }
}

/* ---- Tests -------------------------------------------------------------- */

TEST(training_goes_on_to_the_same_bits)
{
    static char bytes[ROOM], read[ROOM];
    const char *path = in_folder("adam.safetensors");
    const char *weights = in_folder("model.safetensors");
    for (size_t i = 0; i < 2 * SETTINGS; i++) {
        elman_optimizer_config rule = settings[i / 2];
        rule.learning_rate = 0.02;
        if (rule.no_bias_decay) rule.weight_decay = 0.1;
        if (i & 1) rule.groups = groups;
        if (i & 1) rule.group_count = 2;
        loop whole = begin(&network, &rule), rest = whole;
        steps(whole, 1, 3);

        /* the file, and the same bytes in memory */
        size_t size = 0, told = 0;
        CHECK_OK(elman_optimizer_save(whole.optimizer, whole.model, path));
        CHECK_OK(elman_optimizer_save_memory(whole.optimizer, whole.model, 0,
                                             NULL, &told));
        CHECK(told <= ROOM, "%zu", told);
        CHECK_OK(elman_optimizer_save_memory(whole.optimizer, whole.model, told,
                                             bytes, &size));
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        CHECK(size == told && fread(read, 1, ROOM, file) == size, "%zu", size);
        CHECK(!memcmp(read, bytes, size), "setting %zu: other bytes", i);
        fclose(file);
        CHECK_OK(elman_model_save(whole.model, weights));

        /* a new program */
        elman_state_config room = {.T = T, .B = B, .training = true};
        CHECK_OK(elman_model_load(weights, &rest.model));
        CHECK_OK(elman_state_create(rest.model, &room, &rest.state));
        CHECK_OK(elman_optimizer_create(rest.model, &rule, &rest.optimizer));
        if (i & 2) {
            CHECK_OK(elman_optimizer_load(rest.optimizer, rest.model, path));
        } else {
            CHECK_OK(elman_optimizer_load_memory(rest.optimizer, rest.model,
                                                 bytes, size));
        }
        steps(whole, 4, 6);
        steps(rest, 4, 6);
        check_same(whole.model, rest.model, i);
        end(whole);
        end(rest);
    }
}

/* What was saved with the first config is loaded into the second. */
TEST(what_an_optimizer_does_not_remember_is_refused)
{
    elman_config wide = network, deep = network;
    wide.layers[0].hidden_size = 6;
    deep.layers[0].num_layers = 2;
    elman_optimizer_group other[] = {{.names = "rnn.weight*"},
                                     {.names = "norm"}};
    const elman_optimizer_config adam = {.groups = groups, .group_count = 2};
    const struct {
        const elman_config *network;
        elman_optimizer_config config;
        const char *message;
    } cases[] = {
        {&network,
         {.rule = ELMAN_RULE_LION},
         "the rule is adam, expected lion"},
        {&network,
         {.flavour = ELMAN_FLAVOUR_KERAS},
         "the flavour is torch, expected keras"},
        {&network, {.beta1 = 0.5}, "beta1 was 0.9, now it is 0.5"},
        {&network, {.no_beta2 = true}, "beta2 was 0.999, now it is 0"},
        {&network, {.amsgrad = true}, "amsgrad was 0, now it is 1"},
        {&network, {.maximize = true}, "maximize was 0, now it is 1"},
        {&network,
         {.groups = other, .group_count = 2},
         "rnn.bias_ih_l0 was in group 1, now it is in group 0"},
        {&network, {0}, "rnn.weight_ih_l0 was in group 1, now it is in group"},
        {&wide, adam,
         "exp_avg.rnn.weight_ih_l0\" is F32 (20,2), expected F32 (24,2)"},
        {&deep, adam, "there were 9 parameters, now there are 14"},
    };
    const char *path = in_folder("adam.safetensors");
    loop saved = begin(&network, &adam);
    steps(saved, 1, 2);
    CHECK_OK(elman_optimizer_save(saved.optimizer, saved.model, path));

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        loop l = begin(cases[i].network, &cases[i].config);
        loop plain = begin(cases[i].network, &cases[i].config);
        elman_status status = elman_optimizer_load(l.optimizer, l.model, path);
        CHECK(status == ELMAN_BAD_VALUE || status == ELMAN_BAD_FORMAT, "%d",
              (int)status);
        CHECK(strstr(elman_message(), cases[i].message) &&
                  strstr(elman_message(), "adam.safetensors: "),
              "case %zu: %s", i, elman_message());

        /* and the optimizer is as it was */
        steps(l, 1, 2);
        steps(plain, 1, 2);
        check_same(l.model, plain.model, i);
        end(l);
        end(plain);
    }

    /* rates, decay, bounds and what is frozen may change */
    elman_optimizer_group free[] = {{.names = "rnn.*", .frozen = true},
                                    {.names = "norm", .weight_decay = 0.1}};
    elman_optimizer_config changed = {.learning_rate = 0.5,
                                      .clip_norm = 1,
                                      .weight_decay = 0.2,
                                      .groups = free,
                                      .group_count = 2};
    loop l = begin(&network, &changed);
    CHECK_OK(elman_optimizer_load(l.optimizer, l.model, path));
    end(l);
    end(saved);
}

TEST(what_is_no_file_of_an_optimizer_is_refused)
{
    static char bytes[ROOM], spoiled[ROOM];
    loop l = begin(&network, settings), fresh = begin(&network, settings);
    size_t size;
    steps(l, 1, 1);
    CHECK_OK(
        elman_optimizer_save_memory(l.optimizer, l.model, ROOM, bytes, &size));
    CHECK_FAILS(elman_optimizer_save_memory(l.optimizer, l.model, size - 1,
                                            spoiled, &size),
                ELMAN_BAD_VALUE, "");
    CHECK(!spoiled[0], "touched");

    /* cut anywhere, and a power that no beta has */
    for (size_t n = 0; n < size; n += n < 40 ? 1 : 97)
        CHECK(elman_optimizer_load_memory(fresh.optimizer, fresh.model, bytes,
                                          n) != ELMAN_OK,
              "%zu bytes of %zu were read", n, size);
    double power = 0.9;
    char *at = NULL;
    for (size_t i = 0; !at && i + 8 <= size; i++)
        if (!memcmp(bytes + i, &power, sizeof power)) at = bytes + i;
    assert_non_null(at);
    static const double bad[] = {NAN, -1, 1, 2};
    for (size_t i = 0; i < 4; i++) {
        memcpy(spoiled, bytes, size);
        memcpy(spoiled + (at - bytes), &bad[i], sizeof *bad);
        CHECK_FAILS(elman_optimizer_load_memory(fresh.optimizer, fresh.model,
                                                spoiled, size),
                    ELMAN_BAD_FORMAT, "<memory>: beta1 to the power of 1 is ");
    }

    const char *model = in_folder("model.safetensors");
    CHECK_OK(elman_model_save(l.model, model));
    CHECK_FAILS(elman_optimizer_load(fresh.optimizer, fresh.model, model),
                ELMAN_BAD_FORMAT,
                "this is a model, expected what an optimizer remembers; "
                "elman_model_load reads it");
    end(l);
    end(fresh);
}

TEST(without_memory_nothing_is_saved_loaded_or_left)
{
    static char bytes[ROOM];
    loop l = begin(&network, settings), fresh = begin(&network, settings);
    size_t size = 0;
    steps(l, 1, 1);
    CHECK_OK(
        elman_optimizer_save_memory(l.optimizer, l.model, ROOM, bytes, &size));
    for (int loads = 0; loads < 2; loads++) {
        elman_status status = ELMAN_NO_MEMORY;
        size_t call = 0;
        for (; status; call++) {
            allocator_fail(call, false);
            status = loads ? elman_optimizer_load_memory(
                                 fresh.optimizer, fresh.model, bytes, size)
                           : elman_optimizer_save_memory(l.optimizer, l.model,
                                                         ROOM, bytes, &size);
            allocations after = allocator_read();
            allocator_reset();
            CHECK(after.outstanding == 0, "call %zu: %td left", call,
                  after.outstanding);
            CHECK(status == ELMAN_OK || status == ELMAN_NO_MEMORY, "%s",
                  elman_message());
        }
        CHECK(call > 3, "%zu", call);
    }
    steps(l, 2, 2);
    end(l);
    end(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_goes_on_to_the_same_bits),
        cmocka_unit_test(what_an_optimizer_does_not_remember_is_refused),
        cmocka_unit_test(what_is_no_file_of_an_optimizer_is_refused),
        cmocka_unit_test(without_memory_nothing_is_saved_loaded_or_left),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
