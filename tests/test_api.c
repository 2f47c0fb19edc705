/*
 * test_api.c: misuse is reported in a sentence: every pointer that may not be
 * NULL, every object that belongs to another one, every number out of range.
 */
#include "check.h"
#include "folder.h"

enum { T = 3, B = 2, I = 2, O = 2 };

static const elman_config config = {
    .input_size = I,
    .layers = {{.kind = ELMAN_LSTM, .hidden_size = 3},
               {.kind = ELMAN_LINEAR, .output_size = O}}};
static const elman_config narrow = {
    .input_size = I, .layers = {{.kind = ELMAN_GRU, .hidden_size = 2}}};
static const elman_config tokens = {
    .layers = {
        {.kind = ELMAN_EMBEDDING, .num_embeddings = 5, .embedding_dim = 2}}};
static const elman_config two_directions = {
    .input_size = I,
    .layers = {{.kind = ELMAN_RNN, .hidden_size = 2, .bidirectional = true}}};

static const float x[T * B * I];
static float y[T * B * O];

/* A model and a state, training unless it is said. */
typedef struct pair {
    elman_model *model;
    elman_state *state;
} pair;

static pair pair_begin(const elman_config *which, bool training)
{
    pair p = {0};
    elman_state_config room = {.T = T, .B = B, .training = training};
    CHECK_OK(elman_model_create(which, &p.model));
    CHECK_OK(elman_state_create(p.model, &room, &p.state));
    return p;
}

static void pair_end(pair p)
{
    elman_state_destroy(p.state);
    elman_model_destroy(p.model);
}

#define NULLED(call, name)                                                     \
    CHECK_FAILS(call, ELMAN_BAD_VALUE, name " is NULL, expected a pointer")

