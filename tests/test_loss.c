/* test_loss.c: each loss means what its formula in double says, its gradient is
 * that formula's derivative, and only the rows that count matter. */
#include "check.h"

#include "learn/row_loss.h"

enum { T = 4, B = 3, O = 5, ROWS = T * B, N = ROWS * O };

/* One case: everything that a loss reads. */
typedef struct setting {
    elman_loss_config config;
    elman_batch shape;
    elman_target target;
    float y[N], values[N], weights[O];
    int32_t classes[ROWS];
    size_t lengths[B];
} setting;

static bool row_counts(const setting *s, size_t row)
{
    if (s->shape.lengths && row / B >= s->lengths[row % B]) return false;
    if (s->config.kind != ELMAN_LOSS_CROSS_ENTROPY) return true;
    int32_t c = s->classes[row];
    return c != -100 && !(s->config.has_ignored && c == s->config.ignore_index);
}

/* ---- The same in plain double ------------------------------------------- */

static double reference_class_row(const setting *s, const double *y, int32_t c,
                                  double *weight)
{
    double sum = 0, smooth = s->config.label_smoothing, spread = 0, top = y[0];
    for (int i = 1; i < O; i++)
        top = fmax(top, y[i]);
    for (int i = 0; i < O; i++)
        sum += exp(y[i] - top);
    double log_sum = top + log(sum);
    const float *w = s->config.class_weights;
    for (int i = 0; i < O; i++)
        spread += (w ? (double)w[i] : 1) * (log_sum - y[i]);
    *weight = w ? (double)w[c] : 1;
    return (1 - smooth) * *weight * (log_sum - y[c]) +
           smooth / (double)O * spread;
}

static double reference_value(const setting *s, double y, double t)
{
    double d = fabs(y - t), delta = s->config.delta > 0 ? s->config.delta : 1;
    switch (s->config.kind) {
    case ELMAN_LOSS_MEAN_SQUARED:
        return d * d;
    case ELMAN_LOSS_MEAN_ABSOLUTE:
        return d;
    case ELMAN_LOSS_HUBER:
        return d < delta ? d * d / 2 : delta * (d - delta / 2);
    default:
        return fmax(y, 0) - y * t + log1p(exp(-fabs(y)));
    }
}

static double reference(const setting *s, const double *y)
{
    double sum = 0, weights = 0;
    for (size_t row = 0; row < ROWS; row++) {
        if (!row_counts(s, row)) continue;
        if (s->config.kind == ELMAN_LOSS_CROSS_ENTROPY) {
            double weight;
            sum +=
                reference_class_row(s, y + row * O, s->classes[row], &weight);
            weights += weight;
            continue;
        }
        for (size_t i = row * O; i < (row + 1) * O; i++)
            sum += reference_value(s, y[i], (double)s->values[i]);
        weights += (double)O;
    }
    return s->config.reduction == ELMAN_REDUCTION_MEAN ? sum / weights : sum;
}

/* ---- Settings ----------------------------------------------------------- */

enum { OPTIONS = 5 * 16 };

/* Which of 80: the kind, and four choices that a kind may have. */
static void fill(setting *s, int which)
{
    memset(s, 0, sizeof *s);
    s->config.kind = (elman_loss_kind)(which % 5);
    s->config.reduction = (elman_reduction)(which / 5 % 2);
    s->shape = (elman_batch){.T = T, .B = B};
    s->target = (elman_target){s->classes, s->values};
    bool classes = s->config.kind == ELMAN_LOSS_CROSS_ENTROPY;

    /* lengths, and what the kind may have */
    if (which / 10 % 2) s->shape.lengths = s->lengths;
    if (classes && which / 20 % 2) s->config.class_weights = s->weights;
    if (classes && which / 40 % 2) s->config.label_smoothing = 0.2;
    if (!classes && which / 20 % 2 && s->config.kind == ELMAN_LOSS_HUBER)
        s->config.delta = 0.4;
    if (classes && which / 20 % 2) {
        s->config.has_ignored = true;
        s->config.ignore_index = 2;
    }

    /* outputs and targets */
    uint64_t seed = 10 * (uint64_t)which;
    random_fill(seed, N, -3, 3, s->y);
    random_fill(seed + 1, N, 0, 1, s->values);
    random_fill(seed + 2, O, 0.2f, 2, s->weights);
    float pick[ROWS];
    random_fill(seed + 3, ROWS, 0, O, pick);
    for (size_t row = 0; row < ROWS; row++)
        s->classes[row] = (int32_t)pick[row];

    s->classes[0] = 1; /* one that counts and one that does not */
    s->classes[4] = -100;
    s->lengths[0] = 2;
    s->lengths[1] = T;
    s->lengths[2] = 0;
}

