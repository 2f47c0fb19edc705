/* train.c: elman_train.h: data, training, sampling, self-tests. */
#include "api/need.h"
#include "base/bytes.h"
#include "base/stop.h"
#include "data/dataset.h"
#include "data/encoding.h"
#include "data/loader.h"
#include "format/array.h"
#include "learn/agreement.h"
#include "learn/baseline.h"
#include "learn/checkpoint.h"
#include "learn/evaluate.h"
#include "learn/ranks.h"
#include "learn/residual.h"
#include "learn/saving.h"
#include "learn/sampler.h"
#include "learn/trainer.h"
#include "proof/verify.h"

/* ---- Data --------------------------------------------------------------- */

uint64_t elman_bytes_read(void) { return bytes_counted(); }

void elman_stop_when(elman_stop_question asks, void *context)
{
    stop_when(asks, context);
}

elman_status elman_encoding_create(const char *text, elman_encoding **encoding)
{
    NEED(text, encoding);
    return encoding_create(text, encoding);
}

void elman_encoding_destroy(elman_encoding *encoding)
{
    encoding_destroy(encoding);
}

size_t elman_encoding_outputs(const elman_encoding *encoding,
                              bool *per_sequence)
{
    if (!encoding) return 0;
    if (per_sequence) *per_sequence = encoding_per_sequence(encoding);
    return encoding_outputs(encoding);
}

size_t elman_encoding_rows(const elman_encoding *encoding)
{
    return encoding ? encoding_rows(encoding) : 0;
}

bool elman_encoding_streams(const elman_encoding *encoding)
{
    return encoding && encoding_streams(encoding);
}

elman_status elman_encoding_read(const elman_encoding *encoding,
                                 const char *text, size_t bytes,
                                 size_t capacity, int32_t *tokens,
                                 size_t *count, size_t *unknown)
{
    NEED(encoding, text, count);
    if (capacity) NEED(tokens);

    /* once without writing: a text that cannot be read leaves tokens alone */
    size_t found;
    if (capacity)
        TRY(encoding_read(encoding, text, bytes, 0, NULL, &found, unknown));
    return encoding_read(encoding, text, bytes, capacity, tokens, count,
                         unknown);
}

elman_status elman_dataset_open(const char *path,
                                const elman_dataset_config *config,
                                elman_dataset **dataset)
{
    NEED(path, config, dataset);
    stop_enter();
    return stop_leave(dataset_open(path, config, dataset));
}

elman_status elman_dataset_read(const char *name, const void *bytes,
                                size_t size, const elman_dataset_config *config,
                                elman_dataset **dataset)
{
    NEED(name, bytes, config, dataset);
    stop_enter();
    return stop_leave(dataset_read(name, bytes, size, config, dataset));
}

elman_status elman_dataset_open_arrays(const elman_arrays *arrays,
                                       const elman_dataset_config *config,
                                       elman_dataset **dataset)
{
    NEED(arrays, config, dataset);
    stop_enter();
    return stop_leave(dataset_open_arrays(arrays, config, dataset));
}

void elman_dataset_close(elman_dataset *dataset) { dataset_close(dataset); }

const elman_encoding *elman_dataset_encoding(const elman_dataset *dataset)
{
    return dataset ? dataset_encoding(dataset) : NULL;
}

const char *elman_dataset_note(const elman_dataset *dataset)
{
    return dataset ? dataset_note(dataset) : NULL;
}

size_t elman_dataset_size(const elman_dataset *dataset, elman_part part)
{
    return dataset ? dataset_size(dataset, part) : 0;
}

size_t elman_dataset_longest(const elman_dataset *dataset)
{
    return dataset ? dataset_longest(dataset) : 0;
}

const elman_fact *elman_dataset_facts(const elman_dataset *dataset,
                                      size_t *count)
{
    if (!dataset || !count) return NULL;
    return dataset_facts(dataset, count);
}

