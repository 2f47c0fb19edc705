/* test_model_loss.c: the loss of a model's last pass knows its shape: that of
 * elman_loss_forward on random networks, whatever their output; and what the
 * call that is told a shape sees of a wrong one. */
#include "model/model.h"
#include "random_batch.h"

enum { CASES = 150, MOST_O = 64, MOST_N = MOST_T * MOST_B * MOST_O };

/* A network after a pass, and targets in its layout. */
typedef struct setting {
    elman_config network;
    elman_model *model;
    elman_state *state;
    random_batch drawn;
    elman_batch batch;
    size_t T, B, O; /* of the output; T is 1 for one vector per sequence */
    elman_loss_config loss;
    elman_target target;
    int32_t classes[MOST_T * MOST_B];
    float values[MOST_N], weights[MOST_O];
} setting;

static bool is_valid(const setting *s, size_t t, size_t b)
{
    return t < s->drawn.lengths[b];
}

static size_t caller_row(const setting *s, size_t t, size_t b)
{
    return s->network.batch_first ? b * s->T + t : t * s->B + b;
}

/* A kind of loss for each number, with what it may have. */
static void draw_loss(draws *d, setting *s)
{
    elman_loss_config *c = &s->loss;
    *c = (elman_loss_config){.kind = (elman_loss_kind)draw_size(d, 0, 4),
                             .reduction = (elman_reduction)draw_size(d, 0, 1),
                             .block = draw_size(d, 0, 3)};
    for (size_t i = 0; i < s->O; i++)
        s->weights[i] = draw_real(d, 0.5f, 2);
    if (c->kind == ELMAN_LOSS_CROSS_ENTROPY) {
        if (draw_chance(d, 50)) c->class_weights = s->weights;
        if (draw_chance(d, 50)) c->label_smoothing = 0.2;
    }
    if (draw_chance(d, 30)) {
        c->reduction = ELMAN_REDUCTION_MEAN;
        c->divisor = 7;
    }

    /* past the end there is no class and no number */
    for (size_t t = 0; t < s->T; t++)
        for (size_t b = 0; b < s->B; b++) {
            size_t row = caller_row(s, t, b);
            s->classes[row] =
                is_valid(s, t, b) ? (int32_t)draw_size(d, 0, s->O - 1) : -9;
            for (size_t i = 0; i < s->O; i++)
                s->values[row * s->O + i] =
                    is_valid(s, t, b) ? draw_real(d, -1, 1) : NAN;
        }
    s->target = (elman_target){s->classes, s->values};
}

/* False if the network has two outputs. */
static bool begin(setting *s, uint64_t which, bool training)
{
    draws d = draws_begin(which);
    s->network = random_config(&d, MOST_H);
    s->network.batch_first = draw_chance(&d, 50);
    CHECK_OK(elman_model_create(&s->network, &s->model));
    s->drawn = draw_batch(&d, &s->network, MOST_B);
    elman_model_info info = elman_model_read_info(s->model);
    bool embeds = info.vocabulary > 0;
    s->batch =
        (elman_batch){.T = s->drawn.T,
                      .B = s->drawn.B,
                      .x = embeds ? NULL : s->drawn.x,
                      .tokens = embeds ? s->drawn.tokens : NULL,
                      .lengths = s->drawn.ragged ? s->drawn.lengths : NULL};
    s->T = info.per_sequence ? 1 : s->drawn.T;
    s->B = s->drawn.B;
    s->O = info.output_size;
    CHECK(s->O <= MOST_O, "%zu", s->O);
    draw_loss(&d, s);

    elman_state_config room = {
        .T = MOST_T, .B = MOST_B, .training = training, .seed = 3};
    CHECK_OK(elman_state_create(s->model, &room, &s->state));
    CHECK_OK(elman_model_forward(s->model, s->state, &s->batch, NULL));
    double loss;
    if (elman_model_loss(s->model, s->state, &s->loss, &s->target, &loss,
                         NULL) == ELMAN_OK)
        return true;
    CHECK(strstr(elman_message(), "merge none gives two outputs"), "%s",
          elman_message());
    return false;
}

