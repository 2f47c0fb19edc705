/*
 * test_check.c: a model compared with reference outputs: what differs is
 * reported with its position, and a NaN on either side never passes.
 */
#include "parcel.h"

#include "format/npy.h"

#include <math.h>

enum { T = 3, B = 2, I = 2, O = 4, COUNT = T * B * O };

static elman_model *make_model(void)
{
    elman_config config = {.input_size = I,
                           .seed = 1,
                           .layers = {{.kind = ELMAN_GRU, .hidden_size = O}}};
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    return model;
}

static void give(const elman_model *model, const float *x, float *y)
{
    elman_state *state = NULL;
    CHECK_OK(elman_state_create(model, &(elman_state_config){.T = T, .B = B},
                                &state));
    CHECK_OK(elman_model_forward(model, state,
                                 &(elman_batch){.T = T, .B = B, .x = x}, y));
    elman_state_destroy(state);
}

static const char *save(const char *name, size_t features, const float *data)
{
    named_tensor t = {.type = ELEMENT_F32,
                      .rank = 3,
                      .shape = {T, B, features},
                      .count = T * B * features,
                      .data = data};
    const char *path = in_folder(name);
    CHECK_OK(npy_save(path, &t));
    return path;
}

static elman_check check(const elman_model *model, const float *x,
                         const float *y)
{
    char x_path[400], y_path[400];
    elman_check found;
    snprintf(x_path, sizeof x_path, "%s", save("x.npy", I, x));
    snprintf(y_path, sizeof y_path, "%s", save("y.npy", O, y));
    CHECK_OK(elman_model_check(model, x_path, y_path, &found));
    return found;
}

static void check_failed(elman_check found, const char *message)
{
    CHECK(!found.passed && found.whole > 1 && found.stream > 1,
          "whole %g, stream %g", found.whole, found.stream);
    CHECK(strstr(found.failure, message), "%s", found.failure);
}

TEST(a_nan_in_the_reference_or_in_the_answer_fails_with_its_position)
{
    float x[T * B * I], y[COUNT], changed[COUNT], answer[COUNT];
    elman_model *model = make_model();
    random_fill(1, T * B * I, -1, 1, x);
    give(model, x, y);
    elman_check found = check(model, x, y);
    CHECK(found.passed && found.whole == 0, "whole %g", found.whole);

    /* in the reference alone: step 1, sequence 0, output 2 */
    memcpy(changed, y, sizeof y);
    changed[(1 * B + 0) * O + 2] = NAN;
    check_failed(check(model, x, changed),
                 "step 1, sequence 0, output 2 is NaN in the reference, which "
                 "nothing equals");

    /* in the answer alone, from step 2 of sequence 1 on */
    x[(2 * B + 1) * I] = NAN;
    give(model, x, answer);
    CHECK(isnan(answer[(2 * B + 1) * O]), "%g", (double)answer[0]);
    y[(2 * B + 1) * O] = 0.5f;
    found = check(model, x, y);
    CHECK(strstr(found.failure, "step 2, sequence 1, output 0 is ") &&
              strstr(found.failure, "nan, expected 0.5"),
          "%s", found.failure);
    assert_false(found.passed);

    /* in both */
    check_failed(check(model, x, answer),
                 "step 2, sequence 1, output 0 is NaN in the reference, which "
                 "nothing equals");
    elman_model_destroy(model);
}

TEST(a_file_whose_own_reference_is_nan_is_refused)
{
    float x[T * B * I] = {NAN}, y[COUNT];
    elman_model *model = make_model(), *got = NULL;
    give(model, x, y);
    parcel_clear();
    add_model(model, "rnn", ELEMENT_F32, false);
    parcel_add("reference.input", ELEMENT_F32, 3, (size_t[]){T, B, I}, x);
    parcel_add("reference.output", ELEMENT_F32, 3, (size_t[]){T, B, O}, y);
    CHECK_FAILS(import_parcel(NULL, &got), ELMAN_BAD_FORMAT,
                "step 0, sequence 0, output 0 is NaN in the reference");
    elman_model_destroy(model);
}

/* Fills up sequence 1 with -1: steps [from, to). */
static void fill_up(float *x, size_t from, size_t to)
{
    for (size_t t = from; t < to; t++)
        for (size_t i = 0; i < I; i++)
            x[(t * B + 1) * I + i] = -1;
}