static void widen(const setting *s, double *y)
{
    for (size_t i = 0; i < N; i++)
        y[i] = (double)s->y[i];
}

/* ---- Tests -------------------------------------------------------------- */

TEST(loss_and_gradient_are_those_of_the_formula)
{
    for (int which = 0; which < OPTIONS; which++) {
        setting s;
        fill(&s, which);
        double y[N], loss;
        widen(&s, y);
        float *dy = guarded_floats(N), want[N];
        CHECK_OK(
            loss_forward(&s.config, &s.shape, O, s.y, &s.target, &loss, dy));
        double far = fabs(loss - reference(&s, y));

        /* the softmax's exponentials are floats */
        bool classes = s.config.kind == ELMAN_LOSS_CROSS_ENTROPY;
        CHECK(far < (classes ? 1e-6 : 1e-12) * (1 + fabs(loss)),
              "setting %d: %.12g, off by %g", which, loss, far);

        /* the gradient by central differences of the formula */
        for (size_t i = 0; i < N; i++) {
            double kept = y[i], h = 1e-6;
            y[i] = kept + h;
            double above = reference(&s, y);
            y[i] = kept - h;
            want[i] = (float)((above - reference(&s, y)) / (2 * h));
            y[i] = kept;
        }
        CHECK_CLOSE(dy, want, N, 1e-5, 1e-6, "setting %d", which);
        guarded_free(dy, N);
    }
}

/* F.cross_entropy and F.binary_cross_entropy_with_logits of PyTorch 2 on
 * double. */
TEST(losses_are_those_of_pytorch)
{
    float y[6] = {0.5f, -1.25f, 2, 0.75f, 0.25f, -3}, w[3] = {0.5f, 2, 1.5f};
    int32_t classes[2] = {2, 1};
    float values[6] = {1, 0, 0.25f, 1, 0.5f, 0}, dy[6];
    elman_batch shape = {.T = 1, .B = 2};
    elman_target target = {classes, values};
    elman_loss_config config = {.class_weights = w, .label_smoothing = 0.1};
    double loss;
    CHECK_OK(loss_forward(&config, &shape, 3, y, &target, &loss, dy));
    CHECK(fabs(loss - 0.757771823702) < 1e-6, "%.12g", loss);
    CHECK_CLOSE(dy,
                ((const float[6]){0.070176172f, -0.006025334f, -0.064150839f,
                                  0.334112052f, -0.327795889f, -0.006316163f}),
                6, 1e-6, 1e-7, "entropy");

    config = (elman_loss_config){.kind = ELMAN_LOSS_BINARY_CROSS_ENTROPY};
    CHECK_OK(loss_forward(&config, &shape, 3, y, &target, &loss, dy));
    CHECK(fabs(loss - 0.581555309023) < 1e-9, "%.12g", loss);
    CHECK_CLOSE(dy,
                ((const float[6]){-0.062923445f, 0.037116690f, 0.105132846f,
                                  -0.053470217f, 0.010362750f, 0.007904312f}),
                6, 1e-6, 1e-7, "binary");
}

