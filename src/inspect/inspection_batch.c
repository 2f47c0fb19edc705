/*
 * inspection_batch.c: what is measured: some sequences of the data, chosen by
 * the seed; of a text its beginning, as several streams; without data, random
 * input as scaled data would be.
 */
#include "inspect/measured.h"

#include "base/random.h"
#include "data/loader.h"
#include "learn/evaluate.h"

#include <stdlib.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for an inspection");
}

size_t inspection_steps(const inspection *in, double passes)
{
    double one = model_flops(in->model, 1, false) * passes;
    double steps = SECTION_FLOPS / (one > 1 ? one : 1);
    return steps > 1e9 ? 1000000000 : steps > 1 ? (size_t)steps : 1;
}

/* The first steps of batch as view, whose lengths (B) are written to room. */
static void cut(const elman_batch *batch, size_t steps, size_t *room,
                elman_batch *view)
{
    *view = *batch;
    if (steps >= batch->T) return;
    view->T = steps; /* time first: the first steps of all stay in place */

    if (!batch->lengths) return;
    for (size_t b = 0; b < batch->B; b++)
        room[b] = batch->lengths[b] < steps ? batch->lengths[b] : steps;
    view->lengths = room;
}

/* ---- Of the data -------------------------------------------------------- */

/* Sequences and steps of a text, which may be too short for as many. */
static void fit_text(size_t tokens, size_t *sequences, size_t *steps)
{
    while (*sequences > 1 && *sequences * (*steps + 1) > tokens)
        (*sequences)--;
    if (*steps + 1 > tokens && tokens > 1) *steps = tokens - 1;
}

/* The same dataset with at most so many tokens or sequences in a part: a view
 * that shares all else. */
static elman_dataset limit_part(const inspection *in, elman_part part)
{
    elman_dataset view = *in->public.dataset;
    size_t steps = inspection_steps(in, 1), longest = view.longest;
    size_t most = longest ? steps / longest : steps;
    size_t least = longest ? 64 : 4096;
    if (most < least) most = least;
    if (view.size[part] > most) view.size[part] = most;
    return view;
}

static elman_status read_batch(inspection *in)
{
    const elman_dataset *dataset = in->public.dataset;
    elman_inspection_config *config = &in->config;
    bool is_text = dataset_encoding(dataset)->task == ELMAN_TASK_LANGUAGE;
    size_t steps = config->steps ? config->steps : TEXT_STEPS;
    size_t sequences = config->sequences;
    if (is_text)
        fit_text(dataset_size(dataset, config->part), &sequences, &steps);

    const elman_loader_config order = {.part = config->part,
                                       .batch_size = sequences,
                                       .steps = steps,
                                       .shuffled = true,
                                       .seed = config->seed};
    TRY(loader_create(dataset, &order, &in->loader));
    return loader_read(in->loader, &in->batch, &in->target);
}

/* ---- Without data ------------------------------------------------------- */

/* Random tokens, or values of mean 0 and variance 1, as scaled data has
 * (uniform in +-sqrt 3). */
static elman_status draw_batch(inspection *in)
{
    const elman_model_info *info = &in->model->info;
    size_t T = in->config.steps ? in->config.steps : RANDOM_STEPS;
    size_t B = in->config.sequences, V = info->vocabulary, rows = 0, count = 0;
    if (!sizes_multiply(T, B, 1, &rows) ||
        !sizes_multiply(rows, V ? 1 : info->input_size, sizeof *in->x, &count))
        return failure(ELMAN_BAD_VALUE,
                       "steps is %zu, and that many steps of %zu sequences do "
                       "not fit in memory; choose fewer",
                       T, B);

    /* tokens and values of the same draws */
    count /= sizeof *in->x;
    if (V) in->tokens = malloc(count * sizeof *in->tokens + 1);
    else in->x = malloc(count * sizeof *in->x + 1);
    if (!in->tokens && !in->x) return no_memory();
    const random_key key = {.seed = in->config.seed, .purpose = RANDOM_TEST};
    for (size_t n = 0; n < count; n++) {
        double part = (double)random_uniform(key, n);
        if (V) in->tokens[n] = (int32_t)(part * (double)V);
        else in->x[n] = (float)(3.4641016151377544 * (part - 0.5));
    }

    in->batch = (elman_batch){.T = T, .B = B, .x = in->x, .tokens = in->tokens};
    return ELMAN_OK;
}

/* ---- Both --------------------------------------------------------------- */

/* What is measured of data besides the batch. */
static elman_status prepare_data(inspection *in)
{
    const elman_dataset *dataset = in->public.dataset;
    in->training = (elman_trainer_config){.loss = {.kind = in->config.loss},
                                          .threads = in->config.threads};
    TRY(evaluate_check(in->model, dataset, &in->training.loss));

    in->part = limit_part(in, in->config.part);
    in->train = limit_part(in, ELMAN_PART_TRAIN);
    return read_batch(in);
}

static bool pools(const elman_model *m)
{
    for (size_t i = 0; i < m->layer_count; i++)
        if (m->layers[i].config.kind == ELMAN_POOL) return true;
    return false;
}

/* Steps of a map of which one row alone is filled: its memory is taken as
 * their square, and used as the row. */
enum { WIDEST_MAP = 8192 };

/* Steps whose square SECTION_FLOPS pays for, at least 8; all of them where
 * one alone is gone back from. */
static size_t square_steps(const inspection *in, bool one, double passes)
{
    size_t most = 8, all = inspection_steps(in, passes);
    if (one) return in->batch.T < WIDEST_MAP ? in->batch.T : WIDEST_MAP;
    while (most < in->batch.T && most * most < all)
        most++;
    return most;
}

elman_status inspection_make_batch(inspection *in)
{
    TRY(in->public.dataset ? prepare_data(in) : draw_batch(in));
    in->lengths = calloc(3 * in->batch.B + 1, sizeof *in->lengths);
    if (!in->lengths) return no_memory();

    /* a table or a file of series may have more steps than were asked for */
    size_t steps = in->config.steps ? in->config.steps : in->batch.T;
    const elman_batch whole = in->batch;
    cut(&whole, steps, in->lengths, &in->batch);

    /* what goes back from every step costs their square; the flow does so from
     * every one that is pooled */
    const elman_model *m = in->model;
    bool one = m->info.per_sequence;
    cut(&in->batch, square_steps(in, one && !pools(m), 0.5),
        in->lengths + in->batch.B, &in->short_one);
    cut(&in->batch, square_steps(in, one, 2), in->lengths + 2 * in->batch.B,
        &in->window_one);
    in->public.batch = &in->batch;
    if (!in->public.dataset || (!in->target.classes && !in->target.values))
        return ELMAN_OK;
    return properties_create(in->public.dataset, &in->batch, &in->target,
                             &in->properties);
}

void inspection_free_batch(inspection *in)
{
    properties_destroy(in->properties);
    loader_destroy(in->loader);
    free(in->lengths);
    free(in->tokens);
    free(in->x);
}
