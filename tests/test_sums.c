/* test_sums.c: losses and metrics are summed in the order that docs/NUMERICS.md
 * says: block by block, from the last step to the first, and blocks as a binary
 * counter carries. So passes that are parts of a batch add up to its bits. */
#include "check.h"
#include "dataset.h"
#include "tree_reference.h"

#include "learn/evaluate.h"

enum { MOST_T = 5, MOST_B = 40, ROWS = MOST_T * MOST_B, O = 3, N = ROWS * O };
enum { KINDS = 5, OPTIONS = KINDS * 16 };

static bool same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

/* ---- The rule, written down another way --------------------------------- */

/* The sum of rows (T,B) of width numbers each. */
static double reference_sum(const elman_batch *shape, size_t block,
                            size_t width, const double *rows)
{
    double leaf[MOST_B];
    size_t leaves = (shape->B + block - 1) / block;
    for (size_t l = 0; l < leaves; l++) {
        leaf[l] = 0;
        for (size_t s = 0; s < shape->T; s++)
            for (size_t b = l * block; b < (l + 1) * block; b++) {
                if (b >= shape->B) break;
                size_t row = (shape->T - 1 - s) * shape->B + b;
                for (size_t i = row * width; i < (row + 1) * width; i++)
                    leaf[l] += rows[i];
            }
    }
    return reference_tree(leaf, leaves);
}

/* ---- Settings ----------------------------------------------------------- */

/* One batch: everything that a loss reads. */
typedef struct setting {
    elman_loss_config config;
    elman_batch shape;
    elman_target target;
    float y[N], values[N], weights[O];
    int32_t classes[ROWS];
    size_t lengths[MOST_B], block;
} setting;

static void fill(setting *s, size_t B, int which)
{
    const size_t blocks[] = {0, 8, 3, 1, 16};
    memset(s, 0, sizeof *s);
    s->config.kind = (elman_loss_kind)(which % KINDS);
    s->shape = (elman_batch){.T = 1 + (B + (size_t)which) % MOST_T, .B = B};
    s->target = (elman_target){s->classes, s->values};
    s->config.block = blocks[B % 5];
    s->block = s->config.block ? s->config.block : 8;

    /* what the kind may have */
    bool classes = s->config.kind == ELMAN_LOSS_CROSS_ENTROPY;
    if (which / KINDS % 2) s->shape.lengths = s->lengths;
    if (classes && which / KINDS / 2 % 2) s->config.class_weights = s->weights;
    if (classes && which / KINDS / 4 % 2) s->config.label_smoothing = 0.2;
    if (which / KINDS / 8 % 2) s->config.reduction = ELMAN_REDUCTION_SUM;

    /* numbers of many sizes, so that another order is another sum */
    uint64_t seed = 100 * B + 7 * (uint64_t)which;
    random_fill(seed, N, -3, 3, s->y);
    random_fill(seed + 1, N, 0, 1, s->values);
    random_fill(seed + 2, O, 0.2f, 2, s->weights);
    s->weights[0] *= 1e-12f;
    for (size_t i = 0; i < N; i += 4)
        s->y[i] *= 1 + (float)(i % 32);
    float pick[ROWS];
    random_fill(seed + 3, ROWS, 0, (float)O + 0.5f, pick);
    for (size_t row = 0; row < ROWS; row++)
        s->classes[row] = pick[row] < (float)O ? (int32_t)pick[row] : -100;
    for (size_t b = 0; b < B; b++)
        s->lengths[b] = (b * 5 + (size_t)which) % (s->shape.T + 1);
}

static bool row_counts(const setting *s, size_t row)
{
    size_t b = row % s->shape.B;
    if (s->shape.lengths && row / s->shape.B >= s->lengths[b]) return false;
    return s->config.kind != ELMAN_LOSS_CROSS_ENTROPY || s->classes[row] >= 0;
}

/* The loss of each row, which is a batch of its own here, and its weight. */
static void take_rows(const setting *s, double losses[ROWS],
                      double weights[ROWS])
{
    elman_batch one = {.T = 1, .B = 1};
    elman_loss_config sum = s->config;
    sum.reduction = ELMAN_REDUCTION_SUM;
    sum.divisor = 0;
    for (size_t row = 0; row < s->shape.T * s->shape.B; row++) {
        losses[row] = weights[row] = 0;
        if (!row_counts(s, row)) continue;
        elman_target target = {s->classes + row, s->values + row * O};
        CHECK_OK(elman_loss_forward(&sum, &one, O, s->y + row * O, &target,
                                    losses + row, NULL));
        weights[row] = O;
        if (s->config.kind != ELMAN_LOSS_CROSS_ENTROPY) continue;
        const float *w = s->config.class_weights;
        weights[row] = w ? (double)w[s->classes[row]] : 1;
    }
}