static void end(setting *s)
{
    elman_state_destroy(s->state);
    elman_model_destroy(s->model);
}

/* What elman_loss_forward says of all rows with time first; dy comes back in
 * the caller's layout. */
static double reference(const setting *s, float *dy)
{
    static float y[MOST_N], values[MOST_N], gradient[MOST_N];
    int32_t classes[MOST_T * MOST_B];
    size_t lengths[MOST_B], row_bytes = s->O * sizeof *y;
    elman_tensor view;
    CHECK_OK(elman_state_view(s->model, s->state, "y", &view));
    memcpy(y, view.data, s->T * s->B * row_bytes);

    for (size_t b = 0; b < s->B; b++)
        lengths[b] = s->drawn.lengths[b] < s->T ? s->drawn.lengths[b] : s->T;
    for (size_t t = 0; t < s->T; t++)
        for (size_t b = 0; b < s->B; b++) {
            size_t row = t * s->B + b, there = caller_row(s, t, b);
            classes[row] = s->classes[there];
            memcpy(values + row * s->O, s->values + there * s->O, row_bytes);
        }

    double loss;
    elman_batch shape = {.T = s->T, .B = s->B, .lengths = lengths};
    elman_target target = {classes, values};
    CHECK_OK(elman_loss_forward(&s->loss, &shape, s->O, y, &target, &loss,
                                gradient));
    for (size_t t = 0; t < s->T; t++)
        for (size_t b = 0; b < s->B; b++)
            memcpy(dy + caller_row(s, t, b) * s->O,
                   gradient + (t * s->B + b) * s->O, row_bytes);
    return loss;
}

static void check_gradients(const setting *s, elman_state *other)
{
    elman_tensor mine, theirs;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(s->model, i, NULL)); i++) {
        char view[100];
        snprintf(view, sizeof view, "%s.grad", name);
        CHECK_OK(elman_state_view(s->model, s->state, view, &mine));
        CHECK_OK(elman_state_view(s->model, other, view, &theirs));
        size_t count = 1;
        for (size_t k = 0; k < mine.rank; k++)
            count *= mine.shape[k];
        CHECK_BITS(mine.data, theirs.data, count, "%s", view);
    }
}

/* Loss and backward in one call, of all steps and by segments of them. */
static void check_at_once(const setting *s, double want)
{
    elman_state_config room = {
        .T = MOST_T, .B = MOST_B, .training = true, .seed = 3};
    size_t whole = elman_state_size(s->model, &room), least;
    CHECK_OK(segments_least(s->model, &room, &least));
    for (size_t i = 0; i < 3; i++) {
        elman_state *other;
        double loss;
        room.budget = i == 0 ? 0 : i == 1 ? (whole + least) / 2 : least;
        if (i && elman_model_read_info(s->model).output_steps) break;
        CHECK_OK(elman_state_create(s->model, &room, &other));
        CHECK_OK(elman_model_forward(s->model, other, &s->batch, NULL));
        CHECK_OK(elman_model_loss_backward(s->model, other, &s->loss,
                                           &s->target, &loss, NULL));
        CHECK(!memcmp(&loss, &want, sizeof loss) ||
                  (isnan(loss) && isnan(want)),
              "%a is not %a", loss, want);
        check_gradients(s, other);
        elman_state_destroy(other);
    }
}

/* ---- Tests -------------------------------------------------------------- */