void elman_dataset_origin(const elman_dataset *dataset, uint64_t id,
                          size_t step, elman_origin *origin)
{
    if (dataset && origin) dataset_origin(dataset, id, step, origin);
}

void elman_dataset_values(const elman_dataset *dataset, uint64_t id,
                          size_t step, const float *y, double *values)
{
    if (dataset && y && values) dataset_values(dataset, id, step, y, values);
}

elman_status elman_dataset_truth(const elman_dataset *dataset, uint64_t id,
                                 size_t step, size_t steps, double *values)
{
    NEED(dataset, values);
    return dataset_truth(dataset, id, step, steps, values);
}

void elman_dataset_repeat(const elman_dataset *dataset, uint64_t id,
                          size_t rows, double *values)
{
    bool forecast =
        dataset && dataset_encoding(dataset)->task == ELMAN_TASK_FORECAST;
    if (forecast && values && rows) dataset_repeat(dataset, id, rows, values);
}

int32_t elman_dataset_class(const elman_dataset *dataset, uint64_t id,
                            size_t step)
{
    return dataset ? dataset_class(dataset, id, step) : -1;
}

size_t elman_dataset_inputs(const elman_dataset *dataset, uint64_t id, float *x)
{
    size_t steps = 0;
    bool read = dataset && x && !dataset_inputs(dataset, id, x, &steps);
    return read ? steps : 0;
}

elman_status elman_dataset_extend(elman_dataset *dataset, uint64_t id,
                                  const double *values, uint64_t *next)
{
    NEED(dataset, values, next);
    return dataset_extend(dataset, id, values, next);
}

elman_status elman_loader_create(const elman_dataset *dataset,
                                 const elman_loader_config *config,
                                 elman_loader **loader)
{
    NEED(dataset, config, loader);
    return loader_create(dataset, config, loader);
}

void elman_loader_destroy(elman_loader *loader) { loader_destroy(loader); }

elman_status elman_loader_read(elman_loader *loader, elman_batch *batch,
                               elman_target *target)
{
    NEED(loader, batch, target);
    return loader_read(loader, batch, target);
}

void elman_loader_reset(elman_loader *loader, uint64_t epoch, uint64_t index)
{
    if (loader) loader_reset(loader, epoch, index);
}

size_t elman_loader_size(const elman_loader *loader)
{
    return loader ? loader_size(loader) : 0;
}

elman_status elman_array_load(const char *path, elman_tensor *array)
{
    NEED(path, array);
    return array_load(path, array);
}

elman_status elman_array_save(const char *path, const elman_tensor *array)
{
    NEED(path, array);
    return array_save(path, array);
}

void elman_array_destroy(elman_tensor *array) { array_destroy(array); }

/* ---- Training ----------------------------------------------------------- */

void elman_trainer_destroy(elman_trainer *trainer) { trainer_destroy(trainer); }

elman_status elman_trainer_step(elman_trainer *trainer)
{
    NEED(trainer);
    return trainer_step(trainer);
}

void elman_trainer_stop(elman_trainer *trainer, bool stop)
{
    if (trainer) trainer_stop(trainer, stop);
}

elman_status elman_trainer_follow(elman_trainer *trainer)
{
    NEED(trainer);
    return ranks_follow(trainer);
}

const elman_progress *elman_trainer_progress(const elman_trainer *trainer)
{
    return trainer ? trainer_progress(trainer) : NULL;
}

const elman_profile *elman_trainer_profile(const elman_trainer *trainer)
{
    return trainer ? trainer_profile(trainer) : NULL;
}

elman_status elman_trainer_save(const elman_trainer *trainer, const char *path)
{
    NEED(trainer, path);
    return saving_run(trainer, path);
}

elman_status elman_trainer_begin_save(elman_trainer *trainer, const char *path)
{
    NEED(trainer, path);
    return saving_begin(trainer, path);
}

elman_status elman_trainer_end_save(elman_trainer *trainer, bool wait,
                                    bool *ended)
{
    NEED(trainer);
    return saving_end(trainer, wait, ended);
}