/* ---- Losses ------------------------------------------------------------- */

TEST(a_loss_is_the_sum_of_its_rows_block_by_block)
{
    row_losses *losses = NULL;
    CHECK_OK(row_losses_create(ROWS, &losses));
    for (size_t B = 1; B <= MOST_B; B++)
        for (int which = 0; which < OPTIONS; which++) {
            setting s;
            fill(&s, B, which);
            double rows[ROWS], weights[ROWS], got, weight;
            take_rows(&s, rows, weights);
            double want = reference_sum(&s.shape, s.block, 1, rows);
            double heavy = reference_sum(&s.shape, s.block, 1, weights);

            /* what the mean divides by */
            CHECK_OK(
                elman_loss_weight(&s.config, &s.shape, O, &s.target, &weight));
            CHECK(same(weight, heavy), "B %zu, %d: %a %a", B, which, weight,
                  heavy);

            /* in one sweep, and from rows that a layer has handed over */
            bool mean = s.config.reduction == ELMAN_REDUCTION_MEAN;
            if (mean) want /= heavy;
            CHECK_OK(elman_loss_forward(&s.config, &s.shape, O, s.y, &s.target,
                                        &got, NULL));
            CHECK(same(got, want) || (isnan(got) && isnan(want)),
                  "B %zu, %d: %a %a", B, which, got, want);
            CHECK_OK(
                row_losses_begin(losses, &s.config, &s.shape, O, &s.target, 0));
            got = row_losses_end(losses, 1 + which % 3, s.y, NULL);
            CHECK(same(got, want) || (isnan(got) && isnan(want)),
                  "B %zu, %d by rows: %a %a", B, which, got, want);
        }
    row_losses_destroy(losses);
}

/* Copies sequences begin to end of s to part. */
static void cut(const setting *s, size_t begin, size_t end, setting *part)
{
    size_t B = s->shape.B, n = end - begin;
    part->config = s->config;
    part->shape = (elman_batch){.T = s->shape.T, .B = n};
    part->target = (elman_target){part->classes, part->values};
    if (s->shape.lengths) part->shape.lengths = s->lengths + begin;
    for (size_t t = 0; t < s->shape.T; t++) {
        size_t to = t * n, from = t * B + begin;
        memcpy(part->y + to * O, s->y + from * O, n * O * sizeof(float));
        memcpy(part->values + to * O, s->values + from * O,
               n * O * sizeof(float));
        memcpy(part->classes + to, s->classes + from, n * sizeof(int32_t));
    }
}

/* Runs s in passes of whole blocks, more and fewer of them, some without a
 * sequence, and compares loss and gradient with those of the whole. */
static void compare_parts(setting *s, double loss, const float *dy)
{
    elman_loss_sum sum = {0};
    setting part;
    float got[N];
    size_t passes = 0;
    for (size_t begin = 0, end; begin < s->shape.B; begin = end) {
        end = begin + s->block * (passes++ % 4);
        if (end > s->shape.B) end = s->shape.B;
        size_t n = end - begin;
        cut(s, begin, end, &part);
        CHECK_OK(elman_loss_sum_forward(&part.config, &part.shape, O, part.y,
                                        &part.target, &sum, got));

        for (size_t t = 0; t < s->shape.T; t++)
            CHECK_BITS(got + t * n * O, dy + (t * s->shape.B + begin) * O,
                       n * O, "sequences from %zu", begin);
    }

    double all = elman_loss_sum_read(&sum);
    if (s->config.divisor > 0) all /= s->config.divisor;
    CHECK(same(all, loss) || isnan(loss), "%zu passes: %a %a", passes, all,
          loss);
}

TEST(passes_with_the_divisor_of_the_batch_are_the_batch)
{
    for (size_t B = 1; B <= MOST_B; B++)
        for (int which = 0; which < OPTIONS; which++) {
            setting s;
            fill(&s, B, which);
            double loss, weight;
            float dy[N];
            CHECK_OK(elman_loss_forward(&s.config, &s.shape, O, s.y, &s.target,
                                        &loss, dy));
            CHECK_OK(
                elman_loss_weight(&s.config, &s.shape, O, &s.target, &weight));
            if (s.config.reduction == ELMAN_REDUCTION_MEAN)
                s.config.divisor = weight;
            compare_parts(&s, loss, dy);
        }
}