TEST(a_pointer_that_may_not_be_null_is_named)
{
    pair p = pair_begin(&config, true);
    elman_model *m = p.model, *model = NULL;
    elman_state *s = p.state, *state = NULL;
    elman_state_config room = {0};
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_loss_config loss = {0};
    elman_target target = {0};
    elman_tensor view;
    float number;
    size_t size;

    /* models */
    NULLED(elman_model_create(NULL, &model), "config");
    NULLED(elman_model_create(&config, NULL), "model");
    NULLED(elman_model_load(NULL, &model), "path");
    NULLED(elman_model_load("x", NULL), "model");
    NULLED(elman_model_load_memory(NULL, 1, &model), "data");
    NULLED(elman_model_load_memory("x", 1, NULL), "model");
    NULLED(elman_model_open_memory(NULL, 1, &model), "data");
    NULLED(elman_model_open_memory("x", 1, NULL), "model");
    NULLED(elman_model_save_memory(NULL, 0, NULL, &size), "model");
    NULLED(elman_model_save_memory(m, 0, NULL, NULL), "size");
    NULLED(elman_model_copy(NULL, &model), "from");
    NULLED(elman_model_copy(m, NULL), "copy");
    NULLED(elman_model_read_all(NULL, 0, &number), "model");
    NULLED(elman_model_read_all(m, 0, NULL), "values");
    NULLED(elman_model_write_all(NULL, 0, x), "model");
    NULLED(elman_model_write_all(m, 0, NULL), "values");
    assert_int_equal(elman_model_size(NULL), 0);
    NULLED(elman_model_save(NULL, "x"), "model");
    NULLED(elman_model_save(m, NULL), "path");
    NULLED(elman_model_read(NULL, "x", 1, y), "model");
    NULLED(elman_model_read(m, NULL, 1, y), "name");
    NULLED(elman_model_read(m, "x", 1, NULL), "values");
    NULLED(elman_model_write(m, "x", 1, NULL), "values");
    NULLED(elman_model_write_note(NULL, "x", "x"), "model");
    NULLED(elman_model_write_note(m, NULL, "x"), "key");

    /* states */
    NULLED(elman_state_init(m, &room, 1, NULL, &state), "memory");
    NULLED(elman_state_create(NULL, &room, &state), "model");
    NULLED(elman_state_create(m, NULL, &state), "config");
    NULLED(elman_state_create(m, &room, NULL), "state");
    NULLED(elman_state_reset_one(m, NULL, 0), "state");
    NULLED(elman_state_join(m, NULL, &(size_t){0}), "state");
    NULLED(elman_state_join(m, s, NULL), "b");
    NULLED(elman_state_leave(NULL, s, 0), "model");
    NULLED(elman_state_copy(NULL, s), "to");
    NULLED(elman_state_copy(s, NULL), "from");
    NULLED(elman_state_save(m, s, NULL), "path");
    NULLED(elman_state_load(m, NULL, "x"), "state");
    NULLED(elman_state_view(m, s, NULL, &view), "name");
    NULLED(elman_state_view(m, s, "y", NULL), "view");

    /* passes */
    NULLED(elman_model_forward(NULL, s, &batch, y), "model");
    NULLED(elman_model_forward(m, NULL, &batch, y), "state");
    NULLED(elman_model_forward(m, s, NULL, y), "batch");
    NULLED(elman_model_backward(m, NULL, y, NULL), "state");
    NULLED(elman_model_step(m, NULL, x, y), "state");
    NULLED(elman_model_step(m, s, NULL, y), "x");
    NULLED(elman_cell_step(m, s, NULL, NULL, NULL, y, NULL), "x");
    NULLED(elman_cell_step(m, s, x, NULL, NULL, NULL, NULL), "h_out");

    /* training, data and proof */
    NULLED(elman_optimizer_create(NULL, NULL, NULL), "model");
    NULLED(elman_optimizer_step(NULL, m, s, -1, NULL), "optimizer");
    NULLED(elman_loss_forward(NULL, &batch, O, y, NULL, NULL, NULL), "config");
    NULLED(elman_loss_weight(&loss, &batch, O, NULL, NULL), "target");
    NULLED(elman_loss_weight(&loss, &batch, O, &target, NULL), "weight");
    NULLED(elman_loss_sum_forward(&loss, &batch, O, NULL, &target, NULL, NULL),
           "y");
    NULLED(elman_loss_sum_forward(&loss, &batch, O, y, &target, NULL, NULL),
           "sum");
    NULLED(elman_trainer_create(m, NULL, NULL, NULL), "dataset");
    NULLED(elman_trainer_step(NULL), "trainer");
    NULLED(elman_trainer_begin_save(NULL, "path"), "trainer");
    NULLED(elman_trainer_end_save(NULL, true, NULL), "trainer");
    NULLED(elman_dataset_open(NULL, NULL, NULL), "path");
    NULLED(elman_flow_read(m, NULL, 0, NULL), "batch");
    NULLED(elman_verify(NULL, NULL), "config");
    NULLED(elman_machine_read(NULL), "machine");
    NULLED(elman_roof_read(1, NULL), "roof");

    /* nothing was made */
    assert_int_equal(elman_state_size(NULL, &room), 0);
    assert_true(model == NULL && state == NULL);
    pair_end(p);
}

TEST(calls_without_a_status_accept_null)
{
    elman_model_destroy(NULL);
    elman_state_destroy(NULL);
    elman_optimizer_destroy(NULL);
    elman_dataset_close(NULL);
    elman_loader_destroy(NULL);
    elman_trainer_destroy(NULL);
    elman_encoding_destroy(NULL);
    elman_array_destroy(NULL);
    elman_state_reset(NULL, NULL);
    elman_state_zero_gradients(NULL);
    assert_null(elman_model_config(NULL));
    assert_null(elman_model_parameter(NULL, 0, NULL));
    assert_null(elman_model_note(NULL, "x"));
    assert_int_equal(elman_model_read_info(NULL).weight_count, 0);
    assert_true(elman_loss_sum_read(NULL) == 0);
}

