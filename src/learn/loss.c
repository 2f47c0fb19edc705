/*
 * loss.c: each loss is one function for one row; the rest is counting rows.
 *
 * Sources: PyTorch's CrossEntropyLoss, MSELoss, L1Loss, HuberLoss and
 * BCEWithLogitsLoss. d is y - target, n what the mean divides by:
 *
 *   cross-entropy  w[c] (log sum exp y - y[c])          w[c] (softmax - 1[c])/n
 *   squared        d^2                                  2 d / n
 *   absolute       |d|                                  sign d / n
 *   Huber          d^2/2, beyond delta: delta (|d| - delta/2)
 *                                                       d in [-delta,delta] / n
 *   binary         max(y,0) - y t + log(1 + e^-|y|)     (sigmoid y - t) / n
 */
#include "learn/loss.h"

#include "base/real.h"
#include "base/tree.h"

#include <math.h>
#include <string.h>

/* ---- Which rows count --------------------------------------------------- */

bool loss_ignores(const elman_loss_config *config, int32_t target)
{
    return target == -100 ||
           (config->has_ignored && target == config->ignore_index);
}

static bool is_listed(const loss_job *j, size_t row)
{
    size_t begin = 0, end = j->counting_count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (j->counting[middle] < row) begin = middle + 1;
        else end = middle;
    }
    return begin < j->counting_count && j->counting[begin] == row;
}

static bool is_inside(const loss_job *j, size_t row)
{
    const elman_batch *shape = j->shape;
    if (j->counting) return is_listed(j, row);
    if (!shape->lengths) return true;
    size_t length = shape->lengths[row % shape->B];
    return j->whole ? length > 0 : row / shape->B < length;
}

/* Where row t * B + b stands in an array that may have sequences first. */
static size_t caller_row(const elman_batch *shape, bool batch_first, size_t row)
{
    if (!batch_first) return row;
    return row % shape->B * shape->T + row / shape->B;
}

static int32_t class_at(const loss_job *j, size_t row)
{
    return j->target->classes[caller_row(j->shape, j->batch_first, row)];
}

/* The targets (O) of a row that are values. */
static const float *values_at(const loss_job *j, size_t row)
{
    row = caller_row(j->shape, j->batch_first, row);
    return j->target->values + row * j->O;
}

static bool row_counts(const loss_job *j, size_t row)
{
    if (!is_inside(j, row)) return false;
    return j->config->kind != ELMAN_LOSS_CROSS_ENTROPY ||
           !loss_ignores(j->config, class_at(j, row));
}

static double class_weight(const elman_loss_config *config, size_t c)
{
    return config->class_weights ? (double)config->class_weights[c] : 1;
}

static elman_status check_class(size_t B, size_t O, size_t row, int32_t c)
{
    if (c >= 0 && (size_t)c < O) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the target class at t=%zu b=%zu is %d, but there are %zu "
                   "classes: expected 0 to %zu",
                   row / B, row % B, (int)c, O, O - 1);
}

/* ---- Sums over rows ----------------------------------------------------- */

/* What a row adds to a sum. */
typedef double row_value(const void *context, size_t row);

/* The sum of the leaf of sequences begin to before end. */
static double sum_leaf(const elman_batch *shape, size_t begin, size_t end,
                       row_value *value, const void *context)
{
    double leaf = 0;
    for (size_t t = shape->T; t-- > 0;)
        for (size_t b = begin; b < end; b++)
            leaf += value(context, t * shape->B + b);
    return leaf;
}

/* Joins the leaves of a pass to a tree. */
static void sum_rows(const elman_batch *shape, size_t block, row_value *value,
                     const void *context, double_tree *tree)
{
    size_t B = shape->B;
    for (size_t begin = 0, end; begin < B; begin = end) {
        end = tree_leaf_end(begin, B, block);
        tree_add(tree, sum_leaf(shape, begin, end, value, context));
    }
}