TEST(the_loss_of_a_pass_is_that_of_its_rows_in_any_layout)
{
    static setting s;
    static float want[MOST_N];
    size_t seen = 0, sequences = 0, first = 0;
    for (uint64_t which = 0; which < CASES; which++) {
        if (!begin(&s, which, true)) {
            end(&s);
            continue;
        }
        size_t n = s.T * s.B * s.O;
        float *dy = guarded_floats(n);
        double expected = reference(&s, want), loss, weight, whole;
        CHECK_OK(
            elman_model_loss(s.model, s.state, &s.loss, &s.target, &loss, dy));
        CHECK(!memcmp(&loss, &expected, sizeof loss) ||
                  (isnan(loss) && isnan(expected)),
              "case %zu: %a is not %a", (size_t)which, loss, expected);
        CHECK_BITS(dy, want, n, "case %zu", (size_t)which);

        /* as a sum of passes, whose weight a batch alone tells */
        CHECK_OK(elman_model_loss_weight(s.model, &s.batch, &s.loss, &s.target,
                                         &weight));
        elman_loss_sum sum = {0};
        elman_loss_config divided = s.loss;
        bool mean = s.loss.reduction == ELMAN_REDUCTION_MEAN;
        if (mean && s.loss.divisor == 0) divided.divisor = weight;
        CHECK_OK(elman_model_loss_sum(s.model, s.state, &divided, &s.target,
                                      &sum, NULL));
        whole = elman_loss_sum_read(&sum);
        if (mean) whole /= s.loss.divisor > 0 ? s.loss.divisor : weight;
        CHECK(whole == loss || (isnan(whole) && isnan(loss)), "%a is not %a",
              whole, loss);

        /* the gradient in the state is the one that is handed over */
        elman_state *other;
        elman_state_config room = {
            .T = MOST_T, .B = MOST_B, .training = true, .seed = 3};
        CHECK_OK(elman_state_create(s.model, &room, &other));
        CHECK_OK(elman_model_forward(s.model, other, &s.batch, NULL));
        CHECK_OK(elman_model_backward(s.model, other, dy, NULL));
        CHECK_OK(elman_model_backward(s.model, s.state, NULL, NULL));
        check_gradients(&s, other);
        elman_state_destroy(other);
        check_at_once(&s, loss);

        guarded_free(dy, n);
        seen++;
        sequences += s.T == 1 && s.drawn.T > 1;
        first += s.network.batch_first;
        end(&s);
    }
    CHECK(seen > CASES / 2 && sequences > 5 && first > 20, "%zu %zu %zu", seen,
          sequences, first);
}

TEST(a_state_without_training_has_a_loss_and_no_gradient)
{
    static setting s;
    static float want[MOST_N];
    for (uint64_t which = 500; which < 530; which++) {
        if (begin(&s, which, false)) {
            double loss, expected = reference(&s, want);
            CHECK_OK(elman_model_loss(s.model, s.state, &s.loss, &s.target,
                                      &loss, NULL));
            CHECK(loss == expected || (isnan(loss) && isnan(expected)),
                  "%a is not %a", loss, expected);
        }
        end(&s);
    }
}

/* Streams, one of which has left: its row does not count. */
TEST(a_step_has_a_loss_of_the_streams_that_are_there)
{
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_GRU, .hidden_size = 3}}};
    elman_model *model;
    elman_state *state;
    elman_state_config streams = {.B = 3};
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_state_create(model, &streams, &state));
    elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    float x[3] = {1, 2, 3}, y[9], wanted[9] = {0};
    elman_target target = {.values = wanted};
    double loss, sum = 0;
    CHECK_FAILS(elman_model_loss(model, state, &squared, &target, &loss, NULL),
                ELMAN_BAD_VALUE, "no output, expected a forward before");

    CHECK_OK(elman_state_leave(model, state, 1));
    CHECK_OK(elman_model_step(model, state, x, y));
    CHECK_OK(elman_model_loss(model, state, &squared, &target, &loss, NULL));
    for (size_t i = 0; i < 9; i++)
        if (i / 3 != 1) sum += (double)y[i] * (double)y[i];
    CHECK(fabs(loss - sum / 6) < 1e-12, "%g is not %g", loss, sum / 6);

    elman_state_destroy(state);
    elman_model_destroy(model);
}