TEST(padding_that_a_note_tells_is_passed_over)
{
    float x[T * B * I], y[COUNT];
    elman_model *model = make_model();
    random_fill(3, T * B * I, 0, 1, x);
    fill_up(x, 1, T);
    give(model, x, y);
    /* behind: whatever the reference has there, once a note tells */
    y[(2 * B + 1) * O] = 7;
    check_failed(check(model, x, y), "step 2, sequence 1, output 0 is");
    CHECK_OK(elman_model_write_note(model, "padding", "value -1"));
    elman_check found = check(model, x, y);
    CHECK(found.passed, "%s", found.failure);
    y[1 * O] = 7;
    check_failed(check(model, x, y), "step 0, sequence 1, output 0 is");

    /* in front: step 0 is step 2 there, and comes first to the model */
    give(model, x, y);
    memcpy(x + (2 * B + 1) * I, x + I, I * sizeof *x);
    memcpy(y + (2 * B + 1) * O, y + O, O * sizeof *y);
    fill_up(x, 0, T - 1);
    found = check(model, x, y);
    CHECK(found.passed, "%s", found.failure);
    y[(2 * B + 1) * O + 3] = 7;
    check_failed(check(model, x, y), "step 2, sequence 1, output 3 is");
    elman_model_destroy(model);
}

static const char *save_lengths(size_t count, const float *lengths)
{
    named_tensor t = {.type = ELEMENT_F32,
                      .rank = 1,
                      .shape = {count},
                      .count = count,
                      .data = lengths};
    CHECK_OK(npy_save(in_folder("lengths.npy"), &t));
    return in_folder("lengths.npy");
}

TEST(steps_behind_a_length_are_not_compared)
{
    float x[T * B * I], y[COUNT], lengths[B];
    char x_path[400], y_path[400], path[400];
    elman_check found;
    elman_model *model = make_model();
    for (size_t b = 0; b < B; b++)
        lengths[b] = T;
    lengths[1] = T - 1;
    random_fill(3, T * B * I, 0, 1, x);
    give(model, x, y);

    /* what is behind the end is passed over, what is before it is not */
    y[((T - 1) * B + 1) * O] += 9;
    snprintf(x_path, sizeof x_path, "%s", save("x.npy", I, x));
    snprintf(y_path, sizeof y_path, "%s", save("y.npy", O, y));
    snprintf(path, sizeof path, "%s", save_lengths(B, lengths));
    CHECK_OK(elman_model_check_lengths(model, x_path, y_path, path, &found));
    CHECK(found.passed, "%s", found.failure);
    CHECK_OK(elman_model_check(model, x_path, y_path, &found));
    CHECK(!found.passed, "whole %g", found.whole);

    /* lengths that are none */
    lengths[1] = T + 1;
    snprintf(path, sizeof path, "%s", save_lengths(B, lengths));
    CHECK_FAILS(elman_model_check_lengths(model, x_path, y_path, path, &found),
                ELMAN_BAD_FORMAT, "lengths.npy has the length");
    snprintf(path, sizeof path, "%s", save_lengths(1, lengths));
    CHECK_FAILS(elman_model_check_lengths(model, x_path, y_path, path, &found),
                ELMAN_BAD_FORMAT, "lengths.npy has shape (1), expected");
    elman_model_destroy(model);
}

TEST(a_memory_begins_a_pass_and_one_is_left)
{
    float x[T * B * I], y[COUNT], begun[B * O];
    char x_path[400], y_path[400];
    elman_check found;
    elman_model *model = make_model();
    elman_state *begin = NULL, *end = NULL, *more = NULL;
    const elman_state_config two = {.T = T, .B = B};
    CHECK_OK(elman_state_create(model, &two, &begin));
    CHECK_OK(elman_state_create(model, &two, &end));
    CHECK_OK(elman_state_create(model, &(elman_state_config){.B = 3}, &more));

    /* what is given from a memory, and the memory behind it */
    elman_tensor from = {0}, to = {0};
    CHECK_OK(elman_state_view(model, begin, "layer0.h_n", &from));
    CHECK_OK(elman_state_view(model, end, "layer0.h_n", &to));
    random_fill(3, T * B * I, 0, 1, x);
    random_fill(4, B * O, 0, 1, begun);
    memcpy(from.data, begun, sizeof begun);
    memcpy(to.data, begun, sizeof begun);
    CHECK_OK(elman_model_forward(model, end,
                                 &(elman_batch){.T = T, .B = B, .x = x}, y));
    snprintf(x_path, sizeof x_path, "%s", save("x.npy", I, x));
    snprintf(y_path, sizeof y_path, "%s", save("y.npy", O, y));

    CHECK_OK(elman_model_check_states(model, x_path, y_path, NULL, begin, end,
                                      &found));
    CHECK(found.passed && found.stream <= 1, "%s", found.failure);
    CHECK_OK(elman_model_check(model, x_path, y_path, &found));
    CHECK(!found.passed, "whole %g", found.whole);

    /* only what is asked for is compared */
    to.data[O + 1] += 1;
    CHECK_OK(elman_model_check_states(model, x_path, y_path, NULL, begin, end,
                                      &found));
    check_failed(found, "h_n of rnn, level 0, sequence 1, unit 1 is ");
    to.data[O + 1] = NAN;
    CHECK_OK(elman_model_check_states(model, x_path, y_path, NULL, begin, end,
                                      &found));
    CHECK(found.passed, "%s", found.failure);

    CHECK_FAILS(elman_model_check_states(model, x_path, y_path, NULL, more,
                                         NULL, &found),
                ELMAN_BAD_VALUE, "the state has 3 sequences, expected 2");
    elman_state_destroy(begin);
    elman_state_destroy(end);
    elman_state_destroy(more);
    elman_model_destroy(model);
}