/* The same, each leaf by itself. */
static void list_leaves(const elman_batch *shape, size_t block,
                        row_value *value, const void *context, double *leaves)
{
    size_t B = shape->B;
    for (size_t begin = 0, end; begin < B; begin = end) {
        end = tree_leaf_end(begin, B, block);
        *leaves++ = sum_leaf(shape, begin, end, value, context);
    }
}

/* What the mean divides by for one row: a class counts by its weight. */
static double row_weight(const void *context, size_t row)
{
    const loss_job *j = context;
    if (!row_counts(j, row)) return 0;
    if (j->config->kind != ELMAN_LOSS_CROSS_ENTROPY) return (double)j->O;
    return class_weight(j->config, (size_t)class_at(j, row));
}

/* Checks all that a loss is about. */
static elman_status check_all(const loss_job *j, const loss_rows *rows)
{
    const elman_batch *shape = j->shape;
    TRY(loss_check(j->config, j->O));
    TRY(loss_check_rows(j->config, rows, j->target));

    /* the classes of the rows that count */
    bool classes = j->config->kind == ELMAN_LOSS_CROSS_ENTROPY;
    for (size_t row = 0; classes && row < shape->T * shape->B; row++)
        if (row_counts(j, row))
            TRY(check_class(shape->B, j->O, row, class_at(j, row)));
    return ELMAN_OK;
}

/* Checks it, and weighs it. */
static elman_status weigh(loss_job *j, const loss_rows *rows)
{
    double_tree tree = {0};
    TRY(check_all(j, rows));
    sum_rows(j->shape, j->config->block, row_weight, j, &tree);
    j->weight = tree_sum(&tree);
    return ELMAN_OK;
}

/* A job with what it is about alone. */
static loss_job job_of(const elman_loss_config *config, const loss_rows *rows,
                       const elman_target *target)
{
    return (loss_job){.config = config,
                      .shape = rows->shape,
                      .O = rows->O,
                      .batch_first = rows->batch_first,
                      .counting = rows->counting,
                      .counting_count = rows->counting_count,
                      .whole = rows->whole,
                      .target = target};
}

elman_status loss_weight(const elman_loss_config *config, const loss_rows *rows,
                         const elman_target *target, double *weight)
{
    loss_job j = job_of(config, rows, target);
    TRY(weigh(&j, rows));
    *weight = j.weight;
    return ELMAN_OK;
}

elman_status loss_leaf_weights(const elman_loss_config *config,
                               const loss_rows *rows,
                               const elman_target *target, double *weights)
{
    loss_job j = job_of(config, rows, target);
    TRY(check_all(&j, rows));
    list_leaves(j.shape, config->block, row_weight, &j, weights);
    return ELMAN_OK;
}

/* ---- One row of each loss --------------------------------------------------
 *
 * x (O) is the row of y; dx (O), unless NULL, gets its gradient; the row's
 * loss before reduction is returned. */

static double cross_entropy_row(const loss_job *j, size_t row, const float *x,
                                float *dx, size_t *best)
{
    size_t c = (size_t)class_at(j, row), O = j->O;
    const elman_loss_config *config = j->config;
    double smoothing = config->label_smoothing;
    double each = smoothing / (double)O;
    double own = (1 - smoothing) * class_weight(config, c);
    double at_class = (double)x[c], spread = 0;

    /* dx becomes the softmax times all the weight of the row; where it is x
     * itself, not before x was read for the last time */
    double all = (own + each * j->class_weight_sum) * j->scale;
    const train_kernels *k = kernels_train(j->k);
    bool later = smoothing > 0 && dx == x;
    double total = k->cross_entropy(O, x, (float)all, later ? NULL : dx, best);
    for (size_t i = 0; smoothing > 0 && i < O; i++)
        spread += class_weight(config, i) * (total - (double)x[i]);
    if (later) (void)k->cross_entropy(O, x, (float)all, dx, best);

    /* then the weight of each class is subtracted: the smoothed part of all,
     * and the rest of the target */
    for (size_t i = 0; dx && smoothing > 0 && i < O; i++)
        dx[i] -= (float)(each * class_weight(config, i) * j->scale);
    if (dx) dx[c] -= (float)(own * j->scale);

    return own * (total - at_class) + each * spread;
}