elman_status elman_trainer_read_memory(const elman_trainer *trainer,
                                       elman_trainer_memory *memory)
{
    NEED(trainer, memory);
    return trainer_read_memory(trainer, memory);
}

elman_status elman_trainer_read_hash(elman_trainer *trainer, uint64_t *hash)
{
    NEED(trainer, hash);
    return agreement_read_hash(trainer, hash);
}

elman_status elman_trainer_load(elman_trainer *trainer, const char *path)
{
    NEED(trainer, path);
    return checkpoint_load(trainer, path);
}

elman_status elman_trainer_keep_best(elman_trainer *trainer)
{
    NEED(trainer);
    return ranks_keep_best(trainer);
}

elman_status elman_trainer_evaluate(elman_trainer *trainer, elman_part part,
                                    elman_metrics *metrics, uint64_t *confusion)
{
    NEED(trainer, metrics);
    return ranks_evaluate(trainer, part, metrics, confusion);
}

elman_status elman_trainer_baseline(elman_trainer *trainer,
                                    const elman_baseline_config *config,
                                    elman_baseline *baseline)
{
    NEED(trainer, config, baseline);
    return ranks_baseline(trainer, config, baseline);
}

elman_status elman_trainer_residuals(elman_trainer *trainer, elman_part part,
                                     elman_residuals **residuals)
{
    NEED(trainer, residuals);
    return ranks_residuals(trainer, part, residuals);
}

elman_status elman_model_evaluate(const elman_model *model,
                                  const elman_dataset *dataset, elman_part part,
                                  const elman_trainer_config *config,
                                  elman_metrics *metrics, uint64_t *confusion)
{
    NEED(model, dataset, config, metrics);
    stop_enter();
    return stop_leave(
        evaluate(model, dataset, part, config, metrics, confusion));
}

elman_status elman_model_residuals(const elman_model *model,
                                   const elman_dataset *dataset,
                                   elman_part part,
                                   const elman_trainer_config *config,
                                   elman_residuals **residuals)
{
    NEED(model, dataset, config, residuals);
    stop_enter();
    return stop_leave(
        residuals_measure(model, dataset, part, config, residuals));
}

const char *elman_residuals_note(const elman_residuals *residuals)
{
    return residuals ? residuals_note(residuals) : NULL;
}

elman_status elman_residuals_create(const char *text,
                                    elman_residuals **residuals)
{
    NEED(text, residuals);
    return residuals_create(text, residuals);
}

void elman_residuals_destroy(elman_residuals *residuals)
{
    residuals_destroy(residuals);
}

size_t elman_residuals_size(const elman_residuals *residuals)
{
    return residuals ? residuals_size(residuals) : 0;
}

void elman_residuals_scale(const elman_residuals *residuals,
                           const elman_dataset *dataset, uint64_t id,
                           double *scale)
{
    if (residuals && dataset && scale)
        residuals_scale(residuals, dataset, id, scale);
}

elman_status elman_residuals_read(const elman_residuals *residuals,
                                  size_t output, double level, double *quantile)
{
    NEED(residuals, quantile);
    return residuals_read(residuals, output, level, quantile);
}

elman_status elman_dataset_baseline(const elman_dataset *dataset,
                                    const elman_baseline_config *config,
                                    elman_baseline *baseline)
{
    static const elman_baseline_config training = {.part = ELMAN_PART_TRAIN};
    NEED(dataset, baseline);
    return baseline_read(dataset, config ? config : &training, baseline);
}

/* ---- Sampling ---------------------------------------------------------- */

elman_status elman_sampler_step(const elman_sampler *sampler, uint64_t draw,
                                size_t V, const float *logits, int32_t *token)
{
    NEED(sampler, logits, token);
    return sampler_step(sampler, draw, V, logits, token);
}

elman_status elman_verify(const elman_verify_config *config,
                          elman_verify_report *report)
{
    NEED(config, report);
    return verify(config, report);
}