TEST(rows_that_do_not_count_are_not_read_and_get_no_gradient)
{
    for (int which = 10; which < OPTIONS; which++) {
        setting s, spoiled;
        fill(&s, which);
        fill(&spoiled, which);
        if (!s.shape.lengths) continue;

        /* what must not be read is NaN, or no class */
        spoiled.target = (elman_target){spoiled.classes, spoiled.values};
        for (size_t row = 0; row < ROWS; row++) {
            if (row_counts(&s, row)) continue;
            for (size_t i = row * O; i < (row + 1) * O; i++)
                spoiled.y[i] = spoiled.values[i] = NAN;
            if (row / B >= s.lengths[row % B]) spoiled.classes[row] = 999;
        }

        double loss[2];
        float dy[N], dy_spoiled[N], zero[O] = {0};
        CHECK_OK(
            loss_forward(&s.config, &s.shape, O, s.y, &s.target, loss, dy));
        CHECK_OK(loss_forward(&s.config, &s.shape, O, spoiled.y,
                              &spoiled.target, loss + 1, dy_spoiled));
        CHECK(loss[0] == loss[1], "%a %a", loss[0], loss[1]);
        CHECK_BITS(dy_spoiled, dy, N, "setting %d", which);
        for (size_t row = 0; row < ROWS; row++)
            if (!row_counts(&s, row))
                CHECK_BITS(dy + row * O, zero, O, "row %zu", row);
    }
}

TEST(threads_and_padding_change_no_bit)
{
    row_losses *losses = NULL;
    CHECK_OK(row_losses_create(ROWS, &losses));
    for (int which = 0; which < OPTIONS; which++) {
        setting s;
        fill(&s, which);
        double loss[2];
        float dy[2][N];
        CHECK_OK(
            loss_forward(&s.config, &s.shape, O, s.y, &s.target, loss, dy[0]));
        for (int threads = 1; threads <= 4; threads++) {
            CHECK_OK(
                row_losses_begin(losses, &s.config, &s.shape, O, &s.target, 0));
            loss[1] = row_losses_end(losses, threads, s.y, dy[1]);
            CHECK(loss[0] == loss[1], "threads %d: %a %a", threads, loss[0],
                  loss[1]);
            CHECK_BITS(dy[1], dy[0], N, "threads %d", threads);
        }

        /* the last step cut off as padding, and as not there */
        for (size_t b = 0; b < B; b++)
            s.lengths[b] = T - 1;
        s.shape.lengths = s.lengths;
        CHECK_OK(
            loss_forward(&s.config, &s.shape, O, s.y, &s.target, loss, dy[0]));
        s.shape = (elman_batch){.T = T - 1, .B = B};
        CHECK_OK(loss_forward(&s.config, &s.shape, O, s.y, &s.target, loss + 1,
                              dy[1]));
        CHECK(loss[0] == loss[1], "padded %a %a", loss[0], loss[1]);
        CHECK_BITS(dy[1], dy[0], (T - 1) * B * O, "padded");
    }
    row_losses_destroy(losses);
}

TEST(nothing_to_learn_from_is_a_nan_without_gradient)
{
    /* sequences without a step */
    for (int which = 0; which < OPTIONS; which++) {
        setting s;
        fill(&s, which);
        s.shape.lengths = s.lengths;
        memset(s.lengths, 0, sizeof s.lengths);
        double loss;
        float dy[N], zero[N] = {0};
        memset(dy, 1, sizeof dy);
        CHECK_OK(
            loss_forward(&s.config, &s.shape, O, s.y, &s.target, &loss, dy));
        if (s.config.reduction == ELMAN_REDUCTION_MEAN)
            CHECK(isnan(loss), "%g", loss);
        else CHECK(loss == 0, "%g", loss);
        CHECK_BITS(dy, zero, N, "setting %d", which);
    }

    /* targets that are all ignored */
    setting s;
    fill(&s, 0);
    for (size_t row = 0; row < ROWS; row++)
        s.classes[row] = -100;
    double loss;
    CHECK_OK(loss_forward(&s.config, &s.shape, O, s.y, &s.target, &loss, NULL));
    CHECK(isnan(loss), "all ignored: %g", loss);
}