/* So many that they go through the layers a chunk at a time. */
TEST(many_streams_have_the_loss_of_those_that_ran)
{
    enum { B = 90, H = 5 };
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_LSTM, .hidden_size = H}}};
    static float x[B], y[B * H], wanted[B * H], dy[(B + 1) * H];
    size_t lengths[B];
    elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    elman_target target = {.values = wanted};
    elman_model *model;
    elman_state *state;
    elman_state_config streams = {.B = B};
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_state_create(model, &streams, &state));
    random_fill(1, B, -1, 1, x);

    for (int which = 0; which < 3; which++) {
        /* a step with free slots, a batch with lengths of 0, a part of all */
        size_t rows = which == 2 ? 70 : B, count = 0;
        double loss, sum = 0;
        elman_batch batch = {
            .T = 1, .B = rows, .x = x, .lengths = which == 1 ? lengths : NULL};
        for (size_t b = 0; b < B; b++)
            lengths[b] = b % 3 != 1;
        for (size_t b = 0; which == 0 && b < B; b++)
            if (!lengths[b]) CHECK_OK(elman_state_leave(model, state, b));
        if (which == 0) CHECK_OK(elman_model_step(model, state, x, y));
        else CHECK_OK(elman_model_forward(model, state, &batch, y));

        for (size_t i = 0; i < rows * H; i++) {
            if (which < 2 && !lengths[i / H]) continue;
            sum += (double)y[i] * (double)y[i];
            count++;
        }
        dy[rows * H] = 7;
        CHECK_OK(elman_model_loss(model, state, &squared, &target, &loss, dy));
        CHECK(fabs(loss - sum / (double)count) < 1e-12, "%d: %g is not %g",
              which, loss, sum / (double)count);
        CHECK(dy[rows * H] == 7, "%d: past the end", which);
        for (size_t i = 0; i < rows * H; i++) {
            bool ran = which == 2 || lengths[i / H];
            CHECK((dy[i] != 0) == ran, "%d: dy[%zu] is %g", which, i,
                  (double)dy[i]);
        }
    }
    elman_state_destroy(state);
    elman_model_destroy(model);
}

/* What the states of two models, or a wrong target, lead to. */
TEST(what_does_not_fit_a_pass_is_refused_and_changes_nothing)
{
    const elman_config config = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 3},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *model, *other;
    elman_state *state;
    elman_state_config room = {.T = 4, .B = 2, .training = true};
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_model_create(&config, &other));
    CHECK_OK(elman_state_create(model, &room, &state));
    float x[16] = {1}, values[4] = {0}, dy[4] = {5, 5, 5, 5};
    size_t lengths[2] = {4, 5};
    int32_t classes[2] = {0, 2};
    elman_batch batch = {.T = 4, .B = 2, .x = x};
    elman_batch ragged = {.T = 4, .B = 2, .x = x, .lengths = lengths};
    elman_loss_config kinds[2] = {{.kind = ELMAN_LOSS_MEAN_SQUARED},
                                  {.kind = ELMAN_LOSS_CROSS_ENTROPY}};
    elman_target both = {classes, values}, none = {0};
    double loss = 3;
    elman_tensor y;
    CHECK_OK(elman_model_forward(model, state, &batch, NULL));
    CHECK_OK(elman_state_view(model, state, "y", &y));

    CHECK_FAILS(elman_model_loss(other, state, kinds, &both, &loss, dy),
                ELMAN_BAD_VALUE, "model");
    CHECK_FAILS(elman_model_loss(model, state, kinds, &none, &loss, dy),
                ELMAN_BAD_VALUE, "target->values is NULL");
    CHECK_FAILS(elman_model_loss(model, state, kinds + 1, &both, &loss, dy),
                ELMAN_BAD_VALUE, "the target class at t=0 b=1 is 2");
    CHECK_FAILS(elman_model_loss(model, state, kinds, &both, &loss, y.data),
                ELMAN_BAD_VALUE, "dy and y are 0 numbers apart");
    CHECK_FAILS(elman_model_loss_weight(model, &ragged, kinds, &both, &loss),
                ELMAN_BAD_VALUE, "lengths[1] is 5, expected 0 to T = 4");
    CHECK(loss == 3 && dy[0] == 5 && dy[3] == 5, "touched");

    elman_state_destroy(state);
    elman_model_destroy(model);
    elman_model_destroy(other);
}

