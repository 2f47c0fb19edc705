/*
 * api.c: the front door. Every public function: what must not be NULL, then
 * one call down. What arguments mean is checked where they are used.
 */
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "data/encoding.h"
#include "data/loader.h"
#include "exchange/check.h"
#include "exchange/export.h"
#include "exchange/graph.h"
#include "exchange/import.h"
#include "format/array.h"
#include "inspect/flow.h"
#include "learn/checkpoint.h"
#include "learn/evaluate.h"
#include "learn/saving.h"
#include "learn/loss.h"
#include "learn/optimizer.h"
#include "learn/sampler.h"
#include "learn/schedule.h"
#include "learn/trainer.h"
#include "model/model.h"
#include "proof/machine.h"
#include "proof/roof.h"
#include "proof/verify.h"

/* ELMAN_BAD_VALUE for an argument that may not be NULL. */
static elman_status need(const void *argument, const char *name)
{
    if (argument) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "%s is NULL, expected a pointer", name);
}

const char *elman_version(void) { return ELMAN_VERSION; }

elman_status elman_machine_read(elman_machine *machine)
{
    TRY(need(machine, "machine"));
    machine_read(machine);
    return ELMAN_OK;
}

elman_status elman_roof_read(int threads, elman_roof *roof)
{
    TRY(need(roof, "roof"));
    return roof_read(threads, roof);
}

/* ---- Model -------------------------------------------------------------- */

elman_status elman_model_create(const elman_config *config, elman_model **model)
{
    TRY(need(config, "config"));
    TRY(need(model, "model"));
    return model_create(config, model);
}

void elman_model_destroy(elman_model *model) { model_destroy(model); }

elman_status elman_model_load(const char *path, elman_model **model)
{
    TRY(need(path, "path"));
    TRY(need(model, "model"));
    return import_load(path, model);
}

elman_status elman_model_save(const elman_model *model, const char *path)
{
    TRY(need(model, "model"));
    TRY(need(path, "path"));
    return model_save(model, path);
}

const elman_config *elman_model_config(const elman_model *model)
{
    return model ? &model->config : NULL;
}

elman_model_info elman_model_size(const elman_model *model)
{
    return model ? model->info : (elman_model_info){0};
}

const char *elman_model_parameter(const elman_model *model, size_t index,
                                  elman_tensor *shape)
{
    if (!model || index >= model->info.parameters) return NULL;
    const parameter *p = model->parameters + index;
    if (shape) {
        shape->data = model->weights + p->offset;
        shape->rank = p->rank;
        memcpy(shape->shape, p->shape, sizeof shape->shape);
    }
    return p->name;
}

elman_status elman_model_read(const elman_model *model, const char *name,
                              size_t count, float *values)
{
    TRY(need(model, "model"));
    TRY(need(name, "name"));
    TRY(need(values, "values"));
    return model_read(model, name, count, values);
}

elman_status elman_model_write(elman_model *model, const char *name,
                               size_t count, const float *values)
{
    TRY(need(model, "model"));
    TRY(need(name, "name"));
    TRY(need(values, "values"));
    return model_write(model, name, count, values);
}

const char *elman_model_note(const elman_model *model, const char *key)
{
    return model && key ? model_note_text(model, key) : NULL;
}

elman_status elman_model_write_note(elman_model *model, const char *key,
                                    const char *text)
{
    TRY(need(model, "model"));
    TRY(need(key, "key"));
    return model_write_note(model, key, text);
}

double elman_model_flops(const elman_model *model, uint64_t steps,
                         bool backward)
{
    return model ? model_flops(model, steps, backward) : 0;
}

/* ---- Exchange ----------------------------------------------------------- */

elman_status elman_import_open(const char *const *paths, size_t count,
                               const elman_import_config *config,
                               elman_import **import)
{
    TRY(need(paths, "paths"));
    TRY(need(import, "import"));
    for (size_t i = 0; i < count; i++)
        TRY(need(paths[i], "a path"));
    return import_open(paths, count, config, import);
}

void elman_import_close(elman_import *import) { import_close(import); }

const elman_import_row *elman_import_rows(const elman_import *import,
                                          size_t *count)
{
    if (need(import, "import") || need(count, "count")) return NULL;
    return import_rows(import, count);
}