TEST(binary_loss_holds_far_from_zero)
{
    float y[6] = {-200, 200, 40, -40, 1e30f, -1e30f};
    float t[6] = {1, 0, 1, 0, 1, 0}, dy[6];
    float want[6] = {-1, 1, 0, 0, 0, 0};
    elman_loss_config config = {.kind = ELMAN_LOSS_BINARY_CROSS_ENTROPY,
                                .reduction = ELMAN_REDUCTION_SUM};
    elman_batch shape = {.T = 6, .B = 1};
    elman_target target = {NULL, t};
    double loss;
    CHECK_OK(loss_forward(&config, &shape, 1, y, &target, &loss, dy));
    CHECK(loss == 400, "%.17g", loss);
    CHECK_CLOSE(dy, want, 6, 1e-6, 1e-16, "saturated");
    shape.T = 1;
    y[0] = 40;
    CHECK_OK(loss_forward(&config, &shape, 1, y, &target, &loss, NULL));
    CHECK(fabs(loss - exp(-40)) < 1e-15 * exp(-40), "%g", loss);
}

TEST(weight_of_the_mean_joins_parts_to_a_whole)
{
    for (int which = 0; which < OPTIONS; which++) {
        setting s;
        fill(&s, which);
        double whole, part, sum = 0, weight, weights = 0;
        s.config.reduction = ELMAN_REDUCTION_MEAN;
        CHECK_OK(
            loss_forward(&s.config, &s.shape, O, s.y, &s.target, &whole, NULL));

        /* step by step: sums, and what the mean divides by */
        s.config.reduction = ELMAN_REDUCTION_SUM;
        s.shape = (elman_batch){.T = 1, .B = B};
        for (size_t t = 0; t < T; t++) {
            size_t one[B];
            for (size_t b = 0; b < B; b++)
                one[b] = t < s.lengths[b];
            if (which / 10 % 2) s.shape.lengths = one;
            elman_target target = {s.classes + t * B, s.values + t * B * O};
            CHECK_OK(loss_forward(&s.config, &s.shape, O, s.y + t * B * O,
                                  &target, &part, NULL));
            CHECK_OK(
                elman_loss_weight(&s.config, &s.shape, O, &target, &weight));
            sum += part;
            weights += weight;
        }

        CHECK(fabs(sum / weights - whole) < 1e-12 * (1 + whole), "%d: %g %g",
              which, sum / weights, whole);
    }
}

static elman_status run_with(const setting *s, elman_loss_config config)
{
    double loss;
    return loss_forward(&config, &s->shape, O, s->y, &s->target, &loss, NULL);
}