/* After ELMAN_LAST the output has no T: told the steps of the batch, the call
 * would leave arrays, which shows where they lie one after the other. */
TEST(a_shape_that_makes_arrays_overlap_is_refused)
{
    enum { T = 5, B = 3, O = 2, N = B * O };
    float block[4 * N];
    int32_t classes[B] = {0};
    const elman_batch shape = {.T = T, .B = B};
    const elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    double loss = 3;
    random_fill(1, 4 * N, -1, 1, block);

    for (size_t y = 0; y < 3; y++)
        for (size_t dy = 0; dy < 3; dy++) {
            if (y == dy) continue;
            float before[4 * N];
            memcpy(before, block, sizeof block);
            elman_target target = {.values = block + (3 - y - dy) * N};
            CHECK_FAILS(elman_loss_forward(&squared, &shape, O, block + y * N,
                                           &target, &loss, block + dy * N),
                        ELMAN_BAD_VALUE, "elman_model_loss");
            CHECK(!memcmp(before, block, sizeof block) && loss == 3, "touched");
        }

    /* classes in front of dy, or behind it */
    union {
        float numbers[2 * N];
        int32_t classes[2 * N];
    } at = {{0}};
    const elman_loss_config entropy = {.kind = ELMAN_LOSS_CROSS_ENTROPY};
    const elman_batch one = {.T = 1, .B = B};
    elman_target target = {.classes = at.classes + N};
    CHECK_OK(elman_loss_forward(&entropy, &one, O, block, &target, &loss,
                                at.numbers));
    CHECK_FAILS(elman_loss_forward(&entropy, &one, O, block, &target, &loss,
                                   at.numbers + 1),
                ELMAN_BAD_VALUE, "dy and target->classes are 5 numbers apart");
    memset(&at, 0, sizeof at);
    target.classes = at.classes;
    CHECK_OK(elman_loss_forward(&entropy, &one, O, block, &target, &loss,
                                at.numbers + B));
    target.classes = classes;
    CHECK_OK(elman_loss_forward(&entropy, &one, O, block, &target, &loss,
                                at.numbers));
}

/* dy may be y itself. */
TEST(a_gradient_may_take_the_place_of_the_output)
{
    enum { B = 6, O = 19, N = B * O };
    float y[N], apart[N], values[N];
    int32_t classes[B] = {0, 3, 18, 7, 7, 1};
    const elman_batch shape = {.T = 1, .B = B};
    elman_target target = {classes, values};
    for (size_t which = 0; which < 6; which++) {
        elman_loss_config config = {.kind = which < 5
                                                ? (elman_loss_kind)which
                                                : ELMAN_LOSS_CROSS_ENTROPY,
                                    .label_smoothing = which == 5 ? 0.3 : 0};
        double loss, same;
        random_fill(which, N, -3, 3, y);
        random_fill(which + 10, N, 0, 1, values);
        CHECK_OK(
            elman_loss_forward(&config, &shape, O, y, &target, &loss, apart));
        CHECK_OK(elman_loss_forward(&config, &shape, O, y, &target, &same, y));
        CHECK(!memcmp(&loss, &same, sizeof loss), "%g %g", loss, same);
        CHECK_BITS(y, apart, N, "loss %zu", which);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loss_of_a_pass_is_that_of_its_rows_in_any_layout),
        cmocka_unit_test(a_state_without_training_has_a_loss_and_no_gradient),
        cmocka_unit_test(a_step_has_a_loss_of_the_streams_that_are_there),
        cmocka_unit_test(many_streams_have_the_loss_of_those_that_ran),
        cmocka_unit_test(
            what_does_not_fit_a_pass_is_refused_and_changes_nothing),
        cmocka_unit_test(a_shape_that_makes_arrays_overlap_is_refused),
        cmocka_unit_test(a_gradient_may_take_the_place_of_the_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
