/*
 * inspection_inputs.c: the inputs as the model reads them, and what it makes of
 * them: mean and deviation of each feature over the part, in two passes around
 * its mean, and how much the answers depend on it: the mean over the batch of
 * |gradient x (input - mean)|, summed over the steps first where they have one
 * answer, as a share of all features' (gradient times input, Shrikumar et al.
 * 2016), where the gradient is that of all outputs with fixed random signs.
 */
#include "inspect/measured.h"

#include "base/random.h"
#include "base/tree.h"
#include "data/loader.h"
#include "inspect/quiet.h"

#include <math.h>
#include <stdlib.h>

#include "base/real.h"

enum { MOST_ROWS = 200000, MOST_SEQUENCES = 64 };

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the inputs");
}

/* ---- Mean and deviation ------------------------------------------------- */

/* One feature over all rows. */
typedef struct column_sums {
    double_tree values, squares;
    uint64_t count, bad;
} column_sums;

/* Adds the rows of one sequence: a leaf of each sum. */
static void add_rows(const float *x, size_t rows, size_t I, size_t i,
                     const double *mean, column_sums *sums, elman_input *one)
{
    double sum = 0;
    for (size_t t = 0; t < rows; t++) {
        double value = (double)x[t * I + i];
        if (!isfinite(value)) {
            sums->bad += mean == NULL;
            continue;
        }

        if (mean) sum += (value - *mean) * (value - *mean);
        else {
            sum += value;
            one->least = real_min(one->least, value);
            one->most = real_max(one->most, value);
            sums->count++;
        }
    }
    tree_add(mean ? &sums->squares : &sums->values, sum);
}

/* All sequences of the part once, at most MOST_ROWS of them, evenly chosen. */
static elman_status add_part(const inspection *in, float *x, bool around_mean,
                             column_sums *sums)
{
    const elman_dataset *d = in->public.dataset;
    size_t I = in->model->info.input_size, longest = d->longest;
    size_t size = d->size[in->config.part];
    size_t most = MOST_ROWS / (longest ? longest : 1) + 1;
    size_t stride = size > most ? size / most : 1;

    for (size_t n = 0; n < size; n += stride) {
        size_t rows;
        TRY(dataset_inputs(d, d->ids[in->config.part][n], x, &rows));
        for (size_t i = 0; i < I; i++)
            add_rows(x, rows, I, i, around_mean ? &in->inputs[i].mean : NULL,
                     &sums[i], &in->inputs[i]);
    }
    return ELMAN_OK;
}

static elman_status fill_inputs(inspection *in, float *x, column_sums *sums)
{
    const elman_encoding *e = dataset_encoding(in->public.dataset);
    size_t I = in->model->info.input_size;
    for (size_t i = 0; i < I; i++)
        in->inputs[i] = (elman_input){.name = e->columns ? e->columns[i] : NULL,
                                      .least = INFINITY,
                                      .most = -INFINITY,
                                      .importance = NAN};

    /* the mean first, then what is around it */
    TRY(add_part(in, x, false, sums));
    for (size_t i = 0; i < I; i++)
        in->inputs[i].mean = tree_sum(&sums[i].values) / (double)sums[i].count;
    TRY(add_part(in, x, true, sums));

    for (size_t i = 0; i < I; i++) {
        double count = (double)sums[i].count;
        in->inputs[i].deviation = sqrt(tree_sum(&sums[i].squares) / count);
        in->inputs[i].missing =
            (double)sums[i].bad / (count + (double)sums[i].bad);
    }
    return ELMAN_OK;
}

static elman_status read_columns(inspection *in)
{
    size_t I = in->model->info.input_size, bytes = 0;
    if (!sizes_multiply(in->public.dataset->longest, I, sizeof(float), &bytes))
        return no_memory();
    float *x = malloc(bytes + 1);
    column_sums *sums = calloc(I, sizeof *sums);
    in->inputs = calloc(I, sizeof *in->inputs);

    bool there = x && sums && in->inputs;
    elman_status status = there ? fill_inputs(in, x, sums) : no_memory();
    if (!status) {
        in->public.inputs = in->inputs;
        in->public.input_count = I;
    }
    free(sums);
    free(x);
    return status;
}

/* ---- What the answers depend on ----------------------------------------- */

/* Whether all answers of the last forward are finite. */
static bool answers_finite(const elman_model *m, const elman_state *s)
{
    const float *y = state_output(m, s);
    size_t rows = m->info.per_sequence ? 1 : s->full.T;
    size_t count = rows * s->full.B * m->info.output_size * model_outputs(m);
    for (size_t n = 0; n < count; n++)
        if (!isfinite(y[n])) return false;
    return true;
}