static double squared_row(const loss_job *j, size_t row, const float *x,
                          float *dx)
{
    const float *want = values_at(j, row);
    double sum = 0;

    for (size_t i = 0; i < j->O; i++) {
        double d = (double)x[i] - (double)want[i];
        sum += d * d;
        if (dx) dx[i] = (float)(2 * d * j->scale);
    }
    return sum;
}

static double absolute_row(const loss_job *j, size_t row, const float *x,
                           float *dx)
{
    const float *want = values_at(j, row);
    double sum = 0;

    for (size_t i = 0; i < j->O; i++) {
        double d = (double)x[i] - (double)want[i];
        sum += fabs(d);

        double sign = d > 0 ? 1 : d < 0 ? -1 : d; /* NaN stays NaN */
        if (dx) dx[i] = (float)(sign * j->scale);
    }
    return sum;
}

static double huber_row(const loss_job *j, size_t row, const float *x,
                        float *dx)
{
    const float *want = values_at(j, row);
    double sum = 0, delta = j->delta;

    for (size_t i = 0; i < j->O; i++) {
        double d = (double)x[i] - (double)want[i];
        bool far = fabs(d) >= delta;
        sum += far ? delta * (fabs(d) - 0.5 * delta) : 0.5 * d * d;
        if (dx) dx[i] = (float)((far ? copysign(delta, d) : d) * j->scale);
    }
    return sum;
}

/* log(1 + e) for 0 <= e <= 1; the quotient takes back what rounding 1 + e
 * lost (Kahan; Goldberg 1991, theorem 4). */
static double log_of_one_more(double e)
{
    double u = 1 + e;
    return u == 1 ? e : real_log(u) * e / (u - 1);
}

static double binary_row(const loss_job *j, size_t row, const float *x,
                         float *dx)
{
    const float *want = values_at(j, row);
    double sum = 0;

    for (size_t i = 0; i < j->O; i++) {
        double a = (double)x[i], t = (double)want[i], e = real_exp(-fabs(a));
        sum += (a > 0 ? a : 0) - a * t + log_of_one_more(e);

        double sigmoid = (a > 0 ? 1 : e) / (1 + e);
        if (dx) dx[i] = (float)((sigmoid - t) * j->scale);
    }
    return sum;
}

static double (*const value_losses[])(const loss_job *, size_t, const float *,
                                      float *) = {
    [ELMAN_LOSS_MEAN_SQUARED] = squared_row,
    [ELMAN_LOSS_MEAN_ABSOLUTE] = absolute_row,
    [ELMAN_LOSS_HUBER] = huber_row,
    [ELMAN_LOSS_BINARY_CROSS_ENTROPY] = binary_row,
};

/* ---- All rows ----------------------------------------------------------- */

elman_status loss_begin(const elman_loss_config *config,
                        const elman_batch *shape, size_t O,
                        const elman_target *target, loss_job *j)
{
    loss_rows rows = {.shape = shape, .O = O};
    return loss_begin_rows(config, &rows, target, j);
}

elman_status loss_begin_rows(const elman_loss_config *config,
                             const loss_rows *rows, const elman_target *target,
                             loss_job *job)
{
    if (!kernels_here()) return failure(ELMAN_BAD_VALUE, KERNELS_ABSENT);
    loss_job j = job_of(config, rows, target);
    TRY(weigh(&j, rows));

    /* what the losses and their gradients are divided by */
    j.divisor = config->divisor > 0 ? config->divisor : j.weight;
    if (config->reduction == ELMAN_REDUCTION_SUM) j.divisor = 1;
    j.k = kernels_here();
    j.scale = 1 / j.divisor;
    j.delta = config->delta > 0 ? config->delta : 1;
    for (size_t c = 0; config->label_smoothing > 0 && c < j.O; c++)
        j.class_weight_sum += class_weight(config, c);
    *job = j;
    return ELMAN_OK;
}