TEST(objects_of_another_model_are_refused)
{
    pair a = pair_begin(&config, true), b = pair_begin(&narrow, true);
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_optimizer_config sgd = {.rule = ELMAN_RULE_SGD};
    elman_optimizer *optimizer = NULL;
    elman_tensor view;
    const char *message = "another model";

    /* passes and states */
    CHECK_FAILS(elman_model_forward(a.model, b.state, &batch, y),
                ELMAN_BAD_VALUE, message);
    CHECK_FAILS(elman_model_backward(a.model, b.state, y, NULL),
                ELMAN_BAD_VALUE, message);
    CHECK_FAILS(elman_model_step(a.model, b.state, x, y), ELMAN_BAD_VALUE,
                message);
    CHECK_FAILS(elman_cell_step(a.model, b.state, x, NULL, NULL, y, NULL),
                ELMAN_BAD_VALUE, message);
    CHECK_FAILS(elman_state_view(a.model, b.state, "layer0.c_n", &view),
                ELMAN_BAD_VALUE, message);
    CHECK_FAILS(elman_state_reset_one(a.model, b.state, 0), ELMAN_BAD_VALUE,
                message);
    CHECK_FAILS(elman_state_save(a.model, b.state, in_folder("s")),
                ELMAN_BAD_VALUE, message);
    CHECK_FAILS(elman_state_load(a.model, b.state, in_folder("s")),
                ELMAN_BAD_VALUE, message);
    CHECK_FAILS(elman_state_copy(a.state, b.state), ELMAN_BAD_VALUE,
                "made for two models");

    /* an optimizer */
    CHECK_OK(elman_optimizer_create(a.model, &sgd, &optimizer));
    CHECK_FAILS(elman_optimizer_step(optimizer, b.model, b.state, -1, NULL),
                ELMAN_BAD_VALUE, message);
    CHECK_FAILS(elman_optimizer_step(optimizer, a.model, b.state, -1, NULL),
                ELMAN_BAD_VALUE, "made for it");

    elman_optimizer_destroy(optimizer);
    pair_end(a);
    pair_end(b);
}