/* 1 or -1 at every output: equal gradients would vanish in a softmax. */
static void set_gradient(const elman_model *m, const elman_state *s)
{
    random_key key = {.purpose = RANDOM_TEST};
    float *dy = state_output_gradient(m, s);
    size_t rows = m->info.per_sequence ? 1 : s->full.T;
    size_t count = rows * s->full.B * m->info.output_size * model_outputs(m);
    for (size_t n = 0; n < count; n++)
        dy[n] = random_uniform(key, n) < 0.5f ? -1 : 1;
}

/* What feature i of sequence b does to the answers. To one answer for all steps
 * it does the sum of what its steps do, in which noise cancels out. */
static double sum_influence(const inspection *in, const elman_batch *batch,
                            const float *dx, size_t b, size_t i)
{
    size_t I = in->public.input_count;
    size_t steps = batch->lengths ? batch->lengths[b] : batch->T;
    bool one_answer = in->model->info.per_sequence;
    double sum = 0;
    for (size_t t = 0; t < steps; t++) {
        size_t at = (t * batch->B + b) * I + i;
        double part =
            (double)dx[at] * ((double)batch->x[at] - in->inputs[i].mean);
        sum += one_answer ? part : fabs(part);
    }
    return fabs(sum);
}

/* The shares of all features in sum |dx (x - mean)|, dx as x is. */
static void share_importance(inspection *in, const elman_batch *batch,
                             const float *dx)
{
    size_t I = in->public.input_count;
    double all = 0;
    for (size_t i = 0; i < I; i++) {
        elman_input *one = &in->inputs[i];
        one->importance = 0;
        for (size_t b = 0; b < batch->B; b++)
            one->importance += sum_influence(in, batch, dx, b, i);
        all += one->importance;
    }

    /* as shares */
    for (size_t i = 0; i < I; i++)
        in->inputs[i].importance =
            all > 0 && isfinite(all) ? in->inputs[i].importance / all : NAN;
}

/* A pass forward and, where there are features to compare, backward. */
static elman_status run_batch(inspection *in, const elman_model *quiet,
                              const elman_batch *batch)
{
    const elman_state_config config = {.T = batch->T,
                                       .B = batch->B,
                                       .training = true,
                                       .passes = 1,
                                       .threads = in->config.threads};
    elman_state *s = NULL;
    float *dx = NULL;
    TRY(state_create(quiet, &config, &s));

    /* answers, then what they depend on */
    elman_status status = model_forward(quiet, s, batch, NULL);
    if (!status) in->blown = !answers_finite(quiet, s);
    if (!status && in->public.input_count && !in->blown) {
        dx = calloc(batch->T * batch->B * in->public.input_count, sizeof *dx);
        set_gradient(quiet, s);
        status = dx ? model_backward(quiet, s, NULL, dx) : no_memory();
        if (!status) share_importance(in, batch, dx);
    }

    free(dx);
    state_destroy(s);
    return status;
}

/* The same of as many sequences as the time allows, at most MOST_SEQUENCES:
 * where each has one answer, the few of the batch tell little. */
static elman_status run_many(inspection *in, const elman_model *quiet)
{
    size_t T = in->short_one.T ? in->short_one.T : 1;
    size_t count = inspection_steps(in, 3) / T;
    bool enough = count <= in->short_one.B || !in->public.input_count ||
                  !in->model->info.per_sequence || in->config.steps;
    if (enough) return run_batch(in, quiet, &in->short_one);

    const elman_loader_config order = {
        .part = in->config.part,
        .batch_size = count < MOST_SEQUENCES ? count : MOST_SEQUENCES,
        .shuffled = true,
        .seed = in->config.seed};
    elman_loader *loader = NULL;
    elman_batch batch;
    elman_target target;
    TRY(loader_create(in->public.dataset, &order, &loader));
    elman_status status = loader_read(loader, &batch, &target);
    if (!status) status = run_batch(in, quiet, &batch);
    loader_destroy(loader);
    return status;
}

/* ---- Weights ------------------------------------------------------------ */

static void check_weights(inspection *in)
{
    const elman_model *m = in->model;
    for (size_t p = 0; p < m->info.parameter_count; p++) {
        const parameter *one = &m->parameters[p];
        for (size_t n = 0; n < one->count; n++) {
            float weight;
            parameter_read_some(m, one, n, 1, &weight);
            if (isfinite(weight)) continue;
            if (!in->bad_weights++) in->bad_parameter = one->name;
        }
    }
}

elman_status inspection_read_inputs(inspection *in)
{
    const elman_model *m = in->model;
    if (in->public.dataset && m->info.input_size) TRY(read_columns(in));
    check_weights(in);

    elman_model *quiet = NULL;
    TRY(quiet_create(m, &quiet));
    elman_status status = run_many(in, quiet);
    quiet_destroy(quiet);
    return status;
}
