/*
 * predictor.c: what runs a model for `elman predict`, with room that grows with
 * the data; see predict.h.
 */
#include "predict.h"
#include "screen.h"

#include <stdlib.h>

int predictor_reserve(predictor *run, size_t T, size_t B)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t outputs = run->net->size.output_size;
    size_t steps = run->net->size.output_steps;
    if (steps && T != steps)
        return failed("'%s' answers with %zu steps for each sequence, but one "
                      "of the data has %zu, expected as many",
                      run->net->path, steps, T);
    if (run->state && T <= run->T && B <= run->B) {
        elman_state_reset(run->net->model, run->state);
        return 0;
    }

    /* lines grow longer little by little: with twice the room this is rare */
    size_t room = run->state ? 2 * T : T;
    const elman_state_config config = {
        .T = room, .B = B, .threads = run->threads};
    predictor_close(run);

    if (elman_state_create(run->net->model, &config, &run->state) != ELMAN_OK)
        return library_failed();
    run->y = calloc(room * B, outputs * sizeof *run->y);
    bool numbers = encoding->target_count && !encoding->class_count;
    if (numbers) run->values = calloc(outputs + 1, sizeof *run->values);
    if (!run->y || (numbers && !run->values)) return failed("out of memory");

    run->T = room;
    run->B = B;
    return 0;
}

void predictor_close(predictor *run)
{
    elman_state_destroy(run->state);
    free(run->y);
    free(run->values);
    run->state = NULL;
    run->y = NULL;
    run->values = NULL;
}

int predictor_answer(predictor *run, const elman_dataset *dataset, uint64_t id,
                     size_t step, const float *y)
{
    const elman_encoding *encoding = run->net->encoding;
    answer a = {.dataset = dataset,
                .id = id,
                .step = step,
                .y = y,
                .values = run->values,
                .steps = encoding->horizon ? encoding->horizon : 1};

    /* values in the units of the data, or as they are */
    if (a.values && !run->style.scaled)
        elman_dataset_values(dataset, id, step, y, run->values);
    for (size_t k = 0;
         run->style.scaled && a.values && k < run->net->size.output_size; k++)
        run->values[k] = (double)y[k];

    run->answers++;
    return run->take(run->to, &a);
}
