/*
 * predict_past.c: forecasts past the end of each series: of the model's
 * horizon, or further with each forecast read as if it had come true.
 */
#include "predict.h"
#include "screen.h"

#include <stdlib.h>

/* Forecasts from window id into run->y; x has room for its inputs. */
static int run_window(predictor *run, const elman_dataset *dataset, uint64_t id,
                      float *x)
{
    size_t T = elman_dataset_inputs(dataset, id, x);
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    int code = predictor_reserve(run, T, 1);
    if (code) return code;
    return elman_model_forward(run->net->model, run->state, &batch, run->y) ==
                   ELMAN_OK
               ? 0
               : library_failed();
}

/* A forecast into values, and those that follow it, until they are as many
 * steps as wanted; values has room for a horizon more. */
static int forecast(predictor *run, elman_dataset *dataset, uint64_t id,
                    size_t steps, float *x, double *values)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t horizon = encoding->horizon, targets = encoding->target_count;
    for (size_t done = 0;; done += horizon, values += horizon * targets) {
        int code = run_window(run, dataset, id, x);
        if (code) return code;
        elman_dataset_values(dataset, id, 0, run->y, values);
        if (done + horizon >= steps) return 0;

        /* read as if it had come true */
        if (elman_dataset_extend(dataset, id, values, &id) != ELMAN_OK)
            return failed("--steps %zu: %s", steps, elman_message());
    }
}

static int answer_window(predictor *run, elman_dataset *dataset, uint64_t id)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t steps = run->steps ? run->steps : encoding->horizon;
    size_t inputs = elman_dataset_longest(dataset) * encoding->input_size;
    float *x = calloc(inputs + 1, sizeof *x);
    double *values = calloc(steps + encoding->horizon,
                            encoding->target_count * sizeof *values);

    answer a = {.dataset = dataset, .id = id, .values = values, .steps = steps};
    int code = x && values ? forecast(run, dataset, id, steps, x, values)
                           : failed("out of memory");
    if (!code) code = run->take(run->to, &a);
    run->answers += !code;
    free(x);
    free(values);
    return code;
}

/* True if no window of the series of id follows it: the windows of a series
 * are numbered in the order of time. */
static bool is_last(const elman_dataset *dataset, uint64_t id, size_t count)
{
    elman_origin here, next;
    if (id + 1 == count) return true;
    elman_dataset_origin(dataset, id, 0, &here);
    elman_dataset_origin(dataset, id + 1, 0, &next);
    return here.sequence != next.sequence;
}

int answer_past_end(predictor *run, elman_dataset *dataset)
{
    size_t count = elman_dataset_size(dataset, ELMAN_PART_VALIDATION);
    int code = 0;
    for (uint64_t id = 0; id < count && !code; id++)
        if (is_last(dataset, id, count)) code = answer_window(run, dataset, id);
    return code;
}
