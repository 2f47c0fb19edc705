/*
 * inspection_samples.c: answers that are explained, one after the other: of a
 * classifier first the worst of all that were measured, then those of the
 * first sequences of the batch.
 */
#include "inspect/measured.h"

#include "inspect/attribution.h"

#include <math.h>
#include <stdlib.h>

#include "base/real.h"

/* ---- The worst answer --------------------------------------------------- */

/* Whether there is a worst answer whose whole sequence can be read again. */
static bool has_worst(const inspection *in)
{
    const elman_model_info *info = &in->model->info;
    const elman_errors *errors = in->public.errors;
    return errors && errors->task == ELMAN_TASK_CLASSIFY &&
           errors->mistake_count && info->per_sequence && !info->vocabulary;
}

/* Reads its sequence, a batch of one. */
static elman_status read_worst(inspection *in)
{
    const elman_dataset *dataset = in->public.dataset;
    size_t I = in->model->info.input_size, count = 0;
    if (sizes_multiply(dataset->longest, I, sizeof *in->worst_x, &count))
        in->worst_x = malloc(count);
    if (!in->worst_x)
        return failure(ELMAN_NO_MEMORY, "no memory for an inspection");

    size_t T;
    TRY(dataset_inputs(dataset, in->public.errors->mistakes->id, in->worst_x,
                       &T));
    in->worst = (elman_batch){.T = T, .B = 1, .x = in->worst_x};
    return ELMAN_OK;
}

/* ---- One after the other ------------------------------------------------ */

/* How many of them are no sequence of the batch. */
static size_t apart(const inspection *in) { return in->worst.B; }

/* As many points as the time allows. */
static size_t points_of(const inspection *in)
{
    size_t T = in->window_one.T ? in->window_one.T : 1;
    size_t points = inspection_steps(in, 3) / T;
    if (points < 16) points = 16;
    return points > 128 ? 128 : points;
}

/* Begins the next one; points 0: as many as it takes. */
static elman_status begin_sample(inspection *in, size_t points)
{
    elman_attribution_config config = {.points = points,
                                       .threads = in->config.threads};

    /* the worst one: why that answer */
    const elman_batch *batch = &in->window_one;
    if (in->sample < apart(in)) {
        batch = &in->worst;
        config.output = (size_t)in->public.errors->mistakes->answer + 1;
        in->sample_mistakes[in->sample] = 1;
        in->sample_sequences[in->sample] = in->batch.B;
    } else {
        config.sequence = in->sample - apart(in);
        in->sample_sequences[in->sample] = config.sequence;
    }
    return attribution_begin(in->model, batch, &config,
                             &in->samples[in->sample]);
}

elman_status inspection_begin_samples(inspection *in)
{
    if (has_worst(in)) TRY(read_worst(in));
    size_t most = in->batch.B + apart(in);
    if (in->config.samples > most) in->config.samples = most;

    size_t count = in->config.samples;
    in->samples = calloc(count, sizeof *in->samples);
    in->sample_sequences = calloc(count, sizeof *in->sample_sequences);
    in->sample_mistakes = calloc(count, sizeof *in->sample_mistakes);
    if (!in->samples || !in->sample_sequences || !in->sample_mistakes)
        return failure(ELMAN_NO_MEMORY, "no memory for an inspection");
    return begin_sample(in, points_of(in));
}

/* Whether so much is not explained that it is worth the time to try again. */
static bool falls_short(const elman_attribution *a)
{
    double size = 0;
    for (size_t t = 0; t < a->T; t++)
        size += fabs(a->steps[t]);
    return fabs(a->gap) > 0.01 * size;
}

elman_status inspection_step_samples(inspection *in)
{
    elman_attribution *now = in->samples[in->sample];
    size_t count = in->config.samples;
    TRY(attribution_step(now));
    double progress = ((double)in->sample + now->progress) / (double)count;
    in->row_progress =
        real_max(in->row_progress, progress); /* of a second try */
    if (!now->done) return ELMAN_OK;
    if (!in->tried && falls_short(now)) {
        attribution_end(now);
        in->samples[in->sample] = NULL;
        in->tried = true;
        return begin_sample(in, 0);
    }

    /* this one can be seen; then the next */
    in->sample++;
    in->tried = false;
    in->public.sample_count = in->sample;
    in->public.samples = (const elman_attribution *const *)in->samples;
    in->public.sample_sequences = in->sample_sequences;
    in->public.sample_mistakes = in->sample_mistakes;
    in->row_done = in->sample == count;
    return in->row_done ? ELMAN_OK : begin_sample(in, points_of(in));
}

void inspection_end_samples(inspection *in)
{
    for (size_t n = 0; in->samples && n < in->config.samples; n++)
        attribution_end(in->samples[n]);
    free(in->samples);
    free(in->sample_sequences);
    free(in->sample_mistakes);
    free(in->worst_x);

    /* as if it had never begun */
    in->samples = NULL;
    in->sample_sequences = in->sample_mistakes = NULL;
    in->worst_x = NULL;
    in->public.samples = NULL;
    in->public.sample_sequences = in->public.sample_mistakes = NULL;
    in->public.sample_count = 0;
}