TEST(padding_between_steps_or_alone_is_refused)
{
    float x[T * B * I], y[COUNT] = {0};
    char x_path[400], y_path[400];
    elman_check found;
    elman_model *model = make_model();
    CHECK_OK(elman_model_write_note(model, "padding", "value -1"));
    snprintf(y_path, sizeof y_path, "%s", save("y.npy", O, y));

    random_fill(3, T * B * I, 0, 1, x);
    fill_up(x, 1, 2);
    snprintf(x_path, sizeof x_path, "%s", save("x.npy", I, x));
    CHECK_FAILS(elman_model_check(model, x_path, y_path, &found),
                ELMAN_BAD_FORMAT,
                "x.npy: step 1 of sequence 1 is padding (value -1), but steps");
    fill_up(x, 0, T);
    snprintf(x_path, sizeof x_path, "%s", save("x.npy", I, x));
    CHECK_FAILS(elman_model_check(model, x_path, y_path, &found),
                ELMAN_BAD_FORMAT, "sequence 1 is padding alone");
    elman_model_destroy(model);
}

/* ---- Axes of one --------------------------------------------------------- */

static const char *save_as(const char *name, size_t rank, const size_t *shape,
                           const float *data)
{
    named_tensor t = {
        .type = ELEMENT_F32, .rank = rank, .count = 1, .data = data};
    for (size_t n = 0; n < rank; n++)
        t.count *= t.shape[n] = shape[n];
    const char *path = in_folder(name);
    CHECK_OK(npy_save(path, &t));
    return path;
}

/* A model of one number a step that gives one. */
static elman_model *make_narrow(bool per_sequence)
{
    elman_config config = {
        .input_size = 1,
        .batch_first = true,
        .seed = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = per_sequence ? ELMAN_LAST : ELMAN_DROPOUT},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    return model;
}

TEST(axes_of_one_may_be_missing_or_too_many)
{
    static const struct {
        bool per_sequence;
        size_t x_rank, x[4], y_rank, y[4];
        const char *refused;
    } rows[] = {
        {false, 3, {B, T, 1}, 3, {B, T, 1}, NULL},
        {false, 2, {B, T}, 2, {B, T}, NULL},
        {false, 2, {B, T}, 3, {B, T, 1}, NULL},
        {false, 4, {B, T, 1, 1}, 4, {1, B, T, 1}, NULL},
        {true, 2, {B, T}, 1, {B}, NULL},
        {true, 3, {B, T, 1}, 3, {B, 1, 1}, NULL},
        /* in another order, or in fewer axes */
        {false, 2, {B, T}, 2, {T, B}, "expected (2,3,1)"},
        {false, 2, {B, T}, 1, {T * B}, "(2,3,1); y.reshape(2,3,1) gives it"},
        {false, 2, {B, T}, 2, {T * B, 1}, "y.reshape(2,3,1) gives it"},
        /* one of two axes of one, and which of them matters */
        {false, 4, {1, B, T, 1}, 1, {T * B}, "expected (B,T,1) or (T,1)"},
        {false, 4, {B, 1, T, 1}, 1, {T * B}, "expected (B,T,1) or (T,1)"},
    };
    float x[T * B] = {.1f, -.2f, .3f, .4f, -.5f, .6f}, y[T * B];
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        elman_model *model = make_narrow(rows[n].per_sequence);
        char x_path[400], y_path[400];
        elman_check found;
        give(model, x, y);
        snprintf(x_path, sizeof x_path, "%s",
                 save_as("x.npy", rows[n].x_rank, rows[n].x, x));
        snprintf(y_path, sizeof y_path, "%s",
                 save_as("y.npy", rows[n].y_rank, rows[n].y, y));

        if (rows[n].refused)
            CHECK_FAILS(elman_model_check(model, x_path, y_path, &found),
                        ELMAN_BAD_FORMAT, rows[n].refused);
        else {
            CHECK_OK(elman_model_check(model, x_path, y_path, &found));
            CHECK(found.passed && found.T == T && found.B == B, "row %zu: %s",
                  n, found.failure);
        }
        elman_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_that_a_note_tells_is_passed_over),
        cmocka_unit_test(steps_behind_a_length_are_not_compared),
        cmocka_unit_test(a_memory_begins_a_pass_and_one_is_left),
        cmocka_unit_test(axes_of_one_may_be_missing_or_too_many),
        cmocka_unit_test(padding_between_steps_or_alone_is_refused),
        cmocka_unit_test(
            a_nan_in_the_reference_or_in_the_answer_fails_with_its_position),
        cmocka_unit_test(a_file_whose_own_reference_is_nan_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
