/* metrics.c: accuracy and errors, row by row. */
#include "learn/metrics.h"

#include <math.h>

#include "base/real.h"
#include "data/truth.h"
#include "learn/loss.h"

static void add_class(metric_sums *sums, const outcome *o, size_t row)
{
    int32_t wanted = o->target->classes[row];
    if (loss_ignores(o->loss_config, wanted)) return;

    size_t got = o->best[row];
    sums->target_count++;
    sums->right += got == (size_t)wanted;
    if (o->confusion) o->confusion[(size_t)wanted * o->O + got]++;
    if (!o->counts) return;
    o->counts[wanted].there++;
    o->counts[got].taken++;
    o->counts[wanted].right += got == (size_t)wanted;
}

/* Errors of a forecast in the data's units, where it says the truth. */
static uint64_t add_errors(size_t n, const double *values, const double *truth,
                           double *squared, double *absolute)
{
    uint64_t count = 0;
    for (size_t k = 0; k < n; k++) {
        double error = values[k] - truth[k];
        if (isnan(error)) continue;
        *squared += error * error;
        *absolute += fabs(error);
        count++;
    }
    return count;
}

/* What the data itself has to say of a forecast: with a transform all errors,
 * because a scaled one is none of the data's; with a season those of repeating
 * it. */
static void add_forecast(metric_sums *sums, const outcome *o, size_t row)
{
    uint64_t id = o->ids[row % o->shape->B];
    double *truth = o->room, *values = truth + o->O, *repeated = values + o->O;
    truth_horizon(o->dataset, id, truth);

    /* the model's errors, and those of repeating the last row */
    if (dataset_transformed(o->dataset)) {
        sums->target_count++;
        dataset_values(o->dataset, id, 0, o->y + row * o->O, values);
        sums->value_count +=
            add_errors(o->O, values, truth, &sums->squared, &sums->absolute);
        dataset_repeat(o->dataset, id, 1, repeated);
        sums->naive += add_errors(o->O, repeated, truth, &sums->naive_squared,
                                  &sums->naive_absolute);
    }

    if (!o->encoding->season) return;
    dataset_repeat(o->dataset, id, o->encoding->season, repeated);
    sums->seasonal += add_errors(o->O, repeated, truth, &sums->seasonal_squared,
                                 &sums->seasonal_absolute);
}

/* Errors in the data's own units: targets were scaled. */
static void add_values(metric_sums *sums, const outcome *o, size_t row)
{
    const elman_encoding *e = o->encoding;
    const float *y = o->y + row * o->O, *v = o->target->values + row * o->O;
    size_t n = e->target_count ? e->target_count : o->O, b = row % o->shape->B;
    sums->target_count++;

    for (size_t j = 0; j < o->O; j++) {
        double scale = e->target_scale ? e->target_scale[j % n] : 1;
        double error = ((double)y[j] - (double)v[j]) * scale;
        sums->squared += error * error;
        sums->absolute += fabs(error);
        sums->value_count++;

        /* the error of the forecast that repeats the last value */
        if (!o->naive) continue;
        error = ((double)o->naive[b * n + j % n] - (double)v[j]) * scale;
        sums->naive_squared += error * error;
        sums->naive_absolute += fabs(error);
        sums->naive++;
    }
}

/* The sums of sequences begin to end: a leaf. */
static metric_sums sum_block(const outcome *o, size_t begin, size_t end)
{
    metric_sums sums = {0};
    const elman_batch *in = o->shape;
    for (size_t t = in->T; t-- > 0;)
        for (size_t b = begin; b < end; b++) {
            if (in->lengths && t >= in->lengths[b]) continue;
            size_t row = t * in->B + b;
            if (o->target->classes) add_class(&sums, o, row);
            else if (!o->dataset || !dataset_transformed(o->dataset))
                add_values(&sums, o, row);
            if (o->dataset) add_forecast(&sums, o, row);
        }
    return sums;
}

/* The loss of a mean to which no row adds weight is none. */
static void add_batch(metric_sums *sums, const elman_loss_config *config,
                      metric_sums *batch)
{
    bool mean = config->reduction == ELMAN_REDUCTION_MEAN;
    if (mean && !(batch->weight > 0)) batch->loss = 0;
    metrics_join(sums, batch);
}

void metrics_add(metric_sums *sums, const outcome *o)
{
    /* accuracy and errors, block by block */
    metric_tree tree = {0};
    size_t B = o->shape->B;
    for (size_t begin = 0, end; begin < B; begin = end) {
        end = tree_leaf_end(begin, B, o->loss_config->block);
        metric_sums leaf = sum_block(o, begin, end);
        metric_tree_add(&tree, &leaf);
    }
    metric_sums batch = metric_tree_sum(&tree);
    batch.loss = o->loss;
    batch.weight = o->weight;
    add_batch(sums, o->loss_config, &batch);
}