elman_status elman_import_create(const elman_import *import,
                                 elman_model **model)
{
    TRY(need(import, "import"));
    TRY(need(model, "model"));
    return import_create(import, model);
}

elman_status elman_model_check(const elman_model *model, const char *x,
                               const char *y, elman_check *check)
{
    TRY(need(model, "model"));
    TRY(need(x, "x"));
    TRY(need(y, "y"));
    TRY(need(check, "check"));
    return model_check(model, x, y, check);
}

static elman_status check_format(elman_export_format format)
{
    if ((unsigned)format <= ELMAN_EXPORT_ONNX) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "format is %d, expected 0 to %d",
                   (int)format, ELMAN_EXPORT_ONNX);
}

elman_status elman_model_export(const elman_model *model,
                                elman_export_format format, const char *path)
{
    TRY(need(model, "model"));
    TRY(need(path, "path"));
    TRY(check_format(format));
    return format == ELMAN_EXPORT_TORCH ? export_torch(model, path)
                                        : export_onnx(model, path);
}

elman_status elman_export_read(const elman_model *model,
                               elman_export_format format, const char *path,
                               size_t capacity, char *lines)
{
    TRY(need(model, "model"));
    TRY(need(path, "path"));
    TRY(need(lines, "lines"));
    TRY(check_format(format));
    return format == ELMAN_EXPORT_TORCH
               ? export_torch_lines(model, path, capacity, lines)
               : export_onnx_lines(model, path, capacity, lines);
}

elman_status elman_graph_open(const char *path, elman_graph **graph)
{
    TRY(need(path, "path"));
    TRY(need(graph, "graph"));
    return graph_open(path, graph);
}

void elman_graph_close(elman_graph *graph) { graph_close(graph); }

const elman_port *elman_graph_ports(const elman_graph *graph, size_t *count)
{
    if (need(graph, "graph") || need(count, "count")) return NULL;
    return graph_ports(graph, count);
}

elman_status elman_graph_load(elman_graph *graph, const char *name,
                              const char *path)
{
    TRY(need(graph, "graph"));
    TRY(need(name, "name"));
    TRY(need(path, "path"));
    return graph_load(graph, name, path);
}

elman_status elman_graph_forward(elman_graph *graph, size_t steps, int threads)
{
    TRY(need(graph, "graph"));
    return graph_forward(graph, steps, threads);
}

elman_status elman_graph_save(const elman_graph *graph, const char *name,
                              const char *path)
{
    TRY(need(graph, "graph"));
    TRY(need(name, "name"));
    TRY(need(path, "path"));
    return graph_save(graph, name, path);
}

/* ---- State -------------------------------------------------------------- */

size_t elman_state_size(const elman_model *model,
                        const elman_state_config *config)
{
    if (need(model, "model") || need(config, "config")) return 0;
    return state_size(model, config);
}

elman_status elman_state_init(const elman_model *model,
                              const elman_state_config *config, size_t bytes,
                              void *memory, elman_state **state)
{
    TRY(need(model, "model"));
    TRY(need(config, "config"));
    TRY(need(memory, "memory"));
    TRY(need(state, "state"));
    return state_init(model, config, bytes, memory, state);
}

elman_status elman_state_create(const elman_model *model,
                                const elman_state_config *config,
                                elman_state **state)
{
    TRY(need(model, "model"));
    TRY(need(config, "config"));
    TRY(need(state, "state"));
    return state_create(model, config, state);
}

void elman_state_destroy(elman_state *state) { state_destroy(state); }

void elman_state_reset(const elman_model *model, elman_state *state)
{
    if (model && state && state->model == model) state_reset(model, state);
}

elman_status elman_state_reset_one(const elman_model *model, elman_state *state,
                                   size_t b)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    return state_reset_one(model, state, b);
}

elman_status elman_state_join(const elman_model *model, elman_state *state,
                              size_t *b)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    TRY(need(b, "b"));
    return state_join(model, state, b);
}

elman_status elman_state_leave(const elman_model *model, elman_state *state,
                               size_t b)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    return state_leave(model, state, b);
}

void elman_state_zero(elman_state *state)
{
    if (state) state_zero(state);
}

elman_status elman_state_copy(elman_state *to, const elman_state *from)
{
    TRY(need(to, "to"));
    TRY(need(from, "from"));
    return state_copy(to, from);
}