TEST(a_bad_batch_is_reported)
{
    pair p = pair_begin(&config, true), t = pair_begin(&tokens, true);
    const size_t lengths[B] = {3, 4};
    const int32_t bad[T * B] = {0, 4, 0, 5, 0, 0};
    const size_t cut[B] = {3, 1};

    const struct {
        pair of;
        elman_batch batch;
        const char *message;
    } cases[] = {
        {p, {.T = T + 1, .B = B, .x = x}, "T 4 and B 2, expected 1 to"},
        {p, {.T = T, .B = B + 1, .x = x}, "T 3 and B 3"},
        {p, {.T = 0, .B = B, .x = x}, "T 0 and B 2"},
        {p, {.T = T, .B = 0, .x = x}, "T 3 and B 0"},
        {p, {.T = T, .B = B}, "no x, which the first layer reads"},
        {p, {.T = T, .B = B, .tokens = bad}, "no x"},
        {p,
         {.T = T, .B = B, .x = x, .lengths = lengths},
         "lengths[1] is 4, expected 0 to T 3"},
        {t, {.T = T, .B = B, .x = x}, "no tokens"},
        {t,
         {.T = T, .B = B, .tokens = bad},
         "the token at t 1, b 1 is 5, expected 0 to 4"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(elman_model_forward(cases[i].of.model, cases[i].of.state,
                                        &cases[i].batch, NULL),
                    ELMAN_BAD_VALUE, cases[i].message);

    /* after its sequence's end a token is not read */
    elman_batch good = {.T = T, .B = B, .tokens = bad, .lengths = cut};
    CHECK_OK(elman_model_forward(t.model, t.state, &good, NULL));

    CHECK_FAILS(elman_model_backward(t.model, t.state, NULL, y),
                ELMAN_BAD_VALUE, "tokens, which have no gradient");
    CHECK_FAILS(elman_model_step(t.model, t.state, x, y), ELMAN_BAD_VALUE,
                "the model reads tokens");

    pair_end(p);
    pair_end(t);
}

TEST(passes_out_of_turn_are_reported)
{
    pair p = pair_begin(&config, true), still = pair_begin(&config, false);
    pair back = pair_begin(&two_directions, false),
         cell = pair_begin(&narrow, true);
    elman_batch batch = {.T = T, .B = B, .x = x};
    const char *message = "no forward before it";
    elman_tensor view;

    /* a view and a backward need a forward */
    CHECK_FAILS(elman_state_view(p.model, p.state, "y", &view), ELMAN_BAD_VALUE,
                "no view y");
    CHECK_FAILS(elman_model_backward(p.model, p.state, y, NULL),
                ELMAN_BAD_VALUE, message);
    CHECK_OK(elman_model_forward(p.model, p.state, &batch, y));
    CHECK_OK(elman_model_backward(p.model, p.state, y, NULL));

    /* which must be one of training */
    CHECK_OK(elman_model_forward(still.model, still.state, &batch, y));
    CHECK_FAILS(elman_model_backward(still.model, still.state, y, NULL),
                ELMAN_BAD_VALUE, "training state");

    /* a step needs a model that reads forward */
    CHECK_FAILS(elman_model_step(back.model, back.state, x, y), ELMAN_BAD_VALUE,
                "reverse direction");
    CHECK_FAILS(elman_cell_step(back.model, back.state, x, NULL, NULL, y, NULL),
                ELMAN_BAD_VALUE, "one direction");
    CHECK_FAILS(elman_cell_step(p.model, p.state, x, NULL, NULL, y, NULL),
                ELMAN_BAD_VALUE, "one recurrent layer");
    CHECK_FAILS(elman_cell_step(cell.model, cell.state, x, NULL, x, y, NULL),
                ELMAN_BAD_VALUE, "c is given, but GRU layers have no c");
    CHECK_FAILS(elman_cell_step(cell.model, cell.state, x, NULL, NULL, y, y),
                ELMAN_BAD_VALUE, "c_out is given, but GRU layers have no c");

    pair_end(p);
    pair_end(still);
    pair_end(back);
    pair_end(cell);
}

TEST(a_parameter_is_asked_for_by_name_and_size)
{
    pair p = pair_begin(&config, false);
    float values[12 * I], back[12 * I];
    elman_const_tensor shape;
    assert_string_equal(elman_model_parameter(p.model, 0, &shape),
                        "rnn.weight_ih_l0");
    assert_int_equal(shape.shape[0], 12);
    assert_null(elman_model_parameter(p.model, 6, &shape));
    CHECK_FAILS(elman_model_read(p.model, "rnn.weight", 1, values),
                ELMAN_BAD_VALUE, "no parameter rnn.weight; the first is rnn.");
    CHECK_FAILS(elman_model_write(p.model, "fc.bias", 3, values),
                ELMAN_BAD_VALUE, "fc.bias: count is 3, expected 2 elements");
    random_fill(1, 12 * I, -1, 1, values);
    CHECK_OK(elman_model_write(p.model, "rnn.weight_ih_l0", 12 * I, values));
    CHECK_OK(elman_model_read(p.model, "rnn.weight_ih_l0", 12 * I, back));
    CHECK_BITS(back, values, 12 * I, "weight_ih_l0");
    pair_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pointer_that_may_not_be_null_is_named),
        cmocka_unit_test(calls_without_a_status_accept_null),
        cmocka_unit_test(objects_of_another_model_are_refused),
        cmocka_unit_test(a_bad_batch_is_reported),
        cmocka_unit_test(passes_out_of_turn_are_reported),
        cmocka_unit_test(a_parameter_is_asked_for_by_name_and_size),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