TEST(a_part_without_targets_adds_nothing)
{
    for (int which = 0; which < OPTIONS; which++) {
        setting s;
        fill(&s, 9, which);
        if (s.config.reduction == ELMAN_REDUCTION_MEAN) s.config.divisor = 7;
        s.shape.lengths = s.lengths;
        memset(s.lengths, 0, sizeof s.lengths);

        /* a loss and a gradient of 0, by the divisor of the others */
        float dy[N], zero[N] = {0};
        double loss = 1;
        size_t n = s.shape.T * s.shape.B * O;
        CHECK_OK(elman_loss_forward(&s.config, &s.shape, O, s.y, &s.target,
                                    &loss, dy));
        CHECK(same(loss, 0), "%d: %a", which, loss);
        CHECK_BITS(dy, zero, n, "setting %d", which);

        /* nor does one without sequences */
        elman_loss_sum sum = {.count = 1, .level = {0.1}};
        CHECK_OK(elman_loss_sum_forward(&s.config, &s.shape, O, s.y, &s.target,
                                        &sum, dy));
        uint64_t count = sum.count;
        s.shape.B = 0;
        CHECK_OK(elman_loss_sum_forward(&s.config, &s.shape, O, s.y, &s.target,
                                        &sum, NULL));
        CHECK(sum.count == count && same(elman_loss_sum_read(&sum), 0.1),
              "%d: %a", which, elman_loss_sum_read(&sum));
    }
}

TEST(a_mean_over_passes_needs_the_divisor_of_the_batch)
{
    for (int which = 0; which < OPTIONS; which++) {
        setting s;
        fill(&s, 9, which);
        if (s.config.reduction != ELMAN_REDUCTION_MEAN) continue;
        double weight;
        CHECK_OK(elman_loss_weight(&s.config, &s.shape, O, &s.target, &weight));
        CHECK(weight > 0, "%d", which);

        /* one pass or a later one, with a gradient or without */
        for (int later = 0; later < 4; later++) {
            elman_loss_sum sum = {.count = (uint64_t)later % 2, .level = {0.1}},
                           before = sum;
            float dy[N] = {3}, same_dy[N] = {3};
            CHECK_FAILS(elman_loss_sum_forward(&s.config, &s.shape, O, s.y,
                                               &s.target, &sum,
                                               later / 2 ? dy : NULL),
                        ELMAN_BAD_VALUE,
                        "expected what those of the whole batch weigh, as "
                        "elman_loss_weight says");
            CHECK(memcmp(&sum, &before, sizeof sum) == 0, "%d", which);
            CHECK_BITS(dy, same_dy, N, "%d", which);
        }

        /* where no target counts, 0 is what they weigh */
        elman_loss_sum sum = {0};
        float dy[N];
        s.shape.lengths = s.lengths;
        memset(s.lengths, 0, sizeof s.lengths);
        CHECK_OK(elman_loss_sum_forward(&s.config, &s.shape, O, s.y, &s.target,
                                        &sum, dy));
        CHECK(same(elman_loss_sum_read(&sum), 0), "%d", which);
    }
}

TEST(a_row_that_is_not_finite_spoils_the_loss_and_its_own_gradient)
{
    for (int which = 0; which < OPTIONS; which++) {
        setting s;
        fill(&s, 11, which);
        size_t row = 3;
        if (!row_counts(&s, row)) continue;
        double loss;
        float dy[N], spoiled[N];
        CHECK_OK(elman_loss_forward(&s.config, &s.shape, O, s.y, &s.target,
                                    &loss, dy));

        s.y[row * O] = NAN;
        CHECK_OK(elman_loss_forward(&s.config, &s.shape, O, s.y, &s.target,
                                    &loss, spoiled));
        CHECK(isnan(loss), "%d: %g", which, loss);
        for (size_t r = 0; r < s.shape.T * s.shape.B; r++)
            if (r != row)
                CHECK_BITS(spoiled + r * O, dy + r * O, O, "row %zu", r);

        if (s.config.kind == ELMAN_LOSS_CROSS_ENTROPY) continue;
        s.y[row * O] = -INFINITY;
        CHECK_OK(elman_loss_forward(&s.config, &s.shape, O, s.y, &s.target,
                                    &loss, spoiled));
        CHECK(loss == INFINITY, "%d: %g", which, loss);
    }
}

/* ---- Metrics ------------------------------------------------------------ */