elman_status elman_state_save(const elman_model *model,
                              const elman_state *state, const char *path)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    TRY(need(path, "path"));
    return state_save(model, state, path);
}

elman_status elman_state_load(const elman_model *model, elman_state *state,
                              const char *path)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    TRY(need(path, "path"));
    return state_load(model, state, path);
}

elman_status elman_state_view(const elman_model *model, elman_state *state,
                              const char *name, elman_tensor *view)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    TRY(need(name, "name"));
    TRY(need(view, "view"));
    return state_view(model, state, name, view);
}

/* ---- Passes ------------------------------------------------------------- */

elman_status elman_model_forward(const elman_model *model, elman_state *state,
                                 const elman_batch *batch, float *y)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    TRY(need(batch, "batch"));
    return model_forward(model, state, batch, y);
}

elman_status elman_model_backward(const elman_model *model, elman_state *state,
                                  const float *dy, float *dx)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    return model_backward(model, state, dy, dx);
}

elman_status elman_model_step(const elman_model *model, elman_state *state,
                              const float *x, float *y)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    TRY(need(x, "x"));
    return model_step(model, state, x, y);
}

elman_status elman_cell_step(const elman_model *model, elman_state *state,
                             const float *x, const float *h, const float *c,
                             float *h_out, float *c_out)
{
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    TRY(need(x, "x"));
    TRY(need(h_out, "h_out"));
    return cell_step(model, state, x, h, c, h_out, c_out);
}

/* ---- Loss, optimizer, schedule ------------------------------------------ */

elman_status elman_loss_forward(const elman_loss_config *config,
                                const elman_batch *shape, size_t O,
                                const float *y, const elman_target *target,
                                double *loss, float *dy)
{
    TRY(need(config, "config"));
    TRY(need(shape, "shape"));
    TRY(need(y, "y"));
    TRY(need(target, "target"));
    TRY(need(loss, "loss"));
    return loss_forward(config, shape, O, y, target, loss, dy);
}

elman_status elman_optimizer_create(const elman_model *model,
                                    const elman_optimizer_config *config,
                                    elman_optimizer **optimizer)
{
    TRY(need(model, "model"));
    TRY(need(config, "config"));
    TRY(need(optimizer, "optimizer"));
    return optimizer_create(config, model->weight_count, optimizer);
}

void elman_optimizer_destroy(elman_optimizer *optimizer)
{
    optimizer_destroy(optimizer);
}

elman_status elman_optimizer_step(elman_optimizer *optimizer,
                                  elman_model *model, elman_state *state,
                                  double learning_rate, double *norm)
{
    TRY(need(optimizer, "optimizer"));
    TRY(need(model, "model"));
    TRY(need(state, "state"));
    return trainer_update(optimizer, model, state, learning_rate, norm, NULL);
}

double elman_schedule_rate(const elman_schedule_config *config,
                           const elman_schedule *schedule, double learning_rate)
{
    static const elman_schedule_config constant;
    static const elman_schedule start;
    return schedule_rate(config ? config : &constant,
                         schedule ? schedule : &start, learning_rate);
}

void elman_schedule_step(const elman_schedule_config *config,
                         elman_schedule *schedule, double loss)
{
    if (config && schedule) schedule_seen(config, schedule, loss);
}

elman_status elman_sampler_step(const elman_sampler *sampler, uint64_t draw,
                                size_t V, const float *logits, int32_t *token)
{
    TRY(need(sampler, "sampler"));
    TRY(need(logits, "logits"));
    TRY(need(token, "token"));
    return sampler_step(sampler, draw, V, logits, token);
}

/* ---- Data --------------------------------------------------------------- */

elman_status elman_encoding_create(const char *text, elman_encoding **encoding)
{
    TRY(need(text, "text"));
    TRY(need(encoding, "encoding"));
    return encoding_create(text, encoding);
}

void elman_encoding_destroy(elman_encoding *encoding)
{
    encoding_destroy(encoding);
}

size_t elman_encoding_size(const elman_encoding *encoding, bool *per_sequence)
{
    if (!encoding) return 0;
    if (per_sequence) *per_sequence = encoding_per_sequence(encoding);
    return encoding_outputs(encoding);
}