TEST(misuse_of_a_loss_is_reported)
{
    setting s;
    fill(&s, 0);
    float bad_weights[O] = {1, 1, 1, -2, 1};
    const struct {
        elman_loss_config config;
        const char *message;
    } cases[] = {
        {{.kind = 9}, "loss kind is 9, expected 0 to 4"},
        {{.reduction = 5}, "loss reduction is 5, expected 0 to 1"},
        {{.label_smoothing = 1.5}, "label_smoothing is 1.5, expected 0 to 1"},
        {{.label_smoothing = NAN}, "label_smoothing is nan"},
        {{.class_weights = bad_weights},
         "class_weights[3] is -2, expected a finite number of 0 or more"},
        {{.delta = 1}, "delta belongs to the Huber loss alone"},
        {{.kind = ELMAN_LOSS_HUBER, .delta = -1},
         "delta is -1, expected a finite number of 0 or more, where 0 means 1"},
        {{.kind = ELMAN_LOSS_HUBER, .class_weights = bad_weights},
         "class_weights belong to the cross-entropy loss alone"},
        {{.kind = ELMAN_LOSS_MEAN_SQUARED, .label_smoothing = 0.1},
         "label_smoothing belongs"},
        {{.kind = ELMAN_LOSS_MEAN_SQUARED, .has_ignored = true},
         "ignore_index belongs"},
        {{.divisor = -1},
         "divisor is -1, expected a finite number of 0 or more, where 0 means "
         "what the targets weigh"},
        {{.divisor = INFINITY}, "divisor is inf"},
        {{.divisor = NAN}, "divisor is nan"},
        {{.reduction = ELMAN_REDUCTION_SUM, .divisor = 2},
         "divisor belongs to the mean alone"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(run_with(&s, cases[i].config), ELMAN_BAD_VALUE,
                    cases[i].message);

    s.classes[2 * B + 1] = O;
    CHECK_FAILS(run_with(&s, s.config), ELMAN_BAD_VALUE,
                "the target class at t=2 b=1 is 5, but there are 5 classes: "
                "expected 0 to 4");
    s.classes[2 * B + 1] = -3;
    CHECK_FAILS(run_with(&s, s.config), ELMAN_BAD_VALUE, "b=1 is -3");
    s.target.classes = NULL;
    CHECK_FAILS(run_with(&s, s.config), ELMAN_BAD_VALUE,
                "target->classes is NULL");
    s.target.values = NULL;
    s.config.kind = ELMAN_LOSS_MEAN_ABSOLUTE;
    CHECK_FAILS(run_with(&s, s.config), ELMAN_BAD_VALUE,
                "target->values is NULL");
    fill(&s, 0);
    s.shape.lengths = s.lengths;
    s.lengths[2] = T + 1;
    CHECK_FAILS(run_with(&s, s.config), ELMAN_BAD_VALUE,
                "lengths[2] is 5, expected 0 to T = 4");
    double loss;
    CHECK_FAILS(loss_forward(NULL, &s.shape, O, s.y, &s.target, &loss, NULL),
                ELMAN_BAD_VALUE, "config is NULL");
    CHECK_FAILS(
        loss_forward(&s.config, &s.shape, 0, s.y, &s.target, &loss, NULL),
        ELMAN_BAD_VALUE, "0 outputs, expected 1 to 2147483647");
    CHECK_FAILS(loss_forward(&s.config, &s.shape, SIZE_MAX, s.y, &s.target,
                             &loss, NULL),
                ELMAN_BAD_VALUE, "outputs, expected 1 to 2147483647");
    elman_loss_sum sum;
    memset(&sum, 0xFF, sizeof sum);
    s.config = (elman_loss_config){.kind = ELMAN_LOSS_MEAN_SQUARED,
                                   .reduction = ELMAN_REDUCTION_SUM};
    fill(&s, 0);
    CHECK_FAILS(elman_loss_sum_forward(&s.config, &s.shape, O, s.y, &s.target,
                                       &sum, NULL),
                ELMAN_BAD_VALUE, "expected a sum that starts as {0}");
    s.shape = (elman_batch){.T = SIZE_MAX / 2, .B = 4};
    CHECK_FAILS(
        loss_forward(&s.config, &s.shape, O, s.y, &s.target, &loss, NULL),
        ELMAN_BAD_VALUE, "B 4, expected a product of at most 2147483647");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_gradient_are_those_of_the_formula),
        cmocka_unit_test(losses_are_those_of_pytorch),
        cmocka_unit_test(
            rows_that_do_not_count_are_not_read_and_get_no_gradient),
        cmocka_unit_test(threads_and_padding_change_no_bit),
        cmocka_unit_test(nothing_to_learn_from_is_a_nan_without_gradient),
        cmocka_unit_test(binary_loss_holds_far_from_zero),
        cmocka_unit_test(weight_of_the_mean_joins_parts_to_a_whole),
        cmocka_unit_test(misuse_of_a_loss_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
