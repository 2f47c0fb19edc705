/*
 * predict_files.c: answers for whole files: labelled series and arrays.
 */
#include "predict.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 32 };

static int answer_batch(predictor *run, const elman_batch *batch)
{
    const network *net = run->net;
    size_t O = net->size.output_size;
    if (elman_model_forward(net->model, run->state, batch, run->y) != ELMAN_OK)
        return library_failed();

    /* one answer for each sequence, or for each of its steps */
    for (size_t b = 0; b < batch->B; b++) {
        size_t length = batch->lengths ? batch->lengths[b] : batch->T;
        size_t answers = net->size.per_sequence ? 1 : length;
        for (size_t t = 0; t < answers; t++) {
            int code =
                answer_write(&run->style, run->y + (t * batch->B + b) * O);
            if (code) return code;
        }
    }
    return 0;
}

static int answer_loader(predictor *run, elman_loader *loader)
{
    for (;;) {
        elman_batch batch;
        elman_target ignored;
        if (elman_loader_read(loader, &batch, &ignored) != ELMAN_OK)
            return library_failed();
        if (batch.B == 0) return 0;

        int code = predictor_reserve(run, batch.T, batch.B);
        if (!code) code = answer_batch(run, &batch);
        if (code) return code;
    }
}

int predict_dataset(predictor *run, const char *path)
{
    const elman_config *model = elman_model_config(run->net->model);
    elman_dataset_config config = {.encoding = run->net->note};
    elman_dataset *dataset = NULL;
    if (elman_dataset_open(path, &config, &dataset) != ELMAN_OK)
        return data_failed();

    /* one sequence at a time reads the same time first or batch first */
    elman_loader_config order = {.part = ELMAN_PART_VALIDATION,
                                 .batch_size = model->batch_first ? 1 : BATCH};

    elman_loader *loader = NULL;
    int code = elman_loader_create(dataset, &order, &loader) == ELMAN_OK
                   ? answer_loader(run, loader)
                   : library_failed();

    elman_loader_destroy(loader);
    elman_dataset_close(dataset);
    return code;
}

/* The shape of x: (N,T) is (N,T,1). */
static int check_array(const predictor *run, const char *path,
                       const elman_tensor *x, size_t *steps)
{
    size_t I = run->net->size.input_size;
    size_t found = x->rank == 3 ? x->shape[2] : 1;
    if (x->rank != 2 && x->rank != 3)
        return failed("'%s' has %zu dimensions, expected (N,T) or (N,T,I)",
                      path, x->rank);

    if (found != I)
        return failed("'%s' has %zu inputs per step, the model reads %zu", path,
                      found, I);
    if (x->shape[1] == 0) return failed("'%s' has no steps", path);

    *steps = x->shape[1];
    return 0;
}

/* Runs one sequence x (T,I) and stores its answers in y, or writes them if y is
 * NULL. */
static int answer_sequence(predictor *run, const float *x, size_t T, float *y)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t I = run->net->size.input_size, O = run->net->size.output_size;
    int code = predictor_reserve(run, T, 1);
    if (code) return code;

    /* scaled as the model reads it */
    for (size_t n = 0; n < T * I; n++)
        run->x[n] = (float)(((double)x[n] - encoding->mean[n % I]) /
                            encoding->scale[n % I]);
    code = predictor_forward(run, T);

    size_t answers = run->net->size.per_sequence ? 1 : T;
    for (size_t t = 0; t < answers && !code; t++) {
        float *one = run->y + t * O;

        /* written at once, or kept for the file */
        if (!y) {
            code = answer_write(&run->style, one);
            continue;
        }

        if (encoding->target_count && !run->style.scaled)
            answer_unscale(encoding, one);
        memcpy(y + t * O, one, O * sizeof *y);
    }
    return code;
}

static int answer_array(predictor *run, const elman_tensor *x, size_t T)
{
    size_t N = x->shape[0], I = run->net->size.input_size;
    size_t O = run->net->size.output_size;
    bool one = run->net->size.per_sequence;
    size_t row = one ? O : T * O;
    elman_tensor y = {.rank = one ? 2 : 3, .shape = {N, one ? O : T, O}};
    if (run->output && !(y.data = calloc(N * row + 1, sizeof *y.data)))
        return failed("out of memory");

    int code = 0;
    for (size_t n = 0; n < N && !code; n++)
        code = answer_sequence(run, x->data + n * T * I, T,
                               y.data ? y.data + n * row : NULL);

    if (!code && y.data && elman_array_save(run->output, &y) != ELMAN_OK)
        code = library_failed();
    free(y.data);
    return code;
}

int predict_array(predictor *run, const char *path)
{
    elman_tensor x = {0};
    size_t T = 0;
    if (elman_array_load(path, &x) != ELMAN_OK) return library_failed();
    int code = check_array(run, path, &x, &T);
    if (!code) code = answer_array(run, &x, T);
    elman_array_destroy(&x);
    return code;
}