elman_status elman_encoding_read(const elman_encoding *encoding,
                                 const char *text, size_t bytes,
                                 size_t capacity, int32_t *tokens,
                                 size_t *count)
{
    TRY(need(encoding, "encoding"));
    TRY(need(text, "text"));
    TRY(need(count, "count"));
    if (capacity) TRY(need(tokens, "tokens"));
    return encoding_read(encoding, text, bytes, capacity, tokens, count);
}

elman_status elman_dataset_open(const char *path,
                                const elman_dataset_config *config,
                                elman_dataset **dataset)
{
    TRY(need(path, "path"));
    TRY(need(config, "config"));
    TRY(need(dataset, "dataset"));
    return dataset_open(path, config, dataset);
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

elman_status elman_loader_create(const elman_dataset *dataset,
                                 const elman_loader_config *config,
                                 elman_loader **loader)
{
    TRY(need(dataset, "dataset"));
    TRY(need(config, "config"));
    TRY(need(loader, "loader"));
    return loader_create(dataset, config, loader);
}

void elman_loader_destroy(elman_loader *loader) { loader_destroy(loader); }

elman_status elman_loader_read(elman_loader *loader, elman_batch *batch,
                               elman_target *target)
{
    TRY(need(loader, "loader"));
    TRY(need(batch, "batch"));
    TRY(need(target, "target"));
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
    TRY(need(path, "path"));
    TRY(need(array, "array"));
    return array_load(path, array);
}

elman_status elman_array_save(const char *path, const elman_tensor *array)
{
    TRY(need(path, "path"));
    TRY(need(array, "array"));
    return array_save(path, array);
}

void elman_array_destroy(elman_tensor *array) { array_destroy(array); }

/* ---- Training ----------------------------------------------------------- */

elman_status elman_trainer_create(elman_model *model,
                                  const elman_dataset *dataset,
                                  const elman_trainer_config *config,
                                  elman_trainer **trainer)
{
    TRY(need(model, "model"));
    TRY(need(dataset, "dataset"));
    TRY(need(config, "config"));
    TRY(need(trainer, "trainer"));
    return trainer_create(model, dataset, config, trainer);
}

void elman_trainer_destroy(elman_trainer *trainer) { trainer_destroy(trainer); }

elman_status elman_trainer_step(elman_trainer *trainer)
{
    TRY(need(trainer, "trainer"));
    return trainer_step(trainer);
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
    TRY(need(trainer, "trainer"));
    TRY(need(path, "path"));
    return saving_run(trainer, path);
}

elman_status elman_trainer_begin_save(elman_trainer *trainer, const char *path)
{
    TRY(need(trainer, "trainer"));
    TRY(need(path, "path"));
    return saving_begin(trainer, path);
}

elman_status elman_trainer_end_save(elman_trainer *trainer, bool wait,
                                    bool *ended)
{
    TRY(need(trainer, "trainer"));
    return saving_end(trainer, wait, ended);
}

elman_status elman_trainer_load(elman_trainer *trainer, const char *path)
{
    TRY(need(trainer, "trainer"));
    TRY(need(path, "path"));
    return checkpoint_load(trainer, path);
}

elman_status elman_trainer_keep_best(elman_trainer *trainer)
{
    TRY(need(trainer, "trainer"));
    trainer_keep_best(trainer);
    return ELMAN_OK;
}

elman_status elman_model_evaluate(const elman_model *model,
                                  const elman_dataset *dataset, elman_part part,
                                  const elman_trainer_config *config,
                                  elman_metrics *metrics, uint64_t *confusion)
{
    TRY(need(model, "model"));
    TRY(need(dataset, "dataset"));
    TRY(need(config, "config"));
    TRY(need(metrics, "metrics"));
    return evaluate(model, dataset, part, config, metrics, confusion);
}

/* ---- Looking, proving --------------------------------------------------- */

elman_status elman_flow_read(const elman_model *model, const elman_batch *batch,
                             size_t level, double *norms)
{
    TRY(need(model, "model"));
    TRY(need(batch, "batch"));
    TRY(need(norms, "norms"));
    return flow_read(model, batch, level, norms);
}

elman_status elman_verify(const elman_verify_config *config,
                          elman_verify_report *report)
{
    TRY(need(config, "config"));
    TRY(need(report, "report"));
    return verify(config, report);
}