TEST(errors_are_summed_block_by_block_as_well)
{
    const elman_encoding encoding = {.task = ELMAN_TASK_FORECAST};
    for (size_t B = 1; B <= MOST_B; B++) {
        setting s;
        fill(&s, B, ELMAN_LOSS_MEAN_SQUARED + KINDS * (int)(B % 2));
        s.target.classes = NULL;
        float naive[MOST_B * O];
        random_fill(B, MOST_B * O, -1, 1, naive);
        outcome o = {.loss_config = &s.config,
                     .encoding = &encoding,
                     .shape = &s.shape,
                     .O = O,
                     .y = s.y,
                     .target = &s.target,
                     .naive = naive,
                     .loss = 3,
                     .weight = 4};
        metric_sums sums = {.loss = 2};
        metrics_add(&sums, &o);

        /* each kind of error, as one list */
        double error[4][N] = {0};
        uint64_t rows = 0;
        for (size_t i = 0; i < s.shape.T * B * O; i++) {
            if (!row_counts(&s, i / O)) continue;
            double v = (double)s.values[i], d = (double)s.y[i] - v;
            double last = (double)naive[i / O % B * O + i % O] - v;
            error[0][i] = d * d;
            error[1][i] = fabs(d);
            error[2][i] = last * last;
            error[3][i] = fabs(last);
            rows += i % O == 0;
        }
        double got[4] = {sums.squared, sums.absolute, sums.naive_squared,
                         sums.naive_absolute};
        for (size_t k = 0; k < 4; k++) {
            double want = reference_sum(&s.shape, s.block, O, error[k]);
            CHECK(same(got[k], want), "B %zu, %zu: %a %a", B, k, got[k], want);
        }
        CHECK(sums.target_count == rows && sums.naive == rows * O, "counts");
        CHECK(same(sums.loss, 5) && same(sums.weight, 4), "%g", sums.loss);

        /* a mean of nothing is no loss */
        o.loss = NAN;
        o.weight = 0;
        metrics_add(&sums, &o);
        CHECK(same(sums.loss, 5) && same(sums.weight, 4), "%g", sums.loss);
    }
}

/* A table of numbers that no line goes through. */
static void write_noise(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    float number[400];
    random_fill(1, 400, -1, 1, number);
    fprintf(file, "x,y\n");
    for (size_t t = 0; t < 200; t++)
        fprintf(file, "%.6f,%.6f\n", (double)number[2 * t],
                (double)number[2 * t + 1]);
    assert_int_equal(fclose(file), 0);
}

TEST(an_evaluation_is_a_tree_of_its_batches)
{
    const char *path = in_folder("table.csv");
    write_noise(path);

    /* batches of 3 sequences: one leaf each */
    elman_dataset_config reading = {.window = 6, .target = "y"};
    elman_dataset *dataset = must_open(path, &reading);
    elman_trainer_config how = {.loss = {.kind = ELMAN_LOSS_MEAN_SQUARED},
                                .batch_size = 3};
    elman_config config = {
        .input_size = dataset_encoding(dataset)->input_size,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 4},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_model *model = NULL;
    elman_state *state = NULL;
    elman_state_config room = {.T = 6, .B = 3};
    CHECK_OK(model_create(&config, &model));
    CHECK_OK(state_create(model, &room, &state));

    /* the sums of all batches by hand */
    windows *all = NULL;
    elman_loader_config loading = {.part = ELMAN_PART_TRAIN, .batch_size = 3};
    CHECK_OK(windows_create(dataset, &loading, 0, 0, 1, &all));
    double leaf[200], part, weight = 0;
    size_t leaves = 0;
    for (window w;;) {
        CHECK_OK(windows_read(all, &w));
        if (w.ended) break;
        float y[3];
        elman_loss_config sum = {.kind = ELMAN_LOSS_MEAN_SQUARED,
                                 .reduction = ELMAN_REDUCTION_SUM};
        elman_batch rows = {.T = 1, .B = w.batch.B};
        state_reset(model, state);
        CHECK_OK(elman_model_forward(model, state, &w.batch, y));
        CHECK_OK(elman_loss_forward(&sum, &rows, 1, y, &w.target, &part, NULL));
        leaf[leaves++] = part;
        weight += (double)rows.B;
    }
    assert_true(leaves > 40);

    elman_metrics got;
    double want = reference_tree(leaf, leaves) / weight;
    CHECK_OK(evaluate(model, dataset, ELMAN_PART_TRAIN, &how, &got, NULL));
    CHECK(same(got.loss, want), "%a %a", got.loss, want);

    /* it divides by its own targets */
    how.loss.divisor = 2;
    CHECK_FAILS(evaluate(model, dataset, ELMAN_PART_TRAIN, &how, &got, NULL),
                ELMAN_BAD_VALUE, "divisor is 2, expected 0");
    windows_destroy(all);
    state_destroy(state);
    model_destroy(model);
    dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_is_the_sum_of_its_rows_block_by_block),
        cmocka_unit_test(passes_with_the_divisor_of_the_batch_are_the_batch),
        cmocka_unit_test(a_part_without_targets_adds_nothing),
        cmocka_unit_test(a_mean_over_passes_needs_the_divisor_of_the_batch),
        cmocka_unit_test(
            a_row_that_is_not_finite_spoils_the_loss_and_its_own_gradient),
        cmocka_unit_test(errors_are_summed_block_by_block_as_well),
        cmocka_unit_test(an_evaluation_is_a_tree_of_its_batches),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