void metrics_list_leaves(const outcome *o, metric_sums *leaves)
{
    size_t B = o->shape->B;
    for (size_t begin = 0, end; begin < B; begin = end) {
        end = tree_leaf_end(begin, B, o->loss_config->block);
        *leaves++ = sum_block(o, begin, end);
    }
}

void metrics_add_leaves(metric_sums *sums, const elman_loss_config *config,
                        const metric_sums *leaves, size_t count)
{
    metric_tree tree = {0};
    for (size_t i = 0; i < count; i++)
        metric_tree_add(&tree, leaves + i);
    metric_sums batch = metric_tree_sum(&tree);
    add_batch(sums, config, &batch);
}

void metrics_join(metric_sums *sums, const metric_sums *more)
{
    sums->loss += more->loss;
    sums->weight += more->weight;
    sums->right += more->right;

    /* errors, and those of the naive forecast */
    sums->squared += more->squared;
    sums->absolute += more->absolute;
    sums->naive_squared += more->naive_squared;
    sums->naive_absolute += more->naive_absolute;
    sums->seasonal_squared += more->seasonal_squared;
    sums->seasonal_absolute += more->seasonal_absolute;

    /* what was counted, and the work done */
    sums->value_count += more->value_count;
    sums->naive += more->naive;
    sums->seasonal += more->seasonal;
    sums->target_count += more->target_count;
    sums->steps += more->steps;
    sums->flops += more->flops;
}

void metric_tree_add(metric_tree *tree, const metric_sums *leaf)
{
    size_t carries = tree_carries(tree->count++);
    metric_sums sums = *leaf;
    for (size_t k = 0; k < carries; k++)
        metrics_join(&sums, tree->level + k);
    tree->level[carries] = sums;
}

metric_sums metric_tree_sum(const metric_tree *tree)
{
    metric_sums sums = {0};
    const metric_sums *level = tree->level;
    for (uint64_t left = tree->count; left; left >>= 1, level++)
        if (left & 1) metrics_join(&sums, level);
    return sums;
}

/* Means over the classes that occur, which weigh the same however many targets
 * each has. F1 is 2 right / (there + taken): 0 of a class that was never
 * right. */
static void read_counts(const class_count *counts, size_t classes,
                        elman_metrics *m)
{
    double recall = 0, f1 = 0;
    size_t present = 0;
    for (size_t k = 0; k < classes; k++) {
        const class_count *c = counts + k;
        if (c->there == 0) continue;
        present++;
        recall += (double)c->right / (double)c->there;
        f1 += 2 * (double)c->right / (double)(c->there + c->taken);
    }
    m->balanced_accuracy = present ? recall / (double)present : NAN;
    m->macro_f1 = present ? f1 / (double)present : NAN;
}

elman_metrics metrics_read(const metric_sums *sums,
                           const elman_loss_config *config,
                           const elman_encoding *encoding,
                           const class_count *counts)
{
    bool mean = config->reduction == ELMAN_REDUCTION_MEAN;
    bool classes = config->kind == ELMAN_LOSS_CROSS_ENTROPY;

    /* NaN for what this task does not have */
    elman_metrics m = {
        .loss = mean ? sums->loss / sums->weight : sums->loss,
        .accuracy = NAN,
        .bits = NAN,
        .perplexity = NAN,
        .mse = NAN,
        .mae = NAN,
        .naive_mse = NAN,
        .naive_mae = NAN,
        .seasonal_mse = NAN,
        .seasonal_mae = NAN,
        .targets = sums->target_count,
        .steps = sums->steps,
        .flops = sums->flops,
        .balanced_accuracy = NAN,
        .macro_f1 = NAN,
    };

    /* of classes */
    if (classes) m.accuracy = sums->right / (double)sums->target_count;
    if (counts) read_counts(counts, encoding->class_count, &m);
    if (classes && encoding->task == ELMAN_TASK_LANGUAGE) {
        double nats = sums->loss / sums->weight;
        m.bits = nats / ln_2;
        m.perplexity = real_exp(nats);
    }

    /* of values, and of the naive forecast for them */
    if (sums->value_count) {
        m.mse = sums->squared / (double)sums->value_count;
        m.mae = sums->absolute / (double)sums->value_count;
    }
    if (sums->naive) {
        m.naive_mse = sums->naive_squared / (double)sums->naive;
        m.naive_mae = sums->naive_absolute / (double)sums->naive;
    }
    if (sums->seasonal) {
        m.seasonal_mse = sums->seasonal_squared / (double)sums->seasonal;
        m.seasonal_mae = sums->seasonal_absolute / (double)sums->seasonal;
    }
    return m;
}