double loss_row(const loss_job *j, size_t row, const float *y, float *dy,
                uint32_t *best)
{
    *best = 0;
    if (!row_counts(j, row)) {
        if (dy) memset(dy, 0, j->O * sizeof *dy);
        return 0;
    }
    if (j->config->kind != ELMAN_LOSS_CROSS_ENTROPY)
        return value_losses[j->config->kind](j, row, y, dy);

    size_t class;
    double loss = cross_entropy_row(j, row, y, dy, &class);
    *best = (uint32_t) class;
    return loss;
}

static double value_given(const void *rows, size_t row)
{
    return ((const double *)rows)[row];
}

double loss_sum_rows(const loss_job *j, const double *rows)
{
    double_tree tree = {0};
    sum_rows(j->shape, j->config->block, value_given, rows, &tree);
    return tree_sum(&tree);
}

void loss_leaf_sums(const loss_job *j, const double *rows, double *sums)
{
    list_leaves(j->shape, j->config->block, value_given, rows, sums);
}

/* A pass whose rows are taken as they are summed. */
typedef struct sweep {
    loss_job job;
    const loss_rows *rows;
} sweep;

static double value_taken(const void *context, size_t row)
{
    const sweep *s = context;
    const loss_rows *r = s->rows;
    size_t to = caller_row(r->shape, r->dy_batch_first, row);
    uint32_t best;
    return loss_row(&s->job, row, r->y + row * r->O,
                    r->dy ? r->dy + to * r->O : NULL, &best);
}

elman_status loss_take(const elman_loss_config *config, const loss_rows *rows,
                       const elman_target *target, double *loss)
{
    sweep s = {.rows = rows};
    double_tree tree = {0};
    TRY(loss_begin_rows(config, rows, target, &s.job));
    if (!rows->y || !loss)
        return failure(ELMAN_BAD_VALUE, "the loss's %s is NULL",
                       rows->y ? "result" : "y");

    sum_rows(rows->shape, config->block, value_taken, &s, &tree);
    *loss = tree_sum(&tree) / s.job.divisor;
    return ELMAN_OK;
}

elman_status loss_forward(const elman_loss_config *config,
                          const elman_batch *shape, size_t O, const float *y,
                          const elman_target *target, double *loss, float *dy)
{
    loss_rows rows = {.shape = shape, .O = O, .y = y, .dy = dy};
    return loss_take(config, &rows, target, loss);
}

/* ---- The losses of several passes --------------------------------------- */

static double_tree tree_of(const elman_loss_sum *sum)
{
    double_tree tree = {.count = sum->count};
    memcpy(tree.level, sum->level, sizeof tree.level);
    return tree;
}

elman_status loss_sum_take(const elman_loss_config *config,
                           const loss_rows *rows, const elman_target *target,
                           elman_loss_sum *sum)
{
    if (sum->count > UINT64_MAX / 2)
        return failure(ELMAN_BAD_VALUE,
                       "sum.count is %llu, which no passes add up to: expected "
                       "a sum that starts as {0}",
                       (unsigned long long)sum->count);

    sweep s = {.rows = rows};
    TRY(loss_begin_rows(config, rows, target, &s.job));
    if (config->reduction == ELMAN_REDUCTION_MEAN && config->divisor == 0 &&
        s.job.weight > 0)
        return failure(ELMAN_BAD_VALUE,
                       "divisor is 0, but the targets of the pass weigh %g: "
                       "expected what those of the whole batch weigh, as "
                       "elman_loss_weight says",
                       s.job.weight);

    double_tree tree = tree_of(sum);
    sum_rows(rows->shape, config->block, value_taken, &s, &tree);
    sum->count = tree.count;
    memcpy(sum->level, tree.level, sizeof sum->level);
    return ELMAN_OK;
}

double loss_sum_read(const elman_loss_sum *sum)
{
    double_tree tree = tree_of(sum);
    return tree_sum(&tree);
}
